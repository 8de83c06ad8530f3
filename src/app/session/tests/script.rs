//! Scripts that play in the lab: their lines, going to them, and what becomes of them when
//! somebody acts.

use std::time::Duration;

use ratatui::layout::Size;

use super::typed::resumed;
use super::{frames, lab, led, press, recorded, refusal, script, started, wait};
use crate::app::session::{Message, Moment, Session};
use crate::cluster::Cluster;
use crate::cluster::command::{Script, Unmet};
use crate::ui::view::{Came, Pane, Stands};

/// Three beats, and expectations that a crash of S1 disappoints.
const LESSON: &str = "cluster servers=3 seed=5\n\
                      # Who leads?\n\
                      timeout S1\n\
                      until S1 is leader\n\
                      say \"S1 leads.\"\n\
                      beat\n\
                      set x 1\n\
                      expect S1 is leader\n\
                      beat\n\
                      set y 2\n\
                      expect S1 is leader and term = 1\n\
                      mark done\n\
                      beat\n\
                      run 100ms\n";

fn digest(session: &Session) -> u64 {
    session.cluster().digest()
}

fn at_beat(session: &Session) -> Option<u32> {
    match session.halt {
        Some(Stands::Beat { number, .. }) => Some(number),
        _ => None,
    }
}

/// Plays on to a beat.
fn to_beat(session: &mut Session, number: u32) {
    for _ in 0..40 {
        if at_beat(session) == Some(number) {
            return;
        }
        press(session, "Space");
        wait(session, 120.0, "a stop", |session| session.halt.is_some());
    }
    panic!("no beat {number}");
}

fn to_the_end(session: &mut Session) {
    for _ in 0..60 {
        if session.cluster().finished() {
            return;
        }
        press(session, "Space");
        wait(session, 200.0, "a stop", |session| session.halt.is_some());
    }
    panic!("the script does not end: {:?}", session.halt);
}

fn came(session: &Session, line: u32) -> Option<Came> {
    let script = session.scene().view.script.as_ref().expect("a script");
    script.seen.get(&line).map(|seen| seen.came)
}

/// What `raftlab run` makes of a script.
fn run(text: &str) -> Cluster {
    let script = Script::parse("saved.lab", text.as_bytes())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    cluster
}

#[test]
fn the_script_is_left_when_somebody_acts_and_goes_on_with_remarks() {
    let mut session = script(LESSON);
    to_beat(&mut session, 1);
    press(&mut session, "1 x");
    assert_eq!(session.cluster().unmet(), Unmet::Remark);
    assert_eq!(session.branches.len(), 1, "the script untouched");
    to_the_end(&mut session);
    assert_eq!(session.cluster().failure(), None);
    assert_eq!(
        (came(&session, 8), came(&session, 11)),
        (Some(Came::Remarked), Some(Came::Remarked))
    );
    assert_eq!(session.cluster().remarks(), 2);
    // The script as it is fails of nothing; with the crash put down in it, it does.
    assert_eq!(run(LESSON).failure(), None);
    let crashed = LESSON.replacen("beat\n", "beat\ncrash S1\n", 1);
    assert_eq!(run(&crashed).failure().map(|failure| failure.line), Some(9));
}

#[test]
fn what_was_done_has_its_lines_when_it_is_played_again() {
    let text = "cluster servers=3 seed=4\nrecording form=1 engine=2\ndid 0.1s+0 timeout S1\n\
                did 1s+0 crash S1\ndid 1.5s+0 expect not S1 is leader\nreached 2s\n";
    let mut session = script(text);
    to_the_end(&mut session);
    let place = session.scene().view.script.as_ref().map(|script| script.line);
    assert_eq!(place, Some(5));
    let all = [3, 4, 5].map(|line| came(&session, line));
    assert_eq!(all, [Some(Came::Ran), Some(Came::Ran), Some(Came::Held)]);
    press(&mut session, "N");
    press(&mut session, "N");
    assert_eq!(session.scene().view.script.as_ref().map(|script| script.line), Some(4));
    press(&mut session, ": 'goto_line_3 Enter");
    assert!(session.cluster().now() < crate::cluster::time::Time(200_000));
}

#[test]
fn a_command_that_cannot_be_carried_out_leaves_the_script_alone() {
    let mut session = script(LESSON);
    to_beat(&mut session, 1);
    press(&mut session, ": 'restart_S2 Enter Esc");
    assert_eq!(session.cluster().unmet(), Unmet::Fail);
    assert!(session.branches.is_empty() && session.timeline.deeds().is_empty());
    press(&mut session, ": 'note_look Enter");
    assert_eq!(session.cluster().unmet(), Unmet::Fail, "who only tells does not act");
    to_the_end(&mut session);
    press(&mut session, "X");
    assert_eq!(session.cluster().unmet(), Unmet::Fail, "after its end there is no script to leave");
}

#[test]
fn the_previous_beat_is_that_of_the_script_untouched() {
    let mut straight = script(LESSON);
    to_the_end(&mut straight);
    let mut session = script(LESSON);
    to_beat(&mut session, 2);
    let (there, then) = (session.cluster().point(), digest(&session));
    press(&mut session, "X");
    to_beat(&mut session, 3);
    let improvised = digest(&session);
    // Back to where it was left, at once.
    press(&mut session, "N");
    assert_eq!(session.cluster().point(), there);
    assert_eq!((digest(&session), at_beat(&session)), (then, Some(2)));
    assert_eq!(session.cluster().unmet(), Unmet::Fail);
    to_the_end(&mut session);
    assert_eq!(digest(&session), digest(&straight), "never to have left");
    // What was done is a branch.
    press(&mut session, ": 'branches Enter Enter");
    assert_eq!((digest(&session), session.cluster().unmet()), (improvised, Unmet::Remark));
}

#[test]
fn undo_takes_the_remarks_back_with_what_was_done() {
    let mut session = script(LESSON);
    to_beat(&mut session, 1);
    let before = (session.cluster().point(), digest(&session));
    press(&mut session, "X");
    let after = (session.cluster().point(), digest(&session));
    press(&mut session, "u");
    assert_eq!((session.cluster().point(), digest(&session)), before);
    assert_eq!((session.cluster().unmet(), at_beat(&session)), (Unmet::Fail, Some(1)));
    press(&mut session, "u");
    assert!(refusal(&session).contains("there is nothing to undo"));
    press(&mut session, "U");
    assert_eq!((session.cluster().point(), digest(&session)), after);
    assert_eq!(session.cluster().unmet(), Unmet::Remark);
    press(&mut session, ": 'branches Enter Enter");
    assert_eq!((session.cluster().point(), digest(&session)), before, "the script untouched");
    to_the_end(&mut session);
    assert_eq!(session.cluster().failure(), None);
}

#[test]
fn acting_in_the_past_of_a_script_keeps_what_has_been_played() {
    let mut session = script(LESSON);
    to_beat(&mut session, 3);
    let played = digest(&session);
    press(&mut session, "[ l [ l [ l [ l 2 x");
    assert!(!session.is_past());
    assert_eq!(session.cluster().unmet(), Unmet::Remark);
    assert_eq!(session.branches.len(), 1);
    press(&mut session, ": 'branches Enter Enter");
    assert_eq!(digest(&session), played);
}

#[test]
fn a_session_that_has_left_its_script_is_recorded_and_saved_as_it_was() {
    let mut session = script(LESSON);
    let reel = recorded(&mut session);
    to_beat(&mut session, 2);
    press(&mut session, "1 x");
    to_beat(&mut session, 3);
    frames(&mut session, 0.02);
    let text = reel.text().unwrap();
    let mut again = resumed(&text);
    assert_eq!(digest(&again), digest(&session), "{text}");
    assert_eq!(again.cluster().remarks(), session.cluster().remarks());
    assert!(again.cluster().remarks() > 0, "{text}");
    // Whoever acts again goes on in the same run, and `N` still leads back to the script.
    press(&mut again, "2 i");
    assert_eq!(again.branches.len(), 1);
    press(&mut again, "N N N N N N N N");
    assert_eq!((again.cluster().unmet(), again.timeline.deeds().len()), (Unmet::Fail, 0));
    let saved = run(&session.as_script(false));
    assert_eq!(saved.failure(), None);
    assert_eq!(saved.remarks(), session.cluster().remarks());
    // What is asked for by `:save FILE expect` is no remark.
    let text = session.as_script(true);
    assert_eq!(run(&text).failure(), None, "{text}");
    let other = text.replace("expect leader = S", "expect leader = S1 and leader = S");
    assert!(run(&other).failure().is_some(), "{other}");
}

#[test]
fn the_lines_say_what_has_become_of_them() {
    let mut session = script(LESSON);
    to_beat(&mut session, 2);
    let line = |session: &Session| session.scene().view.script.clone().unwrap();
    assert_eq!((line(&session).line, line(&session).current), (9, vec![9]));
    let states: Vec<_> = [2, 3, 8, 9, 10].map(|line| came(&session, line)).into();
    let ran = Some(Came::Ran);
    assert_eq!(states, [None, ran, Some(Came::Held), ran, None]);
    press(&mut session, "N");
    assert_eq!((line(&session).line, came(&session, 9)), (8, None), "as it was then");
    // Side by side: each task has its line.
    let mut session =
        script("task one\n  run 3s\nend\ntask two\n  until leader\n  run 3s\nend\nrun 2s\n");
    frames(&mut session, 2.0);
    assert_eq!(line(&session).current, [2, 5, 8]);
    let waiting: Vec<u32> = session.cluster().waiting_lines().map(|one| one.line).collect();
    assert_eq!(waiting, [8, 2, 5]);
}

#[test]
fn rounds_are_counted() {
    let mut session = script("repeat 3\n  run 1s\nend\nfor c in 5..6\n  run 1s\nend\n");
    let rounds = |session: &Session| {
        let rounds = session.cluster().rounds();
        rounds.map(|round| (round.line, round.number, round.last)).collect::<Vec<_>>()
    };
    session.go_to(&Moment::read("1.5s").unwrap()).unwrap();
    assert_eq!(rounds(&session), [(1, 2, Some(3))]);
    session.go_to(&Moment::read("4.5s").unwrap()).unwrap();
    assert_eq!(rounds(&session), [(4, 6, Some(6))]);
}

#[test]
fn enter_goes_to_a_line_and_w_explains_it() {
    let mut session = script(LESSON);
    to_beat(&mut session, 2);
    session.view.focus = Pane::Script;
    press(&mut session, "k k Enter");
    assert_eq!((session.player.line(), session.is_past()), (7, true));
    press(&mut session, "j j j j Enter");
    assert_eq!((session.player.line(), session.is_past()), (11, false), "on to it");
    press(&mut session, "w");
    super::find(&session, "the script fails unless a condition holds now");
    super::find(&session, "and it held");
    press(&mut session, "Esc g w");
    super::find(&session, "Line 1");
    press(&mut session, "Esc j Enter");
    assert!(refusal(&session).contains("line 2 does nothing; the next that does is 3"));
    press(&mut session, "G");
    assert_eq!(session.view.scroll.script, None, "it follows again");
}

#[test]
fn goto_goes_back_and_on() {
    let mut session = script(LESSON);
    let go = |session: &mut Session, to: &str| {
        press(session, &format!(": 'goto_{} Enter", to.replace(' ', "_")));
        frames(session, 0.02);
    };
    go(&mut session, "beat 2");
    assert_eq!(at_beat(&session), Some(2));
    let second = (session.cluster().point(), digest(&session));
    go(&mut session, "end");
    assert!(session.cluster().finished());
    assert_eq!(session.halt, Some(Stands::Ended));
    for (place, line) in [("beat 1", 6), ("line 7", 7), ("mark done", 12), ("beat 2", 9)] {
        go(&mut session, place);
        assert_eq!(session.player.line(), line, "{place}");
    }
    assert_eq!((session.cluster().point(), digest(&session)), second);
    let at = session.cluster().place();
    go(&mut session, "0s");
    go(&mut session, &at.to_string());
    assert_eq!(session.cluster().place(), at);
    assert_eq!(digest(&session), second.1);
    for (place, why) in [
        ("", "to which moment"),
        ("line 99", "there is no line 99"),
        ("beat 9", "beat 9 never comes"),
        ("mark nowhere", "it has done"),
        ("no nonsense", "is no moment"),
        ("S1 is leader", "that holds now"),
    ] {
        let before = session.cluster().point();
        go(&mut session, place);
        assert!(refusal(&session).contains(why), "{place}: {}", refusal(&session));
        assert_eq!(session.cluster().point(), before, "{place}");
    }
    go(&mut session, "end");
    go(&mut session, "term = 7");
    assert!(refusal(&session).contains("has not come by"), "{}", refusal(&session));
}

#[test]
fn a_session_starts_at_any_moment_and_can_go_back_from_there() {
    let start = |at: &str| {
        let mut session = script(LESSON);
        started(&mut session, &Moment::read(at)?).map(|()| session)
    };
    let mut session = start("beat 2").unwrap();
    assert_eq!(at_beat(&session), Some(2));
    let point = session.cluster().point();
    press(&mut session, ",");
    assert!(session.cluster().point() < point);
    assert_eq!(start("14").unwrap().player.line(), 14);
    assert_eq!(start("line 7").unwrap().player.line(), 7);
    let led = start("S1 is leader").unwrap();
    assert!(led.cluster().leader().is_some() && led.player.line() == 4);
    assert_eq!(start("0.25s").unwrap().cluster().now().micros(), 250_000);
    assert_eq!(start("0.25s+0").unwrap().cluster().now().micros(), 250_000);
    assert_eq!(start("mark done").unwrap().player.line(), 12);
    assert_eq!(start("end").unwrap().halt, Some(Stands::Ended));
    let place = session.cluster().place().to_string();
    assert!(place.contains('+'), "{place}");
    assert_eq!(start(&place).unwrap().cluster().place(), session.cluster().place());
    for (at, why) in [
        ("40", "test.lab has 14 lines"),
        ("line 2", "the next that does is 3"),
        ("beat 4", "after 3 beats"),
        ("beat 0", "which beat"),
        ("mark later", "it has done"),
        ("term = 9", "has not come by"),
    ] {
        let told = start(at).err().unwrap_or_else(|| panic!("{at}"));
        assert!(told.contains(why), "{at}: {told}");
    }
    let failing = LESSON.replacen("expect S1 is leader", "expect S2 is leader", 1);
    let told = started(&mut script(&failing), &Moment::Beat(2)).unwrap_err();
    assert!(told.contains("before beat 2: line 8 failed, expected S2 is leader"), "{told}");
    assert!(
        started(&mut script(&failing), &Moment::Line(8)).is_ok(),
        "the failure itself can be seen"
    );
    let told = started(&mut lab(), &Moment::Beat(2)).unwrap_err();
    assert!(told.contains("no script is playing"), "{told}");
}

#[test]
fn a_presenter_goes_from_beat_to_beat() {
    let mut session = script(LESSON);
    press(&mut session, "F5 PgDn");
    assert_eq!(at_beat(&session), Some(1), "it ran to the first beat: skipped there");
    press(&mut session, "PgDn");
    assert_eq!(session.halt, None, "from a beat time goes on");
    press(&mut session, "Right");
    assert_eq!(at_beat(&session), Some(2));
    press(&mut session, "PgDn PgDn");
    let third = (session.cluster().point(), digest(&session));
    assert_eq!(at_beat(&session), Some(3));
    press(&mut session, "PgUp Left");
    assert_eq!((at_beat(&session), session.is_past()), (Some(1), true));
    press(&mut session, "PgUp");
    assert!(refusal(&session).contains("no beat before this"));
    press(&mut session, "PgDn PgDn PgDn PgDn");
    assert_eq!((session.cluster().point(), digest(&session)), third);
    press(&mut session, "Home");
    assert_eq!(at_beat(&session), Some(1));
    press(&mut session, "q");
    assert!(refusal(&session).contains("Esc first"));
    // To act is possible, and the way back leads to the script.
    press(&mut session, "PgDn PgDn 1 x");
    assert_eq!(session.cluster().unmet(), Unmet::Remark);
    press(&mut session, "PgUp");
    assert_eq!((at_beat(&session), session.cluster().unmet()), (Some(2), Unmet::Fail));
    press(&mut session, "Esc b");
    assert_eq!(session.bookmarks.len(), 1, "b means what it does in normal mode again");
}

/// Every letter on the screen, row by row.
fn seen(session: &Session, width: u16, height: u16) -> String {
    let area = ratatui::layout::Rect::new(0, 0, width, height);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    crate::ui::draw_into(&mut buffer, &session.scene());
    let rows = buffer.content.chunks(usize::from(width));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n").collect()
}

#[test]
fn while_presenting_nothing_that_comes_is_on_the_screen() {
    let captions: Vec<String> = (1..=4).map(|n| format!("Caption number {n} of it.")).collect();
    let beats = captions.iter().map(|caption| format!("say {caption:?}\nbeat\nrun 20ms\n"));
    let lesson = format!("cluster servers=3 seed=5\nuntil leader\n{}", beats.collect::<String>());
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut session = script(&lesson);
        session.resize(Size::new(size.0, size.1));
        press(&mut session, "F5");
        for layout in 0..6 {
            for _ in 0..2 {
                let text = seen(&session, size.0, size.1);
                let said = session.view.caption.as_deref().unwrap_or_default();
                for caption in captions.iter().filter(|caption| *caption != said) {
                    assert!(!text.contains(caption.as_str()), "{size:?} {layout}: {text}");
                }
                assert!(!text.contains("Space "), "no keys: {text}");
                press(&mut session, "F");
            }
            press(&mut session, "s PgDn PgDn");
            session.notice = None;
            frames(&mut session, 0.1);
        }
    }
}

#[test]
fn a_class_sees_that_the_run_is_no_longer_the_scripts() {
    let mut session = script(LESSON);
    press(&mut session, "F5 PgDn");
    let warned = |session: &mut Session| {
        session.notice = None;
        session.update(Message::Frame(Duration::ZERO));
        seen(session, 80, 24).contains("not the script's own run")
    };
    assert!(!warned(&mut session), "nobody has acted");
    press(&mut session, "1 x");
    assert!(warned(&mut session));
    press(&mut session, "F");
    assert!(warned(&mut session), "in big mode too");
    press(&mut session, "PgUp");
    assert!(!warned(&mut session), "before that it was the script's");
}

#[test]
fn the_end_of_a_run_that_breaks_is_where_it_breaks() {
    let flawed = include_str!("../../../../scripts/flaws/small_majority.lab");
    let mut session = script(flawed);
    press(&mut session, "Esc : 'goto_end Enter");
    frames(&mut session, 2.0);
    assert!(session.cluster().violation().is_some());
    assert_eq!(session.view.clock, crate::ui::view::Clock::Broken);
}

#[test]
fn the_free_lab_can_be_presented_too() {
    let mut session = led();
    press(&mut session, "F5");
    frames(&mut session, 0.5);
    let before = session.cluster().now();
    press(&mut session, "PgDn");
    frames(&mut session, 0.5);
    assert_eq!(session.halt, Some(Stands::Paused));
    assert!(before > crate::cluster::time::Time::START);
    press(&mut session, "PgUp");
    assert!(session.is_past(), "a step back");
    press(&mut session, "Esc");
    assert!(!session.presents());
}

#[test]
fn a_black_screen_shows_nothing_and_time_stands() {
    let mut session = script(LESSON);
    frames(&mut session, 0.5);
    press(&mut session, "F5 b");
    let blank = |session: &Session| {
        let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
        crate::ui::draw_into(&mut buffer, &session.scene());
        buffer.content.iter().all(|cell| cell.symbol() == " ")
    };
    let before = session.cluster().now();
    frames(&mut session, 1.0);
    assert!(blank(&session) && session.cluster().now() == before);
    press(&mut session, "X");
    assert!(!blank(&session) && session.timeline.deeds().is_empty(), "the key only brings it back");
    frames(&mut session, 1.0);
    assert!(session.cluster().now() > before);
}

#[test]
fn from_a_script_that_has_failed_one_goes_back_by_its_lines() {
    let failing = LESSON.replacen("expect S1 is leader", "expect S2 is leader", 1);
    let mut session = script(&failing);
    started(&mut session, &Moment::Line(8)).unwrap();
    assert_eq!(session.halt, Some(Stands::Failed));
    session.view.focus = Pane::Script;
    press(&mut session, "Esc k w");
    super::find(&session, "a client writes a key");
    press(&mut session, "Esc Enter");
    assert_eq!((session.player.line(), session.cluster().failure()), (7, None));
    press(&mut session, "j w");
    super::find(&session, "It has not run yet");
    press(&mut session, "Esc n");
    assert_eq!(session.halt, Some(Stands::Failed));
    press(&mut session, "Esc w");
    super::find(&session, "Expected: S2 is leader");
}
