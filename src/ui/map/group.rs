//! Labels of groups: when cuts part the servers, each group says how large it is and whether it
//! is a majority. A label looks for a free place at the edge of the map, where no packet passes,
//! near its own servers and far from the others.

use ratatui::layout::Rect;

use super::places::{Form, Places};
use crate::cluster::Cluster;
use crate::cluster::types::{ServerId, ServerSet};
use crate::ui::glyphs::Glyphs;

/// A group that others don't hear, and where its label stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLabel {
    pub place: Rect,
    /// One line or two.
    pub lines: Vec<String>,
}

/// "A" for the first group, "B" for the second.
pub fn letter(group: usize) -> char {
    char::from(b'A' + (group % 26) as u8)
}

/// Labels for the groups, if there are several. A group whose label finds no place goes without.
pub fn labels(
    area: Rect,
    places: &Places,
    cluster: &Cluster,
    groups: &[ServerSet],
    glyphs: Glyphs,
) -> Vec<GroupLabel> {
    if groups.len() < 2 {
        return Vec::new();
    }
    let mut taken: Vec<Rect> = places.rects.iter().map(|rect| grown(*rect)).collect();
    let lines = lines(places);
    let mut labels = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let text = words(number, *group, cluster, places.form);
        let width = text.iter().map(|line| glyphs.width(line)).max().unwrap_or(0);
        let size = (width, text.len() as u16);
        let cost = |place: &Rect| cost(*place, places, *group, &lines);
        if let Some(place) = free(area, size, &taken).min_by_key(cost) {
            taken.push(grown(place));
            labels.push(GroupLabel { place, lines: text });
        }
    }
    labels
}

/// "group A  3 of 5" over "majority ✓"; in little room "A 3 of 5 ✓".
fn words(number: usize, group: ServerSet, cluster: &Cluster, form: Form) -> Vec<String> {
    let (size, all) = (group.len(), cluster.servers().len());
    let running = |id: &ServerId| cluster.server(*id).is_some_and(|server| server.is_running());
    let up = group.iter().filter(running).count();
    let letter = letter(number);
    let majority = up >= cluster.majority();
    match form {
        Form::Box => {
            let verdict = match (majority, size >= cluster.majority()) {
                (true, _) => "majority ✓".to_owned(),
                (false, true) => format!("{up} up: no majority"),
                (false, false) => "no majority".to_owned(),
            };
            vec![format!("group {letter}  {size} of {all}"), verdict]
        }
        Form::Pill | Form::Grid | Form::Small if majority => {
            vec![format!("{letter} {size} of {all} ✓")]
        }
        Form::Pill | Form::Grid | Form::Small => vec![format!("{letter} {size} of {all}")],
    }
}

/// With two columns of air on both sides.
fn grown(rect: Rect) -> Rect {
    Rect { x: rect.x.saturating_sub(2), width: rect.width + 4, ..rect }
}

/// Cells on the lines between servers, where packets pass. In rows, lines are everywhere.
fn lines(places: &Places) -> Vec<(u16, u16)> {
    let servers = if places.form.is_ring() { places.rects.len() } else { 0 };
    let pairs = (0..servers).flat_map(|one| (one + 1..servers).map(move |other| (one, other)));
    let ways = pairs.filter_map(|(one, other)| places.way(one, other, 1));
    ways.flat_map(|way| way.dots(1.0)).collect()
}

/// The free places for a label at the edge of the area, with a column of air beside it.
fn free(area: Rect, (width, height): (u16, u16), taken: &[Rect]) -> impl Iterator<Item = Rect> {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let right = (area.right().saturating_sub(width)).max(area.x);
    let bottom = (area.bottom().saturating_sub(height)).max(area.y);
    let edges = (area.x..=right).flat_map(move |x| [(x, area.y), (x, bottom)]);
    let sides = (area.y..=bottom).flat_map(move |y| [(area.x, y), (right, y)]);
    edges
        .chain(sides)
        .map(move |(x, y)| Rect { x, y, width, height })
        .filter(move |place| area.intersection(*place) == *place)
        .filter(move |place| !taken.iter().any(|other| other.intersects(*place)))
}

/// How badly a label stands there: the mean squared distance to the group's servers, less what
/// it is away from the nearest other, and more for lines that it would cover.
fn cost(place: Rect, places: &Places, group: ServerSet, lines: &[(u16, u16)]) -> i64 {
    /// As bad as being ten columns farther off.
    const COVERED: i64 = 400;
    let distance = |rect: &Rect| {
        let middle = |rect: Rect| {
            (
                i64::from(rect.x) * 2 + i64::from(rect.width),
                i64::from(rect.y) * 2 + i64::from(rect.height),
            )
        };
        let (one, other) = (middle(place), middle(*rect));
        // A row is as high as two columns are wide.
        let (dx, dy) = (one.0 - other.0, 2 * (one.1 - other.1));
        dx * dx + dy * dy
    };
    let of = |inside: bool| {
        let member =
            move |index: usize| group.contains(ServerId::from_index(index as u8)) == inside;
        let rects = places.rects.iter().enumerate().filter(move |(index, _)| member(*index));
        rects.map(|(_, rect)| distance(rect))
    };
    let mean = of(true).sum::<i64>() / (group.len().max(1) as i64);
    let covered = lines.iter().filter(|cell| place.contains((**cell).into())).count() as i64;
    mean - of(false).min().unwrap_or(0) / 2 + COVERED * covered
}

/// In rows there is seldom room for labels near their groups: there each server has the letter
/// of its group before it.
pub fn letters(area: Rect, places: &Places, groups: &[ServerSet]) -> Vec<(Rect, char)> {
    if places.form.is_ring() || groups.len() < 2 {
        return Vec::new();
    }
    let servers = places.rects.iter().enumerate();
    let letters = servers.filter_map(|(index, rect)| {
        let before = Rect { x: rect.x.checked_sub(1)?, width: 1, ..*rect };
        let server = ServerId::from_index(index as u8);
        let group = groups.iter().position(|group| group.contains(server))?;
        let free = rect.x > area.x && !places.rects.iter().any(|other| other.intersects(before));
        free.then(|| (before, letter(group)))
    });
    letters.collect()
}
