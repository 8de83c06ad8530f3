//! The small predicates of the paper's Figure 2, each with its section, to be read beside it.
//!
//! The rest of the module says when to ask; what the answer is stands here and nowhere else. The
//! last line of each predicate is the rule. Where it is the last argument of `unless`, the one
//! before it is a mistake planted on purpose, by a [`Flaw`]: a server has none unless somebody
//! switches it on. The answer says whether the flaw made a difference.

use super::{
    AppendResult, Configuration, Entries, Log, Message, Options, Position, Progress, Role,
};
use crate::cluster::flaw::{Flaw, Flaws, Ruled};
use crate::cluster::time::Span;
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

/// The rules as one server keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub flaws: Flaws,
    /// What it keeps beyond Figure 2.
    pub options: Options,
}

impl Rules {
    /// A vote goes to one candidate a term: the first, or the same again (Figure 2,
    /// RequestVote 2).
    pub fn may_vote_for(self, voted_for: Option<ServerId>, candidate: ServerId) -> Ruled<bool> {
        let may = voted_for.is_none_or(|other| other == candidate);
        self.flaws.unless(Flaw::RefuseRepeatedVote, || voted_for.is_none(), may)
    }

    /// Whether a reply brings a vote that is not counted yet: it may be a copy (§5.2).
    pub fn is_another_vote(self, votes: ServerSet, voter: ServerId) -> Ruled<bool> {
        self.flaws.unless(Flaw::CountOneVoteTwice, || true, !votes.contains(voter))
    }

    /// In which term a server is that asks for pre-votes: its own still (dissertation §9.6).
    pub fn term_before(self, own: Term) -> Ruled<Term> {
        self.flaws.unless(Flaw::PrevoteBumpsTerm, || own.next(), own)
    }

    /// Whether a candidate follows the leader of its term, of which it hears now (§5.2).
    pub fn follows(self, role: Role) -> Ruled<bool> {
        self.flaws.unless(Flaw::CandidateKeepsStanding, || role != Role::Candidate, true)
    }

    /// The vote after an append was accepted: it is kept until the term ends (§5.2).
    pub fn vote_after_append(self, voted_for: Option<ServerId>) -> Ruled<Option<ServerId>> {
        self.flaws.unless(Flaw::VoteTwice, || None, voted_for)
    }

    /// Whether a candidate's log is at least as up to date as the voter's: the later last term
    /// wins, then the longer log (§5.4.1).
    pub fn is_up_to_date(self, candidate: Position, own: Position) -> Ruled<bool> {
        let (candidate, own) = ((candidate.term, candidate.index), (own.term, own.index));
        if self.flaws.has(Flaw::LongestLogWins) {
            let longer = || candidate.1 >= own.1;
            return self.flaws.unless(Flaw::LongestLogWins, longer, candidate >= own);
        }
        self.flaws.unless(Flaw::RefuseEqualLogs, || candidate > own, candidate >= own)
    }

    /// Whether the word of a leader is so fresh that nobody needs another: none of its followers can
    /// have run out of patience yet (dissertation §4.2.3).
    pub fn has_leader(self, since_its_word: Span, shortest_timeout: Span) -> bool {
        since_its_word < shortest_timeout
    }

    /// Whether the mere arrival of a message sets the election timer anew. It does not: only the
    /// present leader's word and a vote granted do, where they are handled (Figure 2, Followers).
    pub const fn resets_timer(self, message: &Message) -> bool {
        self.flaws.has(Flaw::ResetOnAnyRpc)
            && matches!(
                message,
                Message::PreVote { .. } | Message::RequestVote { .. } | Message::Append { .. }
            )
    }

    /// Whether a vote for `term` counts for nothing in the present term: terms tell old news
    /// from new (§5.1).
    pub fn is_stale_vote(self, term: Term, current: Term) -> Ruled<bool> {
        self.flaws.unless(Flaw::CountStaleVotes, || false, term < current)
    }

    /// Who decides: more than half of those that vote (§5.2), and no learner (dissertation §4.2.1).
    pub fn counts_by(self, all: Configuration) -> Ruled<Configuration> {
        if self.flaws.has(Flaw::LearnerVotes) {
            return self.flaws.unless(Flaw::LearnerVotes, || all.with_learners(), all);
        }
        self.flaws.unless(Flaw::SmallMajority, || all.one_fewer(), all)
    }

    /// Whom a candidate asks: those that vote.
    pub fn asks(self, all: Configuration) -> Ruled<ServerSet> {
        self.flaws.unless(Flaw::LearnerVotes, || all.members(), all.voters())
    }

    /// Whether these servers are a majority of the cluster (§5.1).
    pub fn is_majority(self, all: Configuration, servers: ServerSet) -> Ruled<bool> {
        let Ruled { answer: by, flaws } = self.counts_by(all);
        let (by, rule) = (by.has_quorum(servers), all.has_quorum(servers));
        Ruled { answer: by, flaws: if by == rule { Flaws::NONE } else { flaws } }
    }

    /// Whether a leader may begin to change the members. Where servers change one at a time an entry of its
    /// own term must be committed, and is then its last committed one: or an earlier leader's change may
    /// still come to count (dissertation §4.1, with its author's correction of 2015).
    pub fn may_change(self, single: bool, committed: Option<Term>, current: Term) -> Ruled<bool> {
        let may = !single || committed == Some(current);
        self.flaws.unless(Flaw::ChangeBeforeCommit, || true, may)
    }

    /// Whether a server that is to vote has caught up: it lacks no more than came in less than an election
    /// timeout, so that writes hardly wait for it (dissertation §4.2.1).
    pub fn has_caught_up(self, round: Span, shortest_timeout: Span) -> bool {
        round < shortest_timeout
    }

    /// Whether the log has the entry that the leader's entries follow (Figure 2,
    /// AppendEntries 2).
    pub fn has_previous(self, log: &Log, prev: Position, entries: &Entries) -> Ruled<bool> {
        let has = log.holds(prev);
        self.flaws.unless(Flaw::BlindHeartbeat, || has || entries.is_empty(), has)
    }

    /// Where the log departs from the leader's entries, which follow `prev` (Figure 2,
    /// AppendEntries 3). Only then may anything be removed: a delayed append may be a mere
    /// prefix of what has arrived since.
    pub fn first_conflict(self, log: &Log, prev: Index, entries: &Entries) -> Ruled<Option<Index>> {
        let all_that_follows = || (log.last_index() > prev).then_some(prev.next());
        let mut indexed = (prev.0 + 1..).map(Index).zip(entries);
        let conflict = |(index, entry): &(Index, &super::Entry)| {
            log.term(*index).is_some_and(|own| own != entry.term)
        };
        let first = indexed.find(conflict).map(|(index, _)| index);
        if self.flaws.has(Flaw::BlindFirstAppend) && prev == Index::ZERO && !entries.is_empty() {
            return self.flaws.unless(Flaw::BlindFirstAppend, all_that_follows, first);
        }
        self.flaws.unless(Flaw::TruncateAlways, all_that_follows, first)
    }

    /// What stays of the log beyond `last_new` when it conflicts with the leader's: nothing, for
    /// all that follows a conflicting entry goes with it (Figure 2, AppendEntries 3).
    pub fn kept_tail(self, log: &Log, last_new: Index) -> Ruled<Entries> {
        let tail = || log.slice(last_new.next(), u32::MAX);
        self.flaws.unless(Flaw::KeepConflictingTail, tail, Entries::new())
    }

    /// The commit index that a follower may take from its leader: not beyond the last entry that
    /// this message showed to be the leader's (Figure 2, AppendEntries 5).
    pub fn commit_from_leader(
        self,
        leader_commit: Index,
        last_new: Index,
        own: Index,
    ) -> Ruled<Index> {
        let beyond = || leader_commit.min(own);
        self.flaws.unless(Flaw::OverreachCommit, beyond, leader_commit.min(last_new))
    }

    /// How far a follower's log is known to agree after its answer: as far as the append that it
    /// answers went, whatever has been submitted since (Figure 2, Leaders).
    pub fn matched(self, answered: Index, own_last: Index) -> Ruled<Index> {
        self.flaws.unless(Flaw::AckWholeLog, || own_last, answered)
    }

    /// matchIndex after an answer that went so far: it never decreases (Figure 2, Leaders).
    pub fn matched_by_now(self, known: Index, answered: Index) -> Ruled<Index> {
        self.flaws.unless(Flaw::MatchGoesBack, || answered, known.max(answered))
    }

    /// Whether a refusal of what followed `prev`, by a log that ended at `last`, is overtaken: another
    /// was sent since, or the follower is known to have that entry (§5.3). A log that ends before what it
    /// is known to have was lost with its disk: believing that is safe, and costs a message at most.
    pub fn is_old_refusal(self, known: &Progress, prev: Index, last: Index) -> Ruled<bool> {
        let old = prev != known.next.previous() || prev <= known.matched && last >= known.matched;
        self.flaws.unless(Flaw::NextBelowMatch, || false, old)
    }

    /// Whether a leader knows all that was committed before: once an entry of its own term is, which is
    /// then its last committed one (dissertation §6.4).
    pub fn may_read(self, committed: Option<Term>, current: Term) -> Ruled<bool> {
        self.flaws.unless(Flaw::ReadIndexEarly, || true, committed == Some(current))
    }

    /// For how long a round of answers is trusted: nobody votes for another within the shortest election
    /// timeout, and clocks may differ by a tenth (dissertation §6.4.1).
    pub const fn lease(self, shortest_timeout: Span) -> Span {
        Span(shortest_timeout.0 / 10 * 9)
    }

    /// Whether a round that began so long ago is still trusted.
    pub fn holds_lease(self, since_round: Span, shortest_timeout: Span) -> Ruled<bool> {
        let holds = since_round < self.lease(shortest_timeout);
        self.flaws.unless(Flaw::LeaseIgnoresClock, || true, holds)
    }

    /// Whether a server may be told to take over: once its log is known to match all of the leader's,
    /// for else it could not win (dissertation §3.10).
    pub fn may_take_over(self, matched: Index, own_last: Index) -> Ruled<bool> {
        self.flaws.unless(Flaw::TransferWithoutCatchingUp, || true, matched >= own_last)
    }

    /// The highest index that a majority is known to hold.
    pub fn on_a_majority(self, all: Configuration, progress: &[Progress]) -> Ruled<Index> {
        let matched = |server: ServerId| progress[server.index()].matched;
        let Ruled { answer: by, flaws } = self.counts_by(all);
        let rule = all.committed(matched);
        if flaws.is_empty() {
            return Ruled::kept(rule);
        }
        let by = by.committed(matched);
        Ruled { answer: by, flaws: if by == rule { Flaws::NONE } else { flaws } }
    }

    /// A leader commits only entries of its own term by counting copies; older ones are committed
    /// with them (§5.4.2 and Figure 8).
    pub fn may_count(self, entry: Term, current: Term) -> Ruled<bool> {
        self.flaws.unless(Flaw::CommitOldTerm, || true, entry == current)
    }

    /// Whether a snapshot brings anything that is not committed here already: state never goes back
    /// (§7).
    pub fn is_newer(self, last: Index, commit: Index) -> Ruled<bool> {
        self.flaws.unless(Flaw::SnapshotMovesBack, || true, last > commit)
    }

    /// Where the log ends once a snapshot stands in for all up to `last`: what follows stays if the
    /// log has that entry, for then it agrees with the leader's up to there (Figure 13,
    /// InstallSnapshot 6).
    pub fn end_after(self, log: &Log, last: Position) -> Ruled<Index> {
        let kept = log.term(last.index) == Some(last.term);
        let end = if kept { log.last_index() } else { last.index };
        self.flaws.unless(Flaw::DropSuffix, || last.index, end)
    }

    /// Where the leader goes on after a refusal of what followed `prev` (§5.3, end): past the
    /// whole conflicting term if the leader lacks it, else after the leader's own last entry of
    /// it. After a hint the same, of the entry that it names.
    pub fn back_up(self, log: &Log, prev: Index, refusal: AppendResult) -> Ruled<Index> {
        let next = match refusal {
            AppendResult::Matched(_) => return Ruled::kept(prev.next()),
            AppendResult::Refused { conflict: None, last, .. } => last.next(),
            AppendResult::Refused { conflict: Some(term), first, .. } => {
                log.last_of_term(term).map_or(first, Index::next)
            }
            AppendResult::Hinted { at, first, .. } => {
                let end = log.last_up_to(at.index, at.term);
                match log.term(end) == Some(at.term) {
                    true => end.next(),
                    false => end.next().min(first),
                }
            }
        };
        // Always at least one step back, and never before the first entry that ever was: what the log
        // has no longer goes out as a snapshot (§7).
        let first = Index::ZERO.next();
        let next = next.min(prev).max(first);
        self.flaws.unless(Flaw::BackOne, || prev.max(first), next)
    }
}
