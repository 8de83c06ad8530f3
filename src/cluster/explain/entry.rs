//! An entry: what it is, who has it, and what it waits for.

use super::scene::{absent, are, list, present, share, text};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind};
use crate::cluster::raft::{Entry, Role};
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Index, Node, Request, ServerId, ServerSet, Term};

/// Explains the entry at `index` of a server's log.
pub fn entry(cluster: &Cluster, server: ServerId, index: Index, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    let Some(holder) = cluster.server(server) else {
        lines.say(format!("there is no {server}"));
        return lines.0;
    };
    let Some(entry) = holder.raft.log.get(index) else {
        let last = holder.raft.log.last();
        let clause = match last.index {
            Index::ZERO => format!("{server} has no entry {index}: its log is empty"),
            _ => format!("{server} has no entry {index}: its log ends at {last}"),
        };
        lines.say(clause);
        return lines.0;
    };
    lines.say(what(index, entry));
    let copies = cluster.copies(index, entry.term);
    lines.say(format!("{} it, {} servers", have(copies), share(cluster, copies.len())));
    lines.say_all(settled(cluster, holder, index));
    lines.say_all(rivals(cluster, holder, index, entry.term));
    lines.0.extend(chain::told(cluster.names(), recent, |event| concerns(event, server, index)));
    lines.0
}

/// "entry 4 puts x=3 at version 2; S2 took it in term 4".
fn what(index: Index, entry: &Entry) -> String {
    let request = match &entry.op.request {
        Request::Get { key } => format!("reads {}", text(key)),
        Request::Put { key, value, version } => {
            format!("puts {}={} at version {version}", text(key), text(value))
        }
    };
    format!("entry {index} {request}; {} took it in term {}", entry.op.id.server, entry.term)
}

fn have(set: ServerSet) -> String {
    format!("{} {}", list(set), if set.len() == 1 { "has" } else { "have" })
}

/// Whether it is committed, and whether this server knows.
fn settled(cluster: &Cluster, holder: &Server, index: Index) -> Vec<String> {
    let id = holder.id;
    if holder.power != Power::Down && index <= holder.rsm.applied {
        return vec![format!("it is committed, and {id} has applied it")];
    }
    if holder.power != Power::Down && index <= holder.raft.commit {
        let next = holder.rsm.applied.next();
        return vec![format!("it is committed; {id} applies entry {next} next")];
    }
    if !is_committed(cluster, holder, index) {
        return vec![waits_at(cluster, holder, index)];
    }
    let news = match (holder.power, cluster.leader()) {
        (Power::Down, _) => format!("{id} is down; after a restart it learns so from a leader"),
        (Power::Asleep, _) => format!("{id} is asleep and does not know yet"),
        (Power::Up, Some(leader)) if !present(cluster, leader).contains(id) && leader != id => {
            format!("{id} does not know: it is cut off from {leader}")
        }
        (Power::Up, Some(leader)) if leader != id => {
            format!("{id} does not know yet: the next append of {leader} says so (§5.3)")
        }
        (Power::Up, Some(_) | None) => format!("{id} does not know: nobody tells it"),
    };
    vec!["it is committed".into(), news]
}

/// Whether anybody who has this very entry knows that it is committed.
fn is_committed(cluster: &Cluster, holder: &Server, index: Index) -> bool {
    let term = holder.raft.log.term(index);
    cluster.servers().iter().any(|server| {
        server.power != Power::Down
            && server.raft.commit >= index
            && server.raft.log.term(index) == term
    })
}

/// What the entry at `index` waits for: "entry 7 waits: 2 of 3 needed copies; S4 is cut off, S5
/// is down". Of several entries there, the leader's is meant, else the one of the highest term.
pub fn waits(cluster: &Cluster, index: Index) -> String {
    let leader = cluster.leader().and_then(|leader| cluster.server(leader));
    let has = |server: &&Server| server.raft.log.get(index).is_some();
    let newest = || {
        let holders = cluster.servers().iter().filter(has);
        holders.max_by_key(|server| server.raft.log.term(index))
    };
    match leader.filter(has).or_else(newest) {
        Some(holder) if is_committed(cluster, holder, index) => {
            format!("entry {index} is committed")
        }
        Some(holder) => waits_at(cluster, holder, index),
        None => format!("no server has an entry {index}"),
    }
}

/// What an entry that nobody knows to be committed waits for.
pub(super) fn waits_at(cluster: &Cluster, holder: &Server, index: Index) -> String {
    let Some(term) = holder.raft.log.term(index) else {
        return format!("{} has no entry {index}", holder.id);
    };
    let copies = cluster.copies(index, term);
    let (count, needed) = (copies.len(), cluster.majority());
    let waits = match count >= needed {
        true => format!("entry {index} waits: {count} copies, {needed} are needed"),
        false => format!("entry {index} waits: {count} of {needed} needed copies"),
    };
    let Some(leader) = committer(cluster, holder) else {
        return format!("{waits}; nobody leads");
    };
    let id = leader.id;
    match leader.raft.log.term(index) {
        Some(its) if its != term => {
            return format!("{waits}; {id} leads and has another entry there, of term {its}");
        }
        None => return format!("{waits}; {id} leads and does not have it"),
        Some(_) => {}
    }
    if leader.raft.term > term {
        let first = leader.raft.term;
        return format!(
            "{waits}, but it is of term {term}: an entry of term {first} must be committed \
             first, and brings it along (§5.4.2)"
        );
    }
    match copies.len() >= cluster.majority() {
        true => unacknowledged(cluster, leader, index, &waits, copies),
        false => missing(cluster, leader, &waits, copies),
    }
}

/// Too few copies: who lacks one, and why.
fn missing(cluster: &Cluster, leader: &Server, waits: &str, copies: ServerSet) -> String {
    let all = ServerSet::first(cluster.config().servers);
    let lacking = all.without(copies);
    let mut why = absent(cluster, leader.id, lacking);
    let coming = lacking.intersection(present(cluster, leader.id));
    if !coming.is_empty() {
        why.push(format!("{} still to copy it", are(coming)));
    }
    format!("{waits}; {}", why.join(", "))
}

/// Enough copies, but their leader has not heard of them.
fn unacknowledged(
    cluster: &Cluster,
    leader: &Server,
    index: Index,
    waits: &str,
    copies: ServerSet,
) -> String {
    let knows = |id: &ServerId| {
        leader.raft.progress.get(id.index()).is_some_and(|progress| progress.matched >= index)
    };
    let unknown: ServerSet = copies.iter().filter(|id| !knows(id)).collect();
    let mut why = absent(cluster, leader.id, unknown);
    let coming = unknown.intersection(present(cluster, leader.id));
    if !coming.is_empty() {
        why.push(format!("word from {} is on its way", list(coming)));
    }
    if unknown.contains(leader.id) {
        why.push("its own disk is at work".into());
    }
    let known = copies.len() - unknown.len();
    format!("{waits}, but {} knows of only {known}; {}", leader.id, why.join(", "))
}

/// Who could commit the holder's entry: itself if it leads, else the leader that it follows,
/// else the newest.
fn committer<'a>(cluster: &'a Cluster, holder: &'a Server) -> Option<&'a Server> {
    let leads = |server: &&Server| server.is_running() && server.raft.role == Role::Leader;
    let followed = || {
        let leader = cluster.server(holder.raft.leader?)?;
        (holder.is_running() && leader.raft.term == holder.raft.term).then_some(leader)
    };
    Some(holder)
        .filter(leads)
        .or_else(|| followed().filter(leads))
        .or_else(|| cluster.server(cluster.leader()?))
}

/// The newest leader has another entry there, or none: what becomes of this one.
fn rivals(cluster: &Cluster, holder: &Server, index: Index, term: Term) -> Vec<String> {
    let Some(leader) = cluster.leader().and_then(|id| cluster.server(id)) else {
        return Vec::new();
    };
    let (id, newest) = (holder.id, leader.id);
    if id == newest || leader.raft.log.term(index) == Some(term) {
        return Vec::new();
    }
    let fate = match leader.raft.log.get(index) {
        None => format!(
            "{newest}, the leader of term {}, has no entry {index}: this one goes when {newest} \
             sends another in its place",
            leader.raft.term
        ),
        Some(other) => format!(
            "{newest}, the leader of term {}, has another entry {index}, of term {}: this one \
             goes when {id} hears from {newest} (§5.3)",
            leader.raft.term, other.term
        ),
    };
    vec![fate]
}

/// Whether an event changed or settled the entry at `at` on this server.
fn concerns(event: &Event, server: ServerId, at: Index) -> bool {
    use EventKind as E;
    let one = matches!(
        &event.kind,
        E::Submitted { index, .. } | E::OldTermWaits { index, .. } if *index == at
    );
    let many = matches!(
        &event.kind,
        E::Appended { first, last, .. }
        | E::Truncated { first, last, .. }
        | E::Committed { first, last, .. }
        | E::LearnedCommit { first, last, .. } if (*first..=*last).contains(&at)
    );
    (one || many) && event.subject() == Some(Node::Server(server))
}
