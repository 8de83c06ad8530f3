//! What the columns are like: who leads, stands, sleeps or is down, and who hears whom, from each
//! moment on. Read from the milestones of the trace, which reach farther back than its events.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use crate::cluster::event::{Event, EventKind as E, RaftEvent as R, ServerEvent as S};
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Time;
use crate::cluster::types::{ServerId, ServerSet, Term};
use crate::ui::timeline;
use crate::ui::view::Scene;

/// What a server is for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Follows,
    Stands(Term),
    Leads(Term),
    Asleep,
    Down,
}

/// The lives of all servers.
pub struct Lives {
    /// For each server, from when on it is what.
    changes: Vec<Vec<(Time, Life)>>,
    /// Who hears whom, from when on.
    rooms: Vec<(Time, Vec<ServerSet>)>,
}

impl Lives {
    /// Of the time since `from`.
    pub fn of(scene: &Scene, from: Time) -> Self {
        let servers = scene.cluster.servers();
        let mut changes = vec![Vec::new(); servers.len()];
        // What one slept through it is again when it wakes.
        let mut awake = vec![Life::Follows; servers.len()];
        for event in scene.trace.milestones() {
            let Some((server, life)) = change(event, &awake) else { continue };
            let (Some(changes), Some(awake)) =
                (changes.get_mut(server.index()), awake.get_mut(server.index()))
            else {
                continue;
            };
            if life != Life::Asleep {
                *awake = life;
            }
            if event.time <= from {
                changes.clear();
            }
            changes.push((event.time, life));
        }
        for (changes, server) in changes.iter_mut().zip(servers) {
            if changes.is_empty() {
                changes.push((Time::START, present(server)));
            }
        }
        let rooms = timeline::rooms(scene.trace.milestones(), scene.cluster.config().servers, from);
        Self { changes, rooms }
    }

    /// What a server was at a moment.
    pub fn at(&self, server: ServerId, time: Time) -> Life {
        let Some(changes) = self.changes.get(server.index()) else { return Life::Follows };
        let place = changes.partition_point(|(from, _)| *from <= time);
        place.checked_sub(1).map_or(Life::Follows, |place| changes[place].1)
    }

    /// The servers by who heard whom at a moment.
    pub fn rooms(&self, time: Time) -> &[ServerSet] {
        let place = self.rooms.partition_point(|(from, _)| *from <= time);
        place.checked_sub(1).and_then(|place| self.rooms.get(place)).map_or(&[], |(_, rooms)| rooms)
    }
}

fn present(server: &Server) -> Life {
    match (server.power, server.raft.role()) {
        (Power::Down, _) => Life::Down,
        (Power::Asleep, _) => Life::Asleep,
        (Power::Up, Role::Follower | Role::PreCandidate) => Life::Follows,
        (Power::Up, Role::Candidate) => Life::Stands(server.raft.term()),
        (Power::Up, Role::Leader) => Life::Leads(server.raft.term()),
    }
}

/// What a server is after an event.
fn change(event: &Event, awake: &[Life]) -> Option<(ServerId, Life)> {
    match &event.kind {
        E::Raft(
            server,
            R::ElectionStarted { term, .. } | R::Stands { term, first_asks: false },
        ) => Some((*server, Life::Stands(*term))),
        E::Raft(server, R::BecameLeader { term, .. }) => Some((*server, Life::Leads(*term))),
        E::Raft(server, R::SteppedDown { .. }) | E::Server(server, S::Restarted { .. }) => {
            Some((*server, Life::Follows))
        }
        E::Server(server, S::Crashed { .. }) => Some((*server, Life::Down)),
        E::Server(server, S::FellAsleep) => Some((*server, Life::Asleep)),
        E::Server(server, S::Woke { .. }) => {
            Some((*server, awake.get(server.index()).copied().unwrap_or(Life::Follows)))
        }
        _ => None,
    }
}
