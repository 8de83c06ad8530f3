//! What the marks mean: the first part of help.

use ratatui::style::Style;

use super::theme::{Ground, Theme};
use crate::cluster::types::Term;

/// A mark with its meaning.
pub struct Entry {
    pub mark: String,
    pub style: Style,
    pub meaning: &'static str,
}

/// Those that one needs to read a map and logs, in few words.
pub fn first(theme: Theme) -> Vec<Entry> {
    let (plain, dim, term) = (theme.plain(), theme.dim(), Term(4));
    let entry = |mark: &str, style, meaning| Entry { mark: mark.to_owned(), style, meaning };
    vec![
        entry("4", theme.number(term), "a colour is a term"),
        entry("★ LEADER", theme.lit(term), "leads, and can commit"),
        entry("☆ STUCK", plain, "leads, can't commit"),
        entry("○ follower", plain, "follows a leader"),
        entry("△ CANDIDATE", plain, "asks for votes"),
        entry("✗ DOWN", dim, "crashed; z: asleep"),
        entry("✓t4 x=3", theme.settled(term), "committed, as it knows"),
        entry("[t4 x=3]", theme.settled(term), "committed, not known"),
        entry("(t4 x=3)", plain, "only appended"),
        entry("✗t3 x=9", theme.on(Ground::Lost), "will be overwritten"),
        entry("▮▮▯ needs 1", plain, "has two, needs one"),
        entry("S4►S1 x=2", theme.chip(term), "a packet and its entry"),
        entry("✗ S4►S1 lost", theme.on(Ground::Bright), "a packet that was lost here"),
        entry("▲ b", theme.on(Ground::Bright), "client b waits here"),
        entry("━━━──", plain, "election timer"),
    ]
}

/// The marks with their meanings, as this theme shows them.
pub fn entries(theme: Theme) -> Vec<Entry> {
    let (plain, bold, dim) = (theme.plain(), theme.bold(), theme.dim());
    let term = Term(4);
    let removed = theme.glyphs.removed();
    let entry = |mark: &str, style, meaning| Entry { mark: mark.to_owned(), style, meaning };
    vec![
        entry("4", theme.number(term), "a colour is a term, and nothing else"),
        entry("★ LEADER", theme.lit(term), "leads, and can commit: bright"),
        entry("☆ STUCK LEADER", plain, "believes that it leads; cannot commit"),
        entry("○ follower", plain, "follows a leader"),
        entry("◦ learner", plain, "copies the log, and has no vote"),
        entry("· no member", plain, "runs, and is not among the members"),
        entry("△ CANDIDATE", plain, "asks for votes"),
        entry("△ PRE-VOTE", plain, "asks who would vote for it"),
        entry("✗ DOWN", dim, "crashed; its disk is kept"),
        entry("z ASLEEP", dim, "stopped; timers and packets wait"),
        entry("✓t4 x=3", theme.settled(term), "committed; its server knows, or is down"),
        entry("[t4 x=3]", theme.settled(term), "committed; its server does not know"),
        entry("(t4 x=3)", plain, "entry, only appended"),
        entry("(t3 x=9≠)", plain, "not the leader's entry"),
        entry("✗t3 x=9", theme.on(Ground::Lost), "entry that will be overwritten"),
        entry(&format!("{removed}t3 x=9"), dim, "entry, just removed"),
        entry("◄✓t4 x=3", plain, "the log begins before what is shown"),
        entry("disk! d", bold, "its disk is slow, hangs or fails"),
        entry("▮▮▯ 2 of 5", bold, "two run here, of five"),
        entry("▮▮▯ needs 1", bold, "copies or votes: has two, needs one"),
        entry("needs t4 entry", bold, "no copies commit it: an entry of term 4 does"),
        entry("needs 2 on disk", bold, "it is in memory there, and not yet on disk"),
        entry("needs 1 answer", bold, "it is there; no word of that is on the way"),
        entry("IN DANGER", bold, "may be overwritten, depending on who leads next"),
        entry("x?", plain, "a read in the log"),
        entry("S1-3->S1-4", plain, "in a log: old voters, and new ones; +S5: it learns"),
        entry("4 ✓", plain, "index 4 is committed in fact"),
        entry("4 2/5", bold, "index 4 is on two of five"),
        entry("4►5", plain, "match 4, next 5: what the leader knows"),
        entry("0?5 0■5", plain, "it probes where logs agree; sends a snapshot"),
        entry("━━━──", plain, "time left before it becomes a candidate"),
        entry("+·+-╳", plain, "votes: held, asked, refused, cut off"),
        entry("S4►S1 x=2", theme.chip(term), "a packet: from, to, what"),
        entry("commit 4", theme.chip(term), "a packet: up to 4 all is committed"),
        entry("has 4", theme.chip(term), "a packet: its sender has up to 4"),
        entry("✗ S4►S1 lost", theme.on(Ground::Bright), "a packet that was lost here"),
        entry("▲ b", theme.on(Ground::Bright), "client b waits for the server above"),
        entry("✗ S4►S2 cut", theme.on(Ground::Wall), "cut one way; ✗ cut both ways"),
        entry("A 3 of 5", theme.on(Ground::Plate), "a side with a majority: bright"),
        entry("B 2 of 5", theme.ground(Ground::Minority), "a side without one: dark"),
        entry("⠤⠤⠤⠤", plain, "a link of a leader or candidate"),
        entry("⠄ ⠄ ⠄", plain, "a link that is cut, slow or lossy"),
        entry(" ✗ ", theme.on(Ground::Bright), "what flies there is lost"),
        entry("★ t4", theme.lit(term), "diagram: wins term 4; △ candidate, ○ steps down"),
        entry("+4 ✗4 ✓4", plain, "diagram: appends, discards, commits entry 4"),
        entry("yes t4", theme.chip(term), "diagram: a packet along its line"),
        entry("✗ cut", theme.on(Ground::Lost), "diagram: lost here, and why"),
        entry("═ heal ═", bold, "diagram: done to links; ▓ as long as it lasts"),
        entry("5 ◄", bold, "a watched value that has just changed"),
        entry("x=3 @2", plain, "a put of x=3, which is done only at version 2"),
        entry("5@1", plain, "entry 5 of term 1, as where a log ends"),
        entry("#9", plain, "a packet, by its number: M lists them"),
        entry("§5.3", plain, "a section of the Raft paper, or of the dissertation if it says so"),
        entry("<2 @2", dim, "an older value, at version 2"),
        entry("✓ ≠ !", plain, "script line: so, would have failed, failed"),
        entry("■ □ ?", plain, "operation: answered, waits, maybe"),
        entry("!", theme.broken(), "answers that clash; a broken rule"),
        entry("◆ ◇ ‖", bold, "bookmark, script's mark, breakpoint"),
        entry("x r z w D", bold, "crash, restart, sleep, wake, disk lost"),
        entry("E", bold, "an expectation of the script failed"),
    ]
}
