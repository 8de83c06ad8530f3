//! Faults at random: `chaos NAME …`, in the style of Jepsen's nemeses.
//!
//! Each kind of [`Fault`] is a nemesis with a source of chance and a rhythm of its own: it rests,
//! strikes, rages for a while, and takes back what it did. It acts by commands alone, resolved
//! and recorded like those of a person, so the same commands at the same places without any
//! chaos give the same run. Its turns are no events of the run, for that very reason.
//!
//! `swarm` draws which kinds are at work and how fast each is: runs that leave out some faults
//! reach states that a mixture of all never does (Groce and others, "Swarm testing", 2012).
//! Nothing here ever loses a disk: that is outside Raft's fault model.
//!
//! Spans are measured by the cluster's own shortest election timeout, the *unit*: what matters is
//! whether a fault is over before anybody stands for election, or after.

mod calm;
mod strike;

use super::command::{Deed, Fault, Faults, NodeName};
use super::event::{Event, EventKind, RaftEvent, ServerEvent};
use super::queue::Slot;
use super::raft::Options;
use super::redraw::Drawn;
use super::rng::{Entity, Rng};
use super::time::{Ppm, Span, SpanRange};
use super::types::ServerId;
use super::{Cluster, Item};

/// The nemeses that are at work.
#[derive(Clone, Debug)]
pub struct Chaos {
    nemeses: Vec<Nemesis>,
}

/// One kind of fault at work.
#[derive(Clone, Debug)]
pub(super) struct Nemesis {
    fault: Fault,
    pub(super) rng: Rng,
    /// How fast its rests pass.
    pace: Ppm,
    phase: Phase,
    slot: Option<Slot>,
    /// The span after which its next turn comes.
    pub(super) wait: Drawn,
}

/// What a nemesis does until its next turn.
#[derive(Clone, Debug)]
enum Phase {
    Resting,
    /// It waits for something to happen at a server, to strike right after it.
    Lurking,
    /// It is about to strike this server.
    Aiming(ServerId),
    /// Its fault lasts; these deeds end it.
    Raging(Vec<Deed<NodeName>>),
}

/// What a nemesis does in its turn.
struct Turn {
    deeds: Vec<Deed<NodeName>>,
    next: Phase,
    /// When its next turn comes; `None` while it lurks.
    after: Option<Drawn>,
}

impl Chaos {
    /// The kinds that are at work.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        self.nemeses.iter().map(|nemesis| nemesis.fault)
    }
}

impl Chaos {
    pub(super) fn nemesis(&mut self, which: u8) -> Option<&mut Nemesis> {
        self.nemeses.get_mut(usize::from(which))
    }
}

impl Cluster {
    /// The faults that are at work, if any are.
    pub const fn chaos(&self) -> Option<&Chaos> {
        self.chaos.as_ref()
    }

    /// Sets nemeses to work. The first turn of each is up to two units away.
    pub(super) fn begin_chaos(&mut self, faults: &Faults) {
        let seed = self.seed;
        let mut nemeses: Vec<(Fault, Ppm)> = match faults {
            Faults::Swarm(named) => {
                let beyond = self.servers.iter().any(|it| it.raft.rules().options != Options::NONE);
                let drawn = swarm(&mut Rng::new(seed, Entity::Chaos(0)), beyond);
                let named = named.iter().map(|fault| (*fault, Ppm::ONE));
                drawn.into_iter().chain(named).collect()
            }
            Faults::These(faults) => faults.iter().map(|fault| (*fault, Ppm::ONE)).collect(),
        };
        nemeses.sort_by_key(|(fault, _)| *fault);
        nemeses.dedup_by_key(|(fault, _)| *fault);
        let unit = self.chaos_unit();
        let mut chaos = Chaos { nemeses: Vec::with_capacity(nemeses.len()) };
        for (which, (fault, pace)) in (0u8..).zip(nemeses) {
            let mut rng = Rng::new(seed, Entity::Chaos(1 + fault as u64));
            let wait = Drawn::new(&mut rng, SpanRange { low: Span(1), high: Span(2 * unit.0) });
            let slot = self.queue.push((self.now + wait.span).micros(), Item::Chaos(which));
            let (phase, slot) = (Phase::Resting, Some(slot));
            chaos.nemeses.push(Nemesis { fault, rng, pace, phase, slot, wait });
        }
        self.chaos = Some(chaos);
    }

    /// No nemesis strikes any more. What they did is left as it is.
    pub(super) fn end_chaos(&mut self) {
        for nemesis in self.chaos.take().into_iter().flat_map(|chaos| chaos.nemeses) {
            if let Some(slot) = nemesis.slot {
                self.queue.remove(slot);
            }
        }
    }

    /// Gives the nemeses fresh chance.
    pub(super) fn reseed_chaos(&mut self, seed: u64) {
        for nemesis in self.chaos.iter_mut().flat_map(|chaos| &mut chaos.nemeses) {
            nemesis.rng = Rng::new(seed, Entity::Chaos(1 + nemesis.fault as u64));
        }
    }

    fn chaos_unit(&self) -> Span {
        self.config.election_timeout.low.max(Span(100))
    }

    /// A nemesis has its turn.
    pub(super) fn on_chaos(&mut self, which: u8) {
        let Some(mut chaos) = self.chaos.take() else { return };
        if let Some(nemesis) = chaos.nemeses.get_mut(usize::from(which)) {
            nemesis.slot = None;
            let Turn { deeds, next, after } = self.turn(nemesis);
            nemesis.phase = next;
            if let Some(wait) = after {
                let due = self.now + wait.span;
                nemesis.slot = Some(self.queue.push(due.micros(), Item::Chaos(which)));
                nemesis.wait = wait;
            }
            for deed in deeds {
                // What can't be done now is passed over: another nemesis or a person has been there.
                let _ = self.perform_deed(deed, 0);
            }
        }
        self.chaos = Some(chaos);
    }

    fn turn(&self, nemesis: &mut Nemesis) -> Turn {
        let rng = &mut nemesis.rng;
        match std::mem::replace(&mut nemesis.phase, Phase::Resting) {
            Phase::Resting if nemesis.fault == Fault::Ambushes => {
                Turn { deeds: Vec::new(), next: Phase::Lurking, after: None }
            }
            Phase::Resting | Phase::Lurking => {
                let strike = self.strike(nemesis.fault, rng);
                self.after_strike(strike, nemesis)
            }
            Phase::Aiming(server) => {
                let strike = self.ambush(server, rng);
                self.after_strike(strike, nemesis)
            }
            Phase::Raging(deeds) => {
                let after = Some(self.rest(nemesis.pace, rng));
                Turn { deeds, next: Phase::Resting, after }
            }
        }
    }

    fn after_strike(&self, strike: Option<strike::Strike>, nemesis: &mut Nemesis) -> Turn {
        match strike {
            Some(strike) if !strike.end.is_empty() => Turn {
                deeds: strike.begin,
                next: Phase::Raging(strike.end),
                after: Some(strike.lasts),
            },
            other => Turn {
                deeds: other.map(|strike| strike.begin).unwrap_or_default(),
                next: Phase::Resting,
                after: Some(self.rest(nemesis.pace, &mut nemesis.rng)),
            },
        }
    }

    /// How long a nemesis rests: half a unit to three, at its own pace.
    fn rest(&self, pace: Ppm, rng: &mut Rng) -> Drawn {
        let unit = self.chaos_unit();
        let usual = SpanRange { low: Span(unit.0 / 2), high: Span(3 * unit.0) };
        Drawn::at_rate(rng, usual, pace)
    }

    /// After every step: has something happened that a nemesis lurks for?
    pub(super) fn spring_ambush(&mut self) {
        let Some(chaos) = &mut self.chaos else { return };
        let lurking = |nemesis: &Nemesis| matches!(nemesis.phase, Phase::Lurking);
        let Some(place) = chaos.nemeses.iter().position(lurking) else { return };
        let nemesis = &mut chaos.nemeses[place];
        let Some(server) = self.events.iter().find_map(victim) else { return };
        if !nemesis.rng.chance(Ppm::percent(20)) {
            return;
        }
        // Within a disk's sync or a packet's flight, most of the time.
        let soon = [Span(1), Span::from_millis(1), Span::from_millis(8), Span::from_millis(25)];
        let most = nemesis.rng.pick(&soon).copied().unwrap_or(Span(1));
        nemesis.wait = Drawn::new(&mut nemesis.rng, SpanRange { low: Span(1), high: most });
        nemesis.phase = Phase::Aiming(server);
        let due = (self.now + nemesis.wait.span).micros();
        nemesis.slot = Some(self.queue.push(due, Item::Chaos(place as u8)));
    }
}

/// Where something has just been promised that a crash must not undo: an operation was taken, a
/// vote was given, entries were copied, an entry was committed.
const fn victim(event: &Event) -> Option<ServerId> {
    if let EventKind::Server(
        server,
        ServerEvent::Submitted { .. } | ServerEvent::Registering { .. },
    )
    | EventKind::Raft(
        server,
        RaftEvent::VoteGranted { .. }
        | RaftEvent::ElectionStarted { .. }
        | RaftEvent::BecameLeader { .. }
        | RaftEvent::Appended { .. }
        | RaftEvent::Saved { vote: Some(_), .. }
        | RaftEvent::Wrote { .. }
        | RaftEvent::Committed { .. },
    ) = event.kind
    {
        Some(server)
    } else {
        None
    }
}

/// Which nemeses a run has, and how fast each is: each kind with a chance that is itself drawn,
/// and at least one. `beyond`: servers keep more than Figure 2, and so may hand over too.
fn swarm(rng: &mut Rng, beyond: bool) -> Vec<(Fault, Ppm)> {
    let share = Ppm::percent(10 + rng.below(50) as u32);
    let mut drawn = Vec::new();
    let all = if beyond { &Fault::OF_SWARMS[..] } else { &Fault::OF_FIGURE_2[..] };
    for &fault in all {
        let (taken, pace) = (rng.chance(share), rng.below(4));
        if taken {
            drawn.push((fault, PACES[pace as usize]));
        }
    }
    if drawn.is_empty() {
        drawn.extend(rng.pick(all).map(|fault| (*fault, Ppm::ONE)));
    }
    drawn
}

const PACES: [Ppm; 4] = [Ppm(4_000_000), Ppm(2_000_000), Ppm(1_000_000), Ppm(400_000)];
