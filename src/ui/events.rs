//! The events: when, who, what, and why as far as there is room. The newest stands at the bottom
//! until one scrolls.
//!
//! ```text
//!  4.777  S2  commits entry 4 of term 4. It is on S1, S2 and S3 (§5.3).
//!  4.852  S1  learns that entry 4 is committed.
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::text::{Moment, digits};
use super::view::{Extent, Pane, Scene, Target};
use crate::cluster::event::{Event, EventKind, LabEvent, ScriptEvent};
use crate::cluster::topic::Weight;
use crate::cluster::types::Node;
use crate::cluster::words::sentences;

/// The most columns for a client's name before its event.
const NAME_MAX: u16 = 8;

pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let extent = extent(area, scene);
    let remark = remark(scene, extent, area.width);
    canvas.title(area, Pane::Events.name(), scene.focus(Pane::Events), &remark);
    let columns = Columns::of(area, scene);
    let numbers = scene.trace.listed().range(extent.first as usize..);
    for (row, number) in (1..=extent.shown as u16).zip(numbers) {
        if let Some(event) = scene.trace.get(*number) {
            columns.draw_event(canvas, area, row, scene, *number, event);
        }
    }
}

/// The event at a place of the pane.
pub fn hit(area: Rect, scene: &Scene, _: u16, y: u16) -> Option<Target> {
    let extent = extent(area, scene);
    let row = u64::from(y.checked_sub(area.y + 1)?);
    let place = usize::try_from(extent.first + row).ok().filter(|_| row < extent.shown)?;
    scene.trace.listed().get(place).map(|number| Target::Event(*number))
}

/// Which of the listed events are shown, by their places in the list.
pub fn extent(area: Rect, scene: &Scene) -> Extent {
    let listed = scene.trace.listed();
    let total = listed.len() as u64;
    let shown = u64::from(area.height.saturating_sub(1)).min(total);
    let end = match scene.view.scroll.events {
        None => total,
        Some(last) => (listed.partition_point(|number| *number <= last) as u64).max(shown),
    };
    Extent { first: end - shown, shown, total }
}

fn remark(scene: &Scene, extent: Extent, width: u16) -> String {
    let mut remarks = Vec::new();
    let later = extent.total - extent.first - extent.shown;
    if later > 0 {
        remarks.push(format!("{later} later (End)"));
    }
    if let Some(filter) = &scene.view.filter {
        let shown: String = filter.chars().take(20).collect();
        remarks.push(format!("only \"{shown}\" (Esc)"));
    }
    match scene.trace.listing().detail {
        Weight::Story if width >= 72 || remarks.is_empty() => {
            remarks.push("heartbeats hidden (e)".to_owned());
        }
        Weight::Story => {}
        Weight::Detail | Weight::Silent => remarks.push("everything shown (e)".to_owned()),
    }
    remarks.join(", ")
}

/// Where the columns stand, counted from the pane's left end.
struct Columns {
    time_width: u16,
    subject_width: u16,
    gap: u16,
}

impl Columns {
    fn of(area: Rect, scene: &Scene) -> Self {
        let seconds = digits(scene.cluster.now().micros() / 1_000_000);
        let server = digits(scene.cluster.servers().len() as u64) + 1;
        Self {
            time_width: seconds + 4,
            subject_width: server,
            gap: if area.width >= 100 { 2 } else { 1 },
        }
    }

    fn draw_event(
        &self,
        canvas: &mut Canvas,
        area: Rect,
        row: u16,
        scene: &Scene,
        number: u64,
        event: &Event,
    ) {
        let theme = canvas.theme();
        let names = scene.cluster.names();
        let selected = scene.view.selection.event == Some(number);
        let style = if matches!(
            event.kind,
            EventKind::Lab(LabEvent::Violated { .. })
                | EventKind::Script(ScriptEvent::Failed { .. })
        ) {
            theme.broken()
        } else if selected {
            theme.bold()
        } else {
            theme.plain()
        };
        // A line stands behind the last column where another pane is beside this one.
        let beside = u16::from(area.right() < canvas.area().right());
        let mut pen = canvas.pen(Rect { width: area.width.saturating_sub(beside), ..area }, row);
        if selected {
            pen.style(theme.bold()).put('►');
        }
        let time = Moment(event.time);
        pen.column(1).style(theme.dim());
        pen.put(format_args!("{time:>0$}", usize::from(self.time_width)));
        pen.skip(self.gap).style(style);
        let start = pen.x() - area.x;
        let deed = match event.subject() {
            Some(Node::Server(server)) => {
                pen.put(server);
                event.deed(names)
            }
            Some(Node::Client(client)) => {
                pen.user_within(names.client(client), NAME_MAX);
                event.deed(names)
            }
            None => event.headline(names),
        };
        if event.subject().is_some() {
            let after = pen.x() - area.x + self.gap;
            pen.column((start + self.subject_width + self.gap).max(after));
        }
        pen.put_within(&deed);
        if pen.room() > 1
            && let Some(reason) = event.reason(names)
        {
            pen.put(". ").style(theme.dim()).put_within(&sentences([Some(reason)]));
        }
    }
}
