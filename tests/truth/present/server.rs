//! A server: what it is, whom it hears, whether it could win.

use std::ops::Deref as _;

use raftlab::cluster::Cluster;
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::network::{Cargo, Hand, Loss, Packet, PacketName};
use raftlab::cluster::raft::{Message, Mode, Most, RaftOption, Role};
use raftlab::cluster::rsm::Waiter;
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::time::Span;
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::{Index, Node, PacketId, ServerId, ServerSet, Term};

use super::entry::waits;
use super::trial::{apply, calm, deliver_free, held, sync, try_to};
use super::{Forms, Scene, span};
use crate::books::known;
use crate::template::fit;
use crate::words::{id, is_set, lists, n, row, servers};

pub const SERVER: Forms = &[
    ("Its disk takes {} a write", |s, w| {
        s.own().disk.sync.is_some_and(|sync| span(sync) == w[0] && sync > s.cluster.config().sync)
    }),
    ("Its disk hangs: no write ends", |s, _| s.own().disk.sync.is_none()),
    ("Its next write fails, and it stops then", |s, _| s.own().disk.fails),
    ("One message waits until its disk has synced (Figure 2)", |s, _| {
        s.own().disk.messages().count() == 1
    }),
    ("{} messages wait until its disk has synced (Figure 2)", |s, w| {
        s.own().disk.messages().count() as u64 == n(w[0])
    }),
    ("It sends {} no entries before an answer (dissertation §10.2.2)", |s, w| {
        let quiet = |id: &ServerId| {
            s.own().raft.mode(*id) == Some(Mode::Probe) && s.own().raft.in_flight(*id) == 0
        };
        s.cluster.config().inflight != Most::Count(1) && servers(w[0]).iter().all(|id| quiet(&id))
    }),
    ("It takes no requests while {} entries of its term are not committed", |s, w| {
        let raft = &s.own().raft;
        let open = raft.log().iter_from(raft.commit().next());
        open.filter(|(_, entry)| entry.term == raft.term()).count() as u64 == n(w[0])
            && s.cluster.config().uncommitted.map(u64::from) <= Some(n(w[0]))
    }),
    ("{} is down", |s, w| s.server(w[0]).power == Power::Down),
    ("Its disk holds term {}, {} and {}", |s, w| {
        let raft = s.restarted();
        let vote = raft.voted_for().map_or("no vote".into(), |whom| format!("a vote for {whom}"));
        let log = match raft.log().last().index == Index::ZERO {
            true => "no entries".into(),
            false => format!("a log that ends at {}", raft.log().last()),
        };
        (raft.term(), &*vote, &*log) == (Term(n(w[0])), w[1], w[2])
    }),
    (
        "After a restart it is a follower that has applied its snapshot, up to entry {} (§7)",
        |s, w| {
            let up_to = Index(n(w[0]));
            s.restarted().role() == Role::Follower
                && s.restarted().commit() == up_to
                && s.restarted().log().base().index == up_to
        },
    ),
    ("{} needs entry {}, which only a snapshot has now (§7)", needs_snapshot),
    ("{} need entry {}, which only a snapshot has now (§7)", needs_snapshot),
    (
        "It sends {} its snapshot up to entry {}, of which {} of {} bytes are confirmed (§7)",
        |s, w| {
            s.own().raft.sending(id(w[0])).is_some_and(|(snapshot, received)| {
                (snapshot.last.index.0, u64::from(received), u64::from(snapshot.bytes))
                    == (n(w[1]), n(w[2]), n(w[3]))
            })
        },
    ),
    ("A snapshot stands in for its log up to entry {} (§7)", |s, w| {
        let up_to = Index(n(w[0]));
        s.own().raft.snapshot().is_some_and(|snapshot| snapshot.last.index == up_to)
            && s.own().raft.log().first_index() == up_to.next()
    }),
    ("Of a snapshot up to entry {} it has the first {} bytes", |s, w| {
        let has = s.own().raft.receiving();
        has.is_some_and(|(of, bytes)| (of.index.0, u64::from(bytes)) == (n(w[0]), n(w[1])))
    }),
    ("After a restart it is a follower that has applied nothing yet", |s, _| {
        s.restarted().role() == Role::Follower && s.restarted().commit() == Index::ZERO
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
            other.is_running() && other.raft.is_leader() && other.raft.term() > raft.term()
        });
        raft.role() == Role::Leader && raft.term() == Term(n(w[1])) && !newer
    }),
    ("{} still believes that it leads term {}; {} leads term {}", |s, w| {
        let (old, new) = (&s.server(w[0]).raft, &s.server(w[2]).raft);
        (old.role(), new.role()) == (Role::Leader, Role::Leader)
            && (old.term(), new.term()) == (Term(n(w[1])), Term(n(w[3])))
            && old.term() < new.term()
    }),
    ("The first message of a newer term will make it a follower (§5.1)", |_, _| true),
    ("{} leads the same term", leads_too),
    ("{} lead the same term", leads_too),
    ("Its matchIndex for {} is {}, the end of its log", |s, w| {
        let own = s.own();
        servers(w[0]).iter().all(|id| known(own, id).matched == Index(n(w[1])))
            && own.raft.log().last_index() == Index(n(w[1]))
    }),
    ("Its matchIndex for {} is {}, nextIndex {}", |s, w| knows(s, w[0], (n(w[1]), n(w[2])))),
    ("{} has confirmed nothing yet: nextIndex {}", |s, w| knows(s, w[0], (0, n(w[1])))),
    ("{} have confirmed nothing yet: nextIndex {}", |s, w| knows(s, w[0], (0, n(w[1])))),
    (
        "A new request cannot commit as long as only {} of {} can take it and answer: {} are needed ({})",
        |s, w| {
            let reached = s.reached().len() as u64 + 1;
            let by_flaw = w[3].starts_with("flaw small-majority");
            (reached, s.all()) == (n(w[0]), n(w[1]))
                && reached < n(w[2])
                && s.is_enough(n(w[2]), by_flaw)
        },
    ),
    ("Its next heartbeat comes {} (§5.2)", |s, w| {
        s.own().timer(TimerKind::Heartbeat).is_some_and(|timer| w[0] == s.due(timer.due))
    }),
    (
        "For its next check for a quorum, {}, it counts {} so far: that is enough (dissertation §6.2)",
        |s, w| checks_next(s, (w[1], w[0]), None),
    ),
    (
        "For its next check for a quorum, {}, it counts {} so far: unless {} more answer, it steps down then (dissertation §6.2)",
        |s, w| checks_next(s, (w[1], w[0]), Some(n(w[2]))),
    ),
    (
        "For its next check for a quorum, {}, it counts {} so far: unless 1 more answers, it steps down then (dissertation §6.2)",
        |s, w| checks_next(s, (w[1], w[0]), Some(1)),
    ),
    ("For {} more it answers reads by its lease (dissertation §6.4.1)", |s, w| {
        // A tenth less than the shortest election timeout after the newest round of answers.
        let left = s.cluster.lease_left(s.own()).expect("it has one");
        let whole = Span(left.micros().div_ceil(1_000) * 1_000);
        left < s.cluster.config().election_timeout.low.by_clock(s.own().clock)
            && w[0] == span(whole)
    }),
    ("It has no lease: a read needs a round of answers (dissertation §6.4)", |s, _| {
        s.cluster.lease_left(s.own()).is_none()
    }),
    (
        "One read waits for {} more to confirm that it leads; so far {} (dissertation §6.4)",
        |s, w| unconfirmed(s, 1, w[0], w[1]),
    ),
    (
        "{} reads wait for {} more to confirm that it leads; so far {} (dissertation §6.4)",
        |s, w| unconfirmed(s, n(w[0]), w[1], w[2]),
    ),
    ("One read waits for an entry of term {} to be committed (dissertation §6.4)", |s, w| {
        held_back(s, 1, w[0])
    }),
    ("{} reads wait for an entry of term {} to be committed (dissertation §6.4)", |s, w| {
        held_back(s, n(w[0]), w[1])
    }),
    (
        "It hands its leadership over to {}, and takes no requests meanwhile (dissertation §3.10)",
        |s, w| {
            s.own().raft.transfer().is_some_and(|it| it.to == id(w[0]))
                && !s.own().raft.takes_requests()
        },
    ),
    ("It has told {} to become a candidate", |s, w| {
        s.own().raft.transfer().is_some_and(|it| it.to == id(w[0]) && it.told)
    }),
    ("{} matches up to entry {} of {}, and gets the rest first", |s, w| {
        known(s.own(), id(w[0])).matched == Index(n(w[1]))
            && s.own().raft.log().last_index() == Index(n(w[2]))
            && n(w[1]) < n(w[2])
    }),
    ("It goes on as before with its first heartbeat {}, if no newer term has come", |s, w| {
        s.own().raft.transfer().is_some_and(|it| {
            let until = it.since + s.cluster.config().election_timeout.low.by_clock(s.own().clock);
            match w[0].strip_prefix("after ") {
                None => w[0] == "from now on" && until <= s.cluster.now(),
                Some(left) => {
                    let exact = until.since(s.cluster.now());
                    let begun = Span(exact.micros().div_ceil(1_000) * 1_000);
                    left == span(if exact < Span::from_millis(1) { exact } else { begun })
                }
            }
        })
    }),
    ("{} is a candidate in term {}: {} of {} needed votes, from {}", |s, w| {
        let raft = &s.own().raft;
        candidate(s, w) && is_set(w[4], raft.votes())
    }),
    ("{} is a candidate in term {}: {} of {} needed votes", |s, w| candidate(s, w) && w[2] == "0"),
    (
        "{} asks who would vote for it in term {}, and keeps term {} until {} would (dissertation §9.6): {} so far, {}",
        |s, w| {
            let raft = &s.own().raft;
            let flawed = raft.rules().flaws.has(Flaw::SmallMajority);
            raft.role() == Role::PreCandidate
                && (raft.term().next(), raft.term()) == (Term(n(w[1])), Term(n(w[2])))
                && s.is_enough(n(w[3]), flawed)
                && raft.votes().len() as u64 == n(w[4])
                && is_set(w[5], raft.votes())
        },
    ),
    ("Its timer runs out {}: without a result it asks again (dissertation §9.6)", |s, w| {
        s.own().timer(TimerKind::Election).is_some_and(|timer| w[0] == s.due(timer.due))
    }),
    ("It has no vote itself (dissertation §4.2.2)", |s, _| {
        let own = s.own();
        !own.raft.configuration().voters().contains(own.id)
    }),
    ("Its own vote counts once it is on its disk", |s, _| {
        let server = s.own();
        (server.disk.hard.term, server.disk.hard.voted_for) != (server.raft.term(), Some(server.id))
    }),
    ("{} refused", |s, w| s.own().raft.refusals().contains(id(w[0]))),
    ("{} is still to answer", still_to_answer),
    ("{} are still to answer", still_to_answer),
    ("The request to {}, or the answer, is held by hand", |s, w| {
        s.about_votes(w[0], |packet| packet.hand == Hand::Held || s.stands_order(packet))
    }),
    ("The request to {}, or the answer, will be lost", |s, w| {
        s.about_votes(w[0], |packet| packet.loss != Loss::Arrives || s.stands_order(packet))
    }),
    ("No answer of {} is on its way", |s, w| {
        let after = s.election_played_on(s.cluster.clone());
        let raft = &after.server(s.own().id).expect("it is there").raft;
        servers(w[0]).iter().all(|id| {
            let answered = raft.votes().contains(id) || raft.refusals().contains(id);
            !answered || raft.term() != s.own().raft.term()
        })
    }),
    (
        "Its timer runs out {}: without a result it becomes a candidate again, in term {} (§5.2)",
        |s, w| {
            s.own().timer(TimerKind::Election).is_some_and(|timer| w[0] == s.due(timer.due))
                && s.own().raft.term().next() == Term(n(w[1]))
        },
    ),
    ("{} follows {} in term {}", |s, w| {
        let raft = &s.own().raft;
        (raft.leader(), raft.term()) == (Some(id(w[1])), Term(n(w[2])))
            && s.books.leaders.contains(&(raft.term(), id(w[1])))
    }),
    ("{} is a follower; it voted for {} in term {}", |s, w| {
        let raft = &s.own().raft;
        (raft.leader(), raft.voted_for(), raft.term()) == (None, Some(id(w[1])), Term(n(w[2])))
    }),
    ("{} is a follower in term {} and knows no leader", |s, w| {
        let raft = &s.own().raft;
        (raft.leader(), raft.voted_for(), raft.term()) == (None, None, Term(n(w[1])))
    }),
    ("{} is asleep", |s, w| s.server(w[0]).power == Power::Asleep),
    ("{} no longer leads term {}", |s, w| {
        let raft = &s.server(w[0]).raft;
        raft.role() != Role::Leader || raft.term() != Term(n(w[1]))
    }),
    ("The link from {} is cut: no word of it arrives", |s, w| {
        !s.cluster.reaches(Node::Server(id(w[0])), Node::Server(s.own().id))
    }),
    (
        "Its timer runs out {}, of {}: without a leader's word it becomes a candidate (§5.2)",
        |s, w| {
            s.own().timer(TimerKind::Election).is_some_and(|timer| {
                // Milliseconds that have begun, as those that are left.
                let whole = Span(timer.span.micros().div_ceil(1_000) * 1_000);
                (w[0], w[1]) == (&*s.due(timer.due), &*span(whole))
            })
        },
    ),
    (
        "Its timer runs out {}, of {}: without a leader's word it asks who would vote for it (dissertation §9.6)",
        |s, w| {
            s.own().raft.rules().options.has(RaftOption::PreVote)
                && s.own().timer(TimerKind::Election).is_some_and(|timer| {
                    let whole = Span(timer.span.micros().div_ceil(1_000) * 1_000);
                    (w[0], w[1]) == (&*s.due(timer.due), &*span(whole))
                })
        },
    ),
    ("It could win: {} would vote for it ({})", |s, w| s.could_win(w[0], w[1])),
    ("It could win: its own vote is enough ({})", |s, w| s.could_win("none", w[0])),
    ("It could not win: {}", |s, w| !w[0].contains("heard from a leader") && cannot_win(s, w)),
    ("It could not win now: {}", |s, w| w[0].contains("heard from a leader") && cannot_win(s, w)),
    ("Flaw {}: {}", |s, w| s.names_flaw(w)),
    ("Flaw small-majority: the rule is {} (§5.2)", |s, w| {
        s.own().raft.rules().flaws.has(Flaw::SmallMajority) && s.is_enough(n(w[0]), false)
    }),
    ("It knows of commits up to entry {}, others up to {}", |s, w| {
        let up = s.cluster.servers().iter().filter(|server| server.power != Power::Down);
        let newest = up.map(|server| server.raft.commit().0).max();
        (s.own().raft.commit().0, newest) == (n(w[0]), Some(n(w[1])))
    }),
    ("Its clock runs at rate {}, and its timers with it", |s, w| s.own().clock.as_rate() == w[0]),
    ("Waiting here: {}", |s, w| holds_for(s, w[0], true)),
    ("No longer waiting here: {}", |s, w| holds_for(s, w[0], false)),
    ("Entry {} waits: {}", |s, w| {
        let next = s.own().raft.commit().next();
        next == Index(n(w[0])) && waits(s, s.own(), next, w[1])
    }),
];

/// Whom a leader has heard, when it checks, and whether the check, made now, deposes it.
fn checks_next(s: &Scene<'_>, (heard, at): (&str, &str), lacks: Option<u64>) -> bool {
    let own = s.own();
    let all = own.raft.active().union(ServerSet::only(own.id));
    let mut trial = s.cluster.clone();
    if !trial.is_stopped() {
        apply(&mut trial, &format!("quorum {}", own.id));
        let stays = trial.server(own.id).expect("it is there").raft.is_leader();
        if stays != lacks.is_none() {
            return false;
        }
    }
    let needed = own.raft.counts_by().quorum() as u64;
    own.timer(TimerKind::Quorum).is_some_and(|timer| at == s.due(timer.due))
        && is_set(heard, all)
        && lacks.is_none_or(|lacks| all.len() as u64 + lacks == needed)
}

fn unconfirmed(s: &Scene<'_>, reads: u64, lacks: &str, heard: &str) -> bool {
    let raft = &s.own().raft;
    let (waiting, confirmed) = raft.waiting_reads();
    let set = raft.read_heard().unwrap_or_default();
    waiting as u64 == confirmed as u64 + reads
        && is_set(heard, set)
        && raft.counts_by().quorum() as u64 == set.len() as u64 + n(lacks)
}

fn held_back(s: &Scene<'_>, reads: u64, term: &str) -> bool {
    let raft = &s.own().raft;
    raft.waiting_reads().1 as u64 == reads
        && raft.term() == Term(n(term))
        && raft.log().term(raft.commit()) != Some(raft.term())
}

impl Scene<'_> {
    /// What a server that is down begins with.
    pub fn restarted(&self) -> raftlab::cluster::raft::Raft {
        let mut trial = self.cluster.clone();
        let own = self.own().id;
        if trial.is_stopped() {
            return self.own().raft.deref().clone();
        }
        apply(&mut trial, &format!("restart {own}"));
        trial.server(own).expect("it is there").raft.deref().clone()
    }

    /// Whether a request for a vote to each of these, or an answer, is in flight, and this is so of it.
    fn about_votes(&self, words: &str, is: impl Fn(&Packet) -> bool) -> bool {
        let packets = self.cluster.packets();
        let own = Node::Server(self.own().id);
        servers(words).iter().all(|other| {
            let ends = [own, Node::Server(other)];
            packets.iter().any(|packet| {
                let between = ends.contains(&packet.from) && ends.contains(&packet.to);
                let name = packet.cargo.summary().kind.name();
                between
                    && matches!(
                        name,
                        PacketName::Vote
                            | PacketName::VoteReply
                            | PacketName::PreVote
                            | PacketName::PreVoteReply
                    )
                    && is(packet)
            })
        })
    }

    /// The server becomes a candidate in a copy in which nothing is lost: who votes for it, and
    /// whether it wins. `None` if the run has ended, or orders for packets stand.
    fn polled(&self, flawed: bool) -> Option<(ServerSet, bool)> {
        let (own, term) = (self.own().id, self.own().raft.term().next());
        let mut trial = calm(self.cluster).filter(|trial| trial.orders().is_empty())?;
        if !flawed {
            for (flaw, _) in self.cluster.flaws() {
                apply(&mut trial, &format!("flaw {flaw} off"));
            }
        }
        apply(&mut trial, &format!("timeout {own}"));
        sync(&mut trial);
        let held = held(&trial);
        let asks_first = self.own().raft.rules().options.has(RaftOption::PreVote);
        let mut would = ServerSet::EMPTY;
        let earlier: Vec<PacketId> = trial.packets().iter().map(|packet| packet.id).collect();
        if asks_first {
            deliver_free(&mut trial, &held, |packet| {
                let asks = matches!(packet.cargo, Cargo::Raft(Message::PreVote { term: of, .. }) if of == term);
                asks && packet.from == Node::Server(own)
                    && self.reached().iter().any(|id| packet.to == Node::Server(id))
            });
            sync(&mut trial);
            let says = |packet: &&Packet| {
                let yes = matches!(packet.cargo, Cargo::Raft(Message::PreVoteReply { term: of, granted: true, .. }) if of == term);
                let from_reached = self.reached().iter().any(|id| packet.from == Node::Server(id));
                // Not what was granted to an earlier question, and comes late.
                let is_new = !earlier.contains(&packet.id);
                yes && is_new && from_reached && packet.to == Node::Server(own)
            };
            let packets = trial.packets();
            would = packets
                .into_iter()
                .filter(says)
                .filter_map(|packet| match packet.from {
                    Node::Server(from) => Some(from),
                    Node::Client(_) => None,
                })
                .collect();
            deliver_free(&mut trial, &held, |packet| says(&packet));
            sync(&mut trial);
        }
        deliver_free(&mut trial, &held, |packet| {
            let asks = matches!(packet.cargo, Cargo::Raft(Message::RequestVote { term: of, .. }) if of == term);
            asks && packet.from == Node::Server(own)
                && self.reached().iter().any(|id| packet.to == Node::Server(id))
        });
        let voted = |id: &ServerId| {
            let raft = &trial.server(*id).expect("it is there").raft;
            (raft.term(), raft.voted_for()) == (term, Some(own))
        };
        let votes = match asks_first {
            true => would,
            false => self.reached().iter().filter(voted).collect(),
        };
        sync(&mut trial);
        deliver_free(&mut trial, &held, |packet| {
            let answers = matches!(packet.cargo, Cargo::Raft(Message::VoteReply { term: of, .. }) if of == term);
            answers && packet.to == Node::Server(own)
        });
        if trial.is_stopped() {
            return None;
        }
        let raft = &trial.server(own).expect("it is there").raft;
        Some((votes, raft.is_leader() && raft.term() == term))
    }

    /// Whether these would vote for it and make it win, and that is by the rules or not, as it is said.
    fn could_win(&self, words: &str, reason: &str) -> bool {
        let Some((votes, wins)) = self.polled(true) else { return true };
        let term = self.own().raft.term().next();
        let others = |id: &ServerId| {
            let given = self.books.votes.get(&(*id, term)).into_iter().flatten();
            given.filter(|whom| **whom != self.own().id).count() > 0
        };
        let twice: ServerSet = votes.iter().filter(others).collect();
        let by_rule = twice.is_empty() && self.polled(false) == Some((votes, true));
        let named = match by_rule {
            true => reason.starts_with('§'),
            false => reason.starts_with("flaw ") || reason.starts_with("a lost disk "),
        };
        let lost = twice.iter().any(|id| self.books.wiped.contains(&id));
        wins && is_set(words, votes) && named && (lost || !reason.contains("a lost disk"))
    }

    /// All that is about the present election arrives, and its answers.
    pub fn election_played_on(&self, mut trial: Cluster) -> Cluster {
        if trial.is_stopped() {
            return trial;
        }
        trial = calm(&trial).expect("it goes on");
        let (own, now) = (self.own().id, self.own().raft.term());
        let held: Vec<PacketId> = held(&trial);
        sync(&mut trial);
        deliver_free(&mut trial, &held, |packet| {
            packet.from == Node::Server(own)
                && match packet.cargo {
                    Cargo::Raft(Message::RequestVote { term, .. }) => term == now,
                    Cargo::Raft(Message::PreVote { term, .. }) => term == now.next(),
                    _ => false,
                }
        });
        for server in self.cluster.servers().iter().filter(|one| one.power == Power::Asleep) {
            try_to(&mut trial, &format!("wake {}", server.id));
        }
        sync(&mut trial);
        deliver_free(&mut trial, &held, |packet| {
            let counts = |term| term >= now || self.own().flaws().has(Flaw::CountStaleVotes);
            packet.to == Node::Server(own)
                && match packet.cargo {
                    Cargo::Raft(Message::VoteReply { term, .. }) => counts(term),
                    Cargo::Raft(Message::PreVoteReply { .. }) => true,
                    _ => false,
                }
        });
        trial
    }
}

/// Whether so many are named, three at most, of those who wait at a server and still want that
/// answer, or of those who do not.
fn holds_for(s: &Scene, named: &str, waiting: bool) -> bool {
    let wants = |waiter: &&Waiter| {
        let client = s.cluster.client(waiter.client);
        let call = client.and_then(|client| client.job.as_ref()?.call.as_ref());
        call.is_some_and(|call| {
            call.asking.is_some() && (call.number, call.attempt) == (waiter.call, waiter.attempt)
        }) == waiting
    };
    let named = named.split(", ").filter(|one| one.contains(" for entry ")).count();
    s.own().rsm.waiters.iter().filter(wants).count().min(3) == named
}

/// Whether this is what the leader knows of all of these.
fn knows(s: &Scene, ids: &str, expected: (u64, u64)) -> bool {
    servers(ids).iter().all(|id| {
        let one = known(s.own(), id);
        (one.matched.0, one.next.0) == expected
    })
}

fn leads_too(s: &Scene, w: &[&str]) -> bool {
    let own = s.own();
    let same = |other: &&Server| {
        other.id != own.id
            && other.is_running()
            && (other.raft.role(), other.raft.term()) == (Role::Leader, own.raft.term())
    };
    is_set(w[0], s.cluster.servers().iter().filter(same).map(|other| other.id).collect())
}

fn candidate(s: &Scene, w: &[&str]) -> bool {
    let raft = &s.own().raft;
    raft.role() == Role::Candidate
        && (raft.term(), raft.votes().len() as u64) == (Term(n(w[1])), n(w[2]))
        && s.is_enough(n(w[3]), raft.rules().flaws.has(Flaw::SmallMajority))
}

/// Whether it answers with a term that is older than the candidate's, for it hears from a leader.
fn refuses_below(s: &Scene, after: &Cluster, voter: ServerId) -> bool {
    let ends = (Node::Server(voter), Node::Server(s.own().id));
    let says = |packet: &&Packet| {
        let no = matches!(packet.cargo, Cargo::Raft(Message::VoteReply { granted: false, .. }));
        no && (packet.from, packet.to) == ends
    };
    s.server_of(voter).raft.rules().options.has(RaftOption::CheckQuorum)
        && after.packets().into_iter().any(|packet| says(&packet))
}

fn still_to_answer(s: &Scene, w: &[&str]) -> bool {
    // An answer that has not left yet may be held by an order, once it comes.
    if s.cluster.is_stopped() || !s.cluster.orders().is_empty() {
        return true;
    }
    let after = s.election_played_on(s.cluster.clone());
    if after.is_stopped() {
        return true;
    }
    let raft = &after.server(s.own().id).expect("it is there").raft;
    // It may have won by then, or heard of a newer term.
    servers(w[0]).iter().all(|id| {
        raft.votes().contains(id)
            || raft.refusals().contains(id)
            || !matches!(raft.role(), Role::PreCandidate | Role::Candidate)
            || raft.role() != s.own().raft.role()
            || refuses_below(s, &after, id)
    })
}

fn cannot_win(s: &Scene, w: &[&str]) -> bool {
    let Some((words, by_flaw)) = s.noted(w[0], s.own()) else { return false };
    let w = fit("{} of {} needed votes; {}", &words);
    w.is_some_and(|w| s.is_enough(n(w[1]), by_flaw) && could_not_win(s, &w))
}

/// The groups of those that would not vote for it, each for its reason.
fn could_not_win(s: &Scene, w: &[&str]) -> bool {
    let Some((votes, wins)) = s.polled(true) else { return true };
    let own = s.own();
    let (term, last) = (own.raft.term().next(), own.raft.log().last());
    let refuses = |id: &ServerId| !votes.contains(*id);
    let keeps_off = |id: ServerId| {
        let raft = &s.server_of(id).raft;
        match own.raft.rules().options.has(RaftOption::PreVote) {
            true => term >= raft.term(),
            false => term > raft.term() && raft.rules().options.has(RaftOption::CheckQuorum),
        }
    };
    let heard = |id: ServerId| {
        let (at, voter) = (s.books.heard.get(&id).copied().unwrap_or_default(), s.server_of(id));
        let least = s.cluster.config().election_timeout.low.micros() * 1_000_000;
        voter.raft.leader().is_some()
            && s.cluster.now().micros() < at + least / u64::from(voter.clock.0)
    };
    let with = |class: u8| -> ServerSet {
        let is = |id: &ServerId| {
            let raft = &s.server_of(*id).raft;
            let its = raft.log().last();
            class
                == match () {
                    () if raft.term() > term => 0,
                    () if keeps_off(*id) && raft.is_leader() => 4,
                    () if keeps_off(*id) && heard(*id) => 5,
                    () if raft.term() == term
                        && raft.voted_for().is_some_and(|whom| whom != own.id) =>
                    {
                        1
                    }
                    () if (its.term, its.index) > (last.term, last.index) => 2,
                    () => 3,
                }
        };
        s.reached().iter().filter(refuses).filter(is).collect()
    };
    let all: ServerSet = s.cluster.servers().iter().map(|server| server.id).collect();
    let away = all.without(s.reached()).without(ServerSet::only(own.id));
    let by_flaw: Vec<Flaw> = s.cluster.flaws().iter().map(|(flaw, _)| *flaw).collect();
    let by_flaw: Vec<String> = by_flaw.iter().map(|flaw| format!("(flaw {flaw})")).collect();
    let flawed = by_flaw.iter().find(|flaw| w[2].contains(&***flaw)).cloned().unwrap_or_default();
    let section = match own.raft.rules().options.has(RaftOption::PreVote) {
        true => "dissertation §9.6",
        false => "dissertation §4.2.3",
    };
    let mut rows = vec![
        row("{} is in a newer term (§5.1)", "{} are in a newer term (§5.1)", with(0)),
        row("{} has voted for another (§5.2)", "{} have voted for another (§5.2)", with(1)),
        row(&format!("{{}} leads ({section})"), &format!("{{}} lead ({section})"), with(4)),
        row(
            &format!(
                "{{}} has heard from a leader within the shortest election timeout ({section})"
            ),
            &format!(
                "{{}} have heard from a leader within the shortest election timeout ({section})"
            ),
            with(5),
        ),
        row("{} has a newer log (§5.4.1)", "{} have newer logs (§5.4.1)", with(2)),
        row(
            &format!("{{}} would refuse {flawed}"),
            &format!("{{}} would refuse {flawed}"),
            with(3),
        ),
    ];
    rows.extend(s.absent(own.id, away));
    !wins && votes.len() as u64 + 1 == n(w[0]) && lists(w[2], &rows)
}

/// Whether the leader has no longer the entry that these need next.
fn needs_snapshot(s: &Scene, w: &[&str]) -> bool {
    let (raft, next) = (&s.own().raft, Index(n(w[1])));
    raft.log().get(next).is_none()
        && next <= raft.log().base().index
        && servers(w[0]).iter().all(|id| known(s.own(), id).next == next)
}
