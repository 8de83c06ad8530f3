//! Time as a place: a run from its start to its newest moment, and any moment of it again.
//!
//! A run is its start and the commands given from outside, each at its [`Point`]; everything else
//! follows. So going to a point is taking the last checkpoint before it and letting the run happen
//! again up to there. A checkpoint is a clone, and clones share their structure: it costs
//! microseconds and little memory. Nothing that explains the run is stored; it is made again.
//!
//! A [`Watcher`] goes along: whatever is derived from the run's events, as the caption on the
//! screen, is kept with the checkpoints and so goes back with them.

use std::sync::Arc;

use super::command::{Command, Place};
use super::time::Time;
use super::{Cluster, Step};

/// A checkpoint about every so many steps.
const SPACING: u64 = 2_048;
/// The most checkpoints that are kept. Beyond it every other one goes.
const CHECKPOINTS_MAX: usize = 4_096;

/// A point of a run: after so many steps and so many commands from outside, at this time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub steps: u64,
    pub deeds: u64,
    pub time: Time,
}

/// A command from outside with every "who" made concrete, and where the run was before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub at: Point,
    pub place: Place,
    pub command: Arc<Command>,
}

/// Where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Point(Point),
    /// Just after this step.
    Step(u64),
    /// Everything that is due up to this time has happened.
    Time(Time),
}

/// What is derived from a run's events, step by step.
pub trait Watcher: Clone {
    /// A step has been taken, or a command applied: [`Cluster::events`] says what it brought.
    fn saw(&mut self, cluster: &Cluster);
}

/// Nobody watches.
impl Watcher for () {
    fn saw(&mut self, _: &Cluster) {}
}

#[derive(Clone, Debug)]
struct Checkpoint<W> {
    point: Point,
    state: Arc<(Cluster, W)>,
}

/// A run that one can move about in. Clones share everything that both have in common.
#[derive(Clone, Debug)]
pub struct Timeline<W> {
    /// The first is the start of the run.
    checkpoints: Vec<Checkpoint<W>>,
    deeds: Vec<Deed>,
    end: Point,
    spacing: u64,
}

impl<W: Watcher> Timeline<W> {
    /// A timeline that begins with this state.
    pub fn new(cluster: &Cluster, watcher: &W) -> Self {
        let mut timeline = Self {
            checkpoints: Vec::new(),
            deeds: Vec::new(),
            end: cluster.point(),
            spacing: SPACING,
        };
        timeline.keep(cluster, watcher);
        timeline
    }

    /// The newest point that the run has come to.
    pub const fn end(&self) -> Point {
        self.end
    }

    /// The commands from outside, in order.
    pub fn deeds(&self) -> &[Deed] {
        &self.deeds
    }

    /// How many checkpoints there are, and how many steps lie between two at most.
    pub fn checkpoints(&self) -> (usize, u64) {
        (self.checkpoints.len(), self.spacing)
    }

    /// The run has gone on: from its newest point by a step, or in time.
    pub fn went_on(&mut self, cluster: &Cluster, watcher: &W) {
        let point = cluster.point();
        if point <= self.end {
            return;
        }
        self.end = point;
        let kept = self.checkpoints.last().map_or(0, |last| last.point.steps);
        if point.steps >= kept + self.spacing {
            self.keep(cluster, watcher);
        }
    }

    /// A command was applied at the newest point, which was `before`.
    pub fn did(
        &mut self,
        before: (Point, Place),
        command: Command,
        cluster: &Cluster,
        watcher: &W,
    ) {
        let (at, place) = before;
        self.deeds.push(Deed { at, place, command: Arc::new(command) });
        self.went_on(cluster, watcher);
    }

    fn keep(&mut self, cluster: &Cluster, watcher: &W) {
        let state = Arc::new((cluster.clone(), watcher.clone()));
        self.checkpoints.push(Checkpoint { point: cluster.point(), state });
        if self.checkpoints.len() > CHECKPOINTS_MAX {
            let mut number = 0;
            self.checkpoints.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.spacing *= 2;
        }
    }

    /// The run up to `point`, to go on differently from there.
    #[must_use]
    pub fn fork(&self, point: Point) -> Self {
        let mut fork = self.clone();
        fork.deeds.truncate(point.deeds as usize);
        let kept = fork.checkpoints.partition_point(|checkpoint| checkpoint.point <= point);
        fork.checkpoints.truncate(kept.max(1));
        fork.end = point;
        fork
    }

    /// The command that is applied next after this point, if it comes before the next step.
    pub fn next_deed(&self, point: Point) -> Option<&Deed> {
        self.deeds.get(point.deeds as usize).filter(|deed| deed.at.steps == point.steps)
    }

    /// The state at a goal, or at the end of the run if that comes first. `saw` is told of every
    /// step from a checkpoint on that lies before the goal, some way if it can be.
    pub fn seek(&self, goal: Goal, mut saw: impl FnMut(&Cluster)) -> (Cluster, W) {
        let before = |checkpoint: &Checkpoint<W>| match goal {
            Goal::Point(point) => checkpoint.point <= point,
            Goal::Step(step) => checkpoint.point.steps <= step,
            Goal::Time(time) => checkpoint.point.time <= time,
        };
        let last = self.checkpoints.partition_point(before).saturating_sub(1);
        // From the one before, so that there are events to show just after a checkpoint too.
        let (mut cluster, mut watcher) = self.state(last.saturating_sub(1));
        while self.next(&mut cluster, goal) {
            watcher.saw(&cluster);
            saw(&cluster);
        }
        (cluster, watcher)
    }

    /// The newest state, unless `cluster` is it.
    pub fn seek_end(&self, cluster: &Cluster) -> Option<Cluster> {
        let past = cluster.point() < self.end;
        past.then(|| self.seek(Goal::Point(self.end), |_| {}).0)
    }

    fn state(&self, checkpoint: usize) -> (Cluster, W) {
        (*self.checkpoints[checkpoint].state).clone()
    }

    /// Goes on by a command or a step towards the goal; false when it is reached.
    fn next(&self, cluster: &mut Cluster, goal: Goal) -> bool {
        let point = cluster.point();
        if let Some(deed) = self.next_deed(point) {
            let due = match goal {
                Goal::Point(goal) => point.deeds < goal.deeds,
                Goal::Step(step) => point.steps < step,
                Goal::Time(time) => deed.at.time <= time,
            };
            if due {
                return self.redo(deed, cluster);
            }
        } else {
            let due = match goal {
                Goal::Point(goal) => point.steps < goal.steps,
                Goal::Step(step) => point.steps < step,
                Goal::Time(time) => cluster.next_due().is_some_and(|due| due <= time),
            };
            if due && point.steps < self.end.steps {
                return cluster.step() != Step::Idle;
            }
        }
        let time = match goal {
            Goal::Point(goal) => goal.time,
            Goal::Time(time) => time,
            Goal::Step(_) => return false,
        };
        cluster.advance(time.min(self.end.time));
        false
    }

    /// Applies a command of the run again. It worked before, so it works again.
    fn redo(&self, deed: &Deed, cluster: &mut Cluster) -> bool {
        cluster.advance(deed.at.time);
        cluster.apply(&deed.command).is_ok()
    }

    /// Lets the run of this timeline go on by one command or step, as it did before; false at
    /// its newest point.
    pub fn replay(&self, cluster: &mut Cluster) -> bool {
        self.next(cluster, Goal::Point(self.end))
    }

    /// The last point before `from` at which `wanted` says yes to what has just happened. The run
    /// is looked at stretch by stretch, the last one first; `begins` is told of the state with
    /// which a stretch begins.
    pub fn find_back(
        &self,
        from: Point,
        mut begins: impl FnMut(&Cluster),
        mut wanted: impl FnMut(&Cluster) -> bool,
    ) -> Option<Point> {
        let last = self.checkpoints.partition_point(|checkpoint| checkpoint.point < from);
        let mut end = from;
        for place in (0..last).rev() {
            let (mut cluster, _) = self.state(place);
            begins(&cluster);
            let mut found = None;
            while self.next(&mut cluster, Goal::Point(end)) && cluster.point() < end {
                if wanted(&cluster) {
                    found = Some(cluster.point());
                }
            }
            if found.is_some() {
                return found;
            }
            end = self.checkpoints[place].point;
            // What led to the checkpoint itself belongs to the stretch before it.
            end.time += super::time::Span(1);
        }
        None
    }
}
