//! The flow of a script: tasks, waits, loops, expectations.
//!
//! A script runs as a task, and may start more beside it. Each line is an item of the queue of
//! its own, so that tasks take turns in a fixed order and the lab can stop between two lines. A
//! task that waits has one item in the queue: its deadline. When what it waits for comes first,
//! that item is moved to the present. None of this enters the digest: only the commands do.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::client::Work;
use super::command::{Command, Condition, Line, Order, Place, Text};
use super::event::{EventKind, PaceEvent};
use super::queue::Slot;
use super::resolve::{Binding, Scope, error};
use super::rng::{Entity, Rng};
use super::time::{Span, Time};
use super::types::ClientId;
use super::{Cluster, CommandError, Failure, Item};

/// How long a line waits when it does not say.
pub const WITHIN: Span = Span::from_secs(10);
/// The most tasks that a run may start.
pub const TASKS_MAX: usize = 10_000;

/// The most lines that may run at one moment: more, and something runs in circles.
const LINES_NOW_MAX: u32 = 20_000_000;

/// A line of thought of a script.
#[derive(Clone, Debug)]
pub struct Task {
    pub name: Arc<str>,
    lines: Arc<[Line]>,
    /// The next line, and the end of the task's own lines.
    next: usize,
    end: usize,
    loops: Vec<Loop>,
    pub(super) scope: Scope,
    wait: Wait,
    slot: Option<Slot>,
}

/// What a task is waiting for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wait {
    /// Nothing: its next line runs in its turn.
    Ready,
    Until {
        condition: Condition,
        deadline: Time,
        line: u32,
    },
    Job {
        client: ClientId,
        ticket: u64,
        deadline: Time,
        line: u32,
    },
    Task {
        name: Arc<str>,
        deadline: Time,
        line: u32,
    },
    Ended,
}

/// A loop that a task is in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Loop {
    /// Where its opening line stands.
    start: usize,
    kind: LoopKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LoopKind {
    /// Counts `name` from `current` to `last`.
    Count {
        name: Option<Arc<str>>,
        current: u32,
        last: u32,
    },
    /// No new round after `until`.
    For {
        name: Option<Arc<str>>,
        round: u32,
        until: Time,
    },
    Until {
        condition: Condition,
    },
}

/// A command that comes again and again: `every T COMMAND`.
#[derive(Clone, Debug)]
pub(super) struct Recurring {
    span: Span,
    command: Command,
    scope: Scope,
    line: u32,
    slot: Option<Slot>,
}

/// A command that waits for its place: `at T COMMAND`. Words like `leader` mean whoever it is
/// then; names mean what they meant when the line ran.
#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    pub(super) command: Command,
    pub(super) scope: Scope,
    pub(super) line: u32,
}

/// Whether a command belongs to the flow of a script or tells something, rather than acting on
/// the cluster.
pub(super) const fn is_flow(command: &Command) -> bool {
    matches!(
        command,
        Command::Run(_)
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
            | Command::Note(_)
            | Command::Mark(_)
            | Command::Pace(_)
    )
}

impl Cluster {
    /// Starts a task over `lines[next..end]`.
    pub(super) fn spawn(
        &mut self,
        name: Arc<str>,
        lines: Arc<[Line]>,
        span: std::ops::Range<usize>,
        bindings: BTreeMap<Arc<str>, Binding>,
        client: Option<Arc<str>>,
    ) -> Result<(), CommandError> {
        if self.tasks.len() >= TASKS_MAX {
            return Err(error(format!("{TASKS_MAX} tasks have been started: that is the limit")));
        }
        let stream = super::client::name_number(&name);
        let rng = Rng::new(self.config.seed, Entity::Task(stream));
        self.tasks_alive += 1;
        let number = self.tasks.len() as u32;
        let slot = self.queue.push(self.now.micros(), Item::Task(number));
        self.tasks.push(Task {
            name,
            lines,
            next: span.start,
            end: span.end,
            loops: Vec::new(),
            scope: Scope { bindings, client, rng },
            wait: Wait::Ready,
            slot: Some(slot),
        });
        Ok(())
    }

    /// Runs a line of the flow that was typed: as a task of one line.
    pub(super) fn run_typed(
        &mut self,
        command: &Command,
        scope: &mut Scope,
    ) -> Result<(), CommandError> {
        match command {
            Command::Task { .. }
            | Command::For { .. }
            | Command::Repeat { .. }
            | Command::LoopFor { .. }
            | Command::LoopUntil(_)
            | Command::End => {
                return Err(error("blocks of lines stand in scripts only: open one with the lab"));
            }
            Command::Expect(condition) if !self.holds(condition, scope) => {
                let actual = self.actual(condition, scope);
                return Err(error(format!("not so: {actual}")));
            }
            _ => {}
        }
        let line = Line { number: 0, command: command.clone(), partner: 0 };
        let number = self.typed;
        self.typed += 1;
        let name = format!("typed {number}").into();
        self.spawn(name, Arc::new([line]), 0..1, scope.bindings.clone(), None)
    }

    /// The script's line that comes next, if one would run before anything else happens.
    pub fn next_line(&self) -> Option<&Line> {
        let Some(Item::Task(number)) = self.queue.peek() else { return None };
        let task = self.tasks.get(*number as usize)?;
        let runs = task.wait == Wait::Ready && task.next < task.end;
        if runs { task.lines.get(task.next) } else { None }
    }

    /// Whether every task of the script has ended.
    pub const fn finished(&self) -> bool {
        self.tasks_alive == 0
    }

    /// The lines at which the script's tasks stand now, by their numbers in the file.
    pub fn lines_under_way(&self) -> impl Iterator<Item = u32> {
        self.tasks.iter().filter_map(|task| match &task.wait {
            Wait::Ready => task.lines.get(task.next).map(|line| line.number),
            Wait::Until { line, .. } | Wait::Job { line, .. } | Wait::Task { line, .. } => {
                Some(*line)
            }
            Wait::Ended => None,
        })
    }

    pub(super) fn reseed_tasks(&mut self, seed: u64) {
        self.lab_scope.rng = Rng::new(seed, Entity::Lab);
        for task in &mut self.tasks {
            let stream = super::client::name_number(&task.name);
            task.scope.rng = Rng::new(seed, Entity::Task(stream));
        }
    }

    /// The run can't go on: what the script expected is not so.
    pub(super) fn fail(&mut self, line: u32, expected: &str, actual: &str) {
        if self.failure.is_some() {
            return;
        }
        let (expected, actual): (Arc<str>, Arc<str>) = (expected.into(), actual.into());
        let failure =
            Failure { line, time: self.now, expected: expected.clone(), actual: actual.clone() };
        self.failure = Some(failure);
        self.emit(EventKind::Failed { line, expected, actual });
    }

    /// A task's item has come up: its turn, the end of its wait, or its deadline.
    pub(super) fn run_task(&mut self, number: u32) {
        let place = number as usize;
        self.tasks[place].slot = None;
        let now = self.now;
        let wait = std::mem::replace(&mut self.tasks[place].wait, Wait::Ready);
        let late = match wait {
            Wait::Ready => None,
            Wait::Ended => {
                self.tasks[place].wait = Wait::Ended;
                return;
            }
            Wait::Until { condition, line, .. } => {
                // Its condition would have woken it: this is the deadline.
                self.waiting.retain(|waiting| *waiting != number);
                let actual = self.actual(&condition, &self.tasks[place].scope);
                Some((line, format!("until {condition}"), actual))
            }
            Wait::Job { client, ticket, deadline, line } => {
                let open = self.is_open(client, ticket);
                (open && now >= deadline).then(|| {
                    let why = super::explain::client(self, client, &[]).join(" ");
                    let name = self.names.client(client);
                    (line, format!("the operation of {name} ends"), why)
                })
            }
            Wait::Task { name, deadline, line } => {
                let open = self.is_under_way(&name);
                (open && now >= deadline)
                    .then(|| (line, format!("task {name} ends"), format!("{name} still runs")))
            }
        };
        match late {
            Some((line, expected, actual)) => {
                self.fail(line, &format!("{expected}, in time"), &actual);
            }
            None => self.run_line(number),
        }
    }

    fn is_open(&self, client: ClientId, ticket: u64) -> bool {
        let client = &self.clients[client.index()];
        let queued = client.queue.iter().any(|job| job.ticket == ticket);
        queued || client.job.as_ref().is_some_and(|job| job.ticket == ticket)
    }

    fn is_under_way(&self, name: &str) -> bool {
        self.tasks.iter().any(|task| &*task.name == name && task.wait != Wait::Ended)
    }

    /// Moves a waiting task's item to the present.
    fn wake_task(&mut self, place: usize) {
        let task = &mut self.tasks[place];
        match task.slot {
            Some(slot) => self.queue.reschedule(slot, self.now.micros()),
            None => {
                task.slot = Some(self.queue.push(self.now.micros(), Item::Task(place as u32)));
            }
        }
    }

    /// After every step: whose condition has come true? A task that is woken may find that it is
    /// no longer so; it goes on all the same, for it was.
    pub(super) fn wake_tasks(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|number| {
            let task = &self.tasks[*number as usize];
            let Wait::Until { condition, .. } = &task.wait else { return false };
            let so = self.holds(condition, &task.scope);
            if so {
                self.tasks[*number as usize].wait = Wait::Ready;
                self.wake_task(*number as usize);
            }
            !so
        });
        self.waiting = waiting;
    }

    /// A client's job has ended: the line that waits for it goes on.
    pub(super) fn on_job_done(&mut self, client: ClientId, ticket: u64) {
        let waiting = self.tasks.iter().position(|task| {
            matches!(task.wait, Wait::Job { client: c, ticket: t, .. } if c == client && t == ticket)
        });
        if let Some(place) = waiting {
            self.tasks[place].wait = Wait::Ready;
            self.wake_task(place);
        }
    }

    /// What `check` found is compared with what the script achieved.
    pub(super) fn judge(&mut self, work: &Work, result: &super::types::Answer, line: u32) {
        let Work::Check { key, expected } = work else { return };
        let same = result.outcome == super::types::Outcome::Ok
            && result.value == expected.value
            && result.version == expected.version;
        if !same {
            let wanted = format!("check {key} = {:?} @{}", expected.value, expected.version);
            let found = format!("{} {:?} @{}", result.outcome, result.value, result.version);
            self.fail(line, &wanted, &found);
        }
    }

    fn run_line(&mut self, number: u32) {
        let place = number as usize;
        self.lines_now += 1;
        if self.lines_now > LINES_NOW_MAX {
            let actual = format!("{LINES_NOW_MAX} lines have run while no lab time passed");
            self.fail(0, "lab time passes", &actual);
            return;
        }
        let task = &mut self.tasks[place];
        if task.next >= task.end {
            self.end_task(number);
            return;
        }
        let lines = task.lines.clone();
        let at = task.next;
        task.next += 1;
        let line = &lines[at];
        self.emit(EventKind::LineRun { task: number, line: line.number });
        let mut scope = self.tasks[place].scope.clone();
        let result = self.run_command(place, at, line, &mut scope);
        self.tasks[place].scope.rng = scope.rng;
        if let Err(error) = result {
            let expected = format!("`{}` can be carried out", line.command);
            self.fail(line.number, &expected, &error.message);
        } else if self.tasks[place].slot.is_none() && self.tasks[place].wait == Wait::Ready {
            self.wake_task(place);
        }
    }

    fn end_task(&mut self, number: u32) {
        let place = number as usize;
        self.tasks[place].wait = Wait::Ended;
        self.tasks_alive -= 1;
        let name = self.tasks[place].name.clone();
        self.emit(EventKind::TaskEnded { task: number });
        for other in 0..self.tasks.len() {
            let waits = matches!(&self.tasks[other].wait, Wait::Task { name: n, .. } if *n == name);
            if waits && !self.is_under_way(&name) {
                self.tasks[other].wait = Wait::Ready;
                self.wake_task(other);
            }
        }
        if self.script.is_some() && self.finished() {
            self.emit(EventKind::ScriptEnded);
        }
    }

    fn run_command(
        &mut self,
        place: usize,
        at: usize,
        line: &Line,
        scope: &mut Scope,
    ) -> Result<(), CommandError> {
        let partner = line.partner as usize;
        match &line.command {
            Command::Operate(order) => self.run_operation(place, line, order, scope)?,
            Command::Run(range) => {
                let span = scope.rng.span(*range);
                let slot = self.queue.push((self.now + span).micros(), Item::Task(place as u32));
                self.tasks[place].slot = Some(slot);
            }
            Command::Until { condition, within } => {
                if !self.holds(condition, scope) {
                    let deadline = self.now + within.unwrap_or(WITHIN);
                    let (condition, line) = (condition.clone(), line.number);
                    self.wait(place, Wait::Until { condition, deadline, line }, deadline);
                    self.waiting.push(place as u32);
                }
            }
            Command::Expect(condition) => self.run_expect(line, condition, scope),
            Command::Let { name, who } => {
                let servers = self.find_servers(who, scope)?;
                if servers.is_empty() {
                    return Err(error("no server answers to that at present"));
                }
                self.bind(place, name, Binding::Servers(servers));
            }
            Command::Task { name } => {
                let name = scope.fill(name)?;
                let bindings = self.tasks[place].scope.bindings.clone();
                let lines = self.tasks[place].lines.clone();
                let client = Some(name.clone());
                self.spawn(name, lines, at + 1..partner, bindings, client)?;
                self.tasks[place].next = partner + 1;
            }
            Command::Wait { name, within } => {
                let name = scope.fill(name)?;
                if self.is_under_way(&name) {
                    let deadline = self.now + within.unwrap_or(WITHIN);
                    let line = line.number;
                    self.wait(place, Wait::Task { name, deadline, line }, deadline);
                }
            }
            Command::For { .. }
            | Command::Repeat { .. }
            | Command::LoopFor { .. }
            | Command::LoopUntil(_) => self.enter_loop(place, at, partner, &line.command, scope),
            Command::If(condition) => {
                if !self.holds(condition, scope) {
                    self.tasks[place].next = partner + 1;
                }
            }
            // Reached from above: the condition held, and its lines are done.
            Command::Else => self.tasks[place].next = partner + 1,
            Command::End => self.next_round(place, partner, scope),
            Command::At { place: when, command } => {
                self.schedule(*when, command, scope, line.number)?;
            }
            Command::Every { span, command } => {
                let recurring = Recurring {
                    span: *span,
                    command: (**command).clone(),
                    scope: scope.clone(),
                    line: line.number,
                    slot: None,
                };
                self.recurring.push(recurring);
                self.arm_recurring(self.recurring.len() - 1);
            }
            Command::Stop(name) => self.stop(&scope.fill(name)?)?,
            Command::Say(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Said { text });
            }
            Command::Beat => self.emit(EventKind::Beat),
            Command::Note(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Noted { text });
            }
            Command::Mark(name) => {
                let name = scope.fill(name)?;
                self.marks.insert(name.clone(), self.traffic);
                self.emit(EventKind::Marked { name });
            }
            Command::Pace(pace) => self.emit(EventKind::Paced { pace: PaceEvent(*pace) }),
            acting => {
                self.perform(acting, scope, line.number)?;
            }
        }
        Ok(())
    }

    fn wait(&mut self, place: usize, wait: Wait, deadline: Time) {
        let slot = self.queue.push(deadline.micros(), Item::Task(place as u32));
        self.tasks[place].wait = wait;
        self.tasks[place].slot = Some(slot);
    }

    fn bind(&mut self, place: usize, name: &Text, binding: Binding) {
        self.tasks[place].scope.bindings.insert(name.0.clone(), binding);
    }

    fn run_operation(
        &mut self,
        place: usize,
        line: &Line,
        order: &Order,
        scope: &mut Scope,
    ) -> Result<(), CommandError> {
        let command = Command::Operate(order.clone());
        let ticket = self.perform(&command, scope, line.number)?;
        let name = match &order.client {
            Some(name) => scope.fill(name)?,
            None => scope.client.clone().unwrap_or_else(|| "a".into()),
        };
        let client = self.need_client(&name)?;
        if let Some(ticket) = ticket
            && !order.nowait
            && self.is_open(client, ticket)
        {
            let deadline = self.now + order.within.unwrap_or(WITHIN);
            let line = line.number;
            self.wait(place, Wait::Job { client, ticket, deadline, line }, deadline);
        }
        Ok(())
    }

    fn run_expect(&mut self, line: &Line, condition: &Condition, scope: &Scope) {
        if self.holds(condition, scope) {
            let command = Arc::new(line.command.clone());
            self.emit(EventKind::Expected { line: line.number, command });
        } else {
            let actual = self.actual(condition, scope);
            self.fail(line.number, &condition.to_string(), &actual);
        }
    }

    fn enter_loop(
        &mut self,
        place: usize,
        at: usize,
        partner: usize,
        command: &Command,
        scope: &Scope,
    ) {
        let kind = match command {
            Command::For { name, first, last } => {
                let name = Some(name.0.clone());
                LoopKind::Count { name, current: *first, last: *last }
            }
            Command::Repeat { count, name } => {
                let name = name.as_ref().map(|name| name.0.clone());
                LoopKind::Count { name, current: 1, last: *count }
            }
            Command::LoopFor { span, name } => {
                let name = name.as_ref().map(|name| name.0.clone());
                LoopKind::For { name, round: 1, until: self.now + *span }
            }
            Command::LoopUntil(condition) => LoopKind::Until { condition: condition.clone() },
            _ => return,
        };
        if self.begins_round(place, &kind, scope) {
            self.tasks[place].loops.push(Loop { start: at, kind });
        } else {
            self.tasks[place].next = partner + 1;
        }
    }

    /// Whether a loop has another round; if so, its name is bound for it.
    fn begins_round(&mut self, place: usize, kind: &LoopKind, scope: &Scope) -> bool {
        let (name, number) = match kind {
            LoopKind::Count { current, last, .. } if current > last => return false,
            LoopKind::Count { name, current, .. } => (name, *current),
            LoopKind::For { until, .. } if self.now >= *until => return false,
            LoopKind::For { name, round, .. } => (name, *round),
            LoopKind::Until { condition } => return !self.holds(condition, scope),
        };
        if let Some(name) = name {
            let binding = Binding::Text(number.to_string().into());
            self.tasks[place].scope.bindings.insert(name.clone(), binding);
        }
        true
    }

    /// The `end` of a loop: another round, or on.
    fn next_round(&mut self, place: usize, start: usize, scope: &Scope) {
        let task = &mut self.tasks[place];
        // The `end` of an `if` closes no loop.
        let Some(mut last) = task.loops.pop_if(|last| last.start == start) else { return };
        match &mut last.kind {
            LoopKind::Count { current, .. } => *current = current.saturating_add(1),
            LoopKind::For { round, .. } => *round = round.saturating_add(1),
            LoopKind::Until { .. } => {}
        }
        if self.begins_round(place, &last.kind, scope) {
            self.tasks[place].next = start + 1;
            self.tasks[place].loops.push(last);
        }
    }

    /// Puts a command down for a place that is still to come.
    fn schedule(
        &mut self,
        place: Place,
        command: &Command,
        scope: &Scope,
        line: u32,
    ) -> Result<(), CommandError> {
        if place < self.place() {
            return Err(error(format!("at {place} is past: it is {} now", self.place())));
        }
        self.scheduled_count += 1;
        let scheduled = Scheduled { command: command.clone(), scope: scope.clone(), line };
        self.scheduled.insert((place, self.scheduled_count), scheduled);
        Ok(())
    }

    fn arm_recurring(&mut self, which: usize) {
        let recurring = &mut self.recurring[which];
        let due = self.now + recurring.span;
        recurring.slot = Some(self.queue.push(due.micros(), Item::Recurring(which as u32)));
    }

    pub(super) fn run_recurring(&mut self, which: u32) {
        let which = which as usize;
        let Recurring { command, scope, line, .. } = self.recurring[which].clone();
        let mut scope = scope;
        if let Err(error) = self.perform(&command, &mut scope, line) {
            // Chance may ask for what can't be done now (crash a server that is down): the next
            // round comes all the same.
            let text = format!("every: `{command}` was passed over: {error}").into();
            self.emit(EventKind::Noted { text });
        }
        self.recurring[which].scope = scope;
        self.arm_recurring(which);
    }

    fn stop(&mut self, name: &str) -> Result<(), CommandError> {
        if name == "every" {
            for recurring in &mut self.recurring {
                if let Some(slot) = recurring.slot.take() {
                    self.queue.remove(slot);
                }
            }
            return Ok(());
        }
        let running: Vec<usize> = (0..self.tasks.len())
            .filter(|place| {
                let task = &self.tasks[*place];
                &*task.name == name && task.wait != Wait::Ended
            })
            .collect();
        if running.is_empty() && !self.tasks.iter().any(|task| &*task.name == name) {
            return Err(error(format!("there is no task {name}")));
        }
        for place in running {
            if let Some(slot) = self.tasks[place].slot.take() {
                self.queue.remove(slot);
            }
            self.waiting.retain(|waiting| *waiting as usize != place);
            self.end_task(place as u32);
        }
        Ok(())
    }
}
