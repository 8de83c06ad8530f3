//! Conditions: questions about the present that change nothing.

use serde::{Deserialize, Serialize};

use super::{Text, Who};
use crate::cluster::check::Invariant;
use crate::cluster::types::{Outcome, Term, Version};

/// What `until`, `expect` and `loop until` ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    /// `leader`: a running server leads. `leader = S2`: this one does, in the highest term.
    Leader(Option<Who>),
    NoLeader,
    /// A leader of a later term than when this task last did something to servers or links.
    NewLeader,
    /// `term >= 4`: the highest term among running servers.
    Term(Compare, Count),
    /// `committed >= 5`: the highest commit index among running servers.
    Committed(Compare, Count),
    /// `committed x = 3`: by some running server as far as it has applied.
    CommittedKey {
        key: Text,
        value: Text,
    },
    /// `applied >= 5`: the lowest applied index among running servers.
    Applied(Compare, Count),
    /// `applied x = 3`: by every running server.
    AppliedKey {
        key: Text,
        value: Text,
    },
    /// `S3 is follower`.
    Is {
        who: Who,
        role: RoleName,
    },
    /// `S3 holds x = 3 @2`.
    Holds {
        who: Who,
        key: Text,
        value: Text,
        version: Option<Version>,
    },
    /// `S3 log = 1,1,4`: the terms of its entries.
    Log {
        who: Who,
        terms: Vec<Term>,
    },
    /// `S3 term = 4`.
    ServerTerm {
        who: Who,
        compare: Compare,
        count: Count,
    },
    /// `up >= 3`: how many servers are up, sleeping ones included.
    Up(Compare, Count),
    /// `waiting client=b`: its operation is still open.
    Waiting {
        client: Option<Text>,
    },
    /// `idle`: no client has an operation open.
    Idle,
    /// `reply = 3 @2 client=b`: how the client's last operation ended.
    Reply {
        pattern: ReplyPattern,
        client: Option<Text>,
    },
    /// `holder lock = b`.
    Holder {
        lock: Text,
        client: Text,
    },
    /// One leader in the highest term, and all that it reaches have its log.
    Converged,
    /// No invariant has been broken.
    Safe,
    /// What clients have been told is linearizable.
    Linearizable,
    /// This invariant has been broken.
    Broken(Invariant),
    /// `messages <= 42 since MARK`: RPC requests between servers.
    Messages {
        compare: Compare,
        count: Count,
        since: Option<Text>,
    },
    /// `bytes <= 200000 since MARK`: of all packets between servers.
    Bytes {
        compare: Compare,
        count: Count,
        since: Option<Text>,
    },
}

/// Fills in the `{names}` of conditions and values, and fails in its own way.
pub trait Filler {
    type Error;

    /// The text with its names filled in.
    ///
    /// # Errors
    /// When a name means nothing.
    fn text(&self, text: &Text) -> Result<Text, Self::Error>;

    /// The word with its names filled in; words as `leader` go on meaning whoever it is.
    ///
    /// # Errors
    /// When a name means nothing.
    fn who(&self, who: &Who) -> Result<Who, Self::Error>;
}

impl Condition {
    /// The same condition with every `{name}` filled in, to be asked when the names mean nothing
    /// any more.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        let inner = |one: &Self| one.filled(filler).map(Box::new);
        let text = |text: &Text| filler.text(text);
        let who = |who: &Who| filler.who(who);
        let maybe = |name: &Option<Text>| name.as_ref().map(text).transpose();
        let count = |count: &Count| match count {
            Count::Number(_) => Ok(count.clone()),
            Count::Hole(word) => text(word).map(Count::Hole),
        };
        Ok(match self {
            Self::And(one, two) => Self::And(inner(one)?, inner(two)?),
            Self::Or(one, two) => Self::Or(inner(one)?, inner(two)?),
            Self::Not(one) => Self::Not(inner(one)?),
            Self::Leader(one) => Self::Leader(one.as_ref().map(who).transpose()?),
            Self::Term(compare, n) => Self::Term(*compare, count(n)?),
            Self::Committed(compare, n) => Self::Committed(*compare, count(n)?),
            Self::Applied(compare, n) => Self::Applied(*compare, count(n)?),
            Self::Up(compare, n) => Self::Up(*compare, count(n)?),
            Self::CommittedKey { key, value } => {
                Self::CommittedKey { key: text(key)?, value: text(value)? }
            }
            Self::AppliedKey { key, value } => {
                Self::AppliedKey { key: text(key)?, value: text(value)? }
            }
            Self::Is { who: one, role } => Self::Is { who: who(one)?, role: *role },
            Self::Holds { who: one, key, value, version } => Self::Holds {
                who: who(one)?,
                key: text(key)?,
                value: text(value)?,
                version: *version,
            },
            Self::Log { who: one, terms } => Self::Log { who: who(one)?, terms: terms.clone() },
            Self::ServerTerm { who: one, compare, count: n } => {
                Self::ServerTerm { who: who(one)?, compare: *compare, count: count(n)? }
            }
            Self::Waiting { client } => Self::Waiting { client: maybe(client)? },
            Self::Reply { pattern, client } => {
                Self::Reply { pattern: pattern.filled(filler)?, client: maybe(client)? }
            }
            Self::Holder { lock, client } => {
                Self::Holder { lock: text(lock)?, client: text(client)? }
            }
            Self::Messages { compare, count: n, since } => {
                Self::Messages { compare: *compare, count: count(n)?, since: maybe(since)? }
            }
            Self::Bytes { compare, count: n, since } => {
                Self::Bytes { compare: *compare, count: count(n)?, since: maybe(since)? }
            }
            Self::NoLeader
            | Self::NewLeader
            | Self::Idle
            | Self::Converged
            | Self::Safe
            | Self::Linearizable
            | Self::Broken(_) => self.clone(),
        })
    }
}

impl ReplyPattern {
    fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        Ok(match self {
            Self::Outcome { .. } => self.clone(),
            Self::Value { value, version } => {
                Self::Value { value: filler.text(value)?, version: *version }
            }
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    Equal,
    AtLeast,
    AtMost,
}

impl Compare {
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }

    pub const fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
        }
    }
}

/// A number, or a word with a `{name}` that becomes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    Number(u64),
    Hole(Text),
}

/// What a reply must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyPattern {
    /// `ok`, `nokey`, `version`, `maybe`; `ok @2` with the version too.
    Outcome { outcome: Outcome, version: Option<Version> },
    /// `3 @2`: a get that found this value, and this version if one is named. A value that is
    /// an outcome's word stands in quotes.
    Value { value: Text, version: Option<Version> },
}

/// What a server can be, in the words of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    Follower,
    Candidate,
    Leader,
    Down,
    Asleep,
    Up,
}

impl RoleName {
    pub const ALL: [Self; 6] =
        [Self::Follower, Self::Candidate, Self::Leader, Self::Down, Self::Asleep, Self::Up];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Follower => "follower",
            Self::Candidate => "candidate",
            Self::Leader => "leader",
            Self::Down => "down",
            Self::Asleep => "asleep",
            Self::Up => "up",
        }
    }
}
