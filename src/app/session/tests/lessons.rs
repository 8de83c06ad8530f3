//! Every lesson as a lecturer plays it: presented at 80×24, with the two keys of a clicker.

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::{press, script, wait};
use crate::app::scenes;
use crate::app::session::{Effect, Moment, Session, own};
use crate::cluster::command::{Command, Script, Tell};
use crate::ui::theme::Theme;
use crate::ui::view::{Clock, NoticeKind, Stage, Stands};

const SIZE: Size = Size::new(80, 24);

fn lessons() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/lessons");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut lessons: Vec<(String, String)> = files
        .map(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(file).unwrap())
        })
        .collect();
    lessons.sort();
    lessons
}

/// The rows of the screen.
fn rows(session: &Session) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.width, SIZE.height));
    crate::ui::draw_into(&mut buffer, &session.scene());
    let cells = buffer.content.chunks(usize::from(SIZE.width));
    cells.map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect()
}

/// The caption, the question and all its choices stand on the screen, none of them cut; and nothing
/// was refused.
fn check(session: &Session, told: &str) {
    let rows = rows(session);
    let seen = |text: &str| rows.iter().any(|row| row.contains(text.trim()));
    let screen = || rows.join("\n");
    let view = &session.scene().view;
    let caption = view.caption.as_deref().unwrap_or_default();
    for line in caption.lines() {
        assert!(seen(line), "{told}: the caption's {line:?} is not in\n{}", screen());
    }
    // What is wrong with a link is said whole, or not there: nothing is drawn over it.
    for row in &rows[rows.len() / 3..] {
        for (at, _) in row.match_indices(" cut ") {
            let before = row[..at].trim_end();
            let (mark, ends) = before.rsplit_once(' ').unwrap_or(("", before));
            let named = ends.split_once('►').is_some_and(|(from, to)| {
                from.starts_with('S') && to.starts_with('S') && mark.ends_with('✗')
            });
            assert!(ends == "✗" || named, "{told}: {row:?} in\n{}", screen());
        }
    }
    if let Some(question) = &view.question {
        assert!(seen(&question.text), "{told}: {:?} is not in\n{}", question.text, screen());
        for choice in &question.choices {
            assert!(seen(&choice.text), "{told}: {:?} is not in\n{}", choice.text, screen());
        }
        let right = question.choices.iter().filter(|choice| choice.so == Some(true)).count();
        assert_eq!(right, usize::from(question.stage == Stage::Revealed), "{told}");
    }
    if let Some(notice) = &view.notice {
        assert!(notice.kind != NoticeKind::Refusal, "{told}: {notice:?}");
    }
}

fn stops(text: &str) -> u32 {
    use Tell::{Ask, Beat, Oracle, Reveal};
    let script = Script::parse("lesson.lab", text.as_bytes()).unwrap();
    let stop =
        |command: &Command| matches!(command, Command::Tell(Ask(_) | Beat | Oracle | Reveal));
    script.lines.iter().filter(|line| stop(&line.command)).count() as u32
}

#[test]
fn every_lesson_is_played_by_a_clicker_at_80_by_24() {
    for (name, text) in lessons() {
        let stops = stops(&text);
        let mut session = script(&text);
        session.resize(SIZE);
        press(&mut session, "F5");
        for stop in 1..=stops {
            let told = format!("{name}, stop {stop}");
            wait(&mut session, 600.0, &told, |session| {
                let here = Clock::Stands(Stands::Beat { number: stop, of: stops });
                session.scene().view.clock == here && !session.works()
            });
            check(&session, &told);
            // A step back, and on again: the same place.
            if stop == stops {
                press(&mut session, "PgUp");
                check(&session, &told);
                press(&mut session, "PgDn");
                wait(&mut session, 600.0, &told, |session| {
                    let here = Clock::Stands(Stands::Beat { number: stop, of: stops });
                    session.scene().view.clock == here && !session.works()
                });
            }
            press(&mut session, "PgDn");
        }
        wait(&mut session, 600.0, &name, |session| session.cluster().finished());
        assert!(session.cluster().failure().is_none(), "{name}");
        assert!(!session.has_departed(), "{name}: keys of a clicker change nothing");
        check(&session, &name);
    }
}

#[test]
fn a_lesson_ends_with_how_to_begin_the_next() {
    let end = |path: &str| {
        let text = scenes::read(Path::new(path)).expect("a lesson");
        let script = Script::parse(path, text).unwrap();
        let mut session = Session::script(PathBuf::from(path), &script, None, Theme::default());
        session.go_to(&Moment::End).unwrap();
        session
    };
    let mut session = end("lessons/04_the_newer_log_wins.lab");
    let notice = session.scene().view.notice.clone().expect("a word of what comes next");
    assert_eq!(notice.text, "the lesson ends here: `:lesson` begins the next, 5; Space goes on");
    let begun = own::find("lesson").expect("a word").run(&mut session, "");
    assert!(matches!(begun, Some(Effect::Lesson(number)) if number == "5"));
    let last = scenes::within(scenes::LESSONS).pop().expect("lessons");
    let session = end(last.path());
    let notice = session.scene().view.notice.clone().expect("a word of what comes next");
    assert_eq!(notice.text, "the last lesson ends here: `raftlab challenge` lists what to try now");
}

/// A key that is held down must not run past what the class is asked.
#[test]
fn a_step_from_a_question_is_asked_for_twice() {
    let asking = "cluster servers=3\nsay Look.\nask Who? | S1 if S1 is leader | S2\ntimeout S1\n\
                  until S1 is leader\nreveal\nsay S1 it is.\nbeat\n";
    for step in ["n", ".", "Space"] {
        let mut session = script(asking);
        let stands = |session: &Session| session.player.is_unanswered() && session.halt.is_some();
        wait(&mut session, 20.0, "question", stands);
        let here = session.cluster.point();
        press(&mut session, step);
        assert_eq!(session.cluster.point(), here);
        let said = session.scene().view.notice.clone().unwrap().text;
        assert!(said.contains("once more"), "{said}");
        press(&mut session, step);
        crate::app::session::tests::frames(&mut session, 1.0);
        assert!(session.cluster.point() > here, "{step}");
    }
}

/// Which numbers answer stands beside the question; another number does nothing.
#[test]
fn a_number_that_is_no_choice_opens_nothing() {
    let mut session = script(
        "cluster servers=3\nsay Look.\nask Who? | S1 if S1 is leader | S2\n\
                              timeout S1\nuntil S1 is leader\nreveal\nsay S1 it is.\nbeat\n",
    );
    let stands = |session: &Session| session.player.is_unanswered() && session.halt.is_some();
    wait(&mut session, 20.0, "question", stands);
    press(&mut session, "9");
    let said = session.scene().view.notice.clone().unwrap().text;
    assert_eq!(said, "the question has 2 choices: 1 to 2");
    press(&mut session, "2");
    assert!(!session.player.is_unanswered());
}

/// What a lesson has said is of its own course; it goes when somebody acts, and is there again with the
/// script untouched. A task's words stay.
#[test]
fn who_acts_in_a_lesson_no_longer_reads_what_it_said_before() {
    let caption = |session: &Session| session.scene().view.caption.clone();
    for (asks, kept) in [("ask Who? | S1 if S1 is leader | S2\nreveal\n", false), ("", true)] {
        let text = format!("cluster servers=3\nuntil leader\n{asks}say All run.\nbeat\nrun 1s\n");
        let mut session = script(&text);
        for _ in 0..4 + usize::from(!asks.is_empty()) {
            press(&mut session, "Space");
            crate::app::session::tests::frames(&mut session, 8.0);
        }
        let said = |session: &Session| caption(session).as_deref() == Some("All run.");
        if !said(&session) {
            wait(&mut session, 20.0, "caption", said);
        }
        press(&mut session, "1 x");
        assert_eq!(said(&session), kept, "{asks:?}");
        press(&mut session, "N");
        assert!(said(&session), "{asks:?}");
    }
}
