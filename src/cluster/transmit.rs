//! Sending: what the link's rule draws for a packet, and its way into the queue.

use crate::cluster::digest::{CargoTag, Digest, Tag};
use crate::cluster::event::{EventKind, NetworkEvent, PacketEvent};
use crate::cluster::network::{Cargo, Hand, Law, Loss, Packet, Profile, Reply, Rpc};
use crate::cluster::raft::{AppendResult, ChunkResult, Configuration, Message};
use crate::cluster::rng::Lot;
use crate::cluster::time::{Span, SpanRange};
use crate::cluster::types::{ClientId, Index, Node, PacketId, ServerId};
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

impl Cluster {
    /// Sends a message. `incarnation` is the server's life to which a client RPC belongs.
    pub(in crate::cluster) fn transmit(
        &mut self,
        from: Node,
        to: Node,
        incarnation: u32,
        cargo: Cargo,
    ) {
        let profile = self.network.profile();
        let reply = cargo.is_reply();
        let Some(link) = self.links.get_mut(from, to) else { return };
        let law = Law::new(&link.rule, profile, reply);
        let duplicate = link.rule.duplicate.unwrap_or(profile.duplicate);
        let lot = link.rng.lot();
        let between_servers = matches!((from, to), (Node::Server(_), Node::Server(_)));
        if between_servers {
            self.traffic.requests += u64::from(!reply);
            self.traffic.bytes += cargo.wire_bytes();
        }
        // Client RPCs behave like TCP: they are never duplicated.
        let duplicated = between_servers && lot.chance(DUPLICATED, duplicate);
        // Drawn again later, neither of two knows of the other: nobody is told of their loss.
        let law = Law { reports_loss: law.reports_loss && !duplicated, ..law };
        let flight = Flight::draw(lot, 0, law, profile);
        let copy = duplicated.then(|| (Flight::draw(lot, COPY, law, profile), cargo.clone()));
        let twin = copy.as_ref().map(|(flight, _)| flight);
        let (loss, copy_loss) = flight.losses(twin, profile.reports_loss);
        let id = self.put_in_flight(from, to, incarnation, &flight, loss, cargo);
        if let Some((flight, cargo)) = copy {
            let copy = self.put_in_flight(from, to, incarnation, &flight, copy_loss, cargo);
            self.emit(EventKind::Network(NetworkEvent::Duplicated { packet: id, copy }));
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
        cargo: Cargo,
    ) -> PacketId {
        self.packets_sent += 1;
        let id = PacketId(self.packets_sent);
        let (hand, fails_after, law) = (Hand::Off, flight.fails_after, flight.law);
        let (sent, due) = (self.now, self.now + flight.delay);
        let packet =
            Packet { id, from, to, sent, due, incarnation, loss, fails_after, law, hand, cargo };
        self.tell_packet(&packet, PacketEvent::Sent);
        self.queue.push(due.micros(), Item::Packet(packet));
        id
    }

    /// By itself: what is told from the packet where it lies is told in fewer instructions.
    #[inline(never)]
    pub(in crate::cluster) fn tell_packet(&mut self, packet: &Packet, event: PacketEvent) {
        self.emit(EventKind::Packet(packet.flight(), event));
    }

    /// Adds a packet at the end of its flight to the digest, field by field.
    pub(in crate::cluster) fn digest_packet(&mut self, packet: &Packet) {
        let node = |node| match node {
            Node::Server(server) => u64::from(server.number()),
            Node::Client(client) => (1 << 32) | u64::from(client.0),
        };
        let digest = self.digest.u64(self.now.micros()).tag(Tag::Packet).u64(node(packet.from));
        digest.u64(node(packet.to)).u8(packet.loss as u8);
        match &packet.cargo {
            Cargo::Raft(message) => digest_message(digest, message),
            Cargo::Client(rpc) => digest_rpc(digest, rpc),
            Cargo::Told(_) => {}
        }
    }
}

fn digest_message(digest: &mut Digest, message: &Message) {
    match message {
        Message::PreVote { term, last, .. } => {
            digest.u8(CargoTag::PreVote as u8).u64(term.0).u64(last.index.0).u64(last.term.0);
        }
        Message::PreVoteReply { term, granted, .. } => {
            digest.u8(CargoTag::PreVoteReply as u8).u64(term.0).u8(u8::from(*granted));
        }
        Message::RequestVote { term, last, transfer, .. } => {
            digest.u8(CargoTag::RequestVote as u8).u64(term.0).u64(last.index.0).u64(last.term.0);
            if *transfer {
                digest.u8(1);
            }
        }
        Message::ReadIndex { term, read, .. } => {
            digest.u8(CargoTag::ReadIndex as u8).u64(term.0).u64(*read);
        }
        Message::ReadIndexReply { term, read, index, .. } => {
            digest.u8(CargoTag::ReadIndexReply as u8).u64(term.0).u64(*read).u64(index.0);
        }
        Message::TimeoutNow { term, .. } => {
            digest.u8(CargoTag::TimeoutNow as u8).u64(term.0);
        }
        Message::VoteReply { term, granted, .. } => {
            digest.u8(CargoTag::VoteReply as u8).u64(term.0).u8(u8::from(*granted));
        }
        Message::Append { term, prev, entries, commit, .. } => {
            digest
                .u8(CargoTag::Append as u8)
                .u64(term.0)
                .u64(prev.index.0)
                .u64(prev.term.0)
                .u64(commit.0);
            digest.u64(entries.len() as u64);
            for entry in entries {
                let id = entry.id();
                digest.u64(entry.term.0).u8(id.server.number()).u64(id.number);
                digest_members(digest, entry.payload.configuration());
            }
        }
        Message::AppendReply { term, prev, result, .. } => {
            digest.u8(CargoTag::AppendReply as u8).u64(term.0).u64(prev.0);
            match result {
                AppendResult::Matched(index) => digest.u8(1).u64(index.0),
                AppendResult::Refused { conflict, first, last } => {
                    digest.u8(0).u64(conflict.map_or(0, |term| term.0)).u64(first.0).u64(last.0)
                }
                AppendResult::Hinted { at, first, last } => {
                    digest.u8(2).u64(at.index.0).u64(at.term.0).u64(first.0).u64(last.0)
                }
            };
        }
        Message::InstallSnapshot { term, chunk, .. } => {
            let last = chunk.snapshot.last;
            digest
                .u8(CargoTag::InstallSnapshot as u8)
                .u64(term.0)
                .u64(last.index.0)
                .u64(last.term.0)
                .u64(u64::from(chunk.from) << 32 | u64::from(chunk.to))
                .u64(chunk.snapshot.print);
            let (index, all) = chunk.snapshot.members;
            digest_members(digest, (index > Index::ZERO).then_some(all));
        }
        Message::InstallReply { term, last, result, .. } => {
            digest.u8(CargoTag::InstallReply as u8).u64(term.0).u64(last.0);
            match result {
                ChunkResult::Received(bytes) => digest.u8(0).u64(u64::from(*bytes)),
                ChunkResult::Installed(index) => digest.u8(1).u64(index.0),
            };
        }
        Message::Foreign { kind, term, bytes } => {
            digest.u8(CargoTag::Foreign as u8).u8(*kind as u8).u64(term.0).bytes(bytes);
        }
    }
}

/// Who votes and who learns, where members have changed.
fn digest_members(digest: &mut Digest, all: Option<Configuration>) {
    for word in all.into_iter().flat_map(Configuration::words) {
        digest.u64(word);
    }
}

fn digest_rpc(digest: &mut Digest, rpc: &Rpc) {
    match rpc {
        Rpc::Request { call, attempt, session, .. } => {
            digest.u8(CargoTag::Request as u8).u64(u64::from(*call)).u64(u64::from(*attempt));
            if let Some(session) = session {
                digest.u64(session.index().0);
            }
        }
        Rpc::Register { call, attempt } => {
            digest.u8(CargoTag::Register as u8).u64(u64::from(*call)).u64(u64::from(*attempt));
        }
        Rpc::Reply { call, attempt, reply } => {
            digest.u8(CargoTag::Reply as u8).u64(u64::from(*call)).u64(u64::from(*attempt));
            match reply {
                Reply::Done(answer) => digest.u8(answer.outcome.byte()).u64(answer.version.0),
                Reply::WrongLeader(why) => digest.u8(16 + *why as u8),
                Reply::Session(session) => digest.u8(32).u64(session.index().0),
                Reply::Expired => digest.u8(33),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::rc::Rc;

    use super::*;
    use crate::cluster::config::Config;
    use crate::cluster::network::{Network, Tail, WrongLeader};
    use crate::cluster::raft::{Entries, Entry, Position};
    use crate::cluster::rng::{Entity, Rng};
    use crate::cluster::time::Ppm;
    use crate::cluster::types::{
        Answer, Index, Op, OpId, Outcome, Request, SessionId, Term, Version,
    };

    /// Cargo of every kind: of those of a kind each differs in one thing from the first.
    fn cargoes() -> Vec<Cargo> {
        let position = |index, term| Position { index: Index(index), term: Term(term) };
        let mut all = Vec::new();
        for (term, last) in [(7, position(3, 2)), (8, position(3, 2)), (7, position(4, 2))] {
            all.push(Message::RequestVote { call: 1, term: Term(term), last, transfer: false });
        }
        all.push(Message::RequestVote {
            call: 1,
            term: Term(7),
            last: position(3, 3),
            transfer: false,
        });
        for (term, granted) in [(7, false), (8, false), (7, true)] {
            all.push(Message::VoteReply { call: 1, term: Term(term), granted });
        }
        let entry = |term, server, number| {
            let id = OpId { server: ServerId::from_index(server), number };
            Entry::new(Term(term), Rc::new(Op::new(id, Request::Get { key: "k".into() })))
        };
        let one = || vec![entry(5, 0, 1)];
        let entries = [one(), vec![], vec![entry(6, 0, 1)], vec![entry(5, 1, 1)]];
        let mut append = |term, prev, entries: Vec<Entry>, commit| {
            let entries = Entries::from_vec(entries);
            let (term, commit) = (Term(term), Index(commit));
            all.push(Message::Append { call: 1, term, prev, entries, commit });
        };
        for entries in entries.into_iter().chain([vec![entry(5, 0, 2)], [one(), one()].concat()]) {
            append(7, position(3, 2), entries, 1);
        }
        append(8, position(3, 2), one(), 1);
        append(7, position(4, 2), one(), 1);
        append(7, position(3, 3), one(), 1);
        append(7, position(3, 2), one(), 2);
        let refused = |conflict, first, last| AppendResult::Refused {
            conflict: Some(Term(conflict)),
            first: Index(first),
            last: Index(last),
        };
        let short = AppendResult::Refused { conflict: None, first: Index(2), last: Index(3) };
        let results = [(3, refused(1, 2, 3)), (4, refused(1, 2, 3)), (3, refused(2, 2, 3))];
        let others = [(3, refused(1, 3, 3)), (3, refused(1, 2, 4)), (3, short)];
        let matched = [(3, AppendResult::Matched(Index(1))), (3, AppendResult::Matched(Index(2)))];
        let hinted = |index, term, first, last| {
            let at = Position { index: Index(index), term: Term(term) };
            (3, AppendResult::Hinted { at, first: Index(first), last: Index(last) })
        };
        let hints = [hinted(1, 2, 1, 3), hinted(2, 2, 1, 3), hinted(1, 1, 1, 3)];
        let hints = hints.into_iter().chain([hinted(1, 2, 1, 4), hinted(2, 2, 2, 3)]);
        for (prev, result) in results.into_iter().chain(others).chain(matched).chain(hints) {
            all.push(Message::AppendReply { call: 1, term: Term(7), prev: Index(prev), result });
        }
        let mut all: Vec<Cargo> = all.into_iter().map(Cargo::Raft).collect();
        let mut tell = |call, attempt, reply| {
            all.push(Cargo::Client(Rpc::Reply { call, attempt, reply }));
        };
        for (call, attempt) in [(1, 1), (2, 1), (1, 2)] {
            tell(call, attempt, Reply::WrongLeader(WrongLeader::NotLeader));
        }
        for why in [WrongLeader::AnotherOp, WrongLeader::TermChanged, WrongLeader::TimedOut] {
            tell(1, 1, Reply::WrongLeader(why));
        }
        tell(1, 1, Reply::Expired);
        for session in [1, 2].into_iter().filter_map(|index| SessionId::at(Index(index))) {
            tell(1, 1, Reply::Session(session));
        }
        for outcome in [Outcome::Ok, Outcome::NoKey, Outcome::Version, Outcome::Maybe] {
            for version in [4, 5] {
                let version = Version(version);
                tell(1, 1, Reply::Done(Answer { outcome, value: "".into(), version }));
            }
        }
        for (call, attempt) in [(1, 1), (2, 1), (1, 2)] {
            let request = Request::Get { key: "k".into() };
            for session in [None, Some(1), Some(2)] {
                let session = session.and_then(|index| SessionId::at(Index(index)));
                let request = request.clone();
                all.push(Cargo::Client(Rpc::Request { call, attempt, session, request }));
            }
            all.push(Cargo::Client(Rpc::Register { call, attempt }));
        }
        all
    }

    /// Two runs in which anything went otherwise have two digests.
    #[test]
    fn whatever_differs_between_two_packets_shows_in_the_digest() {
        let lab = Cluster::new(Config::default());
        let law = Law::new(&Default::default(), Network::Reliable.profile(), false);
        let packet = |(from, to), loss, cargo: &Cargo| {
            let (id, sent, due) = (PacketId(1), lab.now(), lab.now());
            let (fails_after, hand, cargo) = (None, Hand::Off, cargo.clone());
            let incarnation = 1;
            Packet { id, from, to, sent, due, incarnation, loss, fails_after, law, hand, cargo }
        };
        let server = |index| Node::Server(ServerId::from_index(index));
        let client = |number| Node::Client(ClientId(number));
        let link = (server(0), server(1));
        let mut packets: Vec<Packet> =
            cargoes().iter().map(|cargo| packet(link, Loss::Arrives, cargo)).collect();
        let cargo = &packets[0].cargo.clone();
        packets.push(packet(link, Loss::Lost, cargo));
        packets.push(packet(link, Loss::LostAndReported, cargo));
        for link in [(server(2), server(1)), (server(0), server(2)), (server(0), client(1))] {
            packets.push(packet(link, Loss::Arrives, cargo));
        }
        for client in [client(2), client(3)] {
            packets.push(packet((server(0), client), Loss::Arrives, cargo));
            packets.push(packet((client, server(0)), Loss::Arrives, cargo));
        }
        let digests: BTreeSet<u64> = packets
            .iter()
            .map(|packet| {
                let mut lab = lab.clone();
                lab.digest_packet(packet);
                lab.digest()
            })
            .collect();
        assert_eq!(digests.len(), packets.len());
        assert!(!digests.contains(&lab.digest()));
    }

    /// Whether it is lost, how long it takes, whether it is late and by how much, when a failure
    /// is told: none of this says anything of another of them, nor of what its copy meets.
    #[test]
    fn what_is_drawn_for_a_packet_is_drawn_apart() {
        const HALF: Ppm = Ppm::percent(50);
        const SPANS: SpanRange = SpanRange { low: Span(1), high: Span(1_000) };
        const NO_SPAN: SpanRange = SpanRange { low: Span(1), high: Span(1) };
        static SOME: Tail = Tail { share: HALF, extra: SPANS };
        static ALL: Tail = Tail { share: Ppm::ONE, extra: SPANS };
        const LOTS: u32 = 4_096;
        let profile = Network::UnreliableMit.profile();
        let answers = |lot: Lot, first| {
            let draw = |delay, late| {
                let law = Law { delay, late, loss: HALF, reports_loss: false };
                Flight::draw(lot, first, law, profile)
            };
            let [plain, some, all] =
                [draw(SPANS, None), draw(NO_SPAN, Some(&SOME)), draw(NO_SPAN, Some(&ALL))];
            let is_long = |flight: &Flight| flight.delay > Span(500);
            let fails_late = plain.fails_after.is_some_and(|after| after >= 50);
            [plain.lost, is_long(&plain), some.delay > Span(1), is_long(&all), fails_late]
        };
        let mut rng = Rng::new(7, Entity::Lab);
        let mut alike = [[0; 10]; 10];
        for _ in 0..LOTS {
            let lot = rng.lot();
            let drawn = [answers(lot, 0), answers(lot, COPY)].concat();
            for (one, row) in drawn.iter().zip(&mut alike) {
                row.iter_mut()
                    .zip(&drawn)
                    .for_each(|(alike, other)| *alike += u32::from(one == other));
            }
        }
        for (one, row) in alike.iter().enumerate() {
            for (other, alike) in row.iter().enumerate().filter(|(other, _)| *other != one) {
                // Five standard deviations of a fair coin.
                assert!(alike.abs_diff(LOTS / 2) < 160, "{one} and {other}: {alike} of {LOTS}");
            }
        }
    }
}
