//! What `raftlab accept` says, as text.

use std::io::{self, Write};

use super::{Breach, Hunted, Like, Report, Rule, Scene, Verdict};
use crate::cluster::plain::Plain;

/// Writes what came of it; only what went wrong, if little is to be said.
pub fn say(report: &Report, quiet: bool, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n", Plain(&report.module), report.hash)?;
    for rule in &report.rules {
        let Rule { rule: name, says, verdict, broken, .. } = rule;
        match broken {
            Some(Breach { by, evidence, like, commands, script }) => {
                writeln!(out, "BROKEN   {name}: {says}")?;
                writeln!(out, "         {} ({})", Plain(evidence), Plain(by))?;
                if let Some(like) = like {
                    writeln!(out, "         {}", likeness(like))?;
                }
                writeln!(out, "         {}:", title(*commands))?;
                for line in lines(script).take(40) {
                    writeln!(out, "           {}", Plain(line))?;
                }
            }
            None if quiet => {}
            None => writeln!(out, "{verdict:8} {name}: {says}; {}", standing(rule))?,
        }
    }
    for Breach { by, evidence, .. } in &report.hunted {
        writeln!(out, "FAILED   {}: {}", Plain(by), Plain(evidence))?;
    }
    writeln!(out)?;
    for scene in &report.scenes {
        let Some((head, expected, actual)) = failure(scene) else { continue };
        writeln!(out, "FAILED   {head}: {}, but {}", Plain(expected), Plain(actual))?;
        if let Some(like) = &scene.like {
            writeln!(out, "         {}", likeness(like))?;
        }
    }
    if !quiet {
        writeln!(out, "{}\n{}", played(report), hunted(report.hunt))?;
    }
    if let Some(why) = unplayed(report) {
        writeln!(out, "{why}")?;
    }
    write!(out, "{}.", report.verdict)
}

/// Of a script that failed: which and where, what was expected, and what was so.
pub fn failure(scene: &Scene) -> Option<(String, &str, &str)> {
    let Verdict::Failed { line, expected, actual } = &scene.verdict else { return None };
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    Some((format!("{}{line}", scene.script), expected, actual))
}

/// Of a rule that is not broken: what that is worth.
pub fn standing(rule: &Rule) -> String {
    let baits = match rule.baits {
        0 => "no bait for it was played to its end".into(),
        1 => "1 bait did not break it".into(),
        many => format!("{many} baits did not break it"),
    };
    match rule.cut_short {
        0 => baits,
        1 => format!("{baits}, and 1 run ended where it broke another rule"),
        many => format!("{baits}, and {many} runs ended where they broke another rule"),
    }
}

/// With which flaw of the lab's own Raft the same scene goes wrong in the same way.
pub fn likeness(like: &Like) -> String {
    let Like { flaw, section, rule } = like;
    format!("{section}: {rule}. With the flaw {flaw} the lab's own Raft does the same here.")
}

/// What a script is.
pub fn title(commands: Option<u64>) -> String {
    match commands {
        None => "the script, as it was found".into(),
        Some(1) => "the smallest script, 1 command".into(),
        Some(many) => format!("the smallest script, {many} commands"),
    }
}

/// The lines of a script that do something.
pub fn lines(script: &str) -> impl Iterator<Item = &str> {
    script.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// The word for what came of a script, and what the sum says of all for which it is so.
const SUMS: [(&str, &str); 6] = [
    ("kept", "went as they say"),
    ("broken", "broke a rule"),
    ("failed", "failed"),
    ("untested", "went another way, which may be right, and tested nothing"),
    ("not for it", "are about what this module does not have or do"),
    ("unfinished", "were not played to their end"),
];

/// The place of what came of a script in [`SUMS`].
fn sum(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Kept => 0,
        Verdict::Broken { .. } => 1,
        Verdict::Failed { .. } => 2,
        Verdict::NotTested { .. } => 3,
        Verdict::NotApplicable { .. } => 4,
        Verdict::Unfinished { .. } => 5,
    }
}

/// The word for what came of a script.
pub fn word(verdict: &Verdict) -> &'static str {
    SUMS[sum(verdict)].0
}

/// What became of the scripts: the numbers add up to all of them.
pub fn played(report: &Report) -> String {
    let count = |place| report.scenes.iter().filter(|scene| sum(&scene.verdict) == place).count();
    let parts = SUMS.iter().enumerate().map(|(place, (_, about))| (count(place), *about));
    total(report.scenes.len() as u64, "script", parts.map(|(count, about)| (count as u64, about)))
}

/// What became of the seeds.
pub fn hunted(hunt: Hunted) -> String {
    let Hunted { seeds, well, broken, failed, unfinished } = hunt;
    let parts = [
        (well, "went well"),
        (broken, "broke a rule"),
        (failed, "failed"),
        (unfinished, "were not played to their end"),
    ];
    total(seeds, "seed", parts.into_iter())
}

fn total<'a>(all: u64, what: &str, parts: impl Iterator<Item = (u64, &'a str)>) -> String {
    let parts: Vec<String> = parts
        .filter(|(count, _)| *count > 0)
        .map(|(count, about)| format!("{count} {about}"))
        .collect();
    let s = if all == 1 { "" } else { "s" };
    match parts.is_empty() {
        true => format!("{all} {what}{s}."),
        false => format!("{all} {what}{s}: {}.", parts.join("; ")),
    }
}

/// Why not all was played, if so.
pub fn unplayed(report: &Report) -> Option<String> {
    let part = match report.complete {
        true => return None,
        false => report
            .stopped
            .unwrap_or("--folder or --seeds asked for a part, or a run came to a limit"),
    };
    Some(format!("Not all was played: {part}. What was not played is not passed."))
}
