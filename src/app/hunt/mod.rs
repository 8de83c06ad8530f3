//! The hunt: runs with faults at random, and the smallest script of what went wrong.
//!
//! Each seed is a run (`plan.rs`), watched for broken rules, unmet waits and the interesting
//! places that it reaches (`places.rs`). What goes wrong becomes a list of commands (`case.rs`),
//! is shrunk (`shrink.rs`, `lines.rs`) and written as a script that tells its story (`story.rs`).
//! Who searches, for how long and on how many cores is for others: `raftlab hunt`, and the page.

mod calm;
pub mod case;
mod edit;
mod lines;
pub mod places;
pub mod plan;
pub mod play;
pub mod shrink;
pub mod story;
#[cfg(test)]
mod tests;

use crate::cluster::command::{Deed, LabAct, Script};
use crate::cluster::flaw::{Breaks, Flaw};
use crate::cluster::time::Time;
use case::Case;
use plan::Fixed;
use play::{Finding, Run};
use shrink::Target;

/// Where the runs come from.
pub enum Prey {
    Plan(Fixed),
    /// This script with other seeds, and what it is called.
    Script(Box<Script>, String),
}

/// The script of a finding.
#[derive(Clone, Debug)]
pub struct Shrunk {
    pub script: String,
    /// How many commands it has; none if it is as it was found.
    pub commands: Option<u64>,
}

impl Prey {
    /// What a seed plays.
    pub fn script(&self, seed: u64) -> Script {
        match self {
            Self::Plan(fixed) => plan::script(seed, fixed),
            Self::Script(script, _) => (**script).clone(),
        }
    }

    /// The script of what a run has found, as small as it gets. It says that `again` finds it anew.
    pub fn smallest(
        &self,
        run: &Run,
        finding: &Finding,
        flaw: Option<Flaw>,
        again: &str,
    ) -> Shrunk {
        let script = self.script(run.seed);
        let raft = script.config.raft.as_ref();
        let small = match finding {
            Finding::Broken(violation) => {
                let (case, _) = Case::of(&script, run.seed, |_| false);
                shrink::shrink(case, Target::Breaks(violation.invariant), violation.time)
                    .and_then(|(case, until)| story::tell(&case, until, again))
                    .filter(|text| story::holds(text, &finding.name(), raft))
            }
            Finding::Unmet(..) => self.calm_lines(&script, run.seed, finding, again),
        };
        match small {
            Some(script) => Shrunk { commands: Some(commands(&script)), script },
            // What can't be told command by command.
            None => self.as_found(run, finding, flaw, again),
        }
    }

    /// The same as it was found.
    pub fn as_found(
        &self,
        run: &Run,
        finding: &Finding,
        flaw: Option<Flaw>,
        again: &str,
    ) -> Shrunk {
        let (seed, script) = (run.seed, self.script(run.seed));
        let text: String = script.source.iter().map(|line| format!("{line}\n")).collect();
        let title = story::title(finding, flaw, again);
        let script =
            format!("{title}# Play it with this seed: raftlab run FILE --seed {seed}\n{text}");
        Shrunk { script, commands: None }
    }

    /// A wait of the calm that ran out, after as few commands as possible.
    fn calm_lines(
        &self,
        script: &Script,
        seed: u64,
        finding: &Finding,
        again: &str,
    ) -> Option<String> {
        let Self::Plan(_) = self else { return None };
        let (case, end) =
            Case::of(script, seed, |command| *command == Deed::Lab(LabAct::ChaosStop));
        let head: String = story::head_lines(&case.config, case.flaw, Breaks::Liveness)
            .into_iter()
            .map(|line| line + "\n")
            .collect();
        let head = format!("{}{head}", story::title(finding, case.flaw, again));
        let body = case.commands.iter().map(|(place, command)| story::at(*place, command));
        // The load's operations are given one by one, so there is no load to stop.
        let calm = script.source.iter().skip_while(|line| &***line != "chaos stop");
        let calm: String =
            calm.filter(|line| &***line != "load stop").map(|line| format!("{line}\n")).collect();
        let caption =
            case.flaw.and_then(story::caption).map(|line| line + "\n").unwrap_or_default();
        let tail = format!("{caption}run {}\n{calm}", end.since(Time::START));
        let raft = script.config.raft.as_ref();
        lines::shrink((&head, &tail), body.collect(), &finding.name(), raft)
    }
}

/// How many commands a script has that act.
fn commands(text: &str) -> u64 {
    text.lines().filter(|line| line.starts_with("at ")).count() as u64
}
