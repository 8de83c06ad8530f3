//! Rows of text to read, in pieces that stand at columns: what dialogs and the panes that look
//! closely at one thing are made of.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::text::wrap;
use super::view::{Extent, Pane, Scene, Target};

/// One row: pieces of text at columns.
#[derive(Default)]
pub struct Row {
    pub pieces: Vec<Piece>,
    /// The row that is chosen in a list.
    pub chosen: bool,
    /// What one points at with it.
    pub target: Option<Target>,
}

/// Text at a column of a row, for so many columns at most.
pub struct Piece {
    pub column: u16,
    pub width: u16,
    pub style: Style,
    pub text: String,
}

impl Row {
    /// A row of one piece.
    pub fn of(column: u16, style: Style, text: impl Into<String>) -> Self {
        let mut row = Self::default();
        row.push(column, style, text);
        row
    }

    pub fn push(&mut self, column: u16, style: Style, text: impl Into<String>) {
        self.push_within(column, u16::MAX, style, text);
    }

    /// What does not fit is cut off, and says so.
    pub fn push_within(&mut self, column: u16, width: u16, style: Style, text: impl Into<String>) {
        self.pieces.push(Piece { column, width, style, text: text.into() });
    }

    /// One points at this with the row.
    pub fn pointing(mut self, target: Option<Target>) -> Self {
        self.target = target;
        self
    }

    pub fn draw(&self, canvas: &mut Canvas, area: Rect, row: u16) {
        for piece in self.pieces.iter().filter(|piece| piece.column < area.width) {
            let width = piece.width.min(area.width - piece.column);
            let mut pen = canvas.pen_at(area.x + piece.column, area.y + row, width);
            pen.style(piece.style).put_within(&piece.text);
        }
        if self.chosen {
            let style = Style::new().add_modifier(Modifier::REVERSED);
            canvas.restyle(Rect { y: area.y + row, height: 1, ..area }, style);
        }
    }
}

/// A text in rows, wrapped, from a column on.
pub fn wrapped(
    text: &str,
    column: u16,
    width: u16,
    style: Style,
    glyphs: Glyphs,
) -> impl Iterator<Item = Row> {
    let room = width.saturating_sub(column);
    wrap(text, room, glyphs).map(move |line| Row::of(column, style, line))
}

/// "▮▮▯": so many are there, and so many more are needed.
pub fn meter(has: usize, more: usize) -> String {
    "▮".repeat(has) + &"▯".repeat(more)
}

/// A pane of such rows, with its title, scrolled.
pub struct Sheet {
    pub pane: Pane,
    pub title: String,
    pub remark: String,
    pub rows: Vec<Row>,
}

impl Sheet {
    pub fn draw(&self, canvas: &mut Canvas, area: Rect, scene: &Scene) {
        let Extent { first, shown, total } = self.extent(area, scene);
        let part = format!("{}-{} of {total} rows", first + 1, first + shown);
        let remark = match shown < total {
            true => part.as_str(),
            // A class needs no keys.
            false if scene.view.is_for_class() => "",
            false => &self.remark,
        };
        canvas.title(area, &self.title, scene.focus(self.pane), remark);
        for (row, line) in (1..).zip(self.rows.iter().skip(first as usize).take(shown as usize)) {
            line.draw(canvas, area, row);
        }
    }

    pub fn hit(&self, area: Rect, scene: &Scene, y: u16) -> Option<Target> {
        let row = u64::from(y.checked_sub(area.y + 1)?);
        let Extent { first, shown, .. } = self.extent(area, scene);
        let place = usize::try_from(first + row).ok().filter(|_| row < shown)?;
        self.rows.get(place)?.target.clone()
    }

    pub fn extent(&self, area: Rect, scene: &Scene) -> Extent {
        let total = self.rows.len() as u64;
        let shown = u64::from(area.height.saturating_sub(1)).min(total);
        Extent { first: u64::from(scene.view.scroll.sheet).min(total - shown), shown, total }
    }
}
