//! What is wrong with scripts, as objects for a program that has asked for JSON.

use std::io::Write;

use serde_json::{Value, json};

use super::Mistake;
use crate::app::shell::files::Files;
use crate::app::shell::stream::Form;
use crate::cluster::command::Diagnostic;

/// Prints an object for each mistake; what is left to say then.
pub(super) fn as_json(mistake: &Mistake, files: &Files) -> Mistake {
    let mut objects = Vec::new();
    collect(mistake, &mut objects);
    let mut out = files.report(Form::Json);
    let printed = objects.iter().try_for_each(|object| writeln!(out, "{object}"));
    match printed.and_then(|()| out.flush()) {
        Ok(()) => Mistake::Told,
        Err(error) => Mistake::Output(error),
    }
}

fn collect(mistake: &Mistake, objects: &mut Vec<Value>) {
    match mistake {
        Mistake::Script(diagnostics) => objects.extend(diagnostics.iter().map(object)),
        Mistake::Several(mistakes) => {
            mistakes.iter().for_each(|mistake| collect(mistake, objects));
        }
        Mistake::Besides(mistake) => collect(mistake, objects),
        Mistake::Usage(message) => objects.push(of_no_line(message)),
        Mistake::Output(error) => objects.push(of_no_line(&error.to_string())),
        Mistake::Told => {}
    }
}

fn object(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { file, line, column, message, help, .. } = diagnostic;
    let (line, column) = match line {
        0 => (None, None),
        line => (Some(line), Some(column)),
    };
    json!({ "file": file, "line": line, "column": column, "message": message, "help": help })
}

fn of_no_line(message: &str) -> Value {
    json!({ "file": null, "line": null, "column": null, "message": message, "help": null })
}
