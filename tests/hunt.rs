//! The hunt from outside: nothing is found where nothing is wrong, every planted flaw is found and
//! becomes a short script that shows just that, and shares of a hunt make one.
//!
//! The tables in `docs/testing.md` are made here: `UPDATE_DOCS=1 cargo test --test hunt`.

#[path = "support/tables.rs"]
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use raftlab::app::hunt::plan::OptionWord;
use raftlab::cluster::flaw::{Breaks, FLAWS, Flaw};
use raftlab::cluster::invariant::Invariant;
use serde_json::Value;
use tempfile::TempDir;

fn raftlab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.args(arguments).current_dir(folder).output().expect("raftlab can be started")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect()
}

/// The status, and the result that `--json` prints.
fn json(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = raftlab(folder, arguments);
    let result = serde_json::from_slice(&output.stdout);
    (output.status.code(), result.unwrap_or_else(|_| panic!("{}", text(&output.stderr))))
}

/// In CI's few seconds; the full figure is in `docs/testing.md`.
#[test]
fn nothing_is_found_where_nothing_is_wrong_and_every_place_is_reached() {
    let folder = folder();
    let (status, result) =
        json(folder.path(), &["hunt", "--option", "any", "--seeds", "1..601", "--json"]);
    assert_eq!(status, Some(0), "{result:#}");
    assert_eq!(result["runs"], 600);
    let output = raftlab(folder.path(), &["hunt", "--seeds", "1..601"]);
    let told = text(&output.stdout);
    assert!(told.contains("Nothing found.") && !told.contains("not reached"), "{told}");
    for place in result["places"].as_array().expect("places") {
        assert_ne!(place[0], 0, "a place was not reached, so the hunt proves little:\n{told}");
    }
    assert!(files(folder.path()).is_empty());
}

struct Row {
    flaw: Flaw,
    breaks: String,
    seeds: u64,
    commands: u64,
}

/// What `hunt --flaw NAME` finds first, with its script proved.
fn found(folder: &Path, flaw: Flaw) -> Row {
    let (status, result) =
        json(folder, &["hunt", "--flaw", flaw.name(), "--seeds", "1..5001", "--json"]);
    assert_eq!(status, Some(1), "{flaw} is not found");
    let first = &result["found"][0];
    let path = folder.join(format!("{flaw}.lab"));
    std::fs::write(&path, first["script"].as_str().expect("a script")).expect("a file");
    // Played with the flaw it breaks just this, and without the flaw all is well.
    let proof = raftlab(folder, &["run", path.to_str().expect("UTF-8")]);
    assert!(proof.status.success(), "{flaw}: {}", text(&proof.stdout));
    assert!(text(&proof.stdout).contains("2 passed, 0 failed"), "{flaw}: both runs");
    let commands = first["commands"].as_u64();
    let commands = commands.unwrap_or_else(|| panic!("{flaw} was not shrunk"));
    Row {
        flaw,
        breaks: first["breaks"].as_str().expect("a word").to_owned(),
        seeds: result["runs"].as_u64().expect("a number"),
        commands,
    }
}

/// What a hunt does not look for. Most of them make something slow, which a generous calm forgives:
/// their scenes in scripts/flaws have bounds. The others need an option, or are too rare for its seeds.
const SCENES_ONLY: [Flaw; 10] = [
    Flaw::BackOne,
    Flaw::DropSuffix,
    Flaw::TransferWithoutCatchingUp,
    Flaw::PrevoteBumpsTerm,
    Flaw::RefuseRepeatedVote,
    Flaw::CandidateKeepsStanding,
    Flaw::MatchGoesBack,
    Flaw::NextBelowMatch,
    Flaw::LeaseIgnoresClock,
    Flaw::ChangeBeforeCommit,
];

#[test]
fn every_flaw_is_found_and_shrunk_to_a_script_that_shows_just_that() {
    let folder = folder();
    let mut table = String::from("| flaw | caught by | seeds needed | commands of its script |\n");
    table += "|---|---|---|---|\n";
    let mut fired: BTreeMap<String, (Flaw, u64)> = BTreeMap::new();
    for about in &FLAWS {
        if SCENES_ONLY.contains(&about.flaw) {
            continue;
        }
        let Row { flaw, breaks, seeds, commands } = found(folder.path(), about.flaw);
        if let Breaks::Safety(_) = about.breaks {
            assert!(commands <= 24, "{flaw}: {commands} commands");
            assert_ne!(breaks, "liveness", "{flaw}");
        }
        writeln!(table, "| {flaw} | {breaks} | {seeds} | {commands} |").expect("room");
        fired.entry(breaks).or_insert((flaw, seeds));
    }
    // What hardly ever is the first rule to break.
    let seeds = ["--seeds", "1..301", "--keep-going", "--json"];
    let arguments: Vec<&str> = ["hunt", "--flaw", "forget-vote"].into_iter().chain(seeds).collect();
    let (_, result) = json(folder.path(), &arguments);
    for first in result["found"].as_array().expect("a list") {
        let breaks = first["breaks"].as_str().expect("a word").to_owned();
        fired.entry(breaks).or_insert((Flaw::ForgetVote, first["seed"].as_u64().expect("a seed")));
    }
    let mut checkers = String::from("| checker | seen to fire with | by seed |\n|---|---|---|\n");
    for invariant in Invariant::ALL {
        let row = match fired.get(invariant.name()) {
            Some((flaw, seed)) => format!("{flaw} | {seed}"),
            // No flaw makes a leader remove entries: a test of its own hands the checker such an
            // event.
            None if invariant == Invariant::LeaderAppendOnly => "a test of its own | -".to_owned(),
            // Other rules break first; scenes of their own break this one.
            None if invariant == Invariant::LogMatching => "a scene of its own | -".to_owned(),
            None => panic!("{} was never seen to fire", invariant.name()),
        };
        writeln!(checkers, "| {} | {row} |", invariant.name()).expect("room");
    }
    compare("flaws", &table);
    compare("checkers", &checkers);
}

/// What `--option` can say, from the table that reads it.
#[test]
fn the_page_names_all_options() {
    let mut table = "\n| `--option` | means |\n|---|---|\n".to_owned();
    for word in OptionWord::all() {
        writeln!(table, "| `{}` | {} |", word.said(), word.does()).expect("room");
    }
    tables::compare_in(
        "docs/commands.md",
        "hunt-options",
        "tests/hunt.rs",
        "cargo test --test hunt",
        &(table + "\n"),
    );
}

#[test]
fn a_quiet_hunt_begins_with_what_it_found() {
    let folder = folder();
    let hunt = ["hunt", "--flaw", "local-get", "--seeds", "1..20", "--quiet"];
    let told = text(&raftlab(folder.path(), &hunt).stdout);
    assert!(told.starts_with("Seed "), "{told}");
}

fn compare(name: &str, table: &str) {
    tables::compare(name, "tests/hunt.rs", "cargo test --test hunt", table);
}

#[test]
fn a_finding_is_written_with_its_story_and_found_again() {
    let folder = folder();
    let hunt = ["hunt", "--flaw", "commit-old-term", "--seeds", "4300..4320", "--out", "it.lab"];
    let output = raftlab(folder.path(), &hunt);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(files(folder.path()), ["it.lab"]);
    let script = std::fs::read_to_string(folder.path().join("it.lab")).expect("the script");
    assert!(script.contains("shows flaw=commit-old-term breaks=leader-completeness"), "{script}");
    assert!(script.contains("# The rule: ") && script.contains("\nat "), "{script}");
    let again = script.lines().find_map(|line| line.strip_prefix("# Found by: raftlab "));
    let again: Vec<&str> = again.expect("a command line").split(' ').collect();
    assert_eq!(raftlab(folder.path(), &again).status.code(), Some(1));
    let other = files(folder.path()).into_iter().find(|name| name != "it.lab");
    let other = other.expect("a file of its own name");
    assert!(other.starts_with("hunt-commit-old-term-leader-completeness-"), "{other}");
    let same = std::fs::read_to_string(folder.path().join(other)).expect("the script again");
    assert_eq!(same, script);
}

/// A script that a person wrote: noise around the few lines that matter.
#[test]
fn a_persons_script_is_varied_and_shrunk() {
    let folder = folder();
    let script = "cluster servers=3 network=reliable\nuntil leader\nload clients=3 keys=2 for 2s\n\
                  repeat 5 as i\n  crash leader\n  run 20ms\n  restart down\n  until leader\n\
                  set mine v{i}\nend\nrun 1s\nexpect safe\n";
    std::fs::write(folder.path().join("mine.lab"), script).expect("a file");
    let hunt = ["hunt", "--script", "mine.lab", "--flaw", "forget-log", "--seeds", "200..400"];
    let output = raftlab(folder.path(), &hunt);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let name = files(folder.path()).into_iter().find(|name| name != "mine.lab").expect("a script");
    let found = std::fs::read_to_string(folder.path().join(&name)).expect("a script");
    assert!(found.lines().filter(|line| line.starts_with("at ")).count() <= 15, "{found}");
    assert!(raftlab(folder.path(), &["run", &name]).status.success(), "{found}");
    // Without the flaw there is nothing to find in it.
    let hunt = ["hunt", "--script", "mine.lab", "--seeds", "1..20"];
    assert_eq!(raftlab(folder.path(), &hunt).status.code(), Some(0));
}

#[test]
fn shares_of_a_hunt_make_the_whole() {
    let folder = folder();
    let hunt = ["hunt", "--flaw", "count-stale-votes", "--seeds", "100..200", "--keep-going"];
    let with = |more: &[&str]| {
        let arguments: Vec<&str> = hunt.iter().chain(more).copied().collect();
        raftlab(folder.path(), &arguments)
    };
    let whole = with(&["--json"]);
    assert_eq!(whole.status.code(), Some(1));
    for share in 1..=3 {
        let output = with(&["--json", "--shard", &format!("{share}/3")]);
        let name = folder.path().join(format!("{share}.json"));
        std::fs::write(name, output.stdout).expect("a file");
    }
    let merge = ["hunt", "--merge", "1.json", "2.json", "3.json", "--json"];
    let (status, merged) = json(folder.path(), &merge);
    assert_eq!(status, Some(1));
    let whole: Value = serde_json::from_slice(&whole.stdout).expect("JSON");
    for field in ["hunt", "runs", "failed", "events", "virtual_us", "places"] {
        assert_eq!(merged[field], whole[field], "{field}");
    }
    let seeds = |result: &Value| -> BTreeSet<u64> {
        let found = result["found"].as_array().expect("a list");
        found.iter().map(|found| found["seed"].as_u64().expect("a seed")).collect()
    };
    assert!(seeds(&merged).is_superset(&seeds(&whole)));

    let refused = |arguments: &[&str], why: &str| {
        let output = raftlab(folder.path(), arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(why), "{told}");
    };
    refused(&["hunt", "--merge", "1.json", "3.json"], "missing: 2");
    refused(&["hunt", "--merge", "1.json", "1.json"], "name it once");
    refused(&["hunt", "--merge", "absent.json"], "can't read absent.json");
    let other = raftlab(folder.path(), &["hunt", "--seeds", "1..9", "--shard", "2/3", "--json"]);
    std::fs::write(folder.path().join("other.json"), other.stdout).expect("a file");
    refused(&["hunt", "--merge", "1.json", "other.json", "3.json"], "another hunt");
    for foreign in ["{}\n", "cluster servers=3\n", "\n", "{\"hunt\":1}", "\u{0}\n"] {
        std::fs::write(folder.path().join("foreign.json"), foreign).expect("a file");
        refused(&["hunt", "--merge", "foreign.json", "--out", "new.lab"], "result");
    }
    assert!(!folder.path().join("new.lab").exists());
}

/// The result of a share as it would be after only some of its seeds.
fn cut(result: &Value, runs: u64) -> Value {
    let mut cut = result.clone();
    let seeds = result["runs"].clone();
    let (share, of) = (result["share"].clone(), result["hunt"]["shares"].clone());
    (cut["whole"], cut["runs"]) = (false.into(), runs.into());
    let unfinished = serde_json::json!({"share": share, "of": of, "played": runs, "seeds": seeds});
    cut["unfinished"] = Value::Array(vec![unfinished]);
    for place in cut["places"].as_array_mut().expect("places") {
        *place = serde_json::json!([0, 0]);
    }
    cut
}

#[test]
fn a_hunt_that_was_cut_short_says_so() {
    let folder = folder();
    let told = |arguments: &[&str]| {
        let output = raftlab(folder.path(), arguments);
        (output.status.code(), text(&output.stdout))
    };
    let (status, all) = told(&["hunt", "--seeds", "1..1000000001", "--time", "1s"]);
    assert_eq!(status, Some(3), "{all}");
    assert!(
        all.contains("\nStopped after ") && all.contains(" of 1,000,000,000 seeds.\n"),
        "{all}"
    );
    let (status, result) =
        json(folder.path(), &["hunt", "--seeds", "1..1000000001", "--time", "1s", "--json"]);
    assert_eq!((status, &result["whole"]), (Some(3), &false.into()));
    let unfinished = &result["unfinished"][0];
    assert_eq!(unfinished["played"], result["runs"]);
    assert_eq!(unfinished["seeds"], 1_000_000_000);
    // A time is no number of seeds: when it is over, that is the whole hunt.
    let (status, all) = told(&["hunt", "--time", "1s"]);
    assert_eq!(status, Some(0), "{all}");
    assert!(!all.contains("Stopped"), "{all}");
    // What was found was found, however many seeds are left.
    let (status, all) = told(&["hunt", "--seeds", "1..1000000001", "--flaw", "forget-vote"]);
    assert_eq!(status, Some(1), "{all}");
    assert!(all.contains("Stopped after ") && all.contains("One run failed."), "{all}");
}

#[test]
fn a_merge_names_the_shares_that_were_cut_short_and_adds_nothing_wrongly() {
    let folder = folder();
    let shares: Vec<Value> = (1..=3)
        .map(|share| {
            let shard = format!("{share}/3");
            json(folder.path(), &["hunt", "--seeds", "1..62", "--shard", &shard, "--json"]).1
        })
        .collect();
    let merged = |shares: &[Value], more: &[&str]| {
        let lines: String = shares.iter().map(|share| format!("{share}\n")).collect();
        std::fs::write(folder.path().join("all.json"), lines).expect("a file");
        let arguments = ["hunt", "--merge", "all.json"];
        let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
        raftlab(folder.path(), &arguments)
    };
    let whole = merged(&shares, &[]);
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));
    assert!(!text(&whole.stdout).contains("stopped"), "{}", text(&whole.stdout));

    let mut some = [cut(&shares[0], 7), shares[1].clone(), cut(&shares[2], 19)];
    let output = merged(&some, &[]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}");
    for part in ["Share 1 of 3 stopped after 7 of 21 seeds.", "Share 3 of 3 stopped after 19 of 20"]
    {
        assert!(told.contains(part), "{told}");
    }
    let told: Value = serde_json::from_slice(&merged(&some, &["--json"]).stdout).expect("JSON");
    assert_eq!((&told["whole"], &told["runs"]), (&false.into(), &46.into()));
    assert_eq!(told["unfinished"].as_array().map(Vec::len), Some(2));
    // As shares were before they said so themselves.
    some[0].as_object_mut().expect("an object").remove("unfinished");
    assert!(text(&merged(&some, &[]).stdout).contains("Share 1 of 3 stopped after 7 of 21 seeds."));

    let refused = |which: usize, field: &str, value: Value, why: &str| {
        let mut shares = shares.clone();
        shares[which][field] = value;
        let output = merged(&shares, &[]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{field}: {told}");
        assert!(told.contains(why), "{field}: {told}");
    };
    refused(1, "events", u64::MAX.into(), "all.json:2: with this result the sums are too large");
    refused(
        2,
        "virtual_us",
        u64::MAX.into(),
        "all.json:3: with this result the sums are too large",
    );
    refused(0, "runs", 22.into(), "22 runs of 21 seeds");
    refused(0, "runs", u64::MAX.into(), "runs of 21 seeds");
    refused(0, "runs", 20.into(), "20 runs of 21 seeds, and whole: true");
    refused(0, "failed", 22.into(), "22 of 21 runs failed");
    refused(0, "undecided", u64::MAX.into(), "runs failed");
    let mut places = shares[0]["places"].clone();
    places[3] = serde_json::json!([22, 30]);
    refused(0, "places", places, "22 of 21 runs came to a place");
}

/// More servers, or fewer, and many more clients than a seed draws: all of it is slower, and is no
/// failure. Figures for ten thousand seeds of each are in `docs/testing.md`.
#[test]
fn nothing_is_found_whatever_the_number_of_servers_and_clients() {
    let folder = folder();
    for (servers, clients, seeds) in [
        ("1", "1", "1..61"),
        ("2", "3", "1..201"),
        ("4", "20", "1..61"),
        ("7", "60", "1..13"),
        ("25", "5", "1..13"),
        ("5", "200", "1..7"),
    ] {
        let hunt = ["hunt", "--servers", servers, "--clients", clients, "--seeds", seeds];
        let output = raftlab(folder.path(), &hunt);
        assert_eq!(output.status.code(), Some(0), "{hunt:?}: {}", text(&output.stdout));
    }
}

#[test]
fn bad_usage_is_told_and_leaves_nothing_behind() {
    let folder = folder();
    let bad: [(&[&str], &str); 11] = [
        (&["--flaw", "no-such-flaw"], "raftlab flaws"),
        (&["--seeds", "9..2"], "no seed from 9"),
        (&["--seeds", "5..5"], "no seed from 5"),
        (&["--seeds", "1..9", "--shard", "5/3"], "no share 5 of 3"),
        (&["--seeds", "1..9", "--shard", "0/3"], "no share 0 of 3"),
        (&["--shard", "1/3"], "--seeds"),
        (&["--time", "soon"], "60s"),
        (&["--servers", "26"], "25"),
        (&["--clients", "201"], "200"),
        (&["--script", "absent.lab"], "absent.lab"),
        (&["--seeds", "1..9", "--out", "no/such/folder.lab"], "no/such/folder.lab"),
    ];
    for (arguments, why) in bad {
        let arguments: Vec<&str> = ["hunt"].iter().chain(arguments).copied().collect();
        let output = raftlab(folder.path(), &arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(why), "{arguments:?}: {told}");
        assert!(files(folder.path()).is_empty(), "{arguments:?}");
    }
    // Nothing found: the file that was named for a finding does not appear.
    let hunt = ["hunt", "--seeds", "1..9", "--out", "none.lab"];
    assert_eq!(raftlab(folder.path(), &hunt).status.code(), Some(0));
    assert!(files(folder.path()).is_empty());
}

#[test]
fn gnu_parallel_spreads_a_hunt() {
    let is_there = Command::new("parallel").arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped: GNU parallel is not installed");
        return;
    }
    let folder = folder();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/parallel.sh");
    let output = Command::new("sh")
        .arg(script)
        .args(["--flaw", "forget-vote"])
        .envs([("SEEDS", "1..41"), ("SHARES", "3"), ("RAFTLAB", env!("CARGO_BIN_EXE_raftlab"))])
        .current_dir(folder.path())
        .output()
        .expect("a shell");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("40 runs"), "{told}");
    assert!(files(folder.path()).iter().any(|name| name.ends_with(".lab")));
}

/// What took long to find is told where the disk is full, and what was found is in it.
#[test]
#[cfg(target_os = "linux")]
fn a_finding_that_can_t_be_written_is_not_lost() {
    let folder = folder();
    let hunt = ["hunt", "--flaw", "local-get", "--seeds", "1..50", "--out", "/dev/full"];
    let find = ["find", "S1 is leader", "--out", "/dev/full"];
    for arguments in [&hunt[..], &find] {
        let output = raftlab(folder.path(), arguments);
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("could not be written:\n\n#"), "{told}");
        assert!(told.contains("\ncluster servers="), "{told}");
        assert!(text(&output.stderr).contains("can't write /dev/full"));
    }
}
