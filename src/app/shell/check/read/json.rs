//! The lab's own JSON lines.

use super::super::history::{Asked, Builder, History, Told};
use super::super::lines::{Call, Function, Head, Line, Model, Outcome, Return, VERSION};
use super::{Trouble, json_trouble, lines};

pub fn parse(text: &str, wanted: Option<Model>) -> Result<History, Trouble> {
    let mut rest = lines(text);
    let Some(first) = rest.next() else { return Err(Trouble::whole("it is empty")) };
    let (number, first) = first?;
    let Line::History(head) = line(number, first)? else {
        return Err(Trouble::at(number, "the first line must say {\"type\":\"history\", ..}"));
    };
    let model = model(number, &head, wanted)?;
    let mut builder = Builder::new(model, "JSON lines");
    for next in rest {
        let (number, next) = next?;
        match line(number, next)? {
            Line::History(_) => {
                return Err(Trouble::at(number, "a second history begins; a file has one"));
            }
            Line::Call(call) => {
                let (client, at_us) = (call.client.clone(), call.at_us);
                builder.call(&client, asked(model, call, number)?, number, at_us)?;
            }
            Line::Return(end) => {
                let (client, at_us) = (end.client.clone(), end.at_us);
                let f = builder.open(&client, number)?.f;
                builder.end(&client, told(model, f, end, number)?, number, at_us)?;
            }
            Line::Fault(fault) => builder.fault(fault.what, number, fault.at_us),
        }
    }
    Ok(builder.finish())
}

fn line(number: u64, text: &str) -> Result<Line, Trouble> {
    serde_json::from_str(text).map_err(|error| json_trouble(number, text, &error))
}

fn model(number: u64, head: &Head, wanted: Option<Model>) -> Result<Model, Trouble> {
    if head.version != VERSION {
        let why = format!(
            "this is version {} of the form; this program reads version {VERSION}",
            head.version
        );
        return Err(Trouble::at(number, why));
    }
    match wanted {
        Some(wanted) if wanted != head.model => Err(Trouble::at(
            number,
            format!("this is a history of the model {}, not {}", head.model.name(), wanted.name()),
        )),
        Some(_) | None => Ok(head.model),
    }
}

fn asked(model: Model, call: Call, line: u64) -> Result<Asked, Trouble> {
    let Call { f, key, value, old, version, .. } = call;
    let (writes, compares) = match (model, f) {
        (Model::Versioned | Model::Store, Function::Get) | (Model::Register, Function::Read) => {
            (false, false)
        }
        (Model::Versioned, Function::Put)
        | (Model::Store, Function::Put | Function::Append)
        | (Model::Register, Function::Write) => (true, false),
        (Model::Register, Function::Cas) => (true, true),
        (Model::Versioned, Function::Append | Function::Read | Function::Write | Function::Cas)
        | (Model::Register, Function::Get | Function::Put | Function::Append)
        | (Model::Store, Function::Read | Function::Write | Function::Cas) => {
            let why = format!("the model {} has no {}", model.name(), f.name());
            return Err(Trouble::at(line, why));
        }
    };
    let has_version = model == Model::Versioned && writes;
    for (given, wanted, name) in [
        (value.is_some(), writes, "value"),
        (old.is_some(), compares, "old"),
        (version.is_some(), has_version, "version"),
    ] {
        if given != wanted {
            let verb = if wanted { "needs" } else { "has no" };
            return Err(Trouble::at(line, format!("{} {verb} {name:?}", f.with_article())));
        }
    }
    let (value, old) = (value.unwrap_or_default(), old.unwrap_or_default());
    Ok(Asked { f, key: Some(key), value, old, version: version.unwrap_or_default() })
}

/// The outcomes that an operation may have, by their words.
fn ends(model: Model, f: Function) -> Vec<&'static str> {
    let own: &[&str] = match (model, f) {
        (Model::Versioned, _) => &["nokey", "version", "maybe"],
        (_, Function::Cas) => &["refused"],
        _ => &[],
    };
    ["ok"].iter().chain(own).chain(&["failed", "unknown"]).copied().collect()
}

fn told(model: Model, f: Function, end: Return, line: u64) -> Result<Told, Trouble> {
    let Return { outcome, value, version, late, .. } = end;
    let refuse = |why: String| Err(Trouble::at(line, why));
    if outcome == Outcome::Unknown {
        return Ok(Told::UNKNOWN);
    }
    let fits = match outcome {
        Outcome::Ok | Outcome::Unknown => true,
        Outcome::Failed => !(model == Model::Versioned && late),
        // A get may be answered as only a put should be: that is for the verdict to say.
        Outcome::NoKey | Outcome::Version | Outcome::Maybe => model == Model::Versioned,
        Outcome::Refused => f == Function::Cas,
    };
    if !fits {
        let ends = ends(model, f).join(", ");
        return refuse(format!(
            "{} of the model {} ends with {ends}",
            f.with_article(),
            model.name()
        ));
    }
    if late && !(model == Model::Versioned && f == Function::Put) {
        return refuse("only a put of the model versioned can be late".to_owned());
    }
    let found = outcome == Outcome::Ok && matches!(f, Function::Get | Function::Read);
    if value.is_some() && !found {
        return refuse("only a get or a read that is ok has a \"value\" in its return".to_owned());
    }
    if version.is_some() && !(model == Model::Versioned && outcome == Outcome::Ok) {
        let why = "only what is ok, in the model versioned, has a \"version\" in its return";
        return refuse(why.to_owned());
    }
    let value = match (value, model, found) {
        (Some(value), _, _) => value,
        (None, Model::Register, true) => super::jepsen::NIL.to_owned(),
        (None, Model::Store | Model::Versioned, true) => {
            return refuse("what the get found is missing: \"value\"".to_owned());
        }
        (None, _, false) => String::new(),
    };
    if model == Model::Versioned && outcome == Outcome::Ok && version.is_none() {
        return refuse("the version found, or made, is missing: \"version\"".to_owned());
    }
    Ok(Told { outcome: Some(outcome), value, version: version.unwrap_or_default(), late })
}
