//! `cargo bench -p raftlab-benches --bench engine`: see the module of that name.

use raftlab_benches::{Book, engine};

fn main() {
    engine::measure(&mut Book::with_criterion());
}
