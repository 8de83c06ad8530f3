//! A check from inside: what is told when.

use std::ops::ControlFlow;

use super::judge::{self, Detail};
use super::read::{self, Wanted};

/// Two keys, each with a read that finds what was overwritten before it began: `y` goes wrong first.
const STALE: &str = "
{:process 0 :type :invoke :f :write :value [:x 1]}
{:process 0 :type :ok :f :write :value [:x 1]}
{:process 0 :type :invoke :f :write :value [:x 2]}
{:process 0 :type :ok :f :write :value [:x 2]}
{:process 1 :type :invoke :f :write :value [:y 1]}
{:process 1 :type :ok :f :write :value [:y 1]}
{:process 1 :type :invoke :f :write :value [:y 2]}
{:process 1 :type :ok :f :write :value [:y 2]}
{:process 1 :type :invoke :f :read :value [:y nil]}
{:process 1 :type :ok :f :read :value [:y 1]}
{:process 0 :type :invoke :f :read :value [:x nil]}
{:process 0 :type :ok :f :read :value [:x 1]}
";

#[test]
fn the_verdict_is_told_once_and_before_the_evidence_is_gathered() {
    let history = read::parse(STALE.as_bytes(), Wanted::default()).expect("a history");
    for (detail, evidence) in [(Detail::Verdict, 0), (Detail::Evidence, 3), (Detail::Page, 3)] {
        let mut told = Vec::new();
        let mut tell = |judgement: &judge::Judgement| {
            let (_, evidence) = judgement.violated().expect("a violation");
            told.push(evidence.clashing.len());
        };
        let judgement =
            judge::judge(&history, detail, &mut tell, &mut |_| ControlFlow::Continue(()));
        assert_eq!(told, [0], "{detail:?}");
        let (_, known) = judgement.violated().expect("a violation");
        assert_eq!(known.clashing.len(), evidence, "{detail:?}");
    }
}

#[test]
fn the_evidence_is_about_the_key_that_went_wrong_first() {
    let history = read::parse(STALE.as_bytes(), Wanted::default()).expect("a history");
    for detail in [Detail::Evidence, Detail::Page] {
        let judgement =
            judge::judge(&history, detail, &mut |_| {}, &mut |_| ControlFlow::Continue(()));
        let (part, _) = judgement.violated().expect("a violation");
        assert_eq!(part.key.as_deref(), Some(":y"), "{detail:?}");
    }
}
