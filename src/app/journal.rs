//! The journal: every command of the session with the place at which it was applied.
//!
//! A script and its seed, or a lab and its seed, together with the journal are the whole run: the
//! commands at the same places give the same run again.

use crate::cluster::command::{Command, Place};

/// The most commands that are kept. Beyond that the session can't be told in a line anyway.
const ENTRIES_MAX: usize = 10_000;

/// The commands of the session, in order.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: Vec<Entry>,
    forgotten: u64,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub place: Place,
    /// With every "who" resolved.
    pub command: Command,
}

impl Journal {
    pub fn push(&mut self, place: Place, command: Command) {
        if self.entries.len() < ENTRIES_MAX {
            self.entries.push(Entry { place, command });
        } else {
            self.forgotten += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The commands as lines of a script: `at 1.203441s+2 crash S3`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let kept = self.entries.iter().map(|entry| {
            let command = Box::new(entry.command.clone());
            Command::At { place: entry.place, command }.to_string()
        });
        let rest = (self.forgotten > 0).then(|| format!("# {} more commands", self.forgotten));
        kept.chain(rest)
    }
}
