//! What only an option brings: without it a search would look in vain, so that is said at once.

use super::Quest;
use super::by_hand::begin;
use crate::app::hunt::plan::{Extra, OptionWord};
use crate::cluster::command::{Argument, Condition, Measure, Number, Operand, RoleName};
use crate::cluster::raft::{Options, RaftOption};

/// The option without which the condition can't hold in any run that is looked through, in a sentence.
/// Of a guest nothing is known; and with a flaw the runs have what its rule is about.
pub fn missing(quest: &Quest) -> Option<String> {
    if !quest.keeps_rules() {
        return None;
    }
    let start = begin(&quest.config, None);
    let lacks = |part: &Condition| {
        let word = needed(part, quest.config.options).filter(|_| start.distance(part) > 0)?;
        (!quest.fixed.options.brings(word)).then_some(word)
    };
    let word = quest.condition.needs(&lacks)?;
    Some(format!("{}. Add --option {word}", without(word)))
}

/// What comes about with this option only.
fn needed(part: &Condition, on: Options) -> Option<OptionWord> {
    match part {
        // What is not so at the start is so soon, where it is denied.
        Condition::Not(_) | Condition::And(..) | Condition::Or(..) | Condition::Chance(_) => None,
        Condition::Is(measure) => of(measure, None, on),
        Condition::Compare(measure, _, operand) => of(measure, Some(operand), on),
    }
}

fn of(measure: &Measure, operand: Option<&Operand>, on: Options) -> Option<OptionWord> {
    let extra = match measure.row.name {
        "base" | "snapshot-size" => Extra::Snapshot,
        "learners" | "members" | "joint" => Extra::Members,
        // Leaders hand over where they keep more than Figure 2, or members change.
        "transfer" if on == Options::NONE => Extra::Members,
        "sessions" => Extra::Sessions,
        "in-flight" if number(operand) > Some(1) => Extra::Inflight,
        "waiting-reads" => return Some(OptionWord::One(RaftOption::Reads.on())),
        "lease" => return RaftOption::Reads.choices().last().map(OptionWord::One),
        "option" => return option(measure),
        _ => return role(measure, operand),
    };
    Some(OptionWord::Extra(extra))
}

fn number(operand: Option<&Operand>) -> Option<u64> {
    match operand {
        Some(Operand::Number(number)) => Number::literal(number),
        _ => None,
    }
}

fn option(measure: &Measure) -> Option<OptionWord> {
    match measure.argument {
        Argument::Option(choice) if choice.is_on() => Some(OptionWord::One(choice)),
        _ => None,
    }
}

/// Who asks before it becomes a candidate.
fn role(measure: &Measure, operand: Option<&Operand>) -> Option<OptionWord> {
    let asked = match (&measure.argument, operand) {
        (&Argument::Role(role), _) | (_, Some(&Operand::Role(role))) => role,
        _ => return None,
    };
    (asked == RoleName::PreCandidate).then(|| OptionWord::One(RaftOption::PreVote.on()))
}

/// What is in no run without it.
fn without(word: OptionWord) -> String {
    let what = match word {
        OptionWord::Extra(Extra::Snapshot) => "no server takes a snapshot",
        OptionWord::Extra(Extra::Members) => "members stay as they are, and nobody hands over",
        OptionWord::Extra(Extra::Disks) => "disks neither fail nor hang",
        OptionWord::Extra(Extra::Inflight) => "a leader sends one append at a time to each",
        OptionWord::Extra(Extra::Sessions) => "clients have no sessions",
        OptionWord::One(choice) if choice.option == RaftOption::Reads => {
            "every read is an entry of the log"
        }
        OptionWord::One(_) | OptionWord::Any => "the servers keep Figure 2 alone",
    };
    format!("in the runs that are looked through {what}")
}
