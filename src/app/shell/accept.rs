//! `raftlab accept`: which rules a guest's Raft keeps, and which it breaks.
//!
//! Every script of the program that applies is played with it: the tests of courses, the scenes of the
//! paper, and the scenes that show flaws, as baits, for which a Raft with the same flaw falls. Then
//! seeds hunt in it. What breaks a rule is shrunk. A scene whose lines do not go as they say, though no
//! rule is broken, has tested nothing, and the report says so.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::cli::AcceptOptions;
use super::files::Files;
use super::hunt::{self, Smallest};
use super::stream::Form;
use super::{Ending, Mistake, fleet, guests, library};
use crate::app::budget::Budget;
use crate::cluster::Implementation;
use crate::cluster::check::Invariant;
use crate::cluster::command::{Script, Variant};
use crate::cluster::flaw::Breaks;
use crate::cluster::words::plain::Plain;
use crate::cluster::words::rule;

/// The folders of scripts, and whether a line that is not met is a failed test there: the others say
/// how the lab's own Raft does it.
const FOLDERS: [(&str, bool); 5] =
    [("handout", true), ("mit", true), ("raft", false), ("etcd", false), ("flaws", false)];
/// How many seeds hunt if the command line does not say.
const SEEDS: u64 = 500;
/// How long all may take if the command line does not say.
const TIME: Duration = Duration::from_secs(300);

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
enum Verdict {
    Kept,
    Broken { rule: &'static str, evidence: String },
    Failed { line: u32, expected: String, actual: String },
    NotTested { why: String },
}

/// A script that was played, or not.
#[derive(Clone, Debug, Serialize)]
struct Scene {
    script: String,
    /// The rule that the scene lures a Raft into breaking, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    bait: Option<&'static str>,
    #[serde(flatten)]
    verdict: Verdict,
}

/// What is known of a rule.
#[derive(Clone, Debug, Serialize)]
struct Rule {
    rule: &'static str,
    says: &'static str,
    /// broken; kept, and baits for it were played; or watched only.
    verdict: &'static str,
    /// Baits for it that were played to their end.
    baits: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Breach>,
}

#[derive(Clone, Debug, Serialize)]
struct Breach {
    by: String,
    evidence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<u64>,
    script: String,
}

#[derive(Debug, Serialize)]
struct Report {
    module: String,
    hash: String,
    verdict: &'static str,
    rules: Vec<Rule>,
    /// What else went wrong in the hunt: clients that were never served.
    hunted: Vec<Breach>,
    seeds: u64,
    complete: bool,
    scenes: Vec<Scene>,
}

/// What is to be played.
struct Bait {
    name: String,
    is_test: bool,
    lures: Option<Invariant>,
    script: Result<Script, String>,
}

/// Carries out `raftlab accept`.
///
/// # Errors
/// When the module can't be read, or is none.
pub fn run(options: &AcceptOptions) -> Result<Ending, Mistake> {
    let files = Files::with_raft(Some(&options.raft))?;
    let Some(raft) = files.raft() else { return Ok(Ending::Undecided) };
    let until = Instant::now() + options.time.unwrap_or(TIME);
    let report = judge(raft, options, until);
    let form = if options.json { Form::Json } else { Form::Text };
    let mut out = files.report(form);
    let written = match options.json {
        true => serde_json::to_writer(&mut out, &report).map_err(io::Error::from),
        false => say(&report, &mut out),
    };
    written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).map_err(Mistake::Output)?;
    Ok(match report.verdict {
        "accepted" => Ending::Well,
        "undecided" => Ending::Undecided,
        _ => Ending::Failed,
    })
}

fn judge(raft: &Implementation, options: &AcceptOptions, until: Instant) -> Report {
    let budget = Budget::new(None);
    let baits = baits(raft, &options.folder);
    let (mut scenes, mut complete) = (Vec::new(), options.folder.is_empty());
    let mut breaches: Vec<(Invariant, Breach)> = Vec::new();
    let (mut hunted, mut seeds) = (Vec::new(), 0);
    let late = || Instant::now() >= until;
    let play = |bait: &Bait| match &bait.script {
        Err(why) => (Verdict::NotTested { why: why.clone() }, None),
        Ok(_) if late() => (Verdict::NotTested { why: "the time was over".into() }, None),
        Ok(script) => verdict(script, bait.is_test, budget),
    };
    let mut played = baits.iter();
    let mut broken: Vec<(String, Box<hunt::Breach>)> = Vec::new();
    let mut add = |(verdict, breach): (Verdict, Option<Box<hunt::Breach>>)| {
        let Some(bait) = played.next() else { return Ok::<(), ()>(()) };
        broken.extend(breach.map(|breach| (bait.name.clone(), breach)));
        let lures = bait.lures.map(Invariant::name);
        scenes.push(Scene { script: bait.name.clone(), bait: lures, verdict });
        Ok(())
    };
    let _ = fleet::run(baits.iter(), play, &mut add);
    // The last are the baits, which are short already: two for a rule are enough to look for the smallest.
    let mut few: Vec<(String, Box<hunt::Breach>)> = Vec::new();
    for (name, breach) in broken.into_iter().rev() {
        if few.iter().filter(|(_, other)| other.invariant == breach.invariant).count() < 2 {
            few.push((name, breach));
        }
    }
    let shrink = |(name, found): (String, Box<hunt::Breach>)| {
        (found.invariant, breach(name, found.smallest(raft)))
    };
    let _ = fleet::run(few.into_iter(), shrink, |small| {
        breaches.push(small);
        Ok::<(), ()>(())
    });
    let last = options.seeds.unwrap_or(SEEDS);
    let mut found: Vec<Smallest> = Vec::new();
    let _ = fleet::run(
        1..=last,
        |seed| (!late()).then(|| hunt::one(raft, seed, budget)),
        |result: Option<Option<hunt::Caught>>| {
            seeds += u64::from(result.is_some());
            complete &= result.is_some();
            if let Some(Some(caught)) = result
                && !found.iter().any(|other| other.breaks == caught.breaks)
            {
                found.push(caught.smallest(raft));
            }
            Ok::<(), ()>(())
        },
    );
    for small in found {
        let by = format!("hunt, seed {}", small.seed);
        match Invariant::from_name(&small.breaks) {
            Some(invariant) => breaches.push((invariant, breach(by, small))),
            None => hunted.push(breach(by, small)),
        }
    }
    complete &= !scenes.iter().any(
        |scene| matches!(&scene.verdict, Verdict::NotTested { why } if why == "the time was over"),
    );
    let rules = Invariant::ALL.into_iter().map(|invariant| summary(invariant, &scenes, &breaches));
    let rules: Vec<Rule> = rules.collect();
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
        seeds,
        complete,
        scenes,
    }
}

fn breach(by: String, small: Smallest) -> Breach {
    let Smallest { evidence, commands, script, .. } = small;
    Breach { by, evidence, commands, script }
}

/// The scripts that a Raft can be judged by, and why not by the others.
fn baits(raft: &Implementation, only: &[String]) -> Vec<Bait> {
    let mut baits = Vec::new();
    let wanted = |folder: &str| only.is_empty() || only.iter().any(|name| name == folder);
    for (folder, is_test) in FOLDERS.into_iter().filter(|(folder, _)| wanted(folder)) {
        for (path, text) in library::scripts(folder) {
            let text = guests::with_raft(text, raft);
            let name = path.to_owned();
            let mut lures = None;
            let script = Script::parse(&name, &text)
                .map_err(|_| "it is about an option of the lab's own Raft".to_owned())
                .and_then(|mut script| {
                    // Its lines say what a Raft with the flaw does: with one that has it they go on
                    // to the rule that breaks.
                    if let Some(shows) = script.shows.take() {
                        script.variant = Variant::With;
                        lures = match shows.breaks {
                            Breaks::Safety(invariant) => Some(invariant),
                            Breaks::Liveness => None,
                        };
                    }
                    guests::attach(&mut script, None)
                        .map_err(|_| "it can't be played".to_owned())?;
                    Ok(script)
                });
            baits.push(Bait { name, is_test, lures, script });
        }
    }
    baits
}

/// Plays a script.
fn verdict(script: &Script, is_test: bool, budget: Budget) -> (Verdict, Option<Box<hunt::Breach>>) {
    match hunt::scene(script, budget) {
        hunt::Played::Well => (Verdict::Kept, None),
        hunt::Played::Undecided => (Verdict::NotTested { why: "it came to a limit".into() }, None),
        hunt::Played::Unmet { line, expected, actual } if is_test => {
            (Verdict::Failed { line, expected, actual }, None)
        }
        hunt::Played::Unmet { line, expected, actual } => {
            let why = format!("line {line} goes otherwise: {expected}, but {actual}");
            (Verdict::NotTested { why }, None)
        }
        hunt::Played::Broken(breach) => {
            let (rule, evidence) = (breach.invariant.name(), breach.evidence.clone());
            (Verdict::Broken { rule, evidence }, Some(breach))
        }
    }
}

fn summary(invariant: Invariant, scenes: &[Scene], breaches: &[(Invariant, Breach)]) -> Rule {
    let own = |(of, _): &&(Invariant, Breach)| *of == invariant;
    let size = |breach: &Breach| (breach.commands.unwrap_or(u64::MAX), breach.script.len());
    let smallest = breaches.iter().filter(own).map(|(_, breach)| breach).min_by_key(|it| size(it));
    let played = |scene: &&Scene| {
        scene.bait == Some(invariant.name()) && matches!(scene.verdict, Verdict::Kept)
    };
    let baits = scenes.iter().filter(played).count();
    Rule {
        rule: invariant.name(),
        says: rule(invariant),
        verdict: match (smallest, baits) {
            (Some(_), _) => "broken",
            (None, 0) => "watched",
            (None, _) => "kept",
        },
        baits,
        broken: smallest.cloned(),
    }
}

fn say(report: &Report, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n", Plain(&report.module), report.hash)?;
    for rule in &report.rules {
        let Rule { rule, says, baits, broken, .. } = rule;
        match broken {
            Some(Breach { by, evidence, commands, script }) => {
                writeln!(out, "BROKEN   {rule}: {says}")?;
                writeln!(out, "         {} ({})", Plain(evidence), Plain(by))?;
                let count = commands.map_or("as it was found".to_owned(), |count| match count {
                    1 => "1 command".to_owned(),
                    count => format!("{count} commands"),
                });
                writeln!(out, "         smallest script, {count}:")?;
                let lines =
                    script.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
                for line in lines.take(40) {
                    writeln!(out, "           {}", Plain(line))?;
                }
            }
            None if *baits > 0 => {
                let many = if *baits == 1 { "1 bait" } else { &format!("{baits} baits") };
                writeln!(out, "kept     {rule}: {says}; {many} did not break it")?;
            }
            None => writeln!(out, "watched  {rule}: {says}; no bait for it was played to its end")?,
        }
    }
    for Breach { by, evidence, .. } in &report.hunted {
        writeln!(out, "FAILED   {}: {}", Plain(by), Plain(evidence))?;
    }
    writeln!(out)?;
    let count = |wanted: fn(&Verdict) -> bool| {
        report.scenes.iter().filter(|scene| wanted(&scene.verdict)).count()
    };
    let kept = count(|verdict| matches!(verdict, Verdict::Kept));
    let untested = count(|verdict| matches!(verdict, Verdict::NotTested { .. }));
    for scene in &report.scenes {
        if let Verdict::Failed { line, expected, actual } = &scene.verdict {
            let (expected, actual) = (Plain(expected), Plain(actual));
            writeln!(out, "FAILED   {}, line {line}: {expected}, but {actual}", scene.script)?;
        }
    }
    writeln!(
        out,
        "{kept} of {} scripts went as they say, {untested} tested nothing (--json says why). {} seeds \
         hunted.",
        report.scenes.len(),
        report.seeds
    )?;
    if !report.complete {
        writeln!(out, "Not all was played: the time was over, or --folder named a part.")?;
    }
    write!(out, "{}.", report.verdict)
}
