//! From the bytes of a terminal to input: where each sequence ends.
//!
//! By ECMA-48 a control sequence is `ESC [`, parameters (0x20 to 0x3F) and a final byte (0x40 to
//! 0x7E). Whatever is well formed is taken whole, known or not. A byte that can't stand in a
//! sequence ends it, and is read for itself: Ctrl-C is heard at once. What has begun and doesn't
//! go on is given up by the clock of whoever feeds. What a sequence means is in `keys.rs`.

use std::time::Duration;

use super::keys;
use crate::app::input::{Input, Named};

/// An escape may be a key, or the beginning of a sequence that is on its way: terminals send those
/// in one piece, and lines cut them rarely.
const ESCAPE: Duration = Duration::from_millis(40);
/// How long the rest of a sequence may take, and of a character.
const SEQUENCE: Duration = Duration::from_millis(100);
/// How long the rest of a paste may take: it can be large and the line slow.
const PASTE: Duration = Duration::from_secs(1);
/// The longest sequence: none that terminals send has half as many bytes.
const SEQUENCE_MAX: usize = 64;
/// The most bytes of a paste that are kept; no prompt takes as many.
const PASTE_MAX: usize = 64 * 1024;

const ESC: u8 = 0x1b;
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What has come and is no input yet.
#[derive(Debug, Default)]
pub struct Decoder {
    waiting: Vec<u8>,
    /// What has been pasted so far, while a paste is under way.
    paste: Option<Vec<u8>>,
}

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many bytes that belong together.
    Whole(usize),
    /// The rest has not come yet.
    Unfinished,
    /// So many bytes that mean nothing.
    Broken(usize),
}

impl Decoder {
    /// Takes bytes as they come; what they mean goes to `inputs`.
    pub fn feed(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        self.waiting.extend_from_slice(bytes);
        let mut place = 0;
        while place < self.waiting.len() {
            let rest = &self.waiting[place..];
            if let Some(paste) = &mut self.paste {
                place += pasted(rest, paste);
                if self.waiting[..place].ends_with(PASTE_ENDS) {
                    inputs.extend(self.paste.take().map(text));
                    continue;
                }
                break;
            }
            match unit(rest) {
                Unit::Whole(count) if &rest[..count] == PASTE_BEGINS => {
                    self.paste = Some(Vec::new());
                    place += count;
                }
                Unit::Whole(count) => {
                    inputs.extend(keys::input(&rest[..count]));
                    place += count;
                }
                Unit::Broken(count) => place += count,
                Unit::Unfinished => break,
            }
        }
        self.waiting.drain(..place);
    }

    /// How long to wait for the rest of what has begun; `None` when nothing has.
    pub fn patience(&self) -> Option<Duration> {
        match (&self.paste, &self.waiting[..]) {
            (Some(_), _) => Some(PASTE),
            (None, []) => None,
            (None, [ESC]) => Some(ESCAPE),
            (None, _) => Some(SEQUENCE),
        }
    }

    /// The rest does not come. A lone escape is the key; what was pasted is a paste; a sequence
    /// without an end is nothing.
    pub fn give_up(&mut self, inputs: &mut Vec<Input>) {
        let waiting = std::mem::take(&mut self.waiting);
        match (self.paste.take(), &waiting[..]) {
            (Some(mut paste), rest) => {
                keep(&mut paste, rest);
                inputs.push(text(paste));
            }
            (None, [ESC]) => inputs.push(keys::key(Named::Esc)),
            (None, _) => {}
        }
    }
}

/// Takes pasted bytes up to the mark of the end, and with it if it is there; how many.
fn pasted(bytes: &[u8], paste: &mut Vec<u8>) -> usize {
    let end = bytes.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS);
    // The last of them may be the beginning of the mark.
    let unsure = (1..PASTE_ENDS.len()).rev().find(|count| bytes.ends_with(&PASTE_ENDS[..*count]));
    let sure = end.unwrap_or(bytes.len() - unsure.unwrap_or(0));
    keep(paste, &bytes[..sure]);
    end.map_or(sure, |end| end + PASTE_ENDS.len())
}

fn keep(paste: &mut Vec<u8>, bytes: &[u8]) {
    let room = PASTE_MAX.saturating_sub(paste.len());
    paste.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

fn text(paste: Vec<u8>) -> Input {
    Input::Paste(String::from_utf8_lossy(&paste).into_owned())
}

/// What the bytes, of which there is one at least, begin with.
fn unit(bytes: &[u8]) -> Unit {
    match bytes {
        [ESC] => Unit::Unfinished,
        [ESC, ESC, ..] => Unit::Whole(1),
        [ESC, b'[', rest @ ..] => sequence(rest),
        [ESC, b']', rest @ ..] => string(rest),
        [ESC, b'O', rest @ ..] => match rest {
            [] => Unit::Unfinished,
            [0x20..=0x7e, ..] => Unit::Whole(3),
            [..] => Unit::Broken(2),
        },
        [ESC, rest @ ..] => match character(rest) {
            Unit::Whole(count) => Unit::Whole(1 + count),
            Unit::Broken(count) => Unit::Broken(1 + count),
            Unit::Unfinished => Unit::Unfinished,
        },
        _ => character(bytes),
    }
}

/// What follows `ESC [`.
fn sequence(rest: &[u8]) -> Unit {
    match rest {
        // The old form of the mouse: three bytes follow, whatever they are. The function keys of
        // the Linux console: one does.
        [b'M', ..] => return fixed(rest, 4, 0x20..=0xff),
        [b'[', ..] => return fixed(rest, 2, 0x20..=0x7e),
        _ => {}
    }
    let rest = &rest[..rest.len().min(SEQUENCE_MAX)];
    match rest.iter().position(|byte| !matches!(byte, 0x20..=0x3f)) {
        Some(place) if matches!(rest[place], 0x40..=0x7e) => Unit::Whole(2 + place + 1),
        Some(place) => Unit::Broken(2 + place),
        None if rest.len() < SEQUENCE_MAX => Unit::Unfinished,
        None => Unit::Broken(2 + rest.len()),
    }
}

/// What follows `ESC ]`: an answer of the terminal, up to BEL or ST. One that is late is passed over.
fn string(rest: &[u8]) -> Unit {
    let rest = &rest[..rest.len().min(SEQUENCE_MAX)];
    match rest.iter().position(|byte| *byte < 0x20) {
        Some(place) => match rest[place..] {
            [0x07, ..] => Unit::Whole(2 + place + 1),
            [ESC, b'\\', ..] => Unit::Whole(2 + place + 2),
            [ESC] => Unit::Unfinished,
            _ => Unit::Broken(2 + place),
        },
        None if rest.len() < SEQUENCE_MAX => Unit::Unfinished,
        None => Unit::Broken(2 + rest.len()),
    }
}

/// A sequence of so many bytes after `ESC [`, of which the first is known.
fn fixed(rest: &[u8], length: usize, bytes: std::ops::RangeInclusive<u8>) -> Unit {
    let there = &rest[..rest.len().min(length)];
    match there.iter().position(|byte| !bytes.contains(byte)) {
        Some(place) => Unit::Broken(2 + place),
        None if there.len() < length => Unit::Unfinished,
        None => Unit::Whole(2 + length),
    }
}

/// A character in UTF-8.
fn character(bytes: &[u8]) -> Unit {
    let length = match bytes.first() {
        None => return Unit::Unfinished,
        Some(0x00..=0x7f) => 1,
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(_) => return Unit::Broken(1),
    };
    let there = &bytes[..bytes.len().min(length)];
    match std::str::from_utf8(there) {
        Ok(_) => Unit::Whole(length),
        // It may yet become one.
        Err(error) if error.error_len().is_none() => Unit::Unfinished,
        Err(_) => Unit::Broken(1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::input::Chord::{self, Char, Ctrl, Key};
    use crate::app::input::{Mouse, MouseAct};

    /// The events of bytes that come piece by piece; after the last nothing more comes.
    fn events(pieces: &[&[u8]]) -> Vec<Input> {
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.feed(piece, &mut events);
        }
        if decoder.patience().is_some() {
            decoder.give_up(&mut events);
        }
        assert_eq!(decoder.patience(), None, "nothing is waited for for ever");
        events
    }

    fn plain(chord: Chord) -> Input {
        Input::Key(chord)
    }

    const CTRL_C: Input = Input::Key(Ctrl('c'));

    #[test]
    fn keys_are_told_from_one_another() {
        use Named::{BackTab, Backspace, Down, End, Enter, Esc, F, Home, PageUp, Tab, Up};
        for (bytes, expected) in [
            (&b"a"[..], Char('a')),
            (b"A", Char('A')),
            ("é".as_bytes(), Char('é')),
            ("漢".as_bytes(), Char('漢')),
            (b"\r", Key(Enter)),
            (b"\t", Key(Tab)),
            (b"\x7f", Key(Backspace)),
            (b"\x03", Ctrl('c')),
            (b"\x00", Ctrl(' ')),
            (b"\x1b", Key(Esc)),
            (b"\x1b[A", Key(Up)),
            (b"\x1bOB", Key(Down)),
            (b"\x1b[Z", Key(BackTab)),
            (b"\x1b[H", Key(Home)),
            (b"\x1b[4~", Key(End)),
            (b"\x1b[5~", Key(PageUp)),
            (b"\x1b[15~", Key(F(5))),
            (b"\x1b[24;2~", Key(F(12))),
            (b"\x1bOP", Key(F(1))),
            (b"\x1b[[A", Key(F(1))),
            (b"\x1b[1;2P", Key(F(1))),
            (b"\x1b[13u", Key(Enter)),
            (b"\x1b[99;5u", Ctrl('c')),
        ] {
            let expected = plain(expected);
            assert_eq!(events(&[bytes]), std::slice::from_ref(&expected), "{bytes:?}");
            // However the bytes are cut, as long as the rest comes in time.
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(events(&pieces), [expected], "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn what_the_lab_has_no_use_for_is_taken_whole() {
        let useless: [&[u8]; 7] = [
            b"\x1bx",
            b"\x1b[I",
            b"\x1b[1;5A",
            b"\x1b[1;3P",
            b"\x1b[120;3u",
            b"\x1b[",
            b"\x1b[0;5u",
        ];
        for bytes in useless {
            assert_eq!(events(&[bytes]), [], "{bytes:?}");
        }
    }

    #[test]
    fn the_mouse_speaks_three_dialects() {
        let mouse = |act, column, row| Input::Mouse(Mouse { act, column, row });
        let press = mouse(MouseAct::Press, 9, 4);
        assert_eq!(events(&[b"\x1b[<0;10;5M"]), std::slice::from_ref(&press));
        assert_eq!(events(&[b"\x1b[32;10;5M"]), std::slice::from_ref(&press));
        assert_eq!(events(&[b"\x1b[M \x2a\x25"]), std::slice::from_ref(&press));
        // With Ctrl held it is a press all the same.
        assert_eq!(events(&[b"\x1b[<16;10;5M"]), [press]);
        assert_eq!(events(&[b"\x1b[<2;1;1M"]), [mouse(MouseAct::PressOther, 0, 0)]);
        assert_eq!(events(&[b"\x1b[<64;300;200M"]), [mouse(MouseAct::ScrollUp, 299, 199)]);
        assert_eq!(events(&[b"\x1b[<65;1;1M"]), [mouse(MouseAct::ScrollDown, 0, 0)]);
        // Let go, dragged, moved, the wheel to a side.
        for other in
            ["\x1b[<0;1;1m", "\x1b[<32;1;1M", "\x1b[<35;2;3M", "\x1b[<66;1;1M", "\x1b[M# #"]
        {
            assert_eq!(events(&[other.as_bytes()]), [], "{other:?}");
        }
        // Places count from one; a place zero is none.
        for nowhere in ["\x1b[<0;0;5M", "\x1b[<0;5;0M", "\x1b[32;0;1M", "\x1b[M   ", "\x1b[<9;;M"] {
            assert_eq!(events(&[nowhere.as_bytes()]), [], "{nowhere:?}");
        }
    }

    #[test]
    fn what_has_no_end_is_given_up_and_the_next_key_is_heard() {
        let unfinished: [&[u8]; 6] =
            [b"\x1b[<35;10;1", b"\x1b[?6", b"\x1b[1;", b"\x1b[M ", b"\x1b[[", b"\xe9\xa0"];
        for unfinished in unfinished {
            let (mut decoder, mut events) = (Decoder::default(), Vec::new());
            decoder.feed(unfinished, &mut events);
            assert_eq!(decoder.patience(), Some(SEQUENCE), "{unfinished:?}");
            decoder.give_up(&mut events);
            decoder.feed(b"x", &mut events);
            assert_eq!(events, [plain(Char('x'))], "{unfinished:?}");
        }
    }

    #[test]
    fn a_control_key_is_heard_in_the_midst_of_a_sequence() {
        for unfinished in ["\x1b[<35;10;1", "\x1b[?6", "\x1b[", "\x1bO", "\x1b[M!", "\x1b[["] {
            let bytes = format!("{unfinished}\x03");
            assert_eq!(events(&[bytes.as_bytes()]), [CTRL_C], "{unfinished:?}");
        }
        // Another sequence begins in the midst of one.
        assert_eq!(events(&[b"\x1b[1;\x1b[B"]), [plain(Key(Named::Down))]);
        // A sequence that nobody knows is taken whole.
        assert_eq!(events(&[b"\x1b[?64;1;2cx"]), [plain(Char('x'))]);
    }

    #[test]
    fn a_paste_is_one_event_whatever_is_in_it() {
        let paste = |text: &str| Input::Paste(text.to_owned());
        let whole = b"\x1b[200~set x \x1b]0;t\x07\x03\x1b[201~y";
        let expected = [paste("set x \x1b]0;t\x07\x03"), plain(Char('y'))];
        assert_eq!(events(&[whole]), expected);
        assert_eq!(events(&whole.chunks(1).collect::<Vec<_>>()), expected);
        // One without an end is a paste after a second.
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        decoder.feed(b"\x1b[200~abc\x1b[20", &mut events);
        assert_eq!(decoder.patience(), Some(PASTE));
        decoder.give_up(&mut events);
        decoder.feed(b"\x03", &mut events);
        assert_eq!(events, [paste("abc\x1b[20"), CTRL_C]);
        // One without bounds has some.
        let mut long = b"\x1b[200~".to_vec();
        long.resize(3 * PASTE_MAX, b'z');
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        decoder.feed(&long, &mut events);
        assert!(decoder.waiting.len() < PASTE_ENDS.len());
        decoder.feed(PASTE_ENDS, &mut events);
        assert_eq!(events, [paste(&"z".repeat(PASTE_MAX))]);
    }

    /// Bytes as a broken line might bring them: pieces of sequences, keys, noise.
    fn noise() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\x1b[".to_vec()),
            Just(b"\x1b[<".to_vec()),
            Just(b"\x1bO".to_vec()),
            Just(PASTE_BEGINS.to_vec()),
            Just(PASTE_ENDS.to_vec()),
            Just(b"\x1b[M".to_vec()),
            "[0-9;:?]{1,20}".prop_map(String::into_bytes),
            "[A-Za-z~^$@]".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..8),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// However the bytes are cut, the events are the same, and afterwards it listens.
        #[test]
        fn no_noise_makes_it_deaf(bytes in noise(), cut in 1usize..9) {
            let whole = events(&[&bytes]);
            let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
            prop_assert_eq!(events(&pieces), whole);
            let (mut decoder, mut heard) = (Decoder::default(), Vec::new());
            decoder.feed(&bytes, &mut heard);
            decoder.give_up(&mut heard);
            heard.clear();
            decoder.feed(b"\x03", &mut heard);
            prop_assert_eq!(heard, [CTRL_C]);
        }
    }
}
