//! One server of the cluster: power, clock, disk, consensus and state machine.
//!
//! A crash loses what is volatile: the role, the commit index, the map, the waiters, and writes
//! that were not synced. Sleep loses nothing: timers and packets wait until the server wakes.

use std::collections::VecDeque;

use strum::EnumCount;

use super::config::Config;
use super::consensus::Consensus;
use super::disk::Disk;
use super::flaw::{Flaw, Flaws};
use super::network::Packet;
use super::raft::{self, Configuration, HardState, Raft, Rules};
use super::rng::{Entity, Rng};
use super::rsm::{Rsm, Waiter};
use super::time::{Ppm, Span, Time};
use super::timers::{Timer, TimerKind};
use super::types::ServerId;

/// The most packets that wait for a sleeping server, as a socket's buffer would hold them.
pub const INBOX_MAX: usize = 10_000;

/// Whether a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    Up,
    Down,
    /// Stopped, but alive: its timers and its packets wait.
    Asleep,
}

/// A server.
#[derive(Clone, Debug)]
pub struct Server {
    pub id: ServerId,
    pub power: Power,
    /// How often it has been started. Client RPCs die with the incarnation they were sent to.
    pub incarnation: u32,
    /// The rate of its clock: at 2,000,000 its timers run twice as fast as lab time.
    pub clock: Ppm,
    /// While the server is down this is what a restart would begin with, read from its disk.
    pub raft: Consensus,
    pub disk: Disk,
    pub rsm: Rsm,
    pub(super) timers: [Option<Timer>; TimerKind::COUNT],
    /// Packets that arrived while it slept.
    pub inbox: VecDeque<Packet>,
    /// Since when it sleeps, if it does.
    pub asleep_since: Time,
    pub(super) rng: Rng,
}

impl Server {
    /// A server that starts for the first time.
    pub(super) fn new(id: ServerId, configuration: Configuration, config: &Config) -> Self {
        let disk = Disk { sync: Some(config.sync), ..Disk::default() };
        let rules = Rules { options: config.options, ..Rules::default() };
        Self {
            id,
            power: Power::Up,
            incarnation: 1,
            clock: Ppm::ONE,
            raft: Consensus::new(
                Raft::new(id, configuration, rules, disk.hard, disk.log.clone()),
                config,
            ),
            disk,
            rsm: Rsm::default(),
            timers: [None; TimerKind::COUNT],
            inbox: VecDeque::new(),
            asleep_since: Time::START,
            rng: Rng::new(config.seed, Entity::Server(id.index() as u64)),
        }
    }

    /// Whether it takes part: up and awake.
    pub fn is_running(&self) -> bool {
        self.power == Power::Up
    }

    /// Whether it runs and believes that it leads.
    pub fn leads(&self) -> bool {
        self.is_running() && self.raft.is_leader()
    }

    /// Which rules it does not keep.
    pub fn flaws(&self) -> Flaws {
        self.raft.rules().flaws
    }

    /// Whether its disk keeps what it holds of the log. A planted flaw may have it lose that in a
    /// crash: then it is in memory only, though all of Raft takes it to be on disk.
    pub fn keeps_log(&self) -> bool {
        !self.flaws().has(Flaw::ForgetLog)
    }

    /// The entry that a waiter waits for: its own operation, of the term in which it was submitted.
    /// `None` once another stands at its index.
    pub fn awaited(&self, waiter: &Waiter) -> Option<&raft::Entry> {
        let entry = self.raft.log().get(waiter.index)?;
        ((entry.term, entry.id()) == (waiter.term, waiter.op)).then_some(entry)
    }

    /// A timer of this server; `None` while it is not armed.
    pub const fn timer(&self, kind: TimerKind) -> Option<Timer> {
        self.timers[kind as usize]
    }

    pub(super) const fn timer_mut(&mut self, kind: TimerKind) -> &mut Option<Timer> {
        &mut self.timers[kind as usize]
    }

    /// A span by its own clock, in lab time.
    pub(super) fn in_lab_time(&self, span: Span) -> Span {
        span.by_clock(self.clock)
    }

    /// Everything volatile is as after a start: what the disk holds, and nothing else. The flaws
    /// through which the disk holds less than it should.
    pub(super) fn forget(&mut self) -> Flaws {
        let (term, vote) = (self.disk.hard.term, self.disk.hard.voted_for);
        // A vote of which no word has left was never given.
        if vote.is_none() {
            self.raft.unsay_vote(|term, candidate| self.disk.has_unsynced_vote(term, candidate));
        }
        let early = Flaws::only(Flaw::AckBeforeSync);
        let promised =
            self.disk.promised_vote().filter(|_| self.flaws().intersection(early) == early);
        let flaws = self.disk.crash(self.flaws());
        self.raft.start_again(&self.disk);
        self.raft.begin_with(self.disk.snapshot.clone());
        if let Some((term, candidate)) = promised {
            self.raft.forget_vote(term, candidate, early);
        }
        if let Some(candidate) = vote.filter(|_| flaws.has(Flaw::ForgetVote)) {
            self.raft.forget_vote(term, candidate, Flaws::only(Flaw::ForgetVote));
        }
        self.rsm = self.disk.snapshot.as_deref().map_or_else(Rsm::default, Rsm::of);
        self.inbox.clear();
        flaws
    }

    /// Its disk is lost, with the vote on it.
    pub(super) fn lose_disk(&mut self) {
        let empty = Disk { sync: self.disk.sync, ..Disk::default() };
        let HardState { term, voted_for } = std::mem::replace(&mut self.disk, empty).hard;
        self.forget();
        if let Some(candidate) = voted_for {
            self.raft.forget_vote(term, candidate, Flaws::NONE);
        }
    }
}
