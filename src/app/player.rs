//! The player: what a script tells those who watch it. Captions, beats, where it stands.
//!
//! The script's tasks run inside the cluster; the player reads their events. It keeps a caption
//! up long enough to be read before the script says or does the next thing, counts the beats,
//! and knows how many there are. It remembers where in the run each line, beat and mark came, so
//! that one can go back there. It is kept with the checkpoints of the timeline, so what it
//! remembers shares its structure with older copies.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::command::{self, Command, Deed, Flow, LabAct, NodeName, Script, Tell};
use crate::cluster::event::{EventKind, LabEvent, ScriptEvent};
use crate::cluster::time::Time;
use crate::cluster::timeline::{Point, Watcher};
use crate::cluster::{Cause, Cluster};
use crate::ui::view::{About, Came, Choice, Pointed, Question, Said, ScriptPlace, SeenLine, Stage};

/// A caption without a beat holds this long, and a little longer for each of its characters.
const HOLD: Duration = Duration::from_millis(1_500);
const HOLD_A_CHARACTER: Duration = Duration::from_millis(50);
/// The most beats and marks that are remembered: a loop may pass by any number of them.
const REMEMBERED_MAX: usize = 10_000;

/// Follows the script of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Player {
    caption: Option<Arc<str>>,
    /// When it was said.
    said: Time,
    /// What the class is asked, and where it was answered.
    question: Option<Arc<Question>>,
    posed: Point,
    answered: Option<Point>,
    /// A question was answered, and nothing was done or said since.
    revealed: bool,
    /// The caption was the first thing after that: it says why.
    explains: bool,
    /// The script has questions: what it says is of what is seen then.
    asks: bool,
    /// The question that was answered last, while nothing is said; then with what was said first.
    unexplained: Option<Arc<Question>>,
    why: Option<(Arc<Question>, Arc<str>)>,
    /// Where the oracle was asked about it.
    oracle: Option<Point>,
    /// Notes for the presenter, and what is spoken of: up to the line after the next beat.
    asides: imbl::Vector<Arc<str>>,
    pointed: Option<Pointed>,
    passed: bool,
    /// How much longer the caption has to stay.
    hold: Duration,
    line: u32,
    beat: u32,
    beats: u32,
    /// The lines that have run, by their numbers in the file.
    lines: imbl::OrdMap<u32, SeenLine>,
    /// The line that each task has run last, by the task's number.
    tasks: imbl::OrdMap<u32, u32>,
    /// Where the beats came, in order, and the marks.
    beats_seen: imbl::Vector<Point>,
    marks_seen: imbl::OrdMap<Arc<str>, Point>,
    /// Where the script came to its end.
    ended: Option<Point>,
    /// What was commanded last, and where the run was then.
    commanded: Option<(Point, Arc<Deed<NodeName>>)>,
}

impl Watcher for Player {
    fn saw(&mut self, cluster: &Cluster) {
        let here = cluster.point();
        if let Some(did) = cluster.just_redone() {
            let expects = matches!(*did.command, Command::Flow(Flow::Expect(_)));
            let came = if expects { Came::Held } else { Came::Ran };
            self.line = did.line;
            self.lines.insert(did.line, SeenLine { came, at: here });
        }
        for event in cluster.events() {
            // What a lesson said is of its own course. A task's words still stand.
            if self.asks && matches!(event.cause, Cause::Command(_)) && does_something(&event.kind)
            {
                self.caption = None;
            }
            self.heard(&event.kind, here);
        }
    }
}

fn does_something(event: &EventKind) -> bool {
    match event {
        EventKind::Lab(LabEvent::Commanded { command }) => {
            !matches!(**command, Deed::Lab(LabAct::Expects(_)))
        }
        _ => false,
    }
}

impl Player {
    pub fn new(script: &Script) -> Self {
        let beats = script.lines.iter().filter(|line| is_beat(&line.command));
        let asks =
            script.lines.iter().any(|line| matches!(line.command, Command::Tell(Tell::Ask(_))));
        Self { beats: beats.count() as u32, asks, ..Self::default() }
    }

    fn heard(&mut self, event: &EventKind, here: Point) {
        self.heed_answered(event, here);
        match event {
            EventKind::Script(event) => self.told(event, here),
            EventKind::Lab(LabEvent::Commanded { command }) => {
                self.commanded = Some((here, command.clone()));
                self.revealed = false;
            }
            _ => {}
        }
    }

    /// The script says this.
    fn told(&mut self, event: &ScriptEvent, here: Point) {
        match event {
            ScriptEvent::Said { text } => {
                let characters = text.chars().count() as u32;
                self.hold = HOLD.saturating_add(HOLD_A_CHARACTER.saturating_mul(characters));
                (self.caption, self.said) = (Some(text.clone()), here.time);
                self.explains = std::mem::take(&mut self.revealed);
                if let Some(question) = self.unexplained.take() {
                    self.why = Some((question, text.clone()));
                }
            }
            ScriptEvent::Posed { question } => {
                (self.answered, self.oracle, self.revealed) = (None, None, false);
                (self.question, self.posed) = (Some(Arc::new(asked(question))), here);
            }
            ScriptEvent::Counted { hands } => self.count(hands),
            ScriptEvent::Revealed { so } => self.reveal(so, here),
            ScriptEvent::OracleAsked => self.oracle = Some(here),
            ScriptEvent::Aside { text } if self.asides.len() < REMEMBERED_MAX => {
                self.asides.push_back(text.clone());
            }
            ScriptEvent::Pointed { servers, entry } => {
                self.pointed = Some(Pointed { servers: *servers, entry: *entry });
            }
            ScriptEvent::LineRun { task, line } => {
                self.begin_line();
                self.line = *line;
                self.tasks.insert(*task, *line);
                self.lines.insert(*line, SeenLine { came: Came::Ran, at: here });
            }
            ScriptEvent::Expected { line, .. } => self.came(*line, Came::Held),
            ScriptEvent::Remarked { line, .. } => self.came(*line, Came::Remarked),
            ScriptEvent::Failed { line, .. } => self.came(*line, Came::Failed),
            ScriptEvent::TaskEnded { task } => drop(self.tasks.remove(task)),
            ScriptEvent::Beat => {
                self.passed = true;
                self.beat += 1;
                if self.beats_seen.len() < REMEMBERED_MAX {
                    self.beats_seen.push_back(here);
                }
            }
            ScriptEvent::Marked { name } if self.marks_seen.len() < REMEMBERED_MAX => {
                self.marks_seen.insert(name.clone(), here);
            }
            ScriptEvent::ScriptEnded => self.ended = Some(here),
            _ => {}
        }
    }

    /// Whether a question stands to which nobody has said anything.
    pub fn is_unanswered(&self) -> bool {
        self.question.as_ref().is_some_and(|question| {
            question.stage == Stage::Asked
                && question.choices.iter().all(|choice| matches!(choice.said, Said::Nothing))
        })
    }

    /// The question that was answered last of those after which the script said something, and what it
    /// said first: why that is so.
    pub const fn why(&self) -> Option<&(Arc<Question>, Arc<str>)> {
        self.why.as_ref()
    }

    /// What was commanded last, and where the run was then.
    pub const fn commanded(&self) -> Option<&(Point, Arc<Deed<NodeName>>)> {
        self.commanded.as_ref()
    }

    /// What was marked as right goes when time or the script goes on.
    fn heed_answered(&mut self, event: &EventKind, here: Point) {
        let Some(at) = self.answered else { return };
        let goes_on = here.time > at.time
            || matches!(
                event,
                EventKind::Script(ScriptEvent::LineRun { .. } | ScriptEvent::Said { .. })
            );
        if goes_on {
            (self.answered, self.oracle) = (None, None);
            self.question = None;
        }
    }

    /// The first line after a beat: what belonged to that is over.
    fn begin_line(&mut self) {
        if std::mem::take(&mut self.passed) {
            self.asides.clear();
            self.pointed = None;
        }
    }

    /// The class has said something.
    fn count(&mut self, hands: &[u32]) {
        let Some(question) = self.question.as_mut().map(Arc::make_mut) else { return };
        for (place, choice) in question.choices.iter_mut().enumerate() {
            choice.said = match hands {
                [chosen] if *chosen as usize == place + 1 => Said::Chosen,
                [_] => Said::Nothing,
                many => many.get(place).map_or(Said::Nothing, |hands| Said::Hands(*hands)),
            };
        }
    }

    /// It is known which choices are so. Where the lab can't say, the question is over.
    fn reveal(&mut self, so: &[Option<bool>], here: Point) {
        if so.iter().all(Option::is_none) {
            self.question = None;
        }
        let Some(question) = self.question.as_mut().map(Arc::make_mut) else { return };
        question.stage = Stage::Revealed;
        self.revealed = true;
        // What was said before the question is of what was to be seen then.
        if here.time > self.said {
            self.caption = None;
        }
        for (choice, so) in question.choices.iter_mut().zip(so) {
            choice.so = *so;
        }
        self.answered = Some(here);
        self.unexplained.clone_from(&self.question);
    }

    /// What a line that has run has come to.
    fn came(&mut self, line: u32, came: Came) {
        if let Some(seen) = self.lines.get_mut(&line) {
            seen.came = came;
        }
    }

    /// Room time passes.
    pub fn tick(&mut self, elapsed: Duration) {
        self.hold = self.hold.saturating_sub(elapsed);
    }

    /// Whether the next thing of the script, if it is due now, has to wait for the caption.
    pub fn holds(&self, cluster: &Cluster) -> bool {
        !self.hold.is_zero() && cluster.next_line().is_some_and(|line| waits(&line.command))
    }

    /// The question that comes next, while the caption that leads to it is read: what it is about.
    pub fn asks_next(&self, cluster: &Cluster) -> Option<About> {
        match &cluster.next_line().filter(|_| !self.explains)?.command {
            Command::Tell(Tell::Ask(question)) => Some(about(question)),
            _ => None,
        }
    }

    /// The caption has been read.
    pub const fn release(&mut self) {
        self.hold = Duration::ZERO;
    }

    pub const fn caption(&self) -> Option<&Arc<str>> {
        self.caption.as_ref()
    }

    /// What the class is asked.
    pub const fn question(&self) -> Option<&Arc<Question>> {
        self.question.as_ref()
    }

    /// Where it was asked.
    pub const fn posed(&self) -> Point {
        self.posed
    }

    /// Where the oracle was asked about it, if it was.
    pub const fn oracle(&self) -> Option<Point> {
        self.oracle
    }

    /// Notes for the presenter.
    pub const fn asides(&self) -> &imbl::Vector<Arc<str>> {
        &self.asides
    }

    /// What is spoken of.
    pub const fn pointed(&self) -> Option<Pointed> {
        self.pointed
    }

    /// Which beat this is, and of how many. A loop may have more than the script has lines.
    pub fn beat(&self) -> (u32, u32) {
        (self.beat, self.beats.max(self.beat))
    }

    /// The line that has run last.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// A line that has run, and where it did so last.
    pub fn seen(&self, line: u32) -> Option<SeenLine> {
        self.lines.get(&line).copied()
    }

    /// Where the beats came so far.
    pub const fn beats_seen(&self) -> &imbl::Vector<Point> {
        &self.beats_seen
    }

    /// Where the marks came so far, by their names.
    pub const fn marks_seen(&self) -> &imbl::OrdMap<Arc<str>, Point> {
        &self.marks_seen
    }

    /// Where the script came to its end, if it has.
    pub const fn ended(&self) -> Option<Point> {
        self.ended
    }

    /// Where the script stands.
    pub fn place(&self, script: &Script, departed: bool) -> ScriptPlace {
        let mut current: Vec<u32> = self.tasks.values().copied().collect();
        current.sort_unstable();
        current.dedup();
        ScriptPlace {
            name: script.name.clone(),
            line: self.line,
            of: script.source.len() as u32,
            source: script.source.clone(),
            seen: self.lines.clone(),
            current,
            departed,
        }
    }
}

/// Whether a command waits for a caption to be read: it does or says something. A beat holds the
/// caption by itself, and what only looks or lets time pass takes nothing away from it.
fn waits(command: &Command) -> bool {
    match command {
        Command::Deed(_) => true,
        Command::Tell(tell) => matches!(tell, Tell::Say(_)) || is_turn(tell),
        Command::Head(_) | Command::Record(_) | Command::Block(_) | Command::Flow(_) => false,
    }
}

/// The measures that tell what is committed, and who has whose vote.
const COMMITS: &[&str] = &["committed", "applied", "holds", "value", "version"];
const VOTES: &[&str] = &["vote"];

fn about(question: &command::Question) -> About {
    About { commits: question.asks(COMMITS), votes: question.asks(VOTES) }
}

/// Whether a line of a script stands still. One that asks or reveals does it too.
pub fn is_beat(command: &Command) -> bool {
    matches!(command, Command::Tell(tell) if *tell == Tell::Beat || is_turn(tell))
}

/// Whether it is the class's turn.
const fn is_turn(tell: &Tell) -> bool {
    matches!(tell, Tell::Ask(_) | Tell::Reveal | Tell::Oracle | Tell::Turn)
}

/// A question as it is seen first.
fn asked(question: &command::Question) -> Question {
    let choices = question.choices.iter();
    Question {
        text: question.text.filled(),
        choices: choices
            .map(|choice| Choice {
                text: choice.text.filled(),
                said: Said::Nothing,
                so: None,
                share: None,
                own: false,
            })
            .collect(),
        stage: Stage::Asked,
        about: about(question),
    }
}
