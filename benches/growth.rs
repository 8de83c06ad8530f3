//! `cargo bench -p raftlab-benches --bench growth`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, growth};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    growth::measure(&mut Book::with_criterion());
}
