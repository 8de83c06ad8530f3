//! Conditions: questions about the present that change nothing.

use std::fmt::{Display, Formatter, Result as Written};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, IntoStaticStr, VariantArray};

use super::conditions::is_outcome_word;
use super::lex::quoted;
use super::measure::Kind;
use super::number::{Base, Number};
use super::print::{Spaced, Terms};
use super::{Measure, Text, Watched, Who};
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Ppm;
use crate::cluster::types::{Outcome, Term, first};

/// What `until`, `expect` and `loop until` ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    /// `safe`, `S3 is follower`; `leader`: there is one.
    Is(Measure),
    /// `chance 20%`: drawn when the line runs; after that, all or nothing.
    Chance(Ppm),
    /// `S2 vote = S1`, `committed >= {n}`.
    Compare(Measure, Compare, Operand),
}

/// What a measure is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    Number(Number),
    /// A server, or none.
    Server(Option<Who>),
    /// These servers together; none of them: nobody.
    Servers(Vec<Who>),
    Role(RoleName),
    Terms(Vec<Term>),
    /// `3 @2`, `ok`: a value, a version, an outcome, as far as they are said.
    Value(ReplyPattern),
    Client(Text),
    /// A word with a `{name}` that becomes a role or the terms of a log.
    Hole(Text),
    /// What another measure is.
    Measure(Box<Measure>),
}

/// What a reply must look like, and what a server's map must hold. A value that is the word of an
/// outcome stands in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyPattern {
    pub kind: PatternKind,
    pub version: Option<Number>,
}

/// The outcome, or the value, that a [`ReplyPattern`] wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// `ok`, `nokey`, `version`, `maybe`.
    Outcome(Outcome),
    /// A get that found this value.
    Value(Text),
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
    /// When a name means nothing, or several servers.
    fn who(&self, who: &Who) -> Result<Who, Self::Error>;

    /// As [`Filler::who`], where several may be meant.
    ///
    /// # Errors
    /// When a name means nothing.
    fn whos(&self, who: &Who) -> Result<Vec<Who>, Self::Error>;

    /// The number that a word becomes, and `plus`.
    ///
    /// # Errors
    /// When it becomes none.
    fn number(&self, text: &Text, plus: i64) -> Result<u64, Self::Error>;
}

impl Condition {
    /// The same condition with every `{name}` filled in, to be asked when the names mean nothing
    /// any more.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        let inner = |one: &Self| one.filled(filler).map(Box::new);
        Ok(match self {
            Self::And(one, two) => Self::And(inner(one)?, inner(two)?),
            Self::Or(one, two) => Self::Or(inner(one)?, inner(two)?),
            Self::Not(one) => Self::Not(inner(one)?),
            Self::Is(measure) => Self::Is(measure.filled(filler)?),
            Self::Chance(_) => self.clone(),
            Self::Compare(measure, compare, operand) => {
                Self::Compare(measure.filled(filler)?, *compare, operand.filled(filler)?)
            }
        })
    }
}

impl Condition {
    /// The same with every `chance` drawn, in the order in which they stand, whether the answer
    /// depends on them or not.
    pub(in crate::cluster) fn drawn(&self, draw: &mut impl FnMut(Ppm) -> bool) -> Self {
        let mut inner = |one: &Self| Box::new(one.drawn(draw));
        match self {
            Self::And(one, two) => Self::And(inner(one), inner(two)),
            Self::Or(one, two) => Self::Or(inner(one), inner(two)),
            Self::Not(one) => Self::Not(inner(one)),
            Self::Chance(share) => Self::Chance(if draw(*share) { Ppm::ONE } else { Ppm::ZERO }),
            Self::Is(_) | Self::Compare(..) => self.clone(),
        }
    }
}

impl Watched {
    /// The same with every `{name}` filled in.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        Ok(match self {
            Self::Condition(condition) => Self::Condition(condition.filled(filler)?),
            Self::Value(value) => Self::Value(value.filled_value(filler)?),
        })
    }
}

impl Display for Watched {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Condition(condition) => condition.fmt(f),
            Self::Value(value) => value.fmt(f),
        }
    }
}

impl Operand {
    /// The same with every `{name}` filled in.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        Ok(match self {
            Self::Number(number) => Self::Number(number.filled(filler)?),
            Self::Server(Some(who)) => Self::Server(Some(filler.who(who)?)),
            Self::Servers(who) => {
                let who: Result<Vec<_>, _> = who.iter().map(|who| filler.whos(who)).collect();
                Self::Servers(who?.concat())
            }
            Self::Value(pattern) => Self::Value(ReplyPattern {
                kind: match &pattern.kind {
                    PatternKind::Value(value) => PatternKind::Value(filler.text(value)?),
                    PatternKind::Outcome(_) => pattern.kind.clone(),
                },
                version: pattern.version.as_ref().map(|it| it.filled(filler)).transpose()?,
            }),
            Self::Client(name) => Self::Client(filler.text(name)?),
            Self::Hole(text) => Self::Hole(filler.text(text)?),
            Self::Measure(measure) => Self::Measure(Box::new(measure.filled_value(filler)?)),
            Self::Server(None) | Self::Role(_) | Self::Terms(_) => self.clone(),
        })
    }

    /// Whether it ends with a measure, behind which nothing of another may stand.
    pub(super) const fn is_measured(&self) -> bool {
        matches!(self, Self::Measure(_) | Self::Number(Number { base: Base::Measure(_), .. }))
    }
}

/// How tightly a condition holds together: what binds less stands in parentheses inside.
const fn binding(condition: &Condition) -> u8 {
    match condition {
        Condition::Or(..) => 0,
        Condition::And(..) => 1,
        Condition::Not(_) | Condition::Is(_) | Condition::Chance(_) | Condition::Compare(..) => 2,
    }
}

fn grouped(f: &mut Formatter<'_>, condition: &Condition, least: u8) -> Written {
    if binding(condition) < least { write!(f, "({condition})") } else { condition.fmt(f) }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::And(left, right) => {
                grouped(f, left, 1)?;
                f.write_str(" and ")?;
                grouped(f, right, 2)
            }
            Self::Or(left, right) => {
                grouped(f, left, 0)?;
                f.write_str(" or ")?;
                grouped(f, right, 1)
            }
            Self::Not(inner) => {
                f.write_str("not ")?;
                grouped(f, inner, 2)
            }
            Self::Is(measure) => measure.fmt(f),
            Self::Chance(share) => write!(f, "chance {share}"),
            Self::Compare(measure, compare, operand) => {
                measure.head(f)?;
                if operand.is_measured() {
                    measure.tail(f)?;
                    return write!(f, " {} {}", compare.sign(), Shown(operand, measure));
                }
                write!(f, " {} {}", compare.sign(), Shown(operand, measure))?;
                measure.tail(f)
            }
        }
    }
}

/// An operand as it stands behind a measure.
struct Shown<'a>(&'a Operand, &'a Measure);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self.0 {
            Operand::Number(number) => number.fmt(f),
            Operand::Server(Some(who)) => who.fmt(f),
            Operand::Server(None) => f.write_str("none"),
            Operand::Servers(who) if who.is_empty() => f.write_str("none"),
            Operand::Servers(who) => Spaced(who).fmt(f),
            Operand::Role(role) => f.write_str(role.word()),
            Operand::Terms(terms) => Terms(terms).fmt(f),
            Operand::Client(name) => name.fmt(f),
            Operand::Hole(text) => f.write_str(text.as_str()),
            Operand::Measure(measure) => measure.fmt(f),
            Operand::Value(ReplyPattern { kind, version }) => {
                match kind {
                    PatternKind::Outcome(outcome) => outcome.fmt(f)?,
                    PatternKind::Value(value)
                        if self.1.row.answers == Kind::Reply && is_outcome_word(value.as_str()) =>
                    {
                        f.write_str(&quoted(value.as_str()))?;
                    }
                    PatternKind::Value(value) => value.fmt(f)?,
                }
                version.as_ref().map_or(Ok(()), |version| write!(f, " @{version}"))
            }
        }
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

/// What a server can be, in the words of scripts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumCount,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum RoleName {
    Follower,
    PreCandidate,
    Candidate,
    Leader,
    Down,
    Asleep,
    Up,
}

impl RoleName {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    /// What a server is, in the words of scripts.
    pub fn of(server: &Server) -> Self {
        match (server.power, server.raft.role()) {
            (Power::Down, _) => Self::Down,
            (Power::Asleep, _) => Self::Asleep,
            (Power::Up, Role::Follower) => Self::Follower,
            (Power::Up, Role::PreCandidate) => Self::PreCandidate,
            (Power::Up, Role::Candidate) => Self::Candidate,
            (Power::Up, Role::Leader) => Self::Leader,
        }
    }

    /// Whether a server that is `role` is this: what does not sleep is up, and what sleeps too.
    pub fn covers(self, role: Self) -> bool {
        role == self || (self == Self::Up && role != Self::Down)
    }

    pub const fn word(self) -> &'static str {
        self.into_str()
    }
}
