//! The kinds of faults that chance can do, and what they are called.

use crate::cluster::types::first;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, IntoStaticStr, VariantArray};

/// A kind of fault. The order is part of what a seed means.
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
pub enum Fault {
    Crashes,
    Blinks,
    Ambushes,
    Blackouts,
    Cuts,
    Bridges,
    Rings,
    Isolations,
    Halves,
    Sleeps,
    Clocks,
    Losses,
    Duplicates,
    Delays,
    Timeouts,
    Transfers,
    Members,
    Disks,
}

impl Fault {
    /// Those of which a swarm is drawn where servers keep Figure 2 and nothing else.
    pub const OF_FIGURE_2: [Self; 15] = first(Self::VARIANTS);

    /// And where they keep more. What is beyond these a swarm has if it is named.
    pub const OF_SWARMS: [Self; 16] = first(Self::VARIANTS);

    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    /// The word that scripts use.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// In a line, for lists and help.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Crashes => "servers crash, and stay down for longer than an election timeout",
            Self::Blinks => "servers crash, and are back before any server becomes a candidate",
            Self::Ambushes => "a server crashes right after it took an operation, voted or copied",
            Self::Blackouts => "all servers crash at once",
            Self::Cuts => "links are cut one way: a leader is heard and does not hear",
            Self::Bridges => "two halves that only one server hears both of",
            Self::Rings => "each server hears a majority, and no two the same one",
            Self::Isolations => "a server is cut off from the others, or from clients too",
            Self::Halves => "the servers, and some clients, are parted by the toss of a coin",
            Self::Sleeps => "servers stop for a while, and go on as if nothing had been",
            Self::Clocks => "clocks run up to ten times as fast, or as slow",
            Self::Losses => "links lose packets",
            Self::Duplicates => "links deliver packets twice",
            Self::Delays => "links are slow and out of order, by more than an election timeout",
            Self::Timeouts => "election timers fire now, one or all at once",
            Self::Transfers => "leaders hand over (in a swarm only where options of Raft are on)",
            Self::Members => {
                "members change, up to two new ones too; who is none may lose its disk (in a swarm only if it is named)"
            }
            Self::Disks => {
                "disks are slow, hang, fail or break off in a write (in a swarm only if it is named)"
            }
        }
    }
}

/// What `chaos` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Faults {
    /// The seed draws which kinds, and how fast each is; these are among them.
    Swarm(Vec<Fault>),
    These(Vec<Fault>),
}
