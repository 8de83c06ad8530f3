//! What a hunt says at its end.

use std::io::{self, Write};

use super::results::{Hunt, Results, Unfinished};
use crate::app::hunt::places::Place;
use crate::app::shell::figures::{count, length};

/// The most shares that are named because they did not come to their end.
const SHARES_TOLD: usize = 10;

/// The table of interesting places, and the sums.
pub fn print(results: &Results, wall_us: Option<u64>, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<[String; 2]> =
        results.places.iter().map(|(runs, times)| [runs.to_string(), times.to_string()]).collect();
    let width = |column: usize, head: &str| {
        rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(head.len())
    };
    let (first, second) = (width(0, "runs"), width(1, "times"));
    writeln!(out, "{:>first$}  {:>second$}  reached", "runs", "times")?;
    let hunt = &results.hunt;
    let there = |(place, row): &(&Place, &[String; 2])| {
        row[0] != "0" || hunt.may_reach(**place) && hunt.tells_of(**place)
    };
    for (place, [runs, times]) in Place::ALL.iter().zip(&rows).filter(there) {
        writeln!(out, "{runs:>first$}  {times:>second$}  {}", place.about())?;
    }
    let Results { runs, events, virtual_us, .. } = results;
    let s = if *runs == 1 { "" } else { "s" };
    write!(out, "\n{} run{s}, {} of lab time", count(*runs), length(*virtual_us))?;
    write!(out, ", {} events", count(*events))?;
    if let Some(wall_us) = wall_us.filter(|wall| *wall > 0) {
        let rate = u128::from(*runs) * 1_000_000 / u128::from(wall_us);
        write!(out, " in {} ({} runs a second)", length(wall_us), count(rate as u64))?;
    }
    writeln!(out, ".")?;
    if results.runs > 0 {
        unreached(results, out)?;
    }
    if let Some(guest) = &hunt.raft {
        let own = if guest.serves { "Raft and service tell" } else { "Raft tells" };
        let untold = |place: &&Place| hunt.may_reach(**place) && !hunt.tells_of(**place);
        let count = Place::ALL.iter().filter(untold).count();
        writeln!(out, "Left out are {count} places of which only the lab's own {own}.")?;
    }
    limits(results, out)?;
    match results.failed {
        0 => writeln!(out, "Nothing found."),
        1 => writeln!(out, "One run failed."),
        many => writeln!(out, "{} runs failed.", count(many)),
    }
}

/// The places that no run reached, and what would help. What only a flaw can do with so few servers
/// is not told apart.
fn unreached(results: &Results, out: &mut impl Write) -> io::Result<()> {
    let Hunt { servers, flaw, script, .. } = &results.hunt;
    let too_few = |place: &Place| match (servers, flaw) {
        (Some(1), _) => place.servers() > 1,
        (Some(servers), None) => place.servers() > *servers,
        (Some(_), Some(_)) | (None, _) => false,
    };
    let (beyond, missed): (Vec<Place>, Vec<Place>) = results.unreached().partition(too_few);
    let with = match servers {
        Some(1) => "one server".to_owned(),
        Some(servers) => format!("{servers} servers"),
        None => String::new(),
    };
    if !beyond.is_empty() {
        writeln!(out, "{} of the places above cannot be reached with {with}.", beyond.len())?;
    }
    // A script may never lead there, nor may what a flaw leaves of the rules.
    let advice = match (script, flaw) {
        (None, None) => ": hunt for longer",
        (Some(_), _) | (_, Some(_)) => "",
    };
    match missed.len() {
        0 => Ok(()),
        1 => writeln!(out, "One of the places above was not reached{advice}."),
        count => writeln!(out, "{count} of the places above were not reached{advice}."),
    }
}

/// What was not seen.
fn limits(results: &Results, out: &mut impl Write) -> io::Result<()> {
    match results.undecided {
        0 => {}
        1 => writeln!(
            out,
            "One run came to its limit of events or of memory before its end: it says nothing."
        )?,
        many => writeln!(
            out,
            "{} runs came to their limit of events or of memory before their end: they say nothing.",
            count(many)
        )?,
    }
    for Unfinished { share, of, played, seeds } in results.unfinished.iter().take(SHARES_TOLD) {
        let Some(seeds) = seeds else { continue };
        let who = match of {
            1 => "Stopped".to_owned(),
            of => format!("Share {share} of {of} stopped"),
        };
        writeln!(out, "{who} after {} of {} seeds.", count(*played), count(*seeds))?;
    }
    match results.unfinished.len().saturating_sub(SHARES_TOLD) {
        0 => Ok(()),
        more => writeln!(out, "And so did {more} other shares."),
    }
}
