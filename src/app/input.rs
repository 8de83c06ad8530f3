//! What the terminal says: keys, pastes, the mouse, sizes. A thread of its own reads it.
//!
//! crossterm's asynchronous stream reads on the caller's thread too, and a read never returns when
//! the terminal is gone (it takes the end of input for "nothing yet"). On a thread that nobody
//! waits for, that can't hold up the loop, which notices by itself that the terminal is gone.

use std::io;

use crossterm::event::{self, Event};
use tokio::sync::mpsc;

/// How many events may wait before the reader waits too.
const WAITING_MAX: usize = 256;

/// Starts the reader. The channel ends after an error, and when the terminal is gone.
///
/// # Errors
/// When no thread can be started.
pub fn listen() -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    std::thread::Builder::new().name("input".into()).spawn(move || {
        loop {
            let event = event::read();
            let ended = event.is_err();
            if sender.blocking_send(event).is_err() || ended {
                return;
            }
        }
    })?;
    Ok(receiver)
}
