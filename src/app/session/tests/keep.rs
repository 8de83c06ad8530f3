//! What is kept of a session comes back: the recording at any moment, and the script saved of it.

use proptest::prelude::*;
use proptest::sample::select;

use super::typed::{assert_kept, resumed};
use super::{frames, lab, led, press, refusal, script};
use crate::app::recorder::Recorder;
use crate::app::session::{Effect, Session};
use crate::app::shell::files::Old;
use crate::cluster::Cluster;
use crate::cluster::command::Script;
use crate::ui::view::{Kept, NoticeKind};

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
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

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
            assert_kept(&session, &path);
            // And once more, from what the resumed session has written down.
            if let Ok(text) = std::fs::read_to_string(&path) {
                let second = folder.path().join("second.lab");
                let mut again = resumed(&text);
                again.record(Ok(Recorder::to(second.clone())));
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
    press(&mut session, "b");
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
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no-folder");
    std::fs::write(&file, "").unwrap();
    let mut session = led();
    session.record(Ok(Recorder::to(file.join("session.lab"))));
    frames(&mut session, 0.02);
    press(&mut session, "X");
    frames(&mut session, 0.02);
    assert!(refusal(&session).contains("not recorded now"));
    frames(&mut session, 1.0);
    assert!(matches!(session.scene().view.kept, Kept::Not(_)));
    assert_eq!(session.cluster().commands(), 1);
}

#[test]
fn a_session_in_which_nothing_was_done_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.lab");
    for (keys, kept) in [("Space", false), ("+", false), ("X", true), ("b", true)] {
        let mut session = led();
        session.record(Ok(Recorder::to(path.clone())));
        press(&mut session, keys);
        frames(&mut session, 1.0);
        // Killed here, there is no file that could stand before another.
        assert_eq!(path.exists(), kept, "{keys}");
        session.leave();
        assert_eq!(path.exists(), kept, "{keys}");
    }
    // Nor when everything has been taken back.
    let mut session = led();
    session.record(Ok(Recorder::to(path.clone())));
    press(&mut session, "X u");
    session.leave();
    assert!(path.exists(), "it can be done again by whoever resumes it");
    let mut session = led();
    let path = folder.path().join("marked.lab");
    session.record(Ok(Recorder::to(path.clone())));
    press(&mut session, "b b");
    assert!(path.exists());
    session.leave();
    assert!(!path.exists());
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
