//! `raftlab cast`: a script as it plays in the lab, as a recording for asciinema (asciicast v3). Each beat
//! is a marker.
//!
//! No terminal and no clock is needed: the session is told that frames pass. At a beat the recording
//! waits as long as a person would, and then does what `Space` does. Only rows that have changed are
//! written.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use serde_json::json;

use super::cli::OtherRaft;
use super::cli::values::{duration, seed, size};
use super::files::{Files, Kind, Old, Output};
use super::stream::Stream;
use super::{Ending, Mistake, headless};
use crate::app::input::Chord;
use crate::app::input::Input;
use crate::app::session::{Message, Session};
use crate::ui;
use crate::ui::export::ansi;
use crate::ui::theme::{Colours, Dress, Theme};

/// The time between two frames, and how long the last one stays.
const FRAME: Duration = Duration::from_millis(100);
const END: Duration = Duration::from_secs(2);
/// The longest recording, and the longest pause in which nothing moves and no beat has come.
const LONGEST: Duration = Duration::from_secs(30 * 60);
const STILL: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub struct CastOptions {
    /// The script.
    pub file: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file to write if it is there already.
    #[arg(long)]
    pub force: bool,
    /// How long it waits at a beat, such as 4s or 500ms.
    #[arg(long, value_name = "TIME", default_value = "4s", value_parser = duration)]
    pub wait: Duration,
    /// Columns and rows of the terminal.
    #[arg(long, value_name = "WxH", default_value = "100x30", value_parser = size)]
    pub size: Size,
    /// Play with this seed instead of the script's own.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub other: OtherRaft,
}

/// Carries out `raftlab cast`.
///
/// # Errors
/// For a script that can't be read, and a file that can't be written.
pub fn run(options: &CastOptions) -> Result<Ending, Mistake> {
    let mut files = Files::with_raft(&options.other)?;
    let script = files.script(&options.file)?;
    let theme = Dress::Dark.on(Theme { colours: Colours::True, ..Theme::default() });
    let mut session =
        Session::file(options.file.clone(), &script, (options.seed, Vec::new()), theme);
    session.resize(options.size);
    session.begin_presenting();
    let mut cast = Cast {
        file: files.create(&options.out, Old::unless(options.force), Kind::Cast)?,
        rows: Vec::new(),
        since: Duration::ZERO,
    };
    let head = json!({
        "version": 3,
        "term": { "cols": options.size.width, "rows": options.size.height, "type": "xterm-256color" },
        "title": &*script.name,
    });
    let whole = writeln!(cast.file, "{head}").and_then(|()| play(&mut session, &mut cast, options));
    match whole {
        Ok(()) => {
            cast.file.complete()?;
            let cluster = session.scene().cluster;
            if !cluster.finished() && !cluster.is_stopped() {
                // Nothing has failed, and there is more to see than is recorded.
                let _ = writeln!(
                    Stream::errors(),
                    "raftlab: the recording is as long as one may be, {} minutes, and ends at {} of lab \
                     time, before the script does",
                    LONGEST.as_secs() / 60,
                    cluster.now()
                );
                return Ok(Ending::Undecided);
            }
            Ok(headless::ending(&options.file, &script, cluster))
        }
        Err(error) => Err(cast.file.unwritten(&error)),
    }
}

/// Plays it to its end, or as far as it comes.
fn play(session: &mut Session, cast: &mut Cast, options: &CastOptions) -> io::Result<()> {
    let (mut whole, mut beats, mut still) = (Duration::ZERO, 0_usize, Duration::ZERO);
    cast.draw(session, options)?;
    while whole < LONGEST {
        session.update(Message::Frame(FRAME));
        while session.works() {
            session.update(Message::Frame(Duration::ZERO));
        }
        cast.since += FRAME;
        whole += FRAME;
        session.show();
        cast.draw(session, options)?;
        let cluster = session.scene().cluster;
        if cluster.finished() || cluster.is_stopped() {
            break;
        }
        still = if session.scene().view.clock.moves() { Duration::ZERO } else { still + FRAME };
        if still < FRAME * 3 {
            continue;
        }
        // It stands at a beat, or nobody would resume it.
        let here = session.beats();
        if here > beats {
            beats = here;
            cast.event("m", &format!("beat {beats}"))?;
            cast.since += options.wait;
            whole += options.wait;
        } else if still < STILL {
            continue;
        }
        session.update(Message::Input(Input::Key(Chord::Char(' '))));
        still = Duration::ZERO;
    }
    cast.since += END;
    cast.event("x", if session.scene().cluster.finished() { "0" } else { "1" })
}

struct Cast {
    file: Output,
    /// The screen as it was written last.
    rows: Vec<String>,
    /// The time since the last event: this form has intervals.
    since: Duration,
}

impl Cast {
    fn event(&mut self, code: &str, data: &str) -> io::Result<()> {
        let since = self.since.as_millis() as f64 / 1_000.0;
        self.since = Duration::ZERO;
        writeln!(self.file, "{}", json!([since, code, data]))
    }

    fn draw(&mut self, session: &Session, options: &CastOptions) -> io::Result<()> {
        let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, options.size)));
        ui::draw_into(&mut buffer, &session.scene());
        let rows: Vec<String> = ansi(&buffer).lines().map(str::to_owned).collect();
        let mut data = String::new();
        if self.rows.is_empty() {
            data.push_str("\x1b[?25l\x1b[2J");
        }
        for (number, row) in rows.iter().enumerate() {
            if self.rows.get(number) != Some(row) {
                data.push_str(&format!("\x1b[{};1H{row}\x1b[0m\x1b[K", number + 1));
            }
        }
        self.rows = rows;
        if data.is_empty() { Ok(()) } else { self.event("o", &data) }
    }
}
