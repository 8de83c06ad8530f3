//! The page that `web/build.sh` makes: under node every script of the repository has its pinned digest,
//! and in a headless Chromium keys, fingers, links and one file do what they say.
//!
//! The page is not built here. Where there is none, or no node, or no browser, this says so.

#[path = "support/pty.rs"]
mod pty;

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use pty::{LATER, Lab, SOON};

const LESSON: &str = "scripts/lessons/02_lost_majority.lab";

/// Markup wherever a script has a text of its own.
const HOSTILE: &str = r#"cluster servers=3 seed=7
clients a
until leader
set "<img src=x onerror=window.hurt=1>" "</script><script>window.hurt=1</script>"
say <img src=x onerror=window.hurt=1></script><script>window.hurt=1</script><!-- \u{1b}[2J
aside <svg onload=window.hurt=1>
beat
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> PathBuf {
    root().join("web/dist/raftlab.html")
}

/// Whether a test can't be made, said past the harness, which shows nothing of a test that passes.
fn skipped(what: &str, browser: bool) -> bool {
    let there = |name: &str| {
        let mut program = Command::new(name);
        program.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        program.status().is_ok_and(|status| status.success())
    };
    let named = std::env::var("RAFTLAB_BROWSER").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let has_browser = || match &named {
        Some(name) => there(name),
        None => usual.into_iter().any(there),
    };
    let why = if !page().is_file() {
        "no page: web/build.sh makes it"
    } else if !there("node") {
        "no node"
    } else if browser && !has_browser() {
        "no Chromium"
    } else {
        return false;
    };
    let _ = writeln!(io::stderr(), "{what}: skipped, {why}");
    true
}

fn told(output: &Output) -> String {
    let [out, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{errors}")
}

fn raftlab(arguments: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    let output = program.args(arguments).current_dir(root()).output().expect("raftlab");
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn node(arguments: &[&Path]) -> String {
    let output = Command::new("node").args(arguments).output().expect("node");
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_script_has_its_digest_in_the_module_of_the_page() {
    if skipped("the scripts in WebAssembly", false) {
        return;
    }
    let tool = root().join("web/tools/digests.mjs");
    let told = node(&[&tool, &page(), &root().join("tests/digests.tsv")]);
    let runs: usize = told.split(' ').next().expect("a number").parse().expect("a number");
    assert!(runs > 500, "{told}");
}

#[test]
fn a_browser_plays_what_the_program_plays() {
    if skipped("the page in a browser", true) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let within = |name: &str| folder.path().join(name);
    let text = |path: &Path| path.to_str().expect("a name").to_owned();
    let shared = raftlab(&["share", LESSON, "--at", "beat 2", "--base", "https://example.org/lab"]);
    let link = shared.lines().last().expect("a link");
    fs::write(within("hostile.lab"), HOSTILE).expect("a script");
    let web = text(&root().join("web/dist"));
    let (hostile, file) = (text(&within("hostile.lab")), text(&within("hostile.html")));
    raftlab(&["page", &hostile, "--out", &file, "--web", &web]);

    let tool = root().join("web/tools/check.mjs");
    let told = node(&[&tool, &page(), Path::new(link), Path::new(&file), folder.path()]);
    assert!(told.lines().filter(|line| line.starts_with("so: ")).count() >= 10, "{told}");
    let digests: Vec<(&str, &str)> =
        told.lines().filter_map(|line| line.strip_prefix("digest: ")?.split_once(' ')).collect();
    assert_eq!(digests.len(), 2, "{told}");
    for (name, digest) in digests {
        let run = raftlab(&["run", &text(&within(name)), "--json"]);
        let run: serde_json::Value = serde_json::from_str(&run).expect("JSON");
        assert_eq!(run["digest"], digest, "{name}: {run}");
    }
}

/// Browsers that follow a presenter, and are told what is expected of them.
struct Followers {
    node: Child,
    told: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Followers {
    fn of(address: &str, count: &str) -> Self {
        let mut node = Command::new("node");
        node.arg(root().join("web/tools/follow.mjs")).args([address, count]);
        let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node");
        let told = node.stdin.take().expect("a pipe");
        let says = BufReader::new(node.stdout.take().expect("a pipe"));
        let mut followers = Self { node, told, says };
        followers.hear("ready");
        followers
    }

    /// Tells them something, and waits for the word that it is so.
    fn tell(&mut self, line: &str, answer: &str) {
        writeln!(self.told, "{line}").expect("node");
        self.hear(answer);
    }

    fn hear(&mut self, answer: &str) {
        let mut said = String::new();
        self.says.read_line(&mut said).expect("a line");
        if said.trim_end() != answer {
            let _ = io::Read::read_to_string(&mut self.says, &mut said);
            panic!("instead of {answer:?}: {said}");
        }
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        // Told nothing more they end, and their browser with them.
        let _ = writeln!(self.told, "end");
        let _ = self.node.wait();
    }
}

/// The digest of the presenter's run as it is now.
fn saved_digest(lab: &mut Lab, file: &Path) -> String {
    let name = file.to_str().expect("a name");
    lab.press(&format!(":save {name}\r"));
    lab.wait(SOON, "the name", |text| text.contains("saved: raftlab run"));
    let run: serde_json::Value =
        serde_json::from_str(&raftlab(&["run", name, "--json"])).expect("JSON");
    run["digest"].as_str().expect("a digest").to_owned()
}

#[test]
fn a_class_follows_a_presenter_in_browsers() {
    if skipped("a class that follows", true) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let web = root().join("web/dist");
    let lesson = root().join("scripts/lessons/01_election.lab");
    let arguments = [lesson.to_str(), Some("--audience"), Some("--web"), web.to_str()];
    let mut lab = Lab::keeping(120, 40, &arguments.map(|word| word.expect("text")), folder.path());
    lab.wait(SOON, "the address", |text| text.contains("follows this session: 0 do now"));
    let text = lab.text();
    let address = text.split_whitespace().find(|word| word.starts_with("http://127.0.0.1"));
    let mut class = Followers::of(address.expect("an address"), "3");
    lab.press("\u{1b}");
    // The script stands at its first beat; ten commands are given there, by key and at the prompt.
    lab.wait(LATER, "the first beat", |text| text.contains("beat 1/"));
    for (keys, told) in [
        ("c", "last: put"),
        ("X", "last: crash"),
        ("R", "last: "),
        (":isolate S2\r", "isolate S2"),
        (":set y 2 nowait\r", "y"),
        ("H", "last: heal"),
        (":crash S5\r", "crash S5"),
        (":restart S5\r", "restart S5"),
        (":partition S1 S2 | rest\r", "partition"),
        ("H", "last: heal"),
    ] {
        lab.press(keys);
        lab.wait(SOON, told, |text| text.contains(told));
    }
    lab.press(" ");
    std::thread::sleep(std::time::Duration::from_secs(1));
    lab.press(" ");
    let digest = saved_digest(&mut lab, &folder.path().join("ten.lab"));
    class.tell(&format!("digest {digest}"), "same");
    // The first goes its own way and comes back; meanwhile the presenter goes back, and on differently.
    class.tell("own", "own");
    lab.press(",,,c");
    lab.wait(SOON, "another future", |text| text.contains("last: put"));
    lab.press(".");
    let branched = saved_digest(&mut lab, &folder.path().join("branch.lab"));
    assert_ne!(digest, branched);
    class.tell("back", "back");
    class.tell(&format!("digest {branched}"), "same");
    // A question: what the class taps is counted on the presenter's screen.
    lab.press(":ask Who leads next? | S1 | S2\r");
    lab.wait(SOON, "the question", |text| text.contains("Who leads next?"));
    class.tell("answer 2", "answered");
    lab.wait(SOON, "the hands", |text| text.contains("3 of 3 hands"));
    // A presenter that can't be reached is missed.
    lab.signal("-KILL");
    class.tell("lost", "lost");
    class.tell("end", "no complaints");
}
