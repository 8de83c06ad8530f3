//! From what a packet's flight is drawn: what the rule of its link said when it was sent.
//!
//! The packet carries it, so that its flight can be drawn again (`cluster/redraw.rs`) although the
//! rule may have changed since.

use super::{LinkRule, Profile, Tail};
use crate::cluster::rng::Rng;
use crate::cluster::time::{Ppm, Span, SpanRange};

/// What a flight is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    pub delay: SpanRange,
    /// What some packets take beyond that.
    pub late: Option<&'static Tail>,
    pub loss: Ppm,
    /// Whether the sender of the request learns of a loss.
    pub reports_loss: bool,
}

impl Law {
    /// A trace tells how long it takes, and nothing of how it could fare otherwise.
    pub(in crate::cluster) const fn told() -> Self {
        let delay = SpanRange { low: Span::ZERO, high: Span::ZERO };
        Self { delay, late: None, loss: Ppm(0), reports_loss: false }
    }

    pub fn new(rule: &LinkRule, profile: &'static Profile, reply: bool) -> Self {
        Self {
            delay: rule.delay.unwrap_or(profile.delay),
            // A delay of the link's own takes the place of all that the network would do.
            late: profile.late_replies.as_ref().filter(|_| reply && rule.delay.is_none()),
            loss: rule.loss.unwrap_or(profile.loss),
            reports_loss: profile.reports_loss,
        }
    }

    /// Whether packets under it may fare differently.
    pub const fn is_random(&self) -> bool {
        let delays = self.delay.low.0 < self.delay.high.0 || self.late.is_some();
        delays || 0 < self.loss.0 && self.loss.0 < 1_000_000
    }

    /// How long a flight takes that has lasted for `elapsed` and is not over; `None` when under
    /// this law it would be. Exact: each flight that is left is as likely, beside the others, as it was.
    pub(in crate::cluster) fn longer(&self, elapsed: Span, rng: &mut Rng) -> Option<Span> {
        // No link is faster than 1 µs, so at the beginning nothing is over.
        let least = if elapsed == Span::ZERO { 0 } else { elapsed.0.checked_add(1)? };
        let plain = at_least(self.delay, least);
        let Some(tail) = self.late else {
            return Some(rng.span(plain?).max(Span(1)));
        };
        // Both kinds of flight, weighed by how many of each are left.
        let late = u128::from(tail.share.0) * pairs(self.delay, tail.extra, least);
        let on_time = u128::from(Ppm::ONE.0 - tail.share.0)
            * u128::from(plain.map_or(0, count))
            * u128::from(count(tail.extra));
        // Of the flights of a named network, the only ones that have a tail, there are not so many.
        let total = u64::try_from(late + on_time).ok().filter(|total| *total > 0)?;
        if u128::from(rng.below(total)) < on_time {
            return Some(rng.span(plain?).max(Span(1)));
        }
        // Of the pairs that this box holds, half at least are left.
        let delay = at_least(self.delay, least.saturating_sub(tail.extra.high.0))?;
        let extra = at_least(tail.extra, least.saturating_sub(self.delay.high.0))?;
        loop {
            let flight = rng.span(delay) + rng.span(extra);
            if flight.0 >= least {
                return Some(flight);
            }
        }
    }
}

const fn count(range: SpanRange) -> u64 {
    range.high.0.saturating_sub(range.low.0).saturating_add(1)
}

/// The part of the range from `least` on.
fn at_least(range: SpanRange, least: u64) -> Option<SpanRange> {
    let low = Span(least.max(range.low.0));
    (low <= range.high).then_some(SpanRange { low, ..range })
}

/// How many pairs of one span of each range come to `least` at least.
fn pairs(one: SpanRange, two: SpanRange, least: u64) -> u128 {
    let (m, n) = (count(one), count(two));
    let all = u128::from(m) * u128::from(n);
    // The others are the points of a triangle, without its corners outside of the rectangle.
    let Some(side) = least.checked_sub(one.low.0.saturating_add(two.low.0)) else { return all };
    let triangle =
        |side: Option<u64>| side.map_or(0, |side| u128::from(side) * (u128::from(side) + 1) / 2);
    let fewer = triangle(Some(side)) + triangle(side.checked_sub(m.saturating_add(n)));
    let corners = triangle(side.checked_sub(m)) + triangle(side.checked_sub(n));
    all - (fewer - corners).min(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::rng::Entity;

    const fn range(low: u64, high: u64) -> SpanRange {
        SpanRange { low: Span(low), high: Span(high) }
    }

    const fn law(delay: SpanRange, late: Option<&'static Tail>) -> Law {
        Law { delay, late, loss: Ppm::ZERO, reports_loss: false }
    }

    /// Every pair of a delay and an extra delay.
    #[test]
    fn pairs_are_counted() {
        for (one, two) in
            [(range(0, 4), range(3, 9)), (range(7, 7), range(0, 0)), (range(2, 9), range(1, 3))]
        {
            for least in 0..25 {
                let spans = |range: SpanRange| range.low.0..=range.high.0;
                let sums = spans(one).flat_map(|a| spans(two).map(move |b| a + b));
                let expected = sums.filter(|sum| *sum >= least).count() as u128;
                assert_eq!(pairs(one, two, least), expected, "{one} {two} {least}");
            }
        }
        let days = range(0, Span::MAX.0);
        assert!(pairs(days, days, Span::MAX.0) < pairs(days, days, 0), "nothing overflows");
    }

    /// Against flights that are drawn anew until one lasts longer.
    #[test]
    fn a_flight_that_is_drawn_again_is_one_that_lasted() {
        static TAIL: Tail = Tail { share: Ppm(300_000), extra: range(2, 6) };
        let delay = range(1, 5);
        let law = law(delay, Some(&TAIL));
        let mut rng = Rng::new(7, Entity::Lab);
        for elapsed in 0..12 {
            let (mut again, mut fresh) = ([0i64; 12], [0i64; 12]);
            for _ in 0..20_000 {
                let Some(flight) = law.longer(Span(elapsed), &mut rng) else { continue };
                again[flight.0 as usize] += 1;
                let lasted = std::iter::repeat_with(|| {
                    let extra = rng.chance(TAIL.share).then(|| rng.span(TAIL.extra));
                    rng.span(delay) + extra.unwrap_or_default()
                });
                let lasted = lasted.take(1_000_000).find(|flight| flight.0 > elapsed);
                fresh[lasted.expect("some last").0 as usize] += 1;
            }
            assert_eq!(again.iter().sum::<i64>() == 0, elapsed == 11, "11 is the longest");
            // A standard deviation of a difference is 100 at most.
            let near = |(one, two): (&i64, &i64)| (one - two).abs() < 450;
            assert!(again.iter().zip(&fresh).all(near), "after {elapsed}: {again:?} {fresh:?}");
        }
    }

    #[test]
    fn what_is_certain_stays_certain() {
        let mut rng = Rng::new(7, Entity::Lab);
        let fixed = law(range(30, 30), None);
        assert!(!fixed.is_random());
        assert!(Law { loss: Ppm(1), ..fixed }.is_random());
        assert!(!Law { loss: Ppm::ONE, ..fixed }.is_random());
        static TAIL: Tail = Tail { share: Ppm(1), extra: range(2, 6) };
        assert!(
            law(range(30, 31), None).is_random() && law(range(30, 30), Some(&TAIL)).is_random()
        );
        assert_eq!(fixed.longer(Span(29), &mut rng), Some(Span(30)));
        assert_eq!(fixed.longer(Span(30), &mut rng), None);
        assert_eq!(law(range(0, 0), None).longer(Span(0), &mut rng), Some(Span(1)));
        // One flight is left, and it is a late one, however rare these are.
        assert_eq!(law(range(1, 5), Some(&TAIL)).longer(Span(10), &mut rng), Some(Span(11)));
        static NEVER_LATE: Tail = Tail { share: Ppm::ZERO, extra: range(2, 6) };
        assert_eq!(law(range(1, 5), Some(&NEVER_LATE)).longer(Span(5), &mut rng), None);
    }
}
