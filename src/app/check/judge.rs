//! From a history to a verdict: the model's own operations are made, each part is judged, and
//! what comes back is about the places in the history again.

use std::collections::BTreeMap;

use super::history::{Asked, History, Operation, Told};
use super::lines::{Function, Model, Outcome};
use crate::cluster::check::linearizability::register::{self, Register};
use crate::cluster::check::linearizability::store::{self, Store};
use crate::cluster::check::linearizability::versioned::{Exchange, Reply, Versioned};
use crate::cluster::check::linearizability::{
    self, Evidence, Limits, Reason, Timed, Verdict, Watch,
};
use crate::cluster::types::{Outcome as Answer, Request, Version};

/// The verdict on a history.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub parts: Vec<Part>,
    /// Each operation in words: "write 3", "get x -> 1 @2".
    pub words: Vec<String>,
}

/// The verdict on what a history says of one key.
#[derive(Clone, Debug)]
pub struct Part {
    pub key: Option<String>,
    pub verdict: Verdict,
    /// The state that the order leads to, in words: the linearization, or the longest partial one.
    pub state: String,
    /// What a page shows beside. `None` unless a page is wanted.
    pub picture: Option<Picture>,
}

/// The orders of one key: first that of the verdict, then for operations that are not in it the
/// longest that a search has met with them.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    pub orders: Vec<Order>,
    /// Operations that another order than the first is for: place in the history, and which.
    pub with: BTreeMap<usize, usize>,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub places: Vec<usize>,
    /// In words, the state after each operation.
    pub states: Vec<String>,
}

/// What is wanted of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The answer alone.
    Verdict,
    /// And why, if something is wrong.
    Evidence,
    /// And orders for a page.
    Page,
}

/// What the search for a page's orders may cost, and how many operations they name altogether.
const PAGE_STEPS: u64 = 300_000;
const PAGE_PLACES_MAX: usize = 100_000;

impl Part {
    pub const fn evidence(&self) -> Option<&Evidence> {
        match &self.verdict {
            Verdict::Violated(evidence) => Some(evidence),
            Verdict::Linearizable(_) | Verdict::Undecided(_) => None,
        }
    }
}

impl Judgement {
    /// The part that was the first to go wrong.
    pub fn violated(&self, history: &History) -> Option<(&Part, &Evidence)> {
        let wrong = self.parts.iter().filter_map(|part| Some((part, part.evidence()?)));
        wrong.min_by_key(|(_, evidence)| {
            let returned = evidence.wrong.and_then(|place| history.operations[place].returned);
            returned.map_or(u64::MAX, |moment| moment.order)
        })
    }

    /// Why no answer was found, if none was.
    pub fn undecided(&self) -> Option<Reason> {
        self.parts.iter().find_map(|part| match part.verdict {
            Verdict::Undecided(reason) => Some(reason),
            Verdict::Linearizable(_) | Verdict::Violated(_) => None,
        })
    }
}

/// Judges a history.
pub fn judge(history: &History, detail: Detail, watch: &mut Watch<'_>) -> Judgement {
    match history.model {
        Model::Register => {
            let mut model = Register::new(super::read::NIL);
            let operations: Vec<_> =
                history.operations.iter().map(|one| access(&mut model, one)).collect();
            Judge { history, detail, model: &model, operations }.judge(watch)
        }
        Model::Store => {
            let operations = history.operations.iter().map(text).collect();
            Judge { history, detail, model: &Store, operations }.judge(watch)
        }
        Model::Versioned => {
            let operations = history.operations.iter().map(exchange).collect();
            Judge { history, detail, model: &Versioned, operations }.judge(watch)
        }
    }
}

struct Judge<'a, M: linearizability::Model> {
    history: &'a History,
    detail: Detail,
    model: &'a M,
    operations: Vec<M::Operation>,
}

impl<M: linearizability::Model> Judge<'_, M> {
    fn judge(self, watch: &mut Watch<'_>) -> Judgement {
        let words = self.operations.iter().map(|one| self.model.describe(one)).collect();
        let mut by_key: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (place, operation) in self.history.operations.iter().enumerate() {
            by_key.entry(operation.asked.key.as_deref()).or_default().push(place);
        }
        let parts = by_key.into_iter().map(|(key, places)| self.part(key, places, watch)).collect();
        Judgement { parts, words }
    }

    fn part(&self, key: Option<&str>, places: Vec<usize>, watch: &mut Watch<'_>) -> Part {
        let counts = |place: &usize| says_something(&self.history.operations[*place]);
        let places: Vec<usize> = places.into_iter().filter(counts).collect();
        let timed: Vec<Timed<M::Operation>> = places
            .iter()
            .map(|place| {
                let Operation { called, returned, .. } = &self.history.operations[*place];
                let operation = self.operations[*place].clone();
                let returned = returned.map(|moment| moment.order);
                Timed { operation, called: called.order, returned }
            })
            .collect();
        let judge = match self.detail {
            Detail::Verdict => linearizability::verdict,
            Detail::Evidence | Detail::Page => linearizability::check,
        };
        let verdict = judge(self.model, &timed, Limits::default(), watch);
        let order = match &verdict {
            Verdict::Linearizable(order) => order,
            Verdict::Violated(evidence) => &evidence.longest,
            Verdict::Undecided(_) => &Vec::new(),
        };
        let state = self.model.describe_state(&linearizability::replay(self.model, &timed, order));
        let picture = match self.detail {
            Detail::Verdict | Detail::Evidence => None,
            Detail::Page => Some(self.picture(&timed, &places, &verdict, order)),
        };
        let placed = |order: Vec<usize>| order.into_iter().map(|at| places[at]).collect();
        let verdict = match verdict {
            Verdict::Linearizable(order) => Verdict::Linearizable(placed(order)),
            Verdict::Violated(evidence) => Verdict::Violated(evidence.placed(&places)),
            Verdict::Undecided(reason) => Verdict::Undecided(reason),
        };
        Part { key: key.map(str::to_owned), verdict, state, picture }
    }

    fn picture(
        &self,
        timed: &[Timed<M::Operation>],
        places: &[usize],
        verdict: &Verdict,
        order: &[usize],
    ) -> Picture {
        let named = |order: &[usize]| Order {
            places: order.iter().map(|at| places[*at]).collect(),
            states: self.states(timed, order),
        };
        let mut picture = Picture { orders: vec![named(order)], with: BTreeMap::new() };
        if matches!(verdict, Verdict::Linearizable(_)) {
            return picture;
        }
        let limits = Limits { steps: PAGE_STEPS, ..Limits::default() };
        let longest = linearizability::longest_with_each(self.model, timed, limits);
        let mut left = PAGE_PLACES_MAX;
        let mut numbers = BTreeMap::new();
        for (at, with) in longest.with.iter().enumerate() {
            let Some(which) = with.filter(|_| !order.contains(&at)) else { continue };
            let length = longest.orders[which].len();
            if length > left {
                break;
            }
            let number = *numbers.entry(which).or_insert_with(|| {
                left -= length;
                picture.orders.push(named(&longest.orders[which]));
                picture.orders.len() - 1
            });
            picture.with.insert(places[at], number);
        }
        picture
    }

    fn states(&self, timed: &[Timed<M::Operation>], order: &[usize]) -> Vec<String> {
        let mut state = self.model.initial();
        let after = |at: &usize| {
            let operation = &timed[*at].operation;
            if self.model.nature(operation) != linearizability::Nature::Observer {
                state = self.model.apply(&state, operation);
            }
            self.model.describe_state(&state)
        };
        order.iter().map(after).collect()
    }
}

/// Whether an operation can say anything about the others.
fn says_something(operation: &Operation) -> bool {
    let reads = matches!(operation.asked.f, Function::Read | Function::Get);
    match operation.told.outcome {
        None => !reads,
        Some(Outcome::Failed) => false,
        Some(_) => true,
    }
}

fn access(model: &mut Register, operation: &Operation) -> register::Operation {
    let Operation { asked: Asked { f, key, value, old, .. }, told, .. } = operation;
    let key = model.key(key.as_deref().unwrap_or_default());
    let access = match f {
        Function::Write => register::Access::Write(model.value(value)),
        Function::Cas => {
            let (old, new) = (model.value(old), model.value(value));
            let done = match told.outcome {
                Some(Outcome::Refused) => Some(false),
                Some(Outcome::Ok) => Some(true),
                _ => None,
            };
            register::Access::CompareAndSet { old, new, done }
        }
        _ => {
            let found = told.outcome == Some(Outcome::Ok);
            register::Access::Read(found.then(|| model.value(&told.value)))
        }
    };
    register::Operation { key, access }
}

fn text(operation: &Operation) -> store::Operation {
    let Operation { asked: Asked { f, key, value, .. }, told, .. } = operation;
    let access = match f {
        Function::Put => store::Access::Put(value.as_str().into()),
        Function::Append => store::Access::Append(value.as_str().into()),
        _ => {
            let found = told.outcome == Some(Outcome::Ok);
            store::Access::Get(found.then(|| told.value.as_str().into()))
        }
    };
    store::Operation { key: key.as_deref().unwrap_or_default().into(), access }
}

fn exchange(operation: &Operation) -> Exchange {
    let Operation { asked: Asked { f, key, value, version, .. }, told, .. } = operation;
    let key = key.as_deref().unwrap_or_default().into();
    let request = match f {
        Function::Put => {
            Request::Put { key, value: value.as_str().into(), version: Version(*version) }
        }
        _ => Request::Get { key },
    };
    Exchange { request, reply: reply(told) }
}

fn reply(told: &Told) -> Option<Reply> {
    let outcome = match told.outcome? {
        Outcome::Ok => Answer::Ok,
        Outcome::NoKey => Answer::NoKey,
        Outcome::Version => Answer::Version,
        Outcome::Maybe => Answer::Maybe,
        Outcome::Refused | Outcome::Failed => return None,
    };
    let Told { value, version, late, .. } = told;
    Some(Reply { outcome, value: value.as_str().into(), version: Version(*version), late: *late })
}
