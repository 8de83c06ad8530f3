//! What hands do to a lab, whatever brings it: a terminal, a page, a test.
//!
//! Only what the lab knows a use for is here. Whoever hears of more, of a key that was let go or of
//! a mouse that moves, keeps it.

use std::fmt;

use super::keymap::Chord;

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
