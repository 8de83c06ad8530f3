//! What has happened, kept for showing: the application adds events as they come.
//!
//! A run can go on for ever, so the trace is bounded: the newest events that tell the story, the
//! newest of the rest, and the milestones of the timeline, which are few. Every event has a
//! number that stays its own, counted from the start of the run.

use std::collections::VecDeque;
use std::ops::Range;

use crate::cluster::Names;
use crate::cluster::event::Event;
use crate::cluster::topic::{Topic, Weight};

/// The most events that are kept: of those that tell the story, and of the rest.
pub const STORY_MAX: usize = 20_000;
pub const DETAILS_MAX: usize = 20_000;
/// The most events of either kind from before a moment of the past that one goes to.
const BEFORE_MAX: usize = 500;
/// The most milestones that are kept.
pub const MILESTONES_MAX: usize = 2_000;

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
    /// The number that the next event will get.
    end: u64,
    story: Ring,
    /// Everything of less weight. Kept apart, so that heartbeats don't push out the story.
    details: Ring,
    /// The numbers of those that are listed.
    listed: VecDeque<u64>,
    listing: Listing,
    milestones: VecDeque<(u64, Event)>,
    /// Milestones of events before this number are there already.
    marked: u64,
}

/// Events with their numbers, in order.
type Ring = VecDeque<(u64, Event)>;

impl Trace {
    /// Adds what a step or a command brought about.
    pub fn extend<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>, names: &Names) {
        for event in events {
            self.push(event, names);
        }
    }

    fn push(&mut self, event: &Event, names: &Names) {
        let number = self.end;
        self.end += 1;
        if self.listing.lists(event, names) {
            self.listed.push_back(number);
        }
        if number >= self.marked && is_milestone(event) {
            if self.milestones.len() == MILESTONES_MAX {
                self.milestones.pop_front();
            }
            self.milestones.push_back((number, event.clone()));
        }
        let (ring, max) = match event.weight() {
            Weight::Story => (&mut self.story, STORY_MAX),
            Weight::Detail | Weight::Silent => (&mut self.details, DETAILS_MAX),
        };
        ring.push_back((number, event.clone()));
        if ring.len() > max
            && let Some((gone, _)) = ring.pop_front()
            && let Ok(place) = self.listed.binary_search(&gone)
        {
            self.listed.remove(place);
        }
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> u64 {
        let events = self.story.len() + self.details.len() + self.milestones.len();
        (events * size_of::<(u64, Event)>() + self.listed.len() * size_of::<u64>()) as u64
    }

    /// The number that the next event will get.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// The event of this number, if it is still kept.
    pub fn get(&self, number: u64) -> Option<&Event> {
        find(&self.story, number).or_else(|| find(&self.details, number))
    }

    /// All kept events in the order in which they happened, with their numbers.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (u64, &Event)> {
        self.events_before(u64::MAX)
    }

    /// Those before the event of this number.
    pub fn events_before(&self, end: u64) -> impl DoubleEndedIterator<Item = (u64, &Event)> {
        let until = |ring: &Ring| 0..ring.partition_point(|(number, _)| *number < end);
        Merged { trace: self, story: until(&self.story), details: until(&self.details) }
    }

    /// The numbers of the listed events, in order.
    pub const fn listed(&self) -> &VecDeque<u64> {
        &self.listed
    }

    /// What the timeline marks: leaders, elections, faults, in the order of their times.
    pub fn milestones(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.milestones.iter().map(|(_, event)| event)
    }

    pub const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Lists other events than before.
    pub fn list(&mut self, listing: Listing, names: &Names) {
        let lists = |(number, event): (u64, &Event)| listing.lists(event, names).then_some(number);
        self.listed = self.events().filter_map(lists).collect();
        self.listing = listing;
    }

    /// A trace for looking at the past: it goes on with the event of this number, knows the last of those
    /// before, and marks the whole run.
    #[must_use]
    pub fn past(&self, first: u64) -> Self {
        let before = |ring: &Ring| -> Ring {
            let end = ring.partition_point(|(number, _)| *number < first);
            ring.range(end.saturating_sub(BEFORE_MAX)..end).cloned().collect()
        };
        let (story, details) = (before(&self.story), before(&self.details));
        let is_in =
            |ring: &Ring, number: u64| ring.binary_search_by_key(&number, |it| it.0).is_ok();
        let listed = self.listed.iter().copied();
        let listed = listed.filter(|number| is_in(&story, *number) || is_in(&details, *number));
        Self {
            end: first,
            listed: listed.collect(),
            story,
            details,
            listing: self.listing.clone(),
            milestones: self.milestones.clone(),
            marked: self.end,
        }
    }

    /// Whether something before the event of this number is kept.
    pub fn covers(&self, number: u64) -> bool {
        let first = |ring: &Ring| ring.front().map_or(u64::MAX, |(number, _)| *number);
        first(&self.story).min(first(&self.details)) < number
    }

    /// Forgets the event of this number and all that follow: one goes on differently.
    pub fn truncate_at(&mut self, end: u64) {
        for ring in [&mut self.story, &mut self.details] {
            ring.truncate(ring.partition_point(|(number, _)| *number < end));
        }
        self.listed.truncate(self.listed.partition_point(|number| *number < end));
        self.end = end;
        self.forget_milestones_from(end);
    }

    /// Forgets the marks of the event of this number and of all that follow.
    pub fn forget_milestones_from(&mut self, end: u64) {
        let milestones = self.milestones.partition_point(|(number, _)| *number < end);
        self.milestones.truncate(milestones);
        self.marked = self.marked.min(self.end);
    }
}

/// The events of both rings that are still to come, in the order of their numbers.
struct Merged<'a> {
    trace: &'a Trace,
    story: Range<usize>,
    details: Range<usize>,
}

impl<'a> Iterator for Merged<'a> {
    type Item = (u64, &'a Event);

    fn next(&mut self) -> Option<Self::Item> {
        let story = self.trace.story.range(self.story.clone()).next();
        let details = self.trace.details.range(self.details.clone()).next();
        let (number, event) = match (story, details) {
            (Some(one), Some(other)) if other.0 < one.0 => self.details.next().and(details)?,
            (Some(_), _) => self.story.next().and(story)?,
            (None, _) => self.details.next().and(details)?,
        };
        Some((*number, event))
    }
}

impl DoubleEndedIterator for Merged<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let story = self.trace.story.range(self.story.clone()).next_back();
        let details = self.trace.details.range(self.details.clone()).next_back();
        let (number, event) = match (story, details) {
            (Some(one), Some(other)) if other.0 > one.0 => self.details.next_back().and(details)?,
            (Some(_), _) => self.story.next_back().and(story)?,
            (None, _) => self.details.next_back().and(details)?,
        };
        Some((*number, event))
    }
}

fn find(ring: &Ring, number: u64) -> Option<&Event> {
    let place = ring.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    ring.get(place).map(|(_, event)| event)
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
fn is_milestone(event: &Event) -> bool {
    match event.topic() {
        Topic::Command | Topic::Power | Topic::Leadership | Topic::Mark | Topic::Rules => true,
        Topic::Votes | Topic::Network | Topic::Replication | Topic::Clients | Topic::Script => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Cause;
    use crate::cluster::event::{EventKind, ServerEvent};
    use crate::cluster::flaw::Flaws;
    use crate::cluster::raft::Position;
    use crate::cluster::time::Time;
    use crate::cluster::types::{Index, ServerId, Term};

    const SERVER: ServerId = ServerId::from_index(0);

    fn event(millis: u64, kind: EventKind) -> Event {
        Event { time: Time(millis * 1_000), cause: Cause::Start, flaws: Flaws::NONE, kind }
    }

    fn story(millis: u64) -> Event {
        let (term, vote, last) = (Term(1), None, Position::default());
        event(
            millis,
            EventKind::Server(
                SERVER,
                ServerEvent::Restarted { term, vote, base: last.index, last },
            ),
        )
    }

    fn detail(millis: u64) -> Event {
        event(
            millis,
            EventKind::Server(SERVER, ServerEvent::Synced { last: Index(1), forgets: Flaws::NONE }),
        )
    }

    #[test]
    fn heartbeats_do_not_push_out_the_story() {
        let names = Names::default();
        let mut trace = Trace::default();
        trace.list(Listing { detail: Weight::Detail, filter: None }, &names);
        trace.extend(&[story(0)], &names);
        for millis in 1..=DETAILS_MAX as u64 + 5 {
            trace.extend(&[detail(millis)], &names);
        }
        assert_eq!(trace.get(0), Some(&story(0)));
        assert_eq!(trace.get(5), None);
        assert_eq!(trace.get(6), Some(&detail(6)));
        assert_eq!(trace.listed().len(), 1 + DETAILS_MAX);
        assert!(trace.listed().iter().all(|number| trace.get(*number).is_some()));
        let numbers: Vec<u64> = trace.events().map(|(number, _)| number).collect();
        assert!(numbers.is_sorted() && numbers.len() == 1 + DETAILS_MAX);
        assert!(trace.events().rev().map(|(number, _)| number).eq(numbers.into_iter().rev()));
    }

    #[test]
    fn going_back_forgets_what_came_later() {
        let names = Names::default();
        let mut trace = Trace::default();
        trace.extend(&[story(1), detail(2), story(3), detail(4)], &names);
        trace.truncate_at(2);
        assert_eq!((trace.end(), trace.listed().len(), trace.milestones().len()), (2, 1, 1));
        trace.extend(&[story(9)], &names);
        assert_eq!(trace.get(2), Some(&story(9)));
        // At the same moment too: by hand lab time stands.
        trace.extend(&[story(9)], &names);
        trace.truncate_at(3);
        assert_eq!(trace.milestones().len(), 2);
    }

    #[test]
    fn a_filter_looks_at_the_words() {
        let names = Names::default();
        let mut trace = Trace::default();
        trace.extend(&[story(1), detail(2)], &names);
        let listed = |filter: &str| Listing { detail: Weight::Detail, filter: Some(filter.into()) };
        trace.list(listed("RESTART"), &names);
        assert_eq!(trace.listed(), &[0]);
        trace.list(listed("nothing of the kind"), &names);
        assert!(trace.listed().is_empty());
    }
}
