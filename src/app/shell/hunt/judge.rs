//! The hunt's parts for `raftlab accept`: a seed or a scene with a guest's Raft, and the smallest
//! script of what it breaks.

use super::results::Found;
use super::{Size, shrunk};
use crate::app::budget::Budget;
use crate::app::hunt::Prey;
use crate::app::hunt::plan::Fixed;
use crate::app::hunt::play::{self, Finding, Outcome, Run};
use crate::app::shell::cli::{HuntOptions, OtherRaft};
use crate::cluster::check::Void;
use crate::cluster::command::Script;
use crate::cluster::invariant::Invariant;
use crate::cluster::{FailureKind, Implementation};

/// What a scene came to.
pub enum Played {
    Well,
    Undecided,
    /// It went as it says, and a server ended on its own in it.
    Ended(String),
    /// Raft promises nothing in it: whatever comes of it is neither kept nor broken.
    Void(Void),
    Unmet {
        line: u32,
        expected: String,
        actual: String,
        kind: FailureKind,
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

/// What a seed came to.
pub enum Seed {
    Well,
    Undecided,
    Caught(Box<Caught>),
}

/// A seed that went wrong.
pub struct Caught {
    /// The rule, or the word for what else there is: `liveness`, and `ended` where all went well but for
    /// a server that ended on its own.
    pub breaks: String,
    pub is_broken: bool,
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
pub fn one(raft: &Implementation, seed: u64, budget: Budget) -> Seed {
    let run = play::hunt(&prey(raft).script(seed), seed, budget);
    let (breaks, is_broken) = match &run.outcome {
        Outcome::Undecided => return Seed::Undecided,
        Outcome::Found(finding) => (finding.word(), matches!(finding, Finding::Broken(_))),
        Outcome::Well if run.ended.is_some() => ("ended", false),
        Outcome::Well => return Seed::Well,
    };
    Seed::Caught(Box::new(Caught { breaks: breaks.to_owned(), is_broken, run }))
}

impl Caught {
    /// The script of it, as small as it gets in the time that there is.
    pub fn smallest(&self, raft: &Implementation, size: Size) -> Found {
        let (prey, ended) = (prey(raft), self.run.ended.as_deref());
        if self.run.finding().is_some() {
            let found = shrunk(&prey, &self.run, &options(raft), size);
            return Found { evidence: also(&found.evidence, ended), ..found };
        }
        let (seed, evidence) = (self.run.seed, ended.unwrap_or_default().to_owned());
        let source = prey.script(seed).source.join("\n");
        let script = format!(
            "# {evidence}\n# Play it with this seed: raftlab run FILE --seed {seed}\n{source}\n"
        );
        Found { seed, breaks: self.breaks.clone(), evidence, commands: None, script }
    }
}

fn also(text: &str, ended: Option<&str>) -> String {
    let join = if text.ends_with('.') { "" } else { ";" };
    ended.map_or_else(|| text.to_owned(), |ended| format!("{text}{join} {ended}"))
}

/// Where a scene that shows a flaw is decided: the line at which the lab's own Raft fails or breaks its
/// rule, with that flaw. What comes before is only the way there.
pub fn trap(script: &Script) -> Option<u32> {
    let cluster = play::play(script, None, |_| {});
    match play::outcome(&cluster) {
        Outcome::Found(Finding::Unmet(failure, _)) => Some(failure.line),
        Outcome::Found(Finding::Broken(_)) => Some(cluster.standing_line()),
        Outcome::Well | Outcome::Undecided => None,
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
        Outcome::Well => run.ended.map_or(Played::Well, Played::Ended),
        Outcome::Undecided => Played::Undecided,
        Outcome::Found(Finding::Unmet(failure, _)) => Played::Unmet {
            line: failure.line,
            expected: failure.expected.to_string(),
            actual: also(&failure.actual, run.ended.as_deref()),
            kind: failure.kind,
            own_entries: run.own_entries,
        },
        Outcome::Found(finding @ Finding::Broken(violation)) => {
            let (invariant, evidence) = (violation.invariant, finding.told());
            Played::Broken(Box::new(Breach { invariant, evidence, script: script.clone(), run }))
        }
    }
}
