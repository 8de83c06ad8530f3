//! The maps, side by side: one row a key, one column a server.
//!
//! ```text
//!      S1   S2   S3   S4   S5
//! x   3@3  3@3 <2@2 <2@2 <2@2      an older value is dim, with a `<` before it
//! y   5@1  5@1  5@1  5@1  5@1
//! ```
//!
//! Where not every server has room for a column, a row says how many have which value. The rows
//! are those of the server that has applied most, in the order of the keys.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, Focus, Pen};
use super::text::digits;
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::Cluster;
use crate::cluster::kv::Stored;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Index, Key};

/// The most columns for a key.
const KEY_MAX: u16 = 12;
/// The least and the most columns for a value with its version.
const CELL_MIN: u16 = 5;
const CELL_MAX: u16 = 12;

pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let Some(newest) = newest_map(scene.cluster) else { return };
    let extent = extent(area, scene);
    let remark = match extent.shown < extent.total {
        true => format!("{} of {}", extent.shown, extent.total),
        false => String::new(),
    };
    canvas.title(area, Pane::Values.name(), scene.focus(Pane::Values), &remark);
    let dim = canvas.theme().dim();
    if scene.view.withholds_commits() {
        canvas.pen(area, 1).skip(1).style(dim).put("told once the question is answered");
        return;
    }
    if newest.rsm.kv.is_empty() {
        let written =
            scene.cluster.servers().iter().any(|one| one.raft.log().last_index() > Index(0));
        let text = match written {
            _ if scene.cluster.has_own_service() => "the service is the guest's own",
            true => "nothing applied yet",
            false => "nothing written yet",
        };
        canvas.pen(area, 1).skip(1).style(dim).put(text);
        return;
    }
    let columns = Columns::of(area, scene, extent);
    columns.draw_heading(canvas, area, scene);
    let keys = newest.rsm.kv.iter().skip(extent.first as usize).take(extent.shown as usize);
    for (row, (key, _)) in (2..).zip(keys) {
        columns.draw_key(canvas, area, row, scene, key);
    }
}

/// The key at a place of the pane.
pub fn hit(area: Rect, scene: &Scene, _: u16, y: u16) -> Option<Target> {
    let extent = extent(area, scene);
    let row = u64::from(y.checked_sub(area.y + 2)?);
    let newest = newest_map(scene.cluster)?;
    let place = usize::try_from(extent.first + row).ok().filter(|_| row < extent.shown)?;
    newest.rsm.kv.iter().nth(place).map(|(key, _)| Target::Key(key.clone()))
}

pub fn extent(area: Rect, scene: &Scene) -> Extent {
    let total = newest_map(scene.cluster).map_or(0, |server| server.rsm.kv.len()) as u64;
    let shown = u64::from(area.height.saturating_sub(2)).min(total);
    let first = u64::from(scene.view.scroll.values).min(total - shown);
    Extent { first, shown, total }
}

/// The server that has applied most.
fn newest_map(cluster: &Cluster) -> Option<&Server> {
    cluster.servers().iter().max_by_key(|server| server.rsm.applied)
}

/// Where the columns stand, counted from the pane's left end.
struct Columns {
    key_width: u16,
    /// How wide a server's column is; `None` when there is no room for all of them.
    cell: Option<u16>,
}

impl Columns {
    fn of(area: Rect, scene: &Scene, extent: Extent) -> Self {
        let glyphs = scene.view.theme.glyphs;
        let servers = scene.cluster.servers();
        let keys = newest_map(scene.cluster).into_iter().flat_map(|server| server.rsm.kv.iter());
        let shown = keys.skip(extent.first as usize).take(extent.shown as usize);
        let widths = shown.map(|(key, _)| glyphs.user_width(key, KEY_MAX).min(KEY_MAX));
        let key_width = widths.max().unwrap_or(1);
        let room = area.width.saturating_sub(key_width + 2);
        let cell = room / servers.len().max(1) as u16;
        Self { key_width, cell: (cell >= CELL_MIN).then_some(cell.min(CELL_MAX)) }
    }

    const fn start(&self) -> u16 {
        1 + self.key_width + 1
    }

    fn draw_heading(&self, canvas: &mut Canvas, area: Rect, scene: &Scene) {
        let theme = canvas.theme();
        let Some(cell) = self.cell else {
            let text = "value@version, on how many servers";
            canvas.pen(area, 1).column(self.start()).style(theme.dim()).put(text);
            return;
        };
        for (place, server) in (0..).zip(scene.cluster.servers()) {
            let width = digits(u64::from(server.id.number())) + 1;
            let end = area.x + self.start() + (place + 1) * cell;
            let selected = scene.view.selection.server == Some(server.id);
            let style = if selected { theme.bold() } else { theme.dim() };
            canvas.pen_at(end - width, area.y + 1, width).style(style).put(server.id);
        }
    }

    fn draw_key(&self, canvas: &mut Canvas, area: Rect, row: u16, scene: &Scene, key: &Key) {
        let theme = canvas.theme();
        let mut pen = canvas.pen(area, row);
        let selection = &scene.view.selection;
        if selection.key.as_ref() == Some(key) && scene.focus(Pane::Values) == Focus::Here {
            pen.style(theme.bold()).put('►');
        }
        pen.column(1).user_within(key, self.key_width);
        let newest = newest_value(scene.cluster, key);
        match self.cell {
            Some(cell) => {
                for (place, server) in (0..).zip(scene.cluster.servers()) {
                    let start = area.x + self.start() + place * cell;
                    self.draw_value(canvas, (start, area.y + row, cell), server, key, newest);
                }
            }
            None => self.draw_counts(canvas, area, row, scene, key),
        }
    }

    /// One server's value, aligned to the right of its column.
    fn draw_value(
        &self,
        canvas: &mut Canvas,
        (x, y, width): (u16, u16, u16),
        server: &Server,
        key: &Key,
        newest: Option<&Stored>,
    ) {
        let theme = canvas.theme();
        let (mark, style) = match (server.power, server.rsm.kv.get(key)) {
            (Power::Down, _) => return,
            (Power::Up | Power::Asleep, None) => {
                canvas.pen_at(x + width - 1, y, 1).style(theme.dim()).put('-');
                return;
            }
            (Power::Up | Power::Asleep, Some(stored)) => standing(theme, stored, newest),
        };
        let Some(stored) = server.rsm.kv.get(key) else { return };
        let version = format!("@{}", stored.version);
        let marked = theme.glyphs.width(mark);
        let room = width.saturating_sub(2 + version.len() as u16);
        let value = theme.glyphs.user_width(&stored.value, room).min(room);
        let used = marked + value + version.len() as u16;
        let mut pen = canvas.pen_at(x + width.saturating_sub(used), y, used);
        pen.style(style).put(mark).user_within(&stored.value, value).put(version);
    }

    /// "3@3 on 20, <2@2 on 5".
    fn draw_counts(&self, canvas: &mut Canvas, area: Rect, row: u16, scene: &Scene, key: &Key) {
        let theme = canvas.theme();
        let newest = newest_value(scene.cluster, key);
        let mut counts: Vec<(&Stored, u32)> = Vec::new();
        let running = scene.cluster.servers().iter().filter(|one| one.power != Power::Down);
        for stored in running.filter_map(|server| server.rsm.kv.get(key)) {
            match counts.iter_mut().find(|(other, _)| *other == stored) {
                Some((_, count)) => *count += 1,
                None => counts.push((stored, 1)),
            }
        }
        counts.sort_by_key(|(stored, _)| std::cmp::Reverse(stored.version));
        let mut pen = canvas.pen(area, row);
        pen.column(self.start());
        for (place, (stored, count)) in counts.into_iter().enumerate() {
            let (mark, style) = standing(theme, stored, newest);
            pen.style(style).put(if place > 0 { ", " } else { "" }).put(mark);
            put_stored(&mut pen, stored).put(format_args!(" on {count}"));
        }
    }
}

fn put_stored<'a, 'b>(pen: &'a mut Pen<'b>, stored: &Stored) -> &'a mut Pen<'b> {
    pen.user_within(&stored.value, CELL_MAX).put(format_args!("@{}", stored.version))
}

/// How a value stands beside the newest of its key.
fn standing(
    theme: super::theme::Theme,
    stored: &Stored,
    newest: Option<&Stored>,
) -> (&'static str, Style) {
    match newest {
        Some(newest) if newest.version > stored.version => ("<", theme.dim()),
        Some(newest) if newest.value != stored.value => ("≠", theme.broken()),
        Some(_) | None => ("", theme.plain()),
    }
}

/// The value of the highest version on any running server.
fn newest_value<'a>(cluster: &'a Cluster, key: &str) -> Option<&'a Stored> {
    let running = cluster.servers().iter().filter(|server| server.power != Power::Down);
    let mut values = running.filter_map(|server| server.rsm.kv.get(key));
    let first = values.next()?;
    // Of two at the same version the first stays, so that the other one is told from it.
    Some(values.fold(first, |best, one| if one.version > best.version { one } else { best }))
}
