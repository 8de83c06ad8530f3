//! All by hand: lab time stands, nothing moves and no timer fires, unless it is told.
//!
//! One who wants to see Figure 8 with his own hands needs time to think between any two
//! packets. So the state has a second way of going on. By hand, only what is due at the very
//! present happens, and nothing gets there by itself: a packet is delivered, a timer is fired, a
//! client asks. What follows at the same moment follows at once, as a sync that takes no time and
//! the replies that waited for it; what takes time (a flight, a slow disk, a timer) waits to be
//! told in its turn.
//!
//! Since no lab time passes, everything keeps what it had left: when time goes on again, packets
//! fly on from where they are and timers have as long to go as before. No limit of a script runs
//! out either. A script that then waits for what nobody tells is at its end, and says so.

use super::client::Client;
use super::command::{Motion, Text};
use super::event::{EventKind, ScriptEvent};
use super::queue::Slot;
use super::raft::Context;
use super::resolve::error;
use super::server::Server;
use super::time::{Span, Time};
use super::timers::TimerKind;
use super::types::{ClientId, PacketId, ServerId, ServerSet};
use super::{Cluster, FailureKind, Item, Refusal, Step};

/// The most rounds in which what is in flight arrives before `settle` gives up.
pub(super) const SETTLE_ROUNDS: u32 = 1_000;

impl Cluster {
    /// Whether lab time stands until somebody tells what is to happen.
    pub const fn is_by_hand(&self) -> bool {
        matches!(self.motion, Motion::ByHand)
    }

    /// Whether something that was told, or follows from it, is still to happen at this moment.
    pub fn is_told_pending(&self) -> bool {
        self.is_by_hand() && self.told().is_some()
    }

    fn told(&self) -> Option<(u64, Slot)> {
        let now = self.now.micros();
        self.queue.first(|due, item| due <= now && !matches!(item, Item::Task(_)))
    }

    /// When the next item of the queue may happen; by hand, only what is due now.
    pub(super) fn next_queued(&self) -> Option<Time> {
        let due = self.queue.next_due().map(Time);
        match self.motion {
            Motion::ByItself => due,
            Motion::ByHand => due.filter(|due| *due <= self.now),
        }
    }

    /// By hand, what was told comes before the lines of the script that are due at the same
    /// moment: a presenter at a beat sees the effect of a packet without going on.
    pub(super) fn next_by_hand(&mut self) -> Option<(u64, Item)> {
        match self.told() {
            Some((due, slot)) => self.queue.remove(slot).map(|item| (due, item)),
            None if self.next_queued().is_some() => self.queue.pop(),
            None => None,
        }
    }

    /// The line of a script that comes next is not hidden behind what was told.
    pub(super) fn next_task(&self) -> Option<u32> {
        let next = match self.motion {
            Motion::ByItself => self.queue.peek(),
            Motion::ByHand if self.next_queued().is_none() || self.told().is_some() => None,
            Motion::ByHand => self.queue.peek(),
        };
        match next {
            Some(Item::Task(number)) => Some(*number),
            Some(_) | None => None,
        }
    }

    pub(super) fn set_motion(&mut self, motion: Motion) {
        self.motion = motion;
        match motion {
            Motion::ByItself => {}
            Motion::ByHand => self.postpone_untold(),
        }
    }

    /// What would have happened at this very moment by itself now waits too: it is due a
    /// microsecond later.
    fn postpone_untold(&mut self) {
        let later = self.now + Span(1);
        while let Some((_, slot)) = self.told() {
            self.queue.reschedule(slot, later.micros());
            match self.queue.get_mut(slot) {
                Some(Item::Packet(packet)) => packet.due = later,
                Some(Item::Timer(id, kind)) => {
                    let (id, kind) = (*id, *kind);
                    if let Some(timer) = self.servers[id.index()].timer_mut(kind) {
                        timer.due = later;
                    }
                }
                Some(
                    Item::Landed(_)
                    | Item::Client(_)
                    | Item::Load(..)
                    | Item::LoadEnd
                    | Item::Line
                    | Item::Chaos(_)
                    | Item::Task(_)
                    | Item::Recurring(_)
                    | Item::Settle(..),
                )
                | None => {}
            }
        }
    }

    /// Nothing is left that may happen. A script that has not come to its end never will.
    pub(super) fn come_to_rest(&mut self) -> Step {
        if !self.is_by_hand() || self.finished() {
            return Step::Idle;
        }
        let (line, expected, actual) = self.standing_task();
        let why = "lab time is paused, for all is by hand, and nothing that was commanded is left to happen";
        let actual = if actual.is_empty() { why.to_owned() } else { format!("{why}: {actual}") };
        // Even where what is expected is a remark: there is nothing to go on with.
        self.fail_for_good(line, FailureKind::Unmet, &expected, &actual);
        Step::Happened
    }

    /// A round of `settle`: all that is in flight arrives now, all that is being written is on disk,
    /// and when that has had its effects the next round comes, until there is nothing more. No timer
    /// fires, and what an order holds stays held.
    pub(super) fn settle(&mut self, left: u32, line: u32) {
        let now = self.now.micros();
        let mut flying: Vec<(Time, PacketId, Slot)> = Vec::new();
        for (_, slot, item) in self.queue.iter() {
            if let Item::Packet(packet) = item {
                flying.push((packet.due, packet.id, slot));
            }
        }
        flying.sort_unstable();
        let writes =
            |server: &&Server| server.is_running() && server.timer(TimerKind::Sync).is_some();
        let writing: ServerSet = self.servers.iter().filter(writes).map(|it| it.id).collect();
        self.settling = !(flying.is_empty() && writing.is_empty()) && left > 0;
        if !self.settling {
            if !flying.is_empty() {
                self.unsettled(flying.len(), line);
            }
            return;
        }
        for id in writing.iter() {
            self.fire(id, TimerKind::Sync);
        }
        // What is due already keeps its turn: two of these at work would put it off for ever.
        for (_, _, slot) in flying.into_iter().filter(|(due, ..)| *due > self.now) {
            self.queue.reschedule(slot, now);
            if let Some(Item::Packet(packet)) = self.queue.get_mut(slot) {
                packet.due = self.now;
            }
        }
        self.queue.push(now, Item::Settle(left - 1, line));
    }

    /// New packets come for ever, as those of clients that ask again as soon as they are answered.
    fn unsettled(&mut self, flying: usize, line: u32) {
        let actual = format!("{flying} packets are in flight after {SETTLE_ROUNDS} rounds");
        if line > 0 {
            self.fail(line, FailureKind::Unmet, "settle", &actual);
        } else {
            // What was typed does not end the run.
            let (expected, actual) = ("settle".into(), actual.as_str().into());
            self.emit(EventKind::Script(ScriptEvent::Remarked { line, expected, actual }));
        }
    }

    /// Its leader's timer fires: it speaks to everybody, and sends again what nobody has
    /// acknowledged, as it would after a heartbeat's time of silence.
    pub(super) fn beat(&mut self, id: ServerId) {
        if self.servers[id.index()].leads() {
            self.step_raft(id, |raft, cx, out| {
                let silent = Context { heartbeat: Span::ZERO, ..*cx };
                raft.on_heartbeat(&silent, out);
            });
        }
    }

    /// A timer fires now, as that of a sync: what was written is on disk.
    pub(super) fn fire(&mut self, id: ServerId, kind: TimerKind) {
        let server = &self.servers[id.index()];
        if server.is_running() && server.timer(kind).is_some() {
            self.cancel(id, kind);
            self.on_timer(id, kind);
        }
    }

    /// A client's own timer fires: it gives up the server that it asks, or ends its pause.
    pub(super) fn retry(&mut self, clients: &[Text]) {
        for name in clients {
            let waiting = self.client_named(name.as_str()).filter(|client| waits(client));
            if let Some(id) = waiting.map(|client| client.id) {
                self.cancel_client_timer(id);
                self.on_client_timer(id);
            }
        }
    }

    /// Why none of these clients has a timer that could fire.
    pub(super) fn refuse_retry(&self, clients: &[Text]) -> Result<(), Refusal> {
        let mut reasons = Vec::new();
        for name in clients.iter().map(Text::as_str) {
            match self.client_named(name) {
                None => return Err(error(format!("there is no client {name}"))),
                Some(client) if waits(client) => return Ok(()),
                Some(_) => reasons.push(format!("{name} waits for nothing")),
            }
        }
        Err(error(reasons.join("; ")))
    }

    /// The clients that wait for a reply, or for the end of a pause.
    pub fn waiting_clients(&self) -> impl Iterator<Item = ClientId> {
        self.clients.iter().filter(|client| waits(client)).map(|client| client.id)
    }
}

const fn waits(client: &Client) -> bool {
    client.timer.is_some() && client.job.is_some()
}
