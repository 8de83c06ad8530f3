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
    /// One for each key, as far as they have been judged.
    pub parts: Vec<Part>,
    /// How many keys there are.
    pub keys: usize,
    /// The part that was the first to go wrong, if one did: it has the evidence.
    pub first_wrong: Option<usize>,
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
    /// Operations that failed, so they took no effect, but would explain what clashes.
    pub failed: Vec<usize>,
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
/// What it may cost to find out which of several keys went wrong first.
const FIRST_STEPS: u64 = 1_000_000;
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
    /// The part that was the first to go wrong, as far as that is known.
    pub fn violated(&self) -> Option<(&Part, &Evidence)> {
        let first = self.first_wrong.and_then(|first| self.parts.get(first));
        let wrong = first.into_iter().chain(&self.parts);
        wrong.into_iter().find_map(|part| Some((part, part.evidence()?)))
    }

    /// Why no answer was found, if none was.
    pub fn undecided(&self) -> Option<Reason> {
        self.parts.iter().find_map(|part| match part.verdict {
            Verdict::Undecided(reason) => Some(reason),
            Verdict::Linearizable(_) | Verdict::Violated(_) => None,
        })
    }
}

/// Judges a history. `told` hears of the verdict as soon as it is certain, before anything is done
/// for the evidence.
pub fn judge(
    history: &History,
    detail: Detail,
    told: &mut dyn FnMut(&Judgement),
    watch: &mut Watch<'_>,
) -> Judgement {
    match history.model {
        Model::Register => {
            let mut model = Register::new(super::read::NIL);
            let operations: Vec<_> =
                history.operations.iter().map(|one| access(&mut model, one)).collect();
            Judge { history, detail, model: &model, operations }.judge(told, watch)
        }
        Model::Store => {
            let operations = history.operations.iter().map(text).collect();
            Judge { history, detail, model: &Store, operations }.judge(told, watch)
        }
        Model::Versioned => {
            let operations = history.operations.iter().map(exchange).collect();
            Judge { history, detail, model: &Versioned, operations }.judge(told, watch)
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
    fn judge(self, told: &mut dyn FnMut(&Judgement), watch: &mut Watch<'_>) -> Judgement {
        let mut by_key: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (place, operation) in self.history.operations.iter().enumerate() {
            by_key.entry(operation.asked.key.as_deref()).or_default().push(place);
        }
        let words = (0..self.operations.len()).map(|place| self.words(place)).collect();
        let keys = by_key.len();
        let mut judgement = Judgement { parts: Vec::new(), keys, first_wrong: None, words };
        let mut is_told = false;
        for (key, places) in &by_key {
            judgement.parts.push(self.part(*key, places, watch));
            if !is_told && judgement.violated().is_some() {
                is_told = true;
                told(&judgement);
            }
        }
        if !is_told {
            told(&judgement);
        }
        let places: Vec<Vec<usize>> = by_key.into_values().collect();
        match self.detail {
            Detail::Verdict => {}
            Detail::Evidence => {
                judgement.first_wrong = self.first_wrong(&judgement.parts, &places, watch);
                if let Some(first) = judgement.first_wrong {
                    self.explain(&mut judgement.parts[first], &places[first], watch);
                }
            }
            Detail::Page => {
                for (part, places) in judgement.parts.iter_mut().zip(&places) {
                    self.explain(part, places, watch);
                }
                judgement.first_wrong = self.earliest(&judgement.parts);
                for (part, places) in judgement.parts.iter_mut().zip(&places) {
                    part.picture = Some(self.picture(&part.verdict, places));
                }
            }
        }
        judgement
    }

    /// An operation with its answer, in words.
    fn words(&self, place: usize) -> String {
        let words = self.model.describe(&self.operations[place]);
        match self.history.operations[place].told.outcome {
            Some(Outcome::Failed) => {
                format!("{} -> failed", words.strip_suffix(" -> ?").unwrap_or(&words))
            }
            Some(_) | None => words,
        }
    }

    /// Those of some operations that say something about others, with their times.
    fn timed(&self, places: &[usize]) -> (Vec<usize>, Vec<Timed<M::Operation>>) {
        let counts = |place: &&usize| says_something(&self.history.operations[**place]);
        let timed = |place: &usize| {
            let Operation { called, returned, .. } = &self.history.operations[*place];
            let operation = self.operations[*place].clone();
            let returned = returned.map(|moment| moment.order);
            (*place, Timed { operation, called: called.order, returned })
        };
        places.iter().filter(counts).map(timed).unzip()
    }

    fn part(&self, key: Option<&str>, places: &[usize], watch: &mut Watch<'_>) -> Part {
        let (places, timed) = self.timed(places);
        let verdict = linearizability::verdict(self.model, &timed, Limits::default(), watch);
        let state = match &verdict {
            Verdict::Linearizable(order) => self.state(&timed, order),
            Verdict::Violated(_) | Verdict::Undecided(_) => String::new(),
        };
        let verdict = match verdict {
            Verdict::Linearizable(order) => {
                Verdict::Linearizable(order.into_iter().map(|at| places[at]).collect())
            }
            Verdict::Violated(evidence) => Verdict::Violated(evidence.placed(&places)),
            Verdict::Undecided(reason) => Verdict::Undecided(reason),
        };
        Part { key: key.map(str::to_owned), verdict, state, failed: Vec::new(), picture: None }
    }

    fn state(&self, timed: &[Timed<M::Operation>], order: &[usize]) -> String {
        self.model.describe_state(&linearizability::replay(self.model, timed, order))
    }

    /// Which of the parts went wrong first, when several did.
    fn first_wrong(
        &self,
        parts: &[Part],
        places: &[Vec<usize>],
        watch: &mut Watch<'_>,
    ) -> Option<usize> {
        let wrong: Vec<usize> =
            (0..parts.len()).filter(|at| parts[*at].evidence().is_some()).collect();
        let [first, _, ..] = wrong[..] else { return wrong.first().copied() };
        let limits = Limits { steps: FIRST_STEPS / wrong.len() as u64, ..Limits::default() };
        let mut moments = wrong.iter().filter_map(|at| {
            let (places, timed) = self.timed(&places[*at]);
            let known = parts[*at].evidence().and_then(|evidence| evidence.wrong);
            let found = || {
                let found = linearizability::first_wrong(self.model, &timed, limits, watch)?;
                Some(places[found])
            };
            let returned = self.history.operations[known.or_else(found)?].returned?;
            Some((returned.order, *at))
        });
        // What is not known to have gone wrong at some moment goes last.
        moments.by_ref().min().map_or(Some(first), |(_, at)| Some(at))
    }

    /// The part whose evidence is the earliest.
    fn earliest(&self, parts: &[Part]) -> Option<usize> {
        let wrong = parts.iter().enumerate().filter_map(|(at, part)| Some((at, part.evidence()?)));
        let moment = |wrong: Option<usize>| {
            let returned = wrong.and_then(|place| self.history.operations[place].returned);
            returned.map_or(u64::MAX, |moment| moment.order)
        };
        wrong.min_by_key(|(_, evidence)| moment(evidence.wrong)).map(|(at, _)| at)
    }

    /// Gathers the evidence, if the part is violated.
    fn explain(&self, part: &mut Part, all: &[usize], watch: &mut Watch<'_>) {
        let Verdict::Violated(known) = &part.verdict else { return };
        let (places, timed) = self.timed(all);
        let wrong = known.wrong.and_then(|wrong| places.iter().position(|place| *place == wrong));
        let limits = Limits::default();
        let mut evidence = linearizability::evidence(self.model, &timed, wrong, limits, watch);
        part.state = self.state(&timed, &evidence.longest);
        if let [one] = evidence.clashing[..] {
            part.failed = self.failed(all, &timed[one]);
            if !part.failed.is_empty() {
                let because = "Only operations that failed would explain it.";
                evidence.because = Some(because.to_owned());
            }
        }
        part.verdict = Verdict::Violated(evidence.placed(&places));
    }

    /// The operations that failed, and would explain what another found.
    fn failed(&self, places: &[usize], found: &Timed<M::Operation>) -> Vec<usize> {
        let explains = |place: &&usize| {
            let operation = &self.history.operations[**place];
            operation.told.outcome == Some(Outcome::Failed)
                && operation.called.order < found.returned.unwrap_or(u64::MAX)
                && self.model.would_explain(&self.operations[**place], &found.operation)
        };
        places.iter().filter(explains).copied().collect()
    }

    fn picture(&self, verdict: &Verdict, places: &[usize]) -> Picture {
        let (places, timed) = self.timed(places);
        let order = match verdict {
            Verdict::Linearizable(order) => &order[..],
            Verdict::Violated(evidence) => &evidence.longest,
            Verdict::Undecided(_) => &[],
        };
        // Both are in the order of calls.
        let order: Vec<usize> =
            order.iter().filter_map(|place| places.binary_search(place).ok()).collect();
        let named = |order: &[usize]| Order {
            places: order.iter().map(|at| places[*at]).collect(),
            states: self.states(&timed, order),
        };
        let mut picture = Picture { orders: vec![named(&order)], with: BTreeMap::new() };
        if matches!(verdict, Verdict::Linearizable(_)) {
            return picture;
        }
        let limits = Limits { steps: PAGE_STEPS, ..Limits::default() };
        let longest = linearizability::longest_with_each(self.model, &timed, limits);
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
        Outcome::Refused | Outcome::Failed | Outcome::Unknown => return None,
    };
    let Told { value, version, late, .. } = told;
    Some(Reply { outcome, value: value.as_str().into(), version: Version(*version), late: *late })
}
