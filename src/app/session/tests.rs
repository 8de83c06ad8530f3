//! Sessions driven by keys and frames, without a terminal.

use std::time::Duration;

use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::{Effect, Message, Session};
use crate::cluster::Cluster;
use crate::cluster::command::Script;
use crate::cluster::config::Config;
use crate::cluster::server::Power;
use crate::cluster::types::{Node, ServerId};
use crate::ui::theme::Theme;
use crate::ui::view::{Clock, Mode, NoticeKind, Stands};

const FRAME: Duration = Duration::from_millis(16);

pub(super) fn lab() -> Session {
    sized(Session::free(Config::default(), Theme::default()))
}

pub(super) fn script(text: &str) -> Session {
    let script = Script::parse("test.lab", text.as_bytes()).unwrap();
    sized(Session::script("test.lab".into(), &script, None, Theme::default()))
}

pub(super) fn sized(mut session: Session) -> Session {
    session.resize(Size::new(120, 40));
    session
}

/// A lab with a leader that everybody follows, standing still.
pub(super) fn led() -> Session {
    let mut session = lab();
    wait(&mut session, 12.0, "a leader", |session| {
        let cluster = session.cluster();
        let led = |leader: ServerId| {
            cluster.servers().iter().all(|server| server.raft.leader == Some(leader))
        };
        cluster.leader().is_some_and(led)
    });
    session
}

pub(super) fn frames(session: &mut Session, seconds: f64) {
    for _ in 0..(seconds / FRAME.as_secs_f64()).ceil() as u32 {
        session.update(Message::Frame(FRAME));
    }
}

/// Lets room time pass until something holds.
pub(super) fn wait(
    session: &mut Session,
    seconds: f64,
    what: &str,
    holds: impl Fn(&Session) -> bool,
) {
    for _ in 0..(seconds / FRAME.as_secs_f64()).ceil() as u32 {
        if holds(session) {
            return;
        }
        session.update(Message::Frame(FRAME));
    }
    panic!("no {what} within {seconds} s; lab time is {}", session.cluster().now());
}

pub(super) fn key(word: &str) -> KeyEvent {
    let (code, held) = match word {
        "Enter" => (KeyCode::Enter, KeyModifiers::NONE),
        "Esc" => (KeyCode::Esc, KeyModifiers::NONE),
        "Space" => (KeyCode::Char(' '), KeyModifiers::NONE),
        "Tab" => (KeyCode::Tab, KeyModifiers::NONE),
        "Up" => (KeyCode::Up, KeyModifiers::NONE),
        "Down" => (KeyCode::Down, KeyModifiers::NONE),
        "PgDn" => (KeyCode::PageDown, KeyModifiers::NONE),
        "Backspace" => (KeyCode::Backspace, KeyModifiers::NONE),
        "F5" => (KeyCode::F(5), KeyModifiers::NONE),
        _ => match word.strip_prefix("Ctrl-") {
            Some(letter) => (KeyCode::Char(letter.chars().next().unwrap()), KeyModifiers::CONTROL),
            None => {
                assert_eq!(word.chars().count(), 1, "{word}");
                (KeyCode::Char(word.chars().next().unwrap()), KeyModifiers::NONE)
            }
        },
    };
    KeyEvent::new(code, held)
}

/// Presses keys: words parted by spaces, `'` before a text that is typed letter by letter.
pub(super) fn press(session: &mut Session, keys: &str) -> Option<Effect> {
    let mut effect = None;
    for word in keys.split(' ') {
        match word.strip_prefix('\'') {
            Some(text) => {
                for letter in text.chars().map(|letter| if letter == '_' { ' ' } else { letter }) {
                    let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
                    effect = session.update(Message::Input(Input::Key(key)));
                }
            }
            None => effect = session.update(Message::Input(Input::Key(key(word)))),
        }
    }
    effect
}

pub(super) fn refusal(session: &Session) -> String {
    let notice = session.scene().view.notice.clone().expect("the last row says something");
    assert_eq!(notice.kind, NoticeKind::Refusal, "{notice:?}");
    notice.text
}

pub(super) fn last_command(session: &Session) -> String {
    session.scene().view.last_command.clone().expect("a command was applied").text
}

fn power(session: &Session, number: u64) -> Power {
    session.cluster().server(ServerId::from_number(number).unwrap()).unwrap().power
}

fn clock(session: &Session) -> Clock {
    session.scene().view.clock.clone()
}

#[test]
fn the_lab_has_its_first_leader_within_five_seconds_in_the_room() {
    let mut session = lab();
    wait(&mut session, 5.0, "leader", |session| session.cluster().leader().is_some());
}

#[test]
fn a_crashed_leader_falls_and_another_rises() {
    let mut session = led();
    let old = session.cluster().leader().unwrap();
    press(&mut session, "X");
    assert_eq!(last_command(&session), format!("crash {old}"));
    assert_eq!(session.scene().view.selection.server, Some(old));
    assert_eq!(session.cluster().server(old).unwrap().power, Power::Down);
    wait(&mut session, 15.0, "new leader", |session| session.cluster().leader().is_some());
    assert_ne!(session.cluster().leader(), Some(old));
    press(&mut session, "r");
    assert_eq!(last_command(&session), format!("restart {old}"));
    assert_eq!(session.cluster().server(old).unwrap().power, Power::Up);
}

#[test]
fn keys_that_can_do_nothing_say_why() {
    let mut session = led();
    let cases = [
        ("x", "no server is selected"),
        ("3 r", "S3 is up"),
        ("H", "every link is whole"),
        ("R", "every server is up"),
        ("D", "x crashes it first"),
        ("9", "only 5 servers"),
        ("0 t", "a leader has no election timer"),
        ("n", "no script"),
        ("E", "E does nothing here"),
        ("u", "nobody has done anything"),
        ("M", "kept for later"),
        ("F5", "presenter"),
    ];
    for (keys, why) in cases {
        press(&mut session, keys);
        let said = refusal(&session);
        assert!(said.contains(why), "{keys}: {said}");
    }
    assert_eq!(session.cluster().commands(), 0);
}

#[test]
fn the_last_row_forgets_after_three_seconds() {
    let mut session = led();
    press(&mut session, "x");
    frames(&mut session, 2.9);
    assert!(session.scene().view.notice.is_some());
    frames(&mut session, 0.2);
    assert!(session.scene().view.notice.is_none());
}

#[test]
fn partition_mode_cuts_only_at_enter() {
    let mut session = led();
    press(&mut session, "P 4 5");
    assert_eq!(session.cluster().commands(), 0);
    assert!(matches!(session.scene().view.mode, Mode::Partition(_)));
    assert_eq!(clock(&session), Clock::Stands(Stands::Open));
    press(&mut session, "Enter");
    assert_eq!(session.cluster().groups().len(), 2);
    let command = session.scene().view.last_command.clone().unwrap();
    assert_eq!(command.text, "partition S1 S2 S3 | S4 S5");
    assert_eq!(command.keys.as_deref(), Some("P 4 5 Enter"));
    press(&mut session, "H");
    assert_eq!((session.cluster().groups().len(), last_command(&session)), (1, "heal".into()));
}

#[test]
fn partition_mode_leaves_with_nothing_cut() {
    let mut session = led();
    press(&mut session, "P 4 Esc");
    assert_eq!(session.cluster().groups().len(), 1);
    press(&mut session, "P Enter");
    assert!(refusal(&session).contains("one group"));
    press(&mut session, "Esc 2 m P Enter");
    assert_eq!(last_command(&session), "partition S1 S3 S4 S5 | S2");
}

#[test]
fn a_random_split_has_two_sides() {
    for draws in 1..6 {
        let mut session = led();
        press(&mut session, &format!("P{} Enter", " r".repeat(draws)));
        assert_eq!(session.cluster().groups().len(), 2, "{draws}");
    }
}

#[test]
fn clients_stand_in_groups_too() {
    let mut session = led();
    press(&mut session, "P 4 5 a b b Enter");
    assert_eq!(last_command(&session), "partition S1 S2 S3 a | S4 S5 b");
    let client = |name| Node::Client(session.cluster().client_named(name).unwrap().id);
    let server = |number| Node::Server(ServerId::from_number(number).unwrap());
    assert!(!session.cluster().reaches(client("a"), server(4)));
    assert!(session.cluster().reaches(client("b"), server(4)));
    assert!(session.cluster().reaches(client("c"), server(1)));
}

#[test]
fn link_mode_makes_a_command_of_each_press() {
    let mut session = led();
    let server = |number| Node::Server(ServerId::from_number(number).unwrap());
    press(&mut session, "L 2 4 x");
    assert_eq!(last_command(&session), "cut S2 -> S4");
    assert!(!session.cluster().reaches(server(2), server(4)));
    assert!(session.cluster().reaches(server(4), server(2)));
    press(&mut session, "M o o");
    assert_eq!(last_command(&session), "link S2 -> S4 loss=50%");
    press(&mut session, "s");
    assert!(last_command(&session).starts_with("link S2 -> S4 delay=100ms"));
    press(&mut session, "1 x");
    assert!(refusal(&session).contains("both ends"));
    press(&mut session, "Esc Esc");
    assert!(matches!(session.scene().view.mode, Mode::Normal));
}

#[test]
fn a_write_by_key_reaches_every_map() {
    let mut session = led();
    press(&mut session, "c");
    assert!(last_command(&session).starts_with("set x 1"), "{}", last_command(&session));
    let stored = |value: &'static str| {
        move |session: &Session| {
            let holds = |kv: &crate::cluster::kv::Kv| {
                kv.get("x").is_some_and(|stored| &*stored.value == value)
            };
            session.cluster().servers().iter().all(|server| holds(&server.rsm.kv))
        }
    };
    wait(&mut session, 20.0, "x=1", stored("1"));
    press(&mut session, "c");
    wait(&mut session, 20.0, "x=2", stored("2"));
}

#[test]
fn two_quick_writes_have_two_numbers() {
    let mut session = led();
    press(&mut session, "c c");
    assert!(last_command(&session).starts_with("set x 2"), "{}", last_command(&session));
}

#[test]
fn time_stands_while_something_is_open_and_when_it_is_stopped() {
    let mut session = led();
    for keys in ["Space", ":", "?", "P", "L", "o", "q"] {
        press(&mut session, keys);
        let before = session.cluster().now();
        frames(&mut session, 0.5);
        assert_eq!(session.cluster().now(), before, "{keys}");
        press(&mut session, if keys == "Space" { "Space" } else { "Esc" });
        frames(&mut session, 0.5);
        assert!(session.cluster().now() > before, "{keys}");
    }
}

#[test]
fn a_screen_that_stands_still_is_not_drawn_again() {
    let mut session = led();
    press(&mut session, "Space");
    frames(&mut session, 5.0);
    session.take_stale();
    frames(&mut session, 1.0);
    assert!(!session.take_stale());
    assert!(!session.is_restless());
    press(&mut session, "2");
    assert!(session.take_stale());
}

#[test]
fn a_long_frame_does_not_jump() {
    let mut session = led();
    press(&mut session, ": 'pace_real Enter");
    let before = session.cluster().now();
    session.update(Message::Frame(Duration::from_secs(3_600)));
    assert_eq!(session.cluster().now().since(before).micros(), 100_000);
}

#[test]
fn steps_stop_at_the_next_event_and_time_stands() {
    let mut session = led();
    let before = session.cluster().handled();
    press(&mut session, ";");
    assert_eq!(session.cluster().handled(), before + 1);
    assert_eq!(clock(&session), Clock::Stands(Stands::Paused));
    let listed = session.scene().trace.listed().len();
    press(&mut session, "X .");
    assert!(session.scene().trace.listed().len() > listed);
    assert_eq!(clock(&session), Clock::Stands(Stands::Paused));
}

#[test]
fn a_step_with_nothing_to_show_passes_over_nothing() {
    let mut session = led();
    let now = session.cluster().now();
    press(&mut session, ".");
    assert!(refusal(&session).contains("nothing to show"));
    assert_eq!(session.cluster().now(), now);
    assert_eq!(clock(&session), Clock::Stands(Stands::Paused));
}

#[test]
fn the_prompt_runs_commands_and_keeps_mistakes() {
    let mut session = led();
    press(&mut session, ": 'crahs_S2 Enter");
    let Mode::Prompt(prompt) = &session.scene().view.mode else { panic!("the line is kept") };
    assert_eq!(prompt.text, "crahs S2");
    let mistake = prompt.mistake.clone().expect("a mistake");
    assert_eq!((mistake.column, mistake.width), (0, 5));
    let told = format!("{} {}", mistake.message, mistake.help.unwrap_or_default());
    assert!(told.contains("crash"), "{told}");
    press(&mut session, "Ctrl-u 'crash_S2 Enter");
    assert_eq!(power(&session, 2), Power::Down);
    press(&mut session, ": 'crash_S2 Enter");
    assert!(matches!(&session.scene().view.mode, Mode::Prompt(prompt) if prompt.mistake.is_some()));
}

#[test]
fn the_prompt_has_a_history_that_starts_like_the_line() {
    let mut session = led();
    press(&mut session, ": 'crash_S1 Enter : 'restart_S1 Enter : 'crash_S2 Enter : 'cr Up Up");
    let text = |session: &Session| match &session.scene().view.mode {
        Mode::Prompt(prompt) => prompt.text.clone(),
        mode => panic!("{mode:?}"),
    };
    assert_eq!(text(&session), "crash S1");
    press(&mut session, "Down");
    assert_eq!(text(&session), "crash S2");
    press(&mut session, "Down");
    assert_eq!(text(&session), "cr");
    press(&mut session, "Ctrl-u Ctrl-r 'rest Enter");
    assert_eq!(text(&session), "restart S1");
    press(&mut session, "Esc : 'parti Tab");
    assert!(text(&session).starts_with("partition"));
}

#[test]
fn letters_are_letters_in_the_prompt() {
    let mut session = led();
    press(&mut session, ": 'q?X");
    assert!(matches!(&session.scene().view.mode, Mode::Prompt(prompt) if prompt.text == "q?X"));
    session.update(Message::Input(Input::Paste("a\nb\u{1b}c".into())));
    assert!(
        matches!(&session.scene().view.mode, Mode::Prompt(prompt) if prompt.text == "q?Xa b c")
    );
}

#[test]
fn the_filter_lists_what_has_the_words() {
    let mut session = led();
    let all = session.scene().trace.listed().len();
    press(&mut session, "/ 'leader Enter");
    let some = session.scene().trace.listed().len();
    assert!(0 < some && some < all, "{some} of {all}");
    press(&mut session, "Esc");
    assert_eq!(session.scene().trace.listed().len(), all);
}

#[test]
fn leaving_asks_once() {
    let mut session = lab();
    assert_eq!(press(&mut session, "q"), None);
    assert_eq!(press(&mut session, "Esc"), None);
    assert_eq!(press(&mut session, "q q"), Some(Effect::Leave));
    let mut session = lab();
    assert_eq!(press(&mut session, "Ctrl-c Ctrl-c"), Some(Effect::Leave));
    let mut session = lab();
    assert_eq!(press(&mut session, "Esc Esc Esc"), None);
}

#[test]
fn losing_a_disk_asks_and_q_does_not_mean_yes() {
    let mut session = led();
    press(&mut session, "2 x D q");
    assert!(!last_command(&session).contains("wipe"));
    press(&mut session, "D y");
    assert_eq!(last_command(&session), "wipe S2");
}

#[test]
fn a_script_tells_its_story_beat_by_beat() {
    let mut session = script(
        "cluster servers=3\nuntil leader\nsay One.\nbeat\nsay Two.\nbeat\ncrash leader\n\
         until new leader\n",
    );
    let at_beat = |number| move |session: &Session| clock(session) == beat(number);
    wait(&mut session, 20.0, "first beat", at_beat(1));
    assert_eq!(session.scene().view.caption.as_deref(), Some("One."));
    press(&mut session, "Space");
    wait(&mut session, 5.0, "second beat", at_beat(2));
    assert_eq!(session.scene().view.caption.as_deref(), Some("Two."));
    let before = session.cluster().now();
    frames(&mut session, 1.0);
    assert_eq!(session.cluster().now(), before);
    press(&mut session, "PgDn");
    wait(&mut session, 5.0, "crash", |session| {
        let last = session.scene().view.last_command.as_ref();
        last.is_some_and(|last| last.text.starts_with("crash S"))
    });
    wait(&mut session, 60.0, "end", |session| clock(session) == Clock::Stands(Stands::Ended));
    assert!(session.cluster().finished());
}

const fn beat(number: u32) -> Clock {
    Clock::Stands(Stands::Beat { number, of: 2 })
}

#[test]
fn a_caption_holds_the_script_until_it_has_been_read() {
    let mut session =
        script("cluster servers=3\nuntil leader\nsay Twenty characters...\ncrash leader\n");
    let told = |session: &Session| session.scene().view.caption.is_some();
    wait(&mut session, 20.0, "caption", told);
    let down = |session: &Session| {
        session.cluster().servers().iter().any(|server| server.power == Power::Down)
    };
    // 1.5 s, and 50 ms for each of 20 characters.
    frames(&mut session, 2.3);
    assert!(!down(&session));
    frames(&mut session, 0.4);
    assert!(down(&session));
}

#[test]
fn a_failed_expectation_stops_time_and_says_why() {
    let mut session = script("cluster servers=3\nuntil leader\nexpect term >= 50\nheal\n");
    let failed = |session: &Session| clock(session) == Clock::Stands(Stands::Failed);
    wait(&mut session, 20.0, "failure", failed);
    assert!(matches!(&session.scene().view.mode, Mode::Dialog(_)));
    press(&mut session, "Esc Space");
    assert!(refusal(&session).contains("line 3 failed"));
    assert!(failed(&session));
}

#[test]
fn a_broken_rule_is_explained_and_only_keys_that_look_are_offered() {
    let scene = "cluster servers=3 seed=1\nflaw vote-twice on\ncut S1 <-> S3\ntimeout S1\n\
                 until S1 is leader\nrun 50ms\ntimeout S3\nrun 60ms\n";
    let mut session = script(scene);
    wait(&mut session, 20.0, "broken rule", |session| clock(session) == Clock::Broken);
    press(&mut session, "1");
    let footer: Vec<String> =
        session.scene().view.hints.iter().map(|hint| hint.key.to_string()).collect();
    assert_eq!(footer[..2], ["w", ","], "{footer:?}");
    assert!(!footer.iter().any(|key| ["X", "x", "c", "P"].contains(&key.as_str())), "{footer:?}");
    assert_eq!(session.scene().view.hints[0].about, None, "w tells of the rule, not of S1");
    press(&mut session, "w");
    find(&session, "Broken: one-vote");
}

#[test]
fn the_run_is_the_same_at_every_pace() {
    let text = "cluster servers=5 seed=3\nuntil leader\nset x 1\ncrash leader\nuntil new leader\n\
                set x 2\nuntil applied x = 2\n";
    let parsed = Script::parse("test.lab", text.as_bytes()).unwrap();
    let mut headless = Cluster::with_script(&parsed, None);
    while !headless.finished() {
        headless.step();
    }
    for pace in ["'pace_auto", "'pace_10_slower", "'pace_real", "'pace_50_faster"] {
        let mut session = script(text);
        press(&mut session, &format!(": {pace} Enter"));
        wait(&mut session, 120.0, "end", |session| session.cluster().finished());
        assert_eq!(session.cluster().digest(), headless.digest(), "{pace}");
    }
}

#[test]
fn an_idle_minute_of_a_script_is_skimmed() {
    let mut session =
        script("cluster servers=3\nuntil leader\nrun 20s\nset x 1\nuntil applied x = 1\n");
    wait(&mut session, 30.0, "end", |session| session.cluster().finished());
}

#[test]
fn an_idle_lab_breathes_at_the_watch_pace() {
    let mut session = led();
    frames(&mut session, 5.0);
    let before = session.cluster().now();
    frames(&mut session, 4.0);
    let passed = session.cluster().now().since(before).micros();
    assert!((90_000..=110_000).contains(&passed), "{passed} us in 4 s");
    assert_eq!(session.scene().view.pace, "40× slower");
}

#[test]
fn fixed_paces_step_and_say_so() {
    let mut session = led();
    press(&mut session, "+");
    assert_eq!(session.scene().view.pace, "20× slower, fixed");
    press(&mut session, "- - -");
    assert_eq!(session.scene().view.pace, "200× slower, fixed");
    press(&mut session, "- - -");
    assert!(refusal(&session).contains("slowest"));
    press(&mut session, "Backspace");
    assert_eq!(session.scene().view.pace, "40× slower");
}

#[test]
fn copying_gives_what_replays_the_moment() {
    let mut session = led();
    let Some(Effect::Copy(text)) = press(&mut session, "y") else { panic!("nothing copied") };
    assert!(text.starts_with("raftlab") && text.contains("--seed"), "{text}");
    press(&mut session, "X");
    let Some(Effect::Copy(text)) = press(&mut session, "y") else { panic!("nothing copied") };
    assert!(text.lines().any(|line| line.starts_with("at ") && line.contains("crash S")), "{text}");
}

#[test]
fn the_copy_of_a_lab_played_as_a_script_is_the_same_run() {
    let mut session = led();
    for keys in ["c", "X", "c", "R"] {
        press(&mut session, keys);
        frames(&mut session, 3.0);
    }
    let Some(Effect::Copy(text)) = press(&mut session, "y") else { panic!("nothing copied") };
    assert!(text.lines().filter(|line| line.starts_with("at ")).count() >= 3, "{text}");
    let script = Script::parse("copy.lab", text.as_bytes()).unwrap();
    let mut copy = Cluster::with_script(&script, None);
    while !copy.finished() && copy.step() == crate::cluster::Step::Happened {}
    assert_eq!(copy.failure(), None, "{text}");
    let mut lab = session.cluster().clone();
    lab.run_until(lab.now());
    assert_eq!(copy.digest(), lab.digest());
}

/// The column and the row at which a text stands on the screen.
fn find(session: &Session, text: &str) -> (u16, u16) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    crate::ui::draw_into(&mut buffer, &session.scene());
    for y in 0..40 {
        let row: Vec<&str> = (0..120).map(|x| buffer[(x, y)].symbol()).collect();
        if let Some(x) = (0..120).find(|x| row[*x..].concat().starts_with(text)) {
            return (x as u16, y);
        }
    }
    panic!("{text:?} is not on the screen");
}

fn mouse(session: &mut Session, kind: MouseEventKind, text: &str) {
    let (column, row) = find(session, text);
    let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    session.update(Message::Input(Input::Mouse(mouse)));
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn a_click_selects_and_a_double_click_inspects() {
    let mut session = led();
    press(&mut session, "Space");
    mouse(&mut session, CLICK, "S2 ○");
    assert_eq!(session.scene().view.selection.server, ServerId::from_number(2));
    assert!(matches!(session.scene().view.mode, Mode::Normal));
    session.update(Message::Frame(Duration::from_millis(200)));
    mouse(&mut session, CLICK, "S2 ○");
    assert!(matches!(session.scene().view.mode, Mode::Dialog(_)));
    press(&mut session, "Esc");
    mouse(&mut session, CLICK, "S3 ○");
    session.update(Message::Frame(Duration::from_millis(600)));
    mouse(&mut session, CLICK, "S3 ○");
    assert!(matches!(session.scene().view.mode, Mode::Normal), "two slow clicks are two clicks");
}

#[test]
fn keys_in_the_footer_can_be_pressed() {
    let mut session = led();
    let leader = session.cluster().leader().unwrap();
    mouse(&mut session, CLICK, "X crash leader");
    assert_eq!(session.cluster().server(leader).unwrap().power, Power::Down);
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut session = led();
    mouse(&mut session, MouseEventKind::ScrollUp, "votes for");
    assert!(session.scene().view.selection.event.is_some());
    let before = session.scene().view.timeline.span;
    mouse(&mut session, MouseEventKind::ScrollDown, "leader ·");
    assert_ne!(session.scene().view.timeline.span, before);
}

#[test]
fn every_layout_and_every_pane_can_be_walked() {
    let mut session = led();
    press(&mut session, "c");
    frames(&mut session, 5.0);
    for _ in 0..4 {
        for _ in 0..7 {
            for keys in ["j j k", "l l h", "g", "G", "PgDn", "Enter Esc", "w Esc", "f f", "< >"] {
                press(&mut session, keys);
                let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
                crate::ui::draw_into(&mut buffer, &session.scene());
            }
            press(&mut session, "Tab");
        }
        press(&mut session, "s");
    }
    assert_eq!(session.cluster().commands(), 1);
}

#[test]
fn every_key_of_every_mode_is_safe_to_press() {
    let mut session = lab();
    let chords: Vec<KeyEvent> = (' '..='~')
        .map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE))
        .chain(
            ('a'..='y').map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)),
        )
        .chain(
            [KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::PageUp]
                .map(|code| KeyEvent::new(code, KeyModifiers::NONE)),
        )
        .collect();
    for mode in ["Esc", "P", "L", ":", "?", "o", "/", "c", "X", "Tab", "f"] {
        for chord in &chords {
            press(&mut session, mode);
            session.update(Message::Input(Input::Key(*chord)));
            session.update(Message::Frame(FRAME));
            press(&mut session, "Esc Esc Esc");
        }
    }
}
