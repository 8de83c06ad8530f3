//! What was done from outside and stands in the script (`did`, `reached`): it is done again at its
//! places, as [`Cluster::apply`] did it then.
//!
//! Every step and every command has a place of its own, so it is enough to look at the places: what
//! was done comes before whatever happens there or later.

use super::command::Place;
use super::command::recording::Did;
use super::event::{EventKind, ScriptEvent};
use super::{Cluster, Time};

impl Cluster {
    /// Whether anything of it is left: asked before every step, and in nearly every run there is
    /// nothing.
    #[inline]
    pub(super) fn has_doings(&self) -> bool {
        self.redone < self.doings.deeds.len() || self.doings.reached.is_some()
    }

    /// Where the next thing was done, or how far the run came.
    pub(super) fn next_doing(&self) -> Option<Place> {
        match self.next_deed() {
            Some(did) => Some(did.place),
            None => self.doings.reached,
        }
    }

    /// What the last step did again, if it did.
    pub fn just_redone(&self) -> Option<&Did> {
        let last = self.redone.checked_sub(1).filter(|_| self.redone_by == self.steps)?;
        self.doings.deeds.get(last)
    }

    fn next_deed(&self) -> Option<&Did> {
        self.doings.deeds.get(self.redone)
    }

    /// When the next thing was done. By hand nobody comes to a later time.
    pub(super) fn next_doing_due(&self) -> Option<Time> {
        let due = self.next_doing()?.time;
        (!self.is_by_hand() || due <= self.now).then_some(due)
    }

    /// Whether something was done just before what would happen next; if so, it is done.
    pub(super) fn redo(&mut self) -> bool {
        let (Some(place), Some(due)) = (self.next_doing(), self.next_doing_due()) else {
            return false;
        };
        if self.next_pending().is_some_and(|next| self.place_at(next) < place) {
            return false;
        }
        self.move_to(due.max(self.now));
        let Some(Did { line, command, .. }) = self.next_deed().cloned() else {
            self.doings.reached = None;
            self.tell_the_end();
            return true;
        };
        self.redone += 1;
        self.redone_by = self.steps + 1;
        let mut scope = self.lab_scope.clone();
        match self.perform(&command, &mut scope, 0) {
            Ok(_) => self.lab_scope = scope,
            Err(refusal) => self.disappoint(line, &command, &refusal),
        }
        self.acted_by(&command);
        self.tell_the_end();
        true
    }

    /// What was done came after the script's own end.
    fn tell_the_end(&mut self) {
        if self.script.is_some() && self.finished() {
            self.emit(EventKind::Script(ScriptEvent::ScriptEnded));
        }
    }
}
