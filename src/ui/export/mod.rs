//! A screen as text that can leave the terminal: as SVG, for a page or a slide, and as ANSI
//! text, for a file that `cat` shows as it was.
//!
//! Both are made from a drawn [`Buffer`](ratatui::buffer::Buffer), so they show what the terminal
//! showed. In the SVG every cell stays in its place whatever font the reader has: words are
//! stretched to their columns, symbols are centred in theirs, and lines, shades and half blocks
//! are drawn as shapes, so that boxes close. The background is the reader's choice, dark or
//! light: as in a terminal, only what has a colour of its own is coloured.

mod ansi;
mod colour;
mod shape;
mod svg;

pub use ansi::{ansi, text};
pub use colour::Paper;
pub use svg::svg;

use ratatui::buffer::Cell;

use crate::cluster::plain;

/// What a cell shows. What a terminal must not get, which no cell should hold, is shown as `?`, so
/// that no export carries a terminal's escape sequences.
fn symbol(cell: &Cell) -> &str {
    let symbol = cell.symbol();
    if symbol.is_empty() {
        " "
    } else if symbol.chars().any(plain::is_hidden) {
        "?"
    } else {
        symbol
    }
}
#[cfg(test)]
mod tests;
