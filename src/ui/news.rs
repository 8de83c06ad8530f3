//! The newest event, in the largest letters that fit, and why it happened. The one before it stands
//! below where there is room, so that a class can see a cause and its effect.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::block::{self, Face};
use super::canvas::Canvas;
use super::headline::capitals;
use super::text::{Moment, Seconds, rows};
use super::theme::{Ground, Ink};
use super::view::{About, Scene};
use crate::cluster::event::{Event, EventKind, LabEvent, ScriptEvent};
use crate::cluster::time::Span;
use crate::cluster::topic::Weight;
use crate::cluster::words::sentences;

/// An event that is older than this says how old it is.
const OLD: Span = Span::from_millis(50);

/// From so many rows on the reason is in block letters too.
const TALL: u16 = 12;

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
    // It may answer the question to which a caption leads.
    if scene.view.withheld() != About::default() {
        return;
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

/// The reason, or nothing. It stands by itself, so it names whom it speaks of.
fn reason(scene: &Scene, event: &Event) -> String {
    let why = event.reason(scene.cluster.names()).map(|why| sentences([Some(why)]));
    let why = why.unwrap_or_default();
    let (EventKind::Server(server, _) | EventKind::Raft(server, _)) = &event.kind else {
        return why;
    };
    match why.split_once(' ') {
        Some(("It", rest)) => format!("{server} {rest}"),
        Some(("Its", rest)) => format!("{server}'s {rest}"),
        _ => why,
    }
}

/// Rows of text: what happened, and why in as many as there are.
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
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let style = theme.ink(Ink::Strong);
    draw_text(canvas, below, &reason(scene, event), style);
}

/// As much of a text as has room, in rows. The row after the last.
fn draw_text(canvas: &mut Canvas, area: Rect, text: &str, style: Style) -> u16 {
    let (glyphs, room) = (canvas.theme().glyphs, area.width.saturating_sub(2));
    let mut y = area.y;
    for line in rows(text, room, usize::from(area.height), glyphs) {
        canvas.pen_at(area.x + 1, y, room).style(style).put_within(line);
        y += 1;
    }
    y
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
    let tall = area.height >= TALL;
    let room = area.width.saturating_sub(2);
    let most = if tall { 2 } else { 1 };
    let mut y = area.y + 1;
    let set = |text: &str, face: Face| block::lines(text, face, room, theme.glyphs);
    let brief = newest.brief(names).and_then(|brief| {
        let fitting = |face| set(&brief, face).map(|lines| (face, lines));
        [Face::Small, Face::Narrow]
            .into_iter()
            .filter_map(fitting)
            .find(|(_, lines)| lines.len() <= most)
    });
    let why = match brief {
        Some((face, lines)) => {
            let mut end = area.x;
            for line in &lines {
                end = block::draw(canvas, (area.x + 1, y), line, face, strong);
                y += face.rows() + u16::from(tall);
            }
            let time = format!("{} s", Moment(newest.time));
            let rest = area.right().saturating_sub(end + 3);
            let forms = [format!("{time}  {}", age(scene, newest)), time];
            if let Some(form) = forms.into_iter().find(|form| theme.glyphs.width(form) <= rest) {
                canvas.pen_at(end + 3, y.saturating_sub(3), rest).style(strong).put(form);
            }
            // The reason alone where it is large: what happened stands above it.
            match (tall, reason(scene, newest)) {
                (true, why) if !why.is_empty() => why,
                (_, why) => format!("{}. {why}", newest.headline(names)),
            }
        }
        None => {
            let mut pen = canvas.pen_at(area.x, y, area.width);
            pen.style(theme.on(Ground::Bright)).put(format_args!(" {} ", Moment(newest.time)));
            pen.style(strong).put(' ').put_within(&newest.headline(names));
            y += 1 + u16::from(area.height > Face::Narrow.rows() + 3);
            reason(scene, newest)
        }
    };
    let left = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    // Its first part in large letters says more than all of it in small ones.
    let first = why.split_once("; ").or_else(|| why.split_once(". ")).map(|(first, _)| first);
    let large = [Some(why.as_str()), first].into_iter().flatten().find_map(|why| {
        set(&capitals(why), Face::Narrow)
            .filter(|lines| lines.len() as u16 * Face::Narrow.rows() <= left.height)
    });
    y = match large {
        Some(lines) => {
            for line in &lines {
                block::draw(canvas, (area.x + 1, y), line, Face::Narrow, theme.ink(Ink::Text));
                y += Face::Narrow.rows();
            }
            y
        }
        None => {
            let rows = left.height.saturating_sub(1).min(if tall { 5 } else { 2 });
            draw_text(canvas, Rect { height: rows, ..left }, &why, strong)
        }
    };
    let Some(before) = before else { return };
    if y < area.bottom() {
        let text = format!("before: {}  {}", Moment(before.time), before.headline(names));
        let mut pen = canvas.pen_at(area.x + 1, area.bottom() - 1, area.width.saturating_sub(1));
        pen.style(theme.ink(Ink::Text)).put_within(&text);
    }
}
