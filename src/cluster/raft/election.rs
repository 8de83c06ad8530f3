//! Elections: terms, votes, and who may win (§5.1, §5.2, §5.4.1).

use super::{Asked, Context, Message, Outbox, Position, Progress, Raft, Role, TimerOrder};
use crate::cluster::event::{EventKind, IgnoreReason, StepDown, VoteRefusal};
use crate::cluster::flaw::{Flaw, Flaws, Ruled};
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

impl Raft {
    /// Silence for too long: stand for election (§5.2). Its own vote counts once it is on disk.
    pub fn on_election_timeout(&mut self, out: &mut Outbox) {
        if self.role == Role::Leader {
            return;
        }
        self.term = self.term.next();
        self.role = Role::Candidate;
        self.leader = None;
        self.voted_for = Some(self.id);
        self.votes = ServerSet::EMPTY;
        self.refusals = ServerSet::EMPTY;
        self.strays = ServerSet::EMPTY;
        self.write_vote(out);
        out.election = TimerOrder::Arm;
        let (server, term, last) = (self.id, self.term, self.log.last());
        let (before, flaws) = self.voted_before(server);
        out.emit_through(flaws, EventKind::ElectionStarted { server, term, last, before });
        self.asked.clear();
        self.asked.resize(usize::from(self.configuration.servers()), Asked::default());
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
        let server = self.id;
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
                    EventKind::VoteGranted { server, candidate, term, own, last, before },
                );
                true
            }
            Some(why) => {
                out.emit_through(flaws, EventKind::VoteRefused { server, candidate, term, why });
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
        let stale = self.rules.is_stale_vote(term, self.term);
        let why = match self.role {
            _ if stale.answer => Some(IgnoreReason::OldTerm),
            Role::Candidate => None,
            Role::Follower | Role::Leader => Some(IgnoreReason::NotInRole),
        };
        if let Some(why) = why {
            let summary = Message::VoteReply { call: 0, term, granted }.summary();
            out.emit(EventKind::Ignored { server: self.id, from: voter, summary, why });
        } else if granted {
            self.count_vote(voter, term, stale.flaws, cx, out);
        } else {
            self.refusals.insert(voter);
        }
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
        if self.votes.contains(voter) {
            return;
        }
        self.votes.insert(voter);
        if !flaws.is_empty() {
            self.strays.insert(voter);
        }
        let (server, term, votes) = (self.id, self.term, self.votes);
        out.emit_through(flaws, EventKind::VoteCounted { server, voter, term, cast, votes });
        let Ruled { answer, flaws } = self.rules.is_majority(self.configuration, self.votes);
        if answer {
            self.become_leader(flaws, cx, out);
        }
    }

    /// Figure 2, Leaders: on election, speak to everybody at once.
    fn become_leader(&mut self, flaws: Flaws, cx: &Context, out: &mut Outbox) {
        let (stale, mut flaws) = (std::mem::take(&mut self.strays), flaws);
        if !stale.is_empty() {
            flaws.set(Flaw::CountStaleVotes, true);
        }
        self.role = Role::Leader;
        self.leader = Some(self.id);
        let last = self.log.last_index();
        let unknown = Progress { matched: Index::ZERO, next: last.next(), in_flight: None };
        self.progress.clear();
        self.progress.resize(usize::from(self.configuration.servers()), unknown);
        // All of its own log is on disk: the votes it won left other disks only after its own
        // vote had reached this one, and writes reach it in order.
        self.progress[self.id.index()].matched = last;
        out.election = TimerOrder::Cancel;
        let (server, term, votes) = (self.id, self.term, self.votes);
        let servers = self.configuration.servers();
        out.emit_through(flaws, EventKind::BecameLeader { server, term, votes, stale, servers });
        self.on_heartbeat(cx, out);
    }

    /// A higher term makes anybody a follower (Figure 2, All Servers).
    pub(super) fn adopt_term(&mut self, term: Term, out: &mut Outbox) {
        if term <= self.term {
            return;
        }
        let (server, old) = (self.id, self.term);
        if self.role != Role::Follower {
            self.become_follower(StepDown::NewerTerm { term }, out);
        }
        self.term = term;
        self.voted_for = None;
        self.leader = None;
        self.write_vote(out);
        out.emit(EventKind::TermAdopted { server, from: old, to: term });
    }

    pub(super) fn become_follower(&mut self, why: StepDown, out: &mut Outbox) {
        let (server, role, term) = (self.id, self.role, self.term);
        if role == Role::Leader {
            // Leaders have no election timer: start one.
            out.heartbeat = TimerOrder::Cancel;
            out.election = TimerOrder::Arm;
        }
        self.role = Role::Follower;
        self.votes = ServerSet::EMPTY;
        self.refusals = ServerSet::EMPTY;
        self.strays = ServerSet::EMPTY;
        self.progress.clear();
        self.asked.clear();
        out.emit(EventKind::SteppedDown { server, role, term, why });
    }
}
