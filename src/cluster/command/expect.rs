//! What could stand at a place of a line.
//!
//! Whenever the parser looks for something it notes what. Where it gets stuck, the notes make the
//! message ("expected a server or `|`"), the nearest right word, and, for a line that is still
//! being typed, the candidates for completion. So the three can't disagree with the parser.

use super::condition::RoleName;
use super::measure::Position;
use super::verbs::{self, Scope};
use super::who;
use crate::cluster::command::Fault;
use crate::cluster::flaw::FLAWS;
use crate::cluster::invariant::Invariant;
use crate::cluster::network::{Network, PacketName};
use crate::cluster::raft::OPTIONS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// Exactly this word or sign.
    Word(&'static str),
    /// `name=`.
    Option(&'static str),
    Verb,
    /// A verb that may stand after `at` and `every`.
    ActingVerb,
    Server,
    Who,
    /// Who, or a client's name.
    Node,
    Network,
    Packet,
    PacketId,
    Flaw,
    RaftOption,
    Fault,
    Breaks,
    Role,
    Invariant,
    /// What can be asked in such a place.
    Measure(Position),
    /// What can be asked of servers, behind them.
    Aspect(Position),
    Key,
    Value,
    Client,
    Lock,
    /// A name that the line gives to something new.
    Name,
    Task,
    Mark,
    Span,
    SpanRange,
    Place,
    Number,
    Numbers,
    Version,
    PutVersion,
    Percent,
    Bytes,
    Most,
    ClockRate,
    LoadRate,
    Seed,
    Terms,
    Text,
    File,
    Megabytes,
}

impl Expect {
    /// For a message: "expected ...", one or more that an "or" can join.
    pub fn describe(self) -> Vec<String> {
        vec![match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Option(name) => format!("`{name}=`"),
            Self::Verb => "a command".into(),
            Self::ActingVerb => "a command that acts at once".into(),
            Self::Server => "a server, as S3".into(),
            Self::Who => "a server (S3, leader, rest ...)".into(),
            Self::Node => {
                let server = Self::Who.describe();
                return server.into_iter().chain(Self::Client.describe()).collect();
            }
            Self::PacketId => "a packet in flight, as #12".into(),
            Self::Packet => "a kind of packet, as append".into(),
            Self::Network | Self::Role | Self::Aspect(_) => {
                return self.words().iter().map(|(word, _)| format!("`{word}`")).collect();
            }
            Self::Fault => "a kind of fault, as crashes".into(),
            Self::RaftOption => "the name of an option of Raft, as pre-vote".into(),
            Self::Flaw => "the name of a flaw (`raftlab flaws` lists them)".into(),
            Self::Breaks => "the name of an invariant, or `liveness`".into(),
            Self::Invariant => "the name of an invariant".into(),
            Self::Measure(Position::Condition) => "a condition".into(),
            Self::Measure(Position::Value) => "a value (term, S2 log, value x ...)".into(),
            Self::Measure(Position::Operand(_)) => "a measure (committed, S2 term ...)".into(),
            Self::Key => "a key".into(),
            Self::Value => "a value".into(),
            Self::Client => "a client's name".into(),
            Self::Lock => "the name of a lock".into(),
            Self::Name => "a name".into(),
            Self::Task => "the name of a task".into(),
            Self::Mark => "the name of a mark".into(),
            Self::Span => "a length of time, as 50ms or 1.5s".into(),
            Self::SpanRange => "a length of time, as 2s or 50ms..149ms".into(),
            Self::Place => "a time from the start, as 1.5s".into(),
            Self::Number => "a whole number".into(),
            Self::Numbers => "a range of numbers, as 1..5".into(),
            Self::Version => "a version, as @2".into(),
            Self::PutVersion => "a version (@0 for a new key, @2, @last)".into(),
            Self::Percent => "a share, as 10%".into(),
            Self::Bytes => "a number of bytes, as 1kB".into(),
            Self::Most => "a number, as 1000, or of bytes, as 64KB".into(),
            Self::ClockRate => "a rate, as 1.5".into(),
            Self::LoadRate => "a rate, as 100/s, or max".into(),
            Self::Seed => "a seed, as 7 or 0x1f".into(),
            Self::Terms => "the terms of a log, as 1,1,4, or none".into(),
            Self::Text => "a text".into(),
            Self::File => "a file, as ./my.wasm".into(),
            Self::Megabytes => "an amount of memory, as 16MB".into(),
        }]
    }

    /// The words that would be right, as far as they are fixed, each with what it means.
    #[expect(clippy::wildcard_enum_match_arm, reason = "numbers, names and texts have none")]
    pub fn words(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Word(word) => vec![(word, "")],
            Self::Verb => verbs::all().map(|verb| (verb.name, verb.summary)).collect(),
            Self::ActingVerb => verbs::all()
                .filter(|verb| verb.scope == Scope::Act)
                .map(|verb| (verb.name, verb.summary))
                .collect(),
            Self::Who | Self::Node => {
                who::WORDS.iter().map(|word| (word.name, word.meaning)).collect()
            }
            Self::LoadRate => vec![("max", "each client asks again as soon as it is answered")],
            Self::Network => {
                Network::ALL.iter().map(|network| (network.name(), network.describe())).collect()
            }
            Self::Packet => PacketName::ALL.iter().map(|name| (name.word(), "")).collect(),
            Self::Fault => {
                Fault::ALL.iter().map(|fault| (fault.name(), fault.describe())).collect()
            }
            Self::RaftOption => OPTIONS.iter().map(|about| (about.name, about.does)).collect(),
            Self::Flaw => FLAWS.iter().map(|about| (about.name, about.departure)).collect(),
            Self::Breaks => {
                let invariants = Invariant::ALL.iter().map(|invariant| (invariant.name(), ""));
                invariants.chain([("liveness", "a wait runs out of time")]).collect()
            }
            Self::Role => RoleName::ALL.iter().map(|role| (role.word(), "")).collect(),
            Self::Invariant => {
                Invariant::ALL.iter().map(|invariant| (invariant.name(), "")).collect()
            }
            Self::Measure(position) => first_words(position, false),
            Self::Aspect(position) => first_words(position, true),
            Self::PutVersion => vec![("@last", "the version that this client last learned")],
            Self::Terms => vec![("none", "the empty log")],
            // Numbers, names and texts have no fixed words.
            _ => Vec::new(),
        }
    }
}

/// What measures begin with: each word once.
fn first_words(position: Position, of_servers: bool) -> Vec<(&'static str, &'static str)> {
    let mut words: Vec<(&str, &str)> = Vec::new();
    for row in position.rows(of_servers) {
        let first = row.name.split(' ').next().unwrap_or(row.name);
        if !first.is_empty() && words.iter().all(|(word, _)| *word != first) {
            words.push((first, row.summary));
        }
    }
    words
}

/// "a, b or c".
pub fn either(items: &[String]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// ": did you mean `x`?", for the end of a sentence that refuses `word`; nothing where nothing is near.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!(": did you mean `{near}`?"))
}

/// Of more names than this, only the first are compared with a misspelt one.
pub(super) const NEAR_MAX: usize = 100;

/// The candidate that `word` was most likely meant to be, if any is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    if length > 2 * super::text::NAME_MAX {
        return None;
    }
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= length.max(candidate.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
