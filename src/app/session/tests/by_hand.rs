//! All by hand, with the keys of packet mode.

use crate::app::input::{Input, Mouse, MouseAct};

use super::{clock, find, frames, lab, last_command, led, press, refusal, script};
use crate::app::session::{Message, Session};
use crate::cluster::command::Unmet;
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::network::Hand;
use crate::cluster::time::Time;
use crate::ui::view::{Clock, Mode, Stands};

fn in_packet_mode(session: &Session) -> bool {
    matches!(session.scene().view.mode, Mode::Packets)
}

/// Presses `Enter` until something is the case.
fn deliver_until(session: &mut Session, what: &str, is_so: impl Fn(&Session) -> bool) {
    for _ in 0..100 {
        if is_so(session) {
            return;
        }
        press(session, "Enter");
        frames(session, 0.1);
    }
    panic!("no {what} after a hundred packets");
}

#[test]
fn an_election_and_a_commit_are_played_with_a_few_keys() {
    let mut session = lab();
    press(&mut session, "M a 2");
    assert_eq!(last_command(&session), "timeout S2");
    assert_eq!(session.cluster().packets().len(), 4);
    frames(&mut session, 5.0);
    assert_eq!((session.cluster().now(), session.cluster().packets().len()), (Time::START, 4));
    deliver_until(&mut session, "leader", |session| session.cluster().leader().is_some());
    assert_eq!(session.cluster().leader().map(|id| id.number()), Some(2));
    press(&mut session, "c");
    deliver_until(&mut session, "commit", |session| session.cluster().committed().0 > 0);
    press(&mut session, "2");
    assert_eq!(last_command(&session), "heartbeat S2");
    assert!(in_packet_mode(&session));
    assert_eq!(session.cluster().now(), Time::START);
    press(&mut session, "a Esc");
    assert_eq!(last_command(&session), "by-hand off");
    frames(&mut session, 0.5);
    assert!(session.cluster().now() > Time::START, "lab time goes on");
}

#[test]
fn it_is_said_and_what_would_wait_for_ever_is_refused() {
    let mut session = led();
    press(&mut session, "M a");
    find(&session, "‖ by hand");
    press(&mut session, "Esc");
    find(&session, "‖ by hand");
    let before = session.cluster().point();
    for key in ["Space", ".", ";", "] c"] {
        press(&mut session, key);
        assert!(refusal(&session).contains("all is by hand"), "{key}");
    }
    frames(&mut session, 2.0);
    assert_eq!(session.cluster().point(), before);
    press(&mut session, "x");
    assert!(refusal(&session).contains("no server is selected"));
    press(&mut session, "3 x M 3");
    assert!(refusal(&session).contains("S3 is down"));
    press(&mut session, "d");
    assert!(refusal(&session).contains("on its disk"), "{}", refusal(&session));
    press(&mut session, "r");
    assert!(refusal(&session).contains("no client waits"));
    press(&mut session, "c r");
    assert_eq!(last_command(&session), "retry a");
}

#[test]
fn a_presenter_takes_all_in_hand_at_a_beat_and_gives_it_back() {
    let mut session = script(
        "cluster servers=3 seed=5\ntimeout S1\nuntil S1 is leader\nbeat\nset x 1\nrun \
         100ms\nbeat\n",
    );
    let beat = |session: &Session| match session.halt {
        Some(Stands::Beat { number, .. }) => Some(number),
        _ => None,
    };
    press(&mut session, "F5 PgDn M a Esc");
    assert_eq!((beat(&session), session.cluster().unmet()), (Some(1), Unmet::Remark));
    let now = session.cluster().now();
    press(&mut session, "PgDn");
    frames(&mut session, 5.0);
    let waits = session.cluster().point();
    assert!(session.script_line_lines(5).concat().contains("It waits for a command by hand."));
    for key in ["PgDn", "Space", "n"] {
        press(&mut session, key);
        assert!(refusal(&session).contains("all is by hand"), "{key}");
    }
    press(&mut session, ": 'goto_5s Enter");
    assert!(refusal(&session).contains("all is by hand"), "{}", refusal(&session));
    assert_eq!((session.cluster().point(), session.cluster().now()), (waits, now));
    assert_eq!(session.cluster().failure(), None, "a person can still act");
    press(&mut session, "M a Esc PgDn");
    assert_eq!(beat(&session), Some(2), "{}", session.cluster().now());
    press(&mut session, "PgUp");
    assert_eq!((beat(&session), session.cluster().unmet()), (Some(1), Unmet::Fail), "untouched");
}

#[test]
fn undoing_stays_with_the_packets() {
    let mut session = lab();
    press(&mut session, "M a 2 Enter Enter");
    let packets = session.cluster().packets().len();
    press(&mut session, "x");
    assert_eq!(session.cluster().packets().len(), packets - 1);
    press(&mut session, "u");
    assert_eq!(session.cluster().packets().len(), packets);
    press(&mut session, "u u u");
    assert!(in_packet_mode(&session) && session.cluster().is_by_hand());
    assert_eq!((session.cluster().packets().len(), session.cluster().term().0), (0, 0));
}

#[test]
fn each_key_does_its_deed_to_the_chosen_packet() {
    let mut session = lab();
    press(&mut session, "M a 1");
    let packets = |session: &Session| session.cluster().packets().len();
    press(&mut session, "t");
    assert!(last_command(&session).starts_with("duplicate #"));
    assert_eq!(packets(&session), 5);
    press(&mut session, "z");
    assert!(last_command(&session).starts_with("hold #"));
    let held = |session: &Session| {
        session.cluster().packets().iter().filter(|packet| packet.hand == Hand::Held).count()
    };
    assert_eq!(held(&session), 1);
    press(&mut session, "j s");
    assert!(last_command(&session).starts_with("delay #"));
    press(&mut session, "x");
    assert_eq!(packets(&session), 4);
    press(&mut session, "w");
    assert!(matches!(session.scene().view.mode, Mode::Dialog(_)));
    press(&mut session, "Esc");
    assert!(in_packet_mode(&session), "a text that is closed leads back");
}

#[test]
fn a_clients_request_is_not_doubled_by_key_either() {
    let mut session = lab();
    press(&mut session, "M a c t");
    assert!(refusal(&session).contains("behave like TCP"), "{}", refusal(&session));
    assert_eq!(session.cluster().packets().len(), 1);
}

#[test]
fn all_that_is_in_flight_arrives_with_one_key_and_what_follows_waits() {
    let mut session = lab();
    press(&mut session, "M *");
    assert!(refusal(&session).contains("nothing is in flight"));
    press(&mut session, "a 4 *");
    let replies = |session: &Session| {
        session.cluster().packets().iter().filter(|packet| packet.cargo.is_reply()).count()
    };
    assert_eq!((session.cluster().packets().len(), replies(&session)), (4, 4));
    press(&mut session, "* c *");
    assert_eq!(session.cluster().leader().map(|id| id.number()), Some(4));
    assert_eq!(replies(&session), 4 + 1, "of heartbeats, and the client is sent away");
}

fn click(session: &mut Session, (column, row): (u16, u16)) {
    let act = MouseAct::Press;
    session.update(Message::Input(Input::Mouse(Mouse { act, column, row })));
}

#[test]
fn the_mouse_chooses_a_packet_and_inspects_it() {
    let mut session = lab();
    press(&mut session, "M a 1 j");
    let last = session.cluster().packets().last().map(|packet| packet.id);
    let there = find(&session, &format!("#{}", last.unwrap()));
    assert_ne!(session.scene().view.selection.packet, last);
    click(&mut session, there);
    assert_eq!(session.scene().view.selection.packet, last);
    assert!(in_packet_mode(&session));
    click(&mut session, there);
    click(&mut session, there);
    assert!(matches!(session.scene().view.mode, Mode::Dialog(_)));
    press(&mut session, "Esc Enter");
    assert!(last_command(&session).starts_with("deliver #"), "{}", last_command(&session));
}

#[test]
fn at_a_beat_the_script_waits_while_packets_are_told() {
    let mut session = script(
        "cluster servers=3 seed=1\nby-hand on\ntimeout S1\nsay deliver a vote\nbeat\nnote \
         later\nuntil leader\nsay thanks\nbeat\n",
    );
    frames(&mut session, 10.0);
    assert!(matches!(clock(&session), Clock::Stands(Stands::Beat { number: 1, .. })));
    press(&mut session, "M Enter Enter");
    deliver_until(&mut session, "leader", |session| session.cluster().leader().is_some());
    press(&mut session, "Esc");
    assert!(matches!(clock(&session), Clock::Stands(Stands::Beat { number: 1, .. })));
    let noted = |session: &Session| {
        let mut events = session.scene().trace.events();
        events.any(|(_, event)| matches!(event.kind, EventKind::Script(ScriptEvent::Noted { .. })))
    };
    assert!(!noted(&session), "no line of the script has run");
    press(&mut session, "Space");
    frames(&mut session, 10.0);
    assert_eq!(session.player.caption().map(ToString::to_string).as_deref(), Some("thanks"));
    assert!(noted(&session));
}

#[test]
fn a_script_that_waits_goes_on_when_somebody_tells_what_it_waits_for() {
    let mut session =
        script("cluster servers=3 seed=1\nby-hand on\nuntil leader within 1s\nsay thanks\nbeat\n");
    frames(&mut session, 5.0);
    assert!(session.cluster().failure().is_none(), "in the lab a person can act");
    press(&mut session, "M 1");
    deliver_until(&mut session, "leader", |session| session.cluster().leader().is_some());
    press(&mut session, "Esc");
    frames(&mut session, 5.0);
    assert!(matches!(clock(&session), Clock::Stands(Stands::Beat { .. })), "{:?}", clock(&session));
}
