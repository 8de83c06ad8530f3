//! `raftlab hunt`: thousands of runs with faults at random, and the smallest script of what went
//! wrong.
//!
//! What a seed plays and how a finding is shrunk is the lab's own ([`crate::app::hunt`]). Here is the
//! search on all cores, and what is written of it; `results.rs` lets a cluster of machines share a
//! hunt.

#[cfg(feature = "guests")]
mod judge;
mod report;
mod results;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::cli::HuntOptions;
use super::files::{self, Files, Kind, Old, Output, is_standard, many, shown};
use super::headless::time_left;
use super::stream::{Form, Stream};
use super::{Ending, Mistake, fleet, guests};
use crate::app::budget::Budget;
use crate::app::hunt::plan::{Chosen, Fixed};
use crate::app::hunt::play::{self, Outcome, Run};
use crate::app::hunt::{Prey, Shrunk};
use crate::app::stop;
use crate::cluster::digest::ENGINE;
use crate::cluster::plain::Plain;
use results::{Found, Guest, Hunt, Results};

#[cfg(feature = "guests")]
pub use judge::{Breach, Played, Seed, one, scene, trap};
#[cfg(feature = "guests")]
pub use results::Found as Smallest;
pub use results::SHARES_MAX;

/// How long a hunt lasts that says neither seeds nor a time.
const USUAL: Duration = Duration::from_secs(60);

/// Carries out `raftlab hunt`.
///
/// # Errors
/// For options that don't go together, and for files that can't be read or written.
pub fn run(options: &HuntOptions) -> Result<Ending, Mistake> {
    if !options.merge.is_empty() {
        return merge(options);
    }
    let mut files = Files::with_raft(&options.other)?;
    let prey = prey(options, &mut files)?;
    let hunt = hunt(options, &prey);
    let draft = draft(options, &mut files)?;
    let (share, shares) = options.shard.unwrap_or((1, 1));
    let mut results = Results::new(Hunt { shares, ..hunt }, share);
    if !options.quiet && !options.json && options.out.is_none() && io::stderr().is_terminal() {
        let flaw = options.flaw.map(|flaw| format!("-{flaw}")).unwrap_or_default();
        // Nobody is left to hear of an error here.
        let _ = writeln!(
            Stream::errors(),
            "What goes wrong is written to hunt{flaw}-RULE-SEED.lab here; --out FILE names another \
             place."
        );
    }
    let begun = Instant::now();
    stop::heed();
    let found = search(options, &prey, &mut results, begun)?;
    let wall_us = begun.elapsed().as_micros() as u64;
    let smallest = |run| {
        let size = if stop::is_asked() { Size::AsFound } else { Size::Smallest };
        shrunk(&prey, run, options, size)
    };
    results.found = found.iter().map(smallest).collect();
    finish(options, &results, Some(wall_us), draft, files)
}

/// Begins the file that is to be written. Better to know at once if that can't be.
fn draft(options: &HuntOptions, files: &mut Files) -> Result<Option<Output>, Mistake> {
    options.out.as_deref().map(|path| files.create(path, old(options), Kind::Script)).transpose()
}

/// A finding may be all that is left of a long hunt.
const fn old(options: &HuntOptions) -> Old {
    Old::unless(options.force)
}

fn prey(options: &HuntOptions, files: &mut Files) -> Result<Prey, Mistake> {
    let Some(path) = &options.script else {
        let HuntOptions { servers, clients, flaw, .. } = *options;
        let options = Chosen::of(&options.options);
        let raft = files.raft().cloned();
        return Ok(Prey::Plan(Fixed { servers, clients, flaw, options, raft }));
    };
    let mut script = files.judged(path)?;
    if let Some(flaw) = options.flaw {
        let breaks = flaw.about().breaks;
        script.shows = Some(crate::cluster::command::Shows { flaw, breaks });
    }
    Ok(Prey::Script(Box::new(script), path.display().to_string()))
}

fn hunt(options: &HuntOptions, prey: &Prey) -> Hunt {
    Hunt {
        engine: ENGINE,
        flaw: options.flaw.map(|flaw| flaw.name().to_owned()),
        servers: options.servers,
        clients: options.clients,
        options: Chosen::of(&options.options).names(),
        script: match prey {
            Prey::Plan(_) => None,
            Prey::Script(_, path) => Some(path.clone()),
        },
        raft: raft(prey),
        seeds: options.seeds.clone().map(|seeds| (seeds.start, seeds.end)),
        shares: 1,
    }
}

fn raft(prey: &Prey) -> Option<Guest> {
    let raft = match prey {
        Prey::Plan(fixed) => fixed.raft.as_ref(),
        Prey::Script(script, _) => script.config.raft.as_ref(),
    }?;
    let program = raft.program.as_ref()?;
    let hash = format!("{:#x}", program.hash());
    Some(Guest { hash, params: raft.params.to_string(), serves: program.serves() })
}

/// The hunt is over before its last seed.
enum Stop {
    Found,
}

/// Plays the seeds. The runs that went wrong, one for each thing that can go wrong.
fn search(
    options: &HuntOptions,
    prey: &Prey,
    results: &mut Results,
    begun: Instant,
) -> Result<Vec<Run>, Mistake> {
    let limit = match (&options.seeds, options.time) {
        (_, Some(time)) => Some(time),
        (None, None) => Some(USUAL),
        (Some(_), None) => None,
    };
    let (share, shares) = options.shard.unwrap_or((1, 1));
    let seeds = options.seeds.clone().unwrap_or(1..u64::MAX);
    let first = seeds.start.saturating_add(share - 1);
    let mut late = false;
    let late_mut = &mut late;
    let jobs = (first..seeds.end).step_by(shares as usize).take_while(move |_| {
        *late_mut = stop::is_asked() || limit.is_some_and(|limit| begun.elapsed() >= limit);
        !*late_mut
    });
    let budget = Budget::new(options.memory);
    let bar = progress(options, limit, shares);
    let mut found: Vec<Run> = Vec::new();
    let stopped = fleet::run(
        jobs,
        |seed| play::hunt(&prey.script(seed), seed, budget),
        |run| {
            // It was broken off, and says nothing.
            if stop::is_asked() && matches!(run.outcome, Outcome::Undecided) {
                return Ok(());
            }
            results.add(&run);
            tick(&bar, limit, results.runs, begun);
            let Some(finding) = run.finding() else { return Ok(()) };
            let is_same = |run: &Run| run.finding().is_some_and(|other| other.is_like(finding));
            if !found.iter().any(is_same) {
                found.push(run);
            }
            if options.keep_going { Ok(()) } else { Err(Stop::Found) }
        },
    );
    bar.finish_and_clear();
    if stopped.is_err() || late {
        results.stop();
    }
    Ok(found)
}

fn progress(options: &HuntOptions, limit: Option<Duration>, shares: u64) -> ProgressBar {
    if options.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (length, template) = match (limit, &options.seeds) {
        (None, Some(seeds)) => {
            ((seeds.end - seeds.start).div_ceil(shares), "{bar:40} {pos}/{len} runs{rate}{left}")
        }
        (limit, _) => (
            limit.unwrap_or(USUAL).as_millis() as u64,
            "{bar:40} {msg}, {elapsed} of the time gone",
        ),
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            if state.pos() > 0 {
                // Nobody is left to hear of an error here.
                let _ = write!(out, ", {:.0} a second", state.per_sec());
            }
        })
        .with_key("left", time_left);
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr())
        .with_style(style)
        .with_message("no run yet")
}

fn tick(bar: &ProgressBar, limit: Option<Duration>, runs: u64, begun: Instant) {
    if limit.is_none() {
        bar.inc(1);
    } else if runs.is_multiple_of(64) {
        let elapsed = begun.elapsed().as_millis() as u64;
        bar.set_position(elapsed);
        bar.set_message(format!("{runs} runs, {} a second", runs * 1_000 / elapsed.max(1)));
    }
}

/// How much work a script is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Smallest,
    /// As it was found, for there is no time left.
    AsFound,
}

/// The script of a finding, as small as it gets.
fn shrunk(prey: &Prey, run: &Run, options: &HuntOptions, size: Size) -> Found {
    let finding = run.finding().expect("a run that was kept has found something");
    let again = again(prey, run.seed, options);
    let Shrunk { script, commands } = match size {
        Size::Smallest => prey.smallest(run, finding, options.flaw, &again),
        Size::AsFound => prey.as_found(run, finding, options.flaw, &again),
    };
    Found {
        seed: run.seed,
        breaks: finding.word().to_owned(),
        evidence: finding.told(),
        commands,
        script,
    }
}

/// The command line that finds just this again.
fn again(prey: &Prey, seed: u64, options: &HuntOptions) -> String {
    let mut line = format!("raftlab hunt --seeds {seed}..{}", seed.saturating_add(1));
    let mut add = |option: &str, value: Option<String>| {
        if let Some(value) = value {
            line.push_str(&format!(" --{option} {value}"));
        }
    };
    add("flaw", options.flaw.map(|flaw| flaw.to_string()));
    add("servers", options.servers.map(|servers| servers.to_string()));
    add("clients", options.clients.map(|clients| clients.to_string()));
    for option in &options.options {
        add("option", Some(option.to_string()));
    }
    options.other.words().into_iter().for_each(|(option, value)| add(option, Some(value)));
    if let Prey::Script(_, path) = prey {
        add("script", Some(path.clone()));
    }
    line
}

/// Writes what was found, and says what the hunt came to.
fn finish(
    options: &HuntOptions,
    results: &Results,
    wall_us: Option<u64>,
    mut draft: Option<Output>,
    mut files: Files,
) -> Result<Ending, Mistake> {
    let (mut written, mut lost) = (Vec::new(), None);
    for (number, found) in results.found.iter().enumerate() {
        // A share's scripts are in its JSON: many machines would write the same files.
        if options.json && options.out.is_none() {
            break;
        }
        let named = path(options.out.as_deref(), results, found, number);
        let write = || {
            let (mut file, path) = match draft.take() {
                Some(file) => (file, named),
                None => {
                    let path = if options.force { named } else { free(named) };
                    (files.create(&path, old(options), Kind::Script)?, path)
                }
            };
            let script = match is_standard(&path) {
                true => found.script.clone(),
                false => guests::named_from(&path, &found.script),
            };
            file.write_all(script.as_bytes()).map_err(|error| file.unwritten(&error))?;
            file.complete()?;
            Ok(path)
        };
        // The search may have taken an hour: what it found is printed.
        written.push(write().map_err(|mistake: Mistake| lost = Some(mistake)).ok());
    }
    let form = if options.json { Form::Json } else { Form::Text };
    let mut out = files.report(form);
    say(options, results, wall_us, &written, &mut out).map_err(Mistake::Output)?;
    if let Some(mistake) = lost {
        return Err(mistake);
    }
    Ok(if results.failed > 0 {
        Ending::Failed
    } else if results.is_complete() && !stop::is_asked() {
        Ending::Well
    } else {
        Ending::Undecided
    })
}

fn say(
    options: &HuntOptions,
    results: &Results,
    wall_us: Option<u64>,
    written: &[Option<PathBuf>],
    out: &mut impl Write,
) -> io::Result<()> {
    if options.json {
        serde_json::to_writer(&mut *out, results)?;
        writeln!(out)?;
        return out.flush();
    }
    if !options.quiet {
        report::print(results, wall_us, out)?;
        if stop::is_asked() {
            writeln!(out, "It was stopped before its time was over.")?;
        }
    }
    for (number, (found, path)) in results.found.iter().zip(written).enumerate() {
        if number > 0 || !options.quiet {
            writeln!(out)?;
        }
        writeln!(out, "Seed {}: {}", found.seed, Plain(&found.evidence))?;
        let shrunk = match found.commands {
            // It breaks the same rule, at times of its own.
            Some(1) => "shrunk to 1 command, a run of its own".to_owned(),
            Some(commands) => format!("shrunk to {commands} commands, a run of its own"),
            None => "as it was found".to_owned(),
        };
        match path {
            Some(path) => {
                let file = shown(path, "standard output");
                writeln!(out, "  {shrunk}, written to {}", Plain(&file))?;
                files::tell_how_again(out, path)?;
            }
            None => writeln!(out, "  {shrunk}, and could not be written:\n\n{}", found.script)?,
        }
    }
    out.flush()
}

/// Where a finding is written: the file that was named, or a telling name.
fn path(out: Option<&Path>, results: &Results, found: &Found, number: usize) -> PathBuf {
    match (out, number) {
        (Some(path), 0) => path.to_owned(),
        (Some(path), _) if !is_standard(path) => numbered(path, number + 1),
        (Some(_) | None, _) => {
            let flaw = results.hunt.flaw.as_ref().map(|flaw| format!("-{flaw}"));
            let (flaw, breaks, seed) = (flaw.unwrap_or_default(), &found.breaks, found.seed);
            PathBuf::from(format!("hunt{flaw}-{breaks}-{seed}.lab"))
        }
    }
}

/// "name-2.lab" beside "name.lab".
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", end.unwrap_or_default()))
}

/// The path itself, or the first numbered one beside it under which there is nothing yet.
pub(super) fn free(path: PathBuf) -> PathBuf {
    let is_free = |path: &Path| path.symlink_metadata().is_err();
    if is_free(&path) {
        return path;
    }
    let others = (2..10_000).map(|number| numbered(&path, number));
    others.into_iter().find(|path| is_free(path)).unwrap_or(path)
}

fn merge(options: &HuntOptions) -> Result<Ending, Mistake> {
    let mut files = Files::default();
    let results = results::merge(&many::files(&options.merge)?, &mut files)?;
    let draft = draft(options, &mut files)?;
    finish(options, &results, None, draft, files)
}
