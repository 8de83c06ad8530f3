//! What `w` says of the present, held against the state, or against what a copy of the cluster does
//! when it is played on.

use raftlab::cluster::Cluster;
use raftlab::cluster::client::Call;
use raftlab::cluster::command::{Command, PacketDeed, parse_line};
use raftlab::cluster::event::{DropReason, EventKind as E};
use raftlab::cluster::explain;
use raftlab::cluster::network::{Act, Hand, Packet};
use raftlab::cluster::raft::{AppendResult, Message, Role};
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{ClientId, Index, Node, PacketId, ServerId, ServerSet, Term};

use crate::books::Books;
use crate::template::{best, fit};
use crate::words::{id, is_set, n, servers};

/// What is explained.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Server(ServerId),
    Entry(ServerId, Index),
    Client(ClientId),
    Packet(PacketId),
}

pub struct Scene<'a> {
    pub cluster: &'a Cluster,
    pub books: &'a Books,
    pub about: About,
}

type Holds = fn(&Scene, &[&str]) -> bool;

/// Checks everything that can be explained now; tells what is not so.
pub fn check(cluster: &Cluster, books: &Books) -> Result<(), String> {
    for server in cluster.servers() {
        let id = server.id;
        let lines = explain::server(cluster, id, &[]);
        sentences(&lines, &Scene { cluster, books, about: About::Server(id) }, SERVER)?;
        let last = server.raft.log.last_index().0;
        for index in (last.saturating_sub(3).max(1)..=last).map(Index) {
            let lines = explain::entry(cluster, id, index, &[]);
            let about = About::Entry(id, index);
            sentences(&lines, &Scene { cluster, books, about }, ENTRY)?;
        }
    }
    for client in cluster.clients() {
        let lines = explain::client(cluster, client.id, &[]);
        let about = About::Client(client.id);
        sentences(&lines, &Scene { cluster, books, about }, CLIENT)?;
    }
    for packet in cluster.packets().into_iter().take(8) {
        let text = explain::packet(cluster, packet.id, &[]).join(" ");
        let scene = Scene { cluster, books, about: About::Packet(packet.id) };
        let (words, then) = text.split_once(" If it arrived now: ").unwrap_or((&text, ""));
        sentences(&[words.to_owned()], &scene, PACKET)?;
        if !then.is_empty() && !comes_of_it(&scene, packet, then) {
            return Err(format!("{:?}: {text}", scene.about));
        }
    }
    Ok(())
}

fn sentences(lines: &[String], scene: &Scene, forms: &[(&str, Holds)]) -> Result<(), String> {
    let text = lines.join(" ");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.match_indices(". ").map(|(place, _)| place + 1).find(|end| {
            rest[*end..].trim_start().starts_with(|letter: char| letter.is_uppercase())
        });
        let (sentence, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.trim_start();
        let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
        if matches!(scene.about, About::Server(_))
            && scene.absences().contains(&sentence.to_owned())
        {
            continue;
        }
        match best(forms, sentence) {
            Some((holes, holds)) if holds(scene, &holes) => {}
            Some(_) => return Err(format!("not so, {:?}: {sentence}", scene.about)),
            None => return Err(format!("nobody tests this, {:?}: {sentence}", scene.about)),
        }
    }
    Ok(())
}

const SERVER: &[(&str, Holds)] = &[
    ("{} is down", |s, w| s.server(w[0]).power == Power::Down),
    ("Its disk holds term {}, {} and {}", |s, w| {
        let raft = s.restarted();
        let vote = raft.voted_for.map_or("no vote".into(), |whom| format!("a vote for {whom}"));
        let log = match raft.log.is_empty() {
            true => "no entries".into(),
            false => format!("a log that ends at {}", raft.log.last()),
        };
        (raft.term, &*vote, &*log) == (Term(n(w[0])), w[1], w[2])
    }),
    ("After a restart it is a follower that has applied nothing yet", |s, _| {
        s.restarted().role == Role::Follower && s.restarted().commit == Index::ZERO
    }),
    ("{} is asleep: its timers are paused, and no packets wait for it", |s, w| {
        s.server(w[0]).power == Power::Asleep && s.server(w[0]).inbox.is_empty()
    }),
    ("{} is asleep: its timers are paused, and one packet waits for it", |s, w| {
        s.server(w[0]).power == Power::Asleep && s.server(w[0]).inbox.len() == 1
    }),
    ("{} is asleep: its timers are paused, and {} packets wait for it", |s, w| {
        s.server(w[0]).inbox.len() as u64 == n(w[1])
    }),
    ("To the others it is silent, as if it were down", |s, _| s.own().power == Power::Asleep),
    ("{} leads term {}", |s, w| {
        let raft = &s.server(w[0]).raft;
        let newer = s.cluster.servers().iter().any(|other| {
            other.is_running() && other.raft.is_leader() && other.raft.term > raft.term
        });
        raft.role == Role::Leader && raft.term == Term(n(w[1])) && !newer
    }),
    ("{} still believes that it leads term {}; {} leads term {}", |s, w| {
        let (old, new) = (&s.server(w[0]).raft, &s.server(w[2]).raft);
        (old.role, new.role) == (Role::Leader, Role::Leader)
            && (old.term, new.term) == (Term(n(w[1])), Term(n(w[3])))
            && old.term < new.term
    }),
    ("The first message of a newer term will make it a follower (§5.1)", |_, _| true),
    ("Its matchIndex for {} is {}, the end of its log", |s, w| {
        let raft = &s.own().raft;
        servers(w[0]).iter().all(|id| raft.progress[id.index()].matched == Index(n(w[1])))
            && raft.log.last_index() == Index(n(w[1]))
    }),
    ("Its matchIndex for {} is {}, nextIndex {}", |s, w| {
        let known = s.own().raft.progress[id(w[0]).index()];
        (known.matched.0, known.next.0) == (n(w[1]), n(w[2]))
    }),
    ("{} has confirmed nothing yet: nextIndex {}", |s, w| {
        let known = s.own().raft.progress[id(w[0]).index()];
        (known.matched.0, known.next.0) == (0, n(w[1]))
    }),
    (
        "A new request cannot commit as long as it reaches only {} of {}: {} are needed (§5.3)",
        |s, w| {
            let reached = s.reached().len() as u64 + 1;
            (reached, s.all()) == (n(w[0]), n(w[1])) && reached < n(w[2]) && s.is_enough(n(w[2]))
        },
    ),
    ("Its next heartbeat comes {} (§5.2)", |s, w| {
        s.own().heartbeat_timer.is_some_and(|timer| w[0] == s.due(timer.due))
    }),
    ("{} is a candidate in term {}: {} of {} needed votes, from {}", |s, w| {
        let raft = &s.own().raft;
        candidate(s, w) && is_set(w[4], raft.votes)
    }),
    ("{} is a candidate in term {}: {} of {} needed votes", |s, w| candidate(s, w) && w[2] == "0"),
    ("Its own vote counts once it is on its disk", |s, _| {
        let server = s.own();
        (server.disk.term, server.disk.voted_for) != (server.raft.term, Some(server.id))
    }),
    ("{} refused", |s, w| s.own().raft.refusals.contains(id(w[0]))),
    ("{} is still to answer", still_to_answer),
    ("{} are still to answer", still_to_answer),
    ("No answer of {} is on its way", |s, w| {
        let after = s.election_played_on(s.cluster.clone());
        let raft = &after.server(s.own().id).expect("it is there").raft;
        servers(w[0]).iter().all(|id| {
            let answered = raft.votes.contains(id) || raft.refusals.contains(id);
            !answered || raft.term != s.own().raft.term
        })
    }),
    (
        "Its timer runs out {}: without a result it becomes a candidate again, in term {} (§5.2)",
        |s, w| {
            s.own().election_timer.is_some_and(|timer| w[0] == s.due(timer.due))
                && s.own().raft.term.next() == Term(n(w[1]))
        },
    ),
    ("{} follows {} in term {}", |s, w| {
        let raft = &s.own().raft;
        (raft.leader, raft.term) == (Some(id(w[1])), Term(n(w[2])))
            && s.books.leaders.contains(&(raft.term, id(w[1])))
    }),
    ("{} is a follower; it voted for {} in term {}", |s, w| {
        let raft = &s.own().raft;
        (raft.leader, raft.voted_for, raft.term) == (None, Some(id(w[1])), Term(n(w[2])))
    }),
    ("{} is a follower in term {} and knows no leader", |s, w| {
        let raft = &s.own().raft;
        (raft.leader, raft.voted_for, raft.term) == (None, None, Term(n(w[1])))
    }),
    ("{} is asleep", |s, w| s.server(w[0]).power == Power::Asleep),
    ("{} no longer leads term {}", |s, w| {
        let raft = &s.server(w[0]).raft;
        raft.role != Role::Leader || raft.term != Term(n(w[1]))
    }),
    ("The link from {} is cut: no word of it arrives", |s, w| {
        !s.cluster.reaches(Node::Server(id(w[0])), Node::Server(s.own().id))
    }),
    (
        "Its timer runs out {}, of {}: without a leader's word it becomes a candidate (§5.2)",
        |s, w| {
            s.own()
                .election_timer
                .is_some_and(|timer| (w[0], w[1]) == (&*s.due(timer.due), &*span(timer.span)))
        },
    ),
    ("It could win: {} would vote for it (§5.2, §5.4.1)", |s, w| s.could_win(servers(w[0]))),
    ("It could win: its own vote is enough", |s, _| s.could_win(ServerSet::EMPTY)),
    ("It could not win: {} of {} needed votes; {}", |s, w| {
        !s.could_win(s.reached()) && s.is_enough(n(w[1])) && why_not(s, w[2], n(w[0]))
    }),
    ("It knows of commits up to entry {}, others up to {}", |s, w| {
        let up = s.cluster.servers().iter().filter(|server| server.power != Power::Down);
        let newest = up.map(|server| server.raft.commit.0).max();
        (s.own().raft.commit.0, newest) == (n(w[0]), Some(n(w[1])))
    }),
    ("Its clock runs at rate {}, and its timers with it", |s, w| {
        s.own().clock.as_rate().to_string() == w[0]
    }),
    ("Here wait {}", |s, w| {
        let named = w[0].split(", ").filter(|one| one.contains(" for entry ")).count();
        s.own().rsm.waiters.len().min(3) == named
    }),
    ("Entry {} waits: {}", |s, w| {
        let next = s.own().raft.commit.next();
        next == Index(n(w[0])) && waits(s, s.own(), next, w[1])
    }),
];

const ENTRY: &[(&str, Holds)] = &[
    ("Entry {} {}; {} appended it in term {}", |s, w| {
        let (server, index) = s.entry();
        let entry = server.raft.log.get(index).expect("it is there");
        let key = (index, entry.term, entry.op.id);
        index == Index(n(w[0]))
            && s.books.submitted.contains_key(&key)
            && (entry.op.id.server, entry.term) == (id(w[2]), Term(n(w[3])))
    }),
    ("Entry {} {}; the run began with it, as of term {}", |s, w| {
        let (server, index) = s.entry();
        let term = server.raft.log.term(index);
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
    ("{} counts it as committed, and has applied it", |s, _| {
        let (server, index) = s.entry();
        server.raft.commit >= index && server.rsm.applied >= index && s.is_committed()
    }),
    ("{} counts it as committed", |s, w| is_set(w[0], s.knowing()) && s.is_committed()),
    ("{} count it as committed", |s, w| is_set(w[0], s.knowing()) && s.is_committed()),
    ("The leader of term {} committed it", |s, w| {
        let (server, index) = s.entry();
        let term = server.raft.log.term(index).expect("it is there");
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
        s.server(w[0]).raft.commit < index && s.server(w[1]).raft.commit < index
    }),
    ("{} does not know yet: an append of {} will say so (§5.3)", |s, w| {
        let (_, index) = s.entry();
        let (own, leader) = (s.server(w[0]), s.server(w[1]));
        own.raft.commit < index
            && leader.raft.commit >= index
            && leader.raft.is_leader()
            && s.reaches_both_ways(own.id, leader.id)
    }),
    ("{} does not know: it is in a newer term than {}", |s, w| {
        s.server(w[0]).raft.term > s.server(w[1]).raft.term
    }),
    ("{} does not know: {}", |s, w| {
        s.absence_words(s.cluster.leader().expect("one leads"), ServerSet::only(id(w[0])))
            .contains(&w[1].to_owned())
    }),
    ("{} does not know", |s, w| s.server(w[0]).raft.commit < s.entry().1),
    ("Entry {} waits: {}", |s, w| {
        let (server, index) = s.entry();
        index == Index(n(w[0])) && waits(s, server, index, w[1])
    }),
    (
        "{}, the leader of term {}, has no entry {}: this one is overwritten when {} sends one in its place",
        |s, w| leads(s, w) && s.server(w[0]).raft.log.get(s.entry().1).is_none(),
    ),
    (
        "{}, the leader of term {}, has another entry {}, of term {}: this one is overwritten when {} copies it (§5.3)",
        |s, w| {
            let its = s.server(w[0]).raft.log.term(s.entry().1);
            leads(s, w) && its == Some(Term(n(w[3]))) && overwritten(s, w[0], w[4])
        },
    ),
    (
        "{}, the leader of term {}, has {}; {} is in a newer term and refuses its appends (§5.1)",
        |s, w| leads(s, w) && s.server(w[3]).raft.term > Term(n(w[1])),
    ),
];

const CLIENT: &[(&str, Holds)] = &[
    ("{} is idle", |s, _| s.client().is_idle()),
    ("{} has been at `{}` for {}", |s, w| {
        s.client().job.as_ref().is_some_and(|job| span(s.cluster.now().since(job.since)) == w[2])
    }),
    ("It pauses before it looks again", |s, _| s.client().job.is_some() && s.call().is_none()),
    ("It may ask no server but {}", |s, w| {
        s.client().job.as_ref().is_some_and(|job| job.only == Some(id(w[0])))
    }),
    ("One more operation waits behind this one", |s, _| s.client().queue.len() == 1),
    ("{} more operations wait behind this one", |s, w| s.client().queue.len() as u64 == n(w[0])),
    ("The last was `{}`: {} after {}", |s, _| s.client().last.is_some()),
    ("It has asked every server that it may, without an answer", |s, _| {
        s.call().is_some_and(|call| call.asking.is_none())
    }),
    ("It asks again in {}", |s, w| {
        s.call().is_some_and(|call| span(call.until.since(s.cluster.now())) == w[0])
    }),
    ("All is by hand: it asks again by `retry`, with {} left", |s, _| s.cluster.is_by_hand()),
    ("It asked {} {} ago; it ends this attempt in {}; this is attempt {}", |s, w| {
        asked(s, w) && s.call().is_some_and(|call| u64::from(call.attempt) == n(w[3]))
    }),
    ("It asked {} {} ago; it ends this attempt in {}", asked),
    ("It asked {}, and all is by hand: it waits", |s, _| s.cluster.is_by_hand()),
    ("It asked {}, and all is by hand: it waits; this is attempt {}", |s, _| {
        s.cluster.is_by_hand()
    }),
    (
        "An earlier attempt may have been carried out: if the version is wrong, the answer is maybe",
        |s, _| s.call().is_some_and(|call| call.maybe_executed),
    ),
    ("{} is down: its {} #{} will be lost", |s, w| s.is_dropped(w[2], DropReason::Down)),
    ("{} has restarted since: its {} #{} will be lost", |s, w| {
        s.is_dropped(w[2], DropReason::OldIncarnation) || s.is_dropped(w[2], DropReason::Cut)
    }),
    ("Its {} #{} will meet a cut link", |s, w| s.is_dropped(w[1], DropReason::Cut)),
    ("Its {} #{} is held by hand", |s, w| s.is_in_flight(w[1])),
    ("Its {} #{} is due {}", |s, w| s.is_in_flight(w[1])),
    ("{} is down: no answer will come", |s, w| {
        s.server(w[0]).power == Power::Down && s.no_packet()
    }),
    ("{} is asleep: the request waits there", |s, w| {
        let from = Node::Client(s.client().id);
        s.server(w[0]).inbox.iter().any(|packet| packet.from == from)
    }),
    ("{} is asleep", |s, w| s.server(w[0]).power == Power::Asleep),
    ("The link between them is cut: no answer will come", |s, _| s.no_packet()),
    ("The request or its answer was lost", |s, _| s.no_packet()),
    ("{} appended it as entry {} of term {}", |s, w| {
        let (index, term) = (Index(n(w[1])), Term(n(w[2])));
        let of = |(at, its, op): &(Index, Term, raftlab::cluster::types::OpId)| {
            (*at, *its, op.server) == (index, term, id(w[0]))
        };
        let client = Some(s.client().id);
        s.books.submitted.iter().any(|(key, whose)| of(key) && Some(*whose) == client)
    }),
    ("Another entry stands there by now, and {} has not said so yet", |s, w| {
        !s.server(w[0]).rsm.waiters.is_empty()
    }),
    ("Entry {} waits: {}", |s, w| {
        let server = s.call().and_then(|call| call.asking).map(|(server, _)| s.server_of(server));
        server.is_some_and(|server| waits(s, server, Index(n(w[0])), w[1]))
    }),
    ("Entry {}: {} as committed", |_, w| {
        fit("{} count it", w[1]).or(fit("{} counts it", w[1])).is_some()
    }),
    ("Entry {}: the leader of term {} committed it", |s, w| {
        s.books.committed.iter().any(|((index, _), by)| (index.0, by.0) == (n(w[0]), n(w[1])))
    }),
];

const PACKET: &[(&str, Holds)] = &[
    ("Packet #{}, from {} to {}: {}", |s, w| s.is_in_flight(w[0])),
    ("It is due in {}", |s, w| span(s.packet().due.since(s.cluster.now())) == w[0]),
    ("All is by hand: it waits, {}", |s, _| s.cluster.is_by_hand()),
    ("It is held here, and arrives when `release` lets it", |s, _| s.packet().hand == Hand::Held),
    ("It will be {} by hand when it arrives", |s, w| {
        let packet = s.packet();
        s.cluster.orders().iter().any(|order| {
            (order.from, order.to) == (packet.from, packet.to)
                && matches!(order.act, Act::Hold { .. }) == (w[0] == "held")
        })
    }),
    // The rules in general.
    ("{} votes once a term, and for no log that is behind its own (§5.2, §5.4.1)", |_, _| true),
    ("The votes of a majority make a leader (§5.2)", |_, _| true),
    ("A refusal is not counted; a newer term makes a follower (§5.1)", |_, _| true),
    ("It resets the election timer of {} and brings the commit index (§5.2, §5.3)", |_, _| true),
    ("{} takes them if its log has the entry before them (§5.3)", |_, _| true),
    ("What is on a majority can be committed (§5.3)", |_, _| true),
    ("{} goes back in its log until both agree (§5.3)", |_, _| true),
    ("Only the leader takes requests (§8)", |_, _| true),
    ("It ends the call", |_, _| true),
    ("{} asks again; this request may still be carried out", |_, _| true),
    ("{} asks again", |_, _| true),
];

impl<'a> Scene<'a> {
    fn server(&self, word: &str) -> &'a Server {
        self.server_of(id(word))
    }

    fn server_of(&self, id: ServerId) -> &'a Server {
        self.cluster.server(id).expect("the server is there")
    }

    fn own(&self) -> &'a Server {
        match self.about {
            About::Server(id) | About::Entry(id, _) => self.server_of(id),
            About::Client(_) | About::Packet(_) => panic!("this is about no server"),
        }
    }

    fn entry(&self) -> (&'a Server, Index) {
        match self.about {
            About::Entry(id, index) => (self.server_of(id), index),
            other => panic!("this is about {other:?}"),
        }
    }

    fn client(&self) -> &'a raftlab::cluster::client::Client {
        match self.about {
            About::Client(id) => &self.cluster.clients()[id.index()],
            other => panic!("this is about {other:?}"),
        }
    }

    fn call(&self) -> Option<&'a Call> {
        self.client().call()
    }

    fn packet(&self) -> &'a Packet {
        let About::Packet(id) = self.about else { panic!("this is about {:?}", self.about) };
        self.find(id).expect("it is in flight")
    }

    fn find(&self, id: PacketId) -> Option<&'a Packet> {
        self.cluster.packets().into_iter().find(|packet| packet.id == id)
    }

    fn is_in_flight(&self, word: &str) -> bool {
        self.find(PacketId(n(word))).is_some()
    }

    fn all(&self) -> u64 {
        self.cluster.servers().len() as u64
    }

    /// Without a flaw, more than half.
    fn is_enough(&self, needed: u64) -> bool {
        !self.cluster.flaws().is_empty()
            || 2 * needed > self.all() && 2 * (needed - 1) <= self.all()
    }

    fn reaches_both_ways(&self, one: ServerId, other: ServerId) -> bool {
        let (one, other) = (Node::Server(one), Node::Server(other));
        self.cluster.reaches(one, other) && self.cluster.reaches(other, one)
    }

    fn reached(&self) -> ServerSet {
        let own = self.own().id;
        let others = self.cluster.servers().iter().filter(|other| other.id != own);
        let reached =
            others.filter(|other| other.is_running() && self.reaches_both_ways(own, other.id));
        reached.map(|other| other.id).collect()
    }

    fn due(&self, at: Time) -> String {
        let left = span(at.since(self.cluster.now()));
        if self.cluster.is_by_hand() {
            format!("by hand, with {left} left")
        } else {
            format!("in {left}")
        }
    }

    /// What a server that is down begins with.
    fn restarted(&self) -> raftlab::cluster::raft::Raft {
        let mut trial = self.cluster.clone();
        let own = self.own().id;
        if trial.is_stopped() {
            return self.own().raft.clone();
        }
        apply(&mut trial, &format!("restart {own}"));
        trial.server(own).expect("it is there").raft.clone()
    }

    /// In words, of which of these servers a server gets no answer, and why: as clauses in rows.
    fn absence_words(&self, own: ServerId, among: ServerSet) -> Vec<String> {
        let (mut cut, mut deaf, mut mute, mut down, mut asleep) = Default::default();
        for other in among.iter() {
            let (to, back) = (Node::Server(own), Node::Server(other));
            let set: &mut ServerSet = match (
                self.server_of(other).power,
                self.cluster.reaches(to, back),
                self.cluster.reaches(back, to),
            ) {
                (Power::Down, ..) => &mut down,
                (Power::Asleep, ..) => &mut asleep,
                (Power::Up, false, false) => &mut cut,
                (Power::Up, false, true) => &mut deaf,
                (Power::Up, true, false) => &mut mute,
                (Power::Up, true, true) => continue,
            };
            set.insert(other);
        }
        let is = |set: ServerSet, what: &str| {
            let verb = if set.len() == 1 { "is" } else { "are" };
            (!set.is_empty()).then(|| format!("{set} {verb} {what}"))
        };
        let does = if deaf.len() == 1 { "does" } else { "do" };
        let clauses = [
            is(cut, "cut off"),
            (!deaf.is_empty()).then(|| format!("{deaf} {does} not hear {own}")),
            (!mute.is_empty()).then(|| format!("{own} does not hear {mute}")),
            is(down, "down"),
            is(asleep, "asleep"),
        ];
        vec![clauses.into_iter().flatten().collect::<Vec<String>>().join(", ")]
    }

    /// What may be said of those that do not answer this server: all of them, or a candidate's
    /// that have not answered yet.
    fn absences(&self) -> Vec<String> {
        let own = self.own();
        let others: ServerSet = self
            .cluster
            .servers()
            .iter()
            .map(|other| other.id)
            .filter(|id| *id != own.id)
            .collect();
        let silent = others.without(own.raft.votes).without(own.raft.refusals);
        let mut all = self.absence_words(own.id, others);
        all.extend(self.absence_words(own.id, silent));
        all
    }

    fn holders(&self) -> ServerSet {
        let (server, index) = self.entry();
        let entry = server.raft.log.get(index);
        let name = |server: &Server| server.raft.log.get(index).map(|one| (one.term, one.op.id));
        let own = entry.map(|one| (one.term, one.op.id));
        self.cluster.servers().iter().filter(|one| name(one) == own).map(|one| one.id).collect()
    }

    fn knowing(&self) -> ServerSet {
        let (_, index) = self.entry();
        let knows = |id: &ServerId| {
            let server = self.server_of(*id);
            server.power != Power::Down && server.raft.commit >= index
        };
        self.holders().iter().filter(knows).collect()
    }

    /// A leader has committed it; without flaws and with all disks.
    fn is_committed(&self) -> bool {
        let (server, index) = self.entry();
        let term = server.raft.log.term(index).expect("it is there");
        self.books.committed.contains_key(&(index, term))
    }

    /// Whether no request and no answer of the open call is on its way.
    fn no_packet(&self) -> bool {
        let Some(call) = self.call() else { return false };
        let own = Node::Client(self.client().id);
        self.cluster.packets().into_iter().all(|packet| match packet.message {
            Message::Request { call: number, attempt, .. }
            | Message::Reply { call: number, attempt, .. } => {
                !(packet.from == own || packet.to == own)
                    || (number, attempt) != (call.number, call.attempt)
            }
            _ => true,
        })
    }

    /// Whether a packet would be dropped for this reason, if it came to its end now.
    fn is_dropped(&self, word: &str, why: DropReason) -> bool {
        let id = PacketId(n(word));
        delivered(self.cluster, id).is_none_or(|after| {
            after.events().iter().any(|event| {
                matches!(event.kind, E::Dropped { packet, why: reason, .. } if packet == id && reason == why)
            })
        })
    }

    /// The server stands for election in a copy, and those of its voters that it reaches answer; only
    /// the answers of `whose` arrive. Whether it wins.
    fn could_win(&self, whose: ServerSet) -> bool {
        let own = self.own().id;
        if self.cluster.is_stopped() {
            return true;
        }
        let mut trial = self.cluster.clone();
        if !trial.is_by_hand() {
            apply(&mut trial, "by-hand on");
        }
        apply(&mut trial, &format!("timeout {own}"));
        sync(&mut trial);
        for other in whose.iter() {
            try_to(&mut trial, &format!("deliver vote {own} -> {other}"));
        }
        sync(&mut trial);
        for other in whose.iter() {
            try_to(&mut trial, &format!("deliver vote-reply {other} -> {own}"));
        }
        let raft = &trial.server(own).expect("it is there").raft;
        raft.is_leader() && raft.term == self.own().raft.term.next()
    }

    /// All that is about the present election arrives, and its answers.
    fn election_played_on(&self, mut trial: Cluster) -> Cluster {
        if trial.is_stopped() {
            return trial;
        }
        if !trial.is_by_hand() {
            apply(&mut trial, "by-hand on");
        }
        let own = self.own().id;
        let held: Vec<PacketId> = held(&trial);
        sync(&mut trial);
        deliver_free(&mut trial, &held, |packet| {
            packet.from == Node::Server(own)
                && matches!(packet.message, Message::RequestVote { .. })
        });
        for server in self.cluster.servers().iter().filter(|one| one.power == Power::Asleep) {
            try_to(&mut trial, &format!("wake {}", server.id));
        }
        sync(&mut trial);
        deliver_free(&mut trial, &held, |packet| {
            packet.to == Node::Server(own) && matches!(packet.message, Message::VoteReply { .. })
        });
        trial
    }
}

fn candidate(s: &Scene, w: &[&str]) -> bool {
    let raft = &s.own().raft;
    raft.role == Role::Candidate
        && (raft.term, raft.votes.len() as u64) == (Term(n(w[1])), n(w[2]))
        && s.is_enough(n(w[3]))
}

fn still_to_answer(s: &Scene, w: &[&str]) -> bool {
    if s.cluster.is_stopped() {
        return true;
    }
    let after = s.election_played_on(s.cluster.clone());
    let raft = &after.server(s.own().id).expect("it is there").raft;
    // It may have won by then, or heard of a newer term.
    servers(w[0]).iter().all(|id| {
        raft.votes.contains(id) || raft.refusals.contains(id) || raft.role != Role::Candidate
    })
}

/// The groups of those that would not vote for it, each for its reason.
fn why_not(s: &Scene, words: &str, votes: u64) -> bool {
    let own = s.own();
    let (term, last) = (own.raft.term.next(), own.raft.log.last());
    let (mut newer, mut voted, mut log, mut grant) =
        (ServerSet::EMPTY, ServerSet::EMPTY, ServerSet::EMPTY, ServerSet::EMPTY);
    for other in s.reached().iter() {
        let raft = &s.server_of(other).raft;
        let its = raft.log.last();
        let for_another = raft.term == term && raft.voted_for.is_some_and(|whom| whom != own.id);
        let set = match () {
            () if raft.term > term => &mut newer,
            () if for_another => &mut voted,
            () if (its.term, its.index) > (last.term, last.index) => &mut log,
            () => &mut grant,
        };
        set.insert(other);
    }
    let told = |set: ServerSet, one: &str, many: &str| {
        set.is_empty()
            || words.contains(&format!("{set} {}", if set.len() == 1 { one } else { many }))
    };
    let flawed = !s.cluster.flaws().is_empty();
    let others = told(newer, "is in a newer term (§5.1)", "are in a newer term (§5.1)")
        && told(voted, "has voted for another (§5.2)", "have voted for another (§5.2)")
        && told(log, "has a newer log (§5.4.1)", "have newer logs (§5.4.1)");
    flawed || others && grant.len() as u64 + 1 == votes
}

fn leads(s: &Scene, w: &[&str]) -> bool {
    let leader = s.server(w[0]);
    leader.raft.is_leader() && leader.raft.term == Term(n(w[1])) && leader.is_running()
}

/// Whether the entry is overwritten indeed, when all that both say to each other arrives.
fn overwritten(s: &Scene, leader: &str, holder: &str) -> bool {
    let (server, index) = s.entry();
    let before = server.raft.log.get(index).cloned();
    let mut trial = s.cluster.clone();
    if trial.is_stopped() || !s.reaches_both_ways(id(leader), id(holder)) || !server.is_running() {
        return true;
    }
    if !trial.is_by_hand() {
        apply(&mut trial, "by-hand on");
    }
    for _ in 0..60 {
        try_to(&mut trial, &format!("heartbeat {leader}"));
        let held: Vec<PacketId> = held(&trial);
        let (from, to) = (Node::Server(id(leader)), Node::Server(id(holder)));
        deliver_free(&mut trial, &held, |packet| (packet.from, packet.to) == (from, to));
        sync(&mut trial);
        deliver_free(&mut trial, &held, |packet| (packet.to, packet.from) == (from, to));
        sync(&mut trial);
        let now = trial.server(id(holder)).and_then(|server| server.raft.log.get(index)).cloned();
        if now != before || trial.is_stopped() {
            return true;
        }
        if !trial.server(id(leader)).is_some_and(|leader| leader.raft.is_leader()) {
            return true;
        }
    }
    false
}

/// What is said behind "Entry 3 waits: ".
fn waits(s: &Scene, holder: &Server, index: Index, words: &str) -> bool {
    let entry = holder.raft.log.get(index);
    let same = |server: &&Server| server.raft.log.get(index) == entry;
    let copies: ServerSet = s.cluster.servers().iter().filter(same).map(|one| one.id).collect();
    let count = |word: &str| n(word) == copies.len() as u64;
    if let Some(w) = fit("{} of {} needed copies; {}", words) {
        return count(w[0])
            && n(w[0]) < n(w[1])
            && s.is_enough(n(w[1]))
            && lacking(s, holder, copies, w[2]);
    }
    if let Some(w) = fit(
        "{} of {} needed copies, but it is of term {}: an entry of term {} must be committed first, and brings it along (§5.4.2)",
        words,
    ) {
        return count(w[0]) && old_term(holder, index, &w[2..]);
    }
    if let Some(w) = fit(
        "{} copies, {} are needed, but it is of term {}: an entry of term {} must be committed first, and brings it along (§5.4.2)",
        words,
    ) {
        return count(w[0]) && old_term(holder, index, &w[2..]);
    }
    if let Some(w) = fit("{} copies, {} are needed, but {} knows of only {}; {}", words) {
        let leader = s.server(w[2]);
        let known =
            copies.iter().filter(|id| leader.raft.progress[id.index()].matched >= index).count();
        return count(w[0]) && known as u64 == n(w[3]) && unheard(s, leader, index, copies, w[4]);
    }
    if let Some(w) = fit("{} copies, {} are needed; {}", words) {
        return count(w[0]) && lacking(s, holder, copies, w[2]);
    }
    false
}

fn old_term(holder: &Server, index: Index, w: &[&str]) -> bool {
    holder.raft.log.term(index) == Some(Term(n(w[0]))) && n(w[0]) < n(w[1])
}

/// Who lacks a copy, and why.
fn lacking(s: &Scene, holder: &Server, copies: ServerSet, words: &str) -> bool {
    let running = |server: &&Server| server.is_running() && server.raft.is_leader();
    let leaders: Vec<&Server> = s.cluster.servers().iter().filter(running).collect();
    if words == "no server leads" {
        return leaders.is_empty();
    }
    if let Some(w) = fit("{} leads and has another entry there, of term {}", words) {
        return s.server(w[0]).raft.is_leader() && !copies.contains(id(w[0]));
    }
    if let Some(w) = fit("{} leads and does not have it", words) {
        return s.server(w[0]).raft.is_leader() && !copies.contains(id(w[0]));
    }
    let all: ServerSet = s.cluster.servers().iter().map(|server| server.id).collect();
    let lack = all.without(copies);
    // It depends on who leads: the holder, the one that it follows, or the newest.
    let ids = leaders.iter().map(|leader| leader.id).chain([holder.id]);
    ids.into_iter().any(|leader| {
        let absent = s.absence_words(leader, lack).concat();
        let there: ServerSet = lack
            .iter()
            .filter(|id| s.server_of(*id).is_running() && s.reaches_both_ways(leader, *id))
            .collect();
        let verb = if there.len() == 1 { "is" } else { "are" };
        let copying = format!("{there} {verb} still to copy it");
        let parts = [absent, if there.is_empty() { String::new() } else { copying }];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ") == words
    })
}

/// Whose answer is on its way to the leader, and whose is not: tried out.
fn unheard(s: &Scene, leader: &Server, index: Index, copies: ServerSet, words: &str) -> bool {
    let mut trial = s.cluster.clone();
    if trial.is_stopped() {
        return true;
    }
    if !trial.is_by_hand() {
        apply(&mut trial, "by-hand on");
    }
    let held: Vec<PacketId> = held(&trial);
    let acks = |packet: &Packet| {
        packet.to == Node::Server(leader.id)
            && matches!(
                packet.message,
                Message::AppendReply { result: AppendResult::Matched(_), .. }
            )
    };
    let in_inbox = leader.inbox.iter().any(acks);
    deliver_free(&mut trial, &held, acks);
    let known = |cluster: &Cluster, id: ServerId| {
        let raft = &cluster.server(leader.id).expect("it is there").raft;
        raft.progress.get(id.index()).is_none_or(|one| one.matched >= index)
    };
    let unknown: ServerSet = copies.iter().filter(|id| !known(s.cluster, *id)).collect();
    for other in unknown.iter() {
        let name = other.to_string();
        let named = |form: &str| {
            words.split(", ").collect::<Vec<_>>().join(", ").contains(form) && words.contains(&name)
        };
        if words.starts_with("the answer of ")
            && named("is on its way")
            && !words.contains("no answer")
        {
            let coming = fit("the answer of {} is on its way", words).map(|w| servers(w[0]));
            if coming.is_some_and(|set| set.contains(other)) && !known(&trial, other) && !in_inbox {
                return false;
            }
        }
        if let Some(w) = fit("no answer of {} is on its way", words)
            && servers(w[0]).contains(other)
            && known(&trial, other)
        {
            return false;
        }
    }
    !words.contains("its own disk has not synced it")
        || leader.disk.log.get(index) != leader.raft.log.get(index)
}

/// What comes of a packet when it is delivered now, in a copy.
fn comes_of_it(s: &Scene, packet: &Packet, words: &str) -> bool {
    let Some(after) = delivered(s.cluster, packet.id) else { return true };
    let told = |event: &raftlab::cluster::event::Event| event.told(after.names());
    let telling = |event: &&raftlab::cluster::event::Event| {
        !matches!(event.kind, E::Received { .. } | E::Sent { .. })
    };
    if let Some(w) = fit("{} sleeps: it waits there.", words) {
        return s.server(w[0]).power == Power::Asleep;
    }
    if words == "nothing more would follow from it." {
        return !after.events().iter().any(|event| telling(&event));
    }
    after.events().iter().any(|event| told(event).eq_ignore_ascii_case(words))
}

/// A copy in which this packet has just arrived or not; `None` if something else came first.
fn delivered(cluster: &Cluster, id: PacketId) -> Option<Cluster> {
    let mut trial = cluster.clone();
    if trial.is_stopped() {
        return None;
    }
    trial.apply(&Command::Packet { packet: id, deed: PacketDeed::Deliver }).ok()?;
    trial.step();
    let of_it = trial.events().iter().any(|event| {
        matches!(event.kind, E::Received { packet, .. } | E::Dropped { packet, .. } if packet == id)
    });
    // A packet for a sleeper makes no event.
    (of_it || trial.events().is_empty()).then_some(trial)
}

fn held(cluster: &Cluster) -> Vec<PacketId> {
    let held = |packet: &&Packet| packet.hand == Hand::Held;
    cluster.packets().into_iter().filter(held).map(|packet| packet.id).collect()
}

fn deliver_free(trial: &mut Cluster, held: &[PacketId], wanted: impl Fn(&Packet) -> bool) {
    let packets: Vec<PacketId> = trial
        .packets()
        .into_iter()
        .filter(|packet| wanted(packet) && !held.contains(&packet.id))
        .map(|packet| packet.id)
        .collect();
    for packet in packets {
        let _ = trial.apply(&Command::Packet { packet, deed: PacketDeed::Deliver });
        settle(trial);
    }
}

/// Every disk that is at work comes to the end of it.
fn sync(trial: &mut Cluster) {
    for _ in 0..3 {
        try_to(trial, "sync all");
    }
}

fn try_to(trial: &mut Cluster, line: &str) {
    let command = parse_line(line).expect("a good line");
    if trial.apply(&command).is_ok() {
        settle(trial);
    }
}

fn settle(trial: &mut Cluster) {
    while trial.is_told_pending() && !trial.is_stopped() {
        trial.step();
    }
}

fn apply(trial: &mut Cluster, line: &str) {
    trial
        .apply(&parse_line(line).expect("a good line"))
        .unwrap_or_else(|e| panic!("{line}: {e:?}"));
    settle(trial);
}

fn asked(s: &Scene, w: &[&str]) -> bool {
    let now = s.cluster.now();
    s.call().is_some_and(|call| {
        call.asking.is_some_and(|(server, since)| {
            (server, &*span(now.since(since)), &*span(call.until.since(now)))
                == (id(w[0]), w[1], w[2])
        })
    })
}

/// As the lab writes a length of time.
fn span(span: Span) -> String {
    match span.micros() {
        0 => "0 ms".to_owned(),
        1..1_000 => "less than 1 ms".to_owned(),
        micros @ 1_000..1_000_000 => format!("{} ms", micros / 1_000),
        micros => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}
