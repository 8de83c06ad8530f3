//! The replicated state machine: submit, wait, apply.
//!
//! A request becomes an operation in the log; a waiter stands at its index, known by the
//! operation's id. One applier applies every committed entry in order on every server, gets
//! included, and is the only thing that touches the map. When an entry is applied where a waiter
//! stands, the waiter gets its answer, or learns that another operation took the place.

use std::collections::VecDeque;

use super::kv::Kv;
use super::time::{Span, Time};
use super::types::{ClientId, Index, OpId, Term};

/// How often waiters look whether their server still leads.
pub const WAITER_CHECK: Span = Span::from_millis(20);
/// How long a waiter waits at most.
pub const WAITER_TIMEOUT: Span = Span::from_millis(800);

/// Somebody on this server who waits for the entry at `index` to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    pub index: Index,
    pub op: OpId,
    /// The term in which the operation was submitted.
    pub term: Term,
    pub since: Time,
    pub client: ClientId,
    /// Which attempt of which call of the client is to be answered.
    pub call: u64,
    pub attempt: u32,
}

/// One server's state machine and those who wait for it. All of it is lost in a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rsm {
    pub kv: Kv,
    /// lastApplied of Figure 2.
    pub applied: Index,
    /// In the order of their indexes.
    pub waiters: VecDeque<Waiter>,
    /// How many operations it has submitted in this incarnation.
    pub(super) submitted: u64,
}
