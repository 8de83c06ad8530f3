//! EDN: its values and how they are equal, its numbers, and a reader for both.

mod number;
mod reader;
mod value;

pub use number::read as read_number;
pub use reader::Forms;
pub use value::Edn;

use super::{PIECE_MAX, Trouble, quoted, too_long};

#[cfg(test)]
mod tests;
