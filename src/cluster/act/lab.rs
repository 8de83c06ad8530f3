//! What can be done to the lab as a whole.

use crate::cluster::by_hand::SETTLE_ROUNDS;
use crate::cluster::command::{LabAct, Motion, Reach, Reseed, Timers};
use crate::cluster::resolve::error;
use crate::cluster::time::Span;
use crate::cluster::types::ServerId;
use crate::cluster::{Cluster, Refusal};

impl Cluster {
    #[expect(clippy::wildcard_enum_match_arm, reason = "most can always be done")]
    pub(super) fn refuse_lab(&self, act: &LabAct) -> Result<(), Refusal> {
        Err(error(match act {
            LabAct::ByHand(Motion::ByHand) if self.is_by_hand() => {
                "all is by hand already: `by-hand off` resumes lab time"
            }
            LabAct::ByHand(Motion::ByItself) if !self.is_by_hand() => {
                "lab time runs on its own: `by-hand on` pauses it"
            }
            LabAct::Chaos(_) if self.chaos.is_some() => {
                "chaos reigns already: `chaos stop` ends it"
            }
            LabAct::LoadStop if !self.load_runs() => "no load is running",
            LabAct::Load(_) if self.load_runs() => "a load is running already: `load stop` ends it",
            _ => return Ok(()),
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
