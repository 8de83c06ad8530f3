//! What is going to happen: a priority queue in which (time, sequence) is a total order.
//!
//! Two things due at the same time happen in the order in which they were put in. Everything
//! pending has a [`Slot`] by which it can be taken out or looked at, so a cancelled timer costs
//! nothing later, and a packet in flight can be inspected, held or hurried.
//!
//! A four-ary heap of small keys stands over a slab of items: moving a key never moves a packet.
//! Most of what is put off is put off again before its time comes: an election timer, by every
//! heartbeat. So putting something off only notes when it is due now; its key moves when it has
//! come to the top.

/// A name for something pending, valid until it happens or is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

/// When something is due, and after what: the time in the upper half, the sequence in the lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Turn(u128);

impl Turn {
    const fn due(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

#[derive(Clone, Copy, Debug)]
struct Key {
    /// Not after the turn of its slot.
    turn: Turn,
    slot: u32,
}

/// What the heap knows of a slot; meaningless while it is free.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    turn: Turn,
    /// Where its key stands in the heap.
    place: u32,
}

/// A queue of items, ordered by when they are due and then by when they were put in.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    /// The key at the top is always that of its slot's turn: it is next.
    heap: Vec<Key>,
    entries: Vec<Entry>,
    items: Vec<Option<T>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            heap: Vec::new(),
            entries: Vec::new(),
            items: Vec::new(),
            free: Vec::new(),
            sequence: 0,
        }
    }
}

const ARITY: usize = 4;

impl<T> Queue<T> {
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// A turn at `due`, after everything that is due then already.
    fn new_turn(&mut self, due: u64) -> Turn {
        let turn = Turn(u128::from(due) << 64 | u128::from(self.sequence));
        self.sequence += 1;
        turn
    }

    /// Puts `item` in, to happen at `due`, after everything already due then.
    pub fn push(&mut self, due: u64, item: T) -> Slot {
        let turn = self.new_turn(due);
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.entries.push(Entry::default());
                self.items.push(None);
                self.items.len() as u32 - 1
            }
        };
        self.items[slot as usize] = Some(item);
        self.entries[slot as usize].turn = turn;
        let key = Key { turn, slot };
        self.heap.push(key);
        self.sift_up(self.heap.len() - 1, key);
        Slot(slot)
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<u64> {
        self.heap.first().map(|key| key.turn.due())
    }

    /// What is next.
    pub fn peek(&self) -> Option<&T> {
        self.get(Slot(self.heap.first()?.slot))
    }

    /// The first thing of a kind, with the time when it is due. Everything pending is looked at.
    pub fn first(&self, wanted: impl Fn(u64, &T) -> bool) -> Option<(u64, Slot)> {
        let turns = self.heap.iter().map(|key| (self.entries[key.slot as usize].turn, key.slot));
        let fits = |(turn, slot): &(Turn, u32)| {
            self.get(Slot(*slot)).is_some_and(|item| wanted(turn.due(), item))
        };
        turns.filter(fits).min().map(|(turn, slot)| (turn.due(), Slot(slot)))
    }

    /// Takes out what is next, with the time when it is due.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        let key = *self.heap.first()?;
        let item = self.items[key.slot as usize].take()?;
        self.free.push(key.slot);
        let last = self.heap.pop()?;
        if !self.heap.is_empty() {
            self.sift_down(0, last);
            self.bring_up_to_date();
        }
        Some((key.turn.due(), item))
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
        self.entries.get(slot.0 as usize).map(|entry| entry.turn.due())
    }

    /// Takes out something that is not to happen.
    pub fn remove(&mut self, slot: Slot) -> Option<T> {
        let item = self.items.get_mut(slot.0 as usize)?.take()?;
        let place = self.entries[slot.0 as usize].place as usize;
        self.free.push(slot.0);
        let last = self.heap.pop().expect("a slot that holds an item has its key in the heap");
        if place < self.heap.len() {
            self.sift_down(place, last);
            self.sift_up(place, self.heap[place]);
        }
        self.bring_up_to_date();
        Some(item)
    }

    /// Lets something pending happen at `due` instead, after everything already due then.
    pub fn reschedule(&mut self, slot: Slot, due: u64) {
        if self.get(slot).is_none() {
            return;
        }
        let turn = self.new_turn(due);
        let entry = &mut self.entries[slot.0 as usize];
        entry.turn = turn;
        let place = entry.place as usize;
        if turn < self.heap[place].turn {
            self.sift_up(place, Key { turn, slot: slot.0 });
        } else if place == 0 {
            self.bring_up_to_date();
        }
    }

    /// Everything pending, in no particular order, with the time when it is due.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Slot, &T)> {
        self.heap.iter().filter_map(|key| {
            let slot = Slot(key.slot);
            let due = self.entries[key.slot as usize].turn.due();
            self.get(slot).map(|item| (due, slot, item))
        })
    }

    /// Moves what has been put off, and has come to the top, to its place.
    fn bring_up_to_date(&mut self) {
        while let Some(top) = self.heap.first() {
            let (slot, turn) = (top.slot, self.entries[top.slot as usize].turn);
            if top.turn == turn {
                break;
            }
            self.sift_down(0, Key { turn, slot });
        }
    }

    /// Puts `key` where `place` is, or above, and lets what was there make room.
    fn sift_up(&mut self, mut place: usize, key: Key) {
        while place > 0 {
            let parent = (place - 1) / ARITY;
            let above = self.heap[parent];
            if above.turn <= key.turn {
                break;
            }
            self.settle(place, above);
            place = parent;
        }
        self.settle(place, key);
    }

    /// Puts `key` where `place` is, or below, and lets what is there move up.
    fn sift_down(&mut self, mut place: usize, key: Key) {
        while let Some(child) = self.least_child(place) {
            let least = self.heap[child];
            if key.turn <= least.turn {
                break;
            }
            self.settle(place, least);
            place = child;
        }
        self.settle(place, key);
    }

    /// Where the first of a place's children stands. Which it is can't be foreseen, so it is
    /// reckoned and not branched on.
    fn least_child(&self, place: usize) -> Option<usize> {
        let first = place * ARITY + 1;
        match self.heap.get(first..).unwrap_or_default() {
            [a, b, c, d, ..] => {
                let one = usize::from(b.turn < a.turn);
                let other = 2 + usize::from(d.turn < c.turn);
                let later = self.heap[first + other].turn < self.heap[first + one].turn;
                Some(first + if later { other } else { one })
            }
            few => {
                let least = (0..few.len()).min_by_key(|child| few[*child].turn)?;
                Some(first + least)
            }
        }
    }

    fn settle(&mut self, place: usize, key: Key) {
        self.heap[place] = key;
        self.entries[key.slot as usize].place = place as u32;
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

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0u64..20).prop_map(Act::Push),
            Just(Act::Pop),
            any::<usize>().prop_map(Act::Remove),
            (any::<usize>(), 0u64..20).prop_map(|(which, due)| Act::Move(which, due)),
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
