//! The present future beside another: from `:branches` by `d`, or by `:compare`. It is made piece
//! by piece, a piece a frame, while time stands.

use std::sync::Arc;

use super::dialog::Reading;
use super::{Mode, Screen, Session};
use crate::app::player::Player;
use crate::cluster::compare::{Comparison, Difference};
use crate::cluster::time::Time;
use crate::cluster::timeline::Goal;
use crate::ui::text::Moment;
use crate::ui::view::{self, Stands};

/// The most steps of a frame's piece.
const STEPS_A_FRAME: u32 = 10_000;

/// A comparison that is open.
#[derive(Clone, Debug)]
pub(super) struct Comparing {
    heads: [String; 2],
    comparison: Comparison<Player>,
    /// Known when it is done.
    differences: Option<Arc<[Difference]>>,
    /// The item that somebody has chosen; the first difference until then.
    chosen: Option<usize>,
}

impl Comparing {
    fn shown(&self) -> view::Comparison {
        let [_, now, end] = self.comparison.span();
        let first = self.comparison.first();
        view::Comparison {
            heads: self.heads.clone(),
            rows: self.comparison.rows().clone(),
            names: self.comparison.names().map(Clone::clone),
            first,
            left_out: self.comparison.left_out()[1],
            differences: self.differences.clone(),
            now,
            end,
            chosen: self.chosen.or(first).unwrap_or(self.comparison.rows().len()),
        }
    }
}

impl Session {
    /// `:compare`, or `:compare N` for the N-th of `:branches`.
    pub(super) fn compare_by_number(&mut self, rest: &str) {
        let branches = self.branches.len();
        if branches == 0 {
            return self.refuse("there is one future only: act in the past, and there are two");
        }
        match rest {
            "" => self.compare(branches - 1),
            number => match number.parse::<usize>() {
                Ok(number) if (1..=branches).contains(&number) => self.compare(number - 1),
                Ok(_) | Err(_) => {
                    self.refuse(format!(
                        "compare with which of {branches} branches? as :compare 1"
                    ));
                }
            },
        }
    }

    pub(super) fn compare(&mut self, place: usize) {
        let Some(branch) = self.branches.get(place) else { return };
        let fork = self.fork_with(&branch.timeline);
        let comparison = Comparison::new(&self.timeline, &branch.timeline, fork);
        let [here, there] = self.heads(branch);
        let alone = comparison.alone_from().map(|from| match from {
            Some(from) if from == fork.time => ", by itself".to_owned(),
            Some(from) => format!(", by itself from {} s", Moment(from)),
            None => String::new(),
        });
        let heads = [format!("here: {here}{}", alone[0]), format!("there: {there}{}", alone[1])];
        self.halt.get_or_insert(Stands::Paused);
        self.comparing = Some(Comparing { heads, comparison, differences: None, chosen: None });
        self.open(Reading::Comparison);
    }

    /// A frame's piece of the comparison. Whoever closes it has seen enough.
    pub(super) fn work_on_comparison(&mut self) {
        if !matches!(self.mode, Mode::Reading(Reading::Comparison)) {
            self.comparing = None;
            return;
        }
        let Some(comparing) = &mut self.comparing else { return };
        if comparing.differences.is_some() {
            return;
        }
        if comparing.comparison.work(STEPS_A_FRAME) {
            comparing.differences = Some(comparing.comparison.differences().into());
        }
        self.screen = Screen::Stale;
    }

    /// Whether a comparison is still being made.
    pub(super) fn compares(&self) -> bool {
        self.comparing.as_ref().is_some_and(|comparing| comparing.differences.is_none())
    }

    pub(super) fn shown_comparison(&self) -> Option<view::Dialog> {
        let comparing = self.comparing.as_ref()?;
        let [begin, ..] = comparing.comparison.span();
        let keys = Reading::Comparison.keys().iter().copied();
        let hints =
            keys.filter_map(|key| super::hints::hint(crate::app::keymap::Action::Dialog(key)));
        Some(view::Dialog {
            title: format!("Here and there, from {} s", Moment(begin)),
            body: view::DialogBody::Comparison(Box::new(comparing.shown())),
            hints: hints.collect(),
        })
    }

    /// Another row is chosen.
    pub(super) fn turn_comparison(&mut self, by: i16) {
        let Some(comparing) = &mut self.comparing else { return };
        let shown = comparing.shown();
        let chosen = shown.chosen.saturating_add_signed(isize::from(by));
        comparing.chosen = Some(chosen.min(shown.items() - 1));
    }

    pub(super) fn choose_in_comparison(&mut self, place: usize) {
        if let Some(comparing) = &mut self.comparing {
            comparing.chosen = Some(place.min(comparing.shown().items() - 1));
        }
    }

    /// Goes to the moment of the row that is chosen, in the present future.
    pub(super) fn go_to_compared(&mut self) {
        let Some(comparing) = &self.comparing else { return };
        let shown = comparing.shown();
        let time: Time = shown.rows.get(shown.chosen).map_or(shown.now, |row| row.time);
        if time > self.timeline.end().time {
            let end = self.timeline.end().time;
            let end = Moment(end);
            return self.refuse(format!("here it goes to {end} s only: Space goes on from there"));
        }
        self.seek(Goal::Time(time));
        self.note(format!("this is {} s here", Moment(time)));
    }
}
