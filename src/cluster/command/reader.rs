//! Reads one line, word by word.
//!
//! A [`Reader`] stands before a token. Its methods each look for one thing: they note it as
//! expected, and step over it when it is there. What makes the rest of the line unreadable ends
//! the line (`None`); a quantity out of bounds is noted and the line read on, so that all its
//! mistakes are found at once.

use super::expect::{Expect, either, nearest};
use super::lex::{Kind, Sign, Spot, Token, before_comment, lex};
use super::quantity::{Read, shown};
use super::text::{NAME_MAX, Piece, Pieces, Text, is_name, is_name_character};
use super::who;
use crate::cluster::types::ServerId;

/// What was read; `None` when the line can't be read any further.
pub(super) type Parsed<T> = Option<T>;

/// More mistakes than this in one line are not noted.
const MISTAKES_MAX: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub spot: Spot,
    pub message: String,
    pub help: Option<String>,
}

/// Something that a line refers to and that only the whole script can confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mention {
    Server(ServerId),
    /// A `{name}`.
    Hole(Box<str>),
    /// The name of a client where a server could stand: perhaps a slip of the pen.
    Node(Text),
    /// A client that the line puts to work.
    Client(Text),
    Task(Text),
    Mark(Text),
    /// A log that no server can have, and why. `raftlab find` answers with that; elsewhere it is a mistake.
    Fallen(Box<str>),
}

pub(super) struct Reader<'a> {
    line: &'a str,
    tokens: Vec<Token<'a>>,
    place: usize,
    expected: Vec<Expect>,
    /// The place that `expected` is about: the furthest that was reached.
    expected_at: usize,
    /// What to do if the reader gets stuck right here.
    hint: Option<(usize, &'static str)>,
    pub mentions: Vec<(Spot, Mention)>,
    pub mistakes: Vec<Mistake>,
    /// Whether the condition that is read is asked once, so that `chance` makes sense in it.
    pub may_draw: bool,
}

impl<'a> Reader<'a> {
    pub fn new(line: &'a str) -> Self {
        Self {
            line,
            tokens: lex(line),
            place: 0,
            expected: Vec::new(),
            expected_at: 0,
            hint: None,
            mentions: Vec::new(),
            mistakes: Vec::new(),
            may_draw: false,
        }
    }

    /// What could stand where the line ends, if it was read that far.
    pub fn expected_at_end(self) -> Vec<Expect> {
        if self.expected_at == self.tokens.len() { self.expected } else { Vec::new() }
    }

    pub fn expect(&mut self, what: Expect) {
        if self.place > self.expected_at {
            self.expected_at = self.place;
            self.expected.clear();
        }
        if self.place == self.expected_at && !self.expected.contains(&what) {
            self.expected.push(what);
        }
    }

    /// What to do, should what comes next be none of what is expected.
    pub fn hint(&mut self, hint: &'static str) {
        self.hint = Some((self.place, hint));
    }

    pub fn peek(&self) -> Option<&Kind<'a>> {
        self.tokens.get(self.place).map(|token| &token.kind)
    }

    /// The plain word that comes next.
    pub fn peek_word(&self) -> Option<&'a str> {
        self.word_at(self.place)
    }

    /// The plain word after the next one.
    pub fn peek_second_word(&self) -> Option<&'a str> {
        self.word_at(self.place + 1)
    }

    /// What stands after the next token.
    pub fn peek_second(&self) -> Option<&Kind<'a>> {
        self.tokens.get(self.place + 1).map(|token| &token.kind)
    }

    fn word_at(&self, place: usize) -> Option<&'a str> {
        match self.tokens.get(place)?.kind {
            Kind::Word(word) => Some(word),
            Kind::Quoted(_) | Kind::Sign(_) | Kind::Bad(_) => None,
        }
    }

    pub fn is_at_end(&self) -> bool {
        self.place >= self.tokens.len()
    }

    /// Whether the word that comes next names an option.
    pub fn is_before_option(&self) -> bool {
        let sign = self.tokens.get(self.place + 1).map(|token| &token.kind);
        self.peek_word().is_some() && sign == Some(&Kind::Sign(Sign::Equal))
    }

    /// Reads the rest of the line in one way, and if that does not take up all of it in another.
    /// When neither does, the way that came further says what is wrong.
    pub fn either_way<T>(
        &mut self,
        one: impl FnOnce(&mut Self) -> Parsed<T>,
        other: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let (place, hint) = (self.place, self.hint);
        let (mentions, mistakes) = (self.mentions.len(), self.mistakes.len());
        let found = one(self).filter(|_| self.is_at_end() && self.mistakes.len() == mistakes);
        if found.is_some() {
            return found;
        }
        (self.place, self.hint) = (place, hint);
        self.mentions.truncate(mentions);
        let first = self.mistakes.split_off(mistakes).into_iter().next();
        let found = other(self);
        if let (Some(first), Some(second)) = (first, self.mistakes.get_mut(mistakes))
            && first.spot.column > second.spot.column
        {
            *second = first;
        }
        found
    }

    pub fn step(&mut self) {
        self.place += 1;
    }

    /// Where the next token stands, or the end of the line.
    pub fn spot(&self) -> Spot {
        match (self.tokens.get(self.place), self.tokens.last()) {
            (Some(token), _) => token.spot,
            (None, Some(last)) => Spot { column: last.spot.column + last.spot.width, width: 1 },
            (None, None) => Spot { column: 1, width: 1 },
        }
    }

    /// Where the token before this place stands.
    pub fn last_spot(&self) -> Spot {
        self.place
            .checked_sub(1)
            .and_then(|place| self.tokens.get(place))
            .map_or_else(|| self.spot(), |token| token.spot)
    }

    pub fn mention(&mut self, spot: Spot, mention: Mention) {
        self.mentions.push((spot, mention));
    }

    pub fn mistake(&mut self, spot: Spot, message: impl Into<String>, help: Option<String>) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(Mistake { spot, message: message.into(), help });
        }
    }

    /// Gives up on this line: what stands here is none of what was expected.
    pub fn fail<T>(&mut self) -> Parsed<T> {
        let spot = self.spot();
        if let Some(Kind::Bad(message)) = self.peek() {
            let message = message.clone();
            self.mistake(spot, message, None);
            return None;
        }
        let expected: &[Expect] = if self.expected_at == self.place { &self.expected } else { &[] };
        let mut words: Vec<String> = Vec::new();
        for word in expected.iter().flat_map(|what| what.describe()) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let wanted = if words.is_empty() {
            "expected the end of the line".to_owned()
        } else {
            format!("expected {}", either(&words))
        };
        let (found, help) = match self.peek() {
            None => ("but the line ends here".to_owned(), None),
            Some(Kind::Sign(sign)) => (format!("not `{}`", sign.text()), None),
            Some(Kind::Quoted(_) | Kind::Bad(_)) => ("not a text in quotes".to_owned(), None),
            Some(Kind::Word(word)) if self.is_before_option() => {
                (format!("not {}", shown(&format!("{word}="))), near(word, expected))
            }
            Some(Kind::Word(word)) => (format!("not {}", shown(word)), near(word, expected)),
        };
        let hint = self.hint.filter(|(place, _)| *place == self.place);
        let help = help.or_else(|| hint.map(|(_, hint)| hint.to_owned()));
        self.mistake(spot, format!("{wanted}, {found}"), help);
        None
    }

    /// Steps over exactly this word.
    pub fn keyword(&mut self, word: &'static str) -> bool {
        self.expect(Expect::Word(word));
        let there = self.peek_word() == Some(word) && !self.is_before_option();
        self.place += usize::from(there);
        there
    }

    pub fn sign(&mut self, sign: Sign) -> bool {
        self.expect(Expect::Word(sign.text()));
        let there = self.peek() == Some(&Kind::Sign(sign));
        self.place += usize::from(there);
        there
    }

    /// Whether an arrow stands anywhere further on.
    pub fn has_arrow(&self) -> bool {
        let rest = self.tokens.iter().skip(self.place);
        rest.into_iter().any(|token| matches!(token.kind, Kind::Sign(Sign::Arrow | Sign::BothWays)))
    }

    /// As [`Self::sign`], where nothing else can stand.
    pub fn need(&mut self, sign: Sign) -> Parsed<()> {
        if self.sign(sign) { Some(()) } else { self.fail() }
    }

    /// As [`Self::keyword`], where nothing else can stand.
    pub fn need_word(&mut self, word: &'static str) -> Parsed<()> {
        if self.keyword(word) { Some(()) } else { self.fail() }
    }

    /// Steps over `on` or `off`: whether it was `on`.
    pub fn on_or_off(&mut self) -> Parsed<bool> {
        let on = self.keyword("on");
        if !on {
            self.need_word("off")?;
        }
        Some(on)
    }

    /// Steps over `name=`, where nothing else can stand.
    pub fn need_option(&mut self, name: &'static str) -> Parsed<()> {
        self.expect(Expect::Option(name));
        if self.peek_word() != Some(name) || !self.is_before_option() {
            return self.fail();
        }
        self.place += 2;
        Some(())
    }

    pub fn end(&mut self) -> Parsed<()> {
        if self.is_at_end() { Some(()) } else { self.fail() }
    }

    /// One plain word that `read` understands. If it does not, the mistake is noted, and
    /// `fallback` taken so that the rest of the line can be read.
    pub fn quantity<T>(
        &mut self,
        what: Expect,
        fallback: T,
        read: impl FnOnce(&str) -> Read<T>,
    ) -> Parsed<T> {
        self.expect(what);
        let is_option = |word: &&str| !starts_with_digit(word) && self.is_before_option();
        let Some(word) = self.peek_word().filter(|word| !is_option(word)) else {
            return self.fail();
        };
        let value = match read(word) {
            Ok(value) => value,
            Err(message) => {
                self.mistake(self.spot(), message, None);
                fallback
            }
        };
        self.step();
        Some(value)
    }

    /// A key or a value: one word, in quotes or not.
    pub fn text(&mut self, what: Expect) -> Parsed<Text> {
        self.expect(what);
        let (text, exact) = match self.peek() {
            Some(Kind::Word(word)) if !word.starts_with('@') => (Text::new(word), true),
            Some(Kind::Quoted(text)) => (Text::new(text), false),
            Some(Kind::Word(_) | Kind::Sign(_) | Kind::Bad(_)) | None => return self.fail(),
        };
        self.holes(text.as_str(), self.spot(), exact);
        self.step();
        Some(text)
    }

    /// As [`Self::text`], where an option could stand by mistake.
    pub fn argument(&mut self, what: Expect) -> Parsed<Text> {
        if self.is_before_option() {
            self.expect(what);
            return self.fail();
        }
        self.text(what)
    }

    /// The name of a client, a task or a mark, perhaps with holes.
    pub fn name(&mut self, what: Expect) -> Parsed<Text> {
        self.expect(what);
        // A mark may be compared with, and then no option stands here.
        let may_be = what == Expect::Mark || !self.is_before_option();
        let Some(word) = self.peek_word().filter(|_| may_be) else { return self.fail() };
        let spot = self.spot();
        if let Some(flaw) = name_flaw(word) {
            self.mistake(spot, format!("{} {flaw}", shown(word)), None);
            return None;
        }
        self.holes(word, spot, true);
        self.step();
        Some(Text::new(word))
    }

    /// The name of a variable.
    pub fn variable(&mut self) -> Parsed<Text> {
        self.expect(Expect::Name);
        let Some(word) = self.peek_word() else { return self.fail() };
        if let Some(flaw) = if is_name(word) { name_flaw(word) } else { Some(NO_NAME) } {
            self.mistake(self.spot(), format!("{} {flaw}", shown(word)), None);
            return None;
        }
        self.step();
        Some(Text::new(word))
    }

    /// Notes the holes of a text and refuses braces that open none.
    pub fn holes(&mut self, text: &str, spot: Spot, exact: bool) {
        if !text.contains('{') {
            return;
        }
        let mut column = spot.column;
        let mut pieces = Pieces::of(text);
        let mut start = 0;
        while let Some(piece) = pieces.next() {
            let end = text.len() - pieces.left();
            let width = text[start..end].chars().count() as u32;
            let spot = if exact { Spot { column, width } } else { spot };
            match piece {
                Piece::Literal(_) => {}
                Piece::Hole(name) => self.mention(spot, Mention::Hole(name.into())),
                Piece::Stray => self.mistake(
                    spot,
                    "this brace opens no {name}",
                    Some("write {{ for a brace that stands for itself".into()),
                ),
            }
            column += width;
            start = end;
        }
    }

    /// A text up to a `|`, or up to this word: as it stands, or one text in quotes.
    pub fn phrase(&mut self, end: Option<&str>) -> Parsed<Text> {
        self.expect(Expect::Text);
        let ends = |token: &Token<'_>| match token.kind {
            Kind::Sign(Sign::Bar) | Kind::Bad(_) => true,
            Kind::Word(word) => Some(word) == end,
            Kind::Quoted(_) | Kind::Sign(_) => false,
        };
        let after = |place: usize| self.tokens[place..].iter().position(ends).map(|n| place + n);
        let stop = after(self.place.min(self.tokens.len())).unwrap_or(self.tokens.len());
        if stop == self.place {
            return self.fail();
        }
        let Token { start, spot, .. } = self.tokens[self.place];
        if let (Kind::Quoted(text), true) = (&self.tokens[self.place].kind, stop == self.place + 1)
        {
            let text = text.clone();
            if text.trim().is_empty() {
                self.mistake(spot, "this text says nothing", None);
            }
            self.holes(&text, spot, false);
            self.step();
            return Some(Text::new(&text));
        }
        let raw = match self.tokens.get(stop) {
            Some(next) => &self.line[start..next.start],
            None => before_comment(&self.line[start..]),
        };
        self.holes(raw.trim_end(), spot, true);
        self.place = stop;
        let words: Vec<&str> = raw.split_whitespace().collect();
        Some(Text::new(&words.join(" ")))
    }

    /// The rest of the line as a text: as it stands, or one text in quotes.
    pub fn rest_as_text(&mut self) -> Parsed<Text> {
        self.expect(Expect::Text);
        let Some(token) = self.tokens.get(self.place) else { return self.fail() };
        let (start, mut spot) = (token.start, token.spot);
        if let (Kind::Quoted(text), None) = (&token.kind, self.tokens.get(self.place + 1)) {
            let text = text.clone();
            self.holes(&text, spot, false);
            self.step();
            return Some(Text::new(&text));
        }
        let raw = before_comment(&self.line[start..]).trim_end();
        spot.width = raw.chars().count() as u32;
        if let Some(control) = raw.chars().find(|c| c.is_control() && !c.is_whitespace()) {
            let help = format!("write it in quotes, as {}", control.escape_unicode());
            self.mistake(spot, "a control character can't stand here", Some(help));
        }
        self.holes(raw, spot, true);
        self.place = self.tokens.len();
        let words: Vec<&str> = raw.split_whitespace().collect();
        Some(Text::new(&words.join(" ")))
    }
}

/// Whether a word can be a number, and no option's name.
pub(super) fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
}

/// Which of the expected words comes nearest to `word`.
fn near(word: &str, expected: &[Expect]) -> Option<String> {
    let words = || expected.iter().flat_map(|what| what.words());
    if words().any(|(right, _)| right == word) {
        return Some(format!("`{word}` stands without `=`"));
    }
    let options = expected
        .iter()
        .filter_map(|what| if let Expect::Option(name) = what { Some(*name) } else { None });
    let candidates = words().map(|(right, _)| right).chain(options);
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

const NO_NAME: &str = "is no name: a letter, then letters, digits, - and _";

/// Why a word can't name a client, a task, a mark or, without holes, a variable.
fn name_flaw(word: &str) -> Option<&'static str> {
    let mut length = 0;
    for piece in Pieces::of(word) {
        match piece {
            Piece::Literal(text) if !text.chars().all(is_name_character) => {
                return Some(NO_NAME);
            }
            Piece::Literal(text) => length += text.len(),
            Piece::Hole(_) | Piece::Stray => {}
        }
    }
    if length > NAME_MAX {
        return Some("is too long for a name: 32 characters at most");
    }
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some("is no name: it begins with a letter, as c{i}");
    }
    if who::looks_like_server(word.split('{').next().unwrap_or(word)) || word.starts_with("S{") {
        return Some("is no name here: it is a server's");
    }
    who::word(word).map(|_| "is no name here: it means servers")
}

/// The options (`name=`) of one command: each at most once, in any order.
pub(super) struct Options {
    names: &'static [&'static str],
    seen: u32,
}

impl Options {
    pub const fn new(names: &'static [&'static str]) -> Self {
        Self { names, seen: 0 }
    }

    /// Steps over the next option's name and its `=`, if one stands here.
    pub fn next(&mut self, reader: &mut Reader<'_>) -> Parsed<Option<&'static str>> {
        for (place, name) in self.names.iter().enumerate() {
            if self.seen & (1 << place) == 0 {
                reader.expect(Expect::Option(name));
            }
        }
        let Some(word) = reader.peek_word().filter(|_| reader.is_before_option()) else {
            return Some(None);
        };
        let Some(place) = self.names.iter().position(|name| *name == word) else {
            return Some(None);
        };
        if self.seen & (1 << place) != 0 {
            reader.mistake(reader.spot(), format!("`{word}=` is said twice"), None);
        }
        self.seen |= 1 << place;
        reader.step();
        reader.step();
        Some(Some(self.names[place]))
    }
}
