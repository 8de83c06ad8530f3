//! What is on its way: a message in flight, one that waits for its sender's disk or in the inbox of a
//! sleeper; and what would come of it, by a trial on a copy.

use crate::cluster::Cluster;
use crate::cluster::cause::Cause;
use crate::cluster::command::Fate;
use crate::cluster::event::{Event, EventKind, PacketEvent};
use crate::cluster::network::{Hand, Loss, Packet};
use crate::cluster::orders::Act;
use crate::cluster::raft::Message;
use crate::cluster::topic::Weight;
use crate::cluster::types::{Node, ServerId};

/// Where a message is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// It will arrive.
    Flying,
    /// In the inbox of its receiver, who sleeps.
    Inbox,
    /// It leaves when its sender's disk has synced.
    Disk,
    /// By hand, or it will be.
    Held,
    /// It is in flight and will not arrive.
    Lost,
}

impl Way {
    /// Where a packet in flight is, as links and orders are now.
    pub(super) fn of(cluster: &Cluster, packet: &Packet) -> Self {
        let order = cluster.order_for(packet).and_then(|place| cluster.orders().get(place));
        match order.map(|order| order.act) {
            _ if packet.hand == Hand::Held => Self::Held,
            _ if packet.loss != Loss::Arrives => Self::Lost,
            Some(Act::Hold { .. }) => Self::Held,
            Some(Act::Next(Fate::Drop)) => Self::Lost,
            _ if !cluster.reaches(packet.from, packet.to) => Self::Lost,
            Some(Act::Next(Fate::Duplicate | Fate::Delay(_))) | None => Self::Flying,
        }
    }
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
    let is_it = |packet: &&Packet| {
        (packet.from, packet.to) == ends && packet.cargo.raft().is_some_and(&meant)
    };
    let flying = cluster.packets().into_iter().filter(is_it).map(|it| Way::of(cluster, it)).min();
    let landed = cluster.landed().find(is_it).map(|_| Way::Flying);
    let inbox = receiver.inbox.iter().find(is_it).map(|_| Way::Inbox);
    let waiting = |(whom, message): &(ServerId, &Message)| *whom == to && meant(message);
    let disk = sender.disk.messages().find(waiting).map(|_| Way::Disk);
    [flying, landed, inbox, disk].into_iter().flatten().min()
}

impl Cluster {
    /// What would happen at once if this packet came to the end of its flight now: a trial, which
    /// changes nothing.
    pub(super) fn if_it_arrived(&self, packet: &Packet) -> Vec<Event> {
        let mut trial = self.clone();
        trial.begin_events();
        trial.cause = Cause::Packet(packet.id);
        trial.arrive(packet.clone());
        std::mem::take(&mut trial.events)
    }
}

/// The most telling of such events, beside the arrival itself and what is sent then.
pub(super) fn most_telling(events: &[Event]) -> Option<&Event> {
    let tells = |event: &&Event| {
        !matches!(event.kind, EventKind::Packet(_, PacketEvent::Received | PacketEvent::Sent))
            && event.weight() > Weight::Silent
    };
    let tells = || events.iter().filter(tells);
    tells().find(|event| event.weight() == Weight::Story).or_else(|| tells().next())
}
