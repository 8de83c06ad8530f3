//! The words in which test suites are written: numbers that are bound and drawn, puts that no client
//! waits for, operations given up, values of a size, and the end of all that is under way.

use raftlab::cluster::command::{Flow, Script, parse_line};
use raftlab::cluster::types::Request;
use raftlab::cluster::{Cluster, Step};

/// Plays a script to its end; what failed, in words.
fn play(text: &str) -> Result<Cluster, String> {
    let script = Script::parse("words.lab", text.as_bytes()).map_err(|all| all[0].to_string())?;
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    match (cluster.failure(), cluster.violation()) {
        (Some(failure), _) => Err(format!("{}: {}", failure.expected, failure.actual)),
        (_, Some(broken)) => Err(format!("{}: {}", broken.invariant.name(), broken.evidence)),
        (None, None) => Ok(cluster),
    }
}

#[track_caller]
fn passes(text: &str) -> Cluster {
    play(text).unwrap_or_else(|why| panic!("{why}"))
}

#[track_caller]
fn fails(text: &str, says: &str) {
    let why = play(text).expect_err(text);
    assert!(why.contains(says), "{says:?} is not in {why:?}");
}

#[test]
fn let_binds_servers_numbers_and_what_is_measured() {
    passes(
        "cluster servers=5 seed=2\nuntil leader\nset x one\nlet l = leader\nlet f = follower\n\
         let others = rest of {l} {f}\nlet n = committed\nlet more = {n}+1\nlet t = {l} term\n\
         let vote = {f} vote\nlet v = version x\nlet text = value x\nlet kind = reply\nlet logs = {l} log\n\
         let again = {others}\nlet five = 5\nlet role = {f} role\n\
         expect leader = {vote} and {more} = {n} + 1 and {l} term = {t} and {five} = 5\n\
         expect {l} log = {logs} and {f} role = {role}\n\
         until 3 of {others} hold x = {text} @{v}\nexpect not {l} holds x = {kind}\n\
         put x two @{v}+0\nexpect committed = {more} and version x = {v}+1\n\
         isolate {again}\nput x three @{v} + 1 nowait\n"
            .replace(" @{v} + 1", " @{v}+1")
            .as_str(),
    );
    fails("cluster servers=3 seed=2\nlet v = S1 vote\n", "there is no S1 vote");
    fails("cluster servers=3 seed=2\nlet o = rest of S1 S2 S3\n", "these are all servers");
}

#[test]
fn what_is_drawn_is_the_same_with_the_same_seed_and_moves_no_other_draw() {
    let draws = |seed: u64| {
        let text = format!(
            "cluster servers=3 seed={seed}\nrepeat 40 as i\nlet k = random 1..6\nnote {{k}}\nexpect {{k}} >= 1 and \
             {{k}} <= 6\nif chance 25%\nset yes{{i}} v client=y\nelse\nset no{{i}} v client=n\nend\nif chance 0% \
             or not chance 100%\nexpect no leader\nend\nend\n"
        );
        let cluster = passes(&text);
        let names = cluster.history().records().iter();
        let puts = names.filter(|record| matches!(record.request, Request::Put { .. }));
        puts.filter(|record| record.request.key().starts_with("yes")).count()
    };
    let counts: Vec<usize> = (1..=12).map(draws).collect();
    assert_eq!(counts, (1..=12).map(draws).collect::<Vec<_>>());
    let all: usize = counts.iter().sum();
    assert!(
        (60..180).contains(&all) && counts.iter().any(|count| *count != counts[0]),
        "{counts:?}"
    );
    // The stream of a task is its own: what others draw, and the network, stay as they are.
    let digest = |line: &str| {
        let text =
            format!("cluster servers=3 seed=4\nuntil leader\ntask t\n{line}end\nset x 1\nrun 1s\n");
        passes(&text).digest()
    };
    assert_eq!(digest("run 1ms\n"), digest("let k = random 1..100\nif chance 50%\nend\nrun 1ms\n"));
    let mistake = parse_line("until chance 20%").expect_err("asked again and again");
    assert!(mistake.help.is_some_and(|help| help.contains("after `if`")));
}

#[test]
fn a_submitted_put_is_in_the_log_at_once_and_no_client_waits() {
    for seed in 1..=20 {
        let cluster = passes(&format!(
            "cluster servers=3 seed={seed}\nuntil leader\nlet l = leader\nlet f = follower\nfor i in 1..3\n\
             submit k{{i}} v{{i}} only={{l}}\nexpect {{l}} last = {{i}} and idle\nend\nuntil committed = 3 and \
             applied k3 = v3\nsubmit k1 w @1\nisolate {{l}}\nsubmit lost v only={{l}} client=b\nuntil new leader\n\
             submit k4 v4\nuntil committed k4 = v4\nget k1 client=c\nexpect reply = w client=c or reply = v1 \
             client=c\nheal\nuntil converged\nexpect safe and linearizable and none of all hold lost = v\n"
        ));
        let records = cluster.history().records();
        let open = records.iter().filter(|record| record.returned.is_none()).count();
        assert_eq!((records.len(), open), (7, 6), "seed {seed}");
    }
    fails(
        "cluster servers=3 seed=1\nuntil leader = S1 or leader\nsubmit x 1 only=follower\n",
        "only a leader appends",
    );
    fails("cluster servers=3 seed=1\nsubmit x 1\n", "there is no leader");
    fails(
        "cluster servers=3 seed=1\nuntil leader\nisolate all\nget x client=b nowait\nsubmit x 1 client=b\n",
        "client b is still at",
    );
}

#[test]
fn a_client_that_abandons_its_operation_is_free_and_never_hears() {
    for seed in 1..=20 {
        let cluster = passes(&format!(
            "cluster servers=3 seed={seed}\nuntil leader\nlet l = leader\nhold append {{l}} -> all\nput x 1 @0 \
             client=b nowait\nrun 100ms\nexpect waiting client=b\nabandon b\nexpect not waiting client=b\n\
             release\nuntil applied x = 1\nget x client=b\nexpect reply = 1 client=b\nexpect replies ok = 1 and \
             linearizable and safe\ntask t\nput y 1 @0 client=c only={{l}} nowait\nend\nrun 1s\n"
        ));
        let first = cluster.history().records().get(0).expect("the put");
        assert!(first.returned.is_none(), "seed {seed}");
    }
    // A line that waits for it goes on.
    passes(
        "cluster servers=3 seed=1\nuntil leader\nisolate all from clients\ntask t\nget x client=b within 60s\nmark \
         on\nend\nrun 1s\nabandon b\nwait t within 10ms\n"
            .replace("isolate all from clients", "cut b <-> all")
            .as_str(),
    );
    fails(
        "cluster servers=3 seed=1\nset x 1 client=b\nabandon b\n",
        "client b has no operation open",
    );
    fails("abandon nobody\n", "there is no client nobody");
    fails("load clients=2\nrun 1s\nabandon load1\n", "");
}

#[test]
fn a_value_has_the_size_that_the_line_says() {
    let cluster = passes(
        "cluster servers=3 seed=1\nuntil leader\nput x v1 @0 size=1kB\nset y v2 size=65536B\nset z long size=2\n\
         submit s v size=300 only=leader\nlet n = leader last\nuntil applied = {n}\n",
    );
    let leader = cluster.server(cluster.leader().expect("a leader")).expect("a server");
    for (key, size, begins) in
        [("x", 1_000, "v1.."), ("y", 65_536, "v2.."), ("z", 4, "long"), ("s", 300, "v..")]
    {
        let stored = leader.rsm.kv.get(key).expect(key);
        assert_eq!((stored.value.len(), stored.value.starts_with(begins)), (size, true), "{key}");
    }
    for (line, says) in [
        ("put x 1 @0 size=66kB", "65,536 at most"),
        ("put x 1 @0 size=1MB", "a number of bytes, as 1kB"),
        ("get x size=1kB", "expected"),
    ] {
        let mistake = parse_line(line).expect_err(line);
        assert!(mistake.message.contains(says), "{mistake}");
    }
}

#[test]
fn settle_delivers_all_that_is_in_flight_and_takes_no_time() {
    for seed in 1..=20 {
        for network in ["reliable", "unreliable"] {
            let cluster = passes(&format!(
                "cluster servers=5 seed={seed} network={network} sync=3ms\ntimeout S2\nsettle\nexpect packets = 0\n\
                 mark now\nif leader = S2\nput x 1 @0 client=b nowait\nsubmit y 2 only=S2\nsettle\nexpect packets = \
                 0\nend\n"
            ));
            assert_eq!(cluster.now().micros(), 0, "seed {seed}, {network}");
        }
        // Where nothing is lost, what waits for the disk has its effect too.
        passes(&format!(
            "cluster servers=5 seed={seed} sync=3ms\ntimeout S2\nsettle\nexpect leader = S2 and none of \
             followers term = 0\nsubmit y 2\nsettle\nexpect copies 1 = 5 and committed = 1\n"
        ));
        let cluster = passes(&format!(
            "cluster servers=3 seed={seed}\nby-hand on\ntimeout S1\nsettle\nexpect leader = S1\nhold append S1 -> \
             S3\nsubmit x 1\nsettle\nexpect S2 last = 1 and S3 last = 0 and committed = 1 and packets = 1\nrelease\n\
             settle\nexpect S3 last = 1 and packets = 0\nheartbeat S1\nsettle\nexpect applied x = 1\n"
        ));
        assert_eq!(cluster.now().micros(), 0, "seed {seed}");
    }
    fails(
        "cluster servers=3 seed=1\nload clients=1 rate=max\nuntil leader\nrun 500ms\nsettle\n",
        "packets are in flight",
    );
}

/// What is done at a place is done again at that place: the same run to the last bit.
#[test]
fn what_is_typed_is_played_again_by_its_recording() {
    let mut cluster = Cluster::with_script(
        &Script::parse("x.lab", b"cluster servers=3 seed=9\nrun 20s\n").expect("a script"),
        None,
    );
    let mut lines = String::from("cluster servers=3 seed=9\n");
    for (count, line) in [
        (200, "timeout S1"),
        (1, "settle"),
        (0, "heartbeat S1"),
        (40, "put x 1 @0 client=b nowait"),
        (3, "settle"),
        (5, "submit y 1 client=c size=1kB"),
        (2, "settle"),
        (300, "put z 1 @7 client=d nowait only=S3"),
        (0, "abandon d"),
    ] {
        for _ in 0..count {
            cluster.step();
        }
        let command = parse_line(line).expect(line);
        let place = cluster.place();
        if cluster.apply(&command).is_ok() {
            let command = Box::new(command);
            lines += &format!("{}\n", Flow::At { place, command });
        }
    }
    while !cluster.finished() && cluster.step() == Step::Happened {}
    assert!(lines.lines().count() > 7, "{lines}");
    let again = passes(&format!("{lines}run 20s\n"));
    assert_eq!((again.digest(), again.handled()), (cluster.digest(), cluster.handled()), "{lines}");
}
