//! What raftlab costs, measured.
//!
//! Each subject is a function that measures into a [`Book`]: how fast the engine is, what a
//! commit costs, how long it takes to go back in time. A bench target runs one subject and prints
//! it; the report runs all of them and writes `docs/performance.md`. Where somebody else's program
//! can do the same work, it does it in the same run, in turns with ours: what slows the machine
//! down then slows both, and their ratio stays.
//!
//! ```sh
//! cargo bench -p raftlab-benches                               # everything
//! cargo bench -p raftlab-benches --bench engine -- idle        # one subject, or part of it
//! cargo bench -p raftlab-benches --bench engine -- --busy      # beside a process that wants the caches
//! cargo bench -p raftlab-benches --no-default-features         # without the peers
//! ```

pub mod book;
pub mod consensus;
pub mod engine;
pub mod frame;
pub mod growth;
pub mod guard;
pub mod labs;
pub mod linearizability;
pub mod memory;
pub mod neighbour;
pub mod peers;
pub mod report;
pub mod script;
pub mod start;
pub mod timeline;

pub use book::Book;

/// The allocator of the program, for us and for the peers: each side of a ratio has the same.
pub use mimalloc::MiMalloc as Allocator;

/// It, to be named by each bench as its own.
pub const ALLOCATOR_OF_THE_PROGRAM: Allocator = Allocator;
