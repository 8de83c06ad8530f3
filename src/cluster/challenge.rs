//! A challenge: come to where the judge's lines hold, with so many commands of these kinds and no more.
//!
//! The head says what is allowed, `turn` begins the player's part and `judge` ends it. In between every
//! deed counts, whoever does it: a line of the file, a key, a loop that does it again. So it is the
//! cluster that refuses what is not allowed, and playing in the lab and being judged by `raftlab run`
//! are the same.

use super::command::{Challenge, Deed, NodeName, Shows, Stage};
use super::flaw::Breaks;
use super::resolve::error;
use super::{Cluster, Refusal};

/// The player's part of a challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Commands that were carried out in it.
    pub used: u32,
    pub stage: Stage,
}

impl Cluster {
    /// The challenge that is played, if one is.
    pub fn challenge(&self) -> Option<&Challenge> {
        self.script.as_ref()?.challenge.as_deref()
    }

    /// Where the player's part of it stands.
    pub const fn player(&self) -> Turn {
        self.turn
    }

    /// How many commands the player has left; 0 where there is no challenge.
    pub fn commands_left(&self) -> u32 {
        self.challenge().map_or(0, |challenge| challenge.commands.saturating_sub(self.turn.used))
    }

    /// Whether the player has come to where the judge wanted: the script has ended well, or, where a
    /// flaw is planted, the rule that it is to break is broken.
    pub fn is_met(&self) -> bool {
        let Some(script) = self.script.as_ref().filter(|script| script.challenge.is_some()) else {
            return false;
        };
        let planted = script.shows.filter(|_| script.planted().is_some());
        match (planted, self.violation()) {
            (Some(Shows { breaks: Breaks::Safety(rule), .. }), Some(violation)) => {
                self.turn.stage != Stage::Before && violation.invariant == rule
            }
            (None, None) => {
                self.turn.stage == Stage::Over && self.finished() && self.failure().is_none()
            }
            (Some(_), _) | (None, Some(_)) => false,
        }
    }

    /// What there is instead, where all has ended and the rule that was to be broken holds, or a line of
    /// the judge was not met. Of another rule that is broken the violation itself tells.
    pub fn missed(&self) -> Option<String> {
        let script = self.script.as_ref().filter(|script| script.challenge.is_some())?;
        if let Some(failure) = self.failure().filter(|_| self.turn.stage == Stage::Over) {
            return Some(failure.actual.to_string());
        }
        let Breaks::Safety(rule) = script.shows.filter(|_| script.planted().is_some())?.breaks
        else {
            return None;
        };
        let plain = self.violation().is_none() && self.failure().is_none();
        (self.finished() && plain).then(|| self.kept_words(rule))
    }

    pub(super) fn begin_turn(&mut self) -> Result<(), Refusal> {
        self.set_stage(Stage::Before, Stage::Open, "`turn` stands once, in a challenge")
    }

    pub(super) fn end_turn(&mut self) -> Result<(), Refusal> {
        self.set_stage(Stage::Open, Stage::Over, "`judge` stands once, behind `turn`")
    }

    fn set_stage(&mut self, from: Stage, to: Stage, why: &str) -> Result<(), Refusal> {
        if self.challenge().is_none() || self.turn.stage != from {
            return Err(error(why.to_owned()));
        }
        self.turn.stage = to;
        Ok(())
    }

    /// Counts a deed of the player, or says why it is not allowed. The lines of the challenge itself,
    /// before `turn` and behind `judge`, do as they please.
    pub(super) fn spend(&mut self, deed: &Deed<NodeName>, line: u32) -> Result<(), Refusal> {
        if self.challenge().is_none() || (self.turn.stage != Stage::Open && line > 0) {
            return Ok(());
        }
        let text = deed.to_string();
        self.permits(text.split(' ').next().unwrap_or_default())?;
        self.turn.used += 1;
        Ok(())
    }

    /// Whether a deed of this verb can be done from outside now, as the head of a challenge has it.
    ///
    /// # Errors
    /// Says why not.
    pub fn permits(&self, verb: &str) -> Result<(), Refusal> {
        let Some(challenge) = self.challenge() else { return Ok(()) };
        match self.turn.stage {
            Stage::Before => {
                return Err(error(
                    "it is not your turn yet: what comes before the challenge plays on (Space)",
                ));
            }
            Stage::Over => return Err(error("the judge has begun: nothing more can be done")),
            Stage::Open => {}
        }
        if !challenge.allow.iter().any(|allowed| allowed.as_str() == verb) {
            return Err(error(format!(
                "the challenge does not allow `{verb}`, only {}",
                challenge.allowed()
            )));
        }
        if self.turn.used >= challenge.commands {
            let commands = challenge.commands;
            return Err(error(format!("the {commands} commands of the challenge are used up")));
        }
        Ok(())
    }
}
