//! What only looks: the filter, selecting and inspecting with the mouse, panes and layouts.

use std::time::Duration;

use crate::app::input::{Input, Mouse, MouseAct};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{find, frames, lab, led, press, wait};
use crate::app::session::{Message, Session};
use crate::cluster::server::Power;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::ServerId;
use crate::ui::view::{Mode, Pane, Rows};

#[test]
fn what_the_last_row_says_and_the_help_are_whole_in_sixty_columns() {
    let mut session = led();
    session.resize((60, 50).into());
    let drawn = |session: &Session| -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 50));
        crate::ui::draw_into(&mut buffer, &session.scene());
        buffer.content().iter().map(|cell| cell.symbol()).collect()
    };
    session
        .remark("recorded by engine 1, and this is another: the run may be another; a last word");
    assert!(drawn(&session).contains("a last word"), "{}", drawn(&session));
    press(&mut session, "?");
    let help = drawn(&session);
    assert!(help.contains("leads, and can commit") && help.contains("leave (asks once)"), "{help}");
}

#[test]
fn the_filter_lists_what_has_the_words() {
    let mut session = led();
    let all = session.scene().trace.listed().len();
    press(&mut session, "/ 'leader Enter");
    let some = session.scene().trace.listed().len();
    assert!(0 < some && some < all, "{some} of {all}");
    press(&mut session, "Esc");
    assert_eq!(session.scene().trace.listed().len(), all);
}

fn mouse(session: &mut Session, act: MouseAct, text: &str) {
    let (column, row) = find(session, text);
    session.update(Message::Input(Input::Mouse(Mouse { act, column, row })));
}

const CLICK: MouseAct = MouseAct::Press;

#[test]
fn a_click_selects_and_a_double_click_inspects() {
    let mut session = led();
    press(&mut session, "Space");
    mouse(&mut session, CLICK, "S2 ○");
    assert_eq!(session.scene().view.selection.server, ServerId::from_number(2));
    assert!(matches!(session.scene().view.mode, Mode::Normal));
    session.update(Message::Frame(Duration::from_millis(200)));
    mouse(&mut session, CLICK, "S2 ○");
    assert!(matches!(session.scene().view.mode, Mode::Dialog(_)));
    press(&mut session, "Esc");
    mouse(&mut session, CLICK, "S3 ○");
    session.update(Message::Frame(Duration::from_millis(600)));
    mouse(&mut session, CLICK, "S3 ○");
    assert!(matches!(session.scene().view.mode, Mode::Normal), "two slow clicks are two clicks");
}

#[test]
fn the_diagram_comes_and_goes_by_its_key_and_lights_causes() {
    let mut session = led();
    press(&mut session, "Space E");
    assert_eq!(session.scene().view.zoomed, Some(Pane::Diagram));
    press(&mut session, "k k k");
    let view = session.scene().view;
    let chosen = view.selection.event.unwrap();
    assert_eq!(view.causes.last(), Some(&chosen));
    assert!(view.causes.len() > 1, "an event has causes");
    let (x, y) = find(&session, "★ t1");
    let (column, row) = (x + 1, y);
    session.update(Message::Input(Input::Mouse(Mouse { act: CLICK, column, row })));
    let number = session.scene().view.selection.event.unwrap();
    let event = session.scene().trace.get(number).unwrap();
    assert!(event.headline(session.cluster().names()).contains("wins term 1"));
    press(&mut session, "> > >");
    assert_eq!(session.scene().view.diagram, Rows::Each(Span::from_millis(5)));
    press(&mut session, "< < < l");
    assert_eq!(session.scene().view.diagram, Rows::Moments);
    press(&mut session, "PgUp g G E");
    assert_eq!(session.scene().view.zoomed, None);
    assert_ne!(session.scene().view.focus, Pane::Diagram, "it is not seen any more");
}

#[test]
fn what_is_looked_at_closely_comes_by_a_key_and_goes() {
    let mut session = led();
    press(&mut session, "Space 2 a");
    assert_eq!(session.scene().view.zoomed, Some(Pane::Inspector));
    find(&session, "currentTerm");
    press(&mut session, "l");
    assert_eq!(session.scene().view.selection.server, ServerId::from_number(3));
    press(&mut session, "Q");
    find(&session, "Whichever server crashes next");
    press(&mut session, "O l");
    assert!(session.scene().view.selection.client.is_some());
    press(&mut session, "O");
    assert_eq!(session.scene().view.zoomed, None);
}

#[test]
fn the_help_begins_with_what_one_needs_and_is_searched() {
    let mut session = lab();
    press(&mut session, "?");
    find(&session, "The first keys");
    find(&session, "leads, and can commit");
    press(&mut session, "PgDn");
    find(&session, "All marks");
    press(&mut session, "/ 'partition Enter");
    find(&session, "partition mode");
    find(&session, "Commands (:)");
    press(&mut session, "/ 'xyzzy Enter");
    find(&session, "Nothing has that word");
    press(&mut session, "Esc");
    assert!(matches!(session.scene().view.mode, Mode::Normal));
}

#[test]
fn the_card_starts_an_election_that_stops_at_its_firsts() {
    stops_at_its_firsts(lab(), "timers and votes are the paper's");
    #[cfg(feature = "guests")]
    stops_at_its_firsts(super::lab_of_guests(), "timers and votes are your module's");
}

fn stops_at_its_firsts(mut session: Session, whose: &str) {
    session.welcome();
    find(&session, whose);
    frames(&mut session, 2.0);
    assert_eq!(session.cluster().now(), Time::START, "lab time is paused until a key is pressed");
    press(&mut session, "Space");
    for (first, words) in
        [("candidate", "first candidate"), ("vote", "first vote"), ("leader", "first leader")]
    {
        wait(&mut session, 30.0, first, |session| session.scene().view.notice.is_some());
        let notice = session.scene().view.notice.clone().unwrap();
        assert!(notice.text.contains(words), "{}", notice.text);
        press(&mut session, "Space");
        frames(&mut session, 0.1);
        wait(&mut session, 4.0, "the end of the notice", |session| {
            session.scene().view.notice.as_ref().is_none_or(|now| now.text != notice.text)
        });
    }
    assert!(session.cluster().leader().is_some());
    find(&session, "try a write");
    press(&mut session, "c");
    find(&session, "try a crash");
}

#[test]
fn whatever_is_pressed_on_the_card_acts() {
    let mut session = lab();
    session.welcome();
    press(&mut session, "?");
    find(&session, "The first keys");
}

#[test]
fn keys_in_the_footer_can_be_pressed() {
    let mut session = led();
    let leader = session.cluster().leader().unwrap();
    mouse(&mut session, CLICK, "X crash leader");
    assert_eq!(session.cluster().server(leader).unwrap().power, Power::Down);
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut session = led();
    press(&mut session, "s");
    mouse(&mut session, MouseAct::ScrollUp, "votes for");
    assert!(session.scene().view.selection.event.is_some());
    let before = session.scene().view.timeline.span;
    mouse(&mut session, MouseAct::ScrollDown, "leader ·");
    assert_ne!(session.scene().view.timeline.span, before);
}

#[test]
fn every_layout_and_every_pane_can_be_walked() {
    let mut session = led();
    press(&mut session, "c");
    frames(&mut session, 5.0);
    for _ in 0..4 {
        for _ in 0..7 {
            for keys in ["j j k", "l l h", "g", "G", "PgDn", "Enter Esc", "w Esc", "f f", "< >"] {
                press(&mut session, keys);
                let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
                crate::ui::draw_into(&mut buffer, &session.scene());
            }
            press(&mut session, "Tab");
        }
        press(&mut session, "s");
    }
    assert_eq!(session.cluster().commands(), 1);
}

#[test]
fn a_client_that_is_sent_away_for_ever_is_told_of_once() {
    let mut session = led();
    let leader = session.cluster().leader().unwrap();
    let follower = session.cluster().servers().iter().find(|one| one.id != leader).unwrap().id;
    let told = |session: &Session, words: &str| {
        let scene = session.scene();
        let names = scene.cluster.names();
        let listed = scene.trace.listed().iter().filter_map(|number| scene.trace.get(*number));
        listed.filter(|event| event.told(names).contains(words)).count()
    };
    press(&mut session, &format!(": 'get_x_client=a_only={follower}_nowait Enter"));
    let attempts = |session: &Session| {
        let client = session.cluster().client_named("a").expect("the client");
        client.call().map_or(0, |call| call.attempt)
    };
    wait(&mut session, 60.0, "many attempts", |session| attempts(session) > 10);
    assert_eq!(told(&session, "refuses client a"), 1);
    assert_eq!(told(&session, "does not lead"), 1);
    // Another failure is news, once more.
    press(&mut session, &format!(": 'crash_{follower} Enter"));
    let before = attempts(&session);
    wait(&mut session, 120.0, "more attempts", |session| attempts(session) > before + 2);
    assert_eq!(told(&session, &format!("a ends its attempt at {follower}")), 2);
    press(&mut session, "e");
    assert!(told(&session, "does not lead") > 5, "everything is there for who asks");
}
