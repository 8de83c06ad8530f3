//! A map from keys that is asked all the time and grows seldom.
//!
//! Every committed put asks for its key in one map of each server, in the checkers' own and in
//! those of who wrote it, and changes what it finds there. So a key has a number, and values lie in a
//! list by these numbers. The number is found by the key's hash; but a hash has no order that may be
//! shown, or that a run may depend on, so the order stands beside it. Both are touched only when a
//! key is new, for a key never goes away: a clone shares them for good, and of the list whatever
//! stays as it is.

use foldhash::fast::FixedState;

use super::shared::{HashMap, OrdMap, Vector};
use super::types::Key;

/// The map. It is gone through in the order of its keys, and in no other.
#[derive(Clone, Debug)]
pub struct Keyed<V: Clone> {
    /// The hash is the same in every run, and never seen outside.
    numbers: HashMap<Key, u32, FixedState>,
    order: OrdMap<Key, u32>,
    values: Vector<V>,
}

impl<V: Clone> Default for Keyed<V> {
    fn default() -> Self {
        let numbers = HashMap::with_hasher(FixedState::default());
        Self { numbers, order: OrdMap::new(), values: Vector::new() }
    }
}

/// Two maps are equal if they have the same values under the same keys, whenever these came.
impl<V: Clone + PartialEq> PartialEq for Keyed<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<V: Clone + Eq> Eq for Keyed<V> {}

impl<V: Clone> Keyed<V> {
    pub fn get(&self, key: &str) -> Option<&V> {
        self.values.get(*self.numbers.get(key)? as usize)
    }

    /// The value with the key itself, which stands in other places too.
    pub fn get_key_value(&self, key: &str) -> Option<(&Key, &V)> {
        let (key, number) = self.numbers.get_key_value(key)?;
        Some((key, self.values.get(*number as usize)?))
    }

    pub(in crate::cluster) fn get_mut(&mut self, key: &Key) -> Option<&mut V> {
        self.at_mut(*self.numbers.get(key)?)
    }

    /// What belongs to the key of this number.
    pub(in crate::cluster) fn at_mut(&mut self, number: u32) -> Option<&mut V> {
        self.values.get_mut(number as usize)
    }

    /// The number of a key, which it keeps. If it is new, this belongs to it from now on.
    pub(in crate::cluster) fn number_or(&mut self, key: &Key, value: impl FnOnce() -> V) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = self.values.len() as u32;
        self.numbers.insert(key.clone(), number);
        self.order.insert(key.clone(), number);
        self.values.push_back(value());
        number
    }

    /// Notes what belongs to a key now. It is known already, nearly always.
    pub(in crate::cluster) fn set(&mut self, key: &Key, value: V) {
        match self.get_mut(key) {
            Some(old) => *old = value,
            None => {
                self.number_or(key, || value);
            }
        }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Key, &V)> {
        self.order
            .iter()
            .filter_map(|(key, number)| Some((key, self.values.get(*number as usize)?)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against an ordered map, which is the definition; clones go on by themselves.
        #[test]
        fn behaves_as_an_ordered_map(acts in proptest::collection::vec((0..4_u8, 0..90_u32), 0..300)) {
            let (mut map, mut model) = (Keyed::<u32>::default(), BTreeMap::<Key, u32>::new());
            let (mut clone, mut cloned) = (map.clone(), model.clone());
            for (act, number) in acts {
                let key: Key = format!("k{number}").into();
                match act {
                    0 | 1 => {
                        map.set(&key, number + u32::from(act));
                        model.insert(key.clone(), number + u32::from(act));
                    }
                    2 => {
                        map.get_mut(&key).into_iter().for_each(|value| *value += 1);
                        model.get_mut(&key).into_iter().for_each(|value| *value += 1);
                    }
                    _ => (clone, cloned) = (map.clone(), model.clone()),
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert_eq!(map.get_key_value(&key), model.get_key_value(&key));
                prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
                prop_assert_eq!(map == clone, model == cloned);
            }
            prop_assert!(map.iter().eq(&model) && map.iter().rev().eq(model.iter().rev()));
            prop_assert!(clone.iter().eq(&cloned));
        }
    }
}
