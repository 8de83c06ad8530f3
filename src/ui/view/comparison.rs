//! Two futures side by side, as they are shown.

use std::sync::Arc;

use crate::cluster::Names;
use crate::cluster::compare::{Difference, Row};
use crate::cluster::time::Time;
use crate::ui::text::Moment;

/// Two futures side by side: rows of events, then in what they differ in the end.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What makes each of them what it is.
    pub heads: [String; 2],
    pub rows: imbl::Vector<Row>,
    pub names: [Names; 2],
    /// The place of the first event that differs.
    pub first: Option<usize>,
    /// How many more events there were after the rows that are kept.
    pub left_out: u64,
    /// In what the two differ in the end; `None` while that is not known yet.
    pub differences: Option<Arc<[Difference]>>,
    /// How far it has come, and how far it goes.
    pub now: Time,
    pub end: Time,
    pub chosen: usize,
}

impl Comparison {
    /// How many items there are to choose from: the rows, a word about the end, and differences.
    pub fn items(&self) -> usize {
        self.rows.len() + 1 + self.differences.as_ref().map_or(0, |all| all.len())
    }

    /// The difference at a place among the items.
    pub fn difference(&self, place: usize) -> Option<&Difference> {
        let place = place.checked_sub(self.rows.len() + 1)?;
        self.differences.as_ref()?.get(place)
    }

    /// What stands between the events and the differences.
    pub fn closing(&self) -> String {
        let more = match self.left_out {
            0 => String::new(),
            more => format!("{more} more events. "),
        };
        let end = Moment(self.end);
        match (&self.differences, self.first) {
            (None, _) => format!("comparing: {} s of {end} s", Moment(self.now)),
            (Some(all), None) if all.is_empty() => {
                format!("{more}Up to {end} s nothing differs.")
            }
            (Some(all), _) if all.is_empty() => {
                format!("{more}At {end} s all is the same again.")
            }
            (Some(_), _) => format!("{more}At {end} s these are not the same:"),
        }
    }
}
