//! The map: who can hear whom, who leads, what is on its way, who waits.
//!
//! A group of servers that hear each other is a room; between rooms is a wall. The title of a room
//! says whether it has a majority. A server is a card in its room. Links are drawn where they say
//! something: from leaders and candidates to those whom they reach, where a packet flies, and
//! where something is wrong. Each packet says from whom to whom, and what. A client that waits
//! stands under the server that it waits for.
//!
//! Where everything stands is decided by [`plan`], from the groups alone, so that only a cut, a
//! heal or a resize moves anything. A `Picture` is what the plan and the [`Situation`] come to;
//! drawing and pointing both use it. Back to front: grounds, walls, links, cards, plates, clients,
//! packets.

mod card;
mod link;
mod packet;
pub mod plan;
mod room;
mod tab;

pub use packet::brings_commit;
pub use room::letter as room_letter;

use ratatui::layout::{Rect, Size};

use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::layout::Areas;
use super::reading;
use super::scale::Scale;
use super::theme::Ground;
use super::view::{Mode, Pane, PartitionEdit, Scene, Target};
use crate::cluster::situation::Situation;
use crate::cluster::types::{ServerId, ServerSet};
use plan::{CardSize, Groups, Plan};

/// Draws the map.
pub fn draw(canvas: &mut Canvas<'_>, areas: &Areas, scene: &Scene<'_>) {
    let area = areas[Pane::Map];
    if area.is_empty() {
        return;
    }
    match Picture::of(area, scene, canvas.area().as_size()) {
        Some(picture) => picture.draw(canvas),
        None => room::draw_list(canvas, area, scene),
    }
}

/// What stands at this cell of the screen.
pub fn hit(areas: &Areas, scene: &Scene<'_>, x: u16, y: u16) -> Option<Target> {
    let picture = Picture::of(areas[Pane::Map], scene, areas.screen.as_size())?;
    if let Some(server) = picture.plan.server_at(x, y) {
        return Some(Target::Server(server));
    }
    let at = (x, y).into();
    if let Some(label) = picture.labels().iter().find(|label| label.area.contains(at)) {
        return Some(Target::Packet(label.packet));
    }
    let tabs = tab::tabs(&picture);
    tabs.iter().find(|tab| tab.area.contains(at)).and_then(tab::Tab::target)
}

/// Everything on the map, and where it stands.
struct Picture<'a> {
    scene: &'a Scene<'a>,
    area: Rect,
    situation: Situation,
    plan: Plan,
    /// The groups are being chosen; nothing is cut yet.
    preview: bool,
}

impl<'a> Picture<'a> {
    fn of(area: Rect, scene: &'a Scene<'a>, screen: Size) -> Option<Self> {
        let situation = reading::situation(scene);
        let chosen = match &scene.view.mode {
            Mode::Partition(edit) => Some(groups(edit)),
            Mode::Normal | Mode::Packets | Mode::Prompt(_) | Mode::Link(_) | Mode::Dialog(_) => {
                None
            }
        };
        let preview = chosen.is_some();
        let rooms: Vec<ServerSet> =
            chosen.unwrap_or_else(|| situation.rooms.iter().map(|room| room.members).collect());
        let one_way = |from: usize, to: usize| !preview && situation.one_way(from, to);
        let scale = Scale::of(screen.width, screen.height);
        let plan = Plan::of(area, scale, &Groups { rooms: &rooms, one_way: &one_way })?;
        Some(Self { scene, area, situation, plan, preview })
    }

    /// Whether what stands beside the cards, packets, clients and faults of links, is in block letters.
    fn has_large_labels(&self) -> bool {
        self.plan.scale == Scale::Xl
            && matches!(self.plan.card, CardSize::Xl | CardSize::Tall | CardSize::Big)
            && self.scene.view.theme.glyphs == Glyphs::Unicode
    }

    fn draw(&self, canvas: &mut Canvas) {
        room::draw(canvas, self);
        let labels = self.labels();
        link::draw(canvas, self, &labels);
        room::draw_titles(canvas, self);
        for server in self.scene.cluster.servers() {
            card::draw(canvas, self, server);
        }
        link::draw_plates(canvas, self);
        room::draw_gates(canvas, self);
        let tabs = tab::tabs(self);
        for tab in &tabs {
            tab.draw(canvas);
        }
        for label in &labels {
            label.draw(canvas);
        }
        let tabs: Vec<Rect> = tabs.iter().map(|tab| tab.area).collect();
        packet::draw_rest(canvas, self, &labels, &tabs);
    }

    /// The packets, each at a place of its own.
    fn labels(&self) -> Vec<packet::Label> {
        let tabs = tab::tabs(self);
        packet::labels(self, tabs.iter().map(|tab| tab.area))
    }

    /// The area of the room in which a server is.
    fn room_area(&self, server: ServerId) -> Rect {
        let inside = |area: &Rect| {
            let card = self.plan.card(server);
            area.contains((card.x, card.y).into())
        };
        self.plan.rooms.iter().map(|room| room.area).find(inside).unwrap_or(self.area)
    }

    /// Whether a room has too few servers, as far as it is a room already, and that is told.
    fn is_weak(&self, room: usize) -> bool {
        !self.preview && self.ground(room) == Ground::Minority
    }

    /// The ground of a room.
    fn ground(&self, room: usize) -> Ground {
        reading::ground(&self.situation, room)
    }
}

/// The groups that are being chosen, those of the lowest numbers first.
pub fn groups(edit: &PartitionEdit) -> Vec<ServerSet> {
    let mut groups: Vec<(u8, ServerSet)> = Vec::new();
    for (server, group) in ServerId::first(edit.servers.len() as u8).zip(&edit.servers) {
        match groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, members)) => members.insert(server),
            None => groups.push((*group, ServerSet::only(server))),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}
