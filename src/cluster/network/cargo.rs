//! What packets carry: what servers say to each other, which is Raft's own affair, and what clients
//! and servers do.

use serde::{Deserialize, Serialize};

use super::{PacketKind, Summary};
use crate::cluster::raft::Message;
use crate::cluster::types::{Answer, Request, SessionId, Term};

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cargo {
    /// From server to server.
    Raft(Message),
    /// From a client to a server, or back.
    Client(Rpc),
    /// What a trace says that it is: no more is known of it.
    Told(Summary),
}

/// A client's RPC. `call` counts that client's gets and puts, `attempt` the servers that it tried
/// for this one. All packets are as large as the largest, so both are small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rpc {
    /// A client's get or put, and the session that a put is of, if any.
    Request { call: u32, attempt: u32, session: Option<SessionId>, request: Request },
    /// It wants a session first.
    Register { call: u32, attempt: u32 },
    /// The answer to that attempt.
    Reply { call: u32, attempt: u32, reply: Reply },
}

/// A server's answer to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Done(Answer),
    WrongLeader(WrongLeader),
    /// The session that it asked for.
    Session(SessionId),
    /// Its session is open no more, and what it asked for was not carried out now.
    Expired,
}

/// Why a server didn't carry out a request, which decides whether it may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WrongLeader {
    /// It isn't the leader and submitted nothing.
    NotLeader,
    /// Another operation was applied at the index where this one stood: it is gone for good.
    AnotherOp,
    /// The server's term changed while it waited; the entry may still commit.
    TermChanged,
    /// It lost the leadership while it waited; the entry may still commit.
    LeadershipLost,
    /// It waited too long; the entry may still commit.
    TimedOut,
    /// It hands its leadership over and submitted nothing.
    HandsOver,
    /// Too much of its log is not committed, and it submitted nothing.
    Busy,
}

impl WrongLeader {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotLeader => "not the leader",
            Self::HandsOver => "hands over",
            Self::Busy => "too much is open",
            Self::AnotherOp => "another took its index",
            Self::TermChanged => "the term changed",
            Self::LeadershipLost => "lost the leadership",
            Self::TimedOut => "waited too long",
        }
    }

    /// Whether the operation may have been carried out, or may be later.
    pub const fn may_execute(self) -> bool {
        match self {
            Self::NotLeader | Self::HandsOver | Self::Busy | Self::AnotherOp => false,
            Self::TermChanged | Self::LeadershipLost | Self::TimedOut => true,
        }
    }
}

impl Cargo {
    /// What one server says to another, if it is that.
    pub const fn raft(&self) -> Option<&Message> {
        match self {
            Self::Raft(message) => Some(message),
            Self::Client(_) | Self::Told(_) => None,
        }
    }

    /// What a client and a server say to each other, if it is that.
    pub const fn client(&self) -> Option<&Rpc> {
        match self {
            Self::Raft(_) | Self::Told(_) => None,
            Self::Client(rpc) => Some(rpc),
        }
    }

    /// Whether only a trace tells of it.
    pub const fn is_told(&self) -> bool {
        matches!(self, Self::Told(_))
    }

    /// What it is in short.
    pub fn summary(&self) -> Summary {
        let kind = match self {
            Self::Raft(message) => return message.summary(),
            Self::Told(summary) => return *summary,
            Self::Client(Rpc::Request { .. } | Rpc::Register { .. }) => PacketKind::ClientRequest,
            Self::Client(Rpc::Reply { .. }) => PacketKind::ClientReply,
        };
        Summary { kind, term: Term::ZERO }
    }

    /// Whether it answers another packet rather than asking something.
    pub const fn is_reply(&self) -> bool {
        match self {
            Self::Raft(message) => message.is_reply(),
            Self::Told(summary) => summary.is_reply(),
            Self::Client(rpc) => matches!(rpc, Rpc::Reply { .. }),
        }
    }

    /// How many bytes it would take on a wire: fixed-size fields as they are, texts with a
    /// length of four bytes. Counted for the limits on traffic, never sent.
    pub fn wire_bytes(&self) -> u64 {
        match self {
            Self::Raft(message) => message.wire_bytes(),
            Self::Told(_) => 0,
            Self::Client(Rpc::Request { request, session, .. }) => {
                12 + request.wire_bytes() + session.map_or(0, |_| 8)
            }
            Self::Client(Rpc::Register { .. }) => 12,
            Self::Client(Rpc::Reply { reply: Reply::Done(answer), .. }) => {
                25 + answer.value.len() as u64
            }
            Self::Client(Rpc::Reply { reply: Reply::Session(_), .. }) => 17,
            Self::Client(Rpc::Reply { reply: Reply::WrongLeader(_) | Reply::Expired, .. }) => 13,
        }
    }
}

impl Rpc {
    /// To which attempt of which call it belongs.
    pub const fn attempt(&self) -> (u64, u32) {
        match self {
            Self::Request { call, attempt, .. }
            | Self::Register { call, attempt }
            | Self::Reply { call, attempt, .. } => (*call as u64, *attempt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::types::{Outcome, Version};

    /// A client's call has eight bytes and its attempt four; a version has eight, lengths of texts
    /// four, what is one of a few one.
    #[test]
    fn a_clients_rpc_takes_the_bytes_of_its_fields() {
        let (get, put) = (
            Request::Get { key: "kk".into() },
            Request::Put { key: "kk".into(), value: "seven..".into(), version: Version(3) },
        );
        let request = |request| Rpc::Request { call: 1, attempt: 1, session: None, request };
        let reply = |reply| Rpc::Reply { call: 1, attempt: 1, reply };
        let answer = Answer { outcome: Outcome::Ok, value: "seven..".into(), version: Version(1) };
        for (rpc, bytes) in [
            (request(get), 8 + 4 + 4 + 2),
            (request(put), 8 + 4 + 4 + 2 + 4 + 7 + 8),
            (reply(Reply::Done(answer)), 8 + 4 + 1 + 8 + 4 + 7),
            (reply(Reply::WrongLeader(WrongLeader::NotLeader)), 8 + 4 + 1),
        ] {
            let cargo = Cargo::Client(rpc);
            assert_eq!(cargo.wire_bytes(), bytes, "{cargo:?}");
        }
    }
}
