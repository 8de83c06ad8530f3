//! One line: from its words to a command, or to all that is wrong with it.

use super::expect::Expect;
use super::lex::{Kind, Spot};
use super::quantity::shown;
use super::reader::{Mention, Mistake, Reader};
use super::script::{LINE_BYTES_MAX, Variant};
use super::verbs::{self, Verb};
use super::{Command, Condition, Diagnostic, Flow};
use crate::cluster::command::expect::nearest;
use crate::cluster::types::ServerId;

/// What a line that is not blank says.
pub(super) struct ParsedLine {
    /// `None` when it begins with no verb.
    pub verb: Option<&'static Verb>,
    /// Where the verb stands.
    pub spot: Spot,
    /// The `with:` or `without:` before it.
    pub only: Option<Variant>,
    /// `None` only if there are mistakes. With mistakes, what is out of bounds is made up.
    pub command: Option<Command>,
    pub mentions: Vec<(Spot, Mention)>,
    pub mistakes: Vec<Mistake>,
}

/// Reads a line; `None` when nothing stands on it.
///
/// A verb that does not exist is read as the nearest one that does, so that a misspelt `loop`
/// still has its `end` and a misspelt `let` its name; what else is wrong with such a line is
/// anybody's guess and not reported.
pub(super) fn read_line(line: &str) -> Option<ParsedLine> {
    let mut reader = Reader::new(line);
    reader.peek()?;
    let only = reader.peek_word().and_then(Variant::from_word);
    if only.is_some() {
        reader.step();
    }
    let spot = reader.spot();
    let (verb, command) = read_command(&mut reader);
    let Reader { mentions, mut mistakes, .. } = reader;
    if mistakes.first().is_some_and(|mistake| mistake.spot == spot) {
        mistakes.truncate(1);
    }
    Some(ParsedLine { verb, spot, only, command, mentions, mistakes })
}

/// Reads a command up to the end of the line.
pub(super) fn read_command(reader: &mut Reader<'_>) -> (Option<&'static Verb>, Option<Command>) {
    let Some(verb) = verb(reader) else { return (None, None) };
    reader.step();
    let command = (verb.parse)(reader);
    // A mistake may have left the reader anywhere, so only a good command must reach the end.
    let command = command.filter(|_| reader.end().is_some());
    (Some(verb), command)
}

fn verb(reader: &mut Reader<'_>) -> Option<&'static Verb> {
    reader.expect(Expect::Verb);
    let Some(Kind::Word(word)) = reader.peek() else { return reader.fail() };
    if let Some(verb) = verbs::find(word) {
        return Some(verb);
    }
    let near = nearest(word, verbs::all().map(|verb| verb.name));
    let help = near.map(|near| format!("did you mean `{near}`?"));
    reader.mistake(reader.spot(), format!("there is no command {}", shown(word)), help);
    near.and_then(verbs::find)
}

/// Something that a line refers to and that only a running cluster can confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    Server(ServerId),
    /// A `{name}`.
    Name(&'a str),
    /// A client that stands where a server may.
    Node(&'a super::Text),
    /// A log that there can't be, and why.
    Fallen(&'a str),
}

/// Reads one command: a line of the prompt, or of a recording.
///
/// What only a whole script or a running cluster can know (whether S9 exists, what `{old}` is) is
/// not looked at. Where the command may stand is [`Verb::scope`]'s to say.
///
/// # Errors
/// The first mistake of the line.
pub fn parse_line(line: &str) -> Result<Command, Diagnostic> {
    parse_typed(line, |_| Ok(()))
}

/// Reads a condition by itself, as it stands behind `expect`.
///
/// # Errors
/// The first mistake in it, with its place in `text`.
pub fn parse_condition(
    text: &str,
    known: impl Fn(Reference<'_>) -> Result<(), String>,
) -> Result<Condition, Diagnostic> {
    const BEFORE: &str = "expect ";
    match parse_typed(&format!("{BEFORE}{text}"), known) {
        Ok(Command::Flow(Flow::Expect(condition))) => Ok(condition),
        Ok(_) => Err(Diagnostic::of_line("", 1, text, "expected a condition".into(), None)),
        Err(diagnostic) => Err(diagnostic.behind(BEFORE)),
    }
}

/// Reads one command, of which `known` confirms what it refers to, or says why it can't.
///
/// # Errors
/// The first mistake of the line.
pub fn parse_typed(
    line: &str,
    known: impl Fn(Reference<'_>) -> Result<(), String>,
) -> Result<Command, Diagnostic> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Diagnostic::of_file("", too_long(line.len()), None));
    }
    let wrong =
        |Mistake { spot, message, help }| Diagnostic::in_line("", 1, line, spot, message, help);
    let nothing = || Mistake {
        spot: Spot { column: 1, width: 1 },
        message: "expected a command".to_owned(),
        help: None,
    };
    let parsed = read_line(line).ok_or_else(|| wrong(nothing()))?;
    if let Some(only) = parsed.only {
        let message = format!("`{}` stands in scripts that show a flaw", only.word());
        return Err(wrong(Mistake { spot: parsed.spot, message, help: None }));
    }
    let unknown = || {
        parsed.mentions.iter().find_map(|(spot, mention)| {
            let reference = match mention {
                Mention::Server(id) => Reference::Server(*id),
                Mention::Hole(name) => Reference::Name(name),
                Mention::Node(name) => Reference::Node(name),
                Mention::Fallen(why) => Reference::Fallen(why),
                Mention::Client(_) | Mention::Task(_) | Mention::Mark(_) => return None,
            };
            let message = known(reference).err()?;
            Some(Mistake { spot: *spot, message, help: None })
        })
    };
    let first = parsed.mistakes.first().cloned().or_else(unknown);
    match (first, parsed.command) {
        (Some(mistake), _) => Err(wrong(mistake)),
        (None, Some(command)) => Ok(command),
        (None, None) => Err(wrong(nothing())),
    }
}

pub(super) fn too_long(bytes: usize) -> String {
    format!("the line has {bytes} bytes: a line has {LINE_BYTES_MAX} at most")
}
