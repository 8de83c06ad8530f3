//! The logs in a hall: a row a server, a column an entry, and what is true of an entry in its cell.
//!
//! ```text
//!  Logs  ✓ committed   (not yet)  ✗ will be LOST
//!  ✓ committed up to 5    entry 4   entry 5   entry 6   entry 7
//! A S1 ○ follower     t3  ✓t2 y=5  ✓t3 x=3
//! B S2 ☆ STUCK LEADER t2  ✓t2 y=5  ✗t2 x=9   ✗t2 x=3   ✗t2 x=9 b   WILL LOSE 5-7
//! A S3 ★ LEADER       t3  ✓t2 y=5  ✓t3 x=3   (t3 y=7)a             needs 2 more
//! ```
//!
//! A committed entry is filled: with a tick where its server knows it or is down, in brackets where
//! the server has not been told. One in parentheses is only appended. One that will be overwritten stands on a
//! light plate. At the end of a row stands what follows from it. The letter behind a cell is the
//! client that waits there.

mod big;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::block::{self, Face};
use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::layout::Areas;
use super::log_marks::{Verdict, copies, draw_cell, draw_covered, sample, sample_style, words};
use super::map::room_letter;
use super::reading;
use super::scale::Scale;
use super::servers::Rows;
use super::text::digits;
use super::theme::{Ground, Ink, Theme};
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::raft::Entry;
use crate::cluster::server::Server;
use crate::cluster::situation::{Fate, Situation, Standing};
use crate::cluster::types::{Index, Term};

/// Rows above the servers: the legend and the numbers of the entries. At the largest scale they are
/// larger, and how far the log is committed stands between them.
const ABOVE: u16 = 2;
const ABOVE_BIG: u16 = 9;

/// The columns of this pane.
struct Table<'a> {
    scene: &'a Scene<'a>,
    situation: Situation,
    area: Rect,
    scale: Scale,
    /// Where the cells begin, how wide one is, and how many columns lie between two.
    left: u16,
    cell: u16,
    gap: u16,
    first: Index,
    count: u64,
    last: Index,
    /// Where the verdicts begin.
    verdicts: u16,
    /// Whether block letters say the terms: entries of several are shown.
    terms: bool,
    /// The block letters of the entries.
    face: Face,
}

const VERDICT: u16 = 23;
/// The columns behind a cell in which a block letter has room.
const GAP_BIG: u16 = 5;
/// What the looks of an entry mean to which a script points.
const SPOKEN: &str = "spoken of";
/// As many entries as a log shows at least, if it has them.
const FEW: u64 = 4;

impl<'a> Table<'a> {
    fn of(area: Rect, scene: &'a Scene<'a>, screen: (u16, u16)) -> Self {
        let scale = Scale::of(screen.0, screen.1);
        let situation = reading::situation(scene);
        let gap = if scale == Scale::M { 1 } else { 2 };
        let left = area.x + before(scene, scale);
        let verdicts = match scale {
            Scale::M | Scale::L => area.right().saturating_sub(VERDICT.min(area.width / 3)),
            Scale::Xl => area.right(),
        };
        let first = reading::first_index(scene.cluster);
        let last = reading::last_index(scene.cluster);
        let mut table = Self {
            scene,
            situation,
            area,
            scale,
            left,
            cell: 8,
            gap,
            first,
            count: 1,
            last,
            verdicts,
            terms: false,
            face: Face::Small,
        };
        table.fit();
        let all = last.0 + 1 - first.0;
        // A few columns in narrow letters say more than one in wide ones.
        if table.is_big() && (table.terms || table.count < FEW.min(all)) {
            table.face = Face::Narrow;
            table.fit();
        }
        // A letter that is legible behind each cell, unless that costs a column.
        if table.is_big()
            && table.count * u64::from(table.cell + table.gap)
                >= all * u64::from(table.cell + GAP_BIG)
        {
            table.gap = GAP_BIG;
            table.place();
        }
        table
    }

    /// Chooses the narrowest cells in which what is shown has room.
    fn fit(&mut self) {
        let widths: &[u16] =
            if self.is_big() { &[9, 13, 17, 21, 25] } else { &[8, 10, 12, 14, 18] };
        for cell in widths.iter().copied() {
            self.cell = cell;
            self.place();
            self.terms = self.is_big() && self.has_terms();
            if self.widest() <= cell {
                break;
            }
        }
    }

    /// Whether a server has three rows and block letters.
    fn is_big(&self) -> bool {
        self.scale == Scale::Xl && self.scene.view.theme.glyphs == Glyphs::Unicode
    }

    /// The rows above the servers, and those of each.
    fn pitch(&self) -> (u16, u16) {
        if self.is_big() { (ABOVE_BIG, self.big_rows()) } else { (ABOVE, 1) }
    }

    fn place(&mut self) {
        let width = self.verdicts.saturating_sub(self.left);
        self.count = u64::from(width / (self.cell + self.gap)).max(1);
        let lowest = reading::first_index(self.scene.cluster);
        let tail = Index((self.last.0 + 1).saturating_sub(self.count)).max(lowest);
        let scroll = self.scene.view.scroll.logs;
        self.first = scroll.map_or(tail, |first| first.clamp(lowest, tail));
    }

    fn end(&self) -> Index {
        Index(self.first.0 + self.count)
    }

    fn entries<'s>(&self, server: &'s Server) -> impl Iterator<Item = (Index, &'s Entry)> {
        let end = self.end();
        server.raft.log().iter_from(self.first).take_while(move |(index, _)| *index < end)
    }

    fn widest(&self) -> u16 {
        let glyphs = self.scene.view.theme.glyphs;
        let servers = self.scene.cluster.servers().iter();
        let big = self.is_big();
        let width = |(_, entry): (Index, &Entry)| match self.face.width(&self.words(entry)) {
            Some(width) if big => width + 2,
            Some(_) | None => glyphs.width(&words(entry, true, glyphs)) + 2,
        };
        servers.flat_map(|server| self.entries(server)).map(width).max().unwrap_or(0)
    }

    /// Whether entries of more than one term are shown: colour alone must not say which.
    fn has_terms(&self) -> bool {
        let servers = self.scene.cluster.servers().iter();
        let mut terms =
            servers.flat_map(|server| self.entries(server)).map(|(_, entry)| entry.term);
        let first = terms.next();
        terms.any(|term| Some(term) != first)
    }

    /// What an entry does, in block letters.
    fn words(&self, entry: &Entry) -> String {
        words(entry, self.terms, self.scene.view.theme.glyphs)
    }

    fn x(&self, index: Index) -> Option<u16> {
        let column = index.0.checked_sub(self.first.0).filter(|column| *column < self.count)?;
        Some(self.left + column as u16 * (self.cell + self.gap))
    }

    fn index_at(&self, x: u16) -> Option<Index> {
        let column = x.checked_sub(self.left)? / (self.cell + self.gap);
        Some(Index(self.first.0 + u64::from(column))).filter(|index| *index < self.end())
    }

    /// What becomes of an entry, as far as that is told.
    fn fate(&self, server: &Server, index: Index) -> Option<Fate> {
        reading::fate(self.scene, &self.situation, server, index)
    }

    fn ground(&self, room: usize) -> Ground {
        reading::ground(&self.situation, room)
    }

    /// The client that waits at a server for this entry.
    fn waiter(&self, server: &Server, index: Index) -> Option<&str> {
        let own = |waiter: &&crate::cluster::rsm::Waiter| {
            waiter.index == index
                && server.awaited(waiter).is_some()
                && self.scene.cluster.is_awaited(waiter)
        };
        let waiter = server.rsm.waiters.iter().find(own)?;
        Some(self.scene.cluster.names().client(waiter.client))
    }
}

/// The columns before the cells: the room's letter, the selection, name, role and term.
fn before(scene: &Scene, scale: Scale) -> u16 {
    let servers = scene.cluster.servers();
    let terms = servers.iter().map(|server| server.raft.term().0);
    let (last, term) = (servers.len() as u64, terms.max().unwrap_or(0));
    if scale == Scale::Xl && scene.view.theme.glyphs == Glyphs::Unicode {
        let width = |text: String| Face::Small.width(&text).unwrap_or(0);
        let mark = Face::Small.width("★").unwrap_or(0);
        return width(format!("S{last}")) + mark + width(format!("t{term}")) + 8;
    }
    let role = 2 + "STUCK LEADER".len() as u16;
    digits(last) + digits(term) + role + 8
}

/// The looks of an entry that is spoken of.
fn spoken_style(theme: Theme) -> Style {
    theme.on(Ground::Bright).patch(theme.bold())
}

pub fn draw(canvas: &mut Canvas, areas: &Areas, scene: &Scene) {
    let area = areas[Pane::Servers];
    let screen = (areas.screen.width, areas.screen.height);
    let table = Table::of(area, scene, screen);
    canvas.fill(area, canvas.theme().ground(Ground::Base));
    table.draw_heading(canvas);
    let rows = rows(&table);
    for (row, place) in rows.places() {
        let Some(server) = scene.cluster.servers().get(place) else { continue };
        if table.is_big() {
            table.draw_big_row(canvas, row, server);
        } else {
            table.draw_row(canvas, row, server);
        }
    }
    let explained = table.is_big() && {
        let free = table.draw_verdicts(canvas, rows.shown());
        table.draw_big_legend(canvas, free)
    };
    table.draw_legend(canvas, explained);
}

fn rows(table: &Table) -> Rows {
    let (above, each) = table.pitch();
    let room = table.area.height.saturating_sub(above) / each;
    Rows::fitting(room, table.scene)
}

/// What stands at a place of the pane.
pub fn hit(areas: &Areas, scene: &Scene, x: u16, y: u16) -> Option<Target> {
    let table = Table::of(areas[Pane::Servers], scene, (areas.screen.width, areas.screen.height));
    let (above, each) = table.pitch();
    let row = y.checked_sub(areas[Pane::Servers].y + above)? / each;
    let (_, place) = rows(&table).places().find(|(shown, _)| *shown == row)?;
    let server = scene.cluster.servers().get(place)?;
    let index = table.index_at(x).filter(|index| server.raft.log().get(*index).is_some());
    Some(match index {
        Some(index) => Target::Entry { server: server.id, index },
        None => Target::Server(server.id),
    })
}

pub fn extent(areas: &Areas, scene: &Scene) -> Extent {
    let table = Table::of(areas[Pane::Servers], scene, (areas.screen.width, areas.screen.height));
    rows(&table).extent()
}

/// Which indexes are shown.
pub fn logs_extent(areas: &Areas, scene: &Scene) -> Extent {
    let table = Table::of(areas[Pane::Servers], scene, (areas.screen.width, areas.screen.height));
    Extent { first: table.first.0, shown: table.count, total: table.last.0 }
}

impl Table<'_> {
    /// The kinds of cells that are shown, each with what it means and a term of which it has one.
    fn kinds(&self) -> impl Iterator<Item = (Fate, Term, &'static str)> {
        let mut terms: [Option<(Fate, Term)>; 4] = [None; 4];
        for server in self.scene.cluster.servers() {
            for (index, entry) in self.entries(server) {
                let Some(fate) = self.fate(server, index) else { continue };
                let place = match fate {
                    Fate::Known => 0,
                    Fate::Committed => 1,
                    Fate::Open | Fate::Safe => 2,
                    Fate::Lost => 3,
                };
                terms[place].get_or_insert((fate, entry.term));
            }
        }
        let lost = match self.scene.cluster.violation() {
            None => "will be LOST",
            Some(_) => "not as committed",
        };
        let words = ["committed", "committed, not known", "not yet", lost];
        let kinds = terms.into_iter().zip(words);
        kinds.filter_map(|(kind, words)| kind.map(|(fate, term)| (fate, term, words)))
    }

    /// Whether a script points to an entry that is shown.
    fn speaks(&self) -> bool {
        let servers = self.scene.cluster.servers().iter();
        servers
            .flat_map(|server| self.entries(server).map(|(index, _)| (server.id, index)))
            .any(|(server, index)| self.scene.view.points_at(server, index))
    }

    /// The title, with a sample of each kind of cell that is shown, which says what it means, unless
    /// that is `explained` below.
    fn draw_legend(&self, canvas: &mut Canvas, explained: bool) {
        let theme = canvas.theme();
        let area = Rect { height: 1, ..self.area };
        let mut x = {
            let mut pen = canvas.pen(area, 0);
            pen.skip(1).style(theme.ink(Ink::Text).patch(theme.bold())).put("Logs");
            pen.x() + 2
        };
        let remark = self.remark();
        let kept = if remark.is_empty() { 0 } else { theme.glyphs.width(&remark) + 2 };
        let kinds = self
            .kinds()
            .map(|(fate, term, words)| (sample(fate, words), sample_style(theme, fate, term)));
        let spoken = self.speaks().then(|| (format!(" {SPOKEN} "), spoken_style(theme)));
        for (text, style) in kinds.chain(spoken).filter(|_| !explained) {
            let width = theme.glyphs.width(&text);
            if x + width + 2 + kept > area.right() {
                break;
            }
            canvas.pen_at(x, area.y, width).style(style).put(text);
            x += width + 2;
        }
        for column in x..area.right().saturating_sub(1) {
            canvas.glyph(column, area.y, '─', theme.ink(Ink::Faint));
        }
        if kept > 0 {
            let start = area.right().saturating_sub(kept + 1);
            let text = format!(" {remark} ");
            canvas.pen_at(start, area.y, kept).style(theme.ink(Ink::Dim)).put(text);
        }
    }

    /// "entries 4-7 of 7", where not all are shown.
    fn remark(&self) -> String {
        let last = self.last.0.min(self.end().0 - 1);
        match (self.first.0, self.last.0) {
            (_, 0) => "no entries yet".to_owned(),
            (1, total) if last == total => String::new(),
            (first, total) => format!("entries {first}-{last} of {total}"),
        }
    }

    /// How far the log is committed, and the numbers of the entries.
    fn draw_heading(&self, canvas: &mut Canvas) {
        if self.area.height < 2 {
            return;
        }
        let theme = canvas.theme();
        let strong = theme.ink(Ink::Strong).patch(theme.bold());
        let big = self.is_big();
        let forms = match reading::committed(self.scene.cluster).0 {
            // No mark is gone for good: it comes with the answer.
            _ if self.scene.view.withholds_commits() => {
                ["✓ after the answer", "✓ later"].map(str::to_owned).to_vec()
            }
            0 => vec!["nothing committed".to_owned()],
            index => vec![
                format!("✓ committed up to {index}"),
                format!("✓ up to {index}"),
                format!("✓ {index}"),
            ],
        };
        let (x, y) = (self.area.x + 1, self.area.y + 1);
        let room = match big {
            true => self.area.width.saturating_sub(2),
            false => self.left.saturating_sub(x),
        };
        let capitals = forms[0].to_uppercase();
        let faces = [Face::Small, Face::Narrow];
        match block::fitting(&capitals, room, &faces, theme.glyphs).filter(|_| big) {
            Some(face) => drop(block::draw(canvas, (x, y + 1), &capitals, face, strong)),
            None => {
                let fits = |form: &&String| theme.glyphs.width(form) <= room;
                if let Some(form) = forms.iter().find(fits) {
                    canvas.pen_at(x, y, room).style(strong).put(form);
                }
            }
        }
        if let Some(words) = self.peril().filter(|_| !big) {
            let room = self.area.right().saturating_sub(self.verdicts + 1);
            let style = theme.ink(Ink::Text);
            canvas.pen_at(self.verdicts + 1, y, room).style(style).put_within(&words);
        }
        let y = self.area.y + if big { ABOVE_BIG - 4 } else { 1 };
        for index in (self.first.0..self.end().0.min(self.last.0 + 1)).map(Index) {
            let Some(x) = self.x(index) else { continue };
            let text = index.to_string();
            if big && block::fits(&text, Face::Small, self.cell, theme.glyphs) {
                let width = Face::Small.width(&text).unwrap_or(0);
                let x = x + (self.cell - width) / 2;
                block::draw(canvas, (x, y), &text, Face::Small, strong);
            } else {
                // With the word it is not read as one more number of the heading.
                let forms = [format!("entry {text}"), text];
                let fits = |form: &String| form.len() as u16 <= self.cell;
                let Some(form) = forms.into_iter().find(fits) else { continue };
                let x = x + (self.cell - form.len() as u16) / 2;
                canvas.pen_at(x, y, self.cell).style(strong).put(form);
            }
        }
    }

    fn base_ink(&self, server: &Server) -> Ink {
        let room = self.situation.room_of(server.id);
        let weak = self.ground(room) == Ground::Minority;
        match self.situation.standing(server.id) {
            Standing::Down | Standing::Asleep => Ink::Dim,
            Standing::Stuck(_) => Ink::Soft,
            Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::PreCandidate
            | Standing::Candidate
                if weak =>
            {
                Ink::Soft
            }
            Standing::Leader
            | Standing::Leads
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::PreCandidate
            | Standing::Candidate => Ink::Strong,
        }
    }

    fn draw_row(&self, canvas: &mut Canvas, row: u16, server: &Server) {
        let theme = canvas.theme();
        let y = self.area.y + ABOVE + row;
        let standing = self.situation.standing(server.id);
        let room = self.situation.room_of(server.id);
        let term = server.raft.term();
        let lit = standing == Standing::Leader;
        let x = self.area.x;
        if self.situation.rooms.len() > 1 {
            let majority = self.ground(room) == Ground::Majority;
            let style = match majority {
                true => theme.on(Ground::Lost),
                false => theme.on(Ground::Gate),
            };
            canvas.pen_at(x, y, 1).style(style).put(room_letter(room));
        }
        let base = match lit {
            true => theme.lit(term).patch(theme.bold()),
            false => theme.ink(self.base_ink(server)),
        };
        let selected = self.scene.view.is_marked(server.id);
        let mark = if selected { '►' } else { ' ' };
        let room = self.left.saturating_sub(x + 2);
        let mut pen = canvas.pen_at(x + 1, y, room);
        let name = if lit { base } else { base.patch(theme.bold()) };
        pen.style(theme.ink(Ink::Strong)).put(mark).style(name);
        while lit && pen.room() > 0 {
            pen.put(' ');
        }
        let name_width = digits(self.scene.cluster.servers().len() as u64) + 2;
        let mut pen = canvas.pen_at(x + 2, y, room);
        pen.style(name).put(server.id).column(name_width);
        let style = if standing == Standing::Follower { theme.ink(Ink::Text) } else { name };
        pen.style(style).put(standing.mark()).put(' ').put(standing.word());
        let chip = match standing {
            Standing::Down => base,
            Standing::Leader
            | Standing::Stuck(_)
            | Standing::Leads
            | Standing::PreCandidate
            | Standing::Candidate
            | Standing::Follower
            | Standing::Learner
            | Standing::Outside
            | Standing::Asleep => theme.number(term).patch(theme.bold()),
        };
        let text = format!("t{term}");
        let width = text.len() as u16;
        // A column stays free for the mark of a log that begins before what is shown.
        let end = self.left.saturating_sub(2);
        canvas.pen_at(end.saturating_sub(width), y, width).style(chip).put(text);
        self.draw_cells(canvas, y, server);
        self.draw_verdict(canvas, y, server);
    }

    /// Where the columns stand that a snapshot covers, and how wide they are.
    fn covered(&self, server: &Server) -> Option<(u16, u16)> {
        let base = server.raft.log().base().index;
        let shown = base.min(Index((self.first.0 + self.count).saturating_sub(1)));
        let end = self.x(shown).filter(|_| base >= self.first)?;
        let x = self.x(self.first)?;
        Some((x, end + self.cell - x))
    }

    fn draw_cells(&self, canvas: &mut Canvas, y: u16, server: &Server) {
        let theme = canvas.theme();
        if let Some((x, width)) = self.covered(server) {
            let told = !self.scene.view.withholds_commits();
            let block = Rect { x, y, width, height: 1 };
            draw_covered(canvas, block, server.raft.log().base(), told);
        }
        self.draw_earlier(canvas, y, server);
        for (index, entry) in self.entries(server) {
            let Some(x) = self.x(index) else { continue };
            let cell = Rect { x, y, width: self.cell, height: 1 };
            let fate = self.fate(server, index);
            draw_cell(canvas, cell, entry, fate, self.differs(index, entry));
            if self.scene.view.selection.is_entry(server.id, index) {
                let chosen = Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
                canvas.restyle(cell, chosen);
            }
            if self.scene.view.points_at(server.id, index) {
                canvas.restyle(cell, spoken_style(theme));
            }
            if self.proves(server, index) {
                canvas.restyle(cell, theme.broken());
            }
            if let Some(name) = self.waiter(server, index) {
                let letter: String = name.chars().take(1).collect();
                canvas.pen_at(x + self.cell, y, 1).style(theme.on(Ground::Bright)).user(&letter);
            }
        }
        if let Some(index) = self.lacks(server)
            && let Some(x) = self.x(index)
        {
            let cell = Rect { x, y, width: self.cell, height: 1 };
            canvas.fill(cell, theme.broken());
            canvas.pen(cell, 0).style(theme.broken()).put(" missing");
        }
        for removed in &self.scene.view.fading.removed {
            if let Some(x) = self.x(removed.index).filter(|_| removed.server == server.id) {
                let entry = &removed.entry;
                let mut pen = canvas.pen_at(x, y, self.cell);
                let style = theme.dim().add_modifier(Modifier::CROSSED_OUT);
                pen.style(theme.dim()).put(theme.glyphs.removed());
                pen.style(style).put(words(entry, true, theme.glyphs));
            }
        }
    }

    /// Whether this entry is part of what proves that a rule is broken.
    fn proves(&self, server: &Server, index: Index) -> bool {
        self.scene.cluster.violation().is_some_and(|violation| {
            violation.index == Some(index) && violation.servers.contains(server.id)
        })
    }

    /// The entry of which the lack proves that.
    fn lacks(&self, server: &Server) -> Option<Index> {
        let index = self.scene.cluster.violation()?.index?;
        let log = server.raft.log();
        let lacks = log.get(index).is_none() && index > log.base().index;
        (lacks && self.proves(server, index)).then_some(index)
    }

    /// Whether the leader that can commit has another entry there.
    fn differs(&self, index: Index, entry: &Entry) -> bool {
        if self.scene.view.withholds() {
            return false;
        }
        let lit = self
            .scene
            .cluster
            .servers()
            .iter()
            .find(|server| self.situation.standing(server.id) == Standing::Leader);
        let other = lit.and_then(|leader| leader.raft.log().get(index));
        other.is_some_and(|other| other != entry)
    }

    /// What follows from a server's log.
    fn verdict(&self, server: &Server) -> Option<Verdict> {
        if self.scene.view.withholds() {
            return None;
        }
        let cluster = self.scene.cluster;
        if let Some(first) = self.situation.first_lost(cluster, server) {
            // Where a rule is broken or a disk was lost, nothing is certain any more.
            let certain = cluster.violation().is_none() && !cluster.checker().is_void();
            return Some(match certain {
                true => Verdict::Lost(first, server.raft.log().last_index()),
                false => Verdict::Conflicts(first),
            });
        }
        let danger = self.situation.first_in_danger(cluster, server);
        let last = server.raft.log().last_index();
        let Some(need) = self.situation.need(cluster, server) else {
            return danger.map(|first| Verdict::Danger(first, last));
        };
        let coming = need.coming.len();
        Some(match (need.more, need.old_term, danger) {
            // Copies alone never commit it (§5.4.2).
            (_, true, Some(first)) => Verdict::Danger(first, last),
            (_, true, None) => Verdict::Needs(format!("needs t{} entry", server.raft.term())),
            (0, false, _) => Verdict::Needs("commits".to_owned()),
            (more, false, Some(first)) => Verdict::NeedsInDanger(first, last, more),
            (more, false, None) if coming > 0 => {
                Verdict::Needs(format!("needs {more}, {coming} coming"))
            }
            (more, false, None) => Verdict::Needs(format!("needs {more} {}", copies(&need))),
        })
    }

    /// Whether anything is in danger, in words, where no row says that something is.
    fn peril(&self) -> Option<String> {
        let cluster = self.scene.cluster;
        if self.last == Index::ZERO {
            return None;
        }
        if self.scene.view.withholds() {
            return Some("danger: not told yet".to_owned());
        }
        let servers = cluster.servers();
        if servers.iter().any(|server| self.verdict(server).is_some_and(|it| it.is_bad())) {
            return None;
        }
        // A rule is left out or broken, or a disk was lost: what Raft keeps may be gone at any moment.
        let certain = cluster.flaws().is_empty()
            && cluster.violation().is_none()
            && !cluster.checker().is_void();
        if !certain {
            return Some("nothing is certain".to_owned());
        }
        let stays = |server: &Server| {
            // Who has the last that is not settled has those before it (Log Matching).
            let last = server.raft.log().last_index();
            self.situation.fate(cluster, server, last).is_none_or(Fate::stays)
        };
        if servers.iter().all(stays) {
            return Some("nothing in danger".to_owned());
        }
        // A leader overwrites nothing in its own log (Leader Append-Only).
        let leads = |server: &&Server| self.situation.standing(server.id) == Standing::Leader;
        servers.iter().find(leads).map(|leader| format!("safe while {} leads", leader.id))
    }

    fn draw_verdict(&self, canvas: &mut Canvas, y: u16, server: &Server) {
        let theme = canvas.theme();
        let Some(verdict) = self.verdict(server) else { return };
        let style = match verdict.is_bad() {
            true => theme.on(Ground::Lost),
            false => theme.ink(Ink::Strong).patch(theme.bold()),
        };
        let room = self.area.right().saturating_sub(self.verdicts);
        let [long, short] = verdict.in_row().map(|form| format!(" {form} "));
        let form = if theme.glyphs.width(&long) <= room { long } else { short };
        canvas.pen_at(self.verdicts, y, room).style(style).put_within(&form);
    }
}
