//! Symbols that a font would draw with gaps: lines, half blocks and shades, as shapes that reach
//! to the edge of their cell.

use super::svg::{CELL_HEIGHT as HEIGHT, CELL_WIDTH as WIDTH};

/// What to draw in a cell instead of a letter.
pub enum Shape {
    /// A path, stroked.
    Line(String),
    /// A rectangle: where it begins and how wide it is, in columns; what stays free above and
    /// below, in units; how opaque it is, in percent.
    Block { left: f32, width: f32, inset: f32, opacity: u8 },
    /// Quarters of the cell, filled: the path around them.
    Quarters(String),
}

/// The shape of a symbol in the cell whose corner is (`x`, `y`); `None` for all that a font
/// draws well.
pub fn shape(symbol: &str, x: f32, y: f32) -> Option<Shape> {
    let half = |left| Some(Shape::Block { left, width: 0.5, inset: 0.0, opacity: 100 });
    // Without the pattern of a font, shades in rows would run together.
    let shade = |opacity| Some(Shape::Block { left: 0.0, width: 1.0, inset: 3.0, opacity });
    match symbol {
        "▌" => half(0.0),
        "▐" => half(0.5),
        "▓" => shade(75),
        "░" => shade(25),
        "▘" => quarters("1", x, y),
        "▝" => quarters("2", x, y),
        "▖" => quarters("3", x, y),
        "▗" => quarters("4", x, y),
        "▚" => quarters("14", x, y),
        "▞" => quarters("23", x, y),
        "▛" => quarters("123", x, y),
        "▜" => quarters("124", x, y),
        "▙" => quarters("134", x, y),
        "▟" => quarters("234", x, y),
        _ => single(symbol, x, y).or_else(|| double(symbol, x, y)).map(Shape::Line),
    }
}

/// Quarters of the cell, from the upper left in the order of reading.
fn quarters(which: &str, x: f32, y: f32) -> Option<Shape> {
    let (half, high) = (WIDTH / 2.0, HEIGHT / 2.0);
    let quarter = |quarter| {
        let (x, y) = match quarter {
            '1' => (x, y),
            '2' => (x + half, y),
            '3' => (x, y + high),
            _ => (x + half, y + high),
        };
        format!("M{x} {y}h{half}v{high}h-{half}z")
    };
    Some(Shape::Quarters(which.chars().map(quarter).collect()))
}

/// Single lines, as arms from the middle of the cell.
fn single(symbol: &str, x: f32, y: f32) -> Option<String> {
    let (middle, centre) = (x + WIDTH / 2.0, y + HEIGHT / 2.0);
    let arms = match symbol {
        "─" => return Some(format!("M{x} {centre}H{}", x + WIDTH)),
        "│" => return Some(format!("M{middle} {y}V{}", y + HEIGHT)),
        "┌" => "rd",
        "┐" => "ld",
        "└" => "ru",
        "┘" => "lu",
        "├" => "udr",
        "┤" => "udl",
        "┬" => "lrd",
        "┴" => "lru",
        "┼" => "lrud",
        _ => return None,
    };
    let arm = |arm| match arm {
        'l' => format!("M{middle} {centre}H{x}"),
        'r' => format!("M{middle} {centre}H{}", x + WIDTH),
        'u' => format!("M{middle} {centre}V{y}"),
        _ => format!("M{middle} {centre}V{}", y + HEIGHT),
    };
    Some(arms.chars().map(arm).collect())
}

/// Double lines: two strokes, one on each side of the middle.
fn double(symbol: &str, x: f32, y: f32) -> Option<String> {
    const APART: f32 = 1.5;
    let (right, bottom) = (x + WIDTH, y + HEIGHT);
    let (middle, centre) = (x + WIDTH / 2.0, y + HEIGHT / 2.0);
    // Where the vertical and the horizontal part end; each stroke turns at the crossing of its
    // own two lines.
    let corner = |vertical: f32, horizontal: f32| {
        let outwards = |end: f32, from: f32| if end > from { APART } else { -APART };
        let (dx, dy) = (outwards(horizontal, middle), outwards(vertical, centre));
        let stroke = |side: f32| {
            format!("M{} {vertical}V{}H{horizontal}", middle + dx * side, centre + dy * side)
        };
        stroke(-1.0) + &stroke(1.0)
    };
    Some(match symbol {
        "═" => format!("M{x} {}H{right}M{x} {}H{right}", centre - APART, centre + APART),
        "║" => format!("M{} {y}V{bottom}M{} {y}V{bottom}", middle - APART, middle + APART),
        "╔" => corner(bottom, right),
        "╗" => corner(bottom, x),
        "╚" => corner(y, right),
        "╝" => corner(y, x),
        _ => return None,
    })
}
