//! Copies of a cluster, played on by hand: what comes of what is said.

use raftlab::cluster::Cluster;
use raftlab::cluster::command::{Deed, Fate, PacketAct, parse_line};
use raftlab::cluster::event::{EventKind as E, PacketEvent};
use raftlab::cluster::network::{Hand, Loss, Packet};
use raftlab::cluster::orders::Act;
use raftlab::cluster::server::Power;
use raftlab::cluster::types::{Node, PacketId};

/// A copy in which all is by hand; `None` if the run has ended.
pub fn by_hand(cluster: &Cluster) -> Option<Cluster> {
    let mut trial = cluster.clone();
    if trial.is_stopped() {
        return None;
    }
    if !trial.is_by_hand() {
        apply(&mut trial, "by-hand on");
    }
    Some(trial)
}

/// So too, and what is sent from now on is not lost by chance.
pub fn calm(cluster: &Cluster) -> Option<Cluster> {
    let mut trial = by_hand(cluster)?;
    apply(&mut trial, "net reliable");
    if trial.servers().len() > 1 {
        apply(&mut trial, "link all <-> all loss=0% duplicate=0%");
    }
    Some(trial)
}

/// A copy in which this packet has just arrived or not; `None` if something else came first.
pub fn delivered(cluster: &Cluster, id: PacketId) -> Option<Cluster> {
    let mut trial = cluster.clone();
    if trial.is_stopped() {
        return None;
    }
    let to = cluster.packets().into_iter().find(|packet| packet.id == id)?.to;
    trial.apply(&Deed::Packet(id, PacketAct::Deliver).into()).ok()?;
    trial.step();
    let of_it = trial.events().iter().any(|event| {
        matches!(event.kind, E::Packet(flight, PacketEvent::Received | PacketEvent::Dropped { .. })
            if flight.packet == id)
    });
    // A packet for a sleeper makes no event.
    let sleeps = matches!(to, Node::Server(id)
        if trial.server(id).is_some_and(|server| server.power == Power::Asleep));
    (of_it || sleeps).then_some(trial)
}

pub fn held(cluster: &Cluster) -> Vec<PacketId> {
    let held = |packet: &&Packet| packet.hand == Hand::Held;
    cluster.packets().into_iter().filter(held).map(|packet| packet.id).collect()
}

pub fn stands_order(cluster: &Cluster, packet: &Packet) -> bool {
    let ends = (packet.from, packet.to);
    cluster.orders().iter().any(|order| {
        let keeps = matches!(order.act, Act::Hold { .. } | Act::Next(Fate::Drop));
        keeps && (order.from, order.to) == ends
    })
}

/// Lets these arrive, but what is lost on its way or kept by hand.
pub fn deliver_free(trial: &mut Cluster, held: &[PacketId], wanted: impl Fn(&Packet) -> bool) {
    let packets: Vec<PacketId> = trial
        .packets()
        .into_iter()
        .filter(|packet| packet.loss == Loss::Arrives && !stands_order(trial, packet))
        .filter(|packet| !held.contains(&packet.id))
        .filter(|packet| wanted(packet))
        .map(|packet| packet.id)
        .collect();
    // What an order delays is delivered once more.
    for packet in packets.iter().chain(&packets).copied() {
        let _ = trial.apply(&Deed::Packet(packet, PacketAct::Deliver).into());
        settle(trial);
    }
}

/// Every disk that is at work comes to the end of it.
pub fn sync(trial: &mut Cluster) {
    for _ in 0..3 {
        try_to(trial, "sync all");
    }
}

pub fn try_to(trial: &mut Cluster, line: &str) {
    let command = parse_line(line).expect("a good line");
    if trial.apply(&command).is_ok() {
        settle(trial);
    }
}

pub fn settle(trial: &mut Cluster) {
    while trial.is_told_pending() && !trial.is_stopped() {
        trial.step();
    }
}

pub fn apply(trial: &mut Cluster, line: &str) {
    trial
        .apply(&parse_line(line).expect("a good line"))
        .unwrap_or_else(|e| panic!("{line}: {e:?}"));
    settle(trial);
}
