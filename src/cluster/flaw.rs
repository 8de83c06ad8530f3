//! Planted flaws: the mistakes that implementers really make, each as a switch.
//!
//! A flaw is one small departure from one rule. It is asked for where the rule lives and nowhere
//! else: in `raft/rules.rs` for the predicates of Figure 2, in `rsm.rs`, `client.rs`, `lock.rs`
//! and `disk.rs` for the rest. What is asked there gives back a [`Ruled`] answer, which
//! says whether a flaw made it; so an event can name the flaw that decided, and nobody recites a
//! rule that was not kept. [`FLAWS`] is the table from which the verb `flaw`, the lab's menu,
//! `raftlab flaws`, the reference and the words for a flaw that decided are made.

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

const fn safety(invariant: Invariant) -> Breaks {
    Breaks::Safety(invariant)
}

/// Every flaw, in the order of [`Flaw`].
pub static FLAWS: [About; 40] = [
    About {
        flaw: Flaw::ForgetVote,
        name: "forget-vote",
        departure: "the current term and the vote are kept in memory only",
        rule: "currentTerm and votedFor are on disk before any reply that depends on them",
        source: "Figure 2, State; §5.2",
        breaks: safety(Invariant::OneVote),
        watch: "a server votes, restarts within the term, and votes again for another",
    },
    About {
        flaw: Flaw::VoteTwice,
        name: "vote-twice",
        departure: "every accepted append clears the vote",
        rule: "the vote of a term is kept until the term ends",
        source: "Figure 2, RequestVote 2; §5.2",
        breaks: safety(Invariant::OneVote),
        watch: "a follower that has heard the leader votes once more in the same term",
    },
    About {
        flaw: Flaw::LongestLogWins,
        name: "longest-log-wins",
        departure: "the longer log counts as the more up to date, whatever its last term",
        rule: "the later last term is more up to date; only then the length decides",
        source: "§5.4.1",
        breaks: safety(Invariant::LeaderCompleteness),
        watch: "a long log of entries that were never committed wins an election",
    },
    About {
        flaw: Flaw::RefuseEqualLogs,
        name: "refuse-equal-logs",
        departure: "a vote goes only to a log that is strictly more up to date",
        rule: "a log at least as up to date as the voter's is good enough",
        source: "§5.4.1",
        breaks: Breaks::Liveness,
        watch: "servers with equal logs refuse each other, term after term",
    },
    About {
        flaw: Flaw::ResetOnAnyRpc,
        name: "reset-on-any-rpc",
        departure: "every RPC resets the election timer, refused ones too",
        rule: "only the present leader's word and a vote granted reset the election timer",
        source: "Figure 2, Followers; §5.2",
        breaks: Breaks::Liveness,
        watch: "a server that can't win keeps asking, and the one that could never does",
    },
    About {
        flaw: Flaw::CountStaleVotes,
        name: "count-stale-votes",
        departure: "votes of earlier terms are counted for the present one",
        rule: "a reply of an older term is ignored",
        source: "§5.1, §5.2",
        breaks: safety(Invariant::ElectionSafety),
        watch: "delayed votes of an old election make a second leader",
    },
    About {
        flaw: Flaw::SmallMajority,
        name: "small-majority",
        departure: "one server less than a majority is enough",
        rule: "a majority is more than half of all servers",
        source: "§5.2",
        breaks: safety(Invariant::OnAMajority),
        watch: "two of five commit an entry, or elect a leader",
    },
    About {
        flaw: Flaw::CommitOldTerm,
        name: "commit-old-term",
        departure: "entries of earlier terms are committed by counting copies",
        rule: "only entries of the leader's own term are committed by counting copies",
        source: "§5.4.2, Figure 8",
        breaks: safety(Invariant::LeaderCompleteness),
        watch: "an old entry on a majority is committed, and then overwritten",
    },
    About {
        flaw: Flaw::TruncateAlways,
        name: "truncate-always",
        departure: "every append removes what follows its previous entry",
        rule: "entries are removed only where they conflict with the leader's",
        source: "Figure 2, AppendEntries 3",
        breaks: safety(Invariant::OnAMajority),
        watch: "a delayed append removes an entry that was acknowledged since",
    },
    About {
        flaw: Flaw::KeepConflictingTail,
        name: "keep-conflicting-tail",
        departure: "a conflicting entry is overwritten in place, and what follows it is kept",
        rule: "the conflicting entry and all that follow it are removed",
        source: "Figure 2, AppendEntries 3",
        breaks: safety(Invariant::TermsInOrder),
        watch: "entries of an old term follow entries of a newer one",
    },
    About {
        flaw: Flaw::BlindHeartbeat,
        name: "blind-heartbeat",
        departure: "appends without entries skip the check of the previous entry",
        rule: "every append is refused unless the log has its previous entry",
        source: "Figure 2, AppendEntries 2",
        breaks: safety(Invariant::StateMachineSafety),
        watch: "a follower says yes to entries that it does not have",
    },
    About {
        flaw: Flaw::OverreachCommit,
        name: "overreach-commit",
        departure: "the commit index is taken beyond the last entry that the append confirms",
        rule: "commitIndex = min(leaderCommit, index of last new entry)",
        source: "Figure 2, AppendEntries 5",
        breaks: safety(Invariant::StateMachineSafety),
        watch: "a follower applies its own stale entry, which the leader has not yet replaced",
    },
    About {
        flaw: Flaw::AckWholeLog,
        name: "ack-whole-log",
        departure: "an acknowledgement counts for the leader's whole log as it is by then",
        rule: "matchIndex goes as far as what the acknowledged append carried",
        source: "Figure 2, Leaders; §5.3",
        breaks: safety(Invariant::OnAMajority),
        watch: "what is submitted between an append and its answer is committed alone",
    },
    About {
        flaw: Flaw::ForgetLog,
        name: "forget-log",
        departure: "the log is kept in memory only",
        rule: "entries are on disk before they are acknowledged",
        source: "Figure 2, State; §5.3",
        breaks: safety(Invariant::OnAMajority),
        watch: "servers restart, and an acknowledged write is gone",
    },
    About {
        flaw: Flaw::BackOne,
        name: "back-one",
        departure: "after a refusal nextIndex goes back by one entry",
        rule: "a refusal names the conflicting term, and nextIndex goes back past all of it",
        source: "§5.3, end",
        breaks: Breaks::Liveness,
        watch: "a follower with a long conflicting log is repaired one exchange an entry",
    },
    About {
        flaw: Flaw::SnapshotMovesBack,
        name: "snapshot-moves-back",
        departure: "a snapshot is installed even if more than it covers is committed already",
        rule: "a snapshot that brings nothing new is left aside: state never goes back",
        source: "§7",
        breaks: safety(Invariant::CommitMonotone),
        watch: "a delayed snapshot arrives, and the follower's commit index goes back",
    },
    About {
        flaw: Flaw::SnapshotMerges,
        name: "snapshot-merges",
        departure: "a snapshot adds the keys that are missing, and keeps the values that are there",
        rule: "the state machine begins again with what the snapshot holds",
        source: "Figure 13, InstallSnapshot 8",
        breaks: safety(Invariant::SameMap),
        watch: "a follower that was away keeps old values beside the snapshot's new ones",
    },
    About {
        flaw: Flaw::DropSuffix,
        name: "drop-suffix",
        departure: "a snapshot replaces the whole log, whatever follows in it",
        rule: "if the log has the snapshot's last entry, what follows it is kept",
        source: "Figure 13, InstallSnapshot 6",
        breaks: safety(Invariant::OnAMajority),
        watch: "a delayed snapshot removes entries that were acknowledged since",
    },
    About {
        flaw: Flaw::LocalGet,
        name: "local-get",
        departure: "a leader answers gets from its own map at once",
        rule: "gets go through the log too: a deposed leader may not know that it is one",
        source: "the service's rule; §8",
        breaks: safety(Invariant::Linearizability),
        watch: "a leader without a majority gives out an old value",
    },
    About {
        flaw: Flaw::ReplyBeforeCommit,
        name: "reply-before-commit",
        departure: "a put is answered when it is in the leader's log",
        rule: "a client hears the result after the entry is committed and applied",
        source: "§5.3",
        breaks: safety(Invariant::Linearizability),
        watch: "ok for a put that is discarded afterwards",
    },
    About {
        flaw: Flaw::AnyOpAtIndex,
        name: "any-op-at-index",
        departure: "a waiter at an index takes the answer of whatever is applied there",
        rule: "a waiter takes only the answer of its own operation",
        source: "the state machine's rule 4",
        breaks: safety(Invariant::Linearizability),
        watch: "ok for a put, and it was another's that was carried out",
    },
    About {
        flaw: Flaw::ReuseIds,
        name: "reuse-ids",
        departure: "the ids of operations start again after a restart",
        rule: "an operation's id is never used twice",
        source: "the state machine's rule 1",
        breaks: safety(Invariant::Linearizability),
        watch: "after a restart an old entry, applied again, answers a new operation",
    },
    About {
        flaw: Flaw::HoldWaiters,
        name: "hold-waiters",
        departure: "those who wait for an entry are not released when leadership is lost",
        rule: "a waiter gives up when the term changes or its server no longer leads",
        source: "the state machine's rules 5 and 6",
        breaks: safety(Invariant::Waiters),
        watch: "a client waits on at a server that leads no more",
    },
    About {
        flaw: Flaw::ApplyOwnOnly,
        name: "apply-own-only",
        departure: "a server carries out only the operations that it submitted itself",
        rule: "every server applies every committed entry, in order",
        source: "the state machine's rule 3; §2",
        breaks: safety(Invariant::SameMap),
        watch: "the followers' maps stay empty",
    },
    About {
        flaw: Flaw::CheckAtSubmit,
        name: "check-at-submit",
        departure: "the version is compared when a put is submitted, and not when it is applied",
        rule: "the version is compared when the put is applied",
        source: "the service's rule for puts",
        breaks: safety(Invariant::Versions),
        watch: "two puts at one version are both told ok",
    },
    About {
        flaw: Flaw::NeverMaybe,
        name: "never-maybe",
        departure: "a put that was sent again says version where it should say maybe",
        rule: "version or nokey after a resend is maybe: the first copy may have been carried out",
        source: "the client's rule",
        breaks: safety(Invariant::Linearizability),
        watch: "the client hears that its put failed, though it was carried out",
    },
    About {
        flaw: Flaw::BlindUnlock,
        name: "blind-unlock",
        departure: "a failed release is sent again at the version found, even if another holds the lock",
        rule: "a release puts only where its own id stands",
        source: "the lock's rule",
        breaks: safety(Invariant::LockExclusion),
        watch: "a client releases the lock that another holds by now",
    },
    About {
        flaw: Flaw::TransferWithoutCatchingUp,
        name: "transfer-without-catching-up",
        departure: "a leader that hands over tells the other to take over at once",
        rule: "first the other's log is brought up to the end of the leader's",
        source: "dissertation §3.10",
        breaks: Breaks::Liveness,
        watch: "a server that lacks entries becomes a candidate, and gets no votes",
    },
    About {
        flaw: Flaw::PrevoteBumpsTerm,
        name: "prevote-bumps-term",
        departure: "a server that asks who would vote for it takes the new term already",
        rule: "a server keeps its term until a majority would vote for it",
        source: "dissertation §9.6",
        breaks: Breaks::Liveness,
        watch: "a server that was cut off comes back in a newer term and deposes the leader",
    },
    About {
        flaw: Flaw::CountOneVoteTwice,
        name: "count-one-vote-twice",
        departure: "votes are counted by replies: a second copy of one counts again",
        rule: "a candidate wins with the votes of a majority of the servers",
        source: "§5.2",
        breaks: safety(Invariant::ElectionSafety),
        watch: "a duplicated vote makes a leader beside the one that has a majority",
    },
    About {
        flaw: Flaw::RefuseRepeatedVote,
        name: "refuse-repeated-vote",
        departure: "who has voted refuses everybody, also the one that has its vote",
        rule: "the vote of a term is granted again to the same candidate",
        source: "Figure 2, RequestVote 2",
        breaks: Breaks::Liveness,
        watch: "the reply with the vote is lost, and the candidate that asks again is refused",
    },
    About {
        flaw: Flaw::CandidateKeepsStanding,
        name: "candidate-keeps-standing",
        departure: "a candidate ignores the leader of its own term",
        rule: "a candidate that hears from the leader of its term follows it",
        source: "§5.2; Figure 2, Candidates",
        breaks: Breaks::Liveness,
        watch: "a leader has won, and the loser copies nothing and asks for votes again",
    },
    About {
        flaw: Flaw::BlindFirstAppend,
        name: "blind-first-append",
        departure: "entries from the first on replace the whole log",
        rule: "entries are removed only where they conflict with the leader's",
        source: "Figure 2, AppendEntries 3",
        breaks: safety(Invariant::OnAMajority),
        watch: "a delayed copy of the first append removes all that has come since",
    },
    About {
        flaw: Flaw::MatchGoesBack,
        name: "match-goes-back",
        departure: "an acknowledgement sets matchIndex, even if it is an old one",
        rule: "matchIndex increases: an old acknowledgement says nothing new",
        source: "Figure 2, Leaders",
        breaks: Breaks::Liveness,
        watch: "a majority has an entry, and the leader has forgotten that one of it does",
    },
    About {
        flaw: Flaw::NextBelowMatch,
        name: "next-below-match",
        departure: "an old refusal moves nextIndex back, even before what is known to match",
        rule: "a refusal of what is known to match is an old one, and is ignored",
        source: "§5.3",
        breaks: Breaks::Liveness,
        watch: "a follower that has everything gets all of it again",
    },
    About {
        flaw: Flaw::ReadIndexEarly,
        name: "read-index-early",
        departure: "a new leader answers reads by its commit index at once",
        rule: "first an entry of the leader's own term is committed: till then it may know too little",
        source: "dissertation §6.4",
        breaks: safety(Invariant::Linearizability),
        watch: "a new leader that lags in its commit index answers a read from the past",
    },
    About {
        flaw: Flaw::LeaseIgnoresClock,
        name: "lease-ignores-clock",
        departure: "a leader that has once been confirmed answers reads whatever the time is",
        rule: "a lease ends before others may vote again, by a clock that may be wrong by a tenth",
        source: "dissertation §6.4.1",
        breaks: safety(Invariant::Linearizability),
        watch: "a leader that was replaced, and does not know it, answers a read from the past",
    },
    About {
        flaw: Flaw::ChangeBeforeCommit,
        name: "change-before-commit",
        departure: "a new leader changes the members before it has committed anything",
        rule: "first an entry of the leader's own term is committed: an earlier change may still count",
        source: "dissertation §4.1",
        breaks: safety(Invariant::LeaderCompleteness),
        watch: "two leaders take one server out each, and majorities of what is left have nobody in common",
    },
    About {
        flaw: Flaw::LearnerVotes,
        name: "learner-votes",
        departure: "votes and copies of learners count as those of voters do",
        rule: "a learner copies the log and counts for no majority until it has a vote",
        source: "dissertation §4.2.1",
        breaks: safety(Invariant::ElectionSafety),
        watch: "two candidates of one term win, each with a learner's vote",
    },
    About {
        flaw: Flaw::AckBeforeSync,
        name: "ack-before-sync",
        departure: "messages leave before what they promise is on disk",
        rule: "term, vote and log are on disk before any message that depends on them",
        source: "Figure 2, State",
        breaks: safety(Invariant::OnAMajority),
        watch: "a leader counts a copy whose disk is still writing it, or never will",
    },
];

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
