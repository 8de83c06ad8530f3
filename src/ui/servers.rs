//! The servers, one row each, with their logs side by side.
//!
//! ```text
//!  server         term vote com app timer   m►n │ 1 ✓    2 ✓    3 ✓    4 ✓    5
//!  S1 ○ follower     4 S2     4   4 ▓▓▓▓▓   4►5 │[1 x=1][1 y=5][3 x=2][4 x=3]
//!  S2 ★ LEADER       4 S2     4   4 87 ms       │[1 x=1][1 y=5][3 x=2][4 x=3]
//! ►S4 ☆ STUCK LEADER 3 S4     3   3 93 ms   0►4 │[1 x=1][1 y=5][3 x=2](3 x=9)≠
//! ```
//!
//! A server keeps its row whatever happens to it. When there are more servers than rows, they
//! scroll, and the newest leader stays pinned to the first row.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, Pen};
use super::layout::{Areas, Copies};
use super::logs::Window;
use super::reading;
use super::text::digits;
use super::timers;
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::raft::{Mode, Raft};
use crate::cluster::server::Server;
use crate::cluster::situation::{Situation, Standing};
use crate::cluster::types::ServerId;

/// Rows above the servers: the title and the heading.
const ABOVE: u16 = 2;

/// Draws the pane.
pub fn draw(canvas: &mut Canvas, areas: &Areas, scene: &Scene) {
    let area = areas[Pane::Servers];
    let columns = Columns::of(area, scene);
    let window = columns.window(area, scene);
    let rows = Rows::of(areas, scene);
    let situation = reading::situation(scene);
    let remark = match rows.remark() {
        Some(servers) => format!("{servers}, {}", window.remark()),
        None => window.remark(),
    };
    canvas.title(area, Pane::Servers.name(), scene.focus(Pane::Servers), &remark);
    columns.draw_heading(canvas, area);
    window.draw_heading(canvas, area.y + 1, scene);
    let line = canvas.theme().dim();
    for row in 1..area.height {
        canvas.glyph(area.x + columns.line, area.y + row, '│', line);
    }
    for (row, place) in rows.places() {
        let Some(server) = scene.cluster.servers().get(place) else { continue };
        columns.draw_row(canvas, area, ABOVE + row, (scene, &situation), server);
        window.draw_log(canvas, area.y + ABOVE + row, (scene, &situation), server);
    }
    if areas.copies == Copies::Shown {
        let row = ABOVE + rows.shown;
        columns.draw_copies_label(canvas, area, row, scene.cluster.configuration().quorum());
        window.draw_copies(canvas, area.y + row, scene);
    }
}

/// What stands at a place of the pane.
pub fn hit(areas: &Areas, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    let row = y.checked_sub(areas[Pane::Servers].y + ABOVE)?;
    let rows = Rows::of(areas, scene);
    let (_, place) = rows.places().find(|(shown, _)| *shown == row)?;
    let server = scene.cluster.servers().get(place)?;
    let columns = Columns::of(areas[Pane::Servers], scene);
    let index = columns.window(areas[Pane::Servers], scene).index_at(x);
    match index.filter(|index| server.raft.log().get(*index).is_some()) {
        Some(index) => Some(Target::Entry { server: server.id, index }),
        None => Some(Target::Server(server.id)),
    }
}

/// Which servers are shown.
pub fn extent(areas: &Areas, scene: &Scene) -> Extent {
    Rows::of(areas, scene).extent()
}

/// Which indexes are shown; `total` is where the longest log ends.
pub fn logs_extent(areas: &Areas, scene: &Scene) -> Extent {
    let window = Columns::of(areas[Pane::Servers], scene).window(areas[Pane::Servers], scene);
    Extent { first: window.first.0, shown: window.count, total: window.last.0 }
}

/// Which servers have which rows.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// The place of the first server that scrolls, and how many rows there are in all.
    first: usize,
    shown: u16,
    /// The newest leader, when it would be out of sight: it has the first row.
    pinned: Option<usize>,
    total: usize,
}

impl Rows {
    fn of(areas: &Areas, scene: &Scene) -> Self {
        let below = u16::from(areas.copies == Copies::Shown);
        Self::fitting(areas[Pane::Servers].height.saturating_sub(ABOVE + below), scene)
    }

    /// The rows where there is room for so many.
    pub fn fitting(room: u16, scene: &Scene) -> Self {
        let total = scene.cluster.servers().len();
        let shown = usize::from(room).min(total);
        let scroll = usize::from(scene.view.scroll.servers);
        let first = scroll.min(total - shown);
        let leader = scene.cluster.newest_leader().map(|leader| leader.id.index());
        let pinned = leader.filter(|leader| shown > 1 && !(first..first + shown).contains(leader));
        let first = if pinned.is_some() { scroll.min(total + 1 - shown) } else { first };
        Self { first, shown: shown as u16, pinned, total }
    }

    /// How many rows there are.
    pub const fn shown(&self) -> u16 {
        self.shown
    }

    /// Which servers are shown.
    pub fn extent(&self) -> Extent {
        let shown = self.shown - u16::from(self.pinned.is_some());
        Extent { first: self.first as u64, shown: u64::from(shown), total: self.total as u64 }
    }

    /// The rows, counted from the heading, with the places of their servers.
    pub fn places(self) -> impl Iterator<Item = (u16, usize)> {
        let scrolling = self.first..self.total;
        let places = self.pinned.into_iter().chain(scrolling);
        (0..self.shown).zip(places)
    }

    fn remark(self) -> Option<String> {
        let shown = usize::from(self.shown) - usize::from(self.pinned.is_some());
        let (first, last, total) = (self.first + 1, self.first + shown, self.total);
        (shown < total).then(|| format!("servers {first}-{last} of {total}"))
    }
}

/// How much is said about each server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wording {
    /// Marks alone.
    Marks,
    Short,
    Long,
}

/// Where the columns of the table stand, counted from the pane's left end. Those that are
/// aligned to the right are known by the column after them.
#[derive(Clone, Copy, Debug)]
struct Columns {
    wording: Wording,
    mark: u16,
    term_end: u16,
    vote: u16,
    commit_end: u16,
    applied_end: u16,
    timer: u16,
    timer_width: u16,
    /// Where the arrow between match and next stands, and how many digits are beside it; no
    /// digits where this is not shown.
    arrow: u16,
    arrow_digits: u16,
    line: u16,
}

const ROLE_WIDTH: u16 = 12;

impl Columns {
    fn of(area: Rect, scene: &Scene) -> Self {
        let servers = scene.cluster.servers();
        let wording = match area.width {
            ..72 => Wording::Marks,
            72..100 => Wording::Short,
            100.. => Wording::Long,
        };
        let index = digits(reading::last_index(scene.cluster).next().0);
        let term = digits(servers.iter().map(|server| server.raft.term().0).max().unwrap_or(0));
        let name = digits(servers.len() as u64) + 1;
        let mark = 1 + name + 1;
        // Blank columns between, and the least width of an index under its heading.
        let (gap, least, timer_width) = match wording {
            Wording::Marks => (1, 3, 6),
            Wording::Short => (1, 3, 6),
            Wording::Long => (2, 6, 16),
        };
        let role_end = match wording {
            Wording::Marks => mark + 2,
            Wording::Short | Wording::Long => mark + 2 + ROLE_WIDTH,
        };
        let term_end = role_end + (gap - 1) * 3 + term.max(2);
        let vote_start = term_end + gap;
        let commit_end = vote_start + name.max(4) + gap + index.max(least);
        let applied_end = commit_end + gap + index.max(if gap > 1 { 7 } else { 3 });
        let timer = applied_end + gap;
        let arrow_digits = if wording == Wording::Marks { 0 } else { index };
        let arrow = timer + timer_width + index.max(if gap > 1 { 5 } else { 1 });
        let matched_end = arrow + 1 + index.max(if gap > 1 { 4 } else { 1 });
        let line = if arrow_digits > 0 { matched_end + 1 } else { timer + timer_width };
        Self {
            wording,
            mark,
            term_end,
            vote: vote_start,
            commit_end,
            applied_end,
            timer,
            timer_width,
            arrow,
            arrow_digits,
            line,
        }
    }

    /// What stands before a leader's timer.
    const fn beat(&self) -> &'static str {
        match self.wording {
            Wording::Marks | Wording::Short => "",
            Wording::Long => "heartbeat ",
        }
    }

    fn window(&self, area: Rect, scene: &Scene) -> Window {
        let left = area.x + self.line + 1;
        Window::of(scene, left, area.right().saturating_sub(left))
    }

    /// A pen at a column of a row, for so many columns.
    fn pen<'a>(canvas: &'a mut Canvas, area: Rect, row: u16, column: u16, width: u16) -> Pen<'a> {
        canvas.pen_at(area.x + column, area.y + row, width)
    }

    /// Writes so that the text ends before `end`.
    fn before(
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        end: u16,
        style: Style,
        text: impl std::fmt::Display,
    ) {
        let text = text.to_string();
        let width = canvas.theme().glyphs.width(&text).min(end);
        Self::pen(canvas, area, row, end - width, width).style(style).put(text);
    }

    fn draw_heading(&self, canvas: &mut Canvas, area: Rect) {
        let dim = canvas.theme().dim();
        let (commit, applied, arrow) = match self.wording {
            Wording::Marks | Wording::Short => ("com", "app", "m►n"),
            Wording::Long => ("commit", "applied", "match►next"),
        };
        let name = if self.wording == Wording::Marks { "" } else { "server" };
        Self::pen(canvas, area, 1, 1, 6).style(dim).put(name);
        let term = if self.wording == Wording::Marks { "t" } else { "term" };
        Self::before(canvas, area, 1, self.term_end, dim, term);
        Self::pen(canvas, area, 1, self.vote, 4).style(dim).put("vote");
        Self::before(canvas, area, 1, self.commit_end, dim, commit);
        Self::before(canvas, area, 1, self.applied_end, dim, applied);
        Self::pen(canvas, area, 1, self.timer, 5).style(dim).put("timer");
        if self.arrow_digits > 0 {
            let before = if self.wording == Wording::Long { 5 } else { 1 };
            Self::pen(canvas, area, 1, self.arrow - before, 10).style(dim).put(arrow);
        }
    }

    fn draw_row(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        (scene, situation): (&Scene, &Situation),
        server: &Server,
    ) {
        let theme = canvas.theme();
        let standing = situation.standing(server.id);
        let raft = &server.raft;
        let base = match standing {
            Standing::Down | Standing::Asleep => theme.dim(),
            Standing::Leader
            | Standing::Stuck(_)
            | Standing::Leads
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::PreCandidate
            | Standing::Candidate => theme.plain(),
        };
        let selected = scene.view.selection.server == Some(server.id);
        if selected {
            Self::pen(canvas, area, row, 0, 1).style(theme.bold()).put('►');
        }
        let name = if selected { theme.bold() } else { base };
        Self::pen(canvas, area, row, 1, 3).style(name).put(server.id);
        self.draw_standing(canvas, area, row, base, standing, raft);
        let voted = raft.voted_for().filter(|_| !scene.view.withholds_votes());
        let voted = voted.map_or_else(|| "-".to_owned(), |voted| voted.to_string());
        Self::pen(canvas, area, row, self.vote, 4).style(base).put(voted);
        // What is committed may be what the class is asked.
        if standing == Standing::Down || scene.view.withholds_commits() {
            Self::before(canvas, area, row, self.commit_end, base, "-");
            Self::before(canvas, area, row, self.applied_end, base, "-");
        } else {
            Self::before(canvas, area, row, self.commit_end, base, raft.commit());
            Self::before(canvas, area, row, self.applied_end, base, server.rsm.applied);
        }
        let mut pen = Self::pen(canvas, area, row, self.timer, self.timer_width - 1);
        pen.style(base);
        timers::draw(&mut pen, scene, server, standing, self.beat());
        self.draw_progress(canvas, area, row, scene, server.id);
    }

    /// Mark, role and term. The newest leader's are filled, of the others only the term.
    fn draw_standing(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        base: Style,
        standing: Standing,
        raft: &Raft,
    ) {
        let theme = canvas.theme();
        let leads = standing == Standing::Leader;
        let style = if leads { theme.filled(raft.term()) } else { base };
        let mut pen = Self::pen(canvas, area, row, self.mark, self.term_end - self.mark);
        pen.style(style);
        if leads {
            while pen.room() > 0 {
                pen.put(' ');
            }
        }
        Self::pen(canvas, area, row, self.mark, 1).style(style).put(standing.mark());
        if self.wording != Wording::Marks {
            Self::pen(canvas, area, row, self.mark + 2, ROLE_WIDTH)
                .style(style)
                .put(standing.word());
        }
        let term = match standing {
            Standing::Leader => style,
            Standing::Down => base,
            Standing::Stuck(_)
            | Standing::Leads
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::PreCandidate
            | Standing::Candidate
            | Standing::Asleep => theme.number(raft.term()),
        };
        Self::before(canvas, area, row, self.term_end, term, raft.term());
    }

    /// What the newest leader knows of this server's log: match and next.
    fn draw_progress(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        scene: &Scene,
        id: ServerId,
    ) {
        let leader = scene.cluster.newest_leader().filter(|leader| leader.id != id);
        let Some(progress) = leader.and_then(|leader| leader.raft.progress(id)) else {
            return;
        };
        if self.arrow_digits == 0 {
            return;
        }
        let plain = canvas.theme().plain();
        Self::before(canvas, area, row, self.arrow, plain, progress.matched);
        let mut pen = Self::pen(canvas, area, row, self.arrow, self.arrow_digits + 1);
        let arrow = match leader.and_then(|leader| leader.raft.mode(id)) {
            Some(Mode::Probe) => '?',
            Some(Mode::Snapshot) => '■',
            Some(Mode::Replicate) | None => '►',
        };
        pen.put(arrow).put(progress.next);
    }

    fn draw_copies_label(&self, canvas: &mut Canvas, area: Rect, row: u16, majority: usize) {
        let dim = canvas.theme().dim();
        let text = match self.wording {
            Wording::Marks => format!("copies, {majority} needed"),
            Wording::Short | Wording::Long => {
                format!("copies of the leader's entry, {majority} needed")
            }
        };
        Self::before(canvas, area, row, self.line - 1, dim, text);
    }
}
