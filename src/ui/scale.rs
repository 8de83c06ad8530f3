//! How large things are drawn: from a projector at 80×24 to a hall.

/// How large the marks are: the larger the terminal, the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// Text: a projector at 80×24.
    M,
    /// Names and terms in block letters: from 110×36 on.
    L,
    /// All that decides in block letters: from 180×50 on.
    Xl,
}

impl Scale {
    /// The scale for a terminal of this size.
    pub const fn of(width: u16, height: u16) -> Self {
        if width >= 180 && height >= 50 {
            Self::Xl
        } else if width >= 110 && height >= 36 {
            Self::L
        } else {
            Self::M
        }
    }
}
