//! What hands do to a lab, whatever brings it: a terminal, a page, a test.
//!
//! Only what the lab knows a use for is here. Whoever hears of more, of a key that was let go or of
//! a mouse that moves, keeps it.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A single key was pressed: never a range.
    Key(Chord),
    Mouse(Mouse),
    Paste(String),
}

/// Something done with the mouse, and over which cell of the screen; both count from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub act: MouseAct,
    pub column: u16,
    pub row: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAct {
    /// The left button.
    Press,
    /// Another button.
    PressOther,
    ScrollUp,
    ScrollDown,
}

/// A key, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chord {
    Char(char),
    /// From the first to the last.
    Range(char, char),
    Ctrl(char),
    Key(Named),
}

impl Chord {
    /// Whether a press of the single key `pressed` is meant.
    pub(super) fn includes(self, pressed: Self) -> bool {
        match (self, pressed) {
            (Self::Range(first, last), Self::Char(char)) => (first..=last).contains(&char),
            _ => self == pressed,
        }
    }

    /// As it stands in the help: "Space", "PgUp", "1-9", "Ctrl-s".
    pub fn label(self) -> String {
        match self {
            Self::Char(' ') => "Space".into(),
            Self::Char(char) => char.into(),
            Self::Range(first, last) => format!("{first}-{last}"),
            Self::Ctrl(char) => format!("Ctrl-{char}"),
            Self::Key(named) => named.to_string(),
        }
    }
}

/// A key that writes no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Backspace,
    Enter,
    Esc,
    Tab,
    /// Shift and Tab.
    BackTab,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

impl fmt::Display for Named {
    /// As it stands in the help: "PgUp", "Shift-Tab", "F5".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backspace => "Backspace",
            Self::Enter => "Enter",
            Self::Esc => "Esc",
            Self::Tab => "Tab",
            Self::BackTab => "Shift-Tab",
            Self::Delete => "Del",
            Self::Insert => "Ins",
            Self::Up => "Up",
            Self::Down => "Down",
            Self::Left => "Left",
            Self::Right => "Right",
            Self::Home => "Home",
            Self::End => "End",
            Self::PageUp => "PgUp",
            Self::PageDown => "PgDn",
            Self::F(number) => return write!(f, "F{number}"),
        })
    }
}
