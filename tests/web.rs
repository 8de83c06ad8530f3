//! The page that `web/build.sh` makes: under node every script of the repository has its pinned digest,
//! and in a headless Chromium keys, fingers, links and one file do what they say.
//!
//! The page is not built here: it is that of the folder `RAFTLAB_PAGE`, or of `web/dist`. Where there is none, or
//! no node, or no browser, this says so.

#[path = "support/pty.rs"]
mod pty;
#[path = "support/scripts.rs"]
mod scripts;

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pty::{LATER, Lab, SOON};
use raftlab::app::session::{Moment, Session};
use raftlab::cluster::command::{Script, Variant};
use raftlab::ui::theme::Theme;
use scripts::{play, scripts_of};

const LESSON: &str = "scripts/lessons/07_a_lost_majority_commits_nothing.lab";

/// Markup wherever a script has a text of its own.
const HOSTILE: &str = r#"cluster servers=3 seed=7
clients a
until leader
set "<img src=x onerror=window.hurt=1>" "</script><script>window.hurt=1</script>"
say <img src=x onerror=window.hurt=1></script><script>window.hurt=1</script><!-- &lt;b&gt; [2J
aside <svg onload=window.hurt=1>
beat
"#;

/// Browsers are heavy: one test with them after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn web() -> PathBuf {
    let named = std::env::var_os("RAFTLAB_PAGE");
    root().join(named.map_or_else(|| "web/dist".into(), PathBuf::from))
}

fn page() -> PathBuf {
    web().join("raftlab.html")
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
    // Those whose digests are pinned, and the rest.
    let mut table = fs::read_to_string(root().join("tests/digests.tsv")).expect("a table");
    let others = ["challenges", "checkers/broken", "checkers/safe", "exam", "tasks"];
    for (name, script) in others.into_iter().flat_map(scripts_of) {
        for script in script.variants() {
            let flawed = script.shows.is_some() && script.variant == Variant::With;
            let flaw = if flawed { " with its flaw" } else { "" };
            let digest = play(&script, Some(1)).digest();
            table.push_str(&format!("{name}{flaw}\t1\t{digest:016x}\n"));
        }
    }
    let runs = table.lines().filter(|row| row.contains(".lab")).count();
    let folder = tempfile::tempdir().expect("a folder");
    let all = folder.path().join("digests.tsv");
    fs::write(&all, table).expect("a table");
    let told = node(&[&root().join("web/tools/digests.mjs"), &page(), &all, root()]);
    assert_eq!(told, format!("{runs} runs have their digest\n"));
    assert!(runs > 1_000, "{runs}");
}

/// Rafts of others, hosted by an engine within the engine of a browser, do the same as in the program.
#[test]
fn guests_have_their_digests_in_the_module_of_the_page() {
    if skipped("guests in WebAssembly", false) {
        return;
    }
    let host = web().join("raftlab-guests.bin");
    if !host.is_file() {
        let _ = writeln!(io::stderr(), "guests in WebAssembly: skipped, no {}", host.display());
        return;
    }
    let guests = root().join("tests/guests");
    let at = |raft: &str, script: &str, comes_to: &str| {
        let raft = guests.join(format!("{raft}.wasm"));
        format!("{}\t{}\t{comes_to}\n", raft.display(), root().join(script).display())
    };
    let pinned = fs::read_to_string(guests.join("digests.tsv")).expect("a table");
    let rows = pinned.lines().map(|row| match row.split('\t').collect::<Vec<_>>()[..] {
        [raft, which, digest] => at(raft, &format!("tests/guests/{which}.lab"), digest),
        _ => panic!("{row}"),
    });
    let mut table: String = rows.collect();
    let count = table.lines().count();
    assert!(count >= 10, "{table}");
    // What the program refuses, the page does.
    table += &at(
        "service_c",
        "scripts/raft/figure_8_new_entry_keeps_the_old.lab",
        "service_c.wasm: servers begin with entries (`given`), and what its entries hold, only the \
         module knows: it is the whole service",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let all = folder.path().join("digests.tsv");
    fs::write(&all, table).expect("a table");
    let told = node(&[&root().join("web/tools/guest_digests.mjs"), &web(), &all]);
    assert_eq!(told, format!("{} are the same\n", count + 1));
}

#[test]
fn a_browser_plays_what_the_program_plays() {
    if skipped("the page in a browser", true) {
        return;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let within = |name: &str| folder.path().join(name);
    let text = |path: &Path| path.to_str().expect("a name").to_owned();
    let shared = raftlab(&["share", LESSON, "--at", "beat 2", "--base", "https://example.org/lab"]);
    let link = shared.lines().last().expect("a link");
    fs::write(within("hostile.lab"), HOSTILE).expect("a script");
    let web = text(&web());
    let (hostile, file) = (text(&within("hostile.lab")), text(&within("hostile.html")));
    raftlab(&["page", &hostile, "--out", &file, "--web", &web]);
    let shared = raftlab(&["share", &hostile, "--at", "beat 1", "--base", "https://example.org/"]);
    let hostile = shared.lines().last().expect("a link");

    let tool = root().join("web/tools/check.mjs");
    let digests = root().join("tests/digests.tsv");
    let links = [link, hostile].map(Path::new);
    let file = Path::new(&file);
    let told = node(&[&tool, &page(), links[0], file, links[1], &digests, folder.path()]);
    assert!(told.lines().filter(|line| line.starts_with("so: ")).count() >= 34, "{told}");
    // The hunt of the page found what the program's finds with the same seed, and tells it in the same words.
    let seed = told.lines().find_map(|line| line.strip_prefix("hunt: ")).expect("a seed");
    let seed: u64 = seed.parse().expect("a number");
    let (seeds, found) = (format!("{seed}..{}", seed + 1), text(&within("native.lab")));
    let hunt = ["hunt", "--flaw", "forget-vote", "--seeds", &seeds, "--out", &found];
    let status = Command::new(env!("CARGO_BIN_EXE_raftlab")).args(hunt).output().expect("raftlab");
    assert_eq!(status.status.code(), Some(1), "{}", self::told(&status));
    let [on_page, native] = ["hunt.lab", "native.lab"].map(|name| fs::read_to_string(within(name)));
    assert_eq!(on_page.expect("a script"), native.expect("a script"));
    let digests: Vec<(&str, &str)> =
        told.lines().filter_map(|line| line.strip_prefix("digest: ")?.split_once(' ')).collect();
    assert_eq!(digests.len(), 2, "{told}");
    for (name, digest) in digests {
        assert_eq!(digest_of(&within(name)), digest, "{name}");
    }
}

/// Another engine of another house, where it is.
#[test]
fn firefox_plays_it_too() {
    const FLAG: &str = "--experimental-websocket";
    if skipped("the page in Firefox", false) {
        return;
    }
    let runs = |name: &str, argument: &str| {
        let mut program = Command::new(name);
        program.args([argument, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        program.status().is_ok_and(|status| status.success())
    };
    let firefox = ["firefox-esr", "firefox"].into_iter().find(|name| runs(name, "--headless"));
    let Some(firefox) = firefox.filter(|_| runs("node", FLAG)) else {
        let _ =
            writeln!(io::stderr(), "the page in Firefox: skipped, no Firefox, or a node before 20");
        return;
    };
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let shared = raftlab(&["share", LESSON, "--at", "beat 2", "--base", "https://example.org/lab"]);
    let link = shared.lines().last().expect("a link");
    let tool = root().join("web/tools/firefox.mjs");
    let digests = root().join("tests/digests.tsv");
    let [flag, firefox, link] = [FLAG, firefox, link].map(Path::new);
    let told = node(&[flag, &tool, firefox, &page(), link, &digests]);
    assert_eq!(told.lines().filter(|line| line.starts_with("so: ")).count(), 7, "{told}");
}

#[test]
fn a_raft_of_ones_own_runs_on_the_page() {
    if skipped("a Raft of one's own on the page", true) {
        return;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let within = |name: &str| folder.path().join(name).to_str().expect("a name").to_owned();
    let (script, file) = (within("mine.lab"), within("mine.html"));
    let raft = root().join("tests/guests/raft_c.wasm");
    fs::copy(&raft, within("raft_c.wasm")).expect("a module");
    let text = "cluster servers=3 seed=5 raft=./raft_c.wasm\nclients a\nuntil leader within 5s\nset x 1\ncrash leader\nuntil new leader within 5s\nset x 2\n";
    fs::write(&script, text).expect("a script");
    let web = web();
    raftlab(&["page", &script, "--out", &file, "--web", web.to_str().expect("a name")]);
    let shared = raftlab(&["share", &script, "--base", "https://example.org/"]);
    let told = raftlab(&["run", &script, "--json"]);
    let told: serde_json::Value =
        serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    let digest = told["digest"].as_str().expect("a digest").to_owned();
    let tool = root().join("web/tools/guests.mjs");
    let arguments = [&file, shared.lines().last().expect("a link"), &script].map(Path::new);
    let told = node(
        &[&[tool.as_path(), &web], &arguments[..], &[raft.as_path(), Path::new(&digest)]].concat(),
    );
    assert_eq!(told.lines().filter(|line| line.starts_with("so: ")).count(), 8, "{told}");
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

/// The digest of a run that was saved, at the place where it was saved.
fn digest_of(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a script");
    let place = text.lines().filter_map(|line| line.strip_prefix("reached ")).next_back();
    let moment = Moment::read(place.expect("a place")).expect("a place");
    let script = Script::parse("saved.lab", text.as_bytes()).expect("a script");
    let mut session = Session::script("saved.lab".into(), &script, None, Theme::default());
    session.go_to(&moment).expect("it comes to its place");
    format!("{:016x}", session.scene().cluster.digest())
}

/// The digest of the presenter's run as it is now.
fn saved_digest(lab: &mut Lab, file: &Path) -> String {
    let name = file.to_str().expect("a name");
    lab.press(&format!(":save {name}\r"));
    // The file comes whole, and stays: what the last row says of it does not, and cores are busy.
    let asked = Instant::now();
    while !file.exists() {
        assert!(asked.elapsed() < SOON, "{name} is not saved: {}", lab.text());
        std::thread::sleep(Duration::from_millis(20));
    }
    digest_of(file)
}

#[test]
fn a_class_follows_a_presenter_in_browsers() {
    if skipped("a class that follows", true) {
        return;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let web = web();
    let lesson = root().join("scripts/lessons/07_a_lost_majority_commits_nothing.lab");
    let arguments = [lesson.to_str(), Some("--audience"), Some("--web"), web.to_str()];
    let mut lab = Lab::keeping(120, 40, &arguments.map(|word| word.expect("text")), folder.path());
    lab.wait(SOON, "the address", |text| text.contains("follows this session: 0 do now"));
    let text = lab.text();
    let address = text.split_whitespace().find(|word| word.starts_with("http://127.0.0.1"));
    // As many as are asked for: ten take long on a small machine.
    let count = std::env::var("RAFTLAB_FOLLOWERS").unwrap_or_else(|_| "3".to_owned());
    let mut class = Followers::of(address.expect("an address"), &count);
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
    lab.press(",,,:crash S2\r");
    lab.wait(SOON, "another future", |text| text.contains("last: crash S2"));
    lab.press(".");
    let branched = saved_digest(&mut lab, &folder.path().join("branch.lab"));
    assert_ne!(digest, branched);
    class.tell("back", "back");
    class.tell(&format!("digest {branched}"), "same");
    // The network is lost, and what is done meanwhile is heard once it is found again.
    class.tell("cut", "lost");
    lab.press(":set z 3 nowait\r");
    lab.wait(SOON, "the write", |text| text.contains("last: put z") || text.contains("set z"));
    let meanwhile = saved_digest(&mut lab, &folder.path().join("meanwhile.lab"));
    class.tell("mend", "found");
    class.tell(&format!("digest {meanwhile}"), "same");
    // A question: what the class taps is counted on the presenter's screen.
    lab.press(":ask Who leads next? | S1 if leader = S1 | S2 if leader = S2\r");
    lab.wait(SOON, "the question", |text| text.contains("Who leads next?"));
    class.tell("answer 2 S2", "answered");
    let hands = format!("{count} of {count} hands");
    lab.wait(SOON, "the hands", |text| text.contains(&hands));
    // Whoever loads the page again has one hand all the same: of the other choice now, with all others.
    class.tell("again", "again");
    class.tell("answer 1 S1", "answered");
    let none = format!("0 of {count} hands");
    let raised =
        |text: &str| text.find(&hands).zip(text.find(&none)).is_some_and(|(one, two)| one < two);
    lab.wait(SOON, "the hands again", raised);
    // Each sees their own with the answer; where the question stands again it is still their own.
    lab.press(":reveal\r");
    class.tell("marked 1", "marked");
    lab.press("u");
    class.tell("pressed 1", "pressed");
    // Another lesson takes the place of this one.
    lab.press(":lesson 1\r");
    lab.wait(LATER, "the lesson", |text| text.contains("01_same_log"));
    class.tell("name same log", "named");
    // The presenter leaves, and the class is told.
    lab.press("qy");
    class.tell("over", "over");
    class.tell("end", "no complaints");
}
