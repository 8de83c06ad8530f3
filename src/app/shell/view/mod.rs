//! `raftlab view`: a trace, looked at in the lab's own screen.
//!
//! A form is read into a [`Trace`] (`cluster/observed.rs`), a line at a time: `etcd.rs` reads the state
//! traces of etcd's Raft, `lines.rs` the lab's own. What a file does not tell is said once, where the
//! screen opens; what can't be read is an error with its line.

mod etcd;
mod lines;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::{Args, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;

use super::cli::LabOptions;
use super::cli::values::number;
use super::files::{Files, Looks, START, no_json, shown, why_not};
use super::{Ending, Mistake, lab};
use crate::cluster::Cluster;
use crate::cluster::observed::Trace;
use crate::cluster::plain::plain;

/// The most bytes of a line.
const LINE_MAX: u64 = 1_000_000;
/// So many lines are read when nobody says otherwise.
const LINES: usize = 1_000_000;

#[derive(Debug, Args)]
pub struct ViewOptions {
    /// The trace: of etcd's Raft (NDJSON), or what raftlab trace has written.
    pub file: PathBuf,
    /// Read no more than so many of its lines.
    #[arg(long, value_name = "N", default_value_t = LINES, value_parser = number(1..=1_000_000_000_usize))]
    pub lines: usize,
    #[command(flatten)]
    pub lab: LabOptions,
}

/// "1 line is of something else", "2 lines are of something else".
fn of_lines(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 line {one}") } else { format!("{count} lines {many}") }
}

/// That lines have a name which is not known here.
fn of_unknown((name, line, count): &(String, u32, usize)) -> String {
    let known = format!("a name that is not known here ({name:?}, line {line})");
    of_lines(
        *count,
        &format!("has {known} and is left out"),
        &format!("have {known} and are left out"),
    )
}

/// Carries out `raftlab view`.
///
/// # Errors
/// For a file that can't be read or is no trace, and without a terminal.
pub fn run(options: &ViewOptions, colours: ColorChoice) -> Result<Ending, Mistake> {
    let name = shown(&options.file, "standard input");
    let wrong = |why: String| Mistake::Usage(format!("{}: {why}", plain(&name)));
    let file = Files::default().open(&options.file).map_err(|error| wrong(why_not(&error)))?;
    let mut file = Watched::new(&name, BufReader::with_capacity(START, file));
    let start = file.fill_buf().map_err(|error| wrong(why_not(&error)))?.to_vec();
    let (trace, remarks) =
        read(&name, &mut file, options.lines).map_err(|why| match Looks::of(&start) {
            None | Some(Looks::Trace) => wrong(why),
            Some(other) => wrong(other.instead(&options.file, "view")),
        })?;
    let cluster = Cluster::observing(Rc::new(trace));
    drop(file);
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
            let lines = of_lines(most, "is", "are");
            remarks.push(format!("only the first {lines} shown (--lines)"));
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
            Err(error) => {
                return Err(format!("line {number} is no JSON object: {}", no_json(&error)));
            }
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

/// A file whose reader sees how far it has come, if that takes long.
struct Watched<R> {
    file: R,
    bar: ProgressBar,
    begun: Instant,
    read: u64,
}

/// How long reading takes before that is shown.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(200);

impl Watched<BufReader<File>> {
    fn new(name: &str, file: BufReader<File>) -> Self {
        let length = file.get_ref().metadata().ok().filter(fs::Metadata::is_file);
        let bar = ProgressBar::with_draw_target(
            length.map(|file| file.len()),
            ProgressDrawTarget::hidden(),
        );
        bar.set_message(plain(name).into_owned());
        Self { file, bar, begun: Instant::now(), read: 0 }
    }
}

impl<R: BufRead> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.bar.is_hidden() && self.file.fill_buf()?.is_empty() {
            self.bar.set_style(style("{msg}: read; the run is put together"));
            // A single tick may come too soon after the last to be drawn.
            self.bar.enable_steady_tick(TICK);
        }
        self.file.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.file.consume(count);
        self.read += count as u64;
        if self.bar.is_hidden() && self.begun.elapsed() > PATIENCE && io::stderr().is_terminal() {
            self.bar.set_style(style("{msg}: {bytes} of {total_bytes} read {bar:30}"));
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(self.read);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl<R> Drop for Watched<R> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
