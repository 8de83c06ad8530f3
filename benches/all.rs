//! `cargo bench`: every subject, with its peers.
//!
//! The benches are a package of their own, so that neither `cargo build` nor `cargo test` has to
//! build the peers. This target of the main package hands on to it.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let status = Command::new(cargo)
        .args(["bench", "--locked", "--package", "raftlab-benches", "--"])
        .args(asked)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo bench --package raftlab-benches: {error}");
            ExitCode::FAILURE
        }
    }
}
