//! A whole script: its head and its lines, checked before the first of them runs.

use std::sync::Arc;

use super::recording::{Doings, Recording};
use super::{Command, Diagnostic, Head, Setup, Text};
use crate::cluster::config::Config;
use crate::cluster::flaw::{Breaks, Flaw};
use crate::cluster::guest::Program;

/// The most lines that a script may have, and the most bytes.
pub const LINES_MAX: usize = 100_000;
/// The most tasks that a run may start, `every` lines that may be at work, commands that may wait
/// for their places, and marks: a loop can ask for any number of them.
pub const TASKS_MAX: usize = 10_000;
pub const RECURRING_MAX: usize = 1_000;
pub const SCHEDULED_MAX: usize = LINES_MAX;
pub const MARKS_MAX: usize = 10_000;

/// The most lines that may run at one moment, in all tasks. A block of lines that takes no time is
/// refused above ten million lines (`Blocks`); a script may well have two of them,
/// which take seconds. `task/loops.rs` stops what runs in circles long before.
pub const LINES_NOW_MAX: u32 = 20_000_000;
/// The most rounds in a row, of all loops of a task, in which no lab time passes and nothing
/// happens.
pub const IDLE_ROUNDS_MAX: u32 = 100;
/// The most rounds in a row, of all loops of a task, in which no lab time passes.
pub const ROUNDS_NOW_MAX: u32 = 10_000;
pub const BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest line, in bytes, and the deepest nesting of blocks.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
pub const DEPTH_MAX: usize = 16;
/// The most mistakes that are reported one by one.
pub const MISTAKES_SHOWN: usize = 50;

/// A script that is known to be well formed. Cheap to clone: tasks and checkpoints share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What it is called on the screen and in reports: the file's name.
    pub name: Arc<str>,
    /// What it shows, if it shows what a flaw does.
    pub shows: Option<Shows>,
    /// Which of its two runs this is, if it shows a flaw.
    pub variant: Variant,
    /// What a player may do in it, if it is a challenge.
    pub challenge: Option<Arc<Challenge>>,
    /// From the head; the seed may be replaced from outside.
    pub config: Config,
    /// The commands after the head, in order.
    pub lines: Arc<[Line]>,
    /// What its `did` lines say was done from outside.
    pub doings: Doings,
    /// What was recorded of a session that played it.
    pub recording: Option<Arc<Recording>>,
    /// The text as it was read, a line each, for showing and reporting.
    pub source: Arc<[Box<str>]>,
}

/// The head's `shows`: a flaw, and what it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shows {
    pub flaw: Flaw,
    pub breaks: Breaks,
}

/// The head's `challenge`: what the player may do between `turn` and `judge`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub name: Text,
    /// How many commands.
    pub commands: u32,
    /// The verbs of the commands.
    pub allow: Vec<Text>,
    /// As few commands as are known to do; none where it can't be done.
    pub par: Option<u32>,
}

/// Where the player's part of a challenge stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Before,
    Open,
    Over,
}

impl Challenge {
    /// "crash, cut".
    pub fn allowed(&self) -> String {
        let words: Vec<&str> = self.allow.iter().map(Text::as_str).collect();
        words.join(", ")
    }

    /// "who-can-win is met with 1 command, par 1."
    pub fn met(&self, used: u32) -> String {
        let commands = if used == 1 { "command" } else { "commands" };
        let par = self.par.map(|par| format!(", par {par}")).unwrap_or_default();
        format!("{} is met with {used} {commands}{par}.", self.name.as_str())
    }
}

/// The two runs of a script that shows a flaw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    #[default]
    With,
    Without,
}

impl Variant {
    pub const ALL: [Self; 2] = [Self::With, Self::Without];

    /// As it stands before a line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::With => "with:",
            Self::Without => "without:",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.word() == word)
    }
}

/// One command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's number in the file, counted from one.
    pub number: u32,
    pub command: Command,
    /// The only run in which it does anything.
    pub only: Option<Variant>,
    /// For a line that opens a block: where in `lines` its `end` stands, or for an `if` that
    /// has one, its `else`; for that `else`, where the `end` stands. For an `end`: where the line
    /// stands that points to it. Otherwise the line's own place.
    pub partner: u32,
}

impl Script {
    /// Reads a script. Every mistake is reported, not only the first; after
    /// [`MISTAKES_SHOWN`] of them one more says how many there are besides.
    ///
    /// # Errors
    /// All that is wrong with the script, in the order of its lines.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        super::check::parse_script(name, bytes)
    }

    /// The runs that it stands for: one, or two if it shows a flaw.
    pub fn variants(&self) -> impl Iterator<Item = Self> {
        let both: &[Variant] = if self.shows.is_some() { &Variant::ALL } else { &[Variant::With] };
        both.iter().map(|variant| Self { variant: *variant, ..self.clone() })
    }

    /// Its text, with another line `cluster`; before all others, if it has none.
    pub fn source_with(source: &[Box<str>], change: impl Fn(Setup) -> Setup) -> Vec<String> {
        let head = |line: &str| match super::parse_line(line) {
            Ok(Command::Head(Head::Cluster(head))) => Some(head),
            Ok(_) | Err(_) => None,
        };
        let print = |setup| Command::Head(Head::Cluster(change(setup))).to_string();
        // Only the first such line is one: the others are texts that no line runs.
        let place = source.iter().position(|line| head(line).is_some());
        let first = place.is_none().then(|| print(Setup::default()));
        let lines = source.iter().enumerate().map(|(number, line)| {
            let head = if place == Some(number) { head(line) } else { None };
            head.map_or_else(|| line.to_string(), &print)
        });
        first.into_iter().chain(lines).collect()
    }

    /// The script without what was recorded while it played.
    #[must_use]
    pub fn alone(&self) -> Self {
        let Some(recording) = &self.recording else { return self.clone() };
        let source = self.source[..recording.line as usize - 1].into();
        Self { recording: None, source, ..self.clone() }
    }

    /// All that is done to it from outside while it plays.
    pub fn all_doings(&self) -> Doings {
        match &self.recording {
            Some(recording) => self.doings.and(&recording.doings),
            None => self.doings.clone(),
        }
    }

    /// The seed with which it plays when nobody says otherwise.
    pub fn seed(&self) -> u64 {
        let recorded = self.recording.as_ref().and_then(|recording| recording.header.seed);
        recorded.unwrap_or(self.config.seed)
    }

    /// The flaw that this run has from its start.
    pub fn planted(&self) -> Option<Flaw> {
        match self.variant {
            Variant::With => self.shows.map(|shows| shows.flaw),
            Variant::Without => None,
        }
    }
}

impl Script {
    /// Gives its servers the Raft that it names, once that has been read.
    ///
    /// # Errors
    /// Why it can't be played with this one.
    pub fn host(&mut self, program: Arc<Program>) -> Result<(), String> {
        let has_logs = self.config.given.iter().any(|given| !given.log.is_empty());
        if program.serves() && has_logs {
            return Err(
                "servers begin with entries (`given`), and what its entries hold, only the \
                        module knows: it is the whole service"
                    .to_owned(),
            );
        }
        if let Some(shows) = self.shows {
            return Err(format!(
                "the script shows {}, a flaw of the lab's own Raft; a guest brings its own",
                shows.flaw
            ));
        }
        if let Some(raft) = &mut self.config.raft {
            program.takes(&raft.params)?;
            raft.hash = Some(program.hash());
            raft.program = Some(program);
        }
        Ok(())
    }
}
