//! Time as a place: a run from its start to its newest moment, and any moment of it again.
//!
//! A run is its start and the commands given from outside, each at its [`Point`]; everything else
//! follows. So going to a point is taking the last checkpoint before it and letting the run happen
//! again up to there. A checkpoint is a clone, and clones share their structure: it costs
//! microseconds and little memory. Nothing that explains the run is stored; it is made again.
//!
//! Near the newest moment, where one steps back and forth, checkpoints stay close together. When
//! all of them take more than their budget, every other one of the older goes, so that going far
//! back takes longer; [`Timeline::reach`] says how long.
//!
//! A [`Watcher`] goes along: whatever is derived from the run's events, as the caption on the
//! screen, is kept with the checkpoints and so goes back with them.

mod ways;

pub use ways::{Search, Seek};

use std::rc::Rc;
use std::sync::Arc;

use super::command::{Command, Place};
use super::time::Time;
use super::{Cluster, Step};

/// A checkpoint about every so many steps.
const SPACING: u64 = 3_072;
/// So many of the newest steps keep all their checkpoints, if the budget allows it.
const RECENT: u64 = 100_000;
/// One begins to look so many steps before the goal, so that there are events to show.
const RUN_IN: u64 = 1_024;
/// How far [`Timeline::reach`] goes as long as no checkpoint has gone.
pub const REACH: u64 = SPACING + RUN_IN;
/// How many bytes the checkpoints may take, as far as can be told.
pub const BUDGET: u64 = 170_000_000;

/// A point of a run: after so many steps and so many commands from outside, at this time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub steps: u64,
    pub deeds: u64,
    pub time: Time,
}

/// A command from outside with every "who" made concrete, and where the run was before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
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
    /// How many entries were committed by then.
    commits: u64,
    /// About what it takes beyond what it shares with the one before it.
    bytes: u64,
    state: Rc<(Cluster, W)>,
}

/// A run that one can move about in. Clones share everything that both have in common.
#[derive(Clone, Debug)]
pub struct Timeline<W> {
    /// The first is the start of the run.
    checkpoints: Vec<Checkpoint<W>>,
    deeds: Vec<Done>,
    end: Point,
    /// The place of the end.
    reached: Place,
    spacing: Spacing,
    budget: u64,
    /// The newest state, for coming back to it, while one looks at the past.
    newest: Option<Rc<(Cluster, W)>>,
}

/// How many steps lie between two checkpoints at least, among the recent and the old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spacing {
    recent: u64,
    old: u64,
}

impl<W: Watcher> Timeline<W> {
    /// A timeline that begins with this state.
    pub fn new(cluster: &Cluster, watcher: &W) -> Self {
        Self::with_budget(cluster, watcher, BUDGET)
    }

    /// One whose checkpoints take about so many bytes at most, however long the run is.
    pub fn with_budget(cluster: &Cluster, watcher: &W, budget: u64) -> Self {
        let mut timeline = Self {
            checkpoints: Vec::new(),
            deeds: Vec::new(),
            end: cluster.point(),
            reached: cluster.place(),
            spacing: Spacing { recent: SPACING, old: SPACING },
            budget,
            newest: None,
        };
        timeline.keep(cluster, watcher);
        timeline
    }

    /// The newest point that the run has come to.
    pub const fn end(&self) -> Point {
        self.end
    }

    /// The same as a place.
    pub const fn reached(&self) -> Place {
        self.reached
    }

    /// The commands from outside, in order.
    pub fn deeds(&self) -> &[Done] {
        &self.deeds
    }

    /// How many checkpoints there are.
    pub const fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }

    /// About how many bytes the checkpoints take.
    pub fn bytes(&self) -> u64 {
        let newest = self.newest.as_ref().map_or(0, |newest| newest.0.checkpoint_bytes(0));
        self.checkpoints.iter().map(|checkpoint| checkpoint.bytes).sum::<u64>() + newest
    }

    /// About how many bytes those after a point take: what a future has for itself that forked
    /// from another there.
    pub fn bytes_after(&self, point: Point) -> u64 {
        let shared = self.checkpoints.partition_point(|checkpoint| checkpoint.point <= point);
        self.checkpoints[shared..].iter().map(|checkpoint| checkpoint.bytes).sum()
    }

    /// About how many steps are played again at most to come to any moment.
    pub fn reach(&self) -> u64 {
        self.spacing.old.max(self.spacing.recent) + RUN_IN
    }

    /// The run has gone on: from its newest point by a step, or in time.
    pub fn went_on(&mut self, cluster: &Cluster, watcher: &W) {
        let point = cluster.point();
        if point <= self.end {
            return;
        }
        (self.end, self.reached) = (point, cluster.place());
        self.newest = None;
        let kept = self.checkpoints.last().map_or(0, |last| last.point.steps);
        if point.steps >= kept + self.spacing.recent {
            self.keep(cluster, watcher);
        }
    }

    /// One leaves the newest point, at which `cluster` is, to look at the past: this is the state
    /// to come back to.
    pub fn leave(&mut self, cluster: &Cluster, watcher: &W) {
        if self.newest.is_none() {
            self.newest = Some(Rc::new((cluster.clone(), watcher.clone())));
        }
    }

    /// The newest state, since it was left.
    pub fn newest(&self) -> Option<&(Cluster, W)> {
        self.newest.as_deref()
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
        self.deeds.push(Done { at, place, command: Arc::new(command) });
        self.went_on(cluster, watcher);
    }

    fn keep(&mut self, cluster: &Cluster, watcher: &W) {
        let (point, commits) = (cluster.point(), cluster.commits());
        let before = self.checkpoints.last().map_or(0, |last| last.commits);
        let bytes = cluster.checkpoint_bytes(commits.saturating_sub(before));
        let state = Rc::new((cluster.clone(), watcher.clone()));
        self.checkpoints.push(Checkpoint { point, commits, bytes, state });
        self.keep_to_budget();
    }

    /// Lets checkpoints go, old ones first, until the rest keeps to the budget.
    fn keep_to_budget(&mut self) {
        while self.bytes() > self.budget && self.checkpoints.len() > 2 {
            let before = self.checkpoints.len();
            self.thin();
            if self.checkpoints.len() < before {
                continue;
            }
            // Old ones a whole run apart are none: then the recent ones have to give way.
            if self.spacing.old < self.end.steps {
                self.spacing.old *= 2;
            } else {
                self.spacing.recent *= 2;
            }
        }
    }

    /// Keeps those checkpoints that lie as far apart as they should; the first is the start.
    fn thin(&mut self) {
        let (spacing, recent) = (self.spacing, self.end.steps.saturating_sub(RECENT));
        let mut kept: Option<u64> = None;
        self.checkpoints.retain(|checkpoint| {
            let steps = checkpoint.point.steps;
            let apart = if steps < recent { spacing.old } else { spacing.recent };
            let keeps = kept.is_none_or(|kept| steps >= kept + apart);
            if keeps {
                kept = Some(steps);
            }
            keeps
        });
    }

    /// The run up to `point`, which is at `place`, to go on differently from there.
    #[must_use]
    pub fn fork(&self, (point, place): (Point, Place)) -> Self {
        let mut fork = self.clone();
        fork.deeds.truncate(point.deeds as usize);
        let kept = fork.checkpoints.partition_point(|checkpoint| checkpoint.point <= point);
        fork.checkpoints.truncate(kept.max(1));
        if point < fork.end {
            fork.newest = None;
        }
        (fork.end, fork.reached) = (point, place);
        fork
    }

    /// The command that is applied next after this point, if it comes before the next step.
    pub fn next_deed(&self, point: Point) -> Option<&Done> {
        self.deeds.get(point.deeds as usize).filter(|deed| deed.at.steps == point.steps)
    }

    /// The way to a goal, or to the end of the run if that comes first. It begins at a checkpoint
    /// that lies before the goal, some way if it can be: whoever follows it has events to show.
    pub fn way_to(&self, goal: Goal) -> Seek<W> {
        if let (Goal::Point(point), Some((cluster, watcher))) = (goal, self.newest())
            && point == self.end
        {
            let (cluster, watcher) = (cluster.clone(), watcher.clone());
            return Seek { goal, begin: point, cluster, watcher };
        }
        let before = |checkpoint: &Checkpoint<W>| match goal {
            Goal::Point(point) => checkpoint.point <= point,
            Goal::Step(step) => checkpoint.point.steps <= step,
            Goal::Time(time) => checkpoint.point.time <= time,
        };
        let last = self.checkpoints.partition_point(before).saturating_sub(1);
        let reached = match goal {
            Goal::Point(point) => point.steps,
            Goal::Step(step) => step,
            Goal::Time(_) => self.checkpoints[last].point.steps,
        };
        let steps_at = |place: usize| self.checkpoints[place].point.steps;
        let first = (0..=last).rev().find(|place| steps_at(*place) + RUN_IN <= reached);
        let first = first.unwrap_or(0);
        let (cluster, watcher) = self.state(first);
        Seek { goal, begin: self.checkpoints[first].point, cluster, watcher }
    }

    /// The state at a goal, or at the end of the run if that comes first, however far away it is.
    /// `saw` is told of every step on the way.
    pub fn seek(&self, goal: Goal, mut saw: impl FnMut(&Cluster)) -> (Cluster, W) {
        let mut way = self.way_to(goal);
        while !way.work(self, &mut { u32::MAX }, &mut saw) {}
        way.into_state()
    }

    /// The newest state, unless `cluster` is it.
    pub fn seek_end(&self, cluster: &Cluster) -> Option<Cluster> {
        let past = cluster.point() < self.end;
        past.then(|| self.seek(Goal::Point(self.end), |_| {}).0)
    }

    fn state(&self, checkpoint: usize) -> (Cluster, W) {
        (*self.checkpoints[checkpoint].state).clone()
    }

    /// The last checkpoint before a point.
    fn checkpoint_before(&self, point: Point) -> Option<(Point, Cluster)> {
        let after = self.checkpoints.partition_point(|checkpoint| checkpoint.point < point);
        let checkpoint = &self.checkpoints[after.checked_sub(1)?];
        Some((checkpoint.point, checkpoint.state.0.clone()))
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
    fn redo(&self, deed: &Done, cluster: &mut Cluster) -> bool {
        cluster.advance(deed.at.time);
        cluster.apply(&deed.command).is_ok()
    }

    /// Lets the run of this timeline go on by one command or step, as it did before; false at
    /// its newest point.
    pub fn replay(&self, cluster: &mut Cluster) -> bool {
        self.next(cluster, Goal::Point(self.end))
    }

    /// The last point before `from` at which `wanted` says yes to what has just happened, however
    /// far back that is; `begins` is told of the state with which each stretch begins.
    pub fn find_back(
        &self,
        from: Point,
        mut begins: impl FnMut(&Cluster),
        mut wanted: impl FnMut(&Cluster) -> bool,
    ) -> Option<Point> {
        let mut search = Search::before(from);
        loop {
            let known = search.work(self, &mut { u32::MAX }, &mut begins, &mut wanted);
            if let Some(found) = known {
                return found;
            }
        }
    }
}
