//! The state machine: a map from keys to values with versions.
//!
//! A put is carried out only at the version that it names, so that a client which resends one
//! does not do it twice. An absent key has version 0. Beside the map stand the sessions of clients, if
//! they have any: what was decided about them is state too, and goes where the map goes.

use serde::{Deserialize, Serialize};

use super::keyed::Keyed;
use super::sessions::{Sessions, Skipped};
use super::types::{
    Answer, Index, Key, Op, Outcome, Registration, Request, SessionId, Value, Version,
};

/// What is stored under a key, or what somebody knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stored {
    pub value: Value,
    pub version: Version,
}

/// How an operation ended, as its client knows it.
pub type Known = Answer;

/// One server's copy of the map. Clones share their structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kv {
    map: Keyed<Cell>,
    /// The sum of the hashes of all puts that are not overwritten, each of which names its key,
    /// value and version: the same for the same map, whatever the way that led to it, and cheap
    /// to keep.
    hash: u64,
    sessions: Sessions,
}

/// What became of a committed operation.
pub type Carried = Result<Answer, Skipped>;

/// What is stored under a key, with its share in the hash of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    stored: Stored,
    hash: u64,
}

impl Kv {
    pub fn get(&self, key: &str) -> Option<&Stored> {
        self.map.get(key).map(|cell| &cell.stored)
    }

    /// All keys in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Key, &Stored)> {
        self.map.iter().map(|(key, cell)| (key, &cell.stored))
    }

    pub fn len(&self) -> usize {
        self.map.len()
    }

    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// How many bytes it would take on a wire or on a disk: how many keys there are, and each with its
    /// value and version; texts with a length of four bytes.
    pub fn bytes(&self) -> u64 {
        let each = |(key, stored): (&Key, &Stored)| 4 + key.len() + 4 + stored.value.len() + 8;
        4 + self.iter().map(each).sum::<usize>() as u64 + self.sessions.bytes()
    }

    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// A fingerprint of the whole map, for comparing within a run: other machines hash in other ways.
    pub const fn hash(&self) -> u64 {
        self.hash.wrapping_add(self.sessions.hash())
    }

    /// With the keys of another map that it has not.
    pub(super) fn with_missing(mut self, other: &Self) -> Self {
        for (key, cell) in other.map.iter() {
            if self.map.get(key).is_none() {
                self.map.set(key, cell.clone());
                self.hash = self.hash.wrapping_add(cell.hash);
            }
        }
        self
    }

    /// Carries out one request.
    pub fn apply(&mut self, request: &Request) -> Answer {
        self.carry_out(request, request.hash())
    }

    /// Carries out the operation of the entry at `index`, unless its session says that it is done or
    /// has no session any more.
    pub fn apply_op(&mut self, index: Index, op: &Op) -> Carried {
        if op.stamp.is_none() {
            return Ok(self.apply_now(op));
        }
        self.once(index, op, |kv| kv.apply_now(op))
    }

    /// Carries it out, whatever its session says.
    pub(super) fn apply_now(&mut self, op: &Op) -> Answer {
        self.carry_out(&op.request, op.hash())
    }

    /// The same, where something else may carry it out.
    pub(super) fn once(
        &mut self,
        index: Index,
        op: &Op,
        carry_out: impl FnOnce(&mut Self) -> Answer,
    ) -> Carried {
        let Some(stamp) = op.stamp else { return Ok(carry_out(self)) };
        if let Some(skipped) = self.sessions.skips(stamp, index) {
            return Err(skipped);
        }
        let answer = carry_out(self);
        self.sessions.keep(stamp, &answer);
        Ok(answer)
    }

    /// The entry at `index` opens a session; which one it is, and which one expires.
    pub fn register(
        &mut self,
        index: Index,
        entry: &Registration,
    ) -> Option<(SessionId, Option<SessionId>)> {
        let session = SessionId::at(index)?;
        Some((session, self.sessions.open(session, entry.most)))
    }

    fn carry_out(&mut self, request: &Request, hash: u64) -> Answer {
        match request {
            Request::Get { key } => match self.get(key) {
                Some(stored) => answer(Outcome::Ok, stored.value.clone(), stored.version),
                None => answer(Outcome::NoKey, Value::default(), Version::ZERO),
            },
            Request::Put { key, value, version } => self.put(key, value, *version, hash),
        }
    }

    fn put(&mut self, key: &Key, value: &Value, version: Version, hash: u64) -> Answer {
        let mut present = self.map.get_mut(key);
        let current = present.as_ref().map_or(Version::ZERO, |cell| cell.stored.version);
        if current != version {
            let outcome = if present.is_some() { Outcome::Version } else { Outcome::NoKey };
            return answer(outcome, Value::default(), current);
        }
        let stored = Stored { value: value.clone(), version: version.next() };
        let new = Cell { stored, hash };
        let old = present.as_ref().map_or(0, |cell| cell.hash);
        self.hash = self.hash.wrapping_sub(old).wrapping_add(new.hash);
        match &mut present {
            Some(cell) => **cell = new,
            None => {
                self.map.set(key, new);
            }
        }
        answer(Outcome::Ok, Value::default(), version.next())
    }
}

const fn answer(outcome: Outcome, value: Value, version: Version) -> Answer {
    Answer { outcome, value, version }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(kv: &mut Kv, value: &str, version: u64) -> (Outcome, u64) {
        let (key, value) = ("k".into(), value.into());
        let answer = kv.apply(&Request::Put { key, value, version: Version(version) });
        (answer.outcome, answer.version.0)
    }

    #[test]
    fn a_put_needs_the_current_version() {
        let mut kv = Kv::default();
        assert!(kv.is_empty());
        assert_eq!(kv.apply(&Request::Get { key: "k".into() }).outcome, Outcome::NoKey);
        assert_eq!(put(&mut kv, "a", 3), (Outcome::NoKey, 0));
        assert_eq!(put(&mut kv, "", 0), (Outcome::Ok, 1));
        assert_eq!(kv.apply(&Request::Get { key: "k".into() }).outcome, Outcome::Ok);
        assert_eq!(put(&mut kv, "b", 0), (Outcome::Version, 1));
        assert_eq!(put(&mut kv, "b", 2), (Outcome::Version, 1));
        assert_eq!(put(&mut kv, "b", 1), (Outcome::Ok, 2));
        assert_eq!(kv.get("k").map(|stored| &*stored.value), Some("b"));
        assert_eq!((kv.len(), kv.is_empty()), (1, false));
    }

    /// Each key counts with the put that wrote it last, and with nothing before that.
    #[test]
    fn the_hash_is_that_of_the_puts_that_are_not_overwritten() {
        let mut kv = Kv::default();
        let mut last = std::collections::BTreeMap::new();
        for (count, key) in "a b a c a b c c a".split(' ').enumerate() {
            let version = kv.get(key).map_or(Version(0), |stored| stored.version);
            let (key, value) = (Key::from(key), format!("v{count}").as_str().into());
            let request = Request::Put { key: key.clone(), value, version };
            assert_eq!(kv.apply(&request).outcome, Outcome::Ok);
            last.insert(key, request.hash());
            let hash = last.values().fold(0_u64, |sum, hash| sum.wrapping_add(*hash));
            assert_eq!(kv.hash(), hash, "after {} puts", count + 1);
        }
        let before = kv.hash();
        assert_eq!(put(&mut kv, "w", 9), (Outcome::NoKey, 0));
        assert_eq!(kv.hash(), before, "what is refused leaves no trace");
    }

    #[test]
    fn the_hash_depends_on_the_map_alone() {
        let (mut one, mut two) = (Kv::default(), Kv::default());
        for (key, value) in [("a", "1"), ("b", "2")] {
            one.apply(&Request::Put { key: key.into(), value: value.into(), version: Version(0) });
        }
        for (key, value) in [("b", "2"), ("a", "1")] {
            two.apply(&Request::Put { key: key.into(), value: value.into(), version: Version(0) });
        }
        assert_eq!(one.hash(), two.hash());
        put(&mut one, "x", 0);
        assert_ne!(one.hash(), two.hash());
    }
}
