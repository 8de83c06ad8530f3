//! The space-time diagram (Lamport, 1978): a column for each server and each client, time
//! downwards, packets as slanted lines. What one server knows came to it along these lines, and a
//! cause always stands above what it caused.
//!
//! ```text
//!            S1          S2          S3         a
//!   0.412    │★ t2       │           │          │put x=3
//!            │       ◄put x=3────────────────── │
//!   0.424    │+1 x=3     │           │          │
//!   0.437    │──entry 1─►│           ╎
//! ```
//!
//! A row is a moment at which something happened, and what has happened between two of them
//! takes no room; or rows are spans of time, all alike (`<`, `>`). Routine heartbeats are left
//! out as long as the events leave them out (`e`). When an event is selected, its causes are lit,
//! back to the timer or the command with which they began.
//!
//! The work of a frame is bounded, however long the run is: [`tale`] looks at the newest events
//! only, and [`paint`] draws so many dots.

mod axis;
mod columns;
mod lives;
mod paint;
mod tale;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;

use axis::Axis;
use columns::Columns;
use tale::Tale;

use super::canvas::Canvas;
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::time::Time;
use crate::cluster::types::Node;

/// The title and the names of the columns.
const HEAD: u16 = 2;
/// What is selected, in words.
const FOOT: u16 = 1;
/// The most rows of a picture.
const ROWS_MAX: u16 = 1_000;

/// All that a frame of the pane is made from.
struct Diagram<'a> {
    scene: &'a Scene<'a>,
    /// The rows of moments, without heads and foot.
    body: Rect,
    axis: Axis,
    columns: Columns,
    tale: Tale<'a>,
}

impl<'a> Diagram<'a> {
    fn of(area: Rect, scene: &'a Scene<'a>) -> Self {
        let rows = area.height.saturating_sub(HEAD + FOOT);
        let body = Rect { y: area.y + HEAD.min(area.height), height: rows, ..area };
        let tale = Tale::of(scene, rows);
        let axis = Axis::of(scene.view.diagram, &tale.moments, tale.bottom, rows);
        let columns = Columns::of(body, scene, &tale);
        Self { scene, body, axis, columns, tale }
    }

    /// The row of the screen of a moment; above or below the body if it isn't seen.
    fn y(&self, time: Time) -> i32 {
        i32::from(self.body.y) + self.axis.row(time)
    }
}

/// Draws the pane, its title included.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    if area.height > HEAD + FOOT {
        Diagram::of(area, scene).draw(canvas, area);
    } else if !area.is_empty() {
        canvas.title(area, Pane::Diagram.name(), scene.focus(Pane::Diagram), "");
    }
}

/// What stands at this cell of the screen: a server or a client in the row of names, a moment
/// before the columns, else the event at or beside the cell.
pub fn hit(area: Rect, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    if area.height <= HEAD + FOOT {
        return None;
    }
    let diagram = Diagram::of(area, scene);
    if y + 1 == diagram.body.y {
        return diagram.columns.node_at(x).map(|node| match node {
            Node::Server(server) => Target::Server(server),
            Node::Client(client) => Target::Client(client),
        });
    }
    if !diagram.body.contains((x, y).into()) {
        return None;
    }
    if x < diagram.columns.left {
        let row = diagram.axis.get(y - diagram.body.y);
        return row.map(|row| Target::Moment(row.time));
    }
    diagram.event_at(x, y).map(Target::Event)
}

/// Which of the listed events stand in rows that are seen, by their places in the list.
pub fn extent(area: Rect, scene: &Scene) -> Extent {
    let listed = scene.trace.listed();
    let total = listed.len() as u64;
    if area.height <= HEAD + FOOT {
        return Extent { total, ..Extent::default() };
    }
    let diagram = Diagram::of(area, scene);
    let (first, last) = diagram.axis.seen();
    let time = |number: &u64| scene.trace.get(*number).map(|event| event.time);
    let start = listed.partition_point(|number| time(number) < Some(first)) as u64;
    let end = listed.partition_point(|number| time(number) <= Some(last)) as u64;
    Extent { first: start, shown: end.saturating_sub(start), total }
}

/// Which columns are seen.
pub fn columns_extent(area: Rect, scene: &Scene) -> Extent {
    if area.is_empty() {
        return Extent::default();
    }
    Diagram::of(area, scene).columns.extent()
}

/// How many rows the pane needs so that all is seen that happened since `from`.
pub fn rows_since(scene: &Scene, from: Time) -> u16 {
    let tale = Tale::of(scene, ROWS_MAX);
    let axis = Axis::of(scene.view.diagram, &tale.moments, tale.bottom, ROWS_MAX);
    (axis.rows_since(from).min(usize::from(ROWS_MAX)) as u16).max(1) + HEAD + FOOT
}
