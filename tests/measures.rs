//! What can be asked is what can be watched: each measure against the state itself, in conditions
//! and on the screen, over many seeds.

use raftlab::cluster::command::{Command, Flow, Script, Tell, parse_line};
use raftlab::cluster::types::ServerId;
use raftlab::cluster::{Cluster, Step};

/// Plays a script to its end; what failed, in words.
fn play(text: &str) -> Result<Cluster, String> {
    let script =
        Script::parse("measures.lab", text.as_bytes()).map_err(|all| all[0].to_string())?;
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    match cluster.failure() {
        Some(failure) => Err(format!("{}: {}", failure.expected, failure.actual)),
        None => Ok(cluster),
    }
}

#[track_caller]
fn fails(text: &str, says: &[&str]) {
    let why = play(text).expect_err(text);
    for part in says {
        assert!(why.contains(part), "{part:?} is not in {why:?}");
    }
}

fn is_so(cluster: &Cluster, condition: &str) -> bool {
    match parse_line(&format!("expect {condition}")) {
        Ok(Command::Flow(Flow::Expect(condition))) => cluster.is_so(&condition),
        other => panic!("{condition}: {other:?}"),
    }
}

fn watched(cluster: &Cluster, what: &str) -> String {
    match parse_line(&format!("watch {what}")) {
        Ok(Command::Tell(Tell::Watch(watched))) => cluster.watched(&watched),
        other => panic!("{what}: {other:?}"),
    }
}

/// A number is what the state says, for conditions and for the screen alike, and nothing else.
#[track_caller]
fn is(cluster: &Cluster, what: &str, number: Option<u64>) {
    let shown = number.map_or("-".to_owned(), |number| number.to_string());
    assert_eq!(watched(cluster, what), shown, "{what}");
    for other in 0..20 {
        let so = number == Some(other);
        assert_eq!(is_so(cluster, &format!("{what} = {other}")), so, "{what} = {other}");
    }
    if let Some(number) = number {
        assert!(is_so(cluster, &format!("{what} <= {number} and {what} >= {number}")), "{what}");
        assert!(is_so(cluster, &format!("{what} = {what}")), "{what}");
    }
}

/// Where a few servers are at odds, every measure of a server is what its state says.
#[test]
fn a_measure_is_what_the_state_says() {
    for seed in 1..=10 {
        let text = format!(
            "cluster servers=5 seed={seed}\nuntil leader\nset x 1\nset y 2\nlet old = leader\n\
             isolate {{old}}\nput x 2 @1 client=b only={{old}} nowait\nrun 2s\ncrash follower\n\
             put z 1 @0 client=c nowait\nrun {}ms\n",
            37 * seed
        );
        let cluster = play(&text).expect("a good run");
        for server in cluster.servers() {
            let (id, raft) = (server.id, &server.raft);
            is(&cluster, &format!("{id} term"), Some(raft.term().0));
            is(&cluster, &format!("{id} last"), Some(raft.log().len() as u64));
            is(&cluster, &format!("{id} committed"), Some(raft.commit().0));
            is(&cluster, &format!("{id} applied"), Some(server.rsm.applied.0));
            let terms: Vec<String> = raft
                .log()
                .iter_from(raft.log().first_index())
                .map(|(_, it)| it.term.to_string())
                .collect();
            let log = if terms.is_empty() { "none".to_owned() } else { terms.join(",") };
            assert_eq!(watched(&cluster, &format!("{id} log")), log);
            assert!(is_so(&cluster, &format!("{id} log = {log} and {id} log = {id} log")));
            assert!(!is_so(&cluster, &format!("{id} log = {log},99")), "{log}");
            let vote = raft.voted_for().map_or("none".to_owned(), |vote| vote.to_string());
            for other in ["none", "S1", "S2", "S3", "S4", "S5"] {
                let condition = format!("{id} follows = {other}");
                let heard = raft.heard_leader().and(raft.leader());
                let follows = heard.map_or("none".to_owned(), |leader| leader.to_string());
                assert_eq!(is_so(&cluster, &condition), follows == other, "{condition}");
                let condition = format!("{id} vote = {other}");
                assert_eq!(is_so(&cluster, &condition), vote == other, "{condition}");
            }
            assert_eq!(is_so(&cluster, &format!("{id} vote")), raft.voted_for().is_some());
            for other in cluster.servers().iter().filter(|other| other.id != id) {
                let known = raft.progress(other.id).filter(|_| raft.is_leader());
                let (next, matched) = (known.map(|it| it.next.0), known.map(|it| it.matched.0));
                is(&cluster, &format!("{id} next {}", other.id), next);
                is(&cluster, &format!("{id} match {}", other.id), matched);
                if cluster.leader() == Some(id) {
                    is(&cluster, &format!("{} next", other.id), next);
                    is(&cluster, &format!("{} match", other.id), matched);
                }
            }
        }
        is(&cluster, "packets", Some(cluster.packets().len() as u64));
        is(&cluster, "up", Some(4));
        let holders = |index: u64| {
            let term = |id: ServerId| {
                let log = cluster.server(id)?.raft.log();
                log.term(raftlab::cluster::types::Index(index))
            };
            let leaders = term(cluster.leader()?)?;
            let ids = cluster.servers().iter().map(|server| server.id);
            Some(ids.filter(|id| term(*id) == Some(leaders)).count() as u64)
        };
        if let Some(count) = holders(1) {
            assert!(is_so(&cluster, &format!("copies 1 = {count} and copies 9 = 0")));
        }
        let returned = cluster.history().records().iter().filter_map(|it| it.returned.as_ref());
        let oks = returned.filter(|it| it.outcome == raftlab::cluster::types::Outcome::Ok).count();
        is(&cluster, "replies ok", Some(oks as u64));
    }
}

#[test]
fn a_quantity_counts_the_servers_of_which_it_is_true() {
    let begin = "cluster servers=5 seed=3\nuntil leader\nlet old = leader\nset x 1\nuntil applied x = 1\n\
                 let lost = S1 S2\ncrash {lost}\n";
    for line in [
        "2 of {lost} are down",
        "none of {lost} are up",
        "not any of {lost} are up",
        "all of {lost} are down and not all of {lost} S3 are down",
        "3 of all are up and not 4 of all are up",
        "3 of rest hold x = 1",
        "not 4 of all hold x = 1",
        "2 of all term = S3 term",
        "any of {lost} S3 hold x = 1",
        "{lost} is down",
        "down is down",
    ] {
        if let Err(why) = play(&format!("{begin}expect {line}\n")) {
            panic!("{line}: {why}");
        }
    }
    // A name that means several keeps doing so where the condition is asked later.
    let cluster = play(&format!("{begin}watch 2 of {{lost}} are down\nbreak {{lost}} is up\n"));
    cluster.expect("several servers may be watched");
}

#[test]
fn a_group_in_the_place_of_one_server_is_an_error_that_says_so() {
    let begin = "cluster servers=3 seed=3\nuntil leader\nlet group = S1 S3\n";
    for line in [
        "get x only={group}",
        "expect leader = {group}",
        "expect not S2 vote = {group}",
        "expect S1 next {group} >= 0",
        "watch {group} term",
        "break S2 term = {group} term",
        "expect S1 term <= {group} term",
    ] {
        fails(&format!("{begin}{line}\n"), &["S1 S3", "one server is wanted"]);
    }
    fails("cluster servers=3 seed=3\nget x only=all\n", &["S1 S2 S3", "one server is wanted"]);
}

#[test]
fn numbers_are_bound_compared_and_added_to() {
    let script = "cluster servers=3 seed=5\nuntil leader\nfor n in 1..3\nput k{n} v @0\nexpect committed = {n}\n\
                  expect committed <= {n}+1 and committed >= {n} - 1 and not committed = {n}+1\n\
                  expect {n} <= committed and leader last = {n}\nput only{n} v @{n}-1 client=b\nend\n";
    // The third put names version 2 of a key that does not exist.
    let why = play(script).expect_err("numbers differ after the first put");
    assert!(why.contains("committed is 3") && why.contains("{n} is 2"), "{why}");
    fails(
        "cluster servers=3 seed=5\nlet old = S2\nexpect term = {old}\n",
        &["a number is wanted here", "{old} is S2"],
    );
    // What makes no sense is not made true by a `not`.
    fails("cluster servers=3 seed=5\nlet old = S2\nexpect not term = {old}\n", &["a number"]);
    fails("repeat 1 as i\nexpect not term = {i}-2\nend\n", &["1 - 2 is no number"]);
}

#[test]
fn a_failing_condition_says_what_was_measured_of_each_part_to_blame() {
    let begin = "cluster servers=3 seed=5\ntimeout S1\nuntil leader = S1\n\
                 put x 3 @0\nuntil converged\n";
    for (line, says, not) in [
        ("S2 applied = 5 and S3 vote = S2", &["S2 applied is 1", "S3 vote is S1"][..], ""),
        ("S2 applied = 1 and S3 vote = S2", &["S3 vote is S1"], "applied"),
        ("term = 9 or copies 1 = 2", &["term is", "copies 1 is 3 of 3: S1 S2 S3"], ""),
        ("not S2 term >= 1", &["S2 term is"], ""),
        ("not (leader = S1 and S2 last = 1)", &["S1 leads term", "S2 last is 1"], ""),
        ("S1 match S3 = 7", &["S1 match S3 is 1"], ""),
        ("S3 next = S3 last", &["S3 next is 2", "S3 last is 1"], ""),
        ("S2 match S3 = 1", &["S2 match S3 is none at present"], ""),
        ("2 of S2 S3 hold x = 4", &["S2 x = \"3\" @1", "S3 x = \"3\" @1"], ""),
        ("followers log = 1,1", &["S2's log has", "S3's log has"], "S1"),
        ("packets = 77", &["packets is"], ""),
        ("holder door = b", &["no client holds door"], ""),
        ("reply = 4 client=b", &["there is no such client"], ""),
    ] {
        let why = play(&format!("{begin}expect {line}\n")).expect_err(line);
        let actual = why.rsplit_once(": ").map_or(&*why, |(_, actual)| actual);
        assert!(says.iter().all(|part| why.contains(part)), "{line}: {why}");
        assert!(not.is_empty() || !actual.contains(not), "{line}: {why}");
    }
}
