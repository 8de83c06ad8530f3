//! The table of what can be asked of the present, from which parser, printer, completion, help and
//! reference are made, and what each row answers: `lab.rs` of the cluster, `servers.rs` of servers.
//!
//! An answer changes nothing and draws nothing: a run is the same whatever is asked. Its work does
//! not grow with a log or a run.

mod lab;
mod servers;

use std::borrow::Cow;
use std::fmt::{Display, Formatter, Result as Written};
use std::sync::Arc;

use super::{Argument, Kind, RoleName, Takes, Terms};
use crate::cluster::Cluster;
use crate::cluster::client::{Client, Work};
use crate::cluster::kv::{Known, Stored};
use crate::cluster::raft::{Log, Progress};
use crate::cluster::server::Server;
use crate::cluster::types::{Outcome, ServerId, ServerSet, Term, Version};

/// One thing that can be asked.
pub struct Row {
    /// The word or words by which it is called; empty where a number stands for itself.
    pub name: &'static str,
    /// Behind a quantity of servers, where the verb changes: `2 of {group} hold x = 3`.
    pub plural: Option<&'static str>,
    pub takes: Takes,
    pub answers: Kind,
    pub usage: &'static [&'static str],
    /// In a line, for completion and the reference.
    pub summary: &'static str,
    pub examples: &'static [&'static str],
    pub(in crate::cluster) ask: Ask,
    /// What is shown of it, where that is more than the answer.
    pub(in crate::cluster) words: Option<Words>,
    /// Why a condition about it does not hold, where that is more than what it is.
    pub(in crate::cluster) why: Option<fn(&Asked<'_>, Option<&Server>) -> String>,
}

/// What is shown of a measure; of a server, if it is asked of one.
pub(in crate::cluster) type Words = fn(&Asked<'_>, Option<&Server>) -> Option<String>;

/// What one server answers.
pub(in crate::cluster) type OfServer = for<'a> fn(&Asked<'a>, &'a Server) -> Option<Answer<'a>>;

/// Of whom a row is asked, and what it answers.
pub(in crate::cluster) enum Ask {
    Lab(for<'a> fn(&Asked<'a>) -> Option<Answer<'a>>),
    Server(OfServer),
    /// Of every running server, and true if it is of some.
    Somewhere(OfServer),
    /// Of every running server, and true if it is of all.
    Everywhere(OfServer),
}

/// What a question is about, with its names filled in.
pub(in crate::cluster) struct Asked<'a> {
    pub cluster: &'a Cluster,
    pub argument: &'a Argument,
    /// A key, a lock or a mark; for a client its name, or that of the task's own.
    pub text: Option<Arc<str>>,
    pub number: u64,
    pub peer: Option<ServerId>,
}

/// What is so at present; on the right of a comparison, what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    Truth(bool),
    Number(u64),
    Server(ServerId),
    Servers(ServerSet),
    Role(RoleName),
    Log(&'a Log),
    Terms(Cow<'a, [Term]>),
    /// Of a key, or of a reply. What is wanted leaves out what does not matter.
    Value {
        outcome: Option<Outcome>,
        value: Option<Cow<'a, str>>,
        version: Option<Version>,
    },
    Client(Cow<'a, str>),
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Row {}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.write_str(self.usage.first().copied().unwrap_or(self.name))
    }
}

impl Row {
    /// Whether it is asked of servers that the line names.
    pub const fn is_of_servers(&self) -> bool {
        matches!(self.ask, Ask::Server(_))
    }

    /// Whether it has one answer that can be shown, bound and compared with.
    pub fn has_value(&self) -> bool {
        let one = matches!(self.ask, Ask::Lab(_) | Ask::Server(_));
        one && self.answers != Kind::Truth
    }

    /// Whether its name begins with this word.
    pub fn is_called(&self, word: &str) -> bool {
        self.name.split(' ').next() == Some(word) || self.plural == Some(word)
    }
}

/// What rows leave unsaid.
const ROW: Row = Row {
    name: "",
    plural: None,
    takes: Takes::Nothing,
    answers: Kind::Number,
    usage: &[],
    summary: "",
    examples: &[],
    ask: Ask::Lab(|_| None),
    words: None,
    why: None,
};

/// All that can be asked: of the cluster, and of servers. Of two rows with one name the second says
/// something about a key.
pub fn all() -> impl Iterator<Item = &'static Row> {
    lab::ROWS.iter().chain(&servers::ROWS)
}

const fn truth<'a>(so: bool) -> Option<Answer<'a>> {
    Some(Answer::Truth(so))
}

const fn number<'a>(number: u64) -> Option<Answer<'a>> {
    Some(Answer::Number(number))
}

fn stored(stored: &Stored) -> Answer<'_> {
    let value = Some(Cow::Borrowed(&*stored.value));
    Answer::Value { outcome: None, value, version: Some(stored.version) }
}

fn holds<'a>(asked: &Asked<'a>, server: &'a Server) -> Option<Answer<'a>> {
    server.rsm.kv.get(asked.name()?).map(stored)
}

fn stored_words(asked: &Asked<'_>, server: Option<&Server>) -> String {
    let (Some(server), Some(key)) = (server, asked.name()) else { return String::new() };
    match server.rsm.kv.get(key) {
        Some(stored) => format!("{} {key} = {:?} @{}", server.id, stored.value, stored.version),
        None => format!("{} has no {key}", server.id),
    }
}

impl<'a> Asked<'a> {
    pub(in crate::cluster) fn name(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(in crate::cluster) fn client(&self) -> Option<&'a Client> {
        self.cluster.client_named(self.name()?)
    }

    /// What the leader knows of a server; with a peer, what the server knows of that, if it leads.
    fn progress(&self, server: &'a Server) -> Option<&'a Progress> {
        let (leader, other) = self.followed(server)?;
        leader.raft.progress(other)
    }

    /// A leader, and whom it is asked about.
    fn followed(&self, server: &'a Server) -> Option<(&'a Server, ServerId)> {
        let (leader, other) = match self.peer {
            Some(peer) => (server, peer),
            None if matches!(self.argument, Argument::Peer(Some(_))) => return None,
            None => (self.cluster.server(self.cluster.leader()?)?, server.id),
        };
        (leader.raft.is_leader() && other != leader.id).then_some((leader, other))
    }

    fn client_words(&self) -> String {
        let Some(client) = self.client() else {
            return "there is no such client".to_owned();
        };
        if !client.is_idle() {
            return self.cluster.told_of(client.id);
        }
        match &client.last {
            Some(last) => {
                let Known { outcome, value, version } = &last.result;
                let answer = match (&last.work, outcome) {
                    (Work::Get { .. }, Outcome::Ok) => format!("{outcome} {value:?} @{version}"),
                    (_, Outcome::Ok | Outcome::Version) => format!("{outcome} @{version}"),
                    (_, Outcome::NoKey | Outcome::Maybe) => outcome.to_string(),
                };
                format!("client {} was told {answer}", client.name)
            }
            None => format!("client {} has asked nothing yet", client.name),
        }
    }
}

impl Answer<'_> {
    /// The terms of a log, or of a list.
    fn terms(&self) -> Option<Box<dyn Iterator<Item = Term> + '_>> {
        if let Answer::Log(log) = self {
            let all = log.iter();
            return Some(Box::new(all.map(|(_, entry)| entry.term)));
        }
        let Answer::Terms(terms) = self else { return None };
        Some(Box::new(terms.iter().copied()))
    }

    /// What `let` binds: of a value of a key its text, of a reply its value, or its outcome.
    pub(in crate::cluster) fn text(&self) -> String {
        match self {
            Self::Value { outcome: Some(outcome), value, .. } => match value.as_deref() {
                None | Some("") => outcome.to_string(),
                Some(value) => value.to_owned(),
            },
            Self::Value { outcome: None, value, .. } => value.as_deref().unwrap_or("").to_owned(),
            Self::Truth(_)
            | Self::Number(_)
            | Self::Server(_)
            | Self::Servers(_)
            | Self::Role(_)
            | Self::Log(_)
            | Self::Terms(_)
            | Self::Client(_) => self.to_string(),
        }
    }

    /// Whether it is what is wanted, as far as that says anything.
    pub(in crate::cluster) fn is(&self, wanted: &Self) -> bool {
        fn said<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| found == Some(wanted))
        }
        if let (Some(one), Some(other)) = (self.terms(), wanted.terms()) {
            return one.eq(other);
        }
        match (self, wanted) {
            (Self::Role(role), Self::Role(wanted)) => wanted.covers(*role),
            (
                Self::Value { outcome, value, version },
                Self::Value { outcome: result, value: content, version: number },
            ) => {
                said(result.as_ref(), outcome.as_ref())
                    && said(content.as_ref(), value.as_ref())
                    && said(number.as_ref(), version.as_ref())
            }
            _ => self == wanted,
        }
    }
}

impl Display for Answer<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Truth(so) => so.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Server(server) => server.fmt(f),
            Self::Servers(ServerSet::EMPTY) => f.write_str("none"),
            Self::Servers(servers) => {
                let names: Vec<String> = servers.iter().map(|id| id.to_string()).collect();
                f.write_str(&names.join(" "))
            }
            Self::Role(role) => f.write_str(role.word()),
            Self::Client(name) => f.write_str(name),
            Self::Log(_) | Self::Terms(_) => {
                let terms: Vec<Term> = self.terms().into_iter().flatten().collect();
                Terms(&terms).fmt(f)
            }
            Self::Value { outcome, value, version } => {
                let value = value.as_ref().map(ToString::to_string);
                let words = [
                    outcome.map(|outcome| outcome.to_string()),
                    value.filter(|value| outcome.is_none() || !value.is_empty()),
                    version.map(|version| format!("@{version}")),
                ];
                f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::Cluster;
    use crate::cluster::command::{Command, Tell, parse_line};
    use crate::cluster::config::Config;
    use crate::cluster::time::{Span, Time};

    /// A lab of three: S1 leads term 1, x is 7, and S3 is down.
    fn lab() -> Cluster {
        let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
        let lines = ["timeout S1", "put x 7 @0 client=b only=S1", "crash S3"];
        for (place, line) in (1..).zip(lines) {
            cluster.apply(&parse_line(line).unwrap()).unwrap();
            cluster.run_until(Time::START + Span::from_millis(place * 300));
        }
        cluster
    }

    fn watched(cluster: &Cluster, line: &str) -> String {
        match parse_line(&format!("watch {line}")) {
            Ok(Command::Tell(Tell::Watch(watched))) => cluster.watched(&watched),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_value_says_what_is_the_case() {
        let cluster = lab();
        for (line, expected) in [
            ("leader", "S1, term 1"),
            ("term", "1"),
            ("committed", "1"),
            ("applied", "1"),
            ("up", "2"),
            ("copies 1", "3 of 3: S1 S2 S3"),
            ("copies 2", "0"),
            ("value x", "7 @1 on 2"),
            ("value y", "-"),
            ("holder door", "-"),
            ("reply client=b", "ok @1"),
            ("reply", "-"),
            ("S1 role", "leader"),
            ("S3 role", "down"),
            ("S2 term", "1"),
            ("S2 vote", "S1"),
            ("S2 log", "1"),
            ("S2 last", "1"),
            ("S2 match", "1"),
            ("replies ok", "1"),
            ("S2 committed", "1"),
            ("S2 applied", "1"),
            ("S2 holds x", "7 @1"),
            ("S1 next S2", "2"),
            ("S1 match S3", "1"),
            ("S2 match S3", "-"),
            ("leader = S1", "true"),
            ("term >= 2", "false"),
        ] {
            assert_eq!(watched(&cluster, line), expected, "{line}");
        }
        let number = |line| watched(&cluster, line).parse::<u64>().unwrap();
        assert!(number("messages") > 5 && number("bytes") > number("messages"));
        assert_eq!(number("packets"), cluster.packets().len() as u64);
        let fresh = Cluster::new(Config::default());
        assert_eq!(
            (watched(&fresh, "leader"), watched(&fresh, "S1 vote")),
            ("-".into(), "-".into())
        );
    }
}
