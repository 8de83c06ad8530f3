//! Packets in flight.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, IntoStaticStr, VariantArray};

use super::{Cargo, Law};
use crate::cluster::raft::{Foreign, PacketKind, Summary};
use crate::cluster::time::Time;
use crate::cluster::types::{Node, PacketId, first};

/// Why nobody can double a packet between a client and a server.
pub(in crate::cluster) const ONCE: &str =
    "requests of clients and their replies are never duplicated: they behave like TCP";

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
    /// As events tell of it.
    pub fn flight(&self) -> Flight {
        let Self { id, from, to, ref cargo, .. } = *self;
        Flight { packet: id, from, to, summary: cargo.summary() }
    }

    /// Whether it will reach the end of its way, unless a cut or a crash stops it there.
    pub fn will_arrive(&self) -> bool {
        self.loss == Loss::Arrives && self.hand != Hand::Held
    }
}

/// A packet on its way, as every event of one tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub packet: PacketId,
    pub from: Node,
    pub to: Node,
    pub summary: Summary,
}

/// What has been done by hand with a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hand {
    #[default]
    Off,
    /// It is held at the end of its way.
    Held,
    /// It was held, doubled or delayed: no order takes it again.
    Used,
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

impl PacketKind {
    /// What scripts call this kind of packet.
    pub const fn name(self) -> PacketName {
        match self {
            Self::PreVote => PacketName::PreVote,
            Self::PreVoteGranted | Self::PreVoteRefused => PacketName::PreVoteReply,
            Self::RequestVote => PacketName::Vote,
            Self::VoteGranted | Self::VoteRefused => PacketName::VoteReply,
            Self::Append { entries: 0, .. } => PacketName::Heartbeat,
            Self::Append { .. } => PacketName::Append,
            Self::Appended { .. } | Self::AppendRefused { .. } => PacketName::AppendReply,
            Self::TimeoutNow => PacketName::TimeoutNow,
            Self::ReadIndex => PacketName::ReadIndex,
            Self::ReadIndexGiven { .. } => PacketName::ReadIndexReply,
            Self::InstallSnapshot { .. } => PacketName::Snapshot,
            Self::ChunkReceived { .. } | Self::SnapshotInstalled { .. } => {
                PacketName::SnapshotReply
            }
            Self::ClientRequest => PacketName::Request,
            Self::ClientReply => PacketName::Reply,
            Self::Foreign { what: Foreign::Appended | Foreign::AppendRefused } => {
                PacketName::AppendReply
            }
            Self::Foreign { what: Foreign::Append } => PacketName::Append,
            Self::Foreign { what: Foreign::Heartbeat } => PacketName::Heartbeat,
            Self::Foreign { .. } => PacketName::Other,
        }
    }
}

/// The kinds of packets as scripts name them.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumCount,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum PacketName {
    PreVote,
    PreVoteReply,
    Vote,
    VoteReply,
    Append,
    Heartbeat,
    AppendReply,
    TimeoutNow,
    ReadIndex,
    ReadIndexReply,
    Snapshot,
    SnapshotReply,
    Request,
    Reply,
    /// What a guest says, and no Raft of the paper does.
    Other,
}

impl PacketName {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    pub const fn word(self) -> &'static str {
        self.into_str()
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }
}
