//! Moments as columns, and columns as moments.

use ratatui::layout::Rect;

use crate::cluster::time::{Span, Time};
use crate::ui::view::{TimelineSpan, TimelineWindow};

/// The part of the run that is shown, and the columns that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: Time,
    pub span: Span,
    /// The first column and how many there are.
    pub x: u16,
    pub width: u16,
}

/// Lengths between two ticks of the axis, in microseconds, each with digits after the point of
/// a second that its multiples need.
const TICKS: [(u64, usize); 19] = [
    (1_000, 3),
    (2_000, 3),
    (5_000, 3),
    (10_000, 2),
    (20_000, 2),
    (50_000, 2),
    (100_000, 1),
    (200_000, 1),
    (500_000, 1),
    (1_000_000, 0),
    (2_000_000, 0),
    (5_000_000, 0),
    (10_000_000, 0),
    (30_000_000, 0),
    (60_000_000, 0),
    (300_000_000, 0),
    (900_000_000, 0),
    (3_600_000_000, 0),
    (36_000_000_000, 0),
];
/// The least columns between two ticks.
const TICK_WIDTH: u128 = 12;
/// The most ticks of an axis.
const TICKS_MAX: u64 = 64;

impl Window {
    /// The window as the view says. While the run is shorter than it, it begins with the run.
    pub fn new(chart: Rect, view: TimelineWindow, now: Time) -> Self {
        let newest = view.newest.unwrap_or(now).max(now);
        let (start, span) = match view.span {
            TimelineSpan::Whole => (Time::START, newest.since(Time::START)),
            // While the past that one looks at is near enough, the newest moment stays in sight.
            TimelineSpan::Last(span) if now >= newest - span => (newest - span, span),
            TimelineSpan::Last(span) => (now - Span(span.micros() / 2), span),
        };
        Self { start, span: span.max(Span(1)), x: chart.x, width: chart.width }
    }

    pub fn end(&self) -> Time {
        self.start + self.span
    }

    /// Where the window begins: "0 s", "4.2 s".
    pub fn start_words(&self) -> String {
        seconds(self.start, usize::from(self.start != Time::START))
    }

    /// The column of a moment; those outside of the window are at its first or last column.
    pub fn column(&self, moment: Time) -> u16 {
        let last = u128::from(self.width.saturating_sub(1));
        let passed = u128::from(moment.since(self.start).micros());
        let column = (passed * last / u128::from(self.span.micros())).min(last);
        self.x + column as u16
    }

    /// The moment in the middle of a column; `None` outside of the chart.
    pub fn moment(&self, x: u16) -> Option<Time> {
        let column = x.checked_sub(self.x).filter(|column| *column < self.width)?;
        let last = u128::from(self.width.saturating_sub(1).max(1));
        let passed = u128::from(self.span.micros()) * u128::from(column) / last;
        Some(self.start + Span(passed as u64))
    }

    /// Whether any of the time between these two is shown; `until` may lie open.
    pub fn shows(&self, from: Time, until: Option<Time>) -> bool {
        from <= self.end() && until.is_none_or(|until| until >= self.start)
    }

    /// Whether this moment is shown.
    pub fn contains(&self, moment: Time) -> bool {
        self.shows(moment, Some(moment))
    }

    /// The ticks of the axis, each with its words: "4 s", "4.2 s".
    pub fn ticks(&self) -> Vec<(u16, String)> {
        let columns = u128::from(self.width.max(1));
        let wide = |(length, _): &&(u64, usize)| {
            u128::from(*length) * columns >= TICK_WIDTH * u128::from(self.span.micros())
        };
        let Some((length, digits)) = TICKS.iter().find(wide) else { return Vec::new() };
        let first = self.start.micros().div_ceil(*length);
        (first..first.saturating_add(TICKS_MAX))
            .map(|tick| Time(tick.saturating_mul(*length)))
            .take_while(|moment| *moment <= self.end())
            .map(|moment| (self.column(moment), seconds(moment, *digits)))
            .collect()
    }
}

/// "4.20 s" with so many digits after the point.
fn seconds(moment: Time, digits: usize) -> String {
    let (whole, micros) = (moment.micros() / 1_000_000, moment.micros() % 1_000_000);
    match digits {
        0 => format!("{whole} s"),
        _ => format!("{whole}.{} s", &format!("{micros:06}")[..digits.min(6)]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(width: u16, view: TimelineWindow, now: u64) -> Window {
        Window::new(Rect { x: 8, y: 0, width, height: 5 }, view, Time(now))
    }

    fn last(micros: u64) -> TimelineWindow {
        TimelineWindow { span: TimelineSpan::Last(Span(micros)), ..TimelineWindow::default() }
    }

    #[test]
    fn a_short_run_begins_at_the_left_and_a_long_one_ends_at_the_right() {
        let young = window(101, last(5_000_000), 1_000_000);
        assert_eq!((young.start, young.column(Time(1_000_000))), (Time(0), 8 + 20));
        let old = window(101, last(5_000_000), 9_000_000);
        assert_eq!((old.start, old.column(Time(9_000_000))), (Time(4_000_000), 8 + 100));
        let whole = TimelineWindow { span: TimelineSpan::Whole, ..TimelineWindow::default() };
        let whole = window(101, whole, 9_000_000);
        assert_eq!((whole.start, whole.end()), (Time(0), Time(9_000_000)));
    }

    #[test]
    fn ticks_are_round_and_far_enough_apart() {
        let words = |micros, now| -> Vec<String> {
            window(106, last(micros), now).ticks().into_iter().map(|(_, words)| words).collect()
        };
        assert_eq!(words(5_000_000, 4_855_000), ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s"]);
        assert_eq!(words(1_000_000, 4_100_000)[..2], ["3.2 s", "3.4 s"]);
        assert_eq!(words(10_000, 4_105_000)[..2], ["4.096 s", "4.098 s"]);
        assert_eq!(words(u64::MAX, 5), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_column_is_where_its_moment_is(
            width in 2u16..200, span in 1_000u64..100_000_000, now in 0u64..1_000_000_000,
            column in 0u16..200,
        ) {
            let window = window(width, last(span), now);
            prop_assume!(column < width);
            let moment = window.moment(8 + column).unwrap();
            prop_assert!(window.contains(moment));
            prop_assert!((window.column(moment) - 8).abs_diff(column) <= 1);
            prop_assert_eq!(window.moment(8 + width), None);
            prop_assert_eq!(window.moment(7), None);
            let ticks = window.ticks();
            prop_assert!(ticks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 10));
            prop_assert!(ticks.iter().all(|(x, _)| *x >= 8 && *x < 8 + width));
        }

        /// No moment and no window, however far, is outside of the chart.
        #[test]
        fn columns_stay_inside(
            width in 1u16..200, span in any::<u64>(), now in any::<u64>(), moment in any::<u64>(),
        ) {
            let window = window(width, last(span), now);
            let column = window.column(Time(moment));
            prop_assert!((8..8 + width).contains(&column));
            prop_assert!(window.ticks().len() <= 64);
        }
    }
}
