//! What a cluster is before its first event: how many servers, which seed, which timings.
//!
//! The defaults are those of the course's tests: a heartbeat every 100 ms, elections after
//! 300 to 600 ms of silence. A script's head (`cluster servers=5 seed=7 …`) changes them.

use serde::{Deserialize, Serialize};

use super::Implementation;
use super::network::Network;
use super::raft::{Most, Options};
use super::time::{Span, SpanRange};
use super::types::{SERVERS_MAX, ServerId, Term};

/// The most clients that a run may have.
pub const CLIENTS_MAX: usize = 2_000;
/// The longest key, value, client name or caption, in bytes.
pub const TEXT_MAX: usize = 64 * 1024;
/// The most operations that wait behind a client's open one, in the lab.
pub const QUEUED_MAX: usize = 64;

/// Everything that is fixed for the length of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// How many servers, 1 to [`SERVERS_MAX`].
    pub servers: u8,
    pub seed: u64,
    pub network: Network,
    /// Silence after which a follower stands for election, drawn anew each time (§5.2).
    pub election_timeout: SpanRange,
    /// How often a leader speaks to every follower (§5.2).
    pub heartbeat: Span,
    /// The most entries that one AppendEntries carries.
    pub append_max: u32,
    /// How many appends with entries, or of how many bytes, are under way to a follower at a time.
    pub inflight: Most,
    /// A leader takes no more requests while so many entries of its term are not committed.
    pub uncommitted: Option<u32>,
    /// When every server takes a snapshot; `None`: never unless by command.
    pub snapshot: Option<Most>,
    /// The most bytes of a snapshot that one InstallSnapshot carries; `None`: all.
    pub snapshot_chunk: Option<u32>,
    /// How many sessions of clients a server keeps; `None`: clients have none (dissertation §6.3).
    pub client_sessions: Option<u32>,
    /// How long a write takes to reach the disk.
    pub sync: Span,
    /// How long a client waits for one server's reply.
    pub rpc_timeout: Span,
    /// A run that handles more events than this stops with an error.
    pub events_max: u64,
    /// What every server keeps beyond Figure 2 from the start.
    pub options: Options,
    /// Servers that don't begin empty.
    pub given: Vec<Given>,
    /// Clients that are there from the start.
    pub clients: Vec<String>,
    /// Whose Raft the servers have, if not the lab's own.
    pub raft: Option<Implementation>,
}

/// A server's start state: `given S1 term=8 log=1,1,4,4`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub server: ServerId,
    pub term: Term,
    /// The terms of its entries, from index 1.
    pub log: Vec<Term>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: 5,
            seed: 1,
            network: Network::Classroom,
            election_timeout: SpanRange::millis(300, 600),
            heartbeat: Span::from_millis(100),
            append_max: 1_000,
            inflight: Most::Count(1),
            uncommitted: None,
            snapshot: None,
            snapshot_chunk: None,
            client_sessions: None,
            sync: Span::ZERO,
            rpc_timeout: Span::from_secs(1),
            events_max: 50_000_000,
            options: Options::NONE,
            given: Vec::new(),
            clients: Vec::new(),
            raft: None,
        }
    }
}

impl Config {
    /// All servers, in order.
    pub fn server_ids(&self) -> impl DoubleEndedIterator<Item = ServerId> + Clone + use<> {
        ServerId::first(self.servers.min(SERVERS_MAX))
    }
}
