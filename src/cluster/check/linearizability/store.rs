//! A store of texts: get, put, append. What the key-value labs of MIT's course record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::seen::States;
use super::{Goals, Model, Nature, Timed};

/// An operation and its answer, if it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    Get(Option<Arc<str>>),
    /// Replaces the value.
    Put(Arc<str>),
    /// Adds to the end of the value.
    Append(Arc<str>),
}

/// An operation on a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    pub key: Arc<str>,
    pub access: Access,
}

/// The store. A key that is absent has the empty value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Store;

impl Model for Store {
    type Operation = Operation;
    type State = Arc<str>;
    type Part = Arc<str>;

    fn part(&self, operation: &Operation) -> Arc<str> {
        operation.key.clone()
    }

    fn initial(&self) -> Arc<str> {
        "".into()
    }

    fn nature(&self, operation: &Operation) -> Nature {
        match operation.access {
            Access::Get(_) => Nature::Observer,
            Access::Put(_) => Nature::Overwrite,
            Access::Append(_) => Nature::Blind,
        }
    }

    fn admits(&self, state: &Arc<str>, operation: &Operation) -> bool {
        match &operation.access {
            Access::Get(value) => value.as_ref().is_none_or(|value| value == state),
            Access::Put(_) | Access::Append(_) => true,
        }
    }

    fn apply(&self, state: &Arc<str>, operation: &Operation) -> Arc<str> {
        match &operation.access {
            Access::Get(_) => state.clone(),
            Access::Put(value) => value.clone(),
            Access::Append(piece) => [&**state, &**piece].concat().into(),
        }
    }

    fn unanswered(&self, operation: &Operation) -> Option<Operation> {
        match operation.access {
            Access::Get(_) => None,
            Access::Put(_) | Access::Append(_) => Some(operation.clone()),
        }
    }

    /// Without a put, a value only grows at its end.
    fn within_reach(&self, state: &Arc<str>, goal: &Arc<str>) -> bool {
        goal.starts_with(&**state)
    }

    fn leads(&self, state: &Arc<str>, operation: &Operation, goal: &Operation) -> bool {
        let Access::Get(Some(value)) = &goal.access else { return true };
        match &operation.access {
            Access::Get(_) => false,
            Access::Put(start) => value.starts_with(&**start),
            Access::Append(piece) => {
                value.strip_prefix(&**state).is_some_and(|rest| rest.starts_with(&**piece))
            }
        }
    }

    /// A goal is a value that somebody got, or one from which a goal was made by the only
    /// operation that can have made it.
    fn goals(&self, operations: &[&Operation]) -> Goals<Arc<str>> {
        let (puts, appends) = (Pieces::puts(operations), Pieces::appends(operations));
        let mut goals = Goals {
            states: Vec::new(),
            wanted: vec![None; operations.len()],
            makes: vec![Vec::new(); operations.len()],
            starts: vec![Vec::new(); operations.len()],
        };
        let mut values = States::new();
        for (at, operation) in operations.iter().enumerate() {
            if let Access::Get(Some(value)) = &operation.access {
                goals.wanted[at] = Some(values.number(&**value).0);
            }
        }
        let mut next = 0;
        while let Some(value) = values.all().get(next).copied() {
            let goal = next as u32;
            next += 1;
            puts.starts_of(value).for_each(|at| goals.starts[at].push(goal));
            let put = puts.equal_to(value);
            let added: Vec<usize> = appends.ends_of(value).collect();
            put.iter().chain(&added).for_each(|at| goals.makes[*at].push(goal));
            if let ([], [only]) = (put, &added[..])
                && let Access::Append(piece) = &operations[*only].access
                && let Some(before) = value.strip_suffix(&**piece)
            {
                goals.wanted[*only] = Some(values.number(before).0);
            }
        }
        goals.states = values.all().iter().map(|value| Arc::from(*value)).collect();
        goals
    }

    fn size(&self, state: &Arc<str>) -> usize {
        size_of::<Self::State>() + state.len()
    }

    fn describe(&self, operation: &Operation) -> String {
        let key = &operation.key;
        match &operation.access {
            Access::Get(Some(value)) => format!("get {key} -> {}", shown(value)),
            Access::Get(None) => format!("get {key} -> ?"),
            Access::Put(value) => format!("put {key} {}", shown(value)),
            Access::Append(piece) => format!("append {key} {}", shown(piece)),
        }
    }

    fn would_explain(&self, failed: &Operation, found: &Operation) -> bool {
        let Access::Get(Some(value)) = &found.access else { return false };
        let (Access::Put(piece) | Access::Append(piece)) = &failed.access else { return false };
        failed.key == found.key && !piece.is_empty() && value.contains(&**piece)
    }

    fn describe_state(&self, state: &Arc<str>) -> String {
        format!("the value is {}", shown(state))
    }

    fn explain(
        &self,
        history: &[Timed<Operation>],
        clashing: &[&Timed<Operation>],
    ) -> Option<String> {
        let [one] = clashing else { return None };
        let Access::Get(Some(value)) = &one.operation.access else { return None };
        let written = history.iter().any(|timed| match &timed.operation.access {
            Access::Put(piece) | Access::Append(piece) => value.contains(&**piece),
            Access::Get(_) => false,
        });
        (!written).then(|| format!("It gets {}, which nobody wrote.", shown(value)))
    }
}

/// What some operations write, and which ones.
struct Pieces<'a> {
    writers: BTreeMap<&'a str, Vec<usize>>,
    lengths: BTreeSet<usize>,
}

impl<'a> Pieces<'a> {
    fn new(pieces: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut writers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        pieces.for_each(|(at, piece)| writers.entry(piece).or_default().push(at));
        let lengths = writers.keys().map(|piece| piece.len()).collect();
        Self { writers, lengths }
    }

    fn puts(operations: &[&'a Operation]) -> Self {
        Self::new(operations.iter().enumerate().filter_map(
            |(at, operation)| match &operation.access {
                Access::Put(value) => Some((at, &**value)),
                Access::Get(_) | Access::Append(_) => None,
            },
        ))
    }

    /// An append of nothing makes no value.
    fn appends(operations: &[&'a Operation]) -> Self {
        Self::new(operations.iter().enumerate().filter_map(
            |(at, operation)| match &operation.access {
                Access::Append(piece) if !piece.is_empty() => Some((at, &**piece)),
                Access::Append(_) | Access::Get(_) | Access::Put(_) => None,
            },
        ))
    }

    fn equal_to(&self, value: &str) -> &[usize] {
        self.writers.get(value).map_or(&[], |writers| writers)
    }

    /// Who writes a start of the value.
    fn starts_of(&self, value: &str) -> impl Iterator<Item = usize> {
        let starts = self.lengths.range(..=value.len()).filter_map(|length| value.get(..*length));
        starts.flat_map(|start| self.equal_to(start)).copied()
    }

    /// Who writes an end of the value.
    fn ends_of(&self, value: &str) -> impl Iterator<Item = usize> {
        let lengths = self.lengths.range(..=value.len());
        let ends = lengths.filter_map(|length| value.get(value.len() - length..));
        ends.flat_map(|end| self.equal_to(end)).copied()
    }
}

/// A value in quotes; the middle of a long one is left out.
fn shown(value: &str) -> String {
    const ENDS: usize = 24;
    let count = value.chars().count();
    if count <= 3 * ENDS {
        return format!("{value:?}");
    }
    let start: String = value.chars().take(ENDS).collect();
    let end: String = value.chars().skip(count - ENDS).collect();
    format!("{:?} ({} more) {:?}", start, count - 2 * ENDS, end)
}
