//! Raft, after the paper: one server's consensus module as a value with pure steps.
//!
//! It knows no clock and no network. It is told what arrived or which timer fired, changes
//! itself, and leaves in its outbox what is to be sent, written and timed. What depends on the
//! disk waits in the outbox until the write is synced.

mod log;
mod message;

pub use log::{Entry, Log};
pub use message::{AppendResult, Entries, Message, Position, Reply, WrongLeader};

use serde::{Deserialize, Serialize};

use super::time::Time;
use super::types::{Index, ServerId, ServerSet, Term};

/// What a server is in its term (§5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Follower,
    Candidate,
    Leader,
}

/// A server's consensus state; fields as in Figure 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raft {
    pub id: ServerId,
    pub term: Term,
    pub voted_for: Option<ServerId>,
    pub log: Log,
    pub commit: Index,
    pub role: Role,
    /// Who leads this term, as far as it has heard.
    pub leader: Option<ServerId>,
    /// A candidate's: who voted for it, who refused.
    pub votes: ServerSet,
    pub refusals: ServerSet,
    /// A leader's, for every server (its own entry included).
    pub progress: Vec<Progress>,
}

/// What a leader knows of a follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// matchIndex: up to here the logs are known to agree.
    pub matched: Index,
    /// nextIndex: the next entry to send.
    pub next: Index,
    /// An AppendEntries with entries that has not been answered: sent when, up to which index.
    pub in_flight: Option<(Time, Index)>,
}
