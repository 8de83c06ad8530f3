//! What raftlab costs, measured.
//!
//! Each subject is a function that measures into a [`Book`]: how fast the engine is, what a
//! commit costs, how long it takes to go back in time. A bench target runs one subject and prints
//! it; the report runs all of them and writes `docs/performance.md`.
//!
//! ```sh
//! cargo bench -p raftlab-benches                               # everything
//! cargo bench -p raftlab-benches --bench engine -- idle        # one subject, or part of it
//! ```

pub mod book;
pub mod consensus;
pub mod engine;
pub mod labs;
pub mod timeline;

pub use book::Book;
