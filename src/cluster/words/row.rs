//! The row of an event: what it is about, whether a list shows it unasked, and its words. The rows
//! stand in a file for each subject, beside the phrases that they need.
//!
//! A deed is a verb phrase whose subject is the event's server or client: "wins term 4 by 3 of 5
//! votes: S1, S2 and S3". Where an event has no subject the phrase stands alone. A reason is a
//! clause without a capital or a full stop: the facts that decided and, where they followed a rule,
//! the rule with the paper's section.
//!
//! A reason says what was compared, not what should follow from it: "its entry 4 is of term 3, as
//! S2's is" can be seen in both logs; that all before it is the same is a theorem, which holds as
//! long as every server keeps every rule. Where a planted flaw decided, the facts stand alone, and
//! the flaw follows with its departure and the rule that was not kept.

use super::spell::Spell;
use crate::cluster::event::{Event, EventKind, NetworkEvent};
use crate::cluster::flaw::Flaws;
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::Node;

/// What is said of an event.
pub(super) struct Row {
    pub topic: Topic,
    pub weight: Weight,
    /// Those that were asked for.
    pub words: Option<String>,
}

/// What is asked of a row. Words are made only when they are.
#[derive(Clone, Copy)]
pub(super) enum Ask<'a> {
    Nature,
    Deed(Spell<'a>),
    Reason(Spell<'a>),
}

impl<'a> Ask<'a> {
    pub const fn about(self, topic: Topic) -> About<'a> {
        About { topic, ask: self }
    }
}

/// A topic's rows.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    topic: Topic,
    ask: Ask<'a>,
}

impl<'a> About<'a> {
    pub fn row<R: Into<Option<String>>>(
        self,
        weight: Weight,
        deed: impl FnOnce(Spell<'a>) -> String,
        reason: impl FnOnce(Spell<'a>) -> R,
    ) -> Row {
        let words = match self.ask {
            Ask::Nature => None,
            Ask::Deed(spell) => Some(deed(spell)),
            Ask::Reason(spell) => reason(spell).into(),
        };
        Row { topic: self.topic, weight, words }
    }

    pub fn story<R: Into<Option<String>>>(
        self,
        deed: impl FnOnce(Spell<'a>) -> String,
        reason: impl FnOnce(Spell<'a>) -> R,
    ) -> Row {
        self.row(Weight::Story, deed, reason)
    }

    pub fn detail<R: Into<Option<String>>>(
        self,
        deed: impl FnOnce(Spell<'a>) -> String,
        reason: impl FnOnce(Spell<'a>) -> R,
    ) -> Row {
        self.row(Weight::Detail, deed, reason)
    }

    /// For the script's player only.
    pub fn silent(self, deed: impl FnOnce(Spell<'a>) -> String) -> Row {
        self.row(Weight::Silent, deed, no_reason)
    }
}

/// The deed says it all.
pub(super) fn no_reason(_: Spell) -> Option<String> {
    None
}

/// The facts with their rule, unless a flaw decided otherwise.
pub(super) fn ruled(flaws: Flaws, facts: String, section: &str) -> String {
    match flaws.is_empty() {
        true => format!("{facts} ({section})"),
        false => facts,
    }
}

impl Event {
    /// The server or client that the event is about; `None` for commands and the script.
    pub fn subject(&self) -> Option<Node> {
        match &self.kind {
            EventKind::Server(server, _) | EventKind::Raft(server, _) => {
                Some(Node::Server(*server))
            }
            EventKind::Packet(flight, event) => Some(event.subject(flight)),
            EventKind::Network(NetworkEvent::LossReported { to, .. }) => Some(*to),
            EventKind::Client(client, _) => Some(Node::Client(*client)),
            EventKind::Network(NetworkEvent::Duplicated { .. })
            | EventKind::Script(_)
            | EventKind::Lab(_) => None,
        }
    }

    /// What it is about.
    pub fn topic(&self) -> Topic {
        self.row(Ask::Nature).topic
    }

    /// Whether a list shows it unasked.
    pub fn weight(&self) -> Weight {
        self.row(Ask::Nature).weight
    }

    pub(super) fn row(&self, ask: Ask) -> Row {
        match &self.kind {
            EventKind::Server(_, event) => event.row(self.flaws, ask),
            EventKind::Raft(_, event) => event.row(self.cause, self.flaws, ask),
            EventKind::Packet(flight, event) => event.row(flight, ask),
            EventKind::Network(event) => event.row(ask),
            EventKind::Client(_, event) => event.row(self.flaws, ask),
            EventKind::Script(event) => event.row(ask),
            EventKind::Lab(event) => event.row(ask),
        }
    }
}
