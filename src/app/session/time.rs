//! Lab time passes: frame by frame at the pace, or step by step by hand. It stops at beats, at
//! failed expectations and at broken rules.

use std::time::Duration;

use super::past::{self, is_kind};
use super::play::Aim;
use super::work::PIECE;
use super::{Looks, Mode, Screen, Session};
use crate::app::keymap::Jump;
use crate::app::pace::FRAME_MAX;
use crate::app::session::dialog::Reading;
use crate::cluster::Step;
use crate::cluster::event::{Event, EventKind, ScriptEvent};
use crate::cluster::time::{Span, Time};
use crate::cluster::timeline::Watcher;
use crate::ui::view::{NoticeKind, Stands};

/// The most lab time that one step by hand passes over.
const REACH: Span = Span::from_secs(60);

/// What a step by hand looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The next event that the list shows.
    Shown,
    /// The very next event.
    Any,
    /// The next line or beat of the script.
    Line,
    /// The next thing of this kind.
    Kind(Jump),
}

impl Until {
    /// What it looks for.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Shown => "event that is shown",
            Self::Any => "event",
            Self::Line => "line of the script",
            Self::Kind(jump) => past::name(jump),
        }
    }

    /// That there is no such thing.
    pub(super) const fn missing(self) -> &'static str {
        match self {
            Self::Shown => "nothing to show in the next minute: ; steps to the next heartbeat",
            Self::Kind(_) => "nothing of that kind in the next minute",
            Self::Any | Self::Line => "no line of the script in the next minute",
        }
    }
}

impl Session {
    /// Whether lab time passes, or, while all is by hand, lines of a script run.
    pub(super) fn moves(&self) -> bool {
        matches!(self.mode, Mode::Normal) && self.halt.is_none() && !self.rests_by_hand()
    }

    /// Whether nothing moves before it is told, not even a line of a script.
    pub(super) fn rests_by_hand(&self) -> bool {
        self.cluster.is_by_hand() && self.next_due().is_none()
    }

    pub(super) fn frame(&mut self, elapsed: Duration) {
        self.room = self.room.saturating_add(elapsed);
        self.effort = PIECE;
        if let Some((left, _)) = &mut self.notice {
            *left = left.saturating_sub(elapsed);
            if left.is_zero() {
                self.notice = None;
                self.screen = Screen::Stale;
            }
        }
        if self.fader.tick(elapsed) {
            self.screen = Screen::Stale;
        }
        if self.has_young_watches() {
            self.screen = Screen::Stale;
        }
        self.work_on();
        self.ask_oracle();
        if !self.works() {
            if self.has_to_follow() {
                self.follow_on();
            } else if self.moves() {
                self.advance(elapsed.min(FRAME_MAX));
            }
            self.date_watches();
        }
    }

    fn advance(&mut self, elapsed: Duration) {
        if self.heed_memory() {
            self.screen = Screen::Stale;
            return;
        }
        self.player.tick(elapsed);
        self.look_from_here();
        let target = self.cluster.now() + self.pacer.span(elapsed, &self.cluster);
        let target = self.within_errand(target);
        self.screen = Screen::Stale;
        while self.effort > 0 {
            match self.next_due() {
                Some(due) if due <= target => {
                    if self.waits_for_caption(due) || !self.step() {
                        return;
                    }
                }
                Some(_) | None => {
                    self.pass(target);
                    self.heed_errand();
                    break;
                }
            }
        }
        self.heed_reach();
    }

    /// Whether the script's next line is due and has to wait until its caption has been read.
    /// Lab time goes as far as that line.
    fn waits_for_caption(&mut self, due: Time) -> bool {
        let waits = self.player.holds(&self.cluster);
        if waits {
            self.pass(due);
        }
        waits
    }

    /// Lets the next event happen. Returns whether time may go on.
    fn step(&mut self) -> bool {
        self.take_step() == Step::Happened && self.halt.is_none()
    }

    /// Reads what the last step or command brought about.
    pub(super) fn observe(&mut self) {
        self.trace.extend(self.cluster.events(), self.cluster.names());
        self.player.saw(&self.cluster);
        let (mut breaks, mut watches) = (Vec::new(), Vec::new());
        let mut ended = false;
        for event in self.cluster.events() {
            self.pacer.saw(event);
            self.fader.saw(event, &self.cluster);
            match &event.kind {
                EventKind::Script(ScriptEvent::BreakpointSet { condition, on }) => {
                    breaks.push((condition.clone(), *on))
                }
                EventKind::Script(ScriptEvent::Watched { what, line }) => {
                    watches.push((Some(what.clone()), Some(*line)));
                }
                EventKind::Script(ScriptEvent::Unwatched { what }) => {
                    watches.push((what.clone(), None))
                }
                EventKind::Script(ScriptEvent::Paced { pace }) => self.pacer.choose(*pace),
                EventKind::Script(ScriptEvent::Beat) => {
                    let (number, of) = self.player.beat();
                    self.halt = Some(Stands::Beat { number, of });
                }
                EventKind::Script(ScriptEvent::Posed { .. } | ScriptEvent::OracleAsked) => {
                    self.halt = Some(Stands::Question);
                }
                EventKind::Script(ScriptEvent::ScriptEnded) => {
                    self.halt = Some(Stands::Ended);
                    ended = true;
                }
                _ => {}
            }
        }
        if ended {
            self.tell_of_next_lesson();
        }
        if self.cluster.observed().is_some_and(|(seen, of)| seen == of) {
            self.halt = Some(Stands::Ended);
        }
        let paced =
            |event: &Event| matches!(event.kind, EventKind::Script(ScriptEvent::Paced { .. }));
        if !breaks.is_empty() || !watches.is_empty() || self.cluster.events().iter().any(paced) {
            self.looks = Looks::Other;
        }
        for (condition, on) in breaks {
            self.set_breakpoint(&condition, on, true);
        }
        for (what, line) in watches {
            match (what, line) {
                (Some(what), Some(line)) => self.watch(&what, line > 0),
                (what, _) => self.unwatch(what.as_deref()),
            }
        }
        self.heed_watches();
        self.heed_breakpoints();
        self.heed_firsts();
        self.heed_errand();
        if self.halt != Some(Stands::Failed) && self.cluster.failure().is_some() {
            // What a challenge is missing stands in its caption.
            if self.cluster.missed().is_none() {
                self.mode = Mode::Reading(Reading::failure(&self.cluster));
            }
        }
        self.settle_halt();
    }

    /// A run that has come to a stop for good stands for that reason.
    pub(super) fn settle_halt(&mut self) {
        if self.cluster.failure().is_some() {
            self.halt = Some(Stands::Failed);
        } else if self.halt.is_none() && self.cluster.violation().is_some() {
            self.halt = Some(Stands::Paused);
        }
    }

    /// Space: time stands, time goes on.
    pub(super) fn toggle_time(&mut self) {
        if self.rests_by_hand() && !self.is_past() {
            return self.refuse("lab time is paused, for all is by hand: M, then a, ends that");
        }
        // Whoever typed a question knows that it stands.
        let asks_first = matches!(self.halt, Some(Stands::Beat { .. })) && !self.presents();
        if asks_first && self.leaves_a_question(Until::Any) {
            let choices = self.player.question().map_or(0, |it| it.choices.len());
            return self.note(format!("1 to {choices} answers; Space once more shows the answer"));
        }
        match self.halt {
            // Time stands already: whoever has read it goes on.
            None if self.is_held() => self.player.release(),
            None => self.halt = Some(Stands::Paused),
            Some(_) if self.may_reveal() => self.reveal(),
            Some(_) => self.go_on(),
        }
    }

    /// Time goes on, unless the run has come to a stop for good.
    pub(super) fn go_on(&mut self) {
        match self.stopped_for_good().or_else(|| self.is_full()) {
            Some(why) => self.refuse(why),
            None => {
                self.player.release();
                self.halt = None;
                // What it said of the moment at which time stood is over.
                self.notice = self.notice.take().filter(|(_, it)| it.kind == NoticeKind::Refusal);
            }
        }
    }

    pub(super) fn stopped_for_good(&self) -> Option<String> {
        if let Some(violation) = self.cluster.violation() {
            return Some(format!(
                "the run ends here: {} is broken (Enter: why)",
                violation.invariant.name()
            ));
        }
        self.cluster.failure().map(|failure| {
            let what = match failure.line {
                0 => "an expectation failed".to_owned(),
                line => format!("line {line} failed"),
            };
            format!("the run ends here: {what} (Enter: why)")
        })
    }

    /// Steps by hand, and leaves time standing.
    pub(super) fn step_until(&mut self, until: Until) {
        if let Some(why) = self.stopped_for_good().or_else(|| self.is_full()) {
            return self.refuse(why);
        }
        if self.rests_by_hand() {
            return self.refuse("nothing moves, for all is by hand: M tells what is to happen");
        }
        if until == Until::Line && self.cluster.finished() {
            return self.refuse(match self.cluster.script() {
                Some(_) => "the script has come to its end",
                None => "no script is playing: raftlab FILE.lab plays one",
            });
        }
        if self.leaves_a_question(until) {
            return self
                .note("a question stands: once more steps past it, Space goes to its answer");
        }
        self.player.release();
        self.halt = Some(Stands::Paused);
        self.look_from_here();
        // To the very next event it is not far.
        let before = (until != Until::Any).then(|| Box::new(self.clone()));
        let limit = (self.cluster.now() + REACH).max(self.timeline.end().time);
        self.play_to(Aim::Next(until, limit), before);
    }

    /// Whether a step is the first from a question that nobody has answered: a key that is held down must
    /// not run past it.
    fn leaves_a_question(&mut self, until: Until) -> bool {
        let here = self.cluster.point();
        let stands = matches!(self.halt, Some(Stands::Beat { .. } | Stands::Question))
            && !matches!(until, Until::Kind(_))
            && !self.is_past()
            && self.player.is_unanswered();
        stands && self.stepped_from.replace(here) != Some(here)
    }

    pub(super) fn saw_a(&self, jump: Jump) -> bool {
        let listing = self.trace.listing();
        let events = self.cluster.events().iter();
        events.into_iter().any(|event| is_kind(jump, event, listing, &self.cluster))
    }
}
