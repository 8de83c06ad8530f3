//! What a client asked and was told, in words: "b's get x says nokey".

use super::spell::Spell;
use crate::cluster::event::Names;
use crate::cluster::history::{Record, Returned};
use crate::cluster::types::{Outcome, Request};

/// Room for each text of a user's.
const ROOM: usize = 24;

/// "b's put x=3 @2 says ok @3", "b's get x has no answer".
pub fn told(names: &Names, record: &Record) -> String {
    let spell = Spell { names, room: ROOM };
    let asked = format!("{}'s {}", spell.name(record.client), spell.call(&record.request));
    match &record.returned {
        None => format!("{asked} has no answer"),
        Some(returned) => format!("{asked} says {}", answer(spell, &record.request, returned)),
    }
}

/// "from 1.204 s to 1.210 s b's get x says nokey".
pub fn told_when(names: &Names, record: &Record) -> String {
    let told = told(names, record);
    match &record.returned {
        None => format!("from {} on {told}", record.called),
        Some(returned) => format!("from {} to {} {told}", record.called, returned.at),
    }
}

/// "3 @2" for a get, "ok @3" for a put, or the word for what went otherwise.
pub fn answer(spell: Spell, request: &Request, returned: &Returned) -> String {
    let version = returned.version;
    match (returned.outcome, request) {
        (Outcome::Ok, Request::Get { .. }) => format!("{} @{version}", spell.text(&returned.value)),
        (Outcome::Ok, Request::Put { .. }) => format!("ok @{version}"),
        (Outcome::NoKey | Outcome::Version | Outcome::Maybe, _) => returned.outcome.to_string(),
    }
}
