//! A session goes to a [`Moment`]: `--start-at`, `raftlab picture` and `:goto` all come here;
//! `play.rs` plays on to it.

use super::Session;
use super::play::Aim;
use super::travel::Then;
use crate::app::moment::{EXPECTED, Moment};
use crate::app::player::Player;
use crate::cluster::command::{Condition, Script, parse_condition};
use crate::cluster::time::Time;
use crate::cluster::timeline::{Goal, Point};

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
    let doings = script.all_doings();
    let done = doings.deeds.iter().map(|did| did.line);
    let lines = script.lines.iter().map(|line| line.number).chain(done);
    let next = lines.filter(|line| line >= number).min();
    match next {
        Some(next) if next == *number => None,
        Some(next) => Some(format!("line {number} does nothing; the next that does is {next}")),
        None => Some(format!("line {number} does nothing, and no line after it does")),
    }
}

impl Session {
    /// Why there can be no such moment here, if that can be seen at once.
    pub(super) fn refuse_impossible(&self, moment: &Moment) -> Result<(), String> {
        if let Moment::Condition(condition) = moment {
            self.asked(&condition.to_string())?;
        }
        // A trace ends, and has no lines and beats.
        if *moment == Moment::End && self.cluster.is_observed() {
            return Ok(());
        }
        impossible(moment, self.cluster.script()).map_or(Ok(()), Err)
    }

    /// The condition that somebody asks about, if the cluster has all that it speaks of.
    pub(super) fn asked(&self, condition: &str) -> Result<Condition, String> {
        let read = parse_condition(condition, |mention| self.cluster.knows(mention));
        read.map_err(|diagnostic| diagnostic.message)
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
        if let Err(why) = self.refuse_impossible(moment) {
            return self.refuse(why);
        }
        match moment {
            Moment::Condition(condition) if self.cluster.is_so(condition) => {
                return self.refuse("that holds now: :back finds where it became true");
            }
            // A place within a moment is come to from before.
            Moment::Place(place) if place.time <= self.timeline.end().time => {
                let before = Time(place.time.micros().saturating_sub(1));
                let then = Then { on_to: Some(moment.clone()), ..Then::default() };
                return self.travel(Goal::Time(before), then, None);
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
        let before = Box::new(self.clone());
        self.play_to(Aim::Moment(moment.clone()), Some(before));
    }

    /// Where the run has come by a moment: before now if it can be, or else later.
    fn known(&self, moment: &Moment) -> Option<Goal> {
        let seen = |player: &Player| -> Option<Point> {
            match moment {
                Moment::Beat(number) => player.beats_seen().get(*number as usize - 1).copied(),
                Moment::Line(number) => player.seen(*number).map(|seen| seen.at),
                Moment::Mark(name) => player.marks_seen().get(name.as_str()).copied(),
                Moment::End => player.ended(),
                Moment::Time(_) | Moment::Place(_) | Moment::Condition(_) => None,
            }
        };
        match moment {
            Moment::Time(time) if *time <= self.timeline.end().time => Some(Goal::Time(*time)),
            _ => {
                let later = || seen(self.newest_player()?);
                seen(&self.player).or_else(later).map(Goal::Point)
            }
        }
    }

    /// What the player knows at the newest moment, while one looks at the past.
    pub(super) fn newest_player(&self) -> Option<&Player> {
        self.timeline.newest().map(|(_, player)| player).filter(|_| self.is_past())
    }
}
