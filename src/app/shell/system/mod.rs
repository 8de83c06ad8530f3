//! What systems do differently with files, streams and processes, each under one name: `unix.rs` for
//! Linux and macOS, `windows.rs`. Signals (`signals/`) and keys (`keyboard/`) have halves of their own;
//! nothing else in the program asks which system it is on.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

/// What tells a file from all others, whatever it is called.
pub type FileId = (u64, u64);

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Those who may read other new files here.
    AsUsual,
    /// Its owner.
    Owner,
}

/// The number of the signal by which a terminal says that it is gone: what a status is made of.
pub const HANG_UP: i32 = 1;
