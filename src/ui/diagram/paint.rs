//! Drawing the diagram, from the back to the front: grounds, columns, what was done to links,
//! marks, lines, labels. Nothing covers what stands before it: a line is drawn in blank cells, and
//! a label looks for a free place along its line.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::lives::{Life, Lives};
use super::tale::{End, LABELS_MAX, Line, Look};
use super::{Diagram, FOOT, columns};
use crate::cluster::event::{DropReason, Event, EventKind, LabEvent};
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{Node, ServerId, ServerSet};
use crate::ui::canvas::{Canvas, Focus};
use crate::ui::glyphs::Glyphs;
use crate::ui::text::{Millis, Moment};
use crate::ui::theme::{Ground, Ink, Theme};
use crate::ui::view::{Pane, Rows};

/// The most dots that all lines together have.
const DOTS_MAX: u32 = 12_000;
/// A lost packet gets so far, in percent of its way.
const LOST_AT: i32 = 80;
/// Where along its line a label looks for room, in percent.
const PLACES: [i32; 16] = [50, 45, 55, 40, 60, 35, 65, 30, 70, 25, 75, 20, 80, 85, 15, 90];

/// The cells that are taken, of the body.
struct Taken {
    area: Rect,
    cells: Vec<Hold>,
}

/// What holds a cell, from the loosest to the firmest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Free,
    /// A column passes here: what goes across all columns may lie over it.
    Column,
    Mark,
}

impl Taken {
    fn new(area: Rect) -> Self {
        Self { area, cells: vec![Hold::Free; usize::from(area.width) * usize::from(area.height)] }
    }

    fn row(&mut self, x: u16, y: u16, width: u16) -> Option<&mut [Hold]> {
        let (left, top) = (x.checked_sub(self.area.x)?, y.checked_sub(self.area.y)?);
        if top >= self.area.height || left.checked_add(width)? > self.area.width {
            return None;
        }
        let start = usize::from(top) * usize::from(self.area.width) + usize::from(left);
        self.cells.get_mut(start..start + usize::from(width))
    }

    /// Takes these cells, if all are free.
    fn take(&mut self, x: u16, y: u16, width: u16) -> bool {
        self.take_over(Hold::Free, x, y, width)
    }

    /// Takes these cells, if nothing holds one of them more firmly.
    fn take_over(&mut self, most: Hold, x: u16, y: u16, width: u16) -> bool {
        match self.row(x, y, width) {
            Some(cells) if cells.iter().all(|hold| *hold <= most) => {
                cells.fill(Hold::Mark);
                true
            }
            Some(_) | None => false,
        }
    }

    fn is_free(&self, x: u16, y: u16) -> bool {
        let place = x.checked_sub(self.area.x).zip(y.checked_sub(self.area.y));
        place.is_some_and(|(column, row)| {
            let place = usize::from(row) * usize::from(self.area.width) + usize::from(column);
            column < self.area.width && self.cells.get(place) == Some(&Hold::Free)
        })
    }

    fn occupy(&mut self, hold: Hold, x: u16, y: u16, width: u16) {
        if let Some(cells) = self.row(x, y, width.min(self.area.right().saturating_sub(x))) {
            cells.iter_mut().for_each(|cell| *cell = hold.max(*cell));
        }
    }
}

/// The ends of a line, in cells; rows may lie outside of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    from: (i32, i32),
    to: (i32, i32),
}

impl Stroke {
    /// Its column in a row, in cells.
    fn x(self, y: i32) -> i32 {
        let (rows, columns) = (self.to.1 - self.from.1, self.to.0 - self.from.0);
        if rows == 0 { self.from.0 } else { self.from.0 + columns * (y - self.from.1) / rows }
    }

    /// The place so many percent along it.
    fn along(self, percent: i32) -> (i32, i32) {
        let part = |from: i32, to: i32| from + (to - from) * percent / 100;
        (part(self.from.0, self.to.0), part(self.from.1, self.to.1))
    }
}

impl Diagram<'_> {
    pub(super) fn draw(&self, canvas: &mut Canvas, area: Rect) {
        let focus = self.scene.focus(Pane::Diagram);
        canvas.title(area, Pane::Diagram.name(), focus, &self.remark());
        let lives = Lives::of(self.scene, self.axis.seen().0);
        let mut taken = Taken::new(self.body);
        self.draw_heads(canvas);
        self.draw_columns(canvas, &lives, &mut taken);
        let strokes = self.strokes();
        for (line, stroke) in &strokes {
            self.draw_end(canvas, line, *stroke, &mut taken);
        }
        self.draw_marks(canvas, &mut taken);
        self.draw_deeds(canvas, &mut taken);
        for (line, stroke) in strokes.iter().take(LABELS_MAX) {
            self.draw_label(canvas, line, *stroke, &mut taken);
        }
        let left_out = self.draw_lines(canvas, &strokes, &taken);
        self.draw_foot(canvas, area, left_out);
    }

    fn remark(&self) -> String {
        let later = self.scene.trace.listed().len() as u64;
        let seen = self.scene.view.scroll.events.map_or(later, |last| {
            self.scene.trace.listed().partition_point(|number| *number <= last) as u64
        });
        let later = (later > seen).then(|| format!("{} later (End)", later - seen));
        let rows = match self.scene.view.diagram {
            Rows::Moments => None,
            Rows::Each(span) => Some(format!("{span} a row (< >)")),
        };
        let since =
            self.tale.since.map(|since| format!("nothing before {} is read", Moment(since)));
        let parts = [self.columns.part(self.scene), later, since, rows];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn draw_heads(&self, canvas: &mut Canvas) {
        let (theme, names) = (canvas.theme(), self.scene.cluster.names());
        let y = self.body.y - 1;
        for (x, node) in self.columns.iter() {
            let chosen = match node {
                Node::Server(server) => self.scene.view.is_marked(server),
                Node::Client(client) => self.scene.view.selection.client == Some(client),
            };
            let style = theme.ink(Ink::Strong).add_modifier(Modifier::BOLD);
            let style = if chosen { style.add_modifier(Modifier::REVERSED) } else { style };
            let room = self.columns.width.saturating_sub(1).min(columns::NAME);
            canvas.pen_at(x, y, room).style(style).user_within(&names.node(node), room);
        }
    }

    /// The columns, the times before them, and the grounds of groups.
    fn draw_columns(&self, canvas: &mut Canvas, lives: &Lives, taken: &mut Taken) {
        let theme = canvas.theme();
        let mut told = None;
        for row in 0..self.axis.len() {
            let (y, Some(here)) = (self.body.y + row, self.axis.get(row)) else { continue };
            let text = match here.pause {
                Some(pause) => paused(pause),
                None => Moment(here.time).to_string(),
            };
            if told.as_ref() != Some(&text) {
                let ink = if here.pause.is_some() { Ink::Faint } else { Ink::Soft };
                let mut pen = canvas.pen_at(self.body.x, y, self.columns.times + 1);
                pen.style(theme.ink(ink));
                pen.put(format_args!("{text:>0$}", usize::from(self.columns.times) + 1));
            }
            told = Some(text);
            // What a server becomes at a moment it is in that row.
            let end = self.axis.end(row);
            let rooms = lives.rooms(end);
            if rooms.len() > 1 {
                let x = self.columns.left.saturating_sub(2);
                canvas.glyph(x, y, '▓', theme.ink(Ink::Soft));
            }
            for (x, node) in self.columns.iter() {
                let (glyph, style) = match node {
                    Node::Server(server) => {
                        let life = lives.at(server, end);
                        self.draw_ground(canvas, (x, y), server, rooms);
                        pillar(theme, life)
                    }
                    Node::Client(_) => ('│', theme.ink(Ink::Faint)),
                };
                canvas.glyph(x, y, glyph, style);
                taken.occupy(Hold::Column, x, y, 1);
            }
        }
    }

    /// While not all hear each other, a column stands on the ground of its group.
    fn draw_ground(
        &self,
        canvas: &mut Canvas,
        (x, y): (u16, u16),
        server: ServerId,
        rooms: &[ServerSet],
    ) {
        if rooms.len() < 2 {
            return;
        }
        let all = self.scene.cluster.configuration();
        let room = rooms.iter().find(|room| room.contains(server)).copied().unwrap_or_default();
        let ground = if all.has_quorum(room) { Ground::Majority } else { Ground::Minority };
        let width = self.columns.width.min(self.body.right().saturating_sub(x - 1));
        let area = Rect { x: x - 1, y, width, height: 1 };
        canvas.restyle(area, canvas.theme().ground(ground));
    }

    /// What was done to links, and a rule that was broken, across all columns.
    fn draw_deeds(&self, canvas: &mut Canvas, taken: &mut Taken) {
        let (theme, names) = (canvas.theme(), self.scene.cluster.names());
        let (left, right) = (self.columns.left, self.body.right());
        let seen = self.tale.deeds.iter();
        let seen = seen.filter_map(|(number, event)| {
            Some((*number, *event, self.visible(self.y(event.time))?))
        });
        for (number, event, y) in seen.clone() {
            let (text, style) = if let EventKind::Lab(LabEvent::Commanded { command }) = &event.kind
            {
                (format!(" {command} "), theme.ink(Ink::Strong))
            } else {
                (format!(" ! {} ", event.headline(names)), theme.broken())
            };
            let chosen = self.scene.view.selection.event == Some(number);
            let style = if chosen { style.add_modifier(Modifier::REVERSED) } else { style };
            let width = theme.glyphs.width(&text).min(right.saturating_sub(left + 2));
            // Where something happened at the same moment, it stands beside that.
            let mut starts = left + 1..right.saturating_sub(width);
            if let Some(x) = starts.find(|x| taken.take_over(Hold::Column, *x, y, width)) {
                canvas.pen_at(x, y, width).style(style).put_within(&text);
            }
        }
        for (_, _, y) in seen {
            for x in left.saturating_sub(1)..right {
                if taken.take(x, y, 1) {
                    canvas.glyph(x, y, '═', theme.ink(Ink::Soft));
                }
            }
        }
    }

    fn visible(&self, y: i32) -> Option<u16> {
        let y = u16::try_from(y).ok()?;
        (y >= self.body.y && y < self.body.y + self.axis.len()).then_some(y)
    }

    fn draw_marks(&self, canvas: &mut Canvas, taken: &mut Taken) {
        let theme = canvas.theme();
        for mark in &self.tale.marks {
            let place = self.visible(self.y(mark.time)).zip(self.columns.x(mark.node));
            let Some((y, x)) = place else { continue };
            let lit = self.is_lit(mark.number);
            let style = match mark.look {
                Look::Leads(term) => theme.lit(term).add_modifier(Modifier::BOLD),
                Look::Term(term) => theme.number(term),
                Look::Strong => theme.ink(Ink::Strong).add_modifier(Modifier::BOLD),
                Look::Plain => theme.ink(Ink::Text),
                Look::Dim => theme.ink(Ink::Dim),
                Look::Lost => theme.on(Ground::Lost),
            };
            let style = self.shade(theme, style, lit);
            let width = theme.glyphs.width(&mark.text);
            let room = self.columns.width.saturating_sub(1);
            // Several things at one moment stand side by side, as many as have room.
            let mut start = x + 1;
            while start + width <= x + 1 + room && !taken.take(start, y, width) {
                start += 1;
            }
            if start + width <= x + 1 + room {
                canvas.pen_at(start, y, width).style(style).put(&mark.text);
                taken.occupy(Hold::Mark, start + width, y, 1);
            } else if start == x + 1 {
                taken.occupy(Hold::Mark, start, y, room);
                canvas.pen_at(start, y, room).style(style).put_within(&mark.text);
            }
        }
    }

    fn is_lit(&self, number: u64) -> bool {
        self.scene.view.causes.binary_search(&number).is_ok()
    }

    /// While causes are lit, all else steps back.
    fn shade(&self, theme: Theme, style: Style, lit: bool) -> Style {
        match (self.scene.view.causes.is_empty(), lit) {
            (true, _) => style,
            (false, true) => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            (false, false) => theme.ink(Ink::Faint),
        }
    }

    /// Where a packet's line is drawn; `None` if one of its ends has no column.
    pub(super) fn stroke(&self, line: &Line) -> Option<Stroke> {
        let (from, to) = (self.columns.x(line.from)?, self.columns.x(line.to)?);
        let (from, to) = (i32::from(from), i32::from(to));
        let side = if to > from { 1 } else { -1 };
        let bottom = i32::from(self.body.y + self.axis.len());
        let top = i32::from(self.body.y) - 2;
        let start = (from + side, line.sent.map_or(top, |time| self.y(time)));
        let whole = |time: Time| Stroke { from: start, to: (to - side, self.y(time)) };
        Some(match line.end {
            End::Arrives(_, time) => whole(time),
            End::Lost(_, time, _) => {
                let stroke = whole(time);
                let at = (stroke.along(LOST_AT).0, stroke.to.1);
                Stroke { to: at, ..stroke }
            }
            End::Flies(part) => {
                let x = start.0 + (to - side - start.0) * part as i32 / 1_000;
                Stroke { from: start, to: (x, (bottom - 1).max(start.1)) }
            }
            End::Beyond => Stroke { from: start, to: (to - side, bottom + 1) },
        })
    }

    /// The lines that are seen, those that matter most first.
    fn strokes(&self) -> Vec<(&Line, Stroke)> {
        let strokes = self.tale.flights.iter().filter_map(|line| Some((line, self.stroke(line)?)));
        strokes.filter(|(_, stroke)| self.is_seen(*stroke)).collect()
    }

    /// As many as there are dots for; how many are left out.
    fn draw_lines(&self, canvas: &mut Canvas, strokes: &[(&Line, Stroke)], taken: &Taken) -> usize {
        let mut dots = DOTS_MAX;
        let fits = |(_, stroke): &&(&Line, Stroke)| {
            let left = dots.checked_sub(self.dots(*stroke));
            dots = left.unwrap_or(0);
            left.is_some()
        };
        let drawn = strokes.iter().take_while(fits).count();
        // The most important last: where lines cross, they are on top.
        for (line, stroke) in strokes[..drawn].iter().rev() {
            self.draw_stroke(canvas, line, *stroke, taken);
        }
        strokes.len() - drawn
    }

    fn is_seen(&self, stroke: Stroke) -> bool {
        let (top, bottom) =
            (i32::from(self.body.y), i32::from(self.body.y) + i32::from(self.axis.len()));
        let (first, last) = (stroke.from.1.min(stroke.to.1), stroke.from.1.max(stroke.to.1));
        first < bottom && last >= top
    }

    fn dots(&self, stroke: Stroke) -> u32 {
        let columns = (stroke.to.0 - stroke.from.0).unsigned_abs() * 2;
        let rows = (stroke.to.1 - stroke.from.1).unsigned_abs().min(u32::from(self.body.height));
        columns.max(rows * 4)
    }

    fn draw_stroke(&self, canvas: &mut Canvas, line: &Line, stroke: Stroke, taken: &Taken) {
        let theme = canvas.theme();
        let style = match (self.scene.view.causes.is_empty(), line.lit, line.routine) {
            (_, true, _) => theme.ink(Ink::Strong).add_modifier(Modifier::BOLD),
            (true, _, false) => theme.ink(Ink::Dim),
            (true, _, true) | (false, false, _) => theme.ink(Ink::Faint),
        };
        // In half columns and quarter rows.
        let fine = |(x, y): (i32, i32)| (x * 2 + 1, y * 4 + 2);
        let (from, to) = (fine(stroke.from), fine(stroke.to));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).max(1);
        let (top, bottom) =
            (i32::from(self.body.y) * 4, 4 * i32::from(self.body.y + self.axis.len()));
        for step in 0..=steps {
            let (x, y) = (from.0 + dx * step / steps, from.1 + dy * step / steps);
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && (top..bottom).contains(&(y as i32))
                && taken.is_free((x / 2) as u16, (y / 4) as u16)
            {
                canvas.dot(x, y, style);
            }
        }
    }

    /// The head of the arrow, or the place where the packet was lost, and why.
    fn draw_end(&self, canvas: &mut Canvas, line: &Line, stroke: Stroke, taken: &mut Taken) {
        let theme = canvas.theme();
        let Some(y) = self.visible(stroke.to.1) else { return };
        let Ok(x) = u16::try_from(stroke.to.0) else { return };
        let right = stroke.to.0 >= stroke.from.0;
        let style = self.shade(theme, theme.hue_ink(line.term), line.lit);
        match line.end {
            End::Arrives(..) | End::Flies(_) => {
                if taken.take(x, y, 1) {
                    canvas.glyph(x, y, if right { '►' } else { '◄' }, style);
                }
            }
            End::Lost(_, _, why) => {
                let style = self.shade(theme, theme.on(Ground::Lost), line.lit);
                let text = format!("✗ {}", why_lost(why));
                for text in [text.as_str(), "✗"] {
                    let width = theme.glyphs.width(text);
                    let start = if right { x } else { (x + 1).saturating_sub(width) };
                    if taken.take(start, y, width) {
                        canvas.pen_at(start, y, width).style(style).put(text);
                        break;
                    }
                }
            }
            End::Beyond => {}
        }
    }

    /// What a packet is, at the first free place on its line.
    fn draw_label(&self, canvas: &mut Canvas, line: &Line, stroke: Stroke, taken: &mut Taken) {
        let theme = canvas.theme();
        let style = match line.term.0 {
            0 => theme.ink(Ink::Text).add_modifier(Modifier::BOLD),
            _ => theme.chip(line.term),
        };
        let style = self.shade(theme, style, line.lit);
        let long = match line.term.0 {
            0 => line.what.clone(),
            term => format!("{} t{term}", line.what),
        };
        for text in [long.as_str(), line.what.as_str()] {
            let width = theme.glyphs.width(text);
            for percent in PLACES {
                let (x, y) = stroke.along(percent);
                // On a steep line a row is more exact than a part of the way.
                let x = if stroke.to.1 == stroke.from.1 { x } else { stroke.x(y) };
                let Some(y) = self.visible(y) else { continue };
                let Ok(x) = u16::try_from(x - i32::from(width) / 2) else { continue };
                if x > self.columns.left && taken.take(x, y, width) {
                    canvas.pen_at(x, y, width).style(style).put(text);
                    return;
                }
            }
        }
    }

    fn draw_foot(&self, canvas: &mut Canvas, area: Rect, left_out: usize) {
        let theme = canvas.theme();
        let row = area.height - FOOT;
        let mut pen = canvas.pen(area, row);
        pen.skip(1);
        let chosen =
            self.scene.view.selection.event.and_then(|number| self.scene.trace.get(number));
        match chosen {
            Some(event) => {
                pen.style(theme.ink(Ink::Strong)).put(Moment(event.time)).put("  ");
                pen.put_within(&event.told(self.scene.cluster.names()));
            }
            None if left_out > 0 => {
                let text = format!("{left_out} packets without a line: too many for this picture");
                pen.style(theme.ink(Ink::Dim)).put_within(&text);
            }
            None if self.scene.focus(Pane::Diagram) == Focus::Elsewhere
                || self.scene.view.is_for_class() => {}
            None => {
                let text = "j k choose an event: its causes are lit, back to where it began";
                pen.style(theme.ink(Ink::Dim)).put_within(text);
            }
        }
    }

    /// The event at or beside a cell.
    pub(super) fn event_at(&self, x: u16, y: u16) -> Option<u64> {
        let here = |mark: &&super::tale::Mark| {
            let column = self.columns.x(mark.node);
            let width = self.glyphs().width(&mark.text).max(1);
            self.visible(self.y(mark.time)) == Some(y)
                && column.is_some_and(|column| x >= column && x <= column + width)
        };
        if let Some(mark) = self.tale.marks.iter().rev().find(here) {
            return Some(mark.number);
        }
        let (x, y) = (i32::from(x), i32::from(y));
        let near = |line: &&Line| {
            let Some(stroke) = self.stroke(line) else { return false };
            let rows = stroke.from.1.min(stroke.to.1)..=stroke.from.1.max(stroke.to.1);
            let slope =
                (stroke.to.0 - stroke.from.0).abs() / (stroke.to.1 - stroke.from.1).abs().max(1);
            rows.contains(&y) && (stroke.x(y) - x).abs() <= 1 + slope / 2
        };
        let line = self.tale.flights.iter().find(near).and_then(Line::number);
        let deed = || {
            let at = |(_, event): &&(u64, &Event)| self.y(event.time) == y;
            self.tale.deeds.iter().find(at).map(|(number, _)| *number)
        };
        line.or_else(deed)
    }

    fn glyphs(&self) -> Glyphs {
        self.scene.view.theme.glyphs
    }
}

/// The line of a column, by what its server is.
fn pillar(theme: Theme, life: Life) -> (char, Style) {
    match life {
        Life::Follows => ('│', theme.ink(Ink::Dim)),
        Life::Stands(term) => ('║', theme.hue_ink(term)),
        Life::Leads(term) => {
            let glyph = if theme.glyphs == Glyphs::Unicode { '┃' } else { '█' };
            (glyph, theme.hue_ink(term).add_modifier(Modifier::BOLD))
        }
        Life::Asleep | Life::Down => ('╎', theme.ink(Ink::Faint)),
    }
}

/// "152 ms", "3 s": for how long nothing has happened.
fn paused(pause: Span) -> String {
    match pause.micros() / 1_000_000 {
        0 => Millis(pause).to_string(),
        seconds => format!("{seconds} s"),
    }
}

/// Why a packet came to nothing, in a word.
const fn why_lost(why: DropReason) -> &'static str {
    match why {
        DropReason::Lost => "lost",
        DropReason::Cut => "cut",
        DropReason::Down => "down",
        DropReason::OldIncarnation => "restarted",
        DropReason::Overflow => "too many",
        DropReason::ByHand => "by hand",
    }
}
