//! raftlab: see and drive a Raft-replicated key-value service in a terminal.
//!
//! The map of the house: [`cluster`] is the simulated world, one value without input or output;
//! [`ui`] draws it and changes nothing; [`app`] has the session that keys and elapsed time drive,
//! and the program around it. `app` knows both others, `ui` reads `cluster`, and `cluster` knows
//! neither.
//!
//! The program is the feature `terminal`, with files, clocks and a terminal. Without default
//! features there is the lab alone: [`app::session::Session`] takes inputs and gives scenes, on
//! any target, `wasm32-unknown-unknown` included.
//!
//! Where to begin reading: [`cluster::Cluster`] for what a run is and how it moves,
//! [`cluster::raft`] for the consensus beside the paper, [`cluster::command`] for the language,
//! [`ui::draw`] for the screen. `docs/architecture.md` tells how it all belongs together.
//!
//! # The five calls one needs
//!
//! | call | does |
//! |---|---|
//! | [`Script::parse`](cluster::command::Script::parse) | a script, or all that is wrong with it |
//! | [`Cluster::with_script`](cluster::Cluster::with_script) | a run of it, with a seed; [`Cluster::new`](cluster::Cluster::new) is one without |
//! | [`Cluster::step`](cluster::Cluster::step) | the next thing happens; [`events`](cluster::Cluster::events) says what |
//! | [`Cluster::apply`](cluster::Cluster::apply) | a command, which [`parse_line`](cluster::command::parse_line) reads |
//! | [`Cluster::violation`](cluster::Cluster::violation), [`failure`](cluster::Cluster::failure) | what went wrong |
//!
//! A run depends on its configuration, its commands and its seed, and on nothing else:
//!
//! ```
//! use raftlab::cluster::command::Script;
//! use raftlab::cluster::{Cluster, Step};
//!
//! let lines = b"cluster servers=3 seed=7\nuntil leader\nset x 1\nexpect safe\n";
//! let script = Script::parse("first.lab", lines).expect("no mistake in these lines");
//! let play = |seed| {
//!     let mut cluster = Cluster::with_script(&script, Some(seed));
//!     while !cluster.finished() && cluster.step() == Step::Happened {}
//!     assert!(cluster.failure().is_none() && cluster.violation().is_none());
//!     cluster.digest()
//! };
//! assert_eq!(play(7), play(7));
//! assert_ne!(play(7), play(8));
//! ```
//!
//! A clone of a cluster at any moment lives on by itself: that is how one goes back, and how a thousand
//! futures are played. `examples/` has a script with many seeds, a run by commands, and the lab's screen
//! without a terminal. What these calls don't reach may change with any version.

#![warn(clippy::unwrap_used)]

pub mod app;
pub mod cluster;
pub mod ui;
