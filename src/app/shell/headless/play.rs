//! One job, from its first event to its last.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::{Job, Named};
use crate::app::budget::Budget;
use crate::app::shell::Ending;
use crate::app::shell::stream::Stream;
use crate::app::shell::system::core_time;
use crate::cluster::check;
use crate::cluster::command::{Script, Shows};
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::flaw::Breaks;
use crate::cluster::invariant::Violation;
use crate::cluster::plain::Plain;
use crate::cluster::time::Time;
use crate::cluster::words::told_when;
use crate::cluster::{Cluster, Failure, FailureKind, Step};

/// How a run went.
#[derive(Clone, Debug)]
pub struct Run {
    pub script: usize,
    pub seed: u64,
    pub outcome: Outcome,
    /// Whether what clients were told is linearizable. After a lost disk, which is outside Raft's
    /// fault model, a run may pass without.
    pub linearizable: bool,
    /// Since when nothing is claimed of the run any more, and why, in words.
    pub void: Option<Void>,
    /// The answers that clash, in words, if that is what was broken.
    pub clashing: Vec<String>,
    /// Which servers ended by themselves and are down for that, as a guest may; in words.
    pub ended: Vec<String>,
    pub digest: u64,
    /// Lab time, in microseconds.
    pub virtual_us: u64,
    pub events: u64,
    pub commits: u64,
    /// How many lines would have failed after `expects remark`, and what the first such said.
    pub remarks: u64,
    pub remarked: Vec<Remark>,
    /// How many commands the player of a challenge gave.
    pub used: Option<u32>,
    /// How long it took by the clock on the wall, and how long a core was at it, in microseconds.
    pub wall_us: u64,
    pub core_us: u64,
}

impl Outcome {
    /// What went wrong in a run that ended at `time` with this digest; nothing if nothing did.
    pub fn story(&self, time: Time, digest: u64) -> Option<String> {
        Some(match self {
            Self::Passed => return None,
            Self::Failed(failure) => format!(
                "{}: expected {}\n  but {}",
                asked_at(failure.line, failure.time),
                failure.expected,
                failure.actual
            ),
            Self::Violated(violation) => format!(
                "{} broken at {}: {}",
                violation.invariant.name(),
                violation.time,
                violation.evidence
            ),
            Self::Diverged { again } => {
                format!("two runs differ: digest {digest:016x}, then {again:016x}")
            }
            Self::Unfinished(why) => format!("stopped at {time}: {why}"),
        })
    }
}

/// For commands that play a script for something else than its verdict: says on standard error what went
/// wrong in it, if something did.
pub fn ending(file: &Path, script: &Script, cluster: &Cluster) -> Ending {
    let outcome = shown(script, cluster, outcome(cluster));
    match outcome.story(cluster.now(), cluster.digest()) {
        None => Ending::Well,
        Some(story) => {
            let name = file.display().to_string();
            let _ = writeln!(Stream::errors(), "FAILED {}\n  {story}", Plain(&name));
            Ending::Failed
        }
    }
}

/// The same for those that look at a moment: before its end a run has said nothing yet.
pub fn ending_so_far(file: &Path, script: &Script, cluster: &Cluster) -> Ending {
    match cluster.finished() || cluster.is_stopped() {
        true => ending(file, script, cluster),
        false => Ending::Well,
    }
}

/// Where something was expected: a line and its time, or the time alone where no line asked.
pub(super) fn asked_at(line: u32, time: Time) -> String {
    match line {
        0 => format!("at {time}"),
        line => format!("line {line} at {time}"),
    }
}

/// From here on a run is outside Raft's fault model: it may pass, and is no proof of anything.
#[derive(Clone, Debug)]
pub struct Void {
    pub since: Time,
    pub why: check::Void,
    pub words: String,
}

impl Void {
    fn of(cluster: &Cluster) -> Option<Self> {
        let (since, why) = cluster.checker().void()?;
        Some(Self { since, why, words: cluster.checker().void_words()? })
    }
}

/// What a line of the script expected, after `expects remark`.
#[derive(Clone, Debug)]
pub struct Remark {
    pub line: u32,
    /// When it was not met first, and how often it was not.
    pub time: Time,
    pub times: u64,
    pub expected: Arc<str>,
    pub actual: Arc<str>,
}

/// The most lines whose remarks are told.
const REMARKED_MAX: usize = 10;

/// Notes what the last step has remarked. A loop can say the same any number of times.
fn note_remarks(cluster: &Cluster, remarked: &mut Vec<Remark>) {
    for event in cluster.events() {
        let EventKind::Script(ScriptEvent::Remarked { line, expected, actual }) = &event.kind
        else {
            continue;
        };
        let known = remarked.iter_mut().find(|remark| remark.line == *line);
        if let Some(remark) = known {
            remark.times += 1;
        } else if remarked.len() < REMARKED_MAX {
            let (expected, actual) = (expected.clone(), actual.clone());
            remarked.push(Remark { line: *line, time: event.time, times: 1, expected, actual });
        }
    }
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Passed,
    /// An expectation of the script was not met, or a wait took too long.
    Failed(Failure),
    /// An invariant was broken.
    Violated(Arc<Violation>),
    /// Played again, it gave another digest.
    Diverged {
        again: u64,
    },
    /// It has come to its budget of memory before its end: how it goes on, nobody knows.
    Unfinished(String),
}

impl Outcome {
    /// The word for it in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Violated(_) => "violated",
            Self::Diverged { .. } => "diverged",
            Self::Unfinished(_) => "unfinished",
        }
    }
}

/// How often a job is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Once,
    /// Twice, to compare the digests.
    Twice,
}

/// Plays a job as often as it should be.
pub(super) fn play_again(scripts: &[Named], job: Job, budget: Budget, repeat: Repeat) -> Run {
    let mut run = play_silently(scripts, job, budget);
    match repeat {
        Repeat::Once => {}
        Repeat::Twice => {
            let again = play_silently(scripts, job, budget);
            run.wall_us += again.wall_us;
            run.core_us += again.core_us;
            if (run.digest, run.events) != (again.digest, again.events) {
                run.outcome = Outcome::Diverged { again: again.digest };
            }
        }
    }
    run
}

fn play_silently(scripts: &[Named], job: Job, budget: Budget) -> Run {
    play(scripts, job, budget, |_| {})
}

/// Plays a job and hands over the cluster after every step: it has the events of that step.
pub(super) fn play(
    scripts: &[Named],
    job: Job,
    budget: Budget,
    mut see: impl FnMut(&Cluster),
) -> Run {
    let (start, core) = (Instant::now(), core_time());
    let script = &scripts[job.script].script;
    let mut cluster = Cluster::with_script(script, Some(job.seed));
    see(&cluster);
    let (mut remarks, mut remarked, mut unfinished) = (0, Vec::new(), None);
    while !cluster.finished() {
        let step = cluster.step();
        see(&cluster);
        if cluster.remarks() != remarks {
            remarks = cluster.remarks();
            note_remarks(&cluster, &mut remarked);
        }
        unfinished = budget.exceeded(&cluster);
        match step {
            Step::Happened if unfinished.is_none() => {}
            Step::Happened | Step::Stopped | Step::Idle => break,
        }
    }
    let outcome = match unfinished {
        Some(why) if !cluster.is_stopped() && !cluster.finished() => Outcome::Unfinished(why),
        Some(_) | None => outcome(&cluster),
    };
    Run {
        script: job.script,
        seed: job.seed,
        outcome: shown(script, &cluster, outcome),
        linearizable: cluster.checker().is_linearizable(),
        void: Void::of(&cluster),
        clashing: clashing(&cluster),
        ended: cluster.ended_words(),
        digest: cluster.digest(),
        virtual_us: cluster.now().micros(),
        events: cluster.handled(),
        commits: cluster.commits(),
        remarks,
        remarked,
        used: cluster.challenge().map(|_| cluster.player().used),
        wall_us: start.elapsed().as_micros() as u64,
        core_us: core_time().saturating_sub(core).as_micros() as u64,
    }
}

fn clashing(cluster: &Cluster) -> Vec<String> {
    let places = cluster.violation().map_or(&[][..], |violation| &violation.records);
    let records = places.iter().filter_map(|place| cluster.history().records().get(*place));
    records.map(|record| told_when(cluster.names(), record)).collect()
}

fn outcome(cluster: &Cluster) -> Outcome {
    if let Some(violation) = cluster.violation() {
        return Outcome::Violated(violation.clone());
    }
    if let Some(failure) = cluster.failure() {
        return Outcome::Failed(failure.clone());
    }
    if cluster.finished() {
        return Outcome::Passed;
    }
    Outcome::Failed(Failure {
        line: 0,
        time: cluster.now(),
        expected: "the script to come to its end".into(),
        actual: "nothing is pending any more".into(),
        kind: FailureKind::Unmet,
    })
}

/// A run with a planted flaw passes when it breaks what the script says, and nothing else.
fn shown(script: &Script, cluster: &Cluster, outcome: Outcome) -> Outcome {
    let (Some(Shows { flaw, breaks }), Some(_)) = (script.shows, script.planted()) else {
        return outcome;
    };
    match (breaks, &outcome) {
        (Breaks::Safety(expected), Outcome::Violated(violation))
            if violation.invariant == expected =>
        {
            Outcome::Passed
        }
        (Breaks::Liveness, Outcome::Failed(failure)) if failure.kind == FailureKind::Late => {
            Outcome::Passed
        }
        (_, Outcome::Unfinished(_)) => outcome,
        (_, Outcome::Passed) => Outcome::Failed(Failure {
            line: 0,
            time: cluster.now(),
            expected: format!("the flaw {flaw} to break {breaks}").into(),
            actual: match breaks {
                Breaks::Safety(rule) => cluster.kept_words(rule),
                Breaks::Liveness => "the script has come to its end, and nothing was late".into(),
            }
            .into(),
            kind: FailureKind::Unmet,
        }),
        (Breaks::Safety(_) | Breaks::Liveness, _) => outcome,
    }
}
