//! What is kept of a session: the recording, which goes along with it, and the script that one
//! saves of it.

use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Looks, Screen, Session};
use crate::app::recorder::{Recorder, Work, saved};
use crate::app::shell::Mistake;
use crate::app::shell::files::{Files, Old};
use crate::cluster::command::{Command, Place};
use crate::cluster::timeline::{Deed, Point};
use crate::ui::view::Kept;

/// How often what could not be written is tried again while nobody does anything.
const AGAIN: Duration = Duration::from_secs(1);

impl Session {
    /// Begins to write the session down: with the first thing that somebody does. The lab goes on
    /// without if that can't be.
    pub fn record(&mut self, recorder: io::Result<Recorder>) {
        match recorder {
            Ok(recorder) => {
                self.recorder = Some(recorder);
                self.view.kept = Kept::Well;
            }
            Err(error) => {
                self.refuse(format!("this session is not recorded: {error}"));
                self.view.kept = Kept::Not(error.to_string());
            }
        }
    }

    /// Where the session is written down, once there is anything to write.
    pub fn recording(&self) -> Option<&Path> {
        self.recorder.as_ref().filter(|recorder| !recorder.is_blank()).map(Recorder::path)
    }

    /// The session is over. What could not be written is tried a last time; a recording in which
    /// nothing is left of what was done is not kept.
    pub fn leave(&mut self) {
        if self.recorder.as_ref().is_some_and(|recorder| recorder.is_behind().is_some()) {
            self.record_all();
        }
        let futures = self.branches.iter().chain(&self.undone).map(|branch| &branch.timeline);
        let bare = futures.chain([&self.timeline]).all(|timeline| timeline.deeds().is_empty());
        let looks = self.bookmarks.is_empty()
            && self.watched_by_hand().is_empty()
            && self.breakpoints_by_hand().is_empty();
        if bare
            && looks
            && self.recording().is_some()
            && let Some(recorder) = self.recorder.take()
        {
            recorder.discard();
        }
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

    fn write_all(&mut self, reached: Place, deeds: &[Deed]) {
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
        deeds.push(Deed { at, place, command: Arc::new(command.clone()) });
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
                let path = recorder.path().display();
                self.refuse(format!("the session is not recorded now: {path}: {why}"));
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
    pub(super) fn as_script(&self, expect: bool) -> String {
        let deeds = &self.timeline.deeds()[..self.cluster.point().deeds as usize];
        let watched = self.watched_by_hand().into_iter();
        let breaks = self.breakpoints_by_hand().into_iter();
        let looks: Vec<Command> = watched
            .map(|what| Command::Watch((*what).clone()))
            .chain(breaks.map(Command::Break))
            .collect();
        saved(&self.cluster, deeds, &looks, expect)
    }

    /// `:save FILE [expect]`, and `:save! FILE [expect]`, which replaces a file that is not this
    /// session's own.
    pub(super) fn save(&mut self, rest: &str, old: Old) {
        let (path, expect) = match rest.strip_suffix("expect") {
            Some(path) if path.ends_with(' ') => (path.trim(), true),
            Some(_) | None => (rest, false),
        };
        if path.is_empty() {
            return self.refuse("save under which name? as :save my.lab, or :save my.lab expect");
        }
        let waits = std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo());
        if waits {
            return self.refuse("that is a pipe, and to wait for its reader would stop the lab");
        }
        let there = Stamp::of(Path::new(path));
        let is_recording = |there: &Stamp| {
            let recording = self.recording().and_then(Stamp::of);
            recording.is_some_and(|recording| recording.file == there.file)
        };
        let named = self.recorder.as_ref().is_some_and(|own| own.path() == Path::new(path));
        if named || there.as_ref().is_some_and(is_recording) {
            return self.refuse("the session itself is recorded there: choose another name");
        }
        let old =
            if there.is_some_and(|there| self.saved.contains(&there)) { Old::Replace } else { old };
        match write(Path::new(path), old, &self.as_script(expect)) {
            Ok(()) => {
                self.saved.extend(Stamp::of(Path::new(path)));
                self.note(format!("saved: raftlab run {path}"));
            }
            Err(Mistake::Usage(why)) => self.refuse(why),
            Err(_) => self.refuse(format!("can't write {path}")),
        }
    }
}

/// A file as it was at a moment: whoever has changed it since has left another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Device and inode.
    file: (u64, u64),
    length: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let there = std::fs::metadata(path).ok()?;
        let file = (there.dev(), there.ino());
        Some(Self { file, length: there.len(), changed: there.modified().ok() })
    }
}

fn write(path: &Path, old: Old, text: &str) -> Result<(), Mistake> {
    let mut file = Files::default().create(path, old)?;
    if file.is_screen() {
        return Err(Mistake::Usage("the lab has the terminal: name a file".into()));
    }
    file.write_all(text.as_bytes()).map_err(|error| file.unwritten(&error))?;
    file.complete()
}
