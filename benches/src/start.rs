//! How long one waits for the program: for its help, and for the lab's first frame in a terminal.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::book::{Book, Unit, median};
use crate::linearizability::program;

/// How often the program is started.
const STARTS: u32 = 30;

/// The whole subject.
pub fn measure(book: &mut Book) {
    if !["start/help", "start/first-frame"].iter().any(|name| book.wants(name)) {
        return;
    }
    let Some(program) = program() else {
        println!("skipped: start, for there is no target/release/raftlab: cargo build --release");
        return;
    };
    let mut helps: Vec<f64> = (0..STARTS).map(|_| help(&program)).collect();
    book.note("start/help", median(&mut helps), Unit::Seconds);
    let mut frames: Vec<f64> = (0..STARTS).filter_map(|_| first_frame(&program)).collect();
    if frames.len() == STARTS as usize {
        book.note("start/first-frame", median(&mut frames), Unit::Seconds);
    } else {
        println!("skipped: start/first-frame, for the lab shows none in a pseudo-terminal here");
    }
}

fn help(program: &Path) -> f64 {
    let begin = Instant::now();
    let status = Command::new(program).arg("--help").stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "help is always there");
    begin.elapsed().as_secs_f64()
}

/// From the start of the program to the moment at which the last row of servers is on the screen.
fn first_frame(program: &Path) -> Option<f64> {
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).ok()?;
    let mut command = CommandBuilder::new(program);
    let state = std::env::temp_dir().join("raftlab-benches");
    for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")] {
        command.env(name, value);
    }
    command.env("XDG_STATE_HOME", &state);
    let mut reader = pair.master.try_clone_reader().ok()?;
    let begin = Instant::now();
    let mut child = pair.slave.spawn_command(command).ok()?;
    drop(pair.slave);
    let mut seen = Vec::new();
    let mut bytes = [0; 8_192];
    let mut shown = None;
    while shown.is_none() {
        let Ok(count @ 1..) = reader.read(&mut bytes) else { break };
        seen.extend_from_slice(&bytes[..count]);
        if seen.windows(2).any(|pair| pair == b"S5") {
            shown = Some(begin.elapsed().as_secs_f64());
        }
    }
    // It has done what it was started for; what it wrote down of its session goes too.
    let _ = child.kill();
    let _ = child.wait();
    let _ = std::fs::remove_dir_all(&state);
    shown
}
