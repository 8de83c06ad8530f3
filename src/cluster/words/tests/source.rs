//! Events of every kind, with figures and texts of every length.

use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use crate::cluster::cause::Cause;
use crate::cluster::command::{
    Choice, ClientAct, Command, Condition, Deed, Flow, Pace, Question, Text, Watched, parse_line,
};
use crate::cluster::event::{
    AppendRefusal, AttemptFailure, ClientEvent, DropReason, Event, EventKind as E, IgnoreReason,
    LabEvent, NetworkEvent, PacketEvent, RaftEvent, ScriptEvent, ServerEvent, StepDown,
    VoteRefusal,
};
use crate::cluster::flaw::{FLAWS, Flaw, Flaws};
use crate::cluster::invariant::{Invariant, Violation};
use crate::cluster::network::{Flight, PacketKind, Reply, Summary, WrongLeader};
use crate::cluster::raft::{AppendResult, Configuration, Most, Position, Reconfigured, Role};
use crate::cluster::sessions::Skipped;
use crate::cluster::time::{Ppm, Span, Time};
use crate::cluster::types::{
    Answer, ClientId, Index, Node, Op, OpId, Outcome, PacketId, Registration, Request, ServerId,
    ServerSet, SessionId, Stamp, Term, Version,
};

fn safe() -> Condition {
    match parse_line("expect safe") {
        Ok(Command::Flow(Flow::Expect(condition))) => condition,
        other => panic!("{other:?}"),
    }
}

/// Gives out figures and texts, in turn, for the fields of events.
pub(super) struct Source {
    numbers: Vec<u64>,
    pub(super) texts: Vec<String>,
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

    fn question(&mut self) -> Question {
        let condition = Some(safe());
        let choices = vec![
            Choice { text: Text::literal(self.text::<String>()), condition },
            Choice { text: Text::literal(self.text::<String>()), condition: None },
        ];
        Question { text: Text::literal(self.text::<String>()), choices }
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

    /// None, or one of them.
    fn flaws(&mut self) -> Flaws {
        let flaw = self.pick(&FLAWS.each_ref().map(|about| about.flaw));
        self.pick(&[Flaws::NONE, Flaws::only(flaw)])
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
            PacketKind::PreVote,
            PacketKind::PreVoteGranted,
            PacketKind::PreVoteRefused,
            PacketKind::TimeoutNow,
            PacketKind::ReadIndex,
            PacketKind::ReadIndexGiven { index },
            PacketKind::RequestVote,
            PacketKind::VoteGranted,
            PacketKind::VoteRefused,
            PacketKind::Append { prev: index, entries, commit: index },
            PacketKind::Append { prev: index, entries: 0, commit: index },
            PacketKind::Appended { matched: index },
            PacketKind::AppendRefused { last: index },
            PacketKind::InstallSnapshot { last: index, from: 0, to: entries, of: entries },
            PacketKind::InstallSnapshot { last: index, from: 1, to: entries, of: entries },
            PacketKind::ChunkReceived { bytes: entries },
            PacketKind::SnapshotInstalled { matched: index },
            PacketKind::ClientRequest,
            PacketKind::ClientReply,
        ]);
        Summary { kind, term: self.term() }
    }

    fn wrong_leader(&mut self) -> WrongLeader {
        self.pick(&[
            WrongLeader::NotLeader,
            WrongLeader::HandsOver,
            WrongLeader::Busy,
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
            Cause::QuorumTimer(server),
            Cause::WaiterTimer(server),
            Cause::Sync(server),
            Cause::ClientTimer(client),
            Cause::Line(number as u32),
        ])
    }

    fn power(&mut self) -> Vec<E> {
        let (server, other) = (self.server(), self.server());
        let vote = self.pick(&[None, Some(other)]);
        let (term, last) = (self.term(), self.position());
        vec![
            E::Server(server, ServerEvent::Crashed { lost: self.number(), vote }),
            E::Server(server, ServerEvent::Restarted { term, vote, base: last.index, last }),
            E::Server(server, ServerEvent::FellAsleep),
            E::Server(server, ServerEvent::Woke { packets: self.number() as u32 }),
            E::Server(server, ServerEvent::Wiped),
            E::Server(server, ServerEvent::Renewed),
            E::Server(server, ServerEvent::ClockSet { rate: Ppm(self.number() as u32) }),
            E::Server(server, ServerEvent::DiskSet { sync: self.pick(&[None, Some(Span(1_500))]) }),
            E::Server(server, ServerEvent::WriteFailed { records: self.number() as u32 }),
            E::Server(
                server,
                ServerEvent::WriteTorn { kept: self.number() as u32, last: self.index() },
            ),
            E::Server(server, ServerEvent::RecordDropped),
            E::Server(server, ServerEvent::Synced { last: self.index(), forgets: self.flaws() }),
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
            E::Packet(Flight { packet, from, to, summary }, PacketEvent::Sent),
            E::Network(NetworkEvent::Duplicated { packet, copy: self.packet() }),
            E::Packet(Flight { packet, from, to, summary }, PacketEvent::Received),
            E::Packet(Flight { packet, from, to, summary }, PacketEvent::Held),
            E::Packet(Flight { packet, from, to, summary }, PacketEvent::Freed),
            E::Packet(
                Flight { packet, from, to, summary },
                PacketEvent::Delayed { span: Span(self.number()) },
            ),
            E::Packet(
                Flight { packet, from, to, summary },
                PacketEvent::Dropped { why, again: false },
            ),
            E::Network(NetworkEvent::LossReported { to, about: from }),
        ]
    }

    fn elections(&mut self) -> Vec<E> {
        let (server, candidate, voter) = (self.server(), self.server(), self.server());
        let (term, to, last, votes) = (self.term(), self.term(), self.position(), self.servers());
        let why = self.pick(&[
            VoteRefusal::StaleTerm { own: to },
            VoteRefusal::VotedFor { server: voter },
            VoteRefusal::LogBehind { own: last, candidate: last },
            VoteRefusal::LeaderHeard { leader: voter, ago: Span(1), shortest: Span(2) },
            VoteRefusal::Leads { term: to },
        ]);
        let down = self.pick(&[
            StepDown::NewerTerm { term: to },
            StepDown::LeaderFound { leader: voter },
            StepDown::QuorumSilent { heard: votes, within: Span(1) },
            StepDown::Removed { voters: votes },
        ]);
        let role = self.pick(&[Role::Leader, Role::PreCandidate, Role::Candidate, Role::Follower]);
        let before = self.pick(&[None, Some(voter)]);
        let (own, stale) = (self.position(), self.servers());
        let (matched, end) = (self.index(), self.index());
        vec![
            E::Raft(server, RaftEvent::PreVoteStarted { term, last }),
            E::Raft(server, RaftEvent::PreVoteGranted { candidate, term, own, last }),
            E::Raft(server, RaftEvent::PreVoteRefused { candidate, term, why }),
            E::Raft(server, RaftEvent::PreVoteCounted { voter, term, votes }),
            E::Raft(
                server,
                RaftEvent::ElectionStarted { term, last, before, promised: votes, told_by: before },
            ),
            E::Raft(server, RaftEvent::TransferStarted { to: voter, matched, last: end }),
            E::Raft(server, RaftEvent::ReadBegun { commit: end }),
            E::Raft(server, RaftEvent::ReadIndexGiven { to: voter, index: end, by_lease: true }),
            E::Raft(server, RaftEvent::HandedOver { to: voter, matched, last: end }),
            E::Raft(server, RaftEvent::TransferAborted { to: voter, within: Span(1) }),
            E::Raft(server, RaftEvent::TermAdopted { from: term, to }),
            E::Raft(server, RaftEvent::VoteGranted { candidate, term, own, last, before }),
            E::Raft(server, RaftEvent::VoteRefused { candidate, term, why }),
            E::Raft(server, RaftEvent::VoteCounted { voter, term, cast: to, votes }),
            E::Raft(
                server,
                RaftEvent::BecameLeader { term, votes, stale, all: Configuration::of(25) },
            ),
            E::Raft(server, RaftEvent::SteppedDown { role, term, why: down }),
        ]
    }

    /// Any that there may be, and any that may follow it.
    fn configuration(&mut self) -> Configuration {
        let (voters, old, learners) = (self.servers(), self.servers(), self.servers());
        let simple = Configuration::by(voters, learners);
        let joint = Configuration::by(old, learners).joint(voters, learners);
        self.pick(&[simple, joint, simple.learning(learners, old)])
    }

    fn members(&mut self) -> Vec<E> {
        let (server, other, matched) = (self.server(), self.server(), self.index());
        let (index, term) = (self.pick(&[Index::ZERO, matched]), self.term());
        let (from, to) = (self.configuration(), self.configuration());
        let why = self.pick(&[Reconfigured::Newer, Reconfigured::FellBack, Reconfigured::Snapshot]);
        let (round, took) = (self.number() as u32, Span(self.number()));
        let learns = self.pick(&[true, false]);
        vec![
            E::Raft(server, RaftEvent::ConfigurationAppended { index, term, from, to }),
            E::Raft(server, RaftEvent::Reconfigured { index, from, to, why }),
            E::Raft(
                server,
                RaftEvent::CaughtUp { server: other, round, matched, took, within: took },
            ),
            E::Raft(server, RaftEvent::CatchUpEnded { server: other, rounds: round, silent: took }),
            E::Raft(server, RaftEvent::LeaderForgotten { leader: server }),
            E::Raft(server, RaftEvent::StandsNot { learns, index }),
            E::Raft(server, RaftEvent::ChangeWaits { term }),
            E::Server(server, ServerEvent::AppliedMembers { index, all: to }),
        ]
    }

    fn snapshots(&mut self) -> Vec<E> {
        let (server, other, last, own) =
            (self.server(), self.server(), self.position(), self.position());
        let (first, term, bytes) = (self.index(), self.term(), self.number() as u32);
        let limits = [Most::Count(bytes), Most::Bytes(bytes)];
        let limit = self.pick(&[None, Some(limits[0]), Some(limits[1])]);
        let (had, end) = (self.pick(&[None, Some(last.term), Some(term)]), self.index());
        let (follower, leader, index) = (other, other, last.index);
        vec![
            E::Raft(server, RaftEvent::SnapshotTaken { first, last, bytes, limit }),
            E::Raft(server, RaftEvent::SnapshotChosen { follower, next: end, first, last }),
            E::Raft(server, RaftEvent::SnapshotResent { follower, last: index, received: bytes }),
            E::Raft(server, RaftEvent::ChunkReceived { leader, last, received: 1, of: bytes }),
            E::Raft(server, RaftEvent::SnapshotRefused { leader, last, own: term }),
            E::Raft(server, RaftEvent::SnapshotSkipped { leader, last, commit: end }),
            E::Raft(server, RaftEvent::SnapshotInstalled { leader, last, own, had, end }),
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
        let why = self.pick(&[
            IgnoreReason::OldTerm,
            IgnoreReason::NotInRole,
            IgnoreReason::NotLeader,
            IgnoreReason::NoVote,
            IgnoreReason::AlsoLeads,
            IgnoreReason::EarlierQuestion,
            IgnoreReason::Overtaken,
        ]);
        let holders = self.servers();
        let flaw = self.flaws().iter().next().unwrap_or(Flaw::VoteTwice);
        let theirs = self.pick(&[None, Some(new)]);
        vec![
            E::Server(server, ServerEvent::Submitted { index: first, term, op, client }),
            E::Raft(server, RaftEvent::Appended { leader, first, last, term, before: new }),
            E::Raft(server, RaftEvent::NoopAppended { index: first, term }),
            E::Raft(server, RaftEvent::Truncated { first, last, old: term, new: theirs }),
            E::Raft(server, RaftEvent::AppendRefused { leader, prev, why: refusal }),
            E::Raft(server, RaftEvent::Matched { follower: leader, index: last, said: first }),
            E::Raft(
                server,
                RaftEvent::BackedUp {
                    refusal: AppendResult::Refused { conflict: Some(Term(u64::MAX)), first, last },
                    follower: leader,
                    from: last,
                    next: first,
                },
            ),
            E::Raft(
                server,
                RaftEvent::BackedUp {
                    refusal: AppendResult::Hinted {
                        at: Position { index: last, term },
                        first,
                        last,
                    },
                    follower: leader,
                    from: last,
                    next: first,
                },
            ),
            E::Raft(server, RaftEvent::Resent { follower: leader, next: first }),
            E::Raft(
                server,
                RaftEvent::ProbesAgain { follower: leader, next: first, unanswered: u32::MAX },
            ),
            E::Raft(server, RaftEvent::Ignored { from: leader, summary, why }),
            E::Raft(
                server,
                RaftEvent::Committed {
                    first,
                    last,
                    term,
                    current: term,
                    copies,
                    holders,
                    all: Configuration::of(25),
                },
            ),
            E::Raft(
                server,
                RaftEvent::LearnedCommit { leader, first, last, commit: first, shown: last },
            ),
            E::Raft(server, RaftEvent::Departed { flaw }),
            E::Raft(
                server,
                RaftEvent::OldTermWaits { index: last, entry: term, term: new, copies },
            ),
        ]
    }

    fn service(&mut self) -> Vec<E> {
        let (server, other, client) = (self.server(), self.server(), self.client());
        let (index, op, answer) = (self.index(), self.op(), self.answer());
        let leader = self.pick(&[None, Some(other)]);
        let session = SessionId::at(Index(1 + self.number() % 1_000)).expect("not 0");
        let stamp = Some(Stamp { session, sequence: self.number() as u32 });
        let stamped = Rc::new(Op::stamped(op.id, stamp, op.request.clone()));
        let told = self.answer();
        let skipped = match self.pick(&[0, 1, 2]) {
            0 => Skipped::Copy(told),
            1 => Skipped::Stale,
            _ => Skipped::Expired,
        };
        let expired = self.pick(&[None, Some(session)]);
        let entry = Rc::new(Registration { id: op.id, most: self.number() as u32 });
        vec![
            E::Server(server, ServerEvent::Refused { client, leader, again: false }),
            E::Server(server, ServerEvent::HandsOver { client, to: other, again: false }),
            E::Server(
                server,
                ServerEvent::HoldsBack { client, uncommitted: index.0, again: false },
            ),
            E::Server(
                server,
                ServerEvent::Applied { index, op, answer: answer.clone(), own: true },
            ),
            E::Server(server, ServerEvent::AppliedNoop { index }),
            E::Server(
                server,
                ServerEvent::Registering { index, term: self.term(), entry: entry.clone(), client },
            ),
            E::Server(server, ServerEvent::Registered { index, entry, expired, own: true }),
            E::Server(server, ServerEvent::Skipped { index, op: stamped, why: skipped, own: true }),
            E::Server(
                server,
                ServerEvent::ReadTaken { client, request: self.request(), asks: leader },
            ),
            E::Server(
                server,
                ServerEvent::ReadAnswered {
                    client,
                    index,
                    applied: index,
                    by_lease: true,
                    answer: self.answer(),
                },
            ),
            E::Server(server, ServerEvent::ReadReleased { client, why: self.wrong_leader() }),
            E::Server(server, ServerEvent::Replied { client, reply: Reply::Done(answer.clone()) }),
            E::Server(
                server,
                ServerEvent::Replied { client, reply: Reply::WrongLeader(self.wrong_leader()) },
            ),
            E::Server(server, ServerEvent::Answered { client, index, answer }),
            E::Server(
                server,
                ServerEvent::WaiterReleased { client, index, why: self.wrong_leader() },
            ),
            E::Server(server, ServerEvent::Kept { bytes: self.number() }),
            E::Server(server, ServerEvent::WaitersLost { count: self.number() as u32 }),
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
        let session = SessionId::at(Index(1 + self.number() % 1_000)).expect("not 0");
        vec![
            E::Client(client, ClientEvent::ClientCreated),
            E::Client(client, ClientEvent::Called { request: request.clone() }),
            E::Client(client, ClientEvent::Asked { server, attempt: self.number() as u32 }),
            E::Client(client, ClientEvent::WantsSession),
            E::Client(client, ClientEvent::SessionOpened { session }),
            E::Client(client, ClientEvent::SessionLost { session, maybe: late }),
            E::Client(client, ClientEvent::AttemptFailed { server, why, again: false }),
            E::Client(
                client,
                ClientEvent::Returned { request, result: self.answer(), late, unknown: false },
            ),
            E::Client(client, ClientEvent::Abandoned { call: Some(self.request()) }),
            E::Client(client, ClientEvent::LateReply { server }),
            E::Client(client, ClientEvent::Queued { waiting: self.number() as u32 }),
            E::Client(client, ClientEvent::LockHeld { lock: self.text() }),
            E::Client(client, ClientEvent::LockFree { lock: self.text() }),
            E::Client(client, ClientEvent::Finished { what: self.text() }),
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
        let text = Text::literal(self.text::<String>());
        let deed = Arc::new(Deed::Clients(ClientAct::Retry, vec![text.clone()]));
        vec![
            E::Lab(LabEvent::Commanded { command: deed }),
            E::Script(ScriptEvent::Expected { line, command: Arc::new(Flow::Stop(text)) }),
            E::Script(ScriptEvent::Paced { pace: Pace::Slower(line) }),
            E::Script(ScriptEvent::LineRun { task, line }),
            E::Script(ScriptEvent::Said { text: self.text() }),
            E::Script(ScriptEvent::Beat),
            E::Script(ScriptEvent::Posed { question: Arc::new(self.question()) }),
            E::Script(ScriptEvent::Counted { hands: [line, line].into() }),
            E::Script(ScriptEvent::Revealed { so: [Some(true), Some(false), None].into() }),
            E::Script(ScriptEvent::OracleAsked),
            E::Script(ScriptEvent::Aside { text: self.text() }),
            E::Script(ScriptEvent::Pointed { servers: self.servers(), entry: Some(self.index()) }),
            E::Script(ScriptEvent::Noted { text: self.text() }),
            E::Script(ScriptEvent::BreakpointSet { condition: Arc::new(safe()), on: true }),
            E::Script(ScriptEvent::Watched { what: Arc::new(Watched::Condition(safe())), line }),
            E::Script(ScriptEvent::Unwatched { what: None }),
            E::Script(ScriptEvent::Marked { name: self.text() }),
            E::Script(ScriptEvent::TaskEnded { task }),
            E::Script(ScriptEvent::ScriptEnded),
            E::Script(ScriptEvent::Failed {
                line,
                expected: expected.clone(),
                actual: actual.clone(),
            }),
            E::Script(ScriptEvent::Remarked { line, expected, actual }),
            E::Lab(LabEvent::Violated { violation: Arc::new(violation) }),
        ]
    }

    /// One event of every kind, with a cause that may not fit it at all.
    pub(super) fn events(&mut self) -> Vec<Event> {
        let kinds = [
            self.power(),
            self.packets(),
            self.elections(),
            self.replication(),
            self.members(),
            self.snapshots(),
            self.service(),
            self.clients(),
            self.script(),
        ];
        let event = |kind| {
            let flaws = self.flaws();
            Event { time: Time::START, cause: self.cause(), flaws, kind }
        };
        kinds.into_iter().flatten().map(event).collect()
    }
}

pub(super) fn source() -> impl Strategy<Value = Source> {
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
