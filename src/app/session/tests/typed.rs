//! What the prompt accepts, a recording can hold: it is read back, and gives the same run, at the
//! same place, with the same things on the screen.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::select;

use super::{Reel, frames, lab, press, recorded, script, sized, typed, wait};
use crate::app::session::Session;
use crate::cluster::Cluster;
use crate::cluster::command::{Script, arbitrary, verbs};
use crate::cluster::config::Config;
use crate::cluster::time::Span;
use crate::ui::theme::Theme;

/// Opens what stands in a recording, as `--resume` does.
pub(super) fn resumed(text: &str) -> Session {
    let mut session = sized(opened(text));
    session.finish().expect("it comes to where it was left");
    session
}

/// What is still to be done again.
pub(super) fn opened(text: &str) -> Session {
    let path = PathBuf::from("kept.lab");
    Session::file(path, &read(text), (None, Vec::new()), Theme::default())
}

pub(super) fn read(text: &str) -> Script {
    Script::parse("kept.lab", text.as_bytes())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"))
}

/// The present future where it ends.
fn newest(session: &Session) -> Cluster {
    session.timeline.seek_end(&session.cluster).unwrap_or_else(|| session.cluster.clone())
}

/// What `raftlab run` makes of it, as far as the recording says.
fn played(text: &str, live: &Cluster) -> Cluster {
    let mut cluster = Cluster::with_script(&read(text), None);
    while cluster.place() < live.place() && cluster.step() == crate::cluster::Step::Happened {}
    cluster
}

/// What will come of it, if nobody does any more.
fn later(cluster: &Cluster) -> u64 {
    let mut cluster = cluster.clone();
    cluster.run_until(cluster.now() + Span::from_millis(1_500));
    cluster.digest()
}

/// Asserts that whoever is killed now loses nothing.
pub(super) fn assert_kept(session: &Session, reel: &Reel) {
    let live = newest(session);
    let Some(text) = reel.text() else {
        assert!(session.timeline.deeds().is_empty() && session.branches.is_empty());
        return;
    };
    let again = resumed(&text);
    assert_eq!(again.cluster.place(), live.place(), "{text}");
    assert_eq!(again.cluster.digest(), live.digest(), "{text}");
    assert_eq!(later(&again.cluster), later(&live), "{text}");
    assert_eq!(again.cluster.history(), live.history(), "{text}");
    let deeds = |session: &Session| {
        let deeds = session.timeline.deeds().iter();
        deeds.map(|deed| (deed.place, deed.command.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(deeds(&again), deeds(session), "{text}");
    assert_eq!(again.watched(), session.watched(), "{text}");
    assert_eq!(again.breakpoints(), session.breakpoints(), "{text}");
    assert_eq!(again.pacer.chosen(), session.pacer.chosen(), "{text}");
    assert_eq!(again.bookmarked(), session.bookmarked(), "{text}");
    let played = played(&text, &live);
    assert_eq!((played.place(), played.digest()), (live.place(), live.digest()), "{text}");
    assert_eq!(played.failure(), live.failure(), "{text}");
}

/// A script in which something is going on all the time.
const LESSON: &str = "cluster servers=5 seed=5\nuntil leader\nset x 1 nowait\nat 2s crash S1\n\
                      every 700ms restart down\nlet old = leader\nbeat\ntask writer\n  \
                      loop for 2s as i\n    set y v{i}\n  end\nend\nwatch term\nbreak term >= 9\n\
                      beat\nwait writer within 60s\nrun 1s\n";

const KINDS: usize = 10;

/// A session at a moment of each kind.
fn at_a_moment(kind: usize) -> Session {
    let mut session = match kind {
        0 => lab(),
        1..=4 => {
            let mut session = lab();
            wait(&mut session, 12.0, "leader", |session| session.cluster.leader().is_some());
            session
        }
        5 => sized(Session::free(Config { servers: 25, ..Config::default() }, Theme::default())),
        _ => script(LESSON),
    };
    let beat = |session: &mut Session, number| {
        wait(session, 60.0, "beat", |session| session.player.beat().0 == number);
    };
    match kind {
        1 => drop(press(&mut session, "Space")),
        2 => {
            // In the past, which parts the future.
            press(&mut session, "c Space");
            frames(&mut session, 0.1);
            press(&mut session, "[ m");
        }
        3 => drop(press(&mut session, "M a 1 Esc")),
        4 => {
            // In another future, with one left beside it.
            press(&mut session, "X");
            frames(&mut session, 1.0);
            press(&mut session, "[ r");
            press(&mut session, "c");
            frames(&mut session, 0.5);
        }
        6 => beat(&mut session, 1),
        7 => {
            beat(&mut session, 1);
            press(&mut session, "Space");
            beat(&mut session, 2);
            press(&mut session, "Space");
            frames(&mut session, 1.0);
        }
        8 => {
            typed(&mut session, "goto end");
            frames(&mut session, 0.1);
        }
        9 => {
            beat(&mut session, 1);
            press(&mut session, "X");
            frames(&mut session, 0.5);
        }
        _ => {}
    }
    session
}

/// Lines that every verb shows, one by one.
fn examples() -> Vec<String> {
    let examples = verbs::all().flat_map(|verb| verb.examples.iter());
    examples.flat_map(|example| example.lines()).map(|line| line.trim().to_owned()).collect()
}

const BETWEEN: &[&str] = &["", "", "", "Space", ".", ". .", ";", "b", ",", "u", "u U", "n", "H"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_accepted_comes_back(
        kind in 0..KINDS,
        lines in prop::collection::vec(
            (
                prop_oneof![
                    2 => select(examples()),
                    2 => arbitrary::command().prop_map(|command| command.to_string()),
                    1 => select(vec!["every 90ms timeout random", "let old = leader",
                        "at 3s crash random", "every 150ms crash {old}", "cut S1 -> down",
                        "hold append S1 -> down", "next drop S2 -> down", "say {old} is old",
                        "deliver down -> S1", "partition down | rest", "stop main", "mark here",
                        "watch leader", "break leader = {old}", "expect leader", "by-hand on"])
                        .prop_map(str::to_owned),
                ],
                select(BETWEEN),
                0u32..20,
            ),
            1..7,
        ),
    ) {
        let mut session = at_a_moment(kind);
        let reel = recorded(&mut session);
        session.record_all();
        for (line, keys, wait) in lines {
            typed(&mut session, &line);
            if !keys.is_empty() {
                press(&mut session, keys);
            }
            frames(&mut session, f64::from(wait) / 20.0);
            press(&mut session, "Esc");
            frames(&mut session, 0.02);
            assert_kept(&session, &reel);
        }
    }
}

#[test]
fn a_bookmark_in_the_midst_of_a_moment_comes_back() {
    let mut session = at_a_moment(3);
    let reel = recorded(&mut session);
    session.record_all();
    press(&mut session, ",");
    frames(&mut session, 0.3);
    press(&mut session, "b");
    frames(&mut session, 0.1);
    assert_kept(&session, &reel);
}

#[test]
fn a_bookmark_where_something_was_done_between_two_steps_comes_back() {
    let mut session = at_a_moment(1);
    let reel = recorded(&mut session);
    session.record_all();
    press(&mut session, "b");
    typed(&mut session, "clock S2 rate=1.5");
    frames(&mut session, 0.1);
    assert_kept(&session, &reel);
}

#[test]
fn what_only_tells_is_done_again_before_what_parts_the_future() {
    let mut session = at_a_moment(6);
    let reel = recorded(&mut session);
    session.record_all();
    typed(&mut session, "say What comes now?");
    press(&mut session, "b");
    typed(&mut session, "clock S2 rate=1.5");
    frames(&mut session, 0.1);
    assert_kept(&session, &reel);
}

#[test]
fn a_bookmark_belongs_to_its_future() {
    let mut session = at_a_moment(1);
    press(&mut session, "Space b");
    frames(&mut session, 0.5);
    press(&mut session, "X");
    frames(&mut session, 0.5);
    press(&mut session, "b");
    assert_eq!(session.bookmarked().len(), 2);
    press(&mut session, "u");
    frames(&mut session, 3.0);
    assert_eq!(session.bookmarked().len(), 1, "the second was never reached here");
    press(&mut session, "U");
    frames(&mut session, 0.5);
    assert_eq!(session.bookmarked().len(), 2);
}

#[test]
fn every_verb_is_recorded_or_refused_with_a_reason() {
    for kind in 0..KINDS {
        let start = at_a_moment(kind);
        for line in &examples() {
            let mut session = start.clone();
            let reel = recorded(&mut session);
            session.record_all();
            typed(&mut session, line);
            frames(&mut session, 0.1);
            assert_kept(&session, &reel);
        }
    }
}
