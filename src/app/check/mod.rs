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

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cli::CheckOptions;
use super::files::NewFile;
use super::{Ending, Mistake};
use crate::cluster::check::linearizability::Progress;
use judge::{Detail, Judgement};
use read::Trouble;

/// How long a verdict takes before its progress is shown.
const PATIENCE: Duration = Duration::from_millis(700);

/// Carries out `raftlab check`. Every file is judged, whatever the others are.
///
/// # Errors
/// For files that can't be read, when all others have been reported on.
pub fn run(options: &CheckOptions) -> Result<Ending, Mistake> {
    if options.html.is_some() && options.files.len() > 1 {
        return Err(Mistake::Usage("--html writes the page of one history: name one file".into()));
    }
    let mut out = io::stdout().lock();
    let (mut mistakes, mut worst) = (Vec::new(), Ending::Well);
    for path in &options.files {
        let name = path.display().to_string();
        let start = Instant::now();
        let history = match read::read(path, options.model) {
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
        let judgement = watched(&name, &history, detail, limit);
        let judged = report::Judged { name: &name, history: &history, judgement: &judgement };
        if let Some(page) = &options.html {
            write_page(&judged, page)?;
        }
        if options.json {
            judged.json(start.elapsed(), &mut out).map_err(Mistake::Output)?;
        } else {
            judged.tell(&mut out).map_err(Mistake::Output)?;
        }
        worst = worse(worst, judged.ending());
    }
    out.flush().map_err(Mistake::Output)?;
    if mistakes.is_empty() { Ok(worst) } else { Err(Mistake::Several(mistakes)) }
}

fn mistake(name: &str, trouble: &Trouble) -> Mistake {
    let line = trouble.line.map(|line| format!(":{line}")).unwrap_or_default();
    Mistake::Usage(format!("{name}{line}: {}", trouble.why))
}

/// Judges a history in the lab's own form and writes its page.
///
/// # Errors
/// When the page can't be written, or the history is too long for one.
pub fn write_page_of(name: &str, history: &[u8], page: &Path) -> Result<(), Mistake> {
    let history = read::parse(history, None).map_err(|trouble| mistake(name, &trouble))?;
    let judgement = watched(name, &history, Detail::Page, None);
    write_page(&report::Judged { name, history: &history, judgement: &judgement }, page)
}

fn write_page(judged: &report::Judged<'_>, path: &Path) -> Result<(), Mistake> {
    let count = judged.history.operations.len();
    if count > page::OPERATIONS_MAX {
        return Err(Mistake::Usage(format!(
            "can't write {}: {count} operations are too many for a page, which has {} at most",
            path.display(),
            page::OPERATIONS_MAX
        )));
    }
    let mut file = NewFile::create(path)?;
    page::write(judged, &mut file)
        .map_err(|error| Mistake::Usage(format!("can't write {}: {error}", path.display())))?;
    file.complete()
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
) -> Judgement {
    let start = Instant::now();
    let bar = ProgressBar::with_draw_target(
        Some(history.operations.len() as u64),
        ProgressDrawTarget::hidden(),
    );
    let mut most = 0;
    let judgement = judge::judge(history, detail, &mut |progress: Progress| {
        let now = Instant::now();
        if limit.is_some_and(|limit| now >= limit) {
            return ControlFlow::Break(());
        }
        if bar.is_hidden() && now - start > PATIENCE && io::stderr().is_terminal() {
            bar.set_style(style());
            bar.set_message(name.to_owned());
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
