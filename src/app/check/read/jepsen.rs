//! What Jepsen and Maelstrom write: maps as in `history.edn`, and the lines of their console.
//!
//! Both say the same of each event: the process, the type (`:invoke`, `:ok`, `:fail`, `:info`),
//! the function, and the value. What they mean is in `docs/histories.md`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use clojure_reader::edn::Edn;

use super::super::history::{Asked, Builder, History, Told};
use super::super::lines::{Function, Model, Outcome};
use super::edn::{Forms, read};
use super::{Trouble, lines, quoted};

/// How a register that was never written is read.
pub const NIL: &str = "nil";
/// The most characters of what a nemesis did.
const FAULT_MAX: usize = 80;

type Map<'a> = BTreeMap<Edn<'a>, Edn<'a>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Type {
    fn of(word: &str) -> Option<Self> {
        match word {
            "invoke" => Some(Self::Invoke),
            "ok" => Some(Self::Ok),
            "fail" => Some(Self::Fail),
            "info" => Some(Self::Info),
            _ => None,
        }
    }
}

/// What one line or one map says.
struct Event<'a> {
    line: u64,
    process: String,
    is_nemesis: bool,
    kind: Type,
    f: String,
    key: Option<Edn<'a>>,
    value: Edn<'a>,
    error: Option<String>,
    at_us: Option<u64>,
}

/// Operations that are maps.
pub fn parse_maps<'a>(
    forms: impl Iterator<Item = Result<(u64, &'a str), Trouble>>,
    model: Option<Model>,
) -> Result<History, Trouble> {
    let mut reader = Reader::new("EDN", model);
    for form in forms {
        let (line, form) = form?;
        let mut operation = read(line, form)?;
        let Some(map) = map(&mut operation) else {
            let why = format!("expected a map such as {{:type :invoke, ..}}, not {}", quoted(form));
            return Err(Trouble::at(line, why));
        };
        let event = event(line, map)?;
        reader.take(event)?;
    }
    Ok(reader.finish())
}

/// The fields of an operation, or of a record: `#jepsen.history.Op{..}`.
const fn map<'e, 'a>(edn: &'e mut Edn<'a>) -> Option<&'e mut Map<'a>> {
    match edn {
        Edn::Map(map) => Some(map),
        Edn::Tagged(_, inside) => match &mut **inside {
            Edn::Map(map) => Some(map),
            _ => None,
        },
        _ => None,
    }
}

/// The fields that count, of a map.
fn event<'a>(line: u64, map: &mut Map<'a>) -> Result<Event<'a>, Trouble> {
    let mut field = |name: &'static str| map.remove(&Edn::Key(Cow::Borrowed(name)));
    let (process, kind, f) = (field("process"), field("type"), field("f"));
    let (key, value) = (field("key"), field("value").unwrap_or(Edn::Nil));
    let error = field("error").map(|error| error.to_string()).filter(|error| error != NIL);
    let at_us = match field("time") {
        Some(Edn::Int(nanos)) => u64::try_from(nanos / 1_000).ok(),
        Some(_) | None => None,
    };
    let missing = |name: &str| Trouble::at(line, format!("this operation has no {name}"));
    let process = process.ok_or_else(|| missing(":process"))?;
    let (kind, f) = (kind.ok_or_else(|| missing(":type"))?, f.ok_or_else(|| missing(":f"))?);
    let kind = Type::of(&word(&kind)).ok_or_else(|| {
        let why =
            format!(":type is {}; expected :invoke, :ok, :fail or :info", quoted(&word(&kind)));
        Trouble::at(line, why)
    })?;
    let is_nemesis = !matches!(process, Edn::Int(_));
    let (process, f) = (word(&process).into_owned(), word(&f).into_owned());
    Ok(Event { line, process, is_nemesis, kind, f, key, value, error, at_us })
}

/// A keyword, a symbol or a text without what marks it as such; anything else as it is written.
fn word<'a>(edn: &'a Edn<'_>) -> Cow<'a, str> {
    match edn {
        Edn::Key(word) | Edn::Symbol(word) | Edn::Str(word) => Cow::Borrowed(word),
        _ => Cow::Owned(edn.to_string()),
    }
}

/// The lines of a console. One that tells of no operation is passed over.
pub fn parse_log(text: &str, model: Option<Model>) -> Result<History, Trouble> {
    let mut reader = Reader::new("console log", model);
    for line in lines(text) {
        let (number, line) = line?;
        let Some(message) = message(line) else { continue };
        if let Some(event) = logged(number, message)? {
            reader.take(event)?;
        }
    }
    if reader.builder.is_none() {
        return Err(Trouble::whole(
            "there is no operation in it; expected the lab's JSON lines, EDN as in history.edn, \
             or a console log with lines such as `INFO  jepsen.util - 3 :invoke :write 4`",
        ));
    }
    Ok(reader.finish())
}

/// What stands behind the name of the logger.
fn message(line: &str) -> Option<&str> {
    let at = line.find("jepsen.util")?;
    line[at..].split_once([' ', ':']).map(|(_, rest)| rest.trim_start_matches([' ', '-', ':']))
}

/// `3 :invoke :write 4`, perhaps with an error behind it.
fn logged(line: u64, message: &str) -> Result<Option<Event<'_>>, Trouble> {
    let mut fields = message.split_whitespace();
    let (Some(process), Some(kind)) = (fields.next(), fields.next()) else { return Ok(None) };
    let is_nemesis = process == ":nemesis";
    if !(is_nemesis || process.bytes().all(|byte| byte.is_ascii_digit())) {
        return Ok(None);
    }
    let Some(kind) = kind.strip_prefix(':').and_then(Type::of) else { return Ok(None) };
    let mut forms = Vec::new();
    for form in Forms::new(message, line).skip(2) {
        match form {
            Ok((_, form)) => forms.push(form),
            // What a nemesis says of itself need not be data.
            Err(_) if is_nemesis => break,
            Err(trouble) => return Err(trouble),
        }
    }
    let Some(f) = forms.first().map(|f| f.trim_start_matches(':').to_owned()) else {
        return Err(Trouble::at(line, "expected what is asked for, such as :read"));
    };
    let (value, error) = match forms.get(1) {
        _ if is_nemesis => (Edn::Str(forms[1..].join(" ").into()), None),
        None => (Edn::Nil, None),
        Some(value) => (read(line, value)?, forms.get(2).map(|error| (*error).to_owned())),
    };
    // An error may stand in the place of the value.
    let (value, error) = match (&value, kind) {
        (Edn::Key(error), Type::Fail | Type::Info) => (Edn::Nil, Some(error.to_string())),
        (_, _) => (value, error),
    };
    let process = process.trim_start_matches(':').to_owned();
    Ok(Some(Event { line, process, is_nemesis, kind, f, key: None, value, error, at_us: None }))
}

/// Makes a history of events.
struct Reader {
    form: &'static str,
    model: Option<Model>,
    builder: Option<Builder>,
    /// Faults before the first operation has told what the model is.
    early: Vec<(String, u64, Option<u64>)>,
}

impl Reader {
    const fn new(form: &'static str, model: Option<Model>) -> Self {
        Self { form, model, builder: None, early: Vec::new() }
    }

    fn finish(self) -> History {
        let model = self.model.unwrap_or(Model::Register);
        self.builder.unwrap_or_else(|| Builder::new(model, self.form)).finish()
    }

    fn take(&mut self, event: Event) -> Result<(), Trouble> {
        if event.is_nemesis {
            self.fault(&event);
            return Ok(());
        }
        let f = self.function(&event)?;
        let (form, model) = (self.form, self.model.unwrap_or(Model::Register));
        let early = std::mem::take(&mut self.early);
        let builder = self.builder.get_or_insert_with(|| {
            let mut builder = Builder::new(model, form);
            early.into_iter().for_each(|(what, line, at)| builder.fault(what, line, at));
            builder
        });
        match event.kind {
            Type::Invoke => {
                let Event { ref process, line, at_us, .. } = event;
                builder.call(process, asked(model, f, &event)?, line, at_us)
            }
            Type::Ok | Type::Fail | Type::Info => {
                let asked = builder.open(&event.process, event.line)?;
                if asked.f != f {
                    let why = format!(
                        "process {} ends a {}, and has asked for a {}",
                        event.process,
                        f.name(),
                        asked.f.name()
                    );
                    return Err(Trouble::at(event.line, why));
                }
                let told = told(asked, &event)?;
                builder.end(&event.process, told, event.line, event.at_us)
            }
        }
    }

    fn fault(&mut self, event: &Event) {
        let value = word(&event.value);
        let what = if value.is_empty() || value == NIL {
            event.f.clone()
        } else {
            format!("{} {value}", event.f)
        };
        let what: String = what.chars().take(FAULT_MAX).collect();
        match &mut self.builder {
            Some(builder) => builder.fault(what, event.line, event.at_us),
            None => self.early.push((what, event.line, event.at_us)),
        }
    }

    /// What is asked for. The first tells of which model the history is.
    fn function(&mut self, event: &Event) -> Result<Function, Trouble> {
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
        let model = *self.model.get_or_insert(of);
        if model == of {
            return Ok(f);
        }
        let why = format!("the model {} has no {}", model.name(), f.name());
        Err(Trouble::at(event.line, why))
    }
}

/// The key of an operation, and its value. A key stands beside the value, or before it in a
/// vector: `[key value]`, for a cas `[key [old new]]`.
fn keyed<'e, 'a>(f: Function, event: &'e Event<'a>) -> (Option<String>, &'e Edn<'a>) {
    if let Some(key) = &event.key {
        return (Some(word(key).into_owned()), &event.value);
    }
    let value = match &event.value {
        Edn::Tagged(_, inside) => inside,
        value => value,
    };
    match value {
        Edn::Vector(both) => match (f, &both[..]) {
            (Function::Cas, [key, pair @ (Edn::Vector(_) | Edn::Nil)])
            | (
                Function::Read | Function::Write | Function::Get | Function::Put | Function::Append,
                [key, pair],
            ) => (Some(word(key).into_owned()), pair),
            _ => (None, value),
        },
        value => (None, value),
    }
}

/// A value as it is written: a register may hold anything. A store holds texts.
fn text(model: Model, value: &Edn) -> String {
    match (model, value) {
        (Model::Store | Model::Versioned, Edn::Nil) => String::new(),
        (Model::Store | Model::Versioned, Edn::Str(text)) => text.to_string(),
        (_, value) => value.to_string(),
    }
}

fn asked(model: Model, f: Function, event: &Event) -> Result<Asked, Trouble> {
    let (key, value) = keyed(f, event);
    let (value, old) = match (f, value) {
        (Function::Read | Function::Get, _) => (String::new(), String::new()),
        (Function::Cas, Edn::Vector(both)) if both.len() == 2 => {
            (text(model, &both[1]), text(model, &both[0]))
        }
        (Function::Cas, value) => {
            let why = format!("a cas needs a vector [old new], not {}", quoted(&value.to_string()));
            return Err(Trouble::at(event.line, why));
        }
        (Function::Write | Function::Put | Function::Append, value) => {
            (text(model, value), String::new())
        }
    };
    Ok(Asked { f, key, value, old, version: 0 })
}

fn told(asked: &Asked, event: &Event) -> Result<Told, Trouble> {
    let f = asked.f;
    let model = match f {
        Function::Read | Function::Write | Function::Cas => Model::Register,
        Function::Get | Function::Put | Function::Append => Model::Store,
    };
    Ok(match (event.kind, f) {
        (Type::Ok, Function::Read | Function::Get) => {
            let (key, value) = keyed(f, event);
            if key != asked.key && asked.key.is_some() {
                return Err(Trouble::at(event.line, "the answer is about another key"));
            }
            Told::of(Outcome::Ok, text(model, value))
        }
        (Type::Ok, Function::Write | Function::Put | Function::Append | Function::Cas) => {
            Told::of(Outcome::Ok, String::new())
        }
        (Type::Fail, Function::Cas) if is_mismatch(event.error.as_deref()) => {
            Told::of(Outcome::Refused, String::new())
        }
        (Type::Fail, _) => Told::of(Outcome::Failed, String::new()),
        (Type::Info | Type::Invoke, _) => Told::UNKNOWN,
    })
}

/// Whether a cas failed because the register held something else. Without an error, that is why;
/// with another error it has just not taken effect.
fn is_mismatch(error: Option<&str>) -> bool {
    let words = ["precondition-failed", "key-does-not-exist", "not-found", "[22 ", "[20 "];
    error.is_none_or(|error| words.iter().any(|word| error.contains(word)))
}
