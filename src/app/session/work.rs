//! Long work: whatever may take longer than a frame.
//!
//! To play on to a moment, to go back to one, to look for what was last so, to open a session
//! where it was left, to compare, to reroll: each is a [`Work`], and a session
//! does one at a time. A frame does a piece of it, bounded by its work: a step of the cluster is an
//! event, and a line of a script just as well. Between two pieces keys and signals have their turn
//! and a frame is drawn, so nothing that a run or a script contains can make the lab deaf.
//!
//! What is done in one piece is done within the key press, as if there were no pieces. If it takes
//! longer, keys that are pressed meanwhile wait until it is done; if it takes so long that somebody
//! wonders, a dialog says how far it has come, and Esc stops it.

use std::time::Duration;

use super::dialog::Reading;
use super::past::Search;
use super::play::Play;
use super::replay::Replaying;
use super::reroll::Reroll;
use super::travel::Travel;
use super::{Effect, Mode, Screen, Session};
use crate::app::input::{Chord, Input};
use crate::app::keymap::{Action, Dialog, KeyMode, Keymap};
use crate::cluster::timeline::Point;
use crate::ui::text::Moment;
use crate::ui::view::{self, DialogBody};

/// How much a frame does: so many usual steps. They take some milliseconds.
pub(super) const PIECE: u32 = 4_000;
/// How long one waits before the screen says for what.
const SHOWN_AFTER: Duration = Duration::from_millis(150);
/// The most keys that wait until the work is done.
const AHEAD_MAX: usize = 256;

/// What takes longer than a frame.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Play(Play),
    Travel(Box<Travel>),
    Search(Box<Search>),
    Replay(Box<Replaying>),
    Reroll(Box<Reroll>),
    /// The comparison that is open: it stays when it is done.
    Compare,
}

/// How far a work has come, in words.
pub(super) struct Progress {
    pub title: &'static str,
    pub lines: Vec<String>,
}

impl Progress {
    /// With a bar, if it is known how far it goes.
    pub fn new(title: &'static str, about: String, part: Option<[u64; 2]>, now: String) -> Self {
        let bar = part.map(|[done, of]| [bar(done, of), String::new()]);
        let lines = [about, String::new()].into_iter().chain(bar.into_iter().flatten());
        Self { title, lines: lines.chain([now]).collect() }
    }
}

/// "[#####.....] 50 %".
pub(super) fn bar(done: u64, of: u64) -> String {
    const COLUMNS: usize = 50;
    let (done, of) = (u128::from(done.min(of)), u128::from(of.max(1)));
    let full = (done * COLUMNS as u128 / of) as usize;
    format!("[{}{}] {} %", "#".repeat(full), ".".repeat(COLUMNS - full), done * 100 / of)
}

/// Where a run has come to: "12.345 s, 1,234 steps on".
pub(super) fn gone(from: Point, here: Point) -> String {
    let steps = here.steps.abs_diff(from.steps);
    format!("lab time {} s, after {steps} events and lines", Moment(here.time))
}

impl Session {
    /// Whether something is under way that frames have to go on with.
    pub fn works(&self) -> bool {
        self.work.is_some()
    }

    /// Begins a work, and does as much of it at once as this frame still may.
    pub(super) fn begin(&mut self, work: Work) {
        let shows_itself = matches!(work, Work::Compare);
        if !shows_itself && !matches!(self.mode, Mode::Reading(Reading::Working)) {
            self.open(Reading::Working);
        }
        self.begun.get_or_insert(self.room);
        self.work = Some(work);
        self.work_on();
    }

    /// Goes on with what is under way, as far as this frame may.
    pub(super) fn work_on(&mut self) {
        while self.effort > 0
            && let Some(work) = self.work.take()
        {
            self.screen = Screen::Stale;
            // What is left; or what has come to its end may have begun another.
            if let Some(rest) = self.piece(work) {
                self.work = Some(rest);
            }
        }
        if self.work.is_none() {
            self.begun = None;
        }
    }

    fn piece(&mut self, work: Work) -> Option<Work> {
        match work {
            Work::Play(play) => self.play_on(play).map(Work::Play),
            Work::Travel(travel) => self.travel_on(travel).map(Work::Travel),
            Work::Search(search) => self.search_on(search).map(Work::Search),
            Work::Replay(replaying) => self.replay_on(replaying).map(Work::Replay),
            Work::Reroll(reroll) => self.reroll_on(reroll).map(Work::Reroll),
            Work::Compare => self.compare_on().then_some(Work::Compare),
        }
    }

    /// The work is done: what lies under its dialog is seen again.
    pub(super) fn end_work(&mut self) {
        if let Mode::Reading(Reading::Working) = self.mode {
            self.close();
        }
    }

    /// Somebody has waited long enough.
    pub(super) fn stop_work(&mut self) {
        self.ahead.clear();
        self.begun = None;
        let Some(work) = self.work.take() else { return };
        self.end_work();
        self.screen = Screen::Stale;
        match work {
            Work::Play(play) => self.stop_playing(&play),
            Work::Travel(travel) => self.stop_travelling(*travel),
            Work::Search(_) => self.note("stopped: you are where you were"),
            Work::Replay(replaying) => self.stop_replaying(&replaying),
            Work::Reroll(_) => {}
            Work::Compare => self.close(),
        }
    }

    /// Brings what is under way to its end, for those who draw nothing meanwhile.
    ///
    /// # Errors
    /// Why the lab can't be opened as somebody wanted.
    pub fn finish(&mut self) -> Result<(), String> {
        self.ask_oracle();
        while self.works() || self.dates() {
            self.effort = PIECE;
            self.work_on();
            self.date_watches();
        }
        self.show();
        match self.effect.take() {
            Some(Effect::GiveUp(why)) => Err(why),
            other => {
                self.effect = other;
                Ok(())
            }
        }
    }

    /// The session as it was before, but for what the room has done to it meanwhile.
    pub(super) fn go_back_to(&mut self, before: Self) {
        let now = std::mem::replace(self, before);
        (self.size, self.room, self.effort) = (now.size, now.room, now.effort);
        (self.recorder, self.ahead) = (now.recorder, now.ahead);
        (self.work, self.begun) = (None, None);
        self.end_work();
    }

    /// Whether the screen says what is under way. What makes a dialog of its own says it at once.
    fn is_work_shown(&self) -> bool {
        let at_once = match &self.work {
            Some(Work::Compare) => true,
            Some(Work::Reroll(reroll)) => reroll.is_told(),
            Some(Work::Play(_) | Work::Travel(_) | Work::Search(_) | Work::Replay(_)) | None => {
                false
            }
        };
        let since = self.begun.map(|begun| self.room.saturating_sub(begun));
        at_once || since.is_some_and(|since| since >= SHOWN_AFTER)
    }

    /// Keys that come while something is under way wait for its end, until the screen says that
    /// one can stop it. Gives back what is to be acted on now.
    pub(super) fn wait_for_work(&mut self, input: Input) -> Option<Input> {
        if !self.works() || self.is_work_shown() {
            return Some(input);
        }
        if self.ahead.len() < AHEAD_MAX {
            self.ahead.push_back(input);
        }
        None
    }

    /// What has waited is acted on, or stops the work if that is what somebody wanted.
    pub(super) fn act_on_waiting(&mut self) -> Option<Effect> {
        if self.works() {
            if self.is_work_shown() && self.ahead.iter().any(|input| stops(self.keys, input)) {
                self.stop_work();
            }
            return None;
        }
        while !self.works()
            && let Some(input) = self.ahead.pop_front()
        {
            let effect = self.input(input);
            if effect.is_some() {
                return effect;
            }
        }
        None
    }

    /// The dialog that says what is under way; none before somebody could wonder.
    pub(super) fn shown_work(&self) -> Option<view::Dialog> {
        if !self.is_work_shown() {
            return None;
        }
        let Progress { title, mut lines } = match self.work.as_ref()? {
            Work::Play(play) => self.play_progress(play),
            Work::Travel(travel) => travel.progress(),
            Work::Search(search) => search.progress(),
            Work::Replay(replaying) => replaying.progress(self.cluster.point()),
            Work::Reroll(reroll) => reroll.progress(),
            Work::Compare => return None,
        };
        lines.extend([String::new(), "Esc stops it.".to_owned()]);
        let hint = super::hints::hint(self.keys, Action::Dialog(Dialog::Close));
        let (title, body) = (title.to_owned(), DialogBody::Text(lines));
        Some(view::Dialog { title, body, hints: hint.into_iter().collect() })
    }
}

/// Whether a key is one that closes a dialog.
fn stops(keys: Keymap, input: &Input) -> bool {
    let Input::Key(pressed) = input else { return false };
    let binding = keys.lookup(KeyMode::Dialog, *pressed);
    let closes = binding.is_some_and(|binding| binding.action == Action::Dialog(Dialog::Close));
    // A question mark or a q that somebody typed ahead wants help, or to leave.
    closes && !matches!(pressed, Chord::Char(_))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars_are_of_one_length_whatever_is_done() {
        assert_eq!(bar(0, 0).len(), "[] 0 %".len() + 50);
        assert!(bar(7, 7).ends_with("#] 100 %") && bar(9, 7).ends_with("#] 100 %"));
        assert!(bar(1, 3).starts_with("[################.") && bar(1, 3).ends_with("] 33 %"));
        assert!(bar(u64::MAX - 1, u64::MAX).ends_with(".] 99 %"));
    }
}
