//! What no script can show: an event that no flaw brings about, and the ghost state itself.

use super::*;
use crate::cluster::check::ghost::Version;
use crate::cluster::command::Script;
use crate::cluster::flaw::FLAWS;
use crate::cluster::raft::Log;

fn cluster(script: &str, seed: u64) -> Cluster {
    let script = Script::parse("test.lab", script.as_bytes()).expect("a script");
    Cluster::with_script(&script, Some(seed))
}

/// A cluster of three that has carried out a put, and its leader.
fn settled() -> (Cluster, ServerId) {
    let mut cluster = cluster("cluster servers=3\nuntil leader\nset x 1\nuntil converged\n", 1);
    while !cluster.finished() {
        cluster.step();
    }
    let leader = cluster.leader().expect("a leader");
    cluster.begin_events();
    (cluster, leader)
}

/// What a checker that has seen the whole run makes of one more event.
fn told(cluster: &mut Cluster, kind: EventKind) -> Option<Violation> {
    cluster.emit(kind);
    cluster.checker().clone().observe(cluster)
}

/// No planted flaw makes a leader remove entries of its own.
#[test]
fn a_leader_that_removes_an_entry_is_seen() {
    let (mut cluster, server) = settled();
    let (first, old, new) = (Index(1), Term(1), Some(Term(1)));
    let kind = EventKind::Raft(server, RaftEvent::Truncated { first, last: first, old, new });
    let violation = told(&mut cluster, kind).expect("a broken rule");
    assert_eq!(violation.invariant, Invariant::LeaderAppendOnly);
    assert_eq!(violation.time, cluster.now());
}

#[test]
fn the_checker_tells_who_was_elected_and_what_is_committed() {
    let (cluster, _) = settled();
    let checker = cluster.checker();
    assert_eq!((checker.led_term(), checker.committed()), (Term(1), Index(2)), "a get and a put");
    let terms = [0, 1, 2, 3].map(|index| checker.committed_term(Index(index)));
    assert_eq!(terms, [Some(Term::ZERO), Some(Term(1)), Some(Term(1)), None]);
}

/// What a clone copies: a ghost for each server, and the newest indexes.
#[test]
fn the_checker_weighs_what_a_clone_copies() {
    let with = |servers: usize, puts: usize| {
        let mut text = format!("cluster servers={servers}\nuntil leader\n");
        (0..puts).for_each(|put| text.push_str(&format!("put k{put} 1 @0\n")));
        let mut cluster = cluster(&text, 1);
        while !cluster.finished() {
            cluster.step();
        }
        cluster.checker().copied_bytes()
    };
    let none = with(3, 0);
    assert_eq!(none, (size_of::<Checker>() + 3 * size_of::<Ghost>()) as u64);
    assert_eq!(with(7, 0) - none, 4 * size_of::<Ghost>() as u64);
    assert_eq!(with(3, 20) - none, 20 * size_of::<crate::cluster::check::ghost::Slot>() as u64);
}

/// Whether a server's log, or disk, is what these versions say.
fn agree(slots: &Slots, server: ServerId, log: &Log, holds: fn(&Version) -> ServerSet) -> bool {
    let end = Index(slots.len() as u64).max(log.last_index());
    (1..=end.0).map(Index).all(|index| {
        let versions = slots.get(index).map_or(&[][..], |slot| &slot.versions[..]);
        let held = versions.iter().filter(|version| holds(version).contains(server));
        held.map(|version| version.term).eq(log.term(index))
    })
}

/// The ghost of every server is what the server itself and its disk are, after every step.
#[test]
fn the_ghost_state_is_that_of_the_cluster() {
    for seed in 1..=60 {
        let flaw = FLAWS[seed as usize % FLAWS.len()].name;
        let sync = ["0s", "1ms", "9ms"][seed as usize % 3];
        let mut cluster = cluster(
            &format!(
                "cluster servers=3 network=reliable election=60ms..120ms heartbeat=25ms \
                 sync={sync} rpc-timeout=150ms append-max=2\nat 300ms flaw {flaw} on\n\
                 load clients=3 keys=2 rate=90/s\nchaos swarm\nrun 2s\n"
            ),
            seed,
        );
        while !cluster.finished() && !cluster.is_stopped() {
            cluster.step();
            let checker = cluster.checker();
            for (server, ghost) in cluster.servers().iter().zip(&checker.servers) {
                let (raft, disk) = (&server.raft, &server.disk);
                let leads = if raft.is_leader() { raft.term() } else { Term::ZERO };
                let (last, durable) = (raft.log().last_index(), disk.log.last_index());
                let (commit, applied) = (raft.commit(), server.rsm.applied);
                let dirty_from = ghost.dirty_from;
                let now = Ghost { last, durable, dirty_from, commit, applied, leads };
                let at = || format!("{} with {flaw}, seed {seed}, {}", server.id, cluster.now());
                if cluster.violation().is_some() {
                    break;
                }
                assert_eq!(*ghost, now, "{}", at());
                let below = (1..dirty_from.0).map(Index);
                assert!(below.clone().all(|at| raft.log().get(at) == disk.log.get(at)), "{}", at());
                let slots = &checker.slots;
                assert!(agree(slots, server.id, raft.log(), |version| version.held), "{}", at());
                assert!(agree(slots, server.id, &disk.log, |version| version.durable), "{}", at());
            }
        }
    }
}
