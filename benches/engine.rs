//! `cargo bench -p raftlab-benches --bench engine`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, engine};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    engine::measure(&mut Book::with_criterion());
}
