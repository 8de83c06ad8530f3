//! Leadership transfer (dissertation §3.10): a leader hands over on purpose, as before it is shut down.
//!
//! It takes no requests meanwhile, brings the target's log up to date by ordinary replication, and
//! then asks it to become a candidate at once. The target asks for no pre-votes, and its requests
//! say that a leader has told it to, so that voters who hear from one don't refuse. If no newer term
//! has come after an election timeout, the leader goes on as before.

use super::{
    Context, IgnoreReason, Message, Outbox, Raft, RaftEvent, Replication, Role, State, Transfer,
};
use crate::cluster::flaw::Ruled;
use crate::cluster::types::{ServerId, ServerSet, Term};

impl Raft {
    /// Whether it takes requests: it leads, and hands over to nobody.
    pub const fn takes_requests(&self) -> bool {
        matches!(&self.state, State::Leader(leader) if leader.transfer.is_none())
    }

    /// The transfer of its leadership that is under way, if any.
    pub const fn transfer(&self) -> Option<Transfer> {
        match &self.state {
            State::Leader(leader) => leader.transfer,
            State::Follower { .. } | State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    /// A leader begins to hand over.
    pub fn begin_transfer(&mut self, to: ServerId, cx: &Context, out: &mut Outbox) {
        let last = self.log.last_index();
        let State::Leader(leader) = &mut self.state else { return };
        leader.transfer = Some(Transfer { to, since: cx.now, told: false });
        let known = leader.progress[to.index()];
        out.emit(RaftEvent::TransferStarted { to, matched: known.matched, last });
        self.hand_over(to, out);
        let told = self.transfer().is_some_and(|transfer| transfer.told);
        if !told && known.replication == Replication::Idle {
            self.send_append(to, cx.append_max, cx, out);
        }
    }

    /// If the server to which it hands over has all that it has, it is asked to take over: again with
    /// each of its answers, for the request may be lost.
    pub(super) fn hand_over(&mut self, to: ServerId, out: &mut Outbox) {
        let (last, term) = (self.log.last_index(), self.term);
        let State::Leader(leader) = &mut self.state else { return };
        let Some(transfer) = leader.transfer.as_mut().filter(|it| it.to == to) else { return };
        let matched = leader.progress[to.index()].matched;
        let Ruled { answer, flaws } = self.rules.may_take_over(matched, last);
        if !answer {
            return;
        }
        // Its followers may vote from now on: no lease holds any more in this term.
        leader.reading.spent = true;
        if !std::mem::replace(&mut transfer.told, true) {
            out.emit_through(flaws, RaftEvent::HandedOver { to, matched, last });
        }
        let call = self.calls.next();
        out.messages.push((to, Message::TimeoutNow { call, term }));
    }

    /// Nobody has taken over within an election timeout: it goes on (§3.10 there).
    pub(super) fn give_up_transfer(&mut self, cx: &Context, out: &mut Outbox) {
        let within = cx.shortest_timeout();
        let State::Leader(leader) = &mut self.state else { return };
        if let Some(Transfer { to, since, .. }) = leader.transfer
            && cx.now.since(since) >= within
        {
            leader.transfer = None;
            out.emit(RaftEvent::TransferAborted { to, within });
        }
    }

    /// The leader asks it to take over: as if its timer had run out, and nobody is asked before.
    pub(super) fn on_timeout_now(&mut self, leader: ServerId, term: Term, out: &mut Outbox) {
        self.adopt_term(term, out);
        let why = match self.role() {
            _ if term < self.term => IgnoreReason::OldTerm,
            Role::Leader => IgnoreReason::AlsoLeads,
            _ if !self.may_stand() => IgnoreReason::NoVote,
            Role::Follower | Role::PreCandidate | Role::Candidate => {
                return self.become_candidate(ServerSet::EMPTY, Some(leader), out);
            }
        };
        let summary = Message::TimeoutNow { call: 0, term }.summary();
        out.emit(RaftEvent::Ignored { from: leader, summary, why });
    }
}
