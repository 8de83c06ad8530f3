//! Sessions that go back: to moments, to events, to before a command, and on differently.

use super::{frames, lab, led, press, refusal, script, wait};
use crate::app::session::Session;
use crate::cluster::server::Power;
use crate::cluster::time::{Span, Time};
use crate::cluster::timeline::Goal;
use crate::cluster::timers::TimerKind;
use crate::ui::view::{Clock, Stands};

fn digest(session: &Session) -> u64 {
    session.cluster().digest()
}

fn down(session: &Session) -> usize {
    session.cluster().servers().iter().filter(|server| server.power == Power::Down).count()
}

#[test]
fn stepping_back_and_on_again_is_never_to_have_left() {
    let mut session = led();
    press(&mut session, "Space c . . . . . . . .");
    let mut passed = vec![(session.cluster().point(), digest(&session))];
    for _ in 0..6 {
        press(&mut session, ",");
        assert!(matches!(session.scene().view.clock, Clock::Past { .. }));
        passed.push((session.cluster().point(), digest(&session)));
    }
    assert!(passed.windows(2).all(|pair| pair[1].0 < pair[0].0), "{passed:?}");
    for (point, digest_then) in passed.iter().rev().skip(1) {
        press(&mut session, ".");
        assert_eq!((session.cluster().point(), digest(&session)), (*point, *digest_then));
    }
    assert!(!matches!(session.scene().view.clock, Clock::Past { .. }), "at the newest moment");
}

#[test]
fn the_past_lists_what_came_before_it() {
    let mut session = led();
    press(&mut session, "Space c . . . . . .");
    let listed = |session: &Session| -> Vec<u64> {
        session.scene().trace.listed().iter().copied().collect()
    };
    let all = listed(&session);
    for _ in 0..4 {
        press(&mut session, ",");
        let now = listed(&session);
        assert!(!now.is_empty() && all.starts_with(&now), "{now:?} of {all:?}");
        assert!(now.iter().all(|number| session.scene().trace.get(*number).is_some()));
    }
    assert!(listed(&session).len() < all.len());
}

#[test]
fn the_last_command_is_that_of_the_moment() {
    let mut session = led();
    let last = |session: &Session| {
        let last = session.scene().view.last_command.as_ref();
        last.map(|last| (last.text.clone(), last.keys.clone()))
    };
    press(&mut session, "Space X");
    let crashed = last(&session);
    let leader = session.cluster().servers().iter().find(|server| server.power == Power::Down);
    let leader = leader.expect("it is down").id;
    assert_eq!(crashed, Some((format!("crash {leader}"), Some("X".into()))));
    press(&mut session, ". . R . .");
    assert_eq!(last(&session).map(|(text, _)| text), Some(format!("restart {leader}")));
    press(&mut session, ", , , ,");
    let told = last(&session).map(|(text, _)| text);
    assert_eq!(told, crashed.map(|(text, _)| text), "before the restart");
    press(&mut session, ", , ,");
    assert_eq!(last(&session), None, "before the crash");
    // What was undone was not the last that was done.
    let mut session = led();
    press(&mut session, "Space X . . R u");
    assert!(last(&session).is_some_and(|(text, _)| text.starts_with("crash ")));
}

#[test]
fn a_server_that_is_not_there_is_refused_wherever_a_condition_is_asked() {
    let mut session = led();
    for line in ["goto_leader_=_S9", "back_S9_is_leader", "reroll_10_until_leader_=_S9"] {
        press(&mut session, &format!(": '{line} Enter"));
        assert!(refusal(&session).contains("there is no S9"), "{line}");
    }
    press(&mut session, ": 'reroll_5 Enter");
    assert!(refusal(&session).contains("until what?"));
}

#[test]
fn the_past_is_told_from_the_present_whatever_one_does_there() {
    let mut session = led();
    press(&mut session, "Space c . . . . . . . . , , ,");
    for keys in ["[", "Esc", ":", "Esc", "Space"] {
        press(&mut session, keys);
        assert!(session.scene().view.timeline.newest.is_some(), "{keys}");
    }
}

#[test]
fn the_events_shown_are_those_up_to_the_moment() {
    let mut session = led();
    press(&mut session, "Space c . . . . . . . . . .");
    let last = |session: &Session| {
        let trace = session.scene().trace;
        trace.listed().back().and_then(|number| trace.get(*number)).cloned()
    };
    let newest = last(&session);
    press(&mut session, ", , ,");
    let shown = last(&session).expect("there are events");
    assert!(shown.time <= session.cluster().now());
    assert_ne!(Some(&shown), newest.as_ref());
    press(&mut session, ". . .");
    assert_eq!(last(&session), newest);
}

#[test]
fn undo_takes_back_ones_last_command_and_redo_does_it_again() {
    let mut session = led();
    press(&mut session, "u");
    assert!(refusal(&session).contains("there is nothing to undo"));
    press(&mut session, "X");
    frames(&mut session, 1.0);
    press(&mut session, "Space");
    let (after, digest_after) = (session.cluster().now(), digest(&session));
    assert_eq!(down(&session), 1);
    assert!(session.scene().view.last_command.is_some());
    press(&mut session, "u");
    assert_eq!(session.scene().view.last_command.as_ref().map(|last| last.text.as_str()), None);
    assert_eq!(down(&session), 0);
    assert!(session.cluster().now() < after);
    press(&mut session, "U");
    assert_eq!((session.cluster().now(), digest(&session)), (after, digest_after));
    press(&mut session, "U");
    assert!(refusal(&session).contains("nothing has been undone"));
}

#[test]
fn what_goes_on_after_undoing_is_another_future_and_the_old_one_is_kept() {
    let mut session = led();
    press(&mut session, "X");
    frames(&mut session, 1.0);
    press(&mut session, "Space");
    let old = digest(&session);
    press(&mut session, "u H");
    assert!(refusal(&session).contains("every link is whole"), "that was no command");
    press(&mut session, "c");
    frames(&mut session, 1.0);
    assert_eq!(down(&session), 0);
    press(&mut session, ": b r a n c h e s Enter");
    press(&mut session, "Enter");
    assert_eq!((down(&session), digest(&session)), (1, old));
    press(&mut session, ": b r a n c h e s Enter Enter");
    assert_eq!(down(&session), 0);
}

#[test]
fn acting_in_the_past_keeps_the_old_future() {
    let mut session = led();
    press(&mut session, "c");
    frames(&mut session, 3.0);
    press(&mut session, "Space");
    let (end, old) = (session.cluster().now(), digest(&session));
    session.seek(Goal::Time(end - Span::from_millis(20)));
    session.finish().unwrap();
    press(&mut session, "X");
    assert_eq!(down(&session), 1);
    assert!(!session.is_past(), "this is the newest moment of the new future");
    press(&mut session, ": b r a n c h e s Enter Enter");
    assert_eq!((session.cluster().now(), digest(&session)), (end, old));
}

#[test]
fn time_that_goes_on_in_the_past_repeats_what_happened() {
    let mut session = led();
    press(&mut session, "X");
    wait(&mut session, 20.0, "a new leader", |session| session.cluster().leader().is_some());
    press(&mut session, "Space");
    let (end, old) = (session.cluster().point(), digest(&session));
    session.seek(Goal::Time(Time(0)));
    session.finish().unwrap();
    assert_eq!((session.cluster().now(), down(&session)), (Time(0), 0));
    press(&mut session, "Space");
    wait(&mut session, 60.0, "the newest moment", |session| !session.is_past());
    let straight = session.timeline.seek(Goal::Point(end), |_| {}).0;
    assert_eq!(straight.digest(), old);
    assert_eq!(down(&session), 1);
}

#[test]
fn one_jumps_to_the_next_and_the_last_of_a_kind() {
    let mut session = led();
    press(&mut session, "Space ] a");
    assert!(session.cluster().history().is_empty(), "there is no answer to come");
    press(&mut session, "c ] a");
    let answered = session.cluster().point();
    assert!(session.cluster().history().records()[0].returned.is_some());
    press(&mut session, "[ r");
    assert!(session.cluster().point() < answered);
    assert!(session.cluster().leader().is_some());
    press(&mut session, "] a");
    assert_eq!(session.cluster().point(), answered);
    press(&mut session, "[ v");
    assert!(refusal(&session).contains("no broken rule before this"));
    press(&mut session, "[ Esc ; ; b ; ; ; [ [");
    assert!(session.cluster().point() > answered);
    assert!(session.bookmarks.keys().eq([&session.cluster().point()]));
}

#[test]
fn back_finds_where_a_condition_became_true() {
    let mut session = led();
    press(&mut session, "Space : b a c k Space l e a d e r Enter");
    assert!(session.cluster().leader().is_some());
    let there = session.cluster().point();
    press(&mut session, ",");
    assert!(session.cluster().leader().is_none());
    press(&mut session, ".");
    assert_eq!(session.cluster().point(), there);
    press(&mut session, ": b a c k Space n o n s e n s e Enter");
    assert!(refusal(&session).contains("expected"));
}

#[test]
fn the_previous_beat_comes_with_its_caption() {
    let mut session =
        script("say one\nbeat\nrun 1s\nsay two\nbeat\nrun 1s\nsay three\nbeat\nrun 1s\n");
    press(&mut session, "n n");
    let beat = |session: &Session, number| {
        let at = matches!(&session.halt, Some(Stands::Beat { number: n, .. }) if *n == number);
        assert!(at, "{:?}", session.halt);
        session.player.caption().map(ToString::to_string)
    };
    for _ in 0..40 {
        if matches!(session.halt, Some(Stands::Beat { number: 3, .. })) {
            break;
        }
        press(&mut session, "n");
    }
    assert_eq!(beat(&session, 3).as_deref(), Some("three"));
    let mut guard = 0;
    while !matches!(session.halt, Some(Stands::Beat { number: 2, .. })) {
        press(&mut session, "N");
        guard += 1;
        assert!(guard < 10);
    }
    assert_eq!(beat(&session, 2).as_deref(), Some("two"));
}

#[test]
fn the_timeline_is_scrubbed_with_the_arrows() {
    let mut session = lab();
    frames(&mut session, 2.0);
    press(&mut session, "Space");
    session.view.focus = crate::ui::view::Pane::Timeline;
    let now = session.cluster().now();
    press(&mut session, "h h h");
    let back = session.cluster().now();
    assert!(back < now);
    press(&mut session, "l");
    assert!(session.cluster().now() > back);
    press(&mut session, "G");
    assert_eq!(session.cluster().now(), now);
    press(&mut session, "l");
    assert!(refusal(&session).contains("newest moment"));
}

#[test]
fn a_breakpoint_stands_time_still_at_the_event_that_made_it_true() {
    let mut session = led();
    press(&mut session, "B");
    assert!(refusal(&session).contains("there is no breakpoint"));
    press(&mut session, ": b r e a k Space t e r m Space > = Space 2 Enter X");
    wait(&mut session, 60.0, "term 2", |session| session.cluster().term().0 == 2);
    assert_eq!(session.halt, Some(Stands::Breakpoint));
    let scene = session.scene();
    let event = scene.view.selection.event.and_then(|number| scene.trace.get(number));
    assert_eq!(event.map(|event| event.time), Some(session.cluster().now()));
    // Going back to before it, and on: it stands there again. Switched off, it does not.
    let there = session.cluster().point();
    session.seek(Goal::Time(session.cluster().now() - Span::from_millis(50)));
    session.finish().unwrap();
    press(&mut session, "Space");
    wait(&mut session, 60.0, "term 2", |session| session.halt.is_some());
    assert_eq!((session.cluster().point(), &session.halt), (there, &Some(Stands::Breakpoint)));
    session.seek(Goal::Time(session.cluster().now() - Span::from_millis(50)));
    session.finish().unwrap();
    press(&mut session, "B Enter Esc Space");
    wait(&mut session, 60.0, "a leader", |session| session.cluster().leader().is_some());
    assert_eq!(session.halt, None);
}

#[test]
fn a_script_sets_breakpoints() {
    let mut session = script("break leader\nrun 10s\n");
    wait(&mut session, 60.0, "a leader", |session| session.cluster().leader().is_some());
    assert_eq!(session.halt, Some(Stands::Breakpoint));
}

#[test]
fn a_reroll_goes_on_with_fresh_randomness_and_is_recorded() {
    let mut session = led();
    press(&mut session, "Space X");
    let timers = |session: &Session| {
        let servers = session.cluster().servers().iter();
        servers.filter_map(|server| server.timer(TimerKind::Election)).collect::<Vec<_>>()
    };
    let mut seen = vec![timers(&session)];
    for reroll in 1..=3 {
        press(&mut session, ": r e r o l l Enter");
        assert_eq!(session.timeline.deeds().len(), 1 + reroll);
        assert!(!seen.contains(&timers(&session)), "armed timers are drawn again");
        seen.push(timers(&session));
    }
    let script = session.as_script(false);
    let seeds = script.lines().filter(|line| line.contains("reseed 0x") && line.ends_with(" all"));
    assert_eq!(seeds.count(), 3, "{script}");
}

/// The lines of the answer.
fn answer(session: &mut Session, question: &str) -> String {
    session.reroll(question);
    session.finish().expect("only the opening of a lab is given up");
    let crate::ui::view::Mode::Dialog(dialog) = &session.scene().view.mode else {
        panic!("the answer is to be read")
    };
    format!("{:?}", dialog.body)
}

/// In how many futures it came true.
fn hits(answer: &str) -> u32 {
    let (_, rest) = answer.split_once("It comes true in ").expect("an answer");
    rest.split(' ').next().expect("a number").parse().expect("a number")
}

#[test]
fn many_futures_are_asked_and_each_asking_plays_others() {
    let ask = || {
        let mut session = led();
        press(&mut session, "Space X");
        let before = digest(&session);
        let running = session.cluster().servers().iter().filter(|server| server.is_running());
        let running: Vec<String> = running.map(|server| server.id.to_string()).collect();
        let mut answers = Vec::new();
        for server in running.iter().chain(running.first()) {
            answers.push(answer(&mut session, &format!("200 until leader = {server}")));
        }
        assert_eq!(digest(&session), before, "the lab itself is paused");
        answers
    };
    let answers = ask();
    assert_eq!(answers.len(), 5);
    // The leader has crashed, and each of the other four is as likely as any other to be next.
    for answer in &answers {
        assert!(answer.contains("200 of 200") && answer.contains(" all`, from here"), "{answer}");
        assert!((24..=76).contains(&hits(answer)), "{answer}");
        assert!(answer.contains(" % ± ") && answer.contains("95 % confidence: "), "{answer}");
        assert!(answer.contains("4 election timers"), "{answer}");
    }
    assert_ne!(answers[0], answers[4], "the same question again: another two hundred futures");
    assert_eq!(ask(), answers, "a session that is played again gives the same answers");
}

#[test]
fn an_answer_says_what_stays_and_what_ended_early() {
    let mut session = script("timers spread\nrun 1ms\nuntil leader = S5 within 2s\nbeat\nrun 9s\n");
    wait(&mut session, 60.0, "a start", |session| session.cluster().now().micros() >= 1_000);
    let answer_ = answer(&mut session, "20 until leader = S4 within 5s");
    assert!(answer_.contains("Unchanged in all: ") && answer_.contains("5 timers set by `timers`"));
    assert_eq!(hits(&answer_), 0, "the timers are spread: S1's comes first");
    assert!(answer_.contains("In 20 the run ended first"), "{answer_}");
    // The lab all by hand: time passes in the futures, and the question is answered.
    let mut session = led();
    press(&mut session, "Space X M a");
    assert!(session.cluster().is_by_hand());
    let answer = answer(&mut session, "20 until new leader");
    assert_eq!(hits(&answer), 20, "{answer}");
    assert!(session.cluster().is_by_hand());
}

#[test]
fn a_question_about_futures_that_makes_no_sense_is_refused() {
    let mut session = led();
    for (line, why) in [
        ("many", "how many futures"),
        ("10 expect leader", "until what"),
        ("10 until nonsense", "expected"),
    ] {
        session.reroll(line);
        frames(&mut session, 0.02);
        assert!(refusal(&session).contains(why), "{line}");
    }
}
