//! Every script of the project passes, with many seeds: the ten tests of the course's handout, the
//! scenes from the paper, and those of etcd. The lessons are in `tests/lessons.rs`.
//!
//! What tests are worth is what they catch. The ten tests are played with each planted flaw: the
//! table in `docs/testing.md` says which of them notice.

#[path = "support/caught.rs"]
mod caught;
#[path = "support/pass.rs"]
mod pass;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/tables.rs"]
mod tables;

use raftlab::cluster::flaw::FLAWS;
use raftlab::cluster::raft::Choice;

use caught::{TEN, Test, catches, caught_by_each, count, rows_of, still_catch, table, ten_tests};
use pass::{pass, pass_few};
use scripts::scripts_of;

#[test]
fn the_tests_of_the_lock_pass() {
    pass(scripts_of("handout").iter().filter(|(name, _)| name.contains("/lock_")));
}

#[test]
fn the_other_tests_of_the_handout_pass() {
    pass(scripts_of("handout").iter().filter(|(name, _)| !name.contains("/lock_")));
}

/// What production adds to Figure 2 is in no test's way.
#[test]
fn the_tests_of_the_handout_pass_with_every_option() {
    for options in [
        "pre-vote=on",
        "check-quorum=on",
        "pre-vote=on check-quorum=on",
        "noop=on",
        "reads=index noop=on",
        "reads=lease noop=on check-quorum=on pre-vote=on",
        "membership=single",
    ] {
        let choice = |word: &str| word.parse::<Choice>().expect("an option");
        let mut scripts = scripts_of("handout");
        for (_, script) in &mut scripts {
            script.config.options = options.split(' ').map(choice).collect();
        }
        // Those of the ten; the lock is a client of the service like others.
        let ten = scripts.iter().filter(|(name, _)| TEN.iter().any(|test| name.contains(test)));
        pass_few(ten, 3);
    }
}

#[test]
fn the_scenes_from_the_paper_pass() {
    pass(scripts_of("raft").iter());
}

/// Some play a thousand elections each, to count them.
#[test]
fn the_scenes_of_etcd_pass() {
    pass(scripts_of("etcd").iter().filter(|(name, _)| !name.contains("election_timeout")));
}

#[test]
fn the_timeouts_of_etcd_pass() {
    pass(scripts_of("etcd").iter().filter(|(name, _)| name.contains("election_timeout")));
}

/// What the scenes of etcd's tests are worth: each of these fails with the flaw that departs from
/// its rule. The others rest on rules that no planted flaw breaks.
const BITES: [(&str, &[&str]); 19] = [
    ("ack-before-sync", &["async_storage_writes_append_aba_race"]),
    (
        "ack-whole-log",
        &[
            "msg_app_resp_wait_reset",
            "progress_flow_control",
            "progress_leader",
            "progress_paused",
            "replicate_pause",
            "send_append_for_progress_probe",
        ],
    ),
    (
        "back-one",
        &[
            "fast_log_rejection_1",
            "fast_log_rejection_2",
            "fast_log_rejection_3",
            "fast_log_rejection_4",
            "fast_log_rejection_5",
            "fast_log_rejection_7",
            "fast_log_rejection_8",
            "log_replication_with_reordered_message",
            "probe_and_replicate",
        ],
    ),
    (
        "blind-heartbeat",
        &[
            "fast_log_rejection_6",
            "follower_check_msg_app",
            "handle_heartbeat_resp",
            "leader_increase_next",
        ],
    ),
    (
        "commit-old-term",
        &[
            "campaign",
            "cannot_commit_without_new_term_entry",
            "commit",
            "commit_of_four",
            "leader_app_resp",
            "leader_commit_preceding_entries",
            "leader_only_commits_log_from_current_term",
        ],
    ),
    ("count-stale-votes", &["state_transition"]),
    (
        "forget-log",
        &[
            "async_storage_writes_append_aba_race",
            "follower_commit_entry",
            "leader_start_replication",
        ],
    ),
    ("forget-vote", &["leader_election_overwrite_newer_logs", "start_as_follower"]),
    ("hold-waiters", &["leader_msg_app_self_ack_after_term_change"]),
    ("keep-conflicting-tail", &["follower_append_entries", "leader_sync_follower_log"]),
    ("local-get", &["commit_without_new_term_entry"]),
    ("longest-log-wins", &["recv_msg_vote", "voter"]),
    ("overreach-commit", &["bcast_beat", "handle_msg_app_commit"]),
    ("refuse-equal-logs", &["vote_request"]),
    ("reply-before-commit", &["async_storage_writes", "proposal", "proposal_of_three"]),
    ("reset-on-any-rpc", &["step_ignore_old_term_msg"]),
    (
        "small-majority",
        &[
            "candidate_concede",
            "dueling_candidates",
            "leader_acknowledge_commit",
            "leader_acknowledge_commit_of_three",
            "leader_election",
            "leader_election_behind_the_others",
            "leader_election_in_one_round_rpc",
            "leader_election_in_one_round_rpc_of_three",
            "leader_election_of_five",
            "leader_election_of_four",
        ],
    ),
    ("truncate-always", &["handle_msg_app"]),
    ("vote-twice", &["candidate_self_vote_after_lost_election", "follower_vote"]),
];

#[test]
fn the_scenes_of_etcd_notice_what_they_are_about() {
    let scenes = scripts_of("etcd");
    let mut missed = Vec::new();
    for (flaw, names) in BITES {
        let about = FLAWS.iter().find(|about| about.name == flaw).expect("a flaw");
        for name in names {
            let file = format!("scripts/etcd/{name}.lab");
            let (_, scene) = scenes.iter().find(|(other, _)| *other == file).expect("a scene");
            let test = Test { name: file, scripts: vec![scene.clone()] };
            if !catches(&test, about, 1) {
                missed.push(format!("{name} passes with {flaw}"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// How many seeds the table in docs/testing.md is made with.
const TABLE_SEEDS: u64 = 100;

#[test]
#[ignore = "minutes; it makes the table in docs/testing.md: \
            UPDATE_DOCS=1 cargo test --release --test handout -- --ignored"]
fn the_table_of_caught_flaws_is_up_to_date() {
    let tests = ten_tests();
    let caught = caught_by_each(&tests, TABLE_SEEDS);
    let heads = TEN.map(|test| test.trim_end_matches("_kvraft").replace('_', " "));
    let columns: Vec<_> = heads.iter().map(|head| (&**head, 1)).collect();
    let table = table(&columns, &tests, &caught);
    let table = format!("{table}\n\nCaught: {} of {} flaws.\n", count(&caught), FLAWS.len());
    let renew = "cargo test --release --test handout -- --ignored";
    tables::compare("caught", "tests/handout.rs", renew, &table);
}

/// What the ten tests are worth.
#[test]
fn the_ten_tests_catch_most_flaws() {
    let rows = rows_of("caught");
    assert!(rows.len() >= 19, "{} of {} flaws are caught", rows.len(), FLAWS.len());
    still_catch(&rows, &ten_tests(), 20);
}

/// What stands at the top of a script is what a list of scripts can show.
#[test]
fn every_script_says_what_it_shows() {
    for folder in ["etcd", "handout", "lessons", "mit", "raft"] {
        for (name, script) in scripts_of(folder) {
            let first = script.source.first().map_or("", |line| &**line);
            assert!(first.starts_with("# "), "{name} begins with `{first}`");
            let safe = |line: &&str| line.contains("expect safe");
            let lines: Vec<&str> = script.source.iter().map(|line| &**line).collect();
            let void = lines.iter().any(|line| line.starts_with("wipe"));
            assert!(void || lines.iter().any(safe), "{name} never asks for safety");
        }
    }
}
