//! What the lab says of situations in which a plausible sentence would be a wrong one: each is
//! played to the moment that matters, and asked there.

#[path = "support/run.rs"]
mod run;

use raftlab::cluster::cause::Cause;
use raftlab::cluster::check::Void;
use raftlab::cluster::event::{
    ClientEvent, Event, EventKind, PacketEvent, RaftEvent, ScriptEvent, ServerEvent,
};
use raftlab::cluster::explain;
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::network::{Flight, Packet, PacketKind};
use raftlab::cluster::time::Time;
use raftlab::cluster::types::{Index, Node, ServerId, Term};
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

    fn entry(&self, number: u64, index: u64) -> String {
        explain::entry(&self.cluster, id(number), Index(index), &self.events).join(" ")
    }

    fn a(&self) -> Node {
        Node::Client(self.cluster.client_named("a").expect("a client").id)
    }

    /// Of the first packet in flight that fits.
    fn packet(&self, fits: impl Fn(&Packet) -> bool) -> String {
        let packets = self.cluster.packets();
        let packet = packets.into_iter().find(|packet| fits(packet)).expect("it is in flight");
        explain::packet(&self.cluster, packet.id, &self.events).join(" ")
    }

    /// Which flaws are named by each event that fits.
    fn flaws_of(&self, fits: impl Fn(&EventKind) -> bool) -> Vec<Vec<Flaw>> {
        let found = self.events.iter().filter(|event| fits(&event.kind));
        found.map(|event| event.named_flaws().iter().collect()).collect()
    }

    /// For whom a server votes in term 1, itself included, and which vote of that term it has
    /// forgotten by then.
    fn votes_of(&self, voter: u64) -> Vec<(ServerId, Option<ServerId>)> {
        let vote = |event: &Event| match event.kind {
            EventKind::Raft(server, RaftEvent::ElectionStarted { term: Term(1), before, .. }) => {
                (server == id(voter)).then_some((server, before))
            }
            EventKind::Raft(
                server,
                RaftEvent::VoteGranted { candidate, term: Term(1), before, .. },
            ) => (server == id(voter)).then_some((candidate, before)),
            _ => None,
        };
        self.events.iter().filter_map(vote).collect()
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
    let crash =
        |event: &&Event| matches!(event.kind, EventKind::Server(_, ServerEvent::Crashed { .. }));
    let EventKind::Server(_, ServerEvent::Crashed { vote, .. }) =
        run.events.iter().rfind(crash).expect("a crash").kind
    else {
        unreachable!()
    };
    assert_eq!(vote, Some(id(1)));
    assert_eq!(run.cluster.servers()[0].disk.hard.voted_for, Some(id(1)), "of term 1");
}

/// Word of it has left, so it was given.
#[test]
fn a_vote_that_was_answered_before_it_was_on_disk_is_not_denied() {
    // Since S5 lost its disk, two votes in a term end no run.
    let run = Run::of(
        "cluster servers=5 election=100s..200s sync=50ms\ncrash S5\nwipe S5\nrestart S5\n\
         flaw ack-before-sync on S1 S2\nisolate S3\ntimeout S1\nrun 20ms\n\
         crash S2\nrestart S2\nheal\ntimeout S3\nrun 80ms",
        1,
    );
    assert_eq!(run.votes_of(2), [(id(1), None), (id(3), Some(id(1)))]);
    let votes = |kind: &EventKind| matches!(kind, EventKind::Raft(voter, RaftEvent::VoteGranted { .. }) if *voter == id(2));
    assert_eq!(run.flaws_of(votes), [vec![], vec![Flaw::AckBeforeSync]]);
    let told = run.told(votes);
    says(&told[1], &["It gave its vote in term 1 to S1, and has forgotten it"]);
    never_says(&told[1], &["for no other"]);
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
    let commit =
        run.told(|kind| matches!(kind, EventKind::Raft(_, RaftEvent::Committed { .. }))).remove(0);
    says(&commit, &["it is on S1.", "It knows that 1 of 3", "flaw forget-log"]);
    let right = Run::with_s1("flaw forget-log on S3\ncut S1 -> S3\nset x 1\nuntil idle");
    let commit = right
        .told(|kind| matches!(kind, EventKind::Raft(_, RaftEvent::Committed { .. })))
        .remove(0);
    says(&commit, &["it is on S1 and S2.", "It knows that 2 of 3"]);
    never_says(&commit, &["flaw"]);
}

#[test]
fn a_put_is_told_no_value() {
    let told = |asks: &str| {
        let text = format!("{asks}\nexpects remark\nexpect waiting client=a");
        let run = Run::with_s1(&text);
        let remarks = run.all(|kind| match kind {
            EventKind::Script(ScriptEvent::Remarked { actual, .. }) => Some(actual.to_string()),
            _ => None,
        });
        remarks.into_iter().map(|(_, actual)| actual).next().expect("a remark")
    };
    says(&told("put x 1 @0 client=a"), &["client a was told ok @1"]);
    says(&told("put x 1 @4 client=a"), &["client a was told nokey"]);
    says(&told("set x \"\" client=a\nget x client=a"), &["client a was told ok \"\" @1"]);
    says(&told("set x 1 client=a\nput x 2 @7 client=a"), &["client a was told version @1"]);
}

#[test]
fn a_rule_that_was_changed_under_way_is_asked_again_later() {
    // Two of five are enough through the flaw, which comes when S2 has acknowledged already.
    let run = Run::of(
        "cluster servers=5 election=100s..200s\ntimeout S1\nuntil S1 is leader\nuntil idle\n\
         cut S1 -> S3 S4 S5\nsubmit x 1 only=S1\nrun 300ms\nflaw small-majority on S1\n",
        1,
    );
    let why = explain::server(&run.cluster, id(1), &run.events).join(" ");
    says(&why, &["S1 knows of 2, which is enough: it counts when the next copy is acknowledged"]);
    never_says(&why, &["only 2", "on the way"]);
}

#[test]
fn followers_that_are_alike_are_told_together() {
    let run = Run::of(
        "cluster servers=7 election=100s..200s\ntimeout S1\nuntil S1 is leader\nset x 1\nuntil idle\n\
         run 300ms\nsubmit x 2 only=S1",
        1,
    );
    let why = explain::server(&run.cluster, id(1), &run.events).join(" ");
    says(&why, &["Its matchIndex for S2, S3, S4, S5, S6 and S7 is 2, nextIndex 3."]);
}

#[test]
fn a_vote_of_which_no_word_left_is_named_nowhere() {
    // S2 votes for itself, hears S1's append and crashes before its disk has synced either.
    let run = Run::of(
        "cluster servers=3 election=100s..200s sync=50ms\nlink all -> all delay=5ms\n\
         flaw vote-twice on S2\nhold vote S1 -> S2\ntimeout S1\nrun 80ms\ntimeout S2\n\
         until S2 is follower within 40ms\nexpect S1 is leader\ncrash S2\nrestart S2\n\
         release vote S1 -> S2\nrun 70ms\nexpect S2 vote = S1\n",
        1,
    );
    let granted = run.all(|kind| match kind {
        EventKind::Raft(server, RaftEvent::VoteGranted { before, .. }) if *server == id(2) => {
            Some(*before)
        }
        _ => None,
    });
    let before: Vec<_> = granted.into_iter().map(|(_, before)| before).collect();
    assert_eq!(before, [None]);
}

#[test]
fn a_waiter_owns_no_entry_of_another_client() {
    // S1 is cut off with a's put at index 1. S2 leads on with b's there, which S1 then
    // takes over while a's waiter has not been released.
    let script = "cut S1 <-> S2 S3\nset x 1 only=S1 nowait\nuntil S1 last = 1\ntimeout S2\n\
                  until S2 is leader\ncut S2 -> S3\nput y 2 @0 client=b only=S2 nowait\n\
                  mend S1 <-> S2\nuntil S1 log = 2";
    let run = Run::with_s1(script);
    let s1 = &run.cluster.servers()[0];
    let waiter = s1.rsm.waiters.front().expect("a waits there still");
    assert_eq!(waiter.index, Index(1));
    assert_eq!(s1.awaited(waiter), None, "the entry there is b's");
    says(&run.client("a"), &["Another entry stands there by now"]);
    let before = Run::with_s1("cut S1 <-> S2 S3\nset x 1 only=S1 nowait\nuntil S1 last = 1");
    let s1 = &before.cluster.servers()[0];
    let own = s1.awaited(s1.rsm.waiters.front().expect("a waits")).expect("its own entry");
    assert_eq!(Some(own), s1.raft.log().get(Index(1)));
}

#[test]
fn an_acknowledged_heartbeat_is_the_cause_of_its_acknowledgement() {
    // An append is being written by S2 when a heartbeat comes: both answers leave with one sync.
    let run = Run::of(
        "cluster servers=3 election=100s..200s sync=80ms\ntimeout S1\nuntil S1 is leader\n\
         run 80ms\nset x 1 nowait\nrun 150ms",
        1,
    );
    // Which packet brought each of them, and how many entries were in that.
    let brought = |cause: Cause| {
        let Cause::Packet(packet) = cause else { panic!("{cause:?}") };
        let kind = run.events.iter().find_map(|event| match event.kind {
            EventKind::Packet(Flight { packet: it, summary, .. }, PacketEvent::Received)
                if it == packet =>
            {
                Some(summary.kind)
            }
            _ => None,
        });
        let Some(PacketKind::Append { entries, .. }) = kind else { panic!("{kind:?}") };
        entries
    };
    let acks: Vec<(Time, u32)> = run
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::Packet(
                Flight { from: Node::Server(from), summary, .. },
                PacketEvent::Sent,
            ) if from == id(2) => {
                let acks = matches!(summary.kind, PacketKind::Appended { .. });
                acks.then(|| (event.time, brought(event.cause)))
            }
            _ => None,
        })
        .collect();
    let both = |pair: &[(Time, u32)]| pair[0].0 == pair[1].0 && (pair[0].1, pair[1].1) == (1, 0);
    assert!(acks.windows(2).any(both), "{acks:?}");
}

#[test]
fn copies_that_no_disk_holds_yet_are_no_copies() {
    let head = "cluster servers=3 election=100s..200s sync=300ms\ntimeout S1\nuntil S1 is leader\n\
                link S1 -> S2 delay=50ms\ncut S1 -> S3\nset x 1 nowait\n";
    let both = Run::of(&format!("{head}run 200ms"), 1).entry(1, 1);
    says(&both, &["S1 and S2 have it, 2 of 3 servers.", "S1 and S2 are in memory only"]);
    says(&both, &["Entry 1 waits: 0 of 2 needed copies", "its own disk has not synced it"]);
    let one = Run::of(&format!("{head}run 325ms"), 1).entry(1, 1);
    says(&one, &["S1 and S2 have it, 2 of 3 servers.", "S2 is in memory only"]);
    says(&one, &["1 of 2 needed copies; S3 does not hear S1, S2 must sync the disk first."]);
}

#[test]
fn an_idle_client_is_told_by_how_its_last_operation_ended() {
    // The first attempt at S1 is given up; S2 answers. Then S1 wakes and releases who waited there.
    let script = "cut S1 <-> S2 S3\nput x 1 @0 nowait\nrun 20ms\nsleep S1\ntimeout S2\n\
                  until S2 is leader\nuntil idle\nheal\nwake S1\nrun 300ms";
    let run = Run::with_s1(script);
    let last = |wanted: fn(&EventKind) -> bool| run.events.iter().rposition(|it| wanted(&it.kind));
    let released =
        last(|kind| matches!(kind, EventKind::Server(_, ServerEvent::WaiterReleased { .. })));
    let returned = last(|kind| matches!(kind, EventKind::Client(_, ClientEvent::Returned { .. })));
    assert!(released > returned && returned.is_some(), "{released:?} after {returned:?}");
    let told = run.client("a");
    says(&told, &["Client a is idle.", "Client a is answered"]);
    never_says(&told, &["S1 releases client a", "which waits for entry"]);
}

#[test]
fn what_belongs_to_an_attempt_that_is_over_is_said_to_come_too_late() {
    let script = "link S1 -> a delay=3s\nset x 1 nowait\nrun 1500ms";
    let run = Run::with_s1(script);
    let told = run.packet(|packet| packet.cargo.is_reply() && packet.to == run.a());
    says(&told, &["It comes too late: client a no longer waits for this attempt."]);
    let early = Run::with_s1("link S1 -> a delay=3s\nset x 1 nowait\nrun 100ms");
    says(&early.client("a"), &["too late: this attempt ends before"]);
    let told = early.packet(|packet| packet.cargo.is_reply() && packet.to == early.a());
    never_says(&told, &["too late"]);
}

#[test]
fn an_answer_before_its_commit_says_that_the_append_comes_after_it() {
    let run = Run::with_s1("flaw reply-before-commit on\nset x 1");
    let told = run.told(|kind| matches!(kind, EventKind::Server(_, ServerEvent::Answered { .. })));
    says(&told[1], &["Only then it appends the operation", "flaw reply-before-commit"]);
    let right = Run::with_s1("set x 1");
    let told =
        right.told(|kind| matches!(kind, EventKind::Server(_, ServerEvent::Answered { .. })));
    never_says(&told.join(" "), &["nly then"]);
}

#[test]
fn a_second_vote_in_a_term_names_the_first() {
    let head = "cut S1 <-> S3\ncrash S2\nwipe S2\nrestart S2\n";
    // S2 votes for S3 at once, or after S1's heartbeat and a second life.
    for between in ["", "run 300ms\ncrash S2\nrestart S2\n"] {
        let head = format!(
            "cluster servers=3 election=100s..200s sync=5ms\ncut S3 <-> all\n\
                            timeout S1\nuntil S1 is leader\nheal\n{head}{between}"
        );
        let run = Run::of(&format!("{head}timeout S3\nrun 60ms"), 1);
        assert_eq!(run.votes_of(2), [(id(1), None), (id(3), Some(id(1)))], "{between}");
    }
}

#[test]
fn the_same_vote_again_is_no_second_one() {
    let run = Run::with_s1("cut S1 <-> all\ncrash S1\nwipe S1\nrestart S1\ntimeout S1\nrun 20ms");
    assert_eq!(run.votes_of(1), [(id(1), None), (id(1), None)]);
}

/// S3 stands, hears of S1, forgets its vote for itself, votes for S4 and crashes, all while its
/// disk writes. Then S5 asks.
#[test]
fn a_vote_of_which_no_word_has_left_was_not_given() {
    let run = Run::of(
        "cluster servers=7 election=100s..200s sync=300ms\nflaw vote-twice on S3\n\
         cut S1 <-> S3 S4 S5\ntimeout S1\nuntil S1 is leader\ntimeout S4\nrun 100ms\n\
         timeout S5\nrun 100ms\ntimeout S3\nrun 20ms\nmend S1 -> S3\nheartbeat S1\nrun 20ms\n\
         cut S1 -> S3\nrun 100ms\ncrash S3\nrestart S3\nrun 100ms",
        1,
    );
    assert_eq!(
        run.votes_of(3),
        [(id(3), None), (id(4), Some(id(3))), (id(5), None)],
        "S3 has told nobody of the first two"
    );
}

#[test]
fn a_request_that_waits_for_its_senders_disk_is_still_to_be_answered() {
    let run = Run::of("cluster servers=3 election=100s..200s sync=300ms\ntimeout S1\nrun 100ms", 1);
    assert_eq!(run.cluster.packet_count(), 0, "nothing has left S1");
    let told = explain::server(&run.cluster, id(1), &run.events).join(" ");
    says(&told, &["S2 and S3 are still to answer"]);
}

#[test]
fn a_candidate_that_counts_an_old_vote_is_said_to_have_it() {
    let candidate = |flaw| {
        let run = Run::of(
            &format!(
                "cluster servers=5 election=100s..200s sync=5ms\n{flaw}\n\
                 hold vote-reply S2 S3 S4 S5 -> S1\ntimeout S1\nrun 40ms\ncut S1 -> S2 S3 S4 S5\n\
                 timeout S1\nrun 20ms\nrelease vote-reply S3 -> S1\nrun 10ms"
            ),
            1,
        );
        explain::server(&run.cluster, id(1), &run.events).join(" ")
    };
    let old = candidate("flaw count-stale-votes on S1");
    says(
        &old,
        &["S1 is a candidate in term 2", "S3 voted in an earlier term", "count-stale-votes"],
    );
    never_says(&candidate("flaw count-stale-votes on S2"), &["earlier term"]);
}

#[test]
fn a_crash_names_the_flaw_through_which_more_is_lost_and_no_other() {
    let is_power = |kind: &EventKind| {
        let EventKind::Server(_, event) = kind else { return false };
        matches!(event, ServerEvent::Crashed { .. } | ServerEvent::Restarted { .. })
    };
    let crash = |script: &str| {
        let run = Run::with_s1(&format!("set x 1\nuntil converged\n{script}"));
        run.flaws_of(is_power)
    };
    let (vote, log) = (Flaw::ForgetVote, Flaw::ForgetLog);
    assert_eq!(crash("flaw forget-vote on S2\ncrash S2"), [[vote]]);
    assert_eq!(crash("flaw forget-log on S2\ncrash S2"), [[log]]);
    assert_eq!(crash("flaw forget-vote on S2\nflaw forget-log on S2\ncrash S2"), [[vote, log]]);
    let nothing: [[Flaw; 0]; 1] = [[]];
    assert_eq!(crash("flaw forget-vote on S3\ncrash S2"), nothing);
    let blank = Run::of("cluster servers=3\nflaw forget-vote on\nflaw forget-log on\ncrash S2", 1);
    assert_eq!(blank.flaws_of(is_power), nothing);
    let twice = crash("flaw forget-vote on S2\nflaw forget-log on S2\ncrash S2\nrestart S2");
    assert_eq!(twice, [vec![vote, log], vec![]], "nothing more is lost by the start");
}

#[test]
fn a_write_names_the_flaw_that_keeps_it_in_memory() {
    let syncs = |flaw: &str, server: u64| -> Vec<Vec<Flaw>> {
        let script = format!(
            "cluster servers=3 election=100s..200s sync=5ms\nflaw {flaw} on S2\ntimeout S1\n\
             until S1 is leader\nput x 1 @0\nuntil converged"
        );
        Run::of(&script, 1).flaws_of(|kind| match kind {
            EventKind::Server(it, ServerEvent::Synced { .. }) => *it == id(server),
            _ => false,
        })
    };
    assert_eq!(syncs("forget-vote", 2), [vec![Flaw::ForgetVote], vec![]], "a vote, an entry");
    assert_eq!(syncs("forget-log", 2), [vec![], vec![Flaw::ForgetLog]]);
    assert!(syncs("forget-log", 1).iter().all(Vec::is_empty));
}

#[test]
fn what_a_server_leaves_out_of_its_map_is_named_and_what_changes_no_map_is_not() {
    // Safety is void, so that the run goes on with maps that differ.
    let run = Run::with_s1(
        "crash S3\nwipe S3\nflaw apply-own-only on S2\nput x 1 @0\nget x\nput y 1 @7\n\
         until converged",
    );
    let applied = run.flaws_of(|kind| match kind {
        EventKind::Server(server, ServerEvent::Applied { .. }) => *server == id(2),
        _ => false,
    });
    assert_eq!(applied, [vec![Flaw::ApplyOwnOnly], vec![], vec![]]);
}

#[test]
fn that_waiters_are_held_is_told_once_and_not_before_they_are() {
    // Safety is void, so that the run goes on.
    let run = Run::with_s1(
        "crash S3\nwipe S3\nrestart S3\nflaw hold-waiters on S1\ncut S1 <-> S2 S3\nset x 1 only=S1 nowait\n\
         set y 2 client=b only=S1 nowait\nrun 60ms\ntimeout S2\nuntil S2 is leader\n\
         mend S1 <-> S2\nrun 200ms",
    );
    let leads = run.all(|kind| match kind {
        EventKind::Raft(server, RaftEvent::SteppedDown { .. }) => (*server == id(1)).then_some(()),
        _ => None,
    });
    let held = run
        .all(|kind| matches!(kind, EventKind::Raft(_, RaftEvent::Departed { .. })).then_some(()));
    assert_eq!(held.len(), 1, "{held:?}");
    assert!(held[0].0 >= leads[0].0);
}

#[test]
fn a_lost_disk_is_named_with_its_moment() {
    let run = Run::with_s1("set x 1\ncrash S2 S3\nwipe S2\nrun 100ms\nwipe S3\nexpect safe");
    let words = run.cluster.checker().void_words().expect("two disks were lost");
    let (time, why) = run.cluster.checker().void().expect("the first of them");
    assert_eq!(why, Void::Wiped(id(2)));
    assert_eq!(words, format!("safety is void since {time}: S2 lost its disk"));
    assert!(time < run.cluster.now());
    assert_eq!(Run::with_s1("set x 1").cluster.checker().void_words(), None);
}

#[test]
fn a_heartbeat_removes_too_what_a_flaw_has_every_append_remove() {
    let script = "flaw truncate-always on S2\nhold heartbeat S1 -> S2\nheartbeat S1\n\
                  put x 1 @0\nuntil S2 last = 1\nrelease\nrun 20ms";
    let run = Run::with_s1(script);
    let removed = run
        .events
        .iter()
        .find(|event| matches!(event.kind, EventKind::Raft(server, RaftEvent::Truncated { .. }) if server == id(2)));
    let flaws = removed.expect("S2 removes the entry").flaws;
    assert!(flaws.iter().any(|flaw| flaw.name() == "truncate-always"));
}

/// A leader that has not found out where the logs agree probes: it sends what is new all the same. Only one
/// that an append has gone to, and that has not answered it for a heartbeat's time, gets no more.
#[test]
fn only_to_whom_is_silent_no_entries_are_sent() {
    let head = "cluster servers=3 election=100s..200s inflight=4\n\
                given S1 term=1 log=1,1\ngiven S2 term=1 log=1\ngiven S3 term=1 log=1\n\
                timeout S1\nuntil S1 is leader\n";
    let told = |more: &str| {
        let run = Run::of(&format!("{head}{more}"), 1);
        explain::server(&run.cluster, id(1), &run.events).join(" ")
    };
    let words = "no entries before an answer";
    assert!(!told("").contains(words), "it has sent nothing yet: {}", told(""));
    let silent = told("isolate S3\nput x 1 @0\nrun 500ms\n");
    assert!(silent.contains("It sends S3 no entries before an answer"), "{silent}");
}
