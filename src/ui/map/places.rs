//! Where each server stands on the map, and the straight ways between them.
//!
//! Places depend on the area and on the number of servers alone, so a server keeps its spot
//! whatever happens. With room, servers stand on an ellipse, `S1` on top and the others
//! clockwise: as boxes, or as pills of one row. With less room, or more servers, they stand in a
//! grid of pills. Everything here is arithmetic on rectangles; nothing is drawn.

use ratatui::layout::Rect;

/// How a server is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A box of three rows.
    Box,
    /// `[○ S1 t4]`, on an ellipse.
    Pill,
    /// The same, in rows.
    Grid,
    /// `○S1 t4`, in rows: for many servers in little room.
    Small,
}

impl Form {
    /// Whether servers stand on an ellipse, with room between them.
    pub const fn is_ring(self) -> bool {
        match self {
            Self::Box | Self::Pill => true,
            Self::Grid | Self::Small => false,
        }
    }

    /// The columns and rows of one server. Numbers from 10 on need a column more.
    const fn size(self, servers: usize) -> (u16, u16) {
        let wide = if servers > 9 { 1 } else { 0 };
        match self {
            Self::Box => (13, 3),
            Self::Pill | Self::Grid => (10 + wide, 1),
            Self::Small => (6 + wide, 1),
        }
    }
}

/// Where the servers stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub form: Form,
    /// By server. A server for which there is no room has an empty rectangle.
    pub rects: Vec<Rect>,
}

/// What is kept free on both sides of an ellipse, in columns: room for the request of a client if
/// the servers can spare it.
const SIDES: [u16; 2] = [4, 1];

impl Places {
    /// Places for `servers` servers in `area`, in the largest form that fits.
    pub fn new(area: Rect, servers: usize) -> Self {
        for (form, side) in
            [Form::Box, Form::Pill].into_iter().flat_map(|form| SIDES.map(|side| (form, side)))
        {
            if let Some(rects) = ring(area, form.size(servers), side, servers) {
                return Self { form, rects };
            }
        }
        for form in [Form::Grid, Form::Small] {
            if let Some(rects) = grid(area, form.size(servers), servers, 2) {
                return Self { form, rects };
            }
        }
        let rects = crowd(area, Form::Small.size(servers), servers);
        Self { form: Form::Small, rects }
    }

    /// Which server stands at this cell.
    pub fn at(&self, x: u16, y: u16) -> Option<usize> {
        self.rects.iter().position(|rect| rect.contains((x, y).into()))
    }

    /// The way of a mark of `width` columns between two servers; `None` if one has no place.
    pub fn way(&self, from: usize, to: usize, width: u16) -> Option<Way> {
        let (from, to) = (self.rects.get(from)?, self.rects.get(to)?);
        (!from.is_empty() && !to.is_empty()).then(|| Way::between(*from, *to, width))
    }
}

/// Servers on an ellipse that touches the area's edges, `S1` on top; `None` if they would stand
/// too close for a packet to be seen between them.
fn ring(area: Rect, (width, height): (u16, u16), side: u16, servers: usize) -> Option<Vec<Rect>> {
    let across = area.width.checked_sub(width + 2 * side)?;
    let down = area.height.checked_sub(height)?;
    let points: Vec<(f64, f64)> = (0..servers).map(|place| on_circle(place, servers)).collect();
    let (columns, rows) =
        (stretch(points.iter().map(|p| p.0)), stretch(points.iter().map(|p| p.1)));
    let rects: Vec<Rect> = points
        .iter()
        .map(|(x, y)| {
            let x = area.x + side + (columns(*x) * f64::from(across)).round() as u16;
            let y = area.y + (rows(*y) * f64::from(down)).round() as u16;
            Rect { x, y, width, height }
        })
        .collect();
    spread(&rects).then_some(rects)
}

/// A point of the unit circle. Two servers stand side by side: a screen is wider than high.
fn on_circle(place: usize, servers: usize) -> (f64, f64) {
    let start = if servers == 2 { std::f64::consts::PI } else { -std::f64::consts::FRAC_PI_2 };
    let angle = start + std::f64::consts::TAU * place as f64 / servers as f64;
    (angle.cos(), angle.sin())
}

/// The map from the range of these numbers to 0..1; a range without extent goes to the middle.
fn stretch(numbers: impl Iterator<Item = f64> + Clone) -> impl Fn(f64) -> f64 {
    let low = numbers.clone().fold(f64::INFINITY, f64::min);
    let extent = numbers.fold(f64::NEG_INFINITY, f64::max) - low;
    move |number| if extent < 1e-9 { 0.5 } else { (number - low) / extent }
}

/// Whether every two rectangles are at least one row or three columns apart.
fn spread(rects: &[Rect]) -> bool {
    let grown = |rect: &Rect| Rect { width: rect.width + 3, height: rect.height + 1, ..*rect };
    rects.iter().enumerate().all(|(place, one)| {
        rects[place + 1..].iter().all(|other| !grown(one).intersects(grown(other)))
    })
}

/// Servers in rows, at least `pitch` rows apart; `None` if they don't fit. Of the divisions that
/// do, the one that comes nearest to as much air beside a server as above it.
fn grid(area: Rect, size: (u16, u16), servers: usize, pitch: u16) -> Option<Vec<Rect>> {
    // A column of air on both sides: on the left one stands the letter of the server's group.
    let columns_max = (area.width / (size.0 + 2)).min(servers as u16);
    let rows = |columns: &u16| (servers as u16).div_ceil(*columns);
    let fits = |columns: &u16| rows(columns) * pitch < area.height + pitch;
    // A row is about as high as two columns are wide.
    let air =
        |columns: &u16| (area.width / columns - size.0).abs_diff(2 * area.height / rows(columns));
    let columns = (1..=columns_max).filter(fits).min_by_key(air)?;
    Some(in_rows(area, size, servers, columns))
}

/// As many servers as there is room for, side by side; the last ones go without.
fn crowd(area: Rect, size: (u16, u16), servers: usize) -> Vec<Rect> {
    let columns = ((area.width + 1) / (size.0 + 1)).max(1);
    let mut rects = in_rows(area, size, servers, columns);
    for rect in &mut rects {
        if rect.right() > area.right() || rect.bottom() > area.bottom() {
            *rect = Rect::ZERO;
        }
    }
    rects
}

/// Rows of `columns` servers, spread over the area.
fn in_rows(area: Rect, (width, height): (u16, u16), servers: usize, columns: u16) -> Vec<Rect> {
    let rows = (servers as u16).div_ceil(columns).max(1);
    // Where the `place`th of `count` things of this size begins, at equal distances.
    let even = |place: u16, count: u16, size: u16, length: u16| {
        let slot = (length / count).max(size);
        length.saturating_sub(slot * count) / 2 + place * slot + (slot - size) / 2
    };
    (0..servers as u16)
        .map(|place| Rect {
            x: area.x + even(place % columns, columns, width, area.width),
            y: area.y + even(place / columns, rows, height, area.height),
            width,
            height,
        })
        .collect()
}

/// The way of a mark from one rectangle to another: along the line between their middles, from
/// where the mark has left the one to where it would touch the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    start: (f64, f64),
    end: (f64, f64),
    width: f64,
}

impl Way {
    pub fn between(from: Rect, to: Rect, width: u16) -> Self {
        let middle = |rect: Rect| {
            let (x, y) = (f64::from(rect.x), f64::from(rect.y));
            (x + f64::from(rect.width) / 2.0, y + f64::from(rect.height) / 2.0)
        };
        let (start, end) = (middle(from), middle(to));
        let (dx, dy) = (end.0 - start.0, end.1 - start.1);
        // The share of the line until a mark in its middle is clear of this rectangle.
        let clear = |rect: Rect| {
            let across = (f64::from(rect.width + width) / 2.0 + 0.5) / dx.abs();
            let down = (f64::from(rect.height + 1) / 2.0) / dy.abs();
            across.min(down)
        };
        let (first, last) = (clear(from), 1.0 - clear(to));
        // Too close together for the mark: it stays half-way.
        let (first, last) = if first < last { (first, last) } else { (0.5, 0.5) };
        let at = |share: f64| (start.0 + dx * share, start.1 + dy * share);
        Self { start: at(first), end: at(last), width: f64::from(width) }
    }

    /// The middle of the mark after this share of the way.
    pub fn point(&self, share: f64) -> (f64, f64) {
        let share = share.clamp(0.0, 1.0);
        let along = |from: f64, to: f64| from + (to - from) * share;
        (along(self.start.0, self.end.0), along(self.start.1, self.end.1))
    }

    /// The first cell of the mark after this share of the way.
    pub fn cell(&self, share: f64) -> (u16, u16) {
        let (x, y) = self.point(share);
        ((x - self.width / 2.0).round().max(0.0) as u16, (y - 0.5).round().max(0.0) as u16)
    }

    /// The cells of a dotted line along the first `share` of the way: one a row where it is
    /// steep, one in three columns where it is flat.
    pub fn dots(self, share: f64) -> impl Iterator<Item = (u16, u16)> {
        let (dx, dy) = (self.end.0 - self.start.0, self.end.1 - self.start.1);
        let count = (dx.abs() / 3.0).max(dy.abs()).ceil().max(1.0);
        let narrow = Self { width: 1.0, ..self };
        let shares = (0..=count as u32).map(move |step| f64::from(step) / count);
        shares.take_while(move |at| *at < share).map(move |at| narrow.cell(at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(width: u16, height: u16, servers: usize) -> Places {
        Places::new(Rect { x: 0, y: 0, width, height }, servers)
    }

    #[test]
    fn five_servers_stand_as_in_a_pentagon() {
        let projector = places(45, 8, 5);
        assert_eq!(projector.form, Form::Pill);
        let rows: Vec<u16> = projector.rects.iter().map(|rect| rect.y).collect();
        assert_eq!(rows, [0, 3, 7, 7, 3]);
        let desk = places(69, 13, 5);
        assert_eq!(desk.form, Form::Box);
        let corners: Vec<(u16, u16)> = desk.rects.iter().map(|rect| (rect.x, rect.y)).collect();
        assert_eq!(corners, [(28, 0), (52, 4), (43, 10), (13, 10), (4, 4)]);
    }

    #[test]
    fn many_servers_stand_in_rows() {
        let twenty_five = places(45, 8, 25);
        assert_eq!(twenty_five.form, Form::Small);
        assert!(twenty_five.rects.iter().all(|rect| !rect.is_empty()));
        assert_eq!(places(80, 20, 25).form, Form::Grid);
    }

    #[test]
    fn without_room_the_last_go_without() {
        let tiny = places(15, 1, 5);
        let shown: Vec<bool> = tiny.rects.iter().map(|rect| !rect.is_empty()).collect();
        assert_eq!(shown, [true, true, false, false, false]);
        assert!(places(0, 0, 5).rects.iter().all(|rect| rect.is_empty()));
    }

    #[test]
    fn a_mark_begins_and_ends_beside_the_boxes() {
        let left = Rect { x: 0, y: 0, width: 13, height: 3 };
        let right = Rect { x: 40, y: 0, width: 13, height: 3 };
        let way = Way::between(left, right, 4);
        assert_eq!((way.cell(0.0), way.cell(1.0)), ((14, 1), (36, 1)));
        let below = Rect { x: 0, y: 10, width: 13, height: 3 };
        let way = Way::between(left, below, 4);
        assert_eq!((way.cell(0.0).1, way.cell(1.0).1), (3, 9));
    }

    proptest! {
        #[test]
        fn servers_stand_inside_and_apart(
            x in 0u16..50, y in 0u16..50, width in 0u16..220, height in 0u16..70,
            servers in 1usize..=25,
        ) {
            let area = Rect { x, y, width, height };
            let places = Places::new(area, servers);
            prop_assert_eq!(places.rects.len(), servers);
            let shown: Vec<&Rect> = places.rects.iter().filter(|rect| !rect.is_empty()).collect();
            for (place, one) in shown.iter().enumerate() {
                prop_assert_eq!(area.intersection(**one), **one);
                for other in &shown[place + 1..] {
                    prop_assert!(!one.intersects(**other), "{:?} {:?}", one, other);
                }
            }
            prop_assert!(width < 45 || height < 8 || shown.len() == servers);
        }

        /// On the way a mark never goes back, and never touches the two servers.
        #[test]
        fn a_mark_moves_from_sender_to_receiver(
            width in 45u16..160, height in 8u16..50, servers in 2usize..=9, mark in 1u16..9,
            from in 0usize..9, to in 0usize..9,
        ) {
            let places = Places::new(Rect { x: 3, y: 2, width, height }, servers);
            let (from, to) = (from % servers, to % servers);
            prop_assume!(from != to);
            let way = places.way(from, to, mark).unwrap();
            let whole = (way.end.0 - way.start.0, way.end.1 - way.start.1);
            let along = |share| {
                let (x, y) = way.point(share);
                (x - way.start.0) * whole.0 + (y - way.start.1) * whole.1
            };
            for step in 0..100 {
                prop_assert!(along(f64::from(step) / 100.0) <= along(f64::from(step + 1) / 100.0));
                let (x, y) = way.cell(f64::from(step) / 100.0);
                let place = Rect { x, y, width: mark, height: 1 };
                if way.start != way.end {
                    prop_assert!(!place.intersects(places.rects[from]));
                    prop_assert!(!place.intersects(places.rects[to]));
                }
            }
            for (x, y) in way.dots(1.0) {
                prop_assert!(x >= 3 && x < 3 + width && y >= 2 && y < 2 + height);
            }
        }
    }
}
