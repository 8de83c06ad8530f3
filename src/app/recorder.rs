//! The recorder: every session is written down while it happens, as a script that replays it.
//!
//! The file is the script that was playing, or the head of the free lab, and after it a recording
//! ([`recording`](crate::cluster::command::recording)). A command is in the file before it takes
//! effect: it is appended, so a long session costs no more than a short one. The last line says how
//! far the run has come, and is written over in place; whoever kills the program loses no more than
//! a frame. What changes otherwise (an undoing, another future, what is watched) is a new file that
//! takes the name of the old one when it is whole.
//!
//! Where the file lies is not known here: a [`Tape`] is whatever can hold it.
//!
//! What can't be written is tried again, all of it, so that nothing is missing once it can be.

use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use crate::cluster::Cluster;
use crate::cluster::command::recording::{BRANCHES_MAX, Breakpoint, FORM, Header, Record};
use crate::cluster::command::{
    BYTES_MAX, Command, Deed, Head, LINES_MAX, LabAct, Pace, Place, Script, Setup, Tell, Text,
    Unmet, Watched, parse_line,
};
use crate::cluster::config::Config;
use crate::cluster::digest::ENGINE;
use crate::cluster::timeline::Done;

/// The length of the last line: it is written over in place.
const LAST: usize = 80;

/// What a session can be recorded on. It is blank until something is put on it, and errors are
/// sentences for the person at the screen.
pub trait Tape: Debug {
    /// What it is called where it lies.
    fn name(&self) -> String;

    /// Puts a text on it in place of all that is there, as a whole or not at all.
    ///
    /// # Errors
    /// When it can't be done, and the tape is as it was.
    fn replace(&self, text: &str) -> Result<(), String>;

    /// Puts a text on it from this byte on. What stands there is never longer than the text.
    ///
    /// # Errors
    /// When it can't be done. Some of the text may be there all the same.
    fn write_at(&self, byte: u64, text: &str) -> Result<(), String>;

    /// Takes it away, if that can be done.
    fn discard(&self);
}

/// Writes a session down.
#[derive(Clone, Debug)]
pub struct Recorder {
    tape: Rc<dyn Tape>,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Nothing has been done yet that had to be written.
    Nothing,
    Kept(Kept),
    /// What has been done since is not in the file, and why.
    Behind(String),
}

/// What the file holds.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// How many commands the present future has in it.
    deeds: usize,
    lines: usize,
    /// Where the last line begins, and what it says.
    last: u64,
    reached: Place,
}

/// What there is to write of a session.
pub struct Work<'a> {
    /// The present future where it ends, and what was done in it.
    pub cluster: &'a Cluster,
    pub deeds: &'a [Done],
    pub reached: Place,
    /// The futures that were left, the newest last.
    pub left: Vec<(&'a [Done], Place)>,
    pub watched: Vec<Arc<Watched>>,
    pub breakpoints: Vec<Breakpoint>,
    pub pace: Pace,
    pub bookmarks: Vec<Place>,
}

impl Recorder {
    /// A recorder that writes on a blank tape.
    pub const fn on(tape: Rc<dyn Tape>) -> Self {
        Self { tape, state: State::Nothing }
    }

    /// What the tape is called.
    pub fn name(&self) -> String {
        self.tape.name()
    }

    /// Whether anything had to be written yet.
    pub const fn is_blank(&self) -> bool {
        matches!(self.state, State::Nothing)
    }

    /// Why what has been done is not in the file, if it is not.
    pub fn is_behind(&self) -> Option<&str> {
        match &self.state {
            State::Behind(why) => Some(why),
            State::Nothing | State::Kept(_) => None,
        }
    }

    /// Takes the tape away again.
    pub fn discard(self) {
        self.tape.discard();
    }

    /// Writes the whole session. If that can't be done the old file is as whole as it was.
    pub fn write(&mut self, work: &Work<'_>) {
        self.state = match self.try_write(work) {
            Ok(kept) => State::Kept(kept),
            Err(why) => State::Behind(why),
        };
    }

    fn try_write(&self, work: &Work<'_>) -> Result<Kept, String> {
        let text = recording(work);
        let lines = text.lines().count() + 1;
        let last = text.len() as u64;
        room_for(lines, text.len() + LAST)?;
        self.tape.replace(&(text + &last_line(work.reached)))?;
        Ok(Kept { deeds: work.deeds.len(), lines, last, reached: work.reached })
    }

    /// Adds a command that is about to take effect to those that have been given. False if that is
    /// not enough, and everything has to be written.
    pub fn add(&mut self, before: usize, deed: (Place, &Command)) -> bool {
        let State::Kept(kept) = self.state else { return false };
        if kept.deeds != before {
            return false;
        }
        let (place, command) = deed;
        let line = did(place, command) + "\n";
        let (lines, last) = (kept.lines + 1, kept.last + line.len() as u64);
        let added = room_for(lines, last as usize + LAST)
            .and_then(|()| self.tape.write_at(kept.last, &(line + &last_line(place))));
        if added.is_ok() {
            self.state = State::Kept(Kept { deeds: before + 1, lines, last, reached: place });
        }
        added.is_ok()
    }

    /// Notes how far the run has come.
    pub fn reach(&mut self, place: Place) {
        let State::Kept(kept) = self.state else { return };
        if kept.reached != place {
            self.state = match self.tape.write_at(kept.last, &last_line(place)) {
                Ok(()) => State::Kept(Kept { reached: place, ..kept }),
                Err(why) => State::Behind(why),
            };
        }
    }
}

/// All of a session as a text.
pub fn whole(work: &Work<'_>) -> String {
    recording(work) + &last_line(work.reached)
}

/// Whether a script may be so large.
fn room_for(lines: usize, bytes: usize) -> Result<(), String> {
    let full =
        |what: String| Err(format!("the recording has {what}, the most that a script may have"));
    if lines > LINES_MAX {
        full(format!("{LINES_MAX} lines"))
    } else if bytes > BYTES_MAX {
        full(format!("{BYTES_MAX} bytes"))
    } else {
        Ok(())
    }
}

/// A recording, without its last line.
fn recording(work: &Work<'_>) -> String {
    let mut text = Lines::default();
    let script = work.cluster.script();
    match script {
        Some(script) => script.source.iter().for_each(|line| text.add(line)),
        None => head_of(work.cluster.config()).iter().for_each(|line| text.add(line)),
    }
    let seed = work.cluster.config().seed;
    text.record(Record::Begins(Header {
        form: FORM,
        engine: ENGINE,
        seed: script.filter(|script| script.seed() != seed).map(|_| seed),
        script: script.map(|script| Text::literal(&*script.name)),
    }));
    let looks = (work.watched.iter().map(|what| Command::Tell(Tell::Watch((**what).clone()))))
        .chain(work.breakpoints.iter().map(|Breakpoint { condition, on }| match on {
            true => Command::Tell(Tell::Break(condition.clone())),
            false => Command::Tell(Tell::Unbreak(condition.clone())),
        }))
        .chain((work.pace != Pace::Auto).then_some(Command::Tell(Tell::Pace(work.pace))));
    looks.for_each(|command| text.add(&command.to_string()));
    work.bookmarks.iter().for_each(|place| text.record(Record::Bookmark(*place)));
    let left = &work.left[work.left.len().saturating_sub(BRANCHES_MAX)..];
    let futures: Vec<&[Done]> = left.iter().map(|(deeds, _)| *deeds).chain([work.deeds]).collect();
    text.dids(futures[0]);
    for ((_, reached), pair) in left.iter().zip(futures.windows(2)) {
        text.record(Record::Reached(*reached));
        let same = same_deeds(pair[0], pair[1]);
        text.record(Record::Branch { same: same as u32 });
        text.dids(&pair[1][same..]);
    }
    text.0
}

fn same_deeds(here: &[Done], there: &[Done]) -> usize {
    let same = |(one, two): &(&Done, &Done)| one.place == two.place && one.command == two.command;
    here.iter().zip(there).take_while(same).count()
}

/// A text, line by line.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn record(&mut self, record: Record) {
        self.add(&Command::Record(record).to_string());
    }

    fn dids(&mut self, deeds: &[Done]) {
        deeds.iter().for_each(|deed| self.add(&did(deed.place, &deed.command)));
    }
}

/// A command that was given, as a line.
pub fn did(place: Place, command: &Command) -> String {
    let command = Box::new(command.clone());
    Command::Record(Record::Did { place, command }).to_string()
}

/// How far the run has come. Always of one length, so that it can be written over.
fn last_line(place: Place) -> String {
    format!("{:width$}\n", Command::Record(Record::Reached(place)).to_string(), width = LAST - 1)
}

/// What a free lab is before its first event.
fn head_of(config: &Config) -> Vec<String> {
    let mut lines = vec![Command::Head(Head::Cluster(Setup::of(config))).to_string()];
    lines.extend(config.given.iter().map(|given| {
        let (server, term, log) = (given.server, given.term, given.log.clone());
        Command::Head(Head::Given { server, term, log }).to_string()
    }));
    if !config.clients.is_empty() {
        lines.push(format!("clients {}", config.clients.join(" ")));
    }
    lines
}

/// The present run as a script for a person to read and to change: it plays up to the present
/// moment. With `expect`, what holds then is asked for.
pub fn saved(cluster: &Cluster, deeds: &[Done], looks: &[Command], expect: bool) -> String {
    let mut text = Lines::default();
    begin(cluster, &mut text);
    looks.iter().for_each(|look| text.add(&did(Place::default(), look)));
    text.dids(deeds);
    let here = cluster.place();
    text.record(Record::Reached(here));
    if expect {
        // What is asked for here is meant, even in a run whose own expectations are remarks.
        let remarks = cluster.unmet() == Unmet::Remark;
        let mut ask = |command: &Command| text.add(&did(here, command));
        if remarks {
            ask(&Command::Deed(Deed::Lab(LabAct::Expects(Unmet::Fail))));
        }
        for line in holding(cluster) {
            if let Ok(command) = parse_line(&format!("expect {line}")) {
                ask(&command);
            }
        }
        if remarks {
            ask(&Command::Deed(Deed::Lab(LabAct::Expects(Unmet::Remark))));
        }
    }
    text.0
}

/// The script that plays, with the seed that it plays with; for a free lab, its head.
fn begin(cluster: &Cluster, text: &mut Lines) {
    let seed = cluster.config().seed;
    let Some(script) = cluster.script() else {
        return head_of(cluster.config()).iter().for_each(|line| text.add(line));
    };
    let raft = cluster.config().raft.as_ref();
    if script.seed() == seed && raft.is_none() {
        return script.source.iter().for_each(|line| text.add(line));
    }
    let reseeded = (script.seed() != seed).then_some(seed);
    // Where its module is, and which it was, has to be known wherever the recording lies.
    let change = |head: Setup| Setup { seed: reseeded.or(head.seed), ..head }.with_raft(raft);
    Script::source_with(&script.source, change).iter().for_each(|line| text.add(line));
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
                let word = |text: &str| Text::literal(text).to_string();
                let (key, value) = (word(key), word(&stored.value));
                lines.push(format!("{} holds {key} = {value} @{}", leader.id, stored.version));
            }
        }
    }
    lines.push("safe".to_owned());
    lines.push("linearizable".to_owned());
    lines
}
