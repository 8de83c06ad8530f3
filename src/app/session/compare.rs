//! The present future beside another: from `:branches` by `d`, or by `:compare`. It is made piece
//! by piece, a piece a frame, while time stands.

use std::sync::Arc;

use super::Session;
use super::dialog::Reading;
use super::travel::Then;
use super::work::Work;
use crate::app::player::Player;
use crate::cluster::compare::{Comparison, Difference};
use crate::cluster::time::Time;
use crate::cluster::timeline::Goal;
use crate::ui::text::Moment;
use crate::ui::view::{self, Stands};

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
        self.begin(Work::Compare);
    }

    /// A piece of the comparison; whether there is more to do.
    pub(super) fn compare_on(&mut self) -> bool {
        let Some(comparing) = &mut self.comparing else { return false };
        let done = comparing.comparison.work(&mut self.effort);
        if done {
            comparing.differences = Some(comparing.comparison.differences().into());
        }
        !done
    }

    pub(super) fn shown_comparison(&self) -> Option<view::Dialog> {
        let comparing = self.comparing.as_ref()?;
        let [begin, ..] = comparing.comparison.span();
        let keys = Reading::Comparison.keys().iter().copied();
        let hints = keys.filter_map(|key| {
            super::hints::hint(self.keys, crate::app::keymap::Action::Dialog(key))
        });
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
        self.comparing = None;
        let note = Some(format!("this is {} s here", Moment(time)));
        self.travel(Goal::Time(time), Then { note, ..Then::default() }, None);
    }
}
