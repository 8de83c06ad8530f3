//! Packets in flight.

use serde::{Deserialize, Serialize};

use super::{Cargo, Hand, Law};
use crate::cluster::time::Time;
use crate::cluster::types::{Index, Node, PacketId, Term};

/// A message on its way, between two servers or a client and a server. It stays visible until it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub id: PacketId,
    pub from: Node,
    pub to: Node,
    pub sent: Time,
    pub due: Time,
    /// For client RPCs: the server's life in which the call began. They die with it.
    pub incarnation: u32,
    /// Drawn on sending: whether it dies on the way instead of arriving.
    pub loss: Loss,
    /// Drawn on sending: how many milliseconds after it has met a cut, or a server that is down,
    /// its caller is told that the call has failed. `None` where callers hear nothing of that.
    pub fails_after: Option<u8>,
    /// From what that and its delay were drawn.
    pub law: Law,
    pub hand: Hand,
    pub cargo: Cargo,
}

impl Packet {
    /// Whether it will reach the end of its way, unless a cut or a crash stops it there.
    pub fn will_arrive(&self) -> bool {
        self.loss == Loss::Arrives && self.hand != Hand::Held
    }
}

/// What the link's rule drew for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    Arrives,
    /// It is lost at the time when it would have arrived.
    Lost,
    /// So too, and whoever made the call is told then that it has failed.
    LostAndReported,
}

impl Loss {
    /// What becomes of a packet that is lost or isn't.
    pub(in crate::cluster) const fn new(lost: bool, reported: bool) -> Self {
        match (lost, reported) {
            (false, _) => Self::Arrives,
            (true, true) => Self::LostAndReported,
            (true, false) => Self::Lost,
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
    ClientRequest,
    ClientReply,
}

impl PacketKind {
    /// What scripts call this kind of packet.
    pub const fn name(self) -> PacketName {
        match self {
            Self::RequestVote => PacketName::Vote,
            Self::VoteGranted | Self::VoteRefused => PacketName::VoteReply,
            Self::Append { entries: 0, .. } => PacketName::Heartbeat,
            Self::Append { .. } => PacketName::Append,
            Self::Appended { .. } | Self::AppendRefused { .. } => PacketName::AppendReply,
            Self::ClientRequest => PacketName::Request,
            Self::ClientReply => PacketName::Reply,
        }
    }
}

/// The kinds of packets as scripts name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PacketName {
    Vote,
    VoteReply,
    Append,
    Heartbeat,
    AppendReply,
    Request,
    Reply,
}

impl PacketName {
    pub const ALL: [Self; 7] = [
        Self::Vote,
        Self::VoteReply,
        Self::Append,
        Self::Heartbeat,
        Self::AppendReply,
        Self::Request,
        Self::Reply,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Vote => "vote",
            Self::VoteReply => "vote-reply",
            Self::Append => "append",
            Self::Heartbeat => "heartbeat",
            Self::AppendReply => "append-reply",
            Self::Request => "request",
            Self::Reply => "reply",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }
}
