//! The client of the service: it tries one server after the other until it gets an answer, and
//! says Maybe when it can't know whether its put was carried out.
//!
//! A [`Job`] is what somebody ordered: a get, a put, or one of the procedures built on them
//! (`job.rs`, `lock.rs`). A [`Call`] is one get or put of it under way. A reply that does not
//! come within a second, a lost packet, or WrongLeader sends the call to the next server, for
//! ever, with a pause after each full round.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::event::{AttemptFailure, ClientEvent, EventKind, NetworkEvent};
use super::flaw::{Flaw, Flaws, Ruled};
use super::history::Returned;
use super::keyed::Keyed;
use super::kv::{Known, Stored};
use super::network::{Cargo, Reply, Rpc};
use super::queue::Slot;
use super::redraw::Drawn;
use super::rng::{Entity, Rng};
use super::time::{Span, SpanRange, Time};
use super::types::{
    Answer, ClientId, Key, Node, Outcome, Request, ServerId, ServerSet, SessionId, Value, Version,
};
use super::workload::Role;
use super::{Cause, Cluster, Item};
use crate::cluster::digest::{Digest, Tag};

/// The pause after each full round of servers, and between two looks at a taken lock.
pub const PAUSE: SpanRange = SpanRange::millis(10, 50);

/// A client session. It has at most one operation open.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    pub name: Arc<str>,
    /// The session that it has with the service, if that gives any (dissertation §6.3).
    pub session: Option<SessionId>,
    /// Who answered last; tried first.
    pub leader_hint: ServerId,
    /// The operation it is at.
    pub job: Option<Job>,
    /// Operations that wait for the open one, in the lab.
    pub queue: VecDeque<Job>,
    /// The operation that ended last, and how.
    pub last: Option<Finished>,
    /// What it last learned of each key.
    pub known: Keyed<Stored>,
    /// The locks it holds, each once, with what marks them as its own.
    pub holds: Vec<Key>,
    /// What it does by itself, if it is part of a load.
    pub role: Role,
    pub(super) lock_id: Value,
    pub(super) calls: u64,
    pub(super) timer: Option<Slot>,
    /// The pause that its timer measures, if that is what it does.
    pub(super) pause: Option<Drawn>,
    /// How often its timer has been set.
    timer_sets: u64,
    pub(super) rng: Rng,
}

/// An operation from its order to its end: one get or put, or several for `set` and the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub work: Work,
    pub since: Time,
    /// The only server that may be asked.
    pub only: Option<ServerId>,
    /// The get or put that is open now; `None` between two of them.
    pub call: Option<Call>,
    /// The script's line that ordered it; 0 if none did.
    pub(super) line: u32,
    /// How a script line knows the job that it waits for.
    pub ticket: u64,
}

/// What a client is asked to do, with all names filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    Get { key: Key },
    Put { key: Key, value: Value, version: Version },
    Set { key: Key, value: Value },
    Check { key: Key, expected: Stored },
    Acquire { lock: Key },
    Release { lock: Key },
}

/// One get or put under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub number: u64,
    pub request: Request,
    /// The client asks for a session first.
    pub registers: bool,
    pub since: Time,
    /// Which server is being asked, and since when; `None` during the pause after a round.
    pub asking: Option<(ServerId, Time)>,
    /// How many servers have been asked, the present one included.
    pub attempt: u32,
    /// When it will give up the present server, or end the pause.
    pub until: Time,
    /// The server has died, and that is when the network says so.
    pub(super) broken: bool,
    /// An earlier attempt may have been carried out, or may be later.
    pub maybe_executed: bool,
    /// Which server is next.
    pub(super) next: ServerId,
    /// How it came to nothing so far: the last way at each server. A list of events need not
    /// tell again and again that a client who may ask one server only is sent away.
    pub(super) failed: BTreeMap<ServerId, AttemptFailure>,
    /// Its place in the history.
    pub(super) record: usize,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    pub work: Work,
    pub result: Known,
    /// Who gave the last answer.
    pub server: Option<ServerId>,
    pub at: Time,
    pub took: Span,
}

impl Call {
    /// A get or put that a trace tells of.
    pub(super) fn told(number: u64, request: Request, now: Time, record: usize) -> Self {
        let next = ServerId::from_index(0);
        Self {
            number,
            request,
            registers: false,
            since: now,
            asking: None,
            attempt: 0,
            until: now,
            broken: false,
            maybe_executed: false,
            next,
            failed: BTreeMap::new(),
            record,
        }
    }
}

impl Job {
    /// What a client is at, of which a trace tells only this get or put.
    pub(super) const fn told(work: Work, now: Time, call: Call) -> Self {
        Self { work, since: now, only: None, call: Some(call), line: 0, ticket: 0 }
    }
}

impl Client {
    pub(super) fn new(id: ClientId, name: &str, seed: u64) -> Self {
        let mut rng = Rng::new(seed, Entity::Client(name_number(name)));
        let lock_id = format!("{name}-{:08x}", rng.next_u32()).into();
        Self {
            id,
            name: name.into(),
            session: None,
            leader_hint: ServerId::from_index(0),
            job: None,
            queue: VecDeque::new(),
            last: None,
            known: Keyed::default(),
            holds: Vec::new(),
            role: Role::Ordered,
            lock_id,
            calls: 0,
            timer: None,
            pause: None,
            timer_sets: 0,
            rng,
        }
    }

    pub fn is_idle(&self) -> bool {
        self.job.is_none()
    }

    /// The get or put that it has open.
    pub fn call(&self) -> Option<&Call> {
        self.job.as_ref()?.call.as_ref()
    }

    pub(super) fn call_mut(&mut self) -> Option<&mut Call> {
        self.job.as_mut()?.call.as_mut()
    }
}

/// A client's chance depends on its name, not on how many clients came before it.
pub(super) fn name_number(name: &str) -> u64 {
    Digest::new().text(name).value() | 1 << 63
}

/// Whether a Version or NoKey is to be told as Maybe: it is, when an earlier attempt may have
/// been the one that changed the version.
pub(super) fn outcome_of_put(
    outcome: Outcome,
    maybe_executed: bool,
    flaws: Flaws,
) -> Ruled<Outcome> {
    let rule = match outcome {
        Outcome::Version | Outcome::NoKey if maybe_executed => Outcome::Maybe,
        Outcome::Ok | Outcome::Version | Outcome::NoKey | Outcome::Maybe => outcome,
    };
    flaws.unless(Flaw::NeverMaybe, || outcome, rule)
}

impl Cluster {
    /// The client of this name; a new one if there is none yet. `None` when there are too many.
    pub fn add_client(&mut self, name: &str) -> Option<ClientId> {
        if let Some(client) = self.clients.iter().find(|client| &*client.name == name) {
            return Some(client.id);
        }
        if self.clients.len() >= super::config::CLIENTS_MAX {
            return None;
        }
        let id = ClientId(self.clients.len() as u32);
        self.clients.push(Client::new(id, name, self.seed));
        self.links.add_client(id, name_number(name), self.seed);
        self.names.clients.push_back(name.into());
        self.emit(EventKind::Client(id, ClientEvent::ClientCreated));
        Some(id)
    }

    /// Opens a get or put of the client's present job.
    /// Through which flaws, if no rule asks for it.
    pub(super) fn call(&mut self, id: ClientId, request: Request, flaws: Flaws) {
        let (now, record) = (self.now, self.record_call(id, &request, flaws));
        let sessions = self.config.client_sessions.is_some();
        let client = &mut self.clients[id.index()];
        client.calls += 1;
        let (number, hint) = (client.calls, client.leader_hint);
        let registers = sessions && client.session.is_none() && request.is_put();
        let Some(job) = client.job.as_mut() else { return };
        let call = Call {
            number,
            request,
            registers,
            since: now,
            asking: None,
            attempt: 0,
            until: now,
            broken: false,
            maybe_executed: false,
            next: job.only.unwrap_or(hint),
            failed: BTreeMap::new(),
            record,
        };
        job.call = Some(call);
        if registers {
            self.emit(EventKind::Client(id, ClientEvent::WantsSession));
        }
        self.ask(id);
    }

    /// Puts a get or put into the history; its place there.
    pub(super) fn record_call(&mut self, id: ClientId, request: &Request, flaws: Flaws) -> usize {
        let now = self.now;
        let record = self.history.call(id, request.clone(), now);
        self.digest.u64(now.micros()).tag(Tag::Call).u64(u64::from(id.0)).text(request.key());
        if let Request::Put { value, version, .. } = request {
            self.digest.text(value).u64(version.0);
        }
        self.emit_through(
            flaws,
            EventKind::Client(id, ClientEvent::Called { request: request.clone() }),
        );
        record
    }

    /// Sends the open call to the server whose turn it is.
    fn ask(&mut self, id: ClientId) {
        let now = self.now;
        let until = now + self.config.rpc_timeout;
        let client = &mut self.clients[id.index()];
        let session = client.session;
        let Some(call) = client.call_mut() else { return };
        let server = call.next;
        call.attempt += 1;
        call.asking = Some((server, now));
        (call.until, call.broken) = (until, false);
        let (number, attempt, request) = (call.number, call.attempt, call.request.clone());
        let registers = call.registers;
        self.emit(EventKind::Client(id, ClientEvent::Asked { server, attempt }));
        self.set_client_timer(id, until);
        let incarnation = self.servers[server.index()].incarnation;
        let call = number as u32;
        let rpc = if registers {
            Rpc::Register { call, attempt }
        } else {
            let session = session.filter(|_| request.is_put());
            Rpc::Request { call, attempt, session, request }
        };
        self.transmit(Node::Client(id), Node::Server(server), incarnation, Cargo::Client(rpc));
    }

    pub(super) fn set_client_timer(&mut self, id: ClientId, due: Time) {
        let client = &mut self.clients[id.index()];
        client.timer_sets += 1;
        client.pause = None;
        match client.timer {
            Some(slot) => self.queue.reschedule(slot, due.micros()),
            None => client.timer = Some(self.queue.push(due.micros(), Item::Client(id))),
        }
    }

    /// Lets a client wait for a random while.
    pub(super) fn pause_client(&mut self, id: ClientId, pause: Drawn) {
        self.set_client_timer(id, self.now + pause.span);
        self.clients[id.index()].pause = Some(pause);
    }

    pub(super) fn cancel_client_timer(&mut self, id: ClientId) {
        if let Some(slot) = self.clients[id.index()].timer.take() {
            self.queue.remove(slot);
        }
    }

    /// The reply did not come, or a pause is over.
    pub(super) fn on_client_timer(&mut self, id: ClientId) {
        self.cause = Cause::ClientTimer(id);
        let client = &mut self.clients[id.index()];
        client.timer = None;
        match client.call().map(|call| (call.asking, call.broken)) {
            Some((Some((server, _)), false)) => {
                self.attempt_failed(id, server, AttemptFailure::TimedOut);
            }
            Some((Some((server, _)), true)) => {
                let (to, about) = (Node::Client(id), Node::Server(server));
                self.emit(EventKind::Network(NetworkEvent::LossReported { to, about }));
                self.attempt_failed(id, server, AttemptFailure::LossReported);
            }
            Some((None, _)) => self.ask(id),
            None => self.continue_job(id),
        }
    }

    /// A server has died with the calls that it had taken. Where callers are told of that, they
    /// are a while later.
    pub(super) fn break_calls(&mut self, server: ServerId) {
        for place in 0..self.clients.len() {
            let id = self.clients[place].id;
            let asks = |call: &Call| call.asking.is_some_and(|(asked, _)| asked == server);
            if !self.clients[place].call().is_some_and(asks) {
                continue;
            }
            let Some(span) = self.draw_failure(server, id) else { return };
            let due = self.now + span;
            let Some(call) = self.clients[place].call_mut() else { continue };
            if due < call.until {
                (call.until, call.broken) = (due, true);
                self.set_client_timer(id, due);
            }
        }
    }

    pub(super) fn on_client_loss(&mut self, id: ClientId, server: ServerId, lost: &Rpc) {
        let (call, attempt) = lost.attempt();
        if self.is_current(id, call, attempt) {
            self.attempt_failed(id, server, AttemptFailure::LossReported);
        }
    }

    /// How a client's open call came to nothing at this server when it asked there last.
    pub(super) fn failed_before(&self, id: ClientId, server: ServerId) -> Option<AttemptFailure> {
        self.clients[id.index()].call()?.failed.get(&server).copied()
    }

    /// Whether a client still waits for this attempt of its call.
    pub(super) fn is_current(&self, id: ClientId, number: u64, attempt: u32) -> bool {
        let call = self.clients[id.index()].call();
        call.is_some_and(|call| {
            call.number == number && call.attempt == attempt && call.asking.is_some()
        })
    }

    /// The present server was of no use: on to the next, with a pause after each full round.
    fn attempt_failed(&mut self, id: ClientId, server: ServerId, why: AttemptFailure) {
        let again = self.failed_before(id, server) == Some(why);
        self.emit(EventKind::Client(id, ClientEvent::AttemptFailed { server, why, again }));
        let (now, asked) = (self.now, self.asked_by_clients());
        let client = &mut self.clients[id.index()];
        let only = client.job.as_ref().and_then(|job| job.only);
        let pause = Drawn::new(&mut client.rng, PAUSE);
        let Some(call) = client.call_mut() else { return };
        call.asking = None;
        call.failed.insert(server, why);
        // Nothing is lost with a session that was opened for nobody.
        call.maybe_executed |= !call.registers
            && match why {
                AttemptFailure::TimedOut | AttemptFailure::LossReported => true,
                AttemptFailure::WrongLeader(why) => why.may_execute(),
            };
        let round = if only.is_some() { 1 } else { asked.len() as u32 };
        if only.is_none() {
            let after = asked.iter().find(|other| *other > server);
            call.next = after.or_else(|| asked.iter().next()).unwrap_or(server);
        }
        if call.attempt.is_multiple_of(round) {
            call.until = now + pause.span;
            self.pause_client(id, pause);
        } else {
            self.ask(id);
        }
    }

    /// Whom clients ask, one after the other: those who vote by the configuration in force, and the leader,
    /// who may not be among them until C_new is committed.
    fn asked_by_clients(&self) -> ServerSet {
        if !self.has_changed_members {
            return self.all();
        }
        let leader = self.newest_leader().map(|leader| ServerSet::only(leader.id));
        self.configuration().voters().union(leader.unwrap_or_default())
    }

    pub(super) fn on_reply(
        &mut self,
        id: ClientId,
        server: ServerId,
        call: u64,
        attempt: u32,
        reply: Reply,
    ) {
        if !self.is_current(id, call, attempt) {
            self.emit(EventKind::Client(id, ClientEvent::LateReply { server }));
            return;
        }
        match reply {
            Reply::WrongLeader(why) => {
                self.attempt_failed(id, server, AttemptFailure::WrongLeader(why));
            }
            Reply::Done(answer) => {
                self.clients[id.index()].leader_hint = server;
                self.finish_call(id, server, answer);
            }
            Reply::Session(session) => self.session_opened(id, server, session),
            Reply::Expired => self.session_lost(id, server),
        }
    }

    /// It has its session: now it asks for what it wanted.
    fn session_opened(&mut self, id: ClientId, server: ServerId, session: SessionId) {
        let client = &mut self.clients[id.index()];
        (client.session, client.leader_hint) = (Some(session), server);
        let Some(call) = client.call_mut() else { return };
        (call.registers, call.next) = (false, server);
        self.emit(EventKind::Client(id, ClientEvent::SessionOpened { session }));
        self.ask(id);
    }

    /// The log has it that its session is open no more. Where no attempt can have been carried out
    /// before, it opens another and asks again. Else nobody can tell it what became of its put.
    fn session_lost(&mut self, id: ClientId, server: ServerId) {
        let client = &mut self.clients[id.index()];
        let Some(session) = client.session.take() else { return };
        client.leader_hint = server;
        let Some(call) = client.call_mut() else { return };
        let maybe = call.maybe_executed;
        (call.registers, call.next) = (!maybe, server);
        self.emit(EventKind::Client(id, ClientEvent::SessionLost { session, maybe }));
        if maybe {
            let (outcome, value, version) = (Outcome::Maybe, Value::default(), Version::ZERO);
            return self.finish_call(id, server, Answer { outcome, value, version });
        }
        self.ask(id);
    }

    /// A definite reply: the call returns to whoever made it.
    fn finish_call(&mut self, id: ClientId, server: ServerId, answer: Answer) {
        let client = &mut self.clients[id.index()];
        let sets = client.timer_sets;
        let Some(call) = client.job.as_mut().and_then(|job| job.call.take()) else { return };
        let Call { request, maybe_executed, record, .. } = call;
        let in_session = self.config.client_sessions.is_some();
        let (Ruled { answer: outcome, flaws }, late) = match &request {
            Request::Get { .. } => (Ruled::kept(answer.outcome), false),
            // Its session has seen to it that no copy of it was carried out beside it, or will be.
            Request::Put { .. } if in_session => (Ruled::kept(answer.outcome), false),
            Request::Put { version, .. } => (
                outcome_of_put(answer.outcome, maybe_executed, self.client_flaws),
                // Versions only grow: once the key's is above the put's, no copy can run.
                maybe_executed && answer.version <= *version,
            ),
        };
        let result = Answer { outcome, ..answer };
        let unknown = in_session && outcome == Outcome::Maybe;
        self.record_return(id, &request, record, &result, (late, unknown, flaws));
        self.learn(id, &request, &result);
        self.on_call_done(id, server, request, result);
        // The timer is taken back only now: whoever asks again at once has set it anew.
        if self.clients[id.index()].timer_sets == sets {
            self.cancel_client_timer(id);
        }
    }

    fn record_return(
        &mut self,
        id: ClientId,
        request: &Request,
        record: usize,
        result: &Answer,
        (late, unknown, flaws): (bool, bool, Flaws),
    ) {
        let at = self.now;
        let Answer { outcome, value, version } = result.clone();
        self.digest.u64(at.micros()).tag(Tag::Return).u64(u64::from(id.0)).u8(outcome.byte());
        self.digest.text(&value).u64(version.0).u8(u8::from(late));
        self.history
            .finish(record, Returned { at, order: 0, outcome, value, version, late, unknown });
        let (request, result) = (request.clone(), result.clone());
        self.emit_through(
            flaws,
            EventKind::Client(id, ClientEvent::Returned { request, result, late, unknown }),
        );
    }

    /// What the client now knows of the key: used by `set` and `@last`.
    fn learn(&mut self, id: ClientId, request: &Request, result: &Answer) {
        let stored = match (request, result.outcome) {
            (Request::Get { .. }, Outcome::Ok | Outcome::NoKey) => {
                Stored { value: result.value.clone(), version: result.version }
            }
            (Request::Put { value, .. }, Outcome::Ok) => {
                Stored { value: value.clone(), version: result.version }
            }
            (Request::Get { .. } | Request::Put { .. }, _) => return,
        };
        self.clients[id.index()].known.set(request.key(), stored);
    }
}
