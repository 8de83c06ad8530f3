//! Sending: what the link's rule draws for a packet, and its way into the queue.

use super::{Hand, Loss, Packet, Profile};
use crate::cluster::digest::Digest;
use crate::cluster::event::EventKind;
use crate::cluster::raft::{AppendResult, Message, Reply};
use crate::cluster::rng::Rng;
use crate::cluster::time::{Ppm, Span};
use crate::cluster::types::{Node, Outcome, PacketId};
use crate::cluster::{Cluster, Item};

/// What is drawn for every packet, whether or not the rule has use for it: so a change of the
/// rule leaves the later draws as they were.
struct Draws {
    lost: bool,
    duplicated: bool,
    delay: Span,
    copy_delay: Span,
}

impl Draws {
    fn new(rng: &mut Rng, rule: &super::LinkRule, profile: &Profile, reply: bool) -> Self {
        let lost = rng.chance(rule.loss.unwrap_or(profile.loss));
        let duplicated = rng.chance(rule.duplicate.unwrap_or(profile.duplicate));
        let range = rule.delay.unwrap_or(profile.delay);
        let (mut delay, copy_delay) = (rng.span(range), rng.span(range));
        let late = profile.late_replies.map_or(Ppm::ZERO, |tail| tail.share);
        let late = rng.chance(late);
        if let Some(tail) = profile.late_replies {
            let extra = rng.span(tail.extra);
            if late && reply {
                delay = delay + extra;
            }
        } else {
            rng.next_u64();
        }
        // No link is faster than 1 µs: nothing arrives at the moment when it is sent.
        let at_least = |span: Span| span.max(Span(1));
        Self { lost, duplicated, delay: at_least(delay), copy_delay: at_least(copy_delay) }
    }
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
        let rule = link.rule;
        let draws = Draws::new(&mut link.rng, &rule, profile, reply);
        let between_servers = matches!((from, to), (Node::Server(_), Node::Server(_)));
        if between_servers {
            self.traffic.requests += u64::from(!reply);
            self.traffic.bytes += message.wire_bytes();
        }
        // Client RPCs behave like TCP: they are never duplicated.
        let copy = (draws.duplicated && between_servers).then(|| message.clone());
        // Of what arrives as a copy nobody is told that it was lost: who repeats it then would
        // have more and more under way.
        let reports = profile.reports_loss && copy.is_none();
        let loss = match (draws.lost, reports) {
            (false, _) => Loss::Arrives,
            (true, true) => Loss::LostAndReported,
            (true, false) => Loss::Lost,
        };
        let id = self.put_in_flight(from, to, incarnation, draws.delay, loss, message);
        if let Some(message) = copy {
            let copy =
                self.put_in_flight(from, to, incarnation, draws.copy_delay, Loss::Arrives, message);
            self.emit(EventKind::Duplicated { packet: id, copy });
        }
    }

    fn put_in_flight(
        &mut self,
        from: Node,
        to: Node,
        incarnation: u32,
        delay: Span,
        loss: Loss,
        message: Message,
    ) -> PacketId {
        self.packets_sent += 1;
        let id = PacketId(self.packets_sent);
        let hand = Hand::Off;
        let (sent, due) = (self.now, self.now + delay);
        let packet = Packet { id, from, to, sent, due, incarnation, loss, hand, message };
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
        Message::RequestVote { term, last } => {
            digest.u8(1).u64(term.0).u64(last.index.0).u64(last.term.0);
        }
        Message::VoteReply { term, granted } => {
            digest.u8(2).u64(term.0).u8(u8::from(*granted));
        }
        Message::Append { term, prev, entries, commit } => {
            digest.u8(3).u64(term.0).u64(prev.index.0).u64(prev.term.0).u64(commit.0);
            digest.u64(entries.len() as u64);
            for entry in entries {
                let id = entry.op.id;
                digest.u64(entry.term.0).u8(id.server.number()).u64(id.number);
            }
        }
        Message::AppendReply { term, prev, result } => {
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
