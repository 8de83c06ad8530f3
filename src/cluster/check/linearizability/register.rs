//! A register: read, write, compare-and-set. What Jepsen's and Maelstrom's `linearizable-register`
//! and `lin-kv` workloads record.
//!
//! Values and keys are numbers here; [`Register::value`] and [`Register::key`] give a text its
//! number, so that a search compares numbers and words are made only for people.

use std::collections::BTreeMap;

use super::{Goals, Model, Nature, Timed};

/// A value, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(u32);

impl ValueId {
    /// What a register holds that was never written.
    pub const NIL: Self = Self(0);
}

/// A register among several, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

/// An operation and its answer, if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    Read(Option<ValueId>),
    Write(ValueId),
    /// Sets `new` if the register holds `old`.
    CompareAndSet {
        old: ValueId,
        new: ValueId,
        done: Option<bool>,
    },
}

/// An operation on one of the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    pub key: KeyId,
    pub access: Access,
}

/// Registers, each with the value `nil` at first.
#[derive(Clone, Debug)]
pub struct Register {
    values: Vec<String>,
    keys: Vec<String>,
    value_ids: BTreeMap<String, u32>,
    key_ids: BTreeMap<String, u32>,
}

impl Default for Register {
    fn default() -> Self {
        Self::new("nil")
    }
}

impl Register {
    /// `nil`: how the value is written that a register holds at first.
    pub fn new(nil: &str) -> Self {
        let mut register = Self {
            values: Vec::new(),
            keys: Vec::new(),
            value_ids: BTreeMap::new(),
            key_ids: BTreeMap::new(),
        };
        register.value(nil);
        register
    }

    /// The number of a value.
    pub fn value(&mut self, text: &str) -> ValueId {
        ValueId(number(&mut self.values, &mut self.value_ids, text))
    }

    /// The number of a key. A register that has no name has the empty one.
    pub fn key(&mut self, text: &str) -> KeyId {
        KeyId(number(&mut self.keys, &mut self.key_ids, text))
    }

    pub fn key_text(&self, key: KeyId) -> &str {
        self.keys.get(key.0 as usize).map_or("", |key| key)
    }

    fn text(&self, value: ValueId) -> &str {
        self.values.get(value.0 as usize).map_or("?", |value| value)
    }
}

fn number(texts: &mut Vec<String>, ids: &mut BTreeMap<String, u32>, text: &str) -> u32 {
    if let Some(id) = ids.get(text) {
        return *id;
    }
    let id = texts.len() as u32;
    texts.push(text.to_owned());
    ids.insert(text.to_owned(), id);
    id
}

impl Model for Register {
    type Operation = Operation;
    type State = ValueId;
    type Part = KeyId;

    fn part(&self, operation: &Operation) -> KeyId {
        operation.key
    }

    fn initial(&self) -> ValueId {
        ValueId::NIL
    }

    fn nature(&self, operation: &Operation) -> Nature {
        match operation.access {
            Access::Read(_) | Access::CompareAndSet { done: Some(false), .. } => Nature::Observer,
            Access::CompareAndSet { old, new, .. } if old == new => Nature::Observer,
            Access::CompareAndSet { done: Some(true) | None, .. } => Nature::Conditional,
            Access::Write(_) => Nature::Overwrite,
        }
    }

    fn admits(&self, state: &ValueId, operation: &Operation) -> bool {
        match operation.access {
            Access::Read(value) => value.is_none_or(|value| value == *state),
            Access::Write(_) => true,
            // One that failed unseen might as well never have run.
            Access::CompareAndSet { old, done, .. } => (old == *state) == done.unwrap_or(true),
        }
    }

    fn apply(&self, state: &ValueId, operation: &Operation) -> ValueId {
        match operation.access {
            Access::Read(_) | Access::CompareAndSet { done: Some(false), .. } => *state,
            Access::Write(value) => value,
            Access::CompareAndSet { new, done: Some(true) | None, .. } => new,
        }
    }

    fn leads(&self, _: &ValueId, operation: &Operation, goal: &Operation) -> bool {
        let (Access::Write(made) | Access::CompareAndSet { new: made, .. }) = operation.access
        else {
            return false;
        };
        self.admits(&made, goal)
    }

    fn unanswered(&self, operation: &Operation) -> Option<Operation> {
        let access = match operation.access {
            Access::Read(_) => return None,
            Access::Write(value) => Access::Write(value),
            Access::CompareAndSet { old, new, .. } => {
                Access::CompareAndSet { old, new, done: None }
            }
        };
        Some(Operation { access, ..*operation })
    }

    /// A goal is a value.
    fn goals(&self, operations: &[&Operation]) -> Goals<ValueId> {
        let wanted = operations.iter().map(|operation| match operation.access {
            Access::Read(value) => value.map(|value| value.0),
            Access::CompareAndSet { old, done: Some(true), .. } => Some(old.0),
            Access::CompareAndSet { .. } | Access::Write(_) => None,
        });
        let makes = operations.iter().map(|operation| match operation.access {
            Access::Write(value) => vec![value.0],
            Access::CompareAndSet { new, done: Some(true) | None, .. } => vec![new.0],
            Access::CompareAndSet { done: Some(false), .. } | Access::Read(_) => Vec::new(),
        });
        let states = (0..self.values.len() as u32).map(ValueId).collect();
        Goals { states, wanted: wanted.collect(), makes: makes.collect(), starts: Vec::new() }
    }

    fn describe(&self, operation: &Operation) -> String {
        let key = match self.key_text(operation.key) {
            "" => String::new(),
            key => format!(" {key}"),
        };
        match operation.access {
            Access::Read(Some(value)) => format!("read{key} -> {}", self.text(value)),
            Access::Read(None) => format!("read{key} -> ?"),
            Access::Write(value) => format!("write{key} {}", self.text(value)),
            Access::CompareAndSet { old, new, done } => {
                let answer = match done {
                    Some(true) => "done",
                    Some(false) => "refused",
                    None => "?",
                };
                format!("cas{key} {} to {} -> {answer}", self.text(old), self.text(new))
            }
        }
    }

    fn would_explain(&self, failed: &Operation, found: &Operation) -> bool {
        let (Access::Read(Some(value)) | Access::CompareAndSet { old: value, .. }) = found.access
        else {
            return false;
        };
        let (Access::Write(made) | Access::CompareAndSet { new: made, .. }) = failed.access else {
            return false;
        };
        failed.key == found.key && made == value
    }

    fn describe_state(&self, state: &ValueId) -> String {
        format!("the register holds {}", self.text(*state))
    }

    fn explain(
        &self,
        history: &[Timed<Operation>],
        clashing: &[&Timed<Operation>],
    ) -> Option<String> {
        let [one] = clashing else { return None };
        let Access::Read(Some(value)) = one.operation.access else { return None };
        let writes = |timed: &Timed<Operation>| match timed.operation.access {
            Access::Write(new) | Access::CompareAndSet { new, done: Some(true) | None, .. } => {
                new == value
            }
            Access::Read(_) | Access::CompareAndSet { done: Some(false), .. } => false,
        };
        let value_text = self.text(value);
        if history.iter().any(|timed| writes(timed) && timed.called < one.end()) {
            None
        } else if history.iter().any(writes) {
            Some(format!("It reads {value_text} before anybody writes {value_text}."))
        } else {
            Some(format!("It reads {value_text}, which nobody writes."))
        }
    }
}
