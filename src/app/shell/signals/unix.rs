//! The signals of Unix.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Caught;

/// The signals, listened to for as long as this value lives.
pub struct Signals {
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    stop: Signal,
    go_on: Signal,
    resize: Signal,
}

/// tokio has no names for these two. Their numbers are the kernel's: rustix knows them.
const STOP: i32 = rustix::process::Signal::TSTP.as_raw();
const GO_ON: i32 = rustix::process::Signal::CONT.as_raw();

/// Waits until a signal asks the process to end; its number. `listening` is called as soon as none
/// can be missed.
///
/// # Errors
/// When the system refuses to tell of signals.
pub async fn asked_to_leave(listening: impl FnOnce()) -> io::Result<i32> {
    let ends = [
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::quit(),
        SignalKind::terminate(),
    ];
    let [hang_up, interrupt, quit, terminate] = ends.map(signal);
    let (mut hang_up, mut interrupt, mut quit, mut terminate) =
        (hang_up?, interrupt?, quit?, terminate?);
    listening();
    let kind = tokio::select! {
        _ = hang_up.recv() => SignalKind::hangup(),
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = quit.recv() => SignalKind::quit(),
        _ = terminate.recv() => SignalKind::terminate(),
    };
    Ok(kind.as_raw_value())
}

impl Signals {
    /// Starts to listen. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            stop: signal(SignalKind::from_raw(STOP))?,
            go_on: signal(SignalKind::from_raw(GO_ON))?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for the next one. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => leave(SignalKind::terminate()),
            _ = self.hang_up.recv() => leave(SignalKind::hangup()),
            _ = self.interrupt.recv() => leave(SignalKind::interrupt()),
            _ = self.quit.recv() => leave(SignalKind::quit()),
            _ = self.stop.recv() => Caught::Suspend,
            _ = self.go_on.recv() => Caught::Resume,
            _ = self.resize.recv() => Caught::Resize,
        }
    }
}

fn leave(kind: SignalKind) -> Caught {
    Caught::Leave(kind.as_raw_value())
}
