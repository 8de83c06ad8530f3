//! Moments of a run by name: a line of the script, a beat, a mark, a time, a place, a condition.
//! `--start-at`, `raftlab picture` and `:goto` all come here.

use std::fmt;

use super::{Mode, Session};
use crate::cluster::command::{Command, Condition, Place, Script, parse_line};
use crate::cluster::event::EventKind;
use crate::cluster::time::{Span, Time};
use crate::cluster::timeline::{Goal, Point};
use crate::cluster::{Cluster, Step};
use crate::ui::view::Stands;

use super::super::player::Player;

/// How far a moment may lie from the start.
const FAR: Span = Span::from_secs(24 * 3_600);
/// The most events that `:goto` passes over before the screen answers.
const EVENTS_MAX: u64 = 200_000;
/// The most names that a refusal lists.
const NAMED_MAX: usize = 5;

/// A moment of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Everything that is due then has happened.
    Time(Time),
    /// Before whatever comes next at that place.
    Place(Place),
    /// This beat of the script, counted from 1.
    Beat(u32),
    /// Just after this line of the script has run.
    Line(u32),
    Mark(String),
    /// It is so.
    Condition(Condition),
    /// The end of the script.
    End,
}

impl Moment {
    /// What somebody means by `14`, `beat 3`, `1.2s`, `1.203441s+2`, `mark NAME`, `leader = S2`.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        let number = |digits: &str, what: &str| {
            let number = digits.parse::<u32>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("which {what}? a number from 1 on, as {what} 3"))
        };
        match word {
            "end" if rest.is_empty() => return Ok(Self::End),
            "line" => return number(rest, "line").map(Self::Line),
            "beat" => return number(rest, "beat").map(Self::Beat),
            "mark" if rest.is_empty() => return Err("which mark? as mark NAME".into()),
            "mark" => return Ok(Self::Mark(rest.to_owned())),
            _ => {}
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return number(text, "line").map(Self::Line);
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return place(text);
        }
        match parse_line(&format!("expect {text}")) {
            Ok(Command::Expect(condition)) if !text.is_empty() => Ok(Self::Condition(condition)),
            Ok(_) | Err(_) => Err(format!("{text:?} is no moment: expected {EXPECTED}")),
        }
    }

    /// Whether only a script has such moments.
    const fn is_of_a_script(&self) -> bool {
        match self {
            Self::Beat(_) | Self::Line(_) | Self::Mark(_) | Self::End => true,
            Self::Time(_) | Self::Place(_) | Self::Condition(_) => false,
        }
    }
}

/// What a moment can be, for those who have written something else.
const EXPECTED: &str = "a line (14), a beat (beat 3), a time (1.2s), a place (1.203441s+2), a \
                        mark (mark NAME), end, or a condition (leader = S2)";

/// A time, or a place within one.
fn place(text: &str) -> Result<Moment, String> {
    // A number with a point and no unit is in seconds.
    let unit = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let unit = if unit { "s" } else { "" };
    match parse_line(&format!("at {text}{unit} heal")) {
        Ok(Command::At { place, .. }) if place.time > Time::START + FAR => {
            Err("a day of lab time is the farthest that one can go".into())
        }
        Ok(Command::At { place, .. }) if text.contains('+') => Ok(Moment::Place(place)),
        Ok(Command::At { place, .. }) => Ok(Moment::Time(place.time)),
        Ok(_) | Err(_) => Err(format!("{text:?} is no moment: expected {EXPECTED}")),
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(f),
            Self::Place(place) => place.fmt(f),
            Self::Beat(number) => write!(f, "beat {number}"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Mark(name) => write!(f, "mark {name}"),
            Self::Condition(condition) => condition.fmt(f),
            Self::End => f.write_str("the end of the script"),
        }
    }
}

/// Why a script can have no such moment, if that can be seen from its text.
fn impossible(moment: &Moment, script: Option<&Script>) -> Option<String> {
    let Some(script) = script else {
        let why = format!("{moment}: no script is playing; without one there are times (1.2s)");
        return moment.is_of_a_script().then(|| format!("{why} and conditions (leader = S2)"));
    };
    let Moment::Line(number) = moment else { return None };
    let of = script.source.len();
    if *number as usize > of {
        return Some(format!("there is no line {number}: {} has {of} lines", script.name));
    }
    let next = script.lines.iter().map(|line| line.number).find(|line| line >= number);
    match next {
        Some(next) if next == *number => None,
        Some(next) => Some(format!("line {number} does nothing; the next that does is {next}")),
        None => Some(format!("line {number} does nothing, and no line after it does")),
    }
}

impl Session {
    /// Lets everything happen up to a moment. Captions and the beats before it don't stop it.
    ///
    /// # Errors
    /// When the run stops before that moment, or the moment never comes.
    pub fn go_to(&mut self, moment: &Moment) -> Result<(), String> {
        if let Some(why) = impossible(moment, self.cluster.script()) {
            return Err(why);
        }
        self.play_to(moment, u64::MAX)?;
        self.fader.clear();
        self.show();
        Ok(())
    }

    /// The same, and time stands there.
    ///
    /// # Errors
    /// The same.
    pub fn start_at(&mut self, moment: &Moment) -> Result<(), String> {
        self.go_to(moment)?;
        self.stand_where_it_is();
        self.note(format!("time stands at {moment}: Space goes on, a comma steps back"));
        self.show();
        Ok(())
    }

    /// Time stands, at the script's end because of that.
    fn stand_where_it_is(&mut self) {
        if self.halt != Some(Stands::Ended) {
            self.stand_here();
        }
    }

    fn play_to(&mut self, moment: &Moment, events_max: u64) -> Result<(), String> {
        let limit = self.cluster.handled().saturating_add(events_max);
        self.player.release();
        while !self.has_come(moment) {
            if let Some(why) = self.never_comes(moment, limit) {
                return Err(why);
            }
            self.halt = None;
            let step = self.take_step();
            if step != Step::Happened && !self.has_come(moment) && self.next_due().is_none() {
                return Err(format!("{moment} never comes: nothing is pending any more"));
            }
        }
        match moment {
            Moment::Time(time) => self.pass(*time),
            Moment::Place(place) => self.pass(place.time),
            Moment::Beat(_)
            | Moment::Line(_)
            | Moment::Mark(_)
            | Moment::Condition(_)
            | Moment::End => {}
        }
        self.look_at_last_step();
        Ok(())
    }

    fn has_come(&self, moment: &Moment) -> bool {
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
            Moment::End => self.cluster.finished(),
        }
    }

    /// Why a moment that has not come will not, if that is sure, or nobody will wait for it.
    fn never_comes(&self, moment: &Moment, limit: u64) -> Option<String> {
        let now = self.cluster.now();
        if let Some(violation) = self.cluster.violation() {
            let name = violation.invariant.name();
            return Some(format!("the run stops at {now}, before {moment}: {name} is broken"));
        }
        if let Some(failure) = self.cluster.failure() {
            let line = failure.line;
            return Some(format!(
                "the run stops at {now}, before {moment}: line {line} failed, expected {}, \
                 but {}; line {line} is as far as it goes",
                failure.expected, failure.actual
            ));
        }
        if moment.is_of_a_script() && self.cluster.finished() {
            let there_is = self.there_is(moment);
            return Some(format!("{moment} never comes: the script ended at {now}{there_is}"));
        }
        if self.rests_by_hand() {
            return Some(format!(
                "{moment} has not come by {now}: all is by hand, and nothing moves"
            ));
        }
        let far = now > Time::START + FAR || self.cluster.handled() >= limit;
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

    /// `:goto MOMENT`: back to it, or on.
    pub(super) fn go_by_name(&mut self, text: &str) {
        if text.is_empty() {
            return self.refuse(format!("to which moment? {EXPECTED}"));
        }
        match Moment::read(text) {
            Ok(moment) => self.go_there(&moment),
            Err(why) => self.refuse(why),
        }
    }

    /// To a moment that the run has come by, or, if it has not yet, on to it.
    pub(super) fn go_there(&mut self, moment: &Moment) {
        if let Some(why) = impossible(moment, self.cluster.script()) {
            return self.refuse(why);
        }
        match moment {
            Moment::Condition(condition) if self.cluster.is_so(condition) => {
                return self.refuse("that is so now: :back finds where it became so");
            }
            Moment::Place(place) if place.time <= self.timeline.end().time => {
                let before = Time(place.time.micros().saturating_sub(1));
                self.seek(Goal::Time(before));
            }
            Moment::Time(_)
            | Moment::Place(_)
            | Moment::Beat(_)
            | Moment::Line(_)
            | Moment::Mark(_)
            | Moment::Condition(_)
            | Moment::End => {}
        }
        if let Some(goal) = self.known(moment) {
            return self.seek(goal);
        }
        if let Some(why) = self.is_full() {
            return self.refuse(why);
        }
        let before = self.clone();
        match self.play_to(moment, EVENTS_MAX) {
            Ok(()) => {
                self.mode = Mode::Normal;
                self.stand_where_it_is();
            }
            Err(why) => {
                *self = before;
                self.refuse(why);
            }
        }
    }

    /// Where the run has come by a moment: before now if it can be, or else later.
    fn known(&self, moment: &Moment) -> Option<Goal> {
        let seen = |player: &Player| -> Option<Point> {
            match moment {
                Moment::Beat(number) => player.beats_seen().get(*number as usize - 1).copied(),
                Moment::Line(number) => player.seen(*number).map(|seen| seen.at),
                Moment::Mark(name) => player.marks_seen().get(name.as_str()).copied(),
                Moment::Time(_) | Moment::Place(_) | Moment::Condition(_) | Moment::End => None,
            }
        };
        match moment {
            Moment::Time(time) if *time <= self.timeline.end().time => Some(Goal::Time(*time)),
            Moment::End => self.end_of_script().map(Goal::Point),
            _ => {
                let later = || seen(&self.newest_player()?);
                seen(&self.player).or_else(later).map(Goal::Point)
            }
        }
    }

    /// What the player knows at the newest moment, while one looks at the past.
    pub(super) fn newest_player(&self) -> Option<Player> {
        self.is_past().then(|| self.timeline.seek(Goal::Point(self.timeline.end()), |_| {}).1)
    }

    fn end_of_script(&self) -> Option<Point> {
        let mut end = self.timeline.end();
        end.time += Span(1);
        let ends = |cluster: &Cluster| {
            cluster.events().iter().any(|event| event.kind == EventKind::ScriptEnded)
        };
        self.timeline.find_back(end, |_| {}, ends)
    }
}
