//! What can be done to single packets.

use super::links::{ends, ends_before};
use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::quantity::{self, whole};
use crate::cluster::command::reader::{Options, Parsed, Reader};
use crate::cluster::command::{Command, Deed, Ends, LabAct, LinkAct, Motion, Who};
use crate::cluster::network::{ONCE, PacketName};
use crate::cluster::time::Span;
use crate::cluster::topic::Weight;
use crate::cluster::types::PacketId;

/// The most packets that one line can count.
const COUNT_MAX: u64 = 10_000;

/// What can become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Drop,
    Duplicate,
    /// It arrives so much later.
    Delay(Span),
}

/// What can be done with one packet by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketAct {
    /// It arrives now.
    Deliver,
    Hold,
    Meets(Fate),
}

impl Fate {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Delay(_) => "delay",
        }
    }

    /// By how much it delays.
    pub const fn delay(self) -> Option<Span> {
        match self {
            Self::Delay(span) => Some(span),
            Self::Drop | Self::Duplicate => None,
        }
    }
}

impl PacketAct {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Hold => "hold",
            Self::Meets(fate) => fate.word(),
        }
    }

    pub(in crate::cluster) const fn weight(self) -> Weight {
        match self {
            Self::Meets(Fate::Duplicate) => Weight::Story,
            Self::Deliver | Self::Hold | Self::Meets(Fate::Drop | Fate::Delay(_)) => Weight::Detail,
        }
    }
}

pub(super) static ROWS: [Verb; 7] = [
    Verb {
        name: "by-hand",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["by-hand on", "by-hand off"],
        summary: "nothing moves and no timer fires without a command",
        help: "\
Lab time is paused. Commands act on packets (`deliver`, `drop`, `duplicate`, `delay`, by number or by link), \
timers (`timeout`, `heartbeat`), slow disks (`sync`) and clients that wait (`retry`); what clients \
are asked to do and all faults work as ever. What is commanded happens at once, with what takes no time \
after it: a server that gets a packet writes, syncs if `sync=0s`, and sends its replies, which wait \
in flight for their turn. A deposed leader releases the clients that wait for it when lab time resumes; \
`retry` makes a client ask on before.

With `off` lab time resumes where it was: timers and packets have what they had left. Until then \
no limit of a script runs out. A script that waits for something that no command brings has failed, and \
`raftlab run` says at which line.",
        options: &[],
        examples: &["by-hand on", "by-hand off"],
        parse: by_hand,
    },
    Verb {
        name: "hold",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["hold [KIND] NODE... -> NODE... [count=N]", "hold #ID"],
        summary: "packets that come to the end of their way are held there",
        help: "\
What is in flight already is held too. With `count=N` the next N on each link, without it all until \
`release`. Packets that are lost by chance never come to the end of their way. `heal` releases \
nothing.",
        options: &[("count=N", "how many on each link")],
        examples: &["hold append S1 -> S2", "hold vote-reply S3 -> S1 count=1", "hold S1 -> all"],
        parse: hold,
    },
    Verb {
        name: "deliver",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["deliver [KIND] NODE... -> NODE... [count=N]", "deliver #ID"],
        summary: "packets in flight arrive now",
        help: "\
Whatever chance had in store for them; a cut link and a server that is down still take them. By \
link, all that are in flight or held there, in their order; with `count=N` the first N on each. A \
packet's number stands in the list of packets in flight. In a script it is that of the recording: \
another seed has other packets.",
        options: &[("count=N", "how many on each link")],
        examples: &["deliver vote S1 -> S2", "deliver all -> all", "deliver #12"],
        parse: deliver,
    },
    Verb {
        name: "drop",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &[
            "drop [KIND] NODE... -> NODE... [count=N]",
            "drop next [KIND] NODE... -> NODE...",
            "drop #ID",
        ],
        summary: "packets in flight get lost, or the next one that arrives",
        help: "\
The sender does not hear of the loss. With `next`, the next packet that comes to the end of its way on each \
of the links; without it, those that are in flight now, as for `deliver`.",
        options: &[("count=N", "how many on each link")],
        examples: &["drop append S1 -> S3", "drop next append-reply S2 -> S1", "drop #12"],
        parse: |reader| next(reader, Fate::Drop),
    },
    Verb {
        name: "settle",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["settle"],
        summary: "all that is in flight arrives, and what comes of it, until nothing is",
        help: "\
No lab time passes and no timer fires. Packets arrive in the order in which they are due, writes are \
on disk, and so on with what is sent in return; then the next line runs. Cuts, losses and `hold` act \
as they would. It gives up after 1,000 rounds: where clients ask again as soon as they are answered, \
there is always something in flight.",
        options: &[],
        examples: &["settle"],
        parse: |_| Some(LabAct::Settle.into()),
    },
    Verb {
        name: "duplicate",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &[
            "duplicate [KIND] NODE... -> NODE... [count=N]",
            "duplicate next [KIND] NODE... -> NODE...",
            "duplicate #ID",
        ],
        summary: "packets in flight arrive twice, or the next one that arrives",
        help: "\
The copy sets out now, or with `next` when the packet arrives, and takes as long as it did. Which \
packets: as for `drop`. Only what servers send each other: requests of clients and their replies are \
never duplicated, for they behave like TCP.",
        options: &[("count=N", "how many on each link")],
        examples: &["duplicate vote-reply S2 -> S1", "duplicate next append S1 -> S2"],
        parse: |reader| next(reader, Fate::Duplicate),
    },
    Verb {
        name: "delay",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &[
            "delay [KIND] NODE... -> NODE... by T [count=N]",
            "delay next [KIND] NODE... -> NODE... by T",
            "delay #ID by T",
        ],
        summary: "packets in flight arrive later, or the next one that arrives",
        help: "Later packets on the link may overtake them. Which packets: as for `drop`.",
        options: &[("count=N", "how many on each link")],
        examples: &["delay append S1 -> S2 by 50ms", "delay next append S1 -> S2 by 200ms"],
        parse: |reader| next(reader, Fate::Delay(Span::ZERO)),
    },
];

/// The name of a kind of packet, if one stands here.
fn name(reader: &mut Reader<'_>) -> Option<PacketName> {
    reader.expect(Expect::Packet);
    let name = reader.peek_word().and_then(PacketName::from_word)?;
    reader.step();
    Some(name)
}

fn count(reader: &mut Reader<'_>) -> Parsed<Option<u32>> {
    if Options::new(&["count"]).next(reader)?.is_none() {
        return Some(None);
    }
    let read = |word: &str| whole(word, 1..=COUNT_MAX);
    reader.quantity(Expect::Number, 1, read).map(|count| Some(count as u32))
}

/// The number of a packet, if one stands here.
fn packet(reader: &mut Reader<'_>) -> Option<PacketId> {
    reader.expect(Expect::PacketId);
    let number = reader.peek_word()?.strip_prefix('#')?.parse().ok()?;
    reader.step();
    Some(PacketId(number))
}

/// A verb about one packet by its number, if one stands here.
fn single(reader: &mut Reader<'_>, act: PacketAct) -> Option<Command> {
    packet(reader).map(|packet| Deed::Packet(packet, act).into())
}

fn hold(reader: &mut Reader<'_>) -> Parsed<Command> {
    if let Some(command) = single(reader, PacketAct::Hold) {
        return Some(command);
    }
    let name = name(reader);
    let ends = ends(reader)?;
    Some(LinkAct::Hold { name, count: count(reader)? }.to(ends))
}

/// What `release` says about packets: the form of it that holds an arrow, or nothing more.
pub(super) fn release(reader: &mut Reader<'_>) -> Parsed<Command> {
    let name = name(reader);
    if reader.is_at_end() && name.is_none() {
        return Some(LabAct::Release.into());
    }
    let ends = ends(reader)?;
    Some(LinkAct::Release { name, count: count(reader)? }.to(ends))
}

fn by_hand(reader: &mut Reader<'_>) -> Parsed<Command> {
    let motion = if reader.keyword("on") {
        Motion::ByHand
    } else if reader.keyword("off") {
        Motion::ByItself
    } else {
        return reader.fail();
    };
    Some(LabAct::ByHand(motion).into())
}

fn deliver(reader: &mut Reader<'_>) -> Parsed<Command> {
    if let Some(command) = single(reader, PacketAct::Deliver) {
        return Some(command);
    }
    let name = name(reader);
    let ends = ends(reader)?;
    Some(LinkAct::Flying { fate: None, name, count: count(reader)? }.to(ends))
}

/// Whether only packets between clients and servers can be meant.
fn is_about_clients(name: Option<PacketName>, ends: &Ends) -> bool {
    let named = matches!(name, Some(PacketName::Request | PacketName::Reply));
    let mut ends = ends.from.iter().chain(&ends.to);
    named || ends.any(|who| matches!(who, Who::Client(_)))
}

/// The fate with its `by T`, if it is a delay.
fn whole_fate(reader: &mut Reader<'_>, fate: Fate) -> Parsed<Fate> {
    if fate.delay().is_none() {
        return Some(fate);
    }
    reader.need_word("by")?;
    reader.quantity(Expect::Span, Span(1), quantity::positive_span).map(Fate::Delay)
}

/// What `drop`, `duplicate` and `delay` say: of one packet, of those in flight, or of the next.
fn next(reader: &mut Reader<'_>, fate: Fate) -> Parsed<Command> {
    if let Some(packet) = packet(reader) {
        let act = PacketAct::Meets(whole_fate(reader, fate)?);
        return Some(Deed::Packet(packet, act).into());
    }
    let next = reader.keyword("next");
    let spot = reader.spot();
    let name = name(reader);
    let ends = ends_before(reader, if fate.delay().is_some() { &["by"] } else { &[] })?;
    if fate == Fate::Duplicate && is_about_clients(name, &ends) {
        reader.mistake(spot, ONCE, None);
    }
    let fate = whole_fate(reader, fate)?;
    let act = match next {
        true => LinkAct::Next { fate, name },
        false => LinkAct::Flying { fate: Some(fate), name, count: count(reader)? },
    };
    Some(act.to(ends))
}
