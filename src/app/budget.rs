//! What a run may take without a screen. Each has a budget of its own, whatever else is played on
//! other cores: so it ends at the same step on every machine.

use crate::app::memory::{BUDGET, told};
use crate::cluster::Cluster;

/// Watches over the memory of one run.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    bytes: u64,
}

impl Budget {
    /// Counting takes longer than a step, so it is done once in so many steps.
    const STEPS: u64 = 4_096;

    /// So many bytes, or the usual.
    pub fn new(bytes: Option<u64>) -> Self {
        Self { bytes: bytes.unwrap_or(BUDGET) }
    }

    /// Why a run can't go on, if it has come to its budget.
    pub fn exceeded(self, cluster: &Cluster) -> Option<String> {
        if !cluster.point().steps.is_multiple_of(Self::STEPS) {
            return None;
        }
        let taken = cluster.bytes();
        (taken >= self.bytes).then(|| told(taken, self.bytes))
    }
}
