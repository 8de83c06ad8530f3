//! What a hunt says at its end.

use std::io::{self, Write};

use super::places::Place;
use super::results::Results;

/// The table of interesting places, and the sums.
pub fn print(results: &Results, wall_us: Option<u64>, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<[String; 2]> =
        results.places.iter().map(|(runs, times)| [runs.to_string(), times.to_string()]).collect();
    let width = |column: usize, head: &str| {
        rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(head.len())
    };
    let (first, second) = (width(0, "runs"), width(1, "times"));
    writeln!(out, "{:>first$}  {:>second$}  reached", "runs", "times")?;
    for (place, [runs, times]) in Place::ALL.iter().zip(&rows) {
        writeln!(out, "{runs:>first$}  {times:>second$}  {}", place.about())?;
    }
    let lab = results.virtual_us / 1_000_000;
    write!(out, "\n{} runs, {lab} s of lab time, {} events", results.runs, results.events)?;
    if let Some(wall_us) = wall_us.filter(|wall| *wall > 0) {
        let rate = results.runs.saturating_mul(1_000_000) / wall_us;
        let tenths = wall_us.div_ceil(100_000);
        write!(out, " in {}.{} s ({rate} runs a second)", tenths / 10, tenths % 10)?;
    }
    writeln!(out, ".")?;
    let unreached = results.unreached().count();
    if unreached > 0 && results.runs > 0 {
        writeln!(out, "{unreached} of the places above were not reached: hunt for longer.")?;
    }
    match results.failed {
        0 => writeln!(out, "Nothing found."),
        1 => writeln!(out, "One run failed."),
        many => writeln!(out, "{many} runs failed."),
    }
}
