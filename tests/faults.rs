//! What faults do to servers and links, and what they leave alone.

#[path = "support/flights.rs"]
mod flights;
#[path = "support/run.rs"]
mod run;

use flights::{Flight, server};
use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::config::Config;
use raftlab::cluster::event::{DropReason, EventKind, NetworkEvent, RaftEvent, ServerEvent};
use raftlab::cluster::network::PacketKind;
use raftlab::cluster::raft::Role;
use raftlab::cluster::server::Power;
use raftlab::cluster::time::{Span, SpanRange, Time};
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::{Index, Node, Term};
use run::Run;

const SEEDS: std::ops::Range<u64> = 1..9;

/// Plays a script in which S1 leads term 1 of five servers, with every seed.
#[track_caller]
fn runs(script: &str) -> Vec<Run> {
    let head = "cluster servers=5\ntimeout S1\nuntil S1 is leader\n";
    SEEDS.map(|seed| Run::of(&format!("{head}{script}"), seed)).collect()
}

// Servers.

#[test]
fn a_crash_takes_what_is_volatile_and_leaves_the_disk() {
    for run in runs("put x 1 @0\nuntil converged\ncrash S1 S2\nrestart S2\n") {
        for id in [server(1), server(2)] {
            let server = run.cluster.server(id).expect("a server");
            assert_eq!((server.raft.role(), server.raft.leader()), (Role::Follower, None));
            assert_eq!((server.raft.commit(), server.rsm.applied), (Index(0), Index(0)));
            assert!(server.rsm.kv.is_empty() && server.rsm.waiters.is_empty());
            assert_eq!((server.raft.term(), server.raft.log().last_index()), (Term(1), Index(1)));
            assert!(server.raft.voted_for().is_some());
        }
        let timers = |number| {
            let server = run.cluster.server(server(number)).expect("a server");
            (
                server.power,
                server.timer(TimerKind::Election).is_some(),
                server.timer(TimerKind::Heartbeat).is_some(),
            )
        };
        assert_eq!(timers(1), (Power::Down, false, false));
        assert_eq!(timers(2), (Power::Up, true, false));
    }
}

/// With check-quorum nobody votes who hears from a leader, unless it forgets (dissertation §4.2.3).
#[test]
fn who_forgets_its_leader_votes_at_once() {
    for run in runs(
        "option check-quorum on\nrun 1s\nisolate S1\nforget-leader S2 S3\ntimeout S4\n\
         until S4 is leader within 100ms\nexpect S5 vote = S1\nuntil S2 follows = S4 within 100ms\n",
    ) {
        assert_eq!(run.cluster.failure(), None, "S2, S3 and S4 are a majority");
    }
    for run in runs("option check-quorum on\nrun 1s\nisolate S1\ntimeout S4\nrun 100ms\n") {
        let votes = |number| run.cluster.server(server(number)).map(|it| it.raft.voted_for());
        assert_eq!(votes(2), Some(Some(server(1))), "it has heard from S1 and forgets nothing");
    }
}

/// It is refused where there is nothing to forget, and where a lease counts on it.
#[test]
fn a_leader_is_forgotten_only_where_that_is_safe() {
    let refusal = |script: &str| {
        let run = Run::of(&format!("cluster servers=3 {script}"), 1);
        let refused = run.cluster.clone().apply(&parse_line("forget-leader all").expect("a verb"));
        refused.expect_err("nobody can").to_string()
    };
    assert_eq!(
        refusal("\ncrash S1\nsleep S2\n"),
        "S1 is down; S2 sleeps; S3 follows no leader that it could forget"
    );
    let lease = refusal("reads=lease check-quorum=on\ntimeout S1\nuntil S1 is leader\nrun 200ms\n");
    assert!(lease.starts_with("S1 follows no leader that it could forget; S2 keeps `reads=lease`"));
}

#[test]
fn a_server_that_is_down_hears_and_says_nothing() {
    for run in runs("run 50ms\ncrash S2\nrun 3s\nexpect leader = S1\n") {
        let crash = run.all(|event| {
            matches!(event, EventKind::Server(_, ServerEvent::Crashed { .. })).then_some(())
        })[0]
            .0;
        let node = Node::Server(server(2));
        for flight in run.flights().values() {
            assert!(flight.from != node || flight.sent <= crash);
            let end = flight.end.filter(|(end, _)| flight.to == node && *end > crash);
            assert!(end.is_none_or(|(_, why)| why == Some(DropReason::Down)));
        }
    }
}

#[test]
fn a_sleeping_server_loses_nothing_and_hears_all_of_it_later() {
    for run in runs(
        "put x 1 @0\nuntil converged\nsleep S2\nfor i in 2..5\nset x {i}\nend\nrun 2s\n\
         expect S2 is asleep and S2 log = 1\nwake S2\nuntil S2 log = 1,1,1,1,1 within 200ms\n\
         until converged\nexpect leader = S1\n",
    ) {
        let node = Node::Server(server(2));
        let asleep = run.all(|event| {
            matches!(event, EventKind::Server(_, ServerEvent::FellAsleep)).then_some(())
        });
        let woke = run.all(|event| match event {
            EventKind::Server(_, ServerEvent::Woke { packets, .. }) => Some(*packets),
            _ => None,
        });
        let (slept, woke, waited) = (asleep[0].0, woke[0].0, woke[0].1);
        let flights = run.flights();
        assert!(flights.values().all(|f| f.from != node || f.sent <= slept || f.sent >= woke));
        let heard = flights.values().filter(|flight| {
            let heard = flight.to == node && flight.sent >= slept && flight.arrived();
            heard && flight.end.is_some_and(|(end, _)| end == woke)
        });
        assert!(waited > 20 && heard.count() as u32 + 5 >= waited, "{waited} packets waited");
    }
}

/// What was left of its timers when it fell asleep is left when it wakes up.
#[test]
fn a_sleeping_servers_timers_stand_still() {
    for run in runs("run 50ms\nisolate S2\nsleep S2\nrun 20s\nwake S2\nuntil S2 is candidate\n") {
        let time = |wanted: fn(&EventKind) -> bool| {
            run.all(|event| wanted(event).then_some(())).last().expect("an event").0
        };
        let slept = time(|event| matches!(event, EventKind::Server(_, ServerEvent::FellAsleep)));
        let woke = time(|event| matches!(event, EventKind::Server(_, ServerEvent::Woke { .. })));
        let stood =
            time(|event| matches!(event, EventKind::Raft(_, RaftEvent::ElectionStarted { .. })));
        let heard = run.flights();
        let heard = heard.values().filter(|f| f.to == Node::Server(server(2)) && f.arrived());
        let heard = heard.filter_map(|f| f.end).map(|(end, _)| end).max().expect("a heartbeat");
        let silence = slept.since(heard) + stood.since(woke);
        let range = run.cluster.config().election_timeout;
        assert!(range.low <= silence && silence <= range.high, "{silence}");
    }
}

/// What waited for it to wake up was in its memory.
#[test]
fn a_sleeping_server_that_crashes_never_hears_what_waited_for_it() {
    for run in runs("run 50ms\nsleep S2\nrun 1s\ncrash S2\nrestart S2\nsleep S2\nwake S2\nrun 1s\n")
    {
        let woke = run.all(|event| match event {
            EventKind::Server(_, ServerEvent::Woke { packets, .. }) => Some(*packets),
            _ => None,
        });
        assert_eq!(woke.iter().map(|(_, packets)| *packets).collect::<Vec<_>>(), [0]);
        let slept = run.all(|event| {
            matches!(event, EventKind::Server(_, ServerEvent::FellAsleep)).then_some(())
        });
        let (slept, woke) = (slept[0].0, woke[0].0);
        let node = Node::Server(server(2));
        let flights = run.flights();
        let to_it = flights.values().filter(|f| f.to == node && f.sent > slept);
        let (before, after): (Vec<&Flight>, Vec<&Flight>) =
            to_it.partition(|f| f.sent + Span::from_millis(15) < woke);
        assert!(before.len() > 5 && before.iter().all(|f| !f.arrived()));
        assert!(after.iter().any(|f| f.arrived()));
    }
}

#[test]
fn a_wiped_disk_is_empty_and_safety_is_void() {
    for run in runs("put x 1 @0\nuntil converged\ncrash S3\nwipe S3\nexpect S3 log = none\n") {
        let wiped = run.cluster.server(server(3)).expect("a server");
        assert_eq!((wiped.raft.term(), wiped.raft.voted_for()), (Term(0), None));
        assert!(run.cluster.checker().is_void());
    }
    assert!(!runs("put x 1 @0\n")[0].cluster.checker().is_void());
}

#[test]
fn a_clock_sets_the_pace_of_a_servers_own_timers_only() {
    for (rate, interval) in [("0.5", 200), ("1", 100), ("2", 50), ("4", 25)] {
        for run in runs(&format!("clock S1 rate={rate}\nrun 1s\nexpect leader = S1\n")) {
            let beats = run.flights();
            let beats: Vec<Time> = beats
                .values()
                .filter(|f| f.from == Node::Server(server(1)) && f.to == Node::Server(server(2)))
                .filter(|f| matches!(f.summary.kind, PacketKind::Append { .. }))
                .map(|f| f.sent)
                .collect();
            let steady = beats.windows(2).skip(1);
            for pair in steady {
                assert_eq!(pair[1].since(pair[0]), Span::from_millis(interval), "rate {rate}");
            }
        }
    }
}

#[test]
fn a_leader_has_a_heartbeat_timer_and_the_others_an_election_timer() {
    for run in runs("run 1s\ncrash S5\n") {
        for server in run.cluster.servers() {
            let leads = server.raft.is_leader();
            let armed = |kind| server.timer(kind).is_some();
            let others = TimerKind::ALL.iter().filter(|kind| armed(**kind));
            assert_eq!(armed(TimerKind::Election), !leads && server.is_running(), "{}", server.id);
            assert_eq!(armed(TimerKind::Heartbeat), leads, "{}", server.id);
            let one = usize::from(server.is_running());
            assert_eq!(others.count(), one, "no client waits, and nothing is written");
        }
    }
}

#[test]
fn timers_can_be_set_apart_or_to_the_same_moment() {
    let stood = |run: &Run| {
        run.all(|event| match event {
            EventKind::Raft(server, RaftEvent::ElectionStarted { .. }) => Some(*server),
            _ => None,
        })
    };
    for seed in SEEDS {
        let run = Run::of("timers align\nuntil S5 is candidate\nrun 1ms\n", seed);
        let times: Vec<Time> = stood(&run).into_iter().map(|(time, _)| time).collect();
        assert_eq!(times, [Time(450_000); 5]);
        let run = Run::of("timers spread\nuntil leader\n", seed);
        assert_eq!(stood(&run), [(Time(300_000), server(1))]);
    }
}

// Links.

#[test]
fn groups_of_a_partition_hear_themselves_only_clients_included() {
    runs(
        "put x 1 @0 client=b\nput y 1 @0 client=c\nuntil converged\n\
         partition S1 S2 b | S3 c | rest d\n\
         put x 2 @1 client=b only=S1 nowait\nput y 2 @1 client=c only=S1 nowait\n\
         until S2 log = 1,1,1\nrun 2s\n\
         expect S1 log = 1,1,1 and S3 log = 1,1 and no leader or S1 is leader\n\
         expect waiting client=b and waiting client=c and committed = 2\n",
    );
    runs(
        "partition S1 S2 | rest b\nuntil new leader\nlet new = leader\n\
         put x 1 @0 client=free only=S1 nowait\nuntil S2 log = 1\n\
         put x 2 @0 client=b only={new}\nput y 1 @0 client=free2 only={new}\n",
    );
}

#[test]
fn a_partition_takes_the_place_of_earlier_cuts() {
    runs(
        "cut S1 -> S2\nisolate S3\npartition S4 S5 | rest\nput x 1 @0\n\
         until S2 log = 1 and S3 log = 1\nexpect S4 log = none\n\
         partition S1 S2 S3 S4 S5\nuntil converged\n",
    );
}

#[test]
fn an_isolated_server_hears_clients_unless_it_is_cut_from_them_too() {
    runs(
        "put x 1 @0\nuntil converged\nisolate S1\nput x 2 @1 only=S1 nowait\nuntil S1 log = 1,1\n\
         run 1s\nexpect S2 log = 1\n",
    );
    runs(
        "put x 1 @0\nuntil converged\nisolate S1 from clients\nput x 2 @1 only=S1 nowait\n\
         run 1s\nexpect S1 log = 1 and waiting\nrejoin S1\nuntil not waiting or not S1 is leader\n",
    );
}

/// Of all links between clients and servers just those of that server are cut, both ways.
#[test]
fn whoever_is_isolated_from_clients_is_the_only_one() {
    let clients = "get x client=a\nget x client=b\n";
    for away in 1..=5 {
        for run in runs(&format!("{clients}isolate S{away} from clients\n")) {
            let links = run.cluster.links();
            for client in run.cluster.clients().iter().map(|client| Node::Client(client.id)) {
                for number in 1..=5 {
                    let server = Node::Server(server(number));
                    let cut = (links.is_cut(client, server), links.is_cut(server, client));
                    assert_eq!(cut, (number == away, number == away), "S{number}, S{away} is away");
                }
            }
        }
    }
}

/// A client that nobody has named yet is made when it first acts: the cut holds for it as well,
/// until it is undone.
#[test]
fn a_client_that_comes_later_is_cut_off_too() {
    let ask = "put x 1 @0 client=new only=S1 nowait\n";
    for meanwhile in ["isolate S1", "isolate S2 from clients\nrejoin S2", "cut old <-> S1"] {
        runs(&format!(
            "isolate S1 from clients\n{meanwhile}\n{ask}run 3s\n\
             expect S1 log = none and waiting client=new\n\
             rejoin S1\nuntil converged\nif not S1 is leader\ntimeout S1\nend\n\
             until not waiting client=new\n"
        ));
    }
    for undone in ["heal", "rejoin S1", "partition S1 | rest", "partition S1 old | rest"] {
        runs(&format!("isolate S1 from clients\n{undone}\n{ask}run 100ms\nexpect S1 log = 1\n"));
    }
}

#[test]
fn a_cut_is_one_way_and_takes_what_is_in_flight() {
    runs("cut S1 -> S2\nput x 1 @0\nuntil S3 log = 1\nrun 50ms\nexpect S2 log = none\n");
    runs("cut S2 -> S1\nput x 1 @0\nuntil S2 log = 1\nmend S2 -> S1\nuntil converged\n");
    for run in runs("put x 1 @0 nowait\nuntil S1 log = 1\nrun 5ms\ncut S1 <-> all\nrun 50ms\n") {
        let entries = run.flights();
        let entries = entries
            .values()
            .filter(|flight| matches!(flight.summary.kind, PacketKind::Append { entries: 1, .. }));
        for flight in entries {
            assert_eq!(flight.end.and_then(|(_, why)| why), Some(DropReason::Cut));
        }
    }
}

#[test]
fn healing_mends_links_and_nothing_else() {
    for run in runs(
        "net reliable\ncrash S5\nsleep S4\nisolate S2 from clients\ncut a -> S3\n\
         link S1 <-> S3 loss=100% delay=1s duplicate=50%\nheal\nput x 1 @0\n\
         until S2 log = 1 and S3 log = 1 within 100ms\nexpect S5 is down and S4 is asleep\n",
    ) {
        assert_eq!(run.cluster.network().name(), "reliable");
        let links = run.cluster.links();
        let nodes: Vec<Node> = run.cluster.ids().map(Node::Server).collect();
        for from in &nodes {
            for to in &nodes {
                let rule = links.get(*from, *to).expect("a link").rule;
                assert_eq!(rule, Default::default());
            }
        }
    }
}

#[test]
fn rejoining_ends_cuts_and_leaves_other_rules() {
    for run in runs("link S1 -> S2 delay=7ms\nisolate S2 from clients\nrejoin S2\nrun 1s\n") {
        let link = run.cluster.links().get(Node::Server(server(1)), Node::Server(server(2)));
        let rule = link.expect("a link").rule;
        assert_eq!(rule.delay, Some(SpanRange::exactly(Span::from_millis(7))));
        assert!(!rule.cut);
        assert_eq!(run.cluster.leader(), Some(server(1)));
    }
}

#[test]
fn rejoining_leaves_the_links_to_servers_that_are_isolated_themselves() {
    runs(
        "isolate S2 S3\nrejoin S2\nput x 1 @0\nuntil S2 log = 1\nrun 50ms\nexpect S3 log = none\n\
         timeout S3\nrun 50ms\nexpect S3 term = 2 and S2 term = 1\n\
         rejoin S3\nuntil converged\nexpect S3 log = 1\n",
    );
    // Whatever was cut by a line of its own between the others and the one that comes back.
    runs("cut S2 -> S1 S4\ncut S5 <-> S2\nrejoin S2\nput x 1 @0\nuntil converged\n");
}

#[test]
fn rejoining_leaves_clients_cut_off_that_no_isolation_has_cut_off() {
    runs(
        "cut b <-> S1\nisolate S1 from clients\nput x 1 @0 client=c only=S1 nowait\nrejoin S1\n\
         put y 1 @0 client=b only=S1 nowait\nrun 3s\n\
         if not S1 is leader\ntimeout S1\nend\n\
         until not waiting client=c\nexpect waiting client=b\n\
         partition S1 S2 c | S3 S4 S5 d\nisolate S3 from clients\nrejoin S1 S2 S3 S4 S5\n\
         put z 1 @0 client=d only=S1 nowait\nrun 3s\nexpect waiting client=d\n",
    );
}

#[test]
fn mending_healing_and_partitions_end_isolation() {
    // Each lets S5 hear S2 again, or anybody; from then on it is joined as any other.
    for line in ["mend S2 <-> S5", "mend S5 -> S2", "heal", "partition S1 S2 S3 S4 S5"] {
        for run in runs(&format!("isolate S4 S5\n{line}\nisolate S4\nrejoin S4\n")) {
            let (four, five) = (Node::Server(server(4)), Node::Server(server(5)));
            assert!(run.cluster.reaches(four, five) && run.cluster.reaches(five, four), "{line}");
        }
    }
}

/// As long as nothing else is done to links, two servers hear each other if neither is isolated.
#[test]
fn isolation_belongs_to_servers() {
    for seed in 1..60u64 {
        let mut cluster = Cluster::new(Config { seed, ..Config::default() });
        let mut isolated = [false; 5];
        for step in 0..40u64 {
            let mixed = (seed * 0x9e37_79b9 + step * 0x85eb_ca6b) >> 7;
            let (number, away) = (mixed % 5, mixed / 5 % 2 == 0);
            let verb = if away { "isolate" } else { "rejoin" };
            let line = parse_line(&format!("{verb} S{}", number + 1)).expect("a good line");
            cluster.apply(&line).expect("it can be done");
            isolated[number as usize] = away;
            for from in 0..5 {
                for to in (0..5).filter(|to| *to != from) {
                    let node = |number: usize| Node::Server(server(number as u64 + 1));
                    let hears = !isolated[from] && !isolated[to];
                    assert_eq!(
                        cluster.reaches(node(from), node(to)),
                        hears,
                        "{line}, {isolated:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_link_delays_loses_and_duplicates_as_its_rule_says() {
    for run in runs(
        "link S1 -> S2 delay=40ms..70ms\nlink S1 -> S3 loss=100%\nlink S1 -> S4 duplicate=100%\n\
         link S1 -> S5 loss=30% duplicate=20%\nrun 20s\nexpect S1 is leader or term >= 2\n",
    ) {
        let from = Node::Server(server(1));
        let flights = run.flights();
        let start = Time(100_000);
        let to = |number| -> Vec<Flight> {
            let to = Node::Server(server(number));
            let those = flights.values().filter(|f| (f.from, f.to) == (from, to));
            those.filter(|f| f.sent > start && f.end.is_some()).copied().collect()
        };
        for flight in to(2) {
            let span = flight.span().expect("an end");
            assert!(Span::from_millis(40) <= span && span <= Span::from_millis(70), "{span}");
        }
        assert!(to(3).iter().all(|flight| !flight.arrived()));
        let copies = run.all(|event| match event {
            EventKind::Network(NetworkEvent::Duplicated { packet, .. }) => {
                flights.get(packet).map(|f| f.to)
            }
            _ => None,
        });
        let copies_to = |number| {
            let to = Node::Server(server(number));
            copies.iter().filter(|(time, node)| *time > start && *node == to).count()
        };
        assert!(copies_to(4) * 2 >= to(4).len() && copies_to(2) == 0);
        let (sent, lost) = (to(5).len(), to(5).iter().filter(|f| !f.arrived()).count());
        assert!(sent < 100 || (15..45).contains(&(lost * 100 / sent)), "{lost} of {sent} lost");
    }
}

#[test]
fn clusters_have_1_to_25_servers() {
    for servers in [1, 2, 3, 4, 6, 8, 13, 25] {
        let script = format!(
            "cluster servers={servers} network=reliable\nset x 1 within 30s\n\
             until converged within 30s\nexpect applied x = 1\n"
        );
        Run::of(&script, 1);
    }
}
