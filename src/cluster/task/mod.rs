//! The flow of a script: tasks, waits, loops, expectations.
//!
//! A script runs as a task, and may start more beside it. Each line is an item of the queue of
//! its own, so that tasks take turns in a fixed order and the lab can stop between two lines. A
//! task that waits has one item in the queue: its deadline. When what it waits for comes first,
//! that item is moved to the present. None of this enters the digest: only the commands do.

mod lines;
mod loops;
mod schedule;
mod standing;

pub(super) use schedule::{Recurring, Scheduled};
pub use standing::{Round, Waiting};

use std::collections::BTreeMap;
use std::sync::Arc;

use self::loops::{Circles, Loop};
use super::client::Work;
use super::command::{Condition, LINES_NOW_MAX, Line, TASKS_MAX, Unmet, grouped};
use super::event::{EventKind, ScriptEvent};
use super::queue::Slot;
use super::redraw::Drawn;
use super::resolve::{Binding, Scope, error};
use super::rng::{Entity, Rng};
use super::time::{Span, Time};
use super::types::ClientId;
use super::{Cluster, Failure, FailureKind, Item, Refusal};

/// How long a line waits when it does not say.
pub const WITHIN: Span = Span::from_secs(10);
/// A line of thought of a script.
#[derive(Clone, Debug)]
pub struct Task {
    pub name: Arc<str>,
    lines: Arc<[Line]>,
    /// The next line, and the end of the task's own lines.
    next: usize,
    end: usize,
    loops: Vec<Loop>,
    circles: Circles,
    pub(super) scope: Scope,
    wait: Wait,
    slot: Option<Slot>,
}

/// What a task is waiting for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wait {
    /// Nothing: its next line runs in its turn.
    Ready,
    /// The end of a `run`.
    Run(Drawn),
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

impl Task {
    /// Draws the rest of a `run` again; when it ends.
    pub(super) fn redraw(&mut self, due: Time, now: Time) -> Option<Time> {
        let Wait::Run(drawn) = &mut self.wait else { return None };
        let (due, again) = drawn.later(due, now, &mut self.scope.rng)?;
        *drawn = again;
        Some(due)
    }
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
    ) -> Result<(), Refusal> {
        if self.tasks.len() >= TASKS_MAX {
            return Err(error(format!("{TASKS_MAX} tasks have been started: that is the limit")));
        }
        let stream = super::client::name_number(&name);
        let rng = Rng::new(self.seed, Entity::Task(stream));
        self.tasks_alive += 1;
        let number = self.tasks.len() as u32;
        let slot = self.queue.push(self.now.micros(), Item::Task(number));
        self.tasks.push(Task {
            name,
            lines,
            next: span.start,
            end: span.end,
            loops: Vec::new(),
            circles: Circles::default(),
            scope: Scope { bindings, client, rng, queues: false },
            wait: Wait::Ready,
            slot: Some(slot),
        });
        Ok(())
    }

    /// The script's line that comes next, if one would run before anything else happens.
    pub fn next_line(&self) -> Option<&Line> {
        let task = self.tasks.get(self.next_task()? as usize)?;
        let runs = matches!(task.wait, Wait::Ready | Wait::Run(_)) && task.next < task.end;
        if runs { task.lines.get(task.next) } else { None }
    }

    /// Where the first task stands that has not ended: its line, what that line waits for, and what
    /// is the case instead.
    pub(super) fn standing_task(&self) -> (u32, String, String) {
        let Some(task) = self.tasks.iter().find(|task| task.wait != Wait::Ended) else {
            return (0, "the script ends".into(), String::new());
        };
        match &task.wait {
            Wait::Until { condition, line, .. } => {
                (*line, format!("until {condition}"), self.actual(condition, &task.scope))
            }
            Wait::Job { client, line, .. } => {
                let why = self.told_of(*client);
                (*line, format!("the operation of {} ends", self.names.client(*client)), why)
            }
            Wait::Task { name, line, .. } => (*line, format!("task {name} ends"), String::new()),
            // Its last line lets time pass.
            Wait::Run(_) | Wait::Ready | Wait::Ended => {
                let line = task.next.checked_sub(1).and_then(|last| task.lines.get(last));
                let (number, command) =
                    line.map_or((0, String::new()), |line| (line.number, line.command.to_string()));
                (number, format!("`{command}` comes to its end"), String::new())
            }
        }
    }

    /// Whether every task of the script has ended, and all that was done beside it has been done.
    pub fn finished(&self) -> bool {
        self.tasks_alive == 0 && self.next_doing().is_none()
    }

    pub(super) fn reseed_tasks(&mut self, seed: u64) {
        self.lab_scope.rng = Rng::new(seed, Entity::Lab);
        for task in &mut self.tasks {
            let stream = super::client::name_number(&task.name);
            task.scope.rng = Rng::new(seed, Entity::Task(stream));
        }
    }

    /// What the script expected is not so: the run can't go on, unless that is to be a remark.
    pub(super) fn fail(&mut self, line: u32, kind: FailureKind, expected: &str, actual: &str) {
        match self.unmet {
            Unmet::Fail => self.fail_for_good(line, kind, expected, actual),
            Unmet::Remark => self.remark(line, expected, actual),
        }
    }

    /// The run goes on, and says what was not so.
    pub(super) fn remark(&mut self, line: u32, expected: &str, actual: &str) {
        self.remarks += 1;
        let (expected, actual) = (expected.into(), actual.into());
        self.emit(EventKind::Script(ScriptEvent::Remarked { line, expected, actual }));
    }

    pub(super) fn fail_for_good(
        &mut self,
        line: u32,
        kind: FailureKind,
        expected: &str,
        actual: &str,
    ) {
        if self.failure.is_some() {
            return;
        }
        let (expected, actual): (Arc<str>, Arc<str>) = (expected.into(), actual.into());
        self.failure = Some(Failure {
            line,
            time: self.now,
            expected: expected.clone(),
            actual: actual.clone(),
            kind,
        });
        self.emit(EventKind::Script(ScriptEvent::Failed { line, expected, actual }));
    }

    /// A task's item has come up: its turn, the end of its wait, or its deadline.
    pub(super) fn run_task(&mut self, number: u32) {
        let place = number as usize;
        if self.settling {
            // Its turn comes when nothing is in flight any more.
            self.tasks[place].slot = Some(self.queue.push(self.now.micros(), Item::Task(number)));
            return;
        }
        self.tasks[place].slot = None;
        let now = self.now;
        let wait = std::mem::replace(&mut self.tasks[place].wait, Wait::Ready);
        let late = match wait {
            Wait::Ready | Wait::Run(_) => None,
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
                    let why = self.told_of(client);
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
                self.fail(line, FailureKind::Late, &format!("{expected}, in time"), &actual);
                if self.failure.is_none() {
                    self.wake_task(place);
                }
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
            self.fail(line, FailureKind::Unmet, &wanted, &found);
        }
    }

    fn run_line(&mut self, number: u32) {
        let place = number as usize;
        let task = &mut self.tasks[place];
        if task.next >= task.end {
            self.end_task(number);
            return;
        }
        let lines = task.lines.clone();
        let at = task.next;
        task.next += 1;
        let line = &lines[at];
        self.unhurried += 1;
        if self.unhurried > LINES_NOW_MAX {
            let most = grouped(LINES_NOW_MAX.into());
            let actual = format!("{most} lines have run at this moment, the most that may");
            return self.fail_for_good(line.number, FailureKind::Unmet, "lab time passes", &actual);
        }
        let variant = self.script.as_ref().map(|script| script.variant);
        if line.only.is_some() && line.only != variant {
            self.wake_task(place);
            return;
        }
        self.emit(EventKind::Script(ScriptEvent::LineRun { task: number, line: line.number }));
        let mut scope = self.tasks[place].scope.clone();
        let result = self.run_command(place, at, line, &mut scope);
        self.tasks[place].scope.rng = scope.rng;
        let stopped = result.is_err_and(|refusal| {
            self.tasks[place].circles.refuse(line.number);
            self.disappoint(line.number, &line.command, &refusal);
            self.failure.is_some()
        });
        if !stopped && self.tasks[place].slot.is_none() && self.tasks[place].wait == Wait::Ready {
            self.wake_task(place);
        }
    }

    fn end_task(&mut self, number: u32) {
        let place = number as usize;
        self.tasks[place].wait = Wait::Ended;
        self.tasks_alive -= 1;
        let name = self.tasks[place].name.clone();
        self.emit(EventKind::Script(ScriptEvent::TaskEnded { task: number }));
        for other in 0..self.tasks.len() {
            let waits = matches!(&self.tasks[other].wait, Wait::Task { name: n, .. } if *n == name);
            if waits && !self.is_under_way(&name) {
                self.tasks[other].wait = Wait::Ready;
                self.wake_task(other);
            }
        }
        if self.script.is_some() && self.finished() {
            self.emit(EventKind::Script(ScriptEvent::ScriptEnded));
        }
    }

    fn stop(&mut self, name: &str) -> Result<(), Refusal> {
        if name == "every" {
            for slot in std::mem::take(&mut self.recurring).iter().filter_map(|every| every.slot) {
                self.queue.remove(slot);
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
