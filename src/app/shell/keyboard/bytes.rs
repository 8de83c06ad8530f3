//! The bytes of a terminal, as they come. What a terminal, or a line that is cut off, has begun and
//! not ended is given up after a while: a reader that waits for the rest would be deaf to every key
//! that follows, Ctrl-C included.

use std::fs::File;
use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::decoder::Decoder;
use crate::app::input::Input;

/// Reads until the terminal is gone, or nobody wants its inputs any more.
pub(super) fn read_on(keyboard: &File, mut take: impl FnMut(Input) -> bool) {
    let (mut decoder, mut inputs, mut bytes) = (Decoder::default(), Vec::new(), [0; 4096]);
    while let Ok(count) = read(keyboard, &decoder, &mut bytes) {
        match count {
            Some(count) => decoder.feed(&bytes[..count], &mut inputs),
            None => decoder.give_up(&mut inputs),
        }
        if inputs.drain(..).any(|input| !take(input)) {
            return;
        }
    }
}

/// Waits for bytes: how many there are, or `None` when the rest of what has begun does not come.
fn read(keyboard: &File, decoder: &Decoder, bytes: &mut [u8]) -> io::Result<Option<usize>> {
    let patience = decoder.patience().and_then(|patience| Timespec::try_from(patience).ok());
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
