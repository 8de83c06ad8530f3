//! What a browser calls keys, and what the lab calls them.

use raftlab::app::input::Chord;
use raftlab::app::input::Named;

/// The key that a browser names so (`KeyboardEvent.key`); `None` for all that are none of the lab's.
pub fn chord(key: &str, ctrl: bool, shift: bool) -> Option<Chord> {
    let mut letters = key.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return Some(if ctrl {
            Chord::Ctrl(letter.to_ascii_lowercase())
        } else {
            Chord::Char(letter)
        });
    }
    if ctrl {
        return None;
    }
    let named = match key {
        "Backspace" => Named::Backspace,
        "Enter" => Named::Enter,
        "Escape" => Named::Esc,
        "Tab" if shift => Named::BackTab,
        "Tab" => Named::Tab,
        "Delete" => Named::Delete,
        "Insert" => Named::Insert,
        "ArrowUp" => Named::Up,
        "ArrowDown" => Named::Down,
        "ArrowLeft" => Named::Left,
        "ArrowRight" => Named::Right,
        "Home" => Named::Home,
        "End" => Named::End,
        "PageUp" => Named::PageUp,
        "PageDown" => Named::PageDown,
        _ => Named::F(
            key.strip_prefix('F')?.parse().ok().filter(|number| (1..=12).contains(number))?,
        ),
    };
    Some(Chord::Key(named))
}
