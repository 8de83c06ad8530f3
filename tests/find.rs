//! `raftlab find`: a way to a condition, as a script that holds what it says; what no run leads to, and
//! why; and the questions of exams in `scripts/exam`.

#[path = "support/scripts.rs"]
mod scripts;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use raftlab::cluster::command::Variant;
use scripts::{play, scripts_of};
use tempfile::TempDir;

fn raftlab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn empty() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What is found, as a script, which `raftlab run` has played and found to be so.
fn found(arguments: &[&str]) -> String {
    let folder = empty();
    let output = raftlab(folder.path(), &[&["find", "--out", "x.lab"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}{wrong}");
    let run = raftlab(folder.path(), &["run", "x.lab"]);
    let text = std::fs::read_to_string(folder.path().join("x.lab")).unwrap();
    let report = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(0), "{arguments:?}: {report}\n{text}");
    text
}

fn missing(arguments: &[&str]) -> String {
    let folder = empty();
    let output = raftlab(folder.path(), &[&["find"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
    String::from_utf8(output.stdout).unwrap()
}

fn acts(text: &str) -> usize {
    let skipped = ["#", "cluster", "by-hand", "expect", "shows", "until", "run", "say", "beat"];
    text.lines().filter(|line| !skipped.iter().any(|word| line.starts_with(word))).count()
}

#[test]
fn a_way_to_logs_is_found_by_hand_and_is_short() {
    let text = found(&["S1 log = 1,1,3 and S2 log = 1,2", "--seeds", "1..2"]);
    assert!(text.contains("by-hand on\n") && acts(&text) <= 20, "{text}");
    assert!(text.ends_with("expect S1 log = 1,1,3 and S2 log = 1,2\n"), "{text}");
    assert!(text.contains("say S1 wins term 1"), "the story is told: {text}");
}

#[test]
fn every_question_of_an_exam_is_answered() {
    for (question, most) in [
        ("2 of all are leader", 8),
        ("2 of all are candidate", 3),
        ("old majority", 16),
        ("two leaders", 8),
        ("an entry of an old term on a majority", 16),
        ("S1 log = 1 and S2 log = 2", 12),
        ("S1 is follower and S1 log = 1,1 and S2 is leader and S2 log = 2", 14),
    ] {
        let text = found(&[question, "--seeds", "1..2"]);
        assert!(acts(&text) <= most, "{question}: {} acts\n{text}", acts(&text));
    }
}

#[test]
fn what_a_rule_forbids_is_said_at_once_with_the_rule() {
    let said = missing(&["S1 log = 1,2 and S2 log = 2,2"]);
    assert!(said.contains("§5.3"), "{said}");
    let said = missing(&["broken election-safety"]);
    assert!(said.contains("--flaw"), "{said}");
    for falls in [
        "S1 log = 2,1",
        "all of all log = 2,1",
        "S1 is leader and any of S1 S2 log = 1,3,2",
        "S1 log = 2,1 or S2 log = 3,1",
    ] {
        let said = missing(&[falls]);
        assert!(said.contains("terms never decrease along a log (§5.3)"), "{falls}: {said}");
    }
    for (beyond, option, says) in [
        ("S1 follows = S1", None, "another server"),
        ("S2 is leader and S2 transfer = S2", Some("members"), "another server"),
        ("majority = 7", None, "of 3 servers a majority is 2"),
        ("any of all joint", Some("membership=single"), "no configuration is joint"),
    ] {
        let option = option.map(|option| ["--option", option]);
        let arguments: Vec<&str> =
            [beyond, "--servers", "3"].into_iter().chain(option.into_iter().flatten()).collect();
        let said = missing(&arguments);
        assert!(said.contains(says), "{beyond}: {said}");
    }
    // How many there are is drawn where it is not said.
    let said = missing(&["majority = 14"]);
    assert!(said.contains("of 25 servers a majority is 13, and there are no more"), "{said}");
    found(&["majority = 3", "--seeds", "1..9"]);
    // Of two servers one may have the one, and the other the other.
    found(&["any of S1 S2 log = 1,1 and S2 log = 1,2", "--seeds", "1..2"]);
}

/// What no run has without an option is said at once, with that option; with it there is a way.
#[test]
fn what_an_option_brings_is_not_looked_for_without_it() {
    for (condition, option) in [
        ("S1 base >= 1", "snapshot"),
        ("S1 learners = S2", "members"),
        ("any of all joint", "members"),
        ("S1 transfer = S2", "members"),
        ("S1 sessions >= 1", "sessions"),
        ("any of all in-flight S2 >= 2", "inflight"),
        ("any of all waiting-reads >= 1", "reads=index"),
        ("S1 lease >= 1", "reads=lease"),
        ("S1 is pre-candidate", "pre-vote=on"),
        ("2 of all option check-quorum", "check-quorum=on"),
    ] {
        let said = missing(&[condition]);
        assert!(said.ends_with(&format!(". Add --option {option}\n")), "{condition}: {said}");
        found(&[condition, "--option", option, "--time", "60s"]);
    }
    // What is so without, or may come about in another way, is looked for.
    for condition in ["S1 base = 0 and S1 is leader", "S1 joint or S1 is leader", "not S1 joint"] {
        found(&[condition, "--seeds", "1..2"]);
    }
}

/// Of two servers each is needed for a majority: S1 would not vote for a server without its entry.
#[test]
fn where_nothing_is_left_to_try_that_is_said() {
    let said = missing(&["S1 log = 1 and S2 log = 2", "--servers", "2"]);
    assert!(said.contains("nothing is left to try"), "{said}");
    assert!(said.contains("clusters by hand"), "{said}");
}

#[test]
fn a_search_that_was_given_little_says_how_much_it_was() {
    let said = missing(&["waiting client=z", "--seeds", "1..3"]);
    assert!(said.contains("2 runs with faults at random"), "{said}");
}

#[test]
fn with_a_flaw_the_script_shows_what_it_breaks() {
    let text = found(&["broken one-vote", "--flaw", "forget-vote", "--seeds", "1..2"]);
    assert!(text.contains("shows flaw=forget-vote breaks=one-vote"), "{text}");
}

/// What clients are told needs lab time: the runs of the hunt lead there, and the same seeds always to
/// the same script.
#[test]
fn what_needs_time_is_found_by_chance_and_always_the_same() {
    let arguments = ["reply = maybe", "--seeds", "1..65"];
    let text = found(&arguments);
    assert!(text.contains("until reply = maybe within"), "{text}");
    assert_eq!(text, found(&arguments));
}

#[test]
fn a_condition_that_is_none_is_refused_and_nothing_is_written() {
    let folder = empty();
    for (condition, says) in [
        ("S1 is leeder", "leader"),
        ("S1 log = 0", "expected the terms of a log"),
        // It could be so in another way, and no script can ask for it.
        ("S1 log = 2,1 or S1 log = 1", "terms never decrease along a log (§5.3)"),
        ("S9 log = 1", "there is no S9"),
        ("", "expected"),
        ("chance 20%", "chance"),
        ("{x} = 1", "nothing is called"),
    ] {
        let output = raftlab(folder.path(), &["find", condition, "--servers", "3"]);
        assert_eq!(output.status.code(), Some(2), "{condition}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(says), "{condition}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{condition}");
    }
}

/// Each says with an expectation what it answers, whatever the seed; the flawed ones both ways.
#[test]
fn the_questions_of_exams_are_answered_as_they_say() {
    let exam = scripts_of("exam");
    assert!(exam.len() >= 15);
    for (name, script) in exam {
        let question = script.source.iter().filter(|line| line.starts_with("ask "));
        assert_eq!(question.count(), 1, "{name} asks");
        for variant in script.variants() {
            for seed in [None, Some(2), Some(77)] {
                let cluster = play(&variant, seed);
                let broken = cluster.violation().map(|broken| broken.invariant);
                match (variant.variant, variant.shows) {
                    (Variant::With, Some(shows)) => {
                        let breaks = broken.map(|broken| broken.name().to_owned());
                        assert_eq!(breaks, Some(shows.breaks.to_string()), "{name}");
                    }
                    _ => {
                        let failed = cluster.failure().map(|failed| failed.actual.clone());
                        assert_eq!((broken, failed), (None, None), "{name}");
                        assert!(cluster.finished(), "{name}");
                    }
                }
            }
        }
    }
}
