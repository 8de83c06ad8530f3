//! The screen, seen from outside.

mod pictures;
mod screen;
mod stage;
