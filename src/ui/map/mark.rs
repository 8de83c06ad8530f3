//! How a packet looks on the map: a chip with a few letters in the hue of the term that it
//! carries, or a dot for heartbeats and their acks, of which there are many.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::client::shown;
use crate::cluster::Cluster;
use crate::cluster::network::Packet;
use crate::cluster::raft::{AppendResult, Message};
use crate::cluster::types::{Index, Node, ServerId, Term};
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Glyphs;

/// A packet's looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    face: Face,
    ink: Ink,
    /// Where it goes, if that is to be said.
    pub goes: Option<ServerId>,
    /// Somebody has selected it.
    pub selected: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Face {
    Dot(char),
    Chip(String),
}

/// Clients know of no terms, so their packets have no hue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    Term(Term),
    Client,
}

impl Mark {
    pub fn of(packet: &Packet, cluster: &Cluster, glyphs: Glyphs) -> Self {
        let ink = match (packet.from, packet.to) {
            (Node::Server(_), Node::Server(_)) => Ink::Term(packet.message.summary().term),
            (Node::Client(_), _) | (_, Node::Client(_)) => Ink::Client,
        };
        Self { face: Face::of(packet, cluster, glyphs), ink, goes: None, selected: false }
    }

    /// Whether it is one of the many, a heartbeat or its ack.
    pub const fn is_dot(&self) -> bool {
        matches!(self.face, Face::Dot(_))
    }

    /// How many columns it takes.
    pub fn width(&self) -> u16 {
        let face = match &self.face {
            Face::Dot(_) => 1,
            Face::Chip(text) => 2 + text.chars().count(),
        };
        let goes = self.goes.map_or(0, |server| 1 + server.to_string().len());
        (face + goes) as u16
    }

    /// Draws it over whatever is there.
    pub fn draw(&self, canvas: &mut Canvas<'_>, place: Rect) {
        let theme = canvas.theme();
        let (edge, inside) = match self.ink {
            Ink::Term(term) => (theme.edge(term), theme.chip(term)),
            Ink::Client => (theme.plain(), theme.plain().add_modifier(Modifier::REVERSED)),
        };
        let lifted = |style: Style| {
            let lift = Modifier::BOLD | Modifier::UNDERLINED;
            if self.selected { style.add_modifier(lift) } else { style }
        };
        canvas.clear(place);
        let mut pen = canvas.pen(place, 0);
        match &self.face {
            Face::Dot(dot) => pen.style(lifted(edge)).put(dot).style(theme.plain()),
            Face::Chip(text) => pen.style(edge).put('▐').style(lifted(inside)).put(text),
        };
        if let Some(server) = self.goes {
            pen.put('►').put(server);
        }
        if let Face::Chip(_) = self.face {
            pen.style(edge).put('▌');
        }
    }
}

impl Face {
    fn of(packet: &Packet, cluster: &Cluster, glyphs: Glyphs) -> Self {
        let chip = |text: &str| Self::Chip(text.to_owned());
        match &packet.message {
            Message::RequestVote { .. } => chip("V?"),
            Message::VoteReply { granted: true, .. } => chip("V+"),
            Message::VoteReply { granted: false, .. } => chip("V-"),
            Message::Append { entries, commit, .. } => match entries.len() {
                0 if brings_commit(*commit, packet.to, cluster) => Self::Chip(format!("c{commit}")),
                0 => Self::Dot('•'),
                count => Self::Chip(format!("A{count}")),
            },
            Message::AppendReply { prev, result, .. } => match result {
                // Nothing new matched: what was acknowledged brought no entries.
                AppendResult::Matched(matched) if matched == prev => Self::Dot('◦'),
                AppendResult::Matched(_) => chip("A+"),
                AppendResult::Refused { .. } => chip("A-"),
            },
            Message::Request { .. } => Self::Chip(name(packet, cluster, glyphs) + "?"),
            Message::Reply { .. } => Self::Chip(name(packet, cluster, glyphs) + "!"),
        }
    }
}

/// The name of the client that asks or is answered.
fn name(packet: &Packet, cluster: &Cluster, glyphs: Glyphs) -> String {
    match (packet.from, packet.to) {
        (Node::Client(client), _) | (_, Node::Client(client)) => {
            shown(cluster.names().client(client), glyphs)
        }
        (Node::Server(_), Node::Server(_)) => String::new(),
    }
}

/// Whether this commit index is news to the receiver.
pub fn brings_commit(commit: Index, to: Node, cluster: &Cluster) -> bool {
    match to {
        Node::Server(to) => cluster.server(to).is_some_and(|server| commit > server.raft.commit),
        Node::Client(_) => false,
    }
}
