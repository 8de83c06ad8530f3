//! Planted flaws: rules that can be switched off, one at a time, to see what they are for.
//!
//! Each is one small departure where the rule lives: `raft/rules.rs` for consensus, and its like
//! in `disk.rs`, `rsm.rs`, `client.rs` and `lock.rs`. This file is the table of their names; with
//! every switch off nothing here has any effect.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A departure from one rule.
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
    LocalGet,
    ReplyBeforeCommit,
    AnyOpAtIndex,
    ReuseIds,
    HoldWaiters,
    ApplyOwnOnly,
    CheckAtSubmit,
    NeverMaybe,
    BlindUnlock,
}

/// What people should know of a flaw.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub flaw: Flaw,
    /// The word that scripts use.
    pub name: &'static str,
    /// What is done wrong.
    pub departure: &'static str,
    /// Where the rule stands.
    pub rule: &'static str,
    /// What to watch when it is switched on.
    pub watch: &'static str,
}

macro_rules! about {
    ($flaw:ident, $name:literal, $rule:literal, $departure:literal, $watch:literal) => {
        About { flaw: Flaw::$flaw, name: $name, departure: $departure, rule: $rule, watch: $watch }
    };
}

/// All flaws, in the order of [`Flaw`].
pub static FLAWS: [About; 24] = [
    about!(
        ForgetVote,
        "forget-vote",
        "Figure 2, persistent state",
        "a crash loses the term and the vote",
        "a server that restarts within a term votes twice in it"
    ),
    about!(
        VoteTwice,
        "vote-twice",
        "Figure 2, RequestVote 2",
        "every accepted append clears the vote",
        "a follower votes again in the term of its own leader"
    ),
    about!(
        LongestLogWins,
        "longest-log-wins",
        "§5.4.1",
        "votes go by the length of the log alone",
        "a long stale log wins, and lacks what is committed"
    ),
    about!(
        RefuseEqualLogs,
        "refuse-equal-logs",
        "§5.4.1",
        "a candidate must have more than its voter",
        "equal logs refuse each other: nobody is ever elected"
    ),
    about!(
        ResetOnAnyRpc,
        "reset-on-any-rpc",
        "Figure 2, Followers",
        "any message resets the election timer",
        "a hopeless candidate keeps the only electable server quiet"
    ),
    about!(
        CountStaleVotes,
        "count-stale-votes",
        "§5.2",
        "votes given in older terms count",
        "a late vote makes a second leader"
    ),
    about!(
        SmallMajority,
        "small-majority",
        "§5.2",
        "one server fewer passes for a majority",
        "two of five elect a leader and commit"
    ),
    about!(
        CommitOldTerm,
        "commit-old-term",
        "§5.4.2, Figure 8",
        "entries of older terms are committed by counting copies",
        "a committed entry is overwritten"
    ),
    about!(
        TruncateAlways,
        "truncate-always",
        "Figure 2, AppendEntries 3",
        "every append cuts the log off behind its entries",
        "a delayed append removes what was acknowledged"
    ),
    about!(
        KeepConflictingTail,
        "keep-conflicting-tail",
        "Figure 2, AppendEntries 3",
        "a conflicting entry is replaced, and what follows it stays",
        "terms go back along a log"
    ),
    about!(
        BlindHeartbeat,
        "blind-heartbeat",
        "Figure 2, AppendEntries 2",
        "empty appends skip the check of the previous entry",
        "a follower acknowledges entries that it does not have"
    ),
    about!(
        OverreachCommit,
        "overreach-commit",
        "Figure 2, AppendEntries 5",
        "the leader's commit index is taken whole",
        "a stale entry of one's own is applied"
    ),
    about!(
        AckWholeLog,
        "ack-whole-log",
        "Figure 2, Leaders",
        "an acknowledgement counts for the whole log",
        "an entry that nobody has copied is committed"
    ),
    about!(
        ForgetLog,
        "forget-log",
        "Figure 2, persistent state",
        "a crash loses the log",
        "an acknowledged put is gone"
    ),
    about!(
        BackOne,
        "back-one",
        "§5.3, end",
        "nextIndex backs up one entry at a time",
        "a long divergence takes as many rounds as it has entries"
    ),
    about!(
        LocalGet,
        "local-get",
        "§8",
        "a get is answered from the server's own map",
        "a cut-off server answers with an old value"
    ),
    about!(
        ReplyBeforeCommit,
        "reply-before-commit",
        "§5.3",
        "the client is told ok before the entry is committed",
        "ok, and then the entry is discarded"
    ),
    about!(
        AnyOpAtIndex,
        "any-op-at-index",
        "the replicated state machine",
        "a waiter takes whatever is applied at its index",
        "ok for somebody else's operation"
    ),
    about!(
        ReuseIds,
        "reuse-ids",
        "the replicated state machine",
        "operation ids start again after a restart",
        "a replayed entry answers a new request"
    ),
    about!(
        HoldWaiters,
        "hold-waiters",
        "the replicated state machine",
        "waiters stay when leadership is lost",
        "a client waits at a server that no longer leads"
    ),
    about!(
        ApplyOwnOnly,
        "apply-own-only",
        "the replicated state machine",
        "a server applies only what it submitted itself",
        "maps differ"
    ),
    about!(
        CheckAtSubmit,
        "check-at-submit",
        "the versioned map",
        "a put's version is checked when it is submitted, not when it is applied",
        "two puts are ok at one version"
    ),
    about!(
        NeverMaybe,
        "never-maybe",
        "the client",
        "a resent put that is told Version says Version, not Maybe",
        "a put that was carried out is reported as refused"
    ),
    about!(
        BlindUnlock,
        "blind-unlock",
        "the lock",
        "a release is resent at whatever version is found",
        "one client frees another's lock"
    ),
];

impl Flaw {
    pub fn about(self) -> &'static About {
        &FLAWS[self as usize]
    }

    pub fn from_name(name: &str) -> Option<Self> {
        FLAWS.iter().find(|about| about.name == name).map(|about| about.flaw)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about().name)
    }
}

/// A set of flaws: those of one server, or of the clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaws(u32);

impl Flaws {
    pub const NONE: Self = Self(0);

    pub const fn has(self, flaw: Flaw) -> bool {
        self.0 & (1 << flaw as u32) != 0
    }

    pub const fn set(&mut self, flaw: Flaw, on: bool) {
        if on {
            self.0 |= 1 << flaw as u32;
        } else {
            self.0 &= !(1 << flaw as u32);
        }
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Flaw> {
        FLAWS.iter().map(|about| about.flaw).filter(move |flaw| self.has(*flaw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_names_are_unique() {
        for about in &FLAWS {
            assert_eq!(about.flaw.about().name, about.name);
            assert_eq!(Flaw::from_name(about.name), Some(about.flaw));
        }
    }
}
