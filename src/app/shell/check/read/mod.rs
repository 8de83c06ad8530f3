//! Reading histories. What form a file has is told by what is in it.
//!
//! A file is read whole and gone through line by line, or for EDN form by form; each is understood
//! by itself. Whatever is wrong is told with its line.

mod edn;
mod event;
mod jepsen;
mod json;

pub use jepsen::NIL;

use std::io;
use std::path::Path;

use super::history::History;
use super::lines::Model;
use crate::app::shell::files::{Looks, START, no_json, why_not};

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

/// How a history is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The model; `None` for the one that the history tells.
    pub model: Option<Model>,
    pub failed_cas: FailedCas,
}

/// What it means that a cas failed, where a history does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedCas {
    /// It took no effect, for whatever reason.
    #[default]
    NotDone,
    /// The register held something else: that is an answer.
    Answer,
}

/// Understands what was read of a file: one byte more than [`BYTES_MAX`] at most.
///
/// # Errors
/// The first thing that is wrong with it, and where. One in which no client does anything says
/// nothing, so there is nothing to judge.
pub fn read(path: &Path, bytes: io::Result<Vec<u8>>, wanted: Wanted) -> Result<History, Trouble> {
    let bytes = bytes.map_err(|error| Trouble::whole(why_not(&error)))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Trouble::whole(format!("it has more than {} MiB", BYTES_MAX >> 20)));
    }
    let other = |looks: &Looks| !matches!(looks, Looks::History | Looks::Binary);
    let looks = Looks::of(&bytes[..bytes.len().min(START)]).filter(other);
    let history = parse(&bytes, wanted).map_err(|trouble| match looks {
        Some(looks) => Trouble::whole(looks.instead(path, "check")),
        None => trouble,
    })?;
    if history.operations.is_empty() {
        return Err(Trouble::whole("there is no operation of a client in it: nothing to judge"));
    }
    Ok(history)
}

/// Understands a history, whatever its form is.
pub fn parse(bytes: &[u8], wanted: Wanted) -> Result<History, Trouble> {
    let text = text(bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_blank = |c: char| c.is_whitespace() || c == ',';
    let start = text.trim_start_matches(is_blank);
    let line = start.lines().next().unwrap_or_default();
    let mut begins = start.chars().filter(|c| !is_blank(*c));
    match (begins.next(), begins.next(), begins.next()) {
        (None, _, _) => Err(Trouble::whole("it is empty")),
        (Some('{'), Some('"'), _) if event::is_object(line) => jepsen::parse_json(text, wanted),
        (Some('{'), Some('"'), _) => json::parse(text, wanted.model),
        (Some('['), Some('{'), Some('"')) => Err(Trouble::whole(
            "this is one JSON array; put an operation on each line, as `jq -c '.[]' FILE` does",
        )),
        (Some('{' | '(' | ';' | '#'), _, _) => jepsen::parse_edn(text, wanted),
        (Some('['), Some('{' | '#' | ']' | ';'), _) => jepsen::parse_edn(text, wanted),
        (Some(_), _, _) if event::has_columns(line) => jepsen::parse_columns(text, wanted),
        (Some(_), _, _) => jepsen::parse_log(text, wanted),
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

/// What is wrong with a line that should be a JSON object.
fn json_trouble(line: u64, text: &str, error: &serde_json::Error) -> Trouble {
    Trouble::at(line, format!("{}, in {}", no_json(error), quoted(text)))
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
