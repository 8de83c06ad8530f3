//! Packet mode: time stands, and packets in flight are handled one by one. With all by hand the
//! same keys tell everything else that can happen: a number fires the timer of that server.

use super::look::Way;
use super::{Mode, Session};
use crate::app::input::Chord;
use crate::app::keymap::{Normal, Packet as Key};
use crate::cluster::Step;
use crate::cluster::command::{
    ClientAct, Command, Deed, Ends, Fate, LabAct, LinkAct, Motion, PacketAct, ServerAct, Text, Who,
};
use crate::cluster::network::Hand;
use crate::cluster::raft::Role;
use crate::cluster::server::Power;
use crate::cluster::time::Span;
use crate::cluster::types::{PacketId, ServerId};
use crate::ui::view::Pane;

/// How long `s` delays a packet.
const DELAY: Span = Span::from_millis(100);
/// The most events that follow at once from what was told.
const EVENTS_MAX: u32 = 100_000;

impl Session {
    pub(super) fn packet_mode(&mut self) {
        self.view.focus = Pane::InFlight;
        if self.view.zoomed.is_some_and(|pane| pane != Pane::InFlight) {
            self.view.zoomed = None;
        }
        self.mode = Mode::Packet;
        self.choose_some_packet();
    }

    /// There is always one chosen, as long as there is any.
    pub(super) fn choose_some_packet(&mut self) {
        let chosen = self.view.selection.packet;
        let first = {
            let packets = self.cluster.packets();
            if packets.iter().any(|packet| Some(packet.id) == chosen) {
                return;
            }
            packets.first().map(|packet| packet.id)
        };
        self.view.selection.packet = first;
        self.view.scroll.in_flight = 0;
    }

    pub(super) fn packet(&mut self, action: Key, pressed: Chord) {
        match action {
            Key::Next => self.walk_packets(Way::Forwards, 1),
            Key::Previous => self.walk_packets(Way::Back, 1),
            Key::Deliver => self.handle_packet(PacketAct::Deliver, "M Enter"),
            Key::DeliverAll => self.deliver_all(),
            Key::Drop => self.handle_packet(PacketAct::Meets(Fate::Drop), "M x"),
            Key::Duplicate => self.handle_packet(PacketAct::Meets(Fate::Duplicate), "M t"),
            Key::Delay => self.handle_packet(PacketAct::Meets(Fate::Delay(DELAY)), "M s"),
            Key::Hold => {
                let held = self.chosen_hand() == Some(Hand::Held);
                let act = if held { PacketAct::Deliver } else { PacketAct::Hold };
                self.handle_packet(act, "M z");
            }
            Key::ByHand => self.toggle_by_hand(),
            Key::Timer => self.fire_timer(pressed),
            Key::Disks => self.tell(&ServerAct::Sync.to(vec![Who::All]), "M d"),
            Key::Retry => self.retry_client(),
            Key::Write => self.act_on_packets(Normal::Write, pressed),
            Key::Read => self.act_on_packets(Normal::Read, pressed),
            Key::Undo => self.act_on_packets(Normal::Undo, pressed),
            Key::Why => self.why(),
            Key::Inspect => self.inspect(),
            Key::Leave => {
                self.mode = Mode::Normal;
                if self.cluster.is_by_hand() {
                    self.note("all is by hand still: M, then a, resumes lab time");
                }
            }
        }
    }

    /// A key that means here what it means in normal mode, and does not leave.
    fn act_on_packets(&mut self, action: Normal, pressed: Chord) {
        // None of these asks the owner of the terminal for anything.
        let _ = self.normal(action, pressed);
        if !self.works() {
            self.mode = Mode::Packet;
            self.choose_some_packet();
        }
    }

    /// Nothing moves and no timer fires unless told; again, and lab time goes on.
    fn toggle_by_hand(&mut self) {
        let (motion, words) = match self.cluster.is_by_hand() {
            false => {
                (Motion::ByHand, "all by hand: nothing moves and no timer fires until you say so")
            }
            true => (Motion::ByItself, "lab time resumes where it was, once you exit packet mode"),
        };
        if self.apply(&LabAct::ByHand(motion).into(), "M a") {
            self.note(words);
        }
        self.choose_some_packet();
    }

    /// A follower or a candidate stands for election, a leader sends its heartbeats.
    fn fire_timer(&mut self, pressed: Chord) {
        let Chord::Char(digit) = pressed else { return };
        let id = digit.to_digit(10).map(u64::from).and_then(ServerId::from_number);
        let Some(server) = id.and_then(|id| self.cluster.server(id)) else {
            return self.refuse(format!("there are only {} servers", self.cluster.servers().len()));
        };
        let who = vec![Who::Server(server.id)];
        let leads = server.power == Power::Up && server.raft.role() == Role::Leader;
        let command = if leads { ServerAct::Heartbeat.to(who) } else { ServerAct::Timeout.to(who) };
        self.tell(&command, &format!("M {digit}"));
    }

    /// The selected client asks the next server; if it waits for nothing, the first that does.
    fn retry_client(&mut self) {
        let waiting: Vec<_> = self.cluster.waiting_clients().collect();
        let selected = self.view.selection.client.filter(|client| waiting.contains(client));
        let Some(client) = selected.or(waiting.first().copied()) else {
            return self.refuse("no client waits for anything");
        };
        let name = Text::literal(self.cluster.names().client(client));
        self.tell(&Deed::Clients(ClientAct::Retry, vec![name]).into(), "M r");
    }

    /// Everything that is in flight now arrives, in its order; what is sent meanwhile does not.
    fn deliver_all(&mut self) {
        if self.cluster.packets().is_empty() {
            return self.refuse("nothing is in flight");
        }
        let servers = self.cluster.servers().iter().map(|server| Who::Server(server.id));
        let clients = self.cluster.clients().iter();
        let clients = clients.map(|client| Who::Client(Text::literal(&*client.name)));
        let nodes: Vec<Who> = servers.chain(clients).collect();
        let ends = Ends { from: nodes.clone(), to: nodes, both: false };
        let act = LinkAct::Flying { fate: None, name: None, count: None };
        self.tell(&act.to(ends), "M *");
    }

    fn chosen_hand(&self) -> Option<Hand> {
        let id = self.view.selection.packet?;
        let packets = self.cluster.packets();
        packets.iter().find(|packet| packet.id == id).map(|packet| packet.hand)
    }

    fn handle_packet(&mut self, act: PacketAct, keys: &str) {
        let Some(packet) = self.view.selection.packet else {
            return self.refuse("nothing is in flight: a number fires the timer of that server");
        };
        // Once this one is gone, the next in the list is chosen.
        let next = {
            let packets = self.cluster.packets();
            let place = packets.iter().position(|flying| flying.id == packet);
            place.and_then(|place| packets.get(place + 1)).map(|next| next.id)
        };
        self.tell(&Deed::Packet(packet, act).into(), keys);
        if act == PacketAct::Deliver && !self.cluster.is_by_hand() {
            self.let_arrive(packet);
        }
        if !self.cluster.packets().iter().any(|flying| flying.id == packet) {
            self.view.selection.packet = next;
        }
        self.choose_some_packet();
    }

    /// Carries out what was told; what follows from it at this moment comes by itself.
    fn tell(&mut self, command: &Command, keys: &str) {
        if self.apply(command, keys) && !self.cluster.is_by_hand() {
            self.let_follow();
        }
        self.choose_some_packet();
    }

    /// What takes no time follows while time stands: a sync, and the requests that waited for it.
    fn let_follow(&mut self) {
        for _ in 0..EVENTS_MAX {
            let due = self.next_due() == Some(self.cluster.now());
            if !due || self.cluster.is_stopped() || self.cluster.next_line().is_some() {
                return;
            }
            self.take_step();
        }
    }

    /// What is delivered arrives at once, while time stands.
    fn let_arrive(&mut self, packet: PacketId) {
        let flies =
            |session: &Self| session.cluster.packets().iter().any(|flying| flying.id == packet);
        while flies(self) && self.next_due() == Some(self.cluster.now()) {
            if self.take_step() != Step::Happened {
                return;
            }
        }
    }

    /// By hand, everything that follows from a command at this moment follows at once.
    pub(super) fn follow_by_hand(&mut self) {
        for _ in 0..EVENTS_MAX {
            if self.cluster.is_stopped() || !self.cluster.is_told_pending() {
                return;
            }
            self.take_step();
        }
    }
}
