//! What can be done to the disk of a server: it becomes slow, hangs, fails a write, or is cut off in
//! the midst of one.
//!
//! Raft counts on what is on a disk, and on nothing of how long that takes. So a slow disk only
//! delays what waits for it; a server that can't write stops before it says what is not so; and
//! half of a record is found by its checksum, and is nothing that anybody was told of.

use super::Hindrance;
use crate::cluster::command::DiskAct;
use crate::cluster::event::{EventKind, ServerEvent};
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Span;
use crate::cluster::timers::{Timer, TimerKind};
use crate::cluster::types::{Index, ServerId};
use crate::cluster::{Cause, Cluster};

impl DiskAct {
    /// Why it can do nothing to a server now, if so.
    pub(super) fn hindrance(self, server: &Server) -> Option<Hindrance> {
        match (self, server.power) {
            (Self::Sync(_), _) => None,
            (Self::Fail | Self::Tear, Power::Down) => Some(Hindrance::Down),
            (Self::Fail | Self::Tear, Power::Asleep) => Some(Hindrance::Asleep),
            (Self::Fail, Power::Up) => server.disk.fails.then_some(Hindrance::FailsAlready),
            (Self::Tear, Power::Up) => (!server.disk.is_writing()).then_some(Hindrance::Synced),
        }
    }
}

impl Cluster {
    pub(super) fn act_on_disk(&mut self, act: DiskAct, id: ServerId) {
        match act {
            DiskAct::Sync(span) => self.set_sync(id, span),
            DiskAct::Fail => {
                let disk = &mut self.servers[id.index()].disk;
                disk.fails = true;
                if disk.is_writing() {
                    self.fail_write(id);
                }
            }
            DiskAct::Tear => self.tear(id),
        }
    }

    fn set_sync(&mut self, id: ServerId, span: Option<Span>) {
        let server = &mut self.servers[id.index()];
        server.disk.sync = span;
        server.disk.fails = false;
        if server.disk.is_writing() {
            match (span, server.power) {
                (None, _) => self.cancel(id, TimerKind::Sync),
                (Some(span), Power::Asleep) => {
                    // It stands until the server wakes, as its other timers do.
                    self.cancel(id, TimerKind::Sync);
                    let server = &mut self.servers[id.index()];
                    let due = server.asleep_since + span;
                    *server.timer_mut(TimerKind::Sync) =
                        Some(Timer { due, span, drawn: false, slot: None });
                }
                (Some(span), Power::Up | Power::Down) => self.arm(id, TimerKind::Sync, span),
            }
        }
        self.emit(EventKind::Server(id, ServerEvent::DiskSet { sync: span }));
    }

    /// A write has failed. What it held is on no disk, and no answer that counts on it may leave.
    pub(in crate::cluster) fn fail_write(&mut self, id: ServerId) {
        let records = self.servers[id.index()].disk.writing();
        self.emit(EventKind::Server(id, ServerEvent::WriteFailed { records }));
        self.crash(id);
    }

    fn tear(&mut self, id: ServerId) {
        let server = &mut self.servers[id.index()];
        if !server.disk.is_writing() {
            return;
        }
        let kept = server.disk.tear();
        let last = if server.keeps_log() { server.disk.log.last_index() } else { Index::ZERO };
        self.emit(EventKind::Server(id, ServerEvent::WriteTorn { kept, last }));
        self.crash(id);
    }

    /// What was being written is on disk now, however long that would have taken.
    pub(super) fn end_write(&mut self, id: ServerId) {
        let server = &self.servers[id.index()];
        if server.is_running() && server.disk.is_writing() {
            self.cancel(id, TimerKind::Sync);
            self.cause = Cause::Sync(id);
            self.on_sync(id);
        }
    }
}
