//! What can be done to servers, each by itself.

use super::Hindrance;
use crate::cluster::command::ServerAct;
use crate::cluster::event::{EventKind, ServerEvent};
use crate::cluster::network::Packet;
use crate::cluster::raft::{Configuration, Reads, Role};
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Ppm;
use crate::cluster::timers::TimerKind;
use crate::cluster::types::{Index, Node, ServerId};
use crate::cluster::{Cluster, Item, Refusal};

impl ServerAct {
    /// Why it can do nothing to a server now, if so.
    fn hindrance(self, server: &Server) -> Option<Hindrance> {
        match (self, server.power) {
            (Self::Disk(act), _) => act.hindrance(server),
            (Self::Crash, Power::Down) => Some(Hindrance::DownAlready),
            (Self::Restart, Power::Up) => Some(Hindrance::Up),
            (Self::Sleep, Power::Asleep) => Some(Hindrance::AsleepAlready),
            (Self::Wake, Power::Up | Power::Down) => Some(Hindrance::Awake),
            (Self::Wipe, Power::Up | Power::Asleep) => Some(Hindrance::Runs),
            (
                Self::Timeout
                | Self::Heartbeat
                | Self::Quorum
                | Self::ForgetLeader
                | Self::Sync
                | Self::Sleep
                | Self::Snapshot,
                Power::Down,
            ) => Some(Hindrance::Down),
            (
                Self::Restart
                | Self::Timeout
                | Self::Heartbeat
                | Self::Quorum
                | Self::ForgetLeader
                | Self::Sync
                | Self::Snapshot,
                Power::Asleep,
            ) => Some(Hindrance::Asleep),
            (Self::Snapshot, Power::Up) if server.raft.is_guest() => Some(Hindrance::Foreign),
            (Self::ForgetLeader, Power::Up) => match server.raft.reads() {
                _ if server.raft.is_guest() => Some(Hindrance::Unknowing),
                _ if server.raft.heard_leader().is_none() => Some(Hindrance::HearsNobody),
                Reads::Lease if server.raft.has_vote(server.id) => Some(Hindrance::Leases),
                Reads::Lease | Reads::Log | Reads::Index => None,
            },
            (Self::Snapshot, Power::Up) => match server.rsm.applied {
                Index::ZERO => Some(Hindrance::NothingApplied),
                applied if applied <= server.raft.log().base().index => {
                    Some(Hindrance::Compacted(applied))
                }
                _ => None,
            },
            (Self::Timeout, Power::Up) if server.raft.is_leader() => Some(Hindrance::Leads),
            (Self::Timeout, Power::Up) => (!server.raft.may_stand()).then_some(Hindrance::NoVote),
            (Self::Heartbeat, Power::Up) => (!server.leads()).then_some(Hindrance::Follows),
            (Self::Quorum, Power::Up) if !server.leads() => Some(Hindrance::LeadsNot),
            (Self::Quorum, Power::Up) => {
                server.timer(TimerKind::Quorum).is_none().then_some(Hindrance::Unchecked)
            }
            (Self::Sync, Power::Up) => (!server.disk.is_writing()).then_some(Hindrance::Synced),
            (Self::Crash | Self::Sleep, Power::Up)
            | (Self::Crash, Power::Asleep)
            | (Self::Restart | Self::Wipe, Power::Down)
            | (Self::Wake, Power::Asleep)
            | (Self::Clock(_) | Self::Isolate { .. } | Self::Rejoin, _) => None,
        }
    }
}

impl Cluster {
    /// A line that names several servers acts on those on which it can; on none is a mistake.
    pub(super) fn refuse_servers(&self, act: ServerAct, who: &[ServerId]) -> Result<(), Refusal> {
        let mut reasons = Vec::new();
        for server in who.iter().filter_map(|id| self.server(*id)) {
            match act.hindrance(server) {
                None => return Ok(()),
                Some(hindrance) => reasons.push((server.id, hindrance)),
            }
        }
        Err(Refusal::Servers(reasons))
    }

    pub(super) fn act_on_servers(&mut self, act: ServerAct, who: &[ServerId]) {
        for id in who.iter().copied() {
            match act {
                ServerAct::Crash => self.crash(id),
                ServerAct::Restart => self.restart(id),
                ServerAct::Sleep => self.sleep(id),
                ServerAct::Wake => self.wake(id),
                ServerAct::Wipe => self.wipe(id),
                ServerAct::Clock(rate) => self.set_clock(id, rate),
                ServerAct::Disk(act) => self.act_on_disk(act, id),
                ServerAct::Timeout => self.time_out(id),
                ServerAct::Heartbeat => self.beat(id),
                ServerAct::Quorum => self.fire(id, TimerKind::Quorum),
                ServerAct::ForgetLeader => self.forget_leader(id),
                ServerAct::Sync => self.end_write(id),
                ServerAct::Snapshot => self.take_snapshot(id),
                ServerAct::Isolate { from_clients } => self.isolate(id, from_clients),
                ServerAct::Rejoin => self.links.rejoin(id),
            }
        }
    }

    fn forget_leader(&mut self, id: ServerId) {
        self.servers[id.index()].raft.forget_leader(&mut self.outbox);
        self.pass_on(id);
    }

    /// The power fails: what is volatile and what was not synced is lost; the disk stays.
    pub(in crate::cluster) fn crash(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power == Power::Down {
            return;
        }
        let end = server.raft.log().last_index().next();
        // What a snapshot covers is no entry any more, wherever the snapshot is.
        let first = server.disk.first_unsynced().max(server.raft.log().first_index());
        let lost = end.0.saturating_sub(first.0);
        let (term, voted_for) = (server.raft.term(), server.raft.voted_for());
        let on_disk = (term, voted_for) == (server.disk.hard.term, server.disk.hard.voted_for);
        let vote = voted_for.filter(|_| !on_disk);
        let waiters = (server.rsm.waiters.len() + server.rsm.reads.len()) as u32;
        server.power = Power::Down;
        // It writes nothing while it is down, and comes back with a sound disk.
        server.disk.fails = false;
        let flaws = server.forget();
        self.cancel_all(id);
        self.break_calls(id);
        self.emit_through(flaws, EventKind::Server(id, ServerEvent::Crashed { lost, vote }));
        if waiters > 0 {
            self.emit(EventKind::Server(id, ServerEvent::WaitersLost { count: waiters }));
        }
    }

    fn restart(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power != Power::Down {
            return;
        }
        server.power = Power::Up;
        server.incarnation += 1;
        let torn = std::mem::take(&mut server.disk.torn);
        let flaws = server.forget();
        server.raft.starts(self.now);
        let raft = &server.raft;
        let (term, vote, last) = (raft.term(), raft.voted_for(), raft.log().last());
        let base = raft.log().base().index;
        let begins_alone = !self.has_guests();
        if begins_alone {
            self.arm_election(id);
        }
        self.emit_through(
            flaws,
            EventKind::Server(id, ServerEvent::Restarted { term, vote, base, last }),
        );
        if torn {
            self.emit(EventKind::Server(id, ServerEvent::RecordDropped));
        }
        if !begins_alone {
            self.start_raft(id);
        }
    }

    fn sleep(&mut self, id: ServerId) {
        let now = self.now;
        let server = &mut self.servers[id.index()];
        if server.power == Power::Up {
            server.power = Power::Asleep;
            server.asleep_since = now;
            self.freeze_timers(id);
            self.emit(EventKind::Server(id, ServerEvent::FellAsleep));
        }
    }

    fn wake(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if server.power != Power::Asleep {
            return;
        }
        server.power = Power::Up;
        let slept = self.now.since(server.asleep_since);
        let inbox = std::mem::take(&mut server.inbox);
        self.thaw_timers(id, slept);
        self.emit(EventKind::Server(id, ServerEvent::Woke { packets: inbox.len() as u32 }));
        for packet in inbox {
            self.queue.push(self.now.micros(), Item::Landed(packet));
        }
    }

    fn wipe(&mut self, id: ServerId) {
        if self.servers[id.index()].power != Power::Down {
            return;
        }
        if self.nobody_counts_on(id) {
            self.servers[id.index()].raft.begins_anew();
            self.servers[id.index()].lose_disk();
            self.emit(EventKind::Server(id, ServerEvent::Renewed));
        } else {
            self.servers[id.index()].lose_disk();
            self.emit(EventKind::Server(id, ServerEvent::Wiped));
        }
    }

    /// Whether nothing counts on what a server has said or stored: no other has it for a member, in memory
    /// or on disk, and nothing that it has said is on its way. Then a lost disk breaks no promise.
    pub(in crate::cluster) fn nobody_counts_on(&self, id: ServerId) -> bool {
        if !self.has_changed_members || self.has_guests() {
            return false;
        }
        let names = |all: Configuration| {
            all.members().contains(id) || all.next().is_some_and(|next| next.contains(id))
        };
        let began_with = |other: &Server| other.id.index() < usize::from(self.config.servers);
        let on_disk = |other: &Server| match other.disk.log.configuration() {
            Some((_, all)) => names(all),
            None => began_with(other) && id.index() < usize::from(self.config.servers),
        };
        let counts = |other: &&Server| {
            other.id != id && (names(other.raft.configuration()) || on_disk(other))
        };
        let is_its = |packet: &Packet| packet.from == Node::Server(id);
        let flies = |item: &Item| matches!(item, Item::Packet(it) | Item::Landed(it) if is_its(it));
        let waits = |other: &Server| other.inbox.iter().any(is_its);
        !self.servers.iter().any(|other| counts(&other) || waits(other))
            && !self.queue.iter().any(|(_, _, item)| flies(item))
    }

    fn set_clock(&mut self, id: ServerId, rate: Ppm) {
        let server = &mut self.servers[id.index()];
        let old = std::mem::replace(&mut server.clock, rate);
        self.rescale_timers(id, old, rate);
        self.emit(EventKind::Server(id, ServerEvent::ClockSet { rate }));
    }

    fn time_out(&mut self, id: ServerId) {
        let server = &self.servers[id.index()];
        if server.is_running() && server.raft.role() != Role::Leader {
            self.step_raft(id, |raft, cx, out| raft.campaign(cx, out));
        }
    }

    fn take_snapshot(&mut self, id: ServerId) {
        let server = &self.servers[id.index()];
        if server.is_running() {
            let (applied, map) = (server.rsm.applied, server.rsm.kv.clone());
            self.step_raft(id, |raft, _, out| raft.take_snapshot(applied, &map, None, out));
        }
    }

    fn isolate(&mut self, id: ServerId, from_clients: bool) {
        self.links.isolate(id);
        if from_clients {
            self.links.isolate_from_clients(id);
        }
    }
}
