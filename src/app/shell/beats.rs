//! From beat to beat of a script, and a picture of each.

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::Mistake;
use super::files::{Files, Kind, Old};
use crate::app::session::{Moment, Session};
use crate::ui;
use crate::ui::export::{Paper, svg};

/// The most beats: a loop may have any number of them.
const BEATS_MAX: u32 = 200;

/// Shows each beat of a session, which goes from one to the next.
///
/// # Errors
/// Those of `see`; and where the script comes to no beat.
pub fn each(
    session: &mut Session,
    mut see: impl FnMut(u32, &Session) -> Result<(), Mistake>,
) -> Result<u32, Mistake> {
    for number in 1..=BEATS_MAX {
        if let Err(why) = session.go_to(&Moment::Beat(number)) {
            return if number == 1 { Err(Mistake::Usage(why)) } else { Ok(number - 1) };
        }
        see(number, session)?;
    }
    Ok(BEATS_MAX)
}

/// The same without what a page says beside it.
pub fn panes(session: &Session, size: Size, paper: Paper) -> String {
    svg(&ui::draw_panes(size, &session.scene()), paper)
}

/// The screen as a picture.
pub fn picture(session: &Session, size: Size, paper: Paper) -> String {
    let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, size)));
    ui::draw_into(&mut buffer, &session.scene());
    svg(&buffer, paper)
}

/// Writes the picture of each beat into a folder, which is made if it is not there. All are drawn and can
/// be written before the first one is.
///
/// # Errors
/// Where a picture can't be written.
pub fn pictures(
    session: &mut Session,
    folder: &Path,
    size: Size,
    paper: Paper,
    (files, old): (&mut Files, Old),
) -> Result<(), Mistake> {
    let mut drawn = Vec::new();
    each(session, |_, session| {
        drawn.push(picture(session, size, paper));
        Ok(())
    })?;
    let named = |(number, picture)| (folder.join(format!("beat-{number:02}.svg")), picture);
    files.write_all((1_u32..).zip(drawn).map(named), old, Kind::Picture)
}
