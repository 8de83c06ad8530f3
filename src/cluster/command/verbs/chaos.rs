//! Faults at random.

use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::reader::{Parsed, Reader};
use crate::cluster::command::{Command, LabAct};
use crate::cluster::command::{Fault, Faults};

pub(super) static ROWS: [Verb; 1] = [Verb {
    name: "chaos",
    group: Group::Chaos,
    scope: Scope::Act,
    usage: &["chaos NAME...", "chaos swarm [NAME...]", "chaos stop"],
    summary: "faults of these kinds come and go, as the seed draws them",
    help: "\
Each kind rests, strikes, and takes back what it did, again and again; lengths of time go by the \
shortest election timeout. Half of the time the victim is a server that believes that it leads. \
`swarm` draws from the seed which kinds are at work, and how fast each is; kinds that are named are among \
them. What is done shows as \
commands among the events.

`chaos stop` makes it calm: no more strikes, and every fault ends, also those made by the script or by hand. Servers wake \
up and start, clocks keep lab time, disks write as they did, links and network are as they were at the beginning. From then \
on a leader, and answers for all who wait, can be asked for.",
    options: &[
        ("crashes", Fault::Crashes.describe()),
        ("blinks", Fault::Blinks.describe()),
        ("ambushes", Fault::Ambushes.describe()),
        ("blackouts", Fault::Blackouts.describe()),
        ("cuts", Fault::Cuts.describe()),
        ("bridges", Fault::Bridges.describe()),
        ("rings", Fault::Rings.describe()),
        ("isolations", Fault::Isolations.describe()),
        ("halves", Fault::Halves.describe()),
        ("sleeps", Fault::Sleeps.describe()),
        ("clocks", Fault::Clocks.describe()),
        ("losses", Fault::Losses.describe()),
        ("duplicates", Fault::Duplicates.describe()),
        ("delays", Fault::Delays.describe()),
        ("timeouts", Fault::Timeouts.describe()),
        ("transfers", Fault::Transfers.describe()),
        ("members", Fault::Members.describe()),
        ("disks", Fault::Disks.describe()),
    ],
    examples: &[
        "chaos swarm",
        "chaos crashes isolations delays",
        "chaos swarm members",
        "load clients=3 keys=2 for 5s\nchaos swarm\nrun 5s\nchaos stop\nuntil leader and idle within \
         10s\nset end 1\nuntil converged\nexpect linearizable",
    ],
    parse: chaos,
}];

fn chaos(reader: &mut Reader<'_>) -> Parsed<Command> {
    if reader.keyword("stop") {
        return Some(LabAct::ChaosStop.into());
    }
    let swarm = reader.keyword("swarm");
    let mut faults = if swarm { Vec::new() } else { vec![fault(reader)?] };
    while !reader.is_at_end() {
        faults.push(fault(reader)?);
    }
    reader.expect(Expect::Fault);
    let faults = if swarm { Faults::Swarm(faults) } else { Faults::These(faults) };
    Some(LabAct::Chaos(faults).into())
}

fn fault(reader: &mut Reader<'_>) -> Parsed<Fault> {
    reader.expect(Expect::Fault);
    let Some(fault) = reader.peek_word().and_then(Fault::from_name) else { return reader.fail() };
    reader.step();
    Some(fault)
}
