//! The chart: which rows there are, and what is laid over them all.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::NAMES;
use super::story::{Blow, Story};
use super::window::Window;
use crate::cluster::client::Client;
use crate::cluster::time::Time;
use crate::ui::canvas::{Canvas, Focus};
use crate::ui::theme::Theme;
use crate::ui::view::{Pane, PinKind, Scene};

/// The most columns for the name of a mark.
const NAME_MAX: u16 = 12;

/// Something that happened at a moment.
pub struct Mark {
    pub at: Time,
    pub letter: char,
    /// Whom it befell; may be left out.
    pub names: String,
    pub style: Style,
}

/// Which columns of a row are taken.
pub struct Taken {
    first: u16,
    columns: Vec<bool>,
}

impl Taken {
    pub fn none(window: &Window) -> Self {
        Self { first: window.x, columns: vec![false; usize::from(window.width)] }
    }

    pub fn take(&mut self, columns: Range<u16>) {
        for x in columns {
            let place = x.checked_sub(self.first).map(usize::from);
            if let Some(column) = place.and_then(|place| self.columns.get_mut(place)) {
                *column = true;
            }
        }
    }

    /// Whether all these columns are in the chart and free.
    pub fn is_free(&self, mut columns: Range<u16>) -> bool {
        columns.all(|x| {
            let place = x.checked_sub(self.first).map(usize::from);
            place.and_then(|place| self.columns.get(place)) == Some(&false)
        })
    }
}

/// Everything that the rows are made from.
pub struct Chart<'a> {
    pub scene: &'a Scene<'a>,
    pub story: &'a Story,
    pub window: Window,
}

impl Chart<'_> {
    pub fn now(&self) -> Time {
        self.scene.cluster.now()
    }

    /// How far the run goes: beyond now, when one looks at the past.
    pub fn newest(&self) -> Time {
        self.scene.view.timeline.newest.unwrap_or(self.now()).max(self.now())
    }

    /// Everything in one row.
    pub fn single(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme();
        let row = Rect { height: 1, ..area };
        let mark = |at, letter, style| Mark { at, letter, names: String::new(), style };
        let (cuts, blows) = (self.story.cuts.iter(), self.story.blows.iter());
        let mut marks: Vec<Mark> = cuts.map(|cut| mark(cut.from, '╳', theme.bold())).collect();
        marks.extend(blows.map(|blow| mark(blow.at, blow.letter, blow_style(blow, theme))));
        for client in self.scene.cluster.clients() {
            let letter = client.name.chars().next().unwrap_or('?');
            marks.extend(waits_since(client).map(|since| mark(since, letter, theme.bold())));
        }
        // Where marks will stand, the words of the bands don't.
        let mut taken = Taken::none(&self.window);
        for mark in marks.iter().filter(|mark| self.window.contains(mark.at)) {
            let x = self.window.column(mark.at);
            taken.take(x..x + 1);
        }
        // What was done to the cluster comes first: what somebody has marked has the columns between.
        for pin in self.pins(theme) {
            let x = self.window.column(pin.at);
            if self.window.contains(pin.at) && taken.is_free(x..x + 1) {
                taken.take(x..x + 1);
                marks.push(Mark { names: String::new(), ..pin });
            }
        }
        self.leaders(canvas, row.y, "", &taken);
        self.marks(canvas, row.y, marks);
        // The start of the window says which part of the run this is.
        canvas.pen(row, 0).style(self.axis_style(theme)).put(self.window.start_words());
        self.now_and_cursor(canvas, row);
        // A run that has stopped for good stands where it did: that is said, and not that it is now.
        let ends = self.story.blows.iter().filter(|blow| matches!(blow.letter, '!' | 'E'));
        for blow in ends.filter(|blow| self.window.contains(blow.at)) {
            self.put(canvas, row.y, blow.at, blow.letter, blow_style(blow, theme));
        }
    }

    /// Axis, leaders, faults and clients, each in a row of its own.
    pub fn rows(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.axis(canvas, area);
        let name = |canvas: &mut Canvas<'_>, row: u16, name: &str| {
            let names = Rect { width: NAMES, ..area };
            canvas.pen(names, row).skip(1).put(name);
        };
        name(canvas, 1, "leader");
        self.leaders(canvas, area.y + 1, "term ", &Taken::none(&self.window));
        name(canvas, 2, "faults");
        self.faults(canvas, area.y + 2);
        let clients = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
        self.clients(canvas, clients);
        self.now_and_cursor(canvas, area);
    }

    /// The moments that somebody has marked, the most wanted first: bookmarks, breakpoints that were
    /// reached, the marks of the script with their names.
    fn pins(&self, theme: Theme) -> Vec<Mark> {
        let of = |kind: PinKind, letter: char| {
            let pins = self.scene.view.pins.iter().filter(move |pin| pin.kind == kind);
            pins.map(move |pin| (pin.at, letter, String::new()))
        };
        let glyphs = theme.glyphs;
        let marks = self.story.marks.iter().map(|(at, name)| {
            let whole = glyphs.user_width(name, NAME_MAX) <= NAME_MAX;
            (*at, '◇', if whole { name.to_string() } else { String::new() })
        });
        of(PinKind::Bookmark, '◆')
            .chain(of(PinKind::Breakpoint, '‖'))
            .chain(marks)
            .map(|(at, letter, names)| Mark { at, letter, names, style: theme.bold() })
            .collect()
    }

    fn put(&self, canvas: &mut Canvas<'_>, y: u16, at: Time, mark: char, style: Style) {
        let x = self.window.column(at);
        canvas.clear(Rect { x, y, width: 1, height: 1 });
        canvas.pen_at(x, y, 1).style(style).put(mark);
    }

    /// The style of axis and start: they stand out when the timeline has the focus.
    fn axis_style(&self, theme: Theme) -> Style {
        match self.scene.focus(Pane::Timeline) {
            Focus::Here => theme.bold(),
            Focus::Elsewhere => theme.dim(),
        }
    }

    fn axis(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let style = self.axis_style(canvas.theme());
        for x in area.left()..area.right() {
            canvas.glyph(x, area.y, '─', style);
        }
        if self.scene.focus(Pane::Timeline) == Focus::Here {
            canvas.glyph(area.x, area.y, '►', style);
        }
        // What somebody has marked is about moments, and stands among them.
        let pins = self.pins(canvas.theme());
        let taken = self.marks(canvas, area.y, pins);
        let right = self.window.x + self.window.width;
        for (x, words) in self.window.ticks() {
            let width = words.len() as u16 + 3;
            let mut pen = canvas.pen_at(x, area.y, right.saturating_sub(x));
            if taken.is_free(x..(x + width).min(right)) {
                pen.style(style).put('┬').put(' ').put(words).put(' ');
            } else if taken.is_free(x..x + 1) {
                pen.style(style).put('┬');
            }
        }
    }

    /// The first and the last column of what lasted from then until then, or lasts still.
    pub fn ends(&self, from: Time, until: Option<Time>) -> (u16, u16) {
        let until = until.unwrap_or_else(|| self.newest());
        (self.window.column(from), self.window.column(until))
    }

    /// The first column after the chart.
    pub const fn end(&self) -> u16 {
        self.window.x.saturating_add(self.window.width)
    }

    fn now_and_cursor(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let theme = canvas.theme();
        let leaders = if area.height > 1 { area.y + 1 } else { area.y };
        if self.window.contains(self.now()) {
            self.put(canvas, leaders, self.now(), '▼', theme.bold());
            if area.height > 1 {
                let x = self.window.column(self.now()) + 1;
                let word = if self.now() < self.newest() { " here" } else { " now" };
                let room = area.right().saturating_sub(x).min(word.len() as u16);
                canvas.pen_at(x, leaders, room).put(word);
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

/// Since when a client waits for an answer.
fn waits_since(client: &Client) -> Option<Time> {
    client.job.as_ref()?.call.as_ref().map(|call| call.since)
}

/// A broken rule has the one colour that no term has.
pub fn blow_style(blow: &Blow, theme: Theme) -> Style {
    if blow.letter == '!' { theme.broken() } else { theme.bold() }
}
