//! Moments between events, and sets of them.
//!
//! What happens in a history happens between its events: two moments with no event between them
//! can't be told apart. A moment is therefore the number of the event before it. Moments after
//! the last event so far are the future; [`NEVER`] comes after all of it.

use smallvec::SmallVec;

/// The moment after the event of this number.
pub(super) type Moment = u64;

/// What never happens.
pub(super) const NEVER: Moment = u64::MAX;
/// The last moment at which something can still happen.
pub(super) const LAST: Moment = NEVER - 1;

/// A set of moments, [`NEVER`] possibly one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    /// First and last moment of each run of moments; in order, apart from each other.
    runs: SmallVec<[(Moment, Moment); 1]>,
    never: bool,
}

impl Gaps {
    /// The moment before all events.
    pub(super) const START: Self = Self { runs: SmallVec::from_const([(0, 0)]), never: false };

    pub(super) const NEVER: Self = Self { runs: SmallVec::new_const(), never: true };

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty() && !self.never
    }

    pub(super) fn runs(&self) -> &[(Moment, Moment)] {
        &self.runs
    }

    /// The last of all, [`NEVER`] included.
    pub(super) fn latest(&self) -> Option<Moment> {
        if self.never { Some(NEVER) } else { self.runs.last().map(|run| run.1) }
    }

    /// The last one that is not after `moment`.
    pub(super) fn latest_until(&self, moment: Moment) -> Option<Moment> {
        if moment == NEVER {
            return self.latest();
        }
        let run = self.runs.iter().rev().find(|run| run.0 <= moment)?;
        Some(run.1.min(moment))
    }

    pub(super) fn add_never(&mut self) {
        self.never = true;
    }

    /// Adds the moments from `first` to `last`, if there are any. [`Gaps::tidy`] must follow.
    pub(super) fn add(&mut self, first: Moment, last: Moment) {
        if first <= last {
            self.runs.push((first, last));
        }
    }

    /// Joins runs that touch or overlap.
    pub(super) fn tidy(&mut self) {
        if self.runs.len() < 2 {
            return;
        }
        self.runs.sort_unstable();
        self.runs.dedup_by(|next, run| {
            let touches = next.0 <= run.1.saturating_add(1);
            if touches {
                run.1 = run.1.max(next.1);
            }
            touches
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_touch_are_joined() {
        let mut gaps = Gaps::default();
        for (first, last) in [(7, 9), (1, 2), (3, 4), (8, 12), (20, 19)] {
            gaps.add(first, last);
        }
        gaps.tidy();
        assert_eq!(gaps.runs(), [(1, 4), (7, 12)]);
        let mut two = Gaps::default();
        two.add(3, 4);
        two.add(1, 2);
        two.tidy();
        assert_eq!(two.runs(), [(1, 4)]);
    }

    #[test]
    fn the_latest_moment_until_another() {
        let mut gaps = Gaps::default();
        gaps.add(3, 5);
        gaps.add(8, 9);
        gaps.tidy();
        let latest = |gaps: &Gaps, moments: [Moment; 3]| moments.map(|at| gaps.latest_until(at));
        assert_eq!(latest(&gaps, [2, 4, 7]), [None, Some(4), Some(5)]);
        assert_eq!(latest(&gaps, [8, 100, NEVER]), [Some(8), Some(9), Some(9)]);
        gaps.add_never();
        assert_eq!(latest(&gaps, [8, 100, NEVER]), [Some(8), Some(9), Some(NEVER)]);
    }
}
