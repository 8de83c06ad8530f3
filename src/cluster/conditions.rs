//! What conditions mean, and what is the case when one of them does not hold.

use super::command::{Compare, Condition, Count, ReplyPattern, RoleName, Text, Who};
use super::network::Traffic;
use super::raft::Role;
use super::resolve::Scope;
use super::server::{Power, Server};
use super::types::{Index, ServerId, ServerSet, Term};
use super::{Cluster, client::Client};

impl Cluster {
    /// Whether a condition that somebody typed holds at present.
    pub fn is_so(&self, condition: &Condition) -> bool {
        self.holds(condition, &self.lab_scope)
    }

    /// Whether a condition holds at present. Conditions change nothing.
    pub(super) fn holds(&self, condition: &Condition, scope: &Scope) -> bool {
        match condition {
            Condition::And(one, two) => self.holds(one, scope) && self.holds(two, scope),
            Condition::Or(one, two) => self.holds(one, scope) || self.holds(two, scope),
            Condition::Not(one) => !self.holds(one, scope),
            Condition::Leader(None) => self.leader().is_some(),
            Condition::Leader(Some(who)) => {
                self.leader().is_some_and(|leader| self.meant(who, scope) == Some(leader))
            }
            Condition::NoLeader => self.leader().is_none(),
            Condition::NewLeader => self.leader_term().is_some_and(|term| term > self.fault_term),
            Condition::Term(compare, count) => compares(*compare, self.term().0, count, scope),
            Condition::Committed(compare, count) => {
                compares(*compare, self.committed().0, count, scope)
            }
            Condition::Up(compare, count) => compares(*compare, self.up(), count, scope),
            Condition::Applied(compare, count) => {
                compares(*compare, self.applied().0, count, scope)
            }
            Condition::CommittedKey { key, value } => {
                self.running().any(|server| stores(server, key, value, scope))
            }
            Condition::AppliedKey { key, value } => {
                self.running().all(|server| stores(server, key, value, scope))
            }
            Condition::Is { who, role } => {
                self.each_meant(who, scope, |server| has_role(server, *role))
            }
            Condition::Holds { who, key, value, version } => {
                self.each_meant(who, scope, |server| {
                    let same = |version: super::types::Version| {
                        let stored = scope.fill(key).ok().and_then(|k| server.rsm.kv.get(&k));
                        stored.is_some_and(|stored| stored.version == version)
                    };
                    stores(server, key, value, scope) && version.is_none_or(same)
                })
            }
            Condition::Log { who, terms } => self.each_meant(who, scope, |server| {
                let log = server.raft.log.iter_from(Index(1)).map(|(_, entry)| entry.term);
                log.eq(terms.iter().copied())
            }),
            Condition::ServerTerm { who, compare, count } => {
                self.each_meant(who, scope, |server| {
                    compares(*compare, server.raft.term.0, count, scope)
                })
            }
            Condition::Waiting { client } => {
                self.meant_client(client.as_ref(), scope).is_some_and(|client| !client.is_idle())
            }
            Condition::Idle => self.busy().is_none(),
            Condition::Reply { pattern, client } => {
                let client = self.meant_client(client.as_ref(), scope);
                client.is_some_and(|client| replied(client, pattern, scope))
            }
            Condition::Holder { lock, client } => {
                let lock = scope.fill(lock).unwrap_or_default();
                let holder = scope.fill(client).unwrap_or_default();
                self.holder(&lock).is_some_and(|client| *client.name == *holder)
            }
            Condition::Converged => self.unconverged().is_none(),
            Condition::Safe => self.violation.is_none(),
            Condition::Linearizable => self.checker().is_linearizable(),
            Condition::Broken(invariant) => {
                self.violation.as_ref().is_some_and(|broken| broken.invariant == *invariant)
            }
            Condition::Messages { compare, count, since } => {
                let requests = self.traffic_since(since.as_ref(), scope).requests;
                compares(*compare, requests, count, scope)
            }
            Condition::Bytes { compare, count, since } => {
                compares(*compare, self.traffic_since(since.as_ref(), scope).bytes, count, scope)
            }
        }
    }

    fn running(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| server.is_running())
    }

    fn up(&self) -> u64 {
        self.servers.iter().filter(|server| server.power != Power::Down).count() as u64
    }

    fn leader_term(&self) -> Option<Term> {
        self.leader().map(|leader| self.servers[leader.index()].raft.term)
    }

    /// The highest commit index among running servers.
    pub fn committed(&self) -> Index {
        self.running().map(|server| server.raft.commit).max().unwrap_or_default()
    }

    /// The lowest applied index among running servers.
    pub fn applied(&self) -> Index {
        self.running().map(|server| server.rsm.applied).min().unwrap_or_default()
    }

    /// Who holds a lock, as far as the clients themselves know.
    pub fn holder(&self, lock: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.holds.iter().any(|held| &**held == lock))
    }

    /// A client whose operation is open.
    fn busy(&self) -> Option<&Client> {
        self.clients.iter().find(|client| !client.is_idle())
    }

    pub(super) fn traffic_since(&self, mark: Option<&Text>, scope: &Scope) -> Traffic {
        let name = mark.and_then(|mark| scope.fill(mark).ok());
        let before = name.and_then(|name| self.marks.get(&name).copied()).unwrap_or_default();
        Traffic {
            requests: self.traffic.requests - before.requests,
            bytes: self.traffic.bytes - before.bytes,
        }
    }

    fn all_meant(&self, who: &Who, scope: &Scope) -> ServerSet {
        let mut scope = scope.clone();
        self.find_servers(std::slice::from_ref(who), &mut scope).unwrap_or_default()
    }

    fn meant(&self, who: &Who, scope: &Scope) -> Option<ServerId> {
        self.all_meant(who, scope).iter().next()
    }

    /// Whether somebody is meant, and it is so for every one.
    fn each_meant(&self, who: &Who, scope: &Scope, so: impl Fn(&Server) -> bool) -> bool {
        let servers = self.all_meant(who, scope);
        !servers.is_empty() && servers.iter().all(|id| so(&self.servers[id.index()]))
    }

    fn meant_client(&self, name: Option<&Text>, scope: &Scope) -> Option<&Client> {
        let name = match name {
            Some(name) => scope.fill(name).ok()?,
            None => scope.client.clone().unwrap_or_else(|| "a".into()),
        };
        self.client_named(&name)
    }

    /// Why the cluster has not converged: no leader in the highest term, or a server that it
    /// reaches has not its log, commit index or applied index. `None` when it has.
    pub fn unconverged(&self) -> Option<String> {
        let Some(leader) = self.leader() else { return Some("there is no leader".to_owned()) };
        let leader = &self.servers[leader.index()];
        if leader.raft.term != self.term() {
            return Some(format!(
                "{} leads term {}, but term {} has begun",
                leader.id,
                leader.raft.term,
                self.term()
            ));
        }
        if leader.rsm.applied != leader.raft.commit {
            return Some(format!("{} has not applied all that it committed", leader.id));
        }
        let group = self.groups().into_iter().find(|group| group.contains(leader.id));
        let reached = self.running().filter(|server| {
            server.id != leader.id && group.is_some_and(|group| group.contains(server.id))
        });
        reached.into_iter().find_map(|server| lags(server, leader))
    }

    /// What is the case, for the report on a condition that does not hold.
    pub(super) fn actual(&self, condition: &Condition, scope: &Scope) -> String {
        match condition {
            Condition::And(one, two) => {
                if self.holds(one, scope) {
                    self.actual(two, scope)
                } else {
                    self.actual(one, scope)
                }
            }
            Condition::Or(one, two) => {
                format!("{}; and {}", self.actual(one, scope), self.actual(two, scope))
            }
            Condition::Not(one) => format!("{one} is so"),
            Condition::Leader(_) | Condition::NoLeader | Condition::NewLeader => {
                self.leader_words()
            }
            Condition::Term(..) => format!("the highest term is {}", self.term()),
            Condition::Committed(..) => format!("the commit index is {}", self.committed()),
            Condition::Up(..) => format!("{} servers are up", self.up()),
            Condition::Applied(..) => format!("the lowest applied index is {}", self.applied()),
            Condition::CommittedKey { key, .. } | Condition::AppliedKey { key, .. } => {
                self.stored_words(key, self.config.server_ids().collect(), scope)
            }
            Condition::Holds { who, key, .. } => {
                self.stored_words(key, self.all_meant(who, scope), scope)
            }
            Condition::Is { who, .. }
            | Condition::Log { who, .. }
            | Condition::ServerTerm { who, .. } => self.server_words(self.all_meant(who, scope)),
            Condition::Waiting { client } | Condition::Reply { client, .. } => {
                self.client_words(client.as_ref(), scope)
            }
            Condition::Idle => match self.busy() {
                Some(client) => super::explain::client(self, client.id, &[]).join(" "),
                None => "no client has an operation open".to_owned(),
            },
            Condition::Holder { lock, .. } => {
                let lock = scope.fill(lock).unwrap_or_default();
                match self.holder(&lock) {
                    Some(client) => format!("{} holds {lock}", client.name),
                    None => format!("nobody holds {lock}"),
                }
            }
            Condition::Converged => self.unconverged().unwrap_or_default(),
            Condition::Safe | Condition::Broken(_) => match &self.violation {
                Some(broken) => format!("{}: {}", broken.invariant.name(), broken.evidence),
                None => "no rule has been broken".to_owned(),
            },
            Condition::Linearizable => {
                let clash = self.checker().clash_words(self);
                clash.unwrap_or_else(|| "what clients were told is linearizable".to_owned())
            }
            Condition::Messages { since, .. } => {
                format!("{} requests were sent", self.traffic_since(since.as_ref(), scope).requests)
            }
            Condition::Bytes { since, .. } => {
                format!("{} bytes were sent", self.traffic_since(since.as_ref(), scope).bytes)
            }
        }
    }

    fn leader_words(&self) -> String {
        match self.leader() {
            Some(leader) => {
                let term = self.servers[leader.index()].raft.term;
                format!("{leader} leads term {term}")
            }
            None => format!("nobody leads; the highest term is {}", self.term()),
        }
    }

    fn stored_words(&self, key: &Text, servers: ServerSet, scope: &Scope) -> String {
        let key = scope.fill(key).unwrap_or_default();
        let each = servers.iter().map(|id| match self.servers[id.index()].rsm.kv.get(&key) {
            Some(stored) => format!("{id} {key} = {:?} @{}", stored.value, stored.version),
            None => format!("{id} has no {key}"),
        });
        join_or(each.collect(), "no server answers to that")
    }

    fn server_words(&self, servers: ServerSet) -> String {
        let each = servers.iter().map(|id| {
            let server = &self.servers[id.index()];
            let terms: Vec<String> = server
                .raft
                .log
                .iter_from(Index(1))
                .take(20)
                .map(|(_, entry)| entry.term.to_string())
                .collect();
            let role = role_of(server).word();
            format!("{id} is {role} in term {}, log {}", server.raft.term, terms.join(","))
        });
        join_or(each.collect(), "no server answers to that")
    }

    fn client_words(&self, client: Option<&Text>, scope: &Scope) -> String {
        let Some(client) = self.meant_client(client, scope) else {
            return "there is no such client".to_owned();
        };
        if !client.is_idle() {
            return super::explain::client(self, client.id, &[]).join(" ");
        }
        match &client.last {
            Some(last) => {
                let result = &last.result;
                format!(
                    "{} was told {} {:?} @{}",
                    client.name, result.outcome, result.value, result.version
                )
            }
            None => format!("{} has not asked anything", client.name),
        }
    }
}

fn join_or(words: Vec<String>, none: &str) -> String {
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}

fn compares(compare: Compare, left: u64, count: &Count, scope: &Scope) -> bool {
    let right = match count {
        Count::Number(number) => Some(*number),
        Count::Hole(word) => scope.fill(word).ok().and_then(|word| word.parse().ok()),
    };
    right.is_some_and(|right| compare.holds(left, right))
}

fn stores(server: &Server, key: &Text, value: &Text, scope: &Scope) -> bool {
    let (Ok(key), Ok(value)) = (scope.fill(key), scope.fill(value)) else { return false };
    server.rsm.kv.get(&key).is_some_and(|stored| *stored.value == *value)
}

/// What a server is, in the words of scripts.
pub fn role_of(server: &Server) -> RoleName {
    match (server.power, server.raft.role) {
        (Power::Down, _) => RoleName::Down,
        (Power::Asleep, _) => RoleName::Asleep,
        (Power::Up, Role::Follower) => RoleName::Follower,
        (Power::Up, Role::Candidate) => RoleName::Candidate,
        (Power::Up, Role::Leader) => RoleName::Leader,
    }
}

fn has_role(server: &Server, role: RoleName) -> bool {
    role_of(server) == role || (role == RoleName::Up && server.power != Power::Down)
}

fn replied(client: &Client, pattern: &ReplyPattern, scope: &Scope) -> bool {
    let Some(last) = client.last.as_ref().filter(|_| client.is_idle()) else { return false };
    let result = &last.result;
    match pattern {
        ReplyPattern::Outcome { outcome, version } => {
            result.outcome == *outcome && version.is_none_or(|version| result.version == version)
        }
        ReplyPattern::Value { value, version } => {
            let value = scope.fill(value);
            result.outcome == super::types::Outcome::Ok
                && value.is_ok_and(|value| *result.value == *value)
                && version.is_none_or(|version| result.version == version)
        }
    }
}

/// How a server is behind the leader, if it is. Entries of older terms above the commit index do
/// not count: without a no-op they wait for the next write. A follower may know of more commits
/// than a new leader, who learns of old ones only with the next of its own term (§5.4.2).
fn lags(server: &Server, leader: &Server) -> Option<String> {
    let (own, theirs) = (&server.raft, &leader.raft);
    let id = server.id;
    if own.term != theirs.term {
        Some(format!("{id} is in term {}, the leader in {}", own.term, theirs.term))
    } else if own.log.last() != theirs.log.last() {
        Some(format!("the log of {id} ends at {}, not {}", own.log.last(), theirs.log.last()))
    } else if own.commit < theirs.commit {
        Some(format!("{id} has committed up to {}, not {}", own.commit, theirs.commit))
    } else if server.rsm.applied != own.commit {
        Some(format!("{id} has applied up to {}, not {}", server.rsm.applied, own.commit))
    } else {
        None
    }
}
