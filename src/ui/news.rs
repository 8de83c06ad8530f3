//! The newest event, in the largest letters that fit, and why it happened. The one before it stands
//! below where there is room, so that a class can see a cause and its effect.

use ratatui::layout::Rect;

use super::block::{self, Face};
use super::canvas::Canvas;
use super::text::{Moment, Seconds, rows};
use super::theme::{Ground, Ink};
use super::view::Scene;
use crate::cluster::event::{Event, EventKind, LabEvent, ScriptEvent};
use crate::cluster::time::Span;
use crate::cluster::words::{Weight, sentences};

/// An event that is older than this says how old it is.
const OLD: Span = Span::from_millis(50);

/// Draws the events that happened last.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    if area.is_empty() {
        return;
    }
    let theme = canvas.theme();
    canvas.fill(area, theme.ground(Ground::News));
    let bar = theme.ink(Ink::Strong);
    for y in area.top()..area.bottom() {
        canvas.glyph(area.x, y, theme.glyphs.block(), bar);
    }
    let told = |event: &&Event| {
        event.weight() == Weight::Story
            && !matches!(
                event.kind,
                EventKind::Script(ScriptEvent::ScriptEnded | ScriptEvent::Remarked { .. })
                    | EventKind::Lab(LabEvent::Violated { .. })
            )
    };
    let mut events = scene.trace.events().rev().map(|(_, event)| event).filter(told);
    let Some(newest) = events.next() else {
        let strong = theme.ink(Ink::Strong).patch(theme.bold());
        canvas.pen_at(area.x + 2, area.y, area.width - 2).style(strong).put("Nothing yet.");
        return;
    };
    let before = events.next();
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    match area.height {
        0..=2 => draw_rows(canvas, inside, scene, newest),
        _ => draw_large(canvas, inside, scene, newest, before),
    }
}

/// "0.12 s ago": how long an event has been the newest.
fn age(scene: &Scene, event: &Event) -> String {
    let past = scene.cluster.now().since(event.time);
    if past <= OLD { String::new() } else { format!("{} ago", Seconds(past)) }
}

/// The reason, or nothing.
fn reason(scene: &Scene, event: &Event) -> String {
    event.reason(scene.cluster.names()).map(|why| sentences([Some(why)])).unwrap_or_default()
}

/// Two rows: what happened, and why.
fn draw_rows(canvas: &mut Canvas, area: Rect, scene: &Scene, event: &Event) {
    let theme = canvas.theme();
    let strong = theme.ink(Ink::Strong).patch(theme.bold());
    let mut pen = canvas.pen(area, 0);
    let bright = theme.on(Ground::Bright);
    pen.style(bright).put(format_args!(" {} ", Moment(event.time)));
    pen.style(strong).put(' ').put_within(&event.headline(scene.cluster.names())).put('.');
    let age = age(scene, event);
    if theme.glyphs.width(&age) + 2 <= pen.room() {
        pen.style(theme.ink(Ink::Dim)).put("  ").put(age);
    }
    if area.height > 1 {
        let why = reason(scene, event);
        let mut pen = canvas.pen(area, 1);
        pen.style(theme.ink(Ink::Text)).skip(1);
        for line in rows(&why, pen.room(), 1, theme.glyphs) {
            pen.put_within(line);
        }
    }
}

/// Block letters, the reason below, and the event before.
fn draw_large(
    canvas: &mut Canvas,
    area: Rect,
    scene: &Scene,
    newest: &Event,
    before: Option<&Event>,
) {
    let theme = canvas.theme();
    let names = scene.cluster.names();
    let strong = theme.ink(Ink::Strong).patch(theme.bold());
    let tall = area.height >= 12;
    let brief = newest.brief(names);
    let room = area.width.saturating_sub(2);
    let lines = brief.and_then(|brief| block::lines(&brief, Face::Small, room, theme.glyphs));
    let most = if tall { 2 } else { 1 };
    let mut y = area.y + 1;
    let why = match lines.filter(|lines| lines.len() <= most) {
        Some(lines) => {
            let mut end = area.x;
            for line in &lines {
                end = block::draw(canvas, (area.x + 1, y), line, Face::Small, strong);
                y += Face::Small.rows() + u16::from(tall);
            }
            let time = format!("{} s", Moment(newest.time));
            let rest = area.right().saturating_sub(end + 3);
            let forms = [format!("{time}  {}", age(scene, newest)), time];
            if let Some(form) = forms.into_iter().find(|form| theme.glyphs.width(form) <= rest) {
                canvas.pen_at(end + 3, y.saturating_sub(3), rest).style(strong).put(form);
            }
            format!("{}. {}", newest.headline(names), reason(scene, newest))
        }
        None => {
            let mut pen = canvas.pen_at(area.x, y, area.width);
            pen.style(theme.on(Ground::Bright)).put(format_args!(" {} ", Moment(newest.time)));
            pen.style(strong).put(' ').put_within(&newest.headline(names));
            y += 1;
            reason(scene, newest)
        }
    };
    let most = usize::from(area.bottom().saturating_sub(y)).min(if tall { 3 } else { 1 });
    let room = area.width.saturating_sub(2);
    for line in rows(&why, room, most, theme.glyphs) {
        canvas.pen_at(area.x + 1, y, room).style(theme.ink(Ink::Text)).put_within(line);
        y += 1;
    }
    let Some(before) = before else { return };
    y += u16::from(tall);
    if y < area.bottom() {
        let text = format!("before: {}  {}", Moment(before.time), before.headline(names));
        let mut pen = canvas.pen_at(area.x + 1, y, area.width.saturating_sub(1));
        pen.style(theme.ink(Ink::Dim)).put_within(&text);
    }
}
