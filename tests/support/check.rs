//! The program, played from outside, and histories for it to judge.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub fn raftlab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.args(arguments).stdin(Stdio::null()).env_remove("RUST_BACKTRACE").output().unwrap()
}

pub fn status(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A history of the repository.
pub fn small(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(name);
    path.to_str().unwrap().to_owned()
}

/// A folder with a history in it.
pub fn written(text: impl AsRef<[u8]>) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("history");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// The status of a history that has a verdict.
pub fn verdict(text: &str) -> i32 {
    let (_folder, path) = written(text);
    let output = raftlab(&["check", &path, "--time-limit", "300s"]);
    assert!(status(&output) < 2, "{}{}", out(&output), err(&output));
    status(&output)
}
