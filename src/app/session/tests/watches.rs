//! What is watched: the values of the moment that is shown, and since when they are so.

use std::collections::BTreeSet;

use crate::app::input::{Input, Mouse, MouseAct};
use proptest::prelude::*;
use proptest::sample::select;

use super::typed::resumed;
use super::{find, frames, lab, led, press, recorded, refusal, script, started, wait};
use crate::app::session::{Message, Moment, Session};
use crate::cluster::command::Unmet;
use crate::cluster::time::{Span, Time};
use crate::cluster::timeline::Goal;
use crate::ui::view::{Mode, Since, Stands, WatchRow};

fn watch(session: &mut Session, what: &str) {
    press(session, &format!(": 'watch_{} Enter", what.replace(' ', "_")));
}

/// What stands on the screen of the one that is watched first.
fn first(session: &Session) -> (String, Since) {
    let row = session.scene().view.watches.first().cloned().expect("something is watched");
    (row.value, row.since)
}

#[test]
fn a_value_is_that_of_the_moment_and_says_since_when_in_the_past_too() {
    let mut session = led();
    press(&mut session, "Space");
    watch(&mut session, "term");
    let (value, begun) = first(&session);
    assert_eq!(value, "1");
    let Since::At(elected) = begun else { panic!("{begun:?}") };
    assert!(elected > Time::START && elected < session.cluster().now());
    press(&mut session, "X Space");
    wait(&mut session, 60.0, "term 2", |session| session.cluster().term().0 == 2);
    press(&mut session, "Space");
    let Since::At(second) = first(&session).1 else { panic!("{:?}", first(&session)) };
    assert_eq!(first(&session).0, "2");
    assert!(second > elected && second <= session.cluster().now());
    session.seek(Goal::Time(second - Span::from_millis(20)));
    session.finish().unwrap();
    session.show();
    assert_eq!(first(&session), ("1".to_owned(), begun));
    session.seek(Goal::Time(elected - Span(1)));
    session.finish().unwrap();
    session.show();
    assert_eq!(first(&session), ("0".to_owned(), Since::At(Time::START)));
    press(&mut session, "Tab G");
    session.seek(Goal::Time(second + Span::from_secs(1)));
    session.finish().unwrap();
    session.show();
    assert_eq!(first(&session), ("2".to_owned(), Since::At(second)));
    assert!(session.branches.is_empty(), "to watch is no deed");
}

#[test]
fn a_condition_is_true_or_false() {
    let mut session = led();
    press(&mut session, "Space");
    watch(&mut session, "leader = S1");
    watch(&mut session, "no leader");
    let now = |session: &Session| -> Vec<String> {
        session.scene().view.watches.iter().map(|row| row.value.clone()).collect()
    };
    let leads = session.cluster().leader().is_some_and(|leader| leader.number() == 1);
    assert_eq!(now(&session), [leads.to_string(), "false".to_owned()]);
    press(&mut session, "X");
    assert_eq!(now(&session), ["false", "true"]);
    find(&session, "no leader");
    find(&session, "true ◄");
}

#[test]
fn what_has_just_changed_is_marked_until_one_goes_on() {
    let mut session = led();
    press(&mut session, "Space");
    watch(&mut session, "packets");
    watch(&mut session, "term");
    let fresh = |session: &Session| -> Vec<bool> {
        session.scene().view.watches.iter().map(|row| row.fresh).collect()
    };
    press(&mut session, "c");
    assert_eq!(fresh(&session), [true, false]);
    frames(&mut session, 2.0);
    assert_eq!(fresh(&session), [true, false], "paused: the mark stays");
    let before = first(&session).0;
    press(&mut session, ";");
    frames(&mut session, 2.0);
    assert_eq!(fresh(&session), [first(&session).0 != before, false]);
}

#[test]
fn a_list_takes_them_off_one_by_one() {
    let mut session = lab();
    press(&mut session, "W");
    assert!(refusal(&session).contains("nothing is watched"));
    for what in ["term", "leader", "S2 log"] {
        watch(&mut session, what);
    }
    watch(&mut session, "term");
    assert_eq!(session.scene().view.watches.len(), 3, "the same once");
    press(&mut session, "W j Enter");
    let names = |session: &Session| -> Vec<String> {
        session.scene().view.watches.iter().map(|row| row.name.clone()).collect()
    };
    assert_eq!(names(&session), ["term", "S2 log"]);
    assert!(matches!(session.scene().view.mode, Mode::Dialog(_)), "the list stays open");
    press(&mut session, "Esc : 'unwatch_S2_log Enter");
    assert_eq!(names(&session), ["term"]);
    press(&mut session, ": 'unwatch_S2_log Enter");
    assert!(refusal(&session).contains("S2 log is not watched"));
    press(&mut session, "W Enter");
    assert!(names(&session).is_empty());
    assert!(matches!(session.scene().view.mode, Mode::Normal), "an empty list closes");
    for number in 1..=30 {
        watch(&mut session, &format!("copies {number}"));
    }
    assert!(names(&session).len() < 30 && refusal(&session).contains("are the most"));
}

#[test]
fn the_mouse_opens_the_list_where_it_points() {
    let mut session = lab();
    for what in ["term", "leader", "S2 log"] {
        watch(&mut session, what);
    }
    let (column, row) = find(&session, "S2 log");
    let act = MouseAct::Press;
    session.update(Message::Input(Input::Mouse(Mouse { act, column, row })));
    press(&mut session, "Enter Esc");
    let names: Vec<&str> =
        session.scene().view.watches.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["term", "leader"]);
}

#[test]
fn a_script_watches_with_its_names_filled_in_and_takes_it_back() {
    let mut session = script(
        "cluster servers=3 seed=1\nlet one = S2\nwatch {one} log\nwatch {one} is \
         follower\nrun 10ms\nbeat\nunwatch all\nbeat\n",
    );
    frames(&mut session, 10.0);
    let names: Vec<&str> =
        session.scene().view.watches.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["S2 log", "S2 is follower"]);
    press(&mut session, "Space");
    frames(&mut session, 10.0);
    assert!(session.scene().view.watches.is_empty());
}

#[test]
fn what_is_kept_of_a_session_keeps_what_is_watched() {
    let mut session = led();
    let reel = recorded(&mut session);
    watch(&mut session, "term");
    watch(&mut session, "S1 holds x");
    press(&mut session, "W Enter Esc c");
    frames(&mut session, 2.0);
    for text in [reel.text().unwrap(), session.as_script(true)] {
        assert!(text.contains("watch S1 holds x\n") && !text.contains("watch term"), "{text}");
    }
    let text = reel.text().unwrap();
    let mut again = resumed(&text);
    assert_eq!(again.cluster().digest(), session.cluster().digest());
    let name = |session: &Session| session.scene().view.watches[0].name.clone();
    assert_eq!(name(&again), "S1 holds x");
    // Once more, and with another in its place.
    press(&mut again, "W Enter");
    watch(&mut again, "leader");
    let text = again.as_script(false);
    assert!(text.contains("watch leader") && !text.contains("holds x"), "{text}");
}

/// Two beats, between which `x` is written; S1 leads throughout.
const LESSON: &str = "cluster servers=3 seed=5\nwatch value x\nwatch leader\ntimeout S1\n\
                      until S1 is leader\nbeat\nset x 1\nexpect S1 is leader\nbeat\n\
                      unwatch all\nrun 10ms\n";

#[test]
fn a_session_that_starts_late_watches_what_the_script_does_and_marks_nothing_old() {
    let mut session = script(LESSON);
    started(&mut session, &Moment::Beat(2)).unwrap();
    let rows = session.shown_watches();
    let shown = |row: &WatchRow| (row.name.clone(), row.value.clone(), row.fresh);
    let row = |name: &str, value: &str| (name.to_owned(), value.to_owned(), false);
    assert_eq!(
        rows.iter().map(shown).collect::<Vec<_>>(),
        [row("value x", "1 @1 on 1"), row("leader", "S1, term 1")]
    );
    assert!(rows.iter().all(|row| matches!(row.since, Since::At(time) if time > Time::START)));
    press(&mut session, "N");
    assert_eq!(session.shown_watches().len(), 2, "going back by lines leaves them");
    press(&mut session, ": 'goto_beat_2 Enter Space");
    wait(&mut session, 60.0, "the end", |session| session.halt.is_some());
    assert!(session.shown_watches().is_empty());
}

#[test]
fn a_session_with_watches_and_remarks_resumes() {
    let mut session = script(LESSON);
    let reel = recorded(&mut session);
    let beat = |session: &Session| matches!(session.halt, Some(Stands::Beat { .. }));
    wait(&mut session, 60.0, "a beat", beat);
    watch(&mut session, "term");
    assert_eq!(session.cluster().unmet(), Unmet::Fail, "to watch is not to act");
    press(&mut session, "1 x Space");
    watch(&mut session, "S2 log");
    wait(&mut session, 120.0, "a beat", beat);
    frames(&mut session, 0.1);
    assert_eq!(session.cluster().remarks(), 1);
    let text = reel.text().unwrap();
    let again = resumed(&text);
    assert_eq!(again.cluster().digest(), session.cluster().digest(), "{text}");
    assert_eq!((again.cluster().remarks(), again.cluster().unmet()), (1, Unmet::Remark));
    let names = |session: &Session| -> BTreeSet<String> {
        session.shown_watches().into_iter().map(|row| row.name).collect()
    };
    assert_eq!(names(&again).len(), 4);
    assert_eq!(names(&again), names(&session));
}

const KEYS: &[&str] =
    &["c", "v", "X", "R", "0 i", "H", "P l Enter", "M a 1 Enter Esc", "M a Esc", ". .", ", ,", "u"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// What is followed step by step is what is found by looking it up in the run.
    #[test]
    fn since_when_does_not_depend_on_the_way_one_came(
        acts in prop::collection::vec((select(KEYS), 0u32..30), 1..12),
    ) {
        let mut session = lab();
        for what in ["term", "leader", "value x", "S2 log", "idle", "messages"] {
            watch(&mut session, what);
        }
        for (keys, room) in acts {
            press(&mut session, keys);
            frames(&mut session, f64::from(room) / 20.0);
            let shown = |session: &Session| -> Vec<(String, Since)> {
                let rows = session.shown_watches().into_iter();
                rows.map(|row| (row.value, row.since)).collect()
            };
            let followed = shown(&session);
            session.refresh_watches();
            session.finish().unwrap();
            prop_assert_eq!(shown(&session), followed, "after {}", keys);
        }
    }
}
