//! A whole script: from its bytes to a [`Script`], or to all that is wrong with it.
//!
//! One pass reads line after line and checks each against what came before: the head, the blocks
//! that are open ([`blocks`](super::blocks)) and the names that are bound there. What may stand
//! further down (the task that a `wait` waits for) is looked up at the end. Time and memory stay
//! in proportion to the file, whatever is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::blocks::Blocks;
use super::expect::{NEAR_MAX, nearest};
use super::lex::Spot;
use super::parse::{ParsedLine, read_line, too_long};
use super::quantity::grouped;
use super::reader::{Mention, Mistake};
use super::recording::Records;
use super::script::Variant;
use super::script::{BYTES_MAX, LINE_BYTES_MAX, LINES_MAX, MISTAKES_SHOWN, Stage};
use super::start::Start;
use super::text::{Piece, Text};
use super::verbs::{Scope, Verb};
use super::{Block, Command, Deed, Diagnostic, Line, MemberAct, Record, Script, Tell, Who, who};
use crate::cluster::config::CLIENTS_MAX;
use crate::cluster::types::ServerId;

/// The most names of tasks, and of marks.
pub(super) const NAMES_MAX: usize = 1_000;
/// After so many mistakes the rest is not read.
const MISTAKES_MAX: usize = 1_000;

/// Reads a whole script.
pub(super) fn parse_script(name: &str, bytes: &[u8]) -> Result<Script, Vec<Diagnostic>> {
    if bytes.len() > BYTES_MAX {
        let most = BYTES_MAX / (1024 * 1024);
        let message = format!("the file is larger than {most} MiB, the most for a script");
        return Err(vec![Diagnostic::of_file(name, message, None)]);
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = || bytes.split(|byte| *byte == b'\n').filter(|_| !bytes.is_empty());
    let count = lines().count();
    if count > LINES_MAX {
        let (count, most) = (grouped(count as u64), grouped(LINES_MAX as u64));
        let message = format!("the file has {count} lines: a script has {most} at most");
        return Err(vec![Diagnostic::of_file(name, message, None)]);
    }
    let mut checker = Checker::default();
    let mut source: Vec<Box<str>> = Vec::new();
    for (place, raw) in lines().enumerate() {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let number = place as u32 + 1;
        if checker.report.is_full() {
            break;
        }
        source.push(checker.bytes(number, raw));
    }
    checker.finish(name, source)
}

/// What is wrong, by line.
#[derive(Default)]
pub(super) struct Report {
    mistakes: Vec<(u32, Mistake)>,
}

impl Report {
    pub fn add(&mut self, line: u32, mistake: Mistake) {
        if !self.is_full() {
            self.mistakes.push((line, mistake));
        }
    }

    fn is_full(&self) -> bool {
        self.mistakes.len() >= MISTAKES_MAX
    }

    pub fn note(&mut self, line: u32, spot: Spot, message: String, help: Option<String>) {
        self.add(line, Mistake { spot, message, help });
    }

    fn diagnostics(mut self, name: &str, source: &[Box<str>]) -> Vec<Diagnostic> {
        self.mistakes.sort_by_key(|(line, mistake)| (*line, mistake.spot.column));
        let (more, full) = (self.mistakes.len().saturating_sub(MISTAKES_SHOWN), self.is_full());
        let mut diagnostics: Vec<Diagnostic> = self
            .mistakes
            .into_iter()
            .take(MISTAKES_SHOWN)
            .map(|(line, Mistake { spot, message, help })| {
                let text = source.get(line as usize - 1).map_or("", |text| text);
                Diagnostic::in_line(name, line, text, spot, message, help)
            })
            .collect();
        if more > 0 {
            let mistakes = if more == 1 { "mistake" } else { "mistakes" };
            let least = if full { "at least " } else { "" };
            let message = format!("and {least}{more} more {mistakes}");
            diagnostics.push(Diagnostic::of_file(name, message, None));
        }
        diagnostics
    }
}

#[derive(Default)]
struct Checker {
    report: Report,
    start: Start,
    blocks: Blocks,
    lines: Vec<Line>,
    tasks: BTreeSet<Text>,
    marks: BTreeSet<Text>,
    clients: BTreeSet<Text>,
    /// Names that stand where servers could, and where each does so first.
    nodes: BTreeMap<Text, (u32, Spot)>,
    records: Records,
    /// Where the player's part of a challenge stands.
    stage: Stage,
    /// How many servers there are once all lines about members have run.
    servers: usize,
    /// What can only be looked up when the whole script is known.
    pending: Vec<(u32, Spot, Mention)>,
}

impl Checker {
    /// Reads the bytes of one line; gives them back as text.
    fn bytes(&mut self, number: u32, raw: &[u8]) -> Box<str> {
        if self.records.are_foreign() {
            return String::from_utf8_lossy(raw).into();
        }
        let text = match std::str::from_utf8(raw) {
            Ok(text) => text,
            Err(error) => {
                let good = String::from_utf8_lossy(&raw[..error.valid_up_to()]);
                let spot = Spot { column: good.chars().count() as u32 + 1, width: 1 };
                let byte = raw.get(error.valid_up_to()).copied().unwrap_or(0);
                let message = format!("the byte 0x{byte:02x} is no UTF-8");
                let help = "save the script as UTF-8".to_owned();
                self.report.note(number, spot, message, Some(help));
                self.blocks.lose_line();
                return String::from_utf8_lossy(raw).into();
            }
        };
        if raw.len() > LINE_BYTES_MAX {
            let spot = Spot { column: 1, width: 1 };
            self.report.note(number, spot, too_long(raw.len()), None);
            self.blocks.lose_line();
            // What is shown of it is its beginning.
            return text.chars().take(200).collect::<String>().into();
        }
        if let Some(parsed) = read_line(text) {
            self.line(number, parsed);
        }
        text.into()
    }

    fn line(&mut self, number: u32, parsed: ParsedLine) {
        let ParsedLine { verb, spot, only, command, mentions, mistakes } = parsed;
        self.servers = self.servers.max(command.as_ref().map_or(0, added));
        let sound = mistakes.is_empty();
        for mistake in mistakes {
            self.report.add(number, mistake);
        }
        if let Some(verb) = verb
            && (verb.scope == Scope::Recording || self.records.have_begun())
        {
            // Of what it names only the servers are there from the start.
            let servers = |(_, mention): &(Spot, Mention)| matches!(mention, Mention::Server(_));
            for (spot, mention) in mentions.into_iter().filter(servers) {
                self.mention(number, spot, mention);
            }
            return self.record(number, spot, only, verb, command.as_ref());
        }
        for (spot, mention) in mentions {
            self.mention(number, spot, mention);
        }
        let Some(verb) = verb else {
            self.blocks.lose_line();
            return;
        };
        if let Some(only) = only {
            self.variant(number, spot, only, verb);
        }
        if verb.scope == Scope::Head {
            let head = match &command {
                Some(Command::Head(head)) if sound => Some(head),
                _ => None,
            };
            self.start.head(&mut self.report, number, spot, head);
            return;
        }
        self.start.body(number);
        if command.is_none() && verb.name == "let" {
            self.blocks.lose_line();
        } else if !sound {
            self.blocks.lose_duration();
        }
        let place = self.lines.len() as u32;
        let partner = match (verb.name, &command) {
            ("end", _) => self.blocks.close(&mut self.report, number, spot, place),
            ("else", _) => self.blocks.otherwise(&mut self.report, number, spot, place),
            _ if verb.scope == Scope::Block => {
                let block = match &command {
                    Some(Command::Block(block)) => Some(block),
                    _ => None,
                };
                self.blocks.open(&mut self.report, number, spot, place, verb, block);
                None
            }
            (_, command) => {
                self.blocks.line(command.as_ref());
                None
            }
        };
        if let Some(opening) = partner.and_then(|partner| self.lines.get_mut(partner as usize)) {
            opening.partner = place;
        }
        // With a line that can't be read no script comes of them, whatever their places are.
        let Some(command) = command else { return };
        if let Command::Block(Block::Task { name }) = &command {
            remember(&mut self.report, &mut self.tasks, name, (number, spot), ("tasks", NAMES_MAX));
        }
        if let Some(name) = marked(&command) {
            remember(&mut self.report, &mut self.marks, name, (number, spot), ("marks", NAMES_MAX));
        }
        self.challenged(number, spot, &command);
        self.lines.push(Line { number, command, only, partner: partner.unwrap_or(place) });
    }

    /// In a challenge `turn` and `judge` stand once, in this order, and between them only what it
    /// allows. How often a line runs, nobody knows before.
    fn challenged(&mut self, number: u32, spot: Spot, command: &Command) {
        let turns = |tell, from, to| (*command == Command::Tell(tell)).then_some((from, to));
        let stage = turns(Tell::Turn, Stage::Before, Stage::Open)
            .or_else(|| turns(Tell::Judge, Stage::Open, Stage::Over));
        let Some(challenge) = &self.start.challenge else {
            if stage.is_some() {
                let message = "this stands in challenges".to_owned();
                let help =
                    "`challenge NAME commands=N allow=VERB,VERB` in the head makes one of it";
                self.report.note(number, spot, message, Some(help.to_owned()));
            }
            return;
        };
        if let Some((from, to)) = stage {
            if self.stage != from || self.blocks.are_open() {
                let message =
                    "`turn` and `judge` stand once, in this order, in no block".to_owned();
                self.report.note(number, spot, message, None);
            }
            self.stage = to;
            return;
        }
        if let (Stage::Open, Command::Deed(deed)) = (self.stage, command.then()) {
            let text = deed.to_string();
            let verb = text.split(' ').next().unwrap_or_default();
            if !challenge.allow.iter().any(|allowed| allowed.as_str() == verb) {
                let message = format!("the challenge does not allow `{verb}`");
                let help = format!("it allows {}", challenge.allowed());
                self.report.note(number, spot, message, Some(help));
            }
        }
    }

    /// A line of a recording. What it names means what it means at its place in the run, so that
    /// whatever was done can be read.
    fn record(
        &mut self,
        number: u32,
        spot: Spot,
        only: Option<Variant>,
        verb: &Verb,
        command: Option<&Command>,
    ) {
        if let Some(only) = only {
            let message = format!("`{}` can't stand before `{}`", only.word(), verb.name);
            self.report.note(number, spot, message, None);
        }
        if self.blocks.are_open() {
            let message = format!("`{}` can't stand inside a block", verb.name);
            self.report.note(number, spot, message, Some("put it after the last `end`".into()));
        }
        self.start.body(number);
        self.records.take(&mut self.report, (number, spot), command);
    }

    /// A line of one run only: the script must have two, and the blocks be the same in both.
    fn variant(&mut self, number: u32, spot: Spot, only: Variant, verb: &Verb) {
        let word = only.word();
        let block = verb.scope == Scope::Block || matches!(verb.name, "end" | "else");
        let (message, help) = if self.start.shows.is_none() {
            let help = "`shows flaw=NAME breaks=INVARIANT` in the head makes two runs of it";
            (format!("`{word}` stands in scripts that show a flaw"), help)
        } else if verb.scope == Scope::Head || block {
            let help = "give the lines inside the block their `with:` or `without:`";
            (format!("`{word}` can't stand before `{}`", verb.name), help)
        } else {
            return;
        };
        self.report.note(number, spot, message, Some(help.to_owned()));
    }

    fn mention(&mut self, number: u32, spot: Spot, mention: Mention) {
        match mention {
            // It may be added by a line further down, which another task runs.
            Mention::Server(server) => {
                let servers = self.start.config.servers;
                if server.index() >= usize::from(servers) && self.start.is_known() {
                    self.pending.push((number, spot, mention));
                }
            }
            Mention::Hole(name) => self.blocks.hole(&mut self.report, number, spot, &name),
            Mention::Client(name) => {
                let most = ("clients", CLIENTS_MAX);
                remember(&mut self.report, &mut self.clients, &name, (number, spot), most);
            }
            Mention::Node(name) if self.nodes.len() <= CLIENTS_MAX => {
                self.nodes.entry(name).or_insert((number, spot));
            }
            Mention::Node(_) => {
                let message = format!("more than {CLIENTS_MAX} clients");
                self.report.note(number, spot, message, None);
            }
            Mention::Fallen(why) => self.report.note(number, spot, why.into(), None),
            Mention::Task(_) | Mention::Mark(_) => self.pending.push((number, spot, mention)),
        }
    }

    /// Looks up what could only be looked up now.
    fn look_up(&mut self) {
        let (tasks, marks) = (Names::new(&self.tasks), Names::new(&self.marks));
        for (number, spot, mention) in std::mem::take(&mut self.pending) {
            let (message, help) = match mention {
                Mention::Server(server) if server.index() >= self.servers => {
                    let servers = self.start.config.servers;
                    (format!("there is no {server}: {}", known(servers)), None)
                }
                Mention::Task(name) if !tasks.knows(&name) => {
                    (format!("no task is called `{}`", name.as_str()), tasks.near(&name))
                }
                Mention::Mark(name) if !marks.knows(&name) => {
                    (format!("no mark is called `{}`", name.as_str()), marks.near(&name))
                }
                Mention::Task(_)
                | Mention::Mark(_)
                | Mention::Node(_)
                | Mention::Client(_)
                | Mention::Server(_)
                | Mention::Fallen(_)
                | Mention::Hole(_) => continue,
            };
            self.report.note(number, spot, message, help);
        }
        // A client that no line puts to work may still be meant; a slip of the pen is not.
        let nodes = std::mem::take(&mut self.nodes).into_iter();
        let nobody = |name: &Text| !self.clients.contains(name) && !self.tasks.contains(name);
        for (name, (number, spot)) in nodes.filter(|(name, _)| nobody(name)) {
            if let Some(near) = who::meant(name.as_str()) {
                let message = format!("no client is called `{}`", name.as_str());
                let help = format!("did you mean `{near}`?");
                self.report.note(number, spot, message, Some(help));
            }
        }
    }

    fn finish(mut self, name: &str, source: Vec<Box<str>>) -> Result<Script, Vec<Diagnostic>> {
        if !self.report.is_full() {
            self.blocks.finish(&mut self.report);
            self.look_up();
            if self.start.challenge.is_some() && self.stage != Stage::Over {
                let message =
                    "a challenge has a line `turn` and behind it a line `judge`".to_owned();
                let last = source.len() as u32;
                self.report.note(last, Spot { column: 1, width: 1 }, message, None);
            }
        }
        if !self.report.mistakes.is_empty() {
            return Err(self.report.diagnostics(name, &source));
        }
        let Start { config, shows, challenge, .. } = self.start;
        let challenge = challenge.map(Arc::new);
        let (doings, recording) = self.records.finish();
        let (name, lines, source) = (name.into(), self.lines.into(), source.into());
        let variant = Variant::With;
        Ok(Script { name, shows, variant, challenge, config, lines, doings, recording, source })
    }
}

fn known(servers: u8) -> String {
    let first = ServerId::from_index(0);
    match ServerId::first(servers).next_back() {
        Some(last) if last != first => format!("the servers are {first} to {last}"),
        _ => format!("{first} is the only server"),
    }
}

/// How many servers there are at least once a line has run that makes servers members.
fn added(command: &Command) -> usize {
    let done =
        if let Command::Record(Record::Did { command, .. }) = command { command } else { command };
    let Command::Deed(Deed::Members(act, who)) = done.then() else { return 0 };
    let named = who.iter().filter(|_| *act != MemberAct::Remove).filter_map(Who::server);
    named.map(|server| server.index() + 1).max().unwrap_or(0)
}

/// Adds a name to those of its kind, of which there may be so many.
fn remember(
    report: &mut Report,
    names: &mut BTreeSet<Text>,
    name: &Text,
    (number, spot): (u32, Spot),
    (kind, most): (&str, usize),
) {
    if names.contains(name) {
        return;
    }
    if names.len() < most {
        names.insert(name.clone());
    } else {
        report.note(number, spot, format!("more than {} {kind}", grouped(most as u64)), None);
    }
}

/// The mark that a command sets, now or later.
fn marked(command: &Command) -> Option<&Text> {
    if let Command::Tell(Tell::Mark(name)) = command.then() { Some(name) } else { None }
}

/// Names that a script gives, some of them with holes that only the run fills.
struct Names<'a> {
    names: &'a BTreeSet<Text>,
    /// For names with holes, what stands before the first and after the last.
    patterns: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Names<'a> {
    fn new(names: &'a BTreeSet<Text>) -> Self {
        let patterns = names.iter().filter(|name| name.has_holes()).map(fixed_ends).collect();
        Self { names, patterns }
    }

    /// Whether the run may give this name.
    fn knows(&self, name: &Text) -> bool {
        if self.names.contains(name) {
            return true;
        }
        let (start, end) = fixed_ends(name);
        let fits = |(other_start, other_end): &(&str, &str)| {
            (start.starts_with(other_start) || other_start.starts_with(start))
                && (end.ends_with(other_end) || other_end.ends_with(end))
        };
        if name.has_holes() && self.names.iter().any(|name| fits(&fixed_ends(name))) {
            return true;
        }
        let literal = name.as_str();
        self.patterns.iter().any(|pattern| {
            if name.has_holes() {
                fits(pattern)
            } else {
                literal.len() > pattern.0.len() + pattern.1.len()
                    && literal.starts_with(pattern.0)
                    && literal.ends_with(pattern.1)
            }
        })
    }

    fn near(&self, name: &Text) -> Option<String> {
        let near = nearest(name.as_str(), self.names.iter().take(NEAR_MAX).map(Text::as_str));
        near.map(|near| format!("did you mean `{near}`?"))
    }
}

/// What stands before the first hole and after the last; for a name without holes, itself twice.
fn fixed_ends(name: &Text) -> (&str, &str) {
    let literal = |piece| match piece {
        Some(Piece::Literal(text)) => text,
        Some(Piece::Hole(_) | Piece::Stray) | None => "",
    };
    let mut pieces = name.pieces();
    let first = literal(pieces.next());
    (first, pieces.last().map_or(first, |piece| literal(Some(piece))))
}
