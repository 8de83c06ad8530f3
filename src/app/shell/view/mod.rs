//! `raftlab view`: a trace, looked at in the lab's own screen.
//!
//! A form is read into a [`Trace`] (`cluster/observed.rs`), a line at a time: `etcd.rs` reads the state
//! traces of etcd's Raft, `lines.rs` the lab's own. What a file does not tell is said once, where the
//! screen opens; what can't be read is an error with its line.

mod etcd;
mod lines;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ColorChoice};
use serde::Deserialize;
use serde_json::Value;

use super::cli::LabOptions;
use super::files::{Files, shown, why_not};
use super::{Ending, Mistake, lab};
use crate::cluster::Cluster;
use crate::cluster::observed::Trace;

/// The most bytes of a line.
const LINE_MAX: u64 = 1_000_000;
/// So many lines are read when nobody says otherwise.
const LINES: usize = 1_000_000;

#[derive(Debug, Args)]
pub struct ViewOptions {
    /// The trace: of etcd's Raft (NDJSON), or what raftlab trace has written.
    pub file: PathBuf,
    /// Read no more than so many of its lines.
    #[arg(long, value_name = "N", default_value_t = LINES)]
    pub lines: usize,
    #[command(flatten)]
    pub lab: LabOptions,
}

/// Carries out `raftlab view`.
///
/// # Errors
/// For a file that can't be read or is no trace, and without a terminal.
pub fn run(options: &ViewOptions, colours: ColorChoice) -> Result<Ending, Mistake> {
    let name = shown(&options.file, "standard input");
    let file = Files::default()
        .open(&options.file)
        .map_err(|error| Mistake::Usage(format!("{name}: {}", why_not(&error))))?;
    let (trace, remarks) = read(&name, BufReader::new(file), options.lines)
        .map_err(|why| Mistake::Usage(format!("{name}: {why}")))?;
    let cluster = Cluster::observing(Rc::new(trace));
    lab::view(&options.file, cluster, &remarks, &options.lab, colours)
}

/// A trace, and what a person has to know of it.
///
/// # Errors
/// Where it stops being one, and what was expected there.
pub fn read(
    name: &str,
    mut file: impl BufRead,
    most: usize,
) -> Result<(Trace, Vec<String>), String> {
    let (mut text, mut number) = (Vec::new(), 0_usize);
    let mut reader: Option<Box<dyn Reader>> = None;
    let mut remarks = Vec::new();
    loop {
        text.clear();
        let length = file
            .by_ref()
            .take(LINE_MAX + 1)
            .read_until(b'\n', &mut text)
            .map_err(|error| why_not(&error))?;
        if length == 0 {
            break;
        }
        number += 1;
        if number > most {
            remarks.push(format!("only the first {most} lines are shown (--lines)"));
            break;
        }
        if length as u64 > LINE_MAX {
            return Err(format!("line {number} is longer than {LINE_MAX} bytes"));
        }
        // A logger may have written something before the object.
        let Some(start) = text.iter().position(|byte| *byte == b'{') else {
            continue;
        };
        let value: Value = match serde_json::from_slice(text[start..].trim_ascii()) {
            Ok(value) => value,
            Err(_) if !text.ends_with(b"\n") => {
                remarks.push(format!("line {number}, the last, was cut short"));
                break;
            }
            Err(error) => return Err(format!("line {number} is no JSON object: {error}")),
        };
        if reader.is_none() {
            reader = begin(&value, name);
        }
        if let Some(reader) = &mut reader {
            reader.line(number as u32, &value).map_err(|why| format!("line {number}: {why}"))?;
        }
    }
    let Some(reader) = reader else {
        return Err(
            "no line of it is of a trace: raftlab view reads the state traces of etcd's Raft \
             (built with the tag with_tla), and what raftlab trace writes"
                .into(),
        );
    };
    let (trace, more) = reader.end()?;
    if trace.lines.is_empty() {
        return Err("nothing happens in it".into());
    }
    remarks.extend(more);
    Ok((trace, remarks))
}

/// Reads one form.
trait Reader {
    /// Takes a line.
    fn line(&mut self, number: u32, value: &Value) -> Result<(), String>;

    /// The whole trace, and what a person has to know of it.
    fn end(self: Box<Self>) -> Result<(Trace, Vec<String>), String>;
}

/// The form whose first line this is, if it is one.
fn begin(value: &Value, name: &str) -> Option<Box<dyn Reader>> {
    if value.get("trace").is_some() || (value.get("cause").is_some() && value.get("time").is_some())
    {
        Some(Box::new(lines::Lines::new(name)))
    } else if etcd::is_line(value) {
        Some(Box::new(etcd::Etcd::new(name)))
    } else {
        None
    }
}

/// The field of an object, as what it has to be.
fn field<T: for<'de> Deserialize<'de>>(value: &Value, name: &str) -> Result<T, String> {
    let Some(found) = value.get(name) else { return Err(format!("there is no {name:?} in it")) };
    T::deserialize(found).map_err(|error| format!("{name:?}: {error}"))
}

#[cfg(test)]
mod tests;
