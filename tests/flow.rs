//! The flow of scripts on a real cluster: which lines run, and with which texts.

use proptest::prelude::*;
use proptest::sample::select;
use raftlab::cluster::command::Script;
use raftlab::cluster::event::{Event, EventKind, LabEvent, ScriptEvent, ServerEvent};
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

/// What each line `reveal` of a script says.
fn revealed(text: &str) -> Vec<Vec<Option<bool>>> {
    let script = Script::parse("flow.lab", text.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    let mut told = Vec::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        let events = cluster.events().iter();
        told.extend(events.filter_map(|event| match &event.kind {
            EventKind::Script(ScriptEvent::Revealed { so }) => Some(so.to_vec()),
            _ => None,
        }));
    }
    assert_eq!(cluster.failure(), None);
    told
}

#[test]
fn to_ask_changes_no_run() {
    let script = |asks: [&str; 3]| {
        let [first, second, third] = asks;
        format!(
            "cluster servers=3 seed=4\n{first}until leader\nset x 1\n{second}run 1ms\ncrash leader\n\
             run 2s\n{third}"
        )
    };
    let plain = run(&script([""; 3])).expect("a good run");
    let asked = script([
        "aside Wait.\nask Who leads first? | S1 if leader = S1 | S2 if leader = S2 | S3\nanswer 2 5 1\n",
        "oracle\nreveal\npoint leader\npoint entry 1\n",
        "ask And now? | nobody | somebody if leader\nanswer 2\nreveal\n",
    ]);
    let asked = run(&asked).expect("a good run");
    assert!(plain.handled() > 100);
    assert_eq!((asked.digest(), asked.handled()), (plain.digest(), plain.handled()));
}

#[test]
fn a_choice_is_so_as_its_condition_is_when_it_is_revealed() {
    let told = revealed(
        "let me = S2\n\
         ask Does {me} lead? | yes if {me} is leader | no if not {me} is leader | who knows?\n\
         reveal\ntimeout S2\nuntil leader\nreveal\n\
         ask \"A question | with a bar?\" | \"if\" | \"never | always\"\nreveal",
    );
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(told, [vec![no, yes, None], vec![yes, no, None], vec![None, None]]);
}

#[test]
fn a_class_says_the_number_of_a_choice_or_hands_for_each() {
    let ask = "ask Now? | yes | no if leader | perhaps\n";
    for good in ["answer 3", "answer 0 0 9999"] {
        passes(&format!("{ask}{good}"));
    }
    for (bad, why) in [
        ("answer 4", "has 3 choices"),
        ("answer 0", "has 3 choices"),
        ("answer 1 2", "3 numbers of hands"),
    ] {
        let failure = run(&format!("{ask}{bad}")).expect_err(bad);
        assert!(failure.contains(why), "{bad}: {failure}");
    }
    for early in ["reveal", "answer 1"] {
        let failure = run(early).expect_err(early);
        assert!(failure.contains("nothing has been asked"), "{early}: {failure}");
    }
}

#[test]
fn one_points_at_what_is_there() {
    let led =
        "cluster servers=3\ntimeout S1\nuntil S1 is leader\nset x 1\nuntil converged\ncrash S3\n";
    for good in ["point leader", "point S1 S3 entry 1", "point entry committed", "point down"] {
        passes(&format!("{led}{good}"));
    }
    for (bad, why) in [
        ("point entry 9", "no log has an entry 9"),
        ("point S2 entry 9", "S2 has no entry 9"),
        ("point candidate", "there is no candidate"),
        ("point S7", "there is no S7"),
        ("point", "expected"),
        ("ask Why? | a | b\noracle", "no choice says when it is so"),
        ("oracle", "nothing has been asked"),
    ] {
        let failure = run(&format!("{led}{bad}")).expect_err(bad);
        assert!(failure.contains(why), "{bad}: {failure}");
    }
}

#[test]
fn a_question_has_two_to_five_choices_with_room() {
    let wide = "w".repeat(41);
    for (bad, why) in [
        ("ask Why?".to_owned(), "expected"),
        ("ask Why? | because".to_owned(), "two choices at least"),
        ("ask | a | b".to_owned(), "expected a text"),
        ("ask \"\" | a | b".to_owned(), "says nothing"),
        ("ask Why? | a | ".to_owned(), "expected a text"),
        ("ask Why? | a | b | c | d | e | f".to_owned(), "5 choices at most"),
        (format!("ask Why? | a | {wide}"), "40 columns at most"),
        ("ask Why? | a if leader = S9 | b".to_owned(), "there is no S9"),
        ("ask Why? | a if | b".to_owned(), "a condition or a server"),
        ("ask Why, {nobody}? | a | b".to_owned(), "{nobody}"),
    ] {
        let failure = run(&format!("cluster servers=3\n{bad}")).expect_err(&bad);
        assert!(failure.contains(why), "{bad}: {failure}");
    }
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
            if let EventKind::Lab(LabEvent::Commanded { command }) = &event.kind {
                recorded.push(command.clone());
            }
        }
    }
    assert_eq!(recorded.len(), 3, "{:?}", cluster.failure());
    for command in recorded {
        let printed = command.to_string();
        assert_eq!(parse_line(&printed).as_ref(), Ok(&(&*command).into()), "{printed}");
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
            EventKind::Script(ScriptEvent::Remarked { line, expected, actual }) => {
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

/// A script after which client a waits for ever, as far as its own lines are concerned.
const BUSY: &str = "cluster servers=3 seed=1\nexpects remark\nuntil leader\n\
                    put y 1 @0 client=a nowait\npartition S1 | S2 | S3\n";

/// How many steps a script takes at most at one moment of lab time.
fn crowd(cluster: &mut Cluster) -> u64 {
    let (mut most, mut began, mut now) = (0, cluster.point().steps, cluster.now());
    while !cluster.finished() && cluster.step() == Step::Happened {
        if cluster.now() != now {
            (began, now) = (cluster.point().steps, cluster.now());
        }
        most = most.max(cluster.point().steps - began);
        assert!(most < 3_000_000, "it does not come to an end at {now}");
    }
    most
}

#[test]
fn a_loop_whose_rounds_take_no_time_is_stopped_at_its_own_line() {
    for (lines, line) in [
        ("until leader\nloop for 4s\nuntil leader\nend", 2),
        ("until leader\nloop for 4s as i\nloop until term >= 9\nuntil leader\nend\nend", 3),
        (
            "until leader\nrun 10ms\nloop until no leader\nif leader\nuntil leader\nelse\nrun 1s\nend\nend",
            3,
        ),
        ("until leader\ntask t\nloop for 1s\nuntil leader\nend\nend\nwait t", 3),
        ("task t\nrun 0s\nend\nloop until leader\nwait t\nend", 4),
        ("by-hand on\nloop for 1s\nuntil up = 5\nend", 2),
    ] {
        let told = run(lines).expect_err(lines);
        assert!(told.contains(&format!("line: {line},")), "{lines}\n{told}");
        let words = ["lab time passes in `loop ", "100 rounds in a row took no lab time"];
        assert!(words.iter().all(|words| told.contains(words)), "{lines}\n{told}");
    }
}

#[test]
fn a_loop_in_which_a_line_cannot_be_carried_out_is_left_and_the_script_goes_on() {
    for lines in [
        "loop for 4s\nset x 1 client=a\nend",
        "loop until up = 0\nset x 1 client=a\nend",
        "repeat 1000000\nset x 1 client=a\nend",
        "for i in 1..1000000\nrepeat 1000000\nset x {i} client=a\nend\nend",
        "task t\nloop for 4s\nset x 1 client=a\nend\nend\ntask u\nloop for 4s\nget x client=a\nend\nend",
    ] {
        let text = format!("{BUSY}{lines}\nmark done\nrun 1s\nexpect messages >= 0 since done\n");
        let cluster = run(&text).unwrap_or_else(|told| panic!("{told}\n{text}"));
        assert!((101..=402).contains(&cluster.remarks()), "{} remarks\n{text}", cluster.remarks());
    }
}

/// However they are nested: a hundred rounds in all, not a hundred of each for each of the outer.
#[test]
fn loops_inside_loops_are_left_together() {
    let (open, close) = ("loop for 9s\n".repeat(14), "end\n".repeat(14));
    let script = Script::parse(
        "nested.lab",
        format!("{BUSY}{open}set x 1 client=a\n{close}run 1s\n").as_bytes(),
    );
    let mut cluster = Cluster::with_script(&script.expect("a good script"), None);
    let most = crowd(&mut cluster);
    assert!(most < 500, "{most} steps at one moment");
    assert!(cluster.finished());
}

#[test]
fn what_only_looks_like_running_in_circles_is_left_alone() {
    for lines in [
        // Rounds that may take no time, and do now and then.
        "loop for 1ms\nrun 0us..2us\nend",
        "loop for 300us as i\nrun 0us..1us\nend",
        // All that is waited for is so already, and the loop counts.
        "for i in 1..500\nset k{i} v\nend\nfor i in 1..500\nuntil committed >= {i}\nend",
        "repeat 100000\ncut S1 -> S2\nmend S1 -> S2\nend",
        // All is by hand, and no lab time passes while it is.
        "by-hand on\nloop until term >= 400\ntimeout S2\nuntil S2 is candidate\nend\nby-hand off",
    ] {
        let text = format!("cluster servers=3 seed=3\nuntil leader\n{lines}\nexpect safe\n");
        passes(&text);
    }
}

#[test]
fn lines_count_for_the_limit_of_events() {
    let told = run("cluster max-events=20000\nuntil leader\nevery 1us heal\nrun 10s\n");
    let told = told.expect_err("ten million lines");
    assert!(told.contains("within so many events and lines"), "{told}");
}

#[test]
fn what_loops_put_down_is_bounded() {
    for (line, words) in [
        ("every 1h heal", "1000 are at work: `stop every`"),
        ("mark m{i}", "10000 marks have been set"),
        ("at 9h heal", "100000 commands wait for their places"),
    ] {
        let told = run(&format!("repeat 200000 as i\n{line}\nend\n")).expect_err(line);
        assert!(told.contains(words), "{told}");
    }
    passes("repeat 3000\nevery 1h heal\nstop every\nend\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever loops stand in whatever loops, in whatever tasks: a moment has an end.
    #[test]
    fn lab_time_goes_on_whatever_loops_there_are(
        opened in prop::collection::vec(select(vec![
            "loop for 1ms", "loop until term >= 1000", "repeat 3", "task t", "if leader",
        ]), 1..7),
        lines in prop::collection::vec(select(vec![
            "set x 1 client=a", "until up = 3", "get x client=a", "run 0us..1us", "wait nobody",
            "retry b", "crash S3",
        ]), 1..5),
        by_hand in any::<bool>(),
    ) {
        let open = opened.iter().map(|line| format!("{line}\n")).collect::<String>();
        let body = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let close = "end\n".repeat(opened.len());
        let by_hand = if by_hand { "by-hand on\n" } else { "" };
        let busy = BUSY.replace("seed=1", "seed=1 max-events=100000");
        let text = format!("{busy}task nobody\nrun 0s\nend\n{by_hand}{open}{body}{close}");
        // Loops of which one can see that they take no time are refused.
        let Ok(script) = Script::parse("any.lab", text.as_bytes()) else { return Ok(()) };
        let mut cluster = Cluster::with_script(&script, None);
        let most = crowd(&mut cluster);
        prop_assert!(most < 40_000, "{} steps at one moment\n{}", most, text);
        prop_assert!(cluster.finished() || cluster.failure().is_some(), "{}", text);
    }
}

/// A wait for several things says of each that is not so what is.
#[test]
fn compound_waits_say_why_they_fail() {
    let script = "cluster servers=3 seed=1\ntimeout S1\nuntil leader\ncut a -> all\ncut b -> all\n\
        put x 1 @0 client=a nowait\nput y 1 @0 client=b nowait\n\
        until not waiting client=a and not waiting client=b within 20ms\n";
    let script = Script::parse("test.lab", script.as_bytes()).expect("a good script");
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && !cluster.is_stopped() {
        cluster.step();
    }
    let actual = &cluster.failure().expect("it fails").actual;
    for said in ["Client a has been at `put x 1 @0`", "Client b has been at `put y 1 @0`"] {
        assert!(actual.contains(said), "{actual}");
    }
}

/// When servers crash in a run of this script, in milliseconds.
fn crashes(script: &str) -> Vec<u64> {
    let script = Script::parse("flow.lab", script.as_bytes()).expect("a script");
    let mut cluster = Cluster::with_script(&script, None);
    let mut at = Vec::new();
    while !cluster.finished() && cluster.step() == Step::Happened {
        let crash = |event: &&Event| {
            matches!(event.kind, EventKind::Server(_, ServerEvent::Crashed { .. }))
        };
        let times = cluster.events().iter().filter(crash);
        at.extend(times.map(|event| event.time.micros() / 1_000));
    }
    at
}

/// Nothing else happens meanwhile, so that the line after `run` is what comes next.
#[test]
fn what_stands_at_a_place_does_not_wait_for_a_later_line_of_its_kind() {
    let head = "cluster servers=3 election=100s..200s\nat 50ms crash S1\nrun 100ms\n";
    assert_eq!(crashes(&format!("{head}run 1s")), [50]);
    assert_eq!(crashes(&format!("{head}at 1s crash S2\nrun 2s")), [50, 1_000]);
    assert_eq!(
        crashes(&format!("{head}at 100ms crash S2\nat 0.1s crash S3\nrun 2s")),
        [50, 100, 100]
    );
}

/// What is put down for now happens now, once, and the run goes on.
#[test]
fn what_is_put_down_for_now_happens_and_time_goes_on() {
    for place in ["0.1s", "100ms", "0.1s+0+0", "0.1s+0+9", "0.1s+900"] {
        let text = format!("run 100ms\nat {place} mark here\nrun 10ms\nat 1s mark there\nrun 1s");
        let cluster = run(&text).unwrap_or_else(|why| panic!("{place}: {why}"));
        assert_eq!(cluster.now().micros(), 1_110_000, "{place}");
        passes(&format!("{text}\nexpect messages >= 0 since here and messages >= 0 since there"));
    }
    let many = "repeat 1000\nat 0s mark here\nend\nrun 1s";
    assert_eq!(run(many).expect("it ends").now().micros(), 1_000_000);
}
