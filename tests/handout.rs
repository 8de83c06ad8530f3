//! Every script of the project passes, with many seeds: the ten tests of the course's handout, the
//! lessons, and the scenes from the paper.
//!
//! A script that fails is reported with its seed and its line, as `raftlab run` would.
//!
//! What tests are worth is what they catch. The ten tests are played with each planted flaw: the
//! table in `docs/testing.md` says which of them notice.

#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/tables.rs"]
mod tables;

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use raftlab::cluster::Cluster;
use raftlab::cluster::command::{Command, Script, Shows};
use raftlab::cluster::flaw::{About, FLAWS};
use raftlab::cluster::network::Network;

use scripts::{play, scripts_of};

/// How many seeds each script is played with, its own not counted.
const SEEDS: u64 = 20;

/// What went wrong in a run, if anything did.
fn fault(name: &str, script: &Script, cluster: &Cluster) -> Option<String> {
    let seed = cluster.config().seed;
    let again = format!("raftlab run {name} --seed {seed}");
    if let Some(failure) = cluster.failure() {
        let source = script.source.get((failure.line as usize).wrapping_sub(1));
        return Some(format!(
            "{name}:{}: seed {seed}, {}: {}\n  expected {}\n  but {}\n  {again}",
            failure.line,
            failure.time,
            source.map_or("", |line| line.trim()),
            failure.expected,
            failure.actual,
        ));
    }
    if let Some(broken) = cluster.violation() {
        let rule = broken.invariant.name();
        return Some(format!("{name}: seed {seed}: {rule}: {}\n  {again}", broken.evidence));
    }
    (!cluster.finished()).then(|| format!("{name}: seed {seed}: it stands still\n  {again}"))
}

/// Plays each of the scripts with its own seed and with [`SEEDS`] others.
fn pass<'a>(scripts: impl Iterator<Item = &'a (String, Script)>) {
    let mut faults = Vec::new();
    for (name, script) in scripts {
        let seeds = std::iter::once(None).chain((1..=SEEDS).map(Some));
        faults.extend(seeds.filter_map(|seed| fault(name, script, &play(script, seed))));
    }
    let first: Vec<String> = faults.iter().take(10).cloned().collect();
    assert!(faults.is_empty(), "{} runs failed\n{}", faults.len(), first.join("\n"));
}

#[test]
fn the_tests_of_the_lock_pass() {
    pass(scripts_of("handout").iter().filter(|(name, _)| name.contains("/lock_")));
}

#[test]
fn the_other_tests_of_the_handout_pass() {
    pass(scripts_of("handout").iter().filter(|(name, _)| !name.contains("/lock_")));
}

#[test]
fn the_lessons_pass() {
    pass(scripts_of("lessons").iter());
}

#[test]
fn the_scenes_from_the_paper_pass() {
    pass(scripts_of("raft").iter());
}

/// Some play a thousand elections each, to count them.
#[test]
fn the_scenes_of_etcd_pass() {
    pass(scripts_of("etcd").iter().filter(|(name, _)| !name.contains("election_timeout")));
}

#[test]
fn the_timeouts_of_etcd_pass() {
    pass(scripts_of("etcd").iter().filter(|(name, _)| name.contains("election_timeout")));
}

/// The course's ten tests. The scripts of a test begin with its name.
const TESTS: [&str; 10] = [
    "basic_kvraft",
    "concurrent_kvraft",
    "leader_failure_kvraft",
    "persist_kvraft",
    "partition_kvraft",
    "unreliable_kvraft",
    "many_partitions",
    "persist_concurrent",
    "persist_partition",
    "lock",
];

/// Each of the ten tests with its scripts.
fn ten_tests() -> Vec<(&'static str, Vec<Script>)> {
    let mut scripts = scripts_of("handout");
    let mut of = |test: &'static str| {
        let begins = |name: &str| name.starts_with(&format!("scripts/handout/{test}"));
        let (its, others) = scripts.drain(..).partition(|(name, _)| begins(name));
        scripts = others;
        let its: Vec<(String, Script)> = its;
        (test, its.into_iter().map(|(_, script)| script).collect())
    };
    let tests = TESTS.into_iter().map(&mut of).collect();
    assert!(scripts.is_empty(), "of no test: {scripts:?}");
    tests
}

#[test]
fn each_of_the_ten_tests_is_there() {
    for (test, scripts) in ten_tests() {
        assert!(!scripts.is_empty(), "{test} has no script");
    }
}

/// The first of these seeds with which one of a test's scripts fails an expectation, or breaks a
/// rule, because of the flaw; and with how many of them that is so. With `Until::Caught` the first
/// is enough.
fn caught(scripts: &[Script], about: &About, seeds: u64, until: Until) -> Option<Caught> {
    let shows = Some(Shows { flaw: about.flaw, breaks: about.breaks });
    let flawed = scripts.iter().map(|script| Script { shows, ..script.clone() });
    let flawed: Vec<Script> = flawed.collect();
    let fails = |seed: &u64| flawed.iter().any(|script| play(script, Some(*seed)).is_stopped());
    let mut failing = (1..=seeds).filter(fails);
    let first = failing.next()?;
    let others = match until {
        Until::Caught => 0,
        Until::End => failing.count(),
    };
    Some(Caught { first, of: 1 + others })
}

#[derive(Clone, Copy)]
enum Until {
    Caught,
    End,
}

#[derive(Clone, Copy)]
struct Caught {
    first: u64,
    of: usize,
}

/// How many seeds the table in docs/testing.md is made with.
const TABLE_SEEDS: u64 = 100;

/// Which test catches which flaw, and with how many seeds.
fn table() -> String {
    let tests = ten_tests();
    let jobs = FLAWS.iter().flat_map(|about| tests.iter().map(move |test| (about, test)));
    let jobs: Vec<_> = jobs.collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(vec![None; jobs.len()]));
    let work = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            let Some((about, (_, scripts))) = jobs.get(job) else { break };
            let result = caught(scripts, about, TABLE_SEEDS, Until::End);
            results.lock().expect("no worker panics")[job] = result;
        }
    };
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    let results = results.into_inner().expect("no worker panics");
    let heads = TESTS.map(|test| test.trim_end_matches("_kvraft").replace('_', " ")).join(" | ");
    let mut table = format!("| flaw | {heads} | first caught by | seeds needed |\n|---|");
    table += &"---|".repeat(TESTS.len() + 2);
    let mut flaws = 0;
    for (about, row) in FLAWS.iter().zip(results.chunks(TESTS.len())) {
        let cell =
            |caught: &Option<Caught>| caught.map_or("-".into(), |caught| caught.of.to_string());
        let cells: Vec<String> = row.iter().map(cell).collect();
        let first =
            row.iter().zip(TESTS).filter_map(|(caught, test)| Some(((*caught)?.first, test)));
        let first = first.min_by_key(|(first, _)| *first);
        flaws += usize::from(first.is_some());
        let (seeds, test) =
            first.map_or(("-".into(), "-"), |(seed, test)| (seed.to_string(), test));
        let (name, cells) = (about.name, cells.join(" | "));
        write!(table, "\n| {name} | {cells} | {test} | {seeds} |").expect("room");
    }
    format!("{table}\n\nCaught: {flaws} of {} flaws.\n", FLAWS.len())
}

#[test]
#[ignore = "minutes; it makes the table in docs/testing.md: \
            UPDATE_DOCS=1 cargo test --release --test handout -- --ignored"]
fn the_table_of_caught_flaws_is_up_to_date() {
    let renew = "cargo test --release --test handout -- --ignored";
    tables::compare("caught", "tests/handout.rs", renew, &table());
}

/// The rows of the table: flaw, the test that caught it first, and with how many seeds.
fn caught_first() -> Vec<(&'static About, &'static str, u64)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/testing.md");
    let page = std::fs::read_to_string(path).expect("docs/testing.md");
    let (_, table) = page.split_once("<!-- caught: ").expect("the table");
    let (table, _) = table.split_once("<!-- end -->").expect("the end of the table");
    let row = |about: &'static About| {
        let row = table.lines().find(|line| line.starts_with(&format!("| {} |", about.name)));
        let row = row.unwrap_or_else(|| panic!("{} has no row", about.name));
        let mut cells = row.trim_end_matches(" |").rsplit(" | ");
        let (seeds, test) = (cells.next()?, cells.next()?);
        let test = TESTS.into_iter().find(|name| *name == test)?;
        Some((about, test, seeds.parse().ok()?))
    };
    FLAWS.iter().filter_map(row).collect()
}

/// What the ten tests are worth: a smaller version of the table, which takes minutes to make.
#[test]
fn the_ten_tests_catch_most_flaws() {
    const SEEDS: u64 = 20;
    let rows = caught_first();
    assert!(rows.len() >= 19, "{} of {} flaws are caught", rows.len(), FLAWS.len());
    let tests = ten_tests();
    let mut missed = Vec::new();
    for (about, test, seeds) in rows {
        let (_, scripts) = tests.iter().find(|(name, _)| *name == test).expect("a test");
        // What came late may come later still when the engine's rules change.
        if seeds <= SEEDS / 2 && caught(scripts, about, SEEDS, Until::Caught).is_none() {
            missed.push(format!("{} by {test}", about.name));
        }
    }
    assert!(missed.is_empty(), "within {SEEDS} seeds not caught any more: {}", missed.join(", "));
}

/// A lesson stops for the class six to twelve times, and says something before each stop.
#[test]
fn the_lessons_tell_their_story() {
    let lessons = scripts_of("lessons");
    assert_eq!(lessons.len(), 3);
    for (name, script) in &lessons {
        assert_eq!(script.config.network, Network::Classroom, "{name}");
        assert_eq!(script.config.servers, 5, "{name}");
        let mut beats = 0;
        let mut asked = false;
        for line in script.lines.iter() {
            match &line.command {
                Command::Say(text) => asked = text.as_str().contains('?'),
                Command::Beat => {
                    beats += 1;
                    assert!(asked, "{name}:{}: a stop without a question", line.number);
                    asked = false;
                }
                _ => {}
            }
        }
        assert!((6..=12).contains(&beats), "{name} stops {beats} times");
    }
}

/// What stands at the top of a script is what a list of scripts can show.
#[test]
fn every_script_says_what_it_shows() {
    for folder in ["etcd", "handout", "lessons", "raft"] {
        for (name, script) in scripts_of(folder) {
            let first = script.source.first().map_or("", |line| &**line);
            assert!(first.starts_with("# "), "{name} begins with `{first}`");
            let safe = |line: &&str| line.contains("expect safe");
            let lines: Vec<&str> = script.source.iter().map(|line| &**line).collect();
            let void = lines.iter().any(|line| line.starts_with("wipe"));
            assert!(void || lines.iter().any(safe), "{name} never asks for safety");
        }
    }
}
