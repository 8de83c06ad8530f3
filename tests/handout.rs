//! Every script of the project passes, with many seeds: the ten tests of the course's handout, the
//! lessons, and the scenes from the paper.
//!
//! A script that fails is reported with its seed and its line, as `raftlab run` would.

#[path = "support/scripts.rs"]
mod scripts;

use raftlab::cluster::Cluster;
use raftlab::cluster::command::{Command, Script};
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

#[test]
fn each_of_the_ten_tests_is_there() {
    let names: Vec<String> = scripts_of("handout").into_iter().map(|(name, _)| name).collect();
    let tests = [
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
    for test in tests {
        let path = format!("scripts/handout/{test}");
        assert!(names.iter().any(|name| name.starts_with(&path)), "{test} has no script");
    }
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
    for folder in ["handout", "lessons", "raft"] {
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
