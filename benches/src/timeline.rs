//! Time as a place: what it costs to keep a run that one can go back in, and to go there.
//!
//! The run is an hour of the lab: five servers, five clients with 100 operations a second in all
//! on 100 keys, values of 16 bytes. It is played once with its timeline kept, and then visited.

use std::time::{Duration, Instant};

use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::timeline::{Goal, Timeline};
use raftlab::cluster::{Cluster, Step};

use crate::book::{Book, Round, Side, Unit, median, share};
use crate::labs::{commits, lab};

/// How long the long run is, in seconds of lab time.
pub const HOUR: u64 = 3_600;
/// How many random places are visited.
const VISITS: u64 = 200;
/// From how far back one steps back, in steps.
const NEAR: u64 = 100_000;

/// The start of the run.
pub fn start(seconds: u64) -> Cluster {
    lab(&format!(
        "cluster servers=5 seed=7 network=reliable max-events=2000000000\nuntil leader\n\
         load clients=5 keys=100 rate=100/s value=16 for {seconds}s\nrun {seconds}s\n"
    ))
}

/// Plays to the end of the script with every step told to the timeline.
pub fn keep(seconds: u64) -> (Cluster, Timeline<()>) {
    let mut cluster = start(seconds);
    let mut timeline = Timeline::new(&cluster, &());
    while !cluster.finished() && cluster.step() == Step::Happened {
        timeline.went_on(&cluster, &());
    }
    assert!(!cluster.is_stopped(), "the run has stopped: {:?}", cluster.failure());
    (cluster, timeline)
}

/// The whole subject.
pub fn measure(book: &mut Book) {
    if book.wants("timeline/keeping") {
        keeping(book);
    }
    if ["seek", "back", "checkpoint"].iter().any(|part| book.wants(&format!("timeline/{part}"))) {
        let (cluster, timeline) = keep(HOUR);
        book.note("timeline/hour/commits", commits(&cluster) as f64, Unit::Count("commits"));
        book.note("timeline/hour/events", cluster.handled() as f64, Unit::Count("events"));
        let kept = timeline.checkpoints() as f64;
        book.note("timeline/hour/checkpoints", kept, Unit::Count("checkpoints"));
        let reach = timeline.reach() as f64;
        book.note("timeline/hour/reach", reach, Unit::Count("steps at most for a seek"));
        visits(book, &timeline);
        checkpoints(book, &cluster);
    }
}

/// Five minutes with the timeline kept against the same without.
fn keeping(book: &mut Book) {
    const SECONDS: u64 = 300;
    let with = Side::ours(|| {
        let mut handled = 0;
        let mut kept = None;
        let round = Round::timed(|| {
            let run = keep(SECONDS);
            handled = run.0.handled();
            kept = Some(run);
            handled
        });
        drop(kept);
        round
    });
    let without = Side::new("without", || {
        let mut cluster = start(SECONDS);
        Round::timed(|| {
            while !cluster.finished() && cluster.step() == Step::Happened {}
            cluster.handled()
        })
    });
    book.contest("timeline/keeping", "events", vec![with, without]);
}

fn visits(book: &mut Book, timeline: &Timeline<()>) {
    let end = timeline.end();
    let mut chance = Chance(7);
    let mut seeks = times(|| Goal::Time(Time(chance.below(end.time.micros()))), timeline);
    book.note("timeline/seek/median", median(&mut seeks), Unit::Seconds);
    book.note("timeline/seek/p99", share(&mut seeks, 0.99), Unit::Seconds);
    // A step back is a visit of the step before. People step back from where they are.
    let first = end.steps.saturating_sub(NEAR);
    let near = end.steps - first;
    let mut backs = times(|| Goal::Step(first + chance.below(near)), timeline);
    book.note("timeline/back/median", median(&mut backs), Unit::Seconds);
    book.note("timeline/back/p99", share(&mut backs, 0.99), Unit::Seconds);
}

fn times(mut goal: impl FnMut() -> Goal, timeline: &Timeline<()>) -> Vec<f64> {
    (0..VISITS)
        .map(|_| {
            let goal = goal();
            let begin = Instant::now();
            let found = timeline.seek(goal, |_| {});
            let took = begin.elapsed();
            drop(found);
            took.as_secs_f64()
        })
        .collect()
}

/// A clone is all that a checkpoint is: of the run with a log of about 100,000 entries, and at its
/// end with more.
fn checkpoints(book: &mut Book, end: &Cluster) {
    let (mut long, _) = keep(1_000);
    book.note("timeline/checkpoint/entries", commits(&long) as f64, Unit::Count("entries"));
    book.note("timeline/checkpoint", clone_time(&mut long), Unit::Seconds);
    book.note("timeline/checkpoint/hour", clone_time(&mut end.clone()), Unit::Seconds);
}

/// How long a clone takes, with the clone let go as old checkpoints are.
fn clone_time(cluster: &mut Cluster) -> f64 {
    let mut taken: Vec<f64> = (0..1_000)
        .map(|_| {
            let begin = Instant::now();
            let copy = std::hint::black_box(cluster.clone());
            let took: Duration = begin.elapsed();
            // Something happens between two checkpoints, so they don't share everything.
            cluster.run_until(cluster.now() + Span::from_millis(1));
            drop(copy);
            took.as_secs_f64()
        })
        .collect();
    median(&mut taken)
}

/// Places to go, the same in each run of the bench (a linear congruential generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}
