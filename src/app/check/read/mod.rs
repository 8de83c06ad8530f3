//! Reading histories. What form a file has is told by what is in it.
//!
//! A file is read whole and cut into its lines, or for EDN into its outermost forms; each is
//! then understood by itself. Whatever is wrong is told with its line.

mod edn;
mod jepsen;
mod json;

pub use jepsen::NIL;

use std::io;

use super::history::History;
use super::lines::Model;
use crate::app::files::why_not;

/// The most bytes of a history, and of one line or one form of it.
pub const BYTES_MAX: u64 = 1 << 30;
const PIECE_MAX: usize = 1 << 20;

/// What makes a history unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Counted from 1; `None` if it is about the whole file.
    pub line: Option<u64>,
    pub why: String,
}

impl Trouble {
    pub fn at(line: u64, why: impl Into<String>) -> Self {
        Self { line: Some(line), why: why.into() }
    }

    fn whole(why: impl Into<String>) -> Self {
        Self { line: None, why: why.into() }
    }
}

/// Understands what was read of a file: one byte more than [`BYTES_MAX`] at most.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub fn read(bytes: io::Result<Vec<u8>>, model: Option<Model>) -> Result<History, Trouble> {
    let bytes = bytes.map_err(|error| Trouble::whole(why_not(&error)))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Trouble::whole(format!("it has more than {} MiB", BYTES_MAX >> 20)));
    }
    parse(&bytes, model)
}

/// Understands a history, whatever its form is.
pub fn parse(bytes: &[u8], model: Option<Model>) -> Result<History, Trouble> {
    let text = text(bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    let second = start.get(1..).and_then(|rest| rest.trim_start().chars().next());
    match (start.chars().next(), second) {
        (None, _) => Err(Trouble::whole("it is empty")),
        (Some('{'), Some('"')) => json::parse(text, model),
        (Some('{' | '(' | ';' | '#'), _) => edn::parse(text, model),
        (Some('['), Some('{' | '#' | ']' | ';')) => edn::parse(text, model),
        (Some(_), _) => jepsen::parse_log(text, model),
    }
}

/// The bytes as a text, without what no text has in it.
fn text(bytes: &[u8]) -> Result<&str, Trouble> {
    let line_of = |place: usize| 1 + bytes[..place].iter().filter(|byte| **byte == b'\n').count();
    if let Some(place) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Trouble::at(line_of(place) as u64, "a zero byte: this is no text"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = line_of(error.valid_up_to()) as u64;
        Trouble::at(line, "bytes that are no UTF-8: this is no text")
    })
}

/// The lines of a text that aren't blank, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = Result<(u64, &str), Trouble>> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(|(number, line)| {
        if line.len() <= PIECE_MAX { Ok((number, line)) } else { Err(too_long(number)) }
    })
}

fn too_long(line: u64) -> Trouble {
    Trouble::at(line, format!("what begins here is longer than {} MiB", PIECE_MAX >> 20))
}

/// A piece of the input for a message: short, and without what could move a cursor.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    let start: String = text.chars().take(SHOWN).collect();
    let dots = if text.chars().nth(SHOWN).is_some() { ".." } else { "" };
    format!("{start:?}{dots}")
}
