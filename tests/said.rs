//! What the lab says of situations in which a plausible sentence would be a wrong one: each is
//! played to the moment that matters, and asked there.

#[path = "support/run.rs"]
mod run;

use raftlab::cluster::event::{Event, EventKind};
use raftlab::cluster::explain;
use raftlab::cluster::types::ServerId;
use run::Run;

fn id(number: u64) -> ServerId {
    ServerId::from_number(number).expect("a server's number")
}

impl Run {
    /// Plays a script of three servers of which S1 leads term 1.
    #[track_caller]
    fn with_s1(script: &str) -> Self {
        let head =
            "cluster servers=3 election=100s..200s sync=5ms\ntimeout S1\nuntil S1 is leader\n";
        Self::of(&format!("{head}{script}"), 1)
    }

    fn client(&self, name: &str) -> String {
        let client = self.cluster.client_named(name).expect("a client").id;
        explain::client(&self.cluster, client, &self.events).join(" ")
    }

    fn told(&self, wanted: impl Fn(&EventKind) -> bool) -> Vec<String> {
        let found = self.events.iter().filter(|event| wanted(&event.kind));
        found.map(|event| event.told(self.cluster.names())).collect()
    }
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[track_caller]
fn never_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(!text.contains(word), "`{word}` is in: {text}");
    }
}

#[test]
fn a_crash_loses_the_vote_of_the_newest_term_that_was_not_on_disk() {
    // Its disk holds a vote for itself too, of the term before.
    let run = Run::with_s1("cut S1 -> all\ncrash S1\nrestart S1\ntimeout S1\nrun 1ms\ncrash S1");
    let crash = |event: &&Event| matches!(event.kind, EventKind::Crashed { .. });
    let EventKind::Crashed { vote, .. } = run.events.iter().rfind(crash).expect("a crash").kind
    else {
        unreachable!()
    };
    assert_eq!(vote, Some(id(1)));
    assert_eq!(run.cluster.servers()[0].disk.voted_for, Some(id(1)), "of term 1");
}

#[test]
fn a_one_way_cut_is_said_with_its_direction() {
    for (cut, says_so) in [
        ("cut a -> S1", "The link from client a to S1 is cut."),
        ("cut S1 -> a", "The link from S1 to client a is cut."),
        ("cut S1 <-> a", "The link between client a and S1 is cut."),
    ] {
        let script = format!("set x 1\nuntil idle\n{cut}\nput x 2 @1 only=S1 nowait\nrun 200ms");
        let told = Run::with_s1(&script).client("a");
        says(&told, &["The request or its answer was lost.", says_so]);
        never_says(&told, &["no answer will come"]);
    }
}

#[test]
fn what_is_held_is_not_said_to_meet_a_cut() {
    let script =
        "set x 1\nuntil idle\nhold a -> S1\nput x 2 @1 only=S1 nowait\nrun 50ms\ncut a -> S1";
    let told = Run::with_s1(script).client("a");
    says(&told, &["The request #", "is held by hand."]);
    never_says(&told, &["cut", "Its request"]);
}

#[test]
fn no_packet_is_a_number_of_packets() {
    let run = Run::with_s1(
        "set x 1\nuntil idle\ncut all <-> all\nuntil packets = 0\nexpect packets <= 0",
    );
    assert_eq!((run.cluster.packet_count(), run.cluster.packets().len()), (0, 0));
}

#[test]
fn a_commit_through_memory_names_the_flaw_that_made_up_the_majority() {
    let run = Run::with_s1("flaw forget-log on S2 S3\nset x 1\nuntil idle");
    let commit = run.told(|kind| matches!(kind, EventKind::Committed { .. })).remove(0);
    says(&commit, &["it is on S1.", "It knows of 1 of 3", "flaw forget-log"]);
    let right = Run::with_s1("flaw forget-log on S3\ncut S1 -> S3\nset x 1\nuntil idle");
    let commit = right.told(|kind| matches!(kind, EventKind::Committed { .. })).remove(0);
    says(&commit, &["it is on S1 and S2.", "It knows of 2 of 3"]);
    never_says(&commit, &["flaw"]);
}
