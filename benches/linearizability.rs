//! `cargo bench -p raftlab-benches --bench linearizability`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, linearizability};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    linearizability::measure(&mut Book::with_criterion());
}
