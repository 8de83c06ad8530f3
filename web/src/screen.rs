//! The screen as a page draws it: the cells that have changed since it drew last, five numbers
//! each.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};
use ratatui::style::Modifier;

use raftlab::cluster::plain;
use raftlab::ui::export::Paper;
use raftlab::ui::{self, Scene};

/// How many numbers tell a cell: its place, its character, the colours of both, its style.
const NUMBERS: usize = 5;

/// Styles that a page draws, as bits.
const STYLES: [(Modifier, u32); 4] = [
    (Modifier::BOLD, 1),
    (Modifier::ITALIC, 2),
    (Modifier::UNDERLINED, 4),
    (Modifier::CROSSED_OUT, 8),
];

/// A cell as the page draws it: its character, or 0 where the wide letter before it reaches; ink,
/// ground, style.
type Drawn = [u32; 4];

/// The bit of a letter that takes two columns.
const WIDE: u32 = 16;

#[derive(Default)]
pub struct Screen {
    buffer: Buffer,
    /// What the page shows; empty if it shows nothing that can be gone on with.
    shown: Vec<Drawn>,
    changed: Vec<u32>,
}

impl Screen {
    pub fn resize(&mut self, size: Size) {
        self.buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        self.shown.clear();
    }

    /// Everything has to be drawn again.
    pub fn forget(&mut self) {
        self.shown.clear();
    }

    /// Draws a scene. What has changed is in [`Screen::changed`].
    pub fn draw(&mut self, scene: &Scene<'_>, paper: Paper) {
        self.buffer.reset();
        ui::draw_into(&mut self.buffer, scene);
        self.changed.clear();
        let all = self.shown.is_empty();
        let mut covered = false;
        for (place, cell) in self.buffer.content().iter().enumerate() {
            let mut drawn = drawn(cell, paper);
            let wide = !covered && is_wide(cell);
            if wide {
                drawn[3] |= WIDE;
            }
            if std::mem::replace(&mut covered, wide) {
                drawn[0] = 0;
            }
            match self.shown.get_mut(place) {
                Some(shown) if *shown == drawn => continue,
                Some(shown) => *shown = drawn,
                None => self.shown.push(drawn),
            }
            self.changed.push(place as u32);
            self.changed.extend(drawn);
        }
        debug_assert!(!all || self.changed.len() == NUMBERS * self.buffer.content().len());
    }

    pub fn changed(&self) -> &[u32] {
        &self.changed
    }

    /// Its text, row by row.
    pub fn text(&self) -> String {
        let width = usize::from(self.buffer.area.width).max(1);
        let mut text = String::new();
        for row in self.buffer.content().chunks(width) {
            let row: String = row.iter().map(|cell| cell.symbol()).collect();
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }
}

fn is_wide(cell: &Cell) -> bool {
    cell.symbol().chars().next().and_then(plain::width) == Some(2)
}

fn drawn(cell: &Cell, paper: Paper) -> Drawn {
    let (ink, ground) = paper.colours(cell);
    let number = |[red, green, blue]: [u8; 3]| u32::from_be_bytes([0, red, green, blue]);
    let ground = number(ground.unwrap_or(paper.ground()));
    let ink = match cell.modifier {
        style if style.contains(Modifier::HIDDEN) => ground,
        style if style.contains(Modifier::DIM) => mixed(number(ink), ground),
        _ => number(ink),
    };
    let styles = STYLES.iter().filter(|(style, _)| cell.modifier.contains(*style));
    let letter = cell.symbol().chars().next().map_or(u32::from(b' '), u32::from);
    [letter, ink, ground, styles.map(|(_, bit)| bit).sum()]
}

/// An ink on a ground, six parts of ten.
fn mixed(ink: u32, ground: u32) -> u32 {
    let channel = |place: u32| {
        let of = |colour: u32| colour >> place & 0xff;
        ((of(ink) * 6 + of(ground) * 4) / 10) << place
    };
    channel(16) | channel(8) | channel(0)
}
