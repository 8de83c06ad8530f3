//! The first row: what the clock does, lab time, pace, term and leader, network and seed, and
//! whether everything is still right. A broken rule takes the whole row.
//!
//! ```text
//!  ► 4.855 s  40× slower  term 4 leader S2  classroom seed 7      ✓ safe ✓ linear
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::reading;
use super::text::{Moment, Short};
use super::view::{Clock, Scene, Stands};
use crate::cluster::check::{Invariant, Violation};

/// From this width on the words are complete.
const WIDE: u16 = 100;

pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let violation = scene.cluster.violation();
    if let (Clock::Broken, Some(violation)) = (&scene.view.clock, violation) {
        return draw_broken(canvas, area, scene, violation);
    }
    let end = draw_verdicts(canvas, area, scene, violation.map(|violation| &**violation));
    // A blank stays before the verdicts.
    let room = Rect { width: end.saturating_sub(area.x + 1), ..area };
    draw_state(canvas, room, scene, area.width >= WIDE);
}

/// The most important words first; those that have no room any more are left out.
fn draw_state(canvas: &mut Canvas, area: Rect, scene: &Scene, wide: bool) {
    let (plain, bold) = (canvas.theme().plain(), canvas.theme().bold());
    let glyphs = canvas.theme().glyphs;
    let gap = if wide { 3 } else { 2 };
    let mut pen = canvas.pen(area, 0);
    pen.skip(1);
    if wide {
        pen.style(bold).put("raftlab").skip(2);
    }
    let (mark, clock) = clock_words(scene);
    pen.style(bold).put(mark).style(plain).put(' ').put(clock);
    for (style, words) in state_words(scene, wide) {
        if glyphs.width(&words) + gap > pen.room() {
            break;
        }
        pen.skip(gap).style(style).put(words);
    }
}

/// The mark of the clock and lab time, with the reason why it stands.
fn clock_words(scene: &Scene) -> (&'static str, String) {
    let now = Moment(scene.cluster.now());
    if scene.cluster.is_by_hand() {
        return by_hand_words(&scene.view.clock, now);
    }
    match &scene.view.clock {
        Clock::Runs => ("►", format!("{now} s")),
        Clock::Skims => ("►►", format!("{now} s")),
        Clock::Past { newest } => ("◄", format!("{now} s of {}", Moment(*newest))),
        Clock::Broken => ("!", format!("{now} s  broken")),
        Clock::Stands(why) => match stands_words(why) {
            None => ("‖", format!("{now} s")),
            Some(why) => ("‖", format!("{why}  {now} s")),
        },
    }
}

/// While all is by hand that is why time stands, beside what else there is to say.
fn by_hand_words(clock: &Clock, now: Moment) -> (&'static str, String) {
    match clock {
        Clock::Runs | Clock::Skims | Clock::Stands(Stands::Paused | Stands::Open) => {
            ("‖", format!("all by hand  {now} s"))
        }
        Clock::Stands(why) => {
            let why = stands_words(why).unwrap_or_default();
            ("‖", format!("{why}, by hand  {now} s"))
        }
        Clock::Past { newest } => ("◄", format!("by hand  {now} s of {}", Moment(*newest))),
        Clock::Broken => ("!", format!("{now} s  broken, by hand")),
    }
}

fn stands_words(why: &Stands) -> Option<String> {
    match why {
        Stands::Paused => Some("stands".to_owned()),
        Stands::Beat { number, of } => Some(format!("beat {number} of {of}")),
        Stands::Caption => Some("caption".to_owned()),
        Stands::Question => Some("question".to_owned()),
        // What is open can be seen.
        Stands::Open => None,
        Stands::Breakpoint => Some("breakpoint".to_owned()),
        Stands::Memory => Some("memory full".to_owned()),
        Stands::Failed => Some("expectation failed".to_owned()),
        Stands::Ended => Some("script ended".to_owned()),
    }
}

fn state_words(scene: &Scene, wide: bool) -> Vec<(Style, String)> {
    let theme = scene.view.theme;
    let cluster = scene.cluster;
    let mut words = Vec::new();
    let mut say = |style, text| words.push((style, text));
    if !scene.view.pace.is_empty() && !cluster.is_by_hand() {
        say(theme.plain(), scene.view.pace.to_string());
    }
    let gap = if wide { "  " } else { " " };
    say(
        theme.bold(),
        match reading::leader(cluster) {
            Some(leader) => format!("term {}{gap}leader {}", leader.raft.term, leader.id),
            None => format!("term {}{gap}no leader", reading::term(cluster)),
        },
    );
    match cluster.flaws().as_slice() {
        [] => {}
        [(flaw, _)] => say(theme.bold(), format!("flaw {flaw}")),
        flaws => say(theme.bold(), format!("{} flaws", flaws.len())),
    }
    let (network, seed) = (cluster.network(), cluster.config().seed);
    let net = if wide { "net " } else { "" };
    say(theme.plain(), format!("{net}{network}{gap}seed {seed}"));
    words
}

/// The verdicts, at the right end; returns where they begin.
fn draw_verdicts(
    canvas: &mut Canvas,
    area: Rect,
    scene: &Scene,
    violation: Option<&Violation>,
) -> u16 {
    let theme = canvas.theme();
    let wide = area.width >= WIDE;
    let mut verdicts = Vec::new();
    verdicts.push(match violation {
        // A lost disk is outside of what Raft promises for.
        None if scene.cluster.checker().is_void() => (theme.bold(), "disk lost".to_owned()),
        None => (theme.plain(), "✓ safe".to_owned()),
        Some(Violation { invariant: Invariant::Linearizability, .. }) => {
            (theme.plain(), "✓ safe".to_owned())
        }
        Some(violation) => (theme.broken(), format!("! {}", violation.invariant.name())),
    });
    let linear = if wide { "linearizable" } else { "linear" };
    verdicts.push(match scene.cluster.checker().is_linearizable() {
        true => (theme.plain(), format!("✓ {linear}")),
        false => (theme.broken(), format!("! not {linear}")),
    });
    let gap = if wide { 2 } else { 1 };
    let widths = verdicts.iter().map(|(_, text)| theme.glyphs.width(text) + gap);
    let start = area.right().saturating_sub(widths.sum());
    let mut pen = canvas.pen_at(start, area.y, area.width);
    for (style, text) in verdicts {
        pen.style(style).put(text).skip(gap);
    }
    start
}

fn draw_broken(canvas: &mut Canvas, area: Rect, scene: &Scene, violation: &Violation) {
    let style = canvas.theme().broken();
    let mut pen = canvas.pen(area, 0);
    pen.style(style);
    while pen.room() > 0 {
        pen.put(' ');
    }
    let (now, name) = (Moment(scene.cluster.now()), violation.invariant.name());
    let key = " (Enter: why)";
    let what = format!("!  {now} s  broken {name}: ");
    // A blank at either end, and the two dots of what is cut.
    let room = usize::from(area.width).saturating_sub(what.len() + key.len() + 4);
    let evidence = Short(&violation.evidence, room);
    let mut pen = canvas.pen(area, 0);
    pen.style(style).skip(1);
    pen.put(format_args!("{what}{evidence}{key}"));
}
