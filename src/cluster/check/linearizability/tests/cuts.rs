//! What cuts a search short: histories in which each rule saves going through all orders, and a
//! bound on the steps that holds with the rule only. The bounds are far above what it takes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::super::register::{Access, Operation, Register, ValueId};
use super::super::store::{self, Store};
use super::super::{Limits, Model, Outcome, Timed, search};

fn within<M: Model>(model: &M, history: &[Timed<M::Operation>], steps: u64) -> Outcome {
    let limits = Limits { steps, ..Limits::default() };
    search::run(model, history, limits, &mut |_| ControlFlow::Continue(()))
}

/// Of all these each is called before any returns; then the others follow one by one.
fn together_then<O: Clone>(together: &[O], then: &[O]) -> Vec<Timed<O>> {
    let count = together.len() as u64;
    let mut history: Vec<Timed<O>> = (0..)
        .zip(together)
        .map(|(at, operation)| Timed {
            operation: operation.clone(),
            called: at,
            returned: Some(count + at),
        })
        .collect();
    history.extend((0..).zip(then).map(|(at, operation)| Timed {
        operation: operation.clone(),
        called: 2 * (count + at),
        returned: Some(2 * (count + at) + 1),
    }));
    history
}

/// A register, and what is done with values by number: 0 is nil.
struct Lab {
    model: Register,
    values: Vec<ValueId>,
}

impl Lab {
    fn new() -> Self {
        let mut model = Register::default();
        let values = (1..40).map(|value: u32| model.value(&value.to_string()));
        let values = std::iter::once(ValueId::NIL).chain(values.collect::<Vec<_>>()).collect();
        Self { model, values }
    }

    fn on(&mut self, access: Access) -> Operation {
        Operation { key: self.model.key(""), access }
    }

    fn write(&mut self, value: usize) -> Operation {
        self.on(Access::Write(self.values[value]))
    }

    fn read(&mut self, value: usize) -> Operation {
        self.on(Access::Read(Some(self.values[value])))
    }

    fn cas(&mut self, old: usize, new: usize) -> Operation {
        let (old, new) = (self.values[old], self.values[new]);
        self.on(Access::CompareAndSet { old, new, done: Some(true) })
    }
}

/// What is suspect when it is seen before the first step that there is no order.
fn suspects_at_once(model: &Register, history: &[Timed<Operation>]) -> BTreeSet<usize> {
    match within(model, history, 0) {
        Outcome::NoOrder { suspects, .. } => suspects.into_iter().collect(),
        other => panic!("not seen at once: {other:?}"),
    }
}

/// A state that one operation alone makes is there once: two whose times cross can't both be, and
/// that is seen before anything is placed.
#[test]
fn states_that_are_there_once_and_cross_need_no_search() {
    let mut lab = Lab::new();
    let writes: Vec<Operation> = (1..=20).map(|value| lab.write(value)).collect();
    let history = together_then(&writes, &[lab.read(9), lab.read(7)]);
    // Both had been written when the other was read.
    assert_eq!(suspects_at_once(&lab.model, &history), BTreeSet::from([6, 8, 20, 21]));
    // The state that follows on another had been made when that one was read.
    let chain = [lab.write(1), lab.cas(1, 2), lab.cas(2, 3)];
    let history = together_then(&chain, &[lab.read(3), lab.read(1)]);
    assert_eq!(suspects_at_once(&lab.model, &history), BTreeSet::from([0, 1, 2, 4]));
}

/// Once nothing is left that makes a state which is waited for, the way is given up.
#[test]
fn what_can_not_come_any_more_is_not_waited_for() {
    let mut lab = Lab::new();
    let twice: Vec<Operation> = (1..=24).map(|value| lab.write(1 + value % 12)).collect();
    let history = together_then(&twice, &[lab.read(0)]);
    assert!(matches!(within(&lab.model, &history, 5_000), Outcome::NoOrder { .. }));

    // A value grows at its end: what does not begin it is no beginning.
    let get = |value: &str| store::Operation {
        key: "k".into(),
        access: store::Access::Get(Some(value.into())),
    };
    let pieces: Vec<String> = (0..16).map(|at| format!("{}x", (at * 7) % 16)).collect();
    let append = |piece: &String| store::Operation {
        key: "k".into(),
        access: store::Access::Append(piece.as_str().into()),
    };
    let appends: Vec<_> = pieces.iter().map(append).collect();
    let mut backwards: Vec<&str> = pieces.iter().map(String::as_str).collect();
    backwards.sort_unstable();
    let history = together_then(&appends, &[get(&backwards.concat())]);
    assert!(matches!(within(&Store, &history, 20_000), Outcome::Order(_)));
    backwards.swap(14, 15);
    let wrong = format!("{}y", backwards.concat());
    let history = together_then(&appends, &[get(&wrong)]);
    assert!(matches!(within(&Store, &history, 20_000), Outcome::NoOrder { .. }));
}

/// Equal operations are tried in one order only.
#[test]
fn equal_operations_are_interchangeable() {
    let mut lab = Lab::new();
    let mut there_and_back = vec![lab.write(1)];
    there_and_back
        .extend((0..24).map(|at| if at % 2 == 0 { lab.cas(1, 2) } else { lab.cas(2, 1) }));
    let history = together_then(&there_and_back, &[lab.read(2)]);
    assert!(matches!(within(&lab.model, &history, 10_000), Outcome::NoOrder { .. }));
}

/// What is overwritten and was not observed makes no difference.
#[test]
fn what_nobody_sees_is_not_tried_in_all_orders() {
    let mut lab = Lab::new();
    let writes: Vec<Operation> = (0..24).map(|at| lab.write(1 + at / 2)).collect();
    let reads = [lab.read(1), lab.read(2)];
    let history = together_then(&writes, &reads);
    assert!(matches!(within(&lab.model, &history, 50_000), Outcome::NoOrder { .. }));
}
