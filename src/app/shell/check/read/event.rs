//! One event of a history of Jepsen, in each of the forms in which it may stand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::edn::{Edn, Forms, read_number};
use super::{Trouble, quoted};
use crate::app::shell::files::no_json;

/// How deep the brackets of a JSON value may be nested.
const DEPTH_MAX: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Type {
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
pub struct Event {
    pub line: u64,
    pub process: Edn,
    pub kind: Type,
    pub f: Box<str>,
    pub key: Option<Edn>,
    pub value: Edn,
    pub error: Option<Edn>,
    pub at_us: Option<u64>,
}

impl Event {
    pub fn is_nemesis(&self) -> bool {
        self.process == Edn::Keyword("nemesis".into())
    }

    /// The value as a pair, which may be tagged.
    pub fn pair(&self) -> Option<(&Edn, &Edn)> {
        match &self.value {
            Edn::Tagged(_, inside) => inside.pair(),
            value => value.pair(),
        }
    }

    pub fn is_read(&self) -> bool {
        matches!(&*self.f, "read" | "get")
    }
}

/// Whether a line is an operation for [`of_object`].
pub fn is_object(line: &str) -> bool {
    #[derive(Deserialize)]
    struct Object {
        process: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Object>(line).is_ok_and(|object| object.process.is_some())
}

/// Whether a line has the columns of an operation.
pub fn has_columns(line: &str) -> bool {
    !matches!(of_columns(1, line), Ok(None))
}

/// The fields that count, of a map or a record: `#jepsen.history.Op{..}`.
pub fn of_map(line: u64, form: Edn) -> Result<Event, Trouble> {
    let form = match form {
        Edn::Tagged(_, inside) => *inside,
        form => form,
    };
    let Edn::Map(mut map) = form else {
        let shown = quoted(&form.to_string());
        let why = format!("expected a map such as {{:type :invoke, ..}}, not {shown}");
        return Err(Trouble::at(line, why));
    };
    let mut field = |name: &str| map.remove(&Edn::Keyword(name.into()));
    let mut needed = |name: &str| {
        let missing = || Trouble::at(line, format!("this operation has no :{name}"));
        field(name).ok_or_else(missing)
    };
    let process = needed("process")?;
    let (kind, f) = (needed("type")?, needed("f")?);
    let at_us = match field("time") {
        Some(Edn::Number(nanos)) => nanos.parse::<u64>().ok().map(|nanos| nanos / 1_000),
        Some(_) | None => None,
    };
    Ok(Event {
        line,
        process,
        kind: kind_of(line, &word(&kind))?,
        f: word(&f).into(),
        key: field("key"),
        value: field("value").unwrap_or(Edn::Nil),
        error: field("error").filter(|error| *error != Edn::Nil),
        at_us,
    })
}

fn kind_of(line: u64, word: &str) -> Result<Type, Trouble> {
    Type::of(word).ok_or_else(|| {
        let why = format!(":type is {}; expected :invoke, :ok, :fail or :info", quoted(word));
        Trouble::at(line, why)
    })
}

/// A keyword, a symbol or a text without what marks it as such; anything else as it is written.
fn word(edn: &Edn) -> Cow<'_, str> {
    edn.name().map_or_else(|| Cow::Owned(edn.to_string()), Cow::Borrowed)
}

/// The fields that count, of a JSON object.
pub fn of_object(line: u64, text: &str) -> Result<Event, Trouble> {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow)]
        process: &'a RawValue,
        r#type: Cow<'a, str>,
        f: Cow<'a, str>,
        key: Option<&'a RawValue>,
        value: Option<&'a RawValue>,
        error: Option<&'a RawValue>,
        time: Option<&'a RawValue>,
    }
    let object: Object<'_> =
        serde_json::from_str(text).map_err(|error| super::json_trouble(line, text, &error))?;
    let read = |raw: Option<&RawValue>| raw.map(|raw| of_json(raw.get(), 0)).transpose();
    let read = |raw: Option<&RawValue>| read(raw).map_err(|why| Trouble::at(line, why));
    let bare = |word: &str| word.trim_start_matches(':').to_owned();
    let process = match of_json(object.process.get(), 0).map_err(|why| Trouble::at(line, why))? {
        Edn::Text(name) if bare(&name) == "nemesis" => Edn::Keyword("nemesis".into()),
        process => process,
    };
    let nanos = object.time.and_then(|time| time.get().parse::<u64>().ok());
    Ok(Event {
        line,
        process,
        kind: kind_of(line, &bare(&object.r#type))?,
        f: bare(&object.f).into(),
        key: read(object.key)?,
        value: read(object.value)?.unwrap_or(Edn::Nil),
        error: read(object.error)?,
        at_us: nanos.map(|nanos| nanos / 1_000),
    })
}

/// A JSON value, as it is written: no digit of a number is lost.
fn of_json(text: &str, depth: usize) -> Result<Edn, String> {
    if depth > DEPTH_MAX {
        return Err(format!("values are nested more than {DEPTH_MAX} deep"));
    }
    let odd =
        |error: serde_json::Error| format!("{} is no JSON: {}", quoted(text), no_json(&error));
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<Box<str>, &RawValue> = serde_json::from_str(text).map_err(odd)?;
            let fields = fields.into_iter();
            let read = |(name, value): (Box<str>, &RawValue)| {
                Ok((Edn::Text(name), of_json(value.get(), depth + 1)?))
            };
            Edn::Map(fields.map(read).collect::<Result<_, String>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(odd)?;
            let read = |item: &RawValue| of_json(item.get(), depth + 1);
            Edn::Sequence(items.into_iter().map(read).collect::<Result<_, String>>()?)
        }
        Some(b'"') => Edn::Text(serde_json::from_str(text).map_err(odd)?),
        Some(b't') => Edn::Bool(true),
        Some(b'f') => Edn::Bool(false),
        Some(b'n') => Edn::Nil,
        Some(_) | None => {
            let number = read_number(text).map_err(|why| format!("{} {why}", quoted(text)))?;
            Edn::Number(number)
        }
    })
}

/// `3 :invoke :write 4`, perhaps with an error behind it; `None` if it is something else.
pub fn of_columns(line: u64, text: &str) -> Result<Option<Event>, Trouble> {
    let mut forms = Forms::new(text, line);
    let Some(Ok((_, process))) = forms.next() else { return Ok(None) };
    let Some(Ok((_, Edn::Keyword(kind)))) = forms.next() else { return Ok(None) };
    let Some(kind) = Type::of(&kind) else { return Ok(None) };
    let f = match forms.next() {
        Some(Ok((_, f))) => word(&f).into(),
        Some(Err(trouble)) => return Err(trouble),
        None => return Err(Trouble::at(line, "expected what is asked for, such as :read")),
    };
    let mut event =
        Event { line, process, kind, f, key: None, value: Edn::Nil, error: None, at_us: None };
    if event.is_nemesis() {
        // What a nemesis says of itself need not be data.
        event.value = Edn::Symbol(forms.rest().trim().into());
        return Ok(Some(event));
    }
    if let Some(value) = forms.next() {
        event.value = value?.1;
        let rest = forms.rest().trim();
        let other = || Edn::Text(rest.into());
        let error = (!rest.is_empty()).then(|| Forms::only(rest, line).unwrap_or_else(|_| other()));
        event.error = error;
    }
    // An error may stand in the place of the value.
    if matches!(event.value, Edn::Keyword(_)) && matches!(kind, Type::Fail | Type::Info) {
        event.error = Some(std::mem::replace(&mut event.value, Edn::Nil));
    }
    Ok(Some(event))
}
