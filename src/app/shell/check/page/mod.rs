//! A history as a page: one file that needs no network, for a browser and a projector.
//!
//! A row a client, a bar an operation, and the order that explains it when one points at it. The
//! page is put together from three texts beside this file and the data. The data is JSON in a
//! `script` element that is not run, with every `<`, `>` and `&` spelled as an escape, and the
//! page's own script shows it as text only: nothing in a history can become markup or code.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::history::{History, Operation};
use super::judge::{Judgement, Part, Picture};
use super::lines::{Function, Outcome};
use super::report::Judged;
use crate::app::shell::stream::{Form, Stream, markup};

/// The most operations on a page: a browser has to draw them all.
pub const OPERATIONS_MAX: usize = 10_000;
/// The most characters of a text.
const TEXT_MAX: usize = 200;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the page.
pub fn write(judged: &Judged<'_>, out: &mut impl Write) -> io::Result<()> {
    // The largest text goes in last, and nothing is looked for in it.
    let page = PAGE.replace("{{TITLE}}", &markup(&format!("{}, a history", judged.name)));
    let page = page.replace("{{STYLE}}", STYLE).replace("{{SCRIPT}}", SCRIPT);
    let (before, after) = page.split_once("{{DATA}}").unwrap_or((&page, ""));
    out.write_all(before.as_bytes())?;
    out.write_all(escaped(&data(judged)).as_bytes())?;
    out.write_all(after.as_bytes())
}

/// JSON in which nothing can end a `script` element, and nothing hides.
fn escaped(data: &Value) -> String {
    let text = data.to_string();
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let mut spelled = Stream::new(Vec::new(), Form::Json);
    // Writing to a Vec can't fail.
    let _ = spelled.write_all(text.as_bytes());
    String::from_utf8(spelled.into_inner()).unwrap_or(text)
}

fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

fn data(judged: &Judged<'_>) -> Value {
    let Judged { name, history, judgement } = judged;
    let moments = || {
        let calls = history.operations.iter().map(|operation| operation.called.at_us);
        let ends = history.operations.iter().filter_map(|operation| operation.returned);
        calls.chain(ends.map(|end| end.at_us)).chain(history.faults.iter().map(|f| f.at.at_us))
    };
    let timed = moments().all(|at| at.is_some());
    let (first, last) = (moments().flatten().min(), moments().flatten().max());
    let faults = history.faults.iter().map(|fault| {
        json!({ "what": short(&fault.what), "order": fault.at.order, "us": fault.at.at_us })
    });
    json!({
        "title": name,
        "verdict": judged.word(),
        "figures": judged.figures(),
        "clients": history.clients.iter().map(|name| short(name)).collect::<Value>(),
        "timed": timed && first.is_some(),
        "span": [first.unwrap_or(0), last.unwrap_or(0)],
        "end": history.end,
        "faults": faults.collect::<Value>(),
        "parts": judgement.parts.iter().map(part).collect::<Value>(),
        "ops": operations(history, judgement),
    })
}

fn part(part: &Part) -> Value {
    let evidence = part.evidence();
    let orders = part.picture.iter().flat_map(|picture| &picture.orders).map(|order| {
        let states = order.states.iter().map(|state| short(state));
        json!({ "places": order.places, "states": states.collect::<Value>() })
    });
    json!({
        "key": part.key.as_deref().map_or_else(String::new, short),
        "orders": orders.collect::<Value>(),
        "wrong": evidence.and_then(|evidence| evidence.wrong),
        "clash": evidence.map_or(&[][..], |evidence| &evidence.clashing),
        "because": evidence.and_then(|evidence| evidence.because.as_deref()).map(short),
    })
}

fn operations(history: &History, judgement: &Judgement) -> Value {
    let keys = judgement.parts.iter().enumerate();
    let numbers: std::collections::BTreeMap<Option<&str>, usize> =
        keys.map(|(number, part)| (part.key.as_deref(), number)).collect();
    let places = history.operations.iter().enumerate();
    let object = |(place, operation): (usize, &Operation)| {
        let Operation { client, asked, called, told, returned } = operation;
        let number = numbers.get(&asked.key.as_deref()).copied().unwrap_or_default();
        let picture = judgement.parts.get(number).and_then(|part| part.picture.as_ref());
        let with = picture.and_then(|picture: &Picture| picture.with.get(&place));
        let words = short(&judgement.words[place]);
        // On a page of one key, the key says nothing.
        let key = asked.key.as_deref().filter(|key| !key.is_empty());
        let brief = key.map_or_else(|| words.clone(), |key| brief(&words, key));
        json!({
            "client": client,
            "words": words,
            "short": brief,
            "part": number,
            "called": called.order,
            "called_us": called.at_us,
            "returned": returned.map(|end| end.order),
            "returned_us": returned.and_then(|end| end.at_us),
            "lines": [Some(called.line), returned.map(|end| end.line)],
            "end": match told.outcome {
                None | Some(Outcome::Maybe | Outcome::Unknown) => "open",
                Some(Outcome::Failed) => "failed",
                Some(Outcome::Refused | Outcome::Version) => "no",
                Some(Outcome::NoKey) if asked.f == Function::Put => "no",
                Some(Outcome::Ok | Outcome::NoKey) => "ok",
            },
            "order": with,
        })
    };
    places.map(object).collect()
}

/// The words of an operation without its key: "get -> 1 @2".
fn brief(words: &str, key: &str) -> String {
    let mut parts = words.splitn(2, ' ');
    let (Some(verb), Some(rest)) = (parts.next(), parts.next()) else { return words.to_owned() };
    match rest.strip_prefix(key) {
        Some(rest) => format!("{verb} {}", rest.trim_start_matches([' ', '='])),
        None => words.to_owned(),
    }
}
