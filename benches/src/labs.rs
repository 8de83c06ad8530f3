//! Clusters to measure with. All links take the same fixed time, so that what is measured is the
//! work and not the luck of the draw.

use std::fmt::Write as _;

use raftlab::cluster::command::Script;
use raftlab::cluster::event::{EventKind, PacketEvent};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::{Cluster, Step};

/// How long one way takes on every link, in milliseconds.
pub const DELAY: u64 = 1;
/// How long the values are that clients put, or a few bytes less; the peer's entries are as long.
pub const VALUE: usize = 64;

/// A cluster that plays these lines. Bad lines are a mistake of the bench itself.
pub fn lab(lines: &str) -> Cluster {
    let script = Script::parse("bench.lab", lines.as_bytes())
        .unwrap_or_else(|mistakes| panic!("{lines}\n{}", mistakes[0]));
    Cluster::with_script(&script, None)
}

/// Servers that have elected a leader, with clients that each put one value after the other.
pub fn served(servers: usize, clients: usize) -> Cluster {
    served_with("", servers, clients)
}

/// The same with these options of the head.
pub fn served_with(options: &str, servers: usize, clients: usize) -> Cluster {
    let names: Vec<String> = (1..=clients).map(|number| format!("load{number}")).collect();
    let names = names.join(" ");
    let mut lines = format!("cluster servers={servers} seed=7 max-events=2000000000 {options}\n");
    if clients > 0 {
        let _ = writeln!(lines, "clients {names}");
        let _ = writeln!(lines, "link {names} <-> all delay={DELAY}ms..{DELAY}ms");
    }
    let _ = writeln!(lines, "link all <-> all delay={DELAY}ms..{DELAY}ms\nuntil leader");
    if clients > 0 {
        let load = format!("load clients={clients} keys=1 each rate=max reads=0% value={VALUE}");
        let _ = writeln!(lines, "{load}");
    }
    lines.push_str("run 2h\n");
    let mut cluster = lab(&lines);
    // Everybody has found the leader, and all that grows at the beginning has grown.
    play(&mut cluster, Span::from_secs(3));
    assert!(cluster.leader().is_some(), "there is no leader after three seconds");
    cluster
}

/// Lets lab time pass, step by step as the lab does. How many events were handled.
pub fn play(cluster: &mut Cluster, span: Span) -> u64 {
    let end = cluster.now() + span;
    let before = cluster.handled();
    cluster.run_until(end);
    assert!(!cluster.is_stopped(), "the run has stopped: {:?}", cluster.failure());
    cluster.handled() - before
}

/// How many packets arrive in a stretch of a run. It is counted beforehand on a copy: the run
/// depends on nothing else, so it will be the same when it is timed.
pub fn deliveries(cluster: &Cluster, span: Span) -> u64 {
    count(cluster, span, |kind| matches!(kind, EventKind::Packet(_, PacketEvent::Received)))
}

/// How many events of a kind there will be in a stretch of a run.
pub fn count(cluster: &Cluster, span: Span, counted: impl Fn(&EventKind) -> bool) -> u64 {
    let mut copy = cluster.clone();
    let end = copy.now() + span;
    let mut found = 0;
    while copy.next_due().is_some_and(|due| due <= end) && copy.step() == Step::Happened {
        found += copy.events().iter().filter(|event| counted(&event.kind)).count() as u64;
    }
    found
}

/// How many entries a majority has committed, as far as the servers know.
pub fn commits(cluster: &Cluster) -> u64 {
    let known = cluster.servers().iter().map(|server| server.raft.commit().0);
    known.max().unwrap_or_default()
}

/// Seconds of lab time.
pub fn seconds(time: Time) -> f64 {
    time.micros() as f64 / 1e6
}
