//! `raftlab check` from outside: histories of every form, right ones and wrong ones, and malformed
//! ones. `check_generated.rs` has the large and the public ones, `check_jepsen.rs` what Jepsen's mean.

#[path = "support/check.rs"]
#[allow(dead_code, reason = "not every test file asks everything")]
mod support;

use serde_json::Value;

use support::{err, out, raftlab, small, status, written};

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
        // What is lost in the console's log shows in a cas that failed.
        let output = raftlab(&["check", "--strict-cas", &small(name)]);
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
        ("broken line", json("{\"type\":\"call\",\"cli"), ":2: it ends within a string"),
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
            "a value of what is absent",
            json(&format!(
                "{call}\n{}",
                r#"{"type":"return","client":"a","outcome":"nokey","value":"z"}"#
            )),
            ":3: only a get or a read that is ok has a \"value\"",
        ),
        (
            "a version of what is absent",
            json(&format!(
                "{call}\n{}",
                r#"{"type":"return","client":"a","outcome":"nokey","version":3}"#
            )),
            ":3: only what is ok, in the model versioned, has a \"version\"",
        ),
        (
            "an end that is none",
            json(&format!("{call}\n{}", r#"{"type":"return","client":"a","outcome":"refused"}"#)),
            ":3: a get of the model versioned ends with ok, nokey, version, maybe, failed, unknown",
        ),
        (
            "another value than was asked for",
            b"{:process 0, :type :invoke, :f :write, :value 1}\n\
              {:process 0, :type :ok, :f :write, :value 2}"
                .to_vec(),
            ":2: what is done is not what was asked for",
        ),
        (
            "another key than was asked for",
            b"{:process 0, :type :invoke, :f :write, :key 1, :value 1}\n\
              {:process 0, :type :ok, :f :write, :key 2, :value 1}"
                .to_vec(),
            ":2: the answer is about another key",
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
        ("no EDN", b"{:process 0, :type}".to_vec(), ":1: the key \":type\" of a map has no value"),
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
            b"{:process 0, :type :invoke, :f :read, :value [1 nil]}\n\
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
