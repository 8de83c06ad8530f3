//! Members: what the leader makes of each verb, what is refused and why, and what is said of it
//! (dissertation chapter 4).

use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::explain;
use raftlab::cluster::raft::Configuration;
use raftlab::cluster::situation::Situation;
use raftlab::cluster::types::{Index, ServerId, ServerSet};
use raftlab::cluster::{Cluster, Step};

fn id(number: u64) -> ServerId {
    ServerId::from_number(number).expect("there may be such a server")
}

fn set(numbers: &[u64]) -> ServerSet {
    numbers.iter().map(|number| id(*number)).collect()
}

/// The cluster after a script, which is played to its end.
fn after(text: &str) -> Cluster {
    let script = Script::parse("test.lab", text.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    assert_eq!(cluster.failure(), None, "{text}");
    assert_eq!(cluster.violation(), None, "{text}");
    cluster
}

/// A cluster of so many, which S1 leads.
fn led(servers: u8, head: &str, lines: &str) -> Cluster {
    after(&format!(
        "cluster servers={servers} seed=5 {head}\ntimeout S1\nuntil S1 is leader\n{lines}\n"
    ))
}

/// Why a line can't be carried out: nothing changes by it.
fn refused(cluster: &Cluster, line: &str) -> String {
    let mut trial = cluster.clone();
    let command = parse_line(line).expect("a good line");
    let refusal = trial.apply(&command).expect_err(line);
    assert_eq!(trial.servers().len(), cluster.servers().len(), "{line}");
    assert_eq!(trial.digest(), cluster.digest(), "{line}");
    refusal.to_string()
}

#[test]
fn what_can_not_be_done_is_refused_with_the_reason() {
    let cluster = led(3, "", "set x 1\nlearner S4\nuntil converged");
    for (line, why) in [
        ("member add S2", "S2 is a voting member already"),
        ("member add S2 S3", "S2,3 are voting members already"),
        ("learner S4", "S4 is a learner already"),
        ("member remove S9", "there is no S9: the servers are S1 to S4"),
        ("members S1 S2 S3", "the voting members are S1-3 already"),
        ("member remove S1 S2 S3", "a cluster has a voter at least"),
        ("learner all", "a cluster has a voter at least"),
        ("member add S6", "there is no S6 yet: the next new server is S5"),
        ("transfer S1 -> S4", "S4 has no vote"),
        ("timeout S4", "S4 has no vote"),
    ] {
        let said = refused(&cluster, line);
        assert!(said.contains(why), "{line}: {said}");
    }
    let gone = led(
        3,
        "",
        "set x 1\nmember remove S3\nuntil members = S1 S2 and not joint\nuntil S1 committed = S1 last",
    );
    assert!(refused(&gone, "member remove S3").contains("S3 is no member"));
    let none = after("cluster servers=3\ncrash all");
    assert!(refused(&none, "member add S4").contains("nobody leads"));
    let full = led(25, "", "set x 1");
    assert!(parse_line("member add S26").is_err());
    assert!(refused(&full, "learner S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S25").contains("voter"));
}

#[test]
fn one_change_at_a_time() {
    let slow = led(3, "", "set x 1\nmember add S4\ncut S1 -> S4\nrun 100ms");
    let said = refused(&slow, "member remove S2");
    assert!(said.contains("under way already (S1-3 -> S1-4): one at a time"), "{said}");
    let alone = led(3, "membership=single", "set x 1\nisolate S1\nmember remove S3");
    let said = refused(&alone, "member remove S2");
    assert!(said.contains("the last change, entry 3, is not committed yet"), "{said}");
}

/// Dissertation §4.1, as its author corrected it: first an entry of the leader's own term.
#[test]
fn one_server_at_a_time_waits_for_an_entry_of_the_leaders_term() {
    let waits =
        led(3, "membership=single", "member remove S3\nrun 300ms\nexpect S1 members = S1 S2 S3");
    let told = said(&waits, 1);
    assert!(told.contains(" change waits until an entry of term 1 is committed"), "{told}");
    let second = refused(&waits, "member remove S2");
    assert!(second.contains("a change of members to S1,2 waits already"), "{second}");
    led(3, "membership=single", "member remove S3\nset x 1\nuntil S1 members = S1 S2");
    let said = refused(&led(3, "membership=single", "set x 1"), "members S1 S4");
    assert!(said.contains("one voter is added or removed at a time"), "{said}");
    led(3, "membership=single noop=on", "member remove S3\nuntil members = S1 S2");
    // Both halves of C_old,new decide, so it need not wait.
    led(3, "", "member remove S3\nuntil members = S1 S2 and not joint");
}

/// A joint configuration first, then C_new, each with an entry of its own (§4.3).
#[test]
fn a_change_is_a_joint_configuration_and_then_the_new_one() {
    let cluster = led(3, "", "set x 1\nmember add S4\nuntil members = S1 S2 S3 S4 and not joint");
    let log = cluster.server(id(1)).expect("S1").raft.log();
    let all: Vec<String> = log
        .iter()
        .filter_map(|(_, entry)| Some(entry.payload.configuration()?.to_string()))
        .collect();
    assert_eq!(all, ["S1-3 +S4", "S1-3 -> S1-4", "S1-4"]);
    let single = led(3, "membership=single", "set x 1\nmember add S4\nuntil members = S1 S2 S3 S4");
    let log = single.server(id(1)).expect("S1").raft.log();
    let all: Vec<Configuration> =
        log.iter().filter_map(|(_, entry)| entry.payload.configuration()).collect();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|all| !all.is_joint()));
}

#[test]
fn a_crash_forgets_no_configuration_that_is_on_disk() {
    let cluster = led(
        3,
        "",
        "set x 1\nmember add S4\nuntil members = S1 S2 S3 S4 and not joint\nuntil converged\ncrash all\nrestart all\nuntil leader\nset y 1",
    );
    for server in cluster.servers() {
        assert_eq!(server.raft.configuration().voters(), set(&[1, 2, 3, 4]), "{}", server.id);
    }
}

fn said(cluster: &Cluster, server: u64) -> String {
    explain::server(cluster, id(server), &[]).join(" ")
}

#[test]
fn what_a_change_waits_for_is_explained() {
    let slow = led(3, "", "set x 1\nmember add S4\ncut S1 -> S4\nrun 100ms");
    let told = said(&slow, 1);
    assert!(told.contains("S4 is to vote: round 1 ends once it matches entry"), "{told}");
    assert!(
        said(&slow, 4).contains("o leader has told it of any members yet"),
        "{}",
        said(&slow, 4)
    );
    let joint = led(
        3,
        "",
        "set x 1\nlearner S4\nuntil converged\npartition S1 S2 | S3 S4\nmembers S1 S3 S4\nrun 100ms",
    );
    let told = said(&joint, 1);
    assert!(told.contains("majorities of S1, S2 and S3 and of S1, S3 and S4 must agree"), "{told}");
    assert!(
        said(&joint, 4).contains("it learns, and has no vote")
            || said(&joint, 4).contains("It learns, and has no vote")
    );
    let gone = led(3, "", "set x 1\nmember remove S1\nuntil S1 is follower");
    let told = said(&gone, 1);
    assert!(told.contains("is no member"), "{told}");
    let entry = explain::entry(
        &joint,
        id(1),
        joint.server(id(1)).expect("S1").raft.log().last_index(),
        &[],
    );
    assert!(entry.join(" ").contains("is a configuration, S1-3 -> S1,3,4"), "{entry:?}");
}

/// What is in force without a leader is what the most up-to-date log of those that run says.
#[test]
fn the_configuration_in_force_is_that_of_the_newest_leader_or_log() {
    let cluster = led(3, "membership=single", "set x 1\nisolate S1\nmember remove S3");
    assert_eq!(cluster.configuration().voters(), set(&[1, 2]));
    let mut cluster = cluster;
    cluster.apply(&parse_line("crash S1").expect("good")).expect("it runs");
    assert_eq!(cluster.configuration().voters(), set(&[1, 2, 3]), "nobody else knows of it");
    cluster.apply(&parse_line("restart S1").expect("good")).expect("it runs");
    assert_eq!(cluster.configuration().voters(), set(&[1, 2]), "its log is the newest");
    let index = cluster.server(id(1)).expect("S1").raft.configuration_index();
    assert!(index > Index(1));
}

/// Words for servers mean enough of them also while old and new members must agree, and where the leader
/// has no vote.
#[test]
fn a_majority_decides_and_a_minority_leaves_one() {
    for (servers, change) in [(3, "members S4 S5 S6\nuntil joint"), (5, "member remove S1")] {
        let cluster = led(servers, "", &format!("set x 1\n{change}"));
        let all = cluster.configuration();
        let meant = |word: &str| {
            let mut cluster = cluster.clone();
            let line = format!("partition {word} | rest");
            cluster.apply(&parse_line(&line).expect("a verb")).expect("it runs");
            let leader = cluster.leader().expect("one leads");
            Situation::of(&cluster).reach(leader)
        };
        let (most, few) = (meant("majority"), meant("minority"));
        assert!(all.has_quorum(most), "{change}: {most}");
        assert!(all.has_quorum(all.voters().without(few)), "{change}: {few}");
        let one_less = |server| all.has_quorum(most.without(ServerSet::only(server)));
        let others =
            most.intersection(all.voters()).without(cluster.leader().into_iter().collect());
        let spare = others.iter().find(|server| one_less(*server));
        assert_eq!(spare, None, "{change}: {most} has one too many");
    }
}
