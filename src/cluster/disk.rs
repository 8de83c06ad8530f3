//! What survives a crash, and what was written but is not yet synced.
//!
//! Raft's currentTerm, votedFor and log must be on disk before any reply that depends on them
//! leaves (Figure 2, "Updated on stable storage before responding to RPCs"). So a write and the
//! messages that depend on it travel together: they wait in `pending` until a sync begins, in
//! `syncing` while it runs, and the messages leave when it ends. A crash loses both. A snapshot and
//! what it leaves of the log are one write (§7): there is no moment at which the disk has only one.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::cause::Cause;
use super::flaw::{Flaw, Flaws};
use super::network::Reply;
use super::raft::{Entry, HardState, Log, Message, Snapshot, Write};
use super::time::Span;
use super::types::{ClientId, Index, ServerId, Term};

/// A message that may leave only when what was written before it is durable, and what brought it
/// about: that is its cause, however long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub to: ServerId,
    pub message: Message,
    pub cause: Cause,
}

/// A guest's answer to a client, which may leave only then, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldReply {
    pub client: ClientId,
    pub call: u64,
    pub attempt: u32,
    pub reply: Reply,
    pub cause: Cause,
}

/// Writes that reach the disk together, and the messages that may leave then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub writes: Vec<Write>,
    pub messages: Vec<Held>,
    pub replies: Vec<HeldReply>,
}

/// A server's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    pub hard: HardState,
    pub log: Log,
    /// What stands in for the entries up to the base of the log.
    pub snapshot: Option<Rc<Snapshot>>,
    /// What a guest keeps beside: bytes that mean something only to it.
    pub blob: Rc<[u8]>,
    /// How long a write takes; `None`: it hangs, and no write ends.
    pub sync: Option<Span>,
    /// The next write fails.
    pub fails: bool,
    /// What the power failed in the midst of stands half-written behind all that is whole.
    pub torn: bool,
    /// Written since the running sync began.
    pub(super) pending: Batch,
    /// What the running sync will make durable.
    pub(super) syncing: Batch,
}

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// A write takes longer than it did at the start.
    Slow(Span),
    /// No write ends.
    Hangs,
    /// The next write fails.
    Fails,
}

impl Disk {
    /// What is wrong with it, where a write usually takes so long.
    pub fn ill(&self, usual: Span) -> Option<Ill> {
        match self.sync {
            _ if self.fails => Some(Ill::Fails),
            None => Some(Ill::Hangs),
            Some(span) => (span > usual).then_some(Ill::Slow(span)),
        }
    }

    /// Whether something was written that is not yet durable.
    pub fn is_dirty(&self) -> bool {
        !self.pending.writes.is_empty() || !self.syncing.writes.is_empty()
    }

    /// Whether a write is under way.
    pub fn is_writing(&self) -> bool {
        !self.syncing.writes.is_empty()
    }

    /// How many records the write under way holds.
    pub(super) fn writing(&self) -> u32 {
        self.syncing.writes.len() as u32
    }

    /// The lowest index at which the log in memory may differ from the log on disk.
    pub(super) fn first_unsynced(&self) -> Index {
        let unsynced = self.syncing.writes.iter().chain(&self.pending.writes);
        let truncated = unsynced.filter_map(|write| match write {
            Write::Truncate(from) => Some(*from),
            Write::Snapshot { replaces, .. } => replaces.then(|| self.log.first_index()),
            Write::HardState(_) | Write::Append(_) | Write::Blob(_) => None,
        });
        truncated.fold(self.log.last_index().next(), Index::min)
    }

    /// The entries from `first` on that were written and are not yet durable, where they will stand.
    /// A snapshot may have taken them out of the log since.
    pub(super) fn unsynced_from(&self, first: Index) -> impl Iterator<Item = &Entry> {
        let (mut entries, mut end) = (BTreeMap::new(), self.log.last_index());
        for write in self.syncing.writes.iter().chain(&self.pending.writes) {
            match write {
                Write::Append(entry) => {
                    end = end.next();
                    entries.insert(end, entry);
                }
                Write::Truncate(from) => end = from.previous(),
                Write::Snapshot { snapshot, replaces: true } => end = snapshot.last.index,
                Write::Snapshot { replaces: false, .. } | Write::HardState(_) | Write::Blob(_) => {}
            }
        }
        entries.split_off(&first).into_values()
    }

    /// A message that may leave only when everything written so far is durable.
    pub(super) fn hold(&mut self, held: Held) {
        let batch =
            if self.pending.writes.is_empty() { &mut self.syncing } else { &mut self.pending };
        batch.messages.push(held);
    }

    /// The same for an answer to a client.
    pub(super) fn hold_reply(&mut self, held: HeldReply) {
        let batch =
            if self.pending.writes.is_empty() { &mut self.syncing } else { &mut self.pending };
        batch.replies.push(held);
    }

    /// The answers that may leave when the running sync ends.
    pub(super) fn take_replies(&mut self) -> Vec<HeldReply> {
        std::mem::take(&mut self.syncing.replies)
    }

    /// The messages that wait until what was written before them is durable.
    pub fn messages(&self) -> impl Iterator<Item = (ServerId, &Message)> {
        let batches = [&self.syncing, &self.pending];
        batches.into_iter().flat_map(|batch| &batch.messages).map(|held| (held.to, &held.message))
    }

    /// Begins a sync of what is pending, if anything is and none is running.
    pub(super) fn begin_sync(&mut self) -> bool {
        if self.pending.writes.is_empty() || !self.syncing.writes.is_empty() {
            return false;
        }
        std::mem::swap(&mut self.pending, &mut self.syncing);
        true
    }

    /// The flaws of a server through which what its running sync writes is kept in memory only.
    pub(super) fn forgets(&self, flaws: Flaws) -> Flaws {
        let keeps_less = Self::keeps_less(flaws);
        let through = |write: &Write| match write {
            Write::HardState(_) => Flaws::only(Flaw::ForgetVote),
            Write::Append(_) | Write::Truncate(_) => Flaws::only(Flaw::ForgetLog),
            Write::Snapshot { .. } | Write::Blob(_) => Flaws::NONE,
        };
        if keeps_less.is_empty() {
            return keeps_less;
        }
        let all = self.syncing.writes.iter().map(through).fold(Flaws::NONE, Flaws::union);
        keeps_less.intersection(all)
    }

    /// Ends the running sync: its writes are durable. Gives its messages back, which leave now.
    pub(super) fn end_sync(&mut self) -> Vec<Held> {
        for write in self.syncing.writes.drain(..) {
            match write {
                Write::HardState(hard) => self.hard = hard,
                Write::Append(entry) => self.log.push(entry),
                Write::Truncate(from) => self.log.truncate(from),
                Write::Blob(blob) => self.blob = blob,
                Write::Snapshot { snapshot, replaces } => {
                    if replaces {
                        self.log = Log::after(snapshot.last, snapshot.configuration());
                    } else {
                        self.log.compact(snapshot.last, snapshot.configuration());
                    }
                    self.snapshot = Some(snapshot);
                }
            }
        }
        std::mem::take(&mut self.syncing.messages)
    }

    /// The power fails in the midst of the running sync: all of its records but the last are whole.
    /// How many these are. Nothing leaves that waited for it.
    pub(super) fn tear(&mut self) -> u32 {
        self.torn = self.syncing.writes.pop().is_some();
        self.syncing.replies.clear();
        let kept = self.writing();
        self.end_sync();
        kept
    }

    /// Whether a vote of a term was written and is not yet durable.
    pub(super) fn has_unsynced_vote(&self, term: Term, candidate: ServerId) -> bool {
        let vote = HardState { term, voted_for: Some(candidate) };
        let mut unsynced = self.syncing.writes.iter().chain(&self.pending.writes);
        unsynced.any(|write| matches!(write, Write::HardState(hard) if *hard == vote))
    }

    /// The newest vote that is not yet durable, and of which word has left all the same: a flaw.
    pub(super) fn promised_vote(&self) -> Option<(Term, ServerId)> {
        let mut unsynced = self.pending.writes.iter().rev().chain(self.syncing.writes.iter().rev());
        let hard = unsynced.find_map(|write| match write {
            Write::HardState(hard) => Some(hard),
            Write::Append(_) | Write::Truncate(_) | Write::Snapshot { .. } | Write::Blob(_) => None,
        })?;
        let waits = |(_, message): (ServerId, &Message)| {
            let tells = matches!(
                message,
                Message::RequestVote { .. } | Message::VoteReply { granted: true, .. }
            );
            tells && message.summary().term == hard.term
        };
        let candidate = hard.voted_for.filter(|_| !self.messages().any(waits))?;
        Some((hard.term, candidate))
    }

    /// The flaws of a server through which its disk holds less than it is thought to.
    pub(super) const fn keeps_less(flaws: Flaws) -> Flaws {
        flaws.intersection(Flaws::only(Flaw::ForgetVote).union(Flaws::only(Flaw::ForgetLog)))
    }

    /// The power fails: whatever is not durable is gone. The flaws through which more is gone.
    pub(super) fn crash(&mut self, flaws: Flaws) -> Flaws {
        let mut through = Self::keeps_less(flaws);
        through.set(Flaw::ForgetVote, through.has(Flaw::ForgetVote) && self.hard.term > Term::ZERO);
        through.set(Flaw::ForgetLog, through.has(Flaw::ForgetLog) && !self.log.is_empty());
        if through.has(Flaw::ForgetVote) {
            self.hard = HardState::default();
        }
        if through.has(Flaw::ForgetLog) {
            self.log = self.log.emptied();
        }
        for batch in [&mut self.pending, &mut self.syncing] {
            batch.writes.clear();
            batch.messages.clear();
            batch.replies.clear();
        }
        through
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::raft::AppendResult;
    use crate::cluster::types::{Op, OpId, PacketId, Request};

    fn entry(number: u64) -> Entry {
        let id = OpId { server: ServerId::from_index(0), number };
        Entry::new(Term(1), Rc::new(Op::new(id, Request::Get { key: "k".into() })))
    }

    /// A disk that holds so many entries.
    fn disk(entries: u64) -> Disk {
        let mut disk = Disk::default();
        (1..=entries).for_each(|number| disk.log.push(entry(number)));
        disk
    }

    fn answer(number: u64) -> Held {
        let result = AppendResult::Matched(Index(number));
        let message = Message::AppendReply { term: Term(1), prev: Index(0), result, call: 1 };
        let cause = Cause::Packet(PacketId(number));
        Held { to: ServerId::from_index(1), message, cause }
    }

    #[test]
    fn memory_and_disk_agree_below_the_first_write_that_is_not_synced() {
        let mut disk = disk(5);
        assert_eq!(disk.first_unsynced(), Index(6));
        disk.pending.writes.push(Write::Append(entry(6)));
        assert_eq!(disk.first_unsynced(), Index(6), "what is added differs beyond the end only");
        disk.pending.writes.push(Write::Truncate(Index(4)));
        assert_eq!(disk.first_unsynced(), Index(4));
        assert!(disk.begin_sync());
        assert_eq!(disk.first_unsynced(), Index(4));
        disk.pending.writes.push(Write::Truncate(Index(3)));
        disk.pending.writes.push(Write::Append(entry(7)));
        assert_eq!(disk.first_unsynced(), Index(3));
        disk.end_sync();
        assert_eq!((disk.log.last_index(), disk.first_unsynced()), (Index(3), Index(3)));
        assert!(disk.begin_sync());
        disk.end_sync();
        assert_eq!((disk.log.last_index(), disk.first_unsynced()), (Index(3), Index(4)));
    }

    #[test]
    fn a_message_leaves_with_the_writes_before_it() {
        let mut disk = disk(0);
        disk.pending.writes.push(Write::Append(entry(1)));
        disk.hold(answer(1));
        assert!(disk.begin_sync() && disk.is_dirty());
        assert!(!disk.begin_sync(), "one at a time");
        disk.hold(answer(2));
        disk.pending.writes.push(Write::Append(entry(2)));
        disk.hold(answer(3));
        assert_eq!(disk.end_sync(), [answer(1), answer(2)]);
        assert_eq!(disk.log.len(), 1);
        assert!(disk.is_dirty() && disk.begin_sync());
        assert_eq!(disk.end_sync(), [answer(3)]);
        assert!(!disk.is_dirty() && !disk.begin_sync());
    }

    /// Neither the writes nor the messages that wait for them are there after a crash.
    #[test]
    fn a_crash_takes_what_is_not_synced_with_the_messages_that_wait_for_it() {
        let mut disk = disk(2);
        disk.pending.writes.push(Write::Truncate(Index(1)));
        disk.hold(answer(1));
        assert!(disk.begin_sync());
        let hard = HardState { term: Term(7), voted_for: None };
        disk.pending.writes.push(Write::HardState(hard));
        disk.hold(answer(2));
        disk.crash(Flaws::NONE);
        assert_eq!((disk.log.len(), disk.hard.term, disk.is_dirty()), (2, Term(0), false));
        disk.pending.writes.push(Write::Append(entry(3)));
        assert!(disk.begin_sync());
        assert_eq!(disk.end_sync(), []);
        assert_eq!(disk.log.len(), 3);
    }
}
