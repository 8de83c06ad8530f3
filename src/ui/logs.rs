//! The logs, side by side: one column an index, one row a server.
//!
//! ```text
//!  1 ✓    2 ✓    3 ✓    4 2/5
//! ✓1 x=1 ✓1 y=5 ✓3 x=2 (4 x=3)     committed, and its server knows; only appended
//! ✓1 x=1 ✓1 y=5 [3 x=2](3 x=9)≠    committed, its server not told; differs from the leader's
//! ```
//!
//! What is true of an entry is marked as everywhere on the screen: see `log_rows/`.
//!
//! All servers share one window of columns, which follows the tail until somebody scrolls. Only
//! the entries of the window are looked at, however long the logs are.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::Canvas;
use super::text::digits;
use super::theme::Ground;
use super::view::{RemovedEntry, Scene};
use super::{log_marks, reading};
use crate::cluster::raft::{Entry, Payload};
use crate::cluster::server::Server;
use crate::cluster::situation::{Fate, Situation};
use crate::cluster::types::{Index, Request};

/// How wide a cell may be. Few widths, so that the columns seldom move.
const WIDTHS: [u16; 6] = [7, 9, 11, 14, 18, 24];
/// From this width on cells stand apart, and say at which version a put is made.
const ROOMY: u16 = 48;

/// The columns of the logs that are shown.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The column of the screen where the first cell begins.
    left: u16,
    /// How wide a cell is, and how many blank columns follow it.
    cell: u16,
    gap: u16,
    pub first: Index,
    /// How many indexes are shown.
    pub count: u64,
    /// Where the longest log ends.
    pub last: Index,
    detail: CellDetail,
}

/// Whether a cell says at which version its put is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellDetail {
    Version,
    Value,
}

impl Window {
    /// The window that has room between `left` and `left + width`.
    pub fn of(scene: &Scene, left: u16, width: u16) -> Self {
        let (gap, detail) =
            if width >= ROOMY { (1, CellDetail::Version) } else { (0, CellDetail::Value) };
        let first = reading::first_index(scene.cluster);
        let last = reading::last_index(scene.cluster);
        let mut window =
            Self { left: left + gap, cell: WIDTHS[0], gap, first, count: 0, last, detail };
        window.place(scene, width);
        let needed = window.widest(scene);
        let most = (width / 3).max(WIDTHS[0] + gap) - gap;
        let fitting = WIDTHS.into_iter().find(|cell| *cell >= needed);
        window.cell = fitting.unwrap_or(WIDTHS[5]).min(most);
        window.place(scene, width);
        window
    }

    /// Finds the first index and the number of columns for the present cell width.
    fn place(&mut self, scene: &Scene, width: u16) {
        self.count = u64::from(width.saturating_sub(self.gap) / (self.cell + self.gap)).max(1);
        // One column stays free for the entry that comes next.
        let lowest = reading::first_index(scene.cluster);
        let tail = Index((self.last.0 + 2).saturating_sub(self.count)).max(lowest);
        self.first = scene.view.scroll.logs.map_or(tail, |first| first.clamp(lowest, tail));
    }

    /// How wide the widest entry of the window would like to be.
    fn widest(&self, scene: &Scene) -> u16 {
        let wish = |(_, entry): (Index, &Entry)| self.wish(scene, entry);
        let servers = scene.cluster.servers().iter();
        servers.flat_map(|server| self.entries(server)).map(wish).max().unwrap_or(0)
    }

    fn wish(&self, scene: &Scene, entry: &Entry) -> u16 {
        let glyphs = scene.view.theme.glyphs;
        let text = |text| glyphs.user_width(text, WIDTHS[5]);
        let body = match entry.op().map(|op| &op.request) {
            None => glyphs.width(&entry.payload.said()),
            Some(Request::Get { key }) => text(key) + 1,
            Some(Request::Put { key, value, version }) => {
                let version = match self.detail {
                    CellDetail::Version => 1 + digits(version.0),
                    CellDetail::Value => 0,
                };
                text(key) + 1 + text(value) + version
            }
        };
        2 + glyphs.width("✓") + digits(entry.term.0) + body
    }

    /// The entries of a server's log that are in the window.
    fn entries<'a>(&self, server: &'a Server) -> impl Iterator<Item = (Index, &'a Entry)> {
        server.raft.log().iter_from(self.first).take_while({
            let end = self.end();
            move |(index, _)| *index < end
        })
    }

    /// The index after the last that is shown.
    const fn end(&self) -> Index {
        Index(self.first.0 + self.count)
    }

    fn indexes(&self) -> impl Iterator<Item = Index> + use<> {
        (self.first.0..self.end().0).map(Index)
    }

    /// The column of the screen where the cell of an index begins.
    fn x(&self, index: Index) -> Option<u16> {
        let column = index.0.checked_sub(self.first.0).filter(|column| *column < self.count)?;
        Some(self.left + column as u16 * (self.cell + self.gap))
    }

    /// The columns of the cells up to the base of a log: one block, as far as it is in the window.
    fn covered(&self, base: Index) -> Option<(u16, u16)> {
        let last = base.min(self.end().previous());
        let (first, last) = (self.x(self.first)?, self.x(last).filter(|_| base >= self.first)?);
        Some((first, last + self.cell - first))
    }

    /// The index whose cell stands at a column of the screen.
    pub fn index_at(&self, x: u16) -> Option<Index> {
        let column = x.checked_sub(self.left)? / (self.cell + self.gap);
        Some(Index(self.first.0 + u64::from(column))).filter(|index| *index < self.end())
    }

    /// "entries 1-4 of 4".
    pub fn remark(&self) -> String {
        let last = self.last.0.min(self.end().0 - 1);
        match self.last.0 {
            0 => "no entries yet".to_owned(),
            total if self.first.0 > last => format!("entries: {total}"),
            total => format!("entries {}-{last} of {total}", self.first),
        }
    }

    /// The row above the logs: each index, whether it is committed in fact, and if not, on how
    /// many servers its entry is.
    pub fn draw_heading(&self, canvas: &mut Canvas, y: u16, scene: &Scene) {
        let theme = canvas.theme();
        let committed = reading::committed(scene.cluster);
        let all = scene.cluster.configuration();
        let servers = all.servers();
        let fraction = |copies: usize| digits(copies as u64) + 1 + digits(servers as u64);
        for index in self.indexes() {
            let Some(x) = self.x(index) else { continue };
            let holders = scene.cluster.copies_at(index).unwrap_or_default();
            let (copies, _) = scene.cluster.voting(holders);
            let mut pen = canvas.pen_at(x + 1, y, self.cell + self.gap - 1);
            if scene.view.withholds() {
                pen.put(index);
            } else if index <= committed {
                pen.put(index).put(" ✓");
            } else if copies == 0 {
                pen.style(theme.dim()).put(index);
            } else if !all.has_quorum(holders)
                && digits(index.0) + 1 + fraction(copies) <= pen.room()
            {
                pen.put(index).put(' ');
                pen.style(theme.bold()).put(format_args!("{copies}/{servers}"));
            } else {
                pen.put(index);
            }
        }
    }

    /// The row below the logs: on how many servers each entry is.
    pub fn draw_copies(&self, canvas: &mut Canvas, y: u16, scene: &Scene) {
        let theme = canvas.theme();
        let all = scene.cluster.configuration();
        if scene.view.withholds() {
            return;
        }
        for index in self.indexes().take_while(|index| *index <= self.last) {
            let Some(x) = self.x(index) else { continue };
            let holders = scene.cluster.copies_at(index).unwrap_or_default();
            let style = if all.has_quorum(holders) { theme.dim() } else { theme.bold() };
            let (copies, _) = scene.cluster.voting(holders);
            canvas.pen_at(x + 1, y, self.cell - 1).style(style).put(copies);
        }
    }

    /// One server's log.
    pub fn draw_log(
        &self,
        canvas: &mut Canvas,
        y: u16,
        (scene, situation): (&Scene, &Situation),
        server: &Server,
    ) {
        let leader = scene.cluster.newest_leader();
        let told = !scene.view.withholds();
        if let Some((x, width)) = self.covered(server.raft.log().base().index) {
            let told = !scene.view.withholds_commits();
            let block = Rect { x, y, width, height: 1 };
            log_marks::draw_covered(canvas, block, server.raft.log().base(), told);
        }
        let last = server.raft.log().last_index();
        let fading = || {
            let removed = scene.view.fading.removed.iter();
            removed.filter(|removed| removed.server == server.id)
        };
        for (index, entry) in self.entries(server) {
            if fading().any(|removed| removed.index == index) {
                continue;
            }
            let differs = leader.and_then(|leader| leader.raft.log().get(index));
            let cell = Cell {
                entry,
                fate: reading::fate(scene, situation, server, index),
                differs: told && differs.is_some_and(|other| other != entry),
                selected: scene.view.selection.is_entry(server.id, index),
                followed: index < last,
            };
            self.draw_cell(canvas, y, index, &cell);
        }
        for removed in fading() {
            self.draw_removed(canvas, y, removed);
        }
    }

    fn draw_cell(&self, canvas: &mut Canvas, y: u16, index: Index, cell: &Cell) {
        let Some(x) = self.x(index) else { return };
        let theme = canvas.theme();
        let term = cell.entry.term;
        let (open, close) = cell.fate.map_or((' ', ' '), Fate::brackets);
        let style = match cell.fate {
            Some(Fate::Known | Fate::Committed) => theme.filled(term),
            Some(Fate::Lost) => theme.on(Ground::Lost),
            Some(Fate::Open | Fate::Safe) | None => theme.plain(),
        };
        let chosen = Modifier::BOLD | Modifier::UNDERLINED;
        let style = if cell.selected { style.add_modifier(chosen) } else { style };
        let differs = if cell.differs { theme.glyphs.width("≠") } else { 0 };
        // The mark stands behind the cell; without room there, in the place of what closes it.
        let mut pen = canvas.pen_at(x, y, self.cell - differs.max(1));
        pen.style(style).put(open);
        match cell.fate {
            Some(Fate::Known | Fate::Committed | Fate::Lost) => pen.put(term),
            Some(Fate::Open | Fate::Safe) | None => pen.put_in(theme.number(term), term),
        };
        pen.put(' ');
        self.put_payload(&mut pen, &cell.entry.payload, theme.glyphs);
        let behind = pen.x() + 1 + differs <= x + self.cell + self.gap;
        let x = pen.x();
        let mut pen = canvas.pen_at(x, y, 1 + differs);
        if !cell.differs || behind || !cell.followed {
            pen.style(style).put(close);
        }
        if cell.differs {
            pen.style(theme.bold()).put('≠');
        }
    }

    fn draw_removed(&self, canvas: &mut Canvas, y: u16, removed: &RemovedEntry) {
        let Some(x) = self.x(removed.index) else { return };
        let theme = canvas.theme();
        let cross = theme.glyphs.removed();
        let style: Style = theme.dim().add_modifier(Modifier::CROSSED_OUT);
        let mut pen = canvas.pen_at(x, y, self.cell - 1);
        pen.style(theme.dim()).put(cross).style(style).put(removed.entry.term).put(' ');
        self.put_payload(&mut pen, &removed.entry.payload, theme.glyphs);
        let x = pen.x();
        canvas.pen_at(x, y, 1).style(theme.dim()).put(cross);
    }

    /// "x=1", "x=1@0", "x?": as much of it as there is room for.
    fn put_payload(
        &self,
        pen: &mut super::canvas::Pen,
        payload: &Payload,
        glyphs: super::glyphs::Glyphs,
    ) {
        match payload.op().map(|op| &op.request) {
            None => drop(pen.put_within(&payload.said())),
            Some(Request::Get { key }) => {
                pen.user_within(key, pen.room().saturating_sub(1)).put('?');
            }
            Some(Request::Put { key, value, version }) => {
                let room = pen.room().saturating_sub(1);
                let value_width = glyphs.user_width(value, room);
                pen.user_within(key, room - value_width.min(room / 2)).put('=');
                let version_width = 1 + digits(version.0);
                let detail = self.detail == CellDetail::Version;
                if detail && value_width + version_width <= pen.room() {
                    pen.user(value).put(format_args!("@{version}"));
                } else {
                    pen.user(value);
                }
            }
        }
    }
}

/// One entry of one log, as it is to be drawn.
struct Cell<'a> {
    entry: &'a Entry,
    /// `None` while it is not told.
    fate: Option<Fate>,
    /// The newest leader has another entry there.
    differs: bool,
    selected: bool,
    /// Another entry follows it.
    followed: bool,
}
