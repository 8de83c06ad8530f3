//! All small histories, one by one.

use std::ops::ControlFlow;

use super::super::register::{Access, Operation, Register, ValueId};
use super::super::versioned::{Exchange, Reply, Versioned};
use super::super::{Limits, Model, Outcome, Timed, search};
use super::brute::{has_order, has_run};
use super::{explains, is_late};
use crate::cluster::types::{Outcome as Answer, Request, Version};

/// When three operations can be called and return, in the order of their calls.
fn times() -> Vec<[(u64, u64); 3]> {
    let mut all = Vec::new();
    for second in 2..=3 {
        for third in second + 1..=5 {
            let calls = [1, second, third];
            let free: Vec<u64> = (1..=6).filter(|at| !calls.contains(at)).collect();
            for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                let times = [0, 1, 2].map(|at| (calls[at], free[order[at]]));
                if times.iter().all(|(called, returned)| called < returned) {
                    all.push(times);
                }
            }
        }
    }
    all
}

/// Every history of three of these operations.
fn histories<O: Clone>(
    operations: &[O],
    is_open: impl Fn(&O) -> bool,
    mut judge: impl FnMut(&[Timed<O>]),
) {
    let times = times();
    assert_eq!(times.len(), 15);
    for first in operations {
        for second in operations {
            for third in operations {
                for times in &times {
                    let chosen = [first, second, third].into_iter().zip(times);
                    let history: Vec<Timed<O>> = chosen
                        .map(|(operation, (called, returned))| Timed {
                            operation: operation.clone(),
                            called: *called,
                            returned: (!is_open(operation)).then_some(*returned),
                        })
                        .collect();
                    judge(&history);
                }
            }
        }
    }
}

#[test]
fn every_history_of_three_exchanges() {
    let reply = |outcome, value: &str, version, late| {
        Some(Reply { outcome, value: value.into(), version: Version(version), late })
    };
    let get = |reply| Exchange { request: Request::Get { key: "k".into() }, reply };
    let put = |value: &str, version, reply| {
        let (key, value, version) = ("k".into(), value.into(), Version(version));
        Exchange { request: Request::Put { key, value, version }, reply }
    };
    let mut exchanges = vec![
        get(reply(Answer::NoKey, "", 0, false)),
        get(reply(Answer::Ok, "a", 1, false)),
        get(reply(Answer::Ok, "b", 2, false)),
        get(reply(Answer::Maybe, "", 0, false)),
        put("a", 0, reply(Answer::Ok, "", 1, false)),
        put("a", 0, reply(Answer::Version, "", 2, false)),
        put("b", 1, reply(Answer::Ok, "", 2, false)),
        put("b", 1, reply(Answer::Ok, "", 0, false)),
        put("a", 0, None),
        put("b", 1, None),
    ];
    for late in [false, true] {
        exchanges.push(put("a", 0, reply(Answer::Maybe, "", 0, late)));
        exchanges.push(put("b", 1, reply(Answer::Maybe, "", 0, late)));
        exchanges.push(put("b", 1, reply(Answer::NoKey, "", 0, late)));
        exchanges.push(put("b", 1, reply(Answer::Version, "", 3, late)));
        exchanges.push(put("c", 2, reply(Answer::Version, "", 3, late)));
    }
    let mut right = 0;
    histories(
        &exchanges,
        |exchange| exchange.reply.is_none(),
        |history| {
            let outcome =
                Versioned.judge(history, Limits::default(), &mut |_| ControlFlow::Continue(()));
            let expected = has_run(history);
            right += u32::from(expected);
            match outcome {
                Outcome::Order(order) => {
                    assert!(expected, "{history:?} has none: {order:?}");
                    assert!(
                        history.iter().any(is_late) || explains(&Versioned, history, &order),
                        "{history:?}: {order:?}"
                    );
                }
                other => assert!(!expected, "{history:?}: {other:?}"),
            }
        },
    );
    assert!(right > 1_000, "{right}");
}

#[test]
fn every_history_of_three_accesses() {
    let mut model = Register::default();
    let key = model.key("");
    let [one, two] = ["1", "2"].map(|value| model.value(value));
    let cas = |old, new, done| Access::CompareAndSet { old, new, done };
    let mut accesses: Vec<Access> =
        [ValueId::NIL, one, two].into_iter().map(|value| Access::Read(Some(value))).collect();
    accesses.extend([Access::Write(one), Access::Write(two), Access::Write(ValueId::NIL)]);
    for done in [Some(true), Some(false), None] {
        accesses.extend([cas(one, two, done), cas(two, two, done), cas(ValueId::NIL, one, done)]);
    }
    let operations: Vec<Operation> =
        accesses.into_iter().map(|access| Operation { key, access }).collect();
    let open = |operation: &Operation| {
        matches!(operation.access, Access::CompareAndSet { done: None, .. })
    };
    histories(&operations, open, |history| {
        let outcome =
            search::run(&model, history, Limits::default(), &mut |_| ControlFlow::Continue(()));
        let expected = has_order(&model, history);
        match outcome {
            Outcome::Order(order) => assert!(expected && explains(&model, history, &order)),
            other => assert!(!expected, "{history:?}: {other:?}"),
        }
    });
}

/// What takes four: a refusal of which an earlier one says one half, and a copy that runs late.
#[test]
fn some_histories_of_four_exchanges() {
    let put = |value: &str, version, outcome, late| {
        let (key, value, version) = ("k".into(), value.into(), Version(version));
        let reply = Some(Reply { outcome, value: "".into(), version: version.next(), late });
        Exchange { request: Request::Put { key, value, version }, reply }
    };
    let get = |value: &str, version| {
        let reply = Reply {
            outcome: Answer::Ok,
            value: value.into(),
            version: Version(version),
            late: false,
        };
        Exchange { request: Request::Get { key: "k".into() }, reply: Some(reply) }
    };
    let first = || put("a", 0, Answer::Ok, false);
    let refused = |value| put(value, 1, Answer::Maybe, false);
    let late = put("c", 2, Answer::Version, true);
    for (exchanges, times, expected) in [
        (
            [first(), refused("b"), refused("c"), get("a", 1)],
            [(1, 3), (2, 5), (4, 6), (7, 8)],
            false,
        ),
        (
            [first(), refused("b"), refused("c"), get("a", 1)],
            [(1, 4), (2, 5), (3, 6), (7, 8)],
            true,
        ),
        (
            [first(), late, put("b", 1, Answer::Ok, false), get("c", 3)],
            [(1, 2), (3, 4), (5, 6), (7, 8)],
            true,
        ),
    ] {
        let timed =
            |(operation, (called, returned))| Timed { operation, called, returned: Some(returned) };
        let history: Vec<Timed<Exchange>> = exchanges.into_iter().zip(times).map(timed).collect();
        let outcome =
            Versioned.judge(&history, Limits::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(has_run(&history), expected, "{history:?}");
        assert_eq!(matches!(outcome, Outcome::Order(_)), expected, "{history:?}: {outcome:?}");
    }
    // A put at 0 makes version 1, and no other.
    for (version, expected) in [(1, true), (0, false), (2, false)] {
        let mut operation = first();
        operation.reply = operation.reply.map(|reply| Reply { version: Version(version), ..reply });
        let history = [Timed { operation, called: 1, returned: Some(2) }];
        let outcome =
            Versioned.judge(&history, Limits::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(matches!(outcome, Outcome::Order(_)), expected, "{version}");
    }
}

/// Without asking the model what changes a register: a cas that was done has set it.
#[test]
fn a_cas_that_is_done_has_set_the_register() {
    let mut model = Register::default();
    let key = model.key("");
    let [one, two] = ["1", "2"].map(|value| model.value(value));
    for (done, read, expected) in
        [(true, two, true), (true, one, false), (false, one, false), (false, two, false)]
    {
        let cas = Access::CompareAndSet { old: one, new: two, done: Some(done) };
        let accesses = [Access::Write(one), cas, Access::Read(Some(read))];
        let timed = |(at, access)| {
            let operation = Operation { key, access };
            Timed { operation, called: at, returned: Some(at + 1) }
        };
        let history: Vec<Timed<Operation>> =
            [1, 3, 5].into_iter().zip(accesses).map(timed).collect();
        let outcome = model.judge(&history, Limits::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(matches!(outcome, Outcome::Order(_)), expected, "{history:?}");
        if expected {
            assert_eq!(super::replay(&model, &history, &[0, 1, 2]), two);
        }
    }
}
