//! In what two states differ, in words: who leads, what is committed, servers, logs, maps.

use crate::cluster::Cluster;
use crate::cluster::raft::{OPTIONS, Role};
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Index, Key};

/// The most keys that are told apart one by one.
const KEYS_MAX: usize = 20;

/// Something that is not the same in two states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub what: String,
    /// Here, and there.
    pub values: [String; 2],
}

/// Everything in which two states differ, the most important first.
pub fn differences(here: &Cluster, there: &Cluster) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    let both = [here, there];
    found.compare("time", both.map(|cluster| cluster.now().to_string()));
    found.compare("the run", both.map(end));
    found.compare("leader", both.map(leader));
    found.compare("flaws", both.map(flaws));
    found.compare("options of Raft", both.map(options));
    found.compare("committed", both.map(|cluster| format!("up to entry {}", cluster.commits())));
    let (mine, theirs) = (here.servers(), there.servers());
    for (one, two) in mine.iter().zip(theirs) {
        found.compare(&one.id.to_string(), [one, two].map(server));
    }
    for (one, two) in mine.iter().zip(theirs) {
        if let Some(first) = parting(one, two) {
            let what = format!("log of {} from {first}", one.id);
            found.compare(&what, [one, two].map(|server| entry(server, first)));
        }
    }
    keys(both, &mut found);
    for (what, values) in clients(both) {
        found.compare(&what, values);
    }
    found.compare("packets sent", both.map(|cluster| cluster.packets_sent.to_string()));
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn compare(&mut self, what: &str, values: [String; 2]) {
        if values[0] != values[1] {
            self.0.push(Difference { what: what.to_owned(), values });
        }
    }
}

fn end(cluster: &Cluster) -> String {
    if let Some(violation) = cluster.violation() {
        return format!("{} is broken", violation.invariant.name());
    }
    match (cluster.failure(), cluster.remarks()) {
        (Some(failure), _) => format!("line {} failed", failure.line),
        (None, 0) => "goes on".into(),
        (None, 1) => "goes on; one line would have failed".into(),
        (None, remarks) => format!("goes on; {remarks} lines would have failed"),
    }
}

fn leader(cluster: &Cluster) -> String {
    match cluster.leader().and_then(|id| cluster.server(id)) {
        Some(leader) => format!("{} of term {}", leader.id, leader.raft.term()),
        None => format!("none, term {}", cluster.term()),
    }
}

fn flaws(cluster: &Cluster) -> String {
    let flaws = cluster.flaws();
    let told = flaws.iter().map(|(flaw, bearer)| format!("{flaw} of {bearer}"));
    or_none(told.collect::<Vec<_>>().join(", "))
}

fn options(cluster: &Cluster) -> String {
    let kept = OPTIONS.iter().flat_map(|about| cluster.keeping(about.option));
    let told =
        kept.filter(|(choice, _)| choice.is_on()).map(|(choice, who)| format!("{choice} on {who}"));
    or_none(told.collect::<Vec<_>>().join(", "))
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

fn server(server: &Server) -> String {
    let raft = &server.raft;
    let role = match (server.power, raft.role()) {
        (Power::Down, _) => "down",
        (Power::Asleep, _) => "asleep",
        (Power::Up, Role::Follower) => "follower",
        (Power::Up, Role::PreCandidate) => "pre-candidate",
        (Power::Up, Role::Candidate) => "candidate",
        (Power::Up, Role::Leader) => "leader",
    };
    let (term, last, commit) = (raft.term(), raft.log().last_index(), raft.commit());
    format!("{role}, term {term}, log to {last}, commit {commit}, applied {}", server.rsm.applied)
}

/// The first index at which two logs do not have the same entry.
fn parting(one: &Server, two: &Server) -> Option<Index> {
    let (mine, theirs) = (one.raft.log(), two.raft.log());
    let last = mine.last_index().max(theirs.last_index());
    let same = |index: Index| match (mine.get(index), theirs.get(index)) {
        (Some(one), Some(two)) => one.term == two.term && one.payload.is_like(&two.payload),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    (1..=last.0).map(Index).find(|index| !same(*index))
}

fn entry(server: &Server, index: Index) -> String {
    match server.raft.log().get(index) {
        Some(entry) => format!("{} of term {}", entry.payload, entry.term),
        None => "nothing there".into(),
    }
}

/// The map of the server that has applied most.
fn newest(cluster: &Cluster) -> Option<&Server> {
    cluster.servers().iter().max_by_key(|server| server.rsm.applied)
}

fn keys(both: [&Cluster; 2], found: &mut Found) {
    let [Some(here), Some(there)] = both.map(newest) else { return };
    let value = |server: &Server, key: &Key| match server.rsm.kv.get(key) {
        Some(stored) => format!("{} @{}", stored.value, stored.version),
        None => "absent".into(),
    };
    let own = here.rsm.kv.iter().map(|(key, _)| key);
    let others = there.rsm.kv.iter().map(|(key, _)| key);
    let others = others.filter(|key| here.rsm.kv.get(key).is_none());
    let differ = own.chain(others).filter(|key| here.rsm.kv.get(key) != there.rsm.kv.get(key));
    for key in differ.take(KEYS_MAX) {
        found.compare(key, [here, there].map(|server| value(server, key)));
    }
}

/// What each client has been told, and whether it waits.
fn clients(both: [&Cluster; 2]) -> Vec<(String, [String; 2])> {
    let mut names: Vec<_> =
        both.iter().flat_map(|cluster| cluster.clients()).map(|one| one.name.clone()).collect();
    names.sort();
    names.dedup();
    let told = |cluster: &Cluster, name: &str| match cluster.client_named(name) {
        None => "not there".to_owned(),
        Some(client) => {
            let records = cluster.history().records().iter().rev();
            let mut own = records.filter(|record| record.client == client.id);
            let last = own.find_map(|record| {
                let returned = record.returned.as_ref()?;
                Some(format!("{}: {}", record.request, returned.outcome))
            });
            let waits = if client.job.is_some() { ", waits" } else { "" };
            format!("{}{waits}", last.unwrap_or_else(|| "nothing told".into()))
        }
    };
    let rows = names.iter().take(KEYS_MAX);
    rows.map(|name| (format!("client {name}"), both.map(|cluster| told(cluster, name)))).collect()
}
