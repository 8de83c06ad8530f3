//! Why a history is not linearizable: when it went wrong, and which operations clash.
//!
//! Both questions are put to the engine again, about weaker histories. *When*: a history cut off
//! after some return is a history in which what was in progress is open; the first cut that is
//! not linearizable tells which answer made it certain. *Which*: take back an answer, as if its
//! operation had never returned. If the rest still has no order, then that answer doesn't
//! matter. What can't be taken back any more is a smallest set of answers that clash.

use super::{Evidence, Limits, Model, Outcome, Progress, Reason, Timed, Watch};

/// The most steps that the answer to when and the answer to which may cost each, and those that
/// one question to the engine may cost.
const STEPS: u64 = 2_000_000;
const STEPS_EACH: u64 = 200_000;

/// The operation of a history without order whose return made that certain, as far as the limits
/// suffice to find it.
pub fn first_wrong<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    limits: Limits,
    watch: &mut Watch<'_>,
) -> Option<usize> {
    Inquiry::new(model, limits, watch).first_wrong(history)
}

/// Gathers the evidence on a history that has no order. `wrong` is the operation whose return made
/// that certain, where it is known.
pub fn gather<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    wrong: Option<usize>,
    limits: Limits,
    watch: &mut Watch<'_>,
) -> Evidence {
    let mut inquiry = Inquiry::new(model, limits, watch);
    let wrong = wrong.or_else(|| inquiry.first_wrong(history));
    // That all is well before it is proven by an order.
    let proven = wrong.and_then(|place| Some((place, inquiry.order_before(history, place)?)));
    let until = proven.as_ref().map_or(u64::MAX, |(place, _)| history[*place].end());
    inquiry.begin();
    let (places, mut weak) = cut(model, history, until);
    let answered = (0..weak.len()).filter(|at| weak[*at].as_ref().is_some_and(is_answered));
    let mut answered: Vec<usize> = answered.collect();
    answered.sort_by_key(|at| weak[*at].as_ref().map(Timed::end));
    let suspected = inquiry.suspects(&weak);
    let left = inquiry.take_back_most(&mut weak, answered, &suspected);
    inquiry.is_certain = true;
    inquiry.take_back(&mut weak, &left);
    let is_certain = inquiry.is_certain;
    let kept =
        places.iter().zip(&weak).filter(|(_, timed)| timed.as_ref().is_some_and(is_answered));
    let mut clashing: Vec<usize> = kept.map(|(place, _)| *place).collect();
    clashing.sort_by_key(|place| history[*place].called);
    let operations: Vec<_> = clashing.iter().map(|place| &history[*place]).collect();
    let because = model.explain(history, &operations);
    let (wrong, longest) = proven.map_or((None, Vec::new()), |(wrong, order)| (Some(wrong), order));
    // One alone can't be fewer.
    let is_smallest = is_certain || clashing.len() == 1;
    Evidence { wrong, longest, clashing, is_smallest, because }
}

fn is_answered<O>(timed: &Timed<O>) -> bool {
    timed.returned.is_some()
}

/// A history in which some operations have been left out.
type Weak<O> = Vec<Option<Timed<O>>>;

/// The history up to and with the event `until`: what returns later is open. And the place of
/// each of its operations in the whole.
fn cut<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    until: u64,
) -> (Vec<usize>, Weak<M::Operation>) {
    let called = history.iter().enumerate().filter(|(_, timed)| timed.called <= until);
    called
        .map(|(place, timed)| {
            (place, if timed.end() <= until { Some(timed.clone()) } else { open(model, timed) })
        })
        .unzip()
}

/// The operation as if it had never returned; `None` if it then says nothing.
fn open<M: Model>(model: &M, timed: &Timed<M::Operation>) -> Option<Timed<M::Operation>> {
    let operation = model.unanswered(&timed.operation)?;
    Some(Timed { operation, called: timed.called, returned: None })
}

struct Inquiry<'a, 'w, M> {
    model: &'a M,
    /// For each of the two questions.
    limits: Limits,
    /// What is left for the present one.
    left: Limits,
    /// Whether every judgement was one, and none was broken off.
    is_certain: bool,
    watch: &'a mut Watch<'w>,
}

impl<'a, 'w, M: Model> Inquiry<'a, 'w, M> {
    fn new(model: &'a M, limits: Limits, watch: &'a mut Watch<'w>) -> Self {
        let limits = Limits { steps: limits.steps.min(STEPS), ..limits };
        Self { model, limits, left: limits, is_certain: true, watch }
    }

    /// The next question begins.
    fn begin(&mut self) {
        self.left = self.limits;
    }

    /// Judges a history, as far as what is left of the limits goes.
    fn judge(&mut self, history: &[Timed<M::Operation>]) -> Outcome {
        let limits = Limits { steps: self.left.steps.min(STEPS_EACH), ..self.left };
        let mut steps = history.len() as u64;
        if limits.steps < steps {
            self.is_certain = false;
            return Outcome::Undecided(Reason::Steps);
        }
        let outcome = self.model.judge(history, limits, &mut |progress| {
            steps += progress.steps;
            // What is placed here says nothing of how far the verdict has come.
            (self.watch)(Progress { placed: 0, ..progress })
        });
        let stopped = outcome == Outcome::Undecided(Reason::Stopped);
        // Whoever has stopped one question wants to hear no other.
        let left = if stopped { 0 } else { self.left.steps.saturating_sub(steps) };
        self.left.steps = left;
        if stopped {
            self.limits.steps = 0;
        }
        self.is_certain &= !matches!(outcome, Outcome::Undecided(_));
        outcome
    }

    /// Whether a history certainly has no order.
    fn has_no_order(&mut self, weak: &Weak<M::Operation>) -> bool {
        let history: Vec<_> = weak.iter().flatten().cloned().collect();
        matches!(self.judge(&history), Outcome::NoOrder { .. })
    }

    /// An order of what happened before the return of the operation at `wrong`.
    fn order_before(
        &mut self,
        history: &[Timed<M::Operation>],
        wrong: usize,
    ) -> Option<Vec<usize>> {
        let (places, weak) = cut(self.model, history, history[wrong].end() - 1);
        let (places, history): (Vec<usize>, Vec<_>) = (places.into_iter().zip(weak))
            .filter_map(|(place, timed)| Some((place, timed?)))
            .unzip();
        match self.judge(&history) {
            Outcome::Order(order) => Some(order.into_iter().map(|at| places[at]).collect()),
            Outcome::NoOrder { .. } | Outcome::Undecided(_) => None,
        }
    }

    /// The operation whose return makes it certain that the history has no order.
    fn first_wrong(&mut self, history: &[Timed<M::Operation>]) -> Option<usize> {
        let mut returned: Vec<usize> =
            (0..history.len()).filter(|place| is_answered(&history[*place])).collect();
        returned.sort_by_key(|place| history[*place].end());
        let wrong = returned.partition_point(|place| {
            !self.has_no_order(&cut(self.model, history, history[*place].end()).1)
        });
        returned.get(wrong).copied()
    }

    /// The operations on which the engine's own refutation rests, if it says.
    fn suspects(&mut self, weak: &Weak<M::Operation>) -> Vec<usize> {
        let places: Vec<usize> = (0..weak.len()).filter(|at| weak[*at].is_some()).collect();
        let history: Vec<_> = weak.iter().flatten().cloned().collect();
        match self.judge(&history) {
            Outcome::NoOrder { suspects, .. } => suspects.iter().map(|at| places[*at]).collect(),
            Outcome::Order(_) | Outcome::Undecided(_) => Vec::new(),
        }
    }

    /// Takes back all answers but those suspected, or the last few, if that is enough for a
    /// clash: what clashes is often close together. Returns what is left.
    fn take_back_most(
        &mut self,
        weak: &mut Weak<M::Operation>,
        answered: Vec<usize>,
        suspected: &[usize],
    ) -> Vec<usize> {
        let is_last = |kept: usize| answered.len().saturating_sub(kept);
        let first = answered.iter().map(|at| suspected.contains(at)).collect();
        let windows = [4, 16, 64, 256, 1_024]
            .map(is_last)
            .into_iter()
            .map(|first| (0..answered.len()).map(|number| number >= first).collect());
        for kept in std::iter::once::<Vec<bool>>(first).chain(windows) {
            let (left, early): (Vec<_>, Vec<_>) =
                answered.iter().zip(kept).partition(|(_, kept)| *kept);
            let [left, early] = [left, early].map(|some| some.into_iter().map(|(at, _)| *at));
            let (left, early): (Vec<usize>, Vec<usize>) = (left.collect(), early.collect());
            if left.is_empty() || early.is_empty() {
                continue;
            }
            let before = self.weaken(weak, &early);
            if self.has_no_order(weak) {
                return left;
            }
            restore(weak, &early, before);
        }
        answered
    }

    /// Takes back answers, and returns what was there.
    fn weaken(&self, weak: &mut Weak<M::Operation>, places: &[usize]) -> Weak<M::Operation> {
        let open = |timed: Timed<M::Operation>| open(self.model, &timed);
        let weaken = |at: &usize| {
            let weaker = weak[*at].clone().and_then(open);
            std::mem::replace(&mut weak[*at], weaker)
        };
        places.iter().map(weaken).collect()
    }

    /// Takes back as many of the answers at `places` as it can while there is no order: all, or
    /// as much as it can of each half. To take back more never makes an order impossible, so
    /// what can't be taken back now never can.
    fn take_back(&mut self, weak: &mut Weak<M::Operation>, places: &[usize]) {
        let mut ranges = vec![places];
        while let Some(range) = ranges.pop() {
            let before = self.weaken(weak, range);
            if !range.is_empty() && !self.has_no_order(weak) {
                restore(weak, range, before);
                if range.len() > 1 {
                    let (early, late) = range.split_at(range.len() / 2);
                    ranges.extend([late, early]);
                }
            }
        }
    }
}

fn restore<O>(weak: &mut Weak<O>, places: &[usize], before: Weak<O>) {
    for (at, timed) in places.iter().zip(before) {
        weak[*at] = timed;
    }
}
