//! `raftlab check` from outside: histories of every form, right ones and wrong ones, hard ones and
//! malformed ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

fn raftlab(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.args(arguments).stdin(Stdio::null()).env_remove("RUST_BACKTRACE").output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn small(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(name);
    path.to_str().unwrap().to_owned()
}

/// A folder with a history in it.
fn written(text: impl AsRef<[u8]>) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("history");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn verdict(text: &str) -> i32 {
    let (_folder, path) = written(text);
    let output = raftlab(&["check", &path, "--time-limit", "300s"]);
    assert!(status(&output) < 2, "{}{}", out(&output), err(&output));
    status(&output)
}

#[test]
fn every_form_is_told_by_its_content_and_judged() {
    for (name, form, expected) in [
        ("register-ok.edn", "EDN", 0),
        ("register-stale.edn", "EDN", 1),
        ("lin-kv-ok.edn", "EDN", 0),
        ("lin-kv-crossed.edn", "EDN", 1),
        ("store-ok.edn", "EDN", 0),
        ("store-twice.edn", "EDN", 1),
        ("console-ok.log", "console log", 0),
        ("console-lost.log", "console log", 1),
        ("versioned-ok.jsonl", "JSON lines", 0),
        ("versioned-twice.jsonl", "JSON lines", 1),
        ("register-open.jsonl", "JSON lines", 0),
    ] {
        let output = raftlab(&["check", &small(name)]);
        assert_eq!(status(&output), expected, "{name}: {}{}", out(&output), err(&output));
        assert!(out(&output).contains(form), "{name}: {}", out(&output));
    }
}

#[test]
fn the_evidence_names_what_clashes_and_what_could_be_placed() {
    let output = raftlab(&["check", &small("register-stale.edn")]);
    let text = out(&output);
    for part in [
        "not linearizable (3 operations of 2 clients; register, EDN)",
        "    lines 1-2  client 0  write 1\n    lines 3-4  client 0  write 2\n    \
         then the register holds 2\n",
        "What can't be placed, neither here nor in any other order:\n    \
         lines 5-6  client 1  read -> 1\n",
        "These can't all be right, whatever the others were told.\n    \
         lines 1-2  client 0  write 1\n    lines 3-4  client 0  write 2\n    lines 5-6  client 1  read -> 1\n",
    ] {
        assert!(text.contains(part), "{part}\nis missing in\n{text}");
    }
}

#[test]
fn a_verdict_alone_is_the_same_verdict() {
    for name in
        ["register-ok.edn", "register-stale.edn", "store-twice.edn", "versioned-twice.jsonl"]
    {
        let (whole, alone) =
            (raftlab(&["check", &small(name)]), raftlab(&["check", "--verdict", &small(name)]));
        assert_eq!(status(&whole), status(&alone), "{name}");
        assert_eq!(out(&whole).lines().next(), out(&alone).lines().next(), "{name}");
        assert_eq!(out(&alone).lines().count(), 1, "{name}: {}", out(&alone));
        let told = raftlab(&["check", "--verdict", "--json", &small(name)]);
        let told: Value = serde_json::from_str(&out(&told)).unwrap();
        assert!(told["wrong"].is_null() && told["because"].is_null(), "{told}");
        assert!(told["clashing"].as_array().is_none_or(Vec::is_empty), "{told}");
    }
    let refused = raftlab(&["check", "--verdict", "--html", "page", &small("register-ok.edn")]);
    assert_eq!(status(&refused), 2, "{}", err(&refused));
}

#[test]
fn json_tells_the_same_to_programs() {
    let output = raftlab(&[
        "check",
        "--json",
        &small("register-stale.edn"),
        &small("register-ok.edn"),
        &small("none.edn"),
    ]);
    assert_eq!(status(&output), 2);
    let objects: Vec<Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[0]["verdict"], "not linearizable");
    assert_eq!(objects[0]["wrong"]["called_line"], 5);
    assert_eq!(objects[0]["longest"].as_array().unwrap().len(), 2);
    assert_eq!(objects[1]["verdict"], "linearizable");
    assert_eq!((&objects[1]["faults"], &objects[1]["clients"]), (&2.into(), &3.into()));
    assert_eq!(objects[2]["verdict"], "unreadable");
}

#[test]
fn the_worst_of_several_files_is_the_status() {
    let (good, bad) = (small("store-ok.edn"), small("store-twice.edn"));
    assert_eq!(status(&raftlab(&["check", &good, &bad, &good])), 1);
    let output = raftlab(&["check", "no-such-file", &bad]);
    assert_eq!(status(&output), 2);
    assert!(out(&output).contains("not linearizable"), "the others are judged all the same");
    assert!(err(&output).contains("no-such-file: there is no such file"), "{}", err(&output));
}

#[test]
fn a_model_can_be_asked_for() {
    let path = small("register-ok.edn");
    assert_eq!(status(&raftlab(&["check", "--model", "register", &path])), 0);
    let output = raftlab(&["check", "--model", "store", &path]);
    assert_eq!(status(&output), 2);
    assert!(err(&output).contains(":2: the model store has no write"), "{}", err(&output));
}

#[test]
fn malformed_histories_are_refused_with_their_line() {
    const HEAD: &str = "{\"type\":\"history\",\"version\":1,\"model\":\"versioned\"}\n";
    let json = |lines: &str| format!("{HEAD}{lines}").into_bytes();
    let call = r#"{"type":"call","client":"a","f":"get","key":"x"}"#;
    let deep = format!("{{:process 0\n :type {}", "[".repeat(500_000));
    let tags = format!("{{:process {}1}}", "#t ".repeat(100_000));
    let long = format!("{HEAD}{call}{}\n", " ".repeat(2 << 20));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), ": it is empty"),
        ("blanks", b" \n\t\n".to_vec(), ": it is empty"),
        ("binary", b"\x7fELF\x02\0\0".to_vec(), ":1: a zero byte"),
        ("no text", b"{:a 1}\n\xff\xfe".to_vec(), ":2: bytes that are no UTF-8"),
        ("prose", b"Dear reader,\nall went well.".to_vec(), ": there is no operation in it"),
        ("no head", call.into(), ":1: the first line must say"),
        ("two heads", json(HEAD), ":2: a second history begins"),
        ("other version", HEAD.replace(":1,", ":9,").into(), ":1: this is version 9"),
        ("broken line", json("{\"type\":\"call\",\"cli"), ":2: EOF while parsing"),
        ("unknown type", json("{\"type\":\"shout\"}"), ":2: unknown variant"),
        ("unknown field", json(&call.replace("key", "kay")), ":2: unknown field"),
        (
            "return without call",
            json(r#"{"type":"return","client":"a","outcome":"nokey"}"#),
            ":2: client a is answered, and has asked nothing",
        ),
        (
            "two calls",
            json(&format!("{call}\n{call}")),
            ":3: client a asks again, and what it asked in line 2 is still open",
        ),
        (
            "a get that is late",
            json(&format!(
                "{call}\n{}",
                r#"{"type":"return","client":"a","outcome":"nokey","late":true}"#
            )),
            ":3: only a put",
        ),
        (
            "a value too few",
            json(&format!(
                "{call}\n{}",
                r#"{"type":"return","client":"a","outcome":"ok","version":1}"#
            )),
            ":3: what the get found",
        ),
        (
            "a put without version",
            json(r#"{"type":"call","client":"a","f":"put","value":"1"}"#),
            ":2: a put needs \"version\"",
        ),
        ("a long line", long.into(), ":2: what begins here is longer than 1 MiB"),
        ("deep", deep.into(), ":2: forms are nested more than 32 deep"),
        ("tags", tags.into(), ":1: forms are nested more than 32 deep"),
        ("no end", b"[{:process 0 :type :invoke :f :read}".to_vec(), ":1: the bracket that opens"),
        ("no string", b"\n{:process \"0".to_vec(), ":2: a string that begins here has no end"),
        ("crossed", b"{:process [0}".to_vec(), ":1: a '}' that nothing opens"),
        ("after the end", b"[]\n{:a 1}".to_vec(), ":2: something follows after the end"),
        ("no map", b"{:process 0, :type :invoke, :f :read}\n7".to_vec(), ":2: expected a map"),
        ("no EDN", b"{:process 0, :type}".to_vec(), ":1: \"{:process 0, :type}\" is no EDN"),
        ("no type", b"{:process 0, :f :read}".to_vec(), ":1: this operation has no :type"),
        ("odd type", b"{:process 0, :type :begin, :f :read}".to_vec(), ":1: :type is \"begin\""),
        ("odd f", b"{:process 0, :type :invoke, :f :txn}".to_vec(), ":1: :f is \"txn\""),
        (
            "two models",
            b"{:process 0, :type :invoke, :f :read}\n{:process 1, :type :invoke, :f :get}".to_vec(),
            ":2: the model register has no get",
        ),
        (
            "other f",
            b"{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :cas}".to_vec(),
            ":2: process 0 ends a cas, and has asked for a read",
        ),
        (
            "a cas of one",
            b"{:process 0, :type :invoke, :f :cas, :value 3}".to_vec(),
            ":1: a cas needs a vector",
        ),
        (
            "keys and none",
            b"{:process 0, :type :invoke, :f :write, :value [1 2]}\n\
          {:process 1, :type :invoke, :f :write, :value 2}"
                .to_vec(),
            ":2: some operations name a key",
        ),
        (
            "a log's return",
            b"INFO  jepsen.util - 3\t:ok\t:read\tnil".to_vec(),
            ":1: client 3 is answered",
        ),
        (
            "a log's value",
            b"INFO  jepsen.util - 3\t:invoke\t:cas\t[1 2".to_vec(),
            ":1: what begins here has no end",
        ),
    ];
    for (name, bytes, expected) in cases {
        let (folder, path) = written(bytes);
        let output = raftlab(&["check", &path]);
        let text = err(&output);
        assert_eq!(status(&output), 2, "{name}: {}{text}", out(&output));
        assert!(text.contains(&format!("{path}{expected}")), "{name}: {text}");
        assert!(text.len() < 600 && !text.contains("panicked"), "{name}: {text}");
        drop(folder);
    }
}

#[test]
fn a_run_writes_its_history_and_the_check_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl").to_str().unwrap().to_owned();
    let script = |name: &str| format!("{}/scripts/{name}", env!("CARGO_MANIFEST_DIR"));
    for (name, expected) in [
        ("handout/persist_partition.lab", 0),
        ("handout/lock_many_clients_unreliable.lab", 0),
        ("flaws/local_get.lab", 1),
        ("flaws/never_maybe.lab", 1),
    ] {
        let output = raftlab(&["run", &script(name), "--history", &path]);
        assert_eq!(status(&output), 0, "{name}: {}{}", out(&output), err(&output));
        let output = raftlab(&["check", &path]);
        assert_eq!(status(&output), expected, "{name}: {}{}", out(&output), err(&output));
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"type\":\"history\",\"version\":1,\"model\":\"versioned\""));
    let faults = text.lines().filter(|line| line.contains("\"type\":\"fault\"")).count();
    assert!(faults > 0, "what was done to the servers is told too: {text}");
}

#[test]
fn a_run_whose_answers_clash_fails_and_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stale.lab").to_str().unwrap().to_owned();
    let text = "cluster servers=3 seed=7\nflaw local-get on\ntimeout S1\nuntil S1 is leader\n\
                put x 1 @0\npartition S1 c | S2 S3 a\ntimeout S2\nuntil S2 is leader\n\
                put x 2 @1\nget x client=c\n";
    std::fs::write(&path, text).unwrap();
    let output = raftlab(&["run", "--json", &path]);
    assert_eq!(status(&output), 1, "{}", err(&output));
    let run: Value = serde_json::from_str(out(&output).trim()).unwrap();
    assert_eq!((&run["outcome"], &run["linearizable"]), (&"violated".into(), &false.into()));
    assert_eq!(run["invariant"], "linearizability");
    let clashing: Vec<&str> =
        run["clashing"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(clashing[0].ends_with("a's put x=2 @1 says ok @2"), "{clashing:?}");
    assert!(clashing[1].ends_with("c's get x says 1 @1"), "{clashing:?}");
    let text = out(&raftlab(&["run", &path]));
    assert!(text.contains("linearizability broken at") && text.contains(clashing[1]), "{text}");
}

#[test]
fn a_history_is_of_one_run_and_leaves_no_part_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.jsonl").to_str().unwrap().to_owned();
    let script = format!("{}/scripts/handout/basic_kvraft.lab", env!("CARGO_MANIFEST_DIR"));
    let output = raftlab(&["run", &script, "--seeds", "1..3", "--history", &path]);
    assert_eq!(status(&output), 2, "{}", err(&output));
    assert_eq!(status(&raftlab(&["run", &script, "--history", "/dev/null/no/such/folder/h"])), 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

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
        let output = raftlab(&["check", folder.join(row[0]).to_str().unwrap()]);
        let expected = i32::from(row[2] != "true");
        assert_eq!(status(&output), expected, "{}: {}{}", row[0], out(&output), err(&output));
    }
}
