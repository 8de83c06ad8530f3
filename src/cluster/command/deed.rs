//! What can be done to the cluster, in two stages of one shape.
//!
//! A line says whom it means in words: `crash leader`, `cut S1 -> rest`. That is a `Deed<Who>`. When
//! the line runs, every word becomes a name, and a `Deed<NodeName>` is what is carried out, recorded
//! and hashed. [`Deed::try_map`] is the way from one to another, for whoever has an answer for each
//! word. Verbs of one shape are one variant; what each of them means stands in [`act`](super::super::act).

use std::convert::Infallible;
use std::fmt::{Debug, Display};

use super::{
    ClientAct, Command, LabAct, LinkAct, MemberAct, PacketAct, ServerAct, Text, VersionWord, Who,
};
use crate::cluster::flaw::Flaw;
use crate::cluster::raft::Choice;
use crate::cluster::time::Span;
use crate::cluster::types::{PacketId, ServerId, Version};

/// How a deed says whom it means.
pub trait Word: Clone + Debug + Eq + Display {
    /// Where only servers can be meant.
    type Server: Clone + Debug + Eq + Display;
    /// Which version a put names.
    type Version: Clone + Debug + Eq + Display;
}

/// As it is written.
impl Word for Who {
    type Server = Self;
    type Version = VersionWord;
}

/// As it is carried out.
impl Word for NodeName {
    type Server = ServerId;
    type Version = Version;
}

/// A server or a client by its own name. A client need not be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeName {
    Server(ServerId),
    Client(Text),
}

impl NodeName {
    pub const fn server(&self) -> Option<ServerId> {
        match self {
            Self::Server(server) => Some(*server),
            Self::Client(_) => None,
        }
    }
}

/// Something that is done to the cluster, and makes another run of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed<W: Word = Who> {
    /// To each of these servers.
    Servers(ServerAct, Vec<W::Server>),
    /// To each of these links, or to packets on them.
    Links(LinkAct, Ends<W>),
    /// The groups don't hear each other. Servers that no group names form one more; clients
    /// that no group names reach all.
    Partition(Vec<Vec<W>>),
    /// To one packet that is in flight or held.
    Packet(PacketId, PacketAct),
    /// By each of these clients.
    Clients(ClientAct, Vec<Text>),
    Operate(Order<W>),
    /// A leader hands over: to this server, or to that which is best placed.
    Transfer(W::Server, Option<W::Server>),
    /// Who votes and who learns changes; some of these servers may be new.
    Members(MemberAct, Vec<W::Server>),
    /// Which rules these servers keep; all servers when none is named.
    Keep(Keeping, Vec<W::Server>),
    /// To the lab as a whole.
    Lab(LabAct),
}

/// What is kept of the rules, or beyond them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// What is beyond Figure 2.
    Option(Choice),
    /// A rule that is not kept while this is on.
    Flaw(Flaw, bool),
}

/// Both ends of a set of links: all of `from` to all of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends<W = Who> {
    pub from: Vec<W>,
    pub to: Vec<W>,
    /// `<->`: the other way too.
    pub both: bool,
}

impl<W> Ends<W> {
    /// Every link that is named, from and to.
    pub fn ways(&self) -> impl Iterator<Item = (&W, &W)> {
        let there = self.from.iter().flat_map(|from| self.to.iter().map(move |to| (from, to)));
        there.flat_map(|(from, to)| {
            let both = [(from, to), (to, from)];
            both.into_iter().take(if self.both { 2 } else { 1 })
        })
    }
}

/// Something that a client is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<W: Word = Who> {
    pub operation: Operation<W>,
    /// Which client; the task's own, or the next idle one in the lab, when not said.
    pub client: Option<Text>,
    /// The only server that it may ask, until the operation ends.
    pub only: Option<W::Server>,
    /// How long the value becomes, in bytes: what is missing is filled up.
    pub size: Option<u32>,
    /// The script goes on at once.
    pub nowait: bool,
    pub within: Option<Span>,
}

impl<W: Word> Order<W> {
    /// Whether a script's line waits for it.
    pub(in crate::cluster) const fn is_awaited(&self) -> bool {
        !self.nowait && !matches!(self.operation, Operation::Submit { .. })
    }

    /// The operation with nothing else said.
    pub const fn new(operation: Operation<W>) -> Self {
        Self { operation, client: None, only: None, size: None, nowait: false, within: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation<W: Word = Who> {
    Get {
        key: Text,
    },
    Put {
        key: Text,
        value: Text,
        version: W::Version,
    },
    /// A put that a leader appends at once, and for which no client waits.
    Submit {
        key: Text,
        value: Text,
        version: W::Version,
    },
    /// Put at the version that this client last learned, until done.
    Set {
        key: Text,
        value: Text,
    },
    /// A get that must give exactly what the script last achieved under this key.
    Check {
        key: Text,
    },
    Acquire {
        lock: Text,
    },
    Release {
        lock: Text,
    },
}

impl<W: Word> Operation<W> {
    /// The same with other keys, values and versions. A lock is a key.
    pub fn try_map<V: Word, E>(
        &self,
        mut key: impl FnMut(&Text) -> Result<Text, E>,
        mut value: impl FnMut(&Text) -> Result<Text, E>,
        version: impl FnOnce(&Text, &W::Version) -> Result<V::Version, E>,
    ) -> Result<Operation<V>, E> {
        let put = |k: &Text, v: &Text, number: &W::Version| {
            let k = key(k)?;
            let number = version(&k, number)?;
            Ok((k, value(v)?, number))
        };
        Ok(match self {
            Self::Put { key, value, version } => {
                let (key, value, version) = put(key, value, version)?;
                Operation::Put { key, value, version }
            }
            Self::Submit { key, value, version } => {
                let (key, value, version) = put(key, value, version)?;
                Operation::Submit { key, value, version }
            }
            Self::Get { key: k } => Operation::Get { key: key(k)? },
            Self::Set { key: k, value: v } => Operation::Set { key: key(k)?, value: value(v)? },
            Self::Check { key: k } => Operation::Check { key: key(k)? },
            Self::Acquire { lock } => Operation::Acquire { lock: key(lock)? },
            Self::Release { lock } => Operation::Release { lock: key(lock)? },
        })
    }
}

/// What becomes of each word of a deed, on the way to words of another kind.
pub trait Words<V: Word, W: Word> {
    type Error;

    fn servers(&mut self, who: &[V::Server]) -> Result<Vec<W::Server>, Self::Error>;
    /// Where one is meant.
    fn server(&mut self, who: &V::Server) -> Result<W::Server, Self::Error>;
    /// Where new ones may be meant too.
    fn members(&mut self, who: &[V::Server]) -> Result<Vec<W::Server>, Self::Error>;
    /// One group or one end after the other, in the order in which the deed names them.
    fn nodes(&mut self, who: &[V]) -> Result<Vec<W>, Self::Error>;
    fn client(&mut self, name: &Text) -> Result<Text, Self::Error>;
    fn order(&mut self, order: &Order<V>) -> Result<Order<W>, Self::Error>;
}

impl<V: Word> Deed<V> {
    /// The deed with every word replaced.
    pub fn try_map<W: Word, M: Words<V, W>>(&self, mut to: M) -> Result<Deed<W>, M::Error> {
        Ok(match self {
            Self::Servers(act, who) => Deed::Servers(*act, to.servers(who)?),
            Self::Links(act, Ends { from, to: end, both }) => {
                Deed::Links(*act, Ends { from: to.nodes(from)?, to: to.nodes(end)?, both: *both })
            }
            Self::Partition(groups) => {
                let groups = groups.iter().map(|group| to.nodes(group));
                Deed::Partition(groups.collect::<Result<_, _>>()?)
            }
            Self::Packet(packet, act) => Deed::Packet(*packet, *act),
            Self::Clients(act, names) => {
                let names = names.iter().map(|name| to.client(name));
                Deed::Clients(*act, names.collect::<Result<_, _>>()?)
            }
            Self::Operate(order) => Deed::Operate(to.order(order)?),
            Self::Transfer(from, heir) => {
                let from = to.server(from)?;
                Deed::Transfer(from, heir.as_ref().map(|heir| to.server(heir)).transpose()?)
            }
            Self::Members(act, who) => Deed::Members(*act, to.members(who)?),
            Self::Keep(what, who) => {
                let who = if who.is_empty() { Vec::new() } else { to.servers(who)? };
                Deed::Keep(*what, who)
            }
            Self::Lab(act) => Deed::Lab(act.clone()),
        })
    }

    /// Whether it disturbs servers or links: `new leader` counts from the last that does.
    pub fn is_fault(&self) -> bool {
        if let Self::Servers(act, _) = self {
            return act.is_fault();
        }
        let is_cut = matches!(self, Self::Links(LinkAct::Cut | LinkAct::Change(_), _));
        is_cut || matches!(self, Self::Partition(_) | Self::Transfer(..))
    }

    /// Whether it cuts links, mends them or changes how they are. No event tells of that but the
    /// command itself.
    pub const fn is_about_links(&self) -> bool {
        matches!(
            self,
            Self::Partition(_)
                | Self::Links(LinkAct::Cut | LinkAct::Mend | LinkAct::Change(_), _)
                | Self::Servers(ServerAct::Isolate { .. } | ServerAct::Rejoin, _)
                | Self::Lab(LabAct::Heal | LabAct::Net(_))
        )
    }
}

/// As a line says it.
struct Written;

impl Words<NodeName, Who> for Written {
    type Error = Infallible;

    fn servers(&mut self, who: &[ServerId]) -> Result<Vec<Who>, Infallible> {
        Ok(who.iter().copied().map(Who::Server).collect())
    }

    fn server(&mut self, who: &ServerId) -> Result<Who, Infallible> {
        Ok(Who::Server(*who))
    }

    fn members(&mut self, who: &[ServerId]) -> Result<Vec<Who>, Infallible> {
        self.servers(who)
    }

    fn nodes(&mut self, who: &[NodeName]) -> Result<Vec<Who>, Infallible> {
        Ok(who.iter().cloned().map(Who::from).collect())
    }

    fn client(&mut self, name: &Text) -> Result<Text, Infallible> {
        Ok(name.clone())
    }

    fn order(&mut self, order: &Order<NodeName>) -> Result<Order, Infallible> {
        let Order { ref client, only, size, nowait, within, .. } = *order;
        let same = |text: &Text| Ok::<Text, Infallible>(text.clone());
        let operation =
            order.operation.try_map(same, same, |_, version| Ok(VersionWord::Number(*version)))?;
        let only = only.map(Who::Server);
        Ok(Order { operation, client: client.clone(), only, size, nowait, within })
    }
}

impl From<NodeName> for Who {
    fn from(name: NodeName) -> Self {
        match name {
            NodeName::Server(server) => Self::Server(server),
            NodeName::Client(name) => Self::Client(name),
        }
    }
}

impl From<&Deed<NodeName>> for Command {
    fn from(deed: &Deed<NodeName>) -> Self {
        let Ok(written) = deed.try_map(Written);
        Self::Deed(written)
    }
}

impl From<Deed> for Command {
    fn from(deed: Deed) -> Self {
        Self::Deed(deed)
    }
}
