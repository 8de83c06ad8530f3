//! What can be done to the lab as a whole.

use std::fmt::{Display, Formatter, Result as Written};

use super::fault::Faults;
use super::{Command, Deed, Load, Reach, Reseed, Timers, Unmet};
use crate::cluster::network::Network;
use crate::cluster::topic::Weight;

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

/// Who lets things happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// Lab time: whatever is due next.
    #[default]
    ByItself,
    /// Somebody tells what is to happen, and lab time stands.
    ByHand,
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

impl From<LabAct> for Command {
    fn from(act: LabAct) -> Self {
        Self::Deed(Deed::Lab(act))
    }
}
