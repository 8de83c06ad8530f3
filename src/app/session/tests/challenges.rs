//! Challenges on the screen: which keys are offered, and what is said at the end.

use super::*;
use crate::app::keymap::{BINDINGS, Binding, KeyMode};
use crate::app::scenes::{CHALLENGES, within};
use crate::ui::view::Stands;

/// A challenge at its turn, with something to do for every key: packets in flight, one server down.
fn at_the_turn(allow: &str) -> Session {
    let text = format!(
        "cluster servers=3\nchallenge x commands=9 allow={allow}\nuntil leader\nput x 1 @0\n\
         if S1 is leader\ncrash S3\nelse\ncrash S1\nend\nput x 2 @1 nowait\nby-hand on\nturn\njudge\n"
    );
    let mut session = script(&text);
    wait(&mut session, 60.0, "turn", |session| {
        session.cluster().player().stage == crate::cluster::command::Stage::Open
    });
    session
}

/// How a key is pressed in its mode, with nothing and with each server selected.
fn ways(binding: &Binding) -> Vec<String> {
    let before: &[&str] = match binding.mode {
        KeyMode::Normal => &["", "1 ", "2 ", "3 "],
        KeyMode::Packet => &["M "],
        KeyMode::Link => &["L 1 2 "],
        _ => &[],
    };
    let key = match binding.chords[0] {
        Chord::Char(' ') => "Space".to_owned(),
        Chord::Char(key) | Chord::Range(key, _) => key.to_string(),
        Chord::Key(Named::Enter) => "Enter".to_owned(),
        Chord::Ctrl(_) | Chord::Key(_) => return Vec::new(),
    };
    before.iter().map(|before| format!("{before}{key}")).collect()
}

/// What is refused is known of before: the key does one of the verbs that the table says of it.
#[test]
fn a_key_whose_deed_the_head_forbids_is_not_offered() {
    let mut refused = 0;
    for binding in BINDINGS {
        for keys in ways(binding) {
            // Links can be chosen, and nothing done with them.
            let allow = if binding.mode == KeyMode::Link { "mend,wipe" } else { "wipe" };
            let mut session = at_the_turn(allow);
            press(&mut session, &keys);
            let notice = session.scene().view.notice.clone();
            let text = notice.map(|notice| notice.text).unwrap_or_default();
            if text.contains("does not allow") {
                refused += 1;
                assert!(!session.is_allowed(binding.action), "{keys}: {text}");
            }
            // Where all is allowed that the table says of it, it is not refused.
            let verbs = super::super::allowed::verbs(binding.action);
            if !verbs.is_empty() {
                let mut session = at_the_turn(&format!("{},mend", verbs.join(",")));
                press(&mut session, &keys);
                let notice = session.scene().view.notice.clone();
                let text = notice.map(|notice| notice.text).unwrap_or_default();
                assert!(!text.contains("does not allow"), "{keys}: {text}");
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

/// In the challenges of the program, wherever one stands.
#[test]
fn the_footer_of_a_challenge_has_keys_for_what_it_allows() {
    for scene in within(CHALLENGES) {
        let parsed = Script::parse(scene.path(), scene.text()).unwrap();
        let mut session = sized(Session::script("x.lab".into(), &parsed, None, Theme::default()));
        wait(&mut session, 60.0, "turn", |session| {
            session.cluster().player().stage == crate::cluster::command::Stage::Open
        });
        for keys in ["Esc", "1", "M", "L 1 2", "P"] {
            press(&mut session, keys);
            for binding in session.hinted() {
                let verbs = super::super::allowed::verbs(binding.action);
                let may = |verb: &&str| session.cluster().permits(verb).is_ok();
                assert!(verbs.is_empty() || verbs.iter().any(may), "{}: {binding:?}", scene.path());
            }
            press(&mut session, "Esc");
        }
    }
}

#[test]
fn a_panel_that_could_do_nothing_says_so_and_what_else_does() {
    let mut session = script("cluster servers=3\nchallenge x commands=1 allow=cut\nturn\njudge\n");
    frames(&mut session, 1.0);
    press(&mut session, "P");
    let said = refusal(&session);
    assert!(said.contains("does not allow `partition`, only cut: press L"), "{said}");
    press(&mut session, "Esc");
    assert!(drawn(&session).contains("L link"), "{}", drawn(&session));
    press(&mut session, "L 1 2 x");
    assert_eq!(last_command(&session), "cut S1 -> S2");
}

/// Where a rule was to be broken and holds, what there is instead.
#[test]
fn a_challenge_that_is_missed_says_what_there_is_instead() {
    let said = |number: usize| {
        let scene = within(CHALLENGES)[number - 1];
        let parsed = Script::parse(scene.path(), scene.text()).unwrap();
        let mut session = sized(Session::script("x.lab".into(), &parsed, None, Theme::default()));
        let beat = |session: &Session| matches!(clock(session), Clock::Stands(Stands::Beat { .. }));
        wait(&mut session, 60.0, "turn", beat);
        press(&mut session, "Space");
        wait(&mut session, 60.0, "end", |session| {
            matches!(clock(session), Clock::Stands(Stands::Ended | Stands::Failed))
        });
        drawn(&session)
    };
    for (number, fact) in [
        (1, "Not solved: S3 is follower in term 0."),
        (5, "Not solved: S4 last is 1."),
        (7, "Not solved: S1's log has one entry, of term 1."),
        (12, "Not solved: no server has committed an entry; S1 leads term 1."),
        (13, "Not solved: no server has voted twice: S1 for S1 in term 1, S2 for S1 in term 1"),
        (14, "Not solved: one order explains every answer; the last get: from 0.397553s"),
    ] {
        assert!(said(number).contains(fact), "{number}: {}", said(number));
    }
}

/// The rule that was to be broken is broken: that ends the run, and what is said of it begins with that
/// it was wanted.
#[test]
fn a_challenge_that_is_met_by_a_broken_rule_says_so() {
    let scene = within(CHALLENGES)[12];
    let parsed = Script::parse(scene.path(), scene.text()).unwrap();
    let mut session = sized(Session::script("x.lab".into(), &parsed, None, Theme::default()));
    wait(&mut session, 60.0, "turn", |session| {
        session.cluster().player().stage == crate::cluster::command::Stage::Open
    });
    press(&mut session, "2 x r t");
    assert!(session.cluster().is_met());
    let told = drawn(&session);
    let words: Vec<&str> = told.split_whitespace().collect();
    let said = words.join(" ");
    assert!(
        said.contains("Solved: two-votes-in-one-term is met with 3 commands, par 3."),
        "{told}"
    );
}

/// A write is what the challenge calls one.
#[test]
fn the_key_of_a_write_submits_where_that_is_allowed() {
    for (keys, command) in [
        ("c", "submit x 1 @0 only=S1"),
        ("1 c", "submit x 1 @0 only=S1"),
        ("M c", "submit x 1 @0 only=S1"),
    ] {
        let mut session = script(
            "cluster servers=3\nchallenge x commands=2 allow=submit\ntimeout S1\n\
             until S1 is leader\nturn\njudge\n",
        );
        wait(&mut session, 20.0, "turn", |session| {
            session.cluster().player().stage == crate::cluster::command::Stage::Open
        });
        press(&mut session, keys);
        assert_eq!(session.cluster().servers()[0].raft.log().len(), 1, "{keys}: {command}");
    }
}
