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
    /// It is a client's, and was cut because its server is isolated from clients.
    by_isolation: bool,
    /// What its generator is seeded by, beside the run's seed.
    number: (u64, u64),
    pub(in crate::cluster) rng: Rng,
}

/// All links: between servers, and between clients and servers. Clients don't talk to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    servers: usize,
    /// Row by sender, column by receiver.
    peers: Vec<Link>,
    /// For each client, for each server: to the server, then from it.
    clients: Vec<Link>,
    /// Servers that are isolated from the others: what joins one of the others again leaves its
    /// link to them cut.
    isolated: ServerSet,
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
            peers,
            clients: Vec::new(),
            isolated: ServerSet::EMPTY,
            from_clients: ServerSet::EMPTY,
        }
    }

    /// One more server, with links to all that are there. Its generators are those that it would have had
    /// from the start.
    pub(in crate::cluster) fn add_server(&mut self, seed: u64) {
        let new = Self::new(self.servers as u8 + 1, seed);
        let old = std::mem::replace(&mut self.servers, new.servers);
        let mut before = std::mem::replace(&mut self.peers, new.peers).into_iter();
        for from in 0..old {
            for to in 0..old {
                if let Some(link) = before.next() {
                    self.peers[from * self.servers + to] = link;
                }
            }
        }
        let server = old as u64;
        let clients = std::mem::take(&mut self.clients);
        for links in clients.chunks_exact(old * 2) {
            self.clients.extend_from_slice(links);
            // All links of a client are seeded by its name.
            let name = links.first().map_or(0, |link| link.number.0);
            for to in [(1 << 32) | server, (2 << 32) | server] {
                self.clients.push(Link::new(seed, name, to));
            }
        }
        let reaches_none = ServerId::from_index(old as u8);
        for other in self.isolated.iter() {
            self.cut(Node::Server(reaches_none), Node::Server(other));
            self.cut(Node::Server(other), Node::Server(reaches_none));
        }
    }

    /// Gives the next client its links. Its generators depend on its name, not on how many
    /// clients came before it.
    pub fn add_client(&mut self, client: ClientId, name: u64, seed: u64) {
        debug_assert_eq!(client.index() * self.servers * 2, self.clients.len());
        for server in ServerId::first(self.servers as u8) {
            let number = server.index() as u64;
            for to in [(1 << 32) | number, (2 << 32) | number] {
                let mut link = Link::new(seed, name, to);
                link.rule.cut = self.from_clients.contains(server);
                link.by_isolation = link.rule.cut;
                self.clients.push(link);
            }
        }
    }

    /// Nothing arrives on this link any more. `None` if there is no such link.
    pub(in crate::cluster) fn cut(&mut self, from: Node, to: Node) -> Option<()> {
        self.get_mut(from, to)?.set_cut(true);
        Some(())
    }

    /// Ends the cut of a link.
    pub(in crate::cluster) fn join(&mut self, from: Node, to: Node) -> Option<()> {
        self.get_mut(from, to)?.set_cut(false);
        Some(())
    }

    /// A link as if untouched. A server that hears another again is not isolated any more.
    pub(in crate::cluster) fn mend(&mut self, from: Node, to: Node) -> Option<()> {
        self.join(from, to)?;
        self.get_mut(from, to)?.rule = LinkRule::default();
        if let (Node::Server(from), Node::Server(to)) = (from, to) {
            self.isolated.remove(from);
            self.isolated.remove(to);
        }
        Some(())
    }

    /// Cuts a server off from all others.
    pub(in crate::cluster) fn isolate(&mut self, server: ServerId) {
        self.isolated.insert(server);
        for other in ServerId::first(self.servers as u8).filter(|other| *other != server) {
            self.cut(Node::Server(server), Node::Server(other));
            self.cut(Node::Server(other), Node::Server(server));
        }
    }

    /// Cuts a server off from all clients, from those yet to come too.
    pub(in crate::cluster) fn isolate_from_clients(&mut self, server: ServerId) {
        self.from_clients.insert(server);
        for link in self.client_links(server).filter(|link| !link.rule.cut) {
            (link.rule.cut, link.by_isolation) = (true, true);
        }
    }

    /// Ends a server's isolation, and every cut between it and servers that are not isolated
    /// themselves. Of its links to clients only those are mended that an isolation has cut.
    pub(in crate::cluster) fn rejoin(&mut self, server: ServerId) {
        self.isolated.remove(server);
        self.from_clients.remove(server);
        let others = ServerSet::first(self.servers as u8).without(self.isolated);
        for other in others.iter().filter(|other| *other != server) {
            self.join(Node::Server(server), Node::Server(other));
            self.join(Node::Server(other), Node::Server(server));
        }
        for link in self.client_links(server).filter(|link| link.by_isolation) {
            link.set_cut(false);
        }
    }

    /// The links between a server and all clients, both ways.
    fn client_links(&mut self, server: ServerId) -> impl Iterator<Item = &mut Link> {
        let (servers, place) = (self.servers, server.index() * 2);
        self.clients
            .chunks_exact_mut(servers * 2)
            .flat_map(move |links| &mut links[place..place + 2])
    }

    /// No server is isolated, neither from others nor from clients yet to come.
    pub(in crate::cluster) const fn end_isolation(&mut self) {
        (self.isolated, self.from_clients) = (ServerSet::EMPTY, ServerSet::EMPTY);
    }

    /// Whether nothing has been done to any link, or all of it has been undone.
    pub(in crate::cluster) fn are_untouched(&self) -> bool {
        let rules = self.peers.iter().chain(&self.clients).map(|link| &link.rule);
        self.from_clients.is_empty() && rules.into_iter().all(|rule| *rule == LinkRule::default())
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

    /// Gives every link fresh randomness.
    pub(in crate::cluster) fn reseed(&mut self, seed: u64) {
        for link in self.peers.iter_mut().chain(&mut self.clients) {
            link.rng = Rng::new(seed, Entity::Link { from: link.number.0, to: link.number.1 });
        }
    }

    /// Every link as if untouched.
    pub(in crate::cluster) fn heal(&mut self) {
        for link in self.peers.iter_mut().chain(&mut self.clients) {
            (link.rule, link.by_isolation) = (LinkRule::default(), false);
        }
        self.end_isolation();
    }
}

impl Link {
    fn new(seed: u64, from: u64, to: u64) -> Self {
        let rng = Rng::new(seed, Entity::Link { from, to });
        Self { rule: LinkRule::default(), by_isolation: false, number: (from, to), rng }
    }

    /// Cuts it by hand, or ends its cut, whatever made it.
    const fn set_cut(&mut self, cut: bool) {
        (self.rule.cut, self.by_isolation) = (cut, false);
    }
}

/// Requests and bytes that servers have sent each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// RequestVote and AppendEntries, replies not counted.
    pub requests: u64,
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cluster::client::name_number;

    /// What is lost on one link says nothing of what is lost on another.
    #[test]
    fn every_link_has_chance_of_its_own() {
        let mut links = Links::new(25, 7);
        for (id, name) in (0..).zip(["a", "b", "c"]) {
            links.add_client(ClientId(id), name_number(name), 7);
        }
        let all = links.peers.iter().chain(&links.clients);
        let drawn: BTreeSet<u64> = all.map(|link| link.rng.clone().next_u64()).collect();
        assert_eq!(drawn.len(), 25 * 25 + 3 * 25 * 2);
    }
}
