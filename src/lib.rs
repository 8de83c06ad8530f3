//! raftlab: see and drive a Raft-replicated key-value service in a terminal.
//!
//! The map of the house: [`cluster`] is the simulated world, one value without input or output;
//! [`ui`] draws it and changes nothing; [`app`] is the shell that reads keys and scripts, lets
//! lab time pass and puts frames on the terminal. `app` knows both others, `ui` reads `cluster`,
//! and `cluster` knows neither.

#![warn(clippy::unwrap_used)]

pub mod app;
pub mod cluster;
pub mod ui;
