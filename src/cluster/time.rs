//! Lab time: whole microseconds since the start of the run. Nothing here knows the wall clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A length of lab time, in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span(pub u64);

impl Span {
    pub const ZERO: Self = Self(0);
    /// The longest span that a command may ask for: a thousand days of lab time.
    pub const MAX: Self = Self::from_secs(1000 * 24 * 3600);

    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * 1_000_000)
    }

    pub const fn micros(self) -> u64 {
        self.0
    }

    /// In lab time, what a clock of one rate would take so long for, when it goes at another.
    #[must_use]
    pub fn at_rate(self, old: Ppm, new: Ppm) -> Self {
        let scaled = u128::from(self.0) * u128::from(old.0) / u128::from(new.0.max(1));
        Self(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// How long it takes in lab time by a clock of this rate; a microsecond at least.
    #[must_use]
    pub fn by_clock(self, rate: Ppm) -> Self {
        // Hardly any clock is wrong, and a division of so many digits takes its time.
        let span = if rate == Ppm::ONE { self } else { self.at_rate(Ppm::ONE, rate) };
        span.max(Self(1))
    }
}

/// "12us", "15ms", "1.5s", "0s": the form that scripts read and write.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0;
        let of = |unit: u64, places: usize, name: &str| {
            let text = format!("{}.{:0places$}", micros / unit, micros % unit);
            format!("{}{name}", text.trim_end_matches('0').trim_end_matches('.'))
        };
        match micros {
            0 | 1_000_000.. => f.write_str(&of(1_000_000, 6, "s")),
            1_000.. => f.write_str(&of(1_000, 3, "ms")),
            _ => write!(f, "{micros}us"),
        }
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A moment of lab time, in microseconds since the start.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Time(pub u64);

impl Time {
    pub const START: Self = Self(0);

    pub const fn micros(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

/// "1.203441s", always with all six digits: a place in a run can be copied from the screen.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A range of spans, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpanRange {
    pub low: Span,
    pub high: Span,
}

impl SpanRange {
    pub const fn millis(low: u64, high: u64) -> Self {
        Self { low: Span::from_millis(low), high: Span::from_millis(high) }
    }

    pub const fn exactly(span: Span) -> Self {
        Self { low: span, high: span }
    }
}

/// "5ms..30ms", or "5ms" when both ends are the same.
impl fmt::Display for SpanRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            self.low.fmt(f)
        } else {
            write!(f, "{}..{}", self.low, self.high)
        }
    }
}

/// Parts in a million: a probability, or the rate of a clock (1,000,000 is real time).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Ppm(pub u32);

impl Ppm {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(1_000_000);

    pub const fn percent(percent: u32) -> Self {
        Self(percent * 10_000)
    }
}

/// "10%", "0.25%": as a share. Clock rates are printed by [`Ppm::as_rate`].
impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Ppm {
    /// "1.5" for 1,500,000: as the rate of a clock.
    pub fn as_rate(self) -> String {
        let text = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}
