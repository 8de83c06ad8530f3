//! From the words of a command to servers and clients.
//!
//! `leader`, `rest`, `random` and `{names}` mean something only at the moment when a line runs.
//! Here they become concrete, and the concrete command is what is carried out, recorded and
//! hashed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::command::measures::Answer;
use super::command::{
    Bound, Deed, Filler, NodeName, Operation, Order, Text, VersionWord, Who, Words, is_name,
};
use super::conditions::only;
use super::raft::Role;
use super::rng::Rng;
use super::server::{Power, Server};
use super::types::{Key, Node, ServerId, ServerSet, Version};
use super::{Cluster, Refusal};

/// What names mean to a task, and where it draws its chance from.
#[derive(Clone, Debug)]
pub struct Scope {
    pub(super) bindings: BTreeMap<Arc<str>, Binding>,
    /// Whose client acts when a line names none.
    pub(super) client: Option<Arc<str>>,
    pub(super) rng: Rng,
    /// Operations queue behind the open one of their client: nobody waits for the line.
    pub(super) queues: bool,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    Servers(ServerSet),
    Text(Arc<str>),
}

pub(super) fn error(message: impl Into<String>) -> Refusal {
    Refusal::Words(message.into())
}

fn absent(who: &Who) -> Refusal {
    error(format!("there is no {who} at present"))
}

impl Scope {
    fn text_of(&self, name: &str) -> Option<Arc<str>> {
        match self.bindings.get(name)? {
            Binding::Text(text) => Some(text.clone()),
            Binding::Servers(servers) => {
                let names: Vec<String> = servers.iter().map(|id| id.to_string()).collect();
                Some(names.join(" ").into())
            }
        }
    }

    /// The text with its `{names}` filled in.
    pub(super) fn fill(&self, text: &Text) -> Result<Arc<str>, Refusal> {
        text.fill(|name| self.text_of(name)).map_err(error)
    }

    fn fill_text(&self, text: &Text) -> Result<Text, Refusal> {
        self.fill(text).map(Text::literal)
    }

    /// The name of a client with its `{names}` filled in.
    fn fill_name(&self, text: &Text) -> Result<Text, Refusal> {
        let name = self.fill_text(text)?;
        match text.has_holes() && !is_name(name.as_str()) {
            true => Err(error(format!("{} is no client's name", name.as_str()))),
            false => Ok(name),
        }
    }

    /// What is bound to the name, if the whole word is that name.
    fn binding_of(&self, word: &Text) -> Option<&Binding> {
        self.bindings.get(word.as_str().strip_prefix('{')?.strip_suffix('}')?)
    }

    /// The servers bound to the name, if the whole word is that name: `{old}`.
    fn bound_servers(&self, word: &Text) -> Option<ServerSet> {
        match self.binding_of(word)? {
            Binding::Servers(servers) => Some(*servers),
            Binding::Text(_) => None,
        }
    }
}

/// What a condition or a value means to a task is asked for later, when its names mean nothing any
/// more: so they are filled in when the line runs.
impl Filler for Scope {
    type Error = Refusal;

    fn text(&self, text: &Text) -> Result<Text, Refusal> {
        if text.has_holes() { self.fill_text(text) } else { Ok(text.clone()) }
    }

    fn who(&self, who: &Who) -> Result<Who, Refusal> {
        let Who::Hole(word) = who else { return Ok(who.clone()) };
        match self.bound_servers(word) {
            Some(servers) => match only(who, servers)? {
                Some(server) => Ok(Who::Server(server)),
                None => Err(absent(who)),
            },
            None => Who::parse_word(&self.fill(word)?).map_err(error),
        }
    }

    fn whos(&self, who: &Who) -> Result<Vec<Who>, Refusal> {
        let servers = if let Who::Hole(word) = who { self.bound_servers(word) } else { None };
        match servers {
            Some(servers) => Ok(servers.iter().map(Who::Server).collect()),
            None => Ok(vec![self.who(who)?]),
        }
    }

    fn number(&self, text: &Text, plus: i64) -> Result<u64, Refusal> {
        let word = self.fill(text)?;
        let number: Option<u64> = word.parse().ok();
        let number = number.ok_or_else(|| {
            error(format!("a number is wanted here, and {} is {word}", text.as_str()))
        })?;
        number.checked_add_signed(plus).ok_or_else(|| {
            let (sign, by) = (if plus < 0 { '-' } else { '+' }, plus.unsigned_abs());
            error(format!("{number} {sign} {by} is no number from 0 to {}", u64::MAX))
        })
    }
}

/// What one or more "who" words came to: servers by number, clients by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    servers: ServerSet,
    clients: Vec<Text>,
}

impl Found {
    fn names(self) -> Vec<NodeName> {
        let servers = self.servers.iter().map(NodeName::Server);
        servers.chain(self.clients.into_iter().map(NodeName::Client)).collect()
    }
}

/// What the words of one deed mean now.
struct Resolver<'a> {
    cluster: &'a Cluster,
    scope: &'a mut Scope,
    /// Servers that the deed has named before, for `rest`.
    named: ServerSet,
}

impl Words<Who, NodeName> for Resolver<'_> {
    type Error = Refusal;

    fn servers(&mut self, who: &[Who]) -> Result<Vec<ServerId>, Refusal> {
        Ok(self.cluster.find_some(who, self.scope)?.iter().collect())
    }

    fn server(&mut self, who: &Who) -> Result<ServerId, Refusal> {
        self.cluster.find_server(who, self.scope)
    }

    /// By its own name a server may be meant that is not there yet.
    fn members(&mut self, who: &[Who]) -> Result<Vec<ServerId>, Refusal> {
        let (mut found, count) = (ServerSet::EMPTY, self.cluster.servers.len());
        for one in who {
            match self.scope.whos(one)?.as_slice() {
                [Who::Server(new)] if new.index() >= count => found.insert(*new),
                known => found = found.union(self.cluster.find_some(known, self.scope)?),
            }
        }
        Ok(found.iter().collect())
    }

    fn nodes(&mut self, who: &[Who]) -> Result<Vec<NodeName>, Refusal> {
        Ok(self.cluster.find_all(who, &mut self.named, self.scope)?.names())
    }

    fn client(&mut self, name: &Text) -> Result<Text, Refusal> {
        self.scope.fill_name(name)
    }

    fn order(&mut self, order: &Order) -> Result<Order<NodeName>, Refusal> {
        self.cluster.resolve_order(order, self.scope)
    }
}

impl Cluster {
    /// The servers that a word means now; `None` for a client's name. `named` are those that the
    /// command has named before, for `rest`.
    pub(super) fn servers_of(&self, who: &Who, named: ServerSet) -> Option<ServerSet> {
        let all: ServerSet = self.ids().collect();
        let those = |wanted: fn(&Server) -> bool| -> ServerSet {
            self.servers.iter().filter(|server| wanted(server)).map(|server| server.id).collect()
        };
        let follower =
            |server: &Server| server.is_running() && server.raft.role() == Role::Follower;
        Some(match who {
            Who::Server(server) => ServerSet::only(*server).intersection(all),
            Who::Leader => self.leader().into_iter().collect(),
            Who::Follower => those(follower).iter().take(1).collect(),
            Who::Followers => those(follower),
            Who::Candidate => {
                those(|server| server.is_running() && server.raft.role() == Role::Candidate)
            }
            Who::Majority => {
                let lacks = |servers| self.configuration().lacks(servers);
                self.leader_and_others(|some, one| lacks(some.union(one)) < lacks(some))
            }
            Who::Minority => {
                let all = self.configuration();
                self.leader_and_others(|some, one| {
                    all.has_quorum(all.voters().without(some.union(one)))
                })
            }
            Who::Rest => all.without(named),
            Who::All => all,
            Who::Down => those(|server| server.power == Power::Down),
            Who::Random | Who::Some | Who::Client(_) | Who::Hole(_) => return None,
        })
    }

    /// The leader and those others who vote, the lowest-numbered first, of whom each may join those before.
    fn leader_and_others(&self, may_join: impl Fn(ServerSet, ServerSet) -> bool) -> ServerSet {
        let leader: ServerSet = self.leader().into_iter().collect();
        let others = self.configuration().voters().without(leader).iter();
        others.map(ServerSet::only).fold(leader, |some, one| match may_join(some, one) {
            true => some.union(one),
            false => some,
        })
    }

    fn find(&self, who: &Who, named: ServerSet, scope: &mut Scope) -> Result<Found, Refusal> {
        let servers = match who {
            Who::Random => {
                let all: Vec<ServerId> = self.ids().collect();
                scope.rng.pick(&all).copied().into_iter().collect()
            }
            Who::Some => {
                let coin = super::time::Ppm::percent(50);
                self.ids().filter(|_| scope.rng.chance(coin)).collect()
            }
            Who::Client(name) => {
                let clients = vec![scope.fill_name(name)?];
                return Ok(Found { clients, ..Found::default() });
            }
            Who::Hole(word) => match scope.bound_servers(word) {
                Some(servers) => servers,
                None => {
                    let who = Who::parse_word(&scope.fill(word)?).map_err(error)?;
                    return self.find(&who, named, scope);
                }
            },
            Who::Server(server) if server.index() >= self.servers.len() => {
                let count = self.servers.len();
                return Err(error(format!("there is no {server}: the cluster has S1 to S{count}")));
            }
            Who::Server(_)
            | Who::Leader
            | Who::Follower
            | Who::Followers
            | Who::Candidate
            | Who::Majority
            | Who::Minority
            | Who::Rest
            | Who::All
            | Who::Down => self.servers_of(who, named).unwrap_or_default(),
        };
        Ok(Found { servers, clients: Vec::new() })
    }

    fn find_all(
        &self,
        whos: &[Who],
        named: &mut ServerSet,
        scope: &mut Scope,
    ) -> Result<Found, Refusal> {
        let mut found = Found::default();
        for who in whos {
            let one = self.find(who, *named, scope)?;
            let may_be_none = matches!(who, Who::Rest | Who::All | Who::Down | Who::Some);
            if one == Found::default() && !may_be_none {
                return Err(absent(who));
            }
            *named = named.union(one.servers);
            found.servers = found.servers.union(one.servers);
            found.clients.extend(one.clients);
        }
        Ok(found)
    }

    /// The servers that a list of words means; clients are refused.
    pub(super) fn find_servers(
        &self,
        whos: &[Who],
        scope: &mut Scope,
    ) -> Result<ServerSet, Refusal> {
        let found = self.find_all(whos, &mut ServerSet::default(), scope)?;
        match found.clients.first() {
            Some(client) => Err(error(format!("{} is a client, not a server", client.as_str()))),
            None => Ok(found.servers),
        }
    }

    /// The servers that a word means to a question, which draws nothing: none, if nobody answers to
    /// it at present.
    pub(super) fn find_now(
        &self,
        who: &Who,
        named: ServerSet,
        scope: &Scope,
    ) -> Result<ServerSet, Refusal> {
        let found = self.find(who, named, &mut scope.clone())?;
        match found.clients.first() {
            Some(client) => Err(error(format!("{} is a client, not a server", client.as_str()))),
            None => Ok(found.servers),
        }
    }

    /// The same, of which there has to be one at least.
    pub(super) fn find_some(&self, whos: &[Who], scope: &mut Scope) -> Result<ServerSet, Refusal> {
        let found = self.find_servers(whos, scope)?;
        if found.is_empty() {
            return Err(error("no server answers to that at present"));
        }
        Ok(found)
    }

    /// The one server that a word means.
    pub(super) fn find_server(&self, who: &Who, scope: &mut Scope) -> Result<ServerId, Refusal> {
        let servers = self.find_servers(std::slice::from_ref(who), scope)?;
        only(who, servers)?.ok_or_else(|| absent(who))
    }

    /// What `let` gives a name to.
    pub(super) fn bound(&self, value: &Bound, scope: &mut Scope) -> Result<Binding, Refusal> {
        Ok(match value {
            Bound::Servers(who) => match who.as_slice() {
                [Who::Hole(word)] if scope.binding_of(word).is_some() => {
                    scope.binding_of(word).cloned().ok_or_else(|| absent(&who[0]))?
                }
                who => Binding::Servers(self.find_some(who, scope)?),
            },
            Bound::RestOf(who) => {
                let these = self.find_servers(who, scope)?;
                let others = self.ids().collect::<ServerSet>().without(these);
                if others.is_empty() {
                    return Err(error("these are all servers"));
                }
                Binding::Servers(others)
            }
            Bound::Number(number) => match self.number(number, scope)? {
                Some(number) => Binding::Text(number.to_string().into()),
                None => return Err(error(format!("there is no {number} at present"))),
            },
            Bound::Measure(measure) => match self.value(measure, scope)? {
                Some(Answer::Server(server)) => Binding::Servers(ServerSet::only(server)),
                Some(Answer::Servers(servers)) => Binding::Servers(servers),
                Some(answer) => Binding::Text(answer.text().into()),
                None => return Err(error(format!("there is no {measure} at present"))),
            },
            Bound::Random(low, high) => {
                let width = u64::from(high.saturating_sub(*low)) + 1;
                let number = u64::from(*low) + scope.rng.below(width);
                Binding::Text(number.to_string().into())
            }
        })
    }

    /// The deed with every word resolved.
    pub(super) fn resolve(
        &self,
        deed: &Deed,
        scope: &mut Scope,
    ) -> Result<Deed<NodeName>, Refusal> {
        let resolver = Resolver { cluster: self, scope, named: ServerSet::EMPTY };
        let mut deed = deed.try_map(resolver)?;
        if let Deed::Partition(groups) = &mut deed {
            self.complete(groups)?;
        }
        Ok(deed)
    }

    /// A partition's groups, with one more of all servers that nobody has named.
    fn complete(&self, groups: &mut Vec<Vec<NodeName>>) -> Result<(), Refusal> {
        let mut named: Vec<&NodeName> = Vec::new();
        for group in &*groups {
            if let Some(twice) = group.iter().find(|one| named.contains(one)) {
                let client = if twice.server().is_none() { "client " } else { "" };
                return Err(error(format!("{client}{twice} is in two groups of the partition")));
            }
            named.extend(group);
        }
        let is_left = |server: &NodeName| !named.contains(&server);
        let left: Vec<_> = self.ids().map(NodeName::Server).filter(is_left).collect();
        groups.push(left);
        groups.retain(|group| !group.is_empty());
        Ok(())
    }

    fn resolve_order(&self, order: &Order, scope: &mut Scope) -> Result<Order<NodeName>, Refusal> {
        let client = match &order.client {
            Some(name) => Some(scope.fill_name(name)?),
            None => scope.client.clone().map(Text).or_else(|| self.idle_client().map(Text)),
        };
        let only = match (&order.only, &order.operation) {
            (Some(who), _) => Some(self.find_server(who, scope)?),
            (None, Operation::Submit { .. }) => Some(self.find_server(&Who::Leader, scope)?),
            (None, _) => None,
        };
        let last = |key: &Text| {
            let client = client.as_ref().and_then(|name| self.client_named(name.as_str()));
            let known = client.and_then(|client| client.known.get(&key.filled()));
            known.map_or(Version::ZERO, |known| known.version)
        };
        let text = |text: &Text| scope.fill_text(text);
        let operation = order.operation.try_map(text, text, |key, version| {
            Ok(match version {
                VersionWord::Number(version) => *version,
                VersionWord::Last => last(key),
                VersionWord::Hole(number) => {
                    Version(self.number(number, scope)?.unwrap_or_default())
                }
            })
        })?;
        let Order { size, nowait, within, .. } = *order;
        Ok(Order { operation, client, only, size, nowait, within })
    }

    /// The client that acts when nobody in particular is meant: the first idle one, or the one
    /// with the fewest operations waiting.
    fn idle_client(&self) -> Option<Arc<str>> {
        let ordered = self.clients.iter().filter(|client| client.role.takes_orders());
        let least =
            ordered.min_by_key(|client| client.queue.len() + usize::from(client.job.is_some()));
        least.map(|client| client.name.clone()).or_else(|| Some("a".into()))
    }

    /// The nodes that are called so; a client that does not exist yet is made.
    pub(super) fn nodes(&mut self, names: &[NodeName]) -> Result<Vec<Node>, Refusal> {
        let node = |name: &NodeName| match name {
            NodeName::Server(server) => Ok(Node::Server(*server)),
            NodeName::Client(name) => self.need_client(name.as_str()).map(Node::Client),
        };
        names.iter().map(node).collect()
    }

    pub(super) fn need_client(&mut self, name: &str) -> Result<super::types::ClientId, Refusal> {
        self.add_client(name).ok_or_else(|| {
            let most = super::config::CLIENTS_MAX;
            error(format!("there are {most} clients already: no room for {name}"))
        })
    }
}

/// The key or value of a filled text.
pub(super) fn shared(text: &Text) -> Key {
    (&*text.filled()).into()
}
