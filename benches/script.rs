//! `cargo bench -p raftlab-benches --bench script`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, script};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    script::measure(&mut Book::with_criterion());
}
