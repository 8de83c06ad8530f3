//! Texts of others on their way to a person: keys and values, captions, names of files, what a
//! library says about input. Two questions are answered here, and nowhere else.
//!
//! *May a terminal get this character?* [`is_hidden`] says which must not reach one: what moves
//! the cursor or begins an escape sequence, what takes no room and so hides, what turns the
//! direction of writing around. [`Plain`] spells them out, as `\u{1b}`.
//!
//! *How many columns does it take?* [`width`] knows it of the letters that every terminal draws
//! alike: those that stand alone in one column, and the wide ones of East Asia in two. A single
//! emoji takes two. Where it is uncertain, the screen spells a character out too: combining marks
//! (é is shown when it is one character, not when it is e and a mark), what joins or colours emoji,
//! scripts whose letters join or stack, and all that is written from right to left.

use std::borrow::Cow;
use std::fmt::{self, Write};

use unicode_width::UnicodeWidthChar;

/// Whether a character moves the cursor, hides, or turns a text around.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text without what [`is_hidden`]: that is spelled out, line breaks too.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&plain(self.0))
    }
}

/// The same as a text.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String can't fail.
            let _ = write!(plain, "{}", c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// In how many columns every terminal draws a character, if that is certain.
pub fn width(c: char) -> Option<u16> {
    if matches!(c, ' '..='~') || (is_narrow(c) && c.width() == Some(1)) {
        Some(1)
    } else if is_wide(c) {
        Some(2)
    } else {
        None
    }
}

/// Letters that stand alone, in alphabets written from left to right, and the punctuation that
/// goes with them.
fn is_narrow(c: char) -> bool {
    match c {
        '\u{a1}'..='\u{bf}' | '\u{d7}' | '\u{f7}' => c != '\u{ad}',
        '\u{c0}'..='\u{52f}'
        | '\u{531}'..='\u{587}'
        | '\u{10d0}'..='\u{10ff}'
        | '\u{1e00}'..='\u{1fff}' => c.is_alphabetic(),
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20bf}' => true,
        _ => false,
    }
}

/// Whether it is a letter, a sign or an emoji that stands alone in two columns.
pub fn is_wide(c: char) -> bool {
    let stands_alone = match c {
        '\u{302a}'..='\u{302f}' | '\u{3099}' | '\u{309a}' | '\u{3164}' => false,
        // What colours the emoji before it.
        '\u{1f3fb}'..='\u{1f3ff}' => false,
        '\u{3000}'..='\u{303e}'
        | '\u{3041}'..='\u{33ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => true,
        _ => false,
    };
    stands_alone && c.width() == Some(2)
}

/// A path as a shell takes it.
pub fn quoted(path: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._-+,=@%".contains(char);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else if path.chars().any(is_hidden) {
        // As bash and zsh take what can't be shown.
        let spelled = |c: char| match c {
            '\\' | '\'' => format!("\\{c}"),
            c if is_hidden(c) => format!("\\U{:08x}", u32::from(c)),
            c => c.to_string(),
        };
        format!("$'{}'", path.chars().map(spelled).collect::<String>())
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(plain("a\u{1b}]0;x\u{7}b\r\n"), "a\\u{1b}]0;x\\u{7}b\\u{d}\\u{a}");
        for c in ['\u{9b}', '\u{61c}', '\u{200e}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}'] {
            assert!(is_hidden(c) && width(c).is_none(), "{c:?}");
        }
        assert!(matches!(plain("Zoë 漢字 ’"), Cow::Borrowed(_)));
    }

    #[test]
    fn widths_are_certain_or_not_given() {
        for (text, wide) in [("aé’€ß", 1), ("領導者のル。！", 2), ("한글", 2), ("🎉", 2)]
        {
            for c in text.chars() {
                assert_eq!(width(c), Some(wide), "{c:?}");
            }
        }
        for c in "\u{301}\u{fe0f}\u{1f3fb}\u{3099}\u{200d}אعกक".chars() {
            assert_eq!(width(c), None, "{c:?}");
        }
    }

    #[test]
    fn no_character_that_hides_has_a_width_and_none_is_wider_than_it_says() {
        for c in '\0'..=char::MAX {
            if let Some(columns) = width(c) {
                assert!(!is_hidden(c), "{c:?}");
                assert_eq!(c.width(), Some(usize::from(columns)), "{c:?}");
            }
        }
    }

    #[test]
    fn paths_survive_the_shell() {
        assert_eq!(quoted("scripts/a.lab"), "scripts/a.lab");
        assert_eq!(quoted("my script.lab"), "'my script.lab'");
        assert_eq!(quoted("it's.lab"), r"'it'\''s.lab'");
        assert_eq!(quoted("a\u{1b}'\u{202e}.lab"), r"$'a\U0000001b\'\U0000202e.lab'");
    }
}
