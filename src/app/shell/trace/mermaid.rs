//! A sequence diagram for Mermaid: packets are arrows, where they arrive or get lost; the turns of the
//! story are notes.
//!
//! A page has room for so many arrows. What is beyond stands in a last note: how much was left out.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::Format;
use crate::app::hunt::story::is_told;
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind, PacketEvent};
use crate::cluster::types::Node;
use crate::cluster::words::packet_words;

pub struct Mermaid {
    left: usize,
    left_out: u64,
    known: BTreeSet<String>,
}

impl Mermaid {
    /// So many arrows and notes at most.
    pub const fn new(most: usize) -> Self {
        Self { left: most, left_out: 0, known: BTreeSet::new() }
    }

    fn line(&mut self, line: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                writeln!(out, "    {line}")
            }
            None => {
                self.left_out += 1;
                Ok(())
            }
        }
    }

    fn event(&mut self, cluster: &Cluster, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        let names = cluster.names();
        let node = |node: Node| match node {
            Node::Server(id) => id.to_string(),
            Node::Client(id) => participant(names.client(id)),
        };
        match &event.kind {
            EventKind::Packet(flight, what) => {
                let (from, to) = (node(flight.from), node(flight.to));
                let arrow = match what {
                    PacketEvent::Received if flight.summary.is_reply() => "-->>",
                    PacketEvent::Received => "->>",
                    PacketEvent::Dropped { .. } => "-x",
                    _ => return Ok(()),
                };
                let words = safe(&packet_words(flight.summary));
                self.line(&format!("{from}{arrow}{to}: {words}"), out)
            }
            kind if is_told(kind) => {
                let Some(subject) = event.subject() else { return Ok(()) };
                let words = safe(&event.deed(names));
                self.line(&format!("Note over {}: {words}", node(subject)), out)
            }
            _ => Ok(()),
        }
    }
}

impl Format for Mermaid {
    fn begin(&mut self, script: &str, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "---\ntitle: {}\n---\nsequenceDiagram", safe(script).replace(':', " "))?;
        for id in cluster.ids() {
            writeln!(out, "    participant {id}")?;
        }
        Ok(())
    }

    fn add(&mut self, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        for client in cluster.clients() {
            let short = participant(&client.name);
            if self.left > 0 && self.known.insert(short.clone()) {
                writeln!(out, "    participant {short} as client {}", safe(&client.name))?;
            }
        }
        cluster.events().iter().try_for_each(|event| self.event(cluster, event, out))
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.left_out {
            0 => Ok(()),
            more => writeln!(out, "    Note over S1: and {more} more (--lines)"),
        }
    }
}

/// A client's own name could be a word of the diagram's language.
fn participant(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("c_{}", name.chars().map(plain).collect::<String>())
}

/// Without the signs that end a line or begin an entity there.
fn safe(text: &str) -> String {
    let spelled = |c: char| match c {
        '#' => "no. ".to_owned(),
        ';' => ",".to_owned(),
        '<' | '>' | '%' | '\n' | '\r' | '"' => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(spelled).collect()
}
