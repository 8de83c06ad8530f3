//! The invariants once more, the slow way: from their definitions, asked of the whole state of a
//! cluster after every step. It reads logs, disks, maps, packets and clients, where the checkers
//! read events and keep hashes; of events it takes only the answers of the state machines.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use raftlab::cluster::Cluster;
use raftlab::cluster::check::linearizability::live::check_history;
use raftlab::cluster::event::{EventKind, ServerEvent};
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::invariant::Invariant;
use raftlab::cluster::kv::Stored;
use raftlab::cluster::network::Cargo;
use raftlab::cluster::raft::{Log, Message};
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::time::Time;
use raftlab::cluster::types::{
    Answer, Index, Key, Node, Op, Outcome, Request, ServerId, Term, Value, Version,
};

/// A term, and what was asked for; nothing by a no-op.
type Entry = (Term, Option<Rc<Op>>);
type Map = BTreeMap<Key, Stored>;

/// A waiter's 100 ms, in microseconds times the rate of a clock in parts per million.
const LINGER: u128 = 100_000 * 1_000_000;
/// Clock rates are rounded to microseconds: so far from the limit nothing can be said.
const ROUNDING: u128 = 20 * 1_000_000;

/// What an entry does, if anything, and the term of the one before it.
type Written = (Option<Rc<Op>>, Term);

/// What has been seen of a run.
#[derive(Default)]
pub struct Oracle {
    now: Time,
    leaders: BTreeMap<Term, ServerId>,
    votes: BTreeMap<(ServerId, Term), ServerId>,
    /// What has ever stood at an index in a term, and the term of the entry before it: if these
    /// agree for every entry, logs agree.
    entries: BTreeMap<(u64, Term), Written>,
    /// From index 1 on.
    committed: Vec<Entry>,
    applied: Vec<Option<Rc<Op>>>,
    /// The map after so many operations.
    maps: Vec<Map>,
    /// How many entries the leader of a term has committed.
    reached: BTreeMap<Term, usize>,
    servers: Vec<Before>,
    /// What was on the disks.
    disks: Vec<Vec<Entry>>,
    broken: BTreeSet<Invariant>,
}

/// A server as it was after the last step.
#[derive(Clone, Default)]
struct Before {
    incarnation: u32,
    awake: bool,
    clock: u32,
    log: Vec<Entry>,
    leads: Option<Term>,
    commit: usize,
    applied: usize,
    /// The terms that it has led, and how much of its own time has passed since.
    led: Vec<(Term, u128)>,
}

fn entries(log: &Log) -> Vec<Entry> {
    log.iter_from(Index(1)).map(|(_, entry)| (entry.term, entry.op().cloned())).collect()
}

fn same(one: Option<&Entry>, two: Option<&Entry>) -> bool {
    matches!((one, two), (Some(one), Some(two)) if one.0 == two.0 && one.1 == two.1)
}

fn leads(server: &Server) -> Option<Term> {
    (server.power != Power::Down && server.raft.is_leader()).then_some(server.raft.term())
}

/// The service's rules for one operation.
fn apply(map: &mut Map, request: &Request) -> Answer {
    let stored = map.get(request.key()).cloned();
    let version = stored.as_ref().map_or(Version::ZERO, |stored| stored.version);
    let told = |outcome, value: Value, version| Answer { outcome, value, version };
    match (request, stored) {
        (Request::Get { .. }, Some(stored)) => told(Outcome::Ok, stored.value, version),
        (Request::Get { .. }, None) => told(Outcome::NoKey, "".into(), version),
        (Request::Put { key, value, version: asked }, _) if *asked == version => {
            let new = Stored { value: value.clone(), version: version.next() };
            map.insert(key.clone(), new);
            told(Outcome::Ok, "".into(), version.next())
        }
        (Request::Put { .. }, Some(_)) => told(Outcome::Version, "".into(), version),
        (Request::Put { .. }, None) => told(Outcome::NoKey, "".into(), version),
    }
}

impl Oracle {
    pub fn new(cluster: &Cluster) -> Self {
        let servers = vec![Before::default(); cluster.servers().len()];
        Self { servers, maps: vec![Map::new()], ..Self::default() }
    }

    /// Which invariants the last step broke.
    pub fn look(&mut self, cluster: &Cluster) -> BTreeSet<Invariant> {
        self.broken.clear();
        self.votes(cluster);
        self.answers(cluster);
        for server in cluster.servers() {
            self.leader(server);
            self.log(server);
            self.time(server, cluster.now());
        }
        self.commits(cluster);
        self.complete(cluster);
        self.maps(cluster);
        self.locks(cluster);
        for (before, server) in self.servers.iter_mut().zip(cluster.servers()) {
            before.incarnation = server.incarnation;
            before.awake = server.power == Power::Up;
            before.clock = server.clock.0;
            before.leads = leads(server);
            before.commit = server.raft.commit().0 as usize;
            before.applied = server.rsm.applied.0 as usize;
        }
        self.now = cluster.now();
        std::mem::take(&mut self.broken)
    }

    fn ask(&mut self, invariant: Invariant, kept: bool) {
        if !kept {
            self.broken.insert(invariant);
        }
    }

    /// A server votes once a term: whoever asks for votes has voted for itself.
    fn votes(&mut self, cluster: &Cluster) {
        for packet in cluster.packets() {
            let (Node::Server(from), Node::Server(to)) = (packet.from, packet.to) else { continue };
            let (term, candidate) = match packet.cargo {
                Cargo::Raft(Message::RequestVote { term, .. }) => (term, from),
                Cargo::Raft(Message::VoteReply { term, granted: true, .. }) => (term, to),
                _ => continue,
            };
            let first = *self.votes.entry((from, term)).or_insert(candidate);
            self.ask(Invariant::OneVote, first == candidate);
        }
    }

    /// The state machine that is the first to apply an operation makes of it what the rules say.
    fn answers(&mut self, cluster: &Cluster) {
        for event in cluster.events() {
            let (index, made) = match &event.kind {
                EventKind::Server(_, ServerEvent::Applied { index, op, answer, .. }) => {
                    (index, Some((op, answer)))
                }
                EventKind::Server(_, ServerEvent::AppliedNoop { index }) => (index, None),
                _ => continue,
            };
            let op = made.map(|(op, _)| op.clone());
            if index.0 as usize == self.applied.len() + 1 {
                let mut map = self.maps.last().expect("the first is empty").clone();
                if let Some((op, answer)) = made {
                    let right = apply(&mut map, &op.request);
                    self.ask(Invariant::Versions, right == *answer);
                }
                self.maps.push(map);
                self.applied.push(op.clone());
            }
            let first = self.applied.get(index.0 as usize - 1);
            self.ask(Invariant::StateMachineSafety, first == Some(&op));
        }
    }

    fn leader(&mut self, server: &Server) {
        if let Some(term) = leads(server) {
            let first = *self.leaders.entry(term).or_insert(server.id);
            self.ask(Invariant::ElectionSafety, first == server.id);
        }
    }

    /// All that a log stands for: what its snapshot covers is what was committed, or what the log had
    /// where that is not known yet.
    fn whole(&self, log: &Log, before: &[Entry]) -> Vec<Entry> {
        let base = log.base().index.0 as usize;
        let covered = self.committed.get(..base).or_else(|| before.get(..base));
        [covered.unwrap_or_default(), &entries(log)].concat()
    }

    fn log(&mut self, server: &Server) {
        let log = self.whole(server.raft.log(), &self.servers[server.id.index()].log);
        let before = &self.servers[server.id.index()];
        let as_before = |(one, two): (&Entry, &Entry)| {
            let is_same = match (&one.1, &two.1) {
                (Some(one), Some(two)) => Rc::ptr_eq(one, two),
                (one, two) => one.is_none() && two.is_none(),
            };
            is_same && one.0 == two.0
        };
        let kept = before.log.iter().zip(&log).filter(|pair| as_before(*pair)).count();
        if kept == log.len() && kept == before.log.len() {
            return;
        }
        let led = before.leads.is_some() && before.leads == leads(server);
        self.ask(Invariant::LeaderAppendOnly, !led || kept == before.log.len());
        let mut last = Term::ZERO;
        for (place, (term, op)) in log.iter().enumerate() {
            self.ask(Invariant::TermsInOrder, *term >= last);
            let first = self.entries.entry((place as u64 + 1, *term));
            let (first, term_before) = first.or_insert((op.clone(), last)).clone();
            self.ask(Invariant::LogMatching, first == *op && term_before == last);
            last = *term;
        }
        self.servers[server.id.index()].log = log;
    }

    /// A waiter's term may be over for 100 ms of its server's own time.
    fn time(&mut self, server: &Server, now: Time) {
        let before = &mut self.servers[server.id.index()];
        if before.incarnation != server.incarnation || server.power == Power::Down {
            before.led.clear();
            before.leads = None;
        }
        let passed = u128::from(now.since(self.now).micros()) * u128::from(before.clock);
        if before.awake {
            before.led.iter_mut().for_each(|(_, time)| *time += passed);
        }
        let lost = before.leads.filter(|term| leads(server) != Some(*term));
        before.led.extend(lost.map(|term| (term, 0)));
        let waits = |term: Term| server.rsm.waiters.iter().any(|waiter| waiter.term <= term);
        let awake = server.power == Power::Up;
        let late = before.led.iter().any(|(term, time)| *time > LINGER + ROUNDING && waits(*term));
        self.ask(Invariant::Waiters, !(late && awake));
    }

    /// Whether a waiter is so near to its limit that rounding decides.
    pub fn is_unsure(&self, cluster: &Cluster) -> bool {
        let near = |time: u128| time.abs_diff(LINGER) <= ROUNDING;
        let waits = |server: &Server| !server.rsm.waiters.is_empty();
        let pairs = cluster.servers().iter().zip(&self.servers);
        pairs
            .into_iter()
            .any(|(server, before)| waits(server) && before.led.iter().any(|(_, time)| near(*time)))
    }

    fn commits(&mut self, cluster: &Cluster) {
        let majority = cluster.servers().len() / 2 + 1;
        for server in cluster.servers() {
            let raft = &server.raft;
            let before = &self.servers[server.id.index()];
            let again = before.incarnation != server.incarnation || server.power == Power::Down;
            let base = server.disk.log.base().index.0 as usize;
            let (from, to) = (if again { base } else { before.commit }, raft.commit().0 as usize);
            let log = before.log.clone();
            self.ask(Invariant::CommitMonotone, from <= to && to <= log.len());
            for place in from..to.min(log.len()) {
                if raft.is_leader() && self.committed.len() == place {
                    self.committed.push(log[place].clone());
                }
                let right = same(self.committed.get(place), log.get(place));
                self.ask(Invariant::StateMachineSafety, right);
            }
            if let Some(term) = leads(server).filter(|_| to > from) {
                self.reached.insert(term, to.min(self.committed.len()));
            }
        }
        let disk = |server: &Server| self.whole(&server.disk.log, &[]);
        let disks: Vec<Vec<Entry>> = cluster.servers().iter().map(disk).collect();
        // What a flaw keeps in memory only counts until some copy of the entry is lost.
        let forgets = |id: usize| cluster.servers()[id].flaws().has(Flaw::ForgetLog);
        for place in 0..self.committed.len() {
            let committed = self.committed.get(place);
            let has = |disk: &Vec<Entry>| same(disk.get(place), committed);
            let copies = disks.iter().filter(|disk| has(disk)).count();
            let kept = (0..disks.len()).filter(|id| has(&disks[*id]) && !forgets(*id)).count();
            let pairs = disks.iter().zip(&self.disks);
            let lost = pairs.into_iter().any(|(now, before)| has(before) && !has(now));
            self.ask(Invariant::OnAMajority, copies >= majority && (kept >= majority || !lost));
        }
        self.disks = disks;
    }

    /// A leader holds what leaders of earlier terms have committed.
    fn complete(&mut self, cluster: &Cluster) {
        for server in cluster.servers() {
            let Some(term) = leads(server) else { continue };
            let reached = self.reached.range(..term).map(|(_, reached)| *reached).max();
            let log = &self.servers[server.id.index()].log;
            let holds = |place| same(log.get(place), self.committed.get(place));
            let all = (0..reached.unwrap_or(0)).all(holds);
            self.ask(Invariant::LeaderCompleteness, all);
        }
    }

    fn maps(&mut self, cluster: &Cluster) {
        for server in cluster.servers() {
            let before = &self.servers[server.id.index()];
            let again = before.incarnation != server.incarnation || server.power == Power::Down;
            let (from, to) = (before.applied, server.rsm.applied.0 as usize);
            self.ask(Invariant::StateMachineSafety, again || from <= to);
            let Some(map) = self.maps.get(to) else { continue };
            let right = map.iter().eq(server.rsm.kv.iter());
            self.ask(Invariant::SameMap, right);
        }
    }

    fn locks(&mut self, cluster: &Cluster) {
        let mut held = BTreeSet::new();
        for client in cluster.clients() {
            for lock in &client.holds {
                let alone = held.insert(lock.clone());
                self.ask(Invariant::LockExclusion, alone);
            }
        }
    }

    /// Whether what clients have been told is linearizable, by the whole history.
    pub fn is_linearizable(cluster: &Cluster) -> bool {
        check_history(cluster.history().records().iter()).is_ok()
    }
}
