//! Texts with holes: `{name}` is filled in when its line runs, `{{` stands for one brace.
//!
//! Values stay unique over loops and tasks because of them (`set k{c} v{i}`). What is bound to a
//! name is the script's business; this file only knows the form.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cluster::config::TEXT_MAX;

/// The longest name of a client, a task, a mark or a variable, in characters.
pub const NAME_MAX: usize = 32;

/// A word or a text of a script. It may hold `{names}`, which are filled in when its line runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Text(pub Arc<str>);

/// A part of a [`Text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Literal(&'a str),
    /// The name between the braces.
    Hole(&'a str),
    /// A brace that opens no name. The parser refuses it; if it comes from elsewhere it stands
    /// for itself.
    Stray,
}

impl Text {
    /// The text as a script writes it, with its holes.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// A text that is filled with exactly `text`: its braces are no holes.
    pub fn literal(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        if text.contains('{') { Self(text.replace('{', "{{").into()) } else { Self(text) }
    }

    /// What a text without holes stands for: the opposite of [`Text::literal`].
    pub fn filled(&self) -> Arc<str> {
        self.fill(|_| None::<&str>).unwrap_or_else(|_| Arc::clone(&self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether [`Text::fill`] may give another text than this: it has a `{name}`, or a `{{`.
    pub fn has_holes(&self) -> bool {
        self.0.contains('{')
    }

    /// Its parts in order.
    pub fn pieces(&self) -> Pieces<'_> {
        Pieces { rest: &self.0 }
    }

    /// The text with every hole filled in by `lookup`.
    ///
    /// # Errors
    /// A sentence, when a name is not bound or the text becomes longer than [`TEXT_MAX`].
    pub fn fill<N: AsRef<str>>(
        &self,
        lookup: impl Fn(&str) -> Option<N>,
    ) -> Result<Arc<str>, String> {
        if !self.has_holes() {
            return Ok(Arc::clone(&self.0));
        }
        let mut filled = String::with_capacity(self.0.len());
        for piece in self.pieces() {
            match piece {
                Piece::Literal(text) => filled.push_str(text),
                Piece::Stray => filled.push('{'),
                Piece::Hole(name) => match lookup(name) {
                    Some(value) => filled.push_str(value.as_ref()),
                    None => return Err(format!("nothing is called {{{name}}} here")),
                },
            }
            if filled.len() > TEXT_MAX {
                return Err(format!("the text becomes longer than {TEXT_MAX} bytes"));
            }
        }
        Ok(filled.into())
    }
}

/// The parts of a [`Text`].
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// How many bytes have not been looked at.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let text = self.rest;
        let Some(after) = text.strip_prefix('{') else {
            let end = text.find('{').unwrap_or(text.len());
            self.rest = &text[end..];
            return (end > 0).then(|| Piece::Literal(&text[..end]));
        };
        if let Some(after_both) = after.strip_prefix('{') {
            self.rest = after_both;
            return Some(Piece::Literal(&text[..1]));
        }
        let longest = after.len().min(NAME_MAX + 1);
        let close = after.as_bytes()[..longest].iter().position(|byte| *byte == b'}');
        match close.filter(|close| is_name(&after[..*close])) {
            Some(close) => {
                self.rest = &after[close + 1..];
                Some(Piece::Hole(&after[..close]))
            }
            None => {
                self.rest = after;
                Some(Piece::Stray)
            }
        }
    }
}

/// Whether this can name a client, a task, a mark or a variable: a letter, then letters, digits,
/// `-` and `_`.
pub fn is_name(word: &str) -> bool {
    word.len() <= NAME_MAX
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(is_name_character)
}

pub(super) const fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<Arc<str>, String> {
        Text::new(text).fill(|name| (name == "i").then_some("7"))
    }

    #[test]
    fn holes_are_filled_and_double_braces_stand_for_one() {
        assert_eq!(fill("k{i}-{i}").as_deref(), Ok("k7-7"));
        assert_eq!(fill("plain").as_deref(), Ok("plain"));
        assert_eq!(fill("{{i}").as_deref(), Ok("{i}"));
        assert_eq!(fill("{ i}").as_deref(), Ok("{ i}"));
        assert!(fill("{j}").is_err_and(|message| message.contains("{j}")));
    }

    #[test]
    fn a_literal_text_is_filled_with_itself() {
        for text in ["", "x", "{i}", "{{", "a{b", "{\"json\":1}"] {
            let filled = Text::literal(text).fill(|_| Some("never")).expect("no holes");
            assert_eq!(&*filled, text);
            assert_eq!(&*Text::literal(text).filled(), text);
        }
    }

    #[test]
    fn a_text_cannot_grow_without_bound() {
        let long = "x".repeat(TEXT_MAX / 2 + 1);
        assert!(Text::new("{a}{a}").fill(|_| Some(&long)).is_err());
    }
}
