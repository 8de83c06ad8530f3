//! The screen: a pure function from what it is shown to a frame.
//!
//! [`draw`] reads a [`Scene`] (the cluster, the state of the view, the trace) and changes
//! nothing. [`hit`] answers what stands at a place of the screen, for the mouse. Both get their
//! areas from [`layout::areas`], so they agree. Each region is a file with a `draw`, and a `hit`
//! if one can point into it. All text goes through a [`canvas::Pen`], which spells out what must
//! not reach a terminal.
//!
//! What is not seen is not built: panes look only at the rows and columns that they show, so a
//! frame costs the same after a minute and after a week.

pub mod canvas;
pub mod export;
pub mod glyphs;
pub mod in_flight;
pub mod layout;
pub mod map;
pub mod reading;
pub mod text;
pub mod theme;
pub mod timeline;
pub mod trace;
pub mod view;

pub use view::{Scene, Target, View};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;

use canvas::Canvas;
use layout::Areas;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, scene: &Scene) {
    draw_into(frame.buffer_mut(), scene);
}

/// Draws the whole screen into a buffer of any size.
pub fn draw_into(buffer: &mut Buffer, scene: &Scene) {
    let size = buffer.area.as_size();
    let canvas = &mut Canvas::new(buffer, scene.view.theme);
    if !layout::fits(size) {
        return too_small(canvas, size);
    }
    let areas = layout::areas(size, scene.view, scene.cluster.servers().len());
    draw_panes(canvas, &areas, scene);
}

fn too_small(canvas: &mut Canvas, size: Size) {
    let needed = layout::MIN;
    let sentence = format!(
        "raftlab needs {}x{} characters; this terminal has {}x{}. Make it larger, or its letters \
         smaller; q leaves.",
        needed.width, needed.height, size.width, size.height
    );
    let words = sentence.split(' ');
    let (mut row, mut column) = (0, 0);
    let area = canvas.area();
    for word in words {
        let width = word.len() as u16;
        if column > 0 && column + 1 + width > area.width {
            (row, column) = (row + 1, 0);
        }
        column += u16::from(column > 0);
        canvas.pen(area, row).column(column).put(word);
        column += width;
    }
}

fn draw_panes(canvas: &mut Canvas, areas: &Areas, scene: &Scene) {
    for pane in view::Pane::EVERY {
        let area = areas.pane(pane);
        if !area.is_empty() {
            canvas.title(area, pane.name(), scene.focus(pane), "");
        }
    }
}

impl Scene<'_> {
    /// Whether the focus is on this pane.
    pub fn focus(&self, pane: view::Pane) -> canvas::Focus {
        if self.view.focus == pane { canvas::Focus::Here } else { canvas::Focus::Elsewhere }
    }
}

/// What stands at a place of a screen of this size.
pub fn hit(size: Size, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    let areas = layout::areas(size, scene.view, scene.cluster.servers().len());
    areas.pane_at(x, y).map(Target::Pane)
}
