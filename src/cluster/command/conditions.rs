//! How conditions are written: measures, compared or by themselves, joined by `and`, `or`, `not`.
//!
//! `not` binds tighter than `and`, and `and` tighter than `or`; parentheses group. A condition
//! about servers begins with them: `S3 is follower`, `2 of {group} hold x = 3`. What can be asked
//! stands in the table of measures.

use super::condition::{Compare, Condition, Operand, PatternKind, ReplyPattern, RoleName};
use super::expect::Expect;
use super::lex::{Kind as Token, Sign};
use super::measure::{Kind, Measure, Position, measure, one_of};
use super::number::{Number, hole, number, signs};
use super::quantity::{self, shown};
use super::reader::{Mention, Parsed, Reader};
use super::text::Text;
use super::who::{Clients, means_servers};
use super::{VersionWord, Watched, Who};
use crate::cluster::time::Ppm;
use crate::cluster::types::{Outcome, Version};

/// The most parts that one condition may have, parentheses included: they nest.
const PARTS_MAX: u32 = 64;

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
    reader.expect(Expect::Word("not"));
    reader.expect(Expect::Word("("));
    if reader.peek_word() == Some("not") {
        reader.step();
        return Some(Condition::Not(Box::new(part(reader, left)?)));
    }
    if reader.peek() == Some(&Token::Sign(Sign::Open)) {
        reader.step();
        let inner = alternatives(reader, left)?;
        reader.need(Sign::Close)?;
        return Some(inner);
    }
    if reader.may_draw && reader.keyword("chance") {
        let share = reader.quantity(Expect::Percent, Ppm::ZERO, quantity::percent)?;
        return Some(Condition::Chance(share));
    }
    if reader.peek_word() == Some("chance") {
        reader.hint("`chance` is drawn once, and so stands after `if` only");
    }
    simple(reader)
}

/// A condition that is asked once, so that a part of it may be drawn.
pub(super) fn drawn_condition(reader: &mut Reader<'_>) -> Parsed<Condition> {
    reader.may_draw = true;
    let condition = condition(reader);
    reader.may_draw = false;
    condition
}

/// A measure: compared with something, or by itself where it is true or not.
fn simple(reader: &mut Reader<'_>) -> Parsed<Condition> {
    let mut measure = measure(reader, Position::Condition)?;
    let kind = measure.row.answers;
    if kind == Kind::Truth {
        return Some(Condition::Is(measure));
    }
    if !reader.is_before_compare(kind) && kind.may_be_none() {
        return Some(Condition::Is(measure));
    }
    let compare = compare(reader, kind)?;
    let operand = operand(reader, kind)?;
    if !operand.is_measured() {
        measure.trailing(reader)?;
    }
    Some(Condition::Compare(measure, compare, operand))
}

fn compare(reader: &mut Reader<'_>, kind: Kind) -> Parsed<Compare> {
    match signs(kind).iter().find(|(sign, _)| reader.sign(*sign)) {
        Some((_, compare)) => Some(*compare),
        None => {
            if kind != Kind::Number {
                reader.hint("only numbers are compared by `>=` and `<=`");
            }
            reader.fail()
        }
    }
}

fn operand(reader: &mut Reader<'_>, kind: Kind) -> Parsed<Operand> {
    let position = Position::Operand(kind);
    if kind != Kind::Number && kind.is_measured() && reader.is_before_measure(position) {
        return value(reader, position).map(Box::new).map(Operand::Measure);
    }
    let hole = reader.peek_word().filter(|word| word.contains('{'));
    Some(match kind {
        Kind::Number | Kind::Truth => Operand::Number(number(reader)?),
        Kind::Server if reader.keyword("none") => Operand::Server(None),
        Kind::Server => Operand::Server(Some(reader.who(Clients::Refused)?)),
        Kind::Servers if reader.keyword("none") => Operand::Servers(Vec::new()),
        Kind::Servers => Operand::Servers(servers(reader)?),
        Kind::Role | Kind::Terms if hole.is_some() => {
            let word = hole.unwrap_or_default();
            reader.holes(word, reader.spot(), true);
            reader.step();
            Operand::Hole(Text::new(word))
        }
        Kind::Role => Operand::Role(role(reader)?),
        Kind::Terms => {
            let terms = reader.quantity(Expect::Terms, Vec::new(), quantity::any_terms)?;
            if let Some(why) = quantity::fallen(&terms) {
                reader.mention(reader.last_spot(), Mention::Fallen(why.into()));
            }
            Operand::Terms(terms)
        }
        Kind::Value => {
            let kind = PatternKind::Value(reader.text(Expect::Value)?);
            Operand::Value(ReplyPattern { kind, version: version(reader)? })
        }
        Kind::Reply => {
            let kind = match outcome(reader) {
                Some(outcome) => PatternKind::Outcome(outcome),
                None => PatternKind::Value(reader.text(Expect::Value)?),
            };
            Operand::Value(ReplyPattern { kind, version: version(reader)? })
        }
        Kind::Client => Operand::Client(reader.name(Expect::Client)?),
    })
}

/// Servers, as many as the line names.
fn servers(reader: &mut Reader<'_>) -> Parsed<Vec<Who>> {
    let mut list = vec![reader.who(Clients::Refused)?];
    while reader.peek_word().is_some_and(|word| word.contains('{') || means_servers(word)) {
        list.push(reader.who(Clients::Refused)?);
    }
    reader.expect(Expect::Who);
    Some(list)
}

pub(super) fn role(reader: &mut Reader<'_>) -> Parsed<RoleName> {
    one_of(reader, Expect::Role, RoleName::ALL.into_iter(), RoleName::word)
}

/// Something that is shown for as long as it is watched: a value, if the rest of the line is one;
/// else a condition.
pub(super) fn watched(reader: &mut Reader<'_>) -> Parsed<Watched> {
    let shown = |reader: &mut Reader<'_>| value(reader, Position::Value).map(Watched::Value);
    reader.either_way(shown, |reader| condition(reader).map(Watched::Condition))
}

/// A measure that is compared with nothing.
pub(super) fn value(reader: &mut Reader<'_>, position: Position) -> Parsed<Measure> {
    let mut measure = measure(reader, position)?;
    measure.trailing(reader)?;
    Some(measure)
}

const OUTCOMES: [Outcome; 4] = [Outcome::Ok, Outcome::NoKey, Outcome::Version, Outcome::Maybe];

/// Steps over the word of an outcome, if one stands here.
pub(super) fn outcome(reader: &mut Reader<'_>) -> Option<Outcome> {
    let word = reader.peek_word();
    for outcome in OUTCOMES {
        reader.expect(Expect::Word(outcome.word()));
    }
    let found = OUTCOMES.into_iter().find(|outcome| Some(outcome.word()) == word)?;
    reader.step();
    Some(found)
}

/// Whether a value would be read as an outcome if it stood without quotes.
pub(super) fn is_outcome_word(word: &str) -> bool {
    OUTCOMES.into_iter().any(|outcome| outcome.word() == word)
}

/// `[@V]`, `[@{v}]`.
fn version(reader: &mut Reader<'_>) -> Parsed<Option<Number>> {
    reader.expect(Expect::Version);
    match reader.peek_word() {
        Some(word) if word.starts_with('@') => version_number(reader, Expect::Version).map(Some),
        Some(_) | None => Some(None),
    }
}

fn version_number(reader: &mut Reader<'_>, what: Expect) -> Parsed<Number> {
    if let Some(word) = reader.peek_word().filter(|word| word.contains('{')) {
        return hole(reader, word, word.get(1..).unwrap_or_default());
    }
    let read = |word: &str| {
        let number = word.strip_prefix('@').and_then(|it| quantity::whole(it, 0..=u64::MAX).ok());
        number.ok_or_else(|| {
            format!("expected a version, as @2: a whole number from 0, not {}", shown(word))
        })
    };
    reader.quantity(what, 0, read).map(Number::from)
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
    let number = version_number(reader, Expect::PutVersion)?;
    Some(match number.literal() {
        Some(version) => VersionWord::Number(Version(version)),
        None => VersionWord::Hole(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::command::measures;
    use crate::cluster::command::{Command, Takes, Tell, parse_line};

    /// Every example stands in a condition; without its comparison, where it has a value, it can be
    /// watched and prints itself.
    #[test]
    fn every_example_can_be_asked_and_what_has_a_value_be_watched() {
        for row in measures::all() {
            let names = (row.name, row.plural.unwrap_or(row.name));
            assert!(!row.examples.is_empty() && !row.usage.is_empty(), "{row:?} has no example");
            for example in row.examples {
                let line = format!("expect {example}");
                let read = parse_line(&line);
                assert_eq!(read.map(|command| command.to_string()), Ok(line));
                let named = example.contains(names.0) || example.contains(names.1);
                assert!(named, "{example}");
                let value = example.split(" = ").next().unwrap_or(example);
                let value = value.split(['>', '<']).next().unwrap_or(value).trim();
                if row.has_value() && row.takes != Takes::Hole && !value.contains(" of ") {
                    let line = format!("watch {value}");
                    let read = parse_line(&line);
                    let is_value =
                        matches!(read, Ok(Command::Tell(Tell::Watch(Watched::Value(_)))));
                    assert!(is_value && read.map(|it| it.to_string()) == Ok(line), "{example}");
                }
            }
        }
    }

    #[test]
    fn what_is_measured_may_stand_on_both_sides() {
        for line in [
            "S1 match S3 >= 2",
            "S3 next = {n}",
            "S1 next = S1 last + 1",
            "packets = 0",
            "copies 2 >= 3",
            "copies {n}+1 = 0",
            "{n}-1 <= committed + 2",
            "S2 vote = S3 vote",
            "S2 log = {l}",
            "S2 role = S3 role or leader committed >= {n}",
            "messages since one <= messages since two",
            "2 of {group} {old} hold x = 3 @{v}+1",
            "none of all are leader",
            "{n} of S1 S2 S3 term >= 4 and all of {group} are down",
            "reply = {v} @{n} client=b",
        ] {
            let line = format!("until {line}");
            assert_eq!(parse_line(&line).map(|it| it.to_string()), Ok(line.clone()), "{line}");
        }
        let read = |line| parse_line(line).map(|it| it.to_string());
        assert_eq!(read("expect term = 3 + 1"), Ok("expect term = 4".into()));
        assert_eq!(read("expect term = {n} + 1"), Ok("expect term = {n}+1".into()));
        assert_eq!(read("expect messages since a <= 4"), Ok("expect messages <= 4 since a".into()));
        assert_eq!(read("expect 2 of all holds x = 3"), Ok("expect 2 of all hold x = 3".into()));
    }

    #[test]
    fn a_mistake_says_where_and_what_could_stand_there() {
        for (line, column, wanted) in [
            ("expect term >= x", 16, "a whole number"),
            ("expect term", 12, "`>=`"),
            ("expect S2 vote >= S1", 16, "`=`"),
            ("expect S2 voted = S1", 11, "`vote`"),
            ("expect S2 term = committe", 18, "a whole number"),
            ("expect copies = 3", 15, "a whole number"),
            ("expect 2 of", 12, "a server"),
            ("expect 2 of S1 S2 nonsense", 19, "a server"),
            ("expect term = {n}+x", 15, "a whole number"),
            ("expect term = 1 - 2", 19, "no number"),
            ("watch all of S1 S2 term", 24, "`>=`"),
            ("expect S1 term = all of S1 S2 term", 18, "a whole number"),
            ("watch nonsense", 7, "a value (term"),
            ("watch S2 nonsense", 10, "`match`"),
            ("watch value", 12, "a key"),
        ] {
            let mistake = parse_line(line).expect_err(line);
            assert!(mistake.message.contains(wanted), "{line}: {mistake}");
            assert_eq!(mistake.column, column, "{line}: {mistake}");
            let words: Vec<&str> = mistake.message.split(", ").collect();
            let twice = words.iter().enumerate().any(|(at, word)| words[..at].contains(word));
            assert!(!twice, "{mistake}");
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
