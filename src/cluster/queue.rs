//! What is going to happen: a queue in which (time, order of putting in) is a total order.
//!
//! Two things due at the same time happen in the order in which they were put in. Everything
//! pending has a [`Slot`] by which it can be taken out, put off or looked at, so a cancelled timer
//! costs nothing later, and a packet in flight can be inspected, held or hurried.
//!
//! The queue is a hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing
//! Wheels", 1987). Times are read as numbers of digits of six bits. Something pending lies in the
//! bucket of the highest digit in which its time differs from the present, the time of what
//! happened last: things due soon in a bucket of their very microsecond, things due later together
//! with others of about that time, the later the coarser. When nothing is left in the fine buckets,
//! the first of the coarse ones is spread over finer ones. So what anything costs hardly depends on
//! how much is pending: only what comes first in a coarse bucket has to be looked for, in that
//! bucket. And most of what is put off (an election timer, by every heartbeat) is put off while it
//! still lies in a coarse one.
//!
//! A bucket is a list in which things of equal time stand in the order in which they came, and
//! stay so when it is spread. Nothing can come between: what is put in for the time of a coarse
//! bucket goes to that bucket, until the present has entered its time and it has been spread.
//!
//! Each event goes through here once or twice, so the small parts of putting in and taking out are
//! written into both: calls to them would cost as much as what they do.

/// A name for something pending, valid until it happens or is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

const DIGIT: u32 = 6;
/// A level of the wheel has a bucket for every value of its digit.
const BUCKETS: usize = 1 << DIGIT;
/// So many digits has the largest time.
const LEVELS: usize = u64::BITS.div_ceil(DIGIT) as usize;
/// No slot.
const NONE: u32 = u32::MAX;

/// Where something pending lies; meaningless while its slot is free.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    due: u64,
    /// Its neighbours in the list of its bucket, which is a ring.
    before: u32,
    after: u32,
    bucket: u32,
}

/// A queue of items, ordered by when they are due and then by when they were put in.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    /// The first of each bucket's ring, level by level.
    firsts: Box<[u32; LEVELS * BUCKETS]>,
    /// Which buckets of a level hold something, and which levels.
    occupied: [u64; LEVELS],
    levels: u32,
    /// The time from which digits are reckoned. Nothing is due before it.
    present: u64,
    /// What is next, and when.
    next: u32,
    next_due: u64,
    entries: Vec<Entry>,
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            firsts: Box::new([NONE; LEVELS * BUCKETS]),
            occupied: [0; LEVELS],
            levels: 0,
            present: 0,
            next: NONE,
            next_due: 0,
            entries: Vec::new(),
            items: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Queue<T> {
    pub fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.next == NONE
    }

    /// About how many bytes a clone copies.
    pub(in crate::cluster) fn copied_bytes(&self) -> u64 {
        let each = size_of::<Entry>() + size_of::<Option<T>>();
        (size_of_val(&*self.firsts) + self.items.len() * each) as u64
    }

    /// Puts `item` in, to happen at `due`, after everything already due then.
    pub fn push(&mut self, due: u64, item: T) -> Slot {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.items[slot as usize] = Some(item);
                slot
            }
            None => {
                self.entries.push(Entry::default());
                self.items.push(Some(item));
                self.items.len() as u32 - 1
            }
        };
        self.put(slot, due);
        Slot(slot)
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<u64> {
        (self.next != NONE).then_some(self.next_due)
    }

    /// What is next.
    pub fn peek(&self) -> Option<&T> {
        self.get(Slot(self.next))
    }

    /// The first thing of a kind, with the time when it is due. Everything pending is looked at.
    pub fn first(&self, wanted: impl Fn(u64, &T) -> bool) -> Option<(u64, Slot)> {
        let fitting = self.iter().filter(|(due, _, item)| wanted(*due, item));
        // Of several with the same time, this is the first.
        fitting.map(|(due, slot, _)| (due, slot)).min_by_key(|(due, _)| *due)
    }

    /// Takes out what is next, with the time when it is due.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        let (slot, due) = (self.next, self.next_due);
        if slot == NONE {
            return None;
        }
        self.free.push(slot);
        let bucket = self.take_out(slot);
        self.move_to(due, bucket);
        self.find_next();
        // Only now, so that it is moved once.
        let item = self.items[slot as usize].take()?;
        Some((due, item))
    }

    /// Something pending, to be changed in its place.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.items.get_mut(slot.0 as usize)?.as_mut()
    }

    pub fn get(&self, slot: Slot) -> Option<&T> {
        self.items.get(slot.0 as usize)?.as_ref()
    }

    /// When something pending is due.
    pub fn due(&self, slot: Slot) -> Option<u64> {
        self.get(slot)?;
        self.entries.get(slot.0 as usize).map(|entry| entry.due)
    }

    /// Takes out something that is not to happen.
    pub fn remove(&mut self, slot: Slot) -> Option<T> {
        let item = self.items.get_mut(slot.0 as usize)?.take()?;
        self.free.push(slot.0);
        self.take_out(slot.0);
        if self.next == slot.0 {
            self.find_next();
        }
        Some(item)
    }

    /// Lets something pending happen at `due` instead, after everything already due then.
    pub fn reschedule(&mut self, slot: Slot, due: u64) {
        if self.get(slot).is_none() {
            return;
        }
        self.take_out(slot.0);
        if self.next == slot.0 {
            self.find_next();
        }
        self.put(slot.0, due);
    }

    /// Everything pending, with the time when it is due. Things due at the same time come in the
    /// order in which they will happen; there is no other order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Slot, &T)> {
        let rings = self.firsts.iter().filter(|first| **first != NONE);
        rings.flat_map(|first| self.ring(*first)).filter_map(|slot| {
            let due = self.entries[slot as usize].due;
            self.get(Slot(slot)).map(|item| (due, Slot(slot), item))
        })
    }

    /// The slots of a ring, from `first` on.
    fn ring(&self, first: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(first), move |slot| {
            Some(self.entries[*slot as usize].after).filter(|after| *after != first)
        })
    }

    /// Puts a slot where it belongs, and notes whether it is next.
    #[inline(always)]
    fn put(&mut self, slot: u32, due: u64) {
        if due < self.present {
            self.go_back(due);
        }
        self.link(slot, due);
        if self.next == NONE || due < self.next_due {
            (self.next, self.next_due) = (slot, due);
        }
    }

    /// The bucket of a time.
    const fn bucket(&self, due: u64) -> usize {
        let level = (due ^ self.present | 1).ilog2() / DIGIT;
        level as usize * BUCKETS + (due >> (level * DIGIT)) as usize % BUCKETS
    }

    /// Puts a slot at the end of the ring of its time.
    #[inline(always)]
    fn link(&mut self, slot: u32, due: u64) {
        let bucket = self.bucket(due);
        let first = self.firsts[bucket];
        let (before, after) = if first == NONE {
            self.firsts[bucket] = slot;
            self.occupied[bucket / BUCKETS] |= 1 << (bucket % BUCKETS);
            self.levels |= 1 << (bucket / BUCKETS);
            (slot, slot)
        } else {
            let last = std::mem::replace(&mut self.entries[first as usize].before, slot);
            self.entries[last as usize].after = slot;
            (last, first)
        };
        self.entries[slot as usize] = Entry { due, before, after, bucket: bucket as u32 };
    }

    /// Takes a slot out of its ring; the bucket where that was.
    #[inline(always)]
    fn take_out(&mut self, slot: u32) -> usize {
        let Entry { before, after, bucket, .. } = self.entries[slot as usize];
        let bucket = bucket as usize;
        if after == slot {
            self.empty(bucket);
            return bucket;
        }
        self.entries[before as usize].after = after;
        self.entries[after as usize].before = before;
        if self.firsts[bucket] == slot {
            self.firsts[bucket] = after;
        }
        bucket
    }

    /// Empties a bucket; what was its first.
    fn empty(&mut self, bucket: usize) -> u32 {
        let level = bucket / BUCKETS;
        self.occupied[level] &= !(1 << (bucket % BUCKETS));
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
        std::mem::replace(&mut self.firsts[bucket], NONE)
    }

    /// Moves the present to `due`, the time of what was next. If the bucket that it lay in is a coarse
    /// one, then all finer ones are empty, and what is left in it is spread over them.
    fn move_to(&mut self, due: u64, bucket: usize) {
        self.present = due;
        if bucket >= BUCKETS && self.firsts[bucket] != NONE {
            let first = self.empty(bucket);
            self.spread(first);
        }
    }

    /// Puts a ring that lies in no bucket any more where its slots belong now.
    fn spread(&mut self, first: u32) {
        let mut slot = first;
        loop {
            let Entry { due, after, .. } = self.entries[slot as usize];
            self.link(slot, due);
            if after == first {
                break;
            }
            slot = after;
        }
    }

    /// Moves the present back, for something that is due before it.
    fn go_back(&mut self, due: u64) {
        let rings = std::mem::replace(&mut self.firsts, Box::new([NONE; LEVELS * BUCKETS]));
        self.occupied = [0; LEVELS];
        self.levels = 0;
        self.present = due;
        for first in rings.into_iter().filter(|first| *first != NONE) {
            self.spread(first);
        }
    }

    /// The first of the finest level that holds anything is next.
    #[inline(always)]
    fn find_next(&mut self) {
        if self.levels == 0 {
            self.next = NONE;
            return;
        }
        let level = self.levels.trailing_zeros() as usize;
        let bucket = level * BUCKETS + self.occupied[level].trailing_zeros() as usize;
        let first = self.firsts[bucket];
        self.next = if level == 0 {
            first
        } else {
            let due = |slot: &u32| self.entries[*slot as usize].due;
            self.ring(first).min_by_key(due).unwrap_or(first)
        };
        self.next_due = self.entries[self.next as usize].due;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        Push(u64),
        Pop,
        Remove(usize),
        Move(usize, u64),
    }

    /// Times that are the same, near each other, and of any size.
    fn moment() -> impl Strategy<Value = u64> {
        prop_oneof![3 => 0u64..20, 2 => 0u64..5_000, 1 => 0u64..5_000_000, 1 => any::<u64>()]
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            moment().prop_map(Act::Push),
            Just(Act::Pop),
            any::<usize>().prop_map(Act::Remove),
            (any::<usize>(), moment()).prop_map(|(which, due)| Act::Move(which, due)),
        ]
    }

    proptest! {
        /// Against an ordered map from (due, sequence), which is the definition.
        #[test]
        fn behaves_as_an_ordered_map(acts in proptest::collection::vec(act(), 0..200)) {
            let mut queue = Queue::default();
            let mut model: BTreeMap<(u64, u64), (u64, Slot)> = BTreeMap::new();
            let mut sequence = 0;
            for (name, act) in (0u64..).zip(acts) {
                match act {
                    Act::Push(due) => {
                        model.insert((due, sequence), (name, queue.push(due, name)));
                        sequence += 1;
                    }
                    Act::Pop => {
                        let expected = model.pop_first().map(|((due, _), (name, _))| (due, name));
                        prop_assert_eq!(queue.pop(), expected);
                    }
                    Act::Remove(which) if !model.is_empty() => {
                        let key = *model.keys().nth(which % model.len()).unwrap();
                        let (name, slot) = model.remove(&key).unwrap();
                        prop_assert_eq!(queue.remove(slot), Some(name));
                    }
                    Act::Move(which, due) if !model.is_empty() => {
                        let key = *model.keys().nth(which % model.len()).unwrap();
                        let moved = model.remove(&key).unwrap();
                        queue.reschedule(moved.1, due);
                        model.insert((due, sequence), moved);
                        sequence += 1;
                    }
                    Act::Remove(_) | Act::Move(..) => {}
                }
                let every_third = |name: &u64| name.is_multiple_of(3);
                let first = queue.first(|due, name| due < 15 && every_third(name));
                let mut fitting =
                    model.iter().filter(|((due, _), (name, _))| *due < 15 && every_third(name));
                let expected = fitting.next().map(|((due, _), (_, slot))| (*due, *slot));
                prop_assert_eq!(first, expected);
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.next_due(), model.keys().next().map(|key| key.0));
                prop_assert_eq!(queue.peek(), model.values().next().map(|(name, _)| name));
                let mut pending: Vec<_> =
                    queue.iter().map(|(due, slot, name)| (due, *name, slot)).collect();
                pending.sort_unstable();
                let mut expected: Vec<_> = model
                    .iter()
                    .map(|((due, _), (name, slot))| (*due, *name, *slot))
                    .collect();
                expected.sort_unstable();
                prop_assert_eq!(pending, expected);
            }
        }
    }
}
