//! The shortest words for an event: a few capitals that can be set in block letters. Names of
//! clients, keys and values keep their case. An event that has no such form is told in its headline.

use crate::cluster::event::{Event, EventKind, Names};
use crate::cluster::network::PacketKind;
use crate::cluster::types::{Answer, Index, Node, Outcome, Request};

impl Event {
    /// "S3 APPENDS y=7"; `None` where so few words would not say it.
    pub fn brief(&self, names: &Names) -> Option<String> {
        use EventKind as E;
        Some(match &self.kind {
            E::Crashed { server, .. } => format!("{server} CRASHES"),
            E::Restarted { server, .. } => format!("{server} RESTARTS"),
            E::FellAsleep { server, .. } => format!("{server} SLEEPS"),
            E::Woke { server, .. } => format!("{server} WAKES UP"),
            E::Wiped { server, .. } => format!("{server} LOST ITS DISK"),
            E::ElectionStarted { server, .. } => format!("{server} ASKS FOR VOTES"),
            E::VoteGranted { server, candidate, .. } => format!("{server} VOTES FOR {candidate}"),
            E::VoteRefused { server, candidate, .. } => format!("{server} REFUSES {candidate}"),
            E::BecameLeader { server, term, .. } => format!("{server} WINS TERM {term}"),
            E::SteppedDown { server, .. } => format!("{server} STEPS DOWN"),
            E::Submitted { server, op, .. } => {
                format!("{server} APPENDS {}", request(&op.request))
            }
            E::Appended { server, leader, first, last, .. } => {
                format!("{server} COPIES {} FROM {leader}", range(*first, *last))
            }
            E::Truncated { server, first, last, .. } => {
                format!("{server} DISCARDS {}", range(*first, *last))
            }
            E::AppendRefused { server, leader, .. } => format!("{server} REFUSES {leader}"),
            E::BackedUp { server, follower, .. } => format!("{server} BACKS UP FOR {follower}"),
            E::Committed { server, first, last, .. } => {
                format!("{server} COMMITS {}", range(*first, *last))
            }
            E::LearnedCommit { server, last, .. } => format!("{server} LEARNS COMMIT {last}"),
            E::OldTermWaits { index, .. } => format!("OLD ENTRY {index} WAITS"),
            E::Refused { server, client, .. } => {
                format!("{server}: NOT THE LEADER, {}", names.client(*client))
            }
            E::Called { client, request: what, .. } => {
                format!("{}: {}", names.client(*client), order(what))
            }
            E::Returned { client, result, .. } => {
                let (client, outcome) = (names.client(*client), outcome_word(result.outcome));
                format!("{client} GETS {outcome}")
            }
            E::Answered { client, answer, server, .. } => {
                let Answer { outcome, .. } = answer;
                format!("{server}►{} {}", names.client(*client), outcome_word(*outcome))
            }
            E::LockHeld { client, lock, .. } => format!("{} HOLDS {lock}", names.client(*client)),
            E::LockFree { client, lock, .. } => {
                format!("{} RELEASES {lock}", names.client(*client))
            }
            E::Dropped { from: Node::Server(from), to: Node::Server(to), summary, .. } => {
                format!("{from}►{to} {} LOST", kind(summary.kind))
            }
            _ => return None,
        })
    }
}

fn request(request: &Request) -> String {
    match request {
        Request::Get { key } => format!("READ {key}"),
        Request::Put { key, value, .. } => format!("{key}={value}"),
    }
}

fn order(request: &Request) -> String {
    match request {
        Request::Get { key } => format!("GET {key}"),
        Request::Put { key, value, .. } => format!("PUT {key}={value}"),
    }
}

fn range(first: Index, last: Index) -> String {
    if first == last { format!("ENTRY {first}") } else { format!("{first}-{last}") }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "OK",
        Outcome::NoKey => "NO KEY",
        Outcome::Version => "VERSION",
        Outcome::Maybe => "MAYBE",
    }
}

const fn kind(kind: PacketKind) -> &'static str {
    match kind {
        PacketKind::RequestVote => "VOTE?",
        PacketKind::VoteGranted => "YES",
        PacketKind::VoteRefused | PacketKind::AppendRefused { .. } => "NO",
        PacketKind::Append { entries: 0, .. } => "HEARTBEAT",
        PacketKind::Append { .. } => "APPEND",
        PacketKind::Appended { .. } => "OK",
        PacketKind::ClientRequest | PacketKind::ClientReply => "",
    }
}
