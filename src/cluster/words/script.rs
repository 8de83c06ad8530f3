//! The script, commands from outside and broken rules, in words.

use super::row::{Ask, Row, no_reason};
use crate::cluster::command::{Deed, NodeName, Spaced, Tell};
use crate::cluster::event::{LabEvent, ScriptEvent};
use crate::cluster::fit::shorten;
use crate::cluster::invariant::Invariant;
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::{Index, ServerSet};

/// Room for what was the case instead of what was expected: two rows of a screen.
const ACTUAL: usize = 150;

impl ScriptEvent {
    pub(super) fn row(&self, ask: Ask) -> Row {
        let [script, mark, rules] =
            [Topic::Script, Topic::Mark, Topic::Rules].map(|topic| ask.about(topic));
        match self {
            Self::LineRun { task: _, line } => script.silent(|_| format!("line {line} runs")),
            Self::Said { text } => {
                script.silent(|_| format!("caption: {}", text.replace('\n', " ")))
            }
            Self::Beat => script.silent(|_| "the script waits for its presenter".to_owned()),
            Self::Posed { question } => {
                script.silent(|_| format!("the class is asked: {question}"))
            }
            Self::Counted { hands } => {
                script.silent(|_| format!("the class says {}", Spaced(hands)))
            }
            Self::Revealed { so } => script.silent(|_| reveals(so)),
            Self::OracleAsked => script.silent(|_| "the oracle is asked".to_owned()),
            Self::Aside { text } => script.silent(|_| format!("aside: {text}")),
            Self::Pointed { servers, entry } => script.silent(|_| points(*servers, *entry)),
            Self::Noted { text } => script.story(|_| format!("note: {text}"), no_reason),
            Self::BreakpointSet { condition, on } => script.detail(
                |_| match on {
                    true => format!("breakpoint: {condition}"),
                    false => format!("breakpoint off: {condition}"),
                },
                no_reason,
            ),
            Self::Watched { what, line: _ } => {
                script.detail(|_| format!("watched: {what}"), no_reason)
            }
            Self::Unwatched { what } => script.detail(
                |_| match what {
                    Some(what) => format!("no longer watched: {what}"),
                    None => "nothing is watched any more".to_owned(),
                },
                no_reason,
            ),
            Self::Marked { name } => mark.detail(|_| format!("mark: {name}"), no_reason),
            Self::Paced { pace } => script.silent(|_| Tell::Pace(*pace).to_string()),
            Self::Expected { line, command } => script.detail(
                |_| match line {
                    // Somebody has asked, and no line of a script.
                    0 => format!("{command}: it is so"),
                    line => format!("line {line} holds: {command}"),
                },
                no_reason,
            ),
            Self::TaskEnded { task } => script.detail(|_| format!("task {task} ends"), no_reason),
            Self::ScriptEnded => script.story(|_| "the script ends".to_owned(), no_reason),
            Self::Failed { line, expected, actual } => {
                rules.story(|_| not_so(*line, "fails", expected), |_| instead(actual))
            }
            Self::Remarked { line, expected, actual } => {
                script.story(|_| not_so(*line, "would have failed", expected), |_| instead(actual))
            }
        }
    }
}

impl LabEvent {
    pub(super) fn row(&self, ask: Ask) -> Row {
        match self {
            Self::Commanded { command } => ask.about(Topic::Command).row(
                weight_of(command),
                |_| format!("command: {command}"),
                no_reason,
            ),
            Self::Violated { violation } => ask.about(Topic::Rules).story(
                |_| format!("broken: {}", violation.evidence),
                |_| rule(violation.invariant).to_owned(),
            ),
        }
    }
}

/// "spoken of: entry 3 of S1 and S2".
fn points(servers: ServerSet, entry: Option<Index>) -> String {
    match entry {
        Some(index) => format!("spoken of: entry {index} of {servers}"),
        None => format!("spoken of: {servers}"),
    }
}

/// "choice 2 is so".
fn reveals(so: &[Option<bool>]) -> String {
    let right = (1..).zip(so).filter(|(_, so)| **so == Some(true));
    let right: Vec<u32> = right.map(|(number, _)| number).collect();
    match right.as_slice() {
        [] if so.iter().all(Option::is_none) => "the question is over".into(),
        [] => "no choice is so".into(),
        [one] => format!("choice {one} is so"),
        many => format!("choices {} are so", Spaced(many)),
    }
}

fn not_so(line: u32, fails: &str, expected: &str) -> String {
    match line {
        0 => format!("not so: {expected}"),
        line => format!("line {line} {fails}: {expected}"),
    }
}

fn instead(actual: &str) -> Option<String> {
    (!actual.is_empty()).then(|| shorten(actual, ACTUAL))
}

/// The rule in words.
pub const fn rule(invariant: Invariant) -> &'static str {
    match invariant {
        Invariant::ElectionSafety => "at most one leader a term, ever (§5.2)",
        Invariant::LeaderAppendOnly => "a leader never changes its own log but at its end (§5.3)",
        Invariant::LogMatching => "same index and term: same entry, and the same before it (§5.3)",
        Invariant::LeaderCompleteness => "a leader holds all that was committed before (§5.4)",
        Invariant::StateMachineSafety => "nobody applies another operation at an index (§5.4.3)",
        Invariant::OneVote => "at most one vote a server a term, ever (§5.2)",
        Invariant::TermsInOrder => "terms never decrease along a log (§5.3)",
        Invariant::OnAMajority => "what is committed is on the disks of a majority (§5.3)",
        Invariant::CommitMonotone => "a commit index never goes back, nor beyond the log",
        Invariant::SameMap => "who has applied the same entries has the same map",
        Invariant::Versions => "a key's version is the number of puts done on it",
        Invariant::Waiters => "nobody waits at a server that has long lost its term",
        Invariant::LockExclusion => "at most one client holds a lock",
        Invariant::Linearizability => "one order of all operations explains every answer",
    }
}

/// A deed that has events of its own is not told twice.
fn weight_of(deed: &Deed<NodeName>) -> Weight {
    match deed {
        Deed::Servers(act, _) => act.weight(),
        Deed::Links(act, _) => act.weight(),
        Deed::Packet(_, act) => act.weight(),
        Deed::Lab(act) => act.weight(),
        Deed::Transfer(..) | Deed::Members(..) => Weight::Detail,
        Deed::Partition(_) | Deed::Keep(..) => Weight::Story,
        Deed::Clients(..) | Deed::Operate(_) => Weight::Detail,
    }
}
