//! A map from versions to what is known of them, of which the newest are at hand.
//!
//! Nearly everything that clients are told is about the newest version of a key or the one before
//! it. These lie side by side; older ones lie in a list that clones share. Versions become old in
//! their order, nearly always, so the list grows at its end.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::cluster::shared::Vector;

/// So many are at hand.
const NEWEST: usize = 2;

/// The map.
#[derive(Clone, Debug)]
pub(super) struct Newest<T: Clone> {
    /// In order, and all above those of `old`.
    newest: SmallVec<[(u64, Rc<T>); NEWEST]>,
    old: Vector<(u64, Rc<T>)>,
}

impl<T: Clone> Default for Newest<T> {
    fn default() -> Self {
        Self { newest: SmallVec::new(), old: Vector::new() }
    }
}

impl<T: Clone + Default> Newest<T> {
    pub fn get(&self, version: u64) -> Option<&T> {
        let entry = if self.is_old(version) {
            self.old.get(self.place(version).ok()?)
        } else {
            self.newest.iter().find(|(own, _)| *own == version)
        };
        entry.map(|(_, item)| &**item)
    }

    pub fn get_mut(&mut self, version: u64) -> Option<&mut T> {
        let entry = if self.is_old(version) {
            let place = self.place(version).ok()?;
            self.old.get_mut(place)
        } else {
            self.newest.iter_mut().find(|(own, _)| *own == version)
        };
        entry.map(|(_, item)| Rc::make_mut(item))
    }

    /// What is known of a version; nothing yet, if it is new.
    pub fn get_or_default(&mut self, version: u64) -> &mut T {
        if self.get(version).is_none() {
            self.put(version);
        }
        self.get_mut(version).expect("it has just been put there")
    }

    fn put(&mut self, version: u64) {
        let new = (version, Rc::default());
        if self.newest.len() == NEWEST {
            if self.is_old(version) {
                let place = self.place(version).unwrap_or_else(|place| place);
                self.old.insert(place, new);
                return;
            }
            self.old.push_back(self.newest.remove(0));
        }
        let place = self.newest.partition_point(|(own, _)| *own < version);
        self.newest.insert(place, new);
    }

    /// Where an old version stands, or where it would.
    fn place(&self, version: u64) -> Result<usize, usize> {
        self.old.binary_search_by_key(&version, |(own, _)| *own)
    }

    /// Whether it is not among those at hand, even if it is known.
    fn is_old(&self, version: u64) -> bool {
        self.newest.first().is_some_and(|(first, _)| version < *first)
    }

    /// All in the order of their versions.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let old = self.old.iter().map(|(version, item)| (*version, &**item));
        old.chain(self.newest.iter().map(|(version, item)| (*version, &**item)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against an ordered map, whatever the order in which versions come.
        #[test]
        fn behaves_as_an_ordered_map(versions in proptest::collection::vec(0..12_u64, 0..40)) {
            let (mut map, mut model) = (Newest::<u64>::default(), BTreeMap::<u64, u64>::new());
            for version in versions {
                *map.get_or_default(version) += 1;
                *model.entry(version).or_default() += 1;
                for other in 0..13 {
                    prop_assert_eq!(map.get(other), model.get(&other));
                    prop_assert_eq!(map.get_mut(other).copied(), model.get(&other).copied());
                }
                prop_assert!(map.iter().eq(model.iter().map(|(version, item)| (*version, item))));
                prop_assert!(map.iter().rev().eq(model.iter().rev().map(|(v, item)| (*v, item))));
            }
        }
    }
}
