//! Two futures of one run side by side: what happens in both, what in one alone, the first event
//! that differs, and how they differ in the end.
//!
//! Both are played again from their fork, in step by lab time. What happens at one moment is
//! matched event by event; an event is the same if its deed is, whatever numbers its packets bear
//! (`alike.rs`). The commands by which somebody made two runs of one are shown, but
//! the first difference is the first thing that follows from them. A future that ends before the
//! other is played on as it would go by itself, so that both come equally far.
//!
//! The work is done in pieces, so that whoever asks can show how far it has come, and stop.

mod alike;
mod states;

pub use states::{Difference, differences};

use super::event::{Event, EventKind, LabEvent, Names};
use super::time::Time;
use super::timeline::{Goal, Point, Seek, Timeline, Watcher};
use super::topic::Weight;
use super::{Cluster, Step};
use crate::cluster::cause::Cause;

/// The most rows that are kept. More are counted.
pub const ROWS_MAX: usize = 5_000;
/// How many rows that both have are kept before the first difference.
const COMMON_MAX: usize = 30;
/// The most pairs of events of one moment that are matched. Beyond, their order decides.
const PAIRS_MAX: usize = 1_000_000;
/// How many pairs can be looked at while a step is taken.
const PAIRS_A_STEP: usize = 64;
/// The most events of one moment that are kept to be matched. More are counted.
const MOMENT_MAX: usize = 100_000;

/// What happens at one moment: in both futures, or in one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub time: Time,
    /// Here, and there.
    pub events: [Option<Event>; 2],
    /// It is the same event.
    pub same: bool,
}

/// One of the futures, on its way.
#[derive(Clone, Debug)]
struct Side<W> {
    timeline: Timeline<W>,
    /// The way to the fork, whose cluster goes on from there, and whether it has begun to.
    way: Seek<W>,
    begun: bool,
    /// What has happened at the present moment, and how much more.
    moment: Vec<(Point, Event)>,
    more: u64,
}

/// A comparison, while it is made and when it is done.
#[derive(Clone, Debug)]
pub struct Comparison<W> {
    sides: [Side<W>; 2],
    begin: Time,
    now: Time,
    end: Time,
    rows: imbl::Vector<Row>,
    /// How many more rows there were, before those that are kept and after them.
    left_out: [u64; 2],
    /// The place among the rows of the first that differs and is no command from outside.
    first: Option<usize>,
    done: bool,
}

impl<W: Watcher> Side<W> {
    fn new(timeline: &Timeline<W>, fork: Point) -> Self {
        let (timeline, way) = (timeline.clone(), timeline.way_to(Goal::Point(fork)));
        Self { timeline, way, begun: false, moment: Vec::new(), more: 0 }
    }

    /// Whether it has come to the fork; if not, it goes on towards it.
    fn begin(&mut self, work: &mut u32) -> bool {
        self.begun = self.begun || self.way.work(&self.timeline, work, |_| {});
        self.begun
    }

    const fn cluster(&self) -> &Cluster {
        self.way.cluster()
    }

    /// When the next thing happens; `None` if nothing does any more.
    fn next_due(&self) -> Option<Time> {
        let cluster = self.cluster();
        if cluster.is_stopped() {
            return None;
        }
        let deed = self.timeline.next_deed(cluster.point());
        deed.map(|deed| deed.at.time).or_else(|| cluster.next_due())
    }

    fn step(&mut self) {
        let cluster = self.way.cluster_mut();
        let before = cluster.point();
        let known = before < self.timeline.end() && self.timeline.replay(cluster);
        // Time alone may have passed, up to the end of what is known.
        let goes_on = !known && cluster.point() == before;
        let happened = known || goes_on && cluster.step() == Step::Happened;
        if !happened {
            return;
        }
        for event in cluster.events().iter().filter(|event| event.weight() > Weight::Silent) {
            if self.moment.len() < MOMENT_MAX {
                self.moment.push((before, event.clone()));
            } else {
                self.more += 1;
            }
        }
    }
}

/// What happened in one future, where, and what in the other is the same deed, by its place there.
type Pair = (Point, Event, Option<(usize, Event)>);

/// Takes the events of the other future that nothing was matched with.
fn take_alone(time: Time, there: &mut [Option<(Point, Event)>], alone: &mut Vec<(Point, Row)>) {
    let rows = there.iter_mut().filter_map(Option::take);
    alone.extend(
        rows.map(|(at, event)| (at, Row { time, same: false, events: [None, Some(event)] })),
    );
}

/// Whether it comes of a command from outside.
fn is_commanded(row: &Row) -> bool {
    row.events.iter().flatten().next().is_some_and(|it| matches!(it.cause, Cause::Command(_)))
}

impl<W: Watcher> Comparison<W> {
    /// Two futures that are the same up to `fork`.
    pub fn new(here: &Timeline<W>, there: &Timeline<W>, fork: Point) -> Self {
        Self {
            sides: [Side::new(here, fork), Side::new(there, fork)],
            begin: fork.time,
            now: fork.time,
            end: here.end().time.max(there.end().time),
            rows: imbl::Vector::new(),
            left_out: [0; 2],
            first: None,
            done: false,
        }
    }

    /// Goes on as far as so much work allows, in steps, and takes off what it has done; true when
    /// the comparison is done.
    pub fn work(&mut self, work: &mut u32) -> bool {
        if self.sides.iter_mut().any(|side| !side.begin(work)) {
            return false;
        }
        while !self.done && *work > 0 {
            let due =
                self.sides.each_ref().map(|side| side.next_due().filter(|due| *due <= self.end));
            let Some(now) = due.into_iter().flatten().min() else {
                *work = work.saturating_sub(self.settle_moment());
                self.sides.iter_mut().for_each(|side| side.way.cluster_mut().advance(self.end));
                self.now = self.end;
                self.done = true;
                break;
            };
            if now > self.now {
                *work = work.saturating_sub(self.settle_moment());
                self.now = now;
            }
            if let Some(side) = due.iter().position(|due| *due == Some(now)) {
                self.sides[side].step();
                *work = work.saturating_sub(self.sides[side].cluster().work());
            }
        }
        self.done
    }

    /// What both futures had at this moment is matched, and told. How much work that was.
    fn settle_moment(&mut self) -> u32 {
        self.left_out[1] +=
            self.sides.iter_mut().map(|side| std::mem::take(&mut side.more)).sum::<u64>();
        let [here, there] = self.sides.each_mut().map(|side| std::mem::take(&mut side.moment));
        let names = self.names().map(Clone::clone);
        let mut there: Vec<Option<(Point, Event)>> = there.into_iter().map(Some).collect();
        let pairs = here.len().saturating_mul(there.len());
        let crowded = pairs > PAIRS_MAX;
        let done = (here.len() + there.len() + pairs.min(PAIRS_MAX)) / PAIRS_A_STEP;
        let (mut from, mut pairs) = (0, Vec::new());
        for (at, event) in here {
            let fits = |other: &Option<(Point, Event)>| {
                other
                    .as_ref()
                    .is_some_and(|(_, other)| alike::alike((&event, &names[0]), (other, &names[1])))
            };
            let place = if crowded {
                there.get(from).is_some_and(fits).then_some(from)
            } else {
                there[from..].iter().position(fits).map(|place| from + place)
            };
            let other = place.and_then(|place| Some((place, there[place].take()?.1)));
            // Most moments are the same in both: then the next is the next.
            while there.get(from).is_some_and(Option::is_none) {
                from += 1;
            }
            pairs.push((at, event, other));
        }
        self.tell_moment(pairs, there);
        done as u32
    }

    /// Tells what was matched, and what was not, in the order of both runs. What one of them alone
    /// had between two matches stands in the order of places; a command comes before what follows.
    fn tell_moment(&mut self, pairs: Vec<Pair>, mut there: Vec<Option<(Point, Event)>>) {
        let (time, mut told, mut alone) = (self.now, 0, Vec::new());
        for (at, event, other) in pairs {
            let Some((place, other)) = other else {
                alone.push((at, Row { time, same: false, events: [Some(event), None] }));
                continue;
            };
            take_alone(time, &mut there[told.min(place)..place], &mut alone);
            told = told.max(place);
            self.tell_alone(&mut alone);
            self.tell(Row { time, same: true, events: [Some(event), Some(other)] });
        }
        take_alone(time, &mut there[told..], &mut alone);
        self.tell_alone(&mut alone);
    }

    fn tell_alone(&mut self, alone: &mut Vec<(Point, Row)>) {
        alone.sort_by_key(|(at, row)| (*at, !is_commanded(row)));
        alone.drain(..).for_each(|(_, row)| self.tell(row));
    }

    /// Keeps a row if it is worth it: what lists show, and the first difference, whatever it is.
    fn tell(&mut self, row: Row) {
        let event = row.events.iter().flatten().next();
        let outside =
            matches!(event, Some(Event { kind: EventKind::Lab(LabEvent::Commanded { .. }), .. }));
        let first = !(row.same || outside && is_commanded(&row)) && self.first.is_none();
        if !first && event.is_none_or(|event| event.weight() < Weight::Story) {
            return;
        }
        if self.rows.len() >= ROWS_MAX {
            self.left_out[1] += 1;
            return;
        }
        if self.first.is_none() && self.rows.len() >= COMMON_MAX {
            let common = self.rows.iter().position(|row| row.same);
            if let Some(place) = common {
                self.rows.remove(place);
                self.left_out[0] += 1;
            }
        }
        self.rows.push_back(row);
        if first {
            self.first = Some(self.rows.len() - 1);
        }
    }

    pub const fn rows(&self) -> &imbl::Vector<Row> {
        &self.rows
    }

    /// How many more rows there were before those that are kept, and after them.
    pub const fn left_out(&self) -> [u64; 2] {
        self.left_out
    }

    /// The place among the rows of the first event that differs.
    pub const fn first(&self) -> Option<usize> {
        self.first
    }

    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// From when, how far it has come, and how far it will.
    pub const fn span(&self) -> [Time; 3] {
        [self.begin, self.now, self.end]
    }

    /// From when on each goes by itself, if it is known only up to there.
    pub fn alone_from(&self) -> [Option<Time>; 2] {
        let end = self.end;
        self.sides.each_ref().map(|side| Some(side.timeline.end().time).filter(|own| *own < end))
    }

    /// The names of the clients in each.
    pub fn names(&self) -> [&Names; 2] {
        self.sides.each_ref().map(|side| side.cluster().names())
    }

    /// In what the two differ where they have come to.
    pub fn differences(&self) -> Vec<Difference> {
        let [here, there] = self.sides.each_ref().map(Side::cluster);
        differences(here, there)
    }
}
