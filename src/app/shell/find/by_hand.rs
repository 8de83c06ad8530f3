//! The way to a condition by hand: no lab time passes, and what happens is an election, an entry
//! that a leader appends, a log that is copied, a server that crashes.
//!
//! The search goes from cluster to cluster, always on from the one that seems nearest
//! ([`Cluster::distance`]), and never twice through the same. What it tries is few large steps: a
//! server becomes a candidate and hears some of its voters, a leader copies its log to one follower
//! and is told of it, or not. What is left in flight then gets lost, so each step begins where
//! nothing is under way, and a way is a script that a person can follow line by line.
//!
//! Terms and logs are bounded, so there are finitely many clusters. When all have been looked at,
//! nothing of that size leads to the condition.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::cluster::Cluster;
use crate::cluster::command::{
    Condition, Deed, Ends, Keeping, LabAct, LinkAct, Motion, NodeName, Operation, Order, ServerAct,
    Text,
};
use crate::cluster::config::Config;
use crate::cluster::distance::OUT_OF_REACH;
use crate::cluster::flaw::Flaw;
use crate::cluster::network::{PacketKind, PacketName};
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Node as Place, ServerId, ServerSet, Term, Version};

/// Something that is done, as a line of a script says it.
pub type Step = Deed<NodeName>;

/// The most clusters that wait to be gone on from.
const OPEN_MAX: usize = 6_000;
/// How often a follower and its leader speak until their logs agree.
const ROUNDS: u32 = 12;
/// How much an unmet part of the condition weighs against a step of the way, and how much more than
/// one a step weighs that brings nothing nearer.
const WEIGHT: u64 = 4;
const DETOUR: u64 = 3;
/// Up to so many servers every set of voters is tried that makes a majority; of more, so many sets.
const FEW: usize = 5;
const SETS_MAX: usize = 6;

/// How large a cluster may get on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub term: Term,
    pub entries: usize,
}

/// A search that is under way.
pub struct Search<'a> {
    condition: &'a Condition,
    /// Whether some rule may not be kept, so that nothing is out of reach.
    flawed: bool,
    /// Whether servers also crash that don't lead.
    crashes: bool,
    /// Servers beyond this one are alike: the condition names none of them.
    named: u8,
    bounds: Bounds,
    open: BTreeMap<(u64, u64), Node>,
    seen: BTreeSet<Box<[u8]>>,
    count: u64,
    /// Whether clusters were left out for want of room.
    cropped: bool,
    /// The rules that were broken on the way, and how often: there a run ends.
    pub broken: BTreeMap<&'static str, u64>,
}

struct Node {
    cluster: Cluster,
    /// How far it still is, and what the way has cost.
    far: u64,
    depth: u64,
    way: Option<Rc<Way>>,
}

/// The steps so far, the newest first.
struct Way {
    steps: Vec<Step>,
    before: Option<Rc<Way>>,
}

/// What a part of a search has come to.
pub enum Come {
    /// A way there.
    Found(Vec<Step>),
    /// Nothing is left to look at. Whether that was all there is within the bounds.
    Over { all: bool },
    /// There is more to look at.
    More,
}

/// A cluster in which all is by hand from the start.
pub fn begin(config: &Config, flaw: Option<Flaw>) -> Cluster {
    let mut cluster = Cluster::new(config.clone());
    let by_hand = Deed::Lab(LabAct::ByHand(Motion::ByHand));
    let flawed = flaw.map(|flaw| Deed::Keep(Keeping::Flaw(flaw, true), Vec::new()));
    for deed in flawed.into_iter().chain([by_hand]) {
        // Neither can be refused at the start.
        let _ = cluster.apply(&(&deed).into());
    }
    cluster
}

/// Does one thing by hand, and what follows from it at once. Whether it could be done.
pub fn act(cluster: &mut Cluster, step: &Step) -> bool {
    let done = cluster.apply(&step.into()).is_ok();
    follow(cluster);
    done
}

/// The same, where the cluster is of no use when it could not be done.
fn venture(cluster: &mut Cluster, step: &Step) -> bool {
    let done = cluster.venture(&step.into()).is_ok();
    follow(cluster);
    done
}

fn follow(cluster: &mut Cluster) {
    while cluster.is_told_pending() && !cluster.is_stopped() {
        cluster.step();
    }
}

impl<'a> Search<'a> {
    pub fn new(
        config: &Config,
        flaw: Option<Flaw>,
        condition: &'a Condition,
        bounds: Bounds,
    ) -> Self {
        let extent = condition.extent();
        let guests = config.raft.is_some();
        let flawed = flaw.is_some() || guests;
        let mut search = Self {
            condition,
            flawed,
            crashes: flawed || extent.power,
            named: extent.server,
            bounds,
            open: BTreeMap::new(),
            seen: BTreeSet::new(),
            count: 0,
            // What a guest remembers beside what it shows can tell two clusters apart.
            cropped: guests,
            broken: BTreeMap::new(),
        };
        search.meet(Node { cluster: begin(config, flaw), far: 0, depth: 0, way: None });
        search
    }

    /// How many clusters it has met.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Goes on from so many clusters.
    pub fn go(&mut self, most: u32) -> Come {
        for _ in 0..most {
            let Some((_, node)) = self.open.pop_first() else {
                return Come::Over { all: !self.cropped };
            };
            if node.cluster.is_so(self.condition) {
                return Come::Found(steps(node.way));
            }
            self.expand(&node);
        }
        Come::More
    }

    /// Takes note of a cluster, unless it has been met.
    fn meet(&mut self, mut node: Node) {
        let far = node.cluster.distance(self.condition).min(OUT_OF_REACH);
        if far >= node.far {
            node.depth += DETOUR;
        }
        node.far = far;
        let reachable = far < OUT_OF_REACH || self.flawed;
        if !reachable || !self.seen.insert(key(&node.cluster, self.named)) {
            return;
        }
        if let Some(violation) = node.cluster.violation() {
            *self.broken.entry(violation.invariant.name()).or_default() += 1;
        }
        self.count += 1;
        self.open.insert((far * WEIGHT + node.depth, self.count), node);
        if self.open.len() > OPEN_MAX {
            self.open.pop_last();
            self.cropped = true;
        }
    }

    fn expand(&mut self, node: &Node) {
        if node.cluster.is_stopped() {
            return;
        }
        for server in node.cluster.servers() {
            match server.power {
                Power::Down => self.attempt(node, &[servers(ServerAct::Restart, server.id)]),
                Power::Up => self.acts_of(node, server),
                Power::Asleep => {}
            }
        }
    }

    fn acts_of(&mut self, node: &Node, server: &Server) {
        let id = server.id;
        let raft = &server.raft;
        if raft.is_leader() {
            if raft.log().len() < self.bounds.entries {
                self.attempt(node, &[submit(server)]);
            }
            for other in node.cluster.servers() {
                if other.id != id && other.is_running() {
                    self.copy(node, id, other.id);
                }
            }
        } else if raft.term() < self.bounds.term {
            self.elections(node, id);
        }
        if self.crashes {
            self.attempt(node, &[servers(ServerAct::Crash, id)]);
        } else if !raft.is_leader() && raft.commit().0 == 0 {
            // It would lose nothing.
            return;
        }
        let blink = [servers(ServerAct::Crash, id), servers(ServerAct::Restart, id)];
        self.attempt(node, &blink);
    }

    /// Does these, and meets what they lead to.
    fn attempt(&mut self, node: &Node, todo: &[Step]) {
        let mut cluster = node.cluster.clone();
        if todo.iter().all(|step| venture(&mut cluster, step)) {
            self.arrive(node, cluster, todo.to_vec());
        }
    }

    /// What is left in flight gets lost, and a step is over.
    fn arrive(&mut self, node: &Node, mut cluster: Cluster, mut done: Vec<Step>) {
        if cluster.packet_count() > 0 && !cluster.is_so(self.condition) {
            let lose = lose(&cluster);
            venture(&mut cluster, &lose);
            done.push(lose);
        }
        let way = Some(Rc::new(Way { steps: done, before: node.way.clone() }));
        self.meet(Node { cluster, far: node.far, depth: node.depth + 1, way });
    }

    /// A server becomes a candidate, and is heard by nobody, by just enough who vote for it, or by
    /// all who do. Of few servers every set of voters is tried.
    fn elections(&mut self, node: &Node, id: ServerId) {
        let mut asked = node.cluster.clone();
        let timeout = servers(ServerAct::Timeout, id);
        if !venture(&mut asked, &timeout) {
            return;
        }
        // In a term in which it can't be of use nobody needs to hear of it.
        if !self.flawed && asked.distance(self.condition) >= OUT_OF_REACH {
            return;
        }
        let others = asked.ids().filter(|other| *other != id);
        let willing: ServerSet = others.filter(|voter| votes(&asked, id, *voter)).collect();
        for voters in self.voters(&asked, willing) {
            let mut cluster = asked.clone();
            let mut done = vec![timeout.clone()];
            if !voters.is_empty() {
                done.push(deliver(Some(PacketName::Vote), &[id], voters));
                done.push(deliver_back(Some(PacketName::VoteReply), voters, id));
            }
            if done.iter().skip(1).all(|step| venture(&mut cluster, step)) {
                self.arrive(node, cluster, done);
            }
        }
    }

    /// The sets of voters that are tried. Of sets that differ in servers that are alike, one.
    fn voters(&self, cluster: &Cluster, willing: ServerSet) -> Vec<ServerSet> {
        let needed = cluster.configuration().quorum() - 1;
        let count = cluster.servers().len();
        let is_tried = |set: &ServerSet| {
            let size = set.len();
            count <= 3 || size == 0 || size == needed || *set == willing
        };
        let mut alike = BTreeSet::new();
        let mut sets: Vec<ServerSet> = subsets(willing).into_iter().filter(is_tried).collect();
        sets.retain(|set| {
            let sign = |id: ServerId| match id.number() <= self.named {
                true => vec![id.number()],
                false => own(&cluster.servers()[id.index()]),
            };
            let mut signs: Vec<Vec<u8>> = set.iter().map(sign).collect();
            signs.sort_unstable();
            alike.insert(signs)
        });
        if count > FEW {
            sets.truncate(SETS_MAX);
            sets.extend((!willing.is_empty()).then_some(willing));
        }
        sets
    }

    /// A leader speaks to a follower until their logs agree. What the follower says last arrives, or
    /// does not.
    fn copy(&mut self, node: &Node, from: ServerId, to: ServerId) {
        let mut cluster = node.cluster.clone();
        let mut done = vec![servers(ServerAct::Heartbeat, from)];
        let there = deliver(None, &[from], ServerSet::only(to));
        let back = deliver(None, &[to], ServerSet::only(from));
        if !venture(&mut cluster, &done[0]) {
            return;
        }
        for _ in 0..ROUNDS {
            if !venture(&mut cluster, &there) {
                return;
            }
            done.push(there.clone());
            let same = {
                let log = |id: ServerId| cluster.servers()[id.index()].raft.log();
                let same = log(from).len() == log(to).len() && log(from).last() == log(to).last();
                same || !cluster.servers()[from.index()].raft.is_leader()
            };
            if same {
                self.arrive(node, cluster.clone(), done.clone());
            }
            if !venture(&mut cluster, &back) {
                return;
            }
            done.push(back.clone());
            if same {
                self.arrive(node, cluster, done);
                return;
            }
        }
    }
}

/// Whether a server grants a candidate its vote when it is asked now.
fn votes(cluster: &Cluster, candidate: ServerId, voter: ServerId) -> bool {
    if !cluster.servers()[voter.index()].is_running() {
        return false;
    }
    let mut cluster = cluster.clone();
    venture(&mut cluster, &deliver(Some(PacketName::Vote), &[candidate], ServerSet::only(voter)));
    // A guest need not say who has voted for it.
    cluster.packets().into_iter().any(|packet| {
        packet.from == Place::Server(voter)
            && packet.cargo.summary().kind == PacketKind::VoteGranted
    })
}

fn subsets(of: ServerSet) -> Vec<ServerSet> {
    let mut sets = vec![ServerSet::EMPTY];
    for server in of.iter().take(10) {
        let with: Vec<ServerSet> =
            sets.iter().map(|set| set.union(ServerSet::only(server))).collect();
        sets.extend(with);
    }
    sets
}

fn steps(way: Option<Rc<Way>>) -> Vec<Step> {
    let mut parts = Vec::new();
    let mut next = way;
    while let Some(way) = next {
        parts.push(way.steps.clone());
        next = way.before.clone();
    }
    parts.into_iter().rev().flatten().collect()
}

fn servers(act: ServerAct, id: ServerId) -> Step {
    Deed::Servers(act, vec![id])
}

/// An entry that a leader appends: each is a put of x at the version that it would have if all that
/// stands before it is carried out.
fn submit(leader: &Server) -> Step {
    let place = leader.raft.log().len() as u64;
    let value = format!("{}", place + 1);
    let (key, value) = (Text::new("x"), Text::new(&value));
    let put = Operation::Submit { key, value, version: Version(place) };
    Deed::Operate(Order { only: Some(leader.id), ..Order::new(put) })
}

fn nodes(set: ServerSet) -> Vec<NodeName> {
    set.iter().map(NodeName::Server).collect()
}

fn deliver(name: Option<PacketName>, from: &[ServerId], to: ServerSet) -> Step {
    let from = from.iter().map(|id| NodeName::Server(*id)).collect();
    flying(None, name, from, nodes(to))
}

fn deliver_back(name: Option<PacketName>, from: ServerSet, to: ServerId) -> Step {
    flying(None, name, nodes(from), vec![NodeName::Server(to)])
}

/// All that is in flight between servers gets lost.
fn lose(cluster: &Cluster) -> Step {
    let all = || cluster.ids().map(NodeName::Server).collect();
    flying(Some(crate::cluster::command::Fate::Drop), None, all(), all())
}

const fn flying(
    fate: Option<crate::cluster::command::Fate>,
    name: Option<PacketName>,
    from: Vec<NodeName>,
    to: Vec<NodeName>,
) -> Step {
    Deed::Links(LinkAct::Flying { fate, name, count: None }, Ends { from, to, both: false })
}

/// All in which two clusters can differ for what comes next, where nothing is in flight. Servers that
/// the condition does not name may change places.
fn key(cluster: &Cluster, named: u8) -> Box<[u8]> {
    let mut order: Vec<&Server> = cluster.servers().iter().collect();
    order[usize::from(named)..].sort_by_cached_key(|server| own(server));
    let mut place = [0; 32];
    for (number, server) in (1..).zip(&order) {
        place[server.id.index()] = number;
    }
    let of = |id: ServerId| place[id.index()];
    let mut key = Vec::with_capacity(64);
    for server in &order {
        let raft = &server.raft;
        key.extend(own(server));
        key.push(raft.voted_for().map_or(0, of));
        let mut votes: Vec<u8> = raft.votes().iter().map(of).collect();
        votes.sort_unstable();
        key.push(votes.len() as u8);
        key.extend(votes);
        if raft.is_leader() {
            for other in &order {
                let known = raft.progress(other.id);
                put(&mut key, known.map_or(0, |known| known.matched.0));
                put(&mut key, known.map_or(0, |known| known.next.0));
            }
        }
    }
    put(&mut key, cluster.packet_count());
    key.into_boxed_slice()
}

/// The part that names no other server.
fn own(server: &Server) -> Vec<u8> {
    let raft = &server.raft;
    let mut key = vec![server.power as u8, raft.role() as u8];
    put(&mut key, raft.term().0);
    put(&mut key, raft.commit().0);
    put(&mut key, raft.log().len() as u64);
    raft.log().iter().for_each(|(_, entry)| put(&mut key, entry.term.0));
    key
}

fn put(key: &mut Vec<u8>, number: u64) {
    match u8::try_from(number) {
        Ok(byte @ 0..=0xfe) => key.push(byte),
        Ok(_) | Err(_) => {
            key.push(0xff);
            key.extend(number.to_le_bytes());
        }
    }
}
