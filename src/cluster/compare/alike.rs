//! Whether two events of two runs are the same deed.
//!
//! One packet more in one of them, and every later packet bears another number; a client that
//! joined earlier is another one by number. So packets' numbers don't count here, nor do those of
//! operations and tasks, and clients are told apart by their names.

use std::rc::Rc;

use crate::cluster::client::name_number;
use crate::cluster::event::{Event, EventKind, Names};
use crate::cluster::types::{ClientId, Node, Op, OpId, PacketId, ServerId};

/// Whether both say the same of the same moment.
pub(super) fn alike(one: (&Event, &Names), two: (&Event, &Names)) -> bool {
    let kind = |(event, _): (&Event, &Names)| std::mem::discriminant(&event.kind);
    one.0.time == two.0.time && kind(one) == kind(two) && nameless(one) == nameless(two)
}

/// The event without what another run would number differently.
fn nameless((event, names): (&Event, &Names)) -> EventKind {
    use EventKind as E;
    let mut kind = event.kind.clone();
    match &mut kind {
        E::Sent { packet, from, to, .. }
        | E::Held { packet, from, to, .. }
        | E::Freed { packet, from, to, .. }
        | E::Delayed { packet, from, to, .. }
        | E::Received { packet, from, to, .. }
        | E::Dropped { packet, from, to, .. } => {
            *packet = PacketId(0);
            [from, to].into_iter().for_each(|node| rename_node(node, names));
        }
        E::Duplicated { packet, copy } => (*packet, *copy) = (PacketId(0), PacketId(0)),
        E::LossReported { to, about } => {
            [to, about].into_iter().for_each(|node| rename_node(node, names));
        }
        E::Submitted { op, client, .. } => {
            *op = without_number(op);
            rename(client, names);
        }
        E::Applied { op, .. } => *op = without_number(op),
        E::Refused { client, .. }
        | E::Answered { client, .. }
        | E::WaiterReleased { client, .. }
        | E::ClientCreated { client }
        | E::Called { client, .. }
        | E::Asked { client, .. }
        | E::AttemptFailed { client, .. }
        | E::Returned { client, .. }
        | E::Abandoned { client, .. }
        | E::LateReply { client, .. }
        | E::Queued { client, .. }
        | E::LockHeld { client, .. }
        | E::LockFree { client, .. }
        | E::Finished { client, .. } => rename(client, names),
        E::LineRun { task, .. } | E::TaskEnded { task } => *task = 0,
        E::Commanded { .. }
        | E::Crashed { .. }
        | E::Restarted { .. }
        | E::FellAsleep { .. }
        | E::Woke { .. }
        | E::Wiped { .. }
        | E::ClockSet { .. }
        | E::Synced { .. }
        | E::ElectionStarted { .. }
        | E::TermAdopted { .. }
        | E::VoteGranted { .. }
        | E::VoteRefused { .. }
        | E::VoteCounted { .. }
        | E::BecameLeader { .. }
        | E::SteppedDown { .. }
        | E::Appended { .. }
        | E::Truncated { .. }
        | E::AppendRefused { .. }
        | E::Matched { .. }
        | E::BackedUp { .. }
        | E::Resent { .. }
        | E::Ignored { .. }
        | E::Committed { .. }
        | E::LearnedCommit { .. }
        | E::OldTermWaits { .. }
        | E::Departed { .. }
        | E::WaitersLost { .. }
        | E::Said { .. }
        | E::Beat
        | E::Posed { .. }
        | E::Counted { .. }
        | E::Revealed { .. }
        | E::OracleAsked
        | E::Aside { .. }
        | E::Pointed { .. }
        | E::Noted { .. }
        | E::BreakpointSet { .. }
        | E::Watched { .. }
        | E::Unwatched { .. }
        | E::Marked { .. }
        | E::Paced { .. }
        | E::Expected { .. }
        | E::ScriptEnded
        | E::Failed { .. }
        | E::Remarked { .. }
        | E::Violated { .. } => {}
    }
    kind
}

fn without_number(op: &Op) -> Rc<Op> {
    let id = OpId { server: ServerId::from_index(0), number: 0 };
    Rc::new(Op::new(id, op.request.clone()))
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
    use crate::cluster::event::Cause;
    use crate::cluster::flaw::Flaws;
    use crate::cluster::network::{PacketKind, Summary};
    use crate::cluster::time::Time;
    use crate::cluster::types::Term;

    fn names(clients: &[&str]) -> Names {
        Names { clients: clients.iter().map(|name| (*name).into()).collect() }
    }

    fn event(time: u64, kind: EventKind) -> Event {
        Event { time: Time(time), cause: Cause::Start, flaws: Flaws::NONE, kind }
    }

    fn received(packet: u64, client: u32, term: u64) -> EventKind {
        EventKind::Received {
            packet: PacketId(packet),
            from: Node::Client(ClientId(client)),
            to: Node::Server(ServerId::from_index(0)),
            summary: Summary { kind: PacketKind::ClientRequest, term: Term(term) },
        }
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
