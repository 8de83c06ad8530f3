//! To a moment that the run has come by: the run is played again from the last checkpoint before
//! it. That may take long, so it is done in pieces (`work.rs`); until one has arrived, nothing that
//! is shown has changed.

use super::Session;
use super::play::Aim;
use super::replay::Replaying;
use super::work::{Progress, Work, gone};
use crate::app::fading::Fader;
use crate::app::moment::Moment;
use crate::app::player::Player;
use crate::cluster::timeline::{Goal, Seek};
use crate::ui::trace::Trace;

/// On the way to a moment of the run.
#[derive(Clone, Debug)]
pub(super) struct Travel {
    way: Seek<Player>,
    /// After how many steps it is there, if that is known.
    of: Option<u64>,
    /// What has happened on the way, for showing.
    trace: Option<Trace>,
    then: Then,
    /// The session as it was, if one changes to another future.
    before: Option<Box<Session>>,
}

/// What is to be done once one has arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Then {
    /// The run is another than before: it is written down again.
    pub record: bool,
    pub note: Option<String>,
    /// One plays on from there.
    pub on_to: Option<Moment>,
    /// A recording is gone on with from there.
    pub replay: Option<Box<Replaying>>,
}

impl Then {
    /// One has changed to another future.
    pub fn changed(note: impl Into<String>) -> Self {
        Self { record: true, note: Some(note.into()), ..Self::default() }
    }
}

impl Travel {
    pub fn progress(&self) -> Progress {
        let [begin, here] = self.way.gone();
        let part = self.of.map(|of| [here.steps - begin.steps, of.saturating_sub(begin.steps)]);
        let about = "playing what happened again, from the last checkpoint on".to_owned();
        Progress::new("Going there", about, part, gone(begin, here))
    }
}

impl Session {
    /// Goes to a moment of the run, and stands there.
    pub(super) fn seek(&mut self, goal: Goal) {
        self.travel(goal, Then::default(), None);
    }

    /// Goes to a moment of the run, stands there, and does what is to be done then. Whoever has
    /// changed to another future for it gives the session as it was `before`.
    pub(super) fn travel(&mut self, goal: Goal, then: Then, before: Option<Box<Self>>) {
        match before {
            None => self.leave_newest(),
            // What is watched has another past there.
            Some(_) => self.dating = None,
        }
        let way = self.way(goal, then, before);
        self.begin(way);
    }

    /// The work of going to a moment of the run, whose newest state has been kept.
    pub(super) fn way(&mut self, goal: Goal, then: Then, before: Option<Box<Self>>) -> Work {
        self.errand = None;
        let way = self.timeline.way_to(goal);
        let of = match goal {
            Goal::Point(point) => Some(point.steps),
            Goal::Step(step) => Some(step),
            Goal::Time(_) => None,
        };
        Work::Travel(Box::new(Travel { way, of, trace: None, then, before }))
    }

    /// One is about to look at the past: the newest state is kept to come back to.
    pub(super) fn leave_newest(&mut self) {
        if !self.is_past() {
            self.timeline.leave(&self.cluster, &self.player);
        }
    }

    /// A piece of the way; what is left of it.
    pub(super) fn travel_on(&mut self, mut travel: Box<Travel>) -> Option<Box<Travel>> {
        let newest = self.newest.as_ref().unwrap_or(&self.trace);
        let trace = &mut travel.trace;
        let there = travel.way.work(&self.timeline, &mut self.effort, |cluster| {
            let first = cluster.emitted() - cluster.events().len() as u64;
            let trace = trace.get_or_insert_with(|| newest.past(first));
            trace.extend(cluster.events(), cluster.names());
        });
        if !there {
            return Some(travel);
        }
        let Travel { way, trace, then, .. } = *travel;
        let (cluster, player) = way.into_state();
        let newest = self.newest.take().unwrap_or_else(|| std::mem::take(&mut self.trace));
        self.trace = trace.unwrap_or_else(|| newest.past(cluster.emitted()));
        self.newest = Some(newest);
        (self.cluster, self.player) = (cluster, player);
        self.fader = Fader::default();
        self.pacer.acted();
        self.arrive();
        self.refresh_breakpoints();
        self.refresh_watches();
        self.tell_reach();
        self.end_work();
        self.stand_here();
        self.go_on_with(then);
        None
    }

    fn go_on_with(&mut self, then: Then) {
        if then.record {
            self.record_all();
        }
        if let Some(words) = then.note {
            self.note(words);
        }
        if let Some(moment) = then.on_to {
            let before = Box::new(self.clone());
            self.play_to(Aim::Moment(moment), Some(before));
        }
        if let Some(replaying) = then.replay {
            self.replay_later(replaying);
        }
    }

    /// Somebody has stopped it: nothing has happened.
    pub(super) fn stop_travelling(&mut self, travel: Travel) {
        if let Some(replaying) = &travel.then.replay {
            return self.stop_replaying(replaying);
        }
        if let Some(before) = travel.before {
            self.go_back_to(*before);
        }
        self.note("stopped: you are where you were");
    }
}
