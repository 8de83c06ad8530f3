//! Why something happened: what brought an event about.

use serde::{Deserialize, Serialize};

use super::types::{ClientId, PacketId, ServerId};

/// What brought it about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "which")]
pub enum Cause {
    /// The beginning of the run.
    #[default]
    Start,
    /// A command: how many have been applied before it.
    Command(u64),
    Packet(PacketId),
    /// The loss of a packet that its sender was told of.
    LossReport(PacketId),
    ElectionTimer(ServerId),
    HeartbeatTimer(ServerId),
    WaiterTimer(ServerId),
    QuorumTimer(ServerId),
    /// A timer of a guest, by its number.
    GuestTimer(ServerId, u8),
    Sync(ServerId),
    /// A client's own timer: a reply that did not come, or the end of a pause.
    ClientTimer(ClientId),
    /// A line of the script, by its number in the file.
    Line(u32),
    /// A line of a trace, by its number, which says so and not why.
    Told(u32),
}
