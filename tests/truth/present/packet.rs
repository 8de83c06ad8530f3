//! A packet in flight: what it says, and what comes of it.

use raftlab::cluster::event::{EventKind as E, PacketEvent};
use raftlab::cluster::network::{Hand, Loss, Packet, Rpc};
use raftlab::cluster::orders::Act;
use raftlab::cluster::server::Power;
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::{Node, PacketId, Term};

use super::trial::delivered;
use super::{About, Forms, Scene, span};
use crate::template::fit;
use crate::words::{id, n};

pub const PACKET: Forms = &[
    ("Packet #{}, from {} to {}: {}", |s, w| s.is_in_flight(w[0])),
    ("It is due in {}", |s, w| span(s.packet().due.since(s.cluster.now())) == w[0]),
    ("All is by hand: it waits, {}", |s, _| s.cluster.is_by_hand()),
    ("It is held here, and arrives when `release` lets it", |s, _| s.packet().hand == Hand::Held),
    ("It will be {} by hand when it arrives", |s, w| {
        let packet = s.packet();
        s.cluster.orders().iter().any(|order| {
            (order.from, order.to) == (packet.from, packet.to)
                && matches!(order.act, Act::Hold { .. }) == (w[0] == "held")
        })
    }),
    ("It will be lost on its way", |s, _| s.packet().loss != Loss::Arrives),
    ("{} is in a newer term, {} (§5.1)", |s, w| {
        let raft = &s.server(w[0]).raft;
        raft.term() == Term(n(w[1])) && s.packet().cargo.summary().term < raft.term()
    }),
    ("It resets the election timer of {} and brings the commit index (§5.2, §5.3)", resets),
    // The rules in general.
    ("{} votes once a term, and for no log that is behind its own (§5.2, §5.4.1)", keeps_rules),
    (
        "{} says whether it would vote, and neither its term nor its vote changes (dissertation §9.6)",
        keeps_rules,
    ),
    ("With those of a majority a term begins (dissertation §9.6)", keeps_rules),
    ("{} becomes a candidate, and takes over if it wins (dissertation §3.10)", keeps_rules),
    ("{} answers once it is sure that it still leads (dissertation §6.4)", keeps_rules),
    ("{} answers its client from its own map then (dissertation §6.4)", keeps_rules),
    ("The votes of a majority make a leader (§5.2)", keeps_rules),
    ("A refusal is not counted; a newer term makes a follower (§5.1)", keeps_rules),
    ("{} takes them if its log has the entry before them (§5.3)", keeps_rules),
    ("What is on a majority can be committed (§5.3)", keeps_rules),
    ("{} goes back in its log until both agree (§5.3)", keeps_rules),
    ("{} keeps it until the rest has come (Figure 13, InstallSnapshot 4)", keeps_rules),
    ("{} begins again with it, unless it has committed as much (§7)", keeps_rules),
    ("{} sends what follows (Figure 13)", keeps_rules),
    ("{} goes on with the entries that follow (§7)", keeps_rules),
    ("Only the leader takes requests (§8)", keeps_rules),
    ("{} names it in each put (dissertation §6.3)", |s, _| {
        s.cluster.config().client_sessions.is_some()
    }),
    ("{} needs another session (dissertation §6.3)", |s, _| {
        s.cluster.config().client_sessions.is_some()
    }),
    ("It ends the call", |s, _| s.is_waited_for()),
    ("{} asks again; this request may still be carried out", |s, _| s.is_waited_for()),
    ("{} asks again", |s, _| s.is_waited_for()),
    ("It comes too late: {} no longer waits for this attempt", |s, _| !s.is_waited_for()),
    ("{} no longer waits for this attempt; it may still be carried out", |s, _| !s.is_waited_for()),
];

impl<'a> Scene<'a> {
    pub fn packet(&self) -> &'a Packet {
        let About::Packet(id) = self.about else { panic!("this is about {:?}", self.about) };
        self.find(id).expect("it is in flight")
    }

    /// Whether a client waits for the attempt to which the packet belongs.
    fn is_waited_for(&self) -> bool {
        let Some(attempt) = self.packet().cargo.client().map(Rpc::attempt) else { return false };
        self.cluster.clients().iter().any(|client| {
            let own = Node::Client(client.id);
            let now = client.call().filter(|call| call.asking.is_some());
            (self.packet().from == own || self.packet().to == own)
                && now.is_some_and(|now| (now.number, now.attempt) == attempt)
        })
    }

    pub fn find(&self, id: PacketId) -> Option<&'a Packet> {
        self.cluster.packets().into_iter().find(|packet| packet.id == id)
    }

    /// Whether a packet is in flight, and this is so of it.
    pub fn flies(&self, word: &str, is: impl Fn(&Packet) -> bool) -> bool {
        self.find(PacketId(n(word))).is_some_and(is)
    }

    pub fn is_in_flight(&self, word: &str) -> bool {
        self.find(PacketId(n(word))).is_some()
    }
}

/// A rule in general is recited of nobody who departs from some, nor of what is of an older term.
fn keeps_rules(s: &Scene, _: &[&str]) -> bool {
    let packet = s.packet();
    let Node::Server(to) = packet.to else { return false };
    let to = s.server_of(to);
    let stale =
        matches!(packet.from, Node::Server(_)) && packet.cargo.summary().term < to.raft.term();
    to.flaws().is_empty() && !stale
}

/// Whether its receiver's timer begins again, if it arrives.
fn resets(s: &Scene, w: &[&str]) -> bool {
    let Some(after) = delivered(s.cluster, s.packet().id) else { return true };
    let arrived = after
        .events()
        .iter()
        .any(|event| matches!(event.kind, E::Packet(_, PacketEvent::Received)));
    let timer = after.server(id(w[0])).and_then(|server| server.timer(TimerKind::Election));
    keeps_rules(s, w)
        && (!arrived || timer.is_some_and(|timer| timer.due.since(after.now()) == timer.span))
}

/// What comes of a packet when it is delivered now, in a copy.
pub fn comes_of_it(s: &Scene, packet: &Packet, words: &str) -> bool {
    let Some(after) = delivered(s.cluster, packet.id) else { return true };
    let told = |event: &raftlab::cluster::event::Event| event.told(after.names());
    let telling = |event: &&raftlab::cluster::event::Event| {
        !matches!(event.kind, E::Packet(_, PacketEvent::Received | PacketEvent::Sent))
    };
    if let Some(w) = fit("{} sleeps: it waits there.", words) {
        return s.server(w[0]).power == Power::Asleep;
    }
    let answers =
        after.events().iter().any(|event| matches!(event.kind, E::Packet(_, PacketEvent::Sent)));
    let tells = after.events().iter().any(|event| telling(&event));
    if fit("{} would answer, and nothing else would change.", words).is_some() {
        return answers && !tells;
    }
    if words == "nothing would change." {
        return !answers && !tells;
    }
    after.events().iter().any(|event| told(event).eq_ignore_ascii_case(words))
}
