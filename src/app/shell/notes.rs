//! `raftlab notes`: what the lecturer reads while the class sees the lab. It follows the recording of
//! a session, which goes along with it, and prints the notes anew whenever they change.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::cli::NotesOptions;
use super::files::Files;
use super::sessions::{self, Salvaged};
use super::stream::{Form, Stream};
use super::{Ending, Mistake};
use crate::app::session::Session;
use crate::ui::theme::Theme;

/// How often the recording is looked at.
const LOOK: Duration = Duration::from_millis(300);
/// What stands above the notes of another beat.
const RULE: &str = "----------------------------------------";

/// Follows a session until somebody ends it.
///
/// # Errors
/// When there is no session to follow, or nothing can be printed.
pub fn run(options: &NotesOptions) -> Result<Ending, Mistake> {
    let path = sessions::followed(options.session.as_deref())?;
    let mut out = Stream::output(Form::Text);
    let mut printed = Vec::new();
    loop {
        // While it is being replaced it can't be read; it is looked at again soon.
        match notes(&path) {
            Ok(lines) if lines != printed => {
                let text = format!("{RULE}\n{}\n", lines.join("\n"));
                out.write_all(text.as_bytes())
                    .and_then(|()| out.flush())
                    .map_err(Mistake::Output)?;
                printed = lines;
            }
            Ok(_) => {}
            Err(mistake) if options.once => return Err(mistake),
            Err(_) if path.exists() => {}
            Err(_) => return Ok(Ending::Well),
        }
        if options.once {
            return Ok(Ending::Well);
        }
        std::thread::sleep(LOOK);
    }
}

fn notes(path: &Path) -> Result<Vec<String>, Mistake> {
    let Salvaged { script, .. } = Files::default().recorded(path)?;
    let mut session = Session::file(path.to_owned(), &script, (None, Vec::new()), Theme::default());
    session.finish().map_err(Mistake::Usage)?;
    Ok(session.notes())
}
