//! What is asked of servers that the line names.

use super::{Answer, Ask, Asked, ROW, Row, holds, number, stored_words, truth};
use crate::cluster::command::{Argument, Kind, RoleName, Takes, Terms};
use crate::cluster::raft::{Log, Mode};
use crate::cluster::server::Server;
use crate::cluster::situation::{Fate, Situation};
use crate::cluster::types::{Index, Term};

pub(super) static ROWS: [Row; 29] = [
    Row {
        name: "is",
        plural: Some("are"),
        takes: Takes::Role,
        answers: Kind::Truth,
        usage: &["WHO is ROLE"],
        summary: "what the server is: follower, pre-candidate, candidate, leader, down, asleep or up",
        examples: &["S3 is follower", "{old} is down", "3 of all are follower"],
        ask: Ask::Server(|asked, server| {
            let Argument::Role(role) = asked.argument else { return None };
            truth(role.covers(RoleName::of(server)))
        }),
        why: Some(|_, server| server.map_or_else(String::new, role_words)),
        ..ROW
    },
    Row {
        name: "role",
        answers: Kind::Role,
        usage: &["WHO role = ROLE"],
        summary: "what the server is, as a value",
        examples: &["S2 role = leader", "S2 role = S3 role"],
        ask: Ask::Server(|_, server| Some(Answer::Role(RoleName::of(server)))),
        ..ROW
    },
    Row {
        name: "term",
        usage: &["WHO term >= N"],
        summary: "the server's current term",
        examples: &["S3 term = 4", "S1 term = {t}"],
        ask: Ask::Server(|_, server| number(server.raft.term().0)),
        ..ROW
    },
    Row {
        name: "vote",
        answers: Kind::Server,
        usage: &["WHO vote = WHO"],
        summary: "whom it has voted for in this term, or none; alone, that it has voted",
        examples: &["S2 vote = S1", "S3 vote = none"],
        ask: Ask::Server(|_, server| server.raft.voted_for().map(Answer::Server)),
        ..ROW
    },
    Row {
        name: "follows",
        answers: Kind::Server,
        usage: &["WHO follows = WHO"],
        summary: "which leader a follower has heard from in this term, or none; alone, that it has",
        examples: &["S2 follows = S1", "S3 follows = none"],
        ask: Ask::Server(|_, server| {
            let heard = server.raft.leader().filter(|leader| *leader != server.id);
            heard.map(Answer::Server)
        }),
        ..ROW
    },
    Row {
        name: "transfer",
        answers: Kind::Server,
        usage: &["WHO transfer = WHO"],
        summary: "to whom the leader hands over, or none; alone, that it does",
        examples: &["S1 transfer = S3", "S1 transfer", "leader transfer = none"],
        ask: Ask::Server(|_, server| {
            server.raft.transfer().map(|transfer| Answer::Server(transfer.to))
        }),
        ..ROW
    },
    Row {
        name: "waiting-reads",
        usage: &["WHO waiting-reads >= N"],
        summary: "how many gets that take no entry wait there for an answer",
        examples: &["S1 waiting-reads = 1"],
        ask: Ask::Server(|_, server| number(server.rsm.reads.len() as u64)),
        ..ROW
    },
    Row {
        name: "lease",
        usage: &["WHO lease >= N"],
        summary: "for how many milliseconds more the leader answers reads by its lease, 0 without one",
        examples: &["S1 lease >= 1", "leader lease = 0"],
        ask: Ask::Server(|asked, server| {
            let left = asked.cluster.lease_left(server).unwrap_or_default();
            number(left.micros().div_ceil(1_000))
        }),
        ..ROW
    },
    Row {
        name: "option",
        takes: Takes::Option,
        answers: Kind::Truth,
        usage: &["WHO option NAME [SETTING]"],
        summary: "the server keeps this option of Raft: it is on, or set to what is said",
        examples: &["S2 option pre-vote", "none of all option check-quorum"],
        ask: Ask::Server(|asked, server| {
            let Argument::Option(choice) = asked.argument else { return None };
            truth(server.raft.rules().options.of(choice.option) == *choice)
        }),
        ..ROW
    },
    Row {
        name: "members",
        answers: Kind::Servers,
        usage: &["WHO members = WHO..."],
        summary: "who votes by the newest configuration in its log; while it is joint, in either half",
        examples: &["S1 members = S1 S2 S3", "S3 members = S1 members"],
        ask: Ask::Server(|_, server| Some(Answer::Servers(server.raft.configuration().voters()))),
        ..ROW
    },
    Row {
        name: "learners",
        answers: Kind::Servers,
        usage: &["WHO learners = WHO..."],
        summary: "who learns by it, without a vote",
        examples: &["S1 learners = S6", "leader learners = none"],
        ask: Ask::Server(|_, server| Some(Answer::Servers(server.raft.configuration().learners()))),
        ..ROW
    },
    Row {
        name: "joint",
        answers: Kind::Truth,
        usage: &["WHO joint"],
        summary: "it needs majorities of old and of new voters (dissertation §4.3)",
        examples: &["S1 joint", "none of all joint"],
        ask: Ask::Server(|_, server| truth(server.raft.configuration().is_joint())),
        ..ROW
    },
    Row {
        name: "log",
        answers: Kind::Terms,
        usage: &["WHO log = TERMS"],
        summary: "the terms of its entries, from its base on; `none` where it has none",
        examples: &["S3 log = 1,1,4", "S1 log = S2 log"],
        ask: Ask::Server(|_, server| Some(Answer::Log(server.raft.log()))),
        words: Some(|_, server| server.map(|server| log_words(server.raft.log()))),
        why: Some(|_, server| server.map_or_else(String::new, log_told)),
        ..ROW
    },
    Row {
        name: "last",
        usage: &["WHO last >= N"],
        summary: "the index of the last entry of its log",
        examples: &["S2 last = 5", "S1 last >= S2 last"],
        ask: Ask::Server(|_, server| number(server.raft.log().last_index().0)),
        ..ROW
    },
    Row {
        name: "base",
        usage: &["WHO base >= N"],
        summary: "up to where a snapshot stands in for its log (§7); 0 without one",
        examples: &["S2 base >= 40"],
        ask: Ask::Server(|_, server| number(server.raft.log().base().index.0)),
        ..ROW
    },
    Row {
        name: "log-size",
        usage: &["WHO log-size <= N"],
        summary: "how many bytes the entries of its log take",
        examples: &["S2 log-size <= 8000"],
        ask: Ask::Server(|_, server| number(server.raft.log().bytes())),
        ..ROW
    },
    Row {
        name: "snapshot-size",
        usage: &["WHO snapshot-size <= N"],
        summary: "how many bytes its snapshot takes; 0 without one",
        examples: &["S2 snapshot-size <= 500"],
        ask: Ask::Server(|_, server| {
            number(server.raft.snapshot().map_or(0, |snapshot| snapshot.bytes.into()))
        }),
        ..ROW
    },
    Row {
        name: "committed",
        usage: &["WHO committed >= N"],
        summary: "its commit index",
        examples: &["S2 committed >= 3"],
        ask: Ask::Server(|_, server| number(server.raft.commit().0)),
        ..ROW
    },
    Row {
        name: "applied",
        usage: &["WHO applied >= N"],
        summary: "up to where it has applied its log",
        examples: &["leader applied = leader committed"],
        ask: Ask::Server(|_, server| number(server.rsm.applied.0)),
        ..ROW
    },
    Row {
        name: "sessions",
        usage: &["WHO sessions >= N"],
        summary: "how many sessions of clients are open in what it has applied",
        examples: &["S1 sessions = 2", "all sessions >= 1"],
        ask: Ask::Server(|_, server| number(server.rsm.kv.sessions().len() as u64)),
        ..ROW
    },
    Row {
        name: "holds",
        plural: Some("hold"),
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["WHO holds KEY = VALUE [@V]"],
        summary: "what its map holds, as far as it has applied",
        examples: &["S3 holds x = 3 @2", "2 of {group} hold x = 3"],
        ask: Ask::Server(holds),
        why: Some(stored_words),
        ..ROW
    },
    Row {
        name: "on-disk",
        usage: &["WHO on-disk >= N"],
        summary: "the index of the last entry on its disk; what is only written is lost in a crash",
        examples: &["S2 on-disk = 3", "S1 on-disk <= 3"],
        ask: Ask::Server(|_, server| number(server.disk.log.last_index().0)),
        ..ROW
    },
    Row {
        name: "writing",
        answers: Kind::Truth,
        usage: &["WHO writing"],
        summary: "a write is under way on its disk, or hangs there",
        examples: &["S2 writing", "not leader writing"],
        ask: Ask::Server(|_, server| truth(server.disk.is_writing())),
        ..ROW
    },
    Row {
        name: "next",
        takes: Takes::Peer,
        usage: &["WHO next [WHO] >= N"],
        summary: "which entry the leader sends the server next; with a second, which one the first sends it",
        examples: &["S3 next = {n}", "S1 next S3 = 4"],
        ask: Ask::Server(|asked, server| number(asked.progress(server)?.next.0)),
        ..ROW
    },
    Row {
        name: "match",
        takes: Takes::Peer,
        usage: &["WHO match [WHO] >= N"],
        summary: "up to where the leader knows the server's log to match; with a second, the first knows of it",
        examples: &["S3 match >= 2", "S1 match S3 >= 2"],
        ask: Ask::Server(|asked, server| number(asked.progress(server)?.matched.0)),
        ..ROW
    },
    Row {
        name: "probes",
        takes: Takes::Peer,
        answers: Kind::Truth,
        usage: &["WHO probes [WHO]"],
        summary: "the leader is yet to find out where the server's log agrees with its own, or to hear that it is there; \
                  with a second, the first of it",
        examples: &["S1 probes S3", "not S1 probes S2"],
        ask: Ask::Server(|asked, server| {
            let (leader, other) = asked.followed(server)?;
            truth(leader.raft.mode(other) == Some(Mode::Probe))
        }),
        ..ROW
    },
    Row {
        name: "in-flight",
        takes: Takes::Peer,
        usage: &["WHO in-flight [WHO] >= N"],
        summary: "how many of the leader's appends the server has not answered; with a second, of the first's",
        examples: &["S1 in-flight S3 = 4", "S3 in-flight <= 1"],
        ask: Ask::Server(|asked, server| {
            let (leader, other) = asked.followed(server)?;
            number(leader.raft.in_flight(other).into())
        }),
        ..ROW
    },
    Row {
        name: "can win",
        answers: Kind::Truth,
        usage: &["WHO can win"],
        summary: "its log is at least as up to date as those of a majority (§5.4.1)",
        examples: &["S2 can win", "none of S3 S4 can win"],
        ask: Ask::Server(|asked, server| {
            truth(Situation::electable_in(asked.cluster).contains(server.id))
        }),
        why: Some(|asked, server| {
            let servers = Situation::electable_in(asked.cluster);
            let is = server.is_some_and(|server| servers.contains(server.id));
            let words = if is { "can" } else { "can't" };
            server.map_or_else(String::new, |server| format!("{} {words} win", server.id))
        }),
        ..ROW
    },
    Row {
        name: "keeps",
        plural: Some("keep"),
        takes: Takes::Index,
        answers: Kind::Truth,
        usage: &["WHO keeps N"],
        summary: "the entry of that index in its log is committed, or every server that can win has it",
        examples: &["S1 keeps 2", "not S3 keeps 4", "2 of all keep {n}"],
        ask: Ask::Server(|asked, server| truth(fate(asked, server).is_some_and(Fate::stays))),
        why: Some(|asked, server| {
            let Some(server) = server else { return String::new() };
            let (id, index) = (server.id, asked.number);
            match fate(asked, server) {
                None => format!("{id} has no entry {index}"),
                Some(fate) if fate.stays() => format!("entry {index} of {id} stays"),
                Some(Fate::Lost) => format!("entry {index} of {id} will be overwritten"),
                Some(_) => format!("a server without entry {index} of {id} can win"),
            }
        }),
        ..ROW
    },
];

fn fate(asked: &Asked<'_>, server: &Server) -> Option<Fate> {
    Situation::of(asked.cluster).fate(asked.cluster, server, Index(asked.number))
}

fn role_words(server: &Server) -> String {
    format!("{} is {} in term {}", server.id, RoleName::of(server).word(), server.raft.term())
}

/// "the entries of S1's log are of the terms 1,1,2".
fn log_told(server: &Server) -> String {
    let (id, log) = (server.id, server.raft.log());
    let behind = if log.base().index > Index(0) { " behind its snapshot" } else { "" };
    match log.len() {
        0 => format!("{id}'s log is empty{behind}"),
        1 => format!("{id}'s log has one entry{behind}, of term {}", log_words(log)),
        _ => format!("the entries of {id}'s log{behind} are of the terms {}", log_words(log)),
    }
}

/// The newest entries' terms: what a row of the screen has room for.
fn log_words(log: &Log) -> String {
    let left_out = log.len().saturating_sub(TERMS_SHOWN);
    let newest = log.iter_from(Index(log.first_index().0 + left_out as u64));
    let terms: Vec<Term> = newest.map(|(_, entry)| entry.term).collect();
    format!("{}{}", if left_out > 0 { "..," } else { "" }, Terms(&terms))
}

/// How many terms of a log are shown.
const TERMS_SHOWN: usize = 12;
