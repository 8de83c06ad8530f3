//! The colours of a terminal as a page needs them.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

pub use crate::ui::theme::Paper;

/// A colour of 24 bits, red first.
pub type Rgb = [u8; 3];

/// The sixteen colours, as xterm shows them.
const SIXTEEN: [Rgb; 16] = [
    [0x00, 0x00, 0x00],
    [0xcd, 0x00, 0x00],
    [0x00, 0xcd, 0x00],
    [0xcd, 0xcd, 0x00],
    [0x00, 0x00, 0xee],
    [0xcd, 0x00, 0xcd],
    [0x00, 0xcd, 0xcd],
    [0xe5, 0xe5, 0xe5],
    [0x7f, 0x7f, 0x7f],
    [0xff, 0x00, 0x00],
    [0x00, 0xff, 0x00],
    [0xff, 0xff, 0x00],
    [0x5c, 0x5c, 0xff],
    [0xff, 0x00, 0xff],
    [0x00, 0xff, 0xff],
    [0xff, 0xff, 0xff],
];

impl Paper {
    /// The paper itself.
    pub const fn ground(self) -> Rgb {
        match self {
            Self::Dark => [0x12, 0x16, 0x1c],
            Self::Light => [0xff, 0xff, 0xff],
        }
    }

    /// What is written on it.
    pub const fn ink(self) -> Rgb {
        match self {
            Self::Dark => [0xe4, 0xe7, 0xeb],
            Self::Light => [0x1b, 0x1f, 0x24],
        }
    }

    /// The colours of a cell: of its symbol, and behind it where that is not the bare paper.
    pub fn colours(self, cell: &Cell) -> (Rgb, Option<Rgb>) {
        let (front, back) = (rgb(cell.fg), rgb(cell.bg));
        if cell.modifier.contains(Modifier::REVERSED) {
            (back.unwrap_or(self.ground()), Some(front.unwrap_or(self.ink())))
        } else {
            (front.unwrap_or(self.ink()), back)
        }
    }
}

/// A colour; `None` for the terminal's own.
fn rgb(colour: Color) -> Option<Rgb> {
    match Shade::of(colour) {
        Shade::Own => None,
        Shade::Named(number) | Shade::Indexed(number) => Some(indexed(number)),
        Shade::Rgb(rgb) => Some(rgb),
    }
}

/// How a terminal is told a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// Not at all: it takes its own.
    Own,
    /// One of the sixteen, which people choose for their terminals.
    Named(u8),
    /// One of the 256.
    Indexed(u8),
    Rgb(Rgb),
}

impl Shade {
    pub const fn of(colour: Color) -> Self {
        let number = match colour {
            Color::Reset => return Self::Own,
            Color::Rgb(red, green, blue) => return Self::Rgb([red, green, blue]),
            Color::Indexed(number) => return Self::Indexed(number),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        Self::Named(number)
    }
}

/// A colour of the 256: sixteen, a cube of six steps a side, and 24 greys.
fn indexed(number: u8) -> Rgb {
    let step = |place: u8| if place == 0 { 0 } else { 55 + 40 * place };
    match number {
        0..=15 => SIXTEEN[usize::from(number)],
        16..=231 => {
            let cube = number - 16;
            [step(cube / 36), step(cube / 6 % 6), step(cube % 6)]
        }
        232.. => [8 + 10 * (number - 232); 3],
    }
}
