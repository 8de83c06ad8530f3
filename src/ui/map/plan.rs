//! Where everything on the map stands: a pure function from who hears whom and the size of the map
//! to rooms, walls and seats. Nothing here knows a role, a term or a packet, so an election moves
//! nothing; only a cut, a heal or a resize does. The same groups in the same area always give the
//! same places.
//!
//! A room holds servers that hear each other. Rooms stand side by side, in rows where there are
//! many, and between them are walls. All cards of a map have one size: the largest that fits in
//! every room.

use crate::ui::scale::Scale;
use ratatui::layout::Rect;

use crate::cluster::types::{SERVERS_MAX, ServerId, ServerSet};

impl Scale {
    /// The sizes of cards to try, the largest first.
    const fn cards(self) -> &'static [CardSize] {
        use CardSize::{Big, L, M, Name, Small, Tall, Xl};
        match self {
            Self::Xl => &[Xl, Tall, Big, M, Name, Small],
            Self::L => &[L, M, Name, Small],
            Self::M => &[M, Name, Small],
        }
    }

    /// The thickness of a wall between rooms side by side. A wall that is open one way is wide
    /// enough for a gate.
    const fn wall(self, opening: Opening) -> u16 {
        match (self, opening) {
            (Self::M | Self::L, Opening::Closed) => 3,
            (Self::Xl, Opening::Closed) => 5,
            (Self::M, Opening::Rightwards | Opening::Leftwards) => 9,
            (Self::L, Opening::Rightwards | Opening::Leftwards) => 11,
            (Self::Xl, Opening::Rightwards | Opening::Leftwards) => 17,
        }
    }
}

/// A size of card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardSize {
    /// Everything in block letters.
    Xl,
    /// Name, mark, term and role in block letters.
    Tall,
    /// Name, mark and term in block letters.
    L,
    /// Name and mark in block letters, with little room.
    Big,
    /// Three rows of text.
    M,
    /// The same, narrower.
    Name,
    /// One row.
    Small,
}

impl CardSize {
    pub const fn width(self) -> u16 {
        match self {
            Self::Xl => 33,
            Self::Tall | Self::L => 28,
            Self::Big => 24,
            Self::M => 19,
            Self::Name => 13,
            Self::Small => 9,
        }
    }

    pub const fn height(self) -> u16 {
        match self {
            Self::Xl => 12,
            Self::Tall => 8,
            Self::L => 7,
            Self::Big => 5,
            Self::M | Self::Name => 3,
            Self::Small => 1,
        }
    }

    /// The columns between two cards side by side, where packets pass.
    const fn gap(self) -> u16 {
        match self {
            Self::Xl | Self::Tall => 15,
            Self::L => 9,
            Self::M => 8,
            Self::Big | Self::Name | Self::Small => 4,
        }
    }

    /// Whether it is a line of text, which needs no room around it.
    const fn is_tight(self) -> bool {
        match self {
            Self::Small | Self::Name => true,
            Self::Xl | Self::Tall | Self::L | Self::Big | Self::M => false,
        }
    }
}

/// Whether a wall lets anything through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Closed,
    /// The room to the right hears the one to the left.
    Rightwards,
    /// The room to the left hears the one to the right.
    Leftwards,
}

/// A wall between two rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wall {
    pub area: Rect,
    pub opening: Opening,
}

/// A room of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPlace {
    /// Its place in the situation's list of rooms.
    pub room: usize,
    pub area: Rect,
    /// Where its title stands.
    pub title: Rect,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub scale: Scale,
    pub card: CardSize,
    pub rooms: Vec<RoomPlace>,
    pub walls: Vec<Wall>,
    /// By server.
    cards: Vec<Rect>,
}

/// Who is in which room, and which rooms hear others without being heard.
pub struct Groups<'a> {
    pub rooms: &'a [ServerSet],
    /// Whether the second room hears the first, and not the other way round.
    pub one_way: &'a dyn Fn(usize, usize) -> bool,
}

impl Plan {
    /// The plan for an area; `None` where not even the smallest cards fit.
    pub fn of(area: Rect, scale: Scale, groups: &Groups) -> Option<Self> {
        let order = order(groups);
        for card in scale.cards() {
            for rows in 1..=order.len().min(4) {
                let plan = Draft { area, scale, card: *card, groups, order: &order }.plan(rows);
                if plan.is_some() {
                    return plan;
                }
            }
        }
        None
    }

    /// Where a server's card stands; empty for a server that is not on the map.
    pub fn card(&self, server: ServerId) -> Rect {
        self.cards.get(server.index()).copied().unwrap_or_default()
    }

    /// The server whose card stands at a place of the screen.
    pub fn server_at(&self, x: u16, y: u16) -> Option<ServerId> {
        let at = self.cards.iter().position(|card| card.contains((x, y).into()))?;
        Some(ServerId::from_index(at as u8))
    }
}

/// The order of the rooms: by lowest number, but so that rooms of which one hears the other stand
/// side by side, as far as that can be.
fn order(groups: &Groups) -> Vec<usize> {
    let count = groups.rooms.len();
    let one_way = |one: usize, two: usize| (groups.one_way)(one, two) || (groups.one_way)(two, one);
    let mut order: Vec<usize> = Vec::with_capacity(count);
    while order.len() < count {
        let left = |room: &usize| !order.contains(room);
        let last = order.last().copied();
        let beside =
            last.and_then(|last| (0..count).filter(left).find(|room| one_way(last, *room)));
        // Without a partner of the last one, one that is somebody's partner comes first of all.
        let first = || (0..count).find(left);
        order.extend(beside.or_else(first));
    }
    order
}

/// A map of two rooms that is lower than this has titles of one line at the largest scale.
const TITLE_HEIGHT: u16 = 42;

/// A plan that is being tried.
struct Draft<'a> {
    area: Rect,
    scale: Scale,
    card: CardSize,
    groups: &'a Groups<'a>,
    order: &'a [usize],
}

impl Draft<'_> {
    /// The plan with the rooms in so many rows; `None` if something does not fit.
    fn plan(&self, rows: usize) -> Option<Plan> {
        let mut plan = Plan {
            scale: self.scale,
            card: self.card,
            rooms: Vec::with_capacity(self.order.len()),
            walls: Vec::new(),
            cards: vec![Rect::default(); usize::from(SERVERS_MAX)],
        };
        let rows = self.rows(rows);
        let heights = self.heights(&rows)?;
        let mut y = self.area.y;
        for (number, (row, height)) in rows.iter().zip(&heights).enumerate() {
            if number > 0 {
                let area = Rect { y: y - 1, height: 1, ..self.area };
                plan.walls.push(Wall { area, opening: Opening::Closed });
            }
            self.place_row(&mut plan, row, Rect { y, height: *height, ..self.area })?;
            y += height + 1;
        }
        plan.is_sound(self.area).then_some(plan)
    }

    /// The rooms in so many rows, in order, with about as many servers in each.
    fn rows(&self, rows: usize) -> Vec<&[usize]> {
        let total: usize = self.order.iter().map(|room| self.members(*room)).sum();
        let mut cut = Vec::with_capacity(rows);
        let (mut start, mut seen) = (0, 0);
        for (place, room) in self.order.iter().enumerate() {
            seen += self.members(*room);
            let rooms_left = self.order.len() - place - 1;
            let rows_left = rows - cut.len() - 1;
            let full = seen * rows >= total * (cut.len() + 1);
            if rows_left > 0 && (full || rooms_left == rows_left) {
                cut.push(&self.order[start..=place]);
                start = place + 1;
            }
        }
        cut.push(&self.order[start..]);
        cut
    }

    /// How high the rows are: alike, as far as it goes.
    fn heights(&self, rows: &[&[usize]]) -> Option<Vec<u16>> {
        let count = rows.len() as u16;
        let free = self.area.height.checked_sub(count - 1)?;
        let (each, more) = (free / count, free % count);
        Some((0..count).map(|row| each + u16::from(row < more)).collect())
    }

    fn members(&self, room: usize) -> usize {
        self.groups.rooms[room].len()
    }

    fn opening(&self, left: usize, right: usize) -> Opening {
        if (self.groups.one_way)(left, right) {
            Opening::Rightwards
        } else if (self.groups.one_way)(right, left) {
            Opening::Leftwards
        } else {
            Opening::Closed
        }
    }

    /// Places the rooms of one row and the walls between them.
    fn place_row(&self, plan: &mut Plan, row: &[usize], area: Rect) -> Option<()> {
        let walls: Vec<Opening> =
            row.windows(2).map(|pair| self.opening(pair[0], pair[1])).collect();
        let thickness: u16 = walls.iter().map(|wall| self.scale.wall(*wall)).sum();
        let widths = self.widths(row, area.width.checked_sub(thickness)?)?;
        let mut x = area.x;
        for (place, (room, width)) in row.iter().zip(widths).enumerate() {
            self.place_room(plan, *room, Rect { x, width, ..area })?;
            x += width;
            if let Some(opening) = walls.get(place) {
                let width = self.scale.wall(*opening);
                let area = Rect { x, width, ..area };
                plan.walls.push(Wall { area, opening: *opening });
                x += width;
            }
        }
        Some(())
    }

    /// How wide the rooms of a row are: as wide as their cards need, and a share of what is left.
    fn widths(&self, row: &[usize], width: u16) -> Option<Vec<u16>> {
        let needed: Vec<u16> = row.iter().map(|room| self.needed(*room, row.len())).collect();
        let free = width.checked_sub(needed.iter().sum())?;
        let shares = self.shares(row, &needed);
        let total: u16 = shares.iter().sum();
        let mut widths: Vec<u16> = needed
            .iter()
            .zip(&shares)
            .map(|(needed, share)| {
                needed + (u32::from(free) * u32::from(*share) / u32::from(total)) as u16
            })
            .collect();
        let given: u16 = widths.iter().sum();
        *widths.last_mut()? += width - given;
        Some(widths)
    }

    /// The fewest columns of a room: its widest rank of cards, and room for its title.
    fn needed(&self, room: usize, rooms: usize) -> u16 {
        let ranks = match self.members(room) {
            0..=2 => 1,
            3..=6 => 2,
            7..=9 => 3,
            _ => 4,
        };
        let cards = ranks * self.card.width() + (ranks - 1) * self.card.gap() + 2;
        let title = match self.scale {
            Scale::Xl if rooms > 2 => 30,
            Scale::M | Scale::L | Scale::Xl => 13,
        };
        cards.max(title)
    }

    /// How what is left over is shared: equally; tight cards by members; at the largest scale two
    /// rooms share it so that the narrower can have its title.
    fn shares(&self, row: &[usize], needed: &[u16]) -> Vec<u16> {
        match (self.scale, self.card) {
            (Scale::Xl, CardSize::Xl | CardSize::Tall) if row.len() == 2 => {
                if needed[0] > needed[1] { vec![0, 1] } else { vec![1, 0] }
            }
            (_, CardSize::Name | CardSize::Small | CardSize::Big) => {
                row.iter().map(|room| self.members(*room) as u16).collect()
            }
            (_, CardSize::Xl | CardSize::Tall | CardSize::L | CardSize::M) => vec![1; row.len()],
        }
    }

    /// How many rows a room's title takes.
    fn title_rows(&self) -> u16 {
        let rooms = self.order.len();
        match self.scale {
            Scale::M | Scale::L => 1 + u16::from(rooms > 2),
            Scale::Xl if rooms == 1 => 5,
            // Where the map is low the words stand beside the count, in narrower letters.
            Scale::Xl if rooms == 2 && self.area.height < TITLE_HEIGHT => 5,
            Scale::Xl => 8,
        }
    }

    /// The rows under a card that are kept for the clients that wait for its server.
    const fn tab_rows(&self) -> u16 {
        match (self.scale, self.card) {
            (Scale::Xl, CardSize::Xl | CardSize::Tall | CardSize::Big) => 3,
            _ => 1,
        }
    }

    fn place_room(&self, plan: &mut Plan, room: usize, area: Rect) -> Option<()> {
        let rows = self.title_rows();
        let height = area.height.checked_sub(rows)?;
        plan.rooms.push(RoomPlace { room, area, title: Rect { height: rows, ..area } });
        // Between title and cards a row of air, where there is one to spare.
        let air = u16::from(self.scale > Scale::M);
        let below = Rect {
            y: area.y + rows + air,
            height: height.checked_sub(air + self.tab_rows())?,
            ..area
        };
        let members: Vec<ServerId> = self.groups.rooms[room].iter().collect();
        let seats = Seats { area: below, card: self.card };
        let shaped = seats.shaped(members.len()).filter(|cards| self.are_roomy(cards, below));
        let gridded = || seats.grid(members.len()).filter(|cards| self.are_roomy(cards, below));
        let cards = shaped.or_else(gridded)?;
        for (server, card) in members.iter().zip(cards) {
            plan.cards[server.index()] = card;
        }
        Some(())
    }

    /// Whether the cards of a room stand in this area and apart from each other.
    fn are_roomy(&self, cards: &[Rect], area: Rect) -> bool {
        let rows = match (self.card.is_tight(), cards.len()) {
            (true, 6..) => 0,
            (_, 4..) => 1,
            (_, _) => self.tab_rows() + 1,
        };
        let grown =
            |card: &Rect| Rect { width: card.width + 1, height: card.height + rows, ..*card };
        let apart = |one: &Rect, other: &Rect| {
            !grown(one).intersects(*other) && !grown(other).intersects(*one)
        };
        cards.iter().enumerate().all(|(place, card)| {
            area.intersection(*card) == *card
                && cards[place + 1..].iter().all(|other| apart(card, other))
        })
    }
}

impl Plan {
    /// Whether nothing overlaps and nothing leaves the area.
    fn is_sound(&self, area: Rect) -> bool {
        let inside = |rect: &Rect| area.intersection(*rect) == *rect;
        let rooms = self.rooms.iter().map(|room| room.area);
        let all: Vec<Rect> = rooms.chain(self.walls.iter().map(|wall| wall.area)).collect();
        all.iter().all(inside)
            && all
                .iter()
                .enumerate()
                .all(|(place, one)| all[place + 1..].iter().all(|other| !one.intersects(*other)))
    }
}

/// The seats of one room.
struct Seats {
    area: Rect,
    card: CardSize,
}

impl Seats {
    /// The cards of a few servers, clockwise from the top: on a line, a triangle, a square, a ring.
    /// `None` for many, and where they have no room.
    fn shaped(&self, count: usize) -> Option<Vec<Rect>> {
        let (width, height) = (i32::from(self.card.width()), i32::from(self.card.height()));
        let (w, h) = (i32::from(self.area.width), i32::from(self.area.height));
        if w < width + 2 || h < height {
            return None;
        }
        let (x, y) = (i32::from(self.area.x), i32::from(self.area.y));
        let edge = if w < 2 * width + 20 { 1 } else { 2 + i32::from(width >= 25) };
        let (left, right) = (x + edge, x + w - width - edge);
        let (centre, middle) = (x + (w - width) / 2, y + (h - height) / 2);
        let (top, bottom) = (y, y + h - height);
        let seats = match count {
            1 => vec![(centre, middle)],
            2 if w < 2 * width + 14 => vec![(centre, top), (centre, bottom)],
            2 => vec![(left, middle), (right, middle)],
            3 if w >= 2 * width + 6 => vec![(centre, top), (right, bottom), (left, bottom)],
            3 => vec![(centre, top), (centre, middle), (centre, bottom)],
            4 => {
                let inward = ((w - 2 * width) / 6 - 2).max(0);
                let (left, right) = (left + inward, right - inward);
                vec![(left, top), (right, top), (right, bottom), (left, bottom)]
            }
            5 => {
                let inward = (w - 2 * width) / 5;
                let side = if h > 3 * height {
                    middle - 1
                } else {
                    top + (height / 2 + 1).min(h - 2 * height - 1)
                };
                vec![
                    (centre, top),
                    (right, side),
                    (right - inward, bottom),
                    (left + inward, bottom),
                    (left, side),
                ]
            }
            6..=9 if height > 5 || h >= 3 * (height + 2) + 2 => self.ring(count, edge),
            _ => return None,
        };
        seats.into_iter().map(|seat| self.card_at(seat)).collect()
    }

    fn card_at(&self, (x, y): (i32, i32)) -> Option<Rect> {
        let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        Some(Rect { x, y, width: self.card.width(), height: self.card.height() })
    }

    /// On an ellipse.
    fn ring(&self, count: usize, edge: i32) -> Vec<(i32, i32)> {
        let (width, height) = (f64::from(self.card.width()), f64::from(self.card.height()));
        let (w, h) = (f64::from(self.area.width), f64::from(self.area.height));
        let (x, y) = (f64::from(self.area.x), f64::from(self.area.y));
        let radius_x = (w - width - 2.0 * f64::from(edge)) / 2.0;
        let radius_y = (h - height) / 2.0;
        let seat = |place: usize| {
            let turn = std::f64::consts::TAU * place as f64 / count as f64;
            let (dx, dy) = (turn.sin() * radius_x, -turn.cos() * radius_y);
            let (x, y) = (x + (w - width) / 2.0 + dx, y + (h - height) / 2.0 + dy);
            (x.round() as i32, y.round() as i32)
        };
        (0..count).map(seat).collect()
    }

    /// In rows, by number; `None` where they have no room.
    fn grid(&self, count: usize) -> Option<Vec<Rect>> {
        let (width, height) = (i32::from(self.card.width()), i32::from(self.card.height()));
        let (w, h, count) = (i32::from(self.area.width), i32::from(self.area.height), count as i32);
        let most = (w - 2) / (width + 2);
        if most < 1 {
            return None;
        }
        let rows = (count + most - 1) / most;
        let columns = (count + rows - 1) / rows;
        let pitch = (h / rows).min(height + 3);
        let column = (w - 2) / columns;
        let (x, y) = (i32::from(self.area.x) + 1, i32::from(self.area.y));
        let seat = |place: i32| {
            let (row, place) = (place / columns, place % columns);
            self.card_at((x + place * column + (column - width) / 2, y + row * pitch))
        };
        (0..count).map(seat).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Servers by room, from a number for each.
    fn rooms(of: &[u8]) -> Vec<ServerSet> {
        let mut rooms: Vec<(u8, ServerSet)> = Vec::new();
        for (server, room) in ServerId::first(of.len() as u8).zip(of) {
            match rooms.iter_mut().find(|(name, _)| name == room) {
                Some((_, members)) => members.insert(server),
                None => rooms.push((*room, ServerSet::only(server))),
            }
        }
        rooms.into_iter().map(|(_, members)| members).collect()
    }

    fn plan(area: Rect, scale: Scale, rooms: &[ServerSet]) -> Option<Plan> {
        Plan::of(area, scale, &Groups { rooms, one_way: &|_, _| false })
    }

    fn check(plan: &Plan, area: Rect, rooms: &[ServerSet]) {
        assert!(plan.is_sound(area), "{plan:?}");
        assert_eq!(plan.rooms.len(), rooms.len());
        let mut cards: Vec<Rect> = Vec::new();
        for place in &plan.rooms {
            for server in rooms[place.room].iter() {
                let card = plan.card(server);
                assert!(!card.is_empty());
                assert_eq!(place.area.intersection(card), card, "{server} leaves its room");
                assert!(!place.title.intersects(card), "{server} covers a title: {plan:?}");
                assert!(cards.iter().all(|other| !other.intersects(card)), "{server}: {plan:?}");
                assert_eq!(plan.server_at(card.x, card.y), Some(server));
                cards.push(card);
            }
        }
    }

    #[test]
    fn five_servers_have_the_largest_cards_at_the_usual_sizes() {
        let one = rooms(&[0; 5]);
        let two = rooms(&[0, 1, 0, 0, 1]);
        for groups in [one, two] {
            for (width, height, scale, card) in [
                (80, 11, Scale::M, CardSize::M),
                (120, 23, Scale::L, CardSize::L),
                (125, 51, Scale::Xl, CardSize::Xl),
            ] {
                let area = Rect::new(0, 5, width, height);
                let plan = plan(area, scale, &groups).expect("there is room");
                assert_eq!(plan.card, card, "{width}x{height}");
                check(&plan, area, &groups);
            }
        }
    }

    #[test]
    fn twenty_five_servers_apart_still_have_a_room_each() {
        let all: Vec<u8> = (0..25).collect();
        let groups = rooms(&all);
        let area = Rect::new(0, 0, 120, 23);
        check(&plan(area, Scale::L, &groups).expect("there is room"), area, &groups);
    }

    #[test]
    fn a_wall_is_open_on_the_side_of_those_who_hear() {
        let groups = rooms(&[0, 1, 1, 1, 1]);
        let area = Rect::new(0, 0, 80, 11);
        let of = |one_way: &dyn Fn(usize, usize) -> bool| {
            let plan = Plan::of(area, Scale::M, &Groups { rooms: &groups, one_way });
            plan.expect("there is room").walls
        };
        let openings = |walls: Vec<Wall>| walls.iter().map(|wall| wall.opening).collect::<Vec<_>>();
        assert_eq!(openings(of(&|_, _| false)), [Opening::Closed]);
        assert_eq!(openings(of(&|from, to| (from, to) == (0, 1))), [Opening::Rightwards]);
        assert_eq!(openings(of(&|from, to| (from, to) == (1, 0))), [Opening::Leftwards]);
    }

    proptest! {
        /// Whoever is in which room: nothing overlaps, nothing leaves, and the same groups give
        /// the same places.
        #[test]
        fn every_plan_is_sound(
            of in proptest::collection::vec(0u8..6, 1..=25),
            (width, height) in (20u16..250, 4u16..80),
            deaf in proptest::collection::vec((0usize..6, 0usize..6), 0..3),
        ) {
            let groups = rooms(&of);
            let area = Rect::new(3, 2, width, height);
            let one_way = |from: usize, to: usize| from != to && deaf.contains(&(from, to));
            for scale in [Scale::M, Scale::L, Scale::Xl] {
                let of = || Plan::of(area, scale, &Groups { rooms: &groups, one_way: &one_way });
                if let Some(plan) = of() {
                    check(&plan, area, &groups);
                    prop_assert_eq!(Some(plan), of());
                }
            }
        }
    }
}
