//! Which characters may stand on the screen, and how everything else is spelled.
//!
//! The program draws with printable ASCII and the few signs of [`TABLE`], each one column wide.
//! A terminal that is not known to show them (another encoding, or a locale in which some of
//! them are two columns wide) gets the ASCII spelling of the table instead.
//!
//! Keys, values, names and captions come from people and files. Whatever in them could move the
//! cursor, take two columns or none, or change the direction of writing is spelled out, as
//! `\u{1b}`. All text goes through [`Glyphs::spell`] or [`Glyphs::spell_user`] on its way to the
//! screen, so there is no other way onto it.

use unicode_width::UnicodeWidthChar;

/// The characters that the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    #[default]
    Unicode,
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
    ('½', ".5"),
    ('§', "sec. "),
    // Packets and links.
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
    /// These ASCII characters.
    Ascii(&'static str),
    /// Its number, as `\u{1b}`.
    Escape,
}

impl Glyphs {
    /// How a character of the program's own text is written.
    pub fn spell(self, character: char) -> Spelling {
        if is_plain(character) {
            return Spelling::Itself;
        }
        let Some((_, ascii)) = TABLE.iter().find(|(glyph, _)| *glyph == character) else {
            return self.spell_user(character);
        };
        match self {
            Self::Unicode => Spelling::Itself,
            Self::Ascii => Spelling::Ascii(ascii),
        }
    }

    /// How a character of somebody else's text is written: the signs of [`TABLE`] are spelled
    /// out too, so that a value can't pass for a part of the screen.
    pub fn spell_user(self, character: char) -> Spelling {
        let shown = match self {
            Self::Unicode => is_plain(character) || is_simple_letter(character),
            Self::Ascii => is_plain(character),
        };
        if shown { Spelling::Itself } else { Spelling::Escape }
    }

    /// The mark on both sides of an entry that is being removed.
    pub const fn removed(self) -> char {
        match self {
            Self::Unicode => '×',
            Self::Ascii => '~',
        }
    }

    /// The bar before a caption.
    pub const fn bar(self) -> char {
        match self {
            Self::Unicode => '▌',
            Self::Ascii => '|',
        }
    }

    /// How many columns the program's own text takes; no screen has more than [`WIDTH_MAX`].
    pub fn width(self, text: &str) -> u16 {
        let width = |character: char| match self.spell(character) {
            Spelling::Itself => 1,
            Spelling::Ascii(ascii) => ascii.len(),
            Spelling::Escape => character.escape_unicode().len(),
        };
        let columns: usize = text.chars().map(width).sum();
        columns.min(usize::from(WIDTH_MAX)) as u16
    }

    /// How many columns somebody else's text takes; stops counting beyond `limit`.
    pub fn user_width(self, text: &str, limit: u16) -> u16 {
        let mut columns = 0;
        for character in text.chars() {
            columns += match self.spell_user(character) {
                Spelling::Itself => 1,
                Spelling::Ascii(ascii) => ascii.len(),
                Spelling::Escape => character.escape_unicode().len(),
            };
            if columns > usize::from(limit) {
                return limit.saturating_add(1);
            }
        }
        columns as u16
    }
}

fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~')
}

/// Letters of the Latin, Greek and Cyrillic alphabets, one column wide each: no script that is
/// written from right to left, none whose letters join or stack.
fn is_simple_letter(character: char) -> bool {
    matches!(character, '\u{c0}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
        && character.is_alphabetic()
        && character.width() == Some(1)
}
