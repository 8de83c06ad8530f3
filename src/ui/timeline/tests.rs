//! The timeline of a run with two leaders, a crash, a partition, and a client that waits.

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use super::*;
use crate::cluster::command::parse_line;
use crate::cluster::config::Config;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::Term;
use crate::cluster::{Cluster, Step};
use crate::ui::View;
use crate::ui::theme::Theme;
use crate::ui::trace::Trace;
use crate::ui::view::{Pin, PinKind, TimelineSpan};

struct Run {
    cluster: Cluster,
    trace: Trace,
}

impl Run {
    fn new(script: &[(u64, &str)]) -> Self {
        let mut cluster = Cluster::new(Config { servers: 5, seed: 7, ..Config::default() });
        for name in ["a", "b", "c"] {
            cluster.add_client(name);
        }
        let mut run = Self { cluster, trace: Trace::default() };
        for (millis, command) in script {
            run.until(*millis);
            run.cluster.apply(&parse_line(command).unwrap()).unwrap();
            run.record();
        }
        run
    }

    fn record(&mut self) {
        self.trace.extend(self.cluster.events(), self.cluster.names());
    }

    fn until(&mut self, millis: u64) {
        let end = Time::START + Span::from_millis(millis);
        while self.cluster.next_due().is_some_and(|due| due <= end) {
            let step = self.cluster.step();
            self.record();
            if step != Step::Happened {
                return;
            }
        }
        self.cluster.advance(end);
    }

    /// Term 1 under S1 from the start to its crash at 1 s; S2 leads term 2 soon after; S2 is cut
    /// off with S3 at 2 s, and S4 leads term 3; at 3 s all are together again.
    fn story() -> Self {
        let mut run = Self::new(&[
            (0, "timeout S1"),
            (200, "put x 1 @0 client=a nowait"),
            (1_000, "crash S1"),
            (1_100, "timeout S2"),
            (2_000, "partition S2 S3 | S1 S4 S5"),
            (2_010, "restart S1"),
            (2_050, "put y 2 @0 client=b only=S2 nowait"),
            (2_100, "timeout S4"),
            (3_000, "heal"),
        ]);
        run.until(4_000);
        run
    }

    fn drawn(&self, view: &View, width: u16, height: u16) -> Buffer {
        let area = Rect { x: 0, y: 0, width, height };
        let mut buffer = Buffer::empty(area);
        let scene = Scene { cluster: &self.cluster, view, trace: &self.trace };
        draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
        buffer
    }

    fn lines(&self, view: &View, width: u16, height: u16) -> Vec<String> {
        let buffer = self.drawn(view, width, height);
        let rows = buffer.content().chunks(usize::from(width));
        let line = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>();
        rows.map(|cells| line(cells).trim_end().to_owned()).collect()
    }
}

#[test]
fn at_a_desk_everything_has_a_row() {
    let expected = [
        "────────┬ 0 s ───────────────┬ 1 s ───────────────┬ 2 s ───────────────┬ 3 s \
         ───────────────┬ 4 s ───────────────┬──────",
        " leader ├──── term 1: S1 ────┤·├──── term 2: S2 ────├───────────── term 3: S4 \
         ──────────────▼ now",
        " faults                      x S1                 ╳r S1  ╳ S2 S3 ──────┤",
        " a          ■■",
        &format!(" b{}{}", " ".repeat(49), "□".repeat(42)),
    ];
    let lines = Run::story().lines(&View::default(), 120, 5);
    assert_eq!(lines, expected, "\n{}", lines.join("\n"));
}

#[test]
fn on_a_projector_everything_is_in_one_row() {
    let lines = Run::story().lines(&View::default(), 80, 1);
    let expected = "0 s ├─── 1: S1 ────x├─── 2: S2 ───╳rb───────── 3: S4 ───────────▼";
    assert_eq!(lines, [expected], "\n{}", lines[0]);
}

/// A run with a mark, an expectation that failed and answers that clash; a bookmark and a
/// breakpoint that was reached are the view's.
fn marked() -> (Run, View) {
    let mut run = Run::new(&[
        (0, "timeout S1"),
        (300, "flaw local-get on"),
        (1_000, "mark half"),
        (1_500, "isolate S1"),
        (1_600, "timeout S2"),
        (2_000, "put x 1 @0 client=a only=S2 nowait"),
        (2_500, "get x client=b only=S1 nowait"),
    ]);
    run.until(3_000);
    let pin = |millis, kind| Pin { at: Time::START + Span::from_millis(millis), kind };
    let pins = vec![pin(400, PinKind::Bookmark), pin(700, PinKind::Breakpoint)];
    (run, View { pins, ..View::default() })
}

#[test]
fn bookmarks_breakpoints_and_marks_stand_on_the_axis() {
    let (run, view) = marked();
    let lines = run.lines(&view, 120, 5);
    let column = |text: &str| {
        let place = lines[0].find(text).unwrap_or_else(|| panic!("no {text} in {lines:?}"));
        lines[0][..place].chars().count()
    };
    let expected = |millis: usize| 8 + millis * 105 / 5_000;
    for (text, millis) in [("◆", 400), ("‖", 700), ("◇ half", 1_000)] {
        assert!(column(text).abs_diff(expected(millis)) <= 1, "{text}: {}", lines[0]);
    }
    assert!(lines[0].contains("┬ 0 s") && lines[0].contains("┬ 2 s"), "{}", lines[0]);
    let single = &run.lines(&view, 80, 1)[0];
    for sign in ['◆', '‖', '◇', '!'] {
        assert!(single.contains(sign), "{sign} in {single}");
    }
}

#[test]
fn answers_that_clash_are_marked_in_the_rows_of_their_clients() {
    let (run, view) = marked();
    let violation = run.cluster.violation().expect("a broken rule").clone();
    assert_eq!(violation.records.len(), 2, "{}", violation.evidence);
    let buffer = run.drawn(&view, 120, 5);
    let broken = Theme::default().broken();
    for row in [3, 4] {
        let cells = &buffer.content()[row * 120..(row + 1) * 120];
        let clash = cells.iter().find(|cell| cell.symbol() == "!").expect("a mark");
        assert_eq!((clash.fg, clash.bg), (broken.fg.unwrap(), broken.bg.unwrap()));
    }
}

#[test]
fn where_something_was_done_a_bookmark_gives_way_in_one_row() {
    let run = Run::story();
    let crash = Time::START + Span::from_secs(1);
    let view = View { pins: vec![Pin { at: crash, kind: PinKind::Bookmark }], ..View::default() };
    let line = &run.lines(&view, 80, 1)[0];
    assert!(line.contains('x') && !line.contains('◆'), "{line}");
    let rows = run.lines(&view, 120, 5);
    assert!(rows[0].contains('◆') && rows[2].contains("x S1"), "{rows:?}");
}

#[test]
fn a_failed_expectation_has_a_mark() {
    let script = b"cluster servers=3 seed=7\nrun 1s\nexpect term = 9\n";
    let script = crate::cluster::command::Script::parse("test.lab", script).unwrap();
    let mut run = Run { cluster: Cluster::with_script(&script, None), trace: Trace::default() };
    run.until(2_000);
    assert!(run.cluster.failure().is_some());
    let rows = run.lines(&View::default(), 120, 5);
    assert!(rows[2].contains('E'), "{rows:?}");
    assert!(run.lines(&View::default(), 80, 1)[0].contains('E'));
}

#[test]
fn bands_have_the_hue_of_their_term() {
    let run = Run::story();
    let theme = Theme::default();
    let row: Vec<Color> = run.drawn(&View::default(), 120, 5).content()[120..240]
        .iter()
        .map(|cell| cell.bg)
        .collect();
    let hue = |term| theme.number(Term(term)).bg.unwrap();
    let columns = |colour| row.iter().filter(|bg| **bg == colour).count();
    // One second has twenty columns; elections and heartbeats take a little.
    assert!((21..=23).contains(&columns(hue(1))), "{row:?}");
    assert!((19..=22).contains(&columns(hue(2))), "{row:?}");
    assert!((38..=42).contains(&columns(hue(3))), "{row:?}");
}

#[test]
fn a_column_is_a_moment_of_the_past() {
    let run = Run::story();
    let view = View::default();
    let scene = Scene { cluster: &run.cluster, view: &view, trace: &run.trace };
    let area = Rect { x: 0, y: 30, width: 120, height: 5 };
    assert_eq!(hit(area, &scene, NAMES, 32), Some(Target::Moment(Time::START)));
    let Some(Target::Moment(second)) = hit(area, &scene, 29, 32) else { panic!("no moment") };
    assert!(second.micros().abs_diff(1_000_000) < 30_000, "{second}");
    // What is still to come is now.
    assert_eq!(hit(area, &scene, 112, 32), Some(Target::Moment(run.cluster.now())));
    assert_eq!([hit(area, &scene, 3, 32), hit(area, &scene, 29, 29)], [None, None]);
}

#[test]
fn the_past_stands_in_the_middle_of_its_window_and_the_newest_moment_at_its_end() {
    let run = Run::story();
    let now = run.cluster.now();
    let mut view = View::default();
    view.timeline.span = TimelineSpan::Last(Span::from_secs(1));
    view.timeline.newest = Some(now + Span::from_secs(10));
    view.timeline.cursor = Some(now - Span::from_millis(250));
    let lines = run.lines(&view, 120, 5);
    let here = lines[1].chars().position(|letter| letter == '▼');
    assert!(here.is_some_and(|here| here.abs_diff(8 + 53) <= 1), "{lines:?}");
    assert!(lines[1].contains("▼ here"), "{lines:?}");
    let cursor = lines.iter().map(|line| line.chars().nth(8 + 26)).collect::<Vec<_>>();
    assert!(cursor.iter().filter(|one| **one == Some('│')).count() >= 3, "{cursor:?} {lines:?}");
    view.timeline.newest = Some(now + Span::from_millis(200));
    let lines = run.lines(&view, 120, 5);
    let here = lines[1].chars().position(|letter| letter == '▼');
    assert!(here.is_some_and(|here| here > 8 + 80), "the newest moment is near: {lines:?}");
    view.timeline.span = TimelineSpan::Whole;
    view.timeline.newest = None;
    let lines = run.lines(&view, 120, 5);
    assert!(lines[1].ends_with("▼ now"), "{lines:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the window, nothing is drawn beside the area.
    #[test]
    fn nothing_is_drawn_outside(
        width in 0u16..130, height in 0u16..12, span in any::<u64>(), end in any::<u64>(),
        millis in 0u64..3_000,
    ) {
        let mut run = Run::new(&[(0, "timeout S1"), (0, "put x 1 @0 client=a nowait")]);
        run.until(millis);
        let mut view = View::default();
        view.timeline.span = TimelineSpan::Last(Span(span));
        view.timeline.newest = end.is_multiple_of(2).then_some(Time(end % 5_000_000));
        view.timeline.cursor = Some(Time(end % 3_000_000));
        let area = Rect { x: 4, y: 3, width, height };
        let mut buffer = Buffer::filled(Rect::new(0, 0, 140, 20), Cell::new("#"));
        let scene = Scene { cluster: &run.cluster, view: &view, trace: &run.trace };
        draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
        for y in 0..20 {
            for x in 0..140 {
                if !area.contains((x, y).into()) {
                    prop_assert_eq!(buffer[(x, y)].symbol(), "#", "at {}, {}", x, y);
                }
            }
        }
    }
}
