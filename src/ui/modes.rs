//! Partition mode: what is being formed, over the last rows. Nothing is cut before `Enter`. Link mode
//! has a pane of its own.
//!
//! ```text
//! ─ Partition ────────────────────────────────────────────────────── time stands ─
//!  A  S1 S2 S3   client a     3 of 5, majority
//!  B  S4 S5      client b     2 of 5, no majority                cuts 12 links
//!  1-9 server  a-e client  l leader+1 against the rest  Enter cut  Esc back
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, Focus};
use super::footer;
use super::map::{groups, room_letter};
use super::view::{PartitionEdit, Scene};
use crate::cluster::types::ServerSet;

/// Rows over which the panel lies, above the footer.
fn panel(canvas: &mut Canvas, footer: Rect, rows: u16, title: &str) -> Rect {
    let rows = rows.min(footer.y);
    let area = Rect { y: footer.y - rows, height: rows, ..footer };
    canvas.clear(area);
    canvas.clear(footer);
    canvas.title(area, title, Focus::Elsewhere, "paused");
    area
}

/// Draws the groups that are being formed.
pub fn draw_partition(canvas: &mut Canvas, footer: Rect, scene: &Scene, edit: &PartitionEdit) {
    let mut groups = groups(edit);
    if groups.len() == 1 {
        groups.push(ServerSet::EMPTY);
    }
    let area = panel(canvas, footer, 1 + groups.len() as u16, "Partition");
    let servers = scene.cluster.servers().len();
    let widest = groups.iter().map(|set| 3 * set.len() as u16).max();
    let clients_at = 5 + widest.unwrap_or(0).max(9).min(area.width / 3);
    let size_at = clients_at + area.width / 6;
    for (place, set) in groups.into_iter().enumerate() {
        let row = 1 + place as u16;
        let theme = canvas.theme();
        let mut pen = canvas.pen(area, row);
        pen.style(theme.bold()).skip(1).put(room_letter(place)).skip(2);
        for server in set.iter() {
            if pen.x() + 4 > area.x + clients_at {
                pen.style(theme.plain()).put("..");
                break;
            }
            let cursor = edit.cursor == Some(server);
            pen.style(if cursor { theme.bold() } else { theme.plain() });
            pen.put(if cursor { "►" } else { "" }).put(server).put(' ');
        }
        let width = size_at - clients_at - 1;
        let mut pen = canvas.pen_at(area.x + clients_at, area.y + row, width);
        let group = set.iter().next().and_then(|first| edit.servers.get(first.index()));
        draw_clients(&mut pen, scene, edit, group.copied());
        let majority = scene.cluster.configuration().has_quorum(set);
        let word = if majority { "majority" } else { "no majority" };
        let mut pen = canvas.pen(area, row);
        pen.column(size_at).put(format_args!("{} of {servers}, {word}", set.len()));
    }
    draw_cuts(canvas, area, edit);
    if !footer::draw_notice(canvas, footer, scene) {
        footer::draw_hints(canvas, footer, &scene.view.hints);
    }
}

fn draw_clients(
    pen: &mut super::canvas::Pen,
    scene: &Scene,
    edit: &PartitionEdit,
    group: Option<u8>,
) {
    let clients = scene.cluster.clients().iter().zip(&edit.clients);
    let mut own =
        clients.filter(|(_, own)| own.is_some() && **own == group).map(|(client, _)| client);
    let Some(first) = own.next() else { return };
    pen.put("client ").user_within(&first.name, 12);
    for client in own {
        if pen.room() < 4 {
            break;
        }
        pen.put(' ').user_within(&client.name, 12);
    }
}

/// How many directed links between servers the partition cuts, in the last row.
fn draw_cuts(canvas: &mut Canvas, area: Rect, edit: &PartitionEdit) {
    let differs = |one: &u8| edit.servers.iter().filter(|other| *other != one).count();
    let links: usize = edit.servers.iter().map(differs).sum();
    let text = format!("cuts {links} links");
    let start = area.right().saturating_sub(text.len() as u16 + 1);
    let dim = canvas.theme().dim();
    canvas.pen_at(start, area.bottom() - 1, area.width).style(dim).put(text);
}
