//! Where panes draw: a buffer that takes only characters that are safe to show.
//!
//! A [`Pen`] writes along one row and stops at its end. It takes the program's own text by
//! [`Pen::put`] and somebody else's by [`Pen::user`]; both spell out what must not reach the
//! terminal. Nothing is allocated on the way.

use std::fmt::{self, Write as _};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::glyphs::{Glyphs, Spelling, is_dots};
use super::theme::Theme;

/// The screen under a theme.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
}

impl<'a> Canvas<'a> {
    pub const fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self { buffer, theme }
    }

    pub const fn theme(&self) -> Theme {
        self.theme
    }

    pub const fn area(&self) -> Rect {
        self.buffer.area
    }

    /// One glyph at a place; nothing outside the screen. A glyph whose ASCII spelling is longer
    /// than one character takes as many columns.
    pub fn glyph(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        let mut pen = self.pen_at(x, y, u16::MAX);
        pen.style = style;
        pen.write(glyph, pen.glyphs.spell(glyph));
    }

    /// The style of a place's characters, patched.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Blank space, for what is drawn over something else.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
            part(self.buffer, area.left(), y);
        }
    }

    /// Lays a ground: blank cells in this style.
    pub fn fill(&mut self, area: Rect, style: Style) {
        self.clear(area);
        self.restyle(area, style);
    }

    /// A dot of a line, in half columns and quarter rows of the screen; only where nothing but
    /// other dots stands.
    pub fn dot(&mut self, x: u32, y: u32, style: Style) {
        const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let place =
            (u16::try_from(x / 2).unwrap_or(u16::MAX), u16::try_from(y / 4).unwrap_or(u16::MAX));
        let Some(cell) = self.buffer.cell_mut(place) else { return };
        let here = cell.symbol().chars().next().unwrap_or(' ');
        let before = match here {
            ' ' => 0,
            '.' if self.theme.glyphs == Glyphs::Ascii => return,
            dots if is_dots(dots) => u32::from(dots) - 0x2800,
            _ => return,
        };
        let dots = 0x2800 + (before | DOTS[(y % 4) as usize][(x % 2) as usize]);
        let Some(dots) = char::from_u32(dots) else { return };
        self.glyph(place.0, place.1, dots, style);
    }

    /// A pen on row `row` of `area`, counted from its top; it writes nothing below the area.
    pub fn pen(&mut self, area: Rect, row: u16) -> Pen<'_> {
        let right = if row < area.height { area.right() } else { area.x };
        self.pen_between(area.x, right, area.y.saturating_add(row))
    }

    /// A pen at a place of the screen, for at most `width` columns.
    pub fn pen_at(&mut self, x: u16, y: u16, width: u16) -> Pen<'_> {
        self.pen_between(x, x.saturating_add(width), y)
    }

    fn pen_between(&mut self, left: u16, right: u16, y: u16) -> Pen<'_> {
        let right = right.min(self.buffer.area.right());
        let glyphs = self.theme.glyphs;
        Pen { buffer: self.buffer, glyphs, left, x: left, right, y, style: Style::new() }
    }

    /// A pane's title row: a line with the title near its left end and a remark near its right.
    /// A focused pane has `►` before its title.
    pub fn title(&mut self, area: Rect, title: &str, focus: Focus, remark: &str) {
        let (line, bold) = (self.theme.dim(), self.theme.bold());
        let width = self.theme.glyphs.width(remark);
        for x in area.left()..area.right() {
            self.glyph(x, area.y, '─', line);
        }
        let mut pen = self.pen(area, 0);
        pen.skip(1);
        match focus {
            Focus::Here => pen.style(bold).put('►').put(title).put(' '),
            Focus::Elsewhere => pen.put(' ').put(title).put(' '),
        };
        let free = pen.room();
        if width > 0 && width + 4 < free {
            pen.skip(free - width - 3);
            pen.style(line).put(' ').put(remark).put(' ');
        }
    }
}

/// Whether a pane has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Here,
    Elsewhere,
}

/// Writes along one row.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    glyphs: Glyphs,
    left: u16,
    x: u16,
    right: u16,
    y: u16,
    style: Style,
}

impl Pen<'_> {
    /// The style of what follows.
    pub const fn style(&mut self, style: Style) -> &mut Self {
        self.style = style;
        self
    }

    /// The program's own text. Anything that can be displayed can be put: numbers, terms,
    /// `format_args!`.
    pub fn put(&mut self, text: impl fmt::Display) -> &mut Self {
        // The pen swallows what has no room, so writing does not fail.
        let _ = write!(self, "{text}");
        self
    }

    /// The program's own text, as much of it as there is room for, with `..` for the rest.
    pub fn put_within(&mut self, text: &str) -> &mut Self {
        if self.glyphs.width(text) <= self.room() {
            return self.put(text);
        }
        let right = self.right;
        self.right = right.saturating_sub(2).max(self.x);
        self.put(text);
        self.right = right;
        self.put("..")
    }

    /// The same as [`Pen::put`] in another style, after which the present style goes on.
    pub fn put_in(&mut self, style: Style, text: impl fmt::Display) -> &mut Self {
        let before = std::mem::replace(&mut self.style, style);
        self.put(text);
        self.style = before;
        self
    }

    /// Somebody else's text. What does not fit is cut off, with `..` at the end; texts may be
    /// long, and only what is shown is looked at.
    pub fn user(&mut self, text: &str) -> &mut Self {
        self.user_within(text, self.room())
    }

    /// How many columns a text of the user's needs; one more than `limit` if it is beyond that.
    pub fn user_width(&self, text: &str, limit: u16) -> u16 {
        self.glyphs.user_width(text, limit)
    }

    /// The same in at most `width` columns.
    pub fn user_within(&mut self, text: &str, width: u16) -> &mut Self {
        let width = width.min(self.room());
        let fits = self.glyphs.user_width(text, width) <= width;
        let end = self.x + if fits { width } else { width.saturating_sub(2) };
        for character in text.chars() {
            let spelling = self.glyphs.spell_user(character);
            if self.x + spelling.columns(character) > end {
                break;
            }
            self.write(character, spelling);
        }
        if !fits && width > 0 {
            self.put(if width >= 2 { ".." } else { "." });
        }
        self
    }

    /// The same, without saying so where it is cut off.
    pub fn user_clipped(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            if self.x >= self.right {
                break;
            }
            self.write(character, self.glyphs.spell_user(character));
        }
        self
    }

    /// `count` columns are left as they are.
    pub fn skip(&mut self, count: u16) -> &mut Self {
        self.x = self.x.saturating_add(count).min(self.right.max(self.x));
        self
    }

    /// On to column `column` of the row, counted from the pen's start; never back.
    pub fn column(&mut self, column: u16) -> &mut Self {
        let target = self.left.saturating_add(column);
        self.x = self.x.max(target.min(self.right.max(self.x)));
        self
    }

    /// How many columns are left.
    pub const fn room(&self) -> u16 {
        self.right.saturating_sub(self.x)
    }

    /// The column of the screen where it writes next.
    pub const fn x(&self) -> u16 {
        self.x
    }

    fn write(&mut self, character: char, spelling: Spelling) {
        match spelling {
            Spelling::Itself => self.cell(character),
            Spelling::Wide => self.wide(character),
            Spelling::Ascii(ascii) => ascii.chars().for_each(|character| self.cell(character)),
            Spelling::Escape => character.escape_unicode().for_each(|digit| self.cell(digit)),
        }
    }

    fn cell(&mut self, character: char) {
        if self.x >= self.right {
            return;
        }
        if let Some(cell) = self.buffer.cell_mut((self.x, self.y)) {
            cell.set_char(character).set_style(self.style);
        }
        part(self.buffer, self.x, self.y);
        self.x += 1;
    }

    /// A letter of two columns: it stands in the first, and the second is empty. Where there is
    /// room for one column alone, that stays blank.
    fn wide(&mut self, character: char) {
        let fits = self.room() >= 2;
        self.cell(' ');
        if fits {
            self.cell(' ');
            if let Some(cell) = self.buffer.cell_mut((self.x - 2, self.y)) {
                cell.set_char(character);
            }
        }
    }
}

/// What is drawn at a place takes the second column of a wide letter before it: of the letter
/// nothing can be left.
fn part(buffer: &mut Buffer, x: u16, y: u16) {
    let before = x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)));
    if let Some(before) = before.filter(|cell| cell.symbol().len() > 2 && cell.symbol().width() > 1)
    {
        before.set_char(' ');
    }
}

impl fmt::Write for Pen<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.x >= self.right {
                break;
            }
            self.write(character, self.glyphs.spell(character));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::glyphs::TABLE;
    use crate::ui::theme::Colours;

    fn row(buffer: &Buffer) -> String {
        buffer.content.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()
    }

    fn written(glyphs: Glyphs, width: u16, write: impl Fn(&mut Pen)) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
        let theme = Theme { glyphs, colours: Colours::None, ..Theme::default() };
        write(&mut Canvas::new(&mut buffer, theme).pen(Rect::new(0, 0, width, 1), 0));
        row(&buffer)
    }

    #[test]
    fn what_moves_the_cursor_is_spelled_out() {
        let text = "a\u{1b}[2Jb\r\n\u{202e}c";
        let shown = written(Glyphs::Unicode, 60, |pen| {
            pen.user(text);
        });
        assert_eq!(shown, "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{202e}c");
        let own = written(Glyphs::Unicode, 60, |pen| {
            pen.put(text);
        });
        assert_eq!(own, shown);
    }

    #[test]
    fn a_value_cannot_pass_for_a_mark() {
        let shown = written(Glyphs::Unicode, 20, |pen| {
            pen.put('★').user("★é");
        });
        assert_eq!(shown, "★\\u{2605}é");
        let ascii = written(Glyphs::Ascii, 20, |pen| {
            pen.put("★ 1 ✓").user("é");
        });
        assert_eq!(ascii, "* 1 ok\\u{e9}");
    }

    #[test]
    fn a_long_value_says_that_it_goes_on() {
        let shown = |width| {
            written(Glyphs::Unicode, 20, |pen| {
                pen.user_within("abcdef", width).put('|');
            })
        };
        assert_eq!(shown(6), "abcdef|");
        assert_eq!(shown(5), "abc..|");
        assert_eq!(shown(1), ".|");
        assert_eq!(shown(0), "|");
    }

    #[test]
    fn every_glyph_is_one_column_wide_and_has_an_ascii_spelling() {
        use unicode_width::UnicodeWidthChar;
        for (glyph, ascii) in TABLE {
            assert_eq!(glyph.width(), Some(1), "{glyph}");
            assert!(ascii.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{glyph}");
        }
    }

    /// What may stand in a cell: one character, of which the width is known.
    fn is_safe(symbol: &str) -> bool {
        let mut characters = symbol.chars();
        let (Some(character), None) = (characters.next(), characters.next()) else { return false };
        !character.is_control()
            && (matches!(character, ' '..='~')
                || TABLE.iter().any(|(glyph, _)| *glyph == character)
                || is_dots(character)
                || crate::cluster::plain::width(character).is_some())
    }

    /// Every wide letter has the column behind it to itself.
    fn no_letter_is_halved(buffer: &Buffer) -> bool {
        let width = usize::from(buffer.area.width);
        buffer.content.iter().enumerate().all(|(place, cell)| {
            cell.symbol().width() < 2
                || (place % width + 1 < width && buffer.content[place + 1].symbol() == " ")
        })
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let shown = |width| {
            written(Glyphs::Unicode, 20, |pen| {
                pen.user_within("漢字ab", width).put('|');
            })
        };
        assert_eq!(shown(6), "漢 字 ab|");
        assert_eq!(shown(5), "漢 ..|");
        assert_eq!(shown(3), "..|", "a letter is not halved");
        assert_eq!(
            written(Glyphs::Letters, 20, |pen| {
                pen.put("✓ 漢é").user("’");
            }),
            "ok 漢 é\\u{2019}"
        );
        let clipped = written(Glyphs::Unicode, 3, |pen| {
            pen.user_clipped("漢漢");
        });
        assert_eq!(clipped, "漢");
    }

    #[test]
    fn what_is_drawn_over_half_a_letter_takes_it_away() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        let mut canvas = Canvas::new(&mut buffer, Theme::default());
        canvas.pen_at(0, 0, 8).put("漢字漢字");
        canvas.pen_at(1, 0, 1).put('x');
        canvas.clear(Rect::new(5, 0, 1, 1));
        assert_eq!(row(&buffer), " x字   字");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_reaches_the_screen(texts in proptest::collection::vec("(.|[漢ア한。🎉])*", 4)) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            for glyphs in [Glyphs::Unicode, Glyphs::Letters, Glyphs::Ascii] {
                let theme = Theme { glyphs, colours: Colours::True, ..Theme::default() };
                let mut canvas = Canvas::new(&mut buffer, theme);
                let mut pen = canvas.pen_at(0, 0, 40);
                pen.user_within(&texts[0], 7).put(&texts[1]).user(&texts[2]).user_clipped(&texts[3]);
                prop_assert!(no_letter_is_halved(&buffer));
                for cell in &buffer.content {
                    prop_assert!(is_safe(cell.symbol()), "{:?}", cell.symbol());
                    let ascii = cell.symbol().is_ascii();
                    prop_assert!(ascii || glyphs != Glyphs::Ascii);
                }
                buffer.reset();
            }
        }

        #[test]
        fn a_user_text_never_takes_more_than_its_columns(text in "(.|[漢ア])*", width in 0u16..30) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            let mut canvas = Canvas::new(&mut buffer, Theme::default());
            let mut pen = canvas.pen_at(0, 0, 40);
            pen.user_within(&text, width);
            prop_assert!(pen.x() <= width);
            let counted = Glyphs::Unicode.user_width(&text, width);
            prop_assert!(counted > width || counted == pen.x());
        }
    }
}
