//! What is the case, in words: who leads with whom, who is cut off, who waits. Made from the
//! state alone, so it is right at every moment. A script's caption stands below it, or in its
//! place where there is no room for both.

mod sentences;

pub use sentences::sentences;

use ratatui::layout::Rect;

use crate::ui::block::{self, Face};
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Glyphs;
use crate::ui::text::wrap;
use crate::ui::theme::Ink;
use crate::ui::view::{Clock, Question, Said, Scene, Stage, Stands};

/// From so many rows on the headline is in block letters.
const TALL: u16 = 6;

/// Draws the headline, or the caption in its place.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene, caption: Rect) {
    if caption.is_empty() && scene.view.drawn_caption().is_some() {
        return draw_caption(canvas, area, scene);
    }
    let tall = area.height >= TALL;
    if let Some(lines) = narrow_of(&told(scene), area, canvas.theme().glyphs).filter(|_| tall) {
        return draw_narrow(canvas, area, &lines);
    }
    let width = area.width.saturating_sub(2);
    let text = fitting(&told(scene), width, area.height, canvas.theme().glyphs);
    // Only the first sentence can be too long for the rows; it says that it goes on.
    let cut = wrap(&text, width, canvas.theme().glyphs).count() > usize::from(area.height);
    let room = if cut { width.saturating_sub(3) } else { width };
    for (row, line) in (0..area.height).zip(wrap(&text, room, canvas.theme().glyphs)) {
        let mut pen = canvas.pen(area, row);
        pen.skip(1).put(line);
        if cut && row + 1 == area.height {
            pen.put(" ..");
        }
    }
}

/// A text in lines of narrow block letters; `None` where it has no room.
fn narrow(text: &str, area: Rect, glyphs: Glyphs) -> Option<Vec<String>> {
    let room = area.width.saturating_sub(4);
    let lines = block::lines(&capitals(text), Face::Narrow, room, glyphs)?;
    (lines.len() <= usize::from(area.height / Face::Narrow.rows())).then_some(lines)
}

/// Draws such lines.
fn draw_narrow(canvas: &mut Canvas, area: Rect, lines: &[String]) {
    let style = canvas.theme().ink(Ink::Strong);
    // A row of air below the leaders, whose strip reaches down to here.
    let taken = lines.len() as u16 * Face::Narrow.rows();
    let top = area.y + area.height.saturating_sub(taken).min(1);
    for (line, y) in lines.iter().zip((top..).step_by(usize::from(Face::Narrow.rows()))) {
        block::draw(canvas, (area.x + 2, y), line, Face::Narrow, style);
    }
}

/// As many of the sentences, the most important first, as have room in narrow block letters.
fn narrow_of(sentences: &[String], area: Rect, glyphs: Glyphs) -> Option<Vec<String>> {
    let mut chosen: Vec<&str> = Vec::new();
    let mut lines = None;
    for sentence in sentences {
        chosen.push(sentence);
        match narrow(&chosen.join(" "), area, glyphs) {
            Some(set) => lines = Some(set),
            None => drop(chosen.pop()),
        }
    }
    lines
}

/// Draws the caption, or the state where there is none, in the largest letters that fit. Where it
/// is too long its last sentences are large, which a caption leads up to, and those before are not.
pub fn draw_big(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    let style = theme.ink(Ink::Strong).patch(theme.bold());
    let state = || told(scene).into_iter().next().unwrap_or_default();
    let text = scene.view.drawn_caption().map_or_else(state, ToString::to_string);
    let room = area.width.saturating_sub(2);
    let parts = [0].into_iter().chain(text.match_indices(". ").map(|(end, _)| end + 2));
    for (lead, rest) in parts.map(|part| text.split_at(part)) {
        let lead: Vec<&str> =
            wrap(lead, room, theme.glyphs).filter(|line| !line.is_empty()).collect();
        let rows = area.height.saturating_sub(lead.len() as u16);
        let Some((face, lines)) = large(rest, room, rows, theme.glyphs) else { continue };
        let taken = lead.len() as u16 + lines.len() as u16 * face.rows();
        let top = area.y + area.height.saturating_sub(taken).min(1);
        for (line, y) in lead.iter().zip(top..) {
            canvas.pen_at(area.x + 1, y, room).style(style).put(line);
        }
        let below = (top + lead.len() as u16..).step_by(usize::from(face.rows()));
        for (line, y) in lines.iter().zip(below) {
            block::draw(canvas, (area.x + 1, y), line, face, style);
        }
        return;
    }
    for (line, row) in wrap(&text, room, theme.glyphs).zip(1..area.height) {
        canvas.pen(area, row).skip(1).style(style).put(line);
    }
}

/// A text in lines of the largest block letters that have room.
fn large(text: &str, room: u16, rows: u16, glyphs: Glyphs) -> Option<(Face, Vec<String>)> {
    [Face::Large, Face::Small, Face::Narrow].into_iter().find_map(|face| {
        let lines = block::lines(&capitals(text), face, room, glyphs)?;
        (lines.len() <= usize::from(rows / face.rows())).then_some((face, lines))
    })
}

/// In capitals, which is what block letters are legible in; but names of clients and keys, and
/// what is written as in the language, keep their letters.
pub fn capitals(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let name = bare.strip_suffix("'s");
        let one = |name: &str| name.chars().count() == 1;
        let numbered = bare.starts_with(char::is_lowercase) && bare.ends_with(char::is_numeric);
        let client = words.last().is_some_and(|before| before == "CLIENT");
        let named = name.is_some_and(one)
            || (one(bare) && bare != "I" && (client || bare != "a"))
            || numbered;
        let written = word.contains(['=', '_', '{']);
        words.push(if named || written { word.to_owned() } else { word.to_uppercase() });
    }
    words.join(" ")
}

/// Draws what the script says, behind a bar.
pub fn draw_caption(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let Some(caption) = scene.view.drawn_caption() else { return };
    let theme = canvas.theme();
    let tall = area.height >= TALL;
    if let Some(lines) = narrow(caption, area, theme.glyphs).filter(|_| tall) {
        return draw_narrow(canvas, area, &lines);
    }
    let lines = wrap(caption, area.width.saturating_sub(4), theme.glyphs);
    let mut end = area.x;
    for (row, line) in (0..area.height).zip(lines) {
        let mut pen = canvas.pen(area, row);
        pen.skip(1).style(theme.bold()).put(theme.glyphs.bar()).put(' ').put(line);
        end = pen.x();
    }
    let asked = scene.view.question.as_ref().filter(|question| question.stage == Stage::Asked);
    let silent = |question: &&Question| {
        question.choices.iter().all(|choice| matches!(choice.said, Said::Nothing))
    };
    let unanswered = asked.filter(silent);
    let choices = unanswered.map(|question| format!("1-{} answers ►", question.choices.len()));
    let goes_on = match (&scene.view.clock, &choices) {
        _ if scene.view.is_for_class() => "",
        (Clock::Stands(_), Some(choices)) => choices,
        (Clock::Stands(Stands::Beat { .. }), None) => "Space goes on ►",
        (Clock::Stands(Stands::Question), None) => "Space answers ►",
        (Clock::Runs | Clock::Skims | Clock::Stands(_) | Clock::Past { .. } | Clock::Broken, _) => {
            ""
        }
    };
    let width = theme.glyphs.width(goes_on);
    if width > 0 && end + width + 3 < area.right() {
        let start = area.right() - width - 2;
        canvas.pen_at(start, area.bottom() - 1, width).style(theme.dim()).put(goes_on);
    }
}

/// As many of the sentences, the most important first, as fit the rows. The first always
/// stands, if need be cut short.
fn fitting(sentences: &[String], width: u16, rows: u16, glyphs: Glyphs) -> String {
    let mut text = String::new();
    for sentence in sentences {
        let before = text.len();
        if before > 0 {
            text.push(' ');
        }
        text.push_str(sentence);
        if before > 0 && wrap(&text, width, glyphs).count() > usize::from(rows) {
            text.truncate(before);
        }
    }
    text
}

/// The state as far as it is told: nothing while a question stands, for a sentence may be its answer.
pub fn told(scene: &Scene) -> Vec<String> {
    if scene.view.withholds() { Vec::new() } else { sentences(scene.cluster) }
}
