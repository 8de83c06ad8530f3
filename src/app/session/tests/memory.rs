//! Sessions that grow until they have come to their budget of memory.

use super::{clock, frames, lab, led, press, refusal, wait};
use crate::app::session::Session;
use crate::ui::view::{Clock, Stands};

#[test]
fn a_session_stands_at_its_budget_and_says_what_to_do() {
    let mut session = lab();
    session.set_memory(12_000_000);
    press(&mut session, ": 'load_clients=20_rate=5000/s Enter : 'pace_50_faster Enter");
    let full = |clock: Clock| clock == Clock::Stands(Stands::Memory);
    wait(&mut session, 60.0, "a full memory", |session| full(clock(session)));
    assert!(refusal(&session).contains("Ctrl-s saves it; :memory 24MB goes on"));
    let stood = session.cluster().now();
    for keys in ["Space", ".", ";", "] c"] {
        press(&mut session, keys);
        assert!(refusal(&session).contains("its budget"), "{keys}");
        frames(&mut session, 0.5);
        assert_eq!(session.cluster().now(), stood, "{keys}");
    }
    // One can still look at the past, play it again up to here, and act.
    press(&mut session, ",");
    assert!(matches!(clock(&session), Clock::Past { .. }));
    press(&mut session, "Space");
    frames(&mut session, 5.0);
    assert!(full(clock(&session)));
    let stood = session.cluster().now();
    press(&mut session, "X : 'memory_1 Enter");
    assert!(refusal(&session).contains("as 2GB"));
    press(&mut session, "Esc : 'memory_1GB Enter");
    frames(&mut session, 0.5);
    assert!(session.cluster().now() > stood);
}

#[test]
fn an_idle_lab_stays_far_below_its_budget() {
    let mut session = led();
    press(&mut session, ": 'pace_50_faster Enter");
    // Twenty minutes of lab time, and none of it is remembered for good.
    frames(&mut session, 24.0);
    let grown = session.bytes();
    assert!(session.cluster().now().micros() > 1_000_000_000);
    frames(&mut session, 24.0);
    assert!(session.bytes() < 100_000_000, "{grown} and then {}", session.bytes());
}

#[test]
fn a_long_run_says_what_going_back_costs() {
    let mut session = lab();
    press(&mut session, ": 'load_clients=40_keys=100_rate=5000/s Enter : 'pace_50_faster Enter");
    let words = "going far back plays up to";
    let said = |session: &Session| {
        let notice = session.scene().view.notice.clone();
        notice.is_some_and(|notice| notice.text.contains(words))
    };
    wait(&mut session, 600.0, "a word about a long run", said);
    press(&mut session, "Space");
    frames(&mut session, 4.0);
    assert!(!said(&session));
    press(&mut session, ",");
    assert!(said(&session), "each way back says so");
}

#[test]
fn a_future_that_was_left_counts_for_what_it_has_alone() {
    let mut session = lab();
    press(&mut session, ": 'load_clients=20_keys=100_rate=5000/s Enter : 'pace_50_faster Enter");
    frames(&mut session, 1.0);
    press(&mut session, "Space");
    let alone = session.bytes();
    press(&mut session, ", X");
    let (both, shared) = (session.bytes(), session.timeline.bytes());
    assert!(shared > 1_000_000, "{shared}");
    let trace = session.branches[0].trace.bytes() + session.trace.bytes();
    assert!(both < alone + trace + shared / 2, "{both} after {alone}, of which {shared} shared");
}
