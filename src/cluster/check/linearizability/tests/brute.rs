//! A judge that tries every order, and one for the versioned map that tries every run.

use std::collections::BTreeSet;

use super::super::seen::States;
use super::super::versioned::{Exchange, Held, Versioned};
use super::super::{Model, Nature, Timed};

/// Whether some order explains every answer. For 30 operations at most.
pub(super) fn has_order<M: Model>(model: &M, history: &[Timed<M::Operation>]) -> bool {
    assert!(history.len() <= 30);
    let mut states = States::new();
    let start = (0, states.number(model.initial()).0);
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some((placed, state)) = open.pop() {
        let left: Vec<usize> =
            (0..history.len()).filter(|place| placed & 1_u32 << place == 0).collect();
        if left.iter().all(|place| history[*place].returned.is_none()) {
            return true;
        }
        for place in left.iter().filter(|place| may_come_next(history, &left, **place)) {
            let operation = &history[*place].operation;
            if model.admits(states.get(state), operation) {
                let after = run(model, states.get(state), operation);
                let next = (placed | 1 << place, states.number(after).0);
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
    }
    false
}

/// The state after an operation that was admitted.
pub(super) fn run<M: Model>(model: &M, state: &M::State, operation: &M::Operation) -> M::State {
    match model.nature(operation) {
        Nature::Observer => state.clone(),
        Nature::Conditional | Nature::Blind | Nature::Overwrite => model.apply(state, operation),
    }
}

/// Whether `place` may come next when `left` are still to come.
fn may_come_next<O>(history: &[Timed<O>], left: &[usize], place: usize) -> bool {
    left.iter().all(|other| !history[*other].precedes(&history[place]))
}

/// How far a put has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has not been answered, nor taken effect.
    Begun,
    /// It has been answered; a copy may still run.
    Late,
    Done,
}

/// Whether some run of the versioned map explains every answer, copies that run late included.
pub(super) fn has_run(history: &[Timed<Exchange>]) -> bool {
    runs(history, &vec![Phase::Begun; history.len()], &Versioned.initial())
}

fn runs(history: &[Timed<Exchange>], phases: &[Phase], held: &Held) -> bool {
    let begun: Vec<usize> = (0..history.len())
        .filter(|place| phases[*place] == Phase::Begun && history[*place].returned.is_some())
        .collect();
    begun.is_empty()
        || (0..history.len()).any(|place| {
            may_come_next(history, &begun, place)
                && advance(&history[place].operation, phases[place], held).is_some_and(
                    |(next, after)| {
                        let mut phases = phases.to_vec();
                        phases[place] = next;
                        runs(history, &phases, &after)
                    },
                )
        })
}

/// What becomes of an operation and of the key if it goes on in this state, if it can.
fn advance(exchange: &Exchange, phase: Phase, held: &Held) -> Option<(Phase, Held)> {
    let after = Versioned.apply(held, exchange);
    let takes_effect = after != *held;
    match (phase, &exchange.reply) {
        (Phase::Done, _) => None,
        (Phase::Late, _) | (Phase::Begun, None) => takes_effect.then_some((Phase::Done, after)),
        (Phase::Begun, Some(_)) if !Versioned.admits(held, exchange) => None,
        (Phase::Begun, Some(_)) if takes_effect => Some((Phase::Done, after)),
        (Phase::Begun, Some(reply)) if reply.late => Some((Phase::Late, after)),
        (Phase::Begun, Some(_)) => Some((Phase::Done, after)),
    }
}
