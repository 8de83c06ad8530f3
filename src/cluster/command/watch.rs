//! What can be watched: a condition, or a value of the moment.
//!
//! Values are what conditions compare, without the comparison: where `expect term >= 4` asks,
//! `watch term` tells. Their forms stand in a table of their own, and what is no value is read as
//! a condition.

use std::fmt::{Display, Formatter, Result as Written};

use super::Who;
use super::condition::{Condition, Filler};
use super::conditions::condition;
use super::expect::Expect;
use super::quantity::whole;
use super::reader::{Mention, Options, Parsed, Reader};
use super::text::Text;
use super::who::{self, Clients};
use crate::cluster::types::Index;

/// Something that is shown for as long as somebody watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    Condition(Condition),
    Value(Measure),
}

/// A value of the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The running leader of the highest term, and that term.
    Leader,
    /// The highest term among running servers.
    Term,
    /// The highest commit index among running servers.
    Committed,
    /// The lowest applied index among running servers.
    Applied,
    /// How many servers are up.
    Up,
    /// How many packets are in flight.
    Packets,
    /// Requests between servers, from the start or from a mark.
    Messages(Option<Text>),
    Bytes(Option<Text>),
    /// Who has the entry at this index that the leader has.
    Copies(Index),
    /// The newest value of a key that a running server has applied.
    Key(Text),
    Holder(Text),
    /// What the client was told last.
    Reply(Option<Text>),
    /// Something of one server.
    Of(Who, Aspect),
}

/// What can be watched of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    Role,
    Term,
    Vote,
    /// Where its log ends, as index@term.
    Log,
    Committed,
    Applied,
    Holds(Text),
    /// What it knows, as a leader, of the log of another.
    Next(Who),
    Match(Who),
}

/// One form of a value that begins with a word of its own.
#[derive(Debug)]
pub struct Form {
    pub name: &'static str,
    pub usage: &'static str,
    /// In a line, for completion and the reference.
    pub summary: &'static str,
    pub examples: &'static [&'static str],
    parse: fn(&mut Reader<'_>) -> Parsed<Measure>,
}

/// One form of a value that begins with a server.
#[derive(Debug)]
pub struct ServerForm {
    pub name: &'static str,
    pub usage: &'static str,
    pub summary: &'static str,
    pub examples: &'static [&'static str],
    parse: fn(&mut Reader<'_>) -> Parsed<Aspect>,
}

/// The values that begin with a word of their own.
pub static FORMS: [Form; 12] = [
    Form {
        name: "leader",
        usage: "leader",
        summary: "who leads in the highest term, and which term that is",
        examples: &["leader"],
        parse: |_| Some(Measure::Leader),
    },
    Form {
        name: "term",
        usage: "term",
        summary: "the highest term among running servers",
        examples: &["term"],
        parse: |_| Some(Measure::Term),
    },
    Form {
        name: "committed",
        usage: "committed",
        summary: "the highest commit index among running servers",
        examples: &["committed"],
        parse: |_| Some(Measure::Committed),
    },
    Form {
        name: "applied",
        usage: "applied",
        summary: "the lowest applied index among running servers",
        examples: &["applied"],
        parse: |_| Some(Measure::Applied),
    },
    Form {
        name: "up",
        usage: "up",
        summary: "how many servers are up, sleeping ones included",
        examples: &["up"],
        parse: |_| Some(Measure::Up),
    },
    Form {
        name: "packets",
        usage: "packets",
        summary: "how many packets are in flight or held",
        examples: &["packets"],
        parse: |_| Some(Measure::Packets),
    },
    Form {
        name: "messages",
        usage: "messages [since MARK]",
        summary: "how many requests the servers have sent each other",
        examples: &["messages", "messages since start"],
        parse: |reader| since(reader).map(Measure::Messages),
    },
    Form {
        name: "bytes",
        usage: "bytes [since MARK]",
        summary: "how many bytes the servers have sent each other",
        examples: &["bytes since start"],
        parse: |reader| since(reader).map(Measure::Bytes),
    },
    Form {
        name: "copies",
        usage: "copies N",
        summary: "who has the leader's entry N: 2 of 5: S1 S2",
        examples: &["copies 5"],
        parse: |reader| {
            let read = |word: &str| whole(word, 1..=u64::MAX);
            reader.quantity(Expect::Number, 1, read).map(|index| Measure::Copies(Index(index)))
        },
    },
    Form {
        name: "value",
        usage: "value KEY",
        summary: "the newest value of a key, its version, and how many servers have it",
        examples: &["value x", "value \"two words\""],
        parse: |reader| reader.text(Expect::Key).map(Measure::Key),
    },
    Form {
        name: "holder",
        usage: "holder LOCK",
        summary: "the client that holds the lock",
        examples: &["holder door"],
        parse: |reader| reader.text(Expect::Lock).map(Measure::Holder),
    },
    Form {
        name: "reply",
        usage: "reply [client=NAME]",
        summary: "what the client was told last, or how long it has waited",
        examples: &["reply", "reply client=b"],
        parse: |reader| {
            let named = Options::new(&["client"]).next(reader)?;
            Some(Measure::Reply(match named {
                Some(_) => Some(reader.name(Expect::Client)?),
                None => None,
            }))
        },
    },
];

/// The values that begin with a server.
pub static SERVER_FORMS: [ServerForm; 9] = [
    ServerForm {
        name: "role",
        usage: "WHO role",
        summary: "what the server is: follower, candidate, leader, down or asleep",
        examples: &["S2 role"],
        parse: |_| Some(Aspect::Role),
    },
    ServerForm {
        name: "term",
        usage: "WHO term",
        summary: "the server's current term",
        examples: &["S2 term"],
        parse: |_| Some(Aspect::Term),
    },
    ServerForm {
        name: "vote",
        usage: "WHO vote",
        summary: "whom it has voted for in this term",
        examples: &["S2 vote"],
        parse: |_| Some(Aspect::Vote),
    },
    ServerForm {
        name: "log",
        usage: "WHO log",
        summary: "where its log ends, as index@term: 5@3",
        examples: &["S1 log"],
        parse: |_| Some(Aspect::Log),
    },
    ServerForm {
        name: "committed",
        usage: "WHO committed",
        summary: "its commit index",
        examples: &["S2 committed"],
        parse: |_| Some(Aspect::Committed),
    },
    ServerForm {
        name: "applied",
        usage: "WHO applied",
        summary: "up to where it has applied its log",
        examples: &["leader applied"],
        parse: |_| Some(Aspect::Applied),
    },
    ServerForm {
        name: "holds",
        usage: "WHO holds KEY",
        summary: "what its map holds, as far as it has applied: 3 @2",
        examples: &["S3 holds x"],
        parse: |reader| reader.text(Expect::Key).map(Aspect::Holds),
    },
    ServerForm {
        name: "next",
        usage: "WHO next WHO",
        summary: "which entry it sends the other next, if it leads",
        examples: &["leader next S3"],
        parse: |reader| reader.who(Clients::Refused).map(Aspect::Next),
    },
    ServerForm {
        name: "match",
        usage: "WHO match WHO",
        summary: "up to where it knows the other's log to agree with its own, if it leads",
        examples: &["S2 match S3"],
        parse: |reader| reader.who(Clients::Refused).map(Aspect::Match),
    },
];

/// A value, if the rest of the line is one; else a condition.
pub(super) fn watched(reader: &mut Reader<'_>) -> Parsed<Watched> {
    let value = |reader: &mut Reader<'_>| measure(reader).map(Watched::Value);
    reader.either_way(value, |reader| condition(reader).map(Watched::Condition))
}

fn measure(reader: &mut Reader<'_>) -> Parsed<Measure> {
    reader.expect(Expect::Measure);
    let of_server = |word| SERVER_FORMS.iter().any(|form| form.name == word);
    let word = reader.peek_word()?;
    let is_subject = who::word(word).is_some() && reader.peek_second_word().is_some_and(of_server);
    if let Some(form) = FORMS.iter().find(|form| form.name == word && !is_subject) {
        reader.step();
        return (form.parse)(reader);
    }
    let who = reader.who(Clients::Refused)?;
    reader.expect(Expect::Aspect);
    let word = reader.peek_word()?;
    let form = SERVER_FORMS.iter().find(|form| form.name == word)?;
    reader.step();
    (form.parse)(reader).map(|aspect| Measure::Of(who, aspect))
}

/// `[since MARK]`.
fn since(reader: &mut Reader<'_>) -> Parsed<Option<Text>> {
    if !reader.keyword("since") {
        return Some(None);
    }
    let mark = reader.name(Expect::Mark)?;
    reader.mention(reader.last_spot(), Mention::Mark(mark.clone()));
    Some(Some(mark))
}

impl Watched {
    /// The same with every `{name}` filled in.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        Ok(match self {
            Self::Condition(condition) => Self::Condition(condition.filled(filler)?),
            Self::Value(value) => Self::Value(value.filled(filler)?),
        })
    }
}

impl Measure {
    fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        let maybe = |text: &Option<Text>| text.as_ref().map(|text| filler.text(text)).transpose();
        Ok(match self {
            Self::Leader => Self::Leader,
            Self::Term => Self::Term,
            Self::Committed => Self::Committed,
            Self::Applied => Self::Applied,
            Self::Up => Self::Up,
            Self::Packets => Self::Packets,
            Self::Copies(index) => Self::Copies(*index),
            Self::Messages(since) => Self::Messages(maybe(since)?),
            Self::Bytes(since) => Self::Bytes(maybe(since)?),
            Self::Key(key) => Self::Key(filler.text(key)?),
            Self::Holder(lock) => Self::Holder(filler.text(lock)?),
            Self::Reply(client) => Self::Reply(maybe(client)?),
            Self::Of(who, aspect) => Self::Of(
                filler.who(who)?,
                match aspect {
                    Aspect::Holds(key) => Aspect::Holds(filler.text(key)?),
                    Aspect::Next(other) => Aspect::Next(filler.who(other)?),
                    Aspect::Match(other) => Aspect::Match(filler.who(other)?),
                    Aspect::Role
                    | Aspect::Term
                    | Aspect::Vote
                    | Aspect::Log
                    | Aspect::Committed
                    | Aspect::Applied => aspect.clone(),
                },
            ),
        })
    }
}

impl Display for Watched {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Condition(condition) => condition.fmt(f),
            Self::Value(value) => value.fmt(f),
        }
    }
}

impl Display for Measure {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let since = |f: &mut Formatter<'_>, mark: &Option<Text>| {
            mark.as_ref().map_or(Ok(()), |mark| write!(f, " since {mark}"))
        };
        match self {
            Self::Leader => f.write_str("leader"),
            Self::Term => f.write_str("term"),
            Self::Committed => f.write_str("committed"),
            Self::Applied => f.write_str("applied"),
            Self::Up => f.write_str("up"),
            Self::Packets => f.write_str("packets"),
            Self::Messages(mark) => {
                f.write_str("messages")?;
                since(f, mark)
            }
            Self::Bytes(mark) => {
                f.write_str("bytes")?;
                since(f, mark)
            }
            Self::Copies(index) => write!(f, "copies {index}"),
            Self::Key(key) => write!(f, "value {key}"),
            Self::Holder(lock) => write!(f, "holder {lock}"),
            Self::Reply(None) => f.write_str("reply"),
            Self::Reply(Some(client)) => write!(f, "reply client={client}"),
            Self::Of(who, aspect) => write!(f, "{who} {aspect}"),
        }
    }
}

impl Display for Aspect {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Role => f.write_str("role"),
            Self::Term => f.write_str("term"),
            Self::Vote => f.write_str("vote"),
            Self::Log => f.write_str("log"),
            Self::Committed => f.write_str("committed"),
            Self::Applied => f.write_str("applied"),
            Self::Holds(key) => write!(f, "holds {key}"),
            Self::Next(other) => write!(f, "next {other}"),
            Self::Match(other) => write!(f, "match {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::command::{Command, parse_line};

    #[test]
    fn every_example_of_a_value_is_understood_as_one() {
        let forms = FORMS.iter().map(|form| (form.name, form.examples));
        let server_forms = SERVER_FORMS.iter().map(|form| (form.name, form.examples));
        for (name, examples) in forms.chain(server_forms) {
            assert!(!examples.is_empty(), "{name} has no example");
            for example in examples {
                let read = parse_line(&format!("watch {example}"));
                let is_value = matches!(read, Ok(Command::Watch(Watched::Value(_))));
                assert!(is_value, "{example}: {read:?}");
                assert!(example.split([' ', '=']).any(|word| word == name), "{example}");
            }
        }
    }

    #[test]
    fn what_compares_is_a_condition() {
        for line in ["term >= 4", "leader = S2", "S2 term = 1", "converged", "S1 holds x = 3"] {
            let read = parse_line(&format!("watch {line}"));
            assert!(matches!(read, Ok(Command::Watch(Watched::Condition(_)))), "{line}: {read:?}");
        }
        // The way of reading it that came further says what is wrong.
        for (line, column, wanted) in [
            ("nonsense", 7, "a value (term"),
            ("S2 nonsense", 10, "`match`"),
            ("copies", 13, "a whole number"),
            ("copies x", 14, "whole number"),
            ("value", 12, "a key"),
            ("term >= x", 15, "whole number"),
        ] {
            let mistake = parse_line(&format!("watch {line}")).expect_err(line);
            assert_eq!(mistake.column, column, "{mistake}");
            assert!(mistake.message.contains(wanted), "{mistake}");
            let words: Vec<&str> = mistake.message.split(", ").collect();
            let twice = words.iter().enumerate().any(|(at, word)| words[..at].contains(word));
            assert!(!twice, "{mistake}");
        }
    }
}
