//! Files: scripts and histories come in, results go out, and nothing that is not ours is harmed.
//!
//! A [`Files`] is all that one call of the program reads and writes. It knows each file by what the
//! system tells it from others by, so that no result is written over what it was made from, under whatever name. `-` is
//! standard input or standard output, wherever a file can be named.
//!
//! [`Output`] is a result on its way (`output.rs`): a regular file appears whole or not at all;
//! what is no regular file is opened and written into. `target.rs` finds out which a name means.

mod kind;
mod looks;
pub mod many;
mod output;
mod target;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::app::scenes;
use crate::cluster::Implementation;
use crate::cluster::command::recording::Doings;
use crate::cluster::command::{BYTES_MAX, Diagnostic, Script, nearest};
use crate::cluster::plain::{Plain, plain, quoted};

use super::Mistake;
use super::cli::OtherRaft;
use super::sessions::{Salvaged, salvage};
use super::stream::{Form, Report, Stream};
use super::system::{self, FileId};
use super::{guests, library};

pub use kind::{Kind, end};
pub use looks::{Looks, START};
pub use output::{Old, Output, tidy_up_on_signals};

/// The most bytes that are read of a script: one more than it may have, so that the parser sees
/// that there are too many, and no endless file fills the memory.
const READ_MAX: u64 = BYTES_MAX as u64 + 1;

/// The files of one call.
#[derive(Default)]
pub struct Files {
    seen: Vec<Seen>,
    /// The Raft with which all scripts are played, if the command line names one.
    raft: Option<Implementation>,
}

/// A file that is read or written.
struct Seen {
    name: String,
    file: Identity,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Read,
    Written,
}

/// What makes two names one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum Identity {
    File(FileId),
    /// A file that is not there yet: its folder, made absolute, and its name.
    Place(PathBuf),
    StandardInput,
    StandardOutput,
}

impl Files {
    /// Files whose scripts are played with the Raft of this module, if one is named.
    ///
    /// # Errors
    /// When it can't be read, or is none.
    pub fn with_raft(other: &OtherRaft) -> Result<Self, Mistake> {
        let params = other.raft_params.as_deref().unwrap_or_default();
        let raft = other.raft.as_deref().map(|path| guests::named(path, params)).transpose()?;
        Ok(Self { raft, ..Self::default() })
    }

    /// The Raft that the command line names.
    pub const fn raft(&self) -> Option<&Implementation> {
        self.raft.as_ref()
    }

    /// Reads a file, or standard input if it is called `-`; of a longer one not more than `most`
    /// bytes.
    ///
    /// # Errors
    /// When it can't be read; [`why_not`] has words for it.
    pub fn read(&mut self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Opens a file for reading, or standard input if it is called `-`.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn open(&mut self, path: &Path) -> io::Result<File> {
        let name = shown(path, "standard input");
        let file = if is_standard(path) {
            if self.seen.iter().any(|seen| seen.file == Identity::StandardInput) {
                return Err(io::Error::other("it can be read once: name it once"));
            }
            self.note(&name, Identity::StandardInput, Way::Read);
            system::standard_input()?
        } else {
            open(path)?
        };
        if let Some(id) = system::file_id(&file)? {
            self.note(&name, Identity::File(id), Way::Read);
        }
        Ok(file)
    }

    /// Reads a script and checks it.
    ///
    /// # Errors
    /// A sentence for a file that can't be read, and for a bad script every mistake in it.
    pub fn script(&mut self, path: &Path) -> Result<Script, Mistake> {
        let (shown, bytes) = self.script_bytes(path)?;
        let mut script = called(Script::parse(&shown, &bytes).map_err(Mistake::Script)?, path);
        library::unchanged(&script)?;
        guests::attach(&mut script, path.parent())?;
        Ok(script)
    }

    /// The same, with its text as it stands in its file; it may travel, so it names a module of the
    /// command line without the folders of this machine.
    ///
    /// # Errors
    /// As [`Files::script`].
    pub fn script_and_text(&mut self, path: &Path) -> Result<(Script, String), Mistake> {
        let (shown, bytes) = self.script_bytes(path)?;
        let script = Script::parse(&shown, &bytes).map_err(Mistake::Script)?;
        let mut script = called(script, path);
        guests::attach(&mut script, path.parent())?;
        let text = match &self.raft {
            Some(raft) => {
                let name = Path::new(&*raft.file).file_name().unwrap_or_default();
                let file = name.to_string_lossy().into();
                guests::with_raft(&bytes, &Implementation { file, ..raft.clone() })
            }
            None => bytes,
        };
        Ok((script, String::from_utf8_lossy(&text).into_owned()))
    }

    /// A script to be judged: one that asks for nothing would pass, whatever happens.
    ///
    /// # Errors
    /// As [`Files::script`].
    pub fn judged(&mut self, path: &Path) -> Result<Script, Mistake> {
        let script = self.script(path)?;
        let is_empty = script.lines.is_empty() && script.all_doings() == Doings::default();
        if is_empty {
            let name = shown(path, "standard input");
            let message = "there is no command in it: whatever happens, it would pass".to_owned();
            let help =
                "such as `until leader`: `raftlab docs scripts` lists all commands".to_owned();
            return Err(Mistake::Script(vec![Diagnostic::of_file(&name, message, Some(help))]));
        }
        Ok(script)
    }

    /// A script; of one with a recording, as far as it can be read.
    ///
    /// # Errors
    /// As [`Files::script`].
    pub fn recorded(&mut self, path: &Path) -> Result<Salvaged, Mistake> {
        let (shown, bytes) = self.script_bytes(path)?;
        let Salvaged { script, lost } = salvage(&shown, &bytes)?;
        library::unchanged(&script)?;
        let mut script = called(script, path);
        guests::attach(&mut script, path.parent())?;
        Ok(Salvaged { script, lost })
    }

    /// What a script is called in mistakes, and what is in its file; or, where there is none, in the
    /// script of the program that is called so.
    fn script_bytes(&mut self, path: &Path) -> Result<(String, Vec<u8>), Mistake> {
        let shown = shown(path, "standard input");
        let bytes = self.read(path, READ_MAX).or_else(|error| {
            let of_the_program =
                scenes::read(path).filter(|_| error.kind() == io::ErrorKind::NotFound);
            of_the_program.map(<[u8]>::to_vec).ok_or_else(|| {
                Mistake::Usage(format!("can't read {}: {}", plain(&shown), why_not(&error)))
            })
        })?;
        // A script's own mistakes are told by its lines.
        let other = Looks::of(&bytes[..bytes.len().min(START)]).filter(|it| *it != Looks::Script);
        if let Some(other) = other {
            let why = other.instead(path, "run");
            return Err(Mistake::Usage(format!("{}: {why}", plain(&shown))));
        }
        let bytes = match &self.raft {
            Some(raft) => guests::with_raft(&bytes, raft),
            None => bytes,
        };
        Ok((shown, bytes))
    }

    /// Begins a result that will be called `path`, or goes to standard output if that is `-`.
    ///
    /// # Errors
    /// When nothing can be written there; when it is a file that this call reads, or writes
    /// already; with [`Old::Keep`], when something else is there; and when its name is that of
    /// another kind of file.
    pub fn create(&mut self, path: &Path, old: Old, kind: Kind) -> Result<Output, Mistake> {
        let name = shown(path, "standard output");
        let refuse = |why: &str| Mistake::Usage(format!("can't write {}: {why}", plain(&name)));
        let (output, identities) =
            Output::create(path, old).map_err(|error| refuse(&why_not(&error)))?;
        for identity in identities {
            if let Some(seen) = self.seen.iter().find(|seen| seen.file == identity) {
                let as_name = match plain(&seen.name) {
                    other if other != name => format!(" as {other}"),
                    _ => String::new(),
                };
                return Err(refuse(&match seen.way {
                    Way::Read => format!("it is read{as_name} by this very command"),
                    Way::Written => format!("it is written{as_name} by this very command already"),
                }));
            }
            self.note(&name, identity, Way::Written);
        }
        if !kind.takes(path) {
            return Err(refuse(&kind.refusal(path)));
        }
        Ok(output)
    }

    /// Writes all of these results, or none of them, and makes the folders in which they lie.
    ///
    /// # Errors
    /// As [`Files::create`], of the first that can't be written.
    pub fn write_all<T: AsRef<[u8]>>(
        &mut self,
        results: impl IntoIterator<Item = (PathBuf, T)>,
        old: Old,
        kind: Kind,
    ) -> Result<(), Mistake> {
        let mut begin = |(path, bytes): (PathBuf, T)| {
            let folder = path.parent().unwrap_or(&path);
            fs::create_dir_all(folder).map_err(|error| {
                let why = match error.kind() {
                    io::ErrorKind::AlreadyExists => "a file is there already".to_owned(),
                    _ => why_not(&error),
                };
                let folder = folder.display().to_string();
                Mistake::Usage(format!("can't write into {}: {why}", plain(&folder)))
            })?;
            let mut file = self.create(&path, old, kind)?;
            file.write_all(bytes.as_ref()).map_err(|error| file.unwritten(&error))?;
            Ok(file)
        };
        let begun: Result<Vec<Output>, Mistake> = results.into_iter().map(&mut begin).collect();
        begun?.into_iter().try_for_each(Output::complete)
    }

    /// Where the program reports to people: standard error, if standard output was asked for.
    pub fn report(&self, form: Form) -> Report {
        if self.seen.iter().any(|seen| seen.file == Identity::StandardOutput) {
            Stream::new(Box::new(io::stderr()), form)
        } else {
            Stream::new(Box::new(io::stdout().lock()), form)
        }
    }

    fn note(&mut self, name: &str, file: Identity, way: Way) {
        self.seen.push(Seen { name: name.to_owned(), file, way });
    }
}

/// Mistakes name the file so that it can be found; the screen has no room for folders.
fn called(mut script: Script, path: &Path) -> Script {
    if let Some(name) = path.file_name().filter(|_| !is_standard(path)) {
        script.name = name.to_string_lossy().into();
    }
    script
}

/// Whether a name stands for standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How what was written there is played again, if it is a file.
pub fn tell_how_again(out: &mut impl Write, path: &Path) -> io::Result<()> {
    if is_standard(path) {
        return Ok(());
    }
    let file = quoted(&path.display().to_string());
    let file = Plain(&file);
    writeln!(out, "  again: raftlab run {file}   on the screen: raftlab {file}")
}

/// A name as people read it.
pub fn shown(path: &Path, standard: &str) -> String {
    if is_standard(path) { standard.to_owned() } else { path.display().to_string() }
}

/// Opens a file for reading. That there is none is said with the one that was meant, if one is near.
///
/// # Errors
/// When it can't be read; [`why_not`] has words for it.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path).map_err(|error| match error.kind() {
        kind @ io::ErrorKind::NotFound => match near(path) {
            Some(near) => io::Error::new(kind, near),
            None => error,
        },
        _ => error,
    })
}

/// The most names of a folder that are looked at.
const NAMES_MAX: usize = 1_000;

/// The file beside it, or the script of the program, whose name is nearest.
fn near(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten();
    let here =
        entries.take(NAMES_MAX).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let own = scenes::beside(path).map(str::to_owned);
    let names: Vec<String> = here.chain(own).collect();
    // An ending that both have makes no two names alike.
    let stem =
        |name: &str| Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let alike = |other: &&str| match (stem(name), stem(other)) {
        (Some(one), Some(other)) => one == other || nearest(&one, [&*other]).is_some(),
        _ => false,
    };
    let near = nearest(name, names.iter().map(String::as_str).filter(alike))?;
    Some(path.with_file_name(near).display().to_string())
}

/// Why a text is no JSON, in words. Where it has one line, that is not said.
pub fn no_json(error: &serde_json::Error) -> String {
    let why = error.to_string().replace(" at line 1 column", " at column");
    why.replace("EOF while parsing", "it ends within")
}

/// Why a file can't be read or written, in words.
pub fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let meant = error.get_ref().map(|near| format!(": did you mean `{near}`?"));
            format!("there is no such file or folder{}", meant.unwrap_or_default())
        }
        io::ErrorKind::PermissionDenied => "that is not permitted".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder; name a file in it".to_owned(),
        io::ErrorKind::NotADirectory => "what should be a folder on its way is a file".to_owned(),
        io::ErrorKind::StorageFull => "there is no room left".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "nothing can be written there".to_owned(),
        io::ErrorKind::InvalidFilename => "its name is too long".to_owned(),
        _ => {
            let why = error.to_string();
            why.split_once(" (os error").map_or_else(|| why.clone(), |(why, _)| why.to_lowercase())
        }
    }
}
