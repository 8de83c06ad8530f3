//! Where everything stands: one pure function from the size of the terminal to the areas of the
//! panes, used for drawing and for finding what the mouse points at. Plain arithmetic.
//!
//! The first layout, which is for a hall, at 120×40; `1` to `5` choose, and there are big marks too:
//!
//! ```text
//! header
//! headline, or the caption of a script
//! the newest event, and why
//! ─ Map ─────────────────────────────────
//!
//! ─ Logs ──────────────────┬─ Clients ───
//!                          │
//! timeline
//! keys
//! ```
//!
//! What is said stands at the top, for heads hide the bottom of a projected picture; what the
//! hands need stands at the bottom. Sizes depend on the terminal, the layout and the number of
//! servers, never on what happens in the cluster, so that nothing moves while one looks at it.
//! When there is not room for all, servers and logs keep theirs, then the map, then the events.

use std::ops::{Index, IndexMut};

use ratatui::layout::{Rect, Size};

use super::scale::Scale;
use super::view::{Clock, Layout, Marks, Mode, Pane, Stage, View, Voice};
use super::{links, question, watches};

/// The smallest terminal that has room.
pub const MIN: Size = Size { width: 60, height: 16 };
/// From this height on there are five rows of timeline, the last command, copies under the logs,
/// and a headline beside the caption.
const DESK_HEIGHT: u16 = 34;
/// The title of the list of packets, and the fewest of them, in packet mode.
const PACKET_ROWS: u16 = 4;
/// The most rows that links take from other panes, if a quarter of the screen is not more.
const LINK_ROWS: u16 = 12;
/// A map lower than this says nothing.
const MAP_HEIGHT_MIN: u16 = 4;
/// From this width and height on, events and a script stand side by side.
const BESIDE_WIDTH: u16 = 110;
/// What a script and its events keep in their own layout, however many servers there are.
const SCRIPT_HEIGHT_MIN: u16 = 9;

/// The areas of a frame. What is not shown is empty. Each pane's area has its title in its first
/// row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    pub screen: Rect,
    pub header: Rect,
    /// The present state, in one or two sentences.
    pub headline: Rect,
    /// The clock and the verdict, where they don't stand in the first row.
    pub status: Rect,
    /// What the script says; empty when it stands in the place of the headline.
    pub caption: Rect,
    /// The newest event, and why it happened.
    pub news: Rect,
    /// What the class is asked; empty when it is asked nothing.
    pub question: Rect,
    /// What is watched; empty when nothing is.
    pub watches: Rect,
    pub last_command: Rect,
    pub footer: Rect,
    /// Whether the copies of each entry are counted under the logs.
    pub copies: Copies,
    panes: [Rect; Pane::EVERY.len()],
}

/// Whether there is a row of copies under the logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copies {
    Shown,
    #[default]
    Hidden,
}

impl Areas {
    /// How many rows the title above what is watched takes: there is one where there is room.
    pub fn watches_title(&self) -> u16 {
        u16::from(!self.last_command.is_empty())
    }

    /// The pane at a place of the screen.
    pub fn pane_at(&self, x: u16, y: u16) -> Option<Pane> {
        Pane::EVERY.into_iter().find(|pane| self[*pane].contains((x, y).into()))
    }
}

impl Index<Pane> for Areas {
    type Output = Rect;

    fn index(&self, pane: Pane) -> &Rect {
        &self.panes[pane as usize]
    }
}

impl IndexMut<Pane> for Areas {
    fn index_mut(&mut self, pane: Pane) -> &mut Rect {
        &mut self.panes[pane as usize]
    }
}

/// Whether a terminal of this size has room for anything.
pub const fn fits(size: Size) -> bool {
    size.width >= MIN.width && size.height >= MIN.height
}

/// The areas for a terminal of this size and a cluster of so many servers. All are empty when
/// it is too small.
pub fn areas(size: Size, view: &View, servers: usize) -> Areas {
    let screen = Rect::new(0, 0, size.width, size.height);
    let mut areas = Areas { screen, ..Areas::default() };
    if !fits(size) {
        return areas;
    }
    if view.size == Marks::Big || is_hall(view) {
        match view.size {
            Marks::Big => big(&mut areas, view, servers),
            Marks::Usual => hall(&mut areas, view, servers),
        }
        dock(&mut areas, view, servers);
        return areas;
    }
    let middle = frame(&mut areas, view);
    if let Some(pane) = view.zoomed {
        areas[pane] = middle;
        areas.copies = copies(middle, servers);
        dock(&mut areas, view, servers);
        return areas;
    }
    match view.layout {
        Layout::All => {}
        Layout::Script if view.script.is_some() => script(&mut areas, middle, servers),
        Layout::Logs | Layout::Script => logs(&mut areas, middle, servers),
        Layout::Map => map(&mut areas, middle),
        Layout::ClientsAndValues => clients_and_values(&mut areas, middle),
        Layout::Diagram => diagram(&mut areas, middle),
        Layout::Closely => closely(&mut areas, middle),
    }
    dock(&mut areas, view, servers);
    areas
}

/// Whether the map stands above the logs, for a hall. A script whose lines are to come is no pane
/// for a class.
pub fn is_hall(view: &View) -> bool {
    let for_class = view.is_for_class();
    match view.layout {
        _ if view.size == Marks::Big => true,
        Layout::All => view.zoomed.is_none() || for_class && view.zoomed == Some(Pane::Script),
        Layout::Script => for_class && view.zoomed.is_none_or(|pane| pane == Pane::Script),
        Layout::Logs
        | Layout::Map
        | Layout::ClientsAndValues
        | Layout::Diagram
        | Layout::Closely => for_class && view.zoomed == Some(Pane::Script),
    }
}

/// What a mode lists has a pane: packets in packet mode, links in link mode.
fn dock(areas: &mut Areas, view: &View, servers: usize) {
    match view.mode {
        Mode::Packets => dock_pane(areas, Pane::InFlight, PACKET_ROWS),
        Mode::Link(_) => dock_pane(areas, Pane::Links, links::rows(servers, 0).min(LINK_ROWS)),
        Mode::Normal | Mode::Prompt(_) | Mode::Partition(_) | Mode::Dialog(_) => {}
    }
}

/// A pane below the others. Where it has no area of its own it takes that of events and timeline,
/// and as many rows above them as it needs, so that nothing else moves.
fn dock_pane(areas: &mut Areas, pane: Pane, least: u16) {
    if !areas[pane].is_empty() {
        return;
    }
    let below = [areas.last_command, areas.footer];
    let bottom = below.into_iter().find(|area| !area.is_empty()).unwrap_or(areas.footer).y;
    let free = [areas[Pane::Events], areas[Pane::Timeline]]
        .map(|area| area.height)
        .into_iter()
        .sum::<u16>();
    let rows = free
        .max(least)
        .max(areas.screen.height / 4)
        .min(bottom.saturating_sub(areas.headline.bottom().max(areas.watches.bottom())));
    let (screen, y) = (areas.screen, bottom - rows);
    (areas[Pane::Events], areas[Pane::Timeline]) = (Rect::default(), Rect::default());
    for pane in Pane::EVERY {
        let area = &mut areas[pane];
        area.height = area.height.min(y.saturating_sub(area.y));
    }
    areas[pane] = Rect { y, height: rows, ..screen };
}

/// Takes rows from the top of an area.
fn top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let taken = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    taken
}

/// Takes rows from the bottom of an area.
fn bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

/// Rows for what the class is asked, if it is asked anything: as many as leave the panes so many.
/// Where news stands, it gives way: what has just happened may be the answer.
fn asked(areas: &mut Areas, left: &mut Rect, view: &View, kept: u16) {
    if let Some(question) = view.drawn_question() {
        let room = (left.width, left.height.saturating_sub(kept));
        areas.question = top(left, question::rows(question, room, view.theme.glyphs));
    }
}

/// The layout for a hall: who leads and what has just happened on top, then the map, then the logs.
/// What stands where depends on the terminal's size, the number of servers and whether a rule is
/// broken.
fn hall(areas: &mut Areas, view: &View, servers: usize) {
    let mut left = areas.screen;
    let scale = Scale::of(left.width, left.height);
    let broken = view.clock == Clock::Broken;
    areas.footer = bottom(&mut left, 1);
    let desk = areas.screen.height >= DESK_HEIGHT && !view.is_for_class();
    areas.last_command = bottom(&mut left, u16::from(desk));
    let listed = matches!(view.mode, Mode::Packets);
    if listed {
        // The map gives them their rows: packets are told by what they do to the logs.
        let kept = 6 + MAP_HEIGHT_MIN + servers as u16;
        let rows = (left.height / 5).min(left.height.saturating_sub(kept)).max(PACKET_ROWS);
        areas[Pane::InFlight] = bottom(&mut left, rows);
    } else if left.height >= 20 && !view.is_for_class() {
        areas[Pane::Timeline] = bottom(&mut left, 1);
    }
    let low = left.height < 18;
    let (strip, said) = match (scale, broken) {
        // All that is said of a broken rule, and it is said instead of the newest event.
        (Scale::M, true) if low => (3, 0),
        (Scale::M, true) => (7, 0),
        (Scale::L, true) => (9, 0),
        (Scale::Xl, true) => (5 + HEADLINE_BIG + 4, 0),
        (Scale::M, false) if low => (1, 1),
        (Scale::M | Scale::L, false) => (1, 2),
        (Scale::Xl, false) if areas.screen.height < ROOMY_HEIGHT => (5, 2),
        (Scale::Xl, false) => (5, HEADLINE_BIG),
    };
    areas.header = top(&mut left, strip);
    // With the answer stands what has happened, unless the caption is of that moment.
    let told = top(&mut left, said);
    match is_revealed(view) && view.drawn_caption().is_none() {
        true => areas.news = told,
        false => areas.headline = told,
    }
    if scale == Scale::Xl && !broken {
        areas.status = top(&mut left, 1);
    }
    watched(areas, &mut left, view, 1);
    asked(areas, &mut left, view, hall_kept(scale, servers));
    let news = match scale {
        _ if view.question.is_some() => 0,
        Scale::Xl => hall_news(left, servers),
        Scale::M if broken => 0,
        Scale::L if listed || broken => 2,
        Scale::L => 6,
        Scale::M if low => 1,
        Scale::M => 2,
    };
    let news = match scale {
        Scale::Xl => hall_large(areas, left, news),
        Scale::L | Scale::M => {
            let area = top(&mut left, news);
            hall_rows(areas, left, view, servers);
            area
        }
    };
    if view.question.is_none() {
        areas.news = news;
    }
}

/// Whether a question stands with its answer.
fn is_revealed(view: &View) -> bool {
    view.question.as_ref().is_some_and(|question| question.stage == Stage::Revealed)
}

/// What is said, the map and the logs, and nothing else. What is said has the same rows whatever it
/// is, so that nothing below it moves.
fn big(areas: &mut Areas, view: &View, servers: usize) {
    let mut left = areas.screen;
    areas.footer = bottom(&mut left, 1);
    let scale = Scale::of(left.width, left.height);
    let said = match scale {
        _ if view.drawn_question().is_some() => {
            3 * u16::from(view.caption.is_some() || is_revealed(view))
        }
        Scale::M if left.height < 20 => 3,
        Scale::M => 6,
        Scale::L => 7,
        Scale::Xl => 10,
    };
    match view.clock {
        Clock::Broken => areas.header = top(&mut left, said),
        Clock::Runs | Clock::Skims | Clock::Stands(_) | Clock::Past { .. } => {
            areas.headline = top(&mut left, said);
        }
    }
    asked(areas, &mut left, view, hall_kept(scale, servers));
    if scale == Scale::Xl {
        let width = left.width * MAP_SHARE / 100;
        areas[Pane::Map] = Rect { width, ..left };
        areas[Pane::Servers] =
            Rect { x: left.x + width + 1, width: left.width - width - 1, ..left };
        return;
    }
    let most = match view.drawn_question() {
        Some(_) => left.height.saturating_sub(MAP_HEIGHT_MIN),
        None => left.height / 2,
    };
    let rows = (servers as u16 + 2).min(most);
    areas[Pane::Servers] = bottom(&mut left, rows);
    areas[Pane::Map] = left;
}

/// The columns that clients keep beside the logs.
const RAIL: u16 = 28;
/// From this width on there are such.
const RAIL_WIDTH: u16 = 116;
/// The largest scale gives the map this much of the width, in percent.
const MAP_SHARE: u16 = 63;
/// The rows of the headline at the largest scale: two lines of narrow block letters, from this
/// height on.
const HEADLINE_BIG: u16 = 7;
const ROOMY_HEIGHT: u16 = 56;
/// What the map keeps of a screen that is large enough for cards.
const CARDS_HEIGHT: u16 = 10;

/// What a screen that is higher than wide gives a map, which says no more with more rows.
const MAP_TALL: u16 = 22;
/// The fewest rows of what it has below the logs then.
const BELOW_MIN: u16 = 6;

fn hall_rows(areas: &mut Areas, mut left: Rect, view: &View, servers: usize) {
    let rows = (servers as u16 + 2).min(left.height.saturating_sub(MAP_HEIGHT_MIN));
    let rows = rows.max(left.height.min(4));
    let spare = left.height.saturating_sub(rows + MAP_TALL);
    if left.width < RAIL_WIDTH && spare >= BELOW_MIN && !view.is_for_class() {
        areas[Pane::Events] = bottom(&mut left, spare);
    }
    let mut below = bottom(&mut left, rows);
    areas[Pane::Map] = left;
    if below.width >= RAIL_WIDTH && below.height >= 4 {
        areas[Pane::Clients] = Rect { x: below.right() - RAIL, width: RAIL, ..below };
        below.width -= RAIL + 1;
    }
    areas[Pane::Servers] = below;
}

/// The map keeps its cards beside a question, which is legible in plain letters too.
const QUESTION_MAP: u16 = 10;

/// What the map and the logs keep beside a question.
const fn hall_kept(scale: Scale, servers: usize) -> u16 {
    let logs = servers as u16 + 2;
    match scale {
        Scale::M => logs + QUESTION_MAP,
        Scale::L => logs + CARDS_HEIGHT,
        Scale::Xl => logs + 2 * servers as u16 + 11,
    }
}

/// The rows of the news beside a large map: what the logs and a line below them leave.
fn hall_news(left: Rect, servers: usize) -> u16 {
    let needed = (servers as u16).saturating_mul(3) + 13;
    left.height.saturating_sub(needed).clamp(8, 18)
}

/// Returns the place of the news.
fn hall_large(areas: &mut Areas, left: Rect, news: u16) -> Rect {
    let width = left.width * MAP_SHARE / 100;
    areas[Pane::Map] = Rect { width, ..left };
    let mut side = Rect { x: left.x + width + 1, width: left.width - width - 1, ..left };
    let news = top(&mut side, news);
    areas[Pane::Servers] = side;
    news
}

/// What every layout has above and below its panes; returns what is left between.
fn frame(areas: &mut Areas, view: &View) -> Rect {
    let mut left = areas.screen;
    let desk = left.height >= DESK_HEIGHT;
    areas.header = top(&mut left, 1);
    let told = view.voice == Voice::Screen && (view.script.is_some() || view.caption.is_some());
    let for_class = view.is_for_class();
    if desk {
        areas.headline = top(&mut left, 1);
        areas.caption = top(&mut left, if told { 2 } else { 0 });
    } else {
        areas.headline = top(&mut left, if areas.screen.height < 20 { 1 } else { 2 });
    }
    areas.footer = bottom(&mut left, 1);
    areas.last_command = bottom(&mut left, u16::from(desk && !for_class));
    let kept = left.height / 2;
    asked(areas, &mut left, view, kept);
    watched(areas, &mut left, view, if desk { 4 } else { 1 });
    if view.zoomed != Some(Pane::Timeline) && !for_class {
        areas[Pane::Timeline] = bottom(&mut left, if desk { 5 } else { 1 });
    }
    left
}

/// Rows for what is watched, and for their title where there is one: at least so many if it takes
/// them, more where there is more room.
fn watched(areas: &mut Areas, left: &mut Rect, view: &View, least: u16) {
    if view.watches.is_empty() {
        return;
    }
    let rows = watches::rows(left.width, view.watches.len());
    let most = least.max(1 + left.height / 20);
    areas.watches = top(left, rows.min(most) + areas.watches_title());
}

fn copies(area: Rect, servers: usize) -> Copies {
    let roomy = area.height >= 20 && usize::from(area.height) >= servers + 3;
    if roomy { Copies::Shown } else { Copies::Hidden }
}

/// Rows of servers and logs with everything: title, heading, servers, copies.
fn servers_rows(areas: &mut Areas, servers: usize) -> u16 {
    let copies = areas.screen.height >= DESK_HEIGHT;
    areas.copies = if copies { Copies::Shown } else { Copies::Hidden };
    servers.min(100) as u16 + 2 + u16::from(copies)
}

fn logs(areas: &mut Areas, middle: Rect, servers: usize) {
    let mut left = middle;
    let rows = servers_rows(areas, servers);
    let spare = left.height.saturating_sub(rows);
    areas[Pane::Events] = bottom(&mut left, if spare < 2 { 0 } else { spare });
    areas[Pane::Servers] = left;
    if areas[Pane::Servers].height < rows {
        areas.copies = Copies::Hidden;
    }
}

fn map(areas: &mut Areas, middle: Rect) {
    if middle.width < 120 {
        areas[Pane::Map] = middle;
        return;
    }
    let lists = middle.width / 3;
    areas[Pane::Map] = Rect { width: middle.width - lists - 1, ..middle };
    areas[Pane::InFlight] = Rect { x: areas[Pane::Map].right() + 1, width: lists, ..middle };
}

fn clients_and_values(areas: &mut Areas, middle: Rect) {
    let half = (middle.width - 1) / 2;
    let mut left = Rect { width: half, ..middle };
    areas[Pane::Values] = Rect { x: half + 1, width: middle.width - half - 1, ..middle };
    areas[Pane::Clients] = top(&mut left, middle.height.div_ceil(2));
    areas[Pane::InFlight] = left;
}

/// From this width on the events stand beside the diagram.
const TOLD_WIDTH: u16 = 170;

fn diagram(areas: &mut Areas, middle: Rect) {
    let events = if middle.width < TOLD_WIDTH { 0 } else { middle.width / 3 };
    areas[Pane::Diagram] = Rect { width: middle.width - events, ..middle };
    if events > 0 {
        areas[Pane::Diagram].width -= 1;
        areas[Pane::Events] = Rect { x: middle.right() - events, width: events, ..middle };
    }
}

/// The most rows that all of a server needs, its title included.
const FACTS: u16 = 22;

/// A server, and below it who can decide beside a client.
fn closely(areas: &mut Areas, middle: Rect) {
    let mut left = middle;
    areas[Pane::Inspector] = top(&mut left, (middle.height * 3 / 5).min(FACTS));
    if middle.width < BESIDE_WIDTH {
        areas[Pane::Quorum] = left;
        return;
    }
    let half = (left.width - 1) / 2;
    areas[Pane::Quorum] = Rect { width: half, ..left };
    areas[Pane::Client] = Rect { x: left.x + half + 1, width: left.width - half - 1, ..left };
}

/// The script and what comes of it, side by side where that is possible, under the servers.
fn script(areas: &mut Areas, middle: Rect, servers: usize) {
    let mut left = middle;
    let rows = servers_rows(areas, servers);
    areas[Pane::Servers] =
        top(&mut left, rows.min(middle.height.saturating_sub(SCRIPT_HEIGHT_MIN)));
    if areas[Pane::Servers].height < rows {
        areas.copies = Copies::Hidden;
    }
    if middle.width >= BESIDE_WIDTH {
        let half = (left.width - 1) / 2;
        areas[Pane::Events] = Rect { width: half, ..left };
        areas[Pane::Script] = Rect { x: half + 1, width: left.width - half - 1, ..left };
    } else {
        let rows = left.height * 3 / 5;
        areas[Pane::Script] = top(&mut left, rows);
        areas[Pane::Events] = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::time::Time;
    use crate::ui::view::{
        About, Choice, Presented, Question, Said, ScriptPlace, Since, Stage, WatchRow,
    };

    fn at(width: u16, height: u16, servers: usize) -> Areas {
        areas(Size { width, height }, &View::default(), servers)
    }

    fn asked() -> Question {
        let choice = |text: &str| Choice {
            text: text.into(),
            said: Said::Hands(7),
            so: None,
            share: None,
            own: false,
        };
        Question {
            text: "How many votes does it need?".into(),
            choices: ["two", "three", "four", "five", "nobody knows"].map(choice).to_vec(),
            stage: Stage::Asked,
            about: About::default(),
        }
    }

    fn watched() -> WatchRow {
        let (name, value) = ("S1 is leader".to_owned(), "true".to_owned());
        WatchRow { name, value, since: Since::At(Time::START), fresh: false }
    }

    #[test]
    fn the_projector_has_its_regions() {
        let areas = at(80, 24, 5);
        assert_eq!((areas.header.height, areas.headline.height, areas.news.height), (1, 2, 2));
        assert_eq!((areas[Pane::Map].width, areas[Pane::Map].height), (80, 10));
        assert_eq!(areas[Pane::Servers].height, 2 + 5);
        assert_eq!((areas[Pane::Timeline].height, areas.footer.height), (1, 1));
    }

    #[test]
    fn twenty_five_servers_leave_the_map_its_least() {
        let areas = at(80, 24, 25);
        assert_eq!(areas[Pane::Map].height, MAP_HEIGHT_MIN);
        assert_eq!(areas[Pane::Servers].height, 24 - 5 - MAP_HEIGHT_MIN - 2);
        assert_eq!((areas[Pane::Timeline].height, areas.footer.height), (1, 1));
    }

    /// At every size, with every layout: no two panes overlap and none leaves the screen.
    #[test]
    fn areas_never_overlap() {
        let sizes = (1..=70).step_by(3).flat_map(|h| (1..=210).step_by(7).map(move |w| (w, h)));
        for (width, height) in sizes {
            for servers in [1, 5, 25] {
                for layout in Layout::EVERY {
                    let view = View { layout, ..View::default() };
                    check(&areas(Size { width, height }, &view, servers));
                    let script = Some(ScriptPlace::default());
                    let view = View { layout, script, ..View::default() };
                    check(&areas(Size { width, height }, &view, servers));
                }
                for layout in Layout::EVERY {
                    let (mode, script) = (Mode::Packets, Some(ScriptPlace::default()));
                    let mut view = View { layout, mode, script, ..View::default() };
                    check(&areas(Size { width, height }, &view, servers));
                    view.watches = vec![watched(); 5];
                    check(&areas(Size { width, height }, &view, servers));
                    view.mode = Mode::Normal;
                    check(&areas(Size { width, height }, &view, servers));
                }
                for layout in Layout::EVERY {
                    let (size, question) = (Marks::Big, Some(asked()));
                    let mut view = View { layout, size, question, ..View::default() };
                    check(&areas(Size { width, height }, &view, servers));
                    view.size = Marks::Usual;
                    check(&areas(Size { width, height }, &view, servers));
                }
                for layout in Layout::EVERY {
                    let mut view = View { layout, size: Marks::Big, ..View::default() };
                    check(&areas(Size { width, height }, &view, servers));
                    view.clock = Clock::Broken;
                    check(&areas(Size { width, height }, &view, servers));
                    view.size = Marks::Usual;
                    view.presented = Some(Presented::default());
                    check(&areas(Size { width, height }, &view, servers));
                }
                for pane in Pane::EVERY {
                    let view = View { zoomed: Some(pane), ..View::default() };
                    check(&areas(Size { width, height }, &view, servers));
                }
            }
        }
    }

    fn check(areas: &Areas) {
        let told =
            [areas.header, areas.headline, areas.status, areas.caption, areas.news, areas.watches];
        let rest = told.into_iter().chain([areas.question, areas.last_command, areas.footer]);
        let panes = Pane::EVERY.map(|pane| areas[pane]);
        let all: Vec<Rect> = rest.chain(panes).filter(|one| !one.is_empty()).collect();
        for (place, one) in all.iter().enumerate() {
            assert_eq!(one.intersection(areas.screen), *one, "{areas:?}");
            for other in &all[place + 1..] {
                assert!(!one.intersects(*other), "{one:?} and {other:?} in {areas:?}");
            }
        }
    }
}
