//! The row of leaders: their bands, and the terms that nobody won.

use ratatui::layout::Rect;

use super::rows::{Chart, Taken};
use super::story::Reign;
use crate::cluster::time::Time;
use crate::cluster::types::Term;
use crate::ui::canvas::Canvas;

impl Chart<'_> {
    /// Who led, as bands in the hue of the term; dots where nobody did. Words keep off the columns
    /// that are taken.
    pub fn leaders(&self, canvas: &mut Canvas<'_>, y: u16, term: &str, taken: &Taken) {
        let theme = canvas.theme();
        let end = self.newest().min(self.window.end());
        for x in self.window.x..=self.window.column(end) {
            canvas.glyph(x, y, '·', theme.dim());
        }
        let mut free = self.window.start;
        for reign in &self.story.reigns {
            self.interregnum(canvas, y, (free, reign.from), taken);
            free = reign.until.unwrap_or(end);
        }
        self.interregnum(canvas, y, (free, end), taken);
        for (place, reign) in self.story.reigns.iter().enumerate() {
            if self.window.shows(reign.from, reign.until) {
                let next = self.story.reigns.get(place + 1).map(|next| next.from);
                self.band(canvas, y, reign, next);
                self.band_words(canvas, y, reign, term, taken);
            }
        }
    }

    /// In a time without a leader: the term in which nobody won.
    fn interregnum(
        &self,
        canvas: &mut Canvas<'_>,
        y: u16,
        (from, until): (Time, Time),
        taken: &Taken,
    ) {
        if until <= from || !self.window.shows(from, Some(until)) {
            return;
        }
        // Both lists are in the order of their terms as well as of their times.
        let (elections, reigns) = (&self.story.elections, &self.story.reigns);
        let first = elections.partition_point(|(at, _)| *at < from);
        let end = elections.partition_point(|(at, _)| *at < until);
        let won = |term: &Term| reigns.binary_search_by_key(term, |reign| reign.term).is_ok();
        let lost = elections[first..end].iter().rfind(|(_, term)| !won(term));
        let Some((_, term)) = lost else { return };
        let words = format!(" {term}: none ");
        let (left, right) = (self.window.column(from), self.window.column(until));
        if let Some(x) = centred(left, right, words.len() as u16 + 2, taken) {
            canvas.pen_at(x + 1, y, words.len() as u16).put(words);
        }
    }

    fn band(&self, canvas: &mut Canvas<'_>, y: u16, reign: &Reign, next: Option<Time>) {
        let style = canvas.theme().number(reign.term);
        let (left, right) = self.ends(reign.from, reign.until);
        canvas.clear(Rect { x: left, y, width: right - left + 1, height: 1 });
        for x in left..=right {
            canvas.glyph(x, y, '─', style);
        }
        if self.window.contains(reign.from) {
            canvas.glyph(left, y, '├', style);
        }
        // Where another takes over at once, its own beginning ends this one.
        let ended = reign.until.is_some_and(|until| self.window.contains(until));
        if right > left && next != reign.until && ended {
            canvas.glyph(right, y, '┤', style);
        }
    }

    /// Term and leader, in the longest words for which there is room.
    fn band_words(
        &self,
        canvas: &mut Canvas<'_>,
        y: u16,
        reign: &Reign,
        term: &str,
        taken: &Taken,
    ) {
        let (left, right) = self.ends(reign.from, reign.until);
        let words = [
            format!(" {term}{}: {} ", reign.term, reign.server),
            format!(" {}: {} ", reign.term, reign.server),
            format!("{}", reign.term),
        ];
        let placed = words
            .iter()
            .find_map(|words| Some((centred(left + 1, right, words.len() as u16, taken)?, words)));
        if let Some((x, words)) = placed {
            let style = canvas.theme().number(reign.term);
            canvas.pen_at(x, y, words.len() as u16).style(style).put(words);
        }
    }
}

/// Where something of this width begins that stands in the middle of these columns, or as near
/// to it as others allow; `None` if it does not fit.
fn centred(left: u16, right: u16, width: u16, taken: &Taken) -> Option<u16> {
    let last = right.checked_sub(width).filter(|last| *last >= left)?;
    let middle = left + (last - left) / 2;
    let free = |x: &u16| taken.is_free(*x..*x + width);
    (left..=last).filter(free).min_by_key(|x| x.abs_diff(middle))
}
