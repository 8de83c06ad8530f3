//! Moments as rows. Everything in the diagram asks here where a moment stands, so that a line
//! ends in the row of the event to which it leads.

use crate::cluster::time::{Span, Time};
use crate::ui::view::Rows;

/// A pause that is longer has a row.
const PAUSE: Span = Span::from_millis(25);

/// Rows from top to bottom, a part of which is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// In order. The rows below what is seen are there too: a line that leads there has its true
    /// slant.
    rows: Vec<Row>,
    /// The first row that is seen, and how many are.
    first: usize,
    seen: usize,
}

/// A row of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it begins. It ends where the next begins.
    pub time: Time,
    /// Nothing happens in it, for so long.
    pub pause: Option<Span>,
}

impl Axis {
    /// The rows for these moments, in order and each once; that of `bottom` is the last that is
    /// seen, of `height` at most.
    pub fn of(rows: Rows, moments: &[Time], bottom: Time, height: u16) -> Self {
        let height = usize::from(height);
        let rows = match rows {
            Rows::Moments => with_pauses(moments),
            Rows::Each(span) => even(span, bottom, height),
        };
        let below = rows.partition_point(|row| row.time <= bottom);
        let first = below.saturating_sub(height);
        Self { seen: below - first, rows, first }
    }

    /// The row in which a moment stands, counted from the first that is seen: the last that
    /// does not begin after it.
    pub fn row(&self, time: Time) -> i32 {
        let place = self.rows.partition_point(|row| row.time <= time);
        place as i32 - 1 - self.first as i32
    }

    /// A row that is seen.
    pub fn get(&self, row: u16) -> Option<Row> {
        let row = usize::from(row);
        (row < self.seen).then(|| self.rows.get(self.first + row).copied()).flatten()
    }

    /// The last moment of a row that is seen.
    pub fn end(&self, row: u16) -> Time {
        let next = self.rows.get(self.first + usize::from(row) + 1);
        next.map_or(Time(u64::MAX), |next| Time(next.time.micros().saturating_sub(1)))
    }

    /// How many rows are seen.
    pub const fn len(&self) -> u16 {
        self.seen as u16
    }

    /// The first moment and the last that stand in rows that are seen.
    pub fn seen(&self) -> (Time, Time) {
        let first = self.rows.get(self.first).map_or(Time::START, |row| row.time);
        (first, self.end((self.seen as u16).saturating_sub(1)))
    }

    /// How many rows there are from this moment on, down to the last that is seen.
    pub fn rows_since(&self, from: Time) -> usize {
        let end = self.first + self.seen;
        end - self.rows.partition_point(|row| row.time < from).min(end)
    }
}

/// A row for each moment, and one between two that are far apart.
fn with_pauses(moments: &[Time]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(moments.len());
    for time in moments {
        if let Some(last) = rows.last()
            && time.since(last.time) > PAUSE
        {
            let pause = time.since(last.time);
            rows.push(Row { time: last.time + Span(1), pause: Some(pause) });
        }
        rows.push(Row { time: *time, pause: None });
    }
    rows
}

/// Rows of one length, the last of which holds `bottom`, and as many below.
fn even(span: Span, bottom: Time, height: usize) -> Vec<Row> {
    let span = span.micros().max(1);
    let last = bottom.micros() / span;
    let first = last.saturating_sub(height.saturating_sub(1) as u64);
    let end = last.saturating_add(height as u64);
    let row = |row: u64| Row { time: Time(row.saturating_mul(span)), pause: None };
    (first..=end).map(row).collect()
}
