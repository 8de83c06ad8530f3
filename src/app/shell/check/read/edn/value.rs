//! EDN: its values, and which of them are equal.
//!
//! Equal is what EDN calls equal, however it is written: a list and a vector with equal elements,
//! sets and maps in any order, `0x10` and `16` and `16N`, `2/4` and `1/2`, `1.5M` and `1.50M`. An
//! integer, an exact decimal and a floating-point number are never equal (`1`, `1M`, `1.0`), nor
//! are a tagged value and its content, a text and a symbol. Every value has one text form, and two
//! are equal exactly if their forms are: that of a list is a vector, of a number the shortest.
//! Of the floating-point numbers NaN is equal to itself here, so that what was stored can be read
//! back, and zero has no sign.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter, Write as _};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edn {
    Nil,
    Bool(bool),
    /// In its text form, see [`super::number::read`].
    Number(Box<str>),
    Char(char),
    Text(Box<str>),
    /// Without its colon.
    Keyword(Box<str>),
    Symbol(Box<str>),
    /// A vector or a list.
    Sequence(Vec<Self>),
    Set(BTreeSet<Self>),
    Map(BTreeMap<Self, Self>),
    Tagged(Box<str>, Box<Self>),
}

impl Edn {
    /// The elements of a pair.
    pub fn pair(&self) -> Option<(&Self, &Self)> {
        let Self::Sequence(both) = self else { return None };
        let [first, second] = &both[..] else { return None };
        Some((first, second))
    }

    /// A keyword, a symbol or a text without what marks it as such.
    pub fn name(&self) -> Option<&str> {
        let (Self::Keyword(name) | Self::Symbol(name) | Self::Text(name)) = self else {
            return None;
        };
        Some(name)
    }
}

impl Display for Edn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) | Self::Symbol(text) => f.write_str(text),
            Self::Char(char) => f.write_str(&character(*char)),
            Self::Text(text) => quoted(text, f),
            Self::Keyword(name) => write!(f, ":{name}"),
            Self::Sequence(items) => list("[", items.iter(), "]", f),
            Self::Set(items) => list("#{", items.iter(), "}", f),
            Self::Map(entries) => {
                f.write_char('{')?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    write!(f, "{comma}{key} {value}")?;
                }
                f.write_char('}')
            }
            Self::Tagged(tag, value) => write!(f, "#{tag} {value}"),
        }
    }
}

fn list<'a>(
    open: &str,
    items: impl Iterator<Item = &'a Edn>,
    close: &str,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    f.write_str(open)?;
    for (place, item) in items.enumerate() {
        let space = if place > 0 { " " } else { "" };
        write!(f, "{space}{item}")?;
    }
    f.write_str(close)
}

/// The characters that have names.
pub const NAMED: [(&str, char); 6] = [
    ("newline", '\n'),
    ("return", '\r'),
    ("space", ' '),
    ("tab", '\t'),
    ("formfeed", '\u{c}'),
    ("backspace", '\u{8}'),
];

/// The escapes of a text, by the letter behind the backslash.
pub const ESCAPES: [(char, char); 7] = [
    ('t', '\t'),
    ('r', '\r'),
    ('n', '\n'),
    ('b', '\u{8}'),
    ('f', '\u{c}'),
    ('\\', '\\'),
    ('"', '"'),
];

fn character(char: char) -> String {
    match NAMED.iter().find(|(_, named)| *named == char) {
        Some((name, _)) => format!("\\{name}"),
        None if char.is_control() || char.is_whitespace() => format!("\\u{:04x}", u32::from(char)),
        None => format!("\\{char}"),
    }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for char in text.chars() {
        match ESCAPES.iter().find(|(_, escaped)| *escaped == char) {
            Some((letter, _)) => write!(f, "\\{letter}")?,
            None => f.write_char(char)?,
        }
    }
    f.write_char('"')
}
