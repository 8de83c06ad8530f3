//! What an event is about: the one list behind "is this part of why a server leads?" and "does
//! the timeline mark it?".

use crate::cluster::event::EventKind;

/// A part of what goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A command from outside.
    Command,
    /// A server falls, rises, sleeps, wakes, loses its disk.
    Power,
    /// Somebody stands for election, wins, or no longer leads or stands.
    Leadership,
    /// Terms heard of and votes.
    Votes,
    /// Packets and links.
    Network,
    /// Entries in logs, on disks and in maps.
    Replication,
    /// What clients ask and are told.
    Clients,
    /// The script goes on.
    Script,
    /// A mark of the script.
    Mark,
    /// A broken rule, a flaw at work, or an expectation that was not met.
    Rules,
}

impl EventKind {
    /// What it is about.
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Commanded { .. } => Topic::Command,
            Self::Crashed { .. }
            | Self::Restarted { .. }
            | Self::FellAsleep { .. }
            | Self::Woke { .. }
            | Self::Wiped { .. }
            | Self::ClockSet { .. } => Topic::Power,
            Self::ElectionStarted { .. } | Self::BecameLeader { .. } | Self::SteppedDown { .. } => {
                Topic::Leadership
            }
            Self::TermAdopted { .. }
            | Self::VoteGranted { .. }
            | Self::VoteRefused { .. }
            | Self::VoteCounted { .. } => Topic::Votes,
            Self::Sent { .. }
            | Self::Duplicated { .. }
            | Self::Held { .. }
            | Self::Freed { .. }
            | Self::Delayed { .. }
            | Self::Received { .. }
            | Self::Dropped { .. }
            | Self::LossReported { .. } => Topic::Network,
            Self::Synced { .. }
            | Self::Submitted { .. }
            | Self::Appended { .. }
            | Self::Truncated { .. }
            | Self::AppendRefused { .. }
            | Self::Matched { .. }
            | Self::BackedUp { .. }
            | Self::Resent { .. }
            | Self::Ignored { .. }
            | Self::Committed { .. }
            | Self::LearnedCommit { .. }
            | Self::OldTermWaits { .. }
            | Self::Applied { .. } => Topic::Replication,
            Self::Refused { .. }
            | Self::Answered { .. }
            | Self::WaiterReleased { .. }
            | Self::WaitersLost { .. }
            | Self::ClientCreated { .. }
            | Self::Called { .. }
            | Self::Asked { .. }
            | Self::AttemptFailed { .. }
            | Self::Returned { .. }
            | Self::Abandoned { .. }
            | Self::LateReply { .. }
            | Self::Queued { .. }
            | Self::LockHeld { .. }
            | Self::LockFree { .. }
            | Self::Finished { .. } => Topic::Clients,
            Self::LineRun { .. }
            | Self::Said { .. }
            | Self::Beat
            | Self::Posed { .. }
            | Self::Counted { .. }
            | Self::Revealed { .. }
            | Self::OracleAsked
            | Self::Aside { .. }
            | Self::Pointed { .. }
            | Self::Noted { .. }
            | Self::Paced { .. }
            | Self::Expected { .. }
            | Self::TaskEnded { .. }
            | Self::ScriptEnded
            | Self::Remarked { .. } => Topic::Script,
            Self::BreakpointSet { .. } | Self::Watched { .. } | Self::Unwatched { .. } => {
                Topic::Script
            }
            Self::Marked { .. } => Topic::Mark,
            Self::Departed { .. } | Self::Failed { .. } | Self::Violated { .. } => Topic::Rules,
        }
    }
}
