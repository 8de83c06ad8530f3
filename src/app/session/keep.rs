//! What is kept of a session: the recording, which goes along with it, and the script that one
//! saves of it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Effect, Looks, Screen, Session};
use crate::app::recorder::{Recorder, Tape, Work, saved};
use crate::cluster::command::{Command, Place, Tell};
use crate::cluster::plain::quoted;
use crate::cluster::timeline::{Done, Point};
use crate::ui::export::svg;
use crate::ui::view::Kept;

/// How often what could not be written is tried again while nobody does anything.
const AGAIN: Duration = Duration::from_secs(1);

impl Session {
    /// Begins to write the session down: with the first thing that somebody does. The lab goes on
    /// without if that can't be.
    pub fn record(&mut self, tape: Result<Rc<dyn Tape>, String>) {
        match tape {
            Ok(tape) => {
                self.recorder = Some(Recorder::on(tape));
                self.view.kept = Kept::Well;
                // `raftlab notes` follows a presentation from its beginning.
                if self.presents() {
                    self.record_all();
                }
            }
            Err(why) => {
                self.refuse(format!("this session is not recorded: {why}"));
                self.view.kept = Kept::Not(why);
            }
        }
    }

    /// What the tape is called on which the session is written down, once there is anything to
    /// write.
    pub(super) fn recording(&self) -> Option<String> {
        self.recorder.as_ref().filter(|recorder| !recorder.is_blank()).map(Recorder::name)
    }

    /// The session is over. What could not be written is tried a last time; a recording in which
    /// nothing is left of what was done is not kept.
    pub fn leave(&mut self) {
        if self.recorder.as_ref().is_some_and(|recorder| recorder.is_behind().is_some()) {
            self.record_all();
        }
        if self.recording().is_some()
            && self.kept_recording().is_none()
            && let Some(recorder) = self.recorder.take()
        {
            recorder.discard();
        }
    }

    /// What the tape is called, if it will be kept: something is left of what was done.
    pub(super) fn kept_recording(&self) -> Option<String> {
        let futures = self.branches.iter().chain(&self.undone).map(|branch| &branch.timeline);
        let bare = futures.chain([&self.timeline]).all(|timeline| timeline.deeds().is_empty());
        let looks = self.bookmarks.is_empty()
            && self.watched_by_hand().is_empty()
            && self.breakpoints_by_hand().is_empty();
        self.recording().filter(|_| !(bare && looks))
    }

    /// How one looks at the run has changed, which alone is nothing to be kept.
    pub(super) fn relook(&mut self) {
        if self.recording().is_some() {
            self.record_all();
        }
    }

    /// The whole session is written down again.
    pub(super) fn record_all(&mut self) {
        let deeds = self.timeline.deeds().to_vec();
        self.write_all(self.timeline.reached(), &deeds);
    }

    fn write_all(&mut self, reached: Place, deeds: &[Done]) {
        let Some(mut recorder) = self.recorder.take() else { return };
        let futures = self.branches.iter().chain(&self.undone);
        let left = futures.map(|branch| (branch.timeline.deeds(), branch.timeline.reached()));
        recorder.write(&Work {
            cluster: &self.cluster,
            deeds,
            reached,
            left: left.collect(),
            watched: self.watched(),
            breakpoints: self.breakpoints(),
            pace: self.pacer.chosen(),
            bookmarks: self.bookmarked(),
        });
        self.settle_recorder(recorder);
    }

    /// The bookmarks of the present future.
    pub(super) fn bookmarked(&self) -> Vec<Place> {
        self.bookmarks.values().copied().collect()
    }

    /// A command is about to take effect; perhaps the first by which this future parts from others.
    pub(super) fn record_deed(&mut self, at: (Point, Place), command: &Command, parts: bool) {
        let Some(mut recorder) = self.recorder.take() else { return };
        let (at, place) = at;
        let before = at.deeds as usize;
        if !parts && recorder.add(before, (place, command)) {
            return self.settle_recorder(recorder);
        }
        self.recorder = Some(recorder);
        let mut deeds = self.timeline.deeds()[..before].to_vec();
        deeds.push(Done { at, place, command: Arc::new(command.clone()) });
        self.write_all(place, &deeds);
    }

    /// The run has come further, if only before somebody went back in it.
    pub(super) fn record_place(&mut self) {
        if std::mem::replace(&mut self.looks, Looks::Recorded) == Looks::Other {
            self.relook();
        }
        let Some(mut recorder) = self.recorder.take() else { return };
        let place = self.timeline.reached();
        if recorder.is_behind().is_some() {
            self.recorder = Some(recorder);
            if self.room >= self.again {
                self.again = self.room.saturating_add(AGAIN);
                self.record_all();
            }
        } else if recorder.is_blank() {
            self.recorder = Some(recorder);
            // A session that was gone on with is left at another place.
            if !self.timeline.deeds().is_empty() && place != self.opened {
                self.record_all();
            }
        } else {
            recorder.reach(place);
            self.settle_recorder(recorder);
        }
    }

    /// The header says so as long as what has been done is not in the file.
    fn settle_recorder(&mut self, recorder: Recorder) {
        let kept = match recorder.is_behind() {
            Some(why) => Kept::Not(why.to_owned()),
            None => Kept::Well,
        };
        match (&self.view.kept, &kept) {
            (Kept::Off | Kept::Well, Kept::Not(why)) => {
                let name = recorder.name();
                self.refuse(format!("the session is not recorded now: {name}: {why}"));
                self.again = self.room.saturating_add(AGAIN);
            }
            (Kept::Not(_), Kept::Well) => {
                self.note("the session is recorded again, and nothing is missing");
            }
            (Kept::Off | Kept::Well, Kept::Off | Kept::Well)
            | (Kept::Not(_), Kept::Off | Kept::Not(_)) => {}
        }
        if self.view.kept != kept {
            self.view.kept = kept;
            self.screen = Screen::Stale;
        }
        self.recorder = Some(recorder);
    }

    /// The present run as a script; with `expect` it asks for what holds at its end.
    pub fn as_script(&self, expect: bool) -> String {
        let deeds = &self.timeline.deeds()[..self.cluster.point().deeds as usize];
        let watched = self.watched_by_hand().into_iter();
        let breaks = self.breakpoints_by_hand().into_iter();
        let looks: Vec<Command> = watched
            .map(|what| Command::Tell(Tell::Watch((*what).clone())))
            .chain(breaks.map(Tell::Break).map(Command::Tell))
            .collect();
        saved(&self.cluster, deeds, &looks, expect)
    }

    /// `:save NAME [expect]`, and `:save! NAME [expect]`, which replaces what is not this session's
    /// own.
    pub(super) fn save(&mut self, rest: &str, replace: bool) -> Option<Effect> {
        if self.cluster.is_observed() {
            self.refuse("a trace is no script: there is nothing to save");
            return None;
        }
        let (name, expect) = match rest.strip_suffix("expect") {
            Some(name) if name.ends_with(' ') => (name.trim(), true),
            Some(_) | None => (rest, false),
        };
        if name.is_empty() {
            self.refuse("save under which name? as :save my.lab, or :save my.lab expect");
            return None;
        }
        let (name, text) = (name.to_owned(), self.as_script(expect));
        Some(Effect::Save(Saving { name, text, replace }))
    }

    /// `:picture NAME`: the screen as it is, drawn. What its name ends with says in which form.
    pub(super) fn save_picture(&mut self, rest: &str) -> Option<Effect> {
        if rest.len() < 5 || !is_picture(rest) {
            self.refuse("a picture under which name? as :picture beat3.svg, or .png");
            return None;
        }
        // The prompt is about to close.
        self.notice = None;
        self.show();
        let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, self.size)));
        crate::ui::draw_into(&mut buffer, &self.scene());
        let text = svg(&buffer, self.view.theme.paper);
        Some(Effect::Save(Saving { name: rest.to_owned(), text, replace: false }))
    }

    /// What came of [`Effect::Save`]: why nothing was saved, if nothing was.
    pub fn saved(&mut self, name: &str, done: Result<(), String>) {
        match done {
            Ok(()) if is_picture(name) => self.note(format!("saved: {}", quoted(name))),
            Ok(()) => self.note(format!("saved: raftlab run {}", quoted(name))),
            Err(why) => self.refuse(why),
        }
        self.screen = Screen::Stale;
        self.show();
    }
}

/// Whether a file of this name is a picture.
pub fn is_picture(name: &str) -> bool {
    [".svg", ".png"].iter().any(|end| name.ends_with(end))
}

/// A script, or a picture, that somebody wants to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    pub name: String,
    pub text: String,
    /// Whether it may take the place of what this session has not saved itself.
    pub replace: bool,
}
