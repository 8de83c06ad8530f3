//! Elections: terms, votes, and who may win (§5.1, §5.2, §5.4.1).

use super::retry::Asked;
use super::{
    Candidacy, Context, IgnoreReason, Leadership, Message, Outbox, Position, Progress, Raft,
    RaftEvent, Role, State, StepDown, TimerOrder, VoteRefusal,
};
use crate::cluster::flaw::{Flaw, Flaws, Ruled};
use crate::cluster::types::{ServerId, ServerSet, Term};

impl Raft {
    /// Silence for too long: stand for election (§5.2). Its own vote counts once it is on disk.
    pub fn on_election_timeout(&mut self, out: &mut Outbox) {
        if self.is_leader() {
            return;
        }
        self.term = self.term.next();
        self.voted_for = Some(self.id);
        let asked = vec![Asked::default(); usize::from(self.configuration.servers())];
        self.state = State::Candidate(Candidacy { asked, ..Candidacy::default() });
        self.write_vote(out);
        out.election = TimerOrder::Arm;
        let (term, last) = (self.term, self.log.last());
        let (before, flaws) = self.voted_before(self.id);
        out.emit_through(flaws, RaftEvent::ElectionStarted { term, last, before });
        for peer in self.others() {
            self.ask_for_vote(peer, out);
        }
    }

    /// Figure 2, RequestVote RPC, receiver implementation.
    pub(super) fn on_request_vote(
        &mut self,
        candidate: ServerId,
        call: u32,
        term: Term,
        last: Position,
        out: &mut Outbox,
    ) {
        self.adopt_term(term, out);
        let Ruled { answer, flaws } = self.vote_refusal(candidate, term, last);
        let granted = match answer {
            None => {
                let (before, through) = self.voted_before(candidate);
                let (own, flaws) = (self.log.last(), flaws.union(through));
                self.voted_for = Some(candidate);
                self.write_vote(out);
                // Granting a vote counts as word from a likely leader (Figure 2, Followers).
                out.election = TimerOrder::Arm;
                out.emit_through(
                    flaws,
                    RaftEvent::VoteGranted { candidate, term, own, last, before },
                );
                true
            }
            Some(why) => {
                out.emit_through(flaws, RaftEvent::VoteRefused { candidate, term, why });
                false
            }
        };
        out.held.push((candidate, Message::VoteReply { call, term: self.term, granted }));
    }

    fn vote_refusal(
        &self,
        candidate: ServerId,
        term: Term,
        last: Position,
    ) -> Ruled<Option<VoteRefusal>> {
        if term < self.term {
            return Ruled::kept(Some(VoteRefusal::StaleTerm { own: self.term }));
        }
        if !self.rules.may_vote_for(self.voted_for, candidate) {
            return Ruled::kept(self.voted_for.map(|server| VoteRefusal::VotedFor { server }));
        }
        let own = self.log.last();
        let Ruled { answer, flaws } = self.rules.is_up_to_date(last, own);
        let answer = (!answer).then_some(VoteRefusal::LogBehind { own, candidate: last });
        Ruled { answer, flaws }
    }

    pub(super) fn on_vote_reply(
        &mut self,
        voter: ServerId,
        term: Term,
        granted: bool,
        cx: &Context,
        out: &mut Outbox,
    ) {
        self.adopt_term(term, out);
        let Ruled { answer: stale, flaws } = self.rules.is_stale_vote(term, self.term);
        let why = match &mut self.state {
            _ if stale => IgnoreReason::OldTerm,
            State::Follower { .. } | State::Leader(_) => IgnoreReason::NotInRole,
            State::Candidate(_) if granted => return self.count_vote(voter, term, flaws, cx, out),
            State::Candidate(candidate) => return candidate.refusals.insert(voter),
        };
        let summary = Message::VoteReply { call: 0, term, granted }.summary();
        out.emit(RaftEvent::Ignored { from: voter, summary, why });
    }

    /// Counts a vote that was cast in this term; through which flaws, if it was not.
    pub(super) fn count_vote(
        &mut self,
        voter: ServerId,
        cast: Term,
        flaws: Flaws,
        cx: &Context,
        out: &mut Outbox,
    ) {
        let State::Candidate(candidate) = &mut self.state else { return };
        if candidate.votes.contains(voter) {
            return;
        }
        candidate.votes.insert(voter);
        if !flaws.is_empty() {
            candidate.strays.insert(voter);
        }
        let (term, votes) = (self.term, candidate.votes);
        out.emit_through(flaws, RaftEvent::VoteCounted { voter, term, cast, votes });
        let Ruled { answer, flaws } = self.rules.is_majority(self.configuration, votes);
        if answer {
            let candidate = std::mem::take(candidate);
            self.become_leader(candidate, flaws, cx, out);
        }
    }

    /// Figure 2, Leaders: on election, speak to everybody at once.
    fn become_leader(
        &mut self,
        candidate: Candidacy,
        mut flaws: Flaws,
        cx: &Context,
        out: &mut Outbox,
    ) {
        let Candidacy { votes, asked, strays: stale, .. } = candidate;
        if !stale.is_empty() {
            flaws.set(Flaw::CountStaleVotes, true);
        }
        let last = self.log.last_index();
        let unknown = Progress { next: last.next(), ..Progress::default() };
        let mut progress = vec![unknown; asked.len()];
        // All of its own log is on disk: the votes it won left other disks only after its own
        // vote had reached this one, and writes reach it in order.
        progress[self.id.index()].matched = last;
        let strays = ServerSet::EMPTY;
        self.state = State::Leader(Leadership { votes, progress, asked, strays });
        out.election = TimerOrder::Cancel;
        let term = self.term;
        let servers = self.configuration.servers();
        out.emit_through(flaws, RaftEvent::BecameLeader { term, votes, stale, servers });
        self.on_heartbeat(cx, out);
    }

    /// A higher term makes anybody a follower (Figure 2, All Servers).
    pub(super) fn adopt_term(&mut self, term: Term, out: &mut Outbox) {
        if term <= self.term {
            return;
        }
        let from = self.term;
        self.become_follower(None, StepDown::NewerTerm { term }, out);
        self.term = term;
        self.voted_for = None;
        self.write_vote(out);
        out.emit(RaftEvent::TermAdopted { from, to: term });
    }

    /// Follows `leader`, if it knows one: it may have been something else until now.
    pub(super) fn become_follower(
        &mut self,
        leader: Option<ServerId>,
        why: StepDown,
        out: &mut Outbox,
    ) {
        let (role, term) = (self.role(), self.term);
        self.state = State::Follower { leader };
        match role {
            Role::Follower => return,
            Role::Candidate => {}
            Role::Leader => {
                // Leaders have no election timer: start one.
                out.heartbeat = TimerOrder::Cancel;
                out.election = TimerOrder::Arm;
            }
        }
        out.emit(RaftEvent::SteppedDown { role, term, why });
    }
}
