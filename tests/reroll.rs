//! `reseed SEED all`: how a state goes on with other randomness must be how runs go on that came to
//! that state. Runs of many seeds that have come to one state are the truth; futures of one of them
//! are compared with it.

use std::collections::BTreeMap;

use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::event::{EventKind, NetworkEvent, PacketEvent};
use raftlab::cluster::network::Flight;
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::{Node, PacketId, ServerId};
use raftlab::cluster::{Cause, Cluster, Step};

fn start(script: &str, seed: u64) -> Cluster {
    let script = Script::parse("t.lab", script.as_bytes());
    let script = script.unwrap_or_else(|mistakes| panic!("{}", mistakes[0]));
    Cluster::with_script(&script, Some(seed))
}

fn apply(cluster: &mut Cluster, line: &str) {
    let command = parse_line(line).expect("a good line");
    cluster.apply(&command).expect("it can be done");
}

/// A future of `cluster`, by a seed of its own.
fn future(cluster: &Cluster, seed: u64) -> Cluster {
    let mut future = cluster.clone();
    apply(&mut future, &format!("reseed {seed} all"));
    future
}

/// How often each answer comes.
type Counts<T> = BTreeMap<T, u32>;

fn count<T: Ord>(answers: impl Iterator<Item = T>) -> Counts<T> {
    let mut counts = Counts::new();
    answers.for_each(|answer| *counts.entry(answer).or_default() += 1);
    counts
}

/// Two samples of one distribution: chi-square stays below what one in ten thousand exceeds.
/// (Wilson and Hilferty's approximation of that bound, for `k` degrees of freedom.)
#[track_caller]
fn alike<T: Ord + Copy + std::fmt::Debug>(one: &Counts<T>, two: &Counts<T>) {
    let total = |counts: &Counts<T>| counts.values().sum::<u32>();
    let (m, n) = (f64::from(total(one)), f64::from(total(two)));
    assert!(m > 500.0 && n > 500.0, "too few: {one:?} {two:?}");
    let keys: std::collections::BTreeSet<T> = one.keys().chain(two.keys()).copied().collect();
    let mut chi = 0.0;
    for key in &keys {
        let of = |counts: &Counts<T>| f64::from(counts.get(key).copied().unwrap_or(0));
        let (a, b) = (of(one), of(two));
        chi += ((n / m).sqrt() * a - (m / n).sqrt() * b).powi(2) / (a + b);
    }
    let k = keys.len() as f64 - 1.0;
    let bound = k * (1.0 - 2.0 / (9.0 * k) + 3.719 * (2.0 / (9.0 * k)).sqrt()).powi(3);
    println!("chi-square {chi:.1} of {bound:.1}: {one:?} {two:?}");
    assert!(chi < bound, "chi-square {chi:.1} > {bound:.1}:\n{one:?}\n{two:?}");
}

/// S1 leads and crashes; its heartbeats reached the others at moments far apart, but the same ones
/// with every seed. By the end all others have been silent for longer than a timeout may be short.
const SILENT: &str = "cluster servers=5 network=reliable
link all <-> all delay=2ms
link S1 -> S3 delay=25ms
link S1 -> S4 delay=50ms
link S1 -> S5 delay=75ms
timeout S1
run 1s
crash S1
run 315ms
";

fn winner(mut cluster: Cluster) -> Option<u8> {
    let end = cluster.now() + Span::from_secs(3);
    while cluster.leader().is_none() && cluster.next_due().is_some_and(|due| due < end) {
        cluster.step();
    }
    cluster.leader().map(|leader| leader.number())
}

#[test]
fn who_wins_from_here_is_who_won_in_runs_that_came_here() {
    let here = Time(1_315_000);
    let mut state = None;
    let mut fresh = Counts::new();
    for seed in 1..=8_000 {
        let mut cluster = start(SILENT, seed);
        cluster.run_until(here);
        // Only runs in which nobody has become a candidate have come here.
        if cluster.servers().iter().all(|server| server.raft.term().0 == 1) {
            state.get_or_insert_with(|| cluster.clone());
            *fresh.entry(winner(cluster).expect("somebody wins")).or_default() += 1;
        }
    }
    let state = state.expect("some come here");
    let futures = (1..=2_500).map(|seed| winner(future(&state, seed)).expect("somebody wins"));
    let futures = count(futures);
    assert_eq!(futures.keys().copied().collect::<Vec<u8>>(), [2, 3, 4, 5]);
    alike(&fresh, &futures);
    // What is not drawn again keeps the winner.
    let mut kept = state.clone();
    apply(&mut kept, "reseed 1");
    assert_eq!(winner(kept), winner(state));
}

#[test]
fn each_of_four_equals_wins_a_quarter() {
    let script = "cluster servers=5\nuntil leader\nrun 1s\ncrash leader\nrun 10ms\nrun 10s\n";
    let mut cluster = start(script, 3);
    cluster.run_until(Time::START + Span::from_secs(1));
    while cluster.leader().is_some() {
        cluster.step();
    }
    cluster.run_until(cluster.now() + Span::from_millis(10));
    let down = cluster.servers().iter().find(|server| !server.is_running()).expect("it crashed").id;
    let wins = count((1..=2_000).map(|seed| winner(future(&cluster, seed)).expect("a leader")));
    assert_eq!((wins.len(), wins.get(&down.number())), (4, None), "{wins:?}");
    // 500 each; a standard deviation is 19, and heartbeats came some milliseconds apart.
    assert!(wins.values().all(|wins| (400..600).contains(wins)), "{wins:?}");
}

fn server(number: u64) -> Node {
    Node::Server(ServerId::from_number(number).expect("a server's number"))
}

/// When the packet from one server to another ends its flight, in ten buckets of a span, and how.
fn end(mut cluster: Cluster, from: u64, to: u64, span: Span) -> (u64, bool) {
    let ends = |(one, two)| (one, two) == (server(from), server(to));
    loop {
        assert_eq!(cluster.step(), Step::Happened);
        let end = cluster.events().iter().find_map(|event| match event.kind {
            EventKind::Packet(Flight { from, to, .. }, PacketEvent::Received) => {
                ends((from, to)).then_some(true)
            }
            EventKind::Packet(Flight { from, to, .. }, PacketEvent::Dropped { .. }) => {
                ends((from, to)).then_some(false)
            }
            _ => None,
        });
        if let Some(arrived) = end {
            return (cluster.now().micros() * 10 / span.micros(), arrived);
        }
    }
}

/// Runs of many seeds that have come to a state at `here` in which the first packet between the
/// two is in flight, against futures of one of them.
#[track_caller]
fn packets_end_alike(script: &str, here: Time, (from, to): (u64, u64), span: Span) {
    let mut state = None;
    let mut fresh = Counts::new();
    for seed in 1..=6_000 {
        let mut cluster = start(script, seed);
        cluster.run_until(here);
        let sent = Time::START + Span((from - 1) * 2_000);
        if cluster.packets().iter().any(|packet| packet.from == server(from) && packet.sent == sent)
        {
            state.get_or_insert_with(|| cluster.clone());
            *fresh.entry(end(cluster, from, to, span)).or_default() += 1;
        }
    }
    let state = state.expect("some come here");
    assert!(state.redrawable().packets >= 1);
    let futures = count((1..=4_000).map(|seed| end(future(&state, seed), from, to, span)));
    assert!(futures.len() >= 6, "{futures:?}");
    alike(&fresh, &futures);
}

#[test]
fn a_packet_fares_from_here_as_it_fared_in_runs_that_came_here() {
    let head = "cluster servers=3 election=3s..6s network=reliable\nisolate S3\n";
    // A request half-way, and more.
    let request = format!("{head}link S1 -> S2 delay=10ms..100ms loss=30%\ntimeout S1\nrun 5s\n");
    packets_end_alike(&request, Time(40_000), (1, 2), Span::from_millis(100));
    // The rule has changed since: the packet is under that of its sending.
    let changed = request.replace("run 5s", "run 1ms\nheal\nisolate S3\nrun 5s");
    packets_end_alike(&changed, Time(70_000), (1, 2), Span::from_millis(100));
    // A reply that may be late.
    let reply = format!("{head}link S1 -> S2 delay=2ms\nnet long-reordering\ntimeout S1\nrun 5s\n");
    packets_end_alike(&reply, Time(4_000), (2, 1), Span::from_secs(2));
}

/// Everything that waits, and when it is due.
/// When election timers fire, and which packets arrive when.
type Pending = (Vec<Option<Time>>, Vec<(Node, Node, Time)>);

fn pending(cluster: &Cluster) -> Pending {
    let timers = cluster
        .servers()
        .iter()
        .map(|server| server.timer(TimerKind::Election).map(|timer| timer.due));
    let packets = cluster.packets();
    let packets = packets.iter().map(|packet| (packet.from, packet.to, packet.due));
    (timers.collect(), packets.collect())
}

fn after(script: &str, span: Span) -> Cluster {
    let mut cluster = start(script, 1);
    cluster.run_until(Time::START + span);
    cluster
}

#[test]
fn what_a_hand_has_fixed_stays() {
    let cluster = after("cluster servers=3\ntimers spread\nrun 1s\n", Span::from_millis(10));
    assert_eq!(cluster.redrawable().timers_by_hand, 3);
    assert_eq!(pending(&future(&cluster, 7)), pending(&cluster));
    // What is drawn afterwards is no hand's.
    let drawn = after("cluster servers=3\ntimers spread\ncrash S1\nrestart S1\nrun 1s\n", Span(1));
    assert_eq!((drawn.redrawable().timers_by_hand, drawn.redrawable().election_timers), (2, 1));
    let (before, after) = (pending(&drawn).0, pending(&future(&drawn, 7)).0);
    assert_eq!(before[1..], after[1..]);
    assert_ne!(before[0], after[0]);
}

/// Drawn again, of a packet and its copy neither knows what becomes of the other: nobody is told of
/// the loss of one. Of the loss of a packet without a copy callers hear where the network says so.
#[test]
fn of_a_loss_drawn_again_hears_who_would_have_heard_of_it() {
    let told = |network: &str, link: &str| {
        let head = format!("cluster servers=3 network={network}\nlink all <-> all {link}\n");
        let cluster =
            after(&format!("{head}load clients=3 rate=200/s\nrun 5s\n"), Span::from_secs(1));
        let flying = |cluster: &Cluster, id: PacketId| {
            let packets = cluster.packets();
            packets.iter().any(|packet| packet.id == id && matches!(packet.to, Node::Server(_)))
        };
        let mut told = 0;
        for seed in 0..40 {
            let mut future = future(&cluster, seed);
            while future.now() < cluster.now() + Span::from_millis(50) {
                future.step();
                told += future
                    .events()
                    .iter()
                    .filter(|event| match (&event.kind, event.cause) {
                        (
                            EventKind::Network(NetworkEvent::LossReported {
                                to: Node::Server(_),
                                ..
                            }),
                            Cause::LossReport(id),
                        ) => flying(&cluster, id),
                        _ => false,
                    })
                    .count();
            }
        }
        told
    };
    assert!(told("unreliable", "delay=20ms..40ms") > 20);
    assert_eq!(told("unreliable", "delay=20ms..40ms duplicate=100%"), 0);
    assert_eq!(told("reliable", "delay=20ms..40ms loss=50%"), 0);
}

#[test]
fn what_was_never_drawn_stays() {
    // Timeouts and delays of one length only, heartbeats, syncs, a client's second of patience.
    let script = "cluster servers=3 election=200ms..200ms sync=30ms\nlink all <-> all delay=3ms\n\
                  timeout S1\nuntil leader\ncut all <-> a\nput x 1 @0 nowait\nrun 5s\n";
    let cluster = after(script, Span::from_millis(150));
    let redrawn = cluster.redrawable();
    assert_eq!(redrawn, raftlab::cluster::Redrawn::default());
    let end = |mut cluster: Cluster| {
        cluster.run_until(Time::START + Span::from_secs(2));
        (pending(&cluster), cluster.handled())
    };
    assert_eq!(end(future(&cluster, 5)), end(cluster));
}

#[test]
fn a_sleepers_timer_is_drawn_again_given_how_long_it_was_awake() {
    let script = "cluster servers=3\nisolate all\nrun 320ms\nsleep all\nrun 10s\n";
    let cluster = (1..)
        .map(|seed| {
            let mut cluster = start(script, seed);
            cluster.run_until(Time::START + Span::from_secs(1));
            cluster
        })
        .find(|cluster| cluster.servers().iter().all(|server| server.raft.term().0 == 0));
    let cluster = cluster.expect("nobody stood before it fell asleep");
    assert_eq!(cluster.redrawable().election_timers, 3);
    let mut dues = Vec::new();
    for seed in 0..200 {
        let mut future = future(&cluster, seed);
        apply(&mut future, "wake all");
        dues.extend(future.servers().iter().filter_map(|server| server.timer(TimerKind::Election)));
    }
    // Awake for 320 ms of 300 to 600: from 1 µs to 280 ms are left, from when it wakes.
    let left: Vec<u64> = dues.iter().map(|timer| timer.due.since(cluster.now()).micros()).collect();
    assert!(left.iter().all(|left| (1..=280_000).contains(left)));
    assert!(left.iter().any(|left| *left < 10_000) && left.iter().any(|left| *left > 270_000));
}

#[test]
fn pauses_and_waits_of_random_length_are_drawn_again() {
    let script = "cluster servers=3\nload clients=3 rate=10/s\nchaos crashes\ntask t\n  \
                  run 1s..5s\n  note woken\nend\nisolate all\nget x nowait\nrun 100ms\nrun 10s\n";
    let cluster = after(script, Span::from_millis(100));
    let redrawn = cluster.redrawable();
    assert!(redrawn.clients >= 3 && redrawn.others >= 2, "{redrawn:?}");
    let woken = |mut cluster: Cluster| {
        while cluster.step() == Step::Happened {
            let noted = |text: &str| text.contains("woken");
            if cluster.events().iter().any(|event| noted(&format!("{:?}", event.kind))) {
                break;
            }
        }
        cluster.now()
    };
    let times = count((0..100).map(|seed| woken(future(&cluster, seed))));
    assert!(times.len() > 90, "{times:?}");
    let within = |time: &Time| (1_000_000..=5_000_000).contains(&time.micros());
    assert!(times.keys().all(within), "{times:?}");
}

#[test]
fn a_redrawn_run_is_a_run_like_any_other() {
    let script = "cluster servers=5 network=long-reordering\n\
                  load clients=4 keys=2 rate=100/s for 2s\nchaos swarm\nrun 2s\nchaos stop\nuntil leader within 20s\nuntil idle within 60s\n\
                  until converged within 20s\nexpect safe and linearizable\n";
    let mut moved = false;
    for seed in 1..=60 {
        let mut cluster = start(script, seed);
        for reroll in 0..8 {
            cluster.run_until(Time::START + Span(reroll * 290_000 + seed * 1_000));
            let before = cluster.clone();
            if cluster.is_stopped() {
                break;
            }
            apply(&mut cluster, &format!("reseed {reroll} all"));
            // The same command gives the same run.
            assert_eq!(pending(&future(&before, reroll)), pending(&cluster));
            let (now, (timers, packets)) = (cluster.now(), pending(&cluster));
            let (_, before) = pending(&before);
            let soon = |packets: &[(Node, Node, Time)]| {
                packets.iter().filter(|packet| packet.2 <= now).copied().collect::<Vec<_>>()
            };
            assert_eq!(soon(&before), soon(&packets), "seed {seed}: what is due now stays");
            moved |= before != packets && timers.iter().flatten().all(|due| *due >= Time::START);
        }
        while !cluster.finished() && cluster.step() == Step::Happened {}
        assert_eq!((cluster.violation(), cluster.failure()), (None, None), "seed {seed}");
    }
    assert!(moved);
}
