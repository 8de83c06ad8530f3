//! The beginning of a run.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::Cluster;
use super::cause::Cause;
use super::challenge::Turn;
use super::check::Checker;
use super::command::recording::Doings;
use super::command::{Motion, Script, Unmet};
use super::config::{Config, Given};
use super::digest::{Digest, ENGINE};
use super::event::Names;
use super::flaw::Flaws;
use super::history::History;
use super::keyed::Keyed;
use super::network::{Links, Traffic};
use super::queue::Queue;
use super::raft::{Configuration, Entry, Outbox};
use super::resolve::Scope;
use super::rng::{Entity, Rng};
use super::server::Server;
use super::time::Time;
use super::types::{Index, Op, OpId, Request, ServerId, Term, Version};

impl Cluster {
    /// A cluster at time 0: every server up and waiting for a leader's word.
    pub fn new(config: Config) -> Self {
        let all = Configuration::of(config.servers);
        let servers = config.server_ids().map(|id| Server::new(id, all, &config)).collect();
        let seed = config.seed;
        let mut cluster = Self {
            links: Links::new(config.servers, seed),
            network: config.network,
            seed,
            now: Time::START,
            handled_now: 0,
            handled: 0,
            steps: 0,
            deeds: 0,
            emitted: 0,
            commands: 0,
            queue: Queue::default(),
            settling: false,
            motion: Motion::default(),
            events: Vec::new(),
            cause: Cause::Start,
            outbox: Outbox::default(),
            servers,
            has_changed_members: false,
            packets_sent: 0,
            orders: Vec::new(),
            held: VecDeque::new(),
            traffic: Traffic::default(),
            clients: Vec::new(),
            turn: Turn::default(),
            client_flaws: Flaws::NONE,
            names: Names::default(),
            history: History::default(),
            load: None,
            chaos: None,
            tickets: 0,
            script: None,
            tasks: Vec::new(),
            tasks_alive: 0,
            waiting: Vec::new(),
            typed: 0,
            acts_now: 0,
            unhurried: 0,
            doings: Doings::default(),
            redone: 0,
            redone_by: 0,
            scheduled: BTreeMap::new(),
            scheduled_count: 0,
            recurring: Vec::new(),
            marks: BTreeMap::new(),
            question: None,
            achieved: Keyed::default(),
            lab_scope: Scope {
                bindings: BTreeMap::new(),
                client: None,
                rng: Rng::new(seed, Entity::Lab),
                queues: true,
            },
            fault_term: Term::ZERO,
            digest: Digest::new(),
            checker: None,
            unmet: Unmet::default(),
            remarks: 0,
            failure: None,
            violation: None,
            observed: None,
            config: Arc::new(config),
        };
        cluster.begin();
        cluster
    }

    /// A cluster with the tasks of a script, which begin at time 0. `seed` replaces the script's.
    pub fn with_script(script: &Script, seed: Option<u64>) -> Self {
        let mut config = script.config.clone();
        config.seed = seed.unwrap_or(script.seed());
        let mut cluster = Self::new(config);
        cluster.script = Some(script.clone());
        if let Some(flaw) = script.planted() {
            cluster.digest.text(flaw.name());
            cluster.plant(flaw, true, &[]);
        }
        cluster.doings = script.all_doings();
        let lines = script.lines.clone();
        let end = lines.len();
        if end == 0 {
            // The head of a free lab, perhaps with what was done in it.
            return cluster;
        }
        let client = Some("a".into());
        let started = cluster.spawn("main".into(), lines, 0..end, BTreeMap::new(), client);
        debug_assert!(started.is_ok(), "the first task always fits");
        cluster
    }

    fn begin(&mut self) {
        let config = self.config.clone();
        self.digest.u64(u64::from(ENGINE)).u64(config.seed).u8(config.servers);
        self.digest.text(config.network.name());
        if let Some(raft) = &config.raft
            && let Some(program) = &raft.program
        {
            self.digest.u64(program.hash());
            if !raft.params.is_empty() {
                self.digest.text(&raft.params);
            }
        }
        for given in &config.given {
            self.give(given);
        }
        for name in &config.clients {
            self.add_client(name);
        }
        self.checker = Some(Box::new(Checker::new(self)));
        for id in config.server_ids() {
            self.start_raft(id);
        }
    }

    /// Puts a start state on a server's disk.
    fn give(&mut self, given: &Given) {
        self.digest.u8(given.server.number()).u64(given.term.0);
        let server = &mut self.servers[given.server.index()];
        server.disk.hard.term = given.term;
        for (index, term) in (1..).map(Index).zip(&given.log) {
            self.digest.u64(term.0);
            server.disk.log.push(Entry::new(*term, Rc::new(given_op(index, *term))));
        }
        server.raft.start_again(&server.disk);
    }

    /// The digest of everything up to now: of what was handled, and of what the servers hold.
    pub fn digest(&self) -> u64 {
        let mut digest = self.digest;
        for server in &self.servers {
            let disk = &server.disk;
            digest.u8(server.id.number()).u64(disk.hard.term.0);
            digest.u8(disk.hard.voted_for.map_or(0, ServerId::number));
            if !disk.blob.is_empty() {
                digest.bytes(&disk.blob);
            }
            let last = disk.log.last();
            digest.u64(last.index.0).u64(last.term.0);
            digest.u64(server.raft.commit().0).u64(server.rsm.applied.0);
            for (key, stored) in server.rsm.kv.iter() {
                digest.text(key).text(&stored.value).u64(stored.version.0);
            }
        }
        digest.value()
    }

    /// How many entries have been committed.
    pub fn commits(&self) -> u64 {
        self.checker().committed().0
    }
}

/// Whether an operation is that of a given entry: such a one has a number that no incarnation gives.
pub fn is_given(op: &Op) -> bool {
    op.id.number < 1 << 32
}

/// The operation of a given entry: servers that are given the same term at the same index are
/// given the same operation.
pub(super) fn given_op(index: Index, term: Term) -> Op {
    let server = ServerId::from_index(0);
    let id = OpId { server, number: (term.0 << 24) | index.0 };
    let (key, value) = (format!("g{index}").into(), format!("t{term}").into());
    Op::new(id, Request::Put { key, value, version: Version::ZERO })
}
