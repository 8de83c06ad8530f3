//! Colours and what they mean.
//!
//! Hue means term and nothing else: a server, a log cell and a packet wear the colour of the
//! term that they belong to, so something stale is seen before it is read. A filled cell is
//! settled, an outlined one is not. One colour is reserved: red, for a broken rule. Whatever a
//! colour says is also said by a number, a letter or a shape, so nothing is lost without colours.
//!
//! The hues are from the set of Okabe and Ito, which people with any common colour blindness
//! tell apart. They stand as backgrounds under black letters, and so look the same on dark and
//! on light terminals.

use ratatui::style::{Color, Modifier, Style};

use super::glyphs::Glyphs;
use crate::cluster::types::Term;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// None at all: `NO_COLOR`, or a terminal of two colours.
    None,
    Sixteen,
    Full256,
    #[default]
    True,
}

/// What the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    pub colours: Colours,
    pub glyphs: Glyphs,
}

/// The hues by term modulo five: yellow, sky, orange, green, purple.
const TRUE: [Color; 5] = [
    Color::Rgb(0xF0, 0xE4, 0x42),
    Color::Rgb(0x56, 0xB4, 0xE9),
    Color::Rgb(0xE6, 0x9F, 0x00),
    Color::Rgb(0x00, 0x9E, 0x73),
    Color::Rgb(0xCC, 0x79, 0xA7),
];
const FULL256: [Color; 5] = [
    Color::Indexed(227),
    Color::Indexed(74),
    Color::Indexed(178),
    Color::Indexed(36),
    Color::Indexed(175),
];
/// `Gray` is the darker of the two whites: it can be told from a light background.
const SIXTEEN: [Color; 5] = [Color::Yellow, Color::Cyan, Color::Gray, Color::Green, Color::Magenta];

impl Theme {
    /// The hue of a term; `None` without colours, and for term 0, in which nothing happens.
    pub const fn hue(self, term: Term) -> Option<Color> {
        if term.0 == 0 {
            return None;
        }
        let place = (term.0 % 5) as usize;
        match self.colours {
            Colours::None => None,
            Colours::Sixteen => Some(SIXTEEN[place]),
            Colours::Full256 => Some(FULL256[place]),
            Colours::True => Some(TRUE[place]),
        }
    }

    const fn black(self) -> Color {
        match self.colours {
            Colours::None => Color::Reset,
            Colours::Sixteen => Color::Black,
            Colours::Full256 => Color::Indexed(16),
            Colours::True => Color::Rgb(0, 0, 0),
        }
    }

    /// Ordinary text.
    pub const fn plain(self) -> Style {
        Style::new()
    }

    /// What stands out: names of what is selected, keys, few copies, a timer that is about to
    /// fire, a cut.
    pub const fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What steps back: lines, units, what is down or out of date.
    pub const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Settled: a committed entry, the leader of the newest term. Without colours: reversed.
    pub fn filled(self, term: Term) -> Style {
        match self.hue(term) {
            Some(hue) => Style::new().bg(hue).fg(self.black()),
            None => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// A term's number in something that is not settled. Without colours: plain.
    pub fn number(self, term: Term) -> Style {
        match self.hue(term) {
            Some(hue) => Style::new().bg(hue).fg(self.black()),
            None => Style::new(),
        }
    }

    /// The letters of a packet's chip. Without colours: bold.
    pub fn chip(self, term: Term) -> Style {
        match self.hue(term) {
            Some(hue) => Style::new().bg(hue).fg(self.black()),
            None => self.bold(),
        }
    }

    /// The half blocks beside a chip, and marks too small to be filled.
    pub fn edge(self, term: Term) -> Style {
        match self.hue(term) {
            Some(hue) => Style::new().fg(hue),
            None => Style::new(),
        }
    }

    /// A broken rule: white on red. Without colours: reversed and bold.
    pub fn broken(self) -> Style {
        let bold = self.bold();
        match self.colours {
            Colours::None => bold.add_modifier(Modifier::REVERSED),
            Colours::Sixteen => bold.bg(Color::Red).fg(Color::White),
            Colours::Full256 => bold.bg(Color::Indexed(124)).fg(Color::Indexed(231)),
            Colours::True => bold.bg(Color::Rgb(0xB0, 0, 0x20)).fg(Color::Rgb(255, 255, 255)),
        }
    }
}
