//! The client of the service: it tries one server after the other until it gets an answer, and
//! says Maybe when it can't know whether its put was carried out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::kv::{Known, Stored};
use super::queue::Slot;
use super::rng::Rng;
use super::time::{Span, Time};
use super::types::{ClientId, Key, Request, ServerId, Value, Version};

/// The pause after each full round of servers, and between two looks at a taken lock.
pub const PAUSE: super::time::SpanRange = super::time::SpanRange::millis(10, 50);

/// A client session. It has at most one operation open.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    pub name: Arc<str>,
    /// Who answered last; tried first.
    pub leader_hint: ServerId,
    /// The operation it is at.
    pub job: Option<Job>,
    /// Operations that wait for the open one, in the lab.
    pub queue: VecDeque<Job>,
    /// The operation that ended last, and how.
    pub last: Option<Finished>,
    /// What it last learned of each key.
    pub known: BTreeMap<Key, Stored>,
    pub(super) calls: u64,
    pub(super) timer: Option<Slot>,
    pub(super) rng: Rng,
}

/// An operation from its order to its end: one get or put, or several for `set` and the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub work: Work,
    pub since: Time,
    /// The only server that may be asked.
    pub only: Option<ServerId>,
    /// The get or put that is open now; `None` between two of them.
    pub call: Option<Call>,
    /// The job that a script line waits for.
    pub(super) ticket: u64,
}

/// What a client is asked to do, with all names filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    Get { key: Key },
    Put { key: Key, value: Value, version: Version },
    Set { key: Key, value: Value },
    Check { key: Key, expected: Stored },
    Acquire { lock: Key },
    Release { lock: Key },
}

/// One get or put under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub number: u64,
    pub request: Request,
    pub since: Time,
    /// Which server is being asked, and since when; `None` during the pause after a round.
    pub asking: Option<(ServerId, Time)>,
    /// How many servers have been asked, the present one included.
    pub attempt: u32,
    /// When it will give up the present server, or end the pause.
    pub until: Time,
    /// An earlier attempt may have been carried out, or may be later.
    pub maybe_executed: bool,
    /// Its place in the history.
    pub(super) record: usize,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    pub work: Work,
    pub result: Known,
    pub server: Option<ServerId>,
    pub at: Time,
    pub took: Span,
    pub(super) ticket: u64,
}
