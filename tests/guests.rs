//! Guests: a Raft that was written elsewhere, in every server. It is the same run whenever and wherever
//! it is played, it goes back in time, its bugs are found by their rules, and a guest that
//! does what no server should harms nobody else.
#![cfg(feature = "guests")]

use std::sync::Arc;

use proptest::prelude::*;
use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::event::{EventKind, RaftEvent, ServerEvent};
use raftlab::cluster::explain;
use raftlab::cluster::guest::{self, Program};
use raftlab::cluster::invariant::Invariant;
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::{Cluster, Implementation, Limits, Step};

fn program(name: &str) -> Arc<Program> {
    let path = format!("{}/tests/guests/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Program::load(&bytes, Limits::default()).unwrap_or_else(|why| panic!("{path}: {why}"))
}

fn script(name: &str, text: &str) -> Script {
    let mut script = Script::parse("test.lab", text.as_bytes()).expect("a script");
    let params = script.config.raft.map(|raft| raft.params).unwrap_or_default();
    script.config.raft = Some(Implementation {
        file: name.into(),
        hash: None,
        limits: Limits::default(),
        params,
        program: Some(program(name)),
    });
    script
}

fn start(name: &str, text: &str, seed: u64) -> Cluster {
    Cluster::with_script(&script(name, text), Some(seed))
}

/// Plays to the end of the script; what happened.
fn play(cluster: &mut Cluster) -> Vec<EventKind> {
    let mut events: Vec<EventKind> = cluster.events().iter().map(|it| it.kind.clone()).collect();
    while !cluster.finished() && cluster.step() == Step::Happened {
        events.extend(cluster.events().iter().map(|event| event.kind.clone()));
    }
    events
}

/// What the digests are pinned of, here and on the page (`tests/web.rs`).
const STORY: &str = include_str!("guests/story.lab");

#[test]
fn a_guest_elects_commits_crashes_and_recovers() {
    for (name, seeds) in
        [("raft_c", 20), ("raft_rust", 20), ("raft_threads", 6), ("raft_rs", 4), ("service_c", 20)]
    {
        for seed in 1..seeds {
            let mut cluster = start(name, STORY, seed);
            let events = play(&mut cluster);
            assert_eq!(cluster.failure(), None, "{name}, seed {seed}");
            assert_eq!(cluster.violation(), None, "{name}, seed {seed}");
            assert!(cluster.finished(), "{name}, seed {seed}");
            let led = events
                .iter()
                .filter(|it| matches!(it, EventKind::Raft(_, RaftEvent::BecameLeader { .. })));
            let led: Vec<_> = led.collect();
            assert!(led.len() >= 3, "{name}, seed {seed}");
            // It has told whose votes it has.
            let wins = |it: &&EventKind| matches!(it, EventKind::Raft(_, RaftEvent::BecameLeader { votes, .. }) if votes.len() >= 3);
            assert!(name != "raft_c" || led.iter().all(wins), "{led:?}");
        }
    }
}

const CHAOS: &str = include_str!("guests/chaos.lab");

/// The whole state of a run: what crossed the border, and the memory of all guests.
fn state(cluster: &Cluster) -> (u64, Option<u64>, Time) {
    (cluster.digest(), cluster.guest_digest(), cluster.now())
}

/// A snapshot at any moment, and what follows replayed: the same memory, the same digest. As a branch
/// beside the first run, too.
#[test]
fn a_guest_goes_back_in_time() {
    for (name, seed) in
        ["raft_c", "raft_c", "raft_rust", "raft_threads", "service_c"].into_iter().zip(1..)
    {
        let mut cluster = start(name, CHAOS, seed);
        let mut kept = Vec::new();
        for step in 0.. {
            if cluster.finished() {
                break;
            }
            if step % 300 == 0 {
                kept.push((cluster.clone(), step));
            }
            if cluster.step() != Step::Happened {
                break;
            }
        }
        assert_eq!(cluster.violation(), None, "{name}, seed {seed}");
        let end = state(&cluster);
        assert!(kept.len() > 1);
        for (mut copy, step) in kept {
            let beside = copy.clone();
            let before = state(&beside);
            play(&mut copy);
            assert_eq!(state(&copy), end, "seed {seed}, from step {step}");
            assert_eq!(state(&beside), before, "seed {seed}: the copy is left alone");
        }
    }
}

/// What crosses the border, on every machine and in every build: `UPDATE_DIGESTS=1` writes them.
#[test]
fn the_digests_of_guests_are_those_that_were_pinned() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/digests.tsv");
    let mut table = String::new();
    for name in ["raft_c", "raft_rust", "raft_threads", "raft_rs", "service_c"] {
        for (which, text) in [("story", STORY), ("chaos", CHAOS)] {
            let mut cluster = start(name, text, 1);
            play(&mut cluster);
            table += &format!("{name}\t{which}\t{:016x}\n", cluster.digest());
        }
    }
    if std::env::var_os("UPDATE_DIGESTS").is_some() {
        std::fs::write(file, &table).expect("a writable file");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), table);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wherever_a_copy_is_made_both_go_on_the_same(seed in 0u64..1_000, at in 0u64..5_000_000, more in 1u64..400_000) {
        let mut cluster = start("raft_c", CHAOS, seed);
        cluster.run_until(Time(at));
        let mut copy = cluster.clone();
        let until = Time(at) + Span(more);
        cluster.run_until(until);
        copy.run_until(until);
        prop_assert_eq!(state(&cluster), state(&copy));
    }
}

/// What a guest does that no server should, asked for by a client's read; each ends that server with
/// words, or names the rule; the others go on, and the run can be played again.
#[test]
fn a_rogue_is_caught_named_and_harms_nothing() {
    for (deed, words) in [
        (2, "ran 200,000,000 steps in on_propose: an endless loop?"),
        (3, "calls nested too deeply in on_propose: an endless recursion?"),
        (4, "gave up in on_propose"),
        (5, "an address outside of its memory in on_propose"),
        (6, "gave up in on_propose (a panic, a failed assertion or an abort)"),
        (7, "send: there is no server 99, only 0 to 2 (in on_propose)"),
        (8, "send: 64 bytes at 2147483392 are not all within its memory (in on_propose)"),
        (9, "more than 4096 messages, writes and reports in one call"),
        (12, "save_hard: term 4 after term 5 (§5.1: terms only grow)"),
        (13, "append: 8 bytes that no client has proposed"),
        (15, "there is no timer 300, only 0 to 255"),
        (16, "accepted: proposal 1 as entry 1 of term 1, and its log does not have it there"),
        (17, "it said: the invariant of this server does not hold"),
        (18, "are not all within its memory"),
        (19, "report: there is no role 9, only 0 to 3"),
        (20, "truncate: to 7 entries, and the log has 0"),
        (21, "refused: proposal 1 is answered a second time"),
        (22, "on_propose returned without accepted or refused"),
        (23, "accepted: proposal 1 as entry 1 of term 1"),
        (24, "it was asked about proposal 1, and answers 2"),
        (25, "more than 16 MiB of messages and entries in one call"),
        (26, "more than 4096 messages, writes and reports in one call"),
        (27, "send: 2000000 bytes, and 1048576 are the most"),
        (28, "save_blob: 2000000 bytes, and 1048576 are the most"),
        (36, "divided by zero in on_propose"),
        (37, "called through a bad function pointer in on_propose"),
    ] {
        let key = if deed < 28 { b'a' + deed - 2 } else { b'A' + deed - 28 } as char;
        let text = format!("cluster servers=3\nget {key} only=S1 nowait\nrun 300ms\n");
        let mut cluster = start("rogue_guest", &text, 1);
        let events = play(&mut cluster);
        let ended = events.iter().find_map(|event| match event {
            EventKind::Server(server, ServerEvent::Ended { why }) => Some((server.number(), why)),
            _ => None,
        });
        let Some((1, why)) = ended else { panic!("deed {deed}: {ended:?}") };
        assert!(why.contains(words), "deed {deed}: {why}");
        let up = cluster.servers().iter().filter(|server| server.is_running()).count();
        // What the last sends is more than the next has room for.
        assert_eq!(up, if deed == 25 { 1 } else { 2 }, "deed {deed}");
        assert_eq!(cluster.violation(), None);
        // It starts again, as a process does.
        cluster.apply(&parse_line("restart S1").expect("a command")).expect("restarts");
        assert!(cluster.servers()[0].is_running());
    }
}

/// The same of a service that is a guest's own; what it answers is judged by the history.
#[test]
fn a_rogue_service_is_caught_and_named() {
    for (key, words) in [
        ("a", "reply: request 1 is answered a second time (in on_request)"),
        ("b", "these 8 bytes are not that"),
        ("c", "reply: there is no request 2"),
        ("d", "reply: there is no status 7, only 0 to 4"),
        ("e", "are not all within its memory"),
        ("f", "accepted: no proposal is open"),
        ("g", "reply: status 2 (another version) to a get"),
    ] {
        let text = format!("cluster servers=3\nget {key} only=S1 nowait\nrun 300ms\n");
        let mut cluster = start("rogue_service", &text, 1);
        let events = play(&mut cluster);
        let ended = events.iter().find_map(|event| match event {
            EventKind::Server(_, ServerEvent::Ended { why }) => Some(why),
            _ => None,
        });
        let why = ended.unwrap_or_else(|| panic!("{key} goes on"));
        assert!(why.contains(words), "{key}: {why}");
    }
    let text = "cluster servers=3\nget h only=S1\nexpect linearizable\n";
    let mut cluster = start("rogue_service", text, 1);
    play(&mut cluster);
    let violation = cluster.violation().map(|it| it.invariant);
    let failed = cluster.failure().is_some();
    assert!(failed || violation == Some(Invariant::Linearizability), "a value that nobody put");
}

/// A guest that lies is caught by the rule that it breaks.
#[test]
fn who_lies_in_its_reports_breaks_a_rule_by_name() {
    for (servers, reads, rule) in [
        (3, "get i only=S1 nowait\nget i only=S2 client=b nowait", Invariant::ElectionSafety),
        (3, "get j only=S1 nowait", Invariant::CommitMonotone),
        (1, "get D only=S1 nowait", Invariant::CommitMonotone),
        (3, "get E only=S1 nowait", Invariant::OneVote),
        (3, "get F only=S1 nowait", Invariant::LeaderAppendOnly),
        (1, "get G only=S1 nowait", Invariant::CommitMonotone),
        (3, "get H only=S1 nowait", Invariant::TermsInOrder),
    ] {
        let text = format!("cluster servers={servers}\n{reads}\nrun 300ms\n");
        let mut cluster = start("rogue_guest", &text, 1);
        play(&mut cluster);
        let violation = cluster.violation().map(|it| it.invariant);
        assert_eq!(violation, Some(rule), "{reads}");
    }
}

/// What servers have said.
fn said(events: &[EventKind]) -> Vec<&str> {
    let said = |event| match event {
        &EventKind::Server(_, ServerEvent::Said { ref text }) => Some(&**text),
        _ => None,
    };
    events.iter().filter_map(said).collect()
}

/// A timer that runs out at every microsecond takes the time of others as little as it stops it.
#[test]
fn a_guest_whose_timer_never_rests_harms_nothing() {
    let mut cluster =
        start("rogue_guest", "cluster servers=3\nget K only=S1 nowait\nrun 50ms\n", 1);
    play(&mut cluster);
    assert!(cluster.finished() && cluster.servers().iter().all(|server| server.is_running()));
    assert!(cluster.handled() > 10_000 && cluster.violation().is_none());
}

/// `raft-params=` reaches the module, and another text is another run.
#[test]
fn a_script_tells_a_module_what_it_wants() {
    let run = |params: &str| {
        let text = format!("cluster servers=3 raft=x{params}\nget B only=S1 nowait\nrun 30ms\n");
        let mut cluster = start("rogue_guest", &text, 1);
        let events = play(&mut cluster);
        (said(&events).first().map(|text| text.to_string()), cluster.digest())
    };
    let (told, digest) = run(" raft-params=\"heartbeat=50ms {{no-op}\"");
    assert_eq!(told.as_deref(), Some("heartbeat=50ms {no-op}"));
    assert_eq!(run("").0, None);
    assert_ne!(digest, run(" raft-params=other").1);
}

/// Bytes of a guest's own outlive a crash once they are on disk, not before, and not the disk's loss.
#[test]
fn what_a_guest_keeps_is_on_its_disk() {
    let text = "cluster servers=1 sync=20ms\nget C only=S1 nowait\nrun 1s\n";
    let mut cluster = start("rogue_guest", text, 1);
    let mut after = |time: u64, commands: &str| {
        cluster.run_until(Time(time));
        let mut events = Vec::new();
        for line in commands.split(';') {
            cluster.apply(&parse_line(line).expect("a command")).expect("it can be done");
            events.extend(cluster.events().iter().map(|event| event.kind.clone()));
        }
        said(&events).join(" ")
    };
    assert_eq!(after(25_000, "crash S1;restart S1"), "", "it was not on disk yet");
    assert_eq!(after(600_000, "crash S1;restart S1"), "kept over crashes");
    assert_eq!(after(700_000, "crash S1;wipe S1;restart S1"), "");
    let events = play(&mut start("rogue_guest", text, 1));
    assert!(
        events.iter().any(|event| {
            matches!(event, EventKind::Server(_, ServerEvent::Kept { bytes: 17 }))
        })
    );
}

/// What a packet says is the guest's to tell; nothing of the run changes by that, however it fails.
#[test]
fn a_guest_tells_what_its_packets_say() {
    let mut cluster = start("raft_c", "cluster servers=3\nuntil leader\nset x 1\n", 1);
    let mut told = Vec::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        let (before, packets) = (state(&cluster), cluster.packets());
        let ids: Vec<_> = packets.iter().map(|packet| packet.id).collect();
        told.extend(ids.into_iter().map(|id| explain::packet(&cluster, id, &[]).join(" ")));
        assert_eq!(state(&cluster), before);
    }
    for words in [
        ": its log ends at entry 0 of term 0",
        ": after entry 0 of term 0, entries: 1, commit 0",
        ": its log is the leader's up to entry 1",
        "a vote in term 1, 40 bytes",
    ] {
        assert!(told.iter().any(|line| line.contains(words)), "{words}: {told:#?}");
    }
    let rogue = program("rogue_guest");
    for (message, words) in [
        ("loops", "its describe fails: it ran 1,000,000 steps"),
        ("gives up", "its describe fails: gave up in describe"),
        ("out of memory", "its describe fails: a text at 2147483392, outside of its memory"),
        ("sends", "its describe fails: send: there is no server 99"),
        ("big", "xxxxxxxx"),
    ] {
        let told = rogue.describe(message.as_bytes()).expect("words");
        assert!(told.contains(words) && told.len() <= 200, "{message}: {told}");
    }
    assert_eq!(program("echo_c").describe(b"hello"), None);
}

#[test]
fn what_a_guest_says_is_shown_without_what_a_terminal_must_not_get() {
    let mut cluster =
        start("rogue_guest", "cluster servers=3\nget m only=S1 nowait\nrun 300ms\n", 1);
    let mut told = Vec::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        told.extend(cluster.events().iter().map(|event| event.headline(cluster.names())));
    }
    let said = told.iter().find(|line| line.contains("says")).expect("a line");
    assert!(said.starts_with("S1 says: one "), "{said}");
    assert!(!said.contains('\x1b') && !said.contains('\x07'), "{said:?}");
}

/// The interface without a Raft: packets, and lines.
#[test]
fn the_echo_greets() {
    let mut cluster = start("echo_c", "cluster servers=3\nrun 3s\n", 1);
    let events = play(&mut cluster);
    let said = events.iter().filter(
        |it| matches!(it, EventKind::Server(_, ServerEvent::Said { text }) if &**text == "hello"),
    );
    assert!(said.count() > 6);
}

/// What a checkpoint of five guests costs: `cargo test --release --test guests -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_checkpoint_costs() {
    for name in ["raft_c", "raft_rust"] {
        let mut cluster = start(name, CHAOS, 1);
        let (mut spent, mut kept) = (Vec::new(), Vec::new());
        while !cluster.finished() && cluster.step() == Step::Happened {
            if spent.len() as u64 * 10 < cluster.handled() {
                let begun = std::time::Instant::now();
                kept.push(cluster.clone());
                spent.push(begun.elapsed());
            }
        }
        let (all, own) = cluster.guest_bytes();
        spent.sort_unstable();
        println!(
            "{name}: {} checkpoints, {:?} each (median); {all} bytes, {own} of their own",
            spent.len(),
            spent[spent.len() / 2]
        );
    }
}

/// The page and the header say what the table says.
#[test]
fn the_page_and_the_header_are_up_to_date() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    for (name, text) in [("docs/guests.md", guest::page()), ("sdk/c/raftlab.h", guest::header())] {
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(format!("{root}{name}"), &text).expect("a writable file");
        }
        let file = std::fs::read_to_string(format!("{root}{name}")).unwrap_or_default();
        assert!(file == text, "{name}: UPDATE_DOCS=1 cargo test --test guests writes it");
    }
}

/// The crate leaves lost packets to its transport, which is the adapter: eight clients of the lock are
/// served where half of all gets lost.
#[test]
fn what_gets_lost_of_the_crate_raft_is_sent_again() {
    let text = include_str!("../scripts/handout/lock_many_clients_unreliable.lab");
    for seed in 1..3 {
        let mut cluster = start("raft_rs", text, seed);
        play(&mut cluster);
        assert_eq!(cluster.failure(), None, "seed {seed}");
        assert!(cluster.finished(), "seed {seed}");
    }
}

/// A start that no run leads to is an assumption of a scene, not of Raft: the crate, which writes a no-op
/// when it leads, would be accused of Log Matching.
#[test]
fn no_guest_is_accused_of_what_raft_does_not_promise() {
    let text = "cluster servers=3\ngiven S1 log=1\ngiven S3 log=1,2\ntimeout S1\nuntil S1 is leader\n\
                until converged\n";
    let mut cluster = start("raft_rs", text, 1);
    play(&mut cluster);
    assert_eq!(cluster.violation(), None);
    assert!(cluster.checker().is_void());
}
