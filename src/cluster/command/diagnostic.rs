//! What is wrong with a script or a typed line: where, what was expected, and what to do.
//!
//! Printed like a compiler's message: `file:line:column: message`, the line, a caret under what is
//! wrong, and help. A line that is very long is shown as a window around the caret, and nothing in
//! it can reach the terminal but printable characters.

use std::fmt::{self, Display, Formatter};

use unicode_width::UnicodeWidthChar;

use super::lex::Spot;

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
    /// How many columns of `source` stand before the caret.
    pub indent: u32,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The nearest thing that would be right, or what to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake of the file as a whole.
    pub(super) fn of_file(file: &str, message: String, help: Option<String>) -> Self {
        let (line, column, width, indent) = (0, 0, 0, 0);
        let (file, source) = (printable(file), String::new());
        Self { file, line, column, width, source, indent, message, help }
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
        let mut source = if skipped > 0 { "...".to_owned() } else { String::new() };
        let mut indent = source.len();
        let mut characters = text.chars().skip(skipped);
        for (place, c) in characters.by_ref().take(WINDOW).enumerate() {
            let c = printable_character(c);
            if skipped + place < before {
                indent += c.width().unwrap_or(0);
            }
            source.push(c);
        }
        if characters.next().is_some() {
            source.push_str("...");
        }
        let Spot { column, width } = spot;
        let (file, indent) = (printable(file), indent as u32);
        Self { file, line, column, width, source, indent, message, help }
    }

    /// In one line, for the prompt: "expected a server, not `S`; did you mean `S3`?".
    pub fn brief(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; {help}", self.message),
            None => self.message.clone(),
        }
    }

    /// How many columns the caret underlines.
    fn underlined(&self) -> usize {
        let left = self.source.chars().count().saturating_sub(self.indent as usize);
        (self.width as usize).clamp(1, left.max(1))
    }
}

/// As a compiler would print it, without a newline at the end.
impl Display for Diagnostic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
        }
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        if !self.file.is_empty() || self.line > 0 {
            f.write_str(" ")?;
        }
        f.write_str(&self.message)?;
        if self.line > 0 {
            let number = self.line.to_string();
            let (indent, carets) =
                (" ".repeat(self.indent as usize), "^".repeat(self.underlined()));
            write!(f, "\n{number} | {}", self.source)?;
            write!(f, "\n{:pad$} | {indent}{carets}", "", pad = number.len())?;
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

fn printable(text: &str) -> String {
    text.chars().map(printable_character).collect()
}

/// The character, or `?` for one that would move the cursor, hide, or turn the text around.
fn printable_character(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '?',
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '?',
        c => c,
    }
}
