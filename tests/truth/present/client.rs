//! A client: whom it asked, what became of that.

use raftlab::cluster::client::Call;
use raftlab::cluster::command::Fate;
use raftlab::cluster::event::{DropReason, EventKind as E, PacketEvent};
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::network::{Hand, Loss, Packet, Rpc};
use raftlab::cluster::orders::Act;
use raftlab::cluster::reads::WaitingRead;
use raftlab::cluster::server::Power;
use raftlab::cluster::types::{Index, Node, PacketId, Term};

use super::entry::waits;
use super::trial::delivered;
use super::{About, Forms, Scene, span};
use crate::template::fit;
use crate::words::{id, n};

pub const CLIENT: Forms = &[
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
    (
        "An earlier attempt may have been carried out: as long as session {} is open, a copy of it \
         gets the same answer (dissertation §6.3)",
        |s, w| {
            let session = s.client().session.map(|session| session.index().0);
            s.call().is_some_and(|call| call.maybe_executed)
                && session == Some(n(w[0]))
                && !has_expired(s, w[0])
        },
    ),
    (
        "An earlier attempt may have been carried out, and session {} has expired: without an answer \
         from before that, the answer is maybe (dissertation §6.3)",
        |s, w| s.call().is_some_and(|call| call.maybe_executed) && has_expired(s, w[0]),
    ),
    ("Session {} has expired, and it has not heard of that (dissertation §6.3)", |s, w| {
        has_expired(s, w[0])
    }),
    ("It asks for a session first (dissertation §6.3)", |s, _| s.client().session.is_none()),
    ("It has session {} (dissertation §6.3)", |s, w| {
        s.client().session.is_some_and(|session| session.index().0 == n(w[0]))
            && !has_expired(s, w[0])
    }),
    ("{} is down: the {} #{} will be lost", |s, w| {
        s.server(w[0]).power == Power::Down && s.fails_to_arrive(w[2]) != Some(false)
    }),
    ("{} has restarted since: the {} #{} will be lost", |s, w| {
        let packet = s.find(PacketId(n(w[2]))).map(|packet| packet.incarnation);
        packet.is_some_and(|then| then < s.server(w[0]).incarnation)
            && s.fails_to_arrive(w[2]) != Some(false)
    }),
    ("The {} #{} will meet a cut link", |s, w| s.is_dropped(w[1], DropReason::Cut)),
    ("The {} #{} is held by hand", |s, w| s.flies(w[1], |it| it.hand == Hand::Held)),
    ("The {} #{} will be held by hand", |s, w| {
        s.flies(w[1], |it| it.hand != Hand::Held && s.is_ordered(it, Act::Hold { left: None }))
    }),
    ("The {} #{} will be lost on its way", |s, w| {
        s.flies(w[1], |it| it.loss != Loss::Arrives || s.is_ordered(it, Act::Next(Fate::Drop)))
    }),
    ("Flaw {}: {}", |s, w| s.names_flaw(w)),
    ("The {} #{} is due {}, too late: this attempt ends before", |s, w| {
        let until = s.call().map(|call| call.until);
        s.flies(w[1], |it| s.due(it.due) == w[2] && Some(it.due) > until)
    }),
    ("The {} #{} is due {}", |s, w| {
        s.flies(w[1], |it| s.due(it.due) == w[2] && it.loss == Loss::Arrives)
            && s.fails_to_arrive(w[1]) != Some(true)
    }),
    ("The request has come to {} just now", |s, _| s.no_packet()),
    ("{} is down: no answer will come", |s, w| {
        s.server(w[0]).power == Power::Down && s.no_packet()
    }),
    ("{} is asleep: the request waits there", |s, w| {
        let from = Node::Client(s.client().id);
        s.server(w[0]).inbox.iter().any(|packet| packet.from == from)
    }),
    ("{} is asleep", |s, w| s.server(w[0]).power == Power::Asleep),
    ("The request or its answer was lost", |s, _| {
        s.no_packet() && s.no_waiter() && s.held().is_none()
    }),
    (
        "{} answers it once it has applied entry {}, and has applied {} (dissertation §6.4)",
        |s, w| {
            let applied = s.server(w[0]).rsm.applied;
            let index = s.held().and_then(|read| read.index);
            applied == Index(n(w[2])) && index == Some(Index(n(w[1]))) && Some(applied) < index
        },
    ),
    ("{} answers it once a majority has answered that it leads (dissertation §6.4)", |s, w| {
        let raft = &s.server(w[0]).raft;
        let early = raft.rules().flaws.has(Flaw::ReadIndexEarly);
        let known = early || raft.log().term(raft.commit()) == Some(raft.term());
        known && raft.is_leader() && s.held().is_some_and(|read| read.index.is_none())
    }),
    ("{} answers it once an entry of term {} is committed (dissertation §6.4)", |s, w| {
        let raft = &s.server(w[0]).raft;
        let known = raft.log().term(raft.commit()) == Some(raft.term());
        !known && raft.is_leader() && raft.term().0 == n(w[1]) && s.held().is_some()
    }),
    (
        "{} answers it once its leader says up to where it must have applied (dissertation §6.4)",
        |s, _| s.held().is_some_and(|read| !read.leads && read.index.is_none()),
    ),
    ("{} has a newer term since it took the get, and gives it up", |s, w| {
        s.held().is_some_and(|read| s.server(w[0]).raft.term() > read.term)
    }),
    ("{} no longer leads since it took the get, and gives it up", |s, w| {
        s.held().is_some_and(|read| read.leads) && !s.server(w[0]).raft.is_leader()
    }),
    ("{} has held the get for too long, and gives it up", |s, _| {
        s.held().is_some_and(|read| s.cluster.now().since(read.since).0 >= 800_000)
    }),
    ("The link between {} and {} is cut", |s, w| s.carries(w[0], w[1]) == [false; 2]),
    ("The link from {} to {} is cut", |s, w| {
        s.carries(w[0], w[1]) == [false, true] && [w[0], w[1]].contains(&&*s.name())
    }),
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

impl<'a> Scene<'a> {
    pub fn client(&self) -> &'a raftlab::cluster::client::Client {
        match self.about {
            About::Client(id) => &self.cluster.clients()[id.index()],
            other => panic!("this is about {other:?}"),
        }
    }

    pub fn call(&self) -> Option<&'a Call> {
        self.client().call()
    }

    /// Whether no request and no answer of the open call is on its way.
    pub fn no_packet(&self) -> bool {
        let Some(call) = self.call() else { return false };
        let own = Node::Client(self.client().id);
        self.cluster.packets().into_iter().all(|packet| {
            let attempt = packet.cargo.client().map(Rpc::attempt);
            !(packet.from == own || packet.to == own)
                || attempt != Some((call.number, call.attempt))
        })
    }

    /// Whether no server waits to answer the open call's present attempt.
    fn no_waiter(&self) -> bool {
        let Some(call) = self.call() else { return false };
        let own = self.client().id;
        self.cluster.servers().iter().flat_map(|server| &server.rsm.waiters).all(|waiter| {
            (waiter.client, waiter.call, waiter.attempt) != (own, call.number, call.attempt)
        })
    }

    /// The get of the open call's present attempt that a server keeps without an entry.
    fn held(&self) -> Option<&'a WaitingRead> {
        let (call, own) = (self.call()?, self.client().id);
        self.cluster
            .servers()
            .iter()
            .flat_map(|server| &server.rsm.reads)
            .find(|read| (read.client, read.call, read.attempt) == (own, call.number, call.attempt))
    }

    /// As sentences name it.
    fn name(&self) -> String {
        format!("client {}", self.client().name)
    }

    /// Whether the links between the two carry anything: from the first to the second, and back.
    fn carries(&self, one: &str, two: &str) -> [bool; 2] {
        let node = |word: &str| match word == self.name() {
            true => Node::Client(self.client().id),
            false => Node::Server(id(word)),
        };
        let (one, two) = (node(one), node(two));
        [self.cluster.reaches(one, two), self.cluster.reaches(two, one)]
    }

    /// Whether a packet would be dropped for this reason, if it came to its end now.
    pub fn is_dropped(&self, word: &str, why: DropReason) -> bool {
        let id = PacketId(n(word));
        delivered(self.cluster, id).is_none_or(|after| {
            after.events().iter().any(|event| {
                matches!(event.kind, E::Packet(flight, PacketEvent::Dropped { why: reason, .. })
                    if flight.packet == id && reason == why)
            })
        })
    }

    /// Whether an order of this kind stands for its link.
    fn is_ordered(&self, packet: &Packet, act: Act) -> bool {
        let kind = std::mem::discriminant(&act);
        self.cluster.orders().iter().any(|order| {
            (order.from, order.to) == (packet.from, packet.to)
                && std::mem::discriminant(&order.act) == kind
        })
    }

    /// Whether a packet that came to its end now would be dropped; `None` if something else came
    /// first.
    pub fn fails_to_arrive(&self, word: &str) -> Option<bool> {
        let id = PacketId(n(word));
        let drops = |kind: &E| matches!(kind, E::Packet(flight, PacketEvent::Dropped { .. }) if flight.packet == id);
        let after = delivered(self.cluster, id)?;
        Some(after.events().iter().any(|event| drops(&event.kind)))
    }
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

/// Whether the client's session has this number and no server that is up knows it, though one has
/// applied its entry.
fn has_expired(s: &Scene, word: &str) -> bool {
    let Some(session) = s.client().session.filter(|session| session.index().0 == n(word)) else {
        return false;
    };
    let up = s.cluster.servers().iter().filter(|server| server.power != Power::Down);
    let newest = up.max_by_key(|server| server.rsm.applied);
    newest.is_some_and(|server| {
        let opened = server.rsm.applied >= session.index();
        opened && server.rsm.kv.sessions().iter().all(|(id, _)| id != session)
    })
}
