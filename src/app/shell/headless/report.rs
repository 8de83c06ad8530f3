//! How runs ended: a table for people, an object a run for programs, and for each failure the
//! command line that plays just that run again.

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use serde_json::json;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::play::asked_at;
use super::{Named, Outcome, Remark, Run, Void};
use crate::app::shell::cli::OtherRaft;
use crate::app::shell::figures::{count, length, times};
use crate::app::shell::{Ending, Mistake};
use crate::cluster::command::Variant;
use crate::cluster::digest::ENGINE;
use crate::cluster::plain::{Plain, quoted};
use crate::cluster::time::Time;

/// The most failures that are told at length. The rest is counted.
const TOLD_MAX: u64 = 20;

/// The least columns for a script's name.
const NAME_MIN: usize = 20;

/// The runs so far.
pub(super) struct Report<'a> {
    scripts: &'a [Named],
    telling: Telling,
    /// The options that name another Raft, for the line that plays a run again.
    raft: String,
    rows: Vec<Row>,
    told: u64,
    /// What the first run with remarks remarked, and which one that was.
    remarked: Option<(String, Vec<Remark>)>,
    /// How many runs have become void, and which was the first, with why.
    void: (u64, Option<String>),
    begun: Instant,
    /// How wide the table may be.
    columns: usize,
}

/// What is told of the runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// What went wrong, a table and sums.
    All,
    /// Only what went wrong.
    Failures,
    /// An object a run.
    Json,
}

/// A row of the table, without the script's name.
type Cells = [String; 6];

/// The runs of one script.
#[derive(Clone, Copy, Default)]
struct Row {
    runs: u64,
    passed: u64,
    unfinished: u64,
    virtual_us: u64,
    events: u64,
    commits: u64,
    remarks: u64,
    core_us: u64,
}

impl Row {
    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.passed += other.passed;
        self.unfinished += other.unfinished;
        self.virtual_us += other.virtual_us;
        self.events += other.events;
        self.commits += other.commits;
        self.remarks += other.remarks;
        self.core_us += other.core_us;
    }

    fn of(run: &Run) -> Self {
        Self {
            runs: 1,
            passed: u64::from(matches!(run.outcome, Outcome::Passed)),
            unfinished: u64::from(matches!(run.outcome, Outcome::Unfinished(_))),
            virtual_us: run.virtual_us,
            events: run.events,
            commits: run.commits,
            remarks: run.remarks,
            core_us: run.core_us,
        }
    }

    const fn failed(&self) -> u64 {
        self.runs - self.passed - self.unfinished
    }

    fn cells(&self) -> Cells {
        [
            count(self.runs),
            count(self.failed()),
            length(self.virtual_us),
            count(self.events),
            count(self.commits),
            length(self.core_us),
        ]
    }
}

/// The engine by whose rules a recording was made; none for a script that a person wrote.
fn recorded_by(named: &Named) -> Option<u32> {
    named.script.recording.as_ref().map(|recording| recording.header.engine)
}

impl<'a> Report<'a> {
    pub fn new(scripts: &'a [Named], telling: Telling, other: &OtherRaft) -> Self {
        let rows = vec![Row::default(); scripts.len()];
        let (told, remarked, begun) = (0, None, Instant::now());
        let void = (0, None);
        let raft = other.words().iter().map(|(name, value)| format!(" --{name} {value}")).collect();
        Self { scripts, telling, raft, rows, told, remarked, void, begun, columns: columns() }
    }

    /// Adds a run, and tells at once what must not wait for the end.
    pub fn add(&mut self, run: &Run, out: &mut impl Write) -> io::Result<()> {
        self.rows[run.script].add(Row::of(run));
        if self.remarked.is_none() && !run.remarked.is_empty() {
            let named = &self.scripts[run.script];
            let which = format!("{}{}, seed {}", named.path, variant(named), run.seed);
            self.remarked = Some((which, run.remarked.clone()));
        }
        if let Some(Void { words, .. }) = &run.void {
            let which = || {
                let named = &self.scripts[run.script];
                format!("{}{}, seed {}: {words}", named.path, variant(named), run.seed)
            };
            self.void.0 += 1;
            self.void.1.get_or_insert_with(which);
        }
        match self.telling {
            Telling::Json => writeln!(out, "{}", self.json(run)),
            Telling::All => {
                self.tell(run, out)?;
                self.met(run, out)
            }
            Telling::Failures => self.tell(run, out),
        }
    }

    /// A challenge that is met, the first time: with how many commands.
    fn met(&self, run: &Run, out: &mut impl Write) -> io::Result<()> {
        let named = &self.scripts[run.script];
        let (Some(used), Some(challenge)) = (run.used, &named.script.challenge) else {
            return Ok(());
        };
        let is_with = named.script.shows.is_none() || named.script.planted().is_some();
        if !matches!(run.outcome, Outcome::Passed) || self.rows[run.script].runs > 1 || !is_with {
            return Ok(());
        }
        writeln!(out, "{}", challenge.met(used))
    }

    fn json(&self, run: &Run) -> serde_json::Value {
        let mut object = json!({
            "script": self.scripts[run.script].path,
            "seed": run.seed,
            "outcome": run.outcome.word(),
            "linearizable": run.linearizable,
            "digest": format!("{:016x}", run.digest),
            "virtual_us": run.virtual_us,
            "events": run.events,
            "commits": run.commits,
            "remarks": run.remarks,
            "wall_us": run.wall_us,
            "core_us": run.core_us,
        });
        if let Some(Void { since, why, .. }) = &run.void {
            object["void_since_us"] = since.micros().into();
            object["void_because"] = why.to_string().into();
        }
        if let Some(engine) = recorded_by(&self.scripts[run.script]) {
            object["recorded_by_engine"] = engine.into();
        }
        if !run.remarked.is_empty() {
            object["remarked"] = run.remarked.iter().map(remark_json).collect();
        }
        let script = &self.scripts[run.script].script;
        if let (Some(used), Some(challenge)) = (run.used, &script.challenge) {
            object["challenge"] = challenge.name.as_str().into();
            object["commands_used"] = used.into();
        }
        if let Some(shows) = script.shows {
            object["flaw"] = shows.flaw.name().into();
            object["with_flaw"] = script.planted().is_some().into();
        }
        match &run.outcome {
            Outcome::Passed => {}
            Outcome::Failed(failure) => {
                object["line"] = failure.line.into();
                object["expected"] = (&*failure.expected).into();
                object["actual"] = (&*failure.actual).into();
            }
            Outcome::Violated(violation) => {
                object["invariant"] = violation.invariant.name().into();
                object["evidence"] = violation.evidence.as_str().into();
                if !run.clashing.is_empty() {
                    object["clashing"] = run.clashing.as_slice().into();
                }
            }
            Outcome::Diverged { again } => object["again"] = format!("{again:016x}").into(),
            Outcome::Unfinished(why) => object["why"] = why.as_str().into(),
        }
        if !run.ended.is_empty() {
            object["ended"] = run.ended.as_slice().into();
        }
        object
    }

    fn tell(&mut self, run: &Run, out: &mut impl Write) -> io::Result<()> {
        let named = &self.scripts[run.script];
        let Some(story) = run.outcome.story(Time(run.virtual_us), run.digest) else {
            return Ok(());
        };
        self.told += 1;
        if self.told > TOLD_MAX {
            return Ok(());
        }
        let variant = variant(named);
        let word = match run.outcome {
            Outcome::Unfinished(_) => "UNFINISHED",
            Outcome::Passed
            | Outcome::Failed(_)
            | Outcome::Violated(_)
            | Outcome::Diverged { .. } => "FAILED",
        };
        writeln!(out, "{word} {}{variant}, seed {}\n  {}", Plain(&named.path), run.seed, story)?;
        for told in &run.clashing {
            writeln!(out, "    {}", Plain(told))?;
        }
        // The story may have said so.
        for told in run.ended.iter().filter(|told| !story.contains(told.as_str())) {
            writeln!(out, "  {}", Plain(told))?;
        }
        if let Outcome::Failed(failure) = &run.outcome
            && let Some(line) = named.script.source.get(failure.line.wrapping_sub(1) as usize)
        {
            writeln!(out, "  {:>4} | {}", failure.line, Plain(line.trim_end()))?;
        }
        let option = match &run.outcome {
            Outcome::Diverged { .. } => " --check-determinism",
            Outcome::Passed
            | Outcome::Failed(_)
            | Outcome::Violated(_)
            | Outcome::Unfinished(_) => "",
        };
        let path = quoted(&named.path);
        writeln!(out, "  again: raftlab run {path} --seed {}{option}{}\n", run.seed, self.raft)
    }

    /// The table and the sums, for people; the status for all.
    pub fn finish(&self, out: &mut impl Write) -> Result<Ending, Mistake> {
        let mut sum = Row::default();
        self.rows.iter().for_each(|row| sum.add(*row));
        if self.telling != Telling::Json && self.told > TOLD_MAX {
            writeln!(out, "and {} more failures\n", self.told - TOLD_MAX)
                .map_err(Mistake::Output)?;
        }
        if self.telling == Telling::All {
            self.table(sum, out).map_err(Mistake::Output)?;
            self.sums(sum, out).map_err(Mistake::Output)?;
            self.engines(out).map_err(Mistake::Output)?;
        }
        out.flush().map_err(Mistake::Output)?;
        Ok(match (sum.failed(), sum.unfinished) {
            (0, 0) => Ending::Well,
            (0, _) => Ending::Undecided,
            (_, _) => Ending::Failed,
        })
    }

    fn table(&self, sum: Row, out: &mut impl Write) -> io::Result<()> {
        const HEAD: [&str; 6] = ["runs", "failed", "lab time", "events", "commits", "core time"];
        // Of a scene that is recorded, one of the two runs is played.
        let played = self.scripts.iter().zip(&self.rows).filter(|(_, row)| row.runs > 0);
        let mut lines: Vec<(String, Cells)> =
            played.map(|(named, row)| (self.short_name(named), row.cells())).collect();
        if lines.len() > 1 {
            lines.push(("all".to_owned(), sum.cells()));
        }
        lines.insert(0, ("script".to_owned(), HEAD.map(str::to_owned)));
        let width = |text: &str| text.width();
        let widths: [usize; HEAD.len()] = std::array::from_fn(|column| {
            lines.iter().map(|(_, cells)| width(&cells[column])).max().unwrap_or(0)
        });
        let first = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let figures: usize = widths.iter().map(|width| width + 2).sum();
        let first = first.min(self.columns.saturating_sub(figures).max(NAME_MIN));
        for (name, cells) in &lines {
            let name = shortened(name, first);
            write!(out, "{name}{:1$}", "", first.saturating_sub(width(&name)))?;
            for (cell, width) in cells.iter().zip(widths) {
                write!(out, "  {cell:>width$}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// The file's name, or its path when another script has the same name.
    fn short_name(&self, named: &Named) -> String {
        let same = |other: &&Named| other.script.name == named.script.name;
        let twice = self.scripts.iter().filter(same).any(|other| other.path != named.path);
        let name = if twice { named.path.as_str() } else { &named.script.name };
        format!("{}{}", Plain(name), variant(named))
    }

    fn sums(&self, sum: Row, out: &mut impl Write) -> io::Result<()> {
        let wall = self.begun.elapsed();
        let unfinished = match sum.unfinished {
            0 => String::new(),
            runs => format!(", {} unfinished", count(runs)),
        };
        write!(
            out,
            "\n{} passed, {} failed{unfinished}. {} of lab time in {} of wall time",
            count(sum.passed),
            count(sum.failed()),
            length(sum.virtual_us),
            length(wall.as_micros() as u64),
        )?;
        match times(u128::from(sum.virtual_us) * 1_000, wall.as_nanos()) {
            Some(times) => writeln!(out, ": {times} times real time.")?,
            None => writeln!(out, ".")?,
        }
        let flawed = self.scripts.iter().zip(&self.rows).filter(|(named, _)| {
            named.script.shows.is_some() && named.script.variant == Variant::With
        });
        match flawed.map(|(_, row)| row.passed).sum() {
            0 => {}
            1 => writeln!(
                out,
                "One passed with a flaw: it broke what its script says, and nothing else."
            )?,
            runs => {
                let runs = count(runs);
                writeln!(
                    out,
                    "{runs} passed with a flaw: each broke what its script says, and nothing else."
                )?;
            }
        }
        if let (runs @ 1.., Some(first)) = &self.void {
            let which = if *runs == 1 { "" } else { " The first" };
            writeln!(
                out,
                "Nothing is claimed of {} from some moment on.{which}",
                many_runs(*runs)
            )?;
            writeln!(out, "  {}", Plain(first))?;
        }
        match sum.remarks {
            0 => {}
            1 => writeln!(out, "One thing was expected and not so: a remark, no failure.")?,
            lines => {
                let lines = count(lines);
                writeln!(out, "{lines} things were expected and not so: remarks, no failures.")?;
            }
        }
        self.remarks(sum, out)
    }

    /// Which recordings were made by the rules of another engine: what they play may be another run.
    fn engines(&self, out: &mut impl Write) -> io::Result<()> {
        let others = self.scripts.iter().filter_map(|named| Some((named, recorded_by(named)?)));
        for (named, engine) in others.filter(|(_, engine)| *engine != ENGINE) {
            let name = Plain(&named.path);
            writeln!(
                out,
                "{name} was recorded by engine {engine}, and this is engine {ENGINE}: it may be \
                 another run."
            )?;
        }
        Ok(())
    }

    /// What the first run with remarks remarked.
    fn remarks(&self, sum: Row, out: &mut impl Write) -> io::Result<()> {
        let Some((which, remarked)) = &self.remarked else { return Ok(()) };
        if sum.runs > 1 {
            writeln!(out, "{}:", Plain(which))?;
        }
        for Remark { line, time, times, expected, actual } in remarked {
            let often = match times {
                1 => String::new(),
                times => format!(", {} times", count(*times)),
            };
            let at = asked_at(*line, *time);
            writeln!(out, "  {at}{often}: expected {expected}\n    but {actual}")?;
        }
        Ok(())
    }
}

fn many_runs(runs: u64) -> String {
    match runs {
        1 => "one run".to_owned(),
        runs => format!("{} runs", count(runs)),
    }
}

fn remark_json(remark: &Remark) -> serde_json::Value {
    let Remark { line, time, times, expected, actual } = remark;
    let (expected, actual) = (&**expected, &**actual);
    json!({ "line": line, "at_us": time.micros(), "times": times,
            "expected": expected, "actual": actual })
}

/// The columns of the terminal that the report goes to; no end of them in a file.
fn columns() -> usize {
    if !io::stdout().is_terminal() {
        return usize::MAX;
    }
    crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns))
}

/// A name in so many columns: its middle is left out, for both ends tell it apart from others.
fn shortened(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let end = columns.saturating_sub(2) / 2;
    let start = columns.saturating_sub(2) - end;
    let before = clipped(name.chars(), start);
    let after: String = clipped(name.chars().rev(), end).chars().rev().collect();
    format!("{before}..{after}")
}

/// As many of these letters, from the first on, as there are columns for.
fn clipped(letters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut taken = 0;
    letters
        .take_while(|letter| {
            taken += letter.width().unwrap_or(0);
            taken <= columns
        })
        .collect()
}

/// Which of the two runs of a script that shows a flaw this is.
fn variant(named: &Named) -> &'static str {
    match (named.script.shows, named.script.variant) {
        (None, _) => "",
        (Some(_), Variant::With) => " with",
        (Some(_), Variant::Without) => " without",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_both_ends() {
        assert_eq!(shortened("basic.lab", 9), "basic.lab");
        assert_eq!(shortened("full_restart_of_all.lab without", 20), "full_rest..b without");
        assert_eq!(shortened("abcdef", 2), "..");
        assert_eq!(shortened("領導者失去了多數.lab", 12), "領導...lab");
    }
}
