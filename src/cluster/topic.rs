//! What an event or a command is about, and whether a list shows it unasked.

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

/// A part of what goes on: behind "is this part of why a server leads?" and "does the timeline
/// mark it?".
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
