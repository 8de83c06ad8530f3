//! Rerolls: the same state with other chance. `:reroll` goes on from here with a fresh seed, which
//! is recorded; `:reroll 1000 until CONDITION within T` plays so many futures and says in how many
//! of them the condition comes true. It does a piece of the work a frame, and the lab stands.

use super::dialog::Reading;
use super::{Mode, Screen, Session};
use crate::cluster::Cluster;
use crate::cluster::command::{Command, Condition, parse_line};
use crate::cluster::digest::Digest;
use crate::cluster::time::Span;
use crate::ui::view::Stands;

const TITLE: &str = "Reroll";
/// The most futures of one question.
const FUTURES_MAX: u32 = 1_000_000;
/// How far a future is played when the question does not say.
const WITHIN: Span = Span::from_secs(10);
/// The most events that are handled a frame.
const EVENTS_A_FRAME: u32 = 10_000;

/// A question about many futures, while it is being answered.
#[derive(Clone, Debug)]
pub(super) struct Reroll {
    condition: Condition,
    within: Span,
    /// The state from which they begin.
    start: Cluster,
    wanted: u32,
    played: u32,
    /// In how many of them the condition came true, and the seed of the first such.
    hits: u32,
    first: Option<u64>,
    /// The future that is being played.
    now: Option<(u64, Cluster)>,
}

impl Reroll {
    /// Plays on; true when all have been played.
    fn work(&mut self) -> bool {
        for _ in 0..EVENTS_A_FRAME {
            if self.played == self.wanted {
                return true;
            }
            let (seed, mut cluster) = match self.now.take() {
                Some(now) => now,
                None => self.next(),
            };
            let end = self.start.now() + self.within;
            let so = cluster.is_so(&self.condition);
            let over = cluster.next_due().is_none_or(|due| due > end) || cluster.is_stopped();
            if so || over {
                self.played += 1;
                self.hits += u32::from(so);
                if so {
                    self.first.get_or_insert(seed);
                }
            } else {
                cluster.step();
                self.now = Some((seed, cluster));
            }
        }
        false
    }

    fn next(&self) -> (u64, Cluster) {
        let seed = fresh(&self.start, self.played);
        let mut cluster = self.start.clone();
        // It can always be done; if not, this future is like that of the lab.
        let _ = cluster.apply(&Command::Reseed(seed));
        (seed, cluster)
    }

    fn told(&self) -> Vec<String> {
        const BAR: u32 = 50;
        let Self { hits, played, wanted, condition, within, first, .. } = self;
        let full = (u64::from(*played) * u64::from(BAR) / u64::from(*wanted)) as u32;
        let bar: String = (0..BAR).map(|place| if place < full { '#' } else { '.' }).collect();
        let share = f64::from(*hits) * 100.0 / f64::from((*played).max(1));
        let mut lines = vec![
            format!(
                "From {} on with other chance: {condition}, within {within}?",
                self.start.now()
            ),
            String::new(),
            format!("[{bar}] {played} of {wanted}"),
            String::new(),
            format!("It comes true in {hits} of {played} ({share:.1} %)."),
        ];
        if let Some(seed) = first {
            lines.push(format!("The first of them: `:reseed {seed:#x}`, from here."));
        }
        lines
    }
}

/// A seed that depends on the state and on which of its futures this is, and on nothing else: the
/// same question has the same answer.
fn fresh(cluster: &Cluster, number: u32) -> u64 {
    let mut digest = Digest::new();
    digest.u64(cluster.digest()).u64(u64::from(number));
    digest.value()
}

impl Session {
    /// `:reroll`, or `:reroll N until CONDITION [within T]`.
    pub(super) fn reroll(&mut self, rest: &str) {
        if rest.is_empty() {
            let number = self.timeline.deeds().len() as u32 + self.branches.len() as u32;
            let seed = fresh(&self.cluster, number);
            self.apply(&Command::Reseed(seed), ":reroll");
            return;
        }
        let usage = "as :reroll 1000 until leader = S2 within 5s";
        let (count, question) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(wanted) = count.parse().ok().filter(|count| (1..=FUTURES_MAX).contains(count))
        else {
            return self.refuse(format!("how many futures, 1 to {FUTURES_MAX}? {usage}"));
        };
        let (condition, within) = match parse_line(question) {
            Ok(Command::Until { condition, within }) => (condition, within.unwrap_or(WITHIN)),
            Ok(_) => return self.refuse(format!("until what? {usage}")),
            Err(diagnostic) => return self.refuse(diagnostic.message),
        };
        self.halt.get_or_insert(Stands::Paused);
        let (start, now) = (self.cluster.clone(), None);
        let (played, hits, first) = (0, 0, None);
        let reroll = Reroll { condition, within, start, wanted, played, hits, first, now };
        self.open(Reading::text(TITLE, reroll.told()));
        self.rerolling = Some(reroll);
    }

    /// A frame's piece of the answer. Whoever closes the text has heard enough.
    pub(super) fn work_on_reroll(&mut self) {
        let Some(mut reroll) = self.rerolling.take() else { return };
        let Mode::Reading(Reading::Text { title, lines }) = &mut self.mode else { return };
        if title != TITLE {
            return;
        }
        let done = reroll.work();
        *lines = reroll.told();
        self.screen = Screen::Stale;
        if !done {
            self.rerolling = Some(reroll);
        }
    }
}
