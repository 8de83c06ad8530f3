//! What each pane can do: draw itself, say what stands at a cell, say which part of it is seen.
//!
//! To add a pane: its row in `Pane` (`view/pane.rs`), its file here, its face below, and its place
//! in a layout (`layout.rs`).

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::layout::{Areas, is_hall};
use super::sheet::Sheet;
use super::theme::Ink;
use super::view::{Extent, Pane, Scene, Target};
use super::{
    client_view, clients, diagram, events, in_flight, inspector, links, log_rows, map, quorum,
    script, servers, timeline, values,
};

/// Where the functions of a pane are. A hit is asked only of cells in the pane.
enum Face {
    /// It knows the area that it has.
    Area {
        draw: fn(&mut Canvas<'_>, Rect, &Scene<'_>),
        hit: fn(Rect, &Scene<'_>, u16, u16) -> Option<Target>,
        /// Which of its rows are seen; nothing for a pane that doesn't scroll.
        extent: fn(Rect, &Scene<'_>) -> Extent,
    },
    /// It needs the areas of others, or of the screen.
    Areas {
        draw: fn(&mut Canvas<'_>, &Areas, &Scene<'_>),
        hit: fn(&Areas, &Scene<'_>, u16, u16) -> Option<Target>,
        extent: fn(&Areas, &Scene<'_>) -> Extent,
    },
    /// Rows to read: how they are drawn, pointed at and scrolled is the same for all.
    Sheet(fn(Rect, &Scene<'_>) -> Sheet),
    /// It says nothing while a question stands: it would answer it.
    Withheld,
}

fn face(pane: Pane, scene: &Scene) -> Face {
    match pane {
        Pane::Diagram | Pane::Inspector | Pane::Quorum | Pane::Client if scene.view.withholds() => {
            Face::Withheld
        }
        Pane::Map => Face::Areas { draw: map::draw, hit: map::hit, extent: |_, _| unscrolled() },
        Pane::Servers if is_hall(scene.view) => {
            Face::Areas { draw: log_rows::draw, hit: log_rows::hit, extent: log_rows::extent }
        }
        Pane::Servers => {
            Face::Areas { draw: servers::draw, hit: servers::hit, extent: servers::extent }
        }
        Pane::Clients => {
            Face::Area { draw: clients::draw, hit: clients::hit, extent: clients::extent }
        }
        Pane::Values => Face::Area { draw: values::draw, hit: values::hit, extent: values::extent },
        Pane::InFlight => {
            Face::Area { draw: in_flight::draw, hit: in_flight::hit, extent: in_flight::extent }
        }
        Pane::Events => Face::Area { draw: events::draw, hit: events::hit, extent: events::extent },
        Pane::Script => Face::Area { draw: script::draw, hit: script::hit, extent: script::extent },
        Pane::Diagram => {
            Face::Area { draw: diagram::draw, hit: diagram::hit, extent: diagram::extent }
        }
        Pane::Links => Face::Area { draw: links::draw, hit: links::hit, extent: links::extent },
        Pane::Inspector => Face::Sheet(inspector::sheet),
        Pane::Quorum => Face::Sheet(quorum::sheet),
        Pane::Client => Face::Sheet(client_view::sheet),
        Pane::Timeline => {
            Face::Area { draw: timeline::draw, hit: timeline::hit, extent: |_, _| unscrolled() }
        }
    }
}

fn unscrolled() -> Extent {
    Extent::default()
}

pub(super) fn draw(pane: Pane, canvas: &mut Canvas, areas: &Areas, scene: &Scene) {
    let area = areas[pane];
    match face(pane, scene) {
        Face::Area { draw, .. } => draw(canvas, area, scene),
        Face::Areas { draw, .. } => draw(canvas, areas, scene),
        Face::Sheet(sheet) => sheet(area, scene).draw(canvas, area, scene),
        Face::Withheld => {
            canvas.title(area, pane.name(), scene.focus(pane), "");
            let ink = canvas.theme().ink(Ink::Dim);
            canvas.pen(area, 1).skip(1).style(ink).put_within("once the question is answered");
        }
    }
}

/// What stands at a cell of the screen, which is in the pane.
pub(super) fn hit(pane: Pane, areas: &Areas, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    let area = areas[pane];
    match face(pane, scene) {
        Face::Area { hit, .. } => hit(area, scene, x, y),
        Face::Areas { hit, .. } => hit(areas, scene, x, y),
        Face::Sheet(sheet) => sheet(area, scene).hit(area, scene, y),
        Face::Withheld => None,
    }
}

/// Which of its rows are seen; nothing of a pane that doesn't scroll.
pub(super) fn extent(pane: Pane, areas: &Areas, scene: &Scene) -> Extent {
    let area = areas[pane];
    match face(pane, scene) {
        Face::Area { extent, .. } => extent(area, scene),
        Face::Areas { extent, .. } => extent(areas, scene),
        Face::Sheet(sheet) => sheet(area, scene).extent(area, scene),
        Face::Withheld => unscrolled(),
    }
}

/// Which indexes of the logs are seen.
pub(super) fn logs_extent(areas: &Areas, scene: &Scene) -> Extent {
    match is_hall(scene.view) {
        true => log_rows::logs_extent(areas, scene),
        false => servers::logs_extent(areas, scene),
    }
}
