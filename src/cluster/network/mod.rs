//! The network: directed links, their rules, and packets in flight as objects one can inspect.
//!
//! Each ordered pair of nodes has a [`Link`] with a rule and a source of chance of its own. A
//! partition is nothing but a set of cut links: it is derived when somebody asks, and stored
//! nowhere. A packet draws its loss, duplication and delay when it is sent, flies visibly until
//! it is due, and meets cuts and dead servers only on arrival, as on a real wire.

mod cargo;
mod law;
mod link;
mod names;
mod packet;

pub use super::raft::{PacketKind, Summary};
pub use cargo::{Cargo, Reply, Rpc, WrongLeader};
pub use law::Law;
pub use link::{Link, LinkChange, LinkRule, Links, Traffic};
pub use names::{Network, Profile, Tail};
pub(in crate::cluster) use packet::ONCE;
pub use packet::{Flight, Hand, Loss, Packet, PacketName};
