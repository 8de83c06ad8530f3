//! What is watched: conditions and values that stay on the screen.
//!
//! A watch is a way of looking, no part of the run: it stays while one goes back, and shows what
//! was the case then. Since when it has been so is followed step by step while time goes on; after a
//! jump it is looked up in the run itself, stretch by stretch backwards, some way back and a piece
//! of it a frame.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::dialog::Reading;
use super::{Mode, Screen, Session};
use crate::cluster::Cluster;
use crate::cluster::command::Watched;
use crate::cluster::time::Time;
use crate::cluster::timeline::{self, Point};
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

/// The search for since when what is watched is so. It takes what a frame leaves of its work, so
/// that nobody has to wait for it.
#[derive(Clone, Debug)]
pub(super) struct Dating {
    way: timeline::Search,
    search: Search,
}

/// What the search for the last changes before a moment knows.
#[derive(Clone, Debug)]
struct Search {
    watched: Vec<Arc<Watched>>,
    /// What is the case at that moment: the last stretch ends just before it.
    present: Option<(Vec<String>, Point)>,
    /// What was the case where a stretch was last looked at, and its last change so far.
    stretch: Vec<(String, Option<Point>)>,
    found: Vec<Option<Point>>,
    /// Where the stretch begins.
    from: Time,
    left: u32,
}

impl Search {
    fn new(watched: Vec<Arc<Watched>>, cluster: &Cluster) -> Self {
        let now = watched.iter().map(|watched| cluster.watched(watched)).collect();
        Self {
            present: Some((now, cluster.point())),
            stretch: Vec::new(),
            found: vec![None; watched.len()],
            watched,
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
        let shown = self.cluster.watched(what);
        let since = Changed::Before(self.cluster.now());
        self.watches.push(Watch { what: what.clone(), shown, since, seen: None, scripted });
        self.screen = Screen::Stale;
        self.begin_dating();
    }

    /// Takes one off, or all of them.
    pub(super) fn unwatch(&mut self, what: Option<&Watched>) {
        let before = self.watches.len();
        self.watches.retain(|watch| what.is_some_and(|what| *watch.what != *what));
        match what {
            Some(what) if self.watches.len() == before => {
                self.refuse(format!("{what} is not watched"));
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

    /// All that is watched.
    pub(super) fn watched(&self) -> Vec<Arc<Watched>> {
        self.watches.iter().map(|watch| watch.what.clone()).collect()
    }

    /// What was watched when the session was left, and nothing else.
    pub(super) fn restore_watches(&mut self, watched: &[Watched]) {
        let scripted: Vec<Arc<Watched>> =
            self.watches.drain(..).filter(|watch| watch.scripted).map(|watch| watch.what).collect();
        for what in watched.iter().take(WATCHES_MAX) {
            let own = scripted.iter().any(|scripted| **scripted == *what);
            self.watch(&Arc::new(what.clone()), own);
        }
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
        for watch in &mut self.watches {
            watch.shown = self.cluster.watched(&watch.what);
            watch.since = Changed::Before(self.cluster.now());
        }
        self.begin_dating();
        self.look_at_last_step();
    }

    /// One has come to another moment at once: only what the very last step brought is new.
    pub(super) fn look_at_last_step(&mut self) {
        self.watches.iter_mut().for_each(|watch| watch.seen = None);
        self.looked = count(self.cluster.point()).saturating_sub(1);
    }

    /// Begins to look for since when everything is so of which that is not known.
    fn begin_dating(&mut self) {
        let unknown = |watch: &&Watch| matches!(watch.since, Changed::Before(_));
        let watched = self.watches.iter().filter(unknown).map(|watch| watch.what.clone()).collect();
        self.dating = Some(Dating {
            way: timeline::Search::before(self.cluster.point()),
            search: Search::new(watched, &self.cluster),
        });
    }

    /// Whether it is still being looked for since when something is so.
    pub(super) const fn dates(&self) -> bool {
        self.dating.is_some()
    }

    /// A piece of that search. What has changed since it was begun is dated already.
    pub(super) fn date_watches(&mut self) {
        let Some(mut dating) = self.dating.take() else { return };
        // Each that is watched is asked after every step, which is work too.
        let price = 1 + dating.search.watched.len() as u32 / 2;
        let mut steps = self.effort / price;
        let search = RefCell::new(&mut dating.search);
        let known = dating.way.work(
            &self.timeline,
            &mut steps,
            |cluster| search.borrow_mut().begin(cluster),
            |cluster| search.borrow_mut().step(cluster),
        );
        self.effort = steps * price;
        if known.is_none() {
            self.dating = Some(dating);
            return;
        }
        let Dating { mut search, .. } = dating;
        search.end();
        for (what, found) in search.watched.iter().zip(search.found) {
            let same = |watch: &&mut Watch| {
                watch.what == *what && matches!(watch.since, Changed::Before(_))
            };
            if let Some(watch) = self.watches.iter_mut().find(same) {
                watch.since = found.map_or(Changed::Before(search.from), Changed::At);
            }
        }
        self.screen = Screen::Stale;
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
