//! How it came to this: an event and its causes, followed back through packets and disks to a
//! timer, a command or the edge of what is remembered.

use super::LINE;
use super::scene::span;
use crate::cluster::event::{Cause, Event, EventKind, Names};
use crate::cluster::network::PacketKind;
use crate::cluster::raft::Role;
use crate::cluster::types::{Node, PacketId, ServerId};
use crate::cluster::words::Weight;
use crate::cluster::words::fit::{shorten, wrap};

/// How far back a chain goes: as much as can be taken in at once.
const STEPS: usize = 8;

/// The last remembered event of this kind, its reason, and its causes; no lines if there is none.
pub(super) fn told(
    names: &Names,
    recent: &[Event],
    concerns: impl Fn(&Event) -> bool,
) -> Vec<String> {
    let Some(mut at) = recent.iter().rposition(concerns) else { return Vec::new() };
    let event = &recent[at];
    let mut lines = paragraph(&format!("{}  {}", event.time, event.told(names)), "  ");
    for _ in 0..STEPS {
        let (words, earlier) = step(recent, at, names);
        lines.extend(paragraph(&format!("  because {words}"), "    "));
        match earlier {
            Some(earlier) => at = earlier,
            None => break,
        }
    }
    lines
}

/// Wraps a text whose first line keeps its indent and whose others get this one.
fn paragraph(text: &str, indent: &str) -> Vec<String> {
    let first = &text[..text.len() - text.trim_start().len()];
    let lines = wrap(text, LINE - indent.len());
    let indents = std::iter::once(first).chain(std::iter::repeat(indent));
    lines.into_iter().zip(indents).map(|(line, indent)| format!("{indent}{line}")).collect()
}

/// The cause of the event at `at` in words, and the earlier event that it leads to.
fn step(recent: &[Event], at: usize, names: &Names) -> (String, Option<usize>) {
    let event = &recent[at];
    match event.cause {
        Cause::Packet(packet) => through_packet(recent, at, packet, "arrived", names),
        Cause::LossReport(packet) => through_packet(recent, at, packet, "was lost", names),
        Cause::Sync(server) => match before_sync(recent, at, server) {
            Some(earlier) => {
                let deed = recent[earlier].headline(names);
                (format!("{deed}, and that is on disk"), Some(earlier))
            }
            None => (format!("{server} had synced its disk"), None),
        },
        Cause::ElectionTimer(server) => (silence(recent, at, server), None),
        Cause::Command(_) | Cause::Line(_) => (commanded(recent, at, names), None),
        Cause::Start | Cause::HeartbeatTimer(_) | Cause::WaiterTimer(_) | Cause::ClientTimer(_) => {
            (plain(event, names), None)
        }
    }
}

fn plain(event: &Event, names: &Names) -> String {
    let words = event.cause_words(names);
    words.strip_prefix("because ").unwrap_or(&words).to_owned()
}

/// Back through a packet: what its sender did when it sent it.
fn through_packet(
    recent: &[Event],
    at: usize,
    packet: PacketId,
    end: &str,
    names: &Names,
) -> (String, Option<usize>) {
    let Some(sent) = sending(recent, at, packet) else {
        return (format!("packet #{packet} {end}"), None);
    };
    let deed = act_of(recent, sent);
    (format!("#{packet} {end}: {}", recent[deed].headline(names)), Some(deed))
}

/// Where a packet was sent: its original, if it is a duplicate.
fn sending(recent: &[Event], at: usize, id: PacketId) -> Option<usize> {
    let place = recent[..at].iter().rposition(|event| {
        matches!(event.kind,
            EventKind::Sent { packet, .. } | EventKind::Duplicated { copy: packet, .. }
                if packet == id)
    })?;
    if let EventKind::Duplicated { packet, .. } = recent[place].kind {
        return sending(recent, place, packet).or(Some(place));
    }
    Some(place)
}

/// What the sender of a packet did in the same step; the sending itself if nothing else.
fn act_of(recent: &[Event], sent: usize) -> usize {
    let event = &recent[sent];
    if let (Cause::Sync(server), Some(_)) = (event.cause, event.subject()) {
        return before_sync(recent, sent, server).unwrap_or(sent);
    }
    let same = |other: &Event| other.time == event.time && other.cause == event.cause;
    let steps = recent[..sent].iter().enumerate().rev().take_while(|(_, other)| same(other));
    let told =
        |other: &Event| other.subject() == event.subject() && other.weight() == Weight::Story;
    steps.filter(|(_, other)| told(other)).map(|(place, _)| place).next().unwrap_or(sent)
}

/// What a server had written when its sync began: the last thing that it did before.
fn before_sync(recent: &[Event], at: usize, server: ServerId) -> Option<usize> {
    recent[..at].iter().rposition(|event| {
        event.subject() == Some(Node::Server(server))
            && event.weight() == Weight::Story
            && !matches!(event.cause, Cause::Sync(_))
    })
}

fn commanded(recent: &[Event], at: usize, names: &Names) -> String {
    let event = &recent[at];
    let command = recent[..=at].iter().rev().find_map(|other| {
        let EventKind::Commanded { command } = &other.kind else { return None };
        (other.cause == event.cause).then(|| shorten(&command.to_string(), LINE / 2))
    });
    match (command, event.cause) {
        (Some(command), Cause::Line(line)) => format!("line {line} says `{command}`"),
        (Some(command), _) => format!("of `{command}`"),
        (None, _) => plain(event, names),
    }
}

/// An election timer fired: how long nothing had reset it, and what had, the last time.
fn silence(recent: &[Event], at: usize, server: ServerId) -> String {
    let now = recent[at].time;
    let last =
        recent[..at].iter().rev().find_map(|event| Some((event.time, reset(event, server)?)));
    match last {
        Some((time, since)) => {
            format!("its election timer fired: {} {since}", span(now.since(time)))
        }
        None => "its election timer fired: no word from a leader in time".to_owned(),
    }
}

/// In words, if this event reset the server's election timer (Figure 2, Followers; §5.2).
fn reset(event: &Event, id: ServerId) -> Option<String> {
    use EventKind as E;
    let kind = &event.kind;
    if let E::Received { to: Node::Server(to), from: Node::Server(from), summary, .. } = kind
        && *to == id
        && matches!(summary.kind, PacketKind::Append { .. })
    {
        return Some(format!("without a word from {from}"));
    }
    if event.subject() != Some(Node::Server(id)) {
        return None;
    }
    if let E::VoteGranted { candidate, .. } = kind {
        return Some(format!("after its vote for {candidate} no leader has spoken"));
    }
    if let E::ElectionStarted { term, .. } = kind {
        return Some(format!("after it stood in term {term} nobody has won"));
    }
    if let E::SteppedDown { role: Role::Leader, term, .. } = kind {
        return Some(format!("after it led term {term} no leader has spoken"));
    }
    matches!(kind, E::Restarted { .. }).then(|| "after its restart no leader has spoken".into())
}
