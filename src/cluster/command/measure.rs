//! What can be asked of the present: `term`, `S2 vote`, `copies 2`, `value x`, `safe`.
//!
//! A [`Measure`] is a row of [`MEASURES`] with what the line says about it: whose it is, and which
//! key, client, mark, entry or server it is about. Conditions compare it, `watch` shows it, `let`
//! binds it. So what can be asked can be watched, in the same words.

use std::fmt::{Display, Formatter, Result as Written};

use super::condition::RoleName;
use super::conditions::outcome;
use super::expect::Expect;
use super::measures::{self, Answer, Row};
use super::number::{Number, plain_number, plus};
use super::print::Spaced;
use super::quantity::{shown, terms};
use super::reader::{Mention, Options, Parsed, Reader};
use super::text::Text;
use super::verbs::option;
use super::who::{self, Clients};
use super::{Filler, Who};
use crate::cluster::invariant::Invariant;
use crate::cluster::raft::Choice;
use crate::cluster::types::Outcome;

/// Something that can be asked of the present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub row: &'static Row,
    /// Whose it is, if it is asked of servers.
    pub group: Option<Group>,
    pub argument: Argument,
}

/// The servers of which something is asked, and of how many it must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub quantity: Quantity,
    pub who: Vec<Who>,
}

/// Of how many servers of a group something is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Nothing is said: one server, or a word that means several (`followers`), and then all.
    Plain,
    All,
    Any,
    None,
    AtLeast(Number),
}

/// What a measure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    None,
    /// A key or a lock.
    Text(Text),
    /// A client or a mark. Where a comparison follows, it stands behind that.
    Name(Option<Text>),
    Number(Number),
    Peer(Option<Who>),
    Role(RoleName),
    Option(Choice),
    Invariant(Invariant),
    Outcome(Outcome),
}

/// What a row takes as its [`Argument`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Key,
    Lock,
    /// `[client=NAME]`.
    Client,
    /// `[since MARK]`.
    Since,
    /// The index of an entry.
    Index,
    /// A number that a name is bound to stands in the place of the measure's own name.
    Hole,
    /// `[WHO]`: another server.
    Peer,
    Role,
    /// An option of Raft, and to what it is set where it is more than a switch.
    Option,
    Invariant,
    Outcome,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A condition: true or not.
    Truth,
    Number,
    Server,
    /// Several together.
    Servers,
    Role,
    Terms,
    /// A value of a key, and its version.
    Value,
    /// What a client was told.
    Reply,
    Client,
}

impl Kind {
    /// Whether there may be no answer, and a condition asks whether there is one.
    pub(super) const fn may_be_none(self) -> bool {
        matches!(self, Self::Server | Self::Client)
    }

    /// Whether it is compared with other measures: where a word may be any text, `S2` is one.
    pub(super) const fn is_measured(self) -> bool {
        matches!(self, Self::Number | Self::Server | Self::Servers | Self::Role | Self::Terms)
    }

    /// What a word says whose names are filled in.
    ///
    /// # Errors
    /// A sentence, where it says nothing of this kind.
    pub(in crate::cluster) fn read(self, word: &str) -> Result<Answer<'static>, String> {
        if self == Self::Role {
            let role = RoleName::ALL.into_iter().find(|role| role.word() == word);
            return role.map(Answer::Role).ok_or_else(|| format!("{} is no role", shown(word)));
        }
        terms(word).map(|terms| Answer::Terms(terms.into()))
    }
}

/// Where in a line a measure stands: not every row may stand everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// In a condition, before a comparison if one is needed.
    Condition,
    /// Where it is shown or bound.
    Value,
    /// Behind a comparison with something of this kind.
    Operand(Kind),
}

impl Position {
    pub(super) fn admits(self, row: &Row) -> bool {
        match self {
            Self::Condition => true,
            Self::Value => row.has_value() && row.takes != Takes::Hole,
            Self::Operand(kind) => {
                let is_word = kind == Kind::Server && !row.is_of_servers();
                row.has_value() && row.answers == kind && row.takes != Takes::Hole && !is_word
            }
        }
    }

    /// The rows that may stand here: those of servers, or the others.
    pub(super) fn rows(self, of_servers: bool) -> impl Iterator<Item = &'static Row> {
        let fits = move |row: &&Row| row.is_of_servers() == of_servers && self.admits(row);
        measures::all().filter(fits)
    }
}

impl Reader<'_> {
    /// Whether what comes next says of which servers something is asked.
    fn is_before_group(&self) -> bool {
        let ends_group = |word| Position::Condition.rows(true).any(|row| row.is_called(word));
        let (Some(word), Some(second)) = (self.peek_word(), self.peek_second_word()) else {
            return false;
        };
        let may_be = word.contains('{') || who::means_servers(word);
        (second == "of" && quantity(word)) || (may_be && ends_group(second))
    }

    /// Whether a measure comes next that may stand here.
    pub(super) fn is_before_measure(&self, position: Position) -> bool {
        let fits = |of_servers, word| position.rows(of_servers).any(|row| row.is_called(word));
        if self.is_before_group() {
            return self.peek_second_word().is_some_and(|word| fits(true, word));
        }
        self.peek_word().is_some_and(|word| fits(false, word))
    }
}

/// Whether a word before `of` says how many.
fn quantity(word: &str) -> bool {
    matches!(word, "all" | "any" | "none")
        || word.contains('{')
        || word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A measure, without what may stand behind its comparison.
pub(super) fn measure(reader: &mut Reader<'_>, position: Position) -> Parsed<Measure> {
    reader.expect(Expect::Measure(position));
    let group = if reader.is_before_group() { Some(group(reader)?) } else { None };
    if let Some(group) = &group {
        if group.quantity != Quantity::Plain && position != Position::Condition {
            let message = "a quantity of servers has no value: conditions ask for it";
            reader.mistake(reader.last_spot(), message, None);
        }
        reader.expect(Expect::Aspect(position));
    }
    let rows = || position.rows(group.is_some());
    let word = reader.peek_word();
    if group.is_none() && word.is_some_and(|word| word.contains('{')) {
        let mut holes = rows().filter(|row| row.takes == Takes::Hole);
        let row = if reader.is_before_sum() { holes.next() } else { None };
        if let Some(row) = row {
            let number = plain_number(reader)?;
            let argument = Argument::Number(plus(reader, number)?);
            return Some(Measure { row, group, argument });
        }
    }
    let mut named = rows().filter(|row| word.is_some_and(|word| row.is_called(word)));
    let Some(mut row) = named.next() else {
        return no_measure(reader, position, group.is_some());
    };
    reader.step();
    if let Some((_, second)) = row.name.split_once(' ') {
        reader.need_word(second)?;
    }
    // Of two rows with one name, the other says something about a key.
    if let Some(other) = named.next()
        && !reader.is_before_compare(row.answers)
    {
        row = other;
    }
    let argument = argument(reader, row.takes)?;
    Some(Measure { row, group, argument })
}

/// Nothing that can be asked begins here: most likely a server with a misspelt word behind it.
fn no_measure(reader: &mut Reader<'_>, position: Position, known: bool) -> Parsed<Measure> {
    if !known {
        if reader.is_before_option() {
            reader.hint("as `committed x = 3`, or `S3 holds x = 3`");
        }
        reader.who(Clients::Refused)?;
        reader.expect(Expect::Aspect(position));
    }
    reader.fail()
}

/// `S3`, `2 of {group}`.
fn group(reader: &mut Reader<'_>) -> Parsed<Group> {
    if reader.peek_second_word() != Some("of") {
        let who = vec![reader.who(Clients::Refused)?];
        return Some(Group { quantity: Quantity::Plain, who });
    }
    let words = [("all", Quantity::All), ("any", Quantity::Any), ("none", Quantity::None)];
    let quantity = match words.into_iter().find(|(word, _)| Some(*word) == reader.peek_word()) {
        Some((_, quantity)) => {
            reader.step();
            quantity
        }
        None => Quantity::AtLeast(plain_number(reader)?),
    };
    reader.need_word("of")?;
    let ends = |word: &str| Position::Condition.rows(true).any(|row| row.is_called(word));
    let mut who = vec![reader.who(Clients::Refused)?];
    while !reader.peek_word().is_none_or(ends) {
        who.push(reader.who(Clients::Refused)?);
    }
    Some(Group { quantity, who })
}

fn argument(reader: &mut Reader<'_>, takes: Takes) -> Parsed<Argument> {
    Some(match takes {
        Takes::Nothing => Argument::None,
        Takes::Key => Argument::Text(reader.text(Expect::Key)?),
        Takes::Lock => Argument::Text(reader.text(Expect::Lock)?),
        Takes::Client | Takes::Since => Argument::Name(trailing(reader, takes)?),
        Takes::Index | Takes::Hole => Argument::Number(plain_number(reader)?),
        Takes::Peer => Argument::Peer(match reader.peek_word() {
            Some(word) if word.contains('{') || who::means_servers(word) => {
                Some(reader.who(Clients::Refused)?)
            }
            Some(_) | None => {
                reader.expect(Expect::Who);
                None
            }
        }),
        Takes::Role => Argument::Role(one_of(
            reader,
            Expect::Role,
            RoleName::ALL.iter().copied(),
            RoleName::word,
        )?),
        Takes::Option => Argument::Option(choice(reader)?),
        Takes::Invariant => Argument::Invariant(one_of(
            reader,
            Expect::Invariant,
            Invariant::ALL.iter().copied(),
            Invariant::name,
        )?),
        Takes::Outcome => Argument::Outcome(match outcome(reader) {
            Some(outcome) => outcome,
            None => return reader.fail(),
        }),
    })
}

/// An option, which is on where nothing else is said.
fn choice(reader: &mut Reader<'_>) -> Parsed<Choice> {
    let option = option(reader)?;
    let settings = option.about().settings;
    let set = settings.iter().find(|name| reader.keyword(name)).and_then(|name| option.set(name));
    Some(set.unwrap_or(option.on()))
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(
    reader: &mut Reader<'_>,
    what: Expect,
    all: impl Iterator<Item = T>,
    word: impl Fn(T) -> &'static str,
) -> Parsed<T> {
    reader.expect(what);
    let next = reader.peek_word();
    let Some(found) = all.into_iter().find(|one| Some(word(*one)) == next) else {
        return reader.fail();
    };
    reader.step();
    Some(found)
}

/// `[client=NAME]`, `[since MARK]`.
fn trailing(reader: &mut Reader<'_>, takes: Takes) -> Parsed<Option<Text>> {
    if takes == Takes::Client {
        return match Options::new(&["client"]).next(reader)? {
            Some(_) => reader.name(Expect::Client).map(Some),
            None => Some(None),
        };
    }
    if !reader.keyword("since") {
        return Some(None);
    }
    let mark = reader.name(Expect::Mark)?;
    reader.mention(reader.last_spot(), Mention::Mark(mark.clone()));
    Some(Some(mark))
}

impl Measure {
    /// Reads what stands behind the comparison, if it has not been said before.
    pub(super) fn trailing(&mut self, reader: &mut Reader<'_>) -> Parsed<()> {
        if let Argument::Name(None) = self.argument {
            self.argument = Argument::Name(trailing(reader, self.row.takes)?);
        }
        Some(())
    }

    /// The same with every `{name}` filled in, where it may be asked of several servers.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        self.filled_with(filler, |word| filler.whos(word))
    }

    /// The same where it is one value, and so asked of one server.
    ///
    /// # Errors
    /// Those of `filler`, also where a name means several servers.
    pub fn filled_value<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        self.filled_with(filler, |word| filler.who(word).map(|who| vec![who]))
    }

    fn filled_with<F: Filler>(
        &self,
        filler: &F,
        servers: impl Fn(&Who) -> Result<Vec<Who>, F::Error>,
    ) -> Result<Self, F::Error> {
        let group = match &self.group {
            Some(Group { quantity, who }) => {
                let mut all = Vec::with_capacity(who.len());
                for word in who {
                    all.extend(servers(word)?);
                }
                let quantity = match quantity {
                    Quantity::Plain if all.len() > 1 => Quantity::All,
                    Quantity::AtLeast(number) => Quantity::AtLeast(number.filled(filler)?),
                    Quantity::Plain | Quantity::All | Quantity::Any | Quantity::None => {
                        quantity.clone()
                    }
                };
                Some(Group { quantity, who: all })
            }
            None => None,
        };
        let argument = match &self.argument {
            Argument::Text(text) => Argument::Text(filler.text(text)?),
            Argument::Name(Some(name)) => Argument::Name(Some(filler.text(name)?)),
            Argument::Number(number) => Argument::Number(number.filled(filler)?),
            Argument::Peer(Some(peer)) => Argument::Peer(Some(filler.who(peer)?)),
            Argument::None
            | Argument::Name(None)
            | Argument::Peer(None)
            | Argument::Role(_)
            | Argument::Option(_)
            | Argument::Invariant(_)
            | Argument::Outcome(_) => self.argument.clone(),
        };
        Ok(Self { row: self.row, group, argument })
    }

    /// What stands before the comparison.
    pub(super) fn head(&self, f: &mut Formatter<'_>) -> Written {
        let mut name = self.row.name;
        if let Some(Group { quantity, who }) = &self.group {
            match quantity {
                Quantity::Plain => {}
                Quantity::All => f.write_str("all of ")?,
                Quantity::Any => f.write_str("any of ")?,
                Quantity::None => f.write_str("none of ")?,
                Quantity::AtLeast(number) => write!(f, "{number} of ")?,
            }
            write!(f, "{} ", Spaced(who))?;
            if *quantity != Quantity::Plain {
                name = self.row.plural.unwrap_or(name);
            }
        }
        if self.row.takes != Takes::Hole {
            f.write_str(name)?;
        }
        match &self.argument {
            Argument::None | Argument::Name(_) | Argument::Peer(None) => Ok(()),
            Argument::Text(text) => write!(f, " {text}"),
            Argument::Number(number) if self.row.takes == Takes::Hole => number.fmt(f),
            Argument::Number(number) => write!(f, " {number}"),
            Argument::Peer(Some(who)) => write!(f, " {who}"),
            Argument::Role(role) => write!(f, " {}", role.word()),
            Argument::Option(choice) if *choice == choice.option.on() => {
                write!(f, " {}", choice.option)
            }
            Argument::Option(choice) => write!(f, " {} {}", choice.option, choice.setting()),
            Argument::Invariant(invariant) => write!(f, " {}", invariant.name()),
            Argument::Outcome(outcome) => write!(f, " {outcome}"),
        }
    }

    /// What may stand behind the comparison.
    pub(super) fn tail(&self, f: &mut Formatter<'_>) -> Written {
        match (&self.argument, self.row.takes) {
            (Argument::Name(Some(name)), Takes::Client) => write!(f, " client={name}"),
            (Argument::Name(Some(name)), _) => write!(f, " since {name}"),
            _ => Ok(()),
        }
    }
}

impl Display for Measure {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        self.head(f)?;
        self.tail(f)
    }
}
