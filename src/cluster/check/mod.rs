//! The rules that must never be broken, watched after every event.
//!
//! The checkers keep ghost state beside the cluster: the cluster never reads it, so a run is the
//! same with and without them. Their work per event does not depend on how long the logs are.

mod answers;
mod ghost;
pub mod linearizability;
mod observe;

#[cfg(test)]
pub use answers::tests::clashed;
pub use observe::Checker;

use std::fmt;

use super::types::{ServerId, Term};

/// Why Raft promises nothing from some moment on, so that nothing is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// A disk was lost, and Raft counts on disks that last (§5.1).
    Wiped(ServerId),
    /// A server is elected for a term of which servers have entries from the beginning. That term had
    /// a leader then, and a majority that voted for it: no run leads to such a start (§5.2).
    LedBefore(ServerId, Term),
}

impl fmt::Display for Void {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wiped(server) => write!(f, "{server} lost its disk"),
            Self::LedBefore(server, term) => {
                write!(f, "{server} leads term {term}, which had a leader before the run began")
            }
        }
    }
}
