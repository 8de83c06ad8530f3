//! The table of what can be asked of the present, from which parser, printer, completion, help and
//! reference are made, and what each row answers.
//!
//! An answer changes nothing and draws nothing: a run is the same whatever is asked. Its work does
//! not grow with a log or a run.

use std::borrow::Cow;
use std::fmt::{Display, Formatter, Result as Written};
use std::sync::Arc;

use super::Cluster;
use super::command::{Argument, Kind, RoleName, Takes, Terms};
use super::conditions::role_of;
use super::kv::Stored;
use super::raft::{Log, Progress};
use super::server::Server;
use super::types::{Index, Outcome, ServerId, Term, Version};

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
    pub(super) ask: Ask,
    /// What is shown of it, where that is more than the answer.
    pub(super) words: Option<Words>,
    /// Why a condition about it does not hold, where that is more than what it is.
    pub(super) why: Option<fn(&Asked<'_>, Option<&Server>) -> String>,
}

/// Words for what was asked, of the server that it was asked of, if it was of one.
pub(super) type Words = fn(&Asked<'_>, Option<&Server>) -> Option<String>;

pub(super) type OfServer = for<'a> fn(&Asked<'a>, &'a Server) -> Option<Answer<'a>>;

/// Of whom a row is asked, and what it answers.
pub(super) enum Ask {
    Lab(for<'a> fn(&Asked<'a>) -> Option<Answer<'a>>),
    Server(OfServer),
    /// Of every running server, and true if it is of some.
    Somewhere(OfServer),
    /// Of every running server, and true if it is of all.
    Everywhere(OfServer),
}

/// What a question is about, with its names filled in.
pub(super) struct Asked<'a> {
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

/// All that can be asked. Of two rows with one name the second says something about a key.
pub static MEASURES: [Row; 35] = [
    Row {
        name: "leader",
        answers: Kind::Server,
        usage: &["leader", "leader = WHO"],
        summary: "the running leader of the highest term; alone, that there is one",
        examples: &["leader", "leader = S2"],
        ask: Ask::Lab(|asked| asked.cluster.leader().map(Answer::Server)),
        words: Some(|asked, _| {
            let leader = asked.cluster.server(asked.cluster.leader()?)?;
            Some(format!("{}, term {}", leader.id, leader.raft.term))
        }),
        why: Some(|asked, _| asked.cluster.leader_words()),
        ..ROW
    },
    Row {
        name: "no leader",
        answers: Kind::Truth,
        usage: &["no leader"],
        summary: "no running server leads",
        examples: &["no leader"],
        ask: Ask::Lab(|asked| truth(asked.cluster.leader().is_none())),
        why: Some(|asked, _| asked.cluster.leader_words()),
        ..ROW
    },
    Row {
        name: "new leader",
        answers: Kind::Truth,
        usage: &["new leader"],
        summary: "a leader of a later term than there was at the last fault",
        examples: &["new leader"],
        ask: Ask::Lab(|asked| {
            let before = asked.cluster.fault_term;
            truth(asked.cluster.leader_term().is_some_and(|term| term > before))
        }),
        why: Some(|asked, _| asked.cluster.leader_words()),
        ..ROW
    },
    Row {
        name: "term",
        usage: &["term >= N"],
        summary: "the highest term among running servers",
        examples: &["term >= 4"],
        ask: Ask::Lab(|asked| number(asked.cluster.term().0)),
        ..ROW
    },
    Row {
        name: "committed",
        usage: &["committed >= N"],
        summary: "the highest commit index among running servers",
        examples: &["committed >= 5", "committed = {n}+1"],
        ask: Ask::Lab(|asked| number(asked.cluster.committed().0)),
        ..ROW
    },
    Row {
        name: "committed",
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["committed KEY = VALUE [@V]"],
        summary: "some running server has applied this value",
        examples: &["committed x = 3"],
        ask: Ask::Somewhere(holds),
        why: Some(stored_words),
        ..ROW
    },
    Row {
        name: "applied",
        usage: &["applied >= N"],
        summary: "the lowest applied index among running servers",
        examples: &["applied >= 5"],
        ask: Ask::Lab(|asked| number(asked.cluster.applied().0)),
        ..ROW
    },
    Row {
        name: "applied",
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["applied KEY = VALUE [@V]"],
        summary: "every running server has applied this value",
        examples: &["applied x = 3"],
        ask: Ask::Everywhere(holds),
        why: Some(stored_words),
        ..ROW
    },
    Row {
        name: "up",
        usage: &["up >= N"],
        summary: "how many servers are up, sleeping ones included",
        examples: &["up >= 4"],
        ask: Ask::Lab(|asked| number(asked.cluster.up())),
        ..ROW
    },
    Row {
        name: "packets",
        usage: &["packets = N"],
        summary: "how many packets are in flight or held",
        examples: &["packets = 0"],
        ask: Ask::Lab(|asked| number(asked.cluster.packets().len() as u64)),
        ..ROW
    },
    Row {
        name: "messages",
        takes: Takes::Since,
        usage: &["messages <= N [since MARK]"],
        summary: "how many requests the servers have sent each other",
        examples: &["messages <= 42 since start"],
        ask: Ask::Lab(|asked| number(asked.cluster.traffic_since(asked.name()).requests)),
        ..ROW
    },
    Row {
        name: "bytes",
        takes: Takes::Since,
        usage: &["bytes <= N [since MARK]"],
        summary: "how many bytes the servers have sent each other",
        examples: &["bytes <= 200000 since start"],
        ask: Ask::Lab(|asked| number(asked.cluster.traffic_since(asked.name()).bytes)),
        ..ROW
    },
    Row {
        name: "copies",
        takes: Takes::Index,
        usage: &["copies N >= N"],
        summary: "how many servers have the leader's entry of that index: 2 of 5, S1 S2",
        examples: &["copies 5 >= 3", "copies {n} = 2"],
        ask: Ask::Lab(|asked| {
            let copies = asked.cluster.copies_of(Index(asked.number));
            number(copies.map_or(0, |holders| holders.len() as u64))
        }),
        words: Some(|asked, _| {
            let holders = asked.cluster.copies_of(Index(asked.number))?;
            let names: Vec<String> = holders.iter().map(|id| id.to_string()).collect();
            let all = asked.cluster.servers.len();
            Some(format!("{} of {all}: {}", holders.len(), names.join(" ")))
        }),
        ..ROW
    },
    Row {
        name: "value",
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["value KEY = VALUE [@V]"],
        summary: "the newest value of a key, its version, and how many servers have it",
        examples: &["value x = 3", "value \"two words\" = 7 @2"],
        ask: Ask::Lab(|asked| {
            asked.cluster.newest(asked.name()?).map(|(newest, _)| stored(newest))
        }),
        words: Some(|asked, _| {
            let (newest, count) = asked.cluster.newest(asked.name()?)?;
            Some(format!("{} on {count}", stored(newest)))
        }),
        ..ROW
    },
    Row {
        name: "holder",
        takes: Takes::Lock,
        answers: Kind::Client,
        usage: &["holder LOCK = CLIENT"],
        summary: "the client that holds the lock",
        examples: &["holder door = b"],
        ask: Ask::Lab(|asked| {
            let holder = asked.cluster.holder(asked.name()?)?;
            Some(Answer::Client(Cow::Borrowed(&*holder.name)))
        }),
        why: Some(|asked, _| {
            let lock = asked.name().unwrap_or_default();
            match asked.cluster.holder(lock) {
                Some(client) => format!("client {} holds {lock}", client.name),
                None => format!("no client holds {lock}"),
            }
        }),
        ..ROW
    },
    Row {
        name: "reply",
        takes: Takes::Client,
        answers: Kind::Reply,
        usage: &[
            "reply = ok|nokey|version|maybe [@V] [client=NAME]",
            "reply = VALUE [@V] [client=NAME]",
        ],
        summary: "how the client's last operation ended, or the value that its get found",
        examples: &["reply = maybe", "reply = 3 @2", "reply = \"ok\" client=b"],
        ask: Ask::Lab(|asked| {
            let client = asked.client()?;
            let last = client.last.as_ref().filter(|_| client.is_idle())?;
            Some(Answer::Value {
                outcome: Some(last.result.outcome),
                value: Some(Cow::Borrowed(&*last.result.value)),
                version: Some(last.result.version),
            })
        }),
        words: Some(|asked, _| {
            let client = asked.client()?;
            (!client.is_idle()).then(|| "waits".to_owned())
        }),
        why: Some(|asked, _| asked.client_words()),
        ..ROW
    },
    Row {
        name: "replies",
        takes: Takes::Outcome,
        usage: &["replies ok|nokey|version|maybe >= N"],
        summary: "how many gets and puts have been answered so",
        examples: &["replies ok >= 10", "replies maybe = 0"],
        ask: Ask::Lab(|asked| match asked.argument {
            Argument::Outcome(outcome) => number(asked.cluster.history.count(*outcome)),
            _ => None,
        }),
        ..ROW
    },
    Row {
        takes: Takes::Hole,
        usage: &["{NAME} >= N"],
        summary: "a number that the script has bound",
        examples: &["{n} >= 3", "{n} = committed"],
        ask: Ask::Lab(|asked| number(asked.number)),
        ..ROW
    },
    Row {
        name: "waiting",
        takes: Takes::Client,
        answers: Kind::Truth,
        usage: &["waiting [client=NAME]"],
        summary: "the client's operation is still open",
        examples: &["waiting client=b"],
        ask: Ask::Lab(|asked| truth(asked.client().is_some_and(|client| !client.is_idle()))),
        why: Some(|asked, _| asked.client_words()),
        ..ROW
    },
    Row {
        name: "idle",
        answers: Kind::Truth,
        usage: &["idle"],
        summary: "no client has an operation open",
        examples: &["idle"],
        ask: Ask::Lab(|asked| truth(asked.cluster.busy().is_none())),
        why: Some(|asked, _| match asked.cluster.busy() {
            Some(client) => super::explain::client(asked.cluster, client.id, &[]).join(" "),
            None => "no client has an operation open".to_owned(),
        }),
        ..ROW
    },
    Row {
        name: "converged",
        answers: Kind::Truth,
        usage: &["converged"],
        summary: "one leader in the highest term, and all that it reaches have its log",
        examples: &["converged"],
        ask: Ask::Lab(|asked| truth(asked.cluster.unconverged().is_none())),
        why: Some(|asked, _| {
            let why = asked.cluster.unconverged();
            why.unwrap_or_else(|| "all that the leader reaches have its log".to_owned())
        }),
        ..ROW
    },
    Row {
        name: "safe",
        answers: Kind::Truth,
        usage: &["safe"],
        summary: "no invariant has been broken",
        examples: &["safe"],
        ask: Ask::Lab(|asked| truth(asked.cluster.violation.is_none())),
        why: Some(|asked, _| asked.cluster.violation_words()),
        ..ROW
    },
    Row {
        name: "linearizable",
        answers: Kind::Truth,
        usage: &["linearizable"],
        summary: "one order of all operations explains what clients have been told",
        examples: &["linearizable"],
        ask: Ask::Lab(|asked| truth(asked.cluster.checker().is_linearizable())),
        why: Some(|asked, _| {
            let clash = asked.cluster.checker().clash_words(asked.cluster);
            clash.unwrap_or_else(|| "what clients were told is linearizable".to_owned())
        }),
        ..ROW
    },
    Row {
        name: "broken",
        takes: Takes::Invariant,
        answers: Kind::Truth,
        usage: &["broken INVARIANT"],
        summary: "this invariant has been broken",
        examples: &["broken election-safety"],
        ask: Ask::Lab(|asked| {
            let broken = asked.cluster.violation.as_ref().map(|broken| broken.invariant);
            truth(broken.is_some_and(|broken| *asked.argument == Argument::Invariant(broken)))
        }),
        why: Some(|asked, _| asked.cluster.violation_words()),
        ..ROW
    },
    Row {
        name: "is",
        plural: Some("are"),
        takes: Takes::Role,
        answers: Kind::Truth,
        usage: &["WHO is ROLE"],
        summary: "what the server is: follower, candidate, leader, down, asleep or up",
        examples: &["S3 is follower", "{old} is down", "3 of all are follower"],
        ask: Ask::Server(|asked, server| match asked.argument {
            Argument::Role(role) => truth(role.covers(role_of(server))),
            _ => None,
        }),
        why: Some(|_, server| server.map_or_else(String::new, role_words)),
        ..ROW
    },
    Row {
        name: "role",
        answers: Kind::Role,
        usage: &["WHO role = ROLE"],
        summary: "what the server is, as a value",
        examples: &["S2 role = leader", "S2 role = S3 role"],
        ask: Ask::Server(|_, server| Some(Answer::Role(role_of(server)))),
        ..ROW
    },
    Row {
        name: "term",
        usage: &["WHO term >= N"],
        summary: "the server's current term",
        examples: &["S3 term = 4", "S1 term = {t}"],
        ask: Ask::Server(|_, server| number(server.raft.term.0)),
        ..ROW
    },
    Row {
        name: "vote",
        answers: Kind::Server,
        usage: &["WHO vote = WHO"],
        summary: "whom it has voted for in this term, or none; alone, that it has voted",
        examples: &["S2 vote = S1", "S3 vote = none"],
        ask: Ask::Server(|_, server| server.raft.voted_for.map(Answer::Server)),
        ..ROW
    },
    Row {
        name: "log",
        answers: Kind::Terms,
        usage: &["WHO log = TERMS"],
        summary: "the terms of its entries from index 1; `none` for the empty log",
        examples: &["S3 log = 1,1,4", "S1 log = S2 log"],
        ask: Ask::Server(|_, server| Some(Answer::Log(&server.raft.log))),
        words: Some(|_, server| server.map(|server| log_words(&server.raft.log))),
        ..ROW
    },
    Row {
        name: "last",
        usage: &["WHO last >= N"],
        summary: "the index of the last entry of its log",
        examples: &["S2 last = 5", "S1 last >= S2 last"],
        ask: Ask::Server(|_, server| number(server.raft.log.last_index().0)),
        ..ROW
    },
    Row {
        name: "committed",
        usage: &["WHO committed >= N"],
        summary: "its commit index",
        examples: &["S2 committed >= 3"],
        ask: Ask::Server(|_, server| number(server.raft.commit.0)),
        ..ROW
    },
    Row {
        name: "applied",
        usage: &["WHO applied >= N"],
        summary: "up to where it has applied its log",
        examples: &["leader applied = leader committed"],
        ask: Ask::Server(|_, server| number(server.rsm.applied.0)),
        ..ROW
    },
    Row {
        name: "holds",
        plural: Some("hold"),
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["WHO holds KEY = VALUE [@V]"],
        summary: "what its map holds, as far as it has applied",
        examples: &["S3 holds x = 3 @2", "2 of {group} hold x = 3"],
        ask: Ask::Server(holds),
        why: Some(stored_words),
        ..ROW
    },
    Row {
        name: "next",
        takes: Takes::Peer,
        usage: &["WHO next [WHO] >= N"],
        summary: "which entry the leader sends the server next; with a second, which one the first sends it",
        examples: &["S3 next = {n}", "S1 next S3 = 4"],
        ask: Ask::Server(|asked, server| number(asked.progress(server)?.next.0)),
        ..ROW
    },
    Row {
        name: "match",
        takes: Takes::Peer,
        usage: &["WHO match [WHO] >= N"],
        summary: "up to where the leader knows the server's log to match; with a second, the first knows of it",
        examples: &["S3 match >= 2", "S1 match S3 >= 2"],
        ask: Ask::Server(|asked, server| number(asked.progress(server)?.matched.0)),
        ..ROW
    },
];

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

fn role_words(server: &Server) -> String {
    format!("{} is {} in term {}", server.id, role_of(server).word(), server.raft.term)
}

impl<'a> Asked<'a> {
    pub(super) fn name(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(super) fn client(&self) -> Option<&'a super::client::Client> {
        self.cluster.client_named(self.name()?)
    }

    /// What the leader knows of a server; with a peer, what the server knows of that, if it leads.
    fn progress(&self, server: &'a Server) -> Option<&'a Progress> {
        let (leader, other) = match self.peer {
            Some(peer) => (server, peer),
            None if matches!(self.argument, Argument::Peer(Some(_))) => return None,
            None => (self.cluster.server(self.cluster.leader()?)?, server.id),
        };
        let raft = &leader.raft;
        raft.progress.get(other.index()).filter(|_| raft.is_leader() && other != leader.id)
    }

    fn client_words(&self) -> String {
        let Some(client) = self.client() else {
            return "there is no such client".to_owned();
        };
        if !client.is_idle() {
            return super::explain::client(self.cluster, client.id, &[]).join(" ");
        }
        match &client.last {
            Some(last) => {
                let result = &last.result;
                let (outcome, value, version) = (result.outcome, &result.value, result.version);
                format!("client {} was told {outcome} {value:?} @{version}", client.name)
            }
            None => format!("client {} has not asked anything", client.name),
        }
    }
}

/// The newest entries' terms: what a row of the screen has room for.
fn log_words(log: &Log) -> String {
    let left_out = log.len().saturating_sub(TERMS_SHOWN);
    let newest = log.iter_from(Index(log.first_index().0 + left_out as u64));
    let terms: Vec<Term> = newest.map(|(_, entry)| entry.term).collect();
    format!("{}{}", if left_out > 0 { "..," } else { "" }, Terms(&terms))
}

/// How many terms of a log are shown.
const TERMS_SHOWN: usize = 12;

impl Answer<'_> {
    /// The terms of a log, or of a list.
    fn terms(&self) -> Option<Box<dyn Iterator<Item = Term> + '_>> {
        if let Answer::Log(log) = self {
            let all = log.iter_from(log.first_index());
            return Some(Box::new(all.map(|(_, entry)| entry.term)));
        }
        let Answer::Terms(terms) = self else { return None };
        Some(Box::new(terms.iter().copied()))
    }

    /// Whether it is what is wanted, as far as that says anything.
    pub(super) fn is(&self, wanted: &Self) -> bool {
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
    use crate::cluster::command::{Command, parse_line};
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
            Ok(Command::Watch(watched)) => cluster.watched(&watched),
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
