//! The simulated world: servers, disks, packets in flight, timers, clients, a script's tasks,
//! random state, the checkers' ghost state and the history of what clients were told are one
//! value, [`Cluster`]. It does no input or output, knows no wall clock, no thread and no global.
//!
//! [`Cluster::apply`] changes it by a command; [`Cluster::step`] lets the next thing happen. The
//! same value, commands and seed give the same run to the last bit, on every machine and in every
//! build. Cloning it is cheap, because logs, maps and the history share their structure: going
//! back in time is keeping old clones.
//!
//! One step, in order:
//! 1. a scheduled command whose place has come is applied; otherwise
//! 2. the next item of the queue (a packet that arrives, a timer, a line of the script) is
//!    handled: the server's Raft steps, and leaves messages, writes and timers in its outbox;
//! 3. what is newly committed is applied to the server's map, and its waiters are answered;
//! 4. messages that depend on no write leave; writes begin their sync;
//! 5. the item enters the digest, and the checkers read the events.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod act;
mod by_hand;
pub mod cause;
pub mod challenge;
pub mod chaos;
pub mod check;
pub mod client;
pub mod command;
pub mod compare;
pub mod conditions;
pub mod config;
mod consensus;
pub mod digest;
pub mod disk;
pub mod distance;
mod doings;
pub mod event;
pub mod explain;
pub mod fit;
pub mod flaw;
pub mod growing;
#[cfg(feature = "guests")]
pub mod guest;
#[cfg(not(feature = "guests"))]
#[path = "no_guest.rs"]
pub mod guest;
pub mod history;
mod hosting;
mod implementation;
pub mod invariant;
mod job;
pub mod keyed;
pub mod kv;
mod lock;
pub mod network;
pub mod observed;
pub mod orders;
pub mod plain;
pub mod queue;
pub mod raft;
pub mod reads;
mod redraw;
mod resolve;
pub mod rng;
pub mod rsm;
pub mod server;
pub mod sessions;
pub mod shared;
pub mod situation;
pub mod start;
mod step;
mod task;
pub mod time;
pub mod timeline;
pub mod timers;
pub mod topic;
mod transmit;
pub mod types;
mod view;
mod weight;
pub mod words;
pub mod workload;

pub use act::Refusal;
pub use cause::Cause;
pub use consensus::Consensus;
pub use event::Names;
pub use guest::Limits;
pub use implementation::Implementation;
pub use redraw::Redrawn;
pub use task::{Round, WITHIN, Waiting};

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use challenge::Turn;
use chaos::Chaos;
use check::Checker;
use client::Client;
use command::recording::Doings;
use command::{Motion, Place, Question, Script, Unmet};
use config::Config;
use digest::Digest;
use event::Event;
use flaw::Flaws;
use history::History;
use invariant::Violation;
use keyed::Keyed;
use kv::Stored;
use network::{Links, Network, Packet, Traffic};
use queue::Queue;
use raft::Outbox;
use redraw::Drawn;
use resolve::Scope;
use server::Server;
use task::{Recurring, Scheduled, Task};
use time::Time;
use timers::TimerKind;
use types::{ClientId, Term};
use workload::LoadState;

/// A cluster and everything around it: the one value that a run is.
#[derive(Clone, Debug)]
pub struct Cluster {
    config: Arc<Config>,
    /// What generators begin from now: the run's own seed until a `reseed`.
    seed: u64,
    now: Time,
    /// Events handled at `now`: the second part of the present [`Place`].
    handled_now: u32,
    handled: u64,
    /// Steps taken, and commands applied from outside.
    steps: u64,
    deeds: u64,
    /// Events emitted before those of the present step.
    emitted: u64,
    commands: u64,
    queue: Queue<Item>,
    /// Whether `settle` is at work: the script's lines wait for it.
    settling: bool,
    motion: Motion,
    /// What the present step, the last one or the last command brings about, and its cause.
    events: Vec<Event>,
    cause: Cause,
    outbox: Outbox,

    servers: Vec<Server>,
    /// Whether members were ever asked to change.
    has_changed_members: bool,
    links: Links,
    network: Network,
    packets_sent: u64,
    /// What is to be done by hand with packets that come, and which are held.
    orders: Vec<orders::Order>,
    held: VecDeque<Packet>,
    traffic: Traffic,

    clients: Vec<Client>,
    /// The player's part of a challenge.
    turn: Turn,
    /// Which rules the clients do not keep.
    client_flaws: Flaws,
    names: Names,
    history: History,
    load: Option<LoadState>,
    chaos: Option<Chaos>,
    /// Jobs ordered so far.
    tickets: u64,

    script: Option<Script>,
    tasks: Vec<Task>,
    tasks_alive: u32,
    /// Tasks that wait for a condition.
    waiting: Vec<u32>,
    typed: u32,
    /// What else has been done at `now`: the third part of the present [`Place`].
    acts_now: u32,
    /// Lines of any kind that have run while no lab time has passed.
    unhurried: u32,
    /// What the script says was done from outside, and how much of it has been done again.
    doings: Doings,
    redone: usize,
    /// At the end of which step the last of it was.
    redone_by: u64,
    scheduled: BTreeMap<(Place, u64), Scheduled>,
    scheduled_count: u64,
    recurring: Vec<Recurring>,
    marks: BTreeMap<Arc<str>, Traffic>,
    /// What the class was asked last.
    question: Option<Arc<Question>>,
    /// What the script last achieved under each key, for `check`.
    achieved: Keyed<Stored>,
    lab_scope: Scope,
    /// The leader's term when servers or links were last disturbed, for `new leader`.
    fault_term: Term,

    digest: Digest,
    /// Away only while it looks at the cluster.
    checker: Option<Box<Checker>>,
    /// What expectations that are not met come to, and how many have been noted.
    unmet: Unmet,
    remarks: u64,
    failure: Option<Failure>,
    violation: Option<Arc<Violation>>,
    /// The trace that is shown, if one is.
    observed: Option<observed::Observed>,
}

/// Something pending.
#[derive(Clone, Debug)]
enum Item {
    Packet(Packet),
    /// A packet whose flight is over: it has waited for a sleeper that is awake now, or its caller
    /// is told now that the call has failed.
    Landed(Packet),
    Timer(types::ServerId, TimerKind),
    Client(ClientId),
    Load(ClientId, Drawn),
    LoadEnd,
    /// The turn of a nemesis.
    Chaos(u8),
    Task(u32),
    Recurring(u32),
    /// The next line of a trace.
    Line,
    /// A round of `settle`: how many more there may be, and the line that asks for it.
    Settle(u32, u32),
}

/// An expectation of the script that was not met, or a wait that took too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line's number in the script; 0 for a typed line.
    pub line: u32,
    pub time: Time,
    /// What should have been, in the words of the script.
    pub expected: Arc<str>,
    /// What was the case instead, and why.
    pub actual: Arc<str>,
    pub kind: FailureKind,
}

/// In which way a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Something expected was not so.
    Unmet,
    /// A wait ran out of time.
    Late,
    /// The lab's own Raft was to do something by command, and the servers have another.
    Foreign,
    /// The run came to a limit before its end: what would have become of it is not known.
    Limit,
}

/// What a [`Cluster::step`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something happened; [`Cluster::events`] says what.
    Happened,
    /// The run can't go on: a rule was broken, an expectation failed, or a limit was reached.
    Stopped,
    /// Nothing is pending.
    Idle,
}
