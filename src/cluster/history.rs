//! What clients asked and were told: the evidence on which linearizability is judged.
//!
//! One record a get or put, in the order of their calls. Records only change when the call
//! returns, so the vector is shared between checkpoints.

use serde::{Deserialize, Serialize};

use super::growing::Growing;
use super::time::Time;
use super::types::{ClientId, Outcome, Request, Value, Version};

/// A get or a put of a client, from its call to its return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub client: ClientId,
    pub request: Request,
    pub called: Time,
    /// Place of the call in the order of all calls and returns: ties in time stay ordered.
    pub call_order: u64,
    /// `None` while it is open; for ever, if its client never hears.
    pub returned: Option<Returned>,
}

impl Record {
    /// How it ended, where that says what became of it. A put of which nobody can tell is as good as
    /// open.
    pub fn told(&self) -> Option<&Returned> {
        self.returned.as_ref().filter(|returned| !returned.unknown)
    }
}

/// How a get or a put ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    pub at: Time,
    pub order: u64,
    pub outcome: Outcome,
    /// What a get found.
    pub value: Value,
    /// For a get, the version found; for a put that is Ok, the version it made.
    pub version: Version,
    /// A copy of this put may still run after its return.
    pub late: bool,
    /// What became of this put, the answer does not say: its client's session has expired.
    pub unknown: bool,
}

/// The history of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    records: Growing<Record>,
    order: u64,
    /// How many gets and puts ended with each outcome.
    counts: [u64; 4],
    /// The length of all keys and values that were asked with.
    bytes: u64,
}

impl History {
    pub fn records(&self) -> &Growing<Record> {
        &self.records
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many gets and puts have ended so.
    pub const fn count(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize]
    }

    /// About how many bytes the keys and values of all operations take.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many records a clone copies.
    pub(super) const fn copied(&self) -> usize {
        self.records.copied()
    }

    /// Opens a record and returns its place.
    pub(super) fn call(&mut self, client: ClientId, request: Request, now: Time) -> usize {
        let call_order = self.next_order();
        self.bytes += request.bytes();
        self.records.push(Record { client, request, called: now, call_order, returned: None });
        self.records.len() - 1
    }

    /// Closes the record at `place`.
    pub(super) fn finish(&mut self, place: usize, returned: Returned) {
        let order = self.next_order();
        self.counts[returned.outcome as usize] += 1;
        if let Some(record) = self.records.get_mut(place) {
            record.returned = Some(Returned { order, ..returned });
        }
    }

    fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }
}
