//! The mouse: a click selects, a double click inspects, the wheel scrolls what is under it.

use std::time::Duration;

use super::look::Way;
use super::{Effect, Mode, Session};
use crate::app::input::{Mouse, MouseAct};
use crate::cluster::timeline::Goal;
use crate::ui::view::{Lists, Pane, Target};
use crate::ui::{hit, layout};

/// Two clicks on one thing within this time are a double click.
const DOUBLE: Duration = Duration::from_millis(400);
/// How many rows a turn of the wheel is.
const WHEEL: u64 = 3;

/// A click, for telling whether the next one doubles it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Click {
    at: Duration,
    target: Target,
}

impl Session {
    pub(super) fn mouse(&mut self, mouse: Mouse) -> Option<Effect> {
        let (x, y) = (mouse.column, mouse.row);
        match mouse.act {
            MouseAct::Press => return self.click(x, y),
            MouseAct::ScrollDown => self.wheel(x, y, Way::Forwards),
            MouseAct::ScrollUp => self.wheel(x, y, Way::Back),
            MouseAct::PressOther => {}
        }
        None
    }

    /// The number of the choice that stands at a place of the screen.
    pub fn choice_at(&self, x: u16, y: u16) -> Option<u32> {
        match hit(self.size, &self.scene(), x, y)? {
            Target::Answer(number) => Some(number),
            _ => None,
        }
    }

    fn click(&mut self, x: u16, y: u16) -> Option<Effect> {
        let target = hit(self.size, &self.scene(), x, y)?;
        if let Target::Hint(place) = target {
            return self.press_hint(place);
        }
        match (&self.mode, target.clone()) {
            (Mode::Prompt(_), Target::Choice(place)) => self.choose_completion(place),
            (Mode::Reading(_), Target::Choice(place)) => self.choose_item(place),
            (Mode::Link(_), Target::Link(from, to)) => self.point_at_link(from, to),
            (Mode::Normal | Mode::Packet, Target::Answer(number)) => self.choose_answer(number),
            (Mode::Normal | Mode::Packet, _) => self.point_at(x, y, target),
            _ => {}
        }
        None
    }

    fn point_at(&mut self, x: u16, y: u16, target: Target) {
        let areas = layout::areas(self.size, &self.view, self.cluster.servers().len());
        // In packet mode a packet on the map is chosen in the list.
        let packet = matches!(target, Target::Packet(_)) && matches!(self.mode, Mode::Packet);
        if packet {
            self.view.focus = Pane::InFlight;
        } else if let Some(pane) = areas.pane_at(x, y) {
            self.view.focus = pane;
        }
        let click = Click { at: self.room, target };
        let doubled = self.last_click.as_ref().is_some_and(|last| {
            last.target == click.target && click.at.saturating_sub(last.at) <= DOUBLE
        });
        self.choose_target(&click.target);
        if doubled {
            self.inspect();
        }
        self.last_click = (!doubled).then_some(click);
    }

    fn choose_target(&mut self, target: &Target) {
        let selection = &mut self.view.selection;
        match target {
            Target::Server(id) => selection.server = Some(*id),
            Target::Entry { server, index } => {
                selection.server = Some(*server);
                selection.entry = Some(*index);
            }
            Target::Client(id) => selection.client = Some(*id),
            Target::Key(key) => selection.key = Some(key.clone()),
            Target::Packet(id) => selection.packet = Some(*id),
            Target::Event(number) => selection.event = Some(*number),
            Target::Line(number) => selection.line = Some(*number),
            Target::Link(from, to) => selection.link = Some((*from, *to)),
            Target::Moment(time) => self.seek(Goal::Time(*time)),
            Target::Watch(place) => self.list_watches(*place),
            Target::Pane(_) | Target::Hint(_) | Target::Choice(_) | Target::Answer(_) => {}
        }
    }

    /// A key of the footer was pressed with the mouse.
    fn press_hint(&mut self, place: usize) -> Option<Effect> {
        let binding = *self.hinted.get(place)?;
        let pressed = *binding.chords.first()?;
        self.act(binding, pressed)
    }

    fn wheel(&mut self, x: u16, y: u16, way: Way) {
        match self.mode {
            Mode::Reading(_) => {
                let by = WHEEL as i16;
                self.turn(if way == Way::Forwards { by } else { -by });
            }
            Mode::Normal => {
                let areas = layout::areas(self.size, &self.view, self.cluster.servers().len());
                let Some(pane) = areas.pane_at(x, y) else { return };
                if pane.lists() == Lists::Time {
                    return self.timeline_window(way);
                }
                self.view.focus = pane;
                match pane.lists() {
                    Lists::Logs => self.sideways(way),
                    _ => self.walk(way, WHEEL),
                }
            }
            Mode::Packet => self.walk_packets(way, WHEEL),
            Mode::Jump(_)
            | Mode::Partition(_)
            | Mode::Link(_)
            | Mode::Prompt(_)
            | Mode::Asking(_) => {}
        }
    }
}
