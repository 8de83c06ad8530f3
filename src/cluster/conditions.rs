//! What conditions and values mean: whether one holds, what is shown of one, and what was measured
//! where one does not hold.

use std::borrow::Cow;

use super::command::measures::{Answer, Ask, Asked, OfServer};
use super::command::who::meant;
use super::command::{
    Argument, Base, Compare, Condition, Filler, Group, Kind, Measure, Number, Operand, PatternKind,
    Quantity, Reference, ReplyPattern, Spaced, Watched, Who,
};
use super::kv::Stored;
use super::network::Traffic;
use super::resolve::{Scope, error};
use super::server::{Power, Server};
use super::time::Ppm;
use super::types::{Index, ServerId, ServerSet, Term, Version};
use super::{Cluster, Refusal, client::Client};

/// What is shown where nothing answers.
const NONE: &str = "-";

impl Cluster {
    /// Whether a condition that somebody typed holds at present.
    pub fn is_so(&self, condition: &Condition) -> bool {
        self.holds(condition, &self.lab_scope)
    }

    /// A condition that somebody typed with its `{names}` filled in.
    ///
    /// # Errors
    /// When nothing is called so.
    pub fn filled(&self, condition: &Condition) -> Result<Condition, Refusal> {
        condition.filled(&self.lab_scope)
    }

    /// The same, of something that is to be watched.
    ///
    /// # Errors
    /// The same.
    pub fn filled_value(&self, what: &Watched) -> Result<Watched, Refusal> {
        what.filled(&self.lab_scope)
    }

    /// Whether what a typed line refers to is there.
    ///
    /// # Errors
    /// Says what is not.
    pub fn knows(&self, reference: Reference<'_>) -> Result<(), String> {
        let none = match reference {
            Reference::Server(id) => self.server(id).is_none().then(|| {
                format!("there is no {id}: the cluster has S1 to S{}", self.servers.len())
            }),
            Reference::Name(name) => (!self.lab_scope.bindings.contains_key(name)).then(|| {
                format!("nothing is called {{{name}}} here: `let {name} = leader` gives a name")
            }),
            // A client that has done nothing yet may be meant; a slip of the pen is not.
            Reference::Node(name) => {
                let name = name.as_str();
                let meant = meant(name).filter(|_| self.client_named(name).is_none());
                meant.map(|near| format!("no client is called `{name}`: did you mean `{near}`?"))
            }
            Reference::Fallen(why) => Some(why.to_owned()),
        };
        none.map_or(Ok(()), Err)
    }

    /// What is so now, in a few words: a condition is true or false, a value what it is.
    pub fn watched(&self, watched: &Watched) -> String {
        let scope = &self.lab_scope;
        match watched {
            Watched::Condition(condition) => self.holds(condition, scope).to_string(),
            Watched::Value(value) => {
                let words = self.measured(value, scope).ok().flatten();
                words.unwrap_or_else(|| NONE.to_owned())
            }
        }
    }

    /// Whether a condition holds at present. Conditions change nothing.
    pub(super) fn holds(&self, condition: &Condition, scope: &Scope) -> bool {
        self.truth(condition, scope).unwrap_or(false)
    }

    /// Whether a condition holds; fails where it makes no sense, so that `not` does not turn that
    /// into a yes.
    fn truth(&self, condition: &Condition, scope: &Scope) -> Result<bool, Refusal> {
        Ok(match condition {
            Condition::And(one, two) => self.truth(one, scope)? && self.truth(two, scope)?,
            Condition::Or(one, two) => self.truth(one, scope)? || self.truth(two, scope)?,
            Condition::Not(one) => !self.truth(one, scope)?,
            // What has been drawn is all or nothing.
            Condition::Chance(share) => *share == Ppm::ONE,
            Condition::Is(measure) => self.answers(measure, scope, |answer| {
                answer.is_some_and(|answer| *answer != Answer::Truth(false))
            })?,
            Condition::Compare(measure, compare, operand) => {
                let kind = measure.row.answers;
                let right = self.wanted(operand, kind, scope)?;
                self.answers(measure, scope, |left| match (left, &right) {
                    (Some(left), Some(right)) => compares(*compare, left, right),
                    // Neither has voted, for one.
                    (None, None) => kind == Kind::Server,
                    (Some(_), None) | (None, Some(_)) => false,
                })?
            }
        })
    }

    /// Whether what a measure answers is `so`, for as many servers as it is asked of.
    fn answers(
        &self,
        measure: &Measure,
        scope: &Scope,
        so: impl Fn(Option<&Answer<'_>>) -> bool,
    ) -> Result<bool, Refusal> {
        let asked = self.asked(measure, scope)?;
        let count = |servers: ServerSet, ask: OfServer| {
            let yes = |id: &ServerId| so(ask(&asked, &self.servers[id.index()]).as_ref());
            servers.iter().filter(yes).count() as u64
        };
        let quantity = |quantity: &Quantity, yes: u64, of: ServerSet| {
            Ok::<bool, Refusal>(match quantity {
                Quantity::Plain | Quantity::All => !of.is_empty() && yes == of.len() as u64,
                Quantity::Any => yes > 0,
                Quantity::None => yes == 0,
                Quantity::AtLeast(number) => self.number(number, scope)?.is_some_and(|n| yes >= n),
            })
        };
        match (&measure.row.ask, &measure.group) {
            (Ask::Lab(ask), _) => Ok(so(ask(&asked).as_ref())),
            (Ask::Server(ask), Some(group)) => {
                let servers = self.meant(&group.who, scope)?;
                quantity(&group.quantity, count(servers, *ask), servers)
            }
            (Ask::Server(_), None) => Ok(false),
            (Ask::Somewhere(ask), _) => {
                quantity(&Quantity::Any, count(self.all_running(), *ask), self.all_running())
            }
            (Ask::Everywhere(ask), _) => {
                quantity(&Quantity::All, count(self.all_running(), *ask), self.all_running())
            }
        }
    }

    /// What a measure is about, with its names filled in.
    pub(super) fn asked<'a>(
        &'a self,
        measure: &'a Measure,
        scope: &Scope,
    ) -> Result<Asked<'a>, Refusal> {
        let mut asked =
            Asked { cluster: self, argument: &measure.argument, text: None, number: 0, peer: None };
        match &measure.argument {
            Argument::Text(text) | Argument::Name(Some(text)) => {
                asked.text = Some(scope.fill(text)?);
            }
            Argument::Name(None) if measure.row.takes == super::command::Takes::Client => {
                asked.text = Some(scope.client.clone().unwrap_or_else(|| "a".into()));
            }
            Argument::Number(number) => {
                asked.number = self.number(number, scope)?.unwrap_or_default();
            }
            Argument::Peer(Some(who)) => asked.peer = self.meant_one(who, scope)?,
            Argument::None
            | Argument::Name(None)
            | Argument::Peer(None)
            | Argument::Role(_)
            | Argument::Option(_)
            | Argument::Invariant(_)
            | Argument::Outcome(_) => {}
        }
        Ok(asked)
    }

    /// What one value is; `None` where nothing answers.
    pub(super) fn value<'a>(
        &'a self,
        measure: &'a Measure,
        scope: &Scope,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        let asked = self.asked(measure, scope)?;
        Ok(match &measure.row.ask {
            Ask::Lab(ask) => ask(&asked),
            Ask::Server(ask) => {
                self.measured_server(measure, scope)?.and_then(|server| ask(&asked, server))
            }
            Ask::Somewhere(_) | Ask::Everywhere(_) => None,
        })
    }

    /// The same in words.
    fn measured(&self, measure: &Measure, scope: &Scope) -> Result<Option<String>, Refusal> {
        let server = self.measured_server(measure, scope)?;
        if let Some(words) = measure.row.words
            && let Some(words) = words(&self.asked(measure, scope)?, server)
        {
            return Ok(Some(words));
        }
        Ok(self.value(measure, scope)?.map(|answer| answer.to_string()))
    }

    /// The one server of which a value is asked.
    fn measured_server(
        &self,
        measure: &Measure,
        scope: &Scope,
    ) -> Result<Option<&Server>, Refusal> {
        let Some(Group { who, .. }) = &measure.group else { return Ok(None) };
        let one = self.meant(who, scope)?;
        Ok(only(&Spaced(who), one)?.and_then(|id| self.server(id)))
    }

    /// What a measure is compared with.
    pub(super) fn wanted<'a>(
        &'a self,
        operand: &'a Operand,
        kind: Kind,
        scope: &Scope,
    ) -> Result<Option<Answer<'a>>, Refusal> {
        Ok(Some(match operand {
            Operand::Number(number) => match self.number(number, scope)? {
                Some(number) => Answer::Number(number),
                None => return Ok(None),
            },
            Operand::Server(None) => return Ok(None),
            Operand::Server(Some(who)) => match self.meant_one(who, scope)? {
                Some(server) => Answer::Server(server),
                None => return Err(error(format!("there is no {who} at present"))),
            },
            Operand::Servers(who) => Answer::Servers(self.meant(who, scope)?),
            Operand::Role(role) => Answer::Role(*role),
            Operand::Terms(terms) => Answer::Terms(Cow::Borrowed(terms)),
            Operand::Client(name) => Answer::Client(scope.fill(name)?.to_string().into()),
            Operand::Measure(measure) => return self.value(measure, scope),
            Operand::Hole(text) => kind.read(&scope.fill(text)?).map_err(error)?,
            Operand::Value(ReplyPattern { kind, version }) => {
                let (outcome, value) = match kind {
                    PatternKind::Outcome(outcome) => (Some(*outcome), None),
                    PatternKind::Value(value) => {
                        (None, Some(scope.fill(value)?.to_string().into()))
                    }
                };
                let version = match version {
                    Some(number) => self.number(number, scope)?.map(Version),
                    None => None,
                };
                Answer::Value { outcome, value, version }
            }
        }))
    }

    /// What a number comes to; `None` where what it is made from has no answer.
    pub(super) fn number(&self, number: &Number, scope: &Scope) -> Result<Option<u64>, Refusal> {
        let base = match &number.base {
            Base::Number(number) => *number,
            Base::Hole(text) => return scope.number(text, number.plus).map(Some),
            Base::Measure(measure) => match self.value(measure, scope)? {
                Some(Answer::Number(number)) => number,
                Some(_) | None => return Ok(None),
            },
        };
        Ok(base.checked_add_signed(number.plus))
    }

    /// The servers that words mean; none where nobody answers to them at present.
    pub(super) fn meant(&self, whos: &[Who], scope: &Scope) -> Result<ServerSet, Refusal> {
        let mut named = ServerSet::EMPTY;
        for who in whos {
            let servers = match self.servers_of(who, named) {
                Some(servers) => servers,
                None => self.find_now(who, named, scope)?,
            };
            named = named.union(servers);
        }
        Ok(named)
    }

    fn meant_one(&self, who: &Who, scope: &Scope) -> Result<Option<ServerId>, Refusal> {
        only(who, self.meant(std::slice::from_ref(who), scope)?)
    }

    fn all_running(&self) -> ServerSet {
        self.running().map(|server| server.id).collect()
    }

    fn running(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| server.is_running())
    }

    pub(super) fn up(&self) -> u64 {
        self.servers.iter().filter(|server| server.power != Power::Down).count() as u64
    }

    pub(super) fn leader_term(&self) -> Option<Term> {
        self.leader().map(|leader| self.servers[leader.index()].raft.term())
    }

    /// The highest commit index among running servers.
    pub fn committed(&self) -> Index {
        self.running().map(|server| server.raft.commit()).max().unwrap_or_default()
    }

    /// The lowest applied index among running members.
    pub fn applied(&self) -> Index {
        self.running_members().map(|server| server.rsm.applied).min().unwrap_or_default()
    }

    /// Who votes or learns by the configuration in force: nobody brings the others up to date.
    fn running_members(&self) -> impl Iterator<Item = &Server> {
        let members = self.configuration().members();
        self.running().filter(move |server| members.contains(server.id))
    }

    /// A running leader, and an entry of an older term in its log that is on a majority and that it
    /// has not committed (§5.4.2).
    pub(super) fn old_on_a_majority(&self) -> Option<(ServerId, Index)> {
        self.running().filter(|server| server.raft.is_leader()).find_map(|leader| {
            let index = leader.raft.commit().next();
            let entry = leader.raft.log().get(index)?;
            let is_old = entry.term < leader.raft.term();
            let copies = self.copies(index, entry);
            (is_old && self.configuration().has_quorum(copies)).then_some((leader.id, index))
        })
    }

    /// Who holds a lock, as far as the clients themselves know.
    pub fn holder(&self, lock: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.holds.iter().any(|held| &**held == lock))
    }

    /// A client whose operation is open.
    pub(super) fn busy(&self) -> Option<&Client> {
        self.clients.iter().find(|client| !client.is_idle())
    }

    pub(super) fn traffic_since(&self, mark: Option<&str>) -> Traffic {
        let before = mark.and_then(|name| self.marks.get(name).copied()).unwrap_or_default();
        Traffic {
            requests: self.traffic.requests - before.requests,
            bytes: self.traffic.bytes - before.bytes,
        }
    }

    /// The newest value of a key on servers that are up, and on how many of them it is.
    pub(super) fn newest(&self, key: &str) -> Option<(&Stored, usize)> {
        let up = || self.servers.iter().filter(|server| server.power != Power::Down);
        let stored = || up().filter_map(|server| server.rsm.kv.get(key));
        let newest = stored().max_by_key(|stored| stored.version)?;
        Some((newest, stored().filter(|other| *other == newest).count()))
    }

    /// Why the cluster has not converged: no leader in the highest term, or a member that it
    /// reaches has not its log, commit index or applied index. `None` when it has.
    pub fn unconverged(&self) -> Option<String> {
        let Some(leader) = self.leader() else { return Some("there is no leader".to_owned()) };
        let leader = &self.servers[leader.index()];
        // Who is no member may be in a newer term, and no leader hears of it.
        let term = self.running_members().map(|server| server.raft.term()).max();
        let newest = term.unwrap_or_default();
        if leader.raft.term() < newest {
            return Some(format!(
                "{} leads term {}, but term {newest} has begun",
                leader.id,
                leader.raft.term()
            ));
        }
        if leader.rsm.applied != leader.raft.commit() {
            return Some(format!("{} has not applied all that it committed", leader.id));
        }
        let group = self.groups().into_iter().find(|group| group.contains(leader.id));
        let reached = self.running_members().filter(|server| {
            server.id != leader.id && group.is_some_and(|group| group.contains(server.id))
        });
        reached.into_iter().find_map(|server| lags(server, leader))
    }

    /// What was measured, for the report on a condition that does not hold: of each part that is
    /// to blame.
    pub(super) fn actual(&self, condition: &Condition, scope: &Scope) -> String {
        let mut parts = Vec::new();
        match self.truth(condition, scope) {
            Err(wrong) => return wrong.to_string(),
            Ok(is) => self.blame(condition, is, scope, &mut parts),
        }
        parts.join("; ")
    }

    /// Why a condition is `is`.
    fn blame(&self, condition: &Condition, is: bool, scope: &Scope, parts: &mut Vec<String>) {
        match condition {
            Condition::Not(one) => self.blame(one, !is, scope, parts),
            Condition::And(one, two) | Condition::Or(one, two) => {
                for part in [one, two] {
                    if self.holds(part, scope) == is {
                        self.blame(part, is, scope, parts);
                    }
                }
            }
            Condition::Is(measure) => self.tell(measure, scope, parts),
            Condition::Chance(_) => {}
            Condition::Compare(measure, _, operand) => {
                self.tell(measure, scope, parts);
                let base =
                    if let Operand::Number(number) = operand { Some(&number.base) } else { None };
                if let (Operand::Measure(measure), _) | (_, Some(Base::Measure(measure))) =
                    (operand, base)
                {
                    self.tell(measure, scope, parts);
                }
                if let Some(Base::Hole(text)) = base {
                    let value = scope.fill(text).unwrap_or_default();
                    note(parts, format!("{} is {value}", text.as_str()));
                }
            }
        }
    }

    /// What a measure is, of each server that is asked.
    fn tell(&self, measure: &Measure, scope: &Scope, parts: &mut Vec<String>) {
        let Ok(asked) = self.asked(measure, scope) else { return };
        let servers = match (&measure.row.ask, &measure.group) {
            (Ask::Lab(_), _) => {
                let words = match measure.row.why {
                    Some(why) => why(&asked, None),
                    None => self.reported(measure, None, scope),
                };
                return note(parts, words);
            }
            (Ask::Server(_), Some(group)) => self.meant(&group.who, scope).unwrap_or_default(),
            (Ask::Server(_) | Ask::Somewhere(_) | Ask::Everywhere(_), _) => self.ids().collect(),
        };
        if servers.is_empty() {
            let who = measure.group.as_ref().map(|group| Spaced(&group.who).to_string());
            note(parts, format!("there is no {} at present", who.unwrap_or_default()));
        }
        for id in servers.iter() {
            let words = match measure.row.why {
                Some(why) => why(&asked, self.server(id)),
                None => self.reported(measure, Some(id), scope),
            };
            note(parts, words);
        }
    }

    /// "S2 applied is 3".
    fn reported(&self, measure: &Measure, server: Option<ServerId>, scope: &Scope) -> String {
        let mut one = measure.filled(scope).unwrap_or_else(|_| measure.clone());
        let who = server.map(|id| vec![Who::Server(id)]);
        one.group = who.map(|who| Group { quantity: Quantity::Plain, who });
        let words = self.measured(&one, scope).ok().flatten();
        match words {
            Some(words) => format!("{one} is {words}"),
            None => format!("{one} is none at present"),
        }
    }

    pub(super) fn violation_words(&self) -> String {
        match &self.violation {
            Some(broken) => format!("{}: {}", broken.invariant.name(), broken.evidence),
            None => {
                let void = self.checker().void_words();
                void.unwrap_or_else(|| "no rule has been broken".to_owned())
            }
        }
    }
}

/// Adds what has not been said yet.
fn note(parts: &mut Vec<String>, words: String) {
    if !words.is_empty() && !parts.contains(&words) {
        parts.push(words);
    }
}

/// The one server of a set, which `who` means.
pub(super) fn only(
    who: &dyn std::fmt::Display,
    servers: ServerSet,
) -> Result<Option<ServerId>, Refusal> {
    if servers.len() > 1 {
        let names: Vec<String> = servers.iter().map(|id| id.to_string()).collect();
        let names = names.join(" ");
        return Err(error(format!("`{who}` means {names} at present: one server is wanted here")));
    }
    Ok(servers.iter().next())
}

pub(super) fn compares(compare: Compare, left: &Answer<'_>, right: &Answer<'_>) -> bool {
    match (left, right) {
        (Answer::Number(left), Answer::Number(right)) => compare.holds(*left, *right),
        _ => left.is(right),
    }
}

/// How a server is behind the leader, if it is. Entries of older terms above the commit index do
/// not count: without a no-op they wait for the next write. A follower may know of more commits
/// than a new leader, who learns of old ones only with the next of its own term (§5.4.2).
fn lags(server: &Server, leader: &Server) -> Option<String> {
    let (own, theirs) = (&server.raft, &leader.raft);
    let id = server.id;
    if own.term() != theirs.term() {
        Some(format!("{id} is in term {}, the leader in {}", own.term(), theirs.term()))
    } else if own.log().last() != theirs.log().last() {
        Some(format!("the log of {id} ends at {}, not {}", own.log().last(), theirs.log().last()))
    } else if own.commit() < theirs.commit() {
        Some(format!("{id} has committed up to {}, not {}", own.commit(), theirs.commit()))
    } else if server.rsm.applied != own.commit() {
        Some(format!("{id} has applied up to {}, not {}", server.rsm.applied, own.commit()))
    } else {
        None
    }
}
