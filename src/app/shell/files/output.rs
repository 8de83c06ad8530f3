//! A result on its way into a file.
//!
//! What is to become a regular file is written beside it, as a draft, and takes its name when it is
//! complete. The file before it stays whole until then, and hands down its mode, owner and group.
//! Where a draft can't take the place (the file has several names, belongs to somebody else, or its
//! folder takes no new file), the old file is written over with the complete draft instead.
//!
//! What is no regular file (a terminal, a device, a FIFO, an open descriptor) is opened and written
//! into, as a shell would do it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{NamedTempFile, SpooledTempFile};

use super::target::{Target, follow};
use super::{Identity, is_standard, shown, why_not};
use crate::app::shell::Mistake;
use crate::app::shell::signals;
use crate::app::shell::system::{self, Readers};
use crate::cluster::plain::plain;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    Replace,
    /// It stays, and nothing is written; the words say how to insist.
    Keep(&'static str),
}

impl Old {
    /// What `--out` names stays, unless the command line says --force.
    pub const fn unless(force: bool) -> Self {
        if force { Self::Replace } else { Self::Keep("--force replaces it") }
    }
}

/// A result that is being written. Dropped before it is complete, a regular file leaves nothing
/// behind.
pub struct Output {
    name: String,
    way: Way,
}

enum Way {
    Standard(BufWriter<File>),
    /// Something that is no regular file.
    Into(BufWriter<File>),
    Draft(BufWriter<Draft>),
    /// As one of the first two, once it is complete.
    Held(SpooledTempFile, BufWriter<File>),
}

/// How much of what is held is in memory; the rest is in a file without a name.
const HELD_MAX: usize = 1 << 20;

impl Output {
    /// Begins it, and says which files it is: what else the call reads or writes must be none of
    /// them.
    pub(super) fn create(path: &Path, old: Old) -> io::Result<(Self, Vec<Identity>)> {
        let name = shown(path, "standard output");
        let target = if is_standard(path) { Target::Standard } else { follow(path)? };
        let mut identities = Vec::new();
        let way = match target {
            Target::Standard => {
                identities.push(Identity::StandardOutput);
                let file = system::standard_output()?;
                identities.extend(system::file_id(&file)?.map(Identity::File));
                Way::Standard(BufWriter::new(file))
            }
            // Whoever has opened it has said where writing begins.
            Target::Descriptor(path) => {
                let file = OpenOptions::new().append(true).open(path)?;
                identities.extend(system::file_id(&file)?.map(Identity::File));
                Way::Into(BufWriter::new(file))
            }
            Target::File(path) => match fs::metadata(&path) {
                Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(there) if there.is_file() => {
                    if let Old::Keep(insist) = old {
                        return Err(io::Error::other(format!("it is there already; {insist}")));
                    }
                    identities.extend(system::file_id_at(&path)?.map(Identity::File));
                    Way::Draft(BufWriter::new(Draft::over(path)?))
                }
                Ok(_) => {
                    let file = OpenOptions::new().append(true).open(&path)?;
                    identities.extend(system::file_id(&file)?.map(Identity::File));
                    Way::Into(BufWriter::new(file))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let draft = Draft::new(path, old)?;
                    identities.extend(draft.place());
                    Way::Draft(BufWriter::new(draft))
                }
                Err(error) => return Err(error),
            },
        };
        Ok((Self { name, way }, identities))
    }

    /// Gives the complete file its name.
    ///
    /// # Errors
    /// When what is left can't be written, or the name can't be given.
    pub fn complete(mut self) -> Result<(), Mistake> {
        let Self { way, .. } = &mut self;
        let finish = |way: &mut Way| match way {
            Way::Standard(file) | Way::Into(file) => file.flush(),
            Way::Draft(draft) => {
                draft.flush()?;
                draft.get_mut().settle()
            }
            Way::Held(held, file) => {
                held.rewind()?;
                io::copy(held, file)?;
                file.flush()
            }
        };
        finish(way).map_err(|error| self.unwritten(&error))
    }

    /// Nothing of it is to be seen before it is complete, wherever it goes: it may yet be refused.
    pub fn hold(mut self) -> Self {
        self.way = match self.way {
            Way::Standard(file) | Way::Into(file) => {
                Way::Held(SpooledTempFile::new(HELD_MAX), file)
            }
            way @ (Way::Draft(_) | Way::Held(..)) => way,
        };
        self
    }

    /// What an error on the way means. Of a pipe that somebody has closed nobody wants to hear.
    pub fn unwritten(&self, error: &io::Error) -> Mistake {
        match error.kind() {
            kind @ io::ErrorKind::BrokenPipe => Mistake::Output(kind.into()),
            _ => Mistake::Usage(format!("can't write {}: {}", plain(&self.name), why_not(error))),
        }
    }

    /// Whether it goes where the lab's screen is: to standard output, or to a terminal.
    pub fn is_screen(&self) -> bool {
        match &self.way {
            Way::Standard(_) => true,
            Way::Into(file) | Way::Held(_, file) => io::IsTerminal::is_terminal(file.get_ref()),
            Way::Draft(_) => false,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.way {
            Way::Standard(file) | Way::Into(file) => file.write(bytes),
            Way::Draft(draft) => draft.write(bytes),
            Way::Held(held, _) => held.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.way {
            Way::Standard(file) | Way::Into(file) => file.flush(),
            Way::Draft(draft) => draft.flush(),
            Way::Held(held, _) => held.flush(),
        }
    }
}

/// What will be a regular file.
struct Draft {
    /// There is one until the draft has become the file.
    file: Option<NamedTempFile>,
    path: PathBuf,
    end: End,
}

/// How a draft becomes the file.
enum End {
    /// There was none before.
    New(Old),
    /// It takes the old one's name.
    Rename,
    /// It is written over the old one.
    Pour(File),
}

impl Draft {
    /// A file where there is none.
    fn new(path: PathBuf, old: Old) -> io::Result<Self> {
        let file = draft_in(folder(&path), &path, Readers::AsUsual)?;
        Ok(Self { file: Some(file), path, end: End::New(old) })
    }

    /// A file in the place of another one.
    fn over(path: PathBuf) -> io::Result<Self> {
        // That a file may not be written must be said now, and not got around.
        let old = OpenOptions::new().write(true).open(&path)?;
        // Nobody may read more of the draft than of the file.
        let (file, beside) = match draft_in(folder(&path), &path, Readers::Owner) {
            Ok(file) => (file, true),
            Err(_) => (draft_in(&std::env::temp_dir(), &path, Readers::Owner)?, false),
        };
        let is_heir = beside && system::inherit(file.as_file(), &old)?;
        let end = if is_heir { End::Rename } else { End::Pour(old) };
        Ok(Self { file: Some(file), path, end })
    }

    /// Which file it will be.
    fn place(&self) -> Option<Identity> {
        let name = self.path.file_name()?;
        Some(Identity::Place(fs::canonicalize(folder(&self.path)).ok()?.join(name)))
    }

    /// Makes it the file.
    fn settle(&mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let draft = file.path().to_owned();
        file.as_file().sync_all()?;
        let settled = match &mut self.end {
            End::New(Old::Replace) => drop_file(file.persist(&self.path)),
            End::New(Old::Keep(_)) => drop_file(file.persist_noclobber(&self.path)),
            End::Rename => match file.persist(&self.path) {
                Ok(_) => Ok(()),
                // Another file system is mounted there, the folder protects its files, or somebody
                // reads it where that keeps its name.
                Err(mut refused) => {
                    let mut old = OpenOptions::new().write(true).open(&self.path)?;
                    pour(&mut refused.file, &mut old)
                }
            },
            End::Pour(old) => pour(&mut file, old),
        };
        forget_draft(&draft);
        settled
    }
}

fn drop_file(persisted: Result<File, tempfile::PersistError>) -> io::Result<()> {
    persisted.map(drop).map_err(|refused| refused.error)
}

/// Writes a file over another one. If that fails half-way, the whole is kept where it is.
fn pour(from: &mut NamedTempFile, to: &mut File) -> io::Result<()> {
    from.rewind()?;
    let poured = to.set_len(0).and_then(|()| io::copy(from, to)).and_then(|_| to.sync_all());
    poured.map_err(|error| {
        from.disable_cleanup(true);
        io::Error::other(format!("{}; all of it is in {}", why_not(&error), from.path().display()))
    })
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn draft_in(folder: &Path, path: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut start = name.to_owned();
    start.push(".");
    let mut draft = tempfile::Builder::new();
    system::let_read(draft.prefix(&start).suffix(".part"), readers);
    let draft = draft
        .tempfile_in(folder)
        // Its own words name the draft; people know the file.
        .map_err(|error| io::Error::from(error.kind()))?;
    if let Ok(mut drafts) = DRAFTS.lock() {
        drafts.insert(draft.path().to_owned());
    }
    Ok(draft)
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            forget_draft(file.path());
        }
    }
}

/// The drafts that lie about now.
static DRAFTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn forget_draft(draft: &Path) {
    if let Ok(mut drafts) = DRAFTS.lock() {
        drafts.remove(draft);
    }
}

/// From now on a signal that ends the process takes its drafts away first. Not for the lab, which
/// has a terminal to give back and leaves in its own way.
pub fn tidy_up_on_signals() {
    let (listening, listens) = std::sync::mpsc::sync_channel(1);
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async { signals::survive_limits_of_files() });
        let number = loop {
            let listening = listening.clone();
            let tell = move || {
                let _ = listening.try_send(());
            };
            let number = runtime.block_on(signals::asked_to_leave(tell));
            let Ok(number) = number else { return };
            // Work that can say what it has found so far is asked first; who asks twice means it.
            if !crate::app::stop::ask() {
                break number;
            }
        };
        if let Ok(drafts) = DRAFTS.lock() {
            drafts.iter().for_each(|draft| drop(fs::remove_file(draft)));
        }
        std::process::exit(128 + number);
    };
    // Without the thread a signal ends the process as ever.
    drop(std::thread::Builder::new().name("signals".into()).spawn(watch));
    // A draft that is begun before the thread listens would stay. The channel ends with the thread,
    // so that nobody waits for one that can't listen.
    let _ = listens.recv();
}

#[cfg(all(test, unix))]
mod tests;
