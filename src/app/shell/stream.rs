//! Standard output and standard error, as texts of others reach them.
//!
//! What goes to a stream may hold what came from outside: names of files, values of a history, what
//! a library says about its input. A terminal would obey the escape sequences in it. So nobody
//! writes to the streams but through a [`Stream`], which spells out what a terminal must not get
//! (`cluster/words/plain.rs` says what that is): as `\u{1b}` in a text, as `\u001b` in JSON, where
//! such characters stand in strings only and a reader finds them again. The lab's own screen has
//! pens for that, and what a file holds is the file's own business.

use std::io::{self, Stderr, Stdout, Write};

use clap::builder::styling::{AnsiColor, Style};

use crate::cluster::plain::{is_hidden, plain};

/// What is written, which decides how a character is spelled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
}

/// A text between two tags of a page: nothing in it is markup, and nothing hides.
pub fn markup(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A writer that lets nothing through that a terminal would obey.
pub struct Stream<W> {
    out: W,
    form: Form,
    /// Whether its own words may have colours.
    colours: bool,
}

/// How the program's own words stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Plain,
    /// That something is wrong.
    Wrong,
    /// Where, or what it is about.
    Strong,
    /// What to do.
    Help,
    /// What only frames the rest.
    Faint,
}

impl Ink {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Wrong => AnsiColor::Red.on_default().bold(),
            Self::Strong => Style::new().bold(),
            Self::Help => AnsiColor::Cyan.on_default(),
            Self::Faint => AnsiColor::Blue.on_default(),
        }
    }
}

/// The program's report: standard output, or standard error when a file that was asked for has
/// taken that.
pub type Report = Stream<Box<dyn Write>>;

impl Stream<Stdout> {
    pub fn output(form: Form) -> Self {
        Self { out: io::stdout(), form, colours: false }
    }
}

impl Stream<Stderr> {
    pub fn errors() -> Self {
        Self { out: io::stderr(), form: Form::Text, colours: false }
    }
}

impl<W: Write> Stream<W> {
    pub const fn new(out: W, form: Form) -> Self {
        Self { out, form, colours: false }
    }

    /// With colours, if they are wanted.
    pub fn coloured(self, colours: bool) -> Self {
        Self { colours, ..self }
    }

    /// Writes a text in an ink, if this stream has colours.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn ink(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        let style = if self.colours { ink.style() } else { Style::new() };
        write!(self.out, "{style}")?;
        self.write_all(text.as_bytes())?;
        write!(self.out, "{style:#}")
    }

    pub fn into_inner(self) -> W {
        self.out
    }

    fn spell(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(place) = rest.find(|c| c != '\n' && is_hidden(c)) {
            let (before, after) = rest.split_at(place);
            self.out.write_all(before.as_bytes())?;
            let mut after = after.chars();
            if let Some(hidden) = after.next() {
                match self.form {
                    Form::Text => write!(self.out, "{}", hidden.escape_unicode())?,
                    Form::Json => hidden
                        .encode_utf16(&mut [0; 2])
                        .iter()
                        .try_for_each(|unit| write!(self.out, "\\u{unit:04x}"))?,
                }
            }
            rest = after.as_str();
        }
        self.out.write_all(rest.as_bytes())
    }
}

impl<W: Write> Write for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            return self.out.write_all(bytes);
        }
        // Whole texts are written, so a character never comes in two pieces.
        bytes.utf8_chunks().try_for_each(|chunk| {
            self.spell(chunk.valid())?;
            if chunk.invalid().is_empty() { Ok(()) } else { self.spell("\u{fffd}") }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(form: Form, text: &str) -> String {
        let mut out = Vec::new();
        write!(Stream::new(&mut out, form), "{text}").unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_keeps_its_lines_and_its_letters_and_nothing_that_hides() {
        let text = "a\u{1b}[2J\r\nZoë 漢\u{61c}\u{9b}é";
        assert_eq!(through(Form::Text, text), "a\\u{1b}[2J\\u{d}\nZoë 漢\\u{61c}\\u{9b}é");
    }

    #[test]
    fn only_its_own_inks_reach_a_terminal_and_only_if_they_are_wanted() {
        for (colours, expected) in
            [(false, "a\\u{1b}[2J"), (true, "\u{1b}[1m\u{1b}[31ma\\u{1b}[2J\u{1b}[0m")]
        {
            let mut out = Vec::new();
            let mut stream = Stream::new(&mut out, Form::Text).coloured(colours);
            stream.ink(Ink::Wrong, "a\u{1b}[2J").unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn json_reads_back_as_what_it_was() {
        let value = serde_json::json!({"\u{202e}k\u{7f}": ["\u{e0041}", "\u{1b}é"]});
        let text = through(Form::Json, &value.to_string());
        assert!(!text.chars().any(is_hidden), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let mut out = Vec::new();
        Stream::new(&mut out, Form::Text).write_all(b"a\xffb").unwrap();
        assert_eq!(out, "a\u{fffd}b".as_bytes());
    }
}
