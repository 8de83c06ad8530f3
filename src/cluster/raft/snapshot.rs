//! Snapshots: what stands in for the entries that a log no longer has (§7, Figure 13).
//!
//! A server takes one of what it has applied, and drops the entries up to there. Who then lacks such an
//! entry is sent the snapshot, whole or in chunks. A chunk is asked for again as entries are: with
//! the next heartbeat that finds no answer, or when the network tells of a loss.
//!
//! What a chunk brings is some bytes of the whole. The map itself travels with each of them as a
//! reference, and nobody looks at it before all bytes are there.

use std::rc::Rc;

use super::{
    Configuration, Context, IgnoreReason, Message, Outbox, Position, Raft, RaftEvent, Replication,
    State, Write,
};
use crate::cluster::digest::Digest;
use crate::cluster::flaw::{Flaws, Ruled};
use crate::cluster::kv::Kv;
use crate::cluster::types::{Index, ServerId, Term};

/// The state machine after its last entry, and which one that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last index and term that it covers.
    pub last: Position,
    pub map: Kv,
    /// The newest configuration that it covers, and where that stood (§7).
    pub members: (Index, Configuration),
    /// How many bytes it takes.
    pub bytes: u32,
    /// A fingerprint of the map, the same on every machine: what enters the digest of a run.
    pub print: u64,
}

impl Snapshot {
    fn new(last: Position, map: Kv, members: (Index, Configuration)) -> Self {
        let bytes = u32::try_from(map.bytes()).unwrap_or(u32::MAX);
        let mut print = Digest::new();
        for (key, stored) in map.iter() {
            print.text(key).text(&stored.value).u64(stored.version.0);
        }
        map.sessions().digest(&mut print);
        Self { last, members, bytes, print: print.value(), map }
    }

    /// Its configuration, for the log that begins after it.
    pub const fn configuration(&self) -> Option<(Index, Configuration)> {
        Some(self.members)
    }
}

/// Some bytes of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub snapshot: Rc<Snapshot>,
    /// Where they begin, and where they end.
    pub from: u32,
    pub to: u32,
}

/// What a follower makes of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkResult {
    /// It has the first so many bytes.
    Received(u32),
    /// Its log now agrees with the leader's up to this index.
    Installed(Index),
}

/// How far a snapshot has come that arrives in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    of: Position,
    received: u32,
}

impl Raft {
    /// The newest snapshot that it has taken or installed.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// Starts with a snapshot that its disk holds, where its log begins.
    pub fn begin_with(&mut self, snapshot: Option<Rc<Snapshot>>) {
        self.commit = self.log.base().index;
        self.snapshot = snapshot;
    }

    /// Its state machine has come to `applied`: the entries up to there give way to a snapshot.
    /// `limit`: which its log has reached, if that is why.
    pub fn take_snapshot(
        &mut self,
        applied: Index,
        map: &Kv,
        limit: Option<super::Most>,
        out: &mut Outbox,
    ) {
        let Some(last) = self.log.position(applied) else { return };
        let first = self.log.first_index();
        if last.index < first {
            return;
        }
        let members = self.configuration_at(last.index);
        let snapshot = Rc::new(Snapshot::new(last, map.clone(), members));
        let bytes = snapshot.bytes;
        self.log.compact(last, snapshot.configuration());
        self.snapshot = Some(snapshot.clone());
        out.writes.push(Write::Snapshot { snapshot, replaces: false });
        out.emit(RaftEvent::SnapshotTaken { first, last, bytes, limit });
    }

    /// A follower needs an entry that only a snapshot has now: sends it that, or the next chunk of the
    /// one that is on its way already; `again`, where its newest chunk has not been answered.
    pub(super) fn send_snapshot(
        &mut self,
        peer: ServerId,
        again: bool,
        cx: &Context,
        out: &mut Outbox,
    ) {
        let first = self.log.first_index();
        let State::Leader(leader) = &mut self.state else { return };
        let known = &mut leader.progress[peer.index()];
        let Some(own) = &self.snapshot else { return };
        let underway = leader.sending.iter().find(|(to, _)| *to == peer);
        let call = self.calls.next();
        let (snapshot, from, first_call) = match (known.replication, underway) {
            // One of which nothing has arrived gives way to a newer one.
            (Replication::Snapshot { received, last, first, .. }, Some((_, begun)))
                if received > 0 || last == own.last.index =>
            {
                if again {
                    out.emit(RaftEvent::SnapshotResent { follower: peer, last, received });
                }
                (begun.clone(), received, if again { first } else { call })
            }
            _ => {
                leader.sending.retain(|(to, _)| *to != peer);
                leader.sending.push((peer, own.clone()));
                let (next, last) = (known.next, own.last);
                out.emit(RaftEvent::SnapshotChosen { follower: peer, next, first, last });
                (own.clone(), 0, call)
            }
        };
        let to = from.saturating_add(cx.snapshot_chunk).min(snapshot.bytes);
        let (sent, last) = (cx.now, snapshot.last.index);
        let (received, first) = (from, first_call);
        known.replication =
            Replication::Snapshot { call, sent, last, received, first, lost: false };
        let chunk = Chunk { snapshot, from, to };
        out.messages.push((peer, Message::InstallSnapshot { call, term: self.term, chunk }));
    }

    /// Figure 13, InstallSnapshot RPC, receiver implementation: the answer, if there is one.
    pub(super) fn on_install_snapshot(
        &mut self,
        (leader, term): (ServerId, Term),
        chunk: Chunk,
        cx: &Context,
        out: &mut Outbox,
    ) -> Option<ChunkResult> {
        self.adopt_term(term, out);
        let last = chunk.snapshot.last;
        if term < self.term {
            out.emit(RaftEvent::SnapshotRefused { leader, last, own: self.term });
            return Some(ChunkResult::Received(0));
        }
        if !self.accept_leader(leader, || chunk.kind(), cx, out) {
            return None;
        }
        let Ruled { answer: newer, flaws } = self.rules.is_newer(last.index, self.commit);
        if !newer {
            self.incoming = None;
            out.emit(RaftEvent::SnapshotSkipped { leader, last, commit: self.commit });
            return Some(ChunkResult::Installed(self.commit));
        }
        let before = match self.incoming {
            Some(Incoming { of, received }) if of == last => received,
            Some(_) | None => 0,
        };
        // Bytes that follow a gap are asked for again.
        let received = if chunk.from > before { before } else { before.max(chunk.to) };
        let of = chunk.snapshot.bytes;
        if received < of {
            self.incoming = Some(Incoming { of: last, received });
            out.emit(RaftEvent::ChunkReceived { leader, last, received, of });
            return Some(ChunkResult::Received(received));
        }
        self.install(leader, chunk.snapshot, flaws, out);
        Some(ChunkResult::Installed(last.index))
    }

    /// Figure 13, 6 to 8: what the log has beyond the snapshot stays, if it has the snapshot's last
    /// entry; else all of it goes. The state machine begins again with the snapshot.
    fn install(
        &mut self,
        leader: ServerId,
        snapshot: Rc<Snapshot>,
        older: Flaws,
        out: &mut Outbox,
    ) {
        let (last, own) = (snapshot.last, self.log.last());
        let before = (self.configuration_index(), self.configuration());
        let had = self.log.term(last.index);
        let Ruled { answer: end, flaws } = self.rules.end_after(&self.log, last);
        let replaces = had != Some(last.term) || end < own.index;
        if replaces {
            self.log = super::Log::after(last, snapshot.configuration());
        } else {
            self.log.compact(last, snapshot.configuration());
        }
        self.incoming = None;
        self.commit = last.index;
        self.snapshot = Some(snapshot.clone());
        out.writes.push(Write::Snapshot { snapshot: snapshot.clone(), replaces });
        out.installed = Some(snapshot);
        let flaws = flaws.union(older);
        out.emit_through(flaws, RaftEvent::SnapshotInstalled { leader, last, own, had, end });
        self.tell_reconfigured(before, out);
    }

    pub(super) fn on_install_reply(
        &mut self,
        follower: ServerId,
        (term, call): (Term, u32),
        last: Index,
        result: ChunkResult,
        cx: &Context,
        out: &mut Outbox,
    ) {
        self.adopt_term(term, out);
        let ignored = match &mut self.state {
            _ if term < self.term => Some(IgnoreReason::OldTerm),
            State::Leader(leader) => {
                leader.active.insert(follower);
                match (result, &mut leader.progress[follower.index()].replication) {
                    (ChunkResult::Installed(index), _) => self.on_matched(follower, index, cx, out),
                    (
                        ChunkResult::Received(bytes),
                        Replication::Snapshot { call: newest, last: of, received, first, .. },
                    ) if last == *of
                        && (bytes > *received
                            || call == *newest
                            || bytes < *received && call >= *first) =>
                    {
                        // More is news, whichever chunk it answers; less only in answer to what was
                        // sent since it was known to have more.
                        *received = bytes;
                        self.send_snapshot(follower, false, cx, out);
                        None
                    }
                    (ChunkResult::Received(_), _) => Some(IgnoreReason::Overtaken),
                }
            }
            State::Follower { .. } | State::PreCandidate(_) | State::Candidate(_) => {
                Some(IgnoreReason::NotInRole)
            }
        };
        if let Some(why) = ignored {
            let summary = Message::InstallReply { call, term, last, result }.summary();
            out.emit(RaftEvent::Ignored { from: follower, summary, why });
        }
    }

    /// Which snapshot is on its way to a follower, and how many of its bytes have arrived there as far
    /// as this leader knows.
    pub fn sending(&self, peer: ServerId) -> Option<(&Snapshot, u32)> {
        let State::Leader(leader) = &self.state else { return None };
        let (_, snapshot) = leader.sending.iter().find(|(to, _)| *to == peer)?;
        match self.progress(peer)?.replication {
            Replication::Snapshot { received, .. } => Some((snapshot, received)),
            Replication::UnderWay { .. } | Replication::Idle => None,
        }
    }

    /// How many bytes of a snapshot have arrived here, and where that snapshot ends.
    pub fn receiving(&self) -> Option<(Position, u32)> {
        self.incoming.map(|incoming| (incoming.of, incoming.received))
    }
}

impl Chunk {
    pub(super) fn kind(&self) -> super::PacketKind {
        let Self { snapshot, from, to } = self;
        let (last, of) = (snapshot.last.index, snapshot.bytes);
        super::PacketKind::InstallSnapshot { last, from: *from, to: *to, of }
    }
}

impl ChunkResult {
    pub(super) const fn kind(self) -> super::PacketKind {
        match self {
            Self::Received(bytes) => super::PacketKind::ChunkReceived { bytes },
            Self::Installed(matched) => super::PacketKind::SnapshotInstalled { matched },
        }
    }
}
