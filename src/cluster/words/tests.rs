//! Every event in words: short enough whatever the figures, and in the paper's voice.

use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::fit::columns;
use super::{HEADLINE, Weight};
use crate::cluster::check::{Invariant, Violation};
use crate::cluster::command::{Command, Pace, Text};
use crate::cluster::event::{
    AppendRefusal, AttemptFailure, Cause, DropReason, Event, EventKind as E, IgnoreReason, Names,
    PaceEvent, StepDown, VoteRefusal,
};
use crate::cluster::network::{PacketKind, Summary};
use crate::cluster::raft::{Position, Role, WrongLeader};
use crate::cluster::time::{Ppm, Span, Time};
use crate::cluster::types::{
    Answer, ClientId, Index, Node, Op, OpId, Outcome, PacketId, Request, ServerId, ServerSet, Term,
    Version,
};

/// Gives out figures and texts, in turn, for the fields of events.
struct Source {
    numbers: Vec<u64>,
    texts: Vec<String>,
    taken: usize,
}

impl Source {
    fn number(&mut self) -> u64 {
        self.taken += 1;
        self.numbers[self.taken % self.numbers.len()]
    }

    fn text<T: for<'a> From<&'a str>>(&mut self) -> T {
        self.taken += 1;
        self.texts[self.taken % self.texts.len()].as_str().into()
    }

    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[(self.number() % among.len() as u64) as usize]
    }

    fn server(&mut self) -> ServerId {
        ServerId::from_index((self.number() % 25) as u8)
    }

    fn servers(&mut self) -> ServerSet {
        let bits = self.number();
        ServerId::first(25).filter(|server| bits >> server.index() & 1 == 1).collect()
    }

    fn client(&mut self) -> ClientId {
        ClientId((self.number() % 4) as u32)
    }

    fn node(&mut self) -> Node {
        let (server, client) = (self.server(), self.client());
        self.pick(&[Node::Server(server), Node::Client(client)])
    }

    fn index(&mut self) -> Index {
        Index(self.number())
    }

    fn term(&mut self) -> Term {
        Term(self.number())
    }

    fn packet(&mut self) -> PacketId {
        PacketId(self.number())
    }

    fn position(&mut self) -> Position {
        Position { index: self.index(), term: self.term() }
    }

    fn request(&mut self) -> Request {
        let key = self.text();
        if self.number().is_multiple_of(2) {
            return Request::Get { key };
        }
        Request::Put { key, value: self.text(), version: Version(self.number()) }
    }

    fn op(&mut self) -> Rc<Op> {
        let id = OpId { server: self.server(), number: self.number() };
        Rc::new(Op::new(id, self.request()))
    }

    fn answer(&mut self) -> Answer {
        let outcomes = [Outcome::Ok, Outcome::NoKey, Outcome::Version, Outcome::Maybe];
        let outcome = self.pick(&outcomes);
        Answer { outcome, value: self.text(), version: Version(self.number()) }
    }

    fn summary(&mut self) -> Summary {
        let (index, entries) = (self.index(), self.number() as u32);
        let kind = self.pick(&[
            PacketKind::RequestVote,
            PacketKind::VoteGranted,
            PacketKind::VoteRefused,
            PacketKind::Append { prev: index, entries, commit: index },
            PacketKind::Append { prev: index, entries: 0, commit: index },
            PacketKind::Appended { matched: index },
            PacketKind::AppendRefused { last: index },
            PacketKind::ClientRequest,
            PacketKind::ClientReply,
        ]);
        Summary { kind, term: self.term() }
    }

    fn wrong_leader(&mut self) -> WrongLeader {
        self.pick(&[
            WrongLeader::NotLeader,
            WrongLeader::AnotherOp,
            WrongLeader::TermChanged,
            WrongLeader::LeadershipLost,
            WrongLeader::TimedOut,
        ])
    }

    fn cause(&mut self) -> Cause {
        let (number, server, client) = (self.number(), self.server(), self.client());
        self.pick(&[
            Cause::Start,
            Cause::Command(number),
            Cause::Packet(PacketId(number)),
            Cause::LossReport(PacketId(number)),
            Cause::ElectionTimer(server),
            Cause::HeartbeatTimer(server),
            Cause::WaiterTimer(server),
            Cause::Sync(server),
            Cause::ClientTimer(client),
            Cause::Line(number as u32),
        ])
    }

    fn power(&mut self) -> Vec<E> {
        let server = self.server();
        vec![
            E::Crashed { server, lost: self.number() },
            E::Restarted { server },
            E::FellAsleep { server },
            E::Woke { server, packets: self.number() as u32 },
            E::Wiped { server },
            E::ClockSet { server, rate: Ppm(self.number() as u32) },
            E::Synced { server, last: self.index() },
        ]
    }

    fn packets(&mut self) -> Vec<E> {
        let (packet, from, to, summary) = (self.packet(), self.node(), self.node(), self.summary());
        let why = self.pick(&[
            DropReason::Lost,
            DropReason::Cut,
            DropReason::Down,
            DropReason::OldIncarnation,
            DropReason::Overflow,
            DropReason::ByHand,
        ]);
        vec![
            E::Sent { packet, from, to, summary },
            E::Duplicated { packet, copy: self.packet() },
            E::Received { packet, from, to, summary },
            E::Held { packet, from, to, summary },
            E::Freed { packet, from, to, summary },
            E::Delayed { packet, from, to, summary, span: Span(self.number()) },
            E::Dropped { packet, from, to, summary, why, again: false },
            E::LossReported { to, about: from },
        ]
    }

    fn elections(&mut self) -> Vec<E> {
        let (server, candidate, voter) = (self.server(), self.server(), self.server());
        let (term, to, last, votes) = (self.term(), self.term(), self.position(), self.servers());
        let why = self.pick(&[
            VoteRefusal::StaleTerm { own: to },
            VoteRefusal::VotedFor { server: voter },
            VoteRefusal::LogBehind { own: last, candidate: last },
        ]);
        let down =
            self.pick(&[StepDown::NewerTerm { term: to }, StepDown::LeaderFound { leader: voter }]);
        let role = self.pick(&[Role::Leader, Role::Candidate, Role::Follower]);
        vec![
            E::ElectionStarted { server, term, last },
            E::TermAdopted { server, from: term, to },
            E::VoteGranted { server, candidate, term },
            E::VoteRefused { server, candidate, term, why },
            E::VoteCounted { server, voter, term, votes },
            E::BecameLeader { server, term, votes, servers: 25 },
            E::SteppedDown { server, role, term, why: down },
        ]
    }

    fn replication(&mut self) -> Vec<E> {
        let (server, leader, client) = (self.server(), self.server(), self.client());
        let (first, last, term, new) = (self.index(), self.index(), self.term(), self.term());
        let (op, prev, copies, summary) =
            (self.op(), self.position(), self.servers(), self.summary());
        let refusal = self.pick(&[
            AppendRefusal::StaleTerm { own: term },
            AppendRefusal::TooShort { last },
            AppendRefusal::Conflict { own: term, first },
        ]);
        let why =
            self.pick(&[IgnoreReason::OldTerm, IgnoreReason::NotInRole, IgnoreReason::Overtaken]);
        vec![
            E::Submitted { server, index: first, term, op, client },
            E::Appended { server, leader, first, last, term },
            E::Truncated { server, first, last, old: term, new },
            E::AppendRefused { server, leader, prev, why: refusal },
            E::Matched { server, follower: leader, index: last },
            E::BackedUp {
                server,
                conflict: Some(Term(u64::MAX)),
                follower: leader,
                from: last,
                next: first,
            },
            E::Resent { server, follower: leader, next: first },
            E::Ignored { server, from: leader, summary, why },
            E::Committed { server, first, last, term, current: term, copies },
            E::LearnedCommit { server, leader, first, last },
            E::OldTermWaits { server, index: last, entry: term, term: new, copies },
        ]
    }

    fn service(&mut self) -> Vec<E> {
        let (server, other, client) = (self.server(), self.server(), self.client());
        let (index, op, answer) = (self.index(), self.op(), self.answer());
        let leader = self.pick(&[None, Some(other)]);
        vec![
            E::Refused { server, client, leader, again: false },
            E::Applied { server, index, op, answer: answer.clone(), own: true },
            E::Answered { server, client, index, answer },
            E::WaiterReleased { server, client, index, why: self.wrong_leader() },
            E::WaitersLost { server, count: self.number() as u32 },
        ]
    }

    fn clients(&mut self) -> Vec<E> {
        let (server, client, request) = (self.server(), self.client(), self.request());
        let wrong = self.wrong_leader();
        let why = self.pick(&[
            AttemptFailure::TimedOut,
            AttemptFailure::LossReported,
            AttemptFailure::WrongLeader(wrong),
        ]);
        let late = self.number().is_multiple_of(2);
        vec![
            E::ClientCreated { client },
            E::Called { client, request: request.clone() },
            E::Asked { client, server, attempt: self.number() as u32 },
            E::AttemptFailed { client, server, why, again: false },
            E::Returned { client, request, result: self.answer(), late },
            E::LateReply { client, server },
            E::Queued { client, waiting: self.number() as u32 },
            E::LockHeld { client, lock: self.text() },
            E::LockFree { client, lock: self.text() },
            E::Finished { client, what: self.text() },
        ]
    }

    fn script(&mut self) -> Vec<E> {
        let (line, task) = (self.number() as u32, self.number() as u32);
        let (expected, actual): (Arc<str>, Arc<str>) = (self.text(), self.text());
        let violation = Violation {
            invariant: self.pick(&Invariant::ALL),
            time: Time(self.number()),
            evidence: self.text(),
            servers: self.servers(),
            index: None,
            term: None,
            records: Vec::new(),
        };
        let command = Arc::new(Command::Note(Text::literal(self.text::<String>())));
        vec![
            E::Commanded { command: command.clone() },
            E::Expected { line, command },
            E::Paced { pace: PaceEvent(Pace::Slower(line)) },
            E::LineRun { task, line },
            E::Said { text: self.text() },
            E::Beat,
            E::Noted { text: self.text() },
            E::BreakpointSet { condition: Arc::new(crate::cluster::command::Condition::Safe) },
            E::Watched {
                what: Arc::new(crate::cluster::command::Watched::Condition(
                    crate::cluster::command::Condition::Safe,
                )),
                line,
            },
            E::Unwatched { what: None },
            E::Marked { name: self.text() },
            E::TaskEnded { task },
            E::ScriptEnded,
            E::Failed { line, expected: expected.clone(), actual: actual.clone() },
            E::Remarked { line, expected, actual },
            E::Violated { violation: Arc::new(violation) },
        ]
    }

    /// One event of every kind, with a cause that may not fit it at all.
    fn events(&mut self) -> Vec<Event> {
        let kinds = [
            self.power(),
            self.packets(),
            self.elections(),
            self.replication(),
            self.service(),
            self.clients(),
            self.script(),
        ];
        let event = |kind| Event { time: Time::START, cause: self.cause(), kind };
        kinds.into_iter().flatten().map(event).collect()
    }
}

fn source() -> impl Strategy<Value = Source> {
    let number = prop_oneof![0u64..30, any::<u64>(), Just(u64::MAX)];
    let numbers = proptest::collection::vec(number, 1..40);
    let texts = proptest::collection::vec(any::<String>(), 1..10);
    (numbers, texts).prop_map(|(numbers, texts)| Source { numbers, texts, taken: 0 })
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.numbers, self.texts)
    }
}

proptest! {
    #[test]
    fn every_headline_is_short_and_nothing_panics(mut source in source()) {
        let clients = source.texts.iter().map(|text| text.as_str().into()).collect();
        let names = Names { clients };
        for event in source.events() {
            let (headline, deed) = (event.headline(&names), event.deed(&names));
            prop_assert!(columns(&headline) <= HEADLINE, "{headline}");
            prop_assert!(columns(&deed) <= HEADLINE, "{deed}");
            prop_assert!(!headline.is_empty());
            prop_assert_ne!(event.reason(&names), Some(String::new()));
            prop_assert!(event.cause_words(&names).starts_with("because "));
        }
    }
}

fn names() -> Names {
    Names { clients: ["a", "b", "a client with quite a long name"].map(Into::into).into() }
}

fn server(number: u64) -> ServerId {
    ServerId::from_number(number).unwrap()
}

fn servers(numbers: &[u64]) -> ServerSet {
    numbers.iter().map(|number| server(*number)).collect()
}

fn put(key: &str, value: &str) -> Rc<Op> {
    let request = Request::Put { key: key.into(), value: value.into(), version: Version(2) };
    Rc::new(Op::new(OpId { server: server(4), number: 1 }, request))
}

fn told(cause: Cause, kind: E) -> String {
    Event { time: Time::START, cause, kind }.told(&names())
}

fn tells(kind: E) -> String {
    told(Cause::Packet(PacketId(412)), kind)
}

#[test]
fn elections_are_told_by_their_rules() {
    let (three, one, term) = (server(3), server(1), Term(4));
    let position = |index, term| Position { index: Index(index), term: Term(term) };
    let why = VoteRefusal::LogBehind { own: position(5, 3), candidate: position(4, 2) };
    assert_eq!(
        tells(E::VoteRefused { server: three, candidate: one, term, why }),
        "S3 refuses S1's vote in term 4. Its own log ends at 5@3, S1's at 4@2 (§5.4.1)."
    );
    let votes = servers(&[1, 2, 3]);
    assert_eq!(
        tells(E::BecameLeader { server: server(2), term, votes, servers: 5 }),
        "S2 wins term 4 with the votes of S1, S2 and S3 (3 of 5). \
         3 of 5 is a majority, and each votes once a term (§5.2)."
    );
    let last = position(3, 2);
    assert_eq!(
        told(Cause::ElectionTimer(one), E::ElectionStarted { server: one, term, last }),
        "S1 stands for election in term 4. \
         No word from a leader in time; its log ends at 3@2 (§5.2)."
    );
    assert_eq!(
        told(Cause::Command(7), E::ElectionStarted { server: one, term, last }),
        "S1 stands for election in term 4. Its timer was told to fire; its log ends at 3@2."
    );
}

#[test]
fn entries_are_told_from_taking_to_committing() {
    let (index, term, client) = (Index(4), Term(3), ClientId(1));
    assert_eq!(
        tells(E::Submitted { server: server(4), index, term, op: put("x", "9"), client }),
        "S4 takes x=9 of b as entry 4 of term 3. \
         It leads, as far as it knows; copies come next (§5.3)."
    );
    let copies = servers(&[1, 2, 3]);
    assert_eq!(
        tells(E::Committed {
            server: server(2),
            first: index,
            last: index,
            term,
            current: term,
            copies
        }),
        "S2 commits entry 4 of term 3: it is on S1, S2 and S3. \
         A majority holds entry 4, of the leader's own term (§5.3, §5.4.2)."
    );
    assert_eq!(
        tells(E::LearnedCommit { server: server(1), leader: server(2), first: index, last: index }),
        "S1 learns from S2 that entry 4 is committed. \
         A leader's append brings its commit index (§5.3)."
    );
    let (entry, term) = (Term(2), Term(4));
    assert_eq!(
        tells(E::OldTermWaits { server: server(1), index, entry, term, copies }),
        "S1 must not commit entry 4 of term 2 yet. \
         It is on S1, S2 and S3, but term 4 must commit an entry of its own first (§5.4.2)."
    );
}

#[test]
fn long_texts_and_many_servers_give_way() {
    let (index, term, client) = (Index(1234), Term(5678), ClientId(2));
    let op = put("a key of some length", "a value of some length");
    let submitted = E::Submitted { server: server(25), index, term, op, client };
    assert_eq!(
        tells(submitted).split(". I").next(),
        Some("S25 takes a k..=a v.. of a c.. as entry 1234 of term 5678")
    );
    let won = |votes: ServerSet| {
        tells(E::BecameLeader { server: server(25), term: Term(4), votes, servers: 25 })
    };
    let run: Vec<u64> = (13..=25).collect();
    assert!(won(servers(&run)).starts_with("S25 wins term 4 with the votes of S13-S25 (13 of 25)"));
    let odd: Vec<u64> = (1..=25).step_by(2).collect();
    assert!(won(servers(&odd)).starts_with("S25 wins term 4 with the votes of 13 servers (13"));
}

#[test]
fn causes_say_whose_timer_it_was() {
    let kind = E::ElectionStarted { server: server(1), term: Term(2), last: Position::default() };
    let caused =
        |cause| Event { time: Time::START, cause, kind: kind.clone() }.cause_words(&names());
    assert_eq!(caused(Cause::ElectionTimer(server(1))), "because its election timer fired");
    assert_eq!(caused(Cause::ElectionTimer(server(2))), "because S2's election timer fired");
    assert_eq!(caused(Cause::Packet(PacketId(412))), "because packet #412 arrived");
}

#[test]
fn heartbeats_stay_out_of_lists_and_what_clients_lose_does_not() {
    let dropped = |kind, why| {
        let (from, to) = (Node::Server(server(1)), Node::Server(server(2)));
        let summary = Summary { kind, term: Term(1) };
        let kind = E::Dropped { packet: PacketId(1), from, to, summary, why, again: false };
        Event { time: Time::START, cause: Cause::Start, kind }.weight()
    };
    let append = |entries| PacketKind::Append { prev: Index(1), entries, commit: Index(1) };
    assert_eq!(dropped(append(0), DropReason::Lost), Weight::Detail);
    assert_eq!(dropped(append(1), DropReason::Lost), Weight::Detail);
    assert_eq!(dropped(PacketKind::VoteGranted, DropReason::Cut), Weight::Detail);
    assert_eq!(dropped(PacketKind::VoteGranted, DropReason::Lost), Weight::Story);
    assert_eq!(dropped(PacketKind::ClientRequest, DropReason::Cut), Weight::Story);
}
