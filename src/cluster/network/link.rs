//! Directed links and their rules.

use serde::{Deserialize, Serialize};

use crate::cluster::rng::{Entity, Rng};
use crate::cluster::time::{Ppm, SpanRange};
use crate::cluster::types::{ClientId, Node, ServerId, ServerSet};

/// How one direction of one link differs from the named network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRule {
    /// Nothing arrives. Tested on arrival: a packet in flight when the cut comes is lost too.
    pub cut: bool,
    pub loss: Option<Ppm>,
    pub delay: Option<SpanRange>,
    pub duplicate: Option<Ppm>,
}

/// What `link A -> B …` changes; `None` leaves that part as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkChange {
    pub loss: Option<Ppm>,
    pub delay: Option<SpanRange>,
    pub duplicate: Option<Ppm>,
}

/// One direction between two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub rule: LinkRule,
    /// What its generator is seeded by, beside the run's seed.
    number: (u64, u64),
    pub(in crate::cluster) rng: Rng,
}

/// All links: between servers, and between clients and servers. Clients don't talk to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    servers: usize,
    seed: u64,
    /// Row by sender, column by receiver.
    peers: Vec<Link>,
    /// For each client, for each server: to the server, then from it.
    clients: Vec<Link>,
    /// Servers that no client reaches: the links of a client yet to come begin cut there.
    from_clients: ServerSet,
}

impl Links {
    pub fn new(servers: u8, seed: u64) -> Self {
        let mut peers = Vec::with_capacity(usize::from(servers) * usize::from(servers));
        for from in ServerId::first(servers) {
            for to in ServerId::first(servers) {
                peers.push(Link::new(seed, from.index() as u64, to.index() as u64));
            }
        }
        Self {
            servers: usize::from(servers),
            seed,
            peers,
            clients: Vec::new(),
            from_clients: ServerSet::EMPTY,
        }
    }

    /// Gives the next client its links. Its generators depend on its name, not on how many
    /// clients came before it.
    pub fn add_client(&mut self, client: ClientId, name: u64) {
        debug_assert_eq!(client.index() * self.servers * 2, self.clients.len());
        for server in ServerId::first(self.servers as u8) {
            let number = server.index() as u64;
            for to in [(1 << 32) | number, (2 << 32) | number] {
                let mut link = Link::new(self.seed, name, to);
                link.rule.cut = self.from_clients.contains(server);
                self.clients.push(link);
            }
        }
    }

    /// Cuts a server from all clients, or mends that; from those yet to come too.
    pub(in crate::cluster) fn cut_from_clients(&mut self, server: ServerId, cut: bool) {
        if cut {
            self.from_clients.insert(server);
        } else {
            self.from_clients.remove(server);
        }
        for links in self.clients.chunks_exact_mut(self.servers * 2) {
            let place = server.index() * 2;
            for link in &mut links[place..place + 2] {
                link.rule.cut = cut;
            }
        }
    }

    /// Clients yet to come reach all servers.
    pub(in crate::cluster) const fn admit_new_clients(&mut self) {
        self.from_clients = ServerSet::EMPTY;
    }

    fn place(&self, from: Node, to: Node) -> Option<(bool, usize)> {
        match (from, to) {
            (Node::Server(from), Node::Server(to)) => {
                Some((true, from.index() * self.servers + to.index()))
            }
            (Node::Client(client), Node::Server(server)) => {
                Some((false, (client.index() * self.servers + server.index()) * 2))
            }
            (Node::Server(server), Node::Client(client)) => {
                Some((false, (client.index() * self.servers + server.index()) * 2 + 1))
            }
            (Node::Client(_), Node::Client(_)) => None,
        }
    }

    /// The link from `from` to `to`; `None` between two clients and for unknown nodes.
    pub fn get(&self, from: Node, to: Node) -> Option<&Link> {
        let (peers, place) = self.place(from, to)?;
        if peers { self.peers.get(place) } else { self.clients.get(place) }
    }

    pub(in crate::cluster) fn get_mut(&mut self, from: Node, to: Node) -> Option<&mut Link> {
        let (peers, place) = self.place(from, to)?;
        if peers { self.peers.get_mut(place) } else { self.clients.get_mut(place) }
    }

    pub fn is_cut(&self, from: Node, to: Node) -> bool {
        self.get(from, to).is_some_and(|link| link.rule.cut)
    }

    /// The rules of all links.
    pub(in crate::cluster) fn rules(&self) -> impl Iterator<Item = &LinkRule> {
        self.peers.iter().chain(&self.clients).map(|link| &link.rule)
    }

    /// Gives every link fresh randomness.
    pub(in crate::cluster) fn reseed(&mut self, seed: u64) {
        for link in self.peers.iter_mut().chain(&mut self.clients) {
            link.rng = Rng::new(seed, Entity::Link { from: link.number.0, to: link.number.1 });
        }
        self.seed = seed;
    }

    /// Every link as if untouched.
    pub(in crate::cluster) fn heal(&mut self) {
        for link in self.peers.iter_mut().chain(&mut self.clients) {
            link.rule = LinkRule::default();
        }
        self.admit_new_clients();
    }
}

impl Link {
    fn new(seed: u64, from: u64, to: u64) -> Self {
        let rng = Rng::new(seed, Entity::Link { from, to });
        Self { rule: LinkRule::default(), number: (from, to), rng }
    }
}
