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
