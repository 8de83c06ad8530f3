//! Packets by hand: orders to hold, drop, double or delay what arrives on a link.
//!
//! An order takes packets where cuts and losses are met too: at the end of their flight. So it
//! takes what is in flight already, changes no draw of the link's chance, and a run without it is
//! the same up to the packet that it takes. What was held arrives when it is released, in the
//! order in which it would have arrived.

use std::collections::BTreeMap;

use crate::cluster::command::{Fate, PacketAct};
use crate::cluster::event::{DropReason, EventKind, NetworkEvent, PacketEvent};
use crate::cluster::network::{Hand, Loss, ONCE, Packet, PacketName};
use crate::cluster::queue::Slot;
use crate::cluster::resolve::error;
use crate::cluster::time::Span;
use crate::cluster::types::{Node, PacketId};
use crate::cluster::{Cluster, Item, Refusal};

/// The most orders at a time, and the most packets that are held.
pub const ORDERS_MAX: usize = 10_000;
pub const HELD_MAX: usize = 10_000;
/// The most packets in flight that are doubled by hand: who doubles all again and again would fill
/// any memory.
pub const FLYING_MAX: usize = 100_000;

/// What is to be done with packets of one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Only packets of this name.
    pub name: Option<PacketName>,
    pub from: Node,
    pub to: Node,
    pub act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// So many more, or all until they are released.
    Hold { left: Option<u32> },
    /// The next one.
    Next(Fate),
}

/// Whether a link leads from one server to another.
const fn are_servers(link: (Node, Node)) -> bool {
    matches!(link, (Node::Server(_), Node::Server(_)))
}

impl Order {
    fn takes(&self, packet: &Packet) -> bool {
        let named = self.name.is_none_or(|name| name == packet.cargo.summary().kind.name());
        named && (self.from, self.to) == (packet.from, packet.to)
    }
}

impl Cluster {
    /// The orders that wait for packets.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The first order that concerns a packet.
    #[inline]
    pub(in crate::cluster) fn order_for(&self, packet: &Packet) -> Option<usize> {
        if self.orders.is_empty() || packet.hand != Hand::Off {
            return None;
        }
        self.orders.iter().position(|order| order.takes(packet))
    }

    /// Lets an order take a packet; gives the packet back if it goes on.
    pub(in crate::cluster) fn obey(&mut self, place: usize, mut packet: Packet) -> Option<Packet> {
        packet.hand = Hand::Used;
        match &mut self.orders[place].act {
            Act::Hold { left } => {
                if let Some(left) = left {
                    *left -= 1;
                    if *left == 0 {
                        self.orders.remove(place);
                    }
                }
                self.hold(packet);
                None
            }
            Act::Next(fate) => {
                let fate = *fate;
                self.orders.remove(place);
                self.fulfil(fate, packet)
            }
        }
    }

    fn hold(&mut self, mut packet: Packet) {
        if self.held.len() >= HELD_MAX {
            self.drop_packet(&packet, DropReason::Overflow);
            return;
        }
        packet.hand = Hand::Held;
        self.tell_packet(&packet, PacketEvent::Held);
        self.held.push_back(packet);
    }

    fn fulfil(&mut self, fate: Fate, mut packet: Packet) -> Option<Packet> {
        match fate {
            Fate::Drop => {
                self.drop_packet(&packet, DropReason::ByHand);
                None
            }
            Fate::Duplicate => {
                let mut copy = packet.clone();
                self.packets_sent += 1;
                copy.id = PacketId(self.packets_sent);
                // Nothing is drawn for it, so that no later draw changes: its way takes as long
                // again, and whatever chance has in store for the original, the copy arrives.
                let flight = packet.due.since(packet.sent).max(Span(1));
                (copy.sent, copy.due) = (self.now, self.now + flight);
                copy.loss = Loss::Arrives;
                self.emit(EventKind::Network(NetworkEvent::Duplicated {
                    packet: packet.id,
                    copy: copy.id,
                }));
                self.queue.push(copy.due.micros(), Item::Packet(copy));
                Some(packet)
            }
            Fate::Delay(span) => {
                packet.due = self.now + span;
                self.tell_packet(&packet, PacketEvent::Delayed { span });
                self.queue.push(packet.due.micros(), Item::Packet(packet));
                None
            }
        }
    }

    /// What comes to the end of these links is held there.
    pub(in crate::cluster) fn hold_packets(
        &mut self,
        name: Option<PacketName>,
        links: &[(Node, Node)],
        count: Option<u32>,
    ) -> Result<(), Refusal> {
        self.add_orders(name, links, Act::Hold { left: count })
    }

    /// What becomes of the next packet on each of these links.
    pub(in crate::cluster) fn order_fate(
        &mut self,
        fate: Fate,
        name: Option<PacketName>,
        links: &[(Node, Node)],
    ) -> Result<(), Refusal> {
        if fate == Fate::Duplicate && !links.iter().copied().all(are_servers) {
            return Err(error(ONCE));
        }
        self.add_orders(name, links, Act::Next(fate))
    }

    /// Does something with one packet, wherever it is: in flight, perhaps known where, or held.
    pub(in crate::cluster) fn handle_packet(
        &mut self,
        id: PacketId,
        act: PacketAct,
        place: Option<Slot>,
    ) -> Result<(), Refusal> {
        let mut packet = self.take_packet(id, act, place)?;
        packet.hand = Hand::Used;
        match act {
            PacketAct::Deliver => {
                (packet.due, packet.loss) = (self.now, Loss::Arrives);
                self.tell_packet(&packet, PacketEvent::Freed);
                self.queue.push(self.now.micros(), Item::Packet(packet));
            }
            PacketAct::Meets(Fate::Drop) => self.drop_packet(&packet, DropReason::ByHand),
            PacketAct::Meets(Fate::Duplicate) => {
                // What was held arrives with its copy, unless it waits to be told.
                let told = Span(u64::from(self.is_by_hand()));
                packet.due = packet.due.max(self.now + told);
                let due = packet.due.micros();
                if let Some(packet) = self.fulfil(Fate::Duplicate, packet) {
                    self.queue.push(due, Item::Packet(packet));
                }
            }
            PacketAct::Meets(Fate::Delay(span)) => {
                packet.due = packet.due.max(self.now) + span;
                self.tell_packet(&packet, PacketEvent::Delayed { span });
                self.queue.push(packet.due.micros(), Item::Packet(packet));
            }
            PacketAct::Hold => self.hold(packet),
        }
        Ok(())
    }

    /// Does something with the packets on these links that are in flight or held, in the order in
    /// which they would arrive.
    pub(in crate::cluster) fn handle_flying(
        &mut self,
        act: PacketAct,
        name: Option<PacketName>,
        links: &[(Node, Node)],
        count: Option<u32>,
    ) -> Result<(), Refusal> {
        let mut left = vec![count.unwrap_or(u32::MAX); links.len()];
        let mut wanted = Vec::new();
        for packet in self.packets() {
            let named = name.is_none_or(|name| name == packet.cargo.summary().kind.name());
            let link = links.iter().position(|link| *link == (packet.from, packet.to));
            let Some(left) = link.filter(|_| named).and_then(|link| left.get_mut(link)) else {
                continue;
            };
            if *left > 0 {
                *left -= 1;
                wanted.push(packet.id);
            }
        }
        if wanted.is_empty() {
            return Err(self.none_flying(name, links));
        }
        // To look for each among all would take the square of their number.
        let slots: BTreeMap<PacketId, Slot> = self
            .queue
            .iter()
            .filter_map(|(_, slot, item)| {
                if let Item::Packet(packet) = item { Some((packet.id, slot)) } else { None }
            })
            .collect();
        if act == PacketAct::Meets(Fate::Duplicate) && slots.len() + wanted.len() > FLYING_MAX {
            let message = format!("more than {FLYING_MAX} packets would be in flight");
            return Err(error(message));
        }
        let place = |id: &PacketId| slots.get(id).copied();
        wanted.into_iter().try_for_each(|id| self.handle_packet(id, act, place(&id)))
    }

    /// That no such packet is in flight on these links, and what is.
    fn none_flying(&self, name: Option<PacketName>, links: &[(Node, Node)]) -> Refusal {
        let on = |packet: &&Packet| links.contains(&(packet.from, packet.to));
        let flying: Vec<PacketName> = self
            .packets()
            .into_iter()
            .filter(on)
            .map(|it| it.cargo.summary().kind.name())
            .collect();
        let link = if links.len() == 1 { "this link" } else { "these links" };
        let Some(name) = name.filter(|_| !flying.is_empty()) else {
            return error(format!("nothing is in flight on {link}"));
        };
        let count = |name: PacketName| flying.iter().filter(|other| **other == name).count();
        let counted = PacketName::ALL.into_iter().map(|name| (name, count(name)));
        let there: Vec<String> = counted
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| match count {
                1 => format!("`{}`", name.word()),
                _ => format!("`{}` ({count})", name.word()),
            })
            .collect();
        let (name, there) = (name.word(), there.join(", "));
        error(format!("no `{name}` is in flight on {link}; there is {there}"))
    }

    /// Takes a packet out of the queue, or from those that are held, if this can be done with it.
    fn take_packet(
        &mut self,
        id: PacketId,
        act: PacketAct,
        place: Option<Slot>,
    ) -> Result<Packet, Refusal> {
        let can_be_done = |packet: &Packet| match act {
            PacketAct::Meets(Fate::Duplicate) if !are_servers((packet.from, packet.to)) => {
                Err(error(ONCE))
            }
            PacketAct::Deliver | PacketAct::Hold | PacketAct::Meets(_) => Ok(()),
        };
        let held = || self.held.iter().position(|packet| packet.id == id);
        if let Some(place) = place.is_none().then(held).flatten() {
            can_be_done(&self.held[place])?;
            let packet = self.held.remove(place);
            return packet.ok_or_else(|| error("it is held no longer"));
        }
        let is_it = |item: &Item| matches!(item, Item::Packet(packet) if packet.id == id);
        let search = || self.queue.iter().find(|(_, _, item)| is_it(item)).map(|(_, slot, _)| slot);
        let slot = place.or_else(search);
        if let Some(Item::Packet(packet)) = slot.and_then(|slot| self.queue.get(slot)) {
            can_be_done(packet)?;
        }
        match slot.and_then(|slot| self.queue.remove(slot)) {
            Some(Item::Packet(packet)) => Ok(packet),
            Some(_) | None => Err(error(format!("packet #{id} is not in flight"))),
        }
    }

    fn add_orders(
        &mut self,
        name: Option<PacketName>,
        links: &[(Node, Node)],
        act: Act,
    ) -> Result<(), Refusal> {
        if self.orders.len() + links.len() > ORDERS_MAX {
            return Err(error(format!("{ORDERS_MAX} orders for packets are the most: `release`")));
        }
        let orders = links.iter().map(|&(from, to)| Order { name, from, to, act });
        self.orders.extend(orders);
        Ok(())
    }

    /// What was held arrives, in its order. Without a count nothing is held any more either.
    pub(in crate::cluster) fn release_packets(
        &mut self,
        name: Option<PacketName>,
        links: Option<&[(Node, Node)]>,
        count: Option<u32>,
    ) -> Result<(), Refusal> {
        let concerns = |from: Node, to: Node| links.is_none_or(|links| links.contains(&(from, to)));
        let before = self.orders.len();
        if count.is_none() {
            self.orders.retain(|order| {
                let ends = concerns(order.from, order.to) && (name.is_none() || order.name == name);
                !(ends && matches!(order.act, Act::Hold { .. }))
            });
        }
        let mut left = count.unwrap_or(u32::MAX);
        let (mut kept, mut released) = (std::collections::VecDeque::new(), Vec::new());
        for packet in std::mem::take(&mut self.held) {
            let named = name.is_none_or(|name| name == packet.cargo.summary().kind.name());
            if left > 0 && named && concerns(packet.from, packet.to) {
                left -= 1;
                released.push(packet);
            } else {
                kept.push_back(packet);
            }
        }
        self.held = kept;
        if released.is_empty() && self.orders.len() == before {
            return Err(error("no such packet is held"));
        }
        for mut packet in released {
            packet.hand = Hand::Used;
            packet.due = self.now;
            self.tell_packet(&packet, PacketEvent::Freed);
            self.queue.push(self.now.micros(), Item::Packet(packet));
        }
        Ok(())
    }
}
