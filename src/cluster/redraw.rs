//! Randomness from now on: `reseed SEED all`.
//!
//! A run's future hangs on more than what its generators will give: much of it has been drawn
//! already, and only waits. Election timers are armed, packets are in flight, a client is half-way
//! through a pause. To ask how a state may go on, all of that has to be drawn again, given what is
//! known: that it has not come yet. A timer that has been silent for 400 of its 300 to 600 ms fires
//! after 400 to 600, each as likely as before; so the new span is drawn from what is left of the
//! range, in whole microseconds, and counts from when the old one began.
//!
//! What is due at the very present is happening, and stays. So does what was never drawn (a
//! heartbeat, a sync, a deadline) and what a hand has fixed: a packet that is held or was delayed,
//! a timer set by `timers`.

use super::network::{Hand, Loss};
use super::queue::Slot;
use super::rng::{Entity, Rng};
use super::server::Power;
use super::time::{Ppm, Span, SpanRange, Time};
use super::timers::TimerKind;
use super::types::ServerId;
use super::{Cluster, Item};

/// A span that was drawn, and from what, so that it can be drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    /// In lab time.
    pub(super) span: Span,
    pub(super) range: SpanRange,
    /// How fast it passes: at 2,000,000 a span of the range takes half of it in lab time.
    pub(super) rate: Ppm,
}

impl Drawn {
    /// For what comes at once.
    pub(super) const NOT_AT_ALL: Self =
        Self { span: Span::ZERO, range: SpanRange::exactly(Span::ZERO), rate: Ppm::ONE };

    pub(super) fn new(rng: &mut Rng, range: SpanRange) -> Self {
        Self { span: rng.span(range), range, rate: Ppm::ONE }
    }

    /// By a clock of this rate; a microsecond at least.
    pub(super) fn at_rate(rng: &mut Rng, range: SpanRange, rate: Ppm) -> Self {
        Self { span: rng.span(range).by_clock(rate), range, rate }
    }

    /// What is left of the range when so much lab time has passed without an end; `None` when
    /// nothing can be chosen.
    fn left(self, elapsed: Span) -> Option<SpanRange> {
        // The shortest span that ends later than that, rounded as a clock rounds.
        let beyond = (u128::from(elapsed.0) + 1) * u128::from(self.rate.0);
        let low = u64::try_from(beyond.div_ceil(1_000_000)).ok()?.max(self.range.low.0);
        let low = if elapsed == Span::ZERO { self.range.low } else { Span(low) };
        (low < self.range.high).then_some(SpanRange { low, high: self.range.high })
    }

    /// Another one for what would be due at `due`, given that it has not come up to now: when it
    /// is due.
    pub(super) fn later(self, due: Time, now: Time, rng: &mut Rng) -> Option<(Time, Self)> {
        let since = due - self.span;
        let left = self.left(now.since(since))?;
        let again = Self { span: rng.span(left).by_clock(self.rate), ..self };
        Some((since + again.span, again))
    }
}

/// What is drawn again by `reseed SEED all`, and what stays though it waits too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redrawn {
    pub election_timers: u32,
    pub packets: u32,
    /// Clients in a pause of random length, and load clients whose next turn comes at random.
    pub clients: u32,
    /// Nemeses, and lines `run A..B`.
    pub others: u32,
    /// Packets that are held, and packets in flight that a hand has touched.
    pub packets_by_hand: u32,
    /// Election timers that `timers` has set.
    pub timers_by_hand: u32,
}

impl Cluster {
    /// Fresh randomness: every generator begins again from `seed`, those of clients and tasks yet
    /// to come too. What has been drawn stays.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.seed = seed;
        self.links.reseed(seed);
        for server in &mut self.servers {
            server.rng = Rng::new(seed, Entity::Server(server.id.index() as u64));
            server.raft.reseed(seed);
        }
        for client in &mut self.clients {
            client.rng = Rng::new(seed, Entity::Client(super::client::name_number(&client.name)));
        }
        if let Some(load) = &mut self.load {
            load.rng = Rng::new(seed, Entity::Load);
        }
        self.reseed_tasks(seed);
        self.reseed_chaos(seed);
    }

    /// What `reseed SEED all` would draw again now.
    pub fn redrawable(&self) -> Redrawn {
        self.clone().redraw()
    }

    /// Draws again what has been drawn and still waits.
    pub(super) fn redraw(&mut self) -> Redrawn {
        let held = self.held.len() as u32;
        let mut redrawn = Redrawn { packets_by_hand: held, ..Redrawn::default() };
        let now = self.now.micros();
        let pending = self.queue.iter().filter(|(due, ..)| *due > now);
        let mut pending: Vec<(u64, Slot)> = pending.map(|(due, slot, _)| (due, slot)).collect();
        // What is due at one time keeps the order in which it would have happened.
        pending.sort_by_key(|(due, _)| *due);
        for (due, slot) in pending {
            if let Some(due) = self.redraw_item(slot, Time(due), &mut redrawn) {
                self.queue.reschedule(slot, due.micros());
            }
        }
        for id in self.ids() {
            if self.servers[id.index()].power == Power::Asleep {
                self.redraw_timer(id, &mut redrawn);
            }
        }
        redrawn
    }

    /// Draws again when something pending is due.
    fn redraw_item(&mut self, slot: Slot, due: Time, redrawn: &mut Redrawn) -> Option<Time> {
        let now = self.now;
        match self.queue.get_mut(slot)? {
            Item::Timer(id, TimerKind::Election) => {
                let id = *id;
                self.redraw_timer(id, redrawn)
            }
            Item::Packet(packet) => {
                if packet.hand != Hand::Off {
                    redrawn.packets_by_hand += 1;
                    return None;
                }
                if !packet.law.is_random() {
                    return None;
                }
                let rng = &mut self.links.get_mut(packet.from, packet.to)?.rng;
                let flight = packet.law.longer(now.since(packet.sent), rng)?;
                packet.due = packet.sent + flight;
                packet.loss = Loss::new(rng.chance(packet.law.loss), packet.law.reports_loss);
                redrawn.packets += 1;
                Some(packet.due)
            }
            Item::Client(id) => {
                let client = &mut self.clients[id.index()];
                let (due, pause) = client.pause?.later(due, now, &mut client.rng)?;
                client.pause = Some(pause);
                if let Some(call) = client.call_mut() {
                    call.until = due;
                }
                redrawn.clients += 1;
                Some(due)
            }
            Item::Load(_, drawn) => {
                let (due, next) = drawn.later(due, now, &mut self.load.as_mut()?.rng)?;
                *drawn = next;
                redrawn.clients += 1;
                Some(due)
            }
            Item::Chaos(which) => {
                let nemesis = self.chaos.as_mut()?.nemesis(*which)?;
                let (due, wait) = nemesis.wait.later(due, now, &mut nemesis.rng)?;
                nemesis.wait = wait;
                redrawn.others += 1;
                Some(due)
            }
            Item::Task(number) => {
                let task = self.tasks.get_mut(*number as usize)?;
                let due = task.redraw(due, now)?;
                redrawn.others += 1;
                Some(due)
            }
            Item::Timer(..)
            | Item::Landed(_)
            | Item::LoadEnd
            | Item::Line
            | Item::Recurring(_)
            | Item::Settle(..) => None,
        }
    }

    /// Draws a server's election timer again; when it is due.
    fn redraw_timer(&mut self, id: ServerId, redrawn: &mut Redrawn) -> Option<Time> {
        let server = &mut self.servers[id.index()];
        // A sleeping server's timers stand where they stood when it fell asleep.
        let now = if server.power == Power::Asleep { server.asleep_since } else { self.now };
        let timer = &mut server.timers[TimerKind::Election as usize];
        let timer = timer.as_mut().filter(|timer| timer.due > now)?;
        if !timer.drawn {
            redrawn.timers_by_hand += 1;
            return None;
        }
        let (range, rate) = (self.config.election_timeout, server.clock);
        let drawn = Drawn { span: timer.span, range, rate };
        let (due, drawn) = drawn.later(timer.due, now, &mut server.rng)?;
        (timer.due, timer.span) = (due, drawn.span);
        redrawn.election_timers += 1;
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: u64, high: u64) -> SpanRange {
        SpanRange { low: Span(low), high: Span(high) }
    }

    /// Against the definition: all spans of the range that have not ended by then.
    #[test]
    fn what_is_left_of_a_range_is_what_has_not_ended() {
        for (low, high) in [(0, 9), (3, 12), (5, 5)] {
            for rate in [100_000, 300_000, 700_000, 1_000_000, 1_500_000, 3_000_000, 10_000_000] {
                let drawn = Drawn { span: Span(1), range: range(low, high), rate: Ppm(rate) };
                for elapsed in (0..140).map(Span) {
                    let alive = |span: &Span| span.by_clock(drawn.rate) > elapsed;
                    let alive: Vec<Span> = (low..=high).map(Span).filter(alive).collect();
                    let ends = alive.first().zip(alive.last()).filter(|(low, high)| low < high);
                    let expected = ends.map(|(low, high)| SpanRange { low: *low, high: *high });
                    assert_eq!(drawn.left(elapsed), expected, "{drawn:?} after {elapsed}");
                }
            }
        }
    }

    #[test]
    fn each_span_that_is_left_is_as_likely_as_any_other() {
        let mut rng = Rng::new(1, Entity::Lab);
        let mut counts = [0u32; 10];
        let drawn = Drawn { span: Span(8), range: range(2, 9), rate: Ppm::ONE };
        for _ in 0..50_000 {
            // Since 100, so it has been silent for 4.
            let (due, again) =
                drawn.later(Time(108), Time(104), &mut rng).expect("5 to 9 are left");
            assert_eq!(due, Time(100) + again.span);
            counts[again.span.0 as usize] += 1;
        }
        assert_eq!(counts[..5], [0; 5]);
        // 10,000 each; a standard deviation is 89.
        assert!(counts[5..].iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
    }
}
