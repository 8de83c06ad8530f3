//! What the panes read out of the cluster beside its situation: terms, what is committed in fact,
//! who hears whom; and how much of it is told.
//!
//! While the class is asked something, nothing may give the answer away. What is told then is what
//! each server, client and packet holds of itself: roles, terms, votes, logs, who hears whom. What
//! only somebody knows who sees all servers at once is withheld: who can commit, which side has a
//! majority, what becomes of an entry. [`situation`] says how things stand as far as that is told,
//! and panes take it from nowhere else.

use super::theme::Ground;
use super::view::Scene;
use crate::cluster::Cluster;
use crate::cluster::raft::Log;
use crate::cluster::server::Server;
use crate::cluster::situation::{Fate, Situation, Vote};
use crate::cluster::types::{Index, Node, ServerId, Term};

/// The newest term that a running server knows, or, when none runs, that a disk keeps.
pub fn term(cluster: &Cluster) -> Term {
    let running = cluster.servers().iter().any(Server::is_running);
    let counts = |server: &&Server| !running || server.is_running();
    let terms = cluster.servers().iter().filter(counts).map(|server| server.raft.term());
    terms.max().unwrap_or_default()
}

/// Up to where the log is committed in fact, whether or not a server that runs still knows it.
pub fn committed(cluster: &Cluster) -> Index {
    Index(cluster.commits())
}

/// Where the first log begins: with its first entry, or with the last that its snapshot covers, where
/// that is shown.
pub fn first_index(cluster: &Cluster) -> Index {
    let begins = |log: &Log| {
        if log.base().index > Index::ZERO { log.base().index } else { log.first_index() }
    };
    cluster.servers().iter().map(|server| begins(server.raft.log())).min().unwrap_or_default()
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

/// Who can hear whom and who can do what, as far as it is told.
pub fn situation(scene: &Scene) -> Situation {
    let situation = Situation::of(scene.cluster);
    if scene.view.withholds() { situation.untold() } else { situation }
}

/// What becomes of an entry, as far as it is told. While the class is asked something it is not
/// said what will be lost, and where the question is about commits, not what is committed.
pub fn fate(scene: &Scene, situation: &Situation, server: &Server, index: Index) -> Option<Fate> {
    let fate = situation.fate(scene.cluster, server, index).unwrap_or(Fate::Open);
    let is_hidden = fate == Fate::Lost && scene.view.withholds();
    (!scene.view.withholds_commits()).then_some(if is_hidden { Fate::Open } else { fate })
}

/// The ground of a room: bright with a majority, where that is told.
pub fn ground(situation: &Situation, room: usize) -> Ground {
    match situation.rooms.get(room) {
        Some(room) if room.vote == Vote::Untold => Ground::Whole,
        Some(_) if situation.rooms.len() == 1 => Ground::Whole,
        Some(room) if room.vote.is_majority() => Ground::Majority,
        Some(_) | None => Ground::Minority,
    }
}
