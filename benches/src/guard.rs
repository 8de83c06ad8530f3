//! The guard: how many instructions five fixed runs take, beside what they took when somebody last
//! wrote it down.
//!
//! Instructions are counted by valgrind's callgrind. A busy machine doesn't change the count, so
//! a change of a few per cent can be seen where a clock would only see noise. The count depends on
//! the compiler, so records are compared only with the version that made them. More than a tenth
//! above the record is refused: find out why, or write the new count down with the reason.
//!
//! It says too which share of a run the checkers take and what a run takes with the options that most
//! Rafts in production keep, and refuses more than that may be.
//!
//! ```sh
//! cargo bench -p raftlab-benches --no-default-features --bench guard
//! cargo bench -p raftlab-benches --no-default-features --bench guard -- --record "why"
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use raftlab::cluster::check::linearizability::live::check_history;
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::timeline::Goal;

use crate::labs::{play, served, served_with};
use crate::{linearizability, timeline};

/// The fixed runs. What they do must not change, or their records mean nothing.
const RUNS: [(&str, fn()); 5] = [
    ("idle", || {
        play(&mut served(5, 0), Span::from_secs(600));
    }),
    ("one-client", || {
        play(&mut served(5, 1), Span::from_secs(3));
    }),
    ("64-clients", || {
        play(&mut served(5, 64), Span::from_millis(100));
    }),
    ("linearizability", || {
        let cluster = linearizability::history(2_000);
        for _ in 0..20 {
            assert!(check_history(cluster.history().records().iter()).is_ok());
        }
    }),
    ("seek", || {
        let (cluster, timeline) = timeline::keep(20);
        let seek =
            |part| timeline.seek(Goal::Time(Time(cluster.now().micros() / 30 * part)), |_| {});
        assert!((1..30).all(|part| seek(part).0.now() <= cluster.now()));
    }),
];

/// What most Rafts in production keep.
const KEPT: &str = "pre-vote=on check-quorum=on snapshot=1000";

/// The same runs with these options, and how much more they may take.
const WITH_OPTIONS: [(&str, &str, fn()); 2] = [
    ("one-client", "one-client-with-options", || {
        play(&mut served_with(KEPT, 5, 1), Span::from_secs(3));
    }),
    ("64-clients", "64-clients-with-options", || {
        play(&mut served_with(KEPT, 5, 64), Span::from_millis(100));
    }),
];
const OPTIONS_MOST: f64 = 0.05;

/// How much more than its record a run may take.
const TOLERANCE: f64 = 0.10;

/// Runs of which the checkers take a share, and the most that it may be.
const CHECKED: [&str; 2] = ["one-client", "64-clients"];
const CHECKERS_MOST: f64 = 0.30;
/// The function in which all checking is done, as callgrind names it.
const CHECKERS: &str = "raftlab::cluster::check::observe::Checker::observe*";

/// A line of the record.
struct Record {
    name: String,
    instructions: u64,
    rustc: String,
}

/// What the command line asks for.
pub fn main(arguments: &[String]) -> ExitCode {
    let after = |word: &str| {
        let place = arguments.iter().position(|argument| argument == word)?;
        arguments.get(place + 1)
    };
    if let Some(name) = after("--run") {
        return run(name);
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test` asks whether the runs work.
        RUNS.iter().for_each(|(_, run)| run());
        WITH_OPTIONS.iter().for_each(|(_, _, run)| run());
        return ExitCode::SUCCESS;
    }
    let counts = match count_all() {
        Ok(counts) => counts,
        Err(why) => {
            println!("guard skipped: {why}");
            return ExitCode::SUCCESS;
        }
    };
    let told = match after("--record") {
        Some(reason) => record(&counts, reason),
        None => compare(&counts),
    };
    let (shares, options) = (checkers_keep_their_share(&counts), options_cost_little(&counts));
    if shares && options { told } else { ExitCode::FAILURE }
}

fn run(name: &str) -> ExitCode {
    let with = WITH_OPTIONS.iter().map(|(_, name, run)| (*name, *run));
    match RUNS.into_iter().chain(with).find(|(run, _)| *run == name) {
        Some((_, run)) => {
            run();
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

/// Runs every run under callgrind, or tells why that can't be done here.
fn count_all() -> Result<Vec<(&'static str, u64)>, String> {
    let there = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if there.is_err() {
        return Err("no valgrind here; with it, instructions are counted".into());
    }
    RUNS.iter().map(|(name, _)| Ok((*name, count(name, None)?))).collect()
}

/// The instructions of a run, or those of one function in it and all that it calls.
fn count(name: &str, within: Option<&str>) -> Result<u64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(within.map(|function| format!("--toggle-collect={function}")))
        .arg(own)
        .args(["--run", name])
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} fails under valgrind: {told}"));
    }
    // "==123== Collected : 4567"
    let line = told.lines().find_map(|line| line.split_once("Collected :"));
    let number = line.and_then(|(_, number)| number.trim().parse().ok());
    number.ok_or_else(|| format!("valgrind tells no count: {told}"))
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "an unknown rustc".into())
}

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guard.tsv")
}

fn records() -> Vec<Record> {
    let text = std::fs::read_to_string(place()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(read).collect()
}

fn read(line: &str) -> Option<Record> {
    let mut words = line.split('\t');
    let (name, instructions, rustc) = (words.next()?, words.next()?, words.next()?);
    let instructions = instructions.parse().ok()?;
    Some(Record { name: name.to_owned(), instructions, rustc: rustc.to_owned() })
}

fn record(counts: &[(&str, u64)], reason: &str) -> ExitCode {
    let rustc = rustc();
    let mut text = String::from(
        "# Instructions of fixed runs, written by the guard: see src/guard.rs.\n\
         # name\tinstructions\trustc\treason of the last change\n",
    );
    for (name, instructions) in counts {
        text.push_str(&format!("{name}\t{instructions}\t{rustc}\t{reason}\n"));
    }
    match std::fs::write(place(), text) {
        Ok(()) => compare(counts),
        Err(error) => {
            println!("guard: {}: {error}", place().display());
            ExitCode::FAILURE
        }
    }
}

/// Says which share of the runs the checkers take. Whether it is no more than it may be.
fn checkers_keep_their_share(counts: &[(&str, u64)]) -> bool {
    let mut kept = true;
    for (name, whole) in counts.iter().filter(|(name, _)| CHECKED.contains(name)) {
        match count(name, Some(CHECKERS)) {
            Ok(checking) => {
                let share = checking as f64 / *whole as f64;
                println!("guard {name}: {:.1} % of them are the checkers'", share * 100.0);
                // Nothing at all would mean that nobody knows the function by this name.
                kept &= checking > 0 && share <= CHECKERS_MOST;
            }
            Err(why) => println!("guard {name}: {why}"),
        }
    }
    if !kept {
        println!("guard: they may take {:.0} %, and must be found", CHECKERS_MOST * 100.0);
    }
    kept
}

/// Says what a run takes with options beside what it takes without. Whether that is no more than it may be.
fn options_cost_little(counts: &[(&str, u64)]) -> bool {
    let mut kept = true;
    for (name, with, _) in WITH_OPTIONS {
        let Some((_, without)) = counts.iter().find(|(run, _)| *run == name) else { continue };
        match count(with, None) {
            Ok(instructions) => {
                let more = instructions as f64 / *without as f64 - 1.0;
                println!("guard {name}: {:+.1} % with {KEPT}", more * 100.0);
                kept &= more <= OPTIONS_MOST;
            }
            Err(why) => println!("guard {with}: {why}"),
        }
    }
    if !kept {
        println!("guard: options may cost {:.0} %", OPTIONS_MOST * 100.0);
    }
    kept
}

fn compare(counts: &[(&str, u64)]) -> ExitCode {
    let (records, rustc) = (records(), rustc());
    let mut worse = Vec::new();
    for (name, instructions) in counts {
        let million = *instructions as f64 / 1e6;
        let Some(record) = records.iter().find(|record| record.name == *name) else {
            println!("guard {name}: {million:.1} M instructions, no record");
            worse.push(*name);
            continue;
        };
        let change = change(record.instructions, *instructions);
        println!("guard {name}: {million:.1} M instructions, {:+.1} %", change * 100.0);
        if record.rustc != rustc {
            println!("  not compared: the record is of {}, this is {rustc}", record.rustc);
        } else if change > TOLERANCE {
            worse.push(*name);
        }
    }
    if worse.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!(
        "guard: no record of {0}, or it takes more than {1:.0} % above it. Where from? If it has to \
         be so: -- --record \"why\"",
        worse.join(", "),
        TOLERANCE * 100.0
    );
    ExitCode::FAILURE
}

/// How much more the new count is, as a share of the old one.
fn change(old: u64, new: u64) -> f64 {
    new as f64 / old.max(1) as f64 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_record_is_read() {
        let record = read("idle\t123\trustc 1.95.0 (59807616e 2026-04-14)\tthe first").unwrap();
        assert_eq!((record.name.as_str(), record.instructions), ("idle", 123));
        assert_eq!(record.rustc, "rustc 1.95.0 (59807616e 2026-04-14)");
        assert!(read("idle\tmany\trustc\t").is_none());
    }

    #[test]
    fn every_run_has_its_record() {
        let records = records();
        for (name, _) in RUNS {
            assert!(records.iter().any(|record| record.name == name), "{name} has no record");
        }
    }

    #[test]
    fn a_change_is_a_share_of_the_old_count() {
        assert!((change(200, 230) - 0.15).abs() < 1e-9);
        assert!(change(200, 180) < 0.0);
    }
}
