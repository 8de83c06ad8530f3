//! A class that follows. What it is told of a session are lines of its recording: at first the whole,
//! then what is done as it happens, and where the screen has come to. Start, commands and seed are the
//! run, so whoever does them again sees the same, from a few bytes a command.
//!
//! The other side is a session that does what it is told, at the very places at which it was done. Lab time
//! passes in it only as far as it is told. Whoever acts in it, lets time go on or goes back goes their
//! own way, and comes back by asking for the whole again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::presenter::Presenting;
use super::{Moment, Screen, Session};
use crate::app::recorder::{self, did};
use crate::cluster::Step;
use crate::cluster::command::recording::Record;
use crate::cluster::command::{Command, Place, Tell, parse_line};
use crate::cluster::plain::plain;
use crate::cluster::timeline::{Goal, Point};
use crate::ui::view::{Said, Stage, Stands};

/// The most that waits to be done: whoever is so far behind asks for the whole.
const WAITING_MAX: usize = 4_096;

/// What a class has been told.
#[derive(Debug, Default)]
pub struct Told {
    /// How many commands, and the last of them; `None` before it has been told anything.
    deeds: Option<usize>,
    last: Option<Arc<Command>>,
    place: Option<Place>,
}

/// Something to tell a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling {
    /// A recording: what it was told before is void.
    Whole(String),
    /// A line of one, `did PLACE COMMAND` or `reached PLACE`.
    Line(String),
}

/// A question that stands: the same again for those who go back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    at: Point,
    text: Arc<str>,
    pub choices: Vec<String>,
}

/// What a session that follows has been told to do.
#[derive(Clone, Debug)]
pub(super) struct Following {
    waiting: VecDeque<(Place, Option<Command>)>,
    /// Where it has come by what it was told.
    here: Option<Point>,
}

impl Session {
    /// What is new to those who follow this session.
    pub fn tell_class(&self, told: &mut Told) -> Vec<Telling> {
        // Until something has come to its end, nobody knows whether it stays.
        if self.works() || matches!(self.presenting, Presenting::Black(_)) {
            return Vec::new();
        }
        let deeds = self.timeline.deeds();
        let mut tellings = Vec::new();
        let same = |known: usize| match (known.checked_sub(1), &told.last) {
            (None, _) => true,
            // The command itself, which no other future has at its place.
            (Some(at), Some(last)) => {
                deeds.get(at).is_some_and(|deed| Arc::ptr_eq(&deed.command, last))
            }
            (Some(_), None) => false,
        };
        match told.deeds {
            Some(known) if same(known) => {
                let new = deeds[known..].iter();
                tellings.extend(new.map(|deed| Telling::Line(did(deed.place, &deed.command))));
            }
            Some(_) | None => {
                tellings.push(Telling::Whole(self.whole()));
                told.place = None;
            }
        }
        told.deeds = Some(deeds.len());
        told.last = deeds.last().map(|deed| deed.command.clone());
        let place = self.cluster.place();
        if told.place.replace(place) != Some(place) {
            tellings.push(Telling::Line(Command::Record(Record::Reached(place)).to_string()));
        }
        tellings
    }

    /// The present future as a recording, without those that were left.
    pub fn whole(&self) -> String {
        recorder::whole(&recorder::Work {
            cluster: &self.cluster,
            deeds: self.timeline.deeds(),
            reached: self.timeline.reached(),
            left: Vec::new(),
            watched: self.watched(),
            breakpoints: Vec::new(),
            pace: self.pacer.chosen(),
            bookmarks: Vec::new(),
        })
    }

    /// The question that stands, if one does.
    pub fn standing_question(&self) -> Option<Asked> {
        let question = self.player.question().filter(|question| question.stage == Stage::Asked)?;
        let choices = question.choices.iter().map(|choice| plain(&choice.text).into_owned());
        let (at, text) = (self.player.posed(), question.text.clone());
        Some(Asked { at, text, choices: choices.collect() })
    }

    /// What the class says to each choice of the question that stands. Who looks at the past is not led away
    /// from the future that follows it.
    pub fn hear_class(&mut self, hands: Vec<u32>) {
        let Some(question) = self.player.question().filter(|_| !self.is_past()) else { return };
        let known = question.choices.iter().map(|choice| choice.said);
        if known.eq(hands.iter().map(|hands| Said::Hands(*hands))) {
            return;
        }
        self.apply(&Command::Tell(Tell::Answer(hands)), "");
        // No message follows that would show it.
        self.show();
    }

    /// This follower's answer to the question that stands: a choice, by its place among them.
    pub fn raise_hand(&mut self, choice: Option<usize>) {
        self.hand = choice;
        self.screen = Screen::Stale;
        self.show();
    }

    /// Each of a class sees what they say themselves. What others say is seen with the answer: before, it
    /// would lead them.
    pub(super) fn show_hand(&mut self) {
        let Some(question) = self.view.question.as_mut().filter(|_| self.following.is_some())
        else {
            return;
        };
        for (place, choice) in question.choices.iter_mut().enumerate() {
            choice.own = self.hand == Some(place);
            choice.said = match (question.stage, choice.said) {
                (Stage::Revealed, said @ Said::Hands(_)) => said,
                (Stage::Asked | Stage::Revealed, _) if choice.own => Said::Chosen,
                (Stage::Asked | Stage::Revealed, _) => Said::Nothing,
            };
        }
    }

    /// Whether a command tells what others say, and is not to be seen yet.
    pub(super) fn is_withheld(&self, command: &Command) -> bool {
        self.following.is_some()
            && matches!(command, Command::Tell(Tell::Answer(_)))
            && self.player.question().is_some_and(|question| question.stage == Stage::Asked)
    }

    /// Begins to follow: from now on lab time passes only as far as [`Session::follow`] says.
    pub fn begin_following(&mut self) {
        self.following = Some(Following { waiting: VecDeque::new(), here: None });
        self.halt.get_or_insert(Stands::Following);
    }

    /// Does what a line of a recording says, once frames come.
    ///
    /// # Errors
    /// For any other line, and when too much waits already.
    pub fn follow(&mut self, line: &str) -> Result<(), String> {
        let Some(following) = &mut self.following else { return Ok(()) };
        let (place, command) = match parse_line(line) {
            Ok(Command::Record(Record::Did { place, command })) => (place, Some(*command)),
            Ok(Command::Record(Record::Reached(place))) => (place, None),
            Ok(_) | Err(_) => return Err("that is no line of a recording".to_owned()),
        };
        // Of places that only were come to, the last matters.
        if following.waiting.back().is_some_and(|(_, command)| command.is_none()) {
            following.waiting.pop_back();
        }
        if following.waiting.len() >= WAITING_MAX {
            return Err("too much waits".to_owned());
        }
        following.waiting.push_back((place, command));
        Ok(())
    }

    /// Whether somebody has gone their own way in a session that followed.
    pub fn strays(&self) -> bool {
        let Some(following) = &self.following else { return false };
        let left = following.here.is_some_and(|here| here != self.cluster.point());
        following.waiting.is_empty() && !self.works() && (left || self.halt.is_none())
    }

    /// Nobody is followed any more.
    pub fn stop_following(&mut self) {
        self.following = None;
        if self.halt == Some(Stands::Following) {
            self.halt = Some(Stands::Paused);
        }
        self.screen = Screen::Stale;
    }

    /// Whether there is something that it was told and has not done.
    pub(super) fn has_to_follow(&self) -> bool {
        self.following.as_ref().is_some_and(|following| !following.waiting.is_empty())
    }

    /// Does what it was told, as far as this frame may.
    pub(super) fn follow_on(&mut self) {
        let Some(mut following) = self.following.take() else { return };
        while self.effort > 0 && !self.works() {
            let Some((place, command)) = following.waiting.front() else { break };
            let (place, is_shown) = (*place, command.is_none());
            self.screen = Screen::Stale;
            if is_shown && place < self.timeline.reached().max(self.cluster.place()) {
                // A moment that the other session has gone back to.
                following.waiting.pop_front();
                self.halt = Some(Stands::Following);
                self.go_there(&Moment::Place(place));
                break;
            }
            if self.is_past() {
                self.seek(Goal::Point(self.timeline.end()));
                if is_shown && place == self.timeline.reached() {
                    following.waiting.pop_front();
                }
                break;
            }
            self.player.release();
            self.halt = None;
            let comes_first = self.cluster.next_place().is_some_and(|next| next < place);
            if comes_first && !self.cluster.is_stopped() && self.take_step() == Step::Happened {
                continue;
            }
            if self.cluster.now() < place.time {
                self.pass(place.time);
            }
            if let Some((_, Some(command))) = following.waiting.pop_front() {
                // What the other session could do this one can, for it is the same run.
                let _ = self.give(&command, "");
            }
        }
        self.halt.get_or_insert(Stands::Following);
        let settled = following.waiting.is_empty() && !self.works();
        following.here = settled.then(|| self.cluster.point());
        self.following = Some(following);
    }
}
