//! The small words of the field: servers, terms, indexes, clients, keys, versions.
//!
//! Every identity and every count that could be mistaken for another has a type of its own, so
//! that a term can't be passed where an index is meant. Names are those of the Raft paper
//! (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014).

use std::fmt;
use std::hash::BuildHasher;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::shared::RcStr;

/// The first so many of a list: all variants of an enum as an array.
pub const fn first<T: Copy, const N: usize>(all: &[T]) -> [T; N] {
    *all.first_chunk().expect("a list has no fewer than are asked for")
}

/// The largest cluster that the lab hosts. A [`ServerSet`] is a 32-bit mask, and a row of 25
/// servers is what a large terminal can still show.
pub const SERVERS_MAX: u8 = 25;

/// A server. `S1` is the first: people count from one, arrays from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ServerId(u8);

impl ServerId {
    /// The server at `index` of the cluster's list, counted from zero.
    pub const fn from_index(index: u8) -> Self {
        Self(index)
    }

    /// The server called `S<number>`; `None` for 0 and for numbers beyond [`SERVERS_MAX`].
    pub fn from_number(number: u64) -> Option<Self> {
        (1..=u64::from(SERVERS_MAX)).contains(&number).then(|| Self(number as u8 - 1))
    }

    /// Where it stands in the cluster's list, counted from zero.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// What people call it, counted from one.
    pub const fn number(self) -> u8 {
        self.0 + 1
    }

    /// The first `count` servers, in order.
    pub fn first(count: u8) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..count).map(Self)
    }
}

impl From<ServerId> for String {
    fn from(server: ServerId) -> Self {
        server.to_string()
    }
}

impl TryFrom<String> for ServerId {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let number = name.strip_prefix('S').and_then(|digits| digits.parse().ok());
        number.and_then(Self::from_number).ok_or_else(|| format!("{name:?} is no server"))
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}", self.number())
    }
}

/// A set of servers, in the order of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Vec<ServerId>", from = "Vec<ServerId>")]
pub struct ServerSet(u32);

impl From<ServerSet> for Vec<ServerId> {
    fn from(servers: ServerSet) -> Self {
        servers.iter().collect()
    }
}

impl From<Vec<ServerId>> for ServerSet {
    fn from(servers: Vec<ServerId>) -> Self {
        servers.into_iter().collect()
    }
}

impl ServerSet {
    pub const EMPTY: Self = Self(0);

    /// The set of the first `count` servers.
    pub const fn first(count: u8) -> Self {
        Self((1u32 << count) - 1)
    }

    /// The set in parts, in the order of their lowest numbers: two servers are in one part if they
    /// are linked, directly or through others.
    pub fn groups(self, linked: impl Fn(ServerId, ServerId) -> bool) -> Vec<Self> {
        let mut groups = Vec::new();
        let mut left = self;
        while let Some(first) = left.iter().next() {
            let mut group = Self::only(first);
            let mut frontier = vec![first];
            while let Some(here) = frontier.pop() {
                for other in self.without(group).iter().filter(|other| linked(here, *other)) {
                    group.insert(other);
                    frontier.push(other);
                }
            }
            left = left.without(group);
            groups.push(group);
        }
        groups
    }

    pub const fn only(server: ServerId) -> Self {
        Self(1 << server.0)
    }

    pub const fn contains(self, server: ServerId) -> bool {
        self.0 & (1 << server.0) != 0
    }

    pub fn insert(&mut self, server: ServerId) {
        self.0 |= 1 << server.0;
    }

    pub fn remove(&mut self, server: ServerId) {
        self.0 &= !(1 << server.0);
    }

    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The servers of this set that are not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Both as one number.
    pub(super) const fn beside(self, other: Self) -> u64 {
        (self.0 as u64) << 32 | other.0 as u64
    }

    /// How many places a list of servers needs that has one for each of these.
    pub const fn end(self) -> usize {
        (u32::BITS - self.0.leading_zeros()) as usize
    }

    pub fn iter(self) -> impl Iterator<Item = ServerId> + Clone {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            (bits != 0).then(|| {
                let lowest = bits.trailing_zeros() as u8;
                bits &= bits - 1;
                ServerId(lowest)
            })
        })
    }
}

impl FromIterator<ServerId> for ServerSet {
    fn from_iter<I: IntoIterator<Item = ServerId>>(servers: I) -> Self {
        let mut set = Self::EMPTY;
        servers.into_iter().for_each(|server| set.insert(server));
        set
    }
}

/// "S1", "S1 and S2", "S1, S2 and S3"; "none" for the empty set.
impl fmt::Display for ServerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.len();
        if count == 0 {
            return f.write_str("none");
        }
        for (place, server) in self.iter().enumerate() {
            let before = match place {
                0 => "",
                _ if place + 1 == count => " and ",
                _ => ", ",
            };
            write!(f, "{before}{server}")?;
        }
        Ok(())
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name(pub u64);

        impl $name {
            pub const ZERO: Self = Self(0);

            /// The one that follows; the last one stays.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The one before; zero stays zero.
            #[must_use]
            pub const fn previous(self) -> Self {
                Self(self.0.saturating_sub(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A term of leadership (§5.1). Servers begin in term 0, in which nobody leads.
    Term
}
number! {
    /// The place of an entry in the log. The first entry stands at 1; 0 is "before the log" (§5.3).
    Index
}
number! {
    /// How often a key has been written. An absent key has version 0.
    Version
}
number! {
    /// A packet's number, in the order of sending. A duplicate has a number of its own.
    PacketId
}

/// A client session, counted from zero; its name is in the cluster's [`Names`](super::Names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(pub u32);

impl ClientId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Either end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Node {
    Server(ServerId),
    Client(ClientId),
}

/// A key of the map. Shared, for it stands in logs, maps, messages and the history at once.
pub type Key = RcStr;
/// A value of the map. The empty string is a value like any other, not "absent".
pub type Value = RcStr;

/// Tells one operation from every other: the server that submitted it and a number that this
/// server never uses twice, not even after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId {
    pub server: ServerId,
    pub number: u64,
}

impl OpId {
    /// What an entry without an operation is called: no operation has the number 0.
    pub const NONE: Self = Self { server: ServerId::from_index(0), number: 0 };
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("no operation");
        }
        write!(f, "{}#{}", self.server, self.number)
    }
}

/// What a client asks of the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    Get { key: Key },
    Put { key: Key, value: Value, version: Version },
}

impl Request {
    /// A hash to compare maps by within a run; it is never shown.
    pub fn hash(&self) -> u64 {
        foldhash::quality::FixedState::default().hash_one(self)
    }

    /// How long its texts are, in bytes.
    pub fn bytes(&self) -> u64 {
        let length = match self {
            Self::Get { key } => key.len(),
            Self::Put { key, value, .. } => key.len() + value.len(),
        };
        length as u64
    }

    /// How many bytes it would take on a wire: texts with a length of four, and a version of eight.
    pub fn wire_bytes(&self) -> u64 {
        self.bytes()
            + match self {
                Self::Get { .. } => 4,
                Self::Put { .. } => 4 + 4 + 8,
            }
    }

    pub const fn is_put(&self) -> bool {
        matches!(self, Self::Put { .. })
    }

    pub const fn key(&self) -> &Key {
        match self {
            Self::Get { key } | Self::Put { key, .. } => key,
        }
    }
}

/// "x?" for a get, "x=3@2" for a put: as a log cell shows it.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get { key } => write!(f, "{key}?"),
            Self::Put { key, value, version } => write!(f, "{key}={value}@{version}"),
        }
    }
}

/// A request as it stands in the log, with the name by which its waiter knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "PlainOp")]
pub struct Op {
    pub id: OpId,
    pub request: Request,
    /// By which a copy of it is known, where its client has a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
    /// The hash of its request, for every server that carries it out.
    #[serde(skip)]
    hash: u64,
}

/// As it is written down.
#[derive(Deserialize)]
struct PlainOp {
    id: OpId,
    request: Request,
    #[serde(default)]
    stamp: Option<Stamp>,
}

impl From<PlainOp> for Op {
    fn from(plain: PlainOp) -> Self {
        Self::stamped(plain.id, plain.stamp, plain.request)
    }
}

impl Op {
    pub fn new(id: OpId, request: Request) -> Self {
        Self::stamped(id, None, request)
    }

    /// One of a client that may have a session.
    pub fn stamped(id: OpId, stamp: Option<Stamp>, request: Request) -> Self {
        Self { id, stamp, hash: request.hash(), request }
    }

    pub const fn hash(&self) -> u64 {
        self.hash
    }
}

/// A session, called by the index of the entry that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(NonZeroU32);

impl SessionId {
    /// `None` for index 0, and beyond what any run reaches.
    pub fn at(index: Index) -> Option<Self> {
        u32::try_from(index.0).ok().and_then(NonZeroU32::new).map(Self)
    }

    /// Where the entry stands that opened it.
    pub const fn index(self) -> Index {
        Index(self.0.get() as u64)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which session a put is of, and which of that session's it is: clientId and sequenceNum of
/// Figure 6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    pub session: SessionId,
    pub sequence: u32,
}

/// An entry that opens a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Registration {
    pub id: OpId,
    /// How many sessions there may be then, this one included.
    pub most: u32,
}

/// How a get or a put ended, as the application sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ok,
    NoKey,
    Version,
    /// The put may or may not have taken effect. Only a client says this, never a server.
    Maybe,
}

impl Outcome {
    /// How scripts, screen and exports call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoKey => "nokey",
            Self::Version => "version",
            Self::Maybe => "maybe",
        }
    }

    /// As one byte of the digest.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Ok => 1,
            Self::NoKey => 2,
            Self::Version => 3,
            Self::Maybe => 4,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the state machine makes of a request.
///
/// `value` is what a get found, and empty otherwise. `version` is the key's version once the
/// request has been applied (0 when absent), whatever the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    pub outcome: Outcome,
    pub value: Value,
    pub version: Version,
}
