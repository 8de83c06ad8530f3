//! Going on differently: whoever acts in the past keeps the old future as a branch, and undoing
//! is a branch that one can take back.
//!
//! A script that plays is a future too, known from its text. Whoever acts before its end leaves
//! it, so the untouched script is kept as a branch, even when it has not come further yet. What
//! it expects is about that run and not about this one: before the first such command goes
//! `expects remark`, which is recorded like any other, so that a replay says the same.

use std::collections::BTreeMap;

use super::Session;
use super::dialog::Reading;
use super::travel::Then;
use crate::cluster::Refusal;
use crate::cluster::command::recording::BRANCHES_MAX;
use crate::cluster::command::{Command, Deed, Flow, LabAct, Place, Unmet};
use crate::cluster::timeline::{Done, Goal, Point, Timeline};
use crate::ui::text::Moment;
use crate::ui::trace::Trace;
use crate::ui::view::ListItem;

use super::super::player::Player;

/// Moments of a run that somebody has marked.
pub(super) type Bookmarks = BTreeMap<Point, Place>;

/// A future that one has left.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub timeline: Timeline<Player>,
    pub trace: Trace,
    /// All that is marked in it.
    pub bookmarks: Bookmarks,
    /// Where one left it.
    pub left: Point,
}

impl Branch {
    /// Whether nobody has acted in it.
    fn is_untouched(&self) -> bool {
        is_untouched(self.timeline.deeds())
    }
}

impl Session {
    /// Applies a command. The first with which somebody acts while a script plays makes remarks
    /// of what the script expects.
    pub(super) fn try_apply(&mut self, command: &Command, keys: &str) -> Result<(), Refusal> {
        if !self.improvises(command) {
            return self.try_one(command, keys);
        }
        // Nothing is said about a command that can't be carried out.
        self.cluster.clone().apply(command)?;
        let kept = self.keep_untouched();
        self.try_one(&LabAct::Expects(Unmet::Remark).into(), "")?;
        self.try_one(command, keys)?;
        if kept {
            self.note(
                "a branch: N and :branches have the script untouched; its expects are remarks",
            );
        }
        Ok(())
    }

    /// Keeps the script as a branch, if nobody has acted yet. Whether it did.
    pub(super) fn keep_untouched(&mut self) -> bool {
        let keeps = !self.is_past() && is_untouched(self.timeline.deeds());
        if keeps {
            self.leave_newest();
            let (timeline, trace) = (self.timeline.clone(), self.trace.clone());
            let (bookmarks, left) = (self.bookmarks.clone(), self.cluster.point());
            self.keep_branch(Branch { timeline, trace, bookmarks, left });
        }
        keeps
    }

    /// Whether this run is another than the script's own, by what was done in it up to now.
    pub(super) fn has_departed(&self) -> bool {
        let done = self.cluster.point().deeds as usize;
        self.timeline.deeds().iter().take(done).any(|deed| acts(&deed.command))
    }

    /// Where this run became another than the script's own, if it has by now.
    pub(super) fn departure(&self) -> Option<Point> {
        let done = self.cluster.point().deeds as usize;
        let deeds = &self.timeline.deeds()[..done];
        let acted = deeds.iter().position(|deed| acts(&deed.command))?;
        // What the script expects is told first to be remarks, which is a deed as well.
        let told = deeds[..acted].iter().rposition(|deed| {
            !matches!(*deed.command, Command::Deed(Deed::Lab(LabAct::Expects(_))))
        });
        let first = told.map_or(0, |told| told + 1);
        Some(deeds[first].at)
    }

    /// Whether somebody acts while a script plays, for the first time in this run.
    fn improvises(&self, command: &Command) -> bool {
        let told = || {
            let deeds = &self.timeline.deeds()[..self.cluster.point().deeds as usize];
            deeds
                .iter()
                .any(|deed| matches!(*deed.command, Command::Deed(Deed::Lab(LabAct::Expects(_)))))
        };
        // In a challenge acting is what is asked for.
        self.cluster.challenge().is_none()
            && acts(command)
            && self.cluster.unmet() == Unmet::Fail
            && self.cluster.plays_a_script()
            && !told()
    }

    /// A command was applied in the past, at `at`: the old future becomes a branch.
    pub(super) fn branch_off(&mut self, at: Point, events: u64) {
        let Some(newest) = self.newest.take() else { return };
        let fork = self.timeline.fork((at, self.cluster.place()));
        let timeline = std::mem::replace(&mut self.timeline, fork);
        let mut trace = newest.clone();
        if trace.covers(events) {
            trace.truncate_at(events);
            self.trace = trace;
        } else {
            self.trace.forget_milestones_from(events);
        }
        let bookmarks = self.leave_bookmarks(at, Bookmarks::new());
        self.keep_branch(Branch { timeline, trace: newest, bookmarks, left: at });
        self.note("a branch: the old future is kept (:branches)");
    }

    /// Another future becomes the present one. What is marked in the past that both have is marked in
    /// both; each keeps what comes later in it. Gives the marks of the one that is left.
    pub(super) fn leave_bookmarks(&mut self, fork: Point, others: Bookmarks) -> Bookmarks {
        let left = std::mem::take(&mut self.bookmarks);
        self.bookmarks = left.range(..=fork).map(|(point, place)| (*point, *place)).collect();
        let taken = self.bookmarks.last_key_value().map(|(_, place)| *place);
        let later = others.into_iter().filter(|(at, place)| *at > fork && Some(*place) != taken);
        self.bookmarks.extend(later);
        self.reached.retain(|point| *point <= fork);
        left
    }

    /// Of two futures with the same commands one goes on where the other ends: the longer is kept.
    pub(super) fn keep_branch(&mut self, branch: Branch) {
        let deeds = branch.timeline.deeds();
        let same = self.branches.iter().position(|other| other.timeline.deeds() == deeds);
        if let Some(place) = same {
            if self.branches[place].timeline.end() < branch.timeline.end() {
                self.branches[place] = branch;
            }
            return;
        }
        if self.branches.len() == BRANCHES_MAX {
            // The untouched script is what everybody comes back to.
            let oldest = self.branches.iter().position(|branch| !branch.is_untouched());
            self.branches.remove(oldest.unwrap_or(0));
        }
        self.branches.push(branch);
    }

    /// Changes to another future, at its newest moment; the present one is kept in its place.
    pub(super) fn switch_branch(&mut self, place: usize) {
        if place < self.branches.len() {
            let end = self.branches[place].timeline.end();
            let note = "another future: :branches lists the one that you have left";
            self.change_future(place, end, note);
        }
    }

    fn change_future(&mut self, place: usize, goal: Point, note: &str) {
        let before = Box::new(self.clone());
        self.leave_newest();
        let here = self.cluster.point();
        let Branch { timeline, trace, bookmarks, .. } = self.branches.remove(place);
        let bookmarks = self.leave_bookmarks(self.fork_with(&timeline), bookmarks);
        let old = std::mem::replace(&mut self.timeline, timeline);
        let newest = self.newest.take().unwrap_or_else(|| std::mem::take(&mut self.trace));
        self.keep_branch(Branch { timeline: old, trace: newest, bookmarks, left: here });
        self.newest = Some(trace);
        self.settle_undone();
        self.travel(Goal::Point(goal), Then::changed(note), Some(before));
    }

    /// Goes back to a moment of the script. Before the first thing that somebody did, the script
    /// is untouched, and goes on so.
    pub(super) fn back_in_script(&mut self, point: Point) {
        let here = self.timeline.deeds();
        let before = |branch: &Branch| {
            let common = same_deeds(here, branch.timeline.deeds());
            branch.is_untouched() && point.deeds <= common as u64
        };
        let touched = self.cluster.script().is_some() && !is_untouched(here);
        match self.branches.iter().rposition(before).filter(|_| touched) {
            Some(place) => {
                let note = "the script untouched: what you did is a branch (:branches)";
                self.change_future(place, point, note);
            }
            None => self.seek(Goal::Point(point)),
        }
    }

    pub(super) fn open_branches(&mut self) {
        if self.branches.is_empty() {
            return self.refuse("there is one future only: act in the past, and there are two");
        }
        let items = self.branches.iter().map(|branch| self.told(branch)).collect();
        self.open(Reading::Branches { items, chosen: self.branches.len() - 1 });
    }

    /// How another future differs from the present one: from when on, and by which command.
    fn told(&self, branch: &Branch) -> ListItem {
        let [here, there] = self.heads(branch);
        let (from, end) = (self.fork_with(&branch.timeline).time, branch.timeline.end().time);
        let (from, end) = (Moment(from), Moment(end));
        let note = format!("{there}, to {end} s; here: {here}");
        ListItem { name: format!("from {from} s"), note }
    }

    /// What makes the present future and another what they are.
    pub(super) fn heads(&self, branch: &Branch) -> [String; 2] {
        let (here, there) = self.differing(&branch.timeline);
        let nothing = |deeds: &[Done]| match self.cluster.script() {
            Some(_) if is_untouched(deeds) => "script untouched".to_owned(),
            Some(_) | None => "nothing more".to_owned(),
        };
        let words = |deed: Option<&Done>, deeds: &[Done]| {
            deed.map_or_else(|| nothing(deeds), |deed| deed.command.to_string())
        };
        let here = words(here, self.timeline.deeds());
        [here, words(there, branch.timeline.deeds())]
    }

    /// The first commands by which the present future and another differ. That expectations
    /// become remarks is told only when nothing else was done.
    fn differing<'a>(
        &'a self,
        other: &'a Timeline<Player>,
    ) -> (Option<&'a Done>, Option<&'a Done>) {
        let (here, there) = (self.timeline.deeds(), other.deeds());
        let same = same_deeds(here, there);
        (first_deed(&here[same..]), first_deed(&there[same..]))
    }

    /// The last point that the present future and another have in common.
    pub(super) fn fork_with(&self, other: &Timeline<Player>) -> Point {
        let (here, there) = (self.timeline.deeds(), other.deeds());
        let same = same_deeds(here, there);
        let next = [here.get(same), there.get(same)].into_iter().flatten().map(|deed| deed.at);
        let ends = [self.timeline.end(), other.end()];
        next.chain(ends).min().unwrap_or_default()
    }

    /// Takes back the last command that somebody gave: time stands just before it.
    pub(super) fn undo(&mut self) {
        let here = self.cluster.point();
        let deeds = &self.timeline.deeds()[..here.deeds as usize];
        let Some((deed, before)) = deeds.split_last() else {
            return self.refuse("there is nothing to undo yet");
        };
        // What was said of expectations because of this command goes with it.
        let same_moment =
            |told: &&Done| (told.at.steps, told.at.time) == (deed.at.steps, deed.at.time);
        let first = before.last().filter(|told| is_remarking(told)).filter(same_moment);
        let Done { at, place, .. } = *first.unwrap_or(deed);
        let undone = format!("undone: {} (U: again)", deed.command);
        let prior = Box::new(self.clone());
        self.leave_newest();
        let newest = self.newest.take().unwrap_or_else(|| std::mem::take(&mut self.trace));
        let fork = self.timeline.fork((at, place));
        let old = std::mem::replace(&mut self.timeline, fork);
        self.newest = Some(newest.clone());
        let bookmarks = self.leave_bookmarks(at, Bookmarks::new());
        self.undone.push(Branch { timeline: old, trace: newest, bookmarks, left: here });
        self.take_over_branch();
        self.travel(Goal::Point(at), Then::changed(undone), Some(prior));
    }

    /// If a branch has the same commands as the present future and goes further, it is the
    /// present future.
    fn take_over_branch(&mut self) {
        let deeds = self.timeline.deeds();
        let same = self.branches.iter().position(|branch| branch.timeline.deeds() == deeds);
        let Some(branch) = same.map(|place| self.branches.remove(place)) else { return };
        let Branch { timeline, trace, bookmarks, .. } = branch;
        if timeline.end() > self.timeline.end() {
            self.leave_bookmarks(self.timeline.end(), bookmarks);
            self.timeline = timeline;
            self.newest = Some(trace);
        }
    }

    /// Takes the undoing back.
    pub(super) fn redo(&mut self) {
        if self.undone.is_empty() {
            return self.refuse("nothing has been undone");
        }
        let prior = Box::new(self.clone());
        self.leave_newest();
        let Some(branch) = self.undone.pop() else { return };
        let Branch { timeline, trace, bookmarks, left } = branch;
        let bookmarks = self.leave_bookmarks(self.fork_with(&timeline), bookmarks);
        let old = std::mem::replace(&mut self.timeline, timeline);
        let newest = self.newest.replace(trace).unwrap_or_else(|| std::mem::take(&mut self.trace));
        // The script untouched is kept beside what was done in it.
        let next = self.timeline.deeds().get(old.deeds().len());
        if next.is_some_and(is_remarking) {
            let left = old.end();
            self.keep_branch(Branch { timeline: old, trace: newest, bookmarks, left });
        }
        self.travel(Goal::Point(left), Then::changed("done again"), Some(prior));
    }

    /// Somebody acts after undoing: what was undone is a branch.
    pub(super) fn settle_undone(&mut self) {
        if !self.undone.is_empty() {
            let undone = std::mem::take(&mut self.undone);
            undone.into_iter().for_each(|branch| self.keep_branch(branch));
        }
    }
}

fn is_remarking(deed: &Done) -> bool {
    *deed.command == LabAct::Expects(Unmet::Remark).into()
}

fn same_deeds(here: &[Done], there: &[Done]) -> usize {
    here.iter().zip(there).take_while(|(one, two)| one == two).count()
}

fn first_deed(deeds: &[Done]) -> Option<&Done> {
    deeds.iter().find(|deed| !is_remarking(deed)).or(deeds.first())
}

fn is_untouched(deeds: &[Done]) -> bool {
    !deeds.iter().any(|deed| acts(&deed.command))
}

/// Whether a command makes another run of it, and does not only tell or ask.
const fn acts(command: &Command) -> bool {
    match command {
        Command::Deed(deed) => !matches!(deed, Deed::Lab(LabAct::Expects(_))),
        Command::Flow(flow) => {
            matches!(flow, Flow::At { .. } | Flow::Every { .. } | Flow::Stop(_))
        }
        Command::Head(_) | Command::Record(_) | Command::Block(_) | Command::Tell(_) => false,
    }
}
