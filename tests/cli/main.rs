//! The program from outside, without a terminal: what it prints, what it leaves behind, and the
//! status with which it ends.

mod pictures;
mod streams;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn raftlab() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    command
}

fn run(arguments: &[&str]) -> Output {
    raftlab().args(arguments).output().unwrap()
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

/// A folder with scripts in it.
struct Scripts(TempDir);

impl Scripts {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    fn good(&self) -> String {
        self.write("good.lab", "cluster servers=3 seed=7\nuntil leader\nset x 1\nexpect safe\n")
    }

    fn failing(&self) -> String {
        self.write("failing.lab", "cluster servers=3\nuntil leader\nexpect term >= 99\n")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn objects(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_script_that_holds_ends_well() {
    let scripts = Scripts::new();
    let output = run(&["run", &scripts.good()]);
    assert_eq!(status(&output), 0, "{}", err(&output));
    let text = out(&output);
    assert!(text.contains("good.lab") && text.contains("1 passed, 0 failed"), "{text}");
}

#[test]
fn a_failed_expectation_names_the_line_and_the_command_that_plays_it_again() {
    let scripts = Scripts::new();
    let path = scripts.failing();
    let output = run(&["run", &path, "--seeds", "3..5"]);
    assert_eq!(status(&output), 1);
    let text = out(&output);
    assert!(text.contains("line 3") && text.contains("term >= 99"), "{text}");
    assert!(text.contains(&format!("raftlab run {path} --seed 3")), "{text}");
    assert!(text.contains(&format!("raftlab run {path} --seed 4")), "{text}");
    assert!(text.contains("0 passed, 2 failed"), "{text}");
}

#[test]
fn json_has_an_object_a_run_in_the_order_of_the_seeds() {
    let scripts = Scripts::new();
    let path = scripts.good();
    let output = run(&["run", &path, "--seeds", "1..9", "--json"]);
    assert_eq!(status(&output), 0);
    let objects = objects(&output);
    let seeds: Vec<u64> = objects.iter().map(|run| run["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, (1..9).collect::<Vec<u64>>());
    for run in &objects {
        assert_eq!(run["script"], path.as_str());
        assert_eq!(run["outcome"], "passed");
        assert_eq!(run["digest"].as_str().unwrap().len(), 16);
        for figure in ["virtual_us", "events", "commits", "wall_us"] {
            assert!(run[figure].as_u64().unwrap() > 0, "{figure} in {run}");
        }
    }
}

#[test]
fn json_says_what_failed() {
    let scripts = Scripts::new();
    let output = run(&["run", &scripts.failing(), "--json"]);
    assert_eq!(status(&output), 1);
    let run = &objects(&output)[0];
    assert_eq!((&run["outcome"], &run["line"]), (&"failed".into(), &3.into()));
    assert!(run["expected"].as_str().unwrap().contains("term >= 99"), "{run}");
    assert!(!run["actual"].as_str().unwrap().is_empty());
}

/// Nothing comes after it, and it is one run all the same.
#[test]
fn the_greatest_seed_is_played() {
    let output = run(&["run", &Scripts::new().good(), "--seed", &u64::MAX.to_string()]);
    assert_eq!(status(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("1 passed"), "{}", out(&output));
}

#[test]
fn the_same_seed_gives_the_same_digest() {
    let scripts = Scripts::new();
    let path = scripts.good();
    let digest = |seed: &str| {
        let output = run(&["run", &path, "--json", "--seed", seed]);
        objects(&output)[0]["digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(digest("5"), digest("5"));
    assert_ne!(digest("5"), digest("6"));
    let twice = run(&["run", &path, "--check-determinism", "--seeds", "1..4"]);
    assert_eq!(status(&twice), 0, "{}", out(&twice));
}

#[test]
fn a_trace_is_whole_and_made_of_events() {
    let scripts = Scripts::new();
    let path = scripts.good();
    let trace = scripts.path("trace.jsonl");
    let output = run(&["run", &path, "--trace", trace.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", err(&output));
    let text = std::fs::read_to_string(&trace).unwrap();
    let events: Vec<Value> =
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().any(|event| event["event"] == "became_leader"));
    let times: Vec<u64> = events.iter().map(|event| event["time"].as_u64().unwrap()).collect();
    assert!(times.is_sorted());
    assert_eq!(scripts.names(), ["good.lab", "trace.jsonl"]);
}

#[test]
fn a_trace_is_of_one_run_and_leaves_nothing_when_it_can_not_be_written() {
    let scripts = Scripts::new();
    let path = scripts.good();
    let several = run(&["run", &path, "--seeds", "1..3", "--trace", "t"]);
    assert_eq!(status(&several), 2);
    assert!(err(&several).contains("one run"), "{}", err(&several));
    let nowhere = run(&["run", &path, "--trace", "/dev/null/no/such/folder/t"]);
    assert_eq!(status(&nowhere), 2);
    assert!(err(&nowhere).contains("/dev/null/no/such/folder/t"));
    assert_eq!(scripts.names(), ["good.lab"]);
}

#[test]
fn bad_scripts_are_all_reported_and_nothing_runs() {
    let scripts = Scripts::new();
    let good = scripts.good();
    let one = scripts.write("one.lab", "cluster servers=5\ncrahs S1\nheal\nsleep S9\n");
    let two = scripts.write("two.lab", "partiton S1 | rest\n");
    let output = run(&["run", &good, &one, &two]);
    assert_eq!(status(&output), 2);
    assert_eq!(out(&output), "");
    let text = err(&output);
    assert!(text.contains("one.lab:2:1") && text.contains("crash"), "{text}");
    assert!(text.contains("one.lab:4:7"), "{text}");
    assert!(text.contains("two.lab:1:1") && text.contains("partition"), "{text}");
}

#[test]
fn usage_errors_end_with_two_and_a_sentence() {
    let scripts = Scripts::new();
    let good = scripts.good();
    let folder = scripts.0.path().to_str().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let near = good.replace("good.lab", "godo.lab");
    let within = format!("{good}/x");
    let empty_script = scripts.write("empty.lab", "# nothing yet\ncluster servers=3\n");
    let packed = scripts.path("run.gz");
    std::fs::write(&packed, b"\x1f\x8b\x08\0").unwrap();
    let packed = packed.to_str().unwrap().to_owned();
    let cases: &[(&[&str], &str)] = &[
        (&["run"], "FILE"),
        (&["run", "no-such-file.lab"], "no-such-file.lab"),
        (&["run", empty.path().to_str().unwrap()], "no script"),
        (&["run", "no-such-*.lab"], "no file fits"),
        (&["picture", folder, "--out", "p.svg"], "folder"),
        (&["rnu"], "did you mean `raftlab run`?"),
        (&["rnu", &good], "did you mean `raftlab run`?"),
        (&["man", "rnu"], "did you mean `run`?"),
        (&["help", "rnu"], "did you mean `raftlab run`?"),
        (&["flaw", "nosuch"], "did you mean `raftlab flaws`?"),
        (&[&good, "more"], "`more` is one word too many"),
        (&["run", &near], "good.lab`?"),
        (&["check", &near], "good.lab`?"),
        (&["run", "lessons/01_same_log_same_mpa.lab"], "`lessons/01_same_log_same_map.lab`?"),
        (&["hunt", "--flaw", "local-gt"], "did you mean `local-get`?"),
        (&["hunt", "--option", "prevote"], "did you mean `pre-vote`?"),
        (&["hunt", "--seeds", "5.."], "1..101"),
        (&["--network", "clasroom"], "did you mean `classroom`?"),
        (&["--pace", "40-slowr"], "did you mean `slower`?"),
        (&["lesson", "electoin"], "did you mean `election`?"),
        (&["cast", &good, "--out", "p.cast", "--wait", "-3s"], "4.855s"),
        (&["view", &good, "--lines", "0"], "expected a whole number from 1 to"),
        (&["run", &empty_script], "no command in it"),
        (&["hunt", "--script", &empty_script, "--seeds", "1..2"], "no command in it"),
        (&["view", &good], "it is a script: `raftlab "),
        (&["check", &good], "it is a script: `raftlab "),
        (&["run", &packed], "gzip -dc"),
        (&["picture", &good, "--out", "p.pdf"], "ends with .svg, .png, .ans or .txt, not .pdf"),
        (&["trace", &good, "--format", "mermaid", "--out", "p.svg"], ".mmd"),
        (&["worksheet", "1", "--out", "p.pdf"], "a page"),
        (&["cast", &good, "--out", "p.gif"], "a cast"),
        (&["hunt", "--out", "p.json", "--seeds", "1..2"], "a script"),
        (&["run", &good, "--html", "p.svg"], "a page"),
        (&["--start-at", "baet"], "did you mean `beat`?"),
        (&["picture", &good, "--at", "leeder = S2", "--out", "p.svg"], "did you mean `leader`?"),
        (&["picture", &good, "--at", "99999999s", "--out", "p.svg"], "1000 days"),
        (&["find", "two leeders"], "1:1: expected"),
        (&["find", "two leeders"], "1 | two leeders\n  | ^^^\nhelp: did you mean 'two leaders'?"),
        (&["run", &good, "--seed", "1.5"], "expected a whole number from 0"),
        (&["run", "lesons"], "did you mean `lessons`?"),
        (&["run", &within], "what should be a folder on its way is a file"),
        (&["run", &good, "--color", "mauve"], "never"),
        (&["run", &good, "--seeds", "9..3"], "9"),
        (&["run", &good, "--seeds", "x"], "1..101"),
        (&["run", &good, "--seed", "1", "--seeds", "1..2"], "--seeds"),
        (&["run", &good, "--frobnicate"], "--frobnicate"),
        (&["--servers", "26"], "26"),
        (&["--servers", "0"], "0"),
        (&["--network", "carrier-pigeon"], "classroom"),
        (&["--pace", "warp"], "40-slower"),
        (&["nonsense"], "nonsense"),
        (&["picture", &good, "--size", "0x0", "--out", "p.svg"], "120x40"),
        (&["picture", &good, "--size", "59x16", "--out", "p.svg"], "from 60x16 to 500x200"),
        (&["cast", &good, "--size", "60x15", "--out", "p.cast"], "from 60x16 to 500x200"),
        (&["worksheet", "99", "--out", "w.html"], "there is no lesson 99: they are 1 to 30"),
        (&["worksheet", "majorty", "--out", "w.html"], "no lesson called `majorty`"),
        (&["worksheet", "absent.lab", "--out", "w.html"], "can't read absent.lab"),
        (&["challenge", "99"], "no challenge 99: they are 1 to 15, see `raftlab challenges`"),
        (
            &["challenge", "xyz"],
            "no challenge called `xyz`: they are 1 to 15 (`raftlab challenges`",
        ),
        (&["lesson", "xyz"], "no lesson called `xyz`: they are 1 to 30 (`raftlab lessons`"),
    ];
    let mut wrong = Vec::new();
    for (arguments, expected) in cases {
        let output = run(arguments);
        let said = err(&output);
        if status(&output) != 2 || !said.contains(expected) || !out(&output).is_empty() {
            wrong.push(format!("{arguments:?}: {}: {expected:?} in {said}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_sessions_there_is_a_sentence_and_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let output = raftlab().arg("sessions").env("XDG_STATE_HOME", folder.path()).output().unwrap();
    assert_eq!(out(&output), "No session is kept in which something was done.\n");
}

#[test]
fn folders_and_patterns_are_played_here_or_in_the_program() {
    let scripts = Scripts::new();
    scripts.good();
    std::fs::create_dir(scripts.path("below")).unwrap();
    scripts.write("below/other.lab", "until leader\nexpect safe\n");
    let names = |arguments: &[&str]| {
        let output = raftlab().current_dir(scripts.0.path()).args(arguments).output().unwrap();
        assert_eq!(status(&output), 0, "{arguments:?}: {}", err(&output));
        let names = objects(&output).into_iter().map(|run| run["script"].as_str().unwrap().into());
        names.collect::<Vec<String>>()
    };
    assert_eq!(names(&["run", "--json", "."]), ["./below/other.lab", "./good.lab"]);
    assert_eq!(names(&["run", "--json", "*.lab"]), ["good.lab"]);
    assert_eq!(names(&["run", "--json", "lessons/01*.lab"]), ["lessons/01_same_log_same_map.lab"]);
    assert!(names(&["run", "--json", "lessons", "good.lab"]).len() > 3);
}

#[test]
fn a_quiet_run_tells_what_went_wrong_and_nothing_else() {
    let scripts = Scripts::new();
    let output = run(&["run", &scripts.good(), "--quiet"]);
    assert_eq!((status(&output), out(&output), err(&output)), (0, String::new(), String::new()));
    let output = run(&["run", &scripts.good(), &scripts.failing(), "--quiet"]);
    assert_eq!(status(&output), 1);
    let text = out(&output);
    assert!(text.starts_with("FAILED") && !text.contains("passed"), "{text}");
}

#[test]
fn colours_come_when_they_are_asked_for() {
    let scripts = Scripts::new();
    let bad = scripts.write("bad.lab", "crahs S1\n");
    let told = |colour: &[&str]| {
        let output = raftlab().args(colour).args(["run", &bad]).output().unwrap();
        assert_eq!(status(&output), 2);
        err(&output)
    };
    let plain = told(&[]);
    assert_eq!(plain, told(&["--color", "never"]));
    assert!(!plain.contains('\u{1b}'));
    let coloured = told(&["--color=always"]);
    assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
    let mut bare = String::new();
    for (number, part) in coloured.split("\u{1b}[").enumerate() {
        bare += if number == 0 { part } else { part.split_once('m').expect("its end").1 };
    }
    assert_eq!(bare, plain, "the same words");
}

#[test]
fn without_a_terminal_the_lab_says_what_to_do() {
    let output = run(&[]);
    assert_eq!(status(&output), 2);
    assert!(err(&output).contains("raftlab run"), "{}", err(&output));
}

#[test]
fn a_closed_pipe_is_no_reason_to_panic() {
    let scripts = Scripts::new();
    let path = scripts.good();
    let mut child = raftlab()
        .args(["run", &path, "--seeds", "1..200", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(status(&output), 141, "{}", err(&output));
    assert_eq!(err(&output), "");
}

#[test]
fn references_are_those_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (page, file) in [("keys", "keys.md"), ("scripts", "scripts.md")] {
        let output = run(&["docs", page]);
        assert_eq!(status(&output), 0);
        assert_eq!(out(&output), std::fs::read_to_string(root.join(file)).unwrap(), "{page}");
    }
}

#[test]
fn remarks_are_counted_and_are_no_failures() {
    let scripts = Scripts::new();
    let text = "expects remark\nexpect term = 9\nexpect term = 8\n";
    let path = scripts.write("remarks.lab", text);
    let output = run(&["run", &path]);
    assert_eq!(status(&output), 0);
    for told in
        ["2 things were expected and not so", "line 2 at 0.000000s: expected term = 9", "line 3 at"]
    {
        assert!(out(&output).contains(told), "{}", out(&output));
    }
    let object = &objects(&run(&["run", &path, "--json"]))[0];
    assert_eq!((&object["remarks"], &object["remarked"][1]["line"]), (&2.into(), &3.into()));
    assert!(!out(&run(&["run", &scripts.good()])).contains("expected and not so"));
}

#[test]
fn a_loop_that_runs_in_circles_is_left_and_the_report_names_its_line() {
    let scripts = Scripts::new();
    let text = "expects remark\nuntil leader\nput y 1 @0 client=w nowait\npartition S1 | S2 | S3\n\
                loop for 3s\n  get x client=w\nend\n";
    let path = scripts.write("circles.lab", text);
    let output = run(&["run", &path]);
    assert_eq!(status(&output), 0);
    let told = ["line 5 at", "lab time passes in `loop for 3s`", "line 6 at", ", 100 times"];
    assert!(told.iter().all(|words| out(&output).contains(words)), "{}", out(&output));
    let path = scripts.write("failing.lab", "until leader\nloop for 3s\n  until leader\nend\n");
    let output = run(&["run", &path]);
    assert_eq!(status(&output), 1);
    assert!(out(&output).contains("line 2 at"), "{}", out(&output));
}

/// A run that is ended by a signal leaves no half-written file behind.
#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_leaves_no_draft() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("long.lab");
    std::fs::write(&script, "load rate=10000/s\nrun 900h\n").unwrap();
    let trace = folder.path().join("trace.jsonl");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_raftlab"))
        .args(["run", "--trace"])
        .args([&trace, &script])
        .spawn()
        .unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while files() < 2 {
        assert!(std::time::Instant::now() < deadline, "no draft was begun");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(files(), 1, "the script alone is left");
}

const GROWING: &str = "cluster servers=3 seed=7\nuntil leader\n\
                       load clients=20 keys=20 rate=10000/s value=4000\nrun 10h\n";

#[test]
fn a_run_that_comes_to_its_budget_of_memory_is_unfinished() {
    let scripts = Scripts::new();
    let path = scripts.write("growing.lab", GROWING);
    let output = run(&["run", &path, "--memory", "30MB"]);
    assert_eq!(status(&output), 3);
    let told = ["UNFINISHED", "30 MB of memory, its budget; --memory 60MB gives it more"];
    assert!(told.iter().all(|words| out(&output).contains(words)), "{}", out(&output));
    assert!(out(&output).contains("0 passed, 0 failed, 1 unfinished"), "{}", out(&output));
    // Each run has so much for itself, so the same runs come as far on any number of cores.
    let output = run(&["run", &path, "--memory", "30MB", "--seeds", "1..4", "--json"]);
    assert_eq!(status(&output), 3);
    let outcomes: Vec<String> =
        objects(&output).iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes, ["unfinished"; 3]);
    // What has failed has failed, whatever else is unfinished.
    let failing = scripts.write("failing.lab", "expect term = 9\n");
    assert_eq!(status(&run(&["run", &path, &failing, "--memory", "30MB"])), 1);
    assert_eq!(status(&run(&["run", &scripts.good(), "--memory", "30MB"])), 0);
    assert_eq!(status(&run(&["run", &path, "--memory", "30"])), 2);
}

#[test]
fn a_hunt_and_a_picture_have_a_budget_of_memory_too() {
    let scripts = Scripts::new();
    let path = scripts.write("growing.lab", GROWING);
    let output = run(&["hunt", "--script", &path, "--seeds", "1..3", "--memory", "20MB"]);
    assert_eq!(status(&output), 3, "{}", err(&output));
    assert!(
        out(&output).contains("2 runs came to their limit of events or of memory"),
        "{}",
        out(&output)
    );
    let svg = scripts.path("picture.svg");
    let output =
        run(&["picture", &path, "--at", "9h", "--memory", "20MB", "--out", svg.to_str().unwrap()]);
    assert_eq!(status(&output), 2);
    assert!(err(&output).contains("--memory 40MB gives it more"), "{}", err(&output));
    assert!(!svg.exists());
}

#[test]
fn settings_are_printed_with_what_is_wrong_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || {
        let mut command = raftlab();
        let output = command.arg("settings").env("XDG_CONFIG_HOME", folder.path()).output();
        output.unwrap()
    };
    let output = settings();
    assert_eq!(status(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("raftlab/settings.json") && out(&output).contains("\"theme\""));
    std::fs::create_dir(folder.path().join("raftlab")).unwrap();
    let file = folder.path().join("raftlab/settings.json");
    std::fs::write(&file, r#"{"thme": "light", "big": true, "keys": {"why": "x"}}"#).unwrap();
    let output = settings();
    assert_eq!(status(&output), 2);
    assert!(out(&output).contains("\"big\": false   now true"), "{}", out(&output));
    for part in ["did you mean `theme`?", "why: x is crash already"] {
        assert!(err(&output).contains(part), "{}", err(&output));
    }
    std::fs::write(&file, "{").unwrap();
    assert!(err(&settings()).contains("no JSON object: it ends within an object at column 1"));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(err(&settings()).contains("settings.json: it is a folder"), "{}", err(&settings()));
}
