//! The diagram beside the events of the run: every mark and every line is where its event is.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::tale::End;
use super::*;
use crate::cluster::Cluster;
use crate::cluster::command::parse_line;
use crate::cluster::config::Config;
use crate::cluster::event::{EventKind as E, PacketEvent, RaftEvent, ServerEvent};
use crate::cluster::explain;
use crate::cluster::time::Span;
use crate::cluster::types::PacketId;
use crate::ui::View;
use crate::ui::trace::Trace;
use crate::ui::view::Rows;

struct Run {
    cluster: Cluster,
    trace: Trace,
    view: View,
}

impl Run {
    fn new(servers: u8, seed: u64) -> Self {
        let cluster = Cluster::new(Config { servers, seed, ..Config::default() });
        let mut run = Self { cluster, trace: Trace::default(), view: View::default() };
        run.listen();
        run
    }

    fn listen(&mut self) {
        self.trace.extend(self.cluster.events(), self.cluster.names());
    }

    fn act(&mut self, line: &str) {
        // What can't be done now is not done.
        if self.cluster.apply(&parse_line(line).unwrap()).is_ok() {
            self.listen();
        }
    }

    fn run(&mut self, millis: u64) {
        let end = self.cluster.now() + Span::from_millis(millis);
        while self.cluster.next_due().is_some_and(|due| due <= end) {
            self.cluster.step();
            self.listen();
        }
        self.cluster.advance(end);
    }

    fn scene(&self) -> Scene<'_> {
        Scene { cluster: &self.cluster, view: &self.view, trace: &self.trace }
    }

    fn drawn(&self, area: Rect) -> Vec<String> {
        let mut buffer = Buffer::empty(area);
        draw(&mut Canvas::new(&mut buffer, self.view.theme), area, &self.scene());
        let row = |y| (area.left()..area.right()).map(|x| buffer[(x, y)].symbol()).collect();
        (area.top()..area.bottom()).map(row).collect()
    }
}

/// Something done at a moment, and so many milliseconds after it.
fn deeds() -> impl Strategy<Value = Vec<(String, u64)>> {
    let lines = [
        "crash S1",
        "restart all",
        "crash leader",
        "partition S1 S2 | rest",
        "heal",
        "isolate S3",
        "cut S1 -> S2",
        "set x 1 client=a",
        "set y 2 client=b",
        "timeout S2",
        "link all -> S4 loss=30%",
    ];
    let line = prop::sample::select(lines.to_vec()).prop_map(str::to_owned);
    prop::collection::vec((line, 0u64..300), 1..12)
}

fn check(run: &Run, area: Rect) {
    let scene = run.scene();
    let diagram = Diagram::of(area, &scene);
    let drawn = run.drawn(area);
    let (first, last) = diagram.axis.seen();
    let seen = |time: Time| first <= time && time <= last;
    let cell = |node: Node, time: Time| {
        let row = usize::try_from(diagram.y(time) - i32::from(area.y)).unwrap();
        let x = usize::from(diagram.columns.x(node).unwrap() - area.x);
        let row: Vec<char> = drawn[row].chars().collect();
        row[x..(x + usize::from(diagram.columns.width)).min(row.len())].iter().collect::<String>()
    };
    for (number, event) in run.trace.events().filter(|(_, event)| seen(event.time)) {
        let wanted = match &event.kind {
            E::Raft(_, RaftEvent::BecameLeader { term, .. }) => format!("★ t{term}"),
            E::Raft(_, RaftEvent::ElectionStarted { term, .. }) => format!("△ t{term}"),
            E::Server(_, ServerEvent::Crashed { .. }) => "✗ down".to_owned(),
            E::Packet(flight, PacketEvent::Received) => {
                let line = diagram.tale.flights.iter().find(|line| line.number() == Some(number));
                if let Some(line) = line {
                    assert_eq!((line.from, line.to), (flight.from, flight.to));
                    let sent = sending(run, flight.packet);
                    assert!(line.sent.is_none() || line.sent == sent, "{:?} {sent:?}", line.sent);
                    assert!(line.sent <= Some(event.time));
                }
                continue;
            }
            _ => continue,
        };
        let node = event.subject().unwrap();
        if diagram.columns.x(node).is_some() {
            let marks =
                diagram.tale.marks.iter().filter(|mark| {
                    mark.node == node && diagram.y(mark.time) == diagram.y(event.time)
                });
            let cell = cell(node, event.time);
            // Where packets are lost is drawn before what happens beside it.
            let crowded = cell.matches('✗').count() > 1;
            let alone = marks.count() == 1 && diagram.columns.width >= 12 && !crowded;
            assert!(
                cell.contains(&wanted) || !alone,
                "{wanted} not in {cell:?}\n{}",
                drawn.join("\n")
            );
        }
    }
    for line in &diagram.tale.flights {
        if let (Some(sent), End::Arrives(_, time) | End::Lost(_, time, _)) = (line.sent, line.end) {
            assert!(sent <= time && diagram.y(sent) <= diagram.y(time));
        }
    }
}

fn sending(run: &Run, id: PacketId) -> Option<Time> {
    let sent = |event: &crate::cluster::event::Event| matches!(event.kind, E::Packet(flight, PacketEvent::Sent) if flight.packet == id);
    run.trace.events().find(|(_, event)| sent(event)).map(|(_, event)| event.time)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_event_is_where_it_happened(
        seed in 0u64..1_000, servers in 3u8..8, deeds in deeds(), scroll in 0u64..400,
        millis in prop::sample::select(vec![0u64, 1, 10, 100]), wide in prop::bool::ANY,
    ) {
        let mut run = Run::new(servers, seed);
        run.run(700);
        for (line, millis) in &deeds {
            run.act(line);
            run.run(*millis);
        }
        if millis > 0 {
            run.view.diagram = Rows::Each(Span::from_millis(millis));
        }
        let area = if wide { Rect::new(0, 1, 200, 57) } else { Rect::new(3, 2, 90, 20) };
        check(&run, area);
        run.view.scroll.events = Some(run.trace.end().saturating_sub(scroll + 1));
        check(&run, area);
    }
}

#[test]
fn a_commit_is_lit_back_to_the_client_that_asked() {
    let mut run = Run::new(5, 7);
    while run.cluster.leader().is_none() {
        run.run(10);
    }
    run.act("set x 1 client=a");
    run.run(100);
    let events: Vec<_> = run.trace.events().map(|(_, event)| event.clone()).collect();
    let is = |event: &crate::cluster::event::Event| {
        matches!(event.kind, E::Raft(_, RaftEvent::Committed { .. }))
    };
    let commit = events.iter().position(is).unwrap();
    let causes = explain::causes(&events, commit, run.cluster.names());
    let told: Vec<String> =
        causes.iter().map(|place| events[*place].headline(run.cluster.names())).collect();
    let told = told.join("\n");
    for part in ["commits entry 1", "hears", "sends", "as entry 1", "client a"] {
        assert!(told.contains(part), "{part:?} not in\n{told}");
    }
    run.view.causes = causes.iter().map(|place| *place as u64).collect();
    run.view.causes.sort_unstable();
    let scene = run.scene();
    let diagram = Diagram::of(Rect::new(0, 0, 120, 40), &scene);
    let lit: Vec<_> = diagram.tale.flights.iter().filter(|line| line.lit).collect();
    assert!(lit.iter().any(|line| matches!(line.from, Node::Client(_))), "the request is lit");
    assert!(lit.len() >= 3, "request, append and its answer");
}

#[test]
fn one_points_at_what_is_drawn() {
    let mut run = Run::new(3, 7);
    run.run(900);
    run.act("crash leader");
    run.run(5);
    let area = Rect::new(0, 0, 100, 30);
    let scene = run.scene();
    let diagram = Diagram::of(area, &scene);
    let mark = diagram.tale.marks.last().unwrap();
    let (x, y) = (diagram.columns.x(mark.node).unwrap(), diagram.y(mark.time) as u16);
    assert_eq!(hit(area, &scene, x + 1, y), Some(Target::Event(mark.number)));
    let first = run.cluster.servers()[0].id;
    let x = diagram.columns.x(Node::Server(first)).unwrap();
    assert_eq!(hit(area, &scene, x, 1), Some(Target::Server(first)));
    assert_eq!(hit(area, &scene, 2, y), Some(Target::Moment(mark.time)));
}

#[test]
fn columns_that_have_no_room_are_said() {
    let mut run = Run::new(25, 7);
    run.run(50);
    let area = Rect::new(0, 0, 80, 20);
    assert!(run.drawn(area)[0].contains("columns S1 to S14 of 25"), "{}", run.drawn(area)[0]);
    run.view.scroll.columns = 100;
    assert!(run.drawn(area)[0].contains("columns S12 to S25 of 25"), "{}", run.drawn(area)[0]);
    let scene = run.scene();
    assert_eq!(columns_extent(area, &scene), Extent { first: 11, shown: 14, total: 25 });
}
