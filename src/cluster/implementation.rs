//! Which Raft the servers of a run have, if not the lab's own: a file, and what came of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::guest::{Limits, Program};

/// The Raft of all servers of a run: `cluster raft=FILE`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Implementation {
    /// Where the module is, as the head of the script has it.
    pub file: Arc<str>,
    /// The fingerprint that the module must have: recordings keep it.
    pub hash: Option<u64>,
    pub limits: Limits,
    /// A text that the module can read, for what it wants to be told: `raft-params=TEXT`.
    pub params: Arc<str>,
    /// The module, once the file has been read.
    #[serde(skip)]
    pub program: Option<Arc<Program>>,
}

impl PartialEq for Implementation {
    fn eq(&self, other: &Self) -> bool {
        let program = |it: &Self| it.program.as_ref().map(|program| program.hash());
        (&self.file, self.hash, self.limits) == (&other.file, other.hash, other.limits)
            && self.params == other.params
            && program(self) == program(other)
    }
}

impl Eq for Implementation {}
