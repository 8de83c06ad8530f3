//! `raftlab accept`: which rules a guest's Raft keeps, and which it breaks.
//!
//! Every script of the program that applies is played with it: the tests of courses, the scenes of the
//! paper, and the scenes that show flaws, as baits, for which a Raft with the same flaw falls. Then
//! seeds hunt in it. What breaks a rule is shrunk. A scene whose lines do not go as they say, though no
//! rule is broken, has tested nothing, and the report says so.
//!
//! - `report.rs`: what is said, as text; as JSON it is the [`Report`] itself.
//! - `page.rs`: the same as a page for a browser.

mod page;
mod report;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::cli::{AcceptOptions, OtherRaft};
use super::files::{Files, Old};
use super::hunt::{self, Size, Smallest};
use super::stream::Form;
use super::{Ending, Mistake, fleet, guests, library};
use crate::app::budget::Budget;
use crate::cluster::Implementation;
use crate::cluster::check::Invariant;
use crate::cluster::command::{Script, Variant};
use crate::cluster::flaw::{Breaks, Flaw};
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

/// A flaw of the lab's own Raft, with which a guest has broken the same rule in the same scene.
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
    flaw: Option<Flaw>,
    script: Result<Script, String>,
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
    let page = options.html.as_deref().map(|path| files.create(path, Old::Replace)).transpose()?;
    let until = Instant::now() + options.time.unwrap_or(TIME);
    let report = judge(&raft, options, until);
    let form = if options.json { Form::Json } else { Form::Text };
    let mut out = files.report(form);
    let written = match options.json {
        true => serde_json::to_writer(&mut out, &report).map_err(io::Error::from),
        false => report::say(&report, &mut out),
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

fn judge(raft: &Implementation, options: &AcceptOptions, until: Instant) -> Report {
    let budget = Budget::new(None);
    let baits = baits(raft, &options.folder);
    let last = options.seeds.unwrap_or(SEEDS);
    let (mut scenes, mut complete) = (Vec::new(), options.folder.is_empty() && last > 0);
    let mut breaches: Vec<(Invariant, Breach)> = Vec::new();
    let (mut hunted, mut seeds) = (Vec::new(), 0);
    let late = || Instant::now() >= until;
    let play = |bait: &Bait| match &bait.script {
        Err(why) => (Verdict::NotTested { why: why.clone() }, None),
        Ok(_) if late() => (Verdict::NotTested { why: "the time was over".into() }, None),
        Ok(script) => verdict(script, bait.is_test, budget),
    };
    let mut played = baits.iter();
    let mut broken: Vec<(&Bait, Box<hunt::Breach>)> = Vec::new();
    let mut add = |(verdict, breach): (Verdict, Option<Box<hunt::Breach>>)| {
        let Some(bait) = played.next() else { return Ok::<(), ()>(()) };
        broken.extend(breach.map(|breach| (bait, breach)));
        let lures = bait.lures.map(Invariant::name);
        scenes.push(Scene { script: bait.name.clone(), bait: lures, verdict });
        Ok(())
    };
    let _ = fleet::run(baits.iter(), play, &mut add);
    // The last are the baits, which are short already: two for a rule are enough to look for the smallest.
    let mut few: Vec<(&Bait, Box<hunt::Breach>)> = Vec::new();
    for (bait, breach) in broken.into_iter().rev() {
        if few.iter().filter(|(_, other)| other.invariant == breach.invariant).count() < 2 {
            few.push((bait, breach));
        }
    }
    let size = || if late() { Size::AsFound } else { Size::Smallest };
    let shrink = |(bait, found): (&Bait, Box<hunt::Breach>)| {
        let like = bait.flaw.filter(|_| bait.lures == Some(found.invariant)).map(|flaw| {
            let about = flaw.about();
            Like { flaw: about.name, section: about.source, rule: about.rule }
        });
        let small = breach(bait.name.clone(), found.smallest(raft, size()));
        (found.invariant, Breach { like, ..small })
    };
    let _ = fleet::run(few.into_iter(), shrink, |small| {
        breaches.push(small);
        Ok::<(), ()>(())
    });
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
                found.push(caught.smallest(raft, size()));
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
    Breach { by, evidence, like: None, commands, script }
}

/// The scripts that a Raft can be judged by, and why not by the others.
fn baits(raft: &Implementation, only: &[String]) -> Vec<Bait> {
    let mut baits = Vec::new();
    let wanted = |folder: &str| only.is_empty() || only.iter().any(|name| name == folder);
    for (folder, is_test) in FOLDERS.into_iter().filter(|(folder, _)| wanted(folder)) {
        for (path, text) in library::scripts(folder) {
            baits.push(bait(path, text, is_test, raft));
        }
    }
    baits
}

fn bait(path: &str, text: &[u8], is_test: bool, raft: &Implementation) -> Bait {
    let (name, text) = (path.to_owned(), guests::with_raft(text, raft));
    let mut script = match Script::parse(&name, &text) {
        Ok(script) => script,
        Err(mistakes) => {
            let why = mistakes.first().map(|it| format!("line {}: {}", it.line, it.message));
            let why = why.unwrap_or_else(|| "it is about the lab's own Raft".into());
            return Bait { name, is_test, lures: None, flaw: None, script: Err(why) };
        }
    };
    let serves = raft.program.as_ref().is_some_and(|program| program.serves());
    let (mut lures, mut flaw) = (None, None);
    // Its lines say what a Raft with the flaw does: with one that has it they go on to the rule
    // that breaks.
    if let Some(shows) = script.shows.take() {
        script.variant = Variant::With;
        if !shows.flaw.is_in_raft() && !serves {
            let why = "it is about the service above Raft, which is the lab's own here".into();
            return Bait { name, is_test, lures: None, flaw: None, script: Err(why) };
        }
        flaw = Some(shows.flaw);
        lures = match shows.breaks {
            Breaks::Safety(invariant) => Some(invariant),
            Breaks::Liveness => None,
        };
    }
    let script = raft.program.clone().map_or_else(
        || Err("its module was not read".to_owned()),
        |program| script.host(program).map(|()| script),
    );
    Bait { name, is_test, lures, flaw, script }
}

/// Plays a script.
fn verdict(script: &Script, is_test: bool, budget: Budget) -> (Verdict, Option<Box<hunt::Breach>>) {
    match hunt::scene(script, budget) {
        hunt::Played::Well => (Verdict::Kept, None),
        hunt::Played::Undecided => (Verdict::NotTested { why: "it came to a limit".into() }, None),
        hunt::Played::Void(why) => {
            let why = format!("Raft promises nothing here: {why}");
            (Verdict::NotTested { why }, None)
        }
        hunt::Played::Unmet { line, expected, own_entries: true, .. } if counts(&expected) => {
            let why = format!(
                "line {line} counts entries ({expected}), and this log has some that no client proposed"
            );
            (Verdict::NotTested { why }, None)
        }
        hunt::Played::Unmet { line, expected, actual, .. } if is_test => {
            (Verdict::Failed { line, expected, actual }, None)
        }
        hunt::Played::Unmet { line, expected, actual, .. } => {
            let why = format!("line {line} goes otherwise: {expected}, but {actual}");
            (Verdict::NotTested { why }, None)
        }
        hunt::Played::Broken(breach) => {
            let (rule, evidence) = (breach.invariant.name(), breach.evidence.clone());
            (Verdict::Broken { rule, evidence }, Some(breach))
        }
    }
}

/// Whether a line asks how many entries there are, or where one stands.
fn counts(expected: &str) -> bool {
    let mut words = expected.split(|c: char| !c.is_alphanumeric());
    words.any(|word| ["log", "last", "committed", "applied", "entries"].contains(&word))
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
