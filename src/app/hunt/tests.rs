//! The hunt from inside: plans, cases, what shrinking keeps.

use super::calm::Size;
use super::case::Case;
use super::plan::{self, Chosen, Extra, Fixed, OptionWord};
use super::play::{self, Finding, Outcome};
use super::shrink::Target;
use super::{lines, shrink, story};
use crate::app::budget::Budget;
use crate::cluster::command::Script;
use crate::cluster::flaw::{FLAWS, Flaw};
use crate::cluster::raft::OPTIONS;

/// The commands alone, at their places, are the run: the same rule breaks at the same moment.
#[test]
fn a_run_is_its_commands() {
    let fixed = Fixed { flaw: Some(Flaw::ForgetVote), ..Fixed::default() };
    let mut broken = 0;
    for seed in 1..60 {
        let script = plan::script(seed, &fixed);
        let run = play::hunt(&script, seed, Budget::new(None));
        let Some(Finding::Broken(violation)) = run.finding() else { continue };
        broken += 1;
        let (case, _) = Case::of(&script, seed, |_| false);
        let played = case.play(true, violation.time);
        assert_eq!(played.violation.as_deref().map(|again| again.time), Some(violation.time));
        assert_eq!(played.violation.map(|again| again.invariant), Some(violation.invariant));
    }
    assert!(broken > 10);
}

#[test]
fn what_is_shrunk_breaks_the_same_rule_and_tells_it_as_a_script() {
    let fixed = Fixed { flaw: Some(Flaw::TruncateAlways), ..Fixed::default() };
    let script = plan::script(1, &fixed);
    let run = play::hunt(&script, 1, Budget::new(None));
    let Some(finding @ Finding::Broken(violation)) = run.finding() else { panic!("nothing found") };
    let (case, _) = Case::of(&script, 1, |_| false);
    let (small, until) =
        shrink::shrink(case.clone(), Target::Breaks(violation.invariant), violation.time)
            .expect("a smaller one");
    assert!(small.commands.len() < case.commands.len());
    let text = story::tell(&small, until, "again").expect("a script");
    assert!(story::holds(&text, &finding.name(), None), "{text}");
    let flawed = |line: &&str| line.starts_with("shows flaw=truncate-always");
    assert_eq!(text.lines().filter(flawed).count(), 1, "{text}");
    let intact: String =
        text.lines().filter(|line| !flawed(line)).map(|line| format!("{line}\n")).collect();
    assert!(!story::fails(&intact, &finding.name(), None), "the flaw alone makes the difference");
}

#[test]
fn plans_are_well_formed_and_differ() {
    let plans: std::collections::BTreeSet<String> =
        (1..200).map(|seed| plan::text(seed, &Fixed::default())).collect();
    assert_eq!(plans.len(), 199);
    for seed in 1..500 {
        plan::script(seed, &Fixed { servers: Some(7), clients: Some(1), ..Fixed::default() });
    }
    let words = Extra::ALL.map(OptionWord::Extra).into_iter();
    let words =
        words.chain(OPTIONS.iter().flat_map(|about| about.option.choices()).map(OptionWord::One));
    for word in words.chain([OptionWord::Any]) {
        for seed in 1..100 {
            plan::script(seed, &Fixed { options: Chosen::of(&[word]), ..Fixed::default() });
        }
    }
    for about in &FLAWS {
        for seed in 1..50 {
            plan::script(seed, &Fixed { flaw: Some(about.flaw), ..Fixed::default() });
        }
    }
}

/// What becomes of a script that was written for a test.
fn found(text: &str) -> Option<Finding> {
    let script = Script::parse("test", text.as_bytes()).unwrap_or_else(|_| panic!("{text}"));
    match play::outcome(&play::play(&script, None, |_| {})) {
        Outcome::Found(finding) => Some(finding),
        Outcome::Well | Outcome::Undecided => None,
    }
}

#[test]
fn who_waits_for_a_lock_that_nobody_releases_has_found_nothing() {
    let head = "cluster servers=3 seed=5\nacquire gate client=p\nacquire gate client=q nowait\n";
    let forgotten = format!("{head}run 1s\nuntil idle within 20s\n");
    let name = found(&forgotten).expect("a wait that is not met").name();
    assert!(!story::fails(&forgotten, &name, None), "it is the script that keeps the lock");
    // Here nobody is served, whatever holds the lock.
    let stuck =
        format!("{head}release gate client=p nowait\ncrash S1 S2 S3\nuntil idle within 20s\n");
    let name = found(&stuck).expect("a wait that is not met").name();
    assert!(story::fails(&stuck, &name, None));
}

/// What has broken the run stays in it, though to leave out a `release` would keep the others
/// waiting too, with fewer lines.
#[test]
fn shrinking_keeps_the_failure_that_it_has() {
    let body = [
        "at 0.8s acquire gate client=p",
        "at 1s acquire gate client=q",
        "at 1.5s release gate client=p",
        "at 1.6s put k 1 @0 client=r",
        "at 1.8s release gate client=q",
        "at 2s crash S1",
        "at 2s crash S2",
        "at 2.1s put k 2 @1 client=s",
        "at 2.2s acquire gate client=t",
    ];
    let (head, tail) =
        ("cluster servers=3 seed=5 network=reliable\n", "run 3s\nuntil idle within 20s\n");
    let text = format!("{head}{}\n{tail}", body.join("\n"));
    let name = found(&text).expect("a wait that is not met").name();
    let small = lines::shrink((head, tail), body.map(str::to_owned).to_vec(), &name, None);
    let small = small.expect("a smaller script");
    assert!(small.contains("crash S1") && small.contains("crash S2"), "{small}");
    assert!(small.lines().count() < text.lines().count(), "{small}");
}

/// A wait that comes to its end because nobody leads is another than one for a lock that is held.
#[test]
fn not_met_in_another_way_is_another_failure() {
    let name = |text: &str| found(text).unwrap_or_else(|| panic!("{text}")).name();
    let idle = "until idle within 3s\n";
    let leaderless = format!("cluster servers=3\nget k client=p nowait\ncrash S1 S2\n{idle}");
    let held =
        format!("cluster servers=3\nacquire gate client=p\nacquire gate client=q nowait\n{idle}");
    assert_ne!(name(&leaderless), name(&held));
    assert_eq!(name(&leaderless), name(&leaderless.replace("crash S1 S2", "crash S3 S1")));
}

#[test]
fn a_run_that_comes_to_its_limit_says_nothing() {
    let text = "cluster servers=3 max-events=500\nload rate=100/s\nrun 60s\nexpect term = 77\n";
    let script = Script::parse("test", text.as_bytes()).expect("a script");
    let cluster = play::play(&script, None, |_| {});
    assert!(matches!(play::outcome(&cluster), Outcome::Undecided));
}

#[test]
fn what_is_expected_and_not_so_is_no_matter_of_liveness() {
    let finding = found("cluster servers=3\nexpect term = 77\n").expect("a finding");
    assert_eq!(finding.word(), "expectation");
    let finding = found("cluster servers=3\nuntil term = 77 within 1s\n").expect("a finding");
    assert_eq!(finding.word(), "liveness");
}

const SMALL: Size = Size {
    servers: 3,
    clients: 5,
    flight: 5,
    sync: 1,
    timeout: (100, 200),
    append_max: 3,
    rpc_timeout: 400,
    has_lock: true,
    faults: 1_000,
};

/// Whatever is larger, slower or closer together gets more time.
#[test]
fn the_calm_grows_with_what_it_is_for() {
    let size = SMALL;
    let seconds = |size: Size| -> Vec<u64> {
        let lines = size.lines();
        let waits = lines.lines().filter_map(|line| line.split_once(" within ").map(|both| both.1));
        waits.map(|wait| wait.trim_end_matches('s').parse().expect("seconds")).collect()
    };
    let base = seconds(size);
    assert_eq!(base.len(), 4);
    let larger = [
        Size { servers: 2_500, ..size },
        Size { clients: 200, ..size },
        Size { flight: 15, ..size },
        Size { sync: 20, ..size },
        Size { timeout: (100, 900), ..size },
        Size { timeout: (195, 200), ..size },
        Size { append_max: 1, ..size },
        Size { rpc_timeout: 9_000, ..size },
        Size { faults: 9_000, ..size },
    ];
    for larger in larger {
        let times = seconds(larger);
        assert!(times.iter().zip(&base).all(|(more, less)| more >= less), "{larger:?}");
        assert_ne!(times, base, "{larger:?}");
    }
    assert!(seconds(Size { has_lock: false, ..size })[1] < base[1]);
}

/// The example of `docs/testing.md`.
#[test]
fn the_page_on_testing_shows_a_calm_as_it_is() {
    let page = std::fs::read_to_string("docs/testing.md").expect("the page");
    let (timeout, append_max) = ((150, 300), 1_000);
    let size =
        Size { clients: 4, sync: 0, timeout, append_max, has_lock: false, faults: 2_000, ..SMALL };
    assert!(page.contains(&format!("```text\n{}```", size.lines())), "{}", size.lines());
}
