//! Situations that were told wrongly once, and the margin against crashes that are tried.

use super::*;
use crate::cluster::command::Script;

/// Five servers, of which S1 leads term 1, after these lines.
fn after(lines: &str) -> Cluster {
    with("", lines)
}

fn with(options: &str, lines: &str) -> Cluster {
    let head =
        format!("cluster servers=5 seed=6 {options}\ntimeout S1\nuntil S1 is leader\nrun 300ms\n");
    let text = format!("{head}{lines}\n");
    let script = Script::parse("test.lab", text.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    assert_eq!(cluster.failure(), None);
    cluster
}

fn votes(cluster: &Cluster) -> Vec<Vote> {
    Situation::of(cluster).rooms.iter().map(|room| room.vote).collect()
}

#[test]
fn only_those_who_all_hear_a_deaf_leader_obey_it() {
    let s1 = ServerId::from_index(0);
    let obeys = |lines: &str| votes(&after(lines)).contains(&Vote::Obeys(s1));
    assert!(obeys("cut S2 S3 S4 S5 -> S1"));
    assert!(!obeys("cut S2 S3 S4 S5 -> S1\ncut S1 -> S2"), "S2 will stand for election");
    assert!(!obeys("cut S1 -> S2 S3\ncut S4 S5 -> S1"));
    // Who is in a newer term makes them all go on to it.
    assert!(!obeys("cut S2 S3 S4 S5 -> S1\nisolate S2\ntimeout S2\nrejoin S2\ncut S2 -> S1"));
}

#[test]
fn an_entry_behind_a_safe_one_may_be_in_danger() {
    // Entry 1 is on all five and not committed; entries 2 and 3 are on S1 alone, and S5 leads.
    let cluster = after(
        "hold append-reply S2 S3 S4 S5 -> S1\nsubmit x 1 only=S1\nrun 60ms\ncut S1 <-> all\n\
         submit x 2 only=S1\nsubmit x 3 only=S1\ntimeout S5\nuntil S5 is leader within 5s",
    );
    let situation = Situation::of(&cluster);
    let danger = |id: u8| {
        let server = cluster.server(ServerId::from_index(id)).expect("it is there");
        situation.first_in_danger(&cluster, server)
    };
    assert_eq!((danger(0), danger(1)), (Some(Index(2)), None));
}

#[test]
fn a_leader_waits_for_the_first_entry_that_it_may_count() {
    let of = |cluster: &Cluster, id: u8| {
        let server = cluster.server(ServerId::from_index(id)).expect("it is there");
        Situation::of(cluster).need(cluster, server)
    };
    // Entry 1 is of term 1, and S2, which leads term 2, has none of its own.
    let old = "hold append-reply S2 S3 S4 S5 -> S1\nsubmit x 1 only=S1\nrun 60ms\ncut S1 <-> all\n\
               timeout S2\nuntil S2 is leader within 5s";
    let need = of(&after(old), 1).expect("it waits");
    assert_eq!((need.index, need.old_term), (Index(1), true));
    let own = format!("{old}\ncut S2 -> S3 S4 S5\nsubmit x 2 only=S2\nrun 20ms");
    let need = of(&after(&own), 1).expect("it waits");
    assert_eq!((need.index, need.old_term, need.more), (Index(2), false, 2));
}

#[test]
fn a_copy_in_memory_is_none_yet() {
    let after = |time: &str| {
        let cluster = with("sync=50ms", &format!("submit x 1 only=S1\nrun {time}"));
        let leader = cluster.server(ServerId::from_index(0)).expect("it is there");
        Situation::of(&cluster).need(&cluster, leader).expect("it waits")
    };
    let leader = ServerId::from_index(0);
    let need = after("20ms");
    assert_eq!((need.more, need.in_memory.contains(leader)), (3, true));
    let need = after("55ms");
    assert!(need.acked.contains(leader) && !need.in_memory.contains(leader));
    assert!(!need.in_memory.is_empty());
}

/// S1, cut off, knows of five members; S2, which leads, of six.
#[test]
fn each_side_counts_by_the_members_in_its_own_log() {
    let apart = "isolate S1\ntimeout S2\nuntil S2 is leader within 5s\nmember add S6\nrun 2s";
    let counts = |lines: &str| {
        let situation = Situation::of(&after(lines));
        let of = |room: &Room| (room.configuration.voting(room.up), room.vote.is_majority());
        situation.rooms.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(counts(apart), [((1, 5), false), ((5, 6), true)]);
    // S2 needs four of six: with S3 and S4 it has three, which S1 would call a majority.
    let fewer = format!("{apart}\ncrash S5 S6");
    assert_eq!(counts(&fewer), [((1, 5), false), ((3, 6), false)]);
    let situation = Situation::of(&after(apart));
    let s1 = ServerId::from_index(0);
    assert_eq!(situation.counts_by(s1).voting(situation.reach(s1)), (1, 5));
    assert_eq!(situation.shared_configuration(), None);
    let one = Situation::of(&after("member add S6\nrun 2s")).shared_configuration();
    assert_eq!(one.map(Configuration::servers), Some(6));
}

/// The margin is what comes of crashing each server and asking again.
#[test]
fn one_more_crash_is_what_it_says() {
    let scenes = [
        "",
        "crash S5",
        "crash S4 S5",
        "crash S3 S4 S5",
        "partition S1 S2 | S3 S4 S5",
        "partition S1 S2 | S3 S4 S5\ncrash S3",
        "cut S1 <-> S2\ncrash S5",
        "isolate S1\nsleep S2",
        "cut S1 S2 <-> S4 S5",
        "cut S1 S2 <-> S4 S5\ncrash S1",
        "cut S1 -> all",
        "isolate S1\ntimeout S2\nuntil S2 is leader within 5s\nmember add S6\nrun 2s",
        "isolate S1\ntimeout S2\nuntil S2 is leader within 5s\nmember add S6\nrun 2s\ncrash S3",
    ];
    // A server in whose own members it votes, and of which enough hear it and are heard.
    let decides = |cluster: &Cluster| {
        let situation = Situation::of(cluster);
        cluster.servers().iter().any(|server| {
            let members = server.raft.configuration();
            let voters: Vec<ServerId> = members.voters().iter().collect();
            let reached = voters.iter().filter(|id| situation.reach(server.id).contains(**id));
            voters.contains(&server.id) && 2 * reached.count() > voters.len()
        })
    };
    for lines in scenes {
        let cluster = after(lines);
        let critical = cluster.ids().filter(|id| {
            let mut crashed = cluster.clone();
            // One that is down already can't crash.
            let line = crate::cluster::command::parse_line(&format!("crash {id}")).unwrap();
            crashed.apply(&line).is_ok() && !decides(&crashed)
        });
        let critical: ServerSet = critical.collect();
        let told = match Situation::of(&cluster).margin() {
            Margin::Halted { .. } => {
                assert!(!decides(&cluster), "{lines}");
                continue;
            }
            Margin::One(servers) => servers,
            Margin::More => ServerSet::EMPTY,
        };
        assert!(decides(&cluster), "{lines}");
        assert_eq!(told, critical, "{lines}");
    }
}

/// A wiped disk lets two leaders commit different entries at one index: neither will be lost for sure, and
/// who has not heard of either holds what another counts.
#[test]
fn after_a_lost_disk_what_a_leader_has_committed_is_not_called_lost() {
    let text = include_str!("../../../scripts/raft/wiped_disk_can_lose_what_was_confirmed.lab");
    let script = Script::parse("test.lab", text.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    assert!(cluster.checker().is_void());
    let situation = Situation::of(&cluster);
    let fates = cluster.servers().iter().map(|server| {
        (situation.fate(&cluster, server, Index(1)), server.raft.commit() >= Index(1))
    });
    let fates: Vec<_> = fates.collect();
    // S1 and S3 committed different entries; S2 holds that of S3 and has not been told.
    let told =
        [(Some(Fate::Known), true), (Some(Fate::Committed), false), (Some(Fate::Known), true)];
    assert_eq!(fates, told);
}
