//! Elections: terms, votes, and who may win (§5.1, §5.2, §5.4.1).
//!
//! With pre-votes a server whose timer runs out asks first, and begins a term only if a majority would
//! vote for it (dissertation §9.6). With the check for a quorum whoever hears from a leader votes for
//! nobody, and a leader that no majority answers steps down (§4.2.3 and §6.2 there).

use super::reads::Reading;
use super::retry::Asked;
use super::{
    Candidacy, Context, IgnoreReason, Leadership, Message, Outbox, Pipeline, Position, Progress,
    Raft, RaftEvent, RaftOption, Role, State, StepDown, TimerOrder, VoteRefusal,
};
use crate::cluster::flaw::{Flaw, Flaws, Ruled};
use crate::cluster::time::Time;
use crate::cluster::types::{ServerId, ServerSet, Term};

impl Raft {
    /// Silence for too long: a new leader is wanted (§5.2).
    pub fn on_election_timeout(&mut self, out: &mut Outbox) {
        if self.is_leader() {
            return;
        }
        if !self.may_stand() {
            // Until it hears from a leader again nothing comes of its silence.
            let learns = self.configuration().learners().contains(self.id);
            let index = self.configuration_index();
            return out.emit(RaftEvent::StandsNot { learns, index });
        }
        if self.rules.options.has(RaftOption::PreVote) {
            self.ask_before(out);
        } else {
            self.become_candidate(ServerSet::EMPTY, None, out);
        }
    }

    /// Asks who would vote for it in the next term, and keeps its own (dissertation §9.6).
    fn ask_before(&mut self, out: &mut Outbox) {
        let asked = vec![Asked::default(); self.room()];
        self.state = State::PreCandidate(Candidacy { asked, ..Candidacy::default() });
        out.election = TimerOrder::Arm;
        let Ruled { answer: own, flaws } = self.rules.term_before(self.term);
        if own != self.term {
            (self.term, self.voted_for) = (own, None);
            self.write_vote(out);
        }
        let (term, last) = (self.term.next(), self.log.last());
        out.emit_through(flaws, RaftEvent::PreVoteStarted { term, last });
        for peer in self.other_voters() {
            self.ask_for_vote(peer, out);
        }
        self.count_pre_vote(self.id, out);
    }

    /// Dissertation §9.6, receiver: neither the term nor the vote nor the timer changes.
    pub(super) fn on_pre_vote(
        &mut self,
        candidate: ServerId,
        call: u32,
        term: Term,
        last: Position,
        cx: &Context,
        out: &mut Outbox,
    ) {
        let Ruled { answer, flaws } = match self.leader_at_hand(cx) {
            Some(why) if term >= self.term => Ruled::kept(Some(why)),
            // In a newer term it has voted for nobody yet.
            _ if term > self.term => self.log_refusal(last),
            Some(_) | None => self.vote_refusal(candidate, term, last),
        };
        let own = self.log.last();
        let granted = answer.is_none();
        out.emit_through(
            flaws,
            match answer {
                None => RaftEvent::PreVoteGranted { candidate, term, own, last },
                Some(why) => RaftEvent::PreVoteRefused { candidate, term, why },
            },
        );
        let term = if granted { term } else { self.term };
        out.held.push((candidate, Message::PreVoteReply { call, term, granted }));
    }

    pub(super) fn on_pre_vote_reply(
        &mut self,
        voter: ServerId,
        term: Term,
        granted: bool,
        out: &mut Outbox,
    ) {
        // One who grants it tells the term that was asked for, which nobody is in yet.
        if !granted {
            self.adopt_term(term, out);
        }
        let next = self.term.next();
        let why = match &mut self.state {
            State::PreCandidate(_) if granted && term == next => {
                return self.count_pre_vote(voter, out);
            }
            // Who refuses may be in an older term.
            State::PreCandidate(candidate) if !granted => return candidate.refusals.insert(voter),
            State::PreCandidate(_) => IgnoreReason::EarlierQuestion,
            State::Follower { .. } | State::Candidate(_) | State::Leader(_) => {
                IgnoreReason::NotInRole
            }
        };
        let summary = Message::PreVoteReply { call: 0, term, granted }.summary();
        out.emit(RaftEvent::Ignored { from: voter, summary, why });
    }

    fn count_pre_vote(&mut self, voter: ServerId, out: &mut Outbox) {
        if !self.has_vote(voter) {
            return;
        }
        let State::PreCandidate(candidate) = &mut self.state else { return };
        if candidate.votes.contains(voter) {
            return;
        }
        candidate.votes.insert(voter);
        let (term, votes) = (self.term.next(), candidate.votes);
        let Ruled { answer, flaws } = self.rules.is_majority(self.configuration(), votes);
        out.emit_through(flaws, RaftEvent::PreVoteCounted { voter, term, votes });
        if answer {
            self.become_candidate(votes, None, out);
        }
    }

    /// Votes for itself in a new term, and asks the others (§5.2). Its own vote counts once it is on
    /// disk. `promised` are those who have said that they would vote for it; `told_by` is the leader that
    /// hands over to it, if one does.
    pub(super) fn become_candidate(
        &mut self,
        promised: ServerSet,
        told_by: Option<ServerId>,
        out: &mut Outbox,
    ) {
        self.term = self.term.next();
        self.voted_for = Some(self.id);
        let asked = vec![Asked::default(); self.room()];
        self.state = State::Candidate(Candidacy { asked, told_by, ..Candidacy::default() });
        self.write_vote(out);
        out.election = TimerOrder::Arm;
        let (term, last) = (self.term, self.log.last());
        let (before, flaws) = self.voted_before(self.id);
        let started = RaftEvent::ElectionStarted { term, last, before, promised, told_by };
        out.emit_through(flaws, started);
        for peer in self.other_voters() {
            self.ask_for_vote(peer, out);
        }
    }

    /// Figure 2, RequestVote RPC, receiver implementation.
    pub(super) fn on_request_vote(
        &mut self,
        candidate: ServerId,
        call: u32,
        (term, last, transfer): (Term, Position, bool),
        cx: &Context,
        out: &mut Outbox,
    ) {
        // A leader that hands over wants to be deposed (dissertation §4.2.3).
        let at_hand = match self.rules.options.has(RaftOption::CheckQuorum) && !transfer {
            true => {
                let at_hand = self.leader_at_hand(cx).or_else(|| self.just_started(cx));
                at_hand.filter(|_| term > self.term)
            }
            false => None,
        };
        if let Some(why) = at_hand {
            // It does not even take the newer term (dissertation §4.2.3).
            out.emit(RaftEvent::VoteRefused { candidate, term, why });
            let term = self.term;
            out.held.push((candidate, Message::VoteReply { call, term, granted: false }));
            return;
        }
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
        let Ruled { answer, flaws } = self.rules.may_vote_for(self.voted_for, candidate);
        if !answer {
            let why = self.voted_for.map(|server| VoteRefusal::VotedFor { server });
            return Ruled { answer: why, flaws };
        }
        self.log_refusal(last)
    }

    fn log_refusal(&self, last: Position) -> Ruled<Option<VoteRefusal>> {
        let own = self.log.last();
        let Ruled { answer, flaws } = self.rules.is_up_to_date(last, own);
        let answer = (!answer).then_some(VoteRefusal::LogBehind { own, candidate: last });
        Ruled { answer, flaws }
    }

    /// Why no other leader is wanted: this server leads, or has just heard from one.
    fn leader_at_hand(&self, cx: &Context) -> Option<VoteRefusal> {
        match self.state {
            State::Leader(_) => Some(VoteRefusal::Leads { term: self.term }),
            State::Follower { leader: Some((leader, heard)) } => {
                let (ago, shortest) = (cx.now.since(heard), cx.shortest_timeout());
                let why = VoteRefusal::LeaderHeard { leader, ago, shortest };
                self.rules.has_leader(ago, shortest).then_some(why)
            }
            State::Follower { leader: None } | State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    /// A follower no longer keeps to its leader: it votes for the next at once (dissertation §4.2.3).
    pub fn forget_leader(&mut self, out: &mut Outbox) {
        if let State::Follower { leader } = &mut self.state
            && let Some((leader, _)) = leader.take()
        {
            out.emit(RaftEvent::LeaderForgotten { leader });
        }
    }

    /// No round of answers for too long tells a leader that it may be cut off: if no majority has
    /// answered since it was asked last, it steps down (dissertation §6.2).
    pub fn on_quorum_timeout(&mut self, cx: &Context, out: &mut Outbox) {
        let State::Leader(leader) = &mut self.state else { return };
        let mut heard = std::mem::replace(&mut leader.active, ServerSet::EMPTY);
        heard.insert(self.id);
        let Ruled { answer, flaws } = self.rules.is_majority(self.configuration(), heard);
        if answer {
            out.quorum = TimerOrder::Arm;
            flaws.iter().for_each(|flaw| out.depart(flaw));
        } else {
            let within = cx.shortest_timeout();
            self.become_follower(None, StepDown::QuorumSilent { heard, within }, out);
        }
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
            State::Follower { .. } | State::PreCandidate(_) | State::Leader(_) => {
                IgnoreReason::NotInRole
            }
            State::Candidate(_) if granted => return self.count_vote(voter, term, flaws, cx, out),
            State::Candidate(candidate) => return candidate.refusals.insert(voter),
        };
        let summary = Message::VoteReply { call: 0, term, granted }.summary();
        out.emit(RaftEvent::Ignored { from: voter, summary, why });
    }

    /// Whether a server's vote counts. A candidate's own does not where it has none in C_new (dissertation
    /// §4.2.2).
    pub fn has_vote(&self, server: ServerId) -> bool {
        self.rules.asks(self.configuration()).answer.contains(server)
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
        if !self.has_vote(voter) {
            return;
        }
        let all = self.configuration();
        let State::Candidate(candidate) = &mut self.state else { return };
        let Ruled { answer, flaws: twice } = self.rules.is_another_vote(candidate.votes, voter);
        if !answer {
            return;
        }
        candidate.votes.insert(voter);
        candidate.copies += u8::from(!twice.is_empty());
        if !flaws.is_empty() {
            candidate.strays.insert(voter);
        }
        let (term, votes, copies) = (self.term, candidate.votes, usize::from(candidate.copies));
        let counted = RaftEvent::VoteCounted { voter, term, cast, votes };
        out.emit_through(flaws.union(twice), counted);
        let Ruled { answer, mut flaws } = self.rules.is_majority(all, votes);
        let by_copies = !answer && copies > 0 && all.lacks(votes) <= copies;
        flaws.set(Flaw::CountOneVoteTwice, by_copies);
        if answer || by_copies {
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
        let all = self.configuration();
        if !stale.is_empty() {
            flaws.set(Flaw::CountStaleVotes, true);
        }
        let last = self.log.last_index();
        let unknown = Progress { next: last.next(), ..Progress::default() };
        let mut progress = vec![unknown; asked.len()];
        // All of its own log is on disk: the votes it won left other disks only after its own
        // vote had reached this one, and writes reach it in order.
        progress[self.id.index()].matched = last;
        let (active, strays) = (ServerSet::EMPTY, ServerSet::EMPTY);
        let (transfer, reading, sending) = (None, Reading::default(), Vec::new());
        let catching = Vec::new();
        self.state = State::Leader(Leadership {
            votes,
            progress,
            asked,
            active,
            transfer,
            reading,
            sending,
            catching,
            wanted: None,
            pipeline: Pipeline::default(),
            strays,
        });
        out.election = TimerOrder::Cancel;
        if self.rules.options.has(RaftOption::CheckQuorum) {
            out.quorum = TimerOrder::Arm;
        }
        let term = self.term;
        out.emit_through(flaws, RaftEvent::BecameLeader { term, votes, stale, all });
        self.begin_term(out);
        // What an earlier leader has begun goes on.
        if all.is_changing() {
            self.begin_rounds(cx.now);
            self.pursue_change(cx, out);
        }
        self.on_heartbeat(cx, out);
    }

    /// A higher term makes anybody a follower (Figure 2, All Servers).
    #[inline]
    pub(super) fn adopt_term(&mut self, term: Term, out: &mut Outbox) {
        if term > self.term {
            self.adopt_newer(term, out);
        }
    }

    /// Apart from the comparison, which every message needs.
    #[inline(never)]
    fn adopt_newer(&mut self, term: Term, out: &mut Outbox) {
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
        leader: Option<(ServerId, Time)>,
        why: StepDown,
        out: &mut Outbox,
    ) {
        let (role, term) = (self.role(), self.term);
        self.state = State::Follower { leader };
        match role {
            Role::Follower => return,
            Role::PreCandidate | Role::Candidate => {}
            Role::Leader => {
                out.quorum = TimerOrder::Cancel;
                // Leaders have no election timer: start one.
                out.heartbeat = TimerOrder::Cancel;
                out.election = TimerOrder::Arm;
            }
        }
        out.emit(RaftEvent::SteppedDown { role, term, why });
    }
}
