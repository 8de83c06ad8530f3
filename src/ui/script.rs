//! The script that plays: its lines, where it is, and what has become of those that have run.
//!
//! ```text
//!  13 ✓ expect waiting client=b
//!  14 ► until new leader                        waits, 9.21 s more
//!  15   set x 3
//! ```
//!
//! A mark stands between a line's number and its text: `►` where a task is, `‖` at the beat where
//! time stands, `·` for a line that has run, `✓` for an expectation that was so, `≠` for one that
//! would have failed, had nobody acted, `!` for the one that has stopped the run. The pane follows
//! the line that has run last until one scrolls.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::text::{Seconds, digits};
use super::view::{Came, Clock, Extent, Pane, Scene, ScriptPlace, Stands, Target};
use crate::cluster::command::Unmet;

/// Columns that the words behind a line may take from it, and what is left to it at least.
const NOTE_MAX: u16 = 24;
const TEXT_MIN: u16 = 16;

pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let Some(script) = &scene.view.script else { return };
    let extent = extent(area, scene);
    canvas.title(area, Pane::Script.name(), scene.focus(Pane::Script), &remark(scene, script));
    let notes = Notes::of(scene);
    let first = extent.first as u32;
    for (row, number) in (1..=extent.shown as u16).zip(first..) {
        let Some(source) = script.source.get(number as usize - 1) else { break };
        draw_line(canvas, area, row, scene, (script, &notes), (number, source.trim_end()));
    }
}

/// The line at a place of the pane.
pub fn hit(area: Rect, scene: &Scene, _: u16, y: u16) -> Option<Target> {
    let extent = extent(area, scene);
    let row = u64::from(y.checked_sub(area.y + 1)?);
    (row < extent.shown).then_some(Target::Line((extent.first + row) as u32))
}

/// Which lines are shown, by their numbers.
pub fn extent(area: Rect, scene: &Scene) -> Extent {
    let Some(script) = &scene.view.script else { return Extent::default() };
    let total = script.source.len() as u64;
    let shown = u64::from(area.height.saturating_sub(1)).min(total);
    // The line that has run last stands in the middle: what came before is seen, and what comes.
    let wanted = match scene.view.scroll.script {
        Some(first) => u64::from(first),
        None => u64::from(script.line).saturating_sub(shown.saturating_sub(1) / 2),
    };
    // Of an empty script nothing is shown, from its first line on.
    let last = (total + 1).saturating_sub(shown.max(1));
    Extent { first: wanted.min(last).max(1), shown, total }
}

fn remark(scene: &Scene, script: &ScriptPlace) -> String {
    let left = match scene.cluster.unmet() {
        Unmet::Fail => "",
        Unmet::Remark => "expects are remarks, ",
    };
    let follow = if scene.view.scroll.script.is_some() { " (End)" } else { "" };
    format!("{left}line {} of {}{follow}", script.line, script.of)
}

/// What is said behind the lines at which something goes on.
struct Notes(Vec<(u32, String)>);

impl Notes {
    fn of(scene: &Scene) -> Self {
        let now = scene.cluster.now();
        let waits = scene.cluster.waiting_lines().map(|waiting| {
            // By hand no time passes by which a wait could end.
            let words = match scene.cluster.is_by_hand() {
                true => "waits".to_owned(),
                false => format!("waits, {} more", Seconds(waiting.until.since(now))),
            };
            (waiting.line, words)
        });
        let rounds = scene.cluster.rounds().map(|round| {
            let words = match (&round.name, round.last) {
                (Some(name), _) => format!("{name} = {}", round.number),
                (None, Some(last)) => format!("round {} of {last}", round.number),
                (None, None) => format!("round {}", round.number),
            };
            (round.line, words)
        });
        Self(waits.chain(rounds).collect())
    }

    /// All that is to be said of a line; of many, how many there are.
    fn about(&self, line: u32) -> String {
        let words: Vec<&str> =
            self.0.iter().filter(|(of, _)| *of == line).map(|(_, words)| &**words).collect();
        match words.as_slice() {
            [] => String::new(),
            [only] => (*only).to_owned(),
            [first, ..] => format!("{first} (of {})", words.len()),
        }
    }
}

fn draw_line(
    canvas: &mut Canvas,
    area: Rect,
    row: u16,
    scene: &Scene,
    (script, notes): (&ScriptPlace, &Notes),
    (number, text): (u32, &str),
) {
    let theme = canvas.theme();
    let (mark, style) = mark(scene, script, number, text);
    let selected = scene.view.selection.line == Some(number);
    let note = notes.about(number);
    let width = theme.glyphs.user_width(&note, NOTE_MAX).min(NOTE_MAX);
    let mut pen = canvas.pen(area, row);
    if selected {
        pen.style(theme.bold()).put('►');
    }
    let places = digits(u64::from(script.of)).max(2);
    pen.column(1).style(if selected { theme.bold() } else { theme.dim() });
    pen.put(format_args!("{number:>0$}", usize::from(places)));
    pen.style(style).skip(1).put(mark);
    // The ASCII spellings of some marks are two columns wide.
    let start = pen.x() - area.x;
    pen.column((places + 4).max(start + 1));
    let room = pen.room();
    let shown = width > 0 && room >= width + 2 + TEXT_MIN;
    pen.user_within(text, if shown { room - width - 2 } else { room });
    if shown {
        pen.column(area.width - width - 1).style(theme.dim()).user_within(&note, width);
    }
}

/// The mark of a line and the style of its text. Every style goes with a mark of its own.
fn mark(scene: &Scene, script: &ScriptPlace, number: u32, text: &str) -> (char, Style) {
    let theme = scene.view.theme;
    let current = script.current.contains(&number);
    let at_beat = matches!(scene.view.clock, Clock::Stands(Stands::Beat { .. }));
    match script.seen.get(&number).map(|seen| seen.came) {
        Some(Came::Failed) => ('!', theme.broken()),
        Some(Came::Remarked) => ('≠', if current { theme.bold() } else { theme.plain() }),
        Some(Came::Ran | Came::Held) if current && at_beat && number == script.line => {
            ('‖', theme.bold())
        }
        Some(Came::Ran | Came::Held) if current => ('►', theme.bold()),
        Some(Came::Ran) => ('·', theme.dim()),
        Some(Came::Held) => ('✓', theme.dim()),
        None if text.trim_start().starts_with('#') => (' ', theme.dim()),
        None => (' ', theme.plain()),
    }
}
