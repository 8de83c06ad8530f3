//! What is done with a cluster and its screen, in two halves.
//!
//! The lab's half is plain values: what hands do ([`input`]), which key means what ([`keymap`]), and
//! the [`session`], the state machine behind the screen, with its pace, player and recorder. It
//! knows no file, no terminal and no clock: elapsed time comes in with a message, and what only the
//! owner of a screen can do goes out as an [`Effect`](session::Effect). So a test drives it like a
//! person does, and so does whatever has a screen and keys.
//!
//! `shell` is the other half, the feature `terminal`: the command line, files, signals, the terminal
//! and the loop around a session, and all that `raftlab` does without a screen. Nothing of the
//! lab's half knows it.
//!
//! A key goes this way: `shell/keyboard` (bytes to an input) → `keymap` (which action) → `session`
//! (which command) → [`Cluster::apply`](crate::cluster::Cluster::apply) → timeline, recording and
//! trace → next frame.

pub mod address;
pub mod budget;
mod fading;
pub mod hunt;
pub mod input;
pub mod keymap;
mod memory;
mod moment;
mod pace;
mod player;
mod recorder;
#[cfg(any(feature = "terminal", test))]
mod reference;
#[cfg(feature = "scripts")]
pub mod scenes;
mod scout;
pub mod session;
#[cfg(feature = "terminal")]
mod shell;
pub mod stop;

#[cfg(feature = "terminal")]
pub use shell::{main, verdict};
