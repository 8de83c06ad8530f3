//! The first minute of the free lab: a card that says what this is, an election that stops at its
//! firsts, and six tips, each gone once its key has been used.

use super::Session;
use super::dialog::Reading;
use super::{Mode, Origin};
use crate::app::keymap::Normal;
use crate::cluster::Cluster;
use crate::cluster::event::{EventKind, RaftEvent};
use crate::cluster::types::ServerId;
use crate::ui::view::Stands;

/// What the card says. The keys stand in its border.
pub(super) const fn card(whose: Whose) -> [&'static str; 7] {
    [
        "Servers agree on a log of writes, whatever fails: Raft, in slow motion.",
        match whose {
            Whose::Own => "Messages, timers and votes are the paper's. Every event says why.",
            Whose::Guest => {
                "Messages, timers and votes are your module's, as it writes and reports them."
            }
        },
        "",
        "Space   the first election, which stops at its firsts",
        "?       what the marks mean, and the keys",
        "w       why? of whatever is selected",
        ":lesson 1  begins the first of the lessons",
    ]
}

/// Whose Raft it is: of a guest's, the lab knows what it writes and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Own,
    Guest,
}

impl Whose {
    pub fn of(cluster: &Cluster) -> Self {
        if cluster.has_guests() { Self::Guest } else { Self::Own }
    }
}

/// What is stopped at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Candidate,
    Vote,
    Leader,
}

impl First {
    const EVERY: [Self; 3] = [Self::Candidate, Self::Vote, Self::Leader];

    fn is(self, server: ServerId, event: &RaftEvent) -> bool {
        match (self, event) {
            (Self::Candidate, RaftEvent::ElectionStarted { .. })
            | (Self::Candidate, RaftEvent::Stands { first_asks: false, .. })
            | (Self::Vote, RaftEvent::VoteGranted { .. })
            | (Self::Leader, RaftEvent::BecameLeader { .. }) => true,
            // A guest's vote is what it writes; a candidate's first is for itself.
            (Self::Vote, RaftEvent::Saved { vote: Some(vote), .. }) => *vote != server,
            _ => false,
        }
    }

    const fn words(self, whose: Whose) -> &'static str {
        match (self, whose) {
            (Self::Candidate, Whose::Own) => {
                "the first candidate: its timer ran out first. Space resumes"
            }
            (Self::Vote, Whose::Own) => {
                "the first vote: one a term, first come first served. Space resumes"
            }
            (Self::Leader, Whose::Own) => {
                "a majority, so the first leader. Space resumes; then c writes"
            }
            (Self::Candidate, Whose::Guest) => "the first candidate. Space resumes",
            (Self::Vote, Whose::Guest) => "the first vote for another. Space resumes",
            (Self::Leader, Whose::Guest) => "the first leader. Space resumes; then c writes",
        }
    }
}

/// The keys that a first minute is for, in the order of a tour, and what a tip calls them.
const TIPS: [(Normal, &str); 6] = [
    (Normal::Write, "try a write"),
    (Normal::CrashLeader, "try a crash"),
    (Normal::RestartAll, "restart it"),
    (Normal::PartitionMode, "try a cut"),
    (Normal::Heal, "heal it"),
    (Normal::StepBack, "try going back"),
];

impl Session {
    /// Opens the lab with the card: lab time is paused until a key is pressed.
    pub fn welcome(&mut self) {
        if self.origin == Origin::Free {
            self.mode = Mode::Reading(Reading::Card);
            self.show();
        }
    }

    /// Whether the card is open; then it is closed. Whatever was pressed acts.
    pub(super) fn leave_card(&mut self) -> bool {
        let open = matches!(self.mode, Mode::Reading(Reading::Card));
        if open {
            self.mode = Mode::Normal;
        }
        open
    }

    /// The first election stops at its firsts.
    pub(super) fn stop_at_firsts(&mut self) {
        self.firsts = First::EVERY.to_vec();
    }

    /// Stops where something happens for the first time.
    pub(super) fn heed_firsts(&mut self) {
        let Some(first) = self.firsts.first().copied() else { return };
        let mut events = self.cluster.events().iter();
        if events.any(
            |event| matches!(&event.kind, EventKind::Raft(server, event) if first.is(*server, event)),
        ) {
            self.firsts.remove(0);
            self.halt = Some(Stands::Paused);
            self.note(first.words(Whose::of(&self.cluster)));
        }
    }

    /// The key was used: no tip is about it any more.
    pub(super) fn learn(&mut self, key: Normal) {
        if TIPS.iter().any(|(tip, _)| *tip == key) && !self.learned.contains(&key) {
            self.learned.push(key);
        }
    }

    /// What one could try next, if there is something that one has not, and its words.
    pub(super) fn tip(&self, possible: &[Normal]) -> Option<(Normal, &'static str)> {
        let free = self.origin == Origin::Free && !self.presents() && !self.is_past();
        let mut tips = TIPS.into_iter().filter(|(key, _)| !self.learned.contains(key));
        tips.find(|(key, _)| free && possible.contains(key))
    }
}
