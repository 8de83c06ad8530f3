//! From the bytes of a terminal to events: where each sequence ends.
//!
//! By ECMA-48 a control sequence is `ESC [`, parameters (0x20 to 0x3F) and a final byte (0x40 to
//! 0x7E). Whatever is well formed is taken whole, known or not. A byte that can't stand in a
//! sequence ends it, and is read for itself: Ctrl-C is heard at once. What has begun and doesn't
//! go on is given up by the clock of whoever feeds. What a sequence means is in `keys.rs`.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyModifiers};

use super::keys;

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

/// What has come and is no event yet.
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
    /// Takes bytes as they come; events go to `events`.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        self.waiting.extend_from_slice(bytes);
        let mut place = 0;
        while place < self.waiting.len() {
            let rest = &self.waiting[place..];
            if let Some(paste) = &mut self.paste {
                place += pasted(rest, paste);
                if self.waiting[..place].ends_with(PASTE_ENDS) {
                    events.extend(self.paste.take().map(text));
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
                    events.extend(keys::event(&rest[..count]));
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
    pub fn give_up(&mut self, events: &mut Vec<Event>) {
        let waiting = std::mem::take(&mut self.waiting);
        match (self.paste.take(), &waiting[..]) {
            (Some(mut paste), rest) => {
                keep(&mut paste, rest);
                events.push(text(paste));
            }
            (None, [ESC]) => events.push(keys::key(KeyCode::Esc, KeyModifiers::NONE)),
            (None, [ESC, letter @ (b'[' | b'O')]) => {
                events.push(keys::key(KeyCode::Char(char::from(*letter)), KeyModifiers::ALT));
            }
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

fn text(paste: Vec<u8>) -> Event {
    Event::Paste(String::from_utf8_lossy(&paste).into_owned())
}

/// What the bytes, of which there is one at least, begin with.
fn unit(bytes: &[u8]) -> Unit {
    match bytes {
        [ESC] => Unit::Unfinished,
        [ESC, ESC, ..] => Unit::Whole(1),
        [ESC, b'[', rest @ ..] => sequence(rest),
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
    use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
    use proptest::prelude::*;

    use super::*;

    /// The events of bytes that come piece by piece; after the last nothing more comes.
    fn events(pieces: &[&[u8]]) -> Vec<Event> {
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

    fn key(code: KeyCode, held: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, held))
    }

    fn plain(code: KeyCode) -> Event {
        key(code, KeyModifiers::NONE)
    }

    fn ctrl_c() -> Event {
        key(KeyCode::Char('c'), KeyModifiers::CONTROL)
    }

    #[test]
    fn keys_are_told_from_one_another() {
        use KeyCode::{BackTab, Char, Down, End, Enter, Esc, F, Home, PageUp, Up};
        use KeyModifiers as Held;
        for (bytes, expected) in [
            (&b"a"[..], plain(Char('a'))),
            (b"A", key(Char('A'), Held::SHIFT)),
            ("é".as_bytes(), plain(Char('é'))),
            ("漢".as_bytes(), plain(Char('漢'))),
            (b"\r", plain(Enter)),
            (b"\t", plain(KeyCode::Tab)),
            (b"\x7f", plain(KeyCode::Backspace)),
            (b"\x03", ctrl_c()),
            (b"\x00", key(Char(' '), Held::CONTROL)),
            (b"\x1b", plain(Esc)),
            (b"\x1b[A", plain(Up)),
            (b"\x1bOB", plain(Down)),
            (b"\x1b[1;5A", key(Up, Held::CONTROL)),
            (b"\x1b[Z", key(BackTab, Held::SHIFT)),
            (b"\x1b[H", plain(Home)),
            (b"\x1b[4~", plain(End)),
            (b"\x1b[5~", plain(PageUp)),
            (b"\x1b[15~", plain(F(5))),
            (b"\x1b[24;2~", key(F(12), Held::SHIFT)),
            (b"\x1bOP", plain(F(1))),
            (b"\x1b[[A", plain(F(1))),
            (b"\x1b[1;2P", key(F(1), Held::SHIFT)),
            (b"\x1bx", key(Char('x'), Held::ALT)),
            (b"\x1b[", key(Char('['), Held::ALT)),
            (b"\x1b[99;5u", ctrl_c()),
            (b"\x1b[I", Event::FocusGained),
        ] {
            assert_eq!(events(&[bytes]), std::slice::from_ref(&expected), "{bytes:?}");
            // However the bytes are cut, as long as the rest comes in time.
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(events(&pieces), [expected], "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn the_mouse_speaks_three_dialects() {
        let mouse = |kind, column, row, modifiers| {
            Event::Mouse(MouseEvent { kind, column, row, modifiers })
        };
        let left = MouseEventKind::Down(MouseButton::Left);
        let none = KeyModifiers::NONE;
        assert_eq!(events(&[b"\x1b[<0;10;5M"]), [mouse(left, 9, 4, none)]);
        assert_eq!(events(&[b"\x1b[32;10;5M"]), [mouse(left, 9, 4, none)]);
        assert_eq!(events(&[b"\x1b[M \x2a\x25"]), [mouse(left, 9, 4, none)]);
        let up = MouseEventKind::Up(MouseButton::Left);
        assert_eq!(events(&[b"\x1b[<16;1;1m"]), [mouse(up, 0, 0, KeyModifiers::CONTROL)]);
        assert_eq!(
            events(&[b"\x1b[<64;300;200M"]),
            [mouse(MouseEventKind::ScrollUp, 299, 199, none)]
        );
        assert_eq!(events(&[b"\x1b[<35;2;3M"]), [mouse(MouseEventKind::Moved, 1, 2, none)]);
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
            assert_eq!(events, [plain(KeyCode::Char('x'))], "{unfinished:?}");
        }
    }

    #[test]
    fn a_control_key_is_heard_in_the_midst_of_a_sequence() {
        for unfinished in ["\x1b[<35;10;1", "\x1b[?6", "\x1b[", "\x1bO", "\x1b[M!", "\x1b[["] {
            let bytes = format!("{unfinished}\x03");
            assert_eq!(events(&[bytes.as_bytes()]), [ctrl_c()], "{unfinished:?}");
        }
        // Another sequence begins in the midst of one.
        assert_eq!(events(&[b"\x1b[1;\x1b[B"]), [plain(KeyCode::Down)]);
        // A sequence that nobody knows is taken whole.
        assert_eq!(events(&[b"\x1b[?64;1;2cx"]), [plain(KeyCode::Char('x'))]);
    }

    #[test]
    fn a_paste_is_one_event_whatever_is_in_it() {
        let paste = |text: &str| Event::Paste(text.to_owned());
        let whole = b"\x1b[200~set x \x1b]0;t\x07\x03\x1b[201~y";
        let expected = [paste("set x \x1b]0;t\x07\x03"), plain(KeyCode::Char('y'))];
        assert_eq!(events(&[whole]), expected);
        assert_eq!(events(&whole.chunks(1).collect::<Vec<_>>()), expected);
        // One without an end is a paste after a second.
        let (mut decoder, mut events) = (Decoder::default(), Vec::new());
        decoder.feed(b"\x1b[200~abc\x1b[20", &mut events);
        assert_eq!(decoder.patience(), Some(PASTE));
        decoder.give_up(&mut events);
        decoder.feed(b"\x03", &mut events);
        assert_eq!(events, [paste("abc\x1b[20"), ctrl_c()]);
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
            prop_assert_eq!(heard, [ctrl_c()]);
        }
    }
}
