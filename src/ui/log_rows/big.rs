//! The rows of servers at the largest scale, in block letters.

use super::{ABOVE_BIG, SPOKEN, Table, spoken_style};
use crate::cluster::raft::Entry;
use crate::cluster::server::Server;
use crate::cluster::situation::{Fate, Standing};
use crate::cluster::types::{Index, ServerSet, Term};
use crate::ui::block::{self, Face};
use crate::ui::canvas::Canvas;
use crate::ui::log_marks::{
    Verdict, covered_style, covered_words, draw_cell, draw_covered, sample_style,
};
use crate::ui::theme::{Ground, Ink};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A kind of cell in the legend, and what it means; without a fate, what is spoken of.
struct Sample {
    width: u16,
    kind: Option<(Fate, Term)>,
    words: String,
}

impl Table<'_> {
    /// How many rows a server takes at the largest scale.
    pub(super) fn big_rows(&self) -> u16 {
        let servers = self.scene.cluster.servers().len() as u16;
        // Below them a line of what follows has room, and one of what marks mean.
        let room = self.area.height.saturating_sub(ABOVE_BIG + 9);
        if servers * 4 <= room { 4 } else { 3 }
    }

    pub(super) fn draw_big_row(&self, canvas: &mut Canvas, row: u16, server: &Server) {
        let theme = canvas.theme();
        let y = self.area.y + ABOVE_BIG + row * self.big_rows();
        let standing = self.situation.standing(server.id);
        let lit = standing == Standing::Leader;
        let term = server.raft.term();
        let x = self.area.x;
        let ink = match lit {
            true => theme.lit(term),
            false => theme.ink(self.base_ink(server)),
        };
        if lit {
            canvas.fill(Rect { x, y, width: self.left - x - 1, height: 3 }, theme.lit(term));
        }
        let name = server.id.to_string();
        let end = block::draw(canvas, (x + 1, y), &name, Face::Small, ink);
        let showy = !matches!(
            standing,
            Standing::Follower | Standing::Learner | Standing::Outside | Standing::Asleep
        );
        let mark = standing.mark().to_string().replace('✗', "×");
        if showy {
            let x = x + 2 + Face::Small.width(&self.widest_name()).unwrap_or(0) + 1;
            block::draw(canvas, (x, y), &mark, Face::Small, ink);
        }
        let text = format!("t{term}");
        let width = Face::Small.width(&text).unwrap_or(0);
        let hue = match standing {
            Standing::Leader | Standing::Down => ink,
            Standing::Stuck(_)
            | Standing::Leads
            | Standing::PreCandidate
            | Standing::Candidate
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::Asleep => theme.hue_ink(term),
        };
        let start = self.left.saturating_sub(width + 2).max(end + 1);
        if start + width < self.left {
            block::draw(canvas, (start, y), &text, Face::Small, hue);
        }
        if let Some((x, width)) = self.covered(server) {
            self.draw_big_block(canvas, Rect { x, y, width, height: 3 }, server);
        }
        self.draw_earlier(canvas, y + 1, server);
        for (index, entry) in self.entries(server) {
            let Some(x) = self.x(index) else { continue };
            let area = Rect { x, y, width: self.cell, height: 3 };
            self.draw_big_cell(canvas, area, server, index, entry);
            if self.scene.view.points_at(server.id, index) {
                canvas.restyle(area, canvas.theme().on(Ground::Bright));
            }
            if self.proves(server, index) {
                canvas.restyle(area, theme.broken());
            }
        }
        if let Some(index) = self.lacks(server)
            && let Some(x) = self.x(index)
        {
            let area = Rect { x, y, width: self.cell, height: 3 };
            canvas.fill(area, theme.broken());
            block::draw(canvas, (x + 1, y), "NONE", Face::Narrow, theme.broken());
        }
    }

    /// The part of a log that a snapshot covers, in block letters.
    fn draw_big_block(&self, canvas: &mut Canvas, area: Rect, server: &Server) {
        let theme = canvas.theme();
        let (base, told) = (server.raft.log().base(), !self.scene.view.withholds_commits());
        let style = covered_style(theme, base, told);
        let forms = covered_words(base.index).map(|words| words.to_uppercase());
        let room = area.width.saturating_sub(2);
        let fitting = |text: &&String| block::fits(text, Face::Narrow, room, theme.glyphs);
        match forms.iter().find(fitting) {
            Some(text) => {
                canvas.fill(area, style);
                block::draw(canvas, (area.x + 1, area.y), text, Face::Narrow, style);
            }
            None => draw_covered(canvas, area, base, told),
        }
    }

    /// What the kinds of cells mean, in block letters at the foot of the pane, where rows are free
    /// from `top` on. Whether they are.
    pub(super) fn draw_big_legend(&self, canvas: &mut Canvas, top: u16) -> bool {
        let theme = canvas.theme();
        let room = self.area.width.saturating_sub(2);
        let kinds = self.kinds().map(|(fate, term, words)| (Some((fate, term)), words));
        let spoken = self.speaks().then_some((None, SPOKEN));
        let mut lines: Vec<Vec<Sample>> = Vec::new();
        for (kind, words) in kinds.chain(spoken) {
            let words = words.to_uppercase();
            let Some(width) = Face::Narrow.width(&words).map(|width| width + 4) else {
                return false;
            };
            if width > room {
                return false;
            }
            let taken =
                |line: &Vec<Sample>| -> u16 { line.iter().map(|sample| sample.width + 2).sum() };
            let sample = Sample { width, kind, words };
            match lines.last_mut().filter(|line| taken(line) + width <= room) {
                Some(line) => line.push(sample),
                None => lines.push(vec![sample]),
            }
        }
        let rows = 4 * lines.len() as u16;
        if top + rows > self.area.bottom() {
            return false;
        }
        for (line, y) in lines.into_iter().zip((self.area.bottom() - rows..).step_by(4)) {
            let mut x = self.area.x + 1;
            for Sample { width, kind, words } in line {
                let cell = Rect { x, y, width, height: 3 };
                let style = match kind {
                    Some((fate, term)) => {
                        self.draw_ground(canvas, cell, Some(fate), term);
                        sample_style(theme, fate, term)
                    }
                    None => {
                        canvas.fill(cell, spoken_style(theme));
                        spoken_style(theme)
                    }
                };
                block::draw(canvas, (x + 2, y), &words, Face::Narrow, style);
                x += width + 2;
            }
        }
        true
    }

    /// The ground of a cell and what encloses it.
    fn draw_ground(&self, canvas: &mut Canvas, area: Rect, fate: Option<Fate>, term: Term) {
        let theme = canvas.theme();
        match fate {
            None => {}
            Some(fate @ (Fate::Known | Fate::Lost)) => {
                canvas.fill(area, sample_style(theme, fate, term));
            }
            Some(Fate::Committed) => {
                let fill = theme.settled(term);
                canvas.fill(area, fill);
                // Brackets, as on the small cells: this server has not been told.
                for (y, left, right) in [(0, '▛', '▜'), (1, '▌', '▐'), (2, '▙', '▟')] {
                    canvas.glyph(area.x, area.y + y, left, fill);
                    canvas.glyph(area.right() - 1, area.y + y, right, fill);
                }
            }
            Some(Fate::Open | Fate::Safe) => {
                for y in area.top()..area.bottom() {
                    canvas.glyph(area.x, y, '▌', theme.hue_ink(term));
                    canvas.glyph(area.right() - 1, y, '▐', theme.hue_ink(term));
                }
            }
        }
    }

    pub(super) fn widest_name(&self) -> String {
        format!("S{}", self.scene.cluster.servers().len())
    }

    /// A log that begins before the first column is not taken for an empty one.
    pub(super) fn draw_earlier(&self, canvas: &mut Canvas, y: u16, server: &Server) {
        let log = server.raft.log();
        if log.first_index() < self.first && !log.is_empty() {
            canvas.glyph(self.left - 1, y, '◄', canvas.theme().ink(Ink::Text));
        }
    }

    fn draw_big_cell(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        server: &Server,
        index: Index,
        entry: &Entry,
    ) {
        let theme = canvas.theme();
        let fate = self.fate(server, index);
        let text = self.words(entry);
        self.draw_ground(canvas, area, fate, entry.term);
        let style =
            fate.map_or(theme.ink(Ink::Strong), |fate| sample_style(theme, fate, entry.term));
        let room = area.width.saturating_sub(2);
        let faces = [self.face, Face::Narrow];
        if let Some(face) = block::fitting(&text, room, &faces, theme.glyphs) {
            let width = face.width(&text).unwrap_or(0);
            let x = area.x + (area.width - width) / 2;
            block::draw(canvas, (x, area.y), &text, face, style);
        } else {
            let one = Rect { y: area.y + 1, height: 1, ..area };
            draw_cell(canvas, one, entry, fate, self.differs(index, entry));
        }
        if let Some(name) = self.waiter(server, index) {
            let letter: String = name.chars().take(1).collect();
            let plate = Rect { x: area.right(), width: self.gap, ..area };
            let style = theme.on(Ground::Bright);
            canvas.fill(plate, style);
            if block::fits(&letter, Face::Small, plate.width.saturating_sub(2), theme.glyphs) {
                block::draw(canvas, (plate.x + 1, plate.y), &letter, Face::Small, style);
            } else {
                canvas.pen_at(plate.x, plate.y + 1, 1).style(style).user(&letter);
            }
        }
    }

    /// What follows from the logs, in block letters, below them; the row below that.
    pub(super) fn draw_verdicts(&self, canvas: &mut Canvas, rows: u16) -> u16 {
        let theme = canvas.theme();
        let mut seen: Vec<(Verdict, ServerSet)> = Vec::new();
        for server in self.scene.cluster.servers() {
            let Some(verdict) = self.verdict(server) else { continue };
            match seen.iter_mut().find(|(other, _)| other.is_said_with(&verdict)) {
                Some((_, who)) => who.insert(server.id),
                None => seen.push((verdict, ServerSet::only(server.id))),
            }
        }
        let verdicts = seen.iter().map(|(verdict, who)| (verdict.below(*who), verdict.is_bad()));
        let peril = self.peril().map(|words| (words.to_uppercase(), false));
        let lines: Vec<(String, bool)> = verdicts.chain(peril).collect();
        let mut y = self.area.y + ABOVE_BIG + rows * self.big_rows() + 1;
        for (text, bad) in lines {
            if y + 3 > self.area.bottom() {
                return y;
            }
            let style = match bad {
                true => theme.on(Ground::Lost),
                false => theme.ink(Ink::Strong),
            };
            let area = Rect { y, height: 3, width: self.area.width.saturating_sub(1), ..self.area };
            if bad {
                canvas.fill(area, style);
                let edge = Style::new().fg(style.bg.unwrap_or_default());
                for x in area.left()..area.right() {
                    canvas.glyph(x, y - 1, '▄', edge);
                }
            }
            let faces = [Face::Small, Face::Narrow];
            if let Some(face) = block::fitting(&text, area.width - 3, &faces, theme.glyphs) {
                block::draw(canvas, (area.x + 2, y), &text, face, style);
            } else {
                let bold = style.patch(theme.bold());
                canvas.pen_at(area.x + 2, y + 1, area.width - 3).style(bold).put_within(&text);
            }
            y += 4;
        }
        y
    }
}
