//! Linearizability while the history grows.
//!
//! Every key has its chain, which takes calls and returns as they come and says at once when
//! no order is possible any more. That is exact: until then the history so far is linearizable,
//! what is in progress counting as open. A clone shares its structure, so the checker can live in
//! the checkpoints of a run; an event costs about as much as a few look-ups in a map.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::chain::Chain;
use super::versioned::{Exchange, Versioned};
use super::{Evidence, Limits, Timed, Verdict, check, parts};
use crate::cluster::history::Record;
use crate::cluster::keyed::Keyed;
use crate::cluster::types::Key;

/// The live checker. Records are known by their places in the history.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Each is shared by itself: a chain is larger than what else is known of a key.
    keys: Keyed<Rc<Chain>>,
    wrong: Option<usize>,
}

/// A get or put that has been called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open {
    /// The place of its record in the history.
    pub place: usize,
    /// The number of its key.
    key: u32,
}

impl Live {
    /// A get or put was called: the record at `place`.
    pub fn called(&mut self, place: usize, record: &Record) -> Open {
        let key = self.keys.number_or(record.request.key(), Rc::default);
        if let Some(chain) = self.keys.at_mut(key) {
            Rc::make_mut(chain).called(place, record.call_order, &record.request);
        }
        Open { place, key }
    }

    /// An open record has returned. `false` if just this makes the history wrong.
    pub fn returned(&mut self, Open { place, key }: Open, record: &Record) -> bool {
        if self.wrong.is_some() {
            return true;
        }
        let Some(returned) = record.told() else { return true };
        let span = (record.call_order, returned.order);
        let chain = self.keys.at_mut(key);
        let possible = chain.is_some_and(|chain| {
            Rc::make_mut(chain).returned(place, span, &record.request, &returned.into())
        });
        if !possible {
            self.wrong = Some(place);
        }
        possible
    }

    /// The record whose return made the history not linearizable.
    pub const fn wrong(&self) -> Option<usize> {
        self.wrong
    }
}

/// Why a history of the lab is not linearizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub key: Key,
    /// Operations are given by their places in the whole history.
    pub evidence: Evidence,
}

/// Judges a whole history, key by key. An error tells of the key that was the first to go wrong.
pub fn check_history<'a>(records: impl Iterator<Item = &'a Record>) -> Result<(), Violation> {
    let history: Vec<Timed<Exchange>> = records.map(Timed::from).collect();
    let violations = parts(&Versioned, &history)
        .into_iter()
        .filter_map(|(key, places)| Some(Violation { key, evidence: judge(&history, &places)? }));
    let when = |violation: &Violation| violation.evidence.wrong.map(|place| history[place].end());
    violations.min_by_key(when).map_or(Ok(()), Err)
}

/// Judges what a history says of one key; `None` if that is linearizable.
pub fn judge_key<'a>(records: impl Iterator<Item = &'a Record>, key: &Key) -> Option<Evidence> {
    let of_key = records.enumerate().filter(|(_, record)| record.request.key() == key);
    let (places, part): (Vec<usize>, Vec<Timed<Exchange>>) =
        of_key.map(|(place, record)| (place, record.into())).unzip();
    judge_part(&part).map(|evidence| evidence.placed(&places))
}

fn judge(history: &[Timed<Exchange>], places: &[usize]) -> Option<Evidence> {
    let part: Vec<_> = places.iter().map(|place| history[*place].clone()).collect();
    judge_part(&part).map(|evidence| evidence.placed(places))
}

fn judge_part(part: &[Timed<Exchange>]) -> Option<Evidence> {
    let watch = &mut |_| ControlFlow::Continue(());
    match check(&Versioned, part, Limits::default(), watch) {
        Verdict::Violated(evidence) => Some(evidence),
        Verdict::Linearizable(_) | Verdict::Undecided(_) => None,
    }
}
