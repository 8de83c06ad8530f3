//! `raftlab run`: scripts without a terminal, as fast as the machine goes.
//!
//! A *job* is a script with a seed. `play.rs` plays one job from its first event to its last,
//! `../fleet.rs` spreads jobs over the cores, `report.rs` says how they ended. Nothing runs before
//! every script has been read and found well formed.

mod history;
mod mistakes;
mod play;
mod records;
mod report;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

pub use play::{Outcome, Remark, Run, Void, ending, ending_so_far};

use super::cli::RunOptions;
use super::files::{Files, many};
use super::stream::Form;
use super::{Ending, Mistake, fleet};
use crate::app::budget::Budget;
use crate::cluster::command::Script;
use play::Repeat;
use records::Records;
use report::{Report, Telling};

/// A script, or one of the two runs of one that shows a flaw, and the path under which the person named it.
pub(super) struct Named {
    pub path: String,
    pub script: Script,
}

/// One run to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    /// Which of the scripts.
    pub script: usize,
    pub seed: u64,
}

/// Carries out `raftlab run`.
///
/// # Errors
/// For files that can't be read or written, and for bad scripts: nothing has run then.
pub fn run(options: &RunOptions) -> Result<Ending, Mistake> {
    let mut files = Files::with_raft(&options.other)?;
    let paths = many::scripts(&options.files);
    let read = paths.and_then(|paths| read_all(&paths, &mut files));
    let scripts = match read {
        Err(mistake) if options.json => return Err(mistakes::as_json(&mistake, &files)),
        read => read?,
    };
    let repeat = if options.check_determinism { Repeat::Twice } else { Repeat::Once };
    if options.trace.is_some() || options.history.is_some() || options.html.is_some() {
        return recorded(&scripts, options, files);
    }
    let total = jobs(&scripts, options).count() as u64;
    let bar = if options.quiet { ProgressBar::hidden() } else { progress_bar(total) };
    let mut report = Report::new(&scripts, telling(options), &options.other);
    let mut out = files.report(form(options));
    let budget = Budget::new(options.memory);
    let play = |job| play::play_again(&scripts, job, budget, repeat);
    fleet::run(jobs(&scripts, options), play, |run| {
        bar.inc(1);
        bar.suspend(|| report.add(&run, &mut out)).map_err(Mistake::Output)
    })?;
    bar.finish_and_clear();
    report.finish(&mut out)
}

/// Plays the only job, and writes its events or its history as they come. Of a scene that is
/// played with a flaw and without, the run with the flaw is the one to write.
fn recorded(scripts: &[Named], options: &RunOptions, mut files: Files) -> Result<Ending, Mistake> {
    let seeds = jobs(scripts, options).map(|job| job.seed).collect::<BTreeSet<u64>>();
    let (1, 1, Some(job)) = (options.files.len(), seeds.len(), jobs(scripts, options).next())
    else {
        return Err(Mistake::Usage(
            "--trace and --history write what happens in one run: name one script and one seed"
                .into(),
        ));
    };
    if options.check_determinism {
        return Err(Mistake::Usage(
            "--trace and --history don't go together with --check-determinism".into(),
        ));
    }
    let mut records = Records::begin(options, &scripts[job.script], job, &mut files)?;
    let mut report = Report::new(scripts, telling(options), &options.other);
    let run = play::play(scripts, job, Budget::new(options.memory), |cluster| records.add(cluster));
    records.flush();
    let mut out = files.report(form(options));
    report.add(&run, &mut out).map_err(Mistake::Output)?;
    let ending = report.finish(&mut out)?;
    match (records.complete(), ending) {
        (Ok(()), ending) => Ok(ending),
        // The verdict is the more important of the two.
        (Err(mistake), Ending::Failed) => Err(Mistake::Besides(Box::new(mistake))),
        (Err(mistake), Ending::Well | Ending::Undecided | Ending::Signal(_)) => Err(mistake),
    }
}

const fn telling(options: &RunOptions) -> Telling {
    match (options.json, options.quiet) {
        (true, _) => Telling::Json,
        (false, true) => Telling::Failures,
        (false, false) => Telling::All,
    }
}

const fn form(options: &RunOptions) -> Form {
    if options.json { Form::Json } else { Form::Text }
}

/// All mistakes of all scripts at once.
fn read_all(paths: &[PathBuf], files: &mut Files) -> Result<Vec<Named>, Mistake> {
    let (mut scripts, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        match files.judged(path) {
            Ok(script) => {
                let path = path.display().to_string();
                scripts
                    .extend(script.variants().map(|script| Named { path: path.clone(), script }));
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    match mistakes.len() {
        0 => Ok(scripts),
        _ => Err(Mistake::Several(mistakes)),
    }
}

fn jobs<'a>(
    scripts: &'a [Named],
    options: &'a RunOptions,
) -> impl Iterator<Item = Job> + Send + 'a {
    scripts.iter().enumerate().flat_map(|(script, named)| {
        let own = options.seed.unwrap_or(named.script.seed());
        // Both ends included: nothing comes after the greatest seed.
        let seeds = options.seeds.as_ref().map_or(own..=own, |seeds| seeds.start..=seeds.end - 1);
        seeds.map(move |seed| Job { script, seed })
    })
}

fn progress_bar(total: u64) -> ProgressBar {
    if total < 2 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} runs{left}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("left", time_left);
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()).with_style(style)
}

/// How long it will take, once there is a run to reckon that from.
pub(super) fn time_left(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    if state.pos() > 0 {
        // Nobody is left to hear of an error here.
        let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
    }
}
