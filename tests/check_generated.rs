//! `raftlab check` on histories that a simulation has made, large ones and ones with a wrong answer,
//! and on public ones with known answers.

#[path = "support/check.rs"]
#[allow(dead_code, reason = "not every test file asks everything")]
mod support;

use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use support::{err, out, raftlab, status, verdict, written};

/// A register that never lies, with clients whose operations overlap. What it gives is a history
/// that is linearizable by the way it is made.
struct Simulation {
    random: u64,
    clients: usize,
    keys: u64,
    /// Of a thousand operations, how many never return.
    lost: u64,
    /// Written values are all different, or from 0 to 4.
    unique: bool,
}

impl Simulation {
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x1405_7b7e);
        (self.random >> 33) % bound
    }

    fn events(&mut self, count: usize) -> Vec<Event> {
        let mut registers = vec![None; self.keys as usize];
        let mut open: Vec<Option<Open>> = vec![None; self.clients];
        let mut names: Vec<usize> = (0..self.clients).collect();
        let (mut events, mut asked, mut next) = (Vec::new(), 0, 0);
        while asked < count || open.iter().any(Option::is_some) {
            let client = self.below(self.clients as u64) as usize;
            let name = names[client];
            match open[client].take() {
                None if asked < count => {
                    asked += 1;
                    next += 1;
                    let key = self.below(self.keys);
                    let value = if self.unique { next } else { self.below(5) };
                    let old = self.below(5);
                    let op = match self.below(if self.unique { 2 } else { 3 }) {
                        0 => Op::Read(None),
                        1 => Op::Write(value),
                        _ => Op::Cas(old, value, false),
                    };
                    events.push(Event { client: name, key, kind: "invoke", op });
                    open[client] = Some(Open { key, op, is_done: false });
                }
                None => {}
                Some(Open { key, op, is_done: false }) => {
                    let held = &mut registers[key as usize];
                    let op = match op {
                        Op::Read(_) => Op::Read(*held),
                        Op::Write(value) => {
                            *held = Some(value);
                            op
                        }
                        Op::Cas(old, new, _) => {
                            let is_done = *held == Some(old);
                            if is_done {
                                *held = Some(new);
                            }
                            Op::Cas(old, new, is_done)
                        }
                    };
                    open[client] = Some(Open { key, op, is_done: true });
                }
                Some(Open { key, op, is_done: true }) => {
                    if self.below(1_000) < self.lost {
                        // Its client is never heard of again; another takes its place.
                        names[client] = names.iter().max().unwrap() + 1;
                        continue;
                    }
                    let kind = if matches!(op, Op::Cas(_, _, false)) { "fail" } else { "ok" };
                    events.push(Event { client: name, key, kind, op });
                }
            }
        }
        events
    }
}

#[derive(Clone, Copy)]
struct Open {
    key: u64,
    op: Op,
    is_done: bool,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Read(Option<u64>),
    Write(u64),
    Cas(u64, u64, bool),
}

#[derive(Clone, Copy, Debug)]
struct Event {
    client: usize,
    key: u64,
    kind: &'static str,
    op: Op,
}

fn edn(events: &[Event]) -> String {
    let mut text = String::new();
    for Event { client, key, kind, op } in events {
        let (f, value) = match op {
            Op::Read(Some(value)) => ("read", value.to_string()),
            Op::Read(None) => ("read", "nil".to_owned()),
            Op::Write(value) => ("write", value.to_string()),
            Op::Cas(old, new, _) => ("cas", format!("[{old} {new}]")),
        };
        let _ = writeln!(
            text,
            "{{:process {client}, :type :{kind}, :f :{f}, :key {key}, :value {value}}}"
        );
    }
    text
}

#[test]
fn two_thousand_operations_of_fifty_clients_on_one_key() {
    for (random, unique, lost) in [(1, true, 0), (2, false, 0), (3, true, 5), (4, false, 5)] {
        let mut simulation = Simulation { random, clients: 50, keys: 1, lost, unique };
        let events = simulation.events(2_000);
        assert_eq!(verdict(&edn(&events)), 0, "unique: {unique}, lost: {lost}");
    }
}

#[test]
fn a_hundred_thousand_operations_over_a_thousand_keys() {
    let mut simulation =
        Simulation { random: 5, clients: 100, keys: 1_000, lost: 1, unique: false };
    let mut events = simulation.events(100_000);
    assert_eq!(verdict(&edn(&events)), 0);
    let answered =
        events.iter_mut().rev().find(|event| event.kind == "ok" && matches!(event.op, Op::Read(_)));
    answered.expect("a read").op = Op::Read(Some(77));
    assert_eq!(verdict(&edn(&events)), 1, "one answer of a hundred thousand is wrong");
}

#[test]
fn no_answer_within_the_limit_is_a_status_of_its_own() {
    let mut simulation = Simulation { random: 6, clients: 20, keys: 1, lost: 0, unique: false };
    let (_folder, path) = written(edn(&simulation.events(20_000)));
    let output = raftlab(&["check", &path, "--time-limit", "0s"]);
    assert_eq!(status(&output), 3, "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("undecided"), "{}", out(&output));
    for bad in ["soon", "-1s"] {
        assert_eq!(status(&raftlab(&["check", &path, &format!("--time-limit={bad}")])), 2);
    }
}

/// A read that is surely stale: between the write of its value and its call, another write was
/// called and has returned.
fn make_stale(events: &mut [Event], choice: usize) -> bool {
    let mut ends: Vec<(usize, usize, u64)> = Vec::new();
    let mut candidates = Vec::new();
    let mut called = std::collections::BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        match (event.kind, event.op) {
            ("invoke", _) => {
                called.insert(event.client, place);
            }
            (_, Op::Write(value)) => ends.push((called[&event.client], place, value)),
            (_, Op::Read(_)) => {
                let call = called[&event.client];
                let before = |end: &&(usize, usize, u64)| end.1 < call;
                let last = ends.iter().filter(before).map(|end| end.0).max();
                let stale = ends.iter().find(|end| last.is_some_and(|last| end.1 < last));
                candidates.extend(stale.map(|end| (place, end.2)));
            }
            (_, Op::Cas(..)) => {}
        }
    }
    let Some((place, value)) = candidates.get(choice % candidates.len().max(1)).copied() else {
        return false;
    };
    events[place].op = Op::Read(Some(value));
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// One answer changed so that it is surely wrong: a value that nobody wrote, or one that was
    /// overwritten before the read began.
    #[test]
    fn a_changed_answer_is_caught(
        random in any::<u64>(),
        clients in 2_usize..12,
        lost in 0_u64..30,
        choice in any::<usize>(),
        is_stale in any::<bool>(),
    ) {
        let mut simulation = Simulation { random, clients, keys: 1, lost, unique: true };
        let mut events = simulation.events(150);
        prop_assert_eq!(verdict(&edn(&events)), 0);
        if is_stale {
            prop_assume!(make_stale(&mut events, choice));
        } else {
            let reads: Vec<usize> = (0..events.len())
                .filter(|at| events[*at].kind == "ok" && matches!(events[*at].op, Op::Read(_)))
                .collect();
            prop_assume!(!reads.is_empty());
            events[reads[choice % reads.len()]].op = Op::Read(Some(1_000_000));
        }
        prop_assert_eq!(verdict(&edn(&events)), 1);
    }
}

/// Public histories with known answers, where there are any: a folder with `expected.tsv`.
#[test]
fn public_histories_get_their_known_answers() {
    let Some(folder) = std::env::var_os("RAFTLAB_HISTORIES").map(PathBuf::from) else {
        eprintln!("skipped: RAFTLAB_HISTORIES names no folder with histories");
        return;
    };
    let table = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split('\t').collect()).collect();
    assert!(!rows.is_empty());
    for row in rows {
        // Where they come from, a cas that failed is an answer.
        let output = raftlab(&["check", "--strict-cas", folder.join(row[0]).to_str().unwrap()]);
        let expected = i32::from(row[2] != "true");
        assert_eq!(status(&output), expected, "{}: {}{}", row[0], out(&output), err(&output));
    }
}
