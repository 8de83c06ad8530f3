//! Clients on the map: those that wait stand under the server that they wait for, the others at
//! the foot of the map.
//!
//! A tab says at which stage the client's operation is: its request is on its way to the server,
//! the server has it and the client waits for an entry, or the answer is on its way back.

use ratatui::layout::Rect;

use super::Picture;
use super::plan::{CardSize, Scale};
use crate::cluster::client::{Call, Client};
use crate::cluster::network::{Packet, Reply, Rpc};
use crate::cluster::types::{ClientId, Index, Node, Outcome, Request, ServerId};
use crate::ui::block::{self, Face};
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Glyphs;
use crate::ui::text::Seconds;
use crate::ui::theme::{Ground, Ink};
use crate::ui::view::Target;

/// The most clients that are named; of more, the number is told.
const NAMED_MAX: usize = 3;
/// The most columns of a client's name.
const NAME_WIDTH: u16 = 8;

/// What stands under a server, or at the foot of the map.
pub struct Tab {
    pub area: Rect,
    kind: Kind,
}

enum Kind {
    One { client: ClientId, name: String, stage: Stage },
    Many { names: String },
    Foot { text: String },
}

impl Tab {
    /// What pointing at it selects.
    pub fn target(&self) -> Option<Target> {
        match &self.kind {
            Kind::One { client, .. } => Some(Target::Client(*client)),
            Kind::Many { .. } | Kind::Foot { .. } => None,
        }
    }

    /// The columns that its name takes.
    fn least(&self) -> u16 {
        match &self.kind {
            Kind::One { name, .. } => (name.chars().count() as u16).min(NAME_WIDTH) + 3,
            Kind::Many { names } => names.chars().count() as u16 + 8,
            Kind::Foot { .. } => 0,
        }
    }

    pub fn draw(&self, canvas: &mut Canvas) {
        let theme = canvas.theme();
        let strong = theme.ink(Ink::Strong).patch(theme.bold());
        match &self.kind {
            Kind::One { name, stage, .. } => {
                if self.area.height >= 3 && self.draw_big(canvas, name, stage) {
                    return;
                }
                let mut pen = canvas.pen(self.area, 0);
                pen.style(strong).put('▲').style(theme.on(Ground::Bright));
                pen.put(' ').user_within(name, NAME_WIDTH).put(' ');
                let room = pen.room();
                let forms = stage.forms();
                let fits = |(word, more): &(String, String)| {
                    theme.glyphs.width(word) + theme.glyphs.width(more) <= room
                };
                let (word, more) = forms.iter().find(|form| fits(form)).unwrap_or(&forms[3]);
                pen.style(strong).put(word);
                pen.style(theme.ink(Ink::Text).patch(theme.bold())).put_within(more);
            }
            Kind::Many { names } => {
                let mut pen = canvas.pen(self.area, 0);
                pen.style(strong).put('▲').style(theme.on(Ground::Bright));
                pen.put(' ').put(names).put(' ').style(strong).put(" wait");
            }
            Kind::Foot { text } => {
                let mut pen = canvas.pen(self.area, 0);
                pen.style(theme.ink(Ink::Dim)).put_within(text);
            }
        }
    }

    /// In block letters, where there is room.
    fn draw_big(&self, canvas: &mut Canvas, name: &str, stage: &Stage) -> bool {
        let theme = canvas.theme();
        let Some(width) = Face::Small.width(name) else { return false };
        let word = stage.word.to_uppercase();
        let rest = self.area.width.saturating_sub(width + 5);
        if !block::fits(&word, Face::Small, rest, theme.glyphs) {
            return false;
        }
        let (x, y) = (self.area.x, self.area.y);
        let bright = theme.on(Ground::Bright);
        canvas.fill(Rect { x, y, width: width + 2, height: 3 }, bright);
        block::draw(canvas, (x + 1, y), name, Face::Small, bright);
        let strong = theme.ink(Ink::Strong);
        let end = block::draw(canvas, (x + width + 4, y), &word, Face::Small, strong);
        let rest = self.area.right().saturating_sub(end + 3);
        let bold = theme.ink(Ink::Text).patch(theme.bold());
        if block::fits(&stage.what, Face::Small, rest, theme.glyphs) {
            block::draw(canvas, (end + 3, y), &stage.what, Face::Small, strong);
            return true;
        }
        canvas.pen_at(end + 2, y, rest).style(bold).put_within(&stage.what);
        if let Some(index) = stage.entry {
            canvas.pen_at(end + 2, y + 1, rest).style(bold).put(format_args!("entry {index}"));
        }
        canvas.pen_at(end + 2, y + 2, rest).style(theme.ink(Ink::Dim)).put_within(&stage.time);
        true
    }
}

/// At which stage an operation is at a server.
struct Stage {
    /// "waits", "asks", "hears ok".
    word: String,
    /// The entry that answers it.
    entry: Option<Index>,
    /// "x=3", "read x".
    what: String,
    time: String,
}

impl Stage {
    /// What a tab says, the longest form first: a word, and what is less bold.
    fn forms(&self) -> [(String, String); 4] {
        let Self { word, entry, what, time } = self;
        let at = entry.map(|index| format!(" for entry {index}")).unwrap_or_default();
        [
            (format!(" {word}{at}: "), format!("{what}  {time}")),
            (format!(" {word}{at}: "), what.clone()),
            (format!(" {word}: "), what.clone()),
            (format!(" {word}"), String::new()),
        ]
    }
}

/// The tabs of all clients.
pub fn tabs(picture: &Picture) -> Vec<Tab> {
    let clients = picture.scene.cluster.clients();
    let servers = picture.scene.cluster.servers();
    let mut taken: Vec<Rect> = servers.iter().map(|server| picture.plan.card(server.id)).collect();
    let mut tabs = Vec::new();
    for server in servers {
        let waits = |client: &&Client| asked(client) == Some(server.id);
        let waiting: Vec<&Client> = clients.iter().filter(waits).collect();
        let Some(tab) = under(picture, server.id, &waiting) else { continue };
        // Where even its name has no room, the list of clients has it.
        if let Some(area) = free(tab.area, &taken).filter(|area| area.width >= tab.least()) {
            taken.push(area);
            tabs.push(Tab { area, ..tab });
        }
    }
    let idle: Vec<&str> =
        clients.iter().filter(|client| client.job.is_none()).map(|client| &*client.name).collect();
    let seeking: Vec<&Client> =
        clients.iter().filter(|client| client.job.is_some() && asked(client).is_none()).collect();
    let foot = foot(picture, &idle, &seeking);
    tabs.extend(foot.filter(|foot| !taken.iter().any(|area| area.intersects(foot.area))));
    tabs
}

/// As much of an area as nothing else takes: its first row, if something stands in one below, up
/// to what stands in its way. `None` if its beginning is taken.
fn free(area: Rect, taken: &[Rect]) -> Option<Rect> {
    let crossing = |area: Rect| taken.iter().filter(move |other| other.intersects(area));
    let height = if crossing(area).next().is_some() { 1 } else { area.height };
    let row = Rect { height, ..area };
    let end = crossing(row).map(|other| other.x.saturating_sub(1)).min();
    let width = end.map_or(row.width, |end| end.saturating_sub(row.x));
    (width > 0).then_some(Rect { width, ..row })
}

/// The server that a client asks now.
fn asked(client: &Client) -> Option<ServerId> {
    client.call()?.asking.map(|(server, _)| server)
}

/// The tab under a server.
fn under(picture: &Picture, server: ServerId, waiting: &[&Client]) -> Option<Tab> {
    let card = picture.plan.card(server);
    let room = picture.room_area(server);
    let glyphs = picture.scene.view.theme.glyphs;
    let big = picture.plan.scale == Scale::Xl
        && matches!(picture.plan.card, CardSize::Xl | CardSize::Big);
    let (kind, wanted) = match waiting {
        [] => return None,
        [client] => {
            let stage = stage(picture, client, server)?;
            let name = client.name.to_string();
            let (word, more) = &stage.forms()[0];
            let text = glyphs.width(word) + glyphs.width(more);
            let wanted = if big { 60 } else { text + glyphs.user_width(&name, NAME_WIDTH) + 4 };
            (Kind::One { client: client.id, name, stage }, wanted)
        }
        clients => {
            let names = if clients.len() > NAMED_MAX {
                format!("{} clients", clients.len())
            } else {
                let shown = |client: &&Client| glyphs.shown(&client.name, NAME_WIDTH);
                clients.iter().map(shown).collect::<Vec<_>>().join(" ")
            };
            let wanted = glyphs.width(&names) + 9;
            (Kind::Many { names }, wanted)
        }
    };
    let width = wanted.min(room.width.saturating_sub(2));
    let x = (card.x + 1).min(room.right().saturating_sub(width + 1)).max(room.x + 1);
    let height = if big { 3 } else { 1 };
    let area = Rect { x, y: card.bottom(), width, height };
    (area.bottom() <= room.bottom()).then_some(Tab { area, kind })
}

/// At which stage a client's call at a server is.
fn stage(picture: &Picture, client: &Client, server: ServerId) -> Option<Stage> {
    let call = client.call()?;
    let cluster = picture.scene.cluster;
    let time = Seconds(cluster.now().since(call.since)).to_string();
    let what = what(&call.request, picture.scene.view.theme.glyphs);
    let packets = cluster.packets();
    let of_client = |packet: &&&Packet| match (packet.from, packet.to) {
        (Node::Client(from), Node::Server(to)) => from == client.id && to == server,
        (Node::Server(from), Node::Client(to)) => to == client.id && from == server,
        (Node::Client(_), Node::Client(_)) | (Node::Server(_), Node::Server(_)) => false,
    };
    let present = |rpc: &&Rpc| rpc.attempt() == (call.number, call.attempt);
    let mut rpcs = packets.iter().filter(of_client).filter_map(|packet| packet.cargo.client());
    let (word, entry) = match rpcs.find(present) {
        Some(Rpc::Request { .. }) => (format!("asks {server}"), None),
        Some(Rpc::Reply { reply, .. }) => (format!("hears \"{}\"", answer(reply)), None),
        None => ("waits".to_owned(), entry(picture, client, call, server)),
    };
    Some(Stage { word, entry, what, time })
}

/// The entry of this server's log that answers the call.
fn entry(picture: &Picture, client: &Client, call: &Call, server: ServerId) -> Option<Index> {
    let server = picture.scene.cluster.server(server)?;
    let own = |waiter: &&crate::cluster::rsm::Waiter| {
        waiter.client == client.id && waiter.call == call.number && waiter.attempt == call.attempt
    };
    let waiter = server.rsm.waiters.iter().find(own)?;
    server.awaited(waiter).map(|_| waiter.index)
}

fn answer(reply: &Reply) -> &'static str {
    match reply {
        Reply::Done(answer) => match answer.outcome {
            Outcome::Ok => "ok",
            Outcome::NoKey => "no key",
            Outcome::Version => "version",
            Outcome::Maybe => "maybe",
        },
        Reply::WrongLeader(why) => why.words(),
    }
}

fn what(request: &Request, glyphs: Glyphs) -> String {
    let clip = |text: &str| glyphs.shown(text, 10);
    match request {
        Request::Get { key } => format!("read {}", clip(key)),
        Request::Put { key, value, .. } => format!("{}={}", clip(key), clip(value)),
    }
}

/// The clients at no server: idle ones, and those that pause between two rounds.
fn foot(picture: &Picture, idle: &[&str], seeking: &[&Client]) -> Option<Tab> {
    let glyphs = picture.scene.view.theme.glyphs;
    let names = |names: &[&str]| match names.len() {
        count if count > 6 => format!("{count} clients"),
        _ => {
            let shown = names.iter().map(|name| glyphs.shown(name, NAME_WIDTH));
            shown.collect::<Vec<_>>().join(" ")
        }
    };
    let mut words = Vec::new();
    if !seeking.is_empty() {
        let who: Vec<&str> = seeking.iter().map(|client| &*client.name).collect();
        words.push(format!("{} tried every server, pauses", names(&who)));
    }
    if !idle.is_empty() {
        words.push(format!("{} idle", names(idle)));
    }
    let text = words.join("  ");
    let last = picture.plan.rooms.last()?.area;
    let width = glyphs.width(&text).min(last.width.saturating_sub(2));
    let area = Rect {
        x: last.right().saturating_sub(width + 1),
        y: last.bottom().checked_sub(1)?,
        width,
        height: 1,
    };
    (!text.is_empty()).then_some(Tab { area, kind: Kind::Foot { text } })
}
