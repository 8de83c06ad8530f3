//! A hunt on the page: seeds that a Worker plays, and the smallest script of what went wrong.

use raftlab::app::budget::Budget;
use raftlab::app::hunt::Prey;
use raftlab::app::hunt::plan::Fixed;
use raftlab::app::hunt::play::{self, Outcome};
use raftlab::cluster::flaw::{FLAWS, Flaw};

/// How many bytes a run may take: several Workers have them at a time.
const MEMORY: u64 = 200_000_000;

pub struct Hunt {
    prey: Prey,
    flaw: Option<Flaw>,
}

impl Hunt {
    /// Seeds as `raftlab hunt` plays them, with this flaw if it is one.
    pub fn of(flaw: &str) -> Self {
        let flaw = Flaw::from_name(flaw);
        Self { prey: Prey::Plan(Fixed { flaw, ..Fixed::default() }), flaw }
    }

    /// Plays a seed: 0 if all went well, 1 with what went wrong, 2 if it came to no end. What went wrong is
    /// told in lines: the rule, the evidence, how many commands the script has, the script.
    pub fn seed(&self, seed: u64) -> (u32, String) {
        let run = play::hunt(&self.prey.script(seed), seed, Budget::new(Some(MEMORY)));
        let Some(finding) = run.finding() else {
            return (if matches!(run.outcome, Outcome::Undecided) { 2 } else { 0 }, String::new());
        };
        let flaw = self.flaw.map(|flaw| format!(" --flaw {flaw}")).unwrap_or_default();
        let again = format!("raftlab hunt --seeds {seed}..{}{flaw}", seed.saturating_add(1));
        let small = self.prey.smallest(&run, finding, self.flaw, &again);
        let commands = small.commands.map(|count| count.to_string()).unwrap_or_default();
        let evidence = finding.told().replace('\n', " ");
        (1, format!("{}\n{evidence}\n{commands}\n{}", finding.word(), small.script))
    }
}

/// The flaws that can be planted, a line each: name and what it does, with a tab between.
pub fn flaws() -> String {
    FLAWS.iter().map(|about| format!("{}\t{}\n", about.name, about.departure)).collect()
}
