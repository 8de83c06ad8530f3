//! How it came to this: an event and its causes, followed back through packets and disks to a
//! timer, a command or the edge of what is remembered.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use super::LINE;
use super::scene::span;
use crate::cluster::cause::Cause;
use crate::cluster::event::{
    AppendRefusal, ClientEvent, Event, EventKind, IgnoreReason, LabEvent, Names, NetworkEvent,
    PacketEvent, RaftEvent as R, ServerEvent as S,
};
use crate::cluster::fit::{shorten, wrap};
use crate::cluster::flaw::Flaw;
use crate::cluster::network::{Flight, PacketKind};
use crate::cluster::raft::Role;
use crate::cluster::types::{Index, Node, PacketId, ServerId};

/// How far back a chain goes: as much as can be taken in at once.
const STEPS: usize = 6;
/// How many deeds a list of causes goes back.
const CAUSES_MAX: usize = 64;

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

/// The event at `at` and all that it goes back to, the newest first: what was done, and the packets
/// that carried it on, sent and received. Bounded, as every explanation is.
pub fn causes(recent: &[Event], at: usize, names: &Names) -> Vec<usize> {
    let mut causes = vec![at];
    let mut here = at;
    for _ in 0..CAUSES_MAX {
        let Some(event) = recent.get(here) else { break };
        causes.extend(carried_by(recent, here));
        match step(recent, here, names).1.filter(|earlier| *earlier < here) {
            Some(earlier) => here = earlier,
            None => {
                causes.extend(ordered(recent, here, event));
                break;
            }
        }
        causes.push(here);
    }
    causes.dedup();
    causes
}

/// The receiving, or the loss, and the sending of the packet that brought an event about.
fn carried_by(recent: &[Event], at: usize) -> Vec<usize> {
    let (Cause::Packet(packet) | Cause::LossReport(packet)) = recent[at].cause else {
        return Vec::new();
    };
    let ended = recent[..=at].iter().rposition(|event| {
        matches!(event.kind, EventKind::Packet(flight, PacketEvent::Received
            | PacketEvent::Dropped { .. }) if flight.packet == packet)
    });
    [ended, sending(recent, at, packet)].into_iter().flatten().collect()
}

/// The command that an event comes of, if one does.
fn ordered(recent: &[Event], at: usize, event: &Event) -> Option<usize> {
    matches!(event.cause, Cause::Command(_) | Cause::Line(_)).then_some(())?;
    recent[..at].iter().rposition(|other| {
        other.cause == event.cause
            && matches!(other.kind, EventKind::Lab(LabEvent::Commanded { .. }))
    })
}

/// A text in lines that all begin with this indent.
fn paragraph(text: &str, indent: &str) -> impl Iterator<Item = String> {
    wrap(text, LINE - indent.len()).into_iter().map(move |line| format!("{indent}{line}"))
}

/// The cause of the event at `at` in words, and the earlier event that it leads to.
fn step(recent: &[Event], at: usize, names: &Names) -> (String, Option<usize>) {
    let event = &recent[at];
    if matches!(event.kind, EventKind::Packet(_, PacketEvent::Sent)) {
        let act = act_of(recent, at);
        if act != at {
            return (recent[act].headline(names), Some(act));
        }
    }
    match event.cause {
        Cause::Packet(packet) => {
            let lost = matches!(event.kind, EventKind::Packet(_, PacketEvent::Dropped { .. }));
            let end = if lost { "was sent" } else { "arrived" };
            through_packet(recent, at, packet, end, names)
        }
        Cause::LossReport(packet) => through_packet(recent, at, packet, "was lost", names),
        Cause::Sync(server) => match before_sync(recent, at, server) {
            Some(earlier) => {
                let deed = recent[earlier].headline(names);
                (format!("{deed}, and its disk has synced"), Some(earlier))
            }
            None => (format!("{server} had synced its disk"), None),
        },
        Cause::ElectionTimer(server) => (silence(recent, at, server), None),
        Cause::Command(_) | Cause::Line(_) => (commanded(recent, at, names), None),
        Cause::Start
        | Cause::HeartbeatTimer(_)
        | Cause::WaiterTimer(_)
        | Cause::QuorumTimer(_)
        | Cause::GuestTimer(..)
        | Cause::Told(_)
        | Cause::ClientTimer(_) => (plain(event, names), None),
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
    let EventKind::Raft(_, R::LearnedCommit { leader, last, .. }) = recent[at].kind else {
        return None;
    };
    recent[..sent].iter().rposition(|event| {
        matches!(event.kind, EventKind::Raft(server, R::Committed { last: end, .. })
            if server == leader && end >= last)
    })
}

/// Where a packet was sent: its original, if it is a duplicate.
fn sending(recent: &[Event], at: usize, id: PacketId) -> Option<usize> {
    let place = recent[..at].iter().rposition(|event| match event.kind {
        EventKind::Packet(flight, PacketEvent::Sent) => flight.packet == id,
        EventKind::Network(NetworkEvent::Duplicated { copy, .. }) => copy == id,
        _ => false,
    })?;
    if let EventKind::Network(NetworkEvent::Duplicated { packet, .. }) = recent[place].kind {
        return sending(recent, place, packet).or(Some(place));
    }
    Some(place)
}

/// What the sender did that made it send: in the same step or, if the packet waited for the
/// disk, in the step that it began to wait in. The sending itself, if nothing else is known.
fn act_of(recent: &[Event], sent: usize) -> usize {
    let event = &recent[sent];
    let EventKind::Packet(flight, PacketEvent::Sent) = event.kind else { return sent };
    let own = |other: &Event| other.subject() == event.subject();
    let fitting = |other: &Event| own(other) && is_sent_for(flight, &other.kind);
    if let Cause::Sync(server) = event.cause {
        let asked = recent[..sent].iter().rposition(fitting);
        return asked.or_else(|| before_sync(recent, sent, server)).unwrap_or(sent);
    }
    let same = |other: &Event| other.time == event.time && other.cause == event.cause;
    let begin = recent[..sent].iter().rposition(|other| !same(other)).map_or(0, |last| last + 1);
    let step = &recent[begin..sent];
    let act = step.iter().rposition(fitting);
    // An answer comes of a commit: that is the more telling.
    let commits = |index: Index| {
        step.iter().position(|other| match &other.kind {
            EventKind::Raft(
                _,
                R::Committed { first, last, .. }
                | R::LearnedCommit { first, last, .. }
                | R::CommitReported { first, last },
            ) => own(other) && (*first..=*last).contains(&index),
            _ => false,
        })
    };
    let act = act.map(|act| match step[act].kind {
        EventKind::Server(_, S::Answered { index, .. }) => commits(index).unwrap_or(act),
        _ => act,
    });
    // What waited for the disk has left its step behind.
    let earlier =
        || recent[..begin].iter().rposition(|other| other.cause == event.cause && fitting(other));
    act.map(|act| begin + act).or_else(earlier).unwrap_or(sent)
}

/// Whether a packet is what such an event has its server or client send.
fn is_sent_for(flight: Flight, event: &EventKind) -> bool {
    let Flight { to, summary, .. } = flight;
    let (term, is_to) = (summary.term, |server: &ServerId| to == Node::Server(*server));
    match (summary.kind, event) {
        (kind, EventKind::Raft(_, event)) => match (kind, event) {
            (PacketKind::PreVote, R::PreVoteStarted { term: of, .. }) => *of == term,
            (PacketKind::PreVoteGranted, R::PreVoteGranted { candidate, term: of, .. }) => {
                is_to(candidate) && *of == term
            }
            (PacketKind::PreVoteRefused, R::PreVoteRefused { candidate, .. }) => is_to(candidate),
            (PacketKind::RequestVote, R::ElectionStarted { term: of, .. }) => *of == term,
            (PacketKind::VoteGranted, R::VoteGranted { candidate, term: of, .. }) => {
                is_to(candidate) && *of == term
            }
            (PacketKind::VoteRefused, R::VoteRefused { candidate, .. }) => is_to(candidate),
            (PacketKind::Append { .. }, R::BecameLeader { .. }) => true,
            (PacketKind::RequestVote | PacketKind::PreVote, R::Stands { term: of, .. })
            | (PacketKind::VoteGranted, R::Saved { term: of, .. }) => *of == term,
            (PacketKind::Foreign { .. }, R::Wrote { .. } | R::BecameLeader { .. }) => true,
            (
                PacketKind::Append { .. },
                R::BackedUp { follower, .. }
                | R::Resent { follower, .. }
                | R::ProbesAgain { follower, .. }
                | R::Matched { follower, .. },
            ) => is_to(follower),
            (PacketKind::Appended { .. }, R::Appended { leader, .. })
            | (PacketKind::AppendRefused { .. }, R::AppendRefused { leader, .. }) => is_to(leader),
            _ => false,
        },
        (
            PacketKind::Append { .. },
            EventKind::Server(_, S::Submitted { .. } | S::Registering { .. }),
        ) => true,
        (
            PacketKind::ClientRequest,
            EventKind::Client(_, ClientEvent::Called { .. } | ClientEvent::AttemptFailed { .. }),
        ) => true,
        (
            PacketKind::ClientReply,
            EventKind::Server(
                _,
                S::Answered { client, .. }
                | S::Replied { client, .. }
                | S::Refused { client, .. }
                | S::WaiterReleased { client, .. },
            ),
        ) => to == Node::Client(*client),
        _ => false,
    }
}

/// What a server had written when its sync began: the last thing that it wrote before.
fn before_sync(recent: &[Event], at: usize, server: ServerId) -> Option<usize> {
    use EventKind as E;
    recent[..at].iter().rposition(|event| {
        event.subject() == Some(Node::Server(server))
            && matches!(
                event.kind,
                E::Server(_, S::Submitted { .. } | S::Registering { .. })
                    | E::Raft(
                        _,
                        R::ElectionStarted { .. }
                            | R::VoteGranted { .. }
                            | R::TermAdopted { .. }
                            | R::Appended { .. }
                            | R::Truncated { .. }
                            | R::Saved { .. }
                            | R::Wrote { .. }
                            | R::Erased { .. }
                    )
            )
    })
}

/// Where a chain ends though more is known: what a client asks has its cause outside, unless a
/// command or a line of the script is the next word.
fn ends(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Client(_, ClientEvent::Called { .. } | ClientEvent::AttemptFailed { .. })
    ) && !matches!(event.cause, Cause::Command(_) | Cause::Line(_))
}

fn commanded(recent: &[Event], at: usize, names: &Names) -> String {
    let event = &recent[at];
    let command = recent[..=at].iter().rev().find_map(|other| {
        let EventKind::Lab(LabEvent::Commanded { command }) = &other.kind else { return None };
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
    let last = (0..at).rev().find_map(|at| Some((recent[at].time, reset(recent, at, server)?)));
    match last {
        Some((time, since)) => {
            format!("its election timer fired: {} {since}", span(now.since(time)))
        }
        None => "its election timer fired: no word from a leader in time".to_owned(),
    }
}

/// In words, if this event reset the server's election timer (Figure 2, Followers; §5.2).
fn reset(recent: &[Event], at: usize, id: ServerId) -> Option<String> {
    use EventKind as E;
    let event = &recent[at];
    let kind = &event.kind;
    if let E::Packet(
        Flight { from: Node::Server(from), to: Node::Server(to), summary, .. },
        PacketEvent::Received,
    ) = kind
        && *to == id
        && matches!(summary.kind, PacketKind::Append { .. })
        && !is_of_no_leader(recent, at, id)
    {
        return Some(format!("without a word from {from}"));
    }
    if event.subject() != Some(Node::Server(id)) {
        return None;
    }
    if let E::Raft(_, R::VoteGranted { candidate, .. }) = kind {
        return Some(format!("after its vote for {candidate} no leader has spoken"));
    }
    if let E::Raft(_, R::ElectionStarted { term, .. }) = kind {
        return Some(format!("after it became a candidate in term {term} it has not won"));
    }
    if let E::Raft(_, R::SteppedDown { role: Role::Leader, term, .. }) = kind {
        return Some(format!("after it led term {term} no leader has spoken"));
    }
    if let E::Raft(_, R::Departed { flaw: Flaw::ResetOnAnyRpc, .. }) = kind {
        return Some(format!("after flaw {} reset it", Flaw::ResetOnAnyRpc));
    }
    matches!(kind, E::Server(_, S::Restarted { .. }))
        .then(|| "after its restart no leader has spoken".into())
}

/// Whether the append that arrived was of an older term, or of no use to a leader of the same: what
/// followed in its step says so.
fn is_of_no_leader(recent: &[Event], arrived: usize, id: ServerId) -> bool {
    use EventKind as E;
    let same =
        |event: &&Event| (event.time, event.cause) == (recent[arrived].time, recent[arrived].cause);
    recent[arrived..].iter().take_while(same).any(|event| {
        event.subject() == Some(Node::Server(id))
            && matches!(
                event.kind,
                E::Raft(
                    _,
                    R::AppendRefused { why: AppendRefusal::StaleTerm { .. }, .. }
                        | R::Ignored { why: IgnoreReason::AlsoLeads, .. }
                )
            )
    })
}
