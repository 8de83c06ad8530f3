//! A run that was written down elsewhere, looked at again: a trace of etcd's Raft, or of the lab.
//!
//! Nothing is decided here, and nothing can be done to it. Each step takes the next line of the trace
//! and has the servers be what it tells, by the door through which guests are mirrored
//! (`raft/mirror.rs`); whatever the line does not tell stays as it was. So the screen, the checkers,
//! the timeline and the conditions see a [`Cluster`] like any other: one in which no timer runs and
//! no message is answered. Whoever reads a form of traces makes a [`Trace`] of it.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::cause::Cause;
use super::check::Checker;
use super::client::{Call, Job, Work};
use super::command::Command;
use super::config::Config;
use super::event::{ClientEvent, Event, EventKind, PacketEvent, RaftEvent, ServerEvent};
use super::flaw::Flaws;
use super::history::Returned;
use super::kv::Known;
use super::network::{Cargo, Flight, Hand, Law, Loss, Packet};
use super::queue::{Queue, Slot};
use super::raft::{Entry, HardState, Outbox, Role};
use super::rsm::{Rsm, carry_out};
use super::server::Power;
use super::time::{Span, Time};
use super::timers::TimerKind;
use super::types::{ClientId, Index, PacketId, Request, ServerId, ServerSet, SessionId, Term};
use super::{Cluster, Item};

/// What a trace tells.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub name: Arc<str>,
    pub servers: u8,
    pub clients: Vec<String>,
    /// What the servers are before the first line.
    pub start: Vec<(ServerId, State)>,
    pub lines: Vec<Line>,
    /// Whether lines tell of the service too: what is applied, and what clients ask.
    pub service: bool,
    /// Why majorities can't be judged, if they can't.
    pub unjudged: Option<Arc<str>>,
}

/// One line of it.
#[derive(Clone, Debug)]
pub struct Line {
    pub time: Time,
    pub cause: Cause,
    pub flaws: Flaws,
    pub event: Option<EventKind>,
    /// What a server is from here on, if that has changed, and who tells of it.
    pub state: Option<(ServerId, Box<State>, Telling)>,
    /// What was commanded.
    pub command: Option<Rc<Command>>,
    /// When a packet that is sent comes to its end, and how.
    pub lands: Option<(Time, Loss)>,
}

/// Who says what has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The event of the line.
    Event,
    /// The change itself: the line has no words of its own.
    Change,
}

/// A server, as a line tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub power: Power,
    pub role: Role,
    /// Who leads, as far as it has heard.
    pub leader: Option<ServerId>,
    pub term: Term,
    pub vote: Option<ServerId>,
    /// Who has voted for it.
    pub votes: ServerSet,
    pub commit: Index,
    /// Where its log ends.
    pub last: Index,
    /// What its log has from the first of these indexes on, if that has changed.
    pub log: Option<Tail>,
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    pub first: Index,
    pub entries: Vec<Entry>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            power: Power::Up,
            role: Role::Follower,
            leader: None,
            term: Term::ZERO,
            vote: None,
            votes: ServerSet::EMPTY,
            commit: Index::ZERO,
            last: Index::ZERO,
            log: None,
        }
    }
}

/// A trace, and how much of it has been seen.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    trace: Rc<Trace>,
    seen: usize,
    /// The packets in flight.
    flying: BTreeMap<PacketId, Slot>,
}

impl Cluster {
    /// The servers of a trace, before its first line.
    pub fn observing(trace: Rc<Trace>) -> Self {
        let config =
            Config { servers: trace.servers, clients: trace.clients.clone(), ..Config::default() };
        let mut cluster = Self::new(config);
        // No timer runs: what happens stands in the trace.
        cluster.queue = Queue::default();
        let mut begun = Index::ZERO;
        for server in &mut cluster.servers {
            server.timers = [None; <TimerKind as strum::EnumCount>::COUNT];
            server.raft.follow_trace();
        }
        for (id, state) in &trace.start {
            cluster.become_told(*id, state, Telling::Event);
            cluster.write_all(*id, None);
            begun = begun.max(state.commit);
        }
        let mut checker = Checker::new(&cluster);
        checker.begins_with(begun);
        checker.judges_not(trace.unjudged.clone());
        cluster.checker = Some(Box::new(checker));
        cluster.events.clear();
        cluster.observed = Some(Observed { trace, seen: 0, flying: BTreeMap::new() });
        cluster.wait_for_line();
        cluster
    }

    /// Whether it shows a trace: then nothing can be done to it.
    pub const fn is_observed(&self) -> bool {
        self.observed.is_some()
    }

    /// Whether it is known what servers have applied.
    pub fn tells_service(&self) -> bool {
        self.observed.as_ref().is_none_or(|observed| observed.trace.service)
    }

    /// How many lines of its trace have been shown, and how many there are.
    pub fn observed(&self) -> Option<(usize, usize)> {
        self.observed.as_ref().map(|observed| (observed.seen, observed.trace.lines.len()))
    }

    fn wait_for_line(&mut self) {
        let Some(observed) = &self.observed else { return };
        if let Some(line) = observed.trace.lines.get(observed.seen) {
            self.queue.push(line.time.micros(), Item::Line);
        }
    }

    /// The next line of the trace happens, and those that tell of the same step: its cause is theirs.
    pub(super) fn observe_line(&mut self) {
        let Some(observed) = &mut self.observed else { return };
        let (trace, first) = (observed.trace.clone(), observed.seen);
        let Some(line) = trace.lines.get(first) else { return };
        let same = |other: &&Line| (other.time, other.cause) == (line.time, line.cause);
        let step = trace.lines[first..].iter().take_while(same).count();
        observed.seen += step;
        for line in &trace.lines[first..first + step] {
            self.follow_line(line);
        }
        self.wait_for_line();
    }

    fn follow_line(&mut self, line: &Line) {
        self.cause = line.cause;
        if let Some(command) = &line.command {
            self.follow_command(command);
        }
        if let Some(event) = &line.event {
            self.before_event(event);
        }
        if let Some((id, state, telling)) = &line.state {
            self.become_told(*id, state, *telling);
        }
        if let Some(event) = &line.event {
            self.after_event(event, line.lands, line.flaws);
            let (time, cause, flaws) = (self.now, line.cause, line.flaws);
            self.events.push(Event { time, cause, flaws, kind: event.clone() });
        }
    }

    /// What an event means for what the line's state is then put upon.
    fn before_event(&mut self, event: &EventKind) {
        let EventKind::Server(id, event) = event else { return };
        match event {
            ServerEvent::Crashed { .. } => self.begin_again(*id, Power::Down),
            ServerEvent::Restarted { .. } => self.begin_again(*id, Power::Up),
            _ => {}
        }
    }

    /// All that is volatile is gone.
    fn begin_again(&mut self, id: ServerId, power: Power) {
        let server = &mut self.servers[id.index()];
        server.incarnation += u32::from(power == Power::Up);
        server.power = power;
        server.raft.start_again(&server.disk);
        server.rsm = Rsm::default();
    }

    /// What follows from an event beside the state of a server.
    fn after_event(&mut self, event: &EventKind, lands: Option<(Time, Loss)>, flaws: Flaws) {
        match event {
            EventKind::Packet(flight, PacketEvent::Sent) => {
                if let Some((due, loss)) = lands {
                    self.fly(*flight, due, loss);
                }
            }
            EventKind::Packet(flight, PacketEvent::Received | PacketEvent::Dropped { .. }) => {
                self.land(flight.packet);
            }
            EventKind::Server(id, ServerEvent::Synced { last, .. }) => {
                self.write_all(*id, Some(*last));
            }
            EventKind::Server(id, ServerEvent::Applied { index, op, .. }) => {
                let rsm = &mut self.servers[id.index()].rsm;
                rsm.applied = *index;
                // As the server did it, whatever the rule would have been.
                let _ = carry_out(&mut rsm.kv, *index, op, *id, flaws);
            }
            EventKind::Server(id, ServerEvent::Skipped { index, op, .. }) => {
                let rsm = &mut self.servers[id.index()].rsm;
                rsm.applied = *index;
                let _ = rsm.kv.apply_op(*index, op);
            }
            EventKind::Server(id, ServerEvent::Registered { index, entry, .. }) => {
                let rsm = &mut self.servers[id.index()].rsm;
                rsm.applied = *index;
                rsm.kv.register(*index, entry);
            }
            EventKind::Server(id, ServerEvent::AppliedNoop { index }) => {
                self.servers[id.index()].rsm.applied = *index;
            }
            EventKind::Raft(id, RaftEvent::Matched { follower, index, .. }) => {
                self.servers[id.index()].raft.told_progress(*follower, *index);
            }
            EventKind::Client(id, event) => self.client_told(*id, event),
            _ => {}
        }
    }

    /// What a server holds is on its disk, up to an entry.
    fn write_all(&mut self, id: ServerId, last: Option<Index>) {
        let server = &mut self.servers[id.index()];
        let (term, voted_for) = (server.raft.term(), server.raft.voted_for());
        server.disk.hard = HardState { term, voted_for };
        server.disk.log = server.raft.log().clone();
        if let Some(last) = last {
            server.disk.log.truncate(last.next());
        }
    }

    /// A server is what a line tells.
    fn become_told(&mut self, id: ServerId, state: &State, telling: Telling) {
        let now = self.now;
        let Some(server) = self.servers.get_mut(id.index()) else { return };
        server.power = state.power;
        let mut out = Outbox::default();
        server.raft.told(state, now, &mut out);
        if telling == Telling::Change {
            let (time, cause) = (self.now, self.cause);
            let events = out.events.into_iter();
            self.events.extend(events.map(|(flaws, event)| {
                let kind = EventKind::Raft(id, event);
                Event { time, cause, flaws, kind }
            }));
        }
    }

    fn fly(&mut self, flight: Flight, due: Time, loss: Loss) {
        let Flight { packet: id, from, to, summary } = flight;
        let packet = Packet {
            id,
            from,
            to,
            sent: self.now,
            due,
            incarnation: 0,
            loss,
            fails_after: None,
            law: Law::told(),
            hand: Hand::Off,
            cargo: Cargo::Told(summary),
        };
        // The line that tells of its end comes first.
        let slot = self.queue.push((due + Span(1)).micros(), Item::Packet(packet));
        if let Some(observed) = &mut self.observed {
            observed.flying.insert(id, slot);
        }
    }

    fn land(&mut self, packet: PacketId) {
        let slot = self.observed.as_mut().and_then(|observed| observed.flying.remove(&packet));
        if let Some(slot) = slot {
            self.queue.remove(slot);
        }
    }

    fn has_session(&mut self, id: ClientId, session: Option<SessionId>) {
        if let Some(client) = self.clients.get_mut(id.index()) {
            client.session = session;
        }
    }

    /// What a client asks and is told.
    fn client_told(&mut self, id: ClientId, event: &ClientEvent) {
        let now = self.now;
        match event {
            ClientEvent::Called { request } => {
                let record = self.history.call(id, request.clone(), now);
                let Some(client) = self.clients.get_mut(id.index()) else { return };
                client.calls += 1;
                let call = Call::told(client.calls, request.clone(), now, record);
                let work = match request.clone() {
                    Request::Get { key } => Work::Get { key },
                    Request::Put { key, value, version } => Work::Put { key, value, version },
                };
                client.job = Some(Job::told(work, now, call));
            }
            ClientEvent::Returned { result, late, unknown, .. } => {
                let client = self.clients.get_mut(id.index());
                let Some(job) = client.and_then(|client| client.job.take()) else { return };
                let Some(call) = job.call else { return };
                let Known { outcome, value, version } = result.clone();
                let returned = Returned {
                    at: now,
                    order: 0,
                    outcome,
                    value,
                    version,
                    late: *late,
                    unknown: *unknown,
                };
                self.history.finish(call.record, returned);
            }
            ClientEvent::SessionOpened { session } => self.has_session(id, Some(*session)),
            ClientEvent::SessionLost { .. } => self.has_session(id, None),
            ClientEvent::Abandoned { .. } => {
                if let Some(client) = self.clients.get_mut(id.index()) {
                    client.job = None;
                }
            }
            _ => {}
        }
    }
}
