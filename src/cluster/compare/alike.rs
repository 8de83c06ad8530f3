//! Whether two events of two runs are the same deed.
//!
//! One packet more in one of them, and every later packet bears another number; a client that
//! joined earlier is another one by number. So packets' numbers don't count here, nor do those of
//! operations and tasks, and clients are told apart by their names.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use std::rc::Rc;

use crate::cluster::client::name_number;
use crate::cluster::event::{Event, EventKind, Names, NetworkEvent, ScriptEvent, ServerEvent};
use crate::cluster::types::{ClientId, Node, Op, OpId, PacketId, Registration, ServerId};

/// Whether both say the same of the same moment.
pub(super) fn alike(one: (&Event, &Names), two: (&Event, &Names)) -> bool {
    one.0.time == two.0.time
        && one.0.kind.name() == two.0.kind.name()
        && nameless(one) == nameless(two)
}

/// The event without what another run would number differently.
fn nameless((event, names): (&Event, &Names)) -> EventKind {
    let mut kind = event.kind.clone();
    match &mut kind {
        EventKind::Packet(flight, _) => {
            flight.packet = PacketId(0);
            rename_node(&mut flight.from, names);
            rename_node(&mut flight.to, names);
        }
        EventKind::Network(NetworkEvent::Duplicated { packet, copy }) => {
            (*packet, *copy) = (PacketId(0), PacketId(0));
        }
        EventKind::Network(NetworkEvent::LossReported { to, about }) => {
            rename_node(to, names);
            rename_node(about, names);
        }
        EventKind::Client(client, _) => rename(client, names),
        EventKind::Server(_, event) => match event {
            ServerEvent::Submitted { op, client, .. } => {
                *op = without_number(op);
                rename(client, names);
            }
            ServerEvent::Registering { entry, client, .. } => {
                *entry = without_id(entry);
                rename(client, names);
            }
            ServerEvent::Registered { entry, .. } => *entry = without_id(entry),
            ServerEvent::Applied { op, .. } | ServerEvent::Skipped { op, .. } => {
                *op = without_number(op)
            }
            ServerEvent::Refused { client, .. }
            | ServerEvent::HandsOver { client, .. }
            | ServerEvent::HoldsBack { client, .. }
            | ServerEvent::ReadTaken { client, .. }
            | ServerEvent::ReadAnswered { client, .. }
            | ServerEvent::ReadReleased { client, .. }
            | ServerEvent::Answered { client, .. }
            | ServerEvent::Replied { client, .. }
            | ServerEvent::WaiterReleased { client, .. } => rename(client, names),
            _ => {}
        },
        EventKind::Script(ScriptEvent::LineRun { task, .. } | ScriptEvent::TaskEnded { task }) => {
            *task = 0;
        }
        EventKind::Raft(..) | EventKind::Script(_) | EventKind::Lab(_) => {}
    }
    kind
}

fn without_number(op: &Op) -> Rc<Op> {
    let id = OpId { server: ServerId::from_index(0), number: 0 };
    Rc::new(Op::stamped(id, op.stamp, op.request.clone()))
}

fn without_id(entry: &Registration) -> Rc<Registration> {
    let id = OpId { server: ServerId::from_index(0), number: 0 };
    Rc::new(Registration { id, most: entry.most })
}

fn rename_node(node: &mut Node, names: &Names) {
    if let Node::Client(client) = node {
        rename(client, names);
    }
}

/// A client by a number that its name gives, the same in every run.
fn rename(client: &mut ClientId, names: &Names) {
    *client = ClientId(name_number(names.client(*client)) as u32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::cause::Cause;
    use crate::cluster::event::PacketEvent;
    use crate::cluster::flaw::Flaws;
    use crate::cluster::network::{Flight, PacketKind, Summary};
    use crate::cluster::time::Time;
    use crate::cluster::types::Term;

    fn names(clients: &[&str]) -> Names {
        Names { clients: clients.iter().map(|name| (*name).into()).collect() }
    }

    fn event(time: u64, kind: EventKind) -> Event {
        Event { time: Time(time), cause: Cause::Start, flaws: Flaws::NONE, kind }
    }

    fn received(packet: u64, client: u32, term: u64) -> EventKind {
        EventKind::Packet(
            Flight {
                packet: PacketId(packet),
                from: Node::Client(ClientId(client)),
                to: Node::Server(ServerId::from_index(0)),
                summary: Summary { kind: PacketKind::ClientRequest, term: Term(term) },
            },
            PacketEvent::Received,
        )
    }

    #[test]
    fn numbers_do_not_count_and_names_do() {
        let (here, there) = (names(&["a", "b"]), names(&["b", "a"]));
        let of_b = event(1, received(7, 1, 0));
        assert!(alike((&of_b, &here), (&event(1, received(9, 0, 0)), &there)));
        assert!(!alike((&of_b, &here), (&event(1, received(7, 1, 0)), &there)), "that is a");
        assert!(!alike((&of_b, &here), (&event(2, received(9, 0, 0)), &there)), "another time");
        assert!(!alike((&of_b, &here), (&event(1, received(9, 0, 3)), &there)), "another term");
    }
}
