//! `raftlab picture`: the screen as it would be at a moment, or the space-time diagram of a part of
//! the run, as an SVG file; as PNG,
//! or as text with colours (.ans) or without (.txt), where its name ends so.

use std::io::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cli::{FreeOptions, PictureOptions};
use super::files::{self, Files, Kind, Old};
use super::{Ending, Mistake, beats, headless, lab, png};
use crate::app::session::{Moment, Session};
use crate::cluster::config::Config;
use crate::cluster::time::Time;
use crate::ui;
use crate::ui::export::{ansi, svg, text};
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::{Colours, Dress, Theme};

/// Draws the picture and writes it.
///
/// # Errors
/// For files that can't be read or written, bad scripts, and moments that never come.
pub fn run(options: &PictureOptions) -> Result<Ending, Mistake> {
    let glyphs = if options.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
    let dress = options.theme.unwrap_or(if options.light { Dress::Light } else { Dress::Dark });
    let theme = dress.on(Theme { colours: Colours::True, glyphs, ..Theme::default() });
    let mut files = Files::with_raft(&options.other)?;
    let script = options.file.as_deref().map(|path| files.script(path)).transpose()?;
    let mut session = match options.file.as_ref().zip(script.as_ref()) {
        Some((path, script)) => {
            Session::file(path.clone(), script, (options.seed, Vec::new()), theme)
        }
        None => {
            let config = lab::config(&FreeOptions::default(), options.seed);
            Session::free(Config { raft: files.raft().cloned(), ..config }, theme)
        }
    };
    // What went wrong until then is said beside the picture.
    let ending = |session: &Session| match options.file.as_deref().zip(script.as_ref()) {
        Some((path, script)) => headless::ending_so_far(path, script, session.scene().cluster),
        None => Ending::Well,
    };
    session.resize(options.size);
    if let Some(bytes) = options.memory {
        session.set_memory(bytes);
    }
    if let Some(folder) = &options.beats {
        if options.present {
            session.begin_presenting();
        }
        if options.big {
            session.toggle_big();
        }
        let files = (&mut files, Old::unless(options.force));
        beats::pictures(&mut session, folder, options.size, theme.paper, files)?;
        return Ok(ending(&session));
    }
    let moment = match (&options.at, options.beat) {
        (Some(moment), _) => moment.clone(),
        (None, Some(beat)) => Moment::Beat(beat),
        (None, None) if options.file.is_some() => Moment::End,
        (None, None) => {
            return Err(Mistake::Usage("without a script, --at says the lab time".into()));
        }
    };
    // The command line asks for one of the two.
    let out = options.out.clone().unwrap_or_else(|| "-".into());
    let mut file = files.create(&out, Old::unless(options.force), Kind::Picture)?;
    session.look_for(&moment);
    session.finish().map_err(Mistake::Usage)?;
    let mut go_to = |moment: &Moment| -> Result<Time, Mistake> {
        session.go_to(moment).map_err(Mistake::Usage)?;
        Ok(session.scene().cluster.now())
    };
    let from = options.from.as_ref().map(&mut go_to).transpose()?;
    let until = go_to(&moment)?;
    if from.is_some_and(|from| from > until) {
        return Err(Mistake::Usage(format!("--from is after the moment of the picture, {until}")));
    }
    if options.present {
        session.begin_presenting();
    }
    if options.reveal {
        session.reveal_now().map_err(Mistake::Usage)?;
    }
    if options.big {
        session.toggle_big();
    }
    session.show();
    let buffer = match options.diagram {
        true => ui::draw_diagram(&session.scene(), options.size, from),
        false => {
            let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, options.size)));
            ui::draw_into(&mut buffer, &session.scene());
            buffer
        }
    };
    let drawn = match files::end(&out).as_str() {
        "ans" => ansi(&buffer),
        "txt" => text(&buffer),
        _ => svg(&buffer, theme.paper),
    };
    let bytes = png::picture(&out, &drawn)?;
    file.write_all(&bytes).map_err(|error| file.unwritten(&error))?;
    file.complete()?;
    Ok(ending(&session))
}
