//! What the lab writes for other programs is read by those: Mermaid's parser, resvg, asciinema's player.
//!
//! `npm install --global mermaid jsdom @resvg/resvg-js asciinema-player` brings them, or `RAFTLAB_NODE_MODULES` names
//! their folder. Where one is missing, this says so.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const LESSON: &str = "scripts/lessons/07_a_lost_majority_commits_nothing.lab";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of node's packages that has all of these. Else the test says past the harness what is missing.
fn modules(needed: &[&str]) -> Option<PathBuf> {
    let asked = || {
        let output = Command::new("npm").args(["root", "--global"]).stderr(Stdio::null()).output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().into())
    };
    let folder = env::var_os("RAFTLAB_NODE_MODULES").or_else(asked).map(PathBuf::from);
    let absent = |name: &&&str| !folder.as_ref().is_some_and(|it| it.join(name).is_dir());
    match needed.iter().find(absent) {
        None => folder,
        Some(name) => {
            let _ = writeln!(io::stderr(), "read by others: skipped, no npm package {name}");
            None
        }
    }
}

fn told(output: &Output) -> String {
    let [out, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{errors}")
}

/// Makes a file with the lab.
fn made(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let mut program = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    let output = program.current_dir(root()).args(arguments).arg("--out").arg(&path).output();
    let output = output.expect("raftlab");
    assert!(path.is_file(), "{arguments:?}: {}", told(&output));
    path
}

/// What the other program says of each file.
fn read(modules: &Path, kind: &str, files: &[PathBuf]) -> Vec<Value> {
    let mut node = Command::new("node");
    let output = node.arg(root().join("tests/foreign/read.mjs")).arg(modules).arg(kind).args(files);
    let output = output.output().expect("node");
    assert!(output.status.success(), "{kind}: {}", told(&output));
    let lines = String::from_utf8(output.stdout).expect("text");
    let answers: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), files.len(), "{lines}");
    answers
}

#[test]
fn mermaid_reads_diagrams() {
    let Some(modules) = modules(&["mermaid", "jsdom"]) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let scenes = [
        "handout/persist_partition",
        "raft/figure_8_by_hand",
        "flaws/forget_vote",
        "mit/TestPersist13C",
    ];
    let mut files: Vec<PathBuf> = Vec::new();
    for (number, scene) in scenes.iter().enumerate() {
        let scene = format!("scripts/{scene}.lab");
        let trace = ["trace", &scene, "--format", "mermaid"];
        files.push(made(folder.path(), &format!("{number}.mmd"), &trace));
    }
    // Its parser is asked indeed: half an arrow is none.
    let broken = folder.path().join("broken.mmd");
    fs::write(&broken, "sequenceDiagram\n    S1-)\n").expect("a file");
    let answers = read(&modules, "mermaid", &[files, vec![broken]].concat());
    let (last, rest) = answers.split_last().expect("answers");
    assert!(rest.iter().all(|kind| kind == "sequence"), "{answers:?}");
    assert!(last.as_str().is_some_and(|why| why.contains("Parse error")), "{last}");
}

#[test]
fn resvg_draws_pictures() {
    let Some(modules) = modules(&["@resvg/resvg-js"]) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let wishes: [&[&str]; 4] = [
        &[LESSON, "--at", "0.345s"],
        &[LESSON, "--beat", "2", "--size", "80x24", "--light"],
        &[LESSON, "--diagram"],
        &["scripts/raft/twenty_five_servers.lab", "--at", "1s", "--size", "200x60"],
    ];
    let files: Vec<PathBuf> = wishes
        .iter()
        .enumerate()
        .map(|(at, wish)| {
            made(folder.path(), &format!("{at}.svg"), &[&["picture"], *wish].concat())
        })
        .collect();
    for (file, drawn) in files.iter().zip(read(&modules, "resvg", &files)) {
        let svg = fs::read_to_string(file).expect("a picture");
        for side in ["width", "height"] {
            let said = svg.split_once(&format!("{side}=\"")).expect("a size").1;
            let said: f64 =
                said.split('"').next().and_then(|it| it.parse().ok()).expect("a number");
            assert_eq!(drawn[side].as_f64(), Some(said.ceil()), "{}: {drawn}", file.display());
        }
        // Letters have edges in all shades: without them a screen has a dozen colours.
        assert!(drawn["colours"].as_u64() > Some(100), "{}: {drawn}", file.display());
    }
}

#[test]
fn asciinema_plays_casts() {
    let Some(modules) = modules(&["asciinema-player"]) else { return };
    let asked =
        "import { program } from './web/tools/browser.mjs'; process.exit(program() ? 0 : 1)";
    let mut browser = Command::new("node");
    browser.current_dir(root()).args(["--input-type=module", "--eval", asked]);
    if !browser.status().is_ok_and(|status| status.success()) {
        let _ = writeln!(io::stderr(), "casts: skipped, no Chromium");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let cast = made(folder.path(), "x.cast", &["cast", LESSON]);
    let lines: Vec<Value> = fs::read_to_string(&cast)
        .expect("a cast")
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    let since = |line: &Value| line[0].as_f64().expect("a time");
    let whole: f64 = lines.iter().map(since).sum();
    let marks: Vec<usize> = (0..lines.len()).filter(|at| lines[*at][1] == "m").collect();
    let second: f64 = lines[..=marks[1]].iter().map(since).sum();
    let size = |cells: u16| std::num::NonZero::new(cells).expect("cells");
    let mut screen = vt100::Parser::new(size(30), size(100), 0);
    for line in lines[..marks[1]].iter().filter(|line| line[1] == "o") {
        screen.process(line[2].as_str().expect("a text").as_bytes());
    }
    let played = &read(&modules, "asciinema", &[cast])[0];
    let near = |figure: &Value, other: f64| (figure.as_f64().expect("a time") - other).abs() < 0.2;
    assert!(near(&played["length"], whole), "{whole} s: {played}");
    assert!(near(&played["at"], second), "{second} s: {played}");
    let words = |text: &str| {
        let words =
            text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let shown = words(played["shows"].as_str().expect("a text"));
    let own = words(&screen.screen().contents());
    // Below stands what the player says itself.
    assert!(own.len() > 50 && shown.starts_with(&own), "{own:?}\n{shown:?}");
}
