//! A server: what it is in its term and why, what it waits for, and when it will act.

use super::entry::waits_at;
use super::scene::{absence, absent, are, is_old_leader, list, name, others, present, share, span};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind};
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Ppm;
use crate::cluster::types::{Index, Node, ServerId, ServerSet};
use crate::cluster::words::{Topic, Weight};

/// Waiting clients named one by one; the rest are counted.
const WAITERS: usize = 3;

/// Explains a server.
pub fn server(cluster: &Cluster, id: ServerId, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    let Some(server) = cluster.server(id) else {
        lines.say(format!("there is no {id}"));
        return lines.0;
    };
    match (server.power, server.raft.role) {
        (Power::Down, _) => lines.say_all(down(server)),
        (Power::Asleep, _) => lines.say_all(asleep(server)),
        (Power::Up, Role::Leader) => lines.say_all(leader(cluster, server)),
        (Power::Up, Role::Candidate) => lines.say_all(candidate(cluster, server, recent)),
        (Power::Up, Role::Follower) => lines.say_all(follower(cluster, server)),
    }
    if server.power != Power::Down {
        lines.say_all(state(cluster, server));
        lines.say_all(waiters(cluster, server));
    }
    lines.0.extend(chain::told(cluster.names(), recent, |event| {
        event.subject() == Some(Node::Server(id)) && makes_role(event)
    }));
    lines.0
}

fn down(server: &Server) -> Vec<String> {
    let (id, disk) = (server.id, &server.disk);
    let vote = disk.voted_for.map_or("no vote".into(), |whom| format!("a vote for {whom}"));
    let log = match disk.log.last().index {
        Index::ZERO => "no entries".into(),
        _ => format!("a log that ends at {}", disk.log.last()),
    };
    vec![
        format!("{id} is down"),
        format!("its disk keeps term {}, {vote} and {log}", disk.term),
        "after a restart it is a follower that has applied nothing yet".into(),
    ]
}

fn asleep(server: &Server) -> Vec<String> {
    let packets = match server.inbox.len() {
        0 => "no packets wait".to_owned(),
        1 => "one packet waits".to_owned(),
        many => format!("{many} packets wait"),
    };
    vec![
        format!("{} is asleep: its timers stand, and {packets} for it", server.id),
        "to the others it is silent, as if it were down".into(),
    ]
}

fn leader(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (id, term) = (server.id, server.raft.term);
    let reach = present(cluster, id);
    let away = others(cluster, id).without(reach);
    let mut clauses = Vec::new();
    if is_old_leader(cluster, server) {
        let newer = cluster.leader().and_then(|newest| cluster.server(newest));
        let newer = newer.map_or(String::new(), |newest| {
            format!("; {} leads term {}", newest.id, newest.raft.term)
        });
        clauses.push(format!("{id} still believes that it leads term {term}{newer}"));
        clauses.push("the first message of a newer term will make it a follower (§5.1)".into());
    } else {
        clauses.push(format!("{id} leads term {term}"));
    }
    clauses.extend(behind(server, reach));
    if !away.is_empty() {
        clauses.push(absent(cluster, id, away).join(", "));
    }
    if reach.len() + 1 < cluster.majority() {
        let reached = share(cluster, reach.len() + 1);
        clauses.push(format!("it takes requests, but with {reached} it commits nothing (§5.3)"));
    }
    let next = server.raft.commit.next();
    if next <= server.raft.log.last_index() {
        clauses.push(waits_at(cluster, server, next));
    }
    if let Some(timer) = server.heartbeat_timer {
        let left = span(timer.due.since(cluster.now()));
        clauses.push(format!("in {left} it speaks to every follower again (§5.2)"));
    }
    clauses
}

/// Which followers have all of the leader's log, and which are behind.
fn behind(server: &Server, reach: ServerSet) -> Vec<String> {
    let last = server.raft.log.last_index();
    let matched = |id: ServerId| {
        server.raft.progress.get(id.index()).map_or(Index::ZERO, |progress| progress.matched)
    };
    let level: ServerSet = reach.iter().filter(|id| matched(*id) >= last).collect();
    let mut clauses = Vec::new();
    if !level.is_empty() && last > Index::ZERO {
        let agree = if level.len() == 1 { "agrees" } else { "agree" };
        clauses.push(format!("{} {agree} with it up to entry {last}", list(level)));
    }
    for id in reach.without(level).iter().take(WAITERS) {
        let next = server.raft.progress.get(id.index()).map_or(last, |progress| progress.next);
        let known = matched(id);
        clauses.push(match known {
            Index::ZERO => format!("{id} has confirmed nothing yet; entry {next} is next for it"),
            _ => format!("{id} agrees up to entry {known}; entry {next} is next for it"),
        });
    }
    clauses
}

fn candidate(cluster: &Cluster, server: &Server, recent: &[Event]) -> Vec<String> {
    let (id, raft) = (server.id, &server.raft);
    let (votes, needed) = (raft.votes.len(), cluster.majority());
    let mut clauses = vec![format!(
        "{id} stands for election in term {}: {votes} of {needed} needed votes, from {}",
        raft.term,
        list(raft.votes)
    )];
    let silent = others(cluster, id).without(raft.votes).without(raft.refusals);
    clauses.extend(raft.refusals.iter().map(|voter| refusal(cluster, server, voter, recent)));
    let away = absent(cluster, id, silent);
    if !away.is_empty() {
        clauses.push(away.join(", "));
    }
    let open = silent.intersection(present(cluster, id));
    if !open.is_empty() {
        clauses.push(format!("{} still to answer", are(open)));
    }
    if let Some(timer) = server.election_timer {
        let left = span(timer.due.since(cluster.now()));
        clauses.push(format!(
            "without a result in {left} it stands again, in term {} (§5.2)",
            raft.term.0.saturating_add(1)
        ));
    }
    clauses
}

/// That a voter refused, and why, if that is remembered.
fn refusal(cluster: &Cluster, server: &Server, voter: ServerId, recent: &[Event]) -> String {
    let (id, now) = (server.id, server.raft.term);
    let reason = recent.iter().rev().find_map(|event| {
        let EventKind::VoteRefused { server, candidate, term, .. } = event.kind else {
            return None;
        };
        let this = server == voter && candidate == id && term == now;
        this.then(|| event.reason(cluster.names())).flatten()
    });
    match reason {
        Some(reason) => format!("{voter} refused: {reason}"),
        None => format!("{voter} refused"),
    }
}

fn follower(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (id, raft) = (server.id, &server.raft);
    let mut clauses = vec![match (raft.leader, raft.voted_for) {
        (Some(leader), _) => format!("{id} follows {leader} in term {}", raft.term),
        (None, Some(whom)) => {
            format!("{id} is a follower; it voted for {whom} in term {}", raft.term)
        }
        (None, None) => format!("{id} is a follower in term {} and knows no leader", raft.term),
    }];
    let followed = raft.leader.and_then(|leader| cluster.server(leader));
    if let Some(leader) = followed {
        let silent = match absence(cluster, id, leader.id) {
            Some(why) => Some(format!("{} is {}: no word comes from it", leader.id, why.words())),
            None if leader.raft.role != Role::Leader || leader.raft.term != raft.term => {
                Some(format!("{} no longer leads term {}", leader.id, raft.term))
            }
            None => None,
        };
        clauses.extend(silent);
    }
    if let Some(timer) = server.election_timer {
        let (left, drawn) = (span(timer.due.since(cluster.now())), span(timer.span));
        clauses.push(format!(
            "without word from a leader it stands for election in {left}; its timeout is {drawn} \
             (§5.2)"
        ));
        clauses.push(prospects(cluster, server));
    }
    clauses
}

/// Whether it could win, if it stood for election now.
fn prospects(cluster: &Cluster, server: &Server) -> String {
    let id = server.id;
    let reach = present(cluster, id);
    let needed = cluster.majority();
    if reach.len() + 1 < needed {
        let reached = share(cluster, reach.len() + 1);
        return format!("it could not win: it reaches {reached}, and {needed} votes are needed");
    }
    let own = server.raft.log.last();
    let newer = |other: &ServerId| {
        let log = cluster.server(*other).map(|server| server.raft.log.last());
        log.is_some_and(|last| (last.term, last.index) > (own.term, own.index))
    };
    let refuse: ServerSet = reach.iter().filter(newer).collect();
    let grant = reach.without(refuse);
    if grant.len() + 1 < needed {
        let have = if refuse.len() == 1 { "has a newer log" } else { "have newer logs" };
        return format!("it could not win: {} {have} and would refuse (§5.4.1)", list(refuse));
    }
    let have = if grant.len() == 1 { "has" } else { "have" };
    format!("it could win: {} {have} no newer log than its own (§5.4.1)", list(grant))
}

/// Commit, applied and clock.
fn state(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (commit, applied) = (server.raft.commit, server.rsm.applied);
    let known = cluster.servers().iter().filter(|other| other.power != Power::Down);
    let newest = known.map(|other| other.raft.commit).max().unwrap_or(commit);
    let mut clauses = Vec::new();
    if commit < newest {
        clauses.push(format!("it knows of commits up to entry {commit}, others up to {newest}"));
    }
    if applied < commit {
        clauses.push(format!("it has applied entries up to {applied} of {commit}"));
    }
    if server.clock != Ppm::ONE {
        let rate = server.clock.as_rate();
        clauses.push(format!("its clock runs at rate {rate}, and its timers with it"));
    }
    clauses
}

fn waiters(cluster: &Cluster, server: &Server) -> Vec<String> {
    let waiters = &server.rsm.waiters;
    let named: Vec<String> = waiters
        .iter()
        .take(WAITERS)
        .map(|waiter| format!("{} for entry {}", name(cluster, waiter.client), waiter.index))
        .collect();
    match (waiters.len(), waiters.len().saturating_sub(WAITERS)) {
        (0, _) => Vec::new(),
        (1, _) => vec![format!("a client waits here: {}", named.join(", "))],
        (many, 0) => vec![format!("{many} clients wait here: {}", named.join(", "))],
        (many, more) => {
            vec![format!("{many} clients wait here: {} and {more} more", named.join(", "))]
        }
    }
}

/// Whether an event is part of why a server is what it is.
fn makes_role(event: &Event) -> bool {
    match event.kind.topic() {
        Topic::Power | Topic::Leadership => true,
        // Votes given, not those that a candidate counts.
        Topic::Votes => event.weight() == Weight::Story,
        Topic::Command
        | Topic::Network
        | Topic::Replication
        | Topic::Clients
        | Topic::Script
        | Topic::Mark
        | Topic::Rules => false,
    }
}
