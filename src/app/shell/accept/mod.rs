//! `raftlab accept`: which rules a guest's Raft keeps, and which it breaks.
//!
//! Every script of the program that applies is played with it: the tests of courses, the scenes of the
//! paper, and the scenes that show flaws, as baits, for which a Raft with the same flaw falls. Then
//! seeds hunt in it. What breaks a rule is shrunk. A scene that goes another way before it comes to the
//! point, though no rule is broken, has tested nothing, and the report says so.
//!
//! - `scenes.rs`: the scripts, and what each comes to.
//! - `report.rs`: what is said, as text; as JSON it is the [`Report`] itself.
//! - `page.rs`: the same as a page for a browser.
//! - `clock.rs`: the end of the time, and how far it is.

mod clock;
mod page;
mod report;
mod scenes;

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::cli::{AcceptOptions, OtherRaft};
use super::files::{Files, Kind, Old};
use super::hunt::{self, Seed, Size, Smallest};
use super::stream::Form;
use super::{Ending, Mistake, fleet};
use crate::app::{budget::Budget, stop};
use crate::cluster::Implementation;
use crate::cluster::invariant::Invariant;
use crate::cluster::words::rule;
use clock::Clock;
use scenes::{Bait, Verdict};

/// How many seeds hunt if the command line does not say.
const SEEDS: u64 = 500;
/// How long all may take if the command line does not say.
const TIME: Duration = Duration::from_secs(300);

/// A script that was played, or not.
#[derive(Clone, Debug, Serialize)]
struct Scene {
    script: String,
    /// The rule that the scene lures a Raft into breaking, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    bait: Option<&'static str>,
    #[serde(flatten)]
    verdict: Verdict,
    /// Of one that failed as with a flaw of the lab's own Raft.
    #[serde(skip_serializing_if = "Option::is_none")]
    like: Option<Like>,
}

/// What is known of a rule.
#[derive(Clone, Debug, Serialize)]
struct Rule {
    rule: &'static str,
    says: &'static str,
    /// broken; kept, where baits for it were played and no run ended before its end at another rule;
    /// open, where some did; or watched, where no bait was played.
    verdict: &'static str,
    /// Baits for it that were played to their end.
    baits: u64,
    /// Runs that ended where they broke another rule: they say nothing of this one from there on.
    cut_short: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Breach>,
}

/// A flaw of the lab's own Raft, with which the same scene goes wrong in the same way.
#[derive(Clone, Copy, Debug, Serialize)]
struct Like {
    flaw: &'static str,
    section: &'static str,
    rule: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Breach {
    by: String,
    evidence: String,
    /// Of a bait: the flaw that it is about, where its rule stands, and the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    like: Option<Like>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<u64>,
    script: String,
}

/// What the seeds came to. They add up to those that were asked for.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Hunted {
    seeds: u64,
    well: u64,
    broken: u64,
    /// Clients that were never served, and servers that ended on their own.
    failed: u64,
    /// Those that came to a limit, and those for which there was no time.
    unfinished: u64,
}

#[derive(Debug, Serialize)]
struct Report {
    module: String,
    hash: String,
    verdict: &'static str,
    rules: Vec<Rule>,
    /// What else went wrong in the hunt: clients that were never served.
    hunted: Vec<Breach>,
    hunt: Hunted,
    complete: bool,
    /// Why it ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'static str>,
    scenes: Vec<Scene>,
}

/// Carries out `raftlab accept`.
///
/// # Errors
/// When the module can't be read, or is none.
pub fn run(options: &AcceptOptions) -> Result<Ending, Mistake> {
    let (raft, raft_params) = (Some(options.raft.clone()), options.raft_params.clone());
    let mut files = Files::with_raft(&OtherRaft { raft, raft_params })?;
    let Some(raft) = files.raft().cloned() else { return Ok(Ending::Undecided) };
    // Better to know at once if it can't be written.
    let page = options
        .html
        .as_deref()
        .map(|path| files.create(path, Old::Replace, Kind::Page))
        .transpose()?;
    let clock = Clock::start(options.time.unwrap_or(TIME), options.quiet);
    let report = judge(&raft, options, &clock);
    clock.end();
    let form = if options.json { Form::Json } else { Form::Text };
    let mut out = files.report(form);
    let written = match options.json {
        true => serde_json::to_writer(&mut out, &report).map_err(io::Error::from),
        false => report::say(&report, options.quiet, &mut out),
    };
    written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).map_err(Mistake::Output)?;
    if let Some(mut page) = page {
        let text = page::page(&report);
        page.write_all(text.as_bytes()).map_err(|error| page.unwritten(&error))?;
        page.complete()?;
    }
    Ok(match report.verdict {
        "accepted" => Ending::Well,
        "undecided" => Ending::Undecided,
        _ => Ending::Failed,
    })
}

fn judge(raft: &Implementation, options: &AcceptOptions, clock: &Clock) -> Report {
    let budget = Budget::new(None);
    let baits = scenes::baits(raft, &options.folder);
    let last = options.seeds.unwrap_or(SEEDS);
    let (scenes, broken) = play(&baits, budget, clock);
    let mut breaches = shrink(raft, broken, clock);
    let (hunt, found) = hunt(raft, last, budget, clock);
    let mut hunted = Vec::new();
    for small in found {
        let by = format!("hunt, seed {}", small.seed);
        match Invariant::from_name(&small.breaks) {
            Some(invariant) => breaches.push((invariant, breach(by, small))),
            None => hunted.push(breach(by, small)),
        }
    }
    let unfinished = |scene: &Scene| matches!(scene.verdict, Verdict::Unfinished { .. });
    let complete = options.folder.is_empty()
        && last > 0
        && hunt.unfinished == 0
        && !scenes.iter().any(unfinished);
    let rules = Invariant::ALL.into_iter();
    let rules: Vec<Rule> = rules.map(|it| summary(it, &scenes, hunt, &breaches)).collect();
    let failed = |scene: &Scene| matches!(scene.verdict, Verdict::Failed { .. });
    let wrong = rules.iter().any(|rule| rule.broken.is_some())
        || !hunted.is_empty()
        || scenes.iter().any(failed);
    Report {
        module: raft.file.to_string(),
        hash: raft.hash.map(|hash| format!("{hash:#x}")).unwrap_or_default(),
        verdict: match (wrong, complete) {
            (true, _) => "rejected",
            (false, true) => "accepted",
            (false, false) => "undecided",
        },
        rules,
        hunted,
        hunt,
        complete,
        stopped: clock.stopped(),
        scenes,
    }
}

type Broken<'a> = (&'a Bait, Box<hunt::Breach>);

/// Plays the scripts.
fn play<'a>(baits: &'a [Bait], budget: Budget, clock: &Clock) -> (Vec<Scene>, Vec<Broken<'a>>) {
    clock.begin("scripts", baits.len() as u64);
    let (mut scenes, mut broken) = (Vec::new(), Vec::new());
    let play = |bait: &'a Bait| {
        let unfinished = |why: &str| Verdict::Unfinished { why: why.into() };
        // A guest may take long to start, and there are hundreds of scripts.
        if let Some(why) = clock.stopped().filter(|_| bait.script.is_ok()) {
            return (bait, unfinished(why), None);
        }
        let (verdict, breach) = scenes::verdict(bait, budget);
        // What was cut off in the midst says as little as what was never begun.
        let verdict = match (verdict, clock.stopped()) {
            (Verdict::Unfinished { .. }, Some(why)) => unfinished(why),
            (verdict, _) => verdict,
        };
        (bait, verdict, breach)
    };
    let _ = fleet::run(baits.iter(), play, |(bait, verdict, breach)| {
        clock.tick();
        broken.extend(breach.map(|breach| (bait, breach)));
        let is_failed = matches!(verdict, Verdict::Failed { line: Some(_), .. });
        let like = if is_failed { bait.like(None) } else { None };
        let lures = bait.lures.map(Invariant::name);
        scenes.push(Scene { script: bait.name.clone(), bait: lures, verdict, like });
        Ok::<(), ()>(())
    });
    (scenes, broken)
}

/// How much work a script is worth now.
fn size() -> Size {
    if stop::is_asked() { Size::AsFound } else { Size::Smallest }
}

/// The scripts of what broke, as small as they get. The last are the baits, which are short already: two
/// for a rule are enough to look for the smallest.
fn shrink(
    raft: &Implementation,
    broken: Vec<Broken<'_>>,
    clock: &Clock,
) -> Vec<(Invariant, Breach)> {
    let mut few: Vec<Broken<'_>> = Vec::new();
    for (bait, breach) in broken.into_iter().rev() {
        if few.iter().filter(|(_, other)| other.invariant == breach.invariant).count() < 2 {
            few.push((bait, breach));
        }
    }
    clock.begin("broken scripts made small", few.len() as u64);
    let shrink = |(bait, found): Broken<'_>| {
        let small = breach(bait.name.clone(), found.smallest(raft, size()));
        (found.invariant, Breach { like: bait.like(Some(found.invariant)), ..small })
    };
    let mut breaches = Vec::new();
    let _ = fleet::run(few.into_iter(), shrink, |small| {
        clock.tick();
        breaches.push(small);
        Ok::<(), ()>(())
    });
    breaches
}

/// Hunts with the seeds from 1 to `last`; the first of each thing that went wrong.
fn hunt(
    raft: &Implementation,
    last: u64,
    budget: Budget,
    clock: &Clock,
) -> (Hunted, Vec<Smallest>) {
    clock.begin("seeds", last);
    let mut hunt = Hunted { seeds: last, ..Hunted::default() };
    let mut found: Vec<Smallest> = Vec::new();
    let one = |seed| match stop::is_asked() {
        true => Seed::Undecided,
        false => hunt::one(raft, seed, budget),
    };
    let _ = fleet::run(1..=last, one, |seed| {
        clock.tick();
        let count = match &seed {
            Seed::Well => &mut hunt.well,
            Seed::Undecided => &mut hunt.unfinished,
            Seed::Caught(caught) if caught.is_broken => &mut hunt.broken,
            Seed::Caught(_) => &mut hunt.failed,
        };
        *count += 1;
        if let Seed::Caught(caught) = seed
            && !found.iter().any(|other| other.breaks == caught.breaks)
        {
            found.push(caught.smallest(raft, size()));
        }
        Ok::<(), ()>(())
    });
    (hunt, found)
}

fn breach(by: String, small: Smallest) -> Breach {
    let Smallest { evidence, commands, script, .. } = small;
    Breach { by, evidence, like: None, commands, script }
}

fn summary(
    invariant: Invariant,
    scenes: &[Scene],
    hunt: Hunted,
    breaches: &[(Invariant, Breach)],
) -> Rule {
    let own = |(of, _): &&(Invariant, Breach)| *of == invariant;
    let size = |breach: &Breach| (breach.commands.unwrap_or(u64::MAX), breach.script.len());
    let smallest = breaches.iter().filter(own).map(|(_, breach)| breach).min_by_key(|it| size(it));
    let count = |wanted: &dyn Fn(&Scene) -> bool| {
        scenes.iter().filter(|scene| wanted(scene)).count() as u64
    };
    let baits =
        count(&|scene| scene.bait == Some(invariant.name()) && scene.verdict == Verdict::Kept);
    let cut_short = hunt.broken + count(&|scene| matches!(scene.verdict, Verdict::Broken { .. }));
    Rule {
        rule: invariant.name(),
        says: rule(invariant),
        verdict: match (smallest, cut_short, baits) {
            (Some(_), _, _) => "broken",
            (None, 1.., _) => "open",
            (None, 0, 0) => "watched",
            (None, 0, _) => "kept",
        },
        baits,
        cut_short: if smallest.is_some() { 0 } else { cut_short },
        broken: smallest.cloned(),
    }
}
