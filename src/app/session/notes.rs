//! What the lecturer reads in a second terminal, and the class does not: the notes of this beat, the
//! question and its answer, and what is said next.
//!
//! What comes is found by playing on with a copy, so names are filled in and an answer is what the
//! run really comes to, if nobody acts in between.

use super::Session;
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::{Cluster, Step};
use crate::ui::view::Stage;

/// How far one looks ahead, in steps.
const AHEAD: u32 = 200_000;

/// What comes, if nobody acts.
#[derive(Debug, Default)]
struct Coming {
    /// What is said or asked up to the next beat, and the notes for it.
    said: Vec<String>,
    asides: Vec<String>,
    /// Which choices are so, once that is revealed.
    so: Option<Vec<Option<bool>>>,
    /// Whether the next beat, or the end, has been seen.
    beat: bool,
}

impl Session {
    /// The notes at the newest moment, a line each.
    pub fn notes(&self) -> Vec<String> {
        let coming = ahead(&self.cluster);
        let (beat, of) = self.player.beat();
        let mut lines = vec![format!("Beat {beat} of {of}")];
        lines.extend(self.player.caption().map(|caption| spoken("", caption)));
        lines.extend(self.player.asides().iter().map(|aside| format!("  * {aside}")));
        if let Some(question) = self.player.question() {
            lines.push(format!("Asked: {}", spoken("", &question.text)));
            let so = coming.so.as_deref().filter(|_| question.stage == Stage::Asked);
            for (place, choice) in question.choices.iter().enumerate() {
                let will_be = so.and_then(|so| so.get(place).copied().flatten());
                let tick = if will_be.or(choice.so) == Some(true) { '✓' } else { ' ' };
                lines.push(format!("  {} {tick} {}", place + 1, choice.text));
            }
        }
        lines.extend(coming.said.iter().map(|text| spoken("Next: ", text)));
        lines.extend(coming.asides.iter().map(|aside| format!("  * {aside}")));
        if coming.said.is_empty() && self.cluster.finished() {
            lines.push("The script is at its end.".to_owned());
        }
        lines
    }
}

/// A caption in one line.
fn spoken(head: &str, text: &str) -> String {
    format!("{head}{}", text.replace('\n', " "))
}

/// Plays on with a copy, up to the next beat and to the answer of a question that stands.
fn ahead(cluster: &Cluster) -> Coming {
    let mut coming = Coming::default();
    let mut cluster = cluster.clone();
    for _ in 0..AHEAD {
        if coming.beat && coming.so.is_some() || cluster.finished() {
            break;
        }
        if cluster.step() != Step::Happened {
            break;
        }
        for event in cluster.events() {
            let EventKind::Script(event) = &event.kind else { continue };
            match event {
                ScriptEvent::Said { text } if !coming.beat => coming.said.push(text.to_string()),
                ScriptEvent::Aside { text } if !coming.beat => coming.asides.push(text.to_string()),
                ScriptEvent::Posed { question } => {
                    if !coming.beat {
                        coming.said.push(question.text.filled().to_string());
                    }
                    // Whatever is revealed from here on is about another question.
                    coming.so.get_or_insert_with(Vec::new);
                }
                ScriptEvent::Revealed { so } => drop(coming.so.get_or_insert_with(|| so.to_vec())),
                ScriptEvent::Beat => coming.beat = true,
                _ => {}
            }
        }
    }
    coming
}
