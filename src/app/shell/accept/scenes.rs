//! The scripts that a Raft is judged by, and what each comes to.

use serde::Serialize;

use super::Like;
use crate::app::budget::Budget;
use crate::app::shell::hunt::{self, Breach, Played};
use crate::app::shell::{guests, library};
use crate::cluster::command::{Script, Variant};
use crate::cluster::flaw::{Breaks, Flaw};
use crate::cluster::invariant::Invariant;
use crate::cluster::{FailureKind, Implementation};

/// The folders of scripts, and whether a line that is not met is a failed test there: the others say
/// how the lab's own Raft does it.
const FOLDERS: [(&str, bool); 5] =
    [("handout", true), ("mit", true), ("raft", false), ("etcd", false), ("flaws", false)];

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It went as it says.
    Kept,
    Broken {
        rule: &'static str,
        evidence: String,
    },
    /// A line of a test, or the one that decides a bait, is not met; or a server ended on its own.
    Failed {
        /// None of a server's end.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        expected: String,
        actual: String,
    },
    /// It went another way than with the lab's own Raft, which may be as right.
    NotTested {
        why: String,
    },
    /// It is about what this module does not have, or leaves to the lab.
    NotApplicable {
        why: String,
    },
    /// It was not played, or not to its end.
    Unfinished {
        why: String,
    },
}

/// What is to be played.
pub struct Bait {
    pub name: String,
    is_test: bool,
    pub lures: Option<Invariant>,
    pub flaw: Option<Flaw>,
    /// Of a bait for a flaw that keeps something good from happening: the line that decides.
    trap: Option<u32>,
    pub script: Result<Script, String>,
}

impl Bait {
    /// With which flaw of the lab's own Raft this goes wrong in the same way, if it does.
    pub fn like(&self, rule: Option<Invariant>) -> Option<Like> {
        let flaw = self.flaw.filter(|_| rule == self.lures)?;
        let about = flaw.about();
        Some(Like { flaw: about.name, section: about.source, rule: about.rule })
    }
}

/// The scripts that a Raft can be judged by, and why not by the others.
pub fn baits(raft: &Implementation, only: &[String]) -> Vec<Bait> {
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
    let name = path.to_owned();
    let none = |why: String| {
        let name = path.to_owned();
        Bait { name, is_test, lures: None, flaw: None, trap: None, script: Err(why) }
    };
    let mut script = match Script::parse(&name, &guests::with_raft(text, raft)) {
        Ok(script) => script,
        Err(mistakes) => {
            let why = mistakes.first().map(|it| format!("line {}: {}", it.line, it.message));
            return none(why.unwrap_or_else(|| "it is about the lab's own Raft".into()));
        }
    };
    let serves = raft.program.as_ref().is_some_and(|program| program.serves());
    let (mut lures, mut flaw, mut trap) = (None, None, None);
    // Its lines say what a Raft with the flaw does: with one that has it they go on to the rule
    // that breaks.
    if let Some(shows) = script.shows.take() {
        script.variant = Variant::With;
        if !shows.flaw.is_in_raft() && !serves {
            return none("it is about the service above Raft, which is the lab's own here".into());
        }
        flaw = Some(shows.flaw);
        match shows.breaks {
            Breaks::Safety(invariant) => lures = Some(invariant),
            Breaks::Liveness if shows.flaw.is_of_advice() => {}
            Breaks::Liveness => {
                trap = Script::parse(&name, text).ok().as_ref().and_then(hunt::trap)
            }
        }
    }
    let script = raft.program.clone().map_or_else(
        || Err("its module was not read".to_owned()),
        |program| script.host(program).map(|()| script),
    );
    Bait { name, is_test, lures, flaw, trap, script }
}

/// Plays a script.
pub fn verdict(bait: &Bait, budget: Budget) -> (Verdict, Option<Box<Breach>>) {
    let script = match &bait.script {
        Ok(script) => script,
        Err(why) => return (Verdict::NotApplicable { why: why.clone() }, None),
    };
    let verdict = match hunt::scene(script, budget) {
        Played::Well => Verdict::Kept,
        Played::Undecided => Verdict::Unfinished { why: "it came to a limit".into() },
        Played::Ended(actual) => {
            let expected = "no server ends on its own".into();
            Verdict::Failed { line: None, expected, actual }
        }
        Played::Void(why) => {
            Verdict::NotTested { why: format!("Raft promises nothing here: {why}") }
        }
        Played::Broken(breach) => {
            let (rule, evidence) = (breach.invariant.name(), breach.evidence.clone());
            return (Verdict::Broken { rule, evidence }, Some(breach));
        }
        Played::Unmet { line, expected, actual, kind, own_entries } => {
            let is_trapped = kind == FailureKind::Late && bait.trap == Some(line);
            let why = format!("line {line} goes otherwise: {expected}, but {actual}");
            if kind == FailureKind::Foreign {
                Verdict::NotApplicable { why }
            } else if own_entries && counts(&expected) {
                let why = format!(
                    "line {line} counts entries ({expected}), and this log has some that no client \
                     proposed"
                );
                Verdict::NotTested { why }
            } else if bait.is_test || is_trapped {
                Verdict::Failed { line: Some(line), expected, actual }
            } else {
                Verdict::NotTested { why }
            }
        }
    };
    (verdict, None)
}

/// Whether a line asks how many entries there are, or where one stands.
fn counts(expected: &str) -> bool {
    let mut words = expected.split(|c: char| !c.is_alphanumeric());
    words.any(|word| ["log", "last", "committed", "applied", "entries"].contains(&word))
}
