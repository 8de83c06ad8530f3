//! `raftlab check`: are these histories linearizable?
//!
//! `read/` understands a file, whatever its form is; `judge.rs` puts it to the engines in
//! `cluster/check/linearizability`; `report.rs` says what came of it, for people or as JSON.
//! `docs/histories.md` describes the forms and what they mean.

mod history;
mod judge;
pub mod lines;
mod page;
mod read;
mod report;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cli::CheckOptions;
use super::files::{Files, Kind, Old, Output, many, shown};
use super::stream::Form;
use super::{Ending, Mistake};
use crate::cluster::check::linearizability::Progress;
use crate::cluster::plain::{Plain, plain};
use judge::{Detail, Judgement};
use read::{FailedCas, Trouble, Wanted};

/// How long a verdict takes before its progress is shown.
const PATIENCE: Duration = Duration::from_millis(700);

/// Carries out `raftlab check`. Every file is judged, whatever the others are.
///
/// # Errors
/// For files that can't be read, when all others have been reported on.
pub fn run(options: &CheckOptions) -> Result<Ending, Mistake> {
    let paths = many::files(&options.files)?;
    if options.html.is_some() && paths.len() > 1 {
        return Err(Mistake::Usage("--html writes the page of one history: name one file".into()));
    }
    let mut files = Files::default();
    // A page is of one history, which must not be the page: that is known before it is judged.
    let (mut only, mut page) = (None, None);
    if let (Some(html), Some(path)) = (&options.html, paths.first()) {
        only = Some(files.read(path, read::BYTES_MAX + 1));
        page = Some(files.create(html, Old::Replace, Kind::Page)?);
    }
    let form = if options.json { Form::Json } else { Form::Text };
    let mut out = files.report(form);
    let wanted = Wanted {
        model: options.model,
        failed_cas: if options.strict_cas { FailedCas::Answer } else { FailedCas::NotDone },
    };
    let (mut mistakes, mut worst) = (Vec::new(), Ending::Well);
    for path in &paths {
        let name = shown(path, "standard input");
        let start = Instant::now();
        let bytes = only.take().unwrap_or_else(|| files.read(path, read::BYTES_MAX + 1));
        let history = match read::read(path, bytes, wanted) {
            Ok(history) => history,
            Err(trouble) => {
                if options.json {
                    report::unreadable(&name, &trouble, &mut out).map_err(Mistake::Output)?;
                }
                mistakes.push(mistake(&name, &trouble));
                continue;
            }
        };
        let limit = options.time_limit.map(|limit| start + limit);
        let detail = match (&options.html, options.verdict) {
            (Some(_), _) => Detail::Page,
            (None, true) => Detail::Verdict,
            (None, false) => Detail::Evidence,
        };
        let mut written = Ok(());
        // Whoever reads along has the verdict while the evidence is gathered.
        let mut tell = |judgement: &Judgement| {
            if !options.json && !is_quiet(options, judgement) {
                let judged = report::Judged { name: &name, history: &history, judgement };
                written = judged.tell_verdict(&mut out).and_then(|()| out.flush());
            }
        };
        let judgement = watched(&name, &history, detail, limit, &mut tell);
        written.map_err(Mistake::Output)?;
        let judged = report::Judged { name: &name, history: &history, judgement: &judgement };
        if options.json {
            judged.json(detail, start.elapsed(), &mut out).map_err(Mistake::Output)?;
        } else if !is_quiet(options, &judgement) {
            judged.tell_evidence(detail, &mut out).map_err(Mistake::Output)?;
        }
        worst = worse(worst, judged.ending());
        if let Some(page) = page.take() {
            out.flush().map_err(Mistake::Output)?;
            mistakes.extend(write_page(&judged, page).err());
        }
    }
    out.flush().map_err(Mistake::Output)?;
    if mistakes.is_empty() { Ok(worst) } else { Err(Mistake::Several(mistakes)) }
}

/// Judges a history, whatever its form: what `raftlab check` says of it.
///
/// # Errors
/// Why it can't be read, and in which line.
pub fn verdict(history: &[u8], limit: Duration) -> Result<String, String> {
    let history = read::parse(history, Wanted::default()).map_err(|trouble| {
        match mistake("history", &trouble) {
            Mistake::Usage(why) => why,
            other => format!("{other:?}"),
        }
    })?;
    let limit = Some(Instant::now() + limit);
    let detail = Detail::Page;
    let judgement = watched("history", &history, detail, limit, &mut |_| {});
    let judged = report::Judged { name: "history", history: &history, judgement: &judgement };
    let mut told = Vec::new();
    let all = judged
        .tell_verdict(&mut told)
        .and_then(|()| judged.tell_evidence(detail, &mut told))
        .and_then(|()| judged.json(detail, Duration::ZERO, &mut told));
    all.and_then(|()| page::write(&judged, &mut told)).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&told).into_owned())
}

fn mistake(name: &str, trouble: &Trouble) -> Mistake {
    let line = trouble.line.map(|line| format!(":{line}")).unwrap_or_default();
    Mistake::Usage(format!("{}{line}: {}", Plain(name), trouble.why))
}

/// Judges a history in the lab's own form and writes its page.
///
/// # Errors
/// When the page can't be written, or the history is too long for one.
pub fn write_page_of(name: &str, history: &[u8], page: Output) -> Result<(), Mistake> {
    let history =
        read::parse(history, Wanted::default()).map_err(|trouble| mistake(name, &trouble))?;
    let judgement = watched(name, &history, Detail::Page, None, &mut |_| {});
    write_page(&report::Judged { name, history: &history, judgement: &judgement }, page)
}

fn write_page(judged: &report::Judged<'_>, mut file: Output) -> Result<(), Mistake> {
    let count = judged.history.operations.len();
    if count > page::OPERATIONS_MAX {
        let most = page::OPERATIONS_MAX;
        let why = format!("{count} operations are too many for a page, which has {most} at most");
        return Err(file.unwritten(&io::Error::other(why)));
    }
    page::write(judged, &mut file).map_err(|error| file.unwritten(&error))?;
    file.complete()
}

/// Whether nothing is to be told of this verdict.
fn is_quiet(options: &CheckOptions, judgement: &Judgement) -> bool {
    options.quiet && judgement.violated().is_none() && judgement.undecided().is_none()
}

/// A violation is worse than not to know.
const fn worse(one: Ending, other: Ending) -> Ending {
    match (one, other) {
        (Ending::Failed, _) | (_, Ending::Failed) => Ending::Failed,
        (Ending::Undecided, _) | (_, Ending::Undecided) => Ending::Undecided,
        (one, _) => one,
    }
}

/// Judges a history. Shows how far it has come if that takes long, and ends at the limit.
fn watched(
    name: &str,
    history: &history::History,
    detail: Detail,
    limit: Option<Instant>,
    told: &mut dyn FnMut(&Judgement),
) -> Judgement {
    let start = Instant::now();
    let bar = ProgressBar::with_draw_target(
        Some(history.operations.len() as u64),
        ProgressDrawTarget::hidden(),
    );
    let mut most = 0;
    let mut tell = |judgement: &Judgement| bar.suspend(|| told(judgement));
    let judgement = judge::judge(history, detail, &mut tell, &mut |progress: Progress| {
        let now = Instant::now();
        if limit.is_some_and(|limit| now >= limit) {
            return ControlFlow::Break(());
        }
        if bar.is_hidden() && now - start > PATIENCE && io::stderr().is_terminal() {
            bar.set_style(style());
            bar.set_message(plain(name).into_owned());
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        most = most.max(progress.placed as u64);
        bar.set_position(most);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    judgement
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg}: {bar:40} {pos} of {len} operations placed, {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
