//! What is said of client sessions (dissertation §6.3), held against sessions that are counted anew
//! from a server's log.

use std::collections::BTreeMap;

use raftlab::cluster::raft::Payload;

use super::*;

/// The open sessions by their entries: the last entry of each, and the last put that was carried out.
type Open = BTreeMap<u64, (u64, u32)>;

/// What becomes of the entry at `index`, by what stands before it in the log of the server. `None`
/// where a snapshot covers some of that.
fn open_before(server: &Server, index: Index) -> Option<Open> {
    let log = server.raft.log();
    if log.base().index > Index::ZERO {
        return None;
    }
    let mut open = Open::new();
    for (at, entry) in log.iter().take_while(|(at, _)| *at < index) {
        match &entry.payload {
            Payload::Register(entry) => {
                if open.len() >= entry.most as usize {
                    let oldest = open.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
                    open.remove(&oldest.expect("there is one"));
                }
                open.insert(at.0, (at.0, 0));
            }
            Payload::Op(op) => {
                let Some(stamp) = op.stamp else { continue };
                if let Some((used, last)) = open.get_mut(&stamp.session.index().0) {
                    (*used, *last) = (at.0, stamp.sequence.max(*last));
                }
            }
            _ => {}
        }
    }
    Some(open)
}

/// The event's entry, and its stamp: session and number.
fn skipped(s: &Step) -> (Index, u64, u32) {
    match &s.event.kind {
        E::Server(_, ServerEvent::Skipped { index, op, .. }) => {
            let stamp = op.stamp.expect("a put of a session");
            (*index, stamp.session.index().0, stamp.sequence)
        }
        other => panic!("{other:?}"),
    }
}

fn holds(s: &Step, index: Index, so: impl Fn(&Open) -> bool) -> bool {
    open_before(s.is(subject(s)), index).is_none_or(|open| so(&open))
}

fn subject(s: &Step) -> ServerId {
    match s.event.subject() {
        Some(Node::Server(id)) => id,
        other => panic!("{other:?}"),
    }
}

pub(super) fn not_carried_out(s: &Step, w: &[&str]) -> bool {
    let (index, session, sequence) = skipped(s);
    let map = |server: &Server| server.rsm.kv.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let (was, is): (Vec<_>, Vec<_>) = (map(s.was(id(w[0]))), map(s.is(id(w[0]))));
    // Within one step more may have been applied.
    let alone = s.was(id(w[0])).rsm.applied.next() == s.is(id(w[0])).rsm.applied;
    let due = |open: &Open| open.get(&session).is_none_or(|(_, last)| *last >= sequence);
    Index(n(w[1])) == index && holds(s, index, due) && (!alone || was == is)
}

pub(super) fn was_done(s: &Step, w: &[&str]) -> bool {
    let (index, session, sequence) = skipped(s);
    let named = (n(w[0]), n(w[1])) == (u64::from(sequence), session);
    named && holds(s, index, |open| open.get(&session).is_some_and(|(_, last)| *last == sequence))
}

pub(super) fn has_gone_on(s: &Step, w: &[&str]) -> bool {
    let (index, session, sequence) = skipped(s);
    let named = (n(w[0]), n(w[1])) == (session, u64::from(sequence));
    named && holds(s, index, |open| open.get(&session).is_some_and(|(_, last)| *last > sequence))
}

pub(super) fn is_not_open(s: &Step, w: &[&str]) -> bool {
    let (index, session, _) = skipped(s);
    n(w[0]) == session && holds(s, index, |open| !open.contains_key(&session))
}

pub(super) fn opens(s: &Step, w: &[&str]) -> bool {
    let index = Index(n(w[1]));
    holds(s, index.next(), |open| open.contains_key(&index.0))
}

pub(super) fn opens_and_expires(s: &Step, w: &[&str]) -> bool {
    let (index, expired) = (Index(n(w[1])), n(w[2]));
    opens(s, w)
        && holds(s, index, |open| open.contains_key(&expired))
        && holds(s, index.next(), |open| !open.contains_key(&expired))
}

/// There are as many as there may be, and of this one the log holds nothing newer.
pub(super) fn is_oldest(s: &Step) -> bool {
    let E::Server(_, ServerEvent::Registered { index, entry, expired, .. }) = &s.event.kind else {
        return false;
    };
    let Some(expired) = expired else { return false };
    holds(s, *index, |open| {
        let used = |id: u64| open.get(&id).map(|(used, _)| *used);
        open.len() == entry.most as usize
            && used(expired.index().0) == open.keys().filter_map(|id| used(*id)).min()
    })
}

/// A leader has appended an entry that opens a session, for this many at most.
pub(super) fn registering(s: &Step) -> Option<(Index, u32)> {
    let E::Server(own, ServerEvent::Registering { index, .. }) = &s.event.kind else {
        return None;
    };
    match &s.is(*own).raft.log().get(*index)?.payload {
        Payload::Register(entry) => Some((*index, entry.most)),
        _ => None,
    }
}

/// The session that this client has now.
pub(super) fn session_of(s: &Step, cluster: &raftlab::cluster::Cluster) -> Option<u64> {
    let Some(Node::Client(client)) = s.event.subject() else { return None };
    Some(cluster.client(client)?.session?.index().0)
}

/// Whether some server carried out the put of this client's that has just ended, or has it open.
pub(super) fn was_carried_out(s: &Step) -> bool {
    let Some(Node::Client(client)) = s.event.subject() else { return false };
    let before = s.before.client(client).expect("there is one");
    let (Some(session), Some(call)) = (before.session, before.call()) else { return false };
    s.before.servers().iter().any(|server| {
        let last = server.rsm.kv.sessions().get(session).and_then(|it| it.last.as_ref());
        last.is_some_and(|(sequence, _)| u64::from(*sequence) == call.number)
    })
}
