//! Questions to the class: asking by a line or at the prompt, what the class says, and the answer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::{clock, lab, press, refusal, script, typed, wait};
use crate::app::input::{Input, Mouse, MouseAct};
use crate::app::session::{Message, Session};
use crate::cluster::command::{Command, Script, Tell};
use crate::ui::view::{Clock, Layout, Mode, Question, Said, Stage, Stands, Voice};

const ASKED: &str = "cluster servers=3 seed=5\n\
                     timeout S1\n\
                     until S1 is leader\n\
                     ask Who leads? | S1 if leader = S1 | S2 if leader = S2\n\
                     run 100ms\n\
                     ask \"Who leads now?\" | S1 if leader = S1 | nobody if no leader\n\
                     crash S1\n\
                     run 10ms\n\
                     reveal\n\
                     say over\n\
                     beat\n";

fn question(session: &Session) -> Question {
    session.scene().view.question.clone().expect("a question")
}

fn told(session: &Session) -> Vec<Option<bool>> {
    question(session).choices.iter().map(|choice| choice.so).collect()
}

fn said(session: &Session) -> Vec<Said> {
    question(session).choices.iter().map(|choice| choice.said).collect()
}

fn to_stop(session: &mut Session) {
    wait(session, 60.0, "a stop", |session| session.halt.is_some());
}

#[test]
fn a_key_answers_a_question_that_no_line_answers() {
    for (key, present) in [("PgDn", true), ("Space", true), ("Space", false), ("PgDn", false)] {
        let mut session = script(ASKED);
        if present {
            press(&mut session, "F5");
        }
        to_stop(&mut session);
        assert_eq!(question(&session).stage, Stage::Asked, "{key}");
        assert!(session.scene().view.withholds());
        press(&mut session, key);
        // Who is alone might have pressed it for the caption before.
        if !present {
            assert_eq!(told(&session), [None, None], "{key}");
            press(&mut session, key);
        }
        assert_eq!(told(&session), [Some(true), Some(false)], "{key}");
        assert!(!session.scene().view.withholds() && session.halt.is_some());
        // It stays until the script goes on.
        press(&mut session, key);
        to_stop(&mut session);
        assert_eq!(question(&session).text.as_ref(), "Who leads now?");
        assert!(!session.has_departed());
    }
}

#[test]
fn nothing_explains_what_is_asked_before_it_is_answered() {
    let mut session = script(ASKED);
    to_stop(&mut session);
    for key in ["w", "Enter"] {
        press(&mut session, key);
        assert!(matches!(session.scene().view.mode, Mode::Normal), "{key} opens nothing");
        assert!(refusal(&session).contains("a question stands"), "{key}");
    }
    press(&mut session, "Space Space w");
    assert!(matches!(session.scene().view.mode, Mode::Dialog(_)));
}

#[test]
fn a_line_answers_when_it_runs() {
    let mut session = script(ASKED);
    press(&mut session, "F5");
    to_stop(&mut session);
    press(&mut session, "PgDn PgDn");
    to_stop(&mut session);
    press(&mut session, "PgDn");
    assert_eq!((question(&session).stage, session.halt.is_none()), (Stage::Asked, true));
    to_stop(&mut session);
    assert_eq!(told(&session), [Some(false), Some(true)]);
    press(&mut session, "PgDn");
    to_stop(&mut session);
    assert_eq!(session.scene().view.question, None);
    // Back where it stood, it is asked again.
    press(&mut session, "PgUp PgUp");
    assert_eq!(question(&session).stage, Stage::Asked);
    assert!(matches!(clock(&session), Clock::Stands(Stands::Beat { number: 2, of: 4 })));
}

#[test]
fn a_choice_on_the_screen_answers_when_it_is_pointed_at() {
    for size in [(60, 20), (80, 24), (120, 40), (200, 60)] {
        let mut session = script(ASKED);
        to_stop(&mut session);
        session.resize(size.into());
        let rows = (0..size.1).map(|y| (0..size.0).find_map(|x| session.choice_at(x, y)));
        let rows: Vec<Option<u32>> = rows.collect();
        let second = rows.iter().rposition(|it| *it == Some(2)).expect("it is drawn") as u16;
        assert!(rows.contains(&Some(1)) && !rows.contains(&Some(3)), "{rows:?}");
        let mouse = Mouse { act: MouseAct::Press, column: 2, row: second };
        session.update(Message::Input(Input::Mouse(mouse)));
        assert_eq!(said(&session), [Said::Nothing, Said::Chosen], "{size:?}");
        press(&mut session, "Space");
        assert_eq!(question(&session).stage, Stage::Revealed);
        assert_eq!(session.choice_at(2, second), None, "it has its answer");
    }
}

#[test]
fn a_page_that_says_it_in_its_own_letters_leaves_the_rows_to_the_panes() {
    let mut session = script(&ASKED.replace("ask Who", "say Look.\nask Who"));
    to_stop(&mut session);
    let text = |session: &Session| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 50));
        crate::ui::draw_into(&mut buffer, &session.scene());
        buffer.content().iter().map(|cell| cell.symbol()).collect::<String>()
    };
    session.resize((60, 50).into());
    let asked = |session: &Session| (0..50).any(|y| session.choice_at(2, y).is_some());
    assert!(text(&session).contains("Look.") && asked(&session), "{}", text(&session));
    session.set_voice(Voice::Page);
    assert!(!text(&session).contains("Look.") && !asked(&session), "{}", text(&session));
}

#[test]
fn hands_of_a_class_are_seen_as_soon_as_they_are_heard() {
    let mut session = script(ASKED);
    to_stop(&mut session);
    session.take_stale();
    session.hear_class(vec![3, 5]);
    // Nobody presses a key, and no time passes.
    assert!(session.take_stale());
    assert_eq!(said(&session), [Said::Hands(3), Said::Hands(5)]);
}

#[test]
fn a_class_takes_nobody_out_of_the_past() {
    let mut session = script(ASKED);
    to_stop(&mut session);
    let asked = session.standing_question().expect("it stands");
    session.hear_class(vec![3, 5]);
    press(&mut session, "Space");
    assert_eq!(session.standing_question(), None);
    // Back where the question stands, it is the same, and who raises a hand now ends no future.
    press(&mut session, ", .");
    assert_eq!(session.standing_question(), Some(asked));
    let end = session.timeline.end();
    assert!(session.is_past());
    session.hear_class(vec![8, 0]);
    assert!(session.is_past());
    assert_eq!((said(&session), session.timeline.end()), (vec![Said::Nothing; 2], end));
}

#[test]
fn digits_begin_what_the_class_says() {
    let mut session = script(ASKED);
    press(&mut session, "F5");
    to_stop(&mut session);
    press(&mut session, "2");
    assert!(matches!(session.scene().view.mode, Mode::Prompt(_)));
    press(&mut session, "Enter");
    assert_eq!(said(&session), [Said::Nothing, Said::Chosen]);
    press(&mut session, "1 '2_28 Enter");
    assert_eq!(said(&session), [Said::Hands(12), Said::Hands(28)]);
    assert_eq!(question(&session).hands(), 40);
    assert_eq!(session.view.selection.server, None);
    press(&mut session, "3 Enter");
    assert!(matches!(session.scene().view.mode, Mode::Prompt(_)), "there is no third choice");
    press(&mut session, "Esc PgDn");
    assert_eq!(said(&session), [Said::Hands(12), Said::Hands(28)]);
    press(&mut session, "2");
    assert!(session.view.selection.server.is_some(), "no question stands any more");
}

#[test]
fn what_leads_to_a_question_gives_nothing_away() {
    let mut session = script(
        "cluster servers=3\nsay All are up.\nask Who leads? | S1 if S1 is leader | nobody if no leader\n\
         reveal\nsay Nobody leads yet.\nask And then? | S1 if S1 is leader | nobody if no leader\n",
    );
    let says = |text: &'static str| {
        move |session: &Session| session.scene().view.caption.as_deref() == Some(text)
    };
    wait(&mut session, 10.0, "the first caption", says("All are up."));
    assert!(session.scene().view.question.is_none() && session.scene().view.withholds());
    press(&mut session, "w");
    assert!(refusal(&session).contains("a question comes next"));
    to_stop(&mut session);
    let explained = says("Nobody leads yet.");
    while !explained(&session) {
        press(&mut session, "Space");
        wait(&mut session, 10.0, "a stop or a caption", |session| {
            session.halt.is_some() || explained(session)
        });
    }
    // This one explains the answer.
    assert!(session.scene().view.question.is_none() && !session.scene().view.withholds());
    to_stop(&mut session);
    assert!(session.scene().view.withholds());
}

/// Beside a question about votes nobody says whose vote went where, and the news before it does not either.
#[test]
fn what_leads_to_a_question_about_votes_tells_of_none() {
    let text = "cluster servers=3\ncut S1 <-> S3\ntimeout S1\nuntil S1 is leader\ncrash S2\nrun 20ms\nrestart S2\n\
                say What does it know?\n\
                ask Its vote? | S1 if S2 vote = S1 | none if S2 vote = none\nreveal\n";
    let mut session = script(text);
    wait(&mut session, 60.0, "a caption", |session| session.scene().view.asks_next.is_some());
    for size in [(80, 24), (120, 40)] {
        let shown = screen(&session, Size::from(size));
        assert!(shown.contains("What does it know?") && !shown.contains("vote"), "{shown}");
    }
    press(&mut session, "Space");
    wait(&mut session, 60.0, "a question", |session| session.scene().view.question.is_some());
    for size in [(80, 24), (120, 40)] {
        let shown = screen(&session, Size::from(size)).to_lowercase();
        assert!(!shown.contains("voted for") && !shown.contains("vote for s1"), "{shown}");
    }
}

/// What was said before a question is of what was to be seen then: with an answer that took time stands what
/// has happened since.
#[test]
fn with_an_answer_stands_what_has_happened_since() {
    for (then, kept) in [("", true), ("timeout S1\nuntil S1 is leader\n", false)] {
        let text = format!(
            "cluster servers=3\nsay Nobody leads.\n\
             ask Who will? | S1 if S1 is leader | nobody if not leader\n{then}reveal\n"
        );
        let mut session = script(&text);
        to_stop(&mut session);
        press(&mut session, "1 Space");
        wait(&mut session, 60.0, "an answer", |session| {
            session.scene().view.question.as_ref().is_some_and(|it| it.stage == Stage::Revealed)
        });
        let shown = screen(&session, Size::new(80, 24));
        assert_eq!(shown.contains("Nobody leads."), kept, "{shown}");
        assert_eq!(shown.contains("S1 wins term 1"), !kept, "{shown}");
    }
}

#[test]
fn who_is_alone_answers_with_one_key() {
    let mut session = script(ASKED);
    to_stop(&mut session);
    press(&mut session, "2");
    assert!(matches!(session.scene().view.mode, Mode::Normal));
    assert_eq!(said(&session), [Said::Nothing, Said::Chosen]);
    press(&mut session, "3");
    assert!(matches!(session.scene().view.mode, Mode::Normal));
    assert!(refusal(&session).contains("1 to 2"), "there is no third choice");
}

#[test]
fn the_free_lab_asks_too() {
    let mut session = lab();
    press(&mut session, ":");
    press(&mut session, "Esc");
    assert!(!typed(&mut session, "reveal"));
    assert!(typed(&mut session, "ask Who leads? | nobody if no leader | S1"));
    assert_eq!(clock(&session), Clock::Stands(Stands::Question));
    press(&mut session, "Space");
    assert_eq!(told(&session), [Some(true), None]);
    press(&mut session, "Space");
    wait(&mut session, 20.0, "time", |session| session.scene().view.question.is_none());
    // Where the lab can't say, it says nothing, and the question is over.
    press(&mut session, "Space");
    assert!(typed(&mut session, "ask Why? | because | perhaps"));
    press(&mut session, "Space");
    assert_eq!(session.scene().view.question, None);
    assert!(session.notice.is_none() || !refusal(&session).contains("asked"));
}

const FORETOLD: &str = "cluster servers=3 seed=5\n\
                        timeout S1\n\
                        until S1 is leader\n\
                        crash S1\n\
                        aside Let them guess.\n\
                        ask Who leads next? | S2 if leader = S2 | S3 if leader = S3 | nobody\n\
                        oracle\n\
                        until leader\n\
                        reveal\n\
                        point leader\n\
                        say \"There it is.\"\n\
                        beat\n\
                        run 10ms\n";

fn shares(session: &Session) -> Vec<Option<String>> {
    question(session).choices.iter().map(|choice| choice.share.clone()).collect()
}

#[test]
fn the_oracle_says_how_likely_each_choice_is() {
    let mut session = script(FORETOLD);
    press(&mut session, "F5");
    to_stop(&mut session);
    assert_eq!(shares(&session), [None, None, None]);
    press(&mut session, "PgDn");
    wait(&mut session, 60.0, "an answer", |session| shares(session)[0].is_some());
    let told = shares(&session);
    let percent = |share: &Option<String>| -> f64 {
        let share = share.as_ref().unwrap();
        assert!(share.contains(" % ± "), "{share}");
        share.split(' ').next().unwrap().parse().unwrap()
    };
    let both = percent(&told[0]) + percent(&told[1]);
    assert!((99.0..=100.1).contains(&both), "one of two becomes leader: {told:?}");
    assert_eq!(told[2], None, "nobody says when that is so");
    assert!(matches!(session.scene().view.mode, Mode::Normal));
    // Whoever comes back finds the same figures.
    press(&mut session, "PgDn");
    to_stop(&mut session);
    assert_eq!(question(&session).stage, Stage::Revealed);
    press(&mut session, "PgUp");
    wait(&mut session, 60.0, "an answer", |session| shares(session)[0].is_some());
    assert_eq!(shares(&session), told);
}

#[test]
fn notes_say_what_comes_and_an_aside_is_nowhere_else() {
    let mut session = script(FORETOLD);
    press(&mut session, "F5");
    to_stop(&mut session);
    let notes = session.notes().join("\n");
    assert!(
        notes.starts_with("Beat 1 of 4\n  * Let them guess.\nAsked: Who leads next?"),
        "{notes}"
    );
    assert_eq!(notes.matches('✓').count(), 1, "{notes}");
    for layout in Layout::EVERY {
        session.view.layout = layout;
        session.show();
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let seen = screen(&session, Size::new(width, height));
            assert!(!seen.contains("Let them guess"), "{seen}");
        }
    }
    press(&mut session, "PgDn");
    to_stop(&mut session);
    wait(&mut session, 60.0, "an answer", |session| shares(session)[0].is_some());
    press(&mut session, "PgDn");
    to_stop(&mut session);
    let notes = session.notes().join("\n");
    assert!(!notes.contains("guess") && notes.contains("Next: There it is."), "{notes}");
    assert_eq!(session.view.pointed, None);
    press(&mut session, "PgDn");
    to_stop(&mut session);
    let leader = session.cluster().leader().unwrap();
    assert!(session.view.is_marked(leader));
    press(&mut session, "PgDn");
    wait(&mut session, 60.0, "the end", |session| session.cluster().finished());
    assert_eq!(session.view.pointed, None);
}

/// The texts of a screen of this size, in one line, blanks put together.
fn screen(session: &Session, size: Size) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    crate::ui::draw_into(&mut buffer, &session.scene());
    let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a line of a script would show, as far as it stands in it word for word.
fn told_by(command: &Command) -> Vec<String> {
    let texts: Vec<&str> = match command {
        Command::Tell(Tell::Say(text)) => vec![text.as_str()],
        Command::Tell(Tell::Ask(question)) => vec![question.text.as_str()],
        _ => Vec::new(),
    };
    let parts = texts.iter().flat_map(|text| text.split(['\n', '{', '}']));
    let long = parts.map(str::trim).filter(|part| part.chars().count() > 16);
    // A row is narrower than a caption.
    long.map(|part| part.chars().take(40).collect()).collect()
}

#[test]
fn nothing_that_comes_is_on_the_screen_while_one_presents() {
    let sizes = [(60, 16), (80, 24), (120, 40), (200, 60)].map(|(w, h)| Size::new(w, h));
    for text in [
        include_str!("../../../../scripts/lessons/02_silence_starts_an_election.lab"),
        include_str!("../../../../scripts/lessons/07_a_lost_majority_commits_nothing.lab"),
        include_str!("../../../../scripts/lessons/09_disks_survive_a_crash.lab"),
    ] {
        let lines = Script::parse("lesson.lab", text.as_bytes()).unwrap().lines;
        let mut session = script(text);
        press(&mut session, "F5");
        let mut way = vec!["PgDn"; 12];
        way.extend(["PgUp"; 4]);
        for key in way {
            press(&mut session, key);
            to_stop(&mut session);
            let here = session.player.line();
            let coming = lines.iter().filter(|line| line.number > here);
            let coming: Vec<String> = coming.flat_map(|line| told_by(&line.command)).collect();
            for layout in Layout::EVERY {
                session.view.layout = layout;
                session.show();
                for size in sizes {
                    let seen = screen(&session, size);
                    for part in &coming {
                        assert!(!seen.contains(part.as_str()), "{part} at line {here}: {seen}");
                    }
                }
            }
        }
    }
}

/// What is open while one presents gives way to the remote, which has no other keys.
#[test]
fn the_remote_goes_on_whatever_is_open() {
    let asked = || {
        let mut session = script(ASKED);
        press(&mut session, "F5");
        to_stop(&mut session);
        session
    };
    // Digits are what the class says; then it goes on.
    let mut session = asked();
    press(&mut session, "2 PgDn");
    assert!(matches!(session.scene().view.mode, Mode::Normal));
    assert_eq!(said(&session), [Said::Nothing, Said::Chosen]);
    assert_eq!(question(&session).stage, Stage::Asked);
    press(&mut session, "PgDn");
    assert_eq!(question(&session).stage, Stage::Revealed);
    // What can't be counted is dropped, and so is what has nothing to do with it.
    for open in ["9 '9", ": 'crash", "P", "L", "M"] {
        for (key, stage) in [("PgDn", Stage::Revealed), ("PgUp", Stage::Asked)] {
            let mut session = asked();
            press(&mut session, &format!("{open} {key}"));
            assert!(matches!(session.scene().view.mode, Mode::Normal), "{open} {key}");
            assert_eq!(question(&session).stage, stage, "{open} {key}");
        }
    }
}

/// Back where a question was asked it is asked again, by any keys that lead there.
#[test]
fn a_question_that_one_comes_back_to_has_no_answer() {
    for present in [false, true] {
        let mut session = script(ASKED);
        if present {
            press(&mut session, "F5");
        }
        to_stop(&mut session);
        press(&mut session, if present { "2 Enter" } else { "2" });
        assert_eq!(said(&session)[1], Said::Chosen);
        for keys in [", N", ", , N", "Space Space , N", ", N N"] {
            press(&mut session, keys);
            let now = session.scene().view.question.clone();
            let clean =
                |it: &Question| it.choices.iter().all(|choice| choice.said == Said::Nothing);
            assert!(now.as_ref().is_none_or(clean), "{present} {keys}: {now:?}");
        }
    }
}
