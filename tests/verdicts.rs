//! A verdict says what was seen, and no more: it is given whatever becomes of the files beside it,
//! its figures are those that were measured, and what the lab has written, the lab can read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn raftlab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A get that is told the outcome of a put: the waiter at index 2 of the deposed leader takes what
/// the new leader's put came to.
const ODD_ANSWER: &str = "cluster servers=5 seed=11
flaw any-op-at-index on
timeout S4
until S4 is leader
put colour red @0 client=painter
until converged
isolate S4
get colour client=looker nowait
run 80ms
timeout S2
until S2 is leader
put colour blue @0 client=thief only=S2
hold heartbeat S2 -> S4
mend S2 -> S4
until S4 log = 1,2
release
heal
until not waiting client=looker
";

fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// What can be refused is refused before anything runs. A limit on the size of files is met later,
/// in the middle of what is written.
#[cfg(target_os = "linux")]
#[test]
fn a_run_is_judged_though_its_files_find_no_room() {
    let load = "load rate=500/s for 2s\nrun 3s\nexpect term = 7\n";
    for (text, why) in [(ODD_ANSWER, "linearizability broken"), (load, "expected term = 7")] {
        let (folder, script) = written("some.lab", text);
        let run = "trap '' XFSZ; ulimit -f 2; exec \"$0\" run \"$1\" \
                   --html p.html --history h.jsonl --trace t.jsonl";
        let output = Command::new("sh")
            .args(["-c", run, env!("CARGO_BIN_EXE_raftlab"), script.to_str().unwrap()])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let (told, errors) = (out(&output), err(&output));
        assert!(told.contains(why) && told.contains("0 passed, 1 failed"), "{told}");
        assert_eq!(status(&output), 1, "the verdict, whatever its files found: {errors}");
        assert!(
            errors.contains("can't write p.html: ") && errors.contains("t.jsonl: "),
            "{errors}"
        );
        let names = std::fs::read_dir(folder.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| name == "some.lab" || name == "h.jsonl"), "{names:?}");
    }
}

/// Whatever flaw makes clients hear, the history of it can be read and has a verdict.
#[test]
fn what_a_run_writes_a_check_reads() {
    let (folder, script) = written("odd.lab", ODD_ANSWER);
    let scenes = std::fs::read_dir(repository().join("scripts/flaws")).unwrap();
    let scenes = scenes.map(|entry| entry.unwrap().path());
    let history = folder.path().join("history.jsonl");
    let history = history.to_str().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for scene in scenes.chain([script]) {
        let run = raftlab(&["run", scene.to_str().unwrap(), "--history", history]);
        assert!(status(&run) < 2, "{}: {}", scene.display(), err(&run));
        let text = std::fs::read_to_string(history).unwrap();
        if !text.contains("\"type\":\"call\"") {
            continue;
        }
        let check = raftlab(&["check", "--json", history]);
        assert!(status(&check) < 2, "{}: {}", scene.display(), err(&check));
        let calls = text.matches("\"type\":\"call\"").count();
        let object: Value = serde_json::from_str(&out(&check)).unwrap();
        assert_eq!(object["operations"], calls, "{}", scene.display());
        seen.extend(
            text.split("\"outcome\":\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next().map(str::to_owned)),
        );
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["maybe", "nokey", "ok", "version"]);
}

#[test]
fn an_answer_that_no_get_can_have_is_told_as_such() {
    let (folder, script) = written("odd.lab", ODD_ANSWER);
    let history = folder.path().join("history.jsonl");
    let history = history.to_str().unwrap();
    assert_eq!(status(&raftlab(&["run", script.to_str().unwrap(), "--history", history])), 1);
    let check = raftlab(&["check", history]);
    assert_eq!(status(&check), 1, "{}", err(&check));
    assert!(out(&check).contains("Only a put can be answered version."), "{}", out(&check));
}

/// The only job of a run can't have kept a core busy for longer than the whole took.
#[test]
fn the_wall_time_of_a_run_that_is_recorded_is_that_of_the_run() {
    let (folder, script) = written("some.lab", "load rate=200/s for 20s\nrun 21s\n");
    let history = folder.path().join("history.jsonl");
    let output =
        raftlab(&["run", script.to_str().unwrap(), "--history", history.to_str().unwrap()]);
    let told = out(&output);
    let micros = |words: &str| -> f64 {
        let mut words = words.split_whitespace().rev();
        let (unit, number) = (words.next().unwrap(), words.next().unwrap());
        let number: f64 = number.replace(',', "").parse().unwrap();
        number * if unit == "ms" { 1e3 } else { 1e6 }
    };
    let core = micros(told.lines().nth(1).unwrap());
    let wall = micros(told.split(" of wall time").next().unwrap());
    assert!(core > 0.0 && core <= wall, "{told}");
    let lab = micros(told.split(" of lab time").next().unwrap());
    assert!((20.9e6..21.1e6).contains(&lab), "{told}");
}

/// After a disk was lost a run may pass, and is no proof: text and JSON say so, and only then.
#[test]
fn a_run_that_has_lost_a_disk_claims_nothing() {
    let lost = "cluster servers=3\nset x 1\ncrash S2\nwipe S2\nrestart S2\nrun 50ms\n";
    let (_folder, script) = written("lost.lab", lost);
    let run = |more: &[&str]| raftlab(&[&["run", script.to_str().unwrap()], more].concat());
    let told = out(&run(&[]));
    assert!(told.contains("1 passed, 0 failed"), "{told}");
    assert!(told.contains("Nothing is claimed of one run from some moment on."), "{told}");
    assert!(told.contains("safety is void since 0."), "{told}");
    assert!(told.contains("s: S2 lost its disk"), "{told}");
    let told = out(&run(&["--seeds", "1..4"]));
    assert!(told.contains("Nothing is claimed of 3 runs from some moment on. The first"), "{told}");
    let object: Value = serde_json::from_str(&out(&run(&["--json"]))).unwrap();
    assert_eq!(object["outcome"], "passed");
    assert_eq!(object["void_because"], "S2 lost its disk");
    let (since, end) = (&object["void_since_us"], &object["virtual_us"]);
    assert!(since.as_u64() > Some(0) && since.as_u64() < end.as_u64(), "{object}");
    let (_folder, script) = written("kept.lab", "cluster servers=3\nset x 1\ncrash S2\n");
    let told = out(&raftlab(&["run", script.to_str().unwrap()]));
    assert!(!told.contains("claimed") && !told.contains("void"), "{told}");
    let object = out(&raftlab(&["run", "--json", script.to_str().unwrap()]));
    assert!(!object.contains("void"), "{object}");
}

/// What nobody can reach is no reason to go on looking.
#[test]
fn a_hunt_says_what_so_few_servers_can_never_show() {
    let told = |servers: &str| {
        let folder = tempfile::tempdir().unwrap();
        let found = folder.path().join("found.lab");
        let hunt = ["hunt", "--seeds", "1..6", "--servers", servers, "--out"];
        let output = raftlab(&[&hunt[..], &[found.to_str().unwrap()]].concat());
        assert_eq!(status(&output), 0, "{}", err(&output));
        out(&output)
    };
    assert!(told("1").contains("16 of the places above cannot be reached with one server."));
    assert!(told("2").contains("4 of the places above cannot be reached with 2 servers."));
    assert!(!told("5").contains("cannot be reached"));
}

/// The verdict has the status; a file that finds no room has it only if nothing failed.
#[cfg(target_os = "linux")]
#[test]
fn a_pass_without_its_history_is_told_and_is_no_success() {
    let full = ["--history", "/dev/full"];
    for (text, verdict, ends) in [
        ("set x 1\n", "1 passed, 0 failed", 2),
        ("set x 1\nexpect term = 9\n", "0 passed, 1 failed", 1),
    ] {
        let (_folder, script) = written("some.lab", text);
        let output = raftlab(&[&["run", script.to_str().unwrap()], &full[..]].concat());
        assert!(out(&output).contains(verdict), "{}", out(&output));
        assert_eq!(status(&output), ends, "{}", err(&output));
        assert!(!err(&output).is_empty());
    }
}
