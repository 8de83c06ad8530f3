//! Why a command can't be carried out. What somebody acts on is said in values; its words are made
//! here, for all who show them.

use std::borrow::Cow;
use std::fmt::{Display, Formatter, Result};

use crate::cluster::command::{Command, Flow};
use crate::cluster::types::{Index, ServerId};
use crate::cluster::{Cluster, FailureKind};

/// What stands against a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// None of the servers can do it, each for its reason.
    Servers(Vec<(ServerId, Hindrance)>),
    /// What is expected is not so, but this.
    NotSo(String),
    /// The servers have a guest's Raft, and only the lab's own does that by command.
    Foreign(String),
    /// Anything else, and what to do.
    Words(String),
}

/// Why something can't be done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    Down,
    DownAlready,
    Up,
    Asleep,
    AsleepAlready,
    Awake,
    /// Its disk is not lost before it is down.
    Runs,
    /// It has no election timer.
    Leads,
    /// It learns, or is no member.
    NoVote,
    /// It has no heartbeat timer.
    Follows,
    /// It does not lead, and so has nobody to ask.
    LeadsNot,
    /// It keeps no check for a quorum.
    Unchecked,
    /// It follows no leader that it could forget.
    HearsNobody,
    /// A leader trusts it not to vote.
    Leases,
    /// It has a guest's Raft, which alone knows whom it has heard.
    Unknowing,
    /// Nothing is being written.
    Synced,
    /// Its next write is to fail as it is.
    FailsAlready,
    /// It has a guest's Raft, which keeps its log by itself.
    Foreign,
    /// There is nothing that a snapshot could hold.
    NothingApplied,
    /// Its snapshot covers all that it has applied, up to here.
    Compacted(Index),
}

impl Hindrance {
    /// Whether it is that the server has a guest's Raft.
    const fn is_foreign(self) -> bool {
        matches!(self, Self::Foreign | Self::Unknowing)
    }

    fn words(self) -> (&'static str, Cow<'static, str>) {
        let (before, after) = match self {
            Self::Compacted(last) => {
                let after = format!(" has a snapshot up to entry {last}, and has applied no more");
                return ("", after.into());
            }
            Self::Foreign => {
                ("", " runs another Raft than the lab's own, which keeps its log itself")
            }
            Self::NothingApplied => {
                ("", " has applied no entry yet: there is nothing that a snapshot could hold")
            }
            Self::Down => ("", " is down"),
            Self::DownAlready => ("", " is down already"),
            Self::Up => ("", " is up"),
            Self::Asleep => ("", " sleeps"),
            Self::AsleepAlready => ("", " sleeps already"),
            Self::Awake => ("", " does not sleep"),
            Self::Runs => ("", " runs: crash it before its disk is lost"),
            Self::Leads => ("", " leads, and leaders have no election timer"),
            Self::NoVote => ("", " has no vote, and does not stand for election"),
            Self::Follows => ("", " does not lead, and only leaders send heartbeats"),
            Self::LeadsNot => ("", " does not lead, and only leaders check for a quorum"),
            Self::Unchecked => ("", " checks for no quorum: `option check-quorum on` has it do so"),
            Self::HearsNobody => ("", " follows no leader that it could forget"),
            Self::Leases => {
                ("", " keeps `reads=lease`: its leader trusts it to vote for nobody meanwhile")
            }
            Self::Unknowing => {
                ("", " runs another Raft than the lab's own, which alone knows whom it has heard")
            }
            Self::FailsAlready => ("the next write of ", " fails already"),
            Self::Synced => ("everything that ", " has written is on its disk"),
        };
        (before, after.into())
    }
}

impl Refusal {
    /// In which way a run fails whose script did not expect it.
    fn kind(&self) -> FailureKind {
        match self {
            Self::Foreign(_) => FailureKind::Foreign,
            Self::Servers(reasons) if reasons.iter().any(|(_, why)| why.is_foreign()) => {
                FailureKind::Foreign
            }
            Self::Servers(_) | Self::NotSo(_) | Self::Words(_) => FailureKind::Unmet,
        }
    }

    /// What was expected of a command, and what is the case instead.
    pub(in crate::cluster) fn disappoints(&self, command: &Command) -> (String, String) {
        match (self, command) {
            (Self::NotSo(actual), Command::Flow(Flow::Expect(condition))) => {
                (condition.to_string(), actual.clone())
            }
            _ => (format!("`{command}` can be carried out"), self.to_string()),
        }
    }
}

impl Cluster {
    /// A line could not be carried out, and was to be.
    pub(in crate::cluster) fn disappoint(&mut self, line: u32, command: &Command, why: &Refusal) {
        let (expected, actual) = why.disappoints(command);
        self.fail(line, why.kind(), &expected, &actual);
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Servers(reasons) => {
                for (place, (id, hindrance)) in reasons.iter().enumerate() {
                    let (before, after) = hindrance.words();
                    write!(f, "{}{before}{id}{after}", if place > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Self::NotSo(actual) => write!(f, "not so: {actual}"),
            Self::Foreign(words) | Self::Words(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Refusal {}
