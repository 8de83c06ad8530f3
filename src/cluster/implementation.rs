//! Which Raft the servers of a run have, if not the lab's own: a file, and what it may use.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::Script;
use super::guest::Program;

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

impl Script {
    /// Gives its servers the Raft that it names, once that has been read.
    ///
    /// # Errors
    /// Why it can't be played with this one.
    pub fn host(&mut self, program: Arc<Program>) -> Result<(), String> {
        let has_logs = self.config.given.iter().any(|given| !given.log.is_empty());
        if program.serves() && has_logs {
            return Err(
                "servers begin with entries (`given`), and what its entries hold, only the \
                        module knows: it is the whole service"
                    .to_owned(),
            );
        }
        if let Some(shows) = self.shows {
            return Err(format!(
                "the script shows {}, a flaw of the lab's own Raft; a guest brings its own",
                shows.flaw
            ));
        }
        if let Some(raft) = &mut self.config.raft {
            program.takes(&raft.params)?;
            raft.hash = Some(program.hash());
            raft.program = Some(program);
        }
        Ok(())
    }
}
