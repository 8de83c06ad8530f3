//! Who an event is about, and whether a list shows it unasked.

use crate::cluster::command::{Command, Fate, FlyingDeed, PacketDeed};
use crate::cluster::event::{DropReason, Event, EventKind, IgnoreReason};
use crate::cluster::flaw::Flaw;
use crate::cluster::network::{PacketKind, Summary};
use crate::cluster::types::Node;

/// What a list of events does with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// For the script's player, not for a list of events: captions, beats, lines begun.
    Silent,
    /// Shown on demand: single packets, heartbeats, syncs, votes counted.
    Detail,
    /// Always shown.
    Story,
}

impl Event {
    /// The server or client that the event is about; `None` for commands and the script.
    pub fn subject(&self) -> Option<Node> {
        use EventKind as E;
        match &self.kind {
            E::Crashed { server, .. }
            | E::Restarted { server, .. }
            | E::FellAsleep { server }
            | E::Woke { server, .. }
            | E::Wiped { server }
            | E::ClockSet { server, .. }
            | E::Synced { server, .. }
            | E::ElectionStarted { server, .. }
            | E::TermAdopted { server, .. }
            | E::VoteGranted { server, .. }
            | E::VoteRefused { server, .. }
            | E::VoteCounted { server, .. }
            | E::BecameLeader { server, .. }
            | E::SteppedDown { server, .. }
            | E::Submitted { server, .. }
            | E::Appended { server, .. }
            | E::Truncated { server, .. }
            | E::AppendRefused { server, .. }
            | E::Matched { server, .. }
            | E::BackedUp { server, .. }
            | E::Resent { server, .. }
            | E::Ignored { server, .. }
            | E::Committed { server, .. }
            | E::LearnedCommit { server, .. }
            | E::OldTermWaits { server, .. }
            | E::Departed { server, .. }
            | E::Refused { server, .. }
            | E::Applied { server, .. }
            | E::Answered { server, .. }
            | E::WaiterReleased { server, .. }
            | E::WaitersLost { server, .. } => Some(Node::Server(*server)),
            E::Held { to, .. } | E::Freed { to, .. } | E::Delayed { to, .. } => Some(*to),
            E::Sent { from, .. } | E::Dropped { from, .. } => Some(*from),
            E::Received { to, .. } | E::LossReported { to, .. } => Some(*to),
            E::ClientCreated { client }
            | E::Called { client, .. }
            | E::Asked { client, .. }
            | E::AttemptFailed { client, .. }
            | E::Returned { client, .. }
            | E::Abandoned { client, .. }
            | E::LateReply { client, .. }
            | E::Queued { client, .. }
            | E::LockHeld { client, .. }
            | E::LockFree { client, .. }
            | E::Finished { client, .. } => Some(Node::Client(*client)),
            E::Commanded { .. }
            | E::Duplicated { .. }
            | E::LineRun { .. }
            | E::Said { .. }
            | E::Beat
            | E::Posed { .. }
            | E::Counted { .. }
            | E::Revealed { .. }
            | E::OracleAsked
            | E::Aside { .. }
            | E::Pointed { .. }
            | E::Noted { .. }
            | E::BreakpointSet { .. }
            | E::Watched { .. }
            | E::Unwatched { .. }
            | E::Marked { .. }
            | E::Paced { .. }
            | E::Expected { .. }
            | E::TaskEnded { .. }
            | E::ScriptEnded
            | E::Failed { .. }
            | E::Remarked { .. }
            | E::Violated { .. } => None,
        }
    }

    /// Whether a list shows it unasked.
    pub fn weight(&self) -> Weight {
        use EventKind as E;
        match &self.kind {
            E::Commanded { command } => commanded(command),
            // Told once: a client asks for ever, and would fill the list with one story.
            E::Dropped { again: true, .. }
            | E::Refused { again: true, .. }
            | E::AttemptFailed { again: true, .. } => Weight::Detail,
            E::Dropped { summary, why, .. } => dropped(*summary, *why),
            E::Ignored { why: IgnoreReason::OldTerm | IgnoreReason::AlsoLeads, .. } => {
                Weight::Story
            }
            // Again with every heartbeat; what comes of it is told.
            E::Departed { flaw: Flaw::BlindHeartbeat, .. } => Weight::Detail,
            E::Ignored { why: IgnoreReason::NotInRole | IgnoreReason::Overtaken, .. } => {
                Weight::Detail
            }
            E::Refused { leader, .. } if leader.is_none() => Weight::Detail,
            E::Synced { .. }
            | E::Sent { .. }
            | E::Duplicated { .. }
            | E::Received { .. }
            | E::LossReported { .. }
            | E::TermAdopted { .. }
            | E::VoteCounted { .. }
            | E::Matched { .. }
            | E::Resent { .. }
            | E::Applied { .. }
            | E::Answered { .. }
            | E::ClientCreated { .. }
            | E::Asked { .. }
            | E::Finished { .. }
            | E::BreakpointSet { .. }
            | E::Watched { .. }
            | E::Unwatched { .. }
            | E::Marked { .. }
            | E::Expected { .. }
            | E::TaskEnded { .. } => Weight::Detail,
            E::LineRun { .. }
            | E::Said { .. }
            | E::Beat
            | E::Posed { .. }
            | E::Counted { .. }
            | E::Revealed { .. }
            | E::OracleAsked
            | E::Aside { .. }
            | E::Pointed { .. }
            | E::Paced { .. } => Weight::Silent,
            E::Crashed { .. }
            | E::Restarted { .. }
            | E::FellAsleep { .. }
            | E::Woke { .. }
            | E::Wiped { .. }
            | E::ClockSet { .. }
            | E::ElectionStarted { .. }
            | E::Held { .. }
            | E::Freed { .. }
            | E::Delayed { .. }
            | E::VoteGranted { .. }
            | E::VoteRefused { .. }
            | E::BecameLeader { .. }
            | E::SteppedDown { .. }
            | E::Submitted { .. }
            | E::Appended { .. }
            | E::Truncated { .. }
            | E::AppendRefused { .. }
            | E::BackedUp { .. }
            | E::Committed { .. }
            | E::LearnedCommit { .. }
            | E::OldTermWaits { .. }
            | E::Departed { .. }
            | E::Refused { .. }
            | E::WaiterReleased { .. }
            | E::WaitersLost { .. }
            | E::Called { .. }
            | E::AttemptFailed { .. }
            | E::Returned { .. }
            | E::Abandoned { .. }
            | E::LateReply { .. }
            | E::Queued { .. }
            | E::LockHeld { .. }
            | E::LockFree { .. }
            | E::Noted { .. }
            | E::ScriptEnded
            | E::Failed { .. }
            | E::Remarked { .. }
            | E::Violated { .. } => Weight::Story,
        }
    }
}

/// A cut link loses every heartbeat and a lossy one as much as it carries, which a list need not
/// repeat. What passes between clients and servers, and a vote request lost by chance, is news.
const fn dropped(summary: Summary, why: DropReason) -> Weight {
    match (summary.kind, why) {
        (PacketKind::ClientRequest | PacketKind::ClientReply, _) | (_, DropReason::ByHand) => {
            Weight::Story
        }
        (PacketKind::RequestVote | PacketKind::VoteGranted, DropReason::Lost) => Weight::Story,
        (
            PacketKind::RequestVote | PacketKind::VoteGranted,
            DropReason::Cut | DropReason::Down | DropReason::OldIncarnation | DropReason::Overflow,
        )
        | (
            PacketKind::Append { .. }
            | PacketKind::VoteRefused
            | PacketKind::Appended { .. }
            | PacketKind::AppendRefused { .. },
            _,
        ) => Weight::Detail,
    }
}

/// A command that has events of its own is not told twice; the flow of a script is not news.
fn commanded(command: &Command) -> Weight {
    use Command as C;
    match command {
        C::Timeout(_)
        | C::Timers(_)
        | C::Partition(_)
        | C::Isolate { .. }
        | C::Rejoin(_)
        | C::Cut(_)
        | C::Mend(_)
        | C::Heal
        | C::Net(_)
        | C::Link { .. }
        | C::Load(_)
        | C::Hold { .. }
        | C::Release { .. }
        | C::Next { .. }
        | C::ByHand(_)
        | C::Heartbeat(_)
        | C::Sync(_)
        | C::LoadStop
        | C::Chaos(_)
        | C::ChaosStop
        | C::Flaw { .. }
        | C::Reseed(_)
        | C::Expects(_) => Weight::Story,
        // A copy is the one thing about packets by hand that a list does not show by itself.
        C::Packet { deed: PacketDeed::Duplicate, .. }
        | C::Flying { deed: FlyingDeed::Meets(Fate::Duplicate), .. } => Weight::Story,
        C::Packet { .. }
        | C::Flying { .. }
        | C::Crash(_)
        | C::Restart(_)
        | C::Sleep(_)
        | C::Wake(_)
        | C::Wipe(_)
        | C::Clock { .. }
        | C::Operate(_)
        | C::Retry(_)
        | C::Abandon(_)
        | C::Settle
        | C::At { .. }
        | C::Every { .. }
        | C::Stop(_) => Weight::Detail,
        C::Cluster(_)
        | C::Given { .. }
        | C::Clients(_)
        | C::Shows { .. }
        | C::Record(_)
        | C::Run(_)
        | C::Until { .. }
        | C::Expect(_)
        | C::Let { .. }
        | C::Task { .. }
        | C::Wait { .. }
        | C::For { .. }
        | C::Repeat { .. }
        | C::LoopFor { .. }
        | C::LoopUntil(_)
        | C::If(_)
        | C::Else
        | C::End
        | C::Say(_)
        | C::Beat
        | C::Ask(_)
        | C::Answer(_)
        | C::Reveal
        | C::Oracle
        | C::Aside(_)
        | C::Point { .. }
        | C::Note(_)
        | C::Mark(_)
        | C::Break(_)
        | C::Unbreak(_)
        | C::Watch(_)
        | C::Unwatch(_)
        | C::Pace(_) => Weight::Silent,
    }
}
