//! What each line of a task does.

use std::sync::Arc;

use super::loops::LoopKind;
use super::schedule::Recurring;
use super::{WITHIN, Wait};
use crate::cluster::client::name_number;
use crate::cluster::command::{
    Block, Choice, Command, Condition, Deed, Flow, Line, MARKS_MAX, Number, Order, Question,
    Spaced, Tell, Text, Who,
};
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::redraw::Drawn;
use crate::cluster::resolve::{Binding, Scope, error};
use crate::cluster::rng::{Entity, Rng};
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{Index, ServerId, ServerSet};
use crate::cluster::{Cluster, FailureKind, Item, Refusal};

impl Cluster {
    pub(super) fn run_command(
        &mut self,
        place: usize,
        at: usize,
        line: &Line,
        scope: &mut Scope,
    ) -> Result<(), Refusal> {
        match &line.command {
            Command::Deed(Deed::Operate(order)) => self.run_operation(place, line, order, scope),
            Command::Block(block) => self.run_block(place, at, line, block, scope),
            Command::Flow(flow) => self.run_flow(place, line, flow, scope),
            Command::Tell(tell) => self.say(tell, scope, line.number),
            Command::Head(_) | Command::Record(_) | Command::Deed(_) => {
                self.perform(&line.command, scope, line.number).map(|_| ())
            }
        }
    }

    fn run_flow(
        &mut self,
        place: usize,
        line: &Line,
        flow: &Flow,
        scope: &mut Scope,
    ) -> Result<(), Refusal> {
        match flow {
            Flow::Run(range) => {
                let drawn = Drawn::new(&mut scope.rng, *range);
                self.wait(place, Wait::Run(drawn), self.now + drawn.span);
            }
            Flow::Until { condition, within } => {
                if !self.holds(condition, scope) {
                    let deadline = self.now + within.unwrap_or(WITHIN);
                    let (condition, line) = (condition.clone(), line.number);
                    self.wait(place, Wait::Until { condition, deadline, line }, deadline);
                    self.waiting.push(place as u32);
                }
            }
            Flow::Expect(condition) => self.run_expect(line, condition, scope),
            Flow::Let { name, value } => {
                let binding = self.bound(value, scope)?;
                self.bind(place, name, binding);
            }
            Flow::Wait { name, within } => {
                let name = scope.fill(name)?;
                if self.is_under_way(&name) {
                    let deadline = self.now + within.unwrap_or(WITHIN);
                    let line = line.number;
                    self.wait(place, Wait::Task { name, deadline, line }, deadline);
                }
            }
            Flow::At { place, command } => self.schedule(*place, command, scope, line.number)?,
            Flow::Every { span, command } => self.repeat(*span, command, scope, line.number)?,
            Flow::Stop(name) => self.stop(&scope.fill(name)?)?,
        }
        Ok(())
    }

    fn run_block(
        &mut self,
        place: usize,
        at: usize,
        line: &Line,
        block: &Block,
        scope: &mut Scope,
    ) -> Result<(), Refusal> {
        let partner = line.partner as usize;
        let kind = match block {
            Block::Task { name } => {
                // Whatever comes of it, its lines are not the lines of this task.
                self.tasks[place].next = partner + 1;
                let name = scope.fill(name)?;
                let bindings = self.tasks[place].scope.bindings.clone();
                let lines = self.tasks[place].lines.clone();
                let client = Some(name.clone());
                return self.spawn(name, lines, at + 1..partner, bindings, client);
            }
            Block::If(condition) => {
                let condition = condition.drawn(&mut |share| scope.rng.chance(share));
                if !self.holds(&condition, scope) {
                    self.tasks[place].next = partner + 1;
                }
                return Ok(());
            }
            // Reached from above: the condition held, and its lines are done.
            Block::Else => {
                self.tasks[place].next = partner + 1;
                return Ok(());
            }
            Block::End => {
                self.next_round(place, partner, scope);
                return Ok(());
            }
            Block::For { name, first, last } => LoopKind::count(Some(name), *first, *last),
            Block::Repeat { count, name } => LoopKind::count(name.as_ref(), 1, *count),
            Block::LoopFor { span, name } => {
                let name = name.as_ref().map(|name| name.0.clone());
                LoopKind::For { name, round: 1, until: self.now + *span }
            }
            Block::LoopUntil(condition) => LoopKind::Until { condition: condition.clone() },
        };
        self.enter_loop(place, at, partner, kind, scope);
        Ok(())
    }

    /// Carries out a line of the flow that is no task's: it was typed, put down for its place, or
    /// recorded. It acts at once, so that nothing comes between it and what is done next; what it
    /// starts draws from a stream of its own.
    pub(in crate::cluster) fn flow_apart(
        &mut self,
        flow: &Flow,
        scope: &mut Scope,
        line: u32,
    ) -> Result<(), Refusal> {
        let own = self.scope_apart(scope);
        match flow {
            Flow::Let { name, value } => {
                let binding = self.bound(value, scope)?;
                scope.bindings.insert(name.0.clone(), binding);
            }
            Flow::Expect(condition) if self.holds(condition, scope) => {
                let command = Arc::new(flow.clone());
                self.emit(EventKind::Script(ScriptEvent::Expected { line, command }));
            }
            Flow::Expect(condition) => {
                return Err(Refusal::NotSo(self.actual(condition, scope)));
            }
            Flow::At { place, command } => self.schedule(*place, command, &own, line)?,
            Flow::Every { span, command } => self.repeat(*span, command, &own, line)?,
            Flow::Stop(name) => self.stop(&own.fill(name)?)?,
            Flow::Run(_) | Flow::Until { .. } | Flow::Wait { .. } => {
                return Err(error(format!("`{flow}` waits: it stands in scripts only")));
            }
        }
        self.typed += 1;
        Ok(())
    }

    /// What names mean to a line that is no task's. What only tells draws nothing from it: what is
    /// watched makes no other run.
    pub(in crate::cluster) fn scope_apart(&self, scope: &Scope) -> Scope {
        let stream = name_number(&format!("typed {}", self.typed));
        let rng = Rng::new(self.seed, Entity::Task(stream));
        Scope { bindings: scope.bindings.clone(), client: None, rng, queues: false }
    }

    fn repeat(
        &mut self,
        span: Span,
        command: &Command,
        scope: &Scope,
        line: u32,
    ) -> Result<(), Refusal> {
        let (command, scope) = (command.clone(), scope.clone());
        self.recur(Recurring { span, command, scope, line, slot: None })
    }

    /// Says something to those who watch.
    pub(in crate::cluster) fn say(
        &mut self,
        tell: &Tell,
        scope: &Scope,
        line: u32,
    ) -> Result<(), Refusal> {
        match tell {
            Tell::Say(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Script(ScriptEvent::Said { text }));
            }
            Tell::Beat => self.emit(EventKind::Script(ScriptEvent::Beat)),
            Tell::Turn => {
                self.begin_turn()?;
                self.beat_of(line);
            }
            Tell::Judge => self.end_turn()?,
            Tell::Ask(question) => {
                let question = Arc::new(question.filled(scope)?);
                self.question = Some(question.clone());
                self.emit(EventKind::Script(ScriptEvent::Posed { question }));
                self.beat_of(line);
            }
            Tell::Answer(hands) => {
                self.count(hands)?;
                self.emit(EventKind::Script(ScriptEvent::Counted {
                    hands: hands.as_slice().into(),
                }));
            }
            Tell::Reveal => {
                let so = self.revealed()?;
                self.emit(EventKind::Script(ScriptEvent::Revealed { so: so.into() }));
                self.beat_of(line);
            }
            Tell::Oracle => {
                let question = self.question.as_ref().ok_or_else(no_question)?;
                if question.choices.iter().all(|choice| choice.condition.is_none()) {
                    let why = "no choice says when it is so: `| S2 if leader = S2`";
                    return Err(error(why.to_owned()));
                }
                self.emit(EventKind::Script(ScriptEvent::OracleAsked));
                self.beat_of(line);
            }
            Tell::Aside(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Script(ScriptEvent::Aside { text }));
            }
            Tell::Point { who, entry } => {
                let (servers, entry) = self.spoken_of(who, entry.as_ref(), scope)?;
                self.emit(EventKind::Script(ScriptEvent::Pointed { servers, entry }));
            }
            Tell::Note(text) => {
                let text = scope.fill(text)?;
                self.emit(EventKind::Script(ScriptEvent::Noted { text }));
            }
            Tell::Break(condition) => {
                let condition = Arc::new(condition.filled(scope)?);
                self.emit(EventKind::Script(ScriptEvent::BreakpointSet { condition, on: true }));
            }
            Tell::Unbreak(condition) => {
                let condition = Arc::new(condition.filled(scope)?);
                self.emit(EventKind::Script(ScriptEvent::BreakpointSet { condition, on: false }));
            }
            Tell::Watch(what) => {
                let what = Arc::new(what.filled(scope)?);
                self.emit(EventKind::Script(ScriptEvent::Watched { what, line }));
            }
            Tell::Unwatch(what) => {
                let what = what.as_ref().map(|what| what.filled(scope)).transpose()?;
                self.emit(EventKind::Script(ScriptEvent::Unwatched { what: what.map(Arc::new) }));
            }
            Tell::Mark(name) => {
                let name = scope.fill(name)?;
                if self.marks.len() >= MARKS_MAX && !self.marks.contains_key(&name) {
                    return Err(error(format!(
                        "{MARKS_MAX} marks have been set: that is the most"
                    )));
                }
                self.marks.insert(name.clone(), self.traffic);
                self.emit(EventKind::Script(ScriptEvent::Marked { name }));
            }
            Tell::Pace(pace) => self.emit(EventKind::Script(ScriptEvent::Paced { pace: *pace })),
        }
        Ok(())
    }

    /// Which servers are meant, and which entry of their logs.
    fn spoken_of(
        &self,
        who: &[Who],
        entry: Option<&Number>,
        scope: &Scope,
    ) -> Result<(ServerSet, Option<Index>), Refusal> {
        let named = match who {
            [] => self.ids().collect(),
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
    fn count(&self, hands: &[u32]) -> Result<(), Refusal> {
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
    pub(in crate::cluster) fn revealed(&self) -> Result<Vec<Option<bool>>, Refusal> {
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
    ) -> Result<(), Refusal> {
        let ticket = self.perform(&line.command, scope, line.number)?.ticket;
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
            let command = Arc::new(Flow::Expect(condition.clone()));
            self.emit(EventKind::Script(ScriptEvent::Expected { line: line.number, command }));
        } else {
            let actual = self.actual(condition, scope);
            self.fail(line.number, FailureKind::Unmet, &condition.to_string(), &actual);
        }
    }
}

fn no_question() -> Refusal {
    error("nothing has been asked: `ask` asks the class".to_owned())
}
