//! `cargo bench -p raftlab-benches --bench frame`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, frame};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    frame::measure(&mut Book::with_criterion());
}
