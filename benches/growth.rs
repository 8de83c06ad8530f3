//! `cargo bench -p raftlab-benches --bench growth`: see the module of that name.

use raftlab_benches::{Book, growth};

fn main() {
    growth::measure(&mut Book::with_criterion());
}
