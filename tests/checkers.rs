//! The checkers themselves: they are silent when all is right, and name the rule that is broken.
//!
//! Scenes made by hand to mislead them stand in `scripts/checkers`. Runs full of faults and flaws
//! are watched beside them by an oracle that asks the definitions of the whole state after every
//! step; both must say the same at the same step.

#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/scripts.rs"]
mod scripts;

use std::collections::{BTreeMap, BTreeSet};

use raftlab::cluster::check::Void;
use raftlab::cluster::command::Script;
use raftlab::cluster::event::{EventKind, ScriptEvent};
use raftlab::cluster::flaw::FLAWS;
use raftlab::cluster::invariant::{Invariant, Violation};
use raftlab::cluster::types::{SERVERS_MAX, ServerId, Term};
use raftlab::cluster::{Cluster, Step};

use oracle::Oracle;
use scripts::scripts_of;

/// How many seeds each scene is played with, its own not counted.
const SEEDS: u64 = 10;
/// How many runs full of faults are watched, if `CHECKED_RUNS` in the environment says nothing else.
const RUNS: u64 = 400;

#[test]
fn scenes_that_must_stay_safe_do() {
    for (name, script) in scripts_of("checkers/safe") {
        for seed in std::iter::once(None).chain((1..=SEEDS).map(Some)) {
            let cluster = scripts::play(&script, seed);
            let name = format!("{name} seed {seed:?}");
            assert_eq!(cluster.violation(), None, "{name}");
            assert_eq!(cluster.failure(), None, "{name}");
            assert!(cluster.finished() && !cluster.checker().is_void(), "{name}");
        }
    }
}

/// Entries of a term are there because it had a leader, whom a majority elected: no server can win it
/// again. A start of which one does is none of Raft's, and no rule is judged from there on.
#[test]
fn a_start_that_no_run_leads_to_is_judged_by_no_rule() {
    let script = |given: &str| {
        let text = format!(
            "cluster servers=3 noop=on\n{given}timeout S1\nuntil S1 is leader\nset x 1\nrun 100ms\n"
        );
        Script::parse("start.lab", text.as_bytes()).expect("a script")
    };
    let twice = scripts::play(&script("given S1 log=1\ngiven S3 log=1,2\n"), None);
    let why = twice.checker().void().map(|(_, why)| why);
    assert_eq!(why, Some(Void::LedBefore(ServerId::from_index(0), Term(2))));
    let words = twice.checker().void_words().expect("words");
    assert!(
        words.ends_with(": S1 leads term 2, which had a leader before the run began"),
        "{words}"
    );
    assert_eq!(twice.violation(), None);
    let once =
        scripts::play(&script("given S1 term=2 log=1\ngiven S2 term=2\ngiven S3 log=1,2\n"), None);
    assert!(!once.checker().is_void() && once.finished());
    for (name, script) in
        ["raft", "etcd", "flaws", "lessons", "tasks"].into_iter().flat_map(scripts_of)
    {
        if !script.config.given.is_empty() {
            let void = scripts::play(&script, None).checker().void();
            assert_eq!(void, None, "{name}");
        }
    }
}

/// The invariant that the first line of a scene names.
fn breaks(script: &Script) -> Invariant {
    let first = script.source.first().map_or("", |line| &**line);
    let word = first.strip_prefix("# Breaks ").and_then(|rest| rest.split([':', ',']).next());
    let invariant = word.and_then(Invariant::from_name);
    invariant.unwrap_or_else(|| panic!("{}: no invariant in `{first}`", script.name))
}

/// What the violation says, as the scene has it.
fn evidence(script: &Script) -> &str {
    let told = script.source.iter().find_map(|line| line.strip_prefix("# Evidence: "));
    told.unwrap_or_else(|| panic!("{} names no evidence", script.name))
}

/// Whether a violation points at what it speaks of: servers, index and term.
fn points_at_its_evidence(violation: &Violation) -> bool {
    let text = &violation.evidence;
    let words: BTreeSet<&str> = text.split(|sign: char| !sign.is_alphanumeric()).collect();
    let mut spoken = ServerId::first(SERVERS_MAX).filter(|id| words.contains(&*id.to_string()));
    spoken.all(|id| violation.servers.contains(id))
        && violation.index.is_none_or(|index| text.contains(&format!("entry {index}")))
        && violation.term.is_none_or(|term| text.contains(&format!("term {term}")))
}

/// Plays a scene; which rule is broken, and the last line that asked for safety before.
fn broken(script: &Script, seed: Option<u64>) -> (Cluster, u32) {
    let mut cluster = Cluster::with_script(script, seed);
    let mut asked = 0;
    while !cluster.finished() && cluster.step() == Step::Happened {
        for event in cluster.events() {
            if let EventKind::Script(ScriptEvent::LineRun { line, .. }) = event.kind {
                let text = &script.source[line as usize - 1];
                if text.contains("safe") {
                    asked = line;
                }
            }
        }
    }
    (cluster, asked)
}

#[test]
fn scenes_that_must_break_a_rule_break_just_that_and_not_before_it_is_time() {
    let mut shown = BTreeSet::new();
    for (name, script) in scripts_of("checkers/broken") {
        let invariant = breaks(&script);
        shown.insert(invariant);
        let last = (1..).zip(script.source.iter()).filter(|(_, line)| line.contains("safe")).last();
        let last = last.unwrap_or_else(|| panic!("{name} never asks for safety")).0;
        for seed in std::iter::once(None).chain((1..=SEEDS).map(Some)) {
            let (cluster, asked) = broken(&script, seed);
            let violation = cluster.violation().map(|violation| violation.invariant);
            assert_eq!(violation, Some(invariant), "{name} {seed:?}: {:?}", cluster.failure());
            let violation = cluster.violation().expect("a broken rule");
            assert_eq!(violation.evidence, evidence(&script), "{name} {seed:?}");
            assert!(points_at_its_evidence(violation), "{name}: {violation:?}");
            assert_eq!(asked, last, "{name} {seed:?}: too soon, at {}", cluster.now());
        }
    }
    // No flaw makes a leader remove entries of its own: a test beside the checker hands it one.
    let all = Invariant::ALL.into_iter().filter(|rule| *rule != Invariant::LeaderAppendOnly);
    assert_eq!(shown, all.collect());
}

/// Numbers that look drawn.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) % limit as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A run full of faults, in which some servers don't keep some rules.
fn troubled(seed: u64) -> String {
    let mut draw = Draw(seed);
    let servers = [3, 3, 4, 5, 5][draw.below(5)];
    let mut text = format!(
        "cluster servers={servers} network=reliable election={} heartbeat=25ms append-max={} \
         sync={} rpc-timeout=150ms\n",
        draw.pick(&["60ms..90ms", "60ms..120ms", "100ms..300ms"]),
        draw.pick(&["1000", "1000", "1", "2"]),
        draw.pick(&["0s", "0s", "1ms", "8ms"]),
    );
    // One run in five is without a flaw, and some have three of them.
    for _ in 0..draw.below(5).div_ceil(2) {
        let flaw = &FLAWS[draw.below(FLAWS.len())];
        let whole = flaw.flaw.is_of_clients() || draw.below(3) == 0;
        let bearers = match draw.below(2) {
            _ if whole => "on".to_owned(),
            0 => format!("on S{}", 1 + draw.below(servers)),
            _ => format!("on S{} S{}", 1 + draw.below(servers), 1 + draw.below(servers)),
        };
        match draw.below(3) {
            0 => text += &format!("at {}ms flaw {} {bearers}\n", 1 + draw.below(900), flaw.name),
            _ => text += &format!("flaw {} {bearers}\n", flaw.name),
        }
    }
    text += match draw.below(5) {
        0 => "load lock clients=3\n",
        1 => "load clients=2 keys=1 rate=40/s reads=40% ahead=30%\n",
        _ => "load clients=4 keys=2 rate=90/s reads=30%\n",
    };
    text += draw.pick(&["", "", "net unreliable-mit\n", "net long-reordering\n"]);
    text + "chaos swarm\nrun 2500ms\n"
}

#[test]
fn the_checkers_and_the_definitions_agree_at_every_step() {
    let mut seen: BTreeMap<Invariant, u32> = BTreeMap::new();
    let runs = std::env::var("CHECKED_RUNS").ok().and_then(|runs| runs.parse().ok());
    for seed in 1..=runs.unwrap_or(RUNS) {
        let text = troubled(seed);
        let script = Script::parse("test.lab", text.as_bytes()).expect("a script");
        let mut cluster = Cluster::with_script(&script, Some(seed));
        let mut oracle = Oracle::new(&cluster);
        while !cluster.finished() && !cluster.is_stopped() {
            cluster.step();
            let broken = oracle.look(&cluster);
            let at = || format!("{text}seed {seed} at {}", cluster.now());
            match cluster.violation() {
                None if oracle.is_unsure(&cluster) => {}
                None => assert_eq!(broken, BTreeSet::new(), "{}", at()),
                Some(found) => {
                    let rule = found.invariant;
                    let told = match rule {
                        Invariant::Linearizability => !Oracle::is_linearizable(&cluster),
                        Invariant::Waiters if oracle.is_unsure(&cluster) => true,
                        _ => broken.contains(&rule),
                    };
                    assert!(told, "{}: {} and not {broken:?}", at(), found.evidence);
                    *seen.entry(rule).or_default() += 1;
                }
            }
        }
        assert!(cluster.failure().is_none(), "{text}{:?}", cluster.failure());
        let linearizable = cluster.checker().is_linearizable();
        assert_eq!(linearizable, Oracle::is_linearizable(&cluster), "{text}seed {seed}");
    }
    // `cargo test -- --nocapture` shows which rules were broken in how many runs.
    println!("{seen:?}");
    assert!(seen.len() >= 9, "too few rules were broken: {seen:?}");
}
