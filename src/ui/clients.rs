//! The clients: what each does, which server it asks, and how its last operation ended.
//!
//! ```text
//!  a put x=3@2 S2 ok @3    0.05 s
//!  b put x=9@2 S4 waits    0.62 s
//!    2 of 3 copies; gives up S4 in 0.38 s
//!  c idle
//! ```
//!
//! When there are more clients than rows, those that wait come first until one scrolls.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Pen};
use super::text::{Seconds, digits};
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::client::{Call, Client, Finished, Job, Work};
use crate::cluster::time::Span;
use crate::cluster::types::{Answer, ClientId, Outcome, Version};

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
        true if area.width > 40 => format!("{waiting} of {} at work", extent.total),
        true => format!("{waiting} of {}", extent.total),
        false => String::new(),
    };
    canvas.title(area, Pane::Clients.name(), scene.focus(Pane::Clients), &remark);
    let columns = Columns::of(area, scene, &rows);
    for (row, line) in (1..).zip(&rows.lines) {
        let (Line::Client(id) | Line::Detail(id)) = *line;
        let Some(client) = scene.cluster.client(id) else { continue };
        match line {
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
pub fn hit(area: Rect, scene: &Scene, y: u16) -> Option<Target> {
    let rows = Rows::of(area, scene);
    let row = usize::from(y.checked_sub(area.y + 1)?);
    let (Line::Client(id) | Line::Detail(id)) = *rows.lines.get(row)?;
    Some(Target::Client(id))
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
}

struct Rows {
    lines: Vec<Line>,
    extent: Extent,
}

impl Rows {
    fn of(area: Rect, scene: &Scene) -> Self {
        let clients = scene.cluster.clients();
        let room = usize::from(area.height.saturating_sub(1));
        let most = clients.len().saturating_sub(room);
        let first = (scene.view.scroll.clients as usize).min(most);
        let mut lines = Vec::with_capacity(room);
        let ids = |client: &Client| client.id;
        if first == 0 && most > 0 {
            let waiting = clients.iter().filter(|client| client.job.is_some());
            let idle = clients.iter().filter(|client| client.job.is_none());
            lines.extend(waiting.chain(idle).take(room).map(ids).map(Line::Client));
        } else {
            lines.extend(clients.iter().skip(first).take(room).map(ids).map(Line::Client));
        }
        let shown = lines.len();
        if shown < room {
            Self::add_details(&mut lines, room - shown, scene);
        }
        let (first, shown, total) = (first as u64, shown as u64, clients.len() as u64);
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
            let (Line::Client(id) | Line::Detail(id)) = *line;
            let client = scene.cluster.client(id);
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
        let room = area.width.saturating_sub(self.state + TIME);
        let mut pen = canvas.pen_at(area.x + self.state, area.y + row, room);
        let took = match (&client.job, &client.last) {
            (Some(job), _) => {
                put_waiting(&mut pen, client);
                Some(now.since(job.since))
            }
            (None, Some(last)) => {
                put_result(&mut pen, last);
                Some(last.took)
            }
            (None, None) => None,
        };
        if let Some(took) = took {
            let text = Seconds(took).to_string();
            let start = area.right().saturating_sub(text.len() as u16 + 1);
            canvas.pen_at(start, area.y + row, TIME).style(theme.dim()).put(text);
        }
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

/// "put x=9 @2", in full or cut short.
fn put_work(pen: &mut Pen, work: &Work) {
    match work {
        Work::Get { key } => pen.put("get ").user(key),
        Work::Put { key, value, version } => put_write(pen, "put ", key, value, Some(*version)),
        Work::Set { key, value } => put_write(pen, "set ", key, value, None),
        Work::Check { key, .. } => pen.put("check ").user(key),
        Work::Acquire { lock } => pen.put("acquire ").user(lock),
        Work::Release { lock } => pen.put("release ").user(lock),
    };
}

fn put_write<'a, 'b>(
    pen: &'a mut Pen<'b>,
    verb: &str,
    key: &str,
    value: &str,
    version: Option<Version>,
) -> &'a mut Pen<'b> {
    let version = version.map(|version| format!("@{version}")).unwrap_or_default();
    let behind = version.len() as u16;
    pen.put(verb);
    let room = pen.room().saturating_sub(1 + behind);
    pen.user_within(key, room.div_ceil(2)).put('=');
    let room = pen.room().saturating_sub(behind);
    pen.user_within(value, room).put(version)
}

fn put_waiting(pen: &mut Pen, client: &Client) {
    pen.put("waits");
    if !client.queue.is_empty() {
        pen.put(format_args!(" +{}", client.queue.len()));
    }
}

/// "ok @3"; for a get, what it found: "3 @2".
fn put_result(pen: &mut Pen, last: &Finished) {
    let Answer { outcome, value, version } = &last.result;
    match (&last.work, outcome) {
        (Work::Get { .. }, Outcome::Ok) => {
            let version = format!(" @{version}");
            let room = pen.room().saturating_sub(version.len() as u16);
            let text: &str = if value.is_empty() { "\"\"" } else { value };
            pen.user_within(text, room).put(version);
        }
        (Work::Acquire { .. }, Outcome::Ok) => {
            pen.put("held");
        }
        (Work::Release { .. }, Outcome::Ok) => {
            pen.put("free");
        }
        (_, Outcome::Ok | Outcome::Version) => {
            let version = format!(" @{version}");
            // A number that is cut short is another number.
            if pen.put(outcome).room() >= version.len() as u16 {
                pen.put(version);
            }
        }
        (_, Outcome::NoKey | Outcome::Maybe) => {
            pen.put(outcome);
        }
    }
}

/// "2 of 3 copies", "gives up S4 in 0.38 s": the more important first.
fn detail(scene: &Scene, client: &Client, job: &Job) -> [String; 2] {
    let cluster = scene.cluster;
    let Some(call) = &job.call else { return ["between two tries".to_owned(), String::new()] };
    let left = Seconds(call.until.since(cluster.now()));
    let Some((server, _)) = call.asking else {
        return ["has asked all".to_owned(), format!("begins again in {left}")];
    };
    let needed = cluster.majority();
    let copies = copies(scene, client, call);
    let copies = copies.map(|copies| format!("{copies} of {needed} copies")).unwrap_or_default();
    [copies, format!("gives up {server} in {left}")]
}

/// On how many servers the entry is for which a client waits.
fn copies(scene: &Scene, client: &Client, call: &Call) -> Option<usize> {
    let (server, _) = call.asking?;
    let server = scene.cluster.server(server)?;
    let waits = |waiter: &&crate::cluster::rsm::Waiter| {
        waiter.client == client.id && waiter.call == call.number
    };
    let waiter = server.rsm.waiters.iter().find(waits)?;
    Some(scene.cluster.copies(waiter.index, waiter.term).len())
}
