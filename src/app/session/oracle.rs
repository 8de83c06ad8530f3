//! The oracle: how likely each choice of a question is. It is the machinery of rerolls (`reroll.rs`),
//! asked about all choices at once, and what it says stands beside them.
//!
//! Where it was asked is part of the run, and what it said is not: back there the figures are the
//! same, for they follow from the state.

use super::Session;
use super::reroll::{Asked, Reroll, WITHIN};
use super::share::Share;
use super::work::Work;
use crate::cluster::timeline::Point;

/// How many futures are played.
const FUTURES: u32 = 200;

/// What was asked of the oracle where, and what it said of each choice.
#[derive(Clone, Debug)]
pub(super) struct Oracle {
    at: Point,
    shares: Vec<Option<Share>>,
}

impl Session {
    /// Begins to answer, if the oracle has been asked right here and nothing else is under way.
    pub(super) fn ask_oracle(&mut self) {
        let Some(at) = self.player.oracle().filter(|at| *at == self.cluster.point()) else {
            return;
        };
        if self.works() || self.oracle.as_ref().is_some_and(|oracle| oracle.at == at) {
            return;
        }
        let Some(question) = self.cluster.question() else { return };
        let conditions = question.choices.iter().map(|choice| choice.condition.clone()).collect();
        let asked = Asked::choices(conditions, self.script_reveals(), &self.cluster);
        // The same state gives the same figures, however often it is asked.
        match Reroll::of(&self.cluster, asked, WITHIN, (FUTURES, 0)) {
            Ok(reroll) => {
                self.oracle = Some(Oracle { at, shares: Vec::new() });
                self.begin(Work::Reroll(Box::new(reroll)));
            }
            Err(error) => {
                self.oracle = Some(Oracle { at, shares: Vec::new() });
                self.refuse(error.to_string());
            }
        }
    }

    /// It has answered.
    pub(super) fn tell_shares(&mut self, shares: Vec<Option<Share>>) {
        if let Some(oracle) = &mut self.oracle {
            oracle.shares = shares;
        }
    }

    /// What it said stands beside the choices.
    pub(super) fn show_shares(&mut self) {
        let here = self.player.oracle();
        let Some(oracle) = self.oracle.as_ref().filter(|oracle| Some(oracle.at) == here) else {
            return;
        };
        let Some(question) = &mut self.view.question else { return };
        for (choice, share) in question.choices.iter_mut().zip(&oracle.shares) {
            choice.share = share.map(|share| share.to_string());
        }
    }
}
