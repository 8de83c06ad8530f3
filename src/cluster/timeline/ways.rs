//! Ways through a run that are gone in pieces: to a moment, and back for something.
//!
//! Between two checkpoints of a long run may lie any number of steps. Whoever has a screen to draw
//! and keys to answer goes a piece at a time: each call is given an amount of work, in steps, takes
//! what it has done off it, and says whether it has come to its end.

use super::{Goal, Point, Timeline, Watcher};
use crate::cluster::Cluster;

/// What taking up a checkpoint costs, in steps.
const A_CHECKPOINT: u32 = 16;

/// The way to a moment.
#[derive(Clone, Debug)]
pub struct Seek<W> {
    pub(super) goal: Goal,
    pub(super) begin: Point,
    pub(super) cluster: Cluster,
    pub(super) watcher: W,
}

impl<W: Watcher> Seek<W> {
    /// Goes on until it is there (true) or the work is used up; `saw` is told of every step.
    pub fn work(
        &mut self,
        timeline: &Timeline<W>,
        work: &mut u32,
        mut saw: impl FnMut(&Cluster),
    ) -> bool {
        while *work > 0 {
            if !timeline.next(&mut self.cluster, self.goal) {
                return true;
            }
            self.watcher.saw(&self.cluster);
            saw(&self.cluster);
            *work = work.saturating_sub(self.cluster.work());
        }
        false
    }

    /// Where it began, and where it has come to.
    pub const fn gone(&self) -> [Point; 2] {
        [self.begin, self.cluster.point()]
    }

    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// For whoever goes on from where it leads to.
    pub(in crate::cluster) const fn cluster_mut(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// The state that it has come to.
    pub fn into_state(self) -> (Cluster, W) {
        (self.cluster, self.watcher)
    }
}

/// The way back to the last moment at which something happened, stretch by stretch from one
/// checkpoint to the next, the last stretch first.
#[derive(Clone, Debug)]
pub struct Search {
    /// Where the present stretch begins, once it has begun, and where it ends.
    begin: Point,
    end: Point,
    cluster: Option<Cluster>,
    found: Option<Point>,
}

impl Search {
    /// Before this point.
    pub const fn before(point: Point) -> Self {
        Self { begin: point, end: point, cluster: None, found: None }
    }

    /// Goes on until it is known whether there is such a moment, and which is the last, or the
    /// work is used up. `wanted` says of what has just happened whether it is it, and `begins` is
    /// told of the state with which a stretch begins.
    pub fn work<W: Watcher>(
        &mut self,
        timeline: &Timeline<W>,
        work: &mut u32,
        mut begins: impl FnMut(&Cluster),
        mut wanted: impl FnMut(&Cluster) -> bool,
    ) -> Option<Option<Point>> {
        while *work > 0 {
            let cluster = match &mut self.cluster {
                Some(cluster) => cluster,
                None => {
                    let Some((point, cluster)) = timeline.checkpoint_before(self.begin) else {
                        return Some(None);
                    };
                    *work = work.saturating_sub(A_CHECKPOINT);
                    begins(&cluster);
                    self.begin = point;
                    self.cluster.insert(cluster)
                }
            };
            *work = work.saturating_sub(cluster.work());
            if timeline.next(cluster, Goal::Point(self.end)) && cluster.point() < self.end {
                if wanted(cluster) {
                    self.found = Some(cluster.point());
                }
                continue;
            }
            if self.found.is_some() {
                return Some(self.found);
            }
            // What led to the checkpoint itself belongs to the stretch before it.
            self.end = self.begin;
            self.end.time += crate::cluster::time::Span(1);
            self.cluster = None;
        }
        None
    }

    /// Back to where everything has been looked through.
    pub const fn looked(&self) -> Point {
        self.end
    }
}
