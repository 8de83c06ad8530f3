//! Sending: what the link's rule draws for a packet, and its way into the queue.

use super::{Hand, Law, Loss, Packet, Profile};
use crate::cluster::digest::Digest;
use crate::cluster::event::EventKind;
use crate::cluster::raft::{AppendResult, Message, Reply};
use crate::cluster::rng::Lot;
use crate::cluster::time::{Span, SpanRange};
use crate::cluster::types::{ClientId, Node, Outcome, PacketId, ServerId};
use crate::cluster::{Cluster, Item};

/// The places of a packet's draws in its lot; those of its copy come so much later.
const LOST: u64 = 0;
const DELAY: u64 = 1;
const LATE: u64 = 2;
const LATER: u64 = 3;
const FAILS: u64 = 4;
const DUPLICATED: u64 = 5;
const COPY: u64 = 8;

/// How a packet fares: what is drawn for it.
struct Flight {
    lost: bool,
    delay: Span,
    fails_after: Option<u8>,
    /// From what it was drawn.
    law: Law,
}

impl Flight {
    /// Draws it from the packet's lot, its copy's from `COPY` on.
    fn draw(lot: Lot, first: u64, law: Law, profile: &Profile) -> Self {
        let lost = lot.chance(first + LOST, law.loss);
        let mut delay = lot.span(first + DELAY, law.delay);
        if let Some(tail) = law.late
            && lot.chance(first + LATE, tail.share)
        {
            delay = delay + lot.span(first + LATER, tail.extra);
        }
        let fails_after = fails_after(lot, first, profile);
        // No link is faster than 1 µs: nothing arrives at the moment when it is sent.
        Self { lost, delay: delay.max(Span(1)), fails_after, law }
    }

    /// What becomes of a packet and of its copy. Whoever made the call is told of a loss when
    /// nothing of the packet is under way any more.
    fn losses(&self, copy: Option<&Self>, reports: bool) -> (Loss, Loss) {
        let loss = |lost, reported| match (lost, reported && reports) {
            (false, _) => Loss::Arrives,
            (true, true) => Loss::LostAndReported,
            (true, false) => Loss::Lost,
        };
        match copy {
            None => (loss(self.lost, true), Loss::Arrives),
            Some(copy) => {
                let (both, copy_last) = (self.lost && copy.lost, copy.delay >= self.delay);
                (loss(self.lost, both && !copy_last), loss(copy.lost, both && copy_last))
            }
        }
    }
}

fn fails_after(lot: Lot, first: u64, profile: &Profile) -> Option<u8> {
    let last = u64::from(profile.fails_within_ms.checked_sub(1)?);
    Some(lot.span(first + FAILS, SpanRange { low: Span::ZERO, high: Span(last) }).0 as u8)
}

/// Requests and bytes that servers have sent each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// RequestVote and AppendEntries, replies not counted.
    pub requests: u64,
    pub bytes: u64,
}

impl Cluster {
    /// Sends a message. `incarnation` is the server's life to which a client RPC belongs.
    pub(in crate::cluster) fn transmit(
        &mut self,
        from: Node,
        to: Node,
        incarnation: u32,
        message: Message,
    ) {
        let profile = self.network.profile();
        let reply = message.is_reply();
        let Some(link) = self.links.get_mut(from, to) else { return };
        let law = Law::new(&link.rule, profile, reply);
        let duplicate = link.rule.duplicate.unwrap_or(profile.duplicate);
        let lot = link.rng.lot();
        let between_servers = matches!((from, to), (Node::Server(_), Node::Server(_)));
        if between_servers {
            self.traffic.requests += u64::from(!reply);
            self.traffic.bytes += message.wire_bytes();
        }
        // Client RPCs behave like TCP: they are never duplicated.
        let duplicated = between_servers && lot.chance(DUPLICATED, duplicate);
        // Drawn again later, neither of two knows of the other: nobody is told of their loss.
        let law = Law { reports_loss: law.reports_loss && !duplicated, ..law };
        let flight = Flight::draw(lot, 0, law, profile);
        let copy = duplicated.then(|| (Flight::draw(lot, COPY, law, profile), message.clone()));
        let twin = copy.as_ref().map(|(flight, _)| flight);
        let (loss, copy_loss) = flight.losses(twin, profile.reports_loss);
        let id = self.put_in_flight(from, to, incarnation, &flight, loss, message);
        if let Some((flight, message)) = copy {
            let copy = self.put_in_flight(from, to, incarnation, &flight, copy_loss, message);
            self.emit(EventKind::Duplicated { packet: id, copy });
        }
    }

    /// How long after a server has died a client learns that its call has died with it, if ever:
    /// the lot of the answer that never comes.
    pub(in crate::cluster) fn draw_failure(
        &mut self,
        server: ServerId,
        client: ClientId,
    ) -> Option<Span> {
        let profile = self.network.profile();
        if profile.fails_within_ms == 0 {
            return None;
        }
        let link = self.links.get_mut(Node::Server(server), Node::Client(client))?;
        fails_after(link.rng.lot(), 0, profile).map(|after| Span::from_millis(after.into()))
    }

    fn put_in_flight(
        &mut self,
        from: Node,
        to: Node,
        incarnation: u32,
        flight: &Flight,
        loss: Loss,
        message: Message,
    ) -> PacketId {
        self.packets_sent += 1;
        let id = PacketId(self.packets_sent);
        let (hand, fails_after, law) = (Hand::Off, flight.fails_after, flight.law);
        let (sent, due) = (self.now, self.now + flight.delay);
        let packet =
            Packet { id, from, to, sent, due, incarnation, loss, fails_after, law, hand, message };
        self.tell_sent(&packet);
        self.queue.push(due.micros(), Item::Packet(packet));
        id
    }

    /// By itself, as `tell_received` is.
    #[inline(never)]
    fn tell_sent(&mut self, packet: &Packet) {
        let Packet { id, from, to, .. } = *packet;
        let summary = packet.message.summary();
        self.emit(EventKind::Sent { packet: id, from, to, summary });
    }

    /// Adds a packet at the end of its flight to the digest, field by field.
    pub(in crate::cluster) fn digest_packet(&mut self, packet: &Packet) {
        let node = |node| match node {
            Node::Server(server) => u64::from(server.number()),
            Node::Client(client) => (1 << 32) | u64::from(client.0),
        };
        let digest = self.digest.u64(self.now.micros()).u8(0).u64(node(packet.from));
        digest.u64(node(packet.to)).u8(packet.loss as u8);
        digest_message(digest, &packet.message);
    }
}

fn digest_message(digest: &mut Digest, message: &Message) {
    match message {
        Message::RequestVote { term, last, .. } => {
            digest.u8(1).u64(term.0).u64(last.index.0).u64(last.term.0);
        }
        Message::VoteReply { term, granted, .. } => {
            digest.u8(2).u64(term.0).u8(u8::from(*granted));
        }
        Message::Append { term, prev, entries, commit, .. } => {
            digest.u8(3).u64(term.0).u64(prev.index.0).u64(prev.term.0).u64(commit.0);
            digest.u64(entries.len() as u64);
            for entry in entries {
                let id = entry.op.id;
                digest.u64(entry.term.0).u8(id.server.number()).u64(id.number);
            }
        }
        Message::AppendReply { term, prev, result, .. } => {
            digest.u8(4).u64(term.0).u64(prev.0);
            match result {
                AppendResult::Matched(index) => digest.u8(1).u64(index.0),
                AppendResult::Refused { conflict, first, last } => {
                    digest.u8(0).u64(conflict.map_or(0, |term| term.0)).u64(first.0).u64(last.0)
                }
            };
        }
        Message::Request { call, attempt, .. } => {
            digest.u8(5).u64(*call).u64(u64::from(*attempt));
        }
        Message::Reply { call, attempt, reply } => {
            digest.u8(6).u64(*call).u64(u64::from(*attempt));
            match reply {
                Reply::Done(answer) => {
                    digest.u8(outcome_byte(answer.outcome)).u64(answer.version.0)
                }
                Reply::WrongLeader(why) => digest.u8(16 + *why as u8),
            };
        }
    }
}

/// An outcome as one byte of the digest.
pub(in crate::cluster) const fn outcome_byte(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ok => 1,
        Outcome::NoKey => 2,
        Outcome::Version => 3,
        Outcome::Maybe => 4,
    }
}
