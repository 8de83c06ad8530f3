//! One run of the hunt, from its first event to its last, and what was found in it.

use std::sync::Arc;

use super::places::Watch;
use crate::cluster::check::{Invariant, Violation};
use crate::cluster::command::Script;
use crate::cluster::{Cluster, Failure, Step};

/// What went wrong in a run.
#[derive(Clone, Debug)]
pub enum Finding {
    /// An invariant was broken.
    Broken(Arc<Violation>),
    /// A line of the script was not met: as a rule, one that waits for what should come true.
    Unmet(Failure),
}

/// What a finding is called: shrinking keeps the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Broken(Invariant),
    /// The line, in the words of the script.
    Unmet(Arc<str>),
}

impl Finding {
    pub fn name(&self) -> Name {
        match self {
            Self::Broken(violation) => Name::Broken(violation.invariant),
            Self::Unmet(failure) => Name::Unmet(failure.expected.clone()),
        }
    }

    /// In a sentence, with the evidence.
    pub fn told(&self) -> String {
        match self {
            Self::Broken(violation) => format!(
                "{} broken at {}: {}",
                violation.invariant.name(),
                violation.time,
                violation.evidence
            ),
            Self::Unmet(failure) => {
                format!(
                    "at {}: expected {}, but {}",
                    failure.time, failure.expected, failure.actual
                )
            }
        }
    }

    /// The word for tables and file names.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Broken(violation) => violation.invariant.name(),
            Self::Unmet(_) => "liveness",
        }
    }
}

/// What a finished run found, if anything.
pub fn finding(cluster: &Cluster) -> Option<Finding> {
    if let Some(violation) = cluster.violation() {
        return Some(Finding::Broken(violation.clone()));
    }
    cluster.failure().cloned().map(Finding::Unmet)
}

/// Plays a script to its end.
pub fn play(script: &Script, seed: Option<u64>, mut see: impl FnMut(&Cluster)) -> Cluster {
    let mut cluster = Cluster::with_script(script, seed);
    while !cluster.finished() {
        let step = cluster.step();
        see(&cluster);
        match step {
            Step::Happened => {}
            Step::Stopped | Step::Idle => break,
        }
    }
    cluster
}

/// A run of the hunt.
pub struct Run {
    pub seed: u64,
    pub finding: Option<Finding>,
    pub watch: Watch,
    pub events: u64,
    pub virtual_us: u64,
}

/// Plays a seed of the hunt.
pub fn hunt(script: &Script, seed: u64) -> Run {
    let mut watch = Watch::default();
    let cluster = play(script, Some(seed), |cluster| watch.see(cluster));
    Run {
        seed,
        finding: finding(&cluster),
        watch,
        events: cluster.handled(),
        virtual_us: cluster.now().micros(),
    }
}
