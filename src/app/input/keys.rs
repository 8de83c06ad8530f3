//! What the sequences of a terminal mean: keys with what is held, and the mouse in the three
//! dialects that terminals speak. The events are crossterm's, and mean the same as there.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// The event of a whole sequence, or of a character; `None` when it means nothing here.
pub(super) fn event(bytes: &[u8]) -> Option<Event> {
    match bytes {
        [0x1b] => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
        [0x1b, b'[', b'M', button, column, row] => {
            let place = |byte: &u8| u16::from(byte.saturating_sub(0x20));
            mouse(button.checked_sub(0x20)?, place(column), place(row), Press::Down)
        }
        [0x1b, b'[', b'[', letter @ b'A'..=b'E'] => {
            Some(key(KeyCode::F(1 + letter - b'A'), KeyModifiers::NONE))
        }
        [0x1b, b'[', b'<', values @ .., end @ (b'M' | b'm')] => {
            let [button, column, row] = numbers(values)?;
            let press = if *end == b'm' { Press::Up } else { Press::Down };
            mouse(u8::try_from(button).ok()?, column, row, press)
        }
        [0x1b, b'[', values @ .., b'M'] => {
            let [button, column, row] = numbers(values)?;
            mouse(u8::try_from(button.checked_sub(0x20)?).ok()?, column, row, Press::Down)
        }
        [0x1b, b'[', b'I'] => Some(Event::FocusGained),
        [0x1b, b'[', b'O'] => Some(Event::FocusLost),
        [0x1b, b'[', values @ .., end] => sequence(values, *end),
        [0x1b, b'O', letter] => Some(key(named(*letter)?, KeyModifiers::NONE)),
        [0x1b, rest @ ..] => {
            let KeyEvent { code, modifiers, .. } = character(rest)?;
            Some(key(code, modifiers | KeyModifiers::ALT))
        }
        _ => character(bytes).map(Event::Key),
    }
}

pub(super) fn key(code: KeyCode, held: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, held))
}

/// A key that is known by the last byte of its sequence.
const fn named(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(1 + letter - b'P'),
        _ => return None,
    })
}

/// A key with numbers: which key, and what is held.
fn sequence(values: &[u8], end: u8) -> Option<Event> {
    let mut values = values.split(|byte| *byte == b';').map(number);
    let first = values.next().flatten();
    let held = held(values.next().flatten());
    let code = match (end, first) {
        (b'Z', _) => return Some(key(KeyCode::BackTab, held | KeyModifiers::SHIFT)),
        (b'~', Some(number)) => numbered(number)?,
        (b'u', Some(number)) => match number {
            9 => KeyCode::Tab,
            13 => KeyCode::Enter,
            27 => KeyCode::Esc,
            127 => KeyCode::Backspace,
            _ => KeyCode::Char(char::from_u32(u32::from(number)).filter(|c| !c.is_control())?),
        },
        _ => named(end)?,
    };
    Some(key(code, held))
}

const fn numbered(number: u16) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=26 => KeyCode::F(number as u8 - 12),
        28..=29 => KeyCode::F(number as u8 - 13),
        31..=34 => KeyCode::F(number as u8 - 14),
        _ => return None,
    })
}

/// One more than a sum of 1 for Shift, 2 for Alt, 4 for Ctrl.
fn held(number: Option<u16>) -> KeyModifiers {
    let bits = number.unwrap_or(1).saturating_sub(1);
    let mut held = KeyModifiers::NONE;
    held.set(KeyModifiers::SHIFT, bits & 1 != 0);
    held.set(KeyModifiers::ALT, bits & 2 != 0);
    held.set(KeyModifiers::CONTROL, bits & 4 != 0);
    held
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
fn character(bytes: &[u8]) -> Option<KeyEvent> {
    let mut characters = std::str::from_utf8(bytes).ok()?.chars();
    let (Some(c), None) = (characters.next(), characters.next()) else { return None };
    let (code, held) = match c {
        '\r' => (KeyCode::Enter, KeyModifiers::NONE),
        '\t' => (KeyCode::Tab, KeyModifiers::NONE),
        '\u{7f}' => (KeyCode::Backspace, KeyModifiers::NONE),
        '\0' => (KeyCode::Char(' '), KeyModifiers::CONTROL),
        '\u{1}'..='\u{1a}' => (control(c, 0x01, b'a'), KeyModifiers::CONTROL),
        '\u{1c}'..='\u{1f}' => (control(c, 0x1c, b'4'), KeyModifiers::CONTROL),
        '\u{1b}' => (KeyCode::Esc, KeyModifiers::NONE),
        c if c.is_control() => return None,
        c if c.is_uppercase() => (KeyCode::Char(c), KeyModifiers::SHIFT),
        c => (KeyCode::Char(c), KeyModifiers::NONE),
    };
    Some(KeyEvent::new(code, held))
}

/// The key that, with Ctrl held, sends `c`: they count up together from `first` and `key`.
fn control(c: char, first: u8, key: u8) -> KeyCode {
    KeyCode::Char(char::from((c as u8).saturating_sub(first).saturating_add(key)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Press {
    Down,
    Up,
}

/// An event of the mouse at a place that counts from one. The bits of `button`: which button in
/// the lowest two and the highest two, Shift, Alt, Ctrl, and whether it moves.
fn mouse(button: u8, column: u16, row: u16, press: Press) -> Option<Event> {
    let moves = button & 0x20 != 0;
    let which = [MouseButton::Left, MouseButton::Middle, MouseButton::Right];
    let number = button & 0b11 | (button & 0b1100_0000) >> 4;
    let kind = match (number, moves) {
        (0..=2, false) if press == Press::Up => MouseEventKind::Up(which[usize::from(number)]),
        (0..=2, false) => MouseEventKind::Down(which[usize::from(number)]),
        (0..=2, true) => MouseEventKind::Drag(which[usize::from(number)]),
        // The old dialects don't say which.
        (3, false) => MouseEventKind::Up(MouseButton::Left),
        (3..=5, true) => MouseEventKind::Moved,
        (4, false) => MouseEventKind::ScrollUp,
        (5, false) => MouseEventKind::ScrollDown,
        (6, false) => MouseEventKind::ScrollLeft,
        (7, false) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, button & 4 != 0);
    modifiers.set(KeyModifiers::ALT, button & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, button & 16 != 0);
    let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers }))
}
