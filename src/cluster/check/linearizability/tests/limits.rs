//! A verdict costs no more than it may: steps, memory, and a watch that may break it off.

use std::ops::ControlFlow;

use super::super::register::{Access, Operation, Register, ValueId};
use super::super::seen::Seen;
use super::super::store::{self, Store};
use super::super::versioned::{Exchange, Held, Reply, Versioned};
use super::super::{
    Evidence, Limits, Model, Outcome, Progress, Reason, Timed, Verdict, evidence, longest_with_each,
};
use crate::cluster::types::{Outcome as Answer, Request, Version};

fn within<M: Model>(model: &M, history: &[Timed<M::Operation>], limits: Limits) -> Outcome {
    model.judge(history, limits, &mut |_| ControlFlow::Continue(()))
}

const fn steps(steps: u64) -> Limits {
    Limits { steps, memory: usize::MAX }
}

const fn memory(memory: usize) -> Limits {
    Limits { steps: u64::MAX, memory }
}

/// Each operation after the one before it has returned.
fn in_turn<O>(operations: impl Iterator<Item = O>) -> Vec<Timed<O>> {
    let timed =
        |(at, operation): (u64, O)| Timed { operation, called: 2 * at, returned: Some(2 * at + 1) };
    (1..).zip(operations).map(timed).collect()
}

/// So many puts of one key, each at its version.
fn puts(count: u64) -> Vec<Timed<Exchange>> {
    in_turn((0..count).map(|version| {
        let (outcome, value) = (Answer::Ok, "v".into());
        let reply =
            Some(Reply { outcome, value: "".into(), version: Version(version + 1), late: false });
        let version = Version(version);
        Exchange { request: Request::Put { key: "k".into(), value, version }, reply }
    }))
}

fn writes(model: &mut Register, count: u64) -> Vec<Timed<Operation>> {
    let key = model.key("");
    let values: Vec<ValueId> = (0..count).map(|value| model.value(&value.to_string())).collect();
    in_turn(values.into_iter().map(|value| Operation { key, access: Access::Write(value) }))
}

const UNDECIDED: Outcome = Outcome::Undecided(Reason::Steps);

#[test]
fn as_many_steps_as_it_takes_are_enough_and_fewer_are_not() {
    let get = Exchange { request: Request::Get { key: "k".into() }, reply: None };
    let open = [Timed { operation: get, called: 1, returned: None }];
    assert_eq!(within(&Versioned, &open, steps(0)), UNDECIDED);
    assert_eq!(within(&Versioned, &open, steps(1)), Outcome::Order(vec![]));
    let puts = puts(500);
    assert_eq!(within(&Versioned, &puts, steps(999)), UNDECIDED, "a step a call and a return");
    assert!(matches!(within(&Versioned, &puts, steps(20_000)), Outcome::Order(_)));

    let mut model = Register::default();
    let key = model.key("");
    let read = in_turn([Operation { key, access: Access::Read(Some(ValueId::NIL)) }].into_iter());
    assert_eq!(within(&model, &read, steps(0)), UNDECIDED);
    assert_eq!(within(&model, &read, steps(1)), Outcome::Order(vec![0]));
    let writes = writes(&mut model, 500);
    assert_eq!(within(&model, &writes, steps(499)), UNDECIDED);
    assert!(matches!(within(&model, &writes, steps(2_000)), Outcome::Order(_)));
}

/// One that is told every few thousand steps of all that was done since, and how far it has come.
fn is_watched<M: Model>(model: &M, history: &[Timed<M::Operation>]) {
    let mut told: Vec<Progress> = Vec::new();
    let outcome = model.judge(history, Limits::default(), &mut |progress| {
        told.push(progress);
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome, Outcome::Order(_)));
    assert!(told.len() >= 3, "{told:?}");
    let steps: u64 = told.iter().map(|progress| progress.steps).sum();
    assert!(told.iter().all(|progress| (4_096..4_200).contains(&progress.steps)), "{told:?}");
    assert!(within(model, history, self::steps(steps - 1)) == UNDECIDED, "{steps} were done");
    assert!(told.is_sorted_by_key(|progress| progress.placed));
    let last = told.last().map_or(0, |progress| progress.placed);
    assert!(history.len() / 2 < last && last <= history.len(), "{last} of {}", history.len());
    let mut calls = 0;
    let stopped = model.judge(history, Limits::default(), &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    });
    assert_eq!((stopped, calls), (Outcome::Undecided(Reason::Stopped), 1));
}

#[test]
fn a_watch_hears_of_the_steps_and_may_break_off() {
    is_watched(&Versioned, &puts(8_000));
    let mut model = Register::default();
    let writes = writes(&mut model, 15_000);
    is_watched(&model, &writes);
}

/// The search for evidence tells its steps too, and nothing of how far the verdict has come.
#[test]
fn a_watch_hears_of_the_search_for_evidence() {
    let mut history = puts(8_000);
    let (outcome, value) = (Answer::Ok, "x".into());
    let reply = Some(Reply { outcome, value, version: Version(5), late: false });
    let operation = Exchange { request: Request::Get { key: "k".into() }, reply };
    history.push(Timed { operation, called: 20_000, returned: Some(20_001) });
    let Outcome::NoOrder { wrong, .. } = within(&Versioned, &history, Limits::default()) else {
        panic!("version 5 has another value")
    };
    assert_eq!(wrong, Some(8_000));
    let mut told = 0;
    let mut watch = |progress: Progress| {
        assert_eq!(progress.placed, 0);
        told += progress.steps;
        ControlFlow::Continue(())
    };
    let found = evidence(&Versioned, &history, wrong, Limits::default(), &mut watch);
    assert!(told > 8_000, "{told}");
    assert_eq!((found.wrong, found.is_smallest), (Some(8_000), true));
    assert_eq!(found.clashing.last(), Some(&8_000));
    assert!(found.clashing.len() <= 2, "{:?}", found.clashing);
    let limits = Limits { steps: 0, ..Limits::default() };
    let none = evidence(&Versioned, &history, wrong, limits, &mut |_| ControlFlow::Continue(()));
    assert!(none.wrong.is_none() && !none.is_smallest, "nothing may be asked");
    let verdict = Verdict::from(Outcome::NoOrder { wrong: Some(3), suspects: vec![1] });
    assert!(matches!(verdict, Verdict::Violated(Evidence { wrong: Some(3), .. })), "{verdict:?}");
}

#[test]
fn what_a_search_remembers_is_bounded() {
    let mut model = Register::default();
    let key = model.key("");
    let read = in_turn([Operation { key, access: Access::Read(Some(ValueId::NIL)) }].into_iter());
    assert_eq!(within(&model, &read, memory(0)), Outcome::Order(vec![0]), "it remembers nothing");
    let writes = writes(&mut model, 1_000);
    let full = Outcome::Undecided(Reason::Memory);
    assert_eq!(within(&model, &writes, memory(1)), full);
    assert_eq!(within(&model, &writes, memory(30_000)), full, "places of 32 bytes at least");
    assert!(matches!(within(&model, &writes, memory(200_000)), Outcome::Order(_)));
    // Few places, and each state is a long text.
    let piece: std::sync::Arc<str> = "x".repeat(1_000).into();
    let append =
        || store::Operation { key: "k".into(), access: store::Access::Append(piece.clone()) };
    let appends = in_turn((0..40).map(|_| append()));
    assert_eq!(within(&Store, &appends, memory(700_000)), full, "40 states, 20,500 bytes each");
    assert!(matches!(within(&Store, &appends, memory(1_000_000)), Outcome::Order(_)));
}

#[test]
fn memory_is_counted_about_as_it_is_taken() {
    let mut seen = Seen::default();
    assert_eq!(seen.size(), 0);
    for place in 0..1_000_u64 {
        seen.insert(&[place; 10]);
    }
    // Ten words and two numbers each.
    assert!((90_000..=100_000).contains(&seen.size()), "{}", seen.size());
    let held = |value: &str| Held { version: Version(1), value: value.into() };
    let small = Versioned.size(&held(""));
    assert!(small >= size_of::<Held>());
    assert_eq!(Versioned.size(&held(&"x".repeat(999))), small + 999);
    let small = Store.size(&"".into());
    assert_eq!(small, size_of::<std::sync::Arc<str>>());
    assert_eq!(Store.size(&"x".repeat(999).as_str().into()), small + 999);
    assert_eq!(Register::default().size(&ValueId::NIL), size_of::<ValueId>());
}

/// Orders for pictures: each is one, each is the longest so far with something in it, and each
/// operation has the longest.
#[test]
fn the_longest_order_with_each_operation() {
    let mut model = Register::default();
    let key = model.key("");
    let [one, two, three] = ["1", "2", "3"].map(|value| model.value(value));
    let access = |access, called, returned| Timed {
        operation: Operation { key, access },
        called,
        returned: Some(returned),
    };
    let history = [
        access(Access::Write(one), 1, 4),
        access(Access::Write(two), 2, 5),
        access(Access::Read(Some(one)), 6, 9),
        access(Access::Read(Some(two)), 7, 10),
        access(Access::Write(three), 11, 12),
    ];
    assert!(matches!(within(&model, &history, Limits::default()), Outcome::NoOrder { .. }));
    let longest = longest_with_each(&model, &history, Limits::default());
    assert!(longest.orders.len() >= 2, "{longest:?}");
    for (number, order) in longest.orders.iter().enumerate() {
        let mut state = model.initial();
        for (at, place) in order.iter().enumerate() {
            let timed = &history[*place];
            assert!(model.admits(&state, &timed.operation), "{order:?}");
            state = model.apply(&state, &timed.operation);
            assert!(order[at + 1..].iter().all(|later| !history[*later].precedes(timed)));
        }
        let shorter = |place: &usize| {
            let mut earlier = longest.orders[..number].iter().filter(|o| o.contains(place));
            earlier.all(|earlier| earlier.len() < order.len())
        };
        assert!(order.iter().any(shorter), "{order:?} is the longest with something");
    }
    let length = |place: usize| longest.with[place].map(|number| longest.orders[number].len());
    assert_eq!([0, 1, 2, 3, 4].map(length), [Some(3), Some(3), Some(3), Some(3), None]);
    for (place, number) in longest.with.iter().enumerate() {
        assert!(number.is_none_or(|number| longest.orders[number].contains(&place)));
    }
}
