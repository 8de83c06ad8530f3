//! Both engines against a judge that simply tries every order, and against simulated objects.

mod brute;
mod cuts;
mod histories;
mod limits;
mod small;
mod words;

use proptest::prelude::*;
use proptest::sample::Index;

use super::live::{Live, check_history};
use super::store::Store;
use super::versioned::{Exchange, Reply, Versioned};
use super::*;
use crate::cluster::history::{Record, Returned};
use crate::cluster::time::Time;
use crate::cluster::types::{ClientId, Outcome as Answer};
use brute::{has_order, has_run, run};
use histories::{
    drawn, exchange, register_numbers, register_operations, simulated, steps, store_operation,
};

fn verdict<M: Model>(model: &M, history: &[Timed<M::Operation>]) -> Verdict {
    check(model, history, Limits::default(), &mut |_| ControlFlow::Continue(()))
}

/// Whether an order holds every answered operation once, keeps to the times, and explains every
/// answer. `admits` is asked about each operation in turn.
fn is_order<O>(history: &[Timed<O>], order: &[usize], mut admits: impl FnMut(&O) -> bool) -> bool {
    let mut latest_call = 0;
    let mut met = vec![false; history.len()];
    let is_good = order.iter().all(|place| {
        let timed = &history[*place];
        latest_call = latest_call.max(timed.called);
        !std::mem::replace(&mut met[*place], true)
            && timed.end() >= latest_call
            && admits(&timed.operation)
    });
    is_good && history.iter().zip(met).all(|(timed, met)| met || timed.returned.is_none())
}

fn explains<M: Model>(model: &M, history: &[Timed<M::Operation>], order: &[usize]) -> bool {
    let mut state = model.initial();
    is_order(history, order, |operation| {
        let admitted = model.admits(&state, operation);
        state = run(model, &state, operation);
        admitted
    })
}

/// Judges a history and asks whether the verdict is as expected, with the evidence for it.
fn judged_as<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    expected: bool,
) -> Result<(), TestCaseError> {
    match verdict(model, history) {
        Verdict::Linearizable(order) => {
            prop_assert!(expected, "it finds an order where there is none: {order:?}");
            prop_assert!(explains(model, history, &order), "not an order: {order:?}");
        }
        Verdict::Violated(evidence) => {
            prop_assert!(!expected, "it finds no order where there is one");
            is_evidence(model, history, &evidence)?;
        }
        Verdict::Undecided(reason) => prop_assert!(false, "undecided: {reason:?}"),
    }
    Ok(())
}

/// The history with only the answers of `kept`, up to the event `until`.
fn weakened<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    until: u64,
    kept: impl Fn(usize) -> bool,
) -> Vec<Timed<M::Operation>> {
    let called = history.iter().enumerate().filter(|(_, timed)| timed.called <= until);
    called
        .filter_map(|(place, timed)| {
            if timed.end() <= until && kept(place) {
                return Some(timed.clone());
            }
            let operation = model.unanswered(&timed.operation)?;
            Some(Timed { operation, called: timed.called, returned: None })
        })
        .collect()
}

/// Whether evidence is as [`Evidence`] says.
fn is_evidence<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    evidence: &Evidence,
) -> Result<(), TestCaseError> {
    let wrong = evidence.wrong.ok_or_else(|| TestCaseError::fail("no first wrong answer"))?;
    let until = history[wrong].end();
    let has_order = |until, kept: &dyn Fn(usize) -> bool| {
        has_order(model, &weakened(model, history, until, kept))
    };
    prop_assert!(!has_order(until, &|_| true), "wrong only later");
    prop_assert!(has_order(until - 1, &|_| true), "wrong before");
    let clashing = &evidence.clashing;
    prop_assert!(clashing.contains(&wrong));
    prop_assert!(evidence.is_smallest);
    prop_assert!(!has_order(until, &|place| clashing.contains(&place)), "they don't clash");
    for spared in clashing {
        let fewer = |place: usize| place != *spared && clashing.contains(&place);
        prop_assert!(has_order(until, &fewer), "{spared} is not needed");
    }
    let before = weakened(model, history, until - 1, |_| true);
    let called: Vec<u64> = before.iter().map(|timed| timed.called).collect();
    let order = evidence.longest.iter().map(|place| called.binary_search(&history[*place].called));
    let order: Vec<usize> = order.map(Result::unwrap).collect();
    prop_assert!(explains(model, &before, &order), "not an order: {order:?}");
    Ok(())
}

/// Draws another answer for an answered operation, if there is one.
fn mutate<O: Clone + PartialEq>(history: &mut [Timed<O>], which: Index, others: &[O]) {
    let answered: Vec<usize> =
        (0..history.len()).filter(|place| history[*place].returned.is_some()).collect();
    if !answered.is_empty() {
        let place = answered[which.index(answered.len())];
        let operation = &mut history[place].operation;
        *operation = others[which.index(others.len())].clone();
    }
}

/// A late maybe as two operations: one that is answered, one that may take effect at any time.
fn without_late(history: &[Timed<Exchange>]) -> Vec<Timed<Exchange>> {
    let mut split = Vec::new();
    for timed in history {
        let mut once = Timed {
            operation: timed.operation.clone(),
            called: timed.called * 2,
            returned: timed.returned.map(|order| order * 2),
        };
        if let Some(reply) = &mut once.operation.reply
            && std::mem::take(&mut reply.late)
        {
            let operation = Exchange { reply: None, ..timed.operation.clone() };
            split.push(Timed { operation, called: timed.called * 2 + 1, returned: None });
        }
        split.push(once);
    }
    split
}

fn is_late(timed: &Timed<Exchange>) -> bool {
    timed.operation.reply.as_ref().is_some_and(|reply| reply.late)
}

/// Refusals of puts of which a copy may still run: no client says so.
fn has_late_refusal(history: &[Timed<Exchange>]) -> bool {
    history.iter().any(|timed| {
        is_late(timed)
            && timed
                .operation
                .reply
                .as_ref()
                .is_some_and(|reply| matches!(reply.outcome, Answer::NoKey | Answer::Version))
    })
}

/// The verdict on a history of the versioned map, against every run.
fn versions_judged(history: &[Timed<Exchange>]) -> Result<(), TestCaseError> {
    let expected = has_run(history);
    if !history.iter().any(is_late) {
        return judged_as(&Versioned, history, expected);
    }
    let is_right = matches!(verdict(&Versioned, history), Verdict::Linearizable(_));
    prop_assert_eq!(is_right, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn random_registers(
        steps in steps(5, 24),
        numbers in proptest::collection::vec(register_numbers(3), 12),
    ) {
        let (model, operations) = register_operations(&numbers);
        let history = drawn(&model, &steps, &operations);
        judged_as(&model, &history, has_order(&model, &history))?;
    }

    #[test]
    fn simulated_registers(
        steps in steps(6, 60),
        numbers in proptest::collection::vec(register_numbers(4), 20),
        which: Index,
    ) {
        let (model, operations) = register_operations(&numbers);
        let mut history = simulated(&model, &steps, &operations, &[0]);
        judged_as(&model, &history, true)?;
        mutate(&mut history, which, &operations);
        judged_as(&model, &history, has_order(&model, &history))?;
    }

    #[test]
    fn random_stores(
        steps in steps(5, 24),
        operations in proptest::collection::vec(store_operation(), 12),
    ) {
        let history = drawn(&Store, &steps, &operations);
        judged_as(&Store, &history, has_order(&Store, &history))?;
    }

    #[test]
    fn simulated_stores(
        steps in steps(5, 45),
        operations in proptest::collection::vec(store_operation(), 15),
        which: Index,
    ) {
        let mut history = simulated(&Store, &steps, &operations, &[0]);
        judged_as(&Store, &history, true)?;
        mutate(&mut history, which, &operations);
        judged_as(&Store, &history, has_order(&Store, &history))?;
    }

    #[test]
    fn random_versions(
        steps in steps(5, 21),
        exchanges in proptest::collection::vec(exchange(3), 7),
    ) {
        versions_judged(&drawn(&Versioned, &steps, &exchanges))?;
    }

    #[test]
    fn simulated_versions(
        steps in steps(5, 24),
        exchanges in proptest::collection::vec(exchange(4), 8),
        luck in proptest::collection::vec(any::<u8>(), 8),
        which: Index,
    ) {
        let mut history = simulated(&Versioned, &steps, &exchanges, &luck);
        prop_assert!(has_run(&history));
        versions_judged(&history)?;
        mutate(&mut history, which, &exchanges);
        versions_judged(&history)?;
    }

    #[test]
    fn versions_give_the_answer_that_a_search_gives(
        steps in steps(8, 90),
        exchanges in proptest::collection::vec(exchange(8), 30),
        luck in proptest::collection::vec(any::<u8>(), 30),
        which: Index,
    ) {
        let mut history = simulated(&Versioned, &steps, &exchanges, &luck);
        prop_assert!(matches!(verdict(&Versioned, &history), Verdict::Linearizable(_)));
        mutate(&mut history, which, &exchanges);
        if !has_late_refusal(&history) {
            let judged = matches!(verdict(&Versioned, &history), Verdict::Linearizable(_));
            let split = without_late(&history);
            let searched = search::run(&Versioned, &split, Limits::default(), &mut |_| {
                ControlFlow::Continue(())
            });
            prop_assert_eq!(judged, matches!(searched, Outcome::Order(_)));
        }
    }
}

/// A history as the lab keeps it.
fn records(history: &[Timed<Exchange>]) -> Vec<Record> {
    let returned = |timed: &Timed<Exchange>| {
        let Reply { outcome, value, version, late } = timed.operation.reply.clone()?;
        let order = timed.returned?;
        Some(Returned { at: Time(order), order, outcome, value, version, late, unknown: false })
    };
    let record = |timed: &Timed<Exchange>| Record {
        client: ClientId(0),
        request: timed.operation.request.clone(),
        called: Time(timed.called),
        call_order: timed.called,
        returned: returned(timed),
    };
    history.iter().map(record).collect()
}

proptest! {
    #[test]
    fn the_live_checker_speaks_at_the_first_wrong_answer(
        steps in steps(8, 90),
        exchanges in proptest::collection::vec(exchange(4), 30),
        luck in proptest::collection::vec(any::<u8>(), 30),
        which: Index,
    ) {
        let mut history = simulated(&Versioned, &steps, &exchanges, &luck);
        mutate(&mut history, which, &exchanges);
        let records = records(&history);
        let mut events: Vec<(u64, usize)> = Vec::new();
        for (place, record) in records.iter().enumerate() {
            events.push((record.call_order, place));
            events.extend(record.returned.as_ref().map(|returned| (returned.order, place)));
        }
        events.sort_unstable();
        let mut live = Live::default();
        let mut open = vec![None; records.len()];
        for (order, place) in events {
            let record = &records[place];
            let so_far: Vec<_> =
                weakened(&Versioned, &history, order, |_| true).into_iter().collect();
            if record.call_order == order {
                open[place] = Some(live.called(place, &Record { returned: None, ..record.clone() }));
            } else {
                live = live.clone();
                live.returned(open[place].unwrap(), record);
            }
            let is_right = matches!(verdict(&Versioned, &so_far), Verdict::Linearizable(_));
            prop_assert_eq!(live.wrong().is_none(), is_right);
        }
        let whole = check_history(records.iter());
        prop_assert_eq!(whole.err().and_then(|wrong| wrong.evidence.wrong), live.wrong());
    }
}

/// The properties above would prove little if one answer were rare.
#[test]
fn histories_are_of_both_kinds() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy =
        (steps(6, 60), proptest::collection::vec(register_numbers(4), 20), any::<Index>());
    let wrong = (0..500).filter(|_| {
        let (steps, numbers, which) = strategy.new_tree(&mut runner).unwrap().current();
        let (model, operations) = register_operations(&numbers);
        let mut history = simulated(&model, &steps, &operations, &[0]);
        mutate(&mut history, which, &operations);
        matches!(verdict(&model, &history), Verdict::Violated(_))
    });
    let wrong = wrong.count();
    assert!((100..400).contains(&wrong), "{wrong} of 500 are not linearizable");
}

/// A search for evidence that comes to its limit says so, and what it has clashes all the same.
#[test]
fn evidence_that_is_cut_short_is_not_called_the_smallest() {
    use super::register::{Access, Operation, Register};
    let mut model = Register::default();
    let key = model.key("");
    let values = ["1", "2", "3", "4"].map(|value| model.value(value));
    let mut accesses: Vec<Access> = values.into_iter().map(Access::Write).collect();
    accesses.push(Access::Read(Some(values[1])));
    let timed = |(at, access): (u64, Access)| Timed {
        operation: Operation { key, access },
        called: 2 * at,
        returned: Some(2 * at + 1),
    };
    let history: Vec<_> = (0..).zip(accesses).map(timed).collect();
    let evidence = |steps| {
        let limits = Limits { steps, ..Limits::default() };
        super::evidence(&model, &history, None, limits, &mut |_| ControlFlow::Continue(()))
    };
    let whole = evidence(u64::MAX);
    assert!(whole.is_smallest && whole.clashing.len() == 3, "{whole:?}");
    assert_eq!(whole.wrong, Some(4));
    let watch = &mut |_| ControlFlow::Continue(());
    assert_eq!(first_wrong(&model, &history, Limits::default(), watch), Some(4));
    let short = evidence(4);
    assert!(!short.is_smallest && short.clashing.len() > 3, "{short:?}");
    assert!(whole.clashing.iter().all(|place| short.clashing.contains(place)), "{short:?}");
}
