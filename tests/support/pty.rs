//! A lab in a pseudo-terminal: its keys, its screen, its end.
//!
//! Every wait has a deadline, and a test that waits in vain shows the screen that it saw.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Generous, for machines that are busy with other things: a test that passes does not wait so long.
#[allow(dead_code, reason = "not every test file waits so little")]
pub const SOON: Duration = Duration::from_secs(20);
/// For what takes a while in the lab: an election, a write to all.
#[allow(dead_code, reason = "not every test file waits so long")]
pub const LATER: Duration = Duration::from_secs(60);

pub struct Lab {
    pub master: Option<Box<dyn MasterPty + Send>>,
    pub writer: Box<dyn Write + Send>,
    pub output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    pub child: Box<dyn Child + Send + Sync>,
    /// The settings of the terminal before the lab took it.
    before: String,
}

#[allow(dead_code, reason = "not every test file does everything")]
impl Lab {
    pub fn start(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::keeping(columns, rows, arguments, &PathBuf::from(env!("CARGO_TARGET_TMPDIR")))
    }

    /// A lab that keeps its sessions in this folder.
    pub fn keeping(columns: u16, rows: u16, arguments: &[&str], state: &Path) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_raftlab"));
        command.args(arguments);
        Self::of(command, columns, rows, state)
    }

    /// A lab that runs in this folder, and keeps its sessions there.
    pub fn inside(columns: u16, rows: u16, arguments: &[&str], folder: &Path) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_raftlab"));
        command.args(arguments);
        command.cwd(folder);
        Self::of(command, columns, rows, folder)
    }

    /// A lab that a line of the shell starts.
    pub fn shell(columns: u16, rows: u16, line: &str, state: &Path) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["-c", line]);
        Self::of(command, columns, rows, state)
    }

    fn of(mut command: CommandBuilder, columns: u16, rows: u16, state: &Path) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        for (name, value) in
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8")]
        {
            command.env(name, value);
        }
        command.env("XDG_STATE_HOME", state);
        command.env_remove("NO_COLOR");
        command.env_remove("RUST_BACKTRACE");
        // Keys such as Ctrl-Z that come when the program has just given the terminal back would make
        // the system throw away its last words.
        if let Some(name) = pair.master.tty_name() {
            let _ = Command::new("stty").arg("-F").arg(name).arg("noflsh").status();
        }
        let before = settings(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        Self { master: Some(pair.master), writer, output, screen, child, before }
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Takes what the program writes until the screen is as it should be.
    pub fn wait(&mut self, within: Duration, what: &str, holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + within;
        while !holds(&self.text()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no {what} within {within:?}; the screen is\n{}", self.text())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended before {what}; the screen is\n{}", self.text())
                }
            }
        }
    }

    /// Waits until a row has all of these words.
    pub fn wait_row(&mut self, within: Duration, words: &[&str]) {
        let has = |row: &str| words.iter().all(|word| row.contains(word));
        self.wait(within, &format!("row with {words:?}"), |text| text.lines().any(has));
    }

    /// The row of the server table that begins with this server.
    pub fn leader(&self) -> Option<String> {
        let text = self.text();
        let row = text.lines().find(|row| row.contains("LEADER OF TERM"))?;
        row.split_whitespace().find(|word| word.starts_with('S')).map(str::to_owned)
    }

    pub fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    }

    /// Waits for the end of the program, and takes the rest of what it writes.
    pub fn end(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.screen.process(&bytes);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last may still be on its way.
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_secs(5)) {
                    self.screen.process(&bytes);
                }
                return status;
            }
            // Without output to wait for, the pause is here.
            std::thread::sleep(Duration::from_millis(5));
            assert!(Instant::now() < deadline, "still there; the screen is\n{}", self.text());
        }
    }

    /// The terminal is as it was before the lab.
    pub fn assert_restored(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "pastes are plain");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        if let Some(master) = &self.master {
            assert_eq!(settings(&**master), self.before, "raw mode is left");
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // What is still there is of no use to anybody.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has rows and columns")
}

fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has settings"))
}
