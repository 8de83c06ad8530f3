//! Signals that concern the terminal: those that end the lab, those that stop and continue it, and
//! the one that says that its window has another size. Where a system has no signals, its own way
//! of saying the same stands for them.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::time::Duration;
use std::{io, thread};

#[cfg(unix)]
pub use unix::{Signals, asked_to_leave, survive_limits_of_files};
#[cfg(windows)]
pub use windows::{Signals, asked_to_leave, survive_limits_of_files};

/// What somebody wants of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// Leave; the number is the signal's.
    Leave(i32),
    /// Give the terminal back and stop.
    #[cfg_attr(windows, expect(dead_code, reason = "there is no job control"))]
    Suspend,
    /// The process goes on after a stop; the screen may show anything.
    #[cfg_attr(windows, expect(dead_code, reason = "there is no job control"))]
    Resume,
    /// The terminal has another size.
    Resize,
}

/// Ends the process with the status of the signal that asked for it, if it is still there after
/// `grace`. `last` is called before.
///
/// # Errors
/// When the system gives no thread, or refuses to tell of signals.
pub fn insist(grace: Duration, last: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wait = move || {
        let asked = runtime.block_on(async {
            let number = asked_to_leave(|| ()).await;
            tokio::time::sleep(grace).await;
            number
        });
        if let Ok(number) = asked {
            last();
            std::process::exit(128 + number);
        }
    };
    thread::Builder::new().name("insist".to_owned()).spawn(wait)?;
    Ok(())
}
