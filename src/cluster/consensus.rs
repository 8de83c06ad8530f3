//! A server's consensus, whoever wrote it: the door between the cluster and Raft.
//!
//! What the cluster tells a server's Raft goes through here, a method each. Everybody else reads the
//! [`Raft`] behind it, and can't change it.

use std::ops::Deref;
use std::rc::Rc;

use super::flaw::{Flaw, Flaws};
use super::raft::{Context, HardState, Log, Message, Outbox, Raft, RaftOption};
use super::types::{Index, Op, ServerId, Term};

/// A server's consensus module.
#[derive(Clone, Debug)]
pub struct Consensus {
    raft: Raft,
}

impl Deref for Consensus {
    type Target = Raft;

    fn deref(&self) -> &Raft {
        &self.raft
    }
}

impl Consensus {
    /// The lab's own.
    pub(super) const fn own(raft: Raft) -> Self {
        Self { raft }
    }

    /// The same server after a crash, with what its disk holds.
    pub(super) fn start_again(&mut self, hard: HardState, log: Log) {
        self.raft = self.raft.restarted(hard, log);
    }

    /// A message from another server.
    pub(super) fn receive(
        &mut self,
        from: ServerId,
        message: Message,
        cx: &Context,
        out: &mut Outbox,
    ) {
        self.raft.receive(from, message, cx, out);
    }

    /// A client's operation, for the leader's log.
    pub(super) fn submit(&mut self, op: Rc<Op>, cx: &Context, out: &mut Outbox) -> Index {
        self.raft.submit(op, cx, out)
    }

    pub(super) fn on_election_timeout(&mut self, out: &mut Outbox) {
        self.raft.on_election_timeout(out);
    }

    pub(super) fn on_heartbeat(&mut self, cx: &Context, out: &mut Outbox) {
        self.raft.on_heartbeat(cx, out);
    }

    pub(super) fn on_quorum_timeout(&mut self, cx: &Context, out: &mut Outbox) {
        self.raft.on_quorum_timeout(cx, out);
    }

    /// The network tells that a call of its own has failed.
    pub(super) fn on_loss(&mut self, peer: ServerId, call: u32, cx: &Context, out: &mut Outbox) {
        self.raft.on_loss(peer, call, cx, out);
    }

    /// What was written is on disk, up to entry `last`.
    pub(super) fn on_sync(&mut self, hard: HardState, last: Index, cx: &Context, out: &mut Outbox) {
        self.raft.on_sync(hard, last, cx, out);
    }

    pub(super) fn choose(&mut self, option: RaftOption, on: bool, out: &mut Outbox) {
        self.raft.choose(option, on, out);
    }

    pub(super) fn plant(&mut self, flaw: Flaw, on: bool) {
        self.raft.plant(flaw, on);
    }

    pub(super) fn share_log(&mut self, chunks: usize, other: &Self) -> bool {
        self.raft.share_log(chunks, &other.raft)
    }

    pub(super) fn unsay_vote(&mut self, unsynced: impl Fn(Term, ServerId) -> bool) {
        self.raft.unsay_vote(unsynced);
    }

    pub(super) fn forget_vote(&mut self, term: Term, candidate: ServerId, flaws: Flaws) {
        self.raft.forget_vote(term, candidate, flaws);
    }
}
