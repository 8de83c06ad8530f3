//! An entry: what it is, who has it, and what it waits for.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use super::coming::{Way, on_its_way};
use super::scene::{absent, answers_are, are, fewer, list, present, share, text};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind, RaftEvent, ServerEvent};
use crate::cluster::flaw::Flaw;
use crate::cluster::raft::{AppendResult, Entry, Message, Payload, Role};
use crate::cluster::server::{Power, Server};
use crate::cluster::start::given_op;
use crate::cluster::types::{Index, Node, Request, ServerId, ServerSet, Stamp};

/// Explains the entry at `index` of a server's log.
pub fn entry(cluster: &Cluster, server: ServerId, index: Index, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    let Some(holder) = cluster.server(server) else {
        lines.say(format!("there is no {server}"));
        return lines.0;
    };
    let Some(entry) = holder.raft.log().get(index) else {
        let last = holder.raft.log().last();
        let base = holder.raft.log().base().index;
        let clause = match last.index {
            _ if index > Index::ZERO && index <= base => {
                format!("entry {index} of {server} is part of its snapshot up to {base} (§7)")
            }
            Index::ZERO => format!("{server} has no entry {index}: its log is empty"),
            _ => format!("{server} has no entry {index}: its log ends at {last}"),
        };
        lines.say(clause);
        return lines.0;
    };
    lines.say(what(index, entry, cluster.has_guests()));
    let copies = cluster.copies(index, entry);
    let servers = if cluster.all_vote() { "servers" } else { "who vote" };
    lines.say(format!("{} it, {} {servers}", have(copies), share(cluster, copies)));
    lines.say_all(in_memory(cluster, copies, cluster.synced(index, entry)));
    if holder.raft.is_guest() {
        lines.say_all(super::guest::settled(holder, index));
    } else {
        lines.say_all(settled(cluster, holder, index));
        lines.say_all(rivals(cluster, holder, index, entry));
    }
    lines.0.extend(chain::told(cluster.names(), recent, |event| concerns(event, server, index)));
    lines.0
}

/// "entry 4 puts x=3 at version 2; S2 appended it in term 4".
fn what(index: Index, entry: &Entry, is_guest: bool) -> String {
    let term = entry.term;
    let op = match &entry.payload {
        Payload::Op(op) => op,
        Payload::Noop if is_guest => return format!("entry {index} of term {term} is a no-op"),
        Payload::Noop => {
            return format!(
                "entry {index} is a no-op, with which the leader of term {term} began (§8)"
            );
        }
        Payload::Configuration(all) => {
            return format!(
                "entry {index} is a configuration, {all}, and counts from when a log has it \
                 (dissertation §4.1)"
            );
        }
        Payload::Register(entry) => {
            return format!(
                "entry {index} opens a session, and {} appended it in term {term}; there may be {} \
                 (dissertation §6.3)",
                entry.id.server, entry.most
            );
        }
        Payload::Untold => return format!("entry {index} is of term {term}"),
        Payload::Opaque(bytes) => {
            return format!(
                "entry {index} of term {term} holds {} bytes, which only the guest can read",
                bytes.len()
            );
        }
    };
    let request = match &op.request {
        Request::Get { key } => format!("reads {}", text(key)),
        Request::Put { key, value, version } => {
            format!("puts {}={} at version {version}", text(key), text(value))
        }
    };
    if let Some(Stamp { session, sequence }) = op.stamp {
        return format!(
            "entry {index} {request}, as number {sequence} of session {session}; {} appended it in \
             term {term}",
            op.id.server
        );
    }
    match op.id == given_op(index, term).id {
        true => format!("entry {index} {request}; the run began with it, as of term {term}"),
        false => {
            format!("entry {index} {request}; {} appended it in term {term}", op.id.server)
        }
    }
}

fn have(set: ServerSet) -> String {
    format!("{} {}", list(set), if set.len() == 1 { "has" } else { "have" })
}

/// Who has not got it on a disk that keeps it.
fn in_memory(cluster: &Cluster, copies: ServerSet, synced: ServerSet) -> Vec<String> {
    let forgets = |id: &ServerId| cluster.server(*id).is_some_and(|server| !server.keeps_log());
    let (unsynced, flawed) = (copies.without(synced), synced.iter().filter(forgets).collect());
    let said = [
        (unsynced, format!("{} in memory only, until the disk syncs", are(unsynced))),
        (flawed, Flaw::ForgetLog.told()),
    ];
    said.into_iter().filter(|(set, _)| !set.is_empty()).map(|(_, clause)| clause).collect()
}

/// Whether it is committed, and whether this server knows.
fn settled(cluster: &Cluster, holder: &Server, index: Index) -> Vec<String> {
    let id = holder.id;
    if holder.power != Power::Down && index <= holder.raft.commit() {
        let applied = match index <= holder.rsm.applied {
            true => format!("{id} counts it as committed, and has applied it"),
            false => {
                format!(
                    "{id} counts it as committed; it applies {} next",
                    holder.rsm.applied.next()
                )
            }
        };
        let said =
            [Some(applied), uncommitted(cluster, holder, index), too_few(cluster, holder, index)];
        return said.into_iter().flatten().collect();
    }
    let Some(knows) = who_knows(cluster, holder, index) else {
        return vec![waits_at(cluster, holder, index)];
    };
    let leader = cluster.leader().filter(|leader| *leader != id);
    let news = match (holder.power, leader.and_then(|leader| cluster.server(leader))) {
        (Power::Down, _) => format!("{id} is down; after a restart it learns so from a leader"),
        (Power::Asleep, _) => format!("{id} is asleep and does not know"),
        (Power::Up, Some(leader)) if leader.raft.commit() < index => {
            format!("{id} does not know, nor does {}, which leads", leader.id)
        }
        (Power::Up, Some(leader)) if !present(cluster, leader.id).contains(id) => {
            format!(
                "{id} does not know: {}",
                absent(cluster, leader.id, ServerSet::only(id)).join(", ")
            )
        }
        (Power::Up, Some(leader)) if holder.raft.term() > leader.raft.term() => {
            format!("{id} does not know: it is in a newer term than {}", leader.id)
        }
        // A server that is asked to take over may be in a newer term before the next append comes.
        (Power::Up, Some(leader)) if leader.raft.transfer().is_some() => {
            format!("{id} does not know yet, and {} hands over", leader.id)
        }
        (Power::Up, Some(leader)) => {
            format!("{id} does not know yet: an append of {} will say so (§5.3)", leader.id)
        }
        (Power::Up, None) => format!("{id} does not know"),
    };
    let doubts = [uncommitted(cluster, holder, index), too_few(cluster, holder, index)];
    [Some(knows)].into_iter().chain(doubts).chain([Some(news)]).flatten().collect()
}

/// Who counts this very entry as committed: a server that is not down, else the leader that
/// committed it in its time.
fn who_knows(cluster: &Cluster, holder: &Server, index: Index) -> Option<String> {
    let entry = holder.raft.log().get(index)?;
    let knows = |server: &&Server| {
        server.power != Power::Down
            && server.raft.commit() >= index
            && cluster.copies(index, entry).contains(server.id)
    };
    let knowing: ServerSet =
        cluster.servers().iter().filter(knows).map(|server| server.id).collect();
    if !knowing.is_empty() {
        let count = if knowing.len() == 1 { "counts" } else { "count" };
        return Some(format!("{} {count} it as committed", list(knowing)));
    }
    let (term, by) = cluster.checker().committed_at(index)?;
    (term == entry.term).then(|| format!("the leader of term {by} committed it"))
}

/// An entry that counts as committed on a server, though no leader has committed it.
fn uncommitted(cluster: &Cluster, holder: &Server, index: Index) -> Option<String> {
    let committed = cluster.checker().committed_at(index).map(|(term, _)| term);
    (committed != holder.raft.log().term(index)).then(|| "no leader has committed it".to_owned())
}

/// An entry that counts as committed, and is on too few servers for that.
fn too_few(cluster: &Cluster, holder: &Server, index: Index) -> Option<String> {
    let copies = cluster.copies(index, holder.raft.log().get(index)?);
    let (all, (count, _)) = (cluster.configuration(), cluster.voting(copies));
    (!all.has_quorum(copies)).then(|| {
        let (have, needed) = (if count == 1 { "has" } else { "have" }, all.enough_with(copies));
        format!("but only {} {have} it; the rule: {needed} (§5.3)", share(cluster, copies))
    })
}

/// Who counts the holder's entry as committed, or what it waits for.
pub(super) fn waits_for(cluster: &Cluster, holder: &Server, index: Index) -> String {
    match who_knows(cluster, holder, index) {
        Some(knows) => format!("entry {index}: {knows}"),
        None => waits_at(cluster, holder, index),
    }
}

/// What an entry that no server counts as committed waits for.
pub(super) fn waits_at(cluster: &Cluster, holder: &Server, index: Index) -> String {
    let Some(entry) = holder.raft.log().get(index) else {
        return format!("{} has no entry {index}", holder.id);
    };
    let (term, copies) = (entry.term, cluster.synced(index, entry));
    let leader = committer(cluster, holder);
    let all = leader.map_or(cluster.configuration(), |leader| leader.raft.counts_by());
    let (count, needed) = (copies.intersection(all.voters()).len(), all.enough_with(copies));
    let waits = match all.has_quorum(copies) {
        true => format!("entry {index} waits: {count} copies, {needed} are needed"),
        false => format!("entry {index} waits: {count} of {needed} needed copies"),
    };
    let by = leader.and_then(fewer);
    let waits = by.map_or(waits.clone(), |by| format!("{waits} ({by})"));
    let Some(leader) = leader else {
        return format!("{waits}; no server leads");
    };
    let id = leader.id;
    match leader.raft.log().get(index) {
        Some(its) if its != entry => {
            return format!(
                "{waits}; {id} leads and has another entry there, of term {}",
                its.term
            );
        }
        None if !cluster.copies(index, entry).contains(id) => {
            return format!("{waits}; {id} leads and does not have it");
        }
        None | Some(_) => {}
    }
    if !leader.raft.rules().may_count(term, leader.raft.term()).answer {
        let own = leader.raft.term();
        return format!(
            "{waits}, but it is of term {term}: an entry of term {own} must be committed first, \
             and brings it along (§5.4.2)"
        );
    }
    match all.has_quorum(copies) {
        true => unacknowledged(cluster, leader, index, &waits, copies),
        false => missing(cluster, leader, (index, entry), &waits, copies),
    }
}

/// Too few copies on disks: who lacks one, and why.
fn missing(
    cluster: &Cluster,
    leader: &Server,
    (index, entry): (Index, &Entry),
    waits: &str,
    copies: ServerSet,
) -> String {
    let all = cluster.all();
    let lacking = all.without(copies);
    let mut why = absent(cluster, leader.id, lacking);
    let there = lacking.intersection(present(cluster, leader.id));
    let is_newer =
        |id: &ServerId| cluster.server(*id).is_some_and(|it| it.raft.term() > leader.raft.term());
    let newer: ServerSet = there.iter().filter(is_newer).collect();
    let unsynced = lacking.intersection(cluster.copies(index, entry)).without(newer);
    let writing = unsynced.intersection(there);
    let coming = there.without(newer).without(unsynced);
    if unsynced.contains(leader.id) {
        why.push(own_disk(leader));
    }
    why.extend(must_sync(cluster, writing));
    if !newer.is_empty() {
        why.push(format!("{} in a newer term (§5.1)", are(newer)));
    }
    if !coming.is_empty() {
        why.push(format!("{} still to copy it", are(coming)));
    }
    format!("{waits}; {}", why.join(", "))
}

fn hangs(server: &Server) -> bool {
    server.disk.sync.is_none()
}

fn own_disk(leader: &Server) -> String {
    match hangs(leader) {
        true => "its own disk hangs and has not synced it".into(),
        false => "its own disk has not synced it".into(),
    }
}

/// Who answers only when the disk has it: the answer waits for that.
fn must_sync(cluster: &Cluster, writing: ServerSet) -> Vec<String> {
    let hung: ServerSet =
        writing.iter().filter(|id| cluster.server(*id).is_some_and(hangs)).collect();
    let whose = if hung.len() == 1 { "disk hangs" } else { "disks hang" };
    let said = [
        (hung, format!("the answer of {} can't leave: the {whose}", list(hung))),
        (
            writing.without(hung),
            format!("{} must sync the disk first", list(writing.without(hung))),
        ),
    ];
    said.into_iter().filter(|(set, _)| !set.is_empty()).map(|(_, clause)| clause).collect()
}

/// Enough copies, but their leader has not heard of them.
fn unacknowledged(
    cluster: &Cluster,
    leader: &Server,
    index: Index,
    waits: &str,
    copies: ServerSet,
) -> String {
    let id = leader.id;
    let knows =
        |id: &ServerId| leader.raft.progress(*id).is_some_and(|progress| progress.matched >= index);
    let unknown: ServerSet = copies.iter().filter(|id| !knows(id)).collect();
    let known = copies.len() - unknown.len();
    // A rule that was changed under way is asked again when a copy is acknowledged.
    if leader.raft.counts_by().has_quorum(leader.raft.holders(index)) {
        return format!(
            "{waits}, and {id} knows of {known}, which is enough: it counts when the next copy is \
             acknowledged"
        );
    }
    let mut why = absent(cluster, id, unknown);
    let acks = |message: &Message| {
        matches!(message, Message::AppendReply { term, result: AppendResult::Matched(last), .. }
            if *term == leader.raft.term() && *last >= index)
    };
    let (mut coming, mut on_disk) = (ServerSet::EMPTY, ServerSet::EMPTY);
    let (mut held, mut lost, mut none) = (ServerSet::EMPTY, ServerSet::EMPTY, ServerSet::EMPTY);
    for other in unknown.intersection(present(cluster, id)).iter() {
        match on_its_way(cluster, other, id, acks) {
            Some(Way::Flying | Way::Inbox) => coming.insert(other),
            Some(Way::Disk) => on_disk.insert(other),
            Some(Way::Held) => held.insert(other),
            Some(Way::Lost) => lost.insert(other),
            None => none.insert(other),
        }
    }
    if !coming.is_empty() {
        why.push(format!("{} on the way", answers_are(coming)));
    }
    why.extend(must_sync(cluster, on_disk));
    if !held.is_empty() {
        why.push(format!("{} held by hand", answers_are(held)));
    }
    if !lost.is_empty() {
        why.push(format!("{} about to be lost", answers_are(lost)));
    }
    if !none.is_empty() {
        why.push(format!("no answer of {} is on its way", list(none)));
    }
    if unknown.contains(id) {
        why.push(own_disk(leader));
    }
    format!("{waits}, but {id} knows of only {known}; {}", why.join(", "))
}

/// Who could commit the holder's entry: itself if it leads, else the leader that it follows,
/// else the newest.
fn committer<'a>(cluster: &'a Cluster, holder: &'a Server) -> Option<&'a Server> {
    let leads = |server: &&Server| server.is_running() && server.raft.role() == Role::Leader;
    let followed = || {
        let leader = cluster.server(holder.raft.leader()?)?;
        (holder.is_running() && leader.raft.term() == holder.raft.term()).then_some(leader)
    };
    Some(holder)
        .filter(leads)
        .or_else(|| followed().filter(leads))
        .or_else(|| cluster.server(cluster.leader()?))
}

/// The newest leader has another entry there, or none: what becomes of this one.
fn rivals(cluster: &Cluster, holder: &Server, index: Index, entry: &Entry) -> Option<String> {
    let leader = cluster.leader().and_then(|id| cluster.server(id))?;
    let (id, newest, term) = (holder.id, leader.id, leader.raft.term());
    let its = leader.raft.log().get(index);
    if id == newest || cluster.copies(index, entry).contains(newest) {
        return None;
    }
    let covered = index <= leader.raft.log().base().index;
    let has = match its {
        None if covered => {
            format!(
                "the snapshot of {newest}, the leader of term {term}, has another entry {index}"
            )
        }
        None => format!("{newest}, the leader of term {term}, has no entry {index}"),
        Some(other) => {
            let of = other.term;
            format!("{newest}, the leader of term {term}, has another entry {index}, of term {of}")
        }
    };
    if holder.raft.term() > term {
        return Some(format!("{has}; {id} is in a newer term and refuses its appends (§5.1)"));
    }
    Some(match its {
        None if covered => format!("{has}: this one goes when {id} installs that (§7)"),
        None => format!("{has}: this one is overwritten when {newest} sends one in its place"),
        Some(_) => format!("{has}: this one is overwritten when {id} copies it (§5.3)"),
    })
}

/// Whether an event changed or settled the entry at `at` on this server.
fn concerns(event: &Event, server: ServerId, at: Index) -> bool {
    event.subject() == Some(Node::Server(server))
        && match &event.kind {
            EventKind::Server(
                _,
                ServerEvent::Submitted { index, .. }
                | ServerEvent::Registering { index, .. }
                | ServerEvent::Skipped { index, .. },
            )
            | EventKind::Raft(_, RaftEvent::OldTermWaits { index, .. }) => *index == at,
            EventKind::Raft(
                _,
                RaftEvent::Appended { first, last, .. }
                | RaftEvent::Truncated { first, last, .. }
                | RaftEvent::Committed { first, last, .. }
                | RaftEvent::LearnedCommit { first, last, .. }
                | RaftEvent::Wrote { first, last, .. }
                | RaftEvent::Erased { first, last, .. }
                | RaftEvent::CommitReported { first, last },
            ) => (*first..=*last).contains(&at),
            _ => false,
        }
}
