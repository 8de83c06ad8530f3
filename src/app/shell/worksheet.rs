//! `raftlab worksheet`: what a lesson asks, as a page to print.
//!
//! The first part has what a class may see before it answers: captions, pictures, questions, room to
//! write. The second has what was so. A picture of a beat that answers a question belongs to the second,
//! and what was so is asked of the run itself, not of the script's words.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use ratatui::layout::Size;

use super::beats::{each, panes};
use super::cli::OtherRaft;
use super::cli::values::{seed, size};
use super::files::{Files, Kind, Old};
use super::stream::markup;
use super::{Ending, Mistake, share};
use crate::app::address::{self, Scene};
use crate::app::scenes;
use crate::app::session::{Moment, Session};
use crate::cluster::plain::quoted;
use crate::ui::export::Paper;
use crate::ui::glyphs::Glyphs;
use crate::ui::legend::{self, Entry};
use crate::ui::theme::{Colours, Dress, Theme};
use crate::ui::view::{Question, Stage};

#[derive(Debug, Args)]
pub struct WorksheetOptions {
    /// The script, or a lesson of the program by its number.
    pub file: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file to write if it is there already.
    #[arg(long)]
    pub force: bool,
    /// Columns and rows of the pictures.
    #[arg(long, value_name = "WxH", default_value = "100x30", value_parser = size)]
    pub size: Size,
    /// Play with this seed instead of the script's own.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
    /// Where the page of the lab lies: each beat gets a link that opens it there.
    #[arg(long, value_name = "URL", value_parser = address::base, conflicts_with = "seed")]
    pub base: Option<String>,
    #[command(flatten)]
    pub other: OtherRaft,
}

/// What is said, with the screen of that moment.
struct Shown {
    at: Moment,
    caption: String,
    picture: String,
}

/// A part of the sheet: what is shown and asked, and what answers it.
struct Item {
    shown: Shown,
    asked: Option<Question>,
    answers: Vec<Shown>,
}

/// Carries out `raftlab worksheet`.
///
/// # Errors
/// For a bad script, one without beats or that fails, and a file that can't be written.
pub fn worksheet(options: &WorksheetOptions) -> Result<Ending, Mistake> {
    let mut files = Files::with_raft(&options.other)?;
    let path = named(&options.file)?;
    let (scene, script) = share::read(&mut files, &path)?;
    let glyphs = if options.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
    let theme = Dress::Light.on(Theme { colours: Colours::True, glyphs, ..Theme::default() });
    let mut session = Session::file(path.clone(), &script, (options.seed, Vec::new()), theme);
    session.resize(options.size);
    session.begin_presenting();
    let mut file = files.create(&options.out, Old::unless(options.force), Kind::Page)?;
    let mut items = Vec::new();
    let show = |at: Moment, session: &Session| Shown {
        at,
        caption: session.scene().view.caption.as_deref().unwrap_or_default().to_owned(),
        picture: panes(session, options.size, Paper::Light),
    };
    each(&mut session, |beat, session| {
        take(&mut items, show(Moment::Beat(beat), session), session);
        Ok(())
    })?;
    if let Some(failed) = session.scene().cluster.failure() {
        return Err(Mistake::Usage(format!(
            "the script fails at line {}: expected {}, but {}",
            failed.line, failed.expected, failed.actual
        )));
    }
    if session.go_to(&Moment::End).is_ok() {
        let end = show(Moment::End, &session);
        // What was told at a beat has the picture of that beat.
        if items.last().is_none_or(|last| last.told() != end.caption) {
            take(&mut items, end, &session);
        }
        solve(&mut items, &session);
    }
    // One of the program's own lies in no folder; with another Raft it is opened as any script is.
    let own = scenes::lesson_at(&path).filter(|_| !path.exists() && files.raft().is_none());
    let replay = Replay {
        file: own.map_or_else(
            || quoted(&path.display().to_string()),
            |number| format!("lesson {number}"),
        ),
        options: said(options),
        scene,
        base: options.base.clone(),
    };
    let page = page(&items, &replay, theme)?;
    file.write_all(page.as_bytes()).map_err(|error| file.unwritten(&error))?;
    file.complete()?;
    Ok(Ending::Well)
}

/// A lesson of the program by its number or words of its name, where no file is called so.
///
/// # Errors
/// When there is no such lesson, and the name is none of a file.
fn named(path: &Path) -> Result<PathBuf, Mistake> {
    let plain =
        |words: &&str| !words.contains(['.', '/', std::path::MAIN_SEPARATOR]) && *words != "-";
    let words = path.to_str().filter(plain).filter(|_| !path.exists());
    let lesson = words.map(scenes::lesson).transpose().map_err(Mistake::Usage)?;
    Ok(lesson.map_or_else(|| path.to_owned(), |scene| scene.path().into()))
}

/// Puts a beat where it belongs: a question begins an item, and what follows one answers it.
fn take(items: &mut Vec<Item>, shown: Shown, session: &Session) {
    solve(items, session);
    if let (Some(last), Some((question, why))) = (items.last_mut(), session.explained())
        && last.asks(question)
    {
        last.explain(why, &shown.at);
    }
    let view = session.scene().view;
    let asked = view.question.clone().filter(|question| question.stage == Stage::Asked);
    let last = items.last_mut();
    match (asked, last) {
        // Shares are shown, or a count is: the question stands as it stood.
        (Some(question), Some(last)) if last.asks(&question) => {}
        (None, Some(last)) if last.asked.is_some() => last.answer(shown),
        (asked, _) => items.push(Item { shown, asked, answers: Vec::new() }),
    }
}

/// Notes what has turned out of the last question: the script reveals it, or a copy of the run does.
fn solve(items: &mut [Item], session: &Session) {
    let Some(last) = items.last_mut() else { return };
    let now = session.scene().view.question.clone();
    let Some(question) = now.filter(|question| last.asks(question)) else { return };
    if question.stage == Stage::Revealed {
        last.asked = Some(question);
        return;
    }
    let mut copy = session.clone();
    if copy.reveal_now().is_ok() {
        copy.show();
        let found = copy.scene().view.question.clone();
        last.asked = found.filter(|question| last.asks(question)).or(last.asked.take());
    }
}

impl Item {
    /// The newest caption.
    fn told(&self) -> &str {
        &self.answers.last().unwrap_or(&self.shown).caption
    }

    fn asks(&self, question: &Question) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.text == question.text)
    }

    /// The reason that was given for its answer, where the script did not stop at it. It stands on the
    /// sheet too, beside the next question: who comes there knows it.
    fn explain(&mut self, why: &str, at: &Moment) {
        let beside = self.shown.caption.as_str();
        if why == beside {
            return;
        }
        match self.answers.last_mut() {
            Some(last) if explains_nothing(&last.caption, beside) => {
                why.clone_into(&mut last.caption);
            }
            Some(_) => {}
            None => self.answers.push(Shown {
                at: at.clone(),
                caption: why.to_owned(),
                picture: String::new(),
            }),
        }
    }

    /// A caption is told once, with the last picture that it has; what stands beside the question
    /// still gives way to what explains it.
    fn answer(&mut self, shown: Shown) {
        let beside = self.shown.caption.as_str();
        match self.answers.last_mut() {
            Some(last)
                if last.caption == shown.caption || explains_nothing(&last.caption, beside) =>
            {
                *last = shown;
            }
            _ => self.answers.push(shown),
        }
    }
}

/// Whether an answer has no words, or those that stood beside the question.
fn explains_nothing(caption: &str, beside: &str) -> bool {
    caption.is_empty() || caption == beside
}

/// The options with which the lab plays what the sheet shows.
fn said(options: &WorksheetOptions) -> String {
    let seed = options.seed.map(|seed| ("seed", seed.to_string()));
    let words = seed.into_iter().chain(options.other.words());
    words.map(|(name, value)| format!(" --{name} {value}")).collect()
}

/// How a reader comes to a beat in the lab.
struct Replay {
    file: String,
    /// What the command line says beside it.
    options: String,
    scene: Scene,
    base: Option<String>,
}

impl Replay {
    fn write(&self, page: &mut String, at: &Moment) -> Result<(), Mistake> {
        let Self { file, options, scene, base } = self;
        let command = markup(&format!("raftlab {file}{options} --start-at \"{}\"", at.word()));
        let _ = write!(page, "<p class=\"again\"><code>{command}</code>");
        if let Some(base) = base {
            let scene = Scene { at: at.word(), ..scene.clone() };
            let link = markup(&scene.link(base).map_err(Mistake::Usage)?).replace('"', "&quot;");
            let _ = write!(page, " · <a href=\"{link}\">open it in a browser</a>");
        }
        page.push_str("</p>\n");
        Ok(())
    }
}

/// A text of several lines as lines of a page.
fn lines(text: &str) -> String {
    text.lines().map(markup).collect::<Vec<_>>().join("<br>")
}

fn show(page: &mut String, caption: &str, picture: &str) {
    if !caption.is_empty() {
        let _ = writeln!(page, "<p>{}</p>", lines(caption));
    }
    page.push_str(picture);
}

fn ask(page: &mut String, question: &Question) {
    let _ = writeln!(page, "<p class=\"question\">{}</p>\n<ul>", markup(&question.text));
    for choice in &question.choices {
        let _ = writeln!(page, "<li>{}</li>", markup(&choice.text));
    }
    page.push_str("</ul>\n<p>Because</p>\n<div class=\"room\"></div>\n");
}

fn solution(page: &mut String, question: &Question) {
    let _ = writeln!(page, "<p class=\"question\">{}</p>\n<ul>", markup(&question.text));
    for choice in &question.choices {
        let text = markup(&choice.text);
        let _ = match choice.so {
            Some(true) => writeln!(page, "<li class=\"so\">{text} &#10003;</li>"),
            Some(false) | None => writeln!(page, "<li>{text}</li>"),
        };
    }
    page.push_str("</ul>\n");
    if question.choices.iter().all(|choice| choice.so != Some(true)) {
        page.push_str("<p>The run does not decide this: discuss it.</p>\n");
    }
}

/// What the script says of itself in its first comment: what it is to teach, which a reader shall find out.
fn about(text: &str) -> String {
    let comment = text.lines().map_while(|line| line.strip_prefix('#'));
    comment.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// "05 a majority commits".
fn title(name: &str) -> String {
    let file = Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
    markup(&file.replace('_', " "))
}

/// The whole page. It needs nothing outside itself, and prints a question a page.
fn page(items: &[Item], replay: &Replay, theme: Theme) -> Result<String, Mistake> {
    const STYLE: &str = "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}\
        svg{max-width:100%;height:auto;border:1px solid #999}\
        section{break-after:page}li{list-style:'\\2610  ';margin:.3em 0}\
        .question{font-weight:bold}.so{font-weight:bold;list-style:'\\2611  '}.again{color:#555}\
        .room{height:8em;border:1px dashed #999}\
        .marks{columns:2;font-size:80%}.marks div{break-inside:avoid}.marks code{font-weight:bold}";
    let (mut sheet, mut solutions) = (String::new(), String::new());
    for (number, Item { shown, asked, answers }) in (1..).zip(items) {
        let _ = writeln!(sheet, "<section>\n<h2>{number}</h2>");
        show(&mut sheet, &shown.caption, &shown.picture);
        if let Some(question) = asked {
            ask(&mut sheet, question);
            let _ = writeln!(solutions, "<section>\n<h3>{number}</h3>");
            solution(&mut solutions, question);
            for answer in answers {
                // Marks on the picture may be all that answers.
                let caption = if answer.caption == shown.caption { "" } else { &answer.caption };
                show(&mut solutions, caption, &answer.picture);
                replay.write(&mut solutions, &answer.at)?;
            }
            solutions.push_str("</section>\n");
        }
        replay.write(&mut sheet, &shown.at)?;
        sheet.push_str("</section>\n");
    }
    let mut marks = String::new();
    for Entry { mark, meaning, .. } in legend::entries(theme) {
        let _ = writeln!(marks, "<div><code>{}</code> {}</div>", markup(&mark), markup(meaning));
    }
    let (title, about) = (title(&replay.scene.name), markup(&about(&replay.scene.text)));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Answer each question before you go on: what stands behind it tells how it went.</p>\n\
         {sheet}<section>\n<h2>The marks on the pictures</h2>\n\
         <div class=\"marks\">\n{marks}</div>\n</section>\n\
         <h2>Solutions</h2>\n<p>{about}</p>\n{solutions}</body>\n</html>\n"
    ))
}
