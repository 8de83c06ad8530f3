//! What came of a check: sentences for people, an object for programs.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::history::History;
use super::judge::{Detail, Judgement, Part};
use super::read::{FailedCas, Trouble};
use crate::app::shell::Ending;
use crate::cluster::check::linearizability::{Evidence, Reason};
use crate::cluster::plain::plain;

/// The most operations of an order that are told, from its end back; and of a clash.
const ORDER_MAX: usize = 12;
const CLASH_MAX: usize = 12;

/// A history with its verdict.
pub struct Judged<'a> {
    pub name: &'a str,
    pub history: &'a History,
    pub judgement: &'a Judgement,
}

impl Judged<'_> {
    pub fn ending(&self) -> Ending {
        if self.judgement.violated().is_some() {
            Ending::Failed
        } else if self.judgement.undecided().is_some() {
            Ending::Undecided
        } else {
            Ending::Well
        }
    }

    /// "linearizable", "not linearizable", "undecided".
    pub fn word(&self) -> &'static str {
        match self.ending() {
            Ending::Failed => "not linearizable",
            Ending::Undecided => "undecided",
            Ending::Well | Ending::Signal(_) => "linearizable",
        }
    }

    /// "85 operations of 19 clients, 3 faults; register, EDN".
    pub fn figures(&self) -> String {
        let History { model, form, clients, operations, faults, .. } = self.history;
        let (operations, clients) =
            (counted(operations.len(), "operation"), counted(clients.len(), "client"));
        let faults = match faults.len() {
            0 => String::new(),
            faults => format!(", {}", counted(faults, "fault")),
        };
        let keys = match self.judgement.keys {
            0 | 1 => String::new(),
            keys => format!(", {}", counted(keys, "key")),
        };
        let cas = match (self.history.failed_cas, self.history.failed_cas_read) {
            (0, _) => String::new(),
            (failed, FailedCas::NotDone) => format!("; {failed} failed cas read as not done"),
            (failed, FailedCas::Answer) => format!("; {failed} failed cas read as answers"),
        };
        format!("{operations} of {clients}{faults}; {}{keys}, {form}{cas}", model.name())
    }

    /// The line that says what the verdict is.
    pub fn tell_verdict(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}: {} ({})", plain(self.name), self.word(), self.figures())
    }

    /// What stands below that line: why.
    pub fn tell_evidence(&self, detail: Detail, out: &mut impl Write) -> io::Result<()> {
        match (self.judgement.violated(), self.judgement.undecided()) {
            (Some((part, evidence)), _) if detail != Detail::Verdict => {
                self.tell_violation(part, evidence, out)
            }
            (None, Some(reason)) => writeln!(out, "  {}", undecided(reason)),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn tell_violation(
        &self,
        part: &Part,
        evidence: &Evidence,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let key = match &part.key {
            Some(key) if self.judgement.keys > 1 => format!(" of key {}", plain(key)),
            Some(_) | None => String::new(),
        };
        let Evidence { wrong, longest, clashing, is_smallest, because } = evidence;
        if let Some(wrong) = wrong {
            let known = longest.len();
            writeln!(out, "  The longest order{key} that explains all answers up to a moment:")?;
            let first = known.saturating_sub(ORDER_MAX);
            if first > 0 {
                writeln!(out, "    .. {} before", counted(first, "operation"))?;
            }
            self.list(&longest[first..], out)?;
            writeln!(out, "    then {}", plain(&part.state))?;
            writeln!(out, "  What can't be placed, neither here nor in any other order:")?;
            self.list(&[*wrong], out)?;
        }
        let reason = because.as_ref().map(|because| format!(" {}", plain(because)));
        let all = match clashing.len() {
            0 => return Ok(()),
            1 => "This can't be right, whatever the others were told.",
            2 => "These two can't both be right, whatever the others were told.",
            _ => "These can't all be right, whatever the others were told.",
        };
        writeln!(out, "  {all}{}", reason.unwrap_or_default())?;
        if !is_smallest {
            writeln!(out, "  Not yet the smallest such set: the search for it came to its limit.")?;
        }
        self.list_some(clashing, out)?;
        if !part.failed.is_empty() {
            writeln!(out, "  What failed took no effect:")?;
            self.list_some(&part.failed, out)?;
        }
        Ok(())
    }

    fn list_some(&self, places: &[usize], out: &mut impl Write) -> io::Result<()> {
        self.list(&places[..places.len().min(CLASH_MAX)], out)?;
        match places.len().saturating_sub(CLASH_MAX) {
            0 => Ok(()),
            more => writeln!(out, "    .. and {more} more"),
        }
    }

    fn list(&self, places: &[usize], out: &mut impl Write) -> io::Result<()> {
        let rows: Vec<[String; 3]> = places.iter().map(|place| self.row(*place)).collect();
        let width =
            |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
        let (lines, clients) = (width(0), width(1));
        for [line, client, words] in rows {
            let gap = " ".repeat(clients.saturating_sub(client.width()));
            writeln!(out, "    {line:lines$}  {client}{gap}  {words}")?;
        }
        Ok(())
    }

    /// "lines 12-20", "client 3", "write 4".
    fn row(&self, place: usize) -> [String; 3] {
        let operation = &self.history.operations[place];
        let lines = match operation.returned {
            Some(returned) => format!("lines {}-{}", operation.called.line, returned.line),
            None => format!("line {}", operation.called.line),
        };
        let client = &self.history.clients[operation.client as usize];
        [
            lines,
            format!("client {}", plain(client)),
            plain(&self.judgement.words[place]).into_owned(),
        ]
    }

    /// One line with an object.
    pub fn json(&self, detail: Detail, took: Duration, out: &mut impl Write) -> io::Result<()> {
        let History { model, form, clients, operations, faults, .. } = self.history;
        let mut object = json!({
            "file": self.name,
            "verdict": self.word(),
            "model": model.name(),
            "form": form,
            "operations": operations.len(),
            "clients": clients.len(),
            "keys": self.judgement.keys,
            "faults": faults.len(),
            "failed_cas": self.history.failed_cas,
            "wall_us": took.as_micros() as u64,
        });
        if self.history.failed_cas > 0 {
            object["failed_cas_read_as"] = match self.history.failed_cas_read {
                FailedCas::NotDone => "not done".into(),
                FailedCas::Answer => "answers".into(),
            };
        }
        if let Some((part, evidence)) = self.judgement.violated() {
            if detail == Detail::Verdict {
                return writeln!(out, "{object}");
            }
            object["key"] = json!(part.key);
            object["wrong"] = evidence.wrong.map_or(Value::Null, |place| self.operation(place));
            object["because"] = json!(evidence.because);
            object["clashing"] = self.operations(&evidence.clashing);
            object["smallest"] = evidence.is_smallest.into();
            object["failed"] = self.operations(&part.failed);
            object["longest"] = self.operations(&evidence.longest);
        } else if let Some(reason) = self.judgement.undecided() {
            object["because"] = undecided(reason).into();
        }
        writeln!(out, "{object}")
    }

    fn operations(&self, places: &[usize]) -> Value {
        places.iter().map(|place| self.operation(*place)).collect()
    }

    fn operation(&self, place: usize) -> Value {
        let operation = &self.history.operations[place];
        json!({
            "client": self.history.clients[operation.client as usize],
            "operation": self.judgement.words[place],
            "called_line": operation.called.line,
            "returned_line": operation.returned.map(|returned| returned.line),
        })
    }
}

/// An object for a file that can't be read.
pub fn unreadable(name: &str, trouble: &Trouble, out: &mut impl Write) -> io::Result<()> {
    let object = json!({
        "file": name,
        "verdict": "unreadable",
        "line": trouble.line,
        "because": trouble.why,
    });
    writeln!(out, "{object}")
}

const fn undecided(reason: Reason) -> &'static str {
    match reason {
        Reason::Steps | Reason::Stopped => {
            "The time was not enough for an answer: raise --time-limit."
        }
        Reason::Memory => "The memory was not enough for an answer.",
    }
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
