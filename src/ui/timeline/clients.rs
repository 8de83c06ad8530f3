//! The rows of clients: what they asked, and what came of it.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use super::NAMES;
use super::rows::Chart;
use crate::cluster::history::Record;
use crate::cluster::time::Time;
use crate::cluster::types::{ClientId, Outcome};
use crate::ui::canvas::Canvas;

/// How many operations are looked at, from the newest back. A chart has fewer columns.
const RECORDS_MAX: usize = 10_000;

impl Chart<'_> {
    /// What clients asked, for those that asked something in this window: a row for each, and
    /// the last row for all that are left.
    pub fn clients(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let shown = |(_, record): &(usize, &Record)| {
            self.window.shows(record.called, record.returned.as_ref().map(|end| end.at))
        };
        let active: BTreeSet<ClientId> =
            self.records().filter(shown).map(|(_, record)| record.client).collect();
        let active: Vec<ClientId> = active.into_iter().collect();
        let rows = usize::from(area.height).min(active.len());
        if rows == 0 {
            return;
        }
        let width = usize::from(self.window.width);
        let mut cells = vec![Cell::Idle; rows * width];
        let violation = self.scene.cluster.violation();
        let clashing = violation.map_or(&[][..], |violation| &violation.records);
        for (place, record) in self.records().filter(shown) {
            let Ok(row) = active.binary_search(&record.client) else { continue };
            let columns = self.columns(record.called, record.returned.as_ref().map(|end| end.at));
            let first = row.min(rows - 1) * width;
            let clashes = clashing.contains(&place);
            let cell = if clashes { Cell::Clashes } else { Cell::of(record) };
            for place in &mut cells[first + columns.start..first + columns.end] {
                *place = cell.max(*place);
            }
        }
        for (number, cells) in cells.chunks(width.max(1)).enumerate() {
            let sharing =
                if number + 1 == rows { &active[number..] } else { &active[number..=number] };
            self.clients_name(canvas, area, number as u16, sharing);
            let (plain, broken) = (canvas.theme().plain(), canvas.theme().broken());
            let mut pen = canvas.pen_at(self.window.x, area.y + number as u16, self.window.width);
            for cell in cells {
                let style = if *cell == Cell::Clashes { broken } else { plain };
                pen.style(style).put(cell.mark());
            }
        }
    }

    /// The name before a row, or how many share it.
    fn clients_name(&self, canvas: &mut Canvas<'_>, area: Rect, row: u16, clients: &[ClientId]) {
        let names = Rect { width: NAMES - 1, ..area };
        let mut pen = canvas.pen(names, row);
        pen.skip(1);
        match clients {
            [only] => pen.user(self.scene.cluster.names().client(*only)),
            several => pen.put(several.len()).put(" more"),
        };
    }

    /// The columns of an operation, counted from the first of the chart.
    fn columns(&self, from: Time, until: Option<Time>) -> std::ops::Range<usize> {
        let (first, last) = self.ends(from, until);
        usize::from(first - self.window.x)..usize::from(last - self.window.x) + 1
    }

    /// The newest operations that were called before the window's end, with their places in the
    /// history.
    fn records(&self) -> impl Iterator<Item = (usize, &Record)> {
        let records = self.scene.cluster.history().records();
        let (mut low, mut high) = (0, records.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let before = records.get(middle).is_some_and(|one| one.called <= self.window.end());
            if before { low = middle + 1 } else { high = middle }
        }
        let first = low.saturating_sub(RECORDS_MAX);
        (first..).zip(records.iter_from(first)).take(low - first)
    }
}

/// What a column says of a client; later ones win over earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Idle,
    Answered,
    Maybe,
    Waits,
    /// What it was told can't be right together with what others were.
    Clashes,
}

impl Cell {
    fn of(record: &Record) -> Self {
        match record.returned.as_ref().map(|end| end.outcome) {
            None => Self::Waits,
            Some(Outcome::Maybe) => Self::Maybe,
            Some(Outcome::Ok | Outcome::NoKey | Outcome::Version) => Self::Answered,
        }
    }

    const fn mark(self) -> char {
        match self {
            Self::Idle => ' ',
            Self::Answered => '■',
            Self::Maybe => '?',
            Self::Waits => '□',
            Self::Clashes => '!',
        }
    }
}
