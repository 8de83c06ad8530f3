//! Signals that concern the terminal: those that end the lab, those that stop and continue
//! it, and the one that says that its window has another size.

use std::time::Duration;
use std::{io, thread};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What somebody wants of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// Leave; the number is the signal's.
    Leave(i32),
    /// Give the terminal back and stop.
    Suspend,
    /// The process goes on after a stop; the screen may show anything.
    Resume,
    /// The terminal has another size.
    Resize,
}

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
