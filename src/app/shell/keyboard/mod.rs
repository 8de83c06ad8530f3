//! What hands do at the terminal: keys, pastes, the mouse. A thread of its own listens.
//!
//! On Unix a terminal sends bytes (`bytes.rs`), which `decoder.rs` cuts into sequences and `keys.rs`
//! understands. A console of Windows tells of keys as such (`console.rs`). Nobody waits for the
//! thread, so a read that never returns holds nothing up.

#[cfg(unix)]
mod bytes;
#[cfg(windows)]
mod console;
#[cfg(unix)]
mod decoder;
#[cfg(unix)]
mod keys;

use std::fs::File;
use std::io::{self, IsTerminal};

use tokio::sync::mpsc;

#[cfg(unix)]
pub use bytes::ask;
#[cfg(unix)]
use bytes::read_on;
#[cfg(windows)]
pub use console::ask;
#[cfg(windows)]
use console::read_on;

use super::system;
use crate::app::input::Input;

/// How many inputs may wait before the reader waits too.
const WAITING_MAX: usize = 256;

/// Where keys come from: standard input, or the terminal itself when a script comes from there.
///
/// # Errors
/// When there is no terminal.
pub fn keyboard() -> io::Result<File> {
    if io::stdin().is_terminal() { system::standard_input() } else { system::terminal() }
}

/// Starts the reader, with the bytes that have come already. The channel ends when the terminal is
/// gone.
///
/// # Errors
/// When no thread can be started.
pub fn listen(keyboard: File, begun: Vec<u8>) -> io::Result<mpsc::Receiver<Input>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let read = move || read_on(&keyboard, &begun, |input| sender.blocking_send(input).is_ok());
    std::thread::Builder::new().name("input".into()).spawn(read)?;
    Ok(receiver)
}
