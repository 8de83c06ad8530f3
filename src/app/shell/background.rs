//! Whether the terminal is dark or light: it is asked for its background (OSC 11), and in the same
//! breath what it is (DA 1), which every terminal answers at once. So a terminal that does not know
//! the first question keeps nobody waiting, and one that answers nothing no longer than [`PATIENCE`].
//! What was typed meanwhile is handed on.

use std::fs::File;
use std::time::Duration;

use super::keyboard;
use crate::ui::theme::Paper;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(100);
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

/// Asks. Also gives what came beside the answer: keys that were pressed.
pub fn ask(keyboard: &File) -> (Option<Paper>, Vec<u8>) {
    let mut bytes =
        keyboard::ask(keyboard, QUESTION, PATIENCE, |bytes| attributes(bytes).is_some());
    if let Some(place) = attributes(&bytes) {
        bytes.drain(place);
    }
    let Some((start, end)) = background(&bytes) else { return (None, bytes) };
    let answer: Vec<u8> = bytes.drain(start..end).collect();
    (paper(&answer), bytes)
}

/// Where the terminal says what it is: `ESC [ ? ... c`.
fn attributes(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = find(bytes, b"\x1b[?")?;
    let length = bytes[start + 3..].iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
    let end = start + 3 + length;
    (bytes[end] == b'c').then_some(start..end + 1)
}

/// Where it says its background: `ESC ] 11 ; ...`, up to BEL or ST.
fn background(bytes: &[u8]) -> Option<(usize, usize)> {
    let start = find(bytes, b"\x1b]11;")?;
    let rest = &bytes[start + 5..];
    let length = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b))?;
    let mark = if rest[length..].starts_with(b"\x1b\\") { 2 } else { 1 };
    Some((start, start + 5 + length + mark))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// From `rgb:RRRR/GGGG/BBBB`, with one to four digits each.
fn paper(answer: &[u8]) -> Option<Paper> {
    let text = std::str::from_utf8(answer).ok()?;
    let (_, colours) = text.split_once("rgb:").or_else(|| text.split_once("rgba:"))?;
    let colours = colours.trim_end_matches(['\x07', '\x1b', '\\']);
    let mut shares = colours.split('/').map(|digits| {
        if !(1..=4).contains(&digits.len()) {
            return None;
        }
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        (value * 1_000).checked_div(most)
    });
    let mut share = || shares.next().flatten();
    let (red, green, blue) = (share()?, share()?, share()?);
    // The brightness of BT.601, as most programs reckon it.
    let bright = (red * 299 + green * 587 + blue * 114) / 1_000 > 500;
    Some(if bright { Paper::Light } else { Paper::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_what_was_typed() {
        for (answer, expected) in [
            (&b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"[..], Some(Paper::Light)),
            (b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07", Some(Paper::Dark)),
            (b"\x1b]11;rgb:f/f/e\x07", Some(Paper::Light)),
            (b"\x1b]11;rgba:00/00/00/ff\x07", Some(Paper::Dark)),
            (b"\x1b]11;?\x07", None),
            (b"\x1b]11;rgb:fffff/0/0\x07", None),
            (b"\x1b]11;rgb:\x07", None),
        ] {
            let bytes = [b"q", answer, b"w\x1b[A"].concat();
            let (start, end) = background(&bytes).unwrap();
            assert_eq!(&bytes[start..end], answer);
            assert_eq!(paper(answer), expected, "{}", answer.escape_ascii());
        }
        assert_eq!(attributes(b"x\x1b[?62;22cy"), Some(1..10));
        assert_eq!(attributes(b"\x1b[?62;"), None);
        assert_eq!(background(b"\x1b]11;rgb:ff"), None);
    }
}
