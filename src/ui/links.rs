//! The network as a grid: who sends stands at the left, who receives on top, and a cell says what
//! is different about that way from the network's own: cut, held, lossy, slow, doubled.
//!
//! ```text
//! ─ Links, from ► to ────────────────────────────────────────
//!        S1       S2       S3       S4       S5       a
//!  S1    ·        up       up       ✗ cut    ✗ cut    up
//!  S2    up       ·        10 %     ✗ cut    ✗ cut    up
//!  S4 ► S2: cut, nothing arrives; 2 in flight
//! ```
//!
//! In link mode the chosen cells are marked, and each key changes them by the command that a line
//! would. Where there is no room for words a cell is a sign; where there is no room for all rows
//! or columns, the chosen cell is among those that are seen.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::Canvas;
use super::text::digits;
use super::theme::{Ground, Ink, Theme};
use super::view::{End, Extent, LinkEdit, Mode, Pane, Scene, Target};
use crate::cluster::Cluster;
use crate::cluster::network::{Hand, Link, Profile};
use crate::cluster::orders::Act;
use crate::cluster::types::{Node, ServerId};

/// Columns of a cell: for words, and for a sign.
const WORDS: u16 = 9;
const SIGN: u16 = 4;
/// The most columns of a cell.
const CELL_MAX: u16 = 16;
/// The most columns of a name.
const NAME: u16 = 8;
/// Title, names of the receivers, and the chosen way in words.
const AROUND: u16 = 3;

/// How many rows the pane needs for all, the clients among them.
pub fn rows(servers: usize, clients: usize) -> u16 {
    (servers + clients).min(usize::from(u16::MAX / 2)) as u16 + AROUND
}

/// Who has a row and a column: the servers in their order, then the clients.
pub fn node(cluster: &Cluster, place: usize) -> Option<Node> {
    let servers = cluster.servers().len();
    match place.checked_sub(servers) {
        None => Some(Node::Server(ServerId::from_index(place as u8))),
        Some(client) => cluster.clients().get(client).map(|client| Node::Client(client.id)),
    }
}

/// The row and column of a node.
pub fn place(cluster: &Cluster, node: Node) -> usize {
    match node {
        Node::Server(server) => server.index(),
        Node::Client(client) => cluster.servers().len() + client.index(),
    }
}

/// How many rows and columns there are.
pub fn count(cluster: &Cluster) -> usize {
    cluster.servers().len() + cluster.clients().len()
}

/// Which cells stand where.
struct Grid {
    /// The first cell's corner.
    left: u16,
    top: u16,
    width: u16,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
}

impl Grid {
    fn of(area: Rect, scene: &Scene) -> Self {
        let (cluster, glyphs) = (scene.cluster, scene.view.theme.glyphs);
        let count = count(cluster);
        let name = cluster.clients().iter().take(200);
        let name = name.map(|client| glyphs.user_width(&client.name, NAME).min(NAME)).max();
        let own = digits(cluster.servers().len() as u64) + 1;
        let names = own.max(name.unwrap_or(0)) + 3;
        let left = area.x + names.min(area.width);
        let room = area.right().saturating_sub(left);
        let each = room / count.clamp(1, usize::from(u16::MAX)) as u16;
        let width = if each < WORDS { SIGN } else { each.min(CELL_MAX) };
        let chosen = chosen(scene);
        let part = |shown: u16, at: Option<Node>| {
            let shown = usize::from(shown).min(count);
            let at = at.map_or(0, |node| place(cluster, node));
            let first = (at + 1).saturating_sub(shown).min(count - shown);
            first..first + shown
        };
        Self {
            left,
            top: area.y + 2,
            width,
            rows: part(area.height.saturating_sub(AROUND), chosen.0),
            columns: part(room / width, chosen.1),
        }
    }
}

/// The sender and the receiver that are chosen, where they are one each.
fn chosen(scene: &Scene) -> (Option<Node>, Option<Node>) {
    let one = |end: Option<End>| match end {
        Some(End::Node(node)) => Some(node),
        Some(End::All) | None => None,
    };
    if let Mode::Link(edit) = &scene.view.mode {
        return (one(edit.from), one(edit.to));
    }
    scene.view.selection.link.unzip()
}

/// Whether a cell is meant by the keys.
fn is_chosen(scene: &Scene, from: Node, to: Node) -> bool {
    let is = |end: Option<End>, node: Node| match end {
        Some(End::Node(end)) => end == node,
        Some(End::All) => matches!(node, Node::Server(_)),
        None => false,
    };
    let Mode::Link(LinkEdit { from: sender, to: receiver }) = scene.view.mode else {
        return scene.view.selection.link == Some((from, to));
    };
    is(sender, from) && (receiver.is_none() || is(receiver, to))
}

/// Draws the pane, its title included.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let grid = Grid::of(area, scene);
    let cluster = scene.cluster;
    let (seen, all) = (grid.columns.len().min(grid.rows.len()), count(cluster));
    let remark = match seen < all {
        true => format!("{} of {all} rows, {} columns", grid.rows.len(), grid.columns.len()),
        false => format!("network {}", cluster.network()),
    };
    canvas.title(area, "Links, from ► to", scene.focus(Pane::Links), &remark);
    let theme = canvas.theme();
    let head = theme.ink(Ink::Strong).add_modifier(Modifier::BOLD);
    for (column, to) in (0..).zip(grid.columns.clone()) {
        let Some(to) = node(cluster, to) else { continue };
        let room = grid.width.saturating_sub(1).min(NAME);
        let mut pen = canvas.pen_at(grid.left + column * grid.width, area.y + 1, room);
        pen.style(head).user_within(&cluster.names().node(to), room);
    }
    let packets = cluster.packets();
    let held = packets.iter().filter(|packet| packet.hand == Hand::Held);
    let held: Vec<(Node, Node)> = held.map(|packet| (packet.from, packet.to)).collect();
    for (row, from) in (0..).zip(grid.rows.clone()) {
        let Some(from) = node(cluster, from) else { continue };
        let y = grid.top + row;
        let mut pen = canvas.pen_at(area.x + 1, y, NAME);
        pen.style(head).user_within(&cluster.names().node(from), NAME);
        for (column, to) in (0..).zip(grid.columns.clone()) {
            let Some(to) = node(cluster, to) else { continue };
            let x = grid.left + column * grid.width;
            draw_cell(
                canvas,
                Rect { x, y, width: grid.width - 1, height: 1 },
                scene,
                (from, to),
                &held,
            );
        }
    }
    if area.height >= AROUND {
        draw_foot(canvas, area, scene);
    }
}

fn draw_cell(
    canvas: &mut Canvas,
    area: Rect,
    scene: &Scene,
    (from, to): (Node, Node),
    held: &[(Node, Node)],
) {
    let theme = canvas.theme();
    let Some(link) = scene.cluster.links().get(from, to).filter(|_| from != to) else {
        canvas.pen(area, 0).style(theme.ink(Ink::Faint)).put('·');
        return;
    };
    let parts = parts(scene.cluster, link, (from, to), held);
    let style = match parts.first() {
        None => theme.ink(Ink::Dim),
        Some(part) => part.style(theme),
    };
    let style = match is_chosen(scene, from, to) {
        true => style.add_modifier(Modifier::REVERSED | Modifier::BOLD),
        false => style,
    };
    let text = match parts.as_slice() {
        [] => "up".to_owned(),
        [part, ..] if area.width < WORDS - 1 => part.sign().to_owned(),
        [part] => part.words(),
        [part, rest @ ..] => {
            let both = format!("{} {}", part.words(), rest[0].words());
            match rest.len() == 1 && theme.glyphs.width(&both) <= area.width {
                true => both,
                false => format!("{} +{}", part.words(), rest.len()),
            }
        }
    };
    canvas.pen(area, 0).style(style).put_within(&text);
}

/// What is different about a way, the worst first.
enum Part {
    Cut,
    /// By hand: so many packets wait at its end.
    Held(usize),
    Loss(String),
    Delay(String),
    Twice(String),
}

impl Part {
    fn words(&self) -> String {
        match self {
            Self::Cut => "✗ cut".to_owned(),
            Self::Held(0) => "‖ held".to_owned(),
            Self::Held(count) => format!("‖ held {count}"),
            Self::Loss(share) => format!("{share} lost"),
            Self::Delay(delay) => delay.clone(),
            Self::Twice(share) => format!("{share} twice"),
        }
    }

    const fn sign(&self) -> &'static str {
        match self {
            Self::Cut => "✗",
            Self::Held(_) => "‖",
            Self::Loss(_) => "%",
            Self::Delay(_) => "ms",
            Self::Twice(_) => "x2",
        }
    }

    const fn style(&self, theme: Theme) -> Style {
        match self {
            Self::Cut => theme.on(Ground::Wall),
            Self::Held(_) | Self::Loss(_) | Self::Delay(_) | Self::Twice(_) => {
                theme.ink(Ink::Strong)
            }
        }
    }
}

fn parts(
    cluster: &Cluster,
    link: &Link,
    (from, to): (Node, Node),
    held: &[(Node, Node)],
) -> Vec<Part> {
    let rule = link.rule;
    let held = held.iter().filter(|way| **way == (from, to)).count();
    let ordered = holds(cluster, from, to);
    let cut = rule.cut.then_some(Part::Cut);
    let held = (ordered || held > 0).then_some(Part::Held(held));
    let loss = rule.loss.filter(|loss| loss.0 > 0).map(|loss| Part::Loss(loss.to_string()));
    let delay = rule.delay.map(|delay| Part::Delay(delay.to_string()));
    let twice = rule.duplicate.filter(|twice| twice.0 > 0);
    let twice = twice.map(|twice| Part::Twice(twice.to_string()));
    [cut, held, loss, delay, twice].into_iter().flatten().collect()
}

/// Whether packets on this way are held by hand from now on.
pub fn holds(cluster: &Cluster, from: Node, to: Node) -> bool {
    let holds = |act: Act| matches!(act, Act::Hold { .. });
    cluster.orders().iter().any(|order| (order.from, order.to) == (from, to) && holds(order.act))
}

/// The chosen way in words, or what to do.
fn draw_foot(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    let names = scene.cluster.names();
    let mut pen = canvas.pen(area, area.height - 1);
    pen.skip(1).style(theme.ink(Ink::Text));
    let shown = |node: Node| theme.glyphs.shown(&names.node(node), NAME);
    let text = match (&scene.view.mode, chosen(scene)) {
        (_, (Some(from), Some(to))) => match scene.cluster.links().get(from, to) {
            Some(link) => {
                let way = format!("{} ► {}", shown(from), shown(to));
                let packets = scene.cluster.packets();
                let flying = packets.iter().filter(|packet| {
                    packet.hand != Hand::Held && (packet.from, packet.to) == (from, to)
                });
                let rule = rule(link, scene.cluster.network().profile());
                format!("{way}: {rule}; {} in flight", flying.count())
            }
            None => "there is no such link".to_owned(),
        },
        (Mode::Link(LinkEdit { from: None, .. }), _) => {
            "Who sends? A server's number, a client's letter, * for all servers; or point at a cell."
                .to_owned()
        }
        (Mode::Link(LinkEdit { to: None, .. }), _) => "Who receives?".to_owned(),
        (Mode::Link(_), _) => "every way between them that is marked".to_owned(),
        _ => "the arrows choose a way, Enter changes it".to_owned(),
    };
    pen.put_within(&text);
}

/// "10-15 ms, no loss".
pub fn rule(link: &Link, network: &Profile) -> String {
    if link.rule.cut {
        return "cut, nothing arrives".to_owned();
    }
    let delay = link.rule.delay.unwrap_or(network.delay);
    let loss = link.rule.loss.unwrap_or(network.loss);
    let twice = link.rule.duplicate.unwrap_or(network.duplicate);
    let loss = if loss.0 == 0 { "no loss".to_owned() } else { format!("{loss} lost") };
    let twice = if twice.0 == 0 { String::new() } else { format!(", {twice} sent twice") };
    format!("{delay}, {loss}{twice}")
}

/// The way whose cell is at a place of the screen; a name stands for all of its row.
pub fn hit(area: Rect, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    let grid = Grid::of(area, scene);
    let row = grid.rows.clone().nth(usize::from(y.checked_sub(grid.top)?))?;
    let from = node(scene.cluster, row)?;
    let Some(column) = x.checked_sub(grid.left) else {
        return Some(match from {
            Node::Server(server) => Target::Server(server),
            Node::Client(client) => Target::Client(client),
        });
    };
    let column = grid.columns.clone().nth(usize::from(column / grid.width))?;
    let to = node(scene.cluster, column)?;
    scene.cluster.links().get(from, to).filter(|_| from != to)?;
    Some(Target::Link(from, to))
}

/// Which rows are seen.
pub fn extent(area: Rect, scene: &Scene) -> Extent {
    let grid = Grid::of(area, scene);
    let total = count(scene.cluster) as u64;
    Extent { first: grid.rows.start as u64, shown: grid.rows.len() as u64, total }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::cluster::command::parse_line;
    use crate::cluster::config::Config;
    use crate::ui::View;
    use crate::ui::trace::Trace;

    fn drawn(cluster: &Cluster, view: &View, area: Rect) -> Vec<String> {
        let mut buffer = Buffer::empty(area);
        let scene = Scene { cluster, view, trace: &Trace::default() };
        draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
        let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
        (0..area.height).map(row).collect()
    }

    fn cluster(lines: &[&str]) -> Cluster {
        let clients = vec!["a".to_owned(), "bob".to_owned()];
        let mut cluster = Cluster::new(Config { servers: 5, clients, ..Config::default() });
        for line in lines {
            // What can't be done now is not done.
            let _ = cluster.apply(&parse_line(line).unwrap());
        }
        cluster
    }

    const LINES: [&str; 10] = [
        "cut S1 -> S2",
        "partition S1 S2 a | rest",
        "heal",
        "isolate S3",
        "link S1 -> S4 loss=10%",
        "link S2 <-> S5 delay=500ms",
        "link all -> S5 duplicate=50%",
        "hold S4 -> S1",
        "cut bob <-> S2",
        "rejoin S3",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Every cell says what its link is, and one points at that link.
        #[test]
        fn every_cell_is_its_link(lines in prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..8)) {
            let cluster = cluster(&lines);
            let (view, area) = (View::default(), Rect::new(0, 0, 120, 12));
            let rows = drawn(&cluster, &view, area);
            let scene = Scene { cluster: &cluster, view: &view, trace: &Trace::default() };
            for y in 2..9u16 {
                for x in 0..120u16 {
                    let Some(Target::Link(from, to)) = hit(area, &scene, x, y) else { continue };
                    let rule = cluster.links().get(from, to).unwrap().rule;
                    let grid = Grid::of(area, &scene);
                    let start = x - (x - grid.left) % grid.width;
                    let cell: String = rows[usize::from(y)].chars().skip(start.into()).take(usize::from(grid.width) - 1).collect();
                    prop_assert_eq!(cell.contains("cut"), rule.cut, "{:?}", cell);
                    let is_held = cell.contains("held") || cell.contains('+') || rule.cut;
                    prop_assert!(is_held || !holds(&cluster, from, to), "{:?}", cell);
                    let plain = rule == Default::default() && !holds(&cluster, from, to);
                    prop_assert_eq!(cell.trim() == "up", plain, "{:?} {:?}", cell, rule);
                }
            }
        }
    }

    #[test]
    fn the_chosen_way_is_seen_and_told_however_many_there_are() {
        let mut cluster = Cluster::new(Config { servers: 25, ..Config::default() });
        cluster.apply(&parse_line("cut S20 -> S24").unwrap()).unwrap();
        let node = |number| Node::Server(ServerId::from_number(number).unwrap());
        let mut view = View::default();
        view.selection.link = Some((node(20), node(24)));
        let rows = drawn(&cluster, &view, Rect::new(0, 0, 80, 12));
        assert!(rows[1].contains("S24"), "{rows:?}");
        assert!(rows.iter().any(|row| row.trim_start().starts_with("S20") && row.contains('✗')));
        assert!(rows[11].contains("S20 ► S24: cut, nothing arrives; 0 in flight"), "{rows:?}");
    }
}
