//! The rows of the timeline.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::NAMES;
use super::story::{Blow, Reign, Story};
use super::window::{Window, seconds};
use crate::cluster::client::Client;
use crate::cluster::history::Record;
use crate::cluster::time::Time;
use crate::cluster::types::{ClientId, Outcome, Term};
use crate::ui::canvas::Canvas;
use crate::ui::text::Spaced;
use crate::ui::theme::Theme;
use crate::ui::view::Scene;

/// How many operations are looked at, from the newest back. A chart has fewer columns.
const RECORDS_MAX: usize = 10_000;

/// How far a mark gives way to others, in columns.
const ASIDE_MAX: u16 = 4;

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
        let mut marks: Vec<(Time, char, Style)> = Vec::new();
        marks.extend(self.story.cuts.iter().map(|cut| (cut.from, '╳', theme.bold())));
        let blow = |blow: &Blow| (blow.at, blow.mark, self.blow_style(blow, theme));
        marks.extend(self.story.blows.iter().map(blow));
        for client in self.scene.cluster.clients() {
            let letter = client.name.chars().next().unwrap_or('?');
            marks.extend(waits_since(client).map(|since| (since, letter, theme.bold())));
        }
        marks.retain(|(at, ..)| self.window.contains(*at));
        let busy: Vec<u16> = marks.iter().map(|(at, ..)| self.window.column(*at)).collect();
        self.leaders(canvas, row.y, "", &busy);
        // The start of the window says which part of the run this is.
        let start = seconds(self.window.start, usize::from(self.window.start != Time::START));
        let width = start.len() as u16 + 1;
        canvas.clear(Rect { width, ..row }.intersection(row));
        canvas.pen(row, 0).style(theme.dim()).put(start);
        for (at, mark, style) in marks {
            self.put(canvas, row.y, at, mark, style);
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
        self.leaders(canvas, area.y + 1, "term ", &[]);
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

    /// Who led, as bands in the hue of the term; dots where nobody did. Words keep off the busy
    /// columns.
    fn leaders(&self, canvas: &mut Canvas<'_>, y: u16, term: &str, busy: &[u16]) {
        let theme = canvas.theme();
        let end = self.now().min(self.window.end());
        for x in self.window.x..=self.window.column(end) {
            canvas.glyph(x, y, '·', theme.dim());
        }
        let mut free = self.window.start;
        for reign in &self.story.reigns {
            self.interregnum(canvas, y, (free, reign.from), busy);
            free = reign.until.unwrap_or(end);
        }
        self.interregnum(canvas, y, (free, end), busy);
        for (place, reign) in self.story.reigns.iter().enumerate() {
            if self.window.shows(reign.from, reign.until) {
                let next = self.story.reigns.get(place + 1).map(|next| next.from);
                self.band(canvas, y, reign, next);
                self.band_words(canvas, y, reign, term, busy);
            }
        }
    }

    /// In a time without a leader: the term in which nobody won.
    fn interregnum(
        &self,
        canvas: &mut Canvas<'_>,
        y: u16,
        (from, until): (Time, Time),
        busy: &[u16],
    ) {
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
        if let Some(x) = centred(left, right, words.len() as u16 + 2, busy) {
            canvas.pen_at(x + 1, y, words.len() as u16).put(words);
        }
    }

    fn band(&self, canvas: &mut Canvas<'_>, y: u16, reign: &Reign, next: Option<Time>) {
        let style = canvas.theme().number(reign.term);
        let (left, right) = self.ends(reign);
        canvas.clear(Rect { x: left, y, width: right - left + 1, height: 1 });
        for x in left..=right {
            canvas.glyph(x, y, '─', style);
        }
        if self.window.contains(reign.from) {
            canvas.glyph(left, y, '├', style);
        }
        // Where another takes over at once, its own beginning ends this one.
        let ended = reign.until.is_some_and(|until| self.window.contains(until));
        if right > left && next != reign.until && ended {
            canvas.glyph(right, y, '┤', style);
        }
    }

    /// The first and the last column of a reign.
    fn ends(&self, reign: &Reign) -> (u16, u16) {
        let until = reign.until.unwrap_or_else(|| self.now());
        (self.window.column(reign.from), self.window.column(until))
    }

    /// Term and leader, in the longest words for which there is room.
    fn band_words(&self, canvas: &mut Canvas<'_>, y: u16, reign: &Reign, term: &str, busy: &[u16]) {
        let (left, right) = self.ends(reign);
        let words = [
            format!(" {term}{}: {} ", reign.term, reign.server),
            format!(" {}: {} ", reign.term, reign.server),
            format!("{}", reign.term),
        ];
        let placed = words
            .iter()
            .find_map(|words| Some((centred(left + 1, right, words.len() as u16, busy)?, words)));
        if let Some((x, words)) = placed {
            let style = canvas.theme().number(reign.term);
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
            marks.push((blow.at, blow.mark, names, self.blow_style(blow, theme)));
        }
        marks.sort_by_key(|(at, ..)| *at);
        let mut free = self.window.x;
        for (place, (at, mark, names, style)) in marks.iter().enumerate() {
            // Marks in one column stand side by side, as long as they stay near their moment.
            let x = self.window.column(*at).max(free);
            if x > self.window.column(*at) + ASIDE_MAX || x >= self.end() {
                continue;
            }
            canvas.clear(Rect { x, y, width: 1, height: 1 });
            canvas.glyph(x, y, *mark, *style);
            free = x + 1;
            let next = marks.get(place + 1).map_or(self.end(), |(at, ..)| self.window.column(*at));
            let width = names.chars().count() as u16 + 2;
            if width > 2 && free + width <= next {
                canvas.pen_at(free, y, width).put(' ').user(names).put(' ');
                free += width;
            }
        }
    }

    /// The first column after the chart.
    const fn end(&self) -> u16 {
        self.window.x.saturating_add(self.window.width)
    }

    fn blow_style(&self, blow: &Blow, theme: Theme) -> Style {
        if blow.mark == '!' { theme.broken() } else { theme.bold() }
    }

    /// What clients asked, for those that asked something in this window: a row for each, and
    /// the last row for all that are left.
    fn clients(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let shown = |record: &&Record| {
            self.window.shows(record.called, record.returned.as_ref().map(|end| end.at))
        };
        let active: BTreeSet<ClientId> =
            self.records().filter(shown).map(|record| record.client).collect();
        let active: Vec<ClientId> = active.into_iter().collect();
        let rows = usize::from(area.height).min(active.len());
        if rows == 0 {
            return;
        }
        let width = usize::from(self.window.width);
        let mut cells = vec![Cell::Idle; rows * width];
        for record in self.records().filter(shown) {
            let Ok(row) = active.binary_search(&record.client) else { continue };
            let columns = self.columns(record.called, record.returned.as_ref().map(|end| end.at));
            let first = row.min(rows - 1) * width;
            let cell = Cell::of(record);
            for place in &mut cells[first + columns.start..first + columns.end] {
                *place = cell.max(*place);
            }
        }
        for (number, cells) in cells.chunks(width.max(1)).enumerate() {
            let sharing =
                if number + 1 == rows { &active[number..] } else { &active[number..=number] };
            self.clients_name(canvas, area, number as u16, sharing);
            let mut pen = canvas.pen_at(self.window.x, area.y + number as u16, self.window.width);
            for cell in cells {
                pen.put(cell.mark());
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

/// Where something of this width begins that stands in the middle of these columns, or as near
/// to it as the busy ones allow; `None` if it does not fit.
fn centred(left: u16, right: u16, width: u16, busy: &[u16]) -> Option<u16> {
    let last = right.checked_sub(width).filter(|last| *last >= left)?;
    let middle = left + (last - left) / 2;
    let free = |x: &u16| !busy.iter().any(|column| (*x..*x + width).contains(column));
    (left..=last).filter(free).min_by_key(|x| x.abs_diff(middle))
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
