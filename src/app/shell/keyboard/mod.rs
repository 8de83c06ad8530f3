//! What the terminal says: keys, pastes, the mouse. A thread of its own reads it.
//!
//! The bytes are read here and cut into inputs by `decoder.rs`, which gives up what a terminal, or
//! a line that is cut off, has begun and not ended: a reader that waits for the rest would be deaf
//! to every key that follows, Ctrl-C included. Nobody waits for the thread, so a read that never
//! returns holds nothing up.

mod decoder;
mod keys;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

use crate::app::input::Input;
use decoder::Decoder;

/// How many inputs may wait before the reader waits too.
const WAITING_MAX: usize = 256;

/// Where keys come from: standard input, or the terminal itself when a script comes from there.
///
/// # Errors
/// When there is no terminal.
pub fn keyboard() -> io::Result<File> {
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(File::from(input.as_fd().try_clone_to_owned()?));
    }
    File::open("/dev/tty")
}

/// Starts the reader. The channel ends when the terminal is gone.
///
/// # Errors
/// When no thread can be started.
pub fn listen(keyboard: File) -> io::Result<mpsc::Receiver<Input>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    std::thread::Builder::new().name("input".into()).spawn(move || {
        let (mut decoder, mut inputs, mut bytes) = (Decoder::default(), Vec::new(), [0; 4096]);
        while let Ok(count) = read(&keyboard, &decoder, &mut bytes) {
            match count {
                Some(count) => decoder.feed(&bytes[..count], &mut inputs),
                None => decoder.give_up(&mut inputs),
            }
            if inputs.drain(..).any(|input| sender.blocking_send(input).is_err()) {
                return;
            }
        }
    })?;
    Ok(receiver)
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
