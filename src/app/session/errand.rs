//! `:run` and `:until`: lab time goes on at its pace as far as that, and stands again. They are no
//! commands to the cluster, for how one lets time pass is no part of a run.

use super::Session;
use crate::cluster::WITHIN;
use crate::cluster::command::{Command, Condition, Flow};
use crate::cluster::time::{Span, Time};
use crate::ui::view::Stands;

/// How far lab time is to go on.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// As far as this holds; without it, as far as the end.
    condition: Option<Condition>,
    span: Span,
    end: Time,
}

impl Session {
    /// Lets lab time go on as far as a typed `run` or `until` says. The others are no errands.
    ///
    /// # Errors
    /// When no lab time can pass, or there is nothing to wait for.
    pub(super) fn set_out(&mut self, command: &Command) -> Option<Result<(), String>> {
        let (condition, span) = match command {
            Command::Flow(Flow::Run(range)) if range.low < range.high => {
                let why = "say how long, as in run 2s: a length is drawn from a range in scripts";
                return Some(Err(why.to_owned()));
            }
            Command::Flow(Flow::Run(range)) => (None, range.low),
            Command::Flow(Flow::Until { condition, within }) => {
                (Some(condition.clone()), within.unwrap_or(WITHIN))
            }
            _ => return None,
        };
        if condition.as_ref().is_some_and(|condition| self.cluster.is_so(condition)) {
            return Some(Err("that holds now".to_owned()));
        }
        if self.rests_by_hand() && !self.is_past() {
            let why = "lab time is paused, for all is by hand: M, then a, ends that";
            return Some(Err(why.to_owned()));
        }
        if let Some(why) = self.stopped_for_good().or_else(|| self.is_full()) {
            return Some(Err(why));
        }
        self.go_on();
        self.errand = Some(Errand { condition, span, end: self.cluster.now() + span });
        Some(Ok(()))
    }

    /// As far as lab time may go on at once.
    pub(super) fn within_errand(&self, target: Time) -> Time {
        self.errand.as_ref().map_or(target, |errand| target.min(errand.end))
    }

    /// After every step, and when time has passed: is it done?
    pub(super) fn heed_errand(&mut self) {
        let Some(errand) = &self.errand else { return };
        let (condition, span) = (errand.condition.as_ref(), errand.span);
        if let Some(condition) = condition.filter(|condition| self.cluster.is_so(condition)) {
            self.note(format!("it holds now: {condition}"));
        } else if self.cluster.now() < errand.end
            || self.next_due().is_some_and(|due| due <= errand.end)
        {
            return;
        } else if let Some(condition) = condition {
            self.refuse(format!("{span} have passed, and it has not become true: {condition}"));
        } else {
            self.note(format!("{span} have passed"));
        }
        self.errand = None;
        self.halt.get_or_insert(Stands::Paused);
    }
}
