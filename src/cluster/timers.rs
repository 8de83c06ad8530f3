//! The timers of servers: which there are, what each does, and how they are armed, frozen and scaled.

use strum::{EnumCount, VariantArray};

use super::digest::Tag;
use super::queue::Slot;
use super::raft::{Context, TimerOrder};
use super::server::Power;
use super::time::{Ppm, Span, Time};
use super::types::ServerId;
use super::{Cause, Cluster, Item};

/// An armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// When it fires in lab time. While its server sleeps: when it would have fired.
    pub due: Time,
    /// How long it was set for, in lab time.
    pub span: Span,
    /// Whether that was drawn at random, by [`Config::election_timeout`](super::config::Config).
    pub(super) drawn: bool,
    /// Its place in the queue; `None` while its server sleeps.
    pub(super) slot: Option<Slot>,
}

/// The timers of a server. One more is a variant with its tag, and an arm of `on_timer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, VariantArray)]
pub enum TimerKind {
    /// Silence after which it becomes a candidate.
    Election,
    /// When a leader next speaks to every follower.
    Heartbeat,
    /// When the state machine next looks after those that wait for it.
    Waiters,
    /// When what it has written is on disk.
    Sync,
    /// When a leader next looks whether a majority has answered (dissertation §6.2).
    Quorum,
    /// When the first of a guest's own timers runs out.
    Guest,
}

impl TimerKind {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub(super) const fn tag(self) -> Tag {
        match self {
            Self::Election => Tag::ElectionTimer,
            Self::Heartbeat => Tag::HeartbeatTimer,
            Self::Waiters => Tag::WaiterTimer,
            Self::Sync => Tag::SyncTimer,
            Self::Quorum => Tag::QuorumTimer,
            Self::Guest => Tag::GuestTimer,
        }
    }

    /// Whether it runs by the server's own clock. The disk runs by lab time, whatever that says.
    pub(super) const fn is_by_clock(self) -> bool {
        !matches!(self, Self::Sync)
    }
}

impl Cluster {
    /// Sets a timer anew, `span` of lab time from now.
    pub(super) fn arm(&mut self, id: ServerId, kind: TimerKind, span: Span) {
        let due = self.now + span;
        let server = &mut self.servers[id.index()];
        let timer = server.timer_mut(kind);
        let slot = match timer.and_then(|timer| timer.slot) {
            Some(slot) => {
                self.queue.reschedule(slot, due.micros());
                slot
            }
            None => self.queue.push(due.micros(), Item::Timer(id, kind)),
        };
        *timer = Some(Timer { due, span, drawn: false, slot: Some(slot) });
    }

    pub(super) fn cancel(&mut self, id: ServerId, kind: TimerKind) {
        let timer = self.servers[id.index()].timer_mut(kind).take();
        if let Some(slot) = timer.and_then(|timer| timer.slot) {
            self.queue.remove(slot);
        }
    }

    pub(super) fn cancel_all(&mut self, id: ServerId) {
        for &kind in TimerKind::ALL {
            self.cancel(id, kind);
        }
    }

    /// Arms the election timer with a fresh random span of the server's own clock (§5.2).
    pub(super) fn arm_election(&mut self, id: ServerId) {
        let range = self.config.election_timeout;
        let server = &mut self.servers[id.index()];
        let span = server.rng.span(range);
        let span = server.in_lab_time(span);
        self.arm(id, TimerKind::Election, span);
        if let Some(timer) = self.servers[id.index()].timer_mut(TimerKind::Election) {
            timer.drawn = true;
        }
    }

    pub(super) fn arm_heartbeat(&mut self, id: ServerId) {
        let span = self.servers[id.index()].in_lab_time(self.config.heartbeat);
        self.arm(id, TimerKind::Heartbeat, span);
    }

    /// A leader looks for a quorum as often as a follower may lose patience, and no sooner.
    fn arm_quorum(&mut self, id: ServerId) {
        let span = self.servers[id.index()].in_lab_time(self.config.election_timeout.low);
        self.arm(id, TimerKind::Quorum, span);
    }

    /// Sets a timer by the server's own clock.
    fn arm_by_clock(&mut self, id: ServerId, kind: TimerKind, span: Span) {
        let span = self.servers[id.index()].in_lab_time(span);
        self.arm(id, kind, span);
    }

    /// Carries out what a server's Raft has ordered of its timers.
    pub(super) fn follow_orders(&mut self, id: ServerId) {
        match std::mem::take(&mut self.outbox.election) {
            TimerOrder::Keep => {}
            TimerOrder::Arm => self.arm_election(id),
            TimerOrder::Set(span) => self.arm_by_clock(id, TimerKind::Election, span),
            TimerOrder::Cancel => self.cancel(id, TimerKind::Election),
        }
        match std::mem::take(&mut self.outbox.heartbeat) {
            TimerOrder::Keep => {}
            TimerOrder::Arm => self.arm_heartbeat(id),
            TimerOrder::Set(span) => self.arm_by_clock(id, TimerKind::Heartbeat, span),
            TimerOrder::Cancel => self.cancel(id, TimerKind::Heartbeat),
        }
        match std::mem::take(&mut self.outbox.quorum) {
            TimerOrder::Keep => {}
            TimerOrder::Arm => self.arm_quorum(id),
            TimerOrder::Set(span) => self.arm_by_clock(id, TimerKind::Quorum, span),
            TimerOrder::Cancel => self.cancel(id, TimerKind::Quorum),
        }
    }

    /// A timer has fired; its slot is free already.
    pub(super) fn on_timer(&mut self, id: ServerId, kind: TimerKind) {
        *self.servers[id.index()].timer_mut(kind) = None;
        match kind {
            TimerKind::Election => {
                self.cause = match self.servers[id.index()].raft.is_guest() {
                    false => Cause::ElectionTimer(id),
                    true => Cause::GuestTimer(id, 0),
                };
                self.step_raft(id, |raft, cx, out| raft.on_election_timeout(cx, out));
            }
            TimerKind::Heartbeat => {
                self.cause = match self.servers[id.index()].raft.is_guest() {
                    false => Cause::HeartbeatTimer(id),
                    true => Cause::GuestTimer(id, 1),
                };
                self.step_raft(id, |raft, cx, out| raft.on_heartbeat(cx, out));
            }
            TimerKind::Waiters => {
                self.cause = Cause::WaiterTimer(id);
                self.check_waiters(id);
            }
            TimerKind::Quorum => {
                self.cause = Cause::QuorumTimer(id);
                self.step_raft(id, |raft, cx, out| raft.on_quorum_timeout(cx, out));
            }
            TimerKind::Sync => {
                self.cause = Cause::Sync(id);
                self.on_sync(id);
            }
            TimerKind::Guest => self.on_guest_timer(id),
        }
    }

    /// Takes a sleeping server's timers out of the queue; they keep what was left of them.
    pub(super) fn freeze_timers(&mut self, id: ServerId) {
        for &kind in TimerKind::ALL {
            if let Some(timer) = self.servers[id.index()].timer_mut(kind)
                && let Some(slot) = timer.slot.take()
            {
                self.queue.remove(slot);
            }
        }
    }

    /// Sets a waking server's timers going again, later by as long as it slept.
    pub(super) fn thaw_timers(&mut self, id: ServerId, slept: Span) {
        for &kind in TimerKind::ALL {
            if let Some(timer) = self.servers[id.index()].timer_mut(kind) {
                timer.due += slept;
                timer.slot = Some(self.queue.push(timer.due.micros(), Item::Timer(id, kind)));
            }
        }
        if let Some(guest) = self.servers[id.index()].raft.guest_mut() {
            guest.delay_timers(slept);
        }
    }

    /// Changes the rate at which what is left of its timers passes.
    pub(super) fn rescale_timers(&mut self, id: ServerId, old: Ppm, new: Ppm) {
        // A sleeping server's timers stand where they stood when it fell asleep.
        let server = &self.servers[id.index()];
        let since = if server.power == Power::Asleep { server.asleep_since } else { self.now };
        for &kind in TimerKind::ALL.iter().filter(|kind| kind.is_by_clock()) {
            let Some(timer) = self.servers[id.index()].timer_mut(kind) else { continue };
            timer.due = since + timer.due.since(since).at_rate(old, new);
            timer.span = timer.span.at_rate(old, new);
            if let Some(slot) = timer.slot {
                self.queue.reschedule(slot, timer.due.micros());
            }
        }
        if let Some(guest) = self.servers[id.index()].raft.guest_mut() {
            guest.rescale_timers(since, old, new);
        }
    }

    /// Sets when the election timer fires, for `timers spread` and `timers align`. The timers of
    /// sleeping servers stand, and are left alone.
    pub(super) fn set_election(&mut self, id: ServerId, due: Time) {
        let span = due.since(self.now);
        let server = &self.servers[id.index()];
        if server.is_running() && server.timer(TimerKind::Election).is_some() {
            self.arm(id, TimerKind::Election, span);
        }
    }

    pub(super) fn context(&self, id: ServerId) -> Context {
        Context {
            now: self.now,
            append_max: self.config.append_max,
            inflight: self.config.inflight,
            snapshot_chunk: self.config.snapshot_chunk.unwrap_or(u32::MAX),
            heartbeat: self.config.heartbeat,
            election: self.config.election_timeout.low,
            clock: self.servers[id.index()].clock,
        }
    }
}
