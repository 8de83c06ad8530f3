//! Reads EDN, a form at a time.
//!
//! A history of any length costs memory for one form at a time, and a form has a bound on its
//! length and on its depth. What `#_` discards, comments and metadata are read and passed over.

use std::collections::{BTreeMap, BTreeSet};

use super::number;
use super::value::{ESCAPES, Edn, NAMED};
use super::{PIECE_MAX, Trouble, quoted, too_long};

/// How deep brackets, tags and discards may be nested in a form.
const DEPTH_MAX: usize = 32;

/// The outermost forms of a text, each with the line on which it begins.
pub struct Forms<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// Where the outermost form begins.
    start: (usize, u64),
    /// The bracket that ends the sequence of forms, if one began it, and the line of that.
    inside: Option<(u8, u64)>,
}

impl<'a> Forms<'a> {
    pub const fn new(text: &'a str, line: u64) -> Self {
        Self { text, at: 0, line, start: (0, line), inside: None }
    }

    /// As [`Self::new`], and if the first form is a vector or a list: those in it.
    pub fn unwrapped(text: &'a str) -> Self {
        let mut forms = Self::new(text, 1);
        // Where something malformed is discarded, it is met again when a form is asked for.
        let closing = match (forms.seek_form(0), forms.peek()) {
            (Ok(true), Some(b'[')) => b']',
            (Ok(true), Some(b'(')) => b')',
            (Ok(_) | Err(_), _) => return Self::new(text, 1),
        };
        forms.inside = Some((closing, forms.line));
        forms.at += 1;
        forms
    }

    /// The one form that a text has.
    pub fn only(text: &'a str, line: u64) -> Result<Edn, Trouble> {
        let mut forms = Self::new(text, line);
        let none = || Trouble::at(line, "a value is missing");
        let (_, form) = forms.next().ok_or_else(none)??;
        match forms.next() {
            None => Ok(form),
            Some(_) => Err(Trouble::at(line, format!("{} is more than a value", quoted(text)))),
        }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next_char(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.at += char.len_utf8();
        self.line += u64::from(char == '\n');
        Some(char)
    }

    fn trouble(&self, why: impl Into<String>) -> Trouble {
        Trouble::at(self.line, why)
    }

    /// To the next form: over blanks, comments and what is discarded. Whether there is one before
    /// the end, or the next closing bracket.
    fn seek_form(&mut self, depth: usize) -> Result<bool, Trouble> {
        loop {
            let Some(char) = self.rest().chars().next() else { return Ok(false) };
            match char {
                ';' => {
                    let rest = self.rest();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                ']' | '}' | ')' => return Ok(false),
                '#' if self.rest().starts_with("#_") => {
                    if depth == 0 {
                        self.start = (self.at, self.line);
                    }
                    self.at += 2;
                    self.form(depth + 1)?;
                }
                ',' => self.at += 1,
                char if char.is_whitespace() => drop(self.next_char()),
                _ => return Ok(true),
            }
        }
    }

    /// The next form, which must be there.
    fn form(&mut self, depth: usize) -> Result<Edn, Trouble> {
        if depth > DEPTH_MAX {
            return Err(self.trouble(format!("forms are nested more than {DEPTH_MAX} deep")));
        }
        if !self.seek_form(depth)? {
            return Err(match self.peek() {
                Some(bracket) => self.opened_by_nothing(bracket),
                None => self.endless(),
            });
        }
        let form = match self.peek() {
            Some(b'"') => self.string(),
            Some(b'\\') => self.character(),
            Some(b'[') => Ok(Edn::Sequence(self.items(b']', depth)?)),
            Some(b'(') => Ok(Edn::Sequence(self.items(b')', depth)?)),
            Some(b'{') => self.map(None, depth),
            Some(b'#') => self.dispatch(depth),
            Some(b'^') => {
                // What is said about the next form is no part of it.
                self.at += 1;
                self.form(depth + 1)?;
                self.form(depth + 1)
            }
            Some(_) | None => self.word(),
        };
        if self.at - self.start.0 > PIECE_MAX { Err(too_long(self.start.1)) } else { form }
    }

    fn endless(&self) -> Trouble {
        Trouble::at(self.start.1, "what begins here has no end")
    }

    fn opened_by_nothing(&self, bracket: u8) -> Trouble {
        self.trouble(format!("a {:?} that nothing opens", char::from(bracket)))
    }

    /// The forms up to a closing bracket. The opening one is next.
    fn items(&mut self, closing: u8, depth: usize) -> Result<Vec<Edn>, Trouble> {
        self.at += 1;
        let mut items = Vec::new();
        // They are one deeper, and so is what is discarded between them.
        while self.seek_form(depth + 1)? {
            items.push(self.form(depth + 1)?);
        }
        match self.peek() {
            Some(bracket) if bracket == closing => {
                self.at += 1;
                Ok(items)
            }
            Some(bracket) => Err(self.opened_by_nothing(bracket)),
            None => Err(self.endless()),
        }
    }

    /// A map; `space` is the namespace of the keys that name none.
    fn map(&mut self, space: Option<&str>, depth: usize) -> Result<Edn, Trouble> {
        let line = self.line;
        let mut items = self.items(b'}', depth)?.into_iter();
        let mut map = BTreeMap::new();
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                let why = format!("the key {} of a map has no value", quoted(&key.to_string()));
                return Err(Trouble::at(line, why));
            };
            let key = match space {
                Some(space) => within(space, key),
                None => key,
            };
            if map.contains_key(&key) {
                let why = format!("a map has the key {} twice", quoted(&key.to_string()));
                return Err(Trouble::at(line, why));
            }
            map.insert(key, value);
        }
        Ok(Edn::Map(map))
    }

    /// What begins with `#`.
    fn dispatch(&mut self, depth: usize) -> Result<Edn, Trouble> {
        let line = self.line;
        self.at += 1;
        match self.peek() {
            Some(b'{') => {
                let mut set = BTreeSet::new();
                for item in self.items(b'}', depth)? {
                    if set.contains(&item) {
                        let shown = quoted(&item.to_string());
                        return Err(Trouble::at(line, format!("a set has {shown} twice")));
                    }
                    set.insert(item);
                }
                Ok(Edn::Set(set))
            }
            Some(b'#') => {
                self.at += 1;
                match self.token()? {
                    "NaN" => Ok(Edn::Number(number::double(f64::NAN))),
                    "Inf" => Ok(Edn::Number(number::double(f64::INFINITY))),
                    "-Inf" => Ok(Edn::Number(number::double(f64::NEG_INFINITY))),
                    other => {
                        Err(self.trouble(format!("{} is no EDN", quoted(&format!("##{other}")))))
                    }
                }
            }
            Some(b':') => {
                self.at += 1;
                let space = self.token()?;
                if space.is_empty() || !self.seek_form(depth)? || self.peek() != Some(b'{') {
                    return Err(self.trouble("a namespace must be followed by a map"));
                }
                self.map(Some(space), depth)
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let tag = self.token()?;
                Ok(Edn::Tagged(tag.into(), Box::new(self.form(depth + 1)?)))
            }
            Some(_) | None => {
                let shown = quoted(&format!("#{}", self.token()?));
                Err(self.trouble(format!("{shown} is no EDN")))
            }
        }
    }

    /// A word: what ends at a blank or a bracket.
    fn token(&mut self) -> Result<&'a str, Trouble> {
        let is_end = |c: char| c.is_whitespace() || "()[]{}\",;".contains(c);
        let rest = self.rest();
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        self.at += word.len();
        if word.len() > PIECE_MAX { Err(too_long(self.start.1)) } else { Ok(word) }
    }

    fn word(&mut self) -> Result<Edn, Trouble> {
        let word = self.token()?;
        let refuse = |why: &str| Err(self.trouble(format!("{} {why}", quoted(word))));
        match word {
            "nil" => Ok(Edn::Nil),
            "true" => Ok(Edn::Bool(true)),
            "false" => Ok(Edn::Bool(false)),
            _ if number::is_number(word) => match number::read(word) {
                Ok(number) => Ok(Edn::Number(number)),
                Err(why) => refuse(why),
            },
            _ => match word.strip_prefix(':') {
                Some("" | ":") => refuse("is no keyword"),
                Some(name) => Ok(Edn::Keyword(name.into())),
                None if word.starts_with(['\'', '`', '~', '@', '%']) => refuse("is no EDN"),
                None => Ok(Edn::Symbol(word.into())),
            },
        }
    }

    fn string(&mut self) -> Result<Edn, Trouble> {
        let begun = self.line;
        let mut text = String::new();
        self.at += 1;
        loop {
            match self.next_char() {
                None => return Err(Trouble::at(begun, "a string that begins here has no end")),
                Some('"') => return Ok(Edn::Text(text.into())),
                Some('\\') => text.push(self.escape()?),
                Some(char) => text.push(char),
            }
            if text.len() > PIECE_MAX {
                return Err(too_long(self.start.1));
            }
        }
    }

    /// What stands behind a backslash in a text.
    fn escape(&mut self) -> Result<char, Trouble> {
        match self.next_char() {
            Some('u') => {
                let unit = self.unit()?;
                // What Java writes as two halves is one character.
                let is_half = (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u");
                let other = if is_half {
                    self.at += 2;
                    Some(self.unit()?)
                } else {
                    None
                };
                let units = std::iter::once(unit).chain(other).map(|unit| unit as u16);
                let mut decoded = char::decode_utf16(units);
                match (decoded.next(), decoded.next()) {
                    (Some(Ok(char)), None) => Ok(char),
                    _ => Err(self.trouble("half a character stands in a string")),
                }
            }
            Some(digit @ '0'..='7') => {
                let mut code = digit as u32 - '0' as u32;
                while let Some(digit) = self.rest().chars().next().and_then(|c| c.to_digit(8))
                    && code * 8 + digit <= 0o377
                {
                    code = code * 8 + digit;
                    self.at += 1;
                }
                Ok(char::from_u32(code).unwrap_or_default())
            }
            Some(letter) => match ESCAPES.iter().find(|(escape, _)| *escape == letter) {
                Some((_, char)) => Ok(*char),
                None => {
                    let shown = quoted(&format!("\\{letter}"));
                    Err(self.trouble(format!("a string has no {shown}")))
                }
            },
            None => Ok('\\'),
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Trouble> {
        let digits = self
            .rest()
            .get(..4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.trouble("\\u needs four hexadecimal digits"))?;
        self.at += 4;
        Ok(unit)
    }

    fn character(&mut self) -> Result<Edn, Trouble> {
        self.at += 1;
        let Some(first) = self.next_char() else { return Err(self.endless()) };
        let rest = self.token()?;
        let code = |digits: &str, radix: u32, length: std::ops::RangeInclusive<usize>| {
            let is_code = digits.chars().all(|digit| digit.is_digit(radix));
            let fits = is_code && length.contains(&digits.len());
            u32::from_str_radix(digits, radix).ok().filter(|_| fits).and_then(char::from_u32)
        };
        let char = match (first, rest) {
            (first, "") => Some(first),
            ('u', digits) => code(digits, 16, 4..=4),
            ('o', digits) => code(digits, 8, 1..=3).filter(|char| u32::from(*char) <= 0o377),
            (first, rest) => {
                let is_it = |name: &str| name.strip_prefix(first) == Some(rest);
                NAMED.iter().find(|(name, _)| is_it(name)).map(|(_, char)| *char)
            }
        };
        char.map(Edn::Char).ok_or_else(|| {
            let shown = quoted(&format!("\\{first}{rest}"));
            self.trouble(format!("{shown} is no character"))
        })
    }
}

/// A key of a map that says the namespace of its keys.
fn within(space: &str, key: Edn) -> Edn {
    let named = |name: &str| match name.strip_prefix("_/") {
        Some(bare) => bare.into(),
        None if name.contains('/') => name.into(),
        None => format!("{space}/{name}").into(),
    };
    match key {
        Edn::Keyword(name) => Edn::Keyword(named(&name)),
        Edn::Symbol(name) => Edn::Symbol(named(&name)),
        other => other,
    }
}

impl Iterator for Forms<'_> {
    type Item = Result<(u64, Edn), Trouble>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_form();
        if let Some(Err(_)) = next {
            self.at = self.text.len();
            self.inside = None;
        }
        next
    }
}

impl Forms<'_> {
    fn next_form(&mut self) -> Option<Result<(u64, Edn), Trouble>> {
        match self.seek_form(0) {
            Err(trouble) => return Some(Err(trouble)),
            Ok(true) => {
                self.start = (self.at, self.line);
                let line = self.line;
                return Some(self.form(0).map(|form| (line, form)));
            }
            Ok(false) => {}
        }
        let Some(bracket) = self.peek() else {
            let (_, line) = self.inside.take()?;
            return Some(Err(Trouble::at(line, "the bracket that opens here is never closed")));
        };
        if self.inside.is_none_or(|(closing, _)| closing != bracket) {
            return Some(Err(self.opened_by_nothing(bracket)));
        }
        self.inside = None;
        self.at += 1;
        match self.seek_form(0) {
            Err(trouble) => Some(Err(trouble)),
            Ok(false) if self.peek().is_none() => None,
            Ok(_) => Some(Err(self.trouble("something follows after the end of the history"))),
        }
    }
}
