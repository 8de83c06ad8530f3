//! What is done in a lab comes back: from outside, in a real pseudo-terminal, with files as power
//! cuts, other programs and full disks leave them.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

#[path = "support/pty.rs"]
mod pty;

use pty::{LATER, Lab, SOON};

/// By when a lab that is at long work has answered on a machine that is busy with other things.
const ANSWERED: Duration = Duration::from_secs(10);

fn raftlab(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.args(arguments).env("XDG_STATE_HOME", state).env_remove("RUST_BACKTRACE");
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The digest of a script that passes.
fn digest(state: &Path, script: &Path) -> String {
    let output = raftlab(state, &["run", "--json", script.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}\n{}", fs::read_to_string(script).unwrap());
    let run: Value = serde_json::from_str(&out(&output)).unwrap();
    run["digest"].as_str().unwrap().to_owned()
}

fn folder(state: &Path) -> PathBuf {
    state.join("raftlab/sessions")
}

/// The fields of sessions that `docs/json.md` tells.
fn fields_of_the_page() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("<!-- sessions -->").unwrap();
    let (table, _) = rest.split_once("<!-- end -->").unwrap();
    let cells = table.lines().skip(3).filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The files in which sessions are kept, the newest last.
fn kept(state: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder(state)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn leave(lab: &mut Lab) {
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

/// A session in which S3 was crashed and x was written; its recording.
fn session(state: &Path) -> PathBuf {
    let mut lab = Lab::keeping(120, 40, &["--servers", "3", "--seed", "4"], state);
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("LEADER OF TERM"));
    lab.press(" :crash S3\r");
    lab.wait_row(SOON, &["last:", "crash S3"]);
    lab.press(":set x 1 client=a\r");
    lab.wait_row(SOON, &["last:", "set x 1"]);
    leave(&mut lab);
    let files = kept(state);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// Writes a file that is newer than all others.
fn newest(state: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder(state).join("session-99999999999-1.lab");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn lines_of_every_kind_that_the_prompt_takes_are_played_again() {
    let state = tempfile::tempdir().unwrap();
    let script = state.path().join("lesson.lab");
    let text = "cluster servers=5 seed=5\nuntil leader\nset x 1\nbeat\nrun 400ms\nbeat\nrun 1s\n";
    fs::write(&script, text).unwrap();
    let mut lab = Lab::keeping(120, 40, &[script.to_str().unwrap()], state.path());
    lab.wait(LATER, "the beat", |text| text.contains("‖ beat 1/2"));
    let lines = [
        "crash S5",
        "beat",
        "restart S5",
        "at 3s crash random",
        "every 90ms timeout random",
        "let old = leader",
        "cut S3 -> {old}",
        "watch term",
        "break term >= 9",
        "say Now.",
        "mark here",
        "set y 2 client=a nowait",
        "hold append S1 -> S2",
        "clock S2 rate=1.5",
        "expect leader",
        "reseed 7 all",
    ];
    for line in lines {
        lab.press(&format!(":{line}\r"));
        lab.wait(SOON, line, |text| !text.lines().last().unwrap_or_default().contains(line));
    }
    lab.press(":run 300ms\r");
    lab.wait(LATER, "that time", |text| text.contains("have passed"));
    // In the past, another future begins.
    lab.press(",,,:crash S1\r");
    lab.wait(SOON, "a branch", |text| text.contains("the old future is kept"));
    leave(&mut lab);
    let recording = kept(state.path()).pop().unwrap();
    let text = fs::read_to_string(&recording).unwrap();
    assert!(text.contains("\nbranch same="), "{text}");
    for verb in ["crash", "beat", "at 3", "every", "let", "cut", "say", "mark", "set y", "hold"] {
        let has = |row: &str| row.starts_with("did ") && row.contains(&format!(" {verb}"));
        assert!(text.lines().any(has), "no {verb} in {text}");
    }
    let played = digest(state.path(), &recording);
    let mut again = Lab::keeping(120, 40, &["--resume"], state.path());
    again.wait(LATER, "its end", |text| text.contains("the session is where it was left"));
    let copy = state.path().join("copy.lab");
    again.press(&format!(":save {}\r", copy.display()));
    again.wait(SOON, "the name", |text| text.contains("saved: raftlab run"));
    leave(&mut again);
    assert_eq!(digest(state.path(), &copy), played);
    assert_eq!(kept(state.path()).len(), 1, "to look at a session is no other session");
}

#[test]
fn an_end_that_is_damaged_costs_what_stands_there_and_nothing_else() {
    let state = tempfile::tempdir().unwrap();
    let path = session(state.path());
    let whole = fs::read(&path).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let crash = text.find("did").unwrap();
    let second = crash + text[crash..].find("\ndid").unwrap() + 1;
    let middle = [&whole[..second + 9]].concat();
    let zeros = [&whole[..], &[0; 700]].concat();
    let no_text = [&whole[..second], b"did 1.2\xff\xfe\x00 crash S1\n"].concat();
    let doubled = [&whole[..second], b"\n\ndid nonsense\nreached 1s\n"].concat();
    for (what, bytes) in
        [("cut", middle), ("zeros", zeros), ("no text", no_text), ("nonsense", doubled)]
    {
        fs::write(&path, &bytes).unwrap();
        let mut lab = Lab::keeping(140, 40, &["--resume"], state.path());
        lab.wait(SOON, what, |text| text.contains("bytes of the recording can't be read"));
        lab.wait(SOON, what, |text| text.contains("DOWN"));
        leave(&mut lab);
        let listed = out(&raftlab(state.path(), &["sessions"]));
        assert!(listed.contains("free lab") && listed.contains(path.to_str().unwrap()), "{listed}");
        // By name it is opened as well as by number.
        let mut lab = Lab::keeping(140, 40, &[path.to_str().unwrap()], state.path());
        lab.wait(SOON, what, |text| text.contains("bytes of the recording can't be read"));
        leave(&mut lab);
    }
}

#[test]
fn what_is_no_session_stands_before_none() {
    let state = tempfile::tempdir().unwrap();
    session(state.path());
    let newer = "cluster servers=3\nrecording form=99 engine=9\nwhat is this\n";
    let blank = "cluster servers=3\nrecording form=1 engine=2\nreached 3s\n";
    for (what, bytes) in [
        ("empty", ""),
        ("foreign", "Dear diary,\n"),
        ("a script", "cluster servers=3\ncrash S1\n"),
        ("a newer form", newer),
        ("nothing done", blank),
        ("one line", "\n"),
    ] {
        let path = newest(state.path(), bytes.as_bytes());
        let mut lab = Lab::keeping(140, 40, &["--resume"], state.path());
        lab.wait(SOON, what, |text| text.contains("one newer file is no session"));
        lab.wait(SOON, what, |text| text.contains("DOWN"));
        leave(&mut lab);
        let listed = out(&raftlab(state.path(), &["sessions"]));
        assert!(listed.contains("not usable") && listed.contains("free lab"), "{what}: {listed}");
        assert_eq!(fs::read(&path).unwrap(), bytes.as_bytes(), "{what}: it stays");
        let named = raftlab(state.path(), &["--resume=session-99999999999-1"]);
        assert_eq!(named.status.code(), Some(2), "{what}");
        fs::remove_file(path).unwrap();
    }
    // Nobody waits for what will never come out of a pipe.
    let pipe = folder(state.path()).join("session-99999999999-1.lab");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(folder(state.path()).join("session-99999999999-2.lab")).unwrap();
    let mut lab = Lab::keeping(140, 40, &["--resume"], state.path());
    lab.wait(SOON, "the older one", |text| text.contains("2 newer files are no sessions"));
    leave(&mut lab);
    let listed = out(&raftlab(state.path(), &["sessions"]));
    assert_eq!(listed.matches("it is no regular file").count(), 2, "{listed}");
}

#[test]
fn a_lab_that_ends_before_anything_is_done_leaves_no_session() {
    let state = tempfile::tempdir().unwrap();
    let path = session(state.path());
    for signal in ["-KILL", "-HUP", "-TERM"] {
        let mut lab = Lab::keeping(120, 40, &[], state.path());
        lab.press("\r");
        lab.wait(SOON, "first leader", |text| text.contains("LEADER OF TERM"));
        lab.press(" :pace real\r");
        lab.signal(signal);
        lab.end(SOON);
        assert_eq!(kept(state.path()), std::slice::from_ref(&path), "{signal}");
    }
    let mut lab = Lab::keeping(120, 40, &["--resume"], state.path());
    lab.wait(SOON, "the session", |text| text.contains("DOWN"));
    leave(&mut lab);
}

#[test]
fn sessions_are_listed_chosen_and_nobody_elses() {
    let state = tempfile::tempdir().unwrap();
    let none = raftlab(state.path(), &["sessions"]);
    assert!(none.status.success() && out(&none).contains("No session is kept"), "{none:?}");
    let none = raftlab(state.path(), &["--resume"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    let first = session(state.path());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&first), mode(&folder(state.path()))), (0o600, 0o700));
    // A folder that an older program has left open is closed.
    fs::set_permissions(folder(state.path()), Permissions::from_mode(0o755)).unwrap();
    let script = state.path().join("told.lab");
    fs::write(&script, "cluster servers=3 seed=2\nuntil leader\nbeat\n").unwrap();
    let mut lab = Lab::keeping(120, 40, &[script.to_str().unwrap()], state.path());
    lab.wait(LATER, "the beat", |text| text.contains("‖ beat 1/1"));
    lab.press(":crash S1\r");
    lab.wait_row(SOON, &["last:", "crash S1"]);
    lab.signal("-KILL");
    lab.end(SOON);
    assert_eq!(mode(&folder(state.path())), 0o700);
    let listed = out(&raftlab(state.path(), &["sessions"]));
    let rows: Vec<&str> = listed.lines().collect();
    assert!(rows[1].starts_with('1') && rows[1].contains("told.lab"), "{listed}");
    assert!(rows[2].starts_with('2') && rows[2].contains("free lab"), "{listed}");
    let lines = out(&raftlab(state.path(), &["sessions", "--json"]));
    let sessions: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(sessions.len(), 2);
    assert_eq!((&sessions[0]["script"], &sessions[1]["commands"]), (&"told.lab".into(), &2.into()));
    assert_eq!(sessions[1]["path"], first.to_str().unwrap());
    fs::write(folder(state.path()).join("diary.lab"), "Dear diary,\n").unwrap();
    let lines = out(&raftlab(state.path(), &["sessions", "--json"]));
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for line in lines.lines() {
        let session: Value = serde_json::from_str(line).unwrap();
        seen.extend(session.as_object().unwrap().keys().cloned());
    }
    assert_eq!(seen, fields_of_the_page(), "docs/json.md, the table sessions");
    let mut second = Lab::keeping(120, 40, &["--resume=2"], state.path());
    second.wait_row(SOON, &["S3", "DOWN"]);
    leave(&mut second);
    let third = raftlab(state.path(), &["--resume=3"]);
    assert_eq!(third.status.code(), Some(2), "{third:?}");
}

#[test]
fn what_cannot_be_written_is_said_as_long_as_it_is_so_and_written_when_it_can_be() {
    let state = tempfile::tempdir().unwrap();
    let (sessions, away) = (folder(state.path()), state.path().join("away"));
    let mut lab = Lab::keeping(160, 40, &["--servers", "3"], state.path());
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("LEADER OF TERM"));
    lab.press(" :crash S1\r");
    lab.wait_row(SOON, &["last:", "crash S1"]);
    // No room any more: a file stands where the folder was.
    fs::rename(&sessions, &away).unwrap();
    fs::write(&sessions, "").unwrap();
    lab.press(":crash S2\r");
    lab.wait(SOON, "a notice", |text| text.contains("the session is not recorded now"));
    std::thread::sleep(Duration::from_secs(4));
    lab.press(":say Still here.\r");
    lab.wait(SOON, "the mark", |text| {
        text.contains("! not recorded") && !text.contains("the session is not recorded now")
    });
    fs::remove_file(&sessions).unwrap();
    fs::rename(&away, &sessions).unwrap();
    lab.wait(SOON, "its end", |text| !text.contains("! not recorded"));
    lab.signal("-KILL");
    lab.end(SOON);
    let files = kept(state.path());
    assert_eq!(files.len(), 1, "no draft is left: {files:?}");
    let text = fs::read_to_string(&files[0]).unwrap();
    for line in ["crash S1", "crash S2", "say Still here."] {
        assert!(text.contains(line), "{text}");
    }
}

/// A script that does nothing wrong, but nine million lines at one moment.
const CROWD: &str = "cluster servers=3 seed=2\nuntil leader\nrepeat 1000000\n\
                     cut S1 -> S2\nmend S1 -> S2\ncut S1 -> S3\nmend S1 -> S3\ncut S2 -> S1\n\
                     mend S2 -> S1\ncut S3 -> S1\nmend S3 -> S1\nend\nrun 3s\n";

#[test]
fn a_session_that_takes_long_to_come_back_can_be_stopped_on_its_way() {
    let state = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder(state.path())).unwrap();
    let text = format!(
        "{CROWD}recording form=1 engine=2 script=crowd.lab\n\
                        did 4s crash S1\nreached 5s\n"
    );
    let path = newest(state.path(), text.as_bytes());
    for (arguments, wanted) in [
        (vec!["--resume"], "Opening"),
        (vec![path.to_str().unwrap()], "Opening"),
        (vec![path.to_str().unwrap(), "--start-at", "4s"], "Opening"),
    ] {
        let mut lab = Lab::keeping(100, 30, &arguments, state.path());
        lab.wait(SOON, "its dialog", |text| text.contains(wanted));
        lab.signal("-TERM");
        assert_eq!(lab.end(ANSWERED).exit_code(), 143);
        lab.assert_restored();
        let mut lab = Lab::keeping(100, 30, &arguments, state.path());
        lab.wait(SOON, "its dialog", |text| text.contains(wanted));
        lab.press("\u{1b}");
        lab.wait(ANSWERED, "an answer", |text| text.contains("the recording is unchanged"));
        leave(&mut lab);
    }
    assert_eq!(kept(state.path()), std::slice::from_ref(&path));
    assert_eq!(fs::read_to_string(path).unwrap(), text);
}

#[test]
fn no_comment_of_a_person_means_anything() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("mine.lab");
    fs::write(&path, "cluster servers=3 seed=4\nuntil leader\nbeat # reached 9h\n# reached 20h\n")
        .unwrap();
    let mut lab = Lab::keeping(120, 40, &[path.to_str().unwrap()], state.path());
    lab.wait(LATER, "the beat", |text| text.contains("‖ beat 1/1"));
    lab.press(":crash S3\r");
    lab.wait_row(SOON, &["last:", "crash S3"]);
    leave(&mut lab);
    let recording = kept(state.path()).pop().unwrap();
    let text = fs::read_to_string(recording).unwrap();
    assert!(text.contains("beat # reached 9h\n# reached 20h\n"), "{text}");
    let mut again = Lab::keeping(120, 40, &["--resume"], state.path());
    again.wait(SOON, "the session", |text| text.contains("DOWN"));
    leave(&mut again);
}
