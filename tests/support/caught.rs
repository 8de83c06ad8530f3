//! Which tests notice which planted flaw, and the tables about it in `docs/testing.md`.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use raftlab::cluster::command::{Script, Shows};
use raftlab::cluster::flaw::{About, FLAWS};

use crate::scripts::{play, scripts_of};

/// A test of a course, with its scripts.
pub struct Test {
    pub name: String,
    pub scripts: Vec<Script>,
}

/// The ten tests of the handout. The scripts of a test begin with its name.
pub const TEN: [&str; 10] = [
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
pub fn ten_tests() -> Vec<Test> {
    let mut scripts = scripts_of("handout");
    let of = |name: &str| {
        let begins = |file: &str| file.starts_with(&format!("scripts/handout/{name}"));
        let (its, others): (Vec<_>, Vec<_>) = scripts.drain(..).partition(|(file, _)| begins(file));
        scripts = others;
        assert!(!its.is_empty(), "{name} has no script");
        Test { name: name.into(), scripts: its.into_iter().map(|(_, script)| script).collect() }
    };
    let tests = TEN.into_iter().map(of).collect();
    assert!(scripts.is_empty(), "of no test: {scripts:?}");
    tests
}

/// The seeds with which a test fails because of a flaw: seed 1 is the lowest bit.
#[derive(Clone, Copy, Default)]
pub struct Seeds(u128);

impl Seeds {
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn first(self) -> Option<u64> {
        (self.0 != 0).then(|| u64::from(self.0.trailing_zeros()) + 1)
    }

    /// How many: `-` for none.
    pub fn cell(self) -> String {
        if self.0 == 0 { "-".into() } else { self.0.count_ones().to_string() }
    }
}

/// The test with the flaw, which all servers, or all clients, have from the start.
fn with_flaw(test: &Test, about: &About) -> Vec<Script> {
    let shows = Some(Shows { flaw: about.flaw, breaks: about.breaks });
    test.scripts.iter().map(|script| Script { shows, ..script.clone() }).collect()
}

/// Whether one of the scripts fails an expectation, or breaks a rule.
fn fails(scripts: &[Script], seed: u64) -> bool {
    scripts.iter().any(|script| play(script, Some(seed)).is_stopped())
}

/// Whether the test notices the flaw with one of the first `seeds` seeds.
pub fn catches(test: &Test, about: &About, seeds: u64) -> bool {
    let scripts = with_flaw(test, about);
    (1..=seeds).any(|seed| fails(&scripts, seed))
}

/// For each flaw and each test the seeds, of the first `seeds`, with which the test notices it.
pub fn caught_by_each(tests: &[Test], seeds: u64) -> Vec<Vec<Seeds>> {
    let jobs: Vec<_> =
        FLAWS.iter().flat_map(|about| tests.iter().map(move |test| (about, test))).collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(vec![Seeds::default(); jobs.len()]));
    let work = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            let Some((about, test)) = jobs.get(job) else { break };
            let scripts = with_flaw(test, about);
            let failing = (1..=seeds).filter(|seed| fails(&scripts, *seed));
            let result = Seeds(failing.fold(0, |all, seed| all | 1 << (seed - 1)));
            results.lock().expect("no worker panics")[job] = result;
        }
    };
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    let results = results.into_inner().expect("no worker panics");
    results.chunks(tests.len()).map(<[Seeds]>::to_vec).collect()
}

/// A table of flaws: for each column with how many seeds one of its tests notices, and which test
/// notices first. `columns` are their heads, each with how many of `tests` it stands for.
pub fn table(columns: &[(&str, usize)], tests: &[Test], caught: &[Vec<Seeds>]) -> String {
    let heads: Vec<_> = columns.iter().map(|(head, _)| *head).collect();
    let mut table =
        format!("| flaw | {} | first caught by | seeds needed |\n|---|", heads.join(" | "));
    table += &"---|".repeat(columns.len() + 2);
    for (about, row) in FLAWS.iter().zip(caught) {
        write!(table, "\n| {} |", about.name).expect("room");
        let mut rest = &row[..];
        for (_, width) in columns {
            let (its, others) = rest.split_at(*width);
            let seeds = its.iter().fold(Seeds::default(), |all, seeds| all.or(*seeds));
            write!(table, " {} |", seeds.cell()).expect("room");
            rest = others;
        }
        let firsts = row.iter().zip(tests).filter_map(|(seeds, test)| Some((seeds.first()?, test)));
        let first = firsts.min_by_key(|(seed, _)| *seed);
        let (seeds, test) =
            first.map_or(("-".into(), "-"), |(seed, test)| (seed.to_string(), &*test.name));
        write!(table, " {test} | {seeds} |").expect("room");
    }
    table
}

/// How many flaws one of the tests notices.
pub fn count(caught: &[Vec<Seeds>]) -> usize {
    caught.iter().filter(|row| row.iter().any(|seeds| seeds.first().is_some())).count()
}

/// The rows of such a table: the flaw, the test that noticed it first, and with how many seeds.
pub fn rows_of(table: &str) -> Vec<(&'static About, String, u64)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/testing.md");
    let page = std::fs::read_to_string(path).expect("docs/testing.md");
    let (_, table) = page.split_once(&format!("<!-- {table}: ")).expect("the table");
    let (table, _) = table.split_once("<!-- end -->").expect("the end of the table");
    let row = |about: &'static About| {
        let row = table.lines().find(|line| line.starts_with(&format!("| {} |", about.name)));
        // A flaw of an option of Raft is not in the table: the tests play without options.
        let row = row?;
        let mut cells = row.trim_end_matches(" |").rsplit(" | ");
        let (seeds, test) = (cells.next()?, cells.next()?);
        Some((about, test.to_owned(), seeds.parse().ok()?))
    };
    FLAWS.iter().filter_map(row).collect()
}

/// A smaller version of a table, which takes minutes to make: what it says was caught within half
/// of `seeds` must be caught within all of them. What came late may come later still when the
/// engine's rules change.
#[track_caller]
pub fn still_catch(rows: &[(&'static About, String, u64)], tests: &[Test], seeds: u64) {
    let mut missed = Vec::new();
    for (about, name, needed) in rows {
        let test = tests.iter().find(|test| test.name == *name).expect("a test");
        if *needed <= seeds / 2 && !catches(test, about, seeds) {
            missed.push(format!("{} by {name}", about.name));
        }
    }
    assert!(missed.is_empty(), "within {seeds} seeds not caught any more: {}", missed.join(", "));
}
