//! Going back: to any moment of the run, and to the last thing of a kind. What goes on
//! differently from there is the matter of `branches.rs`.
//!
//! While one looks at the past, `cluster`, `trace` and `player` are those of that time, and the
//! newest trace is kept aside. Time that goes on there repeats what happened, until somebody acts.
//! The search for a moment may be long: it is done in pieces (`work.rs`).

use std::cell::RefCell;

use super::lines::ran_a_line;
use super::look::Way;
use super::work::{Progress, Work};
use super::{Mode, Screen, Session};
use crate::app::keymap::Jump;
use crate::cluster::command::Condition;
use crate::cluster::event::{
    ClientEvent, Event, EventKind, LabEvent, PacketEvent, RaftEvent, ScriptEvent,
};
use crate::cluster::time::{Span, Time};
use crate::cluster::timeline::{self, Goal, Point};
use crate::cluster::topic::Topic;
use crate::cluster::{Cluster, Step};
use crate::ui::trace::Listing;
use crate::ui::view::{Stands, TimelineSpan};

/// The most bookmarks.
const BOOKMARKS_MAX: usize = 1_000;

/// Whether an event is of the kind that one jumps to.
pub(super) fn is_kind(jump: Jump, event: &Event, listing: &Listing, cluster: &Cluster) -> bool {
    use EventKind as E;
    match jump {
        Jump::Shown => listing.lists(event, cluster.names()),
        Jump::Packet => {
            matches!(event.kind, E::Packet(_, PacketEvent::Received | PacketEvent::Dropped { .. }))
        }
        Jump::Commit => matches!(event.kind, E::Raft(_, RaftEvent::Committed { .. })),
        Jump::Role => event.topic() == Topic::Leadership,
        Jump::Answer => matches!(event.kind, E::Client(_, ClientEvent::Returned { .. })),
        Jump::Fault => {
            matches!(&event.kind, E::Lab(LabEvent::Commanded { command }) if command.is_fault())
        }
        Jump::Line => {
            matches!(event.kind, E::Script(ScriptEvent::LineRun { .. } | ScriptEvent::Beat))
        }
        Jump::Broken => matches!(
            event.kind,
            E::Lab(LabEvent::Violated { .. }) | E::Script(ScriptEvent::Failed { .. })
        ),
        Jump::Bookmark | Jump::Leave => false,
    }
}

pub(super) const fn name(jump: Jump) -> &'static str {
    match jump {
        Jump::Shown => "event that is shown",
        Jump::Packet => "packet",
        Jump::Commit => "commit",
        Jump::Role => "role change",
        Jump::Answer => "answer",
        Jump::Fault => "fault",
        Jump::Line => "line of the script",
        Jump::Broken => "broken rule",
        Jump::Bookmark => "bookmark",
        Jump::Leave => "such thing",
    }
}

/// The search for something that happened.
#[derive(Clone, Debug)]
pub(super) struct Search {
    way: timeline::Search,
    wanted: Wanted,
    from: Point,
}

/// What is looked for.
#[derive(Clone, Debug)]
enum Wanted {
    Kind(Jump, Box<Listing>),
    /// A line of the script.
    Line,
    /// That a condition became true; whether it was, a step before.
    Became {
        condition: Box<Condition>,
        was: bool,
    },
}

impl Wanted {
    fn begin(&mut self, cluster: &Cluster) {
        if let Self::Became { condition, was } = self {
            *was = cluster.is_so(condition);
        }
    }

    fn is(&mut self, cluster: &Cluster) -> bool {
        match self {
            Self::Kind(jump, listing) => {
                let events = cluster.events().iter();
                events.into_iter().any(|event| is_kind(*jump, event, listing, cluster))
            }
            Self::Line => ran_a_line(cluster),
            Self::Became { condition, was } => {
                let is = cluster.is_so(condition);
                is && !std::mem::replace(was, is)
            }
        }
    }

    fn missing(&self) -> String {
        match self {
            Self::Kind(jump, _) => format!("there is no {} before this", name(*jump)),
            Self::Line => "no line of the script has run before this".to_owned(),
            Self::Became { condition, .. } => {
                format!("it never became true before this: {condition}")
            }
        }
    }
}

impl Search {
    pub fn progress(&self) -> Progress {
        let about = match &self.wanted {
            Wanted::Kind(jump, _) => format!("for the last {}", name(*jump)),
            Wanted::Line => "for the last line of the script".to_owned(),
            Wanted::Became { condition, .. } => format!("for when it became true: {condition}"),
        };
        let (looked, from) = (self.way.looked(), self.from);
        let part = [from.steps.saturating_sub(looked.steps), from.steps];
        let now = format!("back to {} s", crate::ui::text::Moment(looked.time));
        Progress::new("Looking back", about, Some(part), now)
    }
}

impl Session {
    /// Whether one looks at the past.
    pub(super) fn is_past(&self) -> bool {
        self.cluster.point() < self.timeline.end()
    }

    /// When the next thing is due: in the past, the next command of the run among them.
    pub(super) fn next_due(&self) -> Option<Time> {
        let deed = self.timeline.next_deed(self.cluster.point());
        deed.map(|deed| deed.at.time).or_else(|| self.cluster.next_due())
    }

    /// Lets the next thing happen: in the past what happened then, at the end something new.
    pub(super) fn take_step(&mut self) -> Step {
        // Whatever is asked after every step is work too.
        let asked = (self.watches.len() + self.breakpoints.len()) as u32 / 4;
        self.effort = self.effort.saturating_sub(self.cluster.work() + asked);
        if self.is_past() && self.timeline.replay(&mut self.cluster) {
            self.observe();
            self.arrive();
            return Step::Happened;
        }
        self.arrive();
        let step = self.cluster.step();
        self.observe();
        self.timeline.went_on(&self.cluster, &self.player);
        step
    }

    /// Lab time passes without anything that happens.
    pub(super) fn pass(&mut self, until: Time) {
        if let Some(deed) = self.timeline.next_deed(self.cluster.point()) {
            self.cluster.advance(until.min(deed.at.time));
        } else {
            self.cluster.advance(until);
        }
        self.arrive();
        self.timeline.went_on(&self.cluster, &self.player);
    }

    /// At the newest moment the newest trace is shown again, as far as the run goes: it may have
    /// been cut short by an undoing.
    pub(super) fn arrive(&mut self) {
        if self.is_past() {
            return;
        }
        let Some(mut newest) = self.newest.take() else { return };
        let events = self.cluster.emitted();
        if newest.end() == events {
            self.trace = newest;
        } else if newest.covers(events) {
            newest.truncate_at(events);
            self.trace = newest;
        } else {
            self.trace.forget_milestones_from(events);
        }
    }

    /// Looks back for the last thing of a kind before now.
    fn search(&mut self, wanted: Wanted) {
        let from = self.cluster.point();
        let way = timeline::Search::before(from);
        self.begin(Work::Search(Box::new(Search { way, wanted, from })));
    }

    /// A piece of the search; what is left of it.
    pub(super) fn search_on(&mut self, mut search: Box<Search>) -> Option<Box<Search>> {
        let wanted = RefCell::new(&mut search.wanted);
        let found = search.way.work(
            &self.timeline,
            &mut self.effort,
            |cluster| wanted.borrow_mut().begin(cluster),
            |cluster| wanted.borrow_mut().is(cluster),
        );
        let Some(found) = found else { return Some(search) };
        match (found, search.wanted) {
            (Some(point), Wanted::Line) => self.back_in_script(point),
            (Some(point), Wanted::Kind(..) | Wanted::Became { .. }) => {
                self.seek(Goal::Point(point));
            }
            (None, wanted) => {
                self.end_work();
                self.refuse(wanted.missing());
            }
        }
        None
    }

    pub(super) fn stand_here(&mut self) {
        self.screen = Screen::Stale;
        let at_beat = self
            .cluster
            .events()
            .iter()
            .any(|event| event.kind == EventKind::Script(ScriptEvent::Beat));
        let (number, of) = self.player.beat();
        self.halt = Some(match at_beat {
            true => Stands::Beat { number, of },
            false => Stands::Paused,
        });
        self.settle_halt();
    }

    /// Back to the newest moment.
    pub(super) fn return_to_newest(&mut self) {
        if self.is_past() {
            self.seek(Goal::Point(self.timeline.end()));
        }
    }

    /// A part of the timeline's window on, or back.
    pub(super) fn scrub(&mut self, way: Way) {
        let span = match self.view.timeline.span {
            TimelineSpan::Last(span) => span,
            TimelineSpan::Whole => self.timeline.end().time.since(Time::START),
        };
        let step = Span((span.micros() / 50).max(1));
        let now = self.cluster.now();
        match way {
            Way::Back if now == Time::START => self.refuse("this is the start of the run"),
            Way::Back => self.seek(Goal::Time(Time::START.max(now - step))),
            Way::Forwards if !self.is_past() => self.refuse("this is the newest moment"),
            Way::Forwards => self.seek(Goal::Time(now + step)),
        }
    }

    /// The kind has been said.
    pub(super) fn jump(&mut self, jump: Jump) {
        let Mode::Jump(way) = std::mem::take(&mut self.mode) else { return };
        match (jump, way) {
            (Jump::Leave, _) => {}
            (_, Way::Back) => self.jump_back(jump),
            (_, Way::Forwards) => self.jump_on(jump),
        }
    }

    /// To the last thing of a kind before now.
    pub(super) fn jump_back(&mut self, jump: Jump) {
        let here = self.cluster.point();
        if jump != Jump::Bookmark {
            let listing = Box::new(self.trace.listing().clone());
            return self.search(Wanted::Kind(jump, listing));
        }
        match self.bookmarks.keys().copied().rfind(|point| *point < here) {
            Some(point) => self.seek(Goal::Point(point)),
            None => self.refuse("there is no bookmark before this"),
        }
    }

    /// `N`: to where the last line before this one ran, a beat among them.
    pub(super) fn previous_line(&mut self) {
        match self.cluster.script() {
            None => self.refuse("no script is playing: raftlab FILE.lab plays one"),
            // Where somebody has acted, the script untouched is what one misses first.
            Some(_) => match self.departure() {
                Some(point) => self.back_in_script(point),
                None => self.search(Wanted::Line),
            },
        }
    }

    /// To the next thing of a kind: in the past first, then onwards.
    pub(super) fn jump_on(&mut self, jump: Jump) {
        if jump == Jump::Bookmark {
            let here = self.cluster.point();
            return match self.bookmarks.keys().copied().find(|point| *point > here) {
                Some(point) => self.seek(Goal::Point(point)),
                None => self.refuse("there is no bookmark after this"),
            };
        }
        self.step_until(super::time::Until::Kind(jump));
    }

    pub(super) fn bookmark(&mut self) {
        let (here, place) = (self.cluster.point(), self.cluster.place());
        // What only tells has no place of its own: one bookmark for both sides of it.
        let before = self.bookmarks.len();
        self.bookmarks.retain(|_, other| *other != place);
        if self.bookmarks.len() < before {
            self.note("the bookmark is taken away");
        } else if self.bookmarks.len() >= BOOKMARKS_MAX {
            return self.refuse(format!("{BOOKMARKS_MAX} bookmarks are the most"));
        } else {
            self.bookmarks.insert(here, place);
            self.note("bookmarked: [ ] and ] ] come back to it");
        }
        self.record_all();
    }

    /// Back to where a condition last became true.
    pub(super) fn back_to(&mut self, condition: &str) {
        if condition.is_empty() {
            return self.refuse("back to which condition? as :back leader = S2");
        }
        match self.asked(condition) {
            Ok(condition) => {
                self.search(Wanted::Became { condition: Box::new(condition), was: true });
            }
            Err(why) => self.refuse(why),
        }
    }
}
