//! One server of the cluster: power, clock, disk, consensus and state machine.

use std::collections::VecDeque;

use super::disk::Disk;
use super::network::Packet;
use super::queue::Slot;
use super::raft::Raft;
use super::rng::Rng;
use super::rsm::Rsm;
use super::time::{Ppm, Span, Time};
use super::types::ServerId;

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
    pub raft: Raft,
    pub disk: Disk,
    pub rsm: Rsm,
    /// Silence after which it stands for election.
    pub election_timer: Option<Timer>,
    /// When a leader next speaks to everybody.
    pub heartbeat_timer: Option<Timer>,
    pub waiter_timer: Option<Timer>,
    pub sync_timer: Option<Timer>,
    /// Packets that arrived while it slept.
    pub inbox: VecDeque<Packet>,
    pub(super) rng: Rng,
}

/// An armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// When it fires in lab time. While its server sleeps: when it would have fired.
    pub due: Time,
    /// How long it was set for, in lab time.
    pub span: Span,
    /// Its place in the queue; `None` while its server sleeps.
    pub(super) slot: Option<Slot>,
}

impl Server {
    /// Whether it takes part: up and awake.
    pub fn is_running(&self) -> bool {
        self.power == Power::Up
    }
}
