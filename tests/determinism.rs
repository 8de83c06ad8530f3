//! The same script and seed give the same run to the last bit: run after run, however the run is
//! interrupted, and whether a command comes from a script's line, an `at` or a key.
//!
//! The digests of many runs are pinned in `digests.tsv`: every script of `scripts/` with three
//! seeds, and the first thousand seeds of the hunt, folded by the hundred, so that a change can be
//! narrowed down. They change only when the engine's rules do, and then `ENGINE` in
//! `src/cluster/digest.rs` must change too, for recordings name it. To pin them again:
//! `UPDATE_DIGESTS=1 cargo test --test determinism`.

#[path = "support/scripts.rs"]
mod scripts;

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::prelude::*;
use raftlab::app::hunt::plan::{self, Fixed};
use raftlab::cluster::command::{Command, Place, Script, Variant, parse_line};
use raftlab::cluster::config::Config;
use raftlab::cluster::digest::{Digest, ENGINE};
use raftlab::cluster::event::{EventKind, PacketEvent};
use raftlab::cluster::network::{Flight, Network};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Node, ServerId};
use raftlab::cluster::{Cluster, Step};
use scripts::{play, scripts_of};

/// Each kind of fault, of network and of client work is in one of these.
const VARIED: [&str; 10] = [
    "scripts/handout/basic_kvraft.lab",
    "scripts/handout/lock_two_clients_unreliable.lab",
    "scripts/handout/lock_with_crash.lab",
    "scripts/handout/persist_partition.lab",
    "scripts/lessons/07_a_lost_majority_commits_nothing.lab",
    "scripts/raft/crashes_with_slow_disks_lose_nothing_confirmed.lab",
    "scripts/raft/duplicates_and_reordering_change_nothing.lab",
    "scripts/raft/figure_8_old_entry_on_a_majority_falls.lab",
    "scripts/raft/sleeping_leader_wakes_up_deposed.lab",
    "scripts/raft/twenty_five_servers.lab",
];

fn all_scripts() -> Vec<(String, Script)> {
    ["handout", "lessons", "mit", "raft"].into_iter().flat_map(scripts_of).collect()
}

fn script(name: &str) -> Script {
    let found = all_scripts().into_iter().find(|(other, _)| other == name);
    found.unwrap_or_else(|| panic!("there is no {name}")).1
}

/// A run, or many, that have a row in the table.
enum Pinned {
    Script { name: String, script: Box<Script>, seed: u64 },
    Hunt(Range<u64>),
}

impl Pinned {
    fn all() -> Vec<Self> {
        let scripts =
            ["etcd", "flaws", "handout", "lessons", "mit", "raft"].into_iter().flat_map(scripts_of);
        let variants = scripts.flat_map(|(name, script)| {
            let variants: Vec<Script> = script.variants().collect();
            variants.into_iter().map(move |script| {
                let flawed = script.shows.is_some() && script.variant == Variant::With;
                let name = if flawed { format!("{name} with its flaw") } else { name.clone() };
                (name, script)
            })
        });
        let scripts = variants.flat_map(|(name, script)| {
            [1, 7, 0x1f].map(|seed| Self::Script {
                name: name.clone(),
                script: Box::new(script.clone()),
                seed,
            })
        });
        let hunt = (0..10).map(|hundred| Self::Hunt(hundred * 100 + 1..hundred * 100 + 101));
        scripts.chain(hunt).collect()
    }

    fn row(&self) -> String {
        match self {
            Self::Script { name, script, seed } => {
                let cluster = play(script, Some(*seed));
                // What shows a flaw ends where it shows.
                let ended = cluster.finished() && !cluster.is_stopped();
                assert!(ended || name.ends_with("flaw"), "{name}, seed {seed}");
                format!("{name}\t{seed}\t{:016x}\n", cluster.digest())
            }
            Self::Hunt(seeds) => {
                let mut fold = Digest::new();
                for seed in seeds.clone() {
                    let cluster = play(&plan::script(seed, &Fixed::default()), Some(seed));
                    assert!(cluster.finished() && !cluster.is_stopped(), "seed {seed} of the hunt");
                    fold.u64(cluster.digest());
                }
                format!("hunt\t{}..{}\t{:016x}\n", seeds.start, seeds.end, fold.value())
            }
        }
    }
}

/// All rows, made on all cores: a cluster stays on the thread that plays it.
fn table() -> String {
    let all = Pinned::all();
    let next = AtomicUsize::new(all.len());
    let work = || {
        let mut rows = Vec::new();
        // From the end, where the long ones are.
        while let Ok(left) =
            next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        {
            rows.push((left - 1, all[left - 1].row()));
        }
        rows
    };
    let mut rows: Vec<(usize, String)> = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("rows")).collect()
    });
    rows.sort_unstable();
    let rows = rows.into_iter().map(|(_, row)| row);
    format!("# engine {ENGINE}: script, seed, digest\n") + &rows.collect::<String>()
}

#[test]
fn runs_have_the_pinned_digests() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/digests.tsv");
    let table = table();
    if std::env::var_os("UPDATE_DIGESTS").is_some() {
        std::fs::write(&path, &table).expect("the table can be written");
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differ: Vec<&str> =
        table.lines().filter(|line| !pinned.lines().any(|other| other == *line)).collect();
    assert!(
        differ.is_empty() && pinned.lines().count() == table.lines().count(),
        "runs are not what they were; is that wanted? Then raise ENGINE and pin them again:\n{}",
        differ.join("\n")
    );
}

#[test]
fn every_script_runs_the_same_twice_and_differs_by_seed() {
    let mut same_seed_apart = 0;
    for (name, script) in all_scripts() {
        let (one, two) = (play(&script, Some(3)), play(&script, Some(3)));
        assert_eq!(one.digest(), two.digest(), "{name}");
        assert_eq!((one.now(), one.handled()), (two.now(), two.handled()), "{name}");
        same_seed_apart += u32::from(play(&script, Some(4)).digest() == one.digest());
    }
    assert_eq!(same_seed_apart, 0, "another seed is another run");
}

/// The screen stops the cluster at every frame, and moves it to times at which nothing happens.
#[test]
fn interruptions_change_nothing() {
    for name in VARIED {
        let script = script(name);
        let whole = play(&script, Some(5)).digest();
        for frame in [Span(997), Span(16_667), Span(250_001)] {
            let mut cluster = Cluster::with_script(&script, Some(5));
            while !cluster.finished() && !cluster.is_stopped() {
                let until = cluster.now() + frame;
                // The script's last line may come in the middle of a frame: stop right there.
                while !cluster.finished() && cluster.next_due().is_some_and(|due| due <= until) {
                    assert_eq!(cluster.step(), Step::Happened);
                }
                if !cluster.finished() {
                    cluster.run_until(until);
                }
            }
            assert_eq!(cluster.digest(), whole, "{name} in frames of {frame}");
        }
    }
}

#[test]
fn a_clone_goes_on_as_its_original_does() {
    for name in VARIED {
        let script = script(name);
        let whole = play(&script, Some(6));
        let mut cluster = Cluster::with_script(&script, Some(6));
        let every = whole.handled() / 5 + 1;
        let mut steps = 0u64;
        while !cluster.finished() && cluster.step() == Step::Happened {
            steps += 1;
            if steps.is_multiple_of(every) {
                let mut copy = cluster.clone();
                while !copy.finished() && copy.step() == Step::Happened {}
                assert_eq!(copy.digest(), whole.digest(), "{name}, copied after {steps} steps");
            }
        }
        assert_eq!(cluster.digest(), whole.digest(), "{name}");
    }
}

/// Telling, expecting and pace change nothing.
#[test]
fn a_script_without_its_words_is_the_same_run() {
    for name in [
        "scripts/lessons/07_a_lost_majority_commits_nothing.lab",
        "scripts/lessons/09_disks_survive_a_crash.lab",
    ] {
        let script = script(name);
        let silent: String = script
            .source
            .iter()
            .filter(|line| {
                let verb = line.split_whitespace().next().unwrap_or_default();
                !["say", "beat", "note", "mark", "pace", "expect"].contains(&verb)
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let silent = Script::parse(name, silent.as_bytes()).expect("a script still");
        assert!(silent.lines.len() + 10 < script.lines.len());
        assert_eq!(play(&silent, None).digest(), play(&script, None).digest(), "{name}");
    }
}

fn parse(line: &str) -> Command {
    parse_line(line).unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// A story with its times, once as `at` lines and once by hand at just these places.
#[test]
fn commands_by_at_are_commands_by_hand() {
    let story = [
        (100_000, "timeout S2"),
        (700_001, "set x 1 client=a"),
        (1_000_000, "partition S1 S2 | S3 S4 S5"),
        (1_000_000, "put x 2 @1 client=b"),
        (2_500_000, "crash S4"),
        (3_000_000, "heal"),
        (3_000_007, "restart S4"),
        (4_000_000, "get x client=c"),
    ];
    let mut text = String::from("cluster servers=5\n");
    for (time, command) in story {
        writeln!(text, "at {time}us {command}").expect("room for a line");
    }
    text += "run 6s\n";
    let scripted = Script::parse("at.lab", text.as_bytes()).expect("a script");
    for seed in 1..20 {
        let scripted = play(&scripted, Some(seed));
        assert_eq!(scripted.failure(), None);
        let mut by_hand = Cluster::new(Config { seed, ..Config::default() });
        for (time, command) in story {
            by_hand.run_until(Time(time - 1));
            by_hand.advance(Time(time));
            let Place { time: now, after, .. } = by_hand.place();
            assert_eq!((now, after), (Time(time), 0));
            by_hand.apply(&parse(command)).expect("a command that can be carried out");
        }
        by_hand.run_until(Time(6_000_000));
        assert_eq!(by_hand.digest(), scripted.digest(), "seed {seed}");
    }
}

/// A place names a moment between two events of the same time: a command that is recorded there
/// and replayed by `at` gives the run that was recorded.
#[test]
fn a_recorded_place_is_where_a_command_is_replayed() {
    for seed in 1..40 {
        let config = Config { seed, ..Config::default() };
        let mut live = Cluster::new(config);
        let mut lines = String::new();
        for (event, command) in [(7, "timeout S3"), (40, "crash S3"), (60, "set x 1"), (99, "heal")]
        {
            while live.handled() < event {
                assert_eq!(live.step(), Step::Happened);
            }
            writeln!(lines, "at {} {command}", live.place()).expect("room for a line");
            live.apply(&parse(command)).expect("a command that can be carried out");
        }
        let end = live.now() + Span::from_secs(2);
        live.run_until(end);
        writeln!(lines, "run {}us", end.micros()).expect("room for a line");
        let replay = Script::parse("recorded.lab", lines.as_bytes());
        let replay = replay.unwrap_or_else(|mistakes| panic!("{lines}{}", mistakes[0]));
        let replay = play(&replay, Some(seed));
        assert_eq!(replay.failure(), None, "{lines}");
        assert_eq!(replay.digest(), live.digest(), "{lines}");
    }
}

/// A rule for one link changes nothing that other links draw, nor when its own packets end.
#[test]
fn chance_belongs_to_whom_it_concerns() {
    let ends = |rule: &str| {
        let text = format!("timeout S1\nuntil S1 is leader\n{rule}\nrun 3s\n");
        let script = Script::parse("test.lab", text.as_bytes()).expect("a script");
        let mut cluster = Cluster::with_script(&script, Some(9));
        let mut ends = Vec::new();
        while !cluster.finished() && cluster.step() == Step::Happened {
            ends.extend(cluster.events().iter().filter_map(|event| match event.kind {
                EventKind::Packet(
                    Flight { from, to, .. },
                    PacketEvent::Received | PacketEvent::Dropped { .. },
                ) => (from == Node::Server(ServerId::from_index(0))).then_some((event.time, to)),
                _ => None,
            }));
        }
        assert!(ends.len() > 100);
        ends
    };
    let untouched = ends("run 1us");
    assert_eq!(ends("link S1 -> S2 loss=10%"), untouched);
    assert_eq!(ends("link S1 <-> S2 S3 duplicate=0%"), untouched);
    assert_ne!(ends("reseed 10"), untouched);
}

fn command() -> impl Strategy<Value = String> {
    let server = || (1..6u8).prop_map(|number| format!("S{number}"));
    prop_oneof![
        3 => server().prop_map(|s| format!("crash {s}")),
        4 => server().prop_map(|s| format!("restart {s}")),
        1 => Just("restart down".to_owned()),
        1 => server().prop_map(|s| format!("sleep {s}")),
        2 => server().prop_map(|s| format!("wake {s}")),
        2 => server().prop_map(|s| format!("timeout {s}")),
        1 => Just("timers align".to_owned()),
        1 => (server(), 1..50u32).prop_map(|(s, r)| format!("clock {s} rate={}.{}", r / 10, r % 10 + 1)),
        2 => (server(), server()).prop_map(|(a, b)| format!("partition {a} {b} | rest")),
        2 => server().prop_map(|s| format!("isolate {s}")),
        1 => server().prop_map(|s| format!("isolate {s} from clients")),
        2 => server().prop_map(|s| format!("rejoin {s}")),
        2 => (server(), server()).prop_map(|(a, b)| format!("cut {a} -> {b}")),
        3 => Just("heal".to_owned()),
        1 => (server(), 0..100u8).prop_map(|(s, p)| format!("link {s} <-> all loss={p}% duplicate={p}%")),
        1 => server().prop_map(|s| format!("link {s} -> all delay=1ms..300ms")),
        1 => (0..Network::ALL.len()).prop_map(|n| format!("net {}", Network::ALL[n].name())),
        4 => (0..4u8, 0..100u32).prop_map(|(c, v)| format!("set k{} v{v} client=c{c}", v % 3)),
        2 => (0..4u8, 0..3u8).prop_map(|(c, k)| format!("get k{k} client=c{c}")),
        2 => (0..4u8, 0..5u8).prop_map(|(c, v)| format!("put k0 w{v} @{v} client=c{c}")),
        1 => (0..4u8).prop_map(|c| format!("acquire door client=c{c}")),
        1 => (0..4u8).prop_map(|c| format!("release door client=c{c}")),
        1 => Just("load clients=3 rate=50/s for 300ms".to_owned()),
        1 => any::<u64>().prop_map(|seed| format!("reseed {seed}")),
    ]
}

/// Lets time pass and applies commands; those that can do nothing at that moment are passed over.
fn act(cluster: &mut Cluster, story: &[(u32, String)]) {
    for (wait, line) in story {
        let time = cluster.now() + Span(u64::from(*wait));
        cluster.run_until(time);
        let _ = cluster.apply(&parse(line));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is done to a cluster, no rule is broken, and a copy taken at any point goes on
    /// exactly as the original does.
    #[test]
    fn any_story_is_safe_and_repeatable(
        seed in any::<u64>(),
        story in prop::collection::vec((0..400_000u32, command()), 1..60),
        cut in 0..60usize,
        sync in prop_oneof![Just(0), Just(15_000u64)],
    ) {
        let config = Config { seed, sync: Span(sync), ..Config::default() };
        let (before, after) = story.split_at(cut.min(story.len()));
        let mut cluster = Cluster::new(config);
        act(&mut cluster, before);
        let mut copy = cluster.clone();
        for cluster in [&mut cluster, &mut copy] {
            act(cluster, after);
            let end = cluster.now() + Span::from_secs(2);
            cluster.run_until(end);
        }
        prop_assert_eq!(cluster.violation(), None);
        prop_assert_eq!(cluster.failure(), None);
        prop_assert_eq!(cluster.digest(), copy.digest());
        prop_assert_eq!(cluster.history(), copy.history());
        prop_assert_eq!(cluster.place(), copy.place());
    }
}
