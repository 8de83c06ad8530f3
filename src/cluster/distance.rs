//! How far a cluster is from what a condition asks, for whoever looks for a way there.
//!
//! A distance is 0 where the condition holds, and gets smaller on most ways to where it does: it is a
//! guide, and no count of steps. About logs it knows more. A log grows at its end, and an entry of
//! a term is only ever made by the leader of that term, at the end of its own log (§5.1, §5.3). So
//! once a term has begun without the leader that could make an entry, nobody ever will: the condition
//! is out of reach for good, as long as every server keeps the rules.

use super::Cluster;
use super::command::measures::{Answer, Ask, Asked, OfServer};
use super::command::{
    Argument, Base, Compare, Condition, Group, Measure, Number, Operand, PatternKind, Quantity,
    ReplyPattern, RoleName, Takes, Text, Who,
};
use super::conditions::compares;
use super::raft::{Log, Role};
use super::resolve::Scope;
use super::server::Server;
use super::types::{Index, ServerId, ServerSet, Term};

/// No way leads there any more.
pub const OUT_OF_REACH: u64 = 1 << 32;

/// What is not so, where nothing says how far it is from being so.
const NOT_SO: u64 = 2;

/// What a condition names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The highest number of a server.
    pub server: u8,
    pub term: Term,
    /// The longest log.
    pub entries: usize,
    /// Whether it asks who is up or down.
    pub power: bool,
    /// Whether it asks what time or clients do.
    pub clients: bool,
    pub keys: Vec<Text>,
    pub locks: Vec<Text>,
    pub values: Vec<Text>,
}

impl Condition {
    /// What it names.
    pub fn extent(&self) -> Extent {
        let mut extent = Extent::default();
        self.stretch(&mut extent);
        extent
    }

    fn stretch(&self, extent: &mut Extent) {
        match self {
            Self::And(one, two) | Self::Or(one, two) => {
                one.stretch(extent);
                two.stretch(extent);
            }
            Self::Not(one) => one.stretch(extent),
            Self::Chance(_) => {}
            Self::Is(measure) => measure.stretch(extent),
            Self::Compare(measure, _, operand) => {
                measure.stretch(extent);
                match operand {
                    Operand::Terms(terms) => {
                        extent.term =
                            extent.term.max(terms.iter().copied().max().unwrap_or_default());
                        extent.entries = extent.entries.max(terms.len());
                    }
                    Operand::Server(Some(who)) => who.stretch(extent),
                    Operand::Servers(who) => who.iter().for_each(|who| who.stretch(extent)),
                    Operand::Number(Number { base: Base::Measure(other), .. })
                    | Operand::Measure(other) => other.stretch(extent),
                    Operand::Number(number) if measure.row.name == "term" => {
                        let term = number.literal().unwrap_or_default().min(99);
                        extent.term = extent.term.max(Term(term));
                    }
                    Operand::Role(role) => extent.power |= role.is_power(),
                    Operand::Value(ReplyPattern { kind: PatternKind::Value(value), .. }) => {
                        extent.values.push(value.clone());
                    }
                    Operand::Number(_)
                    | Operand::Server(None)
                    | Operand::Value(_)
                    | Operand::Client(_)
                    | Operand::Hole(_) => {}
                }
            }
        }
    }

    /// What `says` of the parts without which it can't hold: of all that are joined by `and`, and of
    /// those by `or` if it says something of both.
    pub fn needs<T>(&self, says: &impl Fn(&Self) -> Option<T>) -> Option<T> {
        match self {
            Self::And(one, two) => one.needs(says).or_else(|| two.needs(says)),
            Self::Or(one, two) => {
                one.needs(says).and_then(|first| two.needs(says).and(Some(first)))
            }
            Self::Not(_) | Self::Is(_) | Self::Chance(_) | Self::Compare(..) => says(self),
        }
    }

    /// What it measures.
    pub fn measured(&self) -> Vec<&'static str> {
        match self {
            Self::And(one, two) | Self::Or(one, two) => [one.measured(), two.measured()].concat(),
            Self::Not(one) => one.measured(),
            Self::Is(measure) | Self::Compare(measure, ..) => vec![measure.row.name],
            Self::Chance(_) => Vec::new(),
        }
    }

    /// Whether it holds only where some rule has been broken.
    pub fn wants_a_broken_rule(&self) -> bool {
        match self {
            Self::And(..) | Self::Or(..) => {
                self.needs(&|part| part.wants_a_broken_rule().then_some(())).is_some()
            }
            Self::Not(one) => match &**one {
                Self::Is(measure) => matches!(measure.row.name, "safe" | "linearizable"),
                Self::And(..)
                | Self::Or(..)
                | Self::Not(_)
                | Self::Chance(_)
                | Self::Compare(..) => false,
            },
            Self::Is(measure) => matches!(measure.argument, Argument::Invariant(_)),
            Self::Chance(_) | Self::Compare(..) => false,
        }
    }

    /// The logs that it asks for whatever else it asks: whose, and the terms of the entries.
    pub fn logs(&self) -> Vec<(ServerId, &[Term])> {
        match self {
            Self::And(one, two) => [one.logs(), two.logs()].concat(),
            Self::Compare(measure, Compare::Equal, Operand::Terms(terms)) => {
                let each =
                    |group: &&Group| matches!(group.quantity, Quantity::Plain | Quantity::All);
                let who = measure.group.as_ref().filter(each).map_or(&[][..], |group| &group.who);
                who.iter().filter_map(|who| Some((who.server()?, terms.as_slice()))).collect()
            }
            Self::Or(..) | Self::Not(_) | Self::Is(_) | Self::Chance(_) | Self::Compare(..) => {
                Vec::new()
            }
        }
    }
}

impl Measure {
    fn stretch(&self, extent: &mut Extent) {
        self.group.iter().flat_map(|group| &group.who).for_each(|who| who.stretch(extent));
        extent.power |= self.row.name == "up";
        extent.clients |= matches!(self.row.takes, Takes::Client | Takes::Since | Takes::Outcome)
            || matches!(self.row.name, "idle" | "packets" | "linearizable");
        match &self.argument {
            Argument::Peer(Some(who)) => who.stretch(extent),
            Argument::Role(role) => extent.power |= role.is_power(),
            Argument::Text(text) => {
                extent.clients = true;
                let is_lock = self.row.takes == Takes::Lock;
                let of = if is_lock { &mut extent.locks } else { &mut extent.keys };
                of.push(text.clone());
            }
            Argument::None
            | Argument::Name(_)
            | Argument::Number(_)
            | Argument::Peer(None)
            | Argument::Invariant(_)
            | Argument::Option(_)
            | Argument::Outcome(_) => {}
        }
    }
}

impl Who {
    fn stretch(&self, extent: &mut Extent) {
        extent.power |= *self == Self::Down;
        if let Some(id) = self.server() {
            extent.server = extent.server.max(id.number());
        }
    }
}

impl RoleName {
    /// Whether it says that a server runs, or not, rather than what it is to others.
    const fn is_power(self) -> bool {
        matches!(self, Self::Down | Self::Up | Self::Asleep)
    }
}

impl Cluster {
    /// How far it is to where a condition holds that somebody typed; 0 where it does.
    pub fn distance(&self, condition: &Condition) -> u64 {
        let scope = &self.lab_scope;
        match condition {
            Condition::And(one, two) => self.distance(one).saturating_add(self.distance(two)),
            Condition::Or(one, two) => self.distance(one).min(self.distance(two)),
            Condition::Not(_)
            | Condition::Chance(_)
            | Condition::Is(_)
            | Condition::Compare(..)
                if self.holds(condition, scope) =>
            {
                0
            }
            Condition::Not(_) | Condition::Chance(_) => NOT_SO,
            Condition::Is(measure) => self.least(measure, scope, |_| NOT_SO),
            Condition::Compare(measure, compare, operand) => {
                let wanted = self.wanted(operand, measure.row.answers, scope).ok().flatten();
                self.least(measure, scope, |answer| match (answer, &wanted) {
                    (Some(answer), Some(wanted)) => self.between(answer, *compare, wanted),
                    _ => NOT_SO,
                })
                .max(1)
            }
        }
    }

    /// The distances of as many servers as are asked, the nearest first.
    fn least(
        &self,
        measure: &Measure,
        scope: &Scope,
        far: impl Fn(Option<&Answer<'_>>) -> u64,
    ) -> u64 {
        let Ok(asked) = self.asked(measure, scope) else { return NOT_SO };
        let of = |server: &Server, ask: OfServer, asked: &Asked<'_>| {
            let answer = ask(asked, server);
            let is = matches!(answer, Some(Answer::Truth(true)));
            if is { 0 } else { far(answer.as_ref()) }
        };
        let all = || self.ids().collect::<ServerSet>();
        let (ask, servers, quantity) = match (&measure.row.ask, &measure.group) {
            (Ask::Lab(ask), _) => return far(ask(&asked).as_ref()),
            (Ask::Server(ask), Some(Group { quantity, who })) => {
                (*ask, self.meant(who, scope).unwrap_or_default(), quantity)
            }
            (Ask::Somewhere(ask), _) => (*ask, all(), &Quantity::Any),
            (Ask::Everywhere(ask), _) => (*ask, all(), &Quantity::All),
            (Ask::Server(_), None) => return NOT_SO,
        };
        let each = servers.iter().map(|id| of(&self.servers[id.index()], ask, &asked));
        let mut each: Vec<u64> = each.collect();
        each.sort_unstable();
        let needed = match quantity {
            Quantity::Plain | Quantity::All => each.len(),
            Quantity::Any => 1,
            Quantity::None => return NOT_SO,
            Quantity::AtLeast(number) => {
                self.number(number, scope).ok().flatten().unwrap_or(1) as usize
            }
        };
        let missing = needed.saturating_sub(each.len()) as u64;
        each.iter().take(needed).fold(missing * NOT_SO, |sum, one| sum.saturating_add(*one))
    }

    /// From what is so to what is wanted.
    fn between(&self, found: &Answer<'_>, compare: Compare, wanted: &Answer<'_>) -> u64 {
        if compares(compare, found, wanted) {
            return 0;
        }
        match (found, wanted) {
            (Answer::Number(found), Answer::Number(wanted)) => found.abs_diff(*wanted).min(1_000),
            (Answer::Log(log), Answer::Terms(terms)) => self.to_log(log, terms),
            _ => NOT_SO,
        }
    }

    /// From a log to the one with these terms: entries that are missing, terms that are yet to be
    /// led, and what must be overwritten first.
    fn to_log(&self, log: &Log, terms: &[Term]) -> u64 {
        let agrees = |log: &Log| {
            let found = (1..).map_while(|index| log.term(Index(index)));
            terms.iter().zip(found).take_while(|(wanted, found)| *wanted == found).count()
        };
        let common = agrees(log);
        let surplus = log.len().saturating_sub(common);
        let mut far = (terms.len() - common) as u64 + u64::from(surplus > 0);
        let mut last = None;
        let made = self.servers.iter().map(|server| agrees(server.raft.log())).max();
        let made = made.unwrap_or_default();
        for (place, term) in terms.iter().enumerate().skip(made.max(common)) {
            if last.replace(*term) == Some(*term) {
                continue;
            }
            let leads = |server: &&Server| server.raft.is_leader() && server.raft.term() == *term;
            // The leader of a term begins to make its entries where it stands.
            let ready = |server: &Server| {
                server.raft.log().len() == place && agrees(server.raft.log()) == place
            };
            match self.servers.iter().find(leads) {
                Some(leader) if ready(leader) => {}
                None if self.may_win(*term, ready) => far += 2,
                Some(_) | None => return OUT_OF_REACH,
            }
        }
        far
    }

    /// Whether anybody may yet become the leader of a term in which nobody leads: who is in it and has
    /// voted for another won't, and won't vote (§5.2).
    fn may_win(&self, term: Term, ready: impl Fn(&Server) -> bool) -> bool {
        let votes = |voter: &Server, candidate: &Server| {
            let raft = &voter.raft;
            let free = raft.voted_for().is_none_or(|id| id == candidate.id);
            raft.term() < term || (raft.term() == term && free)
        };
        let stands = |server: &Server| {
            let raft = &server.raft;
            let asks = raft.term() == term && raft.role() == Role::Candidate;
            raft.term() < term || (asks && ready(server))
        };
        self.servers.iter().filter(|server| stands(server)).any(|candidate| {
            let voters = self.servers.iter().filter(|voter| votes(voter, candidate));
            self.configuration().has_quorum(voters.map(|voter| voter.id).collect())
        })
    }
}
