//! What clients, the replicated state machine, the map and the lock promise, and what faults do:
//! tried through whole clusters, by scripts and their events.

#[path = "support/run.rs"]
mod run;

use std::collections::{BTreeMap, BTreeSet};

use raftlab::cluster::command::Script;
use raftlab::cluster::event::{
    AttemptFailure, ClientEvent, DropReason, Event, EventKind, NetworkEvent, PacketEvent,
    RaftEvent, ServerEvent,
};
use raftlab::cluster::history::Record;
use raftlab::cluster::network::WrongLeader;
use raftlab::cluster::network::{Flight, PacketKind};
use raftlab::cluster::time::{Span, SpanRange, Time};
use raftlab::cluster::types::{ClientId, Index, Node, OpId, Outcome, Request, ServerId};
use raftlab::cluster::{Cluster, Step};
use run::Run;

const SEEDS: std::ops::Range<u64> = 1..9;
/// Between two rounds of servers, and between two looks at a taken lock.
const PAUSE: SpanRange = SpanRange::millis(10, 50);
/// How long a waiter waits at most, and how often it looks.
const WAITER_TIMEOUT: Span = Span::from_millis(800);
const WAITER_CHECK: Span = Span::from_millis(20);

/// Plays a script that makes its own leader with every seed.
#[track_caller]
fn runs(script: &str) -> Vec<Run> {
    SEEDS.map(|seed| Run::of(script, seed)).collect()
}

/// Plays a script in which S1 leads term 1 of five servers.
#[track_caller]
fn runs_with_s1(script: &str) -> Vec<Run> {
    runs(&format!("cluster servers=5\ntimeout S1\nuntil S1 is leader\n{script}"))
}

fn server(number: u64) -> ServerId {
    ServerId::from_number(number).expect("a server's number")
}

impl Run {
    fn client(&self, name: &str) -> ClientId {
        self.cluster.client_named(name).expect("a client").id
    }

    /// The gets and puts of a client, in the order of their calls.
    fn records(&self, name: &str) -> Vec<Record> {
        let client = self.client(name);
        let records = self.cluster.history().records().iter();
        records.filter(|record| record.client == client).cloned().collect()
    }

    /// Which servers a client asked, and when.
    fn asked(&self, name: &str) -> Vec<(Time, u64)> {
        let client = self.client(name);
        self.all(|event| match event {
            EventKind::Client(c, ClientEvent::Asked { server, .. }) if *c == client => {
                Some(u64::from(server.number()))
            }
            _ => None,
        })
    }

    fn failures(&self, name: &str) -> Vec<(Time, AttemptFailure)> {
        let client = self.client(name);
        self.all(|event| match event {
            EventKind::Client(c, ClientEvent::AttemptFailed { why, .. }) if *c == client => {
                Some(*why)
            }
            _ => None,
        })
    }

    fn submitted(&self) -> Vec<(Time, Request)> {
        self.all(|event| match event {
            EventKind::Server(_, ServerEvent::Submitted { op, .. }) => Some(op.request.clone()),
            _ => None,
        })
    }

    fn released(&self) -> Vec<(Time, WrongLeader)> {
        self.all(|event| match event {
            EventKind::Server(_, ServerEvent::WaiterReleased { why, .. }) => Some(*why),
            _ => None,
        })
    }
}

// The map.

#[test]
fn a_put_needs_the_version_that_the_key_has() {
    runs(
        "get x\nexpect reply = nokey @0\n\
         put x a @2\nexpect reply = nokey\n\
         put x a @0\nexpect reply = ok @1\n\
         put x b @0\nexpect reply = version\nput x b @2\nexpect reply = version\n\
         get x\nexpect reply = a @1\n\
         put x b @1\nexpect reply = ok @2\nget x\nexpect reply = b @2\n",
    );
}

#[test]
fn the_empty_value_is_not_an_absent_key() {
    runs(
        "put x \"\" @0\nexpect reply = ok @1\nget x\nexpect reply = \"\" @1\n\
         put x a @0\nexpect reply = version\nput x a @1\nexpect reply = ok @2\n",
    );
}

// The client.

#[test]
fn a_client_asks_first_who_answered_last_then_the_next_in_turn() {
    for run in runs(
        "cluster servers=5\ntimeout S4\nuntil S4 is leader\nget x\nget x\ncrash S4\n\
         timeout S3\nuntil S3 is leader\nget x\n",
    ) {
        let asked: Vec<u64> = run.asked("a").into_iter().map(|(_, server)| server).collect();
        assert_eq!(asked, [1, 2, 3, 4, 4, 4, 5, 1, 2, 3]);
    }
}

#[test]
fn a_client_pauses_after_each_full_round_only() {
    for run in runs("cluster servers=5 network=reliable election=5s..6s\nget x nowait\nrun 2s\n") {
        let asked = run.asked("a");
        let failed = run.failures("a");
        assert!(asked.len() > 50);
        for (attempt, (ask, failure)) in (1..).zip(asked.iter().skip(1).zip(&failed)) {
            let pause = ask.0.since(failure.0);
            let range = if attempt % 5 == 0 { (PAUSE.low, PAUSE.high) } else { Default::default() };
            assert!(range.0 <= pause && pause <= range.1, "{pause} after attempt {attempt}");
        }
    }
}

/// What the lab shows of a pause is when it ends.
#[test]
fn a_client_asks_again_at_the_moment_for_which_it_paused() {
    let text = "cluster servers=3 network=reliable election=5s..6s\nget x nowait\nrun 2s\n";
    let script = Script::parse("test.lab", text.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    let (mut until, mut pauses) = (None, 0);
    while !cluster.finished() && cluster.step() == Step::Happened {
        let asked =
            |event: &Event| matches!(event.kind, EventKind::Client(_, ClientEvent::Asked { .. }));
        if let Some(until) = until.filter(|_| cluster.events().iter().any(asked)) {
            assert_eq!(cluster.now(), until);
            pauses += 1;
        }
        let call = cluster.client_named("a").and_then(|client| client.call());
        until = call.filter(|call| call.asking.is_none()).map(|call| call.until);
    }
    assert!(pauses > 20, "{pauses}");
}

/// A list need not tell again and again what has happened to a call before, at that server.
#[test]
fn what_has_failed_alike_before_is_known() {
    let script = "cluster servers=3 network=reliable election=5s..6s\nget x nowait\nrun 1s\n\
                  crash S2\nrun 2s\n";
    for run in runs(script) {
        // What a server says, and what the client then makes of it.
        let refusal = AttemptFailure::WrongLeader(WrongLeader::NotLeader);
        let failures = run.all(|event| match event {
            EventKind::Server(server, ServerEvent::Refused { again, .. }) => {
                Some((*server, refusal, *again, false))
            }
            EventKind::Client(_, ClientEvent::AttemptFailed { server, why, again, .. }) => {
                Some((*server, *why, *again, true))
            }
            _ => None,
        });
        let (mut last, mut repeated) = (BTreeMap::new(), 0);
        for (_, (server, why, again, heard)) in failures {
            let alike = last.get(&server) == Some(&why);
            if heard {
                last.insert(server, why);
            }
            assert_eq!(again, alike, "{server}: {why:?}");
            repeated += u32::from(again);
        }
        assert!(repeated > 10, "{repeated}");
    }
}

#[test]
fn a_client_gives_a_silent_server_up_after_a_second() {
    let silent = ["crash S1", "isolate S1 from clients", "sleep S1", "cut a -> S1", "cut S1 -> a"];
    for silence in silent {
        let script = format!("put x 1 @0\nuntil converged\n{silence}\nput x 2 @1 nowait\nrun 5s\n");
        for run in runs_with_s1(&script) {
            let asked = run.asked("a");
            let failures = run.failures("a");
            assert_eq!(failures[0].1, AttemptFailure::TimedOut, "{silence}");
            assert_eq!(failures[0].0.since(asked[1].0), Span::from_secs(1), "{silence}");
        }
    }
}

/// Nothing is left of an operation that is done: with all servers down the run comes to rest.
#[test]
fn a_client_that_has_its_answer_waits_for_nothing_more() {
    for script in ["put x 1 @0\n", "get x\n", "set x 1\n", "acquire door\nrelease door\n"] {
        for mut run in runs_with_s1(&format!("{script}crash all\n")) {
            let end = run.cluster.now();
            while run.cluster.step() == Step::Happened {}
            let waited = run.cluster.now().since(end);
            assert!(waited < Span::from_millis(20), "{script}: packets are in flight for {waited}");
        }
    }
}

#[test]
fn version_in_answer_to_the_first_transmission_stays_version() {
    for run in runs_with_s1("put x 1 @0\nput x 2 @7 client=b\nexpect reply = version client=b\n") {
        assert!(run.records("b")[0].returned.as_ref().is_some_and(|end| !end.late));
    }
}

/// The answer is lost, the put was carried out: its own second copy finds another version.
#[test]
fn version_in_answer_to_a_second_transmission_is_maybe() {
    runs_with_s1(
        "put x 1 @0 client=b\ncut S1 -> b\nput x 2 @1 client=b nowait\nrun 500ms\n\
         expect waiting client=b and applied x = 2\nmend S1 -> b\nuntil not waiting client=b\n\
         expect reply = maybe @2 client=b\nget x\nexpect reply = 2 @2\n",
    );
}

/// The request is lost, so the put was not carried out, but its client can't tell the difference.
#[test]
fn nokey_in_answer_to_a_second_transmission_is_maybe_too() {
    runs_with_s1(
        "get x client=b\ncut b -> S1\nput x 2 @1 client=b nowait\nrun 500ms\nmend b -> S1\n\
         until not waiting client=b\nexpect reply = maybe @0 client=b\n",
    );
}

#[test]
fn ok_and_the_answer_to_a_get_pass_through_however_often_it_was_asked() {
    runs_with_s1(
        "get x client=b\ncut b -> S1\nput x 2 @0 client=b nowait\nrun 500ms\nmend b -> S1\n\
         until not waiting client=b\nexpect reply = ok @1 client=b\n\
         cut S1 -> b\nget x client=b nowait\nrun 500ms\nmend S1 -> b\n\
         until not waiting client=b\nexpect reply = 2 @1 client=b\n",
    );
}

#[test]
fn who_does_not_lead_has_not_carried_out_anything() {
    for run in runs(
        "cluster servers=5\ntimeout S5\nuntil S5 is leader\nput x 1 @0\n\
         put x 2 @7 client=b\nexpect reply = version client=b\n",
    ) {
        let not_leader = AttemptFailure::WrongLeader(WrongLeader::NotLeader);
        let failures: Vec<AttemptFailure> =
            run.failures("b").into_iter().map(|(_, why)| why).collect();
        assert_eq!(failures, [not_leader; 4]);
    }
}

/// b's entry stands at an old leader, where c's is applied in its place: b's is gone for good, so
/// the version that b is told of at the new leader is no maybe.
#[test]
fn another_operation_at_the_index_means_not_carried_out() {
    for run in runs_with_s1(
        "put x 1 @0 client=b\nuntil converged\nisolate S1\n\
         put x 2 @1 client=b nowait\nuntil S1 log = 1,1\ntimeout S2\nuntil S2 is leader\n\
         put x 3 @1 client=c only=S2\nrun 250ms\nrejoin S1\nuntil not waiting client=b\n\
         expect reply = version @2 client=b\n",
    ) {
        let released: Vec<WrongLeader> = run.released().into_iter().map(|(_, why)| why).collect();
        assert_eq!(released, [WrongLeader::AnotherOp]);
    }
}

/// The same, but b's server answers before anything is applied there: because the wait runs out,
/// or because it hears of the new term. From that answer b can't know that its entry is gone.
#[test]
fn an_operation_that_may_still_commit_leads_to_maybe() {
    let kinds = [("run 700ms", WrongLeader::TimedOut), ("rejoin S1", WrongLeader::TermChanged)];
    for (trouble, kind) in kinds {
        for run in runs_with_s1(&format!(
            "put x 1 @0 client=b\nuntil converged\nisolate S1\n\
             put x 2 @1 client=b nowait\nuntil S1 log = 1,1\ntimeout S2\nuntil S2 is leader\n\
             put x 3 @1 client=c only=S2\n{trouble}\nuntil not waiting client=b\n\
             expect reply = maybe @2 client=b\n"
        )) {
            let released: Vec<WrongLeader> =
                run.released().into_iter().map(|(_, why)| why).collect();
            assert_eq!(released, [kind]);
            let records = run.records("b");
            // The version is used up: no copy can run any more.
            assert!(records[1].returned.as_ref().is_some_and(|end| !end.late));
        }
    }
}

/// A put at a version that the key has not reached yet may run later, if a copy is left behind.
#[test]
fn a_put_at_a_future_version_is_late_if_a_copy_may_still_run() {
    for run in runs_with_s1(
        "put x 1 @0 client=b\ncut S1 -> b\nput x 2 @5 client=b nowait\nrun 1100ms\nmend S1 -> b\n\
         until not waiting client=b\nexpect reply = maybe @1 client=b\n\
         put x 3 @7 client=c\nexpect reply = version @1 client=c\n",
    ) {
        let late = |name: &str, place: usize| {
            run.records(name)[place].returned.as_ref().expect("an answer").late
        };
        assert!(late("b", 1), "above the key's version, and sent twice");
        assert!(!late("b", 0) && !late("c", 0));
    }
}

#[test]
fn a_late_answer_to_an_abandoned_attempt_is_ignored_and_shown() {
    for run in runs_with_s1(
        "put x 1 @0\nlink S1 -> a delay=1500ms\nget x nowait\nrun 1200ms\nlink S1 -> a delay=10ms\n\
         until not waiting\nput x 2 @1\nrun 1s\nexpect reply = ok @2\n",
    ) {
        let late = run.all(|event| match event {
            EventKind::Client(_, ClientEvent::LateReply { server, .. }) => Some(*server),
            _ => None,
        });
        assert!(late.iter().any(|(_, from)| *from == server(1)));
    }
}

#[test]
fn a_request_dies_with_the_servers_life_that_it_was_sent_to() {
    for run in runs_with_s1(
        "put x 1 @0\nlink a -> S1 delay=200ms\nput x 2 @1 nowait\nrun 50ms\n\
         crash S1\nrestart S1\ntimeout S1\nrun 300ms\nexpect S1 is leader and S1 log = 1\n",
    ) {
        let dropped = run.all(|event| match event {
            EventKind::Packet(
                Flight { from: Node::Client(_), .. },
                PacketEvent::Dropped { why, .. },
            ) => Some(*why),
            _ => None,
        });
        assert_eq!(dropped[0].1, DropReason::OldIncarnation);
    }
}

#[test]
fn an_answer_dies_with_the_life_of_its_server_but_raft_messages_do_not() {
    for run in runs_with_s1(
        "put x 1 @0\nuntil converged\nlink S1 -> a delay=200ms\nlink S1 -> S2 delay=200ms\n\
         put x 2 @1 nowait\nuntil committed = 2\ncrash S1\nrestart S1\nrun 250ms\n\
         expect S2 log = 1,1 and waiting\n",
    ) {
        let dropped = run.all(|event| match event {
            EventKind::Packet(
                Flight { to: Node::Client(_), .. },
                PacketEvent::Dropped { why, .. },
            ) => Some(*why),
            _ => None,
        });
        assert_eq!(dropped[0].1, DropReason::OldIncarnation);
    }
}

#[test]
fn requests_of_clients_are_never_duplicated() {
    for run in runs_with_s1("link all <-> all a duplicate=100%\nfor i in 1..5\nset x {i}\nend\n") {
        assert_eq!(run.submitted().len(), 6, "a get and five puts");
        let copies = run.all(|event| {
            matches!(event, EventKind::Network(NetworkEvent::Duplicated { .. })).then_some(())
        });
        assert!(!copies.is_empty(), "servers' messages are");
    }
}

// The replicated state machine.

#[test]
fn gets_go_through_the_log_and_so_does_everything_that_fails() {
    for run in runs_with_s1(
        "put x 1 @0\nget x\nput x 2 @7\nget y\nput y 1 @3\nuntil converged\n\
         expect committed = 5 and applied = 5 and S3 log = 1,1,1,1,1\n",
    ) {
        let applied = run.all(|event| match event {
            EventKind::Server(server, ServerEvent::Applied { index, op, .. }) => {
                Some((*server, *index, op.id))
            }
            _ => None,
        });
        for server in run.cluster.ids() {
            let own: Vec<(Index, OpId)> = applied
                .iter()
                .filter(|(_, (id, ..))| *id == server)
                .map(|(_, (_, index, op))| (*index, *op))
                .collect();
            let log = run.cluster.servers()[0].raft.log().iter_from(Index(1));
            let order: Vec<(Index, OpId)> = log.map(|(index, entry)| (index, entry.id())).collect();
            assert_eq!(own, order, "{server} applies the log, in order, each entry once");
        }
    }
}

#[test]
fn a_waiter_gives_up_after_800_ms() {
    for run in runs_with_s1("isolate S1\nput x 1 @0 client=b only=S1 nowait\nrun 2s\n") {
        let submitted = run.submitted();
        let released = run.released();
        assert_eq!(released[0].1, WrongLeader::TimedOut);
        let waited = released[0].0.since(submitted[0].0);
        assert!(WAITER_TIMEOUT <= waited && waited <= WAITER_TIMEOUT + WAITER_CHECK, "{waited}");
    }
}

#[test]
fn a_waiter_learns_within_20_ms_that_its_term_is_over() {
    for run in runs_with_s1(
        "isolate S1\nput x 1 @0 client=b nowait\nuntil S1 log = 1\ntimeout S2\n\
         until S2 is leader\nrejoin S1\nuntil S1 is follower\nrun 50ms\n",
    ) {
        let stepped_down = run.all(|event| match event {
            EventKind::Raft(id, RaftEvent::SteppedDown { .. }) if *id == server(1) => Some(()),
            _ => None,
        });
        let released = run.released();
        assert_eq!(released[0].1, WrongLeader::TermChanged);
        assert!(released[0].0.since(stepped_down[0].0) <= WAITER_CHECK);
    }
}

/// Its clients hear nothing, and the restarted server owes nobody an answer.
#[test]
fn a_crash_releases_every_waiter() {
    for run in runs_with_s1(
        "isolate S1\nput x 1 @0 client=b only=S1 nowait\nput y 1 @0 client=c only=S1 nowait\n\
         until S1 log = 1,1\ncrash S1\nrestart S1\nrun 500ms\n\
         expect waiting client=b and waiting client=c\n",
    ) {
        let lost = run.all(|event| match event {
            EventKind::Server(_, ServerEvent::WaitersLost { count, .. }) => Some(*count),
            _ => None,
        });
        assert_eq!(lost.iter().map(|(_, count)| *count).collect::<Vec<u32>>(), [2]);
        assert!(run.released().is_empty() && run.failures("b").is_empty());
    }
}

#[test]
fn no_two_operations_share_an_id_not_even_across_restarts() {
    for run in runs_with_s1(
        "for i in 1..4\nset x {i}\ncrash all\nrun 100ms\nrestart all\ntimeout S1\n\
         until S1 is leader\nend\nset y 1\nuntil converged\n",
    ) {
        let log = run.cluster.servers()[0].raft.log();
        let ids: BTreeSet<OpId> = log.iter_from(Index(1)).map(|(_, entry)| entry.id()).collect();
        assert_eq!(ids.len(), log.len());
        assert!(ids.iter().all(|id| id.server == server(1)));
    }
}

// The disk.

/// Term, vote and log are on disk before any answer that depends on them leaves (Figure 2).
#[test]
fn answers_leave_after_the_sync() {
    let script = "cluster servers=5 sync=30ms\ntimeout S1\nuntil S1 is leader\nput x 1 @0\n";
    for run in runs(script) {
        let sent = |from: ServerId, wanted: fn(PacketKind) -> bool| {
            let sent = run.all(|event| match event {
                EventKind::Packet(Flight { from: sender, summary, .. }, PacketEvent::Sent)
                    if *sender == Node::Server(from) && wanted(summary.kind) =>
                {
                    Some(())
                }
                _ => None,
            });
            sent.first().map(|(time, ())| *time).expect("a message")
        };
        let did = |wanted: &dyn Fn(&EventKind) -> bool| {
            run.all(|event| wanted(event).then_some(())).first().expect("an event").0
        };
        let sync = Span::from_millis(30);
        let voted = did(
            &|event| matches!(event, EventKind::Raft(id, RaftEvent::VoteGranted { .. }) if *id == server(2)),
        );
        let granted = sent(server(2), |kind| matches!(kind, PacketKind::VoteGranted));
        assert_eq!(granted.since(voted), sync);
        let copied = did(
            &|event| matches!(event, EventKind::Raft(id, RaftEvent::Appended { .. }) if *id == server(2)),
        );
        let acked = sent(
            server(2),
            |kind| matches!(kind, PacketKind::Appended { matched } if matched == Index(1)),
        );
        assert!(acked.since(copied) >= sync);
        let stood =
            did(&|event| matches!(event, EventKind::Raft(_, RaftEvent::ElectionStarted { .. })));
        assert_eq!(sent(server(1), |kind| kind == PacketKind::RequestVote).since(stood), sync);
    }
}

#[test]
fn a_crash_loses_what_is_not_on_disk_and_nothing_else() {
    runs(
        "cluster servers=3 sync=20ms\ntimeout S1\nuntil S1 is leader\nput x 1 @0\nuntil converged\n\
         isolate S1\nput x 2 @1 client=b only=S1 nowait\nuntil S1 log = 1,1\nrun 19ms\n\
         crash S1\nrestart S1\nexpect S1 log = 1 and S1 term = 1\n",
    );
    runs(
        "cluster servers=3 sync=20ms\ntimeout S1\nuntil S1 is leader\nput x 1 @0\nuntil converged\n\
         isolate S1\nput x 2 @1 client=b only=S1 nowait\nuntil S1 log = 1,1\nrun 20ms\n\
         crash S1\nrestart S1\nexpect S1 log = 1,1 and S1 is follower\n\
         expect not S1 holds x = 1\n",
    );
}

// The lock.

/// Told maybe, a client that wants the lock reads again, and has it if its own id stands there.
#[test]
fn an_acquire_that_is_told_maybe_reads_again() {
    for run in runs_with_s1(
        "get door client=b\nacquire door client=b nowait\nuntil committed = 2\nrun 50ms\n\
         cut S1 -> b\nrun 500ms\nexpect S1 log = 1,1,1 and not holder door = b\nmend S1 -> b\n\
         until holder door = b\nexpect S1 log = 1,1,1,1,1\n",
    ) {
        let outcomes: Vec<Outcome> = run
            .records("b")
            .iter()
            .filter_map(|record| record.returned.as_ref().map(|end| end.outcome))
            .collect();
        use Outcome::{Maybe, NoKey, Ok};
        assert_eq!(outcomes, [NoKey, NoKey, Maybe, Ok]);
    }
}

/// A release whose answer is lost is not sent again at a version that is read anew: c may have the
/// lock by then.
#[test]
fn a_release_never_frees_anothers_lock() {
    for run in runs_with_s1(
        "acquire door client=b\nacquire door client=c nowait within 60s\n\
         release door client=b nowait\nuntil S1 holds door = \"\"\ncut S1 -> b\n\
         until holder door = c\nmend S1 -> b\nuntil not waiting client=b\n\
         run 1s\nexpect holder door = c\n",
    ) {
        let puts: Vec<Request> = run
            .records("b")
            .into_iter()
            .map(|record| record.request)
            .filter(|request| matches!(request, Request::Put { .. }))
            .collect();
        assert_eq!(puts.len(), 2, "one to take it, one to free it: {puts:?}");
    }
}

#[test]
fn a_lock_that_is_taken_is_looked_at_every_10_to_50_ms() {
    for run in runs_with_s1("acquire door client=b\nacquire door client=c nowait\nrun 2s\n") {
        let records = run.records("c");
        assert!(records.len() > 20);
        for pair in records.windows(2).skip(1) {
            let end = pair[0].returned.as_ref().expect("an answer");
            let pause = pair[1].called.since(end.at);
            assert!(PAUSE.low <= pause && pause <= PAUSE.high, "{pause}");
        }
    }
}
