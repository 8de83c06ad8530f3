//! `cargo bench -p raftlab-benches --bench frame`: see the module of that name.

use raftlab_benches::{Book, frame};

fn main() {
    frame::measure(&mut Book::with_criterion());
}
