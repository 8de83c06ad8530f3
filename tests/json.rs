//! What is written as JSON is what `docs/json.md` says, field by field.

#[path = "support/check.rs"]
#[allow(dead_code, reason = "not every test file asks everything")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use support::{err, out, raftlab, small, status, written};

type Names = BTreeSet<String>;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The words in backquotes of a cell.
fn quoted(cell: &str) -> Names {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of a table of the page: the words of the first cell, and those of the second.
fn table(mark: &str) -> Vec<(Names, Names)> {
    let page = std::fs::read_to_string(repository().join("docs/json.md")).unwrap();
    let begin = format!("<!-- {mark} -->\n");
    let (_, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no table {mark}"));
    let (table, _) = rest.split_once("<!-- end -->").expect("its end");
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        (quoted(cells[1]), quoted(cells[2]))
    });
    rows.collect()
}

fn fields(mark: &str) -> Names {
    table(mark).into_iter().flat_map(|(names, _)| names).collect()
}

fn keys(value: &Value) -> Names {
    value.as_object().unwrap_or_else(|| panic!("{value}")).keys().cloned().collect()
}

fn objects(arguments: &[&str]) -> Vec<Value> {
    let output = raftlab(arguments);
    assert_ne!(status(&output), 101, "{}", err(&output));
    out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All fields that are seen are told, and all that are told are seen.
fn agree(mark: &str, seen: &Names) {
    assert_eq!(*seen, fields(mark), "docs/json.md, the table {mark}");
}

#[test]
fn what_is_wrong_with_scripts_has_the_fields_of_the_page() {
    let (_folder, bad) = written("cluster servers=3\ncrahs S1\nuntil\n");
    let mistakes = objects(&["run", "--json", &bad, "no-such-file.lab"]);
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");
    for mistake in &mistakes {
        agree("mistake", &keys(mistake));
    }
    let first = &mistakes[0];
    assert_eq!((&first["line"], &first["column"]), (&2.into(), &1.into()));
    assert_eq!(first["help"], "did you mean `crash`?");
    assert!(first["file"] == bad.as_str() && first["message"].is_string());
    assert!(mistakes[2]["line"].is_null(), "a file that is not there has no line");
}

#[test]
fn a_run_has_the_fields_of_the_page() {
    let scripts = [
        "cluster servers=3\nset x 1\n",
        "cluster servers=3\nset x 1\ncrash S2\nwipe S2\nrestart S2\nrun 10ms\n",
        "expects remark\nexpect term = 99\n",
        "expect term = 99\n",
        "cluster servers=3\nchallenge mine commands=1 allow=crash\nturn\njudge\n",
        "cluster servers=3\nrecording form=1 engine=1\nreached 1s\n",
        "cluster servers=3 seed=7\nflaw local-get on\ntimeout S1\nuntil S1 is leader\nput x 1 @0\n\
         partition S1 c | S2 S3 a\ntimeout S2\nuntil S2 is leader\nput x 2 @1\nget x client=c\n",
    ];
    let mut seen = Names::new();
    for script in scripts {
        let (_folder, path) = written(script);
        seen.extend(objects(&["run", "--json", &path]).iter().flat_map(keys));
    }
    let scene = repository().join("scripts/flaws/vote_twice.lab");
    seen.extend(objects(&["run", "--json", scene.to_str().unwrap()]).iter().flat_map(keys));
    let grows = "cluster servers=3\nuntil leader\nload rate=10000/s value=4000\nrun 10h\n";
    let (_folder, path) = written(grows);
    seen.extend(objects(&["run", "--json", "--memory", "20MB", &path]).iter().flat_map(keys));
    // A guest that ends by itself.
    let module = repository().join("tests/guests/rogue_guest.wasm");
    let (_folder, path) = written("get a only=S1 nowait\nrun 300ms\n");
    let arguments = ["run", "--json", "--raft", module.to_str().unwrap(), &path];
    seen.extend(objects(&arguments).iter().flat_map(keys));
    // No run differs from itself: that field can't be seen.
    seen.insert("again".to_owned());
    agree("run", &seen);
}

#[test]
fn a_check_has_the_fields_of_the_page() {
    let (_folder, failed) = written(
        "{:process 0 :type :invoke :f :cas :value [1 2]}\n\
         {:process 0 :type :fail :f :cas :value [1 2]}\n",
    );
    let files = [&*small("register-stale.edn"), &small("register-ok.edn"), &failed, "absent"];
    let arguments: Vec<&str> = ["check", "--json"].into_iter().chain(files).collect();
    let objects = objects(&arguments);
    agree("check", &objects.iter().flat_map(keys).collect());
    let operation = keys(&objects[0]["wrong"]);
    agree("operation", &operation);
    for list in ["longest", "clashing"] {
        assert_eq!(keys(&objects[0][list][0]), operation, "{list}");
    }
}

#[test]
fn a_hunt_has_the_fields_of_the_page() {
    let hunt = ["hunt", "--json", "--flaw", "vote-twice", "--seeds", "1..30"];
    let result = &objects(&hunt)[0];
    agree("hunt", &keys(result));
    agree("found", &keys(&result["found"][0]));
    let rows = table("hunt");
    let told = |field: &str| {
        let row = rows.iter().find(|(names, _)| names.contains(field));
        row.unwrap_or_else(|| panic!("no row {field}")).1.clone()
    };
    assert_eq!(told("hunt"), keys(&result["hunt"]));
    let mut unfinished = told("unfinished");
    assert_eq!(unfinished.len(), 4, "{unfinished:?}");
    unfinished.retain(|name| !keys(&result["unfinished"][0]).contains(name));
    assert!(unfinished.is_empty(), "{unfinished:?}");
}

/// Every event of every script of the repository.
#[test]
fn a_trace_has_the_events_of_the_page() {
    let rows = table("events");
    let one = |names: &Names| names.first().expect("a name").clone();
    let told: BTreeMap<String, Names> =
        rows.iter().map(|(event, fields)| (one(event), fields.clone())).collect();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace.jsonl");
    let (mut seen, mut flawed) = (Names::new(), 0);
    let mut scripts: Vec<PathBuf> = Vec::new();
    for place in ["flaws", "lessons", "raft"] {
        let entries = std::fs::read_dir(repository().join("scripts").join(place)).unwrap();
        scripts.extend(entries.map(|entry| entry.unwrap().path()));
    }
    for script in scripts {
        let output =
            raftlab(&["run", script.to_str().unwrap(), "--trace", trace.to_str().unwrap()]);
        assert_eq!(status(&output), 0, "{}: {}", script.display(), err(&output));
        for line in std::fs::read_to_string(&trace).unwrap().lines().skip(1) {
            let event: Value = serde_json::from_str(line).unwrap();
            let name = event["event"].as_str().unwrap_or_else(|| panic!("{line}"));
            let fields = told.get(name).unwrap_or_else(|| panic!("docs/json.md has no {name}"));
            let mut all = fields.clone();
            all.extend(["time", "cause", "event"].map(str::to_owned));
            let mut own = keys(&event);
            if own.remove("flaws") {
                assert!(event["flaws"][0].is_string(), "{line}");
                flawed += 1;
            }
            own.remove("entries");
            if own.remove("next") {
                assert!(event["next"].is_array() || fields.contains("next"), "{line}");
                own.extend(fields.contains("next").then(|| "next".to_owned()));
            }
            if own.remove("state") {
                let state = ["role", "term", "vote", "commit", "last", "last_term"];
                assert_eq!(keys(&event["state"]), state.map(str::to_owned).into(), "{line}");
            }
            if own.remove("forgets") {
                assert!(name == "synced" && event["forgets"][0].is_string(), "{line}");
            }
            if own.remove("unknown") {
                assert!(name == "returned" && event["unknown"] == true, "{line}");
            }
            assert_eq!(own, all, "docs/json.md, the event {name}");
            let cause = keys(&event["cause"]);
            assert!(cause.contains("by") && cause.len() <= 2, "{line}");
            seen.insert(name.to_owned());
        }
    }
    assert!(seen.len() > 40 && flawed > 20, "{flawed} {seen:?}");
}
