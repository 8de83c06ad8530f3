//! Colours and what they mean.
//!
//! Hue means term and nothing else: a server, a log cell and a packet wear the colour of the
//! term that they belong to, so something stale is seen before it is read. Brightness means what
//! matters now: nothing is brighter than a leader that can commit, then waiting clients and the
//! newest event, then what will be lost; settled entries are calm. Grounds part the map into rooms.
//! One colour is reserved: red, for a broken rule. Whatever a colour says is also said by a number,
//! a word or a shape, so nothing is lost in grey or without colours.
//!
//! The hues are from the set of Okabe and Ito, which people with any common colour blindness
//! tell apart. Grounds need 24-bit colours or the 256; where there are fewer, rooms have frames.

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

/// Whether the screen is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    #[default]
    Dark,
    Light,
}

/// How far texts stand out from their grounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contrast {
    /// What matters less is fainter.
    #[default]
    Usual,
    /// Every text is black on white or white on black, or nearly.
    High,
}

/// What the terminal can show, and how it is to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    pub colours: Colours,
    pub glyphs: Glyphs,
    pub paper: Paper,
    pub contrast: Contrast,
}

/// The looks that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dress {
    Dark,
    Light,
    HighContrast,
    Monochrome,
}

impl Dress {
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::Monochrome];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Monochrome => "monochrome",
        }
    }

    /// A theme, dressed so; what the terminal can't show it keeps for itself.
    #[must_use]
    pub const fn on(self, theme: Theme) -> Theme {
        let Theme { colours, glyphs, .. } = theme;
        let (colours, paper, contrast) = match self {
            Self::Dark => (colours, Paper::Dark, Contrast::Usual),
            Self::Light => (colours, Paper::Light, Contrast::Usual),
            Self::HighContrast => (colours, Paper::Dark, Contrast::High),
            Self::Monochrome => (Colours::None, Paper::Dark, Contrast::Usual),
        };
        Theme { colours, glyphs, paper, contrast }
    }
}

/// A ground that something stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The screen itself.
    Base,
    /// The one room of a cluster in which all hear each other.
    Whole,
    /// A room with a majority.
    Majority,
    /// A room without.
    Minority,
    /// The newest event.
    News,
    /// The title of a room with a majority.
    Plate,
    /// A wall that nothing passes, and the word on it.
    Slab,
    Wall,
    /// A wall that is open one way.
    Gate,
    /// An entry that will be lost.
    Lost,
    /// What stands out by its ground: the letter of a client that waits.
    Bright,
}

/// How strongly something is written, from the loudest to the faintest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Strong,
    Text,
    Soft,
    Dim,
    Faint,
}

type Triple = (u8, u8, u8);

/// A colour for dark and for light paper, and its nearest of the 256.
struct Tone {
    dark: Triple,
    light: Triple,
    dark256: u8,
    light256: u8,
}

const fn tone(dark: Triple, dark256: u8, light: Triple, light256: u8) -> Tone {
    Tone { dark, light, dark256, light256 }
}

impl Ground {
    const fn tone(self) -> Tone {
        match self {
            Self::Base => tone((0x12, 0x16, 0x1c), 233, (0xeb, 0xeb, 0xe8), 255),
            Self::Whole => tone((0x16, 0x1b, 0x22), 234, (0xf6, 0xf6, 0xf5), 231),
            Self::Majority => tone((0x23, 0x2b, 0x36), 236, (0xff, 0xff, 0xff), 231),
            Self::Minority => tone((0x09, 0x0b, 0x0e), 16, (0xc6, 0xc8, 0xcb), 251),
            Self::News => tone((0x2c, 0x36, 0x43), 237, (0xd3, 0xd7, 0xdb), 253),
            Self::Plate => tone((0x46, 0x52, 0x5f), 240, (0x5a, 0x64, 0x70), 241),
            Self::Slab => tone((0x6a, 0x73, 0x80), 243, (0x8b, 0x92, 0x9b), 246),
            Self::Wall => tone((0x8b, 0x96, 0xa4), 246, (0x6c, 0x75, 0x80), 243),
            Self::Gate => tone((0x39, 0x43, 0x4f), 238, (0xa9, 0xb0, 0xb8), 248),
            Self::Lost => tone((0xb4, 0xbc, 0xc6), 250, (0x4a, 0x4e, 0x55), 239),
            Self::Bright => tone((0xff, 0xff, 0xff), 231, (0, 0, 0), 16),
        }
    }
}

impl Ink {
    const fn tone(self) -> Tone {
        match self {
            Self::Strong => tone((0xff, 0xff, 0xff), 231, (0, 0, 0), 16),
            Self::Text => tone((0xd3, 0xd9, 0xe0), 253, (0x20, 0x25, 0x2b), 235),
            Self::Soft => tone((0xaa, 0xb3, 0xbe), 249, (0x43, 0x4a, 0x53), 238),
            Self::Dim => tone((0x8d, 0x97, 0xa5), 246, (0x62, 0x6a, 0x74), 242),
            Self::Faint => tone((0x5d, 0x69, 0x78), 242, (0x94, 0x9c, 0xa6), 247),
        }
    }
}

impl Ground {
    /// The rooms and the screen are as dark, or as light, as there is; walls and plates stay.
    const fn tone_in(self, contrast: Contrast) -> Tone {
        match (contrast, self) {
            (Contrast::High, Self::Base | Self::Minority) => {
                tone((0, 0, 0), 16, (255, 255, 255), 231)
            }
            (Contrast::High, Self::Whole | Self::Majority) => {
                tone((0x10, 0x10, 0x10), 233, (0xf8, 0xf8, 0xf8), 231)
            }
            (Contrast::High, Self::News) => tone((0x20, 0x20, 0x20), 234, (0xee, 0xee, 0xee), 255),
            (Contrast::High | Contrast::Usual, _) => self.tone(),
        }
    }
}

impl Ink {
    /// With high contrast nothing is faint.
    const fn tone_in(self, contrast: Contrast) -> Tone {
        match (contrast, self) {
            (Contrast::High, Self::Strong | Self::Text | Self::Soft) => {
                tone((0xff, 0xff, 0xff), 231, (0, 0, 0), 16)
            }
            (Contrast::High, Self::Dim | Self::Faint) => {
                tone((0xd8, 0xd8, 0xd8), 188, (0x30, 0x30, 0x30), 236)
            }
            (Contrast::Usual, _) => self.tone(),
        }
    }
}

/// A part of one colour, in percent, and the rest of another.
const fn mixed(one: Triple, other: Triple, percent: u32) -> Triple {
    const fn channel(one: u8, other: u8, percent: u32) -> u8 {
        ((one as u32 * percent + other as u32 * (100 - percent)) / 100) as u8
    }
    (
        channel(one.0, other.0, percent),
        channel(one.1, other.1, percent),
        channel(one.2, other.2, percent),
    )
}

/// The hues by term modulo five: yellow, sky, orange, green, purple.
const TRUE: [Triple; 5] = [
    (0xF0, 0xE4, 0x42),
    (0x56, 0xB4, 0xE9),
    (0xE6, 0x9F, 0x00),
    (0x00, 0x9E, 0x73),
    (0xCC, 0x79, 0xA7),
];
const FULL256: [u8; 5] = [227, 74, 178, 36, 175];
/// The same, much lighter: the fill of a leader that can commit, on dark paper.
const LIT256: [u8; 5] = [230, 195, 223, 158, 225];
/// The same, calm: entries that are settled.
const SETTLED256: [u8; 5] = [58, 24, 94, 22, 96];
const SETTLED256_LIGHT: [u8; 5] = [229, 153, 222, 115, 225];
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
            Colours::Full256 => Some(Color::Indexed(FULL256[place])),
            Colours::True => Some(rgb(TRUE[place])),
        }
    }

    /// Whether there are colours enough to part rooms by their grounds.
    pub const fn has_grounds(self) -> bool {
        matches!(self.colours, Colours::Full256 | Colours::True)
    }

    const fn colour(self, tone: &Tone) -> Color {
        match (self.colours, self.paper) {
            (Colours::None | Colours::Sixteen, _) => Color::Reset,
            (Colours::Full256, Paper::Dark) => Color::Indexed(tone.dark256),
            (Colours::Full256, Paper::Light) => Color::Indexed(tone.light256),
            (Colours::True, Paper::Dark) => rgb(tone.dark),
            (Colours::True, Paper::Light) => rgb(tone.light),
        }
    }

    /// A ground, to be laid under cells. With few colours what has to stand out is reversed, and
    /// all else lies on the terminal's own.
    pub const fn ground(self, ground: Ground) -> Style {
        if self.has_grounds() {
            return Style::new().bg(self.colour(&ground.tone_in(self.contrast)));
        }
        match ground {
            Ground::Bright | Ground::Plate | Ground::Wall => {
                Style::new().add_modifier(Modifier::REVERSED)
            }
            Ground::Base
            | Ground::Whole
            | Ground::Majority
            | Ground::Minority
            | Ground::News
            | Ground::Gate
            | Ground::Slab
            | Ground::Lost => Style::new(),
        }
    }

    /// Text on a ground of the screen or of a room.
    pub const fn ink(self, ink: Ink) -> Style {
        if self.has_grounds() {
            return Style::new().fg(self.colour(&ink.tone_in(self.contrast)));
        }
        match ink {
            Ink::Strong => Style::new().add_modifier(Modifier::BOLD),
            Ink::Text | Ink::Soft => Style::new(),
            Ink::Dim | Ink::Faint if matches!(self.contrast, Contrast::High) => Style::new(),
            Ink::Dim | Ink::Faint => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Text on a plate: a bright ground, a wall, an entry that will be lost.
    pub const fn on(self, ground: Ground) -> Style {
        if !self.has_grounds() {
            return self.ground(ground).add_modifier(Modifier::BOLD);
        }
        let dark = matches!(
            (self.paper, ground),
            (Paper::Dark, Ground::Bright | Ground::Wall | Ground::Lost)
                | (Paper::Light, Ground::Base | Ground::Whole | Ground::Majority | Ground::Gate)
                | (Paper::Light, Ground::Minority | Ground::News)
        );
        let ink = if dark { (0, 0, 0) } else { (0xff, 0xff, 0xff) };
        let ink256 = if dark { 16 } else { 231 };
        let ink = match self.colours {
            Colours::True => rgb(ink),
            Colours::None | Colours::Sixteen | Colours::Full256 => Color::Indexed(ink256),
        };
        self.ground(ground).fg(ink).add_modifier(Modifier::BOLD)
    }

    /// A leader that can commit: nothing else is as bright. On light paper, nothing is as dark.
    pub fn lit(self, term: Term) -> Style {
        let place = (term.0 % 5) as usize;
        match (self.colours, self.paper) {
            (Colours::None | Colours::Sixteen, _) | (_, Paper::Light) => self.filled(term),
            (Colours::Full256, Paper::Dark) => {
                Style::new().bg(Color::Indexed(LIT256[place])).fg(self.black())
            }
            (Colours::True, Paper::Dark) => {
                let lit = mixed(TRUE[place], (0xff, 0xff, 0xff), 28);
                Style::new().bg(rgb(lit)).fg(self.black())
            }
        }
    }

    /// A settled entry: calm, still of its term's hue.
    pub fn settled(self, term: Term) -> Style {
        let place = (term.0 % 5) as usize;
        match (self.colours, self.paper) {
            (Colours::None | Colours::Sixteen, _) => self.filled(term),
            (Colours::Full256, Paper::Dark) => {
                Style::new().bg(Color::Indexed(SETTLED256[place])).fg(Color::Indexed(231))
            }
            (Colours::Full256, Paper::Light) => {
                Style::new().bg(Color::Indexed(SETTLED256_LIGHT[place])).fg(self.black())
            }
            (Colours::True, Paper::Dark) => {
                let calm = mixed(TRUE[place], Ground::Base.tone().dark, 42);
                Style::new().bg(rgb(calm)).fg(Color::Rgb(0xff, 0xff, 0xff))
            }
            (Colours::True, Paper::Light) => {
                let calm = mixed(TRUE[place], (0xff, 0xff, 0xff), 50);
                Style::new().bg(rgb(calm)).fg(self.black())
            }
        }
    }

    /// The hue as ink, for block letters and marks on a room's ground. On light paper some hues
    /// are too faint for that, so they are darkened.
    pub const fn hue_ink(self, term: Term) -> Style {
        match (self.colours, self.paper) {
            (Colours::True, Paper::Light) if term.0 > 0 => {
                Style::new().fg(rgb(mixed(TRUE[(term.0 % 5) as usize], (0, 0, 0), 60)))
            }
            _ => match self.hue(term) {
                Some(hue) => Style::new().fg(hue),
                None => self.ink(Ink::Text),
            },
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
            None => self.ink(Ink::Text),
        }
    }

    /// The letters of a packet's chip. Without colours: bold.
    pub fn chip(self, term: Term) -> Style {
        match self.hue(term) {
            Some(hue) => Style::new().bg(hue).fg(self.black()),
            None => self.ink(Ink::Text).patch(self.bold()),
        }
    }

    /// The half blocks beside a chip, and marks too small to be filled.
    pub fn edge(self, term: Term) -> Style {
        match self.hue(term) {
            Some(hue) => Style::new().fg(hue),
            None => self.ink(Ink::Text),
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

const fn rgb((red, green, blue): Triple) -> Color {
    Color::Rgb(red, green, blue)
}
