//! `cargo bench -p raftlab-benches --bench report`: see the module of that name.

use std::process::ExitCode;

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, neighbour};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() -> ExitCode {
    neighbour::be_one_if_asked();
    // `cargo test` must write nothing.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    raftlab_benches::report::write()
}
