//! The rules of the service on top of Raft: what is applied, the maps, waiters, the lock.

use super::{Broken, Check, Checker, Deposed, WAITERS_LINGER};
use crate::cluster::Cluster;
use crate::cluster::check::ghost::Applied;
use crate::cluster::invariant::Invariant;
use crate::cluster::kv::Kv;
use crate::cluster::server::Power;
use crate::cluster::sessions::Skipped;
use crate::cluster::types::{Answer, ClientId, Index, Key, Op, OpId, Registration, ServerId, Term};

/// What a server makes of a committed entry.
pub(super) enum Made<'a> {
    Nothing,
    Op(&'a Op, Result<&'a Answer, &'a Skipped>),
    Session(&'a Registration),
}

impl Made<'_> {
    const fn op(&self) -> OpId {
        match self {
            Self::Nothing => OpId::NONE,
            Self::Op(op, _) => op.id,
            Self::Session(entry) => entry.id,
        }
    }
}

impl Checker {
    /// State Machine Safety (§5.4.3), and the reference map that every server must agree with.
    #[inline(never)]
    pub(super) fn applied(
        &mut self,
        cluster: &Cluster,
        id: ServerId,
        index: Index,
        made: Made<'_>,
    ) -> Check {
        let op = made.op();
        let ghost = &mut self.servers[id.index()];
        let before = std::mem::replace(&mut ghost.applied, index);
        if index != before.next() {
            let text = format!("{id} applies entry {index} after entry {before}");
            return Err(Broken::new(Invariant::StateMachineSafety, id, text).at(index));
        }
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        if let Some(applied) = slot.applied {
            if applied.op != op {
                let text = format!(
                    "{id} applies {op} at index {index}, where {} was applied before",
                    applied.op
                );
                return Err(Broken::new(Invariant::StateMachineSafety, id, text).at(index));
            }
        } else if index == self.reference_index.next() {
            self.reference_index = index;
            let wrong = go_on(&mut self.reference, index, &made);
            slot.applied = Some(Applied { op, map: self.reference.hash() });
            if let Some((told, right)) = wrong {
                let text =
                    format!("{id} makes {told} of entry {index}; applied in order it is {right}");
                return Err(Broken::new(Invariant::Versions, id, text).at(index));
            }
        }
        let applied = slot.applied;
        same_map(cluster, id, index, applied)
    }

    /// A server leads `term` no longer: from now on its waiters have so long by its own clock.
    pub(super) fn deposed(&mut self, cluster: &Cluster, id: ServerId, term: Term) {
        self.servers[id.index()].leads = Term::ZERO;
        if let Some(server) = cluster.server(id) {
            let by = cluster.now() + server.in_lab_time(WAITERS_LINGER);
            self.deposed.push(Deposed { server: id, term, by, clock: server.clock });
        }
    }

    /// What is left of the time of its waiters passes at the clock's new rate.
    pub(super) fn clock_set(&mut self, cluster: &Cluster, id: ServerId) {
        let Some(server) = cluster.server(id) else { return };
        let asleep = server.power == Power::Asleep;
        let since = if asleep { server.asleep_since } else { cluster.now() };
        let runs = |deposed: &&mut Deposed| deposed.server == id && deposed.by > since;
        for deposed in self.deposed.iter_mut().filter(runs) {
            deposed.by = since + deposed.by.since(since).at_rate(deposed.clock, server.clock);
            deposed.clock = server.clock;
        }
    }

    /// While it slept, no time passed for its waiters.
    pub(super) fn woke(&mut self, cluster: &Cluster, id: ServerId) {
        let Some(server) = cluster.server(id) else { return };
        for deposed in self.deposed.iter_mut().filter(|deposed| deposed.server == id) {
            deposed.by += cluster.now().since(server.asleep_since);
        }
    }

    /// No waiter of a term outlives by 100 ms its server's leadership of that term. While the
    /// server sleeps, its waiters can't look.
    pub(super) fn waiters(&mut self, cluster: &Cluster) -> Check {
        let now = cluster.now();
        let awake = |id| cluster.server(id).is_some_and(|server| server.power == Power::Up);
        let over = |deposed: &Deposed| deposed.by < now && awake(deposed.server);
        while let Some(place) = self.deposed.iter().position(over) {
            let Deposed { server: id, term, .. } = self.deposed.swap_remove(place);
            let Some(server) = cluster.server(id) else { continue };
            if server.rsm.waiters.iter().any(|waiter| waiter.term <= term) {
                let text =
                    format!("a waiter of term {term} still stands at {id}, which no longer leads");
                return Err(Broken::new(Invariant::Waiters, id, text).in_term(term));
            }
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn held(&mut self, cluster: &Cluster, client: ClientId, lock: &Key) -> Check {
        match self.holders.insert(lock.clone(), client) {
            Some(other) if other != client => {
                let names = cluster.names();
                let evidence = format!(
                    "{} takes {lock}, which {} still holds",
                    names.client(client),
                    names.client(other)
                );
                Err(Broken::of(Invariant::LockExclusion, evidence))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A client lets go of a lock: of its own hold of it, and of nobody else's.
    #[inline(never)]
    pub(super) fn freed(&mut self, client: ClientId, lock: &Key) {
        if self.holders.get(lock) == Some(&client) {
            self.holders.remove(lock);
        }
    }
}

/// The reference map goes on by this entry. If what the server made of it is something else: that, and
/// what is right.
#[inline]
fn go_on(reference: &mut Kv, index: Index, made: &Made<'_>) -> Option<(String, String)> {
    match made {
        Made::Nothing => None,
        Made::Session(entry) => {
            reference.register(index, entry);
            None
        }
        Made::Op(op, told) => {
            let right = reference.apply_op(index, op);
            (right.as_ref() != *told).then(|| (said(*told), said(right.as_ref())))
        }
    }
}

fn said(carried: Result<&Answer, &Skipped>) -> String {
    match carried {
        Ok(answer) => format!("{} @{}", answer.outcome, answer.version),
        Err(Skipped::Copy(answer)) => {
            format!("a copy of what was {} @{}", answer.outcome, answer.version)
        }
        Err(Skipped::Stale) => "a copy that nobody waits for".to_owned(),
        Err(Skipped::Expired) => "one of an expired session".to_owned(),
    }
}

/// Servers that have applied the same index have the same map.
pub(super) fn same_map(
    cluster: &Cluster,
    id: ServerId,
    index: Index,
    applied: Option<Applied>,
) -> Check {
    // It may have gone on within the same step: then its map is that of a later index.
    let server = cluster.server(id).filter(|server| server.rsm.applied == index);
    let (Some(server), Some(applied)) = (server, applied) else { return Ok(()) };
    if applied.map == server.rsm.kv.hash() {
        return Ok(());
    }
    let text = format!("the map of {id} differs from others after entry {index}");
    Err(Broken::new(Invariant::SameMap, id, text).at(index))
}
