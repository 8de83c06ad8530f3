//! The lab that a page shows: one session, its recording and its screen.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use ratatui::layout::Size;

use raftlab::app::address;
use raftlab::app::input::Chord;
use raftlab::app::input::{Input, Mouse, MouseAct};
use raftlab::app::scenes;
use raftlab::app::session::lent::Futures;
use raftlab::app::session::{Effect, Message, Moment, Session};
use raftlab::cluster::command::{Script, Variant};
use raftlab::cluster::config::Config;
use raftlab::cluster::plain::plain;
use raftlab::cluster::{Cluster, Step};
use raftlab::ui::Scene;
use raftlab::ui::export::Paper;
use raftlab::ui::headline;
use raftlab::ui::theme::Theme;
use raftlab::ui::view::{Said, Stage, Voice};

use crate::guests::Guests;
use crate::keys;
use crate::screen::Screen;
use crate::tape::PageTape;

/// The largest screen that is drawn, as in a terminal.
const SIZE_MAX: Size = Size { width: 500, height: 200 };

/// How many bytes a session may take: a phone has to have them.
const MEMORY: u64 = 400_000_000;

/// What the page has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Errand {
    Nothing,
    /// The key is none of the lab's: the browser may have it.
    NotOurs,
    Leave,
    Copy(String),
    /// A name and a text.
    Save(String),
    /// Say this.
    Tell(String),
    /// Play the script of this path.
    Play(String),
}

pub struct Lab {
    session: Session,
    screen: Screen,
    paper: Paper,
    tape: Rc<PageTape>,
    /// The session is not yet on its tape.
    unrecorded: bool,
}

impl Lab {
    /// The lab of five servers.
    pub fn free(paper: Paper) -> Self {
        let mut session = Session::free(Config::default(), theme(paper));
        session.welcome();
        Self::of(session, paper)
    }

    /// A script, or what was recorded of a session, at a moment if one is named.
    ///
    /// # Errors
    /// All that is wrong with it, in lines.
    pub fn script(
        name: &str,
        text: &str,
        at: &str,
        (paper, guests): (Paper, &Guests),
    ) -> Result<Self, String> {
        let mut script = Script::parse(name, text.as_bytes()).map_err(|mistakes| {
            mistakes.iter().map(|mistake| format!("{mistake}\n\n")).collect::<String>()
        })?;
        guests.attach(&mut script)?;
        let mut session =
            Session::file(PathBuf::from(name), &script, (None, Vec::new()), theme(paper));
        if !at.is_empty() {
            let moment = Moment::read(at)?;
            if session.replays() {
                session.look_for(&moment);
            } else {
                session.start_at(&moment)?;
            }
        }
        Ok(Self::of(session, paper))
    }

    /// The scene that a link names.
    ///
    /// # Errors
    /// What is wrong with the link or the script.
    pub fn link(fragment: &str, with: (Paper, &Guests)) -> Result<(Self, String), String> {
        let (scene, told) = address::Scene::of_link(fragment)?;
        let mut lab = Self::script(&scene.name, &scene.text, &scene.at, with)?;
        told.iter().for_each(|told| lab.session.remark(told));
        Ok((lab, scene.name))
    }

    /// A session that follows another one: this is its recording.
    ///
    /// # Errors
    /// When it is none.
    pub fn following(text: &str, with: (Paper, &Guests)) -> Result<Self, String> {
        let mut lab = Self::script("followed.lab", text, "", with)?;
        lab.session.begin_following();
        // What others did is not kept here.
        lab.unrecorded = false;
        Ok(lab)
    }

    /// Does what is done in the session that it follows.
    ///
    /// # Errors
    /// When it can't be understood, or too much waits.
    pub fn follow(&mut self, line: &str) -> Result<(), String> {
        self.session.follow(line)
    }

    /// Whether somebody has just gone their own way. From then on it follows nobody, and is kept.
    pub fn strays(&mut self) -> bool {
        let strays = self.session.strays();
        if strays {
            self.session.stop_following();
            self.unrecorded = true;
        }
        strays
    }

    /// Where the page lies to which links lead.
    pub fn set_base(&mut self, base: &str) {
        self.session.set_base(base.to_owned());
    }

    fn of(mut session: Session, paper: Paper) -> Self {
        session.set_memory(MEMORY);
        let (screen, tape) = (Screen::default(), Rc::new(PageTape::default()));
        Self { session, screen, paper, tape, unrecorded: true }
    }

    /// How many columns and rows there are, and whether the page says in its own letters what is said and asked.
    pub fn resize(&mut self, width: u32, height: u32, voice: Voice) {
        let length = |asked: u32, most: u16| asked.clamp(1, u32::from(most)) as u16;
        let size = Size::new(length(width, SIZE_MAX.width), length(height, SIZE_MAX.height));
        self.session.set_voice(voice);
        self.session.resize(size);
        self.screen.resize(size);
    }

    /// Time has passed in the room.
    pub fn frame(&mut self, elapsed: Duration) -> Errand {
        let effect = self.session.update(Message::Frame(elapsed));
        if self.unrecorded && !self.session.works() {
            self.unrecorded = false;
            self.session.record(Ok(self.tape.clone()));
        }
        self.carry_out(effect)
    }

    /// A key, as the browser names it.
    pub fn key(&mut self, key: &str, ctrl: bool, shift: bool) -> Errand {
        let Some(chord) = keys::chord(key, ctrl, shift) else { return Errand::NotOurs };
        // What is copied by Ctrl-C, reloaded by Ctrl-R, found by Ctrl-F is the browser's business
        // unless the lab has a use for it right now.
        let is_browsers = |chord| chord == Chord::Ctrl('c') || !self.session.knows(chord);
        if !matches!(chord, Chord::Char(_)) && is_browsers(chord) {
            return Errand::NotOurs;
        }
        let effect = self.session.update(Message::Input(Input::Key(chord)));
        self.carry_out(effect)
    }

    pub fn mouse(&mut self, act: u32, column: u32, row: u32) -> Errand {
        let act = match act {
            0 => MouseAct::Press,
            1 => MouseAct::PressOther,
            2 => MouseAct::ScrollUp,
            _ => MouseAct::ScrollDown,
        };
        let place = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        let mouse = Mouse { act, column: place(column), row: place(row) };
        let effect = self.session.update(Message::Input(Input::Mouse(mouse)));
        self.carry_out(effect)
    }

    /// The number of the choice that stands at a cell of the screen; 0 where none does.
    pub fn choice_at(&self, column: u32, row: u32) -> u32 {
        let place = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        self.session.choice_at(place(column), place(row)).unwrap_or(0)
    }

    /// The follower has raised a hand for the choice of this number, or for none.
    pub fn raise_hand(&mut self, number: u32) {
        self.session.raise_hand(number.checked_sub(1).map(|place| place as usize));
    }

    pub fn paste(&mut self, text: String) -> Errand {
        let effect = self.session.update(Message::Input(Input::Paste(text)));
        self.carry_out(effect)
    }

    fn carry_out(&mut self, effect: Option<Effect>) -> Errand {
        match effect {
            None => Errand::Nothing,
            Some(Effect::Leave) => {
                self.session.leave();
                Errand::Leave
            }
            Some(Effect::Suspend) => {
                self.session.remark("there is no shell behind a page");
                Errand::Nothing
            }
            Some(Effect::Redraw) => {
                self.screen.forget();
                Errand::Nothing
            }
            Some(Effect::Copy(text)) => Errand::Copy(text),
            Some(Effect::Save(saving)) => {
                // A browser puts it among its downloads, beside what is there.
                self.session.saved(&saving.name, Ok(()));
                Errand::Save(format!("{}\n{}", saving.name, saving.text))
            }
            Some(Effect::Lesson(words)) => match scenes::lesson(&words) {
                Ok(scene) => Errand::Play(scene.path().to_owned()),
                Err(why) => {
                    self.session.remark(&why);
                    Errand::Nothing
                }
            },
            Some(Effect::GiveUp(why)) => Errand::Tell(why),
        }
    }

    /// Whether something takes longer than a frame, and is done here.
    pub fn works(&self) -> bool {
        self.session.works() && !self.session.has_lent_futures()
    }

    /// Leaves the futures of a question to a Worker, if there are any.
    pub fn lend(&mut self) -> bool {
        self.session.lend_futures()
    }

    pub fn lends(&self) -> bool {
        self.session.has_lent_futures()
    }

    pub fn take_back(&mut self) {
        self.session.take_futures_back();
    }

    /// In the Worker: plays on, and tells how far it is.
    pub fn play_lent(&mut self, steps: u32) -> String {
        self.session.play_lent(steps).map(|futures| futures.to_string()).unwrap_or_default()
    }

    pub fn hear_of_lent(&mut self, told: &str) {
        if let Some(futures) = Futures::read(told) {
            self.session.hear_of_futures(futures);
        }
    }

    /// Whether frames are needed.
    pub fn is_restless(&self) -> bool {
        self.unrecorded || self.session.is_restless()
    }

    /// Draws, if there is anything new. What has changed is in [`Lab::changed`].
    pub fn draw(&mut self) -> bool {
        if !self.session.take_stale() {
            return false;
        }
        self.screen.draw(&self.session.scene(), self.paper);
        true
    }

    pub fn changed(&self) -> &[u32] {
        self.screen.changed()
    }

    /// What a screen reader says when it has changed: the caption, the question and the situation.
    pub fn told(&self) -> String {
        let scene = self.session.scene();
        let mut told = caption(&scene);
        if let Some(question) = &scene.view.question {
            let choices = (1..).zip(&question.choices).map(|(number, choice)| {
                let so = if choice.so == Some(true) { " (so it is)" } else { "" };
                format!("\n{number}: {}{so}", plain(&choice.text))
            });
            told += &format!("\n{}{}", plain(&question.text), choices.collect::<String>());
        }
        format!("{told}\n{}", plain(&headline::told(&scene).join(" ")))
    }

    /// What is said and asked, for a page that does it in its own letters. Parts that no text has between them:
    /// the caption; the question and how far it has come; and of each choice its text, what is said to it,
    /// whether it is so, and whether it is one's own.
    pub fn said(&self) -> String {
        let scene = self.session.scene();
        let mut parts = vec![caption(&scene)];
        if let Some(question) = &scene.view.question {
            let stage = match (question.stage, question.is_open()) {
                (Stage::Asked, _) => "asked",
                (Stage::Revealed, false) => "revealed",
                (Stage::Revealed, true) => "open",
            };
            parts.extend([plain(&question.text).into_owned(), stage.to_owned()]);
            for choice in &question.choices {
                let hands = match choice.said {
                    Said::Hands(hands) => format!("{hands} of {} hands", question.hands()),
                    Said::Nothing | Said::Chosen => String::new(),
                };
                let own = choice.own || choice.said == Said::Chosen;
                let own = if own { "your answer" } else { "" };
                let share = choice.share.as_ref().map(|share| format!("{share} of futures"));
                let said = [own, &hands, share.as_deref().unwrap_or_default()];
                let said: Vec<&str> = said.into_iter().filter(|it| !it.is_empty()).collect();
                let so = if choice.so == Some(true) { "so" } else { "" };
                let text = plain(&choice.text).into_owned();
                parts.extend([text, said.join(", "), so.to_owned(), own.to_owned()]);
            }
        }
        parts.join("\u{1e}")
    }

    pub fn text(&self) -> String {
        self.screen.text()
    }

    /// The recording, if it has changed.
    pub fn recording(&self) -> Option<String> {
        self.tape.take_changed()
    }

    /// The run up to now, as a script.
    pub fn saved(&self) -> String {
        self.session.as_script(false)
    }

    pub fn digest(&self) -> String {
        digest_of(self.session.scene().cluster)
    }
}

/// The caption. Where a line ends within a sentence it was full at the width of a terminal, and goes on
/// here; where a sentence ends with it, the next begins a line too.
fn caption(scene: &Scene<'_>) -> String {
    let lines = scene.view.caption.as_deref().unwrap_or_default().lines();
    lines.map(plain).fold(String::new(), |text, line| {
        let gap = match text.chars().next_back() {
            None => "",
            Some('.' | ':' | '?' | '!') => "\n",
            Some(_) => " ",
        };
        text + gap + &line
    })
}

fn theme(paper: Paper) -> Theme {
    Theme { paper, ..Theme::default() }
}

/// The scripts that travel in the page, a line each: path, name, number of a lesson, what it is
/// about, how long it takes; with tabs between.
pub fn scenes() -> String {
    let mut text = String::new();
    for scene in scenes::all() {
        let number = scene.number().map_or(String::new(), |number| number.to_string());
        let takes = scene.takes().unwrap_or_default();
        let line = [scene.path(), scene.name(), &number, &scene.aim(), &takes].join("\t");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The digest at the end of a script, with this seed: the same as that of the program, or the page
/// plays other runs.
pub fn play(seed: u64, flawed: bool, text: &str, guests: &Guests) -> String {
    let mut script = match Script::parse("asked.lab", text.as_bytes()) {
        Ok(script) => script,
        Err(mistakes) => return mistakes.iter().map(ToString::to_string).collect(),
    };
    if let Err(why) = guests.attach(&mut script) {
        return why;
    }
    // What shows a flaw is played with it or without it.
    let is_it = |it: &Script| it.shows.is_none() || flawed == (it.variant == Variant::With);
    let played = script.variants().find(is_it);
    let mut cluster = Cluster::with_script(played.as_ref().unwrap_or(&script), Some(seed));
    while !cluster.finished() && !cluster.is_stopped() && cluster.step() == Step::Happened {}
    digest_of(&cluster)
}

fn digest_of(cluster: &Cluster) -> String {
    format!("{:016x}", cluster.digest())
}
