//! `cargo bench -p raftlab-benches --bench timeline`: see the module of that name.

use raftlab_benches::{Book, timeline};

fn main() {
    timeline::measure(&mut Book::with_criterion());
}
