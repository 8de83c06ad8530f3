//! The head of a script: its lines become the cluster's configuration.

use std::collections::BTreeMap;

use super::check::Report;
use super::lex::Spot;
use super::{Challenge, Head, Setup, Shows};
use crate::cluster::config::{CLIENTS_MAX, Config, Given};
use crate::cluster::types::{ServerId, Term};
use crate::cluster::{Implementation, Limits};

/// What the head has said so far.
#[derive(Default)]
pub(super) struct Start {
    pub config: Config,
    pub shows: Option<Shows>,
    pub challenge: Option<Challenge>,
    /// The line of `shows`.
    shown: Option<u32>,
    /// The line of `cluster`.
    cluster: Option<u32>,
    /// The first line that is not of the head.
    body: Option<u32>,
    /// The lines of `given`, by server.
    given: BTreeMap<ServerId, u32>,
    /// Whether a line of the head could not be read, so that nobody knows for sure.
    lost: bool,
}

impl Start {
    /// Whether the number of servers is known for sure.
    pub const fn is_known(&self) -> bool {
        !self.lost
    }

    /// A line that is not of the head.
    pub fn body(&mut self, number: u32) {
        self.body.get_or_insert(number);
    }

    /// A line of the head, or one that should have been; `None` if it could not be read.
    pub fn head(&mut self, report: &mut Report, number: u32, spot: Spot, head: Option<&Head>) {
        let misplaced =
            |first: u32| format!("the head comes first: line {first} has begun the run");
        if let Some(first) = self.body {
            report.note(number, spot, misplaced(first), Some("move this line up".into()));
        }
        match head {
            Some(Head::Cluster(setup)) => self.cluster(report, number, spot, setup),
            Some(Head::Given { server, term, log }) => {
                let given = Given { server: *server, term: *term, log: log.clone() };
                self.given(report, number, spot, given);
            }
            Some(Head::Clients(names)) => {
                for name in names {
                    let name = name.as_str().to_owned();
                    if self.config.clients.contains(&name) {
                        report.note(number, spot, format!("client {name} is named twice"), None);
                    } else if self.config.clients.len() >= CLIENTS_MAX {
                        let message = format!("a run has {CLIENTS_MAX} clients at most");
                        report.note(number, spot, message, None);
                        return;
                    }
                    self.config.clients.push(name);
                }
            }
            Some(Head::Shows { flaw, breaks }) => {
                if let Some(first) = self.shown.replace(number) {
                    let message = format!("line {first} says already what the script shows");
                    report.note(number, spot, message, None);
                }
                self.shows = Some(Shows { flaw: *flaw, breaks: *breaks });
            }
            Some(Head::Challenge(challenge)) => {
                if self.challenge.replace(challenge.clone()).is_some() {
                    let message = "the script is a challenge already".to_owned();
                    report.note(number, spot, message, None);
                }
            }
            None => self.lost = true,
        }
    }

    fn cluster(&mut self, report: &mut Report, number: u32, spot: Spot, setup: &Setup) {
        if let Some(first) = self.cluster {
            let message = format!("line {first} says what the cluster is already");
            report.note(number, spot, message, Some("say it all in one line".into()));
            return;
        }
        if let Some(first) = self.given.values().min() {
            let message = format!("`cluster` comes before `given`, which line {first} has");
            report.note(number, spot, message, Some("move this line up".into()));
        }
        self.cluster = Some(number);
        let config = &mut self.config;
        let Setup {
            servers,
            seed,
            network,
            election,
            heartbeat,
            append_max,
            inflight,
            uncommitted,
            snapshot,
            snapshot_chunk,
            client_sessions,
            sync,
            rpc_timeout,
            events_max,
            options,
            raft,
            raft_params,
            raft_fuel,
            raft_memory,
            raft_hash,
        } = setup;
        config.servers = servers.unwrap_or(config.servers);
        config.seed = seed.unwrap_or(config.seed);
        config.network = network.unwrap_or(config.network);
        config.election_timeout = election.unwrap_or(config.election_timeout);
        config.heartbeat = heartbeat.unwrap_or(config.heartbeat);
        config.append_max = append_max.unwrap_or(config.append_max);
        config.inflight = inflight.unwrap_or(config.inflight);
        config.uncommitted = *uncommitted;
        config.snapshot = *snapshot;
        config.snapshot_chunk = *snapshot_chunk;
        config.client_sessions = *client_sessions;
        config.sync = sync.unwrap_or(config.sync);
        config.rpc_timeout = rpc_timeout.unwrap_or(config.rpc_timeout);
        config.events_max = events_max.unwrap_or(config.events_max);
        config.options = *options;
        let limits = Limits::default();
        config.raft = raft.as_ref().map(|file| Implementation {
            file: file.filled(),
            hash: *raft_hash,
            limits: Limits {
                fuel: raft_fuel.unwrap_or(limits.fuel),
                memory: raft_memory.unwrap_or(limits.memory),
            },
            params: raft_params.as_ref().map(super::Text::filled).unwrap_or_default(),
            program: None,
        });
    }

    fn given(&mut self, report: &mut Report, number: u32, spot: Spot, given: Given) {
        if let Some(first) = self.given.insert(given.server, number) {
            let message = format!("line {first} says how {} begins already", given.server);
            report.note(number, spot, message, None);
            return;
        }
        for other in &self.config.given {
            if let Some(index) = mismatch(&other.log, &given.log) {
                let (one, two) = (other.server, given.server);
                let term = given.log[index - 1];
                let message = format!(
                    "no run leads to this: {one} and {two} agree on entry {index} of term {term}, \
                     but not on what stands before it"
                );
                let help = "same index and term: the same log up to there (§5.3)".to_owned();
                report.note(number, spot, message, Some(help));
            }
        }
        self.config.given.push(given);
    }
}

/// The last index at which two logs have the same term although they differ before it.
fn mismatch(one: &[Term], two: &[Term]) -> Option<usize> {
    let pairs = || one.iter().zip(two);
    let differ = pairs().position(|(one, two)| one != two)?;
    let agree = pairs().rposition(|(one, two)| one == two)?;
    (agree > differ).then_some(agree + 1)
}
