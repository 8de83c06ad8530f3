//! What only looks: the filter, selecting and inspecting with the mouse, panes and layouts.

use std::time::Duration;

use crate::app::input::{Input, Mouse, MouseAct};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{find, frames, led, press, wait};
use crate::app::session::{Message, Session};
use crate::cluster::server::Power;
use crate::cluster::types::ServerId;
use crate::ui::view::Mode;

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
