//! What is going to happen: a priority queue in which (time, sequence) is a total order.
//!
//! Two things due at the same time happen in the order in which they were put in. Everything
//! pending has a [`Slot`] by which it can be taken out or looked at, so a cancelled timer costs
//! nothing later, and a packet in flight can be inspected, held or hurried.
//!
//! A four-ary heap of small keys stands over a slab of items: moving a key never moves a packet.

/// A name for something pending, valid until it happens or is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    due: u64,
    sequence: u64,
    slot: u32,
}

#[derive(Clone, Debug)]
struct Cell<T> {
    /// Where its key stands in the heap; meaningless while the cell is free.
    place: u32,
    item: Option<T>,
}

/// A queue of items, ordered by when they are due and then by when they were put in.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    heap: Vec<Key>,
    cells: Vec<Cell<T>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { heap: Vec::new(), cells: Vec::new(), free: Vec::new(), sequence: 0 }
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

    /// Puts `item` in, to happen at `due`, after everything already due then.
    pub fn push(&mut self, due: u64, item: T) -> Slot {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.cells.push(Cell { place: 0, item: None });
                self.cells.len() as u32 - 1
            }
        };
        self.cells[slot as usize].item = Some(item);
        let key = Key { due, sequence: self.sequence, slot };
        self.sequence += 1;
        self.heap.push(key);
        self.sift_up(self.heap.len() - 1);
        Slot(slot)
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<u64> {
        self.heap.first().map(|key| key.due)
    }

    /// What is next.
    pub fn peek(&self) -> Option<&T> {
        self.get(Slot(self.heap.first()?.slot))
    }

    /// The first thing of a kind, with the time when it is due. Everything pending is looked at.
    pub fn first(&self, wanted: impl Fn(u64, &T) -> bool) -> Option<(u64, Slot)> {
        let fits = |key: &&Key| {
            let item = self.get(Slot(key.slot));
            item.is_some_and(|item| wanted(key.due, item))
        };
        self.heap.iter().filter(fits).min().map(|key| (key.due, Slot(key.slot)))
    }

    /// Takes out what is next, with the time when it is due.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        let key = *self.heap.first()?;
        let item = self.remove(Slot(key.slot))?;
        Some((key.due, item))
    }

    /// Something pending, to be changed in its place.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.cells.get_mut(slot.0 as usize)?.item.as_mut()
    }

    pub fn get(&self, slot: Slot) -> Option<&T> {
        self.cells.get(slot.0 as usize)?.item.as_ref()
    }

    /// Takes out something that is not to happen.
    pub fn remove(&mut self, slot: Slot) -> Option<T> {
        let cell = self.cells.get_mut(slot.0 as usize)?;
        let item = cell.item.take()?;
        let place = cell.place as usize;
        self.free.push(slot.0);
        let last = self.heap.pop().expect("a cell that holds an item has its key in the heap");
        if place < self.heap.len() {
            self.heap[place] = last;
            self.cells[last.slot as usize].place = place as u32;
            self.sift_down(place);
            self.sift_up(place);
        }
        Some(item)
    }

    /// Lets something pending happen at `due` instead, after everything already due then.
    pub fn reschedule(&mut self, slot: Slot, due: u64) {
        let Some(cell) = self.cells.get(slot.0 as usize) else { return };
        if cell.item.is_none() {
            return;
        }
        let place = cell.place as usize;
        self.heap[place].due = due;
        self.heap[place].sequence = self.sequence;
        self.sequence += 1;
        self.sift_down(place);
        self.sift_up(place);
    }

    /// Everything pending, in no particular order, with the time when it is due.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Slot, &T)> {
        self.heap.iter().filter_map(|key| {
            let slot = Slot(key.slot);
            self.get(slot).map(|item| (key.due, slot, item))
        })
    }

    fn sift_up(&mut self, mut place: usize) {
        let key = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / ARITY;
            if self.heap[parent] <= key {
                break;
            }
            self.settle(place, self.heap[parent]);
            place = parent;
        }
        self.settle(place, key);
    }

    fn sift_down(&mut self, mut place: usize) {
        let key = self.heap[place];
        loop {
            let first = place * ARITY + 1;
            let children = first..(first + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|child| self.heap[*child]) else { break };
            if key <= self.heap[least] {
                break;
            }
            self.settle(place, self.heap[least]);
            place = least;
        }
        self.settle(place, key);
    }

    fn settle(&mut self, place: usize, key: Key) {
        self.heap[place] = key;
        self.cells[key.slot as usize].place = place as u32;
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
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.next_due(), model.keys().next().map(|key| key.0));
            }
        }
    }
}
