//! What is kept of a session comes back: the recording at any moment, and the script saved of it.

use proptest::prelude::*;
use proptest::sample::select;

use super::typed::{assert_kept, resumed};
use super::{drawn, frames, lab, led, press, recorded, refusal, script};
use crate::app::input::Input;
use crate::app::session::{Effect, Message, Saving, Session};
use crate::cluster::Cluster;
use crate::cluster::command::Script;
use crate::ui::view::Kept;

fn run(text: &str) -> Cluster {
    let script = Script::parse("saved.lab", text.as_bytes())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    assert_eq!(cluster.failure(), None, "{text}");
    cluster
}

const KEYS: &[&str] = &[
    "c",
    "c",
    "v",
    "X",
    "R",
    "3 x",
    "3 r",
    "2 z",
    "1 i",
    "H",
    "P l Enter",
    "0 i",
    "4 t",
    "T",
    "A",
    "Space",
    ". . .",
    "; ;",
    "n",
    ", ,",
    "u",
    "U",
    "[ c",
    "] m",
    "L 1 2 x Enter",
    "M a",
    "M a 1 c Enter Enter Enter",
    "M Enter x t",
    "M 2 3 r u",
    ": p u t Space y Space 7 Space @ 0 Enter",
    ": e v e r y Space 9 0 m s Space t i m e o u t \
     Space r a n d o m Enter",
    ": c r a s h Space r a n d o m Enter",
];

/// The present future ends before the other did what comes next in it.
#[test]
fn a_future_that_ends_before_the_other_parts_from_it_is_kept() {
    let mut session = script("cluster servers=3 seed=5\nuntil leader\nset x 1 nowait\n");
    let reel = recorded(&mut session);
    let every = ": e v e r y Space 9 0 m s Space t i m e o u t Space r a n d o m Enter";
    for keys in [every, "L 1 2 x Enter", ", ,", every] {
        press(&mut session, keys);
        press(&mut session, "Esc");
        frames(&mut session, 0.02);
        assert_kept(&session, &reel);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_killed_loses_nothing_that_was_shown(
        acts in prop::collection::vec((select(KEYS), 0u32..40), 1..20),
        scripted in any::<bool>(),
    ) {
        let mut session = if scripted {
            script("cluster servers=3 seed=5\nuntil leader\nset x 1 nowait\nsay one\nbeat\n\
                    run 100ms\nset x 2 nowait\nbeat\nloop for 2s as i\n  set y v{i}\nend\n")
        } else {
            lab()
        };
        let reel = recorded(&mut session);
        for (keys, wait) in acts {
            press(&mut session, keys);
            frames(&mut session, f64::from(wait) / 20.0);
            press(&mut session, "Esc");
            frames(&mut session, 0.02);
            // Killed here: what would be found?
            assert_kept(&session, &reel);
            // And once more, from what the resumed session has written down.
            if let Some(text) = reel.text() {
                let mut again = resumed(&text);
                let second = recorded(&mut again);
                again.record_all();
                assert_kept(&again, &second);
            }
        }
    }

    #[test]
    fn what_is_saved_runs_to_the_same_digest(
        acts in prop::collection::vec((select(KEYS), 0u32..30), 1..15),
    ) {
        let mut session = lab();
        for (keys, wait) in acts {
            press(&mut session, keys);
            press(&mut session, "Esc");
            frames(&mut session, f64::from(wait) / 20.0);
        }
        for expect in [false, true] {
            let text = session.as_script(expect);
            let (saved, live) = (run(&text), session.cluster());
            prop_assert_eq!(saved.digest(), live.digest(), "{}", text);
            prop_assert_eq!(saved.now(), live.now(), "{}", text);
        }
    }
}

/// Types `:save`, and says what came of it as whoever has the files would.
fn save(session: &mut Session, rest: &str, done: Result<(), String>) -> Option<Saving> {
    press(session, ":");
    session.update(Message::Input(Input::Paste(format!("save{rest}"))));
    match press(session, "Enter") {
        Some(Effect::Save(saving)) => {
            session.saved(&saving.name, done);
            Some(saving)
        }
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_is_saved_under_a_name() {
    let mut session = led();
    press(&mut session, "c");
    frames(&mut session, 5.0);
    let saving = save(&mut session, " mine.lab expect", Ok(())).unwrap();
    assert_eq!((&*saving.name, saving.replace), ("mine.lab", false));
    let text = saving.text;
    assert!(text.contains("clients a b c\n") && text.contains("expect linearizable\n"), "{text}");
    run(&text);
    let said = |session: &Session| session.scene().view.notice.clone().unwrap().text;
    assert_eq!(said(&session), "saved: raftlab run mine.lab");
    let saving = save(&mut session, "! a file.lab", Err("no room".into())).unwrap();
    assert_eq!((&*saving.name, saving.replace), ("a file.lab", true));
    assert!(!saving.text.contains("expect"), "{}", saving.text);
    assert_eq!(refusal(&session), "no room");
    assert_eq!(save(&mut session, "", Ok(())), None);
    assert!(refusal(&session).contains("which name"));
}

#[test]
fn what_cannot_be_recorded_is_said_and_nothing_is_missing_once_it_can() {
    let mut session = led();
    let reel = recorded(&mut session);
    *reel.broken.borrow_mut() = Some("no room".into());
    frames(&mut session, 0.02);
    press(&mut session, "X");
    frames(&mut session, 0.02);
    assert_eq!(refusal(&session), "the session is not recorded now: a reel: no room");
    press(&mut session, "c");
    frames(&mut session, 1.0);
    assert_eq!(session.scene().view.kept, Kept::Not("no room".into()));
    assert_eq!((session.cluster().commands(), reel.text()), (2, None));
    *reel.broken.borrow_mut() = None;
    frames(&mut session, 1.5);
    assert_eq!(session.scene().view.kept, Kept::Well);
    assert_kept(&session, &reel);
    assert!(reel.text().unwrap().contains("crash"));
}

#[test]
fn a_session_in_which_nothing_was_done_leaves_nothing() {
    for (keys, kept) in [("Space", false), ("+", false), ("X", true), ("b", true)] {
        let mut session = led();
        let reel = recorded(&mut session);
        press(&mut session, keys);
        frames(&mut session, 1.0);
        // Killed here, there is nothing that could stand before another.
        assert_eq!(reel.text().is_some(), kept, "{keys}");
        session.leave();
        assert_eq!(reel.text().is_some(), kept, "{keys}");
    }
    // Nor when everything has been taken back.
    let mut session = led();
    let reel = recorded(&mut session);
    press(&mut session, "X u");
    session.leave();
    assert!(reel.text().is_some(), "a session that resumes it can do it again");
    let mut session = led();
    let reel = recorded(&mut session);
    press(&mut session, "b b");
    assert!(reel.text().is_some());
    session.leave();
    assert_eq!(reel.text(), None);
}

/// A presentation is written down from its beginning, for who follows it; what is promised when one
/// leaves is what is kept.
#[test]
fn what_is_not_kept_is_not_promised_on_leaving() {
    for (keys, kept) in [("F5 Esc", false), ("b b", false), ("F5 X Esc", true)] {
        let mut session = led();
        let reel = recorded(&mut session);
        press(&mut session, keys);
        frames(&mut session, 0.1);
        assert!(reel.text().is_some(), "{keys}");
        press(&mut session, "q");
        let said = drawn(&session);
        assert_eq!(said.contains("Your session is saved as a script"), kept, "{keys}: {said}");
        assert_eq!(said.contains("nothing to keep"), !kept, "{keys}: {said}");
        session.leave();
        assert_eq!(reel.text().is_some(), kept, "{keys}");
    }
}

#[test]
fn copying_gives_what_replays_the_moment() {
    let mut session = led();
    let Some(Effect::Copy(text)) = press(&mut session, "y") else { panic!("nothing copied") };
    assert!(text.starts_with("raftlab") && text.contains("--seed"), "{text}");
    press(&mut session, "X");
    let Some(Effect::Copy(text)) = press(&mut session, "y") else { panic!("nothing copied") };
    assert!(
        text.lines().any(|line| line.starts_with("did ") && line.contains("crash S")),
        "{text}"
    );
}

#[test]
fn the_copy_of_a_lab_played_as_a_script_is_the_same_run() {
    let mut session = led();
    for keys in ["c", "X", "c", "R"] {
        press(&mut session, keys);
        frames(&mut session, 3.0);
    }
    let Some(Effect::Copy(text)) = press(&mut session, "y") else { panic!("nothing copied") };
    assert!(text.lines().filter(|line| line.starts_with("did ")).count() >= 3, "{text}");
    let script = Script::parse("copy.lab", text.as_bytes()).unwrap();
    let mut copy = Cluster::with_script(&script, None);
    while !copy.finished() && copy.step() == crate::cluster::Step::Happened {}
    assert_eq!(copy.failure(), None, "{text}");
    assert_eq!(copy.digest(), session.cluster().digest());
}

#[test]
fn what_was_done_beside_a_script_and_after_its_end_is_saved_too() {
    let mut session = script("cluster servers=3 seed=5\nuntil leader\nset x 1\n");
    for _ in 0..20 {
        if session.cluster().finished() {
            break;
        }
        press(&mut session, "n");
    }
    press(&mut session, "Space");
    frames(&mut session, 1.0);
    press(&mut session, "X");
    frames(&mut session, 1.0);
    let text = session.as_script(true);
    let saved = run(&text);
    let down = |cluster: &Cluster| {
        let power = |server: &crate::cluster::server::Server| format!("{:?}", server.power);
        cluster.servers().iter().map(power).collect::<Vec<_>>()
    };
    assert_eq!(down(&saved), down(session.cluster()), "{text}");
    assert!(down(&saved).contains(&"Down".to_owned()), "{text}");
}
