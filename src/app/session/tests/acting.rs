//! What keys do to the cluster, and what they say when they can do nothing; the modes and the
//! prompt.

use crate::app::input::Chord;
use crate::app::input::{Input, Mouse, MouseAct, Named};

use super::{
    FRAME, clock, drawn, find, frames, lab, last_command, led, power, press, refusal, script, wait,
};
use crate::app::session::{Effect, Message, Session, own};
use crate::cluster::server::Power;
use crate::cluster::types::{Node, ServerId};
use crate::ui::view::{Clock, Mode, Pane, Stands};

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
        ("D", "crash it before its disk is lost (x)"),
        ("9", "only 5 servers"),
        ("0 t", "leaders have no election timer"),
        ("n", "no script"),
        ("J", "J does nothing here"),
        ("u", "there is nothing to undo"),
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

/// The panel and the map give the groups the same letters, and the panel says why nothing is cut.
#[test]
fn partition_mode_says_what_the_map_says_and_why_not() {
    let mut session = script("cluster servers=3\n");
    press(&mut session, "P 1");
    let text = drawn(&session);
    let row =
        |letter: &str| text.lines().rfind(|line| line.starts_with(letter)).unwrap().to_owned();
    assert!(row(" A  S1 ").contains("1 of 3, no majority"), "{text}");
    assert!(row(" B  S2 S3 ").contains("2 of 3, majority"), "{text}");
    assert!(text.contains(" A  ▮▯▯  1 of 3"), "the map: {text}");
    press(&mut session, "1 1 Enter");
    assert!(drawn(&session).contains("all servers are in one group"), "{}", drawn(&session));
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
fn the_grid_is_changed_in_place() {
    let mut session = led();
    let server = |number| Node::Server(ServerId::from_number(number).unwrap());
    press(&mut session, "L Down Right");
    assert_eq!(session.scene().view.selection.link, Some((server(1), server(3))));
    press(&mut session, "Down z");
    assert_eq!(last_command(&session), "hold S2 -> S3");
    press(&mut session, "z");
    assert_eq!(last_command(&session), "release S2 -> S3");
    let click = |session: &mut Session| {
        let (column, row) = find(session, "Links, from");
        // The cell from S1 to S2: the names stand in the first row and column.
        let (column, row) = (column + 28, row + 2);
        let act = MouseAct::Press;
        session.update(Message::Input(Input::Mouse(Mouse { act, column, row })));
    };
    click(&mut session);
    let (from, to) = session.scene().view.selection.link.unwrap();
    assert!(session.cluster().reaches(from, to), "the first click chooses");
    click(&mut session);
    assert!(!session.cluster().reaches(from, to), "the second cuts");
    click(&mut session);
    assert!(session.cluster().reaches(from, to), "the third mends");
    press(&mut session, "Esc K");
    assert_eq!(session.scene().view.zoomed, Some(Pane::Links));
    press(&mut session, "j l Enter");
    assert!(matches!(session.scene().view.mode, Mode::Link(_)));
    press(&mut session, "Esc K : 'show_map Enter");
    assert_eq!(session.scene().view.zoomed, Some(Pane::Map));
    press(&mut session, ": 'show Enter");
    assert_eq!(session.scene().view.zoomed, None);
    press(&mut session, ": 'show_everything Enter");
    assert!(refusal(&session).contains("diagram"), "{}", refusal(&session));
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

/// A word of the prompt's own is completed, meant by a slip of the pen, and explained.
#[test]
fn the_prompts_own_words_are_known_as_verbs_are() {
    let prompt = |session: &Session| match &session.scene().view.mode {
        Mode::Prompt(prompt) => prompt.clone(),
        other => panic!("{other:?}"),
    };
    for own in own::all().filter(|own| own.name.len() > 4) {
        let mut session = led();
        let (begun, slip) = (&own.name[..own.name.len() - 1], own.name.replacen(['a', 'e'], "", 1));
        press(&mut session, &format!(": '{begun} Tab"));
        let offered = prompt(&session);
        let completed = [&offered.text].into_iter().chain(&offered.completions);
        assert!(completed.into_iter().any(|word| word == own.name), "{offered:?}");
        press(&mut session, &format!("Ctrl-u '{slip} Enter"));
        let help = prompt(&session).mistake.and_then(|mistake| mistake.help);
        if own.name != "save!" && slip != own.name {
            assert_eq!(help, Some(format!("did you mean `{}`?", own.name)));
        }
        press(&mut session, &format!("Ctrl-u 'help_{} Enter", own.name));
        let Mode::Dialog(reading) = &session.scene().view.mode else { panic!("{}", own.name) };
        assert!(format!("{reading:?}").contains(own.usage[0]), "{reading:?}");
    }
    let mut session = led();
    press(&mut session, ": 'back_lead Tab");
    assert_eq!(prompt(&session).text, "back leader");
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
fn every_key_of_every_mode_is_safe_to_press() {
    let mut session = lab();
    let named = [Named::Up, Named::Down, Named::Left, Named::Right, Named::PageUp];
    let chords: Vec<Chord> = (' '..='~')
        .map(Chord::Char)
        .chain(('a'..='y').map(Chord::Ctrl))
        .chain(named.map(Chord::Key))
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
