//! How much memory a run takes, and a checkpoint of it: estimates, so that both can have a bound.
//!
//! What is asked is not the allocator, which knows nothing of who shares what, and not the
//! operating system, whose answer differs between machines. Sizes are counted where a clone
//! copies, and what a commit adds or rewrites is a constant, measured with a heap profiler.

use std::mem::size_of;

use super::Cluster;
use super::client::Client;
use super::command::Command;
use super::guest::Guest;
use super::history::Record;
use super::network::Packet;
use super::raft::Entry;
use super::server::Server;
use super::task::{Scheduled, Task};

/// What an entry adds to the run for good, beside the texts of keys and values: the operation, its
/// place in the logs, which share it, its record, what the checkers remember of its index and
/// version. A put adds more than a get; this is a put.
const AN_ENTRY: u64 = 490;
/// A node of a map as it is rewritten, when the last checkpoint shares the old one.
const A_NODE: u64 = 1_000;
/// What is rewritten of a key's chain of versions.
const A_CHAIN: u64 = 1_800;
/// What a stored key takes in a map.
const A_KEY: u64 = 80;

impl Cluster {
    /// About how many bytes the run takes by itself, without any checkpoint.
    pub fn bytes(&self) -> u64 {
        let indexes = self.servers.iter().map(|server| server.raft.log().len()).max().unwrap_or(0);
        let operations = indexes.max(self.history.len()) as u64;
        operations * AN_ENTRY + self.history.bytes() + self.copied_bytes()
    }

    /// About how many bytes a checkpoint keeps for itself, if so many entries have been committed
    /// since the last one.
    pub(super) fn checkpoint_bytes(&self, commits: u64) -> u64 {
        let keys = self.servers.iter().map(|server| server.rsm.kv.len()).max().unwrap_or(0) as u64;
        let maps = self.servers.len() as u64 + 1;
        let known = self.clients.len() as u64;
        // A commit rewrites a node of every map, and each node once at most.
        let rewritten = (commits * A_NODE).min(keys * A_KEY) * maps
            + (commits * A_NODE).min(keys * A_KEY * known)
            + commits.min(keys) * A_CHAIN;
        self.copied_bytes() + rewritten
    }

    /// What a clone copies outright.
    fn copied_bytes(&self) -> u64 {
        let logs: usize = self
            .servers
            .iter()
            .map(|server| server.raft.log().copied() + server.disk.log.copied())
            .sum();
        let inboxes: usize = self.servers.iter().map(|server| server.inbox.len()).sum();
        let packets = inboxes + self.held.len();
        let copied = size_of::<Self>()
            + self.servers.len() * size_of::<Server>()
            + self.clients.len() * (size_of::<Client>() + 2 * self.servers.len() * 64)
            + self.servers.len() * self.servers.len() * 64
            + self.tasks.len() * size_of::<Task>()
            + self.scheduled.len() * (size_of::<Scheduled>() + size_of::<Command>())
            + logs * size_of::<Entry>()
            + packets * size_of::<Packet>()
            + self.history.copied() * size_of::<Record>();
        // At most what no fresh guest has: images share what did not change between them.
        let guests = self.servers.iter().filter_map(|server| server.raft.guest());
        let copied = copied + guests.map(Guest::kept_bytes).sum::<usize>();
        let copied = copied + self.servers.iter().map(|it| it.disk.blob.len()).sum::<usize>();
        copied as u64 + self.queue.copied_bytes() + self.checker().copied_bytes()
    }
}
