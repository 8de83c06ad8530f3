//! The versioned map of this lab, as the checker sees it.
//!
//! A put names the version at which it is to be carried out. At that version it says ok, or
//! maybe, and takes effect; at another it says version (nokey on an absent key) or maybe, and
//! changes nothing. A get returns value and version. A put still open, or marked *late* because a
//! copy of it may run after its return, may take effect once at a later moment, at exactly its
//! version, or never. One of which nobody can tell what became of it counts as open.

use std::ops::ControlFlow;

use super::chain::Chain;
use super::{Limits, Model, Nature, Outcome, Progress, Reason, Timed, Watch, witness};
use crate::cluster::history::{Record, Returned};
use crate::cluster::types::{Key, Outcome as Answer, Request, Value, Version};

/// A request and what its client was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    pub request: Request,
    /// `None` while it is open.
    pub reply: Option<Reply>,
}

/// How a get or a put ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reply {
    pub outcome: Answer,
    /// What a get found.
    pub value: Value,
    /// For a get, the version found; for a put that is ok, the version it made.
    pub version: Version,
    /// A copy of this put may still run after its return.
    pub late: bool,
}

impl From<&Returned> for Reply {
    fn from(returned: &Returned) -> Self {
        let Returned { outcome, value, version, late, .. } = returned;
        Self { outcome: *outcome, value: value.clone(), version: *version, late: *late }
    }
}

impl From<&Record> for Timed<Exchange> {
    fn from(record: &Record) -> Self {
        let told = record.told();
        Self {
            operation: Exchange { request: record.request.clone(), reply: told.map(Reply::from) },
            called: record.call_order,
            returned: told.map(|returned| returned.order),
        }
    }
}

/// What is stored under a key. An absent key has version 0 and the empty value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    pub version: Version,
    pub value: Value,
}

/// The versioned map.
#[derive(Clone, Copy, Debug, Default)]
pub struct Versioned;

impl Model for Versioned {
    type Operation = Exchange;
    type State = Held;
    type Part = Key;

    fn part(&self, exchange: &Exchange) -> Key {
        exchange.request.key().clone()
    }

    fn initial(&self) -> Held {
        Held { version: Version::ZERO, value: "".into() }
    }

    fn nature(&self, exchange: &Exchange) -> Nature {
        match (&exchange.request, &exchange.reply) {
            (Request::Get { .. }, _) => Nature::Observer,
            (Request::Put { .. }, Some(reply)) if is_refusal(reply.outcome) && !reply.late => {
                Nature::Observer
            }
            (Request::Put { .. }, _) => Nature::Conditional,
        }
    }

    fn admits(&self, held: &Held, exchange: &Exchange) -> bool {
        let is_absent = held.version == Version::ZERO;
        match (&exchange.request, &exchange.reply) {
            (Request::Get { .. }, None) => true,
            (Request::Get { .. }, Some(reply)) => match reply.outcome {
                Answer::Ok => {
                    !is_absent && (held.version, &held.value) == (reply.version, &reply.value)
                }
                Answer::NoKey => is_absent,
                Answer::Version | Answer::Maybe => false,
            },
            (Request::Put { version, .. }, None) => held.version == *version,
            (Request::Put { version, .. }, Some(reply)) => match reply.outcome {
                Answer::Ok => held.version == *version && makes(reply.version, *version),
                Answer::Version => !is_absent && held.version != *version,
                Answer::NoKey => is_absent && *version != Version::ZERO,
                Answer::Maybe => true,
            },
        }
    }

    fn apply(&self, held: &Held, exchange: &Exchange) -> Held {
        match &exchange.request {
            Request::Put { value, version, .. } if *version == held.version => {
                Held { version: version.next(), value: value.clone() }
            }
            Request::Get { .. } | Request::Put { .. } => held.clone(),
        }
    }

    fn unanswered(&self, exchange: &Exchange) -> Option<Exchange> {
        match exchange.request {
            Request::Get { .. } => None,
            Request::Put { .. } => Some(Exchange { reply: None, ..exchange.clone() }),
        }
    }

    fn size(&self, held: &Held) -> usize {
        size_of::<Held>() + held.value.len()
    }

    /// Versions order the puts: no search is needed.
    fn judge(&self, history: &[Timed<Exchange>], limits: Limits, watch: &mut Watch<'_>) -> Outcome {
        judge(history, limits, watch)
    }

    fn describe(&self, exchange: &Exchange) -> String {
        let told = exchange.reply.as_ref().map_or_else(|| "?".to_owned(), describe_reply);
        match &exchange.request {
            Request::Get { key } => format!("get {key} -> {told}"),
            Request::Put { key, value, version } => {
                format!("put {key}={value} @{version} -> {told}")
            }
        }
    }

    fn would_explain(&self, failed: &Exchange, found: &Exchange) -> bool {
        let Request::Put { key, value, version } = &failed.request else { return false };
        let Some(reply) = &found.reply else { return false };
        let (needed, fits) = match &found.request {
            Request::Get { .. } => (reply.version, *value == reply.value),
            Request::Put { version, .. } => (*version, true),
        };
        reply.outcome == Answer::Ok
            && key == found.request.key()
            && fits
            && needed == version.next()
    }

    fn describe_state(&self, held: &Held) -> String {
        if held.version == Version::ZERO {
            "the key is absent".to_owned()
        } else {
            format!("the key holds {} @{}", held.value, held.version)
        }
    }

    fn explain(
        &self,
        history: &[Timed<Exchange>],
        clashing: &[&Timed<Exchange>],
    ) -> Option<String> {
        match clashing {
            [one] => explain_one(history, one),
            [one, other] => explain_two(one, other),
            _ => None,
        }
    }
}

/// Whether a put at `old` that is carried out makes the version `new`.
pub(super) fn makes(new: Version, old: Version) -> bool {
    new != Version::ZERO && new.previous() == old
}

/// Whether an answer says that the put did nothing.
const fn is_refusal(answer: Answer) -> bool {
    matches!(answer, Answer::Version | Answer::NoKey)
}

fn describe_reply(reply: &Reply) -> String {
    let late = if reply.late { ", a copy may still run" } else { "" };
    match (reply.outcome, reply.version) {
        (Answer::Ok, version) if reply.value.is_empty() => format!("ok @{version}"),
        (Answer::Ok, version) => format!("{} @{version}", reply.value),
        (outcome, _) => format!("{outcome}{late}"),
    }
}

/// Steps between two reports to the watch.
const REPORT: u64 = 4_096;

fn judge(history: &[Timed<Exchange>], limits: Limits, watch: &mut Watch<'_>) -> Outcome {
    let mut chain = Chain::default();
    let mut reported = 0;
    for (placed, (order, place, is_return)) in events(history).into_iter().enumerate() {
        let timed = &history[place];
        let Exchange { request, reply } = &timed.operation;
        if !is_return {
            chain.called(place, order, request);
        } else if let Some(reply) = reply
            && !chain.returned(place, (timed.called, order), request, reply)
        {
            return Outcome::NoOrder { wrong: Some(place), suspects: Vec::new() };
        }
        let steps = chain.work() - reported;
        if steps >= REPORT {
            reported = chain.work();
            if watch(Progress { steps, placed: placed / 2 }) == ControlFlow::Break(()) {
                return Outcome::Undecided(Reason::Stopped);
            }
        }
        if chain.work() > limits.steps {
            return Outcome::Undecided(Reason::Steps);
        }
    }
    Outcome::Order(witness::order(&chain, history))
}

/// All calls and returns in order: number, place of the operation, whether it is the return.
fn events(history: &[Timed<Exchange>]) -> Vec<(u64, usize, bool)> {
    let mut events: Vec<_> = (history.iter().enumerate())
        .flat_map(|(place, timed)| {
            let returned = timed.returned.map(|order| (order, place, true));
            [Some((timed.called, place, false)), returned].into_iter().flatten()
        })
        .collect();
    events.sort_unstable();
    events
}

/// Why one answer is impossible, whatever the others were.
fn explain_one(history: &[Timed<Exchange>], one: &Timed<Exchange>) -> Option<String> {
    let reply = one.operation.reply.as_ref()?;
    let is_get = matches!(one.operation.request, Request::Get { .. });
    if is_get && matches!(reply.outcome, Answer::Version | Answer::Maybe) {
        return Some(format!("Only a put can be answered {}.", reply.outcome));
    }
    let (version, value) = match &one.operation.request {
        Request::Get { .. } => (reply.version, Some(&reply.value)),
        Request::Put { version, .. } => (*version, None),
    };
    if is_refusal(reply.outcome) || reply.outcome == Answer::Maybe || version == Version::ZERO {
        return None;
    }
    let at = version.previous();
    let writes = |timed: &&Timed<Exchange>| match &timed.operation.request {
        Request::Get { .. } => false,
        Request::Put { version, value: new, .. } => {
            *version == at && value.is_none_or(|value| value == new)
        }
    };
    let written = value.map_or_else(String::new, |value| format!(" of {value}"));
    match history.iter().filter(writes).map(|put| put.called).min() {
        None => Some(format!("It needs a put{written} at version {at}; there is none.")),
        Some(called) if called > one.end() => {
            Some(format!("It ended before any put{written} at version {at} was asked for."))
        }
        Some(_) => None,
    }
}

/// Why two answers exclude each other.
fn explain_two(one: &Timed<Exchange>, other: &Timed<Exchange>) -> Option<String> {
    let (before, after) = if one.precedes(other) { (one, other) } else { (other, one) };
    if before.precedes(after)
        && let (Some(known), Some(shown)) = (version_after(before), version_before(after))
        && known > shown
    {
        return Some(format!(
            "The first ended when the key was at version {known} or above; the second began \
             after that, and its answer is that of version {shown}."
        ));
    }
    let (first, second) = (made(one)?, made(other)?);
    if first.version != second.version {
        return None;
    }
    let version = first.version;
    match (&one.operation.request, &other.operation.request) {
        (Request::Put { .. }, Request::Put { .. }) => {
            Some(format!("Both puts say that they made version {version}; only one can have."))
        }
        (Request::Get { .. } | Request::Put { .. }, _) => Some(format!(
            "Version {version} has one value; they say {} and {}.",
            first.value, second.value
        )),
    }
}

/// The version that an operation read or made.
fn made(timed: &Timed<Exchange>) -> Option<Held> {
    let reply = timed.operation.reply.as_ref().filter(|reply| reply.outcome == Answer::Ok)?;
    Some(match &timed.operation.request {
        Request::Get { .. } => Held { version: reply.version, value: reply.value.clone() },
        Request::Put { value, .. } => Held { version: reply.version, value: value.clone() },
    })
}

/// The lowest version that the key can have had when the operation returned.
fn version_after(timed: &Timed<Exchange>) -> Option<Version> {
    match timed.operation.reply.as_ref()?.outcome {
        Answer::Ok => made(timed).map(|held| held.version),
        Answer::Version => Some(Version(1)),
        Answer::NoKey | Answer::Maybe => None,
    }
}

/// The highest version that the key can have had when the operation was called.
fn version_before(timed: &Timed<Exchange>) -> Option<Version> {
    match (timed.operation.reply.as_ref()?.outcome, &timed.operation.request) {
        (Answer::Ok, Request::Get { .. }) => made(timed).map(|held| held.version),
        (Answer::Ok, Request::Put { version, .. }) => Some(*version),
        (Answer::NoKey, _) => Some(Version::ZERO),
        (Answer::Version | Answer::Maybe, _) => None,
    }
}
