//! The sessions that were recorded: where they are, which there are, and the one to go on with.
//!
//! A session's file is read for as far as it goes. A machine that lost its power may have left it cut
//! in the middle of a line, or with something else than text at its end: then all that was done up
//! to the last whole line is there. What is no recording at all is passed over, so that no file can
//! stand between a person and the sessions before it.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etcetera::{BaseStrategy, choose_base_strategy};
use serde_json::json;

use super::cli::SessionsOptions;
use super::files::Files;
use super::stream::{Form, Stream};
use super::{Ending, Mistake, system};
use crate::cluster::command::recording::{FORM, Record, Recording};
use crate::cluster::command::{Command, Place, Script, Tell, parse_line};

/// So many sessions are kept: the newest in which something was done.
pub const KEPT_MAX: usize = 100;
/// A draft that nobody has completed for so long is nobody's.
const DRAFT_AGE: Duration = Duration::from_secs(3_600);

/// Where sessions are kept: by the XDG Base Directory Specification, and in Windows in the local half of
/// the profile.
fn folder() -> io::Result<PathBuf> {
    let none = |error| io::Error::new(io::ErrorKind::NotFound, error);
    let places = choose_base_strategy().map_err(none)?;
    let state = places.state_dir().unwrap_or_else(|| places.cache_dir());
    Ok(state.join("raftlab").join("sessions"))
}

/// The file for a session that begins now.
///
/// # Errors
/// When there is no folder for it and none can be made.
pub fn new_path() -> io::Result<PathBuf> {
    let folder = folder()?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let path = folder.join(format!("session-{seconds:011}-{}.lab", std::process::id()));
    make_folder_of(&path)?;
    // One that was made by other means, as by an older raftlab. If it can't be done, the files are
    // for nobody else all the same.
    let _ = system::make_private(&folder);
    Ok(path)
}

/// Makes the folder that a session's file is to stand in: nobody else may look into it.
///
/// # Errors
/// When it can't be made.
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    system::make_private_folder(folder)
}

/// A script, and its recording as far as it can be read.
#[derive(Debug)]
pub struct Salvaged {
    pub script: Script,
    /// How many bytes at its end can't be read.
    pub lost: usize,
}

/// Reads a script. Of one with a recording, all up to the last whole line that can be read.
///
/// # Errors
/// All that is wrong with it.
pub fn salvage(name: &str, bytes: &[u8]) -> Result<Salvaged, Mistake> {
    let whole = Script::parse(name, bytes).map_err(Mistake::Script);
    let cut = |script: &Script| script.recording.is_some() && !bytes.ends_with(b"\n");
    match whole {
        Ok(script) if !cut(&script) => return Ok(Salvaged { script, lost: 0 }),
        Ok(_) | Err(_) => {}
    }
    let Some(sound) = sound_part(bytes) else {
        return whole.map(|script| Salvaged { script, lost: 0 });
    };
    let script = Script::parse(name, &bytes[..sound]).map_err(Mistake::Script)?;
    Ok(Salvaged { script, lost: bytes.len() - sound })
}

/// How much of a file with a recording there is up to the first line of the recording that is not
/// whole, or can't be read. `None` if no recording begins in it.
fn sound_part(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    let mut begun = false;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let read = line.ends_with(b"\n").then(|| std::str::from_utf8(line)).and_then(Result::ok);
        let read = read.filter(|text| begun || text.starts_with(BEGINS)).map(str::trim_end);
        let sound = match read.map(|text| (text, parse_line(text))) {
            Some((_, Ok(Command::Record(Record::Begins(header))))) => header.form <= FORM,
            Some((_, Ok(command))) => is_recorded(&command),
            Some((text, Err(_))) => text.is_empty(),
            None => false,
        };
        if begun && !sound {
            break;
        }
        begun |= sound;
        end += line.len();
    }
    begun.then_some(end)
}

/// How a recording begins, at the start of a line.
const BEGINS: &str = "recording form=";

fn is_recorded(command: &Command) -> bool {
    matches!(
        command,
        Command::Record(_)
            | Command::Tell(Tell::Watch(_) | Tell::Break(_) | Tell::Unbreak(_) | Tell::Pace(_))
    )
}

/// A session that was recorded, and in which something was done.
#[derive(Debug)]
pub struct Session {
    pub path: PathBuf,
    /// When it was last written.
    pub when: SystemTime,
    pub salvaged: Salvaged,
}

/// A file among them with which nobody can go on, and why.
#[derive(Debug)]
pub struct Unusable {
    pub path: PathBuf,
    pub why: String,
}

impl Session {
    fn recording(&self) -> Option<&Recording> {
        self.salvaged.script.recording.as_deref()
    }

    fn commands(&self) -> usize {
        self.recording().map_or(0, |recording| recording.doings.deeds.len())
    }

    fn branches(&self) -> usize {
        self.recording().map_or(0, |recording| recording.left.len())
    }

    /// How far its run came.
    fn reached(&self) -> Place {
        let doings = self.recording().map(|recording| &recording.doings);
        let last = doings.and_then(|doings| doings.deeds.last()).map(|did| did.place);
        doings.and_then(|doings| doings.reached).max(last).unwrap_or_default()
    }

    /// The script that was played; none for a free lab.
    fn script(&self) -> Option<String> {
        let script = self.recording()?.header.script.as_ref()?;
        Some(script.filled().to_string())
    }

    fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The files of the folder in which sessions are kept, the one that was written last first.
fn files() -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let entries = match fs::read_dir(folder()?) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let written = |path: &Path| fs::metadata(path).and_then(|about| about.modified());
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> = files
        .filter(|path| path.extension() == Some(OsStr::new("lab")))
        .map(|path| (written(&path).unwrap_or(UNIX_EPOCH), path))
        .collect();
    files.sort();
    files.reverse();
    Ok(files)
}

/// The sessions that were recorded, the newest first, each as it is asked for.
fn all() -> Result<impl Iterator<Item = Result<Session, Unusable>>, Mistake> {
    let files = files().map_err(|error| Mistake::Usage(format!("no sessions: {error}")))?;
    Ok(files.into_iter().map(|(when, path)| match examine(&path) {
        Ok(salvaged) => Ok(Session { path, when, salvaged }),
        Err(why) => Err(Unusable { path, why }),
    }))
}

/// What a file holds, if one can go on with it.
fn examine(path: &Path) -> Result<Salvaged, String> {
    // Nobody waits for what will never come out of a pipe.
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no regular file".into());
    }
    let salvaged = Files::default().recorded(path).map_err(said)?;
    let Some(recording) = &salvaged.script.recording else {
        return Err("it is no recording".into());
    };
    let done = |recording: &Recording| {
        let futures = recording.left.iter().chain([&recording.doings]);
        let deeds: usize = futures.map(|doings| doings.deeds.len()).sum();
        let looks = recording.watched.len() + recording.breakpoints.len();
        deeds + looks + recording.bookmarks.len() > 0
    };
    if done(recording) { Ok(salvaged) } else { Err("nothing was done in it".into()) }
}

/// The first thing that is wrong.
fn said(mistake: Mistake) -> String {
    match mistake {
        Mistake::Usage(why) => why,
        Mistake::Script(diagnostics) => {
            diagnostics.into_iter().next().map_or_else(String::new, |first| match first.line {
                0 => first.message,
                line => format!("line {line}: {}", first.message),
            })
        }
        Mistake::Output(error) => error.to_string(),
        Mistake::Several(mistakes) => mistakes.into_iter().next().map_or_else(String::new, said),
        Mistake::Besides(mistake) => said(*mistake),
        Mistake::Told => String::new(),
    }
}

/// The session to go on with: the newest, the one of this number in the list, or of this name.
/// Also how many newer ones had to be passed over.
///
/// # Errors
/// When there is none, or none is called so.
pub fn choose(which: Option<&str>) -> Result<(Session, usize), Mistake> {
    let which = which.filter(|which| !which.is_empty());
    let number = which.map_or(Some(1), |which| which.parse::<usize>().ok().filter(|n| *n <= 9_999));
    let stem = which.map(|which| which.strip_suffix(".lab").unwrap_or(which));
    let (mut usable, mut passed) = (0, 0);
    for session in all()? {
        let path = session.as_ref().map_or_else(|bad| &bad.path, |good| &good.path);
        let named = number.is_none() && path.file_stem().and_then(OsStr::to_str) == stem;
        match session {
            Err(Unusable { path, why }) if named => {
                return Err(Mistake::Usage(format!("can't go on with {}: {why}", path.display())));
            }
            Err(_) => passed += 1,
            Ok(session) => {
                usable += 1;
                if named || number == Some(usable) {
                    return Ok((session, passed));
                }
            }
        }
    }
    let folder = folder().map_or_else(|_| String::new(), |folder| folder.display().to_string());
    Err(Mistake::Usage(match (which, usable) {
        (Some(which), 1..) => {
            format!("there is no session {which:?}: raftlab sessions lists the {usable} there are")
        }
        (_, _) => format!("no session in which something was done is kept in {folder}"),
    }))
}

/// The file of the session that is written down at present: the one of this name, or the one that
/// was written last.
///
/// # Errors
/// When there is none.
pub fn followed(name: Option<&str>) -> Result<PathBuf, Mistake> {
    let files = files().map_err(|error| Mistake::Usage(format!("no sessions: {error}")))?;
    let stem = name.map(|name| name.strip_suffix(".lab").unwrap_or(name));
    let wanted =
        |path: &PathBuf| stem.is_none() || path.file_stem().and_then(OsStr::to_str) == stem;
    files.into_iter().map(|(_, path)| path).find(wanted).ok_or_else(|| {
        let why = "no session is written down: raftlab FILE.lab, and F5 in it, begin one";
        Mistake::Usage(why.to_owned())
    })
}

/// Takes the oldest sessions away, so that the newest [`KEPT_MAX`] are left, and drafts that were
/// never completed. Files that are no sessions stay. How many sessions have gone.
pub fn prune() -> usize {
    // What can't be read or removed stays.
    let Ok(folder) = folder() else { return 0 };
    let old = |path: &Path| {
        let age = fs::metadata(path).and_then(|about| about.modified()).ok();
        age.and_then(|written| written.elapsed().ok()).is_some_and(|age| age > DRAFT_AGE)
    };
    let drafts = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    drafts
        .filter(|path| path.extension() == Some(OsStr::new("part")) && old(path))
        .for_each(|path| drop(fs::remove_file(path)));
    let ours = |path: &Path| {
        path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("session-"))
    };
    let Ok(files) = files() else { return 0 };
    let sessions = files.into_iter().map(|(_, path)| path).filter(|path| ours(path));
    let surplus = sessions.filter(|path| examine(path).is_ok()).skip(KEPT_MAX);
    surplus.filter(|path| fs::remove_file(path).is_ok()).count()
}

/// Carries out `raftlab sessions`.
///
/// # Errors
/// When the folder can't be read, or nothing can be printed.
pub fn run(options: &SessionsOptions) -> Result<Ending, Mistake> {
    let mut out = Stream::output(if options.json { Form::Json } else { Form::Text });
    let listed = if options.json { list_json(&mut out) } else { list(&mut out) };
    listed.and_then(|()| out.flush().map_err(Mistake::Output))?;
    Ok(Ending::Well)
}

fn list_json(out: &mut impl Write) -> Result<(), Mistake> {
    let seconds = |when: SystemTime| when.duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    for session in all()? {
        let line = match &session {
            Ok(session) => json!({
                "path": session.path.display().to_string(),
                "name": session.name(),
                "written_s": seconds(session.when),
                "script": session.script(),
                "virtual_us": session.reached().time.micros(),
                "commands": session.commands(),
                "branches": session.branches(),
                "engine": session.recording().map(|recording| recording.header.engine),
                "lost_bytes": session.salvaged.lost,
            }),
            Err(unusable) => {
                json!({ "path": unusable.path.display().to_string(), "unusable": unusable.why })
            }
        };
        writeln!(out, "{line}").map_err(Mistake::Output)?;
    }
    Ok(())
}

fn list(out: &mut impl Write) -> Result<(), Mistake> {
    let (sessions, unusable): (Vec<_>, Vec<_>) = all()?.partition(Result::is_ok);
    let mut rows = vec![["", "when", "script", "lab time", "commands", "file"].map(str::to_owned)];
    for (number, session) in (1_usize..).zip(sessions.into_iter().flatten()) {
        rows.push([
            number.to_string(),
            ago(session.when),
            session.script().unwrap_or_else(|| "free lab".to_owned()),
            session.reached().time.to_string(),
            session.commands().to_string(),
            session.path.display().to_string(),
        ]);
    }
    if rows.len() > 1 {
        table(&rows, out).map_err(Mistake::Output)?;
    }
    for unusable in unusable.into_iter().filter_map(Result::err) {
        let Unusable { path, why } = unusable;
        writeln!(out, "not usable: {}: {why}", path.display()).map_err(Mistake::Output)?;
    }
    let words = match rows.len() {
        1 => "No session is kept in which something was done.".to_owned(),
        _ => format!(
            "raftlab --resume goes on with the first, --resume=2 with the second. The newest \
             {KEPT_MAX} are kept."
        ),
    };
    writeln!(out, "{words}").map_err(Mistake::Output)
}

/// Columns: names to the left, figures to the right.
fn table(rows: &[[String; 6]], out: &mut impl Write) -> io::Result<()> {
    let width = |text: &String| text.chars().count();
    let widths: [usize; 6] =
        std::array::from_fn(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0));
    for [number, when, script, time, commands, path] in rows {
        let [a, b, c, d, e, _] = widths;
        writeln!(out, "{number:>a$}  {when:b$}  {script:c$}  {time:>d$}  {commands:>e$}  {path}")?;
    }
    Ok(())
}

/// "5 min ago".
fn ago(when: SystemTime) -> String {
    let seconds = when.elapsed().map_or(0, |age| age.as_secs());
    let (number, unit) = match seconds {
        0..60 => return "just now".into(),
        60..3_600 => (seconds / 60, "min"),
        3_600..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit} ago")
}
