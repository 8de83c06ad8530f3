//! The state in a few sentences: who leads with whom, who is missing, who waits in vain.

use std::collections::BTreeMap;

use super::scene::{are, is_old_leader, list, name, present, running, share, span};
use crate::cluster::Cluster;
use crate::cluster::chaos::Fault;
use crate::cluster::client::Client;
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{ClientId, Node, ServerId, ServerSet};
use crate::cluster::words::fit::shorten;
use crate::cluster::words::{sentences, spell};

/// The most columns of a sentence: two rows of the smallest screen.
const SENTENCE: usize = 152;

/// Sentences that say how things stand, the most important first.
pub fn headline(cluster: &Cluster) -> Vec<String> {
    let mut clauses = Vec::new();
    clauses.extend(cluster.violation().map(|violation| format!("broken: {}", violation.evidence)));
    clauses.push(leads(cluster));
    clauses.extend(chaos(cluster));
    clauses.extend(absences(cluster));
    clauses.extend(cut_off(cluster));
    let stuck = stuck(cluster);
    clauses.extend(old_leaders(cluster, &stuck));
    clauses.extend(stuck.iter().map(|(key, clients)| waiting(cluster, *key, clients)));
    clauses.into_iter().map(|clause| shorten(&sentences([Some(clause)]), SENTENCE)).collect()
}

fn leads(cluster: &Cluster) -> String {
    let Some(leader) = cluster.leader().and_then(|id| cluster.server(id)) else {
        return nobody_leads(cluster);
    };
    let (id, term) = (leader.id, leader.raft.term);
    let reach = present(cluster, id);
    let follows = |id: &ServerId| {
        let server = cluster.server(*id);
        server.is_some_and(|server| server.raft.leader == Some(leader.id))
    };
    let with: ServerSet = reach.iter().filter(follows).collect();
    let leads = match with.is_empty() {
        true => format!("{id} leads term {term}"),
        false => format!("{id} leads term {term} with {}", list(with)),
    };
    if reach.len() + 1 < cluster.majority() {
        return format!("{leads}: {}, no majority", share(cluster, reach.len() + 1));
    }
    match newest_candidate(cluster).filter(|candidate| candidate.raft.term > term) {
        Some(candidate) => format!("{leads}; {}", stands(cluster, candidate)),
        None => leads,
    }
}

/// Which faults come and go by chance.
fn chaos(cluster: &Cluster) -> Option<String> {
    let faults: Vec<&str> = cluster.chaos()?.faults().map(Fault::name).collect();
    Some(format!("chaos reigns: {}", faults.join(", ")))
}

fn newest_candidate(cluster: &Cluster) -> Option<&Server> {
    let candidates = running(cluster).filter(|server| server.raft.role == Role::Candidate);
    candidates.max_by_key(|server| (server.raft.term, server.raft.votes.len()))
}

fn stands(cluster: &Cluster, candidate: &Server) -> String {
    let (id, raft) = (candidate.id, &candidate.raft);
    let votes = raft.votes.len();
    let needed = cluster.majority();
    format!("{id} stands for election in term {}: {votes} of {needed} needed votes", raft.term)
}

/// "Nobody leads", and what can be expected.
fn nobody_leads(cluster: &Cluster) -> String {
    let able =
        running(cluster).any(|server| present(cluster, server.id).len() + 1 >= cluster.majority());
    if running(cluster).next().is_none() {
        return "nobody leads: no server runs".into();
    }
    if !able {
        return "nobody leads: no majority can talk to each other".into();
    }
    if let Some(candidate) = newest_candidate(cluster) {
        let term = candidate.raft.term;
        let all: ServerSet = running(cluster)
            .filter(|server| server.raft.role == Role::Candidate && server.raft.term == term)
            .map(|server| server.id)
            .collect();
        return match all.len() {
            1 => format!("nobody leads; {}", stands(cluster, candidate)),
            _ => split(cluster, all),
        };
    }
    let next = running(cluster).filter_map(|server| Some((server.election_timer?.due, server.id)));
    match next.min() {
        Some((due, id)) => {
            let left = span(due.since(cluster.now()));
            format!("nobody leads; {id} is the next to stand for election, in {left}")
        }
        None => "nobody leads".into(),
    }
}

/// Several candidates of one term.
fn split(cluster: &Cluster, candidates: ServerSet) -> String {
    let votes = |id| cluster.server(id).map_or(0, |server| server.raft.votes.len());
    let term = cluster.term();
    let votes: Vec<String> = candidates.iter().map(|id| format!("{id} {}", votes(id))).collect();
    let (votes, needed) = (votes.join(", "), cluster.majority());
    format!("nobody leads: the votes of term {term} split ({votes}; {needed} are needed)")
}

/// Who is down or asleep.
fn absences(cluster: &Cluster) -> Vec<String> {
    let with = |power| -> ServerSet {
        let servers = cluster.servers().iter();
        servers.filter(|server| server.power == power).map(|server| server.id).collect()
    };
    let said = [(with(Power::Down), "down"), (with(Power::Asleep), "asleep")];
    let run = running(cluster).count();
    let lack = run > 0 && run < cluster.majority();
    let mut clauses: Vec<String> = said
        .into_iter()
        .filter(|(set, _)| !set.is_empty())
        .map(|(set, word)| format!("{} {word}", are(set)))
        .collect();
    if lack && let Some(last) = clauses.last_mut() {
        last.push_str(&format!(": only {} run", share(cluster, run)));
    }
    clauses
}

/// The groups beside the main one: the leader's, else the majority's, else the largest.
fn cut_off(cluster: &Cluster) -> Vec<String> {
    let run: ServerSet = running(cluster).map(|server| server.id).collect();
    let mut groups: Vec<ServerSet> =
        cluster.groups().into_iter().map(|group| group.intersection(run)).collect();
    groups.retain(|group| !group.is_empty());
    if groups.len() < 2 {
        return one_way(cluster, run);
    }
    let leads = |group: &ServerSet| cluster.leader().is_some_and(|id| group.contains(id));
    let Some(main) = groups.iter().copied().max_by_key(|group| (leads(group), group.len())) else {
        return Vec::new();
    };
    groups.retain(|group| *group != main);
    let (alone, together): (Vec<ServerSet>, Vec<ServerSet>) =
        groups.into_iter().partition(|group| group.len() == 1);
    let alone = alone.into_iter().fold(ServerSet::EMPTY, ServerSet::union);
    let mut clauses: Vec<String> =
        together.into_iter().map(|group| group_cut_off(cluster, group)).collect();
    match alone.len() {
        0 => {}
        1 => clauses.push(format!("{} cut off", are(alone))),
        _ => clauses.push(format!("{} cut off, each alone", are(alone))),
    }
    clauses
}

fn group_cut_off(cluster: &Cluster, group: ServerSet) -> String {
    let majority = if group.len() >= cluster.majority() { "a majority" } else { "no majority" };
    format!("{} cut off: {}, {majority}", are(group), share(cluster, group.len()))
}

/// Cuts that part nobody from everybody.
fn one_way(cluster: &Cluster, run: ServerSet) -> Vec<String> {
    let cuts = run.iter().flat_map(|from| run.iter().map(move |to| (from, to)));
    let cuts: Vec<(ServerId, ServerId)> = cuts
        .filter(|(from, to)| !cluster.reaches(Node::Server(*from), Node::Server(*to)))
        .collect();
    match cuts.as_slice() {
        [] => Vec::new(),
        [(from, to)] => vec![format!("what {from} sends does not reach {to}")],
        [(from, to), (back, forth)] if (from, to) == (forth, back) => {
            vec![format!("{from} and {to} do not hear each other")]
        }
        many => vec![format!("{} ways between servers are cut", many.len())],
    }
}

/// Why a client waits in vain for the server that it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Vain {
    Down,
    Asleep,
    Unreachable,
    OldLeader,
    NoMajority,
}

fn vain(cluster: &Cluster, client: &Client) -> Option<(ServerId, Vain)> {
    let (id, _) = client.job.as_ref()?.call.as_ref()?.asking?;
    let server = cluster.server(id)?;
    let (one, two) = (Node::Client(client.id), Node::Server(id));
    let vain = match server.power {
        Power::Down => Vain::Down,
        Power::Asleep => Vain::Asleep,
        Power::Up if !(cluster.reaches(one, two) && cluster.reaches(two, one)) => Vain::Unreachable,
        Power::Up if is_old_leader(cluster, server) => Vain::OldLeader,
        Power::Up
            if server.raft.role == Role::Leader
                && present(cluster, id).len() + 1 < cluster.majority() =>
        {
            Vain::NoMajority
        }
        Power::Up => return None,
    };
    Some((id, vain))
}

type Stuck = BTreeMap<(ServerId, Vain), Vec<ClientId>>;

fn stuck(cluster: &Cluster) -> Stuck {
    let mut stuck = Stuck::new();
    for client in cluster.clients() {
        if let Some(key) = vain(cluster, client) {
            stuck.entry(key).or_default().push(client.id);
        }
    }
    stuck
}

fn waiting(cluster: &Cluster, (server, vain): (ServerId, Vain), clients: &[ClientId]) -> String {
    let names: Vec<String> = clients.iter().take(3).map(|id| name(cluster, *id)).collect();
    let (who, verb) = match (names.as_slice(), clients.len()) {
        ([one], _) => (spell::titled(one), "waits"),
        ([one, two], 2) => (format!("clients {one} and {two}"), "wait"),
        ([one, two, three], 3) => (format!("clients {one}, {two} and {three}"), "wait"),
        (_, many) => (format!("{many} clients"), "wait"),
    };
    let why = match vain {
        Vain::Down => "which is down",
        Vain::Asleep => "which is asleep",
        Vain::Unreachable => "which cannot be reached",
        Vain::OldLeader => "which still believes that it leads",
        Vain::NoMajority => "which has no majority",
    };
    format!("{who} {verb} for {server}, {why}")
}

/// Old leaders that no client's sentence names.
fn old_leaders(cluster: &Cluster, stuck: &Stuck) -> Vec<String> {
    let named = |id| stuck.keys().any(|key| *key == (id, Vain::OldLeader));
    cluster
        .servers()
        .iter()
        .filter(|server| is_old_leader(cluster, server) && !named(server.id))
        .map(|server| {
            format!("{} still believes that it leads, in term {}", server.id, server.raft.term)
        })
        .collect()
}
