//! What a guest's server does beside what its Raft does: it starts, it answers proposals, it speaks, and
//! it ends.

use std::rc::Rc;

use super::disk::HeldReply;
use super::event::{AttemptFailure, EventKind, ServerEvent};
use super::flaw::{Flaws, Ruled};
use super::guest::{Left, Open, Proposed, Replied};
use super::network::{Reply, WrongLeader};
use super::rsm::Waiter;
use super::timers::TimerKind;
use super::types::{ClientId, Op, Request, ServerId};
use super::{Cause, Cluster};

impl Cluster {
    /// Whether the servers of this run are guests.
    pub fn has_guests(&self) -> bool {
        self.config.raft.is_some()
    }

    /// Whether the service, too, is the guests' own: then the lab has no map.
    pub fn has_own_service(&self) -> bool {
        self.servers.iter().any(|server| server.raft.serves())
    }

    /// A server begins: its election timer is set, or its guest sets what it wants.
    pub(super) fn start_raft(&mut self, id: ServerId) {
        if self.servers[id.index()].raft.is_guest() {
            self.step_raft(id, |raft, cx, out| raft.init(cx, out));
        } else if self.has_guests() {
            let why = "its module was not read".into();
            self.emit(EventKind::Server(id, ServerEvent::Ended { why }));
            self.crash(id);
        } else {
            self.arm_election(id);
        }
    }

    /// A client's get or put for a guest, which says whether it takes it.
    pub(super) fn propose(
        &mut self,
        id: ServerId,
        client: ClientId,
        request: Request,
        waits: Option<(u64, u32)>,
    ) {
        let cx = self.context(id);
        let server = &mut self.servers[id.index()];
        let Ruled { answer: op, .. } = server.rsm.next_op(id, server.incarnation, Flaws::NONE);
        let op = Rc::new(Op::new(op, request));
        match server.raft.propose(&op, &cx, &mut self.outbox) {
            Some(Proposed::Accepted { index, term }) => {
                if let Some((call, attempt)) = waits {
                    let (since, kept, op) = (self.now, false, op.id);
                    let waiter = Waiter { index, op, term, since, client, call, attempt, kept };
                    self.servers[id.index()].rsm.wait(waiter);
                }
                let submitted = ServerEvent::Submitted { index, term, op, client };
                self.emit(EventKind::Server(id, submitted));
                if self.servers[id.index()].timer(TimerKind::Waiters).is_none() {
                    self.arm_waiter_check(id);
                }
            }
            Some(Proposed::Refused { leader }) => {
                self.tell_refusal(id, client, leader);
                if let Some((call, attempt)) = waits {
                    let reply = Reply::WrongLeader(WrongLeader::NotLeader);
                    self.reply(id, client, call, attempt, reply);
                }
            }
            // It has ended over the question: nobody answers.
            None => {}
        }
        self.carry_out(id);
    }

    /// A client's get or put for a guest whose whole service is its own.
    pub(super) fn ask_service(
        &mut self,
        id: ServerId,
        client: ClientId,
        (call, attempt): (u64, u32),
        request: Request,
    ) {
        self.step_raft(id, |raft, cx, out| raft.request((client, call, attempt), request, cx, out));
    }

    /// A guest's answers leave once all that it has written before is on disk.
    pub(super) fn send_or_hold_replies(&mut self, id: ServerId, replies: Vec<Replied>) {
        for Replied { to: Open { client, call, attempt, .. }, reply } in replies {
            let held = HeldReply { client, call, attempt, reply, cause: self.cause };
            let disk = &mut self.servers[id.index()].disk;
            match disk.is_dirty() {
                true => disk.hold_reply(held),
                false => self.send_reply(id, held),
            }
        }
    }

    pub(super) fn send_reply(&mut self, id: ServerId, held: HeldReply) {
        let HeldReply { client, call, attempt, reply, cause } = held;
        self.cause = cause;
        let told = reply.clone();
        self.emit(EventKind::Server(id, ServerEvent::Replied { client, reply: told }));
        self.reply(id, client, call, attempt, reply);
    }

    /// A server says that it does not lead.
    pub(super) fn tell_refusal(
        &mut self,
        id: ServerId,
        client: ClientId,
        leader: Option<ServerId>,
    ) {
        let refused = AttemptFailure::WrongLeader(WrongLeader::NotLeader);
        let again = self.failed_before(client, id) == Some(refused);
        self.emit(EventKind::Server(id, ServerEvent::Refused { client, leader, again }));
    }

    /// Carries out what a guest has left beside the outbox. Whether it has ended, and what it answers.
    pub(super) fn follow_guest(&mut self, id: ServerId) -> (bool, Vec<Replied>) {
        let server = &mut self.servers[id.index()];
        let Some(guest) = server.raft.guest_mut() else { return (false, Vec::new()) };
        let Left { timers, said, replies, kept, ended } = guest.take_left();
        if let Some(bytes) = kept {
            self.emit(EventKind::Server(id, ServerEvent::Kept { bytes }));
        }
        for text in said {
            self.emit(EventKind::Server(id, ServerEvent::Said { text }));
        }
        let sets_timers = !timers.is_empty();
        for (timer, span) in timers {
            let server = &mut self.servers[id.index()];
            let due = span.map(|span| self.now + server.in_lab_time(span));
            if let Some(guest) = server.raft.guest_mut() {
                guest.set_timer(timer, due);
            }
        }
        if sets_timers {
            self.arm_guest_timer(id);
        }
        let is_over = ended.is_some();
        if let Some(why) = ended {
            self.emit(EventKind::Server(id, ServerEvent::Ended { why: why.as_str().into() }));
        }
        (is_over, replies)
    }

    /// The lab's timer for the first of a guest's own.
    fn arm_guest_timer(&mut self, id: ServerId) {
        match self.servers[id.index()].raft.guest().and_then(|guest| guest.next_timer()) {
            Some((due, _)) => self.arm(id, TimerKind::Guest, due.since(self.now)),
            None => self.cancel(id, TimerKind::Guest),
        }
    }

    /// The first of a guest's own timers has run out.
    pub(super) fn on_guest_timer(&mut self, id: ServerId) {
        let Some(guest) = self.servers[id.index()].raft.guest_mut() else { return };
        let Some((_, timer)) = guest.next_timer() else { return };
        guest.set_timer(timer, None);
        self.cause = Cause::GuestTimer(id, timer);
        self.arm_guest_timer(id);
        self.step_raft(id, |raft, cx, out| raft.on_guest_timer(timer, cx, out));
    }

    /// A fingerprint of the memory of all guests: with it two runs are compared more closely than by
    /// their digests, into which only what crosses the border enters.
    pub fn guest_digest(&self) -> Option<u64> {
        let mut digest = super::digest::Digest::new();
        for server in &self.servers {
            digest.u64(server.raft.guest()?.digest());
        }
        Some(digest.value())
    }

    /// How much memory the guests have, and how much of it no fresh guest has.
    pub fn guest_bytes(&self) -> (usize, usize) {
        let guests = self.servers.iter().filter_map(|server| server.raft.guest());
        guests
            .map(super::guest::Guest::bytes)
            .fold((0, 0), |(all, own), (bytes, more)| (all + bytes, own + more))
    }
}
