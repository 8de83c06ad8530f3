//! A server's consensus, whoever wrote it: the door between the cluster and Raft.
//!
//! What the cluster tells a server's Raft goes through here, a method each. Everybody else reads the
//! [`Raft`] behind it, and can't change it. Where a guest runs, that one decides nothing: it shows what the
//! guest writes and reports (`raft/mirror.rs`).

use std::ops::Deref;
use std::rc::Rc;

use super::config::Config;
use super::disk::Disk;
use super::flaw::{Flaw, Flaws};
use super::guest::{Guest, Proposed};
use super::kv::Kv;
use super::observed::State;
use super::raft::{
    Choice, Context, HardState, Message, Most, Outbox, Payload, Raft, RaftEvent, Report, Snapshot,
    TimerOrder, Wanted,
};
use super::time::Time;
use super::types::{ClientId, Index, Op, Request, ServerId, ServerSet, Term};

/// A server's consensus module: the lab's own Raft, or a guest with a Raft that mirrors it.
#[derive(Clone, Debug)]
pub struct Consensus {
    raft: Raft,
    guest: Option<Box<Guest>>,
    /// A trace says what it is.
    told: bool,
}

impl Deref for Consensus {
    type Target = Raft;

    fn deref(&self) -> &Raft {
        &self.raft
    }
}

impl Consensus {
    /// That of a server that has not started yet.
    pub(super) fn new(raft: Raft, config: &Config) -> Self {
        let guest = config.raft.as_ref().and_then(|own| {
            let (program, params) = (own.program.clone()?, own.params.clone());
            Some(Box::new(Guest::new(program, params, raft.id(), config.seed)))
        });
        Self { raft, guest, told: false }
    }

    /// Whether another program decides, a guest or one that has left a trace: only what it reports
    /// is known.
    pub const fn is_guest(&self) -> bool {
        self.guest.is_some() || self.told
    }

    /// Whether a trace says what it is.
    pub const fn is_of_trace(&self) -> bool {
        self.told
    }

    /// From now on a trace says what it is.
    pub(super) const fn follow_trace(&mut self) {
        self.told = true;
    }

    /// It is what a line of a trace tells.
    pub(super) fn told(&mut self, state: &State, now: Time, out: &mut Outbox) {
        let State { role, leader, commit, .. } = *state;
        let raft = &mut self.raft;
        raft.mirror_hard(HardState { term: state.term, voted_for: state.vote }, out);
        if let Some(tail) = &state.log {
            raft.mirror_truncate(tail.first, out);
            tail.entries.iter().for_each(|entry| raft.mirror_append(entry.clone(), out));
        }
        raft.mirror_truncate(state.last.next(), out);
        // Which vote has won, a line does not say.
        raft.mirror_votes(ServerSet::EMPTY);
        raft.mirror_role(Report { role, leader, commit }, now, out);
        raft.mirror_votes(state.votes);
        raft.mirror_commit(commit, out);
    }

    /// Its leader counts a follower's log as the same as its own up to here.
    pub(super) fn told_progress(&mut self, follower: ServerId, matched: Index) {
        self.raft.mirror_progress(follower, matched.next(), matched);
    }

    /// Why a guest has ended by itself, if it has since its start.
    pub(super) fn ended(&self) -> Option<&str> {
        self.guest.as_deref()?.ended()
    }

    pub(super) fn guest(&self) -> Option<&Guest> {
        self.guest.as_deref()
    }

    pub(super) fn guest_mut(&mut self) -> Option<&mut Guest> {
        self.guest.as_deref_mut()
    }

    /// The same server after a crash, with what its disk holds.
    pub(super) fn start_again(&mut self, disk: &Disk) {
        self.raft = self.raft.restarted(disk.hard, disk.log.clone());
        if let Some(guest) = &mut self.guest {
            guest.forget(disk.blob.clone());
        }
    }

    /// Its log begins after a snapshot, which its disk holds.
    pub(super) fn begin_with(&mut self, snapshot: Option<Rc<Snapshot>>) {
        self.raft.begin_with(snapshot);
    }

    /// The entries that are applied give way to a snapshot. A guest keeps its own log.
    pub(super) fn take_snapshot(
        &mut self,
        applied: Index,
        map: &Kv,
        limit: Option<Most>,
        out: &mut Outbox,
    ) {
        if self.guest.is_none() {
            self.raft.take_snapshot(applied, map, limit, out);
        }
    }

    pub(super) fn reseed(&mut self, seed: u64) {
        if let Some(guest) = &mut self.guest {
            guest.reseed(seed, self.raft.id());
        }
    }

    /// A guest starts.
    pub(super) fn init(&mut self, cx: &Context, out: &mut Outbox) {
        if let Some(guest) = &mut self.guest {
            guest.init(&mut self.raft, cx, out);
        }
    }

    /// A message from another server.
    pub(super) fn receive(
        &mut self,
        from: ServerId,
        message: Message,
        cx: &Context,
        out: &mut Outbox,
    ) {
        if let (Some(guest), Message::Foreign { bytes, .. }) = (&mut self.guest, &message) {
            return guest.on_message(from, bytes, &mut self.raft, cx, out);
        }
        self.raft.receive(from, message, cx, out);
    }

    /// A client's operation, for the leader's log.
    pub(super) fn submit(&mut self, entry: Payload, cx: &Context, out: &mut Outbox) -> Index {
        self.raft.submit(entry, cx, out)
    }

    /// The same for a guest, which says whether it takes it.
    pub(super) fn propose(&mut self, op: &Op, cx: &Context, out: &mut Outbox) -> Option<Proposed> {
        let proposed = self.guest.as_mut()?.propose(op, &mut self.raft, cx, out);
        if let Some(Proposed::Accepted { index, .. }) = proposed {
            tell_once(index, out);
        }
        proposed
    }

    /// Whether the whole service is a guest's own.
    pub(super) fn serves(&self) -> bool {
        self.guest.as_ref().is_some_and(|guest| guest.serves())
    }

    /// A client's request for such a service.
    pub(super) fn request(
        &mut self,
        call: (ClientId, u64, u32),
        request: Request,
        cx: &Context,
        out: &mut Outbox,
    ) {
        if let Some(guest) = &mut self.guest {
            guest.request(call, request, &mut self.raft, cx, out);
        }
    }

    pub(super) fn on_election_timeout(&mut self, cx: &Context, out: &mut Outbox) {
        match &mut self.guest {
            None => self.raft.on_election_timeout(out),
            Some(guest) => guest.on_timer(0, &mut self.raft, cx, out),
        }
    }

    /// By command: it becomes a candidate now.
    pub(super) fn campaign(&mut self, cx: &Context, out: &mut Outbox) {
        match &mut self.guest {
            None => self.raft.on_election_timeout(out),
            Some(guest) => {
                // It is not set any more, unless the guest sets it.
                out.election = TimerOrder::Cancel;
                guest.campaign(&mut self.raft, cx, out);
            }
        }
    }

    pub(super) fn on_heartbeat(&mut self, cx: &Context, out: &mut Outbox) {
        match &mut self.guest {
            None => self.raft.on_heartbeat(cx, out),
            Some(guest) => guest.on_timer(1, &mut self.raft, cx, out),
        }
    }

    pub(super) fn on_guest_timer(&mut self, id: u8, cx: &Context, out: &mut Outbox) {
        if let Some(guest) = &mut self.guest {
            guest.on_timer(id, &mut self.raft, cx, out);
        }
    }

    pub(super) fn on_quorum_timeout(&mut self, cx: &Context, out: &mut Outbox) {
        self.raft.on_quorum_timeout(cx, out);
    }

    /// The network tells that a call of its own has failed.
    pub(super) fn on_loss(&mut self, peer: ServerId, call: u32, cx: &Context, out: &mut Outbox) {
        self.raft.on_loss(peer, call, cx, out);
    }

    /// Whether the network tells it when this call has failed.
    pub(super) fn hears_of_loss(&self, call: u32) -> bool {
        self.guest.is_none() && self.raft.has_made(call)
    }

    /// What was written is on disk, up to entry `last`.
    pub(super) fn on_sync(&mut self, hard: HardState, last: Index, cx: &Context, out: &mut Outbox) {
        match &mut self.guest {
            None => self.raft.on_sync(hard, last, cx, out),
            Some(guest) => guest.on_sync(last, &mut self.raft, out),
        }
    }

    pub(super) fn choose(&mut self, choice: Choice, out: &mut Outbox) {
        self.raft.choose(choice, out);
    }

    /// A get that takes no entry.
    pub(super) fn read(&mut self, id: u64, cx: &Context, out: &mut Outbox) {
        self.raft.read(id, cx, out);
    }

    /// By command: it hands its leadership over.
    pub(super) fn begin_transfer(&mut self, to: ServerId, cx: &Context, out: &mut Outbox) {
        self.raft.begin_transfer(to, cx, out);
    }

    /// By command: who votes and who learns changes.
    pub(super) fn begin_change(&mut self, wanted: Wanted, cx: &Context, out: &mut Outbox) {
        self.raft.begin_change(wanted, cx, out);
    }

    /// It was started again at this moment.
    pub(super) const fn starts(&mut self, now: Time) {
        self.raft.starts(now);
    }

    pub(super) fn forget_leader(&mut self, out: &mut Outbox) {
        self.raft.forget_leader(out);
    }

    /// Its disk was lost, and no server has it for a member: it is a new one.
    pub(super) fn begins_anew(&mut self) {
        self.raft.begins_anew();
    }

    pub(super) fn plant(&mut self, flaw: Flaw, on: bool) {
        self.raft.plant(flaw, on);
    }

    pub(super) fn share_log(&mut self, settled_to: usize, other: &Self) -> bool {
        self.raft.share_log(settled_to, &other.raft)
    }

    pub(super) fn unsay_vote(&mut self, unsynced: impl Fn(Term, ServerId) -> bool) {
        self.raft.unsay_vote(unsynced);
    }

    pub(super) fn forget_vote(&mut self, term: Term, candidate: ServerId, flaws: Flaws) {
        self.raft.forget_vote(term, candidate, flaws);
    }
}

/// An entry that was submitted is told of as such, and not a second time as written.
fn tell_once(index: Index, out: &mut Outbox) {
    let place = out
        .events
        .iter()
        .rposition(|(_, event)| matches!(event, RaftEvent::Wrote { last, .. } if *last == index));
    let Some(place) = place else { return };
    if let (_, RaftEvent::Wrote { first, last, .. }) = &mut out.events[place] {
        match *first < *last {
            true => *last = last.previous(),
            false => drop(out.events.remove(place)),
        }
    }
}
