//! Block letters: text that the last row of a hall can read, drawn with half blocks.
//!
//! A letter is a few cells wide and three or four rows high; the narrow face, which puts two pixels
//! side by side into a cell, is for what must be read at the largest scale and has no room for the
//! others: two columns a letter, as many as text takes at 80×24. Letters that no face has, and all of
//! them where the terminal shows ASCII only, are left to ordinary bold text: whoever draws asks
//! [`fits`] first, and writes plain text otherwise.

mod shapes;

use ratatui::style::Style;

use super::canvas::Canvas;
use super::glyphs::Glyphs;

/// The size of the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Three rows high; a letter and its gap take two columns.
    Narrow,
    /// Three rows high; a letter and its gap take four columns.
    Small,
    /// Four rows high; a letter and its gap take six columns.
    Large,
}

/// The columns of a blank.
const BLANK: u16 = 2;

impl Face {
    /// How many rows a line of letters takes.
    pub const fn rows(self) -> u16 {
        match self {
            Self::Narrow | Self::Small => 3,
            Self::Large => 4,
        }
    }

    /// How many pixels stand side by side in a cell.
    const fn pixels(self) -> u16 {
        match self {
            Self::Narrow => 2,
            Self::Small | Self::Large => 1,
        }
    }

    /// The rows of pixels of a letter; `None` if this face does not have it.
    fn shape(self, letter: char) -> Option<&'static [&'static str]> {
        match self {
            Self::Narrow | Self::Small => find(shapes::SMALL, letter),
            Self::Large => find(shapes::LARGE, letter),
        }
    }

    /// How many pixels wide a letter is, without the gap behind it.
    fn letter(self, letter: char) -> Option<u16> {
        if letter == ' ' {
            return Some(BLANK);
        }
        Some(self.shape(letter)?[0].len() as u16)
    }

    /// How many columns a text takes; `None` if it has a letter that cannot be drawn.
    pub fn width(self, text: &str) -> Option<u16> {
        let mut width = 0u16;
        for letter in text.chars() {
            width = width.saturating_add(self.letter(letter)?).saturating_add(1);
        }
        Some(width.saturating_sub(1).div_ceil(self.pixels()))
    }
}

fn find<const ROWS: usize>(
    shapes: &[(char, &'static [&'static str; ROWS])],
    letter: char,
) -> Option<&'static [&'static str]> {
    shapes.iter().find(|(name, _)| *name == letter).map(|(_, rows)| &rows[..])
}

/// The largest of these faces in which the text has room in so many columns.
pub fn fitting(text: &str, room: u16, faces: &[Face], glyphs: Glyphs) -> Option<Face> {
    faces.iter().copied().find(|face| fits(text, *face, room, glyphs))
}

/// Whether a text can be drawn in block letters in so many columns.
pub fn fits(text: &str, face: Face, room: u16, glyphs: Glyphs) -> bool {
    glyphs == Glyphs::Unicode && face.width(text).is_some_and(|width| width <= room)
}

/// The text in lines of block letters; `None` if a word has no room or cannot be drawn. A number
/// stays in the line of what it counts.
pub fn lines(text: &str, face: Face, room: u16, glyphs: Glyphs) -> Option<Vec<String>> {
    let fits = |text: &str| fits(text, face, room, glyphs);
    let joined = |first: &str, then: &str| Some(format!("{first} {then}")).filter(|it| fits(it));
    let mut parts: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if !fits(word) {
            return None;
        }
        let counts = parts.last().filter(|_| word.starts_with(|one: char| one.is_ascii_digit()));
        match counts.and_then(|what| joined(what, word)) {
            Some(both) => {
                parts.pop();
                parts.push(both);
            }
            None => parts.push(word.to_owned()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last().and_then(|line| joined(line, &part)) {
            Some(line) => {
                lines.pop();
                lines.push(line);
            }
            None => lines.push(part),
        }
    }
    Some(lines)
}

/// Draws a text with its upper left corner at a place, leaving the ground between the letters as it
/// is. Gives back the column behind it. Letters that cannot be drawn are left out.
pub fn draw(canvas: &mut Canvas, (x, y): (u16, u16), text: &str, face: Face, style: Style) -> u16 {
    let mut left = 0u16;
    // The cell in which the last letter ended, by row: what it has there, the next one keeps.
    let mut begun = [0u8; 4];
    let mut open = None;
    for letter in text.chars() {
        let Some(width) = face.letter(letter) else { continue };
        for column in 0..width {
            let (cell, side) = ((left + column) / face.pixels(), (left + column) % face.pixels());
            if open != Some(cell) {
                (open, begun) = (Some(cell), [0; 4]);
            }
            let Some(shape) = face.shape(letter) else { continue };
            for (row, begun) in (0..face.rows()).zip(&mut begun) {
                let pixel = |row: u16| {
                    let row = shape.get(usize::from(row));
                    row.is_some_and(|row| row.as_bytes().get(usize::from(column)) == Some(&b'#'))
                };
                *begun |= quarters(face, side, (pixel(2 * row), pixel(2 * row + 1)));
                if *begun != 0 {
                    let glyph = QUARTERS[usize::from(*begun)];
                    canvas.glyph(x.saturating_add(cell), y.saturating_add(row), glyph, style);
                }
            }
        }
        left = left.saturating_add(width + 1);
    }
    x.saturating_add(left.saturating_sub(1).div_ceil(face.pixels()))
}

/// The signs of a cell by its quarters: upper left, upper right, lower left, lower right.
const QUARTERS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// The quarters of a cell that a pixel of its upper and one of its lower half fill.
const fn quarters(face: Face, side: u16, (upper, lower): (bool, bool)) -> u8 {
    let across = match (face.pixels(), side) {
        (1, _) => 0b11,
        (_, 0) => 0b01,
        (_, _) => 0b10,
    };
    (upper as u8 * across) | (lower as u8 * across) << 2
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::theme::Theme;

    #[test]
    fn a_number_stays_with_what_it_counts() {
        let text = "S1 LEARNS COMMIT 2";
        let room = |words: &str| Face::Small.width(words).unwrap();
        let set = |room| lines(text, Face::Small, room, Glyphs::Unicode);
        let words = |lines: &[&str]| Some(lines.iter().map(|line| (*line).to_owned()).collect());
        assert_eq!(set(room(text)), words(&[text]));
        assert_eq!(set(room("S1 LEARNS COMMIT")), words(&["S1 LEARNS", "COMMIT 2"]));
        // Unless both together have no room.
        assert_eq!(set(room("COMMIT")), words(&["S1", "LEARNS", "COMMIT", "2"]));
        assert_eq!(set(room("COMMI")), None);
    }

    fn drawn(text: &str, face: Face, width: u16) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, face.rows()));
        draw(&mut Canvas::new(&mut buffer, Theme::default()), (0, 0), text, face, Style::new());
        let cells: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
        cells.chunks(usize::from(width)).map(|row| row.concat() + "\n").collect()
    }

    #[test]
    fn letters_are_drawn_with_half_blocks() {
        assert_eq!(drawn("S1", Face::Small, 6), "▄▀▀ ▄█\n ▀▄  █\n▀▀   ▀\n");
    }

    #[test]
    fn narrow_letters_take_two_columns_each() {
        assert_eq!(Face::Narrow.width("S1"), Some(3));
        assert_eq!(drawn("S1", Face::Narrow, 4), "▞▘▟ \n▝▖▐ \n▀ ▝ \n");
    }

    #[test]
    fn every_letter_of_a_face_has_one_width_and_a_shape_of_its_own() {
        for face in [Face::Narrow, Face::Small, Face::Large] {
            let letters: Vec<char> = match face {
                Face::Narrow | Face::Small => {
                    shapes::SMALL.iter().map(|(letter, _)| *letter).collect()
                }
                Face::Large => shapes::LARGE.iter().map(|(letter, _)| *letter).collect(),
            };
            let shapes: Vec<_> = letters.iter().map(|letter| face.shape(*letter)).collect();
            for (place, shape) in shapes.iter().enumerate() {
                let rows = shape.expect("it is in the table");
                assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{}", letters[place]);
                assert!(!shapes[place + 1..].contains(shape), "{}", letters[place]);
            }
        }
    }

    #[test]
    fn what_a_face_lacks_does_not_fit() {
        assert_eq!(Face::Small.width("S3"), Some(7));
        assert_eq!(Face::Small.width("領"), None);
        assert!(!fits("S3", Face::Small, 6, Glyphs::Unicode));
        assert!(!fits("S3", Face::Small, 80, Glyphs::Ascii));
        let lines = lines("S3 LEADS TERM 2", Face::Small, 36, Glyphs::Unicode);
        assert_eq!(lines, Some(vec!["S3 LEADS".to_owned(), "TERM 2".to_owned()]));
    }
}
