//! Memory: a run that is left alone grows. Time stands when it has come to its budget, before the
//! machine suffers, and the screen says what to do. The timeline has a budget of its own, and says
//! when going back begins to take longer.

use super::{Session, Stands};
use crate::app::memory::{size, told, words};
use crate::cluster::timeline;
use crate::ui::trace::Trace;

impl Session {
    /// How many bytes the session may take.
    pub fn set_memory(&mut self, bytes: u64) {
        self.memory = bytes;
    }

    /// About how many bytes the session takes: its run, the futures left, and what is shown.
    pub fn bytes(&self) -> u64 {
        let futures = self.branches.iter().chain(&self.undone);
        // Up to where one left them they share their checkpoints with the present one.
        let left: u64 = futures
            .map(|future| future.timeline.bytes_after(future.left) + future.trace.bytes())
            .sum();
        let shown = self.trace.bytes() + self.newest.as_ref().map_or(0, Trace::bytes);
        self.cluster.bytes() + self.timeline.bytes() + left + shown
    }

    /// Why the run can't go on from its newest moment, if it has come to its budget.
    pub(super) fn is_full(&self) -> Option<String> {
        let bytes = self.bytes();
        (!self.is_past() && bytes >= self.memory).then(|| {
            let (taken, double) = (words(bytes), words(2 * self.memory).replace(' ', ""));
            format!(
                "the session takes {taken}, its budget: Ctrl-s saves it; :memory {double} goes on"
            )
        })
    }

    /// The same where there is no lab to go on in.
    pub(super) fn full_words(&self) -> Option<String> {
        let bytes = self.bytes();
        (bytes >= self.memory).then(|| told(bytes, self.memory))
    }

    /// Time stands if the session has come to its budget. Whether it has.
    pub(super) fn heed_memory(&mut self) -> bool {
        let Some(why) = self.is_full() else { return false };
        self.halt = Some(Stands::Memory);
        self.refuse(why);
        true
    }

    /// `:memory SIZE`.
    pub(super) fn grant_memory(&mut self, text: &str) {
        match size(text) {
            Err(expected) => self.refuse(expected),
            Ok(bytes) => {
                self.memory = bytes;
                if self.halt == Some(Stands::Memory) && self.is_full().is_none() {
                    self.halt = None;
                }
                let taken = words(self.bytes());
                self.note(format!("the session may take {}; it takes {taken}", words(bytes)));
            }
        }
    }

    /// The timeline has let checkpoints go: the screen says what going back costs now.
    pub(super) fn heed_reach(&mut self) {
        let reach = self.timeline.reach();
        if std::mem::replace(&mut self.reach, reach) < reach {
            self.tell_reach();
        }
    }

    /// What going back costs, if it is more than in a short run.
    pub(super) fn tell_reach(&mut self) {
        let reach = self.timeline.reach();
        if reach > timeline::REACH {
            self.note(format!("a long run: going far back plays up to {reach} steps again"));
        }
    }
}
