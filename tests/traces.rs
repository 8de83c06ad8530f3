//! Scenes of the paper as they are told: each event that matters, with its reason.
//!
//! A digest proves that something in a run has changed; the difference of a trace shows what. After a
//! change that is meant, `UPDATE_TRACES=1 cargo test --test traces` writes `tests/traces/` anew: read the
//! difference before it is committed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use raftlab::cluster::command::Script;
use raftlab::cluster::topic::Weight;
use raftlab::cluster::{Cluster, Step};

/// Scenes of `scripts/raft` in which each rule of Figure 2 decides something.
const SCENES: [&str; 15] = [
    "a_candidate_follows_the_leader_of_its_term",
    "a_refusal_deposes_a_leader_of_an_older_term",
    "acks_wait_for_the_disk",
    "conflicts_are_skipped_a_term_at_a_time",
    "figure_7_leader_repairs_every_log",
    "figure_8_new_entry_keeps_the_old",
    "figure_8_old_entry_on_a_majority_falls",
    "isolated_leader_takes_writes",
    "longer_log_of_an_older_term_loses",
    "mute_leader_is_replaced",
    "server_with_a_stale_log_gets_no_votes",
    "sleeping_leader_wakes_up_deposed",
    "split_vote_is_resolved_by_new_timeouts",
    "unsynced_writes_are_lost",
    "vote_survives_a_crash",
];

/// The story of a script, an event a line, its reason below.
fn told(script: &Script) -> String {
    let mut cluster = Cluster::with_script(script, None);
    let mut trace = String::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        let names = cluster.names();
        for event in cluster.events().iter().filter(|event| event.weight() == Weight::Story) {
            writeln!(trace, "{}  {}", event.time, event.headline(names)).expect("a string");
            if let Some(reason) = event.reason(names) {
                writeln!(trace, "           {reason}").expect("a string");
            }
        }
    }
    assert_eq!(cluster.failure(), None, "{}", script.name);
    trace
}

#[test]
fn scenes_are_told_as_they_were() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os("UPDATE_TRACES").is_some();
    for scene in SCENES {
        let text = fs::read(here.join(format!("scripts/raft/{scene}.lab"))).expect("the scene");
        let script = Script::parse(scene, &text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let (trace, path) = (told(&script), here.join(format!("tests/traces/{scene}.txt")));
        if update {
            fs::create_dir_all(here.join("tests/traces")).expect("a folder for the traces");
            fs::write(&path, &trace).expect("the trace can be written");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        let differs = kept.lines().zip(trace.lines()).position(|(kept, now)| kept != now);
        assert!(
            kept == trace,
            "{scene} is told otherwise from line {} on; if that is meant: \
             UPDATE_TRACES=1 cargo test --test traces\n{trace}",
            differs.unwrap_or(kept.lines().count().min(trace.lines().count())) + 1
        );
    }
}

#[test]
fn no_trace_is_left_over() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let names = fs::read_dir(here).expect("the folder").map(|file| {
        let path = file.expect("a file").path();
        path.file_stem().expect("a name").to_string_lossy().into_owned()
    });
    let strays: Vec<String> = names.filter(|name| !SCENES.contains(&name.as_str())).collect();
    assert!(strays.is_empty(), "{strays:?}");
}
