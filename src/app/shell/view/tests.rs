//! A trace that is written and read back shows the run: the same roles, terms, votes, logs and commit
//! indexes at its end, the same leaders on the way, and no broken rule where none was.

use std::io::Write;
use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::read;
use crate::app::input::{Chord, Input};
use crate::app::scenes;
use crate::app::session::{Message, Moment, Session};
use crate::app::shell::trace::{Form, Format, format};
use crate::cluster::command::Script;
use crate::cluster::event::{EventKind, RaftEvent};
use crate::cluster::server::Power;
use crate::cluster::types::{ServerId, Term};
use crate::cluster::{Cluster, Step};
use crate::ui;
use crate::ui::theme::Theme;

/// A script, as far as so many steps go, written in a form; and what became of the cluster.
fn written(text: &[u8], form: Form, steps: usize) -> (Cluster, Vec<u8>) {
    let script = Script::parse("test.lab", text).expect("a script");
    let mut cluster = Cluster::with_script(&script, None);
    let mut out: Vec<u8> = Vec::new();
    let mut format: Box<dyn Format> = format(form, &cluster, 0);
    format.begin("test.lab", &cluster, &mut out).expect("written");
    format.add(&cluster, &mut out).expect("written");
    for _ in 0..steps {
        if cluster.finished() || cluster.step() != Step::Happened {
            break;
        }
        format.add(&cluster, &mut out).expect("written");
    }
    format.end(&mut out).expect("written");
    (cluster, out)
}

/// All of a trace, seen; and who led when.
fn viewed(bytes: &[u8]) -> (Cluster, Vec<(ServerId, Term)>) {
    let (trace, remarks) = read("test", bytes, 1_000_000).expect("a trace");
    assert_eq!(remarks, Vec::<String>::new());
    let mut cluster = Cluster::observing(Rc::new(trace));
    let mut led = Vec::new();
    while cluster.step() == Step::Happened {
        led.extend(cluster.events().iter().filter_map(leads));
    }
    let (seen, of) = cluster.observed().expect("a trace");
    if cluster.violation().is_none() {
        assert_eq!(seen, of, "all of it was seen");
    }
    (cluster, led)
}

fn leads(event: &crate::cluster::event::Event) -> Option<(ServerId, Term)> {
    match event.kind {
        EventKind::Raft(id, RaftEvent::BecameLeader { term, .. }) => Some((id, term)),
        _ => None,
    }
}

/// Whether both show the same, where every term of the one is so much higher and every index too.
fn same(run: &Cluster, seen: &Cluster, terms: u64, entries: u64, of: &str) {
    assert_eq!(seen.violation().map(|broken| &broken.evidence), None, "{of}");
    for (one, other) in run.servers().iter().zip(seen.servers()) {
        if terms > 0 && one.power != Power::Up {
            // Of a crash, etcd tells nothing.
            continue;
        }
        let id = one.id;
        let (own, told) = (&one.raft, &other.raft);
        assert_eq!(one.power, other.power, "{of}: {id}");
        assert_eq!(told.term().0, own.term().0 + terms, "{of}: term of {id}");
        assert_eq!(told.voted_for(), own.voted_for(), "{of}: vote of {id}");
        if one.power == Power::Up {
            assert_eq!(told.role(), own.role(), "{of}: role of {id}");
            assert!(told.commit().0 >= own.commit().0 + entries, "{of}: commit of {id}");
        }
        let log: Vec<u64> = own.log().iter().map(|(_, entry)| entry.term.0 + terms).collect();
        let shown = told.log().iter().map(|(_, entry)| entry.term.0).skip(entries as usize);
        assert_eq!(shown.collect::<Vec<u64>>(), log, "{of}: log of {id}");
    }
}

/// The scripts of the handout, each as far as some thousand steps go.
fn handout() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    scenes::within("handout").into_iter().map(|scene| (scene.path(), scene.text()))
}

const STEPS: usize = 4_000;

#[test]
fn what_etcd_would_have_written_of_the_handout_is_read_back() {
    let mut count = 0;
    for (name, text) in handout() {
        let (run, bytes) = written(text, Form::Etcd, STEPS);
        let servers = run.servers().len() as u64;
        let (seen, _) = viewed(&bytes);
        same(&run, &seen, 1, servers, name);
        count += 1;
    }
    assert!(count > 20, "{count} scripts");
}

#[test]
fn the_labs_own_traces_of_the_handout_are_read_back_whole() {
    for (name, text) in handout() {
        let (run, bytes) = written(text, Form::Lines, STEPS);
        let (seen, _) = viewed(&bytes);
        same(&run, &seen, 0, 0, name);
        for (one, other) in run.servers().iter().zip(seen.servers()) {
            let entries = |cluster: &crate::cluster::server::Server| -> Vec<String> {
                cluster.raft.log().iter().map(|(_, entry)| entry.payload.to_string()).collect()
            };
            assert_eq!(entries(other), entries(one), "{name}: entries of {}", one.id);
            if one.power == Power::Up {
                assert_eq!(
                    other.raft.leader(),
                    one.raft.leader(),
                    "{name}: whom {} follows",
                    one.id
                );
                assert_eq!(other.rsm.kv.hash(), one.rsm.kv.hash(), "{name}: map of {}", one.id);
            }
        }
        assert_eq!(seen.history().len(), run.history().len(), "{name}: calls");
        assert_eq!(seen.packet_count(), 0, "{name}: what has no end is not in flight");
    }
}

/// Rewinding a trace is what rewinding a run is: a clone, and steps.
#[test]
fn a_trace_can_be_gone_back_in() {
    let (name, text) = handout().next().expect("a script");
    let (_, bytes) = written(text, Form::Lines, STEPS);
    let (trace, _) = read("test", &*bytes, 1_000_000).expect("a trace");
    let mut cluster = Cluster::observing(Rc::new(trace));
    let start = cluster.clone();
    for _ in 0..60 {
        cluster.step();
    }
    let mut again = start;
    while again.point() < cluster.point() {
        again.step();
    }
    let told = |cluster: &Cluster| format!("{:?} {:?}", cluster.events(), cluster.servers());
    assert_eq!(told(&again), told(&cluster), "{name}");
    assert!(cluster.events().len() + cluster.packet_count() as usize > 0);
}

#[test]
fn nothing_can_be_done_to_a_trace() {
    let (_, text) = handout().next().expect("a script");
    let (_, bytes) = written(text, Form::Etcd, 300);
    let (trace, _) = read("test", &*bytes, 1_000_000).expect("a trace");
    let mut cluster = Cluster::observing(Rc::new(trace));
    let crash = crate::cluster::command::parse_line("crash S1").expect("a command");
    let why = cluster.apply(&crash).expect_err("nothing is done").to_string();
    assert!(why.contains("only looked at"), "{why}");
}

#[test]
fn what_is_wrong_in_a_trace_is_said_with_its_line() {
    let (_, text) = handout().next().expect("a script");
    let (_, etcd) = written(text, Form::Etcd, 300);
    let (_, own) = written(text, Form::Lines, 300);
    let (etcd, own) = (String::from_utf8(etcd).unwrap(), String::from_utf8(own).unwrap());
    let wrong = |text: &str| read("test", text.as_bytes(), 1_000_000).map(|_| ()).unwrap_err();
    let told = |text: &str| read("test", text.as_bytes(), 1_000_000).expect("a trace").1;
    for (text, expected) in [
        (String::new(), "no line of it is of a trace"),
        ("hello\n{\"a\": 1}\n".to_owned(), "no line of it is of a trace"),
        (etcd.replacen("\"commit\":0", "\"comit\":0", 1), "line 1: there is no \"commit\" in it"),
        (etcd.replacen("StateFollower", "StateLearner", 1), "line 1: \"role\": \"StateLearner\""),
        (etcd.replacen("\"MsgVote\"", "\"MsgHup\"", 1), "\"MsgHup\" is no message of these traces"),
        (etcd.replacen('\n', "{\n", 1), "line 1 is no JSON object: trailing characters at column"),
        (own.replacen("\"version\":1", "\"version\":9", 1), "it is of version 9"),
        (
            own.lines().skip(1).fold(String::new(), |all, line| all + line + "\n"),
            "line 1: the first line says what the run is",
        ),
        (own.replacen("\"time\":", "\"tme\":", 1), "there is no \"time\" in it"),
        (own.replacen("\"role\":\"follower\"", "\"role\":\"boss\"", 1), "\"role\""),
    ] {
        let why = wrong(&text);
        assert!(why.contains(expected), "{expected:?} in {why:?}");
    }
    assert!(told(&etcd[..etcd.len() - 9])[0].contains("the last, was cut short"));
    let renamed = etcd.replace("\"BecomeLeader\"", "\"BecomeBoss\"");
    assert!(told(&renamed)[0].contains("a name that is not known here (\"BecomeBoss\""));
    let other = etcd.replacen('\n', "\n{\"level\":\"info\"}\n", 1);
    assert!(told(&other)[0].contains("1 line is of something else"));
    let few = read("test", etcd.as_bytes(), 50).expect("a trace").1;
    assert_eq!(few, ["only the first 50 lines are shown (--lines)"]);
    let mut long = etcd.clone().into_bytes();
    long.splice(0..1, std::iter::once(b'{').chain(std::iter::repeat_n(b' ', 1_100_000)));
    let why = read("test", &*long, 1_000_000).map(|_| ()).unwrap_err();
    assert!(why.starts_with("line 1 is longer than"), "{why}");
    std::io::sink().flush().expect("nothing");
}

/// `end` is a moment of a trace, too. Of a planted flaw it says that it was planted, not until when.
#[test]
fn a_viewed_trace_has_an_end_and_tells_its_flaw() {
    let scene = scenes::within("flaws").into_iter().find(|scene| scene.name() == "forget_vote");
    let (_, bytes) = written(scene.expect("a scene").text(), Form::Lines, 20_000);
    let (trace, remarks) = read("test", &*bytes, 1_000_000).expect("a trace");
    let cluster = Cluster::observing(Rc::new(trace));
    let mut session = Session::trace("test".into(), cluster, &remarks, Theme::default());
    session.resize(Size { width: 120, height: 40 });
    session.go_to(&Moment::End).expect("an end");
    assert!(session.scene().cluster.violation().is_some());
    session.update(Message::Input(Input::Key(Chord::Char('w'))));
    session.show();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    ui::draw_into(&mut buffer, &session.scene());
    let text = ui::export::text(&buffer);
    assert!(text.contains("It was planted: forget-vote"), "{text}");
    let (_, own) = written(b"until leader", Form::Lines, 20_000);
    let (trace, _) = read("test", &*own, 1_000_000).expect("a trace");
    let cluster = Cluster::observing(Rc::new(trace));
    let mut session = Session::trace("test".into(), cluster, &[], Theme::default());
    session.go_to(&Moment::End).expect("an end");
    let (seen, of) = session.scene().cluster.observed().expect("a trace");
    assert_eq!(seen, of);
    // Who leaves has nothing to save.
    session.update(Message::Input(Input::Key(Chord::Char('q'))));
    session.show();
    let asked = format!("{:?}", session.scene().view.mode);
    assert!(asked.contains("only looked at") && !asked.contains(":save"), "{asked}");
}

/// What no line of a trace tells.
const UNSEEN: [(&str, &str); 6] = [
    // Who counts: another rule, which stands on less, is broken with it.
    ("flaws/change_before_commit.lab", "log-matching"),
    // What a snapshot holds.
    ("flaws/drop_suffix.lab", "on-a-majority"),
    // Who waits.
    ("flaws/hold_waiters.lab", "waiters"),
    ("flaws/learner_votes.lab", "log-matching"),
    ("flaws/snapshot_merges.lab", "same-map"),
    ("flaws/snapshot_moves_back.lab", "commit-monotone"),
];

/// A rule that a run breaks is broken in its trace too, wherever the lines tell of it.
#[test]
fn a_trace_of_a_broken_rule_shows_that_it_is_broken() {
    let mut unseen = Vec::new();
    for (name, text) in
        scenes::within("flaws").into_iter().map(|scene| (scene.path(), scene.text()))
    {
        let (run, bytes) = written(text, Form::Lines, 20_000);
        let Some(broken) = run.violation() else { continue };
        let (seen, _) = viewed_with(&bytes);
        match seen.violation() {
            Some(found) if found.invariant == broken.invariant => {}
            Some(found) => {
                eprintln!("{name}: {} for {}", found.evidence, broken.evidence);
                unseen.push((name, found.invariant.name()));
            }
            None => unseen.push((name, broken.invariant.name())),
        }
    }
    assert_eq!(unseen, UNSEEN);
}

fn viewed_with(bytes: &[u8]) -> (Cluster, Vec<String>) {
    let (trace, remarks) = read("test", bytes, 1_000_000).expect("a trace");
    let mut cluster = Cluster::observing(Rc::new(trace));
    while cluster.step() == Step::Happened {}
    (cluster, remarks)
}
