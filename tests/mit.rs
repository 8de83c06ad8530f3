//! The tests of MIT 6.5840's labs as scenes: each has its script under its name, each script
//! passes with many seeds, and `docs/testing.md` says which planted flaws they notice.

#[path = "support/caught.rs"]
mod caught;
#[path = "support/pass.rs"]
mod pass;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/tables.rs"]
mod tables;

use raftlab::cluster::command::Script;
use raftlab::cluster::flaw::FLAWS;

use caught::{Test, caught_by_each, count, rows_of, still_catch, table, ten_tests};
use pass::pass;
use scripts::scripts_of;

/// The parts of the labs, with their tests.
const PARTS: [(&str, &[&str]); 7] = [
    ("3A", &["InitialElection", "ReElection", "ManyElections"]),
    (
        "3B",
        &[
            "BasicAgree",
            "RPCBytes",
            "FollowerFailure",
            "LeaderFailure",
            "FailAgree",
            "FailNoAgree",
            "ConcurrentStarts",
            "Rejoin",
            "Backup",
            "Count",
        ],
    ),
    (
        "3C",
        &[
            "Persist1",
            "Persist2",
            "Persist3",
            "Figure8",
            "UnreliableAgree",
            "Figure8Unreliable",
            "ReliableChurn",
            "UnreliableChurn",
        ],
    ),
    (
        "4A",
        &[
            "Basic",
            "Concurrent",
            "LeaderFailure",
            "LeaderPartition",
            "RestartReplay",
            "Shutdown",
            "RestartSubmit",
        ],
    ),
    (
        "4B",
        &[
            "Basic",
            "Speed",
            "Concurrent",
            "Unreliable",
            "OnePartition",
            "ManyPartitionsOneClient",
            "ManyPartitionsManyClients",
            "PersistOneClient",
            "PersistConcurrent",
            "PersistConcurrentUnreliable",
            "PersistPartition",
            "PersistPartitionUnreliable",
            "PersistPartitionUnreliableLinearizable",
        ],
    ),
    (
        "3D",
        &[
            "SnapshotBasic",
            "SnapshotInstall",
            "SnapshotInstallUnreliable",
            "SnapshotInstallCrash",
            "SnapshotInstallUnCrash",
            "SnapshotAllCrash",
            "SnapshotInit",
        ],
    ),
    (
        "4C",
        &[
            "SnapshotRPC",
            "SnapshotSize",
            "Speed",
            "SnapshotRecover",
            "SnapshotRecoverManyClients",
            "SnapshotUnreliable",
            "SnapshotUnreliableRecover",
            "SnapshotUnreliableRecoverConcurrentPartition",
            "SnapshotUnreliableRecoverConcurrentPartitionLinearizable",
        ],
    ),
];

/// The tests of a part, in the order of the course, with their scripts.
fn tests_of(part: &str, tests: &[&str]) -> Vec<(String, Script)> {
    let scripts = scripts_of("mit");
    let of = |test: &&str| {
        let name = format!("scripts/mit/Test{test}{part}.lab");
        let script = scripts.iter().find(|(other, _)| *other == name);
        script.unwrap_or_else(|| panic!("there is no {name}")).clone()
    };
    tests.iter().map(of).collect()
}

/// All tests, by their parts.
fn all_tests() -> Vec<Test> {
    let scripts = PARTS.iter().flat_map(|(part, tests)| tests_of(part, tests));
    let name = |file: &str| file.trim_start_matches("scripts/mit/").trim_end_matches(".lab").into();
    scripts.map(|(file, script)| Test { name: name(&file), scripts: vec![script] }).collect()
}

/// A script says of which test it is, and what that asks.
#[test]
fn every_test_is_there_and_says_what_it_asks() {
    assert_eq!(all_tests().len(), scripts_of("mit").len(), "a script of no test");
    for test in all_tests() {
        let lines: Vec<&str> = test.scripts[0].source.iter().map(|line| &**line).collect();
        assert!(lines[0].starts_with(&format!("# {} of MIT 6.5840: ", test.name)), "{}", lines[0]);
        assert!(lines.iter().any(|line| line.starts_with("# Asks: ")), "{}", test.name);
    }
}

#[test]
fn the_tests_of_raft_pass() {
    pass(
        PARTS[..3]
            .iter()
            .flat_map(|(part, tests)| tests_of(part, tests))
            .collect::<Vec<_>>()
            .iter(),
    );
}

#[test]
fn the_tests_of_the_state_machine_pass() {
    let (part, tests) = PARTS[3];
    pass(tests_of(part, tests).iter());
}

#[test]
fn the_tests_of_the_service_pass() {
    let (part, tests) = PARTS[4];
    pass(tests_of(part, tests).iter());
}

#[test]
fn the_tests_of_snapshots_pass() {
    pass(
        PARTS[5..]
            .iter()
            .flat_map(|(part, tests)| tests_of(part, tests))
            .collect::<Vec<_>>()
            .iter(),
    );
}

/// How many seeds the table in docs/testing.md is made with.
const TABLE_SEEDS: u64 = 20;

#[test]
#[ignore = "minutes; it makes the table in docs/testing.md: \
            UPDATE_DOCS=1 cargo test --release --test mit -- --ignored"]
fn the_table_of_caught_flaws_is_up_to_date() {
    let mut tests = ten_tests();
    let ten = tests.len();
    tests.extend(all_tests());
    let caught = caught_by_each(&tests, TABLE_SEEDS);
    let parts = PARTS.iter().map(|(part, tests)| (*part, tests.len()));
    let columns: Vec<_> = std::iter::once(("the ten tests", ten)).chain(parts).collect();
    let table = table(&columns, &tests, &caught);
    let of = |range: fn(&[caught::Seeds], usize) -> &[caught::Seeds]| {
        let rows: Vec<_> = caught.iter().map(|row| range(row, ten).to_vec()).collect();
        count(&rows)
    };
    let table = format!(
        "{table}\n\nCaught with {TABLE_SEEDS} seeds: by the ten tests {}, by those of 6.5840 {}, \
         together {} of {} flaws.\n",
        of(|row, ten| &row[..ten]),
        of(|row, ten| &row[ten..]),
        count(&caught),
        FLAWS.len()
    );
    let renew = "cargo test --release --test mit -- --ignored";
    tables::compare("caught by 6.5840", "tests/mit.rs", renew, &table);
}

/// What the ten tests and these are worth together.
#[test]
fn together_they_catch_nearly_every_flaw() {
    let rows = rows_of("caught by 6.5840");
    assert!(rows.len() >= 23, "{} of {} flaws are caught", rows.len(), FLAWS.len());
    let tests: Vec<_> = ten_tests().into_iter().chain(all_tests()).collect();
    still_catch(&rows, &tests, TABLE_SEEDS);
}
