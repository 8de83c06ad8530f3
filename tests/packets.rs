//! Packets by hand: `hold`, `release`, `drop next`, `duplicate next`, `delay next`.

use raftlab::cluster::Cluster;
use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::event::{DropReason, EventKind, NetworkEvent, PacketEvent};
use raftlab::cluster::network::{Flight, Hand, Packet};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Node, ServerId};

/// Plays a script to its end; panics with the reason if it fails.
fn play(script: &str) -> Cluster {
    let script = Script::parse("test.lab", script.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    assert_eq!(cluster.failure(), None);
    assert_eq!(cluster.violation(), None);
    cluster
}

const LED: &str = "cluster servers=3 seed=7\ntimeout S1\nuntil leader = S1\n";

#[test]
fn held_packets_wait_for_their_release_and_others_pass() {
    play(&format!(
        "{LED}\
         hold append S1 -> S2 S3\n\
         put x 1 @0 nowait\n\
         run 300ms\n\
         expect not committed >= 1\n\
         expect leader = S1\n\
         release append S1 -> S2\n\
         until committed >= 1 within 50ms\n\
         expect S2 log = 1\n\
         expect S3 log = none\n\
         release\n\
         until converged\n\
         expect safe\n"
    ));
}

#[test]
fn a_count_holds_so_many_and_no_more() {
    let cluster = play(&format!(
        "{LED}\
         hold heartbeat S1 -> S2 count=2\n\
         run 1s\n\
         expect leader = S1\n\
         expect term <= 1\n"
    ));
    let held = cluster.packets().into_iter().filter(|packet| packet.due < cluster.now()).count();
    assert_eq!(held, 2);
    assert!(cluster.orders().is_empty(), "the order is used up");
}

#[test]
fn a_release_with_a_count_lets_the_first_go() {
    play(&format!(
        "{LED}\
         hold S1 -> S2\n\
         run 250ms\n\
         release S1 -> S2 count=1\n\
         run 150ms\n\
         release S1 -> S2\n\
         expect leader = S1\n\
         run 1s\n\
         expect leader = S1\n"
    ));
}

fn held(cluster: &Cluster) -> usize {
    cluster.packets().iter().filter(|packet| packet.hand == Hand::Held).count()
}

#[test]
fn a_release_lets_as_many_go_as_it_says() {
    for count in 0..=4 {
        let (release, freed) = match count {
            0 => ("release S1 -> S2".to_owned(), 5),
            count => (format!("release S1 -> S2 count={count}"), count),
        };
        let mut cluster = play(&format!("{LED}hold S1 -> S2 count=5\nrun 700ms\n"));
        assert_eq!(held(&cluster), 5);
        apply(&mut cluster, &release);
        assert_eq!(held(&cluster), 5 - freed, "{release}");
    }
}

/// What has been drawn for a packet when it is sent is what becomes of it, unless somebody acts.
#[test]
fn a_packet_tells_whether_it_will_arrive() {
    let mut cluster = play(&format!("{LED}net unreliable\nload clients=3 rate=100/s\nrun 1ms\n"));
    let mut told = std::collections::BTreeMap::new();
    let (mut arrived, mut lost) = (0, 0);
    while cluster.now() < Time(1_000_000) {
        cluster.step();
        for event in cluster.events() {
            let (packet, arrives) = match event.kind {
                EventKind::Packet(Flight { packet, .. }, PacketEvent::Received) => (packet, true),
                EventKind::Packet(
                    Flight { packet, .. },
                    PacketEvent::Dropped { why: DropReason::Lost, .. },
                ) => (packet, false),
                _ => continue,
            };
            let count = if arrives { &mut arrived } else { &mut lost };
            if let Some(told) = told.get(&packet) {
                assert_eq!(*told, arrives, "{packet}");
                *count += 1;
            }
        }
        told.extend(cluster.packets().iter().map(|packet| (packet.id, packet.will_arrive())));
    }
    assert!(arrived > 50 && lost > 50, "{arrived} {lost}");
    let cluster = play(&format!("{LED}hold S1 -> S2\nrun 700ms\n"));
    let packets = cluster.packets();
    let mut held = packets.iter().filter(|packet| packet.hand == Hand::Held);
    assert!(held.clone().count() > 0 && held.all(|packet| !packet.will_arrive()));
}

/// A copy is a packet too.
#[test]
fn no_two_packets_have_one_number() {
    let mut cluster = play(&format!("{LED}load clients=3 rate=100/s\nrun 200ms\n"));
    for _ in 0..20 {
        cluster.run_until(cluster.now() + Span::from_millis(3));
        let numbers = |cluster: &Cluster| -> Vec<u64> {
            cluster.packets().iter().map(|packet| packet.id.0).collect()
        };
        let servers = |packet: &Packet| {
            matches!((packet.from, packet.to), (Node::Server(_), Node::Server(_)))
        };
        let one = cluster.packets().iter().find(|packet| servers(packet)).map(|packet| packet.id.0);
        let Some(one) = one else { continue };
        let before = numbers(&cluster);
        apply(&mut cluster, &format!("duplicate #{one}"));
        let after = numbers(&cluster);
        let known: std::collections::BTreeSet<u64> = after.iter().copied().collect();
        assert_eq!((after.len(), known.len()), (before.len() + 1, before.len() + 1), "{after:?}");
    }
}

/// So many orders there may be, and not one more.
#[test]
fn orders_are_bounded() {
    const ORDERS_MAX: usize = 10_000;
    let mut cluster = play("cluster servers=25\n");
    let line = |line: &str| parse_line(line).expect("a good line");
    for _ in 0..ORDERS_MAX / 600 {
        cluster.apply(&line("hold vote all -> all")).expect("there is room");
    }
    for _ in 0..ORDERS_MAX % 600 {
        cluster.apply(&line("hold vote S1 -> S2")).expect("there is room");
    }
    assert_eq!(cluster.orders().len(), ORDERS_MAX);
    let error = cluster.apply(&line("hold vote S1 -> S2")).expect_err("there is none");
    assert!(error.to_string().contains("`release`"), "{error}");
}

/// Who doubles everything again and again is stopped before the memory is full, and not kept
/// waiting: it takes seconds where each packet is looked for among all.
#[test]
fn doubled_packets_are_bounded() {
    let mut cluster = play("cluster servers=3\nuntil leader\nheartbeat leader\n");
    let double = parse_line("duplicate all -> all").expect("a good line");
    let mut flying = cluster.packet_count();
    let error = loop {
        match cluster.apply(&double) {
            Ok(_) => assert_eq!(cluster.packet_count(), 2 * flying),
            Err(error) => break error,
        }
        flying *= 2;
    };
    assert!((50_000..=100_000).contains(&flying), "{flying}");
    assert!(error.to_string().contains("100000 packets"), "{error}");
}

#[test]
fn the_next_packet_is_dropped_doubled_or_delayed() {
    let script = format!(
        "{LED}\
         run 50ms\n\
         drop next append S1 -> S2\n\
         duplicate next append S1 -> S3\n\
         put x 1 @0\n\
         expect S2 log = none\n\
         expect S3 log = 1\n\
         until converged\n\
         delay next append S1 -> S2 by 400ms\n\
         put x 2 @1 within 100ms\n\
         expect S2 log = 1\n\
         run 450ms\n\
         until converged\n\
         expect safe\n"
    );
    let parsed = Script::parse("test.lab", script.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&parsed, None);
    let (mut doubled, mut delayed, mut dropped) = (0, 0, 0);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
        for event in cluster.events() {
            match &event.kind {
                EventKind::Network(NetworkEvent::Duplicated { .. }) => doubled += 1,
                EventKind::Packet(_, PacketEvent::Delayed { span, .. }) => {
                    assert_eq!(*span, Span::from_millis(400));
                    delayed += 1;
                }
                EventKind::Packet(_, PacketEvent::Dropped { .. }) => dropped += 1,
                _ => {}
            }
        }
    }
    assert_eq!(cluster.failure(), None);
    assert_eq!((doubled, delayed, dropped), (1, 1, 1));
}

#[test]
fn an_order_changes_no_chance_but_that_of_its_packet() {
    // On a link that nothing else uses, an order that takes nothing leaves the run as it is.
    let run = |order: &str| {
        let mut cluster = Cluster::new(raftlab::cluster::config::Config::default());
        if !order.is_empty() {
            cluster.apply(&parse_line(order).expect("a good line")).expect("it can be done");
        }
        let mut times = Vec::new();
        while cluster.now() < Time(3_000_000) {
            cluster.step();
            times.push(cluster.now());
        }
        times
    };
    assert_eq!(run(""), run("hold request S1 -> S2"));
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut cluster = Cluster::new(raftlab::cluster::config::Config::default());
    let mut apply = |line: &str| {
        let command = parse_line(line).expect("a good line");
        cluster.apply(&command).expect_err("it can't be done").to_string()
    };
    assert_eq!(apply("release"), "no such packet is held");
    assert_eq!(apply("hold S1 -> S1"), "there is no link between these");
}

const ONCE: &str =
    "requests of clients and their replies are never duplicated: they behave like TCP";

/// By every way in which a packet can be doubled.
#[test]
fn what_clients_and_servers_say_to_each_other_is_never_doubled_by_hand() {
    for line in [
        "duplicate next request b -> S1",
        "duplicate next b -> S1",
        "duplicate next S1 -> b",
        "duplicate next reply S1 S2 -> S3",
        "duplicate request S1 -> S2",
        "duplicate b <-> all",
    ] {
        let mistake = parse_line(line).expect_err("a mistake");
        assert_eq!(mistake.message, ONCE, "{line}");
        let whole = format!("{LED}{line}\n");
        assert!(Script::parse("whole.lab", whole.as_bytes()).is_err(), "{line}");
    }
    let mut cluster = play(&format!("{LED}put x 1 @0 client=b nowait\n"));
    let request = cluster
        .packets()
        .iter()
        .find(|p| p.cargo.summary().kind.name().word() == "request")
        .map(|p| p.id.0);
    let id = request.expect("it is in flight");
    for line in [format!("duplicate #{id}"), format!("hold #{id}"), format!("duplicate #{id}")] {
        let before = cluster.packets().len();
        match cluster.apply(&parse_line(&line).expect("a good line")) {
            Ok(_) => assert!(line.starts_with("hold")),
            Err(error) => assert_eq!(error.to_string(), ONCE, "{line}"),
        }
        assert_eq!(cluster.packets().len(), before, "it is still there");
    }
    // Where only the run can tell that a client is meant; and nothing is lost by trying.
    for (line, fails) in [("duplicate next b{i} -> S1", true), ("drop next b{i} -> S1", false)] {
        let script = format!("{LED}for i in 1..1\n{line}\nend\nput x 1 @0 client=b1\n");
        let script = Script::parse("later.lab", script.as_bytes()).expect("a good script");
        let mut cluster = Cluster::with_script(&script, None);
        while !cluster.finished() && !cluster.is_stopped() {
            cluster.step();
        }
        let why = cluster.failure().map(|failure| failure.actual.to_string());
        assert_eq!(why.as_deref() == Some(ONCE), fails, "{line}: {why:?}");
    }
}

/// Whatever chance has in store for the original.
#[test]
fn a_copy_made_by_hand_arrives() {
    for seed in 1..20 {
        let head = "cluster servers=3 network=reliable\ntimeout S1\nuntil S1 is leader\n\
                    until converged\nlink S1 -> S2 loss=100%\nput x 1 @0 nowait\nuntil S1 log = 1\n";
        let script = Script::parse("lost.lab", head.as_bytes()).expect("a good script");
        let mut cluster = Cluster::with_script(&script, Some(seed));
        while !cluster.finished() && !cluster.is_stopped() {
            cluster.step();
        }
        apply(&mut cluster, "duplicate append S1 -> S2");
        cluster.run_until(cluster.now() + Span::from_millis(6));
        assert_eq!(log_of_s2(&cluster), 1, "seed {seed}");
    }
}

/// A lab of three with a leader, and an append from S1 to S2 in flight: its number.
fn with_an_append() -> (Cluster, u64) {
    let mut cluster = play(&format!("{LED}run 50ms\nput x 1 @0 nowait\n"));
    loop {
        let to_s2 = |packet: &&&Packet| {
            let summary = packet.cargo.summary();
            packet.to == Node::Server(ServerId::from_index(1))
                && summary.kind.name().word() == "append"
        };
        if let Some(packet) = cluster.packets().iter().find(to_s2) {
            let id = packet.id.0;
            return (cluster, id);
        }
        cluster.step();
    }
}

fn apply(cluster: &mut Cluster, line: &str) {
    cluster
        .apply(&parse_line(line).expect("a good line"))
        .unwrap_or_else(|e| panic!("{line}: {e}"));
}

fn log_of_s2(cluster: &Cluster) -> u64 {
    cluster.servers()[1].raft.log().last_index().0
}

#[test]
fn one_packet_is_delivered_dropped_doubled_delayed_or_held_by_its_number() {
    let (mut cluster, id) = with_an_append();
    let before = cluster.now();
    apply(&mut cluster, &format!("deliver #{id}"));
    cluster.run_until(cluster.now());
    assert_eq!((cluster.now(), log_of_s2(&cluster)), (before, 1), "it arrives at once");

    let (mut cluster, id) = with_an_append();
    apply(&mut cluster, &format!("drop #{id}"));
    cluster.run_until(cluster.now() + Span::from_millis(50));
    assert_eq!(log_of_s2(&cluster), 0);

    let (mut cluster, id) = with_an_append();
    let flying = cluster.packets().len();
    apply(&mut cluster, &format!("duplicate #{id}"));
    assert_eq!(cluster.packets().len(), flying + 1);

    let (mut cluster, id) = with_an_append();
    apply(&mut cluster, &format!("delay #{id} by 60ms"));
    cluster.run_until(cluster.now() + Span::from_millis(50));
    assert_eq!(log_of_s2(&cluster), 0);
    cluster.run_until(cluster.now() + Span::from_millis(50));
    assert_eq!(log_of_s2(&cluster), 1);

    let (mut cluster, id) = with_an_append();
    apply(&mut cluster, &format!("hold #{id}"));
    cluster.run_until(cluster.now() + Span::from_millis(50));
    assert_eq!(log_of_s2(&cluster), 0);
    assert!(cluster.packets().iter().any(|packet| packet.id.0 == id), "it is still to be seen");
    apply(&mut cluster, &format!("deliver #{id}"));
    cluster.run_until(cluster.now());
    assert_eq!(log_of_s2(&cluster), 1);
    let gone = parse_line(&format!("drop #{id}")).expect("a good line");
    assert!(cluster.apply(&gone).expect_err("it is gone").to_string().contains("not in flight"));
}

/// What a command by hand comes to, after these lines.
fn refused(lines: &[&str], last: &str) -> String {
    let mut cluster = Cluster::with_script(
        &Script::parse("test.lab", b"cluster servers=3 seed=1\n").expect("a good script"),
        None,
    );
    for line in lines {
        cluster.apply(&parse_line(line).expect("a good line")).expect("it can be done");
        while cluster.is_told_pending() {
            cluster.step();
        }
    }
    cluster.apply(&parse_line(last).expect("a good line")).expect_err(last).to_string()
}

#[test]
fn where_no_such_packet_is_in_flight_it_is_said_what_is() {
    let led = ["by-hand on", "timeout S1", "deliver vote S1 -> S2", "deliver vote-reply S2 -> S1"];
    let message = refused(&led, "deliver append S1 -> S2");
    assert_eq!(message, "no `append` is in flight on this link; there is `heartbeat`");
    let message = refused(&led, "drop append-reply S1 -> S2 S3");
    let there = "there is `vote`, `heartbeat` (2)";
    assert_eq!(message, format!("no `append-reply` is in flight on these links; {there}"));
    assert_eq!(refused(&led, "deliver S2 -> S3"), "nothing is in flight on this link");
    assert_eq!(refused(&led, "deliver append S2 -> S3"), "nothing is in flight on this link");
}
