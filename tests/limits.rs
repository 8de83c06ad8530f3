//! The limits that the course's family of tests holds, in lab time, requests and bytes: how often
//! a leader speaks, how soon there is one, how little an agreement costs.

#[path = "support/run.rs"]
mod run;

use raftlab::cluster::event::EventKind;
use raftlab::cluster::network::{PacketKind, Summary};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Index, Node};
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
        EventKind::Sent {
            from: sender,
            to: receiver,
            summary: Summary { kind: PacketKind::Append { entries, .. }, .. },
            ..
        } if (*sender, *receiver) == (from, to) => Some(*entries),
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
        let ids: Vec<Node> = run.cluster.config().server_ids().map(Node::Server).collect();
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
                EventKind::Truncated { first, last, .. } => Some(last.0 + 1 - first.0),
                _ => None,
            })
            .iter()
            .map(|(_, count)| count)
            .sum();
        assert!(fell >= 100, "S1 and S2 lost {fell} entries in all");
    }
}

#[test]
fn the_kth_command_stands_at_index_k() {
    let script = "until leader\nset x 1\ncrash leader\nuntil new leader\nrun 1s\nset y 1\n\
                  restart down\ncrash leader\nuntil new leader\nrun 1s\nuntil converged\n";
    for run in with_every_seed(5, script) {
        let submitted = run.all(|event| match event {
            EventKind::Submitted { index, .. } => Some(*index),
            _ => None,
        });
        let indexes: Vec<Index> = submitted.into_iter().map(|(_, index)| index).collect();
        let expected: Vec<Index> = (1..=indexes.len() as u64).map(Index).collect();
        assert_eq!(indexes, expected);
    }
}
