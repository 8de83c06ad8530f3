//! The replicated state machine: submit, wait, apply.
//!
//! A request becomes an operation in the log; a waiter stands at its index, known by the
//! operation's id. One applier applies every committed entry in order on every server, gets
//! included, and is the only thing that touches the map. When an entry is applied where a waiter
//! stands, the waiter gets its answer, or learns that another operation took the place.

use std::collections::VecDeque;
use std::rc::Rc;

use super::Cluster;
use super::event::{AttemptFailure, EventKind, RaftEvent, ServerEvent};
use super::flaw::{Flaw, Flaws, Ruled};
use super::kv::{Carried, Kv};
use super::network::{Cargo, Reply, Rpc, WrongLeader};
use super::raft::{Payload, Reads, Role, Snapshot, Transfer};
use super::reads::WaitingRead;
use super::server::Server;
use super::sessions::Skipped;
use super::time::{Span, Time};
use super::timers::TimerKind;
use super::types::{
    Answer, ClientId, Index, Node, Op, OpId, Outcome, Registration, Request, ServerId, SessionId,
    Stamp, Term, Version,
};

/// How often waiters look whether their server still leads.
pub const WAITER_CHECK: Span = Span::from_millis(20);
/// How long a waiter waits at most.
pub const WAITER_TIMEOUT: Span = Span::from_millis(800);

/// Somebody on this server who waits for the entry at `index` to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    pub index: Index,
    pub op: OpId,
    /// The term in which the operation was submitted.
    pub term: Term,
    pub since: Time,
    pub client: ClientId,
    /// Which attempt of which call of the client is to be answered.
    pub call: u64,
    pub attempt: u32,
    /// A flaw keeps it from giving up, and that has been told.
    pub kept: bool,
}

/// One server's state machine and those who wait for it. All of it is lost in a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rsm {
    pub kv: Kv,
    /// lastApplied of Figure 2.
    pub applied: Index,
    /// In the order of their indexes.
    pub waiters: VecDeque<Waiter>,
    /// Gets that take no entry, in the order in which they came.
    pub reads: Vec<WaitingRead>,
    /// How many operations it has submitted in this incarnation.
    submitted: u64,
    /// And how many reads it has taken.
    taken: u64,
}

impl Rsm {
    /// As a snapshot has it.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self { kv: snapshot.map.clone(), applied: snapshot.last.index, ..Self::default() }
    }

    /// An id that no other operation has: the incarnation keeps it unique across restarts.
    pub(super) fn next_op(
        &mut self,
        server: ServerId,
        incarnation: u32,
        flaws: Flaws,
    ) -> Ruled<OpId> {
        self.submitted += 1;
        let Ruled { answer, flaws } = flaws.unless(Flaw::ReuseIds, || 1, incarnation);
        let number = (u64::from(answer) << 32) | self.submitted;
        Ruled { answer: OpId { server, number }, flaws }
    }

    /// A name that no other read of this server has: late leave to read is for none that came after.
    pub(super) fn next_read(&mut self, incarnation: u32) -> u64 {
        self.taken += 1;
        (u64::from(incarnation) << 32) | self.taken
    }

    /// Adds a waiter behind all that stand at its index or before.
    pub(super) fn wait(&mut self, waiter: Waiter) {
        let place = self.waiters.partition_point(|other| other.index <= waiter.index);
        self.waiters.insert(place, waiter);
    }
}

/// Whether a waiter may take the answer of the operation applied at its index.
fn is_own(waiter: &Waiter, applied: OpId, flaws: Flaws) -> Ruled<bool> {
    flaws.unless(Flaw::AnyOpAtIndex, || true, waiter.op == applied)
}

/// Whether the entry at `index` settles a waiter: with its own answer, or because another
/// operation has taken its place.
fn is_settled(waiter: &Waiter, index: Index, applied: OpId, flaws: Flaws) -> Ruled<bool> {
    let reached = waiter.index <= index;
    flaws.unless(Flaw::ReuseIds, || reached || waiter.op == applied, reached)
}

/// What a request is told before its operation is in the log: nothing. Even a get waits for its
/// place there, for a leader that others have deposed would answer from the past (§8).
fn early_answer(kv: &Kv, request: &Request, flaws: Flaws) -> Ruled<Option<Answer>> {
    let (flaw, refusals) = match request {
        Request::Get { .. } => (Flaw::LocalGet, None),
        Request::Put { .. } => (Flaw::ReplyBeforeCommit, Some(Flaw::CheckAtSubmit)),
    };
    let answer = || Some(kv.clone().apply(request));
    let refusal =
        || answer().filter(|answer| matches!(answer.outcome, Outcome::Version | Outcome::NoKey));
    match refusals {
        Some(refusals) if !flaws.has(flaw) => flaws.unless(refusals, refusal, None),
        Some(_) | None => flaws.unless(flaw, answer, None),
    }
}

/// Carries out a committed operation: every server does so with every one (§2), and what the map
/// holds by now decides about it.
#[inline]
pub(super) fn carry_out(
    kv: &mut Kv,
    index: Index,
    op: &Op,
    server: ServerId,
    flaws: Flaws,
) -> Ruled<Carried> {
    if op.stamp.is_none() {
        let Ruled { answer, flaws } = carry_out_now(kv, op, server, flaws);
        return Ruled { answer: Ok(answer), flaws };
    }
    let mut through = Flaws::NONE;
    let answer = kv.once(index, op, |kv| {
        let Ruled { answer, flaws } = carry_out_now(kv, op, server, flaws);
        through = flaws;
        answer
    });
    Ruled { answer, flaws: through }
}

/// The same, where no session is in its way.
#[inline(always)]
fn carry_out_now(kv: &mut Kv, op: &Op, server: ServerId, flaws: Flaws) -> Ruled<Answer> {
    if flaws.has(Flaw::ApplyOwnOnly) && op.id.server != server {
        let answer = kv.clone().apply(&op.request);
        let left_out = matches!(op.request, Request::Put { .. }) && answer.outcome == Outcome::Ok;
        let flaws = if left_out { Flaws::only(Flaw::ApplyOwnOnly) } else { Flaws::NONE };
        return Ruled { answer, flaws };
    }
    if flaws.has(Flaw::CheckAtSubmit)
        && let Request::Put { key, value, version } = &op.request
    {
        let found = kv.get(key).map_or(Version::ZERO, |stored| stored.version);
        let Ruled { answer: version, flaws } =
            flaws.unless(Flaw::CheckAtSubmit, || found, *version);
        let (key, value) = (key.clone(), value.clone());
        return Ruled { answer: kv.apply(&Request::Put { key, value, version }), flaws };
    }
    Ruled::kept(kv.apply_now(op))
}

/// The map when a snapshot has been installed: the snapshot's, and nothing of what was there before
/// (Figure 13, InstallSnapshot 8).
fn restored(own: &Kv, snapshot: &Kv, flaws: Flaws) -> Ruled<Kv> {
    flaws.unless(Flaw::SnapshotMerges, || own.clone().with_missing(snapshot), snapshot.clone())
}

/// Why a waiter must give up, if it must: its term is over, its server no longer leads, or it
/// has waited too long.
fn must_give_up(
    waiter: &Waiter,
    (term, role): (Term, Role),
    now: Time,
    flaws: Flaws,
) -> Ruled<Option<WrongLeader>> {
    let too_long = || (now.since(waiter.since) >= WAITER_TIMEOUT).then_some(WrongLeader::TimedOut);
    let rule = if term != waiter.term {
        Some(WrongLeader::TermChanged)
    } else if role != Role::Leader {
        Some(WrongLeader::LeadershipLost)
    } else {
        too_long()
    };
    flaws.unless(Flaw::HoldWaiters, too_long, rule)
}

impl Cluster {
    /// A client's get or put arrives: submit it, or say that this is the wrong server.
    pub(super) fn on_request(
        &mut self,
        id: ServerId,
        client: ClientId,
        call: u64,
        attempt: u32,
        session: Option<SessionId>,
        request: Request,
    ) {
        let server = &mut self.servers[id.index()];
        if server.raft.serves() {
            return self.ask_service(id, client, (call, attempt), request);
        }
        if server.raft.is_guest() {
            return self.propose(id, client, request, Some((call, attempt)));
        }
        let is_read = matches!(request, Request::Get { .. }) && server.raft.reads() != Reads::Log;
        if is_read && server.raft.takes_reads() {
            return self.begin_read(id, (client, call, attempt), request);
        }
        if !self.takes_requests(id, (client, call, attempt)) {
            return;
        }
        let server = &mut self.servers[id.index()];
        let flaws = server.flaws();
        let Ruled { answer: early, flaws: through } = early_answer(&server.rsm.kv, &request, flaws);
        if let Some(answer) = &early {
            let index = server.rsm.applied;
            self.answer(id, index, (client, call, attempt), answer.clone(), through);
            if matches!(request, Request::Get { .. }) || answer.outcome != Outcome::Ok {
                return;
            }
        }
        let stamp = session.map(|session| Stamp { session, sequence: call as u32 });
        let waits = early.is_none().then_some((call, attempt));
        self.append_request(id, client, (stamp, request), waits);
    }

    /// A client wants a session: an entry opens it (dissertation §6.3).
    pub(super) fn on_registration(
        &mut self,
        id: ServerId,
        client: ClientId,
        call: u64,
        attempt: u32,
    ) {
        let Some(most) = self.config.client_sessions else { return };
        if !self.takes_requests(id, (client, call, attempt)) {
            return;
        }
        let (op, index, flaws) = self.wait_for_next(id, client, Some((call, attempt)));
        let entry = Rc::new(Registration { id: op, most });
        let term = self.servers[id.index()].raft.term();
        let event = ServerEvent::Registering { index, term, entry: entry.clone(), client };
        self.emit_through(flaws, EventKind::Server(id, event));
        self.append(id, Payload::Register(entry));
    }

    /// Whether a server appends what a client asks for; else it says why not.
    #[inline]
    fn takes_requests(&mut self, id: ServerId, call: (ClientId, u64, u32)) -> bool {
        let (client, number, attempt) = call;
        let server = &self.servers[id.index()];
        if !server.raft.takes_requests() {
            let (leader, transfer) = (server.raft.leader(), server.raft.transfer());
            let why = transfer.map_or(WrongLeader::NotLeader, |_| WrongLeader::HandsOver);
            match transfer {
                Some(Transfer { to, .. }) => {
                    let refused = Some(AttemptFailure::WrongLeader(why));
                    let again = self.failed_before(client, id) == refused;
                    let event = ServerEvent::HandsOver { client, to, again };
                    self.emit(EventKind::Server(id, event));
                }
                None => self.tell_refusal(id, client, leader),
            }
            self.reply(id, client, number, attempt, Reply::WrongLeader(why));
            return false;
        }
        let most = self.config.uncommitted;
        let is_full = most.is_some_and(|most| server.raft.uncommitted() >= u64::from(most));
        if is_full {
            self.refuse_for_now(id, call);
        }
        !is_full
    }

    /// A leader that can't replicate what it has takes no more: its clients ask again later.
    fn refuse_for_now(&mut self, id: ServerId, (client, call, attempt): (ClientId, u64, u32)) {
        let why = WrongLeader::Busy;
        let again = self.failed_before(client, id) == Some(AttemptFailure::WrongLeader(why));
        let uncommitted = self.servers[id.index()].raft.uncommitted();
        let event = ServerEvent::HoldsBack { client, uncommitted, again };
        self.emit(EventKind::Server(id, event));
        self.reply(id, client, call, attempt, Reply::WrongLeader(why));
    }

    /// A leader appends a client's get or put. The client's attempt, if one is to be answered, waits
    /// for it.
    pub(super) fn append_request(
        &mut self,
        id: ServerId,
        client: ClientId,
        (stamp, request): (Option<Stamp>, Request),
        waits: Option<(u64, u32)>,
    ) {
        let server = &self.servers[id.index()];
        if server.raft.is_guest() {
            return self.propose(id, client, request, waits);
        }
        let term = server.raft.term();
        let (op, index, flaws) = self.wait_for_next(id, client, waits);
        let op = Rc::new(Op::stamped(op, stamp, request));
        let submitted = op.clone();
        self.emit_through(
            flaws,
            EventKind::Server(id, ServerEvent::Submitted { index, term, op: submitted, client }),
        );
        self.append(id, Payload::Op(op));
    }

    /// Appends to a leader's log, and sees to it that those who wait are looked at.
    #[inline]
    fn append(&mut self, id: ServerId, entry: Payload) {
        if self.servers[id.index()].timer(TimerKind::Waiters).is_none() {
            self.arm_waiter_check(id);
        }
        self.step_raft(id, |raft, cx, out| raft.submit(entry, cx, out));
    }

    /// What a leader appends next gets this name and this index, through these flaws. The client's
    /// attempt, if one is to be answered, waits for it.
    fn wait_for_next(
        &mut self,
        id: ServerId,
        client: ClientId,
        waits: Option<(u64, u32)>,
    ) -> (OpId, Index, Flaws) {
        let server = &mut self.servers[id.index()];
        let (term, index) = (server.raft.term(), server.raft.log().last_index().next());
        let flaws = server.flaws();
        let Ruled { answer: op, flaws } = server.rsm.next_op(id, server.incarnation, flaws);
        if let Some((call, attempt)) = waits {
            let (since, kept) = (self.now, false);
            let waiter = Waiter { index, op, term, since, client, call, attempt, kept };
            server.rsm.wait(waiter);
        }
        (op, index, flaws)
    }

    pub(super) fn arm_waiter_check(&mut self, id: ServerId) {
        let span = self.servers[id.index()].in_lab_time(WAITER_CHECK);
        self.arm(id, TimerKind::Waiters, span);
    }

    /// Tells a client the result of its operation.
    fn answer(
        &mut self,
        id: ServerId,
        index: Index,
        (client, call, attempt): (ClientId, u64, u32),
        answer: Answer,
        flaws: Flaws,
    ) {
        let told = answer.clone();
        self.emit_through(
            flaws,
            EventKind::Server(id, ServerEvent::Answered { client, index, answer: told }),
        );
        self.reply(id, client, call, attempt, Reply::Done(answer));
    }

    pub(super) fn reply(
        &mut self,
        id: ServerId,
        client: ClientId,
        call: u64,
        attempt: u32,
        reply: Reply,
    ) {
        let incarnation = self.servers[id.index()].incarnation;
        let cargo = Cargo::Client(Rpc::Reply { call: call as u32, attempt, reply });
        self.transmit(Node::Server(id), Node::Client(client), incarnation, cargo);
    }

    /// Applies every committed entry that is not yet applied, in order.
    pub(super) fn apply_committed(&mut self, id: ServerId) {
        loop {
            let server = &mut self.servers[id.index()];
            if server.rsm.applied >= server.raft.commit() {
                return self.snapshot_if_due(id);
            }
            let index = server.rsm.applied.next();
            // A commit index beyond the log is a broken rule, which the checkers report.
            let Some(entry) = server.raft.log().get(index) else { return };
            let payload = entry.payload.clone();
            server.rsm.applied = index;
            match payload {
                Payload::Op(op) => {
                    let flaws = server.raft.rules().flaws;
                    let made = carry_out(&mut server.rsm.kv, index, &op, id, flaws);
                    match made.answer {
                        Ok(answer) => self.has_applied(id, index, op, (answer, made.flaws)),
                        Err(why) => self.has_skipped(id, index, op, why),
                    }
                }
                Payload::Register(entry) => self.has_registered(id, index, entry),
                Payload::Noop | Payload::Untold => {
                    self.emit(EventKind::Server(id, ServerEvent::AppliedNoop { index }));
                    self.settle_waiters(id, index, OpId::NONE, None);
                }
                // Its guest applies it, and the lab does not see what comes of that.
                Payload::Opaque(_) => {}
                Payload::Configuration(all) => {
                    let event = ServerEvent::AppliedMembers { index, all: *all };
                    self.emit(EventKind::Server(id, event));
                    self.settle_waiters(id, index, OpId::NONE, None);
                }
            }
        }
    }

    /// Takes a snapshot, if the log has become so long that the head of the script asks for one.
    fn snapshot_if_due(&mut self, id: ServerId) {
        let Some(limit) = self.config.snapshot else { return };
        let Server { raft, rsm, .. } = &mut self.servers[id.index()];
        let applied = rsm.applied.0.saturating_sub(raft.log().base().index.0);
        if limit.is_reached(applied, raft.log().bytes()) {
            raft.take_snapshot(rsm.applied, &rsm.kv, Some(limit), &mut self.outbox);
            self.pass_on(id);
        }
    }

    /// A server's Raft has installed a snapshot: its state machine begins again with that.
    pub(super) fn restore(&mut self, id: ServerId, snapshot: &Snapshot) {
        self.pass_on(id);
        let server = &mut self.servers[id.index()];
        let Ruled { answer, flaws } = restored(&server.rsm.kv, &snapshot.map, server.flaws());
        (server.rsm.kv, server.rsm.applied) = (answer, snapshot.last.index);
        // What a waiter here waits for is in the snapshot or is not: nobody can tell.
        let (term, role) = (server.raft.term(), server.raft.role());
        let covered = server.rsm.waiters.partition_point(|one| one.index <= server.rsm.applied);
        let covered: Vec<Waiter> = server.rsm.waiters.drain(..covered).collect();
        for flaw in flaws.iter() {
            self.emit_through(Flaws::only(flaw), EventKind::Raft(id, RaftEvent::Departed { flaw }));
        }
        for waiter in covered {
            let why = must_give_up(&waiter, (term, role), self.now, Flaws::NONE).answer;
            self.release(id, waiter, why.unwrap_or(WrongLeader::LeadershipLost), Flaws::NONE);
        }
    }

    /// Emits what was applied, and answers those who wait at its index.
    fn has_applied(
        &mut self,
        id: ServerId,
        index: Index,
        op: Rc<Op>,
        (answer, through): (Answer, Flaws),
    ) {
        let applied = op.id;
        // A follower has nobody who waits, and most servers are followers.
        let waits = !self.servers[id.index()].rsm.waiters.is_empty();
        let own = waits && self.settles_own(id, index, applied);
        let reply = waits.then(|| Reply::Done(answer.clone()));
        let event = ServerEvent::Applied { index, op, answer, own };
        self.emit_through(through, EventKind::Server(id, event));
        if waits {
            self.settle_waiters(id, index, applied, reply);
        }
    }

    /// The same of one that its session keeps from being carried out.
    fn has_skipped(&mut self, id: ServerId, index: Index, op: Rc<Op>, why: Skipped) {
        let applied = op.id;
        let own = self.settles_own(id, index, applied);
        let reply = match &why {
            Skipped::Copy(answer) => Reply::Done(answer.clone()),
            Skipped::Stale | Skipped::Expired => Reply::Expired,
        };
        self.emit(EventKind::Server(id, ServerEvent::Skipped { index, op, why, own }));
        self.settle_waiters(id, index, applied, Some(reply));
    }

    /// Opens a session, and tells its client.
    fn has_registered(&mut self, id: ServerId, index: Index, entry: Rc<Registration>) {
        let (applied, own) = (entry.id, self.settles_own(id, index, entry.id));
        let opened = self.servers[id.index()].rsm.kv.register(index, &entry);
        let (session, expired) = opened.unzip();
        let expired = expired.flatten();
        let event = ServerEvent::Registered { index, entry, expired, own };
        self.emit(EventKind::Server(id, event));
        self.settle_waiters(id, index, applied, session.map(Reply::Session));
    }

    /// Whether who stands at `index` waits for what is applied there.
    fn settles_own(&self, id: ServerId, index: Index, applied: OpId) -> bool {
        let flaws = self.servers[id.index()].flaws();
        let first = self.first_settled(id, index, applied);
        first.is_some_and(|(waiter, _)| is_own(&waiter, applied, flaws).answer)
    }

    /// The first waiter that what is applied at `index` settles, and through which flaws.
    fn first_settled(&self, id: ServerId, index: Index, applied: OpId) -> Option<(Waiter, Flaws)> {
        let server = &self.servers[id.index()];
        let first = server.rsm.waiters.front().copied()?;
        let Ruled { answer, flaws } = is_settled(&first, index, applied, server.flaws());
        answer.then_some((first, flaws))
    }

    /// Who waits at this index takes the answer, if there is one and it is for it.
    fn settle_waiters(&mut self, id: ServerId, index: Index, applied: OpId, made: Option<Reply>) {
        let flaws = self.servers[id.index()].flaws();
        while let Some((waiter, early)) = self.first_settled(id, index, applied) {
            self.servers[id.index()].rsm.waiters.pop_front();
            let Ruled { answer: own, flaws: other } = is_own(&waiter, applied, flaws);
            match &made {
                Some(reply) if own => {
                    let Waiter { client, call, attempt, .. } = waiter;
                    let (to, through) = ((client, call, attempt), early.union(other));
                    if let Reply::Done(answer) = reply {
                        self.answer(id, index, to, answer.clone(), through);
                    } else {
                        self.reply(id, client, call, attempt, reply.clone());
                    }
                }
                Some(_) => self.release(id, waiter, WrongLeader::AnotherOp, early.union(other)),
                None => self.release(id, waiter, WrongLeader::AnotherOp, early),
            }
        }
    }

    fn release(&mut self, id: ServerId, waiter: Waiter, why: WrongLeader, flaws: Flaws) {
        let Waiter { client, call, attempt, index, .. } = waiter;
        self.emit_through(
            flaws,
            EventKind::Server(id, ServerEvent::WaiterReleased { client, index, why }),
        );
        self.reply(id, client, call, attempt, Reply::WrongLeader(why));
    }

    /// Every 20 ms: waiters whose time or whose leader has gone give up.
    pub(super) fn check_waiters(&mut self, id: ServerId) {
        let now = self.now;
        let server = &mut self.servers[id.index()];
        let (now_is, flaws) = ((server.raft.term(), server.raft.role()), server.flaws());
        let (mut gone, mut kept) = (Vec::new(), Flaws::NONE);
        server.rsm.waiters.retain_mut(|waiter| {
            let Ruled { answer: why, flaws } = must_give_up(waiter, now_is, now, flaws);
            gone.extend(why.map(|why| (*waiter, why, flaws)));
            if why.is_none() && !flaws.is_empty() && !waiter.kept {
                (waiter.kept, kept) = (true, flaws);
            }
            why.is_none()
        });
        let none_left = server.rsm.waiters.is_empty() && server.rsm.reads.is_empty();
        for (waiter, why, flaws) in gone {
            self.release(id, waiter, why, flaws);
        }
        for flaw in kept.iter() {
            self.emit_through(Flaws::only(flaw), EventKind::Raft(id, RaftEvent::Departed { flaw }));
        }
        if !none_left {
            self.check_reads(id);
            self.arm_waiter_check(id);
        }
    }
}
