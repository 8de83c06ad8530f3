//! `cargo bench -p raftlab-benches --bench start`: see the module of that name.

use raftlab_benches::{Book, start};

fn main() {
    start::measure(&mut Book::with_criterion());
}
