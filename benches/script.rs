//! `cargo bench -p raftlab-benches --bench script`: see the module of that name.

use raftlab_benches::{Book, script};

fn main() {
    script::measure(&mut Book::with_criterion());
}
