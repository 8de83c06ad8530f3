//! What each line of a task does.

use std::sync::Arc;

use super::loops::LoopKind;
use super::schedule::Recurring;
use super::{MARKS_MAX, WITHIN, Wait};
use crate::cluster::client::name_number;
use crate::cluster::command::{
    Choice, Command, Condition, Line, Nature, Number, Order, Question, Spaced, Text, Who,
};
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::redraw::Drawn;
use crate::cluster::resolve::{Binding, Scope, error};
use crate::cluster::rng::{Entity, Rng};
use crate::cluster::time::Time;
use crate::cluster::types::{Index, ServerId, ServerSet};
use crate::cluster::{Cluster, CommandError, Item, NOT_SO};

impl Cluster {
    pub(super) fn run_command(
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
                let drawn = Drawn::new(&mut scope.rng, *range);
                self.wait(place, Wait::Run(drawn), self.now + drawn.span);
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
            Command::Let { name, value } => {
                let binding = self.bound(value, scope)?;
                self.bind(place, name, binding);
            }
            Command::Task { name } => {
                // Whatever comes of it, its lines are not the lines of this task.
                self.tasks[place].next = partner + 1;
                let name = scope.fill(name)?;
                let bindings = self.tasks[place].scope.bindings.clone();
                let lines = self.tasks[place].lines.clone();
                let client = Some(name.clone());
                self.spawn(name, lines, at + 1..partner, bindings, client)?;
            }
            Command::Wait { name, within } => {
                let name = scope.fill(name)?;
                if self.is_under_way(&name) {
                    let deadline = self.now + within.unwrap_or(WITHIN);
                    let line = line.number;
                    self.wait(place, Wait::Task { name, deadline, line }, deadline);
                }
            }
            Command::For { name, first, last } => {
                let kind = LoopKind::count(Some(name), *first, *last);
                self.enter_loop(place, at, partner, kind, scope);
            }
            Command::Repeat { count, name } => {
                let kind = LoopKind::count(name.as_ref(), 1, *count);
                self.enter_loop(place, at, partner, kind, scope);
            }
            Command::LoopFor { span, name } => {
                let name = name.as_ref().map(|name| name.0.clone());
                let kind = LoopKind::For { name, round: 1, until: self.now + *span };
                self.enter_loop(place, at, partner, kind, scope);
            }
            Command::LoopUntil(condition) => {
                let kind = LoopKind::Until { condition: condition.clone() };
                self.enter_loop(place, at, partner, kind, scope);
            }
            Command::If(condition) => {
                let condition = condition.drawn(&mut |share| scope.rng.chance(share));
                if !self.holds(&condition, scope) {
                    self.tasks[place].next = partner + 1;
                }
            }
            // Reached from above: the condition held, and its lines are done.
            Command::Else => self.tasks[place].next = partner + 1,
            Command::End => self.next_round(place, partner, scope),
            Command::At { .. }
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
            | Command::Pace(_) => self.act_at_once(&line.command, scope, line.number)?,
            Command::Cluster(_)
            | Command::Given { .. }
            | Command::Clients(_)
            | Command::Shows { .. }
            | Command::Record(_)
            | Command::Crash(_)
            | Command::Restart(_)
            | Command::Sleep(_)
            | Command::Wake(_)
            | Command::Wipe(_)
            | Command::Clock { .. }
            | Command::Timeout(_)
            | Command::Heartbeat(_)
            | Command::Sync(_)
            | Command::Timers(_)
            | Command::Partition(_)
            | Command::Isolate { .. }
            | Command::Rejoin(_)
            | Command::Cut(_)
            | Command::Mend(_)
            | Command::Heal
            | Command::Net(_)
            | Command::Link { .. }
            | Command::Load(_)
            | Command::LoadStop
            | Command::Chaos(_)
            | Command::ChaosStop
            | Command::Hold { .. }
            | Command::Release { .. }
            | Command::Next { .. }
            | Command::Packet { .. }
            | Command::Flying { .. }
            | Command::ByHand(_)
            | Command::Retry(_)
            | Command::Abandon(_)
            | Command::Settle
            | Command::Flaw { .. }
            | Command::Reseed(_)
            | Command::Expects(_) => {
                self.perform(&line.command, scope, line.number)?;
            }
        }
        Ok(())
    }

    /// Carries out a line of the flow, or one that tells, that is no task's: it was typed, put down
    /// for its place, or recorded. It acts at once, so that nothing comes between it and what is
    /// done next; what it starts draws from a stream of its own.
    pub(in crate::cluster) fn act_apart(
        &mut self,
        command: &Command,
        scope: &mut Scope,
        line: u32,
    ) -> Result<(), CommandError> {
        match command {
            Command::Let { name, value } => {
                let binding = self.bound(value, scope)?;
                scope.bindings.insert(name.0.clone(), binding);
            }
            Command::Expect(condition) if self.holds(condition, scope) => {
                let command = Arc::new(command.clone());
                self.emit(EventKind::Script(ScriptEvent::Expected { line, command }));
            }
            Command::Expect(condition) => {
                return Err(error(format!("{NOT_SO}{}", self.actual(condition, scope))));
            }
            _ => {
                let stream = name_number(&format!("typed {}", self.typed));
                let rng = Rng::new(self.seed, Entity::Task(stream));
                let bindings = scope.bindings.clone();
                let own = Scope { bindings, client: None, rng, queues: false };
                self.act_at_once(command, &own, line)?;
            }
        }
        // What only tells draws nothing: what is watched makes no other run.
        if command.nature() == Nature::Flow {
            self.typed += 1;
        }
        Ok(())
    }

    /// What takes no lab time and asks for no task.
    fn act_at_once(
        &mut self,
        command: &Command,
        scope: &Scope,
        line: u32,
    ) -> Result<(), CommandError> {
        match command {
            Command::At { place: when, command } => {
                self.schedule(*when, command, scope, line)?;
            }
            Command::Every { span, command } => {
                let (command, scope) = ((**command).clone(), scope.clone());
                self.recur(Recurring { span: *span, command, scope, line, slot: None })?;
            }
            Command::Stop(name) => self.stop(&scope.fill(name)?)?,
            Command::Say(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Script(ScriptEvent::Said { text }));
            }
            Command::Beat => self.emit(EventKind::Script(ScriptEvent::Beat)),
            Command::Ask(question) => {
                let question = Arc::new(question.filled(scope)?);
                self.question = Some(question.clone());
                self.emit(EventKind::Script(ScriptEvent::Posed { question }));
                self.beat_of(line);
            }
            Command::Answer(hands) => {
                self.count(hands)?;
                self.emit(EventKind::Script(ScriptEvent::Counted {
                    hands: hands.as_slice().into(),
                }));
            }
            Command::Reveal => {
                let so = self.revealed()?;
                self.emit(EventKind::Script(ScriptEvent::Revealed { so: so.into() }));
                self.beat_of(line);
            }
            Command::Oracle => {
                let question = self.question.as_ref().ok_or_else(no_question)?;
                if question.choices.iter().all(|choice| choice.condition.is_none()) {
                    let why = "no choice says when it is so: `| S2 if leader = S2`";
                    return Err(error(why.to_owned()));
                }
                self.emit(EventKind::Script(ScriptEvent::OracleAsked));
                self.beat_of(line);
            }
            Command::Aside(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Script(ScriptEvent::Aside { text }));
            }
            Command::Point { who, entry } => {
                let (servers, entry) = self.spoken_of(who, entry.as_ref(), scope)?;
                self.emit(EventKind::Script(ScriptEvent::Pointed { servers, entry }));
            }
            Command::Note(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Script(ScriptEvent::Noted { text }));
            }
            Command::Break(condition) => {
                let condition = Arc::new(condition.filled(scope)?);
                self.emit(EventKind::Script(ScriptEvent::BreakpointSet { condition, on: true }));
            }
            Command::Unbreak(condition) => {
                let condition = Arc::new(condition.filled(scope)?);
                self.emit(EventKind::Script(ScriptEvent::BreakpointSet { condition, on: false }));
            }
            Command::Watch(what) => {
                let what = Arc::new(what.filled(scope)?);
                self.emit(EventKind::Script(ScriptEvent::Watched { what, line }));
            }
            Command::Unwatch(what) => {
                let what = what.as_ref().map(|what| what.filled(scope)).transpose()?;
                self.emit(EventKind::Script(ScriptEvent::Unwatched { what: what.map(Arc::new) }));
            }
            Command::Mark(name) => {
                let name = scope.fill(name)?;
                if self.marks.len() >= MARKS_MAX && !self.marks.contains_key(&name) {
                    return Err(error(format!(
                        "{MARKS_MAX} marks have been set: that is the most"
                    )));
                }
                self.marks.insert(name.clone(), self.traffic);
                self.emit(EventKind::Script(ScriptEvent::Marked { name }));
            }
            Command::Pace(pace) => self.emit(EventKind::Script(ScriptEvent::Paced { pace: *pace })),
            _ => return Err(error(format!("`{command}` waits: it stands in scripts only"))),
        }
        Ok(())
    }

    /// Which servers are meant, and which entry of their logs.
    fn spoken_of(
        &self,
        who: &[Who],
        entry: Option<&Number>,
        scope: &Scope,
    ) -> Result<(ServerSet, Option<Index>), CommandError> {
        let named = match who {
            [] => self.config.server_ids().collect(),
            who => self.meant(who, scope)?,
        };
        if named.is_empty() {
            return Err(error(format!("there is no {} at present", Spaced(who))));
        }
        let Some(entry) = entry else { return Ok((named, None)) };
        let number = self.number(entry, scope)?;
        let index = number.map(Index).ok_or_else(|| error(format!("{entry} is no number now")))?;
        let has = |id: &ServerId| {
            self.server(*id).is_some_and(|server| server.raft.log().get(index).is_some())
        };
        let holders: ServerSet = named.iter().filter(has).collect();
        match named.iter().find(|id| !holders.contains(*id)).filter(|_| !who.is_empty()) {
            Some(without) => Err(error(format!("{without} has no entry {index}"))),
            None if holders.is_empty() => Err(error(format!("no log has an entry {index}"))),
            None => Ok((holders, Some(index))),
        }
    }

    /// A question and its answer are beats of the script that asks.
    fn beat_of(&mut self, line: u32) {
        if line > 0 {
            self.emit(EventKind::Script(ScriptEvent::Beat));
        }
    }

    /// Refuses what the class cannot have said.
    fn count(&self, hands: &[u32]) -> Result<(), CommandError> {
        let Some(question) = &self.question else { return Err(no_question()) };
        let choices = question.choices.len();
        let fits = match hands {
            [choice] => (1..=choices).contains(&(*choice as usize)),
            many => many.len() == choices,
        };
        if fits {
            return Ok(());
        }
        Err(error(format!(
            "the question has {choices} choices: say the number of one, or {choices} numbers of hands"
        )))
    }

    /// What the class was asked last.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_deref()
    }

    /// Of each choice of the last question, whether it is so now.
    ///
    /// # Errors
    /// When nothing has been asked.
    pub(in crate::cluster) fn revealed(&self) -> Result<Vec<Option<bool>>, CommandError> {
        let question = self.question.as_ref().ok_or_else(no_question)?;
        let so = |choice: &Choice| choice.condition.as_ref().map(|condition| self.is_so(condition));
        Ok(question.choices.iter().map(so).collect())
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
            && order.is_awaited()
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
            self.emit(EventKind::Script(ScriptEvent::Expected { line: line.number, command }));
        } else {
            let actual = self.actual(condition, scope);
            self.fail(line.number, &condition.to_string(), &actual);
        }
    }
}

fn no_question() -> CommandError {
    error("nothing has been asked: `ask` asks the class".to_owned())
}
