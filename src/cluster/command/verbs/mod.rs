//! The table of verbs: one row for every command that the lab understands.
//!
//! A row says how the verb is written, what it does, where it may stand, and which function reads
//! it. The parser, completion, help and the reference page are made from these rows and from
//! nothing else. The rows stand in a file for each group, with their functions beside them.

mod chaos;
mod clients;
mod flaws;
mod flow;
mod head;
mod links;
mod members;
mod packets;
mod recordings;
mod servers;
mod telling;

pub use clients::{ClientAct, KEYS_MAX, RATE_MAX};
pub use flow::ROUNDS_MAX;
pub use links::LinkAct;
pub use members::MemberAct;
pub use packets::{Fate, PacketAct};
pub(super) use servers::name as option;
pub use servers::{DiskAct, ServerAct};

use strum::{EnumCount, VariantArray};

use super::Command;
use super::reader::{Parsed, Reader};
use crate::cluster::raft::OPTIONS;
use crate::cluster::types::first;

/// One verb.
#[derive(Debug)]
pub struct Verb {
    pub name: &'static str,
    pub group: Group,
    pub scope: Scope,
    /// Its forms. CAPITALS stand for something, `[...]` may be left out, `...` may be repeated.
    pub usage: &'static [&'static str],
    /// In a line.
    pub summary: &'static str,
    /// In full: paragraphs, an empty line between them.
    pub help: &'static str,
    /// Its options and their like, each with what it means; not those that `usage` explains.
    pub options: &'static [(&'static str, &'static str)],
    /// Lines that work; what takes several is a piece of a script.
    pub examples: &'static [&'static str],
    pub(super) parse: fn(&mut Reader<'_>) -> Parsed<Command>,
}

impl Verb {
    /// Its options and their like, with those that are rows of another table: of what `option` and
    /// the head can set.
    pub fn options(&self) -> Vec<(String, &'static str)> {
        let own = self.options.iter().map(|(name, meaning)| ((*name).to_owned(), *meaning));
        let raft = OPTIONS.iter().filter_map(|about| match self.name {
            "cluster" => Some((format!("{}={}", about.name, about.settings[0]), about.does)),
            "option" => Some((format!("{} {}", about.name, about.settings.join("|")), about.does)),
            _ => None,
        });
        own.chain(raft).collect()
    }
}

/// What kind of thing a verb is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, VariantArray)]
pub enum Group {
    Head,
    Servers,
    Members,
    Links,
    Packets,
    Clients,
    Chaos,
    Flaws,
    Flow,
    Telling,
    Recordings,
}

/// Where a verb may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the head of a script, before everything else.
    Head,
    /// Beside the lines of a script, which it does not belong to.
    Recording,
    /// In a script, where it opens a block that `end` closes.
    Block,
    /// In a script.
    Script,
    /// In a script and at the prompt.
    Line,
    /// In a script, at the prompt, and after `at` and `every`.
    Act,
}

/// The table.
pub static VERBS: [&[Verb]; 11] = [
    &head::ROWS,
    &servers::ROWS,
    &members::ROWS,
    &links::ROWS,
    &packets::ROWS,
    &clients::ROWS,
    &chaos::ROWS,
    &flaws::ROWS,
    &flow::ROWS,
    &telling::ROWS,
    &recordings::ROWS,
];

/// Every verb, group by group.
pub fn all() -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().flat_map(|rows| rows.iter())
}

/// The verb of this name.
pub fn find(name: &str) -> Option<&'static Verb> {
    all().find(|verb| verb.name == name)
}

impl Group {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    /// As a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Head => "The head",
            Self::Servers => "Servers",
            Self::Members => "Members",
            Self::Links => "Links",
            Self::Packets => "Packets by hand",
            Self::Clients => "Clients",
            Self::Chaos => "Faults at random",
            Self::Flaws => "Planted flaws",
            Self::Flow => "The flow of a script",
            Self::Telling => "Telling",
            Self::Recordings => "Recordings",
        }
    }

    /// What its verbs have in common.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Head => {
                "What the cluster is before its first event. These lines come first; without them \
                 a script begins with five empty servers on the network `classroom`."
            }
            Self::Servers => {
                "A crash loses what a server holds in memory and what it has not yet synced to its \
                 disk; the disk stays. A line that names several servers acts on those on which it \
                 can; it fails when it can act on none."
            }
            Self::Members => {
                "Who votes and who learns changes through the leader, as entries of its log, one change at a \
                 time; `membership=` in the head says how. A server that is not there yet comes to be: \
                 the next new one is called by the next number, up to S25. Each server counts by the newest \
                 configuration in its log, committed or not (dissertation §4.1)."
            }
            Self::Links => {
                "Every ordered pair of nodes has a link with a rule of its own. Cuts count when a \
                 packet arrives: what is in flight when a link is cut is lost too. A client's name \
                 may stand wherever a server may in `partition`, `cut`, `mend` and `link`."
            }
            Self::Packets => {
                "`hold` and what says `next` take packets at the end of their way, those in flight \
                 included; without `next`, what is in flight now is meant. KIND is pre-vote, pre-vote-reply, vote, vote-reply, \
                 append, heartbeat (an append without entries), append-reply, snapshot, snapshot-reply, \
                 request or reply, and any when not said. `release` lets held packets arrive; it \
                 is described among the verbs of clients, with which it shares its name."
            }
            Self::Clients => {
                "A client sends its operation to one server after another until one answers. In a \
                 script the line waits for the answer; a client that is still busy with its last \
                 operation can't begin another."
            }
            Self::Chaos => {
                "Faults that the seed draws: when, whom they hit, how long they last. They are made \
                 of the commands above, and no disk is ever lost. `raftlab hunt` plays thousands of \
                 such runs."
            }
            Self::Flaws => {
                "What happens when one rule is missing? A flaw is a switch in the code where the \
                 rule lives; `raftlab flaws` lists them all, and `scripts/flaws` has a scene for \
                 each."
            }
            Self::Flow => {
                "A script runs line by line, and lab time passes only in lines that wait. A line \
                 that waits fails after 10 s of lab time, or after its own `within T`, and says \
                 why it still waits."
            }
            Self::Telling => {
                "For those who watch. None of these changes the run: the same script without them \
                 has the same events and the same digest."
            }
            Self::Recordings => {
                "What was done by hand, after the script that was played or the head of the free lab. \
                 The lab records every session so, and `:save` writes it. These lines are no lines of \
                 the script: they stand outside of its blocks, and do not count as it runs."
            }
        }
    }
}

impl Scope {
    /// For help: "where it may stand".
    pub const fn about(self) -> &'static str {
        match self {
            Self::Head => "in the head of a script",
            Self::Recording => "in recordings and in scripts, outside of blocks",
            Self::Block => "in scripts; opens a block that `end` closes",
            Self::Script => "in scripts",
            Self::Line => "in scripts and at the prompt",
            Self::Act => "in scripts, at the prompt, after `at` and `every`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::command::{Script, parse_line};

    #[test]
    fn every_example_is_understood_and_printed_as_it_is_read() {
        for verb in all() {
            assert!(!verb.examples.is_empty(), "{} has no example", verb.name);
            for example in verb.examples {
                for line in example.lines() {
                    let command = parse_line(line).unwrap_or_else(|flaw| panic!("{flaw}"));
                    let printed = command.to_string();
                    assert_eq!(parse_line(&printed).as_ref(), Ok(&command), "{printed}");
                }
                if let (true, Err(flaws)) =
                    (example.contains('\n'), Script::parse("", example.as_bytes()))
                {
                    panic!("{}", flaws[0]);
                }
                let shows = |line: &str| line.trim_start().starts_with(verb.name);
                assert!(example.lines().any(shows), "{example} does not show {}", verb.name);
            }
        }
    }

    #[test]
    fn names_are_unique_and_rows_stand_in_their_groups() {
        let names: std::collections::BTreeSet<_> = all().map(|verb| verb.name).collect();
        assert_eq!(names.len(), all().count());
        for (rows, group) in VERBS.iter().zip(Group::ALL) {
            assert!(rows.iter().all(|verb| verb.group == group));
        }
    }
}
