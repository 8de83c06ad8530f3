//! The map: servers at their places, and what flies between them.
//!
//! A server always stands on the same spot. A packet moves along the straight line from its
//! sender to its receiver, as far as its time has passed. Cuts and rules stand half-way on their
//! links; when cuts part the servers into groups, each group has a label. Clients are beside the
//! server that they ask.
//!
//! Everything that is to be seen is first gathered in a `Plan`, which says where it stands;
//! drawing follows it, and so does [`hit`]. What is drawn later covers what was drawn before:
//! trails and losses, then words, then packets, then servers. Packets give way to each other, and when
//! there is no room for one it is not drawn; the list of packets has it.

mod client;
mod group;
mod link;
mod mark;
mod places;
mod server;
#[cfg(test)]
mod tests;

pub use mark::{Mark, brings_commit};

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::view::{Clock, LostPacket, Pane, Scene, Target};
use crate::cluster::Cluster;
use crate::cluster::event::DropReason;
use crate::cluster::network::{Hand, Packet};
use crate::cluster::time::Time;
use crate::cluster::types::{ClientId, Node, PacketId, ServerId};
use client::Waiting;
use group::GroupLabel;
use link::{Sign, SignKind};
use places::{Form, Places};

/// The most packets that are drawn, those that arrive first. More could not be told apart.
const PACKETS_MAX: usize = 200;

/// Draws the pane, its title included.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, scene: &Scene<'_>) {
    if area.is_empty() {
        return;
    }
    canvas.title(area, Pane::Map.name(), scene.focus(Pane::Map), "");
    let plan = Plan::new(area, scene);
    plan.draw_traces(canvas);
    plan.draw_words(canvas);
    for flight in &plan.flights {
        flight.mark.draw(canvas, flight.place);
    }
    let selected = scene.view.selection.server;
    for (server, place) in scene.cluster.servers().iter().zip(&plan.places.rects) {
        if !place.is_empty() {
            let face = server::Face::new(server, scene.cluster, selected);
            face.draw(canvas, *place, plan.places.form);
        }
    }
}

/// What stands at this cell of the screen.
pub fn hit(area: Rect, scene: &Scene<'_>, x: u16, y: u16) -> Option<Target> {
    let plan = Plan::new(area, scene);
    if let Some(server) = plan.places.at(x, y) {
        return Some(Target::Server(ServerId::from_index(server as u8)));
    }
    let flight = plan.flights.iter().find(|flight| flight.place.contains((x, y).into()));
    flight.map(|flight| Target::Packet(flight.packet))
}

/// Everything on the map, and where it stands.
struct Plan {
    places: Places,
    flights: Vec<Flight>,
    losses: Vec<(u16, u16)>,
    signs: Vec<Sign>,
    groups: Vec<GroupLabel>,
    letters: Vec<(Rect, char)>,
    waiting: Vec<Waiting>,
}

/// A packet on the map.
struct Flight {
    packet: PacketId,
    mark: Mark,
    place: Rect,
    trail: Vec<(u16, u16)>,
}

impl Plan {
    fn new(area: Rect, scene: &Scene<'_>) -> Self {
        let cluster = scene.cluster;
        let glyphs = scene.view.theme.glyphs;
        let inside =
            Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
        let places = Places::new(inside, cluster.servers().len());
        let groups = cluster.groups();
        let labels = group::labels(inside, &places, cluster, &groups, glyphs);
        let (packets, lost) = match scene.view.clock {
            // Too fast for the eye.
            Clock::Skims => (Vec::new(), &[][..]),
            Clock::Runs | Clock::Stands(_) | Clock::Past { .. } | Clock::Broken => {
                (cluster.packets(), &scene.view.fading.lost[..])
            }
        };
        let ends = packets.iter().filter_map(|packet| client_and_server(packet.from, packet.to));
        let mut flying: Vec<(ClientId, ServerId)> = ends.collect();
        flying.sort_unstable();
        let letters = group::letters(inside, &places, &groups);
        let mut taken = places.rects.clone();
        taken.extend(letters.iter().map(|(place, _)| *place));
        // A mark that touches a label would read as a part of it.
        let airy = |label: &GroupLabel| {
            let place = label.place;
            Rect { x: place.x.saturating_sub(1), width: place.width + 2, ..place }
        };
        let signs = link::signs(&places, cluster, &groups);
        let cuts = signs.iter().filter(|sign| sign.kind == SignKind::Cut);
        let cuts = cuts.map(|sign| Rect { x: sign.x, y: sign.y, width: sign.width, height: 1 });
        let clear = taken.iter().copied().chain(labels.iter().map(airy)).chain(cuts).collect();
        let flights = flights(inside, &places, scene, &packets, clear);
        taken.extend(labels.iter().map(airy));
        let mut waiting = client::waiting(inside, &places, cluster, &flying, &taken, glyphs);
        // A packet that passes is seen whole; the words come back when it has passed.
        waiting.retain(|words: &Waiting| {
            !flights.iter().any(|flight| flight.place.intersects(words.place))
        });
        let death = |lost: &LostPacket| death(&places, inside, lost);
        // The cross of the cut says it already: another one beside it would look like a loss.
        let crosses = signs.iter().any(|sign| sign.kind == SignKind::Cut);
        let told = |lost: &&LostPacket| lost.why == DropReason::Cut && crosses;
        let lost = lost.iter().filter(|lost| !told(lost)).take(PACKETS_MAX);
        let losses = lost.filter_map(death).collect();
        Self { places, flights, losses, signs, groups: labels, letters, waiting }
    }

    fn draw_traces(&self, canvas: &mut Canvas<'_>) {
        let dim = canvas.theme().dim();
        for (x, y) in self.flights.iter().flat_map(|flight| &flight.trail) {
            canvas.glyph(*x, *y, '·', dim);
        }
        for (x, y) in &self.losses {
            canvas.glyph(*x, *y, '╳', dim);
        }
    }

    fn draw_words(&self, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme();
        for sign in &self.signs {
            let style = match sign.kind {
                SignKind::Cut => theme.bold(),
                SignKind::Rule => theme.plain(),
            };
            let place = Rect { x: sign.x, y: sign.y, width: sign.width, height: 1 };
            canvas.clear(place);
            canvas.pen(place, 0).style(style).put(&sign.text);
        }
        for label in &self.groups {
            canvas.clear(label.place);
            for (row, line) in (0..).zip(&label.lines) {
                canvas.pen(label.place, row).put(line);
            }
        }
        for (place, letter) in &self.letters {
            canvas.pen(*place, 0).style(theme.bold()).put(letter);
        }
        for waiting in &self.waiting {
            canvas.clear(waiting.place);
            canvas.pen(waiting.place, 0).put(&waiting.text);
        }
    }
}

fn client_and_server(from: Node, to: Node) -> Option<(ClientId, ServerId)> {
    match (from, to) {
        (Node::Client(client), Node::Server(server))
        | (Node::Server(server), Node::Client(client)) => Some((client, server)),
        (Node::Server(_), Node::Server(_)) | (Node::Client(_), Node::Client(_)) => None,
    }
}

/// Which part of its way a packet has behind it, 0 to 1.
fn share(packet: &Packet, now: Time) -> f64 {
    if packet.hand == Hand::Held {
        // It waits at the door.
        return 0.85;
    }
    let (passed, all) = (now.since(packet.sent), packet.due.since(packet.sent));
    if all.micros() == 0 {
        return 1.0;
    }
    (passed.micros() as f64 / all.micros() as f64).min(1.0)
}

/// How far along its way a packet is drawn at most: on a cut link, up to the cross. Cuts are
/// tested when it would arrive, but nobody should see it fly on.
fn end(cluster: &Cluster, packet: &Packet, form: Form) -> f64 {
    let cut = |from, to| cluster.links().is_cut(from, to);
    let servers = matches!((packet.from, packet.to), (Node::Server(_), Node::Server(_)));
    match (cut(packet.from, packet.to), cut(packet.to, packet.from)) {
        (true, true) if servers && form.is_ring() => 0.3,
        (true, false) if servers && form.is_ring() => 0.55,
        (true | false, true | false) => 1.0,
    }
}

/// The packets that are drawn, each at a place of its own where nothing is `taken`.
fn flights(
    area: Rect,
    places: &Places,
    scene: &Scene<'_>,
    packets: &[&Packet],
    mut taken: Vec<Rect>,
) -> Vec<Flight> {
    let mut flights = Vec::new();
    for packet in packets.iter().take(PACKETS_MAX) {
        let Some(mut flight) = flight(area, places, scene, packet) else { continue };
        if let Some(place) = free_near(area, flight.place, &taken) {
            flight.place = place;
            taken.push(place);
            flights.push(flight);
        }
    }
    flights
}

/// A packet where it would stand if it were alone; `None` if one of its ends is not on the map.
fn flight(area: Rect, places: &Places, scene: &Scene<'_>, packet: &Packet) -> Option<Flight> {
    let glyphs = scene.view.theme.glyphs;
    let mut mark = Mark::of(packet, scene.cluster, glyphs);
    mark.selected = scene.view.selection.packet == Some(packet.id);
    let ring = places.form.is_ring();
    if mark.is_dot() && places.form == Form::Small {
        return None;
    }
    let share = share(packet, scene.cluster.now()).min(end(scene.cluster, packet, places.form));
    let width = mark.width();
    let (mut place, trail) = match (packet.from, packet.to) {
        (Node::Server(from), Node::Server(to)) => {
            let way = places.way(from.index(), to.index(), width)?;
            // Where it goes is said when time stands: what moves says it by moving. It does not
            // change where the mark begins.
            mark.goes = (!scene.view.clock.moves()).then_some(to);
            let (x, y) = way.cell(share);
            // In rows, the trails of heartbeats would cover everything.
            let trail = way.dots(if ring || !mark.is_dot() { share } else { 0.0 }).collect();
            (Rect { x, y, width: mark.width(), height: 1 }, trail)
        }
        (Node::Client(_), Node::Server(server)) => {
            (beside(area, places, server, width, share)?, Vec::new())
        }
        (Node::Server(server), Node::Client(_)) => {
            (beside(area, places, server, width, 1.0 - share)?, Vec::new())
        }
        (Node::Client(_), Node::Client(_)) => return None,
    };
    place.x = place.x.min(area.right().saturating_sub(place.width)).max(area.x);
    Some(Flight { packet: packet.id, mark, place, trail })
}

fn beside(area: Rect, places: &Places, server: ServerId, width: u16, share: f64) -> Option<Rect> {
    let rect = places.rects.get(server.index()).filter(|rect| !rect.is_empty())?;
    Some(client::packet(area, *rect, width, share))
}

/// The nearest free place for a packet's mark: its own, or a little beside it.
fn free_near(area: Rect, place: Rect, taken: &[Rect]) -> Option<Rect> {
    let side = place.width as i32;
    let moves = [
        (0, 0),
        (0, -1),
        (0, 1),
        (1, 0),
        (-1, 0),
        (2, 0),
        (-2, 0),
        (-side, 0),
        (side, 0),
        (0, -2),
        (0, 2),
    ];
    moves.into_iter().find_map(|(dx, dy)| {
        let x = u16::try_from(i32::from(place.x) + dx).ok()?;
        let y = u16::try_from(i32::from(place.y) + dy).ok()?;
        let moved = Rect { x, y, ..place };
        let free = !taken.iter().any(|other| other.intersects(moved));
        (free && area.intersection(moved) == moved).then_some(moved)
    })
}

/// Where a lost packet died: at the end of its way, for that is where losses and cuts are met.
fn death(places: &Places, area: Rect, lost: &LostPacket) -> Option<(u16, u16)> {
    match (lost.from, lost.to) {
        (Node::Server(from), Node::Server(to)) => {
            Some(places.way(from.index(), to.index(), 1)?.cell(1.0))
        }
        (Node::Client(_), Node::Server(server)) => {
            beside(area, places, server, 1, 1.0).map(|place| (place.x, place.y))
        }
        (Node::Server(server), Node::Client(_)) => {
            beside(area, places, server, 1, 0.0).map(|place| (place.x, place.y))
        }
        (Node::Client(_), Node::Client(_)) => None,
    }
}
