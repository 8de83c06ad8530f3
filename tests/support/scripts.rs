//! The scripts of the project, and how a test plays one.

use std::path::{Path, PathBuf};

use raftlab::cluster::command::Script;
use raftlab::cluster::{Cluster, Step};

/// All scripts of a folder below `scripts/`, in the order of their names.
pub fn scripts_of(folder: &str) -> Vec<(String, Script)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(root.join("scripts").join(folder)).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|end| end == "lab"));
    let read = |file: &PathBuf| {
        let name = file.file_name().expect("a name").to_string_lossy();
        let name = format!("scripts/{folder}/{name}");
        let script = Script::parse(&name, &std::fs::read(file).expect("a readable script"));
        let script = script.unwrap_or_else(|mistakes| panic!("{}", mistakes[0]));
        (name, script)
    };
    files.iter().map(read).collect()
}

/// Plays a script to its end, or to where it stops.
pub fn play(script: &Script, seed: Option<u64>) -> Cluster {
    let mut cluster = Cluster::with_script(script, seed);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    cluster
}
