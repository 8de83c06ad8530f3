//! The recorder: every session is written down while it happens, as a script that replays it.
//!
//! The file is the head of the run, a line `at PLACE COMMAND` for each command that was given,
//! and the script that was playing, if one was. Its last line says how far the run has come; it
//! is written over in place, so that whoever kills the program loses no more than a frame. A
//! command is in the file before it takes effect. What can't be written is said once, and the lab
//! goes on.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cluster::command::{Command, Place, Script, Unmet, Watched, parse_line};
use crate::cluster::config::Config;
use crate::cluster::time::Span;
use crate::cluster::timeline::Deed;
use crate::cluster::{Cluster, Motion};

use super::Mistake;

/// How the last line begins, after `run T` in a session without a script.
const REACHED: &str = "# reached";
/// The length of the last line: it is written over in place.
const LAST: usize = 100;

/// Writes a session down.
#[derive(Clone, Debug)]
pub struct Recorder {
    path: PathBuf,
    /// Where the last line begins.
    last: u64,
    /// What the last line says already.
    reached: Option<Place>,
}

impl Recorder {
    /// A recorder with a file of its own in the state folder of the person who plays.
    ///
    /// # Errors
    /// When there is no such folder and none can be made.
    pub fn begin() -> io::Result<Self> {
        let folder = folder().ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "neither XDG_STATE_HOME nor HOME is set")
        })?;
        fs::create_dir_all(&folder)?;
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        let name = format!("session-{seconds:011}-{}.lab", std::process::id());
        Ok(Self::to(folder.join(name)))
    }

    /// A recorder that writes this file.
    pub const fn to(path: PathBuf) -> Self {
        Self { path, last: 0, reached: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file away again.
    pub fn discard(self) {
        // If it can't be removed it stays: it does no harm.
        let _ = fs::remove_file(&self.path);
    }

    /// Writes the whole session: these commands have been given, or are about to be, and this is
    /// watched.
    ///
    /// # Errors
    /// When the file can't be written. The old one is whole then.
    pub fn write(
        &mut self,
        cluster: &Cluster,
        deeds: &[Deed],
        watched: &[Arc<Watched>],
    ) -> io::Result<()> {
        let mut text = session(cluster, deeds, watched, &[]);
        self.last = text.len() as u64;
        self.reached = Some(cluster.place());
        text.push_str(&last_line(cluster));
        let draft = self.path.with_extension("part");
        fs::write(&draft, text)?;
        fs::rename(&draft, &self.path)
    }

    /// Notes how far the run has come.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn reach(&mut self, cluster: &Cluster) -> io::Result<()> {
        if self.last == 0 || self.reached == Some(cluster.place()) {
            return Ok(());
        }
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(self.last))?;
        file.write_all(last_line(cluster).as_bytes())?;
        self.reached = Some(cluster.place());
        Ok(())
    }
}

/// Where sessions are kept, by the XDG Base Directory Specification.
fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let state = set("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/state")))?;
    Some(state.join("raftlab/sessions"))
}

/// The newest session that was recorded.
///
/// # Errors
/// When there is none.
pub fn newest() -> Result<PathBuf, Mistake> {
    let none = |folder: &Path| {
        Mistake::Usage(format!("no session has been recorded in {} yet", folder.display()))
    };
    let folder = folder().ok_or_else(|| {
        Mistake::Usage("neither XDG_STATE_HOME nor HOME is set: name the session's file".into())
    })?;
    let entries = fs::read_dir(&folder).map_err(|_| none(&folder))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let sessions = files.filter(|path| path.extension().is_some_and(|end| end == "lab"));
    sessions.max().ok_or_else(|| none(&folder))
}

/// A session as a script, without its last line. Lines `beside` the script come before it.
fn session(
    cluster: &Cluster,
    deeds: &[Deed],
    watched: &[Arc<Watched>],
    beside: &[String],
) -> String {
    let script = cluster.script();
    let empty: &[Box<str>] = &[];
    let (head, rest) =
        script.map_or((empty, empty), |script| script.source.split_at(head_end(script)));
    let (recorded_before, body) = rest.split_at(script.map_or(0, recorded_lines));
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    match script {
        Some(script) => {
            let seed = cluster.config().seed;
            let same = script.config.seed == seed;
            head.iter().for_each(|old| match parse_line(old) {
                Ok(Command::Cluster(mut head)) if !same => {
                    head.seed = Some(seed);
                    line(&Command::Cluster(head).to_string());
                }
                _ => line(old),
            });
            let said = head.iter().any(|old| matches!(parse_line(old), Ok(Command::Cluster(_))));
            if !same && !said {
                line(&format!("cluster seed={seed}"));
            }
        }
        None => head_of(cluster.config()).iter().for_each(|old| line(old)),
    }
    // What is watched is no deed: it stands for the whole run, and what the file says is old.
    recorded_before.iter().filter(|old| !is_watch(old)).for_each(|old| line(old));
    for what in watched {
        let command = Box::new(Command::Watch((**what).clone()));
        line(&Command::At { place: Place::default(), command }.to_string());
    }
    for deed in deeds {
        if let Some(recorded) = recorded(deed) {
            line(&recorded);
        }
    }
    beside.iter().for_each(|new| line(new));
    body.iter().filter(|old| !old.contains(REACHED)).for_each(|old| line(old));
    text
}

/// Whether a recorded line says what is watched.
fn is_watch(line: &str) -> bool {
    match parse_line(line) {
        Ok(Command::At { command, .. }) => {
            matches!(*command, Command::Watch(_) | Command::Unwatch(_))
        }
        _ => false,
    }
}

/// How many lines of the file stand before the script's first command.
fn head_end(script: &Script) -> usize {
    let first = script.lines.first().map(|line| line.number as usize - 1);
    first.unwrap_or(script.source.len())
}

/// How many lines of an earlier session follow the head: commands given from outside. What is
/// given now comes after them, for it was given later.
fn recorded_lines(script: &Script) -> usize {
    let first = script.lines.iter().find(|line| !matches!(line.command, Command::At { .. }));
    let end = first.map_or(script.source.len(), |line| line.number as usize - 1);
    end - head_end(script)
}

/// Whether anything plays by itself: a script that is more than a recorded free lab.
fn plays(cluster: &Cluster) -> bool {
    let Some(script) = cluster.script() else { return false };
    script.lines.iter().any(|line| {
        let source = script.source.get(line.number as usize - 1);
        !matches!(line.command, Command::At { .. })
            && !source.is_some_and(|source| source.contains(REACHED))
    })
}

/// What a free lab is before its first event.
fn head_of(config: &Config) -> Vec<String> {
    let Config { servers, seed, network, .. } = config;
    let mut lines = vec![format!("cluster servers={servers} seed={seed} network={network}")];
    if !config.clients.is_empty() {
        lines.push(format!("clients {}", config.clients.join(" ")));
    }
    lines
}

/// A command that was given, as a line. What only waited or looked has left no trace in the run.
fn recorded(deed: &Deed) -> Option<String> {
    let Deed { place, command, .. } = deed;
    match &**command {
        Command::At { .. } => Some(command.to_string()),
        Command::Run(_) | Command::Until { .. } | Command::Expect(_) | Command::Let { .. } => None,
        _ => {
            let command = Box::new((**command).clone());
            Some(Command::At { place: *place, command }.to_string())
        }
    }
}

/// How far the run has come. Always of one length, so that it can be written over.
fn last_line(cluster: &Cluster) -> String {
    let place = cluster.place();
    let run = if plays(cluster) { String::new() } else { format!("run {} ", place.time) };
    let mut line = format!("{run}{REACHED} {place}");
    line.push_str(&" ".repeat((LAST - 1).saturating_sub(line.len())));
    line.push('\n');
    line
}

/// How far a recorded session had come, if its script says so.
pub fn reached(source: &[Box<str>]) -> Option<Place> {
    let last = source.iter().rev().find(|line| !line.trim().is_empty())?;
    let (_, place) = last.split_once(REACHED)?;
    match parse_line(&format!("at {} heal", place.trim())) {
        Ok(Command::At { place, .. }) => Some(place),
        _ => None,
    }
}

/// The run as a script plays it that is saved now: once everything that is due has happened, that
/// is what holds at its end.
pub fn saved(cluster: &Cluster) -> Cluster {
    let mut end = cluster.clone();
    if cluster.is_by_hand() {
        // It would stand for ever: at the very end, lab time goes on. That is always possible.
        let _ = end.apply(&Command::ByHand(Motion::ByItself));
    }
    end
}

/// The present run as a script for a person to read and to change. It plays up to the present
/// moment; given its `end`, the script asks for what holds then.
pub fn tidy(
    cluster: &Cluster,
    deeds: &[Deed],
    watched: &[Arc<Watched>],
    end: Option<&Cluster>,
) -> String {
    let mut deeds = deeds.to_vec();
    if cluster.is_by_hand() {
        let (at, place) = (cluster.point(), cluster.place());
        let command = Arc::new(Command::ByHand(Motion::ByItself));
        deeds.push(Deed { at, place, command });
    }
    // `run T` ends before what is due at T: a moment later, all of that has happened.
    let mut moment = vec![format!("run {}", cluster.now() + Span(1))];
    if let Some(end) = end {
        // What is asked for here is meant, even in a run whose own expectations are remarks.
        let remarks = cluster.unmet() == Unmet::Remark;
        let word = |unmet| Command::Expects(unmet).to_string();
        moment.extend(remarks.then(|| word(Unmet::Fail)));
        moment.extend(holding(end).iter().map(|line| format!("expect {line}")));
        moment.extend(remarks.then(|| word(Unmet::Remark)));
    }
    if !plays(cluster) {
        return session(cluster, &deeds, watched, &[]) + &moment.join("\n") + "\n";
    }
    // Beside a script that plays by itself a task comes to the moment: what was done after the
    // script's end is done too, and what is expected is not asked for at another time.
    let taken = |name: &str| {
        let task = format!("task {name}");
        cluster.script().is_some_and(|script| script.source.iter().any(|line| line.contains(&task)))
    };
    let names = std::iter::once("session".to_owned()).chain((2..).map(|n| format!("session{n}")));
    let name = names.into_iter().find(|name| !taken(name)).unwrap_or_default();
    let inside = moment.iter().map(|line| format!("  {line}"));
    let task: Vec<String> =
        [format!("task {name}")].into_iter().chain(inside).chain(["end".to_owned()]).collect();
    session(cluster, &deeds, watched, &task)
}

/// What holds now and is worth asking for.
fn holding(cluster: &Cluster) -> Vec<String> {
    const KEYS_MAX: usize = 20;
    let mut lines = Vec::new();
    match cluster.leader().and_then(|leader| cluster.server(leader)) {
        None => lines.push("no leader".to_owned()),
        Some(leader) => {
            lines.push(format!("leader = {}", leader.id));
            lines.push(format!("term = {}", cluster.term()));
            for (key, stored) in leader.rsm.kv.iter().take(KEYS_MAX) {
                let word = |text: &str| crate::cluster::command::Text::literal(text).to_string();
                let (key, value) = (word(key), word(&stored.value));
                lines.push(format!("{} holds {key} = {value} @{}", leader.id, stored.version));
            }
        }
    }
    lines.push("safe".to_owned());
    lines.push("linearizable".to_owned());
    lines
}
