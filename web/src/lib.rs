//! The lab in a browser: what a page calls. `page/` is the page; `build.sh` makes one file of both.
//!
//! There is one lab a module, and texts go both ways through the module's memory: the page asks for
//! `room`, writes there and calls; where a call answers with a text it gives its length, and the text
//! stands at `text`. So nothing has to be generated, and the module needs nothing from its host.

mod guests;
mod hunt;
mod keys;
mod lab;
mod screen;
mod tape;

use std::cell::RefCell;
use std::time::Duration;

use raftlab::app::scenes;
use raftlab::ui::theme::Paper;
use raftlab::ui::view::Voice;

use guests::Guests;
use hunt::Hunt;
use lab::{Errand, Lab};

/// All that is held between two calls.
#[derive(Default)]
struct Held {
    lab: Option<Lab>,
    hunt: Option<Hunt>,
    guests: Guests,
    text: Vec<u8>,
    paper: Paper,
    /// The address of the page.
    base: String,
}

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
    /// Why the module has stopped: whatever it held then is out of reach.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Held {
    /// The text that the page has written.
    fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.text)).into_owned()
    }

    fn give(&mut self, text: String) -> usize {
        self.text = text.into_bytes();
        self.text.len()
    }

    fn open(&mut self, mut lab: Lab) {
        lab.set_base(&self.base);
        self.lab = Some(lab);
    }

    fn with_lab(&mut self, act: impl FnOnce(&mut Lab, String) -> Errand) -> u32 {
        let text = self.take();
        let Some(lab) = &mut self.lab else { return 0 };
        let (number, text) = match act(lab, text) {
            Errand::Nothing => (0, String::new()),
            Errand::NotOurs => (1, String::new()),
            Errand::Leave => (2, String::new()),
            Errand::Copy(text) => (3, text),
            Errand::Save(text) => (4, text),
            Errand::Tell(text) => (5, text),
            Errand::Play(path) => (6, path),
        };
        self.give(text);
        number
    }
}

/// To be called once, before all others.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn begin(light: u32) {
    std::panic::set_hook(Box::new(|panic| {
        PANIC.with_borrow_mut(|text| *text = panic.to_string());
    }));
    let paper = if light == 0 { Paper::Dark } else { Paper::Light };
    HELD.with_borrow_mut(|held| held.paper = paper);
}

/// Where a text of so many bytes is to be written.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    HELD.with_borrow_mut(|held| {
        held.text.clear();
        held.text.resize(bytes, 0);
        held.text.as_mut_ptr()
    })
}

/// Where the text of the last answer stands.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn text() -> *const u8 {
    HELD.with_borrow(|held| held.text.as_ptr())
}

/// How long the text of the last answer is.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    HELD.with_borrow(|held| held.text.len())
}

/// Why the module has stopped, as where a text stands and how long it is.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn panic_text() -> *const u8 {
    PANIC.with_borrow(|text| text.as_ptr())
}

#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn panic_length() -> usize {
    PANIC.with_borrow(String::len)
}

/// Opens the lab of five servers.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn open_free() {
    HELD.with_borrow_mut(|held| held.open(Lab::free(held.paper)));
}

/// Opens a script: its name, the moment and its text, with line breaks between. Why it can't be, or
/// nothing.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn open() -> usize {
    HELD.with_borrow_mut(|held| {
        let asked = held.take();
        let mut parts = asked.splitn(3, '\n');
        let mut part = || parts.next().unwrap_or_default();
        let (name, at, text) = (part(), part(), part());
        match Lab::script(name, text, at, (held.paper, &held.guests)) {
            Ok(lab) => {
                held.open(lab);
                0
            }
            Err(why) => held.give(why),
        }
    })
}

/// The text is a line with the name of a file, and then its bytes: a Raft that servers can have. Why they
/// can't, or nothing. Where this function is missing no server can have another's.
#[cfg(feature = "guests")]
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn bring() -> usize {
    HELD.with_borrow_mut(|held| {
        let told = std::mem::take(&mut held.text);
        held.guests.bring(&told).map_or_else(|why| held.give(why), |()| 0)
    })
}

/// The text is the address of the page.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn lies_at() {
    HELD.with_borrow_mut(|held| held.base = held.take());
}

/// Opens what a link names: the text is what stands in it after `#`. The answer is a line with `ok`
/// and the name of the script, or what is wrong.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn open_link() -> usize {
    HELD.with_borrow_mut(|held| match Lab::link(&held.take(), (held.paper, &held.guests)) {
        Ok((lab, name)) => {
            held.open(lab);
            held.give(format!("ok\n{name}"))
        }
        Err(why) => held.give(why),
    })
}

/// The scripts that travel in the page.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn scripts() -> usize {
    HELD.with_borrow_mut(|held| held.give(lab::scenes()))
}

/// The text of one of them, by its path.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn script() -> usize {
    HELD.with_borrow_mut(|held| {
        let path = held.take();
        let text = scenes::read(path.as_ref()).unwrap_or_default();
        held.give(String::from_utf8_lossy(text).into_owned())
    })
}

/// So many columns and rows; 1 where the page says in its own letters what is said and asked.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn resize(width: u32, height: u32, page: u32) {
    let voice = if page == 0 { Voice::Screen } else { Voice::Page };
    HELD.with_borrow_mut(|held| {
        held.lab.iter_mut().for_each(|lab| lab.resize(width, height, voice));
    });
}

/// What is said and asked, for a page that does it in its own letters.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn said() -> usize {
    HELD.with_borrow_mut(|held| {
        let text = held.lab.as_ref().map(Lab::said).unwrap_or_default();
        held.give(text)
    })
}

/// The number of the choice that stands at a cell of the screen; 0 where none does.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn choice_at(column: u32, row: u32) -> u32 {
    HELD.with_borrow(|held| held.lab.as_ref().map_or(0, |lab| lab.choice_at(column, row)))
}

/// The follower has raised a hand for the choice of this number; 0 is none.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn raise_hand(number: u32) {
    HELD.with_borrow_mut(|held| held.lab.iter_mut().for_each(|lab| lab.raise_hand(number)));
}

/// So many milliseconds have passed. What the page has to do, as all calls that follow answer.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn frame(milliseconds: f64) -> u32 {
    let elapsed = Duration::try_from_secs_f64(milliseconds / 1_000.0).unwrap_or_default();
    HELD.with_borrow_mut(|held| held.with_lab(|lab, _| lab.frame(elapsed)))
}

/// A key was pressed: its name is the text.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn key(ctrl: u32, shift: u32) -> u32 {
    HELD.with_borrow_mut(|held| held.with_lab(|lab, key| lab.key(&key, ctrl != 0, shift != 0)))
}

#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn mouse(act: u32, column: u32, row: u32) -> u32 {
    HELD.with_borrow_mut(|held| held.with_lab(|lab, _| lab.mouse(act, column, row)))
}

/// The text was pasted.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn paste() -> u32 {
    HELD.with_borrow_mut(|held| held.with_lab(Lab::paste))
}

/// 1 while frames are needed, 2 while they are needed as fast as can be.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn restless() -> u32 {
    HELD.with_borrow(|held| {
        held.lab.as_ref().map_or(0, |lab| match (lab.works(), lab.is_restless()) {
            (true, _) => 2,
            (false, restless) => u32::from(restless),
        })
    })
}

/// Draws what is new. How many numbers tell which cells have changed; below zero if nothing is new. What
/// the page says in its own letters may be new where no cell is.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn draw() -> i32 {
    HELD.with_borrow_mut(|held| {
        let Some(lab) = &mut held.lab else { return -1 };
        if lab.draw() { lab.changed().len() as i32 } else { -1 }
    })
}

/// Where these numbers stand.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn changed() -> *const u32 {
    HELD.with_borrow(|held| {
        held.lab.as_ref().map_or(std::ptr::null(), |lab| lab.changed().as_ptr())
    })
}

/// What a screen reader says.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn told() -> usize {
    HELD.with_borrow_mut(|held| {
        let text = held.lab.as_ref().map(Lab::told).unwrap_or_default();
        held.give(text)
    })
}

/// All that stands on the screen, as text.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn screen_text() -> usize {
    HELD.with_borrow_mut(|held| {
        let text = held.lab.as_ref().map(Lab::text).unwrap_or_default();
        held.give(text)
    })
}

/// The recording of the session, if it has changed: 0 is that it has not.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn recording() -> usize {
    HELD.with_borrow_mut(|held| match held.lab.as_ref().and_then(Lab::recording) {
        // An empty one was taken away.
        Some(text) if text.is_empty() => held.give("\n".to_owned()),
        Some(text) => held.give(text),
        None => 0,
    })
}

/// The run as a script, up to now.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn saved() -> usize {
    HELD.with_borrow_mut(|held| {
        let text = held.lab.as_ref().map(Lab::saved).unwrap_or_default();
        held.give(text)
    })
}

#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn digest() -> usize {
    HELD.with_borrow_mut(|held| {
        let text = held.lab.as_ref().map(Lab::digest).unwrap_or_default();
        held.give(text)
    })
}

/// Opens a session that follows another one, whose recording is the text. Why it can't, or nothing.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn open_following() -> usize {
    HELD.with_borrow_mut(|held| match Lab::following(&held.take(), (held.paper, &held.guests)) {
        Ok(lab) => {
            held.open(lab);
            0
        }
        Err(why) => held.give(why),
    })
}

/// The text is a line of what is done there. Why it can't be done here, or nothing.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn follow() -> usize {
    HELD.with_borrow_mut(|held| {
        let line = held.take();
        let done = held.lab.as_mut().map_or(Ok(()), |lab| lab.follow(&line));
        done.map_or_else(|why| held.give(why), |()| 0)
    })
}

/// 1 if somebody has just gone their own way.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn strays() -> u32 {
    HELD.with_borrow_mut(|held| held.lab.as_mut().map_or(0, |lab| u32::from(lab.strays())))
}

/// Plays the script that is the text to its end, with a seed, without showing it; if it shows a flaw, with
/// or without it. Its digest.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn play(seed: u32, flawed: u32) -> usize {
    HELD.with_borrow_mut(|held| {
        let text = held.take();
        held.give(lab::play(u64::from(seed), flawed != 0, &text, &held.guests))
    })
}

/// Leaves the futures of a question to a Worker that has a copy of this module's memory. 1 if there are
/// any that nobody has yet.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn lend() -> u32 {
    HELD.with_borrow_mut(|held| held.lab.as_mut().map_or(0, |lab| u32::from(lab.lend())))
}

/// 1 while a Worker plays futures for this module.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn lends() -> u32 {
    HELD.with_borrow(|held| held.lab.as_ref().map_or(0, |lab| u32::from(lab.lends())))
}

/// Plays the rest of them here.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn take_back() {
    HELD.with_borrow_mut(|held| held.lab.as_mut().map_or((), Lab::take_back));
}

/// In the Worker: plays on for so many steps. How far it is.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn play_lent(steps: u32) -> usize {
    HELD.with_borrow_mut(|held| {
        let told = held.lab.as_mut().map(|lab| lab.play_lent(steps)).unwrap_or_default();
        held.give(told)
    })
}

/// The text is how far the Worker is.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn hear_of_lent() {
    HELD.with_borrow_mut(|held| {
        let told = held.take();
        if let Some(lab) = &mut held.lab {
            lab.hear_of_lent(&told);
        }
    });
}

/// The flaws that can be hunted, a line each.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn flaws() -> usize {
    HELD.with_borrow_mut(|held| held.give(hunt::flaws()))
}

/// Begins a hunt; the text is the flaw that all servers have, or nothing.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn begin_hunt() {
    HELD.with_borrow_mut(|held| held.hunt = Some(Hunt::of(&held.take())));
}

/// Plays a seed of it: 0 if all went well, 1 if not, and what went wrong is the text, 2 if it came to
/// no end.
#[allow(unsafe_code, reason = "an export")]
#[unsafe(no_mangle)]
pub extern "C" fn hunt_seed(seed: u32) -> u32 {
    HELD.with_borrow_mut(|held| {
        let (came_to, told) =
            held.hunt.as_ref().map_or((2, String::new()), |hunt| hunt.seed(u64::from(seed)));
        held.give(told);
        came_to
    })
}
