//! From beat to beat of a script, and a picture of each.

use std::io::Write as _;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::files::{Files, Old};
use super::{Ending, Mistake};
use crate::app::session::{Moment, Session};
use crate::ui;
use crate::ui::export::{Paper, svg};

/// The most beats: a loop may have any number of them.
const BEATS_MAX: u32 = 200;

/// Shows each beat of a session, which goes from one to the next.
///
/// # Errors
/// Those of `see`; and where the script has no beat, or fails before its last.
pub fn each(
    session: &mut Session,
    mut see: impl FnMut(u32, &Session) -> Result<(), Mistake>,
) -> Result<u32, Mistake> {
    for number in 1..=BEATS_MAX {
        if let Err(why) = session.go_to(&Moment::Beat(number)) {
            if number == 1 {
                return Err(Mistake::Usage(why));
            }
            // A script that was stopped has more to say than that there is no such beat.
            let cluster = session.scene().cluster;
            return match (cluster.failure(), cluster.violation()) {
                (Some(failed), _) => Err(Mistake::Usage(format!(
                    "the script fails at line {}: expected {}, but {}",
                    failed.line, failed.expected, failed.actual
                ))),
                (None, _) => Ok(number - 1),
            };
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

/// Writes the picture of each beat into a folder.
///
/// # Errors
/// Where a picture can't be written.
pub fn pictures(
    session: &mut Session,
    folder: &Path,
    size: Size,
    paper: Paper,
    (files, old): (&mut Files, Old),
) -> Result<Ending, Mistake> {
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(Mistake::Usage(format!("{folder} is no folder: make it before")));
    }
    each(session, |number, session| {
        let path = folder.join(format!("beat-{number:02}.svg"));
        let mut file = files.create(&path, old)?;
        let picture = picture(session, size, paper);
        file.write_all(picture.as_bytes()).map_err(|error| file.unwritten(&error))?;
        file.complete()
    })?;
    Ok(Ending::Well)
}
