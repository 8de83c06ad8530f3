//! What is so in no run, and the rule that forbids it.

use std::fmt::Write as _;

use super::Quest;
use crate::app::hunt::plan::{Extra, OptionWord};
use crate::cluster::command::{
    Compare, Condition, Group, Number, Operand, Quantity, Script, Who, fallen_terms,
};
use crate::cluster::raft::RaftOption;
use crate::cluster::types::SERVERS_MAX;

/// Why no run leads to the condition, if that can be said at once. With a flaw, or another Raft,
/// nothing is said: it may lead anywhere.
pub fn why(quest: &Quest) -> Option<String> {
    if !quest.keeps_rules() {
        return None;
    }
    if quest.condition.wants_a_broken_rule() {
        return Some(
            "as long as all servers keep the rules, none is broken. A planted flaw breaks some: \
             --flaw NAME (`raftlab flaws` lists them)"
                .to_owned(),
        );
    }
    let beyond = |part: &Condition| beyond(part, quest);
    let never = quest.condition.needs(&fallen).or_else(|| quest.condition.needs(&beyond));
    never.or_else(|| impossible_logs(quest))
}

/// Why a measure never has what is asked of it, if that follows from what it measures.
fn beyond(part: &Condition, quest: &Quest) -> Option<String> {
    let (measure, operand) = match part {
        Condition::Is(measure) => (measure, None),
        Condition::Compare(measure, Compare::Equal | Compare::AtLeast, operand) => {
            (measure, Some(operand))
        }
        _ => return None,
    };
    let members = quest.fixed.options.brings(OptionWord::Extra(Extra::Members));
    match (measure.row.name, operand) {
        ("joint", None) if quest.config.options.has(RaftOption::Membership) => Some(
            "with membership=single members change one at a time, and no configuration is joint \
             (dissertation §4.1)"
                .to_owned(),
        ),
        ("majority", Some(Operand::Number(number))) if !members => {
            // Without --servers the runs with faults at random draw how many there are.
            let servers = u64::from(quest.fixed.servers.unwrap_or(SERVERS_MAX));
            let majority = servers / 2 + 1;
            Number::literal(number).filter(|asked| *asked > majority)?;
            let most = if quest.fixed.servers.is_some() { "" } else { ", and there are no more" };
            Some(format!("of {servers} servers a majority is {majority}{most}"))
        }
        (name @ ("follows" | "transfer"), Some(Operand::Server(Some(other)))) => {
            let Group { who, .. } = measure.group.as_ref()?;
            let itself = match (who.as_slice(), other) {
                ([Who::Server(one)], Who::Server(other)) => one == other,
                _ => false,
            };
            let why = match name {
                "follows" => {
                    "who follows has heard from a leader, and that is another server (§5.2)"
                }
                _ => "a leader hands over to another server (dissertation §3.10)",
            };
            itself.then(|| why.to_owned())
        }
        _ => None,
    }
}

/// Why a condition asks for a log that no server can have, if it does.
pub fn fallen(condition: &Condition) -> Option<String> {
    let Condition::Compare(measure, Compare::Equal, Operand::Terms(terms)) = condition else {
        return None;
    };
    let Group { quantity, who } = measure.group.as_ref()?;
    let asks = matches!(quantity, Quantity::Plain | Quantity::All | Quantity::Any);
    let there = who.iter().all(|who| matches!(who, Who::Server(_) | Who::All));
    if asks && there { fallen_terms(terms) } else { None }
}

/// Logs with which a script can't begin, because no run leads to them.
fn impossible_logs(quest: &Quest) -> Option<String> {
    let mut text = format!("cluster servers={}\n", quest.config.servers);
    for (server, terms) in quest.condition.logs() {
        if terms.is_empty() {
            continue;
        }
        let terms: Vec<String> = terms.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "given {server} log={}", terms.join(","));
    }
    let diagnostics = Script::parse("", text.as_bytes()).err()?;
    let first = diagnostics.first()?;
    let rule = first.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
    Some(format!("{}{rule}", first.message))
}
