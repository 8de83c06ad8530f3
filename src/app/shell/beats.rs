//! From beat to beat of a script: a picture of each, or a worksheet with room for answers.
//!
//! A worksheet asks what the script asks, where it asks it, with the screen as the class sees it then;
//! what was so is asked of the run itself, later on, and stands on the last pages.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::cli::values::size;
use super::files::{Files, Old};
use super::{Ending, Mistake};
use crate::app::session::{Moment, Session};
use crate::cluster::words::plain::{plain, quoted};
use crate::ui;
use crate::ui::export::{Paper, svg};
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::{Colours, Dress, Theme};
use crate::ui::view::{Question, Stage};

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
    files: &mut Files,
) -> Result<Ending, Mistake> {
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(Mistake::Usage(format!("{folder} is no folder: make it before")));
    }
    each(session, |number, session| {
        let path = folder.join(format!("beat-{number:02}.svg"));
        let mut file = files.create(&path, Old::Replace)?;
        let picture = picture(session, size, paper);
        file.write_all(picture.as_bytes()).map_err(|error| file.unwritten(&error))?;
        file.complete()
    })?;
    Ok(Ending::Well)
}

#[derive(Debug, Args)]
pub struct WorksheetOptions {
    /// The script.
    pub file: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Columns and rows of the pictures.
    #[arg(long, value_name = "WxH", default_value = "100x30", value_parser = size)]
    pub size: Size,
    /// Play with this seed instead of the script's own.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
}

/// A question of the worksheet, and what was so.
struct Asked {
    beat: u32,
    question: Question,
    solved: bool,
}

/// Carries out `raftlab worksheet`.
///
/// # Errors
/// For a bad script, one without beats or that fails, and a file that can't be written.
pub fn worksheet(options: &WorksheetOptions) -> Result<Ending, Mistake> {
    let mut files = Files::default();
    let script = files.script(&options.file)?;
    let glyphs = if options.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
    let theme = Dress::Light.on(Theme { colours: Colours::True, glyphs, ..Theme::default() });
    let mut session =
        Session::file(options.file.clone(), &script, (options.seed, Vec::new()), theme);
    session.resize(options.size);
    session.begin_presenting();
    let mut file = files.create(&options.out, Old::Replace)?;
    let (mut sheet, mut asked) = (String::new(), Vec::<Asked>::new());
    let seed = options.seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
    let named = quoted(&options.file.display().to_string());
    each(&mut session, |number, session| {
        solve(&mut asked, session);
        let again = format!("raftlab {named}{seed} --start-at \"beat {number}\"");
        let picture = picture(session, options.size, Paper::Light);
        beat(&mut sheet, number, session, &picture, &again);
        if let Some(question) = &session.scene().view.question
            && question.stage == Stage::Asked
        {
            asked.push(Asked { beat: number, question: question.clone(), solved: false });
        }
        Ok(())
    })?;
    if session.go_to(&Moment::End).is_ok() {
        solve(&mut asked, &session);
    }
    let page = page(&script.name, &sheet, &solutions(&asked));
    file.write_all(page.as_bytes()).map_err(|error| file.unwritten(&error))?;
    file.complete()?;
    Ok(Ending::Well)
}

/// Notes what has turned out of the last question: the script reveals it, or a copy of the run does.
fn solve(asked: &mut [Asked], session: &Session) {
    let Some(last) = asked.last_mut().filter(|last| !last.solved) else { return };
    let is_it = |question: &Question| question.text == last.question.text;
    let mut copy = session.clone();
    let scene = session.scene();
    let found = match &scene.view.question {
        Some(question) if is_it(question) && question.stage == Stage::Revealed => {
            Some(question.clone())
        }
        Some(question) if is_it(question) && copy.reveal_now().is_ok() => {
            copy.show();
            copy.scene().view.question.clone().filter(is_it)
        }
        _ => None,
    };
    if let Some(question) = found {
        last.question = question;
        // As long as it stands, a later beat may know more.
        last.solved = matches!(&scene.view.question, Some(now) if now.stage == Stage::Revealed);
    }
}

fn escaped(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn beat(sheet: &mut String, number: u32, session: &Session, picture: &str, again: &str) {
    let view = session.scene().view;
    let question = view.question.as_ref().filter(|question| question.stage == Stage::Asked);
    let _ = write!(sheet, "<section>\n<h2>{number}</h2>\n");
    if let Some(caption) = &view.caption {
        let _ = writeln!(sheet, "<p>{}</p>", escaped(caption).replace('\n', "<br>"));
    }
    sheet.push_str(picture);
    if let Some(question) = question {
        let _ = writeln!(sheet, "<p class=\"question\">{}</p>\n<ul>", escaped(&question.text));
        for choice in &question.choices {
            let _ = writeln!(sheet, "<li>{}</li>", escaped(&choice.text));
        }
        sheet.push_str("</ul>\n<p>Because</p>\n<div class=\"room\"></div>\n");
    }
    let _ = writeln!(sheet, "<p class=\"again\"><code>{}</code></p>\n</section>", escaped(again));
}

fn solutions(asked: &[Asked]) -> String {
    let mut text = String::new();
    for Asked { beat, question, .. } in asked {
        let _ = writeln!(text, "<h3>{beat}. {}</h3>\n<ul>", escaped(&question.text));
        for choice in &question.choices {
            let mark = match choice.so {
                Some(true) => " class=\"so\"",
                Some(false) | None => "",
            };
            let so = if choice.so == Some(true) { " &#10003;" } else { "" };
            let _ = writeln!(text, "<li{mark}>{}{so}</li>", escaped(&choice.text));
        }
        text.push_str("</ul>\n");
        if question.choices.iter().all(|choice| choice.so != Some(true)) {
            text.push_str("<p>The run does not decide this: discuss it.</p>\n");
        }
    }
    text
}

/// The whole page. It refers to nothing outside itself, and prints a beat a page.
fn page(name: &str, sheet: &str, solutions: &str) -> String {
    const STYLE: &str = "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}\
        svg{max-width:100%;height:auto;border:1px solid #999}\
        section{break-after:page}li{list-style:square;margin:.3em 0}\
        .question{font-weight:bold}.so{font-weight:bold}.again{color:#555}\
        .room{height:8em;border:1px dashed #999}";
    let name = escaped(name);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n\
         {sheet}<h2>Solutions</h2>\n{solutions}</body>\n</html>\n"
    )
}
