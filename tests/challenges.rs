//! The challenges of the program: each is met by its solution with as many commands as its par, by none
//! of them less, and by nothing at all not; what is not allowed is refused, wherever it stands.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use raftlab::cluster::command::Stage;
use raftlab::cluster::command::{Script, Shows};
use raftlab::cluster::flaw::Breaks;
use raftlab::cluster::{Cluster, Step};
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file names and texts of all challenges.
fn challenges() -> Vec<(String, String)> {
    let folder = root().join("scripts/challenges");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder).unwrap().map(read).collect();
    all.sort();
    all
}

fn solution(name: &str) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(root().join("src/app/shell/solutions").join(name)).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

/// The challenge with these lines at the player's turn.
fn with(text: &str, lines: &[String]) -> String {
    let (before, after) = text.split_once("\nturn\n").expect("a turn");
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{before}\nturn\n{lines}{after}")
}

/// Whether the judge is content, and how many commands that took.
fn judged(text: &str) -> (bool, u32) {
    let script = Script::parse("x.lab", text.as_bytes()).unwrap_or_else(|all| panic!("{}", all[0]));
    let mut used = 0;
    let met = script.variants().all(|script| {
        let mut cluster = Cluster::with_script(&script, None);
        while !cluster.finished() && cluster.step() == Step::Happened {}
        used = used.max(cluster.player().used);
        let broken = cluster.violation().map(|broken| Breaks::Safety(broken.invariant));
        match script.shows.filter(|_| script.planted().is_some()) {
            Some(Shows { breaks, .. }) => broken == Some(breaks),
            None => broken.is_none() && cluster.failure().is_none() && cluster.finished(),
        }
    });
    (met, used)
}

#[test]
fn each_is_met_with_as_many_commands_as_its_par_and_none_less() {
    let mut met = 0;
    for (name, text) in challenges() {
        let script =
            Script::parse(&name, text.as_bytes()).unwrap_or_else(|all| panic!("{}", all[0]));
        let challenge = script.challenge.expect("a challenge");
        assert!(!judged(&text).0, "{name} must not be met by doing nothing");
        let Some(par) = challenge.par else {
            assert!(solution(&name).is_none(), "{name} can't be met");
            continue;
        };
        let lines = solution(&name).unwrap_or_else(|| panic!("{name} has no solution"));
        assert_eq!(judged(&with(&text, &lines)), (true, par), "{name}");
        for place in 0..lines.len() {
            if lines[place].starts_with("until") || lines[place].starts_with("run") {
                continue;
            }
            let mut fewer = lines.clone();
            let left_out = fewer.remove(place);
            assert!(!judged(&with(&text, &fewer)).0, "{name} is met without {left_out}");
        }
        met += 1;
    }
    assert!(met >= 12, "{met}");
}

/// With a vote that is forgotten, one command makes no second leader, on whichever server and at whatever
/// moment: two are the fewest, as where the hunt shrinks what it finds with that flaw.
#[test]
fn two_leaders_in_one_term_take_two_commands() {
    let (_, text) = challenges().into_iter().find(|(name, _)| name.starts_with("15_")).unwrap();
    for deed in ["crash", "restart", "timeout"] {
        for (server, wait) in (1..=3).flat_map(|server| (0..40).map(move |wait| (server, wait))) {
            let lines = [format!("run {}ms", wait * 25), format!("{deed} S{server}")];
            assert!(!judged(&with(&text, &lines)).0, "{lines:?}");
        }
    }
    let lines = solution("15_two_leaders_in_one_term.lab").unwrap();
    assert_eq!(judged(&with(&text, &lines)), (true, 2));
}

/// A write that was confirmed is never lost where all keep the rules, whatever one does with ten commands.
#[test]
fn a_confirmed_write_is_not_lost() {
    let (_, text) = challenges().into_iter().find(|(name, _)| name.starts_with("11_")).unwrap();
    let deeds = ["crash", "restart", "isolate", "rejoin", "timeout"];
    for round in 0..60_u64 {
        let mut lines = Vec::new();
        let mut random = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..10 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (deed, server) = (deeds[(random % 5) as usize], random / 5 % 3 + 1);
            let guard = match deed {
                "crash" => format!("if S{server} is up"),
                "restart" => format!("if S{server} is down"),
                "timeout" => format!("if S{server} is follower or S{server} is candidate"),
                _ => "if not no leader".to_owned(),
            };
            lines.extend([guard, format!("{deed} S{server}"), "end".to_owned()]);
            lines.push(format!("run {}ms", random / 15 % 700));
        }
        assert!(!judged(&with(&text, &lines)).0, "round {round}: {lines:#?}");
    }
}

fn raftlab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What `raftlab run` says of a text, with its status.
fn run(text: &str) -> (Option<i32>, String) {
    let folder: TempDir = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.lab"), text).unwrap();
    let output = raftlab(folder.path(), &["run", "mine.lab"]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn what_is_not_allowed_is_an_error_with_its_line() {
    let (_, text) = challenges().swap_remove(0);
    let turn = text.lines().position(|line| line == "turn").unwrap() + 2;
    let line = |lines: &str| with(&text, &[lines.to_owned()]);
    let (status, said) = run(&line("crash S1"));
    assert_eq!(status, Some(2));
    assert!(said.contains(&format!("mine.lab:{turn}:")), "{said}");
    assert!(said.contains("does not allow `crash`") && said.contains("allows timeout"), "{said}");
    for changed in [
        text.replace("servers=3", "servers=5"),
        text.replace("commands=3", "commands=30"),
        text.replace("within 250ms", "within 250s"),
        text.replace("until S3 is leader", "until leader"),
        format!("{text}expect safe\n"),
    ] {
        let (status, said) = run(&changed);
        assert_eq!(status, Some(2), "{changed}");
        assert!(said.contains("is changed"), "{said}");
    }
    // A loop does it again, and each time counts.
    let often = with(&text, &["repeat 4", "timeout S1", "run 1ms", "end"].map(str::to_owned));
    let (status, said) = run(&often);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("3 commands of the challenge are used up"), "{said}");
    let (status, said) = run(&text.replace("turn\n", ""));
    assert_eq!(status, Some(2));
    assert!(said.contains("`turn`"), "{said}");
}

#[test]
fn run_says_with_how_many_commands_it_was_met() {
    let (name, text) = challenges().swap_remove(0);
    let (status, said) = run(&with(&text, &solution(&name).unwrap()));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("is met with 1 command, par 1."), "{said}");
}

#[test]
fn all_are_listed_with_aim_and_par_and_have_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let list = String::from_utf8(raftlab(folder.path(), &["challenge"]).stdout).unwrap();
    for (number, (name, text)) in (1..).zip(challenges()) {
        let called = name.trim_end_matches(".lab").split_once('_').unwrap().1.replace('_', " ");
        assert!(list.contains(&format!("{number:>2}  {called}")), "{list}");
        let aim: Vec<&str> = text.lines().next().unwrap()[2..].split(' ').take(4).collect();
        assert!(list.contains(&aim.join(" ")), "{name}: {list}");
        let hint = raftlab(folder.path(), &["challenge", &number.to_string(), "--hint"]);
        assert!(hint.stdout.len() > 20, "{name} has a hint");
    }
    assert!(list.contains("can't be done"), "{list}");
}

/// What is printed as the solution is judged to be one.
#[test]
fn each_solution_can_be_had_and_is_one() {
    let folder = tempfile::tempdir().unwrap();
    for (number, (name, _)) in (1..).zip(challenges()) {
        let printed = raftlab(folder.path(), &["challenge", &number.to_string(), "--solution"]);
        if solution(&name).is_none() {
            let said = String::from_utf8(printed.stderr).unwrap();
            assert_eq!(printed.status.code(), Some(2), "{name}");
            assert!(said.contains("can't be done"), "{name}: {said}");
            continue;
        }
        let (status, said) = run(std::str::from_utf8(&printed.stdout).unwrap());
        assert_eq!(status, Some(0), "{name}: {said}");
        assert!(said.contains(" is met with "), "{name}: {said}");
    }
}

/// What is missing is said of each that nobody has met, from what is so.
#[test]
fn a_missed_challenge_says_what_there_is_instead() {
    let said = |number: usize, lines: &str| {
        let (_, text) = challenges().swap_remove(number - 1);
        run(&with(&text, &[lines.to_owned()])).1
    };
    for (number, lines, fact) in [
        (3, "", "but S1 leads term 1\n"),
        (3, "cut leader -> followers", "but S3 leads term 2\n"),
        (
            3,
            "cut followers <-> leader",
            "S1 still leads term 1, and can commit nothing: it has heard of no later term (§5.1)",
        ),
        (9, "", "but no server leads; the highest term is 0"),
        (
            9,
            "timeout S1\ndeliver vote S1 -> S2\ndeliver vote-reply S2 -> S1\nsubmit x 1 @0 only=S1",
            "but S1 leads term 1, and entry 1 is of that very term",
        ),
        (12, "", "but no server has committed an entry; S1 leads term 1"),
        (
            12,
            "submit x 1 @0 only=S1\ndeliver append S1 -> S2\ndeliver append-reply S2 -> S1",
            "but S1 has committed entry 1, and 2 of 3 disks have it: S1 and S2",
        ),
        (
            13,
            "",
            "but no server has voted twice: S1 for S1 in term 1, S2 for S1 in term 1, S3 for nobody in term 0",
        ),
        (14, "", "but one order explains every answer; the last get: "),
    ] {
        let told = said(number, lines);
        assert!(told.contains(fact), "{number}: {lines}: {told}");
    }
}

/// In the lab nothing can be done before the turn, and after it no more than is left.
#[test]
fn the_cluster_counts_what_is_done_from_outside() {
    use raftlab::cluster::command::parse_line;
    let (_, text) = challenges().swap_remove(0);
    let script = Script::parse("x.lab", text.as_bytes()).unwrap();
    let mut cluster = Cluster::with_script(&script, None);
    let timeout = parse_line("timeout S1").unwrap();
    assert!(cluster.apply(&timeout).unwrap_err().to_string().contains("not your turn"));
    while cluster.player().stage == Stage::Before {
        cluster.step();
    }
    assert_eq!(cluster.commands_left(), 3);
    let crash = cluster.apply(&parse_line("crash S2").unwrap()).unwrap_err();
    assert!(crash.to_string().contains("only timeout"), "{crash}");
    for left in [2, 1, 0] {
        cluster.apply(&timeout).unwrap();
        assert_eq!(cluster.commands_left(), left);
    }
    assert!(cluster.apply(&timeout).unwrap_err().to_string().contains("used up"));
}
