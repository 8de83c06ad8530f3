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
//!     cluster.digest()
//! };
//! assert_eq!(play(7), play(7));
//! assert_ne!(play(7), play(8));
//! ```

#![warn(clippy::unwrap_used)]

pub mod app;
pub mod cluster;
pub mod ui;
