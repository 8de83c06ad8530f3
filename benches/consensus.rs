//! `cargo bench -p raftlab-benches --bench consensus`: see the module of that name.

use raftlab_benches::{ALLOCATOR_OF_THE_PROGRAM, Allocator, Book, consensus};

#[global_allocator]
static ALLOCATOR: Allocator = ALLOCATOR_OF_THE_PROGRAM;

fn main() {
    consensus::measure(&mut Book::with_criterion());
}
