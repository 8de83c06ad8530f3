//! The wish that work without a screen ends early: its time is over, or Ctrl-C was pressed.
//!
//! Runs and the shrinker ask for it at every step, and are undecided then. A process has one such work,
//! so there is one wish.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static HEEDED: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on the work at hand heeds the wish.
pub fn heed() {
    HEEDED.store(true, Relaxed);
}

/// Wishes that it ends. Whether it will, which it does for the first wish.
pub fn ask() -> bool {
    HEEDED.load(Relaxed) && !ASKED.swap(true, Relaxed)
}

pub fn is_asked() -> bool {
    ASKED.load(Relaxed)
}
