//! Log replication: sending, checking, backing up, committing (§5.3, §5.4.2).

use super::pipeline::Flight;
use super::retry::Asked;
use super::{
    AppendRefusal, AppendResult, Context, Entries, Entry, IgnoreReason, Leadership, Message,
    Outbox, PacketKind, Payload, Position, Progress, Raft, RaftEvent, RaftOption, Reads,
    Replication, Role, State, StepDown, Summary, TimerOrder, Write,
};
use crate::cluster::flaw::{Flaw, Flaws, Ruled};
use crate::cluster::types::{Index, ServerId, Term};

impl Raft {
    /// Appends an operation to a leader's log and starts to replicate it at once.
    pub fn submit(&mut self, payload: Payload, cx: &Context, out: &mut Outbox) -> Index {
        self.receive_entry(payload, out);
        self.send_to_idle(cx, out);
        self.log.last_index()
    }

    /// Puts an entry of its own term at the end of a leader's log.
    pub(super) fn receive_entry(&mut self, payload: Payload, out: &mut Outbox) {
        let entry = Entry { term: self.term, payload };
        out.writes.push(Write::Append(entry.clone()));
        self.log.push(entry);
    }

    /// A new leader can't tell which of the entries before its term are committed. One of its own,
    /// once it is committed, settles them (§8, dissertation §6.4). It leaves with the first word to
    /// the followers. A change of members that waits to be committed waits for no command: it is settled so
    /// in any case.
    pub(super) fn begin_term(&mut self, out: &mut Outbox) {
        let changes = !self.knows_configuration_committed();
        if changes || self.rules.options.has(RaftOption::Noop) {
            self.receive_entry(Payload::Noop, out);
            let (index, term) = (self.log.last_index(), self.term);
            out.emit(RaftEvent::NoopAppended { index, term });
        }
    }

    /// The heartbeat timer: a word to every follower (§5.2). It brings entries if the follower
    /// lacks some and none are under way, and repeats those that stayed unanswered.
    pub fn on_heartbeat(&mut self, cx: &Context, out: &mut Outbox) {
        let others = self.others();
        let State::Leader(leader) = &mut self.state else { return };
        leader.asked.iter_mut().for_each(Asked::fill_up);
        out.heartbeat = TimerOrder::Arm;
        let catches_up = !leader.catching.is_empty();
        if leader.transfer.is_some() {
            self.give_up_transfer(cx, out);
        }
        if catches_up {
            self.watch_rounds(cx, out);
        }
        if self.reads() == Reads::Lease {
            self.begin_round(None, cx, out);
        }
        for peer in others {
            match self.progress(peer).map(|known| known.replication) {
                Some(Replication::UnderWay { sent, lost: false, .. })
                    if cx.now.since(sent) < cx.heartbeat =>
                {
                    self.send_append(peer, 0, cx, out);
                }
                // A chunk is as good a word of a leader as a heartbeat.
                Some(Replication::Snapshot { sent, lost: false, .. })
                    if cx.now.since(sent) < cx.heartbeat => {}
                Some(Replication::UnderWay { .. }) if cx.pipelines() => {
                    self.probe_again(peer, out);
                    self.send_append(peer, 0, cx, out);
                }
                Some(Replication::UnderWay { .. } | Replication::Snapshot { .. }) => {
                    self.resend(peer, cx, out);
                }
                Some(Replication::Idle) | None => self.send_entries(peer, cx, out),
            }
        }
    }

    pub(super) fn resend(&mut self, peer: ServerId, cx: &Context, out: &mut Outbox) {
        let first = self.log.first_index();
        match self.progress(peer) {
            Some(&Progress { replication: Replication::Snapshot { .. }, .. }) => {
                self.send_snapshot(peer, true, cx, out);
            }
            Some(&Progress { next, .. }) => {
                if next >= first {
                    out.emit(RaftEvent::Resent { follower: peer, next });
                }
                self.send_entries(peer, cx, out);
            }
            None => {}
        }
    }

    fn send_entries(&mut self, peer: ServerId, cx: &Context, out: &mut Outbox) {
        self.send_append(peer, cx.append_max, cx, out);
    }

    pub(super) fn send_append(&mut self, peer: ServerId, max: u32, cx: &Context, out: &mut Outbox) {
        let State::Leader(leader) = &mut self.state else { return };
        let known = &mut leader.progress[peer.index()];
        let mut next = known.next;
        // What is in flight has not arrived yet: a heartbeat names what is known to be there.
        if max == 0 && leader.pipeline.is_open(peer) {
            next = known.matched.max(self.log.base().index).next();
        }
        let Some(prev) = self.log.position(next.previous()) else {
            // A heartbeat brings nothing, and can wait for the next that does.
            if max > 0 || cx.pipelines() {
                leader.pipeline.close(peer);
                self.send_snapshot(peer, false, cx, out);
            }
            return;
        };
        let entries = self.log.slice(next, max);
        let call = self.calls.next();
        if entries.is_empty() {
            leader.asked[peer.index()].call = call;
        } else {
            let last = Index(prev.index.0 + entries.len() as u64);
            let mut sent = cx.now;
            if cx.pipelines() {
                let bytes = entries.iter().map(Entry::bytes).sum();
                leader.pipeline.add(Flight { to: peer, call, last, bytes, sent: cx.now });
                if leader.pipeline.is_open(peer) {
                    known.next = last.next();
                }
                // The one that waits longest counts.
                if let Replication::UnderWay { sent: before, lost: false, .. } = known.replication {
                    sent = before;
                }
            }
            known.replication = Replication::UnderWay { call, sent, last, lost: false };
        }
        let (term, commit) = (self.term, self.commit);
        out.messages.push((peer, Message::Append { call, term, prev, entries, commit }));
    }

    /// Figure 2, AppendEntries RPC, receiver implementation: the answer, if there is one.
    pub(super) fn on_append(
        &mut self,
        (leader, term): (ServerId, Term),
        prev: Position,
        entries: Entries,
        commit: Index,
        cx: &Context,
        out: &mut Outbox,
    ) -> Option<AppendResult> {
        self.adopt_term(term, out);
        let kind = || {
            let entries = entries.len() as u32;
            PacketKind::Append { prev: prev.index, entries, commit }
        };
        if term == self.term && !self.accept_leader(leader, kind, cx, out) {
            return None;
        }
        let Ruled { answer, flaws } = self.append_refusal(term, prev, &entries);
        Some(match answer {
            None => {
                let last_new = Index(prev.index.0 + entries.len() as u64);
                // By the rules a heartbeat, which brings none, changes nothing; by a flaw it may.
                if !entries.is_empty() || !self.rules.flaws.is_empty() {
                    let before = (self.configuration_index(), self.configuration());
                    self.append_new(leader, prev.index, entries, out);
                    self.tell_reconfigured(before, out);
                }
                self.learn_commit(leader, commit, last_new, flaws, out);
                AppendResult::Matched(last_new)
            }
            Some(why) => {
                out.emit(RaftEvent::AppendRefused { leader, prev, why });
                self.refusal(prev, why)
            }
        })
    }

    /// Bows to the leader of the present term. False if this server leads that term itself:
    /// then election safety is broken, which the checkers report, and the message is ignored.
    pub(super) fn accept_leader(
        &mut self,
        leader: ServerId,
        kind: impl FnOnce() -> PacketKind,
        cx: &Context,
        out: &mut Outbox,
    ) -> bool {
        match &mut self.state {
            State::Leader(_) => {
                let summary = Summary { kind: kind(), term: self.term };
                let why = IgnoreReason::AlsoLeads;
                out.emit(RaftEvent::Ignored { from: leader, summary, why });
                return false;
            }
            State::Candidate(_) if !self.rules.follows(Role::Candidate).answer => {
                out.depart(Flaw::CandidateKeepsStanding);
                return false;
            }
            State::PreCandidate(_) | State::Candidate(_) => {
                let heard = Some((leader, cx.now));
                self.become_follower(heard, StepDown::LeaderFound { leader }, out);
            }
            State::Follower { leader: known } => *known = Some((leader, cx.now)),
        }
        let Ruled { answer: vote, flaws } = self.rules.vote_after_append(self.voted_for);
        if let Some(candidate) = self.voted_for.filter(|_| vote.is_none()) {
            self.forget_vote(self.term, candidate, flaws);
            self.voted_for = vote;
            self.write_vote(out);
            out.depart(Flaw::VoteTwice);
        }
        out.election = TimerOrder::Arm;
        true
    }

    fn append_refusal(
        &self,
        term: Term,
        prev: Position,
        entries: &Entries,
    ) -> Ruled<Option<AppendRefusal>> {
        if term < self.term {
            return Ruled::kept(Some(AppendRefusal::StaleTerm { own: self.term }));
        }
        let Ruled { answer, flaws } = self.rules.has_previous(&self.log, prev, entries);
        if answer {
            return Ruled { answer: None, flaws };
        }
        Ruled::kept(Some(match self.log.term(prev.index) {
            None => AppendRefusal::TooShort { last: self.log.last_index() },
            Some(own) => AppendRefusal::Conflict { own, first: self.log.first_of_term(own) },
        }))
    }

    fn refusal(&self, prev: Position, why: AppendRefusal) -> AppendResult {
        let last = self.log.last_index();
        let is_behind = !matches!(why, AppendRefusal::StaleTerm { .. });
        if is_behind && self.rules.options.has(RaftOption::RejectHint) {
            let index = self.log.last_up_to(last.min(prev.index.previous()), prev.term);
            let term = self.log.term(index).unwrap_or_default();
            let first = self.log.first_of_term(term);
            return AppendResult::Hinted { at: Position { index, term }, first, last };
        }
        match why {
            AppendRefusal::StaleTerm { .. } | AppendRefusal::TooShort { .. } => {
                AppendResult::Refused { conflict: None, first: Index::ZERO, last }
            }
            AppendRefusal::Conflict { own, first } => {
                AppendResult::Refused { conflict: Some(own), first, last }
            }
        }
    }

    /// Figure 2, AppendEntries 3 and 4: remove what conflicts, add what is missing.
    fn append_new(
        &mut self,
        leader: ServerId,
        prev: Index,
        mut entries: Entries,
        out: &mut Outbox,
    ) {
        let mut tail = None;
        let Ruled { answer: conflict, flaws } =
            self.rules.first_conflict(&self.log, prev, &entries);
        if let Some(first) = conflict {
            tail = Some(self.rules.kept_tail(&self.log, Index(prev.0 + entries.len() as u64)));
            let new = entries.get((first.0 - prev.0) as usize - 1).map(|entry| entry.term);
            self.truncate(first, new, flaws, out);
        }
        // What is there already, and conflicts with nothing, stays.
        let there = (self.log.last_index().0.saturating_sub(prev.0) as usize).min(entries.len());
        if there > 0 {
            entries.drain(..there);
        }
        self.add(leader, entries, Flaws::NONE, out);
        if let Some(Ruled { answer: tail, flaws }) = tail {
            self.add(leader, tail, flaws, out);
        }
    }

    /// Adds entries at the end of the log.
    fn add(&mut self, leader: ServerId, entries: Entries, flaws: Flaws, out: &mut Outbox) {
        if entries.is_empty() {
            return;
        }
        let (term, end) = (self.term, self.log.last());
        for entry in entries {
            out.writes.push(Write::Append(entry.clone()));
            self.log.push(entry);
        }
        let (first, last, before) = (end.index.next(), self.log.last_index(), end.term);
        out.emit_through(flaws, RaftEvent::Appended { leader, first, last, term, before });
    }

    fn truncate(&mut self, first: Index, new: Option<Term>, flaws: Flaws, out: &mut Outbox) {
        let last = self.log.last_index();
        let old = self.log.term(first).unwrap_or_default();
        self.log.truncate(first);
        out.writes.push(Write::Truncate(first));
        out.emit_through(flaws, RaftEvent::Truncated { first, last, old, new });
    }

    /// Takes the commit index that an append brought, which went as far as entry `shown`; `blind`
    /// are the flaws through which it was accepted, if it was not by the rule.
    fn learn_commit(
        &mut self,
        leader: ServerId,
        commit: Index,
        shown: Index,
        blind: Flaws,
        out: &mut Outbox,
    ) {
        let own = self.log.last_index();
        let Ruled { answer: last, flaws } = self.rules.commit_from_leader(commit, shown, own);
        let flaws = flaws.union(blind);
        if last > self.commit {
            let first = self.commit.next();
            self.commit = last;
            out.emit_through(
                flaws,
                RaftEvent::LearnedCommit { leader, first, last, commit, shown },
            );
        } else if let Some(flaw) = blind.iter().next() {
            out.depart(flaw);
        }
    }

    pub(super) fn on_append_reply(
        &mut self,
        follower: ServerId,
        term: Term,
        prev: Index,
        result: AppendResult,
        cx: &Context,
        out: &mut Outbox,
    ) {
        self.adopt_term(term, out);
        // Whatever it answers, the follower is there (dissertation §6.2).
        if let State::Leader(leader) = &mut self.state
            && term == self.term
        {
            leader.active.insert(follower);
        }
        let ignored = match self.role() {
            _ if term < self.term => Some(IgnoreReason::OldTerm),
            Role::Follower | Role::PreCandidate | Role::Candidate => Some(IgnoreReason::NotInRole),
            Role::Leader => match result {
                AppendResult::Matched(said) => self.on_matched(follower, said, cx, out),
                AppendResult::Refused { last, .. } | AppendResult::Hinted { last, .. } => {
                    self.on_refused(follower, prev, last, result, cx, out)
                }
            },
        };
        if let Some(why) = ignored {
            let summary = Message::AppendReply { call: 0, term, prev, result }.summary();
            out.emit(RaftEvent::Ignored { from: follower, summary, why });
        }
    }

    #[inline]
    pub(super) fn on_matched(
        &mut self,
        follower: ServerId,
        said: Index,
        cx: &Context,
        out: &mut Outbox,
    ) -> Option<IgnoreReason> {
        let end = self.log.last_index();
        let Ruled { answer: index, flaws } = self.rules.matched(said, end);
        let base = self.log.base().index;
        if cx.pipelines() {
            self.flights_landed(follower, index);
        }
        let State::Leader(leader) = &mut self.state else { return None };
        let progress = &mut leader.progress[follower.index()];
        match progress.replication {
            Replication::UnderWay { last, .. } if last <= index => {
                progress.replication = Replication::Idle;
            }
            // It has come further than the snapshot, or so far that the log has what follows.
            Replication::Snapshot { last, .. } if last <= index || base <= index => {
                progress.replication = Replication::Idle;
                leader.sending.retain(|(to, _)| *to != follower);
            }
            Replication::UnderWay { .. } | Replication::Snapshot { .. } | Replication::Idle => {}
        }
        progress.next = progress.next.max(index.next());
        let Ruled { answer: by_now, flaws: back } =
            self.rules.matched_by_now(progress.matched, index);
        let flaws = flaws.union(back);
        if by_now != progress.matched {
            progress.matched = by_now;
            if flaws.is_empty() {
                leader.strays.remove(follower);
            } else {
                leader.strays.insert(follower);
            }
            out.emit_through(flaws, RaftEvent::Matched { follower, index, said });
            // One more copy of what is committed commits nothing new.
            if index > self.commit {
                self.advance_commit(cx, out);
            }
        } else if index < progress.matched {
            return Some(IgnoreReason::Overtaken);
        }
        if let State::Leader(Leadership { catching, .. }) = &self.state
            && !catching.is_empty()
        {
            self.note_round(follower, cx, out);
        }
        if let State::Leader(Leadership { transfer: Some(_), .. }) = &self.state {
            self.hand_over(follower, out);
        }
        let lacks = |known: &Progress| known.next <= end;
        while self.may_send(follower, cx) && self.progress(follower).is_some_and(lacks) {
            self.send_entries(follower, cx, out);
        }
        None
    }

    fn on_refused(
        &mut self,
        follower: ServerId,
        prev: Index,
        last: Index,
        refusal: AppendResult,
        cx: &Context,
        out: &mut Outbox,
    ) -> Option<IgnoreReason> {
        let State::Leader(leader) = &mut self.state else { return None };
        let progress = &mut leader.progress[follower.index()];
        let installs = matches!(progress.replication, Replication::Snapshot { .. });
        // What was sent on without waiting is refused one by one: the first of these is news.
        let sent_on = leader.pipeline.is_open(follower) && prev < progress.next;
        let asked = match sent_on {
            true => Progress { next: prev.next(), ..*progress },
            false => *progress,
        };
        let Ruled { answer: old, flaws: late } = self.rules.is_old_refusal(&asked, prev, last);
        if installs || old {
            return Some(IgnoreReason::Overtaken);
        }
        if late.is_empty() && prev <= progress.matched {
            progress.matched = Index::ZERO;
            leader.strays.remove(follower);
        }
        let from = asked.next;
        let Ruled { answer: next, flaws } = self.rules.back_up(&self.log, prev, refusal);
        progress.next = next;
        progress.replication = Replication::Idle;
        leader.pipeline.close(follower);
        let flaws = flaws.union(late);
        out.emit_through(flaws, RaftEvent::BackedUp { refusal, follower, from, next });
        self.send_entries(follower, cx, out);
        None
    }

    /// Figure 2, Leaders: commit what a majority holds, if it is of this term (§5.4.2).
    pub(super) fn advance_commit(&mut self, cx: &Context, out: &mut Outbox) {
        let State::Leader(leader) = &self.state else { return };
        let (all, strays) = (self.configuration(), leader.strays);
        let Ruled { answer: last, flaws: few } = self.rules.on_a_majority(all, &leader.progress);
        if last <= self.commit {
            return;
        }
        let Some(entry) = self.log.term(last) else { return };
        let copies = self.holders(last);
        let Ruled { answer, flaws: old } = self.rules.may_count(entry, self.term);
        if answer {
            let first = self.commit.next();
            self.commit = last;
            let (term, current) = (entry, self.term);
            let mut flaws = few.union(old);
            let heard_of = copies.without(strays);
            flaws.set(Flaw::AckWholeLog, !self.rules.is_majority(all, heard_of).answer);
            let holders = copies;
            out.emit_through(
                flaws,
                RaftEvent::Committed { first, last, term, current, copies, holders, all },
            );
            self.release_reads(out);
            self.pursue_change(cx, out);
        } else if copies.len() == all.quorum() {
            // Said once: when the last copy that a majority takes is known.
            let term = self.term;
            out.emit(RaftEvent::OldTermWaits { index: last, entry, term, copies });
        }
    }
}
