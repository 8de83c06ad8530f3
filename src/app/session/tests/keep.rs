//! What is kept of a session comes back: the recording at any moment, and the script saved of it.

use proptest::prelude::*;
use proptest::sample::select;

use super::{expecting, frames, lab, led, press, refusal, script};
use crate::app::files::Old;
use crate::app::recorder::{Recorder, reached};
use crate::app::session::{Effect, Session};
use crate::cluster::Cluster;
use crate::cluster::command::Script;
use crate::ui::theme::Theme;
use crate::ui::view::NoticeKind;

/// Opens what stands in a recording, as `--resume` does.
fn resumed(text: &str) -> Session {
    let script = Script::parse("kept.lab", text.as_bytes())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
    let place = reached(&script.source).expect("it says how far it came");
    let mut session = Session::script("kept.lab".into(), &script, None, Theme::default());
    session.resume(place);
    session.finish().expect("it comes there");
    session
}

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn whoever_is_killed_loses_nothing_that_was_shown(
        acts in prop::collection::vec((select(KEYS), 0u32..40), 1..20),
        scripted in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.lab");
        let mut session = if scripted {
            script("cluster servers=3 seed=5\nuntil leader\nset x 1 nowait\nsay one\nbeat\n\
                    run 100ms\nset x 2 nowait\nbeat\nloop for 2s as i\n  set y v{i}\nend\n")
        } else {
            lab()
        };
        session.record(Ok(Recorder::to(path.clone())));
        for (keys, wait) in acts {
            press(&mut session, keys);
            frames(&mut session, f64::from(wait) / 20.0);
            press(&mut session, "Esc");
            frames(&mut session, 0.02);
            // Killed here: what would be found?
            if session.is_past() {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let mut again = resumed(&text);
            prop_assert_eq!(again.cluster().place(), session.cluster().place(), "{}", text);
            prop_assert_eq!(again.cluster().digest(), session.cluster().digest(), "{}", text);
            // And once more, from what the resumed session has written down.
            let second = folder.path().join("second.lab");
            again.record(Ok(Recorder::to(second.clone())));
            let third = resumed(&std::fs::read_to_string(&second).unwrap());
            prop_assert_eq!(third.cluster().digest(), session.cluster().digest(), "{}", text);
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
        // A script that is saved plays on until all that is due at its last moment has happened.
        let mut end = session.cluster().clone();
        if end.is_by_hand() {
            end.apply(&crate::cluster::command::parse_line("by-hand off").unwrap()).unwrap();
        }
        end.run_until(end.now());
        let text = session.as_script(None);
        // At the very start, what was due and waits comes before the script's last line.
        let started = end.now() > crate::cluster::time::Time::START;
        prop_assume!(started || !text.contains("by-hand"));
        prop_assert_eq!(run(&text).digest(), end.digest(), "{}", text);
        run(&expecting(&session));
    }
}

fn save(session: &mut Session, rest: &str) {
    session.save(rest, Old::Keep(":save! replaces it"));
    frames(session, 0.02);
}

#[test]
fn only_its_own_files_are_replaced_by_a_session_that_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (folder.path().join("mine.lab"), folder.path().join("theirs.lab"));
    std::fs::write(&theirs, "# by hand\n").unwrap();
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let mut session = led();
    save(&mut session, theirs.to_str().unwrap());
    assert!(refusal(&session).contains(":save! replaces it"));
    assert_eq!(read(&theirs), "# by hand\n");
    save(&mut session, mine.to_str().unwrap());
    press(&mut session, "c");
    save(&mut session, mine.to_str().unwrap());
    assert!(read(&mine).contains("set x 1"), "its own is saved again: {}", read(&mine));
    std::fs::write(&mine, "# edited since\n").unwrap();
    save(&mut session, mine.to_str().unwrap());
    assert_eq!(read(&mine), "# edited since\n");
    press(&mut session, &format!(": 'save!_{} Enter", mine.display()));
    assert!(read(&mine).contains("set x 1"), "{}", read(&mine));
    let recording = folder.path().join("session.lab");
    session.record(Ok(Recorder::to(recording.clone())));
    let before = read(&recording);
    press(&mut session, &format!(": 'save!_{} Enter", recording.display()));
    assert!(refusal(&session).contains("recorded there"));
    assert_eq!(read(&recording), before);
    for screen in ["-", "/dev/stdout"] {
        save(&mut session, screen);
        assert_eq!(session.scene().view.notice.as_ref().unwrap().kind, NoticeKind::Refusal);
    }
}

#[test]
fn a_session_is_saved_under_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.lab");
    let mut session = led();
    press(&mut session, "c");
    frames(&mut session, 5.0);
    save(&mut session, &format!("{} expect", path.display()));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("clients a b c\n") && text.contains("expect linearizable\n"), "{text}");
    run(&text);
    save(&mut session, "");
    assert!(refusal(&session).contains("which name"));
    save(&mut session, "/dev/null/no/such/folder/x.lab");
    assert!(refusal(&session).contains("can't write"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_the_lab_goes_on() {
    let mut session = led();
    session.record(Ok(Recorder::to("/dev/null/no/such/folder/session.lab".into())));
    frames(&mut session, 0.02);
    assert!(refusal(&session).contains("recorded no further"));
    press(&mut session, "X");
    frames(&mut session, 1.0);
    assert!(session.recording().is_none());
    assert_eq!(session.cluster().commands(), 1);
}

#[test]
fn a_session_in_which_nothing_was_done_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.lab");
    for (keys, kept) in [("Space", false), ("X", true)] {
        let mut session = led();
        session.record(Ok(Recorder::to(path.clone())));
        assert!(path.exists());
        press(&mut session, keys);
        session.leave();
        assert_eq!(path.exists(), kept, "{keys}");
    }
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
    let text = expecting(&session);
    let saved = run(&text);
    let down = |cluster: &Cluster| {
        let power = |server: &crate::cluster::server::Server| format!("{:?}", server.power);
        cluster.servers().iter().map(power).collect::<Vec<_>>()
    };
    assert_eq!(down(&saved), down(session.cluster()), "{text}");
    assert!(down(&saved).contains(&"Down".to_owned()), "{text}");
}
