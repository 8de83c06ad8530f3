//! Packets and what the network does with them, in words.

use super::row::{Ask, Row, no_reason};
use super::spell::{Spell, packet};
use crate::cluster::event::{DropReason, NetworkEvent, PacketEvent};
use crate::cluster::network::{Flight, PacketKind, Summary};
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::Node;

impl PacketEvent {
    pub(super) fn row(&self, flight: &Flight, ask: Ask) -> Row {
        let Flight { packet: id, from, to, summary } = *flight;
        let ask = ask.about(Topic::Network);
        match self {
            Self::Sent => ask.detail(
                |spell| format!("sends {} #{id}: {}", spell.node(to), packet(summary)),
                no_reason,
            ),
            Self::Held => ask.story(
                |spell| {
                    format!("does not get {}'s #{id} yet: {}", spell.node(from), packet(summary))
                },
                no_reason,
            ),
            Self::Freed => ask.story(
                |spell| format!("may get {}'s #{id} now: {}", spell.node(from), packet(summary)),
                no_reason,
            ),
            Self::Delayed { span } => ask.story(
                |spell| {
                    format!("gets {}'s #{id} {span} later: {}", spell.node(from), packet(summary))
                },
                no_reason,
            ),
            Self::Received => ask.detail(
                |spell| format!("hears {}'s #{id}: {}", spell.node(from), packet(summary)),
                no_reason,
            ),
            // Told once: a client asks for ever, and would fill the list with one story.
            Self::Dropped { why, again } => ask.row(
                if *again { Weight::Detail } else { weight_of_loss(summary, *why) },
                |spell| format!("loses #{id} to {}: {}", spell.node(to), packet(summary)),
                |spell| dropped(spell, from, to, *why),
            ),
        }
    }

    /// Whose deed it is.
    pub(super) const fn subject(&self, flight: &Flight) -> Node {
        match self {
            Self::Sent | Self::Dropped { .. } => flight.from,
            Self::Held | Self::Freed | Self::Delayed { .. } | Self::Received => flight.to,
        }
    }
}

impl NetworkEvent {
    pub(super) fn row(&self, ask: Ask) -> Row {
        let ask = ask.about(Topic::Network);
        match self {
            Self::Duplicated { packet, copy } => {
                ask.detail(|_| format!("packet #{packet} is doubled as #{copy}"), no_reason)
            }
            Self::LossReported { to: _, about } => ask.detail(
                |spell| format!("learns that its call to {} was lost", spell.node(*about)),
                |_| "either the request or the reply to it".to_owned(),
            ),
        }
    }
}

fn dropped(spell: Spell, from: Node, to: Node, why: DropReason) -> String {
    let (sender, receiver) = (spell.node(from), spell.node(to));
    let server = if matches!(to, Node::Server(_)) { &receiver } else { &sender };
    match why {
        DropReason::Lost => format!("the link from {sender} to {receiver} lost it"),
        DropReason::Cut => format!("the link from {sender} to {receiver} is cut"),
        DropReason::Down => format!("{server} is down"),
        DropReason::OldIncarnation => {
            format!("{server} has restarted since; its old connections are gone")
        }
        DropReason::Overflow => format!("too many packets wait for {receiver} already"),
        DropReason::ByHand => "dropped by hand".into(),
    }
}

/// A cut link loses every heartbeat and a lossy one as much as it carries, which a list need not
/// repeat. What passes between clients and servers, and a vote request lost by chance, is news.
const fn weight_of_loss(summary: Summary, why: DropReason) -> Weight {
    match (summary.kind, why) {
        (PacketKind::ClientRequest | PacketKind::ClientReply, _) | (_, DropReason::ByHand) => {
            Weight::Story
        }
        (
            PacketKind::PreVote
            | PacketKind::PreVoteGranted
            | PacketKind::RequestVote
            | PacketKind::VoteGranted
            | PacketKind::TimeoutNow
            | PacketKind::ReadIndex
            | PacketKind::ReadIndexGiven { .. }
            | PacketKind::InstallSnapshot { .. },
            DropReason::Lost,
        ) => Weight::Story,
        (
            PacketKind::PreVote
            | PacketKind::PreVoteGranted
            | PacketKind::RequestVote
            | PacketKind::VoteGranted
            | PacketKind::TimeoutNow
            | PacketKind::ReadIndex
            | PacketKind::ReadIndexGiven { .. }
            | PacketKind::InstallSnapshot { .. },
            DropReason::Cut | DropReason::Down | DropReason::OldIncarnation | DropReason::Overflow,
        )
        | (
            PacketKind::Append { .. }
            | PacketKind::PreVoteRefused
            | PacketKind::VoteRefused
            | PacketKind::Appended { .. }
            | PacketKind::AppendRefused { .. }
            | PacketKind::Foreign { .. }
            | PacketKind::ChunkReceived { .. }
            | PacketKind::SnapshotInstalled { .. },
            _,
        ) => Weight::Detail,
    }
}
