//! The lines of the script: to the last one, to any one, and what one is for.

use super::Session;
use crate::app::moment::Moment;
use crate::cluster::Cluster;
use crate::cluster::command::verbs;
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::ui::text::Seconds;
use crate::ui::view::Came;

/// Whether a line of the script has just run, or says what has just been done again.
pub(super) fn ran_a_line(cluster: &Cluster) -> bool {
    cluster.just_redone().is_some()
        || cluster
            .events()
            .iter()
            .any(|event| matches!(event.kind, EventKind::Script(ScriptEvent::LineRun { .. })))
}

impl Session {
    /// To where a line ran last, or on to where it will.
    pub(super) fn go_to_line(&mut self, number: u32) {
        self.go_there(&Moment::Line(number));
    }

    /// What a line is for, and what has become of it.
    pub(super) fn script_line_lines(&self, number: u32) -> Vec<String> {
        let Some(script) = self.cluster.script() else { return Vec::new() };
        let source = script.source.get(number.wrapping_sub(1) as usize);
        let mut lines = vec![source.map_or_else(String::new, |source| source.trim().to_owned())];
        let line = script.lines.iter().find(|line| line.number == number);
        let text = line.map(|line| line.command.to_string());
        let word = text.as_deref().and_then(|text| text.split_whitespace().next());
        match word.and_then(verbs::find) {
            Some(verb) => {
                lines.push(String::new());
                lines.push(format!("{}: {}.", verb.name, verb.summary));
                lines.extend(verb.help.lines().map(str::to_owned));
            }
            None => return lines,
        }
        lines.push(String::new());
        lines.extend(self.what_became_of(number));
        lines.push("Enter goes to where it ran last, or on to where it will.".into());
        lines
    }

    fn what_became_of(&self, number: u32) -> Vec<String> {
        let waits = self.cluster.waiting_lines().find(|waiting| waiting.line == number);
        let waits = waits.map(|waiting| {
            // By hand no time passes by which a wait could end.
            if self.cluster.is_by_hand() {
                return "It waits for a command by hand.".to_owned();
            }
            let more = Seconds(waiting.until.since(self.cluster.now()));
            format!("It waits, {more} more at most.")
        });
        let Some(seen) = self.player.seen(number) else {
            return vec!["It has not run yet.".into()];
        };
        let (at, told) = (seen.at.time, self.told_of(number));
        let became = match (seen.came, told) {
            (Came::Ran, _) => vec![format!("It ran at {at}.")],
            (Came::Held, _) => vec![format!("It ran at {at}, and it held.")],
            (Came::Remarked, told) => {
                let why = "It would have failed, but you have acted: that is a remark.";
                std::iter::once(why.to_owned()).chain(told).collect()
            }
            (Came::Failed, told) => {
                std::iter::once("It has stopped the run.".to_owned()).chain(told).collect()
            }
        };
        became.into_iter().chain(waits).collect()
    }

    /// What was expected of a line and what was the case instead, when it last disappointed.
    fn told_of(&self, number: u32) -> Vec<String> {
        let told = self.trace.events().rev().find_map(|(_, event)| match &event.kind {
            EventKind::Script(
                ScriptEvent::Remarked { line, expected, actual }
                | ScriptEvent::Failed { line, expected, actual },
            ) if *line == number => Some((expected.clone(), actual.clone())),
            _ => None,
        });
        told.map_or_else(Vec::new, |(expected, actual)| {
            vec![format!("Expected: {expected}"), format!("Instead:  {actual}")]
        })
    }
}
