//! Two futures of one run side by side: what differs, from where on, and what only bears another
//! number.

use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::compare::{Comparison, ROWS_MAX, Row, differences};
use raftlab::cluster::config::Config;
use raftlab::cluster::event::{EventKind, LabEvent, PacketEvent, ServerEvent};
use raftlab::cluster::network::Flight;
use raftlab::cluster::time::Span;
use raftlab::cluster::timeline::{Goal, Timeline};
use raftlab::cluster::types::Node;

/// A run in the making.
#[derive(Clone)]
struct Run {
    cluster: Cluster,
    timeline: Timeline<()>,
}

impl Run {
    /// With a leader and a value that everybody has.
    fn new() -> Self {
        let cluster = Cluster::new(Config { seed: 7, ..Config::default() });
        let timeline = Timeline::new(&cluster, &());
        let mut run = Self { cluster, timeline };
        while run.cluster.leader().is_none() {
            run.step();
        }
        run.does("set x 1 client=a");
        run.goes(1_000);
        run
    }

    fn step(&mut self) {
        self.cluster.step();
        self.timeline.went_on(&self.cluster, &());
    }

    fn goes(&mut self, millis: u64) {
        let end = self.cluster.now() + Span::from_millis(millis);
        while self.cluster.next_due().is_some_and(|due| due <= end) {
            self.step();
        }
        self.cluster.advance(end);
        self.timeline.went_on(&self.cluster, &());
    }

    fn does(&mut self, line: &str) {
        let command = parse_line(line).expect("a command");
        let before = (self.cluster.point(), self.cluster.place());
        self.cluster.apply(&command).unwrap_or_else(|why| panic!("{line}: {why}"));
        self.timeline.did(before, command, &self.cluster, &());
    }

    /// The present, and what becomes of it after a command and some time.
    fn after(&self, line: &str, millis: u64) -> Self {
        let mut after = self.clone();
        after.does(line);
        after.goes(millis);
        after
    }
}

fn compare(run: &Run, here: &Run, there: &Run, piece: u32) -> Comparison<()> {
    let fork = run.timeline.end();
    let mut comparison = Comparison::new(&here.timeline, &there.timeline, fork);
    while !comparison.work(&mut { piece }) {}
    comparison
}

fn first(comparison: &Comparison<()>) -> &Row {
    &comparison.rows()[comparison.first().expect("something differs")]
}

#[test]
fn the_first_difference_is_what_follows_from_the_command() {
    let run = Run::new();
    let (here, there) = (run.after("crash leader", 2_000), run.after("heal", 2_000));
    let comparison = compare(&run, &here, &there, 100);
    let row = first(&comparison);
    let leader = run.cluster.leader().unwrap();
    let [Some(event), None] = &row.events else { panic!("{row:?}") };
    let (server, vote) = (leader, None);
    assert_eq!(event.kind, EventKind::Server(server, ServerEvent::Crashed { lost: 0, vote }));
    assert_eq!(row.time, run.cluster.now());
    let commands = comparison.rows().iter().filter(|row| {
        let mut events = row.events.iter().flatten();
        events.any(|event| matches!(event.kind, EventKind::Lab(LabEvent::Commanded { .. })))
    });
    assert!(commands.clone().count() >= 1 && commands.into_iter().all(|row| !row.same));
    let what: Vec<String> = comparison.differences().into_iter().map(|one| one.what).collect();
    assert!(what.contains(&"leader".to_owned()) && what.contains(&leader.to_string()), "{what:?}");
    // The other way round everything stands on the other side.
    let back = compare(&run, &there, &here, 100);
    assert!(matches!(&first(&back).events, [None, Some(_)]));
    assert_eq!(back.rows().len(), comparison.rows().len());
}

#[test]
fn numbers_that_shift_make_no_difference() {
    let mut run = Run::new();
    let servers = run.cluster.servers().iter().map(|server| server.id);
    let followers: Vec<_> = servers.filter(|id| Some(*id) != run.cluster.leader()).collect();
    // In both a client will ask a server that is down: its request is lost, and that is told.
    run.does(&format!("crash {}", followers[0]));
    let soon = run.cluster.now() + Span::from_millis(300);
    run.does(&format!("at {soon} get x client=c only={}", followers[0]));
    // A follower sends a client away: more packets, and nothing else.
    let follower = followers[1];
    let here = run.after(&format!("get x client=b only={follower} within 100ms"), 1_000);
    let comparison = compare(&run, &here, &run, 100);
    let differing = comparison.rows().iter().filter(|row| !row.same);
    assert!(differing.clone().count() > 3);
    let client = here.cluster.client_named("b").unwrap().id;
    for event in differing.flat_map(|row| row.events.iter().flatten()) {
        let about = |node: &Node| *node == Node::Client(client);
        let of_client = match &event.kind {
            EventKind::Server(_, ServerEvent::Refused { client: refused, .. }) => {
                *refused == client
            }
            EventKind::Lab(LabEvent::Commanded { .. }) => true,
            _ => event.subject().is_some_and(|node| about(&node)),
        };
        assert!(of_client, "{event:?}");
    }
    let lost = comparison.rows().iter().find(|row| {
        let events = row.events.iter().flatten();
        events
            .into_iter()
            .any(|event| matches!(event.kind, EventKind::Packet(_, PacketEvent::Dropped { .. })))
    });
    let packets = lost.expect("c's request is lost").events.clone().map(|event| match event {
        Some(event) => match event.kind {
            EventKind::Packet(Flight { packet, .. }, PacketEvent::Dropped { .. }) => Some(packet),
            _ => None,
        },
        None => None,
    });
    assert!(packets[0].is_some() && packets[1].is_some() && packets[0] != packets[1]);
    let what: Vec<String> = comparison.differences().into_iter().map(|one| one.what).collect();
    assert_eq!(what, ["client b", "packets sent"]);
}

#[test]
fn chance_differs_later_than_the_command_that_changed_it() {
    let run = Run::new();
    let (here, there) = (run.after("reseed 0x5", 3_000), run.after("reseed 0x6", 3_000));
    let comparison = compare(&run, &here, &there, 100);
    let row = first(&comparison);
    assert!(row.time > run.cluster.now(), "{row:?}");
    assert!(!row.same && row.events.iter().flatten().count() >= 1);
}

#[test]
fn a_shorter_future_is_played_on_as_it_would_go_by_itself() {
    let run = Run::new();
    let here = run.after("crash leader", 5_000);
    let comparison = compare(&run, &here, &run, 1_000);
    assert_eq!(comparison.alone_from(), [None, Some(run.cluster.now())]);
    let mut alone = run.cluster.clone();
    alone.run_until(here.cluster.now());
    assert_eq!(comparison.differences(), differences(&here.cluster, &alone));
    assert_ne!(comparison.differences(), differences(&here.cluster, &run.cluster));
}

#[test]
fn the_same_future_has_no_difference() {
    let run = Run::new();
    let here = run.after("crash leader", 5_000);
    let comparison = compare(&run, &here, &here, 7);
    assert_eq!((comparison.first(), comparison.differences()), (None, Vec::new()));
    assert!(!comparison.rows().is_empty() && comparison.rows().iter().all(|row| row.same));
}

#[test]
fn the_size_of_the_pieces_changes_nothing() {
    let run = Run::new();
    let (here, there) = (run.after("crash leader", 3_000), run.after("isolate leader", 3_000));
    let whole = compare(&run, &here, &there, u32::MAX);
    for piece in [1, 3, 1_000] {
        let pieces = compare(&run, &here, &there, piece);
        assert_eq!(pieces.rows(), whole.rows(), "{piece}");
        assert_eq!(pieces.first(), whole.first(), "{piece}");
    }
    // And the rows are the events of both runs, in order.
    assert!(whole.rows().iter().zip(whole.rows().iter().skip(1)).all(|(a, b)| a.time <= b.time));
    for (side, run) in [&here, &there].into_iter().enumerate() {
        let mut told = Vec::new();
        let fork = whole.span()[0];
        run.timeline.seek(Goal::Point(run.timeline.end()), |cluster| {
            let events = cluster.events().iter().filter(|event| event.time > fork);
            told.extend(events.filter(|event| is_story(event)).cloned());
        });
        let rows = whole.rows().iter().filter_map(|row| row.events[side].clone());
        let mut rows: Vec<_> = rows.filter(|event| event.time > fork && is_story(event)).collect();
        // Within one moment the rows of both sides are brought together.
        rows.sort_by_key(|event| (event.time, format!("{event:?}")));
        told.sort_by_key(|event| (event.time, format!("{event:?}")));
        assert_eq!(rows, told);
    }
}

fn is_story(event: &raftlab::cluster::event::Event) -> bool {
    event.weight() == raftlab::cluster::topic::Weight::Story
}

#[test]
fn long_futures_keep_a_bounded_number_of_rows() {
    let mut run = Run::new();
    run.does("load clients=5 keys=3 rate=500/s reads=50% value=1");
    let (here, there) = (run.after("reseed 0x5", 8_000), run.after("reseed 0x6", 8_000));
    let comparison = compare(&run, &here, &there, 10_000);
    assert_eq!(comparison.rows().len(), ROWS_MAX);
    assert!(comparison.left_out()[1] > 0);
    assert!(comparison.first().is_some_and(|first| first < 60), "{:?}", comparison.first());
}

/// What is commanded where two futures part stands above what both do at that moment.
#[test]
fn rows_stand_in_the_order_of_the_run() {
    let mut run = Run::new();
    let soon = run.cluster.now() + Span::from_millis(40);
    run.does(&format!("at {soon} net unreliable"));
    run.goes(39);
    run.cluster.advance(soon);
    run.timeline.went_on(&run.cluster, &());
    let mut here = run.clone();
    here.goes(300);
    let there = run.after("crash leader", 300);
    let comparison = compare(&run, &here, &there, 100);
    let place = |meant: fn(&EventKind) -> bool| {
        let is = |row: &Row| row.events.iter().flatten().any(|event| meant(&event.kind));
        comparison.rows().iter().position(is).expect("it is told")
    };
    let crash = place(|kind| matches!(kind, EventKind::Server(_, ServerEvent::Crashed { .. })));
    let net = place(
        |kind| matches!(kind, EventKind::Lab(LabEvent::Commanded { command }) if command.to_string() == "net unreliable"),
    );
    assert!(crash < net, "{:?}", comparison.rows());
}
