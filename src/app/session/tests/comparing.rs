//! Two futures of a session side by side.

use super::{find, frames, led, press, refusal, script, wait};
use crate::app::session::Session;
use crate::cluster::compare::Row;
use crate::ui::view::{Comparison, DialogBody, Mode, Stands};

fn shown(session: &Session) -> Comparison {
    let Mode::Dialog(dialog) = &session.scene().view.mode else { panic!("nothing is open") };
    let DialogBody::Comparison(comparison) = &dialog.body else { panic!("{dialog:?}") };
    (**comparison).clone()
}

/// Waits until the comparison is done.
fn compared(session: &mut Session) -> Comparison {
    wait(session, 20.0, "a comparison", |session| !session.works());
    shown(session)
}

/// Two futures: the leader has crashed, and it has not.
fn parted() -> Session {
    let mut session = led();
    press(&mut session, "Space X");
    press(&mut session, "Space");
    wait(&mut session, 60.0, "a new leader", |session| session.cluster().leader().is_some());
    press(&mut session, "Space u c Space");
    frames(&mut session, 2.0);
    press(&mut session, "Space");
    session
}

#[test]
fn a_branch_is_compared_by_key_and_by_word() {
    let mut session = parted();
    let before = (session.cluster().point(), session.cluster().digest());
    press(&mut session, ": 'branches Enter d");
    assert!(session.is_restless(), "it is made while frames pass");
    let comparison = compared(&mut session);
    assert!(comparison.heads[0].contains("here: set x 1"), "{:?}", comparison.heads);
    assert!(comparison.heads[1].contains("there: crash S"), "{:?}", comparison.heads);
    assert!(comparison.heads[0].contains(", by itself"), "{:?}", comparison.heads);
    let first = comparison.first.expect("something differs");
    assert_eq!(comparison.chosen, first);
    let Row { same, .. } = &comparison.rows[first];
    assert!(!same);
    find(&session, "there: crash S");
    press(&mut session, "Esc : 'compare_1 Enter");
    assert_eq!(compared(&mut session).rows, comparison.rows);
    press(&mut session, "G");
    find(&session, "these are not the same");
    press(&mut session, "Esc");
    frames(&mut session, 0.02);
    assert!(session.comparing.is_none());
    assert_eq!((session.cluster().point(), session.cluster().digest()), before, "it only looks");
    press(&mut session, ": 'compare_2 Enter");
    assert!(refusal(&session).contains("which of 1 branches"));
    press(&mut session, "? d");
    assert!(refusal(&session).contains(":branches"));
    let mut session = led();
    press(&mut session, ": 'compare Enter");
    assert!(refusal(&session).contains("one future only"));
}

#[test]
fn one_goes_from_a_row_to_its_moment() {
    let mut session = parted();
    press(&mut session, ": 'branches Enter d");
    let comparison = compared(&mut session);
    let time = comparison.rows[comparison.chosen].time;
    press(&mut session, "Enter");
    assert_eq!(session.cluster().now(), time);
    press(&mut session, ": 'compare Enter");
    compared(&mut session);
    press(&mut session, "G Enter");
    assert!(refusal(&session).contains("here it goes to"), "the other goes further");
}

#[test]
fn what_was_improvised_is_compared_with_the_script_that_was_not_played() {
    let mut session = script(
        "cluster servers=3 seed=5\ntimeout S1\nuntil S1 is leader\nbeat\nset x 1\n\
         expect S1 is leader\nrun 1s\n",
    );
    for _ in 0..5 {
        if matches!(session.halt, Some(Stands::Beat { .. })) {
            break;
        }
        press(&mut session, "Space");
        wait(&mut session, 60.0, "the beat", |session| session.halt.is_some());
    }
    press(&mut session, "1 x Space");
    wait(&mut session, 200.0, "the end", |session| session.halt == Some(Stands::Ended));
    press(&mut session, ": 'compare Enter");
    let comparison = compared(&mut session);
    assert!(comparison.heads[1].contains("script untouched, by itself"));
    let differences = comparison.differences.expect("it is done");
    let of = |what: &str| differences.iter().find(|one| one.what == what).cloned();
    let run = of("the run").expect("expectations differ").values;
    assert_eq!(run, ["goes on; one line would have failed", "goes on"]);
    assert!(of("leader").is_some());
}
