//! Looking closely: what is selected, in figures (Enter) and in reasons (`w`).
//!
//! The pane that has the focus says which kind of thing is meant.

use super::Session;
use super::dialog::Reading;
use crate::cluster::Cluster;
use crate::cluster::event::Event;
use crate::cluster::explain;
use crate::cluster::network::Packet;
use crate::cluster::server::Power;
use crate::cluster::types::{ClientId, Index, Key, Node, PacketId, ServerId};
use crate::ui::inspector;
use crate::ui::view::{Lists, Pane, Stage};

/// How many of the newest events an explanation may look at.
const RECENT: usize = 5_000;

/// Something to look at.
enum Subject {
    Server(ServerId),
    Entry(ServerId, Index),
    Client(ClientId),
    Packet(PacketId),
    Event(Event),
    Key(Key),
    /// A line of the script, by its number.
    Line(u32),
    /// The way from one to the other.
    Link(Node, Node),
}

impl Session {
    pub(super) fn inspect(&mut self) {
        if !self.is_about_a_line() && self.explain_the_end() {
            return;
        }
        if !self.is_about_a_line() && self.withholds() {
            return;
        }
        let Some(subject) = self.subject() else { return };
        let (title, lines) = match &subject {
            Subject::Server(id) => {
                let withheld = self.view.withheld();
                (id.to_string(), inspector::lines(&self.cluster, *id, withheld))
            }
            Subject::Entry(id, index) => {
                (format!("Entry {index} of {id}"), self.entry_lines(*id, *index))
            }
            Subject::Client(id) => (self.client_title(*id), self.client_lines(*id)),
            Subject::Packet(id) => (format!("Packet #{id}"), self.packet_lines(*id)),
            Subject::Event(event) => (event.time.to_string(), self.event_lines(event)),
            Subject::Key(key) => (format!("Key {key}"), self.key_lines(key)),
            Subject::Line(number) => return self.go_to_line(*number),
            Subject::Link(from, to) => return self.change_by_hand(*from, *to),
        };
        self.open(Reading::text(title, lines));
    }

    /// Whether a question stands, or comes next: what `w` and Enter tell may be its answer. Says so.
    fn withholds(&mut self) -> bool {
        if self.question_stage() == Some(Stage::Asked) {
            self.refuse("a question stands: answer it first, then this explains");
        } else if self.view.withholds() {
            self.refuse("a question comes next: once it is answered, this explains");
        }
        self.view.withholds()
    }

    /// Whether a line of the script is meant: it can be gone to from a run that has stopped, too.
    fn is_about_a_line(&self) -> bool {
        self.view.focus == Pane::Script && self.view.selection.line.is_some()
    }

    /// When the run has stopped for good, that is what there is to explain.
    fn explain_the_end(&mut self) -> bool {
        if self.cluster.violation().is_some() {
            self.open(Reading::violation(&self.cluster));
        } else if self.cluster.failure().is_some() {
            self.open(Reading::failure(&self.cluster));
        } else {
            return false;
        }
        true
    }

    pub(super) fn why(&mut self) {
        if !self.is_about_a_line() && self.explain_the_end() {
            return;
        }
        if self.withholds() {
            return;
        }
        let Some(subject) = self.subject() else { return };
        let recent = self.recent();
        let cluster = &self.cluster;
        let (title, lines) = match &subject {
            Subject::Server(id) => (format!("Why {id}"), explain::server(cluster, *id, &recent)),
            Subject::Entry(id, index) => (
                format!("Why entry {index} of {id}"),
                explain::entry(cluster, *id, *index, &recent),
            ),
            Subject::Client(id) => {
                (format!("Why {}", self.client_title(*id)), explain::client(cluster, *id, &recent))
            }
            Subject::Packet(id) => {
                (format!("Why packet #{id}"), explain::packet(cluster, *id, &recent))
            }
            Subject::Event(event) => (event.time.to_string(), self.event_lines(event)),
            Subject::Key(key) => (format!("Key {key}"), self.key_lines(key)),
            Subject::Line(number) => (format!("Line {number}"), self.script_line_lines(*number)),
            Subject::Link(from, to) => return self.change_by_hand(*from, *to),
        };
        self.open(Reading::text(title, lines));
    }

    fn recent(&self) -> Vec<Event> {
        let first = self.trace.end().saturating_sub(RECENT as u64);
        let events = self.trace.events().filter(|(number, _)| *number >= first);
        events.map(|(_, event)| event.clone()).collect()
    }

    /// The numbers of an event and of its causes, in order.
    pub(super) fn causes_of(&self, number: u64) -> Vec<u64> {
        let before = self.trace.events_before(number + 1).rev().take(RECENT);
        let (mut numbers, mut recent): (Vec<u64>, Vec<Event>) =
            before.map(|(number, event)| (number, event.clone())).unzip();
        numbers.reverse();
        recent.reverse();
        let Some(last) = recent.len().checked_sub(1) else { return Vec::new() };
        let causes = explain::causes(&recent, last, self.cluster.names());
        let mut causes: Vec<u64> = causes.into_iter().map(|place| numbers[place]).collect();
        causes.sort_unstable();
        causes.dedup();
        causes
    }

    /// What is selected in the pane with the focus; without a selection there, the selected
    /// server, or the leader. Says so if there is nothing at all.
    fn subject(&mut self) -> Option<Subject> {
        let selection = &self.view.selection;
        let here = match self.view.focus.lists() {
            Lists::Clients | Lists::OfClient => selection.client.map(Subject::Client),
            // On the map one points at packets too.
            Lists::Packets | Lists::Servers => selection.packet.map(Subject::Packet),
            Lists::Keys => selection.key.clone().map(Subject::Key),
            Lists::Events | Lists::Diagram => {
                let event = selection.event.and_then(|number| self.trace.get(number));
                event.cloned().map(Subject::Event)
            }
            Lists::Logs => match (selection.server, selection.entry) {
                (Some(server), Some(index)) => Some(Subject::Entry(server, index)),
                (_, _) => None,
            },
            Lists::Lines => selection.line.map(Subject::Line),
            Lists::Links => selection.link.map(|(from, to)| Subject::Link(from, to)),
            Lists::Time | Lists::OfServer => None,
        };
        let server = selection.server.or(self.cluster.leader()).map(Subject::Server);
        let subject = here.or(server);
        if subject.is_none() {
            self.refuse("nothing is selected: press a server's number");
        }
        subject
    }

    fn client_title(&self, id: ClientId) -> String {
        format!("client {}", self.cluster.names().client(id))
    }

    fn entry_lines(&self, id: ServerId, index: Index) -> Vec<String> {
        let server = self.cluster.server(id);
        let Some((server, entry)) =
            server.and_then(|server| Some((server, server.raft.log().get(index)?)))
        else {
            return vec![format!("{id} has no entry {index} any more.")];
        };
        let state = match index {
            index if index <= server.rsm.applied && self.cluster.has_own_service() => {
                "counted as committed here; the guest applies it"
            }
            index if index <= server.rsm.applied => "counted as committed and applied here",
            index if index <= server.raft.commit() => "counted as committed, not applied yet here",
            _ => "not committed as far as this server knows",
        };
        vec![
            entry.payload.to_string(),
            match entry.op() {
                Some(op) => format!("of term {}, operation {}", entry.term, op.id),
                None if entry.payload.configuration().is_some() => {
                    format!("of term {}, a configuration", entry.term)
                }
                None if self.cluster.has_guests() => format!("of term {}", entry.term),
                None => format!("of term {}, which it opens (§8)", entry.term),
            },
            state.to_owned(),
            format!("copies: {}", self.cluster.copies(index, entry)),
            format!(
                "a majority is {} of {}",
                self.cluster.configuration().quorum(),
                self.cluster.configuration().servers()
            ),
        ]
    }

    fn client_lines(&self, id: ClientId) -> Vec<String> {
        let Some(client) = self.cluster.client(id) else { return Vec::new() };
        let mut lines = Vec::new();
        match client.job.as_ref().and_then(|job| job.call.as_ref()) {
            Some(call) => {
                let took = self.cluster.now().since(call.since);
                lines.push(format!("open: {}, for {took}, attempt {}", call.request, call.attempt));
                lines.push(match call.asking {
                    Some((server, _)) => format!("asks {server}, until {}", call.until),
                    None => format!("pauses until {}", call.until),
                });
            }
            None => lines.push("idle".into()),
        }
        lines.push(format!("tries {} first", client.leader_hint));
        lines.push(format!("{} more operations wait", client.queue.len()));
        let known = client.known.iter().take(20);
        lines.extend(known.map(|(key, stored)| {
            format!("last learned: {key} = {} @{}", stored.value, stored.version)
        }));
        lines
    }

    fn packet_lines(&self, id: PacketId) -> Vec<String> {
        let packets = self.cluster.packets();
        let Some(packet) = packets.into_iter().find(|packet| packet.id == id) else {
            return vec!["It is no longer in flight.".into()];
        };
        packet_lines(&self.cluster, packet)
    }

    fn event_lines(&self, event: &Event) -> Vec<String> {
        let names = self.cluster.names();
        let mut lines = vec![event.headline(names)];
        lines.extend(event.reason(names));
        lines.push(event.cause_words(names));
        lines
    }

    fn key_lines(&self, key: &Key) -> Vec<String> {
        let servers = self.cluster.servers().iter();
        servers
            .map(|server| match (server.power, server.rsm.kv.get(key)) {
                (Power::Down, _) => format!("{}: down", server.id),
                (_, Some(stored)) => {
                    format!("{}: {} @{}", server.id, stored.value, stored.version)
                }
                (_, None) => format!("{}: absent", server.id),
            })
            .collect()
    }
}

fn packet_lines(cluster: &Cluster, packet: &Packet) -> Vec<String> {
    let (names, summary) = (cluster.names(), packet.cargo.summary());
    vec![
        format!(
            "{} from {} to {}",
            summary.kind.name().word(),
            names.node(packet.from),
            names.node(packet.to)
        ),
        format!("term {}", summary.term),
        format!("sent at {}, due at {}", packet.sent, packet.due),
        format!("{} bytes on a wire", packet.cargo.wire_bytes()),
    ]
}
