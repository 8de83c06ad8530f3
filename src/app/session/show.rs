//! What is seen: the parts of the view that follow from everything else.

use std::sync::Arc;

use super::dialog::{Asking, Reading};
use super::{Mode, Pressed, Session};
use crate::cluster::timeline::Point;
use crate::ui;
use crate::ui::view::{self, Clock, LastCommand, Light, Pane, Pin, PinKind, Presented, Stands};

impl Session {
    /// Brings the view up to date.
    pub fn show(&mut self) {
        self.view.last_command = self.last_command();
        self.hinted = self.hinted();
        self.view.hints = self.hinted.iter().map(|binding| self.footer_hint(binding)).collect();
        self.view.clock = self.clock();
        let past = self.is_past();
        self.view.timeline.newest = past.then_some(self.timeline.end().time);
        self.view.pace = self.pacer.words(&self.cluster);
        self.view.caption = self.judged().or_else(|| self.player.caption().cloned());
        self.view.question = self.player.question().map(|question| (**question).clone());
        self.view.asks_next = self.player.asks_next(&self.cluster);
        self.show_shares();
        self.show_hand();
        self.view.pointed = self.player.pointed();
        let departed = self.has_departed();
        let script = self.cluster.script();
        self.view.script = script.map(|script| self.player.place(script, departed));
        self.view.mode = self.shown_mode();
        let (beat, of) = self.player.beat();
        self.view.presented = self.presents().then_some(Presented { beat, of });
        self.view.light = if self.is_black() { Light::Black } else { Light::On };
        self.view.notice = self.notice.as_ref().map(|(_, notice)| notice.clone());
        self.view.fading = self.fader.shown();
        self.view.watches = self.shown_watches();
        let pin = |kind| move |point: &Point| Pin { at: point.time, kind };
        let bookmarks = self.bookmarks.keys().map(pin(PinKind::Bookmark));
        let reached = self.reached.iter().map(pin(PinKind::Breakpoint));
        self.view.pins = bookmarks.chain(reached).collect();
        self.show_causes();
    }

    /// How a challenge has ended, which is what its player wants to know.
    fn judged(&self) -> Option<Arc<str>> {
        let challenge = self.cluster.challenge()?;
        if self.cluster.is_met() {
            let used = self.cluster.player().used;
            return Some(format!("Solved: {}", challenge.met(used)).into());
        }
        let missed = self.cluster.missed()?;
        Some(format!("Not solved: {missed}.").into())
    }

    /// What the selected event goes back to, for the diagram. It is looked for once.
    fn show_causes(&mut self) {
        let shown = ui::panes(self.size, &self.scene()).any(|pane| pane == Pane::Diagram);
        let chosen = self.view.selection.event.filter(|_| shown);
        let event = chosen.and_then(|number| self.trace.get(number));
        if event.is_some() && event == self.lit.as_ref() {
            return;
        }
        self.lit = event.cloned();
        self.view.causes = match chosen.filter(|_| self.lit.is_some()) {
            Some(number) => self.causes_of(number),
            None => Vec::new(),
        };
    }

    /// The last command before this moment: of the script, or what somebody did.
    fn last_command(&self) -> Option<LastCommand> {
        let here = self.cluster.point();
        let deeds = self.timeline.deeds().get(..here.deeds as usize).unwrap_or_default();
        let deed = deeds.iter().rev().find(|deed| !self.is_withheld(&deed.command));
        let seen = self.player.commanded();
        // Nothing has been commanded since, be it that no event tells of what was done.
        let own = deed.filter(|deed| seen.is_none_or(|(at, _)| at.steps <= deed.at.steps));
        let own_text = own.map(|deed| deed.command.to_string());
        let text = own_text.or_else(|| seen.map(|(_, deed)| deed.to_string()))?;
        let same = |pressed: &&Pressed| {
            own.is_some_and(|deed| pressed.at == deed.at) && pressed.text == text
        };
        let keys = self.pressed.as_ref().filter(same).map(|pressed| pressed.keys.clone());
        Some(LastCommand { text, keys })
    }

    fn clock(&self) -> Clock {
        if self.cluster.violation().is_some() {
            return Clock::Broken;
        }
        match (&self.halt, &self.mode) {
            (Some(why @ (Stands::Beat { .. } | Stands::Question | Stands::Failed)), _) => {
                Clock::Stands(why.clone())
            }
            (Some(Stands::Paused), Mode::Normal) if self.is_past() => {
                Clock::Past { newest: self.timeline.end().time }
            }
            (Some(why), Mode::Normal) => Clock::Stands(why.clone()),
            // Nothing moves before it is told, so nothing is passed over either.
            (None, Mode::Normal) if self.cluster.is_by_hand() => Clock::Stands(Stands::Paused),
            (None, Mode::Normal) if self.is_held() => Clock::Stands(Stands::Caption),
            (None, Mode::Normal) if self.pacer.is_skimming() => Clock::Skims,
            (None, Mode::Normal) => Clock::Runs,
            (_, _) => Clock::Stands(Stands::Open),
        }
    }

    /// Whether the script is at a line that waits for its caption to be read.
    pub(super) fn is_held(&self) -> bool {
        self.cluster.next_due() == Some(self.cluster.now()) && self.player.holds(&self.cluster)
    }

    fn shown_mode(&self) -> view::Mode {
        match &self.mode {
            Mode::Normal | Mode::Jump(_) => view::Mode::Normal,
            Mode::Packet => view::Mode::Packets,
            Mode::Partition(split) => view::Mode::Partition(split.edit.clone()),
            Mode::Link(edit) => view::Mode::Link(edit.clone()),
            Mode::Prompt(line) => view::Mode::Prompt(line.shown(&self.history)),
            Mode::Reading(Reading::Comparison) => {
                self.shown_comparison().map_or(view::Mode::Normal, view::Mode::Dialog)
            }
            Mode::Reading(Reading::Working) => {
                self.shown_work().map_or(view::Mode::Normal, view::Mode::Dialog)
            }
            Mode::Reading(Reading::Audience { rows }) => {
                self.shown_audience(rows).map_or(view::Mode::Normal, view::Mode::Dialog)
            }
            Mode::Reading(reading) => view::Mode::Dialog(reading.shown(self.keys, &self.cluster)),
            Mode::Asking(Asking::Leave) if self.cluster.is_observed() => {
                view::Mode::Dialog(Asking::leave_trace(self.keys))
            }
            Mode::Asking(asking) => {
                view::Mode::Dialog(asking.shown(self.keys, self.kept_recording(), &self.view.kept))
            }
        }
    }
}
