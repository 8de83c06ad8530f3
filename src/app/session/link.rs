//! Link mode: a way in the grid of all, and what is to happen on it. Each press is a command.

use super::look::{Side, Way};
use super::{Mode, Session};
use crate::app::input::Chord;
use crate::app::keymap::Link;
use crate::cluster::command::{Ends, LinkAct, Text, Who};
use crate::cluster::network::{Hand, LinkChange, LinkRule, Packet};
use crate::cluster::time::{Ppm, Span, SpanRange};
use crate::cluster::types::{Node, ServerId};
use crate::ui::links;
use crate::ui::view::{End, LinkEdit};

/// What `o` steps through, in percent.
const LOSSES: [u32; 4] = [0, 10, 50, 100];
/// What `s` steps through after the network's own delay, in milliseconds.
const DELAYS: [u64; 2] = [100, 500];
/// What `t` steps through, in percent.
const DUPLICATES: [u32; 3] = [0, 10, 50];

impl Session {
    pub(super) fn link(&mut self, action: Link, pressed: Chord) {
        match action {
            Link::Server => self.choose_server(pressed),
            Link::Client => self.choose_client(pressed),
            Link::All => self.choose_end(End::All),
            Link::Cut => self.change_link("x", false, |_| LinkAct::Cut),
            Link::CutBoth => self.change_link("X", true, |_| LinkAct::Cut),
            Link::Mend => self.change_link("m", false, |_| LinkAct::Mend),
            Link::MendBoth => self.change_link("M", true, |_| LinkAct::Mend),
            Link::Loss => self.change_link("o", false, |rule| {
                let loss = Some(after(&LOSSES.map(Ppm::percent), rule.loss.unwrap_or_default()));
                LinkAct::Change(LinkChange { loss, ..LinkChange::default() })
            }),
            Link::Delay => self.delay_link(),
            Link::Duplicate => self.change_link("t", false, |rule| {
                let steps = DUPLICATES.map(Ppm::percent);
                let duplicate = Some(after(&steps, rule.duplicate.unwrap_or_default()));
                LinkAct::Change(LinkChange { duplicate, ..LinkChange::default() })
            }),
            Link::Hold => self.hold_or_release(),
            Link::Up => self.walk_ends(Way::Back, Side::Sender),
            Link::Down => self.walk_ends(Way::Forwards, Side::Sender),
            Link::Left => self.walk_ends(Way::Back, Side::Receiver),
            Link::Right => self.walk_ends(Way::Forwards, Side::Receiver),
            Link::Leave => self.mode = Mode::Normal,
        }
    }

    /// The way that the arrows choose.
    fn walk_ends(&mut self, way: Way, side: Side) {
        let Mode::Link(edit) = &self.mode else { return };
        let now = match (edit.from, edit.to) {
            (Some(End::Node(from)), Some(End::Node(to))) => Some((from, to)),
            _ => self.view.selection.link,
        };
        let (from, to) = self.next_link(now, way, 1, side);
        self.choose_ends(from, to);
    }

    fn choose_ends(&mut self, from: Node, to: Node) {
        self.view.selection.link = Some((from, to));
        self.mode = Mode::Link(LinkEdit { from: Some(End::Node(from)), to: Some(End::Node(to)) });
    }

    /// Link mode, with this way chosen.
    pub(super) fn change_by_hand(&mut self, from: Node, to: Node) {
        self.choose_ends(from, to);
    }

    /// A cell was pointed at: it is chosen; again, and it is cut or mended.
    pub(super) fn point_at_link(&mut self, from: Node, to: Node) {
        let ends = LinkEdit { from: Some(End::Node(from)), to: Some(End::Node(to)) };
        match &self.mode {
            Mode::Link(edit) if (edit.from, edit.to) == (ends.from, ends.to) => {
                match self.cluster.reaches(from, to) {
                    true => self.change_link("x", false, |_| LinkAct::Cut),
                    false => self.change_link("m", false, |_| LinkAct::Mend),
                }
            }
            _ => self.choose_ends(from, to),
        }
    }

    /// Packets wait at the end of their way from now on; again, and they arrive.
    fn hold_or_release(&mut self) {
        let Mode::Link(LinkEdit { from: Some(from), to: Some(to) }) = self.mode else {
            return self.refuse("choose both ends first: the sender, then the receiver");
        };
        let pairs = self.pairs(from, to);
        let held = pairs.iter().any(|(from, to)| {
            links::holds(&self.cluster, *from, *to) || self.waits_held(*from, *to)
        });
        self.change_link("z", false, |_| match held {
            true => LinkAct::Release { name: None, count: None },
            false => LinkAct::Hold { name: None, count: None },
        });
    }

    fn waits_held(&self, from: Node, to: Node) -> bool {
        let on = |packet: &&Packet| (packet.from, packet.to) == (from, to);
        self.cluster.packets().into_iter().filter(on).any(|packet| packet.hand == Hand::Held)
    }

    fn choose_server(&mut self, pressed: Chord) {
        let Chord::Char(digit) = pressed else { return };
        let number = digit.to_digit(10).map_or(0, u64::from);
        match ServerId::from_number(number).filter(|id| self.cluster.server(*id).is_some()) {
            Some(id) => self.choose_end(End::Node(Node::Server(id))),
            None => self.refuse(format!("there are only {} servers", self.cluster.servers().len())),
        }
    }

    fn choose_client(&mut self, pressed: Chord) {
        let Chord::Char(letter) = pressed else { return };
        let name = letter.to_string();
        match self.cluster.client_named(&name).map(|client| client.id) {
            Some(client) => self.choose_end(End::Node(Node::Client(client))),
            None => self.refuse(format!("no client is called {name}")),
        }
    }

    /// First the sender, then the receiver; a third press starts again.
    fn choose_end(&mut self, end: End) {
        let Mode::Link(edit) = &mut self.mode else { return };
        match (edit.from, edit.to) {
            (Some(from), None) if from == end && end != End::All => {
                self.refuse("a link has two ends: press another for the receiver");
            }
            (Some(_), None) => edit.to = Some(end),
            (None, _) | (Some(_), Some(_)) => *edit = LinkEdit { from: Some(end), to: None },
        }
    }

    fn delay_link(&mut self) {
        let own = self.cluster.network().profile().delay;
        let slow = DELAYS.map(|millis| SpanRange::exactly(Span::from_millis(millis)));
        self.change_link("s", false, |rule| {
            let steps = [own, slow[0], slow[1]];
            let delay = Some(after(&steps, rule.delay.unwrap_or(own)));
            LinkAct::Change(LinkChange { delay, ..LinkChange::default() })
        });
    }

    /// Does what `act` makes of the rule that holds between them now.
    fn change_link(&mut self, key: &str, both: bool, act: impl Fn(LinkRule) -> LinkAct) {
        let Mode::Link(LinkEdit { from: Some(from), to: Some(to) }) = self.mode else {
            return self.refuse("choose both ends first: the sender, then the receiver");
        };
        let (sender, receiver) = (self.who(from), self.who(to));
        let keys = format!("L {sender} {receiver} {key}");
        let ends = Ends { from: vec![sender], to: vec![receiver], both };
        self.apply(&act(self.rule(from, to)).to(ends), &keys);
    }

    fn who(&self, end: End) -> Who {
        match end {
            End::All => Who::All,
            End::Node(Node::Server(id)) => Who::Server(id),
            End::Node(Node::Client(id)) => Who::Client(Text::new(self.cluster.names().client(id))),
        }
    }

    /// The rule of the first of the links between two ends: what the next press goes on from.
    fn rule(&self, from: End, to: End) -> LinkRule {
        let links = self.cluster.links();
        let pairs = self.pairs(from, to).into_iter();
        let mut rules = pairs.filter_map(|(from, to)| links.get(from, to).map(|link| link.rule));
        rules.next().unwrap_or_default()
    }

    /// Each way between two ends.
    fn pairs(&self, from: End, to: End) -> Vec<(Node, Node)> {
        let nodes = |end: End| match end {
            End::Node(node) => vec![node],
            End::All => {
                self.cluster.servers().iter().map(|server| Node::Server(server.id)).collect()
            }
        };
        let pairs = nodes(from).into_iter().flat_map(|from| {
            nodes(to).into_iter().filter(move |to| *to != from).map(move |to| (from, to))
        });
        pairs.collect()
    }
}

/// The step that follows `now`, from the last to the first again.
fn after<T: Copy + PartialEq>(steps: &[T], now: T) -> T {
    let here = steps.iter().position(|step| *step == now);
    let next = here.map_or(0, |here| (here + 1) % steps.len());
    steps[next]
}
