//! The script language from outside: whole scripts, good and bad.
//!
//! A bad script is answered with all its mistakes, each with its place, whatever its size and
//! whatever is in it.

use std::path::Path;

use proptest::prelude::*;
use raftlab::cluster::command::{Block, Command, Diagnostic, Flow, Script, parse_line};
use raftlab::cluster::{Cluster, Step};

const STORY: &str = "\
# A leader without a majority accepts writes that it can never commit.
cluster servers=5 seed=7
until leader
set x 1
let old = leader
say {old} and one follower lose the other three.
partition leader follower | rest
beat
put x 2 @1 client=b only={old} nowait
until new leader
set x 3
expect waiting client=b
beat
heal
until converged within 5s
get x
expect reply = 3 @2
expect safe
";

fn parse(text: &str) -> Script {
    Script::parse("test.lab", text.as_bytes()).unwrap_or_else(|mistakes| {
        let all: Vec<String> = mistakes.iter().map(Diagnostic::to_string).collect();
        panic!("{}", all.join("\n"))
    })
}

fn mistakes(text: impl AsRef<[u8]>) -> Vec<Diagnostic> {
    let text = text.as_ref();
    let shown = String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned();
    Script::parse("test.lab", text).expect_err(&shown)
}

/// The only mistake of a script.
fn mistake(text: impl AsRef<[u8]>) -> Diagnostic {
    let mut all = mistakes(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// That the only mistake stands there and says this, in the message or in the help.
#[track_caller]
fn refuses(text: &str, (line, column): (u32, u32), says: &str) {
    let mistake = mistake(text);
    assert_eq!((mistake.line, mistake.column), (line, column), "{mistake}");
    let words = format!("{} {}", mistake.message, mistake.help.clone().unwrap_or_default());
    assert!(words.contains(says), "{mistake}");
}

#[test]
fn the_story_of_the_lost_majority_is_a_script() {
    let script = parse(STORY);
    assert_eq!((script.config.seed, script.config.servers), (7, 5));
    assert_eq!(script.lines.len(), 16);
    assert_eq!(script.lines[0].number, 3);
    for line in script.lines.iter() {
        let source = script.source[line.number as usize - 1].trim();
        assert_eq!(line.command.to_string(), source);
    }
}

#[test]
fn every_script_of_the_project_is_well_formed() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "lab") {
                let bytes = std::fs::read(&path).expect("a script");
                if let Err(mistakes) = Script::parse(&path.to_string_lossy(), &bytes) {
                    panic!("{}", mistakes[0]);
                }
                count += 1;
            }
        }
    }
    assert!(count >= 10, "only {count} scripts were found");
}

#[test]
fn blocks_know_their_ends() {
    let script = parse("for c in 1..2\ntask t{c}\nrun 1s\nend\nend\nwait t1\n");
    let partners: Vec<u32> = script.lines.iter().map(|line| line.partner).collect();
    assert_eq!(partners, [4, 3, 2, 1, 0, 5]);
    let script = parse("if up >= 4\ncrash S1\nelse\nheal\nend\nif safe\nend\n");
    let partners: Vec<u32> = script.lines.iter().map(|line| line.partner).collect();
    assert_eq!(partners, [2, 1, 4, 3, 2, 6, 5]);
    refuses("else", (1, 1), "no `if`");
    refuses("if safe\nelse\nelse\nend", (3, 1), "no `if`");
    refuses("repeat 2\nrun 1s\nelse\nend", (3, 1), "no `if`");
    refuses("run 1s\nend\n", (2, 1), "no block");
    refuses("run 1s\nloop for 1s\nrun 1s\n", (2, 1), "has no `end`");
    let deep = |depth: usize| {
        let (open, close) = ("repeat 1\n".repeat(depth), "end\n".repeat(depth));
        format!("{open}run 1s\n{close}")
    };
    parse(&deep(16));
    refuses(&deep(17), (17, 1), "16 deep");
}

#[test]
fn a_file_may_come_from_anywhere() {
    let script = parse("\u{feff}cluster servers=3\r\nset ключ \"значение\"\r\n\r\n  # so\r\n");
    assert_eq!((script.config.servers, script.lines.len()), (3, 1));
    assert_eq!(&*script.source[1], "set ключ \"значение\"");
    assert_eq!(parse("").lines.len(), 0);
    assert_eq!(parse("run 1s").lines.len(), 1);
}

#[test]
fn every_mistake_is_reported_at_once_in_order() {
    let text = "cluster servers=0 loss=1%\nset x 1\ncrahs S1\nput x 1 @-1\nlink S1 -> S2 loss=300% \
                delay=0s\nexpect leadr\n";
    let found: Vec<(u32, u32)> = mistakes(text).iter().map(|m| (m.line, m.column)).collect();
    assert_eq!(found, [(1, 17), (1, 19), (3, 1), (4, 9), (5, 20), (5, 31), (6, 8)]);
}

#[test]
fn a_flood_of_mistakes_is_counted() {
    let all = mistakes("crash S99\n".repeat(1_234));
    assert_eq!(all.len(), 51);
    assert_eq!(all[49].line, 50);
    assert_eq!(all[50].to_string(), "test.lab: and at least 950 more mistakes");
    let some = mistakes("crash S99\n".repeat(151));
    assert_eq!(some[50].message, "and 101 more mistakes");
    assert_eq!(mistakes("crash S99\n".repeat(50)).len(), 50);
}

#[test]
fn a_mistake_is_shown_with_its_line_a_caret_and_help() {
    let shown = mistake("set x 1\n  crash S1 folower\n").to_string();
    let expected = "\
test.lab:2:12: expected a server (S3, leader, rest ...), not `folower`
2 |   crash S1 folower
  |            ^^^^^^^
help: did you mean `follower`?";
    assert_eq!(shown, expected);
    // A wide character takes two columns, and the caret stands under the word all the same.
    let shown = mistake("set 漢字 1 x\n").to_string();
    assert!(
        shown.contains("\n  |            ^\n") || shown.ends_with("\n  |            ^"),
        "{shown}"
    );
}

#[test]
fn a_long_line_is_shown_around_the_caret() {
    let line = format!("crash {} S77 {}", "S1 ".repeat(1_000), "S2 ".repeat(1_000));
    let mistake = mistake(&line);
    assert_eq!(mistake.column, 3_008);
    assert!(mistake.source.starts_with("...") && mistake.source.ends_with("..."));
    assert!(mistake.source.chars().count() < 110);
    let from_caret: String = mistake.source.chars().skip(mistake.indent as usize).collect();
    assert!(from_caret.starts_with("S77 "), "{mistake}");
}

#[test]
fn nothing_of_a_script_reaches_the_terminal_raw() {
    for text in
        ["crash \u{1b}[2J", "set x \u{7}", "say a\u{1b}[31mb", "crash \u{202e}S1", "\u{9b}1m"]
    {
        for mistake in mistakes(text) {
            let shown = format!("{mistake}{}", mistake.brief());
            let raw =
                |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!shown.contains(raw), "{shown:?}");
        }
    }
}

#[test]
fn sizes_are_refused_before_anything_is_read() {
    let huge = vec![b'x'; 100 * 1024 * 1024];
    assert!(mistake(&huge).message.contains("larger than 8 MiB"));
    drop(huge);
    let many = "\n".repeat(1_000_000);
    assert!(mistake(&many).message.contains("1,000,000 lines"));
    let long = format!("run 1s\nset x {}\nrun 1s\n", "y".repeat(1024 * 1024));
    let mistake = mistake(&long);
    assert_eq!(mistake.line, 2);
    assert!(mistake.message.contains("65536 at most"), "{mistake}");
}

#[test]
fn what_is_large_but_allowed_is_read() {
    assert_eq!(parse(&"set x 1\n".repeat(100_000)).lines.len(), 100_000);
    let most = "#".repeat(64 * 1024 - 1);
    assert_eq!(parse(&format!("{most}\nrun 1s\n")).lines.len(), 1);
    // A condition as deep as the lexer would let it be does not exhaust the stack.
    for part in ["not ", "(", "leader and ", "leader or ("] {
        let all = mistakes(format!("until {}leader", part.repeat(5_000)));
        assert!(all[0].message.contains("64 parts"), "{}", all[0]);
    }
}

#[test]
fn bad_utf_8_has_a_place() {
    let mistake = mistake(b"run 1s\nset \xc3\xa9 \xff x\nrun 1s\n");
    assert_eq!((mistake.line, mistake.column), (2, 7));
    assert!(mistake.message.contains("0xff"), "{mistake}");
}

#[test]
fn quantities_keep_their_bounds() {
    refuses("cluster servers=0", (1, 17), "1 to 25");
    refuses("cluster servers=1000000", (1, 17), "1 to 25");
    refuses("link S1 -> S2 loss=300%", (1, 20), "0% to 100%");
    refuses("link S1 -> S2 delay=0s", (1, 21), "at least 1us");
    refuses("run 99999999999s", (1, 5), "1000 days");
    refuses("run 5", (1, 5), "unit");
    refuses("run 30ms..5ms", (1, 5), "backwards");
    refuses("put x 1 @-1", (1, 9), "from 0");
    refuses("repeat 1000001\nrun 1s\nend", (1, 8), "1,000,000");
    refuses("for i in 1..1000001\nrun 1s\nend", (1, 10), "1,000,000");
    refuses("load clients=2001", (1, 14), "2,000");
    refuses("clock S1 rate=0", (1, 15), "0.01 to 100");
    refuses("every 0s crash random", (1, 7), "at least 1us");
    refuses("cluster heartbeat=300ms", (1, 19), "election timeout");
    refuses("cluster election=600ms..300ms", (1, 18), "backwards");
    refuses("cluster election=0s..300ms", (1, 18), "at least 1us");
}

#[test]
fn the_head_comes_first_and_once() {
    refuses("run 1s\ncluster servers=3", (2, 1), "line 1 has begun the run");
    refuses("cluster servers=3\ncluster seed=2", (2, 1), "line 1");
    refuses("given S1 term=1\ncluster seed=2", (2, 1), "before `given`");
    refuses("cluster servers=3 seed=1 servers=4", (1, 26), "said twice");
}

#[test]
fn a_start_that_no_run_leads_to_is_refused() {
    let script = parse("given S1 term=8 log=1,1,4,4\ngiven S2 log=1,1,2\ngiven S3\n");
    assert_eq!(script.config.given.len(), 3);
    assert_eq!(script.config.given[1].term.0, 2);
    refuses("given S1 log=1,4,2", (1, 14), "never decrease");
    refuses("given S1 term=3 log=1,4", (1, 15), "entry of term 4");
    refuses("given S1 log=1,1,4\ngiven S2 log=1,2,4", (2, 1), "entry 3 of term 4");
    refuses("given S1\ngiven S1", (2, 1), "line 1");
    refuses("given S6 log=1", (1, 7), "S1 to S5");
    refuses("given leader log=1", (1, 7), "a server, as S3");
}

#[test]
fn servers_exist() {
    refuses("cluster servers=3\ncrash S4", (2, 7), "S1 to S3");
    refuses("cluster servers=3\nat 5s crash S1 9", (2, 16), "S1 to S3");
    refuses("cluster servers=1\nexpect S2 is down", (2, 8), "only server");
    refuses("crash S0", (1, 7), "S1 to S25");
    refuses("crash S99999999999999999999", (1, 7), "S1 to S25");
    refuses("crash s3", (1, 7), "S1 to S25");
    // Nobody knows how many servers there are when the head could not be read.
    assert_eq!(mistakes("cluster servers=0\ncrash S4 S5\n").len(), 1);
}

#[test]
fn groups_do_not_overlap() {
    parse("partition leader follower | rest");
    parse("partition S1 S2 b | S3 | rest a");
    parse("partition S4 S5");
    refuses("partition S1 S2 | S3 S2", (1, 22), "S2 stands in two groups");
    refuses("partition S1 a | a", (1, 18), "a stands in two groups");
    refuses("partition all | S1", (1, 11), "no server");
    refuses("partition majority | minority", (1, 22), "overlap");
    refuses("partition leader | majority", (1, 20), "overlap");
    refuses("partition follower | followers", (1, 22), "overlap");
    refuses("partition rest | S1", (1, 11), "after all other servers");
    refuses("partition rest | rest", (1, 11), "after all other servers");
    refuses("partition S1 |", (1, 15), "the line ends here");
}

#[test]
fn loops_take_time() {
    for body in ["run 1ms", "until leader", "set x 1", "repeat 2\nrun 1ms\nend"] {
        parse(&format!("loop for 1s\n{body}\nend"));
        parse(&format!("loop until leader\n{body}\nend"));
    }
    for body in ["", "heal", "beat", "run 0s", "set x 1 nowait", "expect safe", "at 1s heal"] {
        refuses(&format!("run 1s\nloop for 1s\n{body}\nend"), (2, 1), "never end");
    }
    parse("loop for 1s\nif safe\nrun 1s\nelse\nset x 1\nend\nend");
    refuses("loop for 1s\nif safe\nrun 1s\nend\nend", (1, 1), "never end");
    refuses("loop for 1s\nif safe\nheal\nend\nend", (1, 1), "never end");
    refuses("loop for 1s\ntask t\nrun 1s\nend\nend", (1, 1), "never end");
    // Time in the inner loop is time in the outer one; a loop that is refused counts as timed.
    refuses("loop for 1s\nloop for 1s\nheal\nend\nend", (2, 1), "never end");
    let nested = "repeat 10000\nrepeat 10000\nheal\nend\nend";
    refuses(nested, (1, 1), "100,000,000 lines");
    parse(&nested.replace("heal", "run 1us"));
}

#[test]
fn names_are_bound_where_they_are_used() {
    parse("let old = leader\nrepeat 2 as i\nset k{i} v{i}\ncrash {old}\nrestart {old}\nend");
    parse("for c in 1..3\ntask t{c}\nset k{c} 1 client=c{c}\nend\nend");
    refuses("set x v{i}", (1, 8), "nothing is called {i}");
    refuses("let old = leader\ncrash {odl}", (2, 7), "did you mean {old}?");
    // A name ends with its block.
    refuses("repeat 2 as i\nrun 1s\nend\nset x {i}", (4, 7), "{i}");
    refuses("repeat 2\nlet a = leader\nrun 1s\nend\ncrash {a}", (5, 7), "{a}");
    refuses("if safe\nlet a = leader\nelse\ncrash {a}\nend", (4, 7), "{a}");
    refuses("say the leader is {old}.", (1, 19), "{old}");
    refuses("set x a{", (1, 8), "opens no {name}");
    refuses("set x \"{a b}\"", (1, 7), "opens no {name}");
    parse("set x {{ \nset y \"{{a b}\"");
    // What a line that can't be read may have bound is not complained about.
    assert_eq!(mistakes("let old leader\ncrash {old}").len(), 1);
    assert_eq!(mistakes("lte old = leader\ncrash {old}").len(), 1);
}

#[test]
fn a_length_of_time_is_no_task_to_wait_for() {
    refuses("wait 20s", (1, 6), "`run 20s`");
    let told = mistakes("task t\nrun 1s\nend\nwait 5");
    assert_eq!(told.len(), 1, "one mistake of one word: {told:?}");
}

#[test]
fn a_group_of_all_is_no_partition() {
    refuses("partition leader rest", (1, 18), "`leader | rest`");
    parse("partition leader | rest\npartition all\npartition S4 S5 | rest client");
}

#[test]
fn variables_are_not_called_like_servers() {
    for word in ["S3", "s3", "leader", "all", "rest", "random", "3", "a{b}"] {
        refuses(&format!("let {word} = 1"), (1, 5), "is no name");
        refuses(&format!("repeat 2 as {word}\nrun 1s\nend"), (1, 13), "is no name");
    }
    parse("let S = 3\nlet leader-term = term\nlet old = leader");
}

#[test]
fn tasks_marks_and_clients_are_known() {
    parse("task w\nrun 1s\nend\nwait w\nstop w\nstop every");
    parse("for c in 1..3\ntask t{c}\nrun 1s\nend\nend\nwait t2\nfor i in 1..3\nwait t{i}\nend");
    refuses("task writer\nrun 1s\nend\nwait writter", (4, 6), "did you mean `writer`?");
    refuses("task t\nrun 1s\nend\nstop u", (4, 6), "no task is called `u`");
    refuses("for c in 1..3\ntask t{c}\nrun 1s\nend\nend\nwait u2", (6, 6), "no task");
    refuses("repeat 2 as i\nwait u{i}\nend\ntask t\nrun 1s\nend", (2, 6), "no task");
    parse("mark start\nrun 1s\nexpect messages <= 40 since start");
    parse("at 1s mark start\nrun 2s\nexpect bytes <= 40 since start");
    refuses("mark start\nexpect messages <= 40 since strat", (2, 29), "`start`");
    refuses("task every\nrun 1s\nend", (1, 6), "every");
    // A slip of the pen is not taken for a client.
    refuses("partition leadr | rest", (1, 11), "did you mean `leader`?");
    parse("get x client=leadr\npartition leadr S1 | rest");
    for name in [
        "S3",
        "3",
        "s3",
        "leader",
        "{i}",
        "S{i}",
        "a.b",
        "-a",
        "x123456789012345678901234567890123",
    ] {
        let all = mistakes(format!("repeat 2 as i\nget x client={name}\nend"));
        assert_eq!((all.len(), all[0].line, all[0].column), (1, 2, 14), "{name}");
    }
}

#[test]
fn captions_fit_their_two_lines() {
    let word = "x".repeat(37);
    parse(&format!("say {word} {word} {word} {word}"));
    refuses(&format!("say {word} {word} {word} {word} {word}"), (1, 5), "76 columns");
    refuses("say \"one\\ntwo\\nthree\"", (1, 5), "2 lines");
    refuses(&format!("say {}", "x".repeat(77)), (1, 5), "77");
    refuses("say", (1, 4), "a text");
    let script = parse("say \"\"\nsay   it's  \"S3\"  # not shown\nsay entry #3 | a = b\nnote x");
    let texts: Vec<String> = script.lines.iter().map(|line| line.command.to_string()).collect();
    assert_eq!(texts, ["say \"\"", "say it's \"S3\"", "say entry #3 | a = b", "note x"]);
}

#[test]
fn only_what_acts_is_put_off() {
    // What a session recorded may come again and again from some place on.
    parse("at 1s every 1s heal\nat 2s beat\n");
    refuses("every 1s every 1s heal", (1, 10), "acts at once");
    let script = parse("at 1.203441s+2 crash S3\nevery 2s restart down\nat 1s say later");
    assert!(
        matches!(&script.lines[0].command, Command::Flow(Flow::At { place, .. }) if place.after == 2)
    );
    for flow in [
        "run 1s",
        "until leader",
        "expect safe",
        "task t",
        "end",
        "let a = S1",
        "at 2s heal",
        "cluster servers=3",
        "given S1",
    ] {
        refuses(&format!("at 1s {flow}"), (1, 7), "acts at once");
        refuses(&format!("every 1s {flow}"), (1, 10), "acts at once");
    }
    refuses("at 1s crahs S1", (1, 7), "did you mean `crash`?");
    refuses("at", (1, 3), "a time from the start");
}

#[test]
fn quoting_takes_away_every_other_meaning() {
    let script = parse(
        "set \"#1\" \"a=b | c\"\nexpect reply = \"ok\"\nexpect reply = ok @2\nset x \"\\u{e9}\\n\\\"\"",
    );
    let again: Vec<String> = script.lines.iter().map(|line| line.command.to_string()).collect();
    assert_eq!(again[0], "set \"#1\" \"a=b | c\"");
    assert_ne!(script.lines[1].command, parse("expect reply = ok").lines[0].command);
    assert_eq!(again[3], "set x \"é\\n\\\"\"");
    refuses("set x \"never closed", (1, 7), "never closed");
    refuses("set x a\"b\"", (1, 7), "inside a word");
    refuses("set x \"a\"b", (1, 7), "space is missing");
    refuses("set x \"\\q\"", (1, 7), "backslash");
    refuses("set x \"\\u{d800}\"", (1, 7), "hexadecimal");
    refuses("set x a=b", (1, 7), "expected a value");
    refuses("set x two words", (1, 11), "quotes");
    refuses("set x a<b", (1, 8), "no sign here");
    refuses("crash \"S1\"", (1, 7), "not a text in quotes");
}

#[test]
fn common_slips_are_understood() {
    refuses("crash S1,S2", (1, 7), "spaces stand between servers");
    refuses("cut S1 => S2", (1, 8), "`->` is one way");
    refuses("expect term == 4", (1, 13), "one `=` compares");
    refuses("expect up > 3", (1, 11), "`>= 4`");
    refuses("get x within=5s", (1, 7), "`within` stands without `=`");
    refuses("put x 1", (1, 8), "@0 for a new key");
    refuses("expect x = 3", (1, 8), "committed x = 3");
    refuses("until S3 leader", (1, 10), "`is`");
    refuses("crash", (1, 6), "the line ends here");
    refuses("heal all", (1, 6), "expected the end of the line");
    refuses("until S1 follows >= 2", (1, 18), "expected `=`, not `>=`");
}

#[test]
fn the_nearest_right_word_is_named() {
    for (line, near) in [
        ("partion S1 | S2", "partition"),
        ("net unreliabel", "unreliable"),
        ("expect S1 is folower", "follower"),
        ("expect broken election-savety", "election-safety"),
        ("until convreged", "converged"),
        ("get x clint=b", "client"),
        ("until leader wihtin 5s", "within"),
        ("load lock client=3", "clients"),
        ("timers allign", "align"),
        ("pace 10 fster", "faster"),
    ] {
        let mistake = mistake(line);
        assert_eq!(mistake.help, Some(format!("did you mean `{near}`?")), "{mistake}");
    }
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes)?;
    }

    #[test]
    fn no_lines_of_the_story_in_any_order_do_harm(
        lines in proptest::collection::vec((0..30usize, 0..60usize), 0..20),
    ) {
        let blocks = "task t\nloop for 1s\nrepeat 3 as i\nfor c in 1..3\nend\nend\nend\nset k{i} 1\n";
        let all: Vec<&str> = STORY.lines().chain(blocks.lines()).collect();
        let mut text = String::new();
        for (line, cut) in lines {
            let line = all[line % all.len()];
            text.extend(line.chars().take(if cut < 30 { cut } else { usize::MAX }));
            text.push('\n');
        }
        check(text.as_bytes())?;
    }
}

/// A script is read, with partners that agree, or its mistakes have places in it.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let lines = bytes.split(|byte| *byte == b'\n').count() as u32;
    match Script::parse("any.lab", bytes) {
        Ok(script) => {
            for (place, line) in script.lines.iter().enumerate() {
                let partner = line.partner as usize;
                if line.command == Command::Block(Block::End) {
                    prop_assert_eq!(script.lines[partner].partner as usize, place);
                } else {
                    prop_assert!(partner >= place && partner < script.lines.len());
                }
            }
        }
        Err(mistakes) => {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(mistake.line <= lines && !mistake.to_string().is_empty());
            }
        }
    }
    Ok(())
}

#[test]
fn the_largest_numbers_that_can_be_written_are_counted_with() {
    let largest = u64::MAX;
    let script = format!(
        "cluster servers=3 seed={largest}\nuntil leader\nput x 1 @{largest} client=a\n\
         expect reply = nokey client=a\nset x 2\nput x 1 @{largest} client=a\n\
         expect reply = version client=a\nput x 1 @{} client=a nowait\nget x client=b\n\
         expect linearizable\n",
        largest - 1
    );
    let script = Script::parse("largest.lab", script.as_bytes()).unwrap();
    let mut cluster = Cluster::with_script(&script, None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    assert!(cluster.failure().is_none(), "{:?}", cluster.failure());
    assert!(cluster.violation().is_none(), "{:?}", cluster.violation());
    assert!(cluster.finished());
}

/// What is printed for a command reads back, and is the same command.
#[test]
fn whatever_can_be_watched_can_be_unwatched_as_it_is_written() {
    for what in ["all role", "all log", "leader term", "term", "S2 holds x", "all is up"] {
        let watch = parse_line(&format!("watch {what}")).expect(what);
        let unwatch = parse_line(&format!("unwatch {what}")).expect(what);
        assert_eq!(watch.to_string().replacen("watch", "unwatch", 1), unwatch.to_string());
        assert_eq!(parse_line(&unwatch.to_string()), Ok(unwatch));
    }
    assert_eq!(parse_line("unwatch all").expect("all").to_string(), "unwatch all");
}

/// A word that means a group elsewhere is no client, unless some line puts one of that name to work.
#[test]
fn a_group_that_has_no_such_word_is_told_which_has() {
    use raftlab::cluster::command::parse_typed;
    use raftlab::cluster::config::Config;
    let cluster = Cluster::new(Config::default());
    for (line, near) in [
        ("partition leader | others", "rest"),
        ("partition quorum | rest", "majority"),
        ("cut leader -> everyone", "all"),
        ("partition leaders | rest", "leader"),
        ("isolate Followres", "followers"),
    ] {
        let mistakes = Script::parse("t.lab", line.as_bytes()).expect_err(line);
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(told.join(" ").contains(&format!("did you mean `{near}`?")), "{line}: {told:?}");
        let typed = parse_typed(line, |what| cluster.knows(what)).expect_err(line);
        assert!(typed.to_string().contains(&format!("did you mean `{near}`?")), "{line}: {typed}");
    }
    let own = "set x 1 client=others\npartition leader | others rest\n";
    Script::parse("t.lab", own.as_bytes()).expect("a client may have that name");
    let alice = "partition leader alice | rest";
    parse_typed(alice, |what| cluster.knows(what)).expect("a client that is still to come");
}
