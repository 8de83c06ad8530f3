//! What a hunt came to, as a line of JSON, and many of them as one.
//!
//! A hunt can be spread over machines: each takes its share of the seeds (`--shard 3/8`) and
//! prints its result (`--json`). Merged, the shares must be those of one hunt, each once, and
//! all of them: a share that is missing could hide a finding.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::hunt::places::{Place, Teller, Watch};
use crate::app::hunt::plan::Extra;
use crate::app::hunt::play::{Outcome, Run};
use crate::app::shell::Mistake;
use crate::app::shell::files::{Files, no_json, shown, why_not};
use crate::cluster::digest::ENGINE;
use crate::cluster::plain::plain;

/// The longest line that is read: a share with many findings has a few hundred kilobytes.
const LINE_MAX: u64 = 64 * 1024 * 1024;

/// What was hunted. Shares of one hunt agree in all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hunt {
    /// The number of the engine's rules: a seed means something else under others.
    pub engine: u32,
    pub flaw: Option<String>,
    pub servers: Option<u8>,
    pub clients: Option<u32>,
    /// Options of Raft that all servers keep; `any`: as the seed draws them.
    pub options: Vec<String>,
    pub script: Option<String>,
    /// The Raft of the servers, if it is not the lab's own.
    #[serde(default)]
    pub raft: Option<Guest>,
    /// The first seed, and the one after the last; none when a time was the limit.
    pub seeds: Option<(u64, u64)>,
    /// Into how many shares it was divided.
    pub shares: u64,
}

/// Which guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// The fingerprint of its module, as in `raft-hash=`.
    pub hash: String,
    /// What it is told, as `raft-params=`.
    pub params: String,
    /// Whether the whole service is its own.
    pub serves: bool,
}

impl Hunt {
    /// Whether the servers would tell that a run came there.
    pub fn tells_of(&self, place: Place) -> bool {
        match (place.teller(), &self.raft) {
            (Teller::Anyone, _) | (_, None) => true,
            (Teller::LabService, Some(guest)) => !guest.serves,
            (Teller::LabRaft, Some(_)) => false,
        }
    }

    /// Whether the servers may keep the option that a place needs, if it needs one. A script says
    /// itself what its servers keep.
    pub fn may_reach(&self, place: Place) -> bool {
        let has = |name: &str| self.options.iter().any(|word| word == name || word == "any");
        let ruled_out = Extra::ALL.iter().any(|extra| {
            place.is_ruled_out_by(*extra) && self.options.iter().any(|word| word == extra.name())
        });
        !ruled_out && place.needs().is_none_or(|word| has(&word.to_string()))
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub seed: u64,
    /// The invariant, or "liveness".
    pub breaks: String,
    pub evidence: String,
    /// How many commands the script has; none if it is as it was found.
    pub commands: Option<u64>,
    pub script: String,
}

/// A share's result, or that of a whole hunt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    pub hunt: Hunt,
    /// Which share, counted from 1.
    pub share: u64,
    /// Whether all its seeds were played.
    pub whole: bool,
    /// The shares of which not all seeds were played.
    #[serde(default)]
    pub unfinished: Vec<Unfinished>,
    pub runs: u64,
    pub failed: u64,
    /// Runs that came to a limit before their end: they say nothing.
    #[serde(default)]
    pub undecided: u64,
    pub events: u64,
    pub virtual_us: u64,
    /// For each interesting place: how many runs reached it, and how often in all.
    pub places: Vec<(u64, u64)>,
    pub found: Vec<Found>,
}

/// A share that was stopped before its last seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unfinished {
    pub share: u64,
    /// How many shares there are.
    pub of: u64,
    /// How many seeds were played, and of how many; of no number when a time was the limit.
    pub played: u64,
    pub seeds: Option<u64>,
}

impl Hunt {
    /// How many seeds a share has; none when a time was the limit.
    pub fn seeds_of(&self, share: u64) -> Option<u64> {
        let (start, end) = self.seeds?;
        let first = start.saturating_add(share - 1);
        Some(end.saturating_sub(first).div_ceil(self.shares))
    }
}

impl Results {
    pub fn new(hunt: Hunt, share: u64) -> Self {
        Self {
            hunt,
            share,
            whole: true,
            unfinished: Vec::new(),
            runs: 0,
            failed: 0,
            undecided: 0,
            events: 0,
            virtual_us: 0,
            places: vec![(0, 0); Place::ALL.len()],
            found: Vec::new(),
        }
    }

    /// No further seeds are played.
    pub fn stop(&mut self) {
        self.whole = false;
        let (share, of, played) = (self.share, self.hunt.shares, self.runs);
        let seeds = self.hunt.seeds_of(share);
        self.unfinished = vec![Unfinished { share, of, played, seeds }];
    }

    /// Whether all that was to be played was, to its end. A time that has passed is no seed missed.
    pub fn is_complete(&self) -> bool {
        self.undecided == 0 && self.unfinished.iter().all(|share| share.seeds.is_none())
    }

    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        match run.outcome {
            Outcome::Well => {}
            Outcome::Found(_) => self.failed += 1,
            Outcome::Undecided => self.undecided += 1,
        }
        self.events += run.events;
        self.virtual_us += run.virtual_us;
        self.count(&run.watch);
    }

    fn count(&mut self, watch: &Watch) {
        for ((runs, times), count) in self.places.iter_mut().zip(watch.counts) {
            *runs += u64::from(count > 0);
            *times += count;
        }
    }

    /// The interesting places that no run reached.
    pub fn unreached(&self) -> impl Iterator<Item = Place> {
        let reached = Place::ALL.iter().zip(&self.places);
        reached
            .filter(|(place, (runs, _))| *runs == 0 && self.hunt.may_reach(**place))
            .map(|(place, _)| *place)
            .filter(|place| self.hunt.tells_of(*place))
    }

    /// Adds another share's result; `None` if a sum would be too large for a number.
    fn absorb(&mut self, other: Self) -> Option<()> {
        let add = |own: &mut u64, other: u64| own.checked_add(other).map(|sum| *own = sum);
        self.whole &= other.whole;
        self.unfinished.extend(other.unfinished);
        add(&mut self.runs, other.runs)?;
        add(&mut self.failed, other.failed)?;
        add(&mut self.undecided, other.undecided)?;
        add(&mut self.events, other.events)?;
        add(&mut self.virtual_us, other.virtual_us)?;
        for (own, (runs, times)) in self.places.iter_mut().zip(other.places) {
            add(&mut own.0, runs)?;
            add(&mut own.1, times)?;
        }
        self.found.extend(other.found);
        Some(())
    }

    /// What in a result can't be so.
    fn impossible(&self) -> Option<String> {
        let Self { runs, failed, undecided, whole, .. } = self;
        let seeds = self.hunt.seeds_of(self.share);
        if seeds.is_some_and(|seeds| *runs > seeds || *whole && *runs < seeds) {
            let seeds = seeds.unwrap_or_default();
            return Some(format!("it says {runs} runs of {seeds} seeds, and whole: {whole}"));
        }
        if failed.checked_add(*undecided).is_none_or(|some| some > *runs) {
            return Some(format!("it says that {failed} of {runs} runs failed"));
        }
        let most = self.places.iter().map(|place| place.0).max().unwrap_or_default();
        if most > *runs {
            return Some(format!("it says that {most} of {runs} runs came to a place"));
        }
        (self.found.len() as u64 > *failed).then(|| "it has more findings than failures".to_owned())
    }
}

/// Which of the shares came from where.
struct Share {
    from: String,
    results: Results,
}

/// Reads the shares of a hunt from files, a line each, and makes one result of them.
///
/// # Errors
/// For what can't be read, is no result of a hunt, or belongs to another hunt; for a share that
/// comes twice or is missing.
pub fn merge(paths: &[PathBuf], files: &mut Files) -> Result<Results, Mistake> {
    let mut shares: Vec<Share> = Vec::new();
    for path in paths {
        read(path, files, &mut shares)?;
    }
    let usage = |text: String| Err(Mistake::Usage(text));
    let Some(first) = shares.first() else {
        return usage("there is no result in these files: merge what `hunt --json` prints".into());
    };
    let hunt = first.results.hunt.clone();
    let mut whole = Results::new(hunt.clone(), 1);
    whole.hunt.shares = 1;
    let begun = first.from.clone();
    let mut seen: Vec<(u64, String)> = Vec::new();
    for Share { from, results } in shares {
        if results.hunt != hunt {
            return usage(format!(
                "{from} is of another hunt than {begun}: seeds, options and version must agree"
            ));
        }
        let share = results.share;
        if let Some((_, before)) = seen.iter().find(|(before, _)| *before == share) {
            return usage(format!("{from} is share {share}, and so is {before}: name it once"));
        }
        if whole.absorb(results).is_none() {
            return usage(format!("{from}: with this result the sums are too large"));
        }
        seen.push((share, from));
    }
    let is_there = |share: &u64| seen.iter().any(|(seen, _)| seen == share);
    let missing: Vec<String> = (1..=hunt.shares)
        .filter(|share| !is_there(share))
        .take(10)
        .map(|share| share.to_string())
        .collect();
    if !missing.is_empty() {
        return usage(format!(
            "of {} shares these are missing: {}{}",
            hunt.shares,
            missing.join(", "),
            if hunt.shares - seen.len() as u64 > 10 { " ..." } else { "" }
        ));
    }
    whole.found.sort_by_key(|found| found.seed);
    Ok(whole)
}

fn read(path: &Path, files: &mut Files, shares: &mut Vec<Share>) -> Result<(), Mistake> {
    let shown = plain(&shown(path, "standard input")).into_owned();
    let unreadable =
        |error: std::io::Error| Mistake::Usage(format!("can't read {shown}: {}", why_not(&error)));
    let mut lines = BufReader::new(files.open(path).map_err(unreadable)?);
    for number in 1u64.. {
        let mut line = Vec::new();
        (&mut lines).take(LINE_MAX).read_until(b'\n', &mut line).map_err(unreadable)?;
        if line.is_empty() {
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let from = format!("{shown}:{number}");
        let foreign = |why: &str| {
            Mistake::Usage(format!("{from}: this is no result of `hunt --json`: {why}"))
        };
        let mut results: Results =
            serde_json::from_slice(&line).map_err(|error| foreign(&no_json(&error)))?;
        let Hunt { engine, shares: of, .. } = results.hunt;
        if results.places.len() != Place::ALL.len() || engine != ENGINE {
            return Err(foreign("another version of raftlab made it"));
        }
        if !(1..=of).contains(&results.share) || of > SHARES_MAX {
            return Err(foreign(&format!("there is no share {} of {of}", results.share)));
        }
        if let Some(why) = results.impossible() {
            return Err(foreign(&why));
        }
        if !results.whole && results.unfinished.is_empty() {
            results.stop();
        }
        shares.push(Share { from, results });
    }
    Ok(())
}

/// The most shares that a hunt can be divided into.
pub const SHARES_MAX: u64 = 100_000;
