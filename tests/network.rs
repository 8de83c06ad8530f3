//! What networks do to packets: lose them, double them, bring them late, and tell whoever asked.

#[path = "support/flights.rs"]
mod flights;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeSet;

use flights::{Flight, server};
use raftlab::cluster::cause::Cause;
use raftlab::cluster::event::{
    AttemptFailure, ClientEvent, DropReason, EventKind, NetworkEvent, ServerEvent,
};
use raftlab::cluster::network::Network;
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Node, PacketId};
use run::Run;

const SEEDS: std::ops::Range<u64> = 1..9;

/// Who was told of the failure of a call, when, and the packet that had brought it about.
struct Told {
    at: Time,
    to: Node,
    about: Node,
    packet: PacketId,
}

fn told(run: &Run) -> Vec<Told> {
    let told = run.events.iter().filter_map(|event| match (&event.kind, event.cause) {
        (
            EventKind::Network(NetworkEvent::LossReported { to, about }),
            Cause::LossReport(packet),
        ) => Some(Told { at: event.time, to: *to, about: *about, packet }),
        _ => None,
    });
    told.collect()
}

/// When something first happened.
#[track_caller]
fn first(run: &Run, wanted: impl Fn(&EventKind) -> bool) -> Time {
    run.all(|event| wanted(event).then_some(())).first().expect("it happens").0
}

const fn is_cut_off(why: DropReason) -> bool {
    matches!(why, DropReason::Cut | DropReason::Down | DropReason::OldIncarnation)
}

/// The named networks by what happens to packets between servers: (delay, share lost in percent).
#[test]
fn the_named_networks_behave_as_they_are_described() {
    let networks = [
        ("classroom", 10_000..=15_000, 0..=0),
        ("reliable", 1_000..=5_000, 0..=0),
        ("unreliable", 1_000..=5_000, 45..=55),
        ("unreliable-mit", 1..=26_000, 8..=12),
    ];
    for (name, delays, losses) in networks {
        let run = Run::of(&format!("net {name}\nload clients=5 rate=200/s for 10s\nrun 12s\n"), 1);
        let flights = run.flights();
        let ended: Vec<&Flight> = flights.values().filter(|f| f.end.is_some()).collect();
        assert!(ended.len() > 1_000, "{name}: {} packets", ended.len());
        let delay = |f: &&Flight| f.span().is_some_and(|span| delays.contains(&span.micros()));
        assert!(ended.iter().all(delay), "{name}");
        let lost = ended.iter().filter(|f| f.end.is_some_and(|(_, why)| why.is_some())).count();
        let share = lost * 100 / ended.len();
        assert!(losses.contains(&share), "{name}: {share} % lost");
        let words = Network::from_name(name).map(Network::describe).unwrap_or_default();
        let (low, high) = (delays.start() / 1_000, delays.end() / 1_000);
        assert!(words.starts_with(&format!("{low}-{high} ms")), "{name}: {words}");
        let told = run.all(|event| {
            matches!(event, EventKind::Network(NetworkEvent::LossReported { .. })).then_some(())
        });
        assert_eq!(!told.is_empty(), name.starts_with("unreliable"), "{name}");
    }
}

#[test]
fn on_long_reordering_two_thirds_of_the_replies_are_late() {
    let run = Run::of("net long-reordering\nload rate=100/s for 10s\nrun 15s\n", 1);
    let flights = run.flights();
    let ended = flights.values().filter(|f| f.between_servers() && f.arrived());
    let (replies, requests): (Vec<&Flight>, Vec<&Flight>) = ended.partition(|f| f.is_reply());
    let late = |f: &&&Flight| f.span().is_some_and(|span| span >= Span::from_millis(200));
    assert_eq!(requests.iter().filter(late).count(), 0);
    let share = replies.iter().filter(late).count() * 100 / replies.len();
    assert!((60..=72).contains(&share), "{share} % of {} late", replies.len());
}

/// A delay of a link's own is all the delay that there is on it.
#[test]
fn a_links_own_delay_takes_the_place_of_late_replies() {
    let run = Run::of(
        "net long-reordering\nlink S1 <-> all delay=2ms..3ms\nlink a <-> all delay=2ms..3ms\n\
         load clients=3 rate=100/s for 5s\nset x 1 client=a\nfor i in 1..50\nget x client=a\nend\n\
         run 10s\n",
        1,
    );
    let ruled = |f: &Flight| match (f.from, f.to) {
        (Node::Server(one), Node::Server(two)) => [one, two].contains(&server(1)),
        (Node::Client(client), _) | (_, Node::Client(client)) => {
            run.cluster.names().client(client) == "a"
        }
    };
    let (own, others): (Vec<Flight>, Vec<Flight>) =
        run.flights().into_values().filter(Flight::arrived).partition(ruled);
    let replies = |flights: &[Flight]| -> Vec<Span> {
        flights.iter().filter(|f| f.is_reply()).filter_map(Flight::span).collect()
    };
    let (own, others) = (replies(&own), replies(&others));
    assert!(own.len() > 100 && own.iter().all(|span| *span <= Span::from_millis(3)));
    assert!(others.iter().any(|span| *span >= Span::from_millis(200)), "others keep their tail");
}

/// With half of the packets lost and all doubled, a quarter of the pairs is lost whole, and of
/// those alone somebody is told: when the second of them is lost.
#[test]
fn a_copy_has_a_fate_of_its_own_and_a_loss_is_told_when_both_are_lost() {
    let mut counts = [0u32; 4];
    let mut last_was_original = 0;
    for seed in SEEDS {
        let script =
            "cluster servers=3 network=unreliable\nlink all <-> all duplicate=100%\nrun 20s\n";
        let run = Run::of(script, seed);
        let flights = run.flights();
        let told: Vec<Told> = told(&run);
        let copies = run.all(|event| match event {
            EventKind::Network(NetworkEvent::Duplicated { packet, copy }) => Some((*packet, *copy)),
            _ => None,
        });
        for (_, (packet, copy)) in copies {
            let (one, two) = (flights[&packet], flights[&copy]);
            let (Some((end, lost)), Some((copy_end, copy_lost))) = (one.end, two.end) else {
                continue;
            };
            counts[usize::from(lost.is_some()) * 2 + usize::from(copy_lost.is_some())] += 1;
            let of_these = |told: &&Told| told.packet == packet || told.packet == copy;
            let told: Vec<&Told> = told.iter().filter(of_these).collect();
            if lost.is_some() && copy_lost.is_some() {
                let (last, at) = if end > copy_end { (packet, end) } else { (copy, copy_end) };
                last_was_original += u32::from(last == packet);
                assert_eq!(told.len(), 1);
                assert_eq!((told[0].packet, told[0].at), (last, at));
            } else {
                assert!(told.is_empty(), "something of {packet} has arrived");
            }
        }
    }
    let all: u32 = counts.iter().sum();
    assert!(all > 4_000 && last_was_original > 100, "{counts:?}");
    assert!(counts.iter().all(|count| (22..=28).contains(&(count * 100 / all))), "{counts:?}");
}

#[test]
fn where_everything_is_lost_no_copy_arrives() {
    for run in SEEDS.map(|seed| {
        let rule = "loss=100% duplicate=100%";
        Run::of(&format!("link all <-> all {rule}\nrun 5s\nexpect no leader\n"), seed)
    }) {
        let flights = run.flights();
        assert!(flights.len() > 100 && !flights.values().any(Flight::arrived));
    }
}

#[test]
fn copies_of_replies_are_late_as_replies_are() {
    let run = Run::of("net long-reordering\nlink all <-> all duplicate=100%\nrun 20s\n", 3);
    let flights = run.flights();
    let copies = run.all(|event| match event {
        EventKind::Network(NetworkEvent::Duplicated { copy, .. }) => {
            flights.get(copy).filter(|f| f.is_reply())
        }
        _ => None,
    });
    let late = copies.iter().filter(|(_, f)| f.span() >= Some(Span::from_millis(200))).count();
    let share = late * 100 / copies.len();
    assert!((60..=72).contains(&share), "{share} % of {} late", copies.len());
}

#[test]
fn whoever_asked_is_told_of_a_loss_when_it_happens() {
    for (network, seed) in SEEDS.flat_map(|seed| [("unreliable", seed), ("unreliable-mit", seed)]) {
        let script = format!("cluster network={network}\nload clients=2 for 5s\nrun 5s\n");
        let run = Run::of(&script, seed);
        let flights = run.flights();
        let told = told(&run);
        for told in &told {
            let flight = flights[&told.packet];
            assert_eq!(flight.end, Some((told.at, Some(DropReason::Lost))));
            let (asks, asked) =
                if flight.is_reply() { (flight.to, flight.from) } else { (flight.from, flight.to) };
            assert_eq!((told.to, told.about), (asks, asked));
        }
        let lost = flights.values().filter(|f| matches!(f.end, Some((_, Some(_))))).count();
        assert_eq!(told.len(), lost, "of every loss, once");
    }
}

/// Where callers hear of it: 0 to 99 whole milliseconds after the packet has met the cut, or the
/// server that is down, or has been started again since.
#[test]
fn on_mits_network_calls_to_cut_and_dead_servers_fail_within_99_ms() {
    for network in Network::ALL {
        let script = format!(
            "cluster servers=5 network={}\nload clients=3 rate=50/s\nuntil leader within 60s\n\
             crash S5\ncut S1 <-> S2\ncut load1 <-> S3 S4\n\
             every 300ms restart down\nevery 310ms crash random\nrun 20s\n",
            network.name()
        );
        let run = Run::of(&script, 5);
        let flights = run.flights();
        let (mut after, mut clients) = (Vec::new(), 0);
        for told in told(&run) {
            let (met, why) = flights[&told.packet].end.expect("it has ended");
            if is_cut_off(why.expect("it has not arrived")) {
                after.push(told.at.since(met).micros());
                clients += u32::from(matches!(told.to, Node::Client(_)));
            }
        }
        if network != Network::UnreliableMit {
            assert!(after.is_empty(), "{network}: {after:?}");
            continue;
        }
        assert!(after.len() > 300 && clients > 50, "{} and {clients}", after.len());
        let kinds: BTreeSet<u64> = after.iter().copied().collect();
        assert!(kinds.iter().all(|span| span % 1_000 == 0 && *span <= 99_000), "{kinds:?}");
        assert!(kinds.len() > 80, "each of them: {kinds:?}");
    }
}

/// The server had taken the call: its connection dies with it.
#[test]
fn on_mits_network_a_call_dies_with_the_server_that_has_taken_it() {
    for network in Network::ALL {
        for seed in SEEDS {
            let script = format!(
                "cluster servers=3 network=reliable\ntimeout S1\nuntil S1 is leader\n\
                 cut S1 -> S2 S3\nnet {}\nlink b <-> S1 loss=0%\nput x 1 @0 client=b only=S1 nowait\n\
                 until S1 log = 1\ncrash S1\nrun 2s\n",
                network.name()
            );
            let run = Run::of(&script, seed);
            let crash = first(&run, |event| {
                matches!(event, EventKind::Server(_, ServerEvent::Crashed { .. }))
            });
            let failed = run.all(|event| match event {
                EventKind::Client(_, ClientEvent::AttemptFailed { why, .. }) => Some(*why),
                _ => None,
            });
            let (at, why) = failed[0];
            let span = at.since(crash);
            if network == Network::UnreliableMit {
                assert_eq!(why, AttemptFailure::LossReported);
                assert!(span <= Span::from_millis(99), "{span}");
            } else {
                assert_eq!(why, AttemptFailure::TimedOut, "{network}");
                assert!(span >= Span::from_millis(900), "{network}: {span}");
            }
        }
    }
}

/// News of a loss waits for a sleeper as packets do.
#[test]
fn a_sleeper_is_told_of_a_loss_when_it_wakes() {
    for seed in SEEDS {
        let run = Run::of(
            "cluster servers=3 network=unreliable\nlink all <-> all loss=0%\ntimeout S1\n\
             until S1 is leader\nuntil converged\nlink S1 -> S2 loss=100%\nheartbeat S1\nsleep S1\n\
             run 200ms\nexpect S1 is asleep\nwake S1\nrun 1ms\n",
            seed,
        );
        let woke =
            first(&run, |event| matches!(event, EventKind::Server(_, ServerEvent::Woke { .. })));
        let told: Vec<Told> = told(&run).into_iter().filter(|told| told.at == woke).collect();
        assert_eq!(told.len(), 1, "seed {seed}");
        assert_eq!(told[0].to, Node::Server(server(1)));
        let (lost, _) = run.flights()[&told[0].packet].end.expect("it was lost");
        assert!(lost < woke);
    }
}

#[test]
fn a_restarted_server_hears_nothing_of_the_calls_of_its_earlier_life() {
    for seed in SEEDS {
        let run = Run::of(
            "cluster servers=3 network=unreliable\nlink all <-> all loss=0%\ntimeout S1\n\
             until S1 is leader\nuntil converged\nlink S1 -> S2 S3 loss=100%\nheartbeat S1\n\
             crash S1\nrestart S1\nrun 10ms\n",
            seed,
        );
        let lost = run.flights();
        let lost = lost.values().filter(|f| f.end.is_some_and(|(_, why)| why.is_some())).count();
        assert!(lost >= 2 && told(&run).is_empty(), "seed {seed}: {lost} lost");
    }
}

/// Cuts are met once, on arrival: what has come to a sleeper by then is its own.
#[test]
fn a_cut_takes_nothing_from_what_waits_for_a_sleeper() {
    for seed in SEEDS {
        let run = Run::of(
            "cluster servers=5 election=100s..200s\ntimeout S1\nuntil S1 is leader\nput x 1 @0\n\
             until converged\nsleep S4\nput x 2 @1\nrun 300ms\nisolate S4\nrun 50ms\nwake S4\n\
             run 1ms\nexpect S4 log = 1,1\nput x 3 @2\nrun 300ms\nexpect S4 log = 1,1\n",
            seed,
        );
        let flights = run.flights();
        let cut = flights.values().filter(|f| matches!(f.end, Some((_, Some(DropReason::Cut)))));
        assert!(cut.count() > 2, "what comes after the cut is lost, seed {seed}");
    }
}
