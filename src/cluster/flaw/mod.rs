//! Planted flaws: the mistakes that implementers really make, each as a switch.
//!
//! A flaw is one small departure from one rule. It is asked for where the rule lives and nowhere
//! else: in `raft/rules.rs` for the predicates of Figure 2, in `rsm.rs`, `client.rs`, `lock.rs`
//! and `disk.rs` for the rest. What is asked there gives back a [`Ruled`] answer, which
//! says whether a flaw made it; so an event can name the flaw that decided, and nobody recites a
//! rule that was not kept. [`FLAWS`] is the table from which the verb `flaw`, the lab's menu,
//! `raftlab flaws`, the reference and the words for a flaw that decided are made.

mod table;

pub use table::FLAWS;

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::invariant::Invariant;
use super::types::ServerSet;

/// A rule that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    ForgetVote,
    VoteTwice,
    LongestLogWins,
    RefuseEqualLogs,
    ResetOnAnyRpc,
    CountStaleVotes,
    SmallMajority,
    CommitOldTerm,
    TruncateAlways,
    KeepConflictingTail,
    BlindHeartbeat,
    OverreachCommit,
    AckWholeLog,
    ForgetLog,
    BackOne,
    SnapshotMovesBack,
    SnapshotMerges,
    DropSuffix,
    LocalGet,
    ReplyBeforeCommit,
    AnyOpAtIndex,
    ReuseIds,
    HoldWaiters,
    ApplyOwnOnly,
    CheckAtSubmit,
    NeverMaybe,
    BlindUnlock,
    TransferWithoutCatchingUp,
    PrevoteBumpsTerm,
    CountOneVoteTwice,
    RefuseRepeatedVote,
    CandidateKeepsStanding,
    BlindFirstAppend,
    MatchGoesBack,
    NextBelowMatch,
    ReadIndexEarly,
    LeaseIgnoresClock,
    ChangeBeforeCommit,
    LearnerVotes,
    AckBeforeSync,
}

/// What a flaw breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all = "kebab-case")]
pub enum Breaks {
    /// Something bad happens: this invariant is violated.
    Safety(Invariant),
    /// Something good does not happen, or too late: a bounded wait fails.
    Liveness,
}

/// What is said about a flaw.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub flaw: Flaw,
    /// The word that scripts and reports use.
    pub name: &'static str,
    /// What the flawed server or client does.
    pub departure: &'static str,
    /// The rule that is missing then.
    pub rule: &'static str,
    /// Where the rule stands: a section of the paper, or of the service's own rules.
    pub source: &'static str,
    /// What its scene breaks.
    pub breaks: Breaks,
    /// What to look for.
    pub watch: &'static str,
}

impl Flaw {
    /// What is said about it.
    pub const fn about(self) -> &'static About {
        &FLAWS[self as usize]
    }

    pub const fn name(self) -> &'static str {
        self.about().name
    }

    /// Whether it is a flaw of Raft, and not of the service above it or of a client.
    pub const fn is_in_raft(self) -> bool {
        !matches!(
            self,
            Self::LocalGet
                | Self::ReplyBeforeCommit
                | Self::AnyOpAtIndex
                | Self::ReuseIds
                | Self::HoldWaiters
                | Self::ApplyOwnOnly
                | Self::CheckAtSubmit
                | Self::NeverMaybe
                | Self::BlindUnlock
        )
    }

    pub fn from_name(name: &str) -> Option<Self> {
        FLAWS.iter().find(|about| about.name == name).map(|about| about.flaw)
    }

    /// In words: what the flawed one does, and the rule with its section.
    pub fn told(self) -> String {
        let About { name, departure, rule, source, .. } = self.about();
        format!("flaw {name}: {departure}; the rule: {rule} ({source})")
    }

    /// Whether nothing comes of it unless servers take snapshots.
    pub const fn is_of_snapshots(self) -> bool {
        matches!(self, Self::SnapshotMovesBack | Self::SnapshotMerges | Self::DropSuffix)
    }

    /// Whether nothing comes of it unless members change.
    pub const fn is_of_members(self) -> bool {
        matches!(self, Self::ChangeBeforeCommit | Self::LearnerVotes)
    }

    /// Whether its rule is one that the paper leaves to the implementer: a Raft without it is as right.
    pub const fn is_of_advice(self) -> bool {
        matches!(self, Self::BackOne)
    }

    /// Whether little comes of it unless disks are slow.
    pub const fn is_of_disks(self) -> bool {
        matches!(self, Self::AckBeforeSync)
    }

    /// Whether it is a flaw of clients, not of servers.
    pub const fn is_of_clients(self) -> bool {
        matches!(self, Self::NeverMaybe | Self::BlindUnlock)
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Breaks {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safety(invariant) => invariant.name(),
            Self::Liveness => "liveness",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "liveness" => Some(Self::Liveness),
            _ => Invariant::from_name(name).map(Self::Safety),
        }
    }
}

impl std::fmt::Display for Breaks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The flaws that a server, or the clients, have at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws(u64);

impl Flaws {
    pub const NONE: Self = Self(0);

    pub const fn has(self, flaw: Flaw) -> bool {
        self.0 & (1 << flaw as u64) != 0
    }

    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub const fn set(&mut self, flaw: Flaw, on: bool) {
        if on {
            self.0 |= 1 << flaw as u64;
        } else {
            self.0 &= !(1 << flaw as u64);
        }
    }

    pub const fn only(flaw: Flaw) -> Self {
        Self(1 << flaw as u64)
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What a rule answers; where `flaw` is planted, what is answered instead.
    #[inline]
    pub fn unless<T: PartialEq>(
        self,
        flaw: Flaw,
        departs: impl FnOnce() -> T,
        rule: T,
    ) -> Ruled<T> {
        if !self.has(flaw) {
            return Ruled::kept(rule);
        }
        let answer = departs();
        let flaws = if answer == rule { Self::NONE } else { Self::only(flaw) };
        Ruled { answer, flaws }
    }

    pub fn iter(self) -> impl Iterator<Item = Flaw> {
        FLAWS.iter().map(|about| about.flaw).filter(move |flaw| self.has(*flaw))
    }
}

impl FromIterator<Flaw> for Flaws {
    fn from_iter<I: IntoIterator<Item = Flaw>>(flaws: I) -> Self {
        flaws.into_iter().fold(Self::NONE, |all, flaw| all.union(Self::only(flaw)))
    }
}

/// By their names.
impl<'de> Deserialize<'de> for Flaws {
    fn deserialize<D: Deserializer<'de>>(names: D) -> Result<Self, D::Error> {
        Vec::<Flaw>::deserialize(names).map(Self::from_iter)
    }
}

/// By their names.
impl Serialize for Flaws {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// The answer of a rule, and the flaws that made it another than the rule's. A flaw that answers
/// as the rule does has decided nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruled<T> {
    pub answer: T,
    pub flaws: Flaws,
}

impl<T> Ruled<T> {
    /// The rule's own answer.
    pub const fn kept(answer: T) -> Self {
        Self { answer, flaws: Flaws::NONE }
    }
}

/// Who has a planted flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    AllServers,
    Servers(ServerSet),
    Clients,
}

impl std::fmt::Display for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AllServers => f.write_str("all servers"),
            Self::Servers(servers) => servers.fmt(f),
            Self::Clients => f.write_str("all clients"),
        }
    }
}

/// All flaws, for a terminal: `raftlab flaws`.
pub fn list() -> String {
    let mut text = String::new();
    for about in &FLAWS {
        let About { name, departure, rule, source, breaks, watch, .. } = about;
        let scene = name.replace('-', "_");
        let _ = writeln!(text, "{name}: {departure}.");
        let _ = writeln!(text, "  rule    {rule} ({source})");
        let _ = writeln!(text, "  breaks  {breaks}");
        let _ = writeln!(text, "  watch   {watch}");
        let _ = writeln!(text, "  scene   raftlab show {scene}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_flaws() {
        for (place, about) in FLAWS.iter().enumerate() {
            assert_eq!(about.flaw as usize, place, "{}", about.name);
            assert_eq!(Flaw::from_name(about.name), Some(about.flaw));
            let json = serde_json::to_string(&about.flaw).expect("a flaw is a word");
            assert_eq!(json, format!("\"{}\"", about.name));
        }
    }

    #[test]
    fn a_set_of_flaws_keeps_each_apart() {
        let mut flaws = Flaws::NONE;
        for about in &FLAWS {
            assert!(!flaws.has(about.flaw));
            flaws.set(about.flaw, true);
        }
        flaws.set(Flaw::BackOne, false);
        let kept: Vec<Flaw> = flaws.iter().collect();
        assert_eq!(kept.len(), FLAWS.len() - 1);
        assert!(!kept.contains(&Flaw::BackOne));
    }
}
