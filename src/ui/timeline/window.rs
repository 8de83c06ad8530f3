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
const TICK_WIDTH: u64 = 12;
/// The most ticks of an axis.
const TICKS_MAX: u64 = 64;

impl Window {
    /// The window as the view says. While the run is shorter than it, it begins with the run.
    pub fn new(chart: Rect, view: TimelineWindow, now: Time) -> Self {
        let end = view.end.unwrap_or(now);
        let (start, span) = match view.span {
            TimelineSpan::Whole => (Time::START, now.since(Time::START)),
            TimelineSpan::Last(span) => (end - span, span),
        };
        Self { start, span: span.max(Span(1)), x: chart.x, width: chart.width }
    }

    pub fn end(&self) -> Time {
        self.start + self.span
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
            u128::from(*length) * columns >= u128::from(TICK_WIDTH * self.span.micros())
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
pub fn seconds(moment: Time, digits: usize) -> String {
    let (whole, micros) = (moment.micros() / 1_000_000, moment.micros() % 1_000_000);
    match digits {
        0 => format!("{whole} s"),
        _ => format!("{whole}.{} s", &format!("{micros:06}")[..digits.min(6)]),
    }
}
