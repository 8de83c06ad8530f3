//! A server on the map: a card that says what it is, in which term, and what it waits for.
//!
//! The frame says the standing once more: full and bright for a leader that can commit, double for
//! one that is stuck, dashed for a server that is down or asleep, plain for the rest. The lower
//! edge of a follower's card is its election timer, which runs out from right to left. A server
//! that is down keeps its card, with the log that is on its disk.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::Picture;
use super::plan::CardSize;
use crate::cluster::disk::Ill;
use crate::cluster::raft::Entry;
use crate::cluster::server::Server;
use crate::cluster::situation::{Fate, Need, Standing, Stuck};
use crate::cluster::start::is_given;
use crate::cluster::timers::TimerKind;
use crate::cluster::types::{Index, Request, Term};
use crate::ui::block::{self, Face as Letters};
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Glyphs;
use crate::ui::log_marks::{copies, covered_words};
use crate::ui::reading;
use crate::ui::text::Millis;
use crate::ui::theme::{Ground, Ink, Paper, Theme};

/// Draws a server's card.
pub fn draw(canvas: &mut Canvas, picture: &Picture, server: &Server) {
    let area = picture.plan.card(server.id);
    if area.is_empty() {
        return;
    }
    let card = Card::of(picture, server, canvas.theme());
    canvas.fill(area, card.fill);
    match picture.plan.card {
        CardSize::Small => card.draw_small(canvas, area),
        CardSize::Name => card.draw_name(canvas, area),
        CardSize::M => card.draw_m(canvas, area),
        CardSize::Big => card.draw_big(canvas, area),
        CardSize::Tall => card.draw_tall(canvas, area),
        CardSize::L => card.draw_l(canvas, area),
        CardSize::Xl => card.draw_xl(canvas, area),
    }
    card.draw_disk(canvas, area);
    if picture.scene.view.is_marked(server.id) {
        card.draw_selection(canvas, area);
    }
}

/// A server with everything that its looks depend on.
struct Card<'a> {
    picture: &'a Picture<'a>,
    server: &'a Server,
    standing: Standing,
    need: Option<Need>,
    /// It is part of what proves that a rule is broken.
    proves: bool,
    theme: Theme,
    /// What the card lies on: its room's ground, or the bright fill of a leader.
    fill: Style,
    /// Names and marks.
    ink: Style,
    /// What steps back.
    soft: Style,
    frame: Style,
}

impl<'a> Card<'a> {
    fn of(picture: &'a Picture, server: &'a Server, theme: Theme) -> Self {
        let standing = picture.situation.standing(server.id);
        let room = picture.situation.room_of(server.id);
        let weak = picture.is_weak(room);
        let term = server.raft.term();
        let ground = theme.ground(picture.ground(room));
        let hue = theme.hue_ink(term);
        let (fill, ink, soft, frame) = match standing {
            Standing::Leader => {
                let lit = theme.lit(term);
                (lit, lit.add_modifier(Modifier::BOLD), lit, lit.patch(hue))
            }
            Standing::Stuck(_) => (ground, theme.ink(Ink::Soft), theme.ink(Ink::Dim), hue),
            Standing::Leads | Standing::PreCandidate | Standing::Candidate => {
                (ground, theme.ink(Ink::Strong), theme.ink(Ink::Text), hue)
            }
            // Those who have no vote step back as a minority does.
            Standing::Learner | Standing::Outside => {
                (ground, theme.ink(Ink::Soft), theme.ink(Ink::Dim), theme.ink(Ink::Dim))
            }
            Standing::Follower if weak => {
                (ground, theme.ink(Ink::Soft), theme.ink(Ink::Dim), theme.ink(Ink::Dim))
            }
            Standing::Follower => {
                (ground, theme.ink(Ink::Strong), theme.ink(Ink::Text), theme.ink(Ink::Dim))
            }
            Standing::Asleep | Standing::Down => {
                (ground, theme.ink(Ink::Dim), theme.ink(Ink::Dim), theme.ink(Ink::Dim))
            }
        };
        let cluster = picture.scene.cluster;
        let proves = cluster.violation().is_some_and(|it| it.servers.contains(server.id));
        let frame = match theme.broken().bg.filter(|_| proves) {
            Some(red) => frame.fg(red),
            None => frame,
        };
        // What will be overwritten needs nothing any more.
        let lost = picture.situation.first_lost(cluster, server).is_some();
        let need = picture.situation.need(cluster, server).filter(|_| !lost);
        Self { picture, server, standing, need, proves, theme, fill, ink, soft, frame }
    }

    /// "S3".
    fn name(&self) -> String {
        self.server.id.to_string()
    }

    fn is_lit(&self) -> bool {
        self.standing == Standing::Leader
    }

    fn is_off(&self) -> bool {
        matches!(self.standing, Standing::Down | Standing::Asleep)
    }

    const fn word(&self) -> &'static str {
        self.standing.word()
    }

    /// The role where a row has no room for the whole word: that it is stuck stands in its frame.
    const fn short_word(&self) -> &'static str {
        match self.standing {
            Standing::Stuck(_) => "LEADER",
            Standing::Leader
            | Standing::Leads
            | Standing::PreCandidate
            | Standing::Candidate
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::Asleep
            | Standing::Down => self.word(),
        }
    }

    /// What it still needs, with as many signs as a majority has, and in words, the longest first.
    fn needs(&self) -> Option<(String, Vec<String>)> {
        let all = self.server.raft.counts_by();
        let majority = all.quorum();
        let pips = |have: usize| {
            let have = have.min(majority);
            "▮".repeat(have) + &"▯".repeat(majority - have)
        };
        match (self.standing, &self.need) {
            (Standing::Leader | Standing::Stuck(_), Some(need)) => {
                let words = match (need.more, need.old_term) {
                    // Copies alone never commit it (§5.4.2).
                    (_, true) => vec![format!("needs t{} entry", self.server.raft.term())],
                    (0, false) => vec!["committing".to_owned()],
                    (more, false) => {
                        let what = copies(need);
                        vec![format!("needs {more} more {what}"), format!("needs {more} {what}")]
                    }
                };
                Some((pips(need.acked.len()), words))
            }
            // How many it needs may be what the class is asked.
            (Standing::PreCandidate | Standing::Candidate, _)
                if self.picture.scene.view.withholds() =>
            {
                None
            }
            (Standing::PreCandidate | Standing::Candidate, _) => {
                let votes = self.server.raft.votes();
                let more = all.lacks(votes);
                let s = if more == 1 { "" } else { "s" };
                let words = [format!("needs {more} more vote{s}"), format!("needs {more} more")];
                Some((pips(votes.len()), words.to_vec()))
            }
            (Standing::Leader | Standing::Stuck(_) | Standing::Leads, _)
            | (
                Standing::Follower
                | Standing::Learner
                | Standing::Outside
                | Standing::Asleep
                | Standing::Down,
                _,
            ) => None,
        }
    }

    /// What is wrong with its disk, in words.
    fn disk(&self) -> Option<[&'static str; 3]> {
        let usual = self.picture.scene.cluster.config().sync;
        Some(match self.server.disk.ill(usual)? {
            Ill::Slow(_) => [" slow disk ", " disk! ", "d"],
            Ill::Hangs => [" disk hangs ", " disk! ", "d"],
            Ill::Fails => [" disk fails ", " disk! ", "d"],
        })
    }

    /// The same at the end of the lower edge, or of the row above where the edge says something
    /// already; where a card has neither, as a letter before its term.
    fn draw_disk(&self, canvas: &mut Canvas, area: Rect) {
        let Some(forms) = self.disk() else { return };
        if self.picture.plan.card == CardSize::Small {
            let x = area.right().saturating_sub(4).max(area.x);
            canvas.pen_at(x, area.y, 1).style(self.ink).put('d');
            return;
        }
        let width = |form: &str| self.theme.glyphs.width(form);
        let taken = width(&self.foot(area));
        let (y, room) = match taken {
            0 => (area.bottom() - 1, area.width.saturating_sub(2)),
            _ => (area.y + 1, area.width.saturating_sub(4 + width(self.word()) + 2)),
        };
        if let Some(form) = forms.into_iter().find(|form| width(form) <= room) {
            let x = area.right() - 1 - width(form);
            canvas.pen_at(x, y, room).style(self.ink).put(form);
        }
    }

    /// What else there is to say of it, in a few words.
    fn remark(&self) -> String {
        let raft = &self.server.raft;
        match self.standing {
            Standing::Leader | Standing::Leads | Standing::Stuck(Stuck::Alone) => {
                if let Some(transfer) = raft.transfer() {
                    return format!("hands over to {}", transfer.to);
                }
                if let Some(left) = self.picture.scene.cluster.lease_left(self.server) {
                    return format!("lease {}", Millis(left));
                }
                match self.server.timer(TimerKind::Heartbeat) {
                    // In block letters it has no room.
                    _ if self.picture.plan.card == CardSize::Xl => String::new(),
                    Some(timer) => {
                        let left = timer.due.since(self.picture.scene.cluster.now());
                        format!("heartbeat in {}", Millis(left))
                    }
                    None => String::new(),
                }
            }
            Standing::Stuck(Stuck::Deaf) => "hears too few".to_owned(),
            Standing::Stuck(Stuck::Outdated) => "a newer term is out".to_owned(),
            Standing::PreCandidate => format!("for term {}", raft.term().next()),
            Standing::Candidate => String::new(),
            Standing::Follower if self.picture.scene.view.withholds_votes() => String::new(),
            Standing::Follower => match raft.voted_for() {
                Some(voted) if raft.leader().is_none() => format!("voted for {voted}"),
                Some(_) | None => String::new(),
            },
            Standing::Learner => match raft.configuration().next() {
                Some(next) if next.contains(self.server.id) => "before it votes".to_owned(),
                Some(_) | None => "has no vote".to_owned(),
            },
            Standing::Outside => "is sent nothing".to_owned(),
            Standing::Asleep => "its timers wait".to_owned(),
            Standing::Down if raft.is_blank() => "its disk is empty".to_owned(),
            // By a planted flaw.
            Standing::Down if !self.server.keeps_log() => "it keeps no log".to_owned(),
            Standing::Down => "its disk stays".to_owned(),
        }
    }

    fn draw_frame(&self, canvas: &mut Canvas, area: Rect, thick: bool) {
        let sides = match self.standing {
            _ if self.proves => ['▛', '▜', '▙', '▟', '▀', '▄', '▌', '▐'],
            Standing::Leader if thick => ['▛', '▜', '▙', '▟', '▀', '▄', '▌', '▐'],
            Standing::Leader | Standing::Leads => ['┏', '┓', '┗', '┛', '━', '━', '┃', '┃'],
            Standing::Stuck(_) => ['╔', '╗', '╚', '╝', '═', '═', '║', '║'],
            Standing::PreCandidate
            | Standing::Candidate
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside => ['┌', '┐', '└', '┘', '─', '─', '│', '│'],
            Standing::Asleep | Standing::Down => ['┌', '┐', '└', '┘', '╌', '╌', '╎', '╎'],
        };
        let [tl, tr, bl, br, top, bottom, left, right] = sides;
        let (x1, y1) = (area.right() - 1, area.bottom() - 1);
        for x in area.x + 1..x1 {
            canvas.glyph(x, area.y, top, self.frame);
            canvas.glyph(x, y1, bottom, self.frame);
        }
        for y in area.y + 1..y1 {
            canvas.glyph(area.x, y, left, self.frame);
            canvas.glyph(x1, y, right, self.frame);
        }
        let corners = [(area.x, area.y, tl), (x1, area.y, tr), (area.x, y1, bl), (x1, y1, br)];
        for (x, y, corner) in corners {
            canvas.glyph(x, y, corner, self.frame);
        }
        if self.proves {
            let x = area.x + 8.min(area.width.saturating_sub(4));
            canvas.pen_at(x, area.y, 3).style(self.theme.broken()).put(" ! ");
        }
    }

    /// The lower edge of a follower: as much of it is thick as is left of its election timer.
    fn draw_timer(&self, canvas: &mut Canvas, x: u16, y: u16, width: u16, glyphs: (char, char)) {
        let Some(left) = self.timer_left(width) else { return };
        for column in 0..width {
            let glyph = if column < left { glyphs.0 } else { glyphs.1 };
            canvas.glyph(x + column, y, glyph, self.frame);
        }
    }

    /// How many of so many columns are left of the election timer.
    fn timer_left(&self, width: u16) -> Option<u16> {
        let timer = self.server.timer(TimerKind::Election).filter(|_| self.standing.is_quiet())?;
        let span = timer.span.micros().max(1);
        let since = match self.standing == Standing::Asleep {
            true => self.server.asleep_since,
            false => self.picture.scene.cluster.now(),
        };
        let left = timer.due.since(since).micros().min(span);
        Some((u128::from(left) * u128::from(width)).div_ceil(u128::from(span)) as u16)
    }

    /// The term on a plate of its hue: " t3 ".
    fn chip(&self) -> Style {
        match self.standing == Standing::Down {
            true => self.ink,
            false => self.theme.number(self.server.raft.term()).add_modifier(Modifier::BOLD),
        }
    }

    fn draw_chip(&self, canvas: &mut Canvas, right: u16, y: u16, room: u16) {
        let text = format!(" t{} ", self.server.raft.term());
        let text = if text.len() as u16 > room { text.trim().to_owned() } else { text };
        let width = text.len() as u16;
        let x = right.saturating_sub(width);
        canvas.pen_at(x, y, width.min(room)).style(self.chip()).put(text);
    }

    /// "★S4 t2".
    fn draw_small(&self, canvas: &mut Canvas, area: Rect) {
        let mark_style = if self.standing == Standing::Follower { self.soft } else { self.ink };
        let mut pen = canvas.pen(area, 0);
        let name = if self.proves { self.theme.broken() } else { self.ink };
        pen.style(mark_style).put(self.standing.mark()).style(name).put(self.server.id);
        let room = area.right().saturating_sub(pen.x());
        self.draw_chip(canvas, area.right(), area.y, room.min(4));
    }

    /// Name and term in the upper edge, the role in words below.
    fn draw_name(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_edge(canvas, area);
        let mut pen = canvas.pen_at(area.x + 1, area.y + 1, area.width - 2);
        let style = if self.standing == Standing::Follower { self.soft } else { self.ink };
        pen.style(style).put(self.standing.mark()).put(' ').put(self.short_word());
        if matches!(self.standing, Standing::Stuck(_)) {
            let y = area.bottom() - 1;
            canvas.pen_at(area.x + 2, y, area.width - 3).style(self.ink).put(" STUCK ");
        }
    }

    fn draw_edge(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_frame(canvas, area, false);
        canvas.pen_at(area.x + 2, area.y, 6).style(self.ink).put(format_args!(" {} ", self.name()));
        self.draw_chip(canvas, area.right() - 1, area.y, area.width - 8);
        self.draw_timer(canvas, area.x + 1, area.bottom() - 1, area.width - 2, ('━', '─'));
    }

    fn draw_m(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_edge(canvas, area);
        let style = if self.standing == Standing::Follower { self.soft } else { self.ink };
        let mut pen = canvas.pen_at(area.x + 2, area.y + 1, area.width - 3);
        pen.style(style).put(self.standing.mark()).put(' ').put(self.word());
        let foot = self.foot(area);
        canvas.pen_at(area.x + 2, area.bottom() - 1, area.width - 4).style(self.ink).put(foot);
    }

    /// What it needs, as the lower edge of the middle card has it; nothing on other cards.
    fn foot(&self, area: Rect) -> String {
        let middle = self.picture.plan.card == CardSize::M;
        let Some((pips, words)) = self.needs().filter(|_| middle) else {
            return String::new();
        };
        let full = words.iter().map(|words| format!(" {pips} {words} "));
        let bare = words.iter().flat_map(|words| [format!(" {words} "), words.clone()]);
        let mut forms = full.chain(bare).chain([format!(" {pips} ")]);
        let room = area.width.saturating_sub(4);
        forms.find(|form| self.theme.glyphs.width(form) <= room).unwrap_or_default()
    }

    /// Name, mark and term in block letters, in one line. Whether there was room.
    fn draw_figures(&self, canvas: &mut Canvas, area: Rect) {
        let y = area.y + 1;
        let name = self.name();
        let glyphs = self.theme.glyphs;
        let Some(width) = Letters::Small.width(&name).filter(|_| glyphs == Glyphs::Unicode) else {
            return self.draw_plain_figures(canvas, area);
        };
        block::draw(canvas, (area.x + 2, y), &name, Letters::Small, self.ink);
        let term = format!("t{}", self.server.raft.term());
        let term_width = Letters::Small.width(&term).unwrap_or(0);
        let free = area.width.saturating_sub(width + 5);
        let showy = !self.standing.is_quiet();
        let sign = self.standing.mark().to_string();
        let sign = sign.replace('✗', "×");
        let sign_width = Letters::Small.width(&sign).unwrap_or(0);
        let sign_too = showy && sign_width + term_width + 2 <= free;
        if sign_too {
            let x = area.x + 2 + width + 2;
            block::draw(canvas, (x, y), &sign, Letters::Small, self.ink);
        }
        if term_width + 1 > free {
            return;
        }
        let x = area.right().saturating_sub(term_width + 2);
        if self.is_lit() || (self.theme.paper == Paper::Light && !self.is_off()) {
            let plate = Rect { x: x - 1, y, width: term_width + 2, height: 3 };
            canvas.fill(plate, self.theme.number(self.server.raft.term()));
        }
        let style = match self.standing {
            Standing::Leader => self.theme.number(self.server.raft.term()),
            Standing::Down => self.ink,
            Standing::Stuck(_)
            | Standing::Leads
            | Standing::PreCandidate
            | Standing::Candidate
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::Asleep => match self.theme.paper {
                Paper::Dark => self.theme.hue_ink(self.server.raft.term()),
                Paper::Light => self.theme.number(self.server.raft.term()),
            },
        };
        block::draw(canvas, (x, y), &term, Letters::Small, style);
        let label = " term ";
        let left = area.right().saturating_sub(8);
        canvas.pen_at(left, area.y, 6).style(self.soft).put(label);
    }

    /// The same without block letters.
    fn draw_plain_figures(&self, canvas: &mut Canvas, area: Rect) {
        let mut pen = canvas.pen_at(area.x + 2, area.y + 2, area.width - 3);
        pen.style(self.ink).put(self.standing.mark()).put(' ').put(self.server.id);
        self.draw_chip(canvas, area.right() - 2, area.y + 2, 8);
    }

    fn draw_big(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_frame(canvas, area, false);
        self.draw_figures(canvas, area);
        self.draw_timer(canvas, area.x + 1, area.bottom() - 1, area.width - 2, ('━', '─'));
        let text = match self.needs() {
            Some((pips, _)) => format!(" {} {pips} ", self.word()),
            None if self.standing == Standing::Follower => return,
            None => format!(" {} ", self.word()),
        };
        canvas.pen_at(area.x + 2, area.bottom() - 1, area.width - 4).style(self.ink).put(text);
    }

    fn draw_l(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_frame(canvas, area, true);
        self.draw_figures(canvas, area);
        let (x, y, room) = (area.x + 2, area.y + 4, area.width - 4);
        let style = if self.standing == Standing::Follower { self.soft } else { self.ink };
        let mut pen = canvas.pen_at(x, y, room);
        pen.style(style).put(self.word());
        let forms = match self.needs() {
            Some((pips, words)) => {
                let full = words.iter().map(|words| format!("{pips} {words}"));
                full.chain(words.iter().cloned()).chain([pips.clone()]).collect()
            }
            None => vec![self.remark()],
        };
        let width = |text: &String| self.theme.glyphs.width(text);
        if let Some(form) = forms.into_iter().find(|form| width(form) < pen.room()) {
            pen.skip(pen.room() - width(&form)).put(form);
        }
        self.draw_tail(canvas, x, y + 1, room);
        self.draw_timer(canvas, area.x + 1, area.bottom() - 1, area.width - 2, ('━', '─'));
    }

    /// A line of the card in block letters: of its forms, the longest first, the first that has room.
    fn draw_line(&self, canvas: &mut Canvas, area: Rect, row: u16, forms: &[String], style: Style) {
        let (x, y, room) = (area.x + 2, area.y + row, area.width - 4);
        let faces = [Letters::Small, Letters::Narrow];
        for capitals in forms.iter().map(|form| form.to_uppercase()) {
            if let Some(face) = block::fitting(&capitals, room, &faces, self.theme.glyphs) {
                block::draw(canvas, (x, y), &capitals, face, style);
                return;
            }
        }
        let fits = |form: &&String| self.theme.glyphs.width(form) <= room;
        if let Some(form) = forms.iter().find(fits).or(forms.last()) {
            canvas.pen_at(x, y + 1, room).style(style).put(form);
        }
    }

    /// Name, term and role in block letters. Its log is not on it: at this scale the logs are large.
    fn draw_tall(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_frame(canvas, area, true);
        self.draw_figures(canvas, area);
        let style = if self.standing == Standing::Follower { self.soft } else { self.ink };
        self.draw_line(canvas, area, 4, &[self.word().to_owned()], style);
        self.draw_timer(canvas, area.x + 1, area.bottom() - 1, area.width - 2, ('━', '─'));
        if let Some((pips, words)) = self.needs() {
            let room = area.width - 4;
            let mut forms = words.iter().map(|words| format!(" {pips} {words} "));
            if let Some(form) = forms.find(|form| self.theme.glyphs.width(form) <= room) {
                canvas.pen_at(area.x + 2, area.bottom() - 1, room).style(self.ink).put(form);
            }
        }
    }

    /// The same, and what it needs or what else there is to say of it.
    fn draw_xl(&self, canvas: &mut Canvas, area: Rect) {
        self.draw_frame(canvas, area, true);
        self.draw_figures(canvas, area);
        let style = if self.standing == Standing::Follower { self.soft } else { self.ink };
        self.draw_line(canvas, area, 4, &[self.word().to_owned()], style);
        match self.needs() {
            Some((_, words)) => self.draw_line(canvas, area, 8, &words, self.ink),
            None => self.draw_line(canvas, area, 8, &[self.remark()], self.soft),
        }
        let room = area.width - 4;
        if let Some(left) = self.timer_left(room) {
            for column in 0..room {
                let glyph = if column < left { '▄' } else { '─' };
                canvas.glyph(area.x + 2 + column, area.y + 7, glyph, self.frame);
            }
        }
    }

    /// The last entries of its log, as many as there is room for.
    fn draw_tail(&self, canvas: &mut Canvas, x: u16, y: u16, room: u16) {
        let log = self.server.raft.log();
        let mut cells: Vec<Cell> = Vec::new();
        let mut taken = 2;
        let mut index = log.last_index();
        while let Some(entry) = log.get(index) {
            let cell = Cell::of(self, index, entry);
            taken += cell.width(self.theme) + 1;
            if taken > room + 1 {
                break;
            }
            cells.push(cell);
            index = index.previous();
        }
        let mut pen = canvas.pen_at(x, y, room);
        if log.get(index).is_some() {
            pen.style(self.soft).put("… ");
        } else if index > Index::ZERO {
            let left = usize::from((room + 1).saturating_sub(taken));
            let forms = covered_words(index);
            if let Some(words) = forms.iter().find(|words| words.len() < left) {
                pen.style(self.soft).put(words).put(' ');
            }
        }
        let mut left = pen.x();
        for cell in cells.iter().rev() {
            left = cell.draw(canvas, self, left, y) + 1;
        }
    }

    /// Who is selected has a mark beside its card, and its name reversed.
    fn draw_selection(&self, canvas: &mut Canvas, area: Rect) {
        if let Some(x) = area.x.checked_sub(1) {
            let style = self.theme.ink(Ink::Strong).patch(self.theme.bold());
            canvas.glyph(x, area.y + area.height / 2, '►', style);
        }
        let (name, glyphs) = (self.name(), self.theme.glyphs);
        let plain = name.len() as u16;
        let block = Letters::Small.width(&name).filter(|_| glyphs == Glyphs::Unicode);
        let plate = match (self.picture.plan.card, block) {
            (CardSize::Small, _) => Rect { x: area.x + 1, y: area.y, width: plain + 1, height: 1 },
            (CardSize::Name | CardSize::M, _) => {
                Rect { x: area.x + 2, y: area.y, width: plain + 2, height: 1 }
            }
            (CardSize::Big | CardSize::Tall | CardSize::L | CardSize::Xl, Some(width)) => {
                Rect { x: area.x + 1, y: area.y + 1, width: width + 2, height: 3 }
            }
            // Behind its mark.
            (CardSize::Big | CardSize::Tall | CardSize::L | CardSize::Xl, None) => {
                Rect { x: area.x + 3, y: area.y + 2, width: plain + 2, height: 1 }
            }
        };
        canvas.restyle(plate, self.ink.add_modifier(Modifier::REVERSED));
    }
}

/// An entry on a card.
struct Cell {
    text: String,
    /// `None` while it is not told.
    fate: Option<Fate>,
    term: Term,
}

impl Cell {
    fn of(card: &Card, index: Index, entry: &Entry) -> Self {
        let fate = reading::fate(card.picture.scene, &card.picture.situation, card.server, index);
        let text = match entry.op() {
            Some(op) if is_given(op) => format!("t{}", entry.term),
            Some(op) => short(&op.request, card.theme),
            None => entry.payload.said(),
        };
        Self { text, fate, term: entry.term }
    }

    fn width(&self, theme: Theme) -> u16 {
        theme.glyphs.width(&self.text) + theme.glyphs.width("✓") + 1
    }

    /// Draws it; the column behind it.
    fn draw(&self, canvas: &mut Canvas, card: &Card, x: u16, y: u16) -> u16 {
        let theme = card.theme;
        let lit = card.is_lit();
        let width = self.width(theme);
        let mut pen = canvas.pen_at(x, y, width);
        let (open, close) = self.fate.map_or((' ', ' '), Fate::brackets);
        match self.fate {
            None => drop(pen.style(card.ink).put(open).put(&self.text).put(close)),
            Some(Fate::Known | Fate::Committed) if lit && theme.has_grounds() => {
                let style = Style::new()
                    .bg(ratatui::style::Color::Rgb(0x20, 0x26, 0x2e))
                    .fg(ratatui::style::Color::White)
                    .add_modifier(Modifier::BOLD);
                pen.style(style).put(open).put(&self.text).put(close);
            }
            Some(Fate::Known | Fate::Committed) => {
                pen.style(theme.settled(self.term)).put(open).put(&self.text).put(close);
            }
            Some(Fate::Lost) => {
                pen.style(theme.on(Ground::Lost)).put(open).put(&self.text).put(close);
            }
            Some(Fate::Open | Fate::Safe) => {
                let edge = if lit { card.ink } else { theme.hue_ink(self.term) };
                pen.style(edge).put(open).style(card.ink).put(&self.text).style(edge).put(close);
            }
        }
        x + width
    }
}

/// "x=3", "read x": what an entry does, in as few letters as can be.
fn short(request: &Request, theme: Theme) -> String {
    let clip = |text: &str| theme.glyphs.shown(text, 6);
    match request {
        Request::Get { key } => format!("read {}", clip(key)),
        Request::Put { key, value, .. } => format!("{}={}", clip(key), clip(value)),
    }
}
