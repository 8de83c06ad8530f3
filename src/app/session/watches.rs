//! What is watched: conditions and values that stay on the screen.
//!
//! A watch is a way of looking, no part of the run: it stays while one goes back, and shows what
//! was the case then. Since when it has been so is followed step by step while time goes on; after a
//! jump it is looked up in the run itself, stretch by stretch backwards, as far as that is quick.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::dialog::Reading;
use super::{Mode, Screen, Session};
use crate::cluster::Cluster;
use crate::cluster::command::Watched;
use crate::cluster::time::Time;
use crate::cluster::timeline::Point;
use crate::ui::view::{ListItem, Since, WatchRow};

/// The most that is watched at once.
const WATCHES_MAX: usize = 24;
/// How many stretches between two checkpoints are looked through for the last change.
const STRETCHES_MAX: u32 = 8;
/// How long a change is marked while time goes on.
const FRESH: Duration = Duration::from_millis(700);

/// Something that is watched.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    what: Arc<Watched>,
    /// What was the case when it was last looked at.
    shown: String,
    since: Changed,
    /// When in the room it changed, if it was seen to.
    seen: Option<Duration>,
    /// Whether the script that plays asks for it by itself.
    scripted: bool,
}

/// When it came to what is the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    At(Point),
    /// Longer ago than was looked for.
    Before(Time),
}

/// The search for the last changes before a moment.
struct Search<'a> {
    watched: &'a [Arc<Watched>],
    /// What is the case at that moment: the last stretch ends just before it.
    present: Option<(Vec<String>, Point)>,
    /// What was the case where a stretch was last looked at, and its last change so far.
    stretch: Vec<(String, Option<Point>)>,
    found: Vec<Option<Point>>,
    /// Where the stretch begins.
    from: Time,
    left: u32,
}

impl<'a> Search<'a> {
    fn new(watched: &'a [Arc<Watched>], cluster: &Cluster) -> Self {
        let now = watched.iter().map(|watched| cluster.watched(watched)).collect();
        Self {
            watched,
            present: Some((now, cluster.point())),
            stretch: Vec::new(),
            found: vec![None; watched.len()],
            from: cluster.now(),
            left: STRETCHES_MAX,
        }
    }

    /// A stretch begins that lies before the last one.
    fn begin(&mut self, cluster: &Cluster) {
        self.end();
        self.from = cluster.now();
        self.left = self.left.saturating_sub(1);
        let look = |watched: &Arc<Watched>| (cluster.watched(watched), None);
        self.stretch = self.watched.iter().map(look).collect();
    }

    /// A step has been taken. True when no stretch before this one has to be looked through.
    fn step(&mut self, cluster: &Cluster) -> bool {
        for (watched, (before, change)) in self.watched.iter().zip(&mut self.stretch) {
            let now = cluster.watched(watched);
            if now != *before {
                (*before, *change) = (now, Some(cluster.point()));
            }
        }
        let mut all = self.found.iter().zip(&self.stretch);
        self.left == 0 || all.all(|(found, (_, change))| found.or(*change).is_some())
    }

    /// The last change of a stretch counts unless there was one in a later stretch.
    fn end(&mut self) {
        if self.stretch.is_empty() {
            return;
        }
        let present = self.present.take();
        for (place, (last, change)) in self.stretch.iter().enumerate() {
            let change = match &present {
                Some((now, here)) if now[place] != *last => Some(*here),
                Some(_) | None => *change,
            };
            self.found[place] = self.found[place].or(change);
        }
    }
}

impl Session {
    /// Watches something, or goes on watching it.
    pub(super) fn watch(&mut self, what: &Arc<Watched>, scripted: bool) {
        if self.watches.iter().any(|watch| watch.what == *what) {
            return;
        }
        if self.watches.len() >= WATCHES_MAX {
            return self
                .refuse(format!("{WATCHES_MAX} watched values are the most: W takes one off"));
        }
        let since = self.last_changes(std::slice::from_ref(what));
        let shown = self.cluster.watched(what);
        let since = since.first().copied().unwrap_or(Changed::Before(self.cluster.now()));
        self.watches.push(Watch { what: what.clone(), shown, since, seen: None, scripted });
        self.screen = Screen::Stale;
    }

    /// Takes one off, or all of them.
    pub(super) fn unwatch(&mut self, what: Option<&Watched>) {
        let before = self.watches.len();
        self.watches.retain(|watch| what.is_some_and(|what| *watch.what != *what));
        match what {
            Some(what) if self.watches.len() == before => {
                self.refuse(format!("nobody watches {what}"));
            }
            Some(_) | None => self.screen = Screen::Stale,
        }
    }

    /// Typed at the prompt: the recording has it from now on.
    pub(super) fn watch_by_hand(&mut self, what: &Watched) {
        self.watch(&Arc::new(what.clone()), false);
        self.record_all();
    }

    pub(super) fn unwatch_by_hand(&mut self, what: Option<&Watched>) {
        self.unwatch(what);
        self.record_all();
    }

    /// What nobody's script asks for: a recording has to.
    pub(super) fn watched_by_hand(&self) -> Vec<Arc<Watched>> {
        let own = self.watches.iter().filter(|watch| !watch.scripted);
        own.map(|watch| watch.what.clone()).collect()
    }

    /// After every step: what has changed?
    pub(super) fn heed_watches(&mut self) {
        let (point, room) = (self.cluster.point(), self.room);
        for watch in &mut self.watches {
            let now = self.cluster.watched(&watch.what);
            if now != watch.shown {
                watch.shown = now;
                (watch.since, watch.seen) = (Changed::At(point), Some(room));
            }
        }
    }

    /// One has come to another moment without what lies between.
    pub(super) fn refresh_watches(&mut self) {
        if self.watches.is_empty() {
            return;
        }
        let watched: Vec<Arc<Watched>> =
            self.watches.iter().map(|watch| watch.what.clone()).collect();
        let since = self.last_changes(&watched);
        for (watch, since) in self.watches.iter_mut().zip(since) {
            watch.shown = self.cluster.watched(&watch.what);
            watch.since = since;
        }
        self.look_at_last_step();
    }

    /// One has come to another moment at once: only what the very last step brought is new.
    pub(super) fn look_at_last_step(&mut self) {
        self.watches.iter_mut().for_each(|watch| watch.seen = None);
        self.looked = count(self.cluster.point()).saturating_sub(1);
    }

    /// When each of these last changed, up to now.
    fn last_changes(&self, watched: &[Arc<Watched>]) -> Vec<Changed> {
        let search = RefCell::new(Search::new(watched, &self.cluster));
        self.timeline.find_back(
            self.cluster.point(),
            |cluster| search.borrow_mut().begin(cluster),
            |cluster| search.borrow_mut().step(cluster),
        );
        let mut search = search.into_inner();
        search.end();
        let from = search.from;
        let changed = |found: Option<Point>| found.map_or(Changed::Before(from), Changed::At);
        search.found.into_iter().map(changed).collect()
    }

    /// What changes from here on is new.
    pub(super) const fn look_from_here(&mut self) {
        self.looked = count(self.cluster.point());
    }

    fn is_fresh(&self, watch: &Watch) -> bool {
        let young = watch.seen.is_some_and(|seen| self.room.saturating_sub(seen) < FRESH);
        let new = match watch.since {
            Changed::At(point) => count(point) > self.looked,
            Changed::Before(_) => false,
        };
        young || new
    }

    /// Whether a mark of a change is about to go.
    pub(super) fn has_young_watches(&self) -> bool {
        let young = |seen: Duration| self.room.saturating_sub(seen) < FRESH;
        self.watches.iter().any(|watch| watch.seen.is_some_and(young))
    }

    pub(super) fn shown_watches(&self) -> Vec<WatchRow> {
        let row = |watch: &Watch| WatchRow {
            name: watch.what.to_string(),
            value: watch.shown.clone(),
            since: match watch.since {
                Changed::At(point) => Since::At(point.time),
                Changed::Before(Time::START) => Since::At(Time::START),
                Changed::Before(time) => Since::Before(time),
            },
            fresh: self.is_fresh(watch),
        };
        self.watches.iter().map(row).collect()
    }

    /// The list of all that is watched.
    pub(super) fn list_watches(&mut self, chosen: usize) {
        if self.watches.is_empty() {
            return self
                .refuse("nothing is watched: `:watch S2 log` or `:watch term >= 3` does it");
        }
        let items = self.watch_items();
        self.open(Reading::Watches { items, chosen });
    }

    fn watch_items(&self) -> Vec<ListItem> {
        let rows = self.shown_watches().into_iter();
        rows.map(|row| ListItem { note: format!("{}, {}", row.value, row.since), name: row.name })
            .collect()
    }

    /// Chosen in the list: it is watched no longer.
    pub(super) fn take_off_watch(&mut self, place: usize) {
        if let Some(what) = self.watches.get(place).map(|watch| watch.what.clone()) {
            self.unwatch_by_hand(Some(&what));
        }
        if self.watches.is_empty() {
            return self.close();
        }
        let all = self.watch_items();
        if let Mode::Reading(Reading::Watches { items, chosen }) = &mut self.mode {
            *chosen = (*chosen).min(all.len() - 1);
            *items = all;
        }
    }
}

/// How many steps and deeds have led to a point: what came later has more.
const fn count(point: Point) -> u64 {
    point.steps + point.deeds
}
