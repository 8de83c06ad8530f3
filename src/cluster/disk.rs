//! What survives a crash, and what was written but is not yet synced.
//!
//! Raft's currentTerm, votedFor and log must be on disk before any reply that depends on them
//! leaves (Figure 2, "Updated on stable storage before responding to RPCs"). So a write and the
//! messages that depend on it travel together: they wait in `pending` until a sync begins, in
//! `syncing` while it runs, and the messages leave when it ends. A crash loses both.

use super::flaw::{Flaw, Flaws};
use super::raft::{Entry, Log, Message};
use super::types::{Index, ServerId, Term};

/// One change to stable storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    Vote {
        term: Term,
        voted_for: Option<ServerId>,
    },
    Append(Entry),
    /// Removes the entry at this index and all that follow.
    Truncate(Index),
}

/// Writes that reach the disk together, and the messages that may leave then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub writes: Vec<Write>,
    pub messages: Vec<(ServerId, Message)>,
}

/// A server's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    pub term: Term,
    pub voted_for: Option<ServerId>,
    pub log: Log,
    /// Written since the running sync began.
    pub(super) pending: Batch,
    /// What the running sync will make durable.
    pub(super) syncing: Batch,
}

impl Disk {
    /// Whether something was written that is not yet durable.
    pub fn is_dirty(&self) -> bool {
        !self.pending.writes.is_empty() || !self.syncing.writes.is_empty()
    }

    /// The lowest index at which the log in memory may differ from the log on disk.
    pub(super) fn first_unsynced(&self) -> Index {
        let unsynced = self.syncing.writes.iter().chain(&self.pending.writes);
        let truncated = unsynced.filter_map(|write| match write {
            Write::Truncate(from) => Some(*from),
            Write::Vote { .. } | Write::Append(_) => None,
        });
        truncated.fold(self.log.last_index().next(), Index::min)
    }

    /// A message that may leave only when everything written so far is durable.
    pub(super) fn hold(&mut self, to: ServerId, message: Message) {
        let batch =
            if self.pending.writes.is_empty() { &mut self.syncing } else { &mut self.pending };
        batch.messages.push((to, message));
    }

    /// Begins a sync of what is pending, if anything is and none is running.
    pub(super) fn begin_sync(&mut self) -> bool {
        if self.pending.writes.is_empty() || !self.syncing.writes.is_empty() {
            return false;
        }
        std::mem::swap(&mut self.pending, &mut self.syncing);
        true
    }

    /// Ends the running sync: its writes are durable. Its messages are left to be sent.
    pub(super) fn end_sync(&mut self, messages: &mut Vec<(ServerId, Message)>) {
        for write in self.syncing.writes.drain(..) {
            match write {
                Write::Vote { term, voted_for } => {
                    self.term = term;
                    self.voted_for = voted_for;
                }
                Write::Append(entry) => self.log.push(entry),
                Write::Truncate(from) => self.log.truncate(from),
            }
        }
        messages.append(&mut self.syncing.messages);
    }

    /// The power fails: whatever is not durable is gone.
    pub(super) fn crash(&mut self, flaws: Flaws) {
        if flaws.has(Flaw::ForgetVote) {
            (self.term, self.voted_for) = (Term::ZERO, None);
        }
        if flaws.has(Flaw::ForgetLog) {
            self.log = Log::new();
        }
        for batch in [&mut self.pending, &mut self.syncing] {
            batch.writes.clear();
            batch.messages.clear();
        }
    }
}
