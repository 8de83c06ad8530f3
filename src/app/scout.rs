//! The scout: it runs a copy of the cluster ahead to find the next thing worth watching.
//!
//! A copy costs next to nothing, and what it meets is what will happen unless somebody acts. It
//! looks some way ahead: a few seconds of lab time, or a minute while a script goes on, for a
//! script may wait long on purpose. It does a bounded piece of work a frame.

use crate::cluster::event::{Event, EventKind, PacketEvent, ScriptEvent};
use crate::cluster::network::{Flight, PacketKind};
use crate::cluster::raft::Foreign;
use crate::cluster::server::Power;
use crate::cluster::time::{Span, Time};
use crate::cluster::topic::Weight;
use crate::cluster::types::Node;
use crate::cluster::{Cause, Cluster, Step};

/// How far it looks in a lab where nobody has said what comes.
const IDLE_REACH: Span = Span::from_secs(5);
/// How far it looks while a script goes on.
const SCRIPT_REACH: Span = Span::from_secs(60);
/// How much it does in a frame, in usual steps.
const STEPS_A_FRAME: u32 = 4_000;
/// The last part of a timer that is about to fire is worth watching.
const TIMER_SHOWN: Span = Span::from_millis(30);

/// What is known of what comes next.
#[derive(Clone, Debug, Default)]
pub enum Scout {
    #[default]
    Unknown,
    /// On its way: nothing so far.
    Looking { ahead: Box<Cluster>, until: Time },
    /// It is to be watched from `from` on, and happens at `at`.
    Found { from: Time, at: Time },
    /// Nothing before this time.
    Nothing(Time),
}

impl Scout {
    /// When the next thing worth watching begins; `None` when nothing is in sight, or not yet.
    pub fn next(&mut self, cluster: &Cluster) -> Option<Time> {
        let now = cluster.now();
        match self {
            Self::Found { at: end, .. } | Self::Nothing(end) if *end <= now => {
                *self = Self::Unknown;
            }
            Self::Unknown | Self::Looking { .. } | Self::Found { .. } | Self::Nothing(_) => {}
        }
        if let Self::Unknown = self {
            let until = now + reach(cluster);
            *self = Self::Looking { ahead: Box::new(cluster.clone()), until };
        }
        if let Self::Looking { ahead, until } = self
            && let Some(result) = look(ahead, *until)
        {
            *self = result;
        }
        match self {
            Self::Found { from, .. } => Some(*from),
            Self::Unknown | Self::Looking { .. } | Self::Nothing(_) => None,
        }
    }
}

fn reach(cluster: &Cluster) -> Span {
    match cluster.script() {
        Some(_) if !cluster.finished() => SCRIPT_REACH,
        Some(_) | None => IDLE_REACH,
    }
}

/// Goes on for a frame's worth of steps; `None` when there is more to look at.
fn look(ahead: &mut Cluster, until: Time) -> Option<Scout> {
    let mut left = STEPS_A_FRAME;
    while left > 0 {
        left = left.saturating_sub(ahead.work());
        if ahead.next_due().is_none_or(|due| due > until) {
            return Some(Scout::Nothing(until));
        }
        let step = ahead.step();
        let worth = ahead.events().iter().filter_map(|event| begins(ahead, event)).min();
        if let Some(from) = worth {
            return Some(Scout::Found { from, at: ahead.now() });
        }
        match step {
            Step::Happened => {}
            Step::Stopped | Step::Idle => return Some(Scout::Nothing(until)),
        }
    }
    None
}

/// When this event is first worth watching; `None` if it is not.
fn begins(cluster: &Cluster, event: &Event) -> Option<Time> {
    let worth = match &event.kind {
        EventKind::Packet(flight, PacketEvent::Sent) => is_worth_watching(cluster, flight),
        _ => is_news(event),
    };
    worth.then_some(match event.cause {
        Cause::ElectionTimer(_) => event.time - TIMER_SHOWN,
        _ => event.time,
    })
}

/// Whether an event is worth a look: something changed, or was refused, or was said.
pub fn is_news(event: &Event) -> bool {
    match event.kind {
        EventKind::Script(ScriptEvent::Said { .. } | ScriptEvent::Beat) => true,
        _ => event.weight() == Weight::Story,
    }
}

/// Whether a packet is worth watching: every one but an idle heartbeat, its ack, and what will
/// not arrive.
pub fn is_worth_watching(cluster: &Cluster, flight: &Flight) -> bool {
    let server = |node| match node {
        Node::Server(id) => cluster.server(id),
        Node::Client(_) => None,
    };
    let lost = !cluster.reaches(flight.from, flight.to)
        || server(flight.to).is_some_and(|server| server.power == Power::Down);
    if lost {
        return false;
    }
    match flight.summary.kind {
        PacketKind::Append { entries: 0, commit, .. } => {
            server(flight.to).is_some_and(|follower| commit > follower.raft.commit())
        }
        PacketKind::Appended { matched } => match (server(flight.to), flight.from) {
            (Some(leader), Node::Server(follower)) => {
                leader.raft.progress(follower).is_none_or(|known| matched > known.matched)
            }
            _ => true,
        },
        // An idle leader's heartbeats and what answers them come by the hundred.
        PacketKind::Foreign { what: Foreign::Heartbeat | Foreign::Appended } => false,
        _ => true,
    }
}
