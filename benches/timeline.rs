//! `cargo bench -p raftlab-benches --bench timeline`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, timeline};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    timeline::measure(&mut Book::with_criterion());
}
