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
const STEPS: usize = 6;

/// The last remembered event of this kind, its reason, and its causes; no lines if there is none.
pub(super) fn told(
    names: &Names,
    recent: &[Event],
    concerns: impl Fn(&Event) -> bool,
) -> Vec<String> {
    let Some(mut at) = recent.iter().rposition(concerns) else { return Vec::new() };
    let event = &recent[at];
    let mut lines = wrap(&format!("{} {}", event.time, event.told(names)), LINE);
    for _ in 0..STEPS {
        let (words, earlier) = step(recent, at, names);
        lines.extend(paragraph(&format!("because {words}"), "  "));
        match earlier {
            Some(earlier) if !ends(&recent[earlier]) => at = earlier,
            Some(_) | None => break,
        }
    }
    lines
}

/// A text in lines that all begin with this indent.
fn paragraph(text: &str, indent: &str) -> impl Iterator<Item = String> {
    wrap(text, LINE - indent.len()).into_iter().map(move |line| format!("{indent}{line}"))
}

/// The cause of the event at `at` in words, and the earlier event that it leads to.
fn step(recent: &[Event], at: usize, names: &Names) -> (String, Option<usize>) {
    let event = &recent[at];
    if matches!(event.kind, EventKind::Sent { .. }) {
        let act = act_of(recent, at);
        if act != at {
            return (recent[act].headline(names), Some(act));
        }
    }
    match event.cause {
        Cause::Packet(packet) => {
            let lost = matches!(event.kind, EventKind::Dropped { .. });
            let end = if lost { "was sent" } else { "arrived" };
            through_packet(recent, at, packet, end, names)
        }
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
    let act = commit_of(recent, at, sent).unwrap_or_else(|| act_of(recent, sent));
    (format!("#{packet} {end}: {}", recent[act].headline(names)), Some(act))
}

/// A follower learns of a commit from an append that may have been sent for another reason:
/// what it goes back to is the leader's commit.
fn commit_of(recent: &[Event], at: usize, sent: usize) -> Option<usize> {
    let EventKind::LearnedCommit { leader, last, .. } = recent[at].kind else { return None };
    recent[..sent].iter().rposition(|event| {
        matches!(event.kind, EventKind::Committed { server, last: end, .. }
            if server == leader && end >= last)
    })
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

/// What the sender did that made it send: in the same step or, if the packet waited for the
/// disk, before that. The sending itself, if nothing else is known.
fn act_of(recent: &[Event], sent: usize) -> usize {
    let event = &recent[sent];
    let EventKind::Sent { summary, .. } = event.kind else { return sent };
    let own = |other: &Event| other.subject() == event.subject();
    if let Cause::Sync(server) = event.cause {
        let asked = recent[..sent]
            .iter()
            .rposition(|other| own(other) && is_sent_for(summary.kind, &other.kind));
        return asked.or_else(|| before_sync(recent, sent, server)).unwrap_or(sent);
    }
    let same = |other: &Event| other.time == event.time && other.cause == event.cause;
    let begin = recent[..sent].iter().rposition(|other| !same(other)).map_or(0, |last| last + 1);
    let step = &recent[begin..sent];
    let fitting = |other: &Event| own(other) && is_sent_for(summary.kind, &other.kind);
    let told = |other: &Event| own(other) && other.weight() == Weight::Story;
    let act = step.iter().rposition(fitting).or_else(|| step.iter().rposition(told));
    act.map_or(sent, |act| begin + act)
}

/// Whether a packet of this kind is what such an event has its server or client send.
const fn is_sent_for(packet: PacketKind, event: &EventKind) -> bool {
    use EventKind as E;
    match packet {
        PacketKind::RequestVote => matches!(event, E::ElectionStarted { .. }),
        PacketKind::VoteGranted => matches!(event, E::VoteGranted { .. }),
        PacketKind::VoteRefused => matches!(event, E::VoteRefused { .. }),
        PacketKind::Append { .. } => matches!(
            event,
            E::Submitted { .. }
                | E::BecameLeader { .. }
                | E::Committed { .. }
                | E::BackedUp { .. }
                | E::Resent { .. }
        ),
        PacketKind::Appended { .. } => matches!(event, E::Appended { .. }),
        PacketKind::AppendRefused { .. } => matches!(event, E::AppendRefused { .. }),
        PacketKind::ClientRequest => matches!(event, E::Called { .. } | E::AttemptFailed { .. }),
        PacketKind::ClientReply => matches!(
            event,
            E::Committed { .. }
                | E::LearnedCommit { .. }
                | E::Refused { .. }
                | E::WaiterReleased { .. }
        ),
    }
}

/// What a server had written when its sync began: the last thing that it did before.
fn before_sync(recent: &[Event], at: usize, server: ServerId) -> Option<usize> {
    recent[..at].iter().rposition(|event| {
        event.subject() == Some(Node::Server(server))
            && event.weight() == Weight::Story
            && !matches!(event.cause, Cause::Sync(_))
    })
}

/// Where a chain ends though more is known: what a client asks has its cause outside, unless a
/// command or a line of the script is the next word.
fn ends(event: &Event) -> bool {
    matches!(event.kind, EventKind::Called { .. } | EventKind::AttemptFailed { .. })
        && !matches!(event.cause, Cause::Command(_) | Cause::Line(_))
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
