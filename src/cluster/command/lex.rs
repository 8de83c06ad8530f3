//! From the characters of one line to its words.
//!
//! A word runs to the next space or sign. The signs are `|`, `->`, `<->`, `=`, `>=`, `<=`, `(` and
//! `)`; spaces around them don't matter. A word in quotes is one word whatever it holds, and never
//! means anything but itself. `#` at the start of a word starts a comment, unless a digit follows
//! at once.
//!
//! The lexer never fails: what is no word becomes a [`Kind::Bad`] token with its explanation, and
//! whoever reads that far reports it. So the text of a caption, which is read as it stands, may
//! hold what would be wrong elsewhere.

use crate::cluster::plain::is_hidden;

/// Where something stands in its line, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Counted from one.
    pub column: u32,
    pub width: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind<'a>,
    pub spot: Spot,
    /// Where it starts in the line, in bytes.
    pub start: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    /// A word that stood in quotes, without them.
    Quoted(String),
    Sign(Sign),
    /// No word at all: what is wrong with it.
    Bad(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Bar,
    Arrow,
    BothWays,
    Equal,
    AtLeast,
    AtMost,
    Open,
    Close,
}

/// Longer signs before those that they begin with.
const SIGNS: [Sign; 8] = [
    Sign::BothWays,
    Sign::Arrow,
    Sign::AtLeast,
    Sign::AtMost,
    Sign::Bar,
    Sign::Equal,
    Sign::Open,
    Sign::Close,
];

impl Sign {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Bar => "|",
            Self::Arrow => "->",
            Self::BothWays => "<->",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Open => "(",
            Self::Close => ")",
        }
    }
}

/// Whether `text` can stand without quotes and be read back as one plain word.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['#', '@'])
        && !text.chars().any(|c| c.is_whitespace() || is_hidden(c) || ends_word(c))
}

/// `text` in quotes, with what can't stand there escaped.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) => quoted.extend(c.escape_unicode()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The part of a text before a comment.
pub(super) fn before_comment(text: &str) -> &str {
    let mut at_start = true;
    for (place, c) in text.char_indices() {
        if at_start && starts_comment(&text[place..]) {
            return &text[..place];
        }
        at_start = c.is_whitespace();
    }
    text
}

fn starts_comment(rest: &str) -> bool {
    rest.strip_prefix('#').is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
}

const fn ends_word(c: char) -> bool {
    matches!(c, '"' | '|' | '=' | '(' | ')' | '<' | '>')
}

/// All tokens of a line, the comment left out.
pub(super) fn lex(line: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { line, place: 0, column: 1 };
    std::iter::from_fn(|| lexer.next()).collect()
}

struct Lexer<'a> {
    line: &'a str,
    /// In bytes.
    place: usize,
    column: u32,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.place..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Steps over one character.
    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.place += c.len_utf8();
        self.column += 1;
        Some(c)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
        if starts_comment(self.rest()) {
            return None;
        }
        let (start, column) = (self.place, self.column);
        let kind = match self.peek()? {
            '"' => self.quoted(),
            '=' if self.rest().starts_with("=>") => self.lookalike("=>", "`->` is one way"),
            '=' if self.rest().starts_with("==") => self.lookalike("==", "one `=` compares"),
            _ => self.sign().map_or_else(|| self.bare(), Kind::Sign),
        };
        let spot = Spot { column, width: self.column - column };
        Some(Token { kind, spot, start })
    }

    fn sign(&mut self) -> Option<Sign> {
        let rest = self.rest();
        let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign.text()))?;
        for _ in sign.text().chars() {
            self.bump();
        }
        Some(sign)
    }

    /// A sign of other languages.
    fn lookalike(&mut self, sign: &str, instead: &str) -> Kind<'a> {
        for _ in sign.chars() {
            self.bump();
        }
        Kind::Bad(format!("`{sign}` is no sign here: {instead}"))
    }

    fn bare(&mut self) -> Kind<'a> {
        let start = self.place;
        let mut control = None;
        while let Some(c) = self.peek() {
            if c.is_whitespace() || ends_word(c) || self.rest().starts_with("->") {
                break;
            }
            if c.is_control() {
                control = Some(c);
            }
            self.bump();
        }
        if let Some(control) = control {
            return Kind::Bad(control_character(control));
        }
        match self.peek() {
            Some('"') => {
                self.bump();
                Kind::Bad("a quotation mark inside a word: put the whole word in quotes".into())
            }
            Some(_) if self.place == start => match self.bump() {
                Some('>') => Kind::Bad("`>` is no sign here: more than 3 is `>= 4`".into()),
                _ => Kind::Bad("`<` is no sign here: less than 4 is `<= 3`".into()),
            },
            _ => Kind::Word(&self.line[start..self.place]),
        }
    }

    fn quoted(&mut self) -> Kind<'a> {
        self.bump();
        let mut text = String::new();
        let mut wrong = None;
        loop {
            match self.bump() {
                None => return Kind::Bad("this quotation mark is never closed".into()),
                Some('"') => break,
                Some('\\') => match self.escape() {
                    Ok(c) => text.push(c),
                    Err(message) => wrong = wrong.or(Some(message)),
                },
                Some(c) if c.is_control() && c != '\t' => {
                    wrong = wrong.or(Some(control_character(c)));
                }
                Some(c) => text.push(c),
            }
        }
        if self.peek().is_some_and(|c| !c.is_whitespace() && (c == '"' || !ends_word(c)))
            && !self.rest().starts_with("->")
        {
            wrong = wrong.or(Some("a space is missing after the quotation mark".into()));
        }
        wrong.map_or(Kind::Quoted(text), Kind::Bad)
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, String> {
        match self.bump() {
            Some(c @ ('"' | '\\')) => Ok(c),
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('u') if self.peek() == Some('{') => {
                let digits = self.rest()[1..].chars().take_while(char::is_ascii_hexdigit).count();
                let hex = &self.rest()[1..=digits];
                let code = u32::from_str_radix(hex, 16).ok().filter(|_| digits <= 6);
                let closed = self.rest()[1 + digits..].starts_with('}');
                let c = code.and_then(char::from_u32).filter(|_| closed).ok_or_else(|| {
                    "\\u{...} holds the number of one character, in hexadecimal".to_owned()
                })?;
                for _ in 0..digits + 2 {
                    self.bump();
                }
                Ok(c)
            }
            _ => Err("a backslash stands before \\ \" n t or u{...}".to_owned()),
        }
    }
}

fn control_character(c: char) -> String {
    let code = u32::from(c);
    format!("the control character U+{code:04X} can't stand here: write \\u{{{code:x}}} in quotes")
}
