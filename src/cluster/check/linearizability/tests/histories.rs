//! Histories to judge: with answers drawn at random, or from simulated objects.

use proptest::prelude::*;

use super::super::register::{self, KeyId, Register, ValueId};
use super::super::store::{self, Store};
use super::super::versioned::{Exchange, Held, Reply, Versioned};
use super::super::{Model, Timed};
use super::brute::run;
use crate::cluster::types::{Outcome as Answer, Request, Version};

/// Who takes the next step, again and again.
pub(super) fn steps(clients: u8, count: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..clients, 1..count)
}

/// A model for which answers can be made.
pub(super) trait Simulated: Model {
    /// The operation with the answer that it gets in this state. `luck` decides what is left
    /// open.
    fn answer(&self, state: &Self::State, asked: &Self::Operation, luck: u8) -> Self::Operation;
}

/// Gives operations their times. A client calls the next one, then its moment comes, then it
/// returns, a step each. `answer` is asked at the moment.
pub(super) fn timed<M: Model>(
    model: &M,
    steps: &[u8],
    operations: &[M::Operation],
    mut answer: impl FnMut(&M::Operation) -> M::Operation,
) -> Vec<Timed<M::Operation>> {
    let mut operations = operations.iter();
    let mut history: Vec<Timed<M::Operation>> = Vec::new();
    // The operation of each client, and whether its moment has come.
    let mut clients: [Option<(usize, bool)>; 256] = [None; 256];
    for (order, client) in (1..).zip(steps) {
        let client = &mut clients[usize::from(*client)];
        match client.take() {
            Some((place, true)) => history[place].returned = Some(order),
            Some((place, false)) => {
                history[place].operation = answer(&history[place].operation);
                *client = Some((place, true));
            }
            None => {
                if let Some(operation) = operations.next() {
                    *client = Some((history.len(), false));
                    history.push(Timed {
                        operation: operation.clone(),
                        called: order,
                        returned: None,
                    });
                }
            }
        }
    }
    let finished = history.into_iter().filter_map(|timed| {
        let unanswered = || model.unanswered(&timed.operation);
        let operation =
            if timed.returned.is_some() { timed.operation.clone() } else { unanswered()? };
        Some(Timed { operation, ..timed })
    });
    finished.collect()
}

/// A history with the answers that the operations came with.
pub(super) fn drawn<M: Model>(
    model: &M,
    steps: &[u8],
    operations: &[M::Operation],
) -> Vec<Timed<M::Operation>> {
    timed(model, steps, operations, Clone::clone)
}

/// A history with the answers that one copy gives.
pub(super) fn simulated<M: Simulated>(
    model: &M,
    steps: &[u8],
    operations: &[M::Operation],
    luck: &[u8],
) -> Vec<Timed<M::Operation>> {
    let mut state = model.initial();
    let mut luck = luck.iter().cycle();
    timed(model, steps, operations, |asked| {
        let answered = model.answer(&state, asked, luck.next().copied().unwrap_or_default());
        state = run(model, &state, &answered);
        answered
    })
}

/// A register whose values are "nil", "1", "2" …, and the operation that numbers stand for.
pub(super) fn register_operations(
    numbers: &[(u8, u8, u8)],
) -> (Register, Vec<register::Operation>) {
    use register::Access::{CompareAndSet, Read, Write};
    let mut model = Register::default();
    let key: KeyId = model.key("");
    let operations = numbers.iter().map(|(kind, old, new)| {
        let [old, new] = [old, new].map(|value| match value {
            0 => ValueId::NIL,
            value => model.value(&value.to_string()),
        });
        let access = match kind {
            0..=2 => Read(Some(new)),
            3..=5 => Write(new),
            6 => CompareAndSet { old, new, done: Some(true) },
            _ => CompareAndSet { old, new, done: Some(false) },
        };
        register::Operation { key, access }
    });
    let operations = operations.collect();
    (model, operations)
}

pub(super) fn register_numbers(values: u8) -> impl Strategy<Value = (u8, u8, u8)> {
    (0..8_u8, 0..values, 0..values)
}

impl Simulated for Register {
    fn answer(&self, state: &ValueId, asked: &register::Operation, _: u8) -> register::Operation {
        use register::Access::{CompareAndSet, Read, Write};
        let access = match asked.access {
            Read(_) => Read(Some(*state)),
            Write(value) => Write(value),
            CompareAndSet { old, new, .. } => CompareAndSet { old, new, done: Some(old == *state) },
        };
        register::Operation { access, ..*asked }
    }
}

pub(super) fn store_operation() -> impl Strategy<Value = store::Operation> {
    use store::Access::{Append, Get, Put};
    let value = proptest::sample::select(vec!["", "a", "b", "ab", "ba", "aab"]);
    let piece = proptest::sample::select(vec!["a", "b", ""]);
    let access = prop_oneof![
        3 => value.prop_map(|value| Get(Some(value.into()))),
        1 => piece.clone().prop_map(|piece| Put(piece.into())),
        2 => piece.prop_map(|piece| Append(piece.into())),
    ];
    access.prop_map(|access| store::Operation { key: "k".into(), access })
}

impl Simulated for Store {
    fn answer(
        &self,
        state: &std::sync::Arc<str>,
        asked: &store::Operation,
        _: u8,
    ) -> store::Operation {
        match asked.access {
            store::Access::Get(_) => {
                let access = store::Access::Get(Some(state.clone()));
                store::Operation { access, ..asked.clone() }
            }
            store::Access::Put(_) | store::Access::Append(_) => asked.clone(),
        }
    }
}

pub(super) fn exchange(versions: u64) -> impl Strategy<Value = Exchange> {
    let outcomes = [Answer::Ok, Answer::NoKey, Answer::Version, Answer::Maybe];
    let outcome = proptest::sample::select(vec![0, 0, 0, 1, 2, 3]);
    let values = proptest::sample::select(vec!["", "a", "b"]);
    (proptest::bool::weighted(0.4), outcome, values, 0..versions, proptest::bool::weighted(0.2))
        .prop_map(move |(is_get, outcome, value, version, late)| {
            let (key, version, outcome) = ("k".into(), Version(version), outcomes[outcome]);
            let reply = |version, late| Some(Reply { outcome, value: value.into(), version, late });
            if is_get {
                Exchange { request: Request::Get { key }, reply: reply(version, false) }
            } else {
                let request = Request::Put { key, value: value.into(), version };
                Exchange { request, reply: reply(version.next(), late) }
            }
        })
}

impl Simulated for Versioned {
    /// One in four puts hears maybe.
    fn answer(&self, held: &Held, asked: &Exchange, luck: u8) -> Exchange {
        let is_absent = held.version == Version::ZERO;
        let refusal = if is_absent { Answer::NoKey } else { Answer::Version };
        let reply = match &asked.request {
            Request::Get { .. } => Reply {
                outcome: if is_absent { Answer::NoKey } else { Answer::Ok },
                value: held.value.clone(),
                version: held.version,
                late: false,
            },
            Request::Put { version, .. } => Reply {
                outcome: match luck {
                    0..64 => Answer::Maybe,
                    _ if *version == held.version => Answer::Ok,
                    _ => refusal,
                },
                value: "".into(),
                version: if *version == held.version { version.next() } else { held.version },
                late: luck < 16,
            },
        };
        Exchange { request: asked.request.clone(), reply: Some(reply) }
    }
}
