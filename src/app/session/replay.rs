//! A recording is done again: all its futures, one after the other, the present one last. What was
//! done by hand is done by the same means as then, each command at its place, so the session is what
//! it was: what was done can be undone, and the script untouched is found by `N`.
//!
//! It is a work (`work.rs`), done piece by piece once there is a screen, so whoever waits can look at
//! it, or think better of it.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;

use super::branches::{Bookmarks, Branch};
use super::dialog::Reading;
use super::travel::Then;
use super::work::{Progress, Work, gone};
use super::{Mode, Moment, Origin, Session};
use crate::app::player::Player;
use crate::cluster::Cluster;
use crate::cluster::command::recording::{Did, Doings, Recording};
use crate::cluster::command::{Command, LabAct, Place, Script, Unmet};
use crate::cluster::digest::ENGINE;
use crate::cluster::time::Time;
use crate::cluster::timeline::{Done, Goal, Point};
use crate::ui::theme::Theme;

/// A recording that is being done again.
#[derive(Clone, Debug)]
pub(super) struct Replaying {
    recording: Arc<Recording>,
    /// Which of its futures, how many of that one's commands have been seen to, and how many it has
    /// in common with the future before.
    future: usize,
    next: usize,
    common: usize,
    /// Whether the way to where this future parts from the one before has been gone.
    entered: bool,
    begun: Point,
    /// How many could not be carried out, and the first of them.
    refused: usize,
    first: Option<String>,
    /// Places to come back to, and up to where this future has none.
    bookmarks: BTreeSet<Place>,
    missed: Place,
    /// A moment that somebody wants to see, and where it came.
    wanted: Option<Moment>,
    found: Option<Point>,
    /// What a person has to know of the recording.
    told: Vec<String>,
}

/// What a command costs, in steps: the cluster is cloned for it.
const A_COMMAND: u32 = 16;

impl Replaying {
    fn doings(&self) -> &Doings {
        self.recording.left.get(self.future).unwrap_or(&self.recording.doings)
    }

    fn is_at_present(&self) -> bool {
        self.future >= self.recording.left.len()
    }

    fn deed(&self) -> Option<&Did> {
        self.doings().deeds.get(self.next)
    }

    /// The next bookmark on the way.
    fn bookmark_between(&self, here: Place, goal: Place) -> Option<Place> {
        let ahead = self.bookmarks.range((Bound::Excluded(here), Bound::Unbounded));
        ahead.take_while(|mark| **mark < goal).next().copied()
    }

    /// Where the next command was given, or how far this future came.
    fn goal(&self) -> Option<Place> {
        self.deed().map(|did| did.place).or(self.doings().reached)
    }

    pub fn progress(&self, here: Point) -> Progress {
        let (future, futures) = (self.future + 1, self.recording.left.len() + 1);
        let (done, of) = (self.next, self.doings().deeds.len());
        let about = match futures {
            1 => format!("what was done is done again: {done} of {of} commands"),
            _ => format!(
                "what was done is done again: future {future} of {futures}, {done} of {of} commands"
            ),
        };
        let goal = self.recording.doings.reached.filter(|_| self.is_at_present());
        let part = goal.map(|goal| [here.time.micros(), goal.time.micros()]);
        Progress::new("Opening", about, part, gone(self.begun, here))
    }
}

/// The last moment before the one at which something was done.
fn before(place: Place) -> Goal {
    match place.time.micros().checked_sub(1) {
        Some(before) => Goal::Time(Time(before)),
        None => Goal::Step(0),
    }
}

impl Session {
    /// A script, or what was recorded of a session: that is done again once frames come. With it
    /// come another seed, and what a person has to know of the file.
    pub fn file(
        path: PathBuf,
        script: &Script,
        (seed, told): (Option<u64>, Vec<String>),
        theme: Theme,
    ) -> Self {
        let Some(recording) = script.recording.clone() else {
            return Self::script(path, script, seed, theme);
        };
        let seed = seed.unwrap_or_else(|| script.seed());
        let mut alone = script.alone();
        let mut session = match &recording.header.script {
            Some(name) => {
                alone.name = name.filled();
                Self::script(path, &alone, Some(seed), theme)
            }
            None if alone.lines.is_empty() && alone.doings.is_empty() => {
                alone.config.seed = seed;
                let cluster = Cluster::new(alone.config);
                Self::new(Origin::Free, cluster, Player::default(), theme)
            }
            // Somebody has made a script of it.
            None => Self::script(path, &alone, Some(seed), theme),
        };
        let bookmarks = recording.bookmarks.iter().copied().collect();
        let replaying = Replaying {
            recording,
            future: 0,
            next: 0,
            common: 0,
            entered: false,
            begun: session.cluster.point(),
            refused: 0,
            first: None,
            bookmarks,
            missed: Place::default(),
            wanted: None,
            found: None,
            told,
        };
        session.replay_later(Box::new(replaying));
        session.begun = Some(session.room);
        session
    }

    /// The work that is under way is to do a recording again: whoever does pieces of it goes on.
    pub(super) fn replay_later(&mut self, replaying: Box<Replaying>) {
        self.work = Some(Work::Replay(replaying));
        if !matches!(self.mode, Mode::Reading(Reading::Working)) {
            self.open(Reading::Working);
        }
    }

    /// Whether a recording is still to be done again.
    pub const fn replays(&self) -> bool {
        matches!(self.work, Some(Work::Replay(_)))
    }

    /// The moment of the recording that somebody wants to see.
    pub fn look_for(&mut self, moment: &Moment) {
        if let Some(Work::Replay(replaying)) = &mut self.work {
            replaying.wanted = Some(moment.clone());
        }
    }

    /// A piece of a recording; what is left of it.
    pub(super) fn replay_on(&mut self, mut replaying: Box<Replaying>) -> Option<Box<Replaying>> {
        if self.heed_memory() {
            self.end_work();
            self.opened = self.cluster.place();
            return None;
        }
        while self.effort > 0 {
            if !replaying.entered {
                replaying = self.enter(replaying)?;
            }
            self.remember(&mut replaying);
            if self.replay_one(&mut replaying) {
                continue;
            }
            self.remember(&mut replaying);
            if self.is_past() {
                self.leave_future((self.cluster.point(), self.cluster.place()));
                self.arrive();
            }
            if replaying.is_at_present() {
                self.end_replay(*replaying);
                return None;
            }
            replaying.future += 1;
            replaying.entered = false;
        }
        Some(replaying)
    }

    /// Somebody has stopped it: the lab stands where it has come to, and the recording is what it
    /// was.
    pub(super) fn stop_replaying(&mut self, replaying: &Replaying) {
        self.fader.clear();
        self.look_at_last_step();
        self.stand_here();
        self.opened = self.cluster.place();
        let (done, of) = (replaying.next, replaying.doings().deeds.len());
        self.note(format!(
            "stopped at {}, after {done} of {of} commands; the recording is unchanged",
            self.cluster.now()
        ));
    }

    /// The next step or command of a future; false at its end.
    fn replay_one(&mut self, replaying: &mut Replaying) -> bool {
        let Some(goal) = replaying.goal() else { return false };
        self.player.release();
        self.halt = None;
        let from = self.cluster.place().max(replaying.missed);
        let mark = replaying.bookmark_between(from, goal);
        let next = mark.unwrap_or(goal);
        let point = self.cluster.point();
        // What only tells has no place of its own: it may be done again where the next command is.
        let is_common = (point.deeds as usize) < replaying.common
            && self.timeline.next_deed(point).is_some_and(|deed| deed.place <= next);
        let comes_first = is_common || self.next_place().is_some_and(|place| place < next);
        if !self.cluster.is_stopped() && comes_first {
            self.take_step();
            return true;
        }
        self.pass(next.time);
        self.remember(replaying);
        if let Some(mark) = mark {
            // It may be one of another future.
            replaying.missed = mark;
            return true;
        }
        let Some(command) = replaying.deed().map(|did| did.command.clone()) else { return false };
        replaying.next += 1;
        self.effort = self.effort.saturating_sub(A_COMMAND);
        if let Err(error) = self.repeat(&command) {
            replaying.refused += 1;
            let place = self.cluster.place();
            replaying.first.get_or_insert_with(|| format!("`{command}` at {place}: {error}"));
        }
        true
    }

    /// The place before whatever comes next; in the past, what was done then.
    fn next_place(&self) -> Option<Place> {
        let deed = self.timeline.next_deed(self.cluster.point());
        deed.map(|deed| deed.place).or_else(|| self.cluster.next_place())
    }

    /// A command is given again. The first that leaves a script keeps the script untouched, as it
    /// did then.
    fn repeat(&mut self, command: &Command) -> Result<(), String> {
        if *command == LabAct::Expects(Unmet::Remark).into() && !self.is_past() {
            self.keep_untouched();
        }
        // What follows is played step by step, for a bookmark may stand between two of them.
        self.give(command, "").map_err(|refusal| refusal.to_string())
    }

    /// Another future begins: what it has in common with the present one has been done. If the
    /// present one did something next that the other did not, it is left there. Gives the work back
    /// unless there is a way to go first.
    fn enter(&mut self, mut replaying: Box<Replaying>) -> Option<Box<Replaying>> {
        let same =
            |(deed, did): &(&Done, &Did)| deed.place == did.place && deed.command == did.command;
        let here = self.timeline.deeds();
        let known = here.iter().zip(&*replaying.doings().deeds).take_while(same).count();
        let other = here.get(known).map(|deed| (deed.at, deed.place));
        (replaying.next, replaying.common) = (known, known);
        replaying.missed = Place::default();
        replaying.entered = true;
        let goal = replaying.deed().map(|did| did.place);
        let end = goal.or(replaying.doings().reached);
        let now = self.cluster.now();
        self.leave_newest();
        let way = match (other, goal) {
            (Some((at, place)), _) if end.is_none_or(|end| place <= end) => {
                self.leave_future((at, place));
                Goal::Point(at)
            }
            // The other future parts from this one where it did something, before the end of this.
            (_, Some(goal)) if goal.time <= now => before(goal),
            // The same was done in it, and less time has passed.
            (_, None)
                if replaying.doings().reached.is_some_and(|end| end < self.cluster.place()) =>
            {
                before(replaying.doings().reached.unwrap_or_default())
            }
            (_, _) => return Some(replaying),
        };
        let then = Then { replay: Some(replaying), ..Then::default() };
        self.work = Some(self.way(way, then, None));
        // What is watched has another past there.
        self.dating = None;
        None
    }

    /// Whether the run has come by what somebody wants to see again.
    fn remember(&mut self, replaying: &mut Replaying) {
        replaying.found = replaying.found.filter(|found| *found <= self.timeline.end());
        let place = self.cluster.place();
        if replaying.bookmarks.contains(&place) {
            // What only tells has no place of its own: one bookmark for both sides of it.
            self.bookmarks.retain(|_, other| *other != place);
            self.bookmarks.insert(self.cluster.point(), place);
        }
        if replaying.found.is_none()
            && replaying.wanted.as_ref().is_some_and(|moment| self.has_come(moment))
        {
            replaying.found = Some(self.cluster.point());
        }
    }

    /// Everything has been done: the session stands where it was left, and shows what it showed.
    fn end_replay(&mut self, replaying: Replaying) {
        let Replaying { recording, refused, first, wanted, found, mut told, .. } = replaying;
        self.end_work();
        self.restore_watches(&recording.watched);
        self.restore_breakpoints(&recording.breakpoints);
        if let Some(pace) = recording.pace {
            self.pacer.choose(pace);
        }
        self.fader.clear();
        self.stand_here();
        self.opened = self.cluster.place();
        if recording.header.engine != ENGINE {
            told.push(format!(
                "recorded by engine {}, and this is {ENGINE}: the run may be another",
                recording.header.engine
            ));
        }
        if let Some(first) = first {
            told.push(match refused {
                1 => format!("one command could not be carried out: {first}"),
                _ => format!("{refused} commands could not be carried out, first {first}"),
            });
        }
        match (wanted, found) {
            // Nobody left it who follows another one.
            (None, _) if self.following.is_some() => {}
            (None, _) => self.note("the session is where it was left: , steps back"),
            (Some(moment @ (Moment::Time(_) | Moment::Place(_))), _) => self.go_there(&moment),
            (Some(_), Some(point)) => self.seek(Goal::Point(point)),
            (Some(moment), None) => {
                if let Err(why) = self.start_at(&moment) {
                    self.refuse(why);
                }
            }
        }
        if !told.is_empty() {
            self.refuse(told.join("; "));
        }
    }

    /// The present future is left at a point of it, and another begins there.
    fn leave_future(&mut self, at: (Point, Place)) {
        let newest = self.newest.take().unwrap_or_else(|| std::mem::take(&mut self.trace));
        let fork = self.timeline.fork(at);
        let timeline = std::mem::replace(&mut self.timeline, fork);
        self.newest = Some(newest.clone());
        let bookmarks = self.leave_bookmarks(at.0, Bookmarks::new());
        self.keep_branch(Branch { timeline, trace: newest, bookmarks, left: at.0 });
    }
}
