//! The simulated world: one value, without I/O, wall clock, thread or global.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod check;
pub mod command;
pub mod config;
pub mod digest;
pub mod event;
pub mod history;
pub mod kv;
pub mod network;
pub mod raft;
pub mod rng;
pub mod time;
pub mod types;

pub use event::Names;
