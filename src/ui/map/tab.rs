//! Clients on the map: those that wait stand under the server that they wait for, the others, and
//! those that find no room there, at the foot of a room.
//!
//! A tab says at which stage the client's operation is: its request is on its way to the server,
//! the server has it and the client waits for an entry, or the answer is on its way back.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Picture, link};
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
    One {
        client: ClientId,
        name: String,
        stage: Stage,
    },
    Many {
        names: String,
        word: &'static str,
    },
    /// What it says, and the same for block letters.
    Foot {
        text: [String; 2],
        alarm: bool,
    },
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
            Kind::Many { names, .. } => names.chars().count() as u16 + 8,
            Kind::Foot { .. } => 0,
        }
    }

    pub fn draw(&self, canvas: &mut Canvas) {
        let theme = canvas.theme();
        let strong = theme.ink(Ink::Strong).patch(theme.bold());
        match &self.kind {
            Kind::One { name, stage, .. } => {
                if self.area.height == BIG_HEIGHT && self.draw_big(canvas, name, stage) {
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
            Kind::Many { names, word } => {
                let mut pen = canvas.pen(self.area, 0);
                pen.style(strong).put('▲').style(theme.on(Ground::Bright));
                pen.put(' ').put(names).put(' ').style(strong).put(word);
            }
            Kind::Foot { text: [text, big], alarm } => {
                let style = if *alarm { theme.broken() } else { theme.ink(Ink::Text) };
                canvas.fill(self.area, style);
                if self.area.height < Face::Narrow.rows() {
                    canvas.pen(self.area, 0).style(style).put_within(text);
                } else {
                    let place = (self.area.x + 1, self.area.y);
                    block::draw(canvas, place, big, Face::Narrow, style);
                }
            }
        }
    }

    /// In the largest block letters that have room for all of it. Whether any have.
    fn draw_big(&self, canvas: &mut Canvas, name: &str, stage: &Stage) -> bool {
        let theme = canvas.theme();
        let (word, what) = (stage.word.to_uppercase(), stage.what.as_str());
        let Rect { x, y, width, .. } = self.area;
        // A name of one letter is not told from a mark in narrow letters.
        let Some(named) = Face::Small.width(name) else { return false };
        let fits = |face: &Face| {
            let widths = [&word, what].map(|text| face.width(text));
            let [Some(word), Some(what)] = widths else { return false };
            theme.glyphs == Glyphs::Unicode && named + word + what + 7 <= width
        };
        let Some(face) = [Face::Small, Face::Narrow].into_iter().find(fits) else { return false };
        let bright = theme.on(Ground::Bright);
        let plate = named + 2;
        // Half a row of margin: the letter is not to run into what is above its plate.
        let edge = Style::new().fg(bright.bg.unwrap_or_default());
        for x in x..x + plate {
            canvas.glyph(x, y, '▄', edge);
        }
        let y = y + 1;
        canvas.fill(Rect { x, y, width: plate, height: 3 }, bright);
        block::draw(canvas, (x + 1, y), name, Face::Small, bright);
        let strong = theme.ink(Ink::Strong);
        let end = block::draw(canvas, (x + plate + 2, y), &word, face, strong);
        block::draw(canvas, (end + 3, y), what, face, strong);
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
    let (mut tabs, elsewhere) = under_servers(picture);
    let servers = picture.scene.cluster.servers();
    let mut taken: Vec<Rect> = servers.iter().map(|server| picture.plan.card(server.id)).collect();
    taken.extend(tabs.iter().map(|tab| tab.area));
    taken.extend(picture.plan.rooms.iter().map(|room| room.title));
    taken.extend(link::plates(picture).into_iter().map(|plate| plate.area));
    tabs.extend(foot(picture, &elsewhere, &taken));
    tabs
}

/// The tabs of those that wait, each under its server, and the clients that find no room there.
pub fn under_servers<'a>(picture: &Picture<'a>) -> (Vec<Tab>, Vec<&'a Client>) {
    let clients = picture.scene.cluster.clients();
    let servers = picture.scene.cluster.servers();
    let mut taken: Vec<Rect> = servers.iter().map(|server| picture.plan.card(server.id)).collect();
    let mut tabs = Vec::new();
    let mut elsewhere: Vec<&Client> = Vec::new();
    for server in servers {
        let waits = |client: &&Client| asked(client) == Some(server.id);
        let waiting: Vec<&Client> = clients.iter().filter(waits).collect();
        let tab = under(picture, server.id, &waiting).and_then(|tab| {
            let area = free(tab.area, &taken).filter(|area| area.width >= tab.least())?;
            Some(Tab { area, ..tab })
        });
        match tab {
            Some(tab) => {
                taken.push(tab.area);
                tabs.push(tab);
            }
            None => elsewhere.extend(waiting),
        }
    }
    (tabs, elsewhere)
}

/// As much of an area as nothing else takes, up to what stands in its way: all of its rows, or
/// where they are too narrow the first. `None` if its beginning is taken.
fn free(area: Rect, taken: &[Rect]) -> Option<Rect> {
    let within = |height: u16, least: u16| {
        let rows = Rect { height, ..area };
        let crossing = taken.iter().filter(|other| other.intersects(rows));
        let end = crossing.map(|other| other.x.saturating_sub(1)).min();
        let width = end.map_or(rows.width, |end| end.saturating_sub(rows.x));
        (width >= least).then_some(Rect { width, ..rows })
    };
    within(area.height, BIG_WIDTH.min(area.width)).or_else(|| within(1, 1))
}

/// The fewest columns of a tab in block letters, and its rows.
const BIG_WIDTH: u16 = 20;
const BIG_HEIGHT: u16 = 4;

/// The server that a client asks now.
fn asked(client: &Client) -> Option<ServerId> {
    client.call()?.asking.map(|(server, _)| server)
}

/// The tab under a server.
fn under(picture: &Picture, server: ServerId, waiting: &[&Client]) -> Option<Tab> {
    let card = picture.plan.card(server);
    let room = picture.room_area(server);
    let glyphs = picture.scene.view.theme.glyphs;
    let big = picture.has_large_labels();
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
            let word = if picture.scene.view.withholds() { " asked" } else { " wait" };
            (Kind::Many { names, word }, wanted + 1)
        }
    };
    let width = wanted.min(room.width.saturating_sub(2));
    let x = (card.x + 1).min(room.right().saturating_sub(width + 1)).max(room.x + 1);
    let rows = room.bottom().saturating_sub(card.bottom());
    let height = if big && rows >= BIG_HEIGHT { BIG_HEIGHT } else { 1 };
    let area = Rect { x, y: card.bottom(), width, height };
    (area.bottom() <= room.bottom()).then_some(Tab { area, kind })
}

/// At which stage a client's call at a server is.
fn stage(picture: &Picture, client: &Client, server: ServerId) -> Option<Stage> {
    let call = client.call()?;
    let cluster = picture.scene.cluster;
    let time = Seconds(cluster.now().since(call.since)).to_string();
    let what = match call.registers {
        true => "a session".to_owned(),
        false => what(&call.request, picture.scene.view.theme.glyphs),
    };
    let packets = cluster.packets();
    let of_client = |packet: &&&Packet| match (packet.from, packet.to) {
        (Node::Client(from), Node::Server(to)) => from == client.id && to == server,
        (Node::Server(from), Node::Client(to)) => to == client.id && from == server,
        (Node::Client(_), Node::Client(_)) | (Node::Server(_), Node::Server(_)) => false,
    };
    let present = |rpc: &&Rpc| rpc.attempt() == (call.number, call.attempt);
    let mut rpcs = packets.iter().filter(of_client).filter_map(|packet| packet.cargo.client());
    let (word, entry) = match rpcs.find(present) {
        Some(Rpc::Request { .. } | Rpc::Register { .. }) => (format!("asks {server}"), None),
        Some(Rpc::Reply { reply, .. }) => (format!("hears \"{}\"", answer(reply)), None),
        // Whether it waits for an entry may be what the class is asked.
        None if picture.scene.view.withholds() => ("asked".to_owned(), None),
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
        Reply::Session(_) => "session",
        Reply::Expired => "expired",
    }
}

fn what(request: &Request, glyphs: Glyphs) -> String {
    let clip = |text: &str| glyphs.shown(text, 10);
    match request {
        Request::Get { key } => format!("read {}", clip(key)),
        Request::Put { key, value, .. } => format!("{}={}", clip(key), clip(value)),
    }
}

/// The clients that stand under no server: idle ones, those that pause between two rounds, and those
/// for which there is no room where they wait.
fn foot(picture: &Picture, elsewhere: &[&Client], taken: &[Rect]) -> Option<Tab> {
    let clients = picture.scene.cluster.clients();
    let glyphs = picture.scene.view.theme.glyphs;
    let names = |clients: &[&Client]| match clients.len() {
        count if count > 6 => format!("{count} clients"),
        _ => {
            let shown = clients.iter().map(|client| glyphs.shown(&client.name, NAME_WIDTH));
            shown.collect::<Vec<_>>().join(" ")
        }
    };
    let with = |is: &dyn Fn(&Client) -> bool| -> Vec<&Client> {
        clients.iter().filter(|client| is(client)).collect()
    };
    let mut words: Vec<(String, String)> = Vec::new();
    for server in picture.scene.cluster.servers() {
        let here: Vec<&Client> =
            elsewhere.iter().copied().filter(|client| asked(client) == Some(server.id)).collect();
        if !here.is_empty() {
            words.push((names(&here), format!("at {}", server.id)));
        }
    }
    let seeking = with(&|client| client.job.is_some() && asked(client).is_none());
    if !seeking.is_empty() {
        words.push((names(&seeking), "tried every server, pauses".to_owned()));
    }
    let idle = with(&|client| client.job.is_none());
    if !idle.is_empty() {
        words.push((names(&idle), "idle".to_owned()));
    }
    let clashing = clashing(picture);
    // In block letters words are capitals, and names are as they are.
    let text = [str::to_owned, str::to_uppercase].map(|set: fn(&str) -> String| {
        let said: Vec<String> =
            words.iter().map(|(names, what)| format!("{names} {}", set(what))).collect();
        match clashing.as_slice() {
            [] if clients.is_empty() => set("no client yet"),
            [] => format!("{} {}", set("clients:"), said.join("  ")),
            names => format!(" ! {} {} ", set("these answers clash:"), names.join(" ")),
        }
    });
    if words.is_empty() && clashing.is_empty() && !clients.is_empty() {
        return None;
    }
    let big = Face::Narrow.width(&text[1]).filter(|_| picture.has_large_labels());
    let big = big.and_then(|width| free_for(picture, (width + 2, Face::Narrow.rows()), taken));
    let area = big.or_else(|| room_for(picture, glyphs.width(&text[0]), taken))?;
    Some(Tab { area, kind: Kind::Foot { text, alarm: !clashing.is_empty() } })
}

/// The clients that were given answers which can't all be right.
fn clashing(picture: &Picture) -> Vec<String> {
    let cluster = picture.scene.cluster;
    let records = cluster.violation().map_or(&[][..], |violation| &violation.records);
    let mut names: Vec<String> = Vec::new();
    for record in records.iter().filter_map(|place| cluster.history().records().get(*place)) {
        let name = picture
            .scene
            .view
            .theme
            .glyphs
            .shown(cluster.names().client(record.client), NAME_WIDTH);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A free row for so many columns, or where there is none for fewer, as far down on the map and as
/// far to the right as there is one.
pub fn room_for(picture: &Picture, width: u16, taken: &[Rect]) -> Option<Rect> {
    let narrowest = || picture.plan.rooms.iter().map(|room| room.area.width.saturating_sub(2));
    free_for(picture, (width, 1), taken).or_else(|| {
        let mut widths: Vec<u16> = narrowest().map(|room| room.min(width)).collect();
        widths.sort_unstable_by(|one, other| other.cmp(one));
        widths.into_iter().find_map(|width| free_for(picture, (width, 1), taken))
    })
}

/// Free cells, as far down on the map and as far to the right as there are some.
fn free_for(picture: &Picture, (width, height): (u16, u16), taken: &[Rect]) -> Option<Rect> {
    let rows = (picture.area.top()..picture.area.bottom()).rev();
    let rooms = || picture.plan.rooms.iter().rev().map(|room| room.area);
    let mut places = rows.flat_map(|y| rooms().map(move |room| (y, room)));
    let free = |(y, room): (u16, Rect)| {
        let mut x = room.right().checked_sub(width + 1)?;
        while x > room.x {
            let area = Rect { x, y, width, height };
            let Some(other) = taken.iter().find(|other| other.intersects(area)) else {
                return (room.intersection(area) == area).then_some(area);
            };
            x = other.x.checked_sub(width + 1)?;
        }
        None
    };
    places.find_map(free)
}
