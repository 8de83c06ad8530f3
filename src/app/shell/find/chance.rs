//! The way to a condition by chance: the runs that `raftlab hunt` plays, watched for the condition.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use super::script::{Chance, Found};
use super::{Looked, Quest};
use crate::app::budget::Budget;
use crate::app::hunt::case::{Case, PATIENCE};
use crate::app::hunt::plan;
use crate::app::hunt::shrink::{self, Target};
use crate::app::shell::fleet;
use crate::cluster::command::{Condition, Script, Text, quoted};
use crate::cluster::rng::{Entity, Rng};
use crate::cluster::time::Time;
use crate::cluster::{Cluster, Step};

/// Plays these seeds, and finds what the lowest of those finds that find anything.
pub fn play(
    quest: &Quest,
    seeds: Range<u64>,
    is_late: &(impl Fn() -> bool + Sync),
    looked: &mut Looked,
) -> Option<Found> {
    let mut first = None;
    let jobs = seeds.take_while(|_| !is_late());
    let played: Result<(), Infallible> = fleet::run(
        jobs,
        |seed| (seed, when(quest, seed)),
        |(seed, end)| {
            looked.runs += 1;
            match end {
                End::Met(time) => first = first.or(Some((seed, time))),
                End::Broken(rule) => *looked.broken.entry(rule).or_default() += 1,
                End::Other => {}
            }
            Ok(())
        },
    );
    let Ok(()) = played;
    first.and_then(|(seed, time)| small(quest, seed, time))
}

/// How a run ends.
enum End {
    Met(Time),
    /// By a rule that was broken, without the condition.
    Broken(&'static str),
    Other,
}

/// What a seed plays: the head, the weather and the faults of the hunt. Its load is replaced by
/// clients that bear the names of the lab, and use the keys and values that the condition names.
fn script(quest: &Quest, seed: u64) -> Script {
    let mut text = String::new();
    for line in plan::text(seed, &quest.fixed).lines() {
        match line.split(' ').next() {
            Some("load") => text.push_str(&clients(quest, seed)),
            _ => {
                let _ = writeln!(text, "{line}");
            }
        }
        if line.starts_with("run ") {
            break;
        }
    }
    let mut script =
        Script::parse("find", text.as_bytes()).expect("a plan is a well formed script");
    script.config.raft.clone_from(&quest.fixed.raft);
    script
}

/// Clients at work for as long as faults come and go.
fn clients(quest: &Quest, seed: u64) -> String {
    let extent = quest.condition.extent();
    let mut rng = Rng::new(seed, Entity::Chaos(u64::MAX - 2));
    let key = |number: u64| match extent.keys.len() as u64 {
        0 => Text::new(["x", "y"][number as usize % 2]),
        many => extent.keys[(number % many) as usize].clone(),
    };
    let mut text = "expects remark\n".to_owned();
    let count = quest.fixed.clients.unwrap_or(2 + rng.below(3) as u32);
    for client in ["a", "b", "c", "d"].into_iter().take(count as usize) {
        let pause = [5, 20, 60, 200][rng.below(4) as usize];
        let key = quoted(key(rng.below(2)).as_str());
        let value = match extent.values.len() as u64 {
            0 => format!("{client}{{i}}"),
            many => quoted(extent.values[rng.below(many) as usize].as_str()),
        };
        let work = match extent.locks.first() {
            Some(lock) => {
                let lock = quoted(lock.as_str());
                format!("acquire {lock}\n    run 1ms..{pause}ms\n    release {lock}")
            }
            None => format!(
                "if chance {}%\n      get {key}\n    else\n      put {key} {value} @last\n    end",
                [10, 40, 70][rng.below(3) as usize]
            ),
        };
        let _ = writeln!(
            text,
            "task {client}\n  loop for 3s as i\n    {work}\n    run 1ms..{pause}ms\n  end\nend"
        );
    }
    text
}

/// How the run of a seed ends, which is where the condition holds.
fn when(quest: &Quest, seed: u64) -> End {
    let script = script(quest, seed);
    let mut cluster = Cluster::with_script(&script, Some(seed));
    let budget = Budget::new(None);
    while !cluster.is_so(&quest.condition) {
        let over = cluster.finished() || budget.exceeded(&cluster).is_some();
        if over || cluster.step() != Step::Happened {
            break;
        }
    }
    match cluster.violation() {
        _ if cluster.is_so(&quest.condition) => End::Met(cluster.now()),
        Some(violation) => End::Broken(violation.invariant.name()),
        None => End::Other,
    }
}

/// The smallest case that leads there.
fn small(quest: &Quest, seed: u64, time: Time) -> Option<Found> {
    let script = script(quest, seed);
    let (mut case, _) = Case::of(&script, seed, |_| false);
    let last = time + PATIENCE;
    case.commands.retain(|(place, _)| place.time <= last);
    case.goal = Some(Arc::<Condition>::new(quest.condition.clone()));
    let target = Target::Met { servers: quest.config.servers };
    let (case, until) = shrink::shrink(case, target, time)?;
    Some(Found::ByChance(Box::new(Chance { seed, case, until })))
}
