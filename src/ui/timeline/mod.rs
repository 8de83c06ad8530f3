//! The timeline: who led in which term, what was done to the cluster, and what clients asked,
//! over a window of lab time that ends at now or at the place one has gone to.
//!
//! In one row, for a projector, everything is laid over the leaders' bands; with more rows each
//! has its own, and clients follow. It is made anew for each frame from the trace's milestones
//! and from the history, both of them bounded, and from what the window shows.

mod clients;
mod faults;
mod leaders;
mod rows;
mod story;
#[cfg(test)]
mod tests;
mod window;

pub use story::rooms;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::view::{Scene, Target};
use rows::Chart;
use story::Story;
use window::Window;

/// From this height on axis, leaders, faults and clients have rows of their own.
const ROWS_MIN: u16 = 4;
/// Columns of the rows' names.
const NAMES: u16 = 8;
/// Columns for the words after now.
const NOW: u16 = 6;

/// Draws the timeline. It has no title: its axis tells it apart.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, scene: &Scene<'_>) {
    let window = window(area, scene);
    if area.is_empty() || window.width == 0 {
        return;
    }
    let story = Story::new(scene.trace.milestones(), scene.cluster.config().servers);
    let chart = Chart { scene, story: &story, window };
    if area.height < ROWS_MIN {
        chart.single(canvas, area);
    } else {
        chart.rows(canvas, area);
    }
}

/// The moment at this cell of the screen.
pub fn hit(area: Rect, scene: &Scene<'_>, x: u16, y: u16) -> Option<Target> {
    let inside = area.contains((x, y).into());
    let moment = inside.then(|| window(area, scene).moment(x)).flatten()?;
    Some(Target::Moment(moment.min(scene.view.timeline.newest.unwrap_or(scene.cluster.now()))))
}

/// Which moments stand in which columns: all but those for names, or for the window's start.
fn window(area: Rect, scene: &Scene<'_>) -> Window {
    let columns = |before: u16, after: u16| {
        let width = area.width.saturating_sub(before.saturating_add(after));
        let chart = Rect { x: area.x + before.min(area.width), width, ..area };
        Window::new(chart, scene.view.timeline, scene.cluster.now())
    };
    if area.height < ROWS_MIN {
        columns(columns(0, 0).start_words().len() as u16 + 1, 0)
    } else {
        columns(NAMES, NOW)
    }
}
