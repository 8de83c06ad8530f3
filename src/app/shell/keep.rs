//! What a session keeps, as files: its recording, and the scripts that one saves of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use super::files::{Files, Kind, Old};
use super::system::{self, FileId};
use super::{Mistake, png, sessions};
use crate::app::session::{Saving, Tape};

/// The files of one session.
#[derive(Default)]
pub struct Shelf {
    /// Where it is recorded, if it is.
    recording: Option<PathBuf>,
    /// The scripts that it has saved of itself.
    saved: Vec<Stamp>,
}

impl Shelf {
    /// A tape for the session, in the state folder of the person who plays.
    ///
    /// # Errors
    /// When there is no such folder and none can be made.
    pub fn tape(&mut self) -> Result<Rc<dyn Tape>, String> {
        let path = sessions::new_path().map_err(|error| error.to_string())?;
        self.recording = Some(path.clone());
        Ok(Rc::new(FileTape { path }))
    }

    /// Saves a script. A file that the session has not written itself is replaced only if that
    /// was said.
    ///
    /// # Errors
    /// Why it was not saved: nothing has changed then.
    pub fn save(&mut self, saving: &Saving) -> Result<(), String> {
        let path = Path::new(&saving.name);
        if system::is_pipe(path) {
            return Err("that is a pipe, and to wait for its reader would stop the lab".into());
        }
        let there = Stamp::of(path);
        let is_recording = |recording: &PathBuf| {
            let stamp = Stamp::of(recording).zip(there.as_ref());
            recording == path
                || stamp.is_some_and(|(recording, there)| {
                    recording.file.is_some() && recording.file == there.file
                })
        };
        if self.recording.as_ref().is_some_and(is_recording) {
            return Err("the session itself is recorded there: choose another name".into());
        }
        let own = there.is_some_and(|there| self.saved.contains(&there));
        let old =
            if own || saving.replace { Old::Replace } else { Old::Keep(":save! replaces it") };
        write(path, old, &saving.text).map_err(|mistake| match mistake {
            Mistake::Usage(why) => why,
            Mistake::Output(_)
            | Mistake::Script(_)
            | Mistake::Several(_)
            | Mistake::Besides(_)
            | Mistake::Told => {
                format!("can't write {}", saving.name)
            }
        })?;
        self.saved.extend(Stamp::of(path));
        Ok(())
    }
}

fn write(path: &Path, old: Old, text: &str) -> Result<(), Mistake> {
    let mut file = Files::default().create(path, old, Kind::Kept)?;
    if file.is_screen() {
        return Err(Mistake::Usage("the lab has the terminal: name a file".into()));
    }
    let bytes = png::picture(path, text)?;
    file.write_all(&bytes).map_err(|error| file.unwritten(&error))?;
    file.complete()
}

/// A file as it was at a moment: whoever has changed it since has left another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    file: Option<FileId>,
    length: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let there = fs::metadata(path).ok()?;
        let file = system::file_id_at(path).ok()?;
        Some(Self { file, length: there.len(), changed: there.modified().ok() })
    }
}

/// A recording in a file that nobody else may read.
#[derive(Debug)]
struct FileTape {
    path: PathBuf,
}

impl FileTape {
    fn try_replace(&self, text: &str) -> io::Result<()> {
        sessions::make_folder_of(&self.path)?;
        let draft = self.path.with_extension("part");
        let written = write_draft(&draft, text).and_then(|()| fs::rename(&draft, &self.path));
        if written.is_err() {
            // It may never have been made.
            let _ = fs::remove_file(&draft);
        }
        written
    }

    fn try_write_at(&self, byte: u64, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(byte))?;
        file.write_all(text.as_bytes())
    }
}

impl Tape for FileTape {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn replace(&self, text: &str) -> Result<(), String> {
        self.try_replace(text).map_err(|error| error.to_string())
    }

    fn write_at(&self, byte: u64, text: &str) -> Result<(), String> {
        self.try_write_at(byte, text).map_err(|error| error.to_string())
    }

    fn discard(&self) {
        // If it can't be removed it stays: it does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut file: File = system::private().write(true).create(true).truncate(true).open(draft)?;
    file.write_all(text.as_bytes())?;
    // It is about to take the place of what has been kept.
    file.sync_data()
}

#[cfg(all(test, unix))]
mod tests;
