//! The screen, seen from outside.

mod facts;
mod pictures;
mod screen;
mod stage;
