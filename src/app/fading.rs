//! What is gone and still shown for a moment: packets that died on the way, and entries that a
//! new leader's log has replaced. The moment is one of the room, not of the lab.

use std::time::Duration;

use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind, PacketEvent, RaftEvent, ServerEvent};
use crate::cluster::network::Flight;
use crate::cluster::raft::Log;
use crate::cluster::types::{Index, ServerId};
use crate::ui::view::{Fading, LostPacket, RemovedEntry};

const LOST_SHOWN: Duration = Duration::from_millis(500);
const REMOVED_SHOWN: Duration = Duration::from_secs(1);
/// The most of each that are shown at once.
const SHOWN_MAX: usize = 64;

/// Watches events and remembers what has gone, for as long as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Fader {
    lost: Vec<(Duration, LostPacket)>,
    removed: Vec<(Duration, RemovedEntry)>,
    /// Each server's log before the present step: an event tells which entries went, not what
    /// they were. Logs share their structure, so that keeping one costs nothing.
    logs: Vec<Log>,
}

impl Fader {
    /// An event of the cluster's last step has been seen.
    pub fn saw(&mut self, event: &Event, cluster: &Cluster) {
        match &event.kind {
            EventKind::Packet(flight, PacketEvent::Dropped { why, .. }) => {
                let Flight { packet, from, to, summary } = *flight;
                let lost = LostPacket { packet, from, to, summary, why: *why };
                self.lost.push((LOST_SHOWN, lost));
            }
            EventKind::Raft(
                server,
                RaftEvent::Truncated { first, last, .. } | RaftEvent::Erased { first, last, .. },
            ) => {
                self.remove(*server, *first, *last);
                self.keep_log(*server, cluster);
            }
            EventKind::Raft(server, RaftEvent::SnapshotInstalled { own, end, .. }) => {
                self.remove(*server, end.next(), own.index);
                self.keep_log(*server, cluster);
            }
            EventKind::Server(
                server,
                ServerEvent::Submitted { .. } | ServerEvent::Registering { .. },
            )
            | EventKind::Raft(
                server,
                RaftEvent::Appended { .. }
                | RaftEvent::NoopAppended { .. }
                | RaftEvent::Wrote { .. },
            )
            | EventKind::Server(
                server,
                ServerEvent::Crashed { .. } | ServerEvent::Restarted { .. } | ServerEvent::Wiped,
            ) => self.keep_log(*server, cluster),
            _ => {}
        }
        self.lost.truncate(SHOWN_MAX);
        self.removed.truncate(SHOWN_MAX);
    }

    fn remove(&mut self, server: ServerId, first: Index, last: Index) {
        let Some(log) = self.logs.get(server.index()) else { return };
        for (index, entry) in log.iter_from(first).take_while(|(index, _)| *index <= last) {
            let entry = entry.clone();
            self.removed.push((REMOVED_SHOWN, RemovedEntry { server, index, entry }));
            if self.removed.len() >= SHOWN_MAX {
                return;
            }
        }
    }

    fn keep_log(&mut self, server: ServerId, cluster: &Cluster) {
        let servers = cluster.servers();
        self.logs.resize_with(servers.len(), Log::new);
        if let (Some(kept), Some(server)) =
            (self.logs.get_mut(server.index()), cluster.server(server))
        {
            *kept = server.raft.log().clone();
        }
    }

    /// Room time passes. Returns whether something has faded.
    pub fn tick(&mut self, elapsed: Duration) -> bool {
        let before = self.lost.len() + self.removed.len();
        let fade = |left: &mut Duration| {
            *left = left.saturating_sub(elapsed);
            !left.is_zero()
        };
        self.lost.retain_mut(|(left, _)| fade(left));
        self.removed.retain_mut(|(left, _)| fade(left));
        before != self.lost.len() + self.removed.len()
    }

    /// Nothing lingers: time has gone by unseen.
    pub fn clear(&mut self) {
        self.lost.clear();
        self.removed.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.removed.is_empty()
    }

    /// What is to be shown.
    pub fn shown(&self) -> Fading {
        Fading {
            lost: self.lost.iter().map(|(_, lost)| lost.clone()).collect(),
            removed: self.removed.iter().map(|(_, removed)| removed.clone()).collect(),
        }
    }
}
