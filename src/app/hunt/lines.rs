//! Shrinking where nothing bad happens, but something good does not: a wait that runs out.
//!
//! Such a run is kept as a script, with the calm at its end: the lines of the calm stay, for
//! without them everybody may wait for ever. The lines before them are left out as long as the
//! same line is not met in the same way. Without its `release` a lock is kept for good, and then it
//! is the script's own fault that others wait: such a script shows nothing (`story::fails`).

use super::play::Name;
use super::story::{fails_within, holds, passes_within};
use crate::cluster::Implementation;

/// The most candidates that are played, and the most events in all of them: a wait that is not met
/// lasts to its end.
const TRIES_MAX: u32 = 4_000;
const EVENTS_MAX: u64 = 50_000_000;

/// Leaves out lines of `body`, which stands between `head` and `tail`. All servers have this Raft, if
/// not the lab's own.
pub fn shrink(
    (head, tail): (&str, &str),
    body: Vec<String>,
    name: &Name,
    raft: Option<&Implementation>,
) -> Option<String> {
    let text = |body: &[String]| {
        let lines: String = body.iter().map(|line| format!("{line}\n")).collect();
        format!("{head}{lines}{tail}")
    };
    let mut left = EVENTS_MAX;
    if !fails_within(&text(&body), name, raft, &mut left) {
        return None;
    }
    // Without the flaw some of the lines may be impossible until others are gone.
    let mut well = passes_within(&text(&body), raft, &mut left);
    let mut best = body;
    let mut tries = 0;
    let mut size = best.len().div_ceil(2).max(1);
    loop {
        let before = best.len();
        let mut end = best.len();
        while end > 0 && tries < TRIES_MAX && left > 0 {
            let start = end.saturating_sub(size);
            let mut candidate = best.clone();
            candidate.drain(start..end);
            tries += 1;
            let text = text(&candidate);
            if fails_within(&text, name, raft, &mut left) {
                let is_well = passes_within(&text, raft, &mut left);
                if is_well || !well {
                    (well, best) = (is_well, candidate);
                }
            }
            end = start;
        }
        if tries >= TRIES_MAX || left == 0 || (size == 1 && best.len() == before) {
            return Some(text(&best)).filter(|text| holds(text, name, raft));
        }
        size = size.div_ceil(2);
    }
}
