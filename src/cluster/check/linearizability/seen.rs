//! What a search has seen: states by number, and the places where it has been.
//!
//! The tables hash with a fixed seed and are only asked whether something is in them, so what
//! they answer depends on what was put in and on nothing else.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

const HASH: FixedState = FixedState::with_seed(0);

/// States, each kept once and known by a number.
#[derive(Debug)]
pub(super) struct States<S> {
    states: Vec<S>,
    numbers: HashTable<u32>,
}

impl<S: Eq + Hash> States<S> {
    pub(super) fn new() -> Self {
        Self { states: Vec::new(), numbers: HashTable::new() }
    }

    /// The number of a state, and whether it is new.
    pub(super) fn number(&mut self, state: S) -> (u32, bool) {
        let hash = HASH.hash_one(&state);
        let states = &self.states;
        if let Some(number) = self.numbers.find(hash, |number| states[*number as usize] == state) {
            return (*number, false);
        }
        let number = states.len() as u32;
        self.numbers.insert_unique(hash, number, |number| HASH.hash_one(&states[*number as usize]));
        self.states.push(state);
        (number, true)
    }

    /// All states, by number.
    pub(super) fn all(&self) -> &[S] {
        &self.states
    }

    pub(super) fn get(&self, number: u32) -> &S {
        &self.states[number as usize]
    }
}

/// Places of the search, each written as a few words.
#[derive(Debug, Default)]
pub(super) struct Seen {
    words: Vec<u64>,
    /// Where in `words` each place begins.
    starts: Vec<usize>,
    places: HashTable<u32>,
}

impl Seen {
    /// Whether the place is new. It no longer is when asked again.
    pub(super) fn insert(&mut self, place: &[u64]) -> bool {
        let hash = HASH.hash_one(place);
        let (words, starts) = (&self.words, &self.starts);
        let at = |number: u32| {
            let number = number as usize;
            let end = starts.get(number + 1).copied().unwrap_or(words.len());
            &words[starts[number]..end]
        };
        if self.places.find(hash, |number| at(*number) == place).is_some() {
            return false;
        }
        let number = starts.len() as u32;
        self.places.insert_unique(hash, number, |number| HASH.hash_one(at(*number)));
        self.starts.push(self.words.len());
        self.words.extend_from_slice(place);
        true
    }

    /// How much memory it takes, in bytes, about.
    pub(super) fn size(&self) -> usize {
        self.words.len() * 8 + self.starts.len() * 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_new_once() {
        let mut seen = Seen::default();
        for length in 0..200_u64 {
            let place: Vec<u64> = (0..length % 7).map(|word| word + length).collect();
            assert_eq!(seen.insert(&place), length == 0 || length % 7 > 0, "{length}");
            assert!(!seen.insert(&place));
        }
    }

    #[test]
    fn equal_states_have_one_number() {
        let mut states = States::new();
        let numbers: Vec<u32> = (0..100).map(|state: u32| states.number(state % 40).0).collect();
        assert!((0..100).all(|place| numbers[place] == place as u32 % 40));
        assert_eq!(*states.get(39), 39);
    }
}
