//! What is wrong with a script or a typed line: where, what was expected, and what to do.
//!
//! Printed like a compiler's message: `file:line:column: message`, the line, a caret under what is
//! wrong, and help. A line that is very long is shown as a window around the caret, and nothing in
//! it can reach the terminal but printable characters.

use std::fmt::{self, Display, Formatter};

use unicode_width::UnicodeWidthStr;

use super::lex::Spot;
use crate::cluster::plain::{Plain, plain};

/// The widest part of a line that is shown, in characters.
const WINDOW: usize = 100;
/// How much of it stands before the caret.
const WINDOW_BEFORE: usize = 60;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The script's name; empty for a typed line.
    pub file: String,
    /// Counted from one; 0 when the mistake has no line (a file that is too large).
    pub line: u32,
    /// In characters, counted from one.
    pub column: u32,
    /// How many characters are wrong, for the caret.
    pub width: u32,
    /// The line as it was read, shortened if it is very long.
    pub source: String,
    /// How many columns of `source` stand before the caret, and how many it underlines.
    pub indent: u32,
    pub underlined: u32,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The nearest thing that would be right, or what to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake of the file as a whole.
    pub fn of_file(file: &str, message: String, help: Option<String>) -> Self {
        let (file, source) = (plain(file).into_owned(), String::new());
        let (line, column, width, indent, underlined) = (0, 0, 0, 0, 0);
        Self { file, line, column, width, source, indent, underlined, message, help }
    }

    /// A mistake of a line as a whole.
    pub fn of_line(
        file: &str,
        line: u32,
        text: &str,
        message: String,
        help: Option<String>,
    ) -> Self {
        let spot = Spot { column: 1, width: text.chars().count().max(1) as u32 };
        Self::in_line(file, line, text, spot, message, help)
    }

    /// A mistake at `spot` of the line `text`.
    pub(super) fn in_line(
        file: &str,
        line: u32,
        text: &str,
        spot: Spot,
        message: String,
        help: Option<String>,
    ) -> Self {
        let before = (spot.column as usize).saturating_sub(1);
        let skipped = if text.chars().nth(WINDOW).is_some() {
            before.saturating_sub(WINDOW_BEFORE)
        } else {
            0
        };
        let Spot { column, width } = spot;
        let wrong = before..before + width as usize;
        let mut source = if skipped > 0 { "...".to_owned() } else { String::new() };
        let (mut indent, mut underlined) = (source.len(), 0);
        let mut characters = text.chars().skip(skipped);
        for (place, c) in (skipped..).zip(characters.by_ref().take(WINDOW)) {
            let c = if c == '\t' { ' ' } else { c };
            let start = source.len();
            // What a terminal must not get is spelled out, and the caret takes as many columns.
            source.push_str(&plain(c.encode_utf8(&mut [0; 4])));
            let columns = source[start..].width();
            if place < wrong.start {
                indent += columns;
            } else if place < wrong.end {
                underlined += columns;
            }
        }
        if characters.next().is_some() {
            source.push_str("...");
        }
        let (file, indent, underlined) =
            (plain(file).into_owned(), indent as u32, (underlined as u32).max(1));
        Self { file, line, column, width, source, indent, underlined, message, help }
    }

    /// The same of what stands behind `before`, which nobody has written.
    #[must_use]
    pub(super) fn behind(self, before: &str) -> Self {
        let written = self.source.strip_prefix(before).map(str::to_owned);
        // A long line is shown from somewhere behind it.
        let indent = match written {
            Some(_) => self.indent.saturating_sub(before.len() as u32),
            None => self.indent,
        };
        let column = self.column.saturating_sub(before.chars().count() as u32).max(1);
        Self { column, indent, source: written.unwrap_or(self.source), ..self }
    }

    /// In one line, for the prompt: "did you mean `S3`? expected a server, not `S`". A guess stands
    /// first, for the list of what is possible can be longer than the line.
    pub fn brief(&self) -> String {
        match &self.help {
            Some(guess) if guess.ends_with('?') => format!("{guess} {}", self.message),
            Some(help) => format!("{}; {help}", self.message),
            None => self.message.clone(),
        }
    }
}

/// What a piece of the printed form is, for those who can tell them apart by colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printed {
    /// Where: file, line and column.
    Place,
    Message,
    /// The number of the line, and what stands between it and the line.
    Frame,
    Source,
    Caret,
    Help,
}

impl Diagnostic {
    /// The printed form in pieces, as a compiler would print it, without a newline at the end.
    pub fn pieces(&self) -> Vec<(Printed, String)> {
        let mut place = String::new();
        if !self.file.is_empty() {
            place = format!("{}:", self.file);
        }
        if self.line > 0 {
            place += &format!("{}:{}:", self.line, self.column);
        }
        if !place.is_empty() {
            place.push(' ');
        }
        let mut pieces =
            vec![(Printed::Place, place), (Printed::Message, Plain(&self.message).to_string())];
        if self.line > 0 {
            let number = self.line.to_string();
            let indent = " ".repeat(self.indent as usize);
            pieces.extend([
                (Printed::Frame, format!("\n{number} | ")),
                (Printed::Source, self.source.clone()),
                (Printed::Frame, format!("\n{:pad$} | {indent}", "", pad = number.len())),
                (Printed::Caret, "^".repeat(self.underlined as usize)),
            ]);
        }
        if let Some(help) = &self.help {
            pieces.push((Printed::Help, format!("\nhelp: {}", Plain(help))));
        }
        pieces
    }
}

/// As a compiler would print it, without a newline at the end.
impl Display for Diagnostic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.pieces().iter().try_for_each(|(_, text)| f.write_str(text))
    }
}
