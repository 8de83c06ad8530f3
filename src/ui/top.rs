//! The first row: who leads which term, and whether that leader can commit. Beside it what the
//! clock does and whether every rule holds. At the largest scale the leaders are in block letters.
//!
//! ```text
//!   ★ S3 LEADER OF TERM 3   ☆ S2 STUCK LEADER OF TERM 2   ‖ beat 3/9  1.700 s  all rules hold
//! ```
//!
//! A broken rule takes the place of all that, in red.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::block::{self, Face};
use super::canvas::Canvas;
use super::headline::capitals;
use super::reading;
use super::text::{Moment, Spaced, wrap};
use super::theme::{Ground, Ink};
use super::view::{Clock, Kept, Scene, Stands};
use crate::cluster::invariant::Violation;
use crate::cluster::raft::Role;
use crate::cluster::server::Server;
use crate::cluster::situation::Standing;
use crate::cluster::types::{ServerId, Term};
use crate::cluster::words;

/// Draws the strip; the clock stands in `status` where that is another row.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    if let (Clock::Broken, Some(violation)) = (&scene.view.clock, scene.cluster.violation()) {
        return draw_broken(canvas, area, scene, violation);
    }
    canvas.fill(area, theme.ground(Ground::Base));
    let chips = chips(scene);
    if area.height >= 5 {
        let face = [Face::Large, Face::Small, Face::Narrow].into_iter().find(|face| {
            let widths = chips.iter().map(|chip| chip.big_width(*face).map(|width| width + 6));
            let total: Option<u16> = widths.sum();
            total.is_some_and(|total| total <= area.width)
        });
        if let Some(face) = face.filter(|_| theme.glyphs == super::glyphs::Glyphs::Unicode) {
            let mut x = area.x;
            for chip in &chips {
                x = chip.draw_big(canvas, area, x, face);
            }
            return;
        }
    }
    let mut x = area.x;
    // A broken rule is said whatever else has to go.
    let kept = if is_alarming(scene) { theme.glyphs.width(&verdict(scene)) + 6 } else { 0 };
    for (place, chip) in chips.iter().enumerate() {
        let room = area.right().saturating_sub(x);
        if place > 0 && chip.width(theme.glyphs) + kept > room {
            break;
        }
        x = chip.draw(canvas, x, area.y, room) + 1;
    }
    if area.height == 1 {
        let left = Rect { x, width: area.right().saturating_sub(x), height: 1, ..area };
        draw_status(canvas, left, scene);
    }
}

/// Draws what the clock does and whether all is well, at the right end of a row.
pub fn draw_status(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let theme = canvas.theme();
    let room = area.width.saturating_sub(2);
    let forms = status(scene);
    let Some(form) = forms.into_iter().find(|form| theme.glyphs.width(form) <= room) else {
        return;
    };
    let style = if is_alarming(scene) { theme.broken() } else { theme.ink(Ink::Dim) };
    let width = theme.glyphs.width(&form);
    canvas.pen_at(area.right() - width - 1, area.y, width).style(style).put(form);
}

/// Whether what is promised has been broken.
fn is_alarming(scene: &Scene) -> bool {
    scene.cluster.violation().is_some() || !scene.cluster.checker().is_linearizable()
}

/// After a disk was lost nothing is promised.
const VOID: &str = "safety void";

/// What the status says, the longest form first.
fn status(scene: &Scene) -> Vec<String> {
    let clock = clock(scene);
    let now = format!("{} s", Moment(scene.cluster.now()));
    let verdict = verdict(scene);
    let mark = clock.split(' ').next().unwrap_or_default();
    let mut more = Vec::new();
    if !scene.view.pace.is_empty() && !scene.cluster.is_by_hand() {
        more.push(scene.view.pace.to_string());
    }
    match scene.cluster.flaws().as_slice() {
        [] => {}
        [(flaw, _)] => more.push(format!("flaw {flaw}")),
        flaws => more.push(format!("{} flaws", flaws.len())),
    }
    if !scene.cluster.all_vote() {
        more.insert(0, format!("votes: {}", scene.cluster.configuration()));
    }
    let flaws = more.last().filter(|word| word.contains("flaw")).cloned().unwrap_or_default();
    let network = match scene.cluster.is_observed() {
        true => "a trace".to_owned(),
        false => format!("{} seed {}", scene.cluster.network(), scene.cluster.config().seed),
    };
    let join = |words: &[&str]| {
        words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join("  ")
    };
    let more = more.join("  ");
    let kept = match &scene.view.kept {
        Kept::Off | Kept::Well => "",
        Kept::Not(_) => "! not recorded",
    };
    let mut forms = vec![
        join(&[kept, &more, &network, &clock, &now, &verdict]),
        join(&[kept, &more, &clock, &now, &verdict]),
        join(&[kept, &flaws, &clock, &now, &verdict]),
        join(&[kept, &clock, &now, &verdict]),
        join(&[mark, &now, &verdict]),
    ];
    // That nothing is promised any more is said whatever else has to go.
    forms.extend(if is_alarming(scene) {
        vec![join(&[mark, &verdict]), verdict]
    } else if scene.cluster.checker().is_void() {
        vec![join(&[mark, &now, VOID]), VOID.to_owned()]
    } else {
        vec![join(&[&clock, &now]), now]
    });
    forms
}

/// Whether all is well: the name of the rule that is broken, if one is.
fn verdict(scene: &Scene) -> String {
    let checker = scene.cluster.checker();
    match scene.cluster.violation() {
        Some(violation) => format!("! {} broken", violation.invariant.name()),
        None if !checker.is_linearizable() => "! not linearizable".to_owned(),
        None => match checker.void() {
            Some((_, why)) => format!("{VOID}: {why}"),
            None if checker.unjudged().is_some() => "not judged".to_owned(),
            None => "all rules hold".to_owned(),
        },
    }
}

/// The mark of the clock, and why it is paused.
fn clock(scene: &Scene) -> String {
    let by_hand = if scene.cluster.is_by_hand() { "by hand" } else { "" };
    let (mark, why) = match &scene.view.clock {
        Clock::Runs => ("►", String::new()),
        Clock::Skims => ("►►", String::new()),
        Clock::Past { newest } => ("◄", format!("of {} s", Moment(*newest))),
        Clock::Broken => ("!", String::new()),
        // While presenting the last row says at which beat.
        Clock::Stands(Stands::Beat { .. }) if scene.view.presented.is_some() => {
            ("‖", String::new())
        }
        Clock::Stands(Stands::Ended) if scene.cluster.is_observed() => {
            ("‖", "trace ended".to_owned())
        }
        Clock::Stands(why) => ("‖", paused(why)),
    };
    let mark = if scene.cluster.is_by_hand() && mark.starts_with('►') { "‖" } else { mark };
    // The past is told from the present whatever time does there; a class sees a beat like another.
    let past = match (&scene.view.clock, scene.view.timeline.newest) {
        (Clock::Past { .. }, _) | (_, None) => String::new(),
        (_, Some(_)) if scene.view.presented.is_some() => String::new(),
        (_, Some(newest)) => format!("◄ of {} s", Moment(newest)),
    };
    let words = [mark, by_hand, &why, &past];
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn paused(why: &Stands) -> String {
    match why {
        Stands::Paused => "paused".to_owned(),
        Stands::Beat { number, of } => format!("beat {number}/{of}"),
        Stands::Caption => "caption".to_owned(),
        Stands::Question => "question".to_owned(),
        Stands::Following => "following".to_owned(),
        // What is open can be seen.
        Stands::Open => String::new(),
        Stands::Breakpoint => "breakpoint".to_owned(),
        Stands::Memory => "memory full".to_owned(),
        Stands::Failed => "expectation failed".to_owned(),
        Stands::Ended => "script ended".to_owned(),
    }
}

/// Who leads, or wants to.
struct Chip {
    mark: char,
    /// "S3 LEADER OF".
    words: String,
    term: Term,
    lit: bool,
    strong: bool,
}

fn chips(scene: &Scene) -> Vec<Chip> {
    let situation = reading::situation(scene);
    let mut chips: Vec<Chip> = Vec::new();
    for id in situation.leaders(scene.cluster) {
        let Some(server) = scene.cluster.server(id) else { continue };
        let standing = situation.standing(id);
        let (mark, words) = (standing.mark(), format!("{id} {} OF", standing.word()));
        let (lit, strong) = (standing == Standing::Leader, !matches!(standing, Standing::Stuck(_)));
        chips.push(Chip { mark, words, term: server.raft.term(), lit, strong });
    }
    let candidate = |server: &&Server| server.is_running() && server.raft.role() == Role::Candidate;
    let mut candidates: Vec<(Term, Vec<ServerId>)> = Vec::new();
    for server in scene.cluster.servers().iter().filter(candidate) {
        match candidates.iter_mut().find(|(term, _)| *term == server.raft.term()) {
            Some((_, ids)) => ids.push(server.id),
            None => candidates.push((server.raft.term(), vec![server.id])),
        }
    }
    candidates.sort_by_key(|(term, _)| std::cmp::Reverse(*term));
    for (term, ids) in candidates {
        let what = if ids.len() == 1 { "CANDIDATE" } else { "CANDIDATES" };
        let words = format!("{} {what} IN", Spaced(ids.iter()));
        chips.push(Chip { mark: '△', words, term, lit: false, strong: true });
    }
    chips.sort_by_key(|chip| (!chip.lit, chip.mark == '△', std::cmp::Reverse(chip.term)));
    if chips.is_empty() {
        let (term, words) = (reading::term(scene.cluster), "NO LEADER IN".to_owned());
        chips.push(Chip { mark: '○', words, term, lit: false, strong: true });
    }
    chips
}

impl Chip {
    fn words(&self) -> String {
        format!("{} {}", self.mark, self.words)
    }

    fn width(&self, glyphs: super::glyphs::Glyphs) -> u16 {
        glyphs.width(&format!("{} TERM {}", self.words(), self.term)) + 4
    }

    fn style(&self, canvas: &Canvas) -> Style {
        let theme = canvas.theme();
        let ink = if self.strong { Ink::Strong } else { Ink::Soft };
        theme.ink(ink).patch(theme.bold())
    }

    /// Draws it in one row; the column behind it.
    fn draw(&self, canvas: &mut Canvas, x: u16, y: u16, room: u16) -> u16 {
        let theme = canvas.theme();
        let style = self.style(canvas);
        let mut pen = canvas.pen_at(x, y, room);
        if self.lit {
            let text = format!("  {} TERM {}  ", self.words(), self.term);
            pen.style(theme.lit(self.term).patch(theme.bold())).put_within(&text);
            return pen.x();
        }
        pen.style(style).put(' ').put(self.words()).put(' ');
        let term = theme.number(self.term).patch(theme.bold());
        pen.style(term).put(format_args!(" TERM {} ", self.term));
        pen.x()
    }

    fn big_width(&self, face: Face) -> Option<u16> {
        face.width(&format!("{} TERM {}", self.words(), self.term))
    }

    /// Draws it in block letters; the column behind it.
    fn draw_big(&self, canvas: &mut Canvas, area: Rect, x: u16, face: Face) -> u16 {
        let theme = canvas.theme();
        let width = self.big_width(face).unwrap_or(0) + 6;
        let words = self.words();
        let style = match self.lit {
            true => theme.lit(self.term),
            false => self.style(canvas),
        };
        if self.lit {
            canvas.fill(Rect { x, width, ..area }, style);
        }
        let y = area.y + (area.height - face.rows()).div_ceil(2);
        let y = y.min(area.bottom() - face.rows());
        let end = block::draw(canvas, (x + 3, y), &words, face, style);
        let term = if self.lit { style } else { theme.hue_ink(self.term) };
        block::draw(canvas, (end + 4, y), &format!("TERM {}", self.term), face, term);
        x + width + 2
    }
}

/// A broken rule: its name, what proves it, the rule in words, and the one that was left out. All of
/// that is said, in the largest letters that have room for it.
fn draw_broken(canvas: &mut Canvas, area: Rect, scene: &Scene, violation: &Violation) {
    let theme = canvas.theme();
    let slab = theme.on(Ground::Bright);
    let red = match theme.has_grounds() {
        true => slab.patch(Style::new().fg(theme.broken().bg.unwrap_or_default())),
        false => theme.broken(),
    };
    canvas.fill(area, slab);
    let room = area.width.saturating_sub(4);
    let text = proof(scene, violation);
    let set = |face: Option<Face>| match face {
        Some(face) => block::lines(&capitals(&text), face, room, theme.glyphs),
        None => Some(wrap(&text, room, theme.glyphs).map(str::to_owned).collect()),
    };
    let rows = |face: Option<Face>| face.map_or(1, Face::rows);
    let forms = [
        (Some(Face::Large), Some(Face::Narrow)),
        (Some(Face::Small), Some(Face::Narrow)),
        (Some(Face::Large), None),
        (Some(Face::Small), None),
        (None, None),
    ];
    let fitting = forms.into_iter().find_map(|(head, face)| {
        let headed = head.is_none_or(|head| block::fits(BROKEN, head, room, theme.glyphs));
        let lines = set(face).filter(|_| headed)?;
        let taken = rows(head) + lines.len() as u16 * rows(face);
        (taken <= area.height).then_some((head, face, lines))
    });
    let (head, face, lines) =
        fitting.unwrap_or_else(|| (None, None, set(None).unwrap_or_default()));
    let name = violation.invariant.name().to_uppercase();
    match head {
        Some(head) => {
            let end = block::draw(canvas, (area.x + 2, area.y), BROKEN, head, red) + 3;
            let rest = area.right().saturating_sub(end + 1);
            match block::fitting(&name, rest, &[head, Face::Small, Face::Narrow], theme.glyphs) {
                Some(face) => drop(block::draw(canvas, (end, area.y), &name, face, slab)),
                None => drop(canvas.pen_at(end, area.y + 1, rest).style(slab).put_within(&name)),
            }
        }
        None => {
            canvas.pen_at(area.x + 1, area.y, room).style(red).put(format_args!("{BROKEN} {name}"));
        }
    }
    let below = (area.y + rows(head)..area.bottom()).step_by(usize::from(rows(face)));
    for (line, y) in lines.iter().zip(below) {
        match face {
            Some(face) => drop(block::draw(canvas, (area.x + 2, y), line, face, slab)),
            None => drop(canvas.pen_at(area.x + 2, y, room).style(slab).put(line)),
        }
    }
}

const BROKEN: &str = "! BROKEN";

/// What proves that a rule is broken, the rule in words, and what was left out of the program.
fn proof(scene: &Scene, violation: &Violation) -> String {
    let rule = format!("The rule: {}", words::rule(violation.invariant));
    let flaws = scene.cluster.checker().acted();
    let left_out = flaws.iter().map(|flaw| {
        let about = flaw.about();
        format!("Left out: {} ({})", about.rule, about.source)
    });
    let rest = words::sentences([rule].into_iter().chain(left_out).map(Some));
    let end = format!("At {} s the run ends here.", Moment(scene.cluster.now()));
    // Of a challenge it is what was wanted.
    let met = scene.view.caption.as_deref().filter(|_| scene.cluster.is_met());
    let met = met.map(|met| format!("{} ", met.trim_end())).unwrap_or_default();
    format!("{met}{}. {rest} {end}", violation.evidence.trim_end_matches('.'))
}
