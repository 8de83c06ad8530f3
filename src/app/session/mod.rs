//! A session: the cluster, what is shown of it, and what hands do to both.
//!
//! [`Session::update`] takes a [`Message`], a key or a frame's worth of elapsed time, and changes
//! the session; what only the terminal can do comes back as an [`Effect`]. There is no other way
//! in, and no clock but the elapsed time that the messages bring, so a test drives a session like
//! a person does.
//!
//! Its work is spread over the folder: `act.rs` carries out the keys of normal mode, `look.rs`
//! those that move about; `packets.rs`, `partition.rs`, `link.rs`, `prompt.rs` and `dialog.rs` are
//! the modes; `time.rs` lets lab time pass, `past.rs` and `travel.rs` go back in it, `branches.rs`
//! on differently; `moment.rs` and `lines.rs` go to moments by name, `play.rs` plays on to them;
//! `work.rs` does in pieces whatever may take long; `watches.rs` follows what is watched;
//! `point.rs` is the mouse; `first.rs` is the first minute; `show.rs` puts together what is seen.

mod act;
mod allowed;
mod branches;
mod breakpoints;
mod compare;
mod dialog;
mod errand;
mod first;
pub mod follow;
mod hints;
mod inspect;
mod keep;
pub mod lent;
mod lines;
mod link;
mod look;
mod memory;
mod moment;
mod notes;
mod oracle;
pub mod own;
mod packets;
mod partition;
mod past;
mod play;
mod point;
mod presenter;
mod prompt;
mod replay;
mod reroll;
mod scene;
mod share;
mod show;
#[cfg(test)]
mod tests;
mod time;
mod travel;
mod watches;
mod work;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use ratatui::layout::Size;

use super::fading::Fader;
use super::input::{Chord, Input, MouseAct, Named};
use super::keymap::{Action, Binding, KeyMode, Keymap, Normal};
use super::memory::BUDGET;
use super::pace::Pacer;
use super::player::Player;
use super::recorder::Recorder;
use crate::cluster::command::{Command, Pace, Place, Script};
use crate::cluster::config::Config;
use crate::cluster::event::Event;
use crate::cluster::timeline::{Point, Timeline};
use crate::cluster::types::ServerSet;
use crate::cluster::{Cluster, Refusal};
use crate::ui::Scene;
use crate::ui::theme::Theme;
use crate::ui::trace::Trace;
use crate::ui::view::{LinkEdit, Notice, NoticeKind, Stands, View, Voice};

use branches::{Bookmarks, Branch};
use breakpoints::Breakpoint;
use compare::Comparing;
use dialog::{Asking, Reading};
use errand::Errand;
use first::First;
use follow::Following;
use look::Way;
use oracle::Oracle;
use partition::Split;
use point::Click;
use presenter::Presenting;
use prompt::{History, Line};
use watches::{Dating, Watch};
use work::Work;

pub use super::moment::Moment;
pub use super::recorder::Tape;
pub use keep::Saving;

/// How long the last row says something before it shows the keys again.
const NOTICE: Duration = Duration::from_secs(3);

/// What can happen to a session.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key, a paste, the mouse, a new size.
    Input(Input),
    /// Time has passed in the room, and a frame may be drawn.
    Frame(Duration),
}

/// What only the owner of the terminal can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Leave,
    /// Give the terminal to the shell until somebody says otherwise.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Put this on the clipboard.
    Copy(String),
    /// Keep this script, and say by [`Session::saved`] what came of it.
    Save(Saving),
    /// Begin the lesson of this number or name, in the place of this session.
    Lesson(String),
    /// The lab can't be opened as somebody wanted: this is why.
    GiveUp(String),
}

/// What the keys mean at present.
#[derive(Clone, Debug, Default)]
enum Mode {
    #[default]
    Normal,
    /// After `[` or `]`.
    Jump(Way),
    Packet,
    Partition(Split),
    Link(LinkEdit),
    Prompt(Line),
    Reading(Reading),
    Asking(Asking),
}

impl Mode {
    const fn keys(&self) -> KeyMode {
        match self {
            Self::Normal => KeyMode::Normal,
            Self::Jump(_) => KeyMode::Jump,
            Self::Packet => KeyMode::Packet,
            Self::Partition(_) => KeyMode::Partition,
            Self::Link(_) => KeyMode::Link,
            Self::Prompt(_) => KeyMode::Prompt,
            Self::Reading(_) => KeyMode::Dialog,
            Self::Asking(_) => KeyMode::Question,
        }
    }
}

/// Where the session's run comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The lab with nobody's script.
    Free,
    File(PathBuf),
}

/// Whether the screen shows what is the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Screen {
    Current,
    Stale,
}

/// Whether what is shown besides the run itself is as the recording says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    Recorded,
    /// The script has changed it.
    Other,
}

/// A command that keys made.
#[derive(Clone, Debug)]
struct Pressed {
    /// Where the run was before it.
    at: Point,
    text: String,
    /// "P 4 5 Enter".
    keys: String,
}

/// The state machine behind the screen.
#[derive(Clone, Debug)]
pub struct Session {
    origin: Origin,
    cluster: Cluster,
    /// The run of which `cluster` is the present or a past moment.
    timeline: Timeline<Player>,
    trace: Trace,
    /// While one looks at the past: the trace up to the newest moment.
    newest: Option<Trace>,
    /// Futures that one has left, and what has been undone.
    branches: Vec<Branch>,
    undone: Vec<Branch>,
    bookmarks: Bookmarks,
    breakpoints: Vec<Breakpoint>,
    /// Where breakpoints were reached.
    reached: Vec<Point>,
    watches: Vec<Watch>,
    /// What has changed after so many steps and deeds is new to whoever looks.
    looked: u64,
    /// What takes longer than a frame and is under way, and when in the room it was begun.
    work: Option<Work>,
    begun: Option<Duration>,
    /// How much more this frame may do, in steps.
    effort: u32,
    /// What was pressed while something was under way.
    ahead: VecDeque<Input>,
    /// What is left to the owner of the terminal.
    effect: Option<Effect>,
    /// The search for since when what is watched is so.
    dating: Option<Dating>,
    /// How many futures have been asked for, so that another thousand is another.
    futures: u64,
    /// What the oracle was asked last, and what it said.
    oracle: Option<Oracle>,
    /// Two futures that are being compared, or have been.
    comparing: Option<Comparing>,
    view: View,
    /// What the keys mean to this person.
    keys: Keymap,
    /// The keys that made the last command, if keys did.
    pressed: Option<Pressed>,
    size: Size,
    pacer: Pacer,
    player: Player,
    fader: Fader,
    recorder: Option<Recorder>,
    /// Where the run was when a recording was gone on with.
    opened: Place,
    looks: Looks,
    /// When in the room what could not be written is tried again.
    again: Duration,
    history: History,
    mode: Mode,
    /// What the keys mean again once a text has been read.
    under: Mode,
    /// The question at which a step was asked for.
    stepped_from: Option<Point>,
    /// Why time stands, apart from an open mode.
    halt: Option<Stands>,
    /// How far a typed `run` or `until` lets time go on.
    errand: Option<Errand>,
    presenting: Presenting,
    marked: ServerSet,
    notice: Option<(Duration, Notice)>,
    /// What the hints of the footer stand for, in their order.
    hinted: Vec<&'static Binding>,
    /// What time will stand at when it happens for the first time.
    firsts: Vec<First>,
    /// The keys of the first minute that have been used.
    learned: Vec<Normal>,
    /// The event whose causes are lit in the diagram.
    lit: Option<Event>,
    /// How many bytes the session may take.
    memory: u64,
    /// The address of the page to which links lead.
    base: Option<String>,
    /// What it was told, if it follows another session.
    following: Option<Following>,
    /// This follower's answer to the question that stands, by its place among the choices.
    hand: Option<usize>,
    /// Where a class finds what it follows, and how many do.
    audience: Option<(String, usize)>,
    /// How many steps going back plays again at most, as was last said.
    reach: u64,
    /// Time in the room since the session began.
    room: Duration,
    last_click: Option<Click>,
    screen: Screen,
}

impl Session {
    /// The lab: a cluster and three idle clients, a, b and c.
    pub fn free(config: Config, theme: Theme) -> Self {
        let clients = ["a", "b", "c"].map(str::to_owned).to_vec();
        let cluster = Cluster::new(Config { clients, ..config });
        Self::new(Origin::Free, cluster, Player::default(), theme)
    }

    /// A script, played in the lab.
    pub fn script(path: PathBuf, script: &Script, seed: Option<u64>, theme: Theme) -> Self {
        let cluster = Cluster::with_script(script, seed);
        Self::new(Origin::File(path), cluster, Player::new(script), theme)
    }

    /// A trace, which is only looked at. `remarks`: what is to be known of it.
    pub fn trace(path: PathBuf, cluster: Cluster, remarks: &[String], theme: Theme) -> Self {
        let mut session = Self::new(Origin::File(path), cluster, Player::default(), theme);
        session.halt = Some(Stands::Paused);
        if !remarks.is_empty() {
            session.remark(&remarks.join("; "));
        }
        session.show();
        session
    }

    fn new(origin: Origin, cluster: Cluster, player: Player, theme: Theme) -> Self {
        let timeline = Timeline::new(&cluster, &player);
        let mut session = Self {
            origin,
            memory: BUDGET,
            base: None,
            following: None,
            hand: None,
            audience: None,
            reach: timeline.reach(),
            timeline,
            newest: None,
            branches: Vec::new(),
            undone: Vec::new(),
            bookmarks: Bookmarks::new(),
            breakpoints: Vec::new(),
            reached: Vec::new(),
            watches: Vec::new(),
            looked: 0,
            work: None,
            begun: None,
            effort: work::PIECE,
            ahead: VecDeque::new(),
            effect: None,
            dating: None,
            futures: 0,
            oracle: None,
            comparing: None,
            cluster,
            trace: Trace::default(),
            view: View { theme, ..View::default() },
            keys: Keymap::default(),
            pressed: None,
            size: Size::new(80, 24),
            pacer: Pacer::default(),
            player,
            fader: Fader::default(),
            recorder: None,
            opened: Place::default(),
            looks: Looks::Recorded,
            again: Duration::ZERO,
            history: History::default(),
            mode: Mode::default(),
            under: Mode::default(),
            stepped_from: None,
            halt: None,
            errand: None,
            presenting: Presenting::default(),
            marked: ServerSet::EMPTY,
            notice: None,
            hinted: Vec::new(),
            firsts: Vec::new(),
            learned: Vec::new(),
            lit: None,
            room: Duration::ZERO,
            last_click: None,
            screen: Screen::Stale,
        };
        session.observe();
        session.show();
        session
    }

    /// How it looks from now on.
    pub fn dress(&mut self, theme: Theme) {
        self.view.theme = theme;
        self.show();
    }

    /// From now on the keys mean what the settings say.
    pub fn set_keys(&mut self, keys: Keymap) {
        self.keys = keys;
        self.show();
    }

    /// Begins with a pace of somebody's choice.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pacer.choose(pace);
        self.relook();
        self.show();
    }

    /// Who says what the script says and asks.
    pub fn set_voice(&mut self, voice: Voice) {
        self.view.voice = voice;
        self.screen = Screen::Stale;
        self.show();
    }

    /// The size of the terminal.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
        self.screen = Screen::Stale;
    }

    /// Takes a message. The screen is stale if it matters to what is seen.
    pub fn update(&mut self, message: Message) -> Option<Effect> {
        let effect = match message {
            Message::Frame(elapsed) => {
                self.frame(elapsed);
                let effect = self.act_on_waiting();
                // Until something has come to its end, nobody knows whether it stays.
                if !self.works() {
                    self.record_place();
                }
                effect
            }
            Message::Input(input) => {
                self.screen = Screen::Stale;
                self.wait_for_work(input).and_then(|input| self.input(input))
            }
        };
        if self.screen == Screen::Stale {
            self.show();
        }
        effect.or_else(|| self.effect.take())
    }

    fn input(&mut self, input: Input) -> Option<Effect> {
        match input {
            Input::Key(pressed) => self.key(pressed),
            Input::Mouse(mouse) if self.is_black() => {
                if matches!(mouse.act, MouseAct::Press | MouseAct::PressOther) {
                    self.lighten();
                }
                None
            }
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Paste(text) => {
                self.paste(&text);
                None
            }
        }
    }

    fn key(&mut self, pressed: Chord) -> Option<Effect> {
        if self.is_black() {
            self.lighten();
            return None;
        }
        if self.leave_card() {
            match pressed {
                Chord::Char(' ') => {
                    self.stop_at_firsts();
                    return None;
                }
                Chord::Key(Named::Enter | Named::Esc) => return None,
                _ => {}
            }
        }
        // What was said of what came before is over, and the keys that follow are seen.
        self.notice = None;
        match self.bound(pressed) {
            Some(binding) => self.act(binding, pressed),
            None => {
                self.unbound(pressed);
                None
            }
        }
    }

    fn unbound(&mut self, pressed: Chord) {
        let presents = self.presents();
        match (&mut self.mode, pressed) {
            // A presenter's remote has no Esc: whatever is open gives way to it.
            (_, Chord::Key(Named::PageDown | Named::PageUp)) if presents => {
                self.leave_for_remote(pressed);
            }
            (Mode::Prompt(line), Chord::Char(letter)) => line.insert(letter),
            (Mode::Prompt(_), _) => {}
            (Mode::Normal, _) => self.does_nothing(pressed, "? shows the keys"),
            (Mode::Reading(_), _) => self.does_nothing(pressed, "Esc closes this"),
            (Mode::Asking(_), _) => self.does_nothing(pressed, "y is yes, n is no"),
            (Mode::Jump(_) | Mode::Packet | Mode::Partition(_) | Mode::Link(_), _) => {
                let meant = self.keys.lookup(KeyMode::Normal, pressed);
                let helps = |row: &Binding| row.action == Action::Normal(Normal::Help);
                match meant.is_some_and(helps) {
                    true => self.open(Reading::help(self.mode.keys())),
                    false => self.does_nothing(pressed, "? shows the keys"),
                }
            }
        }
    }

    fn does_nothing(&mut self, pressed: Chord, instead: &str) {
        self.refuse(format!("{} does nothing here: {instead}", pressed.label()));
    }

    fn act(&mut self, binding: &Binding, pressed: Chord) -> Option<Effect> {
        match binding.action {
            Action::Normal(action) => return self.normal(action, pressed),
            Action::Look(action) => self.look(action),
            Action::Jump(jump) => self.jump(jump),
            Action::Packet(action) => self.packet(action, pressed),
            Action::Partition(action) => self.partition(action, pressed),
            Action::Link(action) => self.link(action, pressed),
            Action::Prompt(action) => return self.prompt(action),
            Action::Presenter(action) => self.present_by(action),
            Action::Dialog(action) => self.read(action),
            Action::Question(action) => return self.answer(action),
        }
        None
    }

    /// Applies a command; `keys` made it, if keys did. Says why when it can't be carried out.
    fn apply(&mut self, command: &Command, keys: &str) -> bool {
        match self.try_apply(command, keys) {
            Ok(()) => true,
            Err(refusal) => {
                self.refuse(act::with_key(&refusal));
                false
            }
        }
    }

    /// Applies a command, whatever it means to a script that plays.
    fn try_one(&mut self, command: &Command, keys: &str) -> Result<(), Refusal> {
        self.give(command, keys)?;
        self.follow_by_hand();
        Ok(())
    }

    /// The same, without what then happens by itself while all is by hand.
    fn give(&mut self, command: &Command, keys: &str) -> Result<(), Refusal> {
        let (at, place, events) =
            (self.cluster.point(), self.cluster.place(), self.cluster.emitted());
        let mut after = self.cluster.clone();
        let command = after.apply(command)?.command(command);
        self.look_from_here();
        // The future that is left belongs to what is written down.
        let parts = self.is_past();
        if parts {
            self.branch_off(at, events);
        }
        self.settle_undone();
        self.record_deed((at, place), &command, parts);
        self.cluster = after;
        self.screen = Screen::Stale;
        self.pacer.acted();
        self.observe();
        let (text, keys) = (command.to_string(), keys.to_owned());
        self.pressed = (!keys.is_empty()).then_some(Pressed { at, text, keys });
        self.timeline.did((at, place), command, &self.cluster, &self.player);
        Ok(())
    }

    /// The last row says what was done.
    fn note(&mut self, text: impl Into<String>) {
        self.say(NoticeKind::Note, text.into());
    }

    /// The last row says why nothing was done.
    fn refuse(&mut self, text: impl Into<String>) {
        self.say(NoticeKind::Refusal, text.into());
    }

    /// The last row says something more about how the session begins.
    pub fn remark(&mut self, text: &str) {
        let before = self.notice.take().map(|(_, notice)| notice.text + "; ");
        self.refuse(before.unwrap_or_default() + text);
        self.show();
    }

    fn say(&mut self, kind: NoticeKind, text: String) {
        self.notice = Some((NOTICE, Notice { kind, text }));
    }

    /// What there is to see.
    pub const fn scene(&self) -> Scene<'_> {
        Scene { cluster: &self.cluster, view: &self.view, trace: &self.trace }
    }

    #[cfg(test)]
    const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Whether the screen no longer shows what is the case. Asking settles it: whoever asks draws.
    pub fn take_stale(&mut self) -> bool {
        std::mem::replace(&mut self.screen, Screen::Current) == Screen::Stale
    }

    /// Whether frames are needed: lab time passes, or something on the screen is about to go.
    pub fn is_restless(&self) -> bool {
        let passing = self.notice.is_some() || !self.fader.is_empty() || self.has_young_watches();
        let works = self.works() || self.dates() || self.has_to_follow();
        passing || self.screen == Screen::Stale || self.moves() || works
    }
}
