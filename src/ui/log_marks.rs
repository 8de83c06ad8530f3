//! What the logs of a hall say of one entry, and of one log: the cell of an entry with the marks of
//! its fate, and the verdict at the end of a row. `log_rows/` says where they stand.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::text::Spaced;
use super::theme::{Ground, Ink, Theme};
use crate::cluster::raft::{Entry, Position};
use crate::cluster::situation::{Fate, Need};
use crate::cluster::start::is_given;
use crate::cluster::types::{Index, Request, ServerSet, Term};

/// The most columns of what an entry does.
const WHAT_MAX: u16 = 12;

/// "t3 x=3", and of a read "t3 x?"; of a given entry, "t3".
pub fn words(entry: &Entry, term: bool, glyphs: Glyphs) -> String {
    let clip = |text: &str| glyphs.shown(text, WHAT_MAX / 2);
    let Some(op) = entry.op() else {
        let said = entry.payload.said();
        return if term { format!("t{} {said}", entry.term) } else { said };
    };
    if is_given(op) {
        return format!("t{}", entry.term);
    }
    match &op.request {
        Request::Get { key } if term => format!("t{} {}?", entry.term, clip(key)),
        Request::Get { key } => format!("read {}", clip(key)),
        Request::Put { key, value, .. } => {
            let what = format!("{}={}", clip(key), clip(value));
            if term { format!("t{} {what}", entry.term) } else { what }
        }
    }
}

/// What follows from a server's log.
pub enum Verdict {
    /// From the first to the last of these, entries will be overwritten.
    Lost(Index, Index),
    /// A rule is broken, and from this entry on the log is not the committed one (§5.3 calls that a conflict).
    Conflicts(Index),
    /// From the first to the last of these, entries may be lost.
    Danger(Index, Index),
    /// So may a leader's, which needs so many copies more.
    NeedsInDanger(Index, Index, usize),
    /// What its next entry needs.
    Needs(String),
}

impl Verdict {
    pub const fn is_bad(&self) -> bool {
        match self {
            Self::Lost(..) | Self::Conflicts(_) | Self::Danger(..) | Self::NeedsInDanger(..) => {
                true
            }
            Self::Needs(_) => false,
        }
    }

    /// At the end of the server's row, the longest first: with the word a number is not read as a count.
    pub fn in_row(&self) -> [String; 2] {
        let danger = |needs: &str, first: &Index, last: &Index| {
            let word = entries_word(*first, *last);
            let which = range(*first, *last);
            [format!("{needs}{word} {which} IN DANGER"), format!("{needs}{which} IN DANGER")]
        };
        let one = |words: String| [words.clone(), words];
        match self {
            Self::Lost(first, last) => one(format!("WILL LOSE {}", range(*first, *last))),
            Self::Conflicts(first) => one(format!("CONFLICTS AT {first}")),
            Self::Danger(first, last) => danger("", first, last),
            Self::NeedsInDanger(first, last, more) => {
                danger(&format!("needs {more}: "), first, last)
            }
            Self::Needs(words) => one(words.clone()),
        }
    }

    /// Below the logs, in capitals, of all servers of which it holds: "S4 S5: ENTRY 2 IN DANGER".
    pub fn below(&self, servers: ServerSet) -> String {
        let entries = |first: &Index, last: &Index| {
            format!("{} {}", entries_word(*first, *last), range(*first, *last))
        };
        let words = match self {
            Self::Lost(first, last) => format!("will lose {}", entries(first, last)),
            Self::Danger(first, last) | Self::NeedsInDanger(first, last, _) => {
                format!("{} in danger", entries(first, last))
            }
            Self::Conflicts(_) | Self::Needs(_) => self.in_row()[0].clone(),
        };
        format!("{}: {words}", Spaced(servers.iter())).to_uppercase()
    }

    /// Whether one line below the logs says both.
    pub fn is_said_with(&self, other: &Self) -> bool {
        self.below(ServerSet::EMPTY) == other.below(ServerSet::EMPTY)
    }
}

fn entries_word(first: Index, last: Index) -> &'static str {
    if first == last { "entry" } else { "entries" }
}

/// "5", "5-8".
fn range(first: Index, last: Index) -> String {
    if first < last { format!("{first}-{last}") } else { first.to_string() }
}

/// What a kind of cell means, enclosed as a cell of that kind is: "✓ committed", "(not yet)".
pub fn sample(fate: Fate, words: &str) -> String {
    match fate.brackets() {
        (open, ' ') => format!("{open} {words} "),
        (open, close) => format!("{open}{words}{close}"),
    }
}

/// The looks of such a cell.
pub fn sample_style(theme: Theme, fate: Fate, term: Term) -> Style {
    match fate {
        Fate::Known => theme.settled(term).patch(theme.bold()),
        Fate::Committed => theme.settled(term),
        Fate::Lost => theme.on(Ground::Lost),
        Fate::Open | Fate::Safe => theme.ink(Ink::Strong).patch(theme.bold()),
    }
}

/// An entry in its cell.
pub fn draw_cell(
    canvas: &mut Canvas,
    area: Rect,
    entry: &Entry,
    fate: Option<Fate>,
    differs: bool,
) {
    let theme = canvas.theme();
    let text = words(entry, true, theme.glyphs);
    let room = area.width.saturating_sub(2);
    let put = |canvas: &mut Canvas, open: char, style: Style, close: char| {
        canvas.fill(area, style);
        let inside = Rect { width: room + 1, ..area };
        canvas.pen(inside, 0).style(style).put(open).put_within(&text);
        let end = area.right() - 1;
        canvas.pen_at(end, area.y, 1).style(style).put(close);
    };
    let bold = theme.bold();
    let (open, close) = fate.map_or((' ', ' '), Fate::brackets);
    match fate {
        None => put(canvas, open, theme.ink(Ink::Strong), close),
        Some(Fate::Known) => put(canvas, open, theme.settled(entry.term).patch(bold), close),
        Some(Fate::Committed) => put(canvas, open, theme.settled(entry.term), close),
        Some(Fate::Lost) => put(canvas, open, theme.on(Ground::Lost), close),
        Some(Fate::Open | Fate::Safe) => draw_pending(canvas, area, entry, &text, differs),
    }
}

fn draw_pending(canvas: &mut Canvas, area: Rect, entry: &Entry, text: &str, differs: bool) {
    let theme = canvas.theme();
    let edge = theme.hue_ink(entry.term).patch(theme.bold());
    let strong = theme.ink(Ink::Strong).patch(theme.bold());
    let term = format!("t{}", Term(entry.term.0));
    let mut pen = canvas.pen(area, 0);
    pen.style(edge).put('(');
    let rest = match text.strip_prefix(&term) {
        Some(rest) => {
            pen.style(theme.number(entry.term).patch(theme.bold())).put(&term);
            rest
        }
        None => text,
    };
    // A mark gives way to what the entry does, and takes the place of what closes it.
    let room = pen.room().saturating_sub(1);
    let shown: String = rest.chars().take(usize::from(room)).collect();
    pen.style(strong).put(if theme.glyphs.width(rest) <= room { rest } else { &shown });
    if differs {
        pen.put('≠');
    }
    if pen.room() > 0 {
        let x = pen.x().max(area.x + 1);
        canvas.pen_at(x, area.y, 1).style(edge).put(')');
    }
}

/// "✓snapshot up to 40  ": the part of a log that a snapshot covers, as one block. All of that is
/// committed, and its server knows (§7); `told` if that may be said.
pub fn draw_covered(canvas: &mut Canvas, area: Rect, base: Position, told: bool) {
    let theme = canvas.theme();
    let forms = covered_words(base.index);
    let room = usize::from(area.width.saturating_sub(2));
    let text = forms.iter().find(|words| words.len() <= room).unwrap_or(&forms[2]);
    let style = covered_style(theme, base, told);
    canvas.fill(area, style);
    let tick = if told { '✓' } else { ' ' };
    let y = area.y + area.height / 2;
    canvas.pen_at(area.x, y, area.width).style(style).put(tick).put_within(text);
}

/// The ground of that block: that of committed entries of the term of its last.
pub fn covered_style(theme: Theme, base: Position, told: bool) -> Style {
    if told { theme.settled(base.term) } else { theme.ink(Ink::Text) }
}

/// What stands in that block, the longest first.
pub fn covered_words(base: Index) -> [String; 3] {
    [format!("snapshot up to {base}"), format!("snapshot ..{base}"), format!("..{base}")]
}

/// "snapshot ..40", "snapshot ..40 33%": how much of it a chunk completes.
pub fn snapshot(last: Index, from: u32, to: u32, of: u32) -> String {
    match (from, to) == (0, of) {
        true => format!("snapshot ..{last}"),
        false => format!("snapshot ..{last} {}%", u64::from(to) * 100 / u64::from(of.max(1))),
    }
}
/// What a leader lacks: copies; or that copies which are there come onto their disks; or word of them.
pub fn copies(need: &Need) -> &'static str {
    match (need.untold, need.in_memory.is_empty(), need.more) {
        (true, _, 1) => "answer",
        (true, ..) => "answers",
        (false, false, _) => "on disk",
        (false, true, 1) => "copy",
        (false, true, _) => "copies",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_of_several_servers_is_said_once_and_of_whom() {
        let both = ServerSet::first(5).without(ServerSet::first(3));
        let lost = Verdict::Lost(Index(3), Index(5));
        assert_eq!(lost.in_row()[0], "WILL LOSE 3-5");
        assert_eq!(lost.below(both), "S4 S5: WILL LOSE ENTRIES 3-5");
        let danger = Verdict::Danger(Index(2), Index(2));
        assert_eq!(danger.below(both), "S4 S5: ENTRY 2 IN DANGER");
        assert!(danger.is_said_with(&Verdict::NeedsInDanger(Index(2), Index(2), 1)));
        assert!(!danger.is_said_with(&lost));
    }
}
