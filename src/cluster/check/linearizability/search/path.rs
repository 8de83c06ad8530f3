//! What a search has placed so far, and the orders that this stands for.

use super::super::{Model, Nature};
use super::Search;

/// What was done with an operation.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Placed(u32),
    /// It comes just before the last overwriting operation placed so far.
    Covered(u32),
}

impl Step {
    /// The operation.
    pub(super) const fn at(self) -> u32 {
        let (Self::Placed(at) | Self::Covered(at)) = self;
        at
    }
}

/// The longest order with each operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Longest {
    /// Orders, as places in the history. Some may not be the longest with any operation.
    pub orders: Vec<Vec<usize>>,
    /// For each place in the history, the number of its longest order.
    pub with: Vec<Option<usize>>,
}

impl Longest {
    pub(super) fn new(count: usize) -> Self {
        Self { orders: Vec::new(), with: vec![None; count] }
    }

    fn length_with(&self, place: usize) -> usize {
        self.with[place].map_or(0, |number| self.orders[number].len())
    }

    /// Another order. It is kept if it is the longest with some operation.
    fn offer(&mut self, order: Vec<usize>) {
        let gains: Vec<usize> =
            order.iter().copied().filter(|place| self.length_with(*place) < order.len()).collect();
        if !gains.is_empty() {
            gains.iter().for_each(|place| self.with[*place] = Some(self.orders.len()));
            self.orders.push(order);
        }
    }
}

impl<M: Model> Search<'_, M> {
    /// A way has come to its end.
    pub(super) fn note_end(&mut self) {
        self.most_placed = self.most_placed.max(self.placed);
        if let Some(mut longest) = self.longest.take() {
            self.steps += self.path.len() as u64;
            longest.offer(self.order());
            self.longest = Some(longest);
        }
    }

    /// The order that the path stands for, with what is covered in its place.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut backwards = Vec::with_capacity(self.path.len());
        let mut covered = Vec::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Covered(at) => covered.push(self.entries[*at as usize].place),
                Step::Placed(at) => {
                    let entry = &self.entries[*at as usize];
                    backwards.push(entry.place);
                    if entry.nature == Nature::Overwrite {
                        backwards.append(&mut covered);
                    }
                }
            }
        }
        backwards.reverse();
        backwards
    }
}
