//! Recordings: what was done by hand, in a form that is played again exactly.
//!
//! A recording is the script that was played (for a free lab, its head), and after it what was done:
//!
//! ```text
//! cluster servers=5 seed=7 network=classroom
//! clients a b c
//! recording form=1 engine=1
//! watch term
//! did 1.203441s+2 crash S3
//! did 2.5s+0+1 set x 1 client=a
//! reached 4.9s+3
//! ```
//!
//! Where futures were left for others, a `branch` stands after each, and the present one comes last.
//!
//! `did PLACE COMMAND` is no line that runs: it says what was done from outside, at a place that
//! nothing else in the run has. So it has all that the prompt takes, means the same there, and may
//! stand in any order. `reached PLACE` keeps the run going at least as far. Scripts may have both;
//! what stands after `recording` is the lab's own, and no comment means anything to it.

use std::sync::Arc;

use super::check::Report;
use super::lex::Spot;
use super::{Command, Condition, Pace, Place, Tell, Text, Watched};

/// The number of the form that is written and read.
pub const FORM: u32 = 1;
/// The most futures that are kept beside the present one. The oldest goes first.
pub const BRANCHES_MAX: usize = 100;

const NO_RECORDING: &str = "no recording has begun: `recording form=...` comes first";

/// A line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// What follows was recorded.
    Begins(Header),
    /// This was done at a place.
    Did {
        place: Place,
        command: Box<Command>,
    },
    /// The run came as far as this.
    Reached(Place),
    /// A future that was left ends here. The next has as many of its commands first.
    Branch {
        same: u32,
    },
    Bookmark(Place),
}

/// `recording form=1 engine=1 ...`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub form: u32,
    /// The number of the engine's rules by which it was recorded.
    pub engine: u32,
    /// The seed, if it was not the script's own.
    pub seed: Option<u64>,
    /// What the script was called.
    pub script: Option<Text>,
}

/// Something that was done from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Did {
    /// The line that says so, by its number in the file.
    pub line: u32,
    pub place: Place,
    pub command: Arc<Command>,
}

/// What was done, by place, and how far the run came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doings {
    pub deeds: Arc<[Did]>,
    pub reached: Option<Place>,
}

/// A recording, as it stands after a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The number of its first line in the file.
    pub line: u32,
    pub header: Header,
    /// The futures that were left, and the present one.
    pub left: Vec<Doings>,
    pub doings: Doings,
    /// What was on the screen, or stood time still, in the end.
    pub watched: Vec<Watched>,
    pub breakpoints: Vec<Breakpoint>,
    pub pace: Option<Pace>,
    pub bookmarks: Vec<Place>,
}

/// A condition that stands time still while it is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakpoint {
    pub condition: Condition,
    pub on: bool,
}

impl Default for Doings {
    fn default() -> Self {
        Self { deeds: Arc::new([]), reached: None }
    }
}

impl Doings {
    pub fn is_empty(&self) -> bool {
        self.deeds.is_empty() && self.reached.is_none()
    }

    /// Both together: of two at one place the other's come later.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut deeds: Vec<Did> = self.deeds.iter().chain(&*other.deeds).cloned().collect();
        deeds.sort_by_key(|did| did.place);
        Self { deeds: deeds.into(), reached: self.reached.max(other.reached) }
    }
}

/// The lines of a script that record something, while they are read.
#[derive(Default)]
pub(super) struct Records {
    /// Before the recording, and in it.
    own: Gathered,
    recording: Option<Recording>,
    recorded: Gathered,
}

#[derive(Default)]
struct Gathered {
    deeds: Vec<Did>,
    reached: Option<Place>,
}

impl Gathered {
    fn doings(&self) -> Doings {
        let mut deeds = self.deeds.clone();
        deeds.sort_by_key(|did| did.place);
        Doings { deeds: deeds.into(), reached: self.reached }
    }
}

impl Records {
    /// Whether the script is over, and the lab's own lines have begun.
    pub const fn have_begun(&self) -> bool {
        self.recording.is_some()
    }

    /// Whether they are in a newer form: what follows is not for this program to read.
    pub fn are_foreign(&self) -> bool {
        self.recording.as_ref().is_some_and(|recording| recording.header.form > FORM)
    }

    /// Takes a line that is no line of the script; `None` if it could not be read.
    pub fn take(
        &mut self,
        report: &mut Report,
        (number, spot): (u32, Spot),
        command: Option<&Command>,
    ) {
        let Some(Command::Record(record)) = command else {
            return self.take_other(report, (number, spot), command);
        };
        let at = match &mut self.recording {
            Some(_) => &mut self.recorded,
            None => &mut self.own,
        };
        match record {
            Record::Did { place, command } => {
                let command = Arc::new((**command).clone());
                at.deeds.push(Did { line: number, place: *place, command });
            }
            // A saved script that was played on says it again.
            Record::Reached(place) => at.reached = at.reached.max(Some(*place)),
            Record::Branch { same } => self.branch(report, (number, spot), *same),
            Record::Bookmark(place) => match &mut self.recording {
                Some(recording) => recording.bookmarks.push(*place),
                None => report.note(number, spot, NO_RECORDING.into(), None),
            },
            Record::Begins(header) => match &self.recording {
                Some(Recording { line, .. }) => {
                    let message = format!("line {line} has begun the recording already");
                    report.note(number, spot, message, None);
                }
                None => {
                    self.recording = Some(Recording {
                        line: number,
                        header: header.clone(),
                        left: Vec::new(),
                        doings: Doings::default(),
                        watched: Vec::new(),
                        breakpoints: Vec::new(),
                        pace: None,
                        bookmarks: Vec::new(),
                    });
                }
            },
        }
    }

    /// Another future begins.
    fn branch(&mut self, report: &mut Report, (number, spot): (u32, Spot), same: u32) {
        let (Some(recording), same) = (&mut self.recording, same as usize) else {
            return report.note(number, spot, NO_RECORDING.into(), None);
        };
        if recording.left.len() >= BRANCHES_MAX {
            let message = format!("a recording has {BRANCHES_MAX} branches at most");
            return report.note(number, spot, message, None);
        }
        let left = self.recorded.doings();
        let of = left.deeds.len();
        if same > of {
            let message = format!("the future before this has {of} commands, not {same}");
            report.note(number, spot, message, None);
        }
        self.recorded = Gathered { deeds: left.deeds[..same.min(of)].to_vec(), reached: None };
        recording.left.push(left);
    }

    /// One that says what was on the screen, or a line of the script by mistake.
    fn take_other(
        &mut self,
        report: &mut Report,
        (number, spot): (u32, Spot),
        command: Option<&Command>,
    ) {
        let Some(recording) = &mut self.recording else { return };
        match command {
            Some(Command::Tell(Tell::Watch(what))) => recording.watched.push(what.clone()),
            Some(Command::Tell(Tell::Break(condition))) => {
                let condition = condition.clone();
                recording.breakpoints.push(Breakpoint { condition, on: true });
            }
            Some(Command::Tell(Tell::Unbreak(condition))) => {
                let condition = condition.clone();
                recording.breakpoints.push(Breakpoint { condition, on: false });
            }
            Some(Command::Tell(Tell::Pace(pace))) => recording.pace = Some(*pace),
            Some(_) => {
                let message = format!("line {} has begun the recording", recording.line);
                let help = "lines of the script stand before it";
                report.note(number, spot, message, Some(help.into()));
            }
            // It could not be read, which has been said.
            None => {}
        }
    }

    pub fn finish(self) -> (Doings, Option<Arc<Recording>>) {
        let doings = self.recorded.doings();
        let recording = self.recording.map(|recording| Arc::new(Recording { doings, ..recording }));
        (self.own.doings(), recording)
    }
}
