//! What the panes read out of the cluster: in which standing a server is, what is committed in
//! fact, who hears whom.

use crate::cluster::Cluster;
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Index, Node, ServerId, Term};

/// What a server is to somebody who sees them all. The server itself may believe otherwise: an
/// old leader doesn't know yet that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It leads, and nobody has been elected for a newer term.
    Leader,
    /// It believes that it leads, and another has been elected for a newer term.
    OldLeader,
    Follower,
    Candidate,
    Asleep,
    Down,
}

impl Standing {
    pub fn of(cluster: &Cluster, server: &Server) -> Self {
        match (server.power, server.raft.role) {
            (Power::Down, _) => Self::Down,
            (Power::Asleep, _) => Self::Asleep,
            (Power::Up, Role::Follower) => Self::Follower,
            (Power::Up, Role::Candidate) => Self::Candidate,
            (Power::Up, Role::Leader) if server.raft.term < cluster.checker().led_term() => {
                Self::OldLeader
            }
            (Power::Up, Role::Leader) => Self::Leader,
        }
    }

    pub const fn mark(self) -> char {
        match self {
            Self::Leader => '★',
            Self::OldLeader => '☆',
            Self::Follower => '○',
            Self::Candidate => '△',
            Self::Asleep => 'z',
            Self::Down => 'x',
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Leader => "LEADER",
            Self::OldLeader => "old leader",
            Self::Follower => "follower",
            Self::Candidate => "candidate",
            Self::Asleep => "asleep",
            Self::Down => "down",
        }
    }
}

/// The newest term that a running server knows, or, when none runs, that a disk keeps.
pub fn term(cluster: &Cluster) -> Term {
    let running = cluster.servers().iter().any(Server::is_running);
    let counts = |server: &&Server| !running || server.is_running();
    let terms = cluster.servers().iter().filter(counts).map(|server| server.raft.term);
    terms.max().unwrap_or_default()
}

/// The leader of the newest term that anybody has been elected for, while it runs. A leader of an
/// older term is none, whatever it believes.
pub fn leader(cluster: &Cluster) -> Option<&Server> {
    let leader = cluster.server(cluster.leader()?)?;
    (leader.raft.term >= cluster.checker().led_term()).then_some(leader)
}

/// Up to where the log is committed in fact, whether or not a server that runs still knows it.
pub fn committed(cluster: &Cluster) -> Index {
    Index(cluster.commits())
}

/// Where the longest log ends.
pub fn last_index(cluster: &Cluster) -> Index {
    cluster.servers().iter().map(|server| server.raft.log.last_index()).max().unwrap_or_default()
}

/// Whether two servers hear each other directly.
pub fn linked(cluster: &Cluster, one: ServerId, other: ServerId) -> bool {
    let (one, other) = (Node::Server(one), Node::Server(other));
    cluster.reaches(one, other) && cluster.reaches(other, one)
}
