//! What the screen promises: it never panics, whatever its size and whatever is in the cluster;
//! nothing unsafe stands in a cell; what the mouse hits is what was drawn; scrolling shows all.

use proptest::prelude::*;
use ratatui::layout::Size;
use unicode_width::UnicodeWidthStr;

use crate::stage::{Stage, lost_majority, rows};
use raftlab::cluster::Cause;
use raftlab::cluster::command::{Deed, Operation, Order, Text, VersionWord};
use raftlab::cluster::compare::{Difference, Row};
use raftlab::cluster::event::{Event, EventKind, ScriptEvent};
use raftlab::cluster::flaw::Flaws;
use raftlab::cluster::time::Time;
use raftlab::cluster::types::{Index, ServerId, Version};
use raftlab::ui::glyphs::{Glyphs, TABLE, is_dots};
use raftlab::ui::theme::{Colours, Theme};
use raftlab::ui::view::{
    About, Choice, Clock, Comparison, Dialog, DialogBody, Hint, Layout, Mode, Notice, NoticeKind,
    Pane, Prompt, Question, Said, ScriptPlace, Stage as Asking, Stands, Target,
};
use raftlab::ui::{self, View};

/// A cluster with long logs, many keys and clients at work.
fn busy(servers: u8) -> Stage {
    let mut stage = Stage::new(servers, 7);
    stage.until_leader();
    stage.act(&["load clients=7 keys=40 rate=2000/s value=40"]);
    stage.run(3_000);
    if servers > 1 {
        let follower = stage.follower();
        stage.act(&["crash leader", &format!("sleep {follower}")]);
        stage.run(40);
    }
    stage
}

/// Something that nobody would write, but that anybody can.
const ABSURD: &str = "\u{1b}[2J\r\n\t\u{7}\u{202e}דג\u{200d}👩‍👩‍👧e\u{301}漢字│✓ [4 x=3]\\";

fn absurd() -> Stage {
    let mut stage = Stage::new(5, 7);
    stage.until_leader();
    let long = ABSURD.repeat(400);
    for text in [ABSURD, &long, "", "plain"] {
        write(&mut stage, text);
    }
    stage.act(&["partition leader follower | rest"]);
    write(&mut stage, &ABSURD.repeat(3));
    stage.run(500);
    say(&mut stage.view, &long);
    stage
}

fn write(stage: &mut Stage, text: &str) {
    let (key, value) = (Text::new(text), Text::new(text));
    let operation = Operation::Put { key, value, version: VersionWord::Number(Version::ZERO) };
    let client: String = text.chars().take(40).collect();
    let client = Some(Text::new(if client.is_empty() { "-" } else { &client }));
    // What the cluster refuses is not its screen's concern.
    let order = Order { client, ..Order::new(operation) };
    let _ = stage.cluster.apply(&Deed::Operate(order).into());
    stage.trace.extend(stage.cluster.events(), stage.cluster.names());
    stage.run(100);
}

fn say(view: &mut View, text: &str) {
    view.caption = Some(text.into());
    view.filter = Some(text.to_owned());
    view.script = Some(ScriptPlace {
        name: text.into(),
        line: 3,
        of: 9,
        source: vec![Box::from(text); 9].into(),
        current: vec![2, 3],
        ..ScriptPlace::default()
    });
    let choice = Choice {
        text: text.into(),
        said: Said::Hands(u32::MAX / 9),
        so: None,
        share: None,
        own: false,
    };
    let (stage, choices) = (Asking::Asked, vec![choice; 5]);
    view.question = Some(Question { text: text.into(), choices, stage, about: About::default() });
    view.clock = Clock::Stands(Stands::Beat { number: u32::MAX, of: u32::MAX });
    view.notice = Some(Notice { kind: NoticeKind::Refusal, text: text.to_owned() });
    view.hints = vec![Hint::new(text.to_owned(), text.to_owned()); 9];
}

/// Two futures that somebody's text is all over.
fn compared(text: &str) -> Comparison {
    let event =
        |kind| Event { time: Time(4_777_000), cause: Cause::Start, flaws: Flaws::NONE, kind };
    let noted = event(EventKind::Script(ScriptEvent::Noted { text: text.into() }));
    let row = |events, same| Row { time: Time(4_777_000), events, same };
    let difference =
        Difference { what: text.to_owned(), values: [text.to_owned(), text.to_owned()] };
    let rows = [
        row([Some(noted.clone()), Some(noted.clone())], true),
        row([Some(noted.clone()), None], false),
        row([None, Some(noted)], false),
    ];
    Comparison {
        heads: [text.to_owned(), text.to_owned()],
        rows: rows.into_iter().collect(),
        names: Default::default(),
        first: Some(1),
        left_out: 3,
        differences: Some([difference].into()),
        now: Time(5_000_000),
        end: Time(5_000_000),
        chosen: 2,
    }
}

fn modes(text: &str) -> Vec<Mode> {
    let dialog = |body| {
        let (title, hints) = (text.to_owned(), vec![Hint::new("Esc", "close")]);
        Mode::Dialog(Dialog { title, body, hints })
    };
    let prompt = Prompt {
        text: text.to_owned(),
        cursor: text.chars().count(),
        completions: vec![text.to_owned(); 30],
        chosen: Some(29),
        usage: Some(text.to_owned()),
        ..Prompt::default()
    };
    vec![
        Mode::Normal,
        Mode::Prompt(prompt),
        Mode::Partition(Default::default()),
        Mode::Link(Default::default()),
        dialog(DialogBody::Text(vec![text.to_owned(); 40])),
        dialog(DialogBody::List { items: Vec::new(), chosen: 3 }),
        dialog(DialogBody::Help { first: None, groups: Vec::new() }),
        dialog(DialogBody::Comparison(Box::new(compared(text)))),
    ]
}

const RIGHT_TO_LEFT: &str = "דג\u{202e}\u{200f}\u{61c}\u{2067}";

fn is_safe(symbol: &str, glyphs: Glyphs) -> bool {
    let mut characters = symbol.chars();
    let (Some(character), None) = (characters.next(), characters.next()) else { return false };
    let plain = matches!(character, ' '..='~');
    let known = is_dots(character) || TABLE.iter().any(|(glyph, _)| *glyph == character);
    let hides = character.is_control() || symbol.width() == 0 || RIGHT_TO_LEFT.contains(character);
    plain || (glyphs == Glyphs::Unicode && known) || (glyphs != Glyphs::Ascii && !hides)
}

/// Draws a frame and looks at every cell; finds what stands at some places.
fn look(stage: &Stage, width: u16, height: u16) {
    let frame = stage.frame(width, height);
    let glyphs = stage.view.theme.glyphs;
    for (place, cell) in frame.content.iter().enumerate() {
        assert!(is_safe(cell.symbol(), glyphs), "{:?}", cell.symbol());
        if cell.symbol().width() > 1 {
            let (column, next) = (place % usize::from(width) + 1, frame.content.get(place + 1));
            assert!(column < usize::from(width), "a wide letter is cut at the edge");
            assert_eq!(next.map(|cell| cell.symbol()), Some(" "), "half a letter is drawn over");
        }
    }
    for (x, y) in (0..width).step_by(37).flat_map(|x| (0..height).step_by(3).map(move |y| (x, y))) {
        ui::hit(Size { width, height }, &stage.scene(), x, y);
    }
}

#[test]
fn every_size_can_be_drawn() {
    for servers in [1, 5, 25] {
        let mut stage = busy(servers);
        for width in (1..=210).step_by(13) {
            for height in [1, 2, 9, 15, 16, 17, 19, 24, 33, 34, 40, 64] {
                for layout in Layout::EVERY {
                    stage.view.layout = layout;
                    look(&stage, width, height);
                }
            }
        }
        stage.view.layout = Layout::All;
        for pane in Pane::EVERY {
            stage.view.zoomed = Some(pane);
            look(&stage, 60, 16);
            look(&stage, 200, 60);
        }
    }
}

#[test]
fn nothing_that_users_write_breaks_the_screen() {
    let mut stage = absurd();
    for glyphs in [Glyphs::Unicode, Glyphs::Letters, Glyphs::Ascii] {
        stage.view.theme = Theme { glyphs, colours: Colours::True, ..Theme::default() };
        for mode in modes(&ABSURD.repeat(20)) {
            stage.view.mode = mode;
            for (width, height) in [(60, 16), (80, 24), (200, 60)] {
                look(&stage, width, height);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_can_be_shown(text in "(.|[\\x00-\\x1f\\u{202a}-\\u{202e}\\u{300}-\\u{310}]){0,60}") {
        let mut stage = Stage::new(3, 7);
        stage.until_leader();
        write(&mut stage, &text);
        say(&mut stage.view, &text);
        for mode in modes(&text) {
            stage.view.mode = mode;
            look(&stage, 80, 24);
        }
    }
}

#[test]
fn a_small_terminal_is_told_what_it_lacks() {
    let said = rows(&Stage::new(3, 1).frame(59, 15)).join(" ");
    assert!(said.contains("needs 60x16") && said.contains("has 59x15"), "{said}");
}

/// The name of the server whose log is in a row.
fn name_in(row: &str) -> String {
    let name: String = row.chars().skip(2).collect();
    name.split_whitespace().next().unwrap_or_default().to_owned()
}

#[test]
fn a_server_keeps_its_row() {
    let mut stage = Stage::new(5, 7);
    let row_of = |stage: &Stage, name: &str| {
        let row = rows(&stage.frame(80, 24)).iter().position(|row| name_in(row) == name);
        row.expect("the server's row")
    };
    let before = row_of(&stage, "S3");
    stage.until_leader();
    stage.act(&["crash S3"]);
    stage.run(300);
    assert_eq!(row_of(&stage, "S3"), before);
}

#[test]
fn the_logs_follow_the_tail_until_somebody_scrolls() {
    let mut stage = busy(5);
    let size = Size { width: 80, height: 24 };
    let logs = ui::logs_extent(size, &stage.scene());
    assert!(logs.total > 200, "{logs:?}");
    assert_eq!(logs.first + logs.shown, logs.total + 1);
    stage.view.scroll.logs = Some(Index(100));
    assert_eq!(ui::logs_extent(size, &stage.scene()).first, 100);
    let shown = rows(&stage.frame(80, 24)).join("\n");
    assert!(shown.contains("entries 100-"), "{shown}");
}

#[test]
fn twenty_five_servers_scroll_below_their_leader() {
    let mut stage = Stage::new(25, 7);
    stage.until_leader();
    let size = Size { width: 80, height: 24 };
    let mut seen: Vec<String> = Vec::new();
    for scroll in 0..25 {
        stage.view.scroll.servers = scroll;
        let frame = rows(&stage.frame(80, 24));
        assert!(frame.iter().any(|row| row.contains("★ LEADER")), "{frame:#?}");
        seen.extend(frame.iter().map(|row| name_in(row)).filter(|name| name.starts_with('S')));
    }
    let all = stage.cluster.servers().iter().map(|server| server.id.to_string());
    assert!(all.into_iter().all(|name| seen.contains(&name)));
    let extent = ui::extent(size, &stage.scene(), Pane::Servers);
    assert_eq!((extent.first + extent.shown, extent.total), (25, 25));
}

/// The first place of a text on the screen.
fn find(stage: &Stage, size: (u16, u16), text: &str) -> (u16, u16) {
    *places(stage, size, text).first().unwrap_or_else(|| panic!("{text} is not on the screen"))
}

/// The last.
fn find_last(stage: &Stage, size: (u16, u16), text: &str) -> (u16, u16) {
    *places(stage, size, text).last().unwrap_or_else(|| panic!("{text} is not on the screen"))
}

fn places(stage: &Stage, (width, height): (u16, u16), text: &str) -> Vec<(u16, u16)> {
    let frame = stage.frame(width, height);
    let symbols: Vec<&str> = frame.content.iter().map(|cell| cell.symbol()).collect();
    let characters: Vec<String> = text.chars().map(String::from).collect();
    let windows = symbols.windows(characters.len()).enumerate();
    let found = windows.filter(|(_, window)| *window == characters);
    found.map(|(place, _)| (place as u16 % width, place as u16 / width)).collect()
}

#[test]
fn the_mouse_hits_what_is_drawn() {
    let mut stage = lost_majority();
    stage.view.hints.insert(0, Hint { about: Some(stage.leader()), ..Hint::new("i", "isolate") });
    for size in [(80, 24), (120, 40)] {
        let hit = |text: &str, right: u16| {
            let (x, y) = find(&stage, size, text);
            ui::hit(Size { width: size.0, height: size.1 }, &stage.scene(), x + right, y)
        };
        let leader = stage.leader();
        assert_eq!(hit("★ LEADER", 0), Some(Target::Server(leader)));
        let old = ServerId::from_index(0);
        let last = stage.cluster.servers()[0].raft.log().last_index();
        let cell = format!("{} x=9", stage.cluster.servers()[0].raft.term());
        let entry = Some(Target::Entry { server: old, index: last });
        let row = rows(&stage.frame(size.0, size.1)).iter().rposition(|row| name_in(row) == "S1");
        let y = row.expect("the row of S1") as u16;
        let (x, _) = find_last(&stage, size, &cell);
        let screen = Size { width: size.0, height: size.1 };
        assert_eq!(ui::hit(screen, &stage.scene(), x + 2, y), entry);
        let b = stage.cluster.client_named("b").expect("a client").id;
        assert_eq!(hit("▲ b", 2), Some(Target::Client(b)));
        assert_eq!(hit("i isolate", 3), Some(Target::Hint(0)));
        assert_eq!(hit("Space stop", 0), Some(Target::Hint(1)));
        assert_eq!(hit("? help", 2), Some(Target::Hint(stage.view.hints.len() - 1)));
    }
    stage.view.layout = Layout::Logs;
    for size in [(80, 24), (120, 40), (200, 60)] {
        let screen = Size { width: size.0, height: size.1 };
        let newest = stage.trace.listed().back().copied().expect("an event");
        let (x, y) = find(&stage, size, "─ Events");
        let title = ui::hit(screen, &stage.scene(), x + 3, y);
        assert_eq!(title, Some(Target::Pane(Pane::Events)));
        let below = y + ui::extent(screen, &stage.scene(), Pane::Events).shown as u16;
        assert_eq!(ui::hit(screen, &stage.scene(), x + 9, below), Some(Target::Event(newest)));
    }
}

#[test]
fn a_partition_is_told_in_words() {
    let stage = lost_majority();
    // At the largest scale these words are in block letters, which ASCII leaves to plain ones.
    let said = rows(&stage.frame(120, 40))[1..3].join(" ");
    let old = ServerId::from_index(0);
    assert!(said.contains("are cut off: 2 of 5, no majority."), "{said}");
    assert!(said.contains(&format!("{old} still believes that it leads.")), "{said}");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("Client b waits for {old}, a stuck leader.")), "{said}");
}

#[test]
fn an_old_leader_stays_one_when_the_new_one_crashes() {
    let mut stage = lost_majority();
    let row = |stage: &Stage| {
        let frame = rows(&stage.frame(80, 24));
        frame.into_iter().rev().find(|row| name_in(row) == "S1").expect("the row of S1")
    };
    assert!(row(&stage).contains("☆ STUCK LEADER"), "{}", row(&stage));
    stage.act(&["crash leader"]);
    stage.run(200);
    let frame = rows(&stage.frame(80, 24));
    assert!(row(&stage).contains("☆ STUCK LEADER"), "{}", row(&stage));
    assert!(!frame[0].contains("★"), "{}", frame[0]);
    assert!(frame[1].starts_with(" No leader"), "{}", frame[1]);
}

#[test]
fn a_lost_disk_is_outside_of_what_is_promised() {
    let mut stage = Stage::new(3, 7);
    stage.until_leader();
    assert!(rows(&stage.frame(80, 24))[0].contains("all rules hold"));
    stage.act(&["crash S1", "wipe S1"]);
    stage.run(1);
    let header = rows(&stage.frame(80, 24))[0].clone();
    assert!(header.contains("safety void: S") && !header.contains("all rules hold"), "{header}");
}

#[test]
fn a_leaders_next_heartbeat_is_never_cut_off() {
    let mut stage = Stage::new(5, 7);
    stage.until_leader();
    stage.view.layout = Layout::Logs;
    for (size, figure) in [((60, 16), "100ms"), ((80, 24), "100ms"), ((120, 40), "beat 100ms")] {
        let shown = rows(&stage.frame(size.0, size.1)).join("\n");
        assert!(shown.contains(figure), "{shown}");
    }
}

#[test]
fn the_term_stays_when_everybody_is_down() {
    let mut stage = Stage::new(5, 7);
    stage.until_leader();
    let term = stage.cluster.term();
    stage.act(&["crash all"]);
    let header = rows(&stage.frame(80, 24))[0].clone();
    assert!(header.contains(&format!("NO LEADER IN  TERM {term}")), "{header}");
}

#[test]
fn a_headline_that_is_cut_short_says_so() {
    let stage = Stage::new(5, 7);
    let headline = rows(&stage.frame(60, 16))[1].clone();
    assert!(headline.starts_with(" No leader.") && headline.ends_with(" .."), "{headline}");
    let whole = rows(&stage.frame(120, 40))[1].clone();
    assert!(whole.ends_with("becomes a candidate."), "{whole}");
}

#[test]
fn the_header_says_when_a_rule_is_broken_and_when_one_looks_at_the_past() {
    let mut stage = Stage::new(3, 1);
    let header = |stage: &Stage| rows(&stage.frame(80, 24))[0].clone();
    stage.act(&["flaw vote-twice on", "cut S1 <-> S3", "timeout S1"]);
    stage.until_leader();
    stage.run(50);
    assert!(header(&stage).contains("all rules hold"), "{}", header(&stage));
    stage.act(&["timeout S3"]);
    stage.until(|cluster| cluster.violation().is_some());
    let broken = header(&stage);
    assert!(broken.contains("! one-vote") && !broken.contains("all rules hold"), "{broken}");
    stage.view.clock = Clock::Past { newest: stage.cluster.now() };
    assert!(header(&stage).contains("◄ "), "{}", header(&stage));
}

#[test]
fn keys_about_a_server_stand_behind_its_name() {
    let mut stage = Stage::new(3, 1);
    let about = Some(ServerId::from_index(1));
    stage.view.hints.insert(1, Hint { about, ..Hint::new("x", "crash") });
    let footer = rows(&stage.frame(80, 24))[23].clone();
    assert!(footer.contains("S2: x crash │ . step"), "{footer}");
}

#[test]
fn a_release_of_another_s_lock_says_whose_it_is() {
    let mut stage = Stage::new(3, 1);
    stage.act(&["timeout S1", "acquire l client=a"]);
    stage.run(2_000);
    stage.act(&["release l client=b"]);
    stage.run(2_000);
    let text = rows(&stage.frame(120, 40)).join("\n");
    assert!(text.contains("S1 a has it") && !text.contains("S1 free"), "{text}");
}
