//! What can be done to single packets.

use super::links::{ends, ends_before};
use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::quantity::{self, whole};
use crate::cluster::command::reader::{Options, Parsed, Reader};
use crate::cluster::command::{Command, Fate, PacketDeed};
use crate::cluster::network::PacketName;
use crate::cluster::time::Span;
use crate::cluster::types::PacketId;

/// The most packets that one line can count.
const COUNT_MAX: u64 = 10_000;

pub(super) static ROWS: [Verb; 5] = [
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
        usage: &["deliver #ID"],
        summary: "a packet in flight arrives now",
        help: "\
Whatever chance had in store for it; a cut link and a server that is down still take it. A packet's \
number stands in the list of packets in flight. In a script it is that of the recording: another \
seed has other packets.",
        options: &[],
        examples: &["deliver #12"],
        parse: |reader| {
            let Some(packet) = packet(reader) else { return reader.fail() };
            Some(Command::Packet { packet, deed: PacketDeed::Deliver })
        },
    },
    Verb {
        name: "drop",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["drop next [KIND] NODE... -> NODE...", "drop #ID"],
        summary: "the next packet on a link gets lost",
        help: "Nobody is told of the loss. With several links, the next one on each.",
        options: &[],
        examples: &["drop next append-reply S2 -> S1", "drop next reply S1 -> a"],
        parse: |reader| next(reader, Fate::Drop),
    },
    Verb {
        name: "duplicate",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["duplicate next [KIND] NODE... -> NODE...", "duplicate #ID"],
        summary: "the next packet on a link arrives twice",
        help: "The copy sets out when the packet arrives, and takes as long as it did.",
        options: &[],
        examples: &["duplicate next append S1 -> S2"],
        parse: |reader| next(reader, Fate::Duplicate),
    },
    Verb {
        name: "delay",
        group: Group::Packets,
        scope: Scope::Act,
        usage: &["delay next [KIND] NODE... -> NODE... by T", "delay #ID by T"],
        summary: "the next packet on a link arrives later",
        help: "Later packets on the link may overtake it.",
        options: &[],
        examples: &["delay next append S1 -> S2 by 200ms"],
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

fn hold(reader: &mut Reader<'_>) -> Parsed<Command> {
    if let Some(packet) = packet(reader) {
        return Some(Command::Packet { packet, deed: PacketDeed::Hold });
    }
    let name = name(reader);
    let ends = ends(reader)?;
    let count = count(reader)?;
    Some(Command::Hold { name, ends, count })
}

/// What `release` says about packets: the form of it that holds an arrow, or nothing more.
pub(super) fn release(reader: &mut Reader<'_>) -> Parsed<Command> {
    let name = name(reader);
    if reader.is_at_end() && name.is_none() {
        return Some(Command::Release { name, ends: None, count: None });
    }
    let ends = Some(ends(reader)?);
    let count = count(reader)?;
    Some(Command::Release { name, ends, count })
}

fn next(reader: &mut Reader<'_>, fate: Fate) -> Parsed<Command> {
    if let Some(packet) = packet(reader) {
        let deed = match fate {
            Fate::Drop => PacketDeed::Drop,
            Fate::Duplicate => PacketDeed::Duplicate,
            Fate::Delay(_) => {
                reader.need_word("by")?;
                let read = quantity::positive_span;
                PacketDeed::Delay(reader.quantity(Expect::Span, Span(1), read)?)
            }
        };
        return Some(Command::Packet { packet, deed });
    }
    reader.need_word("next")?;
    let name = name(reader);
    let by = matches!(fate, Fate::Delay(_)).then_some("by");
    let ends = ends_before(reader, by)?;
    let fate = match fate {
        Fate::Delay(_) => {
            reader.need_word("by")?;
            let read = quantity::positive_span;
            Fate::Delay(reader.quantity(Expect::Span, Span(1), read)?)
        }
        Fate::Drop | Fate::Duplicate => fate,
    };
    Some(Command::Next { fate, name, ends })
}
