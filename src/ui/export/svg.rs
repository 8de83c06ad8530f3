//! A screen as SVG.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use super::colour::{Paper, Rgb};
use super::shape::{Shape, shape};
use super::symbol;

/// A column's width and a row's height, in the picture's units. A letter of this size is as wide
/// as a column in nearly every monospace font.
pub(super) const CELL_WIDTH: f32 = 9.0;
pub(super) const CELL_HEIGHT: f32 = 18.0;
const FONT_SIZE: u8 = 15;
/// From the top of a row to the foot of its letters.
const BASELINE: f32 = 13.5;

const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',\
                     'Liberation Mono',monospace";

/// A picture of the screen. It refers to nothing outside itself.
pub fn svg(buffer: &Buffer, paper: Paper) -> String {
    let mut picture = String::new();
    // Writing to a String can't fail.
    let _ = write(&mut picture, buffer, paper);
    picture
}

fn write(out: &mut String, buffer: &Buffer, paper: Paper) -> std::fmt::Result {
    let width = f32::from(buffer.area.width) * CELL_WIDTH;
    let height = f32::from(buffer.area.height) * CELL_HEIGHT;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\" \
         fill=\"{}\" xml:space=\"preserve\">\n\
         <style>rect{{shape-rendering:crispEdges}}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
        hex(paper.ink()),
        hex(paper.ground())
    )?;
    for row in 0..buffer.area.height {
        let from = usize::from(row) * usize::from(buffer.area.width);
        let cells = &buffer.content()[from..from + usize::from(buffer.area.width)];
        let y = f32::from(row) * CELL_HEIGHT;
        backgrounds(out, cells, y, paper)?;
        symbols(out, cells, y, paper)?;
    }
    writeln!(out, "</svg>")
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn column(place: usize) -> f32 {
    place as f32 * CELL_WIDTH
}

/// How many of these cells, from `from` on, are alike.
fn run<T: PartialEq>(cells: &[Cell], from: usize, what: impl Fn(&Cell) -> T) -> usize {
    let first = what(&cells[from]);
    cells[from..].iter().take_while(|cell| what(cell) == first).count()
}

fn backgrounds(out: &mut String, cells: &[Cell], y: f32, paper: Paper) -> std::fmt::Result {
    let mut place = 0;
    while place < cells.len() {
        let length = run(cells, place, |cell| paper.colours(cell).1);
        if let Some(back) = paper.colours(&cells[place]).1 {
            let (x, width, fill) = (column(place), column(length), hex(back));
            writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{CELL_HEIGHT}\" \
                 fill=\"{fill}\"/>"
            )?;
        }
        place += length;
    }
    Ok(())
}

fn symbols(out: &mut String, cells: &[Cell], y: f32, paper: Paper) -> std::fmt::Result {
    let mut place = 0;
    while place < cells.len() {
        let style = |cell: &Cell| (paper.colours(cell).0, cell.modifier, kind(cell));
        let length = run(cells, place, style);
        let alike = &cells[place..place + length];
        let pen = Pen::new(&cells[place], paper);
        match kind(&cells[place]) {
            Kind::Blank => {}
            Kind::Word => word(out, alike, column(place), y, &pen)?,
            Kind::Symbol => {
                for (offset, cell) in alike.iter().enumerate() {
                    let columns = symbol(cell).width().max(1);
                    let middle = column(place + offset) + column(columns) / 2.0;
                    centred(out, symbol(cell), middle, y, &pen)?;
                }
            }
            Kind::Shape => shapes(out, alike, column(place), y, &pen)?,
        }
        place += length;
    }
    Ok(())
}

/// How a cell's symbol is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    /// A letter of which any font knows the width.
    Word,
    /// A symbol that may come from another font, with another width.
    Symbol,
    Shape,
}

fn kind(cell: &Cell) -> Kind {
    let symbol = symbol(cell);
    let lined = cell.modifier.intersects(Modifier::UNDERLINED | Modifier::CROSSED_OUT);
    match symbol {
        _ if cell.modifier.contains(Modifier::HIDDEN) => Kind::Blank,
        " " if !lined => Kind::Blank,
        _ if symbol.is_ascii() => Kind::Word,
        _ if shape(symbol, 0.0, 0.0).is_some() => Kind::Shape,
        _ => Kind::Symbol,
    }
}

/// What a run of symbols is drawn with.
struct Pen {
    colour: String,
    /// Whether this is the colour of the picture's ink.
    inked: bool,
    /// In percent.
    opacity: u8,
    /// Attributes of letters.
    letters: String,
}

impl Pen {
    fn new(cell: &Cell, paper: Paper) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let mut letters = String::new();
        if has(Modifier::BOLD) {
            letters.push_str(" font-weight=\"bold\"");
        }
        if has(Modifier::ITALIC) {
            letters.push_str(" font-style=\"italic\"");
        }
        match (has(Modifier::UNDERLINED), has(Modifier::CROSSED_OUT)) {
            (false, false) => {}
            (true, false) => letters.push_str(" text-decoration=\"underline\""),
            (false, true) => letters.push_str(" text-decoration=\"line-through\""),
            (true, true) => letters.push_str(" text-decoration=\"underline line-through\""),
        }
        let opacity = if has(Modifier::DIM) { 60 } else { 100 };
        let colour = paper.colours(cell).0;
        Self { colour: hex(colour), inked: colour == paper.ink(), opacity, letters }
    }

    /// The attributes that colour something by `how`: "fill" or "stroke". The picture's own ink
    /// fills where nothing else is said.
    fn paint(&self, how: &str, opacity: u8) -> String {
        let colour = match (how, self.inked) {
            ("fill", true) => String::new(),
            _ => format!(" {how}=\"{}\"", self.colour),
        };
        match u32::from(opacity) * u32::from(self.opacity) / 100 {
            100.. => colour,
            opacity => format!("{colour} {how}-opacity=\"0.{opacity:02}\""),
        }
    }
}

/// Letters side by side, stretched to their columns.
fn word(out: &mut String, cells: &[Cell], x: f32, y: f32, pen: &Pen) -> std::fmt::Result {
    let (y, paint, letters) = (y + BASELINE, pen.paint("fill", 100), &pen.letters);
    let (length, text) = (column(cells.len()), escaped(cells.iter().map(symbol)));
    writeln!(out, "<text x=\"{x}\" y=\"{y}\"{paint}{letters} textLength=\"{length}\">{text}</text>")
}

/// A symbol around the middle of its cell, or of the two that a wide letter takes.
fn centred(out: &mut String, symbol: &str, x: f32, y: f32, pen: &Pen) -> std::fmt::Result {
    let (y, paint) = (y + BASELINE, pen.paint("fill", 100));
    let (letters, text) = (&pen.letters, escaped([symbol].into_iter()));
    writeln!(out, "<text x=\"{x}\" y=\"{y}\"{paint}{letters} text-anchor=\"middle\">{text}</text>")
}

fn shapes(out: &mut String, cells: &[Cell], x: f32, y: f32, pen: &Pen) -> std::fmt::Result {
    let mut path = String::new();
    for (offset, cell) in cells.iter().enumerate() {
        let x = x + column(offset);
        match shape(symbol(cell), x, y) {
            Some(Shape::Line(line)) => path.push_str(&line),
            Some(Shape::Quarters(filled)) => {
                writeln!(out, "<path d=\"{filled}\"{}/>", pen.paint("fill", 100))?;
            }
            Some(Shape::Block { left, width, inset, opacity }) => {
                let (x, width) = (x + left * CELL_WIDTH, width * CELL_WIDTH);
                let (y, height) = (y + inset, CELL_HEIGHT - 2.0 * inset);
                let paint = pen.paint("fill", opacity);
                writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{paint}/>"
                )?;
            }
            None => {}
        }
    }
    if !path.is_empty() {
        writeln!(out, "<path d=\"{path}\" fill=\"none\"{}/>", pen.paint("stroke", 100))?;
    }
    Ok(())
}

fn escaped<'a>(symbols: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for letter in symbols.flat_map(str::chars) {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            _ => text.push(letter),
        }
    }
    text
}
