//! What lies over the panes: help, why, inspect, lists, the question before leaving. A box with a
//! title, something to read or to choose from, and the keys that work.
//!
//! A box docks where it leaves in sight what it explains: the pane in which that was selected, and the
//! rows on top. It is as low as that asks for, and scrolls.

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::canvas::Canvas;
use super::comparison;
use super::footer;
use super::glyphs::Glyphs;
use super::layout;
use super::legend;
use super::sheet::{Piece, Row};
use super::text::{Short, wrap};
use super::theme::{Colours, Theme};
use super::view::{Dialog, DialogBody, Extent, HelpGroup, Hint, ListItem, Scene, Target};

/// Columns of a box beside its text: the border and a blank, left and right.
const BORDER: u16 = 4;
/// The most columns for text: the width of explanations, and longer lines are hard to read.
const READING: u16 = 76;
/// The least that a column of keys or marks has beside another.
const HALF_MIN: u16 = 32;
/// The least that a box beside a pane has, its border included.
const DOCKED_WIDTH: u16 = 60;
const DOCKED_HEIGHT: u16 = 6;

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
        DialogBody::Text(_) | DialogBody::Help { .. } | DialogBody::Code { .. } => None,
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

impl Placed {
    fn of(screen: Rect, scene: &Scene, dialog: &Dialog) -> Self {
        let glyphs = scene.view.theme.glyphs;
        if let DialogBody::Comparison(_) = &dialog.body {
            return Self::whole(screen);
        }
        let width = match &dialog.body {
            DialogBody::Comparison(_) => screen.width,
            DialogBody::Help { .. } => screen.width.saturating_sub(2),
            DialogBody::Text(_) | DialogBody::Code { .. } => {
                let code = shown_code(&dialog.body, screen, glyphs).map_or(0, columns);
                (READING.max(code) + BORDER).min(screen.width)
            }
            DialogBody::List { items, .. } => {
                (list_width(items, glyphs).max(READING) + BORDER).min(screen.width)
            }
        };
        let most = screen.height.saturating_sub(4).max(1);
        let lines_in = |width: u16| {
            let room = width.saturating_sub(BORDER);
            match &dialog.body {
                DialogBody::Text(text) => text_rows(text, room, glyphs),
                DialogBody::Code { text, .. } => {
                    let code = shown_code(&dialog.body, screen, glyphs);
                    code_rows(code, text, room, scene.view.theme)
                }
                DialogBody::List { items, chosen } => list_rows(items, *chosen, room, scene),
                DialogBody::Comparison(_) => Vec::new(),
                DialogBody::Help { first, groups } => {
                    help_rows(first.as_ref(), groups, (room, most), scene)
                }
            }
        };
        let place = |width: u16, lines: &[Row]| {
            let wanted = (width, (lines.len() as u16).clamp(1, most) + 2);
            match &dialog.body {
                DialogBody::Help { .. } | DialogBody::Comparison(_) | DialogBody::Code { .. } => {
                    centred(screen, wanted)
                }
                DialogBody::Text(_) | DialogBody::List { .. } => dock(screen, scene, wanted),
            }
        };
        let mut lines = lines_in(width);
        let mut frame = place(width, &lines);
        if frame.width < width {
            lines = lines_in(frame.width);
            frame = place(frame.width, &lines);
        }
        let (room, height) = (frame.width.saturating_sub(BORDER), frame.height.saturating_sub(2));
        let inside = Rect { x: frame.x + 2, y: frame.y + 1, width: room, height };
        let last = lines.len().saturating_sub(usize::from(height));
        let scrolled = usize::from(scene.view.scroll.dialog);
        let wanted = match dialog.body {
            // The chosen item stays in sight.
            DialogBody::List { chosen, .. } => {
                chosen.saturating_sub(usize::from(height.saturating_sub(1)))
            }
            DialogBody::Text(_)
            | DialogBody::Help { .. }
            | DialogBody::Comparison(_)
            | DialogBody::Code { .. } => scrolled,
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
            DialogBody::Text(_)
            | DialogBody::List { .. }
            | DialogBody::Help { .. }
            | DialogBody::Code { .. } => Extent {
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

/// A box in the middle.
fn centred(screen: Rect, (width, height): (u16, u16)) -> Rect {
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    let (x, y) = (screen.x + (screen.width - width) / 2, screen.y + (screen.height - height) / 2);
    Rect { x, y, width, height }
}

/// A box beside what it explains: below it, above it, at its right or at its left, wherever most of the
/// text is seen. Where there is no room beside it, at the bottom.
fn dock(screen: Rect, scene: &Scene, (width, height): (u16, u16)) -> Rect {
    let areas = layout::areas(screen.as_size(), scene.view, scene.cluster.servers().len());
    let told = [areas.header, areas.headline, areas.question].map(|area| area.bottom());
    let top = told.into_iter().max().unwrap_or_default();
    // The keys of the box stand in its border: it may lie over those of the panes.
    let free = Rect { y: top, height: screen.bottom().saturating_sub(top), ..screen };
    let kept = areas[scene.view.focus].intersection(free);
    if kept.is_empty() {
        return centred(screen, (width, height));
    }
    let below = Rect { y: kept.bottom(), height: free.bottom() - kept.bottom(), ..free };
    let above = Rect { height: kept.y - free.y, ..free };
    let right = Rect { x: kept.right(), width: free.right() - kept.right(), ..free };
    let left = Rect { width: kept.x - free.x, ..free };
    let fits = |side: &Rect| side.width >= width.min(DOCKED_WIDTH) && side.height >= DOCKED_HEIGHT;
    let seen = |side: &Rect| (side.height.min(height), side.width.min(width));
    // Of two that are as good the first: nothing moves for no reason.
    let sides = [below, right, above, left].into_iter().rev().filter(fits);
    let Some(side) = sides.max_by_key(seen) else {
        let height = height.min(free.height);
        let x = screen.x + (screen.width - width) / 2;
        return Rect { x, y: free.bottom() - height, width, height };
    };
    let (width, height) = (width.min(side.width), height.min(side.height));
    // Beside the pane at its top; else in its middle, as near to it as may be.
    let x = match side {
        side if side == right => side.x,
        side if side == left => side.right() - width,
        side => side.x + (side.width - width) / 2,
    };
    let y = if side == above { side.bottom() - height } else { side.y };
    Rect { x, y, width, height }
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

fn text_rows(text: &[String], width: u16, glyphs: Glyphs) -> Vec<Row> {
    let lines = text.iter().flat_map(|line| wrap(line, width, glyphs));
    let row = |line: &str| {
        let mut row = Row::default();
        row.push(0, Style::new(), line);
        row
    };
    lines.map(row).collect()
}

/// The code of a dialog, if a camera can read it on this screen: all of it fits, in blocks.
fn shown_code(body: &DialogBody, screen: Rect, glyphs: Glyphs) -> Option<&[String]> {
    let DialogBody::Code { rows, .. } = body else { return None };
    let room = (screen.width.saturating_sub(BORDER), screen.height.saturating_sub(4));
    let fits = columns(rows) <= room.0 && rows.len() <= usize::from(room.1);
    (glyphs == Glyphs::Unicode && fits && !rows.is_empty()).then_some(rows)
}

fn columns(rows: &[String]) -> u16 {
    rows.first().map_or(0, |row| row.chars().count() as u16)
}

/// The code, white on black whatever the theme, and what it says.
fn code_rows(code: Option<&[String]>, text: &[String], width: u16, theme: Theme) -> Vec<Row> {
    let ink = match theme.colours {
        Colours::None => Style::new(),
        Colours::Sixteen | Colours::Full256 | Colours::True => {
            Style::new().fg(Color::White).bg(Color::Black)
        }
    };
    let rows = code.unwrap_or_default();
    let column = width.saturating_sub(columns(rows)) / 2;
    let mut all: Vec<Row> = rows.iter().map(|row| Row::of(column, ink, row)).collect();
    if code.is_none() {
        let small = "On a larger screen a QR code of it stands here.".to_owned();
        all.extend(text_rows(&[small], width, theme.glyphs));
    }
    all.push(Row::default());
    // A link has no blanks at which it could be wrapped.
    let room = usize::from(width.max(1));
    for line in text {
        let letters: Vec<char> = line.chars().collect();
        match line.contains(' ') {
            true => all.extend(text_rows(std::slice::from_ref(line), width, theme.glyphs)),
            false => all.extend(
                letters
                    .chunks(room)
                    .map(|part| Row::of(0, Style::new(), part.iter().collect::<String>())),
            ),
        }
    }
    all
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

/// The first page, then all marks and keys, in as many columns as there is room for.
fn help_rows(
    first: Option<&HelpGroup>,
    groups: &[HelpGroup],
    (width, height): (u16, u16),
    scene: &Scene,
) -> Vec<Row> {
    const COLUMN: u16 = 52;
    let columns = (width / COLUMN).max(1);
    let column = COLUMN.max(width / columns);
    let theme = scene.view.theme;
    let mut rows = match first {
        Some(first) => first_page(first, width, height, theme),
        None => Vec::new(),
    };
    let mut blocks: Vec<Vec<Row>> = Vec::new();
    if first.is_some() {
        blocks.push(legend_block("All marks", legend::entries(theme), theme));
    }
    blocks.extend(groups.iter().map(|group| group_block(group, column, theme)));
    rows.extend(flow(blocks, columns, column));
    rows
}

/// The keys at the left, the marks at the right, and blank rows to the end of the page. On a narrow screen
/// the marks stand below, as far as the page goes: all follow on the next.
fn first_page(keys: &HelpGroup, width: u16, height: u16, theme: Theme) -> Vec<Row> {
    let blocks = |width: u16| {
        [group_block(keys, width, theme), legend_block("Marks", legend::first(theme), theme)]
    };
    let (half, height) = ((width / 2).min(READING), usize::from(height));
    let mut rows: Vec<Row> = blocks(width).into_iter().flatten().collect();
    if half >= HALF_MIN {
        rows.clear();
        for (block, start) in blocks(half).into_iter().zip([0, half]) {
            for (place, row) in block.into_iter().enumerate() {
                if rows.len() == place {
                    rows.push(Row::default());
                }
                rows[place].pieces.extend(shifted(row, start, half));
            }
        }
    }
    rows.truncate(height);
    rows.resize_with(height, Row::default);
    rows
}

fn group_block(group: &HelpGroup, width: u16, theme: Theme) -> Vec<Row> {
    let title = theme.bold().add_modifier(Modifier::UNDERLINED);
    let title = Row::of(0, title, group.title.as_ref());
    let rows = group.rows.iter().flat_map(|hint| help_row(hint, width, theme));
    std::iter::once(title).chain(rows).chain([Row::default()]).collect()
}

/// The pieces of a row in a column of so much width.
fn shifted(row: Row, start: u16, width: u16) -> impl Iterator<Item = Piece> {
    row.pieces.into_iter().map(move |piece| Piece {
        column: piece.column + start,
        width: width.saturating_sub(piece.column + 1),
        ..piece
    })
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

fn legend_block(title: &str, entries: Vec<legend::Entry>, theme: Theme) -> Vec<Row> {
    let title = Row::of(0, theme.bold().add_modifier(Modifier::UNDERLINED), title);
    let widest = entries.iter().map(|entry| theme.glyphs.width(&entry.mark)).max();
    let words = widest.map_or(0, |widest| widest + 1);
    let rows = entries.into_iter().map(|entry| {
        let mut row = Row::of(0, entry.style, entry.mark);
        row.push(words, theme.plain(), entry.meaning);
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
        rows[place].pieces.extend(shifted(row, column * width, width));
        place += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Cluster;
    use crate::cluster::config::Config;
    use crate::ui::View;
    use crate::ui::trace::Trace;
    use crate::ui::view::{Layout, Pane};

    #[test]
    fn a_box_leaves_in_sight_what_it_explains() {
        let cluster = Cluster::new(Config::default());
        let text = vec!["a line to read".to_owned(); 20];
        let dialog =
            Dialog { title: "Why".into(), body: DialogBody::Text(text), hints: Vec::new() };
        for (width, height) in [(80, 24), (120, 40), (200, 60), (100, 30)] {
            let screen = Rect::new(0, 0, width, height);
            for layout in Layout::EVERY {
                for focus in Pane::EVERY {
                    let view = View { layout, focus, ..View::default() };
                    let scene = Scene { cluster: &cluster, view: &view, trace: &Trace::default() };
                    let frame = Placed::of(screen, &scene, &dialog).frame;
                    assert_eq!(frame.intersection(screen), frame, "{layout:?} {focus:?}");
                    let areas = layout::areas(screen.as_size(), &view, 5);
                    let alone = areas[focus].height + 14 > height;
                    assert!(
                        alone || !frame.intersects(areas[focus]),
                        "{width}x{height} {layout:?} {focus:?}: {frame:?} over {:?}",
                        areas[focus]
                    );
                    assert!(!frame.intersects(areas.header), "who leads stays in sight");
                }
            }
        }
    }
}
