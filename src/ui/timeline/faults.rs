//! The row of faults: servers that crash, sleep and come back, and links that are cut for a while.

use ratatui::layout::Rect;

use super::rows::{Chart, Mark, Taken, blow_style};
use super::story::{Blow, Cut};
use crate::ui::canvas::Canvas;
use crate::ui::text::Spaced;

/// How far a mark gives way to others, in columns.
const ASIDE_MAX: u16 = 4;

impl Chart<'_> {
    /// What was done to the cluster: a letter and names at its moment, a line while links are
    /// cut. Names go where there is room for them.
    pub fn faults(&self, canvas: &mut Canvas<'_>, y: u16) {
        let theme = canvas.theme();
        let shown = |cut: &&Cut| self.window.shows(cut.from, cut.until);
        let cuts: Vec<&Cut> = self.story.cuts.iter().filter(shown).collect();
        for cut in &cuts {
            self.cut_line(canvas, y, cut);
        }
        let cut = |cut: &&Cut| {
            let (at, names, style) = (cut.from, String::new(), theme.bold());
            Mark { at, letter: '╳', names, style }
        };
        let blow = |blow: &Blow| {
            let names = Spaced(blow.servers.iter()).to_string();
            Mark { at: blow.at, letter: blow.letter, names, style: blow_style(blow, theme) }
        };
        let mut marks: Vec<Mark> = cuts.iter().map(cut).collect();
        marks.extend(self.story.blows.iter().map(blow));
        let mut taken = self.marks(canvas, y, marks);
        for cut in cuts {
            self.cut_name(canvas, y, cut, &mut taken);
        }
    }

    /// A line as long as the cut lasted, with an end if it has one.
    fn cut_line(&self, canvas: &mut Canvas<'_>, y: u16, cut: &Cut) {
        let plain = canvas.theme().plain();
        let (left, right) = self.ends(cut.from, cut.until);
        for x in left..=right {
            canvas.glyph(x, y, '─', plain);
        }
        if cut.until.is_some_and(|until| self.window.contains(until)) {
            canvas.glyph(right, y, '┤', plain);
        }
    }

    /// Who is cut off: where the line begins, or farther along it with a mark of its own.
    fn cut_name(&self, canvas: &mut Canvas<'_>, y: u16, cut: &Cut, taken: &mut Taken) {
        let (left, right) = self.ends(cut.from, cut.until);
        let (near, far) = (format!(" {} ", cut.label), format!(" ╳ {} ", cut.label));
        let places = [(left + 1..left + 2, near), (left + 2..right, far)];
        for (mut places, words) in places {
            let width = words.chars().count() as u16;
            if let Some(x) = places.find(|x| taken.is_free(*x..*x + width)) {
                canvas.pen_at(x, y, width).put(words);
                taken.take(x..x + width);
                return;
            }
        }
    }

    /// Draws marks in the order of their moments, each with its names if they fit before the
    /// next. Those in one column stand side by side, as long as they stay near their moment.
    /// Returns the columns that are taken.
    pub fn marks(&self, canvas: &mut Canvas<'_>, y: u16, mut marks: Vec<Mark>) -> Taken {
        marks.retain(|mark| self.window.contains(mark.at));
        marks.sort_by_key(|mark| mark.at);
        let mut taken = Taken::none(&self.window);
        let mut free = self.window.x;
        for (place, mark) in marks.iter().enumerate() {
            let x = self.window.column(mark.at).max(free);
            if x > self.window.column(mark.at) + ASIDE_MAX || x >= self.end() {
                continue;
            }
            canvas.clear(Rect { x, y, width: 1, height: 1 });
            canvas.pen_at(x, y, 1).style(mark.style).put(mark.letter);
            free = x + 1;
            let next = marks.get(place + 1).map_or(self.end(), |next| self.window.column(next.at));
            let width = mark.names.chars().count() as u16 + 2;
            if !mark.names.is_empty() && free + width <= next {
                canvas.pen_at(free, y, width).put(' ').put(&mark.names).put(' ');
                free += width;
            }
            taken.take(x..free);
        }
        taken
    }
}
