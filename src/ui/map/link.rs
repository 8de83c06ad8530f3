//! Links between servers: lines of dots where they say something.
//!
//! In a room of four, or of five where rows are many, each pair that hears each other has a line, so that a cut is an absence
//! one can see. All of them are a tangle where there are more: then only those of leaders and
//! candidates, those on which something flies, and those with which something is wrong. A pair
//! within a room that is cut, loses or delays has a plate that says so.

use ratatui::layout::Rect;

use super::packet::{Label, PACKETS_MAX};
use super::plan::{Opening, Wall};
use super::{Picture, room, tab};
use crate::cluster::command::Fate;
use crate::cluster::network::LinkRule;
use crate::cluster::orders::{Act, Order};
use crate::cluster::situation::Standing;
use crate::cluster::time::{Ppm, Span};
use crate::cluster::types::{Node, ServerId, ServerSet};
use crate::ui::block::{self, Face};
use crate::ui::canvas::Canvas;
use crate::ui::scale::Scale;
use crate::ui::theme::{Ground, Ink};
use crate::ui::view::Clock;

/// A point of the screen, in cells.
pub type Point = (f64, f64);

/// The way of a packet, as far as it is seen: outside of the cards at both ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    points: Vec<Point>,
    /// It ends at a cut: nothing gets farther.
    pub blocked: bool,
}

impl Way {
    /// The way from one server to another, as the links are cut now; `None` if one is not on the
    /// map, or where the cards leave nothing between them.
    pub fn between(picture: &Picture, from: ServerId, to: ServerId) -> Option<Self> {
        let (start, end) = (picture.plan.card(from), picture.plan.card(to));
        if start.is_empty() || end.is_empty() || from == to {
            return None;
        }
        let cut = !picture.scene.cluster.reaches(Node::Server(from), Node::Server(to));
        let (a, b) = (centre(start), centre(end));
        let (here, there) = (picture.room_area(from), picture.room_area(to));
        if here == there {
            let (a, b) = (edge(a, b, start), edge(b, a, end));
            let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
            return Some(Self { points: vec![a, if cut { middle } else { b }], blocked: cut });
        }
        if let Some(gate) = gate(picture, here, there) {
            return Some(gate.way((a, start), (b, end), cut));
        }
        // One room hears the other, and stands elsewhere than beside it.
        if !cut {
            return Some(Self { points: vec![edge(a, b, start), edge(b, a, end)], blocked: false });
        }
        // Up to the wall and no farther.
        let wall = leave(a, b, here);
        Some(Self { points: vec![edge(a, wall, start), wall], blocked: true })
    }

    /// The point at this share of the way, 0 to 1.
    pub fn at(&self, share: f64) -> Point {
        let lengths: Vec<f64> =
            self.points.windows(2).map(|ends| length(ends[0], ends[1])).collect();
        let mut left = lengths.iter().sum::<f64>() * share.clamp(0.0, 1.0);
        for (ends, length) in self.points.windows(2).zip(&lengths) {
            if left <= *length && *length > 0.0 {
                let part = left / length;
                let ((x, y), (u, v)) = (ends[0], ends[1]);
                return (x + (u - x) * part, y + (v - y) * part);
            }
            left -= length;
        }
        self.points.last().copied().unwrap_or_default()
    }

    /// A cross on the wall at which it ends: nothing gets farther.
    fn draw_end(&self, canvas: &mut Canvas, picture: &Picture, room: Rect) {
        let (x, y) = self.at(1.0);
        let on = |wall: &&Wall| {
            let near = Rect { x: room.x.saturating_sub(1), width: room.width + 2, ..room };
            wall.area.intersects(near)
        };
        let walls = picture.plan.walls.iter().filter(on);
        let away = |wall: &&Wall| {
            let (left, right) = (f64::from(wall.area.left()), f64::from(wall.area.right()));
            (x.clamp(left, right) - x).abs()
        };
        let Some(wall) = walls.min_by(|one, other| away(one).total_cmp(&away(other))) else {
            return;
        };
        let inside = |at: f64, low: u16, high: u16| (at.max(0.0) as u16).clamp(low, high.max(low));
        let area = wall.area;
        let column = match area.height {
            1 => inside(x, area.x, area.right().saturating_sub(3)),
            _ => area.x + area.width.saturating_sub(3) / 2,
        };
        let row = inside(y, area.y, area.bottom().saturating_sub(1));
        // Beside the word on the wall.
        let plate = room::word_plate(area, "CUT", canvas.theme().glyphs);
        let row = match (area.height > 1 && plate.contains((area.x, row).into()), plate.y) {
            (false, _) => row,
            (true, top) if row < top + plate.height / 2 && top > area.y => top - 1,
            (true, _) => plate.bottom().min(area.bottom() - 1),
        };
        let style = canvas.theme().on(Ground::Bright);
        canvas.pen_at(column, row, 3).style(style).put(" ✗ ");
    }

    /// Draws it as a line; every so many dots.
    fn draw(&self, canvas: &mut Canvas, ink: Ink, every: usize) {
        let style = canvas.theme().ink(ink);
        for ends in self.points.windows(2) {
            let ((x, y), (u, v)) = (ends[0], ends[1]);
            let (dx, dy) = ((u - x) * 2.0, (v - y) * 4.0);
            let steps = dx.abs().max(dy.abs()).ceil() as usize;
            for step in (0..=steps).step_by(every) {
                let part = step as f64 / steps.max(1) as f64;
                let (px, py) = (x * 2.0 + dx * part, y * 4.0 + dy * part);
                canvas.dot(px.max(0.0) as u32, py.max(0.0) as u32, style);
            }
        }
    }
}

/// The gate of a wall between two rooms.
struct Gate {
    /// Where it is entered and left by who passes.
    left: Point,
    right: Point,
    rightwards: bool,
}

impl Gate {
    fn way(&self, (a, start): (Point, Rect), (b, end): (Point, Rect), cut: bool) -> Way {
        let goes_right = a.0 < b.0;
        let (near, far) =
            if goes_right { (self.left, self.right) } else { (self.right, self.left) };
        let passes = goes_right == self.rightwards && !cut;
        if passes {
            let points = vec![edge(a, near, start), near, far, edge(b, far, end)];
            return Way { points, blocked: false };
        }
        // Under the gate, where answers die.
        let wall = (near.0, near.1 + 1.0);
        Way { points: vec![edge(a, wall, start), wall], blocked: true }
    }
}

fn gate(picture: &Picture, here: Rect, there: Rect) -> Option<Gate> {
    let between = |wall: &&Wall| {
        let (left, right) = if here.x < there.x { (here, there) } else { (there, here) };
        wall.area.x == left.right() && wall.area.right() == right.x && wall.area.y == left.y
    };
    let wall = picture.plan.walls.iter().find(between)?;
    let rightwards = match wall.opening {
        Opening::Closed => return None,
        Opening::Rightwards => true,
        Opening::Leftwards => false,
    };
    let y = f64::from(room::lane(wall)) + 0.5;
    let left = (f64::from(wall.area.x), y);
    let right = (f64::from(wall.area.right()), y);
    Some(Gate { left, right, rightwards })
}

fn centre(card: Rect) -> Point {
    let half = |from: u16, size: u16| f64::from(from) + f64::from(size) / 2.0;
    (half(card.x, card.width), half(card.y, card.height))
}

fn length((x, y): Point, (u, v): Point) -> f64 {
    // A row is as high as two columns are wide.
    let (dx, dy) = (u - x, (v - y) * 2.0);
    dx.hypot(dy)
}

/// Where the line from `inside` a rectangle to a point outside crosses its edge.
fn leave(inside: Point, outside: Point, area: Rect) -> Point {
    let (left, right) = (f64::from(area.left()), f64::from(area.right()));
    let (top, bottom) = (f64::from(area.top()), f64::from(area.bottom()));
    let (dx, dy) = (outside.0 - inside.0, outside.1 - inside.1);
    let reach = |from: f64, step: f64, low: f64, high: f64| {
        if step > 0.0 {
            (high - from) / step
        } else if step < 0.0 {
            (low - from) / step
        } else {
            f64::INFINITY
        }
    };
    let part = reach(inside.0, dx, left, right).min(reach(inside.1, dy, top, bottom));
    let part = part.clamp(0.0, 1.0);
    (inside.0 + dx * part, inside.1 + dy * part)
}

fn edge(inside: Point, outside: Point, card: Rect) -> Point {
    leave(inside, outside, card)
}

/// Draws the links that say something.
pub fn draw(canvas: &mut Canvas, picture: &Picture, labels: &[Label]) {
    if picture.preview {
        return;
    }
    let ids: Vec<ServerId> = picture.scene.cluster.ids().collect();
    let flights = flights(picture, labels);
    for (place, one) in ids.iter().enumerate() {
        for other in &ids[place + 1..] {
            draw_pair(canvas, picture, &flights, (*one, *other));
        }
    }
}

/// By server, to whom something flies from it: what has a label, and what has none.
fn flights(picture: &Picture, labels: &[Label]) -> Vec<ServerSet> {
    let cluster = picture.scene.cluster;
    let mut flights = vec![ServerSet::EMPTY; cluster.servers().len()];
    let mut note = |from: ServerId, to: ServerId| {
        if let Some(flights) = flights.get_mut(from.index()) {
            flights.insert(to);
        }
    };
    if picture.scene.view.clock != Clock::Skims {
        for packet in cluster.packets().iter().take(PACKETS_MAX) {
            if let (Node::Server(from), Node::Server(to)) = (packet.from, packet.to) {
                note(from, to);
            }
        }
    }
    for label in labels {
        note(label.ends.0, label.ends.1);
    }
    flights
}

fn draw_pair(
    canvas: &mut Canvas,
    picture: &Picture,
    flights: &[ServerSet],
    (one, other): (ServerId, ServerId),
) {
    let flies = |from: ServerId, to: ServerId| {
        flights.get(from.index()).is_some_and(|flights| flights.contains(to))
    };
    let (there, back) = (flies(one, other), flies(other, one));
    let room = picture.situation.room_of(one);
    if room != picture.situation.room_of(other) {
        // Through a gate, or up to a wall.
        for (from, to, flies) in [(one, other, there), (other, one, back)] {
            if flies && let Some(way) = Way::between(picture, from, to) {
                way.draw(canvas, Ink::Soft, 1);
                if way.blocked {
                    way.draw_end(canvas, picture, picture.room_area(from));
                }
            }
        }
        return;
    }
    let faulty = fault(picture, one, other).is_some();
    let live = there || back;
    if !(live || faulty || is_drawn(picture, room, one, other)) {
        return;
    }
    let (from, to) = if there || !back { (one, other) } else { (other, one) };
    let Some(way) = Way::between(picture, from, to) else { return };
    let way = match (faulty, Way::between(picture, other, one)) {
        // The whole line, thin, with the plate on it.
        (true, Some(_)) => Way {
            points: vec![
                edge(
                    centre(picture.plan.card(one)),
                    centre(picture.plan.card(other)),
                    picture.plan.card(one),
                ),
                edge(
                    centre(picture.plan.card(other)),
                    centre(picture.plan.card(one)),
                    picture.plan.card(other),
                ),
            ],
            blocked: false,
        },
        _ => way,
    };
    let ink = if live { Ink::Soft } else { Ink::Dim };
    way.draw(canvas, ink, if faulty { 3 } else { 1 });
}

/// The most servers of a room in which each pair has its line, where rows are few and where not; of
/// more, only leaders and candidates, or where there are none, neighbours.
const MESH_MAX: [usize; 2] = [4, 5];

/// Whether a link has a line though nothing is special about it: that a cut is an absence one can see.
fn is_drawn(picture: &Picture, room: usize, one: ServerId, other: ServerId) -> bool {
    let Some(room) = picture.situation.rooms.get(room) else { return false };
    if !picture.situation.reach(one).contains(other) {
        return false;
    }
    let members: Vec<ServerId> = room.members.iter().collect();
    let mesh = MESH_MAX[usize::from(picture.plan.scale != Scale::M)];
    if members.len() <= mesh || is_hub(picture, one) || is_hub(picture, other) {
        return true;
    }
    if members.len() > 9 || members.iter().any(|id| is_hub(picture, *id)) {
        return false;
    }
    let place = |id: ServerId| members.iter().position(|member| *member == id);
    let (Some(one_at), Some(other_at)) = (place(one), place(other)) else { return false };
    let apart = one_at.abs_diff(other_at);
    apart == 1 || apart + 1 == members.len()
}

fn is_hub(picture: &Picture, server: ServerId) -> bool {
    let standing = picture.situation.standing(server);
    standing.leads() || matches!(standing, Standing::PreCandidate | Standing::Candidate)
}

/// What is wrong between two servers of a room.
struct Fault {
    text: String,
    cut: bool,
}

fn fault(picture: &Picture, one: ServerId, other: ServerId) -> Option<Fault> {
    let rule = |from, to| {
        let link = picture.scene.cluster.links().get(Node::Server(from), Node::Server(to));
        link.map(|link| link.rule).unwrap_or_default()
    };
    let (there, back) = (rule(one, other), rule(other, one));
    match (there.cut, back.cut) {
        (true, true) => return Some(Fault { text: " ✗ cut ".to_owned(), cut: true }),
        (true, false) => {
            return Some(Fault { text: format!(" ✗ {one}►{other} cut "), cut: true });
        }
        (false, true) => {
            return Some(Fault { text: format!(" ✗ {other}►{one} cut "), cut: true });
        }
        (false, false) => {}
    }
    let say = |rule: &LinkRule, from, to| {
        let orders = orders(picture, from, to).map(ordered);
        let words: Vec<String> = words(rule).into_iter().chain(orders).collect();
        (!words.is_empty()).then(|| words.join(", "))
    };
    let text = match (say(&there, one, other), say(&back, other, one)) {
        (None, None) => return None,
        (Some(there), Some(back)) if there == back => format!(" {there} "),
        (Some(there), Some(back)) => format!(" {one}►{other} {there}, {other}►{one} {back} "),
        (Some(there), None) => format!(" {one}►{other} {there} "),
        (None, Some(back)) => format!(" {other}►{one} {back} "),
    };
    Some(Fault { text, cut: false })
}

/// What is done by hand to what goes from one server to another, but for what is done alike to all
/// that goes to it: its card says that.
fn orders<'a>(
    picture: &'a Picture,
    from: ServerId,
    to: ServerId,
) -> impl Iterator<Item = &'a Order> {
    let alike = orders_to_all(picture, to);
    let orders = picture.scene.cluster.orders().iter();
    orders.filter(move |order| {
        (order.from, order.to) == (Node::Server(from), Node::Server(to))
            && alike.as_ref() != Some(&ordered(order))
    })
}

/// "holds all": what is done by hand to all that the other servers of its room, two at least, send to
/// a server.
fn orders_to_all(picture: &Picture, to: ServerId) -> Option<String> {
    let room = picture.situation.rooms.get(picture.situation.room_of(to))?;
    let others = room.members.without(ServerSet::only(to));
    let from = |from: ServerId| {
        let orders = picture.scene.cluster.orders().iter();
        orders.filter(move |it| (it.from, it.to) == (Node::Server(from), Node::Server(to)))
    };
    let first = others.iter().next().filter(|_| others.len() > 1)?;
    let alike = |words: &String| {
        others.iter().all(|other| from(other).any(|order| ordered(order) == *words))
    };
    from(first).map(ordered).find(alike)
}

/// "holds votes": what waits for the next packets of a link.
fn ordered(order: &Order) -> String {
    let what = order.name.map_or_else(|| "all".to_owned(), |name| name.word().to_owned());
    match order.act {
        Act::Hold { .. } => format!("holds {what}"),
        Act::Next(Fate::Drop) => format!("loses {what}"),
        Act::Next(Fate::Duplicate) => format!("doubles {what}"),
        Act::Next(Fate::Delay(_)) => format!("delays {what}"),
    }
}

/// "10 % lost", "500 ms" or both; `None` for a link that is as the network says.
pub fn words(rule: &LinkRule) -> Option<String> {
    let share = |ppm: Ppm| ppm.to_string().replace('%', " %");
    let loss = rule.loss.filter(|loss| *loss != Ppm::ZERO);
    let loss = loss.map(|loss| format!("{} lost", share(loss)));
    let delay = rule.delay.filter(|delay| delay.high != Span::ZERO).map(|delay| {
        match delay.low == delay.high {
            true => millis(delay.high),
            false => {
                format!("{}–{}", millis(delay.low).trim_end_matches(" ms"), millis(delay.high))
            }
        }
    });
    let twice = rule.duplicate.filter(|share| *share != Ppm::ZERO);
    let twice = twice.map(|ppm| format!("{} doubled", share(ppm)));
    let words: Vec<String> = [loss, delay, twice].into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// "500 ms", "0.5 ms".
fn millis(span: Span) -> String {
    let micros = span.micros();
    match micros % 1_000 {
        0 => format!("{} ms", micros / 1_000),
        rest => {
            let rest = format!("{rest:03}");
            format!("{}.{} ms", micros / 1_000, rest.trim_end_matches('0'))
        }
    }
}

/// What is said on a link, or at a server, of what is wrong there.
pub struct Plate {
    pub area: Rect,
    text: String,
    cut: bool,
    /// In block letters.
    face: Option<Face>,
}

impl Plate {
    /// As block letters have it.
    fn capitals(text: &str) -> String {
        text.trim().to_uppercase().replace('✗', "×")
    }

    /// The sizes that it can have, the largest first: with its letters, how wide and high it is.
    fn sizes(picture: &Picture, text: &str) -> Vec<(Option<Face>, u16, u16)> {
        let glyphs = picture.scene.view.theme.glyphs;
        let capitals = Self::capitals(text);
        let large = picture.has_large_labels() && block::fits(&capitals, Face::Narrow, 200, glyphs);
        let narrow = Face::Narrow.width(&capitals).filter(|_| large);
        let large = narrow.map(|width| (Some(Face::Narrow), width + 2, Face::Narrow.rows()));
        large.into_iter().chain([(None, glyphs.width(text), 1)]).collect()
    }
}

/// The plates on links with which something is wrong, each at a place of its own.
pub fn plates(picture: &Picture) -> Vec<Plate> {
    let ids: Vec<ServerId> = picture.scene.cluster.ids().collect();
    let mut plates: Vec<Plate> = Vec::new();
    if picture.preview {
        return plates;
    }
    let (tabs, _) = tab::under_servers(picture);
    let mut taken: Vec<Rect> = tabs.iter().map(|tab| tab.area).collect();
    taken.extend(ids.iter().map(|id| picture.plan.card(*id)));
    taken.extend(picture.plan.rooms.iter().map(|room| room.title));
    for id in &ids {
        let Some(words) = orders_to_all(picture, *id) else { continue };
        let (card, text) = (picture.plan.card(*id), format!(" {words} to {id} "));
        let place = |(face, width, height)| {
            let x = (card.x + card.width / 2).saturating_sub(width / 2);
            let rows = [card.bottom(), card.y.saturating_sub(height)];
            let mut places = rows.into_iter().map(|y| Rect { x, y, width, height });
            places.find(|area| is_free(picture, &taken, *area)).map(|area| (face, area))
        };
        if let Some((face, area)) = Plate::sizes(picture, &text).into_iter().find_map(place) {
            taken.push(area);
            plates.push(Plate { area, text, cut: false, face });
        }
    }
    for (place, one) in ids.iter().enumerate() {
        for other in &ids[place + 1..] {
            if picture.situation.room_of(*one) != picture.situation.room_of(*other) {
                continue;
            }
            let Some(fault) = fault(picture, *one, *other) else { continue };
            let (start, end) = (picture.plan.card(*one), picture.plan.card(*other));
            let (a, b) = (centre(start), centre(end));
            let (a, b) = (edge(a, b, start), edge(b, a, end));
            let place = |(face, width, height)| {
                let x = ((a.0 + b.0) / 2.0 - f64::from(width) / 2.0).round().max(0.0) as u16;
                let y = ((a.1 + b.1) / 2.0).max(0.0) as u16;
                // On the link if there is room, else above or below, else beside.
                let aside = |row: i32| {
                    let step = i32::from(width) / 2;
                    [0, -step, step, -2 * step, 2 * step].map(|column| (row, column))
                };
                let rows = [0i32, 1, -1, 2, -2, 3, -3];
                let straight = rows.into_iter().map(|row| (row, 0));
                let mut places =
                    straight.chain(rows.into_iter().flat_map(aside)).filter_map(|(row, column)| {
                        let x = u16::try_from(i32::from(x) + column).ok()?;
                        let y = u16::try_from(i32::from(y) + row - i32::from(height / 2)).ok()?;
                        Some(Rect { x, y, width, height })
                    });
                places.find(|area| is_free(picture, &taken, *area)).map(|area| (face, area))
            };
            let sizes = Plate::sizes(picture, &fault.text);
            if let Some((face, area)) = sizes.into_iter().find_map(place) {
                taken.push(area);
                plates.push(Plate { area, text: fault.text, cut: fault.cut, face });
            }
        }
    }
    plates
}

/// Whether nothing stands there.
fn is_free(picture: &Picture, taken: &[Rect], area: Rect) -> bool {
    picture.area.intersection(area) == area && !taken.iter().any(|other| other.intersects(area))
}

pub fn draw_plates(canvas: &mut Canvas, picture: &Picture) {
    let theme = canvas.theme();
    for Plate { area, text, cut, face } in plates(picture) {
        let style = match cut {
            true => theme.on(Ground::Wall),
            false => theme.on(Ground::Gate),
        };
        canvas.clear(area);
        if let Some(face) = face {
            canvas.fill(area, style);
            block::draw(canvas, (area.x + 1, area.y), &Plate::capitals(&text), face, style);
        } else {
            canvas.pen(area, 0).style(style).put(text);
        }
    }
}
