//! All by hand: lab time stands, and only what is told happens.

use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::config::Config;
use raftlab::cluster::event::Event;
use raftlab::cluster::raft::Role;
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::timeline::{Goal, Timeline};
use raftlab::cluster::types::ServerId;
use raftlab::cluster::{Cluster, FailureKind, Step};

fn apply(cluster: &mut Cluster, line: &str) {
    let command = parse_line(line).unwrap_or_else(|bad| panic!("{line}: {bad}"));
    cluster.apply(&command).unwrap_or_else(|bad| panic!("{line}: {bad}"));
}

/// Tells something, and lets everything happen that follows from it at once.
fn tell(cluster: &mut Cluster, line: &str) {
    apply(cluster, line);
    while cluster.step() == Step::Happened {}
}

fn refused(cluster: &mut Cluster, line: &str) -> String {
    let command = parse_line(line).unwrap_or_else(|bad| panic!("{line}: {bad}"));
    cluster.apply(&command).expect_err("it can't be done").to_string()
}

/// Plays a script to its end, or to where it stops.
fn play(script: &str) -> Cluster {
    let script = Script::parse("test.lab", script.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    cluster
}

fn role(cluster: &Cluster, server: u8) -> Role {
    cluster.server(ServerId::from_index(server - 1)).expect("a server").raft.role()
}

/// Where the packet goes that was sent last.
fn newest(cluster: &Cluster) -> String {
    let packets = cluster.packets();
    let newest = packets.iter().max_by_key(|packet| packet.id).expect("a packet");
    cluster.names().node(newest.to)
}

/// A lab of three in the middle of things: a leader, and a write on its way.
fn busy() -> Cluster {
    let config = Config { servers: 3, ..Config::default() };
    let mut cluster = Cluster::new(config);
    apply(&mut cluster, "timeout S1");
    cluster.run_until(Time::START + Span::from_millis(200));
    apply(&mut cluster, "set x 1");
    cluster.run_until(cluster.now() + Span::from_millis(30));
    assert!(!cluster.packets().is_empty() && cluster.leader().is_some());
    cluster
}

/// What happens in the next two seconds.
fn what_comes(cluster: &mut Cluster) -> Vec<Event> {
    let end = cluster.now() + Span::from_secs(2);
    let mut events = Vec::new();
    while cluster.next_due().is_some_and(|due| due <= end) {
        cluster.step();
        events.extend(cluster.events().iter().cloned());
    }
    events
}

#[test]
fn nothing_happens_and_no_time_passes_unless_it_is_told() {
    let mut cluster = busy();
    apply(&mut cluster, "at 1s crash S1");
    cluster.run_until(cluster.now());
    let (now, packets) = (cluster.now(), cluster.packets().len());
    apply(&mut cluster, "by-hand on");
    assert_eq!((cluster.next_due(), cluster.step()), (None, Step::Idle));
    cluster.run_until(now + Span::from_secs(100));
    cluster.advance(now + Span::from_secs(100));
    assert_eq!((cluster.now(), cluster.packets().len()), (now, packets));
    assert_eq!(cluster.violation(), None);
}

#[test]
fn what_goes_on_afterwards_is_what_would_have_come_without_it() {
    let (mut straight, mut held) = (busy(), busy());
    apply(&mut held, "by-hand on");
    held.run_until(held.now() + Span::from_secs(100));
    apply(&mut held, "by-hand off");
    let (straight, held) = (what_comes(&mut straight), what_comes(&mut held));
    assert!(straight.len() > 100);
    // Causes count the commands that were given.
    let told = |events: &[Event]| -> Vec<_> {
        events.iter().map(|event| (event.time, event.kind.clone())).collect()
    };
    assert_eq!(told(&straight), told(&held));
}

#[test]
fn what_is_due_at_that_very_moment_waits_too() {
    let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
    apply(&mut cluster, "timers align");
    while role(&cluster, 1) != Role::Candidate {
        cluster.step();
    }
    apply(&mut cluster, "by-hand on");
    while cluster.step() == Step::Happened {}
    assert_eq!((role(&cluster, 2), role(&cluster, 3)), (Role::Follower, Role::Follower));
    apply(&mut cluster, "by-hand off");
    cluster.run_until(cluster.now() + Span(1));
    assert_eq!((role(&cluster, 2), role(&cluster, 3)), (Role::Candidate, Role::Candidate));
}

#[test]
fn an_election_and_a_commit_are_told_packet_by_packet() {
    let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
    for line in ["by-hand on", "timeout S2", "deliver vote S2 -> S3"] {
        tell(&mut cluster, line);
    }
    assert_eq!(role(&cluster, 2), Role::Candidate, "the vote is still on its way");
    tell(&mut cluster, "deliver vote-reply S3 -> S2");
    assert_eq!(role(&cluster, 2), Role::Leader);
    for line in [
        "deliver heartbeat S2 -> S1 S3",
        "deliver append-reply S1 S3 -> S2",
        "put x 1 @0 client=a only=S2",
        "deliver request a -> S2",
        "deliver append S2 -> S3",
        "deliver append-reply S3 -> S2",
    ] {
        tell(&mut cluster, line);
    }
    assert_eq!(cluster.committed().0, 1);
    assert!(cluster.client_named("a").is_some_and(|client| !client.is_idle()));
    tell(&mut cluster, "deliver reply S2 -> a");
    assert!(cluster.client_named("a").is_some_and(raftlab::cluster::client::Client::is_idle));
    assert_eq!(cluster.now(), Time::START);
    assert_eq!(cluster.violation(), None);
}

#[test]
fn a_heartbeat_sends_again_what_was_dropped() {
    let mut cluster = busy();
    apply(&mut cluster, "by-hand on");
    let leader = cluster.leader().expect("a leader");
    tell(&mut cluster, "deliver all -> all");
    tell(&mut cluster, "put y 1 @0 client=b only=leader nowait");
    tell(&mut cluster, "deliver request b -> S1");
    let before = cluster.servers()[0].raft.log().last_index();
    tell(&mut cluster, "drop append S1 -> S2 S3");
    tell(&mut cluster, &format!("heartbeat {leader}"));
    tell(&mut cluster, "deliver append S1 -> S2");
    assert_eq!(cluster.servers()[1].raft.log().last_index(), before);
    assert!(cluster.servers()[2].raft.log().last_index() < before);
    assert!(refused(&mut cluster, "heartbeat S2").contains("S2 does not lead"));
}

#[test]
fn a_slow_disk_is_told_when_it_is_done() {
    let mut cluster =
        Cluster::new(Config { servers: 3, sync: Span::from_millis(50), ..Config::default() });
    tell(&mut cluster, "by-hand on");
    assert!(refused(&mut cluster, "sync S1").contains("is on its disk"));
    tell(&mut cluster, "timeout S1");
    assert!(cluster.packets().is_empty(), "a vote request waits for the disk");
    tell(&mut cluster, "sync S1");
    assert_eq!(cluster.packets().len(), 2);
}

#[test]
fn a_client_that_waits_is_told_to_try_on() {
    let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
    tell(&mut cluster, "by-hand on");
    assert!(refused(&mut cluster, "retry a").contains("there is no client a"));
    tell(&mut cluster, "get x client=a");
    for (server, after) in [("S1", "S2"), ("S2", "S3")] {
        assert_eq!(newest(&cluster), server);
        tell(&mut cluster, "retry a");
        assert_eq!(newest(&cluster), after);
    }
}

#[test]
fn only_so_many_are_told_and_nobody_else() {
    let mut cluster = Cluster::new(Config { servers: 5, ..Config::default() });
    tell(&mut cluster, "by-hand on");
    tell(&mut cluster, "timeout S1");
    assert_eq!(cluster.packets().len(), 4);
    tell(&mut cluster, "drop vote S1 -> S4 S5");
    tell(&mut cluster, "duplicate vote S1 -> S2");
    assert_eq!(cluster.packets().len(), 3);
    tell(&mut cluster, "deliver vote S1 -> all count=1");
    // The copy is left, and two votes are on their way back.
    assert_eq!(cluster.packets().len(), 3);
    let requests = cluster.packets().iter().filter(|packet| !packet.cargo.is_reply()).count();
    assert_eq!(requests, 1);
    assert!(refused(&mut cluster, "deliver append S1 -> S2").contains("no `append` is in flight"));
}

/// Without hands, what was held arrives with its copy. With them it waits to be told.
#[test]
fn what_is_held_and_doubled_waits_to_be_told() {
    let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
    apply(&mut cluster, "hold vote-reply S2 S3 -> S1");
    apply(&mut cluster, "timeout S1");
    cluster.run_until(Time::START + Span::from_millis(100));
    apply(&mut cluster, "by-hand on");
    let held = cluster.packets()[0].id;
    tell(&mut cluster, &format!("duplicate #{held}"));
    assert_eq!((cluster.packets().len(), role(&cluster, 1)), (3, Role::Candidate));
    tell(&mut cluster, &format!("deliver #{held}"));
    assert_eq!(role(&cluster, 1), Role::Leader);
}

#[test]
fn no_limit_of_a_script_runs_out_and_one_that_waits_for_nothing_fails() {
    for (line, expected) in [
        ("until leader within 1s", "until leader"),
        ("run 3s", "`run 3s` comes to its end"),
        ("get x", "the operation of a ends"),
    ] {
        let cluster = play(&format!("cluster servers=3\nrun 10ms\nby-hand on\n{line}\n"));
        let failure = cluster.failure().unwrap_or_else(|| panic!("{line} does not fail"));
        assert_eq!((failure.line, &*failure.expected), (4, expected));
        assert!(failure.actual.contains("all is by hand"), "{}", failure.actual);
        assert!(!failure.actual.contains(" in 1"), "no time is left: {}", failure.actual);
        assert_eq!((failure.time, failure.kind), (Time(10_000), FailureKind::Unmet));
    }
    let cluster =
        play("cluster servers=3\nexpects remark\nby-hand on\nexpect leader\nuntil leader\n");
    assert_eq!(cluster.remarks(), 1, "what is expected is a remark, to stand for ever is none");
    assert_eq!(cluster.failure().map(|failure| failure.line), Some(5));
    let cluster = play(
        "cluster servers=3\ntask hands\n  by-hand on\n  timeout S1\n  deliver vote S1 -> S2\n  \
         deliver vote-reply S2 -> S1\n  by-hand off\nend\nuntil leader within 1ms\nrun 1s\nexpect \
         leader = S1\nexpect safe\n",
    );
    assert_eq!((cluster.failure(), cluster.violation()), (None, None));
}

#[test]
fn waiters_do_not_linger_while_time_stands() {
    let mut cluster = busy();
    apply(&mut cluster, "by-hand on");
    tell(&mut cluster, "put y 1 @0 client=b only=S1 nowait");
    tell(&mut cluster, "deliver request b -> S1");
    assert!(!cluster.servers()[0].rsm.waiters.is_empty());
    // S1 is deposed; its waiter is told when lab time goes on.
    for line in ["timeout S2", "deliver vote S2 -> S1 S3", "deliver vote-reply S1 S3 -> S2"] {
        tell(&mut cluster, line);
    }
    assert!(!cluster.servers()[0].rsm.waiters.is_empty());
    assert_eq!((role(&cluster, 1), cluster.violation()), (Role::Follower, None));
    apply(&mut cluster, "by-hand off");
    cluster.run_until(cluster.now() + Span::from_secs(1));
    assert_eq!(cluster.violation(), None);
    assert!(cluster.servers()[0].rsm.waiters.is_empty());
}

#[test]
fn faults_at_random_and_loads_rest_while_time_stands() {
    let mut cluster = busy();
    apply(&mut cluster, "chaos crashes cuts");
    apply(&mut cluster, "load clients=3");
    apply(&mut cluster, "by-hand on");
    let calls = cluster.history().len();
    while cluster.step() == Step::Happened {}
    assert_eq!(cluster.history().len(), calls);
    assert!(cluster.servers().iter().all(raftlab::cluster::server::Server::is_running));
    apply(&mut cluster, "by-hand off");
    what_comes(&mut cluster);
    assert!(cluster.history().len() > calls);
}

#[test]
fn one_goes_back_to_any_moment_of_it() {
    let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
    let mut timeline = Timeline::new(&cluster, &());
    while cluster.leader().is_none() {
        cluster.step();
        timeline.went_on(&cluster, &());
    }
    let mut moments = Vec::new();
    let lines = [
        "by-hand on",
        "deliver all -> all",
        "heartbeat leader",
        "duplicate all -> all",
        "deliver all -> all",
        "crash leader",
        "by-hand off",
    ];
    for line in lines {
        let before = (cluster.point(), cluster.place());
        apply(&mut cluster, line);
        timeline.did(before, parse_line(line).expect("a line"), &cluster, &());
        loop {
            moments.push((cluster.point(), cluster.digest()));
            if !cluster.is_told_pending() || cluster.step() != Step::Happened {
                break;
            }
            timeline.went_on(&cluster, &());
        }
    }
    assert!(moments.len() > lines.len() + 5);
    for (point, digest) in moments.into_iter().rev() {
        let (there, ()) = timeline.seek(Goal::Point(point), |_| {});
        assert_eq!((there.point(), there.digest()), (point, digest));
    }
}
