//! What the marks mean: the first part of help.

use ratatui::style::Style;

use super::theme::Theme;
use crate::cluster::types::Term;

/// A mark with its meaning.
pub struct Entry {
    pub mark: String,
    pub style: Style,
    pub meaning: &'static str,
}

/// The marks with their meanings, as this theme shows them.
pub fn entries(theme: Theme) -> Vec<Entry> {
    let (plain, bold, dim) = (theme.plain(), theme.bold(), theme.dim());
    let term = Term(4);
    let removed = theme.glyphs.removed();
    let entry = |mark: &str, style, meaning| Entry { mark: mark.to_owned(), style, meaning };
    vec![
        entry("4", theme.number(term), "a colour is a term, and nothing else"),
        entry("★ LEADER", theme.filled(term), "leader of the newest term"),
        entry("☆ old leader", plain, "believes that it leads"),
        entry("○ follower", plain, "follows a leader"),
        entry("△ candidate", plain, "asks for votes"),
        entry("x down", dim, "crashed; its disk is kept"),
        entry("z asleep", dim, "stopped; timers and packets wait"),
        entry("[4 x=3]", theme.filled(term), "entry, committed as far as known here"),
        entry("(4 x=3)", plain, "entry, only appended"),
        entry("(3 x=9)≠", plain, "not the leader's entry"),
        entry(&format!("{removed}3 x=9{removed}"), dim, "entry, just removed"),
        entry("[..120]", dim, "entries in a snapshot"),
        entry("x?", plain, "a read in the log"),
        entry("4 ✓", plain, "index 4 is committed in fact"),
        entry("4 2/5", bold, "index 4 is on two of five"),
        entry("4►5", plain, "match 4, next 5: what the leader knows"),
        entry("▓▓▓░░", plain, "silence left before it stands"),
        entry("+·+-╳", plain, "votes: held, asked, refused, cut off"),
        entry("▐V?▌", theme.chip(term), "asks for a vote; ▐V+▌ yes, ▐V-▌ no"),
        entry("▐A2▌", theme.chip(term), "two entries; ▐A+▌ taken, ▐A-▌ refused"),
        entry("▐c4▌", theme.chip(term), "brings commit index 4"),
        entry("•  ◦", theme.edge(term), "heartbeat, its answer"),
        entry("▐b?▌", plain, "client b asks; ▐b!▌ is answered"),
        entry("╳", bold, "cut both ways; ►╳ cut one way; lost"),
        entry("5 ◄", bold, "a watched value that has just changed"),
        entry("<2 @2", dim, "an older value, at version 2"),
        entry("✓ ≠ !", plain, "script line: so, would have failed, failed"),
        entry("■ □ ?", plain, "operation: answered, waits, maybe"),
        entry("!", theme.broken(), "answers that clash; a broken rule"),
        entry("◆ ◇ ‖", bold, "bookmark, script's mark, breakpoint"),
        entry("x r z w D", bold, "crash, restart, sleep, wake, disk lost"),
        entry("E", bold, "an expectation of the script failed"),
    ]
}
