//! What can be done to the lab as a whole.

use std::fmt::{Display, Formatter, Result as Written};

use crate::cluster::by_hand::SETTLE_ROUNDS;
use crate::cluster::chaos::Faults;
use crate::cluster::command::{Load, Reach, Reseed, Timers, Unmet};
use crate::cluster::network::Network;
use crate::cluster::resolve::error;
use crate::cluster::time::Span;
use crate::cluster::types::ServerId;
use crate::cluster::words::Weight;
use crate::cluster::{Cluster, Motion, Refusal};

/// One verb that names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabAct {
    Timers(Timers),
    /// Every link as if untouched.
    Heal,
    Net(Network),
    /// All that is held arrives.
    Release,
    /// Nothing moves and no timer fires, unless it is told.
    ByHand(Motion),
    /// All that is in flight arrives now, and what comes of it, until nothing is.
    Settle,
    Load(Load),
    LoadStop,
    Chaos(Faults),
    ChaosStop,
    Reseed(Reseed),
    /// What becomes of expectations that are not met, from here on.
    Expects(Unmet),
}

impl Display for LabAct {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Timers(timers) => write!(f, "timers {timers}"),
            Self::Heal => f.write_str("heal"),
            Self::Net(network) => write!(f, "net {network}"),
            Self::Release => f.write_str("release"),
            Self::ByHand(Motion::ByHand) => f.write_str("by-hand on"),
            Self::ByHand(Motion::ByItself) => f.write_str("by-hand off"),
            Self::Settle => f.write_str("settle"),
            Self::Load(load) => load.fmt(f),
            Self::LoadStop => f.write_str("load stop"),
            Self::Chaos(faults) => {
                let (word, faults) = match faults {
                    Faults::Swarm(faults) => ("chaos swarm", faults),
                    Faults::These(faults) => ("chaos", faults),
                };
                f.write_str(word)?;
                faults.iter().try_for_each(|fault| write!(f, " {}", fault.name()))
            }
            Self::ChaosStop => f.write_str("chaos stop"),
            Self::Reseed(Reseed { seed, reach: Reach::Draws }) => write!(f, "reseed {seed:#x}"),
            Self::Reseed(Reseed { seed, reach: Reach::All }) => write!(f, "reseed {seed:#x} all"),
            Self::Expects(Unmet::Fail) => f.write_str("expects fail"),
            Self::Expects(Unmet::Remark) => f.write_str("expects remark"),
        }
    }
}

impl LabAct {
    pub(in crate::cluster) const fn weight(&self) -> Weight {
        if matches!(self, Self::Settle) { Weight::Detail } else { Weight::Story }
    }
}

impl Cluster {
    pub(super) fn refuse_lab(&self, act: &LabAct) -> Result<(), Refusal> {
        Err(error(match act {
            LabAct::ByHand(motion) if *motion == self.motion => match motion {
                Motion::ByHand => "all is by hand already: `by-hand off` resumes lab time",
                Motion::ByItself => "lab time runs on its own: `by-hand on` pauses it",
            },
            LabAct::Chaos(_) if self.chaos.is_some() => {
                "chaos reigns already: `chaos stop` ends it"
            }
            LabAct::LoadStop if !self.load_runs() => "no load is running",
            LabAct::Load(_) if self.load_runs() => "a load is running already: `load stop` ends it",
            LabAct::Timers(_)
            | LabAct::Heal
            | LabAct::Net(_)
            | LabAct::Release
            | LabAct::ByHand(_)
            | LabAct::Settle
            | LabAct::Load(_)
            | LabAct::LoadStop
            | LabAct::Chaos(_)
            | LabAct::ChaosStop
            | LabAct::Reseed(_)
            | LabAct::Expects(_) => return Ok(()),
        }))
    }

    pub(super) fn act_on_lab(&mut self, act: &LabAct, line: u32) -> Result<(), Refusal> {
        match act {
            LabAct::Timers(timers) => self.set_timers(*timers),
            LabAct::Heal => self.links.heal(),
            LabAct::Net(network) => self.network = *network,
            LabAct::Release => self.release_packets(None, None, None)?,
            LabAct::ByHand(motion) => self.set_motion(*motion),
            LabAct::Settle => self.settle(SETTLE_ROUNDS, line),
            LabAct::Load(load) => self.begin_load(load)?,
            LabAct::LoadStop => self.stop_load(),
            LabAct::Chaos(faults) => self.begin_chaos(faults),
            LabAct::ChaosStop => self.calm(line)?,
            LabAct::Reseed(Reseed { seed, reach }) => {
                self.reseed(*seed);
                if *reach == Reach::All {
                    self.redraw();
                }
            }
            LabAct::Expects(unmet) => self.unmet = *unmet,
        }
        Ok(())
    }

    /// Spread: evenly over the election timeout's range, in the order of the numbers. Align: all
    /// at its middle.
    fn set_timers(&mut self, timers: Timers) {
        let range = self.config.election_timeout;
        let width = range.high.0 - range.low.0;
        let ids: Vec<ServerId> = self.ids().collect();
        let steps = ids.len().max(2) as u64 - 1;
        for (place, id) in (0u64..).zip(ids) {
            let span = match timers {
                Timers::Spread => range.low.0 + width * place / steps,
                Timers::Align => range.low.0 + width / 2,
            };
            self.set_election(id, self.now + Span(span));
        }
    }
}
