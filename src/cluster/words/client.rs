//! What clients do and are told, in words.

use super::row::{Ask, Row, no_reason};
use crate::cluster::event::{AttemptFailure, ClientEvent};
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::network::WrongLeader;
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::{Outcome, ServerId};

impl ClientEvent {
    pub(super) fn row(&self, flaws: Flaws, ask: Ask) -> Row {
        let ask = ask.about(Topic::Clients);
        match self {
            Self::ClientCreated => ask.detail(|_| "joins".to_owned(), no_reason),
            Self::Called { request } => {
                ask.story(|spell| format!("calls {}", spell.call(request)), no_reason)
            }
            Self::Asked { server, attempt } => ask.detail(|_| asks(*server, *attempt), no_reason),
            Self::WantsSession => ask.story(
                |_| "wants a session first".to_owned(),
                |_| "by that servers know a copy of its put (dissertation §6.3)".to_owned(),
            ),
            Self::SessionOpened { session } => ask.story(
                |_| format!("has session {session}"),
                |_| "now it asks for what it wanted (dissertation §6.3)".to_owned(),
            ),
            Self::SessionLost { session, maybe } => {
                ask.story(
                    |_| format!("has lost session {session}"),
                    |_| {
                        match maybe {
                    true => "whether its put was carried out before, no server can tell any more",
                    false => "its put was not carried out: it opens another session and asks again",
                }
                .to_owned()
                    },
                )
            }
            // Told once: a client asks for ever, and would fill the list with one story.
            Self::AttemptFailed { server, why, again } => ask.row(
                if *again { Weight::Detail } else { Weight::Story },
                |_| format!("ends its attempt at {server}"),
                |_| attempt_failed(*server, *why),
            ),
            Self::Returned { request, result, late, unknown } => ask.story(
                |spell| {
                    format!("is answered {}: {}", result.outcome, spell.result(request, result))
                },
                |_| match unknown {
                    true => Some(UNKNOWN.to_owned()),
                    false => returned(result.outcome, *late, flaws),
                },
            ),
            Self::Abandoned { call } => ask.story(
                |spell| match call {
                    Some(request) => format!("abandons {}", spell.call(request)),
                    None => "abandons its operation".to_owned(),
                },
                |_| "it may be carried out, and the client never hears".to_owned(),
            ),
            Self::LateReply { server } => ask.story(
                |_| format!("ignores a late reply of {server}"),
                |_| "it no longer waits for that attempt".to_owned(),
            ),
            Self::Queued { waiting } => ask.story(
                |_| format!("has {waiting} more to do after this"),
                |_| "a client does one thing at a time".to_owned(),
            ),
            Self::LockHeld { lock } => {
                ask.story(|spell| format!("holds the lock {}", spell.text(lock)), no_reason)
            }
            Self::LockFree { lock } => ask.story(
                |spell| format!("begins to release the lock {}", spell.text(lock)),
                no_reason,
            ),
            Self::Finished { what } => ask.detail(|_| format!("is done with {what}"), no_reason),
        }
    }
}

/// Of a put whose session has expired.
const UNKNOWN: &str = "its session has expired, and what became of it, no server knows";

fn asks(server: ServerId, attempt: u32) -> String {
    match attempt {
        0 | 1 => format!("asks {server}"),
        attempt => format!("asks {server}, attempt {attempt}"),
    }
}

fn attempt_failed(server: ServerId, why: AttemptFailure) -> String {
    match why {
        AttemptFailure::TimedOut => "no reply in time; the request may still be carried out".into(),
        AttemptFailure::LossReported => {
            "the request or its reply was lost; the request may still be carried out".into()
        }
        AttemptFailure::WrongLeader(WrongLeader::NotLeader) => {
            format!("{server} answers that it does not lead")
        }
        AttemptFailure::WrongLeader(WrongLeader::HandsOver) => {
            format!("{server} answers that it hands its leadership over")
        }
        AttemptFailure::WrongLeader(WrongLeader::Busy) => {
            format!("{server} answers that too many of its entries are not committed")
        }
        AttemptFailure::WrongLeader(WrongLeader::AnotherOp) => {
            format!("{server} answers that another operation took its place in the log")
        }
        AttemptFailure::WrongLeader(WrongLeader::TermChanged) => {
            format!("{server} answers that its term changed; the request may still be carried out")
        }
        AttemptFailure::WrongLeader(WrongLeader::LeadershipLost) => {
            format!("{server} answers that it leads no more; the request may still be carried out")
        }
        AttemptFailure::WrongLeader(WrongLeader::TimedOut) => {
            format!("{server} answers that it took too long; the request may still be carried out")
        }
    }
}

fn returned(outcome: Outcome, late: bool, flaws: Flaws) -> Option<String> {
    let reason = match (outcome, late) {
        (Outcome::Maybe, true) => "an earlier attempt may have done it, or may do it later",
        (Outcome::Maybe, false) => "an earlier attempt may have done it",
        (Outcome::NoKey | Outcome::Version, _) if flaws.has(Flaw::NeverMaybe) => {
            "an earlier attempt may have done it"
        }
        (Outcome::Ok | Outcome::NoKey | Outcome::Version, true) => {
            "a copy of the request may still run"
        }
        (Outcome::Ok | Outcome::NoKey | Outcome::Version, false) => return None,
    };
    Some(reason.into())
}
