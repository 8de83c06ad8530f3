//! The blocks of a script (`task`, `for`, `repeat`, `loop`, each closed by `end`), the names that
//! are bound in them, and whether lab time can pass in them.
//!
//! A loop in whose body no lab time can pass would run for ever at one moment; it is refused here,
//! and so is a count of rounds that multiplies to more than a run could ever get through.

use std::collections::BTreeSet;

use super::check::Report;
use super::expect::{NEAR_MAX, nearest};
use super::lex::Spot;
use super::quantity::grouped;
use super::script::DEPTH_MAX;
use super::text::Text;
use super::verbs::{ROUNDS_MAX, Verb};
use super::{Block, Command, Deed, Flow};
use crate::cluster::time::Span;

/// The most lines that nested `for` and `repeat` may run without any lab time passing.
const INSTANT_MAX: u64 = 10 * ROUNDS_MAX;

/// What a stretch of lines does to lab time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duration {
    /// It passes, or may pass, in every round.
    Passes,
    /// It does not pass while this many lines run.
    Instant(u64),
    /// A line could not be read, so nobody can say.
    Unknown,
}

impl Duration {
    /// One stretch after the other.
    const fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Passes, _) | (_, Self::Passes) => Self::Passes,
            (Self::Instant(one), Self::Instant(two)) => Self::Instant(one.saturating_add(two)),
        }
    }

    const fn times(self, rounds: u64) -> Self {
        match self {
            Self::Instant(lines) => Self::Instant(lines.saturating_mul(rounds)),
            Self::Passes | Self::Unknown => self,
        }
    }
}

/// A block that is open.
struct Open {
    /// Where its first line stands among the script's commands, and in the file.
    place: u32,
    number: u32,
    spot: Spot,
    verb: &'static str,
    kind: BlockKind,
    bound: Bound,
    duration: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlockKind {
    Task,
    Rounds(u64),
    Loop,
    /// An `if` up to its `else` or `end`.
    If,
    /// An `else`, with what the lines before it do to lab time.
    Else(Duration),
    /// Its first line could not be read.
    Unknown,
}

/// The names that are bound in a block or at the top.
struct Bound {
    names: BTreeSet<Text>,
    /// Whether a line that may have bound more could not be read.
    lost: bool,
}

impl Bound {
    const fn new() -> Self {
        Self { names: BTreeSet::new(), lost: false }
    }
}

/// The blocks that are open, innermost last.
pub(super) struct Blocks {
    open: Vec<Open>,
    top: Bound,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { open: Vec::new(), top: Bound::new() }
    }
}

impl Blocks {
    pub const fn are_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn bound(&mut self) -> &mut Bound {
        self.open.last_mut().map_or(&mut self.top, |block| &mut block.bound)
    }

    /// A line could not be read at all: what may depend on it is not complained about.
    pub fn lose_line(&mut self) {
        self.bound().lost = true;
        self.lose_duration();
    }

    /// A line could not be read well enough to know whether it takes time.
    pub fn lose_duration(&mut self) {
        if let Some(block) = self.open.last_mut() {
            block.duration = Duration::Unknown;
        }
    }

    /// A line that neither opens nor closes a block.
    pub fn line(&mut self, command: Option<&Command>) {
        if let Some(Command::Flow(Flow::Let { name, .. })) = command {
            self.bound().names.insert(name.clone());
        }
        if let (Some(block), Some(command)) = (self.open.last_mut(), command) {
            block.duration = block.duration.then(duration(command));
        }
    }

    /// A line that opens a block.
    pub fn open(
        &mut self,
        report: &mut Report,
        number: u32,
        spot: Spot,
        place: u32,
        verb: &'static Verb,
        command: Option<&Block>,
    ) {
        if self.open.len() == DEPTH_MAX {
            let message = format!("blocks stand inside blocks at most {DEPTH_MAX} deep");
            report.note(number, spot, message, None);
        }
        let mut bound = Bound::new();
        let (kind, name) = match command {
            Some(Block::For { name, first, last }) => {
                (BlockKind::Rounds(u64::from(last.abs_diff(*first)) + 1), Some(name))
            }
            Some(Block::Repeat { count, name }) => {
                (BlockKind::Rounds(u64::from(*count)), name.as_ref())
            }
            Some(Block::LoopFor { name, .. }) => (BlockKind::Loop, name.as_ref()),
            Some(Block::LoopUntil(_)) => (BlockKind::Loop, None),
            Some(Block::Task { .. }) => (BlockKind::Task, None),
            Some(Block::If(_)) => (BlockKind::If, None),
            Some(Block::Else | Block::End) | None => (BlockKind::Unknown, None),
        };
        bound.names.extend(name.cloned());
        bound.lost = kind == BlockKind::Unknown;
        let (verb, duration) = (verb.name, Duration::Instant(0));
        self.open.push(Open { place, number, spot, verb, kind, bound, duration });
    }

    /// An `else`: closes the lines of its `if`, whose place it gives, and opens its own.
    pub fn otherwise(
        &mut self,
        report: &mut Report,
        number: u32,
        spot: Spot,
        place: u32,
    ) -> Option<u32> {
        let lost = self.top.lost || self.open.last().is_some_and(|block| block.bound.lost);
        let Some(block) = self.open.pop_if(|block| block.kind == BlockKind::If) else {
            if !lost {
                let message = "there is no `if` here for this `else`".to_owned();
                report.note(number, spot, message, None);
            }
            return None;
        };
        let (bound, kind) = (Bound::new(), BlockKind::Else(block.duration));
        let duration = Duration::Instant(0);
        self.open.push(Open { place, number, spot, verb: "else", kind, bound, duration });
        Some(block.place)
    }

    /// An `end`; gives the place of the line that it belongs to.
    pub fn close(
        &mut self,
        report: &mut Report,
        number: u32,
        spot: Spot,
        place: u32,
    ) -> Option<u32> {
        let Some(block) = self.open.pop() else {
            if !self.top.lost {
                let message = "there is no block here to end".to_owned();
                report.note(number, spot, message, None);
            }
            return None;
        };
        debug_assert!(block.place <= place);
        let duration = self.checked_duration(report, &block);
        if let Some(outer) = self.open.last_mut() {
            outer.duration = outer.duration.then(duration);
        }
        Some(block.place)
    }

    /// How long a whole block takes; notes when it would take for ever.
    fn checked_duration(&self, report: &mut Report, block: &Open) -> Duration {
        match (block.kind, block.duration) {
            // The line that starts a task does not wait for it.
            (BlockKind::Task, _) => Duration::Instant(1),
            (BlockKind::Unknown, _) | (_, Duration::Unknown) => Duration::Unknown,
            (BlockKind::Loop, Duration::Instant(_)) => {
                let help = "put `run 10ms` or another line that waits into it".to_owned();
                let message = "no lab time can pass in this loop: it would never end".to_owned();
                report.note(block.number, block.spot, message, Some(help));
                Duration::Unknown
            }
            (BlockKind::Rounds(rounds), Duration::Instant(_)) => {
                let whole = block.duration.times(rounds);
                match whole {
                    Duration::Instant(lines) if lines > INSTANT_MAX => {
                        let message = format!(
                            "this `{}` would run {} lines without any lab time passing",
                            block.verb,
                            grouped(lines)
                        );
                        let help = format!("{} lines at most", grouped(INSTANT_MAX));
                        report.note(block.number, block.spot, message, Some(help));
                        Duration::Unknown
                    }
                    Duration::Instant(_) | Duration::Passes | Duration::Unknown => whole,
                }
            }
            (BlockKind::Loop | BlockKind::Rounds(_), Duration::Passes) => Duration::Passes,
            // Lab time is sure to pass only if it does whichever way the condition falls.
            (BlockKind::Else(Duration::Passes), Duration::Passes) => Duration::Passes,
            (BlockKind::If | BlockKind::Else(_), Duration::Passes) => Duration::Instant(1),
            (BlockKind::If | BlockKind::Else(_), instant @ Duration::Instant(_)) => instant,
        }
    }

    /// A `{name}` in a line.
    pub fn hole(&self, report: &mut Report, number: u32, spot: Spot, name: &str) {
        let scopes = || self.open.iter().map(|block| &block.bound).chain([&self.top]);
        let key = Text::new(name);
        if scopes().any(|scope| scope.lost || scope.names.contains(&key)) {
            return;
        }
        let known = scopes().flat_map(|scope| scope.names.iter().map(Text::as_str));
        let help = match nearest(name, known.take(NEAR_MAX)) {
            Some(near) => format!("did you mean {{{near}}}?"),
            None => "`let`, `for`, `repeat` and `loop` bind names".to_owned(),
        };
        let message = format!("nothing is called {{{name}}} here");
        report.note(number, spot, message, Some(help));
    }

    /// The end of the script.
    pub fn finish(&mut self, report: &mut Report) {
        for block in self.open.drain(..) {
            let message = format!("this `{}` has no `end`", block.verb);
            report.note(block.number, block.spot, message, None);
        }
    }
}

/// Whether lab time can pass in a line.
fn duration(command: &Command) -> Duration {
    let runs = matches!(command, Command::Flow(Flow::Run(range)) if range.high > Span::ZERO);
    let asks = matches!(command, Command::Deed(Deed::Operate(order)) if order.is_awaited());
    let waits = matches!(command, Command::Flow(Flow::Until { .. } | Flow::Wait { .. }));
    if runs || asks || waits { Duration::Passes } else { Duration::Instant(1) }
}
