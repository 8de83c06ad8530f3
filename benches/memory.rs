//! `cargo bench -p raftlab-benches --bench memory`: see the module of that name.
//!
//! With `--lines` the figures come once more, as lines of words with tabs between them: the report
//! reads them.

use std::alloc::System;

use raftlab_benches::{Book, memory};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    // `cargo test` has nothing to ask here: it is one measurement, and takes its time.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut book = Book::without_criterion();
    memory::measure(&mut book, &|| {
        let counted = ALLOCATOR.stats();
        memory::Count {
            bytes: counted.bytes_allocated as f64 - counted.bytes_deallocated as f64,
            requests: (counted.allocations + counted.reallocations) as f64,
        }
    });
    if std::env::args().any(|word| word == "--lines") {
        print!("{}", book.lines());
    }
}
