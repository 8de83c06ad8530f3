//! Loops: rounds, their counters, where the next one begins, and when a loop runs in circles.
//!
//! Lab time passes only when the queue has nothing left to do at the present moment, so a loop
//! whose rounds take no time would keep the whole run at one moment for ever. A script is refused
//! if no line of a loop's body *can* wait (`command/blocks.rs`); here is what that can't see: lines
//! that could wait, and don't. What they wait for is so already, or the line can't be carried out
//! at all and its failing is only a remark.
//!
//! One round without time proves nothing: `run 0ms..5ms` may draw zero, and the events that are due
//! at the same moment take their turns between two rounds. So there are two bounds, both on rounds
//! in a row at one moment. After [`IDLE_ROUNDS_MAX`] rounds in which nothing else happened either,
//! nothing is left that could make the next round another. [`ROUNDS_NOW_MAX`] rounds are the most
//! even if events are handled in each, as all of them are while all is by hand. Loops that count
//! come to their end by themselves: they are stopped only while a line in them can't be carried
//! out, and otherwise may run as many lines at one moment as a run may (`LINES_NOW_MAX`).

use std::sync::Arc;

use crate::cluster::command::{Condition, IDLE_ROUNDS_MAX, ROUNDS_NOW_MAX, Text, grouped};
use crate::cluster::resolve::{Binding, Scope};
use crate::cluster::time::Time;
use crate::cluster::{Cluster, FailureKind};

/// A loop that a task is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loop {
    /// Where its opening line stands.
    pub(super) start: usize,
    pub(super) kind: LoopKind,
    /// What was the case when its present round began.
    began: Began,
}

/// How far the run, and a task in it, had come when a round began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Began {
    time: Time,
    /// Events handled.
    handled: u64,
    /// Lines of the task that could not be carried out.
    refused: u32,
}

/// How a task's loops have come round lately.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Circles {
    /// Rounds in a row in which no lab time passed and nothing happened.
    idle: u32,
    /// Rounds in a row in which no lab time passed.
    now: u32,
    /// How many lines could not be carried out so far, and which was the last.
    refused: u32,
    line: u32,
}

impl Circles {
    /// A line of the task could not be carried out.
    pub(super) const fn refuse(&mut self, line: u32) {
        self.refused = self.refused.saturating_add(1);
        self.line = line;
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LoopKind {
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

impl LoopKind {
    /// Counts from `first` to `last`, and calls the count `name`.
    pub(super) fn count(name: Option<&Text>, first: u32, last: u32) -> Self {
        Self::Count { name: name.map(|name| name.0.clone()), current: first, last }
    }
}

impl Cluster {
    pub(super) fn enter_loop(
        &mut self,
        place: usize,
        at: usize,
        partner: usize,
        kind: LoopKind,
        scope: &Scope,
    ) {
        if self.begins_round(place, &kind, scope) {
            let began = self.round_begins(place);
            self.tasks[place].loops.push(Loop { start: at, kind, began });
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
    pub(super) fn next_round(&mut self, place: usize, start: usize, scope: &Scope) {
        let task = &mut self.tasks[place];
        // The `end` of an `if` closes no loop.
        let Some(mut last) = task.loops.pop_if(|last| last.start == start) else { return };
        if let Some(why) = self.runs_in_circles(place, &last) {
            let line = &self.tasks[place].lines[start];
            let expected = format!("lab time passes in `{}`", line.command);
            return self.fail(line.number, FailureKind::Unmet, &expected, &why);
        }
        match &mut last.kind {
            LoopKind::Count { current, .. } => *current = current.saturating_add(1),
            LoopKind::For { round, .. } => *round = round.saturating_add(1),
            LoopKind::Until { .. } => {}
        }
        if self.begins_round(place, &last.kind, scope) {
            last.began = self.round_begins(place);
            self.tasks[place].next = start + 1;
            self.tasks[place].loops.push(last);
        }
    }

    fn round_begins(&self, place: usize) -> Began {
        let refused = self.tasks[place].circles.refused;
        Began { time: self.now, handled: self.handled, refused }
    }

    /// Why a loop, of which a round has ended, can't go on, if it runs in circles.
    fn runs_in_circles(&mut self, place: usize, of: &Loop) -> Option<String> {
        let (began, ended) = (of.began, self.round_begins(place));
        let circles = &mut self.tasks[place].circles;
        if began.time != ended.time {
            (circles.idle, circles.now) = (0, 0);
            return None;
        }
        let refused = began.refused != ended.refused;
        match of.kind {
            // It comes to its end by itself.
            LoopKind::Count { .. } if !refused => return None,
            LoopKind::Count { .. } | LoopKind::For { .. } | LoopKind::Until { .. } => {}
        }
        circles.now += 1;
        circles.idle = if began.handled == ended.handled { circles.idle + 1 } else { 0 };
        let because = match refused {
            true => format!(", because line {} can't be carried out", circles.line),
            false => String::new(),
        };
        if circles.idle >= IDLE_ROUNDS_MAX {
            let rounds = IDLE_ROUNDS_MAX;
            return Some(format!(
                "{rounds} rounds in a row took no lab time and nothing happened in them{because}: \
                 the loop would never end"
            ));
        }
        (circles.now >= ROUNDS_NOW_MAX).then(|| {
            let rounds = grouped(ROUNDS_NOW_MAX.into());
            format!("{rounds} rounds in a row took no lab time{because}: that is the most")
        })
    }
}
