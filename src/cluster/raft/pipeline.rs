//! Appends in flight: how many of them a leader sends a follower before the first is answered
//! (dissertation §10.2.2).
//!
//! With `inflight=1`, as when nothing else is said, an append waits for the answer to the one before.
//! With more, or with a bound in bytes, a leader that knows where a follower's log agrees with its own
//! sends on: nextIndex goes forward with each append that leaves. An append leaves as long as less than
//! the bound is under way, so a large entry can go beyond it. That is the *replicate* of etcd's states of
//! progress. A refusal, a loss that the network reports, or a heartbeat's time without an answer ends it:
//! then the leader *probes*, with one append, or with heartbeats alone where even that stays unanswered.
//! So a server that is dead costs no entries. The first answer opens the way again.

use super::{Context, Leadership, Outbox, Raft, RaftEvent, Replication, State};
use crate::cluster::time::Time;
use crate::cluster::types::{Index, ServerId, ServerSet};

/// What a leader knows of where a follower's log agrees with its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is yet to find out, or to hear that the follower is there.
    Probe,
    /// They agree up to what was sent last.
    Replicate,
    /// What the follower lacks is no longer in the log (§7).
    Snapshot,
}

impl Mode {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Replicate => "replicate",
            Self::Snapshot => "snapshot",
        }
    }
}

/// An append that has not been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) to: ServerId,
    pub(super) call: u32,
    pub(super) last: Index,
    pub(super) bytes: u64,
    pub(super) sent: Time,
}

/// A leader's appends in flight where more than one may be: in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pipeline {
    /// To whom it sends on without waiting.
    open: ServerSet,
    flights: Vec<Flight>,
}

impl Pipeline {
    pub(super) const fn is_open(&self, peer: ServerId) -> bool {
        self.open.contains(peer)
    }

    fn to(&self, peer: ServerId) -> impl Iterator<Item = &Flight> {
        self.flights.iter().filter(move |flight| flight.to == peer)
    }

    fn bytes_to(&self, peer: ServerId) -> u64 {
        self.to(peer).map(|flight| flight.bytes).sum()
    }

    pub(super) fn add(&mut self, flight: Flight) {
        self.flights.push(flight);
    }

    /// Nothing counts as in flight any more. How many appends did, if it was open.
    pub(super) fn close(&mut self, peer: ServerId) -> Option<u32> {
        let count = self.to(peer).count() as u32;
        let was_open = self.open.contains(peer);
        self.open.remove(peer);
        self.flights.retain(|flight| flight.to != peer);
        was_open.then_some(count)
    }

    fn has_made(&self, peer: ServerId, call: u32) -> bool {
        self.to(peer).any(|flight| flight.call == call)
    }
}

impl Raft {
    /// What this leader knows of where another's log agrees with its own.
    pub fn mode(&self, peer: ServerId) -> Option<Mode> {
        let State::Leader(leader) = &self.state else { return None };
        let known = leader.progress.get(peer.index())?;
        Some(match known.replication {
            Replication::Snapshot { .. } => Mode::Snapshot,
            _ if leader.pipeline.is_open(peer) => Mode::Replicate,
            Replication::UnderWay { lost: true, .. } => Mode::Probe,
            _ if known.next == known.matched.next() => Mode::Replicate,
            Replication::UnderWay { .. } | Replication::Idle => Mode::Probe,
        })
    }

    /// How many appends with entries, sent by this leader, another has not answered.
    pub fn in_flight(&self, peer: ServerId) -> u32 {
        let State::Leader(leader) = &self.state else { return 0 };
        let count = leader.pipeline.to(peer).count() as u32;
        match leader.progress.get(peer.index()).map(|known| known.replication) {
            Some(Replication::UnderWay { lost: false, .. }) => count.max(1),
            Some(
                Replication::UnderWay { .. } | Replication::Snapshot { .. } | Replication::Idle,
            )
            | None => count,
        }
    }

    /// How many entries of its own term this leader has that are not committed. Those of earlier terms wait
    /// for one of these, and do not count.
    pub fn uncommitted(&self) -> u64 {
        let last = self.log.last();
        if last.term != self.term {
            return 0;
        }
        let before = self.log.first_of_term(self.term).previous().max(self.commit);
        last.index.0.saturating_sub(before.0)
    }

    /// Whether a follower may be sent entries now.
    #[inline]
    pub(super) fn may_send(&self, peer: ServerId, cx: &Context) -> bool {
        let State::Leader(leader) = &self.state else { return false };
        let Some(known) = leader.progress.get(peer.index()) else { return false };
        match known.replication {
            Replication::Idle => true,
            Replication::UnderWay { lost: false, .. } if cx.pipelines() => {
                let (count, bytes) =
                    (leader.pipeline.to(peer).count(), leader.pipeline.bytes_to(peer));
                leader.pipeline.is_open(peer)
                    && !cx.inflight.is_reached(count as u64, bytes)
                    && known.next <= self.log.last_index()
            }
            Replication::UnderWay { .. } | Replication::Snapshot { .. } => false,
        }
    }

    /// How many bytes of entries another has not answered.
    pub fn bytes_in_flight(&self, peer: ServerId) -> u64 {
        let State::Leader(leader) = &self.state else { return 0 };
        leader.pipeline.bytes_to(peer)
    }

    /// An answer says that the logs agree up to `index`: what it answers is in flight no more, and the
    /// way is open.
    pub(super) fn flights_landed(&mut self, peer: ServerId, index: Index) {
        let State::Leader(Leadership { pipeline, progress, .. }) = &mut self.state else { return };
        let known = &mut progress[peer.index()];
        if matches!(known.replication, Replication::Snapshot { .. }) {
            return;
        }
        pipeline.flights.retain(|flight| flight.to != peer || flight.last > index);
        pipeline.open.insert(peer);
        let newest = pipeline.to(peer).map(|flight| flight.last).max();
        known.next = known.next.max(newest.unwrap_or_default().next());
        known.replication = match pipeline.to(peer).next() {
            None => Replication::Idle,
            Some(&Flight { call, sent, last, .. }) => {
                Replication::UnderWay { call, sent, last: newest.unwrap_or(last), lost: false }
            }
        };
    }

    /// Nothing was answered for too long, or the network has told of a loss: nothing more leaves to this
    /// follower but heartbeats, until one of them is answered.
    pub(super) fn probe_again(&mut self, peer: ServerId, out: &mut Outbox) {
        let State::Leader(Leadership { pipeline, progress, .. }) = &mut self.state else { return };
        let known = &mut progress[peer.index()];
        if let Replication::UnderWay { lost, .. } = &mut known.replication {
            *lost = true;
        }
        if let Some(unanswered) = pipeline.close(peer) {
            known.next = known.matched.next();
            let next = known.next;
            out.emit(RaftEvent::ProbesAgain { follower: peer, next, unanswered });
        }
    }

    /// Whether the network tells of an append that counts as in flight.
    pub(super) fn is_in_flight(&self, peer: ServerId, call: u32) -> bool {
        matches!(&self.state, State::Leader(leader) if leader.pipeline.has_made(peer, call))
    }
}
