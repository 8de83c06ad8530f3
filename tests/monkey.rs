//! A monkey at the keyboard: every key, the mouse, pastes, broken escape sequences, noise and
//! windows of any size, through a real pseudo-terminal. Whatever it does, the lab ends well and
//! gives the terminal back.
//!
//! `RAFTLAB_MONKEY_KEYS` says how many keys, `RAFTLAB_MONKEY_SEED` which ones.
#![cfg(unix)]

#[path = "support/chance.rs"]
mod chance;
#[path = "support/pty.rs"]
mod pty;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chance::{Chance, setting};
use portable_pty::PtySize;
use pty::Lab;

/// How long a lab may take to leave when it is asked to.
const PATIENCE: Duration = Duration::from_secs(60);
/// After so many keys another lab is opened.
const KEYS_A_LAB: u64 = 5_000;

const SEQUENCES: &[&str] = &[
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[H",
    "\x1b[F",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[Z",
    "\x1b[3~",
    "\x1bOP",
    "\x1b[15~",
    "\x1b[17~",
    "\x1b[1;5C",
    "\x1b[1;2A",
    "\x1bx",
    "\x1b",
    "\r",
    "\t",
    "\x7f",
    " ",
    "\x03",
    "\x13",
    "\x12",
    "\x1a",
    "\x1c",
    "\0",
];

const BROKEN: &[&str] = &[
    "\x1b[<35;10;1",
    "\x1b[?6",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b[",
    "\x1bO",
    "\x1b[M",
    "\x1b[[",
    "\x1b]0;x",
    "\x1bP",
    "\x1b[<0;0;0M",
    "\x1b[M   ",
    "\x1b[99999999999;1~",
    "\x1b[;;;;u",
    "\u{9b}",
];

const LINES: &[&str] = &[
    ":crash leader",
    ":restart S1",
    ":partition S1 S2 | rest",
    ":heal",
    ":set x 1",
    ":get x",
    ":load rate=100/s",
    ":load stop",
    ":net unreliable",
    ":chaos swarm",
    ":chaos stop",
    ":save x.lab",
    ":save! x.lab expect",
    ":goto 1s",
    ":back leader = S1",
    ":branches",
    ":compare 1",
    ":reroll",
    ":watch leader",
    ":break term > 3",
    ":by-hand on",
    ":by-hand off",
    ":pace real",
    ":flaw commit-old-term on",
    ":put k \"\u{202e}\u{1b}[2J 漢字\" client=z",
    ":help crash",
    ":memory 100MB",
    ":cut S1 -> S2",
    ":sleep S2",
    ":wipe S3",
    ":nonsense",
    ":say 領導者",
    ":note x",
];

struct Monkey {
    chance: Chance,
    size: (u16, u16),
}

impl Monkey {
    /// The next thing it presses; how many keys that counts as.
    fn press(&mut self, lab: &Lab) -> (Vec<u8>, u64) {
        let chance = &mut self.chance;
        match chance.below(100) {
            0..=44 => (vec![b' ' + chance.below(95) as u8], 1),
            45..=64 => (chance.one(SEQUENCES).as_bytes().to_vec(), 1),
            65..=69 => (vec![chance.below(32) as u8], 1),
            70..=79 => {
                let (column, row) = (chance.below(320), chance.below(110));
                let button = *chance.one(&[0, 1, 2, 3, 32, 35, 64, 65, 66, 4, 8, 16, 255]);
                let end = *chance.one(&['M', 'm']);
                (format!("\x1b[<{button};{column};{row}{end}").into_bytes(), 1)
            }
            80..=84 => {
                let line = format!("\x1b{}\r", chance.one(LINES));
                (line.into_bytes(), 1)
            }
            85..=88 => {
                let mut bytes = b"\x1b[200~".to_vec();
                bytes.extend(chance.bytes(60));
                bytes.extend(b"\x1b[201~");
                (bytes, 1)
            }
            89..=92 => (chance.one(BROKEN).as_bytes().to_vec(), 1),
            93..=95 => {
                let bytes = chance.bytes(8);
                let count = bytes.len() as u64;
                (bytes, count)
            }
            96..=97 => (chance.one(&["é", "漢", "🎉", "e\u{301}", "ש"]).as_bytes().to_vec(), 1),
            _ => {
                let small = chance.percent(30);
                let (most, lowest) = if small { (62, 18) } else { (300, 100) };
                self.size = (1 + chance.below(most) as u16, 1 + chance.below(lowest) as u16);
                let (cols, rows) = self.size;
                let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
                lab.master.as_ref().expect("a window").resize(size).expect("any size");
                (Vec::new(), 1)
            }
        }
    }
}

/// What the program has written so far; whether it is still there.
fn take(lab: &mut Lab) {
    while let Ok(bytes) = lab.output.try_recv() {
        lab.screen.process(&bytes);
    }
}

fn ended(lab: &mut Lab) -> bool {
    lab.child.try_wait().expect("a child").is_some()
}

/// Leaves the lab from whatever the keys mean by now.
fn leave(lab: &mut Lab, told: &str) {
    let deadline = Instant::now() + PATIENCE;
    // An open paste ends after a second, and an escape sequence sooner.
    std::thread::sleep(Duration::from_millis(1_200));
    for key in ["\x1b", "\x03", "q"].into_iter().cycle() {
        if ended(lab) {
            return;
        }
        take(lab);
        assert!(Instant::now() < deadline, "{told}: it does not leave:\n{}", lab.text());
        // It may end between the look and the key.
        let _ = lab.writer.write_all(key.as_bytes());
        std::thread::sleep(Duration::from_millis(150));
    }
}

/// Ends the lab when the test hangs at it, so that the test fails and says where.
fn watch(lab: &Lab, over: &Arc<AtomicBool>) {
    let (process, over) = (lab.child.process_id().expect("a process"), Arc::clone(over));
    std::thread::spawn(move || {
        let deadline = Instant::now() + Duration::from_secs(600);
        while !over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(500));
            if Instant::now() > deadline {
                let process = process.to_string();
                let _ = std::process::Command::new("kill").args(["-ABRT", &process]).status();
                return;
            }
        }
    });
}

/// Plays with one lab until it leaves, or until so many keys were pressed; how many were.
fn play(monkey: &mut Monkey, script: Option<&str>, keys: u64, folder: &Path, told: &str) -> u64 {
    let arguments: Vec<&str> = script.into_iter().collect();
    monkey.size = (120, 40);
    let mut lab = Lab::inside(120, 40, &arguments, folder);
    let over = Arc::new(AtomicBool::new(false));
    watch(&lab, &over);
    lab.wait(pty::LATER, "lab", |text| text.contains("all rules hold"));
    let mut pressed = 0;
    while pressed < keys && !ended(&mut lab) {
        let (bytes, count) = monkey.press(&lab);
        pressed += count.max(1);
        if lab.writer.write_all(&bytes).is_err() {
            break;
        }
        if monkey.chance.percent(5) {
            std::thread::sleep(Duration::from_millis(monkey.chance.below(40) as u64));
        }
        take(&mut lab);
    }
    leave(&mut lab, told);
    over.store(true, Ordering::Relaxed);
    let status = lab.end(PATIENCE);
    assert!(status.success(), "{told}, after {pressed} keys: {status:?}\n{}", lab.text());
    lab.assert_restored();
    pressed
}

#[test]
#[ignore = "a long run: .ci/long"]
fn whatever_is_pressed_the_lab_ends_well_and_gives_the_terminal_back() {
    let keys = setting("RAFTLAB_MONKEY_KEYS", 3_000);
    let first = setting("RAFTLAB_MONKEY_SEED", 1);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let scripts = ["lessons/07_a_lost_majority_commits_nothing.lab", "flaws/commit_old_term.lab"]
        .map(|name| root.join(name).to_str().expect("UTF-8").to_owned());
    let folder = tempfile::tempdir().expect("a folder");
    let (mut left, mut seed) = (keys, first);
    while left > 0 {
        let mut monkey = Monkey { chance: Chance::new(seed), size: (120, 40) };
        let script = scripts.get(monkey.chance.below(4)).map(String::as_str);
        let told = format!("seed {seed}, script {script:?}");
        println!("{told}");
        let pressed = play(&mut monkey, script, left.min(KEYS_A_LAB), folder.path(), &told);
        left = left.saturating_sub(pressed.max(1));
        seed += 1;
    }
    println!("{keys} keys in {} labs, seeds from {first} on", seed - first);
}
