//! The lab in a real pseudo-terminal: what a person sees, and how the terminal is left behind.
#![cfg(unix)]

#[path = "support/pty.rs"]
mod pty;

use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use pty::{LATER, Lab, SOON, cells};
use rustix::termios::{Action, tcflow};

#[test]
fn a_leader_falls_by_key_and_another_rises() {
    let mut lab = Lab::start(120, 40, &[]);
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("★ LEADER"));
    let first = lab.leader().unwrap();
    lab.press("X");
    lab.wait_row(SOON, &[&first, "✗ DOWN"]);
    lab.wait_row(SOON, &["last:", "crash", &first]);
    lab.wait(LATER, "new leader", |text| text.contains("★ LEADER"));
    assert_ne!(lab.leader().unwrap(), first);
    lab.press("r");
    lab.wait(SOON, "restart", |text| !text.contains("✗ DOWN"));
    lab.press("q");
    lab.wait(SOON, "question", |text| text.contains("Leave?"));
    lab.press("q");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_partition_is_cut_and_healed_and_a_write_arrives() {
    let mut lab = Lab::start(120, 40, &[]);
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("★ LEADER"));
    lab.press("P45\r");
    lab.wait_row(SOON, &["partition S1 S2 S3 | S4 S5"]);
    lab.press("H");
    lab.wait_row(SOON, &["last:", "heal"]);
    lab.press("c");
    lab.wait_row(SOON, &["last:", "set x 1"]);
    lab.wait(LATER, "x=1 in all logs", |text| {
        text.lines().filter(|row| row.contains("t1 x=1")).count() >= 5
    });
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_killed_session_is_resumed_where_it_was() {
    let state = tempfile::tempdir().unwrap();
    let mut lab = Lab::keeping(120, 40, &[], state.path());
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("★ LEADER"));
    lab.press("X");
    lab.wait_row(SOON, &["last:", "crash"]);
    lab.press(" ");
    lab.wait(SOON, "time to stand", |text| text.contains("‖ paused"));
    let header = |lab: &Lab| {
        let text = lab.text();
        let words = text.lines().next().unwrap_or_default().split_whitespace();
        words.skip_while(|word| !word.contains('.')).take(1).map(str::to_owned).collect::<String>()
    };
    let left = header(&lab);
    lab.signal("-KILL");
    lab.end(SOON);
    let mut again = Lab::keeping(120, 40, &["--resume"], state.path());
    again.wait_row(SOON, &["✗ DOWN"]);
    assert_eq!(header(&again), left, "{}", again.text());
    again.press(",");
    again.wait(SOON, "the past", |text| text.contains("◄"));
    again.press("qy");
    assert!(again.end(SOON).success());
    again.assert_restored();
}

#[test]
fn time_is_walked_back_by_key_and_a_command_undone() {
    let mut lab = Lab::start(120, 40, &[]);
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("★ LEADER"));
    lab.press("X");
    lab.wait(SOON, "a crash", |text| text.contains("✗ DOWN"));
    lab.press(" u");
    lab.wait(SOON, "the leader again", |text| {
        text.contains("★ LEADER") && !text.contains("✗ DOWN")
    });
    lab.press("U");
    lab.wait(SOON, "the crash again", |text| text.contains("✗ DOWN"));
    lab.press("[r");
    lab.wait(SOON, "the election", |text| text.contains("◄") && text.contains("★ LEADER"));
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_packet_is_held_and_delivered_by_key() {
    let mut lab = Lab::start(120, 40, &[]);
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("★ LEADER"));
    lab.press("c");
    lab.wait(SOON, "a request", |text| text.contains("asks S"));
    lab.press("M");
    lab.wait(SOON, "packet mode", |text| text.contains("z hold"));
    lab.press("z");
    lab.wait_row(SOON, &["last: hold #"]);
    lab.wait(SOON, "a held packet", |text| text.contains(" held"));
    lab.press("\r");
    lab.wait_row(SOON, &["last: deliver #"]);
    lab.press("\u{1b}");
    lab.wait(SOON, "the keys of normal mode", |text| text.contains("? help"));
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

const SCENE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/flaws/forget_log.lab");

#[test]
fn enter_at_a_broken_rule_tells_the_evidence_and_the_rule_that_was_missing() {
    let mut lab = Lab::start(120, 40, &[SCENE, "--pace", "real"]);
    lab.wait(SOON, "the first beat", |text| text.contains("Space goes on"));
    lab.press(" ");
    lab.wait(SOON, "a broken rule", |text| {
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains("the run ends here")
    });
    lab.press("\r");
    lab.wait(SOON, "the reason", |text| text.contains("The missing rule: entries are on disk"));
    lab.press("\u{1b}");
    lab.wait(SOON, "the screen again", |text| !text.contains("The missing rule"));
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn the_screen_follows_the_size_of_the_terminal() {
    let mut lab = Lab::start(120, 40, &[]);
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    let resize = |lab: &mut Lab, cols, rows| {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        lab.master.as_ref().unwrap().resize(size).unwrap();
        lab.screen.screen_mut().set_size(cells(rows), cells(cols));
    };
    resize(&mut lab, 80, 24);
    lab.wait(SOON, "the small screen", |text| {
        text.contains("all rules hold") && text.lines().count() <= 24
    });
    resize(&mut lab, 40, 10);
    lab.wait(SOON, "a word about the size", |text| text.contains("60x16"));
    resize(&mut lab, 100, 30);
    lab.wait(SOON, "the screen again", |text| text.contains("all rules hold"));
    lab.press("\u{3}\u{3}");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_panic_leaves_its_report_on_a_sane_screen() {
    let mut lab = Lab::start(80, 24, &[]);
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    lab.press(":panic\r");
    let status = lab.end(SOON);
    assert_eq!(status.exit_code(), 101);
    lab.assert_restored();
    let text = lab.text();
    assert!(text.contains("`:panic` was typed"), "{text}");
    assert!(!text.contains("all rules hold"), "{text}");
}

#[test]
fn a_panic_that_nobody_can_hear_of_is_no_second_one() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("exec {} 2> >(exec true)", env!("CARGO_BIN_EXE_raftlab"));
    let mut lab = Lab::shell(80, 24, &line, folder.path());
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    lab.press(":panic\r");
    assert_eq!(lab.end(SOON).exit_code(), 101, "and no abort");
    lab.assert_restored();
}

#[test]
fn signals_that_end_the_lab_restore_the_terminal() {
    for (name, code) in [("-TERM", 143), ("-HUP", 129), ("-INT", 130)] {
        let mut lab = Lab::start(80, 24, &[]);
        lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
        lab.signal(name);
        assert_eq!(lab.end(SOON).exit_code(), code, "{name}");
        lab.assert_restored();
    }
}

/// A terminal that takes nothing any more keeps the lab in the middle of a frame.
#[test]
fn a_signal_ends_a_lab_whose_terminal_does_not_read() {
    let mut lab = Lab::start(200, 60, &["--pace", "real", "--no-record"]);
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    let name = lab.master.as_ref().and_then(|master| master.tty_name()).expect("it has a name");
    let terminal = std::fs::File::open(name).expect("it can be opened");
    tcflow(&terminal, Action::OOff).expect("its output can be stopped");
    // Long enough for a write that waits.
    std::thread::sleep(Duration::from_secs(1));
    lab.signal("-TERM");
    assert_eq!(lab.end(SOON).exit_code(), 143);
    tcflow(&terminal, Action::OOn).expect("its output can go on");
}

#[test]
fn a_terminal_of_any_size_is_drawn_as_far_as_screens_go() {
    let mut lab = Lab::start(80, 24, &["--no-record"]);
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    let most = PtySize { rows: u16::MAX, cols: u16::MAX, pixel_width: 0, pixel_height: 0 };
    let master = lab.master.as_ref().expect("it is there");
    master.resize(most).expect("a terminal takes any size");
    lab.screen.screen_mut().set_size(cells(300), cells(600));
    lab.wait(SOON, "a large screen", |text| {
        text.lines().any(|row| row.contains("all rules hold") && row.chars().count() > 400)
    });
    lab.signal("-TERM");
    assert_eq!(lab.end(SOON).exit_code(), 143);
    lab.assert_restored();
}

#[test]
fn a_stopped_lab_gives_the_terminal_back_and_takes_it_again() {
    let mut lab = Lab::start(80, 24, &[]);
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    lab.signal("-TSTP");
    let deadline = Instant::now() + SOON;
    while lab.screen.screen().alternate_screen() {
        assert!(Instant::now() < deadline, "still there:\n{}", lab.text());
        if let Ok(bytes) = lab.output.recv_timeout(Duration::from_millis(20)) {
            lab.screen.process(&bytes);
        }
    }
    std::thread::sleep(Duration::from_millis(100));
    lab.assert_restored();
    lab.signal("-CONT");
    lab.wait(SOON, "lab again", |text| text.contains("all rules hold"));
    assert!(lab.screen.screen().alternate_screen());
    lab.press("qq");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_lab_whose_window_is_closed_ends_as_if_hung_up() {
    // At rest, and while every frame draws something: each time the end is noticed elsewhere first.
    for keys in [" ", ":load rate=1000/s\r", "?", "q"] {
        let mut lab = Lab::start(80, 24, &[]);
        lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
        lab.press(keys);
        std::thread::sleep(Duration::from_millis(200));
        // The reader gives its end up when nobody listens to it any more.
        lab.output = channel().1;
        lab.writer = Box::new(std::io::sink());
        lab.master = None;
        let status = lab.end(SOON);
        assert_eq!((status.exit_code(), status.signal()), (129, None), "{keys:?}");
    }
}

#[test]
fn a_script_plays_beat_by_beat() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told.lab");
    let script = "cluster servers=3 seed=2\nuntil leader\nsay A leader is chosen.\nbeat\n\
                  crash leader\nsay It falls.\nbeat\n";
    std::fs::write(&path, script).unwrap();
    let mut lab = Lab::start(120, 40, &[path.to_str().unwrap()]);
    lab.wait(LATER, "first beat", |text| text.contains("beat 1/2"));
    assert!(lab.text().contains("A leader is chosen."), "{}", lab.text());
    lab.press(" ");
    lab.wait(SOON, "second beat", |text| {
        text.contains("beat 2/2") && text.contains("It falls.") && text.contains("✗ DOWN")
    });
    lab.press("qq");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_lab_opens_at_a_beat_is_left_there_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told.lab");
    let script = "cluster servers=3 seed=2\ntimeout S1\nuntil S1 is leader\nbeat\nset x 1\n\
                  beat\nexpect S1 is leader\n";
    std::fs::write(&path, script).unwrap();
    let path = path.to_str().unwrap();
    let mut lab = Lab::keeping(120, 40, &[path, "--start-at", "beat 2"], folder.path());
    lab.wait(SOON, "second beat", |text| text.contains("beat 2/2"));
    // The layout of the script.
    lab.press("S");
    lab.wait_row(SOON, &["6 ‖ beat"]);
    lab.press("X");
    lab.wait(SOON, "a branch", |text| text.contains("have the script untouched"));
    lab.press(" ");
    lab.wait_row(LATER, &["7 ≠ expect S1 is leader"]);
    let saved = folder.path().join("saved.lab");
    let saved = saved.to_str().unwrap();
    lab.press(&format!(":save {saved}\r"));
    lab.wait(SOON, "the name", |text| text.contains("saved: raftlab run"));
    // Back by beats: the script as it was.
    lab.press("\u{1b}[15~\u{1b}[5~");
    lab.wait(SOON, "first beat", |text| text.contains("beat 2/2"));
    lab.wait(SOON, "the leader", |text| !text.contains("✗ DOWN"));
    lab.press("\u{1b}");
    lab.wait(SOON, "the end of presenting", |text| text.contains("presenter mode is over"));
    lab.press("qq");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
    let run = Command::new(env!("CARGO_BIN_EXE_raftlab")).args(["run", saved]).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(told.contains("One thing was expected and not so"), "{told}");
}

#[test]
fn text_from_the_keyboard_carries_no_escapes_to_the_screen() {
    let mut lab = Lab::start(120, 40, &[]);
    lab.press("\r");
    lab.wait(SOON, "first leader", |text| text.contains("★ LEADER"));
    // A bracketed paste with an escape that would set the terminal's title.
    lab.press(":\u{1b}[200~set x \"\u{1b}]0;gotcha\u{7}\"\u{1b}[201~");
    lab.wait(SOON, "prompt", |text| text.contains("set x"));
    lab.press("\u{3}qq");
    assert!(lab.end(SOON).success());
    assert!(!lab.screen.screen().contents().contains("gotcha\u{7}"));
    lab.assert_restored();
}

#[test]
fn an_escape_sequence_without_an_end_makes_nobody_deaf() {
    let mut lab = Lab::start(80, 24, &[]);
    lab.wait(SOON, "lab", |text| text.contains("all rules hold"));
    for (unfinished, milliseconds) in [
        ("\u{1b}[<35;10;1", 300),
        ("\u{1b}[?6", 300),
        ("\u{1b}[M", 300),
        ("\u{1b}[200~a paste that is cut", 1_500),
        ("\u{1b}]0;a title", 300),
        ("\u{1b}P1;2", 300),
    ] {
        lab.press(unfinished);
        std::thread::sleep(Duration::from_millis(milliseconds));
        lab.press("\u{1b}");
        std::thread::sleep(Duration::from_millis(200));
        lab.press("?");
        lab.wait(SOON, "help", |text| text.contains("Marks"));
        lab.press("\u{1b}");
        lab.wait(SOON, "the lab again", |text| !text.contains("Marks"));
    }
    // In the midst of a sequence, too, Ctrl-C is heard.
    lab.press("\u{1b}[<35;10;1\u{3}");
    lab.wait(SOON, "question", |text| text.contains("Leave?"));
    lab.press("\u{3}");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_script_from_a_pipe_leaves_the_terminal_to_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("piped.lab");
    std::fs::write(&path, "cluster servers=3\nuntil leader\nsay Piped in.\nbeat\n").unwrap();
    let line = format!("cat {} | {} -", path.display(), env!("CARGO_BIN_EXE_raftlab"));
    let mut lab = Lab::shell(80, 24, &line, folder.path());
    lab.wait(LATER, "the caption", |text| text.contains("Piped in."));
    lab.press("qq");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn wide_letters_are_drawn_at_their_width() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("寬.lab");
    let script = "cluster servers=3 seed=2\nuntil leader\nset 鍵 數值\n\
                  say 領導者失去了多數派，不能再提交任何新的日誌條目。\nbeat\n";
    std::fs::write(&path, script).unwrap();
    let mut lab = Lab::start(120, 40, &[path.to_str().unwrap()]);
    // The terminal of the test gives each wide letter two cells.
    lab.wait(LATER, "the caption", |text| {
        text.contains("領導者失去了多數派，不能再提交任何新的日誌條目。")
    });
    lab.wait(SOON, "keys and values", |text| text.contains("鍵") && text.contains("數值"));
    assert!(!lab.text().contains("\\u{"), "{}", lab.text());
    lab.press("qq");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn without_colours_nothing_is_coloured() {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_raftlab"));
    for (name, value) in [("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("LC_ALL", "C")] {
        command.env(name, value);
    }
    command.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let (mut seen, mut bytes) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&seen).contains("LEADER") {
        let count = reader.read(&mut bytes).unwrap();
        seen.extend_from_slice(&bytes[..count]);
    }
    writer.write_all(b"qq").unwrap();
    while let Ok(count @ 1..) = reader.read(&mut bytes) {
        seen.extend_from_slice(&bytes[..count]);
    }
    assert!(child.wait().unwrap().success());
    let text = String::from_utf8(seen).unwrap();
    assert!(text.is_ascii(), "a locale without UTF-8 gets ASCII");
    for colour in ["\u{1b}[38;", "\u{1b}[48;", ";38;", ";48;"] {
        assert!(!text.contains(colour), "{colour:?}");
    }
}

/// A script that does nothing wrong, but nine million lines at one moment.
const CROWD: &str = "cluster servers=3 seed=2\nuntil leader\nbeat\nrepeat 1000000\n\
                     cut S1 -> S2\nmend S1 -> S2\ncut S1 -> S3\nmend S1 -> S3\ncut S2 -> S1\n\
                     mend S2 -> S1\ncut S3 -> S1\nmend S3 -> S1\nend\nrun 3s\n";
/// By when a lab that is at long work has to have answered, on a machine that is busy with other
/// things; alone it takes a few hundredths of a second.
const ANSWERED: Duration = Duration::from_secs(10);

fn written(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("long.lab");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_lab_at_long_work_answers_keys_and_signals() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, CROWD);
    for (name, code) in [("-TERM", 143), ("-HUP", 129), ("-INT", 130)] {
        let mut lab = Lab::keeping(100, 30, &[&path, "--pace", "real"], folder.path());
        lab.wait(LATER, "the beat", |text| text.contains("‖ beat 1/1"));
        for stop in ["\u{1b}", "\u{3}"] {
            lab.press(":goto end\r");
            lab.wait(SOON, "its dialog", |text| text.contains("on the way to the end"));
            lab.press(stop);
            lab.wait(ANSWERED, "an answer", |text| {
                text.contains("stopped at") && !text.contains("Playing on")
            });
        }
        // By itself it goes no faster, and stops as well.
        lab.press(":pace 1000 faster\r ");
        std::thread::sleep(Duration::from_millis(300));
        lab.press(" ");
        lab.wait(ANSWERED, "time to stand", |text| text.contains("‖ paused"));
        lab.press(":goto end\r");
        lab.wait(SOON, "its dialog", |text| text.contains("on the way to the end"));
        lab.signal(name);
        assert_eq!(lab.end(ANSWERED).exit_code(), code, "{name}");
        lab.assert_restored();
    }
}

#[test]
fn a_lab_that_opens_far_away_can_be_stopped_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, CROWD);
    let open = || {
        let mut lab = Lab::keeping(100, 30, &[&path, "--start-at", "end"], folder.path());
        lab.wait(SOON, "its dialog", |text| text.contains("Opening"));
        lab
    };
    let mut lab = open();
    lab.signal("-TERM");
    assert_eq!(lab.end(ANSWERED).exit_code(), 143);
    lab.assert_restored();
    let mut lab = open();
    lab.press("\u{1b}");
    lab.wait(ANSWERED, "an answer", |text| text.contains("stopped at"));
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_lab_does_not_open_at_a_moment_that_never_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, "cluster servers=3\nuntil leader\nbeat\nexpect term = 9\n");
    let mut lab = Lab::keeping(100, 30, &[&path, "--start-at", "beat 2"], folder.path());
    assert_eq!(lab.end(LATER).exit_code(), 2);
    lab.assert_restored();
    let text = lab.text().replace('\n', "");
    assert!(text.contains("--start-at: the run stops at"), "{text}");
    assert!(text.contains("before beat 2: line 4 failed, expected term = 9"), "{text}");
}

/// Somebody writes while the script's own client is about to: its lines can't be carried out, and
/// no lab time passes in them.
#[test]
fn a_script_that_somebody_has_stepped_into_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let script = "cluster servers=3 seed=2\nuntil leader\nset x 0\nbeat\nloop for 3s as i\n\
                  set x v{i}\nend\nrun 10ms\nsay The end.\nbeat\n";
    let path = written(&folder, script);
    let mut lab = Lab::keeping(120, 40, &[&path], folder.path());
    lab.wait(LATER, "the beat", |text| text.contains("‖ beat 1/2"));
    lab.press("c ");
    lab.wait(LATER, "the second beat", |text| text.contains("‖ beat 2/2"));
    // The layout of the script.
    lab.press("S");
    lab.wait_row(SOON, &["5 ≠ loop for 3s as i"]);
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[cfg(target_os = "linux")]
#[test]
fn a_lab_that_opens_far_away_stands_at_its_budget_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let load = "cluster servers=3 seed=2\nuntil leader\n\
                load clients=50 keys=50 rate=20000/s value=5000\nrun 24h\n";
    let path = written(&folder, load);
    let arguments = [&*path, "--start-at", "20h", "--memory", "40MB"];
    let mut lab = Lab::keeping(100, 30, &arguments, folder.path());
    lab.wait(LATER, "the budget", |text| text.contains("its budget"));
    let process = lab.child.process_id().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.split_whitespace().next().unwrap().parse().unwrap();
    // The program itself takes a part of it, and the estimate is one.
    assert!(peak < 160_000, "{peak} kB");
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}

#[test]
fn a_second_terminal_has_the_notes() {
    let state = tempfile::tempdir().unwrap();
    let lesson = state.path().join("class.lab");
    let text = "timeout S1\nuntil S1 is leader\naside Wait for three hands.\n\
                ask Who leads? | S1 if leader = S1 | S2 if leader = S2\nreveal\nsay It does.\nbeat\n";
    std::fs::write(&lesson, text).unwrap();
    let mut lab = Lab::keeping(80, 24, &[lesson.to_str().unwrap()], state.path());
    lab.press("\x1b[15~");
    lab.wait_row(LATER, &["beat 1/3"]);
    let until = Instant::now() + LATER;
    let notes = loop {
        let mut notes = Command::new(env!("CARGO_BIN_EXE_raftlab"));
        notes.args(["notes", "--once"]).env("XDG_STATE_HOME", state.path());
        let told = String::from_utf8(notes.output().unwrap().stdout).unwrap();
        if told.contains("Asked:") {
            break told;
        }
        assert!(Instant::now() < until, "{told}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(notes.contains("Beat 1 of 3\n  * Wait for three hands.\nAsked: Who leads?"), "{notes}");
    assert!(notes.contains("  1 ✓ S1\n  2   S2"), "{notes}");
    assert!(!lab.text().contains("three hands"), "{}", lab.text());
    lab.press("\x1b");
    lab.wait(SOON, "the end of presenting", |text| text.contains("presenter mode is over"));
    lab.press("qy");
    assert!(lab.end(SOON).success());
}

#[test]
fn a_class_is_asked_and_told() {
    let lesson =
        concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/lessons/02_silence_starts_an_election.lab");
    let mut lab = Lab::start(80, 24, &[lesson, "--start-at", "beat 2"]);
    lab.wait(LATER, "the beat", |text| text.contains("How many votes"));
    lab.press("\x1b[15~");
    lab.wait_row(LATER, &["How many votes of the five does it need in all?"]);
    lab.wait_row(SOON, &[" 2 ", "three"]);
    assert!(!lab.text().contains("needs 2 more"), "{}", lab.text());
    lab.press("5 60 15\r");
    lab.wait_row(SOON, &["three", "60 of 80 hands"]);
    lab.press("\x1b[6~");
    lab.wait_row(LATER, &[" 2 ", "✓", "three", "60 of 80 hands"]);
    assert_eq!(lab.text().matches('✓').count(), 1, "{}", lab.text());
    lab.press("\x1b[6~");
    lab.wait_row(LATER, &["Can another server become leader"]);
    assert!(!lab.text().contains("60 of 80 hands"), "{}", lab.text());
    lab.press("\x1b");
    lab.wait(SOON, "the end of presenting", |text| text.contains("presenter mode is over"));
    lab.press("qy");
    assert!(lab.end(SOON).success());
    lab.assert_restored();
}
