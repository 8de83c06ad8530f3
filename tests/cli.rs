//! The program from outside, without a terminal: what it prints, what it leaves behind, and the
//! status with which it ends.

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
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
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
    let nowhere = run(&["run", &path, "--trace", "/no/such/folder/t"]);
    assert_eq!(status(&nowhere), 2);
    assert!(err(&nowhere).contains("/no/such/folder/t"));
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
    let cases: &[(&[&str], &str)] = &[
        (&["run"], "FILE"),
        (&["run", "no-such-file.lab"], "no-such-file.lab"),
        (&["run", folder], "folder"),
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
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(expected), "{arguments:?}: {}", err(&output));
        assert_eq!(out(&output), "", "{arguments:?}");
    }
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
fn a_picture_is_an_svg_of_the_moment() {
    let scripts = Scripts::new();
    let script = "cluster servers=3\nuntil leader\nsay The leader is chosen.\nbeat\nset x 1\n";
    let path = scripts.write("told.lab", script);
    let svg = scripts.path("picture.svg");
    let output =
        run(&["picture", &path, "--beat", "1", "--size", "80x24", "--out", svg.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", err(&output));
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    assert!(picture.contains("LEADER"));
    let never = run(&["picture", &path, "--beat", "2", "--out", svg.to_str().unwrap()]);
    assert_eq!(status(&never), 2, "{}", err(&never));
    assert_eq!(scripts.names(), ["picture.svg", "told.lab"]);
}

#[test]
fn a_picture_is_taken_of_any_moment() {
    let scripts = Scripts::new();
    let script = "cluster servers=3\nuntil leader\nset x 1\nmark done\nset x 2\n";
    let path = scripts.write("told.lab", script);
    let svg = scripts.path("picture.svg");
    let picture = |at: &str| run(&["picture", &path, "--at", at, "--out", svg.to_str().unwrap()]);
    let line = |of: &str| {
        let picture = std::fs::read_to_string(&svg).unwrap();
        let words: Vec<&str> = picture.split('<').filter_map(|tag| tag.split('>').nth(1)).collect();
        words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").contains(of)
    };
    for (at, shown) in
        [("line 3", "line 3 of 5"), ("mark done", "line 4 of 5"), ("5", "line 5 of 5")]
    {
        let output = picture(at);
        assert_eq!(status(&output), 0, "{}", err(&output));
        assert!(line(shown), "{at}");
    }
    for (at, why) in [("line 6", "told.lab has 5 lines"), ("nonsense", "expected a line (14)")] {
        let output = picture(at);
        assert_eq!(status(&output), 2, "{at}");
        assert!(err(&output).contains(why), "{}", err(&output));
    }
}

#[test]
fn a_lab_does_not_open_at_a_moment_that_never_comes() {
    let scripts = Scripts::new();
    let path =
        scripts.write("told.lab", "cluster servers=3\nuntil leader\nbeat\nexpect term = 9\n");
    for (arguments, why) in [
        (vec![&*path, "--start-at", "beat 2"], "before beat 2: line 4 failed, expected term = 9"),
        (vec![&*path, "--start-at", "line 9"], "there is no line 9: told.lab has 4 lines"),
        (vec![&*path, "--start-at", "soon"], "\"soon\" is no moment: expected a line (14)"),
        (vec!["--start-at", "beat 1"], "no script is playing"),
        (vec!["--resume", "--start-at", "1s"], "cannot be used with"),
    ] {
        let output = run(&arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(err(&output).contains(why), "{arguments:?}: {}", err(&output));
    }
    // That it comes is not enough without a terminal.
    assert!(err(&run(&[&path, "--start-at", "beat 1"])).contains("needs a terminal"));
}

#[test]
fn remarks_are_counted_and_are_no_failures() {
    let scripts = Scripts::new();
    let text = "expects remark\nexpect term = 9\nexpect term = 8\n";
    let path = scripts.write("remarks.lab", text);
    let output = run(&["run", &path]);
    assert_eq!(status(&output), 0);
    for told in ["2 lines would have failed", "line 2 at 0.000000s: expected term = 9", "line 3 at"]
    {
        assert!(out(&output).contains(told), "{}", out(&output));
    }
    let object = &objects(&run(&["run", &path, "--json"]))[0];
    assert_eq!((&object["remarks"], &object["remarked"][1]["line"]), (&2.into(), &3.into()));
    assert!(!out(&run(&["run", &scripts.good()])).contains("would have failed"));
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
