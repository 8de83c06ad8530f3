//! The keys and the mouse of a console of Windows, which tells of them as such.

use std::fs::File;
use std::time::Duration;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
    read,
};

use crate::app::input::Chord;
use crate::app::input::{Input, Mouse, MouseAct, Named};

/// Reads until the console is gone, or nobody wants its inputs any more.
pub(super) fn read_on(_: &File, _: &[u8], mut take: impl FnMut(Input) -> bool) {
    while let Ok(event) = read() {
        let input = match event {
            Event::Key(key) => chord(&key).map(Input::Key),
            Event::Mouse(event) => mouse(event).map(Input::Mouse),
            Event::Paste(text) => Some(Input::Paste(text)),
            // The size is asked for where signals are (`signals/`).
            Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
        };
        if input.is_some_and(|input| !take(input)) {
            return;
        }
    }
}

/// A console is not asked: its answer would come as keys.
pub fn ask(_: &File, _: &[u8], _: Duration, _: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    Vec::new()
}

fn chord(key: &KeyEvent) -> Option<Chord> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let held = key.modifiers.difference(KeyModifiers::SHIFT);
    // AltGr, which writes characters of its own.
    let held =
        if held == KeyModifiers::CONTROL | KeyModifiers::ALT { KeyModifiers::NONE } else { held };
    let named = match key.code {
        KeyCode::Char(c) if held.is_empty() => return Some(Chord::Char(c)),
        KeyCode::Char(c) if held == KeyModifiers::CONTROL => {
            return Some(Chord::Ctrl(c.to_ascii_lowercase()));
        }
        _ if !held.is_empty() => return None,
        KeyCode::Backspace => Named::Backspace,
        KeyCode::Enter => Named::Enter,
        KeyCode::Esc => Named::Esc,
        KeyCode::Tab => Named::Tab,
        KeyCode::BackTab => Named::BackTab,
        KeyCode::Delete => Named::Delete,
        KeyCode::Insert => Named::Insert,
        KeyCode::Up => Named::Up,
        KeyCode::Down => Named::Down,
        KeyCode::Left => Named::Left,
        KeyCode::Right => Named::Right,
        KeyCode::Home => Named::Home,
        KeyCode::End => Named::End,
        KeyCode::PageUp => Named::PageUp,
        KeyCode::PageDown => Named::PageDown,
        KeyCode::F(number) => Named::F(number),
        _ => return None,
    };
    Some(Chord::Key(named))
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let act = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseAct::Press,
        MouseEventKind::Down(_) => MouseAct::PressOther,
        MouseEventKind::ScrollUp => MouseAct::ScrollUp,
        MouseEventKind::ScrollDown => MouseAct::ScrollDown,
        _ => return None,
    };
    Some(Mouse { act, column: event.column, row: event.row })
}
