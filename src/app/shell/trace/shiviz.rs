//! A log for ShiViz: each event with the vector clock of its node. Who has heard of what is in the
//! clocks, so the diagram draws the partial order of the run (Lamport 1978, Mattern 1989).

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Format;
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind, NetworkEvent, PacketEvent};
use crate::cluster::types::PacketId;

/// How many events of each node are known.
type Clock = BTreeMap<String, u64>;

#[derive(Default)]
pub struct Shiviz {
    clocks: BTreeMap<String, Clock>,
    /// What was known where a packet was sent.
    sent: BTreeMap<PacketId, Clock>,
}

impl Shiviz {
    fn event(&mut self, cluster: &Cluster, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        let names = cluster.names();
        match &event.kind {
            EventKind::Packet(flight, PacketEvent::Sent) => {
                let clock = self.tick(&names.node(flight.from), None).clone();
                self.sent.insert(flight.packet, clock);
                self.write(&names.node(flight.from), &event.headline(names), out)
            }
            EventKind::Packet(flight, PacketEvent::Received) => {
                let told = self.sent.remove(&flight.packet);
                self.tick(&names.node(flight.to), told.as_ref());
                self.write(&names.node(flight.to), &event.headline(names), out)
            }
            EventKind::Packet(flight, PacketEvent::Dropped { .. }) => {
                self.sent.remove(&flight.packet);
                Ok(())
            }
            EventKind::Network(NetworkEvent::Duplicated { packet, copy }) => {
                if let Some(clock) = self.sent.get(packet).cloned() {
                    self.sent.insert(*copy, clock);
                }
                Ok(())
            }
            EventKind::Server(..) | EventKind::Raft(..) | EventKind::Client(..) => {
                let Some(node) = event.subject() else { return Ok(()) };
                let node = names.node(node);
                self.tick(&node, None);
                self.write(&node, &event.headline(names), out)
            }
            EventKind::Packet(..)
            | EventKind::Network(_)
            | EventKind::Script(_)
            | EventKind::Lab(_) => Ok(()),
        }
    }

    /// One more event of a node, which has heard what `told` knew.
    fn tick(&mut self, node: &str, told: Option<&Clock>) -> &Clock {
        let clock = self.clocks.entry(node.to_owned()).or_default();
        for (other, known) in told.into_iter().flatten() {
            let own = clock.entry(other.clone()).or_default();
            *own = (*own).max(*known);
        }
        *clock.entry(node.to_owned()).or_default() += 1;
        clock
    }

    fn write(&self, node: &str, words: &str, out: &mut dyn Write) -> io::Result<()> {
        let Some(clock) = self.clocks.get(node) else { return Ok(()) };
        writeln!(out, "{node} {}\n{words}", serde_json::to_string(clock)?)
    }
}

impl Format for Shiviz {
    fn begin(&mut self, _: &str, _: &Cluster, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn add(&mut self, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        cluster.events().iter().try_for_each(|event| self.event(cluster, event, out))
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
