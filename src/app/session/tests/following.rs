//! A session that is told what is done in another shows the same.

use super::*;
use crate::app::session::follow::{Telling, Told};
use crate::ui::view::Said;

/// Those who follow: the last whole, and a session that does what it is told.
#[derive(Default)]
struct Class {
    told: Told,
    session: Option<Session>,
    wholes: usize,
    lines: usize,
}

impl Class {
    /// Hears what is new, and has time to do it.
    fn hear(&mut self, presenter: &Session) {
        for telling in presenter.tell_class(&mut self.told) {
            match telling {
                Telling::Whole(text) => {
                    self.wholes += 1;
                    self.session = Some(joined(&text));
                }
                Telling::Line(line) => {
                    self.lines += 1;
                    let session = self.session.as_mut().expect("the whole comes first");
                    session.follow(&line).expect("a line of a recording");
                }
            }
        }
        let session = self.session.as_mut().expect("the whole comes first");
        settle(session);
    }

    fn is_as(&self, presenter: &Session) {
        let session = self.session.as_ref().expect("the whole comes first");
        let (here, there) = (session.cluster(), presenter.cluster());
        assert_eq!(here.place(), there.place());
        assert_eq!(here.digest(), there.digest(), "at {}", there.place());
        assert_eq!(panes(session), panes(presenter), "at {}", there.place());
    }
}

/// Somebody who comes now.
fn joined(text: &str) -> Session {
    let script = Script::parse("followed.lab", text.as_bytes()).expect("a recording");
    let theme = Theme::default();
    let mut session = sized(Session::file("followed.lab".into(), &script, (None, vec![]), theme));
    session.begin_following();
    settle(&mut session);
    session
}

fn settle(session: &mut Session) {
    for _ in 0..400 {
        session.update(Message::Frame(FRAME));
    }
}

/// What the map and the logs show.
fn panes(session: &Session) -> Vec<String> {
    let cluster = session.cluster();
    let server = |server: &crate::cluster::server::Server| {
        format!("{:?} {:?} {:?}", server.id, server.raft.term(), server.raft.log())
    };
    cluster.servers().iter().map(server).collect()
}

#[test]
fn those_who_follow_see_what_the_presenter_does_and_come_late_to_the_same() {
    let mut presenter = script(
        "cluster servers=5 seed=7\nclients a b\nuntil leader\nset x 1\nbeat\nset x 2\nbeat\nget x\n",
    );
    let mut class = Class::default();
    for keys in ["?", "X", "c", "r", "Space", "P 4 5 Enter", "Space", "H", "Space"] {
        press(&mut presenter, keys);
        press(&mut presenter, "Esc");
        for _ in 0..12 {
            frames(&mut presenter, 0.25);
            class.hear(&presenter);
            class.is_as(&presenter);
        }
    }
    assert!(class.lines > 20 && class.wholes < class.lines / 4, "{} wholes", class.wholes);
    // Late, and with all that was done.
    let late = joined(&presenter.whole());
    assert_eq!(late.cluster().digest(), class.session.expect("a class").cluster().digest());
}

#[test]
fn those_who_follow_go_back_with_the_presenter_and_into_the_new_future() {
    let mut presenter = led();
    let mut class = Class::default();
    class.hear(&presenter);
    press(&mut presenter, "X");
    frames(&mut presenter, 1.0);
    class.hear(&presenter);
    class.is_as(&presenter);
    for _ in 0..3 {
        press(&mut presenter, ",");
        settle(&mut presenter);
        class.hear(&presenter);
        class.is_as(&presenter);
    }
    let wholes = class.wholes;
    press(&mut presenter, "c");
    frames(&mut presenter, 1.0);
    class.hear(&presenter);
    class.is_as(&presenter);
    assert_eq!(class.wholes, wholes + 1, "another future goes out as a whole");
    press(&mut presenter, "H");
    settle(&mut presenter);
    class.hear(&presenter);
    class.is_as(&presenter);
}

#[test]
fn who_acts_lets_time_go_on_or_goes_back_goes_their_own_way() {
    let presenter = led();
    let follower = || {
        let mut class = Class::default();
        class.hear(&presenter);
        class.session.expect("a class")
    };
    let mut looks = follower();
    for key in ["s", "2", "w", "Esc", "E"] {
        press(&mut looks, key);
        settle(&mut looks);
        assert!(!looks.strays(), "{key:?} only looks");
    }
    for key in ["X", "Space", ","] {
        let mut session = follower();
        press(&mut session, key);
        settle(&mut session);
        assert!(session.strays(), "{key:?} is their own");
        session.stop_following();
        assert!(!session.strays());
    }
}

#[test]
fn each_sees_their_own_answer_at_once_and_those_of_others_with_the_answer() {
    let mut presenter = script(
        "cluster servers=3 seed=7\nuntil leader\nask Who? | S1 if leader = S1 | S2 if leader = S2\nbeat\n",
    );
    wait(&mut presenter, 60.0, "a question", |session| session.standing_question().is_some());
    let mut class = Class::default();
    class.hear(&presenter);
    let choices = |class: &Class| {
        let session = class.session.as_ref().expect("a session");
        let question = session.scene().view.question.clone().expect("a question");
        question.choices.iter().map(|choice| (choice.said, choice.own)).collect::<Vec<_>>()
    };
    class.session.as_mut().expect("a session").raise_hand(Some(1));
    presenter.hear_class(vec![3, 1]);
    class.hear(&presenter);
    assert_eq!(choices(&class), [(Said::Nothing, false), (Said::Chosen, true)]);
    // Nor does the last row tell it, as it does to the presenter.
    let last = |session: &Session| format!("{:?}", session.scene().view.last_command);
    let session = class.session.as_ref().expect("a session");
    assert!(last(&presenter).contains("answer 3 1"), "{}", last(&presenter));
    assert!(!last(session).contains("answer"), "{}", last(session));
    press(&mut presenter, "Space");
    class.hear(&presenter);
    assert_eq!(choices(&class), [(Said::Hands(3), false), (Said::Hands(1), true)]);
    // Who goes their own way is one of a class no more.
    let session = class.session.as_mut().expect("a session");
    session.stop_following();
    settle(session);
    assert!(choices(&class).iter().all(|(_, own)| !own));
}

#[test]
fn a_line_that_is_none_of_a_recording_does_nothing() {
    let presenter = led();
    let mut session = joined(&presenter.whole());
    let before = session.cluster().digest();
    for line in ["", "crash S1", "did", "did 1s", "reached", "say x", "did 0s panic", "\u{1b}[2J"] {
        assert!(session.follow(line).is_err(), "{line:?}");
    }
    settle(&mut session);
    assert_eq!(session.cluster().digest(), before);
}
