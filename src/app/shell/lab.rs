//! The lab: the loop between a terminal and a [`Session`].
//!
//! Signals come first, then what hands did, then frames. All input that waits is taken before a
//! frame is drawn; at most sixty frames a second are drawn, and none while nothing changes.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use clap::ColorChoice;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::audience::Audience;
use super::cli::{FreeOptions, LabOptions};
use super::environment::Environment;
use super::files::{Files, is_standard};
use super::keep::Shelf;
use super::sessions::{self, Salvaged};
use super::settings::{self, Settings};
use super::signals::{self, Caught, Signals};
use super::terminal::{self, Mouse, Screen};
use super::{Ending, Mistake, background, keyboard, library, share, system};
use crate::app::input::Input;
use crate::app::session::{Effect, Message, Session};
use crate::cluster::Cluster;
use crate::cluster::config::Config;
use crate::ui;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::{Dress, Paper, Theme};

/// The time between two frames.
const FRAME: Duration = Duration::from_micros(16_667);
/// How often to look whether the terminal is still there, when nothing else happens.
const REST: Duration = Duration::from_secs(1);
/// How the lab ends when its terminal is gone, whether the signal that says so, the end of its
/// input or a failing write is noticed first.
const HUNG_UP: Ending = Ending::Signal(system::HANG_UP);
/// How long a signal waits for the lab to end by itself: it answers between two frames, but a
/// terminal that reads nothing keeps it in the middle of one.
const GRACE: Duration = Duration::from_secs(2);
/// The most input that is taken before a frame is drawn.
const INPUTS_A_FRAME: usize = 256;

/// Plays a script, or the free lab, on the terminal.
///
/// # Errors
/// For a script that can't be read or is bad, and without a terminal.
pub fn run(
    file: Option<&Path>,
    free: &FreeOptions,
    options: &LabOptions,
    colours: ColorChoice,
) -> Result<Ending, Mistake> {
    let (settings, wrong) = settings::load();
    let theme = theme(options, &settings, colours);
    let session = open(file, free, options, &settings, theme)?;
    show(session, file, options, &settings, &wrong)
}

/// Opens a trace on the terminal, to be looked at.
///
/// # Errors
/// As [`run`].
pub fn view(
    file: &Path,
    cluster: Cluster,
    remarks: &[String],
    options: &LabOptions,
    colours: ColorChoice,
) -> Result<Ending, Mistake> {
    let (settings, wrong) = settings::load();
    let theme = theme(options, &settings, colours);
    let mut session = Session::trace(file.to_owned(), cluster, remarks, theme);
    furnish(&mut session, options, &settings)?;
    // What is only looked at is written down already.
    let options = LabOptions { no_record: true, ..options.clone() };
    show(session, Some(file), &options, &settings, &wrong)
}

/// Shows a session on the terminal until it ends.
fn show(
    mut session: Session,
    file: Option<&Path>,
    options: &LabOptions,
    settings: &Settings,
    wrong: &[String],
) -> Result<Ending, Mistake> {
    let keyboard = match file {
        Some(path) if is_standard(path) => keyboard::keyboard().ok(),
        Some(_) | None => keyboard::keyboard().ok().filter(|_| io::stdin().is_terminal()),
    };
    let Some(keyboard) = keyboard.filter(terminal::is_there) else {
        return Err(Mistake::Usage(
            "the lab needs a terminal for its keys and its screen; without one, play scripts with \
             raftlab run FILE"
                .into(),
        ));
    };
    let typed = dress(&mut session, &keyboard, options, settings);
    if !wrong.is_empty() {
        session.remark(&format!("{} (raftlab settings)", wrong.join("; ")));
    }
    signals::insist(GRACE, terminal::abandon).map_err(Mistake::Output)?;
    let mouse = if options.no_mouse { Mouse::Left } else { Mouse::Captured };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Mistake::Output)?;
    let playing = play(&mut session, (&keyboard, typed), mouse, options, settings);
    let ending = match runtime.block_on(playing) {
        Err(_) if !terminal::is_there(&keyboard) => Ok(HUNG_UP),
        ending => ending,
    };
    session.leave();
    // The process is about to end: to give a large run back piece by piece would hold it up.
    std::mem::forget(session);
    ending
}

fn theme(options: &LabOptions, settings: &Settings, colours: ColorChoice) -> Theme {
    let mut theme = Environment::of_process().with_colours(colours).theme();
    theme.glyphs = match (options.ascii, settings.ascii) {
        (true, _) | (false, Some(true)) => Glyphs::Ascii,
        (false, Some(false)) => Glyphs::Unicode,
        (false, None) => theme.glyphs,
    };
    theme
}

fn open(
    file: Option<&Path>,
    free: &FreeOptions,
    options: &LabOptions,
    settings: &Settings,
    theme: Theme,
) -> Result<Session, Mistake> {
    let mut session = match (file, &free.resume) {
        (_, Some(which)) => {
            let (chosen, passed) = sessions::choose(Some(which))?;
            let told = told(chosen.salvaged.lost, passed);
            Session::file(chosen.path, &chosen.salvaged.script, (None, told), theme)
        }
        (Some(path), None) => {
            let mut files = Files::with_raft(&free.other)?;
            let Salvaged { script, lost } = files.recorded(path)?;
            Session::file(path.to_owned(), &script, (options.seed, told(lost, 0)), theme)
        }
        (None, None) => {
            let files = Files::with_raft(&free.other)?;
            let config = Config { raft: files.raft().cloned(), ..config(free, options.seed) };
            let mut session = Session::free(config, theme);
            if options.start_at.is_none() {
                session.welcome();
            }
            session
        }
    };
    furnish(&mut session, options, settings)?;
    Ok(session)
}

/// A session becomes what the command line and the settings say, from where they say on.
fn furnish(
    session: &mut Session,
    options: &LabOptions,
    settings: &Settings,
) -> Result<(), Mistake> {
    settle(session, options, settings);
    // The way there may be long: it is gone once there is a screen, and keys and signals.
    if session.replays() {
        options.start_at.iter().for_each(|moment| session.look_for(moment));
    } else if let Some(moment) = &options.start_at {
        session.start_at(moment).map_err(|why| Mistake::Usage(format!("--start-at: {why}")))?;
    }
    Ok(())
}

/// The same of any session, wherever it begins.
fn settle(session: &mut Session, options: &LabOptions, settings: &Settings) {
    session.set_keys(settings.keys);
    if settings.big {
        session.toggle_big();
    }
    if let Some(bytes) = options.memory.or(settings.memory) {
        session.set_memory(bytes);
    }
    if let Some(base) = options.base.as_ref().or(settings.base.as_ref()) {
        session.set_base(base.clone());
    }
    if let Some(pace) = options.pace.or(settings.pace) {
        session.set_pace(pace);
    }
}

/// Gives it the look that was asked for, or else that of the terminal's own background; what was typed
/// while the terminal was asked. Without grounds of its own the lab is as dark as the terminal is.
fn dress(
    session: &mut Session,
    keyboard: &File,
    options: &LabOptions,
    settings: &Settings,
) -> Vec<u8> {
    let theme = session.scene().view.theme;
    let asked = options.theme.or(settings.dress);
    let told = Environment::of_process().paper();
    let (paper, typed) = match (asked, told) {
        (None, None) if theme.has_grounds() => background::ask(keyboard),
        (_, told) => (told, Vec::new()),
    };
    let dress = asked.unwrap_or(match paper {
        Some(Paper::Light) => Dress::Light,
        Some(Paper::Dark) | None => Dress::Dark,
    });
    session.dress(dress.on(theme));
    typed
}

/// What a person has to know of a recording that is not as it was left.
fn told(lost: usize, passed: usize) -> Vec<String> {
    let lost = (lost > 0).then(|| {
        format!("the last {lost} bytes of the recording can't be read: all before them is here")
    });
    let passed = match passed {
        0 => None,
        1 => Some("one newer file is no session: raftlab sessions says why".to_owned()),
        files => Some(format!("{files} newer files are no sessions: raftlab sessions says why")),
    };
    lost.into_iter().chain(passed).collect()
}

/// The free lab's cluster: the defaults, but for what the command line says.
pub(super) fn config(free: &FreeOptions, seed: Option<u64>) -> Config {
    let mut config = Config::default();
    config.seed = seed.unwrap_or(config.seed);
    config.servers = free.servers.unwrap_or(config.servers);
    config.network = free.network.unwrap_or(config.network);
    config
}

async fn play(
    session: &mut Session,
    keyboard: (&File, Vec<u8>),
    mouse: Mouse,
    options: &LabOptions,
    settings: &Settings,
) -> Result<Ending, Mistake> {
    // Before the screen is taken, so that what is wrong can be read.
    let mut audience = match options.audience {
        Some(at) => {
            let raft = session.scene().cluster.config().raft.clone();
            let page = share::for_audience(options.web.as_deref(), raft.as_ref())?;
            Some(Audience::listen(at, options.proxy.as_deref(), page).await?)
        }
        None => None,
    };
    let ending = take_turns(session, keyboard, mouse, (options, settings), &mut audience).await;
    if let Some(audience) = audience {
        audience.end().await;
    }
    ending
}

/// Keys, signals and frames have their turns until the lab is left.
async fn take_turns(
    session: &mut Session,
    (keyboard, typed): (&File, Vec<u8>),
    mouse: Mouse,
    (options, settings): (&LabOptions, &Settings),
    audience: &mut Option<Audience>,
) -> Result<Ending, Mistake> {
    let lost = Mistake::Output;
    let mut signals = Signals::listen().map_err(lost)?;
    let mut screen = Screen::enter(mouse).map_err(lost)?;
    let keys = keyboard.try_clone().map_err(lost)?;
    let mut input = keyboard::listen(keys, typed).map_err(lost)?;
    session.resize(screen.fit().map_err(lost)?);
    let mut last = Instant::now();
    // A session that is still on the way to where it opens is not worth more than the old one.
    let mut to_record = !options.no_record;
    let mut shelf = Shelf::default();
    let mut drawn: Option<Instant> = None;
    // Whether there is more to see than is drawn.
    let mut stale = false;
    loop {
        // While the lab is busy it never waits, and the runtime hears of signals while it does.
        tokio::task::yield_now().await;
        let restless = session.is_restless();
        let wake = last + if restless || stale { FRAME } else { REST };
        let mut effect = None;
        tokio::select! {
            biased;
            caught = signals.next() => match caught {
                Caught::Leave(number) => return Ok(Ending::Signal(number)),
                Caught::Suspend => screen.suspend().map_err(lost)?,
                Caught::Resume => {
                    screen.resume().map_err(lost)?;
                    session.resize(screen.fit().map_err(lost)?);
                }
                Caught::Resize => session.resize(screen.fit().map_err(lost)?),
            },
            first = input.recv() => {
                if !restless {
                    // Nothing moved in the meantime, but the room's clock went on.
                    session.update(Message::Frame(last.elapsed()));
                    last = Instant::now();
                }
                let Some(first) = first else { return Ok(HUNG_UP) };
                effect = take(session, first, &mut input);
            }
            () = sleep_until(wake) => {
                if !terminal::is_there(keyboard) {
                    return Ok(HUNG_UP);
                }
            }
        }
        if effect.is_none() && last.elapsed() >= FRAME {
            effect = frame(session, &mut last);
            if to_record && !session.works() {
                to_record = false;
                begin_recording(session, &mut shelf);
            }
            if let Some(audience) = audience {
                audience.tell(session);
            }
            stale |= session.take_stale();
            if stale && drawn.is_none_or(|drawn| drawn.elapsed() >= settings.motion.rest()) {
                stale = false;
                drawn = Some(Instant::now());
                screen.draw(|frame| ui::draw(frame, &session.scene())).map_err(lost)?;
            }
        }
        match effect {
            None => {}
            Some(Effect::Leave) => return Ok(Ending::Well),
            Some(Effect::Suspend) => {
                let stopped = system::stop_job().map_err(lost)?;
                if !stopped {
                    session.remark("no shell is here that could continue the lab: q quits");
                }
            }
            Some(Effect::Redraw) => screen.clear().map_err(lost)?,
            Some(Effect::Copy(text)) => screen.copy(&text).map_err(lost)?,
            Some(Effect::Save(saving)) => session.saved(&saving.name, shelf.save(&saving)),
            Some(Effect::Lesson(words)) => match lesson(&words, session, options, settings) {
                Ok(next) => {
                    session.leave();
                    *session = next;
                    if let Some(audience) = audience {
                        audience.turn_to(session);
                    }
                    session.resize(screen.fit().map_err(lost)?);
                    (to_record, shelf) = (!options.no_record, Shelf::default());
                }
                // The row has no second line.
                Err(why) => session.remark(&why.split_whitespace().collect::<Vec<_>>().join(" ")),
            },
            Some(Effect::GiveUp(why)) => {
                return Err(Mistake::Usage(format!("--start-at: {why}")));
            }
        }
    }
}

/// The session of a lesson, which takes the place of the one in which it was asked for.
fn lesson(
    words: &str,
    session: &Session,
    options: &LabOptions,
    settings: &Settings,
) -> Result<Session, String> {
    let path = library::path_of_lesson(words)?;
    let script = Files::default().script(path).map_err(|_| format!("can't read {path:?}"))?;
    let theme = session.scene().view.theme;
    let mut session = Session::file(path.to_owned(), &script, (None, Vec::new()), theme);
    settle(&mut session, options, settings);
    Ok(session)
}

/// Begins to write the session down; what is too old goes for it.
fn begin_recording(session: &mut Session, shelf: &mut Shelf) {
    session.record(shelf.tape());
    let pruned = sessions::prune();
    if pruned > 0 {
        session.remark(&format!(
            "{pruned} of the oldest recordings taken away: the newest {} are kept",
            sessions::KEPT_MAX
        ));
    }
}

/// Time has passed in the room. While something long is under way the session works as long as
/// a frame lasts, and no longer: then keys and signals have their turn.
fn frame(session: &mut Session, last: &mut Instant) -> Option<Effect> {
    let begun = Instant::now();
    let mut effect = session.update(Message::Frame(last.elapsed()));
    *last = begun;
    while effect.is_none() && session.works() && begun.elapsed() < FRAME {
        effect = session.update(Message::Frame(Duration::ZERO));
    }
    effect
}

/// Takes all input that waits, up to the first that the terminal's owner has to act on.
fn take(session: &mut Session, first: Input, waiting: &mut Receiver<Input>) -> Option<Effect> {
    let mut next = first;
    for left in (0..INPUTS_A_FRAME).rev() {
        let effect = session.update(Message::Input(next));
        if effect.is_some() || left == 0 {
            return effect;
        }
        // Only what is acted on now is taken: the rest waits for the next frame.
        let Ok(waits) = waiting.try_recv() else { break };
        next = waits;
    }
    None
}
