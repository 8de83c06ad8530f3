//! Memory: a run that is left alone grows. Time stands when it has come to its budget, before the
//! machine suffers, and the screen says what to do. The timeline has a budget of its own, and says
//! when going back begins to take longer.

use super::{Session, Stands};
use crate::cluster::timeline;
use crate::ui::trace::Trace;

/// What a session may take, as far as can be told, when nobody says otherwise: 1 GB.
pub const BUDGET: u64 = 1_000_000_000;
/// The least and the most that somebody may say.
const LEAST: u64 = 10_000_000;
const MOST: u64 = 1_000_000_000_000;

/// "500MB", "2GB": a size in bytes.
///
/// # Errors
/// A sentence that says what was expected.
pub fn size(text: &str) -> Result<u64, String> {
    let word = text.trim().to_uppercase();
    let (number, unit) = match (word.strip_suffix("MB"), word.strip_suffix("GB")) {
        (Some(number), _) => (number, 1_000_000),
        (_, Some(number)) => (number, 1_000_000_000),
        (None, None) => ("", 0),
    };
    let bytes = number.trim().parse().ok().and_then(|number: u64| number.checked_mul(unit));
    match bytes {
        Some(bytes) if (LEAST..=MOST).contains(&bytes) => Ok(bytes),
        Some(_) | None => {
            Err(format!("expected a size from {} to {}, as 2GB", words(LEAST), words(MOST)))
        }
    }
}

/// "1.5 GB", "512 MB".
fn words(bytes: u64) -> String {
    let megabytes = bytes / 1_000_000;
    match (megabytes / 1_000, megabytes % 1_000 / 100) {
        (0, _) => format!("{megabytes} MB"),
        (gigabytes, 0) => format!("{gigabytes} GB"),
        (gigabytes, tenths) => format!("{gigabytes}.{tenths} GB"),
    }
}

impl Session {
    /// How many bytes the session may take.
    pub fn set_memory(&mut self, bytes: u64) {
        self.memory = bytes;
    }

    /// About how many bytes the session takes: its run, the futures left, and what is shown.
    pub fn bytes(&self) -> u64 {
        let futures = self.branches.iter().chain(&self.undone);
        // Up to where one left them they share their checkpoints with the present one.
        let left: u64 = futures
            .map(|future| future.timeline.bytes_after(future.left) + future.trace.bytes())
            .sum();
        let shown = self.trace.bytes() + self.newest.as_ref().map_or(0, Trace::bytes);
        self.cluster.bytes() + self.timeline.bytes() + left + shown
    }

    /// Why the run can't go on from its newest moment, if it has come to its budget.
    pub(super) fn is_full(&self) -> Option<String> {
        let bytes = self.bytes();
        (!self.is_past() && bytes >= self.memory).then(|| {
            let (taken, double) = (words(bytes), words(2 * self.memory).replace(' ', ""));
            format!(
                "the session takes {taken}, its budget: Ctrl-s saves it; :memory {double} goes on"
            )
        })
    }

    /// Time stands if the session has come to its budget. Whether it has.
    pub(super) fn heed_memory(&mut self) -> bool {
        let Some(why) = self.is_full() else { return false };
        self.halt = Some(Stands::Memory);
        self.refuse(why);
        true
    }

    /// `:memory SIZE`.
    pub(super) fn grant_memory(&mut self, text: &str) {
        match size(text) {
            Err(expected) => self.refuse(expected),
            Ok(bytes) => {
                self.memory = bytes;
                if self.halt == Some(Stands::Memory) && self.is_full().is_none() {
                    self.halt = None;
                }
                let taken = words(self.bytes());
                self.note(format!("the session may take {}; it takes {taken}", words(bytes)));
            }
        }
    }

    /// The timeline has let checkpoints go: the screen says what going back costs now.
    pub(super) fn heed_reach(&mut self) {
        let reach = self.timeline.reach();
        if std::mem::replace(&mut self.reach, reach) < reach {
            self.tell_reach();
        }
    }

    /// What going back costs, if it is more than in a short run.
    pub(super) fn tell_reach(&mut self) {
        let reach = self.timeline.reach();
        if reach > timeline::REACH {
            self.note(format!("a long run: going far back plays up to {reach} steps again"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_said() {
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size(" 500 mb "), Ok(500_000_000));
        assert_eq!(words(1_500_000_000), "1.5 GB");
        assert_eq!(words(2_000_000_000), "2 GB");
        assert_eq!(words(512_000_000), "512 MB");
        for wrong in ["", "2", "GB", "-1GB", "9MB", "1001GB", "99999999999999999999GB", "2TB"] {
            let expected = "expected a size from 10 MB to 1000 GB, as 2GB";
            assert_eq!(size(wrong).unwrap_err(), expected, "{wrong}");
        }
    }
}
