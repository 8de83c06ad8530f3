//! Members change while the cluster runs (dissertation chapter 4).
//!
//! A configuration is an entry of the log, and every server counts by the newest that its log has, committed
//! or not; where that entry is removed, by the one before it (§4.1). A leader takes a change in steps, each of
//! which waits until the one before is committed:
//!
//! 1. Who is to vote and has not copied the log yet becomes a *learner*. It copies in rounds: each ends when
//!    it has what the leader had as the round began. Once a round takes less than an election timeout, it has
//!    caught up (§4.2.1).
//! 2. C_old,new: majorities of the old voters and of the new ones decide together (*joint consensus*, §4.3).
//! 3. C_new. A leader that it does not name hands nothing over: it steps down once C_new is committed (§4.2.2).
//!
//! With `membership=single` one server is added or removed at a time, and the second step is left out: any
//! majority before and any after have a server in common (§4.1). That holds only if the leader has committed an
//! entry of its own term before.
//!
//! What a change is to end with stands in the entries themselves, so a new leader goes on with it.

use std::rc::Rc;

use super::retry::Asked;
use super::{
    Configuration, Context, Outbox, Payload, Progress, Raft, RaftEvent, RaftOption, State,
    StepDown, TimerOrder,
};
use crate::cluster::flaw::{Flaws, Ruled};
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{Index, ServerId, ServerSet};

/// After so many rounds a server is too slow ever to catch up (§4.2.1 there).
const ROUNDS_MAX: u32 = 10;
/// And after so many election timeouts without an answer it is taken to be away.
const SILENT_MAX: u64 = 5;

/// Who is to vote and who is to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub voters: ServerSet,
    pub learners: ServerSet,
}

/// A server that is to vote copies the log before it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUp {
    pub server: ServerId,
    pub round: u32,
    /// The round ends when it has this entry.
    pub target: Index,
    since: Time,
    /// When it has answered last.
    heard: Time,
    pub done: bool,
}

/// Why a leader begins no change of members now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// One is under way already.
    Changing(Configuration),
    /// One waits to begin.
    Waits(Wanted),
    /// Its newest configuration is not committed.
    Uncommitted(Index),
}

/// Why a follower counts by another configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconfigured {
    /// Its log has a newer one, committed or not.
    Newer,
    /// The entry that brought the last one was removed.
    FellBack,
    /// A snapshot brought it.
    Snapshot,
}

impl Raft {
    /// The configuration by which it counts: the newest in its log, committed or not (§4.1).
    #[inline]
    pub fn configuration(&self) -> Configuration {
        self.log.configuration().map_or(self.initial, |(_, all)| all)
    }

    /// Where its configuration stands; 0 for the one with which the cluster began.
    pub fn configuration_index(&self) -> Index {
        self.log.configuration().map_or(Index::ZERO, |(index, _)| index)
    }

    /// The newest up to an index, and where it stands.
    pub(super) fn configuration_at(&self, index: Index) -> (Index, Configuration) {
        self.log.configuration_at(index).unwrap_or((Index::ZERO, self.initial))
    }

    /// Whether its configuration is committed, as far as it knows.
    pub fn knows_configuration_committed(&self) -> bool {
        self.configuration_index() <= self.commit
    }

    /// Those who are to vote and are yet to catch up, as this leader sees them.
    pub fn catching_up(&self) -> &[CatchUp] {
        match &self.state {
            State::Leader(leader) => &leader.catching,
            State::Follower { .. } | State::PreCandidate(_) | State::Candidate(_) => &[],
        }
    }

    /// Whether it may ask for votes. A learner may not, nor a server that is no member any more; but as
    /// long as the configuration that took its vote might not be committed, it may be needed to lead
    /// (§4.2.2 there).
    pub fn may_stand(&self) -> bool {
        let has_vote = |all: Configuration| all.voters().contains(self.id);
        let before = || self.configuration_at(self.configuration_index().previous()).1;
        has_vote(self.configuration())
            || (!self.knows_configuration_committed() && has_vote(before()))
    }

    /// How many places its lists need.
    pub(super) fn room(&self) -> usize {
        self.configuration().members().union(ServerSet::only(self.id)).end()
    }

    /// All to whom a leader speaks.
    pub(super) fn others(&self) -> impl Iterator<Item = ServerId> + use<> {
        self.configuration().members().without(ServerSet::only(self.id)).iter()
    }

    /// All whom a candidate asks.
    pub(super) fn other_voters(&self) -> impl Iterator<Item = ServerId> + use<> {
        let all = self.rules.asks(self.configuration()).answer;
        all.without(ServerSet::only(self.id)).iter()
    }

    /// Whether voters change one at a time (§4.1) rather than jointly (§4.3).
    pub const fn changes_singly(&self) -> bool {
        self.rules.options.has(RaftOption::Membership)
    }

    /// Why this leader takes no change of members now: one at a time.
    pub fn unready(&self) -> Option<Unready> {
        let (all, index) = (self.configuration(), self.configuration_index());
        if all.is_changing() {
            return Some(Unready::Changing(all));
        }
        let waiting = self.waiting_change().map(Unready::Waits);
        waiting.or_else(|| (index > self.commit).then_some(Unready::Uncommitted(index)))
    }

    /// The change that waits until this leader has committed an entry of its own term.
    pub const fn waiting_change(&self) -> Option<Wanted> {
        match &self.state {
            State::Leader(leader) => leader.wanted,
            State::Follower { .. } | State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    /// Whether an entry of its own term is committed, where that is asked for.
    fn may_change(&self) -> Ruled<bool> {
        self.rules.may_change(self.changes_singly(), self.log.term(self.commit), self.term)
    }

    /// A leader begins to change the members.
    pub(in crate::cluster) fn begin_change(
        &mut self,
        wanted: Wanted,
        cx: &Context,
        out: &mut Outbox,
    ) {
        if self.unready().is_some() {
            return;
        }
        let Ruled { answer, flaws } = self.may_change();
        if !answer {
            let term = self.term;
            let State::Leader(leader) = &mut self.state else { return };
            leader.wanted = Some(wanted);
            return out.emit(RaftEvent::ChangeWaits { term });
        }
        let (all, last) = (self.configuration(), self.log.last_index());
        let fresh = wanted.voters.without(all.voters());
        let level = |id: &ServerId| {
            all.members().contains(*id) && self.progress(*id).is_some_and(|it| it.matched >= last)
        };
        if fresh.iter().all(|id| level(&id)) {
            return self.change_voters(wanted, flaws, cx, out);
        }
        let learners = all.learners().union(fresh).union(wanted.learners);
        let to = all.learning(learners, wanted.voters);
        self.append_configuration(to, flaws, cx, out);
        self.begin_rounds(cx.now);
    }

    /// All who are to vote have caught up.
    fn change_voters(
        &mut self,
        Wanted { voters, learners }: Wanted,
        flaws: Flaws,
        cx: &Context,
        out: &mut Outbox,
    ) {
        let all = self.configuration();
        let (gone, new) = (all.voters().without(voters), voters.without(all.voters()));
        let alone = gone.len() + new.len() <= usize::from(self.changes_singly());
        let to = match alone {
            true => Configuration::by(voters, learners),
            false => all.joint(voters, learners),
        };
        self.append_configuration(to, flaws, cx, out);
    }

    /// A configuration at the end of a leader's log: it counts by it from now on.
    fn append_configuration(
        &mut self,
        to: Configuration,
        flaws: Flaws,
        cx: &Context,
        out: &mut Outbox,
    ) {
        let from = self.configuration();
        self.receive_entry(Payload::Configuration(Rc::new(to)), out);
        let (index, term) = (self.log.last_index(), self.term);
        out.emit_through(flaws, RaftEvent::ConfigurationAppended { index, term, from, to });
        let room = self.room();
        let State::Leader(leader) = &mut self.state else { return };
        if leader.progress.len() < room {
            leader.progress.resize(room, Progress::default());
            leader.asked.resize(room, Asked::default());
        }
        for new in to.members().without(from.members()).iter() {
            leader.progress[new.index()] = Progress { next: index, ..Progress::default() };
            leader.asked[new.index()] = Asked::default();
            leader.pipeline.close(new);
        }
        leader.sending.retain(|(to_whom, _)| to.members().contains(*to_whom));
        self.send_to_idle(cx, out);
    }

    /// Learners that are to vote begin a round each.
    pub(super) fn begin_rounds(&mut self, now: Time) {
        let (all, target) = (self.configuration(), self.log.last_index());
        let State::Leader(leader) = &mut self.state else { return };
        let fresh = all.next().unwrap_or(ServerSet::EMPTY).without(all.voters());
        let begin =
            |server| CatchUp { server, round: 1, target, since: now, heard: now, done: false };
        leader.catching = fresh.iter().map(begin).collect();
    }

    /// A server that is to vote has answered: its round may have ended.
    #[inline(never)]
    pub(super) fn note_round(&mut self, server: ServerId, cx: &Context, out: &mut Outbox) {
        let (end, within) = (self.log.last_index(), cx.shortest_timeout());
        let State::Leader(leader) = &mut self.state else { return };
        let matched = leader.progress[server.index()].matched;
        let Some(it) = leader.catching.iter_mut().find(|it| it.server == server) else { return };
        it.heard = cx.now;
        if it.done || matched < it.target {
            return;
        }
        let (round, took) = (it.round, cx.now.since(it.since));
        if self.rules.has_caught_up(took, within) {
            it.done = true;
            out.emit(RaftEvent::CaughtUp { server, round, matched, took, within });
            self.pursue_change(cx, out);
        } else {
            (it.round, it.since, it.target) = (round + 1, cx.now, end);
        }
    }

    /// The next step of a change, if the one before is committed.
    pub(super) fn pursue_change(&mut self, cx: &Context, out: &mut Outbox) {
        let State::Leader(leader) = &mut self.state else { return };
        if let Some(wanted) = leader.wanted.take() {
            // If it still may not, it goes on waiting, and has said so.
            return match self.may_change().answer {
                true => self.begin_change(wanted, cx, out),
                false => self.wait_with(wanted),
            };
        }
        let Some((index, all)) = self.log.configuration() else { return };
        let State::Leader(leader) = &self.state else { return };
        if index > self.commit {
            return;
        }
        if all.is_joint() {
            return self.append_configuration(all.new_alone(), Flaws::NONE, cx, out);
        }
        if let Some(voters) = all.next() {
            if leader.catching.iter().all(|it| it.done) && self.may_change().answer {
                let learners = all.learners().without(voters);
                self.change_voters(Wanted { voters, learners }, Flaws::NONE, cx, out);
            }
            return;
        }
        if !all.voters().contains(self.id) {
            self.leave(all, cx, out);
        }
    }

    const fn wait_with(&mut self, wanted: Wanted) {
        if let State::Leader(leader) = &mut self.state {
            leader.wanted = Some(wanted);
        }
    }

    /// C_new is committed, and does not name this leader: it tells the others how far all is committed, and
    /// steps down (§4.2.2 there).
    fn leave(&mut self, all: Configuration, cx: &Context, out: &mut Outbox) {
        for peer in self.others() {
            self.send_append(peer, 0, cx, out);
        }
        self.become_follower(None, StepDown::Removed { voters: all.voters() }, out);
        // It has no vote, so nothing comes of its silence.
        out.election = TimerOrder::Cancel;
    }

    /// With every heartbeat: who is too slow or silent for too long is given up (§4.2.1 there).
    #[inline(never)]
    pub(super) fn watch_rounds(&mut self, cx: &Context, out: &mut Outbox) {
        let patience = Span(cx.shortest_timeout().0 * SILENT_MAX);
        let (all, committed) = (self.configuration(), self.knows_configuration_committed());
        let State::Leader(leader) = &mut self.state else { return };
        let away = |it: &&CatchUp| {
            !it.done && (it.round > ROUNDS_MAX || cx.now.since(it.heard) >= patience)
        };
        let Some(it) = leader.catching.iter().find(away).copied().filter(|_| committed) else {
            return;
        };
        let (server, rounds, silent) = (it.server, it.round - 1, cx.now.since(it.heard));
        leader.catching.clear();
        out.emit(RaftEvent::CatchUpEnded { server, rounds, silent });
        let fresh = all.next().unwrap_or(ServerSet::EMPTY).without(all.voters());
        let to = all.learning(all.learners().without(fresh), ServerSet::EMPTY);
        self.append_configuration(to, Flaws::NONE, cx, out);
    }

    /// Tells of it when another configuration counts than before.
    pub(super) fn tell_reconfigured(
        &self,
        (before, from): (Index, Configuration),
        out: &mut Outbox,
    ) {
        let (index, to) = (self.configuration_index(), self.configuration());
        // The log has brought none yet, as in most runs.
        let same = index == Index::ZERO && before == Index::ZERO;
        if !same && (index, to) != (before, from) {
            let why = match index {
                _ if index <= self.log.base().index && index > before => Reconfigured::Snapshot,
                _ if index < before => Reconfigured::FellBack,
                _ => Reconfigured::Newer,
            };
            out.emit(RaftEvent::Reconfigured { index, from, to, why });
        }
    }

    /// It is another server from now on, which nobody has told of any members.
    pub fn begins_anew(&mut self) {
        self.initial = Configuration::NONE;
    }

    /// What is new goes out to all to whom nothing is under way.
    pub(super) fn send_to_idle(&mut self, cx: &Context, out: &mut Outbox) {
        for peer in self.others() {
            if self.may_send(peer, cx) {
                self.send_append(peer, cx.append_max, cx, out);
            }
        }
    }
}
