//! Making words fit: how wide a text is on the screen, cutting it, and breaking it into lines.

use super::plain;

/// How many columns a character takes on the screen, which spells out what has no certain width.
pub fn width(character: char) -> usize {
    plain::width(character).map_or_else(|| character.escape_unicode().len(), usize::from)
}

/// Whether a line may end between two characters without a blank: beside a wide letter, but not
/// before a sign that closes what is before it.
pub fn may_part(before: char, after: char) -> bool {
    const CLOSING: &str = "、。，．」』）〉》】〕！？：；ー々’”";
    const OPENING: &str = "「『（〈《【〔‘“";
    (plain::is_wide(before) || plain::is_wide(after))
        && !CLOSING.contains(after)
        && !OPENING.contains(before)
        && after != ' '
        && before != ' '
}

/// The parts of a word between which a line may end.
pub fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let mut pairs = rest.char_indices().zip(rest.char_indices().skip(1));
        let end = pairs.find(|((_, before), (_, after))| may_part(*before, *after));
        let (part, after) = rest.split_at(end.map_or(rest.len(), |(_, (place, _))| place));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The text itself, or as much of its beginning as leaves room for `..` within `room` columns.
pub fn shorten(text: &str, room: usize) -> String {
    let (mut taken, mut kept, mut cut) = (0, 0, false);
    for (place, character) in text.char_indices() {
        taken += width(character);
        if taken + 2 <= room {
            kept = place + character.len_utf8();
        }
        if taken > room {
            cut = true;
            break;
        }
    }
    if cut { format!("{}{}", &text[..kept], &".."[..room.min(2)]) } else { text.to_owned() }
}

/// Breaks a sentence at its spaces into lines of at most `room` columns; a word that is longer
/// than a line is cut.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, room);
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(&word) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            Some(_) | None => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_fits_stays() {
        assert_eq!(shorten("", 0), "");
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("abcd", 3), "a..");
        assert_eq!(shorten("abcd", 1), ".");
        assert_eq!(shorten("日本語", 5), "日..");
        assert_eq!(shorten("e\u{301}", 7), "e..");
    }

    #[test]
    fn wide_letters_part_where_no_sign_holds_them_together() {
        assert_eq!(
            parts("日本「語」。S1は").collect::<Vec<_>>(),
            ["日", "本", "「語」。", "S1", "は"]
        );
        assert_eq!(parts("plain words").collect::<Vec<_>>(), ["plain words"]);
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh i", 5), ["abc..", "i"]);
        assert!(wrap("  ", 5).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(text in "\\PC*|[a-z ]*", room in 0usize..40) {
            prop_assert!(columns(&shorten(&text, room)) <= room);
            prop_assert_eq!(parts(&text).collect::<String>(), text.as_str());
            prop_assert!(wrap(&text, room.max(2)).iter().all(|line| columns(line) <= room.max(2)));
        }
    }
}
