//! The clients: what each does, which server it asks, and how its last operation ended.
//!
//! ```text
//!  a put x=3@2 S2 ok @3    0.05 s
//!  b put x=9@2 S4 waits    0.62 s
//!    2 of 3 copies; gives up S4 in 0.38 s
//!  c idle
//! ```
//!
//! When there are more clients than rows, those that wait come first until one scrolls. Answers
//! that can't all be right (linearizability is broken) stand above the clients, each with its
//! mark and the time of its return:
//!
//! ```text
//! !b get x         nokey     0.512
//! ```

mod operation;

use ratatui::layout::Rect;

use operation::{put_answer, put_request, put_result, put_work};

use super::canvas::{Canvas, Pen};
use super::text::{Moment, Seconds, digits};
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::client::{Call, Client, Job};
use crate::cluster::history::Record;
use crate::cluster::time::Span;
use crate::cluster::types::{ClientId, ServerSet};

/// A client that waits longer than this is told about in a second row.
const LONG_WAIT: Span = Span::from_millis(200);
/// The most columns for a name, and for what is done.
const NAME_MAX: u16 = 8;
const WORK_MAX: u16 = 18;
/// Columns for the state, at least, and for a time.
const STATE: u16 = 9;
const TIME: u16 = 7;

pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let rows = Rows::of(area, scene);
    let extent = rows.extent;
    let waiting = scene.cluster.clients().iter().filter(|client| client.job.is_some()).count();
    let remark = match extent.shown < extent.total {
        _ if !clashing(scene).is_empty() => "! these clash".to_owned(),
        true if area.width > 40 => format!("{waiting} of {} at work", extent.total),
        true => format!("{waiting} of {}", extent.total),
        false => String::new(),
    };
    canvas.title(area, Pane::Clients.name(), scene.focus(Pane::Clients), &remark);
    let columns = Columns::of(area, scene, &rows);
    for (row, line) in (1..).zip(&rows.lines) {
        let Some(client) = line.client(scene).and_then(|id| scene.cluster.client(id)) else {
            continue;
        };
        match *line {
            Line::Clash(place) => columns.draw_clash(canvas, area, row, scene, place),
            Line::Client(_) => columns.draw_client(canvas, area, row, scene, client),
            Line::Detail(_) => columns.draw_detail(canvas, area, row, scene, client),
        }
    }
    if scene.cluster.clients().is_empty() {
        let dim = canvas.theme().dim();
        canvas.pen(area, 1).style(dim).skip(1).put("no clients");
    }
}

/// The client at a place of the pane.
pub fn hit(area: Rect, scene: &Scene, _: u16, y: u16) -> Option<Target> {
    let rows = Rows::of(area, scene);
    let row = usize::from(y.checked_sub(area.y + 1)?);
    rows.lines.get(row)?.client(scene).map(Target::Client)
}

pub fn extent(area: Rect, scene: &Scene) -> Extent {
    Rows::of(area, scene).extent
}

/// What stands in a row.
#[derive(Clone, Copy, Debug)]
enum Line {
    Client(ClientId),
    /// What a client waits for.
    Detail(ClientId),
    /// An answer that clashes with others: its place in the history.
    Clash(usize),
}

impl Line {
    fn client(self, scene: &Scene) -> Option<ClientId> {
        match self {
            Self::Client(id) | Self::Detail(id) => Some(id),
            Self::Clash(place) => record(scene, place).map(|record| record.client),
        }
    }
}

fn record<'a>(scene: &Scene<'a>, place: usize) -> Option<&'a Record> {
    scene.cluster.history().records().get(place)
}

/// The answers that can't all be right.
fn clashing<'a>(scene: &Scene<'a>) -> &'a [usize] {
    scene.cluster.violation().map_or(&[], |violation| &violation.records)
}

struct Rows {
    lines: Vec<Line>,
    extent: Extent,
}

impl Rows {
    fn of(area: Rect, scene: &Scene) -> Self {
        let (clients, clashing) = (scene.cluster.clients(), clashing(scene));
        let room = usize::from(area.height.saturating_sub(1));
        let total = clashing.len() + clients.len();
        let most = total.saturating_sub(room);
        let first = (scene.view.scroll.clients as usize).min(most);
        let mut lines = Vec::with_capacity(room);
        let ids = |client: &Client| Line::Client(client.id);
        let clashes = clashing.iter().copied().map(Line::Clash);
        if first == 0 && most > 0 {
            let waiting = clients.iter().filter(|client| client.job.is_some());
            let idle = clients.iter().filter(|client| client.job.is_none());
            lines.extend(clashes.chain(waiting.chain(idle).map(ids)).take(room));
        } else {
            lines.extend(clashes.chain(clients.iter().map(ids)).skip(first).take(room));
        }
        let shown = lines.len();
        if shown < room {
            Self::add_details(&mut lines, room - shown, scene);
        }
        let (first, shown, total) = (first as u64, shown as u64, total as u64);
        Self { lines, extent: Extent { first, shown, total } }
    }

    /// A second row for those that wait long, as far as there is room.
    fn add_details(lines: &mut Vec<Line>, mut room: usize, scene: &Scene) {
        let mut place = 0;
        while room > 0 && place < lines.len() {
            if let Line::Client(id) = lines[place]
                && scene.cluster.client(id).is_some_and(|client| waits_long(scene, client))
            {
                lines.insert(place + 1, Line::Detail(id));
                room -= 1;
            }
            place += 1;
        }
    }
}

fn waits_long(scene: &Scene, client: &Client) -> bool {
    client.job.as_ref().is_some_and(|job| scene.cluster.now().since(job.since) > LONG_WAIT)
}

/// Where the columns stand, counted from the pane's left end.
struct Columns {
    name_width: u16,
    work: u16,
    server: u16,
    state: u16,
}

impl Columns {
    fn of(area: Rect, scene: &Scene, rows: &Rows) -> Self {
        let glyphs = scene.view.theme.glyphs;
        let width = |line: &Line| {
            let client = line.client(scene).and_then(|id| scene.cluster.client(id));
            client.map_or(0, |client| glyphs.user_width(&client.name, NAME_MAX).min(NAME_MAX))
        };
        let name_width = rows.lines.iter().map(width).max().unwrap_or(1).max(1);
        let work = 1 + name_width + 1;
        let server_width = digits(scene.cluster.servers().len() as u64) + 1;
        let rest = 1 + server_width + 1 + STATE + TIME;
        let work_width = area.width.saturating_sub(work + rest).min(WORK_MAX);
        let server = work + work_width + 1;
        Self { name_width, work, server, state: server + server_width + 1 }
    }

    fn draw_client(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        scene: &Scene,
        client: &Client,
    ) {
        let theme = canvas.theme();
        let mut pen = canvas.pen(area, row);
        if scene.view.selection.client == Some(client.id) {
            pen.style(theme.bold()).put('►');
        }
        pen.column(1).user_within(&client.name, self.name_width);
        pen.style(theme.plain());
        let (work, server) = match (&client.job, &client.last) {
            (Some(job), _) => (&job.work, job.call.as_ref().and_then(|call| call.asking)),
            (None, Some(last)) => (&last.work, last.server.map(|server| (server, last.at))),
            (None, None) => {
                pen.column(self.work).style(theme.dim()).put("idle");
                return;
            }
        };
        let mut work_pen = canvas.pen_at(area.x + self.work, area.y + row, self.work_width());
        put_work(&mut work_pen, work);
        let mut pen = canvas.pen_at(area.x + self.server, area.y + row, area.width - self.server);
        match server {
            Some((server, _)) => pen.put(server),
            None => pen.put('-'),
        };
        let now = scene.cluster.now();
        let room = area.width.saturating_sub(self.state + 1 + TIME);
        let mut pen = canvas.pen_at(area.x + self.state, area.y + row, room);
        let took = match (&client.job, &client.last) {
            (Some(job), _) => {
                put_waiting(&mut pen, scene, client);
                Some(now.since(job.since))
            }
            (None, Some(last)) => {
                put_result(&mut pen, &client.name, last);
                Some(last.took)
            }
            (None, None) => None,
        };
        if let Some(took) = took {
            // A number that is cut short is another number.
            let forms = [Seconds(took).to_string(), format!("{} s", took.micros() / 1_000_000)];
            let fits = |text: &String| text.len() <= usize::from(TIME);
            let text = forms.into_iter().find(fits).unwrap_or_else(|| "days".to_owned());
            let start = area.right().saturating_sub(text.len() as u16 + 1);
            canvas.pen_at(start, area.y + row, TIME).style(theme.dim()).put(text);
        }
    }

    /// An answer that clashes with others: who asked what, what it was told, and when.
    fn draw_clash(&self, canvas: &mut Canvas, area: Rect, row: u16, scene: &Scene, place: usize) {
        let Some(record) = record(scene, place) else { return };
        let theme = canvas.theme();
        let mut pen = canvas.pen(area, row);
        pen.style(theme.broken()).put('!');
        pen.style(theme.bold())
            .user_within(scene.cluster.names().client(record.client), self.name_width);
        // Nobody asks here which server it was: its column is the request's too.
        let width = self.state.saturating_sub(self.work + 1);
        put_request(&mut canvas.pen_at(area.x + self.work, area.y + row, width), &record.request);
        let Some(returned) = &record.returned else { return };
        let room = area.width.saturating_sub(self.state + 1 + TIME);
        let mut pen = canvas.pen_at(area.x + self.state, area.y + row, room);
        put_answer(pen.style(theme.bold()), &record.request, returned);
        let text = Moment(returned.at).to_string();
        let start = area.right().saturating_sub(text.len() as u16 + 1);
        canvas.pen_at(start, area.y + row, text.len() as u16).style(theme.dim()).put(text);
    }

    const fn work_width(&self) -> u16 {
        self.server - 1 - self.work
    }

    /// What stands between a client and its answer.
    fn draw_detail(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        scene: &Scene,
        client: &Client,
    ) {
        let Some(job) = &client.job else { return };
        let (dim, glyphs) = (canvas.theme().dim(), canvas.theme().glyphs);
        let mut pen = canvas.pen(area, row);
        pen.column(self.work).style(dim);
        let parts = detail(scene, client, job);
        let mut before = "";
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if glyphs.width(part) + before.len() as u16 > pen.room() {
                break;
            }
            pen.put(before).put(part);
            before = "; ";
        }
    }
}

fn put_waiting(pen: &mut Pen, scene: &Scene, client: &Client) {
    // Whether it waits for an entry may be what the class is asked.
    pen.put(match scene.cluster.hears(client) {
        _ if scene.view.withholds() => "asked",
        Some(_) => "hears",
        None => "waits",
    });
    if !client.queue.is_empty() {
        pen.put(format_args!(" +{}", client.queue.len()));
    }
}

/// "2 of 3 copies", "waits 0.38 s more for S4": the more important first.
fn detail(scene: &Scene, client: &Client, job: &Job) -> [String; 2] {
    let cluster = scene.cluster;
    if scene.view.withholds() {
        return [String::new(), String::new()];
    }
    let Some(call) = &job.call else { return ["between two tries".to_owned(), String::new()] };
    let left = Seconds(call.until.since(cluster.now()));
    let Some((server, _)) = call.asking else {
        return ["has asked all".to_owned(), format!("begins again in {left}")];
    };
    // Who has the request counts by its own configuration.
    let asked = cluster.server(server);
    let all = asked.map_or(cluster.configuration(), |server| cluster.configuration_of(server));
    let copies = match holders(scene, client, call) {
        None => String::new(),
        // Enough, but word of them has not reached the server that counts.
        Some(holders) if all.has_quorum(holders) => {
            format!("{} copies, not known yet", holders.len())
        }
        Some(holders) => {
            format!("{} of {} copies", all.voting(holders).0, all.enough_with(holders))
        }
    };
    [copies, format!("waits {left} more for {server}")]
}

/// On whose disks the entry is for which a client waits.
fn holders(scene: &Scene, client: &Client, call: &Call) -> Option<ServerSet> {
    let (server, _) = call.asking?;
    let server = scene.cluster.server(server)?;
    let waits = |waiter: &&crate::cluster::rsm::Waiter| {
        waiter.client == client.id && waiter.call == call.number
    };
    let waiter = server.rsm.waiters.iter().find(waits)?;
    let entry = server.awaited(waiter)?;
    Some(scene.cluster.synced(waiter.index, entry))
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::cluster::check::clashed;
    use crate::ui::trace::Trace;
    use crate::ui::view::View;

    /// The rows of the pane alone.
    fn rows(width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let (cluster, view, trace) = (clashed(), View::default(), Trace::default());
        let scene = Scene { cluster: &cluster, view: &view, trace: &trace };
        let mut buffer = Buffer::empty(area);
        draw(&mut Canvas::new(&mut buffer, view.theme), area, &scene);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn answers_that_clash_stand_above_the_clients_with_a_mark() {
        let rows = rows(35, 5);
        assert_eq!(
            rows,
            [
                "─ Clients ───────── ! these clash ─",
                "!a put x=1@0       ok @1     0.401",
                "!b get x           nokey     0.401",
                " a put x=1@0    S1 ok @1    0.05 s",
                " b get x        S1 nokey    0.00 s",
            ]
        );
    }
}
