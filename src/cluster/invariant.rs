//! The rules that must never be broken, and the evidence against one that was. `check/` watches over them.

use crate::cluster::types::first;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, IntoStaticStr, VariantArray};

use super::time::Time;
use super::types::{Index, ServerSet, Term};

/// A rule that the whole system keeps. The first five are the paper's Figure 3.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumCount,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Invariant {
    /// At most one leader a term, ever (§5.2).
    ElectionSafety,
    /// A leader never removes or replaces entries of its own log (§5.3).
    LeaderAppendOnly,
    /// The same index and term means the same command and the same log before it (§5.3).
    LogMatching,
    /// A leader holds every entry committed in earlier terms (§5.4).
    LeaderCompleteness,
    /// No two servers apply different operations at one index (§5.4.3).
    StateMachineSafety,
    /// At most one vote a server a term, ever (§5.2).
    OneVote,
    /// Terms never decrease along a log (§5.3).
    TermsInOrder,
    /// What is committed is on the disks of a majority (§5.3).
    OnAMajority,
    /// A commit index never goes back, nor beyond the log (Figure 2).
    CommitMonotone,
    /// Servers that have applied the same index have the same map.
    SameMap,
    /// A key's version is the number of puts that were carried out on it.
    Versions,
    /// No waiter outlives its server's leadership by 100 ms.
    Waiters,
    /// At most one client holds a lock.
    LockExclusion,
    /// What clients were told could have come from one copy that handles one operation at a time.
    Linearizability,
}

impl Invariant {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    /// The word that scripts and reports use.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|invariant| invariant.name() == name)
    }
}

/// A rule that was broken, with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub invariant: Invariant,
    pub time: Time,
    /// What is wrong, in a sentence: "two leaders in term 4: S2 and S4".
    pub evidence: String,
    pub servers: ServerSet,
    pub index: Option<Index>,
    pub term: Option<Term>,
    /// The gets and puts whose answers clash, by their places in the history.
    pub records: Vec<usize>,
}
