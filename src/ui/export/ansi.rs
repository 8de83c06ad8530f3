//! A screen as text, with ANSI colours or without.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::colour::Shade;
use super::symbol;

/// The screen as lines of text with "select graphic rendition" sequences and no others. Every
/// line begins and ends without a style, and blanks without one are left out at its end.
pub fn ansi(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in buffer.content().chunks(usize::from(buffer.area.width).max(1)) {
        // Writing to a String can't fail.
        let _ = line(&mut text, row);
    }
    text
}

/// The screen as lines of text, without colours and without blanks at their ends.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in buffer.content().chunks(usize::from(buffer.area.width).max(1)) {
        let mut line = String::new();
        let mut column = 0;
        while let Some(cell) = row.get(column) {
            column += symbol(cell).width().max(1);
            line.push_str(symbol(cell));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn line(out: &mut String, row: &[Cell]) -> std::fmt::Result {
    let plain = Cell::EMPTY;
    let end = row.iter().rposition(|cell| *cell != plain).map_or(0, |last| last + 1);
    let style = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    let mut present = style(&plain);
    let mut column = 0;
    while let Some(cell) = row[..end].get(column) {
        // The second column of a wide letter is drawn with the first.
        column += symbol(cell).width().max(1);
        if style(cell) != present {
            present = style(cell);
            set(out, cell)?;
        }
        out.push_str(symbol(cell));
    }
    if present != style(&plain) {
        out.push_str("\x1b[0m");
    }
    writeln!(out)
}

/// The sequence that turns to a cell's style, whatever was before.
fn set(out: &mut String, cell: &Cell) -> std::fmt::Result {
    const MODIFIERS: [(Modifier, u8); 9] = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::SLOW_BLINK, 5),
        (Modifier::RAPID_BLINK, 6),
        (Modifier::REVERSED, 7),
        (Modifier::HIDDEN, 8),
        (Modifier::CROSSED_OUT, 9),
    ];
    out.push_str("\x1b[0");
    for (modifier, code) in MODIFIERS {
        if cell.modifier.contains(modifier) {
            write!(out, ";{code}")?;
        }
    }
    colour(out, cell.fg, 30)?;
    colour(out, cell.bg, 40)?;
    out.push('m');
    Ok(())
}

/// A colour's codes: `base` is 30 for what is written and 40 for what is behind it.
fn colour(out: &mut String, colour: Color, base: u8) -> std::fmt::Result {
    match Shade::of(colour) {
        Shade::Own => Ok(()),
        Shade::Named(number @ 0..=7) => write!(out, ";{}", base + number),
        // The bright ones stand sixty further on.
        Shade::Named(number) => write!(out, ";{}", base + 60 + number - 8),
        Shade::Indexed(number) => write!(out, ";{};5;{number}", base + 8),
        Shade::Rgb([red, green, blue]) => write!(out, ";{};2;{red};{green};{blue}", base + 8),
    }
}
