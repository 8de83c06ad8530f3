//! What commands do. Every way of acting on the cluster comes through [`Cluster::apply`]: keys,
//! the prompt, lines of scripts and recordings.

use std::sync::Arc;

use super::by_hand::{SETTLE_ROUNDS, no_heartbeat, no_sync};
use super::client::{Job, Work};
use super::command::{
    Command, Ends, Load, Nature, Operation, Order, Reach, Reseed, Text, Timers, VersionWord, Who,
};
use super::digest::Tag;
use super::event::{ClientEvent, EventKind, LabEvent, ServerEvent};
use super::flaw::{Flaw, Flaws};
use super::kv::Stored;
use super::network::{LinkChange, LinkRule, Links};
use super::raft::Role;
use super::resolve::{Scope, error, shared};
use super::server::Power;
use super::task::Scheduled;
use super::time::{Ppm, Span};
use super::types::{ClientId, Node, Request, ServerId, ServerSet, Version};
use super::{Cause, Cluster, CommandError, Motion};

impl Cluster {
    /// Carries out a command at the present place. [`Cluster::events`] says afterwards what it
    /// brought about. Nothing is changed when an error comes back.
    ///
    /// # Errors
    /// When the command can do nothing now, with the reason: "S3 is up".
    pub fn apply(&mut self, command: &Command) -> Result<(), CommandError> {
        self.begin_events();
        if self.is_stopped() {
            return Err(error("the run has stopped; nothing can be done to it any more"));
        }
        // What fails half-way is taken back whole: a run is its start and what was done to it.
        let before = self.clone();
        let mut scope = self.lab_scope.clone();
        match self.perform(command, &mut scope, 0) {
            Ok(_) => {
                self.lab_scope = scope;
                self.deeds += 1;
                self.acted_by(command);
                self.after();
                Ok(())
            }
            Err(error) => {
                *self = before;
                Err(error)
            }
        }
    }

    /// Carries out a scheduled or recurring command. What can't be done fails the run: the
    /// script expected that it could.
    pub(super) fn run_scheduled_command(&mut self, scheduled: Scheduled) {
        let Scheduled { command, mut scope, line } = scheduled;
        if let Err(error) = self.perform(&command, &mut scope, line) {
            let (expected, actual) = error.disappoints(&command);
            match line {
                // Somebody at a prompt has put it down, who wants to go on whatever comes of it.
                0 => self.remark(line, &expected, actual),
                _ => self.fail(line, &expected, actual),
            }
        }
    }

    /// Resolves a command and carries it out; the ticket of the job that it started, if any.
    pub(super) fn perform(
        &mut self,
        command: &Command,
        scope: &mut Scope,
        line: u32,
    ) -> Result<Option<u64>, CommandError> {
        match command.nature() {
            Nature::Block => {
                return Err(error("blocks of lines stand in scripts only: open one with the lab"));
            }
            Nature::Flow | Nature::Telling => {
                return self.act_apart(command, scope, line).map(|()| None);
            }
            Nature::Head | Nature::Fault | Nature::Deed => {}
        }
        let resolved = self.resolve(command, scope)?;
        self.refuse(&resolved)?;
        if let Command::Operate(order) = &resolved
            && !scope.queues
        {
            self.refuse_busy(order)?;
        }
        self.cause = if line == 0 { Cause::Command(self.commands) } else { Cause::Line(line) };
        self.commands += 1;
        let text = resolved.to_string();
        let place = self.place();
        // What is expected of a run is no part of it.
        if !matches!(resolved, Command::Expects(_)) {
            self.digest
                .tag(Tag::Command)
                .u64(place.time.micros())
                .u64(u64::from(place.after))
                .text(&text);
        }
        let shared = Arc::new(resolved);
        self.emit(EventKind::Lab(LabEvent::Commanded { command: shared.clone() }));
        self.carry_out_command(&shared, line)
    }

    /// A script's line waits for its operation, so its client has to be free for it.
    fn refuse_busy(&self, order: &Order) -> Result<(), CommandError> {
        let name = order.client.as_ref().map_or("a", |name| name.as_str());
        match self.client_named(name) {
            Some(client) if !client.is_idle() => Err(error(format!(
                "client {name} is still at its last operation: one at a time; wait for it, or use \
                 another client"
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// Why a concrete command can do nothing now, if so. Checked before anything changes.
    fn refuse(&self, command: &Command) -> Result<(), CommandError> {
        let each = |whos: &[Who], why: &dyn Fn(&super::server::Server) -> Option<String>| {
            let mut reasons = Vec::new();
            for server in concrete(whos).iter().filter_map(|id| self.server(id)) {
                match why(server) {
                    None => return Ok(()),
                    Some(reason) => reasons.push(reason),
                }
            }
            Err(error(reasons.join("; ")))
        };
        match command {
            Command::Crash(who) => each(who, &|server| {
                (server.power == Power::Down).then(|| format!("{} is down already", server.id))
            }),
            Command::Restart(who) => each(who, &|server| {
                (server.power != Power::Down).then(|| format!("{} is up", server.id))
            }),
            Command::Sleep(who) => each(who, &|server| match server.power {
                Power::Up => None,
                Power::Down => Some(format!("{} is down", server.id)),
                Power::Asleep => Some(format!("{} sleeps already", server.id)),
            }),
            Command::Wake(who) => each(who, &|server| {
                (server.power != Power::Asleep).then(|| format!("{} does not sleep", server.id))
            }),
            Command::Wipe(who) => each(who, &|server| {
                (server.power != Power::Down)
                    .then(|| format!("{} runs: crash it before its disk is lost", server.id))
            }),
            Command::Timeout(who) => {
                each(who, &|server| match (server.power, server.raft.role()) {
                    (Power::Down, _) => Some(format!("{} is down", server.id)),
                    (Power::Asleep, _) => Some(format!("{} sleeps", server.id)),
                    (Power::Up, Role::Leader) => {
                        Some(format!("{} leads, and leaders have no election timer", server.id))
                    }
                    (Power::Up, Role::Follower | Role::Candidate) => None,
                })
            }
            Command::Heartbeat(who) => each(who, &no_heartbeat),
            Command::Sync(who) => each(who, &no_sync),
            Command::Retry(clients) => self.refuse_retry(clients),
            Command::Abandon(clients) => self.refuse_abandon(clients),
            Command::Operate(order) if matches!(order.operation, Operation::Submit { .. }) => {
                self.refuse_busy(order)?;
                let only: Vec<Who> = order.only.iter().cloned().collect();
                each(&only, &|server| (!is_leader(server)).then(|| no_leader(server)))
            }
            Command::ByHand(motion) if *motion == self.motion => Err(error(match motion {
                Motion::ByHand => "all is by hand already: `by-hand off` resumes lab time",
                Motion::ByItself => "lab time runs on its own: `by-hand on` pauses it",
            })),
            Command::Chaos(_) => self.refuse_chaos(),
            Command::LoadStop if !self.load_runs() => Err(error("no load is running")),
            Command::Load(_) if self.load_runs() => {
                Err(error("a load is running already: `load stop` ends it"))
            }
            Command::Cluster(_)
            | Command::Given { .. }
            | Command::Clients(_)
            | Command::Shows { .. }
            | Command::Record(_) => {
                Err(error("the head of a script can't change a cluster that runs"))
            }
            Command::Clock { .. }
            | Command::Timers(_)
            | Command::Partition(_)
            | Command::Isolate { .. }
            | Command::Rejoin(_)
            | Command::Cut(_)
            | Command::Mend(_)
            | Command::Heal
            | Command::Net(_)
            | Command::Link { .. }
            | Command::Operate(_)
            | Command::Load(_)
            | Command::LoadStop
            | Command::ChaosStop
            | Command::Hold { .. }
            | Command::Release { .. }
            | Command::Next { .. }
            | Command::Packet { .. }
            | Command::Flying { .. }
            | Command::ByHand(_)
            | Command::Settle
            | Command::Flaw { .. }
            | Command::Reseed(_)
            | Command::Run(_)
            | Command::Until { .. }
            | Command::Expect(_)
            | Command::Expects(_)
            | Command::Let { .. }
            | Command::Task { .. }
            | Command::Wait { .. }
            | Command::For { .. }
            | Command::Repeat { .. }
            | Command::LoopFor { .. }
            | Command::LoopUntil(_)
            | Command::If(_)
            | Command::Else
            | Command::End
            | Command::At { .. }
            | Command::Every { .. }
            | Command::Stop(_)
            | Command::Say(_)
            | Command::Beat
            | Command::Ask(_)
            | Command::Answer(_)
            | Command::Reveal
            | Command::Oracle
            | Command::Aside(_)
            | Command::Point { .. }
            | Command::Note(_)
            | Command::Mark(_)
            | Command::Break(_)
            | Command::Unbreak(_)
            | Command::Watch(_)
            | Command::Unwatch(_)
            | Command::Pace(_) => Ok(()),
        }
    }

    fn carry_out_command(
        &mut self,
        command: &Command,
        line: u32,
    ) -> Result<Option<u64>, CommandError> {
        if command.nature() == Nature::Fault {
            self.fault_term = self
                .leader()
                .map_or(self.fault_term, |leader| self.servers[leader.index()].raft.term());
        }
        match command {
            Command::Crash(who) => self.for_each(who, Self::crash),
            Command::Restart(who) => self.for_each(who, Self::restart),
            Command::Sleep(who) => self.for_each(who, Self::sleep),
            Command::Wake(who) => self.for_each(who, Self::wake),
            Command::Wipe(who) => self.for_each(who, Self::wipe),
            Command::Clock { who, rate } => {
                self.for_each(who, |cluster, id| cluster.set_clock(id, *rate));
            }
            Command::Timeout(who) => self.for_each(who, Self::time_out),
            Command::Heartbeat(who) => self.for_each(who, Self::beat),
            Command::Sync(who) => self.for_each(who, Self::sync_now),
            Command::Retry(clients) => self.retry(clients),
            Command::Abandon(clients) => self.abandon(clients),
            Command::Settle => self.settle(SETTLE_ROUNDS, line),
            Command::Timers(timers) => self.set_timers(*timers),
            Command::Partition(groups) => self.partition(groups)?,
            Command::Isolate { who, from_clients } => self.isolate(who, *from_clients),
            Command::Rejoin(who) => self.links.rejoin(concrete(who)),
            Command::Cut(ends) => self.each_link(ends, Links::cut)?,
            Command::Mend(ends) => self.each_link(ends, Links::mend)?,
            Command::Heal => self.links.heal(),
            Command::Net(network) => self.network = *network,
            Command::Link { ends, change } => {
                self.each_link(ends, |links, from, to| {
                    links.get_mut(from, to).map(|link| change_rule(&mut link.rule, *change))
                })?;
            }
            Command::Hold { .. }
            | Command::Release { .. }
            | Command::Next { .. }
            | Command::Packet { .. }
            | Command::Flying { .. } => {
                self.order_packets(command)?;
            }
            Command::ByHand(motion) => self.set_motion(*motion),
            Command::Operate(order) if matches!(order.operation, Operation::Submit { .. }) => {
                self.submit(order)?;
            }
            Command::Operate(order) => return self.operate(order, line).map(Some),
            Command::Load(load) => self.start_load(load)?,
            Command::LoadStop => self.stop_load(),
            Command::Chaos(faults) => self.begin_chaos(faults),
            Command::ChaosStop => self.calm(line)?,
            Command::Flaw { flaw, on, who } => self.plant(*flaw, *on, who),
            Command::Reseed(Reseed { seed, reach }) => {
                self.reseed(*seed);
                match reach {
                    Reach::Draws => {}
                    Reach::All => drop(self.redraw()),
                }
            }
            Command::Expects(unmet) => self.unmet = *unmet,
            Command::Cluster(_)
            | Command::Given { .. }
            | Command::Clients(_)
            | Command::Shows { .. }
            | Command::Record(_)
            | Command::Run(_)
            | Command::Until { .. }
            | Command::Expect(_)
            | Command::Let { .. }
            | Command::Task { .. }
            | Command::Wait { .. }
            | Command::For { .. }
            | Command::Repeat { .. }
            | Command::LoopFor { .. }
            | Command::LoopUntil(_)
            | Command::If(_)
            | Command::Else
            | Command::End
            | Command::At { .. }
            | Command::Every { .. }
            | Command::Stop(_)
            | Command::Say(_)
            | Command::Beat
            | Command::Ask(_)
            | Command::Answer(_)
            | Command::Reveal
            | Command::Oracle
            | Command::Aside(_)
            | Command::Point { .. }
            | Command::Note(_)
            | Command::Mark(_)
            | Command::Break(_)
            | Command::Unbreak(_)
            | Command::Watch(_)
            | Command::Unwatch(_)
            | Command::Pace(_) => {
                return Err(error(format!("`{command}` can't stand here")));
            }
        }
        Ok(None)
    }

    fn for_each(&mut self, whos: &[Who], mut act: impl FnMut(&mut Self, ServerId)) {
        for id in concrete(whos).iter() {
            act(self, id);
        }
    }

    /// Switches a flaw on or off: for these servers, for all when none is named, or for the
    /// clients if it is theirs.
    pub(super) fn plant(&mut self, flaw: Flaw, on: bool, who: &[Who]) {
        if flaw.is_of_clients() {
            self.client_flaws.set(flaw, on);
            return;
        }
        let named = concrete(who);
        for server in &mut self.servers {
            if who.is_empty() || named.contains(server.id) {
                server.raft.plant(flaw, on);
            }
        }
    }

    /// The power fails: what is volatile and what was not synced is lost; the disk stays.
    fn crash(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power == Power::Down {
            return;
        }
        let end = server.raft.log().last_index().next();
        let lost = end.0.saturating_sub(server.disk.first_unsynced().0);
        let (term, voted_for) = (server.raft.term(), server.raft.voted_for());
        let on_disk = (term, voted_for) == (server.disk.hard.term, server.disk.hard.voted_for);
        let vote = voted_for.filter(|_| !on_disk);
        let waiters = server.rsm.waiters.len() as u32;
        server.power = Power::Down;
        let flaws = server.forget();
        self.cancel_all(id);
        self.break_calls(id);
        self.emit_through(flaws, EventKind::Server(id, ServerEvent::Crashed { lost, vote }));
        if waiters > 0 {
            self.emit(EventKind::Server(id, ServerEvent::WaitersLost { count: waiters }));
        }
    }

    fn restart(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power != Power::Down {
            return;
        }
        server.power = Power::Up;
        server.incarnation += 1;
        let flaws = server.forget();
        let raft = &server.raft;
        let (term, vote, last) = (raft.term(), raft.voted_for(), raft.log().last());
        self.arm_election(id);
        self.emit_through(
            flaws,
            EventKind::Server(id, ServerEvent::Restarted { term, vote, last }),
        );
    }

    fn sleep(&mut self, id: ServerId) {
        let now = self.now;
        let server = &mut self.servers[id.index()];
        if server.power == Power::Up {
            server.power = Power::Asleep;
            server.asleep_since = now;
            self.freeze_timers(id);
            self.emit(EventKind::Server(id, ServerEvent::FellAsleep));
        }
    }

    fn wake(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power != Power::Asleep {
            return;
        }
        server.power = Power::Up;
        let slept = self.now.since(server.asleep_since);
        let inbox = std::mem::take(&mut server.inbox);
        self.thaw_timers(id, slept);
        self.emit(EventKind::Server(id, ServerEvent::Woke { packets: inbox.len() as u32 }));
        for packet in inbox {
            self.queue.push(self.now.micros(), super::Item::Landed(packet));
        }
    }

    fn wipe(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power == Power::Down {
            server.lose_disk();
            self.emit(EventKind::Server(id, ServerEvent::Wiped));
        }
    }

    fn set_clock(&mut self, id: ServerId, rate: Ppm) {
        let server = &mut self.servers[id.index()];
        let old = std::mem::replace(&mut server.clock, rate);
        self.rescale_timers(id, old, rate);
        self.emit(EventKind::Server(id, ServerEvent::ClockSet { rate }));
    }

    fn time_out(&mut self, id: ServerId) {
        let server = &self.servers[id.index()];
        if server.is_running() && server.raft.role() != Role::Leader {
            self.step_raft(id, |raft, _, out| raft.on_election_timeout(out));
        }
    }

    /// Spread: evenly over the election timeout's range, in the order of the numbers. Align: all
    /// at its middle.
    fn set_timers(&mut self, timers: Timers) {
        let range = self.config.election_timeout;
        let width = range.high.0 - range.low.0;
        let ids: Vec<ServerId> = self.config.server_ids().collect();
        let steps = ids.len().max(2) as u64 - 1;
        for (place, id) in (0u64..).zip(ids) {
            let span = match timers {
                Timers::Spread => range.low.0 + width * place / steps,
                Timers::Align => range.low.0 + width / 2,
            };
            self.set_election(id, self.now + Span(span));
        }
    }

    /// Cuts every link between groups and mends those within. Clients that no group names, and
    /// those yet to come, reach all.
    fn partition(&mut self, groups: &[Vec<Who>]) -> Result<(), CommandError> {
        let mut group_of: Vec<(Node, usize)> = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            group_of.extend(self.nodes(group)?.into_iter().map(|node| (node, number)));
        }
        let unnamed: Vec<ClientId> = self
            .clients
            .iter()
            .map(|client| client.id)
            .filter(|id| !group_of.iter().any(|(node, _)| *node == Node::Client(*id)))
            .collect();
        for (from, one) in &group_of {
            for (to, two) in &group_of {
                match one == two {
                    true => self.links.join(*from, *to),
                    false => self.links.cut(*from, *to),
                };
            }
        }
        self.links.end_isolation();
        for client in unnamed.into_iter().map(Node::Client) {
            for server in self.config.server_ids().map(Node::Server) {
                self.links.join(client, server);
                self.links.join(server, client);
            }
        }
        Ok(())
    }

    fn isolate(&mut self, whos: &[Who], from_clients: bool) {
        for id in concrete(whos).iter() {
            self.links.isolate(id);
            if from_clients {
                self.links.isolate_from_clients(id);
            }
        }
    }

    fn each_link(
        &mut self,
        ends: &Ends,
        mut act: impl FnMut(&mut Links, Node, Node) -> Option<()>,
    ) -> Result<(), CommandError> {
        let (from, to) = (self.nodes(&ends.from)?, self.nodes(&ends.to)?);
        let mut any = false;
        for one in &from {
            for two in to.iter().filter(|two| *two != one) {
                let both = [(*one, *two), (*two, *one)];
                for (from, to) in both.into_iter().take(if ends.both { 2 } else { 1 }) {
                    any |= act(&mut self.links, from, to).is_some();
                }
            }
        }
        if any { Ok(()) } else { Err(error("there is no link between these")) }
    }

    /// Orders a client to do something; the ticket of the job.
    fn operate(&mut self, order: &Order, line: u32) -> Result<u64, CommandError> {
        let name = order.client.as_ref().map_or("a", |name| name.as_str()).to_owned();
        let id = self.need_client(&name)?;
        let work = self.work_of(&order.operation, order.size)?;
        let only = order.only.as_ref().and_then(Who::server);
        self.tickets += 1;
        let ticket = self.tickets;
        let job = Job { work, since: self.now, only, call: None, line, ticket };
        self.start_job(id, job)?;
        Ok(ticket)
    }

    /// A leader appends a put at once. In the history it is one that never returns.
    fn submit(&mut self, order: &Order) -> Result<(), CommandError> {
        let name = order.client.as_ref().map_or("a", |name| name.as_str());
        let client = self.need_client(name)?;
        let server = order.only.as_ref().and_then(Who::server);
        let (Some(server), Work::Put { key, value, version }) =
            (server, self.work_of(&order.operation, order.size)?)
        else {
            return Err(error("a put is submitted to one server"));
        };
        let request = Request::Put { key, value, version };
        self.record_call(client, &request, Flaws::default());
        self.append_request(server, client, request.clone(), None);
        self.emit(EventKind::Client(client, ClientEvent::Abandoned { call: Some(request) }));
        Ok(())
    }

    fn work_of(&self, operation: &Operation, size: Option<u32>) -> Result<Work, CommandError> {
        let shared_value = |value: &Text| match size {
            Some(size) => filled_up(&value.filled(), size as usize).as_str().into(),
            None => shared(value),
        };
        Ok(match operation {
            Operation::Get { key } => Work::Get { key: shared(key) },
            Operation::Put { key, value, version } | Operation::Submit { key, value, version } => {
                let version = match version {
                    VersionWord::Number(version) => *version,
                    VersionWord::Last | VersionWord::Hole(_) => Version::ZERO,
                };
                Work::Put { key: shared(key), value: shared_value(value), version }
            }
            Operation::Set { key, value } => {
                Work::Set { key: shared(key), value: shared_value(value) }
            }
            Operation::Check { key } => {
                let key = shared(key);
                let expected: Stored = self.achieved.get(&key).cloned().ok_or_else(|| {
                    error(format!("nothing is known of {key} yet: set it before the check"))
                })?;
                Work::Check { key, expected }
            }
            Operation::Acquire { lock } => Work::Acquire { lock: shared(lock) },
            Operation::Release { lock } => Work::Release { lock: shared(lock) },
        })
    }

    fn start_load(&mut self, load: &Load) -> Result<(), CommandError> {
        self.begin_load(load)
    }
}

/// The servers among concrete words.
fn concrete(whos: &[Who]) -> ServerSet {
    whos.iter().filter_map(Who::server).collect()
}

/// A value with dots behind it, up to so many bytes.
fn filled_up(value: &str, size: usize) -> String {
    let mut text = value.to_owned();
    text.extend(std::iter::repeat_n('.', size.saturating_sub(value.len())));
    text
}

fn is_leader(server: &super::server::Server) -> bool {
    server.is_running() && server.raft.is_leader()
}

fn no_leader(server: &super::server::Server) -> String {
    let role = super::conditions::role_of(server).word();
    format!("{} is {role}: only a leader appends what is submitted (§5.3)", server.id)
}

fn change_rule(rule: &mut LinkRule, change: LinkChange) {
    rule.loss = change.loss.or(rule.loss);
    rule.delay = change.delay.or(rule.delay);
    rule.duplicate = change.duplicate.or(rule.duplicate);
}
