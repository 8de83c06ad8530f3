//! What clients are told is judged while it is told: by the condition `linearizable`, by the
//! header of the screen, and at the end of every run.

#[path = "support/run.rs"]
mod run;

use raftlab::cluster::check::linearizability::live::check_history;
use raftlab::cluster::command::Script;
use raftlab::cluster::{Cluster, Step};
use run::Run;

/// S2 loses its disk and helps S3, which never had x=1, to lead.
const LOST: &str = "cluster servers=3 seed=19
timeout S1
until S1 is leader
isolate S3
put x 1 @0
crash S2
wipe S2
heal
isolate S1
restart S2
timeout S3
until S3 is leader
expect linearizable
get x client=b only=S3
";

#[test]
fn a_right_run_is_linearizable_from_its_first_moment_to_its_last() {
    Run::of("expect linearizable\nuntil leader\nset x 1\nexpect linearizable and safe", 7);
}

#[test]
fn after_a_lost_disk_answers_may_clash_and_the_condition_says_so() {
    let run = Run::of(&format!("{LOST}expect not linearizable\nexpect safe"), 19);
    let clash = check_history(run.cluster.history().records().iter()).unwrap_err();
    assert_eq!((&*clash.key, clash.evidence.clashing), ("x", vec![0, 1]));
}

#[test]
fn the_failed_expectation_names_the_answers_that_clash() {
    let text = format!("{LOST}expect linearizable");
    let script = Script::parse("lost.lab", text.as_bytes()).unwrap();
    let mut cluster = Cluster::with_script(&script, None);
    while cluster.step() == Step::Happened {}
    let failure = cluster.failure().expect("a failed expectation");
    assert!(
        failure.actual.contains("a's put x=1 @0 says ok @1, b's get x says nokey"),
        "{}",
        failure.actual
    );
}

/// Faults of all kinds under many clients on few keys: the live verdict is that of the whole
/// history, at every moment at which somebody asks.
#[test]
fn the_live_verdict_is_that_of_the_whole_history() {
    let script = "cluster servers=5 network=unreliable
        load clients=6 keys=2 rate=100/s
        every 900ms crash random
        every 1s restart down
        run 12s";
    for seed in 1..6 {
        let script = Script::parse("load.lab", script.as_bytes()).unwrap();
        let mut cluster = Cluster::with_script(&script, Some(seed));
        let mut steps = 0_u64;
        while !cluster.finished() && cluster.step() == Step::Happened {
            steps += 1;
            if steps.is_multiple_of(2_000) {
                assert!(check_history(cluster.history().records().iter()).is_ok());
                assert!(cluster.checker().is_linearizable());
            }
        }
        assert!(cluster.history().len() > 50, "seed {seed}: {}", cluster.history().len());
        assert_eq!(cluster.violation(), None, "seed {seed}");
        assert!(check_history(cluster.history().records().iter()).is_ok(), "seed {seed}");
    }
}
