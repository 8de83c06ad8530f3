//! The keys of normal mode that move about: panes, layouts, selections, scrolling. None of them
//! touches the cluster.

use super::prompt::Line;
use super::{Mode, Session};
use crate::app::input::Chord;
use crate::app::keymap::Look;
use crate::cluster::time::Span;
use crate::cluster::topic::Weight;
use crate::cluster::types::{ClientId, Index, Node, PacketId, ServerId};
use crate::ui::trace::Listing;
use crate::ui::view::{Extent, Layout, Lists, Pane, Rows, Scroll, Stage, Stands, TimelineSpan};
use crate::ui::{self, links};

/// What `<` and `>` step through, in seconds of lab time. Beyond the last is the whole run.
const WINDOWS: [u64; 8] = [1, 2, 5, 10, 30, 60, 300, 1_800];

/// What they step through where the diagram has the focus, in milliseconds a row. Before the first a
/// row is a moment.
const ROWS: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000, 60_000];
/// How often the diagram is scrolled at most until what is chosen is seen.
const SCROLLS_MAX: usize = 16;

/// Forwards or back, in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forwards,
    Back,
}

impl Way {
    /// `count` places on from `from`, in a list of so many; the first place when one begins.
    fn walk(self, from: Option<u64>, count: u64, places: usize) -> u64 {
        let last = places.saturating_sub(1) as u64;
        match (from, self) {
            (None, _) => 0,
            (Some(from), Self::Forwards) => from.saturating_add(count).min(last),
            (Some(from), Self::Back) => from.saturating_sub(count).min(last),
        }
    }

    const fn opposite(self) -> Self {
        match self {
            Self::Forwards => Self::Back,
            Self::Back => Self::Forwards,
        }
    }
}

/// Which end of a way is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Sender,
    Receiver,
}

/// The first place that has to be shown so that `place` is seen, with as little scrolling as that
/// takes.
const fn reveal(extent: Extent, place: u64) -> u64 {
    if place < extent.first {
        place
    } else if place >= extent.first + extent.shown {
        (place + 1).saturating_sub(extent.shown)
    } else {
        extent.first
    }
}

impl Session {
    pub(super) fn look(&mut self, action: Look) {
        match action {
            Look::NextPane => self.focus_next(Way::Forwards),
            Look::PreviousPane => self.focus_next(Way::Back),
            Look::Left => self.sideways(Way::Back),
            Look::Right => self.sideways(Way::Forwards),
            Look::Down => self.walk(Way::Forwards, 1),
            Look::Up => self.walk(Way::Back, 1),
            Look::PageDown if matches!(self.halt, Some(Stands::Beat { .. } | Stands::Question)) => {
                self.toggle_time();
            }
            Look::PageDown => self.walk(Way::Forwards, self.page()),
            Look::PageUp => self.walk(Way::Back, self.page()),
            Look::Top => self.top(),
            Look::Bottom => self.bottom(),
            Look::Heartbeats => self.toggle_heartbeats(),
            Look::Zoom => self.toggle_zoom(),
            Look::NextLayout => self.layout(Way::Forwards),
            Look::PreviousLayout => self.layout(Way::Back),
            Look::Show(pane) => self.show_pane(pane),
            Look::NarrowerTimeline => self.narrow_or_widen(Way::Back),
            Look::WiderTimeline => self.narrow_or_widen(Way::Forwards),
        }
    }

    pub(super) fn select(&mut self, server: ServerId) {
        self.view.selection.server = Some(server);
        let first = reveal(self.extent(Pane::Servers), server.index() as u64);
        self.view.scroll.servers = first as u16;
    }

    pub(super) fn select_by_key(&mut self, pressed: Chord) {
        let Chord::Char(digit) = pressed else { return };
        if self.question_stage() == Some(Stage::Asked) {
            return self.choose_answer(digit.to_digit(10).unwrap_or_default());
        }
        let number = digit.to_digit(10).map_or(0, u64::from);
        match ServerId::from_number(number).filter(|id| self.cluster.server(*id).is_some()) {
            Some(id) => self.select(id),
            None => self.refuse(format!("there are only {} servers", self.cluster.servers().len())),
        }
    }

    /// The question that stands is answered by this choice.
    pub(super) fn choose_answer(&mut self, number: u32) {
        let choices = self.player.question().map_or(0, |question| question.choices.len());
        if !self.presents() && number as usize > choices {
            return self.refuse(format!("the question has {choices} choices: 1 to {choices}"));
        }
        // A class may be counted before Enter; who is alone has answered.
        self.mode = Mode::Prompt(Line::command(&format!("answer {number}")));
        if !self.presents() {
            self.run_line();
        }
    }

    /// Which part of a pane is seen.
    fn extent(&self, pane: Pane) -> Extent {
        ui::extent(self.size, &self.scene(), pane)
    }

    /// The panes that are on the screen now.
    fn panes(&self) -> Vec<Pane> {
        ui::panes(self.size, &self.scene()).collect()
    }

    fn focus_next(&mut self, way: Way) {
        let panes = self.panes();
        let here = panes.iter().position(|pane| *pane == self.view.focus);
        let count = panes.len().max(1);
        let next = match (here, way) {
            (Some(here), Way::Forwards) => (here + 1) % count,
            (Some(here), Way::Back) => (here + count - 1) % count,
            (None, _) => 0,
        };
        if let Some(pane) = panes.get(next) {
            self.view.focus = *pane;
        }
    }

    /// How many rows of the focused pane make a page.
    fn page(&self) -> u64 {
        self.extent(self.view.focus).shown.saturating_sub(1).max(1)
    }

    /// Up and down in the focused pane.
    pub(super) fn walk(&mut self, way: Way, count: u64) {
        match self.view.focus.lists() {
            Lists::Servers | Lists::Logs => self.walk_servers(way, count),
            Lists::Events | Lists::Diagram => self.walk_events(way, count),
            Lists::Lines => self.walk_lines(way, count),
            Lists::Links => self.walk_links(way, count, Side::Sender),
            Lists::OfServer | Lists::OfClient => self.walk_rows(way, count),
            Lists::Clients => self.walk_clients(way, count),
            Lists::Keys => self.walk_keys(way, count),
            Lists::Packets => self.walk_packets(way, count),
            Lists::Time => self.timeline_window(way.opposite()),
        }
    }

    fn walk_servers(&mut self, way: Way, count: u64) {
        let here = self.view.selection.server.map(|server| server.index() as u64);
        let next = way.walk(here, count, self.cluster.servers().len());
        self.select(ServerId::from_index(next as u8));
    }

    fn walk_clients(&mut self, way: Way, count: u64) {
        let clients = self.cluster.clients().len();
        if clients == 0 {
            return self.refuse("there are no clients");
        }
        let here = self.view.selection.client.map(|client| u64::from(client.0));
        let next = way.walk(here, count, clients);
        self.view.selection.client = Some(ClientId(next as u32));
        self.view.scroll.clients = reveal(self.extent(Pane::Clients), next) as u32;
    }

    fn walk_keys(&mut self, way: Way, count: u64) {
        // The pane lists the keys of the server that has applied most.
        let newest = self.cluster.servers().iter().max_by_key(|server| server.rsm.applied);
        let Some(kv) = newest.map(|server| server.rsm.kv.clone()).filter(|kv| !kv.is_empty())
        else {
            return self.refuse("there are no keys yet");
        };
        let chosen = self.view.selection.key.as_ref();
        let here = kv.iter().position(|(key, _)| Some(key) == chosen);
        let next = way.walk(here.map(|here| here as u64), count, kv.len());
        self.view.selection.key = kv.iter().nth(next as usize).map(|(key, _)| key.clone());
        self.view.scroll.values = reveal(self.extent(Pane::Values), next) as u32;
    }

    /// Scrolls rows that are only read.
    fn walk_rows(&mut self, way: Way, count: u64) {
        let extent = self.extent(self.view.focus);
        let places = (extent.total - extent.shown + 1) as usize;
        self.view.scroll.sheet = way.walk(Some(extent.first), count, places) as u16;
    }

    fn walk_links(&mut self, way: Way, count: u64, side: Side) {
        self.view.selection.link = Some(self.next_link(self.view.selection.link, way, count, side));
    }

    /// The way beside this one, in the grid of all.
    pub(super) fn next_link(
        &self,
        now: Option<(Node, Node)>,
        way: Way,
        count: u64,
        side: Side,
    ) -> (Node, Node) {
        let cluster = &self.cluster;
        let first = links::node(cluster, 0).unwrap_or(Node::Server(ServerId::from_index(0)));
        let Some((from, to)) = now else {
            return (first, links::node(cluster, 1).unwrap_or(first));
        };
        let walk = |node| {
            let here = links::place(cluster, node) as u64;
            let next = way.walk(Some(here), count, links::count(cluster));
            links::node(cluster, next as usize).unwrap_or(node)
        };
        match side {
            Side::Sender => (walk(from), to),
            Side::Receiver => (from, walk(to)),
        }
    }

    pub(super) fn walk_packets(&mut self, way: Way, count: u64) {
        let packets: Vec<PacketId> =
            self.cluster.packets().iter().map(|packet| packet.id).collect();
        if packets.is_empty() {
            return self.refuse("nothing is in flight");
        }
        let here = packets.iter().position(|id| Some(*id) == self.view.selection.packet);
        let next = way.walk(here.map(|here| here as u64), count, packets.len());
        self.view.selection.packet = packets.get(next as usize).copied();
        self.view.scroll.in_flight = reveal(self.extent(Pane::InFlight), next) as u32;
    }

    fn walk_events(&mut self, way: Way, count: u64) {
        let extent = self.extent(self.view.focus);
        let listed = self.trace.listed();
        if listed.is_empty() {
            return self.refuse("the list of events is empty");
        }
        let last = listed.len() as u64 - 1;
        let chosen = self.view.selection.event;
        let here = chosen.map(|event| listed.partition_point(|number| *number < event) as u64);
        // The newest event is the first that one comes to from below.
        let next = match here {
            None => last,
            Some(_) => way.walk(here, count, listed.len()),
        };
        let bottom = (reveal(extent, next) + extent.shown.max(1) - 1).min(last);
        let number = |place: u64| listed.get(place as usize).copied();
        self.view.selection.event = number(next);
        let (next, bottom) = (next, number(bottom).filter(|_| bottom < last));
        self.view.scroll.events = bottom;
        if self.view.focus.lists() == Lists::Diagram {
            self.reveal_in_diagram(next);
        }
    }

    /// A row of the diagram is a moment, and events of less weight have moments too: how many of the
    /// listed are seen is known once it has been scrolled.
    fn reveal_in_diagram(&mut self, place: u64) {
        for _ in 0..SCROLLS_MAX {
            let extent = self.extent(Pane::Diagram);
            let listed = self.trace.listed();
            let by = extent.first.saturating_sub(place);
            let last = (extent.first + extent.shown).saturating_sub(1);
            if by == 0 {
                return;
            }
            let bottom = last.saturating_sub(by).max(place);
            self.view.scroll.events = listed.get(bottom as usize).copied();
        }
    }

    /// Up and down in the script, from the line that has run last.
    fn walk_lines(&mut self, way: Way, count: u64) {
        let Some(script) = self.cluster.script() else {
            return self.refuse("no script is playing: raftlab FILE.lab plays one");
        };
        let lines = script.source.len();
        if lines == 0 {
            return self.refuse("the script is empty");
        }
        let here = self.view.selection.line.unwrap_or(self.player.line().max(1));
        let next = way.walk(Some(u64::from(here) - 1), count, lines) + 1;
        let first = reveal(self.extent(Pane::Script), next);
        self.view.selection.line = Some(next as u32);
        self.view.scroll.script = Some(first as u32);
    }

    pub(super) fn sideways(&mut self, way: Way) {
        match self.view.focus.lists() {
            Lists::Logs => self.walk_entries(way),
            Lists::Diagram => self.walk_columns(way),
            Lists::Links => self.walk_links(way, 1, Side::Receiver),
            Lists::OfServer => self.walk_servers(way, 1),
            Lists::OfClient => self.walk_clients(way, 1),
            Lists::Time => self.scrub(way),
            _ => self.walk(way, 1),
        }
    }

    /// The columns of the diagram, where there is no room for all.
    fn walk_columns(&mut self, way: Way) {
        let extent = ui::columns_extent(self.size, &self.scene());
        if extent.shown == extent.total {
            return self.refuse("every column is seen");
        }
        let places = (extent.total - extent.shown + 1) as usize;
        self.view.scroll.columns = way.walk(Some(extent.first), 1, places) as u16;
    }

    /// Left and right along the selected server's log.
    fn walk_entries(&mut self, way: Way) {
        let server = self.view.selection.server.or(self.cluster.leader());
        let Some(server) = server.and_then(|id| self.cluster.server(id)) else {
            return self.refuse("no server is selected: press its number, or 0 for the leader");
        };
        let (id, log) = (server.id, server.raft.log());
        let (first, last) = (log.first_index(), log.last_index());
        if log.is_empty() {
            return self.refuse(format!("the log of {id} is empty"));
        }
        let next = match self.view.selection.entry {
            Some(entry) => way.walk(Some(entry.0), 1, last.0 as usize + 1).max(first.0),
            None => last.0,
        };
        self.view.selection.server = Some(id);
        self.view.selection.entry = Some(Index(next));
        let extent = ui::logs_extent(self.size, &self.scene());
        let first = reveal(extent, next);
        let follows = first + extent.shown > extent.total;
        self.view.scroll.logs = (!follows).then_some(Index(first));
    }

    fn top(&mut self) {
        match self.view.focus.lists() {
            Lists::Time => self.view.timeline.span = TimelineSpan::Whole,
            Lists::Logs => {
                self.view.scroll.logs = Some(ui::reading::first_index(&self.cluster));
                self.view.scroll.servers = 0;
            }
            _ => self.walk(Way::Back, u64::from(u32::MAX)),
        }
    }

    /// The end, and following again.
    fn bottom(&mut self) {
        match self.view.focus.lists() {
            Lists::Time => {
                self.return_to_newest();
                if self.view.timeline.span == TimelineSpan::Whole {
                    self.view.timeline = Default::default();
                }
            }
            Lists::Logs => {
                self.view.scroll.logs = None;
                self.view.selection.entry = None;
            }
            Lists::Events | Lists::Diagram => {
                self.view.scroll.events = None;
                self.view.selection.event = None;
            }
            Lists::Lines => {
                self.view.scroll.script = None;
                self.view.selection.line = None;
            }
            Lists::Servers
            | Lists::Clients
            | Lists::Keys
            | Lists::Packets
            | Lists::Links
            | Lists::OfServer
            | Lists::OfClient => {
                self.walk(Way::Forwards, u64::from(u32::MAX));
            }
        }
    }

    fn toggle_heartbeats(&mut self) {
        let detail = match self.trace.listing().detail {
            Weight::Story => Weight::Detail,
            Weight::Detail | Weight::Silent => Weight::Story,
        };
        let listing = Listing { detail, ..self.trace.listing().clone() };
        self.trace.list(listing, self.cluster.names());
        self.note(match detail {
            Weight::Story => "heartbeats and single packets are hidden",
            Weight::Detail | Weight::Silent => "heartbeats and single packets are shown",
        });
    }

    pub(super) fn filter(&mut self, filter: Option<String>) {
        self.view.filter.clone_from(&filter);
        let listing = Listing { filter, ..self.trace.listing().clone() };
        self.trace.list(listing, self.cluster.names());
        self.view.scroll.events = None;
        self.view.selection.event = None;
    }

    fn toggle_zoom(&mut self) {
        self.view.zoomed = match self.view.zoomed {
            Some(_) => return self.leave_zoom(),
            None => Some(self.view.focus),
        };
    }

    /// One pane alone; again, and the others are back.
    pub(super) fn show_pane(&mut self, pane: Pane) {
        if self.view.zoomed == Some(pane) {
            return self.leave_zoom();
        }
        self.view.zoomed = Some(pane);
        self.view.focus = pane;
    }

    /// All panes of the layout again. The focus is on one that is seen.
    pub(super) fn leave_zoom(&mut self) {
        self.view.zoomed = None;
        if !self.panes().contains(&self.view.focus) {
            self.focus_next(Way::Forwards);
        }
    }

    fn layout(&mut self, way: Way) {
        let script = self.cluster.script().is_some();
        let layouts: Vec<Layout> = Layout::EVERY
            .into_iter()
            .filter(|layout| script || *layout != Layout::Script)
            .collect();
        let here = layouts.iter().position(|layout| *layout == self.view.layout).unwrap_or(0);
        let step = match way {
            Way::Forwards => 1,
            Way::Back => layouts.len() - 1,
        };
        self.view.layout = layouts[(here + step) % layouts.len()];
        self.view.zoomed = None;
        self.view.scroll = Scroll { dialog: 0, ..self.view.scroll };
        if !self.panes().contains(&self.view.focus) {
            self.focus_next(Way::Forwards);
        }
        self.note(format!("layout: {}", self.view.layout.name()));
    }

    /// Less time in one look, or more: on the timeline, or in the diagram if that has the focus.
    fn narrow_or_widen(&mut self, way: Way) {
        if self.view.focus != Pane::Diagram {
            return self.timeline_window(way);
        }
        let rows = ROWS.map(|millis| Rows::Each(Span::from_millis(millis)));
        let here = rows.iter().position(|rows| *rows == self.view.diagram);
        let here = here.map_or(0, |here| here as u64 + 1);
        let next = way.walk(Some(here), 1, rows.len() + 1) as usize;
        let each = next.checked_sub(1).and_then(|next| rows.get(next));
        self.view.diagram = each.copied().unwrap_or_default();
        self.note(match self.view.diagram {
            Rows::Moments => "a row is a moment at which something happened".to_owned(),
            Rows::Each(span) => format!("a row is {span}"),
        });
    }

    pub(super) fn timeline_window(&mut self, way: Way) {
        let windows = WINDOWS.map(|seconds| TimelineSpan::Last(Span::from_secs(seconds)));
        let here = windows.iter().position(|window| *window == self.view.timeline.span);
        let here = here.unwrap_or(windows.len()) as u64;
        let next = way.walk(Some(here), 1, windows.len() + 1) as usize;
        self.view.timeline.span = windows.get(next).copied().unwrap_or(TimelineSpan::Whole);
        self.note(match self.view.timeline.span {
            TimelineSpan::Whole => "timeline: the whole run".to_owned(),
            TimelineSpan::Last(span) => format!("timeline: {span}"),
        });
    }
}
