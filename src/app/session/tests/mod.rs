//! Sessions driven by keys and frames, without a terminal: what the tests of this folder share.

mod acting;
mod asking;
mod by_hand;
mod challenges;
mod comparing;
mod following;
mod keep;
mod lessons;
mod looking;
mod memory;
mod passing;
mod past;
mod robust;
mod script;
mod typed;
mod watches;
mod working;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::app::input::Chord;
use crate::app::input::{Input, Named};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::app::session::work::Work;
use crate::app::session::{Effect, Message, Moment, Session, Tape};
use crate::cluster::command::Script;
use crate::cluster::config::Config;
use crate::cluster::server::Power;
use crate::cluster::types::ServerId;
use crate::ui::theme::Theme;
use crate::ui::view::{Clock, NoticeKind};

const FRAME: Duration = Duration::from_millis(16);

/// A tape that nothing but this test holds.
#[derive(Debug, Default)]
struct Reel {
    text: RefCell<Option<String>>,
    /// Why nothing can be put on it.
    broken: RefCell<Option<String>>,
}

impl Reel {
    fn text(&self) -> Option<String> {
        self.text.borrow().clone()
    }

    fn sound(&self) -> Result<(), String> {
        self.broken.borrow().clone().map_or(Ok(()), Err)
    }
}

impl Tape for Reel {
    fn name(&self) -> String {
        "a reel".into()
    }

    fn replace(&self, text: &str) -> Result<(), String> {
        self.sound()?;
        *self.text.borrow_mut() = Some(text.to_owned());
        Ok(())
    }

    fn write_at(&self, byte: u64, text: &str) -> Result<(), String> {
        self.sound()?;
        let mut held = self.text.borrow_mut();
        let held = held.as_mut().ok_or("the reel is blank")?;
        let byte = byte as usize;
        assert!(byte + text.len() >= held.len(), "an end would be left of {held}");
        held.truncate(byte);
        assert_eq!(held.len(), byte, "there is nothing to go on from");
        held.push_str(text);
        Ok(())
    }

    fn discard(&self) {
        *self.text.borrow_mut() = None;
    }
}

/// Records a session from now on.
fn recorded(session: &mut Session) -> Rc<Reel> {
    let reel = Rc::new(Reel::default());
    session.record(Ok(Rc::<Reel>::clone(&reel)));
    reel
}

fn lab() -> Session {
    sized(Session::free(Config::default(), Theme::default()))
}

/// The same with another Raft in its servers.
#[cfg(feature = "guests")]
fn lab_of_guests() -> Session {
    use crate::cluster::guest::Program;
    use crate::cluster::{Implementation, Limits};
    let module = include_bytes!("../../../../tests/guests/raft_c.wasm");
    let limits = Limits::default();
    let program = Program::load(module, limits).unwrap();
    let (file, hash, params) = ("raft.wasm".into(), Some(program.hash()), "".into());
    let raft = Implementation { file, hash, limits, params, program: Some(program) };
    let config = Config { raft: Some(raft), ..Config::default() };
    sized(Session::free(config, Theme::default()))
}

fn script(text: &str) -> Session {
    let script = Script::parse("test.lab", text.as_bytes()).unwrap();
    sized(Session::script("test.lab".into(), &script, None, Theme::default()))
}

fn sized(mut session: Session) -> Session {
    session.resize(Size::new(120, 40));
    session
}

/// A lab with a leader that everybody follows, standing still.
fn led() -> Session {
    let mut session = lab();
    wait(&mut session, 12.0, "a leader", |session| {
        let cluster = session.cluster();
        let led = |leader: ServerId| {
            cluster.servers().iter().all(|server| server.raft.leader() == Some(leader))
        };
        cluster.leader().is_some_and(led)
    });
    session
}

fn frames(session: &mut Session, seconds: f64) {
    for _ in 0..(seconds / FRAME.as_secs_f64()).ceil() as u32 {
        session.update(Message::Frame(FRAME));
    }
}

/// Lets room time pass until something holds.
fn wait(session: &mut Session, seconds: f64, what: &str, holds: impl Fn(&Session) -> bool) {
    for _ in 0..(seconds / FRAME.as_secs_f64()).ceil() as u32 {
        if holds(session) {
            return;
        }
        session.update(Message::Frame(FRAME));
    }
    panic!("no {what} within {seconds} s; lab time is {}", session.cluster().now());
}

fn key(word: &str) -> Chord {
    match word {
        "Enter" => Chord::Key(Named::Enter),
        "Esc" => Chord::Key(Named::Esc),
        "Tab" => Chord::Key(Named::Tab),
        "Up" => Chord::Key(Named::Up),
        "Down" => Chord::Key(Named::Down),
        "PgDn" => Chord::Key(Named::PageDown),
        "PgUp" => Chord::Key(Named::PageUp),
        "Home" => Chord::Key(Named::Home),
        "Left" => Chord::Key(Named::Left),
        "Right" => Chord::Key(Named::Right),
        "Backspace" => Chord::Key(Named::Backspace),
        "F5" => Chord::Key(Named::F(5)),
        "Space" => Chord::Char(' '),
        _ => {
            let (chord, letters): (fn(char) -> Chord, _) = match word.strip_prefix("Ctrl-") {
                Some(letters) => (Chord::Ctrl, letters),
                None => (Chord::Char, word),
            };
            assert_eq!(letters.chars().count(), 1, "{word}");
            chord(letters.chars().next().unwrap())
        }
    }
}

/// Presses keys: words parted by spaces, `'` before a text that is typed letter by letter. What a
/// key begins is brought to its end before the next, unless it shows itself while it is made.
fn press(session: &mut Session, keys: &str) -> Option<Effect> {
    let mut effect = None;
    for word in keys.split(' ') {
        effect = press_only(session, word);
        if !matches!(session.work, Some(Work::Compare | Work::Reroll(_))) {
            session.finish().expect("only the opening of a lab is given up");
        }
    }
    effect
}

/// Presses a key, or types a text, and does not wait for what it begins.
fn press_only(session: &mut Session, word: &str) -> Option<Effect> {
    let mut press = |key: Chord| session.update(Message::Input(Input::Key(key)));
    match word.strip_prefix('\'') {
        None => press(key(word)),
        Some(text) => {
            let letters = text.chars().map(|letter| if letter == '_' { ' ' } else { letter });
            letters.map(Chord::Char).map(press).last().flatten()
        }
    }
}

/// Opens a lab at a moment.
fn started(session: &mut Session, moment: &Moment) -> Result<(), String> {
    session.start_at(moment)?;
    session.finish()
}

/// Types a line at the prompt, at once. Whether it was accepted.
fn typed(session: &mut Session, line: &str) -> bool {
    press(session, ":");
    session.update(Message::Input(Input::Paste(line.into())));
    press(session, "Enter");
    let accepted = !matches!(session.scene().view.mode, crate::ui::view::Mode::Prompt(_));
    press(session, "Esc");
    accepted
}

fn refusal(session: &Session) -> String {
    let notice = session.scene().view.notice.clone().expect("the last row says something");
    assert_eq!(notice.kind, NoticeKind::Refusal, "{notice:?}");
    notice.text
}

fn last_command(session: &Session) -> String {
    session.scene().view.last_command.clone().expect("a command was applied").text
}

fn power(session: &Session, number: u64) -> Power {
    session.cluster().server(ServerId::from_number(number).unwrap()).unwrap().power
}

fn clock(session: &Session) -> Clock {
    session.scene().view.clock.clone()
}

/// The screen at 120×40, row by row.
fn drawn(session: &Session) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    crate::ui::draw_into(&mut buffer, &session.scene());
    let row = |y| (0..120).map(|x| buffer[(x, y)].symbol()).chain(["\n"]).collect::<String>();
    (0..40).map(row).collect()
}

/// The column and the row at which a text stands on the screen.
fn find(session: &Session, text: &str) -> (u16, u16) {
    for (row, y) in drawn(session).lines().zip(0..) {
        if let Some(at) = row.find(text) {
            return (row[..at].chars().count() as u16, y);
        }
    }
    panic!("{text:?} is not on the screen");
}
