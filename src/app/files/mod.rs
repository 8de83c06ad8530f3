//! Files: scripts come in, results go out. A result appears whole or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::cluster::command::{BYTES_MAX, Script};

use super::Mistake;

/// The most bytes that are read of a script: one more than it may have, so that the parser sees
/// that there are too many, and no endless file fills the memory.
const READ_MAX: u64 = BYTES_MAX as u64 + 1;

/// Reads a script and checks it.
///
/// # Errors
/// A sentence for a file that can't be read, and for a bad script every mistake in it.
pub fn read_script(path: &Path) -> Result<Script, Mistake> {
    let shown = path.display().to_string();
    let bytes = read_bounded(path).map_err(|error| unreadable(path, &error))?;
    let mut script = Script::parse(&shown, &bytes).map_err(Mistake::Script)?;
    // Mistakes name the file so that it can be found; the screen has no room for folders.
    if let Some(name) = path.file_name() {
        script.name = name.to_string_lossy().into();
    }
    Ok(script)
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(READ_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Mistake {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder; name the files in it".to_owned(),
        _ => error.to_string(),
    };
    Mistake::Usage(format!("can't read {}: {why}", path.display()))
}

/// A file that is being written. It takes its name when it is complete; dropped before, it leaves
/// nothing behind.
pub struct NewFile {
    path: PathBuf,
    draft: PathBuf,
    out: BufWriter<File>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Draft,
    Complete,
}

impl NewFile {
    /// Begins a file that will be called `path`.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn create(path: &Path) -> Result<Self, Mistake> {
        let refuse = |why: &str| Mistake::Usage(format!("can't write {}: {why}", path.display()));
        let name = path.file_name().ok_or_else(|| refuse("it names no file"))?;
        if path.is_dir() {
            return Err(refuse("it is a folder"));
        }
        let mut draft = name.to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(draft);
        let file = File::create_new(&draft).map_err(|error| refuse(&error.to_string()))?;
        note_draft(&draft, Stage::Draft);
        let out = BufWriter::new(file);
        Ok(Self { path: path.to_owned(), draft, out, stage: Stage::Draft })
    }

    /// Gives the complete file its name.
    ///
    /// # Errors
    /// When what is left can't be written, or the name can't be given.
    pub fn complete(mut self) -> Result<(), Mistake> {
        let finish = |file: &mut Self| {
            file.out.flush()?;
            file.out.get_ref().sync_all()?;
            std::fs::rename(&file.draft, &file.path)
        };
        finish(&mut self).map_err(|error| {
            Mistake::Usage(format!("can't write {}: {error}", self.path.display()))
        })?;
        self.stage = Stage::Complete;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        match self.stage {
            Stage::Draft => drop(std::fs::remove_file(&self.draft)),
            Stage::Complete => {}
        }
        note_draft(&self.draft, Stage::Complete);
    }
}

/// The drafts that lie about now.
static DRAFTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn note_draft(draft: &Path, stage: Stage) {
    let Ok(mut drafts) = DRAFTS.lock() else { return };
    match stage {
        Stage::Draft => drop(drafts.insert(draft.to_owned())),
        Stage::Complete => drop(drafts.remove(draft)),
    }
}

/// From now on a signal that ends the process takes its drafts away first. Not for the lab, which
/// has a terminal to give back and leaves in its own way.
pub fn tidy_up_on_signals() {
    let watch = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        let number = runtime.block_on(super::signals::asked_to_leave());
        let Ok(number) = number else { return };
        if let Ok(drafts) = DRAFTS.lock() {
            drafts.iter().for_each(|draft| drop(std::fs::remove_file(draft)));
        }
        std::process::exit(128 + number);
    };
    // Without the thread a signal ends the process as ever.
    drop(std::thread::Builder::new().name("signals".into()).spawn(watch));
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::NewFile;

    fn names(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_complete_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        std::fs::write(&path, "old").unwrap();
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        file.complete().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn an_abandoned_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&folder.path().join("out.txt")).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(NewFile::create(folder.path()).is_err());
        assert!(NewFile::create(std::path::Path::new("/no/such/folder/out")).is_err());
        assert!(NewFile::create(std::path::Path::new("..")).is_err());
    }
}
