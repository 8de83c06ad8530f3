//! The rows of the timeline.

use std::fmt::Write as _;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::NAMES;
use super::story::{Blow, Reign, Story};
use super::window::{Window, seconds};
use crate::cluster::client::Client;
use crate::cluster::history::Record;
use crate::cluster::time::Time;
use crate::cluster::types::{Outcome, Term};
use crate::ui::canvas::Canvas;
use crate::ui::text::Spaced;
use crate::ui::view::Scene;

/// How many operations are looked at, from the newest back. A chart has fewer columns.
const RECORDS_MAX: usize = 10_000;

/// Everything that the rows are made from.
pub struct Chart<'a> {
    pub scene: &'a Scene<'a>,
    pub story: &'a Story,
    pub window: Window,
}

impl Chart<'_> {
    fn now(&self) -> Time {
        self.scene.cluster.now()
    }

    /// Everything in one row.
    pub fn single(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme();
        let row = Rect { height: 1, ..area };
        self.leaders(canvas, row.y, "");
        // The start of the window says which part of the run this is.
        let start = seconds(self.window.start, usize::from(self.window.start != Time::START));
        canvas.pen(row, 0).style(theme.dim()).put(start).put(' ');
        for cut in self.story.cuts.iter().filter(|cut| self.window.contains(cut.from)) {
            self.put(canvas, row.y, cut.from, '╳', theme.bold());
        }
        for blow in self.story.blows.iter().filter(|blow| self.window.contains(blow.at)) {
            self.put(canvas, row.y, blow.at, blow.mark, self.blow_style(blow, canvas));
        }
        for client in self.scene.cluster.clients() {
            if let Some(since) = waits_since(client).filter(|since| self.window.contains(*since)) {
                let letter = client.name.chars().next().unwrap_or('?');
                self.put(canvas, row.y, since, letter, theme.bold());
            }
        }
        self.now_and_cursor(canvas, row);
    }

    /// Axis, leaders, faults and clients, each in a row of its own.
    pub fn rows(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.axis(canvas, area);
        let name = |canvas: &mut Canvas<'_>, row: u16, name: &str| {
            let names = Rect { width: NAMES, ..area };
            canvas.pen(names, row).skip(1).put(name);
        };
        name(canvas, 1, "leader");
        self.leaders(canvas, area.y + 1, "term ");
        name(canvas, 2, "faults");
        self.faults(canvas, area.y + 2);
        let clients = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
        self.clients(canvas, clients);
        self.now_and_cursor(canvas, area);
    }

    fn put(&self, canvas: &mut Canvas<'_>, y: u16, at: Time, mark: char, style: Style) {
        let x = self.window.column(at);
        canvas.clear(Rect { x, y, width: 1, height: 1 });
        canvas.pen_at(x, y, 1).style(style).put(mark);
    }

    fn axis(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let style = canvas.theme().dim();
        for x in area.left()..area.right() {
            canvas.glyph(x, area.y, '─', style);
        }
        let right = self.window.x + self.window.width;
        for (x, words) in self.window.ticks() {
            let mut pen = canvas.pen_at(x, area.y, right.saturating_sub(x));
            pen.style(style).put('┬').put(' ').put(words).put(' ');
        }
    }

    /// Who led, as bands in the hue of the term; dots where nobody did.
    fn leaders(&self, canvas: &mut Canvas<'_>, y: u16, term: &str) {
        let theme = canvas.theme();
        let end = self.now().min(self.window.end());
        for x in self.window.x..=self.window.column(end) {
            canvas.glyph(x, y, '·', theme.dim());
        }
        let mut free = self.window.start;
        for reign in &self.story.reigns {
            self.interregnum(canvas, y, free, reign.from);
            free = reign.until.unwrap_or(end);
        }
        self.interregnum(canvas, y, free, end);
        for (place, reign) in self.story.reigns.iter().enumerate() {
            if self.window.shows(reign.from, reign.until) {
                let next = self.story.reigns.get(place + 1).map(|next| next.from);
                self.band(canvas, y, reign, next, term);
            }
        }
    }

    /// In a time without a leader: the term in which nobody won.
    fn interregnum(&self, canvas: &mut Canvas<'_>, y: u16, from: Time, until: Time) {
        if until <= from || !self.window.shows(from, Some(until)) {
            return;
        }
        // Both lists are in the order of their terms as well as of their times.
        let (elections, reigns) = (&self.story.elections, &self.story.reigns);
        let first = elections.partition_point(|(at, _)| *at < from);
        let end = elections.partition_point(|(at, _)| *at < until);
        let won = |term: &Term| reigns.binary_search_by_key(term, |reign| reign.term).is_ok();
        let lost = elections[first..end].iter().rfind(|(_, term)| !won(term));
        let Some((_, term)) = lost else { return };
        let words = format!(" {term}: none ");
        let (left, right) = (self.window.column(from), self.window.column(until));
        if let Some(x) = centred(left, right, words.len() as u16 + 2) {
            canvas.pen_at(x + 1, y, words.len() as u16).put(words);
        }
    }

    fn band(&self, canvas: &mut Canvas<'_>, y: u16, reign: &Reign, next: Option<Time>, term: &str) {
        let style = canvas.theme().number(reign.term);
        let until = reign.until.unwrap_or_else(|| self.now());
        let (left, right) = (self.window.column(reign.from), self.window.column(until));
        canvas.clear(Rect { x: left, y, width: right - left + 1, height: 1 });
        for x in left..=right {
            canvas.glyph(x, y, '─', style);
        }
        if self.window.contains(reign.from) {
            canvas.glyph(left, y, '├', style);
        }
        // Where another takes over at once, its own beginning ends this one.
        if right > left && next != reign.until && self.window.contains(until) {
            canvas.glyph(right, y, '┤', style);
        }
        let words = [
            format!(" {term}{}: {} ", reign.term, reign.server),
            format!(" {}: {} ", reign.term, reign.server),
            format!("{}", reign.term),
        ];
        let placed = words
            .iter()
            .find_map(|words| Some((centred(left + 1, right, words.len() as u16)?, words)));
        if let Some((x, words)) = placed {
            canvas.pen_at(x, y, words.len() as u16).style(style).put(words);
        }
    }

    /// What was done to the cluster: a letter and names at its moment, a line while links are
    /// cut. Names are left out where the next mark stands.
    fn faults(&self, canvas: &mut Canvas<'_>, y: u16) {
        let theme = canvas.theme();
        let mut marks: Vec<(Time, char, String, Style)> = Vec::new();
        for cut in &self.story.cuts {
            if self.window.shows(cut.from, cut.until) {
                let until = cut.until.unwrap_or_else(|| self.now());
                let (left, right) = (self.window.column(cut.from), self.window.column(until));
                canvas.pen_at(left, y, right - left + 1).put(Repeated('─', right - left + 1));
                marks.push((cut.from, '╳', cut.label.clone(), theme.bold()));
            }
        }
        for blow in self.story.blows.iter().filter(|blow| self.window.contains(blow.at)) {
            let names = Spaced(blow.servers.iter()).to_string();
            marks.push((blow.at, blow.mark, names, self.blow_style(blow, canvas)));
        }
        marks.sort_by_key(|(at, ..)| *at);
        let ends = marks.iter().skip(1).map(|(at, ..)| self.window.column(*at));
        let ends: Vec<u16> = ends.chain([self.window.x + self.window.width]).collect();
        for ((at, mark, names, style), end) in marks.iter().zip(ends) {
            let x = self.window.column(*at);
            self.put(canvas, y, *at, *mark, *style);
            if x + 3 + names.chars().count() as u16 <= end && !names.is_empty() {
                canvas.pen_at(x + 1, y, end - x - 1).put(' ').user(names).put(' ');
            }
        }
    }

    fn blow_style(&self, blow: &Blow, canvas: &Canvas<'_>) -> Style {
        if blow.mark == '!' { canvas.theme().broken() } else { canvas.theme().bold() }
    }

    /// What clients asked: a row for each; when there are more clients than rows, the rest share
    /// the last one.
    fn clients(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let clients = self.scene.cluster.clients();
        let rows = usize::from(area.height).min(clients.len());
        if rows == 0 {
            return;
        }
        let row = |client: usize| client.min(rows - 1);
        let width = usize::from(self.window.width);
        let mut cells = vec![Cell::Idle; rows * width];
        for record in self.records() {
            let (from, until) = (record.called, record.returned.as_ref().map(|end| end.at));
            if !self.window.shows(from, until) {
                continue;
            }
            let columns = self.columns(from, until);
            let first = row(record.client.index()) * width;
            let cell = Cell::of(record);
            for place in &mut cells[first + columns.start..first + columns.end] {
                *place = cell.max(*place);
            }
        }
        for (number, cells) in (0..).zip(cells.chunks(width.max(1))) {
            let mut pen = canvas.pen_at(self.window.x, area.y + number, self.window.width);
            for cell in cells {
                pen.put(cell.mark());
            }
        }
        for number in 0..rows {
            let names = Rect { width: NAMES - 1, ..area };
            let mut pen = canvas.pen(names, number as u16);
            pen.skip(1);
            match &clients[number..] {
                [_, others @ ..] if number + 1 == rows && !others.is_empty() => {
                    pen.put(others.len() + 1).put(" more");
                }
                [client, ..] => {
                    pen.user(&client.name);
                }
                [] => {}
            }
        }
    }

    /// The columns of an operation, counted from the first of the chart.
    fn columns(&self, from: Time, until: Option<Time>) -> std::ops::Range<usize> {
        let until = until.unwrap_or_else(|| self.now());
        let place = |moment| usize::from(self.window.column(moment) - self.window.x);
        place(from)..place(until) + 1
    }

    /// The newest operations that were called before the window's end.
    fn records(&self) -> impl Iterator<Item = &Record> {
        let records = self.scene.cluster.history().records();
        let (mut low, mut high) = (0, records.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let before = records.get(middle).is_some_and(|one| one.called <= self.window.end());
            if before { low = middle + 1 } else { high = middle }
        }
        records.focus().narrow(low.saturating_sub(RECORDS_MAX)..low).into_iter()
    }

    fn now_and_cursor(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme();
        let leaders = if area.height > 1 { area.y + 1 } else { area.y };
        if self.window.contains(self.now()) {
            self.put(canvas, leaders, self.now(), '▼', theme.bold());
            if area.height > 1 {
                let x = self.window.column(self.now()) + 1;
                canvas.pen_at(x, leaders, area.right().saturating_sub(x).min(4)).put(" now");
            }
        }
        let cursor = self.scene.view.timeline.cursor.filter(|at| self.window.contains(*at));
        if let Some(cursor) = cursor {
            for y in area.top()..area.bottom() {
                self.put(canvas, y, cursor, '│', theme.bold());
            }
        }
    }
}

/// Where something of this width begins that stands in the middle of these columns; `None` if
/// it does not fit.
fn centred(left: u16, right: u16, width: u16) -> Option<u16> {
    let room = right.checked_sub(left)?;
    room.checked_sub(width).map(|spare| left + spare / 2)
}

/// Since when a client waits for an answer.
fn waits_since(client: &Client) -> Option<Time> {
    client.job.as_ref()?.call.as_ref().map(|call| call.since)
}

/// What a column says of a client; later ones win over earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Idle,
    Answered,
    Maybe,
    Waits,
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
        }
    }
}

/// A character several times.
struct Repeated(char, u16);

impl std::fmt::Display for Repeated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (0..self.1).try_for_each(|_| f.write_char(self.0))
    }
}
