//! The script of a way that was found: a command a line, and between them what came of each. A way
//! by hand is walked on the screen step by step, with what came of each as its caption.

use std::fmt::Write as _;

use super::Quest;
use super::by_hand::{Step, act, begin};
use crate::app::hunt::case::Case;
use crate::app::hunt::story;
use crate::cluster::command::{Fate, LinkAct, Tell, Text, caption_flaw};
use crate::cluster::flaw::Breaks;
use crate::cluster::plain::plain;
use crate::cluster::time::{Span, Time};

/// A way to the condition.
pub enum Found {
    ByHand(Vec<Step>),
    ByChance(Box<Chance>),
}

/// A run with lab time that leads there.
pub struct Chance {
    pub seed: u64,
    pub case: Case,
    /// When the condition holds.
    pub until: Time,
}

/// Leaves out of a way by hand what it does not need: halves, quarters, single steps.
pub fn small_by_hand(quest: &Quest, steps: Vec<Step>) -> Found {
    let mut best = leads(quest, &steps).unwrap_or(steps);
    let mut size = best.len().div_ceil(2).max(1);
    loop {
        let before = best.len();
        let mut end = best.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let mut candidate = best.clone();
            candidate.drain(start..end);
            if let Some(shorter) = leads(quest, &candidate) {
                best = shorter;
            }
            end = start.min(best.len());
        }
        if size == 1 && best.len() == before {
            return Found::ByHand(best);
        }
        size = size.div_ceil(2);
    }
}

/// Those of the steps that can be done, up to where the condition holds; none if it never does.
fn leads(quest: &Quest, steps: &[Step]) -> Option<Vec<Step>> {
    let mut cluster = begin(&quest.config, quest.fixed.flaw);
    let mut done = Vec::new();
    for step in steps {
        if cluster.is_so(&quest.condition) {
            break;
        }
        if act(&mut cluster, step) {
            done.push(step.clone());
        }
    }
    cluster.is_so(&quest.condition).then_some(done)
}

/// The whole script.
pub fn text(quest: &Quest, found: &Found) -> String {
    match found {
        Found::ByHand(steps) => by_hand(quest, steps),
        Found::ByChance(chance) => by_chance(quest, chance),
    }
}

/// What it is about, and how it was found.
fn title(quest: &Quest, text: &mut String) {
    let flaw = quest.fixed.flaw.map(|flaw| format!(" With the flaw {flaw}.")).unwrap_or_default();
    for line in story::wrapped(&format!("A way to: {}.{flaw}", quest.text)) {
        let _ = writeln!(text, "# {line}");
    }
    for line in story::wrapped(&format!("Found by: {}", quest.again)) {
        let _ = writeln!(text, "# {line}");
    }
}

fn by_hand(quest: &Quest, steps: &[Step]) -> String {
    let mut text = String::new();
    title(quest, &mut text);
    let mut cluster = begin(&quest.config, quest.fixed.flaw);
    let mut lines = Vec::new();
    for step in steps {
        lines.push(line(step));
        let before = cluster.clone();
        act(&mut cluster, step);
        lines.extend(told(before, step));
        // By hand no time passes, so it would all be over at once.
        lines.push("beat".to_owned());
    }
    let breaks = cluster.violation().map(|violation| Breaks::Safety(violation.invariant));
    head(quest, &quest.config, breaks, &mut text);
    text.push_str("by-hand on\n");
    lines.iter().for_each(|line| {
        let _ = writeln!(text, "{line}");
    });
    end(quest, breaks, &mut text);
    text
}

/// What came of a step, as a caption; none where there is nothing to tell.
fn told(mut cluster: crate::cluster::Cluster, step: &Step) -> Option<String> {
    let mut comments = Vec::new();
    let mut note = |cluster: &crate::cluster::Cluster| {
        for event in cluster.events().iter().filter(|event| story::is_told(&event.kind)) {
            comments.push(event.headline(cluster.names()));
        }
    };
    let _ = cluster.apply(&step.into());
    note(&cluster);
    while cluster.is_told_pending() && !cluster.is_stopped() {
        cluster.step();
        note(&cluster);
    }
    story::short(&mut comments);
    caption(&comments).map(|caption| Tell::Say(Text::new(&caption)).to_string())
}

/// As many of the comments as a caption has room for: the last first, for they tell what came of it.
fn caption(comments: &[String]) -> Option<String> {
    let said = |from: usize| format!("{}.", comments[from..].join(". ").trim_end_matches('.'));
    let fits = |text: &String| caption_flaw(text).is_none();
    let whole = (0..comments.len()).map(said).find(fits);
    // One sentence alone may be too long.
    let cut = || {
        let words: Vec<&str> = comments.last()?.split(' ').collect();
        let begun = |count: usize| format!("{} ...", words[..count].join(" "));
        (1..words.len()).rev().map(begun).find(fits)
    };
    whole.or_else(cut)
}

/// A step as a line; what is lost at once has a shorter form.
fn line(step: &Step) -> String {
    match step {
        Step::Links(LinkAct::Flying { fate: Some(Fate::Drop), name: None, .. }, _) => {
            "drop all -> all".to_owned()
        }
        _ => step.to_string(),
    }
}

fn by_chance(quest: &Quest, chance: &Chance) -> String {
    let Chance { case, until, .. } = chance;
    let mut text = String::new();
    title(quest, &mut text);
    let played = case.play(true, *until);
    let breaks = played.violation.map(|violation| Breaks::Safety(violation.invariant));
    head(quest, &case.config, breaks, &mut text);
    for (place, comments) in story::comments(case, *until).iter().enumerate() {
        if let Some((place, command)) = place.checked_sub(1).and_then(|p| case.commands.get(p)) {
            let _ = writeln!(text, "{}", story::at(*place, command));
        }
        for comment in comments {
            let _ = writeln!(text, "#   {comment}");
        }
    }
    let last = Span(until.0.max(case.last().0).div_ceil(10_000) * 10_000 + 10_000);
    match breaks {
        None => {
            let _ = writeln!(text, "until {} within {last}", plain(&quest.text));
        }
        Some(_) => {
            let _ = writeln!(text, "run {last}");
            end(quest, breaks, &mut text);
        }
    }
    text
}

fn head(
    quest: &Quest,
    config: &crate::cluster::config::Config,
    breaks: Option<Breaks>,
    text: &mut String,
) {
    let shown = quest.fixed.flaw.filter(|_| breaks.is_some());
    let breaks = breaks.unwrap_or(Breaks::Liveness);
    for line in story::head_lines(config, shown, breaks) {
        let _ = writeln!(text, "{line}");
    }
    if let (Some(flaw), None) = (quest.fixed.flaw, shown) {
        let _ = writeln!(text, "flaw {flaw} on");
    }
}

/// What must be so at the end. Where a rule is broken the run ends there, and the head has said so.
fn end(quest: &Quest, breaks: Option<Breaks>, text: &mut String) {
    let _ = match breaks {
        None => writeln!(text, "expect {}", plain(&quest.text)),
        Some(_) => writeln!(text, "expect safe and linearizable"),
    };
}
