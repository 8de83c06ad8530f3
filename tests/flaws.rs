//! Planted flaws: each breaks what its scene says, and the same scene passes without it.

use std::fs;
use std::path::PathBuf;

use raftlab::cluster::command::{Script, Variant, parse_line};
use raftlab::cluster::config::Config;
use raftlab::cluster::flaw::{Breaks, FLAWS, Flaw};
use raftlab::cluster::history::Record;
use raftlab::cluster::{Cluster, FailureKind};

fn scene(flaw: Flaw) -> Script {
    let name = format!("{}.lab", flaw.name().replace('-', "_"));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/flaws");
    let text = fs::read(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Script::parse(&name, &text).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}"))
}

fn play(script: &Script, seed: u64) -> Cluster {
    let mut cluster = Cluster::with_script(script, Some(seed));
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    cluster
}

#[test]
fn every_flaw_has_a_scene_that_shows_it() {
    for about in &FLAWS {
        let shows = scene(about.flaw).shows.unwrap_or_else(|| panic!("{}: no shows", about.name));
        assert_eq!(shows.flaw, about.flaw);
        assert_eq!(shows.breaks, about.breaks, "{}", about.name);
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/flaws");
    assert_eq!(fs::read_dir(folder).expect("the folder is there").count(), FLAWS.len());
}

#[test]
fn with_the_flaw_a_scene_breaks_just_that_and_without_it_nothing() {
    for about in &FLAWS {
        for script in scene(about.flaw).variants() {
            for seed in 1..=20 {
                let cluster = play(&script, seed);
                let broken = cluster.violation().map(|violation| violation.invariant);
                let name = format!("{} {:?} seed {seed}", about.name, script.variant);
                match (script.variant, about.breaks) {
                    (Variant::With, Breaks::Safety(invariant)) => {
                        assert_eq!(broken, Some(invariant), "{name}: {:?}", cluster.failure());
                    }
                    (Variant::With, Breaks::Liveness) => {
                        assert_eq!(broken, None, "{name}");
                        let kind = cluster.failure().map(|failure| failure.kind);
                        assert_eq!(kind, Some(FailureKind::Late), "{name}");
                    }
                    (Variant::Without, _) => {
                        assert_eq!((broken, cluster.failure()), (None, None), "{name}");
                        assert!(cluster.finished(), "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_flaw_can_be_had_by_some_and_taken_away_again() {
    let mut cluster = Cluster::new(Config::default());
    let mut apply = |line: &str| {
        cluster.apply(&parse_line(line).expect("a good line")).expect("it can be done");
        let shown = |(flaw, bearer)| format!("{flaw} {bearer}");
        cluster.flaws().into_iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(apply("flaw forget-vote on S2 S4"), ["forget-vote S2 and S4"]);
    assert_eq!(apply("crash S2").len(), 1);
    assert_eq!(apply("restart S2"), ["forget-vote S2 and S4"], "a restart cures nothing");
    assert_eq!(apply("flaw never-maybe on"), ["forget-vote S2 and S4", "never-maybe all clients"]);
    assert_eq!(
        apply("flaw forget-vote off S2").first().map(String::as_str),
        Some("forget-vote S4")
    );
    apply("flaw forget-vote on");
    assert_eq!(cluster.flaws()[0].1.to_string(), "all servers");
}

#[test]
fn a_flaw_enters_the_digest_and_its_absence_does_not() {
    let script = scene(Flaw::LocalGet);
    let [with, without]: [Script; 2] =
        script.variants().collect::<Vec<_>>().try_into().expect("two runs");
    assert_ne!(
        Cluster::with_script(&with, None).digest(),
        Cluster::with_script(&without, None).digest()
    );
    let plain = Cluster::new(script.config).digest();
    assert_eq!(Cluster::with_script(&without, None).digest(), plain);
}

#[test]
fn bad_words_about_flaws_say_what_is_right() {
    let mistake = |line: &str| parse_line(line).expect_err("a mistake").to_string();
    assert!(mistake("flaw commit-old-terms on").contains("did you mean `commit-old-term`?"));
    assert!(mistake("flaw blind-unlock on S2").contains("a flaw of the clients"));
    assert!(mistake("flaw local-get maybe").contains("expected `on` or `off`"));
    assert!(mistake("with: crash S1").contains("stands in scripts that show a flaw"));
    let whole = |text: &str| {
        let mistakes = Script::parse("t.lab", text.as_bytes()).expect_err("mistakes");
        mistakes.iter().map(ToString::to_string).collect::<String>()
    };
    assert!(whole("with: crash S1\n").contains("stands in scripts that show a flaw"));
    let head = "shows flaw=local-get breaks=linearizability\n";
    assert!(whole(&format!("{head}{head}")).contains("line 1 says already"));
    assert!(whole(&format!("{head}with: repeat 2\nrun 1s\nend\n")).contains("can't stand before"));
    assert!(whole("shows flaw=local-get breaks=nothing\n").contains("an invariant, or `liveness`"));
}

/// A run with a flaw, or without, and what everybody was told in it.
fn told(flaw: Option<&str>, script: &str, seed: u64) -> Vec<Record> {
    let flaw = flaw.map_or(String::new(), |flaw| format!("flaw {flaw} on\n"));
    let text = format!("cluster servers=3\ntimeout S1\nuntil S1 is leader\n{flaw}{script}");
    let script = Script::parse("test.lab", text.as_bytes()).expect("a good script");
    let cluster = play(&script, seed);
    assert_eq!((cluster.failure(), cluster.violation()), (None, None), "{text}");
    cluster.history().records().iter().cloned().collect()
}

/// What is forgotten is forgotten in a crash, and ids come back after one: until then a server
/// with such a flaw does what any other does.
#[test]
fn flaws_of_restarts_show_nothing_before_one() {
    let load = "load clients=6 keys=2 rate=300/s for 1s\nrun 1s\nuntil idle\n";
    for seed in 1..5 {
        let right = told(None, load, seed);
        assert!(right.len() > 60);
        for flaw in ["reuse-ids", "forget-vote", "forget-log"] {
            assert!(told(Some(flaw), load, seed) == right, "{flaw}, seed {seed}");
        }
    }
}

/// It refuses equal logs, and grants a longer one its vote as everybody does.
#[test]
fn a_voter_that_refuses_equal_logs_refuses_no_better_ones() {
    let longer = "isolate S3\nput x 1 @0\ncrash S1\nrestart S1\nrejoin S3\ntimeout S1\n\
                  until S1 is leader within 100ms\n";
    for seed in 1..5 {
        told(Some("refuse-equal-logs"), longer, seed);
    }
}

/// Who answers before an operation is in its place answers too early, and does no more than that:
/// a put that was told ok is in the log all the same, one that was refused and a get are not.
#[test]
fn an_answer_too_early_changes_nothing_else() {
    let puts = "put x 1 @0\nuntil converged\nput x 2 @9\nuntil converged\nexpect S1 log = 1\n\
                expect S3 holds x = 1 @1\n";
    let gets = "put x 1 @0\nget x\nget y\nuntil converged\nexpect S1 log = 1\n";
    for seed in 1..5 {
        told(Some("reply-before-commit"), puts, seed);
        told(Some("check-at-submit"), puts, seed);
        told(Some("local-get"), gets, seed);
    }
}
