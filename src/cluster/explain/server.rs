//! A server: what it is in its term and why, what it waits for, and when it will act.

use std::collections::BTreeMap;

use super::coming::{Way, on_its_way};
use super::entry::waits_at;
use super::members::members;
use super::prospects::prospects;
use super::scene::{
    absent, are, asked, begun, due, fewer, have, list, named, newer_leader, others, present, span,
};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::disk::{Disk, Ill};
use crate::cluster::event::{Event, EventKind, RaftEvent};
use crate::cluster::flaw::Flaw;
use crate::cluster::raft::{Message, Progress, RaftOption, Reads, Replication, Role, Transfer};
use crate::cluster::rsm::Waiter;
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Ppm;
use crate::cluster::timers::TimerKind;
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::{Index, Node, ServerId, ServerSet};

/// Waiting clients named one by one; the rest are counted.
const WAITERS: usize = 3;

/// Explains a server.
pub fn server(cluster: &Cluster, id: ServerId, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    let Some(server) = cluster.server(id) else {
        lines.say(format!("there is no {id}"));
        return lines.0;
    };
    match (server.power, server.raft.role()) {
        (Power::Down, _) => lines.say_all(down(server)),
        (Power::Asleep, _) => lines.say_all(asleep(server)),
        (Power::Up, _) if server.raft.is_guest() => {
            lines.say_all(super::guest::server(cluster, server));
        }
        (Power::Up, Role::Leader) => lines.say_all(leader(cluster, server)),
        (Power::Up, Role::PreCandidate) => lines.say_all(pre_candidate(cluster, server, recent)),
        (Power::Up, Role::Candidate) => lines.say_all(candidate(cluster, server, recent)),
        (Power::Up, Role::Follower) => lines.say_all(follower(cluster, server)),
    }
    lines.say_all(disk(cluster, server));
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
    let vote = disk.hard.voted_for.map_or("no vote".into(), |whom| format!("a vote for {whom}"));
    let log = match disk.log.last().index {
        Index::ZERO => "no entries".into(),
        _ => format!("a log that ends at {}", disk.log.last()),
    };
    let mut clauses = vec![
        format!("{id} is down"),
        format!("its disk holds term {}, {vote} and {log}", disk.hard.term),
    ];
    clauses.extend(super::guest::ended(server));
    clauses.push(match disk.log.base().index {
        Index::ZERO => "after a restart it is a follower that has applied nothing yet".into(),
        base => format!(
            "after a restart it is a follower that has applied its snapshot, up to entry {base} (§7)"
        ),
    });
    clauses.extend(Disk::keeps_less(server.flaws()).iter().map(Flaw::told));
    clauses
}

/// What is wrong with its disk, and how much waits for it.
fn disk(cluster: &Cluster, server: &Server) -> Vec<String> {
    let Some(ill) = server.disk.ill(cluster.config().sync) else { return Vec::new() };
    let mut clauses = vec![match ill {
        Ill::Slow(sync) => format!("its disk takes {} a write", span(sync)),
        Ill::Hangs => "its disk hangs: no write ends".into(),
        Ill::Fails => "its next write fails, and it stops then".into(),
    }];
    match server.disk.messages().count() {
        0 => {}
        1 => clauses.push("one message waits until its disk has synced (Figure 2)".into()),
        many => clauses.push(format!("{many} messages wait until its disk has synced (Figure 2)")),
    }
    clauses
}

fn asleep(server: &Server) -> Vec<String> {
    let packets = match server.inbox.len() {
        0 => "no packets wait".to_owned(),
        1 => "one packet waits".to_owned(),
        many => format!("{many} packets wait"),
    };
    vec![
        format!("{} is asleep: its timers are paused, and {packets} for it", server.id),
        "to the others it is silent, as if it were down".into(),
    ]
}

fn leader(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (id, term) = (server.id, server.raft.term());
    let reach = present(cluster, id).intersection(others(cluster, id));
    let away = others(cluster, id).without(reach);
    let mut clauses = Vec::new();
    if let Some(newest) = newer_leader(cluster, server) {
        let (newest, newer) = (newest.id, newest.raft.term());
        clauses.push(format!(
            "{id} still believes that it leads term {term}; {newest} leads term {newer}"
        ));
        clauses.push("the first message of a newer term will make it a follower (§5.1)".into());
    } else {
        clauses.push(format!("{id} leads term {term}"));
    }
    let rivals: ServerSet = rivals(cluster, server).collect();
    if !rivals.is_empty() {
        let lead = if rivals.len() == 1 { "leads" } else { "lead" };
        clauses.push(format!("{} {lead} the same term", list(rivals)));
    }
    clauses.extend(behind(server, reach));
    if !away.is_empty() {
        clauses.push(absent(cluster, id, away).join(", "));
    }
    let (all, takers) = (server.raft.counts_by(), reach.union(ServerSet::only(id)));
    if !all.has_quorum(takers) {
        let voters = all.voters();
        let reached = format!("{} of {}", takers.intersection(voters).len(), voters.len());
        let needed = all.enough_with(takers);
        clauses.push(format!(
            "a new request cannot commit as long as only {reached} can take it and answer: \
             {needed} are needed ({})",
            fewer(server).unwrap_or("§5.3".into())
        ));
    }
    let next = server.raft.commit().next();
    if next <= server.raft.log().last_index() {
        clauses.push(waits_at(cluster, server, next));
    }
    if let Some(timer) = server.timer(TimerKind::Heartbeat) {
        clauses.push(format!("its next heartbeat comes {} (§5.2)", due(cluster, timer.due)));
    }
    clauses.extend(quorum_check(cluster, server));
    clauses.extend(holds_back(cluster, server));
    clauses.extend(hands_over(cluster, server));
    clauses.extend(reading(cluster, server));
    clauses
}

/// To whom it sends no entries, and whether it takes requests: it can't replicate what it has.
fn holds_back(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (raft, config) = (&server.raft, cluster.config());
    let mut clauses = Vec::new();
    let unanswered =
        |known: &Progress| matches!(known.replication, Replication::UnderWay { lost: true, .. });
    let quiet = |id: &ServerId| {
        config.inflight.is_more_than_one() && raft.progress(*id).is_some_and(unanswered)
    };
    let quiet: ServerSet = others(cluster, server.id).iter().filter(quiet).collect();
    if !quiet.is_empty() {
        clauses.push(format!(
            "it sends {} no entries before an answer (dissertation §10.2.2)",
            list(quiet)
        ));
    }
    if config.uncommitted.is_some_and(|most| raft.uncommitted() >= most.into()) {
        clauses.push(format!(
            "it takes no requests while {} entries of its term are not committed",
            raft.uncommitted()
        ));
    }
    clauses
}

/// Its lease, and what reads that take no entry wait for.
fn reading(cluster: &Cluster, server: &Server) -> Vec<String> {
    let raft = &server.raft;
    let mut clauses = Vec::new();
    match cluster.lease_left(server) {
        Some(left) => clauses.push(format!(
            "for {} more it answers reads by its lease (dissertation §6.4.1)",
            span(begun(left))
        )),
        None if raft.reads() == Reads::Lease => {
            clauses.push(
                "it has no lease: a read needs a round of answers (dissertation §6.4)".to_owned(),
            );
        }
        None => {}
    }
    let (waiting, confirmed) = raft.waiting_reads();
    let reads = |number: usize| match number {
        1 => "one read waits".to_owned(),
        many => format!("{many} reads wait"),
    };
    if let (Some(heard), true) = (raft.read_heard(), waiting > confirmed) {
        let lacks = raft.counts_by().lacks(heard);
        clauses.push(format!(
            "{} for {lacks} more to confirm that it leads; so far {} (dissertation §6.4)",
            reads(waiting - confirmed),
            list(heard)
        ));
    }
    if confirmed > 0 {
        clauses.push(format!(
            "{} for an entry of term {} to be committed (dissertation §6.4)",
            reads(confirmed),
            raft.term()
        ));
    }
    clauses
}

/// To whom it hands over, what that server lacks, and when it gives that up.
fn hands_over(cluster: &Cluster, server: &Server) -> Vec<String> {
    let Some(Transfer { to, since, told }) = server.raft.transfer() else { return Vec::new() };
    let matched = server.raft.progress(to).map_or(Index::ZERO, |known| known.matched);
    let last = server.raft.log().last_index();
    let until = since + server.in_lab_time(cluster.config().election_timeout.low);
    vec![
        format!(
            "it hands its leadership over to {to}, and takes no requests meanwhile (dissertation §3.10)"
        ),
        match told {
            true => format!("it has told {to} to become a candidate"),
            false => {
                format!("{to} matches up to entry {matched} of {last}, and gets the rest first")
            }
        },
        format!(
            "it goes on as before with its first heartbeat {}, if no newer term has come",
            match until <= cluster.now() {
                true => "from now on".to_owned(),
                false => format!("after {}", span(begun(until.since(cluster.now())))),
            }
        ),
    ]
}

/// What its next check for a quorum will find, as far as answers have come.
fn quorum_check(cluster: &Cluster, server: &Server) -> Option<String> {
    let at = due(cluster, server.timer(TimerKind::Quorum)?.due);
    let heard = server.raft.active().union(ServerSet::only(server.id));
    let lacks = server.raft.counts_by().lacks(heard);
    let so_far = format!("for its next check for a quorum, {at}, it counts {} so far", list(heard));
    Some(match lacks {
        0 => format!("{so_far}: that is enough (dissertation §6.2)"),
        1 => format!("{so_far}: unless 1 more answers, it steps down then (dissertation §6.2)"),
        _ => {
            format!("{so_far}: unless {lacks} more answer, it steps down then (dissertation §6.2)")
        }
    })
}

/// Others that lead its very term: election safety is broken then.
fn rivals(cluster: &Cluster, server: &Server) -> impl Iterator<Item = ServerId> {
    let same = |other: &&Server| {
        other.id != server.id && other.raft.is_leader() && other.raft.term() == server.raft.term()
    };
    cluster.servers().iter().filter(|other| other.is_running()).filter(same).map(|other| other.id)
}

/// How far the leader counts its followers' logs as equal to its own.
fn behind(server: &Server, reach: ServerSet) -> Vec<String> {
    let last = server.raft.log().last_index();
    let matched =
        |id: ServerId| server.raft.progress(id).map_or(Index::ZERO, |progress| progress.matched);
    let level: ServerSet = reach.iter().filter(|id| matched(*id) >= last).collect();
    let mut clauses = Vec::new();
    if !level.is_empty() && last > Index::ZERO {
        clauses.push(format!("its matchIndex for {} is {last}, the end of its log", list(level)));
    }
    let mut alike: BTreeMap<(Index, Index), ServerSet> = BTreeMap::new();
    for id in reach.without(level).iter() {
        let next = server.raft.progress(id).map_or(last, |progress| progress.next);
        alike.entry((matched(id), next)).or_default().insert(id);
    }
    for ((known, next), ids) in alike {
        let next_is_gone = next <= server.raft.log().base().index;
        clauses.push(match known {
            _ if next_is_gone => {
                format!("{} entry {next}, which only a snapshot has now (§7)", need(ids))
            }
            Index::ZERO => format!("{} confirmed nothing yet: nextIndex {next}", have(ids)),
            _ => format!("its matchIndex for {} is {known}, nextIndex {next}", list(ids)),
        });
    }
    clauses.extend(server.raft.configuration().members().iter().filter_map(|id| {
        let (snapshot, received) = server.raft.sending(id)?;
        let (last, of) = (snapshot.last.index, snapshot.bytes);
        Some(format!(
            "it sends {id} its snapshot up to entry {last}, of which {received} of {of} bytes are \
             confirmed (§7)"
        ))
    }));
    clauses
}

fn need(set: ServerSet) -> String {
    format!("{} {}", list(set), if set.len() == 1 { "needs" } else { "need" })
}

fn candidate(cluster: &Cluster, server: &Server, recent: &[Event]) -> Vec<String> {
    let (id, raft) = (server.id, &server.raft);
    let (votes, needed) = (raft.votes().len(), raft.counts_by().enough_with(raft.votes()));
    let from = if votes == 0 { String::new() } else { format!(", from {}", list(raft.votes())) };
    let mut clauses = vec![format!(
        "{id} is a candidate in term {}: {votes} of {needed} needed votes{from}",
        raft.term()
    )];
    clauses.extend(fewer(server));
    if !raft.stale_votes().is_empty() {
        let whose = list(raft.stale_votes());
        clauses.push(format!("{whose} voted in an earlier term; {}", Flaw::CountStaleVotes.told()));
    }
    if !raft.has_vote(id) {
        clauses.push("it has no vote itself (dissertation §4.2.2)".into());
    } else if !raft.votes().contains(id) {
        clauses.push("its own vote counts once it is on its disk".into());
    }
    let silent = asked(server).without(raft.votes()).without(raft.refusals());
    clauses.extend(raft.refusals().iter().map(|voter| refusal(cluster, server, voter, recent)));
    let away = absent(cluster, id, silent);
    if !away.is_empty() {
        clauses.push(away.join(", "));
    }
    let now = raft.term();
    let asks =
        |message: &Message| matches!(message, Message::RequestVote { term, .. } if *term == now);
    let counts = |term| !raft.rules().is_stale_vote(term, now).answer;
    let answers =
        |message: &Message| matches!(message, Message::VoteReply { term, .. } if counts(*term));
    clauses.extend(open(cluster, id, silent, asks, answers));
    if let Some(timer) = server.timer(TimerKind::Election) {
        clauses.push(format!(
            "its timer runs out {}: without a result it becomes a candidate again, in term {} \
             (§5.2)",
            due(cluster, timer.due),
            raft.term().0.saturating_add(1)
        ));
    }
    clauses
}

/// One who asks before it begins a term.
fn pre_candidate(cluster: &Cluster, server: &Server, recent: &[Event]) -> Vec<String> {
    let (id, raft) = (server.id, &server.raft);
    let (votes, needed) = (raft.votes(), raft.counts_by().enough_with(raft.votes()));
    let next = raft.term().next();
    let mut clauses = vec![format!(
        "{id} asks who would vote for it in term {next}, and keeps term {} until {needed} would \
         (dissertation §9.6): {} so far, {}",
        raft.term(),
        votes.len(),
        list(votes)
    )];
    clauses.extend(fewer(server));
    let silent = asked(server).without(votes).without(raft.refusals());
    clauses.extend(raft.refusals().iter().map(|voter| refusal(cluster, server, voter, recent)));
    let away = absent(cluster, id, silent);
    if !away.is_empty() {
        clauses.push(away.join(", "));
    }
    let asks =
        |message: &Message| matches!(message, Message::PreVote { term, .. } if *term == next);
    // What grants an earlier question counts for nothing.
    let answers = |message: &Message| matches!(message, Message::PreVoteReply { term, granted, .. } if !granted || *term == next);
    clauses.extend(open(cluster, id, silent, asks, answers));
    if let Some(timer) = server.timer(TimerKind::Election) {
        clauses.push(format!(
            "its timer runs out {}: without a result it asks again (dissertation §9.6)",
            due(cluster, timer.due)
        ));
    }
    clauses
}

/// Whose answer is on its way, and whose is not, of those that it can reach.
fn open(
    cluster: &Cluster,
    id: ServerId,
    silent: ServerSet,
    asks: impl Fn(&Message) -> bool,
    answers: impl Fn(&Message) -> bool,
) -> Vec<String> {
    let open = silent.intersection(present(cluster, id));
    let (mut coming, mut held) = (ServerSet::EMPTY, ServerSet::EMPTY);
    let (mut lost, mut none) = (ServerSet::EMPTY, ServerSet::EMPTY);
    for other in open.iter() {
        let ways =
            [on_its_way(cluster, id, other, &asks), on_its_way(cluster, other, id, &answers)];
        match ways.into_iter().flatten().min() {
            Some(Way::Flying | Way::Inbox | Way::Disk) => coming.insert(other),
            Some(Way::Held) => held.insert(other),
            Some(Way::Lost) => lost.insert(other),
            None => none.insert(other),
        }
    }
    let said = [
        (coming, format!("{} still to answer", are(coming))),
        (held, format!("the request to {}, or the answer, is held by hand", list(held))),
        (lost, format!("the request to {}, or the answer, will be lost", list(lost))),
        (none, format!("no answer of {} is on its way", list(none))),
    ];
    said.into_iter().filter(|(set, _)| !set.is_empty()).map(|(_, clause)| clause).collect()
}

/// That a voter refused, and why, if that is remembered.
fn refusal(cluster: &Cluster, server: &Server, voter: ServerId, recent: &[Event]) -> String {
    let (id, now) = (server.id, server.raft.term());
    let wanted = if server.raft.role() == Role::PreCandidate { now.next() } else { now };
    let reason = recent.iter().rev().find_map(|event| {
        let EventKind::Raft(
            server,
            RaftEvent::VoteRefused { candidate, term, .. }
            | RaftEvent::PreVoteRefused { candidate, term, .. },
        ) = event.kind
        else {
            return None;
        };
        let this = server == voter && candidate == id && term == wanted;
        this.then(|| event.reason(cluster.names())).flatten()
    });
    match reason {
        Some(reason) => format!("{voter} refused: {reason}"),
        None => format!("{voter} refused"),
    }
}

fn follower(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (id, raft) = (server.id, &server.raft);
    let mut clauses = vec![match (raft.leader(), raft.voted_for()) {
        (Some(leader), _) => format!("{id} follows {leader} in term {}", raft.term()),
        (None, Some(whom)) => {
            format!("{id} is a follower; it voted for {whom} in term {}", raft.term())
        }
        (None, None) => format!("{id} is a follower in term {} and knows no leader", raft.term()),
    }];
    clauses.extend(silent_leader(cluster, server));
    if let Some(timer) = server.timer(TimerKind::Election) {
        let then = match raft.rules().options.has(RaftOption::PreVote) {
            _ if !raft.may_stand() => "does nothing, for it has no vote (dissertation §4.2.1)",
            true => "asks who would vote for it (dissertation §9.6)",
            false => "becomes a candidate (§5.2)",
        };
        clauses.push(format!(
            "its timer runs out {}, of {}: without a leader's word it {then}",
            due(cluster, timer.due),
            span(begun(timer.span))
        ));
        // By this flaw it would ask in a term of its own: what it could win is another.
        if !server.flaws().has(Flaw::PrevoteBumpsTerm) && raft.may_stand() {
            clauses.push(prospects(cluster, server));
        }
    }
    clauses
}

/// Why the leader that it follows sends it nothing, if so.
fn silent_leader(cluster: &Cluster, server: &Server) -> Option<String> {
    let (id, term) = (server.id, server.raft.term());
    let leader = cluster.server(server.raft.leader()?)?;
    let linked = cluster.reaches(Node::Server(leader.id), Node::Server(id));
    match leader.power {
        Power::Down => Some(format!("{} is down", leader.id)),
        Power::Asleep => Some(format!("{} is asleep", leader.id)),
        Power::Up if !leader.raft.is_leader() || leader.raft.term() != term => {
            Some(format!("{} no longer leads term {term}", leader.id))
        }
        Power::Up if !linked => {
            Some(format!("the link from {} is cut: no word of it arrives", leader.id))
        }
        Power::Up => None,
    }
}

/// Commit, applied and clock.
fn state(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (commit, applied) = (server.raft.commit(), server.rsm.applied);
    let known = cluster.servers().iter().filter(|other| other.power != Power::Down);
    let newest = known.map(|other| other.raft.commit()).max().unwrap_or(commit);
    let mut clauses = Vec::new();
    if commit < newest {
        clauses.push(format!("it knows of commits up to entry {commit}, others up to {newest}"));
    }
    clauses.extend(members(server));
    let base = server.raft.log().base().index;
    if base > Index::ZERO {
        clauses.push(format!("a snapshot stands in for its log up to entry {base} (§7)"));
    }
    if let Some((of, bytes)) = server.raft.receiving() {
        let last = of.index;
        clauses.push(format!("of a snapshot up to entry {last} it has the first {bytes} bytes"));
    }
    if applied < commit && cluster.tells_service() {
        clauses.push(format!("it has applied entries up to {applied} of {commit}"));
    }
    if server.clock != Ppm::ONE {
        let rate = server.clock.as_rate();
        clauses.push(format!("its clock runs at rate {rate}, and its timers with it"));
    }
    clauses
}

fn waiters(cluster: &Cluster, server: &Server) -> Vec<String> {
    let (waiting, gone): (Vec<&Waiter>, Vec<&Waiter>) =
        server.rsm.waiters.iter().partition(|waiter| cluster.is_awaited(waiter));
    let told = |how: &str, waiters: Vec<&Waiter>| {
        let for_entry = |waiter: &&Waiter| {
            format!("{} for entry {}", named(cluster, waiter.client), waiter.index)
        };
        let named: Vec<String> = waiters.iter().take(WAITERS).map(for_entry).collect();
        match (waiters.len(), waiters.len().saturating_sub(WAITERS)) {
            (0, _) => None,
            (_, 0) => Some(format!("{how}: {}", named.join(", "))),
            (_, more) => Some(format!("{how}: {} and {more} more", named.join(", "))),
        }
    };
    let told = [told("waiting here", waiting), told("no longer waiting here", gone)];
    told.into_iter().flatten().collect()
}

/// Whether an event is part of why a server is what it is.
fn makes_role(event: &Event) -> bool {
    let topic = event.topic();
    // Votes given, not those that a candidate counts.
    let gives = || topic == Topic::Votes && event.weight() == Weight::Story;
    matches!(topic, Topic::Power | Topic::Leadership) || gives()
}
