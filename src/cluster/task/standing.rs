//! Where a script stands: the lines that wait, the rounds of its loops, and whether it can still
//! be disappointed. Asked by those who watch; nothing here changes a run.

use std::sync::Arc;

use super::loops::LoopKind;
use super::{Task, Wait};
use crate::cluster::Cluster;
use crate::cluster::command::{Command, Flow, Script};
use crate::cluster::time::Time;

/// A line at which a task waits, and until when at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// By its number in the file.
    pub line: u32,
    pub until: Time,
}

/// The round of a loop that a task is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The loop's opening line, by its number in the file.
    pub line: u32,
    /// What the script calls the count, if it does.
    pub name: Option<Arc<str>>,
    pub number: u32,
    /// The number of the last round, where that is known.
    pub last: Option<u32>,
}

impl Cluster {
    /// The lines of the script at which tasks wait now.
    pub fn waiting_lines(&self) -> impl Iterator<Item = Waiting> {
        let tasks = self.tasks.iter().filter_map(|task| self.waiting_at(task));
        tasks.filter(|waiting| waiting.line > 0)
    }

    fn waiting_at(&self, task: &Task) -> Option<Waiting> {
        match &task.wait {
            Wait::Until { deadline, line, .. }
            | Wait::Job { deadline, line, .. }
            | Wait::Task { deadline, line, .. } => Some(Waiting { line: *line, until: *deadline }),
            Wait::Run(_) => {
                let before = task.lines.get(task.next.checked_sub(1)?)?;
                let until = Time(self.queue.due(task.slot?)?);
                (until > self.now).then_some(Waiting { line: before.number, until })
            }
            Wait::Ready | Wait::Ended => None,
        }
    }

    /// The rounds of all loops that tasks of the script are in.
    pub fn rounds(&self) -> impl Iterator<Item = Round> {
        let alive = self.tasks.iter().filter(|task| task.wait != Wait::Ended);
        let loops = alive.flat_map(|task| task.loops.iter().map(|of| (&task.lines, of)));
        loops.filter_map(|(lines, of)| {
            let line = lines.get(of.start)?.number;
            match &of.kind {
                LoopKind::Count { name, current, last } => {
                    let (name, last) = (name.clone(), Some(*last));
                    Some(Round { line, name, number: *current, last })
                }
                LoopKind::For { name, round, .. } => {
                    Some(Round { line, name: name.clone(), number: *round, last: None })
                }
                LoopKind::Until { .. } => None,
            }
        })
    }

    /// Whether a script plays that still asks for something: one that only puts commands down for
    /// their places does not.
    pub fn plays_a_script(&self) -> bool {
        let puts_down =
            |command: &Command| matches!(command, Command::Flow(Flow::At { .. } | Flow::Run(_)));
        let asks = |script: &Script| script.lines.iter().any(|line| !puts_down(&line.command));
        !self.finished() && (self.next_doing().is_some() || self.script.as_ref().is_some_and(asks))
    }
}
