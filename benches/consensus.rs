//! `cargo bench -p raftlab-benches --bench consensus`: see the module of that name.

use raftlab_benches::{Book, consensus};

fn main() {
    consensus::measure(&mut Book::with_criterion());
}
