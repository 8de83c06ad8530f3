//! What is so in no run, and the rule that forbids it.

use std::fmt::Write as _;

use super::Quest;
use crate::cluster::command::Script;

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
    impossible_logs(quest)
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
