//! Pictures of the screen, glyphs and styles, compared with those in `tests/pictures`. A changed
//! picture is to be looked at: `UPDATE_PICTURES=1 cargo test --test ui` takes it over, and
//! the diff shows what has changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::stage::{Stage, lost_majority, rows};
use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::compare::Comparison;
use raftlab::cluster::event::{Event, EventKind, RaftEvent};
use raftlab::cluster::explain;
use raftlab::cluster::raft::Role;
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::timeline::{Point, Timeline};
use raftlab::cluster::types::{Index, Node, ServerId};
use raftlab::ui::glyphs::Glyphs;
use raftlab::ui::theme::{Colours, Paper, Theme};
use raftlab::ui::view::{
    self, About, Came, Choice, Clock, Dialog, DialogBody, End, Hint, LastCommand, Layout, LinkEdit,
    Marks, Mistake, Mode, Pane, PartitionEdit, Pin, PinKind, Pointed, Presented, Prompt, Question,
    RemovedEntry, Said, ScriptPlace, SeenLine, Since, Stage as Asking, Stands, WatchRow,
};

/// The letters of styles, in the order of their use.
const LETTERS: &str = ".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-*/=<>";

/// The glyphs of a frame, and below them a letter for the style of each cell.
fn styled(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut legend = String::new();
    let mut styles = String::new();
    for row in buffer.content.chunks(width) {
        let row: String = row
            .iter()
            .map(|cell| {
                let style = describe(cell);
                let next = LETTERS.chars().nth(letters.len());
                *letters.entry(style.clone()).or_insert_with(|| {
                    let letter = next.expect("few enough styles");
                    let _ = writeln!(legend, "{letter} {style}");
                    letter
                })
            })
            .collect();
        styles.push_str(row.trim_end_matches('.'));
        styles.push('\n');
    }
    format!("{}\n\n{styles}\n{legend}", rows(buffer).join("\n"))
}

fn describe(cell: &Cell) -> String {
    let colour = |colour: Color| match colour {
        Color::Reset => "-".to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        other => other.to_string(),
    };
    let modifier = match cell.modifier {
        modifier if modifier == Modifier::empty() => String::new(),
        modifier => format!(" {modifier:?}"),
    };
    format!("{} on {}{modifier}", colour(cell.fg), colour(cell.bg))
}

/// Compares a frame with its picture.
fn check(name: &str, stage: &Stage, width: u16, height: u16) {
    let drawn = styled(&stage.frame(width, height));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name);
    let path = path.with_extension("txt");
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, &drawn).expect("the picture can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(drawn == expected, "{name} is not as in {}:\n{drawn}", path.display());
}

/// The lesson's text, of which lines have run up to this one.
fn script_at(line: u32) -> ScriptPlace {
    let text = include_str!("../../scripts/lessons/07_a_lost_majority_commits_nothing.lab");
    let source: Vec<Box<str>> = text.lines().map(Into::into).collect();
    let ran = (1..=line).zip(&source).filter(|(_, text)| {
        !text.is_empty() && !text.starts_with('#') && !text.starts_with("cluster")
    });
    let came = |text: &str| if text.starts_with("expect") { Came::Held } else { Came::Ran };
    let seen =
        ran.map(|(number, text)| (number, SeenLine { came: came(text), at: Point::default() }));
    ScriptPlace {
        name: "07_a_lost_majority_commits_nothing.lab".into(),
        line,
        of: source.len() as u32,
        seen: seen.collect(),
        source: source.into(),
        current: vec![line],
        departed: false,
    }
}

/// The lesson of the lost majority, standing at a beat.
fn lesson() -> Stage {
    let mut stage = lost_majority();
    let view = &mut stage.view;
    view.clock = Clock::Stands(Stands::Beat { number: 4, of: 9 });
    view.caption = Some(
        "The old leader still believes that it leads. It takes the write of b.\nWhat will \
         become of x=9 when the network heals?"
            .into(),
    );
    view.script = Some(script_at(27));
    let (text, keys) = ("partition S1 S2 | S3 S4 S5".to_owned(), Some("P 3 4 5 Enter".to_owned()));
    view.last_command = Some(LastCommand { text, keys });
    stage
}

#[test]
fn a_lesson_at_the_sizes_of_a_projector_a_desk_and_a_wall() {
    let stage = lesson();
    check("lesson-80x24", &stage, 80, 24);
    check("lesson-120x40", &stage, 120, 40);
    check("lesson-200x60", &stage, 200, 60);
}

/// A log whose beginning a snapshot covers is not taken for an empty one, however large it is drawn.
#[test]
fn what_a_snapshot_covers_is_a_block_at_every_size() {
    let mut stage = Stage::new(3, 7);
    stage.until_leader();
    for line in ["set x 1 client=a", "set y 5 client=b", "set x 2 client=c"] {
        stage.act(&[line]);
        stage.until_idle();
        stage.run(150);
    }
    let (leader, follower) = (stage.leader(), stage.follower());
    stage.act(&[&format!("snapshot {leader}"), "set y 6 client=b"]);
    stage.until_idle();
    stage.act(&[&format!("snapshot {follower}")]);
    stage.view.presented = Some(Presented { beat: 4, of: 9 });
    check("snapshots-80x24", &stage, 80, 24);
    check("snapshots-120x40", &stage, 120, 40);
    check("snapshots-200x60", &stage, 200, 60);
}

/// A question to the class, as it stands and once it is answered.
#[test]
fn a_question_is_drawn_large_and_its_answer_has_a_tick() {
    let choice = |text: &str, hands| Choice {
        text: text.into(),
        said: hands,
        so: None,
        share: None,
        own: false,
    };
    let mut stage = lesson();
    stage.view.caption = Some("The old leader still takes the write of b.".into());
    stage.view.presented = Some(Presented { beat: 4, of: 9 });
    stage.view.question = Some(Question {
        text: "What becomes of x=9 when the network heals?".into(),
        choices: vec![
            choice("it commits later", Said::Hands(30)),
            choice("it is overwritten", Said::Hands(40)),
            choice("both stay", Said::Hands(10)),
        ],
        stage: Asking::Asked,
        about: About::default(),
    });
    for (size, name) in [(Marks::Usual, "asked"), (Marks::Big, "asked-big")] {
        stage.view.size = size;
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            check(&format!("{name}-{width}x{height}"), &stage, width, height);
        }
    }
    let question = stage.view.question.as_mut().expect("it stands");
    question.stage = Asking::Revealed;
    for (choice, so) in question.choices.iter_mut().zip([false, true, false]) {
        choice.so = Some(so);
    }
    check("answered-big-80x24", &stage, 80, 24);
    check("answered-big-120x40", &stage, 120, 40);
    stage.view.theme.glyphs = Glyphs::Ascii;
    check("answered-ascii-80x24", &stage, 80, 24);
}

/// What the oracle says to each choice, and what is spoken of: an entry in every log that has it.
#[test]
fn the_oracle_has_shares_and_what_is_pointed_at_stands_out() {
    let choice = |text: &str, said, share: &str| {
        let share = Some(share.to_owned());
        Choice { text: text.into(), said, so: None, share, own: false }
    };
    let mut stage = lesson();
    stage.view.caption = Some("Entry 4 stands in two logs, and in three another.".into());
    stage.view.presented = Some(Presented { beat: 4, of: 9 });
    let (servers, entry) = (stage.cluster.ids().collect(), Some(Index(4)));
    stage.view.pointed = Some(Pointed { servers, entry });
    check("pointed-80x24", &stage, 80, 24);
    check("pointed-200x60", &stage, 200, 60);
    stage.view.question = Some(Question {
        text: "Who leads next?".into(),
        choices: vec![
            choice("S3", Said::Hands(12), "61.0 % ± 6.8 %"),
            choice("S4", Said::Hands(28), "39.0 % ± 6.8 %"),
        ],
        stage: Asking::Asked,
        about: About::default(),
    });
    check("oracle-80x24", &stage, 80, 24);
    check("oracle-120x40", &stage, 120, 40);
}

/// In its own layout: a line that would have failed, one that has, two tasks, a selected line.
#[test]
fn a_script_says_what_has_become_of_its_lines() {
    let mut stage = lesson();
    let mut script = script_at(30);
    script.seen.insert(24, SeenLine { came: Came::Remarked, at: Point::default() });
    script.seen.insert(29, SeenLine { came: Came::Failed, at: Point::default() });
    script.current = vec![26, 30];
    stage.view.script = Some(script);
    stage.view.layout = Layout::Script;
    stage.view.focus = Pane::Script;
    stage.view.selection.line = Some(28);
    stage.view.clock = Clock::Runs;
    check("script-80x24", &stage, 80, 24);
    stage.view.theme = Theme { colours: Colours::None, glyphs: Glyphs::Ascii, ..Theme::default() };
    check("script-ascii-120x40", &stage, 120, 40);
}

/// Two futures side by side: the leader crashes here, and there it does not.
#[test]
fn two_futures_stand_side_by_side() {
    let mut stage = Stage::new(5, 7);
    let mut cluster = stage.cluster.clone();
    let mut timeline = Timeline::new(&cluster, &());
    let act = |cluster: &mut Cluster, timeline: &mut Timeline<()>, line: &str| {
        let command = parse_line(line).expect("a command");
        let before = (cluster.point(), cluster.place());
        cluster.apply(&command).expect("it can be done");
        timeline.did(before, command, cluster, &());
        cluster.run_until(cluster.now() + Span::from_millis(600));
        timeline.went_on(cluster, &());
    };
    act(&mut cluster, &mut timeline, "timeout S4");
    act(&mut cluster, &mut timeline, "set x 1 client=a");
    let fork = cluster.clone();
    let mut crashed = timeline.clone();
    act(&mut cluster, &mut crashed, "crash leader");
    act(&mut cluster, &mut crashed, "set x 2 client=b");
    stage.cluster = cluster;
    let mut comparison = Comparison::new(&crashed, &timeline, fork.point());
    while !comparison.work(&mut 1_000) {}
    let [_, now, end] = comparison.span();
    let first = comparison.first();
    let mut shown = view::Comparison {
        heads: ["here: crash S4".to_owned(), "there: nothing more, by itself".to_owned()],
        rows: comparison.rows().clone(),
        names: comparison.names().map(Clone::clone),
        first,
        left_out: 0,
        differences: Some(comparison.differences().into()),
        now,
        end,
        chosen: first.expect("something differs"),
    };
    let dialog = |shown: &view::Comparison| {
        let hints = [("j", "down"), ("k", "up"), ("Enter", "choose"), ("Esc", "close")];
        Mode::Dialog(Dialog {
            title: "Here and there, from 1.200 s".to_owned(),
            body: DialogBody::Comparison(Box::new(shown.clone())),
            hints: hints.map(|(key, word)| Hint::new(key, word)).to_vec(),
        })
    };
    stage.view.clock = Clock::Stands(Stands::Open);
    stage.view.mode = dialog(&shown);
    check("comparison-80x24", &stage, 80, 24);
    shown.chosen = shown.items() - 1;
    stage.view.mode = dialog(&shown);
    check("comparison-120x40", &stage, 120, 40);
}

#[test]
fn the_smallest_terminal_keeps_the_logs() {
    check("lost-majority-60x16", &lost_majority(), 60, 16);
}

#[test]
fn an_election_without_colours() {
    let mut stage = Stage::new(5, 7);
    stage.until_leader();
    stage.act(&["set x 1 client=a"]);
    stage.until_idle();
    let cut_off = stage.follower();
    stage.act(&["crash leader", &format!("isolate {cut_off}")]);
    stage.until(|cluster| {
        let mut servers = cluster.servers().iter();
        servers.any(|server| server.is_running() && server.raft.role() == Role::Candidate)
    });
    stage.run(14);
    stage.view.theme.colours = Colours::None;
    stage.view.selection.server = Some(cut_off);
    check("election-80x24", &stage, 80, 24);
}

/// Asleep, at half speed, down, an entry that was just removed, a selected entry; in ASCII with
/// sixteen colours.
#[test]
fn rare_marks_in_ascii() {
    let mut stage = lost_majority();
    let servers: Vec<ServerId> = stage.cluster.servers().iter().map(|server| server.id).collect();
    let followers: Vec<ServerId> =
        servers.iter().copied().filter(|id| *id != stage.leader()).collect();
    stage.act(&[
        &format!("sleep {}", followers[2]),
        &format!("clock {} rate=0.5", followers[1]),
        &format!("crash {}", followers[0]),
    ]);
    let old = stage.cluster.server(followers[0]).expect("a server");
    let index = old.raft.log().last_index();
    let entry = old.raft.log().get(index).expect("an entry").clone();
    let removed = RemovedEntry { server: followers[1], index, entry };
    stage.view.fading.removed.push(removed);
    stage.view.selection.server = Some(stage.leader());
    stage.view.selection.entry = Some(Index(4));
    stage.view.theme =
        Theme { colours: Colours::Sixteen, glyphs: Glyphs::Ascii, ..Theme::default() };
    check("marks-80x24", &stage, 80, 24);
}

#[test]
fn a_partition_in_the_making() {
    let mut stage = Stage::new(5, 7);
    stage.until_leader();
    stage.view.clock = Clock::Stands(Stands::Open);
    stage.view.mode = Mode::Partition(PartitionEdit {
        servers: vec![0, 0, 0, 1, 1],
        clients: vec![Some(0), Some(1), None],
        cursor: Some(ServerId::from_index(3)),
    });
    check("partition-80x24", &stage, 80, 24);
}

/// An election in the middle, told packet by packet; the list of packets takes the place of events
/// and timeline where it has none of its own.
#[test]
fn all_by_hand() {
    let mut stage = Stage::new(5, 7);
    stage.tell(&[
        "by-hand on",
        "timeout S2",
        "deliver vote S2 -> S3 S4",
        "duplicate vote S2 -> S1",
    ]);
    stage.view.mode = Mode::Packets;
    stage.view.focus = Pane::InFlight;
    stage.view.selection.packet = stage.cluster.packets().get(1).map(|packet| packet.id);
    check("by-hand-80x24", &stage, 80, 24);
    check("by-hand-120x40", &stage, 120, 40);
    check("by-hand-60x16", &stage, 60, 16);
}

/// What is watched, and on the timeline a bookmark, a mark of the script and a breakpoint.
#[test]
fn what_is_watched_and_marked() {
    let mut stage = lost_majority();
    let watch = |name: &str, value: &str, since, fresh| WatchRow {
        name: name.to_owned(),
        value: value.to_owned(),
        since,
        fresh,
    };
    let at = |millis| Since::At(Time::START + Span::from_millis(millis));
    stage.view.watches = vec![
        watch("S4 log", "4@2", at(912), true),
        watch("leader = S2", "false", at(0), false),
        watch("S1 holds x", "2 @2", at(455), false),
        watch("value \"two words\"", "-", Since::Before(Time(300_000)), false),
    ];
    stage.act(&["mark halftime"]);
    stage.run(1);
    let pin = |at: u64, kind| Pin { at: Time::START + Span::from_millis(at), kind };
    stage.view.pins = vec![pin(500, PinKind::Bookmark), pin(700, PinKind::Breakpoint)];
    check("watched-80x24", &stage, 80, 24);
    check("watched-120x40", &stage, 120, 40);
    check("watched-60x16", &stage, 60, 16);
    stage.view.theme.glyphs = Glyphs::Ascii;
    check("watched-ascii-120x40", &stage, 120, 40);
}

/// The lesson in space and time: a partition, two leaders, an entry that is committed and one that
/// is lost; then with the causes of that commit lit.
#[test]
fn what_happened_in_space_and_time() {
    let mut stage = lost_majority();
    stage.view.zoomed = Some(Pane::Diagram);
    stage.view.focus = Pane::Diagram;
    check("diagram-80x24", &stage, 80, 24);
    check("diagram-120x40", &stage, 120, 40);
    check("diagram-200x60", &stage, 200, 60);
    let events: Vec<Event> = stage.trace.events().map(|(_, event)| event.clone()).collect();
    let is = |event: &Event| matches!(event.kind, EventKind::Raft(_, RaftEvent::Committed { .. }));
    let commit = events.iter().rposition(is).expect("something was committed");
    let mut causes: Vec<u64> = explain::causes(&events, commit, stage.cluster.names())
        .into_iter()
        .map(|place| place as u64)
        .collect();
    causes.sort_unstable();
    stage.view.causes = causes;
    stage.view.selection.event = Some(commit as u64);
    stage.view.theme.paper = Paper::Light;
    check("diagram-causes-120x40", &stage, 120, 40);
    stage.view.theme = Theme { colours: Colours::None, glyphs: Glyphs::Ascii, ..Theme::default() };
    check("diagram-ascii-120x40", &stage, 120, 40);
}

/// The grid of links in link mode, with one way chosen, and with more servers than have room.
#[test]
fn the_network_as_a_grid() {
    let mut stage = lost_majority();
    stage.act(&[
        "link S1 -> S3 loss=10%",
        "link S3 <-> S5 delay=100ms..300ms",
        "link S2 -> S1 loss=50% duplicate=10%",
        "hold S3 -> S4",
    ]);
    stage.run(60);
    let node = |number| Some(End::Node(Node::Server(ServerId::from_number(number)?)));
    stage.view.mode = Mode::Link(LinkEdit { from: node(2), to: node(1) });
    check("links-80x24", &stage, 80, 24);
    check("links-120x40", &stage, 120, 40);
    check("links-200x60", &stage, 200, 60);
    stage.view.theme = Theme { colours: Colours::None, glyphs: Glyphs::Ascii, ..Theme::default() };
    check("links-ascii-80x24", &stage, 80, 24);
    let mut stage = Stage::new(25, 7);
    stage.act(&["partition S1 S2 S3 | rest"]);
    stage.view.zoomed = Some(Pane::Links);
    check("links-25-120x40", &stage, 120, 40);
}

/// A server under the paper's names, who can decide, and a client that was told Maybe, each alone and
/// beside each other.
#[test]
fn a_server_the_quorum_and_a_client_looked_at_closely() {
    let mut stage = lost_majority();
    stage.view.selection.server = Some(stage.leader());
    stage.view.selection.client = stage.cluster.client_named("b").map(|client| client.id);
    for (pane, name) in
        [(Pane::Inspector, "server"), (Pane::Quorum, "quorum"), (Pane::Client, "client")]
    {
        stage.view.zoomed = Some(pane);
        stage.view.focus = pane;
        check(&format!("{name}-80x24"), &stage, 80, 24);
    }
    stage.act(&["heal"]);
    stage.run(400);
    check("client-maybe-80x24", &stage, 80, 24);
    let shown = rows(&stage.frame(120, 40)).join("\n");
    for words in
        ["two histories are possible", "✗ ruled out: a was told ok @3", "In fact it is not"]
    {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    stage.view.zoomed = None;
    stage.view.layout = Layout::Closely;
    check("closely-120x40", &stage, 120, 40);
    check("closely-200x60", &stage, 200, 60);
    stage.view.theme.paper = Paper::Light;
    check("closely-light-120x40", &stage, 120, 40);
    stage.view.theme = Theme { colours: Colours::None, glyphs: Glyphs::Ascii, ..Theme::default() };
    check("closely-ascii-80x24", &stage, 80, 24);
}

/// What is read stands beside what it explains.
#[test]
fn an_explanation_leaves_in_sight_what_it_explains() {
    let mut stage = lost_majority();
    let old = stage.view.selection.server.unwrap_or_else(|| ServerId::from_index(0));
    stage.view.selection.server = Some(old);
    let lines = explain::server(&stage.cluster, old, &[]);
    let (title, hints) = (format!("Why {old}"), vec![Hint::new("Esc", "close")]);
    let body = DialogBody::Text(lines);
    stage.view.mode = Mode::Dialog(Dialog { title, body, hints });
    check("why-80x24", &stage, 80, 24);
    check("why-120x40", &stage, 120, 40);
    check("why-200x60", &stage, 200, 60);
}

#[test]
fn a_mistake_in_the_prompt() {
    let mut stage = Stage::new(3, 7);
    stage.until_leader();
    stage.view.clock = Clock::Stands(Stands::Open);
    stage.view.mode = Mode::Prompt(Prompt {
        text: "partiton S1 | rest".to_owned(),
        cursor: 18,
        mistake: Some(Mistake {
            column: 0,
            width: 8,
            message: "there is no command `partiton`".to_owned(),
            help: Some("did you mean `partition`?".to_owned()),
        }),
        ..Prompt::default()
    });
    check("prompt-80x24", &stage, 80, 24);
}
