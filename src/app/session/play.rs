//! Playing on to a moment that the run has not come by: for `:goto`, for a lab that opens there,
//! and for a step to the next thing of a kind.
//!
//! Captions and beats on the way don't stop it. A moment that does not come leaves the session as
//! it was; somebody who stops it stands where the run has come to, and so does a run that has come
//! to its budget of memory.

use super::lines::ran_a_line;
use super::time::Until;
use super::work::{PIECE, Progress, Work, gone};
use super::{Effect, Mode, Session};
use crate::app::moment::{FAR, Moment};
use crate::cluster::Step;
use crate::cluster::time::Time;
use crate::cluster::timeline::Point;
use crate::ui::view::Stands;

/// The most names that a refusal lists.
const NAMED_MAX: usize = 5;

/// On the way to a moment.
#[derive(Clone, Debug)]
pub(super) struct Play {
    aim: Aim,
    from: Point,
    /// The session as it was.
    before: Option<Box<Session>>,
}

/// Where to.
#[derive(Clone, Debug)]
pub(super) enum Aim {
    Moment(Moment),
    /// The lab opens at it.
    Open(Moment),
    /// The next such thing, up to this time.
    Next(Until, Time),
}

impl Aim {
    /// When it is, if that is known.
    const fn time(&self) -> Option<Time> {
        match self {
            Self::Moment(Moment::Time(time)) | Self::Open(Moment::Time(time)) => Some(*time),
            Self::Moment(Moment::Place(place)) | Self::Open(Moment::Place(place)) => {
                Some(place.time)
            }
            Self::Next(_, limit) => Some(*limit),
            Self::Moment(_) | Self::Open(_) => None,
        }
    }

    fn about(&self) -> String {
        match self {
            Self::Moment(moment) | Self::Open(moment) => format!("on the way to {moment}"),
            Self::Next(until, _) => format!("on the way to the next {}", until.name()),
        }
    }
}

impl Session {
    /// Plays on. If what is aimed at never comes, the session is again as it was `before`.
    pub(super) fn play_to(&mut self, aim: Aim, before: Option<Box<Self>>) {
        self.player.release();
        let from = self.cluster.point();
        self.begin(Work::Play(Play { aim, from, before }));
    }

    /// Opens the lab with time standing at a moment.
    ///
    /// # Errors
    /// When it can be seen at once that the run has no such moment. If that turns out on the way,
    /// the lab is given up, with the reason.
    pub fn start_at(&mut self, moment: &Moment) -> Result<(), String> {
        self.refuse_impossible(moment)?;
        self.play_to(Aim::Open(moment.clone()), None);
        Ok(())
    }

    /// Lets everything happen up to a moment, for those who draw nothing meanwhile.
    ///
    /// # Errors
    /// When the run stops before that moment, the moment never comes, or the run has come to its
    /// budget of memory.
    pub fn go_to(&mut self, moment: &Moment) -> Result<(), String> {
        self.refuse_impossible(moment)?;
        self.player.release();
        let aim = Aim::Moment(moment.clone());
        loop {
            if let Some(words) = self.full_words() {
                return Err(format!("{moment} has not come by {}: {words}", self.cluster.now()));
            }
            self.effort = PIECE;
            if let Some(come) = self.steps_to(&aim) {
                come?;
                break;
            }
        }
        self.come_to(moment);
        self.finish()?;
        self.fader.clear();
        self.show();
        Ok(())
    }

    /// A piece of the way; what is left of it.
    pub(super) fn play_on(&mut self, play: Play) -> Option<Play> {
        if self.heed_memory() {
            self.end_work();
            return None;
        }
        let Some(come) = self.steps_to(&play.aim) else { return Some(play) };
        self.end_work();
        self.settle_play(play, come);
        None
    }

    /// As much of the way as this frame may go: whether the moment has come, once that is known.
    fn steps_to(&mut self, aim: &Aim) -> Option<Result<(), String>> {
        while self.effort > 0 {
            let come = self.step_to(aim);
            if come.is_some() {
                return come;
            }
        }
        None
    }

    /// A step of the way, unless it has come to its end.
    fn step_to(&mut self, aim: &Aim) -> Option<Result<(), String>> {
        match aim {
            Aim::Moment(moment) | Aim::Open(moment) => self.step_to_moment(moment),
            Aim::Next(until, limit) => self.step_to_next(*until, *limit),
        }
    }

    fn step_to_moment(&mut self, moment: &Moment) -> Option<Result<(), String>> {
        if self.has_come(moment) {
            return Some(Ok(()));
        }
        if let Some(why) = self.never_comes(moment) {
            return Some(Err(why));
        }
        self.halt = None;
        let step = self.take_step();
        let idle = step != Step::Happened && !self.has_come(moment) && self.next_due().is_none();
        idle.then(|| Err(format!("{moment} never comes: nothing is pending any more")))
    }

    fn step_to_next(&mut self, until: Until, limit: Time) -> Option<Result<(), String>> {
        if self.next_due().is_none_or(|due| due > limit) {
            return Some(Err(until.missing().to_owned()));
        }
        let listed = self.trace.listed().back().copied();
        // The pause itself is no reason to stop.
        let went_on = self.take_step() == Step::Happened && self.halt == Some(Stands::Paused);
        let found = match until {
            Until::Any => true,
            Until::Shown => self.trace.listed().back().copied() != listed,
            Until::Line => ran_a_line(&self.cluster),
            Until::Kind(jump) => self.saw_a(jump),
        };
        (found || !went_on).then_some(Ok(()))
    }

    /// What follows when a moment has come, or never will.
    fn settle_play(&mut self, play: Play, come: Result<(), String>) {
        match (play.aim, come) {
            (Aim::Moment(moment), Ok(())) => {
                self.come_to(&moment);
                self.mode = Mode::Normal;
                self.stand_where_it_is();
            }
            (Aim::Open(moment), Ok(())) => {
                self.come_to(&moment);
                self.fader.clear();
                self.stand_where_it_is();
                let stopped = match (self.cluster.violation(), self.cluster.failure()) {
                    (Some(violation), _) => {
                        Some(format!("the run ends here: {} is broken", violation.invariant.name()))
                    }
                    (None, Some(failure)) => Some(match failure.line {
                        0 => "the run ends here".to_owned(),
                        line => format!("the run ends here: line {line} failed"),
                    }),
                    (None, None) => None,
                };
                self.note(match stopped {
                    Some(stopped) => format!("{stopped}; a comma steps back"),
                    None => format!("paused at {moment}: Space resumes, a comma steps back"),
                });
            }
            (Aim::Open(_), Err(why)) => {
                self.effect = Some(Effect::GiveUp(why));
            }
            (Aim::Next(..), Ok(())) => {}
            // Stepping on to nothing is no reason to go back: the run has come so far.
            (Aim::Next(Until::Any | Until::Line, _), Err(why)) => self.note(why),
            (Aim::Moment(_) | Aim::Next(Until::Shown | Until::Kind(_), _), Err(why)) => {
                if let Some(before) = play.before {
                    self.go_back_to(*before);
                }
                self.refuse(why);
            }
        }
    }

    /// The last bit of the way.
    fn come_to(&mut self, moment: &Moment) {
        match moment {
            Moment::Time(time) => self.pass(*time),
            Moment::Place(place) => self.pass(place.time),
            _ => {}
        }
        self.look_at_last_step();
    }

    /// Somebody has stopped it: time stands where it has come to.
    pub(super) fn stop_playing(&mut self, play: &Play) {
        self.fader.clear();
        self.look_at_last_step();
        self.stand_here();
        self.note(format!("stopped at {}, {}", self.cluster.now(), play.aim.about()));
    }

    /// Time stands, at the script's end because of that.
    fn stand_where_it_is(&mut self) {
        if self.halt != Some(Stands::Ended) {
            self.stand_here();
        }
    }

    pub(super) fn play_progress(&self, play: &Play) -> Progress {
        let (from, here) = (play.from, self.cluster.point());
        let title = match play.aim {
            Aim::Moment(_) | Aim::Next(..) => "Playing on",
            Aim::Open(_) => "Opening",
        };
        let way = |end: Time| [here.time.since(from.time).micros(), end.since(from.time).micros()];
        Progress::new(title, play.aim.about(), play.aim.time().map(way), gone(from, here))
    }

    pub(super) fn has_come(&self, moment: &Moment) -> bool {
        match moment {
            Moment::Time(time) => {
                let passes = !self.cluster.is_by_hand() || self.cluster.now() >= *time;
                passes && self.next_due().is_none_or(|due| due > *time)
            }
            Moment::Place(place) => {
                let deed = self.timeline.next_deed(self.cluster.point());
                let done = deed.is_none_or(|deed| deed.place >= *place);
                done && !self.cluster.is_before(*place)
            }
            Moment::Beat(number) => self.player.beat().0 >= *number,
            Moment::Line(number) => self.player.seen(*number).is_some(),
            Moment::Mark(name) => self.player.marks_seen().contains_key(name.as_str()),
            Moment::Condition(condition) => self.cluster.is_so(condition),
            // A run that breaks a rule or fails goes no further: that is its end.
            Moment::End => self.cluster.is_stopped() || self.is_over(),
        }
    }

    /// Whether the script has come to its end, or the whole trace is seen.
    fn is_over(&self) -> bool {
        let seen = self.cluster.observed().map(|(seen, of)| seen == of);
        seen.unwrap_or_else(|| self.cluster.finished())
    }

    /// Why a moment that has not come will not, if that is sure, or nobody will wait for it.
    fn never_comes(&self, moment: &Moment) -> Option<String> {
        let now = self.cluster.now();
        if let Some(violation) = self.cluster.violation() {
            let name = violation.invariant.name();
            return Some(format!("the run stops at {now}, before {moment}: {name} is broken"));
        }
        if let Some(failure) = self.cluster.failure() {
            let (expected, actual) = (&failure.expected, &failure.actual);
            let (failed, far) = match failure.line {
                0 => (String::new(), String::new()),
                line => {
                    (format!("line {line} failed, "), format!("; line {line} is as far as it goes"))
                }
            };
            return Some(format!(
                "the run stops at {now}, before {moment}: {failed}expected {expected}, but \
                 {actual}{far}"
            ));
        }
        if moment.is_of_a_script() && self.is_over() {
            let there_is = self.there_is(moment);
            return Some(format!("{moment} never comes: the script ended at {now}{there_is}"));
        }
        if self.rests_by_hand() {
            return Some(format!(
                "{moment} has not come by {now}: all is by hand, and nothing moves"
            ));
        }
        let far = now > Time::START + FAR;
        far.then(|| format!("{moment} has not come by {now}: that is as far as one looks for it"))
    }

    /// What there was of the kind that one has asked for.
    fn there_is(&self, moment: &Moment) -> String {
        match moment {
            Moment::Beat(_) => match self.player.beat().0 {
                0 => "; it has no beats".into(),
                1 => " after one beat".into(),
                beats => format!(" after {beats} beats"),
            },
            Moment::Mark(_) => {
                let marks: Vec<&str> =
                    self.player.marks_seen().keys().take(NAMED_MAX).map(|name| &**name).collect();
                match marks.as_slice() {
                    [] => "; it has no marks".into(),
                    names => format!("; it has {}", names.join(", ")),
                }
            }
            Moment::Line(_) => "; this line was passed over".into(),
            Moment::Time(_) | Moment::Place(_) | Moment::Condition(_) | Moment::End => {
                String::new()
            }
        }
    }
}
