//! Clients on the map: they have no place of their own there. What one asks of a server, and
//! that it waits for it, stands beside the server.

use ratatui::layout::Rect;

use super::places::Places;
use crate::cluster::Cluster;
use crate::cluster::types::{ClientId, ServerId};
use crate::ui::glyphs::{Glyphs, Spelling};

/// How many names are spelled out; beyond that clients are counted.
const NAMES_MAX: usize = 2;
/// The most columns that a client's name takes.
const NAME_WIDTH: u16 = 8;
/// How far from its server a client's packet is first seen, in columns.
const RUNUP: u16 = 8;

/// Clients that wait for a server, and where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub place: Rect,
    pub text: String,
}

/// Who waits for which server now, but for those in `flying`, which is sorted: their packet to or
/// from it is on its way and shows it. A label that finds no free place is left out.
pub fn waiting(
    area: Rect,
    places: &Places,
    cluster: &Cluster,
    flying: &[(ClientId, ServerId)],
    taken: &[Rect],
    glyphs: Glyphs,
) -> Vec<Waiting> {
    let mut names: Vec<Vec<&str>> = vec![Vec::new(); places.rects.len()];
    for client in cluster.clients() {
        let call = client.job.as_ref().and_then(|job| job.call.as_ref());
        let Some((server, _)) = call.and_then(|call| call.asking) else { continue };
        if let Some(names) = names.get_mut(server.index())
            && flying.binary_search(&(client.id, server)).is_err()
        {
            names.push(&client.name);
        }
    }
    let mut taken = taken.to_vec();
    let mut labels = Vec::new();
    for (rect, names) in places.rects.iter().zip(&names) {
        if names.is_empty() || rect.is_empty() {
            continue;
        }
        let texts = [long(names, glyphs), short(names, glyphs)];
        let label = texts.iter().find_map(|text| beside(area, *rect, text, &taken, glyphs));
        if let Some(label) = label {
            taken.push(label.place);
            labels.push(label);
        }
    }
    labels
}

/// "b waits", "a b wait", "7 wait".
fn long(names: &[&str], glyphs: Glyphs) -> String {
    match names {
        [name] => format!("{} waits", shown(name, glyphs)),
        _ => format!("{} wait", short(names, glyphs)),
    }
}

/// "b", "a b", "7".
fn short(names: &[&str], glyphs: Glyphs) -> String {
    if names.len() > NAMES_MAX {
        return names.len().to_string();
    }
    names.iter().map(|name| shown(name, glyphs)).collect::<Vec<_>>().join(" ")
}

/// A client's name as it may stand on the screen, cut to its columns.
pub fn shown(name: &str, glyphs: Glyphs) -> String {
    let mut shown = String::new();
    for character in name.chars() {
        let spelled = match glyphs.spell_user(character) {
            Spelling::Itself | Spelling::Wide => character.to_string(),
            Spelling::Ascii(ascii) => ascii.to_owned(),
            Spelling::Escape => character.escape_unicode().to_string(),
        };
        if glyphs.width(&shown) + glyphs.width(&spelled) > NAME_WIDTH {
            break;
        }
        shown.push_str(&spelled);
    }
    shown
}

/// Which side of its server the clients are on: the one that is nearer to the map's edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Side {
    fn of(area: Rect, server: Rect) -> Self {
        let (left, right) = (server.x - area.x, area.right().saturating_sub(server.right()));
        if left <= right { Self::Left } else { Self::Right }
    }

    const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    /// The column where something of this width begins that stands `gap` columns beside the
    /// server; `None` outside of the screen.
    fn column(self, server: Rect, width: u16, gap: u16) -> Option<u16> {
        match self {
            Self::Left => server.x.checked_sub(width + gap),
            Self::Right => server.right().checked_add(gap),
        }
    }

    /// The same above or below the server, flush with the side.
    const fn flush(self, server: Rect, width: u16) -> u16 {
        match self {
            Self::Left => server.x,
            Self::Right => server.right().saturating_sub(width),
        }
    }
}

/// The row of a server's name.
const fn middle_row(server: Rect) -> u16 {
    server.y + server.height / 2
}

/// A free place for a text: on the outer side of the server, above, on the inner side, or below.
fn beside(area: Rect, server: Rect, text: &str, taken: &[Rect], glyphs: Glyphs) -> Option<Waiting> {
    let side = Side::of(area, server);
    let pointing = |side| match side {
        Side::Left => format!("{text} ►"),
        Side::Right => format!("◄ {text}"),
    };
    let at_side = |side: Side, gap: u16| {
        let text = pointing(side);
        let x = side.column(server, glyphs.width(&text), gap)?;
        Some((x, middle_row(server), text))
    };
    let above = || {
        let text = format!("{text} ▼");
        Some((side.flush(server, glyphs.width(&text)), server.y.checked_sub(1)?, text))
    };
    let below = || {
        let text = text.to_owned();
        Some((side.flush(server, glyphs.width(&text)), server.bottom(), text))
    };
    // A column of air to everything but the server itself.
    let grown =
        |other: &Rect| Rect { x: other.x.saturating_sub(1), width: other.width + 2, ..*other };
    let clear = |other: &Rect, place: Rect| {
        let other = if *other == server { server } else { grown(other) };
        !other.intersects(place)
    };
    let outer = at_side(side, 1).or_else(|| at_side(side, 0));
    let places = [outer, above(), at_side(side.other(), 1), below()];
    places.into_iter().flatten().find_map(|(x, y, text)| {
        let place = Rect { x, y, width: glyphs.width(&text), height: 1 };
        let free = area.intersection(place) == place && taken.iter().all(|one| clear(one, place));
        free.then_some(Waiting { place, text })
    })
}

/// Where the packet of a client stands: it comes from the outer side and ends beside the server;
/// an answer goes the other way. `share` is how near it is to the server, 0 to 1.
pub fn packet(area: Rect, server: Rect, width: u16, share: f64) -> Rect {
    let side = Side::of(area, server);
    let room = match side {
        Side::Left => server.x - area.x,
        Side::Right => area.right().saturating_sub(server.right()),
    };
    let away = f64::from(room.saturating_sub(width).min(RUNUP)) * (1.0 - share.clamp(0.0, 1.0));
    let y = middle_row(server);
    match side.column(server, width, away.round() as u16) {
        Some(x) if room >= width => Rect { x, y, width, height: 1 },
        // No room beside it: above, or below when it stands on top.
        _ => {
            let y = if server.y > area.y { server.y - 1 } else { server.bottom() };
            Rect { x: side.flush(server, width), y, width, height: 1 }
        }
    }
}
