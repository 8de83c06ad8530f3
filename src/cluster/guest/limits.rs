//! What a guest may use. A build without guests knows it too: scripts name it.

use serde::{Deserialize, Serialize};

/// What a guest may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Steps that one call may take, about an instruction each.
    pub fuel: u64,
    /// Bytes of memory that a server may have.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 200_000_000, memory: 16 << 20 }
    }
}
