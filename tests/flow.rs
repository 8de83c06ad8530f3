//! The flow of scripts on a real cluster: which lines run, and with which texts.

use raftlab::cluster::command::Script;
use raftlab::cluster::{Cluster, Step};

/// Runs a script to its end; what failed, in words.
fn run(text: &str) -> Result<Cluster, String> {
    let script = Script::parse("flow.lab", text.as_bytes()).map_err(|all| all[0].to_string())?;
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    match cluster.failure() {
        Some(failure) => Err(format!("{failure:?}")),
        None => Ok(cluster),
    }
}

#[track_caller]
fn passes(text: &str) {
    if let Err(failure) = run(text) {
        panic!("{failure}");
    }
}

#[test]
fn an_if_runs_one_of_its_branches() {
    for (condition, value) in [("S3 is down", 1), ("S2 is down", 2), ("up = 4", 1), ("up >= 5", 2)]
    {
        passes(&format!(
            "crash S3\nif {condition}\nset x 1\nelse\nset x 2\nend\nget x\nexpect reply = {value}"
        ));
    }
    passes("if no leader\nelse\nset x 1\nend\nget x\nexpect reply = nokey");
    passes("set x 0\nif no leader\nset x 1\nend\nget x\nexpect reply = 0");
}

#[test]
fn an_if_inside_a_loop_ends_no_loop() {
    passes(
        "repeat 3 as i\nif applied >= 1\nset a {i}\nif up = 5\nset b {i}\nend\nelse\nset c {i}\nend\n\
         end\nget a\nexpect reply = 3\nget b\nexpect reply = 3 @2\nget c\nexpect reply = 1",
    );
}

#[test]
fn to_watch_changes_no_run() {
    let script = |watch: &str| {
        format!(
            "cluster servers=3 seed=4\n{watch}until leader\nset x 1\n{watch}crash leader\nrun 2s\n"
        )
    };
    let plain = run(&script("")).expect("a good run");
    let lines = "watch S2 log\nwatch value x\nwatch term >= 2\nunwatch S2 log\nunwatch all\n";
    let watched = run(&script(lines)).expect("a good run");
    assert!(plain.handled() > 100);
    assert_eq!((watched.digest(), watched.handled()), (plain.digest(), plain.handled()));
}

#[test]
fn braces_that_are_no_holes_are_stored_as_they_are() {
    passes("set x \"{{\\\"a\\\":1}\"\ncheck x\nget x\nexpect reply = \"{{\\\"a\\\":1}\"");
    let cluster = run("set {{k} {{i}\nput {{k} {{j} @last\nget {{k}").expect("a good run");
    let server = &cluster.servers()[cluster.leader().expect("a leader").index()];
    assert_eq!(server.rsm.kv.get("{k}").map(|stored| &*stored.value), Some("{j}"));
}

#[test]
fn a_recorded_command_is_the_command() {
    use raftlab::cluster::command::parse_line;
    use raftlab::cluster::event::EventKind;
    let text = b"until leader\nlet old = leader\nset k{{ v{{i}\ncrash {old}\npartition follower b | rest a";
    let script = Script::parse("flow.lab", text).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    let mut recorded = Vec::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        for event in cluster.events() {
            if let EventKind::Commanded { command } = &event.kind {
                recorded.push(command.clone());
            }
        }
    }
    assert_eq!(recorded.len(), 3, "{:?}", cluster.failure());
    for command in recorded {
        let printed = command.to_string();
        assert_eq!(parse_line(&printed).as_ref(), Ok(&*command), "{printed}");
    }
}
