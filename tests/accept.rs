//! `raftlab accept`, which judges a guest by rule, and every other command with a Raft of one's own, as
//! one types it.
#![cfg(feature = "guests")]

use raftlab::app::address::Scene;

fn raftlab(arguments: &[&str]) -> (i32, String, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_raftlab"));
    let output = program.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.expect("the program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A run that fails says which servers had ended by themselves, and why, in words and as JSON.
#[test]
fn a_failed_run_says_who_ended_on_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("up.lab");
    std::fs::write(&path, "get a only=S1 nowait\nrun 300ms\nexpect S1 is up\n").expect("a file");
    let path = path.to_str().expect("UTF-8");
    let run = ["run", path, "--raft", "tests/guests/rogue_guest.wasm"];
    let ended = "S1 ended on its own: ran 200,000,000 steps in on_propose: an endless loop?";
    let (status, told, _) = raftlab(&run);
    assert_eq!((status, told.matches(ended).count()), (1, 1), "{told}");
    let (_, told, _) = raftlab(&[&run[..], &["--json"]].concat());
    assert!(told.contains(&format!("\"ended\":[\"{ended}\"]")), "{told}");
}

/// A service of the guest's own is judged by what its clients are told, whatever it does within.
#[test]
fn a_service_of_its_own_is_judged_by_its_answers() {
    for bug in ["local_get", "replies_early"] {
        let module = format!("tests/guests/bug_{bug}.wasm");
        let hunt = ["accept", &module, "--json", "--seeds", "20", "--folder", "flaws"];
        let (status, out, errors) = raftlab(&hunt);
        assert_eq!(status, 1, "{bug}: {errors}");
        let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let rules = report["rules"].as_array().expect("rules");
        let broken: Vec<&str> = rules
            .iter()
            .filter(|rule| rule["verdict"] == "broken")
            .filter_map(|rule| rule["rule"].as_str())
            .collect();
        assert!(broken.contains(&"linearizability"), "{bug}: {broken:?}");
    }
}

/// Each of the variants with a bug is named by a rule, in a script of ten commands at most that breaks
/// it again; and the ones without are not accused of any.
#[test]
fn accept_names_the_rule_that_a_bug_breaks() {
    let six = [
        ("votes_for_old_logs", &["leader-completeness"][..]),
        ("forgets_vote", &["one-vote"]),
        ("commits_old_terms", &["leader-completeness"]),
        ("keeps_conflicts", &["log-matching", "state-machine-safety"]),
        ("ignores_previous_term", &["log-matching", "state-machine-safety"]),
        ("commits_unmatched", &["state-machine-safety"]),
    ];
    let in_both = six.into_iter().flat_map(|(bug, rules)| {
        ["", "_rust"].map(|language| (format!("{bug}{language}"), rules, "flaws"))
    });
    // A vote that is answered before it is on disk.
    let late = ("saves_vote_late".to_owned(), &["one-vote"][..], "raft");
    for (bug, rules, folder) in in_both.chain([late]) {
        let module = format!("tests/guests/bug_{bug}.wasm");
        let (status, out, errors) =
            raftlab(&["accept", &module, "--json", "--seeds", "0", "--folder", folder]);
        assert_eq!(status, 1, "{bug}: {errors}");
        let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(report["verdict"], "rejected");
        let all = report["rules"].as_array().expect("rules");
        let broken = all.iter().filter(|rule| rule["verdict"] == "broken");
        let named: Vec<&serde_json::Value> =
            broken.filter(|rule| rules.contains(&rule["rule"].as_str().expect("a name"))).collect();
        assert!(!named.is_empty(), "{bug}: {out}");
        let short = |rule: &&&serde_json::Value| {
            rule["broken"]["commands"].as_u64().is_some_and(|it| it <= 10)
        };
        let rule = named.iter().find(short).unwrap_or_else(|| panic!("{bug}: {named:?}"));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("found.lab");
        std::fs::write(&file, rule["broken"]["script"].as_str().expect("a script"))
            .expect("a file");
        let (status, out, errors) = raftlab(&["run", file.to_str().expect("a name")]);
        assert_eq!(status, 1, "{bug}: {out}{errors}");
        assert!(out.contains(rule["rule"].as_str().expect("a name")), "{bug}: {out}");
    }
}

/// What keeps something good from happening is named by the bait for it, at the line that decides it,
/// with the section where the rule stands; a module that only comes there by another way is not accused.
#[test]
fn accept_names_the_bait_at_which_nothing_goes_on() {
    for (bug, flaw, section) in [
        ("resets_on_any_rpc", "reset-on-any-rpc", "Figure 2, Followers"),
        ("candidate_keeps_standing", "candidate-keeps-standing", "§5.2"),
        ("refuses_repeated_vote", "refuse-repeated-vote", "Figure 2, RequestVote 2"),
        ("match_goes_back", "match-goes-back", "Figure 2, Leaders"),
    ] {
        let module = format!("tests/guests/bug_{bug}.wasm");
        let (status, out, errors) =
            raftlab(&["accept", &module, "--json", "--seeds", "0", "--folder", "flaws"]);
        assert_eq!(status, 1, "{bug}: {errors}");
        let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let scenes = report["scenes"].as_array().expect("scenes");
        let failed: Vec<_> = scenes.iter().filter(|it| it["verdict"] == "failed").collect();
        assert_eq!(failed.len(), 1, "{bug}: {failed:#?}");
        assert_eq!(failed[0]["script"], format!("flaws/{}.lab", flaw.replace('-', "_")));
        assert_eq!(failed[0]["like"]["flaw"], flaw);
        assert!(failed[0]["like"]["section"].as_str().expect("words").contains(section), "{out}");
    }
    // A refinement that the paper leaves open is no rule; nor is a start that was not reached.
    let echo =
        ["accept", "tests/guests/echo_c.wasm", "--json", "--seeds", "0", "--folder", "flaws"];
    let report: serde_json::Value = serde_json::from_str(&raftlab(&echo).1).expect("JSON");
    let scenes = report["scenes"].as_array().expect("scenes");
    let failed = scenes.iter().filter(|it| it["verdict"] == "failed");
    let names: Vec<&str> = failed.filter_map(|it| it["script"].as_str()).collect();
    let never = ["refuse_equal_logs", "refuse_repeated_vote", "reset_on_any_rpc"];
    assert_eq!(names, never.map(|name| format!("flaws/{name}.lab")), "it never elects anybody");
}

/// Every number means what it says: the parts add up, and of a rule nothing is kept where runs ended at
/// another one.
#[test]
fn the_numbers_of_a_report_add_up() {
    let parts = |name| -> Vec<String> {
        let module = format!("tests/guests/{name}.wasm");
        let more = ["--seeds", "6", "--folder", "flaws", "--folder", "raft"];
        [&["accept", &module][..], &more].concat().iter().map(|it| it.to_string()).collect()
    };
    for name in ["bug_forgets_vote", "raft_c"] {
        let arguments = parts(name);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (_, text, errors) = raftlab(&arguments);
        assert_eq!(errors, "", "no progress where there is no terminal");
        for what in [" scripts: ", " seeds: "] {
            let line = text.lines().find(|line| line.contains(what)).expect("a sum");
            let (all, parts) = line.split_once(what).expect("a sum");
            let first = |part: &str| part.split(' ').next().expect("a word").parse::<u64>();
            let sum: u64 = parts.split("; ").map(|part| first(part).expect("a number")).sum();
            assert_eq!(all.parse(), Ok(sum), "{line}");
        }
        let json = raftlab(&[&arguments[..], &["--json"]].concat()).1;
        let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let count = |value: &serde_json::Value| value.as_u64().expect("a number");
        let hunt = &report["hunt"];
        let sum: u64 =
            ["well", "broken", "failed", "unfinished"].map(|it| count(&hunt[it])).iter().sum();
        assert_eq!((count(&hunt["seeds"]), sum), (6, 6));
        let scenes = report["scenes"].as_array().expect("scenes");
        let broken = scenes.iter().filter(|scene| scene["verdict"] == "broken").count() as u64;
        let ended = broken + count(&hunt["broken"]);
        assert_eq!(ended > 0, name == "bug_forgets_vote");
        let rules = report["rules"].as_array().expect("rules");
        for rule in rules.iter().filter(|rule| rule["verdict"] != "broken") {
            assert_eq!(count(&rule["cut_short"]), ended, "{rule}");
            assert_eq!(rule["verdict"] == "open", ended > 0, "{rule}");
        }
        for scene in scenes {
            let why = scene["why"].as_str().unwrap_or_default();
            let is_own = why.contains("the lab's own");
            assert!(!is_own || scene["verdict"] == "not_applicable", "{scene}");
        }
        let (_, quiet, _) = raftlab(&[&arguments[..], &["--quiet"]].concat());
        assert!(!quiet.contains("scripts: ") && quiet.len() < text.len());
        assert_eq!(quiet.contains("BROKEN   one-vote"), ended > 0);
    }
}

/// Ctrl-C brings the report of what is known by then.
#[cfg(unix)]
#[test]
fn accept_that_is_stopped_says_what_it_has_found() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_raftlab"));
    program.args(["accept", "tests/guests/raft_rs.wasm", "--json"]);
    program.current_dir(env!("CARGO_MANIFEST_DIR")).stdout(std::process::Stdio::piped());
    let child = program.spawn().expect("the program");
    std::thread::sleep(std::time::Duration::from_secs(3));
    let id = child.id().to_string();
    let begun = std::time::Instant::now();
    std::process::Command::new("kill").args(["-INT", &id]).status().expect("a signal");
    let output = child.wait_with_output().expect("its end");
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["stopped"], "it was stopped");
    assert_eq!(report["verdict"], "undecided");
}

/// Of a guest a hunt counts the places that its disk, its packets and its reports tell of, each of which is
/// reached; the others are left out, with a line that says so. Shares of hunts in two modules are two hunts.
#[test]
fn a_hunt_in_a_guest_counts_what_guests_tell_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (name, untold) in [
        ("raft_c", "Left out are 6 places of which only the lab's own Raft tells."),
        ("service_c", "Left out are 12 places of which only the lab's own Raft and service tell."),
    ] {
        let module = format!("tests/guests/{name}.wasm");
        let hunt = ["hunt", "--raft", &module, "--seeds", "1..601"];
        let (status, told, errors) = raftlab(&hunt);
        assert_eq!(status, 0, "{name}: {told}{errors}");
        assert!(told.contains("Nothing found.") && !told.contains("not reached"), "{name}: {told}");
        assert!(told.lines().any(|line| line == untold), "{name}: {told}");
        let is_none = |line: &&str| line.trim_start().starts_with("0 ");
        assert_eq!(told.lines().find(is_none), None, "{name}");
        let (first, second) = (at(&format!("{name}.1")), at(&format!("{name}.2")));
        for (share, path) in [("1/2", &first), ("2/2", &second)] {
            let share = ["hunt", "--raft", &module, "--seeds", "1..5", "--shard", share, "--json"];
            std::fs::write(path, raftlab(&share).1).expect("a file");
        }
        let (status, told, errors) = raftlab(&["hunt", "--merge", &first, "--merge", &second]);
        assert_eq!(status, 0, "{told}{errors}");
        assert!(told.contains(untold), "{told}");
    }
    let (first, other) = (at("raft_c.1"), at("service_c.2"));
    let (status, _, errors) = raftlab(&["hunt", "--merge", &first, "--merge", &other]);
    assert_eq!(status, 2);
    assert!(errors.contains("is of another hunt than"), "{errors}");
}

/// What a hunt writes names the module from where the script lies: both may move.
#[test]
fn a_script_that_was_found_moves_with_its_module() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    std::fs::create_dir_all(old.join("found")).expect("a folder");
    std::fs::copy("tests/guests/bug_forgets_vote.wasm", old.join("my raft.wasm")).expect("a copy");
    let at = |path: std::path::PathBuf| path.display().to_string();
    let (module, out) = (at(old.join("my raft.wasm")), at(old.join("found/one.lab")));
    let (status, said, errors) =
        raftlab(&["hunt", "--raft", &module, "--seeds", "1..200", "--out", &out]);
    assert_eq!(status, 1, "{said}{errors}");
    let script = std::fs::read_to_string(&out).expect("a script");
    assert!(script.contains("raft=\"../my raft.wasm\""), "{script}");
    std::fs::rename(&old, &new).expect("a move");
    assert_eq!(raftlab(&["run", &at(new.join("found/one.lab"))]).0, 1);
    assert!(std::fs::rename(new.join("my raft.wasm"), new.join("gone.wasm")).is_ok());
    assert_eq!(raftlab(&["run", &at(new.join("found/one.lab"))]).0, 2);
}

/// The whole of it takes longer than a test may: parts of it, none of which is a pass.
#[test]
fn accept_accuses_no_raft_that_keeps_the_rules() {
    // The crate sends other messages than the scenes ask for: fewer of them are played to their end.
    for (name, baits) in [("raft_c", 6), ("raft_rust", 6), ("raft_threads", 6), ("raft_rs", 4)] {
        let module = &format!("tests/guests/{name}.wasm");
        let parts = ["accept", module, "--json", "--seeds", "10", "--folder", "flaws"];
        let (status, out, errors) = raftlab(&parts);
        let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(status, 3, "{module}: {errors}{report:#}");
        assert_eq!(report["verdict"], "undecided");
        let rules = report["rules"].as_array().expect("rules");
        assert!(rules.iter().all(|rule| rule["verdict"] != "broken"), "{report:#}");
        assert!(
            rules.iter().filter(|rule| rule["verdict"] == "kept").count() >= baits,
            "{report:#}"
        );
        if name == "raft_c" {
            assert_eq!(out, raftlab(&parts).1, "the same report every time");
        }
    }
    // A service of its own: what clients are told is judged, and that a client is served. Scenes whose
    // servers begin with entries of the lab's service say nothing of it.
    let folders = ["handout", "raft", "etcd", "flaws"].map(|name| ["--folder", name]);
    let parts = ["accept", "tests/guests/service_c.wasm", "--seeds", "10"];
    let service = [&parts[..], folders.as_flattened()].concat();
    let (status, out, _) = raftlab(&service);
    assert_eq!(status, 3, "{out}");
    // The echo elects nobody: the tests of the course fail, and no rule is broken.
    let echo = ["accept", "tests/guests/echo_c.wasm", "--seeds", "0", "--folder", "handout"];
    let (status, out, _) = raftlab(&echo);
    assert_eq!(status, 1);
    assert!(out.contains("FAILED   handout/basic_kvraft.lab") && !out.contains("BROKEN"), "{out}");
}

/// Whatever plays or shows a script does so with another Raft, too, as the head of the script would have it.
#[test]
fn a_raft_of_ones_own_goes_wherever_a_script_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let read = |name: &str| std::fs::read_to_string(at(name)).unwrap_or_default();
    let raft = format!("{}/tests/guests/raft_c.wasm", env!("CARGO_MANIFEST_DIR"));
    let scene = "handout/basic_kvraft.lab";
    std::fs::copy(&raft, at("my raft.wasm")).expect("a copy");
    let (mine, other) = (at("my raft.wasm"), ["--raft", &raft]);
    let well = |arguments: &[&str]| {
        let (status, out, errors) = raftlab(arguments);
        assert_eq!(status, 0, "{arguments:?}: {out}{errors}");
        out
    };

    let trace = well(&["trace", scene, other[0], other[1]]);
    let own = well(&["trace", scene]);
    assert!(trace.contains("commit_reported") && !own.contains("commit_reported"), "{trace}");
    let pictures = [("other.svg", &other[..]), ("own.svg", &[])].map(|(name, more)| {
        let out = at(name);
        well(&[&["picture", "--at", "2s", "--out", &out], more].concat());
        well(&[&["picture", scene, "--out", &out, "--force"], more].concat());
        read(name)
    });
    assert!(pictures[0].contains("<svg") && pictures[0] != pictures[1]);
    let lesson = "lessons/01_same_log_same_map.lab";
    let casts = [("other.cast", &other[..]), ("own.cast", &[])].map(|(name, more)| {
        well(&[&["cast", lesson, "--out", &at(name)], more].concat());
        read(name)
    });
    assert!(casts[0].len() > 10_000 && casts[0] != casts[1]);
    well(&["worksheet", "1", "--raft", &mine, "--out", &at("sheet.html")]);
    let again = format!("raftlab {lesson} --raft '{mine}' --start-at");
    assert!(read("sheet.html").contains(&again), "{again}");
    // What travels names the module by its file.
    let told = well(&["share", scene, "--base", "http://x/", "--raft", &mine]);
    let (_, link) = told.rsplit_once('#').expect("a link");
    let (shared, _) = Scene::of_link(link.trim()).expect("a scene");
    assert!(shared.text.contains(r#"raft="my raft.wasm""#), "{}", shared.text);
    let away = at("");
    assert!(!shared.text.contains(away.trim_end_matches('/')), "{}", shared.text);

    let way = ["find", "S1 is leader and S1 term = 2 and S2 log = 1", "--seeds", "1..2", "--out"];
    well(&[&way[..], &[&at("way.lab"), "--raft", &mine]].concat());
    let script = read("way.lab");
    assert!(script.contains("raft=") && script.contains("by-hand on"), "{script}");
    let words: Vec<&str> = script.split_whitespace().filter(|word| *word != "#").collect();
    assert!(words.join(" ").contains(&format!("--seeds 1..2 --raft '{mine}'")), "{script}");
    assert!(well(&["run", &at("way.lab")]).contains("1 passed"));
    // Of a Raft of one's own nothing is forbidden.
    let bug = "tests/guests/bug_forgets_vote.wasm";
    let broken = ["find", "broken one-vote", "--raft", bug, "--out", &at("broken.lab")];
    well(&broken);
    assert_eq!(raftlab(&["run", &at("broken.lab")]).0, 1);
    for (arguments, words) in [
        (
            &["find", "2 of all are leader", "--raft", bug, "--flaw", "forget-vote"][..],
            "cannot be used",
        ),
        (&["find", "2 of all are leader", "--raft", bug, "--option", "noop"], "cannot be used"),
        (&["trace", scene, "--raft", "/nowhere.wasm"], "there is no such file"),
        (&["cast", "flaws/forget_vote.lab", "--out", "x", "--raft", bug], "a guest brings its own"),
    ] {
        let (status, _, errors) = raftlab(arguments);
        assert_eq!(status, 2, "{arguments:?}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

/// The report as a page: of what a guest is called and says, nothing becomes markup. And a report that
/// had no time has passed nothing.
#[test]
fn accept_writes_a_page_and_passes_nothing_that_it_did_not_play() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (module, page) = (at("<b>&my raft.wasm"), at("report.html"));
    std::fs::copy("tests/guests/bug_commits_old_terms.wasm", &module).expect("a copy");
    let parts = ["accept", &module, "--html", &page, "--seeds", "0", "--folder", "flaws"];
    let (status, out, errors) = raftlab(&parts);
    assert_eq!(status, 1, "{errors}");
    assert!(out.contains("§5.4.2, Figure 8: only entries of the leader's own term"), "{out}");
    let html = std::fs::read_to_string(&page).expect("a page");
    for words in [
        "<h1 class=\"rejected\">rejected</h1>",
        "<b>broken</b> leader-completeness",
        "§5.4.2, Figure 8: only entries of the leader",
        "the smallest script, 2 commands",
        "timeout S1",
        "&lt;b&gt;&amp;my raft.wasm",
    ] {
        assert!(html.contains(words), "no {words:?} in {html}");
    }
    assert!(!html.contains("<b>&my") && !html.contains("<script") && !html.contains("http://"));

    let parts = ["accept", "tests/guests/raft_rs.wasm", "--json", "--time", "1s"];
    let begun = std::time::Instant::now();
    let (status, out, errors) = raftlab(&parts);
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    assert_eq!(status, 3, "{errors}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["verdict"], "undecided");
    let scenes = report["scenes"].as_array().expect("scenes");
    assert!(scenes.iter().any(|scene| scene["why"] == "the time was over"), "{out}");
    let nowhere = ["accept", "tests/guests/raft_c.wasm", "--html", "/nowhere/report.html"];
    let (status, _, errors) = raftlab(&nowhere);
    assert_eq!(status, 2);
    assert!(errors.contains("can't write /nowhere/report.html"), "{errors}");
}

/// The crate `raft`, built as the guide says. Downloads it, and takes minutes:
/// `cargo test --test accept -- --ignored --nocapture the_crate_raft`.
#[test]
#[ignore = "downloads and builds the crate raft"]
fn the_crate_raft_is_a_guest() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().display().to_string();
    let (status, _, errors) = raftlab(&["guest", "new", "--raft-rs", &at]);
    assert_eq!(status, 0, "{errors}");
    let build = |cargo: &str, more: &[&str], set: &[(&str, &str)]| {
        let mut build = std::process::Command::new(cargo);
        build.current_dir(&at).args(["build", "--release", "--target", "wasm32-unknown-unknown"]);
        build.args(more).envs(set.iter().copied());
        build.output().is_ok_and(|output| output.status.success())
    };
    let debian = [("RUSTC_BOOTSTRAP", "1"), ("RUSTC", "/usr/bin/rustc")];
    let std = ["-Z", "build-std=std,panic_abort"];
    if !build("cargo", &[], &[]) && !build("/usr/bin/cargo", &std, &debian) {
        println!(
            "skipped: it can't be built here: rustup target add wasm32-unknown-unknown, and protoc"
        );
        return;
    }
    let module = format!("{at}/target/wasm32-unknown-unknown/release/my_raft.wasm");
    let (status, out, errors) =
        raftlab(&["accept", &module, "--folder", "handout", "--seeds", "20"]);
    assert_eq!(status, 3, "{out}{errors}");
    assert!(!out.contains("BROKEN") && !out.contains("FAILED"), "{out}");
}

/// A Raft in Go, built as the guide says, with its collector at work:
/// `cargo test --test accept -- --ignored --nocapture a_raft_in_go`.
#[test]
#[ignore = "needs Go, and takes minutes"]
fn a_raft_in_go_is_a_guest() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().display().to_string();
    let (status, _, errors) = raftlab(&["guest", "new", "--go", &at]);
    assert_eq!(status, 0, "{errors}");
    let built = std::process::Command::new("sh").arg(format!("{at}/build.sh")).output();
    if !built.is_ok_and(|built| built.status.success()) {
        println!("skipped: it can't be built here: Go 1.24 or newer");
        return;
    }
    let module = format!("{at}/raft.wasm");
    for scene in ["basic_kvraft", "persist_partition_by_groups"] {
        let script = format!("scripts/handout/{scene}.lab");
        let (status, out, errors) =
            raftlab(&["run", &script, "--raft", &module, "--check-determinism"]);
        assert_eq!(status, 0, "{out}{errors}");
    }
    let parts = ["accept", &module, "--folder", "flaws", "--seeds", "10"];
    let (status, out, errors) = raftlab(&parts);
    assert_eq!(status, 3, "{out}{errors}");
    assert!(!out.contains("BROKEN") && !out.contains("FAILED"), "{out}");
}

/// From nothing to a module of one's own, as far as that goes without a compiler; and every mistake is
/// told with words and status 2.
#[test]
fn the_command_line_knows_guests() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (language, file) in [
        ("--c", "raft.c"),
        ("--rust", "src/lib.rs"),
        ("--c-threads", "raft.c"),
        ("--raft-rs", "src/lib.rs"),
        ("--go", "raft.go"),
    ] {
        let to = at(language);
        let (status, out, errors) = raftlab(&["guest", "new", language, &to]);
        assert_eq!(status, 0, "{errors}");
        assert!(out.contains(file) && out.contains("raftlab --raft"), "{out}");
        assert!(std::path::Path::new(&to).join(file).exists());
        let (status, _, errors) = raftlab(&["guest", "new", language, &to]);
        assert_eq!(status, 2);
        assert!(errors.contains("is there already"), "{errors}");
    }
    std::fs::write(at("no.wasm"), "no module").expect("a file");
    std::fs::write(at("a.lab"), "cluster servers=3 raft=no.wasm\nrun 1s\n").expect("a file");
    std::fs::write(at("b.lab"), "cluster servers=3 raft=gone.wasm\nrun 1s\n").expect("a file");
    let raft = format!("{}/tests/guests/raft_c.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(&raft, at("my.wasm")).expect("a copy");
    std::fs::write(at("c.lab"), "cluster servers=3 raft=my.wasm raft-hash=0x1\nrun 1s\n")
        .expect("a file");
    std::fs::write(at("d.lab"), "cluster servers=3 raft=my.wasm heartbeat=5ms\nrun 1s\n")
        .expect("a file");
    std::fs::write(
        at("e.lab"),
        "cluster servers=3 raft=my.wasm\nuntil leader\nflaw forget-vote on\n",
    )
    .expect("a file");
    std::fs::write(at("f.lab"), "cluster servers=3 raft=my.wasm raft-params=x\nrun 1s\n")
        .expect("a file");
    std::fs::write(
        at("good.lab"),
        "cluster servers=3 raft=my.wasm\nuntil leader\nset x 1\nexpect safe\n",
    )
    .expect("a file");
    for (arguments, status, words) in [
        (
            &["run", "--raft", "/nowhere.wasm", "scripts/handout/basic_kvraft.lab"][..],
            2,
            "there is no such file",
        ),
        (&["run", &at("a.lab")], 2, "a.lab, line 1: raft=no.wasm: it is not a WebAssembly module"),
        (&["run", &at("b.lab")], 2, "b.lab, line 1: raft=gone.wasm: there is no such file"),
        (&["run", &at("c.lab")], 2, "it has changed"),
        (&["run", &at("d.lab")], 2, "`heartbeat=` is for the lab's own Raft"),
        (&["run", &at("e.lab")], 1, "a flaw of the lab's own Raft"),
        (&["run", "--raft", &raft, "scripts/flaws/forget_vote.lab"], 2, "a guest brings its own"),
        (&["hunt", "--raft", &raft, "--flaw", "forget-vote"], 2, "cannot be used with"),
        (
            &[
                "run",
                "--raft",
                "tests/guests/service_c.wasm",
                "scripts/raft/figure_8_new_entry_keeps_the_old.lab",
            ],
            2,
            "servers begin with entries (`given`)",
        ),
        (&["run", "--raft-params", "x"], 2, "--raft <FILE>"),
        (
            &["run", "--raft", &raft, "--raft-params", "a\nb", "handout"],
            2,
            "a line of 1000 bytes at most",
        ),
        (
            &["run", "--raft", &raft, "--raft-params", "x", "handout"],
            2,
            "it takes no parameters: it does not import raftlab.params",
        ),
        (&["accept", &raft, "--raft-params", "x"], 2, "it takes no parameters"),
        (&["run", &at("f.lab")], 2, "f.lab, line 1: raft=my.wasm: it takes no parameters"),
        (&["accept", &at("no.wasm")], 2, "it is not a WebAssembly module"),
        (&["run", &at("good.lab"), "--check-determinism"], 0, "1 passed"),
        (&["run", "--raft", &raft, "scripts/handout/basic_kvraft.lab"], 0, "1 passed"),
        (&["docs", "guest"], 0, "# Your own Raft in the lab"),
    ] {
        let (code, out, errors) = raftlab(arguments);
        assert_eq!(code, status, "{arguments:?}: {out}{errors}");
        assert!(out.contains(words) || errors.contains(words), "{arguments:?}: {out}{errors}");
    }
}

/// What is void is neither kept nor broken.
#[test]
fn accept_says_of_a_lost_disk_that_nothing_was_tested() {
    let part = ["accept", "tests/guests/raft_c.wasm", "--json", "--seeds", "0", "--folder", "raft"];
    let (status, out, errors) = raftlab(&part);
    assert_eq!(status, 3, "{errors}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let wiped = "raft/wiped_disk_can_lose_what_was_confirmed.lab";
    let mut scenes = report["scenes"].as_array().expect("scenes").iter();
    let scene = scenes.find(|scene| scene["script"] == wiped).expect("the scene");
    assert_eq!(scene["verdict"], "not_tested");
    assert_eq!(scene["why"], "Raft promises nothing here: S2 lost its disk");
}
