//! What is kept of a session: the recording, which goes along with it, and the script that one
//! saves of it.

use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::Session;
use super::work::{Progress, Work, gone};
use crate::app::Mistake;
use crate::app::files::{Files, Old};
use crate::app::recorder::{Recorder, saved, tidy};
use crate::cluster::command::{Command, Place};
use crate::cluster::timeline::{Deed, Point};
use crate::cluster::{Cluster, Step};

/// A script that is about to be saved: what is still due at the present moment happens first.
#[derive(Clone, Debug)]
pub(super) struct Save {
    path: String,
    old: Old,
    end: Cluster,
    begun: Point,
}

impl Save {
    pub fn progress(&self) -> Progress {
        let about = format!("{}: what is due at this moment happens first", self.path);
        Progress::new("Saving", about, None, gone(self.begun, self.end.point()))
    }
}

impl Session {
    /// Begins to write the session down. The lab goes on without if that can't be.
    pub fn record(&mut self, recorder: io::Result<Recorder>) {
        match recorder {
            Ok(recorder) => {
                self.recorder = Some(recorder);
                self.record_all();
            }
            Err(error) => self.refuse(format!("this session is not recorded: {error}")),
        }
    }

    /// Where the session is written down.
    pub fn recording(&self) -> Option<&Path> {
        self.recorder.as_ref().map(Recorder::path)
    }

    /// The session is over. A recording in which nobody has done anything is not kept.
    pub fn leave(&mut self) {
        if self.timeline.deeds().is_empty()
            && self.branches.is_empty()
            && let Some(recorder) = self.recorder.take()
        {
            recorder.discard();
        }
    }

    /// The whole run is written down again: it is another than before.
    pub(super) fn record_all(&mut self) {
        let Some(mut recorder) = self.recorder.take() else { return };
        let end = self.timeline.seek_end(&self.cluster);
        let end = end.as_ref().unwrap_or(&self.cluster);
        let written = recorder.write(end, self.timeline.deeds(), &self.watched_by_hand());
        self.settle_recorder(recorder, written);
    }

    /// A command is about to take effect.
    pub(super) fn record_deed(&mut self, at: Point, place: Place, command: &Command) {
        let Some(mut recorder) = self.recorder.take() else { return };
        let mut deeds = self.timeline.deeds()[..at.deeds as usize].to_vec();
        deeds.push(Deed { at, place, command: Arc::new(command.clone()) });
        let written = recorder.write(&self.cluster, &deeds, &self.watched_by_hand());
        self.settle_recorder(recorder, written);
    }

    /// The run has come further.
    pub(super) fn record_place(&mut self) {
        if self.is_past() {
            return;
        }
        let Some(mut recorder) = self.recorder.take() else { return };
        let written = recorder.reach(&self.cluster);
        self.settle_recorder(recorder, written);
    }

    fn settle_recorder(&mut self, recorder: Recorder, written: io::Result<()>) {
        match written {
            Ok(()) => self.recorder = Some(recorder),
            Err(error) => {
                let path = recorder.path().display().to_string();
                self.refuse(format!("this session is recorded no further: {path}: {error}"));
            }
        }
    }

    /// The present run as a script, which asks for what holds at its end if that is given.
    pub(super) fn as_script(&self, end: Option<&Cluster>) -> String {
        let deeds = &self.timeline.deeds()[..self.cluster.point().deeds as usize];
        tidy(&self.cluster, deeds, &self.watched_by_hand(), end)
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
        if there.as_ref().is_some_and(is_recording) {
            return self.refuse("the session itself is recorded there: choose another name");
        }
        let old =
            if there.is_some_and(|there| self.saved.contains(&there)) { Old::Replace } else { old };
        if expect {
            let (path, end) = (path.to_owned(), saved(&self.cluster));
            return self.begin(Work::Save(Box::new(Save { path, old, begun: end.point(), end })));
        }
        self.save_as(path, old, None);
    }

    /// A piece of the present moment that is still to come before it is known what holds at its
    /// end; what is left of it.
    pub(super) fn save_on(&mut self, mut save: Box<Save>) -> Option<Box<Save>> {
        let now = self.cluster.now();
        let mut happened = true;
        while happened && save.end.next_due().is_some_and(|due| due <= now) {
            if self.effort == 0 {
                return Some(save);
            }
            self.effort = self.effort.saturating_sub(save.end.work());
            happened = save.end.step() == Step::Happened;
        }
        self.end_work();
        self.save_as(&save.path, save.old, Some(&save.end));
        None
    }

    fn save_as(&mut self, path: &str, old: Old, end: Option<&Cluster>) {
        match write(Path::new(path), old, &self.as_script(end)) {
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
