//! The packets in flight, as a list: from where to where, what they bring, when they are due.
//! The first to arrive stands on top; only the rows that are shown are made.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::{Canvas, Pen};
use super::map::brings_commit;
use super::text::{Millis, digits};
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::Cluster;
use crate::cluster::network::{Cargo, Hand, Packet, Reply, Rpc};
use crate::cluster::raft::{AppendResult, Chunk, ChunkResult, Message};
use crate::cluster::types::{Index, Node, Outcome, Request, Term};
use crate::cluster::words::packet_words;

/// From this width on the list shows the marks of the map too.
const MARKS_WIDTH: u16 = 44;
/// The most columns of a client's name.
const NAME_MAX: u16 = 8;

/// Draws the pane, its title included.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, scene: &Scene<'_>) {
    if area.is_empty() {
        return;
    }
    let packets = scene.cluster.packets();
    let shown = shown(area, scene, packets.len());
    let part = format!("{}-{} of {}", shown.start + 1, shown.end, packets.len());
    let remark = match (scene.cluster.is_by_hand(), shown.len() < packets.len()) {
        (true, true) => format!("all by hand, {part}"),
        (true, false) => "all by hand".to_owned(),
        (false, true) => part,
        (false, false) => String::new(),
    };
    canvas.title(area, Pane::InFlight.name(), scene.focus(Pane::InFlight), &remark);
    if packets.is_empty() {
        let dim = canvas.theme().dim();
        canvas.pen(area, 1).skip(1).style(dim).put("nothing is in flight");
    }
    let rows = &packets[shown];
    let columns = Columns::new(rows, area, scene);
    for (row, packet) in (1..).zip(rows) {
        columns.draw(canvas, area, row, scene, packet);
    }
}

/// What stands at this cell of the screen.
pub fn hit(area: Rect, scene: &Scene<'_>, x: u16, y: u16) -> Option<Target> {
    let row = y.checked_sub(area.y + 1).filter(|_| area.contains((x, y).into()))?;
    let packets = scene.cluster.packets();
    let shown = shown(area, scene, packets.len());
    packets[shown].get(usize::from(row)).map(|packet| Target::Packet(packet.id))
}

/// Which packets are seen.
pub fn extent(area: Rect, scene: &Scene<'_>) -> Extent {
    let total = scene.cluster.packets().len();
    let shown = shown(area, scene, total);
    Extent { first: shown.start as u64, shown: shown.len() as u64, total: total as u64 }
}

/// Which of `count` packets are shown.
fn shown(area: Rect, scene: &Scene<'_>, count: usize) -> std::ops::Range<usize> {
    let rows = usize::from(area.height.saturating_sub(1));
    let first = (scene.view.scroll.in_flight as usize).min(count.saturating_sub(rows));
    first..(first + rows).min(count)
}

/// How the rows are divided, so that all are alike.
struct Columns {
    id: u16,
    route: u16,
    /// 0 when there is no room for marks.
    mark: u16,
}

impl Columns {
    fn new(packets: &[&Packet], area: Rect, scene: &Scene<'_>) -> Self {
        let widest = |width: &dyn Fn(&&Packet) -> u16| packets.iter().map(width).max().unwrap_or(0);
        let mark = |packet: &&Packet| term(packet).map_or(0, |term| 1 + digits(term.0));
        Self {
            id: 1 + widest(&|packet| digits(packet.id.0)),
            route: 1 + widest(&|packet| end(packet.from, scene) + end(packet.to, scene)),
            mark: if area.width < MARKS_WIDTH { 0 } else { 1 + widest(&mark) },
        }
    }

    fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        row: u16,
        scene: &Scene<'_>,
        packet: &Packet,
    ) {
        let theme = canvas.theme();
        let selected = scene.view.selection.packet == Some(packet.id);
        let due = match packet.hand {
            Hand::Held => format!("{:>9}", "held"),
            Hand::Off | Hand::Used => {
                // By hand nothing is due: so much of its way is left.
                let word = if scene.cluster.is_by_hand() { "‖  " } else { "due" };
                let left = packet.due.since(scene.cluster.now());
                format!("{word} {:>5}", Millis(left).to_string())
            }
        };
        let narrow = area.width < MARKS_WIDTH;
        let due: String = due.chars().skip(if narrow { 4 } else { 0 }).collect();
        let words = area.width.saturating_sub(due.chars().count() as u16 + 2);
        let mut pen = canvas.pen(Rect { width: words, ..area }, row);
        pen.put(if selected { '►' } else { ' ' });
        let style = if selected { theme.bold() } else { theme.plain() };
        pen.style(style).put('#').put(packet.id).column(1 + self.id + 1);
        node(&mut pen, packet.from, scene.cluster);
        pen.put('►');
        node(&mut pen, packet.to, scene.cluster);
        let column = 1 + self.id + 1 + self.route + 1;
        pen.style(theme.plain()).column(column + self.mark);
        say(&mut pen, packet, scene.cluster);
        if let Some(term) = term(packet).filter(|_| self.mark > 0) {
            let mut pen = canvas.pen(area, row);
            pen.column(column).style(theme.chip(term)).put(format_args!("t{term}"));
        }
        let mut pen = canvas.pen(area, row);
        pen.column(words + 1).style(theme.dim().remove_modifier(Modifier::BOLD)).put(due);
    }
}

/// The term that a packet carries; clients know of none.
fn term(packet: &Packet) -> Option<Term> {
    match (packet.from, packet.to) {
        (Node::Server(_), Node::Server(_)) => Some(packet.cargo.summary().term),
        (Node::Client(_), _) | (_, Node::Client(_)) => None,
    }
}

/// How many columns an end of a packet's way takes.
fn end(node: Node, scene: &Scene<'_>) -> u16 {
    match node {
        Node::Server(server) => 1 + digits(server.number().into()),
        Node::Client(client) => {
            let name = scene.cluster.names().client(client);
            scene.view.theme.glyphs.user_width(name, NAME_MAX).min(NAME_MAX)
        }
    }
}

fn node(pen: &mut Pen<'_>, node: Node, cluster: &Cluster) {
    match node {
        Node::Server(server) => pen.put(server),
        Node::Client(client) => pen.user_within(cluster.names().client(client), NAME_MAX),
    };
}

/// What a packet brings, in a few words.
fn say(pen: &mut Pen<'_>, packet: &Packet, cluster: &Cluster) {
    let message = match &packet.cargo {
        Cargo::Raft(message) => message,
        Cargo::Told(summary) => {
            pen.put(packet_words(*summary));
            return;
        }
        Cargo::Client(Rpc::Request { request, .. }) => return ask(pen, request),
        Cargo::Client(Rpc::Register { .. }) => {
            pen.put("a session?");
            return;
        }
        Cargo::Client(Rpc::Reply { reply, .. }) => return answer(pen, reply),
    };
    let words = match message {
        Message::Foreign { kind, term, .. } => kind.words(*term),
        Message::PreVote { last, .. } => format!("pre-vote request, log at {last}"),
        Message::PreVoteReply { granted: true, .. } => "pre-vote granted".to_owned(),
        Message::PreVoteReply { granted: false, .. } => "pre-vote refused".to_owned(),
        Message::RequestVote { last, .. } => format!("vote request, log at {last}"),
        Message::TimeoutNow { .. } => "take over now".to_owned(),
        Message::ReadIndex { .. } => "read index?".to_owned(),
        Message::ReadIndexReply { index, .. } => format!("read index {index}"),
        Message::VoteReply { granted: true, .. } => "vote granted".to_owned(),
        Message::VoteReply { granted: false, .. } => "vote refused".to_owned(),
        Message::Append { prev, entries, commit, .. } => {
            let last = Index(prev.index.0.saturating_add(entries.len() as u64));
            let news = brings_commit(*commit, packet.to, cluster);
            match (entries.is_empty(), news) {
                (true, false) => "heartbeat".to_owned(),
                (true, true) => format!("append, commit {commit}"),
                (false, _) => format!("append, {}", Entries(prev.index.next(), last)),
            }
        }
        Message::AppendReply { prev, result, .. } => match result {
            AppendResult::Matched(matched) if matched <= prev => "ack of a heartbeat".to_owned(),
            AppendResult::Matched(matched) => format!("ack of {}", Entries(prev.next(), *matched)),
            AppendResult::Refused { conflict: Some(term), .. } => {
                format!("refusal, {prev} has term {term}")
            }
            AppendResult::Refused { conflict: None, last, .. } => {
                format!("refusal, log ends at {last}")
            }
            AppendResult::Hinted { at, .. } => format!("refusal, go back to {}", at.index),
        },
        Message::InstallSnapshot { chunk: Chunk { snapshot, from: 0, to }, .. }
            if *to == snapshot.bytes =>
        {
            format!("snapshot up to {}", snapshot.last.index)
        }
        Message::InstallSnapshot { chunk: Chunk { snapshot, from, to }, .. } => {
            let (last, of) = (snapshot.last.index, snapshot.bytes);
            format!("snapshot up to {last}, bytes {}-{to} of {of}", from + 1)
        }
        Message::InstallReply { result: ChunkResult::Received(bytes), .. } => {
            format!("ack of {bytes} bytes")
        }
        Message::InstallReply { result: ChunkResult::Installed(index), .. } => {
            format!("snapshot installed, to {index}")
        }
    };
    pen.put_within(&words);
}

fn ask(pen: &mut Pen<'_>, request: &Request) {
    match request {
        Request::Get { key } => {
            pen.put("get ").user(key);
        }
        Request::Put { key, value, version } => {
            let room = pen.room().saturating_sub(6 + digits(version.0));
            pen.put("put ").user_within(key, room / 2).put('=');
            pen.user_within(value, room / 2).put(" @").put(version);
        }
    }
}

fn answer(pen: &mut Pen<'_>, reply: &Reply) {
    let words = match reply {
        Reply::Done(answer) => match answer.outcome {
            Outcome::Ok if answer.value.is_empty() => format!("ok @{}", answer.version),
            Outcome::Ok => {
                let room = pen.room().saturating_sub(5 + digits(answer.version.0));
                pen.put("ok ").user_within(&answer.value, room).put(" @").put(answer.version);
                return;
            }
            Outcome::Version => format!("wrong version, it is {}", answer.version),
            Outcome::NoKey => "no such key".to_owned(),
            Outcome::Maybe => "maybe".to_owned(),
        },
        Reply::WrongLeader(why) => why.words().to_owned(),
        Reply::Session(session) => format!("session {session}"),
        Reply::Expired => "session expired".to_owned(),
    };
    pen.put_within(&words);
}

/// "entry 4", "entries 4-6".
struct Entries(Index, Index);

impl std::fmt::Display for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(first, last) = self;
        if first == last { write!(f, "entry {first}") } else { write!(f, "entries {first}-{last}") }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::{Buffer, Cell};

    use super::*;
    use crate::cluster::command::parse_line;
    use crate::cluster::config::Config;
    use crate::cluster::time::Time;
    use crate::ui::View;
    use crate::ui::trace::Trace;

    fn cluster(commands: &[&str]) -> Cluster {
        let mut cluster = Cluster::new(Config { servers: 5, seed: 7, ..Config::default() });
        for name in ["a", "\u{1b}[31mb"] {
            cluster.add_client(name);
        }
        for command in commands {
            cluster.apply(&parse_line(command).unwrap()).unwrap();
        }
        cluster.run_until(Time(1_000));
        cluster
    }

    fn lines(cluster: &Cluster, view: &View, width: u16, height: u16) -> Vec<String> {
        let area = Rect { x: 0, y: 0, width, height };
        let mut buffer = Buffer::empty(area);
        let scene = Scene { cluster, view, trace: &Trace::default() };
        draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
        let rows = buffer.content().chunks(usize::from(width));
        let line = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>();
        rows.map(|cells| line(cells).trim_end().to_owned()).collect()
    }

    #[test]
    fn packets_stand_in_the_order_in_which_they_arrive() {
        let cluster = cluster(&["timeout S1", "get x client=a only=S2 nowait"]);
        let lines = lines(&cluster, &View::default(), 60, 8);
        let rows: Vec<&String> = lines[1..].iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(rows.len(), 5);
        for (row, packet) in rows.iter().zip(cluster.packets()) {
            assert!(row.starts_with(&format!(" #{} ", packet.id)), "{row}");
            let due = Millis(packet.due.since(cluster.now())).to_string();
            assert!(row.ends_with(&format!("due {due:>5}")), "{row}");
        }
        assert!(rows.iter().any(|row| row.contains("S1►S4 t1 vote request, log at 0@0")));
        assert!(rows.iter().any(|row| row.contains("a►S2     get x")), "{rows:?}");
    }

    #[test]
    fn words_that_are_cut_off_say_so() {
        let cluster = cluster(&["timeout S1"]);
        for width in [MARKS_WIDTH, 46, 49, 60] {
            for line in &lines(&cluster, &View::default(), width, 5)[1..] {
                let whole = line.contains("log at 0@0 ");
                assert!(whole || line.contains(".. "), "{width}: {line}");
            }
        }
    }

    #[test]
    fn only_what_has_room_is_shown() {
        let cluster = cluster(&["timeout S1"]);
        let mut view = View::default();
        assert!(lines(&cluster, &view, 60, 3)[0].contains(" 1-2 of 4 "));
        // Scrolled beyond the end: the last ones.
        view.scroll.in_flight = 1_000;
        let scrolled = lines(&cluster, &view, 60, 3);
        assert!(scrolled[0].contains(" 3-4 of 4 "), "{scrolled:?}");
        let area = Rect { x: 0, y: 0, width: 60, height: 3 };
        let scene = Scene { cluster: &cluster, view: &view, trace: &Trace::default() };
        let third = Some(Target::Packet(cluster.packets()[2].id));
        assert_eq!(hit(area, &scene, 5, 1), third);
        assert_eq!((hit(area, &scene, 5, 0), hit(area, &scene, 5, 3)), (None, None));
    }

    #[test]
    fn texts_of_clients_are_spelled_out() {
        let cluster = cluster(&[r#"put "\u{1b}[2J" ★ @3 client=a only=S1 nowait"#]);
        for width in [30, 60, 120] {
            let text = lines(&cluster, &View::default(), width, 4).join("\n");
            assert!(!text.contains('\u{1b}') && !text.contains('★'), "{text}");
            assert!(text.contains("►S1"), "{text}");
        }
    }
}
