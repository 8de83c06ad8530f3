//! The hunt from inside: plans, cases, what shrinking keeps.

use super::case::Case;
use super::plan::{self, Fixed};
use super::play::{self, Finding};
use super::{shrink, story};
use crate::cluster::flaw::Flaw;

/// The commands alone, at their places, are the run: the same rule breaks at the same moment.
#[test]
fn a_run_is_its_commands() {
    let fixed = Fixed { flaw: Some(Flaw::ForgetVote), ..Fixed::default() };
    let mut broken = 0;
    for seed in 1..60 {
        let script = plan::script(seed, &fixed);
        let run = play::hunt(&script, seed);
        let Some(Finding::Broken(violation)) = &run.finding else { continue };
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
    let run = play::hunt(&script, 1);
    let Some(finding @ Finding::Broken(violation)) = &run.finding else { panic!("nothing found") };
    let (case, _) = Case::of(&script, 1, |_| false);
    let (small, until) =
        shrink::shrink(case.clone(), violation.invariant, violation.time).expect("a smaller one");
    assert!(small.commands.len() < case.commands.len());
    let text = story::tell(&small, until, "again").expect("a script");
    assert!(story::holds(&text, &finding.name()), "{text}");
    let intact = text.replace("shows flaw=truncate-always breaks=on-a-majority\n", "");
    assert!(!story::fails(&intact, &finding.name()), "the flaw alone makes the difference");
}

#[test]
fn plans_are_well_formed_and_differ() {
    let plans: std::collections::BTreeSet<String> =
        (1..200).map(|seed| plan::text(seed, &Fixed::default())).collect();
    assert_eq!(plans.len(), 199);
    for seed in 1..500 {
        plan::script(seed, &Fixed { servers: Some(7), clients: Some(1), flaw: None });
    }
}
