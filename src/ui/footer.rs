//! The last rows: the command that was applied last, and the keys that make sense now.
//!
//! ```text
//!  last: partition S4 S5 | S1 S2 S3   (P 4 5 Enter)      07_a_lost_majority_commits_nothing.lab  line 14 of 31
//!  S4: x crash  i isolate  t time out  w why │ Space stop  . step  c write  ? help
//! ```
//!
//! Keys come most useful first and are shown as far as they fit; the last one, help, always is.
//! For three seconds the row says what has been done, or why it could not be.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Pen};
use super::glyphs::Glyphs;
use super::text::rows;
use super::theme::Ground;
use super::view::{Hint, NoticeKind, Presented, Scene, Target};

/// Captions speak of the run that the script was written for. This stands as long as the run on the
/// screen is another one.
const DEPARTED: &str = "≠ not the script's own run: its captions may be wrong";
/// The most beats that have a mark each.
const METER_MAX: u32 = 30;

/// Draws the row of keys, or the notice in its place.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    if draw_notice(canvas, area, scene) {
        return;
    }
    match scene.view.is_for_class() {
        true => draw_beats(canvas, area, scene),
        false => drop(draw_hints(canvas, area, &scene.view.hints)),
    }
}

/// The most rows of a notice.
const NOTICE_ROWS: u16 = 4;

/// Draws what has been done, or why it could not be, if that is to be said now. What is longer than the row
/// lies over those above it.
pub fn draw_notice(canvas: &mut Canvas, area: Rect, scene: &Scene) -> bool {
    let Some(notice) = &scene.view.notice else { return false };
    let style = match notice.kind {
        NoticeKind::Note => canvas.theme().plain(),
        NoticeKind::Refusal => canvas.theme().bold(),
    };
    let room = area.width.saturating_sub(2);
    let lines: Vec<&str> =
        rows(&notice.text, room, usize::from(NOTICE_ROWS), canvas.theme().glyphs);
    let count = (lines.len() as u16).clamp(1, area.bottom());
    let area = Rect { y: area.bottom() - count, height: count, ..area };
    if count > 1 {
        canvas.clear(area);
        canvas.fill(area, canvas.theme().ground(Ground::Base));
    }
    for (row, line) in (0..count).zip(lines) {
        canvas.pen(area, row).skip(1).style(style).put_within(line);
    }
    true
}

/// How far the presentation has come: "beat 3/9" and a mark a beat; and whether the class sees
/// another run than the script's.
fn draw_beats(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    if scene.view.script.as_ref().is_some_and(|script| script.departed) {
        canvas.pen(area, 0).skip(1).style(theme.bold()).put(DEPARTED);
    }
    let Some(Presented { beat, of }) = scene.view.presented.filter(|presented| presented.of > 0)
    else {
        return;
    };
    let mut text = format!("beat {beat}/{of}");
    if of <= METER_MAX {
        text.push(' ');
        text.extend((0..of).map(|place| if place < beat { '▮' } else { '▯' }));
    }
    let width = theme.glyphs.width(&text);
    let start = area.right().saturating_sub(width + 1);
    canvas.pen_at(start, area.y, width).style(theme.dim()).put(text);
}

/// Draws keys in a row; returns how many columns they take.
pub fn draw_hints(canvas: &mut Canvas, area: Rect, hints: &[Hint]) -> u16 {
    let theme = canvas.theme();
    let mut end = 0;
    for shown in layout(area.width, hints, theme.glyphs) {
        end = shown.end;
        let mut pen = canvas.pen(area, 0);
        pen.column(shown.start);
        draw_before(&mut pen, theme.dim(), &shown.before);
        let hint = &hints[shown.place];
        pen.style(theme.bold()).put(&hint.key).style(theme.plain()).put(' ').put(&hint.word);
    }
    end
}

fn draw_before(pen: &mut Pen, line: ratatui::style::Style, before: &Before) {
    match before {
        Before::Nothing => {}
        Before::Line => {
            pen.style(line).put("│ ");
        }
        Before::Name(name) => {
            pen.put(name).put(": ");
        }
    }
}

/// The key at a column of the row.
pub fn hit(area: Rect, scene: &Scene, x: u16) -> Option<Target> {
    if scene.view.notice.is_some() || scene.view.is_for_class() {
        return None;
    }
    hint_at(area, &scene.view.hints, scene.view.theme.glyphs, x).map(Target::Hint)
}

/// Which of these keys stands at a column of the row.
pub fn hint_at(area: Rect, hints: &[Hint], glyphs: Glyphs, x: u16) -> Option<usize> {
    let column = x.checked_sub(area.x)?;
    let shown = layout(area.width, hints, glyphs);
    shown.iter().find(|hint| (hint.start..hint.end).contains(&column)).map(|hint| hint.place)
}

/// What stands before a key.
enum Before {
    Nothing,
    /// The end of the keys that are about something selected.
    Line,
    Name(String),
}

/// A key that is shown: which, and its columns.
struct Shown {
    place: usize,
    before: Before,
    start: u16,
    end: u16,
}

/// Where the keys stand.
fn layout(width: u16, hints: &[Hint], glyphs: Glyphs) -> Vec<Shown> {
    let Some((last, others)) = hints.split_last() else { return Vec::new() };
    let columns = |hint: &Hint| glyphs.width(&hint.key) + 1 + glyphs.width(&hint.word);
    let kept = columns(last) + 2;
    let mut shown: Vec<Shown> = Vec::new();
    let mut column = 1;
    let mut about = None;
    for (place, hint) in others.iter().enumerate() {
        let before = before(about, hint);
        let extra = match &before {
            Before::Nothing => 0,
            Before::Line => 2,
            Before::Name(name) => name.len() as u16 + 2,
        };
        let end = column + extra + columns(hint);
        if end + 1 + kept > width {
            continue;
        }
        shown.push(Shown { place, before, start: column, end });
        about = hint.about;
        column = end + 2;
    }
    // The blank before a line is one column, between keys it is two.
    for hint in &mut shown {
        if matches!(hint.before, Before::Line) {
            hint.start -= 1;
        }
    }
    let place = others.len();
    let before = if about.is_some() { Before::Line } else { Before::Nothing };
    let start = if about.is_some() { column - 1 } else { column };
    let end = start + columns(last) + if about.is_some() { 2 } else { 0 };
    shown.push(Shown { place, before, start, end });
    shown
}

fn before(about: Option<crate::cluster::types::ServerId>, hint: &Hint) -> Before {
    match (about, hint.about) {
        (before, now) if before == now => Before::Nothing,
        (_, Some(server)) => Before::Name(server.to_string()),
        (_, None) => Before::Line,
    }
}

/// Draws the last command and where the script stands.
pub fn draw_last_command(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    let mut end = area.right();
    if let Some(script) = &scene.view.script {
        let text = format!("line {} of {} ", script.line, script.of);
        let name = theme.glyphs.user_width(&script.name, area.width / 3).min(area.width / 3);
        let start = area.right().saturating_sub(text.len() as u16 + name + 2);
        let mut pen = canvas.pen_at(start, area.y, area.width);
        pen.style(theme.dim()).user_within(&script.name, name).skip(2).put(text);
        end = start;
    }
    let Some(last) = &scene.view.last_command else { return };
    let mut pen = canvas.pen_at(area.x, area.y, end.saturating_sub(area.x + 1));
    pen.skip(1).style(theme.dim()).put("last: ").style(theme.plain());
    let keys = last.keys.as_ref().map(|keys| format!("   ({keys})")).unwrap_or_default();
    let room = pen.room().saturating_sub(theme.glyphs.width(&keys));
    pen.user_within(&last.text, room).style(theme.dim()).put(keys);
}
