//! How often something came true in a sample, and how far off the truth that may be.
//!
//! The interval is Wilson's (1927): unlike the usual one it says something at 0 and at all of
//! them, and stays between. It is computed in whole numbers, so that every machine shows the same.

use std::fmt;

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    hits: u32,
    of: u32,
}

/// A tenth of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Permille(u64);

impl Share {
    /// `None` of an empty sample.
    pub(super) fn new(hits: u32, of: u32) -> Option<Self> {
        (of > 0).then(|| Self { hits: hits.min(of), of })
    }

    fn share(self) -> Permille {
        Permille((u64::from(self.hits) * 2_000 + u64::from(self.of)) / (2 * u64::from(self.of)))
    }

    /// Where the truth lies with 95 % confidence: rounded down, and up.
    pub(super) fn interval(self) -> (Permille, Permille) {
        // With z = 1.96: (h + z²/2 ± z √(h (n - h) / n + z²/4)) / (n + z²), of h among n.
        const UNIT: u128 = 10_000_000;
        let (hits, of) = (u128::from(self.hits), u128::from(self.of));
        let all = of * 10_000 + 38_416;
        let centre = (hits * 10_000 + 19_208) * UNIT / all;
        let spread = (hits * (of - hits) * 10_000 + 9_604 * of) * UNIT * UNIT / (10_000 * of);
        let half = spread.isqrt() * 196 * 100 / all;
        let (low, high) = (centre.saturating_sub(half), (centre + half).min(UNIT));
        let (low, high) = (low * 1_000 / UNIT, (high * 1_000).div_ceil(UNIT));
        (Permille(low as u64), Permille(high as u64))
    }
}

/// "24.6 % ± 2.8 %": the share, and how far the interval reaches from it.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.share();
        let (low, high) = self.interval();
        let most = share.0.saturating_sub(low.0).max(high.0.saturating_sub(share.0));
        write!(f, "{share} ± {}", Permille(most))
    }
}

impl fmt::Display for Permille {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} %", self.0 / 10, self.0 % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(hits: u32, of: u32) -> String {
        let share = Share::new(hits, of).expect("a sample");
        let (low, high) = share.interval();
        format!("{share}, {low} to {high}")
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Against the formula in floating point.
        for (hits, of) in [(0, 1), (1, 1), (3, 7), (250, 1_000), (999, 1_000), (77, 1_000_000)] {
            let (h, n, z) = (f64::from(hits), f64::from(of), 1.96_f64);
            let half = z * (h * (n - h) / n + z * z / 4.0).sqrt() / (n + z * z);
            let centre = (h + z * z / 2.0) / (n + z * z);
            let (low, high) = Share::new(hits, of).expect("a sample").interval();
            let near = |permille: Permille, share: f64, side: f64| {
                let off = permille.0 as f64 - share * 1_000.0;
                assert!((-0.001..1.001).contains(&(off * side)), "{hits} of {of}: {permille}");
            };
            near(low, (centre - half).max(0.0), -1.0);
            near(high, centre + half, 1.0);
        }
    }

    #[test]
    fn a_share_says_how_far_off_it_may_be() {
        assert_eq!(told(250, 1_000), "25.0 % ± 2.8 %, 22.4 % to 27.8 %");
        assert_eq!(told(0, 1_000), "0.0 % ± 0.4 %, 0.0 % to 0.4 %");
        assert_eq!(told(1_000, 1_000), "100.0 % ± 0.4 %, 99.6 % to 100.0 %");
        assert_eq!(told(1, 2), "50.0 % ± 40.6 %, 9.4 % to 90.6 %");
        assert_eq!(Share::new(0, 0), None);
        assert_eq!(told(u32::MAX / 2, u32::MAX), "50.0 % ± 0.1 %, 49.9 % to 50.1 %");
    }
}
