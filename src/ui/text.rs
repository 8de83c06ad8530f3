//! Small things about text: figures as people read them, lines that fit.

use std::fmt;

use super::glyphs::Glyphs;
use crate::cluster::fit;
use crate::cluster::time::{Span, Time};

/// "4.855": a moment in seconds, to the millisecond.
pub struct Moment(pub Time);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.micros() / 1_000;
        f.pad(&format!("{}.{:03}", millis / 1_000, millis % 1_000))
    }
}

/// "0.62 s": a length of time in seconds, to the hundredth.
pub struct Seconds(pub Span);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = self.0.micros() / 10_000;
        write!(f, "{}.{:02} s", hundredths / 100, hundredths % 100)
    }
}

/// "87 ms": a length of time in whole milliseconds, rounded up, so that 0 means now.
pub struct Millis(pub Span);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0.micros().div_ceil(1_000))
    }
}

/// At most `1` columns of a text that may be long, and `..` for the rest.
pub struct Short<'a>(pub &'a str, pub usize);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns = 0;
        let cut = self.0.char_indices().find(|(_, character)| {
            columns += fit::width(*character);
            columns > self.1
        });
        match cut {
            None => f.write_str(self.0),
            Some((end, _)) => write!(f, "{}..", &self.0[..end]),
        }
    }
}

/// How many digits a number has.
pub const fn digits(number: u64) -> u16 {
    match number.checked_ilog10() {
        Some(more) => more as u16 + 1,
        None => 1,
    }
}

/// "S1 S2": names in a row.
pub struct Spaced<I>(pub I);

impl<I: Iterator<Item: fmt::Display> + Clone> fmt::Display for Spaced<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.clone().enumerate() {
            let blank = if place > 0 { " " } else { "" };
            write!(f, "{blank}{item}")?;
        }
        Ok(())
    }
}

/// "a", "a and b", "a, b and c".
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// Breaks a text into lines of at most `width` columns, at blanks where it can. Line breaks in
/// the text are kept.
pub fn wrap(text: &str, width: u16, glyphs: Glyphs) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (line, next) = first_line(text, width.max(1), glyphs);
        rest = next;
        Some(line)
    })
}

/// The first line of a text, and what follows it.
fn first_line(text: &str, width: u16, glyphs: Glyphs) -> (&str, Option<&str>) {
    let mut columns = 0;
    // Where the line may end, and where the next begins.
    let mut parting = None;
    let mut before = None;
    for (place, character) in text.char_indices() {
        if character == '\n' {
            return (&text[..place], Some(&text[place + 1..]));
        }
        if character == ' ' {
            parting = Some((place, place + 1));
        } else if before.is_some_and(|before| fit::may_part(before, character)) {
            parting = Some((place, place));
        }
        before = Some(character);
        columns += glyphs.width(character.encode_utf8(&mut [0; 4]));
        if columns > width {
            return match parting {
                Some((end, next)) if end > 0 => (&text[..end], Some(&text[next..])),
                // A word that is longer than the line is broken; one character always goes.
                Some(_) | None => {
                    let end = if place == 0 { character.len_utf8() } else { place };
                    (&text[..end], Some(&text[end..]).filter(|rest| !rest.is_empty()))
                }
            };
        }
    }
    (text, None)
}

/// A text in at most so many rows. The last is all that is left, or ends with a whole clause of it;
/// where it is still too long, [`Pen::put_within`](super::canvas::Pen::put_within) says so.
pub fn rows(text: &str, width: u16, rows: usize, glyphs: Glyphs) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest.filter(|_| lines.len() < rows) {
        let (line, next) = first_line(text, width.max(1), glyphs);
        let last = lines.len() + 1 == rows;
        lines.push(if last { whole_clauses(text, width, glyphs).unwrap_or(text) } else { line });
        rest = next;
    }
    lines
}

/// As much of a text as fits, to where a sentence, a clause or what stands in brackets before the end
/// is complete; `None` where that is less than half of the room.
fn whole_clauses(text: &str, room: u16, glyphs: Glyphs) -> Option<&str> {
    if glyphs.width(text) <= room {
        return Some(text);
    }
    let ends = [". ", "; ", " ("].into_iter().flat_map(|end| text.match_indices(end));
    let parts = ends.filter_map(|(at, end)| text.get(..at + usize::from(end.starts_with('.'))));
    let fitting = parts.filter(|part| (room / 2..=room).contains(&glyphs.width(part)));
    fitting.max_by_key(|part| part.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: u16) -> Vec<&str> {
        wrap(text, width, Glyphs::Unicode).collect()
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(lines("S2 leads term 4.", 9), ["S2 leads", "term 4."]);
        assert_eq!(lines("one\ntwo", 80), ["one", "two"]);
        assert_eq!(lines("", 80), [""]);
        assert_eq!(lines("S1 領導者。失去", 9), ["S1 領導", "者。失去"]);
    }

    #[test]
    fn long_words_are_broken_and_nothing_is_lost() {
        assert_eq!(lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(lines("\u{1b}x", 3), ["\u{1b}", "x"]);
    }

    #[test]
    fn what_does_not_fit_ends_with_a_whole_clause() {
        let why = "Its log is no older; it voted for no other (§5.4.1). So be it.";
        let cut = |room| whole_clauses(why, room, Glyphs::Unicode);
        assert_eq!(cut(80), Some(why));
        assert_eq!(cut(58), Some("Its log is no older; it voted for no other (§5.4.1)."));
        assert_eq!(cut(50), Some("Its log is no older; it voted for no other"));
        assert_eq!(cut(30), Some("Its log is no older"));
        assert_eq!(cut(12), None, "one word and a half");
    }

    #[test]
    fn the_last_row_is_no_half_of_a_clause() {
        let why = "S2 has it on disk (§5.3). So has S3; S1 counts both.";
        let cut = |width, most| rows(why, width, most, Glyphs::Unicode);
        assert_eq!(cut(80, 2), [why]);
        assert_eq!(cut(40, 1), ["S2 has it on disk (§5.3). So has S3"]);
        assert_eq!(cut(20, 2), ["S2 has it on disk", "(§5.3). So has S3"]);
        assert_eq!(cut(9, 1), [why], "nothing whole fits");
    }

    #[test]
    fn figures_are_in_lab_seconds() {
        assert_eq!(Moment(Time(4_855_999)).to_string(), "4.855");
        assert_eq!(Seconds(Span(620_000)).to_string(), "0.62 s");
        assert_eq!(Millis(Span(86_001)).to_string(), "87 ms");
        assert_eq!([digits(0), digits(9), digits(10), digits(1_000)], [1, 1, 2, 4]);
    }
}
