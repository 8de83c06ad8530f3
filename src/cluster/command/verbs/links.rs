//! What can be done to links.

use std::collections::BTreeMap;

use super::head::network;
use super::servers::servers;
use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::lex::{Sign, Spot};
use crate::cluster::command::quantity;
use crate::cluster::command::reader::{Options, Parsed, Reader};
use crate::cluster::command::who::Clients;
use crate::cluster::command::{Command, Deed, Ends, Fate, LabAct, ServerAct, Who};
use crate::cluster::network::{LinkChange, PacketName};
use crate::cluster::time::{Ppm, Span, SpanRange};
use crate::cluster::topic::Weight;

/// One verb about links, or about packets on links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAct {
    Cut,
    Mend,
    Change(LinkChange),
    /// What comes to the end of its way is held there.
    Hold {
        name: Option<PacketName>,
        /// So many on each link; all until they are released when not said.
        count: Option<u32>,
    },
    /// What is held arrives.
    Release {
        name: Option<PacketName>,
        count: Option<u32>,
    },
    /// What becomes of the next packet on each link.
    Next {
        fate: Fate,
        name: Option<PacketName>,
    },
    /// What becomes of the packets that are in flight; they arrive now when no fate is said.
    Flying {
        fate: Option<Fate>,
        name: Option<PacketName>,
        /// The first so many on each link; all when not said.
        count: Option<u32>,
    },
}

impl LinkAct {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Mend => "mend",
            Self::Change(_) => "link",
            Self::Hold { .. } => "hold",
            Self::Release { .. } => "release",
            Self::Next { fate, .. } | Self::Flying { fate: Some(fate), .. } => fate.word(),
            Self::Flying { fate: None, .. } => "deliver",
        }
    }

    /// A list of packets shows by itself what is done with them, but for a copy.
    pub(in crate::cluster) const fn weight(self) -> Weight {
        match self {
            Self::Flying { fate: Some(Fate::Duplicate), .. } => Weight::Story,
            Self::Flying { .. } => Weight::Detail,
            Self::Cut
            | Self::Mend
            | Self::Change(_)
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Next { .. } => Weight::Story,
        }
    }

    /// A command that does it to these.
    pub const fn to(self, ends: Ends) -> Command {
        Command::Deed(Deed::Links(self, ends))
    }
}

pub(super) static ROWS: [Verb; 8] = [
    Verb {
        name: "partition",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["partition NODE... [| NODE...]..."],
        summary: "splits the network into groups that don't hear each other",
        help: "\
Servers that no group names form one more group; `rest` as the last word says so aloud. Clients may \
stand in groups; one that no group names reaches all servers. A partition takes the place of all \
cuts that were there before.",
        options: &[],
        examples: &[
            "partition leader follower | rest",
            "partition S1 S2 | S3 S4 | S5",
            "partition S4 S5 b | rest a",
        ],
        parse: partition,
    },
    Verb {
        name: "isolate",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["isolate WHO... [from clients]"],
        summary: "cuts servers off from all other servers",
        help: "\
Clients still reach an isolated server: an isolated leader accepts what they ask and can't commit \
it. With `from clients` they don't reach it either, nor do clients that come later.",
        options: &[],
        examples: &["isolate leader", "isolate S3 from clients"],
        parse: isolate,
    },
    Verb {
        name: "rejoin",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["rejoin WHO..."],
        summary: "ends the isolation of servers, and cuts to and from them",
        help: "\
The opposite of `isolate`. A link to a server that is isolated itself stays cut, and so does one to \
a client, unless `isolate ... from clients` has cut it. Losses and delays of `link` stay as they are.",
        options: &[],
        examples: &["rejoin S3", "rejoin {old}"],
        parse: |reader| servers(reader, ServerAct::Rejoin),
    },
    Verb {
        name: "cut",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["cut NODE... -> NODE...", "cut NODE... <-> NODE..."],
        summary: "nothing arrives any more, one way or both",
        help: "\
`->` cuts the links from every node on the left to every node on the right, `<->` both directions. \
One-way cuts are how a leader can be heard and not hear.",
        options: &[],
        examples: &["cut leader -> followers", "cut S1 <-> S2", "cut a <-> leader"],
        parse: |reader| ends(reader).map(|ends| LinkAct::Cut.to(ends)),
    },
    Verb {
        name: "mend",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["mend NODE... -> NODE...", "mend NODE... <-> NODE..."],
        summary: "these links as if untouched, one way or both",
        help: "\
Ends cuts, and what `link` has set for these links. A server that hears another again in this way is \
no longer isolated.",
        options: &[],
        examples: &["mend S1 -> S3", "mend S1 <-> all"],
        parse: |reader| ends(reader).map(|ends| LinkAct::Mend.to(ends)),
    },
    Verb {
        name: "heal",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["heal"],
        summary: "every link as if untouched",
        help: "\
Ends all cuts, partitions, losses and delays that were set link by link. The named network (`net`) \
stays, and so do crashed and sleeping servers.",
        options: &[],
        examples: &["heal"],
        parse: |_| Some(LabAct::Heal.into()),
    },
    Verb {
        name: "net",
        group: Group::Links,
        scope: Scope::Act,
        usage: &["net NETWORK"],
        summary: "how links behave that have no rule of their own",
        help: "\
The names are listed below (Networks). Packets in flight keep the delay that they have drawn.",
        options: &[],
        examples: &["net reliable", "net unreliable-mit"],
        parse: |reader| network(reader).map(|network| LabAct::Net(network).into()),
    },
    Verb {
        name: "link",
        group: Group::Links,
        scope: Scope::Act,
        usage: &[
            "link NODE... -> NODE... [loss=P%] [delay=T..T] [duplicate=P%]",
            "link NODE... <-> NODE... [loss=P%] [delay=T..T] [duplicate=P%]",
        ],
        summary: "gives links a loss, a delay or duplication of their own",
        help: "\
`loss=` is the share of packets that get lost, `duplicate=` the share that arrives twice, `delay=` \
how long one way takes, drawn for each packet (1us at least); it replaces all that the network does, \
late replies too. A copy is lost or delayed on its own. What is not said stays as it is. Requests of \
clients are never duplicated: they behave like TCP.",
        options: &[],
        examples: &[
            "link S1 -> S3 loss=10% delay=5ms..30ms duplicate=2%",
            "link leader <-> all delay=200ms",
        ],
        parse: link,
    },
];

fn partition(reader: &mut Reader<'_>) -> Parsed<Command> {
    let mut groups = vec![group(reader)?];
    while reader.sign(Sign::Bar) {
        groups.push(group(reader)?);
    }
    check_groups(reader, &groups);
    let plain = groups.into_iter().map(|group| group.into_iter().map(|(_, who)| who).collect());
    Some(Deed::Partition(plain.collect()).into())
}

type Nodes = Vec<(Spot, Who)>;

fn group(reader: &mut Reader<'_>) -> Parsed<Nodes> {
    let mut group = Vec::new();
    loop {
        let spot = reader.spot();
        group.push((spot, reader.who(Clients::Allowed)?));
        if reader.peek_word().is_none() {
            reader.expect(Expect::Node);
            return Some(group);
        }
    }
}

/// Words that can't stand in two groups, for both would always hold the same server.
fn family(who: &Who) -> Option<Who> {
    match who {
        Who::Leader | Who::Majority | Who::Minority => Some(Who::Leader),
        Who::Follower | Who::Followers => Some(Who::Follower),
        Who::Server(_) | Who::Client(_) | Who::Candidate | Who::Down => Some(who.clone()),
        Who::Rest | Who::All | Who::Random | Who::Some | Who::Hole(_) => None,
    }
}

/// Notes what is wrong with the groups as far as the line alone can tell.
fn check_groups(reader: &mut Reader<'_>, groups: &[Nodes]) {
    if let [group] = groups
        && let [_, .., (rest, Who::Rest)] = group.as_slice()
    {
        let message = "with `rest` this one group is all servers: nothing would be cut";
        let help = "`|` stands between groups, as in `leader | rest`".to_owned();
        reader.mistake(*rest, message, Some(help));
    }
    let mut seen: BTreeMap<Who, (usize, &Who)> = BTreeMap::new();
    let mut rest = None;
    for (at, group) in groups.iter().enumerate() {
        for (spot, who) in group {
            if *who == Who::All && groups.len() > 1 {
                reader.mistake(*spot, "`all` leaves no server for another group", None);
            } else if *who == Who::Rest && rest.is_none() {
                rest = Some(*spot);
            } else if !matches!(who, Who::Client(_) | Who::Hole(_)) {
                after_rest(reader, rest);
            }
            let Some(family) = family(who) else { continue };
            let (other, same) = *seen.entry(family).or_insert((at, who));
            if other != at && same == who {
                reader.mistake(*spot, format!("{who} stands in two groups"), None);
            } else if other != at {
                let message = format!("{who} and {same} overlap: both hold the same server");
                reader.mistake(*spot, message, None);
            }
        }
    }
}

fn after_rest(reader: &mut Reader<'_>, rest: Option<Spot>) {
    if let Some(spot) = rest {
        let help = "it means the servers that the line has not named before it".to_owned();
        reader.mistake(spot, "`rest` comes after all other servers of a partition", Some(help));
    }
}

fn isolate(reader: &mut Reader<'_>) -> Parsed<Command> {
    let who = reader.who_list(Clients::Refused, &["from"])?;
    let from_clients = reader.keyword("from");
    if from_clients {
        reader.need_word("clients")?;
    }
    Some(ServerAct::Isolate { from_clients }.to(who))
}

pub(super) fn ends(reader: &mut Reader<'_>) -> Parsed<Ends> {
    ends_before(reader, &[])
}

/// As [`ends`], up to the word that may stand after them.
pub(super) fn ends_before(reader: &mut Reader<'_>, stop: &[&str]) -> Parsed<Ends> {
    let from = reader.who_list(Clients::Allowed, &[])?;
    let both = reader.sign(Sign::BothWays);
    if !both {
        reader.need(Sign::Arrow)?;
    }
    let to = reader.who_list(Clients::Allowed, stop)?;
    Some(Ends { from, to, both })
}

fn link(reader: &mut Reader<'_>) -> Parsed<Command> {
    let ends = ends(reader)?;
    let mut change = LinkChange::default();
    let mut options = Options::new(&["loss", "delay", "duplicate"]);
    let share = |reader: &mut Reader<'_>| {
        reader.quantity(Expect::Percent, Ppm::ZERO, quantity::percent).map(Some)
    };
    while let Some(name) = options.next(reader)? {
        match name {
            "loss" => change.loss = share(reader)?,
            "duplicate" => change.duplicate = share(reader)?,
            _ => {
                let fallback = SpanRange::exactly(Span(1));
                let read = quantity::positive_range;
                change.delay = Some(reader.quantity(Expect::SpanRange, fallback, read)?);
            }
        }
    }
    if change == LinkChange::default() {
        return reader.fail();
    }
    Some(LinkAct::Change(change).to(ends))
}
