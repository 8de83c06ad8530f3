//! Presenter mode: the few keys that a presenter's remote has go from beat to beat. All other keys
//! are those of normal mode, so that one can still act.

use super::look::Way;
use super::{Mode, Session};
use crate::app::input::{Chord, Named};
use crate::app::keymap::{Binding, Jump, KeyMode, Presenter};
use crate::app::moment::Moment;
use crate::cluster::command::{Command, Tell};
use crate::cluster::timeline::Goal;
use crate::ui::view::{Marks, Question, Stage, Stands};

/// Whether somebody presents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Presenting {
    #[default]
    No,
    Yes,
    /// The screen is black and time stands; this is why it stood before.
    Black(Option<Stands>),
}

impl Session {
    /// F5: begins to present, or ends it.
    pub(super) fn present(&mut self) {
        match self.presenting {
            Presenting::No => {
                self.begin_presenting();
                self.note(match self.cluster.script() {
                    Some(_) => "presenting: PgDn next beat, PgUp previous, b black screen, Esc ends it",
                    None => "presenting: PgDn pause or resume, PgUp step back, b black screen, Esc ends it",
                });
            }
            Presenting::Yes | Presenting::Black(_) => self.stop_presenting(),
        }
    }

    pub fn begin_presenting(&mut self) {
        self.presenting = Presenting::Yes;
        // Notes in a second terminal follow the recording.
        self.record_all();
    }

    /// F: the caption, the map and the logs alone, and back.
    pub fn toggle_big(&mut self) {
        match self.view.size {
            Marks::Usual => {
                self.view.size = Marks::Big;
                self.note("big: caption, map and logs alone; F shows all panes again");
            }
            Marks::Big => self.view.size = Marks::Usual,
        }
    }

    fn stop_presenting(&mut self) {
        self.presenting = Presenting::No;
        self.note("presenter mode is over: F5 begins it again");
    }

    /// What a key does in the present mode. A presenter's keys come before those of normal mode.
    pub(super) fn bound(&self, pressed: Chord) -> Option<&'static Binding> {
        let presents = matches!(self.mode, Mode::Normal) && self.presents();
        let presenters = presents.then(|| self.keys.lookup(KeyMode::Presenter, pressed)).flatten();
        presenters.or_else(|| self.keys.lookup(self.mode.keys(), pressed))
    }

    /// Whether a key does something now. Letters may also be typed.
    pub fn knows(&self, pressed: Chord) -> bool {
        self.bound(pressed).is_some()
    }

    pub(super) fn presents(&self) -> bool {
        self.presenting != Presenting::No
    }

    /// Whether there is nothing to be seen.
    pub(super) const fn is_black(&self) -> bool {
        matches!(self.presenting, Presenting::Black(_))
    }

    /// A key was pressed on a black screen: what was there comes back, as it was.
    pub(super) fn lighten(&mut self) {
        if let Presenting::Black(halt) = &mut self.presenting {
            self.halt = halt.take();
            self.presenting = Presenting::Yes;
        }
    }

    /// A key of the remote where something is open that does not know it. What the class has said, if
    /// that was being typed, is taken as it stands.
    pub(super) fn leave_for_remote(&mut self, pressed: Chord) {
        let counts = match &self.mode {
            Mode::Prompt(line) => pressed == Chord::Key(Named::PageDown) && line.is_answer(),
            _ => false,
        };
        if counts && self.question_stage() == Some(Stage::Asked) {
            drop(self.run_line());
            if matches!(self.mode, Mode::Normal) {
                return;
            }
        }
        self.mode = Mode::Normal;
        self.notice = None;
        if let Some(binding) = self.bound(pressed) {
            drop(self.act(binding, pressed));
        }
    }

    pub(super) fn present_by(&mut self, action: Presenter) {
        match action {
            Presenter::Next | Presenter::Time if self.may_reveal() => self.reveal(),
            // Without a script there are no beats to go by.
            Presenter::Next if self.cluster.script().is_none() => self.toggle_time(),
            Presenter::Previous if self.cluster.script().is_none() => self.jump_back(Jump::Shown),
            Presenter::First if self.cluster.script().is_none() => {
                self.refuse("no script is playing, so there is no first beat");
            }
            // A beat that one waits for is skipped to; from one that stands time goes on.
            Presenter::Next if self.halt.is_some() && self.stopped_for_good().is_none() => {
                self.go_on_to_beat();
            }
            Presenter::Next => self.go_by_beat(Way::Forwards),
            Presenter::Previous => self.go_by_beat(Way::Back),
            Presenter::First => match self.player.beats_seen().head().copied() {
                Some(first) => self.back_in_script(first),
                None => self.go_there(&Moment::Beat(1)),
            },
            Presenter::Time => self.toggle_time(),
            Presenter::Black => {
                let halt = self.halt.replace(Stands::Paused);
                self.presenting = Presenting::Black(halt);
            }
            Presenter::Leave => self.stop_presenting(),
            Presenter::Stay => self.refuse("presenter mode: press Esc first, then q"),
        }
    }

    /// Whether the key that goes on answers the question: one stands, and no line of the script
    /// answers it later.
    pub(super) fn may_reveal(&self) -> bool {
        let stands = self.question_stage() == Some(Stage::Asked) && self.halt.is_some();
        stands && !self.is_past() && !self.script_reveals()
    }

    /// Whether a question to the class stands, or has been answered.
    pub(super) fn question_stage(&self) -> Option<Stage> {
        self.player.question().map(|question| question.stage)
    }

    /// Whether the script has a line that answers the question which stands.
    pub(super) fn script_reveals(&self) -> bool {
        let Some(script) = self.cluster.script().filter(|_| !self.cluster.finished()) else {
            return false;
        };
        let here = self.player.line();
        let later = script.lines.iter().filter(|line| line.number > here);
        let mut turns =
            later.filter(|line| matches!(line.command, Command::Tell(Tell::Ask(_) | Tell::Reveal)));
        turns.next().is_some_and(|line| line.command == Command::Tell(Tell::Reveal))
    }

    /// Marks which choices are so.
    pub(super) fn reveal(&mut self) {
        self.apply(&Tell::Reveal.into(), "");
    }

    /// Marks which choices are so, of a session that nobody holds in his hands.
    ///
    /// # Errors
    /// When no question stands.
    pub fn reveal_now(&mut self) -> Result<(), String> {
        match self.question_stage() {
            Some(Stage::Asked) => {
                self.try_apply(&Tell::Reveal.into(), "").map_err(|refusal| refusal.to_string())
            }
            Some(Stage::Revealed) | None => {
                Err("no question stands at that moment: --reveal answers one".to_owned())
            }
        }
    }

    /// The question that was answered last of those that were explained, and the reason given.
    pub fn explained(&self) -> Option<(&Question, &str)> {
        self.player.why().map(|(question, why)| (&**question, &**why))
    }

    /// How many beats have come.
    pub fn beats(&self) -> usize {
        self.player.beats_seen().len()
    }

    /// Time goes on, if the script can still come to a beat.
    fn go_on_to_beat(&mut self) {
        if self.cluster.finished() && !self.is_past() {
            return self
                .refuse("the script has come to its end: PgUp goes back, Esc ends presenting");
        }
        if self.rests_by_hand() && !self.is_past() {
            return self.refuse("lab time is paused, for all is by hand: M, then a, ends that");
        }
        self.go_on();
    }

    /// From beat to beat: back to the last before now, or on to the next.
    fn go_by_beat(&mut self, way: Way) {
        let here = self.cluster.point();
        let seen = match way {
            Way::Back => {
                let seen = self.player.beats_seen();
                seen.iter().rev().find(|point| **point < here).copied()
            }
            Way::Forwards => self.newest_player().and_then(|newest| {
                newest.beats_seen().iter().find(|point| **point > here).copied()
            }),
        };
        match (seen, way) {
            (Some(point), Way::Back) => self.back_in_script(point),
            (Some(point), Way::Forwards) => self.seek(Goal::Point(point)),
            (None, Way::Back) => self.refuse("there is no beat before this"),
            (None, Way::Forwards) => self.go_there(&Moment::Beat(self.player.beat().0 + 1)),
        }
    }
}
