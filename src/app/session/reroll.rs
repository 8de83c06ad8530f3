//! Rerolls: the same state with fresh randomness. `:reroll` goes on from here with a new seed,
//! which is recorded; `:reroll 1000 until CONDITION within T` plays so many futures and says in how many
//! of them the condition comes true, and how sure that is. Each future begins with `reseed SEED
//! all`, as a reroll does, so timers that are armed and packets in flight are drawn again too. It
//! does a piece of the work a frame (`work.rs`), and the lab is paused. `lent.rs` lets somebody else do it.

use super::Session;
use super::dialog::Reading;
use super::share::Share;
use super::work::{Progress, Work, bar};
use crate::cluster::command::{
    Command, Condition, Deed, Flow, LabAct, Motion, Reach, Reseed, parse_typed,
};
use crate::cluster::digest::Digest;
use crate::cluster::event::{EventKind, ScriptEvent};
use crate::cluster::time::Span;
use crate::cluster::{Cluster, Redrawn, Refusal};
use crate::ui::view::Stands;

const TITLE: &str = "Reroll";
/// The most futures of one question.
const FUTURES_MAX: u32 = 1_000_000;
/// How far a future is played when the question does not say.
pub(super) const WITHIN: Span = Span::from_secs(10);
/// What beginning a future costs, in steps.
const A_FUTURE: u32 = 16;

/// A question about many futures, while it is being answered.
#[derive(Clone, Debug)]
pub(super) struct Reroll {
    /// Somebody else plays the futures, and tells what comes of them.
    pub(super) lent: bool,
    asked: Asked,
    within: Span,
    /// The state from which they begin.
    start: Cluster,
    /// What is drawn again for each of them.
    redrawn: Redrawn,
    /// How many futures of this session had been played before.
    before: u64,
    pub(super) wanted: u32,
    pub(super) played: u32,
    /// In how many of them each came true, and the seed of the first such.
    pub(super) hits: Vec<u32>,
    pub(super) first: Option<u64>,
    /// How many of the others ended early: an expectation failed, or a rule was broken.
    pub(super) ended: u32,
    /// The future that is being played.
    now: Option<(u64, Cluster)>,
}

/// What is asked of each future.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Condition(Condition),
    /// Which choices of a question are so: once a line reveals, or, where none does, once one of
    /// them becomes so that is not so at the beginning.
    Choices {
        conditions: Vec<Option<Condition>>,
        reveals: bool,
        before: Vec<bool>,
    },
}

impl Asked {
    /// The choices of a question, asked of the futures of this state.
    pub(super) fn choices(
        conditions: Vec<Option<Condition>>,
        reveals: bool,
        start: &Cluster,
    ) -> Self {
        let before = are_so(&conditions, start);
        Self::Choices { conditions, reveals, before }
    }

    fn count(&self) -> usize {
        match self {
            Self::Condition(_) => 1,
            Self::Choices { conditions, .. } => conditions.len(),
        }
    }

    /// What is so, once that is decided.
    fn so(&self, cluster: &Cluster) -> Option<Vec<bool>> {
        match self {
            Self::Condition(condition) => cluster.is_so(condition).then(|| vec![true]),
            Self::Choices { reveals: true, .. } => {
                cluster.events().iter().find_map(|event| match &event.kind {
                    EventKind::Script(ScriptEvent::Revealed { so }) => {
                        Some(so.iter().map(|so| *so == Some(true)).collect())
                    }
                    _ => None,
                })
            }
            Self::Choices { conditions, before, .. } => {
                let now = are_so(conditions, cluster);
                let new: Vec<bool> =
                    now.iter().zip(before).map(|(now, before)| *now && !before).collect();
                new.contains(&true).then_some(new)
            }
        }
    }
}

fn are_so(conditions: &[Option<Condition>], cluster: &Cluster) -> Vec<bool> {
    let so = |it: &Option<Condition>| it.as_ref().is_some_and(|it| cluster.is_so(it));
    conditions.iter().map(so).collect()
}

impl Reroll {
    /// Futures of this state, about which something is asked.
    ///
    /// # Errors
    /// When there can be none.
    pub(super) fn of(
        cluster: &Cluster,
        asked: Asked,
        within: Span,
        (wanted, before): (u32, u64),
    ) -> Result<Self, Refusal> {
        let start = beginning(cluster)?;
        Ok(Self {
            lent: false,
            hits: vec![0; asked.count()],
            asked,
            within,
            redrawn: start.redrawable(),
            start,
            before,
            wanted,
            played: 0,
            first: None,
            ended: 0,
            now: None,
        })
    }

    /// Whether what comes of it is told in a dialog, and not beside the choices of a question.
    pub(super) const fn is_told(&self) -> bool {
        matches!(self.asked, Asked::Condition(_))
    }

    /// Plays on, and takes what it does off `effort`; true when all have been played.
    pub(super) fn work(&mut self, effort: &mut u32) -> bool {
        while *effort > 0 {
            if self.played == self.wanted {
                return true;
            }
            let (seed, mut cluster) = match self.now.take() {
                Some(now) => now,
                None => {
                    *effort = effort.saturating_sub(A_FUTURE);
                    self.next()
                }
            };
            *effort = effort.saturating_sub(cluster.work());
            let end = self.start.now() + self.within;
            let so = self.asked.so(&cluster);
            let over = cluster.next_due().is_none_or(|due| due > end) || cluster.is_stopped();
            if so.is_some() || over {
                self.played += 1;
                self.ended += u32::from(so.is_none() && cluster.is_stopped());
                if so.is_some() {
                    self.first.get_or_insert(seed);
                }
                for (hits, so) in self.hits.iter_mut().zip(so.into_iter().flatten()) {
                    *hits += u32::from(so);
                }
            } else {
                cluster.step();
                self.now = Some((seed, cluster));
            }
        }
        false
    }

    fn next(&self) -> (u64, Cluster) {
        let seed = fresh(&self.start, self.before + u64::from(self.played));
        let mut cluster = self.start.clone();
        // It has been done once already, when the question was asked.
        let _ = cluster.apply(&reseed(seed));
        (seed, cluster)
    }

    fn told(&self) -> Vec<String> {
        let Self { played, wanted, within, .. } = self;
        let bar = bar((*played).into(), (*wanted).into());
        let (Asked::Condition(condition), [hits]) = (&self.asked, &*self.hits) else {
            let about = "how often each choice is so".to_owned();
            return vec![about, String::new(), format!("{bar}, {played} of {wanted}")];
        };
        let mut lines = vec![
            format!("From {} on, within {within}: {condition}?", self.start.now()),
            String::new(),
            format!("{bar}, {played} of {wanted}"),
            String::new(),
        ];
        if let Some(share) = Share::new(*hits, *played) {
            lines.push(format!("It comes true in {hits} of {played}: {share}."));
            let (low, high) = share.interval();
            lines.push(format!("95 % confidence: {low} to {high}."));
        }
        if self.ended > 0 {
            let ended = self.ended;
            lines.push(format!("In {ended} the run ended first: a rule or an expectation failed."));
        }
        if let Some(seed) = self.first {
            lines.push(format!("The first of them: `:reseed {seed:#x} all`, from here."));
        }
        lines.push(String::new());
        lines.extend(about(&self.redrawn));
        lines
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { title: TITLE, lines: self.told() }
    }
}

/// What is drawn again in each future, and what stays though it waits too.
fn about(redrawn: &Redrawn) -> Vec<String> {
    let Redrawn { election_timers, packets, clients, others, packets_by_hand, timers_by_hand } =
        *redrawn;
    let counted = |counts: &[(u32, &str, &str)]| {
        let some = counts.iter().filter(|(count, ..)| *count > 0);
        let words = some.map(|(count, one, more)| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        });
        words.collect::<Vec<String>>().join(", ")
    };
    let again = counted(&[
        (election_timers, "election timer", "election timers"),
        (packets, "packet in flight", "packets in flight"),
        (clients, "client's pause", "clients' pauses"),
        (others, "wait of the script or of chaos", "waits of the script or of chaos"),
    ]);
    let fixed = counted(&[
        (packets_by_hand, "packet held or sent by hand", "packets held or sent by hand"),
        (timers_by_hand, "timer set by `timers`", "timers set by `timers`"),
    ]);
    let mut lines = Vec::new();
    if again.is_empty() {
        lines.push("Nothing random is under way: what is drawn from now on differs.".to_owned());
    } else {
        lines.push(
            "Drawn again in each, given that it has not come yet, and all that follows:".into(),
        );
        lines.push(format!("{again}."));
    }
    if !fixed.is_empty() {
        lines.push(format!("Unchanged in all: {fixed}."));
    }
    lines
}

fn reseed(seed: u64) -> Command {
    Command::Deed(Deed::Lab(LabAct::Reseed(Reseed { seed, reach: Reach::All })))
}

/// A seed that depends on the state and on how many futures have been asked for before: a session
/// that is played again gives the same answers, and another thousand is another.
fn fresh(cluster: &Cluster, number: u64) -> u64 {
    let mut digest = Digest::new();
    digest.u64(cluster.digest()).u64(number);
    digest.value()
}

/// The state from which all futures begin. In them time passes by itself.
fn beginning(cluster: &Cluster) -> Result<Cluster, Refusal> {
    let mut start = cluster.clone();
    if start.is_by_hand() {
        start.apply(&Command::Deed(Deed::Lab(LabAct::ByHand(Motion::ByItself))))?;
    }
    start.clone().apply(&reseed(0))?;
    Ok(start)
}

impl Session {
    /// `:reroll`, or `:reroll N until CONDITION [within T]`.
    pub(super) fn reroll(&mut self, rest: &str) {
        if rest.is_empty() {
            let seed = fresh(&self.cluster, self.futures);
            self.futures += 1;
            self.apply(&reseed(seed), ":reroll");
            return;
        }
        let usage = "as :reroll 1000 until leader = S2 within 5s";
        let (count, question) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(wanted) = count.parse().ok().filter(|count| (1..=FUTURES_MAX).contains(count))
        else {
            return self.refuse(format!("how many futures, 1 to {FUTURES_MAX}? {usage}"));
        };
        if question.trim().is_empty() {
            return self.refuse(format!("until what? {usage}"));
        }
        let (condition, within) = match parse_typed(question, |it| self.cluster.knows(it)) {
            Ok(Command::Flow(Flow::Until { condition, within })) => {
                (condition, within.unwrap_or(WITHIN))
            }
            Ok(_) => return self.refuse(format!("until what? {usage}")),
            Err(diagnostic) => return self.refuse(diagnostic.message),
        };
        let (asked, futures) = (Asked::Condition(condition), (wanted, self.futures));
        let reroll = match Reroll::of(&self.cluster, asked, within, futures) {
            Ok(reroll) => reroll,
            Err(refusal) => return self.refuse(refusal.to_string()),
        };
        self.halt.get_or_insert(Stands::Paused);
        self.futures += u64::from(wanted);
        self.begin(Work::Reroll(Box::new(reroll)));
    }

    /// A piece of the answer; what is left to do.
    pub(super) fn reroll_on(&mut self, mut reroll: Box<Reroll>) -> Option<Box<Reroll>> {
        if reroll.lent && reroll.played < reroll.wanted {
            self.effort = 0;
            return Some(reroll);
        }
        if !reroll.work(&mut self.effort) {
            return Some(reroll);
        }
        match reroll.asked {
            Asked::Condition(_) => self.open(Reading::text(TITLE, reroll.told())),
            Asked::Choices { conditions, .. } => {
                let share = |(condition, hits): (&Option<Condition>, u32)| {
                    condition.as_ref().and_then(|_| Share::new(hits, reroll.played))
                };
                let shares = conditions.iter().zip(reroll.hits).map(share).collect();
                self.end_work();
                self.tell_shares(shares);
            }
        }
        None
    }
}
