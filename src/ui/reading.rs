//! What the panes read out of the cluster beside its situation: terms, what is committed in fact,
//! who hears whom.

use crate::cluster::Cluster;
use crate::cluster::server::Server;
use crate::cluster::types::{Index, Node, ServerId, Term};

/// The newest term that a running server knows, or, when none runs, that a disk keeps.
pub fn term(cluster: &Cluster) -> Term {
    let running = cluster.servers().iter().any(Server::is_running);
    let counts = |server: &&Server| !running || server.is_running();
    let terms = cluster.servers().iter().filter(counts).map(|server| server.raft.term());
    terms.max().unwrap_or_default()
}

/// The leader of the newest term that anybody has been elected for, while it runs. A leader of an
/// older term is none, whatever it believes.
pub fn leader(cluster: &Cluster) -> Option<&Server> {
    let leader = cluster.server(cluster.leader()?)?;
    (leader.raft.term() >= cluster.checker().led_term()).then_some(leader)
}

/// Up to where the log is committed in fact, whether or not a server that runs still knows it.
pub fn committed(cluster: &Cluster) -> Index {
    Index(cluster.commits())
}

/// Where the longest log ends.
pub fn last_index(cluster: &Cluster) -> Index {
    cluster.servers().iter().map(|server| server.raft.log().last_index()).max().unwrap_or_default()
}

/// Whether two servers hear each other directly.
pub fn linked(cluster: &Cluster, one: ServerId, other: ServerId) -> bool {
    let (one, other) = (Node::Server(one), Node::Server(other));
    cluster.reaches(one, other) && cluster.reaches(other, one)
}
