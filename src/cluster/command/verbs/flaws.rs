//! Planted flaws.

use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::reader::{Parsed, Reader};
use crate::cluster::command::{Command, Deed, Head, Keeping};
use crate::cluster::flaw::{Breaks, Flaw};

pub(super) static ROWS: [Verb; 2] = [
    Verb {
        name: "shows",
        group: Group::Flaws,
        scope: Scope::Head,
        usage: &["shows flaw=NAME breaks=INVARIANT", "shows flaw=NAME breaks=liveness"],
        summary: "the script shows what a flaw does",
        help: "\
`raftlab run` plays such a script twice. With the flaw, which all servers (or all clients) have \
from the start, the run must break exactly this invariant; for `liveness`, a line that waits must \
run out of time while everything stays safe. Without the flaw the script must pass, safe and \
linearizable. The lab plays it with the flaw.

A line that begins with `with:` runs only with the flaw, one that begins with `without:` only \
without it. Lines that open or close a block stand without these words.",
        options: &[],
        examples: &[
            "shows flaw=commit-old-term breaks=leader-completeness",
            "shows flaw=refuse-equal-logs breaks=liveness",
        ],
        parse: shows,
    },
    Verb {
        name: "flaw",
        group: Group::Flaws,
        scope: Scope::Act,
        usage: &["flaw NAME on [WHO...]", "flaw NAME off [WHO...]"],
        summary: "servers, or clients, stop keeping one rule, or keep it again",
        help: "\
Each flaw is a mistake that implementers really make: one small departure from one rule. Without \
WHO all servers have it. Flaws of clients (`never-maybe`, `blind-unlock`) are had by all clients. \
A restart does not cure a flaw.",
        options: &[],
        examples: &["flaw commit-old-term on", "flaw forget-vote on S2", "flaw local-get off"],
        parse: flaw,
    },
];

/// The name of a flaw.
fn name(reader: &mut Reader<'_>) -> Parsed<Flaw> {
    reader.expect(Expect::Flaw);
    let Some(flaw) = reader.peek_word().and_then(Flaw::from_name) else {
        return reader.fail();
    };
    reader.step();
    Some(flaw)
}

fn shows(reader: &mut Reader<'_>) -> Parsed<Command> {
    reader.need_option("flaw")?;
    let flaw = name(reader)?;
    reader.need_option("breaks")?;
    reader.expect(Expect::Breaks);
    let Some(breaks) = reader.peek_word().and_then(Breaks::from_name) else {
        return reader.fail();
    };
    reader.step();
    Some(Command::Head(Head::Shows { flaw, breaks }))
}

fn flaw(reader: &mut Reader<'_>) -> Parsed<Command> {
    let flaw = name(reader)?;
    let on = reader.on_or_off()?;
    let spot = reader.spot();
    let who = reader.perhaps_who()?;
    if flaw.is_of_clients() && !who.is_empty() {
        let message = format!("{flaw} is a flaw of the clients: no server can have it");
        reader.mistake(spot, message, Some("leave the servers out".to_owned()));
    }
    Some(Deed::Keep(Keeping::Flaw(flaw, on), who).into())
}
