//! The line that is being typed, over the last rows.
//!
//! ```text
//!  no verb is called "partiton"; nearest: partition
//!  ▼▼▼▼▼▼▼▼▼
//! :partiton S4 S5
//! ```
//!
//! Above it stand what `Tab` would put in, how the verb is used, or what is wrong and where. The
//! line scrolls sideways with its cursor. The cursor is a reversed cell, so it is seen whatever
//! the terminal's own cursor looks like.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::view::{Mistake, Prompt, PromptKind, Scene, Target};

/// Draws the prompt in the footer's row, and what it says in the rows above.
pub fn draw(canvas: &mut Canvas, footer: Rect, prompt: &Prompt) {
    let theme = canvas.theme();
    let line = Line::of(footer, prompt, theme.glyphs);
    canvas.clear(footer);
    canvas.pen(footer, 0).style(theme.bold()).put(prompt.kind.sign());
    let rest = prompt.text.chars().skip(line.first);
    let text: String = rest.take(usize::from(footer.width)).collect();
    let mut pen = canvas.pen(footer, 0);
    pen.column(line.start - footer.x).user_clipped(&text);
    let cursor = line.column(prompt.cursor);
    let here = Rect::new(cursor, footer.y, 1, 1).intersection(footer);
    canvas.restyle(here, theme.plain().add_modifier(Modifier::REVERSED));
    draw_above(canvas, footer, prompt, &line);
}

/// The completion at a place of the screen.
pub fn hit(footer: Rect, scene: &Scene, prompt: &Prompt, x: u16, y: u16) -> Option<Target> {
    let row = above(footer, 1);
    if prompt.mistake.is_some() || y != row.y {
        return None;
    }
    let glyphs = scene.view.theme.glyphs;
    let column = x.checked_sub(row.x)?;
    let mut places = completions(row, prompt, glyphs);
    let (place, ..) = places.find(|(_, start, end)| (*start..*end).contains(&column))?;
    Some(Target::Choice(place))
}

impl PromptKind {
    const fn sign(self) -> &'static str {
        match self {
            Self::Command => ":",
            Self::Filter => "/",
            Self::History => "history: ",
            Self::Help => "help /",
        }
    }
}

/// Which part of the line is seen.
struct Line<'a> {
    text: &'a str,
    glyphs: Glyphs,
    /// The first character that is shown, and the column of the screen where it stands.
    first: usize,
    start: u16,
}

impl<'a> Line<'a> {
    fn of(footer: Rect, prompt: &'a Prompt, glyphs: Glyphs) -> Self {
        let start = footer.x + prompt.kind.sign().len() as u16;
        let room = footer.right().saturating_sub(start + 1);
        let mut first = prompt.cursor;
        let mut columns = 0;
        // As many characters before the cursor as there is room for.
        let before: Vec<char> = prompt.text.chars().take(prompt.cursor).collect();
        for character in before.iter().rev() {
            columns += width(*character, glyphs);
            if columns > room {
                break;
            }
            first -= 1;
        }
        first = first.min(before.len());
        Self { text: &prompt.text, glyphs, first, start }
    }

    /// The column of the screen where a character of the line begins.
    fn column(&self, character: usize) -> u16 {
        let shown = self.text.chars().skip(self.first).take(character.saturating_sub(self.first));
        let columns: u16 = shown
            .map(|character| width(character, self.glyphs))
            .fold(0, |sum: u16, one| sum.saturating_add(one));
        self.start.saturating_add(columns)
    }
}

fn width(character: char, glyphs: Glyphs) -> u16 {
    glyphs.spell_user(character).columns(character)
}

/// The row so many rows above the footer.
fn above(footer: Rect, rows: u16) -> Rect {
    Rect { y: footer.y.saturating_sub(rows), ..footer }
}

fn draw_above(canvas: &mut Canvas, footer: Rect, prompt: &Prompt, line: &Line) {
    let row = above(footer, 1);
    if let Some(mistake) = &prompt.mistake {
        return draw_mistake(canvas, footer, mistake, line);
    }
    let dim = canvas.theme().dim();
    if !prompt.completions.is_empty() {
        canvas.clear(row);
        for (place, start, end) in completions(row, prompt, canvas.theme().glyphs) {
            let chosen = prompt.chosen == Some(place);
            let style = if chosen { canvas.theme().bold() } else { dim };
            let style = if chosen { style.add_modifier(Modifier::REVERSED) } else { style };
            let mut pen = canvas.pen_at(row.x + start, row.y, end - start);
            pen.style(style).user(&prompt.completions[place]);
        }
    }
    if let Some(usage) = &prompt.usage {
        let rows = if prompt.completions.is_empty() { 1 } else { 2 };
        let row = above(footer, rows);
        canvas.clear(row);
        canvas.pen(row, 0).skip(1).style(dim).put_within(usage);
    }
}

/// The completions that fit, with their columns in the row. Those around the chosen one.
fn completions(
    row: Rect,
    prompt: &Prompt,
    glyphs: Glyphs,
) -> impl Iterator<Item = (usize, u16, u16)> {
    const EACH: u16 = 24;
    let per_row = usize::from(row.width / (EACH + 2)).max(1);
    let chosen = prompt.chosen.unwrap_or(0);
    let first = chosen.saturating_sub(per_row - 1);
    let mut column = 1;
    prompt.completions.iter().enumerate().skip(first).map_while(move |(place, text)| {
        let width = glyphs.user_width(text, EACH).min(EACH);
        let start = column;
        column += width + 2;
        (start + width < row.width).then_some((place, start, start + width))
    })
}

/// What is wrong, and marks over the place.
fn draw_mistake(canvas: &mut Canvas, footer: Rect, mistake: &Mistake, line: &Line) {
    let theme = canvas.theme();
    let (marks, words) = (above(footer, 1), above(footer, 2));
    canvas.clear(marks);
    canvas.clear(words);
    let start = line.column(mistake.column).min(footer.right().saturating_sub(1));
    let end = line.column(mistake.column.saturating_add(mistake.width.max(1)));
    let mut pen = canvas.pen_at(start, marks.y, end.saturating_sub(start).max(1));
    pen.style(theme.bold());
    while pen.room() > 0 {
        pen.put('▼');
    }
    let mut pen = canvas.pen(words, 0);
    pen.skip(1).style(theme.bold()).put(&mistake.message);
    if let Some(help) = &mistake.help {
        pen.style(theme.plain()).put("; ").put(help);
    }
}
