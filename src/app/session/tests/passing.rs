//! How time passes: where it stands and for what reason, steps, scripts with their captions and
//! beats, paces.

use std::time::Duration;

use super::{clock, find, frames, lab, led, press, refusal, script, typed, wait};
use crate::app::session::{Message, Session};
use crate::cluster::Cluster;
use crate::cluster::command::Script;
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Time;
use crate::ui::view::{Clock, Mode, Stands};

#[test]
fn the_lab_has_its_first_leader_within_five_seconds_in_the_room() {
    let mut session = lab();
    wait(&mut session, 5.0, "leader", |session| session.cluster().leader().is_some());
}

#[test]
fn time_stands_while_something_is_open_and_when_it_is_stopped() {
    let mut session = led();
    for keys in ["Space", ":", "?", "P", "L", "o", "q"] {
        press(&mut session, keys);
        let before = session.cluster().now();
        frames(&mut session, 0.5);
        assert_eq!(session.cluster().now(), before, "{keys}");
        press(&mut session, if keys == "Space" { "Space" } else { "Esc" });
        frames(&mut session, 0.5);
        assert!(session.cluster().now() > before, "{keys}");
    }
}

#[test]
fn a_screen_that_stands_still_is_not_drawn_again() {
    let mut session = led();
    press(&mut session, "Space");
    frames(&mut session, 5.0);
    session.take_stale();
    frames(&mut session, 1.0);
    assert!(!session.take_stale());
    assert!(!session.is_restless());
    press(&mut session, "2");
    assert!(session.take_stale());
}

#[test]
fn a_long_frame_does_not_jump() {
    let mut session = led();
    press(&mut session, ": 'pace_real Enter");
    let before = session.cluster().now();
    session.update(Message::Frame(Duration::from_secs(3_600)));
    assert_eq!(session.cluster().now().since(before).micros(), 100_000);
}

#[test]
fn steps_stop_at_the_next_event_and_time_stands() {
    let mut session = led();
    let before = session.cluster().handled();
    press(&mut session, ";");
    assert_eq!(session.cluster().handled(), before + 1);
    assert_eq!(clock(&session), Clock::Stands(Stands::Paused));
    let listed = session.scene().trace.listed().len();
    press(&mut session, "X .");
    assert!(session.scene().trace.listed().len() > listed);
    assert_eq!(clock(&session), Clock::Stands(Stands::Paused));
}

#[test]
fn a_step_with_nothing_to_show_passes_over_nothing() {
    let mut session = led();
    let now = session.cluster().now();
    press(&mut session, ".");
    assert!(refusal(&session).contains("nothing to show"));
    assert_eq!(session.cluster().now(), now);
    assert_eq!(clock(&session), Clock::Stands(Stands::Paused));
}

#[test]
fn a_script_tells_its_story_beat_by_beat() {
    let mut session = script(
        "cluster servers=3\nuntil leader\nsay One.\nbeat\nsay Two.\nbeat\ncrash leader\n\
         until new leader\n",
    );
    let at_beat = |number| move |session: &Session| clock(session) == beat(number);
    wait(&mut session, 20.0, "first beat", at_beat(1));
    assert_eq!(session.scene().view.caption.as_deref(), Some("One."));
    press(&mut session, "Space");
    wait(&mut session, 5.0, "second beat", at_beat(2));
    assert_eq!(session.scene().view.caption.as_deref(), Some("Two."));
    let before = session.cluster().now();
    frames(&mut session, 1.0);
    assert_eq!(session.cluster().now(), before);
    press(&mut session, "PgDn");
    wait(&mut session, 5.0, "crash", |session| {
        let last = session.scene().view.last_command.as_ref();
        last.is_some_and(|last| last.text.starts_with("crash S"))
    });
    wait(&mut session, 60.0, "end", |session| clock(session) == Clock::Stands(Stands::Ended));
    assert!(session.cluster().finished());
}

const fn beat(number: u32) -> Clock {
    Clock::Stands(Stands::Beat { number, of: 2 })
}

#[test]
fn a_caption_holds_the_script_until_it_has_been_read() {
    let mut session =
        script("cluster servers=3\nuntil leader\nsay Twenty characters...\ncrash leader\n");
    let told = |session: &Session| session.scene().view.caption.is_some();
    wait(&mut session, 20.0, "caption", told);
    let down = |session: &Session| {
        session.cluster().servers().iter().any(|server| server.power == Power::Down)
    };
    // 1.5 s, and 50 ms for each of 20 characters.
    frames(&mut session, 2.3);
    assert!(!down(&session));
    frames(&mut session, 0.4);
    assert!(down(&session));
}

#[test]
fn who_has_read_a_caption_goes_on_with_space() {
    let mut session =
        script("cluster servers=3\nuntil leader\nsay Twenty characters...\ncrash leader\n");
    let told = |session: &Session| session.scene().view.caption.is_some();
    wait(&mut session, 20.0, "caption", told);
    assert_eq!(clock(&session), Clock::Stands(Stands::Caption));
    press(&mut session, "Space");
    frames(&mut session, 0.2);
    let down = |server: &Server| server.power == Power::Down;
    assert!(session.cluster().servers().iter().any(down), "it goes on, and is not stopped");
}

/// Whoever plays a challenge on the screen is told there that it is met.
#[test]
fn a_challenge_that_is_met_says_so() {
    let text = |body: &str| {
        format!("cluster servers=3\nchallenge lead commands=2 allow=timeout par=1\n{body}")
    };
    let caption = |session: &Session| session.scene().view.caption.clone().unwrap_or_default();
    let ended = |session: &Session| clock(session) == Clock::Stands(Stands::Ended);
    let mut session = script(&text("say Lead.\nturn\njudge\nexpect term = 1\n"));
    let beat = |session: &Session| matches!(clock(session), Clock::Stands(Stands::Beat { .. }));
    wait(&mut session, 20.0, "turn", beat);
    assert_eq!(session.cluster().commands_left(), 2);
    press(&mut session, ": 'timeout_S1 Enter");
    assert_eq!(&*caption(&session), "Lead.");
    press(&mut session, "Space");
    wait(&mut session, 20.0, "end", ended);
    assert_eq!(&*caption(&session), "Solved: lead is met with 1 command, par 1.");
    // Where nobody does anything, nothing is met.
    let mut session = script(&text("say Lead.\nturn\njudge\nexpect term = 1\n"));
    wait(&mut session, 20.0, "turn", beat);
    press(&mut session, "Space");
    frames(&mut session, 1.0);
    assert_eq!(&*caption(&session), "Not solved: term is 0.");
}

#[test]
fn a_failed_expectation_stops_time_and_says_why() {
    let mut session = script("cluster servers=3\nuntil leader\nexpect term >= 50\nheal\n");
    let failed = |session: &Session| clock(session) == Clock::Stands(Stands::Failed);
    wait(&mut session, 20.0, "failure", failed);
    assert!(matches!(&session.scene().view.mode, Mode::Dialog(_)));
    press(&mut session, "Esc Space");
    assert!(refusal(&session).contains("line 3 failed"));
    assert!(failed(&session));
}

#[test]
fn what_was_put_down_at_the_prompt_and_cannot_be_done_ends_nothing() {
    let mut session = led();
    typed(&mut session, "at 3s crash S1");
    typed(&mut session, "crash S1");
    typed(&mut session, "goto 4s");
    frames(&mut session, 1.0);
    assert_eq!(session.cluster().failure(), None);
    assert!(session.cluster().remarks() > 0, "it is noted");
    assert!(session.cluster().now() >= Time(4_000_000), "time passes");
}

#[test]
fn a_broken_rule_is_explained_and_only_keys_that_look_are_offered() {
    let scene = "cluster servers=3 seed=1\nflaw vote-twice on\ncut S1 <-> S3\ntimeout S1\n\
                 until S1 is leader\nrun 50ms\ntimeout S3\nrun 60ms\n";
    let mut session = script(scene);
    wait(&mut session, 20.0, "broken rule", |session| clock(session) == Clock::Broken);
    press(&mut session, "1");
    let footer: Vec<String> =
        session.scene().view.hints.iter().map(|hint| hint.key.to_string()).collect();
    assert_eq!(footer[..2], ["w", ","], "{footer:?}");
    assert!(!footer.iter().any(|key| ["X", "x", "c", "P"].contains(&key.as_str())), "{footer:?}");
    assert_eq!(session.scene().view.hints[0].about, None, "w tells of the rule, not of S1");
    press(&mut session, "w");
    find(&session, "Broken: one-vote");
}

#[test]
fn the_run_is_the_same_at_every_pace() {
    let text = "cluster servers=5 seed=3\nuntil leader\nset x 1\ncrash leader\nuntil new leader\n\
                set x 2\nuntil applied x = 2\n";
    let parsed = Script::parse("test.lab", text.as_bytes()).unwrap();
    let mut headless = Cluster::with_script(&parsed, None);
    while !headless.finished() {
        headless.step();
    }
    for pace in ["'pace_auto", "'pace_10_slower", "'pace_real", "'pace_50_faster"] {
        let mut session = script(text);
        press(&mut session, &format!(": {pace} Enter"));
        wait(&mut session, 120.0, "end", |session| session.cluster().finished());
        assert_eq!(session.cluster().digest(), headless.digest(), "{pace}");
    }
}

#[test]
fn an_idle_minute_of_a_script_is_skimmed() {
    let mut session =
        script("cluster servers=3\nuntil leader\nrun 20s\nset x 1\nuntil applied x = 1\n");
    wait(&mut session, 30.0, "end", |session| session.cluster().finished());
}

#[test]
fn an_idle_lab_breathes_at_the_watch_pace() {
    let mut session = led();
    frames(&mut session, 5.0);
    let before = session.cluster().now();
    frames(&mut session, 4.0);
    let passed = session.cluster().now().since(before).micros();
    assert!((90_000..=110_000).contains(&passed), "{passed} us in 4 s");
    assert_eq!(session.scene().view.pace, "40× slower");
}

#[test]
fn fixed_paces_step_and_say_so() {
    let mut session = led();
    press(&mut session, "+");
    assert_eq!(session.scene().view.pace, "20× slower, fixed");
    press(&mut session, "- - -");
    assert_eq!(session.scene().view.pace, "200× slower, fixed");
    press(&mut session, "- - -");
    assert!(refusal(&session).contains("slowest"));
    press(&mut session, "Backspace");
    assert_eq!(session.scene().view.pace, "40× slower");
}
