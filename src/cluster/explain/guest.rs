//! A guest: what is on its disk, what it reports, and that its reasons end there.

use std::borrow::Cow;

use super::scene::{absent, due, list, others, present, share};
use crate::cluster::Cluster;
use crate::cluster::plain::plain;
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::timers::TimerKind;
use crate::cluster::types::{Index, ServerId};

/// Why a server has ended by itself, if that is why it is down.
pub fn why_ended(server: &Server) -> Option<Cow<'_, str>> {
    server.raft.ended().filter(|_| server.power == Power::Down).map(plain)
}

/// The same as a clause.
pub fn ended(server: &Server) -> Option<String> {
    why_ended(server).map(|why| format!("it ended on its own: {why}"))
}

/// What can be said of a guest that is up.
pub(super) fn server(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (id, raft) = (server.id, &server.raft);
    let (term, role) = (raft.term(), raft.role());
    let mut clauses = vec![match (role, raft.leader()) {
        (Role::Leader, _) => format!("{id} reports that it leads term {term}"),
        (Role::Candidate, _) => format!("{id} reports that it is a candidate in term {term}"),
        (Role::PreCandidate, _) => {
            format!("{id} reports that it asks whether to become a candidate, in term {term}")
        }
        (Role::Follower, Some(leader)) => {
            format!("{id} reports that it follows {leader} in term {term}")
        }
        (Role::Follower, None) => {
            format!("{id} is a follower in term {term}, and reports no leader")
        }
    }];
    clauses.extend(raft.voted_for().map(|whom| format!("it has written its vote for {whom}")));
    clauses.extend(uncommitted(cluster, server));
    let away = others(cluster, id).without(present(cluster, id));
    if !away.is_empty() {
        clauses.push(absent(cluster, id, away).join(", "));
    }
    for (kind, name) in
        [(TimerKind::Election, "0 (election)"), (TimerKind::Heartbeat, "1 (heartbeat)")]
    {
        let timer = server.timer(kind);
        clauses
            .extend(timer.map(|it| format!("its timer {name} runs out {}", due(cluster, it.due))));
    }
    let other = server.timer(TimerKind::Guest);
    clauses.extend(
        other.map(|it| format!("another timer of its own runs out {}", due(cluster, it.due))),
    );
    clauses.push(match server.raft.is_of_trace() {
        true => "this is what a trace tells of it: what the lines leave out is not known".into(),
        false => {
            "why it does what it does, only the guest knows: what it logs stands among the events"
                .into()
        }
    });
    clauses
}

/// Where the first entry that is not committed is, by the disks of all.
fn uncommitted(cluster: &Cluster, server: &Server) -> Option<String> {
    let next = server.raft.commit().next();
    let entry = server.raft.log().get(next)?;
    let holders = cluster.synced(next, entry);
    let (count, who) = (share(cluster, holders), list(holders));
    let commit = match server.raft.commit() {
        Index::ZERO => "it reports nothing as committed".to_owned(),
        commit => format!("it reports entry {commit} as the last that is committed"),
    };
    Some(match holders.is_empty() {
        true => format!("{commit}; entry {next} is on no disk yet"),
        false => format!("{commit}; entry {next} is on the disks of {count} servers: {who}"),
    })
}

/// Of an entry: how far the guest that holds it says it is committed.
pub(super) fn settled(holder: &Server, index: Index) -> Vec<String> {
    let (id, commit): (ServerId, Index) = (holder.id, holder.raft.commit());
    vec![match index <= commit {
        true => format!("{id} reports it as committed"),
        false => {
            format!("{id} does not report it as committed; what it waits for, only the guest knows")
        }
    }]
}
