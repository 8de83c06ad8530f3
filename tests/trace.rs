//! `raftlab trace` in each of its forms, read back as their readers read them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const SCENES: [&str; 4] = [
    "handout/persist_partition.lab",
    "raft/figure_8_by_hand.lab",
    "raft/duplicates_and_reordering_change_nothing.lab",
    "flaws/forget_vote.lab",
];

fn raftlab(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn trace(scene: &str, format: &str) -> String {
    let (status, text, wrong) = raftlab(&["trace", scene, "--format", format]);
    // A scene that shows a flaw comes to what it says, as `raftlab run` judges it.
    assert_eq!((status, &*wrong), (Some(0), ""), "{scene}");
    text
}

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
}

/// The state that events tell is what the next event of the server begins with, and no set is a mask.
#[test]
fn the_lab_s_own_lines_name_everybody_and_tell_the_state() {
    for scene in SCENES {
        let text = trace(scene, "lines");
        let mut lines = lines(&text);
        let head = lines.next().expect("a header");
        assert_eq!((&head["trace"], &head["version"]), (&"raftlab".into(), &1.into()));
        assert_eq!(head["servers"][0], "S1");
        let (mut states, mut entries) = (0, 0);
        for event in lines {
            assert!(event["time"].is_u64() && event["event"].is_string(), "{event}");
            if let Some(server) = event.get("server") {
                assert!(server.as_str().is_some_and(|name| name.starts_with('S')), "{event}");
            }
            if let Some(votes) = event.get("votes") {
                assert!(votes[0].as_str().is_some_and(|name| name.starts_with('S')), "{event}");
            }
            if event["event"] == "became_leader" {
                assert_eq!(event["state"]["role"], "leader", "{event}");
                assert_eq!(event["state"]["term"], event["term"], "{event}");
                states += 1;
            }
            if let Some(list) = event.get("entries").and_then(Value::as_array) {
                assert!(list.iter().all(|entry| entry["term"].as_u64() >= Some(1)), "{event}");
                entries += list.len();
            }
            for end in ["from", "to"] {
                let is_packet = event.get("packet").is_some() && event.get("summary").is_some();
                assert!(!is_packet || event[end].is_string(), "{event}");
            }
        }
        assert!(states > 0 || scene.starts_with("flaws"), "{scene}");
        assert!(entries > 0 || scene.starts_with("flaws"), "{scene}");
    }
}

#[test]
fn run_writes_the_same_lines() {
    let scene = SCENES[0];
    let (status, text, _) = raftlab(&["run", scene, "--trace", "-"]);
    assert_eq!(status, Some(0));
    assert_eq!(text, trace(scene, "lines"));
}

#[test]
fn a_mermaid_diagram_has_known_participants_and_a_bound() {
    for scene in SCENES {
        let text = trace(scene, "mermaid");
        let mut lines = text.lines().skip_while(|line| *line != "sequenceDiagram").skip(1);
        let mut known: Vec<&str> = Vec::new();
        let mut arrows = 0;
        for line in lines.by_ref().map(str::trim) {
            if let Some(rest) = line.strip_prefix("participant ") {
                known.push(rest.split(' ').next().unwrap());
                continue;
            }
            let (ends, words) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
            assert!(!words.is_empty() && !words.contains([';', '#']), "{line}");
            let ends = ends.strip_prefix("Note over ").unwrap_or(ends);
            for end in
                ends.split("-->>").flat_map(|end| end.split("->>")).flat_map(|e| e.split("-x"))
            {
                assert!(known.contains(&end), "{line}: {end} is no participant");
            }
            arrows += 1;
        }
        assert!(arrows > 3 && arrows <= 301, "{scene}: {arrows}");
    }
    let (_, text, _) = raftlab(&["trace", SCENES[0], "--format", "mermaid", "--lines", "5"]);
    assert!(text.trim_end().ends_with("more (--lines)"), "{text}");
}

/// A clock counts the events of its own node one by one, never forgets, and knows of no event that has
/// not happened.
#[test]
fn vector_clocks_are_those_of_a_run() {
    for scene in SCENES {
        let text = trace(scene, "shiviz");
        let mut clocks: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        let mut lines = text.lines();
        let mut heard = 0;
        while let (Some(line), Some(words)) = (lines.next(), lines.next()) {
            assert!(!words.is_empty());
            let (node, clock) = line.split_once(' ').unwrap();
            let clock: BTreeMap<String, u64> = serde_json::from_str(clock).unwrap();
            let before = clocks.get(node).cloned().unwrap_or_default();
            assert_eq!(clock[node], before.get(node).unwrap_or(&0) + 1, "{line}");
            for (other, known) in &before {
                assert!(clock[other] >= *known, "{line} forgets {other}");
            }
            for (other, known) in clock.iter().filter(|(other, _)| *other != node) {
                let happened = clocks.get(other).map_or(0, |clock| clock[other]);
                assert!(*known <= happened, "{line} knows the future of {other}");
                heard += u64::from(before.get(other) < Some(known));
            }
            clocks.insert(node.to_owned(), clock);
        }
        assert!(heard > 2, "{scene}");
    }
}

/// The names of etcd's state_trace.go.
const NAMES: [&str; 14] = [
    "InitState",
    "BecomeCandidate",
    "BecomeFollower",
    "BecomeLeader",
    "Commit",
    "Replicate",
    "ApplyConfChange",
    "Ready",
    "SendAppendEntriesRequest",
    "ReceiveAppendEntriesRequest",
    "SendAppendEntriesResponse",
    "ReceiveAppendEntriesResponse",
    "SendRequestVoteRequest",
    "SendRequestVoteResponse",
];

/// What is received was sent before, terms never fall, and a commit index is within the log.
#[test]
fn an_etcd_trace_has_the_names_and_fields_of_etcd() {
    // Its servers begin with logs, which etcd's form can't tell.
    assert_eq!(raftlab(&["trace", SCENES[1], "--format", "etcd"]).0, Some(2));
    for scene in SCENES.into_iter().filter(|scene| *scene != SCENES[1]) {
        let text = trace(scene, "etcd");
        let mut sent: Vec<Value> = Vec::new();
        let mut terms: BTreeMap<String, u64> = BTreeMap::new();
        let mut begun: BTreeSet<String> = BTreeSet::new();
        for line in lines(&text) {
            assert_eq!(line["tag"], "trace");
            let event = &line["event"];
            let name = event["name"].as_str().unwrap();
            let known = NAMES.contains(&name) || name.starts_with("ReceiveRequestVote");
            assert!(known, "{name}");
            let (term, nid) =
                (event["state"]["term"].as_u64().unwrap(), event["nid"].as_str().unwrap());
            let before = terms.insert(nid.to_owned(), term).unwrap_or_default();
            let forgets = name == "InitState" && scene.starts_with("flaws");
            assert!(term >= before || forgets, "{line}");
            assert!(event["state"]["commit"].as_u64() <= event["log"].as_u64(), "{line}");
            if name == "ApplyConfChange" {
                begun.insert(nid.to_owned());
            }
            match name {
                _ if name.starts_with("Send") => sent.push(event["msg"].clone()),
                _ if name.starts_with("Receive") => {
                    assert!(sent.contains(&event["msg"]), "{line} was never sent");
                }
                _ => {}
            }
        }
        assert!((3..=5).contains(&begun.len()), "{scene}: {begun:?}");
    }
}

/// A specification refuses what a server says of itself, so one that has lost an entry has to speak once more.
#[test]
fn an_etcd_trace_tells_what_comes_of_a_broken_rule() {
    for scene in ["forget_log", "truncate_always", "blind_first_append"] {
        let text = trace(&format!("flaws/{scene}.lab"), "etcd");
        // S2 has a shorter log than it had.
        let logs = lines(&text).filter(|line| line["event"]["nid"] == "2");
        let logs: Vec<u64> = logs.filter_map(|line| line["event"]["log"].as_u64()).collect();
        assert!(logs.windows(2).any(|pair| pair[1] < pair[0]), "{scene}: {logs:?}");
        let end = lines(&text).last().and_then(|line| line["ts"].as_f64()).unwrap();
        let own = trace(&format!("flaws/{scene}.lab"), "lines");
        let broken = lines(&own).last().and_then(|line| line["time"].as_u64()).unwrap();
        let after = end - broken as f64 / 1e6;
        assert!((0.8..1.2).contains(&after), "{scene}: {after} s after the broken rule");
    }
}

#[test]
fn what_can_t_be_traced_is_refused() {
    for arguments in [
        &["trace", "absent.lab"][..],
        &["trace", SCENES[0], "--format", "dot"],
        &["trace", "flaws/learner_votes.lab", "--format", "etcd"],
        &["trace", "flaws/change_before_commit.lab", "--format", "etcd"],
        &["trace", SCENES[0], "--out", "/absent/x"],
    ] {
        let (status, told, why) = raftlab(arguments);
        // Not even a part of it is told, to whatever it goes.
        assert_eq!((status, &*told), (Some(2), ""), "{arguments:?}: {why}");
    }
}
