//! Numbers as lines name them: `3`, `{n}`, `{n}+1`, `committed - 1`.

use std::fmt::{Display, Formatter, Result as Written};

use super::conditions::value;
use super::expect::Expect;
use super::lex::{Kind as Token, Sign};
use super::measure::{Kind, Measure, Position};
use super::quantity::{self, shown};
use super::reader::{Parsed, Reader, starts_with_digit};
use super::text::{Piece, Pieces, Text};
use super::{Compare, Filler};

/// A number that a line names, and what is added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    pub base: Base,
    pub plus: i64,
}

/// What a [`Number`] begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    Number(u64),
    /// A word with a `{name}` that becomes a number.
    Hole(Text),
    Measure(Box<Measure>),
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self { base: Base::Number(number), plus: 0 }
    }
}

impl Number {
    /// The number itself, where the line says it.
    pub const fn literal(&self) -> Option<u64> {
        match self.base {
            Base::Number(number) => Some(number),
            Base::Hole(_) | Base::Measure(_) => None,
        }
    }

    /// The same with every `{name}` filled in.
    ///
    /// # Errors
    /// Those of `filler`, also where what a name stands for is no number.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        Ok(match &self.base {
            Base::Number(_) => self.clone(),
            Base::Hole(text) => filler.number(text, self.plus)?.into(),
            Base::Measure(measure) => Self {
                base: Base::Measure(Box::new(measure.filled_value(filler)?)),
                plus: self.plus,
            },
        })
    }
}

/// `{n}+1` keeps together: it may stand where one word is wanted.
impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let (sign, by) = (if self.plus < 0 { '-' } else { '+' }, self.plus.unsigned_abs());
        match &self.base {
            Base::Number(number) => number.fmt(f),
            Base::Hole(text) if by == 0 => f.write_str(text.as_str()),
            Base::Hole(text) => write!(f, "{}{sign}{by}", text.as_str()),
            Base::Measure(measure) if by == 0 => measure.fmt(f),
            Base::Measure(measure) => write!(f, "{measure} {sign} {by}"),
        }
    }
}

/// The most that is added.
const PLUS_MAX: u64 = 1_000_000_000_000;

/// A number, whatever it is made from.
pub(super) fn number(reader: &mut Reader<'_>) -> Parsed<Number> {
    let position = Position::Operand(Kind::Number);
    reader.expect(Expect::Measure(position));
    if !reader.is_before_measure(position) {
        let number = plain_number(reader)?;
        return plus(reader, number);
    }
    let base = Base::Measure(Box::new(value(reader, position)?));
    plus(reader, Number { base, plus: 0 })
}

/// A number that no measure is part of: `3`, `{n}`, `{n}+1`.
pub(super) fn plain_number(reader: &mut Reader<'_>) -> Parsed<Number> {
    reader.expect(Expect::Number);
    match reader.peek_word() {
        Some(word) if word.contains('{') => hole(reader, word, word),
        Some(word) if starts_with_digit(word) => {
            let read = |word: &str| quantity::whole(word, 0..=u64::MAX);
            reader.quantity(Expect::Number, 0, read).map(Number::from)
        }
        Some(_) | None => reader.fail(),
    }
}

/// `+ 1`, `- 1`, if it stands behind a number.
pub(super) fn plus(reader: &mut Reader<'_>, mut number: Number) -> Parsed<Number> {
    for sign in ["+", "-"] {
        reader.expect(Expect::Word(sign));
    }
    if number.plus == 0
        && let Some((sign, rest)) = reader.peek_word().and_then(signed)
    {
        let alone = rest.is_empty();
        if alone {
            reader.step();
        }
        let read = |word: &str| quantity::whole(if alone { word } else { rest }, 0..=PLUS_MAX);
        let by = reader.quantity(Expect::Number, 0, read)? as i64;
        number.plus = if sign == '-' { -by } else { by };
        if let Base::Number(literal) = number.base {
            match literal.checked_add_signed(number.plus) {
                Some(sum) => number = sum.into(),
                None => {
                    let message =
                        format!("{literal} {sign} {by} is no number from 0 to {}", u64::MAX);
                    reader.mistake(reader.last_spot(), message, None);
                }
            }
        }
    }
    Some(number)
}

/// Whether a word can be nothing else: `3`, `{n}+1`, but not `{n}`, which may be a server.
pub(super) fn is_plainly_number(word: &str) -> bool {
    let digits = match word.rsplit_once('}') {
        Some((_, plus)) => signed(plus).map_or("", |(_, by)| by),
        None => word,
    };
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `+1`, or `+` alone.
fn signed(word: &str) -> Option<(char, &str)> {
    let sign = word.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    Some((sign, &word[1..]))
}

/// Steps over `word`, of which `text` is to become a number: `{n}`, `1{n}`, `{n}+1`.
pub(super) fn hole(reader: &mut Reader<'_>, word: &str, text: &str) -> Parsed<Number> {
    let end = text.rfind('}').map_or(text.len(), |place| place + 1);
    let plus = signed(&text[end..]).map(|(sign, by)| (sign, quantity::whole(by, 0..=PLUS_MAX)));
    let base = if plus.is_some() { &text[..end] } else { text };
    let plus = match plus {
        Some((sign, Ok(by))) => {
            if sign == '-' {
                -(by as i64)
            } else {
                by as i64
            }
        }
        Some((_, Err(message))) => {
            reader.mistake(reader.spot(), message, None);
            0
        }
        None => 0,
    };
    let is_number = |piece| match piece {
        Piece::Literal(text) => text.bytes().all(|byte: u8| byte.is_ascii_digit()),
        Piece::Hole(_) | Piece::Stray => true,
    };
    if !Pieces::of(base).all(is_number) {
        reader.mistake(reader.spot(), format!("{} can become no number", shown(base)), None);
    }
    reader.holes(word, reader.spot(), true);
    reader.step();
    Some(Number { base: Base::Hole(Text::new(base)), plus })
}

const COMPARES: [(Sign, Compare); 3] = [
    (Sign::Equal, Compare::Equal),
    (Sign::AtLeast, Compare::AtLeast),
    (Sign::AtMost, Compare::AtMost),
];

/// By what answers of a kind can be compared.
pub(super) fn signs(kind: Kind) -> &'static [(Sign, Compare)] {
    if kind == Kind::Number { &COMPARES } else { &COMPARES[..1] }
}

impl Reader<'_> {
    /// Whether what comes next compares. Only numbers are more or less than others.
    pub(super) fn is_before_compare(&mut self, kind: Kind) -> bool {
        for (sign, _) in signs(kind) {
            self.expect(Expect::Word(sign.text()));
        }
        COMPARES.iter().any(|(sign, _)| self.peek() == Some(&Token::Sign(*sign)))
    }

    /// Whether the word that comes next is a number that is compared: `{n} >= 2`, `{n}+1 = 3`.
    pub(super) fn is_before_sum(&self) -> bool {
        let compares = |sign: &Sign| COMPARES.iter().any(|(other, _)| other == sign);
        match self.peek_second() {
            Some(Token::Sign(sign)) => compares(sign),
            Some(Token::Word(word)) => signed(word).is_some(),
            Some(Token::Quoted(_) | Token::Bad(_)) | None => false,
        }
    }
}
