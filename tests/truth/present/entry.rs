//! An entry: who has it, who counts it as committed, what it waits for.

use raftlab::cluster::Cluster;
use raftlab::cluster::network::{Cargo, Hand, Packet};
use raftlab::cluster::raft::{AppendResult, Log, Message};
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::types::{Index, Node, PacketId, ServerId, ServerSet, Term};

use super::trial::{calm, deliver_free, held, sync, try_to};
use super::{About, Forms, Scene};
use crate::template::fit;
use crate::words::{Row, id, is_set, lists, n, row};

pub const ENTRY: Forms = &[
    ("Entry {} is a no-op, with which the leader of term {} began (§8)", |s, w| {
        let (server, index) = s.entry();
        let entry = server.raft.log().get(index).expect("it is there");
        (index, entry.term) == (Index(n(w[0])), Term(n(w[1])))
            && entry.op().is_none()
            && server.raft.log().term(index.previous()) != Some(entry.term)
    }),
    ("Entry {} {}; {} appended it in term {}", |s, w| {
        let (server, index) = s.entry();
        let entry = server.raft.log().get(index).expect("it is there");
        let key = (index, entry.term, entry.id());
        index == Index(n(w[0]))
            && s.books.submitted.contains_key(&key)
            && (entry.id().server, entry.term) == (id(w[2]), Term(n(w[3])))
    }),
    ("Entry {} {}, as number {} of session {}; {} appended it in term {}", |s, w| {
        let (server, index) = s.entry();
        let entry = server.raft.log().get(index).expect("it is there");
        let stamp = entry.op().and_then(|op| op.stamp).expect("a put of a session");
        (u64::from(stamp.sequence), stamp.session.index()) == (n(w[2]), Index(n(w[3])))
            && s.books.submitted.contains_key(&(index, entry.term, entry.id()))
            && (entry.id().server, entry.term) == (id(w[4]), Term(n(w[5])))
    }),
    (
        "Entry {} opens a session, and {} appended it in term {}; there may be {} (dissertation §6.3)",
        |s, w| {
            let (server, index) = s.entry();
            let entry = server.raft.log().get(index).expect("it is there");
            entry.op().is_none()
                && s.books.submitted.contains_key(&(index, entry.term, entry.id()))
                && (entry.id().server, entry.term) == (id(w[1]), Term(n(w[2])))
                && s.cluster.config().client_sessions.map(u64::from) == Some(n(w[3]))
        },
    ),
    ("Entry {} {}; the run began with it, as of term {}", |s, w| {
        let (server, index) = s.entry();
        let term = server.raft.log().term(index);
        let given = &s.cluster.config().given;
        let began = |given: &raftlab::cluster::config::Given| {
            given.log.get(index.0 as usize - 1).copied() == term
        };
        term == Some(Term(n(w[2]))) && given.iter().any(began)
    }),
    ("{} has it, {} of {} servers", |s, w| {
        is_set(w[0], s.holders()) && s.holders().len() as u64 == n(w[1])
    }),
    ("{} have it, {} of {} servers", |s, w| {
        is_set(w[0], s.holders()) && s.holders().len() as u64 == n(w[1])
    }),
    ("{} is in memory only, until the disk syncs", in_memory),
    ("{} are in memory only, until the disk syncs", in_memory),
    ("Flaw {}: {}", |s, w| s.names_flaw(w)),
    ("{} counts it as committed, and has applied it", |s, _| {
        let (server, index) = s.entry();
        server.raft.commit() >= index && server.rsm.applied >= index
    }),
    ("{} counts it as committed", |s, w| is_set(w[0], s.knowing())),
    ("{} count it as committed", |s, w| is_set(w[0], s.knowing())),
    ("No leader has committed it", |s, _| !s.is_committed()),
    ("The leader of term {} committed it", |s, w| {
        let (server, index) = s.entry();
        let term = server.raft.log().term(index).expect("it is there");
        s.knowing().is_empty() && s.books.committed.get(&(index, term)) == Some(&Term(n(w[0])))
    }),
    ("But only {} of {} {} it; the rule: {} (§5.3)", |s, w| {
        s.holders().len() as u64 == n(w[0]) && 2 * n(w[0]) <= n(w[1])
    }),
    ("{} is down; after a restart it learns so from a leader", |s, w| {
        s.server(w[0]).power == Power::Down
    }),
    ("{} is asleep and does not know", |s, w| s.server(w[0]).power == Power::Asleep),
    ("{} does not know, nor does {}, which leads", |s, w| {
        let (_, index) = s.entry();
        s.server(w[0]).raft.commit() < index && s.server(w[1]).raft.commit() < index
    }),
    ("{} does not know yet, and {} hands over", |s, w| {
        let (_, index) = s.entry();
        let (own, leader) = (s.server(w[0]), s.server(w[1]));
        own.raft.commit() < index
            && leader.raft.commit() >= index
            && leader.raft.transfer().is_some()
    }),
    ("{} does not know yet: an append of {} will say so (§5.3)", |s, w| {
        let (_, index) = s.entry();
        let (own, leader) = (s.server(w[0]), s.server(w[1]));
        own.raft.commit() < index
            && leader.raft.commit() >= index
            && leader.raft.is_leader()
            && s.reaches_both_ways(own.id, leader.id)
            && s.talk(leader.id, own.id, |after| {
                after.server(own.id).is_some_and(|server| server.raft.commit() >= index)
            })
    }),
    ("{} does not know: it is in a newer term than {}", |s, w| {
        s.server(w[0]).raft.term() > s.server(w[1]).raft.term()
    }),
    ("{} does not know: {}", |s, w| {
        let leader = s.cluster.leader().expect("one leads");
        lists(w[1], &s.absent(leader, ServerSet::only(id(w[0]))))
    }),
    ("Entry {} of {} is part of its snapshot up to {} (§7)", |s, w| {
        let base = s.server(w[1]).raft.log().base().index;
        Index(n(w[0])) <= base && base == Index(n(w[2])) && s.entry().1 == Index(n(w[0]))
    }),
    ("{} does not know", |s, w| s.server(w[0]).raft.commit() < s.entry().1),
    ("Entry {} waits: {}", |s, w| {
        let (server, index) = s.entry();
        index == Index(n(w[0])) && waits(s, server, index, w[1])
    }),
    (
        "{}, the leader of term {}, has no entry {}: this one is overwritten when {} sends one in its place",
        |s, w| leads(s, w) && s.server(w[0]).raft.log().get(s.entry().1).is_none(),
    ),
    (
        "{}, the leader of term {}, has another entry {}, of term {}: this one is overwritten when {} copies it (§5.3)",
        |s, w| {
            let its = s.server(w[0]).raft.log().term(s.entry().1);
            leads(s, w) && its == Some(Term(n(w[3]))) && overwritten(s, w[0], w[4])
        },
    ),
    (
        "The snapshot of {}, the leader of term {}, has another entry {}: this one goes when {} installs that (§7)",
        covered_otherwise,
    ),
    (
        "The snapshot of {}, the leader of term {}, has another entry {}; {} is in a newer term and refuses its appends (§5.1)",
        |s, w| covered_otherwise(s, w) && s.server(w[3]).raft.term() > Term(n(w[1])),
    ),
    (
        "{}, the leader of term {}, has {}; {} is in a newer term and refuses its appends (§5.1)",
        |s, w| leads(s, w) && s.server(w[3]).raft.term() > Term(n(w[1])),
    ),
];

/// Whether the leader's snapshot covers this index, and was made of another entry.
fn covered_otherwise(s: &Scene, w: &[&str]) -> bool {
    let (leader, (_, index)) = (s.server(w[0]), s.entry());
    leads(s, w)
        && index == Index(n(w[2]))
        && index <= leader.raft.log().base().index
        && !s.covers(leader.raft.log())
}

impl<'a> Scene<'a> {
    pub fn entry(&self) -> (&'a Server, Index) {
        match self.about {
            About::Entry(id, index) => (self.server_of(id), index),
            other => panic!("this is about {other:?}"),
        }
    }

    pub fn holders(&self) -> ServerSet {
        let (server, index) = self.entry();
        let entry = server.raft.log().get(index);
        let name = |server: &Server| server.raft.log().get(index).map(|one| (one.term, one.id()));
        let own = entry.map(|one| (one.term, one.id()));
        let has = |one: &&Server| name(one) == own || self.covers(one.raft.log());
        self.cluster.servers().iter().filter(has).map(|one| one.id).collect()
    }

    /// Whether a snapshot stands in for the entry in a log: what it covers is what was committed.
    fn covers(&self, log: &Log) -> bool {
        let (server, index) = self.entry();
        let term = server.raft.log().term(index);
        let committed = term.is_some_and(|it| self.books.committed.contains_key(&(index, it)));
        index <= log.base().index && committed
    }

    pub fn knowing(&self) -> ServerSet {
        let (_, index) = self.entry();
        let knows = |id: &ServerId| {
            let server = self.server_of(*id);
            server.power != Power::Down && server.raft.commit() >= index
        };
        self.holders().iter().filter(knows).collect()
    }

    /// A leader has committed it; without flaws and with all disks.
    pub fn is_committed(&self) -> bool {
        let (server, index) = self.entry();
        let term = server.raft.log().term(index).expect("it is there");
        self.books.committed.contains_key(&(index, term))
    }
}

/// Who has it, and not on its disk.
fn in_memory(s: &Scene, w: &[&str]) -> bool {
    let (server, index) = s.entry();
    let entry = server.raft.log().get(index);
    let wrote = |id: &ServerId| {
        let log = &s.server_of(*id).disk.log;
        log.get(index) == entry || s.covers(log)
    };
    is_set(w[0], s.holders().iter().filter(|id| !wrote(id)).collect())
}

fn leads(s: &Scene, w: &[&str]) -> bool {
    let leader = s.server(w[0]);
    leader.raft.is_leader() && leader.raft.term() == Term(n(w[1])) && leader.is_running()
}

/// Whether the entry is overwritten indeed, when all that both say to each other arrives.
fn overwritten(s: &Scene, leader: &str, holder: &str) -> bool {
    let (server, index) = s.entry();
    let before = server.raft.log().get(index).cloned();
    s.talk(id(leader), id(holder), |after| {
        after.server(id(holder)).and_then(|server| server.raft.log().get(index)).cloned() != before
    })
}

/// What is said behind "Entry 3 waits: ".
pub fn waits(s: &Scene, holder: &Server, index: Index, words: &str) -> bool {
    // It depends on who leads: the holder, the one that it follows, or the newest.
    let running = |server: &&Server| server.is_running() && server.raft.is_leader();
    let leaders: Vec<&Server> = s.cluster.servers().iter().filter(running).collect();
    match leaders.is_empty() {
        true => waits_by(s, holder, holder, index, words),
        false => leaders.iter().any(|leader| waits_by(s, leader, holder, index, words)),
    }
}

fn waits_by(s: &Scene, leader: &Server, holder: &Server, index: Index, words: &str) -> bool {
    let leads = leader.is_running() && leader.raft.is_leader();
    let noted = if leads { s.noted(words, leader) } else { Some((words.into(), false)) };
    let Some((words, by_flaw)) = noted else { return false };
    let entry = holder.raft.log().get(index);
    let same = |server: &&Server| {
        server.raft.log().get(index) == entry && server.disk.log.get(index) == entry
    };
    let copies: ServerSet = s.cluster.servers().iter().filter(same).map(|one| one.id).collect();
    let (count, term) = (copies.len() as u64, holder.raft.log().term(index));
    let (counted, rest) = match fit("{} of {} needed copies{}", &words) {
        Some(w) => {
            (n(w[0]) == count && count < n(w[1]) && s.is_enough(n(w[1]), by_flaw), w[2].to_owned())
        }
        None => match fit("{} copies, {} are needed{}", &words) {
            Some(w) => (
                n(w[0]) == count && count >= n(w[1]) && s.is_enough(n(w[1]), by_flaw),
                w[2].to_owned(),
            ),
            None => return false,
        },
    };
    if let Some(w) = fit(
        ", but it is of term {}: an entry of term {} must be committed first, and brings it along (§5.4.2)",
        &rest,
    ) {
        return counted
            && term == Some(Term(n(w[0])))
            && Term(n(w[1])) == leader.raft.term()
            && n(w[0]) < n(w[1]);
    }
    let heard = |id: &ServerId| leader.raft.progress(*id).is_some_and(|one| one.matched >= index);
    let known = copies.iter().filter(heard).count();
    let enough = leader.raft.counts_by().quorum();
    if let Some(w) = fit(", but {} knows of only {}; {}", &rest) {
        return counted
            && leader.id == id(w[0])
            && known as u64 == n(w[1])
            && known < enough
            && unheard(s, leader, index, copies, w[2]);
    }
    if let Some(w) = fit(
        ", and {} knows of {}, which is enough: it counts when the next copy is acknowledged",
        &rest,
    ) {
        return counted && leader.id == id(w[0]) && known as u64 == n(w[1]) && known >= enough;
    }
    counted
        && rest
            .strip_prefix("; ")
            .is_some_and(|why| lacking(s, leader, (index, entry), copies, why))
}

/// Who lacks a copy, and why.
fn lacking(
    s: &Scene,
    leader: &Server,
    (index, entry): (Index, Option<&raftlab::cluster::raft::Entry>),
    copies: ServerSet,
    words: &str,
) -> bool {
    let leads = leader.is_running() && leader.raft.is_leader();
    if words == "no server leads" {
        return !leads;
    }
    let its = leader.raft.log().term(index);
    if let Some(w) = fit("{} leads and has another entry there, of term {}", words) {
        return leads
            && leader.id == id(w[0])
            && its == Some(Term(n(w[1])))
            && leader.raft.log().get(index) != entry;
    }
    if let Some(w) = fit("{} leads and does not have it", words) {
        return leads && leader.id == id(w[0]) && its.is_none();
    }
    let all: ServerSet = s.cluster.servers().iter().map(|server| server.id).collect();
    let lack = all.without(copies);
    let there = |newer: bool| -> ServerSet {
        let is = |id: &ServerId| {
            let other = s.server_of(*id);
            other.is_running()
                && s.reaches_both_ways(leader.id, *id)
                && newer == (other.raft.term() > leader.raft.term())
        };
        lack.iter().filter(is).collect()
    };
    let writes = |id: &ServerId| s.server_of(*id).raft.log().get(index) == entry;
    let (writing, lacks): (ServerSet, ServerSet) =
        (there(false).iter().filter(writes).collect(), there(false));
    let own = ServerSet::only(leader.id);
    let (own, writing) = (lack.intersection(own), writing.without(own));
    let mut rows = s.absent(leader.id, lack.without(own));
    rows.extend(s.disks(own, writing));
    let lacks = lacks.without(writing).without(own);
    rows.push(row("{} is still to copy it", "{} are still to copy it", lacks));
    rows.push(row("{} is in a newer term (§5.1)", "{} are in a newer term (§5.1)", there(true)));
    leads && lists(words, &rows)
}

/// Whose answer is on its way to the leader, and whose is not: tried out.
fn unheard(s: &Scene, leader: &Server, index: Index, copies: ServerSet, words: &str) -> bool {
    let Some(mut trial) = calm(s.cluster).filter(|trial| trial.orders().is_empty()) else {
        return true;
    };
    let acks = |packet: &Packet| {
        packet.to == Node::Server(leader.id)
            && matches!(packet.cargo, Cargo::Raft(Message::AppendReply { term, result: AppendResult::Matched(last), .. })
                if term == leader.raft.term() && last >= index)
    };
    let flying = |of: ServerId, hand: bool| {
        let packets = s.cluster.packets();
        packets.iter().any(|packet| {
            acks(packet) && packet.from == Node::Server(of) && (packet.hand == Hand::Held) == hand
        })
    };
    let known = |cluster: &Cluster| -> ServerSet {
        let raft = &cluster.server(leader.id).expect("it is there").raft;
        let heard = |id: &ServerId| raft.progress(*id).is_none_or(|one| one.matched >= index);
        copies.iter().filter(heard).collect()
    };
    let unknown = copies.without(known(s.cluster));
    let held = held(&trial);
    deliver_free(&mut trial, &held, acks);
    let coming = known(&trial).intersection(unknown).without(ServerSet::only(leader.id));
    sync(&mut trial);
    deliver_free(&mut trial, &held, acks);
    let on_disk =
        known(&trial).intersection(unknown).without(coming).without(ServerSet::only(leader.id));
    if trial.is_stopped() {
        return true;
    }
    let away =
        |id: &ServerId| !s.server_of(*id).is_running() || !s.reaches_both_ways(*id, leader.id);
    let absent: ServerSet = unknown.iter().filter(away).collect();
    let rest = unknown
        .without(coming)
        .without(on_disk)
        .without(absent)
        .without(ServerSet::only(leader.id));
    let kept: ServerSet = rest.iter().filter(|id| flying(*id, true)).collect();
    let lost: ServerSet = rest.without(kept).iter().filter(|id| flying(*id, false)).collect();
    let none = rest.without(kept).without(lost);
    let same = |form: &str, set: ServerSet| row(form, form, set);
    let answers = |what: &str, set: ServerSet| {
        row(
            &format!("the answer of {{}} is {what}"),
            &format!("the answers of {{}} are {what}"),
            set,
        )
    };
    let mut rows = s.absent(leader.id, unknown.without(ServerSet::only(leader.id)));
    rows.extend([
        answers("on the way", coming.without(absent)),
        answers("held by hand", kept),
        answers("about to be lost", lost),
        same("no answer of {} is on its way", none),
    ]);
    rows.extend(s.disks(unknown.intersection(ServerSet::only(leader.id)), on_disk.without(absent)));
    lists(words, &rows)
}

impl Scene<'_> {
    /// Whose disk has not synced it: the leader's own, and those of others.
    fn disks(&self, own: ServerSet, writing: ServerSet) -> Vec<Row> {
        let hangs =
            |id: &ServerId| self.cluster.server(*id).is_some_and(|it| it.disk.sync.is_none());
        let hung = |of: ServerSet| -> ServerSet { of.iter().filter(hangs).collect() };
        let same = |form: &str, set: ServerSet| row(form, form, set);
        vec![
            same("its own disk hangs and has not synced it", hung(own)),
            same("its own disk has not synced it", own.without(hung(own))),
            row(
                "the answer of {} can't leave: the disk hangs",
                "the answer of {} can't leave: the disks hang",
                hung(writing),
            ),
            same("{} must sync the disk first", writing.without(hung(writing))),
        ]
    }

    /// Whether it comes to this in a copy, when all that a leader and another say to each other arrives.
    fn talk(&self, leader: ServerId, other: ServerId, comes: impl Fn(&Cluster) -> bool) -> bool {
        let Some(mut trial) = calm(self.cluster).filter(|trial| trial.orders().is_empty()) else {
            return true;
        };
        if !self.reaches_both_ways(leader, other) || !self.server_of(other).is_running() {
            return true;
        }
        let (from, to) = (Node::Server(leader), Node::Server(other));
        for _ in 0..60 {
            try_to(&mut trial, &format!("heartbeat {leader}"));
            let held: Vec<PacketId> = held(&trial);
            deliver_free(&mut trial, &held, |packet| (packet.from, packet.to) == (from, to));
            sync(&mut trial);
            deliver_free(&mut trial, &held, |packet| (packet.to, packet.from) == (from, to));
            sync(&mut trial);
            if comes(&trial) || trial.is_stopped() {
                return true;
            }
        }
        false
    }
}
