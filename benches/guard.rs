//! `cargo bench -p raftlab-benches --no-default-features --bench guard`: see the module of that
//! name.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    raftlab_benches::guard::main(&arguments)
}
