//! What the sequences of a terminal mean: keys with what is held, and the mouse in the three
//! dialects that terminals speak.

use crate::app::input::Chord;
use crate::app::input::{Input, Mouse, MouseAct, Named};

/// The input that a whole sequence, or a character, stands for; `None` when it is of no use here.
pub(super) fn input(bytes: &[u8]) -> Option<Input> {
    match bytes {
        [0x1b] => Some(key(Named::Esc)),
        [0x1b, b'[', b'M', button, column, row] => {
            let place = |byte: &u8| u16::from(byte.saturating_sub(0x20));
            mouse(button.checked_sub(0x20)?, place(column), place(row))
        }
        [0x1b, b'[', b'[', letter @ b'A'..=b'E'] => Some(key(Named::F(1 + letter - b'A'))),
        // A button that is let go.
        [0x1b, b'[', b'<', .., b'm'] => None,
        [0x1b, b'[', b'<', values @ .., b'M'] => {
            let [button, column, row] = numbers(values)?;
            mouse(u8::try_from(button).ok()?, column, row)
        }
        [0x1b, b'[', values @ .., b'M'] => {
            let [button, column, row] = numbers(values)?;
            mouse(u8::try_from(button.checked_sub(0x20)?).ok()?, column, row)
        }
        [0x1b, b'[', values @ .., end] => sequence(values, *end),
        [0x1b, b'O', letter] => Some(key(named(*letter)?)),
        // With Alt: no key of the lab.
        [0x1b, ..] => None,
        _ => character(bytes).map(Input::Key),
    }
}

pub(super) const fn key(named: Named) -> Input {
    Input::Key(Chord::Key(named))
}

/// A key that is known by the last byte of its sequence.
const fn named(letter: u8) -> Option<Named> {
    Some(match letter {
        b'A' => Named::Up,
        b'B' => Named::Down,
        b'C' => Named::Right,
        b'D' => Named::Left,
        b'F' => Named::End,
        b'H' => Named::Home,
        b'P'..=b'S' => Named::F(1 + letter - b'P'),
        _ => return None,
    })
}

/// A key with numbers: which key, and what is held.
fn sequence(values: &[u8], end: u8) -> Option<Input> {
    let mut values = values.split(|byte| *byte == b';').map(number);
    let first = values.next().flatten();
    let held = Held::from_number(values.next().flatten())?;
    let chord = match (end, first) {
        (b'Z', _) => Chord::Key(Named::BackTab),
        (b'~', Some(number)) => Chord::Key(numbered(number)?),
        (b'u', Some(number)) => {
            let number = char::from_u32(u32::from(number))?;
            character(number.encode_utf8(&mut [0; 4]).as_bytes())?
        }
        _ => Chord::Key(named(end)?),
    };
    match (held, chord) {
        (Held::Nothing, chord) => Some(Input::Key(chord)),
        (Held::Ctrl, Chord::Char(letter)) => Some(Input::Key(Chord::Ctrl(letter))),
        (Held::Ctrl, Chord::Key(_) | Chord::Ctrl(_) | Chord::Range(..)) => None,
    }
}

const fn numbered(number: u16) -> Option<Named> {
    Some(match number {
        1 | 7 => Named::Home,
        2 => Named::Insert,
        3 => Named::Delete,
        4 | 8 => Named::End,
        5 => Named::PageUp,
        6 => Named::PageDown,
        11..=15 => Named::F(number as u8 - 10),
        17..=21 => Named::F(number as u8 - 11),
        23..=26 => Named::F(number as u8 - 12),
        28..=29 => Named::F(number as u8 - 13),
        31..=34 => Named::F(number as u8 - 14),
        _ => return None,
    })
}

/// What is held beside a key. A capital says by itself that Shift is, and Shift-Tab is a key of
/// its own.
enum Held {
    Nothing,
    Ctrl,
}

impl Held {
    /// From one more than a sum of 1 for Shift, 2 for Alt, 4 for Ctrl; `None` for what no key of
    /// the lab is held with.
    const fn from_number(number: Option<u16>) -> Option<Self> {
        let bits = match number {
            Some(number) => number.saturating_sub(1),
            None => 0,
        };
        match bits & !1 {
            0 => Some(Self::Nothing),
            4 => Some(Self::Ctrl),
            _ => None,
        }
    }
}

/// Three numbers, as the mouse has them.
fn numbers(values: &[u8]) -> Option<[u16; 3]> {
    let numbers: Option<Vec<u16>> = values.split(|byte| *byte == b';').map(number).collect();
    numbers?.try_into().ok()
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A character, or a control character as the key that sends it.
fn character(bytes: &[u8]) -> Option<Chord> {
    let mut characters = std::str::from_utf8(bytes).ok()?.chars();
    let (Some(c), None) = (characters.next(), characters.next()) else { return None };
    Some(match c {
        '\r' => Chord::Key(Named::Enter),
        '\t' => Chord::Key(Named::Tab),
        '\u{7f}' => Chord::Key(Named::Backspace),
        '\u{1b}' => Chord::Key(Named::Esc),
        '\0' => Chord::Ctrl(' '),
        '\u{1}'..='\u{1a}' => Chord::Ctrl(control(c, 0x01, b'a')),
        '\u{1c}'..='\u{1f}' => Chord::Ctrl(control(c, 0x1c, b'4')),
        c if c.is_control() => return None,
        c => Chord::Char(c),
    })
}

/// The key that, with Ctrl held, sends `c`: they count up together from `first` and `key`.
fn control(c: char, first: u8, key: u8) -> char {
    char::from((c as u8).saturating_sub(first).saturating_add(key))
}

/// Something done with the mouse at a place that counts from one. The bits of `button`: which
/// button in the lowest two and the highest two, 0x20 when it moves, the rest for what is held.
fn mouse(button: u8, column: u16, row: u16) -> Option<Input> {
    let act = match button & 0b1110_0011 {
        0 => MouseAct::Press,
        1 | 2 => MouseAct::PressOther,
        0x40 => MouseAct::ScrollUp,
        0x41 => MouseAct::ScrollDown,
        _ => return None,
    };
    let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
    Some(Input::Mouse(Mouse { act, column, row }))
}
