//! The words for what happened, made when somebody reads them and not before.
//!
//! An event has a *headline* that is complete by itself and at most [`HEADLINE`] columns wide
//! ("S3 refuses S1's vote in term 4"), and a *reason*, the rule and the figures that decided
//! ("its own log ends at 5@3, S1's at 4@2 (§5.4.1)"). [`Event::told`] makes two sentences of them.
//! A list that has a column for the [`Event::subject`] shows the [`Event::deed`], the headline
//! without its first word. [`Event::weight`] tells a list what it may leave out.
//!
//! The texts are present tense and use the paper's terms. What users wrote appears in them as it
//! is, but for its length: whoever draws it escapes it.

mod brief;
mod client;
mod members;
mod packet;
mod raft;
mod record;
mod row;
mod script;
mod server;
mod snapshot;
pub(super) mod spell;
#[cfg(test)]
mod tests;

pub use record::{told, told_when};
pub use script::rule;
pub use spell::{packet as packet_words, servers};

use super::cause::Cause;
use super::event::{Event, EventKind, Names, PacketEvent};
use super::fit::{columns, shorten};
use super::flaw::Flaw;
use super::types::Node;
use row::Ask;
use spell::Spell;

/// The most columns of a headline.
pub const HEADLINE: usize = 60;
/// Room for each text of a user's: the widest with which the headline fits is taken.
const ROOMS: [usize; 5] = [24, 12, 8, 5, 3];

impl Event {
    /// What happened, complete by itself, in at most [`HEADLINE`] columns.
    pub fn headline(&self, names: &Names) -> String {
        fitting(names, |spell| match self.subject() {
            Some(subject) => format!("{} {}", spell.node(subject), self.spelled_deed(spell)),
            None => self.spelled_deed(spell),
        })
    }

    /// What its subject did: the headline for a list whose rows already begin with the subject.
    pub fn deed(&self, names: &Names) -> String {
        fitting(names, |spell| self.spelled_deed(spell))
    }

    fn spelled_deed(&self, spell: Spell) -> String {
        self.row(Ask::Deed(spell)).words.unwrap_or_default()
    }

    /// Why: the rule with the paper's section, and the figures. `None` where the headline says
    /// it all. Of any length that its figures need, some 80 columns as a rule.
    pub fn reason(&self, names: &Names) -> Option<String> {
        let facts = self.row(Ask::Reason(Spell { names, room: ROOMS[1] })).words;
        let flaws = self.named_flaws().iter().map(Flaw::told);
        let clauses: Vec<String> = facts.into_iter().chain(flaws).collect();
        (!clauses.is_empty()).then(|| clauses.join("; "))
    }

    /// Headline and reason as sentences: "S3 refuses S1's vote in term 4. Its own log ends at
    /// 5@3, S1's at 4@2 (§5.4.1)."
    pub fn told(&self, names: &Names) -> String {
        sentences([Some(self.headline(names)), self.reason(names)])
    }

    /// What brought it about: "because packet #412 arrived".
    pub fn cause_words(&self, names: &Names) -> String {
        let whose = |node: Node| match self.subject() {
            Some(subject) if subject == node => "its".to_owned(),
            Some(_) | None => format!("{}'s", Spell { names, room: ROOMS[1] }.node(node)),
        };
        match self.cause {
            Cause::Start => "because the run begins".to_owned(),
            Cause::Command(before) => format!("because of command {}", before.saturating_add(1)),
            Cause::Packet(_) if self.is_end_of_flight() => "because it was due".to_owned(),
            Cause::Packet(packet) => format!("because packet #{packet} arrived"),
            Cause::LossReport(packet) => format!("because packet #{packet} was lost"),
            Cause::ElectionTimer(server) => {
                format!("because {} election timer fired", whose(Node::Server(server)))
            }
            Cause::HeartbeatTimer(server) => {
                format!("because {} heartbeat was due", whose(Node::Server(server)))
            }
            Cause::WaiterTimer(server) => {
                format!("because {} check on who waits was due", whose(Node::Server(server)))
            }
            Cause::QuorumTimer(server) => {
                format!("because {} check for a quorum was due", whose(Node::Server(server)))
            }
            Cause::GuestTimer(server, timer) => {
                format!("because {} timer {timer} ran out", whose(Node::Server(server)))
            }
            Cause::Sync(server) => {
                format!("because {} disk had synced", whose(Node::Server(server)))
            }
            Cause::ClientTimer(client) => {
                format!("because {} time was up", whose(Node::Client(client)))
            }
            Cause::Line(line) => format!("because line {line} of the script says so"),
            Cause::Told(line) => format!("as line {line} of the trace tells"),
        }
    }

    /// Whether it is the arrival or the loss of the very packet that is its cause.
    const fn is_end_of_flight(&self) -> bool {
        matches!(
            self.kind,
            EventKind::Packet(_, PacketEvent::Received | PacketEvent::Dropped { .. })
        )
    }
}

/// Clauses as sentences, each with its capital and its full stop.
pub fn sentences(clauses: impl IntoIterator<Item = Option<String>>) -> String {
    let mut text = String::new();
    for clause in clauses.into_iter().flatten() {
        let mut characters = clause.chars();
        let Some(first) = characters.next() else { continue };
        if !text.is_empty() {
            text.push(' ');
        }
        text.extend(first.to_uppercase());
        text.push_str(characters.as_str());
        if !clause.ends_with('.') {
            text.push('.');
        }
    }
    text
}

/// The words with as much of users' texts as fits a headline.
fn fitting(names: &Names, words: impl Fn(Spell) -> String) -> String {
    let mut last = String::new();
    for room in ROOMS {
        last = words(Spell { names, room });
        if columns(&last) <= HEADLINE {
            return last;
        }
    }
    shorten(&last, HEADLINE)
}
