//! Long work: a frame does a bounded piece of it, the screen says how far it has come, and whoever
//! has waited long enough stops it.

use std::time::Duration;

use ratatui::layout::Size;

use super::typed::opened;
use super::{
    clock, find, frames, lab, press, press_only, recorded, refusal, script, started, wait,
};
use crate::app::session::work::{PIECE, Work};
use crate::app::session::{Effect, Message, Moment, Session};
use crate::cluster::time::Time;
use crate::cluster::timeline::{Goal, Timeline};
use crate::ui::view::{Clock, Mode, Stands};

/// A script with very many lines at one moment, in the middle: a hundred thousand steps.
const CROWD: &str = "cluster servers=3 seed=1\nuntil leader\nset x 1\nbeat\nrepeat 20000\n\
                     cut S1 -> S2\nmend S1 -> S2\ncut S1 -> S2\nmend S1 -> S2\nend\nmark done\n\
                     run 100ms\n";
const STEPS: u64 = 100_000;

/// A frame in which no time passes in the room; it does a piece of what is under way.
fn piece(session: &mut Session) -> Option<Effect> {
    session.update(Message::Frame(Duration::ZERO))
}

/// Brings what is under way to its end frame by frame: how many that took.
fn pieces(session: &mut Session) -> u64 {
    let mut count = 0;
    while session.works() {
        assert_eq!(piece(session), None);
        count += 1;
        assert!(count < 1_000_000, "it has no end");
    }
    count
}

/// The least number of frames for so many steps: a step is never less work than one.
const fn least(steps: u64) -> u64 {
    steps / PIECE as u64
}

fn crowd() -> Session {
    let mut session = script(CROWD);
    wait(&mut session, 60.0, "the beat", |session| session.halt.is_some());
    session
}

/// Begins it, and does not wait.
fn order(session: &mut Session, line: &str) {
    press(session, ":");
    press_only(session, &format!("'{}", line.replace(' ', "_")));
    press_only(session, "Enter");
}

fn dialog(session: &Session) -> Option<String> {
    match &session.scene().view.mode {
        Mode::Dialog(dialog) => Some(dialog.title.clone()),
        _ => None,
    }
}

#[test]
fn to_play_on_to_a_moment_takes_no_more_than_a_piece_a_frame() {
    let mut session = crowd();
    order(&mut session, "goto end");
    let mut before = session.cluster().point();
    assert!(session.works() && session.is_restless());
    let mut count = 0;
    while session.works() {
        piece(&mut session);
        let here = session.cluster().point();
        assert!(here.steps - before.steps <= u64::from(PIECE), "{before:?} {here:?}");
        (before, count) = (here, count + 1);
    }
    assert!(count >= least(STEPS), "{count} frames");
    assert_eq!(session.halt, Some(Stands::Ended));
    assert_eq!(dialog(&session), None);
}

#[test]
fn time_that_goes_on_by_itself_takes_no_more_than_a_piece_a_frame_either() {
    let mut session = crowd();
    press(&mut session, ": 'pace_1000_faster Enter Space");
    let (mut before, mut most) = (session.cluster().point().steps, 0);
    for _ in 0..2 * least(STEPS) {
        piece(&mut session);
        session.update(Message::Frame(Duration::from_millis(16)));
        let here = session.cluster().point().steps;
        (most, before) = (most.max(here - before), here);
    }
    assert!(most <= 2 * u64::from(PIECE), "{most} steps in a frame");
    assert!(before > STEPS, "{before} steps: it has gone on all the same");
}

#[test]
fn watches_breakpoints_and_waiting_tasks_are_work_too() {
    let mut text = "cluster servers=3 seed=1\nuntil leader\n".to_owned();
    for number in 0..400 {
        text += &format!("task t{number}\nuntil term >= 9 within 1h\nend\n");
    }
    text += "beat\nrepeat 20000\nmark done\nend\n";
    let mut session = script(&text);
    wait(&mut session, 120.0, "the beat", |session| session.halt.is_some());
    for number in 1..=20 {
        press(
            &mut session,
            &format!(": 'watch_copies_{number} Enter : 'break_term_>=_1{number} Enter"),
        );
    }
    order(&mut session, "goto end");
    let before = session.cluster().point().steps;
    piece(&mut session);
    let steps = session.cluster().point().steps - before;
    // Four hundred conditions after every step, twenty values, and as many breakpoints.
    assert!((10..u64::from(PIECE) / 20).contains(&steps), "{steps} steps in a frame");
    press(&mut session, "Esc");
    assert!(!session.works());
}

#[test]
fn the_screen_says_how_far_it_has_come_once_somebody_wonders() {
    let mut session = crowd();
    order(&mut session, "goto end");
    assert_eq!(dialog(&session), None, "most work is done before one could read that");
    session.update(Message::Frame(Duration::from_millis(200)));
    assert_eq!(dialog(&session).as_deref(), Some("Playing on"));
    find(&session, "on the way to the end of the script");
    find(&session, "Esc stops it");
    let said = |session: &Session| format!("{:?}", session.scene().view.mode);
    let before = said(&session);
    piece(&mut session);
    assert_ne!(said(&session), before, "it counts");
}

#[test]
fn whoever_stops_it_stands_where_it_has_come_to_and_can_go_back() {
    for stop in ["Esc", "Ctrl-c"] {
        let mut session = crowd();
        let beat = session.cluster().point();
        order(&mut session, "goto end");
        session.update(Message::Frame(Duration::from_millis(200)));
        press_only(&mut session, stop);
        assert!(!session.works() && session.halt == Some(Stands::Paused));
        let here = session.cluster().point();
        assert!(here > beat && !session.cluster().finished());
        session.update(Message::Frame(Duration::from_millis(16)));
        assert_eq!(session.cluster().point(), here, "paused");
        find(&session, "stopped at");
        press(&mut session, "N");
        assert!(session.cluster().point() < here);
        press(&mut session, ": 'goto_beat_1 Enter");
        assert_eq!(session.cluster().point(), beat);
        press(&mut session, ": 'goto_end Enter");
        assert_eq!(session.halt, Some(Stands::Ended), "and on again");
    }
}

#[test]
fn keys_that_are_pressed_meanwhile_wait_and_a_size_does_not() {
    let mut session = crowd();
    order(&mut session, "goto mark done");
    for word in [":", "'mark_after", "Enter", "1", "x"] {
        press_only(&mut session, word);
    }
    session.resize(Size::new(100, 30));
    assert!(session.works() && session.timeline.deeds().is_empty());
    assert_eq!(session.size, Size::new(100, 30));
    pieces(&mut session);
    assert_eq!(super::last_command(&session), "crash S1");
    assert_eq!(
        session.cluster().server(crate::cluster::types::ServerId::from_index(0)).unwrap().power,
        super::Power::Down
    );
}

#[test]
fn an_esc_that_was_pressed_early_stops_what_takes_long() {
    let mut session = crowd();
    order(&mut session, "goto end");
    press_only(&mut session, "Esc");
    press_only(&mut session, "X");
    assert!(session.works(), "it might have been done at once");
    session.update(Message::Frame(Duration::from_millis(200)));
    assert!(!session.works() && session.timeline.deeds().is_empty());
}

#[test]
fn a_moment_that_never_comes_leaves_all_as_it_was() {
    let mut session = crowd();
    let before = (session.cluster().point(), session.timeline.end(), session.trace.end());
    order(&mut session, "goto mark elsewhere");
    piece(&mut session);
    session.resize(Size::new(90, 28));
    pieces(&mut session);
    assert!(refusal(&session).contains("never comes"), "{}", refusal(&session));
    assert_eq!((session.cluster().point(), session.timeline.end(), session.trace.end()), before);
    assert_eq!(session.size, Size::new(90, 28), "but for what the room has done");
    assert!(matches!(session.halt, Some(Stands::Beat { .. })));
}

/// A session at the end of the crowd whose timeline has hardly any checkpoints.
fn sparse() -> Session {
    let mut session = crowd();
    let player = session.player.clone();
    session.timeline = Timeline::with_budget(&session.cluster, &player, 1);
    press(&mut session, ": 'goto_end Enter");
    assert!(session.timeline.checkpoints() <= 3);
    session
}

#[test]
fn going_back_and_looking_back_take_no_more_than_a_piece_a_frame() {
    let end = |session: &Session| session.timeline.end();
    for (line, steps) in [("goto line 9", STEPS / 2), ("back S1 hears S2", STEPS)] {
        let mut session = sparse();
        let before = session.cluster().point();
        // Back to somewhere in the crowd, far from any checkpoint.
        let last = end(&session).steps;
        match line {
            "goto line 9" => session.seek(Goal::Step(last - STEPS / 4)),
            _ => order(&mut session, "back term >= 1"),
        }
        assert_eq!(session.cluster().point(), before, "until it is there nothing has changed");
        let count = pieces(&mut session);
        assert!(count >= least(steps) / 2, "{line}: {count} frames");
    }
}

#[test]
fn whoever_stops_on_the_way_back_is_where_he_was() {
    let mut session = sparse();
    let before = (session.cluster().point(), session.trace.end(), session.is_past());
    session.seek(Goal::Step(before.0.steps - STEPS / 4));
    session.update(Message::Frame(Duration::from_millis(200)));
    assert_eq!(dialog(&session).as_deref(), Some("Going there"));
    press_only(&mut session, "Esc");
    assert_eq!((session.cluster().point(), session.trace.end(), session.is_past()), before);
    assert_eq!(dialog(&session), None);
    // The same while one is about to change to another future.
    press(&mut session, "1");
    session.halt = Some(Stands::Paused);
    let undone = {
        let mut session = crowd();
        press(&mut session, "1 x Space");
        wait(&mut session, 60.0, "an end", |session| session.cluster().finished());
        session
    };
    let mut session = undone;
    let (digest, deeds) = (session.cluster().digest(), session.timeline.deeds().len());
    session.effort = 0;
    press_only(&mut session, "u");
    assert!(session.works());
    session.room += Duration::from_secs(1);
    press_only(&mut session, "Esc");
    assert_eq!((session.cluster().digest(), session.timeline.deeds().len()), (digest, deeds));
    assert!(session.undone.is_empty());
    press(&mut session, "u");
    assert_ne!(session.timeline.deeds().len(), deeds);
}

#[test]
fn a_recording_is_done_again_in_pieces_and_esc_leaves_it_as_it_was() {
    let mut session = crowd();
    let reel = recorded(&mut session);
    press(&mut session, "1 x : 'goto_end Enter , ,");
    press(&mut session, "2 x : 'goto_end Enter");
    piece(&mut session);
    let text = reel.text().unwrap();
    let mut again = opened(&text);
    let count = pieces(&mut again);
    // The future that was left, and the present one.
    assert!(count >= least(2 * STEPS), "{count} frames");
    assert_eq!(again.cluster().digest(), session.cluster().digest());
    assert_eq!(again.branches.len(), session.branches.len());
    let mut stopped = opened(&text);
    for _ in 0..3 {
        piece(&mut stopped);
    }
    stopped.update(Message::Frame(Duration::from_millis(200)));
    assert_eq!(dialog(&stopped).as_deref(), Some("Opening"));
    press_only(&mut stopped, "Esc");
    assert!(!stopped.works() && dialog(&stopped).is_none());
    assert!(matches!(clock(&stopped), Clock::Stands(_)));
    let notice = stopped.scene().view.notice.clone().unwrap().text;
    assert!(notice.contains("the recording is unchanged"), "{notice}");
    // What was opened in part is no session of its own before something is done in it.
    let other = recorded(&mut stopped);
    frames(&mut stopped, 2.0);
    assert_eq!(other.text(), None);
    press(&mut stopped, "b");
    assert!(other.text().is_some());
}

#[test]
fn rerolls_and_comparisons_take_no_more_than_a_piece_a_frame_and_esc_ends_them() {
    let mut session = lab();
    press(&mut session, "Space");
    order(&mut session, "reroll 400 until term >= 3 within 1s");
    let mut last = 0;
    for _ in 0..3 {
        let Some(Work::Reroll(reroll)) = &session.work else { panic!("it takes a while") };
        let played = reroll.progress().lines.join(" ");
        assert!(!played.contains("400 of 400"));
        last += 1;
        piece(&mut session);
    }
    assert_eq!(last, 3);
    assert_eq!(dialog(&session).as_deref(), Some("Reroll"), "it shows itself at once");
    press_only(&mut session, "Esc");
    assert!(!session.works());
    assert_eq!(dialog(&session), None);
    let mut session = crowd();
    press(&mut session, "1 x");
    press(&mut session, ": 'goto_end Enter");
    order(&mut session, "compare");
    let count = pieces(&mut session);
    assert!(count >= least(2 * STEPS), "{count} frames for two futures");
    press(&mut session, "Esc");
    order(&mut session, "compare");
    assert!(session.works());
    press_only(&mut session, "Esc");
    assert!(!session.works() && session.comparing.is_none());
}

#[test]
fn a_lab_that_opens_far_away_is_on_its_way_while_frames_pass() {
    let mut session = script(CROWD);
    session.start_at(&Moment::End).unwrap();
    let count = pieces(&mut session);
    assert!(count >= least(STEPS), "{count} frames");
    assert_eq!(session.halt, Some(Stands::Ended));
    // What turns out on the way is a reason to give it up.
    let mut session = script(CROWD);
    session.start_at(&Moment::Beat(2)).unwrap();
    let gave_up = loop {
        if let Some(effect) = piece(&mut session) {
            break effect;
        }
    };
    assert!(matches!(gave_up, Effect::GiveUp(why) if why.contains("beat 2 never comes")));
    assert_eq!(started(&mut script(CROWD), &Moment::Line(3)), Ok(()));
}

#[test]
fn a_run_on_its_way_stands_at_its_budget_of_memory() {
    let load = "cluster servers=3 seed=7\nuntil leader\n\
                load clients=20 keys=20 rate=5000/s value=2000\nrun 10h\n";
    let full = Clock::Stands(Stands::Memory);
    let check = |session: &Session, why: &str| {
        assert_eq!(clock(session), full, "{why}");
        assert!(refusal(session).contains("its budget"), "{why}");
        assert!(session.bytes() < 22_000_000, "{why}: {} bytes", session.bytes());
        assert!(session.cluster().now() > Time(1_000_000), "{why}");
    };
    let mut far = script(load);
    far.set_memory(20_000_000);
    started(&mut far, &Moment::End).unwrap();
    check(&far, "--start-at");
    let left = "recording form=1 engine=2 script=load.lab\nreached 9000s\n";
    let mut resumed = opened(&format!("{load}{left}"));
    resumed.set_memory(20_000_000);
    resumed.finish().unwrap();
    check(&resumed, "--resume");
    let mut gone = script(load);
    gone.set_memory(20_000_000);
    press(&mut gone, "Space : 'goto_end Enter");
    check(&gone, ":goto");
    // With more of it one goes on from there.
    let stood = gone.cluster().now();
    press(&mut gone, ": 'memory_25MB Enter : 'goto_end Enter");
    assert!(gone.cluster().now() > stood && clock(&gone) == full);
    let mut picture = script(load);
    picture.set_memory(20_000_000);
    let told = picture.go_to(&Moment::End).unwrap_err();
    assert!(told.contains("--memory 40MB gives it more"), "{told}");
}

#[test]
fn since_when_is_looked_up_while_frames_pass() {
    let mut session = sparse();
    press(&mut session, "Space");
    order(&mut session, "watch leader");
    assert!(session.dates() && !session.works(), "nobody has to wait for it");
    let before = session.cluster().point();
    press_only(&mut session, ",");
    assert!(session.works() || session.cluster().point() != before, "a key is not kept waiting");
    frames(&mut session, 4.0);
    assert!(!session.works() && !session.dates());
}

#[test]
fn a_condition_is_looked_for_for_a_day_and_no_longer() {
    let mut session =
        script("cluster servers=3 seed=1\ncrash all\nevery 1h note tick\nbeat\nrun 1s\n");
    wait(&mut session, 10.0, "the beat", |session| session.halt.is_some());
    let beat = session.cluster().point();
    order(&mut session, "goto up = 2");
    for _ in 0..1_000 {
        if session.works() {
            piece(&mut session);
        }
    }
    assert!(!session.works(), "it has an end");
    find(&session, "has not come by 90000");
    assert_eq!(session.cluster().point(), beat, "and the session is where it was");
}
