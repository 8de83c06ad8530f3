//! The flow of scripts on a real cluster: which lines run, and with which texts.

use raftlab::cluster::command::Script;
use raftlab::cluster::types::Outcome;
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

/// At the rate `max` a client of a load is never idle, and the load ends when it is told to.
#[test]
fn a_load_at_the_highest_rate_asks_again_as_soon_as_it_is_answered() {
    let head = "cluster network=reliable\nuntil leader";
    let load = "load clients=2 keys=3 rate=max for 1s";
    let cluster = run(&format!("{head}\n{load}\nrun 2s\nexpect idle")).expect("it passes");
    for client in cluster.clients() {
        let records = cluster.history().records();
        let own: Vec<_> = records.iter().filter(|record| record.client == client.id).collect();
        assert!(own.len() > 20, "{} asks {} times only", client.name, own.len());
        for pair in own.windows(2) {
            let returned = pair[0].returned.as_ref().map(|returned| returned.at);
            assert_eq!(returned, Some(pair[1].called));
        }
    }
}

/// The lines that would have failed, and why.
fn remarks(text: &str) -> (Cluster, Vec<(u32, String)>) {
    use raftlab::cluster::event::EventKind;
    let script = Script::parse("flow.lab", text.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    let mut remarks = Vec::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        remarks.extend(cluster.events().iter().filter_map(|event| match &event.kind {
            EventKind::Remarked { line, expected, actual } => {
                Some((*line, format!("{expected}; {actual}")))
            }
            _ => None,
        }));
    }
    (cluster, remarks)
}

#[test]
fn after_expects_remark_the_script_goes_on_whatever_is_not_met() {
    let (cluster, told) = remarks(
        "expects remark\nexpect term >= 50\nuntil term >= 60 within 100ms\ncrash S3\ncrash S3\n\
         set x 1\nput x 2 @1 client=b\ntask slow\nrun 2s\nend\nwait slow within 10ms\n\
         get x client=c within 10us\nget y\nexpect reply = nokey\n",
    );
    assert!(cluster.finished() && cluster.failure().is_none());
    let lines: Vec<u32> = told.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 5, 11, 12], "{told:?}");
    assert_eq!(cluster.remarks(), 5);
    assert!(told[1].1.starts_with("until term >= 60, in time; "), "{told:?}");
    assert!(told[2].1.contains("S3 is down already"), "{told:?}");
    // The wait has really run out, and the script has gone on at that moment.
    let (cluster, _) = remarks("expects remark\nuntil term >= 60 within 100ms\n");
    assert_eq!(cluster.now().micros(), 100_000);
}

#[test]
fn expects_fail_takes_it_back() {
    let text = "expects remark\nexpect term >= 50\nexpects fail\nexpect term >= 60\nset x 1";
    let (cluster, told) = remarks(text);
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2]);
    assert_eq!(cluster.failure().map(|failure| failure.line), Some(4));
}

#[test]
fn a_task_that_cannot_start_leaves_its_lines_alone() {
    let (cluster, told) = remarks(
        "expects remark\nuntil leader\nlet lost = down\ntask t{lost}\nset x 9\nend\nset y 1\n\
         get x\nexpect reply = nokey\nget y\nexpect reply = 1\n",
    );
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4], "{told:?}");
    assert!(cluster.finished());
}

#[test]
fn a_broken_rule_stops_the_run_all_the_same() {
    let (cluster, _) = remarks(
        "cluster servers=3 seed=1\nexpects remark\nflaw vote-twice on\ncut S1 <-> S3\ntimeout S1\n\
         until S1 is leader\nrun 50ms\ntimeout S3\nrun 60ms\n",
    );
    assert!(cluster.violation().is_some() && !cluster.finished());
}

#[test]
fn what_is_expected_of_a_run_is_no_part_of_it() {
    let digest = |text: &str| run(text).expect("a good run").digest();
    let script = "until leader\nset x 1\nexpect term >= 1\nrun 1s\n";
    assert_eq!(digest(&format!("expects remark\n{script}")), digest(script));
}

/// Clients with keys of their own never find another's version.
#[test]
fn a_load_may_give_each_client_keys_of_its_own() {
    let head = "cluster network=reliable\nuntil leader";
    let load = "load clients=4 keys=2 each rate=max reads=0% for 1s";
    let cluster = run(&format!("{head}\n{load}\nrun 2s\nexpect idle")).expect("it passes");
    let records = cluster.history().records();
    assert!(records.len() > 80, "{} puts", records.len());
    assert!(records.iter().all(|record| {
        let outcome = record.returned.as_ref().map(|returned| returned.outcome);
        outcome == Some(Outcome::Ok)
    }));
    let map = &cluster.server(cluster.leader().expect("a leader")).expect("a server").rsm.kv;
    assert_eq!(map.len(), 8);
}
