//! What scripts cost: reading a long one, and playing the course's tests with a hundred seeds.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use raftlab::cluster::command::Script;
use raftlab::cluster::{Cluster, Step};

use crate::book::{Book, Round, Side, Unit};

/// How many lines the long script has.
const LINES: u64 = 100_000;
/// How many seeds each of the course's tests is played with.
const SEEDS: u64 = 100;

/// The whole subject.
pub fn measure(book: &mut Book) {
    if book.wants("script/parse") {
        let text = long();
        let ours = Side::ours(|| {
            Round::timed(|| {
                let script = Script::parse("long.lab", text.as_bytes());
                assert!(script.is_ok(), "all lines are good");
                LINES
            })
        });
        book.contest("script/parse", "lines", vec![ours]);
    }
    if book.wants("script/handout") {
        let scripts = handout();
        let begin = Instant::now();
        for seed in 1..=SEEDS {
            scripts.iter().for_each(|script| play(script, seed));
        }
        let runs = SEEDS as f64 * scripts.len() as f64;
        let rate = runs / begin.elapsed().as_secs_f64();
        book.note("script/handout", rate, Unit::PerSecond("runs"));
    }
}

/// Lines of all kinds, over and over.
fn long() -> String {
    let mut text = String::from("cluster servers=5 seed=7\n");
    for number in 1..LINES / 5 {
        let _ = write!(
            text,
            "set x v{number} client=a within 5s\nput y \"two words\" @{number} client=b nowait\n\
             link S1 S2 -> S3 loss=10% delay=5ms..30ms\nuntil committed x = v{number} or no leader\n\
             partition leader S1 | rest # and on\n"
        );
    }
    text.push_str("heal\nrun 1s\nget x\nexpect safe\n");
    text
}

/// The tests of the course, which live beside the project's other scripts.
fn handout() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/handout");
    let entries = std::fs::read_dir(folder).expect("the project's own scripts");
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).expect("the project's own script");
        Script::parse(&path.to_string_lossy(), &bytes).expect("no mistake in it")
    };
    paths.iter().map(read).collect()
}

/// One run that must pass.
fn play(script: &Script, seed: u64) {
    let mut cluster = Cluster::with_script(script, Some(seed));
    while !cluster.finished() && cluster.step() == Step::Happened {}
    assert!(!cluster.is_stopped(), "{} fails with seed {seed}", script.name);
}
