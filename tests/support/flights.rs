//! What becomes of every packet of a run.

use std::collections::BTreeMap;

use raftlab::cluster::event::{DropReason, EventKind, PacketEvent};
use raftlab::cluster::network::{PacketKind, Summary};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Node, PacketId, ServerId};

use crate::run::Run;

pub fn server(number: u64) -> ServerId {
    ServerId::from_number(number).expect("a server's number")
}

/// A packet from its sending to its end.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    pub from: Node,
    pub to: Node,
    pub summary: Summary,
    pub sent: Time,
    /// When it arrived or was lost, and why it was.
    pub end: Option<(Time, Option<DropReason>)>,
}

#[allow(dead_code, reason = "not every test file asks everything")]
impl Flight {
    pub fn span(&self) -> Option<Span> {
        self.end.map(|(end, _)| end.since(self.sent))
    }

    pub fn arrived(&self) -> bool {
        matches!(self.end, Some((_, None)))
    }

    /// Whether it answers another packet.
    pub fn is_reply(&self) -> bool {
        matches!(
            self.summary.kind,
            PacketKind::VoteGranted
                | PacketKind::VoteRefused
                | PacketKind::Appended { .. }
                | PacketKind::AppendRefused { .. }
                | PacketKind::ClientReply
        )
    }

    pub fn between_servers(&self) -> bool {
        matches!((self.from, self.to), (Node::Server(_), Node::Server(_)))
    }
}

impl Run {
    pub fn flights(&self) -> BTreeMap<PacketId, Flight> {
        let mut flights = BTreeMap::new();
        for event in &self.events {
            match event.kind {
                EventKind::Packet(told, PacketEvent::Sent) => {
                    let (from, to, summary) = (told.from, told.to, told.summary);
                    let flight = Flight { from, to, summary, sent: event.time, end: None };
                    flights.insert(told.packet, flight);
                }
                EventKind::Packet(told, PacketEvent::Received) => {
                    let flight = flights.get_mut(&told.packet).expect("what was received was sent");
                    assert!(flight.end.is_none(), "{} arrives once", told.packet);
                    flight.end = Some((event.time, None));
                }
                EventKind::Packet(told, PacketEvent::Dropped { why, .. }) => {
                    let flight = flights.get_mut(&told.packet).expect("what was lost was sent");
                    flight.end = Some((event.time, Some(why)));
                }
                _ => {}
            }
        }
        flights
    }
}
