//! What is wrong with a script or a typed line: where, what was expected, and what to do.

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The script's name; empty for a typed line.
    pub file: String,
    /// Counted from one; 0 when the mistake has no line (a file that is too large).
    pub line: u32,
    /// In characters, counted from one.
    pub column: u32,
    /// How many characters are wrong, for the caret.
    pub width: u32,
    /// The line as it was read, shortened if it is very long.
    pub source: String,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The nearest thing that would be right, or what to do.
    pub help: Option<String>,
}
