//! Two futures side by side, by lab time: what happens here to the left, there to the right. What
//! happens in both is dim and stands on both sides; `≠` stands before the first event that
//! differs. After the events stands in what the two differ in the end, and below the list what is
//! chosen, in full.
//!
//! ```text
//!     here: crash S4                   │ there: the script untouched
//!     0.234 b  calls put x=2 @1        │ 0.234 b  calls put x=2 @1
//!  ►≠ 0.257 S4 crashes                 │
//!                                      │ 0.341 S4 learns that ...
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::text::{Moment, digits, wrap};
use super::theme::Theme;
use super::view::{Comparison, Extent, Scene};
use crate::cluster::Names;
use crate::cluster::compare::{Difference, Row};
use crate::cluster::event::Event;
use crate::cluster::words::sentences;

/// Rows for what is chosen, in full, below a line.
const CHOSEN: u16 = 4;
/// Columns before the events: the choice and the mark of the first difference.
const MARKS: u16 = 3;
/// The most columns for what differs in the end.
const WHAT_MAX: u16 = 16;

/// Where the parts stand.
struct Parts {
    heads: Rect,
    list: Rect,
    chosen: Rect,
    /// The columns of each side.
    sides: [(u16, u16); 2],
}

impl Parts {
    fn of(area: Rect) -> Self {
        let heads = Rect { height: 1, ..area };
        let below = if area.height > 2 * CHOSEN { CHOSEN } else { 0 };
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + below), ..area };
        let chosen = Rect { y: list.bottom(), height: below, ..area };
        let width = area.width.saturating_sub(MARKS + 3) / 2;
        let left = area.x + MARKS;
        Self { heads, list, chosen, sides: [(left, width), (left + width + 3, width)] }
    }
}

pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene, comparison: &Comparison) {
    let parts = Parts::of(area);
    let theme = canvas.theme();
    for ((x, width), head) in parts.sides.into_iter().zip(&comparison.heads) {
        canvas.pen_at(x, parts.heads.y, width).style(theme.bold()).user(head);
    }
    let line = parts.sides[1].0.saturating_sub(2);
    for y in parts.heads.y..parts.list.bottom() {
        canvas.glyph(line, y, '│', theme.dim());
    }
    let extent = extent(area, comparison);
    for (row, place) in (0..extent.shown as u16).zip(extent.first as usize..) {
        draw_item(canvas, &parts, row, scene, comparison, place);
    }
    draw_chosen(canvas, parts.chosen, comparison);
}

/// The item at a place of the screen.
pub fn hit(area: Rect, comparison: &Comparison, y: u16) -> Option<usize> {
    let list = Parts::of(area).list;
    let extent = extent(area, comparison);
    let row = u64::from(y.checked_sub(list.y)?);
    (row < extent.shown).then_some((extent.first + row) as usize)
}

/// Which items are shown. The chosen one stands in the middle as far as that can be.
pub fn extent(area: Rect, comparison: &Comparison) -> Extent {
    let total = comparison.items() as u64;
    let shown = u64::from(Parts::of(area).list.height).min(total);
    let first = (comparison.chosen as u64).saturating_sub(shown / 2);
    Extent { first: first.min(total - shown), shown, total }
}

fn draw_item(
    canvas: &mut Canvas,
    parts: &Parts,
    row: u16,
    scene: &Scene,
    comparison: &Comparison,
    place: usize,
) {
    let theme = canvas.theme();
    let first = comparison.first == Some(place);
    let mut pen = canvas.pen(parts.list, row);
    pen.style(theme.bold()).put(if comparison.chosen == place { '►' } else { ' ' });
    pen.put(if first { '≠' } else { ' ' });
    let y = parts.list.y + row;
    if let Some(row) = comparison.rows.get(place) {
        let style = style(theme, row, first);
        let seconds = digits(scene.cluster.now().micros() / 1_000_000);
        for (side, (x, width)) in parts.sides.into_iter().enumerate() {
            let Some(event) = &row.events[side] else { continue };
            let mut pen = canvas.pen_at(x, y, width);
            pen.style(theme.dim()).put(format_args!(
                "{:>1$}",
                Moment(event.time),
                usize::from(seconds) + 4
            ));
            let names = &comparison.names[side];
            pen.skip(1).style(style).put_within(&event.headline(names));
            if pen.room() > 1
                && let Some(reason) = event.reason(names)
            {
                pen.put(". ").style(theme.dim()).put_within(&sentences([Some(reason)]));
            }
        }
        return;
    }
    match comparison.difference(place) {
        Some(difference) => draw_difference(canvas, parts, y, difference),
        None => {
            let words = comparison.closing();
            let (x, width) = parts.sides[0];
            canvas.pen_at(x, y, 2 * width + 3).style(theme.bold()).put_within(&words);
        }
    }
}

/// What both have steps back; the first difference stands out.
fn style(theme: Theme, row: &Row, first: bool) -> Style {
    if first {
        theme.bold()
    } else if row.same {
        theme.dim()
    } else {
        theme.plain()
    }
}

fn draw_difference(canvas: &mut Canvas, parts: &Parts, y: u16, difference: &Difference) {
    let theme = canvas.theme();
    for ((x, width), value) in parts.sides.into_iter().zip(&difference.values) {
        let what = WHAT_MAX.min(width / 2);
        let mut pen = canvas.pen_at(x, y, width);
        pen.style(theme.dim()).user_within(&difference.what, what).style(theme.plain());
        pen.column(what + 1).user(value);
    }
}

/// What is chosen, in full: an event with its reason and its cause.
fn draw_chosen(canvas: &mut Canvas, area: Rect, comparison: &Comparison) {
    if area.is_empty() {
        return;
    }
    let theme = canvas.theme();
    for x in area.left()..area.right() {
        canvas.glyph(x, area.y, '─', theme.dim());
    }
    let text = match comparison.rows.get(comparison.chosen) {
        Some(row) => told(row, &comparison.names),
        None => comparison.difference(comparison.chosen).map_or_else(String::new, |difference| {
            let Difference { what, values: [here, there] } = difference;
            format!("{what}.\nHere: {here}.\nThere: {there}.")
        }),
    };
    for (row, line) in (1..area.height).zip(wrap(&text, area.width, theme.glyphs)) {
        canvas.pen(area, row).put(line);
    }
}

fn told(row: &Row, names: &[Names; 2]) -> String {
    let words = |event: &Event, names: &Names| {
        format!("{} It happens {}.", event.told(names), event.cause_words(names))
    };
    match &row.events {
        [Some(here), Some(_)] if row.same => format!("Both: {}", words(here, &names[0])),
        [here, there] => {
            let here = here.as_ref().map(|event| format!("Here: {}", words(event, &names[0])));
            let there = there.as_ref().map(|event| format!("There: {}", words(event, &names[1])));
            here.into_iter().chain(there).collect::<Vec<_>>().join("\n")
        }
    }
}
