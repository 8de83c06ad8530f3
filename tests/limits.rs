//! The limits that the course's family of tests holds, in lab time, requests and bytes: how often
//! a leader speaks, how soon there is one, how little an agreement costs.

#[path = "support/run.rs"]
mod run;

use std::collections::{BTreeMap, BTreeSet};

use raftlab::cluster::event::{EventKind, NetworkEvent, PacketEvent, RaftEvent, ServerEvent};
use raftlab::cluster::network::{Flight, Network, PacketKind, Summary};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Index, Node, PacketId, ServerId};
use run::Run;

const SEEDS: std::ops::Range<u64> = 1..21;

/// Plays the script with every seed, on the network for which the limits are meant.
#[track_caller]
fn with_every_seed(servers: u8, script: &str) -> Vec<Run> {
    let text = format!("cluster servers={servers} network=reliable\n{script}");
    SEEDS.map(|seed| Run::of(&text, seed)).collect()
}

/// When each append left S`from` for S`to`, with the number of its entries.
fn appends(run: &Run, from: Node, to: Node) -> Vec<(Time, u32)> {
    run.all(|event| match event {
        EventKind::Packet(
            Flight {
                from: sender,
                to: receiver,
                summary: Summary { kind: PacketKind::Append { entries, .. }, .. },
                ..
            },
            PacketEvent::Sent,
        ) if (*sender, *receiver) == (from, to) => Some(*entries),
        _ => None,
    })
}

fn took(run: &Run) -> Vec<Span> {
    let records = run.cluster.history().records().iter();
    let took = records.filter_map(|r| r.returned.as_ref().map(|end| end.at.since(r.called)));
    took.collect()
}

#[test]
fn a_leader_speaks_ten_times_a_second_to_each_peer_at_most() {
    for run in with_every_seed(3, "until leader\nrun 3s\n") {
        let ids: Vec<Node> = run.cluster.ids().map(Node::Server).collect();
        let leader = Node::Server(run.cluster.leader().expect("a leader"));
        for peer in ids.into_iter().filter(|peer| *peer != leader) {
            let times = appends(&run, leader, peer);
            assert!(times.len() >= 30);
            for window in times.windows(11) {
                let span = window[10].0.since(window[0].0);
                assert!(span >= Span::from_secs(1), "11 heartbeats within {span}");
            }
        }
    }
}

#[test]
fn an_idle_second_of_three_servers_costs_60_requests_at_most() {
    with_every_seed(
        3,
        "until leader\nrun 500ms\nmark idle\nrun 1s\nexpect messages <= 60 since idle\n",
    );
}

#[test]
fn the_first_election_of_three_servers_costs_30_requests_at_most() {
    with_every_seed(3, "until leader within 5s\nexpect messages <= 30\n");
}

#[test]
fn a_leader_is_there_within_five_seconds_of_a_failure() {
    for servers in [3, 5, 7] {
        with_every_seed(
            servers,
            "until leader within 5s\nset x 1\ncrash leader\nuntil new leader within 5s\n\
             restart down\nuntil converged\nisolate leader\nuntil new leader within 5s\n",
        );
    }
}

#[test]
fn twelve_quick_submissions_to_three_servers_cost_42_requests_at_most() {
    let mut script = String::from("until leader\nrun 20ms\nmark start\n");
    for number in 1..=12 {
        script += &format!("put k{number} v @0 client=c{number} only=leader nowait\n");
    }
    script += "until committed = 12 within 2s\nexpect messages <= 42 since start\n";
    with_every_seed(3, &script);
    let one_by_one = "until leader\nget ready\nmark start\nfor i in 1..12\nset x v{i}\nend\n\
                      expect messages <= 42 since start\n";
    with_every_seed(3, one_by_one);
}

#[test]
fn ten_commands_of_5000_bytes_to_three_servers_cost_200_000_bytes_at_most() {
    let value = "v".repeat(4_990);
    let script = format!(
        "until leader\nmark start\nfor i in 1..10\nput k{{i}} {value}{{i}} @0\nend\n\
         until converged\nexpect bytes <= 200000 since start\nexpect bytes >= 100000 since start\n"
    );
    with_every_seed(3, &script);
}

#[test]
fn every_accepted_submission_is_agreed_upon_within_two_seconds() {
    let script = "until leader\nget ready\nload clients=10 keys=10 rate=200/s for 3s\nrun 4s\n\
                  crash follower\nload clients=10 keys=10 rate=200/s for 2s\nrun 4s\n";
    for run in with_every_seed(5, script) {
        let took = took(&run);
        assert!(took.len() > 500, "{} operations", took.len());
        assert!(took.iter().all(|span| *span <= Span::from_secs(2)));
    }
}

/// Four flights of 5 ms at most: the request, the append, its answer, the reply.
#[test]
fn replication_starts_on_submit_not_at_the_next_heartbeat() {
    let script = "until leader\nget ready\nfor i in 1..20\nset x v{i}\nend\n";
    for run in with_every_seed(3, script) {
        let slow: Vec<Span> =
            took(&run).into_iter().skip(1).filter(|span| *span > Span::from_millis(20)).collect();
        assert!(slow.is_empty(), "{slow:?}");
    }
}

#[test]
fn dead_and_slow_peers_never_delay_the_others() {
    let troubles = [
        "crash S4 S5",
        "sleep S4 S5",
        "cut S1 -> S4 S5",
        "cut S4 S5 -> S1",
        "link S1 <-> S4 S5 delay=80ms",
    ];
    for trouble in troubles {
        let script = format!(
            "timeout S1\nuntil leader = S1\nget ready\n{trouble}\nfor i in 1..20\nset x v{{i}}\nend\n"
        );
        for run in with_every_seed(5, &script) {
            let slow = took(&run).into_iter().skip(2).find(|span| *span > Span::from_millis(20));
            assert_eq!(slow, None, "after {trouble}");
        }
    }
}

/// Fifty entries that only an old leader and its one follower hold, against fifty committed ones.
#[test]
fn a_divergence_of_50_and_50_entries_heals_within_ten_seconds() {
    let script = "timeout S1\nuntil S1 is leader\nput start 0 @0\nuntil converged\n\
        partition S1 S2 | rest\n\
        for i in 1..50\nput k{i} old @0 client=o{i} only=S1 nowait\nend\nrun 20ms\n\
        isolate S1 from clients\nmend S1 <-> S2\n\
        until new leader within 5s\nlet new = leader\n\
        for i in 1..50\nput k{i} new @0 client=n{i} only={new} nowait\nend\nrun 50ms\n\
        expect committed >= 51\nmend all <-> all\nuntil converged within 10s\n\
        expect applied k1 = new and applied k50 = new\n";
    for run in with_every_seed(5, script) {
        let fell: u64 = run
            .all(|event| match event {
                EventKind::Raft(_, RaftEvent::Truncated { first, last, .. }) => {
                    Some(last.0 + 1 - first.0)
                }
                _ => None,
            })
            .iter()
            .map(|(_, count)| count)
            .sum();
        assert!(fell >= 100, "S1 and S2 lost {fell} entries in all");
    }
}

/// What a server may ask each of the others in a second: ten heartbeats, and two repetitions to
/// each of them. A candidacy lasts 300 ms at least, and costs nine requests at most.
const A_SECOND: u64 = 30;
/// What was saved up for a bad moment, and a heartbeat more at either end of a span.
const AT_ONCE: u64 = 12;

/// The requests of each server to each other, second by second.
fn requests_a_second(run: &Run) -> BTreeMap<(ServerId, ServerId, u64), u64> {
    // Not what the network makes of them.
    let copies: BTreeSet<PacketId> = run
        .all(|event| match event {
            EventKind::Network(NetworkEvent::Duplicated { copy, .. }) => Some(*copy),
            _ => None,
        })
        .into_iter()
        .map(|(_, copy)| copy)
        .collect();
    let mut counts = BTreeMap::new();
    for event in &run.events {
        if let EventKind::Packet(
            Flight { packet, from: Node::Server(from), to: Node::Server(to), summary },
            PacketEvent::Sent,
        ) = event.kind
            && matches!(summary.kind, PacketKind::RequestVote | PacketKind::Append { .. })
            && !copies.contains(&packet)
        {
            *counts.entry((from, to, event.time.micros() / 1_000_000)).or_default() += 1;
        }
    }
    counts
}

/// Whatever is lost and whoever is told of it, on every network: no failure is answered by more
/// than one call, and their number has a bound that does not grow with time.
#[test]
fn what_is_lost_costs_so_many_requests_a_second_and_never_more() {
    let troubles = [
        "crash S2",
        "sleep S2",
        "cut S1 <-> S2",
        "cut S2 -> S1",
        "isolate S1",
        "crash S2\nlink S1 <-> S2 loss=100%",
        "link S1 <-> all loss=100%",
        "link all <-> all loss=100%",
        "link all <-> all loss=50% duplicate=100%",
        "link all <-> all loss=90% duplicate=100%",
        "link all <-> all loss=50% duplicate=100% delay=100ms..2s",
        "link S1 -> S2 S3 delay=500ms..1s\nlink S2 S3 -> S1 loss=100%",
    ];
    for network in Network::ALL {
        for trouble in troubles {
            let script = format!(
                "cluster servers=3 network={}\nuntil leader within 60s\nset x 1 within 60s\n\
                 {trouble}\nset x 2 client=b nowait\nrun 30s\n",
                network.name()
            );
            let run = Run::of(&script, 11);
            let counts = requests_a_second(&run);
            for ((from, to, second), count) in &counts {
                let what = format!("{network}, {trouble}: {from} to {to} in second {second}");
                assert!(*count <= A_SECOND + AT_ONCE, "{what}: {count} requests");
            }
            let end = run.cluster.now().micros() / 1_000_000;
            for (from, to) in counts.keys().map(|(from, to, _)| (*from, *to)) {
                let last = (end - 20)..end;
                let sum: u64 = last.filter_map(|second| counts.get(&(from, to, second))).sum();
                let what = format!("{network}, {trouble}: {from} to {to}");
                assert!(sum <= 20 * A_SECOND + AT_ONCE, "{what}: {sum} requests in 20 s");
            }
        }
    }
}

/// The bound is reached, and not passed, where a leader is told of every single loss.
#[test]
fn a_peer_that_nothing_reaches_costs_three_requests_a_heartbeat() {
    let script = "link all <-> all loss=0%\ntimeout S1\nuntil S1 is leader\nset x 1\n\
                  link S1 -> S2 loss=100%\nset x 2\nmark lost\nrun 20s\n\
                  expect S1 is leader and messages <= 812 since lost\n\
                  expect messages >= 780 since lost\n";
    for seed in SEEDS {
        let text = format!("cluster servers=3 network=unreliable election=100s..200s\n{script}");
        Run::of(&text, seed);
    }
}

/// A lost heartbeat is repeated once. So an idle cluster that loses half of its packets keeps its
/// leader for seconds, and not for one.
#[test]
fn an_idle_cluster_on_a_bad_network_keeps_its_leader_for_seconds() {
    for (servers, most) in [(3, 12), (5, 20)] {
        let mut leaders = 0;
        for seed in SEEDS {
            let run =
                Run::of(&format!("cluster servers={servers} network=unreliable\nrun 60s\n"), seed);
            leaders += run
                .all(|event| {
                    matches!(event, EventKind::Raft(_, RaftEvent::BecameLeader { .. }))
                        .then_some(())
                })
                .len();
        }
        let a_minute = leaders / SEEDS.count();
        assert!(a_minute <= most, "{a_minute} leaders a minute of {servers} servers");
    }
}

#[test]
fn the_kth_command_stands_at_index_k() {
    let script = "until leader\nset x 1\ncrash leader\nuntil new leader\nrun 1s\nset y 1\n\
                  restart down\ncrash leader\nuntil new leader\nrun 1s\nuntil converged\n";
    for run in with_every_seed(5, script) {
        let submitted = run.all(|event| match event {
            EventKind::Server(_, ServerEvent::Submitted { index, .. }) => Some(*index),
            _ => None,
        });
        let indexes: Vec<Index> = submitted.into_iter().map(|(_, index)| index).collect();
        let expected: Vec<Index> = (1..=indexes.len() as u64).map(Index).collect();
        assert_eq!(indexes, expected);
    }
}
