//! Reads that take no entry (dissertation §6.4): a leader answers them once it knows that it still
//! leads, and that it knows all that was committed before.
//!
//! - `reads=index`: a word to all followers, a *round*, which a majority answers, says that no newer
//!   leader was elected before it was sent (§6.4).
//! - `reads=lease`: the last such round is trusted for a while, for nobody votes for another within the
//!   shortest election timeout after it (§6.4.1). That holds as far as clocks agree.
//!
//! Either way an entry of the leader's own term must be committed first, or it might not know the
//! commit index yet. A follower asks its leader for the index, and answers from its own map once it has
//! applied so far.

use super::{
    Context, IgnoreReason, Leadership, Message, Outbox, Raft, RaftEvent, RaftOption, State,
    VoteRefusal,
};
use crate::cluster::flaw::{Flaws, Ruled};
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

/// The most rounds that a leader waits for. Older ones become part of the next.
const ROUNDS_MAX: usize = 32;

/// How a server answers a get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// By an entry of its own.
    Log,
    /// By a round of heartbeats.
    Index,
    /// By the last round, for as long as that is trusted.
    Lease,
}

/// A read that waits for its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// Its name at the server that answers the client.
    id: u64,
    by: ServerId,
    call: u32,
}

/// A word to all followers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// Answers to later calls than this say that the leader led when the round began.
    after: u32,
    since: Time,
    heard: ServerSet,
    reads: Vec<Read>,
}

/// What a leader knows of reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    rounds: Vec<Round>,
    /// When the newest round began that a majority has answered.
    lease: Option<Time>,
    /// It has asked another to take over: its followers may have voted since.
    pub(super) spent: bool,
    /// Those that wait only for an entry of its term to be committed.
    confirmed: Vec<Read>,
}

/// A read whose index is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readable {
    pub id: u64,
    /// It may be answered when this entry has been applied.
    pub index: Index,
    /// By a lease, and through which flaws.
    pub by_lease: bool,
    pub flaws: Flaws,
}

impl Raft {
    /// How it answers gets.
    pub const fn reads(&self) -> Reads {
        match self.rules.options.of(RaftOption::Reads).place() {
            0 => Reads::Log,
            1 => Reads::Index,
            _ => Reads::Lease,
        }
    }

    /// Whether it can find out up to where it must have applied to answer a get.
    pub const fn takes_reads(&self) -> bool {
        self.takes_requests() || matches!(self.state, State::Follower { leader: Some(_) })
    }

    /// Until when this leader trusts its last round, if its timer runs that long.
    pub fn lease_until(&self, shortest_timeout: Span) -> Option<Time> {
        let State::Leader(Leadership { reading, .. }) = &self.state else { return None };
        let has = self.reads() == Reads::Lease && !reading.spent;
        reading.lease.filter(|_| has).map(|since| since + self.rules.lease(shortest_timeout))
    }

    /// How many reads wait for this leader to be confirmed, its followers' included; and of these how
    /// many only for an entry of its term.
    pub fn waiting_reads(&self) -> (usize, usize) {
        let State::Leader(Leadership { reading, .. }) = &self.state else { return (0, 0) };
        let open = reading.rounds.iter().map(|round| round.reads.len()).sum::<usize>();
        (open + reading.confirmed.len(), reading.confirmed.len())
    }

    /// Whose answers to the newest round with reads have come, itself included.
    pub fn read_heard(&self) -> Option<ServerSet> {
        let State::Leader(Leadership { reading, .. }) = &self.state else { return None };
        let newest = reading.rounds.iter().rfind(|round| !round.reads.is_empty());
        newest.map(|round| round.heard)
    }

    /// A get has come that takes no entry.
    pub fn read(&mut self, id: u64, cx: &Context, out: &mut Outbox) {
        match self.state {
            State::Leader(_) => self.take_read(Read { id, by: self.id, call: 0 }, cx, out),
            State::Follower { leader: Some((leader, _)) } => {
                let (call, term) = (self.calls.next(), self.term);
                out.messages.push((leader, Message::ReadIndex { call, term, read: id }));
            }
            State::Follower { leader: None } | State::PreCandidate(_) | State::Candidate(_) => {}
        }
    }

    /// A follower asks up to where it must have applied.
    pub(super) fn on_read_index(
        &mut self,
        from: ServerId,
        (call, term, id): (u32, Term, u64),
        cx: &Context,
        out: &mut Outbox,
    ) {
        self.adopt_term(term, out);
        if self.is_leader() && term == self.term {
            if !self.waits_already(id, from, call) {
                self.take_read(Read { id, by: from, call }, cx, out);
            }
            return;
        }
        let why = if term < self.term { IgnoreReason::OldTerm } else { IgnoreReason::NotLeader };
        let summary = Message::ReadIndex { call, term, read: id }.summary();
        out.emit(RaftEvent::Ignored { from, summary, why });
    }

    /// Whether a follower asks again what waits here: then the answer belongs to its newest call.
    fn waits_already(&mut self, id: u64, by: ServerId, call: u32) -> bool {
        let State::Leader(Leadership { reading, .. }) = &mut self.state else { return false };
        let open = reading.rounds.iter_mut().flat_map(|round| &mut round.reads);
        let mut all = open.chain(&mut reading.confirmed);
        let same = all.find(|read| (read.id, read.by) == (id, by));
        same.map(|read| read.call = call).is_some()
    }

    /// The leader says up to where. What it says stays right when another leads.
    pub(super) fn on_read_index_reply(
        &mut self,
        term: Term,
        id: u64,
        index: Index,
        out: &mut Outbox,
    ) {
        self.adopt_term(term, out);
        out.reads.push(Readable { id, index, by_lease: false, flaws: Flaws::NONE });
    }

    fn take_read(&mut self, read: Read, cx: &Context, out: &mut Outbox) {
        let shortest = cx.shortest_timeout();
        if let Some(answer) = self.by_lease(cx.now, shortest) {
            return self.grant(read, true, answer.flaws, out);
        }
        self.begin_round(Some(read), cx, out);
        for peer in self.others() {
            self.send_append(peer, 0, cx, out);
        }
        self.confirm(out);
    }

    /// Whether its lease holds now, and it knows what is committed.
    fn by_lease(&self, now: Time, shortest: Span) -> Option<Ruled<bool>> {
        let State::Leader(Leadership { reading, transfer: None, .. }) = &self.state else {
            return None;
        };
        let since = reading.lease.filter(|_| self.reads() == Reads::Lease && !reading.spent)?;
        let held = self.rules.holds_lease(now.since(since), shortest);
        let known = self.rules.may_read(self.log.term(self.commit), self.term);
        let flaws = held.flaws.union(known.flaws);
        (held.answer && known.answer).then_some(Ruled { answer: true, flaws })
    }

    /// What is sent from now on asks whether it still leads.
    pub(super) fn begin_round(&mut self, read: Option<Read>, cx: &Context, out: &mut Outbox) {
        let (after, own) = (self.calls.made(), ServerSet::only(self.id));
        let State::Leader(Leadership { reading, .. }) = &mut self.state else { return };
        let mut reads: Vec<Read> = Vec::new();
        if reading.rounds.len() >= ROUNDS_MAX {
            reads = reading.rounds.remove(0).reads;
        }
        reads.extend(read);
        if read.is_some() {
            out.emit(RaftEvent::ReadBegun { commit: self.commit });
        }
        reading.rounds.push(Round { after, since: cx.now, heard: own, reads });
    }

    /// A follower has answered a call: it counts for every round that began before that call.
    pub(super) fn on_answer(&mut self, from: ServerId, call: u32, out: &mut Outbox) {
        let State::Leader(Leadership { reading, .. }) = &mut self.state else { return };
        if reading.rounds.is_empty() {
            return;
        }
        for round in &mut reading.rounds {
            if call.wrapping_sub(round.after).cast_signed() > 0 {
                round.heard.insert(from);
            }
        }
        self.confirm(out);
    }

    /// The newest round that a majority has answered settles those before it too.
    fn confirm(&mut self, out: &mut Outbox) {
        let (rules, all) = (self.rules, self.configuration());
        let State::Leader(Leadership { reading, .. }) = &mut self.state else { return };
        let enough = |round: &Round| rules.is_majority(all, round.heard).answer;
        let Some(last) = reading.rounds.iter().rposition(enough) else { return };
        reading.lease = reading.lease.max(Some(reading.rounds[last].since));
        let done = reading.rounds.drain(..=last).flat_map(|round| round.reads);
        reading.confirmed.extend(done);
        self.release_reads(out);
    }

    /// What is confirmed may be read, once an entry of this term is committed (§6.4).
    pub(super) fn release_reads(&mut self, out: &mut Outbox) {
        let State::Leader(Leadership { reading, .. }) = &mut self.state else { return };
        if reading.confirmed.is_empty() {
            return;
        }
        let Ruled { answer, flaws } = self.rules.may_read(self.log.term(self.commit), self.term);
        if answer {
            for read in std::mem::take(&mut reading.confirmed) {
                self.grant(read, false, flaws, out);
            }
        }
    }

    /// It may be answered when all that is committed now has been applied.
    fn grant(&mut self, read: Read, by_lease: bool, flaws: Flaws, out: &mut Outbox) {
        let (index, term) = (self.commit, self.term);
        let Read { id, by, call } = read;
        if by == self.id {
            out.reads.push(Readable { id, index, by_lease, flaws });
        } else {
            out.emit_through(flaws, RaftEvent::ReadIndexGiven { to: by, index, by_lease });
            out.messages.push((by, Message::ReadIndexReply { call, term, read: id, index }));
        }
    }

    /// One that has just been started does not know whether it has heard from a leader just before:
    /// while others trust leases it votes for nobody for as long (§6.4.1).
    pub(super) fn just_started(&self, cx: &Context) -> Option<VoteRefusal> {
        let (ago, shortest) = (cx.now.since(self.started?), cx.shortest_timeout());
        let young = self.reads() == Reads::Lease && self.rules.has_leader(ago, shortest);
        young.then_some(VoteRefusal::JustStarted { ago, shortest })
    }

    /// The moment at which it was started again.
    pub(in crate::cluster) const fn starts(&mut self, now: Time) {
        self.started = Some(now);
    }
}
