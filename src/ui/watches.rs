//! What is watched, below the headline: each with its value, and since when it is so. The region
//! is there only while something is watched, and its size follows from how many that are, so
//! that nothing moves while one looks.
//!
//! ```text
//! ─ Watched ─────────────────────────────────────────────────────────────────────────
//!  S2 log      5@3 ◄    since 1.203 │ leader = S2   true     since 0.954
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, Focus};
use super::view::{Scene, Target, WatchRow};

/// The least columns of one of them.
const CELL_MIN: u16 = 38;
/// The most: what stands alone is not torn apart.
const CELL_MAX: u16 = 64;
/// The most columns for a value; a name has the rest.
const VALUE_MAX: u16 = 24;

/// How many stand beside each other.
const fn beside(width: u16) -> u16 {
    if width < 2 * CELL_MIN { 1 } else { width / CELL_MIN }
}

/// How many rows so many of them take, the title not counted.
pub const fn rows(width: u16, count: usize) -> u16 {
    count.div_ceil(beside(width) as usize) as u16
}

/// Draws the region; its first `above` rows are for the title.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, above: u16, scene: &Scene<'_>) {
    if area.is_empty() {
        return;
    }
    let all = scene.view.watches.len();
    let grid = Grid::of(area, above, all);
    let shown = usize::from(grid.rows * grid.beside).min(all);
    if above > 0 {
        let rest = format!("{shown} of {all}, W lists all");
        let remark = if shown < all { rest.as_str() } else { "" };
        canvas.title(area, "Watched", Focus::Elsewhere, remark);
    }
    for (place, watch) in scene.view.watches.iter().enumerate() {
        let Some(cell) = grid.cell(place) else { break };
        // Without a title the last one says that there are more.
        let more = all - shown;
        // It may be what the class is asked.
        if scene.view.withholds() {
            canvas.pen(cell, 0).skip(1).user_within(&watch.name, cell.width / 2).put("  …");
            continue;
        }
        let told = if above == 0 && more > 0 && place + 1 == shown {
            format!("+{more}: W")
        } else {
            watch.since.to_string()
        };
        draw_watch(canvas, cell, watch, &told);
    }
    let line = canvas.theme().dim();
    for row in 0..grid.rows {
        let shown = all.saturating_sub(usize::from(row * grid.beside));
        for column in (1..grid.beside).take(shown.saturating_sub(1)) {
            canvas.glyph(grid.x + column * grid.width - 1, grid.top + row, '│', line);
        }
    }
}

/// Which of them stands at a place of the screen.
pub fn hit(area: Rect, above: u16, scene: &Scene<'_>, x: u16, y: u16) -> Option<Target> {
    let grid = Grid::of(area, above, scene.view.watches.len());
    let at = |place: &usize| grid.cell(*place).is_some_and(|cell| cell.contains((x, y).into()));
    (0..scene.view.watches.len()).find(at).map(Target::Watch)
}

/// Where they stand.
struct Grid {
    x: u16,
    top: u16,
    rows: u16,
    beside: u16,
    width: u16,
}

impl Grid {
    /// A few share the columns of many.
    fn of(area: Rect, above: u16, count: usize) -> Self {
        let count = u16::try_from(count).unwrap_or(u16::MAX).max(1);
        let beside = beside(area.width).min(count);
        let (top, rows) = (area.y + above, area.height.saturating_sub(above));
        Self { x: area.x, top, rows, beside, width: (area.width / beside).min(CELL_MAX) }
    }

    /// The cell of the one at this place in the list, if it is shown.
    fn cell(&self, place: usize) -> Option<Rect> {
        let place = u16::try_from(place).ok()?;
        let (row, column) = (place / self.beside, place % self.beside);
        (row < self.rows).then(|| Rect {
            x: self.x + column * self.width,
            y: self.top + row,
            width: self.width.saturating_sub(2),
            height: 1,
        })
    }
}

/// Name, value, the mark of what has just changed, and since when, or what is `told` instead.
fn draw_watch(canvas: &mut Canvas<'_>, cell: Rect, watch: &WatchRow, told: &str) {
    let theme = canvas.theme();
    let wide = theme.glyphs.width(told);
    // A blank before the name, the mark with a blank before it, a blank before the time.
    let room = cell.width.saturating_sub(wide + 5);
    let name = theme.glyphs.user_width(&watch.name, room).min(room / 2);
    let value = theme.glyphs.user_width(&watch.value, VALUE_MAX).min(VALUE_MAX).min(room - name);
    let mut pen = canvas.pen(cell, 0);
    pen.skip(1).user_within(&watch.name, room.saturating_sub(value)).skip(1);
    pen.style(theme.bold()).user_within(&watch.value, value);
    if watch.fresh {
        pen.put(" ◄");
    }
    let start = cell.right().saturating_sub(wide);
    canvas.pen_at(start, cell.y, wide).style(theme.dim()).put(told);
}
