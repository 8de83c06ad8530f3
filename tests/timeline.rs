//! Going to any moment of a run: the state there is that of the straight run, to the digest.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::command::verbs::{self, Scope};
use raftlab::cluster::config::Config;
use raftlab::cluster::event::{EventKind, RaftEvent};
use raftlab::cluster::time::Span;
use raftlab::cluster::timeline::{Goal, Point, Timeline, Watcher};

/// Counts leaders: something that is derived from events, and goes back with them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Leaders(u32);

impl Watcher for Leaders {
    fn saw(&mut self, cluster: &Cluster) {
        let wins =
            |kind: &EventKind| matches!(kind, EventKind::Raft(_, RaftEvent::BecameLeader { .. }));
        self.0 += cluster.events().iter().filter(|event| wins(&event.kind)).count() as u32;
    }
}

/// A run in the making, and every state that it has been in.
struct Run {
    cluster: Cluster,
    leaders: Leaders,
    timeline: Timeline<Leaders>,
    states: Vec<(Point, u64, Leaders)>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let cluster = Cluster::new(Config { seed, ..Config::default() });
        let leaders = Leaders::default();
        let timeline = Timeline::new(&cluster, &leaders);
        let mut run = Self { cluster, leaders, timeline, states: Vec::new() };
        run.note();
        run
    }

    fn note(&mut self) {
        self.states.push((self.cluster.point(), self.cluster.digest(), self.leaders.clone()));
    }

    fn steps(&mut self, count: u32) {
        for _ in 0..count {
            self.cluster.step();
            self.leaders.saw(&self.cluster);
            self.timeline.went_on(&self.cluster, &self.leaders);
            self.note();
        }
    }

    fn waits(&mut self, span: Span) {
        self.cluster.advance(self.cluster.now() + span);
        self.timeline.went_on(&self.cluster, &self.leaders);
        self.note();
    }

    fn does(&mut self, line: &str) {
        let at = (self.cluster.point(), self.cluster.place());
        let command = parse_line(line).expect("a good line");
        if self.cluster.apply(&command).is_ok() {
            self.leaders.saw(&self.cluster);
            self.timeline.did(at, command, &self.cluster, &self.leaders);
            self.note();
        }
    }

    fn is_at(&self, place: usize, (cluster, leaders): &(Cluster, Leaders)) {
        let (point, digest, seen) = &self.states[place];
        assert_eq!((cluster.point(), cluster.digest()), (*point, *digest));
        assert_eq!(leaders, seen);
    }
}

const LINES: &[&str] = &[
    "crash leader",
    "crash random",
    "restart down",
    "sleep random",
    "wake all",
    "isolate leader",
    "heal",
    "partition random follower | rest",
    "cut random -> followers",
    "net unreliable",
    "net classroom",
    "timeout random",
    "clock random rate=2",
    "put x 1 @last client=a",
    "put y 2 @last client=b",
    "get x client=c",
    "load clients=3 rate=50/s",
    "load stop",
    "hold append leader -> followers",
    "release",
    "reseed 9",
    "flaw local-get on",
    "run 5ms",
    "at 2s crash leader",
    "every 700ms timeout random",
];

/// These, and every example of a verb that acts: a new verb is played, found again and left too.
fn lines() -> Vec<&'static str> {
    let acting = verbs::all().filter(|verb| verb.scope == Scope::Act);
    let examples = acting.flat_map(|verb| verb.examples.iter().copied());
    LINES.iter().copied().chain(examples.filter(|line| !line.contains('\n'))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_seek_finds_the_state_of_the_straight_run(
        seed in 0u64..1_000,
        acts in prop::collection::vec((select(lines()), 0u32..300, 0u64..30_000), 1..25),
        seeks in prop::collection::vec(any::<Index>(), 1..12),
    ) {
        let mut run = Run::new(seed);
        for (line, steps, wait) in acts {
            run.does(line);
            run.steps(steps);
            run.waits(Span(wait));
        }
        for seek in seeks {
            let place = seek.index(run.states.len());
            let point = run.states[place].0;
            run.is_at(place, &run.timeline.seek(Goal::Point(point), |_| {}));
            let (there, _) = run.timeline.seek(Goal::Time(point.time), |_| {});
            let last = run.states.iter().rfind(|state| state.0.time <= point.time);
            prop_assert_eq!(Some(there.digest()), last.map(|state| state.1));
        }
        run.is_at(run.states.len() - 1, &run.timeline.seek(Goal::Point(run.timeline.end()), |_| {}));
    }

    #[test]
    fn to_branch_and_come_back_is_never_to_have_left(
        seed in 0u64..1_000,
        acts in prop::collection::vec((select(lines()), 1u32..200), 1..12),
        at in any::<Index>(),
        other in select(lines()),
    ) {
        let mut run = Run::new(seed);
        for (line, steps) in acts {
            run.does(line);
            run.steps(steps);
        }
        let end = run.states.len() - 1;
        let place = at.index(run.states.len());
        let point = run.states[place].0;
        let there = run.timeline.seek(Goal::Point(point), |_| {}).0.place();
        let fork = run.timeline.fork((point, there));
        assert_eq!((fork.end(), fork.reached()), (point, there));
        let (cluster, leaders) = fork.seek(Goal::Point(fork.end()), |_| {});
        run.is_at(place, &(cluster.clone(), leaders.clone()));
        let mut branch = Run { cluster, leaders, timeline: fork, states: Vec::new() };
        branch.does(other);
        branch.steps(100);
        let last = branch.states.len() - 1;
        branch.is_at(last, &branch.timeline.seek(Goal::Point(branch.timeline.end()), |_| {}));
        run.is_at(end, &run.timeline.seek(Goal::Point(run.timeline.end()), |_| {}));
    }
}

#[test]
fn what_happened_is_found_again_from_behind() {
    let mut run = Run::new(7);
    run.steps(3_000);
    run.does("crash leader");
    run.steps(9_000);
    run.does("restart down");
    run.steps(2_000);
    let wins = |cluster: &Cluster| {
        cluster
            .events()
            .iter()
            .any(|event| matches!(event.kind, EventKind::Raft(_, RaftEvent::BecameLeader { .. })))
    };
    let mut from = run.timeline.end();
    let mut found = Vec::new();
    while let Some(point) = run.timeline.find_back(from, |_| {}, wins) {
        assert!(point < from);
        from = point;
        found.push(point);
    }
    assert_eq!(found.len() as u32, run.leaders.0);
    assert!(found.len() >= 2);
    assert_eq!(run.timeline.find_back(found[0], |_| {}, |_| false), None);
}

/// Old checkpoints give way to the budget, the recent ones last of all, and every moment is still
/// what it was.
#[test]
fn a_long_run_keeps_to_its_budget() {
    let mut cluster = Cluster::new(Config { seed: 3, ..Config::default() });
    cluster.apply(&parse_line("load clients=5 keys=100 rate=1000/s").expect("a line")).expect("ok");
    let mut points = Vec::new();
    let budgets = [200_000_000, 8_000_000, 1_000_000, 1];
    let mut timelines = budgets.map(|budget| Timeline::with_budget(&cluster, &(), budget));
    for step in 0..300_000 {
        cluster.step();
        timelines.iter_mut().for_each(|timeline| timeline.went_on(&cluster, &()));
        if step % 29_989 == 0 {
            points.push((cluster.point(), cluster.digest()));
        }
    }
    let reaches: Vec<u64> = timelines.iter().map(Timeline::reach).collect();
    // The last budget ends at two checkpoints, of which none gives way any more.
    assert!(reaches[..3].is_sorted() && reaches[0] < reaches[1], "{reaches:?}");
    for (timeline, budget) in timelines.iter().zip(budgets) {
        let few = timeline.checkpoints() <= 2;
        assert!(timeline.bytes() <= budget || few, "{} of {budget}", timeline.bytes());
        for (point, digest) in &points {
            let mut played = 0;
            let there = timeline.seek(Goal::Point(*point), |_| played += 1).0;
            assert_eq!((there.point(), there.digest()), (*point, *digest));
            assert!(played <= timeline.reach() || few, "{played} of {}", timeline.reach());
        }
    }
    // Within its budget a timeline lets none of the newest go.
    let back = timelines[1].end().steps - 50_000;
    let mut played = 0;
    timelines[1].seek(Goal::Step(back), |_| played += 1);
    assert!(played < 5_000, "{played}");
}

#[test]
fn a_command_that_fails_changes_nothing() {
    let mut cluster = Cluster::new(Config::default());
    let before = cluster.digest();
    for line in ["crash candidate", "cut S1 -> S1", "restart random", "hold a -> b", "release"] {
        assert!(cluster.apply(&parse_line(line).expect("a good line")).is_err(), "{line}");
    }
    assert_eq!(cluster.digest(), before);
    assert_eq!(cluster.point(), Point::default());
}
