//! Reads that take no entry (dissertation §6.4): what a leader waits for before it answers one, and
//! what a lease is worth.

#[allow(dead_code, reason = "not every test file asks everything")]
#[path = "support/raft.rs"]
mod bench;

use bench::{Server, at, id, vote};
use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::raft::{AppendResult, Message, Options, Outbox, RaftOption, Role, Rules};
use raftlab::cluster::time::Span;
use raftlab::cluster::types::{Index, Term};
use raftlab::cluster::{Cluster, Step};

/// A leader of term 4 that has committed an entry of that term, with calls counted from 1.
fn leading(reads: &str) -> Server {
    let mut leader = bare(reads);
    leader.submits(1);
    leader.syncs();
    for follower in [2, 3] {
        answers(&mut leader, follower, u32::MAX, 1);
    }
    assert_eq!(leader.commit(), 1);
    leader
}

/// One that has only just won.
fn bare(reads: &str) -> Server {
    let mut server = Server::new(1, 3, &[]);
    let choices =
        [RaftOption::CheckQuorum.on(), format!("reads={reads}").parse().expect("a choice")];
    let rules = Rules { options: choices.into_iter().collect::<Options>(), ..Rules::default() };
    let all = server.raft.configuration();
    let (hard, log) = (server.disk.hard, server.disk.log.clone());
    server.raft = raftlab::cluster::raft::Raft::new(id(1), all, rules, hard, log);
    server.times_out();
    server.syncs();
    server.hears(2, vote(4, true));
    server.hears(3, vote(4, true));
    assert_eq!(server.raft.role(), Role::Leader);
    server
}

fn reads(server: &mut Server, read: u64) -> Outbox {
    server.step(|raft, cx, out| raft.read(read, cx, out))
}

/// A follower answers a call: its log is equal up to `index`.
fn answers(leader: &mut Server, follower: u64, call: u32, index: u64) -> Outbox {
    let result = AppendResult::Matched(Index(index));
    leader.hears(follower, Message::AppendReply { call, term: Term(4), prev: Index(0), result })
}

/// The last call to a server.
fn call(out: &Outbox, to: u64) -> u32 {
    *bench::calls(out, to).last().expect("it is asked")
}

fn readable(out: &Outbox) -> Vec<(u64, u64, bool)> {
    out.reads.iter().map(|read| (read.id, read.index.0, read.by_lease)).collect()
}

#[test]
fn section_6_4_a_read_waits_for_a_majority_to_answer_what_was_sent_after_it() {
    let mut leader = leading("index");
    let before = leader.speaks();
    let out = reads(&mut leader, 7);
    assert!(readable(&out).is_empty() && out.messages.len() == 4, "a word to each");
    for follower in [2, 3] {
        let old = call(&before, follower);
        assert!(readable(&answers(&mut leader, follower, old, 1)).is_empty(), "asked before it");
    }
    assert!(readable(&answers(&mut leader, 2, call(&out, 2), 1)).is_empty(), "two of five");
    assert!(readable(&answers(&mut leader, 2, call(&out, 2), 1)).is_empty(), "a copy of it");
    assert_eq!(readable(&answers(&mut leader, 3, call(&out, 3), 1)), [(7, 1, false)]);
}

#[test]
fn section_6_4_a_read_waits_for_an_entry_of_the_leaders_own_term() {
    let mut leader = bare("index");
    let out = reads(&mut leader, 7);
    for follower in [2, 3] {
        assert!(readable(&answers(&mut leader, follower, call(&out, follower), 0)).is_empty());
    }
    assert_eq!(leader.raft.waiting_reads(), (1, 1));
    leader.submits(1);
    leader.syncs();
    answers(&mut leader, 2, u32::MAX, 1);
    assert_eq!(readable(&answers(&mut leader, 3, u32::MAX, 1)), [(7, 1, false)]);
}

#[test]
fn section_6_4_a_follower_asks_its_leader() {
    let mut follower = bare("index");
    follower.hears(2, bench::append(5, at(0, 0), &[], 0));
    let out = reads(&mut follower, 9);
    let [(to, Message::ReadIndex { read: 9, term: Term(5), .. })] = out.messages.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!(*to, id(2));
    let reply = Message::ReadIndexReply { call: 1, term: Term(5), read: 9, index: Index(3) };
    assert_eq!(readable(&follower.hears(2, reply)), [(9, 3, false)]);

    let mut leader = leading("index");
    let out = leader.hears(5, Message::ReadIndex { call: 44, term: Term(4), read: 9 });
    answers(&mut leader, 2, call(&out, 2), 1);
    let out = answers(&mut leader, 3, call(&out, 3), 1);
    let given = |(to, message): &(_, Message)| {
        *to == id(5)
            && matches!(message, Message::ReadIndexReply { call: 44, read: 9, index: Index(1), .. })
    };
    assert!(out.messages.iter().any(given), "{out:?}");
}

#[test]
fn section_6_4_1_a_lease_lasts_nine_tenths_of_the_shortest_election_timeout() {
    let mut leader = leading("lease");
    let out = leader.speaks();
    for follower in [2, 3] {
        leader.cx.now += Span::from_millis(10);
        answers(&mut leader, follower, call(&out, follower), 1);
    }
    leader.cx.now += Span::from_millis(249);
    assert_eq!(readable(&reads(&mut leader, 1)), [(1, 1, true)], "269 ms after it spoke");
    leader.cx.now += Span::from_millis(1);
    assert!(readable(&reads(&mut leader, 2)).is_empty(), "270 ms after: it asks");
}

#[test]
fn section_6_4_1_a_leader_that_hands_over_has_no_lease() {
    let mut leader = leading("lease");
    let out = leader.speaks();
    for follower in [2, 3] {
        answers(&mut leader, follower, call(&out, follower), 1);
    }
    assert!(leader.raft.lease_until(Span::from_millis(300)).is_some());
    leader.step(|raft, cx, out| raft.begin_transfer(id(2), cx, out));
    leader.cx.now += Span::from_millis(300);
    let out = leader.speaks();
    for follower in [2, 3] {
        answers(&mut leader, follower, call(&out, follower), 1);
    }
    assert!(leader.raft.takes_requests(), "it goes on");
    assert_eq!(leader.raft.lease_until(Span::from_millis(300)), None, "S2 may still be elected");
}

/// What a script comes to.
fn play(text: &str) -> Cluster {
    let script = Script::parse("test.lab", text.as_bytes()).unwrap_or_else(|all| panic!("{all:?}"));
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    cluster
}

const CUT_OFF: &str = "run 400ms\nisolate S1\ntimers spread\nrun 301ms\ntimeout S2\nuntil S2 is leader within 20ms\n\
                       put x 2 @1 client=b only=S2\nget x client=c only=S1 nowait\nrun 20ms\n";

/// Within the bound nothing happens, beyond it a stale read, and linearizability says so.
#[test]
fn a_clock_that_is_too_slow_breaks_a_lease() {
    let run = |rate: &str| {
        play(&format!(
            "cluster servers=3 network=reliable check-quorum=on reads=lease\ntimeout S1\n\
             until S1 is leader\nput x 1 @0\nclock S1 rate={rate}\n{CUT_OFF}"
        ))
    };
    let well = run("0.92");
    assert_eq!((well.failure(), well.violation()), (None, None));
    let broken = run("0.3");
    let violation = broken.violation().expect("S1 answers from the past");
    assert_eq!(violation.invariant.name(), "linearizability");
}

#[test]
fn a_lease_without_the_check_for_a_quorum_is_refused() {
    for (head, fits) in [
        ("cluster reads=lease", false),
        ("cluster reads=lease check-quorum=on", true),
        ("cluster check-quorum=on reads=lease", true),
        ("cluster reads=index", true),
    ] {
        let parsed = Script::parse("test.lab", head.as_bytes());
        assert_eq!(parsed.is_ok(), fits, "{head}");
        if let Err(mistakes) = parsed {
            assert!(mistakes[0].message.contains("check-quorum"), "{}", mistakes[0]);
        }
    }
    let mut cluster = play("cluster servers=3\nuntil leader\n");
    let mut act = |line: &str| {
        let command = parse_line(line).expect("a command");
        cluster.apply(&command).map(drop).map_err(|refusal| refusal.to_string())
    };
    assert!(act("option reads lease").expect_err("none keeps it").contains("check-quorum"));
    act("option check-quorum on S1 S2").expect("they are there");
    assert!(act("option reads lease").expect_err("S3 does not").contains("S3"));
    act("option check-quorum on").expect("all");
    assert!(act("option reads lease S1").expect_err("one alone").contains("all servers"));
    act("option reads lease").expect("all keep both");
    assert!(act("option check-quorum off S2").expect_err("a lease").contains("reads index"));
    act("option reads log").expect("all");
    act("option check-quorum off").expect("no lease is left");
}
