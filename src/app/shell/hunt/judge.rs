//! The hunt's parts for `raftlab accept`: a seed or a scene with a guest's Raft, and the smallest
//! script of what it breaks.

use super::results::Found;
use super::{Size, shrunk};
use crate::app::budget::Budget;
use crate::app::hunt::Prey;
use crate::app::hunt::plan::Fixed;
use crate::app::hunt::play::{self, Finding, Outcome, Run};
use crate::app::shell::cli::{HuntOptions, OtherRaft};
use crate::cluster::Implementation;
use crate::cluster::check::{Invariant, Void};
use crate::cluster::command::Script;

/// What a scene came to.
pub enum Played {
    Well,
    Undecided,
    /// Raft promises nothing in it: whatever comes of it is neither kept nor broken.
    Void(Void),
    Unmet {
        line: u32,
        expected: String,
        actual: String,
        /// The log has entries that no client has proposed.
        own_entries: bool,
    },
    Broken(Box<Breach>),
}

/// A scene that broke a rule.
pub struct Breach {
    pub invariant: Invariant,
    pub evidence: String,
    script: Script,
    run: Run,
}

impl Breach {
    /// The script of it, as small as it gets in the time that there is.
    pub fn smallest(&self, raft: &Implementation, size: Size) -> Found {
        let prey = Prey::Script(Box::new(self.script.clone()), self.script.name.to_string());
        shrunk(&prey, &self.run, &options(raft), size)
    }
}

/// A seed that went wrong.
pub struct Caught {
    pub breaks: String,
    run: Run,
}

fn prey(raft: &Implementation) -> Prey {
    Prey::Plan(Fixed { raft: Some(raft.clone()), ..Fixed::default() })
}

/// As the command line would ask for it.
fn options(raft: &Implementation) -> HuntOptions {
    let raft_params = Some(raft.params.to_string()).filter(|text| !text.is_empty());
    let other = OtherRaft { raft: Some((*raft.file).into()), raft_params };
    HuntOptions { other, ..HuntOptions::default() }
}

/// Plays a seed of the hunt; what went wrong in it, if something did.
pub fn one(raft: &Implementation, seed: u64, budget: Budget) -> Option<Caught> {
    let run = play::hunt(&prey(raft).script(seed), seed, budget);
    let breaks = run.finding()?.word().to_owned();
    Some(Caught { breaks, run })
}

impl Caught {
    /// The script of it, as small as it gets in the time that there is.
    pub fn smallest(&self, raft: &Implementation, size: Size) -> Found {
        shrunk(&prey(raft), &self.run, &options(raft), size)
    }
}

/// Plays a script with the Raft that it names.
pub fn scene(script: &Script, budget: Budget) -> Played {
    let run = play::hunt(script, script.seed(), budget);
    let is_broken = matches!(run.outcome, Outcome::Found(Finding::Broken(_)));
    if let Some(why) = run.void.filter(|_| !is_broken) {
        return Played::Void(why);
    }
    match &run.outcome {
        Outcome::Well => Played::Well,
        Outcome::Undecided => Played::Undecided,
        Outcome::Found(Finding::Unmet(failure, _)) => Played::Unmet {
            line: failure.line,
            expected: failure.expected.to_string(),
            actual: failure.actual.to_string(),
            own_entries: run.own_entries,
        },
        Outcome::Found(finding @ Finding::Broken(violation)) => {
            let (invariant, evidence) = (violation.invariant, finding.told());
            Played::Broken(Box::new(Breach { invariant, evidence, script: script.clone(), run }))
        }
    }
}
