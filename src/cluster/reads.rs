//! Gets that take no entry: a server notes them, learns from its Raft up to where it must have applied
//! (`raft/reads.rs`), and answers from its own map once it has (dissertation §6.4).

use super::Cluster;
use super::event::{EventKind, ServerEvent};
use super::flaw::Flaws;
use super::network::{Reply, WrongLeader};
use super::raft::{Readable, Role};
use super::rsm::WAITER_TIMEOUT;
use super::time::Time;
use super::timers::TimerKind;
use super::types::{ClientId, Index, Request, ServerId, Term};

/// A get that waits at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRead {
    pub id: u64,
    pub request: Request,
    /// The term in which it came, and whether the server led it.
    pub term: Term,
    pub leads: bool,
    pub since: Time,
    pub client: ClientId,
    pub call: u64,
    pub attempt: u32,
    /// When it asked its leader last.
    asked: Time,
    /// Up to where the server must have applied, once that is known.
    pub index: Option<Index>,
    by_lease: bool,
    flaws: Flaws,
}

impl WaitingRead {
    /// Why it must give up, if it must: nobody will tell its index any more, or it has waited too long.
    pub(super) fn must_give_up(
        &self,
        (term, role): (Term, Role),
        now: Time,
    ) -> Option<WrongLeader> {
        if now.since(self.since) >= WAITER_TIMEOUT {
            return Some(WrongLeader::TimedOut);
        }
        // Once its index is known, whoever leads does not matter.
        match self.index {
            Some(_) => None,
            None if term != self.term => Some(WrongLeader::TermChanged),
            None if self.leads && role != Role::Leader => Some(WrongLeader::LeadershipLost),
            None => None,
        }
    }
}

impl Cluster {
    /// A get has come to a server that can find out whether it may answer.
    pub(super) fn begin_read(
        &mut self,
        id: ServerId,
        (client, call, attempt): (ClientId, u64, u32),
        request: Request,
    ) {
        let since = self.now;
        let server = &mut self.servers[id.index()];
        let (term, leads) = (server.raft.term(), server.raft.is_leader());
        let read = server.rsm.next_read(server.incarnation);
        let (index, by_lease, flaws) = (None, false, Flaws::NONE);
        server.rsm.reads.push(WaitingRead {
            id: read,
            request: request.clone(),
            term,
            leads,
            since,
            client,
            call,
            attempt,
            asked: since,
            index,
            by_lease,
            flaws,
        });
        let asks = server.raft.leader().filter(|leader| *leader != id);
        self.emit(EventKind::Server(id, ServerEvent::ReadTaken { client, request, asks }));
        if self.servers[id.index()].timer(TimerKind::Waiters).is_none() {
            self.arm_waiter_check(id);
        }
        self.step_raft(id, |raft, cx, out| raft.read(read, cx, out));
    }

    /// Raft has told up to where some reads must have applied.
    pub(super) fn note_reads(&mut self, id: ServerId) {
        let Self { servers, outbox, .. } = self;
        let reads = &mut servers[id.index()].rsm.reads;
        for Readable { id, index, by_lease, flaws } in outbox.reads.drain(..) {
            if let Some(read) = reads.iter_mut().find(|read| read.id == id) {
                (read.index, read.by_lease, read.flaws) = (Some(index), by_lease, flaws);
            }
        }
    }

    /// Answers those that may be answered.
    pub(super) fn answer_reads(&mut self, id: ServerId) {
        let rsm = &mut self.servers[id.index()].rsm;
        let applied = rsm.applied;
        let may = |read: &mut WaitingRead| read.index.is_some_and(|index| index <= applied);
        let ready: Vec<WaitingRead> = rsm.reads.extract_if(.., may).collect();
        for read in ready {
            let WaitingRead { request, client, call, attempt, index, by_lease, flaws, .. } = read;
            let index = index.unwrap_or_default();
            let answer = self.servers[id.index()].rsm.kv.clone().apply(&request);
            let told = answer.clone();
            self.emit_through(
                flaws,
                EventKind::Server(
                    id,
                    ServerEvent::ReadAnswered { client, index, applied, by_lease, answer: told },
                ),
            );
            self.reply(id, client, call, attempt, Reply::Done(answer));
        }
    }

    /// Those whose time or whose leader has gone give up. A follower asks its leader again, as often as
    /// leaders send heartbeats: the question or its answer may be lost (§5.1).
    pub(super) fn check_reads(&mut self, id: ServerId) {
        let (now, patience) = (self.now, self.config.heartbeat);
        let server = &mut self.servers[id.index()];
        let now_is = (server.raft.term(), server.raft.role());
        let (mut gone, mut unanswered) = (Vec::new(), Vec::new());
        server.rsm.reads.retain(|read| {
            let why = read.must_give_up(now_is, now);
            gone.extend(why.map(|why| (read.client, read.call, read.attempt, why)));
            why.is_none()
        });
        for read in server.rsm.reads.iter_mut().filter(|read| !read.leads && read.index.is_none()) {
            if now.since(read.asked) >= patience {
                read.asked = now;
                unanswered.push(read.id);
            }
        }
        for (client, call, attempt, why) in gone {
            self.emit(EventKind::Server(id, ServerEvent::ReadReleased { client, why }));
            self.reply(id, client, call, attempt, Reply::WrongLeader(why));
        }
        for read in unanswered {
            self.step_raft(id, |raft, cx, out| raft.read(read, cx, out));
        }
    }
}
