//! The bytes of a terminal, as they come. What a terminal, or a line that is cut off, has begun and
//! not ended is given up after a while: a reader that waits for the rest would be deaf to every key
//! that follows, Ctrl-C included.

use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::decoder::Decoder;
use crate::app::input::Input;

/// Reads until the terminal is gone, or nobody wants its inputs any more.
pub(super) fn read_on(keyboard: &File, begun: &[u8], mut take: impl FnMut(Input) -> bool) {
    let (mut decoder, mut inputs, mut bytes) = (Decoder::default(), Vec::new(), [0; 4096]);
    decoder.feed(begun, &mut inputs);
    if inputs.drain(..).any(|input| !take(input)) {
        return;
    }
    while let Ok(count) = read(keyboard, decoder.patience(), &mut bytes) {
        match count {
            Some(count) => decoder.feed(&bytes[..count], &mut inputs),
            None => decoder.give_up(&mut inputs),
        }
        if inputs.drain(..).any(|input| !take(input)) {
            return;
        }
    }
}

/// Asks the terminal something, and reads until the answer is whole or takes too long. Whatever came is
/// given: keys may have been pressed meanwhile.
pub fn ask(
    keyboard: &File,
    question: &[u8],
    patience: Duration,
    is_whole: impl Fn(&[u8]) -> bool,
) -> Vec<u8> {
    let (mut came, mut bytes) = (Vec::new(), [0; 4096]);
    let begun = Instant::now();
    // A terminal that can't be asked says nothing.
    if enable_raw_mode().is_err() {
        return came;
    }
    let mut out = io::stdout();
    if out.write_all(question).and_then(|()| out.flush()).is_ok() {
        while let Some(left) = patience.checked_sub(begun.elapsed())
            && !is_whole(&came)
            && let Ok(Some(count)) = read(keyboard, Some(left), &mut bytes)
        {
            came.extend_from_slice(&bytes[..count]);
        }
    }
    let _ = disable_raw_mode();
    came
}

/// Waits for bytes: how many there are, or `None` when the rest of what has begun does not come.
fn read(
    keyboard: &File,
    patience: Option<Duration>,
    bytes: &mut [u8],
) -> io::Result<Option<usize>> {
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    loop {
        let mut ready = [PollFd::new(keyboard, PollFlags::IN)];
        match poll(&mut ready, patience.as_ref()) {
            Ok(0) => return Ok(None),
            Ok(_) => match rustix::io::read(keyboard, &mut *bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => return Ok(Some(count)),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            },
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
