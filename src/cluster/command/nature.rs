//! What kind of thing a command is: the one list behind every question of that sort.

use super::Command;

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// What the cluster is before its first event, and what was done to it from outside.
    Head,
    /// Disturbs servers or links: `new leader` counts from the last of these.
    Fault,
    /// Does anything else to the cluster.
    Deed,
    /// Opens, parts or closes a block of lines: it means something in a script only.
    Block,
    /// Any other flow of a script: it acts on nothing itself.
    Flow,
    /// Says something to those who watch: no effect on the run.
    Telling,
}

impl Command {
    /// What it is for.
    pub const fn nature(&self) -> Nature {
        match self {
            Self::Cluster(_)
            | Self::Given { .. }
            | Self::Clients(_)
            | Self::Shows { .. }
            | Self::Record(_) => Nature::Head,
            Self::Crash(_)
            | Self::Sleep(_)
            | Self::Timeout(_)
            | Self::Partition(_)
            | Self::Isolate { .. }
            | Self::Cut(_)
            | Self::Link { .. } => Nature::Fault,
            Self::Restart(_)
            | Self::Wake(_)
            | Self::Wipe(_)
            | Self::Clock { .. }
            | Self::Timers(_)
            | Self::Heartbeat(_)
            | Self::Sync(_)
            | Self::Retry(_)
            | Self::Abandon(_)
            | Self::Settle
            | Self::Flying { .. }
            | Self::ByHand(_)
            | Self::Rejoin(_)
            | Self::Mend(_)
            | Self::Heal
            | Self::Net(_)
            | Self::Operate(_)
            | Self::Load(_)
            | Self::LoadStop
            | Self::Chaos(_)
            | Self::ChaosStop
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Next { .. }
            | Self::Packet { .. }
            | Self::Flaw { .. }
            | Self::Reseed(_)
            | Self::Expects(_) => Nature::Deed,
            Self::Task { .. }
            | Self::For { .. }
            | Self::Repeat { .. }
            | Self::LoopFor { .. }
            | Self::LoopUntil(_)
            | Self::If(_)
            | Self::Else
            | Self::End => Nature::Block,
            Self::Run(_)
            | Self::Until { .. }
            | Self::Expect(_)
            | Self::Let { .. }
            | Self::Wait { .. }
            | Self::At { .. }
            | Self::Every { .. }
            | Self::Stop(_) => Nature::Flow,
            Self::Say(_)
            | Self::Beat
            | Self::Ask(_)
            | Self::Answer(_)
            | Self::Reveal
            | Self::Oracle
            | Self::Aside(_)
            | Self::Point { .. }
            | Self::Note(_)
            | Self::Mark(_)
            | Self::Break(_)
            | Self::Unbreak(_)
            | Self::Watch(_)
            | Self::Unwatch(_)
            | Self::Pace(_) => Nature::Telling,
        }
    }
}
