//! What each pane can do: draw itself, say what stands at a cell, say which part of it is seen.
//!
//! To add a pane: its row in `Pane` (`view/pane.rs`), its file here, its face below, and its place
//! in a layout (`layout.rs`).

use super::canvas::Canvas;
use super::layout::{Areas, is_hall};
use super::theme::Ink;
use super::view::{Extent, Pane, Scene, Target};
use super::{
    client_view, clients, diagram, events, in_flight, inspector, links, log_rows, map, quorum,
    script, servers, timeline, values,
};

/// The functions of a pane. Each finds the pane's own area among the areas.
pub(super) struct Face {
    pub draw: fn(&mut Canvas<'_>, &Areas, &Scene<'_>),
    /// What stands at a cell of the screen, which is in the pane.
    pub hit: fn(&Areas, &Scene<'_>, u16, u16) -> Option<Target>,
    /// Which of its rows are seen; nothing for a pane that doesn't scroll.
    pub extent: fn(&Areas, &Scene<'_>) -> Extent,
}

pub(super) fn face(pane: Pane, scene: &Scene) -> Face {
    match pane {
        Pane::Map => Face {
            draw: |canvas, areas, scene| map::draw(canvas, areas[Pane::Map], scene),
            hit: |areas, scene, x, y| {
                map::hit(areas[Pane::Map], scene, areas.screen.as_size(), x, y)
            },
            extent: |_, _| Extent::default(),
        },
        Pane::Clients => Face {
            draw: |canvas, areas, scene| clients::draw(canvas, areas[Pane::Clients], scene),
            hit: |areas, scene, _, y| clients::hit(areas[Pane::Clients], scene, y),
            extent: |areas, scene| clients::extent(areas[Pane::Clients], scene),
        },
        Pane::Values => Face {
            draw: |canvas, areas, scene| values::draw(canvas, areas[Pane::Values], scene),
            hit: |areas, scene, _, y| values::hit(areas[Pane::Values], scene, y),
            extent: |areas, scene| values::extent(areas[Pane::Values], scene),
        },
        Pane::InFlight => Face {
            draw: |canvas, areas, scene| in_flight::draw(canvas, areas[Pane::InFlight], scene),
            hit: |areas, scene, x, y| in_flight::hit(areas[Pane::InFlight], scene, x, y),
            extent: |areas, scene| in_flight::extent(areas[Pane::InFlight], scene),
        },
        Pane::Servers if is_hall(scene.view) => {
            Face { draw: log_rows::draw, hit: log_rows::hit, extent: log_rows::extent }
        }
        Pane::Servers => Face { draw: servers::draw, hit: servers::hit, extent: servers::extent },
        Pane::Events => Face {
            draw: |canvas, areas, scene| events::draw(canvas, areas[Pane::Events], scene),
            hit: |areas, scene, _, y| events::hit(areas[Pane::Events], scene, y),
            extent: |areas, scene| events::extent(areas[Pane::Events], scene),
        },
        Pane::Script => Face {
            draw: |canvas, areas, scene| script::draw(canvas, areas[Pane::Script], scene),
            hit: |areas, scene, _, y| script::hit(areas[Pane::Script], scene, y),
            extent: |areas, scene| script::extent(areas[Pane::Script], scene),
        },
        Pane::Diagram | Pane::Inspector | Pane::Quorum | Pane::Client if scene.view.withholds() => {
            Face { draw: draw_withheld, hit: |_, _, _, _| None, extent: |_, _| Extent::default() }
        }
        Pane::Diagram => Face {
            draw: |canvas, areas, scene| diagram::draw(canvas, areas[Pane::Diagram], scene),
            hit: |areas, scene, x, y| diagram::hit(areas[Pane::Diagram], scene, x, y),
            extent: |areas, scene| diagram::extent(areas[Pane::Diagram], scene),
        },
        Pane::Links => Face {
            draw: |canvas, areas, scene| links::draw(canvas, areas[Pane::Links], scene),
            hit: |areas, scene, x, y| links::hit(areas[Pane::Links], scene, x, y),
            extent: |areas, scene| links::extent(areas[Pane::Links], scene),
        },
        Pane::Inspector => Face {
            draw: |canvas, areas, scene| inspector::draw(canvas, areas[Pane::Inspector], scene),
            hit: |areas, scene, _, y| inspector::hit(areas[Pane::Inspector], scene, y),
            extent: |areas, scene| inspector::extent(areas[Pane::Inspector], scene),
        },
        Pane::Quorum => Face {
            draw: |canvas, areas, scene| quorum::draw(canvas, areas[Pane::Quorum], scene),
            hit: |areas, scene, _, y| quorum::hit(areas[Pane::Quorum], scene, y),
            extent: |areas, scene| quorum::extent(areas[Pane::Quorum], scene),
        },
        Pane::Client => Face {
            draw: |canvas, areas, scene| client_view::draw(canvas, areas[Pane::Client], scene),
            hit: |areas, scene, _, y| client_view::hit(areas[Pane::Client], scene, y),
            extent: |areas, scene| client_view::extent(areas[Pane::Client], scene),
        },
        Pane::Timeline => Face {
            draw: |canvas, areas, scene| timeline::draw(canvas, areas[Pane::Timeline], scene),
            hit: |areas, scene, x, y| timeline::hit(areas[Pane::Timeline], scene, x, y),
            extent: |_, _| Extent::default(),
        },
    }
}

/// What looks closely says nothing while a question stands: it would answer it.
fn draw_withheld(canvas: &mut Canvas, areas: &Areas, scene: &Scene) {
    for pane in [Pane::Diagram, Pane::Inspector, Pane::Quorum, Pane::Client] {
        let area = areas[pane];
        if !area.is_empty() {
            canvas.title(area, pane.name(), scene.focus(pane), "");
            let ink = canvas.theme().ink(Ink::Dim);
            canvas.pen(area, 1).skip(1).style(ink).put_within("once the question is answered");
        }
    }
}

/// Which indexes of the logs are seen.
pub(super) fn logs_extent(areas: &Areas, scene: &Scene) -> Extent {
    match is_hall(scene.view) {
        true => log_rows::logs_extent(areas, scene),
        false => servers::logs_extent(areas, scene),
    }
}
