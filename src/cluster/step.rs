//! One step of the world: the next thing happens, and everything that follows from it at once.

use super::check::Checker;
use super::command::{Command, Motion, Place};
use super::digest::Tag;
use super::disk::Held;
use super::event::{
    AttemptFailure, DropReason, Event, EventKind, LabEvent, NetworkEvent, PacketEvent, RaftEvent,
    ServerEvent,
};
use super::flaw::{Flaw, Flaws};
use super::network::{Cargo, Loss, Packet, Rpc};
use super::raft::{Context, Message, Outbox, Position};
use super::server::{INBOX_MAX, Power};
use super::time::{Span, Time};
use super::timers::TimerKind;
use super::types::{Index, Node, ServerId, ServerSet};
use super::{Cause, Cluster, Consensus, Failure, FailureKind, Item, Step};

impl Cluster {
    /// Lets the next thing happen. [`Cluster::events`] says afterwards what it brought about.
    pub fn step(&mut self) -> Step {
        self.begin_events();
        if self.is_stopped() {
            return Step::Stopped;
        }
        if self.has_doings() && self.redo() {
            self.steps += 1;
            self.after();
            return Step::Happened;
        }
        let due = self.next_queued();
        if self.run_scheduled(due) {
            self.steps += 1;
            self.acted();
            self.after();
            return Step::Happened;
        }
        let next = match self.motion {
            Motion::ByItself => self.queue.pop(),
            Motion::ByHand => self.next_by_hand(),
        };
        let Some((due, item)) = next else { return self.come_to_rest() };
        self.steps += 1;
        self.move_to(Time(due));
        if self.handle(item) {
            self.handled += 1;
            self.handled_now = self.handled_now.saturating_add(1);
        } else {
            self.acted();
        }
        self.after();
        self.guard_limits();
        Step::Happened
    }

    /// Whether a broken rule, a failed expectation or a limit has ended the run.
    pub fn is_stopped(&self) -> bool {
        self.failure.is_some() || self.violation.is_some()
    }

    /// Lets a run go on that a broken rule or an expectation that was not met has ended, so that what comes
    /// of it can be told to a checker which is not the lab's. Whether it goes on: a limit stays one.
    pub fn overlook(&mut self) -> bool {
        let unmet =
            |failure: &Failure| matches!(failure.kind, FailureKind::Unmet | FailureKind::Late);
        let goes_on = self.is_stopped() && self.failure.as_ref().is_none_or(unmet);
        if goes_on {
            (self.violation, self.failure) = (None, None);
        }
        goes_on
    }

    /// Lets everything happen that is due up to and including `time`, and moves there. Stops
    /// early if the run does.
    pub fn run_until(&mut self, time: Time) {
        while self.next_due().is_some_and(|due| due <= time) {
            if self.step() != Step::Happened {
                return;
            }
        }
        self.advance(time);
    }

    /// Moves the present forward to `time`, or to the next thing due if that comes first. While
    /// all is by hand, time stands.
    pub fn advance(&mut self, time: Time) {
        if !self.is_stopped() && !self.is_by_hand() {
            let limit = self.next_due().unwrap_or(time);
            self.move_to(time.min(limit).max(self.now));
        }
    }

    pub(super) fn move_to(&mut self, time: Time) {
        debug_assert!(time >= self.now, "time went back: {} to {time}", self.now);
        if time != self.now {
            self.now = time;
            self.handled_now = 0;
            self.acts_now = 0;
            self.unhurried = 0;
        }
    }

    /// Applies the first scheduled command if its place comes before the next item.
    fn run_scheduled(&mut self, due: Option<Time>) -> bool {
        let Some((&(place, _), _)) = self.scheduled.first_key_value() else { return false };
        if self.is_by_hand() && place.time > self.now {
            return false;
        }
        // Lines that put something down come first, so that what several of them put down for
        // one place is carried out in a row, as it was when it was recorded. A line that runs later
        // does not keep it waiting.
        if due.is_some_and(|due| due <= place.time) && self.puts_down_next() {
            return false;
        }
        if due.is_some_and(|due| self.place_at(due) < place) {
            return false;
        }
        let Some((_, scheduled)) = self.scheduled.pop_first() else { return false };
        self.move_to(place.time.max(self.now));
        self.run_scheduled_command(scheduled);
        true
    }

    /// Something was done that is no event of the cluster's own: the next thing has another place.
    pub(super) const fn acted(&mut self) {
        self.acts_now = self.acts_now.saturating_add(1);
    }

    /// The same, by a command from outside. What only tells is at the place of what comes next.
    pub(super) fn acted_by(&mut self, command: &Command) {
        if !matches!(command, Command::Tell(_)) {
            self.acted();
        }
    }

    /// The place just before the next item, which is due at `due`.
    pub(super) fn place_at(&self, due: Time) -> Place {
        if due == self.now { self.place() } else { Place { time: due, after: 0, acts: 0 } }
    }

    /// What follows every step: the checkers look, and waiting tasks ask their conditions.
    pub(super) fn after(&mut self) {
        self.check();
        self.spring_ambush();
        self.wake_tasks();
    }

    fn check(&mut self) {
        let Some(mut checker) = self.checker.take() else { return };
        let violation = checker.observe(self);
        self.checker = Some(checker);
        if let Some(violation) = violation {
            let violation = std::sync::Arc::new(violation);
            self.emit(EventKind::Lab(LabEvent::Violated { violation: violation.clone() }));
            self.violation = Some(violation);
        }
    }

    /// Ends a run that goes on for too long, by its events and its lines: a line is work too.
    fn guard_limits(&mut self) {
        // Nothing arrives and no timer fires at the moment at which it was begun, so so many events
        // at one moment are no work of a script that plays.
        const EVENTS_NOW_MAX: u32 = 10_000_000;
        let limit = self.config.events_max;
        if self.steps >= limit {
            let actual = format!("{limit} have been played; `cluster max-events=` raises that");
            let expected = "the run ends within so many events and lines";
            self.fail_for_good(0, FailureKind::Limit, expected, &actual);
        } else if self.handled_now >= EVENTS_NOW_MAX {
            let actual = format!("{EVENTS_NOW_MAX} events have been handled at this moment");
            self.fail_for_good(0, FailureKind::Unmet, "lab time passes", &actual);
        }
    }

    /// What the last step has brought about has been seen by whoever wanted to.
    pub(super) fn begin_events(&mut self) {
        self.emitted += self.events.len() as u64;
        self.events.clear();
    }

    pub(super) fn emit(&mut self, kind: EventKind) {
        self.emit_through(Flaws::NONE, kind);
    }

    pub(super) fn emit_through(&mut self, flaws: Flaws, kind: EventKind) {
        self.events.push(Event { time: self.now, cause: self.cause, flaws, kind });
    }

    /// What a server's Raft has told is part of what this step brings about.
    pub(super) fn pass_on(&mut self, id: ServerId) {
        let (time, cause) = (self.now, self.cause);
        let told = self.outbox.events.iter();
        self.events.extend(told.map(|(flaws, event)| {
            let kind = EventKind::Raft(id, *event);
            Event { time, cause, flaws: *flaws, kind }
        }));
        self.outbox.events.clear();
    }

    /// Handles one item. False for the script's own doings, which are no events of the run.
    fn handle(&mut self, item: Item) -> bool {
        match item {
            Item::Packet(packet) => self.on_packet(packet),
            Item::Landed(packet) => self.on_landed(packet),
            Item::Timer(id, kind) => {
                self.digest.u64(self.now.micros()).tag(kind.tag()).u8(id.number());
                self.on_timer(id, kind);
            }
            Item::Client(client) => {
                self.digest.u64(self.now.micros()).tag(Tag::Client).u64(u64::from(client.0));
                self.on_client_timer(client);
            }
            Item::Load(client, _) => {
                self.digest.u64(self.now.micros()).tag(Tag::Load).u64(u64::from(client.0));
                self.on_load_timer(client);
            }
            Item::LoadEnd => {
                self.digest.u64(self.now.micros()).tag(Tag::LoadEnd);
                self.stop_load();
            }
            Item::Line => self.observe_line(),
            Item::Task(task) => {
                self.run_task(task);
                return false;
            }
            Item::Chaos(which) => {
                self.on_chaos(which);
                return false;
            }
            Item::Settle(left, line) => {
                self.settle(left, line);
                return false;
            }
            Item::Recurring(which) => {
                self.run_recurring(which);
                return false;
            }
        }
        true
    }

    /// A packet has reached the end of its flight: arrives, or doesn't.
    fn on_packet(&mut self, packet: Packet) {
        self.cause = Cause::Packet(packet.id);
        if packet.cargo.is_told() {
            return;
        }
        self.digest_packet(&packet);
        if packet.loss != Loss::Arrives {
            self.lose(packet);
            return;
        }
        match self.order_for(&packet) {
            None => self.arrive(packet),
            Some(order) => {
                if let Some(packet) = self.obey(order, packet) {
                    self.arrive(packet);
                }
            }
        }
    }

    /// What has met cuts and losses already, and is not tested for them a second time.
    fn on_landed(&mut self, packet: Packet) {
        self.cause = Cause::Packet(packet.id);
        self.digest_packet(&packet);
        match packet.loss {
            Loss::Arrives => self.take_in(packet),
            Loss::Lost => {}
            Loss::LostAndReported => self.report(packet),
        }
    }

    /// A packet at the end of its flight meets a cut, or arrives.
    pub(super) fn arrive(&mut self, packet: Packet) {
        if self.links.is_cut(packet.from, packet.to) {
            self.turn_away(packet, DropReason::Cut);
        } else if let Some(why) = self.broken_connection(&packet) {
            self.turn_away(packet, why);
        } else {
            self.take_in(packet);
        }
    }

    /// Whoever it is for takes it in, or it waits for a sleeper.
    fn take_in(&mut self, packet: Packet) {
        match packet.to {
            Node::Client(_) => self.deliver(packet),
            Node::Server(id) => match self.servers[id.index()].power {
                Power::Down => self.turn_away(packet, DropReason::Down),
                Power::Asleep if self.servers[id.index()].inbox.len() >= INBOX_MAX => {
                    self.drop_packet(&packet, DropReason::Overflow);
                }
                Power::Asleep => self.servers[id.index()].inbox.push_back(packet),
                Power::Up => self.deliver(packet),
            },
        }
    }

    /// There is no way to the receiver. On some networks the caller hears of that a while later.
    fn turn_away(&mut self, mut packet: Packet, why: DropReason) {
        self.drop_packet(&packet, why);
        if let Some(after) = packet.fails_after {
            packet.loss = Loss::LostAndReported;
            let due = self.now + Span::from_millis(after.into());
            self.queue.push(due.micros(), Item::Landed(packet));
        }
    }

    /// Client RPCs die with the incarnation of the server at their other end.
    fn broken_connection(&self, packet: &Packet) -> Option<DropReason> {
        let server = match (packet.from, packet.to) {
            (Node::Client(_), Node::Server(server)) | (Node::Server(server), Node::Client(_)) => {
                &self.servers[server.index()]
            }
            (Node::Server(_), Node::Server(_)) | (Node::Client(_), Node::Client(_)) => return None,
        };
        match server.power {
            Power::Down => Some(DropReason::Down),
            Power::Up | Power::Asleep => {
                (server.incarnation != packet.incarnation).then_some(DropReason::OldIncarnation)
            }
        }
    }

    pub(super) fn drop_packet(&mut self, packet: &Packet, why: DropReason) {
        let before = match (packet.from, packet.to) {
            (Node::Client(client), Node::Server(server))
            | (Node::Server(server), Node::Client(client)) => self.failed_before(client, server),
            (Node::Server(_), Node::Server(_)) | (Node::Client(_), Node::Client(_)) => None,
        };
        let again = matches!(before, Some(AttemptFailure::LossReported | AttemptFailure::TimedOut));
        self.tell_packet(packet, PacketEvent::Dropped { why, again });
    }

    fn lose(&mut self, packet: Packet) {
        self.drop_packet(&packet, DropReason::Lost);
        match packet.loss {
            Loss::Arrives | Loss::Lost => {}
            Loss::LostAndReported => self.report(packet),
        }
    }

    /// Whoever made the call is told that it has failed: the sender of a request, the receiver of
    /// a reply.
    fn report(&mut self, packet: Packet) {
        let (to, about) = if packet.cargo.is_reply() {
            (packet.to, packet.from)
        } else {
            (packet.from, packet.to)
        };
        self.cause = Cause::LossReport(packet.id);
        match (to, about) {
            (Node::Server(id), Node::Server(peer)) => self.report_to_server(id, peer, packet),
            (Node::Client(client), Node::Server(server)) => {
                self.emit(EventKind::Network(NetworkEvent::LossReported { to, about }));
                if let Cargo::Client(rpc) = &packet.cargo {
                    self.on_client_loss(client, server, rpc);
                }
            }
            (Node::Server(_) | Node::Client(_), Node::Client(_)) => {}
        }
    }

    fn report_to_server(&mut self, id: ServerId, peer: ServerId, packet: Packet) {
        let server = &mut self.servers[id.index()];
        let Some(call) = packet.cargo.raft().map(Message::call) else { return };
        match server.power {
            // What it asked in an earlier life is no concern of this one.
            Power::Up if server.raft.hears_of_loss(call) => {
                let (to, about) = (Node::Server(id), Node::Server(peer));
                self.emit(EventKind::Network(NetworkEvent::LossReported { to, about }));
                self.step_raft(id, |raft, cx, out| raft.on_loss(peer, call, cx, out));
            }
            Power::Asleep if server.inbox.len() < INBOX_MAX => server.inbox.push_back(packet),
            Power::Up | Power::Asleep | Power::Down => {}
        }
    }

    pub(super) fn deliver(&mut self, packet: Packet) {
        self.tell_packet(&packet, PacketEvent::Received);
        match (packet.from, packet.to, packet.cargo) {
            (Node::Server(sender), Node::Server(id), Cargo::Raft(message)) => {
                self.step_raft(id, |raft, cx, out| raft.receive(sender, message, cx, out));
            }
            (Node::Client(client), Node::Server(id), Cargo::Client(rpc)) => match rpc {
                Rpc::Request { call, attempt, session, request } => {
                    self.on_request(id, client, call.into(), attempt, session, request);
                }
                Rpc::Register { call, attempt } => {
                    self.on_registration(id, client, call.into(), attempt);
                }
                Rpc::Reply { .. } => {}
            },
            (Node::Server(server), Node::Client(client), Cargo::Client(rpc)) => {
                if let Rpc::Reply { call, attempt, reply } = rpc {
                    self.on_reply(client, server, call.into(), attempt, reply);
                }
            }
            (
                Node::Server(_) | Node::Client(_),
                _,
                Cargo::Raft(_) | Cargo::Client(_) | Cargo::Told(_),
            ) => {}
        }
    }

    /// Lets a server's Raft take a step, and carries out what it left in its outbox.
    pub(super) fn step_raft<R>(
        &mut self,
        id: ServerId,
        step: impl FnOnce(&mut Consensus, &Context, &mut Outbox) -> R,
    ) -> R {
        let cx = self.context(id);
        let server = &mut self.servers[id.index()];
        let settled_to = server.raft.log().settled_to();
        let result = step(&mut server.raft, &cx, &mut self.outbox);
        if server.raft.log().settled_to() > settled_to {
            self.share_entries(id, settled_to);
        }
        self.carry_out(id);
        result
    }

    /// Tells, with a leader's commit, which of those that it counted have the entry on their disks,
    /// and whether a disk that keeps nothing has made up the majority.
    #[inline(never)]
    fn find_holders(&mut self) {
        let Self { servers, outbox, .. } = self;
        for (flaws, event) in outbox.events.iter_mut().rev() {
            let RaftEvent::Committed { last, term, copies, holders, all, .. } = event else {
                continue;
            };
            if copies.is_empty() {
                // A guest does not say whom it has counted: the disks say who has it.
                let all = servers.iter().map(|server| server.id);
                let has = |id: &ServerId| servers[id.index()].disk.log.term(*last) == Some(*term);
                *holders = all.filter(has).collect();
                return;
            }
            let wrote = |id: &ServerId| {
                servers[id.index()].disk.log.holds(Position { index: *last, term: *term })
            };
            let keeps = |id: &ServerId| servers[id.index()].keeps_log();
            let written: ServerSet = copies.iter().filter(wrote).collect();
            *holders = written.iter().filter(keeps).collect();
            let through_memory = all.has_quorum(written) && !all.has_quorum(*holders);
            flaws.set(Flaw::ForgetLog, through_memory);
            if !all.has_quorum(written) {
                let promises = |id: ServerId| servers[id.index()].flaws().has(Flaw::AckBeforeSync);
                let promised = copies.without(written).iter().any(promises);
                flaws.set(Flaw::AckBeforeSync, promised);
            }
            return;
        }
    }

    /// Entries have settled in a server's log, up to this place before. They stand in
    /// other logs too, and are kept once.
    fn share_entries(&mut self, id: ServerId, settled_to: usize) {
        let (before, from) = self.servers.split_at_mut(id.index());
        let Some((own, after)) = from.split_first_mut() else { return };
        let mut others = before.iter().chain(after.iter());
        let _ = others.any(|other| own.raft.share_log(settled_to, &other.raft));
    }

    /// Carries out what a server's Raft left in the outbox.
    pub(super) fn carry_out(&mut self, id: ServerId) {
        self.follow_orders(id);
        if let Some(snapshot) = self.outbox.installed.take() {
            self.restore(id, &snapshot);
        }
        let server = &self.servers[id.index()];
        let commits = server.raft.commit() > server.rsm.applied;
        if commits && server.raft.is_leader() {
            self.find_holders();
        }
        self.pass_on(id);
        if commits {
            self.apply_committed(id);
        }
        if !self.servers[id.index()].rsm.reads.is_empty() {
            self.note_reads(id);
            self.answer_reads(id);
        }
        self.outbox.reads.clear();
        let is_guest = self.servers[id.index()].raft.is_guest();
        let (ended, replies) = if is_guest { self.follow_guest(id) } else { (false, Vec::new()) };
        if !self.outbox.messages.is_empty() {
            let mut messages = std::mem::take(&mut self.outbox.messages);
            if is_guest {
                self.hold_back(id, &mut messages);
            }
            self.send_all(id, &mut messages);
            self.outbox.messages = messages;
        }
        let disk = &mut self.servers[id.index()].disk;
        if !self.outbox.writes.is_empty() {
            disk.pending.writes.append(&mut self.outbox.writes);
        }
        if disk.is_dirty() {
            if !self.outbox.held.is_empty() {
                self.hold_for_disk(id);
            }
            self.begin_sync(id);
        } else if !self.outbox.held.is_empty() {
            let mut held = std::mem::take(&mut self.outbox.held);
            self.send_all(id, &mut held);
            self.outbox.held = held;
        }
        if !replies.is_empty() {
            self.send_or_hold_replies(id, replies);
        }
        if ended {
            self.crash(id);
        }
    }

    /// What promises something about the disk waits for it; by a flaw it does not.
    fn hold_for_disk(&mut self, id: ServerId) {
        let (cause, server) = (self.cause, &mut self.servers[id.index()]);
        if server.flaws().has(Flaw::AckBeforeSync) {
            let mut held = std::mem::take(&mut self.outbox.held);
            let flaws = Flaws::only(Flaw::AckBeforeSync);
            let departed = RaftEvent::Departed { flaw: Flaw::AckBeforeSync };
            self.emit_through(flaws, EventKind::Raft(id, departed));
            self.send_all(id, &mut held);
            self.outbox.held = held;
            return;
        }
        for (to, message) in self.outbox.held.drain(..) {
            server.disk.hold(Held { to, message, cause });
        }
    }

    /// A guest says nothing before what it has written earlier is on disk: whether it depends on that,
    /// only the guest knows.
    fn hold_back(&mut self, id: ServerId, messages: &mut Vec<(ServerId, Message)>) {
        let (cause, server) = (self.cause, &mut self.servers[id.index()]);
        if server.disk.is_dirty() {
            for (to, message) in messages.drain(..) {
                server.disk.hold(Held { to, message, cause });
            }
        }
    }

    fn send_all(&mut self, id: ServerId, messages: &mut Vec<(ServerId, Message)>) {
        for (to, message) in messages.drain(..) {
            self.transmit(Node::Server(id), Node::Server(to), 0, Cargo::Raft(message));
        }
    }

    fn begin_sync(&mut self, id: ServerId) {
        let disk = &mut self.servers[id.index()].disk;
        if disk.begin_sync()
            && let Some(span) = disk.sync
        {
            self.arm(id, TimerKind::Sync, span);
        }
    }

    /// A sync has ended: what waited for it leaves, and the next begins if more was written.
    pub(super) fn on_sync(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.disk.fails {
            return self.fail_write(id);
        }
        let settled_to = server.disk.log.settled_to();
        let forgets = server.disk.forgets(server.flaws());
        let mut messages = server.disk.end_sync();
        let replies = server.disk.take_replies();
        if server.disk.log.settled_to() > settled_to {
            server.disk.log.share(settled_to, server.raft.log());
        }
        let last = if server.keeps_log() { server.disk.log.last_index() } else { Index::ZERO };
        self.emit(EventKind::Server(id, ServerEvent::Synced { last, forgets }));
        let sync = self.cause;
        for Held { to, message, cause } in messages.drain(..) {
            self.cause = cause;
            self.transmit(Node::Server(id), Node::Server(to), 0, Cargo::Raft(message));
        }
        for held in replies {
            self.send_reply(id, held);
        }
        self.cause = sync;
        let cx = self.context(id);
        let server = &mut self.servers[id.index()];
        // Its room is used again.
        server.disk.syncing.messages = messages;
        let (hard, last) = (server.disk.hard, server.disk.log.last_index());
        server.raft.on_sync(hard, last, &cx, &mut self.outbox);
        self.carry_out(id);
        self.begin_sync(id);
    }

    /// The checkers' state, for those who report on it.
    pub fn checker(&self) -> &Checker {
        self.checker.as_deref().expect("the checker is away only while it looks at the cluster")
    }
}
