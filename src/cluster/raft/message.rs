//! What servers say to each other: the RPCs of the paper's Figure 2.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use strum::VariantArray;

use super::log::Entry;
use super::snapshot::{Chunk, ChunkResult};
use crate::cluster::types::{Index, Term};

/// A place in a log together with the term of the entry there: by the Log Matching Property
/// (§5.3) this names the entry and everything before it. Printed as `5@3`, index at term.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position {
    pub index: Index,
    pub term: Term,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.index, self.term)
    }
}

/// The entries of one AppendEntries. One entry, the usual case, needs no allocation.
pub type Entries = SmallVec<[Entry; 1]>;

/// `call` counts the calls of the server that asks: an answer carries the number of its request, as
/// in any RPC, so that the network can tell which call has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Dissertation §9.6: would the receiver vote for the sender in this term, which is the one after
    /// the sender's? Nothing changes by it.
    PreVote { call: u32, term: Term, last: Position },
    /// The answer: the same term if so, else the receiver's own.
    PreVoteReply { call: u32, term: Term, granted: bool },
    /// Figure 2, RequestVote RPC: `last` is where the candidate's log ends.
    /// `transfer`: a leader has told the candidate to ask (dissertation §3.10).
    RequestVote { call: u32, term: Term, last: Position, transfer: bool },
    /// The answer: `term` is the voter's.
    VoteReply { call: u32, term: Term, granted: bool },
    /// Figure 2, AppendEntries RPC: `entries` follow `prev`; with none it is a heartbeat.
    Append { call: u32, term: Term, prev: Position, entries: Entries, commit: Index },
    /// The answer to the AppendEntries that followed `prev`.
    AppendReply { call: u32, term: Term, prev: Index, result: AppendResult },
    /// Figure 13, InstallSnapshot RPC: all of a snapshot, or a part of it.
    InstallSnapshot { call: u32, term: Term, chunk: Chunk },
    /// The answer to a chunk of the snapshot that ends at `last`.
    InstallReply { call: u32, term: Term, last: Index, result: ChunkResult },
    /// Dissertation §3.10: the leader of this term asks the receiver to become a candidate at once.
    TimeoutNow { call: u32, term: Term },
    /// Dissertation §6.4: a follower asks its leader up to where it must have applied to answer this
    /// read.
    ReadIndex { call: u32, term: Term, read: u64 },
    /// The answer.
    ReadIndexReply { call: u32, term: Term, read: u64, index: Index },
    /// What a guest says to another: bytes of its own, and of what kind and term it says they are.
    Foreign { kind: Foreign, term: Term, bytes: Rc<[u8]> },
}

/// What a guest says that a message of its own is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Foreign {
    Other,
    RequestVote,
    VoteGranted,
    VoteRefused,
    Append,
    Appended,
    AppendRefused,
    PreVote,
    PreVoteGranted,
    PreVoteRefused,
    /// An append without entries.
    Heartbeat,
}

impl Foreign {
    /// The kind of this number, by which a guest names it.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::VARIANTS.get(usize::try_from(number).ok()?).copied()
    }

    /// What a packet of the kind is.
    const fn packet(self) -> PacketKind {
        match self {
            Self::RequestVote => PacketKind::RequestVote,
            Self::VoteGranted => PacketKind::VoteGranted,
            Self::VoteRefused => PacketKind::VoteRefused,
            Self::PreVote => PacketKind::PreVote,
            Self::PreVoteGranted => PacketKind::PreVoteGranted,
            Self::PreVoteRefused => PacketKind::PreVoteRefused,
            Self::Other | Self::Append | Self::Appended | Self::AppendRefused | Self::Heartbeat => {
                PacketKind::Foreign { what: self }
            }
        }
    }

    /// Whether it answers another.
    const fn is_reply(self) -> bool {
        matches!(
            self,
            Self::VoteGranted
                | Self::VoteRefused
                | Self::Appended
                | Self::AppendRefused
                | Self::PreVoteGranted
                | Self::PreVoteRefused
        )
    }

    /// "append", "yes": in short.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Other => "message",
            Self::RequestVote => "vote?",
            Self::PreVote => "pre-vote?",
            Self::VoteGranted | Self::PreVoteGranted => "yes",
            Self::VoteRefused | Self::PreVoteRefused | Self::AppendRefused => "no",
            Self::Append => "append",
            Self::Heartbeat => "heartbeat",
            Self::Appended => "ok",
        }
    }

    /// "an append of term 3": what it is said to be.
    pub fn words(self, term: Term) -> String {
        match self {
            Self::Other => format!("a message of term {term}"),
            Self::RequestVote => format!("a vote request for term {term}"),
            Self::VoteGranted => format!("a vote in term {term}"),
            Self::VoteRefused => format!("a refused vote, from term {term}"),
            Self::Append => format!("an append of term {term}"),
            Self::Heartbeat => format!("a heartbeat of term {term}"),
            Self::Appended => format!("an ack in term {term}"),
            Self::AppendRefused => format!("a refused append, from term {term}"),
            Self::PreVote => format!("a pre-vote request for term {term}"),
            Self::PreVoteGranted => format!("a pre-vote for term {term}"),
            Self::PreVoteRefused => format!("a refused pre-vote, from term {term}"),
        }
    }
}

/// A message in short: what an event, a chip on the map and a trace line need of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub kind: PacketKind,
    /// The sender's term; 0 for client RPCs, which carry none.
    pub term: Term,
}

/// What a packet is. RPC names are those of the paper's Figure 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PacketKind {
    PreVote,
    PreVoteGranted,
    PreVoteRefused,
    RequestVote,
    VoteGranted,
    VoteRefused,
    /// AppendEntries with `entries` entries after `prev`; with none it is a heartbeat, which
    /// brings a commit index all the same.
    Append {
        prev: Index,
        entries: u32,
        commit: Index,
    },
    Appended {
        matched: Index,
    },
    /// A refusal, with the follower's last index: where the leader may go on.
    AppendRefused {
        last: Index,
    },
    TimeoutNow,
    ReadIndex,
    /// A follower may read once it has applied up to this index.
    ReadIndexGiven {
        index: Index,
    },
    /// The bytes `from..to` of a snapshot that takes `of`, and covers the log up to `last`.
    InstallSnapshot {
        last: Index,
        from: u32,
        to: u32,
        of: u32,
    },
    /// The follower has the first so many bytes of a snapshot.
    ChunkReceived {
        bytes: u32,
    },
    SnapshotInstalled {
        matched: Index,
    },
    ClientRequest,
    ClientReply,
    /// A message of a guest, of which the lab knows only what it is said to be.
    Foreign {
        what: Foreign,
    },
}

/// What a follower makes of an AppendEntries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppendResult {
    /// Its log now agrees with the leader's up to this index.
    Matched(Index),
    /// It has no entry at `prev` with the leader's term (or the leader's term is old). The
    /// three figures let the leader back up a whole term at a time (§5.3, end).
    Refused {
        /// The term of its own entry at `prev`; `None` if its log is too short.
        conflict: Option<Term>,
        /// The first index that it holds of that term; 0 without a conflict.
        first: Index,
        /// Where its log ends.
        last: Index,
    },
    /// The same of a server that keeps [`RaftOption::RejectHint`](super::RaftOption).
    Hinted {
        /// The last of its entries before `prev` that could agree with the leader's log: of no later term
        /// than the leader's entry at `prev`.
        at: Position,
        /// The first index that it holds of that term.
        first: Index,
        /// Where its log ends.
        last: Index,
    },
}

impl Summary {
    /// Whether it answers another packet rather than asking something.
    pub const fn is_reply(&self) -> bool {
        match self.kind {
            PacketKind::PreVoteGranted
            | PacketKind::PreVoteRefused
            | PacketKind::VoteGranted
            | PacketKind::VoteRefused
            | PacketKind::Appended { .. }
            | PacketKind::AppendRefused { .. }
            | PacketKind::ReadIndexGiven { .. }
            | PacketKind::ChunkReceived { .. }
            | PacketKind::SnapshotInstalled { .. }
            | PacketKind::ClientReply => true,
            PacketKind::Foreign { what } => what.is_reply(),
            PacketKind::PreVote
            | PacketKind::RequestVote
            | PacketKind::TimeoutNow
            | PacketKind::ReadIndex
            | PacketKind::Append { .. }
            | PacketKind::InstallSnapshot { .. }
            | PacketKind::ClientRequest => false,
        }
    }
}

impl Message {
    /// The message in short.
    #[inline]
    pub fn summary(&self) -> Summary {
        let (kind, term) = match self {
            Self::PreVote { term, .. } => (PacketKind::PreVote, *term),
            Self::PreVoteReply { term, granted: true, .. } => (PacketKind::PreVoteGranted, *term),
            Self::PreVoteReply { term, granted: false, .. } => (PacketKind::PreVoteRefused, *term),
            Self::RequestVote { term, .. } => (PacketKind::RequestVote, *term),
            Self::VoteReply { term, granted: true, .. } => (PacketKind::VoteGranted, *term),
            Self::VoteReply { term, granted: false, .. } => (PacketKind::VoteRefused, *term),
            Self::Append { term, prev, entries, commit, .. } => {
                let entries = entries.len() as u32;
                (PacketKind::Append { prev: prev.index, entries, commit: *commit }, *term)
            }
            Self::AppendReply { term, result, .. } => match *result {
                AppendResult::Matched(matched) => (PacketKind::Appended { matched }, *term),
                AppendResult::Refused { last, .. } | AppendResult::Hinted { last, .. } => {
                    (PacketKind::AppendRefused { last }, *term)
                }
            },
            Self::TimeoutNow { term, .. } => (PacketKind::TimeoutNow, *term),
            Self::ReadIndex { term, .. } => (PacketKind::ReadIndex, *term),
            Self::ReadIndexReply { term, index, .. } => {
                (PacketKind::ReadIndexGiven { index: *index }, *term)
            }
            Self::Foreign { kind, term, .. } => (kind.packet(), *term),
            Self::InstallSnapshot { term, chunk, .. } => (chunk.kind(), *term),
            Self::InstallReply { term, result, .. } => (result.kind(), *term),
        };
        Summary { kind, term }
    }

    /// Whether it answers another message rather than asking something.
    pub const fn is_reply(&self) -> bool {
        match self {
            Self::PreVoteReply { .. }
            | Self::VoteReply { .. }
            | Self::AppendReply { .. }
            | Self::InstallReply { .. }
            | Self::ReadIndexReply { .. } => true,
            Self::Foreign { kind, .. } => kind.is_reply(),
            Self::PreVote { .. }
            | Self::RequestVote { .. }
            | Self::Append { .. }
            | Self::InstallSnapshot { .. }
            | Self::TimeoutNow { .. }
            | Self::ReadIndex { .. } => false,
        }
    }

    /// The number of the call to which it belongs.
    pub const fn call(&self) -> u32 {
        match self {
            Self::PreVote { call, .. }
            | Self::PreVoteReply { call, .. }
            | Self::RequestVote { call, .. }
            | Self::VoteReply { call, .. }
            | Self::Append { call, .. }
            | Self::AppendReply { call, .. }
            | Self::InstallSnapshot { call, .. }
            | Self::InstallReply { call, .. }
            | Self::TimeoutNow { call, .. }
            | Self::ReadIndex { call, .. }
            | Self::ReadIndexReply { call, .. } => *call,
            Self::Foreign { .. } => 0,
        }
    }

    /// How many bytes it would take on a wire: fixed-size fields as they are, texts with a
    /// length of four bytes. Counted for the limits on traffic, never sent.
    pub fn wire_bytes(&self) -> u64 {
        match self {
            Self::PreVote { .. } | Self::RequestVote { .. } => 28,
            Self::PreVoteReply { .. } | Self::VoteReply { .. } => 13,
            Self::Append { entries, .. } => 36 + entries.iter().map(Entry::bytes).sum::<u64>(),
            Self::AppendReply { result: AppendResult::Hinted { .. }, .. } => 53,
            Self::AppendReply { .. } => 45,
            Self::TimeoutNow { .. } => 12,
            Self::ReadIndex { .. } => 20,
            Self::ReadIndexReply { .. } => 28,
            Self::Foreign { bytes, .. } => bytes.len() as u64,
            // The last index and term, the offset, the data, and whether it is the last chunk.
            Self::InstallSnapshot { chunk, .. } => {
                12 + 16 + 4 + 4 + u64::from(chunk.to - chunk.from) + 1
            }
            Self::InstallReply { .. } => 12 + 8 + 1 + 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::cluster::types::{Op, OpId, Request, ServerId, Version};

    /// Terms, indexes, versions and numbers of operations take eight bytes, the numbers of calls
    /// and lengths four, what is one of a few one.
    #[test]
    fn a_message_takes_the_bytes_of_its_fields() {
        let (get, put) = (
            Request::Get { key: "kk".into() },
            Request::Put { key: "kk".into(), value: "seven..".into(), version: Version(3) },
        );
        let (get_bytes, put_bytes) = (4 + 2, 4 + 2 + 4 + 7 + 8);
        let entry = |request: &Request| {
            let id = OpId { server: ServerId::from_index(0), number: 1 };
            Entry::new(Term(1), Rc::new(Op::new(id, request.clone())))
        };
        let append = |entries: &[Entry]| Message::Append {
            call: 1,
            term: Term(1),
            prev: Position::default(),
            entries: entries.iter().cloned().collect(),
            commit: Index(0),
        };
        let result = AppendResult::Matched(Index(1));
        let (heartbeat, each) = (4 + 8 + 16 + 8, 8 + 1 + 8);
        for (message, bytes) in [
            (append(&[]), heartbeat),
            (append(&[entry(&get)]), heartbeat + each + get_bytes),
            (append(&[entry(&get), entry(&put)]), heartbeat + 2 * each + get_bytes + put_bytes),
            (Message::VoteReply { call: 1, term: Term(1), granted: true }, 4 + 8 + 1),
            (
                Message::RequestVote {
                    call: 1,
                    term: Term(1),
                    last: Position::default(),
                    transfer: false,
                },
                4 + 8 + 16,
            ),
            (
                Message::AppendReply { call: 1, term: Term(1), prev: Index(0), result },
                12 + 8 + 1 + 24,
            ),
        ] {
            assert_eq!(message.wire_bytes(), bytes, "{message:?}");
        }
    }
}
