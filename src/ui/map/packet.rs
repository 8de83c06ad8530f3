//! Packets on the map: who sends what to whom, on the hue of the term that it carries.
//!
//! A label looks for a free place near the packet's true place on its way, in its longest form: on
//! the link itself, then beside it, then farther along; then in a shorter form. It never covers a
//! card, a title, a client, a wall or another packet. Those that find no place are counted: their
//! links are lit, and the list of packets has them. Packets that bring news come before heartbeats.
//! A packet that a cut will stop flies up to a cross.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::Picture;
use super::link::{self, Way};
use super::plan::Opening;
use super::tab;
use crate::cluster::Cluster;
use crate::cluster::network::{Cargo, Hand, Packet, PacketKind};
use crate::cluster::raft::{AppendResult, Chunk, ChunkResult, Entries, Foreign, Message};
use crate::cluster::time::Time;
use crate::cluster::types::{Index, Node, PacketId, Request, ServerId, Term};
use crate::ui::block::{self, Face};
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Glyphs;
use crate::ui::log_marks;
use crate::ui::theme::{Ground, Ink};
use crate::ui::view::Clock;

/// The most packets that are looked at, those that arrive first.
pub const PACKETS_MAX: usize = 200;
/// The most that are drawn.
const LABELS_MAX: usize = 40;

/// A packet on the map.
pub struct Label {
    pub packet: PacketId,
    pub ends: (ServerId, ServerId),
    pub area: Rect,
    lines: Vec<String>,
    looks: Looks,
    selected: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    Flies {
        term: Term,
        face: Option<Face>,
    },
    /// It has met its end.
    Lost,
}

impl Label {
    pub fn draw(&self, canvas: &mut Canvas) {
        let theme = canvas.theme();
        let (style, face) = match self.looks {
            Looks::Flies { term, face } => (theme.chip(term), face),
            Looks::Lost => (theme.on(Ground::Bright), None),
        };
        let style = style.add_modifier(Modifier::BOLD);
        let style = match self.selected {
            true => style.add_modifier(Modifier::UNDERLINED),
            false => style,
        };
        if let Some(face) = face {
            return self.draw_big(canvas, face, style);
        }
        canvas.fill(self.area, style);
        for (row, line) in (0..).zip(&self.lines) {
            canvas.pen(self.area, row).style(style).put(' ').put(line);
        }
    }

    /// Block letters on a plate with half a row of margin above and below.
    fn draw_big(&self, canvas: &mut Canvas, face: Face, style: Style) {
        let inner =
            Rect { y: self.area.y + 1, height: self.area.height.saturating_sub(2), ..self.area };
        canvas.fill(inner, style);
        let edge = Style::new().fg(style.bg.unwrap_or_default());
        for x in self.area.left()..self.area.right() {
            canvas.glyph(x, self.area.y, '▄', edge);
            canvas.glyph(x, self.area.bottom() - 1, '▀', edge);
        }
        for (row, line) in (0u16..).zip(&self.lines) {
            let width = face.width(line).unwrap_or(0);
            let x = self.area.x + self.area.width.saturating_sub(width) / 2;
            block::draw(canvas, (x, inner.y + 4 * row), line, face, style);
        }
    }
}

/// What a packet is, in words.
struct Words {
    what: String,
    /// It is one of the many: a heartbeat, or the answer to one.
    minor: bool,
}

impl Words {
    /// Of a packet of which a trace tells only so much.
    fn told(kind: PacketKind) -> Self {
        let (what, minor) = match kind {
            PacketKind::RequestVote => ("vote?".to_owned(), false),
            PacketKind::PreVote => ("pre-vote?".to_owned(), false),
            PacketKind::VoteGranted | PacketKind::PreVoteGranted => ("yes".to_owned(), false),
            PacketKind::VoteRefused
            | PacketKind::PreVoteRefused
            | PacketKind::AppendRefused { .. } => ("no".to_owned(), false),
            PacketKind::Append { entries: 0, .. } => ("heartbeat".to_owned(), true),
            PacketKind::Append { entries: 1, prev, .. } => {
                (format!("entry {}", prev.next()), false)
            }
            PacketKind::Append { entries, .. } => (format!("{entries} entries"), false),
            PacketKind::Appended { matched } => (format!("has {matched}"), false),
            PacketKind::TimeoutNow
            | PacketKind::ReadIndex
            | PacketKind::ReadIndexGiven { .. }
            | PacketKind::InstallSnapshot { .. }
            | PacketKind::ChunkReceived { .. }
            | PacketKind::SnapshotInstalled { .. }
            | PacketKind::ClientRequest
            | PacketKind::ClientReply
            | PacketKind::Foreign { .. } => (String::new(), false),
        };
        Self { what, minor }
    }

    fn of(packet: &Packet, cluster: &Cluster, glyphs: Glyphs) -> Self {
        let news = |what: String| Self { what, minor: false };
        let message = match &packet.cargo {
            Cargo::Raft(message) => message,
            Cargo::Told(summary) => return Self::told(summary.kind),
            Cargo::Client(_) => return news(String::new()),
        };
        match message {
            Message::Foreign { kind: Foreign::Heartbeat, .. } => {
                Self { what: "heartbeat".to_owned(), minor: true }
            }
            Message::Foreign { kind: Foreign::Appended, .. } => {
                Self { what: "ok".to_owned(), minor: true }
            }
            Message::Foreign { kind, .. } => news(kind.word().to_owned()),
            Message::PreVote { .. } => news("pre-vote?".to_owned()),
            Message::RequestVote { .. } => news("vote?".to_owned()),
            Message::TimeoutNow { .. } => news("take over".to_owned()),
            Message::ReadIndex { .. } => news("read?".to_owned()),
            Message::ReadIndexReply { index, .. } => news(format!("read {index}")),
            Message::PreVoteReply { granted: true, .. }
            | Message::VoteReply { granted: true, .. } => news("yes".to_owned()),
            Message::PreVoteReply { granted: false, .. }
            | Message::VoteReply { granted: false, .. } => news("no".to_owned()),
            Message::Append { entries, commit, .. } => match entries.len() {
                0 if brings_commit(*commit, packet.to, cluster) => news(format!("commit {commit}")),
                0 => Self { what: "heartbeat".to_owned(), minor: true },
                _ => news(entries_words(entries, glyphs)),
            },
            Message::AppendReply { prev, result, .. } => match result {
                AppendResult::Matched(matched) if matched == prev => {
                    Self { what: "ok".to_owned(), minor: true }
                }
                AppendResult::Matched(matched) => news(format!("has {matched}")),
                AppendResult::Refused { .. } | AppendResult::Hinted { .. } => news("no".to_owned()),
            },
            Message::InstallSnapshot { chunk: Chunk { snapshot: it, from, to }, .. } => {
                news(log_marks::snapshot(it.last.index, *from, *to, it.bytes))
            }
            Message::InstallReply { result: ChunkResult::Received(bytes), .. } => {
                news(format!("has {bytes} bytes"))
            }
            Message::InstallReply { result: ChunkResult::Installed(index), .. } => {
                news(format!("has {index}"))
            }
        }
    }
}

/// "x=2", "x=2 +3 more".
fn entries_words(entries: &Entries, glyphs: Glyphs) -> String {
    let Some(first) = entries.first() else { return String::new() };
    let clip = |text: &str| glyphs.shown(text, 6);
    let first = match first.op().map(|op| &op.request) {
        Some(Request::Get { key }) => format!("read {}", clip(key)),
        Some(Request::Put { key, value, .. }) => format!("{}={}", clip(key), clip(value)),
        None => first.payload.word().to_owned(),
    };
    match entries.len() {
        1 => first,
        more => format!("{first} +{} more", more - 1),
    }
}

/// Whether this commit index is news to the receiver.
pub fn brings_commit(commit: Index, to: Node, cluster: &Cluster) -> bool {
    match to {
        Node::Server(to) => cluster.server(to).is_some_and(|server| commit > server.raft.commit()),
        Node::Client(_) => false,
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

/// The packets that are drawn, each at a place of its own.
pub fn labels(picture: &Picture, tabs: impl Iterator<Item = Rect>) -> Vec<Label> {
    if picture.preview || picture.scene.view.clock == Clock::Skims {
        // Too fast for the eye, or not what is looked at.
        return Vec::new();
    }
    let cluster = picture.scene.cluster;
    let glyphs = picture.scene.view.theme.glyphs;
    let mut search = Search { picture, taken: obstacles(picture, tabs) };
    let mut labels = Vec::new();
    for lost in picture.scene.view.fading.lost.iter().take(LABELS_MAX) {
        if let (Node::Server(from), Node::Server(to)) = (lost.from, lost.to) {
            labels.extend(search.lost(lost.packet, (from, to)));
        }
    }
    let packets = cluster.packets();
    let servers =
        packets.iter().take(PACKETS_MAX).filter_map(|packet| match (packet.from, packet.to) {
            (Node::Server(from), Node::Server(to)) => {
                Some((*packet, (from, to), Words::of(packet, cluster, glyphs)))
            }
            (Node::Client(_), _) | (_, Node::Client(_)) => None,
        });
    let mut servers: Vec<_> = servers.collect();
    servers.sort_by_key(|(_, _, words)| words.minor);
    for (packet, ends, words) in servers {
        if labels.len() >= LABELS_MAX {
            break;
        }
        labels.extend(search.label(packet, ends, &words));
    }
    labels
}

/// What no packet may cover.
fn obstacles(picture: &Picture, tabs: impl Iterator<Item = Rect>) -> Vec<Rect> {
    let beside = |area: Rect| Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
    let cards = picture.scene.cluster.servers().iter().map(|server| picture.plan.card(server.id));
    let mut taken: Vec<Rect> = cards.map(beside).collect();
    taken.extend(tabs.map(beside));
    taken.extend(picture.plan.rooms.iter().map(|room| room.title));
    taken.extend(link::plates(picture).into_iter().map(|plate| beside(plate.area)));
    for wall in &picture.plan.walls {
        let open = wall.opening != Opening::Closed;
        taken.push(match open {
            true => Rect { y: super::room::lane(wall).saturating_sub(1), height: 3, ..wall.area },
            false => wall.area,
        });
    }
    taken
}

/// How near to its way a label stands.
#[derive(Clone, Copy)]
enum Near {
    /// On it, or in a row beside it.
    Way,
    /// A few rows from it: where cards are tight.
    Rows,
}

struct Search<'a> {
    picture: &'a Picture<'a>,
    taken: Vec<Rect>,
}

impl Search<'_> {
    fn label(
        &mut self,
        packet: &Packet,
        ends: (ServerId, ServerId),
        words: &Words,
    ) -> Option<Label> {
        let way = Way::between(self.picture, ends.0, ends.1)?;
        let share = share(packet, self.picture.scene.cluster.now());
        let term = packet.cargo.summary().term;
        let selected = self.picture.scene.view.selection.packet == Some(packet.id);
        let forms = self.forms(ends, words);
        // What a wall stops has not come through.
        let within = match way.blocked {
            true => self.picture.room_area(ends.0),
            false => self.picture.area,
        };
        // Large letters a few rows from the way say more than small ones on it.
        let (large, small): (Vec<_>, Vec<_>) =
            forms.into_iter().partition(|(_, face)| face.is_some());
        let places =
            [(&large, Near::Way), (&large, Near::Rows), (&small, Near::Way), (&small, Near::Rows)];
        let (area, lines, face) = places.into_iter().find_map(|(forms, near)| {
            forms.iter().find_map(|(lines, face)| {
                let size = self.size(lines, *face)?;
                let area = self.place(&way, share, size, near, within)?;
                Some((area, lines.clone(), *face))
            })
        })?;
        self.taken.push(area);
        let looks = Looks::Flies { term, face };
        Some(Label { packet: packet.id, ends, area, lines, looks, selected })
    }

    /// A packet that was lost, where it was lost.
    fn lost(&mut self, packet: PacketId, ends: (ServerId, ServerId)) -> Option<Label> {
        let way = Way::between(self.picture, ends.0, ends.1)?;
        let lines = vec![format!("✗ {}►{} lost", ends.0, ends.1)];
        let size = self.size(&lines, None)?;
        let area = self.place(&way, 1.0, size, Near::Way, self.picture.area)?;
        self.taken.push(area);
        Some(Label { packet, ends, area, lines, looks: Looks::Lost, selected: false })
    }

    /// The forms of a label, the best first, and their block letters, if they are in such. Each says
    /// from whom, to whom and what: a packet for which none of them has room is counted.
    fn forms(
        &self,
        (from, to): (ServerId, ServerId),
        words: &Words,
    ) -> Vec<(Vec<String>, Option<Face>)> {
        let what = &words.what;
        let full = format!("{from}►{to} {what}");
        let two = vec![format!("{from}►{to}"), what.clone()];
        let ways = [vec![full], two];
        let mut forms = Vec::new();
        if self.picture.has_large_labels() {
            // Heartbeats are many, and no news.
            let faces: &[Face] = match words.minor {
                true => &[Face::Narrow],
                false => &[Face::Small, Face::Narrow],
            };
            for face in faces {
                forms.extend(ways.iter().map(|lines| (lines.clone(), Some(*face))));
            }
            if words.minor {
                return forms;
            }
        }
        forms.extend(ways.into_iter().map(|lines| (lines, None)));
        forms
    }

    fn size(&self, lines: &[String], face: Option<Face>) -> Option<(u16, u16)> {
        let glyphs = self.picture.scene.view.theme.glyphs;
        let count = lines.len() as u16;
        let Some(face) = face else {
            let width = lines.iter().map(|line| glyphs.width(line)).max()?;
            return Some((width + 2, count));
        };
        let fits = |line: &String| block::fits(line, face, 200, glyphs);
        if !lines.iter().all(fits) {
            return None;
        }
        let width = lines.iter().filter_map(|line| face.width(line)).max()?;
        Some((width + 2, 4 * count + 1))
    }

    /// The free place for a label of this size that is nearest to where the packet is.
    fn place(
        &self,
        way: &Way,
        share: f64,
        (width, height): (u16, u16),
        near: Near,
        within: Rect,
    ) -> Option<Rect> {
        let (steps, rows): (i32, &[f64]) = match near {
            Near::Way => (25, &[0.0, -1.0, 1.0]),
            Near::Rows => (6, &[2.0, -2.0, 3.0, -3.0]),
        };
        let shares = (0..steps).flat_map(|step| {
            let away = 0.5 * f64::from(step) / f64::from(steps);
            [share + away, share - away]
        });
        let shares = shares.filter(|share| (0.0..=1.0).contains(share));
        let along = shares.flat_map(|share| rows.iter().map(move |beside| (share, *beside)));
        let along = along.filter_map(|(share, beside)| {
            let (x, y) = way.at(share);
            let left = (x - f64::from(width) / 2.0).round();
            let top = (y + beside - f64::from(height) / 2.0).round();
            let place = Rect { x: left as u16, y: top as u16, width, height };
            (left >= 0.0 && top >= 0.0).then_some(place)
        });
        let free = |place: &Rect| {
            within.intersection(*place) == *place
                && !self.taken.iter().any(|other| other.intersects(*place))
        };
        along.into_iter().find(free)
    }
}

/// Says how many packets between servers have no label, where there is room for that.
pub fn draw_rest(canvas: &mut Canvas, picture: &Picture, labels: &[Label], tabs: &[Rect]) {
    if picture.preview || picture.scene.view.clock == Clock::Skims {
        return;
    }
    let between =
        |packet: &&&Packet| matches!((packet.from, packet.to), (Node::Server(_), Node::Server(_)));
    let packets = picture.scene.cluster.packets();
    let all = packets.iter().filter(between).count();
    let shown = labels.iter().filter(|label| matches!(label.looks, Looks::Flies { .. })).count();
    let text = match all.saturating_sub(shown) {
        0 => return,
        1 => "one more packet".to_owned(),
        more => format!("{more} more packets"),
    };
    let theme = canvas.theme();
    let mut taken = obstacles(picture, tabs.iter().copied());
    taken.extend(labels.iter().map(|label| label.area));
    if let Some(area) = tab::room_for(picture, theme.glyphs.width(&text), &taken) {
        canvas.pen(area, 0).style(theme.ink(Ink::Text)).put(text);
    }
}
