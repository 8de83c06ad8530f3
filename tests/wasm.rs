//! The lab without a terminal, in WebAssembly under node: the same scripts and seeds give the pinned
//! digests, and the same keys the same screen as here.

#[path = "wasm/src/lab.rs"]
mod lab;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32-unknown-unknown";

/// Elections, partitions, crashes, slow disks, chance on the network, locks, every server there is.
const SCRIPTS: &[&str] = &[
    "scripts/etcd/async_storage_writes.lab",
    "scripts/handout/lock_two_clients_unreliable.lab",
    "scripts/handout/persist_partition.lab",
    "scripts/lessons/07_a_lost_majority_commits_nothing.lab",
    "scripts/raft/crashes_with_slow_disks_lose_nothing_confirmed.lab",
    "scripts/raft/duplicates_and_reordering_change_nothing.lab",
    "scripts/raft/twenty_five_servers.lab",
];

/// Scripts, sizes, and keys that act, look about, ask at the prompt and go back in time.
const SCREENS: &[(&str, &str)] = &[
    ("scripts/lessons/07_a_lost_majority_commits_nothing.lab", "120 40  ccc X R"),
    ("scripts/raft/twenty_five_servers.lab", "200 60  zX:watch term$:crash S3$"),
    ("scripts/handout/persist_partition.lab", "80 24   ,,,w^?"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn program(name: &str, otherwise: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| otherwise.into())
}

/// Why the lab can't be built for WebAssembly, or not be asked there.
fn missing() -> Option<&'static str> {
    let mut node = Command::new("node");
    node.arg("--version").stdout(Stdio::null());
    if !node.status().is_ok_and(|status| status.success()) {
        return Some("no node");
    }
    if built().is_some() {
        return None;
    }
    let mut rustc = Command::new(program("RUSTC", "rustc"));
    let library = rustc.args(["--print", "target-libdir", "--target", TARGET]).output();
    let library = library.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let is_there = library.is_some_and(|path| Path::new(path.trim()).is_dir());
    (!is_there).then_some("no target wasm32-unknown-unknown")
}

/// What `web/build.sh --quick` has left in the folder `RAFTLAB_PAGE`.
fn built() -> Option<PathBuf> {
    let module = root().join(env::var_os("RAFTLAB_PAGE")?).join("raftlab_wasm.wasm");
    module.is_file().then_some(module)
}

/// Builds the lab as a module.
fn module() -> PathBuf {
    // A folder of its own: cargo has locked the one of this test, or somebody else has.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasm");
    let mut build = Command::new(program("CARGO", "cargo"));
    build.current_dir(root()).args(["build", "--locked", "--package", "raftlab-wasm"]);
    build.args(["--profile", "wasm", "--target", TARGET, "--target-dir"]).arg(&folder);
    let built = build.output().expect("cargo");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder.join(TARGET).join("wasm/raftlab_wasm.wasm")
}

/// What the module answers.
fn answers(module: &Path, requests: &[String]) -> Vec<String> {
    let mut node = Command::new("node");
    node.arg(root().join("tests/wasm/host.mjs")).arg(module);
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut node = node.spawn().expect("node");
    let asked: String = requests.iter().map(|request| format!("{request}\0")).collect();
    // It reads all before it answers; should it end before that, its report says why.
    let _ = node.stdin.take().expect("a pipe").write_all(asked.as_bytes());
    let output = node.wait_with_output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).expect("text");
    told.split_terminator('\0').map(str::to_owned).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a file of the repository")
}

#[test]
fn the_lab_plays_the_same_in_webassembly() {
    if let Some(why) = missing() {
        // Past the harness, which shows nothing of a test that passes.
        let _ = writeln!(io::stderr(), "the lab in WebAssembly: skipped, {why}");
        return;
    }
    let table = read("tests/digests.tsv");
    let pinned = table.lines().filter_map(|row| {
        let (name, rest) = row.split_once('\t')?;
        let (seed, digest) = rest.split_once('\t')?;
        let wanted = SCRIPTS.contains(&name);
        wanted.then(|| (format!("play {seed}\n{}", read(name)), digest.to_owned()))
    });
    let screens = SCREENS.iter().map(|(name, wish)| {
        let request = format!("show {wish}\n{}", read(name));
        let screen = lab::answer(&request);
        (request, screen)
    });
    let (requests, expected): (Vec<_>, Vec<_>) = pinned.chain(screens).unzip();
    assert_eq!(requests.len(), 3 * SCRIPTS.len() + SCREENS.len());
    let answers = answers(&built().unwrap_or_else(module), &requests);
    assert_eq!(answers.len(), requests.len());
    for ((request, expected), answer) in requests.iter().zip(&expected).zip(&answers) {
        let wish = request.lines().take(3).collect::<Vec<_>>().join("\n");
        assert_eq!(answer, expected, "{wish}");
    }
}
