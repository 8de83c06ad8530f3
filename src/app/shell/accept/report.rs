//! What `raftlab accept` says, as text.

use std::io::{self, Write};

use super::{Breach, Like, Report, Rule, Scene, Verdict};
use crate::cluster::words::plain::Plain;

/// Writes what came of it.
pub fn say(report: &Report, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n", Plain(&report.module), report.hash)?;
    for rule in &report.rules {
        let Rule { rule, says, baits, broken, .. } = rule;
        match broken {
            Some(Breach { by, evidence, like, commands, script }) => {
                writeln!(out, "BROKEN   {rule}: {says}")?;
                writeln!(out, "         {} ({})", Plain(evidence), Plain(by))?;
                if let Some(like) = like {
                    writeln!(out, "         {}", likeness(like))?;
                }
                writeln!(out, "         {}:", title(*commands))?;
                for line in lines(script).take(40) {
                    writeln!(out, "           {}", Plain(line))?;
                }
            }
            None => {
                let (word, why) = (if *baits > 0 { "kept" } else { "watched" }, standing(*baits));
                writeln!(out, "{word:8} {rule}: {says}; {why}")?;
            }
        }
    }
    for Breach { by, evidence, .. } in &report.hunted {
        writeln!(out, "FAILED   {}: {}", Plain(by), Plain(evidence))?;
    }
    writeln!(out)?;
    for scene in &report.scenes {
        if let Verdict::Failed { line, expected, actual } = &scene.verdict {
            let (expected, actual) = (Plain(expected), Plain(actual));
            writeln!(out, "FAILED   {}, line {line}: {expected}, but {actual}", scene.script)?;
        }
    }
    writeln!(out, "{} --json and --html say why.", played(report))?;
    if let Some(why) = unplayed(report) {
        writeln!(out, "{why}")?;
    }
    write!(out, "{}.", report.verdict)
}

/// Of a rule that is not broken: what that is worth.
pub fn standing(baits: usize) -> String {
    match baits {
        0 => "no bait for it was played to its end".into(),
        1 => "1 bait did not break it".into(),
        many => format!("{many} baits did not break it"),
    }
}

/// With which flaw of the lab's own Raft the same scene breaks the same rule.
pub fn likeness(like: &Like) -> String {
    let Like { flaw, section, rule } = like;
    format!("{section}: {rule}. The scene shows the flaw {flaw}, which breaks the same.")
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

/// How much was played.
pub fn played(report: &Report) -> String {
    let count = |wanted: fn(&&Scene) -> bool| report.scenes.iter().filter(wanted).count();
    let kept = count(|scene| matches!(scene.verdict, Verdict::Kept));
    let untested = count(|scene| matches!(scene.verdict, Verdict::NotTested { .. }));
    format!(
        "{kept} of {} scripts went as they say, {untested} tested nothing. {} seeds hunted.",
        report.scenes.len(),
        report.seeds
    )
}

/// Why not all was played, if so.
pub fn unplayed(report: &Report) -> Option<&'static str> {
    (!report.complete).then_some(
        "Not all was played: the time was over, or --folder or --seeds asked for a part.",
    )
}
