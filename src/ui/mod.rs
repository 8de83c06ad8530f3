//! The screen: a pure function from what it is shown to a frame.
//!
//! [`draw`] reads a [`Scene`] (the cluster, the state of the view, the trace) and changes
//! nothing. [`hit`] answers what stands at a place of the screen, for the mouse, and [`extent`]
//! what part of a pane is seen, for scrolling. All get their areas from [`layout::areas`], so
//! they agree. Each region is a file with a `draw`, and a `hit` if one can point into it. All
//! text goes through a [`canvas::Pen`], which spells out what must not reach a terminal.
//!
//! What is not seen is not built: panes look only at the rows and columns that they show, so a
//! frame costs the same after a minute and after a week.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod block;
pub mod canvas;
mod client_view;
mod clients;
mod comparison;
mod diagram;
mod dialog;
mod events;
pub mod export;
mod footer;
pub mod glyphs;
pub mod headline;
pub mod in_flight;
pub mod inspector;
pub mod layout;
pub mod legend;
pub mod links;
mod log_marks;
mod log_rows;
mod logs;
pub mod map;
mod modes;
mod news;
mod panes;
mod prompt;
mod question;
mod quorum;
pub mod reading;
mod scale;
mod script;
mod servers;
mod sheet;
pub mod text;
pub mod theme;
pub mod timeline;
mod timers;
mod top;
pub mod trace;
mod values;
pub mod view;
mod watches;

pub use view::{Scene, Target, View};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::cluster::time::Time;
use canvas::{Canvas, Focus};
use layout::Areas;
use view::{Extent, Light, Marks, Mode, Pane};

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, scene: &Scene) {
    draw_into(frame.buffer_mut(), scene);
}

/// Draws the whole screen into a buffer of any size.
pub fn draw_into(buffer: &mut Buffer, scene: &Scene) {
    let size = buffer.area.as_size();
    let canvas = &mut Canvas::new(buffer, scene.view.theme);
    if !layout::fits(size) {
        return draw_too_small(canvas, size);
    }
    if scene.view.light == Light::Black {
        return;
    }
    let areas = areas(size, scene);
    canvas.fill(areas.screen, scene.view.theme.ground(theme::Ground::Base));
    canvas.restyle(areas.screen, scene.view.theme.ink(theme::Ink::Text));
    top::draw(canvas, areas.header, scene);
    match scene.view.size {
        Marks::Usual => headline::draw(canvas, areas.headline, scene, areas.caption),
        Marks::Big => headline::draw_big(canvas, areas.headline, scene),
    }
    top::draw_status(canvas, areas.status, scene);
    news::draw(canvas, areas.news, scene);
    if !areas.caption.is_empty() {
        headline::draw_caption(canvas, areas.caption, scene);
    }
    question::draw(canvas, areas.question, scene);
    watches::draw(canvas, areas.watches, areas.watches_title(), scene);
    for pane in Pane::EVERY {
        if !areas[pane].is_empty() {
            panes::draw(pane, canvas, &areas, scene);
        }
    }
    draw_joints(canvas, &areas);
    if !areas.last_command.is_empty() {
        footer::draw_last_command(canvas, areas.last_command, scene);
    }
    match &scene.view.mode {
        Mode::Normal | Mode::Packets => footer::draw(canvas, areas.footer, scene),
        Mode::Prompt(prompt) => prompt::draw(canvas, areas.footer, prompt),
        Mode::Partition(edit) => modes::draw_partition(canvas, areas.footer, scene, edit),
        Mode::Link(_) => {
            footer::draw_hints(canvas, areas.footer, &scene.view.hints);
        }
        Mode::Dialog(dialog) => dialog::draw(canvas, areas.screen, scene, dialog),
    }
}

/// The screen without the rows of its caption, its question and its keys, for a page that says in its own
/// letters what is said and asked.
pub fn draw_panes(size: Size, scene: &Scene) -> Buffer {
    let mut whole = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    draw_into(&mut whole, scene);
    let areas = areas(size, scene);
    let caption = match areas.caption.is_empty() && scene.view.caption.is_some() {
        true => areas.headline,
        false => areas.caption,
    };
    let left_out = [caption, areas.question, areas.footer];
    let shown = |y: &u16| !left_out.iter().any(|area| (area.top()..area.bottom()).contains(y));
    let rows: Vec<u16> = (0..size.height).filter(shown).collect();
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, rows.len() as u16));
    for (to, from) in (0..).zip(rows) {
        for x in 0..size.width {
            buffer[(x, to)] = whole[(x, from)].clone();
        }
    }
    buffer
}

/// The space-time diagram alone, up to now: of this size or, if it begins at a moment, with as many
/// rows as it needs.
pub fn draw_diagram(scene: &Scene, size: Size, from: Option<Time>) -> Buffer {
    let height = from.map_or(size.height, |from| diagram::rows_since(scene, from));
    let area = Rect::new(0, 0, size.width, height);
    let mut buffer = Buffer::empty(area);
    let canvas = &mut Canvas::new(&mut buffer, scene.view.theme);
    canvas.fill(area, scene.view.theme.ground(theme::Ground::Base));
    canvas.restyle(area, scene.view.theme.ink(theme::Ink::Text));
    diagram::draw(canvas, area, scene);
    buffer
}

/// What stands at a place of a screen of this size.
pub fn hit(size: Size, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    if !layout::fits(size) {
        return None;
    }
    let areas = areas(size, scene);
    let glyphs = scene.view.theme.glyphs;
    match &scene.view.mode {
        Mode::Dialog(dialog) => dialog::hit(areas.screen, scene, dialog, x, y),
        Mode::Prompt(prompt) => prompt::hit(areas.footer, scene, prompt, x, y),
        Mode::Partition(_) | Mode::Link(_) if areas.footer.contains((x, y).into()) => {
            footer::hint_at(areas.footer, &scene.view.hints, glyphs, x).map(Target::Hint)
        }
        Mode::Normal | Mode::Packets if areas.footer.contains((x, y).into()) => {
            footer::hit(areas.footer, scene, x)
        }
        Mode::Normal | Mode::Packets if areas.question.contains((x, y).into()) => {
            question::hit(areas.question, scene, y)
        }
        Mode::Normal | Mode::Packets | Mode::Partition(_) | Mode::Link(_) => {
            if areas.watches.contains((x, y).into()) {
                return watches::hit(areas.watches, areas.watches_title(), scene, x, y);
            }
            let pane = areas.pane_at(x, y)?;
            let hit = panes::hit(pane, &areas, scene, x, y);
            Some(hit.unwrap_or(Target::Pane(pane)))
        }
    }
}

/// Which part of a pane is shown. For the servers, the rows; see [`logs_extent`] for the logs.
pub fn extent(size: Size, scene: &Scene, pane: Pane) -> Extent {
    if !layout::fits(size) {
        return Extent::default();
    }
    let areas = areas(size, scene);
    panes::extent(pane, &areas, scene)
}

/// Which indexes of the logs are shown.
pub fn logs_extent(size: Size, scene: &Scene) -> Extent {
    if !layout::fits(size) {
        return Extent::default();
    }
    let areas = areas(size, scene);
    panes::logs_extent(&areas, scene)
}

/// Which columns of the space-time diagram are shown.
pub fn columns_extent(size: Size, scene: &Scene) -> Extent {
    if !layout::fits(size) {
        return Extent::default();
    }
    diagram::columns_extent(areas(size, scene)[Pane::Diagram], scene)
}

/// Which rows of the open dialog are shown.
pub fn dialog_extent(size: Size, scene: &Scene) -> Extent {
    let screen = Rect::new(0, 0, size.width, size.height);
    if !layout::fits(size) {
        return Extent::default();
    }
    match &scene.view.mode {
        Mode::Dialog(dialog) => dialog::extent(screen, scene, dialog),
        Mode::Normal | Mode::Packets | Mode::Prompt(_) | Mode::Partition(_) | Mode::Link(_) => {
            Extent::default()
        }
    }
}

/// The panes that are on a screen of this size.
pub fn panes(size: Size, scene: &Scene) -> impl Iterator<Item = Pane> {
    let areas = areas(size, scene);
    Pane::EVERY.into_iter().filter(move |pane| !areas[*pane].is_empty())
}

fn areas(size: Size, scene: &Scene) -> Areas {
    layout::areas(size, scene.view, scene.cluster.servers().len())
}

/// Draws one pane alone; the area that it has.
#[cfg(test)]
pub(crate) fn draw_alone(buffer: &mut Buffer, scene: &Scene, pane: Pane) -> Rect {
    let areas = areas(buffer.area.as_size(), scene);
    if !areas[pane].is_empty() {
        let canvas = &mut Canvas::new(buffer, scene.view.theme);
        panes::draw(pane, canvas, &areas, scene);
    }
    areas[pane]
}

/// The lines between panes that stand side by side, joined to the lines of their titles.
fn draw_joints(canvas: &mut Canvas, areas: &Areas) {
    // The logs beside a map for a hall need none: there, lines are walls.
    for pane in Pane::EVERY.into_iter().filter(|pane| *pane != Pane::Servers) {
        let area = areas[pane];
        if !area.is_empty() && area.x > 0 {
            draw_joint(canvas, areas, area);
        }
    }
}

/// The line to the left of a pane.
fn draw_joint(canvas: &mut Canvas, areas: &Areas, area: Rect) {
    let (x, line) = (area.x - 1, canvas.theme().dim());
    // The timeline begins with no title.
    let titled = Pane::EVERY.into_iter().filter(|pane| *pane != Pane::Timeline);
    let is_title = |x: u16, y: u16| {
        let mut panes = titled.clone().map(|pane| areas[pane]);
        panes.any(|pane| pane.y == y && pane.contains((x, y).into()))
    };
    let on_top = Pane::EVERY.into_iter().map(|pane| areas[pane]);
    let on_top = on_top.into_iter().any(|top| top.x == area.x && top.bottom() == area.y);
    for y in area.y..=area.bottom() {
        let (above, below) = (y > area.y || on_top, y < area.bottom());
        let glyph = match (is_title(x - 1, y), is_title(x + 1, y), above, below) {
            (false, false, ..) => '│',
            (true, true, false, true) => '┬',
            (true, true, true, false) => '┴',
            (true, true, ..) => '┼',
            (false, true, ..) => '├',
            (true, false, ..) => '┤',
        };
        if below || glyph == '┴' {
            canvas.glyph(x, y, glyph, line);
        }
    }
}

fn draw_too_small(canvas: &mut Canvas, size: Size) {
    let needed = layout::MIN;
    let sentence = format!(
        "raftlab needs {}x{} characters; this terminal has {}x{}. Enlarge the window or \
         reduce the font size; q quits.",
        needed.width, needed.height, size.width, size.height
    );
    let area = canvas.area();
    let lines = text::wrap(&sentence, area.width, canvas.theme().glyphs);
    for (row, line) in (0..area.height).zip(lines) {
        canvas.pen(area, row).put(line);
    }
}

impl Scene<'_> {
    /// Whether the focus is on this pane.
    pub fn focus(&self, pane: Pane) -> Focus {
        if self.view.focus == pane { Focus::Here } else { Focus::Elsewhere }
    }
}
