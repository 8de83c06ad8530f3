//! raftlab: see and drive a Raft-replicated key-value service in a terminal.
pub mod cluster;
pub mod ui;
