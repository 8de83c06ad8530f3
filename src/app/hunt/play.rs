//! One run of the hunt, from its first event to its last, and what was found in it.

use std::sync::Arc;

use super::places::Watch;
use crate::app::{budget::Budget, stop};
#[cfg(feature = "guests")]
use crate::cluster::check::Void;
use crate::cluster::client::Work;
use crate::cluster::command::Script;
#[cfg(feature = "guests")]
use crate::cluster::event::{EventKind, ServerEvent};
use crate::cluster::invariant::{Invariant, Violation};
#[cfg(feature = "guests")]
use crate::cluster::plain::plain;
use crate::cluster::{Cluster, Failure, FailureKind, Step};

/// What went wrong in a run.
#[derive(Clone, Debug)]
pub enum Finding {
    /// An invariant was broken.
    Broken(Arc<Violation>),
    /// A line of the script was not met: as a rule, one that waits for what should come true.
    Unmet(Failure, Way),
}

/// What a finding is called: shrinking keeps the name, so that what it ends with is the same thing
/// gone wrong in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Broken(Invariant),
    Unmet {
        /// The line, in the words of the script.
        line: Arc<str>,
        way: Way,
    },
}

/// In which way something was not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nobody led, so nobody can be served.
    Leaderless,
    /// There was a leader, and all who waited did so for a lock.
    Locked,
    /// There was a leader, and something else was not done.
    Led,
}

impl Way {
    fn of(cluster: &Cluster) -> Self {
        let mut jobs = cluster.clients().iter().filter_map(|client| client.job.as_ref()).peekable();
        if cluster.leader().is_none() {
            Self::Leaderless
        } else if jobs.peek().is_some() && jobs.all(|job| matches!(job.work, Work::Acquire { .. }))
        {
            Self::Locked
        } else {
            Self::Led
        }
    }
}

impl Finding {
    pub fn name(&self) -> Name {
        match self {
            Self::Broken(violation) => Name::Broken(violation.invariant),
            Self::Unmet(failure, way) => Name::Unmet { line: failure.expected.clone(), way: *way },
        }
    }

    /// Whether another is the same thing gone wrong, in whichever way: one of them is enough.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Broken(one), Self::Broken(other)) => one.invariant == other.invariant,
            (Self::Unmet(one, _), Self::Unmet(other, _)) => one.expected == other.expected,
            (Self::Broken(_), Self::Unmet(..)) | (Self::Unmet(..), Self::Broken(_)) => false,
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
            Self::Unmet(failure, _) => {
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
            Self::Unmet(failure, _) => match failure.kind {
                FailureKind::Late => "liveness",
                FailureKind::Unmet | FailureKind::Foreign | FailureKind::Limit => "expectation",
            },
        }
    }
}

/// What a run has come to.
pub enum Outcome {
    /// Nothing went wrong.
    Well,
    Found(Finding),
    /// It came to a limit before its end, so nothing is known of what would have become of it.
    Undecided,
}

/// What a run has come to, be it over or at a limit.
pub fn outcome(cluster: &Cluster) -> Outcome {
    if let Some(violation) = cluster.violation() {
        return Outcome::Found(Finding::Broken(violation.clone()));
    }
    match cluster.failure() {
        None if cluster.finished() => Outcome::Well,
        Some(failure) if failure.kind != FailureKind::Limit => {
            Outcome::Found(Finding::Unmet(failure.clone(), Way::of(cluster)))
        }
        None | Some(_) => Outcome::Undecided,
    }
}

/// Whether somebody has taken a lock, and does nothing more. Whoever waits for that lock then waits
/// for what nobody has asked for.
pub fn keeps_a_lock(cluster: &Cluster) -> bool {
    cluster.clients().iter().any(|client| client.is_idle() && !client.holds.is_empty())
}

/// Plays a script to its end.
pub fn play(script: &Script, seed: Option<u64>, mut see: impl FnMut(&Cluster)) -> Cluster {
    play_while(script, seed, |cluster| {
        see(cluster);
        true
    })
}

/// Plays a script to its end, or until somebody has seen enough.
fn play_while(
    script: &Script,
    seed: Option<u64>,
    mut see: impl FnMut(&Cluster) -> bool,
) -> Cluster {
    let mut cluster = Cluster::with_script(script, seed);
    while !cluster.finished() {
        let step = cluster.step();
        if !see(&cluster) || step != Step::Happened || stop::is_asked() {
            break;
        }
    }
    cluster
}

/// A run of the hunt.
pub struct Run {
    pub seed: u64,
    pub outcome: Outcome,
    pub watch: Watch,
    pub events: u64,
    pub virtual_us: u64,
    /// Whether a guest's log has entries that no client has proposed.
    #[cfg(feature = "guests")]
    pub own_entries: bool,
    /// The first server that ended on its own in it, and why.
    #[cfg(feature = "guests")]
    pub ended: Option<String>,
    /// Why Raft promises nothing any more in it, if so.
    #[cfg(feature = "guests")]
    pub void: Option<Void>,
}

impl Run {
    pub const fn finding(&self) -> Option<&Finding> {
        match &self.outcome {
            Outcome::Found(finding) => Some(finding),
            Outcome::Well | Outcome::Undecided => None,
        }
    }
}

/// Plays a seed of the hunt.
pub fn hunt(script: &Script, seed: u64, budget: Budget) -> Run {
    let (mut watch, mut full) = (Watch::default(), false);
    #[cfg(feature = "guests")]
    let mut ended = None;
    let cluster = play_while(script, Some(seed), |cluster| {
        watch.see(cluster);
        #[cfg(feature = "guests")]
        if ended.is_none() && cluster.has_guests() {
            ended = first_end(cluster);
        }
        full = budget.exceeded(cluster).is_some();
        !full
    });
    Run {
        seed,
        outcome: outcome(&cluster),
        watch,
        events: cluster.handled(),
        virtual_us: cluster.now().micros(),
        #[cfg(feature = "guests")]
        own_entries: own_entries(&cluster),
        #[cfg(feature = "guests")]
        ended,
        #[cfg(feature = "guests")]
        void: cluster.checker().void().map(|(_, why)| why),
    }
}

/// Of the events at hand: who ended on its own, and why.
#[cfg(feature = "guests")]
fn first_end(cluster: &Cluster) -> Option<String> {
    cluster.events().iter().find_map(|event| match &event.kind {
        EventKind::Server(server, ServerEvent::Ended { why }) => {
            Some(format!("{server} ended on its own at {}: {}", cluster.now(), plain(why)))
        }
        _ => None,
    })
}

#[cfg(feature = "guests")]
fn own_entries(cluster: &Cluster) -> bool {
    let mut logs = cluster.servers().iter().map(|server| server.raft.log());
    cluster.has_guests() && logs.any(|log| log.iter().any(|(_, entry)| entry.op().is_none()))
}
