//! What is on its way: a message in flight, one that waits for its sender's disk or in the inbox of a
//! sleeper; and what would come of it, by a trial on a copy.

use crate::cluster::Cluster;
use crate::cluster::event::{Cause, Event, EventKind};
use crate::cluster::network::{Hand, Packet};
use crate::cluster::raft::Message;
use crate::cluster::types::{Node, PacketId, ServerId};
use crate::cluster::words::Weight;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Flying(PacketId),
    /// Held by hand.
    Held(PacketId),
    /// In the inbox of its receiver, who sleeps.
    Inbox,
    /// It leaves when its sender's disk has synced.
    Disk,
}

/// Where the first message is that `from` has for `to` and that is meant.
pub(super) fn on_its_way(
    cluster: &Cluster,
    from: ServerId,
    to: ServerId,
    meant: impl Fn(&Message) -> bool,
) -> Option<Way> {
    let (sender, receiver) = (cluster.server(from)?, cluster.server(to)?);
    let ends = (Node::Server(from), Node::Server(to));
    let is_it = |packet: &&Packet| (packet.from, packet.to) == ends && meant(&packet.message);
    if let Some(packet) = cluster.packets().into_iter().find(|packet| is_it(packet)) {
        return Some(match packet.hand {
            Hand::Held => Way::Held(packet.id),
            Hand::Off | Hand::Used => Way::Flying(packet.id),
        });
    }
    if receiver.inbox.iter().any(|packet| is_it(&packet)) {
        return Some(Way::Inbox);
    }
    let mut waiting = sender.disk.messages();
    waiting.any(|(whom, message)| whom == to && meant(message)).then_some(Way::Disk)
}

impl Cluster {
    /// What would happen at once if this packet came to the end of its flight now: a trial, which
    /// changes nothing.
    pub(super) fn if_it_arrived(&self, packet: &Packet) -> Vec<Event> {
        let mut trial = self.clone();
        trial.begin_events();
        trial.outbox.cause = Cause::Packet(packet.id);
        trial.arrive(packet.clone());
        std::mem::take(&mut trial.outbox.events)
    }
}

/// The most telling of such events, beside the arrival itself and what is sent then.
pub(super) fn most_telling(events: &[Event]) -> Option<&Event> {
    let tells = |event: &&Event| {
        !matches!(event.kind, EventKind::Received { .. } | EventKind::Sent { .. })
            && event.weight() > Weight::Silent
    };
    let tells = || events.iter().filter(tells);
    tells().find(|event| event.weight() == Weight::Story).or_else(|| tells().next())
}
