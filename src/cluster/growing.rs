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
    /// The place of the first item that is kept.
    origin: usize,
    /// The place of the first recent item: asked for at every look.
    settled_to: usize,
    recent: Vec<T>,
}

impl<T: Clone, const CHUNK: usize> Default for Growing<T, CHUNK> {
    fn default() -> Self {
        Self::from_place(0)
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
    /// An empty list whose first item will stand at this place.
    pub(in crate::cluster) fn from_place(origin: usize) -> Self {
        Self { settled: Vector::new(), origin, settled_to: origin, recent: Vec::new() }
    }

    /// The place after the last item: how many there have been, as far as none was removed.
    pub fn len(&self) -> usize {
        self.settled_to + self.recent.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == self.origin
    }

    /// Where the first item stands that is kept.
    pub(in crate::cluster) const fn origin(&self) -> usize {
        self.origin
    }

    /// How many items a clone copies.
    pub(in crate::cluster) const fn copied(&self) -> usize {
        self.recent.len()
    }

    #[inline]
    pub fn get(&self, place: usize) -> Option<&T> {
        match place.checked_sub(self.settled_to) {
            Some(place) => self.recent.get(place),
            None => {
                let place = place.checked_sub(self.origin)?;
                self.settled.get(place / CHUNK)?.get(place % CHUNK)
            }
        }
    }

    #[inline]
    pub(in crate::cluster) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        match place.checked_sub(self.settled_to) {
            Some(place) => self.recent.get_mut(place),
            None => self.settled_mut(place),
        }
    }

    /// An item that has settled. By itself, so that the usual way to an item is short everywhere.
    #[inline(never)]
    fn settled_mut(&mut self, place: usize) -> Option<&mut T> {
        let place = place.checked_sub(self.origin)?;
        Rc::make_mut(self.settled.get_mut(place / CHUNK)?).get_mut(place % CHUNK)
    }

    pub fn last(&self) -> Option<&T> {
        self.recent.last().or_else(|| self.settled.last()?.last())
    }

    /// Up to which place the items have settled.
    pub(in crate::cluster) const fn settled_to(&self) -> usize {
        self.settled_to
    }

    pub(in crate::cluster) fn push(&mut self, item: T) {
        self.recent.push(item);
        if self.recent.len() >= 2 * CHUNK {
            self.settled.push_back(self.recent.drain(..CHUNK).collect());
            self.settled_to += CHUNK;
        }
    }

    /// Keeps the items before `place`.
    pub(in crate::cluster) fn truncate(&mut self, place: usize) {
        if let Some(len) = place.checked_sub(self.settled_to) {
            return self.recent.truncate(len);
        }
        let kept = place.saturating_sub(self.origin);
        let broken = self.settled.get(kept / CHUNK).map(|chunk| chunk[..kept % CHUNK].to_vec());
        self.recent = broken.unwrap_or_default();
        self.settled.truncate(kept / CHUNK);
        self.settled_to = self.origin + kept / CHUNK * CHUNK;
    }

    /// Gives away the chunks that lie before `place` as a whole.
    pub(in crate::cluster) fn forget_before(&mut self, place: usize) {
        let gone = place.min(self.settled_to).saturating_sub(self.origin) / CHUNK;
        if gone > 0 {
            self.settled = self.settled.split_off(gone);
            self.origin += gone * CHUNK;
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.settled.iter().flat_map(|chunk| chunk.iter()).chain(&self.recent)
    }

    /// The items from `place` on, if none of them has settled: as is nearly always so.
    pub(in crate::cluster) fn recent_from(&self, place: usize) -> Option<&[T]> {
        self.recent.get(place.checked_sub(self.settled_to)?..)
    }

    /// The items from `place` on, as far as they are kept.
    #[inline]
    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = &T> {
        let place = place.max(self.origin);
        let settled = place.min(self.settled_to) - self.origin;
        let all = (self.settled_to - self.origin) / CHUNK;
        let chunks = (settled / CHUNK..all).map(move |chunk| {
            // Only the first of them begins before `place`.
            &self.settled[chunk][settled.saturating_sub(chunk * CHUNK)..]
        });
        let recent = &self.recent[(place - self.origin - settled).min(self.recent.len())..];
        chunks.flatten().chain(recent)
    }
}

impl<T: Clone + PartialEq, const CHUNK: usize> Growing<T, CHUNK> {
    /// Shares the chunks from the place `from` on with another list, as far as it holds the same
    /// items there. Both are as before, and take less memory. Whether all of them are shared now.
    pub(in crate::cluster) fn share(&mut self, from: usize, other: &Self) -> bool {
        // Lists that began at other places have their chunks at other places, too.
        let first = from.saturating_sub(self.origin) / CHUNK;
        for number in first..self.settled.len() {
            let place = (self.origin + number * CHUNK).checked_sub(other.origin);
            let place = place.filter(|place| place % CHUNK == 0);
            let theirs = place.and_then(|place| other.settled.get(place / CHUNK));
            let (Some(own), Some(theirs)) = (self.settled.get_mut(number), theirs) else {
                return false;
            };
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
        /// Against a plain vector, which is the definition; clones go on by themselves. What was given
        /// away is at most what was asked for.
        #[test]
        fn behaves_as_a_vector(
            start in 0..90_usize,
            acts in proptest::collection::vec((0..9_u8, 0..400_usize), 0..60),
        ) {
            let (mut list, mut model) = (Growing::<usize, 32>::from_place(start), vec![0; start]);
            let (mut clone, mut cloned) = (list.clone(), model.clone());
            let (mut unneeded, mut first) = (start, start);
            for (act, number) in acts {
                match act {
                    0..4 => {
                        for item in 0..number {
                            list.push(item);
                            model.push(item);
                        }
                    }
                    4 => {
                        let len = model.len().saturating_sub(number).max(list.origin());
                        list.truncate(len);
                        model.truncate(len);
                    }
                    5 => (clone, cloned, first) = (list.clone(), model.clone(), list.origin()),
                    6 => {
                        unneeded = unneeded.max(number.min(model.len()));
                        list.forget_before(number);
                    }
                    _ => {
                        if let Some(item) = list.get_mut(number) {
                            *item += 1;
                            model[number] += 1;
                        }
                    }
                }
                let origin = list.origin();
                prop_assert!(origin <= unneeded);
                prop_assert_eq!(list.len(), model.len());
                prop_assert_eq!(list.is_empty(), model.len() == origin);
                prop_assert_eq!(list.last(), model[origin..].last());
                prop_assert_eq!(list.get(number), model.get(number).filter(|_| number >= origin));
                prop_assert!(list.iter().eq(&model[origin..]));
                prop_assert!(list.iter_from(number).eq(model.iter().skip(number.max(origin))));
                let same = origin == first && model == cloned;
                prop_assert_eq!(list == clone, same);
                list.share(number, &clone);
            }
            prop_assert!(clone.iter_from(0).eq(&cloned[first..]));
        }

        /// What is not needed any more is not kept: of a long list less than a chunk and what is recent.
        #[test]
        fn what_is_forgotten_is_gone(len in 0..600_usize, place in 0..700_usize) {
            let mut list = Growing::<usize, 32>::default();
            (0..len).for_each(|item| list.push(item));
            list.forget_before(place);
            let kept = len - list.origin();
            prop_assert!(kept <= len.saturating_sub(place) + 95, "{kept} of {len} after {place}");
        }
    }
}
