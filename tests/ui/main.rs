//! The screen, seen from outside.

mod facts;
mod pictures;
mod screen;
#[path = "../support/scripts.rs"]
#[allow(dead_code, reason = "scripts are played step by step here")]
mod scripts;
mod stage;
