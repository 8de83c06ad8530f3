//! What has happened, kept for showing: the application adds events as they come.
//!
//! A run can go on for ever, so the trace is bounded: the newest events of every kind, those
//! among them that the event pane lists, and the milestones of the timeline, which are few. Every
//! event has a number that stays its own, counted from the start of the run.

use std::collections::VecDeque;

use crate::cluster::Names;
use crate::cluster::event::{Event, EventKind};
use crate::cluster::time::Time;
use crate::cluster::words::Weight;

/// The most events that are kept.
pub const EVENTS_MAX: usize = 50_000;
/// The most milestones that are kept.
pub const MILESTONES_MAX: usize = 10_000;

/// Which events the pane lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The least weight that is listed: [`Weight::Detail`] for heartbeats and single packets too.
    pub detail: Weight,
    /// Only those that have this in their words, small and capital letters alike.
    pub filter: Option<String>,
}

impl Default for Listing {
    fn default() -> Self {
        Self { detail: Weight::Story, filter: None }
    }
}

/// The newest events of a run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The number of the first event that is kept.
    first: u64,
    events: VecDeque<Event>,
    /// The numbers of those that are listed.
    listed: VecDeque<u64>,
    listing: Listing,
    milestones: VecDeque<Event>,
}

impl Trace {
    /// Adds what a step or a command brought about.
    pub fn extend<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>, names: &Names) {
        for event in events {
            self.push(event, names);
        }
    }

    fn push(&mut self, event: &Event, names: &Names) {
        let number = self.end();
        if self.listing.lists(event, names) {
            self.listed.push_back(number);
        }
        if is_milestone(&event.kind) {
            if self.milestones.len() == MILESTONES_MAX {
                self.milestones.pop_front();
            }
            self.milestones.push_back(event.clone());
        }
        self.events.push_back(event.clone());
        if self.events.len() > EVENTS_MAX {
            self.events.pop_front();
            self.first += 1;
            if self.listed.front().is_some_and(|listed| *listed < self.first) {
                self.listed.pop_front();
            }
        }
    }

    /// The number that the next event will get.
    pub fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// The event of this number, if it is still kept.
    pub fn get(&self, number: u64) -> Option<&Event> {
        self.events.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// All kept events in the order in which they happened, with their numbers.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (u64, &Event)> {
        self.events.iter().enumerate().map(|(place, event)| (self.first + place as u64, event))
    }

    /// The numbers of the listed events, in order.
    pub const fn listed(&self) -> &VecDeque<u64> {
        &self.listed
    }

    /// What the timeline marks: leaders, elections, faults, in the order of their times.
    pub const fn milestones(&self) -> &VecDeque<Event> {
        &self.milestones
    }

    pub const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Lists other events than before.
    pub fn list(&mut self, listing: Listing, names: &Names) {
        self.listing = listing;
        self.listed.clear();
        for (number, event) in (self.first..).zip(&self.events) {
            if self.listing.lists(event, names) {
                self.listed.push_back(number);
            }
        }
    }

    /// Forgets what happened after `time`: one has gone back.
    pub fn truncate_after(&mut self, time: Time) {
        let kept = self.events.partition_point(|event| event.time <= time);
        self.events.truncate(kept);
        let end = self.end();
        let listed = self.listed.partition_point(|number| *number < end);
        self.listed.truncate(listed);
        let milestones = self.milestones.partition_point(|event| event.time <= time);
        self.milestones.truncate(milestones);
    }
}

impl Listing {
    /// Whether the pane lists this event.
    pub fn lists(&self, event: &Event, names: &Names) -> bool {
        if event.weight() < self.detail {
            return false;
        }
        let Some(filter) = &self.filter else { return true };
        event.told(names).to_lowercase().contains(&filter.to_lowercase())
    }
}

/// Whether the timeline marks it.
const fn is_milestone(kind: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::Commanded { .. }
            | E::Crashed { .. }
            | E::Restarted { .. }
            | E::FellAsleep { .. }
            | E::Woke { .. }
            | E::Wiped { .. }
            | E::ElectionStarted { .. }
            | E::BecameLeader { .. }
            | E::SteppedDown { .. }
            | E::Marked { .. }
            | E::Violated { .. }
    )
}
