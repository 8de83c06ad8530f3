//! Breakpoints: time stands when a condition becomes true.

use super::dialog::Reading;
use super::{Mode, Session};
use crate::cluster::command::Condition;
use crate::cluster::command::recording::Breakpoint as Recorded;
use crate::ui::view::{ListItem, Stands};

/// The most breakpoints.
const BREAKPOINTS_MAX: usize = 100;

/// The most moments that are kept at which one was reached.
const REACHED_MAX: usize = 1_000;

/// A condition that stands time still.
#[derive(Clone, Debug)]
pub(super) struct Breakpoint {
    condition: Condition,
    on: bool,
    /// Whether the condition held when it was last looked at.
    held: bool,
    /// Whether the script that plays asks for it by itself.
    scripted: bool,
}

impl Session {
    /// Switches a breakpoint on or off; makes it if there is none. Whether there was room for it.
    pub(super) fn set_breakpoint(
        &mut self,
        condition: &Condition,
        on: bool,
        scripted: bool,
    ) -> bool {
        if let Some(same) = self.breakpoints.iter_mut().find(|one| one.condition == *condition) {
            same.on = on;
            return true;
        }
        if self.breakpoints.len() >= BREAKPOINTS_MAX {
            self.refuse(format!("{BREAKPOINTS_MAX} breakpoints are the most"));
            return false;
        }
        let (condition, held) = (condition.clone(), self.cluster.is_so(condition));
        self.breakpoints.push(Breakpoint { condition, on, held, scripted });
        true
    }

    /// Typed at the prompt: the recording has it from now on.
    pub(super) fn set_breakpoint_by_hand(&mut self, condition: &Condition, on: bool) {
        if self.set_breakpoint(condition, on, false) {
            self.note(match on {
                true => "the lab pauses when that becomes true (B lists the breakpoints)",
                false => "that no longer pauses the lab (B lists the breakpoints)",
            });
            self.record_all();
        }
    }

    /// All of them, as a recording has them.
    pub(super) fn breakpoints(&self) -> Vec<Recorded> {
        let recorded = |one: &Breakpoint| Recorded { condition: one.condition.clone(), on: one.on };
        self.breakpoints.iter().map(recorded).collect()
    }

    /// Those that are on and that nobody's script asks for.
    pub(super) fn breakpoints_by_hand(&self) -> Vec<Condition> {
        let own = self.breakpoints.iter().filter(|one| one.on && !one.scripted);
        own.map(|one| one.condition.clone()).collect()
    }

    /// Those that there were when the session was left, and no others.
    pub(super) fn restore_breakpoints(&mut self, recorded: &[Recorded]) {
        let before = std::mem::take(&mut self.breakpoints);
        for Recorded { condition, on } in recorded {
            let scripted = before.iter().any(|one| one.scripted && one.condition == *condition);
            self.set_breakpoint(condition, *on, scripted);
        }
    }

    /// One has come to another moment without what lies between: nothing has become true.
    pub(super) fn refresh_breakpoints(&mut self) {
        for breakpoint in &mut self.breakpoints {
            breakpoint.held = self.cluster.is_so(&breakpoint.condition);
        }
    }

    /// After every step: has a condition become true?
    pub(super) fn heed_breakpoints(&mut self) {
        let mut reached = None;
        for breakpoint in &mut self.breakpoints {
            let holds = self.cluster.is_so(&breakpoint.condition);
            let before = std::mem::replace(&mut breakpoint.held, holds);
            if breakpoint.on && holds && !before {
                reached.get_or_insert_with(|| breakpoint.condition.to_string());
            }
        }
        let Some(condition) = reached else { return };
        let here = self.cluster.point();
        if let Err(place) = self.reached.binary_search(&here)
            && self.reached.len() < REACHED_MAX
        {
            self.reached.insert(place, here);
        }
        if self.halt.is_none() || self.halt == Some(Stands::Paused) {
            self.halt = Some(Stands::Breakpoint);
        }
        self.view.selection.event = self.trace.listed().back().copied();
        self.note(format!("breakpoint hit: {condition}"));
    }

    pub(super) fn list_breakpoints(&mut self) {
        if self.breakpoints.is_empty() {
            return self.refuse("there is no breakpoint: `:break leader = S2` makes one");
        }
        self.mode =
            Mode::Reading(Reading::Breakpoints { items: self.breakpoint_items(), chosen: 0 });
    }

    fn breakpoint_items(&self) -> Vec<ListItem> {
        let item = |one: &Breakpoint| ListItem {
            name: if one.on { "on" } else { "off" }.into(),
            note: format!("{}{}", one.condition, if one.held { " (true now)" } else { "" }),
        };
        self.breakpoints.iter().map(item).collect()
    }

    /// Switches a breakpoint off, or on again.
    pub(super) fn switch_breakpoint(&mut self, place: usize) {
        if let Some(breakpoint) = self.breakpoints.get_mut(place) {
            breakpoint.on = !breakpoint.on;
        }
        self.record_all();
        let items = self.breakpoint_items();
        self.mode = Mode::Reading(Reading::Breakpoints { items, chosen: place });
    }
}
