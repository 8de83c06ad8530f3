//! Rooms, their titles, and the walls between them.
//!
//! A title says how many of how many servers are here and what they can do together, in words. A
//! room with a majority has a bright title on a light ground; one without is dark. A wall stops
//! everything; a wall that is open one way has a gate for what passes, and a cross for what does
//! not. Without colours enough for grounds, rooms have frames.

use std::cmp::Reverse;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Picture;
use super::plan::{Opening, RoomPlace, Wall};
use crate::cluster::Cluster;
use crate::cluster::raft::Configuration;
use crate::cluster::situation::{Room, Situation, Standing, Vote};
use crate::cluster::types::{Node, ServerId, ServerSet};
use crate::ui::block::{self, Face};
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Glyphs;
use crate::ui::reading;
use crate::ui::scale::Scale;
use crate::ui::text::Spaced;
use crate::ui::theme::{Ground, Ink};
use crate::ui::view::Scene;

/// The letter of a room: A for the first.
pub fn letter(room: usize) -> char {
    char::from(b'A' + (room % 26) as u8)
}

/// Draws grounds and walls.
pub fn draw(canvas: &mut Canvas, picture: &Picture) {
    let theme = canvas.theme();
    canvas.fill(picture.area, theme.ground(Ground::Base));
    for place in &picture.plan.rooms {
        let ground = match picture.preview {
            true => Ground::Whole,
            false => picture.ground(place.room),
        };
        canvas.fill(place.area, theme.ground(ground));
        if !theme.has_grounds() && picture.plan.rooms.len() > 1 {
            draw_hull(canvas, place.area, ground);
        }
    }
    for wall in &picture.plan.walls {
        draw_wall(canvas, picture, *wall);
    }
}

/// Draws the titles, and the words on walls between rows, which no link runs through.
pub fn draw_titles(canvas: &mut Canvas, picture: &Picture) {
    for place in &picture.plan.rooms {
        draw_title(canvas, picture, place);
    }
    for wall in picture.plan.walls.iter().filter(|wall| wall.area.height == 1) {
        draw_wall_word(canvas, wall.area, &wall_word(picture, wall.area));
    }
}

/// The frame of a room on terminals that have no grounds.
fn draw_hull(canvas: &mut Canvas, area: Rect, ground: Ground) {
    let theme = canvas.theme();
    let (across, down, style) = match ground == Ground::Majority {
        true => ('━', '┃', theme.bold()),
        false => ('╌', '╎', theme.dim()),
    };
    for x in area.left()..area.right() {
        canvas.glyph(x, area.bottom() - 1, across, style);
    }
    for y in area.top()..area.bottom() {
        canvas.glyph(area.x, y, down, style);
        canvas.glyph(area.right() - 1, y, down, style);
    }
}

/// What the title of a room says, the most detailed form first.
struct Title {
    letter: Option<char>,
    meter: String,
    count: String,
    short: String,
    word: String,
    majority: bool,
}

/// Of those who vote "3 of 5"; where some are down or asleep, "2 up of 5".
fn count(room: &Room) -> String {
    of_each_half(room.configuration, |voters| {
        let [here, up_here] = [room.members, room.up].map(|these| these.intersection(voters));
        let up = if up_here == here { "" } else { "up " };
        format!("{} {up}of {}", up_here.len(), voters.len())
    })
}

/// Those of them that are up: "2/5".
fn short_count(room: &Room) -> String {
    of_each_half(room.configuration, |voters| {
        format!("{}/{}", room.up.intersection(voters).len(), voters.len())
    })
}

/// Each half of a joint configuration has a majority of its own (dissertation §4.3): "old 1 of 3, new 3 of 3".
fn of_each_half(configuration: Configuration, of: impl Fn(ServerSet) -> String) -> String {
    match configuration.old() {
        Some(old) => format!("old {}, new {}", of(old), of(configuration.new_voters())),
        None => of(configuration.voters()),
    }
}

impl Title {
    fn of(picture: &Picture, place: &RoomPlace) -> Self {
        let many = picture.plan.rooms.len() > 1;
        let room = picture.situation.rooms.get(place.room).filter(|_| !picture.preview);
        let Some(room) = room else {
            return Self::preview(picture, place, picture.scene.cluster.configuration().voters());
        };
        let voters = room.configuration.voters();
        let here = room.members.intersection(voters);
        let marks = here.iter().map(|id| {
            let standing = picture.situation.standing(id);
            let off = matches!(standing, Standing::Down | Standing::Asleep);
            if off { standing.mark() } else { '▮' }
        });
        let mut marks: Vec<char> = marks.collect();
        marks.sort_by_key(|mark| ['▮', 'z', '✗'].iter().position(|one| one == mark));
        if room.vote == Vote::Untold {
            return Self::untold(picture, room, many.then(|| letter(place.room)));
        }
        let elsewhere = voters.without(here).len();
        let meter = marks.into_iter().collect::<String>() + &"▯".repeat(elsewhere);
        Self {
            letter: many.then(|| letter(place.room)),
            meter,
            count: count(room),
            short: short_count(room),
            word: word(picture.scene.cluster, &picture.situation, room),
            majority: room.vote.is_majority(),
        }
    }

    /// Who is here and hears whom, and nothing of what they can do.
    fn untold(picture: &Picture, room: &Room, letter: Option<char>) -> Self {
        let (cluster, situation) = (picture.scene.cluster, &picture.situation);
        let members = |servers: ServerSet| Spaced(servers.iter()).to_string();
        let (count, word) = match letter {
            Some(_) => (members(room.members), String::new()),
            None if situation.is_whole() => (String::new(), ALL_CONNECTED.to_owned()),
            None if situation.has_gap(room) => (String::new(), gap(cluster, situation, room)),
            None if room.up.len() > 1 => (members(room.up), "CONNECTED".to_owned()),
            None => (String::new(), String::new()),
        };
        let (meter, short) = (String::new(), String::new());
        Self { letter, meter, count, short, word, majority: false }
    }

    fn preview(picture: &Picture, place: &RoomPlace, voters: ServerSet) -> Self {
        let members: ServerSet = picture
            .scene
            .cluster
            .servers()
            .iter()
            .filter(|server| {
                let card = picture.plan.card(server.id);
                place.area.contains((card.x, card.y).into())
            })
            .map(|server| server.id)
            .collect();
        let majority = picture.situation.is_majority(members);
        let (members, servers) = (members.intersection(voters).len(), voters.len());
        Self {
            letter: Some(letter(place.room)),
            meter: "▮".repeat(members) + &"▯".repeat(servers - members),
            count: format!("{members} of {servers}"),
            short: format!("{members}/{servers}"),
            word: if majority { "a majority" } else { "no majority" }.to_owned(),
            majority,
        }
    }

    fn forms(&self) -> Vec<String> {
        let Self { meter, count, short, word, .. } = self;
        let letter = self.letter.map(String::from).unwrap_or_default();
        let joined = |words: &[&str], gap: &str| {
            let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
            format!(" {} ", words.join(gap))
        };
        vec![
            joined(&[&letter, meter, count, word], "  "),
            joined(&[&letter, meter, count, word], " "),
            joined(&[&letter, count, word], "  "),
            joined(&[&letter, count, word], " "),
            joined(&[&letter, count, brief(word)], " "),
            joined(&[&letter, count, brief(word)], " ").trim().to_owned(),
            joined(&[&letter, short, word], " "),
            joined(&[&letter, short, brief(word)], " "),
        ]
    }
}

/// Every server hears every other.
const ALL_CONNECTED: &str = "ALL CONNECTED";

/// Which two that run in a room don't hear each other, or which one does not hear the other; of more
/// pairs, that there are such.
fn gap(cluster: &Cluster, situation: &Situation, room: &Room) -> String {
    let apart = |id: &ServerId| !room.up.without(situation.reach(*id)).is_empty();
    let apart: Vec<ServerId> = room.up.iter().filter(apart).collect();
    let [one, other] = apart[..] else { return "NOT ALL LINKED".to_owned() };
    let hears = |from, to| cluster.reaches(Node::Server(from), Node::Server(to));
    match (hears(one, other), hears(other, one)) {
        (true, _) => format!("{one} DEAF TO {other}"),
        (_, true) => format!("{other} DEAF TO {one}"),
        (false, false) => format!("NO LINK {one}-{other}"),
    }
}

/// What the servers of a room can do together.
fn word(cluster: &Cluster, situation: &Situation, room: &Room) -> String {
    let alone = situation.rooms.len() == 1;
    let deaf = !room.heard_by.is_empty();
    let led = room.up.iter().any(|id| situation.standing(id).leads());
    match room.vote {
        Vote::Led(_) if alone && situation.is_whole() => ALL_CONNECTED.to_owned(),
        Vote::Led(leader) if situation.has_gap(room) => {
            format!("MAJORITY WITH {leader}, {}", gap(cluster, situation, room))
        }
        // Of those that are up.
        Vote::Led(_) if alone => "MAJORITY, CONNECTED".to_owned(),
        Vote::Led(_) => "MAJORITY".to_owned(),
        Vote::LedByTooFew(_) => "NO MAJORITY: FLAW".to_owned(),
        Vote::CanElect if led => stuck_majority(situation, room),
        Vote::CanElect => "MAJORITY, NO LEADER".to_owned(),
        Vote::Obeys(leader) => format!("MAJORITY, FOLLOWS {leader}"),
        Vote::No if deaf => "HEARS TOO FEW".to_owned(),
        Vote::No => "NO MAJORITY".to_owned(),
        Vote::Untold => String::new(),
    }
}

/// A majority that its leader does not reach: others of it could elect another.
fn stuck_majority(situation: &Situation, room: &Room) -> String {
    let mut leaders = room.up.iter().filter(|id| situation.standing(*id).leads());
    match (leaders.next(), leaders.next()) {
        (Some(leader), None) => format!("MAJORITY WITHOUT {leader}"),
        _ => "MAJORITY".to_owned(),
    }
}

fn draw_title(canvas: &mut Canvas, picture: &Picture, place: &RoomPlace) {
    let theme = canvas.theme();
    let title = Title::of(picture, place);
    let style = match title.majority {
        true => theme.on(Ground::Plate),
        false => theme.ink(Ink::Soft).patch(theme.bold()),
    };
    let area = place.title;
    if picture.plan.scale == Scale::Xl && draw_big_title(canvas, area, &title, style) {
        return;
    }
    let glyphs = theme.glyphs;
    let room = area.width.saturating_sub(2);
    if let Some(form) = title.forms().into_iter().find(|form| glyphs.width(form) <= room) {
        canvas.pen_at(area.x + 1, area.y, room).style(style).put(form);
        return;
    }
    let letter = title.letter.map(|letter| format!("{letter} ")).unwrap_or_default();
    let Title { count, short, word, .. } = &title;
    let above = [count, short].map(|count| format!("{letter}{count}"));
    let below = [word.as_str(), brief(word)].map(str::to_owned);
    for (row, words) in (area.y..area.bottom().min(area.y + 2)).zip([above, below]) {
        let mut forms = words.iter().flat_map(|words| [format!(" {words} "), words.clone()]);
        let fitting = forms.find(|form| glyphs.width(form) <= room);
        let [_, shortest] = words;
        canvas.pen_at(area.x + 1, row, room).style(style).put(fitting.unwrap_or(shortest));
    }
}

/// The part that matters most, where there is no room for all.
fn brief(word: &str) -> &str {
    match word {
        "HEARS TOO FEW" => "NO MAJORITY",
        word => word.split_once([',', ':']).map_or(word, |(first, _)| first),
    }
}

/// The title in block letters, in one line or two, the largest that have room. Whether any have.
fn draw_big_title(canvas: &mut Canvas, area: Rect, title: &Title, style: Style) -> bool {
    let glyphs = canvas.theme().glyphs;
    let letter = title.letter.map(|letter| format!("{letter} ")).unwrap_or_default();
    let count = format!("{letter}{}", title.count.to_uppercase());
    let word = title.word.as_str();
    let room = area.width.saturating_sub(if title.majority { 6 } else { 1 });
    let words = [word, brief(word)];
    let whole = words.map(|word| vec![format!("{count}  {word}").trim_end().to_owned()]);
    let apart = words.map(|word| vec![count.clone(), word.to_owned()]);
    let [whole, whole_brief] = whole;
    let [apart, apart_brief] = apart;
    let forms = [
        (Face::Small, &whole),
        (Face::Small, &apart),
        (Face::Narrow, &whole),
        (Face::Small, &apart_brief),
        (Face::Narrow, &apart),
        (Face::Narrow, &whole_brief),
        (Face::Narrow, &apart_brief),
    ];
    let fits = |(face, lines): &(Face, &Vec<String>)| {
        let rows = 1 + 4 * lines.len() as u16;
        rows <= area.height + 1 && lines.iter().all(|line| block::fits(line, *face, room, glyphs))
    };
    let Some((face, lines)) = forms.into_iter().find(fits) else { return false };
    let widest = lines.iter().filter_map(|line| face.width(line)).max().unwrap_or(0);
    if title.majority {
        let height = 1 + 4 * lines.len() as u16;
        let plate = Rect { x: area.x + 1, y: area.y, width: widest + 4, height };
        canvas.fill(plate.intersection(area), style);
    }
    for (row, line) in (0u16..).zip(lines) {
        let margin = if title.majority { 3 } else { 1 };
        let place = (area.x + margin, area.y + 1 + 4 * row);
        block::draw(canvas, place, line, face, style);
    }
    true
}

fn draw_wall(canvas: &mut Canvas, picture: &Picture, wall: Wall) {
    let theme = canvas.theme();
    let area = wall.area;
    let solid = match (wall.opening, picture.preview) {
        (Opening::Closed, false) => Some('▓'),
        (Opening::Closed, true) => Some('░'),
        (Opening::Rightwards | Opening::Leftwards, _) => None,
    };
    match solid {
        Some(_) if theme.has_grounds() && !picture.preview => {
            canvas.fill(area, theme.ground(Ground::Slab));
            draw_wall_word(canvas, area, &wall_word(picture, area));
        }
        Some(glyph) => {
            let style = theme.ink(Ink::Dim);
            for y in area.top()..area.bottom() {
                for x in area.left()..area.right() {
                    canvas.glyph(x, y, glyph, style);
                }
            }
            draw_wall_word(canvas, area, &wall_word(picture, area));
        }
        None => canvas.fill(area, theme.ground(Ground::Gate)),
    }
}

/// "CUT"; between rows of rooms, where there is no gate, who hears whom through it all the same.
fn wall_word(picture: &Picture, wall: Rect) -> String {
    if picture.preview {
        return "CUT?".to_owned();
    }
    let rooms = || picture.plan.rooms.iter();
    let above = rooms().filter(|room| wall.height == 1 && room.area.bottom() <= wall.y);
    let pairs = above.flat_map(|one| {
        let below = rooms().filter(|room| room.area.y > wall.y);
        below.flat_map(|other| [(one.room, other.room), (other.room, one.room)])
    });
    let heard = pairs.filter(|(from, to)| picture.situation.one_way(*from, *to));
    let heard = heard.map(|(from, to)| format!("{} HEARS {}", letter(to), letter(from)));
    let heard: Vec<String> = heard.collect();
    if heard.is_empty() { "CUT".to_owned() } else { format!("CUT, BUT {}", heard.join(", ")) }
}

/// Whether the word on a wall is in block letters.
fn is_big(area: Rect, glyphs: Glyphs) -> bool {
    area.width >= 5 && block::fits("T", Face::Small, area.width - 2, glyphs)
}

/// Where the word stands that runs down a wall.
pub fn word_plate(area: Rect, word: &str, glyphs: Glyphs) -> Rect {
    let (letters, big) = (word.chars().count() as u16, is_big(area, glyphs));
    let each = if big { 4 } else { 1 };
    let height = (letters * each + u16::from(big)).min(area.height);
    Rect { y: area.y + (area.height - height) / 2, height, ..area }
}

/// The word on a wall: down it, or along it where it lies between rows of rooms.
fn draw_wall_word(canvas: &mut Canvas, area: Rect, word: &str) {
    let theme = canvas.theme();
    let style = theme.on(Ground::Wall);
    if area.height == 1 {
        let text = format!(" {word} ");
        let width = text.len() as u16;
        let x = area.x + area.width.saturating_sub(width) / 2;
        canvas.pen_at(x, area.y, width.min(area.width)).style(style).put(text);
        return;
    }
    let big = is_big(area, theme.glyphs);
    let each = if big { 4 } else { 1 };
    let plate = word_plate(area, word, theme.glyphs);
    let y = plate.y;
    canvas.fill(plate, style);
    for (row, letter) in (0u16..).zip(word.chars()) {
        let at = y + row * each + u16::from(big);
        if at + each > area.bottom() + 1 {
            return;
        }
        if big {
            let width = Face::Small.width(&letter.to_string()).unwrap_or(0);
            let x = area.x + (area.width - width.min(area.width)) / 2;
            block::draw(canvas, (x, at), &letter.to_string(), Face::Small, style);
        } else {
            canvas.pen_at(area.x + area.width / 2, at, 1).style(style).put(letter);
        }
    }
}

/// Where the lane of a wall's gate lies.
pub fn lane(wall: &Wall) -> u16 {
    wall.area.y + wall.area.height / 2
}

/// The gates: one lane open for what passes, and a cross below it for what does not.
pub fn draw_gates(canvas: &mut Canvas, picture: &Picture) {
    let theme = canvas.theme();
    for wall in &picture.plan.walls {
        let (arrow, rightwards) = match wall.opening {
            Opening::Closed => continue,
            Opening::Rightwards => ('►', true),
            Opening::Leftwards => ('◄', false),
        };
        let (area, lane) = (wall.area, lane(wall));
        let style = theme.ground(Ground::Minority).patch(theme.ink(Ink::Strong));
        canvas.fill(Rect { y: lane, height: 1, ..area }, style);
        for x in area.left()..area.right() {
            canvas.glyph(x, lane, '━', style);
        }
        let head = if rightwards { area.right() - 1 } else { area.x };
        canvas.glyph(head, lane, arrow, style);
        draw_hears(canvas, picture, wall, lane);
        if lane + 1 < area.bottom() {
            let end = if rightwards { area.right().saturating_sub(4) } else { area.x + 1 };
            let mut pen = canvas.pen_at(end, lane + 1, 3);
            pen.style(theme.on(Ground::Bright)).put(" ✗ ");
        }
    }
}

/// Above the lane of a gate, which room hears which: what passes goes the other way.
fn draw_hears(canvas: &mut Canvas, picture: &Picture, wall: &Wall, lane: u16) {
    let theme = canvas.theme();
    let area = wall.area;
    let beside = |x: u16| {
        let rooms = picture.plan.rooms.iter();
        let mut here = rooms.filter(|place| place.area.contains((x, lane).into()));
        here.next().map(|place| letter(place.room))
    };
    let (Some(left), Some(right)) = (beside(area.x.saturating_sub(1)), beside(area.right())) else {
        return;
    };
    let (hearer, heard) = match wall.opening {
        Opening::Rightwards => (right, left),
        Opening::Leftwards | Opening::Closed => (left, right),
    };
    let plate = theme.on(Ground::Wall);
    let words = [hearer.to_string(), "HEARS".to_owned(), heard.to_string()];
    let above = lane - area.y;
    let narrow = |word: &String| block::fits(word, Face::Narrow, area.width - 2, theme.glyphs);
    if picture.plan.scale == Scale::Xl && above > 12 && words.iter().all(narrow) {
        let top = lane - 13;
        canvas.fill(Rect { y: top, height: 13, ..area }, plate);
        for (row, word) in (0u16..).zip(&words) {
            let width = Face::Narrow.width(word).unwrap_or(0);
            let x = area.x + (area.width - width) / 2;
            block::draw(canvas, (x, top + 1 + 4 * row), word, Face::Narrow, plate);
        }
        return;
    }
    let word = words.join(" ");
    let width = word.len() as u16;
    if above > 0 && width <= area.width {
        let line = Rect { y: lane - 1, height: 1, ..area };
        canvas.fill(line, plate);
        canvas.pen_at(area.x + (area.width - width) / 2, lane - 1, width).style(plate).put(word);
    }
}

/// Where the map has no room even for small cards: a line a room. Of more rooms than lines, those
/// that can decide something come first, and the rest is counted.
pub fn draw_list(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    let situation = reading::situation(scene);
    canvas.fill(area, theme.ground(Ground::Base));
    let mut rooms: Vec<(usize, &Room)> = situation.rooms.iter().enumerate().collect();
    let height = usize::from(area.height);
    if rooms.len() > height {
        rooms.sort_by_key(|(_, room)| Reverse((room.vote.is_majority(), room.up.len())));
        let more = rooms.len() - (height.max(2) - 1);
        rooms.truncate(height.max(2) - 1);
        let last = area.height.saturating_sub(1);
        let remark = format!(" and {more} more rooms");
        canvas.pen(area, last).style(theme.ink(Ink::Text)).put_within(&remark);
    }
    for (row, (number, room)) in (0..area.height).zip(rooms) {
        let mut pen = canvas.pen(area, row);
        let word = word(scene.cluster, &situation, room);
        pen.style(theme.ink(Ink::Text).patch(theme.bold()));
        if situation.rooms.len() > 1 {
            pen.put(format_args!(" {}", letter(number)));
        }
        if room.vote == Vote::Untold {
            pen.put(": ");
        } else {
            pen.put(format_args!(" {} {word}: ", count(room)));
        }
        pen.style(theme.ink(Ink::Text));
        let marked = room.members.iter().map(|id| format!("{}{id}", situation.standing(id).mark()));
        let marked: Vec<String> = marked.collect();
        pen.put_within(&Spaced(marked.iter()).to_string());
    }
}
