//! Faults at random: every kind acts, by commands that are recorded, and `chaos stop` ends all.

#[path = "support/run.rs"]
mod run;

use std::collections::BTreeSet;

use raftlab::cluster::Cluster;
use raftlab::cluster::command::Fault;
use raftlab::cluster::command::{Deed, LabAct, NodeName, Place, Script};
use raftlab::cluster::event::{EventKind, LabEvent};
use raftlab::cluster::network::LinkRule;
use raftlab::cluster::server::Power;
use raftlab::cluster::time::Ppm;
use raftlab::cluster::types::{Node, ServerId};
use run::Run;

const HEAD: &str =
    "cluster servers=5 network=reliable election=100ms..200ms heartbeat=30ms rpc-timeout=200ms";

fn verbs(run: &Run) -> BTreeSet<String> {
    let verb = |deed: &Deed<NodeName>| deed.to_string().split(' ').next().map(str::to_owned);
    let commands = run.all(|kind| match kind {
        EventKind::Lab(LabEvent::Commanded { command }) => verb(command),
        _ => None,
    });
    commands.into_iter().map(|(_, verb)| verb).collect()
}

/// What each kind does and takes back again, in the words of commands.
const fn deeds(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::Crashes | Fault::Blinks | Fault::Ambushes | Fault::Blackouts => {
            &["crash", "restart"]
        }
        Fault::Cuts | Fault::Bridges | Fault::Rings => &["cut", "rejoin"],
        Fault::Isolations => &["isolate", "rejoin"],
        Fault::Halves => &["partition"],
        Fault::Sleeps => &["sleep", "wake"],
        Fault::Clocks => &["clock"],
        Fault::Losses | Fault::Duplicates => &["link", "mend"],
        Fault::Delays => &["link", "mend", "net"],
        Fault::Timeouts => &["timeout", "timers"],
        Fault::Transfers => &["transfer"],
        Fault::Members => &["member", "members", "learner", "crash", "wipe", "restart"],
        Fault::Disks => &["disk", "restart"],
    }
}

#[test]
fn each_kind_of_fault_strikes_and_relents_by_its_commands() {
    for fault in Fault::ALL {
        let text = format!("{HEAD}\nload clients=2 keys=2\nchaos {}\nrun 20s\n", fault.name());
        let expected: BTreeSet<String> = deeds(fault).iter().map(|&verb| verb.to_owned()).collect();
        let mut seen = BTreeSet::new();
        for seed in 1..5 {
            seen.extend(verbs(&Run::of(&text, seed)));
        }
        seen.remove("load");
        seen.remove("chaos");
        assert_eq!(seen, expected, "{}", fault.name());
    }
}

/// The same commands at the same places, and no chaos: the same history.
#[test]
fn what_chaos_did_can_be_done_by_hand() {
    let load = "load clients=3 keys=2 rate=100/s";
    for seed in 1..40 {
        let run = Run::of(&format!("{HEAD}\n{load}\nchaos swarm\nrun 2s\n"), seed);
        let mut place = Place::default();
        let mut lines = format!("{HEAD}\n{load}\n");
        let mut replayed = 0;
        let script = format!("{HEAD}\n{load}\nchaos swarm\nrun 2s\n");
        let script = Script::parse("test.lab", script.as_bytes()).expect("a script");
        let mut cluster = Cluster::with_script(&script, Some(seed));
        while !cluster.finished() {
            // Chaos acts just before its turn is counted, so the place is the one before the step.
            if cluster.next_due().is_some_and(|due| due != place.time) {
                place = Place { time: cluster.next_due().unwrap_or_default(), after: 0, acts: 0 };
            }
            cluster.step();
            for event in cluster.events() {
                if let EventKind::Lab(LabEvent::Commanded { command }) = &event.kind
                    && !matches!(**command, Deed::Lab(LabAct::Chaos(_) | LabAct::Load(_)))
                {
                    lines.push_str(&format!("at {place} {command}\n"));
                    replayed += 1;
                }
            }
            place = cluster.place();
        }
        lines.push_str("run 2s\n");
        let replay = Run::of(&lines, seed);
        assert_eq!(replay.cluster.history(), run.cluster.history(), "seed {seed}:\n{lines}");
        assert!(replayed > 0, "seed {seed}");
    }
}

#[test]
fn in_the_calm_every_fault_has_ended_and_all_are_answered() {
    let text = format!(
        "{HEAD} sync=1ms\nload clients=4 keys=2 rate=100/s\nchaos swarm disks\nrun 2s\nchaos stop\nload stop\n\
         until leader within 5s\nuntil idle within 20s\nset end 1 client=calm\n\
         until converged within 5s\nexpect safe and linearizable\n"
    );
    for seed in 1..150 {
        let run = Run::of(&text, seed);
        let cluster = &run.cluster;
        assert!(cluster.chaos().is_none());
        assert_eq!(cluster.network(), cluster.config().network, "seed {seed}");
        for server in cluster.servers() {
            assert_eq!((server.power, server.clock), (Power::Up, Ppm::ONE), "seed {seed}");
            let well = (cluster.config().sync, false);
            assert_eq!(
                (server.disk.sync.unwrap_or_default(), server.disk.fails),
                well,
                "seed {seed}"
            );
        }
        let nodes = || cluster.ids().map(Node::Server);
        for (from, to) in nodes().flat_map(|from| nodes().map(move |to| (from, to))) {
            let rule = cluster.links().get(from, to).map(|link| link.rule);
            assert_eq!(rule, Some(LinkRule::default()), "seed {seed}");
        }
    }
}

#[test]
fn the_calm_ends_what_people_did_too() {
    let text = "crash S1 S2\nsleep S3\nclock S4 rate=3\ndisk S5 sync=never\nisolate S5\nnet unreliable\nrun 1s\n\
                chaos stop\nexpect up >= 5 and S3 is follower\nuntil leader\nset x 1\n\
                until converged\n";
    let run = Run::of(text, 1);
    let five = ServerId::from_number(5).expect("a server");
    assert!(run.cluster.reaches(Node::Server(five), Node::Server(ServerId::from_index(0))));
}

/// What has nothing to end is not said.
#[test]
fn the_calm_says_only_what_has_something_to_do() {
    let said = |deeds: &str| {
        let run = Run::of(&format!("chaos timeouts\n{deeds}chaos stop\nrun 1ms\n"), 1);
        verbs(&run)
    };
    let verbs =
        |verbs: &[&str]| -> BTreeSet<String> { verbs.iter().map(|v| (*v).into()).collect() };
    assert_eq!(said(""), verbs(&["chaos"]));
    for link in ["cut S1 -> S2", "link S1 -> a loss=1%", "isolate S1 from clients"] {
        let verb = link.split(' ').next().unwrap_or_default();
        assert_eq!(said(&format!("{link}\n")), verbs(&["chaos", "heal", verb]), "{link}");
        assert_eq!(said(&format!("{link}\nheal\n")), verbs(&["chaos", "heal", verb]), "{link}");
    }
    assert_eq!(said("crash S1\nclock S2 rate=2\n"), verbs(&["chaos", "clock", "crash", "restart"]));
}

#[test]
fn a_swarm_differs_from_seed_to_seed() {
    let drawn = |before: &str, seed| -> Vec<Fault> {
        let run = Run::of(&format!("{before}chaos swarm\nrun 1ms\n"), seed);
        run.cluster.chaos().expect("chaos").faults().collect()
    };
    let swarms: BTreeSet<Vec<Fault>> = (1..50).map(|seed| drawn("", seed)).collect();
    assert!(swarms.len() > 30 && swarms.iter().all(|swarm| !swarm.is_empty()));
    let all: BTreeSet<Fault> = swarms.into_iter().flatten().collect();
    assert_eq!(all, Fault::OF_FIGURE_2.into(), "each kind is drawn some time");
    // Where an option is on, leaders hand over too.
    let beyond = (1..50).flat_map(|seed| drawn("option noop on\n", seed));
    assert_eq!(beyond.collect::<BTreeSet<Fault>>(), Fault::OF_SWARMS.into());
}

#[test]
fn one_chaos_at_a_time() {
    let script = Script::parse("test.lab", b"chaos crashes\nchaos swarm\n").expect("a script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    let failure = cluster.failure().expect("refused");
    assert!(failure.actual.contains("chaos stop"), "{}", failure.actual);
}
