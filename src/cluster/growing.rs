//! A list that grows at its end, and whose clones share what has settled.
//!
//! Logs, the history, and what is remembered of them are looked at near their end, all the time,
//! and cloned for every checkpoint. So the last few items lie side by side in a plain vector,
//! which a clone copies. Those before them lie in chunks that a clone shares; a chunk is made
//! whole and hardly ever changes, so that sharing it costs nothing later.

use std::ops::Index;
use std::rc::Rc;

use super::shared::Vector;

/// The list. `CHUNK` items settle at once; between so many and twice as many are recent.
#[derive(Clone, Debug)]
pub struct Growing<T: Clone, const CHUNK: usize = 32> {
    settled: Vector<Rc<[T]>>,
    /// How many items lie in those chunks: asked for at every look.
    settled_len: usize,
    recent: Vec<T>,
}

impl<T: Clone, const CHUNK: usize> Default for Growing<T, CHUNK> {
    fn default() -> Self {
        Self { settled: Vector::new(), settled_len: 0, recent: Vec::new() }
    }
}

/// Two lists are equal if their items are, wherever these lie.
impl<T: Clone + PartialEq, const CHUNK: usize> PartialEq for Growing<T, CHUNK> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<T: Clone + Eq, const CHUNK: usize> Eq for Growing<T, CHUNK> {}

impl<T: Clone, const CHUNK: usize> Growing<T, CHUNK> {
    pub fn len(&self) -> usize {
        self.settled_len + self.recent.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items a clone copies.
    pub(in crate::cluster) const fn copied(&self) -> usize {
        self.recent.len()
    }

    #[inline]
    pub fn get(&self, place: usize) -> Option<&T> {
        match place.checked_sub(self.settled_len) {
            Some(place) => self.recent.get(place),
            None => self.settled.get(place / CHUNK)?.get(place % CHUNK),
        }
    }

    #[inline]
    pub(in crate::cluster) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        match place.checked_sub(self.settled_len) {
            Some(place) => self.recent.get_mut(place),
            None => self.settled_mut(place),
        }
    }

    /// An item that has settled. By itself, so that the usual way to an item is short everywhere.
    #[inline(never)]
    fn settled_mut(&mut self, place: usize) -> Option<&mut T> {
        Rc::make_mut(self.settled.get_mut(place / CHUNK)?).get_mut(place % CHUNK)
    }

    pub fn last(&self) -> Option<&T> {
        self.recent.last().or_else(|| self.settled.last()?.last())
    }

    /// How many chunks have settled.
    pub(in crate::cluster) const fn chunks(&self) -> usize {
        self.settled_len / CHUNK
    }

    pub(in crate::cluster) fn push(&mut self, item: T) {
        self.recent.push(item);
        if self.recent.len() >= 2 * CHUNK {
            self.settled.push_back(self.recent.drain(..CHUNK).collect());
            self.settled_len += CHUNK;
        }
    }

    /// Keeps the first `len` items.
    pub(in crate::cluster) fn truncate(&mut self, len: usize) {
        if let Some(len) = len.checked_sub(self.settled_len) {
            return self.recent.truncate(len);
        }
        let broken = self.settled.get(len / CHUNK).map(|chunk| chunk[..len % CHUNK].to_vec());
        self.recent = broken.unwrap_or_default();
        self.settled.truncate(len / CHUNK);
        self.settled_len = len / CHUNK * CHUNK;
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.settled.iter().flat_map(|chunk| chunk.iter()).chain(&self.recent)
    }

    /// The items from `place` on, if none of them has settled: as is nearly always so.
    pub(in crate::cluster) fn recent_from(&self, place: usize) -> Option<&[T]> {
        self.recent.get(place.checked_sub(self.settled_len)?..)
    }

    /// The items from `place` on.
    #[inline]
    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = &T> {
        let settled = place.min(self.settled_len);
        let chunks = (settled / CHUNK..self.chunks()).map(move |chunk| {
            // Only the first of them begins before `place`.
            &self.settled[chunk][settled.saturating_sub(chunk * CHUNK)..]
        });
        let recent = &self.recent[(place - settled).min(self.recent.len())..];
        chunks.flatten().chain(recent)
    }
}

impl<T: Clone + PartialEq, const CHUNK: usize> Growing<T, CHUNK> {
    /// Shares the chunks from this one on with another list, as far as it holds the same items
    /// there. Both are as before, and take less memory. Whether all of them are shared now.
    pub(in crate::cluster) fn share(&mut self, from: usize, other: &Self) -> bool {
        for place in from..self.settled.len() {
            let (own, theirs) = (self.settled.get_mut(place), other.settled.get(place));
            let (Some(own), Some(theirs)) = (own, theirs) else { return false };
            if own != theirs {
                return false;
            }
            *own = theirs.clone();
        }
        true
    }
}

impl<T: Clone, const CHUNK: usize> Index<usize> for Growing<T, CHUNK> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        self.get(place).expect("a place within the list")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a plain vector, which is the definition; clones go on by themselves.
        #[test]
        fn behaves_as_a_vector(acts in proptest::collection::vec((0..8_u8, 0..400_usize), 0..60)) {
            let (mut list, mut model) = (Growing::<usize, 32>::default(), Vec::new());
            let (mut clone, mut cloned) = (list.clone(), model.clone());
            for (act, number) in acts {
                match act {
                    0..4 => {
                        for item in 0..number {
                            list.push(item);
                            model.push(item);
                        }
                    }
                    4 => {
                        let len = model.len().saturating_sub(number);
                        list.truncate(len);
                        model.truncate(len);
                    }
                    5 => (clone, cloned) = (list.clone(), model.clone()),
                    _ => {
                        if let Some(item) = model.get_mut(number) {
                            *item += 1;
                        }
                        if let Some(item) = list.get_mut(number) {
                            *item += 1;
                        }
                    }
                }
                prop_assert_eq!(list.len(), model.len());
                prop_assert_eq!(list.is_empty(), model.is_empty());
                prop_assert_eq!(list.last(), model.last());
                prop_assert_eq!(list.get(number), model.get(number));
                prop_assert!(list.iter_from(number).eq(model.iter().skip(number)));
                prop_assert_eq!(list == clone, model == cloned);
                list.share(number / 32, &clone);
            }
            prop_assert!(clone.iter_from(0).eq(&cloned));
        }
    }
}
