//! The signals of Unix.

use std::future::poll_fn;
use std::task::Poll;
use std::{fs, io};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Caught;

/// The signals, listened to for as long as this value lives.
pub struct Signals {
    ends: Ends,
    stop: Signal,
    go_on: Signal,
    resize: Signal,
}

/// Those that end the process, but for what was ignored when it started: `nohup` does that.
struct Ends([(SignalKind, Option<Signal>); 4]);

impl Ends {
    fn listen() -> io::Result<Self> {
        let ignored = ignored();
        let one = |kind: SignalKind| {
            let is_ignored = ignored & 1 << (kind.as_raw_value() - 1) != 0;
            let heard = if is_ignored { None } else { Some(signal(kind)?) };
            io::Result::Ok((kind, heard))
        };
        Ok(Self([
            one(SignalKind::terminate())?,
            one(SignalKind::hangup())?,
            one(SignalKind::interrupt())?,
            one(SignalKind::quit())?,
        ]))
    }

    /// The number of the next.
    async fn next(&mut self) -> i32 {
        poll_fn(|context| {
            let came = |(_, signal): &mut (SignalKind, Option<Signal>)| {
                signal.as_mut().is_some_and(|signal| signal.poll_recv(context).is_ready())
            };
            let first = self.0.iter_mut().position(came);
            first.map_or(Poll::Pending, |place| Poll::Ready(self.0[place].0.as_raw_value()))
        })
        .await
    }
}

/// The signals that this process ignores, a bit each, where the system says so in a file (Linux).
fn ignored() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// From now on a file that may not grow further says so where it is written, instead of ending the process.
/// Needs a running tokio runtime.
pub fn survive_limits_of_files() {
    const LIMIT: i32 = rustix::process::Signal::XFSZ.as_raw();
    // Once asked for, it is caught for good.
    drop(signal(SignalKind::from_raw(LIMIT)));
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
    let mut ends = Ends::listen()?;
    listening();
    Ok(ends.next().await)
}

impl Signals {
    /// Starts to listen. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            ends: Ends::listen()?,
            stop: signal(SignalKind::from_raw(STOP))?,
            go_on: signal(SignalKind::from_raw(GO_ON))?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for the next one. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Caught {
        tokio::select! {
            number = self.ends.next() => Caught::Leave(number),
            _ = self.stop.recv() => Caught::Suspend,
            _ = self.go_on.recv() => Caught::Resume,
            _ = self.resize.recv() => Caught::Resize,
        }
    }
}
