//! Packet mode: time stands, and packets in flight are handled one by one.

use super::look::Way;
use super::{Mode, Session};
use crate::app::keymap::Packet as Key;
use crate::cluster::command::{Command, PacketDeed};
use crate::cluster::network::Hand;
use crate::cluster::time::Span;
use crate::ui::view::Pane;

/// How long `s` delays a packet.
const DELAY: Span = Span::from_millis(100);

impl Session {
    pub(super) fn packet_mode(&mut self) {
        if self.cluster.packets().is_empty() {
            return self.refuse("nothing is in flight");
        }
        self.view.focus = Pane::InFlight;
        self.mode = Mode::Packet;
        self.choose_some_packet();
    }

    /// There is always one chosen, as long as there is any.
    fn choose_some_packet(&mut self) {
        let chosen = self.view.selection.packet;
        let first = {
            let packets = self.cluster.packets();
            if packets.iter().any(|packet| Some(packet.id) == chosen) {
                return;
            }
            packets.first().map(|packet| packet.id)
        };
        self.view.selection.packet = first;
    }

    pub(super) fn packet(&mut self, action: Key) {
        match action {
            Key::Next => self.walk_packets(Way::Forwards, 1),
            Key::Previous => self.walk_packets(Way::Back, 1),
            Key::Deliver => self.handle_packet(PacketDeed::Deliver, "M Enter"),
            Key::Drop => self.handle_packet(PacketDeed::Drop, "M x"),
            Key::Duplicate => self.handle_packet(PacketDeed::Duplicate, "M t"),
            Key::Delay => self.handle_packet(PacketDeed::Delay(DELAY), "M s"),
            Key::Hold => {
                let held = self.chosen_hand() == Some(Hand::Held);
                let deed = if held { PacketDeed::Deliver } else { PacketDeed::Hold };
                self.handle_packet(deed, "M z");
            }
            Key::Why => self.why(),
            Key::Leave => self.mode = Mode::Normal,
        }
    }

    fn chosen_hand(&self) -> Option<Hand> {
        let id = self.view.selection.packet?;
        let packets = self.cluster.packets();
        packets.iter().find(|packet| packet.id == id).map(|packet| packet.hand)
    }

    fn handle_packet(&mut self, deed: PacketDeed, keys: &str) {
        let Some(packet) = self.view.selection.packet else {
            return self.refuse("no packet is chosen: j and k choose one");
        };
        self.apply(&Command::Packet { packet, deed }, keys);
        // What is delivered arrives at once, while time stands.
        let flies =
            |session: &Self| session.cluster.packets().iter().any(|flying| flying.id == packet);
        while deed == PacketDeed::Deliver
            && flies(self)
            && self.next_due() == Some(self.cluster.now())
        {
            self.take_step();
        }
        self.choose_some_packet();
    }
}
