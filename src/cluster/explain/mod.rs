//! Explanations of the present: who leads and why nobody does, what an entry waits for, why a
//! client has no answer, what a packet is for.
//!
//! Everything here is a pure function of the cluster as it stands. Where the rules decide what comes
//! next, they are asked: on a copy, which is thrown away. So an explanation is as good
//! in a state that one has gone back to as in one that was just reached. The functions that take
//! `recent` events (the newest last; none will do) also tell how it came to this: the last thing
//! that happened, and its causes followed back through packets to a timer or a command.
//!
//! Each gives lines of at most [`LINE`] columns. What is the case as a whole stands above the panes:
//! `src/ui/headline/`.

mod chain;
mod client;
mod coming;
mod entry;
mod guest;
mod instead;
mod members;
mod packet;
mod prospects;
#[cfg(test)]
mod runs;
mod scene;
mod server;
#[cfg(test)]
mod tests;

pub use chain::causes;
pub use client::client;
pub use entry::entry;
pub use packet::packet;
pub use server::server;

use super::fit::wrap;
use super::words::sentences;

/// The most columns of a line.
pub const LINE: usize = 76;

/// Lines in the making.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    /// Adds a clause as a sentence of its own, broken into lines.
    fn say(&mut self, clause: impl Into<String>) {
        self.0.extend(wrap(&sentences([Some(clause.into())]), LINE));
    }

    fn say_all(&mut self, clauses: impl IntoIterator<Item = String>) {
        clauses.into_iter().for_each(|clause| self.say(clause));
    }
}
