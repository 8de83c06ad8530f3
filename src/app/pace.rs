//! The pace: how much lab time passes while a moment passes in the room.
//!
//! The automatic pace watches and skims. It *watches* as long as something worth watching is in
//! flight or has just happened: one flight over the network takes half a second in the room. It
//! *skims* idle time: the lab runs as fast as it must for the next thing worth watching to come
//! within two seconds. That thing is found by the [`Scout`], which runs a copy of the cluster
//! ahead; since a run depends on nothing but its state, what the copy meets is what will happen.
//! A fixed pace is one of a few steps.
//!
//! Nothing here enters the cluster: the same commands at the same lab times give the same run at
//! every pace. Paces are floats, which is why they stay here.

use std::borrow::Cow;
use std::time::Duration;

use super::scout::{Scout, is_news, is_worth_watching};
use crate::cluster::Cluster;
use crate::cluster::command::Pace;
use crate::cluster::event::Event;
use crate::cluster::network::Packet;
use crate::cluster::time::{Span, SpanRange, Time};
use crate::cluster::types::Node;

/// A frame never advances by more than this of room time: a laptop that slept does not jump.
pub const FRAME_MAX: Duration = Duration::from_millis(100);
/// How long a flight takes in the room.
const FLIGHT: Duration = Duration::from_millis(500);
/// How long one goes on watching after the last thing worth it.
const LINGER: Duration = Duration::from_millis(700);
/// Idle time takes no longer than this in the room.
const SKIM: Duration = Duration::from_secs(2);
/// How long the pace takes to ease in, and to ease out.
const EASE: Duration = Duration::from_millis(200);

/// The fixed paces, from the slowest to the fastest.
const STEPS: [Pace; 14] = [
    Pace::Slower(400),
    Pace::Slower(200),
    Pace::Slower(100),
    Pace::Slower(40),
    Pace::Slower(20),
    Pace::Slower(10),
    Pace::Slower(4),
    Pace::Slower(2),
    Pace::Real,
    Pace::Faster(2),
    Pace::Faster(5),
    Pace::Faster(10),
    Pace::Faster(50),
    // `pace 1000 faster` in a script may go beyond what the keys reach.
    Pace::Faster(1_000),
];
/// How many of the steps the keys reach.
const STEPS_BY_KEY: usize = STEPS.len() - 1;

/// What the automatic pace does now.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gait {
    Watches,
    /// On the way to the next thing worth watching, at `cruise` microseconds of lab time a
    /// microsecond in the room.
    Skims {
        to: Time,
        cruise: f64,
    },
}

/// Keeps the pace of one cluster.
#[derive(Clone, Debug)]
pub struct Pacer {
    chosen: Pace,
    gait: Gait,
    /// Lab time per room time, now.
    rate: f64,
    /// The fastest of this skim, from which the pace comes down again.
    peak: f64,
    /// Room time since something worth watching happened.
    idle: Duration,
    /// What is left of a microsecond of lab time.
    carry: f64,
    scout: Scout,
}

impl Default for Pacer {
    fn default() -> Self {
        Self {
            chosen: Pace::Auto,
            gait: Gait::Watches,
            rate: 0.0,
            peak: 0.0,
            // Nothing has happened yet: the lab opens by skimming to its first election.
            idle: LINGER,
            carry: 0.0,
            scout: Scout::default(),
        }
    }
}

impl Pacer {
    /// How much lab time is to pass in a frame that comes `elapsed` after the last one.
    pub fn span(&mut self, elapsed: Duration, cluster: &Cluster) -> Span {
        let elapsed = elapsed.min(FRAME_MAX);
        self.idle = self.idle.saturating_add(elapsed);
        match self.chosen {
            Pace::Auto => self.settle_gait(cluster),
            Pace::Slower(_) | Pace::Real | Pace::Faster(_) => self.gait = Gait::Watches,
        }
        let micros = elapsed.as_micros() as f64;
        self.ease(micros, cluster);
        let lab = self.rate * micros + self.carry;
        let span = match self.gait {
            Gait::Skims { to, .. } => lab.min(to.since(cluster.now()).micros() as f64),
            Gait::Watches => lab,
        };
        self.carry = span.fract();
        Span(span as u64)
    }

    fn settle_gait(&mut self, cluster: &Cluster) {
        self.gait = match self.next_stop(cluster) {
            Some(to) => match self.gait {
                Gait::Skims { to: before, .. } if before == to => self.gait,
                _ => skim(cluster, to),
            },
            None => Gait::Watches,
        };
    }

    /// Where to skim to; `None` while there is something to watch, or nothing to come.
    fn next_stop(&mut self, cluster: &Cluster) -> Option<Time> {
        let worth = |packet: &&Packet| is_worth_watching(cluster, &packet.flight());
        if self.idle < LINGER || cluster.packets().iter().any(worth) {
            return None;
        }
        self.scout.next(cluster).filter(|next| *next > cluster.now())
    }

    /// Brings the rate towards what the gait wants, no faster than within [`EASE`].
    fn ease(&mut self, micros: f64, cluster: &Cluster) {
        let watch = match self.chosen {
            Pace::Auto => watch_rate(cluster),
            fixed @ (Pace::Slower(_) | Pace::Real | Pace::Faster(_)) => {
                self.rate = rate_of(fixed);
                return;
            }
        };
        let target = match self.gait {
            Gait::Watches => watch,
            Gait::Skims { to, cruise } => {
                self.peak = cruise;
                // Coming down evenly from the cruise covers half of what the cruise would have.
                let left = to.since(cluster.now()).micros() as f64;
                let braking = (2.0 * left * cruise / EASE.as_micros() as f64).sqrt();
                cruise.min(braking).max(watch)
            }
        };
        let most = (self.peak - watch).max(watch) / EASE.as_micros() as f64 * micros;
        self.rate += (target - self.rate).clamp(-most, most);
        self.rate = self.rate.max(watch);
    }

    /// An event of the cluster has been seen.
    pub fn saw(&mut self, event: &Event) {
        if is_news(event) {
            self.idle = Duration::ZERO;
        }
    }

    /// Somebody has acted: what the scout has found is no longer what will happen.
    pub fn acted(&mut self) {
        self.scout = Scout::default();
        self.idle = Duration::ZERO;
    }

    /// Sets the pace.
    pub const fn choose(&mut self, pace: Pace) {
        self.chosen = pace;
    }

    pub const fn chosen(&self) -> Pace {
        self.chosen
    }

    /// The next slower step; `false` when there is none.
    pub fn slower(&mut self, cluster: &Cluster) -> bool {
        let now = self.chosen_rate(cluster);
        let step = STEPS[..STEPS_BY_KEY].iter().rfind(|step| rate_of(**step) < now * 0.999);
        self.step_to(step)
    }

    /// The next faster step; `false` when there is none.
    pub fn faster(&mut self, cluster: &Cluster) -> bool {
        let now = self.chosen_rate(cluster);
        let step = STEPS[..STEPS_BY_KEY].iter().find(|step| rate_of(**step) > now * 1.001);
        self.step_to(step)
    }

    fn step_to(&mut self, step: Option<&Pace>) -> bool {
        if let Some(step) = step {
            self.chosen = *step;
        }
        step.is_some()
    }

    fn chosen_rate(&self, cluster: &Cluster) -> f64 {
        match self.chosen {
            Pace::Auto => watch_rate(cluster),
            fixed @ (Pace::Slower(_) | Pace::Real | Pace::Faster(_)) => rate_of(fixed),
        }
    }

    pub const fn is_skimming(&self) -> bool {
        matches!(self.gait, Gait::Skims { .. })
    }

    /// The pace in words: "40× slower", "real time, fixed".
    pub fn words(&self, cluster: &Cluster) -> Cow<'static, str> {
        match (self.chosen, self.gait) {
            (Pace::Auto, Gait::Watches) => in_words(watch_rate(cluster)).into(),
            (Pace::Auto, Gait::Skims { cruise, .. }) => in_words(cruise).into(),
            (fixed, _) => format!("{}, fixed", in_words(rate_of(fixed))).into(),
        }
    }
}

/// The skim from now to `to`: easing in and out together cost the way of one [`EASE`].
fn skim(cluster: &Cluster, to: Time) -> Gait {
    let way = to.since(cluster.now()).micros() as f64;
    let cruise = way / (SKIM - EASE).as_micros() as f64;
    if cruise > watch_rate(cluster) { Gait::Skims { to, cruise } } else { Gait::Watches }
}

/// The pace at which a flight over the cluster's network takes [`FLIGHT`] in the room.
fn watch_rate(cluster: &Cluster) -> f64 {
    // While only slow packets fly, nobody waits for them longer than for others.
    let worth = |packet: &&&Packet| is_worth_watching(cluster, &packet.flight());
    let packets = cluster.packets();
    let flights = packets.iter().filter(worth).map(|packet| packet.due.since(packet.sent));
    let (fastest, usual) = (flights.min().unwrap_or_default(), usual_flight(cluster));
    let flight = if fastest.micros() > 2 * usual.micros() { fastest } else { usual };
    flight.micros() as f64 / FLIGHT.as_micros() as f64
}

/// How long a flight between two servers usually takes: as the named network says, or as the
/// links say if most have a delay of their own.
fn usual_flight(cluster: &Cluster) -> Span {
    let network = cluster.network().profile().delay;
    let servers = || cluster.servers().iter().map(|server| Node::Server(server.id));
    let pairs = servers().flat_map(|from| servers().map(move |to| (from, to)));
    let links = pairs.filter(|(from, to)| from != to);
    let rules = links.filter_map(|(from, to)| cluster.links().get(from, to));
    let mean = |range: SpanRange| Span((range.low.micros() + range.high.micros()) / 2);
    let mut flights: Vec<Span> =
        rules.map(|link| mean(link.rule.delay.unwrap_or(network))).collect();
    flights.sort_unstable();
    flights.get(flights.len() / 2).copied().unwrap_or(mean(network)).max(Span(1))
}

fn rate_of(pace: Pace) -> f64 {
    match pace {
        Pace::Slower(times) => 1.0 / f64::from(times.max(1)),
        Pace::Auto | Pace::Real => 1.0,
        Pace::Faster(times) => f64::from(times),
    }
}

/// Never as a bare factor, which reads as faster.
fn in_words(rate: f64) -> String {
    let (factor, word) = if rate < 1.0 { (1.0 / rate, "slower") } else { (rate, "faster") };
    match factor {
        factor if factor < 1.05 => "real time".into(),
        factor if factor < 2.95 && (factor - factor.round()).abs() > 0.05 => {
            format!("{factor:.1}× {word}")
        }
        factor if factor < 99.5 => format!("{factor:.0}× {word}"),
        factor => format!("{:.0}× {word}", (factor / 10.0).round() * 10.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces_are_said_in_words() {
        let cases = [
            (1.0 / 40.0, "40× slower"),
            (3.0 / 500.0, "170× slower"),
            (1.0 / 2.5, "2.5× slower"),
            (1.0, "real time"),
            (0.98, "real time"),
            (2.0, "2× faster"),
            (49.6, "50× faster"),
        ];
        for (rate, words) in cases {
            assert_eq!(in_words(rate), words, "{rate}");
        }
    }

    #[test]
    fn a_flight_takes_half_a_second_in_the_room() {
        for (network, times) in [("classroom", 40.0), ("reliable", 500.0 / 3.0)] {
            let network = crate::cluster::network::Network::from_name(network).unwrap();
            let config = crate::cluster::config::Config { network, ..Default::default() };
            assert_eq!(
                (1.0 / watch_rate(&Cluster::new(config)) * 1e6).round(),
                (times * 1e6_f64).round()
            );
        }
    }

    #[test]
    fn delays_of_links_count_when_most_have_one_or_nothing_faster_flies() {
        let slower = |lines: &[&str]| {
            let mut cluster = Cluster::new(crate::cluster::config::Config::default());
            for line in lines {
                let command = crate::cluster::command::parse_line(line).unwrap();
                cluster.apply(&command).unwrap();
            }
            cluster.run_until(Time(1_000));
            (1.0 / watch_rate(&cluster)).round() as u32
        };
        assert_eq!(slower(&["link all <-> all delay=100ms"]), 5);
        assert_eq!(slower(&["link S1 -> S2 delay=100ms"]), 40);
        assert_eq!(slower(&["link S1 <-> all delay=100ms", "timeout S1"]), 5);
    }

    /// The pace of a whole skim, frame by frame: it eases in and out, arrives where it should,
    /// within two seconds, and never runs backwards.
    #[test]
    fn a_skim_eases_in_and_out_and_arrives_within_two_seconds() {
        let mut cluster = Cluster::new(crate::cluster::config::Config::default());
        let mut pacer = Pacer::default();
        let frame = Duration::from_millis(10);
        let (mut rates, mut room) = (Vec::new(), Duration::ZERO);
        loop {
            let span = pacer.span(frame, &cluster);
            if !pacer.is_skimming() && !rates.is_empty() {
                break;
            }
            rates.push(pacer.rate);
            room += frame;
            cluster.run_until(cluster.now() + span);
            assert!(room < Duration::from_secs(4), "it never arrives: {}", cluster.now());
        }
        assert!(room <= SKIM + Duration::from_millis(100), "{room:?}");
        let peak = rates.iter().copied().fold(0.0, f64::max);
        assert!(rates[0] < peak / 5.0, "{} of {peak}", rates[0]);
        assert!(*rates.last().unwrap() < peak / 2.0);
        let steepest = rates.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        assert!(steepest < peak / 5.0, "{steepest} of {peak}");
        // The last thirty milliseconds of the first election's timer are watched.
        let before = cluster.now();
        while cluster.term().0 == 0 {
            cluster.step();
        }
        assert!(cluster.now().since(before) <= Span::from_millis(30));
    }
}
