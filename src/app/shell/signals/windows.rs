//! The console's own events: Ctrl-C and Ctrl-Break, its window being closed, and the end of a
//! session. They have the numbers of the signals that say the same elsewhere. A console tells nobody
//! that its size has changed, so it is asked.

use std::io;
use std::time::Duration;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
    ctrl_logoff, ctrl_shutdown,
};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Caught;
use crate::app::shell::system::HANG_UP;

const INTERRUPT: i32 = 2;
const TERMINATE: i32 = 15;
/// How often the console is asked for its size.
const LOOK: Duration = Duration::from_millis(100);

/// The events that end the process.
struct Ends {
    interrupt: CtrlC,
    other_interrupt: CtrlBreak,
    close: CtrlClose,
    log_off: CtrlLogoff,
    shut_down: CtrlShutdown,
}

impl Ends {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            other_interrupt: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.other_interrupt.recv() => INTERRUPT,
            _ = self.close.recv() => HANG_UP,
            _ = self.log_off.recv() => HANG_UP,
            _ = self.shut_down.recv() => TERMINATE,
        }
    }
}

/// Waits until an event asks the process to end; the number of its signal. `listening` is called as
/// soon as none can be missed.
///
/// # Errors
/// When the system refuses to tell of events.
pub async fn asked_to_leave(listening: impl FnOnce()) -> io::Result<i32> {
    let mut ends = Ends::listen()?;
    listening();
    Ok(ends.next().await)
}

/// No file has a limit here.
pub const fn survive_limits_of_files() {}

/// The events, listened to for as long as this value lives.
pub struct Signals {
    ends: Ends,
    look: Interval,
    size: Option<(u16, u16)>,
}

impl Signals {
    /// Starts to listen. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { ends: Ends::listen()?, look, size: crossterm::terminal::size().ok() })
    }

    /// Waits for the next one. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Caught {
        loop {
            tokio::select! {
                number = self.ends.next() => return Caught::Leave(number),
                _ = self.look.tick() => {
                    let now = crossterm::terminal::size().ok();
                    if now != self.size {
                        self.size = now;
                        return Caught::Resize;
                    }
                }
            }
        }
    }
}
