//! Client sessions: what lets the service carry out each put of a client exactly once (dissertation
//! §6.3).
//!
//! A client opens a session, which is an entry of the log; its index is the session's name. Each put
//! says which session it is of and which of that session's it is. Every server keeps, of each session,
//! the number and the answer of the last put that it carried out: a copy of that put gets the same
//! answer and changes nothing. What is kept must have a bound, and servers must agree on what they
//! forget: where an entry that opens a session finds as many as it says there may be, the one whose
//! last put stands farthest back in the log expires. The bound stands in the entry, so the log alone
//! decides.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::types::{Answer, Index, SessionId, Stamp};

/// How many sessions `client-sessions=on` keeps.
pub const SESSIONS: u32 = 1_000;
/// The most that may be asked for.
pub const SESSIONS_MAX: u64 = 10_000;

/// What a server keeps of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The last entry that was of it.
    pub used: Index,
    /// The number and the answer of the put that it last carried out for it.
    pub last: Option<(u32, Answer)>,
}

/// Why a committed put is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// It was carried out before, with this answer.
    Copy(Answer),
    /// Its session has gone on since: nobody waits for it.
    Stale,
    /// Its session is open no more.
    Expired,
}

/// The open sessions of one server. Clones share them until one changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    open: Rc<BTreeMap<SessionId, Session>>,
    /// The sum of the hashes of all.
    hash: u64,
}

impl Sessions {
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.open.get(&id)
    }

    /// All that are open, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SessionId, &Session)> {
        self.open.iter().map(|(id, session)| (*id, session))
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// A fingerprint, for comparing within a run.
    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// How many bytes they take in a snapshot: how many they are, and each with its name, its last
    /// entry, number and answer.
    pub fn bytes(&self) -> u64 {
        let answer = |session: &Session| match &session.last {
            Some((_, answer)) => 4 + 1 + 8 + 4 + answer.value.len() as u64,
            None => 0,
        };
        let each = |session| 4 + 8 + 1 + answer(session);
        if self.is_empty() { 0 } else { 4 + self.open.values().map(each).sum::<u64>() }
    }

    /// The same on every machine.
    pub(super) fn digest(&self, digest: &mut Digest) {
        for (id, session) in self.iter() {
            digest.u64(id.index().0).u64(session.used.0);
            if let Some((sequence, answer)) = &session.last {
                digest.u64(u64::from(*sequence)).u8(answer.outcome.byte());
                digest.text(&answer.value).u64(answer.version.0);
            }
        }
    }

    /// Opens one; which one expires for it, if there are as many as there may be.
    pub(super) fn open(&mut self, id: SessionId, most: u32) -> Option<SessionId> {
        let is_full = self.len() >= most as usize;
        let oldest = self.iter().min_by_key(|(_, session)| session.used).map(|(id, _)| id);
        let expired = oldest.filter(|_| is_full);
        if let Some(expired) = expired {
            self.change(expired, |session| *session = None);
        }
        self.change(id, |session| *session = Some(Session { used: id.index(), last: None }));
        expired
    }

    /// Why the put at `index` is not to be carried out, if it is not.
    pub(super) fn skips(&mut self, stamp: Stamp, index: Index) -> Option<Skipped> {
        if self.get(stamp.session).is_none() {
            return Some(Skipped::Expired);
        }
        self.change(stamp.session, |session| {
            let session = session.as_mut()?;
            session.used = index;
            match &session.last {
                Some((last, answer)) if *last == stamp.sequence => {
                    Some(Skipped::Copy(answer.clone()))
                }
                Some((last, _)) if *last > stamp.sequence => Some(Skipped::Stale),
                Some(_) | None => None,
            }
        })
    }

    /// Keeps the answer of a put that was carried out.
    pub(super) fn keep(&mut self, stamp: Stamp, answer: &Answer) {
        self.change(stamp.session, |session| {
            if let Some(session) = session {
                session.last = Some((stamp.sequence, answer.clone()));
            }
        });
    }

    /// Changes what is kept of a session, and its share in the sum.
    fn change<T>(&mut self, id: SessionId, by: impl FnOnce(&mut Option<Session>) -> T) -> T {
        let hash = |session: &Option<Session>| {
            let hasher = foldhash::quality::FixedState::default();
            session.as_ref().map_or(0, |session| hasher.hash_one((id, session)))
        };
        let open = Rc::make_mut(&mut self.open);
        let mut session = open.remove(&id);
        let was = hash(&session);
        let made = by(&mut session);
        self.hash = self.hash.wrapping_sub(was).wrapping_add(hash(&session));
        open.extend(session.map(|session| (id, session)));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::types::{Outcome, Version};

    fn id(index: u64) -> SessionId {
        SessionId::at(Index(index)).expect("an index from 1")
    }

    fn answer(version: u64) -> Answer {
        Answer { outcome: Outcome::Ok, value: "".into(), version: Version(version) }
    }

    #[test]
    fn a_copy_is_told_the_first_answer_and_an_older_one_nothing() {
        let mut all = Sessions::default();
        let stamp = |sequence| Stamp { session: id(1), sequence };
        assert_eq!(all.skips(stamp(1), Index(2)), Some(Skipped::Expired), "it never was");
        assert_eq!(all.open(id(1), 2), None);
        assert_eq!(all.skips(stamp(1), Index(2)), None);
        all.keep(stamp(1), &answer(1));
        assert_eq!(all.skips(stamp(1), Index(3)), Some(Skipped::Copy(answer(1))));
        assert_eq!(all.skips(stamp(2), Index(4)), None);
        all.keep(stamp(2), &answer(2));
        assert_eq!(all.skips(stamp(1), Index(5)), Some(Skipped::Stale));
    }

    #[test]
    fn the_one_that_was_not_used_for_longest_expires() {
        let mut all = Sessions::default();
        for index in 1..=3 {
            assert_eq!(all.open(id(index), 3), None);
        }
        assert_eq!(all.skips(Stamp { session: id(1), sequence: 1 }, Index(4)), None);
        assert_eq!(all.open(id(5), 3), Some(id(2)));
        assert_eq!(
            all.skips(Stamp { session: id(2), sequence: 1 }, Index(6)),
            Some(Skipped::Expired)
        );
        assert_eq!(all.iter().map(|(id, _)| id).collect::<Vec<_>>(), [id(1), id(3), id(5)]);
    }

    #[test]
    fn the_same_sessions_have_the_same_hash_whatever_was_between() {
        let (mut one, mut two) = (Sessions::default(), Sessions::default());
        let bytes = one.bytes();
        one.open(id(1), 1);
        one.open(id(2), 1);
        two.open(id(2), 5);
        assert_eq!((one.hash(), one.bytes()), (two.hash(), two.bytes()));
        assert!(one == two && one.bytes() > bytes);
        two.keep(Stamp { session: id(2), sequence: 1 }, &answer(1));
        assert_ne!(one.hash(), two.hash());
    }
}
