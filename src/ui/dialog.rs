//! What lies over the panes: help, why, inspect, lists, the question before leaving. A box in
//! the middle with a title, something to read or to choose from, and the keys that work.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::Canvas;
use super::comparison;
use super::footer;
use super::glyphs::Glyphs;
use super::legend;
use super::text::{Short, wrap};
use super::theme::Theme;
use super::view::{Dialog, DialogBody, Extent, HelpGroup, Hint, ListItem, Scene, Target};

/// Columns of a box beside its text: the border and a blank, left and right.
const BORDER: u16 = 4;
/// The most columns for text: the width of explanations, and longer lines are hard to read.
const READING: u16 = 76;

/// Draws the dialog over a screen.
pub fn draw(canvas: &mut Canvas, screen: Rect, scene: &Scene, dialog: &Dialog) {
    let placed = Placed::of(screen, scene, dialog);
    draw_box(canvas, &placed, dialog);
    if let DialogBody::Comparison(compared) = &dialog.body {
        return comparison::draw(canvas, placed.inside, scene, compared);
    }
    for (row, line) in (0..placed.inside.height).zip(&placed.lines[placed.first..]) {
        line.draw(canvas, placed.inside, row);
    }
}

/// The item of a list, or the key, at a place of the screen.
pub fn hit(screen: Rect, scene: &Scene, dialog: &Dialog, x: u16, y: u16) -> Option<Target> {
    let placed = Placed::of(screen, scene, dialog);
    if y + 1 == placed.frame.bottom() {
        let keys = placed.keys();
        return footer::hint_at(keys, &dialog.hints, scene.view.theme.glyphs, x).map(Target::Hint);
    }
    if !placed.inside.contains((x, y).into()) {
        return None;
    }
    let row = placed.first + usize::from(y - placed.inside.y);
    match &dialog.body {
        DialogBody::List { items, .. } => (row < items.len()).then_some(Target::Choice(row)),
        DialogBody::Comparison(compared) => {
            comparison::hit(placed.inside, compared, y).map(Target::Choice)
        }
        DialogBody::Text(_) | DialogBody::Help(_) => None,
    }
}

/// Which rows of the dialog are shown.
pub fn extent(screen: Rect, scene: &Scene, dialog: &Dialog) -> Extent {
    Placed::of(screen, scene, dialog).extent(dialog)
}

/// A dialog with its place on the screen.
struct Placed {
    frame: Rect,
    inside: Rect,
    lines: Vec<Row>,
    /// The first line that is shown.
    first: usize,
}

/// One row of a dialog: pieces of text at columns.
#[derive(Default)]
struct Row {
    pieces: Vec<Piece>,
    /// The row that is chosen in a list.
    chosen: bool,
}

/// Text at a column of a row, for so many columns at most.
struct Piece {
    column: u16,
    width: u16,
    style: Style,
    text: String,
}

impl Placed {
    fn of(screen: Rect, scene: &Scene, dialog: &Dialog) -> Self {
        let glyphs = scene.view.theme.glyphs;
        if let DialogBody::Comparison(_) = &dialog.body {
            return Self::whole(screen);
        }
        let width = match &dialog.body {
            DialogBody::Comparison(_) => screen.width,
            DialogBody::Help(_) => screen.width.saturating_sub(2),
            DialogBody::Text(_) => (READING + BORDER).min(screen.width),
            DialogBody::List { items, .. } => {
                (list_width(items, glyphs).max(READING) + BORDER).min(screen.width)
            }
        };
        let room = width.saturating_sub(BORDER);
        let lines = match &dialog.body {
            DialogBody::Text(text) => text_rows(text, room, glyphs),
            DialogBody::List { items, chosen } => list_rows(items, *chosen, room, scene),
            DialogBody::Comparison(_) => Vec::new(),
            DialogBody::Help(groups) => help_rows(groups, room, scene),
        };
        let most = screen.height.saturating_sub(4);
        let height = (lines.len() as u16).clamp(1, most.max(1));
        let frame = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height.saturating_sub(height + 2)) / 2,
            width,
            height: height + 2,
        };
        let inside = Rect { x: frame.x + 2, y: frame.y + 1, width: room, height };
        let last = lines.len().saturating_sub(usize::from(height));
        let scrolled = usize::from(scene.view.scroll.dialog);
        let wanted = match dialog.body {
            // The chosen item stays in sight.
            DialogBody::List { chosen, .. } => {
                chosen.saturating_sub(usize::from(height.saturating_sub(1)))
            }
            DialogBody::Text(_) | DialogBody::Help(_) | DialogBody::Comparison(_) => scrolled,
        };
        Self { frame, inside, first: wanted.min(last), lines }
    }

    /// All of the screen below the header, for what builds its own rows.
    const fn whole(screen: Rect) -> Self {
        let frame = Rect { y: screen.y + 1, height: screen.height.saturating_sub(1), ..screen };
        let inside = Rect {
            x: frame.x + 2,
            y: frame.y + 1,
            width: frame.width.saturating_sub(BORDER),
            height: frame.height.saturating_sub(2),
        };
        Self { frame, inside, lines: Vec::new(), first: 0 }
    }

    /// What part of the dialog is shown.
    fn extent(&self, dialog: &Dialog) -> Extent {
        match &dialog.body {
            DialogBody::Comparison(compared) => comparison::extent(self.inside, compared),
            DialogBody::Text(_) | DialogBody::List { .. } | DialogBody::Help(_) => Extent {
                first: self.first as u64,
                shown: u64::from(self.inside.height),
                total: self.lines.len() as u64,
            },
        }
    }

    /// The part of the lower border where the keys stand.
    const fn keys(&self) -> Rect {
        Rect {
            x: self.frame.x + 1,
            y: self.frame.y + self.frame.height - 1,
            width: self.frame.width - 2,
            height: 1,
        }
    }
}

fn draw_box(canvas: &mut Canvas, placed: &Placed, dialog: &Dialog) {
    let theme = canvas.theme();
    let frame = placed.frame;
    // A blank column on either side sets the box off from what it covers.
    let left = frame.x.saturating_sub(1);
    canvas.clear(Rect { x: left, width: frame.right() + 1 - left, ..frame });
    let (right, bottom) = (frame.right() - 1, frame.bottom() - 1);
    for x in frame.x + 1..right {
        canvas.glyph(x, frame.y, '─', theme.plain());
        canvas.glyph(x, bottom, '─', theme.plain());
    }
    for y in frame.y + 1..bottom {
        canvas.glyph(frame.x, y, '│', theme.plain());
        canvas.glyph(right, y, '│', theme.plain());
    }
    let corners = [
        (frame.x, frame.y, '┌'),
        (right, frame.y, '┐'),
        (frame.x, bottom, '└'),
        (right, bottom, '┘'),
    ];
    for (x, y, corner) in corners {
        canvas.glyph(x, y, corner, theme.plain());
    }
    let title = canvas.pen_at(frame.x + 2, frame.y, frame.width.saturating_sub(4));
    draw_title(title, theme.bold(), &dialog.title);
    let Extent { first, shown, total } = placed.extent(dialog);
    if first + shown < total || first > 0 {
        let text = format!(" {}-{} of {total} ", first + 1, first + shown);
        let start = right.saturating_sub(text.len() as u16 + 1);
        canvas.pen_at(start, frame.y, frame.width).style(theme.dim()).put(text);
    }
    let keys = placed.keys();
    if !dialog.hints.is_empty() {
        canvas.clear(keys);
        let end = footer::draw_hints(canvas, keys, &dialog.hints);
        for x in keys.x + end + 1..right {
            canvas.glyph(x, bottom, '─', theme.plain());
        }
    }
}

fn draw_title(mut pen: super::canvas::Pen, style: Style, title: &str) {
    pen.style(style).put(' ').put(title).put(' ');
}

impl Row {
    fn draw(&self, canvas: &mut Canvas, area: Rect, row: u16) {
        for piece in self.pieces.iter().filter(|piece| piece.column < area.width) {
            let width = piece.width.min(area.width - piece.column);
            let mut pen = canvas.pen_at(area.x + piece.column, area.y + row, width);
            pen.style(piece.style).put(&piece.text);
        }
        if self.chosen {
            let style = Style::new().add_modifier(Modifier::REVERSED);
            canvas.restyle(Rect { y: area.y + row, height: 1, ..area }, style);
        }
    }

    fn push(&mut self, column: u16, style: Style, text: impl Into<String>) {
        self.pieces.push(Piece { column, width: u16::MAX, style, text: text.into() });
    }
}

fn text_rows(text: &[String], width: u16, glyphs: Glyphs) -> Vec<Row> {
    let lines = text.iter().flat_map(|line| wrap(line, width, glyphs));
    let row = |line: &str| {
        let mut row = Row::default();
        row.push(0, Style::new(), line);
        row
    };
    lines.map(row).collect()
}

/// The columns that the names of a list take.
fn names_width(items: &[ListItem], glyphs: Glyphs) -> u16 {
    let width = |item: &ListItem| glyphs.width(&item.name);
    items.iter().map(width).max().unwrap_or(0).min(READING / 2)
}

/// The columns in which a list stands with nothing cut off: its rows are looked over, not read.
fn list_width(items: &[ListItem], glyphs: Glyphs) -> u16 {
    let notes = items.iter().map(|item| glyphs.width(&item.note));
    names_width(items, glyphs).saturating_add(4).saturating_add(notes.max().unwrap_or(0))
}

fn list_rows(items: &[ListItem], chosen: usize, room: u16, scene: &Scene) -> Vec<Row> {
    let theme = scene.view.theme;
    let names = names_width(items, theme.glyphs);
    let rows = items.iter().enumerate().map(|(place, item)| {
        let mut row = Row { chosen: place == chosen, ..Row::default() };
        row.push(0, theme.bold(), &item.name);
        let note = Short(&item.note, usize::from(room.saturating_sub(names + 4)));
        row.push(names + 2, theme.plain(), note.to_string());
        row
    });
    rows.collect()
}

/// The legend, then the keys, in as many columns as there is room for.
fn help_rows(groups: &[HelpGroup], width: u16, scene: &Scene) -> Vec<Row> {
    const COLUMN: u16 = 52;
    let theme = scene.view.theme;
    let columns = (width / COLUMN).max(1);
    let column = COLUMN.max(width / columns);
    let mut blocks: Vec<Vec<Row>> = Vec::new();
    blocks.push(legend_block(scene));
    blocks.extend(groups.iter().map(|group| {
        let mut title = Row::default();
        title.push(0, theme.bold().add_modifier(Modifier::UNDERLINED), group.title.as_ref());
        let rows = group.rows.iter().flat_map(|hint| help_row(hint, column, theme));
        std::iter::once(title).chain(rows).chain([Row::default()]).collect()
    }));
    flow(blocks, columns, column)
}

/// A key and what it does, in as many rows as that takes.
fn help_row(hint: &Hint, width: u16, theme: Theme) -> Vec<Row> {
    let start = glyph_column(theme.glyphs.width(&hint.key));
    let words = wrap(&hint.word, width.saturating_sub(start + 1), theme.glyphs);
    let mut rows: Vec<Row> = words
        .map(|words| {
            let mut row = Row::default();
            row.push(start, theme.plain(), words);
            row
        })
        .collect();
    if let Some(first) = rows.first_mut() {
        first.push(0, theme.bold(), hint.key.as_ref());
    }
    rows
}

/// Words stand in one column, or behind a long key.
const fn glyph_column(key: u16) -> u16 {
    if key < 9 { 10 } else { key + 1 }
}

fn legend_block(scene: &Scene) -> Vec<Row> {
    let theme = scene.view.theme;
    let mut title = Row::default();
    title.push(0, theme.bold().add_modifier(Modifier::UNDERLINED), "Marks");
    let rows = legend::entries(theme).into_iter().map(|entry| {
        let mut row = Row::default();
        row.push(0, entry.style, entry.mark);
        row.push(13, theme.plain(), entry.meaning);
        row
    });
    std::iter::once(title).chain(rows).chain([Row::default()]).collect()
}

/// Lays blocks out in columns of about the same height, one under the other within a column.
fn flow(blocks: Vec<Vec<Row>>, columns: u16, width: u16) -> Vec<Row> {
    let total: usize = blocks.iter().map(Vec::len).sum();
    let height = total.div_ceil(usize::from(columns)).max(1);
    let mut rows: Vec<Row> = Vec::new();
    let (mut column, mut place) = (0, 0);
    for row in blocks.into_iter().flatten() {
        if place == height && column + 1 < columns {
            (column, place) = (column + 1, 0);
        }
        if rows.len() == place {
            rows.push(Row::default());
        }
        let shifted = row.pieces.into_iter().map(|piece| Piece {
            column: piece.column + column * width,
            width: width.saturating_sub(piece.column + 1),
            ..piece
        });
        rows[place].pieces.extend(shifted);
        place += 1;
    }
    rows
}
