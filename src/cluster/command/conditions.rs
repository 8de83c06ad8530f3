//! How conditions are written: the table of their forms, and its parser.
//!
//! `not` binds tighter than `and`, and `and` tighter than `or`; parentheses group. A condition
//! about one server begins with it: `S3 is follower`, `{old} holds x = 3`.

use super::condition::{Compare, Condition, Count, ReplyPattern, RoleName};
use super::expect::Expect;
use super::lex::{Kind, Sign};
use super::quantity::{self, shown};
use super::reader::{Mention, Options, Parsed, Reader};
use super::text::{Piece, Pieces, Text};
use super::who::{self, Clients};
use super::{VersionWord, Who};
use crate::cluster::check::Invariant;
use crate::cluster::types::{Outcome, Version};

/// The most parts that one condition may have, parentheses included: they nest.
const PARTS_MAX: u32 = 64;

/// One form of a condition that begins with a word of its own.
#[derive(Debug)]
pub struct Form {
    pub name: &'static str,
    pub usage: &'static [&'static str],
    /// In a line, for completion and the reference.
    pub summary: &'static str,
    pub examples: &'static [&'static str],
    parse: fn(&mut Reader<'_>) -> Parsed<Condition>,
}

/// One form of a condition that begins with a server.
#[derive(Debug)]
pub struct ServerForm {
    pub name: &'static str,
    pub usage: &'static str,
    pub summary: &'static str,
    pub examples: &'static [&'static str],
    parse: fn(&mut Reader<'_>, Who) -> Parsed<Condition>,
}

/// The conditions that begin with a word of their own.
pub static FORMS: [Form; 17] = [
    Form {
        name: "leader",
        usage: &["leader", "leader = WHO"],
        summary: "a running server leads; with `=`, this one does, in the highest term",
        examples: &["leader", "leader = S2"],
        parse: leader,
    },
    Form {
        name: "no",
        usage: &["no leader"],
        summary: "no running server leads",
        examples: &["no leader"],
        parse: |reader| {
            reader.need_word("leader")?;
            Some(Condition::NoLeader)
        },
    },
    Form {
        name: "new",
        usage: &["new leader"],
        summary: "a leader of a later term than there was at the last fault",
        examples: &["new leader"],
        parse: |reader| {
            reader.need_word("leader")?;
            Some(Condition::NewLeader)
        },
    },
    Form {
        name: "term",
        usage: &["term >= N"],
        summary: "the highest term among running servers",
        examples: &["term >= 4"],
        parse: |reader| Some(Condition::Term(compare(reader)?, count(reader)?)),
    },
    Form {
        name: "committed",
        usage: &["committed >= N", "committed KEY = VALUE"],
        summary: "the highest commit index; or: some running server has applied this value",
        examples: &["committed >= 5", "committed x = 3"],
        parse: committed,
    },
    Form {
        name: "applied",
        usage: &["applied >= N", "applied KEY = VALUE"],
        summary: "the lowest applied index; or: every running server has applied this value",
        examples: &["applied >= 5", "applied x = 3"],
        parse: applied,
    },
    Form {
        name: "up",
        usage: &["up >= N"],
        summary: "how many servers are up, sleeping ones included",
        examples: &["up >= 4"],
        parse: |reader| Some(Condition::Up(compare(reader)?, count(reader)?)),
    },
    Form {
        name: "waiting",
        usage: &["waiting [client=NAME]"],
        summary: "the client's operation is still open",
        examples: &["waiting client=b"],
        parse: |reader| Some(Condition::Waiting { client: client(reader)? }),
    },
    Form {
        name: "idle",
        usage: &["idle"],
        summary: "no client has an operation open",
        examples: &["idle"],
        parse: |_| Some(Condition::Idle),
    },
    Form {
        name: "reply",
        usage: &[
            "reply = ok|nokey|version|maybe [@V] [client=NAME]",
            "reply = VALUE [@V] [client=NAME]",
        ],
        summary: "how the client's last operation ended, or the value that its get found",
        examples: &["reply = maybe", "reply = 3 @2", "reply = \"ok\" client=b"],
        parse: reply,
    },
    Form {
        name: "holder",
        usage: &["holder LOCK = CLIENT"],
        summary: "this client holds the lock",
        examples: &["holder door = b"],
        parse: |reader| {
            let lock = reader.text(Expect::Lock)?;
            reader.need(Sign::Equal)?;
            Some(Condition::Holder { lock, client: reader.name(Expect::Client)? })
        },
    },
    Form {
        name: "converged",
        usage: &["converged"],
        summary: "one leader in the highest term, and all that it reaches have its log",
        examples: &["converged"],
        parse: |_| Some(Condition::Converged),
    },
    Form {
        name: "safe",
        usage: &["safe"],
        summary: "no invariant has been broken",
        examples: &["safe"],
        parse: |_| Some(Condition::Safe),
    },
    Form {
        name: "linearizable",
        usage: &["linearizable"],
        summary: "one order of all operations explains what clients have been told",
        examples: &["linearizable"],
        parse: |_| Some(Condition::Linearizable),
    },
    Form {
        name: "broken",
        usage: &["broken INVARIANT"],
        summary: "this invariant has been broken",
        examples: &["broken election-safety"],
        parse: broken,
    },
    Form {
        name: "messages",
        usage: &["messages <= N [since MARK]"],
        summary: "how many requests the servers have sent each other",
        examples: &["messages <= 42 since start"],
        parse: |reader| {
            let (compare, count, since) = since(reader)?;
            Some(Condition::Messages { compare, count, since })
        },
    },
    Form {
        name: "bytes",
        usage: &["bytes <= N [since MARK]"],
        summary: "how many bytes the servers have sent each other",
        examples: &["bytes <= 200000 since start"],
        parse: |reader| {
            let (compare, count, since) = since(reader)?;
            Some(Condition::Bytes { compare, count, since })
        },
    },
];

/// The conditions that begin with a server.
pub static SERVER_FORMS: [ServerForm; 4] = [
    ServerForm {
        name: "is",
        usage: "WHO is ROLE",
        summary: "what the server is: follower, candidate, leader, down, asleep or up",
        examples: &["S3 is follower", "{old} is down"],
        parse: |reader, who| Some(Condition::Is { who, role: role(reader)? }),
    },
    ServerForm {
        name: "holds",
        usage: "WHO holds KEY = VALUE [@V]",
        summary: "what its map holds, as far as it has applied",
        examples: &["S3 holds x = 3 @2"],
        parse: |reader, who| {
            let key = reader.text(Expect::Key)?;
            reader.need(Sign::Equal)?;
            let value = reader.text(Expect::Value)?;
            Some(Condition::Holds { who, key, value, version: version(reader)? })
        },
    },
    ServerForm {
        name: "log",
        usage: "WHO log = TERMS",
        summary: "the terms of its entries from index 1; `none` for the empty log",
        examples: &["S3 log = 1,1,4"],
        parse: |reader, who| {
            reader.need(Sign::Equal)?;
            let terms = reader.quantity(Expect::Terms, Vec::new(), quantity::terms)?;
            Some(Condition::Log { who, terms })
        },
    },
    ServerForm {
        name: "term",
        usage: "WHO term >= N",
        summary: "the server's current term",
        examples: &["S3 term = 4"],
        parse: |reader, who| {
            Some(Condition::ServerTerm { who, compare: compare(reader)?, count: count(reader)? })
        },
    },
];

/// A whole condition.
pub(super) fn condition(reader: &mut Reader<'_>) -> Parsed<Condition> {
    let mut left = PARTS_MAX;
    alternatives(reader, &mut left)
}

fn alternatives(reader: &mut Reader<'_>, left: &mut u32) -> Parsed<Condition> {
    let mut whole = conjunction(reader, left)?;
    while reader.keyword("or") {
        whole = Condition::Or(Box::new(whole), Box::new(conjunction(reader, left)?));
    }
    Some(whole)
}

fn conjunction(reader: &mut Reader<'_>, left: &mut u32) -> Parsed<Condition> {
    let mut whole = part(reader, left)?;
    while reader.keyword("and") {
        whole = Condition::And(Box::new(whole), Box::new(part(reader, left)?));
    }
    Some(whole)
}

fn part(reader: &mut Reader<'_>, left: &mut u32) -> Parsed<Condition> {
    *left = left.saturating_sub(1);
    if *left == 0 {
        let message = format!("a condition of more than {PARTS_MAX} parts");
        reader.mistake(reader.spot(), message, Some("split it over several lines".into()));
        return None;
    }
    reader.expect(Expect::Condition);
    if reader.peek_word() == Some("not") {
        reader.step();
        return Some(Condition::Not(Box::new(part(reader, left)?)));
    }
    if reader.peek() == Some(&Kind::Sign(Sign::Open)) {
        reader.step();
        let inner = alternatives(reader, left)?;
        reader.need(Sign::Close)?;
        return Some(inner);
    }
    simple(reader)
}

fn simple(reader: &mut Reader<'_>) -> Parsed<Condition> {
    let about_server = |word| SERVER_FORMS.iter().any(|form| form.name == word);
    let Some(word) = reader.peek_word() else { return reader.fail() };
    let is_subject =
        who::word(word).is_some() && reader.peek_second_word().is_some_and(about_server);
    if let Some(form) = FORMS.iter().find(|form| form.name == word && !is_subject) {
        reader.step();
        return (form.parse)(reader);
    }
    if reader.is_before_option() {
        reader.hint("as `committed x = 3`, or `S3 holds x = 3`");
    }
    let who = reader.who(Clients::Refused)?;
    reader.expect(Expect::ServerForm);
    let word = reader.peek_word();
    let Some(form) = SERVER_FORMS.iter().find(|form| Some(form.name) == word) else {
        return reader.fail();
    };
    reader.step();
    (form.parse)(reader, who)
}

fn leader(reader: &mut Reader<'_>) -> Parsed<Condition> {
    reader.expect(Expect::ServerForm);
    let one = reader.sign(Sign::Equal);
    Some(Condition::Leader(if one { Some(reader.who(Clients::Refused)?) } else { None }))
}

fn committed(reader: &mut Reader<'_>) -> Parsed<Condition> {
    if is_before_compare(reader) {
        return Some(Condition::Committed(compare(reader)?, count(reader)?));
    }
    let key = reader.text(Expect::Key)?;
    reader.need(Sign::Equal)?;
    Some(Condition::CommittedKey { key, value: reader.text(Expect::Value)? })
}

fn applied(reader: &mut Reader<'_>) -> Parsed<Condition> {
    if is_before_compare(reader) {
        return Some(Condition::Applied(compare(reader)?, count(reader)?));
    }
    let key = reader.text(Expect::Key)?;
    reader.need(Sign::Equal)?;
    Some(Condition::AppliedKey { key, value: reader.text(Expect::Value)? })
}

fn reply(reader: &mut Reader<'_>) -> Parsed<Condition> {
    reader.need(Sign::Equal)?;
    for outcome in OUTCOMES {
        reader.expect(Expect::Word(outcome_word(outcome)));
    }
    let outcome = reader
        .peek_word()
        .and_then(|word| OUTCOMES.into_iter().find(|outcome| outcome_word(*outcome) == word));
    let pattern = if let Some(outcome) = outcome {
        reader.step();
        ReplyPattern::Outcome { outcome, version: version(reader)? }
    } else {
        let value = reader.text(Expect::Value)?;
        ReplyPattern::Value { value, version: version(reader)? }
    };
    Some(Condition::Reply { pattern, client: client(reader)? })
}

const OUTCOMES: [Outcome; 4] = [Outcome::Ok, Outcome::NoKey, Outcome::Version, Outcome::Maybe];

/// How a pattern names an outcome.
pub(super) const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::NoKey => "nokey",
        Outcome::Version => "version",
        Outcome::Maybe => "maybe",
    }
}

/// Whether a value would be read as an outcome if it stood without quotes.
pub(super) fn is_outcome_word(word: &str) -> bool {
    OUTCOMES.into_iter().any(|outcome| outcome_word(outcome) == word)
}

fn broken(reader: &mut Reader<'_>) -> Parsed<Condition> {
    reader.expect(Expect::Invariant);
    let Some(invariant) = reader.peek_word().and_then(Invariant::from_name) else {
        return reader.fail();
    };
    reader.step();
    Some(Condition::Broken(invariant))
}

fn role(reader: &mut Reader<'_>) -> Parsed<RoleName> {
    reader.expect(Expect::Role);
    let word = reader.peek_word();
    let Some(role) = RoleName::ALL.into_iter().find(|role| Some(role.word()) == word) else {
        return reader.fail();
    };
    reader.step();
    Some(role)
}

fn since(reader: &mut Reader<'_>) -> Parsed<(Compare, Count, Option<Text>)> {
    let (compare, count) = (compare(reader)?, count(reader)?);
    if !reader.keyword("since") {
        return Some((compare, count, None));
    }
    let mark = reader.name(Expect::Mark)?;
    reader.mention(reader.last_spot(), Mention::Mark(mark.clone()));
    Some((compare, count, Some(mark)))
}

/// `[client=NAME]`.
fn client(reader: &mut Reader<'_>) -> Parsed<Option<Text>> {
    match Options::new(&["client"]).next(reader)? {
        Some(_) => reader.name(Expect::Client).map(Some),
        None => Some(None),
    }
}

const COMPARES: [(Sign, Compare); 3] = [
    (Sign::Equal, Compare::Equal),
    (Sign::AtLeast, Compare::AtLeast),
    (Sign::AtMost, Compare::AtMost),
];

fn is_before_compare(reader: &mut Reader<'_>) -> bool {
    for (sign, _) in COMPARES {
        reader.expect(Expect::Word(sign.text()));
    }
    COMPARES.iter().any(|(sign, _)| reader.peek() == Some(&Kind::Sign(*sign)))
}

fn compare(reader: &mut Reader<'_>) -> Parsed<Compare> {
    for (sign, compare) in COMPARES {
        if reader.sign(sign) {
            return Some(compare);
        }
    }
    reader.fail()
}

/// A number, or a word with a hole that becomes one.
fn count(reader: &mut Reader<'_>) -> Parsed<Count> {
    if let Some(word) = reader.peek_word().filter(|word| word.contains('{')) {
        return number_hole(reader, word, word).map(Count::Hole);
    }
    reader
        .quantity(Expect::Number, 0, |word| quantity::whole(word, 0..=u64::MAX))
        .map(Count::Number)
}

/// Steps over `word`, of which `text` is to become a number.
fn number_hole(reader: &mut Reader<'_>, word: &str, text: &str) -> Parsed<Text> {
    let is_number = |piece| match piece {
        Piece::Literal(text) => text.bytes().all(|byte: u8| byte.is_ascii_digit()),
        Piece::Hole(_) | Piece::Stray => true,
    };
    if !Pieces::of(text).all(is_number) {
        reader.mistake(reader.spot(), format!("{} can become no number", shown(text)), None);
    }
    reader.holes(word, reader.spot(), true);
    reader.step();
    Some(Text::new(text))
}

/// `[@V]`, where it can only be a number.
fn version(reader: &mut Reader<'_>) -> Parsed<Option<Version>> {
    reader.expect(Expect::Version);
    match reader.peek_word() {
        Some(word) if word.starts_with('@') => {
            reader.quantity(Expect::Version, Version::ZERO, version_number).map(Some)
        }
        _ => Some(None),
    }
}

fn version_number(word: &str) -> quantity::Read<Version> {
    let number = word.strip_prefix('@').and_then(|word| quantity::whole(word, 0..=u64::MAX).ok());
    number.map(Version).ok_or_else(|| {
        format!("expected a version, as @2: a whole number from 0, not {}", shown(word))
    })
}

/// `@V`, `@last` or `@{name}`: the version of a put.
pub(super) fn version_word(reader: &mut Reader<'_>) -> Parsed<VersionWord> {
    reader.expect(Expect::PutVersion);
    let Some(word) = reader.peek_word().filter(|word| word.starts_with('@')) else {
        return reader.fail();
    };
    if word == "@last" {
        reader.step();
        return Some(VersionWord::Last);
    }
    if word.contains('{') {
        return number_hole(reader, word, &word[1..]).map(VersionWord::Hole);
    }
    reader.quantity(Expect::PutVersion, Version::ZERO, version_number).map(VersionWord::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::command::{Command, parse_line};

    #[test]
    fn every_example_of_a_condition_is_understood() {
        let forms = FORMS.iter().map(|form| (form.name, form.examples));
        let server_forms = SERVER_FORMS.iter().map(|form| (form.name, form.examples));
        for (name, examples) in forms.chain(server_forms) {
            assert!(!examples.is_empty(), "{name} has no example");
            for example in examples {
                let read = parse_line(&format!("expect {example}"));
                assert!(matches!(read, Ok(Command::Expect(_))), "{example}: {read:?}");
                assert!(example.split([' ', '=']).any(|word| word == name), "{example}");
            }
        }
    }

    #[test]
    fn not_binds_tighter_than_and_and_and_tighter_than_or() {
        let read = |text: &str| parse_line(&format!("until {text}")).map(|c| c.to_string());
        for (one, two) in [
            ("not safe and leader or converged", "((not safe) and leader) or converged"),
            ("safe or leader and converged", "safe or (leader and converged)"),
            ("not not safe", "not (not safe)"),
        ] {
            assert_eq!(read(one), read(two), "{one}");
        }
        let kept = "not (safe and leader) or not (leader or converged)";
        assert_eq!(read(kept), Ok(format!("until {kept}")));
    }
}
