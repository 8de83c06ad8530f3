//! Commands that wait for their place (`at`) and those that come again and again (`every`).

use crate::cluster::command::{Command, Place, RECURRING_MAX, SCHEDULED_MAX};
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::queue::Slot;
use crate::cluster::resolve::{Scope, error};
use crate::cluster::time::Span;
use crate::cluster::{Cluster, Item, Refusal};

/// A command that comes again and again: `every T COMMAND`.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Recurring {
    pub(super) span: Span,
    pub(super) command: Command,
    pub(super) scope: Scope,
    pub(super) line: u32,
    pub(super) slot: Option<Slot>,
}

/// A command that waits for its place: `at T COMMAND`. Words like `leader` mean whoever it is
/// then; names mean what they meant when the line ran.
#[derive(Clone, Debug)]
pub(in crate::cluster) struct Scheduled {
    pub(in crate::cluster) command: Command,
    pub(in crate::cluster) scope: Scope,
    pub(in crate::cluster) line: u32,
}

impl Cluster {
    /// Carries out a scheduled or recurring command. What can't be done fails the run: the
    /// script expected that it could.
    pub(in crate::cluster) fn run_scheduled_command(&mut self, scheduled: Scheduled) {
        let Scheduled { command, mut scope, line } = scheduled;
        if let Err(refusal) = self.perform(&command, &mut scope, line) {
            if line > 0 {
                return self.disappoint(line, &command, &refusal);
            }
            // Somebody at a prompt has put it down, who wants to go on whatever comes of it.
            let (expected, actual) = refusal.disappoints(&command);
            self.remark(line, &expected, &actual);
        }
    }

    /// Puts a command down for a place that is still to come.
    pub(super) fn schedule(
        &mut self,
        place: Place,
        command: &Command,
        scope: &Scope,
        line: u32,
    ) -> Result<(), Refusal> {
        // Whatever else was done at this moment: "now" is not past.
        if (place.time, place.after) < (self.now, self.handled_now) {
            return Err(error(format!("at {place} is past: it is {} now", self.place())));
        }
        if self.scheduled.len() >= SCHEDULED_MAX {
            let message =
                format!("{SCHEDULED_MAX} commands wait for their places: that is the most");
            return Err(error(message));
        }
        self.scheduled_count += 1;
        // Nobody waits for it: an operation queues behind the open one of its client.
        let scope = Scope { queues: true, ..scope.clone() };
        let scheduled = Scheduled { command: command.clone(), scope, line };
        self.scheduled.insert((place, self.scheduled_count), scheduled);
        Ok(())
    }

    /// Puts a command down that comes again and again.
    pub(super) fn recur(&mut self, recurring: Recurring) -> Result<(), Refusal> {
        if self.recurring.len() >= RECURRING_MAX {
            let message = format!("{RECURRING_MAX} are at work: `stop every` ends them");
            return Err(error(message));
        }
        self.recurring.push(recurring);
        self.arm_recurring(self.recurring.len() - 1);
        Ok(())
    }

    fn arm_recurring(&mut self, which: usize) {
        let recurring = &mut self.recurring[which];
        let due = self.now + recurring.span;
        recurring.slot = Some(self.queue.push(due.micros(), Item::Recurring(which as u32)));
    }

    pub(in crate::cluster) fn run_recurring(&mut self, which: u32) {
        let which = which as usize;
        let Recurring { command, scope, line, .. } = self.recurring[which].clone();
        let mut scope = scope;
        if let Err(error) = self.perform(&command, &mut scope, line) {
            // Chance may ask for what can't be done now (crash a server that is down): the next
            // round comes all the same.
            let text = format!("every: `{command}` was passed over: {error}").into();
            self.emit(EventKind::Script(ScriptEvent::Noted { text }));
        }
        // It may have ended itself, by `stop every`.
        if let Some(recurring) = self.recurring.get_mut(which) {
            recurring.scope = scope;
            self.arm_recurring(which);
        }
    }
}
