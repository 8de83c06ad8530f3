//! Which characters may stand on the screen, and how everything else is spelled.
//!
//! The program draws with printable ASCII and the few signs of [`TABLE`], each one column wide.
//! A terminal that is not known to show them (another encoding, or a locale in which some of
//! them are two columns wide) gets the ASCII spelling of the table instead.
//!
//! Keys, values, names and captions come from people and files. Letters are shown in the columns
//! that they take, the wide ones of East Asia in two. Whatever could move the cursor, hide, change
//! the direction of writing, or is of uncertain width is spelled out, as `\u{1b}`:
//! [`plain`] knows which. All text goes through [`Glyphs::spell`] or
//! [`Glyphs::spell_user`] on its way to the screen, so there is no other way onto it.

use unicode_width::UnicodeWidthChar;

use crate::cluster::plain;

/// The characters that the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    #[default]
    Unicode,
    /// Letters as they are, but signs in ASCII: a locale in which some signs take two columns.
    Letters,
    Ascii,
}

/// Every sign that the program draws beside printable ASCII, with its ASCII spelling.
pub const TABLE: &[(char, &str)] = &[
    // Lines and boxes.
    ('─', "-"),
    ('│', "|"),
    ('┌', "+"),
    ('┐', "+"),
    ('└', "+"),
    ('┘', "+"),
    ('├', "+"),
    ('┤', "+"),
    ('┬', "+"),
    ('┴', "+"),
    ('┼', "+"),
    ('═', "="),
    ('║', "|"),
    ('╔', "+"),
    ('╗', "+"),
    ('╚', "+"),
    ('╝', "+"),
    ('━', "="),
    ('┃', "|"),
    ('┏', "+"),
    ('┓', "+"),
    ('┗', "+"),
    ('┛', "+"),
    ('╌', "-"),
    ('╎', ":"),
    ('▛', "+"),
    ('▜', "+"),
    ('▙', "+"),
    ('▟', "+"),
    ('▘', "\""),
    ('▝', "\""),
    ('▖', "_"),
    ('▗', "_"),
    ('▞', "/"),
    ('▚', "\\"),
    // What a server is.
    ('★', "*"),
    ('☆', "%"),
    ('○', "o"),
    ('△', "^"),
    // Selection, direction, the clock.
    ('►', ">"),
    ('◄', "<"),
    ('‖', "="),
    ('▼', "v"),
    // Logs and verdicts.
    ('✓', "ok"),
    ('≠', "!="),
    ('×', "x"),
    ('▓', "#"),
    ('░', "."),
    ('▮', "#"),
    ('▯', "-"),
    ('✗', "x"),
    ('▲', "^"),
    ('…', ".."),
    ('–', "-"),
    ('½', ".5"),
    ('±', "+-"),
    ('§', "sec. "),
    // Packets and links.
    ('█', "#"),
    ('▀', "\""),
    ('▄', "_"),
    ('▐', "{"),
    ('▌', "}"),
    ('•', "."),
    ('◦', ","),
    ('·', "."),
    ('╳', "X"),
    // Bookmarks, marks of the script and operations on the timeline.
    ('◆', "B"),
    ('◇', "M"),
    ('■', "#"),
    ('□', "-"),
];

/// Wider than any screen, and far from the end of the numbers that count columns.
pub const WIDTH_MAX: u16 = 10_000;

/// What is written for one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Itself, in one column.
    Itself,
    /// Itself, in two columns.
    Wide,
    /// These ASCII characters.
    Ascii(&'static str),
    /// Its number, as `\u{1b}`.
    Escape,
}

impl Spelling {
    /// How many columns `character` takes, spelled like this.
    pub fn columns(self, character: char) -> u16 {
        match self {
            Self::Itself => 1,
            Self::Wide => 2,
            Self::Ascii(ascii) => ascii.len() as u16,
            Self::Escape => character.escape_unicode().len() as u16,
        }
    }
}

impl Glyphs {
    /// How a character of the program's own text is written. A pattern of Braille dots is a stroke
    /// of a line.
    pub fn spell(self, character: char) -> Spelling {
        if is_plain(character) {
            return Spelling::Itself;
        }
        if is_dots(character) {
            return match self {
                Self::Unicode => Spelling::Itself,
                Self::Letters | Self::Ascii => Spelling::Ascii("."),
            };
        }
        let Some((_, ascii)) = TABLE.iter().find(|(glyph, _)| *glyph == character) else {
            return self.spell_user(character);
        };
        match self {
            Self::Unicode => Spelling::Itself,
            Self::Letters | Self::Ascii => Spelling::Ascii(ascii),
        }
    }

    /// How a character of somebody else's text is written: the signs of [`TABLE`] are spelled
    /// out too, so that a value can't pass for a part of the screen.
    pub fn spell_user(self, character: char) -> Spelling {
        if is_plain(character) {
            return Spelling::Itself;
        }
        let certain = plain::width(character).filter(|columns| match self {
            Self::Unicode => TABLE.iter().all(|(sign, _)| *sign != character),
            // Some of the narrow letters, too, may be drawn in two columns here.
            Self::Letters => *columns == 2 || character.width_cjk() == Some(1),
            Self::Ascii => false,
        });
        match certain {
            Some(2) => Spelling::Wide,
            Some(_) => Spelling::Itself,
            None => Spelling::Escape,
        }
    }

    /// The mark on both sides of an entry that is being removed.
    pub const fn removed(self) -> char {
        match self {
            Self::Unicode => '×',
            Self::Letters | Self::Ascii => '~',
        }
    }

    /// The bar before a caption.
    pub const fn bar(self) -> char {
        match self {
            Self::Unicode => '▌',
            Self::Letters | Self::Ascii => '|',
        }
    }

    /// A whole cell of ink.
    pub const fn block(self) -> char {
        match self {
            Self::Unicode => '█',
            Self::Letters | Self::Ascii => '#',
        }
    }

    /// Somebody else's text as it may stand on the screen, cut to so many columns, with `…` for the
    /// rest. What comes back can be put as the program's own.
    pub fn shown(self, text: &str, columns: u16) -> String {
        let mut shown = String::new();
        let mut left = columns;
        for character in text.chars() {
            let before = shown.len();
            match self.spell_user(character) {
                Spelling::Itself | Spelling::Wide => shown.push(character),
                Spelling::Ascii(ascii) => shown.push_str(ascii),
                Spelling::Escape => shown.extend(character.escape_unicode()),
            }
            let width = self.width(&shown[before..]);
            if width > left {
                shown.truncate(before);
                shown.push('…');
                break;
            }
            left -= width;
        }
        shown
    }

    /// How many columns the program's own text takes; no screen has more than [`WIDTH_MAX`].
    pub fn width(self, text: &str) -> u16 {
        let width = |character: char| usize::from(self.spell(character).columns(character));
        let columns: usize = text.chars().map(width).sum();
        columns.min(usize::from(WIDTH_MAX)) as u16
    }

    /// How many columns somebody else's text takes; stops counting beyond `limit`.
    pub fn user_width(self, text: &str, limit: u16) -> u16 {
        let mut columns: u16 = 0;
        for character in text.chars() {
            columns = columns.saturating_add(self.spell_user(character).columns(character));
            if columns > limit {
                return limit.saturating_add(1);
            }
        }
        columns
    }
}

/// The patterns of Braille dots, two columns and four rows a cell, of which lines are made.
pub const fn is_dots(character: char) -> bool {
    matches!(character, '\u{2801}'..='\u{28ff}')
}

fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~')
}
