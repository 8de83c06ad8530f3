//! Playing scripts that must pass, with many seeds. One that fails is reported with its seed and
//! its line, as `raftlab run` would.

use raftlab::cluster::Cluster;
use raftlab::cluster::command::Script;

use crate::scripts::play;

/// How many seeds each script is played with, its own not counted.
const SEEDS: u64 = 20;

/// What went wrong in a run, if anything did.
fn fault(name: &str, script: &Script, cluster: &Cluster) -> Option<String> {
    let seed = cluster.config().seed;
    let again = format!("raftlab run {name} --seed {seed}");
    if let Some(failure) = cluster.failure() {
        let source = script.source.get((failure.line as usize).wrapping_sub(1));
        return Some(format!(
            "{name}:{}: seed {seed}, {}: {}\n  expected {}\n  but {}\n  {again}",
            failure.line,
            failure.time,
            source.map_or("", |line| line.trim()),
            failure.expected,
            failure.actual,
        ));
    }
    if let Some(broken) = cluster.violation() {
        let rule = broken.invariant.name();
        return Some(format!("{name}: seed {seed}: {rule}: {}\n  {again}", broken.evidence));
    }
    (!cluster.finished()).then(|| format!("{name}: seed {seed}: it stands still\n  {again}"))
}

/// Plays each of the scripts with its own seed and with [`SEEDS`] others.
pub fn pass<'a>(scripts: impl Iterator<Item = &'a (String, Script)>) {
    pass_few(scripts, SEEDS);
}

/// The same with so many other seeds.
pub fn pass_few<'a>(scripts: impl Iterator<Item = &'a (String, Script)>, seeds: u64) {
    let mut faults = Vec::new();
    for (name, script) in scripts {
        let seeds = std::iter::once(None).chain((1..=seeds).map(Some));
        faults.extend(seeds.filter_map(|seed| fault(name, script, &play(script, seed))));
    }
    let first: Vec<String> = faults.iter().take(10).cloned().collect();
    assert!(faults.is_empty(), "{} runs failed\n{}", faults.len(), first.join("\n"));
}
