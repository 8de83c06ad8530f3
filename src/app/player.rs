//! The player: what a script tells those who watch it. Captions, beats, where it stands.
//!
//! The script's tasks run inside the cluster; the player reads their events. It keeps a caption
//! up long enough to be read before the script says or does the next thing, counts the beats,
//! and knows how many there are.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::cluster::command::{Command, Nature, Script};
use crate::cluster::event::EventKind;
use crate::ui::view::ScriptPlace;

/// A caption without a beat holds this long, and a little longer for each of its characters.
const HOLD: Duration = Duration::from_millis(1_500);
const HOLD_A_CHARACTER: Duration = Duration::from_millis(50);

/// Follows the script of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Player {
    caption: Option<Arc<str>>,
    /// How much longer the caption has to stay.
    hold: Duration,
    line: u32,
    beat: u32,
    beats: u32,
}

impl Player {
    pub fn new(script: &Script) -> Self {
        let beats = script.lines.iter().filter(|line| line.command == Command::Beat);
        Self { beats: beats.count() as u32, ..Self::default() }
    }

    /// An event of the cluster has been seen.
    pub fn saw(&mut self, event: &EventKind) {
        match event {
            EventKind::Said { text } => {
                let characters = text.chars().count() as u32;
                self.hold = HOLD.saturating_add(HOLD_A_CHARACTER.saturating_mul(characters));
                self.caption = Some(text.clone());
            }
            EventKind::LineRun { line, .. } => self.line = *line,
            EventKind::Beat => self.beat += 1,
            _ => {}
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

    /// The caption has been read.
    pub const fn release(&mut self) {
        self.hold = Duration::ZERO;
    }

    pub const fn caption(&self) -> Option<&Arc<str>> {
        self.caption.as_ref()
    }

    /// Which beat this is, and of how many. A loop may have more than the script has lines.
    pub fn beat(&self) -> (u32, u32) {
        (self.beat, self.beats.max(self.beat))
    }

    /// Where the script stands.
    pub fn place(&self, script: &Script) -> ScriptPlace {
        let of = script.source.len() as u32;
        ScriptPlace { name: script.name.clone(), line: self.line, of }
    }
}

/// Whether a command waits for a caption to be read: it does or says something. A beat holds the
/// caption by itself, and what only looks or lets time pass takes nothing away from it.
fn waits(command: &Command) -> bool {
    match command.nature() {
        Nature::Fault | Nature::Deed => true,
        Nature::Telling => matches!(command, Command::Say(_)),
        Nature::Head | Nature::Block | Nature::Flow => false,
    }
}
