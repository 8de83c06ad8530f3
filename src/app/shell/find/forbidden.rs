//! What is so in no run, and the rule that forbids it.

use std::fmt::Write as _;

use super::Quest;
use crate::cluster::command::{
    Compare, Condition, Group, Operand, Quantity, Script, Who, fallen_terms,
};

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
    quest.condition.needs(&fallen).or_else(|| impossible_logs(quest))
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
