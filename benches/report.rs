//! `cargo bench -p raftlab-benches --bench report`: see the module of that name.

use std::process::ExitCode;

fn main() -> ExitCode {
    // `cargo test` must write nothing.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    raftlab_benches::report::write()
}
