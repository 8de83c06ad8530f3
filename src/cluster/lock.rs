//! A lock on top of the client: one key, free when empty or absent, otherwise its holder's id.
//!
//! Nothing is ever resent blindly. Told Maybe, the holder-to-be reads again: the lock is its own
//! exactly if its own id stands there. A release that is told Maybe or Version reads again too,
//! and never puts at a freshly read version: that could free another's lock.

use super::flaw::{Flaw, Flaws, Ruled};
use super::job::{Next, put};
use super::types::{Answer, Key, Outcome, Request, Value};

/// After a call of `acquire`: what next?
pub(super) fn acquire(lock: &Key, own: &Value, request: &Request, result: Answer) -> Next {
    match request {
        Request::Get { .. } => {
            if result.value == *own {
                Next::Done(result)
            } else if result.value.is_empty() {
                Next::call(put(lock, own, result.version))
            } else {
                Next::Pause
            }
        }
        Request::Put { .. } => match result.outcome {
            Outcome::Ok => Next::Done(result),
            Outcome::Maybe | Outcome::Version | Outcome::NoKey => {
                Next::call(Request::Get { key: lock.clone() })
            }
        },
    }
}

/// After a call of `release`: what next? It begins with a get, which finds the version at which
/// the lock is its own; the put is made at that version and no other.
pub(super) fn release(
    lock: &Key,
    own: &Value,
    request: &Request,
    result: Answer,
    flaws: Flaws,
) -> Next {
    let is_own = |value: &Value| flaws.unless(Flaw::BlindUnlock, || true, value == own);
    match request {
        Request::Get { .. } => match is_own(&result.value) {
            Ruled { answer: true, flaws } => {
                Next::Call(put(lock, &"".into(), result.version), flaws)
            }
            Ruled { answer: false, .. } => Next::Done(result),
        },
        Request::Put { .. } => match result.outcome {
            Outcome::Ok => Next::Done(result),
            Outcome::Maybe | Outcome::Version | Outcome::NoKey => {
                Next::call(Request::Get { key: lock.clone() })
            }
        },
    }
}
