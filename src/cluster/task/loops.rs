//! Loops: rounds, their counters, and where the next one begins.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::cluster::command::{Condition, Text};
use crate::cluster::resolve::{Binding, Scope};
use crate::cluster::time::Time;

/// A loop that a task is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loop {
    /// Where its opening line stands.
    pub(super) start: usize,
    pub(super) kind: LoopKind,
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
    pub(super) fn next_round(&mut self, place: usize, start: usize, scope: &Scope) {
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
}
