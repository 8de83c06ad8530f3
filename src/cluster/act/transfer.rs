//! A leader is told to hand its leadership over (dissertation §3.10).

use crate::cluster::resolve::error;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::ServerId;
use crate::cluster::{Cluster, Refusal};

impl Cluster {
    pub(super) fn refuse_transfer(
        &self,
        from: ServerId,
        to: Option<ServerId>,
    ) -> Result<(), Refusal> {
        if self.has_guests() {
            let message =
                "the lab's own Raft hands over its leadership; these servers have another";
            return Err(Refusal::Foreign(message.to_owned()));
        }
        let Some(leader) = self.server(from) else { return Ok(()) };
        let out = |server: &Server| match server.power {
            Power::Up => None,
            Power::Down => Some(format!("{} is down", server.id)),
            Power::Asleep => Some(format!("{} sleeps", server.id)),
        };
        let heir = to.or_else(|| self.best_placed(from)).and_then(|to| self.server(to));
        Err(error(if let Some(why) = out(leader) {
            why
        } else if !leader.leads() {
            format!("{from} does not lead: only a leader hands over (dissertation §3.10)")
        } else if let Some(transfer) = leader.raft.transfer() {
            format!("{from} hands over to {} already, and to one at a time", transfer.to)
        } else if to == Some(from) {
            format!("{from} leads already: it hands over to another")
        } else if let Some(to) = to.filter(|to| !leader.raft.configuration().voters().contains(*to))
        {
            format!("{to} has no vote: it can't take over from {from} (dissertation §3.10)")
        } else if let Some(why) = heir.and_then(out) {
            format!("{why}: it can't take over")
        } else if heir.is_none() {
            format!("no other server runs that could take over from {from}")
        } else {
            return Ok(());
        }))
    }

    pub(super) fn hand_over(&mut self, from: ServerId, to: Option<ServerId>) {
        if let Some(to) = to.or_else(|| self.best_placed(from)) {
            self.step_raft(from, |raft, cx, out| raft.begin_transfer(to, cx, out));
        }
    }

    /// Of the other servers that run the one whose log the leader knows to match furthest; of several
    /// the first.
    fn best_placed(&self, leader: ServerId) -> Option<ServerId> {
        let raft = &self.server(leader)?.raft;
        let others = self.servers.iter().filter(|it| it.is_running() && it.id != leader);
        let voters = others.filter(|it| raft.configuration().voters().contains(it.id));
        let matched = |server: &&Server| {
            let known = raft.progress(server.id).map(|known| known.matched);
            (known, std::cmp::Reverse(server.id))
        };
        voters.max_by_key(matched).map(|server| server.id)
    }
}
