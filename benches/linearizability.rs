//! `cargo bench -p raftlab-benches --bench linearizability`: see the module of that name.

use raftlab_benches::{Book, linearizability};

fn main() {
    linearizability::measure(&mut Book::with_criterion());
}
