//! The shortest words for an event: a few capitals that can be set in block letters. Names of
//! clients, keys and values keep their case. An event that has no such form is told in its headline.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use crate::cluster::event::{ClientEvent as C, Event, EventKind, LabEvent, Names, PacketEvent};
use crate::cluster::event::{RaftEvent as R, ServerEvent as S};
use crate::cluster::network::{PacketKind, Reply};
use crate::cluster::sessions::Skipped;
use crate::cluster::types::{Index, Node, Outcome, Request};

impl Event {
    /// "S3 APPENDS y=7"; `None` where so few words would not say it.
    pub fn brief(&self, names: &Names) -> Option<String> {
        let name = |client| names.client(client);
        Some(match &self.kind {
            EventKind::Server(server, event) => match event {
                S::Crashed { .. } => format!("{server} CRASHES"),
                S::Restarted { .. } => format!("{server} RESTARTS"),
                S::FellAsleep => format!("{server} SLEEPS"),
                S::Woke { .. } => format!("{server} WAKES UP"),
                S::Wiped => format!("{server} LOST ITS DISK"),
                S::Submitted { op, .. } => format!("{server} APPENDS {}", request(&op.request)),
                S::Registering { .. } => format!("{server} APPENDS A SESSION"),
                S::Skipped { index, why: Skipped::Copy(_), .. } => {
                    format!("{server}: ENTRY {index} IS A COPY")
                }
                S::Refused { client, .. } => format!("{server}: NOT THE LEADER, {}", name(*client)),
                S::Answered { client, answer, .. }
                | S::Replied { client, reply: Reply::Done(answer) } => {
                    format!("{server}►{} {}", name(*client), outcome_word(answer.outcome))
                }
                _ => return None,
            },
            EventKind::Raft(server, event) => match event {
                R::ElectionStarted { .. } => format!("{server} ASKS FOR VOTES"),
                R::VoteGranted { candidate, .. } => format!("{server} VOTES FOR {candidate}"),
                R::VoteRefused { candidate, .. } => format!("{server} REFUSES {candidate}"),
                R::BecameLeader { term, .. } => format!("{server} WINS TERM {term}"),
                R::SteppedDown { .. } => format!("{server} STEPS DOWN"),
                R::Appended { leader, first, last, .. } => {
                    format!("{server} COPIES {} FROM {leader}", range(*first, *last))
                }
                R::Truncated { first, last, .. } => {
                    format!("{server} DISCARDS {}", range(*first, *last))
                }
                R::SnapshotTaken { .. } => format!("{server} TAKES A SNAPSHOT"),
                R::SnapshotChosen { follower, .. } => format!("{server}►{follower} SNAPSHOT"),
                R::SnapshotInstalled { last, .. } => {
                    format!("{server} INSTALLS SNAPSHOT {}", last.index)
                }
                R::AppendRefused { leader, .. } => format!("{server} REFUSES {leader}"),
                R::BackedUp { follower, .. } => format!("{server} BACKS UP FOR {follower}"),
                R::Committed { first, last, .. } => {
                    format!("{server} COMMITS {}", range(*first, *last))
                }
                R::LearnedCommit { last, .. } => format!("{server} LEARNS COMMIT {last}"),
                R::OldTermWaits { index, .. } => format!("OLD ENTRY {index} WAITS"),
                _ => return None,
            },
            EventKind::Client(client, event) => match event {
                C::Called { request } => format!("{}: {}", name(*client), order(request)),
                C::SessionOpened { session } => format!("{} HAS SESSION {session}", name(*client)),
                C::SessionLost { .. } => format!("{} HAS NO SESSION", name(*client)),
                C::Returned { result, .. } => {
                    format!("{} GETS {}", name(*client), outcome_word(result.outcome))
                }
                C::LockHeld { lock } => format!("{} HOLDS {lock}", name(*client)),
                C::LockFree { lock } => format!("{} RELEASES {lock}", name(*client)),
                _ => return None,
            },
            EventKind::Packet(flight, PacketEvent::Dropped { .. }) => {
                match (flight.from, flight.to) {
                    (Node::Server(from), Node::Server(to)) => {
                        format!("{from}►{to} {} LOST", kind(flight.summary.kind))
                    }
                    (Node::Client(from), Node::Server(to)) => format!("{}►{to} LOST", name(from)),
                    (Node::Server(from), Node::Client(to)) => format!("{from}►{} LOST", name(to)),
                    (Node::Client(_), Node::Client(_)) => return None,
                }
            }
            EventKind::Lab(LabEvent::Commanded { command }) => {
                let text = command.to_string();
                let (verb, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
                format!("{}{rest}", verb.to_uppercase())
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
        PacketKind::PreVote => "PRE-VOTE?",
        PacketKind::RequestVote => "VOTE?",
        PacketKind::PreVoteGranted | PacketKind::VoteGranted => "YES",
        PacketKind::PreVoteRefused | PacketKind::VoteRefused | PacketKind::AppendRefused { .. } => {
            "NO"
        }
        PacketKind::Append { entries: 0, .. } => "HEARTBEAT",
        PacketKind::Append { .. } => "APPEND",
        PacketKind::TimeoutNow => "TAKE OVER",
        PacketKind::ReadIndex => "READ?",
        PacketKind::ReadIndexGiven { .. } => "READ",
        PacketKind::InstallSnapshot { .. } => "SNAPSHOT",
        PacketKind::Appended { .. }
        | PacketKind::ChunkReceived { .. }
        | PacketKind::SnapshotInstalled { .. } => "OK",
        PacketKind::ClientRequest | PacketKind::ClientReply => "",
        PacketKind::Foreign { what: crate::cluster::raft::Foreign::Appended } => "OK",
        PacketKind::Foreign { what: crate::cluster::raft::Foreign::AppendRefused } => "NO",
        PacketKind::Foreign { what: crate::cluster::raft::Foreign::Append } => "APPEND",
        PacketKind::Foreign { what: crate::cluster::raft::Foreign::Heartbeat } => "HEARTBEAT",
        PacketKind::Foreign { .. } => "MESSAGE",
    }
}
