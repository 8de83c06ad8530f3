//! Scripts, histories and recordings that went wrong on the way: those of this repository with
//! bytes, words and lines changed at random. Whatever comes of it is read or refused with a reason;
//! nothing panics, runs over the end of a number, or takes for ever.
//!
//! `RAFTLAB_FUZZ_SECONDS` says how long for each kind, `RAFTLAB_FUZZ_SEED` with which chance it
//! begins. What goes wrong is left as a file, which the message names.

#[path = "support/chance.rs"]
mod chance;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chance::{Chance, setting};
use raftlab::app::input::Chord;
use raftlab::app::input::{Input, Named};
use raftlab::app::session::{Effect, Message, Session};
use raftlab::cluster::command::{Script, parse_line};
use raftlab::cluster::config::Config;
use raftlab::cluster::{Cluster, Step};
use raftlab::ui;
use raftlab::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

/// The most events of a run.
const STEPS_MAX: u32 = 3_000;
/// What one input may take, in a build without optimisation on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Numbers and words with which things go wrong.
const WORDS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "25",
    "26",
    "255",
    "256",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
    "1e9",
    "0x",
    "0xff",
    "",
    "0s",
    "1us",
    "1000000h",
    "86400000s",
    "100%",
    "0%",
    "1ppm",
    "S0",
    "S1",
    "S25",
    "S26",
    "leader",
    "rest",
    "follower",
    "{i}",
    "{{",
    "}",
    "\"",
    "\\",
    "#",
    "# reached 1.0s",
    "@0",
    "@18446744073709551615",
    "->",
    "<->",
    "|",
    "=",
    "\u{202e}",
    "\u{1b}[2J",
    "漢字",
    "e\u{301}",
    "\0",
    "\u{feff}",
    "end",
    "loop",
    "nil",
    ":ok",
    ":info",
    ":fail",
    "[",
    "{",
    "null",
    "true",
    "\"type\":\"call\"",
    "#inst",
    "1N",
    "1/2",
];

/// A text with something changed in it.
fn mutate(chance: &mut Chance, text: &[u8], all: &[Vec<u8>]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=chance.below(6) {
        match chance.below(10) {
            0..=1 => change_bytes(chance, &mut text),
            2..=5 => change_word(chance, &mut text),
            _ => change_line(chance, &mut text, all),
        }
        text.truncate(200_000);
    }
    text
}

fn change_bytes(chance: &mut Chance, text: &mut Vec<u8>) {
    let place = chance.below(text.len() + 1);
    match chance.below(4) {
        0 if place < text.len() => text[place] ^= 1 << chance.below(8),
        1 if place < text.len() => text[place] = chance.byte(),
        2 => text.truncate(place),
        _ => {
            let bytes = chance.bytes(4);
            text.splice(place..place, bytes);
        }
    }
}

/// Puts another word in the place of one, or beside it.
fn change_word(chance: &mut Chance, text: &mut Vec<u8>) {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"=,:{}[]()\"@".contains(byte);
    let ends: Vec<usize> = (0..text.len()).filter(|place| is_end(&text[*place])).collect();
    if ends.is_empty() {
        return text.extend_from_slice(chance.one(WORDS).as_bytes());
    }
    let which = chance.below(ends.len());
    let start = ends[which] + 1;
    let end = ends.get(which + 1).copied().unwrap_or(text.len()).max(start);
    let new = match chance.below(4) {
        // A word from elsewhere in the text.
        0 => {
            let other = chance.below(ends.len());
            let end = ends.get(other + 1).copied().unwrap_or(text.len());
            text[(ends[other] + 1).min(end)..end].to_vec()
        }
        1 => [&text[start..end], b" ", chance.one(WORDS).as_bytes()].concat(),
        _ => chance.one(WORDS).as_bytes().to_vec(),
    };
    text.splice(start..end, new);
}

fn change_line(chance: &mut Chance, text: &mut Vec<u8>, all: &[Vec<u8>]) {
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let place = chance.below(lines.len());
    match chance.below(5) {
        0 => drop(lines.remove(place)),
        1 => lines.insert(place, lines[place].clone()),
        2 => {
            let other = chance.below(lines.len());
            lines.swap(place, other);
        }
        3 => lines.truncate(place),
        _ => {
            let other: Vec<&[u8]> = chance.one(all).split(|byte| *byte == b'\n').collect();
            let line = chance.one(&other).to_vec();
            lines.insert(place, line);
        }
    }
    *text = lines.join(&b'\n');
}

/// All files below a folder of the repository whose names end so.
fn corpus(folder: &str, ends: &[&str]) -> Vec<Vec<u8>> {
    fn walk(folder: &Path, ends: &[&str], paths: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, ends, paths);
            } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                paths.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ends, &mut paths);
    paths.sort();
    let read = |path: PathBuf| std::fs::read(path).expect("a file of the repository");
    let files: Vec<Vec<u8>> = paths.into_iter().map(read).collect();
    assert!(!files.is_empty(), "no file in {folder} ends with any of {ends:?}");
    files
}

/// Tries changed texts until the time is over.
fn fuzz(kind: &str, all: &[Vec<u8>], look: impl Fn(&[u8])) {
    let time = Duration::from_secs(setting("RAFTLAB_FUZZ_SECONDS", 3));
    let first = setting("RAFTLAB_FUZZ_SEED", 1);
    let begun = Instant::now();
    let mut seed = first;
    while begun.elapsed() < time {
        let mut chance = Chance::new(seed);
        let text = chance.one(all).clone();
        let text = mutate(&mut chance, &text, all);
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| look(&text)));
        let slow = start.elapsed() > PATIENCE;
        if result.is_err() || slow {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{kind}-{seed}"));
            std::fs::write(&path, &text).expect("room for a file");
            let what = if slow { "takes too long" } else { "panics" };
            panic!("{kind} of seed {seed} {what}: {}", path.display());
        }
        seed += 1;
    }
    println!("{} changed {kind}, seeds {first} to {}", seed - first, seed - 1);
}

fn parse(text: &[u8]) -> Option<Script> {
    match Script::parse("changed.lab", text) {
        Ok(script) => Some(script),
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "refused without a reason");
            for mistake in &mistakes {
                let told = mistake.to_string();
                assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
            }
            None
        }
    }
}

fn play(script: &Script) {
    let mut cluster = Cluster::with_script(script, None);
    for _ in 0..STEPS_MAX {
        if cluster.finished() || cluster.step() != Step::Happened {
            break;
        }
    }
    cluster.digest();
}

#[test]
fn scripts_that_went_wrong_do_no_harm() {
    let all = corpus("scripts", &[".lab"]);
    fuzz("scripts", &all, |text| {
        let Some(script) = parse(text) else { return };
        for line in script.lines.iter() {
            let printed = line.command.to_string();
            // A block is more than its first line.
            if let Ok(again) = parse_line(&printed) {
                assert_eq!(again.to_string(), printed);
            }
        }
        script.variants().for_each(|script| play(&script));
    });
}

#[test]
fn histories_that_went_wrong_do_no_harm() {
    let all = corpus("tests/histories", &[""]);
    fuzz("histories", &all, |text| {
        let told = match raftlab::app::verdict(text, Duration::from_secs(2)) {
            Ok(told) | Err(told) => told,
        };
        assert!(!told.is_empty(), "no verdict and no reason");
    });
}

fn key(session: &mut Session, chord: Chord) -> Option<Effect> {
    session.update(Message::Input(Input::Key(chord)))
}

fn draw(session: &mut Session) {
    for (width, height) in [(120, 40), (60, 16)] {
        session.resize(Size { width, height });
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        ui::draw_into(&mut buffer, &session.scene());
    }
}

/// Scripts that a session has saved of itself, and what it recorded.
fn recordings() -> Vec<Vec<u8>> {
    let keys =
        ["X", "cX", "P12\r", "c  v", "X r", ":load rate=50/s\r", ":by-hand on\r", "!", "xci"];
    let save = |keys: &&str| {
        let mut session = Session::free(Config::default(), Theme::default());
        for _ in 0..60 {
            session.update(Message::Frame(Duration::from_millis(50)));
        }
        let mut saved = None;
        for letter in keys.chars().chain("\u{1b}:save it.lab\r".chars()) {
            let chord = match letter {
                '\r' => Chord::Key(Named::Enter),
                '\u{1b}' => Chord::Key(Named::Esc),
                letter => Chord::Char(letter),
            };
            if let Some(Effect::Save(saving)) = key(&mut session, chord) {
                saved = Some(saving.text.into_bytes());
            }
            session.update(Message::Frame(Duration::from_millis(50)));
        }
        saved.unwrap_or_else(|| panic!("{keys:?} and a session that is not saved"))
    };
    keys.iter().map(save).collect()
}

#[test]
fn recordings_that_went_wrong_do_no_harm() {
    fuzz("recordings", &recordings(), |text| {
        let Some(script) = parse(text) else { return };
        let mut session = Session::script("changed.lab".into(), &script, None, Theme::default());
        draw(&mut session);
        for letter in ['s', 'e', 'w', '\u{1b}', ' ', ',', '[', 'c', '.', 'X', 'u'] {
            key(
                &mut session,
                if letter == '\u{1b}' { Chord::Key(Named::Esc) } else { Chord::Char(letter) },
            );
            session.update(Message::Frame(Duration::from_millis(30)));
        }
        draw(&mut session);
    });
}
