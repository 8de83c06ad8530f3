//! What Jepsen and Maelstrom write: maps as in `history.edn`, the same as JSON lines, the columns
//! of `history.txt`, and the lines of their console.
//!
//! All say the same of each event: the process, the type (`:invoke`, `:ok`, `:fail`, `:info`), the
//! function, and the value. What they mean is in `docs/histories.md`. Every process is a client,
//! whatever its name is, but for `:nemesis`, who asks for nothing.
//!
//! Whether a pair is a key with its value or a value of its own can't be told from one event: the
//! first read tells it for all. So a history is gone through up to that read, and then from the
//! beginning.

use super::super::history::{Asked, Builder, History, Told};
use super::super::lines::{Function, Model, Outcome};
use super::edn::{Edn, Forms};
use super::event::{Event, Type, of_columns, of_map, of_object};
use super::{FailedCas, Trouble, Wanted, lines, quoted};

/// How a register that was never written is read.
pub const NIL: &str = "nil";
/// The most characters of what a nemesis did.
const FAULT_MAX: usize = 80;
type Events<'a> = Box<dyn Iterator<Item = Result<Event, Trouble>> + 'a>;

/// Operations that are maps, one after the other or in one vector or list.
pub fn parse_edn(text: &str, wanted: Wanted) -> Result<History, Trouble> {
    let events = || -> Events<'_> {
        Box::new(Forms::unwrapped(text).map(|form| {
            let (line, form) = form?;
            of_map(line, form)
        }))
    };
    history("EDN", wanted, events)
}

/// Operations that are JSON objects, a line each.
pub fn parse_json(text: &str, wanted: Wanted) -> Result<History, Trouble> {
    let events = || -> Events<'_> {
        Box::new(lines(text).map(|line| {
            let (number, line) = line?;
            of_object(number, line)
        }))
    };
    history("JSON lines of Jepsen", wanted, events)
}

/// Operations in columns, a line each, as in `history.txt`.
pub fn parse_columns(text: &str, wanted: Wanted) -> Result<History, Trouble> {
    let events = || -> Events<'_> {
        Box::new(lines(text).map(|line| {
            let (number, line) = line?;
            let missing = || {
                let why =
                    format!("expected columns as in `3 :invoke :write 4`, not {}", quoted(line));
                Trouble::at(number, why)
            };
            of_columns(number, line)?.ok_or_else(missing)
        }))
    };
    history("columns of Jepsen", wanted, events)
}

/// The lines of a console. One that tells of no operation is passed over.
pub fn parse_log(text: &str, wanted: Wanted) -> Result<History, Trouble> {
    let events = || -> Events<'_> {
        Box::new(lines(text).filter_map(|line| {
            let read = |(number, line)| match message(line) {
                Some(message) => of_columns(number, message),
                None => Ok(None),
            };
            line.and_then(read).transpose()
        }))
    };
    if events().next().is_none() {
        return Err(Trouble::whole(
            "there is no operation in it; expected the lab's JSON lines, EDN as in history.edn, \
             columns as in history.txt, or a console log with lines such as \
             `INFO  jepsen.util - 3 :invoke :write 4`",
        ));
    }
    history("console log", wanted, events)
}

/// What stands behind the name of the logger.
fn message(line: &str) -> Option<&str> {
    let at = line.find("jepsen.util")?;
    let (_, rest) = line[at..].split_once([' ', ':'])?;
    // A dash may stand between, and a process may begin with one, or with a colon.
    let rest = rest.trim_start();
    Some(rest.strip_prefix("- ").unwrap_or(rest))
}

/// Where the key of an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    /// There is none: all are on one object.
    None,
    /// In `:key`.
    Field,
    /// Before the value, in a pair: `[key value]`, for a cas `[key [old new]]`.
    Pair,
}

/// Where the keys of a history stand, and the line that tells. A read asks for `nil`, or for
/// `[key nil]`; where nobody reads, values that are all pairs have keys in them.
fn keys(events: Events<'_>) -> (Keys, u64) {
    let mut told = None;
    let calls = events.map_while(Result::ok);
    for call in calls.filter(|event| event.kind == Type::Invoke && !event.is_nemesis()) {
        let is_pair = match (&*call.f, call.pair()) {
            ("cas", Some((_, both))) => both.pair().is_some(),
            (_, pair) => pair.is_some(),
        };
        let keys = match (&call.key, is_pair) {
            (Some(_), _) => Keys::Field,
            (None, true) => Keys::Pair,
            (None, false) => Keys::None,
        };
        if keys == Keys::Field || call.is_read() {
            return (keys, call.line);
        }
        if told.is_none() || keys == Keys::None {
            told = Some((keys, call.line));
        }
    }
    told.unwrap_or((Keys::None, 1))
}

/// Makes a history of events.
fn history<'a>(
    form: &'static str,
    wanted: Wanted,
    events: impl Fn() -> Events<'a>,
) -> Result<History, Trouble> {
    let keys = keys(events());
    let mut reader = Reader { form, wanted, keys, builder: None, early: Vec::new() };
    for event in events() {
        reader.take(&event?)?;
    }
    let model = reader.wanted.model.unwrap_or(Model::Register);
    let mut builder = reader.builder.unwrap_or_else(|| Builder::new(model, form));
    for (what, line, at_us) in reader.early {
        builder.fault(what, line, at_us);
    }
    Ok(builder.finish())
}

struct Reader {
    form: &'static str,
    wanted: Wanted,
    keys: (Keys, u64),
    builder: Option<Builder>,
    /// Faults before the first operation has told what the model is.
    early: Vec<(String, u64, Option<u64>)>,
}

impl Reader {
    fn take(&mut self, event: &Event) -> Result<(), Trouble> {
        if event.is_nemesis() {
            self.fault(event);
            return Ok(());
        }
        let (f, model) = self.function(event)?;
        let (form, early) = (self.form, &mut self.early);
        let builder = self.builder.get_or_insert_with(|| Builder::new(model, form));
        for (what, line, at_us) in early.drain(..) {
            builder.fault(what, line, at_us);
        }
        let process = event.process.to_string();
        if event.kind == Type::Invoke {
            let asked = asked(model, f, event, self.keys)?;
            return builder.call(&process, asked, event.line, event.at_us);
        }
        let open = builder.open(&process, event.line)?;
        if open.f != f {
            let (ends, asked) = (f.with_article(), open.f.with_article());
            let why = format!("process {process} ends {ends}, and has asked for {asked}");
            return Err(Trouble::at(event.line, why));
        }
        let mut told = told(model, open, event, self.keys.0)?;
        if told.outcome == Some(Outcome::Refused) {
            builder.failed_cas(self.wanted.failed_cas);
            if self.wanted.failed_cas == FailedCas::NotDone {
                told = Told::of(Outcome::Failed, String::new());
            }
        }
        builder.end(&process, told, event.line, event.at_us)
    }

    fn fault(&mut self, event: &Event) {
        let what = match &event.value {
            Edn::Nil => event.f.to_string(),
            value => format!("{} {value}", event.f),
        };
        let what: String = what.trim_end().chars().take(FAULT_MAX).collect();
        match &mut self.builder {
            Some(builder) => builder.fault(what, event.line, event.at_us),
            None => self.early.push((what, event.line, event.at_us)),
        }
    }

    /// What is asked for, and of which model that is. The first tells it for the history.
    fn function(&mut self, event: &Event) -> Result<(Function, Model), Trouble> {
        let (f, of) = match &*event.f {
            "read" => (Function::Read, Model::Register),
            "write" => (Function::Write, Model::Register),
            "cas" => (Function::Cas, Model::Register),
            "get" => (Function::Get, Model::Store),
            "put" => (Function::Put, Model::Store),
            "append" => (Function::Append, Model::Store),
            other => {
                let why = format!(
                    ":f is {}; expected :read, :write and :cas of registers, or :get, :put and \
                     :append of a store",
                    quoted(other)
                );
                return Err(Trouble::at(event.line, why));
            }
        };
        let model = *self.wanted.model.get_or_insert(of);
        if model == of {
            return Ok((f, model));
        }
        let why = format!("the model {} has no {}", model.name(), f.name());
        Err(Trouble::at(event.line, why))
    }
}

/// A value as a model knows it: a register holds anything, a store texts.
fn text(model: Model, value: &Edn, line: u64) -> Result<String, Trouble> {
    match (model, value) {
        (Model::Register, value) => Ok(value.to_string()),
        (Model::Store | Model::Versioned, Edn::Nil) => Ok(String::new()),
        (Model::Store | Model::Versioned, Edn::Text(text)) => Ok(text.to_string()),
        (Model::Store | Model::Versioned, value) => {
            let shown = quoted(&value.to_string());
            Err(Trouble::at(line, format!("a store holds texts: expected one, not {shown}")))
        }
    }
}

fn asked(model: Model, f: Function, event: &Event, keys: (Keys, u64)) -> Result<Asked, Trouble> {
    let refuse = |why: String| Err(Trouble::at(event.line, why));
    let mixed = || {
        let does = if keys.0 == Keys::None { "names none" } else { "names one" };
        refuse(format!("some operations name a key, and some don't: line {} {does}", keys.1))
    };
    let (key, value) = match (keys.0, &event.key, event.pair()) {
        (Keys::Field, Some(key), _) => (Some(key), &event.value),
        (Keys::Pair, None, Some((key, value))) => (Some(key), value),
        // It asks for the value of a key.
        (Keys::None, None, Some((_, Edn::Nil))) if event.is_read() => return mixed(),
        (Keys::None, None, _) => (None, &event.value),
        (Keys::Field, None, _) | (Keys::Pair, None, None) => return mixed(),
        (Keys::Pair | Keys::None, Some(_), _) => return mixed(),
    };
    let (value, old) = match (f, value.pair()) {
        (Function::Read | Function::Get, _) => (String::new(), String::new()),
        (Function::Cas, Some((old, new))) => {
            (text(model, new, event.line)?, text(model, old, event.line)?)
        }
        (Function::Cas, None) => {
            let shown = quoted(&value.to_string());
            return refuse(format!("a cas needs a vector [old new], not {shown}"));
        }
        (Function::Write | Function::Put | Function::Append, _) => {
            (text(model, value, event.line)?, String::new())
        }
    };
    Ok(Asked { f, key: key.map(Edn::to_string), value, old, version: 0 })
}

fn told(model: Model, asked: &Asked, event: &Event, keys: Keys) -> Result<Told, Trouble> {
    let refuse = |why: &str| Err(Trouble::at(event.line, why));
    let (key, value) = match (keys, event.pair()) {
        (Keys::Field, _) => (event.key.as_ref(), &event.value),
        (Keys::Pair, Some((key, value))) => (Some(key), value),
        (Keys::Pair | Keys::None, _) => (None, &event.value),
    };
    // What failed may say anything in the place of a value.
    if event.kind == Type::Ok && key.is_some_and(|key| Some(key.to_string()) != asked.key) {
        return refuse("the answer is about another key");
    }
    Ok(match (event.kind, asked.f) {
        (Type::Ok, Function::Read | Function::Get) if keys == Keys::Pair && key.is_none() => {
            return refuse("the answer names no key");
        }
        (Type::Ok, Function::Read | Function::Get) => {
            Told::of(Outcome::Ok, text(model, value, event.line)?)
        }
        (Type::Ok, Function::Write | Function::Put | Function::Append | Function::Cas) => {
            let same = match (asked.f, value.pair()) {
                (_, _) if *value == Edn::Nil => true,
                (Function::Cas, Some((old, new))) => {
                    (text(model, old, event.line)?, text(model, new, event.line)?)
                        == (asked.old.clone(), asked.value.clone())
                }
                (Function::Cas, None) => true,
                (_, _) => text(model, value, event.line)? == asked.value,
            };
            if !same {
                return refuse("what is done is not what was asked for: the values differ");
            }
            Told::of(Outcome::Ok, String::new())
        }
        (Type::Fail, Function::Cas) if is_mismatch(event.error.as_ref()) => {
            Told::of(Outcome::Refused, String::new())
        }
        (Type::Fail, _) => Told::of(Outcome::Failed, String::new()),
        (Type::Info | Type::Invoke, _) => Told::UNKNOWN,
    })
}

/// Whether a cas failed because the register held something else: without an error, or with one
/// that says so.
fn is_mismatch(error: Option<&Edn>) -> bool {
    let words = ["precondition-failed", "key-does-not-exist", "not-found", "[22 ", "[20 "];
    let told = error.map(Edn::to_string);
    told.is_none_or(|error| words.iter().any(|word| error.contains(word)))
}
