//! Pictures of small scenes, and what holds for all of them.

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::*;
use crate::cluster::Cluster;
use crate::cluster::command::parse_line;
use crate::cluster::config::Config;
use crate::cluster::event::DropReason;
use crate::cluster::network::{Hand, Law, LinkRule, Loss, Network, PacketKind, Summary};
use crate::cluster::raft::{AppendResult, Entries, Entry, Message, Position, Reply, WrongLeader};
use crate::cluster::time::Span;
use crate::cluster::types::{Index, Op, OpId, Request, Term};
use crate::ui::View;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::Theme;
use crate::ui::trace::Trace;
use crate::ui::view::Stands;

fn cluster(servers: u8, commands: &[&str]) -> Cluster {
    let mut cluster = Cluster::new(Config { servers, seed: 7, ..Config::default() });
    for name in ["a", "b", "c"] {
        cluster.add_client(name);
    }
    for command in commands {
        command_line(&mut cluster, command);
    }
    cluster
}

fn command_line(cluster: &mut Cluster, line: &str) {
    let command = parse_line(line).unwrap_or_else(|mistake| panic!("{line}: {mistake:?}"));
    cluster.apply(&command).unwrap_or_else(|error| panic!("{line}: {error}"));
}

/// Steps until `what` holds, then half-way to the next event.
fn until(cluster: &mut Cluster, what: impl Fn(&Cluster) -> bool) {
    for _ in 0..10_000 {
        if what(cluster) {
            let next = cluster.next_due().unwrap();
            cluster.advance(cluster.now() + Span(next.since(cluster.now()).micros() / 2));
            return;
        }
        cluster.step();
    }
    panic!("it never came");
}

fn standing() -> View {
    View { clock: Clock::Stands(Stands::Paused), ..View::default() }
}

/// The map alone, as wide and high as its pane.
fn drawn(cluster: &Cluster, view: &View, width: u16, height: u16) -> Buffer {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    let scene = Scene { cluster, view, trace: &Trace::default() };
    draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
    buffer
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let rows = buffer.content().chunks(usize::from(buffer.area.width));
    let line = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>();
    rows.map(|cells| line(cells).trim_end().to_owned()).collect()
}

fn picture(cluster: &Cluster, view: &View, width: u16, height: u16) -> String {
    lines(&drawn(cluster, view, width, height)).join("\n")
}

/// Where a text stands: its column and row.
fn find(buffer: &Buffer, text: &str) -> (u16, u16) {
    let place = (0..).zip(lines(buffer)).find_map(|(row, line)| {
        let at = line.find(text)?;
        Some((line[..at].chars().count() as u16, row))
    });
    place.unwrap_or_else(|| panic!("no {text:?} in\n{}", lines(buffer).join("\n")))
}

#[test]
fn two_groups_at_a_desk() {
    let cluster = cluster(5, &["partition S1 S2 S3 | S4 S5", "crash S1", "sleep S3"]);
    let expected = "\
─ Map ───────────────────────────────────────────────────────────────
                                                   group A  3 of 5
                              x S1   t0            1 up: no majority

                      ╳
    ┌───────────┐                                   ┌───────────┐
    │ ○ S5   t0 │                 ╳                 │ ○ S2   t0 │
    └───────────┘          ╳                        └───────────┘

 group B  2 of 5              ╳        ╳
 no majority
             ┌───────────┐                 ┌───────────┐
             │ ○ S4   t0 │        ╳        │ z S3   t0 │
             └───────────┘                 └───────────┘";
    let picture = picture(&cluster, &View::default(), 69, 14);
    assert_eq!(picture, expected, "\n{picture}");
}

#[test]
fn links_on_a_projector() {
    let rules = ["cut S1 -> S2", "cut S3 <-> S4", "link S2 <-> S5 loss=10%"];
    let cluster = cluster(5, &[&rules[..], &["link S1 -> S4 delay=500ms"]].concat());
    let expected = "\
─ Map ───────────────────────────────────────
                  [○ S1 t0]

                              ►╳
    [○ S5 t0]        10%       [○ S2 t0]

               500ms

         [○ S4 t0]    ╳   [○ S3 t0]";
    let picture = picture(&cluster, &View::default(), 45, 9);
    assert_eq!(picture, expected, "\n{picture}");
}

#[test]
fn twenty_five_servers_carry_the_letters_of_their_groups() {
    let cluster = cluster(25, &["isolate S3", "crash S25"]);
    let expected = "\
─ Map ───────────────────────────────────────
                  B 1 of 25
A○S1 t0  A○S2 t0  B○S3 t0  A○S4 t0  A○S5 t0
A○S6 t0  A○S7 t0  A○S8 t0  A○S9 t0  A○S10 t0
A○S11 t0 A○S12 t0 A○S13 t0 A○S14 t0 A○S15 t0
A○S16 t0 A○S17 t0 A○S18 t0 A○S19 t0 A○S20 t0
A○S21 t0 A○S22 t0 A○S23 t0 A○S24 t0 AxS25 t0

                A 24 of 25 ✓";
    let picture = picture(&cluster, &View::default(), 45, 9);
    assert_eq!(picture, expected, "\n{picture}");
}

#[test]
fn the_leader_is_filled_and_an_old_one_is_not() {
    let mut cluster = cluster(5, &["timeout S1"]);
    until(&mut cluster, |cluster| cluster.leader().is_some());
    let view = View { theme: Theme::default(), ..View::default() };
    let hue = |term| view.theme.filled(Term(term)).bg.unwrap();
    let buffer = drawn(&cluster, &view, 69, 14);
    let (x, y) = find(&buffer, "★ S1   t1");
    assert!(
        (x - 2..x + 11).all(|x| buffer[(x, y)].bg == hue(1) && buffer[(x, y - 1)].bg == hue(1))
    );
    command_line(&mut cluster, "partition S1 S2 | S3 S4 S5");
    command_line(&mut cluster, "timeout S3");
    let newer = |cluster: &Cluster| cluster.leader().is_some_and(|leader| leader.number() == 3);
    until(&mut cluster, newer);
    let buffer = drawn(&cluster, &view, 69, 14);
    let (x, y) = find(&buffer, "☆ S1   t1");
    let filled: Vec<u16> = (x - 2..x + 11).filter(|x| buffer[(*x, y)].bg != Color::Reset).collect();
    assert_eq!(filled, [x + 7, x + 8], "only the term's number");
    assert_eq!(buffer[(x - 2, y)].fg, hue(1));
    let (x, y) = find(&buffer, "★ S3   t2");
    assert_eq!(buffer[(x, y)].bg, hue(2));
}

#[test]
fn a_candidate_shows_its_votes_by_place() {
    let mut cluster = cluster(5, &["cut S1 <-> S4", "timeout S1"]);
    until(&mut cluster, |cluster| cluster.servers()[0].raft.votes.len() == 2);
    let buffer = drawn(&cluster, &View::default(), 69, 14);
    let (x, y) = find(&buffer, "△ S1");
    let votes: String = (x..x + 7).map(|x| buffer[(x, y + 1)].symbol()).collect();
    let voted =
        |place: usize| cluster.servers()[0].raft.votes.iter().any(|one| one.index() == place);
    let expected: String = (0..5)
        .map(|place| {
            if voted(place) {
                '+'
            } else if place == 3 {
                '╳'
            } else {
                '·'
            }
        })
        .collect();
    assert_eq!(votes.trim(), expected);
}

#[test]
fn packets_fly_and_say_where_to_when_time_stands() {
    let mut cluster = cluster(3, &["timeout S1"]);
    until(&mut cluster, |cluster| cluster.packets().len() == 2);
    let moving = drawn(&cluster, &View::default(), 69, 14);
    let text = lines(&moving).join("\n");
    assert_eq!((text.matches("▐V?▌").count(), text.contains('►')), (2, false), "\n{text}");
    let still = picture(&cluster, &standing(), 69, 14);
    assert!(still.contains("▐V?►S2▌") && still.contains("▐V?►S3▌"), "\n{still}");
    let skimming = View { clock: Clock::Skims, ..View::default() };
    assert!(!picture(&cluster, &skimming, 69, 14).contains("V?"));
}

#[test]
fn the_mouse_finds_servers_and_packets() {
    let mut cluster = cluster(3, &["timeout S1"]);
    until(&mut cluster, |cluster| cluster.packets().len() == 2);
    let view = standing();
    let buffer = drawn(&cluster, &view, 69, 14);
    let scene = Scene { cluster: &cluster, view: &view, trace: &Trace::default() };
    let at = |(x, y): (u16, u16)| hit(buffer.area, &scene, x, y);
    let packet = |number: u8| {
        let to = |packet: &&&Packet| packet.to == Node::Server(ServerId::from_index(number - 1));
        cluster.packets().iter().find(to).map(|packet| Target::Packet(packet.id))
    };
    assert_eq!(at(find(&buffer, "▐V?►S2▌")), packet(2));
    assert_eq!(at(find(&buffer, "▐V?►S3▌")), packet(3));
    assert_eq!(at(find(&buffer, "S3   t0")), Some(Target::Server(ServerId::from_index(2))));
    assert_eq!(at((0, 0)), None);
}

#[test]
fn clients_stand_beside_the_server_that_they_ask() {
    let mut cluster = cluster(5, &["timeout S1"]);
    until(&mut cluster, |cluster| cluster.leader().is_some());
    command_line(&mut cluster, "partition S1 S2 | S3 S4 S5");
    command_line(&mut cluster, "put x 1 @0 client=b only=S1 nowait");
    until(&mut cluster, |_| true);
    let asking = drawn(&cluster, &View::default(), 69, 14);
    assert_eq!(find(&asking, "▐b?▌").1, find(&asking, "★ S1").1);
    assert!(!lines(&asking).join("").contains("b waits"));
    let end = cluster.now() + Span::from_millis(100);
    cluster.run_until(end);
    let waiting = picture(&cluster, &View::default(), 69, 14);
    assert!(
        waiting.contains("b waits ►║ ★ S1") || waiting.contains("b waits ► ║ ★ S1"),
        "{waiting}"
    );
    assert!(picture(&cluster, &View::default(), 45, 9).contains("b waits ► <★ S1 t1>"));
}

#[test]
fn a_lost_packet_leaves_a_cross_where_it_died() {
    let cluster = cluster(2, &[]);
    let mut view = View::default();
    assert!(!picture(&cluster, &view, 69, 14).contains('╳'));
    let [from, to] = [0, 1].map(|index| Node::Server(ServerId::from_index(index)));
    let summary = Summary { kind: PacketKind::RequestVote, term: Term(1) };
    let why = DropReason::Lost;
    view.fading.lost.push(LostPacket { packet: PacketId(1), from, to, summary, why });
    let picture = picture(&cluster, &view, 69, 14);
    assert!(picture.contains("╳ │ ○ S2") || picture.contains("╳│ ○ S2"), "\n{picture}");
}

/// All that is under way to the other side is drawn before the cross, even as it is about to
/// arrive there, and when the cut takes it no second cross appears.
#[test]
fn a_packet_on_a_cut_link_ends_at_the_cross() {
    let mut cluster = cluster(2, &["cut S1 <-> S2", "timeout S1"]);
    until(&mut cluster, |cluster| !cluster.packets().is_empty());
    let sent = cluster.packets()[0].clone();
    cluster.advance(Time(sent.due.micros() - 1));
    let buffer = drawn(&cluster, &View::default(), 60, 12);
    let (cross, _) = find(&buffer, "╳");
    let (packet, _) = find(&buffer, "V?");
    let (from, _) = find(&buffer, "S1");
    let (to, _) = find(&buffer, "S2");
    assert!((packet < cross) == (from < to), "{}", lines(&buffer).join("\n"));
    let lost = LostPacket {
        packet: sent.id,
        from: sent.from,
        to: sent.to,
        summary: sent.message.summary(),
        why: DropReason::Cut,
    };
    let mut view = View::default();
    view.fading.lost.push(lost);
    let picture = picture(&cluster, &view, 60, 12);
    // The candidate counts its votes on its own frame: one granted, one missing.
    let elsewhere = picture.replace("+╳", "");
    assert_eq!(elsewhere.matches('╳').count(), 1, "\n{picture}");
}

#[test]
fn ascii_terminals_get_ascii() {
    let mut cluster = cluster(5, &["partition S1 S2 S3 | S4 S5", "timeout S1"]);
    until(&mut cluster, |cluster| cluster.leader().is_some());
    command_line(&mut cluster, "put x 1 @0 client=b only=S1 nowait");
    until(&mut cluster, |_| true);
    let theme = Theme { glyphs: Glyphs::Ascii, ..Theme::default() };
    for (width, height) in [(69, 14), (45, 9)] {
        let picture = picture(&cluster, &View { theme, ..standing() }, width, height);
        assert!(picture.is_ascii() && picture.contains("{b?}"), "\n{picture}");
    }
}

#[test]
fn without_colours_shape_and_reverse_video_say_it() {
    let mut cluster = cluster(3, &["timeout S1"]);
    until(&mut cluster, |cluster| cluster.leader().is_some());
    let theme = Theme { colours: crate::ui::theme::Colours::None, ..Theme::default() };
    let buffer = drawn(&cluster, &View { theme, ..View::default() }, 69, 14);
    assert!(buffer.content().iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    let (x, y) = find(&buffer, "★ S1");
    assert!(buffer[(x, y)].modifier.contains(Modifier::REVERSED));
}

/// A packet between servers with this message of term 1; it brings news to S2 if its commit
/// index is above 0.
fn mark(message: Message) -> String {
    let cluster = cluster(2, &[]);
    let [one, other] = [0, 1].map(|index| Node::Server(ServerId::from_index(index)));
    let client = Node::Client(ClientId(1));
    let [from, to] = match message.summary().kind {
        PacketKind::ClientRequest => [client, other],
        PacketKind::ClientReply => [other, client],
        _ => [one, other],
    };
    let packet = Packet {
        id: PacketId(1),
        from,
        to,
        sent: Time(0),
        due: Time(10),
        incarnation: 0,
        loss: Loss::Arrives,
        fails_after: None,
        law: Law::new(&LinkRule::default(), Network::Reliable.profile(), false),
        hand: Hand::Off,
        message,
    };
    let mark = Mark::of(&packet, &cluster, Glyphs::Unicode);
    let area = Rect { x: 0, y: 0, width: mark.width(), height: 1 };
    let mut buffer = Buffer::empty(area);
    mark.draw(&mut Canvas::new(&mut buffer, Theme::default()), area);
    lines(&buffer).remove(0)
}

#[test]
fn each_kind_of_packet_has_its_mark() {
    let (term, prev) = (Term(1), Position { index: Index(3), term: Term(1) });
    let request = Request::Get { key: "x".into() };
    let id = OpId { server: ServerId::from_index(0), number: 1 };
    let entry = Entry { term, op: std::rc::Rc::new(Op::new(id, request.clone())) };
    let append = |entries: usize, commit| {
        let entries: Entries = std::iter::repeat_n(entry.clone(), entries).collect();
        mark(Message::Append { call: 1, term, prev, entries, commit: Index(commit) })
    };
    let reply = |result| mark(Message::AppendReply { call: 1, term, prev: prev.index, result });
    assert_eq!(mark(Message::RequestVote { call: 1, term, last: prev }), "▐V?▌");
    assert_eq!(mark(Message::VoteReply { call: 1, term, granted: true }), "▐V+▌");
    assert_eq!(mark(Message::VoteReply { call: 1, term, granted: false }), "▐V-▌");
    assert_eq!([append(0, 0), append(0, 4), append(2, 4)], ["•", "▐c4▌", "▐A2▌"]);
    let refused = AppendResult::Refused { conflict: None, first: Index(0), last: Index(2) };
    let matched = |index| AppendResult::Matched(Index(index));
    assert_eq!([matched(3), matched(5), refused].map(reply), ["◦", "▐A+▌", "▐A-▌"]);
    assert_eq!(mark(Message::Request { call: 1, attempt: 1, request }), "▐b?▌");
    let reply = Reply::WrongLeader(WrongLeader::NotLeader);
    assert_eq!(mark(Message::Reply { call: 1, attempt: 1, reply }), "▐b!▌");
}

/// A run with a little of everything, so far.
fn eventful(servers: u8, seed: u64, commands: &[usize], millis: u64) -> Cluster {
    const COMMANDS: [&str; 8] = [
        "partition S1 | rest",
        "crash leader",
        "restart down",
        "cut S1 -> S2",
        "link S1 <-> all loss=50%",
        "put x 1 @0 client=a nowait",
        "put y 2 @0 client=b nowait",
        "heal",
    ];
    let mut cluster = Cluster::new(Config { servers, seed, ..Config::default() });
    for name in ["a", "b", "\u{1b}[31m★"] {
        cluster.add_client(name);
    }
    for command in commands {
        let end = cluster.now() + Span::from_millis(millis);
        cluster.run_until(end);
        // What makes no sense now is refused.
        let _ = cluster.apply(&parse_line(COMMANDS[*command]).unwrap());
    }
    let end = cluster.now() + Span::from_millis(millis / 7);
    cluster.run_until(end);
    cluster
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens in however little room, nothing is drawn beside the pane, and nothing
    /// but the signs that the program may draw.
    #[test]
    fn nothing_is_drawn_outside(
        servers in 1u8..=25, seed in 0u64..100,
        commands in proptest::collection::vec(0usize..8, 0..6),
        millis in 1u64..700, width in 0u16..100, height in 0u16..30, stands in any::<bool>(),
    ) {
        let cluster = eventful(servers, seed, &commands, millis);
        let view = if stands { standing() } else { View::default() };
        let area = Rect { x: 5, y: 3, width, height };
        let mut buffer = Buffer::filled(Rect::new(0, 0, 110, 36), Cell::new("#"));
        let scene = Scene { cluster: &cluster, view: &view, trace: &Trace::default() };
        draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
        for y in 0..36 {
            for x in 0..110 {
                let symbol = buffer[(x, y)].symbol();
                if area.contains((x, y).into()) {
                    prop_assert!(!symbol.chars().any(char::is_control));
                } else {
                    prop_assert_eq!(symbol, "#", "at {}, {}", x, y);
                }
            }
        }
    }

    /// What one sees at a place is what the mouse finds there.
    #[test]
    fn every_packet_and_server_is_found_where_it_is(
        servers in 1u8..=25, seed in 0u64..100, millis in 1u64..700,
    ) {
        let cluster = eventful(servers, seed, &[5, 6], millis);
        let view = View::default();
        let area = Rect { x: 0, y: 0, width: 80, height: 21 };
        let scene = Scene { cluster: &cluster, view: &view, trace: &Trace::default() };
        let plan = Plan::new(area, &scene);
        for flight in &plan.flights {
            let found = hit(area, &scene, flight.place.x, flight.place.y);
            prop_assert_eq!(found, Some(Target::Packet(flight.packet)));
        }
        for (index, place) in plan.places.rects.iter().enumerate() {
            let found = hit(area, &scene, place.x, place.y);
            prop_assert_eq!(found, Some(Target::Server(ServerId::from_index(index as u8))));
        }
    }
}
